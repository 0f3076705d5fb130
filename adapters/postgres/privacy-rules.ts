import type { StoredRecord } from "../../src/index.js";
import { PRIVACY } from "./privacy.js";

type Table = keyof typeof PRIVACY;
/** Columns that tell something about a person. */
type Telling<T extends Table> = {
  [C in keyof (typeof PRIVACY)[T]]: (typeof PRIVACY)[T][C] extends "none" ? never : C;
}[keyof (typeof PRIVACY)[T]] &
  string;

/**
 * How a guest's rows of a table are found.
 * - `once`: by what the erasure begins with (`gather_erasure_1`), in one transaction: who the guest is, and what is to be done for them.
 * - `message`, `wamid`: by a message's id, or WhatsApp's of it. `messages` themselves by their conversation.
 * - `conversation`, `run`: by the id of one, in `column`.
 * - `trigger`: the database deletes them with their message.
 * - `file`: by whose the attachments are, which also counts who else names the bytes.
 * - `walk`: by going through the hotel's rows in the order of `key`, since no index leads from a guest to them.
 */
export type Way =
  | { readonly by: "once" | "file" | "trigger" }
  | { readonly by: "message" | "wamid" | "conversation" | "run"; readonly column: string }
  | {
      readonly by: "walk";
      readonly key: readonly string[];
      /** Of a row `t`, with `$3` the guests, `$4` their addresses and ids as texts, `$5` their conversations, `$6` their reservations. */
      readonly where: (schema: string) => string;
    };

/**
 * What an erasure does with a table.
 * - `rows`: those of the guest are deleted.
 * - `blank`: they stay, and these columns are set; every other column that tells something has its reason in `kept`.
 * - `kept`: nothing is done, and every column that tells something has its reason.
 */
export type Rule<T extends Table> = { readonly exported: StoredRecord["type"] | null; readonly unexported?: string } & (
  | { readonly erase: "rows"; readonly way: Way }
  | {
      readonly erase: "blank";
      readonly way: Way;
      readonly set: Readonly<Partial<Record<Telling<T>, string>>>;
      readonly kept: Readonly<Partial<Record<Telling<T>, string>>>;
    }
  | { readonly erase: "kept"; readonly kept: Readonly<Record<Telling<T>, string>> }
);

const NOBODYS = "an id that leads to nothing once the guest is erased";
const HOTELS = "tells of staff or of the hotel, not of a guest";
const COPY = "a copy of what the messages say, in WhatsApp's words";

/**
 * Every table, so that what erases and exports is complete by construction: a table without a rule, or a column that tells something of one that is kept and has no
 * reason, does not compile; the same of one that is blanked fails a test. The statements of an erasure are made of this list. In the order in which they are run.
 */
