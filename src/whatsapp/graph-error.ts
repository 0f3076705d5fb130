import type { Failure } from "../domain/delivery-status.js";
import { GRAPH_WAITS_MS } from "../domain/failure-wait.js";
import type { Pause, SendAccepted, SendRejected, SendResult, SendUnknown } from "../ports/transport.js";
import { id, isObject, list, member, numeric, text, type Json } from "./json.js";

/**
 * What a Graph code means for a send. `retry`: proven not taken, try again. `unknown`: nobody can say. `wait`: not now, a
 * person decides. `permanent`: never, as it is. `template`: only a template may be sent. `address`: not to this address of
 * the guest. `configuration`: nothing can be sent until somebody acts. `media`: the file is at fault.
 */
export type ErrorClass =
  "retry" | "unknown" | "wait" | "permanent" | "template" | "address" | "configuration" | "media";

/** Whom a code concerns: this message alone, or whoever a `Pause` names. */
export type ErrorScope = "message" | Pause["scope"];

interface Row {
  readonly from: number;
  readonly to: number;
  readonly is: ErrorClass;
  readonly scope: ErrorScope;
  readonly advice: string;
}

const row = (
  codes: number | readonly [number, number],
  is: ErrorClass,
  advice: string,
  scope: ErrorScope = "message",
): Row => {
  const [from, to] = typeof codes === "number" ? [codes, codes] : codes;
  return { from, to, is, scope, advice };
};

/** @source WhatsApp "Error codes" (September 2026; HTTP statuses from December 2025); classes and scopes are ours. */
export const GRAPH_ERRORS: readonly Row[] = [
  row(0, "configuration", "WhatsApp could not check the access token. Set a valid one.", "token"),
  row(1, "unknown", "WhatsApp failed without saying why."),
  row(2, "unknown", "WhatsApp is down or overloaded."),
  row(3, "configuration", "The app lacks the capability for this call.", "token"),
  row(4, "retry", "The app's call rate is used up.", "account"),
  row(10, "configuration", "The app lacks a permission.", "token"),
  row(33, "configuration", "The WhatsApp number was deleted, or its id is wrong.", "number"),
  row(100, "permanent", "WhatsApp did not understand a parameter."),
  row(190, "configuration", "The access token has expired or is not valid. Set a new one.", "token"),
  row([200, 299], "configuration", "The access token lacks a permission.", "token"),
  row(368, "configuration", "The account is restricted for a policy violation.", "account"),
  row(80007, "retry", "The account's rate limit is reached.", "account"),
  row(130403, "permanent", "The guest is blocked by the hotel. Unblock them first."),
  row(130429, "retry", "The number's throughput is reached.", "number"),
  row(130472, "permanent", "The guest is in a marketing experiment of WhatsApp."),
  row(130497, "permanent", "The hotel may not write to guests of this country."),
  row(130501, "permanent", "This kind of message is not supported."),
  row(131000, "unknown", "WhatsApp failed without saying why."),
  row(131005, "configuration", "Access was denied. Check the token's permissions.", "token"),
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
  row(131031, "configuration", "The account is locked.", "account"),
  row(131037, "configuration", "The number's display name needs approval.", "number"),
  row(131041, "permanent", "The group is not known."),
  row(131042, "configuration", "There is a payment problem. Look at the account's payment settings.", "account"),
  row(131045, "configuration", "The number is not registered.", "number"),
  row(131047, "template", "The service window is closed. Use a template, or wait until the guest writes."),
  row(
    131048,
    "wait",
    "WhatsApp restricts the number for spam. Look at its quality there before this is sent again.",
    "number",
  ),
  row(131049, "wait", "WhatsApp withheld a marketing message. Wait at least a day."),
  row(131050, "permanent", "The guest does not want marketing messages."),
  row(131051, "permanent", "This kind of message is not supported."),
  row(131052, "media", "The guest's file could not be fetched."),
  row(131053, "media", "WhatsApp refused the file. Send it in another format."),
  row(131055, "permanent", "This message needs the marketing API."),
  row(131056, "retry", "Too many messages to this guest in a short time.", "pair"),
  row(131057, "retry", "The number is being upgraded.", "number"),
  row(131059, "permanent", "The group's cursor is not valid."),
  row(
    131060,
    "permanent",
    "WhatsApp does not hand over this message: it was written on a device that it does not support.",
  ),
  row(131062, "address", "This message needs the guest's phone number, not their WhatsApp id."),
  // Of marketing alone: pausing the number would hold up answers.
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
  row(133000, "configuration", "The number's registration is broken. Register it again.", "number"),
  row(133004, "retry", "WhatsApp's registration server is busy.", "number"),
  row([133005, 133010], "configuration", "The number is not properly registered.", "number"),
  row(133015, "configuration", "The number was deleted a moment ago. Register it again in five minutes.", "number"),
  row(133016, "configuration", "The number was registered too often and is locked for three days.", "number"),
  row(134011, "configuration", "The payment terms must be accepted first.", "account"),
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
  row(139100, "permanent", "Not all of the guests could be blocked or unblocked."),
  row(139101, "permanent", "The list of blocked guests is full."),
  row([139102, 139103], "retry", "Blocking or unblocking failed for a moment."),
  row([147001, 147005], "permanent", "The business username is not valid."),
  row(2494100, "retry", "The number is in maintenance.", "number"),
  row([2593107, 2593108], "permanent", "The history cannot be synchronised any more."),
  row(2593109, "permanent", "The hotel's phone app does not share its history."),
];

