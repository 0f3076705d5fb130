import assert from "node:assert/strict";
import type { Realtime, RealtimeListener, Signal } from "../../ports/realtime.js";
import type { RealtimeCase, RealtimeUnderTest } from "./case.js";

/** Milliseconds in which something is heard over a bus that is there; a hundred times what it takes. */
const SOON_MS = 5_000;
/** Milliseconds in which a realtime finds that its bus is back. */
const BACK_MS = 20_000;
/** Milliseconds after which nothing more comes. */
const QUIET_MS = 200;

const anna: Signal = {
  hotelId: "grand",
  conversationId: "con_1",
  kind: "typing",
  by: { kind: "staff", id: "staff_anna", name: "Anna “Nana” Muñoz-Lefèvre 👩🏽‍💼 'x' \\ \u0000 \ud83d" },
  connectionId: "7f3c",
};

/** What a process heard. */
interface Heard {
  readonly hints: string[];
  /** How often it was called for hints. */
  calls: number;
  work: number;
  revoked: number;
  readonly signals: Signal[];
  missed: number;
}

interface Process {
  readonly realtime: Realtime;
  readonly heard: Heard;
}

/** Runs a case with as many processes, opened, and closes them. */
async function among(
  { join }: RealtimeUnderTest,
  count: number,
  run: (processes: readonly Process[]) => Promise<void>,
): Promise<void> {
  const processes = Array.from({ length: count }, () => aProcess(join()));
  try {
    await Promise.all(processes.map(({ realtime, listener }) => realtime.open(listener)));
    await run(processes);
  } finally {
    await Promise.all(processes.map(({ realtime }) => realtime.close()));
  }
}

