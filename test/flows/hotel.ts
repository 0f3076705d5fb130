import type { Bill, CheckInAnswers, CheckInResult, Offer, PmsPort, Reservation } from "../../src/ports/pms.js";

const folded = (text: string): string =>
  text
    .normalize("NFD")
    .replace(/[\u0300-\u036f\s-]/g, "")
    .toLowerCase();

export const aReservation = (more: Partial<Reservation> = {}): Reservation => ({
  reservationId: "res-1",
  number: "AB-1234",
  status: "booked",
  name: "Anna Rossi",
  from: "2026-11-10",
  to: "2026-11-13",
  guests: 2,
  room: null,
  ...more,
});

/** A hotel's own system as small as it can be: it counts what has really been done. */
export function smallPms(first: readonly Reservation[] = [aReservation()], room: string | null = "12") {
  const reservations = new Map(first.map((one) => [one.reservationId, one]));
  const done = new Map<string, unknown>();
  const checkIns: CheckInAnswers[] = [];
  const charges: string[] = [];
  const checkOuts: string[] = [];
  let calls = 0;
  const once = <T>(key: string, act: () => T): Promise<T> => {
    calls += 1;
    if (!done.has(key)) done.set(key, act());
    return Promise.resolve(done.get(key) as T);
  };
  const change = (id: string, more: Partial<Reservation>): void => {
    const found = reservations.get(id);
    if (found !== undefined) reservations.set(id, { ...found, ...more });
  };
  const bill: Bill = {
    total: { amount: 36_000, currency: "EUR" },
    due: { amount: 0, currency: "EUR" },
    lines: [{ text: "3 nights", price: { amount: 36_000, currency: "EUR" } }],
  };
  const late: Offer = {
    offerId: "late-14",
    kind: "lateCheckOut",
    title: { en: "Check-out at 14:00", it: "Check-out alle 14:00" },
    price: { amount: 3_000, currency: "EUR" },
  };
  const pms: PmsPort = {
    findReservations({ name, number, date }) {
      const fits = [...reservations.values()].filter(
        (one) =>
          [one.name, one.name.split(" ").at(-1) ?? ""].some((called) => folded(called) === folded(name)) &&
          (number !== undefined || date !== undefined) &&
          (number === undefined || folded(one.number) === folded(number)) &&
          (date === undefined || one.from === date) &&
          (one.status === "booked" || one.status === "checkedIn"),
      );
      return Promise.resolve(fits);
    },
    reservation: ({ reservationId }) => Promise.resolve(reservations.get(reservationId) ?? null),
    checkIn: ({ reservationId, idempotencyKey, answers }) =>
      once<CheckInResult>(idempotencyKey, () => {
        const before = reservations.get(reservationId);
        if (before?.status === "checkedIn") return { outcome: "already", room: before.room };
        checkIns.push(answers);
        change(reservationId, { status: "checkedIn", room });
        return { outcome: "checkedIn", room };
      }),
    bill: () => Promise.resolve(bill),
    checkOut: ({ reservationId, idempotencyKey }) =>
      once(idempotencyKey, () => {
        checkOuts.push(reservationId);
        change(reservationId, { status: "checkedOut" });
        return { outcome: "checkedOut" as const };
      }),
    offers: ({ reservationId }) =>
      Promise.resolve(reservations.get(reservationId)?.status === "checkedIn" ? [late] : []),
    charge: ({ idempotencyKey, offerId }) =>
      once(idempotencyKey, () => {
        charges.push(offerId);
        return { outcome: "charged" as const, reference: "F-77" };
      }),
  };
  return {
    pms,
    change,
    checkIns,
    charges,
    checkOuts,
    get calls() {
      return calls;
    },
  };
}
