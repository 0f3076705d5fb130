import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { RateLimiterMemory } from "rate-limiter-flexible";
import type { Principal } from "../domain/principal.js";
import { ConversationError } from "../errors.js";
import type { Limit, SharedLimits } from "../ports/limits.js";
import type { DeskLogger } from "../ports/logger.js";
import { warnings } from "./warnings.js";

/** What an address may do too often: webhooks that WhatsApp did not sign, and requests of nobody who is signed in. */
export type FloodKind = "unsigned" | "unauthenticated";

/** How often a minute; null: as often as they like. */
export interface FloodLimits {
  readonly unsignedPerMinute: number | null;
  readonly unauthenticatedPerMinute: number | null;
  readonly commandsPerMinute: number | null;
}

/**
 * Who does something too often to be listened to. Asking takes no I/O and nobody waits for what all processes count together: one that
 * is over the limit elsewhere is refused here from its next failure on.
 */
export interface Floods {
  /** Why nothing of this address is looked at now; null: it is. An address that nobody knows is always looked at. */
  refusal(kind: FloodKind, address: string | null): ConversationError | null;
  /** Something that failed came from there. */
  failed(kind: FloodKind, address: string | null): void;
  /** Counts a command. @returns why it is not done; null: it is. What the host itself sends (`system`) is its own business */
  command(principal: Principal): ConversationError | null;
}

export interface FloodsOptions {
  readonly limits: FloodLimits;
  /** Counts for all processes together. */
  readonly shared: SharedLimits | null;
  readonly logger: DeskLogger;
}

const WINDOW_MS = 60_000;
/** Counts that are on their way to `shared`, at most: while it is away, this process's own are enough. */
const SHARED_MOST = 100;
/** Milliseconds after which one of them is given up. */
const SHARED_MS = 1_000;
/** Above so many, those whose time is over are forgotten. */
const REFUSED_MANY = 10_000;

export function floods({ limits, shared, logger }: FloodsOptions): Floods {
  const { unsignedPerMinute, unauthenticatedPerMinute, commandsPerMinute } = limits;
  const counters = {
    unsigned: counter(unsignedPerMinute),
    unauthenticated: counter(unauthenticatedPerMinute),
    command: counter(commandsPerMinute),
  };
  const warn = warnings(logger);
  /** Until when on the monotonic clock. */
  const refused = new Map<string, number>();
  let asking = 0;

  function refuse(key: string, ms: number): void {
    // A counter goes by the clock on the wall: where that was set back meanwhile, it says more than a window.
    const forMs = Math.min(ms, WINDOW_MS);
    const now = performance.now();
    if (refused.size >= REFUSED_MANY) for (const [other, until] of refused) if (until <= now) refused.delete(other);
    refused.set(key, Math.max(refused.get(key) ?? 0, now + forMs));
  }

  function refusalOf(key: string): ConversationError | null {
    const retryAfterMs = Math.ceil((refused.get(key) ?? 0) - performance.now());
    if (retryAfterMs > 0) return new ConversationError("too_many_requests", { retryAfterMs });
    refused.delete(key);
    return null;
  }

  function count(kind: keyof typeof counters, key: string): void {
    const own = counters[kind];
    if (own === null) return;
    // One that is over it is refused since it came to it.
    own.memory.consume(key).then(
      ({ remainingPoints, msBeforeNext }) => {
        if (remainingPoints <= 0) refuse(key, msBeforeNext);
      },
      () => undefined,
    );
    if (shared === null || asking >= SHARED_MOST) return;
    asking += 1;
    void answerOf(shared, key, own.limit).then((ms) => {
      asking -= 1;
      if (ms > 0) refuse(key, ms);
    });
  }

  return {
    refusal(kind, address) {
      if (address === null) return null;
      const refusal = refusalOf(keyOf(kind, networkOf(address)));
      if (refusal !== null) warn(`${kind}_flood`, "An address is not listened to for a while: see docs/floods.md.");
      return refusal;
    },
    failed(kind, address) {
      if (address !== null) count(kind, keyOf(kind, networkOf(address)));
    },
    command(principal) {
      if (principal.kind === "system") return null;
      const key = keyOf("command", `${principal.kind} ${principal.id}`);
      const refusal = refusalOf(key);
      if (refusal === null) count("command", key);
      return refusal;
    },
  };
}

function counter(perMinute: number | null) {
  if (perMinute === null) return null;
  const memory = new RateLimiterMemory({ points: perMinute, duration: WINDOW_MS / 1_000 });
  return { memory, limit: { count: perMinute, windowMs: WINDOW_MS } };
}

/** Never throws and never hangs. */
async function answerOf(shared: SharedLimits, key: string, limit: Limit): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<number>((resolve) => {
    timer = setTimeout(resolve, SHARED_MS, 0);
  });
  try {
    return await Promise.race([shared.count(key, limit), late]);
  } catch {
    return 0;
  } finally {
    clearTimeout(timer);
  }
}

/** Says of nobody who it is: it may stand in a database of the host's. */
const keyOf = (kind: FloodKind | "command", who: string): string =>
  `${kind}:${createHash("sha256").update(who).digest("base64url").slice(0, 22)}`;

/** An IPv4 address as itself also where it came in on an IPv6 socket. */
export const unmapped = (address: string): string => /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;

/** What one client has for itself: an IPv4 address, or the 64 bits before an IPv6 client's own choice. */
export function networkOf(address: string): string {
  const plain = unmapped(address.toLowerCase().replace(/%[^]*/, ""));
  if (!isIPv6(plain)) return plain;
  const given = groupsOf(plain).length;
  return groupsOf(plain.replace("::", `:${"0:".repeat(8 - given)}`))
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(":");
}

const groupsOf = (address: string): readonly string[] => address.split(":").filter((group) => group !== "");
