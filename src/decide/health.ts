import type { Finding } from "../domain/finding.js";
import type { WorkKind } from "../domain/work.js";
import type { Pulse } from "../ports/work-storage.js";

/** How one process of the desk is, for whoever decides whether it gets requests and whom to wake. */
export interface Health {
  /**
   * `"ok"`; `"degraded"`: requests are taken and durable, but work waits or is held by nobody; `"down"`: nothing is taken, send requests
   * to another process.
   */
  readonly status: "ok" | "degraded" | "down";
  /**
   * Why it is not `"ok"`: `not_started`, the code of what the storage threw, now or for a webhook of the last ten seconds (a full disk is
   * read from as ever), `work_waits`, `work_stuck`.
   */
  readonly reasons: readonly string[];
  /** By kind; empty where the storage did not say. */
  readonly work: readonly WorkHealth[];
}

/** How the work of one kind stands, over all processes. */
export interface WorkHealth {
  readonly kind: WorkKind;
  /** Chats, and what else stands in a line of its own, whose turn it is. */
  readonly due: number;
  /** For how long the first of them has been. Milliseconds; 0 where there is none. */
  readonly waitsMs: number;
  /** Those whose last holder died or hangs. */
  readonly stuck: number;
  /** What was set aside. */
  readonly dead: number;
}

/** A minute: a backlog of a few thousand webhooks is worked off in less. */
const WAITS_LONG_MS = 60_000;
/** Ten minutes: guests have called by then. */
const WAITS_TOO_LONG_MS = 600_000;

/** @param failed the code of why the storage did not say, or does not store */
export function healthOf(ready: boolean, pulse: Pulse | null, failed: string | null): Health {
  const work = pulse === null ? [] : workHealth(pulse);
  const waits = work.some(({ waitsMs }) => waitsMs > WAITS_LONG_MS);
  const stuck = work.some((kind) => isStuck(kind));
  const reasons = [
    ...(ready ? [] : ["not_started"]),
    ...(failed === null ? [] : [failed]),
    ...(waits ? ["work_waits"] : []),
    ...(stuck ? ["work_stuck"] : []),
  ];
  const isDown = !ready || failed !== null;
  return { status: isDown ? "down" : reasons.length > 0 ? "degraded" : "ok", reasons, work };
}

const workHealth = ({ now, kinds }: Pulse): readonly WorkHealth[] =>
  kinds.map(({ kind, due, oldestDueAt, abandoned, dead }) => ({
    kind,
    due,
    waitsMs: oldestDueAt === null ? 0 : Math.max(0, now.getTime() - oldestDueAt.getTime()),
    stuck: abandoned,
    dead,
  }));

/** A lease that has just run out is taken over at the next look; one that nobody takes over has no worker. */
const isStuck = ({ stuck, waitsMs }: WorkHealth): boolean => stuck > 0 && waitsMs > WAITS_LONG_MS;

/** What `doctor()` says of the work. */
export function workFindings(pulse: Pulse): readonly Finding[] {
  const work = workHealth(pulse);
  const late = work.filter(({ waitsMs }) => waitsMs > WAITS_LONG_MS);
  const stuck = work.filter(isStuck);
  const dead = work.filter((kind) => kind.dead > 0);
  return [
    ...(late.length === 0 ? [fine("work.waiting", "Nothing waits for long.")] : []),
    ...late.map(({ kind, due, waitsMs }): Finding => ({
      check: "work.waiting",
      level: waitsMs > WAITS_TOO_LONG_MS ? "problem" : "warning",
      about: kind,
      says: `${String(due)} wait to be worked, the first for ${String(Math.round(waitsMs / 1_000))} s.`,
      advice:
        kind === "outbound"
          ? "Look at `senders`: a paused number holds back what leaves from it. Else start more processes that work."
          : "Does a process work (`start({ work: true })`)? Look at its log; start another one.",
    })),
    ...(stuck.length === 0 ? [fine("work.stuck", "No work is held by a process that is gone.")] : []),
    ...stuck.map(({ kind, stuck: held }): Finding => ({
      check: "work.stuck",
      level: "problem",
      about: kind,
      says: `${String(held)} were in the hands of a process that is gone or hangs, and nobody has taken them over.`,
      advice: "Start a process that works; one that hangs has to be killed. Nothing is lost.",
    })),
    ...(dead.length === 0 ? [fine("work.dead", "No work was set aside.")] : []),
    ...dead.map(({ kind, dead: aside }): Finding => ({
      check: "work.dead",
      level: "warning",
      about: kind,
      says: `${String(aside)} ${aside === 1 ? "piece of work was" : "pieces of work were"} set aside after all tries.`,
      advice: "Look at why: `npx belldesk dead list`; when that is mended: `npx belldesk dead replay`.",
    })),
  ];
}

const fine = (check: string, says: string): Finding => ({ check, level: "ok", says, advice: null });
