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
  type WebhookReceiver,
} from "../../src/index.js";
import { addressOf, isConsumed, type AddressOptions, type Handler, type HostRequest } from "./http.js";

/**
 * Meta's webhook: `app.use("/webhooks/whatsapp", webhookRouter(desk))`. Reads the stream itself, so the signature is
 * over the bytes as they came, whatever is mounted before it: a `req.rawBody` that the host kept is taken, and so is
 * the Buffer of `express.raw()`. A body that was only parsed cannot be verified: it is answered 500
 * `body_already_parsed` and logged, until the host mounts this before its parser.
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
    readRaw(request, (body) => {
      if (ConversationError.is(body)) {
        if (body.code === "body_already_parsed")
          desk.logger.error({ code: body.code }, ERRORS.body_already_parsed.says);
        refuse(response, body);
        return;
      }
      // `receive` never throws.
      void desk.receive({ body, signature }).then(({ error }) => {
        // The host gave up waiting and answered: Meta sends it again, and it is known.
        if (response.headersSent) return;
        if (error === null) response.writeHead(200, { "content-length": "0" }).end();
        else {
          if (isUnsigned(error)) door.failed(address);
          refuse(response, error);
        }
      });
    });
  };
}

/** Calls back once, with the bytes or with why there are none. */
export function readRaw(request: HostRequest, done: (body: Uint8Array | ConversationError) => void): void {
  const kept = rawBytes(request.rawBody) ?? (request.body instanceof Uint8Array ? request.body : null);
  if (kept !== null) {
    done(kept);
    return;
  }
  if (isConsumed(request)) {
    done(new ConversationError("body_already_parsed"));
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  let settled = false;
  const settle = (body: Uint8Array | ConversationError) => {
    if (settled) return;
    settled = true;
    done(body);
  };
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= WEBHOOK_MAX_BYTES) chunks.push(chunk);
    else settle(new ConversationError("body_too_large", { limit: WEBHOOK_MAX_BYTES }));
  });
  request.on("end", () => {
    const [only] = chunks;
    settle(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
  });
  const cut = () => {
    if (!settled) settle(new ConversationError("body_incomplete"));
  };
  request.on("error", cut);
  request.on("close", cut);
}

function rawBytes(raw: unknown): Uint8Array | null {
  if (raw instanceof Uint8Array) return raw;
  return typeof raw === "string" ? Buffer.from(raw, "utf8") : null;
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
