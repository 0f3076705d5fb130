import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Failpoint } from "../../src/failpoints.js";
import { ended, tell } from "../harness/processes.js";
import { filesWrong } from "./files.js";
import { check, violations, type Findings } from "./checks.js";
import { startCluster, type Cluster, type Node, type Waiting } from "./cluster.js";
import { assigningHotels, checkDesk, stayWithDesk, type DeskFindings } from "./desk-day.js";
import { GOING, goes, leftOf, type Goes } from "./gone.js";
import { settled, until } from "./stay.js";

/** What happens to a process that waits at a failpoint. */
export const WAYS = {
  /** It dies, and is started again. */
  kill: async ({ node, child }: Waiting) => {
    await ended(child, "SIGKILL");
    await alive(node);
  },
  /** It is frozen for longer than its leases last, and goes on as if nothing had been. */
  freeze: async ({ child }: Waiting, leaseMs: number) => {
    child.kill("SIGSTOP");
    await delay(leaseMs * 1.6);
    child.kill("SIGCONT");
    tell(child, { goOn: true });
  },
  /** Its connections to the database are reset. */
  cut: ({ node, child }: Waiting) => {
    node.database.cut();
    tell(child, { goOn: true });
    return Promise.resolve();
  },
  /** The next thing that it commits there is committed, and the answer that says so is lost. */
  drop: ({ node, child }: Waiting, _leaseMs: number, failpoint: Failpoint) => {
    node.database.dropNextAnswer(commitAfter(failpoint));
    tell(child, { goOn: true });
    return Promise.resolve();
  },
} as const satisfies Record<string, (waiting: Waiting, leaseMs: number, failpoint: Failpoint) => Promise<void>>;
export type Way = keyof typeof WAYS;

/** The verb by which the process that waits at a failpoint next changes the database; any verb, where it has nothing left to do. */
function commitAfter(failpoint: Failpoint): RegExp {
  const [, verb = "(remember|claim|commit|intend|settle|apply_statuses|release|fail|move_consumer)_1"] =
    COMMITS.find(([failpoints]) => failpoints.test(failpoint)) ?? [];
  return new RegExp(`\\b${verb}\\b`);
}
const COMMITS: readonly (readonly [RegExp, string])[] = [
  [/^receive\.(verified|remembering)$/, "remember_1"],
  [/^outbound\.claiming$/, "claim_outbound_2"],
  [/^command\.claiming$/, "claim_commands_1"],
  [/^consume\.claiming$/, "claim_events_1"],
  [/\.claiming$/, "claim_1"],
  [/^inbound\.(claimed|loaded|decided)$/, "commit_1"],
  [/^timer\.(claimed|loaded|decided)$/, "commit_1\\b[^]*\\bconversation.unsnoozed"],
  [/^assignment\.(claimed|loaded|decided)$/, "commit_1\\b[^]*\\bauto_assignment"],
  [/^consume\.claimed$/, "insert into witness"],
  [/^consume\.(handled|moving)$/, "move_consumer_1"],
  [/^command\.(claimed|loaded)$/, "commit_1\\b[^]*\\bconversation.reply"],
  [/^outbound\.(claimed|loaded)$/, "intend_1"],
  [/^outbound\.(intended|written|answered)$/, "settle_1"],
  [/^media\.(claimed|loaded|opened|received|checked|scanned|putting|put)$/, "settle_attachment_1"],
  [/^status\.applying$/, "apply_statuses_1"],
  [/^erase\.beginning$/, "begin_erasure_1"],
  [/^erase\./, "erasures"],
  [/^prune\./, "delete from"],
  [/^migrate\./, "pg_advisory_xact_lock"],
];

export interface SweepOptions {
  readonly postgresUrl: string;
  /** The host to run, built with failpoints. */
  readonly program: string;
  readonly failpoints: readonly Failpoint[];
  readonly ways: readonly Way[];
  /** How often each failpoint is broken in each way. */
  readonly times: number;
  /** Hotels broken at the same time, each with two processes. */
  readonly shards: number;
  readonly leaseMs: number;
  /** Milliseconds within which work has to go on after each break, on a machine that does nothing else. */
  readonly resumesWithinMs: number;
  /** Where files are kept. */
  readonly mediaDir: string;
  readonly say: (line: string) => void;
}

