import type { Failure } from "../domain/delivery-status.js";
import type { SendResult } from "../ports/transport.js";
import { isObject, member, text, type Json } from "./json.js";

/**
 * What a Graph code means for a send. `retry`: proven not taken, try again. `unknown`: nobody can say. `wait`: not now, a
 * person decides. `permanent`: never, as it is. `template`: only a template may be sent. `configuration`: this number
 * cannot send until somebody acts. `media`: the file is at fault.
 */
export type ErrorClass = "retry" | "unknown" | "wait" | "permanent" | "template" | "configuration" | "media";

interface Row {
  readonly from: number;
  readonly to: number;
  readonly is: ErrorClass;
  readonly advice: string;
}

const row = (codes: number | readonly [number, number], is: ErrorClass, advice: string): Row =>
  typeof codes === "number" ? { from: codes, to: codes, is, advice } : { from: codes[0], to: codes[1], is, advice };

/** @source WhatsApp "Error codes" (September 2026; HTTP statuses from December 2025); the classes are ours. */
export const GRAPH_ERRORS: readonly Row[] = [
  row(0, "configuration", "WhatsApp could not check the access token. Set a valid one."),
  row(1, "unknown", "WhatsApp failed without saying why."),
  row(2, "unknown", "WhatsApp is down or overloaded."),
  row(3, "configuration", "The app lacks the capability for this call."),
  row(4, "retry", "The app's call rate is used up."),
  row(10, "configuration", "The app lacks a permission."),
  row(33, "configuration", "The WhatsApp number was deleted, or its id is wrong."),
  row(100, "permanent", "WhatsApp did not understand a parameter."),
  row(190, "configuration", "The access token has expired or is not valid. Set a new one."),
  row([200, 299], "configuration", "The access token lacks a permission."),
  row(368, "configuration", "The account is restricted for a policy violation."),
  row(80007, "retry", "The account's rate limit is reached."),
  row(130403, "permanent", "The guest is blocked by the hotel. Unblock them first."),
  row(130429, "retry", "The number's throughput is reached."),
  row(130472, "permanent", "The guest is in a marketing experiment of WhatsApp."),
  row(130497, "permanent", "The hotel may not write to guests of this country."),
  row(130501, "permanent", "This kind of message is not supported."),
  row(131000, "unknown", "WhatsApp failed without saying why."),
  row(131005, "configuration", "Access was denied. Check the token's permissions."),
  row(131008, "permanent", "A required parameter is missing."),
  row(131009, "permanent", "A parameter's value is not valid."),
  row(131016, "unknown", "WhatsApp is unavailable for a moment."),
  row(131020, "permanent", "The group is not valid."),
  row(131021, "permanent", "A number cannot write to itself."),
  row(
    131026,
    "permanent",
    "The message cannot be delivered: the guest may not be on WhatsApp, use an old version, or not have accepted its terms.",
  ),
  row(131030, "permanent", "A test number may write only to the recipients on its list."),
  row(131031, "configuration", "The account is locked."),
  row(131037, "configuration", "The number's display name needs approval."),
  row(131041, "permanent", "The group is not known."),
  row(131042, "configuration", "There is a payment problem. Look at the account's payment settings."),
  row(131045, "configuration", "The number is not registered."),
  row(131047, "template", "The service window is closed. Use a template, or wait until the guest writes."),
  row(131048, "wait", "The number is restricted because its messages were reported as spam."),
  row(131049, "wait", "WhatsApp withheld a marketing message. Wait at least a day."),
  row(131050, "permanent", "The guest does not want marketing messages."),
  row(131051, "permanent", "This kind of message is not supported."),
  row(131052, "media", "The guest's file could not be fetched."),
  row(131053, "media", "WhatsApp refused the file. Send it in another format."),
  row(131055, "permanent", "This message needs the marketing API."),
  row(131056, "retry", "Too many messages to this guest in a short time."),
  row(131057, "retry", "The number is being upgraded."),
  row(131059, "permanent", "The group's cursor is not valid."),
  row(131062, "permanent", "This message needs the guest's phone number, not their WhatsApp id."),
  row(131063, "configuration", "Marketing templates are switched off for this number."),
  row(131064, "wait", "Sending is limited because of templates in the wrong category."),
  row([131201, 131215], "permanent", "The group operation failed."),
  row(132000, "permanent", "The template has another number of parameters."),
  row(132001, "permanent", "There is no such approved template in this language."),
  row(132005, "permanent", "The text is too long once the template is filled in."),
  row(132007, "permanent", "The template violates a policy."),
  row(132008, "permanent", "A template parameter's format is not allowed."),
  row(132012, "permanent", "A template parameter has the wrong kind."),
  row(132015, "wait", "The template is paused because of its quality."),
  row(132016, "permanent", "The template is disabled because of its quality."),
  row(132018, "permanent", "A template parameter is not valid."),
  row(132068, "permanent", "The form is blocked."),
  row(132069, "wait", "The form is throttled to ten messages an hour."),
  row(133000, "configuration", "The number's registration is broken. Register it again."),
  row(133004, "retry", "WhatsApp's registration server is busy."),
  row([133005, 133010], "configuration", "The number is not properly registered."),
  row([133015, 133016], "configuration", "The number's registration is locked for a time."),
  row(134011, "configuration", "The payment terms must be accepted first."),
  row(134100, "permanent", "This message needs the marketing API."),
  row(134101, "retry", "The template is still being synchronised."),
  row(134102, "configuration", "The template cannot be used."),
  row(135000, "permanent", "WhatsApp did not understand a parameter."),
  row(
    137000,
    "permanent",
    "The guest's device changed or the account changed hands. Make sure who it is before sending again.",
  ),
  row([138000, 138023], "permanent", "The call could not be made."),
  row([139000, 139004], "permanent", "The form cannot be used."),
  row([139100, 139103], "permanent", "Blocking or unblocking failed."),
  row([147001, 147005], "permanent", "The business username is not valid."),
  row(2494100, "retry", "The number is in maintenance."),
  row([2593107, 2593108], "permanent", "The history cannot be synchronised any more."),
];

