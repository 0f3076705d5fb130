import { contentLine, type MessageContent, type OutboundContent } from "../domain/content.js";
import { languageFor } from "./texts.js";
import type { FlowAnswers, FlowHandoffReason, FlowRun, FlowRunStatus } from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import type { StepResult } from "../domain/message.js";
import { needsWindow } from "../domain/outbound-content.js";
import { advance, type Advance, type FlowInput, type FlowWorld } from "./advance.js";
import { closedAt, formTokenIn, numbered, type RecordedWorld } from "./moves.js";
import { roundOf } from "./place.js";
import type { FlowReplay, FlowState } from "./replay.js";
import { newRun } from "./run.js";
import type { Flow, Step } from "./types.js";
import { keptBack } from "./weave.js";

/** How a run stands after something moved it. */
export interface Stood {
  readonly step: string;
  readonly status: FlowRunStatus;
  readonly answers: FlowAnswers;
  readonly why: FlowHandoffReason | null;
  /** What the guest reads, with what can be tapped: `"Breakfast? [Yes] [No]"`. */
  readonly said: readonly string[];
  /** What the guest's message is taken for; null where it is none of the run's, or there is none. */
  readonly heard: StepResult | null;
}

/** One move of it, as it was and as it would have been. */
export interface WhatIfStep {
  /** Of the recorded move; null for what only the other version does: a timer of its own, a call to the host at another moment. */
  readonly number: number | null;
  readonly at: Date;
  readonly by: FlowInput["kind"] | "closed";
  /** How it was; for what only the other version does, how it was at that time. */
  readonly was: Stood;
  readonly would: Stood;
  readonly differs: readonly (keyof Stood)[];
}

/** How a recorded run would have gone in another version of its flow. */
export interface WhatIf {
  readonly flowId: string;
  readonly from: number;
  readonly to: number;
  readonly steps: readonly WhatIfStep[];
  readonly differs: boolean;
  /** A call to the host of which nothing is recorded: what comes after it is not known. The step's name; null: there was none. */
  readonly unknown: string | null;
}

/**
 * What another version of a flow would have done with a guest who walked this one: the same messages, taps, times and answers of the host, by the
 * other's rules. Pure: nothing is sent, and the host is not called. A tap is a tap on the option of the same value, else of the same title. A
 * version's own reminders and time-outs come when they are due, but while staff spoke.
 * @param replay of `desk.replayFlow()`; what it could not make again (`gap`) is not looked at
 */
export function whatIf(replay: FlowReplay, flow: Flow): WhatIf {
  const world = new Imagined(replay, flow);
  for (const [index] of replay.states.entries()) if (!world.comesTo(index)) break;
  const { steps, unknown } = world;
  const from = replay.states[0]?.run.flowVersion ?? replay.run.flowVersion;
  const differs = unknown !== null || steps.some((step) => step.differs.length > 0);
  return { flowId: flow.id, from, to: flow.version, steps, differs, unknown };
}

type Result = Extract<FlowInput, { readonly kind: "performed" | "notPerformed" | "file" }>;
type Timer = Advance["timers"][number];

/** More moves than that of the other version's own, one after the other, are a flow that goes round. */
const OWN_MOST = 100;

class Imagined {
  readonly steps: WhatIfStep[] = [];
  unknown: string | null = null;
  #run: FlowRun | null = null;
  #timer: Timer | null = null;
  /** What the host answered, by step and round, in order. */
  readonly #results = new Map<string, Result[]>();

  constructor(
    readonly replay: FlowReplay,
    readonly flow: Flow,
  ) {
    for (const [index, { input }] of replay.states.entries()) {
      const before = replay.states[index - 1]?.run;
      if (before === undefined || !isResult(input)) continue;
      const key = this.#placeOf(before);
      this.#results.set(key, [...(this.#results.get(key) ?? []), input]);
    }
  }

  /** @returns false when nothing is known from there on */
  comesTo(index: number): boolean {
    const { states } = this.replay;
    const state = states[index];
    if (state === undefined) return false;
    const before = states[index - 1] ?? null;
    this.#ownTimers(before, state);
    if (!this.#isKnown) return false;
    const move = this.#moved(before, state);
    this.#tell(state.number, state.at, state.input.kind, state, move);
    this.#ownCalls(state);
    return this.#isKnown;
  }

  get #isKnown(): boolean {
    return this.unknown === null;
  }

