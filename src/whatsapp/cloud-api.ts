import { createHmac } from "node:crypto";
import type { LookupFunction } from "node:net";
import type { Failure } from "../domain/delivery-status.js";
import type { HotelNumber } from "../domain/hotel.js";
import { reveal, type Secret } from "../domain/secret.js";
import { deskLogger } from "../ports/log-fields.js";
import type { DeskLogger, Logger } from "../ports/logger.js";
import { silentLogger } from "../ports/logger.js";
import type { OutgoingMessage, SendResult, Transport } from "../ports/transport.js";
import { ConversationError, ERRORS } from "../errors.js";
import { headerOf, headersOf, isToken, segment, TOKEN_INVALID } from "./graph-call.js";
import { classifyAnswer } from "./graph-error.js";
import { graphExamine } from "./graph-examine.js";
import { graphHttp } from "./graph-http.js";
import { graphMedia } from "./graph-media.js";
import { graphRead } from "./graph-read.js";
import { graphPayload } from "./payload-builder.js";
import { publicLookup } from "./public-address.js";
import { TEMPLATE_PAGE_MAX_BYTES, templatePages } from "./template-pages.js";

/** What `cloudApi` takes; nothing has to be given. */
export interface CloudApiOptions {
  /**
   * `https://graph.facebook.com` by default. An IP address or `localhost` is taken as it stands; any other name has to resolve to
   * public addresses, unless `allowPrivate` is set.
   */
  readonly graphUrl?: string;
  /** The Graph API's version; `"v26.0"` by default, the newest known in November 2026. */
  readonly version?: string;
  /**
   * Milliseconds from the call to the last byte in, waiting for a socket and connecting included; 10,000 by default. What has waited for a
   * socket for nine tenths of them does not leave, and is tried again.
   */
  readonly deadlineMs?: number;
  /** Sockets kept open to WhatsApp at most; 50 by default. With fewer than `outbound.concurrency` an urgent message may wait for one. */
  readonly connections?: number;
  /**
   * The Meta app's secret: proves with each call that it comes from the app, which the app may demand ("Require App Secret").
   * The proof stands in the address of a call; none by default.
   */
  readonly appSecret?: string | Secret;
  /**
   * Where WhatsApp keeps files, besides `graphUrl` itself: the only places to which a token follows the address of one.
   * `["https://lookaside.fbsbx.com"]` by default, which is observed and nowhere promised.
   */
  readonly mediaOrigins?: readonly string[];
  /** Whether names may resolve to addresses of one's own network, as a gateway's or a fake's do; false by default. */
  readonly allowPrivate?: boolean;
  /** How names become addresses; `dns.lookup` by default. */
  readonly lookup?: LookupFunction;
  /** Told which name resolves to an address that is not public; the desk says in its own log that one does. Nothing is logged by default. */
  readonly logger?: Logger;
}

/**
 * WhatsApp's Cloud API over HTTPS: one attempt a call, sockets kept alive, no redirects, the token in no place but its header.
 * @throws {ConversationError} `config_invalid` for a `graphUrl`, or one of `mediaOrigins`, that is none
 */
