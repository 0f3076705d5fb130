import type { Score } from "./rating.js";

/**
 * A question we asked with options. A prompt is a row: an answer is looked up by the id of the option that came back,
 * so an invented, foreign or outdated id answers nothing.
 */
export type Prompt = MenuPrompt | RatingPrompt | FlowPrompt;

interface AnyPrompt {
  readonly id: string;
  readonly hotelId: string;
  readonly guestId: string;
  readonly phoneNumberId: string;
  readonly conversationId: string;
  /** The message that asks; the first, where the options go on in others. */
  readonly messageId: string;
  readonly createdAt: Date;
}

/** Options stand in the order shown; typed numbers count from 1. */
export interface MenuPrompt extends AnyPrompt {
  readonly kind: "departmentMenu";
  readonly options: readonly MenuOption[];
}

/** What it stands for, and how it was called when it was shown. */
export type MenuOption = { readonly id: string; readonly title: string } & (
  | { readonly departmentId: string; readonly flowId?: never }
  | { readonly flowId: string; readonly departmentId?: never }
);

/** How it was. */
export interface RatingPrompt extends AnyPrompt {
  readonly kind: "rating";
  readonly options: readonly { readonly id: string; readonly score: Score; readonly title: string }[];
}

/** A question of a flow. One that is answered by words has no options. */
export interface FlowPrompt extends AnyPrompt {
  readonly kind: "flow";
  readonly runId: string;
  readonly step: string;
  /** `value`: what the answer is. */
  readonly options: readonly { readonly id: string; readonly value: string; readonly title: string }[];
}

/** The id of option number `index` (from 0). The prompt's own id can be read back from it. */
export const optionId = (promptId: string, index: number): string => `${promptId}#${index + 1}`;

/**
 * The prompt that an option's id claims to belong to, or null when it is not such an id. A guest's phone can send
 * anything, so only what our own ids are made of is looked up.
 */
export const promptOf = (id: string): string | null =>
  /^(?<prompt>[!-~]{1,200})#\d{1,3}$/.exec(id)?.groups?.["prompt"] ?? null;