  /** The other version's move by what moved the recorded one; null: it does not move by it. */
  #moved(before: FlowState | null, state: FlowState): Advance | null {
    const { input, at } = state;
    const { replay, flow } = this;
    if (this.#run === null || before === null) {
      const { id, conversationId, ...place } = replay.run;
      const language = languageFor(flow, state.world);
      this.#run = newRun(id, flow, { ...place, id: conversationId }, { ...place, language, now: at });
      return this.#advance({ kind: "begin" }, state);
    }
    const run = this.#run;
    switch (input.kind) {
      case "closed":
        if (run.endedAt === null) this.#run = numbered(closedAt(run, at));
        return null;
      case "heard":
        return state.heard === null
          ? null
          : this.#advance({ ...input, content: this.#adapted(state.heard, before, state) }, state);
      case "performed":
      case "notPerformed":
      case "file":
        if (!this.#isAtCall(run) || this.#placeOf(before.run) !== placeIn(run)) return null;
        this.#results.get(placeIn(run))?.shift();
        return this.#advance({ ...input, turn: turnFor(run, input) }, state);
      case "timer":
        return this.#timer !== null && this.#isShared(this.#timer, before)
          ? this.#advance({ ...input, turn: run.turn }, state)
          : null;
      case "resume":
        return run.status === "handedOff" || before.run.status !== "handedOff" ? this.#advance(input, state) : null;
      case "decided":
        return run.approval?.decision === null ? this.#advance({ ...input, approvalId: run.approval.id }, state) : null;
      // That the recorded version was gone says nothing of this one.
      case "park":
        return null;
      default:
        return this.#advance(input, state);
    }
  }

  #advance(input: FlowInput, state: FlowState, at = state.at): Advance | null {
    const { flow } = this;
    const run = this.#run;
    if (run === null) return null;
    const world = imagined(state.world, at, run);
    const comes = isResult(input) || input.kind === "decided";
    const held = state.from === "handedOff" && comes ? { ...run, status: state.from } : run;
    const first = advance(flow, held, input, world);
    if (first === null) return null;
    const { keptBack: why } = state;
    const move = why === null || at !== state.at ? first : kept(flow, first, why, world);
    const joined = state.run.endedAt !== null && state.run.status === "handedOff" && move.run.status === "handedOff";
    this.#run = numbered(joined && at === state.at ? { ...move.run, endedAt: at } : move.run);
    this.#timer = move.timers.at(-1) ?? this.#stillSet(this.#timer);
    return move;
  }

  /** A move keeps what was set where it is the same turn's. */
  readonly #stillSet = (timer: Timer | null): Timer | null =>
    timer !== null && this.#run?.turn === timer.turn && this.#run.status === "waiting" ? timer : null;

  /** What is due before the next recorded move by the other version's own timers. */
  #ownTimers(before: FlowState | null, state: FlowState): void {
    // A person spoke somewhere in between: nobody was reminded of anything.
    if (before === null || (state.input.kind === "resume" && before.run.status !== "handedOff")) return;
    for (let count = 0; count < OWN_MOST; count++) {
      const timer = this.#stillSet(this.#timer);
      if (timer === null || timer.dueAt.getTime() > state.at.getTime() || this.#isShared(timer, before)) return;
      this.#timer = null;
      const move = this.#advance({ kind: "timer", what: timer.what, turn: timer.turn }, before, timer.dueAt);
      this.#tell(null, timer.dueAt, "timer", before, move);
      this.#ownCalls(before, timer.dueAt);
      if (!this.#isKnown) return;
    }
  }

  /** Whether the recorded run has the same set, for the same time: then it fires when it fired there, if it did. */
  #isShared(timer: Timer, { run, timers }: FlowState): boolean {
    const there = this.#lastSet(run) ?? timers.at(-1);
    return (
      there !== undefined &&
      run.status === "waiting" &&
      there.turn === run.turn &&
      there.what === timer.what &&
      there.dueAt.getTime() === timer.dueAt.getTime() &&
      this.#renamed(run.step) === this.#run?.step
    );
  }

  /** The newest timer that was set for a recorded run's turn: the move itself may have set none. */
  readonly #lastSet = (run: FlowRun): Timer | undefined =>
    this.replay.states
      .filter(({ number }) => number <= run.moves)
      .flatMap(({ timers }) => timers)
      .findLast(({ turn }) => turn === run.turn);

  /** Calls of the other version's that the recorded one did not make at that moment: what was answered once is what is answered. */
  #ownCalls(state: FlowState, at = state.at): void {
    for (let count = 0; count < OWN_MOST; count++) {
      const run = this.#run;
      if (run?.status !== "running" || !this.#isAtCall(run)) return;
      if (isCalling(state.run) && this.#placeOf(state.run) === placeIn(run)) return;
      const result = this.#results.get(placeIn(run))?.shift();
      if (result === undefined) {
        this.unknown = run.step;
        return;
      }
      const move = this.#advance({ ...result, turn: turnFor(run, result) }, state, at);
      this.#tell(null, at, result.kind, state, move);
    }
  }

  readonly #isAtCall = ({ step }: FlowRun): boolean => {
    const kind: Step["kind"] | undefined = this.flow.steps.get(step)?.kind;
    return kind === "perform" || kind === "photo";
  };

  /** A recorded place, by the name that it has in the other version. */
  readonly #placeOf = (run: FlowRun): string => `${this.#renamed(run.step)} ${roundOf(run)}`;

  readonly #renamed = (step: string): string => {
    const from = this.replay.states[0]?.run.flowVersion;
    const to = this.flow.migrations.find((one) => one.from === from)?.steps?.[step];
    return typeof to === "string" ? to : step;
  };

  /** What the guest would have sent: what they tapped, and filled in, was the other question's. */
  #adapted(content: MessageContent, { run: before }: FlowState, { input, result }: FlowState): MessageContent {
    const run = this.#run;
    if (run === null) return content;
    if (content.type === "choice") {
      const tapped = before.options.find(({ id }) => id === content.id);
      const option =
        run.options.find(({ value }) => value === tapped?.value) ??
        run.options.find(({ title }) => title === content.text);
      return option === undefined ? content : { ...content, id: option.id, text: option.title };
    }
    if (content.type !== "flowReply" || run.promptId === null) return content;
    const token = formTokenIn(content.answers);
    const own = input.kind === "heard" ? input.form?.promptId : undefined;
    const isOwn = result === "succeeded" || own === before.promptId || token === before.promptId;
    const step = this.flow.steps.get(run.step);
    if (!isOwn || step?.kind !== "form") return content;
    const answers = JSON.parse(content.answers) as Readonly<Record<string, JsonValue>>;
    const flow_token = step.token?.(run.promptId) ?? run.promptId;
    return { ...content, answers: JSON.stringify({ ...answers, flow_token }) };
  }

  #tell(number: number | null, at: Date, by: WhatIfStep["by"], state: FlowState, move: Advance | null): void {
    const run = this.#run;
    if (run === null) return;
    const isRecorded = number !== null;
    const was = stood(state.run, isRecorded ? state.said : [], isRecorded ? state.result : null);
    const silenced = isRecorded && state.silenced;
    const would = stood(run, silenced ? [] : (move?.says ?? []), move?.heard?.result ?? null);
    const known = { ...was, step: this.#renamed(was.step) };
    const differs = (Object.keys(would) as (keyof Stood)[]).filter(
      (part) => JSON.stringify(known[part]) !== JSON.stringify(would[part]),
    );
    this.steps.push({ number, at, by, was, would, differs });
  }
}

