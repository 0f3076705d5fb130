import assert from "node:assert/strict";
import { aReport, HOTEL, OTHER_HOTEL, SECOND_MS } from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  atOnce,
  claimedSend,
  claimOne,
  eventsOf,
  FAILURE,
  intended,
  LEASE_MS,
  messageOf,
  nothingIsDue,
  reasonsOf,
  sendingOne,
  sentOne,
  settle,
  settlement,
  statusesIn,
  type Sending,
} from "./steps.js";

const HOLD_MS = 15 * SECOND_MS;
const unknown = { kind: "unknown", failure: FAILURE, holdMs: HOLD_MS } as const;
const sent = (wamid: string) => ({ kind: "sent", wamid }) as const;

export const sendCases: readonly StorageCase[] = [
  {
    id: "send/intend",
    says: "An intent is durable before a socket is touched: the message is `sending`, which is no news to anybody (F43).",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      const before = await eventsOf(storage);
      await intended(storage, sending);
      const message = await messageOf(storage, sending.message.id);
      assert.equal(message.status, "sending");
      assert.deepEqual(reasonsOf(message), ["send_intended"]);
      assert.deepEqual(await eventsOf(storage), before);
    },
  },
  {
    id: "send/intend-once",
    says: "Only a message that is still queued may be sent: not one that somebody began to send, nor one that is settled.",
    async run({ storage }) {
      const sending = await sendingOne(storage, 2);
      await intended(storage, sending);
      const again = () => storage.intend([{ lane: sending.lane, messageId: sending.message.id, as: "windowless" }]);
      assert.deepEqual(await again(), ["no"]);
      assert.deepEqual(reasonsOf(await messageOf(storage, sending.message.id)), ["send_intended"]);
      assert.deepEqual(await storage.intend([{ lane: sending.lane, messageId: "msg_nobody", as: "windowless" }]), [
        "no",
      ]);
      await settle(storage, sending, { kind: "failed", failure: FAILURE });
      const { lane } = await claimedSend(storage);
      assert.deepEqual(await storage.intend([{ lane, messageId: sending.message.id, as: "windowless" }]), ["no"]);
    },
  },
  {
    id: "send/intend-each",
    says: "Of several sends each is answered in its place, and none waits for another's fate.",
    async run({ storage }) {
      const first = await sendingOne(storage);
      const second = await sendingOne(storage, 1, HOTEL, "12025550102");
      const third = await sendingOne(storage, 1, OTHER_HOTEL);
      await intended(storage, second);
      const asks = [first, second, third].map(
        ({ lane, message }) => ({ lane, messageId: message.id, as: "windowless" }) as const,
      );
      assert.deepEqual(await storage.intend(asks), ["go", "no", "go"]);
      assert.equal((await messageOf(storage, third.message.id)).status, "sending");
    },
  },
  {
    id: "send/intend-foreign",
    says: "A lane lets through messages of its own hotel only.",
    async run({ storage }) {
      const { message } = await sendingOne(storage);
      const { lane } = await sendingOne(storage, 1, OTHER_HOTEL);
      assert.deepEqual(await storage.intend([{ lane, messageId: message.id, as: "windowless" }]), ["no"]);
      assert.equal((await messageOf(storage, message.id)).status, "queued");
    },
  },
  {
    id: "send/intend-fenced",
    says: "A process whose lane has passed on may not send, and one whose lease ran out may not either (F30).",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage);
      const ask = (lane: Sending["lane"]) => storage.intend([{ lane, messageId: frozen.message.id, as: "windowless" }]);
      await shiftClock(LEASE_MS + SECOND_MS);
      assert.deepEqual(await ask(frozen.lane), ["no"], "its lease ran out");
      const held = await claimOne(storage, "outbound", 1);
      assert.deepEqual(await ask(frozen.lane), ["no"], "it is somebody else's");
      assert.equal((await messageOf(storage, frozen.message.id)).status, "queued");
      assert.deepEqual(await ask(held), ["go"]);
    },
  },
  {
    id: "send/intend-fenced-given-back",
    says: "A lane that was given back sends nothing.",
    async run({ storage }) {
      const { lane, message } = await sendingOne(storage);
      await storage.release([lane]);
      assert.deepEqual(await storage.intend([{ lane, messageId: message.id, as: "windowless" }]), ["no"]);
    },
  },
  {
    id: "send/intend-at-once",
    says: "Asked many times at the same moment, exactly one may send (F45).",
    needs: "concurrency",
    async run({ storage }) {
      const { lane, message } = await sendingOne(storage);
      const answers = await atOnce(10, () => storage.intend([{ lane, messageId: message.id, as: "windowless" }]));
      assert.equal(answers.flat().filter((answer) => answer === "go").length, 1);
    },
  },
  {
    id: "send/settle",
    says: "An accepted message is `sent` with its wamid, its work is done, and the lane goes on with the next.",
    async run({ storage }) {
      const sending = await sendingOne(storage, 2);
      await intended(storage, sending);
      const before = (await eventsOf(storage)).length;
      const events = await settle(storage, sending, sent("wamid.1"));
      const message = await messageOf(storage, sending.message.id);
      assert.equal(message.status, "sent");
      assert.equal(message.wamid, "wamid.1");
      assert.equal(message.failure, null);
      assert.deepEqual(message.reasons.at(-1), settlement(sending, sent("wamid.1")).reason);
      assert.deepEqual(events, (await eventsOf(storage)).slice(before));
      assert.deepEqual(
        events.map(({ conversationId, departmentId, body }) => ({ conversationId, departmentId, body })),
        [
          {
            conversationId: sending.conversation.id,
            departmentId: "reception",
            body: { type: "message.status", messageId: message.id, status: "sent" },
          },
        ],
      );
      const next = await claimedSend(storage);
      assert.notEqual(next.workId, sending.workId);
      assert.ok(next.lane.epoch > sending.lane.epoch);
    },
  },
  {
    id: "send/settle-failed",
    says: "A rejected message fails visibly with what to do next, sent or not, and the lane goes on.",
    async run({ storage }) {
      const sending = await sendingOne(storage, 2);
      const events = await settle(storage, sending, { kind: "failed", failure: FAILURE });
      const message = await messageOf(storage, sending.message.id);
      assert.equal(message.status, "failed");
      assert.deepEqual(message.failure, FAILURE);
      assert.equal(message.wamid, null);
      assert.deepEqual(statusesIn(events, message.id), ["failed"]);
      await claimedSend(storage);
    },
  },
  {
    id: "send/settle-many",
    says: "Many sends, of several hotels too, are settled in one call, each with its own result.",
    async run({ storage }) {
      const all = [
        await sendingOne(storage),
        await sendingOne(storage, 1, OTHER_HOTEL),
        await sendingOne(storage, 1, HOTEL, "12025550102"),
        await sendingOne(storage, 1, OTHER_HOTEL, "12025550102"),
      ] as const;
      for (const sending of all) await intended(storage, sending);
      const events = await storage.settle([
        settlement(all[0], sent("wamid.1")),
        settlement(all[1], sent("wamid.1")),
        settlement(all[2], { kind: "failed", failure: FAILURE }),
        settlement(all[3], unknown),
      ]);
      const statuses = await Promise.all(all.map(async ({ message }) => (await messageOf(storage, message.id)).status));
      assert.deepEqual(statuses, ["sent", "sent", "failed", "unknown"]);
      assert.equal(events.length, 4);
      for (const hotelId of [HOTEL, OTHER_HOTEL]) {
        const seqs = (await eventsOf(storage, hotelId)).map(({ seq }) => seq);
        assert.deepEqual(
          seqs,
          seqs.map((_, index) => index + 1),
        );
      }
    },
  },
  {
    id: "send/settle-crosswise",
    says: "Settlements of the same hotels in opposite order do not stand in each other's way.",
    needs: "concurrency",
    async run({ storage }) {
      const all: Sending[] = [];
      for (let index = 0; index < 6; index++) {
        for (const hotelId of [HOTEL, OTHER_HOTEL])
          all.push(await sendingOne(storage, 1, hotelId, `1202555010${String(index)}`));
      }
      for (const sending of all) await intended(storage, sending);
      await atOnce(6, (index) => {
        const pair = all
          .slice(2 * index, 2 * index + 2)
          .map((sending) => settlement(sending, sent(`wamid.${sending.message.id}`)));
        return storage.settle(index % 2 === 0 ? pair : pair.reverse());
      });
      for (const { message } of all) assert.equal((await messageOf(storage, message.id)).status, "sent");
    },
  },
  {
    id: "send/settle-below-report",
    says: "A report that was faster than the settlement stands: the status does not fall, the wamid and the reason are kept (F20).",
    async run({ storage }) {
      const sending = await sendingOne(storage, 2);
      await intended(storage, sending);
      await storage.applyStatuses([aReport("delivered", "wamid.1", { correlationId: sending.message.id })]);
      assert.deepEqual(await settle(storage, sending, unknown), []);
      const message = await messageOf(storage, sending.message.id);
      assert.equal(message.status, "delivered");
      assert.equal(message.failure, null);
      assert.equal(message.wamid, "wamid.1");
      assert.deepEqual(reasonsOf(message), ["send_intended", "status_reported", "send_unknown"]);
    },
  },
  {
    id: "send/settle-keeps-wamid",
    says: "A report by correlation id and the answer to the send may both bring the wamid; it is one.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await storage.applyStatuses([aReport("sent", "wamid.1", { correlationId: sending.message.id })]);
      assert.deepEqual(await settle(storage, sending, sent("wamid.1")), []);
      assert.equal((await messageOf(storage, sending.message.id)).wamid, "wamid.1");
      await nothingIsDue(storage, "outbound");
      const other = await sentOne(storage, "wamid.2", OTHER_HOTEL);
      assert.equal((await messageOf(storage, other.message.id)).status, "sent");
    },
  },
];
