import {
  TEMPLATE_CATEGORIES,
  type KnownTemplateStatus,
  type TemplateCategory,
  type TemplateKey,
  type TemplateQuality,
  type TemplateStatus,
} from "./template.js";

/** Meta's words about templates, in ours. */

/** null for what can name none. Source of its letters and length: WhatsApp "Template components" (September 2026). */
export const templateKey = (name: string | null, language: string | null): TemplateKey | null =>
  name !== null && language !== null && NAME.test(name) && NAME.test(language) ? { name, language } : null;
const NAME = /^[\w-]{1,512}$/;

/** null for a word that is not known. */
export function categoryOf(given: string | null): TemplateCategory | null {
  const category = given?.toLowerCase();
  return TEMPLATE_CATEGORIES.find((known) => known === category) ?? null;
}

export function qualityOf(given: string | null): TemplateQuality | null {
  const quality = given?.toLowerCase();
  return QUALITIES.find((known) => known === quality) ?? null;
}
const QUALITIES = ["green", "yellow", "red", "unknown"] as const satisfies readonly TemplateQuality[];

/** In our words; a word that is not known in lower case. */
export const statusOf = (given: string): TemplateStatus =>
  knownStatus(given) ?? (given.toLowerCase() as Lowercase<string>);

/** What a status, or the event of a webhook that brings one, makes of a template; null when the word is not known. */
export const knownStatus = (given: string): KnownTemplateStatus | null =>
  Object.hasOwn(STATUSES, given.toUpperCase()) ? STATUSES[given.toUpperCase() as keyof typeof STATUSES] : null;

/** What is taken back is taken to be as it was before: where it is not, WhatsApp refuses the send, visibly. */
const STATUSES = {
  APPROVED: "approved",
  REINSTATED: "approved",
  UNARCHIVED: "approved",
  FLAGGED: "flagged",
  PAUSED: "paused",
  DISABLED: "disabled",
  REJECTED: "rejected",
  PENDING: "pending",
  IN_APPEAL: "inAppeal",
  ARCHIVED: "archived",
  LIMIT_EXCEEDED: "limitExceeded",
  LOCKED: "locked",
  PENDING_DELETION: "pendingDeletion",
  DELETED: "deleted",
} as const satisfies Record<string, KnownTemplateStatus>;
