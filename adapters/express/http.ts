import type { IncomingMessage, ServerResponse } from "node:http";

declare global {
  // What @types/express and a host's middleware (sessions, passport) declare about a request, where they are installed.
  // oxlint-disable-next-line typescript/no-namespace -- it is theirs, and interfaces of one name become one
  namespace Express {
    // oxlint-disable-next-line typescript/no-empty-object-type -- empty unless somebody adds to it
    interface Request {}
  }
}

/** What Express 4 and 5 add to a request that is used here; both are plain Node requests underneath. */
export interface HostRequest extends IncomingMessage, Express.Request {
  /** What a parser before us made of the body. */
  body?: unknown;
  /** The bytes that the host kept. */
  rawBody?: unknown;
}

/** From where a request comes, for the limits that count by address. */
export interface AddressOptions {
  /**
   * The client's IP address, from where it cannot be forged: `(request) => request.ip` where Express's own `trust proxy` is set right.
   * The other end of the socket by default; no header is looked at.
   */
  ip?(request: HostRequest): string | null | undefined;
}

/** A handler for `app.use(path, handler)`, in the words that any version of Express takes. */
export type Handler = (request: HostRequest, response: ServerResponse, next: (error?: unknown) => void) => void;

/** The address below the mount, which Express has cut from `url`. */
export function addressOf(request: HostRequest): { readonly path: string; readonly query: URLSearchParams } {
  const url = request.url ?? "/";
  const at = url.indexOf("?");
  return at < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) };
}
