import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { HotelNumber } from "../domain/hotel.js";
import { ConversationError, ERRORS } from "../errors.js";
import type {
  DownloadResult,
  IncomingFile,
  MediaFailed,
  OutgoingFile,
  Retry,
  Transport,
  UploadResult,
  WantedFile,
} from "../ports/transport.js";
import { headerOf, headersOf, isToken, segment, TOKEN_INVALID } from "./graph-call.js";
import { classifyAnswer, codeIn, parse } from "./graph-error.js";
import { textOf, TIMED_OUT, type GraphHttp } from "./graph-http.js";
import { id, member, numeric, text, type Json } from "./json.js";

export interface GraphMediaOptions {
  /** Sockets of its own: a file is long, and no message waits for it. */
  readonly files: GraphHttp;
  readonly deadlineMs: number;
  readonly origin: string;
  /** The path and query of a call. */
  readonly pathOf: (number: HotelNumber, rest: string, query?: string) => string;
  /** Where a token may go besides. */
  readonly mediaOrigins: readonly string[];
}

/** Files to WhatsApp and from it. @source WhatsApp "Media" (September 2026) */
export function graphMedia({
  files,
  deadlineMs,
  origin,
  pathOf,
  mediaOrigins,
}: GraphMediaOptions): Required<Pick<Transport, "uploadMedia" | "downloadMedia">> {
  const allowed = new Set([origin, ...mediaOrigins]);

  /** Where the file can be fetched for the next five minutes. */
  async function resolve({ number, mediaId, signal }: WantedFile): Promise<Resolved | MediaFailed> {
    // The number's id makes WhatsApp refuse files of other numbers.
    const query = `phone_number_id=${segment(number.phoneNumberId)}`;
    const path = pathOf(number, segment(mediaId), query);
    const answer = await files.exchange({ origin, path, method: "GET", headers: headersOf(number) });
    if (signal?.aborted === true) return ABORTED;
    if (answer.kind === "unanswered") return unanswered(answer.error, signal);
    if (answer.kind === "tooLong") return ANSWER_ODD;
    if (!isYes(answer.status))
      return NO_FILE.has(codeIn(parse(answer.body)) ?? NaN) ? UNAVAILABLE : refused(answer, answer.body);
    const json = parse(answer.body);
    const url = text(member(json, "url"));
    return url === null || !URL.canParse(url) ? ANSWER_ODD : { outcome: "resolved", url: new URL(url), json };
  }

  async function fetchFrom(resolved: Resolved, { number, signal }: WantedFile): Promise<DownloadResult | "expired"> {
    const { url } = resolved;
    if (!allowed.has(url.origin) || url.username !== "" || url.password !== "") return ELSEWHERE;
    const answer = await files.open({
      origin: url.origin,
      path: url.pathname + url.search,
      method: "GET",
      headers: [...headersOf(number), "accept-encoding", "identity"],
      signal,
    });
    if (answer.kind === "unanswered") return unanswered(answer.error, signal);
    if (answer.status !== 200) {
      const body = (await textOf(answer.body, deadlineMs)) ?? "";
      return answer.status === 404 ? "expired" : refused(answer, body);
    }
    const encoding = headerOf(answer.headers["content-encoding"])?.toLowerCase() ?? "identity";
    if (encoding !== "identity") {
      answer.body.destroy();
      return ENCODED;
    }
    return { outcome: "found", file: fileOf(resolved, answer.body, signal) };
  }

  return {
    async uploadMedia({ number, mimeType, sizeBytes, read, signal }: OutgoingFile): Promise<UploadResult> {
      if (!isToken(number)) return TOKEN_REFUSED;
      if (!MIME_TYPE.test(mimeType) || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return FILE_INVALID;
      const form = formOf(mimeType, sizeBytes, read);
      const answer = await files.open({
        origin,
        path: pathOf(number, `${segment(number.phoneNumberId)}/media`),
        method: "POST",
        headers: [...headersOf(number), ...form.headers],
        body: form.body,
        signal,
      });
      if (answer.kind === "unanswered") {
        if (isMismatch(answer.error)) return FILE_INVALID;
        return form.isBroken() ? FILE_UNREADABLE : unanswered(answer.error, signal);
      }
      const body = await textOf(answer.body, deadlineMs);
      if (!isYes(answer.status)) return refused(answer, body ?? "");
      const mediaId = id(member(parse(body ?? ""), "id"));
      return mediaId === null ? ANSWER_ODD : { outcome: "uploaded", mediaId };
    },

    async downloadMedia(wanted: WantedFile): Promise<DownloadResult> {
      if (!isToken(wanted.number)) return TOKEN_REFUSED;
      // An address lives for five minutes: a second one is worth asking for, a third is not.
      for (let attempt = 1; attempt <= 2; attempt++) {
        const resolved = await resolve(wanted);
        if (resolved.outcome === "failed") return resolved;
        const fetched = await fetchFrom(resolved, wanted);
        if (fetched !== "expired") return fetched;
      }
      return GONE;
    },
  };
}

interface Resolved {
  readonly outcome: "resolved";
  readonly url: URL;
  readonly json: Json | undefined;
}

/** Sizes come as texts and as numbers, hashes as hex and as base64. */
function fileOf({ json }: Resolved, body: Readable, signal: AbortSignal | undefined): IncomingFile {
  const sizeBytes = numeric(member(json, "file_size"));
  const hash = text(member(json, "sha256")) ?? "";
  const sha256 = /^[\da-f]{64}$/i.test(hash) ? hash.toLowerCase() : Buffer.from(hash, "base64").toString("hex");
  return {
    mimeType: text(member(json, "mime_type")),
    sizeBytes: sizeBytes !== null && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 ? sizeBytes : null,
    sha256: sha256.length === 64 ? sha256 : null,
    bytes: bytesOf(body, signal),
    discard: () => void body.destroy(),
  };
}

async function* bytesOf(body: Readable, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConversationError("media_broken_off", {}, { cause: error });
  }
}

