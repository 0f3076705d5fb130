import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import {
  CLOSE,
  ConversationError,
  type CloseReason,
  type Live,
  type LiveConnection,
  type LivePeer,
  type LiveSignIn,
  type LiveSocket,
} from "../../src/index.js";

/** What `webSocketGateway` needs of the host: its server, a path, which pages, and who opens a connection. */
export interface WebSocketGatewayOptions {
  /** The host's HTTP server, or one of `https`. */
  readonly server: UpgradeServer;
  /**
   * The path of the live connection, e.g. `"/live"`. Upgrades of other paths are left to whoever else listens for them, and answered 404
   * where nobody does, or where nobody has begun to within 10 s. Another listener has to do the same: a `WebSocketServer` of `ws` with
   * `server` and `path` refuses what is not its own, so give it `noServer` (docs/live-protocol.md).
   */
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
  /** Hears upgrades. */
  on(event: "upgrade", listener: UpgradeListener): unknown;
  /** Hears them no more. */
  off(event: "upgrade", listener: UpgradeListener): unknown;
  /** How many listen for upgrades, of whom the desk may be the only one. */
  listenerCount(event: "upgrade"): number;
}
type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The desk's live connections on one path of the host's server. */
export interface WebSocketGateway {
  /** Listens no more and says goodbye to its clients; resolves when their sockets are closed. `desk.stop()` does the same. */
  close(): Promise<void>;
}

/** Milliseconds in which another listener has begun to answer an upgrade of its own. Engine.IO gives them one second. */
const UNANSWERED_MS = 10_000;
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
      // Nobody else would ever answer it; or they would have by then.
      if (server.listenerCount("upgrade") === 1) refuse(socket, "404 Not Found");
      else setTimeout(refuseUnanswered, UNANSWERED_MS, socket).unref();
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

  // A connection lives for hours, and there are thousands: what they have in common is there once, and nothing of an upgrade is kept.
  const peerOf = (request: IncomingMessage): LivePeer => ({
    ip: ip?.(request) ?? null,
    peer: request.socket.remoteAddress ?? null,
    // A page of any site has the user's cookies sent along; only its Origin tells whose it is.
    authenticate: async (token) =>
      request.headers.origin !== undefined || token !== undefined
        ? options.authenticate(request, token)
        : Promise.resolve(null),
  });

  function attend(opened: Attended, request: IncomingMessage): void {
    opened[CONNECTION] = live.connect(new WsSocket(opened, request.socket), peerOf(request));
    opened.on("message", message);
    opened.on("ping", disturbance);
    opened.on("pong", disturbance);
    opened.on("close", end);
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

const CONNECTION = Symbol("connection");
type Attended = WebSocket & { [CONNECTION]?: LiveConnection };

function message(this: Attended, data: WebSocket.RawData, isBinary: boolean): void {
  this[CONNECTION]?.received(isBinary ? null : textOf(data));
}
function disturbance(this: Attended): void {
  this[CONNECTION]?.disturbed();
}
function end(this: Attended): void {
  this[CONNECTION]?.closed();
}

/**
 * What was told last, and that as a frame once a second socket is told it. `ws` makes a header for each socket and writes it beside the
 * message; one piece that is made for all of them costs less.
 */
const told: { message: Uint8Array | null; frame: Buffer | null } = { message: null, frame: null };

class WsSocket implements LiveSocket {
  readonly #socket: WebSocket;
  readonly #line: Duplex;

  /** @param line what `ws` writes to as well: at once, since it has nothing to compress */
  constructor(socket: WebSocket, line: Duplex) {
    this.#socket = socket;
    this.#line = line;
  }

  send(message: Uint8Array): void {
    if (message !== told.message) {
      [told.message, told.frame] = [message, null];
      this.#socket.send(message, TEXT);
      return;
    }
    told.frame ??= frameOf(message);
    if (this.#socket.readyState === this.#socket.OPEN) this.#line.write(told.frame);
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

/** A text, whole and not masked. Source: RFC 6455, section 5.2. */
function frameOf({ length, buffer, byteOffset }: Uint8Array): Buffer {
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x81;
  if (length < 126) header[1] = length;
  else if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  if (length >= 126) header[1] = length < 65_536 ? 126 : 127;
  return Buffer.concat([header, new Uint8Array(buffer, byteOffset, length)]);
}
const nothing = (): void => undefined;

const textOf = (data: WebSocket.RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data).toString();

function refuse(socket: Duplex, status: string): void {
  socket.on("error", nothing);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // Whoever does not close it, has it closed.
  socket.once("finish", () => socket.destroy());
}

/** Two listeners that leave one another's paths alone would leave anything else open for ever. */
function refuseUnanswered(socket: Duplex & { readonly bytesWritten?: number }): void {
  if (socket.writable && socket.bytesWritten === 0) refuse(socket, "404 Not Found");
}

/** @throws {ConversationError} `config_invalid` for what no browser would call a page's origin */
function checkOrigin(origin: string): void {
  const message = `each as a browser says it: "https://desk.example.com", without a path`;
  const isOrigin =
    URL.canParse(origin) && new URL(origin).origin === origin && !/[*]/.test(origin) && origin !== "null";
  if (!isOrigin) throw new ConversationError("config_invalid", { issues: [{ path: "allowedOrigins", message }] });
}
