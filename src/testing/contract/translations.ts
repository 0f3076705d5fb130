import assert from "node:assert/strict";
import type { NewTranslation } from "../../domain/translation.js";
import type { Storage } from "../../ports/storage.js";
import { aConversation, anInboundMessage, HOTEL, OTHER_HOTEL, within } from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, amendedMessageOf, atOnce, eventsOf, stored } from "./steps.js";

const aTranslation = (fields: Partial<NewTranslation> = {}): NewTranslation => ({
  hotelId: HOTEL,
  messageId: "msg_1",
  language: "en",
  text: "Good evening",
  from: "it",
  of: "9-abc",
  ...fields,
});

async function written(storage: Storage): Promise<void> {
  const guest = await aKnownGuest(storage);
  const conversation = aConversation("con_1", guest, { lastSeq: 2, departmentId: "reception" });
  await stored(storage, conversation, [
    anInboundMessage("msg_1", conversation, 1),
    anInboundMessage("msg_2", conversation, 2),
  ]);
}

/** Without its instant, which is the storage's. */
async function translationOf(storage: Storage, messageId = "msg_1") {
  const { translation } = await amendedMessageOf(storage, messageId);
  if (translation === undefined) return undefined;
  const { at, ...rest } = translation;
  assert.ok(at instanceof Date);
  return rest;
}

export const translationCases: readonly StorageCase[] = [
  {
    id: "translation/put",
    says: "A translation is answered with its message, exactly as it was given, and with no other; it is told of in the conversation's department.",
    async run({ storage }) {
      await written(storage);
      const before = (await eventsOf(storage)).length;
      const text = 'Good evening \u0000 \ud83d 🙏 "quoted"';
      const events = await storage.putTranslation(aTranslation({ text }));
      assert.deepEqual(
        events?.map(({ conversationId, departmentId, body, seq }) => ({ conversationId, departmentId, body, seq })),
        [
          {
            conversationId: "con_1",
            departmentId: "reception",
            body: { type: "message.translated", messageId: "msg_1" },
            seq: before + 1,
          },
        ],
      );
      assert.deepEqual((await eventsOf(storage)).slice(before), events);
      assert.deepEqual(await translationOf(storage), { language: "en", text, from: "it", of: "9-abc" });
      assert.equal(await translationOf(storage, "msg_2"), undefined);
      const reach = within([HOTEL, "all"]);
      const page = await storage.messages({ reach, conversationId: "con_1", before: null, limit: 10 });
      assert.deepEqual(
        page?.items.map(({ id, translation }) => [id, translation?.text]),
        [
          ["msg_2", undefined],
          ["msg_1", text],
        ],
      );
    },
  },
  {
    id: "translation/again",
    says: "A newer translation takes the place of the one before; the same again, however many ask at once, is told of once.",
    async run({ storage }) {
      await written(storage);
      await storage.putTranslation(aTranslation({ text: null, from: null }));
      assert.deepEqual(await translationOf(storage), { language: "en", text: null, from: null, of: "9-abc" });
      const put = () => storage.putTranslation(aTranslation({ of: "10-abd", text: "Good night" }));
      const told = await atOnce(4, put);
      assert.equal(told.flatMap((events) => events ?? []).length, 1);
      assert.deepEqual(await put(), []);
      assert.deepEqual(await translationOf(storage), { language: "en", text: "Good night", from: "it", of: "10-abd" });
      for (const fields of [{ language: "de" }, { from: null }, { text: "Night" }])
        assert.equal(
          (await storage.putTranslation(aTranslation({ of: "10-abd", text: "Good night", ...fields })))?.length,
          1,
        );
    },
  },
  {
    id: "translation/unknown",
    says: "Of a message that the hotel does not have no translation is kept, and nothing is told.",
    async run({ storage }) {
      await written(storage);
      const before = (await eventsOf(storage)).length;
      assert.equal(await storage.putTranslation(aTranslation({ messageId: "msg_none" })), null);
      assert.equal(await storage.putTranslation(aTranslation({ hotelId: OTHER_HOTEL })), null);
      assert.equal((await eventsOf(storage)).length, before);
      assert.equal(await translationOf(storage), undefined);
    },
  },
];
