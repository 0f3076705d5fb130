import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import type { PmsEvent, PmsPort } from "../../src/index.js";
import {
  memoryPms,
  pmsContract,
  pmsDay,
  scenario,
  type MemoryPms,
  type PmsBooking,
  type PmsUnderTest,
} from "../../src/testing/index.js";

/** A PMS of which one verb does something else. */
function underTest(mistake: (port: PmsPort) => Partial<PmsPort> = () => ({})): PmsUnderTest {
  let pms: MemoryPms = memoryPms();
  return {
    open(books) {
      pms = memoryPms({ books });
      return Promise.resolve({ ...pms.port, ...mistake(pms.port) });
    },
    checkedIn: (reservationId) => Promise.resolve(pms.checkIns.get(reservationId) ?? null),
  };
}

describe("the PMS in memory keeps the contract of PMS ports", () => {
  for (const { id, says, run } of pmsContract) test(`${id}: ${says}`, () => run(underTest()));
});

const fresh = <T extends { readonly idempotencyKey: string }>(request: T): T => ({
  ...request,
  idempotencyKey: `${request.idempotencyKey} ${String(Math.random())}`,
});
const MISTAKES: readonly {
  readonly says: string;
  readonly notices: string;
  readonly port: (port: PmsPort) => Partial<PmsPort>;
}[] = [
  {
    says: "checks in again and again",
    notices: "check-in/once",
    port: (own) => ({ checkIn: (one) => own.checkIn(fresh(one)) }),
  },
  {
    says: "checks a reservation in by every key",
    notices: "check-in/already",
    port: (own) => ({
      async checkIn(one) {
        const result = await own.checkIn(one);
        return result.outcome === "already" ? { ...result, outcome: "checkedIn" } : result;
      },
    }),
  },
  {
    says: "checks out again and again",
    notices: "check-out/once",
    port: (own) => ({ checkOut: (one) => own.checkOut(fresh(one)) }),
  },
  {
    says: "charges again and again",
    notices: "charge/once",
    port: (own) => ({ charge: (one) => own.charge(fresh(one)) }),
  },
  {
    says: "takes the number for a proof",
    notices: "find/number-alone",
    port: (own) => ({
      findReservations: (query) => own.findReservations({ ...query, name: query.name.trim() || "Nuñez" }),
    }),
  },
  {
    says: "looks through all hotels",
    notices: "reservation/hotel",
    port: (own) => ({ reservation: (query) => own.reservation({ ...query, hotelId: "grand" }) }),
  },
  {
    says: "charges what it costs now",
    notices: "charge/price",
    port: (own) => ({ charge: (one) => own.charge({ ...one, price: { amount: 3_000, currency: "EUR" } }) }),
  },
  {
    says: "throws for a reservation that there is not",
    notices: "reservation/unknown",
    port: () => ({ reservation: () => Promise.reject(new Error("none")) }),
  },
];

describe("the contract of PMS ports notices", () => {
  test.each(MISTAKES)("one that $says", async ({ notices, port }) => {
    const failed: string[] = [];
    for (const { id, run } of pmsContract) await run(underTest(port)).catch(() => failed.push(id));
    expect(failed).toContain(notices);
  });
});

test("what an offer cost is paid at reception, and then the guest may leave", async () => {
  const hotelId = "grand";
  const price = { amount: 3_000, currency: "EUR" };
  const offers = [{ offerId: "late", kind: "lateCheckOut", title: { en: "Check-out at 14:00" }, price }] as const;
  const pms = memoryPms({ books: [{ ...guest("R-1", "Anna Rossi", "12025550100", "it"), offers }] });
  const at = { hotelId, reservationId: "R-1" };
  await pms.port.charge({ ...at, idempotencyKey: "1", offerId: "late", price, approvedBy: null });
  expect(await pms.port.checkOut({ ...at, idempotencyKey: "2" })).toEqual({ outcome: "open", due: price });
  await pms.pays(at);
  expect(await pms.port.bill(at)).toMatchObject({ total: price, due: { amount: 0 } });
  expect(await pms.port.checkOut({ ...at, idempotencyKey: "3" })).toEqual({ outcome: "checkedOut" });
  await expect(pms.pays({ hotelId, reservationId: "R-2" })).rejects.toThrow(RangeError);
});

const guest = (reservationId: string, name: string, waId: string, language: string): PmsBooking => ({
  hotelId: "grand",
  guest: { waId },
  reservation: {
    reservationId,
    number: reservationId,
    status: "booked",
    name,
    from: "2026-11-10",
    to: "2026-11-13",
    guests: 1,
    room: null,
    language,
  },
});
const GUESTS = [guest("R-1", "Anna Rossi", "12025550100", "it"), guest("R-2", "Tom Smith", "12025550101", "en")];

/** A house with a day of its PMS. @param feed what the desk is told of it, and in which order */
async function aDay(feed: (events: readonly PmsEvent[]) => readonly PmsEvent[]) {
  const house = scenario({ storage: (clock) => memoryStorage({ clock }) });
  const pms = memoryPms({});
  for (const { run } of pmsDay(pms, GUESTS, ["12", "14"])) await run();
  for (const event of feed(pms.told)) await house.pms(event);
  const stays = await Promise.all(
    GUESTS.map(async ({ reservation: { reservationId } }) => {
      const { stay } = await house.storage.loadStay({ hotelId: "grand", reservationId });
      return stay && { ...stay, version: 0 };
    }),
  );
  return { stays, pms };
}

test("a day at the front desk, told once in order, or backwards and twice: the same stays (M25)", async () => {
  const { stays, pms } = await aDay((events) => events);
  expect(stays).toMatchObject([
    { status: "out", room: "12", roomReady: true, guestName: "Anna Rossi", language: "it" },
    { status: "inHouse", room: "14", roomReady: true, guestName: "Tom Smith" },
  ]);
  expect(pms.told).toHaveLength(9);
  const backwards = await aDay((events) => [...events, ...events].toReversed());
  expect(backwards.stays).toEqual(stays);
});
