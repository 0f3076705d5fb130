import fc from "fast-check";
import { expect } from "vitest";
import type { MessageContent } from "../../../src/index.js";
import { preview } from "../../../src/domain/text.js";
import {
  aConversation,
  anAuditEntry,
  anInboundMessage,
  anOutboundMessage,
  aPrompt,
  sendWork,
} from "../../../src/testing/index.js";
import {
  aKnownGuest,
  chatOf,
  claimedSend,
  claimOne,
  commit,
  completing,
  conversationOf,
  guestWrites,
  intended,
  messageOf,
  settle,
  stored,
} from "../../../src/testing/contract/steps.js";
import { contentText } from "../../../src/index.js";
import { anyText } from "../../support/strings.js";
import type { FreshSubject } from "./subject.js";

const contents = fc.oneof(
  anyText.map((text): MessageContent => ({ type: "text", text })),
  fc.tuple(anyText, anyText).map(([id, text]): MessageContent => ({ type: "choice", via: "button", id, text })),
  anyText.map((text): MessageContent => ({ type: "image", text, media: { id: "1", mimeType: "image/jpeg" } })),
  fc
    .tuple(anyText, anyText, anyText)
    .map(([text, id, title]): MessageContent => ({ type: "buttons", text, buttons: [{ id, title }] })),
);

/** The law: what people wrote comes back as they wrote it, wherever it is kept; what is derived from it can be kept. */
export const textLaw = (fresh: FreshSubject) =>
  fc.asyncProperty(
    fc.array(contents, { minLength: 1, maxLength: 4 }),
    fc.record({ raw: anyText, name: anyText, staff: anyText, title: anyText, why: anyText, failure: anyText }),
    (said, around) => comesBack(fresh, said, around),
  );

/** One of these in every place at once where the desk keeps what people wrote. */
export const everywhere = (fresh: FreshSubject, text: string): Promise<void> =>
  comesBack(
    fresh,
    [
      { type: "text", text },
      { type: "choice", via: "button", id: text, text },
      { type: "image", text, media: { id: "1", mimeType: "image/jpeg" } },
      { type: "buttons", text, buttons: [{ id: text, title: text }] },
    ],
    { raw: text, name: text, staff: text, title: text, why: text, failure: text },
  );

async function comesBack(
  fresh: FreshSubject,
  said: readonly MessageContent[],
  {
    raw,
    name,
    staff,
    title,
    why,
    failure,
  }: Readonly<Record<"raw" | "name" | "staff" | "title" | "why" | "failure", string>>,
): Promise<void> {
  const { storage, hotelId } = await fresh();
  const guest = await aKnownGuest(storage, { hotelId });

  const payload = JSON.stringify({ [raw]: raw });
  await guestWrites(storage, `itm_${hotelId}`, { hotelId, raw: payload });
  const lane = await claimOne(storage);
  expect(lane.items[0]?.payload).toBe(payload);
  await commit(storage, completing(lane));

  const count = said.length + 1;
  const line = preview(said.map((content) => contentText(content) ?? "").join(" "));
  const conversation = aConversation(`con_${hotelId}`, guest, { lastSeq: count, lastMessagePreview: line });
  const messages = said.map((content, index) =>
    anInboundMessage(`msg_${hotelId}_${String(index)}`, conversation, index + 1, { content }),
  );
  const author = { kind: "staff", id: "staff_1", name: staff } as const;
  const answer = anOutboundMessage(`msg_${hotelId}_answer`, conversation, count, { author });
  const options = [{ id: `prm_${hotelId}#1`, departmentId: "reception", title }];
  await stored(storage, conversation, [...messages, answer], {
    guest: { id: guest.id, name, username: null, addresses: [], retires: [] },
    prompts: [aPrompt(`prm_${hotelId}`, conversation, { options })],
    work: [sendWork(answer, guest)],
    audit: [anAuditEntry(`aud_${hotelId}`, conversation.id, { hotelId, reason: why })],
  });
  const sending = { guest, conversation, message: answer, ...(await claimedSend(storage)) };
  await intended(storage, sending);
  const refusal = { code: "refused", message: failure };
  await settle(storage, sending, { kind: "failed", failure: refusal });

  const page = await storage.messages({
    reach: "everything",
    conversationId: conversation.id,
    before: null,
    limit: 10,
  });
  expect(page?.items.map(({ content }) => content)).toEqual([answer.content, ...said.toReversed()]);
  expect((await conversationOf(storage, conversation.id)).lastMessagePreview).toBe(line);
  expect(await messageOf(storage, answer.id)).toMatchObject({ author, failure: refusal });
  const state = await chatOf(storage, guest, { promptIds: [`prm_${hotelId}`] });
  expect(state.guest.name).toBe(name);
  expect(state.prompts.map((prompt) => prompt.options)).toEqual([options]);
  expect((await storage.audit({ hotelId, targetId: conversation.id }))[0]?.reason).toBe(why);
}

/** What the API takes as somebody's own id of a message: anything but control characters and half characters. */
const clientIds = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
    // Alike to people, and never the same.
    fc.constantFrom(
      "é",
      "e\u0301",
      "E\u0301",
      "a",
      "a ",
      "A",
      "ａ",
      "ı",
      "i",
      "ß",
      "ss",
      "\u200b",
      "\ufffd",
      "'",
      "\\",
    ),
  )
  .filter((id) => /^[^\p{Cc}\p{Cs}]+$/u.test(id));

/** The law: an author's own ids of messages are told apart by each of their characters, and never by less. */
export const clientIdLaw = (fresh: FreshSubject) =>
  fc.asyncProperty(fc.uniqueArray(clientIds, { minLength: 1, maxLength: 9 }), anyText, async (some, anything) => {
    // The sign for what cannot be shown is a character like any other, and not what cannot be stored.
    const ids = [...new Set([...some, "\ufffd"])];
    const { storage, hotelId } = await fresh();
    const guest = await aKnownGuest(storage, { hotelId });
    const conversation = aConversation(`con_${hotelId}`, guest, { lastSeq: ids.length });
    const messages = ids.map((clientMessageId, index) =>
      anOutboundMessage(`msg_${hotelId}_${String(index)}`, conversation, index + 1, { clientMessageId }),
    );
    await stored(storage, conversation, messages);
    const found = async (clientMessageId: string) => {
      const client = { authorId: "staff_1", clientMessageId };
      const { state } = await storage.loadConversation({
        reach: "everything",
        conversationId: conversation.id,
        client,
        template: null,
      });
      return state?.existing?.id ?? null;
    };
    for (const { id, clientMessageId } of messages) expect(await found(clientMessageId ?? "")).toBe(id);
    for (const impossible of ["\u0000", "\ud800", `${anything}\u0000`]) {
      expect(await found(impossible)).toBeNull();
      const asked = { reach: "everything", conversationId: impossible, before: null, limit: 1 } as const;
      expect(await storage.messages(asked)).toBeNull();
      expect(await storage.message({ reach: "everything", messageId: impossible })).toBeNull();
    }
  });
