import type { AuditEntry } from "../domain/audit.js";
import { maskCardNumbers } from "../domain/card-numbers.js";
import type { Change } from "../domain/change.js";
import { contentLine } from "../domain/content.js";
import type { NewMessage } from "../domain/message.js";
import type { Reason } from "../domain/reason.js";
import { preview } from "../domain/text.js";
import { maskedAuditId } from "./ids.js";

/** A content without card numbers, and how many were masked in it. */
export interface MaskedContent<Content> {
  readonly content: Content;
  readonly cards: number;
}

/** Members of what the hotel sends, or notes, that are words: ids, addresses, codes and a form's data stand under other names, and are left. */
const WORDS: ReadonlySet<string> = new Set(["text", "header", "footer", "title", "description", "section", "fileName"]);
/** What holds such members further down. */
const PARTS: ReadonlySet<string> = new Set(["header", "body", "buttons", "rows", "sections", "cards"]);

const isList = (given: object): given is readonly unknown[] => Array.isArray(given);

/** Masks the card numbers in what the hotel says. What has none comes back as the very same value. */
export function maskedContent<Content extends object>(content: Content): MaskedContent<Content> {
  let cards = 0;
  const clean = (given: unknown, name: string): unknown => {
    if (typeof given === "string") {
      if (!WORDS.has(name)) return given;
      const masked = maskCardNumbers(given);
      cards += masked.cards;
      return masked.text;
    }
    if (typeof given !== "object" || given === null) return given;
    if (isList(given)) {
      const cleaned = given.map((one) => clean(one, ""));
      return cleaned.some((one, index) => one !== given[index]) ? cleaned : given;
    }
    // The end of an address, which nobody writes by hand.
    if ("type" in given && given.type === "url") return given;
    let changed: object = given;
    for (const [key, before] of Object.entries(given as Readonly<Record<string, unknown>>)) {
      const after = typeof before === "string" || PARTS.has(key) ? clean(before, key) : before;
      if (after !== before) changed = { ...changed, [key]: after };
    }
    return changed;
  };
  return { content: clean(content, "") as Content, cards };
}

/**
 * What is stored of a change where card numbers are masked: what the hotel says in it, whoever wrote that, and why somebody did something,
 * is without them, and the audit says so. What guests write was masked at the door. A change without any comes back as it is.
 */
export function withoutCards(change: Change): Change {
  let made = change;
  for (const message of change.messages) {
    if (message.direction === "inbound") continue;
    const { content, cards } = maskedContent(message.content);
    const fallback = message.fallback === null ? null : maskedContent(message.fallback.content);
    if (cards + (fallback?.cards ?? 0) === 0) continue;
    const kept = message.fallback !== null && fallback !== null && { ...message.fallback, content: fallback.content };
    made = withMessage(made, { ...message, content, ...(kept !== false && { fallback: kept }) });
    made = toldOfCards(made, message.id, cards + (fallback?.cards ?? 0));
  }
  const audit = made.audit.map((entry) => {
    const { text, cards } = maskCardNumbers(entry.reason);
    return cards === 0 ? entry : { ...entry, reason: text };
  });
  return audit.some((entry, index) => entry !== made.audit[index]) ? { ...made, audit } : made;
}

/** Lists show the words of the newest message. */
const withMessage = (change: Change, message: NewMessage): Change => ({
  ...change,
  messages: change.messages.map((one) => (one.id === message.id ? message : one)),
  conversations: change.conversations.map((one) =>
    one.previewMessageId === message.id ? { ...one, lastMessagePreview: preview(contentLine(message.content)) } : one,
  ),
});

/** Staff see on the message why there are no digits, and the audit that they were never stored (T83). */
export function toldOfCards(change: Change, messageId: string, cards: number): Change {
  const message = change.messages.find(({ id }) => id === messageId);
  if (message === undefined) return change;
  const reason: Reason = { code: "card_masked", at: message.createdAt, details: { cards } };
  return {
    ...change,
    messages: change.messages.map((one) => (one === message ? { ...one, reasons: [...one.reasons, reason] } : one)),
    audit: [...change.audit, maskedEntry(messageId, message, maskedAuditId(messageId), message.createdAt)],
  };
}

/** That card numbers were masked in a message. */
export const maskedEntry = (
  messageId: string,
  { hotelId }: { readonly hotelId: string },
  id: string,
  at: Date,
): AuditEntry => ({
  id,
  hotelId,
  actor: { kind: "system", id: "desk" },
  action: "message.mask",
  reason: "card_masked",
  target: { kind: "message", id: messageId },
  at,
});
