import { ConversationError, type TranslationStorage } from "../../src/index.js";
import { run, sought, type Queryable } from "./queryable.js";
import { eventOf, type EventRow } from "./rows.js";

/** What is made of guests' words and kept beside them. */
export const translationVerbs = (db: Queryable, schema: string): TranslationStorage => ({
  async putTranslation({ hotelId, messageId, language, of, text, from }) {
    const translation = {
      message: messageId,
      language,
      mark: of,
      words: text === null ? null : JSON.stringify(text),
      source: from,
    };
    const [row] = await run<{ known: boolean; events: EventRow[] | null }>(
      db,
      `select * from ${schema}.put_translation_1($1, $2)`,
      [sought(hotelId), JSON.stringify(translation)],
    );
    if (row === undefined) throw new ConversationError("storage_failed");
    return row.known ? (row.events ?? []).map((each) => eventOf(hotelId, each)) : null;
  },
});
