import assert from "node:assert/strict";
import { WORK_KINDS, type WorkKind } from "../../domain/work.js";
import type { Storage } from "../../ports/storage.js";
import type { KindPulse } from "../../ports/work-storage.js";
import {
  aCommand,
  aReport,
  aTimer,
  HOTEL,
  HOUR_MS,
  MINUTE_MS,
  OTHER_HOTEL,
  OTHER_HOTELS_NUMBER,
  phone,
  SECOND_MS,
} from "./builders.js";
import type { StorageCase } from "./case.js";
import {
  aKnownGuest,
  claim,
  claimedSend,
  claimOne,
  commit,
  completing,
  FAILURE,
  from,
  guestWrites,
  intended,
  LEASE_MS,
  nowOf,
  queued,
  sendingOne,
  settle,
} from "./steps.js";

async function of(storage: Storage, kind: WorkKind): Promise<KindPulse> {
  const found = (await storage.pulse()).kinds.find((each) => each.kind === kind);
  assert.ok(found);
  return found;
}

const standing = async (storage: Storage, kind: WorkKind) => {
  const { due, abandoned, dead } = await of(storage, kind);
  return { due, abandoned, dead };
};

/** How long the longest due of a kind has waited, to the second. */
async function waitedSeconds(storage: Storage, kind: WorkKind): Promise<number | null> {
  const { now, kinds } = await storage.pulse();
  const since = kinds.find((each) => each.kind === kind)?.oldestDueAt;
  return since == null ? null : Math.floor((now.getTime() - since.getTime()) / SECOND_MS);
}

/** The time that the steps of a case took is not looked at. */
function about(seconds: number | null, wanted: number): void {
  assert.ok(
    seconds !== null && seconds >= wanted && seconds < wanted + 30,
    `${String(seconds)} s, not ${String(wanted)} s`,
  );
}

const NOTHING = { due: 0, abandoned: 0, dead: 0 };

