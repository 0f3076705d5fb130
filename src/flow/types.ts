import type { ChoiceOption } from "../decide/choices.js";
import type { FormReference, FormStart, MessageContent, OutboundContent } from "../domain/content.js";
import type { Agreement, FlowAnswers } from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import type { Score } from "../domain/rating.js";
import type { StayFacts, StayTrigger } from "../domain/stay.js";
import type { TemplateContent } from "../domain/template.js";
import type { StandardSchema } from "./standard-schema.js";

/** What a flow's own code sees of the run it is asked about. */
export interface FlowContext<Answers = FlowAnswers> {
  /** Of the steps before this one. In a loop or a sub-flow those of its own, with those around a loop. */
  readonly answers: Answers;
  /** What it was begun with: `{ room: "12" }` of `phrase("check in room {room}")`, what staff filled in. */
  readonly given: Readonly<Record<string, JsonValue>>;
  readonly guest: FlowGuest;
  /** `conversationId`: in which it runs, e.g. for `createTask`. */
  readonly run: { readonly id: string; readonly startedAt: Date; readonly conversationId: string };
  readonly hotelId: string;
  /** BCP 47: in what the run speaks. It is chosen when the run begins, and stays unless the guest says another (`speaks`), or a step does (`speak`). */
  readonly language: string;
  /** BCP 47, the hotel's; `"en"` where it names none: what staff read is written in it. */
  readonly hotelLanguage: string;
  /** What the guest has agreed to in this run, by questions that say `agreement`; the newest of each step. */
  readonly agreements: readonly Agreement[];
  /** By the database's clock. */
  readonly now: Date;
  /** IANA, the hotel's. */
  readonly timeZone: string;
}

/** The guest, as a flow's texts and calls see them. */
export interface FlowGuest {
  readonly id: string;
  readonly name: string | null;
  /** BCP 47: what they said they speak, in a question that asks for it (`speaks`); absent while they said nothing. */
  readonly language?: string;
}

/** In a loop: what it is about this time. */
export interface LoopContext<Item> {
  readonly item: Item;
  /** From 0. */
  readonly index: number;
}

/** What a call to the host gets besides. */
export interface PerformContext<Answers = FlowAnswers> extends FlowContext<Answers> {
  /**
   * The same whenever this step of this run is tried again, in whatever process: hand it on to what you call, so that it is done
   * once. Another one when the guest went back and came to the step anew after it had succeeded.
   */
  readonly idempotencyKey: string;
  /** Which time this step is done in this run, from 1: it counts on when the guest goes back, or begins again from the start. */
  readonly time: number;
  /** Aborted when the deadline has passed: nobody waits for the answer then. */
  readonly signal: AbortSignal;
  /** What the guest of this run sent as photos. */
  readonly files: FlowFiles;
  /** The stays of this run's guest, as the hotel's own system told the desk of them; the newest first, 50 at most. */
  readonly stays: () => Promise<readonly FlowStay[]>;
}

/** What is known of a stay. */
export interface FlowStay extends Pick<StayFacts, "status" | "arrival" | "departure" | "room" | "language"> {
  readonly reservationId: string;
}

/** Files of this run's guest, by the attachment's id of a photo answer. */
export interface FlowFiles {
  /**
   * Opens one that has been looked into.
   * @throws {ConversationError} `media_store_missing` where the desk keeps no files, `not_found`, `attachment_not_there`
   */
  open(attachmentId: string): Promise<{
    readonly mimeType: string;
    readonly sizeBytes: number;
    readonly bytes: AsyncIterable<Uint8Array>;
  }>;
  /**
   * Forgets one: its bytes and its small picture are gone when this resolves, its message stands, and the audit keeps when and why. Again
   * changes nothing.
   * @param options.reason a code of yours for the audit, as `"identity_verified"`: nothing of what was seen
   * @throws {ConversationError} `not_found`
   */
  discard(attachmentId: string, options: { readonly reason: string }): Promise<void>;
}