/** Waits that WhatsApp's documentation names: ten minutes for a template being synchronised, minutes for the others. */
const WAITS_MS: Readonly<Record<number, number>> = { 134101: 600_000, 4: 60_000, 80007: 60_000, 2494100: 60_000 };

/** Too many messages to one guest: four to the power of the attempt, in seconds. Source: WhatsApp "Throughput". */
const BACKOFF_BASES_MS: Readonly<Record<number, number>> = { 131056: 1_000 };

const find = (code: number): Row | undefined => GRAPH_ERRORS.find(({ from, to }) => from <= code && code <= to);

/** What staff or the host can do about a code; never Meta's own text, which may name the guest. */
export const adviceFor = (code: number): string =>
  find(code)?.advice ?? "WhatsApp reported an error that is not known yet.";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The `Retry-After` header: seconds, or a date. */
  readonly retryAfter: string | null;
  /** The `Date` header, from which a date in `retryAfter` is counted; null when there is none. */
  readonly date: string | null;
}

/** What an answer of the Graph API to a send means. Pure; the table alone decides what each code means. */
export function classifyAnswer({ status, body, retryAfter, date }: HttpAnswer): SendResult {
  const asked = waitOf(retryAfter, date);
  const parsed = parse(body);
  if (status >= 200 && status < 300) {
    const [message] = arrayOf(member(parsed, "messages"));
    const wamid = text(member(message, "id"));
    return wamid === null || wamid === ""
      ? unknown("no_id", "WhatsApp said yes without naming the message.")
      : { outcome: "accepted", wamid };
  }
  if (status >= 300 && status < 400)
    return rejected("redirected", "Something between here and WhatsApp redirects. Check the Graph URL.");
  const code = Number(text(member(member(parsed, "error"), "code")) ?? NaN);
  if (!Number.isInteger(code)) return withoutCode(status, asked);

  const found = find(code);
  const failure = { code: `graph_${String(code)}`, message: adviceFor(code) };
  if (found?.is === "unknown" || (found === undefined && status >= 500)) return { outcome: "unknown", failure };
  const again = found === undefined ? status === 429 : found.is === "retry";
  if (!again) return { outcome: "rejected", failure, retry: null };
  const baseMs = BACKOFF_BASES_MS[code];
  const retry = { afterMs: asked ?? WAITS_MS[code] ?? null, ...(baseMs !== undefined && { baseMs }) };
  return { outcome: "rejected", failure, retry };
}

/** Gateways answer HTML or nothing. What never reached WhatsApp's own code was not taken; the rest may have been. */
function withoutCode(status: number, afterMs: number | null): SendResult {
  const name = `http_${String(status)}`;
  if (status === 429) {
    return {
      outcome: "rejected",
      failure: { code: name, message: "WhatsApp asked to slow down." },
      retry: { afterMs },
    };
  }
  return status >= 500 ? unknown(name, "WhatsApp's gateway failed.") : rejected(name, "WhatsApp refused the request.");
}

const unknown = (code: string, message: string): SendResult => ({
  outcome: "unknown",
  failure: failureOf(code, message),
});
const rejected = (code: string, message: string): SendResult => ({
  outcome: "rejected",
  failure: failureOf(code, message),
  retry: null,
});
const failureOf = (code: string, message: string): Failure => ({ code, message });

/** Milliseconds; null when nothing understandable was asked for. */
function waitOf(retryAfter: string | null, date: string | null): number | null {
  if (retryAfter === null || retryAfter.trim() === "") return null;
  const seconds = Number(retryAfter);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(retryAfter) - Date.parse(date ?? "");
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}

function parse(body: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const arrayOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
