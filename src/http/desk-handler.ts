import type { Principal } from "../domain/principal.js";
import { ConversationError } from "../errors.js";
import type { DeskLogger } from "../ports/logger.js";
import { traced } from "../runtime/traced.js";
import type { Desk } from "../runtime/desk-api.js";
import type { OpenedFile, OpenOptions } from "../runtime/desk-shapes.js";
import { serveLink, serveAttachment } from "./file-answer.js";
import { unmapped, type Floods } from "../runtime/floods.js";
import { isPublicAddress } from "../whatsapp/public-address.js";
import { errorJson, retryAfter } from "./json.js";
import { exportLines } from "./privacy-json.js";
import { ExportQuery } from "./requests.js";
import { routeOf, type RouteFile } from "./routes.js";

/** What the handlers need of a `ConversationManager`. */
export interface DeskSource {
  /** The desk with this principal's rights. */
  as(principal: Principal): Desk;
  /** Opens what a link of `attachmentUrl` leads to; without it no link does. */
  openLink?(link: { readonly id: string; readonly token: string } & OpenOptions): Promise<OpenedFile>;
  readonly logger: DeskLogger;
  readonly floods?: Floods;
}

/** A request in no framework's words. */
export interface DeskRequest {
  readonly method: string;
  /** Below the place where the desk is mounted, without the query: `/conversations`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The `Content-Type` header. */
  readonly contentType: string | null | undefined;
  /** Any header, by its name in lower case; needed for parts of files, and for files that a client has already. */
  header?(name: string): string | null | undefined;
  /** The body as it comes, for files; without it no file is taken. */
  stream?(): AsyncIterable<Uint8Array> | null;
  /** The client's IP address, from where it cannot be forged. */
  readonly address?: string | null | undefined;
  /**
   * The other end of the socket, where `address` is not known. A private address is a proxy's most likely, who speaks for everybody: nobody
   * is refused for what came from there.
   */
  readonly peer?: string | null | undefined;
  /** Who asks; null or undefined when nobody is signed in. */
  authenticate(): Promise<Principal | null | undefined>;
  /** The body's bytes, or `{ parsed }` when the host has parsed it already. Called only for routes that are the desk's. */
  readBody(): Promise<Uint8Array | { readonly parsed: unknown }>;
}

/** The answer of a route, as plain values. */
export interface DeskResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** In place of `body`: a file, to be read once and as fast as the client takes it. Leaving the loop lets go of it. */
  readonly stream?: AsyncIterable<Uint8Array>;
}

/** The largest body of a command, in bytes: a text of 4,096 characters, escaped, with room to spare. */
export const COMMAND_MAX_BYTES = 256 * 1024;

/**
 * Answers one request of the desk's API; null when the address is not one of its.
 * @throws only what the host's `authenticate` throws, as it is: the host knows best what to make of it
 */
export async function answerDesk(desk: DeskSource, request: DeskRequest): Promise<DeskResponse | null> {
  // What a file's head says is what its GET says.
  const found = routeOf(request.method === "HEAD" ? "GET" : request.method, request.path);
  if (found === null || (request.method === "HEAD" && found.route.carries !== "answer")) return null;
  const { route, id } = found;
  const { floods } = desk;
  const from = addressOf(request);
  const flood = floods?.refusal("unauthenticated", from) ?? null;
  if (flood !== null) return errorResponse(flood, desk.logger);
  const token = route.carries === "answer" ? request.query.get("token") : null;
  if (token !== null) {
    // A link is its own proof; who guesses at links is one who does not sign in.
    try {
      return await serveLink(desk, request, id, token);
    } catch (error) {
      floods?.failed("unauthenticated", from);
      return errorResponse(error, desk.logger);
    }
  }
  const principal = await request.authenticate();
  try {
    if (principal === null || principal === undefined) {
      floods?.failed("unauthenticated", from);
      throw new ConversationError("unauthenticated");
    }
    const tooMany = route.method === "POST" ? floods?.command(principal) : null;
    if (tooMany) throw tooMany;
    const query = Object.fromEntries(request.query);
    if (route.carries === "answer") return await serveAttachment(desk.as(principal), request, id, query);
    if (route.carries === "lines") return await serveExport(desk.as(principal), id, query);
    if (route.carries === "body") {
      const file = fileOf(request);
      const added = await route.run(desk.as(principal), { id, query, body: undefined, file });
      return added === null ? { status: route.status, headers: HEADERS, body: "" } : json(route.status, added);
    }
    const body = route.method === "POST" ? await readJson(request) : undefined;
    const result = await route.run(desk.as(principal), { id, query, body });
    return result === null ? { status: route.status, headers: HEADERS, body: "" } : json(route.status, result);
  } catch (error) {
    return errorResponse(error, desk.logger);
  }
}

/**
 * All that is kept of a guest, as it is read: nobody holds it whole.
 * @throws {ConversationError} as `exportGuest`; `request_invalid`
 */