const isResult = (input: { readonly kind: string }): input is Result =>
  input.kind === "performed" || input.kind === "notPerformed" || input.kind === "file";

/** The turn that what was waited for is for. */
const turnFor = ({ turn, call }: FlowRun, { kind }: Result): number => (kind === "file" ? turn : (call?.turn ?? turn));

/** It waits for the host, or for a file. */
const isCalling = ({ status, promptId }: FlowRun): boolean =>
  status === "running" || (status === "handedOff" && promptId === null);

const placeIn = (run: FlowRun): string => `${run.step} ${roundOf(run)}`;

const imagined = ({ forms, ...world }: RecordedWorld, now: Date, { hotelId, guestId }: FlowRun): FlowWorld => ({
  ...world,
  now,
  ...(forms && {
    forms: { seal: ({ promptId }) => promptId, open: (promptId) => ({ hotelId, guestId, promptId }) },
  }),
});

/** Staff got it there, and would have got it here: what WhatsApp would not have carried, and all where the desk had said too much. */
function kept(flow: Flow, move: Advance, why: FlowHandoffReason, world: FlowWorld): Advance {
  const says = why === "window_closed" ? move.says.filter(({ content }) => !needsWindow(content)) : [];
  const leaves = why === "window_closed" && says.length === move.says.length;
  return leaves ? move : keptBack(flow, move, says, why, world);
}

const stood = (
  { step, status, answers, why }: FlowRun,
  said: readonly { readonly content: OutboundContent }[],
  heard: StepResult | null,
): Stood => ({ step, status, answers, why, said: said.map(({ content }) => shownAs(content)), heard });

function shownAs(content: OutboundContent): string {
  const options = content.type === "buttons" ? content.buttons : content.type === "list" ? content.rows : [];
  const text = "text" in content && typeof content.text === "string" ? content.text : contentLine(content);
  return [text, ...options.map(({ title }) => `[${title}]`)].join(" ");
}
