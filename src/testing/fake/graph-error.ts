/** What the Graph API says no with. */
export interface Refusal {
  readonly code: number;
  /** What Meta would say it is about: a field and a limit, never a guest's words. */
  readonly details?: string;
}

interface Known {
  readonly status: number;
  readonly title: string;
  readonly details?: string;
}

/**
 * Every code that the documentation tells of, but for ranges. HTTP statuses are those of Meta's table of December 2025; where it
 * has none, 400. Sources: "Error codes" (2025-2026). Titles that are not known word for word say what the code means.
 */
const KNOWN: Readonly<Record<number, Known>> = {
  0: { status: 401, title: "Token cannot be authenticated" },
  1: { status: 400, title: "Invalid request or possible server error" },
  2: { status: 503, title: "An unexpected error has occurred. Please retry your request later." },
  3: { status: 500, title: "Capability or permissions issue" },
  4: { status: 400, title: "Application request limit reached" },
  10: { status: 403, title: "Permission denied" },
  33: { status: 400, title: "Parameter value is not valid", details: "The business phone number has been deleted." },
  100: { status: 400, title: "Invalid parameter" },
  190: { status: 401, title: "Error validating access token: Session has expired" },
  368: { status: 403, title: "Temporarily blocked for policies violations" },
  80007: { status: 400, title: "Rate limit issues", details: "The account has reached its rate limit." },
  130429: { status: 400, title: "Rate limit hit", details: "Cloud API message throughput has been reached." },
  130403: { status: 400, title: "The business has blocked this user" },
  130472: { status: 400, title: "User's number is part of an experiment" },
  130497: { status: 403, title: "Business account is restricted from messaging users in this country" },
  130501: { status: 400, title: "Unsupported message type" },
  131000: {
    status: 500,
    title: "Something went wrong",
    details: "Message failed to send due to an unknown error.",
  },
  131005: { status: 403, title: "Access denied" },
  131008: { status: 400, title: "Required parameter is missing" },
  131009: { status: 400, title: "Parameter value is not valid" },
  131016: { status: 500, title: "Service unavailable" },
  131020: { status: 400, title: "Invalid group" },
  131021: { status: 400, title: "Recipient cannot be sender" },
  131026: {
    status: 400,
    title: "Message undeliverable",
    details: "Message could not be delivered to this recipient.",
  },
  131031: {
    status: 403,
    title: "Account has been locked",
    details: "The WhatsApp Business Account has been restricted or disabled.",
  },
  131037: { status: 400, title: "Display name is not approved" },
  131041: { status: 400, title: "Unknown group" },
  131042: { status: 400, title: "Business eligibility payment issue" },
  131045: { status: 500, title: "Incorrect certificate" },
  131047: {
    status: 400,
    title: "Re-engagement message",
    details: "More than 24 hours have passed since the recipient last replied.",
  },
  131048: { status: 400, title: "Spam rate limit hit" },
  131049: {
    status: 400,
    title: "Message not delivered to maintain healthy ecosystem engagement",
    details: "Not delivered to maintain healthy ecosystem engagement.",
  },
  131050: {
    status: 400,
    title: "User has stopped marketing messages",
    details: "The recipient stopped marketing messages from this business.",
  },
  131051: { status: 400, title: "Unsupported message type" },
  131052: { status: 400, title: "Media download error" },
  131053: {
    status: 400,
    title: "Media upload error",
    details: "Unsupported media type, or the link could not be fetched.",
  },
  131055: { status: 400, title: "Only for the marketing API" },
  131056: {
    status: 400,
    title: "(Business Account, Consumer Account) pair rate limit hit",
    details: "Too many messages sent from this phone number to the same phone number in a short period of time.",
  },
  131057: {
    status: 500,
    title: "Account in maintenance mode",
    details: "Business Account is in maintenance mode",
  },
  131059: { status: 400, title: "Invalid cursor" },
  131062: {
    status: 400,
    title: "Business-scoped User ID (BSUID) recipients are not supported for this message",
    details: "Send this message to a phone number.",
  },
  131063: { status: 400, title: "Marketing templates are disabled on the Cloud API" },
  131064: { status: 400, title: "Limited for templates of the wrong category" },
  132000: { status: 400, title: "Number of parameters does not match the expected number of params" },
  132001: { status: 404, title: "Template name does not exist in the translation" },
  132005: { status: 400, title: "Translated text too long" },
  132007: { status: 400, title: "Template breaks a policy" },
  132008: { status: 400, title: "Parameter format breaks a policy" },
  132012: { status: 400, title: "Parameter format does not match format in the created template" },
  132015: { status: 400, title: "Template is paused" },
  132016: { status: 400, title: "Template is disabled" },
  132018: { status: 400, title: "Template parameter validation failed" },
  132068: { status: 400, title: "Flow is blocked" },
  132069: { status: 400, title: "Flow is throttled" },
  133000: { status: 400, title: "Registration failed" },
  133004: { status: 503, title: "Server is temporarily unavailable" },
  133005: { status: 400, title: "Two-step verification PIN is wrong" },
  133006: { status: 400, title: "Phone number is not verified" },
  133007: { status: 400, title: "Registration failed" },
  133008: { status: 400, title: "Too many guesses of the PIN" },
  133009: { status: 400, title: "PIN was guessed too fast" },
  133010: { status: 400, title: "Phone number not registered" },
  133015: { status: 400, title: "Phone number was deleted a moment ago" },
  133016: { status: 400, title: "Registered too many times" },
  134011: { status: 400, title: "Terms of payments are not accepted" },
  134100: { status: 400, title: "Only for the marketing API" },
  134101: { status: 400, title: "Template is being synchronised" },
  134102: { status: 500, title: "Template is unavailable" },
  135000: { status: 400, title: "Parameter is wrong in a way that is not known" },
  137000: {
    status: 400,
    title: "Recipient identity key hash mismatch",
    details: "The identity of the recipient changed.",
  },
  138009: { status: 400, title: "Call permission request limit reached" },
  2494100: { status: 400, title: "Phone number is in maintenance" },
};

