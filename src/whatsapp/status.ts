import type { Billing, Failure, ReportedStatus, StatusUpdate } from "../domain/delivery-status.js";
import { adviceFor } from "./graph-error.js";
import { instant, isoOf } from "./instant.js";
import { id, list, member, numeric, text, type Json, type JsonObject, type Writable } from "./json.js";

const REPORTED: ReadonlySet<string> = new Set<ReportedStatus>(["sent", "delivered", "read", "played", "failed"]);

/** A status of one of our messages; null for what is not one, or says something unknown. */
export function statusOf(status: JsonObject, receivedAt: Date): Omit<StatusUpdate, "hotelId"> | null {
  const wamid = id(status["id"]);
  const name = text(status["status"]);
  if (wamid === null || name === null || !REPORTED.has(name)) return null;
  return {
    wamid,
    status: name as ReportedStatus,
    correlationId: id(status["biz_opaque_callback_data"]),
    failure: name === "failed" ? failureOf(status) : null,
    billing: billingOf(status["pricing"], status["conversation"]),
    at: instant(status["timestamp"], receivedAt),
  };
}

function failureOf(status: JsonObject): Failure {
  const [error] = list(status["errors"]);
  const code = id(member(error, "code"));
  return { code: `graph_${code ?? "unknown"}`, message: adviceFor(Number(code ?? NaN)) };
}

/** null when neither says anything. @source WhatsApp "Status messages webhook reference" (September 2026) */
function billingOf(pricing: Json | undefined, conversation: Json | undefined): Billing | null {
  const counted = conversation === undefined ? null : conversationOf(conversation);
  if (pricing === undefined && counted === null) return null;
  const billing: Writable<Billing> = {};
  const billable = member(pricing, "billable");
  const model = text(member(pricing, "pricing_model"));
  const type = text(member(pricing, "type"));
  const category = text(member(pricing, "category"));
  if (typeof billable === "boolean") billing.billable = billable;
  if (model !== null) billing.model = model;
  if (type !== null) billing.type = type;
  if (category !== null) billing.category = category;
  if (counted !== null) billing.conversation = counted;
  for (const _ in billing) return billing;
  return null;
}

function conversationOf(conversation: Json | undefined): NonNullable<Billing["conversation"]> | null {
  const conversationId = id(member(conversation, "id"));
  if (conversationId === null) return null;
  const origin = text(member(member(conversation, "origin"), "type"));
  const expiresAt = isoOf(numeric(member(conversation, "expiration_timestamp")));
  return { id: conversationId, ...(origin !== null && { origin }), ...(expiresAt !== null && { expiresAt }) };
}
