import assert from "node:assert/strict";
import { PAIR_PACE } from "../../domain/sender.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  aConversation,
  anOutboundMessage,
  aReport,
  HOTEL,
  MINUTE_MS,
  NUMBER,
  OTHER_HOTEL,
  OTHER_HOTELS_NUMBER,
  SECOND_MS,
  SECOND_NUMBER,
  sendWork,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  claim,
  claimedSend,
  commit,
  FAILURE,
  intended,
  itemsOf,
  nothingIsDue,
  queued,
  sendingOne,
  settle,
  stored,
  type Sending,
} from "./steps.js";
import { another, claimed, flood, sent, setPace } from "./sending.js";

const retry = { kind: "retry", failure: FAILURE, delayMs: 0, askedMs: 0 } as const;

/** One message was sent and counted, `count` times. @returns the last */
async function sentInARow(storage: Storage, sending: Sending, count: number): Promise<void> {
  let current = sending;
  for (let index = 0; index < count; index++) {
    await settle(storage, current, sent(`wamid.${current.workId}`), { paced: true });
    if (index < count - 1) current = { ...current, ...(await claimedSend(storage)) };
  }
}

/** What a number and a guest are sent in which time, and what may go first. */
export const paceCases: readonly StorageCase[] = [
  {
    id: "claim/pace",
    says: "A number sends at its pace, whoever claims: an eighth of a second's worth at once, and more only as time goes by (M18).",
    async run({ storage, shiftClock }) {
      await flood(storage, 12);
      await setPace(storage, 40);
      await shiftClock(SECOND_MS);
      const first = await claim(storage, { kind: "outbound" });
      assert.equal(first.lanes.length, 5, "an eighth of forty");
      const second = await claim(storage, { kind: "outbound" });
      await shiftClock(100);
      const third = await claim(storage, { kind: "outbound" });
      // Where time goes by itself, a little more than that went by.
      const gaveBack = 0.04 * (third.now.getTime() - first.now.getTime());
      const taken = second.lanes.length + third.lanes.length;
      assert.ok(taken <= gaveBack && taken > Math.min(7, gaveBack) - 2, `${String(taken)} of ${String(gaveBack)}`);
    },
  },
  {
    id: "claim/pace-rate",
    says: "A number that nobody has told the pace of sends as slowly as WhatsApp's slowest.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const work = Array.from({ length: 6 }, (_, index) => ({
        id: `wrk_${String(index)}`,
        kind: "outbound" as const,
        phoneNumberId: SECOND_NUMBER,
        guestId: `${guest.id}${String(index)}`,
        payload: null,
      }));
      await commit(storage, aCommand({ work }));
      assert.equal(await claimed(storage), 1, "the first may go");
      await shiftClock(10 * SECOND_MS);
      assert.equal(await claimed(storage), 2, "an eighth of twenty");
    },
  },
  {
    id: "claim/pace-none",
    says: "A number without a pace sends as fast as it goes.",
    async run({ storage }) {
      await flood(storage, 12);
      assert.equal(await claimed(storage), 12);
    },
  },
  {
    id: "claim/pace-own",
    says: "Each number of each hotel has its own pace: one's flood costs the others nothing.",
    async run({ storage, shiftClock }) {
      await flood(storage, 8);
      await flood(storage, 2, OTHER_HOTEL);
      const elsewhere = await aKnownGuest(storage, { waId: "12025550199" });
      const conversation = aConversation("con_elsewhere", elsewhere, { lastSeq: 1 });
      const message = anOutboundMessage("msg_elsewhere", conversation, 1);
      await stored(storage, conversation, [message]);
      const work = { ...sendWork(message, elsewhere), id: "wrk_elsewhere", phoneNumberId: SECOND_NUMBER };
      await commit(storage, aCommand({ work: [work] }));
      await setPace(storage, 8);
      await setPace(storage, null, SECOND_NUMBER);
      await shiftClock(SECOND_MS);
      const { lanes } = await claim(storage, { kind: "outbound" });
      const own = lanes.filter(({ hotelId }) => hotelId === HOTEL).map(({ phoneNumberId }) => phoneNumberId);
      assert.deepEqual(own.toSorted(), [NUMBER, SECOND_NUMBER].toSorted());
      assert.equal(lanes.length - own.length, 2, "another hotel's go as fast as they may");
    },
  },
  {
    id: "claim/pace-due",
    says: "Whoever asks when there is more to send hears when the pace allows it.",
    async run({ storage, shiftClock }) {
      await flood(storage, 3);
      await setPace(storage, 1);
      await shiftClock(10 * SECOND_MS);
      const { lanes, nextDueInMs } = await claim(storage, { kind: "outbound" });
      assert.equal(lanes.length, 1);
      assert.ok(nextDueInMs !== null && nextDueInMs > 500 && nextDueInMs <= SECOND_MS, String(nextDueInMs));
    },
  },
  {
    id: "claim/pace-at-once",
    says: "Many who claim at the same moment share the number's pace (F49).",
    needs: "concurrency",
    async run({ storage, shiftClock }) {
      await flood(storage, 12);
      await setPace(storage, 24);
      await shiftClock(SECOND_MS);
      const all = await Promise.all(Array.from({ length: 6 }, () => claim(storage, { kind: "outbound" })));
      const times = all.map(({ now }) => now.getTime());
      const taken = all.reduce((sum, { lanes }) => sum + lanes.length, 0);
      const most = 3 + 0.024 * (Math.max(...times) - Math.min(...times));
      assert.ok(taken >= 3 && taken <= most, `3 at once, and what the moments in between gave, not ${String(taken)}`);
    },
  },
  {
    id: "claim/urgent",
    says: "A door code goes before a flood to others, and before what waits in its own chat (M18).",
    async run({ storage, shiftClock }) {
      await flood(storage, 6);
      const guest = await aKnownGuest(storage, { waId: "12025550199" });
      const [message] = await queued(storage, guest);
      assert.ok(message !== undefined);
      await setPace(storage, 1);
      await shiftClock(10 * SECOND_MS);
      await commit(
        storage,
        aCommand({ work: [{ ...sendWork(message.message, guest), id: "wrk_code", urgent: true }] }),
      );
      assert.deepEqual(itemsOf((await claim(storage, { kind: "outbound" })).lanes), [["wrk_code"]]);
    },
  },
  {
    id: "claim/only-urgent",
    says: "Who asks for door codes alone gets those, and leaves the others and their number's pace as they are.",
    async run({ storage, shiftClock }) {
      await flood(storage, 3);
      const guest = await aKnownGuest(storage, { waId: "12025550199" });
      const [message] = await queued(storage, guest);
      assert.ok(message !== undefined);
      await setPace(storage, 1);
      await shiftClock(10 * SECOND_MS);
      const ask = async () => itemsOf((await claim(storage, { kind: "outbound", onlyUrgentOf: "everybody" })).lanes);
      assert.deepEqual(await ask(), []);
      const code = { ...sendWork(message.message, guest), id: "wrk_code", urgent: true };
      await commit(storage, aCommand({ work: [code] }));
      assert.deepEqual(await ask(), [["wrk_code"]]);
      assert.deepEqual(await ask(), []);
      await shiftClock(10 * SECOND_MS);
      assert.equal(await claimed(storage), 1);
    },
  },
  {
    id: "claim/only-urgent-of",
    says: "Who leaves one hotel's work alone, but for its door codes, gets all of another's (F42).",
    async run({ storage }) {
      for (const hotelId of [HOTEL, OTHER_HOTEL]) await flood(storage, 2, hotelId);
      await setPace(storage, null);
      await setPace(storage, null, OTHER_HOTELS_NUMBER, OTHER_HOTEL);
      const [sending] = await queued(storage, await aKnownGuest(storage, { waId: "12025550199" }));
      assert.ok(sending !== undefined);
      const ask = async () => {
        const { lanes } = await claim(storage, { kind: "outbound", onlyUrgentOf: [HOTEL] });
        return lanes.map(({ hotelId }) => hotelId);
      };
      assert.deepEqual(await ask(), [OTHER_HOTEL, OTHER_HOTEL]);
      await another(storage, sending, "wrk_code", true);
      assert.deepEqual(await ask(), [HOTEL]);
      assert.equal(await claimed(storage), 2);
    },
  },
  {
    id: "claim/urgent-hold",
    says: "A door code does not wait for the fate of the message before it; those behind that one do, after it too.",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage, 2);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "unknown", failure: FAILURE, holdMs: 15 * SECOND_MS });
      await nothingIsDue(storage, "outbound");
      await another(storage, sending, "wrk_code", true);
      const code = { ...sending, ...(await claimedSend(storage)) };
      assert.equal(code.workId, "wrk_code");
      await settle(storage, code, sent("wamid.code"));
      await nothingIsDue(storage, "outbound");
      await shiftClock(16 * SECOND_MS);
      assert.notEqual((await claimedSend(storage)).workId, "wrk_code");
    },
  },
  {
    id: "claim/urgent-hold-unknown",
    says: "A door code of unknown fate that overtook another is no reason to wait for that one no longer: what becomes of the code frees nobody.",
    async run({ storage, shiftClock }) {
      const unknown = { kind: "unknown", failure: FAILURE, holdMs: 15 * SECOND_MS } as const;
      const [first, , code] = await queued(storage, await aKnownGuest(storage), 3);
      assert.ok(first !== undefined && code !== undefined);
      const before = { ...first, ...(await claimedSend(storage)) };
      await intended(storage, before);
      await settle(storage, before, unknown);
      await shiftClock(5 * SECOND_MS);
      await another(storage, { ...before, ...code }, "wrk_code", true);
      const overtaking = { ...code, ...(await claimedSend(storage)) };
      assert.equal(overtaking.workId, "wrk_code");
      await intended(storage, overtaking);
      await settle(storage, overtaking, unknown);
      const report = (id: string) =>
        storage.applyStatuses([aReport("delivered", `wamid.${id}`, { correlationId: id })]);
      await report(code.message.id);
      await nothingIsDue(storage, "outbound");
      await report(first.message.id);
      assert.notEqual((await claimedSend(storage)).workId, before.workId);
    },
  },
  {
    id: "claim/urgent-in-hand",
    says: "A door code that comes while its chat is in somebody's hands is the next of it.",
    async run({ storage }) {
      const sending = await sendingOne(storage, 3);
      await another(storage, sending, "wrk_code", true);
      await settle(storage, sending, { ...retry, delayMs: MINUTE_MS });
      assert.equal((await claimedSend(storage)).workId, "wrk_code");
    },
  },
  {
    id: "send/pair-pace",
    says: "A guest is sent twenty messages ahead at most, and then one in six seconds, as WhatsApp wants (F49).",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage, PAIR_PACE.burst + 2);
      await sentInARow(storage, sending, PAIR_PACE.burst);
      await nothingIsDue(storage, "outbound");
      await shiftClock(PAIR_PACE.everyMs);
      const next = { ...sending, ...(await claimedSend(storage)) };
      await settle(storage, next, sent("wamid.next"), { paced: true });
      await nothingIsDue(storage, "outbound");
      await shiftClock(PAIR_PACE.everyMs);
      await claimedSend(storage);
    },
  },
  {
    id: "send/pair-pace-later",
    says: "What is written to a guest who was sent too much waits as well; another guest's does not.",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage, PAIR_PACE.burst);
      await sentInARow(storage, sending, PAIR_PACE.burst);
      await another(storage, sending, "wrk_late");
      await nothingIsDue(storage, "outbound");
      const other = await sendingOne(storage, 1, HOTEL, "12025550102");
      assert.notEqual(other.workId, "wrk_late");
      await shiftClock(PAIR_PACE.everyMs);
      assert.equal((await claimedSend(storage)).workId, "wrk_late");
    },
  },
  {
    id: "send/pair-urgent",
    says: "For a door code there is room left that WhatsApp allows, and no more than that.",
    async run({ storage }) {
      const sending = await sendingOne(storage, PAIR_PACE.burst);
      await sentInARow(storage, sending, PAIR_PACE.burst);
      const room = PAIR_PACE.urgentBurst - PAIR_PACE.burst;
      for (let index = 0; index < room; index++) {
        await another(storage, sending, `wrk_code_${String(index)}`, true);
        const code = { ...sending, ...(await claimedSend(storage)) };
        await settle(storage, code, sent(`wamid.code.${String(index)}`), { paced: true });
      }
      await another(storage, sending, "wrk_code_too_many", true);
      await nothingIsDue(storage, "outbound");
    },
  },
];
