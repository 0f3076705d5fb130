import type { Refusal } from "./graph-error.js";

/** A template as it is sent, as far as it is read here. */
export interface SentTemplate {
  readonly name: string;
  readonly language: { readonly code: string };
  readonly components?: readonly SentComponent[];
}

export interface SentComponent {
  readonly type: string;
  /** Of a button: what it is and its place, from 0. */
  readonly sub_type?: string;
  readonly index?: string | number;
  readonly parameters?: readonly SentParameter[];
}

export interface SentParameter {
  readonly type: string;
  readonly parameter_name?: string;
  readonly text?: string;
  readonly payload?: string;
  readonly currency?: { readonly fallback_value: string };
  readonly date_time?: { readonly fallback_value: string };
}

/** One part of a template, as the Graph API tells it. */
export interface TemplateComponent {
  readonly type: "HEADER" | "BODY" | "FOOTER" | "BUTTONS";
  /** Of a header: what stands in it; `TEXT` when it is left out. */
  readonly format?: "TEXT" | "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION";
  /** With `{{1}}`, or `{{first_name}}` where `parameter_format` is `NAMED`. */
  readonly text?: string;
  readonly buttons?: readonly TemplateButton[];
}

/** A button of a template, in the Graph API's JSON. */
export interface TemplateButton {
  readonly type: "QUICK_REPLY" | "URL" | "PHONE_NUMBER" | "COPY_CODE" | "FLOW" | "OTP" | "REQUEST_CONTACT_INFO";
  readonly text?: string;
  /** With `{{1}}` where a parameter is added to it. */
  readonly url?: string;
}

/** A template, as `GET /{account}/message_templates` tells it. */
export interface FakeTemplate {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly category: "MARKETING" | "UTILITY" | "AUTHENTICATION";
  /** `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED` and what else Meta has. */
  readonly status: string;
  readonly parameter_format: "POSITIONAL" | "NAMED";
  readonly components: readonly TemplateComponent[];
}

/** What a template needs to be told; the rest is approved, of utility and positional. */
export type NewTemplate = Partial<FakeTemplate> & Pick<FakeTemplate, "name" | "language" | "components">;

/** Every account's templates. */
export interface Templates {
  /** Adds one, or puts it in the place of the one of that name and language. */
  put(account: string, template: NewTemplate): FakeTemplate;
  find(account: string, name: string, language: string): FakeTemplate | null;
  /** @returns how it is now @throws {RangeError} when there is none */
  change(account: string, name: string, language: string, change: Partial<FakeTemplate>): FakeTemplate;
  all(account: string): readonly FakeTemplate[];
  snapshot(): TemplatesSnapshot;
}

/** Every account's templates as plain JSON. */
export type TemplatesSnapshot = Readonly<Record<string, readonly FakeTemplate[]>>;

const FIRST_ID = 800_000_000_000_001;

/** @param saved what `snapshot()` gave before */
export function templates(saved: TemplatesSnapshot = {}): Templates {
  const accounts = new Map(Object.entries(saved).map(([account, own]) => [account, [...own]]));
  let made = [...accounts.values()].flat().length;
  const of = (account: string): FakeTemplate[] => {
    const own = accounts.get(account) ?? [];
    accounts.set(account, own);
    return own;
  };
  const find = (account: string, name: string, language: string) =>
    of(account).find((template) => template.name === name && template.language === language) ?? null;
  return {
    find,
    all: of,
    snapshot: () => Object.fromEntries(accounts),
    put(account, given) {
      const before = find(account, given.name, given.language);
      const template: FakeTemplate = {
        id: before?.id ?? String(FIRST_ID + made++),
        category: "UTILITY",
        status: "APPROVED",
        parameter_format: "POSITIONAL",
        ...given,
      };
      if (before === null) of(account).push(template);
      else of(account)[of(account).indexOf(before)] = template;
      return template;
    },
    change(account, name, language, change) {
      const before = find(account, name, language);
      if (before === null) throw new RangeError(`There is no template ${name} in ${language}.`);
      const after = { ...before, ...change };
      of(account)[of(account).indexOf(before)] = after;
      return after;
    },
  };
}

/** Characters of a body with its parameters filled in. Source: "Template components" (2026). */
const BODY_MAX = 1024;

/** What Meta says to a filled-in template beside its definition. @returns null when they fit */
export function checkTemplate(sent: SentTemplate, template: FakeTemplate | null): Refusal | null {
  switch (template?.status) {
    case "APPROVED":
    case "FLAGGED":
      break;
    case "PAUSED":
      return { code: 132015 };
    case "DISABLED":
      return { code: 132016 };
    default:
      return { code: 132001, details: `template name (${sent.name}) does not exist in ${sent.language.code}` };
  }
  const isNamed = template.parameter_format === "NAMED";
  for (const type of ["header", "body"] as const) {
    const part = template.components.find((component) => component.type === type.toUpperCase());
    const format = part?.format ?? "TEXT";
    const given = parametersOf(sent, type);
    const refusal =
      format === "TEXT" ? checkTexts(type, given, part?.text ?? "", isNamed) : checkMedia(type, given, format);
    if (refusal !== null) return refusal;
  }
  return checkButtons(sent, template) ?? checkLength(sent, template);
}

