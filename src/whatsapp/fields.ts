import type { LeafKind } from "./leaf.js";

/** What the fields hold that are not split by one of their lists, or were found to hold nothing. */
const FIELDS: Readonly<Record<string, LeafKind>> = {
  messages: "empty",
  smb_message_echoes: "empty",
  calls: "empty",
  history: "history",
  smb_app_state_sync: "app_state",
  standby: "standby",
  messaging_handovers: "handover",
  user_preferences: "user_preferences",
  user_id_update: "user_id_update",
  message_template_status_update: "template",
  message_template_quality_update: "template",
  message_template_components_update: "template",
  template_category_update: "template",
  template_correct_category_detection: "template",
  phone_number_quality_update: "phone_number",
  phone_number_name_update: "phone_number",
  business_username_update: "phone_number",
  business_username_updates: "phone_number",
  flows: "flow",
};

export function fieldKind(field: string): LeafKind {
  const known = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  if (known !== undefined) return known;
  if (field.startsWith("group_")) return "group";
  return /^(account|business|security$|partner|payment)/.test(field) ? "account" : "unknown_field";
}

/** Whether a field is about the account as a whole, and somebody has to hear of it. */
export const isAccountNews = (kind: LeafKind): boolean =>
  kind === "template" || kind === "account" || kind === "phone_number";
