import { ended } from "../harness/processes.js";
import { stageOn, type Held, type Moment, type Stage } from "./moments.js";
import { starts } from "./starts.js";
import { until } from "./stay.js";

/** What is known of a schema before anybody breaks anything. */
interface Known {
  readonly golden: string;
  /** The schema after each migration, beginning with none. */
  readonly states: readonly string[];
}

/** What happens to a process that is held in the middle of its start. Each says how the next process started. */
const WAYS = {
  /** It dies, and its connections with it. */
  "dies with its connection": async (stage, moment, held, known) => {
    await ended(held.start.child, "SIGKILL");
    await stage.terminate(held.pids);
    return nextStarts(stage, moment, held, known);
  },
  /** It dies while the server works for it, which the server does to the end; meanwhile the next process starts. */
  "dies, its server goes on": async (stage, moment, held, known) => {
    await ended(held.start.child, "SIGKILL");
    if (moment.at === "statement") return nextStarts(stage, moment, held, known);
    const next = starts(stage.url);
    await stage.queued(moment.at === "lock" ? 2 : 1);
    await held.release();
    return next;
  },
  /** It lives, and its connections end. */
  "loses its connection": async (stage, moment, held, known) => {
    await stage.terminate(held.pids);
    if (moment.at === "statement") {
      await gone(stage, held.pids);
      await held.release();
    }
    const end = await held.start.ended;
    // Between two statements a pool only makes another connection.
    const right = moment.at === "statement" ? ["started", "storage_unavailable"] : ["storage_unavailable"];
    if (!right.includes(end)) throw new Error(`the process ended with ${end}`);
    return end === "started" ? starts(stage.url) : nextStarts(stage, moment, held, known);
  },
} satisfies Record<string, (stage: Stage, moment: Moment, held: Held, known: Known) => Promise<string>>;

export interface BreakOptions {
  readonly postgresUrl: string;
  readonly golden: string;
  /** How many moments of each kind are broken, spread over all of them; all by default. */
  readonly moments?: number;
  /** Databases at the same time. */
  readonly shards: number;
  readonly say: (line: string) => void;
}

/** Breaks a start at every moment of its migrations in every way; the next start has to complete them. */
export async function breakMigrations(
  options: BreakOptions,
): Promise<{ readonly good: boolean; readonly text: string; readonly figures: Readonly<Record<string, number>> }> {
  const stages = await Promise.all(
    Array.from({ length: options.shards }, (_, n) => stageOn(options.postgresUrl, `broken_${String(n)}`)),
  );
  const [first] = stages;
  if (first === undefined) throw new Error("a break needs a database");
  const { moments, states } = await first.survey();
  const known = { golden: options.golden, states };
  const chosen = (["statement", "lock", "inside"] as const).flatMap((at) =>
    spread(
      moments.filter((moment) => moment.at === at),
      options.moments ?? Infinity,
    ),
  );
  const cases = chosen.flatMap((moment) =>
    (Object.keys(WAYS) as (keyof typeof WAYS)[]).map((way) => ({ moment, way })),
  );
  const wrong: string[] = [];
  if (states.at(-1) !== options.golden) wrong.push("the schema of a start that nobody breaks is not the golden one");

  let next = 0;
  const done: (typeof cases)[number][] = [];
  await Promise.all(
    stages.map(async (stage) => {
      for (let one = cases[next++]; one !== undefined; one = cases[next++]) {
        const { moment, way } = one;
        try {
          await breakOnce(stage, moment, way, known);
          done.push(one);
        } catch (error) {
          const line = `${way}, when it ${moment.name} (${moment.at} ${String(moment.n)}): ${String(error)}`;
          wrong.push(line);
          options.say(line);
        }
      }
      await stage.close();
    }),
  );

  const count = (at: Moment["at"]) => String(chosen.filter((moment) => moment.at === at).length);
  return {
    good: wrong.length === 0 && cases.length > 0,
    figures: { "broken starts": cases.length, "with something wrong": wrong.length },
    text: [
      `${String(moments.length)} moments of a start with ${String(states.length - 1)} migrations, ${String(chosen.length)} broken: ` +
        `${count("statement")} between statements, ${count("lock")} behind another's migration, ${count("inside")} inside one`,
      ...Object.keys(WAYS).map(
        (way) => `${way.padEnd(26)} ${String(done.filter((one) => one.way === way).length)}/${String(chosen.length)}`,
      ),
      `${String(cases.length)} breaks, ${String(wrong.length)} with something wrong`,
    ].join("\n"),
  };
}

async function breakOnce(stage: Stage, moment: Moment, way: keyof typeof WAYS, known: Known): Promise<void> {
  const held = await stage.hold(moment);
  try {
    expectState(known.states[moment.done], await stage.dump(), "what others see while it is held");
    const end = await WAYS[way](stage, moment, held, known);
    if (end !== "started") throw new Error(`the next process ended with ${end}`);
    expectState(known.golden, await stage.dump(), "the schema in the end");
  } finally {
    await ended(held.start.child, "SIGKILL");
    await stage.terminate(held.pids);
    await held.release();
  }
}

/** Looks at what the break has left, which is whole migrations only, and starts the next process on it. */
async function nextStarts(stage: Stage, moment: Moment, held: Held, { states }: Known): Promise<string> {
  await gone(stage, held.pids);
  expectState(states[moment.done], await stage.dump(), "what the break left");
  await held.release();
  return starts(stage.url);
}

const gone = (stage: Stage, pids: readonly number[]): Promise<boolean> =>
  until(async () => !(await stage.connected(pids)));

function expectState(expected: string | undefined, found: string, what: string): void {
  if (found === expected) return;
  const [right, wrong] = [(expected ?? "").split("\n"), found.split("\n")];
  const n = right.findIndex((line, place) => line !== wrong[place]);
  throw new Error(`${what}: line ${String(n + 1)} is "${wrong[n] ?? ""}" and not "${right[n] ?? ""}"`);
}

/** So many of them, as far apart as can be. */
function spread<T>(all: readonly T[], count: number): readonly T[] {
  if (count >= all.length) return all;
  const places = Array.from({ length: count }, (_, n) => Math.floor(((n + 0.5) * all.length) / count));
  return all.filter((_, place) => places.includes(place));
}
