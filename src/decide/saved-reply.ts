import { PLACE, placeholdersOf, type SavedReply } from "../domain/saved-reply.js";
import { ConversationError } from "../errors.js";

/**
 * A saved reply with its values, as a text to be sent, or to be gone over first. Values are put in as they are: braces in them are text.
 * @param language of the guest; where it has no text in it, the same language of another region's is taken, else its first text
 * @param values by name; one that is missing or blank is not left out in silence, and those that have no place are not needed
 * @throws {ConversationError} `placeholder_missing`, with `details.missing`: the names
 */
export function fillSavedReply(
  { texts }: Pick<SavedReply, "texts">,
  { language, values }: { readonly language?: string; readonly values: Readonly<Record<string, string>> },
): string {
  const text = textIn(texts, language);
  const valueOf = (name: string): string => (Object.hasOwn(values, name) ? (values[name] ?? "") : "");
  const missing = placeholdersOf({ texts: { text } }).filter((name) => valueOf(name).trim() === "");
  if (missing.length > 0) throw new ConversationError("placeholder_missing", { missing });
  return text.replace(PLACE, (_place, name: string) => valueOf(name));
}

function textIn(texts: SavedReply["texts"], language: string | undefined): string {
  const wanted = language?.toLowerCase();
  const tags = Object.keys(texts);
  const primary = (tag: string | undefined) => tag?.toLowerCase().split("-")[0];
  const tag =
    tags.find((one) => one.toLowerCase() === wanted) ??
    tags.find((one) => one.toLowerCase() === primary(wanted)) ??
    tags.find((one) => primary(one) === primary(wanted)) ??
    tags[0];
  return tag === undefined ? "" : (texts[tag] ?? "");
}