const DAY_MS = 86_400_000;

/**
 * For how long a number stops that WhatsApp restricts for spam, in milliseconds. Ours: WhatsApp names no time, and asks that a
 * person look at it and nothing be tried again by itself. So the message that met it fails for staff to see, none tries every minute
 * whether it is over, as one does where a token has expired, and what waits meets it four times an hour at most.
 */
const OWN_WAITS_MS: Readonly<Record<number, number>> = { 131048: 15 * 60_000 };

/** Too many messages to one guest: four to the power of the attempt, in seconds. Source: WhatsApp "Throughput". */
const BACKOFF_BASES_MS: Readonly<Record<number, number>> = { 131056: 1_000 };

/** Ours: nobody means to be asked again after longer than this, and a mistake must not silence a hotel for years. */
const RETRY_AFTER_MAX_MS = DAY_MS;

const find = (code: number): Row | undefined => GRAPH_ERRORS.find(({ from, to }) => from <= code && code <= to);

/** What staff or the host can do about a code; never Meta's own text, which may name the guest. */
export const adviceFor = (code: number): string =>
  find(code)?.advice ?? "WhatsApp reported an error that is not known yet.";

/** What came back for a call, as HTTP has it. */
export interface HttpAnswer {
  readonly status: number;
  /** As text: JSON where WhatsApp itself answered, anything where a gateway did. */
  readonly body: string;
  /** The `Retry-After` header: seconds, or a date. */
  readonly retryAfter: string | null;
  /** The `Date` header, from which a date in `retryAfter` is counted; null when there is none. */
  readonly date: string | null;
}

/**
 * What an answer of the Graph API to a send means, as `cloudApi` reads it: for transports through a gateway that answers as the Graph API does.
 * Pure; one table decides what each code means (`docs/transports.md`).
 */
export function classifyAnswer(answer: HttpAnswer): SendResult {
  const { status } = answer;
  const parsed = parse(answer.body);
  const asked = waitOf(answer);
  if (status >= 200 && status < 300) {
    const [message] = list(member(parsed, "messages"));
    const wamid = id(member(message, "id"));
    if (wamid === null) return unknown(NO_ID, null);
    const held = HELD.get(text(member(message, "message_status")) ?? "");
    return { outcome: "accepted", wamid, ...(held !== undefined && { held }) };
  }
  if (status >= 300 && status < 400) return { outcome: "rejected", failure: REDIRECTED, retry: null };

  const code = codeIn(parsed);
  const found = code === null ? undefined : find(code);
  const failure = code === null ? withoutCode(status) : { code: `graph_${String(code)}`, message: adviceFor(code) };
  if (code === null || found === undefined) {
    // What never reached WhatsApp's own code was not taken; behind a gateway that failed or gave up it may have been.
    if (status > HTTP_REFUSES_TO || status === 408) return unknown(failure, asked);
    const again = status === 429 || member(member(parsed, "error"), "is_transient") === true;
    return {
      outcome: "rejected",
      failure,
      retry: again ? { afterMs: asked } : null,
      ...(status === 429 && { pauses: { scope: "number", ends: "time", afterMs: asked } }),
      ...(status === 401 && { pauses: { scope: "token", ends: "repair", afterMs: null } }),
    };
  }
  return found.is === "unknown" ? unknown(failure, asked) : rejected(found, code, failure, asked);
}

