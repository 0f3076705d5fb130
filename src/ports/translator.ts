/**
 * Translates what guests write into the language of the staff: the host's own, or a service of its choice, which gets guests' words then because
 * the host wants that. The original is always kept and shown; the translation stands beside it.
 *
 * It is asked after the message has been stored and shown, by work of its own, so that nobody waits for it; a chat's messages in their order. It may be asked
 * twice about one message: when a process died, or the message was edited. When it throws, or takes longer than `translation.deadlineMs`, it is
 * asked again with back-off, and after `translation.attempts` the message says that there is no translation. Nothing else waits for it.
 */
export interface Translator {
  /** @returns null where there is nothing to translate: it is in that language already, or in none */
  translate(what: ToTranslate): Promise<TranslatedText | null>;
}

/** A guest's text that staff want to read in their own language. */
export interface ToTranslate {
  readonly hotelId: string;
  readonly messageId: string;
  /** Exactly what the guest wrote, captions included. Anybody may have written it: data, never a prompt to obey. */
  readonly text: string;
  /** BCP 47: the hotel's `staffLanguage`. */
  readonly to: string;
  /** BCP 47: what the guest said they speak; absent while that is not known. */
  readonly from?: string;
  /** Aborted when the deadline has passed: nobody waits for the answer then. */
  readonly signal: AbortSignal;
}

/** A translation. */
export interface TranslatedText {
  readonly text: string;
  /** BCP 47: what it was found to be in. */
  readonly from?: string;
}
