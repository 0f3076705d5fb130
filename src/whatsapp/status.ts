import type { ReportedStatus, StatusUpdate } from "../domain/delivery-status.js";
import { adviceFor } from "./graph-error.js";
import { id, list, member, text, type Json } from "./json.js";

const REPORTED: ReadonlySet<string> = new Set<ReportedStatus>(["sent", "delivered", "read", "played", "failed"]);

/** A status of one of our messages; null for what is not one, or says something unknown. */
export function statusOf(
  status: Json,
  instant: (timestamp: Json | undefined) => Date,
): Omit<StatusUpdate, "hotelId"> | null {
  const wamid = id(member(status, "id"));
  const name = text(member(status, "status"));
  if (wamid === null || name === null || !REPORTED.has(name)) return null;
  const [error] = list(member(status, "errors"));
  const code = id(member(error, "code"));
  return {
    wamid,
    status: name as ReportedStatus,
    correlationId: id(member(status, "biz_opaque_callback_data")),
    failure: name === "failed" ? { code: `graph_${code ?? "unknown"}`, message: adviceFor(Number(code ?? NaN)) } : null,
    at: instant(member(status, "timestamp")),
  };
}
