import assert from "node:assert/strict";
import { newChat } from "../../domain/chat.js";
import { newStay } from "../../domain/stay.js";
import { EXPORTED, type StoredRecord } from "../../ports/privacy-storage.js";
import type { Storage } from "../../ports/storage.js";
import {
  aConsent,
  aConversation,
  aFlowRun,
  aGuestUpdate,
  anAmendment,
  anAuditEntry,
  anInboundMessage,
  anOutboundMessage,
  aNote,
  aPrompt,
  aTimer,
  HOTEL,
  HOUR_MS,
  NOON,
  OTHER_HOTEL,
  phone,
  sendWork,
  type GuestOfHotel,
  aTask,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import { aKnownGuest, merge, nowOf, pagesOf, stored } from "./steps.js";

const ANNA = "393331234567";
const BEN = "12025550102";

/**
 * A guest with one of everything: a conversation `con_<name>` with what they wrote, a note, an answer that waits to be sent, a menu, a run of a flow, a request,
 * a stay, a wish for no offers, a picture.
 */
export async function aWholeGuest(storage: Storage, name: string, waId: string): Promise<GuestOfHotel> {
  const guest = await aKnownGuest(storage, { waId });
  const now = await nowOf(storage);
  const conversation = aConversation(`con_${name}`, guest, { lastSeq: 3, tags: [name] });
  const wrote = anInboundMessage(`msg_${name}_1`, conversation, 1, {
    sentAt: now,
    attemptId: `first_${HOTEL}_${waId}`,
  });
  const answer = anOutboundMessage(`msg_${name}_3`, conversation, 3);
  const run = aFlowRun(`run_${name}`, conversation, { answers: { name } });
  const task = aTask(`task_${name}`, {
    conversationId: conversation.id,
    guestId: guest.id,
    what: `towels for ${name}`,
  });
  await stored(storage, conversation, [wrote, aNote(`msg_${name}_2`, conversation, 2), answer], {
    guest: aGuestUpdate(guest.id, { name, language: "it" }),
    chat: newChat(HOTEL, guest.phoneNumberId, guest.id),
    amendments: [anAmendment(`edit_${name}`, `wamid.msg_${name}_1`, guest)],
    attachments: [
      {
        id: `att_${name}`,
        messageId: wrote.id,
        conversationId: conversation.id,
        guestId: guest.id,
        phoneNumberId: guest.phoneNumberId,
        kind: "image",
        direction: "inbound",
        said: { mediaId: "900", mimeType: "image/jpeg", sha256: null, fileName: `${name}.jpg` },
        state: "pending",
        reason: null,
        purpose: null,
        createdAt: NOON,
      },
    ],
    prompts: [aPrompt(`prm_${name}`, conversation)],
    runs: [run],
    moves: [{ hotelId: HOTEL, runId: run.id, number: 1, at: NOON, messageId: wrote.id, what: { name } }],
    stays: [{ ...newStay(HOTEL, `res_${name}`, NOON), guest: phone(waId), guestName: name }],
    tasks: [task],
    consents: [aConsent(`cns_${name}`, guest)],
    mentions: [
      { hotelId: HOTEL, staffId: "staff_1", messageId: `msg_${name}_2`, conversationId: conversation.id, at: NOON },
    ],
    audit: [anAuditEntry(`aud_${name}`, conversation.id, { reason: `because of ${name}` })],
    events: [
      {
        conversationId: conversation.id,
        departmentId: "reception",
        body: { type: "stay.changed", reservationId: `res_${name}`, kind: "reservation_created", status: null },
      },
    ],
    work: [sendWork(answer, guest), aTimer(`tmr_${name}`, guest, new Date(now.getTime() + HOUR_MS))],
  });
  return guest;
}

/** All that is kept of a guest, part after part. */
export async function kept(storage: Storage, guestId: string, limit = 100): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (const part of EXPORTED) {
    const pages = await pagesOf<StoredRecord, string>(async (after) => {
      const page = await storage.personalData({ hotelId: HOTEL, guestId, part, after, limit });
      return page && { items: page.records, next: page.next };
    });
    all.push(...pages.flat());
  }
  return all;
}

export const typesOf = (records: readonly StoredRecord[]): readonly string[] => [
  ...new Set(records.map(({ type }) => type)),
];

/** A guest is told all that is kept of them. */
export const personalDataCases: readonly StorageCase[] = [
  {
    id: "export/all",
    says: "All that is kept of a guest is told, that of whoever turned out to be the same person included.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const ben = await aWholeGuest(storage, "Ben", BEN);
      await merge(storage, ben.id, anna.id);
      const records = await kept(storage, anna.id);
      assert.deepEqual(await kept(storage, ben.id), records);
      assert.deepEqual(
        typesOf(records),
        EXPORTED.filter((type) => type !== "formerAddress"),
      );
      const messages = records.flatMap((record) => (record.type === "message" ? [record.message] : []));
      assert.deepEqual(messages.map(({ id }) => id).sort(), [
        "msg_Anna_1",
        "msg_Anna_2",
        "msg_Anna_3",
        "msg_Ben_1",
        "msg_Ben_2",
        "msg_Ben_3",
      ]);
      const first = messages.find(({ id }) => id === "msg_Anna_1");
      assert.deepEqual([first?.amendments.length, first?.attachment?.id], [1, "att_Anna"]);
      const of = (type: StoredRecord["type"]) => records.filter((record) => record.type === type).length;
      assert.deepEqual(
        (["guest", "address", "stay", "consent", "attachment", "flowMove", "task", "prompt"] as const).map(of),
        [2, 2, 2, 2, 2, 2, 2, 2],
      );
      const none = { hotelId: HOTEL, guestId: "gst_none\u0000", part: "guest", after: null, limit: 9 } as const;
      assert.equal(await storage.personalData(none), null);
    },
  },
  {
    id: "export/other",
    says: "Nothing of another guest's is told, nor of another hotel's (T87).",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const ben = await aWholeGuest(storage, "Ben", BEN);
      await aKnownGuest(storage, { hotelId: OTHER_HOTEL, waId: ANNA });
      const text = JSON.stringify(await kept(storage, anna.id));
      for (const word of ["Ben", BEN, ben.id, OTHER_HOTEL]) assert.equal(text.includes(word), false, word);
      assert.equal(
        await storage.personalData({ hotelId: OTHER_HOTEL, guestId: anna.id, part: "guest", after: null, limit: 9 }),
        null,
      );
    },
  },
  {
    id: "export/pages",
    says: "However small the pages are, each thing is told once, and in the order in which it was said.",
    async run({ storage }) {
      const anna = await aWholeGuest(storage, "Anna", ANNA);
      const conversation = aConversation("con_long", anna, { lastSeq: 5, departmentId: "spa" });
      const many = Array.from({ length: 5 }, (_, index) =>
        anInboundMessage(`msg_long_${String(index)}`, conversation, index + 1),
      );
      await stored(storage, conversation, many);
      assert.deepEqual(await kept(storage, anna.id, 1), await kept(storage, anna.id));
      assert.deepEqual(await kept(storage, anna.id, 2), await kept(storage, anna.id));
      const told = (await kept(storage, anna.id)).flatMap((record) =>
        record.type === "message" ? record.message.id : [],
      );
      assert.deepEqual(
        told.filter((id) => id.startsWith("msg_long")),
        many.map(({ id }) => id),
      );
    },
  },
];
