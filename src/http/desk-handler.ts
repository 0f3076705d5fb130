import type { Principal } from "../domain/principal.js";
import { ConversationError, type ErrorDetails } from "../errors.js";
import type { LogFields, Logger } from "../ports/logger.js";
import type { Desk } from "../runtime/desk-api.js";
import { errorJson } from "./json.js";
import { routeOf } from "./routes.js";

/** What the handlers need of a `ConversationManager`. */
export interface DeskSource {
  as(principal: Principal): Desk;
  readonly logger: Logger;
}

/** A request in no framework's words. */
export interface DeskRequest {
  readonly method: string;
  /** Below the place where the desk is mounted, without the query: `/conversations`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The `Content-Type` header. */
  readonly contentType: string | null | undefined;
  /** Who asks; null or undefined when nobody is signed in. */
  authenticate(): Promise<Principal | null | undefined>;
  /** The body's bytes, or `{ parsed }` when the host has parsed it already. Called only for routes that are the desk's. */
  readBody(): Promise<Uint8Array | { readonly parsed: unknown }>;
}

export interface DeskResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The largest body of a command, in bytes: a text of 4,096 characters, escaped, with room to spare. */
export const COMMAND_MAX_BYTES = 256 * 1024;

/**
 * Answers one request of the desk's API; null when the address is not one of its.
 * @throws only what the host's `authenticate` throws, as it is: the host knows best what to make of it
 */
export async function answerDesk(desk: DeskSource, request: DeskRequest): Promise<DeskResponse | null> {
  const found = routeOf(request.method, request.path);
  if (found === null) return null;
  const { route, id } = found;
  const principal = await request.authenticate();
  try {
    if (principal === null || principal === undefined) throw new ConversationError("unauthenticated");
    // A page of another site can send a command with the user's cookies, but not as JSON: its browser would ask us first.
    if (route.method === "POST" && !isJson(request.contentType)) throw new ConversationError("content_type_invalid");
    const body = route.method === "POST" ? parsed(await request.readBody()) : undefined;
    const result = await route.run(desk.as(principal), { id, query: Object.fromEntries(request.query), body });
    return result === null ? { status: route.status, headers: HEADERS, body: "" } : json(route.status, result);
  } catch (error) {
    return errorResponse(error, desk.logger);
  }
}

export interface DeskHandlerOptions {
  /** Who sends this request; null or undefined when nobody is signed in. What it throws, the handler rejects with. */
  readonly authenticate: (request: Request) => Principal | null | undefined | Promise<Principal | null | undefined>;
  /** Where the API is mounted, e.g. `"/api"`; nothing by default. */
  readonly basePath?: string;
}

/** The desk's API for hosts that speak `Request` and `Response`. @returns null for addresses that are not the desk's */
export function deskHandler(desk: DeskSource, { authenticate, basePath = "" }: DeskHandlerOptions) {
  return async (request: Request): Promise<Response | null> => {
    const { pathname, searchParams } = new URL(request.url);
    if (!pathname.startsWith(`${basePath}/`)) return null;
    const answer = await answerDesk(desk, {
      method: request.method,
      path: pathname.slice(basePath.length),
      query: searchParams,
      contentType: request.headers.get("content-type"),
      authenticate: async () => authenticate(request),
      readBody: () => readCommand(request.body),
    });
    if (answer === null) return null;
    const { status, headers, body } = answer;
    return new Response(body === "" ? null : body, { status, headers });
  };
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
const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

const json = (status: number, value: object): DeskResponse => ({
  status,
  headers: { ...HEADERS, "content-type": "application/json; charset=utf-8" },
  body: JSON.stringify(value),
});

/** Codes and fixed texts only: what another library says may hold anything. */
function errorResponse(error: unknown, logger: Logger): DeskResponse {
  const known = ConversationError.is(error) ? error : new ConversationError("internal");
  if (known.status >= 500) logger.error({ code: known.code, ...scalars(known.details) }, "a request failed");
  return json(known.status, errorJson(known));
}

const scalars = (details: ErrorDetails): LogFields =>
  Object.fromEntries(
    Object.entries(details).filter((entry): entry is [string, string | number] =>
      /^(string|number)$/.test(typeof entry[1]),
    ),
  );

const isJson = (contentType: string | null | undefined): boolean =>
  contentType?.split(";")[0]?.trim().toLowerCase() === "application/json";
