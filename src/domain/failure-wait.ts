const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Milliseconds that WhatsApp's documentation names for a code of its own, before anybody sends again; where it says "minutes",
 * one. @source WhatsApp "Error codes" (September 2026)
 */
export const GRAPH_WAITS_MS: Readonly<Record<number, number>> = {
  4: MINUTE_MS,
  80007: MINUTE_MS,
  // Whoever sends it again and again before that is sanctioned.
  131049: 24 * HOUR_MS,
  133015: 5 * MINUTE_MS,
  133016: 72 * HOUR_MS,
  134101: 10 * MINUTE_MS,
  2494100: MINUTE_MS,
};

/** How long to wait after a failure, in milliseconds; null where nobody names a time. @param code as in `Failure.code` */
export function waitAfter(code: string): number | null {
  return GRAPH_WAITS_MS[Number(/^graph_(\d+)$/.exec(code)?.[1])] ?? null;
}
