import type { TemplateButton, TemplateContent, TemplateHeader, TemplateText } from "../../domain/template.js";
import type { JsonValue } from "../../domain/json.js";
import { LIMITS } from "../limits.js";
import { count, filled, invalid, unique, whole, within } from "./checks.js";
import { mediaHeader } from "./media.js";
import { placeOf } from "./place.js";
import { optional, type WhatsAppPayload } from "./shapes.js";

/** A template of the account and what is put into it. */
export type TemplateOptions = Omit<TemplateContent, "type" | "text">;

export function templateOf({ name, language, header, body = [], buttons = [] }: TemplateOptions): WhatsAppPayload {
  within("template.name", name, LIMITS.templateName);
  if (!/^[a-z0-9_]+$/.test(name)) throw invalid("template.name", "a-z, 0-9 and _", name.length);
  filled("template.language", language);
  checkButtons(buttons);
  return {
    name,
    language: { code: language },
    components: [
      ...(header === undefined ? [] : [{ type: "header", parameters: [headerValue(header)] }]),
      ...(body.length === 0 ? [] : [{ type: "body", parameters: bodyValues(body) }]),
      ...buttons.map(buttonOf),
    ],
  };
}

function headerValue(header: TemplateHeader): WhatsAppPayload {
  switch (header.type) {
    case "text":
      return textValue("template.header", header, LIMITS.templateHeader);
    case "location":
      return { type: "location", location: placeOf("template.header.location", header) };
    case "document":
      return mediaHeader("template.header", { ...header, type: header.type });
    default:
      return mediaHeader("template.header", { type: header.type, media: header.media });
  }
}

function bodyValues(body: readonly TemplateText[]): readonly WhatsAppPayload[] {
  const names = body.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (names.length > 0 && names.length < body.length) throw invalid("template.body.name", "all or none", names.length);
  unique("template.body.name", names);
  return body.map((value) => textValue("template.body", value, LIMITS.templateBody));
}

function textValue(field: string, { text, name }: TemplateText, limit: number): WhatsAppPayload {
  if (name !== undefined) filled(`${field}.name`, name);
  oneLine(`${field}.text`, text, limit);
  return { type: "text", text, ...optional("parameter_name", name) };
}

/** A value is put into the template's own line: Meta refuses what would tear it open. */
function oneLine(field: string, value: string, limit: number): void {
  within(field, value, limit);
  if (/[\n\r\t\u0085\u2028\u2029]/.test(value)) throw invalid(field, "no line break and no tab", value.length);
  const spaces = Math.max(0, ...(value.match(/ +/g) ?? []).map(({ length }) => length));
  if (spaces > LIMITS.templateSpaces) throw invalid(`${field}.spaces`, LIMITS.templateSpaces, spaces);
}

function checkButtons(buttons: readonly TemplateButton[]): void {
  count("template.buttons", buttons.length, LIMITS.templateButtons, 0);
  for (const { index } of buttons) whole("template.button.index", index, LIMITS.templateButtons - 1);
  unique(
    "template.button.index",
    buttons.map(({ index }) => String(index)),
  );
  const of = (type: TemplateButton["type"]) => buttons.filter((button) => button.type === type).length;
  count("template.buttons.url", of("url"), LIMITS.templateUrls, 0);
  count("template.buttons.copyCode", of("copyCode"), LIMITS.templateCopyCodes, 0);
}

function buttonOf(button: TemplateButton): WhatsAppPayload {
  const component = (type: string, parameter: JsonValue): WhatsAppPayload => ({
    type: "button",
    sub_type: type,
    index: String(button.index),
    parameters: [parameter],
  });
  switch (button.type) {
    case "quickReply":
      within("template.button.payload", button.payload, LIMITS.templatePayload);
      return component("quick_reply", { type: "payload", payload: button.payload });
    case "url":
      oneLine("template.button.url", button.text, LIMITS.templateUrl);
      return component("url", { type: "text", text: button.text });
    case "copyCode":
      within("template.button.code", button.code, LIMITS.templateCopyCode);
      return component("copy_code", { type: "coupon_code", coupon_code: button.code });
    case "flow": {
      const { token, data } = button;
      if (token !== undefined) filled("template.button.token", token);
      const action = {
        ...optional("flow_token", token),
        ...optional<"flow_action_data", JsonValue>("flow_action_data", data),
      };
      return component("flow", { type: "action", action });
    }
  }
}