/** Codes that the documentation tells of together, both ends included. Of groups it gives 206 to 429. */
const RANGES: readonly (Known & { readonly from: number; readonly to: number })[] = [
  { from: 200, to: 299, status: 403, title: "Permission denied" },
  { from: 131201, to: 131215, status: 400, title: "Group operation failed" },
  { from: 138000, to: 138023, status: 400, title: "Calling failed" },
  { from: 139000, to: 139004, status: 400, title: "Flow could not be managed" },
  { from: 139100, to: 139103, status: 400, title: "Users could not be blocked" },
  { from: 147001, to: 147005, status: 400, title: "Username could not be changed" },
];

/** Codes of the Graph API itself rather than of WhatsApp; their messages have no number before them. */
const WITHOUT_NUMBER = new Set([2, 190]);

const about = ({ code, details }: Refusal): Known => {
  const range = () => RANGES.find(({ from, to }) => code >= from && code <= to);
  const known: Known = KNOWN[code] ?? range() ?? { status: 400, title: "Fake error" };
  return details === undefined ? known : { ...known, details };
};

/** The HTTP status that Meta's table has for a code. */
export const statusOf = (code: number): number => about({ code }).status;

/** The JSON of an answer that says no. */
export function errorBody(refusal: Refusal) {
  const { code } = refusal;
  const { title, details } = about(refusal);
  return {
    error: {
      message: WITHOUT_NUMBER.has(code) ? title : `(#${String(code)}) ${title}`,
      type: "OAuthException",
      ...(code === 2 && { is_transient: true }),
      code,
      ...(code === 190 && { error_subcode: 463 }),
      ...(details !== undefined && { error_data: { messaging_product: "whatsapp", details } }),
      fbtrace_id: "AFAKEtraceid",
    },
  };
}

/** The same no in a status. */
export function statusError(refusal: Refusal) {
  const { title, details } = about(refusal);
  return {
    code: refusal.code,
    title,
    message: title,
    ...(details !== undefined && { error_data: { details } }),
    href: "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes",
  };
}

/** Why WhatsApp hands over no more of a guest's message. */
export const unsupportedError = (code: 131051 | 131052) => {
  const title = code === 131051 ? "Message type unknown" : "Media download error";
  const details =
    code === 131051
      ? "Message type is currently not supported."
      : "The file the user sent is larger than the maximum that can be downloaded.";
  return { code, title, message: title, error_data: { details } };
};
