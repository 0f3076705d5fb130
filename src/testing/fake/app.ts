import type { FakeNumber } from "./numbers.js";
import { refused, type Answer, type Question } from "./graph.js";

/** The Meta app behind the webhooks and the tokens. */
export interface AppOptions {
  /** 600000000000001 by default. */
  readonly id?: string;
  /** Accounts (WABAs) that it is subscribed to; every one by default. */
  readonly accounts?: readonly string[];
  /** Webhook fields that it is subscribed to; all that the desk lives on by default. */
  readonly fields?: readonly string[];
  /** When every token ends; null, the default, for never. */
  readonly tokensEndAt?: Date | null;
  /** What every token may; both scopes of WhatsApp by default. */
  readonly scopes?: readonly string[];
}

export interface App {
  set(options: AppOptions): void;
  /** `Bearer {id}|{secret}`: it calls for itself. */
  readonly token: string;
  number(number: FakeNumber): Answer;
  subscribedApps(account: string): Answer;
  /** A batch, as the app alone may ask it here. */
  batch(question: Question): Answer;
}

const USUAL: Required<AppOptions> = {
  id: "600000000000001",
  accounts: [],
  fields: [
    "messages",
    "smb_message_echoes",
    "message_template_status_update",
    "template_category_update",
    "account_update",
    "phone_number_quality_update",
    "user_preferences",
  ],
  tokensEndAt: null,
  scopes: ["whatsapp_business_messaging", "whatsapp_business_management"],
};

/** @param isValid whether a token is accepted. Shapes: Graph API references of each endpoint (September 2026) */
export function app(appSecret: string, isValid: (token: string) => boolean): App {
  let known: AppOptions = {};
  const now = (): Required<AppOptions> => ({ ...USUAL, ...known });

  const debugToken = (token: string): Answer => {
    const { id, tokensEndAt, scopes } = now();
    const ends = tokensEndAt === null ? 0 : Math.floor(tokensEndAt.getTime() / 1_000);
    const is_valid = isValid(token) && (tokensEndAt === null || tokensEndAt > new Date());
    return ok({ data: { app_id: id, type: "SYSTEM_USER", is_valid, expires_at: ends, scopes } });
  };
  const subscriptions = (): Answer => {
    const { fields } = now();
    const subscribed = fields.map((name) => ({ name, version: "v26.0" }));
    return ok({ data: [{ object: "whatsapp_business_account", callback_url: "", active: true, fields: subscribed }] });
  };

  function one(relative: string): Answer {
    const { pathname, searchParams } = new URL(relative, "http://fake");
    if (pathname === "/debug_token") return debugToken(searchParams.get("input_token") ?? "");
    if (pathname === `/${now().id}/subscriptions`) return subscriptions();
    return refused({ code: 100, details: "There is nothing here." });
  }

  return {
    set(options) {
      known = { ...known, ...options };
    },
    get token() {
      return `${now().id}|${appSecret}`;
    },
    number: ({ phoneNumberId, displayNumber, account, quality, canSend, perSecond }) =>
      ok({
        id: phoneNumberId,
        display_phone_number: displayNumber,
        quality_rating: quality,
        throughput: { level: perSecond > 80 ? "HIGH" : "STANDARD" },
        status: "CONNECTED",
        platform_type: "CLOUD_API",
        is_on_biz_app: false,
        health_status: {
          can_send_message: canSend,
          entities: [
            { entity_type: "PHONE_NUMBER", id: phoneNumberId, can_send_message: canSend },
            { entity_type: "WABA", id: account, can_send_message: "AVAILABLE" },
            { entity_type: "APP", id: now().id, can_send_message: "AVAILABLE" },
          ],
        },
      }),
    subscribedApps(account) {
      const { id, accounts } = now();
      const isIn = known.accounts === undefined || accounts.includes(account);
      return ok({ data: isIn ? [{ whatsapp_business_api_data: { id, name: "Hotel desk" } }] : [] });
    },
    batch({ json }) {
      const asked = (json as { readonly batch?: readonly { readonly relative_url?: string }[] } | null)?.batch ?? [];
      const answers = asked.map(({ relative_url = "" }) => one(`/${relative_url.replace(/^\//, "")}`));
      return ok(answers.map(({ status, body }) => ({ code: status, body: JSON.stringify(body) })));
    },
  };
}

const ok = (body: object): Answer => ({ status: 200, body });