/** Where a template's `message_status` is not `accepted`. @source WhatsApp "Send messages", "Template pausing" (September 2026) */
const HELD: ReadonlyMap<string, NonNullable<SendAccepted["held"]>> = new Map([
  ["held_for_quality_assessment", "quality"],
  ["paused", "paused"],
]);

function rejected({ is, scope }: Row, code: number, failure: Failure, asked: number | null): SendRejected {
  const afterMs = asked ?? GRAPH_WAITS_MS[code] ?? OWN_WAITS_MS[code] ?? null;
  const baseMs = BACKOFF_BASES_MS[code];
  return {
    outcome: "rejected",
    failure,
    retry: is === "retry" ? { afterMs, ...(baseMs !== undefined && { baseMs }) } : null,
    ...(scope !== "message" && { pauses: { scope, ends: is === "configuration" ? "repair" : "time", afterMs } }),
    ...(is === "address" && { otherAddress: true }),
    ...(is === "template" && { needsTemplate: true }),
  };
}

/** Whether WhatsApp has the message nobody knows, but what it asks of whoever sends next is plain. */
const unknown = (failure: Failure, asked: number | null): SendUnknown => ({
  outcome: "unknown",
  failure,
  ...(asked !== null && { pauses: { scope: "number", ends: "time", afterMs: asked } }),
});

/** The last refusal that HTTP itself knows: gateways have numbers of their own above, 499 among them, for calls that they gave up. */
const HTTP_REFUSES_TO = 451;

/** Gateways answer HTML or nothing. */
const withoutCode = (status: number): Failure => ({
  code: `http_${String(status)}`,
  message: SAID_BY_STATUS[status] ?? (status >= 500 ? "WhatsApp's gateway failed." : "WhatsApp refused the request."),
});

const SAID_BY_STATUS: Readonly<Record<number, string>> = {
  401: "WhatsApp does not accept the access token. Set a valid one.",
  408: "WhatsApp's gateway gave up waiting.",
  429: "WhatsApp asked to slow down.",
  499: "WhatsApp's gateway gave up waiting.",
};
const NO_ID: Failure = { code: "no_id", message: "WhatsApp said yes without naming the message." };
const REDIRECTED: Failure = {
  code: "redirected",
  message: "Something between here and WhatsApp redirects. Check the Graph URL.",
};

/** The code of an error body; null where there is none. */
export function codeIn(body: Json | undefined): number | null {
  const code = numeric(member(member(body, "error"), "code"));
  return code !== null && Number.isSafeInteger(code) && code >= 0 ? code : null;
}

const SECONDS = /^\d+(\.\d+)?$/;
/** As HTTP writes a date, of all that a runtime would take for one. */
const HTTP_DATE = /^[A-Z][a-z]+, .* GMT$/;

/** Milliseconds; null when nothing understandable was asked for. */
function waitOf({ retryAfter, date }: HttpAnswer): number | null {
  const asked = retryAfter?.trim() ?? "";
  const ms = SECONDS.test(asked)
    ? Number(asked) * 1000
    : HTTP_DATE.test(asked)
      ? Date.parse(asked) - Date.parse(date ?? "")
      : NaN;
  return ms >= 0 ? Math.min(ms, RETRY_AFTER_MAX_MS) : null;
}

export function parse(body: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
