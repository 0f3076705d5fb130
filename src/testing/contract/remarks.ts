import assert from "node:assert/strict";
import type { Remark } from "../../domain/remark.js";
import { aCommand, anAuditEntry, aReport, HOTEL, NOON, OTHER_HOTEL, SECOND_MS } from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  atOnce,
  claimedSend,
  commit,
  conflicts,
  eventsOf,
  FAILURE,
  intended,
  messageOf,
  nothingIsDue,
  reasonsOf,
  sendingOne,
  settle,
  statusesIn,
  type Sending,
} from "./steps.js";

const HOLD_MS = 15 * SECOND_MS;

const aRemark = ({ message }: Sending, fields: Partial<Remark> = {}): Remark => ({
  messageId: message.id,
  was: "unknown",
  becomes: null,
  failure: null,
  reason: { code: "resolved", at: NOON, details: { as: "sent" } },
  ...fields,
});

export const remarkCases: readonly StorageCase[] = [
  {
    id: "commit/remark",
    says: "What somebody did about a message stands among its reasons, last; the message is as it was, and it is no news.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "failed", failure: FAILURE });
      const before = await messageOf(storage, sending.message.id);
      const reason = { code: "sent_again", at: NOON, details: { as: "msg_\u00e9", n: 1 } } as const;
      const { events } = await commit(storage, aCommand({ remarks: [aRemark(sending, { was: "failed", reason })] }));
      assert.deepEqual(events, []);
      assert.deepEqual(await messageOf(storage, sending.message.id), {
        ...before,
        reasons: [...before.reasons, reason],
      });
    },
  },
  {
    id: "commit/remark-status",
    says: "Somebody says that a message of unknown fate arrived: it is sent, that is news, and what waited for it goes (F44).",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage, 2);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "unknown", failure: FAILURE, holdMs: HOLD_MS });
      await nothingIsDue(storage, "outbound");
      const audit = [anAuditEntry("aud_1", sending.message.id, { action: "message.resolve" })];
      const opened = {
        conversationId: "con_9",
        departmentId: "restaurant",
        body: { type: "conversation.opened" },
      } as const;
      const remarks = [aRemark(sending, { becomes: "sent" })];
      const { events } = await commit(storage, aCommand({ remarks, audit, events: [opened] }));
      const { conversation, message } = sending;
      assert.deepEqual(
        events.map(({ conversationId, departmentId, body }) => ({ conversationId, departmentId, body })),
        [
          opened,
          {
            conversationId: conversation.id,
            departmentId: "reception",
            body: { type: "message.status", messageId: message.id, status: "sent" },
          },
        ],
      );
      assert.deepEqual((await eventsOf(storage)).slice(-2), events);
      const after = await messageOf(storage, message.id);
      assert.deepEqual([after.status, after.failure, after.wamid], ["sent", null, null]);
      assert.deepEqual(reasonsOf(after), ["send_intended", "send_unknown", "resolved"]);
      const { workId } = await claimedSend(storage);
      assert.equal(workId, `snd_msg_${sending.guest.id}_2`, "its follower is due at once");
      await shiftClock(HOLD_MS);
      await storage.applyStatuses([aReport("read", "wamid.1", { correlationId: message.id })]);
      assert.equal((await messageOf(storage, message.id)).status, "read", "what WhatsApp reports later still counts");
    },
  },
  {
    id: "commit/remark-failed",
    says: "Or that it did not arrive: it has failed, with advice, unless WhatsApp proves that it is there.",
    async run({ storage }) {
      const sending = await sendingOne(storage, 1, OTHER_HOTEL);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "unknown", failure: FAILURE, holdMs: HOLD_MS });
      const failure = { code: "resolved_failed", message: "It did not arrive." };
      const remarks = [aRemark(sending, { becomes: "failed", failure })];
      const { events } = await commit(storage, aCommand({ hotelId: OTHER_HOTEL, remarks }));
      assert.deepEqual(statusesIn(events, sending.message.id), ["failed"]);
      const failed = await messageOf(storage, sending.message.id);
      assert.deepEqual([failed.status, failed.failure], ["failed", failure]);
      const report = { hotelId: OTHER_HOTEL, correlationId: sending.message.id };
      await storage.applyStatuses([aReport("sent", "wamid.1", report)]);
      assert.equal((await messageOf(storage, sending.message.id)).status, "failed");
      await storage.applyStatuses([aReport("delivered", "wamid.1", report)]);
      const there = await messageOf(storage, sending.message.id);
      assert.deepEqual([there.status, there.failure], ["delivered", null]);
    },
  },
  {
    id: "commit/remark-overtaken",
    says: "A message that does not stand where it was taken to stand is a conflict, and nothing is stored.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "unknown", failure: FAILURE, holdMs: HOLD_MS });
      await storage.applyStatuses([aReport("delivered", "wamid.1", { correlationId: sending.message.id })]);
      const before = [await messageOf(storage, sending.message.id), await eventsOf(storage)];
      const opened = { conversationId: "con_9", departmentId: null, body: { type: "conversation.opened" } } as const;
      const missing = { ...aRemark(sending), messageId: "msg_nobody" };
      for (const remark of [aRemark(sending, { becomes: "sent" }), aRemark(sending), missing]) {
        const change = aCommand({ remarks: [remark], events: [opened] });
        conflicts(await storage.commit(HOTEL, [change]), [0], [change]);
      }
      assert.deepEqual([await messageOf(storage, sending.message.id), await eventsOf(storage)], before);
    },
  },
  {
    id: "commit/remark-twice",
    says: "Two who say what became of a message, in one batch or after each other: the first is believed.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "unknown", failure: FAILURE, holdMs: HOLD_MS });
      const says = (becomes: "sent" | "failed") => aCommand({ remarks: [aRemark(sending, { becomes })] });
      const both = [says("sent"), says("failed")];
      conflicts(await storage.commit(HOTEL, both), [1], both);
      assert.equal((await messageOf(storage, sending.message.id)).status, "unknown");
      const kept = aRemark(sending, { reason: { code: "sent_again", at: NOON } });
      await commit(storage, aCommand({ remarks: [kept] }), says("failed"));
      const again = says("sent");
      conflicts(await storage.commit(HOTEL, [again]), [0], [again]);
      const message = await messageOf(storage, sending.message.id);
      assert.deepEqual(reasonsOf(message).slice(-2), ["sent_again", "resolved"]);
    },
  },
  {
    id: "commit/remark-at-once",
    says: "Many who say it at the same moment: one of them is believed, and told of once.",
    needs: "concurrency",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "unknown", failure: FAILURE, holdMs: HOLD_MS });
      const results = await atOnce(6, (n) =>
        storage.commit(HOTEL, [
          aCommand({ remarks: [aRemark(sending, { becomes: n % 2 === 0 ? "sent" : "failed" })] }),
        ]),
      );
      assert.equal(results.filter(({ outcome }) => outcome === "committed").length, 1);
      assert.equal(statusesIn(await eventsOf(storage), sending.message.id).length, 2);
    },
  },
];
