import type { Score } from "./rating.js";

/**
 * One stretch of a conversation, from where it was opened, or opened again, to where it is closed: what first response and resolution
 * are measured in. The next begins when it is opened again. All instants are by the database's clock and as they happened; what of the time between
 * them was in opening hours, a timing tells beside them.
 */
export interface Episode {
  /** From 1. */
  readonly number: number;
  /** When the conversation was opened, or opened again. */
  readonly startedAt: Date;
  /**
   * Since when the guest waited for the first word of the staff: that of their first message that nobody had answered. null as long as
   * nobody waits (a guest who is asked for a department does not), and where staff wrote first.
   */
  readonly askedAt: Date | null;
  /**
   * When staff first wrote: when the desk took their answer, not when WhatsApp did. The menu, a flow and the host's own code are no
   * staff. A first response where `askedAt` is set, else staff wrote first.
   */
  readonly answeredAt: Date | null;
  /** Who that was, by the host's id of them; null before, and where it was written in the phone app. */
  readonly answeredBy: string | null;
}

/** Of what times are kept. */
export const TIMING_KINDS = ["firstResponse", "resolution", "surveyed", "rated"] as const;

/** How long something took, or how the guest says it was, as a fact that is kept: at most one of each kind for each episode. */
export interface Timing {
  readonly hotelId: string;
  readonly conversationId: string;
  /** The episode's number. */
  readonly episode: number;
  readonly kind: (typeof TIMING_KINDS)[number];
  /** Whose the conversation was then; null: no department's yet. */
  readonly departmentId: string | null;
  /** Who of staff answered, closed it, or is rated; null: it was written in the phone app, or closed by nobody of staff. */
  readonly staffId: string | null;
  /** From when it is counted: `askedAt` of the episode or of the rating, or the episode's `startedAt`. */
  readonly since: Date;
  readonly at: Date;
  /**
   * Of a first response and a resolution: how much of the time from `since` to `at` fell into the opening hours of its department, by
   * which its clock runs. Milliseconds; null: all of it, for who is always open.
   */
  readonly openMs: number | null;
  /** Of a resolution: the guest had asked and nobody of staff had answered. */
  readonly unanswered: boolean;
  /** Of a rating. */
  readonly score: Score | null;
}
