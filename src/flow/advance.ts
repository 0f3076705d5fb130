import { answerTo, bestOf } from "../decide/choices.js";
import { attachmentId, flowApprovalId, flowCallId, flowMessageId, flowPromptId } from "../decide/ids.js";
import { isLanguage } from "../decide/language.js";
import type { MessageContent, OutboundContent } from "../domain/content.js";
import {
  isLive,
  type Agreement,
  type Approval,
  type ApprovalDecision,
  type FlowHandoffReason,
  type FlowPlace,
  type FlowRun,
  type FlowRunStatus,
  type StepRecord,
} from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import type { StepResult } from "../domain/message.js";
import { optionId } from "../domain/prompt.js";
import type { Score } from "../domain/rating.js";
import { dateIn, emailIn, nightsIn, numberIn, phoneIn } from "./answers.js";
import { contextOf, roundOf, withAnswer } from "./place.js";
import { languageOf, textsOf } from "./texts.js";
import type {
  Erased,
  Flow,
  FlowContext,
  FlowGuest,
  FlowTexts,
  Heard,
  NamedOption,
  QuestionStep,
  Step,
  Words,
} from "./types.js";
import { flowWord } from "./words.js";

/** What a run is moved by. Each names the turn that it is for, where it is for one: another turn's moves nothing. */
export type FlowInput =
  | { readonly kind: "begin" }
  /** The guest sent something. */
  | ({ readonly kind: "heard" } & Heard)
  /** They tapped, quoted or filled in a question that is over. */
  | { readonly kind: "old" }
  /** What the host answered to a call. */
  | { readonly kind: "performed"; readonly turn: number; readonly value: JsonValue }
  /** Staff have decided. */
  | { readonly kind: "decided"; readonly approvalId: string; readonly approved: boolean; readonly by: string }
  /** A photo was looked into: it is there, or it is none that can be used. */
  | { readonly kind: "file"; readonly turn: number; readonly isThere: boolean }
  /** It did not, however often it was called. */
  | { readonly kind: "notPerformed"; readonly turn: number }
  | { readonly kind: "timer"; readonly turn: number; readonly what: TimerKind }
  /** Whoever spoke has given the conversation back. */
  | { readonly kind: "resume" }
  | { readonly kind: "stop" }
  | { readonly kind: "park"; readonly why: FlowHandoffReason };
export type TimerKind = "remind" | "timeout" | "wake";

/** What stands around a run. */
export interface FlowWorld {
  /** By the database's clock. */
  readonly now: Date;
  /** The work's or command's id: the root of every id made here. */
  readonly rootId: string;
  readonly guest: FlowGuest;
  /** IANA, the hotel's. */
  readonly timeZone: string;
  /** BCP 47, the hotel's: of flows that name none. */
  readonly language?: string;
  /** The hotel's `clocks.flowStepMs`. */
  readonly stepMs: number;
  /** Photos are looked into before they are an answer. */
  readonly keepsFiles: boolean;
  /** By which a form is known to be this guest's and this question's. Without them it carries the question's id. */
  readonly forms?: FormTokens;
  /** Told what the flow's own code threw; the run goes to staff. */
  readonly threw?: (error: unknown, run: FlowRun) => void;
}

/** Tokens of native forms. */
export interface FormTokens {
  seal(of: FormOf, now: Date): string;
  /** Whose form a token is; null for what is no token of ours, or has expired. */
  open(token: string, now: Date): FormOf | null;
}

export interface FormOf {
  readonly hotelId: string;
  readonly guestId: string;
  readonly promptId: string;
}

/** The run after a move, and all that is to be done about it. */
export interface Advance {
  readonly run: FlowRun;
  /** In this order. */
  readonly says: readonly Say[];
  /** Set when the guest is asked something new. */
  readonly prompt: NewPrompt | null;
  readonly calls: readonly Call[];
  readonly timers: readonly { readonly what: TimerKind; readonly turn: number; readonly dueAt: Date }[];
  readonly handoff: Handoff | null;
  /** What staff are asked to decide, and of which department; null: the conversation's own. */
  readonly approval: (Approval & { readonly departmentId: string | null }) | null;
  /** What the guest's message was: the step that it answered, and whether it could be used; null when it was none of the run's. */
  readonly heard: { readonly step: string; readonly result: StepResult } | null;
  /** How the guest rates the hotel with this move. */
  readonly rated: { readonly promptId: string; readonly score: Score; readonly askedAt: Date } | null;
  /** What the guest agreed to with this move. */
  readonly agreed: Agreement | null;
  /** Steps that ended with this move. */
  readonly done: readonly { readonly step: string; readonly result: StepResult }[];
  /** BCP 47: what the guest says they speak; absent where they said nothing of it. */
  readonly speaks?: string;
  readonly cause: Cause;
}

