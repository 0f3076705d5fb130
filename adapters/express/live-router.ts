import type { ServerResponse } from "node:http";
import { answerLive, openStream, type LiveSignIn, type LiveSource, type StreamResponse } from "../../src/index.js";
import { commandOf } from "./body.js";
import type { AddressOptions, Handler, HostRequest } from "./http.js";

/** What `liveRouter` needs of the host: who listens, and from where. */
export interface LiveRouterOptions extends AddressOptions {
  /** As `deskRouter` has it, by a cookie or a header; it may also say until when that is proven. */
  authenticate(request: HostRequest): LiveSignIn | Promise<LiveSignIn>;
}

/** Milliseconds that a page has to read what it was told before the end. */
const GOODBYE_MS = 2_000;
/** Milliseconds after which the operating system asks whether a silent client is still there. */
const KEEP_ALIVE_MS = 25_000;

/**
 * The live connection for those whom no WebSocket reaches: `app.use("/live", liveRouter(desk, { authenticate }))`. `GET` is an event
 * stream, which resumes by `Last-Event-ID`; commands and signals are posted to the same address. docs/live-protocol.md tells it all.
 */
export function liveRouter(desk: LiveSource, options: LiveRouterOptions): Handler {
  const authenticate = async (request: HostRequest) => options.authenticate(request);
  return (request, response, next) => {
    const address = options.ip?.(request);
    const peer = request.socket.remoteAddress ?? null;
    if (request.method === "POST") {
      answerLive(desk, {
        authenticate: () => authenticate(request),
        contentType: request.headers["content-type"],
        address,
        peer,
        readBody: () => commandOf(request),
      })
        .then(({ status, headers, body }) => response.writeHead(status, headers).end(body))
        // Also where the host has answered meanwhile.
        .catch(next);
      return;
    }
    if (request.method !== "GET") {
      next();
      return;
    }
    const lastEventId = request.headers["last-event-id"];
    request.socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const connection = openStream(
      desk.live,
      {
        ip: address ?? null,
        peer,
        lastEventId: typeof lastEventId === "string" ? lastEventId : undefined,
        authenticate: () => authenticate(request),
      },
      streamTo(response),
    );
    response.on("error", () => undefined);
    response.once("close", () => {
      connection.closed();
    });
  };
}

function streamTo(response: ServerResponse): StreamResponse {
  return {
    begin(status, headers) {
      response.writeHead(status, headers);
      response.flushHeaders();
    },
    write: (text) => void response.write(text),
    bufferedBytes: () => response.writableLength,
    end() {
      const late = setTimeout(() => response.destroy(), GOODBYE_MS);
      response.once("close", () => {
        clearTimeout(late);
      });
      response.end();
    },
    destroy: () => void response.destroy(),
  };
}
