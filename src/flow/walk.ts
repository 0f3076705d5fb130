import type { Agreement, FlowHandoffReason, FlowRun, StepRecord } from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import type { OutboundContent } from "../domain/content.js";
import type { StepResult } from "../domain/message.js";
import { flowMessageId } from "../decide/ids.js";
import type { Advance, Call, Cause, FlowWorld, Handoff, Landed, NewPrompt, Say, Timer } from "./advance.js";
import { contextOf, roundOf, secretIn, withAnswer, withoutAnswers } from "./place.js";
import { languageOf, textsOf } from "./texts.js";
import type { Erased, Flow, FlowContext, FlowTexts, Step, Words } from "./types.js";

/** A run while it moves, and what is to be done about it so far. */
export class Walk {
  /** The guest wrote a word instead of an answer. */
  obeys = false;
  run: FlowRun;
  prompt: NewPrompt | null = null;
  calls: Call[] = [];
  timers: Timer[] = [];
  approval: Advance["approval"] = null;
  heard: Advance["heard"] = null;
  rated: Advance["rated"] = null;
  agreed: Agreement | null = null;
  landed: Landed | null = null;
  speaks: string | null = null;
  #says: Say[] = [];
  #handoff: Handoff | null = null;
  readonly #done: { step: string; result: StepResult }[] = [];

  constructor(
    readonly flow: Flow,
    run: FlowRun,
    readonly world: FlowWorld,
  ) {
    this.run = run;
  }

  result(cause: Cause): Advance {
    const { run, prompt, calls, timers, approval, heard, rated, agreed, landed, speaks } = this;
    return {
      cause,
      run,
      says: this.#says,
      prompt,
      calls,
      timers,
      handoff: this.#handoff,
      approval,
      heard,
      rated,
      agreed,
      landed,
      done: this.#done,
      ...(speaks !== null && { speaks }),
    };
  }

  get language(): string {
    return languageOf(this.flow, this.world, this.run);
  }

  get texts(): FlowTexts {
    return textsOf(this.flow, this.language);
  }

  get step(): Step | undefined {
    return this.flow.steps.get(this.run.step);
  }

  get after(): string | null {
    return this.step?.next ?? null;
  }

  context(): Erased {
    const { guest } = this.world;
    const speaking = this.speaks === null ? guest : { ...guest, language: this.speaks };
    return contextOf(this.flow, this.run, { ...this.world, guest: speaking });
  }

  words(words: Words): string {
    return typeof words === "string" ? words : (words as (context: FlowContext) => string)(this.context());
  }

  /** Gives it to staff. @param result what became of the step; null leaves it open */
  park(
    why: FlowHandoffReason,
    result: StepResult | null,
    handoff: Partial<Handoff> = {},
    goodbye: string | null = null,
  ): void {
    if (result !== null) this.mark(result);
    this.run = { ...this.run, status: "handedOff", why, promptId: null, options: [], turn: this.run.turn + 1 };
    this.timers = [];
    this.calls = [];
    this.approval = null;
    // What was said on the way here belongs to it: it was decided before a person spoke.
    this.#says = this.#says.map((say) => ({ ...say, goodbye: true }));
    this.prompt = null;
    this.#handoff = { why, departmentId: null, note: null, ...handoff };
    const words = goodbye ?? this.texts.handedOff;
    // To whom nothing can be sent nothing is said; and whoever does not answer is not told that somebody comes.
    if (why !== "window_closed" && why !== "timed_out") this.say({ type: "text", text: words }, "succeeded", true);
  }

  end(status: "finished" | "stopped" | "expired"): void {
    const { now } = this.world;
    this.run = { ...this.run, status, promptId: null, options: [], turn: this.run.turn + 1, endedAt: now };
    this.timers = [];
    this.calls = [];
  }

  /** Keeps the answer of the step that it is at. */
  answer(value: JsonValue, result: StepResult = "succeeded"): void {
    this.keep(value);
    this.mark(result);
  }

  /** What is secret of it is so in whatever release hands the guest to staff. */
  keep(value: JsonValue): void {
    const { step, run } = this;
    const { step: name, secrets = [] } = run;
    const own = step === undefined ? [] : secretIn(name, step).filter((one) => !secrets.includes(one));
    this.run = {
      ...run,
      answers: withAnswer(this.flow, run, value),
      ...(own.length > 0 && { secrets: [...secrets, ...own] }),
    };
  }

  /** What was answered beside this step is asked anew, and agreed to anew. */
  forget(names: readonly string[]): void {
    const { run } = this;
    const { step, agreements = [] } = run;
    const beside = step.slice(0, step.lastIndexOf(".") + 1);
    const forgotten = new Set(names.map((name) => `${beside}${name}`));
    this.run = {
      ...run,
      answers: withoutAnswers(this.flow, run, names),
      agreements: agreements.filter((one) => !forgotten.has(one.step)),
      // Nobody goes back to where it still counted.
      trail: [],
    };
  }

  /** @returns the message's id */
  say(content: OutboundContent, result: StepResult, goodbye = false): string {
    const id = flowMessageId(this.world.rootId, this.#says.length);
    this.#says.push({ id, content, step: this.run.step, result, goodbye });
    return id;
  }

  /** The run comes to a step. */
  record(result: StepResult, messageId: string | null = null): void {
    const { step, records } = this.run;
    const record: StepRecord = { step, round: roundOf(this.run), result, at: this.world.now.toISOString(), messageId };
    this.run = { ...this.run, records: [...records, record] };
    if (result !== "pending") this.#done.push({ step, result });
  }

  /** The question that stands was asked once more. */
  askedAgain(messageId: string): void {
    const { records } = this.run;
    const last = records.at(-1);
    if (last?.result !== "pending") return;
    const askedAgainIn = [...(last.askedAgainIn ?? []), messageId];
    this.run = { ...this.run, records: [...records.slice(0, -1), { ...last, askedAgainIn }] };
  }

  /** Says what became of the step that was open. */
  mark(result: StepResult): void {
    const { step, records } = this.run;
    const last = records.at(-1);
    if (last?.result !== "pending" || last.step !== step) return;
    const at = this.world.now.toISOString();
    this.run = { ...this.run, records: [...records.slice(0, -1), { ...last, result, at }] };
    this.#done.push({ step, result });
  }
}

/** Nothing comes of its call any more. Made again, it has the same key. */
export const uncalled = (run: FlowRun): FlowRun =>
  run.call == null ? run : { ...run, call: { ...run.call, turn: null } };
