import type { Finding } from "../domain/finding.js";
import { id, isObject, list, member, numeric, text, type Json } from "./json.js";

/** An answer of the Graph API to one question: its JSON, or the code that `Failure` would have. */
export type Told = { readonly json: Json } | { readonly failure: string };

/** What WhatsApp says of a number and the account behind it. null: it was not asked. */
export interface NumberFacts {
  readonly phoneNumberId: string;
  readonly accountId: string | null;
  readonly appId: string | null;
  readonly number: Told;
  /** For each app secret, in order, the answer to a call that it proves. */
  readonly proofs: readonly Told[];
  readonly apps: Told | null;
  /** `debug_token` and `{app}/subscriptions`, asked as the app. */
  readonly token: Told | null;
  readonly subscriptions: Told | null;
}

/** What a support inbox lives on. @source WhatsApp "Webhooks overview" (September 2026) */
const NEEDED = ["messages"] as const;
/** Without which the desk works and knows less: the phone app's own messages, templates, the account, marketing wishes. */
const WANTED = [
  "smb_message_echoes",
  "message_template_status_update",
  "template_category_update",
  "account_update",
  "phone_number_quality_update",
  "user_preferences",
] as const;

const MESSAGING = "whatsapp_business_messaging";
const MANAGEMENT = "whatsapp_business_management";

/** A week: time to make a new token and to bring it to every process. */
const EXPIRES_SOON_MS = 7 * 86_400_000;

/** What is to be said of them. @param now of the database, by which a token's end is judged */
export function numberFindings(facts: NumberFacts, now: Date): readonly Finding[] {
  const about = facts.phoneNumberId;
  return [
    ...tokenFindings(facts, now, about),
    ...aboutNumber(facts, about),
    ...secretFindings(facts, about),
    ...subscriptionFindings(facts, facts.accountId ?? about),
    ...fieldFindings(facts, facts.appId ?? about),
  ];
}

function tokenFindings({ number, token, appId }: NumberFacts, now: Date, about: string): readonly Finding[] {
  const check = "whatsapp.token";
  if ("failure" in number) {
    const { failure } = number;
    if (TOKEN_CODES.test(failure))
      return [
        {
          check,
          level: "problem",
          about,
          says: `WhatsApp refuses the access token (${failure}): nothing leaves, and no file comes in.`,
          advice:
            "Make a new system-user token with whatsapp_business_messaging and whatsapp_business_management, and call rotateToken.",
        },
      ];
    if (!failure.startsWith("graph_"))
      return [{ check, level: "unknown", about, says: `WhatsApp could not be asked (${failure}).`, advice: REACH }];
  }
  if (token === null || "failure" in token) {
    const says = "WhatsApp takes the token; when it ends is not known.";
    const why =
      token === null
        ? appId === null
          ? "Set webhook.appId, and it is looked at."
          : null
        : `The app could not be asked (${token.failure}): is webhook.appId the app of the first app secret?`;
    return [{ check, level: token === null ? "ok" : "unknown", about, says, advice: why }];
  }
  const data = member(token.json, "data");
  if (member(data, "is_valid") === false)
    return [
      {
        check,
        level: "problem",
        about,
        says: "WhatsApp says that the token is not valid any more.",
        advice: "Make a new system-user token, and call rotateToken.",
      },
    ];
  const found: Finding[] = [];
  const scopes = list(member(data, "scopes"));
  const missing = [MESSAGING, MANAGEMENT].filter((scope) => scopes.length > 0 && !scopes.includes(scope));
  if (missing.length > 0)
    found.push({
      check,
      level: missing.includes(MESSAGING) ? "problem" : "warning",
      about,
      says: `The token lacks ${missing.join(" and ")}.`,
      advice: "Make a token with both: without the first nothing is sent, without the second no templates are read.",
    });
  const endsAt = numeric(member(data, "expires_at"));
  // Meta says 0 for a token that does not end.
  if (endsAt !== null && endsAt > 0) {
    const left = endsAt * 1_000 - now.getTime();
    const day = new Date(endsAt * 1_000).toISOString().slice(0, 10);
    found.push(
      left < EXPIRES_SOON_MS
        ? {
            check,
            level: left <= 0 ? "problem" : "warning",
            about,
            says: left <= 0 ? `The token ended on ${day}.` : `The token ends on ${day}.`,
            advice: "Make one that does not end (a system user's), and call rotateToken.",
          }
        : { check, level: "ok", about, says: `WhatsApp takes the token, until ${day}.`, advice: null },
    );
  }
  return found.length > 0
    ? found
    : [{ check, level: "ok", about, says: "WhatsApp takes the token, and it does not end.", advice: null }];
}

/** Token, permission, and what an app may do at all. */
const TOKEN_CODES = /^(token_invalid|graph_(0|3|10|190|2\d\d|131005))$/;
const REACH = "Look at the network, and at graphUrl: the desk sends from there.";