export const pulseCases: readonly StorageCase[] = [
  {
    id: "pulse/due",
    says: "Chats of all hotels that wait for somebody are counted by their kind of work, with how long the longest has waited.",
    async run({ storage, shiftClock }) {
      assert.deepEqual(
        (await storage.pulse()).kinds,
        WORK_KINDS.map((kind) => ({ kind, oldestDueAt: null, ...NOTHING })),
      );
      await queued(storage, await aKnownGuest(storage, { waId: "12025550109" }), 2);
      assert.deepEqual(await standing(storage, "outbound"), { ...NOTHING, due: 1 });
      await guestWrites(storage, "itm_1");
      await shiftClock(10 * MINUTE_MS);
      await guestWrites(storage, "itm_2");
      await guestWrites(storage, "itm_3", from("12025550102"));
      await guestWrites(storage, "itm_4", {
        hotelId: OTHER_HOTEL,
        chat: { addresses: [phone("12025550101")], phoneNumberId: OTHER_HOTELS_NUMBER },
      });
      const { now } = await storage.pulse();
      assert.ok(Math.abs(now.getTime() - (await nowOf(storage)).getTime()) < 10 * SECOND_MS);
      assert.deepEqual(await standing(storage, "inbound"), { ...NOTHING, due: 3 });
      about(await waitedSeconds(storage, "inbound"), 600);
      const [lane] = (await claim(storage, { lanes: 1 })).lanes;
      assert.ok(lane);
      await commit(storage, completing(lane));
      assert.deepEqual(await standing(storage, "inbound"), { ...NOTHING, due: 2 });
      about(await waitedSeconds(storage, "inbound"), 0);
      await storage.enqueue(null, { hotelId: HOTEL, id: "cmd_1", subject: "con_1", payload: {} });
      await storage.enqueue(null, { hotelId: HOTEL, id: "cmd_2", subject: "con_1", payload: {} });
      assert.deepEqual(await standing(storage, "command"), { ...NOTHING, due: 1 });
      assert.equal((await of(storage, "timer")).oldestDueAt, null);
    },
  },
  {
    id: "pulse/due-later",
    says: "What waits for its time, to be tried again, or for the fate of a send is not due before.",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const inAnHour = new Date((await nowOf(storage)).getTime() + HOUR_MS);
      await commit(storage, aCommand({ work: [aTimer("tmr_1", guest, inAnHour)] }));
      await guestWrites(storage, "itm_1", from("12025550102"));
      const lane = await claimOne(storage);
      await storage.fail([{ lane, workId: "itm_1", code: "internal", retryInMs: HOUR_MS }]);
      const sending = await sendingOne(storage, 2, HOTEL, "12025550103");
      await settle(storage, sending, {
        kind: "retry",
        failure: { code: "x", message: "" },
        delayMs: HOUR_MS,
        askedMs: 0,
      });
      for (const kind of WORK_KINDS) assert.deepEqual(await standing(storage, kind), NOTHING, kind);
      await shiftClock(HOUR_MS + 2 * MINUTE_MS);
      for (const kind of ["timer", "inbound", "outbound"] as const) {
        assert.deepEqual(await standing(storage, kind), { ...NOTHING, due: 1 }, kind);
        about(await waitedSeconds(storage, kind), 120);
      }
    },
  },
  {
    id: "pulse/held",
    says: "A lane in somebody's hands is not due, and one whose holder let the lease run out is due and abandoned.",
    async run({ storage, shiftClock }) {
      await sendingOne(storage, 1, HOTEL, "12025550102");
      await guestWrites(storage, "itm_1");
      const lane = await claimOne(storage);
      for (const kind of ["inbound", "outbound"] as const)
        assert.deepEqual(await standing(storage, kind), NOTHING, kind);
      await shiftClock(LEASE_MS + 5 * MINUTE_MS);
      for (const kind of ["inbound", "outbound"] as const) {
        assert.deepEqual(await standing(storage, kind), { due: 1, abandoned: 1, dead: 0 }, kind);
        about(await waitedSeconds(storage, kind), 300);
      }
      assert.deepEqual(await storage.renew([lane], LEASE_MS), [true]);
      assert.deepEqual(await standing(storage, "inbound"), NOTHING);
      await claimedSend(storage);
      assert.deepEqual(await standing(storage, "outbound"), NOTHING);
      await storage.release([lane]);
      assert.deepEqual(await standing(storage, "inbound"), { ...NOTHING, due: 1 });
    },
  },
  {
    id: "pulse/dead",
    says: "Dead work of all hotels is counted by its kind until it is replayed, and is not due.",
    async run({ storage }) {
      for (const [id, hotelId] of [
        ["itm_1", HOTEL],
        ["itm_2", OTHER_HOTEL],
      ] as const) {
        const phoneNumberId = hotelId === HOTEL ? undefined : OTHER_HOTELS_NUMBER;
        await guestWrites(storage, id, {
          hotelId,
          chat: { addresses: [phone("12025550101")], ...(phoneNumberId !== undefined && { phoneNumberId }) },
        });
        const lane = await claimOne(storage);
        await storage.fail([{ lane, workId: id, code: "internal", retryInMs: null }]);
      }
      assert.deepEqual(await standing(storage, "inbound"), { due: 0, abandoned: 0, dead: 2 });
      assert.deepEqual(await standing(storage, "outbound"), NOTHING);
      const audit = {
        id: "aud_1",
        actor: { kind: "system", id: "host" },
        action: "dead.replay",
        reason: "",
        target: { kind: "work", id: "itm_1" },
      } as const;
      assert.equal(await storage.replay({ reach: "everything", workId: "itm_1", audit }), true);
      assert.deepEqual(await standing(storage, "inbound"), { due: 1, abandoned: 0, dead: 1 });
    },
  },
  {
    id: "pulse/unknown",
    says: "Sends of unknown fate are counted over all hotels until a report says what became of them.",
    async run({ storage }) {
      const unknownSends = async () => (await storage.pulse()).unknownSends;
      assert.equal(await unknownSends(), 0);
      const sendings = [
        await sendingOne(storage, 1, HOTEL, "12025550101"),
        await sendingOne(storage, 1, OTHER_HOTEL, "12025550102"),
        await sendingOne(storage, 1, HOTEL, "12025550103"),
      ];
      for (const sending of sendings) await intended(storage, sending);
      const [first, second, third] = sendings;
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      for (const sending of [first, second])
        await settle(storage, sending, { kind: "unknown", failure: FAILURE, holdMs: 0 });
      await settle(storage, third, { kind: "sent", wamid: "wamid.3" });
      assert.equal(await unknownSends(), 2);
      await storage.applyStatuses([aReport("delivered", "wamid.1", { correlationId: first.message.id })]);
      assert.equal(await unknownSends(), 1);
    },
  },
];