export interface SweepReport {
  readonly good: boolean;
  readonly runs: number;
  readonly text: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** What the desk does by itself takes so long where nothing breaks: a snooze, and a look each second at timers and at the event log. */
const DESK_DAY_MS = 3_000;
/** Milliseconds that a guest's next messages wait behind one whose fate nobody can tell: one more, but not for ever. */
const HOLD_MS = 15_000;
/** Milliseconds after which nobody will come to a failpoint; whoever is erased or pruned comes to it last. */
const NEVER_MS = 90_000;
const GUESTS = 3;
/** At these failpoints there is somebody beside them who goes. */
const WHO_GOES: readonly (readonly [prefix: string, Goes])[] = [
  ["erase.", "erased"],
  ["prune.", "pruned"],
];

interface Run {
  readonly failpoint: Failpoint;
  readonly way: Way;
}

interface Outcome extends Run {
  readonly resumedMs: number;
  readonly found: (Findings & DeskFindings) | null;
  /** What is wrong; empty when nothing is. */
  readonly wrong: string;
}

export async function sweep(options: SweepOptions): Promise<SweepReport> {
  const { failpoints, ways, times, shards, say } = options;
  const runs: Run[] = [];
  for (let time = 0; time < times; time++)
    for (const failpoint of failpoints) for (const way of ways) runs.push({ failpoint, way });
  const outcomes: Outcome[] = [];
  let next = 0;
  let serial = 0;

  async function shard(n: number): Promise<void> {
    let cluster: Cluster | null = null;
    try {
      for (let run = runs[next++]; run !== undefined; run = runs[next++]) {
        // Migrations are broken on a database that has none yet.
        if (cluster === null || run.failpoint.startsWith("migrate.")) {
          await cluster?.close();
          cluster = await startCluster({
            postgresUrl: options.postgresUrl,
            database: `sweep_${String(n)}_${String(++serial)}`,
            nodes: 2,
            leaseMs: options.leaseMs,
            program: options.program,
            hosts: { hotels: assigningHotels, witness: true, mediaDir: options.mediaDir, settings: GOING },
          });
        }
        const outcome = await breakOnce(cluster, run, serial++, options);
        outcomes.push(outcome);
        if (outcome.wrong !== "") {
          say(`${run.failpoint} ${run.way}: ${outcome.wrong}`);
          await cluster.close();
          cluster = null;
        }
        if (outcomes.length % 100 === 0) say(`${String(outcomes.length)} of ${String(runs.length)}`);
      }
    } finally {
      await cluster?.close();
    }
  }
  await Promise.all(Array.from({ length: shards }, (_, n) => shard(n)));
  return report(outcomes, ways);
}

async function breakOnce(
  cluster: Cluster,
  { failpoint, way }: Run,
  serial: number,
  { leaseMs, resumesWithinMs, mediaDir }: SweepOptions,
): Promise<Outcome> {
  const outcome = (resumedMs: number, found: Outcome["found"], wrong: string): Outcome => ({
    failpoint,
    way,
    resumedMs,
    found,
    wrong,
  });
  const { nodes } = cluster;
  const [first] = nodes;
  try {
    const { reached, forget } = cluster.waitAt(failpoint);
    let brokenAt = NaN;
    const broken = reached.then(async (waiting) => {
      brokenAt = performance.now();
      await WAYS[way](waiting, leaseMs, failpoint);
    });
    const starting = Promise.all(nodes.map(alive));
    if (!failpoint.startsWith("migrate.")) {
      await starting;
      await cluster.watch();
    }

    const phones = Array.from({ length: GUESTS }, (_, n) => `1202${String(serial * GUESTS + n).padStart(7, "0")}`);
    const beganAt = performance.now();
    const staying = Promise.all(phones.map((phone, n) => stayWithDesk(cluster, phone, n * 10)));
    // Whose database is gone because nobody came to the failpoint fails later, and nobody asks any more.
    staying.catch(() => undefined);
    const goer = `1303${String(serial).padStart(7, "0")}`;
    const how = WHO_GOES.find(([prefix]) => failpoint.startsWith(prefix))?.[1];
    const going = how === undefined ? Promise.resolve() : goes(cluster, goer, how);
    going.catch(() => undefined);
    let stopped: Promise<unknown> = Promise.resolve();
    if (failpoint.startsWith("stop.") && first?.host != null) {
      await delay(20);
      stopped = once(first.host.child, "exit");
      first.host.child.kill("SIGTERM");
    }
    const never = delay(NEVER_MS, false as const, { ref: false });
    if (!(await Promise.race([broken.then(() => true as const), never]))) {
      forget();
      return outcome(NaN, null, "nobody came to it");
    }
    await starting;
    await cluster.watch();
    await stopped;
    if (failpoint.startsWith("stop.") && first !== undefined) await alive(first);
    const written = await staying;
    await going;
    await settled(cluster, phones);
    // What broke before anybody wrote held nobody up until then.
    const resumedMs = performance.now() - Math.max(brokenAt, beganAt);
    for (const { database } of nodes) database.dropNextAnswer(null);
    const found = { ...(await check(cluster, written)).found, ...(await checkDesk(cluster, written)) };
    const wrong = violations(found).map((name) => `${name} ${String(found[name])}`);
    const photos = phones.map((phone) => ({ phone, hotelId: "grand", photo: "honest" }) as const);
    wrong.push(...(await filesWrong(cluster, mediaDir, photos)));
    if (how !== undefined) wrong.push(...(await leftOf(cluster, goer, how)));
    if (resumedMs > resumesWithinMs + DESK_DAY_MS + (found.unknown > 0 ? HOLD_MS : 0))
      wrong.push(`went on after ${(resumedMs / 1000).toFixed(1)} s`);
    return outcome(resumedMs, found, wrong.join(", "));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return outcome(NaN, null, `${String(error)}${cause}`);
  }
}

/** Starts a process again until it stays. */
export const alive = (node: Node): Promise<boolean> =>
  until(async () => {
    await node.start();
    return node.host !== null;
  });

function report(outcomes: readonly Outcome[], ways: readonly Way[]): SweepReport {
  const sum = (name: keyof (Findings & DeskFindings)) =>
    outcomes.reduce((total, { found }) => total + (found?.[name] ?? 0), 0);
  const lines = ["", "failpoint".padEnd(22) + ways.map((way) => way.padStart(16)).join("")];
  for (const failpoint of [...new Set(outcomes.map((outcome) => outcome.failpoint))]) {
    const cells = ways.map((way) => {
      const own = outcomes.filter((outcome) => outcome.failpoint === failpoint && outcome.way === way);
      const slowest = Math.max(...own.map(({ resumedMs }) => resumedMs));
      const bad = own.filter(({ wrong }) => wrong !== "").length;
      return `${String(own.length - bad)}/${String(own.length)} ${(slowest / 1000).toFixed(1)} s`.padStart(16);
    });
    lines.push(failpoint.padEnd(22) + cells.join(""));
  }
  const counted = [
    "acknowledged",
    "stored",
    "lost",
    "doubled",
    "inverted",
    "extraConversations",
    "sends",
    "answersLost",
    "answersDoubled",
    "menusWrong",
    "sentForNobody",
    "sentTwice",
    "sentOutOfOrder",
    "claimedSent",
    "unfinished",
    "unsettled",
    "unknown",
    "unexplained",
    "eventGaps",
    "seqGaps",
    "unaudited",
    "assignedWrong",
    "snoozesWrong",
    "commandsInverted",
    "untold",
    "toldLate",
    "staleCommits",
    "leased",
    "left",
    "dead",
  ] as const;
  lines.push("", counted.map((name) => `${name} ${String(sum(name))}`).join(", "));
  const bad = outcomes.filter(({ wrong }) => wrong !== "").length;
  lines.push(`${String(outcomes.length)} breaks, ${String(bad)} with something wrong`);
  const slowest = Math.max(...outcomes.map(({ resumedMs }) => resumedMs));
  const figures = {
    breaks: outcomes.length,
    "with something wrong": bad,
    "at rest again after, s": Number((slowest / 1_000).toFixed(1)),
    ...Object.fromEntries(
      (["lost", "doubled", "inverted", "sentTwice", "staleCommits"] as const).map((name) => [name, sum(name)]),
    ),
  };
  return { good: bad === 0 && outcomes.length > 0, runs: outcomes.length, text: lines.join("\n"), figures };
}