function aProcess(realtime: Realtime): Process & { readonly listener: RealtimeListener } {
  const heard: Heard = { hints: [], calls: 0, work: 0, revoked: 0, signals: [], missed: 0 };
  const listener: RealtimeListener = {
    hinted: (hotelIds) => {
      heard.hints.push(...hotelIds);
      heard.calls += 1;
    },
    worked: () => void (heard.work += 1),
    revoked: () => void (heard.revoked += 1),
    signalled: (signal) => void heard.signals.push(signal),
    missed: () => void (heard.missed += 1),
  };
  return { realtime, heard, listener };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function soon(what: string, isSo: () => boolean, withinMs = SOON_MS): Promise<void> {
  const until = performance.now() + withinMs;
  while (!isSo()) {
    assert.ok(performance.now() < until, what);
    await pause(5);
  }
}

/** Tells it every way there is. @returns how many milliseconds the longest of these took */
function tellAll({ realtime }: Process): number {
  let longest = 0;
  for (const say of [
    () => {
      realtime.hint(["grand"]);
    },
    () => {
      realtime.work();
    },
    () => {
      realtime.revoked();
    },
    () => {
      realtime.signal(anna);
    },
  ]) {
    const at = performance.now();
    say();
    longest = Math.max(longest, performance.now() - at);
  }
  return longest;
}

/**
 * What every realtime keeps, case by case. Run each on a bus of its own:
 *
 * ```ts
 * for (const { id, says, run } of realtimeContract) {
 *   test(`${id}: ${says}`, () => run({ join, leave, comeBack }));
 * }
 * ```
 */
export const realtimeContract: readonly RealtimeCase[] = [
  {
    id: "realtime/hints",
    says: "A hint reaches every process, the one that gave it too, with the hotels as they were told.",
    run: (subject) =>
      among(subject, 3, async (processes) => {
        const [first] = processes;
        first?.realtime.hint(["grand", "sea_side-2"]);
        for (const [index, { heard }] of processes.entries())
          await soon(`process ${String(index)} hears of both`, () => heard.hints.length >= 2);
        for (const { heard } of processes)
          assert.deepEqual([...new Set(heard.hints)].toSorted(), ["grand", "sea_side-2"]);
      }),
  },
  {
    id: "realtime/hints-many",
    says: "Two thousand hotels that have news at once are each told of: no message is too large for the bus.",
    run: (subject) =>
      among(subject, 2, async ([first, second]) => {
        const hotels = Array.from({ length: 2_000 }, (_, n) => `hotel-${String(n)}`.padEnd(64, "x"));
        first?.realtime.hint(hotels);
        await soon("all are told", () => new Set(second?.heard.hints).size === hotels.length);
        assert.deepEqual([...new Set(second?.heard.hints)].toSorted(), hotels.toSorted());
      }),
  },
  {
    id: "realtime/coalesced",
    says: "A thousand hints soon after one another come as a few, and nothing is lost: after the last one a process is told once more.",
    run: (subject) =>
      among(subject, 2, async ([first, second]) => {
        assert.ok(first !== undefined && second !== undefined);
        for (let n = 0; n < 1_000; n++) first.realtime.hint(["grand"]);
        await soon("the hints come", () => second.heard.calls > 0);
        await pause(QUIET_MS);
        assert.ok(second.heard.calls <= 20, `a thousand hints came as ${String(second.heard.calls)}`);
        const before = second.heard.calls;
        first.realtime.hint(["grand"]);
        await soon("a hint after a pause comes", () => second.heard.calls > before);
        for (let n = 0; n < 20; n++) {
          const [here, there] = [first.heard.calls, second.heard.calls];
          first.realtime.hint(["grand"]);
          await soon("it is told here", () => first.heard.calls > here);
          await soon("it is told there", () => second.heard.calls > there);
        }
      }),
  },
  {
    id: "realtime/work",
    says: "That there is work reaches every process, and is no news about a hotel.",
    run: (subject) =>
      among(subject, 2, async (processes) => {
        processes[0]?.realtime.work();
        for (const { heard } of processes) await soon("it is told", () => heard.work > 0);
        for (const { heard } of processes) assert.deepEqual([heard.hints, heard.revoked], [[], 0]);
      }),
  },
  {
    id: "realtime/revoked",
    says: "That rights have changed reaches every process, the one that tells it too.",
    run: (subject) =>
      among(subject, 3, async (processes) => {
        processes[1]?.realtime.revoked();
        for (const { heard } of processes) await soon("it is told", () => heard.revoked > 0);
        for (const { heard } of processes) assert.deepEqual([heard.hints, heard.work], [[], 0]);
      }),
  },
  {
    id: "realtime/signals",
    says: "A signal reaches every process as it was given, whatever is in a name, and those of one process in their order.",
    run: (subject) =>
      among(subject, 2, async (processes) => {
        const kinds = ["viewing", "typing", "left"] as const;
        const given = kinds.map((kind): Signal => ({ ...anna, kind }));
        const nameless: Signal = { ...anna, by: { ...anna.by, name: null }, conversationId: "con_2" };
        for (const signal of [...given, nameless]) processes[0]?.realtime.signal(signal);
        for (const { heard } of processes) await soon("all four come", () => heard.signals.length >= 4);
        for (const { heard } of processes) assert.deepEqual(heard.signals, [...given, nameless]);
      }),
  },
  {
    id: "realtime/away",
    says: "While the bus is away everything that is told returns at once and throws nothing, this process hears its own, and who opens is not held up.",
    run: (subject) =>
      among(subject, 2, async ([first, second]) => {
        assert.ok(first !== undefined && second !== undefined);
        await subject.leave();
        try {
          for (let n = 0; n < 20; n++) {
            assert.ok(tellAll(first) < 50, "it returns at once");
            await pause(10);
          }
          await soon("it hears its own", () => first.heard.hints.length > 0 && first.heard.signals.length > 0);
          assert.deepEqual(second.heard.hints, []);
          const late = aProcess(subject.join());
          const at = performance.now();
          await late.realtime.open(late.listener);
          assert.ok(performance.now() - at < 3_000, "opening does not wait for the bus");
          tellAll(late);
          await soon("it hears its own, too", () => late.heard.hints.length > 0);
          await late.realtime.close();
        } finally {
          await subject.comeBack();
        }
      }),
  },
  {
    id: "realtime/after-outage",
    says: "When the bus is back every process is told that it missed something, by itself, and hears the others again (F68, F70, F71).",
    run: (subject) =>
      among(subject, 2, async (processes) => {
        const [first, second] = processes;
        assert.ok(first !== undefined && second !== undefined);
        await subject.leave();
        first.realtime.hint(["grand"]);
        await pause(QUIET_MS);
        const before = processes.map(({ heard }) => heard.missed);
        await subject.comeBack();
        for (const [index, { heard }] of processes.entries())
          await soon(`process ${String(index)} is told`, () => heard.missed > (before[index] ?? 0), BACK_MS);
        for (const [from, to] of [
          [first, second],
          [second, first],
        ] as const) {
          from.realtime.hint(["seaside"]);
          await soon("they hear one another", () => to.heard.hints.includes("seaside"));
        }
      }),
  },
  {
    id: "realtime/after-outage-opened",
    says: "Who opened while the bus was away is told when it comes, and hears the others.",
    async run(subject) {
      await subject.leave();
      let isBack = false;
      const late = aProcess(subject.join());
      try {
        await late.realtime.open(late.listener);
        await subject.comeBack();
        isBack = true;
        await soon("it is told", () => late.heard.missed > 0, BACK_MS);
        await among(subject, 1, async ([other]) => {
          other?.realtime.hint(["grand"]);
          await soon("it hears the other", () => late.heard.hints.includes("grand"));
        });
      } finally {
        await late.realtime.close();
        if (!isBack) await subject.comeBack();
      }
    },
  },
  {
    id: "realtime/close",
    says: "Closed, it hears nothing more and takes no offence at what it is told; closing again, or what was never open, does nothing.",
    run: (subject) =>
      among(subject, 2, async ([first, second]) => {
        assert.ok(first !== undefined && second !== undefined);
        await subject.join().close();
        second.realtime.hint(["seaside"]);
        await second.realtime.close();
        await soon("what it said last is heard", () => first.heard.hints.includes("seaside"));
        await second.realtime.close();
        const before = structuredClone(second.heard);
        tellAll(second);
        tellAll(first);
        await soon("the other hears its own", () => first.heard.hints.includes("grand"));
        await pause(QUIET_MS);
        assert.deepEqual(second.heard, before);
        assert.equal(first.heard.signals.length, 1);
      }),
  },
];
