import type { MessageContent } from "../domain/content.js";

/** What somebody wrote, captions included; null where they wrote nothing. The name of a place, a card's or a button's is nobody's words. */
export function writtenIn(content: MessageContent): string | null {
  switch (content.type) {
    case "text":
    case "image":
    case "video":
    case "document":
      return content.text ?? null;
    default:
      return null;
  }
}
