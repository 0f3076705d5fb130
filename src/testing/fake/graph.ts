import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { SendBody } from "../meta-json.js";
import type { Asked, Fault, Faults } from "./faults.js";
import { errorBody, statusOf, type Refusal } from "./graph-error.js";
import type { Sends } from "./sends.js";
import type { Tokens } from "./tokens.js";

/** What is answered. */
export interface Answer {
  readonly status: number;
  /** JSON, or a file as it is. */
  readonly body: object | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a send that was taken. */
  readonly wamid?: string;
  /** Of a send that was refused. */
  readonly code?: number;
}

/** A request that may be answered: what is asked, of what, with what. */
export interface Question {
  readonly asked: Asked;
  /** What stands first in the path: a number, an account or a file. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly bytes: Buffer;
  /** The body, where it is JSON. */
  readonly json: unknown;
  readonly headers: IncomingMessage["headers"];
}

export interface GraphOptions {
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly sends: Sends;
  readonly answer: (question: Question) => Answer | Promise<Answer>;
  /** Resolves after so many milliseconds of the fake's clock, or when it is closed. */
  readonly wait: (ms: number) => Promise<void>;
}

/** Bytes of a body that are read: of a file, more than the largest document. */
const MAX_BYTES = { file: 101_000_000, rest: 1_000_000 };

export const refused = (refusal: Refusal, more: Partial<Answer> = {}): Answer => ({
  status: statusOf(refusal.code),
  body: errorBody(refusal),
  code: refusal.code,
  ...more,
});

/** The Graph API's door: who may call, what goes wrong on the way, and what is written down about it. */
export function graph({ tokens, faults, sends, answer, wait }: GraphOptions): RequestListener {
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = routeOf(request);
    const bytes = await read(request, route?.what === "upload" ? MAX_BYTES.file : MAX_BYTES.rest);
    if (route === null) {
      give(response, refused({ code: 100, details: "There is nothing here." }, { status: 404 }));
      return;
    }
    const json = jsonOf(bytes);
    const send = (json ?? {}) as SendBody;
    const what = route.what === "send" && send.status === "read" ? "markRead" : route.what;
    const asked: Asked = {
      what,
      phoneNumberId: what === "send" || what === "markRead" || what === "upload" ? route.id : null,
      address: what === "send" ? (send.to ?? send.recipient ?? null) : null,
      correlationId: what === "send" ? (send.biz_opaque_callback_data ?? null) : null,
    };
    const { correlationId } = asked;
    const end =
      what === "send"
        ? sends.asked({ phoneNumberId: route.id, address: asked.address ?? "", correlationId })
        : () => undefined;

    // A file is not there for who may not have it.
    const stranger = tokens.check(
      request.headers.authorization,
      what === "download" ? null : route.query.get("appsecret_proof"),
      what === "app",
    );
    if (stranger !== null && !(what === "download" && stranger.code === 100)) {
      end({ code: stranger.code });
      give(response, refused(stranger, what === "download" ? { status: 404 } : {}));
      return;
    }
    const fault = faults.next(asked, sends.calls.length - 1);
    if (fault !== null && fault.kind !== "late" && !takes(fault)) {
      end({
        fault: fault.kind,
        ...(fault.kind === "error" && { code: fault.code, retryAfter: fault.retryAfter ?? null }),
      });
      fail(fault, request, response);
      return;
    }
    const question = { asked, id: route.id, query: route.query, bytes, json, headers: request.headers };
    const said = await answer(question);
    const wamid = said.wamid ?? null;
    if (fault?.kind === "late") await wait(fault.afterMs);
    if (fault !== null && fault.kind !== "late") {
      end({
        wamid,
        fault: fault.kind,
        ...(fault.kind === "error" && { code: fault.code, retryAfter: fault.retryAfter ?? null }),
      });
      fail(fault, request, response);
      return;
    }
    const retryAfter = said.headers?.["retry-after"];
    end({
      wamid,
      code: said.code ?? null,
      fault: fault?.kind ?? null,
      retryAfter: retryAfter === undefined ? null : Number(retryAfter),
    });
    give(response, said);
  }
  return (request, response) => {
    handle(request, response).catch(() => response.destroy());
  };
}

/** Whether a request that meets the fault has its effect all the same. */
function takes(fault: Fault): boolean {
  switch (fault.kind) {
    case "redirect":
      return false;
    case "html":
    case "error":
      return fault.taken === true;
    default:
      return true;
  }
}

function give(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const isFile = Buffer.isBuffer(body);
  response
    .writeHead(status, { ...(!isFile && { "content-type": "application/json" }), ...headers })
    .end(isFile ? body : JSON.stringify(body));
}

const HTML = "<html><body>502 Bad Gateway</body></html>";

function fail(fault: Exclude<Fault, { kind: "late" }>, request: IncomingMessage, response: ServerResponse): void {
  const json = { "content-type": "application/json" };
  switch (fault.kind) {
    case "error":
      give(response, {
        status: fault.status ?? statusOf(fault.code),
        body: errorBody({ code: fault.code }),
        ...(fault.retryAfter !== undefined && { headers: { "retry-after": String(fault.retryAfter) } }),
      });
      return;
    case "html":
      response.writeHead(502, { "content-type": "text/html" }).end(HTML);
      return;
    case "redirect":
      response.writeHead(302, { location: "http://127.0.0.1:9/elsewhere" }).end();
      return;
    case "silence":
      return;
    case "reset":
      request.socket.resetAndDestroy();
      return;
    case "drip": {
      response.writeHead(200, json);
      const drops = setInterval(() => response.write(" "), 50);
      response.once("close", () => {
        clearInterval(drops);
      });
      return;
    }
    case "badJson":
      response.writeHead(200, json).end('{"messages":[');
      return;
    case "huge":
      response.writeHead(200, json).end(`{"pad":"${"x".repeat(10_000_000)}"}`);
      return;
  }
}

interface Route {
  readonly what: Exclude<Asked["what"], "markRead">;
  readonly id: string;
  readonly query: URLSearchParams;
}

const ROUTES: Readonly<Record<string, Route["what"]>> = {
  "POST messages": "send",
  "POST media": "upload",
  "GET message_templates": "templates",
  "GET subscribed_apps": "account",
  "GET ": "media",
  "DELETE ": "deleteMedia",
};

/** What is asked of nothing in particular. */
const BATCH: Readonly<Record<string, Route["what"]>> = { POST: "app" };

/** `/v26.0/{id}/{verb}`, or a file's own address. */
function routeOf({ method = "", url = "" }: IncomingMessage): Route | null {
  const { pathname, searchParams: query } = new URL(url, "http://fake");
  if (method === "GET" && pathname === "/whatsapp_business/attachments/")
    return { what: "download", id: query.get("mid") ?? "", query };
  const [, version = "", id = "", verb = "", ...more] = pathname.split("/");
  const what = id === "" ? BATCH[method] : query.has("fields") ? "number" : ROUTES[`${method} ${verb}`];
  const isKnown = /^v\d+\.\d+$/.test(version) && more.length === 0 && what !== undefined;
  return isKnown ? { what, id: decodeURIComponent(id), query } : null;
}

async function read(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new RangeError("The body is too long.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}
