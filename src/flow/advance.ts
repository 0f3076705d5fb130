import {
  isCalled,
  isLive,
  type Agreement,
  type Approval,
  type ApprovalDecision,
  type FlowHandoffReason,
  type FlowRun,
  type FlowRunStatus,
} from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import type { OutboundContent } from "../domain/content.js";
import type { StepResult } from "../domain/message.js";
import type { Score } from "../domain/rating.js";
import { hear } from "./hear.js";
import { ask, askAgain, isQuestion, triesOf } from "./question.js";
import { enter, goOn, placeOf, stop } from "./steps.js";
import type { Flow, FlowGuest, Heard, QuestionStep } from "./types.js";
import { uncalled, Walk } from "./walk.js";

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
  /** It did not, however often it was called; or it is not called any more, since somebody else has the run. */
  | { readonly kind: "notPerformed"; readonly turn: number; readonly notCalled?: boolean }
  | { readonly kind: "timer"; readonly turn: number; readonly what: TimerKind }
  /** Whoever spoke has given the conversation back. */
  | { readonly kind: "resume" }
  | { readonly kind: "stop" }
  /** `note`: what staff read besides. */
  | { readonly kind: "park"; readonly why: FlowHandoffReason; readonly note?: string };
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
  readonly timers: readonly Timer[];
  readonly handoff: Handoff | null;
  /** What staff are asked to decide, and of which department; null: the conversation's own. */
  readonly approval: (Approval & { readonly departmentId: string | null }) | null;
  /** What the guest's message was: the step that it answered, and whether it could be used; null when it was none of the run's. */
  readonly heard: { readonly step: string; readonly result: StepResult } | null;
  /** How the guest rates the hotel with this move. */
  readonly rated: { readonly promptId: string; readonly score: Score; readonly askedAt: Date } | null;
  /** What the guest agreed to with this move. */
  readonly agreed: Agreement | null;
  /** What came of a call to the host while a person had the run: staff are told. */
  readonly landed: Landed | null;
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

export interface Timer {
  readonly what: TimerKind;
  /** A run that has moved on by then is not its. */
  readonly turn: number;
  readonly dueAt: Date;
}

/** `notCalled`: it was not asked any more. */
export interface Landed {
  readonly step: string;
  readonly result: "done" | "failed" | "notCalled";
  /** What the host answered; null where it did not. */
  readonly value: JsonValue;
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
    return moved(walk, input) ? walk.result(cause) : null;
  } catch (error) {
    world.threw?.(error, walk.run);
    // What was answered and done on the way is kept, and it stands at the step that threw; whoever wanted back stays where they were.
    const failed = walk.obeys ? new Walk(flow, before, world) : walk;
    failed.park("step_failed", "failed");
    return failed.result(cause);
  }
}

/** @returns false when it is not for the run as it stands */
function moved(walk: Walk, input: FlowInput): boolean {
  const { turn, status } = walk.run;
  switch (input.kind) {
    case "begin":
      enter(walk, walk.flow.first);
      return true;
    case "resume":
      return resume(walk);
    case "stop":
      return stop(walk);
    case "park":
      walk.park(input.why, null, { note: input.note ?? null });
      return true;
    case "heard":
      return status !== "handedOff" && hear(walk, input);
    case "old":
      walk.run = { ...walk.run, toldOverAt: walk.world.now };
      walk.say({ type: "text", text: walk.texts.over }, "skipped");
      return true;
    case "performed":
      return performed(walk, input);
    case "notPerformed":
      return notPerformed(walk, input);
    case "decided":
      return (
        walk.run.approval?.id === input.approvalId && decide(walk, input.approved ? "approved" : "declined", input.by)
      );
    case "file":
      return input.turn === turn && file(walk, input.isThere);
    case "timer":
      return input.turn === turn && status === "waiting" && timer(walk, input.what);
  }
}

