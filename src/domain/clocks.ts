import type { HotelClocks } from "./hotel.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Five clocks, never one. The fifth, the service window, is Meta's and cannot be set. */
export const DEFAULT_CLOCKS = {
  conversationIdleMs: 24 * HOUR_MS,
  menuRepromptMs: 2 * MINUTE_MS,
  flowStepMs: 30 * MINUTE_MS,
} as const satisfies HotelClocks;

/** True when at least `spanMs` have passed between two instants. */
export const passed = (since: Date, now: Date, spanMs: number): boolean => now.getTime() - since.getTime() >= spanMs;

export const later = (a: Date, b: Date): Date => (a.getTime() >= b.getTime() ? a : b);
