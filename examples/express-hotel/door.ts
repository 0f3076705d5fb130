import http, { type IncomingMessage, type ServerResponse } from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";

/**
 * The way to the hotel's process through a door that stays while the process is killed: requests go on to it as they are. The line of staff
 * can be cut, as a router that loses its power does.
 */
export interface Door {
  readonly pass: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Whether the line of staff is cut: what they ask, and what they listen to, ends without an answer. */
  isCut: boolean;
}

const HOST = "127.0.0.1";

/** Of one connection, and no matter of whoever stands behind the door. Source: RFC 9110, 7.6.1 */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"]);

/** What staff pages talk to. */
const isStaffs = ({ url = "" }: IncomingMessage): boolean => /^\/(live|api)\b/.test(url);

/** @param port where the process listens now; null while it does not */
export function door(port: () => number | null): Door {
  /** Of staff, open now. */
  const lines = new Set<Duplex>();
  let isCut = false;

  function away(response: ServerResponse): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const error = { code: "hotel_away", message: "The hotel's process is not there at the moment. Ask again." };
    response
      .writeHead(503, { "content-type": "application/json", "retry-after": "1" })
      .end(JSON.stringify({ status: "down", error }));
  }

  /** @param over emits `close` when nothing more is said on the line @returns whether there is one */
  function watch(request: IncomingMessage, over: Duplex | ServerResponse): boolean {
    if (!isStaffs(request)) return true;
    const { socket } = request;
    if (isCut) {
      socket.destroy();
      return false;
    }
    lines.add(socket);
    over.once("close", () => lines.delete(socket));
    return true;
  }

  return {
    pass(request, response) {
      if (!watch(request, response)) return;
      const to = port();
      if (to === null) {
        away(response);
        return;
      }
      const { method, url: path } = request;
      // One connection for one request: one that was kept could be closed over there at the moment it is used again.
      const headers = { ...request.headers, connection: "close" };
      const onward = http.request({ host: HOST, port: to, method, path, headers, agent: false }, (answer) => {
        const kept = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name));
        response.writeHead(answer.statusCode ?? 502, Object.fromEntries(kept) as http.OutgoingHttpHeaders);
        answer.on("error", () => response.destroy());
        // A stream that ends in the middle is not a whole answer.
        answer.on("close", () => {
          if (!answer.complete) response.destroy();
        });
        answer.pipe(response);
      });
      onward.on("error", () => {
        away(response);
      });
      response.on("close", () => onward.destroy());
      request.pipe(onward);
    },
    upgrade(request, socket, head) {
      socket.on("error", () => undefined);
      const to = port();
      if (!watch(request, socket)) return;
      if (to === null) {
        socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
        return;
      }
      const onward = net.connect(to, HOST, () => {
        const lines = [`${request.method ?? "GET"} ${request.url ?? "/"} HTTP/1.1`];
        for (let at = 0; at < request.rawHeaders.length; at += 2)
          lines.push(`${request.rawHeaders[at] ?? ""}: ${request.rawHeaders[at + 1] ?? ""}`);
        onward.write(`${lines.join("\r\n")}\r\n\r\n`);
        onward.write(head);
        socket.pipe(onward).pipe(socket);
      });
      onward.on("error", () => socket.destroy());
      onward.on("close", () => socket.destroy());
      socket.on("close", () => onward.destroy());
    },
    get isCut() {
      return isCut;
    },
    set isCut(cut) {
      isCut = cut;
      if (cut) for (const socket of [...lines]) socket.destroy();
    },
  };
}
