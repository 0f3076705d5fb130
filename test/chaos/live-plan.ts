import { mulberry32 } from "./plan.js";
import { OUTAGES, type Outage } from "./redis-outage.js";

/** What a run with live clients does, determined by its seed but for the order in which processes get to run. */
export interface LivePlan {
  readonly seed: number;
  readonly clients: number;
  readonly guests: number;
  /** Events in the logs at the end, at least. */
  readonly events: number;
  /** In the order in which they strike. */
  readonly faults: readonly LiveFault[];
}

export type LiveFault = {
  /** How many events there have to be before. */
  readonly at: number;
} & (
  | { readonly kind: "disconnect"; readonly how: "cut" | "half-open" }
  | { readonly kind: "redis"; readonly how: Outage; readonly forMs: number }
  | { readonly kind: "node"; readonly node: number }
);

export interface LivePlanOptions {
  readonly seed: number;
  readonly clients: number;
  readonly guests: number;
  readonly events: number;
  readonly disconnects: number;
  readonly outages: number;
  readonly kills: number;
}

/** Of disconnections, those in which neither side is told. */
const HALF_OPEN = 0.3;
const NODES = 2;

export function livePlanOf(options: LivePlanOptions): LivePlan {
  const { seed, clients, guests, events, disconnects, outages, kills } = options;
  const random = mulberry32(seed);
  // The last tenth is for coming back; each somewhere in its part of the run.
  const spread = <T extends object>(count: number, make: (n: number) => T) =>
    Array.from({ length: count }, (_, n) => ({
      at: Math.floor(((n + random()) * events * 0.9) / count),
      ...make(n),
    }));
  const faults: LiveFault[] = [
    ...spread(disconnects, () => ({
      kind: "disconnect" as const,
      how: random() < HALF_OPEN ? ("half-open" as const) : ("cut" as const),
    })),
    ...spread(outages, (n) => ({
      kind: "redis" as const,
      how: OUTAGES[n % OUTAGES.length]!,
      forMs: 1_000 + Math.floor(random() * 2_000),
    })),
    ...spread(kills, (n) => ({ kind: "node" as const, node: n % NODES })),
  ];
  return { seed, clients, guests, events, faults: faults.sort((a, b) => a.at - b.at) };
}