/** A type and its parameters, as a header of a part can hold them. */
const MIME_TYPE = /^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w."+-]+)*$/;

/**
 * The form that a file is uploaded in, a piece at a time. It has no name there: what a guest is shown stands in the message
 * that sends it.
 */
function formOf(mimeType: string, sizeBytes: number, read: () => AsyncIterable<Uint8Array>) {
  const boundary = `belldesk-${randomUUID()}`;
  const part = (name: string, more: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`;
  const head = Buffer.from(
    `${part("messaging_product", "")}whatsapp\r\n${part("file", `; filename="file"\r\ncontent-type: ${mimeType}`)}`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  let broken = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    yield head;
    try {
      yield* read();
    } catch (error) {
      broken = true;
      throw error;
    }
    yield tail;
  }
  return {
    headers: [
      "content-type",
      `multipart/form-data; boundary=${boundary}`,
      "content-length",
      String(head.length + sizeBytes + tail.length),
    ],
    body: body(),
    isBroken: () => broken,
  };
}

const isYes = (status: number): boolean => status >= 200 && status < 300;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a refusal of a message would mean, but for one thing: whatever may have happened, asking again does no harm. */
function refused({ status, headers }: Answer, body: string): MediaFailed {
  const [retryAfter, date] = [headerOf(headers["retry-after"]), headerOf(headers["date"])];
  const result = classifyAnswer({ status, body, retryAfter, date });
  if (result.outcome === "accepted" || isYes(status)) return ANSWER_ODD;
  const { failure, pauses } = result;
  const retry = result.outcome === "rejected" ? result.retry : { afterMs: pauses?.afterMs ?? null };
  return { ...failed(failure.code, failure.message, retry), ...(pauses && { pauses }) };
}

function unanswered(error: unknown, signal: AbortSignal | undefined): MediaFailed {
  if (signal?.aborted === true) return ABORTED;
  if (error === TIMED_OUT) return failed("no_answer", "WhatsApp did not answer in time.", AGAIN);
  if (ConversationError.is(error)) return failed(error.code, ERRORS[error.code].says, AGAIN);
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "failed";
  return failed(`connection_${code.toLowerCase()}`, "The connection to WhatsApp did not come about, or broke.", AGAIN);
}

const isMismatch = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH";

/** Codes by which WhatsApp says that it does not know an id, or not for this number. */
const NO_FILE: ReadonlySet<number> = new Set([33, 100]);

const AGAIN: Retry = { afterMs: null };

const failed = (code: string, message: string, retry: Retry | null): MediaFailed => ({
  outcome: "failed",
  failure: { code, message },
  retry,
});

const TOKEN_REFUSED: MediaFailed = { ...TOKEN_INVALID, outcome: "failed" };
const ABORTED = failed("aborted", "Whoever wanted the file gave up.", null);
const ANSWER_ODD = failed("answer_odd", "WhatsApp's answer is none that can be understood.", AGAIN);
const ELSEWHERE = failed(
  "media_elsewhere",
  "WhatsApp keeps the file at a place that is not known to be its own. Add it to mediaOrigins if it is.",
  null,
);
const ENCODED = failed("media_encoded", "The file comes compressed, which nobody asked for.", null);
const UNAVAILABLE = failed("media_unavailable", "WhatsApp does not have the file, or not for this number.", null);
const GONE = failed("media_gone", "WhatsApp no longer has the file, or not for this token.", null);
const FILE_INVALID = failed("file_invalid", "The file's type or size is not what it was said to be.", null);
const FILE_UNREADABLE = failed("file_unreadable", "The file could not be read where the hotel keeps it.", AGAIN);
