import type { JsonValue } from "./json.js";
import type { StepResult } from "./message.js";

/**
 * `running`: the host is asked something. `waiting`: the guest, or a time, is waited for. `handedOff`: a person has it, and may give it
 * back. The others are over.
 */
export type FlowRunStatus = "running" | "waiting" | "handedOff" | "finished" | "stopped" | "failed" | "expired";

/** One guest on their way through one version of a flow. At most one is under way (`endedAt` is null) in a conversation. */
export interface FlowRun {
  readonly id: string;
  readonly hotelId: string;
  readonly flowId: string;
  /** The version that it follows: the one it began with, until a migration moves it on. */
  readonly flowVersion: number;
  readonly guestId: string;
  readonly phoneNumberId: string;
  readonly conversationId: string;
  /** The conversation that the guest had in hand before, where they go on afterwards; null for none. */
  readonly cameFrom: string | null;
  /** Where it is: the step's name, after those of the loops and sub-flows that it stands in, as `party.name`. */
  readonly step: string;
  /** How far each loop is that it stands in, by the loop's name. */
  readonly loops: Readonly<Record<string, LoopPlace>>;
  readonly status: FlowRunStatus;
  /** By step; those of a loop in a list, those of a sub-flow in an object of their own. */
  readonly answers: FlowAnswers;
  /** What it was begun with: what stood in the guest's words, what staff filled in. */
  readonly given: Readonly<Record<string, JsonValue>>;
  /** BCP 47: in what it speaks, since it began. Absent in runs of before there was one: the flow's or the hotel's. */
  readonly language?: string;
  /** What staff are asked to decide, or were asked last; null before anything. */
  readonly approval?: Approval | null;
  /** What the guest agreed to, the newest of each step. */
  readonly agreements?: readonly Agreement[];
  /** Which of the answers stand in no note, by their steps' names, and those of a form's fields below; absent for none. */
  readonly secrets?: readonly string[];
  /** What the question in front of the guest asks them to agree to, as they were shown it; null where it asks for nothing of the kind. */
  readonly asksFor?: Omit<Agreement, "step" | "at" | "agreedIn"> | null;
  /** What the guest's files are kept for from now on: the purpose of the photo that was asked for last; null for none in particular. */
  readonly filesFor?: string | null;
  /** Whether any of its photos was asked for with a purpose: files of the guest's may wait for the end of this. */
  readonly tookFiles?: boolean;
  /** The call of the host that is being made, or that nothing is known to have come of; null for none. */
  readonly call?: HostCall | null;
  /** The questions that were answered, in order: `back` goes to the last one. */
  readonly trail: readonly FlowPlace[];
  /** Each step that it came to, in order, and what became of it. */
  readonly records: readonly StepRecord[];
  /** The question that the guest has in front of them; null while there is none. */
  readonly promptId: string | null;
  /** Of the question: its options, by the ids that come back. Empty while it has none. */
  readonly options: readonly FlowOption[];
  /** A person has it, and what the step waited for has come meanwhile: it goes on at `step` as if it just came there, or at its end. */
  readonly resumesAt?: boolean;
  readonly resumesAtEnd?: boolean;
  /** Counts what it waited for: what was set for an earlier turn (a timer, a call to the host) is not for this one. */
  readonly turn: number;
  /** How often anything about it changed: each time is recorded, as a `FlowMove` of that number. */
  readonly moves: number;
  /** Answers in a row that the question could do nothing with. */
  readonly tries: number;
  readonly reminded: boolean;
  /** Why it waits for a person, or ended otherwise than by its last step; null when neither. */
  readonly why: FlowHandoffReason | null;
  /** When the guest was last told that a question is over. */
  readonly toldOverAt: Date | null;
  /** The stored version this was read at; 0 when it is not stored yet. */
  readonly version: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** An option of a flow's question. */
export interface FlowOption {
  readonly id: string;
  /** What the answer is. */
  readonly value: string;
  readonly title: string;
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What was answered, by the step that asked. */
export type FlowAnswers = Readonly<Record<string, JsonValue>>;

/** Something that staff decide. */
export interface Approval {
  /** Another one each time that it is asked. */
  readonly id: string;
  readonly step: string;
  /** What staff read. */
  readonly note: string;
  /** ISO 8601. */
  readonly askedAt: string;
  /** null while it is open. */
  readonly decision: ApprovalDecision | null;
}

/** What staff decided when a flow asked them. */
export interface ApprovalDecision {
  /** `expired`: nobody decided in time. */
  readonly outcome: "approved" | "declined" | "expired";
  /** The id of whoever decided; null for nobody. */
  readonly by: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/** That a guest agreed to a text, and where that is written. */
export interface Agreement {
  readonly step: string;
  readonly document: string;
  readonly version: string;
  /** Of the text that was shown, as hex. */
  readonly sha256: string;
  /** ISO 8601. */
  readonly at: string;
  /** Ids of messages: the one that showed it, and the guest's that agreed. */
  readonly askedIn: string;
  readonly agreedIn: string;
}

/** A call of a flow to the host that has begun. */
export interface HostCall {
  readonly step: string;
  /** As in its record. */
  readonly round: string;
  /** What the host knows it by, however the step is called by now. */
  readonly key: string;
  /** Of the run, when the call began; null: it is not being made any more. */
  readonly turn: number | null;
}

/** How far a loop is: the round, from 0, and what it goes over. */
export interface LoopPlace {
  readonly at: number;
  readonly items: readonly JsonValue[];
}

/** Where in a flow something stands. */
export interface FlowPlace {
  readonly step: string;
  /** Which round each loop was in that it stands in, by the loop's name. */
  readonly rounds: Readonly<Record<string, number>>;
}

/** What became of a step. */
export interface StepRecord {
  readonly step: string;
  /** Which round of its loops it was in, as `"2"` or `"2.0"`; `""` outside of any. */
  readonly round: string;
  readonly result: StepResult;
  /** ISO 8601. */
  readonly at: string;
  /** The message that asked; null for a step that asks nothing. */
  readonly messageId: string | null;
  /** Those that asked the same once more: reminders, and what an answer that is none got. Absent for none. */
  readonly askedAgainIn?: readonly string[];
}

/**
 * Why a person gets it: `step`: the flow says so; `asked`: the guest wants one; `timed_out`: the guest did not answer; `not_understood`: their answers
 * could not be used; `step_failed`: the host could not do its part, or the flow's own code threw; `window_closed`: WhatsApp would not
 * have carried the next message; `version_gone`: the flow's version is not there any more, and nothing moves it on; `loops`: it went round
 * without end; `stopped`: it was stopped while the host was being called, and what comes of that is for staff.
 */
export type FlowHandoffReason =
  | "step"
  | "asked"
  | "timed_out"
  | "not_understood"
  | "step_failed"
  | "window_closed"
  | "version_gone"
  | "loops"
  | "stopped";

/** The host is being called for it. */
export const isCalled = ({ call = null }: Pick<FlowRun, "call">): boolean => call !== null && call.turn !== null;

export const isLive = ({ endedAt }: Pick<FlowRun, "endedAt">): boolean => endedAt === null;
