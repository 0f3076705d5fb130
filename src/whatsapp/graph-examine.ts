import { createHmac } from "node:crypto";
import type { Finding } from "../domain/finding.js";
import type { HotelNumber } from "../domain/hotel.js";
import { reveal, type Secret } from "../domain/secret.js";
import { ConversationError } from "../errors.js";
import type { Examination, Examined, Transport } from "../ports/transport.js";
import { headerOf, headersOf, isToken, segment } from "./graph-call.js";
import { classifyAnswer } from "./graph-error.js";
import type { GraphExchange, GraphHttp } from "./graph-http.js";
import { list, member, numeric, text, type Json } from "./json.js";
import { numberFindings, type Told } from "./number-findings.js";

export interface GraphExamineOptions {
  readonly http: GraphHttp;
  readonly origin: string;
  /** Before every path: of a gateway, and the version. */
  readonly root: string;
  /** The query that proves a call to come from the app, where the transport was given its secret; else empty. */
  readonly proofOf: (accessToken: string | Secret) => string;
}

/** @source Graph API "Business phone number", "Subscribed apps", "Debug token", "App subscriptions", "Batch requests" (September 2026) */
const FIELDS =
  "display_phone_number,quality_rating,throughput,status,name_status,platform_type,is_on_biz_app,health_status";

/** Asks WhatsApp how a number stands. Reads only. */
export function graphExamine({
  http,
  origin,
  root,
  proofOf,
}: GraphExamineOptions): Required<Pick<Transport, "examine">> {
  const ask = (number: HotelNumber, rest: string): Promise<GraphExchange> =>
    http.exchange({ origin, path: `${root}/${rest}`, method: "GET", headers: headersOf(number) });

  /** What the app itself is asked. Tokens stand in the body: addresses are written down on the way. */
  async function askApp(appId: string, secret: string | Secret, paths: readonly string[]): Promise<readonly Told[]> {
    const batch = paths.map((path) => ({ method: "GET", relative_url: path }));
    const exchange = await http.exchange({
      origin,
      path: `${root}/`,
      method: "POST",
      headers: [
        "authorization",
        `Bearer ${appId}|${reveal(secret)}`,
        "user-agent",
        "belldesk",
        "content-type",
        "application/json",
      ],
      body: JSON.stringify({ batch, include_headers: false }),
    });
    const told = toldBy(exchange);
    if ("failure" in told) return paths.map(() => told);
    return paths.map((_, index) => {
      const answer = list(told.json)[index];
      const status = numeric(member(answer, "code"));
      if (status === null) return { failure: "answer_odd" };
      return toldOf(status, text(member(answer, "body")) ?? "");
    });
  }

  return {
    async examine({ number, accountId, appId, appSecrets, now }: Examination): Promise<Examined> {
      const { phoneNumberId } = number;
      if (!isToken(number)) {
        const failed = { failure: "token_invalid" };
        const facts = { number: failed, proofs: [], apps: null, token: null, subscriptions: null };
        return { findings: numberFindings({ phoneNumberId, accountId, appId, ...facts }, now), serverTime: null };
      }
      const of = segment(phoneNumberId);
      const proof = proofOf(number.accessToken);
      const first = await ask(number, `${of}?fields=${FIELDS}${proof.replace("?", "&")}`);
      const told = toldBy(first);
      const proofs: Told[] = [];
      for (const secret of "json" in told ? appSecrets : []) {
        const hmac = createHmac("sha256", reveal(secret)).update(reveal(number.accessToken)).digest("hex");
        proofs.push(toldBy(await ask(number, `${of}?fields=id&appsecret_proof=${hmac}`)));
      }
      const known = proofs.findIndex((each) => "json" in each);
      const secret = appSecrets[known];
      const apps =
        accountId === null ? null : toldBy(await ask(number, `${segment(accountId)}/subscribed_apps${proof}`));
      const [token = null, subscriptions = null] =
        appId === null || secret === undefined
          ? []
          : await askApp(appId, secret, [
              `debug_token?input_token=${encodeURIComponent(reveal(number.accessToken))}`,
              `${segment(appId)}/subscriptions`,
            ]);
      const facts = { number: told, proofs, apps, token, subscriptions };
      const findings: readonly Finding[] = numberFindings({ phoneNumberId, accountId, appId, ...facts }, now);
      return { findings, serverTime: dateOf(first) };
    },
  };
}

function toldBy(exchange: GraphExchange): Told {
  switch (exchange.kind) {
    case "answered":
      return toldOf(exchange.status, exchange.body);
    case "tooLong":
      return { failure: "answer_too_long" };
    case "unanswered":
      return { failure: ConversationError.is(exchange.error) ? exchange.error.code : "no_answer" };
  }
}

function toldOf(status: number, body: string): Told {
  const json = parsed(body);
  if (status === 200 && json !== null) return { json };
  const answer = classifyAnswer({ status, body, retryAfter: null, date: null });
  return { failure: answer.outcome === "accepted" ? "answer_odd" : answer.failure.code };
}

/** An object or a list; null for what is neither. */
function parsed(body: string): Json {
  try {
    const value = JSON.parse(body) as Json;
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function dateOf(exchange: GraphExchange): Date | null {
  const written = exchange.kind === "answered" ? headerOf(exchange.headers["date"]) : null;
  const at = new Date(written ?? "");
  return Number.isNaN(at.getTime()) ? null : at;
}
