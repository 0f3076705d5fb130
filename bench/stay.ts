// The messages of the bench of sends: every contender sends exactly these, and each is told from the others by its text.
import { DEPARTMENT } from "./webhooks.js";

export interface Size {
  readonly hotels: number;
  /** Of all hotels together; each hotel has as many as the others. */
  readonly numbers: number;
  /** Of all numbers together. */
  readonly guests: number;
  /** To all guests together; each gets as many as the others. */
  readonly messages: number;
}

export interface Outgoing {
  readonly hotelId: string;
  readonly phoneNumberId: string;
  /** The number of the guest in the run. */
  readonly guest: number;
  /** The guest's phone, in digits. */
  readonly to: string;
  readonly text: string;
}

export const TOKEN = "bench-token";
export const APP_OPTIONS = { appSecrets: ["bench-app-secret"], verifyToken: "bench-verify-token" };

/** What Meta's path for messages of a number is, behind the version. */
export const pathOf = (phoneNumberId: string): string => `/v26.0/${phoneNumberId}/messages`;

const hotelId = (hotel: number): string => `hotel-${String(hotel)}`;
const numberId = (number: number): string => `2000000000${String(10_000 + number)}`;
const numbersOf = ({ hotels, numbers }: Size, hotel: number): readonly number[] =>
  Array.from({ length: numbers }, (_, number) => number).filter((number) => number % hotels === hotel);

/** @param messagesPerSecond as the host sets it for a number; null: as fast as it goes */
export const hotelsOf = (size: Size, messagesPerSecond: number | null) =>
  Array.from({ length: size.hotels }, (_, hotel) => ({
    id: hotelId(hotel),
    timeZone: "Europe/Rome",
    numbers: numbersOf(size, hotel).map((number) => ({
      phoneNumberId: numberId(number),
      accessToken: TOKEN,
      messagesPerSecond,
    })),
    departments: [DEPARTMENT],
  }));

/** A guest's number, as `webhooks.ts` counts them, and where they write to. */
export const guestsOf = ({ hotels, numbers, guests }: Size) =>
  Array.from({ length: guests }, (_, n) => ({
    guest: 10_000 + n,
    hotelId: hotelId((n % numbers) % hotels),
    phoneNumberId: numberId(n % numbers),
  }));

/** In the order in which they were written: the first to every guest, then the second to every guest, and so on. */
export const messagesOf = (size: Size): readonly Outgoing[] =>
  Array.from({ length: Math.floor(size.messages / size.guests) }, (_, nth) =>
    guestsOf(size).map((one) => ({
      ...one,
      to: `1202555${String(one.guest)}`,
      text: textOf(one.guest, nth),
    })),
  ).flat();

const textOf = (guest: number, nth: number): string =>
  `Answer ${String(nth)} to guest ${String(guest)}: the housekeeper is on her way and will be with you in ten minutes.`;

/** Which message a text is. */
export function placeOf(text: string): { readonly guest: string; readonly nth: number } {
  const [, nth, guest] = /^Answer (\d+) to guest (\d+):/.exec(text) ?? [];
  if (nth === undefined || guest === undefined) throw new Error(`Nobody sends this here: ${text}`);
  return { guest, nth: Number(nth) };
}
