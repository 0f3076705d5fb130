import type { ReportedStatus } from "belldesk";

/** What happens in a chaos run, decided before it begins: the same seed gives the same plan. Times are milliseconds from its start. */
export interface Plan {
  readonly seed: number;
  readonly seconds: number;
  readonly nodes: number;
  readonly guests: readonly GuestPlan[];
  readonly faults: readonly Fault[];
}

export interface GuestPlan {
  readonly phone: string;
  readonly hotel: "grand" | "seaside";
  readonly from: number;
  readonly steps: readonly Step[];
  /** Answers that staff give once the guest has chosen a department. */
  readonly answers: number;
  /** What the guest's phone does with each message of the hotel, the first one first; the last for all that come after. */
  readonly reports: readonly ReportPlan[];
}

/** Reports come late, twice and in any order; early ones come before the answer to the send is known. */
export interface ReportPlan {
  readonly statuses: readonly ReportedStatus[];
  readonly pauseMs: number;
}

/** Messages that a guest sends at once; the next step waits until each of these was answered 200. */
export interface Step {
  readonly pauseMs: number;
  readonly texts: readonly string[];
  /** Whether they come in one delivery. */
  readonly together: boolean;
  /** Delivered again this much later, or never. */
  readonly repeatAfterMs: number | null;
}

/**
 * What fails: a process dies or freezes; its line to the database is cut, loses the answer to a commit, is dead
 * for a while or for good, or is slow; the database crashes or ends every connection; WhatsApp misbehaves; the door loses a webhook's or a staff
 * member's answer, or the connection right after the request.
 */
export type Fault =
  | {
      readonly at: number;
      readonly kind: "kill" | "freeze" | "cut" | "drop" | "stall" | "abandon" | "slow";
      readonly node: number;
    }
  | { readonly at: number; readonly kind: "crash" | "terminate" }
  | { readonly at: number; readonly kind: "door"; readonly how: "answer" | "request" }
  | { readonly at: number; readonly kind: "graph"; readonly how: "reset" | "silence" | "busy" | "late" };

/** How often each comes in a minute, with two processes: fifty kills and five crashes in three minutes, and some. */
const PER_MINUTE = {
  kill: 20,
  freeze: 4,
  cut: 6,
  drop: 6,
  stall: 3,
  abandon: 2,
  slow: 3,
  crash: 2,
  terminate: 4,
  door: 30,
  graph: 25,
} as const;
const KINDS = Object.keys(PER_MINUTE) as (keyof typeof PER_MINUTE)[];
type Statuses = ReportPlan["statuses"];
const REPORTS: readonly [Statuses, ...Statuses[]] = [
  ["sent", "delivered", "read"],
  ["read", "sent", "delivered"],
  ["delivered", "delivered", "read", "sent"],
  ["read", "read"],
];
const WEBHOOKS_PER_SECOND = 60;
const STEPS = 5;
const REPEATED = 0.3;
const SHUFFLED = 0.1;
const BATCHED = 0.1;

export function planOf({ seed, seconds, nodes }: { seed: number; seconds: number; nodes: number }): Plan {
  const random = mulberry32(seed);
  const below = (most: number) => Math.floor(random() * most);
  const pick = <T>(list: readonly [T, ...T[]]): T => list[below(list.length)] ?? list[0];
  const lengthMs = seconds * 1_000;

  const guests = Array.from(
    { length: Math.ceil((WEBHOOKS_PER_SECOND * seconds) / (STEPS * (1 + REPEATED))) },
    (_, n) => {
      const step = (texts: readonly string[], together = true): Step => ({
        pauseMs: below(1_500),
        texts,
        together,
        repeatAfterMs: random() < REPEATED ? below(3_000) : null,
      });
      const talk = (s: number): Step => {
        const one = `Message ${String(s)} of guest ${String(n)}`;
        const several = [one, `${one}, picture two`, `${one}, picture three`];
        const chance = random();
        // An album comes in as many deliveries as it has pictures, in whatever order they arrive.
        return chance < SHUFFLED ? step(several, false) : step(chance < SHUFFLED + BATCHED ? several : [one]);
      };
      return {
        phone: `1202${String(n).padStart(7, "0")}`,
        hotel: n % 2 === 0 ? ("grand" as const) : ("seaside" as const),
        from: below(lengthMs * 0.9),
        steps: [step(["Good evening"]), step(["Reception"]), ...[3, 4, 5].map(talk)],
        answers: 1 + below(2),
        reports: Array.from({ length: 4 }, () => ({ statuses: pick(REPORTS), pauseMs: below(400) })),
      };
    },
  );

  const faults: Fault[] = [];
  for (const kind of KINDS) {
    const count = Math.ceil((PER_MINUTE[kind] * seconds) / 60);
    for (let n = 0; n < count; n++) {
      // Spread evenly, so that a run of any length has its share; somewhere within each part.
      const at = Math.floor(((n + random()) * lengthMs) / count);
      if (kind === "crash" || kind === "terminate") faults.push({ at, kind });
      else if (kind === "door") faults.push({ at, kind, how: pick(["answer", "request"]) });
      else if (kind === "graph") faults.push({ at, kind, how: pick(["reset", "silence", "busy", "late"]) });
      else faults.push({ at, kind, node: below(nodes) });
    }
  }
  return { seed, seconds, nodes, guests, faults: faults.sort((a, b) => a.at - b.at) };
}

/** A small generator of numbers in [0, 1) that a seed determines. Source: Tommy Ettinger's mulberry32, public domain. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
