import { numeric, type Json } from "./json.js";

/** WhatsApp is not older than this. */
const EARLIEST_MS = Date.UTC(2009, 0);
const LATEST_MS = Date.UTC(9999, 11, 31);

/** For reading what was stored: whoever decides bounds the time by the database's clock. */
export const FAR_FUTURE = new Date(LATEST_MS);

/** Meta's seconds as an instant between WhatsApp's beginning and `latest`: what is odd is clamped, the raw text is kept. */
export function instant(timestamp: Json | undefined, latest: Date): Date {
  const seconds = numeric(timestamp);
  if (seconds === null) return latest;
  return new Date(Math.max(EARLIEST_MS, Math.min(seconds * 1000, latest.getTime())));
}

/** Seconds as ISO 8601; null for what no calendar has. */
export const isoOf = (seconds: number | null): string | null =>
  seconds !== null && Math.abs(seconds * 1_000) <= LATEST_MS ? new Date(seconds * 1_000).toISOString() : null;