/** How long a question waits. Milliseconds; null: for ever. */
export interface Patience {
  /** The guest is asked again, once; the hotel's `clocks.flowStepMs` by default, which is 30 minutes. */
  readonly remindMs?: number | null;
  /** After the reminder, or after the question where there is none, it is `unanswered`; as long as `remindMs` by default. */
  readonly timeoutMs?: number | null;
}

/** What each question may say besides. */
export interface Asking extends Patience {
  /** Said when an answer cannot be used, before the question is asked again. */
  readonly invalid?: Words;
  /** Said instead of the question when the guest is asked again after a silence. */
  readonly reminder?: Words;
  /** Answers in a row that cannot be used before a person gets it; 3 by default. */
  readonly retries?: number;
  /**
   * What becomes of it when nobody answers in time: staff get the guest (`"handoff"`, the default), the run ends as `expired` and says nothing more
   * (`"end"`), or it is skipped, which an optional question alone can be (`"skip"`).
   */
  readonly unanswered?: "handoff" | "end" | "skip";
  /** The answer is nobody's to read who is handed the guest: it stands in no note. Of a form a list of its fields will do. */
  readonly secret?: boolean | readonly string[];
  /** The answer agrees to something, and that is to be proved: an entry of the audit says who, to what, when and in which message. */
  readonly agreement?: Agreeing;
  /**
   * The answer rates the hotel: from 1 to 5, or null for one that does not. It is the conversation's rating, and counted in reports, as one that staff ask for
   * (`desk.askRating`): once, by what the guest says first.
   */
  readonly rates?: (answer: never) => Score | null;
}

/** What a question asks a guest to agree to. */
export interface Agreeing {
  /** What it is, as `"house-rules"`: 1 to 64 of A-Z, a-z, 0-9, `_`, `.` and `-`. So is `version`. */
  readonly document: string;
  readonly version: string;
  /** Of the text in the language that the guest is shown, as hex. */
  readonly sha256: string | ((context: never) => string);
  /** Which answers agree; `"yes"` by default. */
  readonly when?: (answer: never) => boolean;
}

/** Erased: which answers the context has, the builder has checked. */
export type Words = string | ((context: never) => string);
export type Erased = FlowContext & Partial<LoopContext<JsonValue>>;

/** What a question takes for an answer; `text` is anything. */
export type AskKind = "text" | "number" | "date" | "email" | "phone" | "nights";

/** What is called when a flow calls the host. */
export type Perform = (context: PerformContext & Partial<LoopContext<JsonValue>>) => unknown;

export interface Question extends Asking {
  readonly text: Words;
}

/** One step as the engine walks it. `next`: the step that follows; null: the flow is at its end. */
export type Step = { readonly next: string | null } & (
  | {
      readonly kind: "say";
      readonly text: Words | null;
      readonly content: OutboundContent | ((context: Erased) => OutboundContent) | null;
    }
  | (Question & {
      readonly kind: "ask";
      readonly as: AskKind;
      readonly schema: StandardSchema | null;
      readonly country: string | undefined;
      readonly past: boolean;
      readonly optional: boolean;
    })
  | (Question & {
      readonly kind: "choose";
      readonly options: (context: Erased) => readonly NamedOption[];
      readonly button: Words | undefined;
      /** The answer is the language that the guest speaks. */
      readonly speaks: boolean;
    })
  | (Question & { readonly kind: "photo"; readonly documents: boolean; readonly purpose: string | null })
  | (Question & { readonly kind: "location" })
  | (Question & {
      readonly kind: "form";
      readonly label: Words;
      readonly form: FormReference;
      readonly start: ((context: Erased) => FormStart) | null;
      /** The host's own; null: one of the desk's, where there is a desk. */
      readonly token: ((promptId: string) => string) | null;
      readonly schema: StandardSchema;
    })
  | {
      readonly kind: "perform";
      readonly call: Perform;
      readonly deadlineMs: number;
      readonly attempts: number;
      readonly secret: boolean;
    }
  | { readonly kind: "wait"; readonly until: (context: Erased) => Date }
  | {
      readonly kind: "approval";
      readonly text: Words | null;
      readonly note: Words;
      /** Whose the conversation is from then on; null: whose it is. */
      readonly departmentId: string | null;
      /** null: for ever. */
      readonly timeoutMs: number | null;
    }
  | {
      readonly kind: "branch";
      readonly when: (context: Erased) => string;
      readonly paths: Readonly<Record<string, string | null>>;
    }
  | { readonly kind: "goTo"; readonly target: string }
  | { readonly kind: "forget"; readonly names: readonly string[] }
  | { readonly kind: "speak"; readonly language: (context: Erased) => string | null }
  | {
      readonly kind: "each";
      readonly over: (context: Erased) => number | readonly unknown[];
      readonly first: string | null;
    }
  /** The end of a round of a loop. */
  | { readonly kind: "again"; readonly loop: string }
  | { readonly kind: "use"; readonly first: string | null }
  | {
      readonly kind: "handoff";
      readonly text: Words | null;
      readonly departmentId: string | null;
      readonly note: Words | null;
    }
  | { readonly kind: "end" }
);
export type StepKind = Step["kind"];
export type QuestionStep = Extract<Step, Question>;

