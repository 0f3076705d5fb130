import type { Mistake } from "./broken-storages.js";

/** Mistakes about what guests say they speak, and what is made of their words. */
export const TRANSLATION_MISTAKES: readonly Mistake[] = [
  {
    fails: ["commit/guest-language"],
    edits: [["commit.ts", "...(language !== undefined && { language }),", ""]],
  },
  {
    fails: ["commit/guest-language", "guest/load"],
    edits: [["commit.ts", "...(language !== undefined && { language }),", "language,"]],
  },
  {
    fails: ["commit/guest-language"],
    edits: [["loads.ts", "...languageOf(hotel, guestId),", ""]],
  },
  {
    fails: ["translation/put", "translation/again"],
    edits: [["amendments.ts", "...(translation !== undefined && { translation }),", ""]],
  },
  {
    fails: ["translation/put"],
    edits: [
      [
        "translations.ts",
        "const { departmentId = null } = hotel.conversations.get(message.conversationId) ?? {};",
        "const departmentId = null;",
      ],
    ],
  },
  {
    fails: ["translation/again"],
    edits: [
      [
        "translations.ts",
        "if (JSON.stringify(inOrder(before)) === JSON.stringify(inOrder(translation))) return [];",
        "",
      ],
    ],
  },
  {
    fails: ["translation/again"],
    edits: [
      [
        "translations.ts",
        "hotel.translations.set(messageId, { ...translation, at: now });",
        "if (!hotel.translations.has(messageId)) hotel.translations.set(messageId, { ...translation, at: now });",
      ],
    ],
  },
  {
    fails: ["translation/unknown"],
    edits: [["translations.ts", "if (message === undefined) return null;", "if (message === undefined) return [];"]],
  },
];
