import type { DeskEvent } from "../domain/event.js";
import type { NewTranslation } from "../domain/translation.js";

/** What is made of guests' words and kept beside them. */
export interface TranslationStorage {
  /**
   * Keeps a message's translation in place of the one before, and tells `message.translated`; what is so already is told to nobody. It is answered with the message,
   * wherever that is, and goes with it.
   * @returns the events written; null when there is no such message
   * @contract translation/put, translation/again, translation/unknown
   */
  putTranslation(translation: NewTranslation): Promise<readonly DeskEvent[] | null>;
}
