/** How it was, in stars. */
export const SCORES = [1, 2, 3, 4, 5] as const;
/** Stars, 1 to 5. */
export type Score = (typeof SCORES)[number];

/** What a guest was asked about a conversation, how it was, and what they answered. */
export interface Rating {
  /** The question, whose options alone answer it. */
  readonly promptId: string;
  /** Number of the conversation's episode that it is about. */
  readonly episode: number;
  readonly askedAt: Date;
  /** Whose work it is about: who saw to it, else who answered first; null: nobody's by name. */
  readonly staffId: string | null;
  /** null as long as the guest has not answered. */
  readonly score: Score | null;
  readonly ratedAt: Date | null;
}
