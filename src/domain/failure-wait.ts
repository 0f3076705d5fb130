import type { Message } from "./message.js";

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

/** Before when a message that has failed is not to be sent again; null where nobody named a time. */
export function waitsUntil({
  failure,
  reasons,
  createdAt,
}: Pick<Message, "failure" | "reasons" | "createdAt">): Date | null {
  if (failure === null) return null;
  const failed = reasons.findLast(({ details }) => details?.["failure"] === failure.code);
  const until = failed?.details?.["until"];
  if (until !== undefined) return new Date(until);
  const waitMs = waitAfter(failure.code);
  return waitMs === null ? null : new Date((failed?.at ?? createdAt).getTime() + waitMs);
}

/** Source: WhatsApp Cloud API "Error codes", 131049 (2026). */
const WITHHELD = "graph_131049";

/** Before when WhatsApp wants no offer to a guest from whom it withheld one of these messages; null: it withheld none. */
export function offersWaitUntil(
  messages: readonly Pick<Message, "status" | "failure" | "reasons" | "createdAt">[],
): Date | null {
  const times = messages.flatMap((one) =>
    one.status === "failed" && one.failure?.code === WITHHELD ? [waitsUntil(one)?.getTime() ?? 0] : [],
  );
  return times.length === 0 ? null : new Date(Math.max(...times));
}
