import assert from "node:assert/strict";
import { anOutboundMessage, aReport, DAY_MS, SECOND_MS, sendWork } from "./builders.js";
import type { Storage } from "../../ports/storage.js";
import type { StorageCase } from "./case.js";
import {
  claim,
  claimedSend,
  claimOne,
  commit,
  completing,
  FAILURE,
  intended,
  itemsOf,
  LEASE_MS,
  messageOf,
  nothingIsDue,
  reasonsOf,
  sendingOne,
  settle,
  statusesIn,
  stored,
  type Sending,
} from "./steps.js";

const HOLD_MS = 15 * SECOND_MS;
const RETRY_MS = 5 * SECOND_MS;
const retry = { kind: "retry", failure: FAILURE, delayMs: RETRY_MS, askedMs: 0 } as const;
const unknown = { kind: "unknown", failure: FAILURE, holdMs: HOLD_MS } as const;
const sent = (wamid: string) => ({ kind: "sent", wamid }) as const;

export const sendAgainCases: readonly StorageCase[] = [
  {
    id: "send/settle-late",
    says: "What WhatsApp answered is a fact: it is recorded though the lane has passed on, which stays with its new holder (F30).",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage, 2);
      await intended(storage, frozen);
      await shiftClock(LEASE_MS + SECOND_MS);
      const next = await claimedSend(storage);
      assert.equal(next.workId, frozen.workId);
      assert.deepEqual(statusesIn(await settle(storage, frozen, sent("wamid.1")), frozen.message.id), ["sent"]);
      assert.equal((await messageOf(storage, frozen.message.id)).wamid, "wamid.1");
      assert.deepEqual(await storage.renew([next.lane], LEASE_MS), [true], "the lane is still its new holder's");
      await nothingIsDue(storage, "outbound");

      assert.deepEqual(await settle(storage, { ...frozen, ...next }, { ...unknown, holdMs: 0 }), []);
      assert.equal((await messageOf(storage, frozen.message.id)).status, "sent");
      const following = await claimedSend(storage);
      assert.notEqual(following.workId, frozen.workId, "the work was done once");
      await commit(storage, completing(following.lane));
      await nothingIsDue(storage, "outbound");
    },
  },
  {
    id: "send/settle-late-order",
    says: "The fact overrules the guess that the next holder made: unknown, then sent after all.",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage, 2);
      await intended(storage, frozen);
      await shiftClock(LEASE_MS + SECOND_MS);
      const next = { ...frozen, ...(await claimedSend(storage)) };
      await settle(storage, next, { ...unknown, holdMs: 0 });
      assert.deepEqual((await messageOf(storage, frozen.message.id)).failure, FAILURE);
      const events = await settle(storage, frozen, sent("wamid.1"));
      assert.deepEqual(statusesIn(events, frozen.message.id), ["sent"]);
      const message = await messageOf(storage, frozen.message.id);
      assert.deepEqual([message.status, message.wamid, message.failure], ["sent", "wamid.1", null]);
      const { lane } = await claimedSend(storage);
      await commit(storage, completing(lane));
      await nothingIsDue(storage, "outbound");
    },
  },
  {
    id: "send/settle-late-released",
    says: "A fact may come while nobody has the lane: done is done, and a lane emptied by it is not due.",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage);
      await intended(storage, frozen);
      await shiftClock(LEASE_MS + SECOND_MS);
      await storage.release([(await claimedSend(storage)).lane]);
      await settle(storage, frozen, sent("wamid.1"));
      const { lanes, nextDueInMs } = await claim(storage, { kind: "outbound" });
      assert.deepEqual(itemsOf(lanes), []);
      assert.equal(nextDueInMs, null);
      await writtenNext(storage, frozen);
    },
  },
  {
    id: "send/settle-late-abandoned",
    says: "A lane that a fact emptied in somebody's hands is theirs until they give it back or their lease is over, and not due then.",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage);
      await intended(storage, frozen);
      await shiftClock(LEASE_MS + SECOND_MS);
      await claimedSend(storage);
      await settle(storage, frozen, sent("wamid.1"));
      await shiftClock(LEASE_MS + SECOND_MS);
      const { lanes, nextDueInMs } = await claim(storage, { kind: "outbound" });
      assert.deepEqual(itemsOf(lanes), []);
      assert.equal(nextDueInMs, null);
      await writtenNext(storage, frozen);
    },
  },
  {
    id: "send/settle-late-dead",
    says: "A fact about work that was given up meanwhile is recorded, and costs those behind it nothing.",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage, 2);
      await intended(storage, frozen);
      await shiftClock(LEASE_MS + SECOND_MS);
      const { lane, workId } = await claimedSend(storage);
      await storage.fail([{ lane, workId, code: "internal", retryInMs: null }]);
      await settle(storage, frozen, sent("wamid.1"));
      assert.equal((await messageOf(storage, frozen.message.id)).status, "sent");
      const next = await claimedSend(storage);
      assert.notEqual(next.workId, workId);
      await storage.release([next.lane]);
      assert.equal((await claimedSend(storage)).workId, next.workId, "it is not taken for the one that died");
    },
  },
  {
    id: "send/retry",
    says: "A send that was proven not to have happened is queued again: first in its lane, after the delay and not before.",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage, 2);
      await intended(storage, sending);
      const events = await settle(storage, sending, retry);
      const message = await messageOf(storage, sending.message.id);
      assert.equal(message.status, "queued");
      assert.equal(message.failure, null);
      assert.deepEqual(reasonsOf(message), ["send_intended", "send_retried"]);
      assert.deepEqual(statusesIn(events, message.id), ["queued"]);
      await nothingIsDue(storage, "outbound");
      await shiftClock(RETRY_MS + SECOND_MS);
      const again = await claimedSend(storage);
      assert.equal(again.workId, sending.workId);
      assert.equal(again.lane.items[0]?.attempts, 1);
      await intended(storage, { ...sending, ...again });
    },
  },
  {
    id: "send/retry-late",
    says: "Who wakes up after its lane has passed on and says that nothing left under its own intent is believed: the message has failed, and holds up nobody (F30).",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage, 2);
      await intended(storage, frozen);
      await shiftClock(LEASE_MS + SECOND_MS);
      const next = await claimedSend(storage);
      await settle(storage, { ...frozen, ...next }, unknown);
      await nothingIsDue(storage, "outbound");
      const events = await settle(storage, frozen, retry);
      const message = await messageOf(storage, frozen.message.id);
      assert.equal(message.status, "failed");
      assert.deepEqual(message.failure, FAILURE);
      assert.deepEqual(reasonsOf(message), ["send_intended", "send_unknown", "send_retried"]);
      assert.deepEqual(statusesIn(events, message.id), ["failed"]);
      assert.notEqual((await claimedSend(storage)).workId, frozen.workId);
    },
  },
  {
    id: "send/retry-late-first",
    says: "The same when it wakes up before its successor has looked: whoever then takes the message for unknown holds up nobody.",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage, 2);
      await intended(storage, frozen);
      await shiftClock(LEASE_MS + SECOND_MS);
      const next = await claimedSend(storage);
      await settle(storage, frozen, retry);
      assert.deepEqual(await settle(storage, frozen, retry), [], "said twice, it is one failure");
      await settle(storage, { ...frozen, ...next }, unknown);
      assert.equal((await messageOf(storage, frozen.message.id)).status, "failed");
      assert.notEqual((await claimedSend(storage)).workId, frozen.workId);
    },
  },
  {
    id: "send/retry-stale",
    says: "A retry of a process whose lane has passed on says nothing of its successor's own intent.",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage);
      await shiftClock(LEASE_MS + SECOND_MS);
      const next = await claimedSend(storage);
      await intended(storage, { ...frozen, ...next });
      const before = await messageOf(storage, frozen.message.id);
      assert.deepEqual(await settle(storage, frozen, retry), []);
      assert.deepEqual(await messageOf(storage, frozen.message.id), before);
      assert.deepEqual(await storage.renew([next.lane], LEASE_MS), [true]);
    },
  },
  {
    id: "send/retry-reported",
    says: "A message of which WhatsApp reported meanwhile that it has it is not queued again.",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await storage.applyStatuses([aReport("sent", "wamid.1", { correlationId: sending.message.id })]);
      assert.deepEqual(await settle(storage, sending, retry), []);
      const message = await messageOf(storage, sending.message.id);
      assert.equal(message.status, "sent");
      assert.deepEqual(reasonsOf(message), ["send_intended", "status_reported", "send_retried"]);
      await shiftClock(RETRY_MS + SECOND_MS);
      assert.equal((await claimedSend(storage)).workId, sending.workId, "the next look finds it sent");
    },
  },
  {
    id: "send/retry-unintended",
    says: "A retry of a message that is queued all along is told to nobody, and explained all the same.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      assert.deepEqual(await settle(storage, sending, retry), []);
      const message = await messageOf(storage, sending.message.id);
      assert.equal(message.status, "queued");
      assert.deepEqual(reasonsOf(message), ["send_retried"]);
      await nothingIsDue(storage, "outbound");
    },
  },
  {
    id: "send/hold",
    says: "A send of unknown fate holds those behind it for a while, so that order is kept where it can be, and no longer (F44).",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage, 2);
      await intended(storage, sending);
      const events = await settle(storage, sending, unknown);
      const message = await messageOf(storage, sending.message.id);
      assert.equal(message.status, "unknown");
      assert.deepEqual(message.failure, FAILURE);
      assert.deepEqual(statusesIn(events, message.id), ["unknown"]);
      await nothingIsDue(storage, "outbound");
      await shiftClock(HOLD_MS - SECOND_MS);
      await nothingIsDue(storage, "outbound");
      await shiftClock(2 * SECOND_MS);
      const next = await claimedSend(storage);
      assert.notEqual(next.workId, sending.workId, "it is never sent again by itself (F45)");
    },
  },
  {
    id: "send/hold-known",
    says: "Once it is known what became of it, those behind it wait no longer.",
    async run({ storage }) {
      const sending = await sendingOne(storage, 2);
      await intended(storage, sending);
      await settle(storage, sending, unknown);
      await nothingIsDue(storage, "outbound");
      await storage.applyStatuses([aReport("delivered", "wamid_1", { correlationId: sending.message.id })]);
      const next = await claimedSend(storage);
      assert.notEqual(next.workId, sending.workId);
    },
  },
  {
    id: "send/hold-known-late",
    says: "The same when the one who sent it wakes up and says so, though its lane has passed on (F30).",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage, 2);
      await intended(storage, frozen);
      await shiftClock(LEASE_MS + SECOND_MS);
      const next = await claimedSend(storage);
      await settle(storage, { ...frozen, ...next }, unknown);
      await nothingIsDue(storage, "outbound");
      await settle(storage, frozen, { kind: "sent", wamid: "wamid_1" });
      assert.notEqual((await claimedSend(storage)).workId, frozen.workId);
    },
  },
  {
    id: "send/hold-known-before",
    says: "Who guesses that it is unknown after another has said what became of it holds up nobody (F30).",
    async run({ storage, shiftClock }) {
      const frozen = await sendingOne(storage, 2);
      await intended(storage, frozen);
      await shiftClock(LEASE_MS + SECOND_MS);
      const next = await claimedSend(storage);
      await settle(storage, frozen, { kind: "sent", wamid: "wamid_1" });
      await settle(storage, { ...frozen, ...next }, unknown);
      assert.equal((await messageOf(storage, frozen.message.id)).status, "sent");
      assert.notEqual((await claimedSend(storage)).workId, frozen.workId);
    },
  },
  {
    id: "send/hold-alone",
    says: "Nothing is due behind a send of unknown fate that was the last.",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await settle(storage, sending, unknown);
      await shiftClock(DAY_MS);
      await nothingIsDue(storage, "outbound");
    },
  },
  {
    id: "send/hold-later",
    says: "What staff write while the hold lasts waits for its end too, also when nothing else waits.",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await settle(storage, sending, unknown);
      await staffWrite(storage, sending);
      await nothingIsDue(storage, "outbound");
      await shiftClock(HOLD_MS + SECOND_MS);
      assert.equal((await claimedSend(storage)).workId, "snd_msg_next");
    },
  },
];

/** Staff write one more message to the same guest. */
async function staffWrite(storage: Storage, { guest, conversation }: Sending): Promise<void> {
  const next = anOutboundMessage("msg_next", conversation, conversation.lastSeq + 1);
  await stored(storage, { ...conversation, lastSeq: next.seq }, [next], { work: [sendWork(next, guest)] });
}

/** The lane works on: what staff write next is due at once, alone. */
async function writtenNext(storage: Storage, sending: Sending): Promise<void> {
  await staffWrite(storage, sending);
  assert.deepEqual(itemsOf([await claimOne(storage, "outbound")]), [["snd_msg_next"]]);
}