export const RULES: { readonly [T in Table]: Rule<T> } = {
  migrations: { erase: "kept", kept: {}, exported: null },
  settings: { erase: "kept", kept: { erasure_salt: "the installation's own" }, exported: null },
  hotel_counters: { erase: "kept", kept: {}, exported: null },
  dedup_keys: {
    erase: "kept",
    kept: { hash: "what WhatsApp delivers again must bring nobody back" },
    exported: null,
    unexported: "a hash of WhatsApp's message id",
  },
  arrivals: { erase: "rows", way: { by: "once" }, exported: null, unexported: "ids of what is still to be read" },
  commands: { erase: "rows", way: { by: "once" }, exported: null, unexported: "work that is over in moments" },
  consumers: { erase: "kept", kept: {}, exported: null },
  revocations: { erase: "kept", kept: { principal_id: NOBODYS }, exported: null, unexported: HOTELS },
  webhook_attempts: {
    erase: "rows",
    way: {
      by: "walk",
      key: ["id"],
      where: (schema) => `(t.guest_id = any ($3::text[]) or t.guest_id is null and (
        ${schema}.names_1(t.raw, $4::text[])
        or t.kind = 'malformed' and ${schema}.holds_1(${schema}.unpacked_1(substring(t.raw from '"base64":"([^"]*)"')), $4::text[])))`,
    },
    exported: null,
    unexported: COPY,
  },
  guests: { erase: "rows", way: { by: "once" }, exported: "guest" },
  guest_addresses: { erase: "rows", way: { by: "once" }, exported: "address" },
  former_addresses: { erase: "rows", way: { by: "once" }, exported: "formerAddress" },
  chats: {
    erase: "rows",
    way: { by: "once" },
    exported: null,
    unexported: "when the two last wrote, which the messages say",
  },
  conversations: { erase: "rows", way: { by: "once" }, exported: "conversation" },
  conversation_participants: {
    erase: "rows",
    way: { by: "conversation", column: "conversation_id" },
    exported: null,
    unexported: HOTELS,
  },
  saved_replies: { erase: "kept", kept: {}, exported: null },
  timings: {
    erase: "kept",
    kept: { conversation_id: NOBODYS, staff_id: HOTELS },
    exported: null,
    unexported: HOTELS,
  },
  attachments: { erase: "rows", way: { by: "file" }, exported: "attachment" },
  translations: { erase: "rows", way: { by: "message", column: "message_id" }, exported: "message" },
  message_attachments: { erase: "rows", way: { by: "message", column: "message_id" }, exported: "message" },
  files: { erase: "rows", way: { by: "file" }, exported: "attachment" },
  media_usage: { erase: "rows", way: { by: "file" }, exported: null, unexported: "the sum of the attachments' bytes" },
  media_uploads: {
    erase: "rows",
    way: { by: "file" },
    exported: null,
    unexported: "WhatsApp's id of a file, for a month",
  },
  mentions: { erase: "rows", way: { by: "message", column: "message_id" }, exported: null, unexported: HOTELS },
  unknown_sends: {
    erase: "rows",
    way: { by: "message", column: "message_id" },
    exported: null,
    unexported: "the status of the messages",
  },
  messages: { erase: "rows", way: { by: "message", column: "id" }, exported: "message" },
  wamids: { erase: "rows", way: { by: "wamid", column: "wamid" }, exported: "message" },
  message_amendments: {
    erase: "rows",
    // Of messages that never came, too.
    way: { by: "walk", key: ["wamid", "id"], where: () => "t.guest_id = any ($3::text[])" },
    exported: "message",
  },
  message_words: { erase: "rows", way: { by: "trigger" }, exported: null, unexported: "words of the messages" },
  consents: { erase: "rows", way: { by: "once" }, exported: "consent" },
  prompts: { erase: "rows", way: { by: "conversation", column: "conversation_id" }, exported: "prompt" },
  flow_moves: { erase: "rows", way: { by: "run", column: "run_id" }, exported: "flowMove" },
  flow_runs: { erase: "rows", way: { by: "conversation", column: "conversation_id" }, exported: "flowRun" },
  stays: { erase: "rows", way: { by: "once" }, exported: "stay" },
  tasks: { erase: "rows", way: { by: "conversation", column: "conversation_id" }, exported: "task" },
  templates: { erase: "kept", kept: {}, exported: null },
  lanes: { erase: "rows", way: { by: "once" }, exported: null, unexported: "work that is over in moments" },
  work: { erase: "rows", way: { by: "once" }, exported: null, unexported: "work that is over in moments" },
  numbers: {
    erase: "blank",
    way: { by: "once" },
    set: { probe_guest: "null" },
    kept: {},
    exported: null,
    unexported: HOTELS,
  },
  parked_statuses: {
    erase: "rows",
    way: {
      by: "walk",
      key: ["wamid", "status"],
      // WhatsApp's message id holds the phone.
      where: (schema) =>
        `${schema}.holds_1(${schema}.unpacked_1(substring(t.wamid from '^wamid\\.(.*)$')), $4::text[])`,
    },
    exported: null,
    unexported: "reports of messages that nobody knows",
  },
  events: {
    erase: "blank",
    way: {
      by: "walk",
      key: ["seq"],
      where: () =>
        `cardinality($6::text[]) > 0 and t.body like '%"reservationId"%' and t.body::json ->> 'reservationId' = any ($6::text[])`,
    },
    // A reservation's id leads to a person in the hotel's own books.
    set: { body: `jsonb_set(t.body::jsonb, '{reservationId}', '"erased"')::text` },
    kept: { conversation_id: NOBODYS, body: NOBODYS },
    exported: null,
    unexported: "ids and states of what the other records say",
  },
  audit_entries: {
    erase: "blank",
    way: { by: "message", column: "target_id" },
    // By blank_audit_1, which leaves the chain as it is.
    set: { reason: `'""'`, reason_salt: "null", target_id: "''", target_salt: "null" },
    kept: { actor_id: HOTELS, actor_salt: HOTELS },
    exported: null,
    unexported: HOTELS,
  },
  audit_heads: { erase: "kept", kept: {}, exported: null },
  erasures: {
    erase: "blank",
    way: { by: "once" },
    set: { addresses: "'[]'", conversations: "'{}'", reservations: "'{}'", tasks: "'{}'", walked: "''" },
    kept: { guests: NOBODYS, salt: "what the hashes are made with" },
    exported: null,
  },
  erased_guests: { erase: "kept", kept: { guest_id: NOBODYS }, exported: null },
  erasure_hashes: {
    erase: "kept",
    kept: {
      hash: "so that neither WhatsApp's redelivery nor a restored backup brings the guest back, nor an offer reaches who wanted none",
    },
    exported: null,
  },
};

export const TABLES = Object.keys(PRIVACY) as readonly Table[];