/** An option, and what the answer is when the guest chooses it. */
export interface NamedOption extends Omit<ChoiceOption, "id"> {
  readonly value: string;
}

/** What begins a run. */
export type Trigger =
  | { readonly kind: "keyword"; readonly words: readonly string[] }
  | { readonly kind: "phrase"; readonly pattern: string }
  | { readonly kind: "button"; readonly id: string }
  | ({ readonly kind: "pms"; readonly on: StayTrigger } & PmsBeginning)
  | { readonly kind: "staff" };

/** How a flow begins that something about a stay begins. */
export interface PmsBeginning {
  /** It sells something: it begins with no guest who wants no offers. */
  readonly offer?: boolean;
  /**
   * By language, as `StayMessage.templates`: what goes in the flow's place where WhatsApp's window would not carry what it says, as to somebody who never
   * wrote. A quick reply of it, with the payload of one of the flow's buttons, begins the flow.
   */
  readonly templates?: Readonly<Record<string, TemplateContent>>;
}

/** What the engine says by itself. Each at most 1024 UTF-16 units. */
export interface FlowTexts {
  readonly invalid: string;
  readonly reminder: string;
  readonly stopped: string;
  readonly handedOff: string;
  /** To a tap on a question that is over. */
  readonly over: string;
}

/** Of an earlier version's steps, the new ones: by name, or chosen by what the guest has answered. A step not named keeps its name. */
export interface FlowMigration {
  readonly from: number;
  /** Where runs go on: the earlier version's step to this one's. */
  readonly steps?: Readonly<Record<string, string | ((run: { readonly answers: FlowAnswers }) => string)>>;
  /** What becomes of the answers; they stay by default. */
  readonly answers?: (answers: FlowAnswers) => FlowAnswers;
}

/** A flow, as `defineFlow` builds it. `Answers`: what a run has answered at its end. */
export interface Flow<Answers = unknown> {
  readonly id: string;
  readonly version: number;
  /** Whose conversations its runs are; null: of the department that the guest was with, or that staff began it in. */
  readonly departmentId: string | null;
  /** BCP 47; null: the hotel's. */
  readonly language: string | null;
  readonly triggers: readonly Trigger[];
  /** In whose place those of its language are said. */
  readonly texts: Partial<FlowTexts>;
  readonly migrations: readonly FlowMigration[];
  /** By name, those in loops and sub-flows by the names around them, as `party.name`. */
  readonly steps: ReadonlyMap<string, Step>;
  readonly first: string | null;
  /** A type alone: there is no such member. */
  readonly answers?: Answers;
}

/** What a guest sent: the message's content, and the prompt that it answers by id; null when it names none. */
export interface Heard {
  readonly content: MessageContent;
  readonly messageId: string;
}
