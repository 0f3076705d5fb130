import type { MessageContent } from "../domain/content.js";
import type { JsonValue } from "../domain/json.js";
import type { BuiltInProcessor } from "../domain/processor.js";

/**
 * A rule of the host's own for where guests' messages go. It is asked about each message that none before it has taken, but for taps on a
 * question of the desk's own, which are its answers.
 *
 * It decides nothing by itself: what it says is given to the decision, and where it throws, answers what makes no sense, or takes longer than
 * `routing.deadlineMs` with all others together, it has passed, and the message goes on. `explain()` tells each of these. The guest's message
 * waits for it, and no other guest's. It may be asked again about the same message, by this process or another, when somebody changed the
 * conversation meanwhile, or a process died: it is to answer, and to do nothing else.
 */
export interface Processor {
  /** 1 to 64 of a-z, 0-9, _ and -, and none of the desk's own; `explain()` calls it so. */
  readonly name: string;
  /** Looks at one message. @returns where it goes; null: it is not for this one */
  readonly process: (about: MessageToRoute) => Promise<Destination | null> | Destination | null;
}

/** `given`: what the flow begins with. */
export type Destination =
  | { readonly departmentId: string; readonly flowId?: undefined }
  | {
      readonly flowId: string;
      readonly departmentId?: undefined;
      readonly given?: Readonly<Record<string, JsonValue>>;
    };

/**
 * Suggests where a message goes that would get the menu: the host's AI, or its keywords. It is asked last, only while the guest has no department,
 * and never about a tap, an answer to a question, or while somebody talks with them. As a processor it costs nothing when it fails.
 * @returns null where it does not know
 */
export type Classify = (about: MessageToRoute) => Promise<Suggestion | null>;

/** One of the two. What is no department of this hotel, or no flow that its guests can begin by themselves, counts as nothing. */
export interface Suggestion {
  readonly departmentId?: string;
  readonly flowId?: string;
  /** 0 to 1; below `routing.minConfidence` it counts as nothing. 1 by default. */
  readonly confidence?: number;
}

/** A guest's message, as it is given to the host. What is in `content` anybody may have written: it is data, never a prompt to obey, a path or code. */
export interface MessageToRoute {
  readonly hotelId: string;
  readonly messageId: string;
  readonly guest: { readonly id: string; readonly name: string | null; readonly language?: string };
  readonly content: MessageContent;
  /** What they wrote, captions included; null where they wrote nothing. */
  readonly text: string | null;
  /** By WhatsApp's clock. */
  readonly sentAt: Date;
  /** The department of the conversation that they have in hand; null where there is none. */
  readonly departmentId: string | null;
  /** Who speaks there. */
  readonly speaker: "bot" | "human";
  /** What can be answered. */
  readonly departments: readonly { readonly id: string; readonly name: string }[];
  readonly flows: readonly string[];
  /** Aborted when the deadline has passed: nobody waits for the answer then. */
  readonly signal: AbortSignal;
}

/** Who takes a guest's message, in which order. */
export interface RoutingOptions {
  /**
   * `["flow", "service", "fallback"]` by default: a question that a guest has in front of them is answered before anything else. The host's own stand where
   * they are asked; the desk's own are each there once, `"fallback"` last. With `"service"` before `"flow"` no word begins a flow while the
   * guest is with a department.
   */
  readonly processors?: readonly (BuiltInProcessor | Processor)[];
  /** Says which department a guest's words are for; asked before the menu is shown, within `deadlineMs`. */
  readonly classify?: Classify;
  /** 0.5 by default. */
  readonly minConfidence?: number;
  /**
   * Milliseconds; 2,000 by default: what the host's own functions may take for one message, all of them together. The guest waits for them, and nobody else; longer than that
   * feels like no answer. Shorter than `work.leaseMs`, so that no other process takes the message up meanwhile.
   */
  readonly deadlineMs?: number;
  /** Questions to the host at once in this process; 20 by default. Others wait, within their deadline. */
  readonly concurrency?: number;
}
