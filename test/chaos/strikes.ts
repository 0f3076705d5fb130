import { setTimeout as delay } from "node:timers/promises";
import type { OwnPostgres } from "../../scripts/services/postgres.mjs";
import type { OwnRedis } from "../../scripts/services/redis.mjs";
import { ended } from "../harness/processes.js";
import type { Cluster, Node } from "./cluster.js";
import type { Fault, MediaLie } from "./plan.js";
import type { Interruption } from "./ledger.js";
import { outage } from "./redis-outage.js";
import { starts } from "./starts.js";
import { patiently } from "./stay.js";
import { disconnect, type Watcher } from "./watchers.js";

/** How long a process stands still, or its line does, by the time that its leases last. */
const LONGER = 1.6;
/** Milliseconds in which somebody comes to a failpoint, or nobody does. */
const COMES_MS = 3_000;
/** Milliseconds between two beats of this process, in which WhatsApp lives, too; and by which one is late when it stood still. */
const BEAT = { everyMs: 100, lateMs: 500 };
/** Milliseconds in which a process starts whose database, line and start fail again and again. */
const REVIVED_MS = 180_000;

export interface Struck {
  readonly cluster: Cluster;
  readonly postgres: OwnPostgres;
  readonly redis: OwnRedis;
  readonly watchers: readonly Watcher[];
  readonly leaseMs: number;
  readonly random: () => number;
}

/** What came of it, where that is not seen elsewhere. */
export interface Strikes {
  /** How processes that migrated again ended: `started`, or the code of what kept them from it. */
  readonly migrated: readonly string[];
  /** Files that WhatsApp sent otherwise than they are. */
  readonly lies: () => number;
  /** Lines to the database that died without a word, by the name of the process: the server keeps those for a while. */
  readonly linesLost: ReadonlyMap<string, number>;
  /** When each process, or the database, stood still or was lost. */
  readonly interruptions: readonly Interruption[];
}