/** By what a run came to move, so that it can be made to again. */
export interface Cause {
  readonly input: FlowInput;
  /** What the run was taken for. */
  readonly from: FlowRunStatus;
  /** Why staff got it in spite of where the flow went; null: they did not. */
  readonly keptBack: FlowHandoffReason | null;
}

export interface Call {
  readonly id: string;
  readonly turn: number;
  /** The message of a photo whose file is waited for; absent where the host is called. */
  readonly photo?: string;
}

export interface Say {
  readonly id: string;
  readonly content: OutboundContent;
  readonly step: string;
  readonly result: StepResult;
  /** Said for the desk by way of goodbye: it leaves though a person speaks from now on. */
  readonly goodbye: boolean;
}

export interface NewPrompt {
  readonly id: string;
  readonly step: string;
  readonly messageId: string;
  readonly options: readonly { readonly id: string; readonly value: string; readonly title: string }[];
}

export interface Handoff {
  readonly why: FlowHandoffReason;
  /** null: the conversation's own. */
  readonly departmentId: string | null;
  /** What the flow's developer has staff read besides. */
  readonly note: string | null;
}

/** More steps in one go, or in one run, are a flow that goes round without end. */
const STEPS_AT_ONCE = 200;
const STEPS_IN_ALL = 1_000;
const ITEMS_MOST = 100;
const TRIES = 3;

/**
 * Moves a run on, as far as it goes without waiting. Pure: time is in the arguments, and nothing is awaited.
 * @returns null when the input is not for the run as it stands: it belongs to an earlier turn, or the run is over or waits for something
 *   else
 */
export function advance(flow: Flow, before: FlowRun, input: FlowInput, world: FlowWorld): Advance | null {
  if (!isLive(before)) return null;
  const cause: Cause = { input, from: before.status, keptBack: null };
  const walk = new Walk(flow, before, world);
  try {
    return walk.moved(input) ? walk.result(cause) : null;
  } catch (error) {
    world.threw?.(error, walk.result(cause).run);
    // What was answered and done on the way is kept, and it stands at the step that threw; whoever wanted back stays where they were.
    const failed = walk.obeys ? new Walk(flow, before, world) : walk;
    failed.park("step_failed", "failed");
    return failed.result(cause);
  }
}

/** Where a guest's answer led. */
type Read =
  { readonly kind: "answer"; readonly value: JsonValue } | { readonly kind: "skip" } | { readonly kind: "invalid" };

class Walk {
  /** The guest wrote a word instead of an answer. */
  obeys = false;
  #run: FlowRun;
  #says: Say[] = [];
  #prompt: NewPrompt | null = null;
  #calls: Call[] = [];
  #timers: { what: TimerKind; turn: number; dueAt: Date }[] = [];
  #handoff: Handoff | null = null;
  #approval: Advance["approval"] = null;
  #heard: Advance["heard"] = null;
  #rated: Advance["rated"] = null;
  #agreed: Agreement | null = null;
  #done: { step: string; result: StepResult }[] = [];
  #speaks: string | null = null;

  constructor(
    readonly flow: Flow,
    run: FlowRun,
    readonly world: FlowWorld,
  ) {
    this.#run = run;
  }

