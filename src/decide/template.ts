import type { TemplateNews } from "../domain/account.js";
import type { Chat } from "../domain/chat.js";
import { mayMarket, type ConsentEntry } from "../domain/consent.js";
import type { OutboundContent } from "../domain/content.js";
import { windowIsOpen } from "../domain/service-window.js";
import { isApproved, templateFlaw, withText } from "../domain/template-fill.js";
import { categoryOf, knownStatus, qualityOf, templateKey } from "../domain/template-words.js";
import type { TemplateContent, TemplateDefinition, TemplateKey, TemplateUpdate } from "../domain/template.js";
import { ConversationError } from "../errors.js";

/**
 * Whether `content` fills the template in, so that WhatsApp takes it: asked before anything is stored, and again before it leaves.
 * @param template null: the hotel's catalogue has none of this name and language
 * @throws {ConversationError} `template_unknown`; `template_not_approved`, with `details.status`; `template_unsupported`, with
 *   `details.components`; `template_parameters_wrong`, with `details.what`, `details.wanted` and `details.given`. At WhatsApp they are
 *   the errors 132000, 132001, 132005, 132012, 132015, 132016 and 132018
 */
export function checkTemplate(
  template: TemplateDefinition | null,
  content: TemplateContent,
): asserts template is TemplateDefinition {
  const problem = templateProblem(template, content);
  if (problem !== null) throw problem;
}

/** What `checkTemplate` throws; null when the template may be sent. */
export function templateProblem(
  template: TemplateDefinition | null,
  content: TemplateContent,
): ConversationError | null {
  return template === null ? unknown(content) : (notApproved(template) ?? misfit(template, content));
}

const unknown = ({ name, language }: TemplateKey): ConversationError =>
  new ConversationError("template_unknown", { name, language });

const notApproved = ({ name, language, status }: TemplateDefinition): ConversationError | null =>
  isApproved(status) ? null : new ConversationError("template_not_approved", { name, language, status });

/** What no time mends. */
function misfit(template: TemplateDefinition, content: TemplateContent): ConversationError | null {
  const { name, language, unsupported } = template;
  if (unsupported.length > 0)
    return new ConversationError("template_unsupported", { name, language, components: unsupported });
  const flaw = templateFlaw(template, content);
  return flaw === null ? null : new ConversationError("template_parameters_wrong", { name, language, ...flaw });
}

/** Why an offer may not be sent to a guest: they want none. null for any other template, and for a guest who said nothing. */
export function offerProblem(
  { category }: Pick<TemplateDefinition, "category">,
  consents: readonly ConsentEntry[],
): ConversationError | null {
  return category === "marketing" && !mayMarket(consents) ? new ConversationError("marketing_stopped") : null;
}

export interface MaybeTemplate {
  readonly content: OutboundContent;
  readonly fallback: TemplateContent | null;
}

/** The one template that a message can go as. */
const templateIn = ({ content, fallback }: MaybeTemplate): TemplateContent | null =>
  fallback ?? (content.type === "template" ? content : null);

/** What is known where somebody wants to send a template. */
interface TemplateState {
  /** The one of `templateIn`, as the hotel's catalogue has it. */
  readonly template: TemplateDefinition | null;
  readonly consents: readonly ConsentEntry[];
  readonly chat: Pick<Chat, "windowClosesAt">;
}

/**
 * What somebody wants to send, with what the guest reads of its template, once that is known to be sendable to them. While the
 * window is open a fallback need only be one that could be sent some day: it may never be needed, and it is looked at again when it is.
 * @throws {ConversationError} as `checkTemplate`; `marketing_stopped`
 */
export function withTemplate<T extends MaybeTemplate>(
  asked: T,
  { template, consents, chat }: TemplateState,
  now: Date,
): T {
  const given = templateIn(asked);
  if (given === null) return asked;
  if (template === null) throw unknown(given);
  const mayWait = given === asked.fallback && windowIsOpen(chat.windowClosesAt, now);
  const problem = mayWait
    ? misfit(template, given)
    : (templateProblem(template, given) ?? offerProblem(template, consents));
  if (problem !== null) throw problem;
  const filled = withText(template, given);
  return given === asked.fallback ? { ...asked, fallback: filled } : { ...asked, content: filled };
}

/**
 * What news of a template changes in the catalogue. A status whose word is not known changes nothing: nobody can tell whether the
 * template is sent by it, and the next reading of the catalogue will.
 * @param at when WhatsApp said so
 */
export function templateUpdates(
  { templateId, name, language, status, quality, category }: TemplateNews,
  at: Date,
): readonly TemplateUpdate[] {
  const update: TemplateUpdate = {
    metaId: templateId,
    key: templateKey(name ?? null, language ?? null),
    status: status === undefined ? null : knownStatus(status),
    quality: quality === undefined ? null : qualityOf(quality.now),
    category: category === undefined ? null : categoryAfter(category),
    at,
  };
  return update.status === null && update.quality === null && update.category === null ? [] : [update];
}

/** A category that is not known counts as marketing, to which a guest can object. */
function categoryAfter({ before, now, coming }: NonNullable<TemplateNews["category"]>): TemplateUpdate["category"] {
  const then = categoryOf(now) ?? "marketing";
  return coming ? { now: categoryOf(before ?? null), coming: then } : { now: then, coming: null };
}
