import type { Offer } from "belldesk";
import { memoryPms, type MemoryPms, type MemoryPmsOptions, type PmsBooking } from "belldesk/testing";

const day = (fromNow: number): string => new Date(Date.now() + fromNow * 86_400_000).toISOString().slice(0, 10);

/** Who is expected today, at each hotel. A real hotel has a PMS: `PmsPort` of `belldesk` says what is asked of it. */
const expected = (hotelId: string, number: string): PmsBooking => ({
  hotelId,
  reservation: {
    reservationId: `${hotelId}-1`,
    number,
    status: "booked",
    name: "Anna Rossi",
    from: day(0),
    to: day(2),
    guests: 2,
    room: null,
  },
  offers: offersOf(hotelId),
});

/** What can be had for money, to whoever is in the house or comes. */
export const offersOf = (hotelId: string): readonly Offer[] => [
  {
    offerId: "late",
    kind: "lateCheckOut",
    title: { en: "Check-out at 14:00", it: "Check-out alle 14:00", pt: "Check-out às 14:00" },
    price: { amount: 3_000, currency: hotelId === "grand" ? "EUR" : "BRL" },
  },
];

/** Stands for the hotel's own system. What it holds is gone when the process ends. */
export const demoPms = (tells: NonNullable<MemoryPmsOptions["tells"]>): MemoryPms =>
  memoryPms({
    books: [expected("grand", "GH-1001"), expected("seaside", "SH-1001")],
    freeRooms: ["101", "102", "103"],
    tells,
    // The desk keeps what it was told: an older version would be news of yesterday.
    since: Date.now(),
  });