  result(cause: Cause): Advance {
    return {
      cause,
      run: this.#run,
      says: this.#says,
      prompt: this.#prompt,
      calls: this.#calls,
      timers: this.#timers,
      handoff: this.#handoff,
      approval: this.#approval,
      heard: this.#heard,
      rated: this.#rated,
      agreed: this.#agreed,
      done: this.#done,
      ...(this.#speaks !== null && { speaks: this.#speaks }),
    };
  }

  /** @returns false when it is not for the run as it stands */
  moved(input: FlowInput): boolean {
    const { turn, status } = this.#run;
    switch (input.kind) {
      case "begin":
        this.#enter(this.flow.first);
        return true;
      case "resume":
        return this.#resume();
      case "stop":
        this.#stop();
        return true;
      case "park":
        this.park(input.why, null);
        return true;
      case "heard":
        return status !== "handedOff" && this.#hear(input);
      case "old":
        this.#run = { ...this.#run, toldOverAt: this.world.now };
        this.#say({ type: "text", text: this.#texts.over }, "skipped");
        return true;
      case "performed":
        if (input.turn !== turn || this.#step()?.kind !== "perform") return false;
        this.#answer(input.value);
        // What was done once is not done again because somebody goes back.
        this.#run = { ...this.#run, trail: [] };
        if (status === "handedOff") this.#run = { ...this.#run, ...this.#nextPlace(), turn: turn + 1 };
        else this.#enter(this.#after());
        return true;
      case "decided":
        return (
          this.#run.approval?.id === input.approvalId &&
          this.#decide(input.approved ? "approved" : "declined", input.by)
        );
      case "file":
        return input.turn === turn && this.#file(input.isThere);
      case "notPerformed":
        if (input.turn !== turn || this.#step()?.kind !== "perform") return false;
        // Whoever has it already reads what became of it in the run; given back, the host is called anew.
        if (status === "handedOff") {
          this.#mark("failed");
          this.#run = { ...this.#run, why: "step_failed", turn: turn + 1 };
        } else this.park("step_failed", "failed");
        return true;
      case "timer":
        return input.turn === turn && status === "waiting" && this.#timer(input.what);
    }
  }

  get #language(): string {
    return languageOf(this.flow, this.world, this.#run);
  }

  get #texts(): FlowTexts {
    return textsOf(this.flow, this.#language);
  }

  get #form(): FormOf {
    const { hotelId, guestId, promptId } = this.#run;
    return { hotelId, guestId, promptId: promptId ?? "" };
  }

  #formToken(own: ((promptId: string) => string) | null): string {
    const form = this.#form;
    return own?.(form.promptId) ?? this.world.forms?.seal(form, this.world.now) ?? form.promptId;
  }

  /** A token may have been sealed at another time, and with another secret. */
  #isOwnForm(token: JsonValue | undefined, own: ((promptId: string) => string) | null): boolean {
    const form = this.#form;
    const { forms, now } = this.world;
    if (own !== null || forms === undefined) return token === this.#formToken(own);
    const of = typeof token === "string" ? forms.open(token, now) : null;
    return of?.promptId === form.promptId && of.guestId === form.guestId && of.hotelId === form.hotelId;
  }

  /** Gives it to staff. @param result what became of the step; null leaves it open */
  park(
    why: FlowHandoffReason,
    result: StepResult | null,
    handoff: Partial<Handoff> = {},
    goodbye: string | null = null,
  ): void {
    if (result !== null) this.#mark(result);
    this.#run = { ...this.#run, status: "handedOff", why, promptId: null, options: [], turn: this.#run.turn + 1 };
    this.#timers = [];
    this.#calls = [];
    this.#approval = null;
    // What was said on the way here belongs to it: it was decided before a person spoke.
    this.#says = this.#says.map((say) => ({ ...say, goodbye: true }));
    this.#prompt = null;
    this.#handoff = { why, departmentId: null, note: null, ...handoff };
    const words = goodbye ?? this.#texts.handedOff;
    // To whom nothing can be sent nothing is said; and whoever does not answer is not told that somebody comes.
    if (why !== "window_closed" && why !== "timed_out") this.#say({ type: "text", text: words }, "succeeded", true);
  }

  #step(): Step | undefined {
    return this.flow.steps.get(this.#run.step);
  }

