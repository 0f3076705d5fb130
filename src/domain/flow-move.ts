import type { MessageContent } from "./content.js";
import type { FlowRun } from "./flow-run.js";
import type { JsonValue } from "./json.js";

/**
 * One move of a run, kept for good: what moved it, with what stood around it then. Of all of a run's moves each of its past states
 * can be made again.
 */
export interface FlowMove {
  readonly hotelId: string;
  readonly runId: string;
  /** From 1, without holes: what `FlowRun.moves` was after it. */
  readonly number: number;
  /** By the database's clock. */
  readonly at: Date;
  /** The guest's message that moved it, whose words stand there alone; null when it was none. */
  readonly messageId: string | null;
  /** What else moved it: the engine's own, which alone reads it. */
  readonly what: JsonValue;
}

/** A run with all that moved it. */
export interface FlowRecord {
  readonly run: FlowRun;
  /** By number. */
  readonly moves: readonly RecordedMove[];
}

export interface RecordedMove extends FlowMove {
  /** What its message says, as it was stored; null where it has none, that is not there any more, or its guest deleted it. */
  readonly heard: MessageContent | null;
}
