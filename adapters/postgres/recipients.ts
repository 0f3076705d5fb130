import { ConversationError, type Storage } from "../../src/index.js";
import { run, sought } from "./queryable.js";
import { reachJson } from "./reach.js";
import type { Reader } from "./row-security.js";
import {
  chatOf,
  consentOf,
  conversationOf,
  date,
  guestOf,
  messageOf,
  type ChatRow,
  type ConsentRow,
  type ConversationRecord,
  type GuestRow,
  type MessageRow,
} from "./rows.js";
import { templateOf, type TemplateRow } from "./templates.js";

/** What writing to a guest first needs, in one statement. */
export const recipientReads = (within: Reader, schema: string): Pick<Storage, "loadRecipient"> => ({
  async loadRecipient({ hotelId, to, reach, client, template }) {
    interface Row {
      now: Date;
      guest: GuestRow | null;
      chats: ChatRow[];
      conversations: ConversationRecord[];
      existing: MessageRow | null;
      existing_guest: string | null;
      consents: ConsentRow[] | null;
      template: TemplateRow | null;
    }
    const address = "guestId" in to ? null : to;
    const [row] = await run<Row>(
      within(reach, "hotels"),
      `select * from ${schema}.load_recipient_1($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        reachJson(reach),
        sought(hotelId),
        address?.kind ?? null,
        address === null ? null : sought(address.value),
        "guestId" in to ? sought(to.guestId) : null,
        client === null ? null : sought(client.authorId),
        client === null ? null : sought(client.clientMessageId),
        template === null ? null : sought(template.name),
        template === null ? null : sought(template.language),
      ],
    );
    if (row === undefined) throw new ConversationError("storage_failed");
    const { existing, existing_guest: guestId } = row;
    return {
      now: date(row.now),
      state: {
        guest: row.guest === null ? null : guestOf(row.guest),
        chats: row.chats.map(chatOf),
        conversations: row.conversations.map(conversationOf),
        existing: existing === null || guestId === null ? null : { message: messageOf(existing), guestId },
        consents: (row.consents ?? []).map(consentOf),
        template: row.template === null ? null : templateOf(row.template),
      },
    };
  },
});
