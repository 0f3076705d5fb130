import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import {
  CLOSE,
  ConversationError,
  type CloseReason,
  type Live,
  type LiveSignIn,
  type LiveSocket,
} from "../../src/index.js";

export interface WebSocketGatewayOptions {
  /** The host's HTTP server, or one of `https`. */
  readonly server: UpgradeServer;
  /** The path of the live connection, e.g. `"/live"`. Upgrades of other paths are left to whoever else listens for them. */
  readonly path: string;
  /**
   * Pages that may connect, each exactly as its browser calls it: `"https://desk.example.com"`. A page of any other site is refused, also
   * when the user is signed in here. What sends no `Origin` is no browser: it has to say who it is in its first frame.
   */
  readonly allowedOrigins: readonly string[];
  /**
   * Who opens this connection; null or undefined for nobody. With `{ principal, expiresAt }` it has to prove that anew by then. What it
   * throws ends the connection with `unavailable`. May be the function that `deskRouter` has.
   * @param request of the upgrade, with its cookies and headers
   * @param token of the first frame; undefined where it brings none
   */
  authenticate(request: IncomingMessage, token: string | undefined): LiveSignIn | Promise<LiveSignIn>;
  /**
   * Where a connection comes from, by what the host's own proxy says in a header: floods are counted by it. By default it is the address
   * of the socket, which no header moves, where that is a public one; a private one is a proxy's most likely, who speaks for everybody.
   */
  readonly ip?: (request: IncomingMessage) => string | null | undefined;
}

/** What is used of an HTTP server. */
export interface UpgradeServer {
  on(event: "upgrade", listener: UpgradeListener): unknown;
  off(event: "upgrade", listener: UpgradeListener): unknown;
  listenerCount(event: "upgrade"): number;
}
type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface WebSocketGateway {
  /** Listens no more and says goodbye to its clients; resolves when their sockets are closed. `desk.stop()` does the same. */
  close(): Promise<void>;
}

/** Milliseconds that the other side has to say goodbye, and to read what it was told before. */
const GOODBYE_MS = 2_000;
/** Pieces that one frame may come in: somebody who sends it byte by byte wants to cost something. */
const PIECES = 64;
/** What may lie in front of a frame that is not whole yet. */
const CHUNKS = 4_096;
/** Names under which a token in an address is known: addresses stand in logs, so that one is as good as given away. */
const TOKENS = /(^|[?&])(access_?token|auth|authorization|jwt|token)=/i;

/** Binds the desk's live connections to `ws`: `webSocketGateway(desk, { server, path: "/live", allowedOrigins, authenticate })`. */
export function webSocketGateway(
  desk: { readonly live: Live },
  { server, path, allowedOrigins, ip, ...options }: WebSocketGatewayOptions,
): WebSocketGateway {
  const origins = new Set(allowedOrigins);
  for (const origin of origins) checkOrigin(origin);
  const { live } = desk;
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: live.frameBytes,
    maxFragments: PIECES,
    maxBufferedChunks: CHUNKS,
    handleProtocols: () => false,
  });

  const upgrade: UpgradeListener = (request, socket, head) => {
    const { url = "/" } = request;
    const [pathname = "", query = ""] = url.split("?", 2);
    if (pathname !== path) {
      // Nobody else would ever answer it.
      if (server.listenerCount("upgrade") === 1) refuse(socket, "404 Not Found");
      return;
    }
    const { origin } = request.headers;
    if (origin !== undefined && !origins.has(origin)) {
      refuse(socket, "403 Forbidden");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on("error", nothing);
      if (TOKENS.test(query)) goodbye(opened, CLOSE.unauthenticated.code, "unauthenticated");
      else {
        try {
          attend(opened, request);
        } catch {
          // The host's own function, which reads what anybody may have sent. What it threw may quote that.
          goodbye(opened, CLOSE.unavailable.code, "unavailable");
        }
      }
    });
  };

  function attend(opened: WebSocket, request: IncomingMessage): void {
    const fromPage = request.headers.origin !== undefined;
    const connection = live.connect(new WsSocket(opened), {
      ip: ip?.(request) ?? null,
      peer: request.socket.remoteAddress ?? null,
      // A page of any site has the user's cookies sent along; only its Origin tells whose it is.
      authenticate: async (token) =>
        fromPage || token !== undefined ? options.authenticate(request, token) : Promise.resolve(null),
    });
    opened.on("message", (data, isBinary) => {
      connection.received(isBinary ? null : textOf(data));
    });
    opened.on("ping", () => {
      connection.disturbed();
    });
    opened.on("pong", () => {
      connection.disturbed();
    });
    opened.on("close", () => {
      connection.closed();
    });
  }

  server.on("upgrade", upgrade);
  const detach = () => server.off("upgrade", upgrade);
  const forget = live.onStop(detach);

  return {
    async close() {
      detach();
      forget();
      for (const socket of sockets.clients) goodbye(socket, CLOSE.going_away.code, "going_away");
      // Its error says that it is closed already.
      await new Promise<void>((resolve) => {
        sockets.close(() => {
          resolve();
        });
      });
    },
  };
}

class WsSocket implements LiveSocket {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  send(message: Uint8Array): void {
    this.#socket.send(message, TEXT);
  }

  bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  close(code: number, reason: CloseReason): void {
    goodbye(this.#socket, code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

/** Says goodbye, and ends the socket when the other side does not. */
function goodbye(socket: WebSocket, code: number, reason: CloseReason): void {
  if (socket.readyState === socket.CLOSED) return;
  const end = setTimeout(() => {
    socket.terminate();
  }, GOODBYE_MS);
  socket.once("close", () => {
    clearTimeout(end);
  });
  socket.close(code, reason);
}

const TEXT = { binary: false } as const;
const nothing = (): void => undefined;

const textOf = (data: WebSocket.RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data).toString();

function refuse(socket: Duplex, status: string): void {
  socket.on("error", nothing);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // Whoever does not close it, has it closed.
  socket.once("finish", () => socket.destroy());
}

/** @throws {ConversationError} `config_invalid` for what no browser would call a page's origin */
function checkOrigin(origin: string): void {
  const message = `each as a browser says it: "https://desk.example.com", without a path`;
  const isOrigin =
    URL.canParse(origin) && new URL(origin).origin === origin && !/[*]/.test(origin) && origin !== "null";
  if (!isOrigin) throw new ConversationError("config_invalid", { issues: [{ path: "allowedOrigins", message }] });
}