async function serveExport(
  desk: Pick<Desk, "exportGuest">,
  id: string,
  query: Readonly<Record<string, string>>,
): Promise<DeskResponse> {
  const asked = ExportQuery.safeParse(query);
  if (!asked.success)
    throw new ConversationError("request_invalid", { issues: [{ path: "", message: "notes, files: true or false" }] });
  const { notes = false, files = true } = asked.data;
  const stream = exportLines(await desk.exportGuest(id, { notes, files }));
  const headers = { ...HEADERS, "content-type": "application/x-ndjson", "content-disposition": "attachment" };
  return { status: 200, headers, body: "", stream };
}

/**
 * The body as a file. A page of another site can send one with the user's cookies only as what a form sends, which is none of these: its browser would ask us first for
 * anything else.
 * @throws {ConversationError} `content_type_invalid`, `request_invalid`
 */
function fileOf(request: DeskRequest): RouteFile {
  const { contentType } = request;
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "" || OF_FORMS.has(type)) throw new ConversationError("content_type_invalid");
  const bytes = request.stream?.() ?? null;
  if (bytes === null)
    throw new ConversationError("request_invalid", { issues: [{ path: "", message: "The body is the file itself." }] });
  return { contentType: contentType ?? null, bytes };
}

/** What forms send to other sites without being asked. */
const OF_FORMS: ReadonlySet<string> = new Set([
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "text/plain",
]);

/** @throws {ConversationError} `content_type_invalid`, `request_invalid`, `command_too_large` */
export async function readJson(request: Pick<DeskRequest, "contentType" | "readBody">): Promise<unknown> {
  // A page of another site can send a command with the user's cookies, but not as JSON: its browser would ask us first.
  if (!isJson(request.contentType)) throw new ConversationError("content_type_invalid");
  return parsed(await request.readBody());
}

export const addressOf = ({ address, peer }: Pick<DeskRequest, "address" | "peer">): string | null =>
  address ?? (typeof peer === "string" && isPublicAddress(unmapped(peer)) ? peer : null);

/** What `deskHandler` needs of the host: who sends a request, where it is mounted, and from where it comes. */
export interface DeskHandlerOptions {
  /** Who sends this request; null or undefined when nobody is signed in. What it throws, the handler rejects with. */
  readonly authenticate: (request: Request) => Principal | null | undefined | Promise<Principal | null | undefined>;
  /** Where the API is mounted, e.g. `"/api"`; nothing by default. */
  readonly basePath?: string;
  /** The client's IP address, from where it cannot be forged; without it no address is refused for what came from it. */
  readonly ip?: (request: Request) => string | null | undefined;
}

/** The desk's API for hosts that speak `Request` and `Response`. @returns null for addresses that are not the desk's */
export function deskHandler(desk: DeskSource, { authenticate, basePath = "", ip }: DeskHandlerOptions) {
  return async (request: Request): Promise<Response | null> => {
    const { pathname, searchParams } = new URL(request.url);
    if (!pathname.startsWith(`${basePath}/`)) return null;
    const answer = await answerDesk(desk, {
      method: request.method,
      path: pathname.slice(basePath.length),
      query: searchParams,
      contentType: request.headers.get("content-type"),
      address: ip?.(request),
      authenticate: async () => authenticate(request),
      readBody: () => readUnused(request),
      header: (name) => request.headers.get(name),
      stream: () => unused(request),
    });
    if (answer === null) return null;
    const { status, headers, body, stream } = answer;
    if (stream !== undefined) return new Response(ReadableStream.from(stream), { status, headers });
    return new Response(body === "" ? null : body, { status, headers });
  };
}

/** @throws {ConversationError} `body_already_parsed`, `command_too_large` */
export const readUnused = async (request: Request): Promise<Uint8Array> => readCommand(unused(request));

/** @throws {ConversationError} `body_already_parsed` where a middleware of the host's has read it */
function unused({ body, bodyUsed }: Request): ReadableStream<Uint8Array> | null {
  if (bodyUsed) throw new ConversationError("body_already_parsed");
  return body;
}

/** @throws {ConversationError} `command_too_large` */
export async function readCommand(body: AsyncIterable<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > COMMAND_MAX_BYTES) throw new ConversationError("command_too_large", { limit: COMMAND_MAX_BYTES });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsed(body: Uint8Array | { readonly parsed: unknown }): unknown {
  if (!(body instanceof Uint8Array)) return body.parsed;
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    throw new ConversationError("request_invalid", { issues: [{ path: "", message: "The body is not JSON." }] });
  }
}

/** Nothing of the desk is for a cache, and nothing of it is anything but JSON. */
export const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

export const json = (status: number, value: object): DeskResponse => ({
  status,
  headers: { ...HEADERS, "content-type": "application/json; charset=utf-8" },
  body: JSON.stringify(value),
});

export function errorResponse(error: unknown, logger: DeskLogger): DeskResponse {
  const known = knownError(error, logger);
  const answer = json(known.status, errorJson(known));
  return { ...answer, headers: { ...answer.headers, ...retryAfter(known) } };
}

/** Codes and fixed texts only: what another library says may hold anything. */
export function knownError(error: unknown, logger: DeskLogger): ConversationError {
  return ConversationError.is(error) && error.status < 500 ? error : traced(error, logger, "a request failed");
}

const isJson = (contentType: string | null | undefined): boolean =>
  contentType?.split(";")[0]?.trim().toLowerCase() === "application/json";