function aboutNumber({ number, accountId }: NumberFacts, about: string): readonly Finding[] {
  const check = "whatsapp.number";
  if ("failure" in number) {
    if (!number.failure.startsWith("graph_") || TOKEN_CODES.test(number.failure)) return [];
    return [
      {
        check,
        level: "problem",
        about,
        says: `WhatsApp does not know the number, or not for this token (${number.failure}).`,
        advice:
          "Compare phoneNumberId with the one in WhatsApp Manager (it is an id, not the phone number), and give the token's system user the account.",
      },
    ];
  }
  const found: Finding[] = [];
  const health = member(number.json, "health_status");
  const owner = list(member(health, "entities")).find((entity) => member(entity, "entity_type") === "WABA");
  const ownerId = id(member(owner, "id"));
  if (accountId !== null && ownerId !== null && ownerId !== accountId)
    found.push({
      check,
      level: "problem",
      about,
      says: `The number belongs to the account ${ownerId}, the hotel says ${accountId}.`,
      advice: "Set the hotel's accountId to that of its numbers: templates and news are looked for there.",
    });
  const may = text(member(health, "can_send_message"));
  if (may === "BLOCKED" || may === "LIMITED")
    found.push({
      check,
      level: may === "BLOCKED" ? "problem" : "warning",
      about,
      says: may === "BLOCKED" ? "The number may not send." : "The number may send less than it could.",
      advice: `Look at WhatsApp Manager${errorCodes(health)}.`,
    });
  const quality = text(member(number.json, "quality_rating"));
  if (quality === "RED")
    found.push({
      check,
      level: "warning",
      about,
      says: "The number's quality is low: guests block or report it.",
      advice: "Send less that nobody asked for; WhatsApp limits the number otherwise.",
    });
  return found.length > 0
    ? found
    : [{ check, level: "ok", about, says: "The number is there, and may send.", advice: null }];
}

/** Meta's own codes of what stands in the way. */
function errorCodes(health: Json | undefined): string {
  const codes = list(member(health, "entities"))
    .flatMap((entity) => list(member(entity, "errors")))
    .map((error) => text(member(error, "error_code")))
    .filter((code) => code !== null && /^\d{1,10}$/.test(code));
  return codes.length === 0 ? "" : ` (${[...new Set(codes)].join(", ")})`;
}

function secretFindings({ number, proofs }: NumberFacts, about: string): readonly Finding[] {
  const check = "whatsapp.secret";
  // What is refused for its token or its number says nothing of a proof.
  if ("failure" in number) return [];
  const refused = proofs.filter((proof) => "failure" in proof && proof.failure === "graph_100").length;
  const unsure = proofs.filter((proof) => "failure" in proof && proof.failure !== "graph_100").length;
  if (unsure > 0) return [{ check, level: "unknown", about, says: "WhatsApp did not say.", advice: "Ask again." }];
  if (refused === 0) return [{ check, level: "ok", about, says: "WhatsApp knows every app secret.", advice: null }];
  const none = refused === proofs.length;
  return [
    {
      check,
      level: none ? "problem" : "warning",
      about,
      says: none
        ? "No app secret is that of the token's app: what WhatsApp signs would be refused, and guests' messages with it."
        : `${String(refused)} of ${String(proofs.length)} app secrets are not (any more) those of the token's app.`,
      advice: none
        ? "Copy the app secret from the Meta app's basic settings; a token has to be of the same app."
        : "Take out what is not used any more.",
    },
  ];
}

function subscriptionFindings({ apps, appId, accountId }: NumberFacts, about: string): readonly Finding[] {
  const check = "whatsapp.subscription";
  if (accountId === null)
    return [
      {
        check,
        level: "unknown",
        about,
        says: "The hotel names no account.",
        advice: "Set the hotel's accountId, and the account's subscriptions and templates are looked at.",
      },
    ];
  if (apps === null) return [];
  if ("failure" in apps)
    return [
      {
        check,
        level: "unknown",
        about,
        says: `The account could not be asked (${apps.failure}).`,
        advice: "The token needs whatsapp_business_management for the account.",
      },
    ];
  const ids = list(member(apps.json, "data")).map((app) => id(member(member(app, "whatsapp_business_api_data"), "id")));
  const isIn = appId === null ? ids.length > 0 : ids.includes(appId);
  return [
    isIn
      ? { check, level: "ok", about, says: "The app is subscribed to the account.", advice: null }
      : {
          check,
          level: "problem",
          about,
          says: ids.length === 0 ? "No app is subscribed to the account." : "Another app is subscribed to the account.",
          advice: "POST /{account}/subscribed_apps with the number's token: without it no webhook comes.",
        },
  ];
}

function fieldFindings({ subscriptions, appId }: NumberFacts, about: string): readonly Finding[] {
  const check = "whatsapp.fields";
  if (appId === null)
    return [
      {
        check,
        level: "unknown",
        about,
        says: "Which webhook fields the app is subscribed to is not known.",
        advice: "Set webhook.appId, and they are looked at.",
      },
    ];
  if (subscriptions === null) return [];
  if ("failure" in subscriptions)
    return [
      {
        check,
        level: "unknown",
        about,
        says: `The app could not be asked (${subscriptions.failure}).`,
        advice: "Is webhook.appId the app of the first app secret?",
      },
    ];
  const own = list(member(subscriptions.json, "data")).find(
    (each) => member(each, "object") === "whatsapp_business_account",
  );
  // Names alone in some versions, with a version beside them in others.
  const fields = list(member(own, "fields")).map((field) => text(isObject(field) ? member(field, "name") : field));
  const lacking = (names: readonly string[]) => names.filter((name) => !fields.includes(name));
  if (lacking(NEEDED).length > 0 || member(own, "active") === false)
    return [
      {
        check,
        level: "problem",
        about,
        says: "The app is not subscribed to `messages`: no guest's message comes.",
        advice: "Subscribe to it under WhatsApp, Configuration in the App Dashboard.",
      },
    ];
  const wanted = lacking(WANTED);
  return [
    wanted.length === 0
      ? { check, level: "ok", about, says: "The app is subscribed to what the desk lives on.", advice: null }
      : {
          check,
          level: "warning",
          about,
          says: `The app is not subscribed to ${wanted.join(", ")}.`,
          advice: "Subscribe to them in the App Dashboard: the desk hears of them by webhooks alone.",
        },
  ];
}