  #after(): string | null {
    return this.#step()?.next ?? null;
  }

  /** The step after this one, without going there. */
  #nextPlace(): Partial<FlowRun> {
    const next = this.#after();
    return next === null ? { resumesAtEnd: true } : { step: next, resumesAt: true };
  }

  #context(): Erased {
    const { guest } = this.world;
    const speaking = this.#speaks === null ? guest : { ...guest, language: this.#speaks };
    return contextOf(this.flow, this.#run, { ...this.world, guest: speaking });
  }

  #words(words: Words): string {
    return typeof words === "string" ? words : (words as (context: FlowContext) => string)(this.#context());
  }

  /** Goes to a step, and on from there until something is waited for. null: the end. */
  #enter(first: string | null): void {
    let next = first;
    for (let count = 0; next !== null; count++) {
      if (count >= STEPS_AT_ONCE || this.#run.records.length >= STEPS_IN_ALL) {
        this.park("loops", "failed");
        return;
      }
      this.#run = {
        ...this.#run,
        step: next,
        tries: 0,
        reminded: false,
        why: null,
        resumesAt: false,
        resumesAtEnd: false,
      };
      const step = this.#step();
      if (step === undefined) throw new Error("no such step");
      const went = this.#visit(step);
      if (went === STAYS) return;
      next = went;
    }
    this.#end("finished");
  }

  /** @returns the next step; null: the end; or that it stays there */
  #visit(step: Step): string | null | typeof STAYS {
    switch (step.kind) {
      case "say": {
        const content = step.content;
        const said: OutboundContent =
          content === null
            ? { type: "text", text: this.#words(step.text ?? "") }
            : typeof content === "function"
              ? content(this.#context())
              : content;
        this.#record("succeeded", this.#say(said, "succeeded"));
        return step.next;
      }
      case "ask":
      case "choose":
      case "photo":
      case "location":
      case "form":
        this.#ask(step);
        return STAYS;
      case "perform": {
        const turn = this.#run.turn + 1;
        this.#record("pending");
        this.#run = { ...this.#run, turn, status: "running", promptId: null, options: [] };
        this.#calls.push({ id: flowCallId(this.#run.id, turn), turn });
        return STAYS;
      }
      case "wait": {
        const until = step.until(this.#context());
        if (!(until.getTime() > this.world.now.getTime())) {
          this.#record("succeeded");
          return step.next;
        }
        const turn = this.#run.turn + 1;
        this.#record("pending");
        this.#run = { ...this.#run, turn, status: "waiting", promptId: null, options: [] };
        this.#timers.push({ what: "wake", turn, dueAt: until });
        return STAYS;
      }
      case "approval": {
        const turn = this.#run.turn + 1;
        const said = step.text === null ? null : this.#say({ type: "text", text: this.#words(step.text) }, "pending");
        this.#record("pending", said);
        const approval: Approval = {
          id: flowApprovalId(this.#run.id, turn),
          step: this.#run.step,
          note: this.#words(step.note),
          askedAt: this.world.now.toISOString(),
          decision: null,
        };
        this.#approval = { ...approval, departmentId: step.departmentId };
        this.#run = { ...this.#run, turn, status: "waiting", promptId: null, options: [], approval };
        if (step.timeoutMs !== null)
          this.#timers.push({ what: "timeout", turn, dueAt: new Date(this.world.now.getTime() + step.timeoutMs) });
        return STAYS;
      }
      case "branch": {
        const path = step.when(this.#context());
        const to = step.paths[path];
        if (to === undefined) throw new Error("no such path");
        return to;
      }
      case "goTo":
        this.#run = { ...this.#run, loops: loopsAround(this.flow, step.target, this.#run) };
        return step.target;
      case "each": {
        const items = itemsOf(step.over(this.#context()));
        this.#answer(items.map(() => ({})));
        if (items.length === 0) {
          this.#record("skipped");
          return step.next;
        }
        const loops = { ...this.#run.loops, [this.#run.step]: { at: 0, items } };
        this.#run = { ...this.#run, loops };
        return step.first;
      }
      case "again": {
        const { [step.loop]: loop, ...others } = this.#run.loops;
        const owner = this.flow.steps.get(step.loop);
        if (loop === undefined || owner?.kind !== "each") throw new Error("no such loop");
        const at = loop.at + 1;
        if (at >= loop.items.length) {
          this.#run = { ...this.#run, loops: others };
          return step.next;
        }
        this.#run = { ...this.#run, loops: { ...others, [step.loop]: { ...loop, at } } };
        return owner.first;
      }
      case "use":
        this.#answer({});
        return step.first;
      case "handoff":
        this.#record("succeeded");
        this.park(
          "step",
          null,
          { departmentId: step.departmentId, note: step.note === null ? null : this.#words(step.note) },
          step.text === null ? null : this.#words(step.text),
        );
        return STAYS;
      case "end":
        return null;
    }
  }

  /** Asks anew: what was asked before is over. */
  #ask(step: QuestionStep, before: string | null = null): void {
    const turn = this.#run.turn + 1;
    const id = flowPromptId(this.#run.id, turn);
    const options =
      step.kind === "choose"
        ? step.options(this.#context()).map((one, index) => ({ ...one, id: optionId(id, index) }))
        : [];
    this.#run = { ...this.#run, turn, status: "waiting", promptId: id, options };
    const messageId = this.#question(step, before);
    this.#record("pending", messageId);
    this.#prompt = {
      id,
      step: this.#run.step,
      messageId: messageId ?? "",
      options: options.map(({ id: option, value, title }) => ({ id: option, value, title })),
    };
    this.#setTimer(step);
  }

  #setTimer(step: QuestionStep): void {
    const { stepMs, now } = this.world;
    const remindMs = step.remindMs === undefined ? stepMs : step.remindMs;
    const timeoutMs = step.timeoutMs === undefined ? (remindMs ?? stepMs) : step.timeoutMs;
    const { turn, reminded } = this.#run;
    const [what, ms] =
      reminded || remindMs === null ? (["timeout", timeoutMs] as const) : (["remind", remindMs] as const);
    if (ms !== null) this.#timers.push({ what, turn, dueAt: new Date(now.getTime() + ms) });
  }

  /** Shows the question, after what is said before it. @returns the id of the first message */
  #question(step: QuestionStep, before: string | null): string | null {
    const asked = this.#words(step.text);
    const joined = before === null ? asked : `${before}\n\n${asked}`;
    // What one message has no room for is two.
    const fits = joined.length <= 1024;
    if (!fits && before !== null) this.#say({ type: "text", text: before }, "pending");
    const text = fits ? joined : asked;
    const [first, ...more] = this.#contents(step, text);
    const id = first === undefined ? null : this.#say(first, "pending");
    for (const content of more) this.#say(content, "pending");
    return id;
  }

  #contents(step: QuestionStep, text: string): readonly OutboundContent[] {
    switch (step.kind) {
      case "choose": {
        const { button } = step;
        return bestOf({
          text,
          options: this.#run.options.map(({ value: _value, ...option }) => option),
          ...(button !== undefined && { button: this.#words(button) }),
        }).contents;
      }
      case "location":
        return [{ type: "locationRequest", text }];
      case "form": {
        const start = step.start?.(this.#context());
        const token = this.#formToken(step.token);
        return [
          {
            type: "form",
            text,
            label: this.#words(step.label),
            form: step.form,
            token,
            ...(start !== undefined && { start }),
          },
        ];
      }
      default:
        return [{ type: "text", text }];
    }
  }

  #hear({ content, messageId }: Heard): boolean {
    const step = this.#step();
    const typed = content.type === "text" ? content.text : null;
    const word = typed === null ? null : flowWord(typed);
    if (step === undefined || !isQuestion(step) || this.#run.status === "running") {
      // The host, a file or a time, is waited for: whatever else the guest writes is for staff.
      if (word !== "stop" && word !== "human") return false;
      this.#heard = { step: this.#run.step, result: "skipped" };
      if (word === "stop") this.#stop();
      else this.park("asked", null);
      return true;
    }
    const chosen = step.kind === "choose" ? this.#chosen(step, content) : null;
    if (chosen === null && word !== null && word !== "skip") {
      this.#heard = { step: this.#run.step, result: "skipped" };
      this.#obey(word);
      return true;
    }
    const read =
      chosen === null
        ? this.#read(step, content, messageId, word === "skip")
        : ({ kind: "answer", value: chosen } as const);
    if (read.kind === "invalid") this.#misunderstood(step);
    else {
      this.#heard = { step: this.#run.step, result: read.kind === "skip" ? "skipped" : "succeeded" };
      if (step.kind === "photo" && read.kind === "answer" && this.world.keepsFiles) {
        this.#lookInto(read.value, messageId);
        return true;
      }
      const place = placeOf(this.#run);
      if (step.kind === "choose" && step.speaks && chosen !== null && isLanguage(chosen)) {
        this.#speaks = chosen;
        this.#run = { ...this.#run, language: chosen };
      }
      this.#agree(step, read.kind === "skip" ? null : read.value, messageId);
      this.#rate(step, read.kind === "skip" ? null : read.value);
      this.#answer(read.kind === "skip" ? null : read.value, read.kind === "skip" ? "skipped" : "succeeded");
      this.#run = { ...this.#run, trail: [...this.#run.trail, place] };
      this.#enter(this.#after());
    }
    return true;
  }

  /** Keeps that the guest agreed; or no longer, when they answer otherwise now. */
  #agree({ agreement }: QuestionStep, answer: JsonValue, agreedIn: string): void {
    if (agreement === undefined) return;
    const { step, agreements = [], records } = this.#run;
    const { document, version, sha256, when = isYes } = agreement;
    const others = agreements.filter((one) => one.step !== step);
    if ((when as (value: JsonValue) => boolean)(answer))
      this.#agreed = {
        step,
        document,
        version,
        sha256: typeof sha256 === "string" ? sha256 : (sha256 as (context: Erased) => string)(this.#context()),
        at: this.world.now.toISOString(),
        askedIn: records.at(-1)?.messageId ?? "",
        agreedIn,
      };
    this.#run = { ...this.#run, agreements: this.#agreed === null ? others : [...others, this.#agreed] };
  }

  #rate({ rates }: QuestionStep, answer: JsonValue): void {
    const { promptId, records } = this.#run;
    const score = (rates as ((value: JsonValue) => Score | null) | undefined)?.(answer) ?? null;
    const askedAt = new Date(records.at(-1)?.at ?? this.world.now);
    if (score !== null && promptId !== null) this.#rated = { promptId, score, askedAt };
  }

  /** The first decision counts, whoever has the run by then. */
  #decide(outcome: ApprovalDecision["outcome"], by: string | null): boolean {
    const { approval = null, turn, status, step } = this.#run;
    if (approval?.decision !== null || approval.step !== step) return false;
    if (this.#step()?.kind !== "approval") return false;
    const decision: ApprovalDecision = { outcome, by, at: this.world.now.toISOString() };
    this.#answer({ ...decision }, outcome === "expired" ? "expired" : "succeeded");
    // Nobody goes back over what somebody else decided.
    this.#run = { ...this.#run, approval: { ...approval, decision }, trail: [] };
    if (status === "handedOff") this.#run = { ...this.#run, ...this.#nextPlace(), turn: turn + 1 };
    else this.#enter(this.#after());
    return true;
  }

  /** The guest's photo is kept, and the run waits until it was looked into. */
  #lookInto(photo: JsonValue, messageId: string): void {
    const turn = this.#run.turn + 1;
    const answers = withAnswer(this.flow, this.#run, photo);
    this.#run = { ...this.#run, answers, turn, status: "running", promptId: null, options: [] };
    this.#calls.push({ id: flowCallId(this.#run.id, turn), turn, photo: messageId });
  }

  #file(isThere: boolean): boolean {
    const step = this.#step();
    if (step?.kind !== "photo") return false;
    const { status, turn } = this.#run;
    const isHeld = status === "handedOff";
    if (isThere) {
      this.#mark("succeeded");
      this.#run = { ...this.#run, trail: [...this.#run.trail, placeOf(this.#run)] };
      if (isHeld) this.#run = { ...this.#run, ...this.#nextPlace(), turn: turn + 1 };
      else this.#enter(this.#after());
      return true;
    }
    this.#answer(null, "failed");
    const tries = this.#run.tries + 1;
    this.#run = { ...this.#run, tries, turn: turn + 1 };
    // Given back, it asks anew.
    if (isHeld) return true;
    if (tries >= (step.retries ?? TRIES)) this.park("not_understood", null);
    else this.#ask(step, this.#words(step.invalid ?? this.#texts.invalid));
    return true;
  }

  #obey(word: "back" | "restart" | "stop" | "human"): void {
    this.obeys = true;
    switch (word) {
      case "stop":
        this.#stop();
        return;
      case "human":
        this.park("asked", null);
        return;
      case "restart":
        this.#mark("skipped");
        this.#run = { ...this.#run, answers: {}, agreements: [], loops: {}, trail: [] };
        this.#enter(this.flow.first);
        return;
      case "back": {
        const place: FlowPlace = this.#run.trail.at(-1) ?? placeOf(this.#run);
        this.#mark("skipped");
        this.#run = { ...this.#run, loops: this.#loopsAt(place), trail: this.#run.trail.slice(0, -1) };
        this.#enter(place.step);
      }
    }
  }

  /** The loops around a place, as they were there: what they go over may be another list in each round of those around them. */
  #loopsAt({ step, rounds }: FlowPlace): FlowRun["loops"] {
    const around = Object.keys(rounds).sort((a, b) => a.length - b.length);
    let loops: FlowRun["loops"] = {};
    for (const loop of around) {
      const owner = this.flow.steps.get(loop);
      if (owner?.kind !== "each" || !step.startsWith(`${loop}.`)) continue;
      this.#run = { ...this.#run, step: loop, loops };
      const items = itemsOf(owner.over(this.#context()));
      loops = { ...loops, [loop]: { at: Math.min(rounds[loop] ?? 0, Math.max(0, items.length - 1)), items } };
    }
    return loops;
  }

  #stop(): void {
    this.#mark("skipped");
    this.#say({ type: "text", text: this.#texts.stopped }, "succeeded", true);
    this.#end("stopped");
  }

  #misunderstood(step: QuestionStep): void {
    this.#heard = { step: this.#run.step, result: "failed" };
    const tries = this.#run.tries + 1;
    if (tries >= (step.retries ?? TRIES)) {
      this.park("not_understood", "failed");
      return;
    }
    // It is the same question still, with the same options; its time begins anew, and what was set before does nothing.
    this.#run = { ...this.#run, tries, reminded: false, turn: this.#run.turn + 1 };
    this.#question(step, this.#words(step.invalid ?? this.#texts.invalid));
    this.#setTimer(step);
  }

  /** What an option that was chosen stands for; null when none was. */
  #chosen(step: Extract<QuestionStep, { kind: "choose" }>, content: MessageContent): string | null {
    const { options } = this.#run;
    if (options.length === 0) return null;
    const answer = answerTo({ text: this.#words(step.text), options }, content);
    const value = options.find(({ id }) => id === answer?.id)?.value ?? null;
    // The flow may have changed since it asked.
    return value !== null && step.options(this.#context()).some((option: NamedOption) => option.value === value)
      ? value
      : null;
  }

  #read(step: QuestionStep, content: MessageContent, messageId: string, skips: boolean): Read {
    switch (step.kind) {
      case "ask": {
        if (skips && step.optional) return { kind: "skip" };
        const parsed = content.type === "text" ? this.#parsed(step, content.text) : null;
        return parsed === null
          ? INVALID
          : step.schema === null
            ? { kind: "answer", value: parsed }
            : valid(step.schema, parsed);
      }
      case "photo": {
        // The file lies with WhatsApp still: the answer says which message it came in. Where files are fetched and checked by the
        // desk, this is the place at which a run waits for the file's fate before the step has succeeded, and its input is that fate.
        const fits = content.type === "image" || (step.documents && content.type === "document");
        if (!fits) return INVALID;
        const media = { ...content.media, type: content.type };
        return {
          kind: "answer",
          value: { messageId, attachmentId: this.world.keepsFiles ? attachmentId(messageId) : null, media },
        };
      }
      case "location": {
        if (content.type !== "location") return INVALID;
        const { latitude, longitude, text, address } = content;
        const named = { ...(text !== undefined && { name: text }), ...(address !== undefined && { address }) };
        return { kind: "answer", value: { latitude, longitude, ...named } };
      }
      case "form": {
        if (content.type !== "flowReply") return INVALID;
        const answers = parsedJson(content.answers);
        if (typeof answers !== "object" || answers === null || Array.isArray(answers)) return INVALID;
        const { flow_token, ...given } = answers as Readonly<Record<string, JsonValue>>;
        // Only the form of this question answers it.
        if (!this.#isOwnForm(flow_token, step.token)) return INVALID;
        return valid(step.schema, given);
      }
      case "choose":
        return INVALID;
    }
  }

  #parsed(step: Extract<QuestionStep, { kind: "ask" }>, text: string): string | number | null {
    const { timeZone, now } = this.world;
    const language = this.#language;
    const { country } = step;
    switch (step.as) {
      case "text":
        return text.trim() === "" ? null : text;
      case "number":
        return numberIn(text, { language });
      case "nights":
        return nightsIn(text, { language });
      case "date":
        return dateIn(text, { timeZone, language, now });
      case "email":
        return emailIn(text);
      case "phone":
        return phoneIn(text, country === undefined ? {} : { country });
    }
  }

  #timer(what: TimerKind): boolean {
    const step = this.#step();
    if (what === "wake") {
      if (step?.kind !== "wait") return false;
      this.#mark("succeeded");
      this.#enter(step.next);
      return true;
    }
    if (step?.kind === "approval") return what === "timeout" && this.#decide("expired", null);
    if (step === undefined || !isQuestion(step)) return false;
    if (what === "timeout") {
      this.park("timed_out", "expired");
      return true;
    }
    if (this.#run.reminded) return false;
    this.#run = { ...this.#run, reminded: true };
    this.#question(step, this.#words(step.reminder ?? this.#texts.reminder));
    this.#setTimer(step);
    return true;
  }

  /** Goes on where a person took over. */
  #resume(): boolean {
    const { resumesAtEnd = false, resumesAt = false, status } = this.#run;
    const step = this.#step();
    if (resumesAtEnd) this.#enter(null);
    else if (resumesAt) this.#enter(this.#run.step);
    else if (step?.kind === "handoff") this.#enter(step.next);
    // The host's answer is still to come, and goes on then.
    else if (status === "running") return false;
    else {
      this.#mark("skipped");
      this.#enter(this.#run.step);
    }
    return true;
  }

  #end(status: "finished" | "stopped"): void {
    this.#run = {
      ...this.#run,
      status,
      promptId: null,
      options: [],
      turn: this.#run.turn + 1,
      endedAt: this.world.now,
    };
    this.#timers = [];
    this.#calls = [];
  }

  /** Keeps the answer of the step that it is at. */
  #answer(value: JsonValue, result: StepResult = "succeeded"): void {
    this.#run = { ...this.#run, answers: withAnswer(this.flow, this.#run, value) };
    this.#mark(result);
  }

  #say(content: OutboundContent, result: StepResult, goodbye = false): string {
    const id = flowMessageId(this.world.rootId, this.#says.length);
    this.#says.push({ id, content, step: this.#run.step, result, goodbye });
    return id;
  }

  #record(result: StepResult, messageId: string | null = null): void {
    const { step, records } = this.#run;
    const record: StepRecord = { step, round: roundOf(this.#run), result, at: this.world.now.toISOString(), messageId };
    this.#run = { ...this.#run, records: [...records, record] };
    if (result !== "pending") this.#done.push({ step, result });
  }

  /** Says what became of the step that was open. */
  #mark(result: StepResult): void {
    const { step, records } = this.#run;
    const last = records.at(-1);
    if (last?.result !== "pending" || last.step !== step) return;
    this.#run = {
      ...this.#run,
      records: [...records.slice(0, -1), { ...last, result, at: this.world.now.toISOString() }],
    };
    this.#done.push({ step, result });
  }
}

