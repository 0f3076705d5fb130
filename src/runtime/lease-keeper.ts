import { laneKey, type LaneLease } from "../domain/lane.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Storage } from "../ports/storage.js";

/**
 * Knows which lanes this process holds and until when, on the monotonic clock, and renews them while they are worked.
 * A frozen process stops renewing, so its lanes pass on; when it wakes, `isHeld` says so before a byte is written.
 */
export interface LeaseKeeper {
  readonly leaseMs: number;
  start(): void;
  stop(): void;
  /** Lanes just claimed. @param since monotonic time before the claim was asked for: a lease cannot have begun earlier */
  hold(lanes: readonly LaneLease[], since: number): void;
  drop(lanes: readonly LaneLease[]): void;
  /** Whether the lease surely still runs. */
  isHeld(lane: LaneLease): boolean;
}

/** A lease is renewed when a third of it has passed, so that one failed renewal costs nothing. */
const RENEWALS_PER_LEASE = 3;
/** Milliseconds before its end from which on a lease counts as over: room for the write that follows the check. */
const SAFETY_MS = 250;

export function leaseKeeper(storage: Pick<Storage, "renew">, logger: DeskLogger, leaseMs: number): LeaseKeeper {
  const held = new Map<string, { readonly lane: LaneLease; until: number }>();
  const keyOf = (lane: LaneLease) => `${laneKey(lane)}@${String(lane.epoch)}`;
  let timer: NodeJS.Timeout | null = null;

  async function renew(): Promise<void> {
    const lanes = [...held.values()].map(({ lane }) => lane);
    if (lanes.length === 0) return;
    const askedAt = performance.now();
    try {
      const renewed = await storage.renew(lanes, leaseMs);
      lanes.forEach((lane, index) => {
        const entry = held.get(keyOf(lane));
        if (entry !== undefined && renewed[index] === true) entry.until = askedAt + leaseMs;
      });
    } catch {
      logger.warn({ lanes: lanes.length }, "renewing leases failed");
    }
  }

  return {
    leaseMs,
    start() {
      timer ??= setInterval(() => void renew(), leaseMs / RENEWALS_PER_LEASE);
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
    hold(lanes, since) {
      for (const lane of lanes) held.set(keyOf(lane), { lane, until: since + leaseMs });
    },
    drop(lanes) {
      for (const lane of lanes) held.delete(keyOf(lane));
    },
    isHeld: (lane) => performance.now() < (held.get(keyOf(lane))?.until ?? 0) - SAFETY_MS,
  };
}
