import assert from "node:assert/strict";
import type { DeskEvent } from "../../domain/event.js";
import type { ClaimedLane } from "../../domain/lane.js";
import type { Storage } from "../../ports/storage.js";
import {
  aCommand,
  anAuditEntry,
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
  conversationOf,
  eventsOf,
  FAILURE,
  intended,
  itemsOf,
  messageOf,
  nothingIsDue,
  queued,
  sendingOne,
  settle,
  settlement,
  type Sending,
} from "./steps.js";
import { another, claimed, flood, sent, setPace } from "./sending.js";

const retry = { kind: "retry", failure: FAILURE, delayMs: 0, askedMs: 0 } as const;
const pauseOf = (fields: { readonly of?: "number" | "hotel"; readonly probing?: boolean; readonly ms?: number } = {}) =>
  ({ of: "number", ms: MINUTE_MS, probing: false, code: "graph_130429", ...fields }) as const;

/** A lane that was claimed, with the message in it. */
async function inHand(storage: Storage, lane: ClaimedLane): Promise<Sending> {
  const workId = lane.items[0]?.id ?? "";
  const message = { ...(await messageOf(storage, workId.slice("snd_".length))), importedPlace: null };
  const conversation = await conversationOf(storage, message.conversationId);
  return {
    guest: { id: lane.guestId, hotelId: lane.hotelId, phoneNumberId: NUMBER },
    conversation,
    message,
    lane,
    workId,
  };
}

const changesOf = (events: readonly DeskEvent[]): readonly string[] =>
  events.map(({ body }) => body.type).filter((type) => type.startsWith("sender."));

