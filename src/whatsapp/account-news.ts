import type { AccountNews, PreferenceNews, TemplateNews } from "../domain/account.js";
import type { JsonValue } from "../domain/json.js";
import { id, member, numeric, text, type JsonObject, type Writable } from "./json.js";

/**
 * Reads what WhatsApp says about an account. Of a shape that is not the known one only the field and how it ended are told: what
 * is unknown may hold anything, and an event goes to many.
 * @source WhatsApp "Webhooks" overview and the references of its fields (September 2026)
 */
export function accountNews(field: string, value: JsonObject, accountId: string): AccountNews {
  const read = Object.hasOwn(READERS, field) ? READERS[field as keyof typeof READERS] : undefined;
  return read?.(value, accountId) ?? { about: "other", accountId, field, details: scalarsIn(value) };
}

/** @throws {TypeError} for what is no preference */
export function preferenceNews(preference: JsonObject, accountId: string): PreferenceNews {
  const wish = text(preference["value"]);
  return {
    about: "preference",
    accountId,
    category: text(preference["category"]) ?? "unknown",
    wish: wish === "stop" || wish === "resume" ? wish : "unknown",
  };
}

type Reader = (value: JsonObject, accountId: string) => AccountNews | null;

/** By the keys: Meta's own example of a quality update comes under the name of a status update. */
const template: Reader = (value, accountId) => {
  const templateId = id(value["message_template_id"]);
  const [status, quality, category] = [text(value["event"]), qualityOf(value), categoryOf(value)];
  if (templateId === null || (status === null && quality === null && category === null)) return null;
  const news: Writable<TemplateNews> = { about: "template", accountId, templateId };
  const [name, language] = [text(value["message_template_name"]), text(value["message_template_language"])];
  const reason = reasonOf(value);
  if (name !== null) news.name = name;
  if (language !== null) news.language = language;
  if (status !== null) news.status = status;
  if (reason !== null) news.reason = reason;
  if (quality !== null) news.quality = quality;
  if (category !== null) news.category = category;
  return news;
};

function qualityOf(value: JsonObject): NonNullable<TemplateNews["quality"]> | null {
  const now = text(value["new_quality_score"]);
  return now === null ? null : { ...optional("before", text(value["previous_quality_score"])), now };
}

/** `correct_category` is what Meta will make of it, and `new_category` beside it what it is until then. */
function categoryOf(value: JsonObject): NonNullable<TemplateNews["category"]> | null {
  const [correct, current] = [text(value["correct_category"]), text(value["new_category"])];
  if (correct !== null) return { ...optional("before", current), now: correct, coming: true };
  if (current === null) return null;
  return { ...optional("before", text(value["previous_category"])), now: current, coming: false };
}

/** Meta writes "NONE" when there is none, and then may tell one in words beside it. */
function reasonOf(value: JsonObject): string | null {
  const given = text(value["reason"]);
  if (given !== null && given !== "" && given !== "NONE") return given;
  const other = value["other_info"];
  return (
    text(member(value["rejection_info"], "reason")) ??
    text(member(other, "description")) ??
    text(member(other, "title"))
  );
}

const username: Reader = (value, accountId) => {
  const status = text(value["status"]);
  if (status === null) return null;
  return { about: "username", accountId, ...numberIn(value), ...optional("username", text(value["username"])), status };
};

/** One for each of Meta's fields; null says that the shape is not the known one. */
const READERS = {
  message_template_status_update: template,
  message_template_quality_update: template,
  message_template_components_update: template,
  template_category_update: template,
  template_correct_category_detection: template,
  business_username_update: username,
  business_username_updates: username,
  phone_number_quality_update: (value, accountId) => {
    const event = text(value["event"]);
    if (event === null) return null;
    const now = text(value["current_limit"]) ?? text(value["max_daily_conversations_per_business"]);
    const limit = now === null ? null : { ...optional("before", text(value["old_limit"])), now };
    return { about: "number", accountId, ...numberIn(value), event, ...(limit !== null && { limit }) };
  },
  business_capability_update: (value, accountId) => {
    const conversations = text(value["max_daily_conversations_per_business"]);
    const most = value["max_phone_numbers_per_business"] ?? value["max_phone_numbers_per_waba"];
    const numbers = numeric(most);
    if (conversations === null && numbers === null) return null;
    return {
      about: "limit",
      accountId,
      ...optional("conversationsPerDay", conversations),
      ...(numbers !== null && { numbers }),
    };
  },
  account_update: ({ event, ...details }, accountId) => {
    const name = text(event);
    return name === null ? null : { about: "account", accountId, event: name, details: detailsIn(details) };
  },
  account_alerts: (value, accountId) => {
    const alert = value["alert_info"];
    if (member(alert, "alert_type") === undefined && member(alert, "alert_description") === undefined) return null;
    return {
      about: "alert",
      accountId,
      ...optional("severity", text(member(alert, "alert_severity"))),
      ...optional("status", text(member(alert, "alert_status"))),
      ...optional("type", text(member(alert, "alert_type"))),
      ...optional("text", text(member(alert, "alert_description"))),
    };
  },
  account_review_update: (value, accountId) => {
    const decision = text(value["decision"]);
    return decision === null ? null : { about: "review", accountId, decision };
  },
  security: (value, accountId) => {
    const event = text(value["event"]);
    return event === null ? null : { about: "security", accountId, ...numberIn(value), event };
  },
} as const satisfies Record<string, Reader>;

function numberIn(value: JsonObject): { readonly displayNumber?: string } {
  const digits = (text(value["display_phone_number"]) ?? "").replace(/\D/g, "");
  return digits === "" ? {} : { displayNumber: digits };
}

/** A member that is left out where there is nothing in it. */
const optional = <Name extends string>(name: Name, value: string | null): Readonly<Partial<Record<Name, string>>> =>
  (value === null ? {} : { [name]: value }) as Readonly<Partial<Record<Name, string>>>;

/** Of an account's event, what is known to be about the account alone. */
const DETAILS = ["ban_info", "violation_info", "restriction_info", "disconnection_info", "waba_info"] as const;
/** Of whatever else, how it ended. */
const ENDS = ["event", "decision", "status", "reason"] as const;
function scalarsIn(value: JsonObject): Readonly<Record<string, JsonValue>> {
  const details: Record<string, JsonValue> = {};
  for (const name of ENDS) {
    const said = text(value[name]);
    if (said !== null) details[name] = said;
  }
  return details;
}

function detailsIn(value: JsonObject): Readonly<Record<string, JsonValue>> {
  const details: Record<string, JsonValue> = {};
  // What was parsed from JSON has no undefined in it.
  for (const name of DETAILS) if (value[name] !== undefined) details[name] = value[name] as JsonValue;
  return details;
}
