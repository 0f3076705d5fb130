import type { JsonValue } from "./json.js";
import {
  isNumber,
  PLACEHOLDER,
  type TemplateButton,
  type TemplateButtonSlot,
  type TemplateContent,
  type TemplateDefinition,
  type TemplateHeader,
  type TemplateHeaderSlot,
  type TemplateStatus,
  type TemplateText,
} from "./template.js";

/** UTF-16 units of a text with its values in it. Source: WhatsApp "Template components" (September 2026); beyond it, error 132005. */
const MOST = { header: 60, body: 1024 } as const;
/** What WhatsApp refuses in a value, by what its own libraries check: nothing of its documents says so. */
const ODD_SPACE = /[\n\r\t]| {5,}/;

/** What is wrong with a template filled in: where, and what would be right there. Names, numbers and kinds; no value. */
export interface TemplateFlaw {
  readonly [member: string]: JsonValue;
  /** `"header"`, `"body"`, `"body.first_name"`, `"body.1"`, `"buttons.1"`: a button by its place, from 0. */
  readonly what: string;
  readonly wanted: JsonValue;
  readonly given: JsonValue;
}

/** The first thing that is wrong with `content` as a filling of the template; null when nothing is. */
export const templateFlaw = (template: TemplateDefinition, content: TemplateContent): TemplateFlaw | null =>
  headerFlaw(template.header, content.header) ??
  bodyFlaw(template, content.body ?? []) ??
  buttonsFlaw(template.buttons, content.buttons ?? []) ??
  lengthFlaw(template, content);

/** Whether Meta takes it, as far as is known here. */
export const isSendable = ({ status, unsupported }: Pick<TemplateDefinition, "status" | "unsupported">): boolean =>
  isApproved(status) && unsupported.length === 0;

export const isApproved = (status: TemplateStatus): boolean => status === "approved" || status === "flagged";

/**
 * The text as the guest reads it: header, body and footer, each on lines of its own, and the buttons' labels in brackets. A
 * placeholder without a value stays as it is, and one in a value is none.
 */
export function renderTemplate(template: TemplateDefinition, content: TemplateContent): string {
  const { buttons, footer } = template;
  const labels = buttons.map(({ label }) => `[${label}]`).join(" ");
  return [headerText(template, content), bodyText(template, content), footer ?? "", labels]
    .filter((line) => line !== "")
    .join("\n");
}

/** The content with what the guest reads in it, for staff and for searches. */
export const withText = (template: TemplateDefinition, content: TemplateContent): TemplateContent => ({
  ...content,
  text: renderTemplate(template, content),
});

const flaw = (what: string, wanted: JsonValue, given: JsonValue): TemplateFlaw => ({ what, wanted, given });

/** In the place of a type: there is none, or must be none. */
const NONE = "none";

function headerFlaw(slot: TemplateHeaderSlot | null, header: TemplateHeader | undefined): TemplateFlaw | null {
  const takes = slot === null || (slot.type === "text" && slot.placeholder === null) ? NONE : slot.type;
  const given = header?.type ?? NONE;
  if (takes !== given) return flaw("header", takes, given);
  if (slot?.type !== "text" || header?.type !== "text") return null;
  const { placeholder } = slot;
  return textFlaw("header", header, placeholder === null || isNumber(placeholder) ? null : placeholder);
}

function bodyFlaw(
  { parameters, body: { placeholders } }: TemplateDefinition,
  given: readonly TemplateText[],
): TemplateFlaw | null {
  const names = given.map(({ name }) => name ?? null);
  if (parameters === "named") {
    const isWhole = names.length === placeholders.length && placeholders.every((name) => names.includes(name));
    if (!isWhole) return flaw("body", placeholders, names);
  } else if (given.length !== placeholders.length) return flaw("body", placeholders.length, given.length);
  return first(given, (value, index) => {
    const place = value.name ?? placeholders[index] ?? "";
    return textFlaw(`body.${place}`, value, parameters === "named" ? place : null);
  });
}

/** @param name that the value must have; null: none */
function textFlaw(what: string, { text, name }: TemplateText, wanted: string | null): TemplateFlaw | null {
  if ((name ?? null) !== wanted) return flaw(what, wanted ?? NONE, name ?? NONE);
  if (text.trim() === "") return flaw(what, "text", "nothing");
  return ODD_SPACE.test(text)
    ? flaw(what, "one line, at most four spaces in a row", "line break, tab or spaces")
    : null;
}

function buttonsFlaw(slots: readonly TemplateButtonSlot[], given: readonly TemplateButton[]): TemplateFlaw | null {
  const odd = first(given, (button, place) => {
    const what = `buttons.${String(button.index)}`;
    const slot = slots[button.index];
    const takes = slot === undefined ? NONE : takesOf(slot);
    if (takes !== button.type) return flaw(what, takes, button.type);
    if (given.findIndex(({ index }) => index === button.index) < place) return flaw(what, 1, 2);
    return valueOf(button)?.trim() === "" ? flaw(what, "text", "nothing") : null;
  });
  return (
    odd ??
    first(slots, (slot, place) => {
      const isGiven = given.some(({ index }) => index === place);
      return isGiven || !isNeeded(slot) ? null : flaw(`buttons.${String(place)}`, slot.type, NONE);
    })
  );
}

/** What a button can be given, by the type of it in a content. */
function takesOf(slot: TemplateButtonSlot): string {
  switch (slot.type) {
    case "quickReply":
    case "copyCode":
    case "flow":
      return slot.type;
    case "url":
      return slot.placeholder === null ? NONE : slot.type;
    case "phone":
    case "contactInfo":
    case "catalog":
    case "call":
    case "unknown":
      return NONE;
  }
}
const isNeeded = (slot: TemplateButtonSlot): boolean =>
  slot.type === "copyCode" || (slot.type === "url" && slot.placeholder !== null);

function valueOf(button: TemplateButton): string | null {
  switch (button.type) {
    case "quickReply":
      return button.payload;
    case "url":
      return button.text;
    case "copyCode":
      return button.code;
    case "flow":
      return null;
  }
}

function lengthFlaw(template: TemplateDefinition, content: TemplateContent): TemplateFlaw | null {
  const [header, body] = [headerText(template, content).length, bodyText(template, content).length];
  if (header > MOST.header) return flaw("header", MOST.header, header);
  return body > MOST.body ? flaw("body", MOST.body, body) : null;
}

function headerText({ header: slot }: TemplateDefinition, { header }: TemplateContent): string {
  if (slot?.type !== "text") return "";
  return filled(slot.text, () => (header?.type === "text" ? header.text : undefined));
}

function bodyText({ parameters, body }: TemplateDefinition, content: TemplateContent): string {
  const given = content.body ?? [];
  const byName = new Map(
    given.map(({ name, text }, index) => [parameters === "named" ? name : body.placeholders[index], text] as const),
  );
  return filled(body.text, (placeholder) => byName.get(placeholder));
}

const filled = (text: string, valueOf: (placeholder: string) => string | undefined): string =>
  text.replace(PLACEHOLDER, (braces, placeholder: string) => valueOf(placeholder) ?? braces);

/** The first that something is wrong with, and what. */
function first<T>(values: readonly T[], flawIn: (value: T, index: number) => TemplateFlaw | null): TemplateFlaw | null {
  for (const [index, value] of values.entries()) {
    const found = flawIn(value, index);
    if (found !== null) return found;
  }
  return null;
}
