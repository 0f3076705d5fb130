import type { ReportedStatus } from "belldesk";
import type { Failpoint } from "../../src/failpoints.js";
import { OUTAGES, type Outage } from "./redis-outage.js";

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
  /** Whether WhatsApp brings all that they write a day late, when nothing but a template may be answered. */
  readonly isLate: boolean;
  readonly steps: readonly Step[];
  /** What is told of their stay once they have chosen a department, in this order; nothing of who has none. */
  readonly stay: readonly StayTold[];
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
  /** One of them is a photo's, where there is one. */
  readonly texts: readonly string[];
  /** Whether they come in one delivery. */
  readonly together: boolean;
  /** Delivered again this much later, or never. */
  readonly repeatAfterMs: number | null;
  /** What they send after it. A lie is a file that is not what their phone says of it, or not whole. */
  readonly photo: Photo | null;
  /** What has to have come about before they go on: they are through the hotel's questions, or staff begin to answer. */
  readonly then: "walked" | "chosen" | null;
}

export type Photo = "honest" | "otherType" | "page" | "half";

/** An event of the hotel's own system. Those of one reservation are its versions 1 to 4, in whatever order, and some come twice. */
export interface StayTold {
  readonly version: 1 | 2 | 3 | 4;
  readonly pauseMs: number;
}

/**
 * What fails: a process dies, also right at a failpoint, or freezes; its clock goes wrong; its line to the database is cut, loses the answer to a
 * commit, is dead for a while or for good, or is slow; the database crashes or ends every connection; another process migrates it again; Redis dies,
 * stands still or forgets everything; WhatsApp misbehaves, or lies about a file; the door loses a webhook's or a staff member's answer, or the
 * connection right after the request; the line of somebody who watches is cut, or dies at one end only.
 */
export type Fault =
  | {
      readonly at: number;
      readonly kind: "kill" | "freeze" | "cut" | "drop" | "stall" | "abandon" | "slow";
      readonly node: number;
    }
  | { readonly at: number; readonly kind: "moment"; readonly failpoint: Failpoint }
  | { readonly at: number; readonly kind: "clock"; readonly node: number; readonly offMs: number }
  | { readonly at: number; readonly kind: "crash" | "terminate" | "migrate" }
  | { readonly at: number; readonly kind: "redis"; readonly how: Outage; readonly forMs: number }
  | { readonly at: number; readonly kind: "door"; readonly how: "answer" | "request" }
  | { readonly at: number; readonly kind: "line"; readonly how: "cut" | "half-open" }
  | { readonly at: number; readonly kind: "graph"; readonly how: "reset" | "silence" | "busy" | "late" }
  | { readonly at: number; readonly kind: "media"; readonly how: MediaLie };

/** What WhatsApp does with the next file that is fetched: it sends something else, breaks off, sends without end, or says that it cannot. */
export type MediaLie = "badJson" | "reset" | "huge" | "error";

/** How often each comes in a minute, with two processes: fifty kills, five crashes and five dead Redis in three minutes, and some. */
const PER_MINUTE = {
  kill: 20,
  moment: 6,
  freeze: 4,
  clock: 3,
  cut: 6,
  drop: 6,
  stall: 3,
  abandon: 2,
  slow: 3,
  crash: 2,
  terminate: 4,
  migrate: 2,
  redis: 6,
  door: 30,
  line: 20,
  graph: 25,
  media: 15,
} as const;
const KINDS = Object.keys(PER_MINUTE) as (keyof typeof PER_MINUTE)[];
/** Of lines that die, those in which neither side is told. */
const HALF_OPEN = 0.3;
type Statuses = ReportPlan["statuses"];
const REPORTS: readonly [Statuses, ...Statuses[]] = [
  ["sent", "delivered", "read"],
  ["read", "sent", "delivered"],
  ["delivered", "delivered", "read", "sent"],
  ["read", "read"],
];
/** Where a process dies in the middle of a flow, of a file, of what is due by itself, and of a send. */
const MOMENTS: readonly [Failpoint, ...Failpoint[]] = [
  "flow.calling",
  "flow.called",
  "flow.concluded",
  "media.received",
  "media.put",
  "media.settled",
  "timer.committed",
  "outbound.intended",
  "outbound.answered",
];
const LIES: readonly [Photo, ...Photo[]] = ["otherType", "page", "half"];
const WEBHOOKS_PER_SECOND = 60;
const STEPS = 5;
const REPEATED = 0.3;
const SHUFFLED = 0.1;
const BATCHED = 0.1;
/** Of guests, by what they do besides to talk. */
const [PHOTOGRAPH, WALK, STAY, LATE] = [0.15, 0.12, 0.1, 0.06];
/** Of photos. */
const LYING = 0.25;
const DAY_MS = 86_400_000;

