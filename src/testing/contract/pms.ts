import assert from "node:assert/strict";
import type { Bill, CheckInAnswers, Offer, PmsPort, Reservation } from "../../ports/pms.js";
import type { PmsBooking } from "../memory-pms.js";
import { HOTEL, OTHER_HOTEL } from "./builders.js";
import type { ContractCase } from "./case.js";

/** What a case of the contract of a PMS port needs. */
export interface PmsUnderTest {
  /** A port over these books, and no others. */
  readonly open: (books: readonly PmsBooking[]) => Promise<PmsPort>;
  /** What a guest answered who was checked in, as the PMS has it; null: nobody was. */
  readonly checkedIn: (reservationId: string) => Promise<CheckInAnswers | null>;
}
/** A promise of the port to the hotel's own system, with how it is tried. */
export type PmsCase = ContractCase<PmsUnderTest>;

const EUR = (amount: number) => ({ amount, currency: "EUR" });
const anna: Reservation = {
  reservationId: "res-1",
  number: "AB-1234",
  status: "booked",
  name: "Anna Nuñez",
  from: "2026-03-04",
  to: "2026-03-07",
  guests: 2,
  room: "12",
  language: "es",
};
const late: Offer = {
  offerId: "late",
  kind: "lateCheckOut",
  title: { en: "Check-out at 14:00" },
  price: EUR(3_000),
};
const bill: Bill = { total: EUR(36_000), due: EUR(0), lines: [{ text: "3 nights", price: EUR(36_000) }] };
const answers: CheckInAnswers = {
  guests: 2,
  nights: 3,
  identity: null,
  arrival: "18:30",
  requests: "A quiet room, please 😀",
  rules: null,
};

const booking = (fields: Partial<Reservation> = {}, more: Partial<PmsBooking> = {}): PmsBooking => ({
  hotelId: HOTEL,
  reservation: { ...anna, ...fields },
  ...more,
});
const at = { hotelId: HOTEL, reservationId: "res-1" } as const;
const nobody = { hotelId: HOTEL, reservationId: "res-none" } as const;
const elsewhere = { hotelId: OTHER_HOTEL, reservationId: "res-1" } as const;

const found = async (
  port: PmsPort,
  query: { readonly name: string; readonly number?: string; readonly date?: string },
  hotelId = HOTEL,
): Promise<readonly string[]> =>
  (await port.findReservations({ hotelId, ...query })).map(({ reservationId }) => reservationId).toSorted();

/**
 * What every PMS port keeps, case by case: run each on books of its own.
 *
 * ```ts
 * for (const { id, says, run } of pmsContract) test(`${id}: ${says}`, () => run(aPms()));
 * ```
 */