const STAYS = Symbol("stays");
const INVALID: Read = { kind: "invalid" };
const isYes = (answer: JsonValue): boolean => answer === "yes";

const isQuestion = (step: Step): step is QuestionStep =>
  step.kind === "ask" ||
  step.kind === "choose" ||
  step.kind === "photo" ||
  step.kind === "location" ||
  step.kind === "form";

/** What a loop goes over, as JSON: so many times, or once for each item. @throws for more than anybody answers */
function itemsOf(over: number | readonly unknown[]): readonly JsonValue[] {
  const items =
    typeof over === "number" ? Array.from({ length: Math.max(0, Math.floor(over)) }, (_, index) => index) : over;
  if (items.length > ITEMS_MOST) throw new Error("too many items");
  return json(items) as readonly JsonValue[];
}

const placeOf = ({ step, loops }: FlowRun): FlowPlace => ({
  step,
  rounds: Object.fromEntries(
    Object.entries(loops)
      .filter(([loop]) => step.startsWith(`${loop}.`))
      .map(([loop, { at }]) => [loop, at]),
  ),
});

/** Loops that a step stands in; one that it leaves is over. */
function loopsAround(flow: Flow, target: string, { loops }: FlowRun): FlowRun["loops"] {
  const around = Object.entries(loops).filter(([loop]) => target.startsWith(`${loop}.`) && flow.steps.has(loop));
  return Object.fromEntries(around);
}

function valid(
  schema: { readonly "~standard": { readonly validate: (value: unknown) => unknown } },
  value: JsonValue,
): Read {
  const result = schema["~standard"].validate(value) as
    { readonly value?: unknown; readonly issues?: readonly unknown[] } | Promise<unknown>;
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new Error("a schema of a flow answers at once, not by a promise");
  }
  return result.issues === undefined ? { kind: "answer", value: json(result.value) } : INVALID;
}

const json = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value ?? null)) as JsonValue;

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