export function planOf({ seed, seconds, nodes }: { seed: number; seconds: number; nodes: number }): Plan {
  const random = mulberry32(seed);
  const below = (most: number) => Math.floor(random() * most);
  const pick = <T>(list: readonly [T, ...T[]]): T => list[below(list.length)] ?? list[0];
  const lengthMs = seconds * 1_000;

  function guestPlan(n: number): GuestPlan {
    const step = (texts: readonly string[], more: Partial<Step> = {}): Step => ({
      pauseMs: below(1_500),
      texts,
      together: true,
      repeatAfterMs: random() < REPEATED ? below(3_000) : null,
      photo: null,
      then: null,
      ...more,
    });
    const talk = (s: number): Step => {
      const one = `Message ${String(s)} of guest ${String(n)}`;
      const several = [one, `${one}, picture two`, `${one}, picture three`];
      const chance = random();
      // An album comes in as many deliveries as it has pictures, in whatever order they arrive.
      return chance < SHUFFLED
        ? step(several, { together: false })
        : step(chance < SHUFFLED + BATCHED ? several : [one]);
    };
    const chance = random();
    const does =
      chance < PHOTOGRAPH
        ? "photographs"
        : chance < PHOTOGRAPH + WALK
          ? "walks"
          : chance < PHOTOGRAPH + WALK + STAY
            ? "stays"
            : chance < PHOTOGRAPH + WALK + STAY + LATE
              ? "isLate"
              : "talks";
    const photo = random() < LYING ? pick(LIES) : "honest";
    const evening = [step(["Good evening"]), step(["Reception"], { then: "chosen" })];
    const walk = [step(["check in"]), step([nameOf(n)]), step(["2"], { then: "walked" })];
    return {
      phone: `1202${String(n).padStart(7, "0")}`,
      hotel: n % 2 === 0 ? ("grand" as const) : ("seaside" as const),
      from: below(lengthMs * 0.9),
      isLate: does === "isLate",
      steps:
        does === "walks"
          ? [...walk, ...evening, talk(6)]
          : does === "photographs"
            ? [...evening, talk(3), { ...talk(4), photo }]
            : [...evening, ...[3, 4, 5].map(talk)],
      stay: does === "stays" ? shuffled([1, 2, 3, 4, pick([1, 2, 3, 4]), pick([1, 2, 3, 4])] as const) : [],
      answers: does === "isLate" ? 1 : 1 + below(2),
      reports: Array.from({ length: 4 }, () => ({ statuses: pick(REPORTS), pauseMs: below(400) })),
    };
  }

  const shuffled = (versions: readonly StayTold["version"][]): readonly StayTold[] =>
    versions
      .map((version) => ({ version, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ version }) => ({ version, pauseMs: below(600) }));

  function fault(kind: keyof typeof PER_MINUTE, at: number, n: number): Fault {
    switch (kind) {
      case "crash":
      case "terminate":
      case "migrate":
        return { at, kind };
      case "moment":
        return { at, kind, failpoint: pick(MOMENTS) };
      case "clock":
        return { at, kind, node: below(nodes), offMs: Math.round((2 * random() - 1) * DAY_MS) };
      case "redis":
        // In turn, so that a run of any length has some of each.
        return { at, kind, how: OUTAGES[n % OUTAGES.length] ?? OUTAGES[0], forMs: 1_000 + below(2_000) };
      case "door":
        return { at, kind, how: pick(["answer", "request"]) };
      case "line":
        return { at, kind, how: random() < HALF_OPEN ? "half-open" : "cut" };
      case "graph":
        return { at, kind, how: pick(["reset", "silence", "busy", "late"]) };
      case "media":
        return { at, kind, how: pick(["badJson", "reset", "huge", "error"]) };
      default:
        return { at, kind, node: below(nodes) };
    }
  }

  const guests = Array.from({ length: Math.ceil((WEBHOOKS_PER_SECOND * seconds) / (STEPS * (1 + REPEATED))) }, (_, n) =>
    guestPlan(n),
  );
  const faults: Fault[] = [];
  for (const kind of KINDS) {
    const count = Math.ceil((PER_MINUTE[kind] * seconds) / 60);
    // Spread evenly, so that a run of any length has its share; somewhere within each part.
    for (let n = 0; n < count; n++) faults.push(fault(kind, Math.floor(((n + random()) * lengthMs) / count), n));
  }
  return { seed, seconds, nodes, guests, faults: faults.sort((a, b) => a.at - b.at) };
}

/** What a guest who walks the hotel's flow says they are called. */
const nameOf = (n: number): string => `Anna ${String(n)}`;

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
