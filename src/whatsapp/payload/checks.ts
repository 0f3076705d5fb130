import { ConversationError } from "../../errors.js";
import { isPublicHost } from "../public-address.js";

/**
 * What may stand in a payload. Each throws `payload_invalid` with the field, the limit and what was given, as numbers: never
 * the words themselves.
 */

export const invalid = (field: string, limit: number | string, actual: number): ConversationError =>
  new ConversationError("payload_invalid", { field, limit, actual });

/** Not empty, not only white space, and not longer than `limit` UTF-16 units. */
export function within(field: string, value: string, limit: number): void {
  if (value.length > limit) throw invalid(field, limit, value.length);
  if (value.trim() === "") throw invalid(field, "not blank", value.length);
}

export function filled(field: string, value: string): void {
  within(field, value, Infinity);
}

/** Comes back as it is, so that nothing at its ends may be lost. */
export function identifier(field: string, value: string, limit: number): void {
  within(field, value, limit);
  if (value.trim() !== value) throw invalid(field, "no space at either end", value.length);
}

/** At least `least` (1 by default) and at most `most`. */
export function count(field: string, actual: number, most: number, least = 1): void {
  if (actual > most) throw invalid(field, most, actual);
  if (actual < least) throw invalid(field, least, actual);
}

/** A whole number from `least` to `most`. */
export function whole(field: string, actual: number, most: number, least = 0): void {
  if (!Number.isInteger(actual)) throw invalid(field, "a whole number", actual);
  count(field, actual, most, least);
}

/** As far as `most` to either side of 0. */
export function degrees(field: string, actual: number, most: number): void {
  if (!(Math.abs(actual) <= most)) throw invalid(field, most, actual);
}

export function unique(field: string, values: readonly string[]): void {
  const different = new Set(values).size;
  if (different !== values.length) throw invalid(field, "unique", values.length - different);
}

/** Where a guest may be sent. @param isPlain what else the address has to be */
function address(field: string, value: string, limit: string, isPlain: (url: URL) => boolean): void {
  filled(field, value);
  if (/\s/.test(value) || !URL.canParse(value) || !isPlain(new URL(value))) throw invalid(field, limit, value.length);
}

const isWeb = ({ protocol }: URL): boolean => protocol === "https:" || protocol === "http:";
/** A URL has an IPv4 address in four parts, however it was written, and an IPv6 address in brackets. */
const isBareIp = ({ hostname }: URL): boolean => /^(\d+\.){3}\d+$|^\[/.test(hostname);

export function webAddress(field: string, value: string): void {
  address(field, value, "http:// or https://", isWeb);
}

/** For a button: a host with a name. */
export function namedWebAddress(field: string, value: string): void {
  address(field, value, "http:// or https:// and the name of a host", (url) => isWeb(url) && !isBareIp(url));
}

/** What Meta fetches by itself. Nobody is asked where a name leads: Meta finds out, and it is Meta who goes there. */
export function publicAddress(field: string, value: string): void {
  const isPublic = ({ protocol, hostname }: URL) => protocol === "https:" && isPublicHost(hostname);
  address(field, value, "a public https:// address", isPublic);
}