/** Lets everything fail at its time, and waits until all of it is over. */
export async function strikeAll(
  struck: Struck,
  faults: readonly Fault[],
  note: (fault: Fault) => void,
): Promise<Strikes> {
  const { cluster, postgres, redis, watchers, leaseMs, random } = struck;
  const start = performance.now();
  const migrated: string[] = [];
  const lies: (() => boolean)[] = [];
  const linesLost = new Map<string, number>();
  const interruptions: Interruption[] = [];
  let redisOver: Promise<unknown> = Promise.resolve();
  let momentOver: Promise<unknown> = Promise.resolve();

  /** What can happen to one process. */
  const ways: Readonly<Record<Extract<Fault, { node: number }>["kind"], (node: Node, fault: Fault) => unknown>> = {
    async kill(node) {
      await node.kill();
      await revived(node);
    },
    async freeze({ host }) {
      host?.child.kill("SIGSTOP");
      await delay(leaseMs * LONGER);
      host?.child.kill("SIGCONT");
    },
    clock: (node, fault) => node.setClock("offMs" in fault ? fault.offMs : 0),
    cut: ({ database }) => database.cut(),
    drop: ({ database }) => database.dropNextAnswer(),
    async stall(node) {
      loses(node);
      node.database.stall(true);
      await delay(leaseMs * LONGER);
      node.database.stall(false);
    },
    abandon(node) {
      loses(node);
      node.database.abandon();
    },
    async slow({ database }) {
      database.slow(200);
      await delay(leaseMs * LONGER);
      database.slow(0);
    },
  };

  function loses({ host }: Node): void {
    const name = nameOf(host);
    linesLost.set(name, (linesLost.get(name) ?? 0) + 1);
  }

  /** What is lost in it is missed for as long as leases last. */
  async function interrupts(of: string | null, act: () => unknown): Promise<void> {
    const from = Date.now();
    await act();
    interruptions.push({ of, from, until: Date.now() + leaseMs });
  }

  async function strike(fault: Fault): Promise<unknown> {
    switch (fault.kind) {
      case "crash":
        return interrupts(null, () => postgres.crash());
      case "terminate":
        return interrupts(null, () =>
          cluster.pool
            .query(
              "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
            )
            .catch(() => undefined),
        );
      case "migrate":
        return migrated.push(await starts(cluster.url));
      case "moment":
        // One at a time: nobody waits for two.
        return (momentOver = momentOver.then(() => killAt(cluster, fault.failpoint)));
      case "redis":
        return (redisOver = redisOver.then(() => outage(redis, fault.how, fault.forMs)));
      case "line":
        // Where nobody hears anything for long there is no line to be lost.
        return disconnect(fault.how, watchers, random).catch(() => undefined);
      case "media":
        return lies.push(lieOnce(cluster, fault.how));
      case "graph":
        cluster.fake.fail(
          fault.how === "busy"
            ? { kind: "error", status: 429, code: 130429, retryAfter: 1 }
            : fault.how === "late"
              ? { kind: "late", afterMs: 800 }
              : { kind: fault.how },
        );
        return;
      case "door":
        if (fault.how === "answer") cluster.door.dropNextAnswer();
        else cluster.door.cutAfterNextRequest();
        return;
      default: {
        const node = cluster.nodes[fault.node];
        if (node === undefined) return undefined;
        const act = () => ways[fault.kind](node, fault);
        // Who is killed is known anyway, and a clock that is off keeps nobody from anything.
        return fault.kind === "kill" || fault.kind === "clock" ? act() : interrupts(nameOf(node.host), act);
      }
    }
  }

  const ongoing: Promise<unknown>[] = [];
  for (const fault of faults) {
    await delay(Math.max(0, fault.at - (performance.now() - start)));
    note(fault);
    const one = strike(fault);
    // Heard of at the end.
    one.catch(() => undefined);
    ongoing.push(one);
  }
  await Promise.all(ongoing);
  return { migrated, lies: () => lies.filter((isTold) => isTold()).length, linesLost, interruptions };
}

/** When this process stood still, and WhatsApp with it, which lives in it: the machine had no time for them. Grows until the signal. */
export function standstills(signal: AbortSignal): readonly Interruption[] {
  const found: Interruption[] = [];
  let beatAt = Date.now();
  const beats = setInterval(() => {
    const now = Date.now();
    if (now - beatAt > BEAT.everyMs + BEAT.lateMs) found.push({ of: null, from: beatAt, until: now });
    beatAt = now;
  }, BEAT.everyMs);
  signal.addEventListener("abort", () => clearInterval(beats), { once: true });
  return found;
}

/** What a process calls itself to the database. */
const nameOf = (host: Node["host"]): string => `host ${String(host?.child.pid)}`;

/** Started again until it stays, however often it is hit meanwhile. */
export const revived = (node: Node): Promise<boolean> =>
  patiently(async () => {
    await node.start();
    return node.host !== null;
  }, REVIVED_MS);

/** Kills the first process that comes to a failpoint; nobody, where none does. */
async function killAt(cluster: Cluster, failpoint: string): Promise<void> {
  const { reached, forget } = cluster.waitAt(failpoint);
  const waiting = await Promise.race([reached, delay(COMES_MS, null)]);
  if (waiting === null) {
    forget();
    return;
  }
  // It may not be ready yet.
  await ended(waiting.child, "SIGKILL");
  await revived(waiting.node);
}

/** The next file that is fetched is not what it is. @returns whether it was told */
function lieOnce({ fake }: Cluster, how: MediaLie): () => boolean {
  let isTold = false;
  const ends = fake.failWhen(
    ({ what }) => {
      if (what !== "download") return false;
      isTold = true;
      ends();
      return true;
    },
    how === "error" ? { kind: "error", status: 503, code: 131016 } : { kind: how },
  );
  return () => isTold;
}
