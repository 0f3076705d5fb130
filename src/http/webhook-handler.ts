import { ConversationError, ERRORS } from "../errors.js";
import { errorJson, retryAfter } from "./json.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Floods } from "../runtime/floods.js";
import { WEBHOOK_MAX_BYTES, type WebhookAnswer, type WebhookDelivery } from "../runtime/receive.js";
import { warnings } from "../runtime/warnings.js";
import type { ChallengeAnswer } from "../whatsapp/challenge.js";
import { looksSigned } from "../whatsapp/signature.js";

/** What the webhook needs of a `ConversationManager`. */
export interface WebhookReceiver {
  /** Takes a delivery. Resolves once it is stored, or refused. */
  receive(delivery: WebhookDelivery): Promise<WebhookAnswer>;
  /** Answers Meta's handshake. */
  challenge(query: URLSearchParams): ChallengeAnswer;
  readonly logger: DeskLogger;
  readonly floods?: Floods;
}

/** What `webhookHandler` may be told of the host. */
export interface WebhookHandlerOptions {
  /** The client's IP address, from where it cannot be forged; without it no address is refused for what came from it. */
  readonly ip?: (request: Request) => string | null | undefined;
}

/** Meta's handshake and deliveries for hosts that speak `Request` and `Response`. */
export function webhookHandler(desk: WebhookReceiver, { ip }: WebhookHandlerOptions = {}) {
  const shake = handshake(desk);
  const door = doorOf(desk);
  return async (request: Request): Promise<Response> => {
    const address = ip?.(request) ?? null;
    switch (request.method) {
      case "GET": {
        const flood = door.refusal(address, undefined);
        if (flood !== null) return answer(flood);
        const { status, body } = shake(new URL(request.url).searchParams);
        if (status === 403) door.failed(address);
        return new Response(body, { status, headers: PLAIN });
      }
      case "POST": {
        const signature = request.headers.get("x-hub-signature-256") ?? undefined;
        const flood = door.refusal(address, signature);
        if (flood !== null) return answer(flood);
        const error = await receive(desk, request, signature);
        if (error !== null && isUnsigned(error)) door.failed(address);
        return answer(error);
      }
      default:
        return answer(new ConversationError("method_not_allowed"));
    }
  };
}

/**
 * Who is let in before anything is read. What may be signed always is: only reading it tells, and WhatsApp may come from the same
 * address, that of a proxy, as a flood does.
 */
export function doorOf({ floods }: Pick<WebhookReceiver, "floods">) {
  return {
    /** Why nothing is read of it; null: it is. */
    refusal: (address: string | null, signature: string | undefined): ConversationError | null =>
      floods === undefined || looksSigned(signature) ? null : floods.refusal("unsigned", address),
    failed: (address: string | null): void => floods?.failed("unsigned", address),
  };
}

/** Whether a webhook was answered so because WhatsApp did not sign it. */
export const isUnsigned = ({ code }: ConversationError): boolean =>
  code === "signature_missing" || code === "signature_invalid";

async function receive(
  desk: WebhookReceiver,
  request: Request,
  signature: string | undefined,
): Promise<ConversationError | null> {
  const body = await rawBody(request, desk.logger);
  return ConversationError.is(body) ? body : (await desk.receive({ body, signature })).error;
}

/** The bytes as they were signed, or why there are none. That a middleware of the host's has read them is logged: nobody else can mend it. */
export async function rawBody(request: Request, logger: DeskLogger): Promise<Uint8Array | ConversationError> {
  if (request.bodyUsed) {
    logger.error({ code: "body_already_parsed" }, ERRORS.body_already_parsed.says);
    return new ConversationError("body_already_parsed");
  }
  const refused = refuseEncoding(request.headers.get("content-encoding") ?? undefined);
  if (refused !== null) return refused;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > WEBHOOK_MAX_BYTES) return new ConversationError("body_too_large", { limit: WEBHOOK_MAX_BYTES });
      chunks.push(chunk);
    }
  } catch {
    return new ConversationError("body_incomplete");
  }
  return Buffer.concat(chunks);
}

/**
 * Answers Meta's handshake. A refusal is logged, at most once a minute: whoever registers the webhook with another verify
 * token than the configured one sees only that Meta could not validate the address.
 */
export function handshake(desk: Pick<WebhookReceiver, "challenge" | "logger">) {
  const warn = warnings(desk.logger);
  return (query: URLSearchParams): ChallengeAnswer => {
    const answer = desk.challenge(query);
    // Without a token it is somebody else's look at the address.
    if (answer.status === 403 && query.has("hub.verify_token")) {
      warn("challenge_refused", ERRORS.challenge_refused.says);
    }
    return answer;
  };
}

/** The signature is over plain bytes, and WhatsApp does not compress. */
export const refuseEncoding = (encoding: string | undefined): ConversationError | null =>
  encoding === undefined || encoding === "identity" ? null : new ConversationError("body_encoded");

/** A challenge is shown to nobody as anything but text. */
export const PLAIN = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" } as const;

const answer = (error: ConversationError | null): Response =>
  error === null
    ? new Response(null, { status: 200 })
    : Response.json(errorJson(error), { status: error.status, headers: retryAfter(error) });
