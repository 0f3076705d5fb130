/** Ours: a label on a card, not a note. UTF-16 units, and tags on one conversation. */
export const TAG = { length: 40, most: 20 } as const;

/**
 * A tag as it is stored and compared: one spelling for all who type it (`" VIP"`, `"vip"`), whatever language they type in.
 * @returns null for what is none: empty, longer than 40, or with control or half characters
 */
export function tagOf(typed: string): string | null {
  const tag = typed.normalize("NFC").replace(/\s+/gu, " ").trim().toLowerCase().normalize("NFC");
  return tag === "" || tag.length > TAG.length || /[\p{Cc}\p{Cs}]/u.test(tag) ? null : tag;
}
