import type { HotelNumber } from "../domain/hotel.js";
import { reveal } from "../domain/secret.js";
import type { SendRejected } from "../ports/transport.js";

/** What a header can carry of it; a line break or a stray space comes of a copied file. */
const TOKEN = /^[\x21-\x7e]+$/;

export const isToken = ({ accessToken }: HotelNumber): boolean => TOKEN.test(reveal(accessToken));

export const headersOf = ({ accessToken }: HotelNumber): readonly string[] => [
  "authorization",
  `Bearer ${reveal(accessToken)}`,
  "user-agent",
  "belldesk",
];

/** A part of a path. What no address can hold becomes an id that nobody has. */
export const segment = (id: string): string => encodeURIComponent(id.replace(/\p{Cs}/gu, "\ufffd"));

export const headerOf = (value: string | string[] | undefined): string | null =>
  typeof value === "string" ? value : null;

export const TOKEN_INVALID = {
  outcome: "rejected",
  failure: {
    code: "token_invalid",
    message: "The access token of this number is empty, or holds what no token can. Set a valid one.",
  },
  retry: null,
  pauses: { scope: "token", ends: "repair", afterMs: null },
} as const satisfies SendRejected;