export const parametersOf = ({ components = [] }: SentTemplate, type: "header" | "body"): readonly SentParameter[] =>
  components.find((component) => component.type === type)?.parameters ?? [];

/** The names in `{{...}}`, each once. */
const placeholders = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name = ""]) => name)),
];

const mismatch = (where: string, expected: number, given: number): Refusal => ({
  code: 132000,
  details: `${where}: number of localizable_params (${String(given)}) does not match the expected number of params (${String(expected)})`,
});

function checkTexts(where: string, given: readonly SentParameter[], text: string, isNamed: boolean): Refusal | null {
  const wanted = placeholders(text);
  if (given.length !== wanted.length) return mismatch(where, wanted.length, given.length);
  for (const parameter of given) {
    if (!["text", "currency", "date_time"].includes(parameter.type))
      return { code: 132012, details: `${where}: expected a text, received ${parameter.type}` };
    // Nobody but libraries tells of this rule.
    if (/[\n\t]| {5,}/.test(parameter.text ?? ""))
      return { code: 132018, details: `${where}: a parameter has a new line, a tab or more than 4 spaces` };
    if (isNamed && !wanted.includes(parameter.parameter_name ?? ""))
      return { code: 132012, details: `${where}: a parameter has no name that the template has` };
  }
  const names = new Set(given.map((parameter) => parameter.parameter_name));
  return isNamed && names.size < wanted.length ? mismatch(where, wanted.length, names.size) : null;
}

function checkMedia(where: string, given: readonly SentParameter[], format: string): Refusal | null {
  if (given.length !== 1) return mismatch(where, 1, given.length);
  return given[0]?.type === format.toLowerCase()
    ? null
    : { code: 132012, details: `${where}: expected ${format}, received ${given[0]?.type ?? "nothing"}` };
}

/** What a button of a kind is given: its type of parameter, and whether it has to be. */
const BUTTONS: Readonly<Record<string, { readonly takes: string; readonly subType: string }>> = {
  QUICK_REPLY: { takes: "payload", subType: "quick_reply" },
  URL: { takes: "text", subType: "url" },
  COPY_CODE: { takes: "coupon_code", subType: "copy_code" },
  FLOW: { takes: "action", subType: "flow" },
  OTP: { takes: "text", subType: "url" },
};

function checkButtons({ components = [] }: SentTemplate, template: FakeTemplate): Refusal | null {
  const buttons = template.components.find(({ type }) => type === "BUTTONS")?.buttons ?? [];
  const given = components.filter(({ type }) => type === "button");
  for (const { index, sub_type: subType = "", parameters = [] } of given) {
    const where = `button ${String(index)}`;
    const button = buttons[Number(index)];
    const kind = button === undefined ? undefined : BUTTONS[button.type];
    if (kind === undefined) return mismatch(where, 0, parameters.length);
    if (kind.subType !== subType.toLowerCase())
      return { code: 132012, details: `${where}: expected ${kind.subType}, received another kind` };
    if (parameters.length !== 1) return mismatch(where, 1, parameters.length);
    if (parameters[0]?.type !== kind.takes)
      return { code: 132012, details: `${where}: expected ${kind.takes}, received ${parameters[0]?.type ?? ""}` };
  }
  const forgotten = buttons.findIndex(
    (button, place) => isRequired(button) && !given.some(({ index }) => Number(index) === place),
  );
  return forgotten === -1 ? null : mismatch(`button ${String(forgotten)}`, 1, 0);
}

/** Whether a button says nothing without a parameter. */
const isRequired = ({ type, url = "" }: TemplateButton): boolean =>
  type === "OTP" || type === "COPY_CODE" || (type === "URL" && placeholders(url).length > 0);

function checkLength(sent: SentTemplate, template: FakeTemplate): Refusal | null {
  return templateText(sent, template).length > BODY_MAX ? { code: 132005 } : null;
}

/** What a phone shows of a template: its body, or its header, with the parameters in their places. */
export function templateText(sent: SentTemplate, template: FakeTemplate, part: "header" | "body" = "body"): string {
  const text = template.components.find(({ type }) => type === part.toUpperCase())?.text ?? "";
  const given = parametersOf(sent, part);
  const names = placeholders(text);
  return text.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => {
    const parameter =
      template.parameter_format === "NAMED"
        ? given.find((candidate) => candidate.parameter_name === name)
        : given[names.indexOf(name)];
    return parameter?.text ?? (parameter?.currency ?? parameter?.date_time)?.fallback_value ?? "";
  });
}
