/** What a guest's message says in the staff's language: made of it by the host's translator, and never in its place. */
export interface Translation {
  /** BCP 47: into what. */
  readonly language: string;
  /** null: the translator gave no answer, however often it was asked. */
  readonly text: string | null;
  /** BCP 47: out of what, where the translator said so. */
  readonly from: string | null;
  /** Of what it is made: `textMark` of the words. A translation of what the message says no more is not shown. */
  readonly of: string;
  readonly at: Date;
}

/** A translation to be stored. */
export interface NewTranslation extends Omit<Translation, "at"> {
  readonly hotelId: string;
  readonly messageId: string;
}

/** The same for the same words: tells whether a message was edited since. Not for keeping secrets. */
export function textMark(text: string): string {
  let mark = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) mark = Math.imul(mark ^ text.charCodeAt(i), 0x01000193);
  return `${String(text.length)}-${(mark >>> 0).toString(36)}`;
}