export function cloudApi({
  graphUrl = "https://graph.facebook.com",
  version = "v26.0",
  deadlineMs = 10_000,
  connections = 50,
  appSecret,
  mediaOrigins = ["https://lookaside.fbsbx.com"],
  allowPrivate = false,
  lookup,
  logger = silentLogger,
}: CloudApiOptions = {}): Transport {
  const { origin, prefix, hostname } = readGraphUrl(graphUrl);
  const checked = allowPrivate
    ? lookup
    : publicLookup({
        ...(lookup && { lookup }),
        // Whoever writes this means this machine; of any other name somebody else's DNS says what it means.
        except: hostname === "localhost" ? hostname : undefined,
        onLookup: alarm(deskLogger(logger)),
      });
  const http = graphHttp({ deadlineMs, connections, lookup: checked });
  const files = graphHttp({ deadlineMs, connections: FILE_CONNECTIONS, lookup: checked });
  const proofOf = appSecret === undefined ? () => "" : proofs(appSecret);
  const pathOf = ({ accessToken }: HotelNumber, rest: string, query?: string): string => {
    const search = [query ?? "", proofOf(accessToken).slice(1)].filter(Boolean).join("&");
    return `${prefix}/${version}/${rest}${search && `?${search}`}`;
  };

  return {
    ...graphMedia({
      files,
      deadlineMs,
      origin,
      mediaOrigins: mediaOrigins.map(readOrigin),
      pathOf,
    }),
    ...graphRead({ http, origin, pathOf }),
    ...graphExamine({ http, origin, root: `${prefix}/${version}`, proofOf }),
    async send(message: OutgoingMessage): Promise<SendResult> {
      const { number } = message;
      if (!isToken(number)) return TOKEN_INVALID;
      const body = bodyOf(message);
      if (body === null) return { outcome: "rejected", failure: CONTENT_INVALID, retry: null };
      const path = `${prefix}/${version}/${segment(number.phoneNumberId)}/messages${proofOf(number.accessToken)}`;
      const headers = [...headersOf(number), "content-type", "application/json"];
      const answer = await http.exchange({ origin, path, method: "POST", headers, body });
      switch (answer.kind) {
        case "answered":
          return classifyAnswer({
            status: answer.status,
            body: answer.body,
            retryAfter: headerOf(answer.headers["retry-after"]),
            date: headerOf(answer.headers["date"]),
          });
        case "tooLong":
          return { outcome: "unknown", failure: TOO_LONG };
        case "unanswered":
          return answer.written
            ? { outcome: "unknown", failure: NO_ANSWER }
            : { outcome: "rejected", failure: unreachable(answer.error), retry: { afterMs: null } };
      }
    },
    templates({ number, accountId }) {
      return templatePages((after) => {
        if (!isToken(number)) return Promise.resolve(TOKEN_REFUSED);
        const query = [
          proofOf(number.accessToken).slice(1),
          after === null ? "" : `after=${encodeURIComponent(after)}`,
        ];
        const path = `${prefix}/${version}/${segment(accountId)}/message_templates?${query.filter(Boolean).join("&")}`;
        return http.exchange({
          origin,
          path,
          method: "GET",
          headers: headersOf(number),
          maxBytes: TEMPLATE_PAGE_MAX_BYTES,
        });
      });
    },
    async close() {
      await Promise.all([http.close(), files.close()]);
    },
  };
}

/** Sockets on which files come and go beside the messages. */
const FILE_CONNECTIONS = 10;

function readGraphUrl(graphUrl: string) {
  const url = URL.canParse(graphUrl) ? new URL(graphUrl) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "" || url.hash !== "")
    throw new ConversationError("config_invalid", {
      issues: [{ path: "graphUrl", message: "an http or https address without a user, a query and a fragment" }],
    });
  return { origin: url.origin, prefix: url.pathname.replace(/(?<!\/)\/+$/, ""), hostname: url.hostname };
}

function readOrigin(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
    throw new ConversationError("config_invalid", {
      issues: [{ path: "mediaOrigins", message: "http or https origins: a scheme, a host and perhaps a port" }],
    });
  return url.origin;
}

/** Says once that a name points into one's own network, and again when it did not in between. */
function alarm(logger: DeskLogger): (host: string, isPublic: boolean) => void {
  const said = new Set<string>();
  return (host, isPublic) => {
    if (isPublic) said.delete(host);
    else if (!said.has(host)) {
      said.add(host);
      logger.error({ code: "address_private", host }, "a name resolves to an address that is not public");
    }
  };
}

/** Rotated tokens are few; whoever makes up more than this is forgotten now and then. */
const PROOFS_MAX = 1_000;

/** The query that proves a token's call to come from the app. @source Graph API "Secure Requests" (September 2026) */
function proofs(appSecret: string | Secret): (token: string | Secret) => string {
  const known = new Map<string, string>();
  return (accessToken) => {
    const token = reveal(accessToken);
    const made = known.get(token);
    if (made !== undefined) return made;
    if (known.size >= PROOFS_MAX) known.clear();
    const proof = `?appsecret_proof=${createHmac("sha256", reveal(appSecret)).update(token).digest("hex")}`;
    known.set(token, proof);
    return proof;
  };
}

/** null for content that WhatsApp cannot carry: a host's own hotels may name departments as no menu can. */
function bodyOf(message: OutgoingMessage): string | null {
  try {
    return JSON.stringify(graphPayload(message));
  } catch {
    return null;
  }
}

const CONTENT_INVALID: Failure = {
  code: "content_invalid",
  message:
    "The message does not keep WhatsApp's limits and cannot be sent. Shorten it; look at the departments' names.",
};
/** A token that no header can carry, as WhatsApp would answer to it. */
const TOKEN_REFUSED = { kind: "answered", status: 401, headers: {}, body: "" } as const;
const NO_ANSWER: Failure = {
  code: "no_answer",
  message:
    "WhatsApp did not answer in time, so nobody can say whether it has the message. Look at the guest's answer before sending it again.",
};
const TOO_LONG: Failure = {
  code: "answer_too_long",
  message: "WhatsApp's answer was far too long to be one, so nobody can say whether it has the message.",
};

function unreachable(error: unknown): Failure {
  if (ConversationError.is(error)) return { code: error.code, message: ERRORS[error.code].says };
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unreachable";
  return { code: `connect_${code.toLowerCase()}`, message: "WhatsApp could not be reached." };
}