/** When a number stops, and how it goes on. */
export const senderCases: readonly StorageCase[] = [
  {
    id: "send/asked",
    says: "When WhatsApp asks to leave a guest alone for a time, a door code waits too (F49).",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage, 2);
      await settle(storage, sending, { ...retry, delayMs: 16 * SECOND_MS, askedMs: 16 * SECOND_MS });
      await another(storage, sending, "wrk_code", true);
      await nothingIsDue(storage, "outbound");
      await shiftClock(16 * SECOND_MS);
      assert.equal((await claimedSend(storage)).workId, "wrk_code");
    },
  },
  {
    id: "send/pause",
    says: "A number that WhatsApp asked to slow down sends nothing until then, to nobody; others go on (F49).",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage);
      const before = (await eventsOf(storage)).length;
      await settle(storage, sending, retry, { pause: pauseOf() });
      await flood(storage, 1, OTHER_HOTEL);
      await flood(storage, 2);
      const { lanes } = await claim(storage, { kind: "outbound" });
      assert.deepEqual(
        lanes.map(({ hotelId }) => hotelId),
        [OTHER_HOTEL],
      );
      const paused = (await eventsOf(storage)).filter(({ body }) => body.type === "sender.paused");
      assert.deepEqual(paused, [], "slowing down is no news");
      assert.ok(before > 0);
      await shiftClock(MINUTE_MS);
      const after = await claim(storage, { kind: "outbound" });
      assert.equal(after.lanes.filter(({ hotelId }) => hotelId === HOTEL).length, 3);
    },
  },
  {
    id: "send/pause-longest",
    says: "Of several pauses the longest counts, whichever comes last.",
    async run({ storage, shiftClock }) {
      const first = await sendingOne(storage);
      const second = await sendingOne(storage, 1, HOTEL, "12025550102");
      await settle(storage, first, retry, { pause: pauseOf({ ms: 2 * MINUTE_MS }) });
      await settle(storage, second, retry, { pause: pauseOf({ ms: SECOND_MS }) });
      await shiftClock(MINUTE_MS);
      await nothingIsDue(storage, "outbound");
      await shiftClock(MINUTE_MS);
      assert.equal(await claimed(storage), 2);
    },
  },
  {
    id: "send/pause-hotel",
    says: "An account that WhatsApp stopped sends from none of the hotel's numbers, and another hotel's go on.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await commit(
        storage,
        aCommand({
          work: [{ ...sendWork(sending.message, sending.guest), id: "wrk_2", phoneNumberId: SECOND_NUMBER }],
        }),
      );
      const other = await storage.claim({ kind: "outbound", lanes: 10, itemsPerLane: 1, leaseMs: MINUTE_MS });
      await storage.release(other.lanes);
      await setPace(storage, null, SECOND_NUMBER);
      await settle(storage, sending, retry, { pause: pauseOf({ of: "hotel" }) });
      await nothingIsDue(storage, "outbound");
      await flood(storage, 1, OTHER_HOTEL);
      assert.equal(await claimed(storage), 1);
    },
  },
  {
    id: "claim/pause-expired",
    says: "What has waited for too long is handed out of a paused number too, to be failed where staff see it; it costs no token.",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage);
      await settle(storage, sending, retry, { pause: pauseOf({ ms: 10 * MINUTE_MS, probing: true }) });
      const expiring = { expireMs: 5 * MINUTE_MS };
      const waits = await claim(storage, { kind: "outbound", ...expiring });
      assert.deepEqual(itemsOf(waits.lanes), []);
      assert.ok(waits.nextDueInMs !== null && waits.nextDueInMs <= 5 * MINUTE_MS, "and it is known when");
      await shiftClock(5 * MINUTE_MS + SECOND_MS);
      assert.equal(await claimed(storage, expiring), 1);
      const [sender] = await storage.senders({ reach: "everything" });
      assert.ok(sender?.pause != null, "the number is still paused");
    },
  },
  {
    id: "claim/pause-expired-next",
    says: "What waits behind it in its chat has waited as long, and is handed out as soon as that one has failed (F56).",
    async run({ storage, shiftClock }) {
      const guest = await aKnownGuest(storage);
      const other = await sendingOne(storage, 1, HOTEL, "12025550102");
      await queued(storage, guest, 3);
      await settle(storage, other, retry, { pause: pauseOf({ ms: 60 * MINUTE_MS, probing: true }) });
      await shiftClock(6 * MINUTE_MS);
      const expired = () => claim(storage, { kind: "outbound", expireMs: 5 * MINUTE_MS });
      for (const nth of ["1", "2", "3"]) {
        const lane = (await expired()).lanes.find(({ guestId }) => guestId === guest.id);
        const id = `msg_${guest.id}_${nth}`;
        assert.deepEqual(
          lane?.items.map((item) => item.id),
          [`snd_${id}`],
        );
        await storage.settle([
          {
            ...settlement({ ...other, lane, workId: `snd_${id}` }, { kind: "failed", failure: FAILURE }),
            messageId: id,
          },
        ]);
      }
    },
  },
  {
    id: "claim/probe-untouched",
    says: "One that was to try and never came to a call lets the next one try at once.",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage);
      await settle(storage, sending, retry, { pause: pauseOf({ probing: true }) });
      await flood(storage, 2);
      await shiftClock(MINUTE_MS + SECOND_MS);
      const first = await claimedSend(storage);
      await nothingIsDue(storage, "outbound");
      await storage.settle([
        settlement(
          { ...sending, ...first, message: { ...sending.message, id: first.workId.slice(4) } },
          { kind: "failed", failure: FAILURE },
        ),
      ]);
      const next = await claimedSend(storage);
      assert.notEqual(next.lane.guestId, first.lane.guestId);
      await nothingIsDue(storage, "outbound");
    },
  },
  {
    id: "send/probe-own",
    says: "A message that left before the pause says nothing of it: only the one that tries ends it, and not what WhatsApp asked for since.",
    async run({ storage, shiftClock }) {
      await flood(storage, 3);
      await setPace(storage, null);
      const { lanes } = await claim(storage, { kind: "outbound" });
      const [early, refused, late] = await Promise.all(lanes.map((lane) => inHand(storage, lane)));
      assert.ok(early && refused && late);
      await intended(storage, early);
      await intended(storage, refused);
      await settle(storage, refused, retry, { pause: pauseOf({ probing: true }) });
      const asLate = { lane: late.lane, messageId: late.message.id, as: "windowless" } as const;
      assert.deepEqual(await storage.intend([asLate]), ["no"], "what was claimed before it stays");
      await storage.release([late.lane]);
      assert.deepEqual(changesOf(await settle(storage, early, sent("wamid.early"))), []);
      await nothingIsDue(storage, "outbound");

      await shiftClock(MINUTE_MS + SECOND_MS);
      const probe = await inHand(storage, (await claimedSend(storage)).lane);
      await intended(storage, probe);
      await storage.settle([{ ...settlement(early, sent("wamid.early")), pause: pauseOf({ ms: 5 * MINUTE_MS }) }]);
      assert.deepEqual(changesOf(await settle(storage, probe, sent("wamid.probe"))), ["sender.resumed"]);
      await nothingIsDue(storage, "outbound");
      await shiftClock(5 * MINUTE_MS + SECOND_MS);
      assert.equal(await claimed(storage), 1);
    },
  },
  {
    id: "claim/probe",
    says: "A number that WhatsApp refuses sends one message at a time to try, and the others once that was accepted (F51).",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage);
      await flood(storage, 3);
      const events = await settle(storage, sending, retry, { pause: pauseOf({ probing: true, ms: SECOND_MS }) });
      assert.deepEqual(
        events.map(({ body, conversationId }) => [body.type, conversationId]),
        [["sender.paused", null]],
      );
      await nothingIsDue(storage, "outbound");
      await shiftClock(SECOND_MS);
      const probeMs = 5 * SECOND_MS;
      const probe = await claim(storage, { kind: "outbound", probeMs });
      assert.equal(probe.lanes.length, 1);
      assert.equal(await claimed(storage, { probeMs }), 0, "one at a time");
      await storage.release(probe.lanes);
      assert.equal(await claimed(storage, { probeMs }), 0, "however it ends");
      await shiftClock(probeMs);
      const again = { ...sending, ...(await claimedSend(storage)) };
      const more = await settle(storage, again, sent("wamid.probe"));
      assert.ok(more.some(({ body }) => body.type === "sender.resumed"));
      assert.equal(await claimed(storage), 3);
    },
  },
  {
    id: "send/intend-paused",
    says: "What was claimed before WhatsApp asked its number to wait does not leave before that is over; what tries whether it sends again does.",
    async run({ storage, shiftClock }) {
      const first = await sendingOne(storage);
      const second = await sendingOne(storage, 1, HOTEL, "12025550102");
      const intend = ({ lane, message }: Sending) =>
        storage.intend([{ lane, messageId: message.id, as: "windowless" }]);
      await settle(storage, first, retry, { pause: pauseOf({ ms: 10 * SECOND_MS }) });
      assert.deepEqual(await intend(second), ["no"]);
      await shiftClock(10 * SECOND_MS);
      assert.deepEqual(await intend(second), ["go"]);
      await settle(storage, second, retry, { pause: pauseOf({ probing: true, ms: MINUTE_MS }) });
      await shiftClock(MINUTE_MS);
      const probe = await claim(storage, { kind: "outbound", lanes: 1 });
      const [lane] = probe.lanes;
      assert.ok(lane !== undefined);
      const probing = lane.guestId === first.lane.guestId ? first : second;
      assert.deepEqual(await intend({ ...probing, lane }), ["go"]);
    },
  },
  {
    id: "send/probe-refused",
    says: "A probe that is refused as well is no news: the number stays paused.",
    async run({ storage, shiftClock }) {
      const sending = await sendingOne(storage);
      await settle(storage, sending, retry, { pause: pauseOf({ probing: true, ms: SECOND_MS }) });
      await shiftClock(SECOND_MS);
      const probe = { ...sending, ...(await claimedSend(storage)) };
      const events = await settle(storage, probe, retry, { pause: pauseOf({ probing: true, ms: MINUTE_MS }) });
      assert.deepEqual(events, []);
      await shiftClock(SECOND_MS);
      await nothingIsDue(storage, "outbound");
    },
  },
  {
    id: "send/probe-together",
    says: "Of a batch in which one is refused and one accepted, the number is paused: the answers crossed.",
    async run({ storage }) {
      const first = await sendingOne(storage);
      const second = await sendingOne(storage, 1, HOTEL, "12025550102");
      await storage.settle([
        settlement(first, sent("wamid.1")),
        { ...settlement(second, retry), pause: pauseOf({ probing: true }) },
      ]);
      await nothingIsDue(storage, "outbound");
    },
  },
  {
    id: "sender/pause",
    says: "What WhatsApp asks of an account stops each known number of a hotel that it was not said to, never for less time, and a number that tries first says so once (N16).",
    async run({ storage, shiftClock }) {
      for (const hotelId of [HOTEL, OTHER_HOTEL]) await flood(storage, 3, hotelId);
      for (const phoneNumberId of [NUMBER, SECOND_NUMBER]) await setPace(storage, null, phoneNumberId);
      await setPace(storage, null, OTHER_HOTELS_NUMBER, OTHER_HOTEL);
      const stop = (hotelId: string, ms: number, probing = false, code = "graph_80007") =>
        storage.pauseSenders({ hotelId, pause: { ms, probing, code } });

      assert.deepEqual(await stop("nowhere", MINUTE_MS), []);
      assert.deepEqual(await stop(HOTEL, 20 * SECOND_MS), []);
      await stop(HOTEL, SECOND_MS);
      const paused = (await storage.senders({ reach: "everything" })).filter(({ pause }) => pause !== null);
      assert.deepEqual(
        paused.map(({ phoneNumberId, pause }) => [phoneNumberId, pause?.code]),
        [NUMBER, SECOND_NUMBER].map((phoneNumberId) => [phoneNumberId, "graph_80007"]),
      );

      const told = [];
      for (let time = 0; time < 2; time++) told.push(...(await stop(OTHER_HOTEL, 5 * SECOND_MS, true, "graph_131042")));
      assert.deepEqual(
        told.map(({ body }) => body),
        [{ type: "sender.paused", phoneNumberId: OTHER_HOTELS_NUMBER, code: "graph_131042" }],
      );
      await nothingIsDue(storage, "outbound");
      await shiftClock(5 * SECOND_MS);
      assert.equal(await claimed(storage, { probeMs: MINUTE_MS }), 1, "one goes first");
      await shiftClock(20 * SECOND_MS);
      assert.equal(await claimed(storage, { probeMs: MINUTE_MS }), 3);
    },
  },
  {
    id: "sender/resume",
    says: "Once the token was rotated, a paused number sends what waits at once, in order, and that is told (F51).",
    async run({ storage }) {
      const sending = await sendingOne(storage, 2);
      await settle(storage, sending, retry, { pause: pauseOf({ probing: true }) });
      const events = await storage.resume({ hotelId: HOTEL, phoneNumberId: NUMBER, audit: null });
      assert.deepEqual(
        events.map(({ body }) => body),
        [{ type: "sender.resumed", phoneNumberId: NUMBER }],
      );
      assert.equal((await claimedSend(storage)).workId, sending.workId);
      assert.deepEqual(await storage.resume({ hotelId: HOTEL, phoneNumberId: NUMBER, audit: null }), [], "told once");
      assert.deepEqual(await storage.resume({ hotelId: HOTEL, phoneNumberId: "nobody", audit: null }), []);
    },
  },
  {
    id: "sender/resume-audit",
    says: "Who let a number go on stands in the audit, whether it was paused or not.",
    async run({ storage }) {
      const target = { kind: "sender", id: NUMBER } as const;
      const { hotelId: _hotelId, at: _at, ...given } = anAuditEntry("aud_1", NUMBER, { target });
      await storage.resume({ hotelId: HOTEL, phoneNumberId: NUMBER, audit: given });
      const [written] = await storage.audit({ hotelId: HOTEL, targetId: NUMBER });
      assert.deepEqual([written?.id, written?.actor, written?.action], [given.id, given.actor, given.action]);
    },
  },
  {
    id: "sender/list",
    says: "Whoever reaches a whole hotel sees its numbers, how fast they send, why one does not, and what waits; nobody else does.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await setPace(storage, 80);
      await flood(storage, 1, OTHER_HOTEL);
      await settle(storage, sending, retry, { pause: { ...pauseOf({ probing: true }), code: "graph_190" } });
      const [own, other] = await storage.senders({ reach: "everything" });
      assert.deepEqual(
        [own?.hotelId, own?.phoneNumberId, own?.perSecond, own?.waiting, own?.pause?.code, own?.pause?.probing],
        [HOTEL, NUMBER, 80, 1, "graph_190", true],
      );
      assert.deepEqual([other?.hotelId, other?.perSecond, other?.pause, other?.waiting], [OTHER_HOTEL, null, null, 1]);
      const seenBy = (departments: readonly string[] | "all") =>
        storage.senders({ reach: { hotels: new Map([[HOTEL, departments]]) } });
      assert.equal((await seenBy("all")).length, 1);
      assert.deepEqual(await seenBy(["reception"]), []);
    },
  },
];
