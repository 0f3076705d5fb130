import type { ServerResponse } from "node:http";
import {
  ConversationError,
  ERRORS,
  doorOf,
  errorJson,
  handshake,
  isUnsigned,
  PLAIN,
  refuseEncoding,
  retryAfter,
  WEBHOOK_MAX_BYTES,
  type DeskLogger,
  type WebhookReceiver,
} from "../../src/index.js";
import { readBody, type Body } from "./body.js";
import { addressOf, type AddressOptions, type Handler, type HostRequest } from "./http.js";

/**
 * Meta's webhook: `app.use("/webhooks/whatsapp", webhookRouter(desk))`. Reads the stream itself, so the signature is
 * over the bytes as they came, whatever is mounted before it: a `req.rawBody` that the host kept is taken, and so is
 * the Buffer of `express.raw()`. A body that was only parsed, or that a decoder changed, cannot be verified: it is answered
 * 500 `body_already_parsed` and logged, until the host mounts this before its parser.
 */
export function webhookRouter(desk: WebhookReceiver, options: AddressOptions = {}): Handler {
  const shake = handshake(desk);
  const door = doorOf(desk);
  return (request, response) => {
    const address = options.ip?.(request) ?? request.socket.remoteAddress ?? null;
    const header = request.headers["x-hub-signature-256"];
    const signature = typeof header === "string" ? header : undefined;
    const flood = door.refusal(address, request.method === "POST" ? signature : undefined);
    if (flood !== null) {
      refuse(response, flood);
      return;
    }
    if (request.method === "GET") {
      const { status, body } = shake(addressOf(request).query);
      if (status === 403) door.failed(address);
      response.writeHead(status, PLAIN).end(body);
      return;
    }
    if (request.method !== "POST") {
      refuse(response, new ConversationError("method_not_allowed"));
      return;
    }
    const encoded = refuseEncoding(request.headers["content-encoding"]);
    if (encoded !== null) {
      refuse(response, encoded);
      return;
    }
    void rawBody(request, desk.logger).then(async (body) => {
      if (ConversationError.is(body)) {
        refuse(response, body);
        return;
      }
      // `receive` never throws.
      const { error } = await desk.receive({ body: body.bytes, signature });
      // The host gave up waiting and answered: Meta sends it again, and it is known.
      if (response.headersSent) return;
      if (error === null) {
        response.writeHead(200, { "content-length": "0" }).end();
        return;
      }
      if (isUnsigned(error)) door.failed(address);
      const isOurs = error.code === "signature_invalid" && body.fidelity !== "exact";
      refuse(response, isOurs ? bytesGone(desk.logger) : error);
    });
  };
}

/** The bytes that were signed, or why there are none. */
export async function rawBody(request: HostRequest, logger: DeskLogger): Promise<Body | ConversationError> {
  try {
    return await readBody(
      request,
      WEBHOOK_MAX_BYTES,
      () => new ConversationError("body_too_large", { limit: WEBHOOK_MAX_BYTES }),
    );
  } catch (error) {
    const known = ConversationError.is(error) ? error : new ConversationError("internal", {}, { cause: error });
    return known.code === "body_already_parsed" ? bytesGone(logger) : known;
  }
}

/** Also where a signature fits nothing, and the bytes are no more the ones that were signed. It is logged: only the host can mend it. */
export function bytesGone(logger: DeskLogger): ConversationError {
  const error = new ConversationError("body_already_parsed");
  logger.error({ code: error.code }, ERRORS.body_already_parsed.says);
  return error;
}

export function refuse(response: ServerResponse, error: ConversationError): void {
  if (response.headersSent || response.destroyed) return;
  const { status } = error;
  // What is left of the body is not read: the connection ends with this answer.
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    ...((status === 413 || status === 429) && { connection: "close" }),
    ...retryAfter(error),
  });
  response.end(JSON.stringify(errorJson(error)));
}
