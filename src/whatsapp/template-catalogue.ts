import { templateFlaw, withText } from "../domain/template-fill.js";
import type { TemplateButton, TemplateContent, TemplateDefinition, TemplateHeader } from "../domain/template.js";
import { ConversationError } from "../errors.js";
import { templatesFromJson, type TemplatesJson } from "./template-json.js";
import type {
  LanguageIn,
  NameIn,
  TemplateFile,
  TemplateIn,
  TemplateMore,
  TemplatePlace,
  TemplatesIn,
  ValuesOf,
} from "./template-types.js";

/** The templates of an account, known to the compiler. */
export interface TemplateCatalogue<Json> {
  readonly templates: readonly TemplateDefinition[];
  /**
   * Fills a template in: its name, its language, the values of its body, and `{ header, buttons }` where it takes those. What is
   * left out, too many or of the wrong kind does not compile.
   * @param values names to texts, or texts in the order of their numbers; then the header's text, file or place, and the
   *   buttons' values by their places, from 0
   * @throws {ConversationError} `template_unknown`, `template_unsupported`, `template_parameters_wrong`, for whoever has no compiler
   */
  template<Name extends NameIn<TemplatesIn<Json>>, Language extends LanguageIn<TemplatesIn<Json>, Name>>(
    name: Name,
    language: Language,
    ...values: ValuesOf<TemplateIn<TemplatesIn<Json>, Name, Language>>
  ): TemplateContent;
}

/**
 * A catalogue of templates from their JSON, as Graph answers it or as an array.
 *
 * ```ts
 * const catalogue = templateCatalogue([
 *   { name: "arrival_reminder", language: "en_US", category: "UTILITY", parameter_format: "NAMED",
 *     components: [{ type: "BODY", text: "Hello {{first_name}}, we expect you at {{hour}}." }] },
 * ]);
 * catalogue.template("arrival_reminder", "en_US", { first_name: "Nadia", hour: "15:00" });
 * ```
 *
 * @param json literal, so that the compiler reads it; from an imported file it reads names and values as any text
 * @throws {ConversationError} `request_invalid` for what is no template
 */
export function templateCatalogue<const Json extends TemplatesJson>(json: Json): TemplateCatalogue<Json> {
  const templates = templatesFromJson(json);
  const find = (name: string, language: string) =>
    templates.find((template) => template.name === name && template.language === language);
  return {
    templates,
    template(name: string, language: string, ...values: readonly unknown[]): TemplateContent {
      const template = find(name, language);
      if (template === undefined) throw new ConversationError("template_unknown", { name, language });
      if (template.unsupported.length > 0)
        throw new ConversationError("template_unsupported", { name, language, components: template.unsupported });
      // Whoever has no compiler may give anything: what it is filled into says what is wrong with it.
      const [body, more] = values as [(readonly string[] | Readonly<Record<string, string>>)?, TemplateMore?];
      const content = contentOf(template, body ?? [], more ?? {});
      const flaw = templateFlaw(template, content);
      if (flaw !== null) throw new ConversationError("template_parameters_wrong", { name, language, ...flaw });
      return withText(template, content);
    },
  };
}

function contentOf(
  template: TemplateDefinition,
  given: readonly string[] | Readonly<Record<string, string>>,
  { header, buttons }: TemplateMore,
): TemplateContent {
  const { name, language, parameters, body } = template;
  const values = isList(given)
    ? given.map((text) => ({ text: wordsOf(text) }))
    : // In the template's order, and behind them those that it does not have.
      [...new Set([...body.placeholders.filter((key) => Object.hasOwn(given, key)), ...Object.keys(given)])].map(
        (key) => ({
          text: wordsOf(given[key]),
          ...(parameters === "named" && { name: key }),
        }),
      );
  const taps = Object.entries(buttons ?? {}).map(([place, value]) => buttonOf(template, Number(place), value));
  return {
    type: "template",
    name,
    language,
    ...(header !== undefined && { header: headerOf(template, header) }),
    ...(values.length > 0 && { body: values }),
    ...(taps.length > 0 && { buttons: taps }),
  };
}

function headerOf(
  { header: slot, parameters }: TemplateDefinition,
  header: NonNullable<TemplateMore["header"]>,
): TemplateHeader {
  if (typeof header === "string") {
    const name = parameters === "named" && slot?.type === "text" ? slot.placeholder : null;
    return { type: "text", text: header, ...(name !== null && { name }) };
  }
  if (isPlace(header)) {
    const { latitude, longitude, name, address } = header;
    return { type: "location", latitude, longitude, name, address };
  }
  const { fileName, ...media } = header;
  const type = slot === null || slot.type === "text" || slot.type === "location" ? "document" : slot.type;
  return { type, media, ...(fileName !== undefined && { fileName }) };
}

function buttonOf(
  { buttons }: TemplateDefinition,
  index: number,
  value: NonNullable<TemplateMore["buttons"]>[number],
): TemplateButton {
  if (typeof value !== "string") {
    const { token, data } = value;
    return { type: "flow", index, ...(token !== undefined && { token }), ...(data !== undefined && { data }) };
  }
  switch (buttons[index]?.type) {
    case "url":
      return { type: "url", index, text: value };
    case "copyCode":
      return { type: "copyCode", index, code: value };
    default:
      return { type: "quickReply", index, payload: value };
  }
}

/** What is no text is none. */
const wordsOf = (value: unknown): string => (typeof value === "string" ? value : "");
const isList = (given: readonly string[] | Readonly<Record<string, string>>): given is readonly string[] =>
  Array.isArray(given);
const isPlace = (header: TemplateFile | TemplatePlace): header is TemplatePlace => "latitude" in header;
