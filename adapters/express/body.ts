import { COMMAND_MAX_BYTES, ConversationError } from "../../src/index.js";
import type { HostRequest } from "./http.js";

/** A body's bytes. */
export interface Body {
  readonly bytes: Uint8Array;
  /**
   * `"exact"`: as they came. `"unsure"`: written anew from text with a character that stands for bytes which are no text, or for itself.
   * `"lost"`: other bytes than those that came.
   */
  readonly fidelity: "exact" | "unsure" | "lost";
}

/** Decoders that lose nothing, whatever they read. With UTF-8 it depends. */
const LOSSLESS: ReadonlySet<string> = new Set(["latin1", "hex", "base64", "base64url"]);
/** What a decoder writes for bytes that are no UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * A request's body, whatever the host's middleware did with it before: nothing, `setEncoding()`, reading it right now, or keeping what it read
 * as `req.rawBody` or as a Buffer in `req.body`.
 * @param limit in bytes
 * @throws {ConversationError} `body_already_parsed` where nothing was kept, `body_incomplete`; `tooLarge`
 */
export function readBody(request: HostRequest, limit: number, tooLarge: () => ConversationError): Promise<Body> {
  return new Promise((resolve, reject) => {
    const settle = (body: Body | null): void => {
      if (body === null) reject(new ConversationError("body_already_parsed"));
      else if (body.bytes.length > limit) reject(tooLarge());
      else resolve(body);
    };
    if (request.body instanceof Uint8Array) {
      settle({ bytes: request.body, fidelity: "exact" });
      return;
    }
    const kept = keptOf(request);
    // Bytes that are there before anybody has read are from elsewhere: a platform that reads requests itself.
    if (request.readableEnded || (kept !== null && isUnread(request))) {
      settle(kept ?? (request.readableDidRead ? null : { bytes: new Uint8Array(), fidelity: "exact" }));
      return;
    }
    const cut = () => {
      if (!request.readableEnded) reject(new ConversationError("body_incomplete"));
    };
    if (request.destroyed) {
      cut();
      return;
    }
    // Who has begun to read has pieces that do not come again: what they make of them is looked at in the end.
    const mine: Buffer[] | null = isUnread(request) ? [] : null;
    let size = 0;
    request.on("data", (chunk: Uint8Array | string) => {
      const bytes = bytesOf(chunk, request);
      size += bytes.length;
      if (size > limit) reject(tooLarge());
      else mine?.push(bytes);
    });
    request.on("end", () => {
      if (mine !== null) settle(judged(Buffer.concat(mine), request, request.readableEncoding));
      // After everybody else who waits for the end.
      else setImmediate(() => settle(keptOf(request)));
    });
    request.on("error", cut);
    request.on("close", cut);
    // Also one that somebody has paused.
    request.resume();
  });
}

/**
 * A command's bytes, or what a parser of the host's made of them.
 * @throws {ConversationError} `body_already_parsed`, `body_incomplete`, `command_too_large`
 */
export async function commandOf(request: HostRequest): Promise<Uint8Array | { readonly parsed: unknown }> {
  const { body } = request;
  if (typeof body === "string") return Buffer.from(body, "utf8");
  if (isMade(body)) return { parsed: body };
  const tooLarge = () => new ConversationError("command_too_large", { limit: COMMAND_MAX_BYTES });
  const read = await readBody(request, COMMAND_MAX_BYTES, tooLarge).catch((error: unknown) => {
    const isGone = ConversationError.is(error) && error.code === "body_already_parsed";
    if (isGone && body !== undefined && isEmpty(request)) return { parsed: body };
    throw error;
  });
  if ("parsed" in read) return read;
  // A command without what it was sent with is another command.
  if (read.fidelity === "lost") throw new ConversationError("body_already_parsed");
  return read.bytes;
}

/**
 * A file as it comes; null where a parser of the host's took it for something else.
 * @throws {ConversationError} `body_already_parsed`, also while it is read
 */
export function fileOf(request: HostRequest): AsyncIterable<Uint8Array> | null {
  const { body, readableEncoding } = request;
  if (typeof body === "string" || isMade(body)) return null;
  if (!isUnread(request) || body instanceof Uint8Array || keptOf(request) !== null) return heldFile(request);
  if (readableEncoding === null) return request;
  // Few files are text, and none is to be kept in memory to find out.
  if (!LOSSLESS.has(readableEncoding)) throw new ConversationError("body_already_parsed");
  return recoded(request);
}

/** The host holds it whole already, or will in a moment: how long it may be is up to the host, and to who reads this. */
async function* heldFile(request: HostRequest): AsyncGenerator<Uint8Array> {
  const { bytes, fidelity } = await readBody(request, Infinity, () => new ConversationError("body_too_large"));
  if (fidelity !== "exact") throw new ConversationError("body_already_parsed");
  yield bytes;
}

async function* recoded(request: HostRequest): AsyncGenerator<Uint8Array> {
  for await (const chunk of request as AsyncIterable<Uint8Array | string>) yield bytesOf(chunk, request);
}

/** Whether nobody before us has taken bytes from the stream. */
const isUnread = (request: HostRequest): boolean => !request.readableEnded && !request.readableDidRead;

/** Whether a parser made something of it. Express 4's parsers leave {} behind for what they did not read. */
const isMade = (body: unknown): boolean =>
  body !== undefined &&
  !(body instanceof Uint8Array) &&
  !(typeof body === "object" && body !== null && Object.keys(body).length === 0);

/** The shortest command with something in it. */
const SHORTEST = '{"a":1}'.length;
/** Whether {} may be what was sent: Express 4's parsers mark what they have read, and what is shorter than any argument holds none. */
const isEmpty = ({ headers, _body }: HostRequest & { readonly _body?: unknown }): boolean =>
  _body === true || headers["content-length"] === undefined || Number(headers["content-length"]) < SHORTEST;

/** What the host kept; null for nothing, and for what is empty until somebody adds to it. */
function keptOf(request: HostRequest): Body | null {
  const { rawBody: raw } = request;
  if ((typeof raw !== "string" && !(raw instanceof Uint8Array)) || raw.length === 0) return null;
  const encoding = typeof raw === "string" ? (request.readableEncoding ?? "utf8") : null;
  return judged(bytesOf(raw, request), request, encoding);
}

function bytesOf(raw: Uint8Array | string, { readableEncoding }: HostRequest): Buffer {
  if (typeof raw === "string") return Buffer.from(raw, readableEncoding ?? "utf8");
  return Buffer.isBuffer(raw) ? raw : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
}

/** @param encoding of the text that the bytes were made of; null where they were never text */
function judged(bytes: Buffer, { headers }: HostRequest, encoding: string | null): Body {
  const length = headers["content-encoding"] === undefined ? headers["content-length"] : undefined;
  if (length !== undefined && Number(length) !== bytes.length) return { bytes, fidelity: "lost" };
  if (encoding === null || LOSSLESS.has(encoding)) return { bytes, fidelity: "exact" };
  if (encoding !== "utf8") return { bytes, fidelity: "lost" };
  return { bytes, fidelity: bytes.includes(REPLACEMENT) ? "unsure" : "exact" };
}