function file(walk: Walk, isThere: boolean): boolean {
  const { step } = walk;
  if (step?.kind !== "photo") return false;
  if (isThere) {
    walk.mark("succeeded");
    walk.run = { ...walk.run, trail: [...walk.run.trail, placeOf(walk.run)] };
    goOn(walk);
    return true;
  }
  walk.answer(null, "failed");
  const tries = walk.run.tries + 1;
  walk.run = { ...walk.run, tries, reminded: false, turn: walk.run.turn + 1 };
  // Given back, it asks anew.
  if (walk.run.status === "handedOff") return true;
  if (tries >= triesOf(step)) walk.park("not_understood", null);
  else ask(walk, step, walk.words(step.invalid ?? walk.texts.invalid));
  return true;
}

type Of<K extends FlowInput["kind"]> = Extract<FlowInput, { kind: K }>;

/** What the host has done is kept, whoever has the run by then. */
function performed(walk: Walk, { turn, value }: Of<"performed">): boolean {
  const { run } = walk;
  if (run.call?.turn !== turn) return false;
  const isAt = walk.step?.kind === "perform" && run.step === run.call.step;
  if (run.status === "handedOff" || !isAt) walk.landed = { step: run.call.step, result: "done", value };
  if (!isAt) walk.run = uncalled(run);
  else {
    walk.answer(value);
    // What was done once is not done again because somebody goes back.
    walk.run = { ...walk.run, trail: [], call: null };
    goOn(walk);
  }
  return true;
}

function notPerformed(walk: Walk, { turn, notCalled = false }: Of<"notPerformed">): boolean {
  const { run } = walk;
  if (run.call?.turn !== turn) return false;
  const isAt = walk.step?.kind === "perform" && run.step === run.call.step;
  walk.run = uncalled(run);
  if (isAt && run.status === "running") walk.park("step_failed", "failed");
  else {
    walk.landed = { step: run.call.step, result: notCalled ? "notCalled" : "failed", value: null };
    if (isAt) walk.mark("failed");
    // Given back, the host is called anew.
    if (run.status === "handedOff") walk.run = { ...walk.run, why: run.why ?? "step_failed", turn: walk.run.turn + 1 };
  }
  return true;
}

/** The first decision counts, whoever has the run by then. */
function decide(walk: Walk, outcome: ApprovalDecision["outcome"], by: string | null): boolean {
  const { approval = null, step } = walk.run;
  if (approval?.decision !== null || approval.step !== step) return false;
  if (walk.step?.kind !== "approval") return false;
  const decision: ApprovalDecision = { outcome, by, at: walk.world.now.toISOString() };
  walk.answer({ ...decision }, outcome === "expired" ? "expired" : "succeeded");
  // Nobody goes back over what somebody else decided.
  walk.run = { ...walk.run, approval: { ...approval, decision }, trail: [] };
  goOn(walk);
  return true;
}

function timer(walk: Walk, what: TimerKind): boolean {
  const { step } = walk;
  if (what === "wake") {
    if (step?.kind !== "wait") return false;
    walk.mark("succeeded");
    enter(walk, step.next);
    return true;
  }
  if (step?.kind === "approval") return what === "timeout" && decide(walk, "expired", null);
  if (!isQuestion(step)) return false;
  if (what === "timeout") {
    unanswered(walk, step);
    return true;
  }
  if (walk.run.reminded) return false;
  walk.run = { ...walk.run, reminded: true };
  askAgain(walk, step, walk.words(step.reminder ?? walk.texts.reminder));
  return true;
}

/** Nobody has answered in time. */
function unanswered(walk: Walk, step: QuestionStep): void {
  if (step.unanswered === "skip" && step.kind === "ask" && step.optional) {
    walk.answer(null, "expired");
    enter(walk, walk.after);
  } else if (step.unanswered === "end") {
    walk.mark("expired");
    walk.end("expired");
  } else walk.park("timed_out", "expired");
}

/** Goes on where a person took over. */
function resume(walk: Walk): boolean {
  const { resumesAtEnd = false, resumesAt = false, status, step: at } = walk.run;
  const { step } = walk;
  if (resumesAtEnd) enter(walk, null);
  else if (resumesAt) enter(walk, at);
  else if (step?.kind === "handoff") enter(walk, step.next);
  // The host's answer is still to come, and goes on then.
  else if (status === "running") return false;
  else if (step?.kind === "perform" && isCalled(walk.run)) walk.run = { ...walk.run, status: "running", why: null };
  else {
    walk.mark("skipped");
    enter(walk, at);
  }
  return true;
}
