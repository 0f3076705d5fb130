import type { HotelOptions } from "../config/hotel.js";
import { answerTo } from "../decide/choices.js";
import type { MessageContent } from "../domain/content.js";
import type { FlowRun } from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import { dateIn, nightsIn, numberIn } from "../flow/answers.js";
import { versionOf, type FlowReplay, type FlowState } from "../flow/replay.js";
import type { Flow, Step } from "../flow/types.js";
import { flowWord } from "../flow/words.js";
import type { Storage } from "../ports/storage.js";
import type { FlowRunView } from "../runtime/desk-shapes.js";
import type { ManualClock } from "./manual-clock.js";
import { scenario, type HostAnswer, type Scenario, type ScenarioGuest } from "./scenario.js";
import { standIns, type StandIns } from "./stand-ins.js";

/** Of which flow a run is written as a test, and on what it is tried. */
export interface FlowScriptOptions {
  /** The flow that ran, in each version that decided. */
  readonly flows: readonly Flow[];
  /** As for `scenario()`: the script is tried before it is given. */
  readonly storage: (clock: ManualClock) => Storage;
  /** Whence the test imports `flows`; `"./flows.js"` by default. */
  readonly from?: string;
}

/**
 * A recorded conversation as a test: TypeScript for vitest, a `scenario()` in which a guest walks the same steps at the same times. What the guest said
 * is replaced by stand-ins of the same kind (texts, names, mail addresses, phones, dates of birth, places, files, forms), what the host answered
 * too, each by the same wherever it comes again; the flow's own words, numbers and dates of a stay are kept. It is tried on memory until it walks as the guest did.
 * @param replay of `desk.replayFlow()`
 * @throws {RangeError} when the replay has a gap, or no stand-ins were found that lead the same way
 */
export async function flowScript(
  replay: FlowReplay,
  { flows, storage, from = "./flows.js" }: FlowScriptOptions,
): Promise<string> {
  const [first] = replay.states;
  if (replay.gap !== null || first === undefined)
    throw new RangeError(`The conversation cannot be made again: ${replay.gap?.code ?? "nothing is recorded"}.`);
  const script = new Script(replay, flows, first);
  const picks = script.acts.map(() => 0);
  for (let tries = 0; tries < TRIES_MOST; tries++) {
    const { lines, wrongAt } = await script.played(picks, storage);
    if (wrongAt === null) return script.source(lines, picks, from);
    if (!another(picks, wrongAt, script.acts)) break;
  }
  throw new RangeError("No stand-ins for what the guest said lead the same way through this flow.");
}

/**
 * The next thing to try: what was said last before it went another way is said otherwise, else the host answers otherwise, else
 * something that was said earlier. @returns false when all was tried
 */
function another(picks: number[], wrongAt: number, acts: readonly Act[]): boolean {
  const hasMore = (index: number): boolean => (picks[index] ?? 0) + 1 < (acts[index]?.ways ?? 1);
  const earlier = picks.findLastIndex((_, index) => index > 0 && index < wrongAt && hasMore(index));
  const at = [wrongAt, 0, earlier].find((index) => index >= 0 && hasMore(index));
  if (at === undefined) return false;
  picks[at] = (picks[at] ?? 0) + 1;
  picks.fill(0, at === 0 ? wrongAt : at + 1);
  if (at === earlier && at !== wrongAt) picks[0] = 0;
  return true;
}

/** Scripts that are tried before it is given up. */
const TRIES_MOST = 200;

/** What a script does at one time. @returns its line */
interface Act {
  /** Milliseconds from the beginning. */
  readonly at: number;
  /** How it stood right before. */
  readonly before: FlowRun | null;
  /** In how many ways it can be done. */
  readonly ways: number;
  readonly does: (stay: Scenario, guest: ScenarioGuest, way: number) => Promise<string>;
}

class Script {
  readonly acts: readonly Act[];
  readonly #flow: Flow;
  readonly #standIns: StandIns;
  /** Of what the host answered, the codes that stay, in each way. */
  readonly #kept: readonly ReadonlySet<string>[];

