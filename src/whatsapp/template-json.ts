import { categoryOf, qualityOf, statusOf, templateKey } from "../domain/template-words.js";
import {
  isNumber,
  placeholdersIn,
  type TemplateBody,
  type TemplateButtonSlot,
  type TemplateDefinition,
  type TemplateHeaderSlot,
} from "../domain/template.js";
import { ConversationError } from "../errors.js";
import { id, isObject, list, member, text, type Json, type JsonObject } from "./json.js";

/** Templates in Graph's JSON: the array, or the answer of `GET /{WABA}/message_templates` that it stands in. */
export type TemplatesJson = readonly unknown[] | { readonly data: readonly unknown[] };

/**
 * Templates out of a file. Of two with one name and language the last counts.
 * @throws {ConversationError} `request_invalid`, with `details.issues`: the path of everything that is no template
 */
export function templatesFromJson(json: unknown): readonly TemplateDefinition[] {
  const items = Array.isArray(json) ? (json as readonly unknown[]) : isObject(json) ? json["data"] : undefined;
  if (!Array.isArray(items))
    throw invalid([{ path: "", message: "an array of templates, or an object with one in data" }]);
  const read = (items as readonly unknown[]).map(readTemplate);
  const issues = read.flatMap((template, index) =>
    template === null ? [{ path: String(index), message: "a template has a name and a language" }] : [],
  );
  if (issues.length > 0) throw invalid(issues);
  return lastOfEach(read.filter((template) => template !== null));
}

const invalid = (issues: readonly { readonly path: string; readonly message: string }[]): ConversationError =>
  new ConversationError("request_invalid", { issues: issues.map((issue) => ({ ...issue })) });

/** Of templates with one name and language the last. */
export const lastOfEach = (templates: readonly TemplateDefinition[]): readonly TemplateDefinition[] => [
  ...new Map(templates.map((template) => [JSON.stringify([template.name, template.language]), template])).values(),
];

/**
 * Reads one template; null for what has no name and language. What is missing is taken as a hand-written file means it: approved, and
 * with nothing to fill in. A category that is not known counts as marketing, to which a guest can object. What a template
 * has beside what this release can fill in is named in `unsupported`.
 * @source WhatsApp "Templates overview", "Template components" (September 2026)
 */
export function readTemplate(item: unknown): TemplateDefinition | null {
  if (!isObject(item)) return null;
  const key = templateKey(text(item["name"]), text(item["language"]));
  if (key === null) return null;

  const unsupported: string[] = [];
  let header: TemplateHeaderSlot | null = null;
  let body = "";
  let footer: string | null = null;
  let buttons: readonly TemplateButtonSlot[] = [];
  for (const component of list(item["components"])) {
    const type = word(member(component, "type"));
    switch (type) {
      case "HEADER":
        header = headerOf(component);
        if (header === null) unsupported.push(type);
        break;
      case "BODY":
        body = text(member(component, "text")) ?? "";
        break;
      case "FOOTER":
        footer = text(member(component, "text"));
        break;
      case "BUTTONS":
        buttons = list(member(component, "buttons")).map((button) => {
          const slot = buttonOf(button);
          if (slot.type === "unknown") unsupported.push(word(member(button, "type")) || type);
          return slot;
        });
        break;
      default:
        unsupported.push(type === "" ? "UNKNOWN" : type);
    }
  }
  const found = bodyOf(body);
  return {
    ...key,
    metaId: id(item["id"]),
    category: categoryOf(text(item["category"])) ?? "marketing",
    status: item["status"] === undefined ? "approved" : statusOf(id(item["status"]) ?? "unknown"),
    quality: qualityOf(text(member(item["quality_score"], "score"))),
    parameters: parametersOf(item, found, header),
    header,
    body: found,
    footer,
    buttons,
    unsupported: [...new Set(unsupported)],
  };
}

const bodyOf = (body: string): TemplateBody => ({ text: body, placeholders: placeholdersIn(body) });

/** null for one that cannot be filled in: of an unknown kind, or with several values in a text. */
function headerOf(component: Json): TemplateHeaderSlot | null {
  const [given, words] = [member(component, "format"), text(member(component, "text"))];
  const format = given === undefined && words !== null ? "TEXT" : word(given);
  switch (format) {
    case "TEXT": {
      const [placeholder = null, second] = placeholdersIn(words ?? "");
      return second === undefined ? { type: "text", text: words ?? "", placeholder } : null;
    }
    case "IMAGE":
    case "VIDEO":
    case "DOCUMENT":
    case "LOCATION":
      return { type: MEDIA[format] };
    default:
      return null;
  }
}
const MEDIA = { IMAGE: "image", VIDEO: "video", DOCUMENT: "document", LOCATION: "location" } as const;

function buttonOf(button: Json): TemplateButtonSlot {
  const label = text(member(button, "text")) ?? "";
  switch (word(member(button, "type"))) {
    case "QUICK_REPLY":
      return { type: "quickReply", label };
    case "URL": {
      const url = text(member(button, "url")) ?? "";
      const [placeholder = null, second] = placeholdersIn(url);
      return second === undefined ? { type: "url", label, url, placeholder } : { type: "unknown", label };
    }
    case "COPY_CODE":
      return { type: "copyCode", label };
    case "FLOW":
      return { type: "flow", label };
    case "PHONE_NUMBER":
      return { type: "phone", label };
    case "REQUEST_CONTACT_INFO":
      return { type: "contactInfo", label };
    case "CATALOG":
      return { type: "catalog", label };
    case "VOICE_CALL":
      return { type: "call", label };
    default:
      return { type: "unknown", label };
  }
}

/** As the template says, else as its placeholders look. */
function parametersOf(
  item: JsonObject,
  { placeholders }: TemplateBody,
  header: TemplateHeaderSlot | null,
): TemplateDefinition["parameters"] {
  const format = word(item["parameter_format"]);
  if (format === "NAMED" || format === "POSITIONAL") return format === "NAMED" ? "named" : "positional";
  const all =
    header?.type === "text" && header.placeholder !== null ? [...placeholders, header.placeholder] : placeholders;
  return all.every(isNumber) ? "positional" : "named";
}

/** Meta's names are in capitals; a file may have them otherwise. */
const word = (value: Json | undefined): string => (text(value) ?? "").toUpperCase();