export const pmsContract: readonly PmsCase[] = [
  {
    id: "find/number-and-name",
    says: "A guest who says the number and the name is found; with the name of somebody else they are not.",
    async run({ open }) {
      const port = await open([booking(), booking({ reservationId: "res-2", number: "AB-9999" })]);
      assert.deepEqual(await found(port, { name: "Anna Nuñez", number: "AB-1234" }), ["res-1"]);
      assert.deepEqual(await found(port, { name: "Tom Smith", number: "AB-1234" }), []);
      assert.deepEqual(await found(port, { name: "Anna Nuñez", number: "AB-1235" }), []);
    },
  },
  {
    id: "find/name-and-date",
    says: "A guest who says the name and the day of arrival is found; with another day they are not.",
    async run({ open }) {
      const port = await open([booking()]);
      assert.deepEqual(await found(port, { name: "Anna Nuñez", date: "2026-03-04" }), ["res-1"]);
      assert.deepEqual(await found(port, { name: "Anna Nuñez", date: "2026-03-05" }), []);
      assert.deepEqual(await found(port, { name: "Anna Nuñez", number: "AB-1234", date: "2026-03-05" }), []);
    },
  },
  {
    id: "find/number-alone",
    says: "A number alone proves nothing: nobody is found by it.",
    async run({ open }) {
      const port = await open([booking()]);
      for (const name of ["", " "]) assert.deepEqual(await found(port, { name, number: "AB-1234" }), []);
    },
  },
  {
    id: "find/spelling",
    says: "Names are found in any case, with or without accents, whole or by the family name; numbers with or without blanks and hyphens.",
    async run({ open }) {
      const port = await open([booking()]);
      for (const name of ["anna nunez", "NUÑEZ", " Nuñez "])
        for (const number of ["ab1234", "AB 1234", "ab-12 34"])
          assert.deepEqual(await found(port, { name, number }), ["res-1"], `${name}, ${number}`);
    },
  },
  {
    id: "find/several",
    says: "Of several who fit each is found.",
    async run({ open }) {
      const port = await open([booking(), booking({ reservationId: "res-2", number: "AB-5678" })]);
      assert.deepEqual(await found(port, { name: "Nuñez", date: "2026-03-04" }), ["res-1", "res-2"]);
    },
  },
  {
    id: "find/over",
    says: "Stays that are over, and those that were cancelled, are not found; a guest who is there is.",
    async run({ open }) {
      const port = await open([
        booking({ reservationId: "res-1", status: "checkedOut" }),
        booking({ reservationId: "res-2", status: "cancelled" }),
        booking({ reservationId: "res-3", status: "checkedIn" }),
      ]);
      assert.deepEqual(await found(port, { name: "Nuñez", number: "AB-1234" }), ["res-3"]);
    },
  },
  {
    id: "find/hotel",
    says: "A hotel's guests are found by no other hotel (M14).",
    async run({ open }) {
      const port = await open([booking()]);
      assert.deepEqual(await found(port, { name: "Nuñez", number: "AB-1234" }, OTHER_HOTEL), []);
    },
  },
  {
    id: "reservation/known",
    says: "A reservation is told whole, whatever its status.",
    async run({ open }) {
      const port = await open([booking({ status: "cancelled" })]);
      assert.deepEqual(await port.reservation(at), { ...anna, status: "cancelled" });
    },
  },
  {
    id: "reservation/unknown",
    says: "An id that the hotel has not is nobody's.",
    async run({ open }) {
      assert.equal(await (await open([booking()])).reservation(nobody), null);
    },
  },
  {
    id: "reservation/hotel",
    says: "A reservation of another hotel is none (M14).",
    async run({ open }) {
      assert.equal(await (await open([booking()])).reservation(elsewhere), null);
    },
  },
  {
    id: "check-in/once",
    says: "A guest is checked in once for each key, and told the same each time.",
    async run({ open }) {
      const port = await open([booking()]);
      const request = { ...at, idempotencyKey: "key-1", answers };
      const first = await port.checkIn(request);
      assert.deepEqual(first, { outcome: "checkedIn", room: "12" });
      await port.checkOut({ ...at, idempotencyKey: "key-2" });
      assert.deepEqual(await port.checkIn(request), first);
      assert.equal((await port.reservation(at))?.status, "checkedOut", "it is not done a second time");
    },
  },
  {
    id: "check-in/answers",
    says: "What the guest answered is in the hotel's own system, and they are there.",
    async run({ open, checkedIn }) {
      const port = await open([booking()]);
      assert.equal(await checkedIn("res-1"), null);
      await port.checkIn({ ...at, idempotencyKey: "key-1", answers });
      assert.deepEqual(await checkedIn("res-1"), answers);
      assert.equal((await port.reservation(at))?.status, "checkedIn");
    },
  },
  {
    id: "check-in/already",
    says: "A reservation is checked in once: who asks second, by another key, hears that it is done, and in which room; what the first answered stands.",
    async run({ open, checkedIn }) {
      const port = await open([booking(), booking({ reservationId: "res-2", status: "checkedIn", room: null })]);
      const asked = ["key-1", "key-2"].map((idempotencyKey, guests) =>
        port.checkIn({ ...at, idempotencyKey, answers: { ...answers, guests: guests + 1 } }),
      );
      const results = await Promise.all(asked);
      const outcomes = results.map(({ outcome }) => outcome);
      assert.deepEqual(outcomes.toSorted(), ["already", "checkedIn"]);
      assert.ok(results.every((one) => one.outcome !== "refused" && one.room === "12"));
      assert.equal((await checkedIn("res-1"))?.guests, outcomes.indexOf("checkedIn") + 1);
      const atTheDesk = await port.checkIn({
        hotelId: HOTEL,
        reservationId: "res-2",
        idempotencyKey: "key-3",
        answers,
      });
      assert.deepEqual(atTheDesk, { outcome: "already", room: null });
      assert.equal(await checkedIn("res-2"), null);
    },
  },
  {
    id: "check-in/refused",
    says: "Nobody is checked in who is not expected, and it is said why.",
    async run({ open, checkedIn }) {
      const port = await open([
        booking({ reservationId: "res-2", status: "cancelled" }),
        booking({ reservationId: "res-3", status: "checkedOut" }),
      ]);
      const result = async (reservationId: string) =>
        port.checkIn({ hotelId: HOTEL, reservationId, idempotencyKey: reservationId, answers });
      assert.deepEqual(await result("res-none"), { outcome: "refused", why: "unknown" });
      assert.deepEqual(await result("res-2"), { outcome: "refused", why: "cancelled" });
      assert.deepEqual(await result("res-3"), { outcome: "refused", why: "over" });
      assert.equal(await checkedIn("res-2"), null);
    },
  },
  {
    id: "check-in/hotel",
    says: "Nobody is checked in at another hotel (M14).",
    async run({ open }) {
      const port = await open([booking()]);
      const result = await port.checkIn({ ...elsewhere, idempotencyKey: "key-1", answers });
      assert.deepEqual(result, { outcome: "refused", why: "unknown" });
      assert.equal((await port.reservation(at))?.status, "booked");
    },
  },
  {
    id: "bill/shown",
    says: "The bill is told as it stands.",
    async run({ open }) {
      const port = await open([booking({}, { bill })]);
      assert.deepEqual(await port.bill(at), bill);
    },
  },
  {
    id: "bill/unknown",
    says: "There is no bill where there is no reservation, nor at another hotel.",
    async run({ open }) {
      const port = await open([booking({}, { bill })]);
      assert.deepEqual([await port.bill(nobody), await port.bill(elsewhere)], [null, null]);
    },
  },
  {
    id: "check-out/once",
    says: "A guest is checked out once for each key, and told the same each time.",
    async run({ open }) {
      const port = await open([booking({ status: "checkedIn" }, { bill })]);
      const request = { ...at, idempotencyKey: "key-1" };
      assert.deepEqual(await port.checkOut(request), { outcome: "checkedOut" });
      assert.deepEqual(await port.checkOut(request), { outcome: "checkedOut" }, "the same key is not refused");
      assert.equal((await port.reservation(at))?.status, "checkedOut");
    },
  },
  {
    id: "check-out/open",
    says: "Who has still to pay is not checked out, and hears how much it is.",
    async run({ open }) {
      const port = await open([booking({ status: "checkedIn" }, { bill: { ...bill, due: EUR(900) } })]);
      assert.deepEqual(await port.checkOut({ ...at, idempotencyKey: "key-1" }), { outcome: "open", due: EUR(900) });
      assert.equal((await port.reservation(at))?.status, "checkedIn");
    },
  },
  {
    id: "check-out/refused",
    says: "Nobody is checked out of a stay that there is not, or that is over.",
    async run({ open }) {
      const port = await open([booking({ status: "checkedOut" })]);
      const refused = (why: string) => ({ outcome: "refused", why });
      assert.deepEqual(await port.checkOut({ ...nobody, idempotencyKey: "key-1" }), refused("unknown"));
      assert.deepEqual(await port.checkOut({ ...at, idempotencyKey: "key-2" }), refused("over"));
    },
  },
  {
    id: "offers/shown",
    says: "What a guest can have is told, the best first, and only of the kinds that were asked for.",
    async run({ open }) {
      const suite: Offer = { ...late, offerId: "suite", kind: "upgrade", title: { en: "A suite" } };
      const port = await open([booking({}, { offers: [suite, late] })]);
      assert.deepEqual(await port.offers(at), [suite, late]);
      assert.deepEqual(await port.offers({ ...at, kinds: ["lateCheckOut"] }), [late]);
    },
  },
  {
    id: "offers/none",
    says: "A guest for whom there is nothing, or whom the hotel does not know, is offered nothing.",
    async run({ open }) {
      const port = await open([booking()]);
      for (const one of [at, nobody, elsewhere]) assert.deepEqual(await port.offers(one), []);
    },
  },
  {
    id: "charge/once",
    says: "An offer is booked once for each key, and its price is on the bill once.",
    async run({ open }) {
      const port = await open([booking({}, { bill, offers: [late] })]);
      const request = { ...at, offerId: "late", price: late.price, approvedBy: "staff_1", idempotencyKey: "key-1" };
      const first = await port.charge(request);
      assert.equal(first.outcome, "charged");
      assert.deepEqual(await port.charge(request), first);
      assert.deepEqual((await port.bill(at))?.total, EUR(39_000));
    },
  },
  {
    id: "charge/gone",
    says: "What is not to be had any more is gone, and costs nothing.",
    async run({ open }) {
      const port = await open([booking({}, { bill })]);
      const request = { ...at, offerId: "late", price: late.price, approvedBy: "staff_1", idempotencyKey: "key-1" };
      assert.deepEqual(await port.charge(request), { outcome: "gone" });
      assert.deepEqual(await port.bill(at), bill);
    },
  },
  {
    id: "charge/price",
    says: "A guest pays what they agreed to, or nothing.",
    async run({ open }) {
      const port = await open([booking({}, { bill, offers: [late] })]);
      const request = { ...at, offerId: "late", price: EUR(2_000), approvedBy: "staff_1", idempotencyKey: "key-1" };
      assert.deepEqual(await port.charge(request), { outcome: "gone" });
      assert.deepEqual(await port.bill(at), bill);
    },
  },
];