  constructor(
    readonly replay: FlowReplay,
    readonly flows: readonly Flow[],
    readonly first: FlowState,
  ) {
    const flow = versionOf(flows, replay.run.flowId, first.run.flowVersion);
    if (flow === null) throw new RangeError("The flow's version is not among these flows.");
    this.#flow = flow;
    this.#standIns = standIns([...replay.states.flatMap(({ heard }) => wordsOf(heard)), first.world.guest.name ?? ""]);
    // The first way of all: which answers of the host are kept.
    this.#kept = this.#standIns.kept(
      replay.states.map(({ input }) => (input.kind === "performed" ? input.value : null)),
    );
    const host: Act = { at: 0, before: null, ways: this.#kept.length, does: () => Promise.resolve("") };
    this.acts = [host, ...replay.states.flatMap((state, index) => this.#actsOf(state, replay.states[index - 1]))];
  }

  /** Plays it until it goes another way. @returns its lines, and the act after which it did; null: it did not */
  async played(
    picks: readonly number[],
    storage: FlowScriptOptions["storage"],
  ): Promise<{ readonly lines: readonly string[]; readonly wrongAt: number | null }> {
    const { start, hotel, flows } = this;
    const stay = scenario({
      flows,
      storage,
      start,
      calls: this.#calls(picks[0] ?? 0),
      ...(hotel !== null && { hotel }),
    });
    const guest = stay.guest(...this.#guest);
    const lines: string[] = [];
    const waits = async (until: number): Promise<void> => {
      const ms = until - (stay.clock.now().getTime() - start.getTime());
      if (ms <= 0) return;
      const line = `guest.waits(${JSON.stringify(timeOf(ms))})`;
      lines.push(line);
      await guest.waits(timeOf(ms));
    };
    for (const [index, { at, before, does }] of this.acts.entries()) {
      await waits(at);
      if (before !== null && !isSame(before, await guest.run())) return { lines, wrongAt: index - 1 };
      try {
        const line = await does(stay, guest, picks[index] ?? 0);
        if (line !== "") lines.push(line);
      } catch {
        return { lines, wrongAt: index };
      }
    }
    await waits((this.replay.states.at(-1)?.at.getTime() ?? 0) - start.getTime());
    return { lines, wrongAt: isSame(this.replay.run, await guest.run()) ? null : this.acts.length - 1 };
  }

  source(lines: readonly string[], picks: readonly number[], from: string): string {
    const { flowId, flowVersion, status, step, why, records } = this.replay.run;
    const { hotel } = this;
    const calls = this.#calls(picks[0] ?? 0);
    const options = [
      "flows",
      "storage: (clock) => memoryStorage({ clock })",
      `start: new Date(${JSON.stringify(this.start.toISOString())})`,
      ...(hotel === null ? [] : [`hotel: ${JSON.stringify(hotel)}`]),
      ...(Object.keys(calls).length === 0 ? [] : [`calls: ${JSON.stringify(calls)}`]),
    ];
    return [
      `import { memoryStorage } from "belldesk/memory";`,
      `import { scenario } from "belldesk/testing";`,
      `import { expect, test } from "vitest";`,
      `import { flows } from ${JSON.stringify(from)};`,
      "",
      `// Recorded; what the guest said is replaced.`,
      `test(${JSON.stringify(`${flowId}, version ${String(flowVersion)}, as a guest walked it`)}, async () => {`,
      `  const stay = scenario({`,
      ...options.map((option) => `    ${option},`),
      `  });`,
      `  const guest = stay.guest(${this.#guest.map((one) => JSON.stringify(one)).join(", ")});`,
      "",
      ...lines.map((line) => `  await ${line};`),
      "",
      `  const run = await guest.run();`,
      `  expect(run).toMatchObject(${JSON.stringify({ status, step, why })});`,
      `  expect(run?.steps.map(({ step, round, result }) => [step, round, result])).toEqual(${JSON.stringify(
        records.map((one) => [one.step, one.round, one.result]),
      )});`,
      `});`,
      "",
    ].join("\n");
  }

  /** To the millisecond, as it was: what a flow does may hang on it. */
  get start(): Date {
    return this.first.at;
  }

  /** null: the hotel that a scenario has by itself does as well. */
  get hotel(): HotelOptions | null {
    const { timeZone, language, stepMs } = this.first.world;
    const named = [...this.flows].flatMap(({ departmentId, steps }) => [
      departmentId,
      ...[...steps.values()].map(departmentOf),
    ]);
    const ids = [...new Set(["reception", "housekeeping", ...named])].filter((id) => id !== null);
    if (timeZone === "Europe/Rome" && language === undefined && stepMs === 1_800_000 && ids.length === 2) return null;
    return {
      id: "hotel",
      timeZone,
      ...(language !== undefined && { language }),
      clocks: { flowStepMs: stepMs },
      numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
      departments: ids.map((id) => ({ id, name: id })),
    };
  }

  /** What they speak was known before: dates and numbers of theirs are read by it. */
  get #guest(): Parameters<Scenario["guest"]> {
    const { language } = this.first.world.guest;
    return language === undefined ? [GUEST] : [GUEST, { language }];
  }

  #calls(way: number): Readonly<Record<string, readonly HostAnswer[]>> {
    const calls: Record<string, HostAnswer[]> = {};
    for (const [index, { input, at }] of this.replay.states.entries()) {
      const step = this.replay.states[index - 1]?.run.step;
      if (step === undefined || (input.kind !== "performed" && input.kind !== "notPerformed")) continue;
      const answer: HostAnswer =
        input.kind === "performed"
          ? { answers: this.#standIns.json(input.value, at, this.#kept[way]) }
          : { fails: true };
      calls[step] = [...(calls[step] ?? []), answer];
    }
    return calls;
  }

  #actsOf(state: FlowState, previous: FlowState | undefined): readonly Act[] {
    const { input } = state;
    const before = previous?.run ?? null;
    const at = state.at.getTime() - this.start.getTime();
    const act = (does: Act["does"], ways = 1, when = at): Act => ({ at: when, before, ways, does });
    // A person spoke since the move before, or later: nobody was reminded of anything.
    const takesOver = ({ at: since }: FlowState): Act =>
      act(
        async ({ staff }, guest) => {
          await staff.takesOver(guest);
          return "stay.staff.takesOver(guest)";
        },
        1,
        since.getTime() - this.start.getTime(),
      );
    switch (input.kind) {
      case "begin":
        return [this.#beginning()];
      case "heard": {
        if (before === null || state.heard === null) return [];
        const ways = this.#ways(before, state, state.heard);
        return [act((_, guest, way) => (ways[way] ?? SAYS_NOTHING)(guest), ways.length)];
      }
      case "resume": {
        const givesBack = act(async ({ staff }, guest) => {
          await staff.givesBack(guest);
          return "stay.staff.givesBack(guest)";
        });
        if (before === null || before.status === "handedOff" || previous === undefined) return [givesBack];
        return [takesOver(previous), givesBack];
      }
      case "decided": {
        const { approved } = input;
        const decides = act(async ({ staff }, guest) => {
          await staff.decides(guest, approved);
          return `stay.staff.decides(guest, ${String(approved)})`;
        });
        const isTaken = state.from === "handedOff" && before?.status !== "handedOff" && previous !== undefined;
        return isTaken ? [takesOver(previous), decides] : [decides];
      }
      case "stop":
        return [
          act(async ({ staff }, guest) => {
            await staff.stops(guest);
            return "stay.staff.stops(guest)";
          }),
        ];
      case "closed":
        return [
          act(async ({ staff }, guest) => {
            await staff.closes(guest);
            return "stay.staff.closes(guest)";
          }),
        ];
      // Timers come by themselves, the host answers by itself, and an old button changes nothing.
      default:
        return [];
    }
  }

  #beginning(): Act {
    const { triggers, id } = this.#flow;
    const { given } = this.replay.run;
    const replaced = this.#standIns.json(given, this.start) as Readonly<Record<string, JsonValue>>;
    const texts = Object.fromEntries(
      Object.entries(replaced).map(([name, value]) => [
        name,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    );
    const isEmpty = Object.keys(given).length === 0;
    const does: Act["does"] = async ({ staff }, guest) => {
      for (const trigger of triggers) {
        if (trigger.kind === "keyword" && isEmpty) return says(trigger.words[0] ?? "")(guest);
        if (trigger.kind === "button" && isEmpty) {
          await guest.tapsId(trigger.id);
          return `guest.tapsId(${JSON.stringify(trigger.id)})`;
        }
        const slots = trigger.kind === "phrase" ? slotsOf(trigger.pattern) : null;
        if (trigger.kind === "phrase" && slots?.join() === Object.keys(given).sort().join())
          return says(trigger.pattern.replace(SLOT, (slot) => texts[slot.slice(1, -1)] ?? ""))(guest);
      }
      const line = await says("Good day")(guest);
      await staff.starts(guest, id, texts);
      return `${line};\n  await stay.staff.starts(guest, ${JSON.stringify(id)}, ${JSON.stringify(texts)})`;
    };
    return { at: 0, before: null, ways: 1, does };
  }

  /** How what the guest sent can be said otherwise, the likeliest first. */
  #ways(before: FlowRun, state: FlowState, heard: MessageContent): readonly Way[] {
    const { result, at, run, silenced } = state;
    const stand = this.#standIns;
    const step = versionOf(this.flows, run.flowId, run.flowVersion)?.steps.get(before.step);
    const text = heard.type === "text" ? heard.text : null;
    const word = text === null ? null : flowWord(text);
    if (result === "skipped" && word !== null) return [says(silenced ? "STOP" : word === "stop" ? "cancel" : word)];
    const failing = result === "failed";
    const anything = text ?? "";
    const others = [says(stand.text(anything)), says(stand.text(anything, true))];
    if (step === undefined || !("text" in step)) return others;
    switch (step.kind) {
      case "choose": {
        const chosen = answerTo({ text: "", options: before.options }, heard);
        const index = before.options.findIndex(({ id }) => id === chosen?.id);
        return index < 0 || failing ? [...others, sendsPlace] : [chooses(index, before.options.length)];
      }
      case "ask":
        return failing
          ? [says("?"), ...others, sendsPhoto, sendsPlace]
          : [...this.#asked(step, anything, at).map(says), ...others];
      case "photo":
        return failing
          ? [...others, sendsPlace]
          : heard.type === "document"
            ? [sendsDocument, sendsPhoto]
            : [sendsPhoto];
      case "location":
        return failing ? [...others, sendsPhoto] : [sendsPlace];
      case "form": {
        const answers = heard.type === "flowReply" ? formOf(heard.answers) : {};
        const filled = stand.kept(answers).map((keeps) => fillsIn(stand.json(answers, at, keeps) as object));
        return failing ? [...others, ...filled, fillsIn({})] : filled;
      }
      default:
        return others;
    }
  }

  /** Answers of a question's kind. */
  #asked(step: Extract<Step, { kind: "ask" }>, text: string, now: Date): readonly string[] {
    const stand = this.#standIns;
    const { timeZone, language: own } = this.first.world;
    const language = this.#flow.language ?? this.first.world.guest.language ?? own ?? "en";
    switch (step.as) {
      case "number":
      case "nights": {
        const value = step.as === "number" ? numberIn(text, { language }) : nightsIn(text, { language });
        return [JSON.stringify(stand.json(value ?? 1, now))];
      }
      case "date": {
        const iso = dateIn(text, { timeZone, language, now, past: step.past });
        return iso === null ? [] : [0, 1, 2, 3].map((choice) => stand.date(iso, now, choice));
      }
      case "email":
        return [stand.mail(text)];
      case "phone":
        return [stand.phone(text)];
      case "text":
        return [];
    }
  }
}

type Way = (guest: ScenarioGuest) => Promise<string>;

const GUEST = "Guest";
const SLOT = /\{[A-Za-z][A-Za-z0-9_]*\}/g;
const PLACE = { latitude: 41.9, longitude: 12.5 };
const DOCUMENT = { id: "1", mime_type: "application/pdf", sha256: "aGFzaA==", filename: "document.pdf" };

const SAYS_NOTHING: Way = () => Promise.reject(new RangeError("There is nothing to say."));
const says =
  (text: string): Way =>
  async (guest) => {
    await guest.says(text);
    return `guest.says(${JSON.stringify(text)})`;
  };
const sendsPhoto: Way = async (guest) => {
  await guest.sendsPhoto();
  return "guest.sendsPhoto()";
};
const sendsPlace: Way = async (guest) => {
  await guest.sends("location", PLACE);
  return `guest.sends("location", ${JSON.stringify(PLACE)})`;
};
const sendsDocument: Way = async (guest) => {
  await guest.sends("document", DOCUMENT);
  return `guest.sends("document", ${JSON.stringify(DOCUMENT)})`;
};
const fillsIn =
  (answers: object): Way =>
  async (guest) => {
    await guest.fillsIn(answers);
    return `guest.fillsIn(${JSON.stringify(answers)})`;
  };

/** By a tap where the phone shows options, else by the number: what an option is called may hold what the guest said. */
const chooses =
  (index: number, count: number): Way =>
  async (guest) => {
    const title = guest.phone.flatMap(({ options }) => options).slice(-count)[index];
    if (title === undefined) return says(String(index + 1))(guest);
    await guest.taps(title);
    return `guest.taps(${JSON.stringify(title)})`;
  };

/** Whether it stands there as it stood, and came there the same way. */
function isSame(then: FlowRun, now: FlowRunView | null): boolean {
  if (now === null) return false;
  const way = (steps: readonly { readonly step: string; readonly round: string; readonly result: string }[]) =>
    JSON.stringify(steps.map(({ step, round, result }) => [step, round, result]));
  const { status, step, why } = now;
  return status === then.status && step === then.step && why === then.why && way(then.records) === way(now.steps);
}

const timeOf = (ms: number): string => `${String(ms / 1_000)}s`;

const slotsOf = (pattern: string): readonly string[] =>
  (pattern.match(SLOT) ?? []).map((slot) => slot.slice(1, -1)).sort();

const departmentOf = (step: Step): string | null =>
  step.kind === "handoff" || step.kind === "approval" ? step.departmentId : null;

function formOf(answers: string): JsonValue {
  try {
    const { flow_token: _token, ...given } = JSON.parse(answers) as Readonly<Record<string, JsonValue>>;
    return given;
  } catch {
    return {};
  }
}

/** All that a guest's message says. */
function wordsOf(heard: MessageContent | null): readonly string[] {
  // What stands in a form may be the form's own: which of it stays, is tried.
  if (heard === null || heard.type === "flowReply") return [];
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === "string") texts.push(value);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
  };
  visit(heard);
  return texts;
}
