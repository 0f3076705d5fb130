import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { memoryStorage } from "../../adapters/memory/index.js";
import { webSocketGateway, type WebSocketGatewayOptions } from "../../adapters/websocket/index.js";
import {
  ConversationManager,
  type ConversationManagerOptions,
  type ConversationSummaryJson,
  type LiveCursors,
  type LiveLimits,
  type LiveSignIn,
  type Logger,
  type LogFields,
  type Principal,
  type ServerFrame,
  type Storage,
  type Transport,
} from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";

/** A page that may connect. */
export const PAGE = "https://desk.example.com";

const nowhere: Transport = {
  send: () =>
    Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody is there." }, retry: null }),
};

export interface NodeOptions {
  readonly storage?: Storage;
  readonly live?: Partial<LiveLimits>;
  readonly gateway?: Partial<WebSocketGatewayOptions>;
  readonly manager?: Partial<ConversationManagerOptions>;
}

/** Who somebody is: in these tests a token is the principal itself, as JSON. */
export const tokenOf = (principal: Principal): string => JSON.stringify(principal);

export function signIn(token: string | undefined): LiveSignIn {
  if (!token?.startsWith("{")) return null;
  const said = JSON.parse(token) as Principal & { readonly expiresInMs?: number };
  const { expiresInMs, ...principal } = said;
  return expiresInMs === undefined ? principal : { principal, expiresAt: new Date(Date.now() + expiresInMs) };
}

/** One process of a desk, with a WebSocket door. `end` closes all of it. */
export async function aNode({ storage = memoryStorage(), live = {}, gateway = {}, manager: more }: NodeOptions = {}) {
  const logged: { readonly fields: LogFields; readonly message: string }[] = [];
  const log = (fields: LogFields, message: string) => void logged.push({ fields, message });
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const desk = new ConversationManager({
    hotels,
    storage,
    transport: nowhere,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 20 },
    logger,
    live,
    ...more,
  });
  await desk.start({ migrate: true });
  const server = createServer((_, response) => response.writeHead(200).end("host"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const door = webSocketGateway(desk, {
    server,
    path: "/live",
    allowedOrigins: [PAGE],
    authenticate: (_, token) => signIn(token),
    ...gateway,
  });
  const clients = new Set<Client>();
  let serial = 0;
  return {
    desk,
    door,
    server,
    port,
    logged,
    storage,
    /** A guest writes, and it is decided. */
    async writes(text: string, from = "12025550101", number?: string): Promise<string> {
      const wamid = `wamid.${String(port)}.${String(++serial)}`;
      const { status } = await desk.receive(delivery([{ from, wamid, text, ...(number && { number }) }]));
      if (status !== 200) throw new Error(`The webhook was answered ${String(status)}.`);
      return wamid;
    },
    /** The conversation that shows a text as its newest line. */
    showing: (text: string) =>
      eventually(`somebody shows ${text}`, async () => {
        const { items } = await desk.as(manager).conversations({ limit: 100 });
        return items.find((one) => one.lastMessagePreview === text);
      }),
    /** A client that is connected, and has said nothing. */
    async opens(path = "/live", options: { origin?: string; headers?: Record<string, string> } = {}): Promise<Client> {
      const client = aClient(new WebSocket(`ws://127.0.0.1:${String(port)}${path}`, options));
      clients.add(client);
      await client.opened;
      return client;
    },
    /** It is not ended with the node. */
    forget: (client: Client) => clients.delete(client),
    /** A client that has said hello. */
    async connects(as: Principal & { readonly expiresInMs?: number }, hello: object = {}): Promise<Client> {
      const client = await this.opens();
      client.says({ type: "hello", version: 1, token: tokenOf(as), ...hello });
      return client;
    },
    /** A client that is told everything as it happens. */
    async watches(as: Principal, hello: object = {}): Promise<Client> {
      const client = await this.connects(as, hello);
      await client.hears("live");
      return client;
    },
    async end() {
      for (const client of clients) client.socket.terminate();
      await desk.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type Node = Awaited<ReturnType<typeof aNode>>;

export type Client = ReturnType<typeof aClient>;

/** A page as a test sees it: what it heard, and what it shows by applying that. */
function aClient(socket: WebSocket) {
  const frames: ServerFrame[] = [];
  const shows = new Map<string, ConversationSummaryJson>();
  const events = new Map<string, number>();
  let cursors: Record<string, string> = {};
  let closed: { readonly code: number; readonly reason: string } | null = null;
  const opened = once(socket, "open");
  opened.catch(() => undefined);
  socket.on("error", () => undefined);
  socket.on("close", (code, reason) => {
    closed = { code, reason: reason.toString() };
  });
  socket.on("message", (data) => {
    // oxlint-disable-next-line typescript/no-base-to-string -- a Buffer
    for (const frame of JSON.parse(data.toString()) as ServerFrame[]) apply(frame);
  });

  function apply(frame: ServerFrame): void {
    frames.push(frame);
    switch (frame.type) {
      case "ping":
        socket.send(JSON.stringify({ type: "pong" }));
        break;
      case "resync_required":
        shows.clear();
        cursors = {};
        break;
      case "snapshot":
        for (const one of frame.items) shows.set(one.id, one);
        break;
      case "conversation":
        if (frame.conversation.status === "open") shows.set(frame.conversation.id, frame.conversation);
        else shows.delete(frame.conversation.id);
        break;
      case "gone":
        shows.delete(frame.conversationId);
        break;
      case "event": {
        const key = `${frame.event.hotelId}/${String(frame.event.seq)}`;
        events.set(key, (events.get(key) ?? 0) + 1);
        break;
      }
      case "live":
        cursors = { ...frame.cursors };
        break;
      case "upTo":
        cursors[frame.hotelId] = frame.cursor;
        break;
      default:
    }
  }

  const of = <Type extends ServerFrame["type"]>(type: Type) =>
    frames.filter((frame): frame is Extract<ServerFrame, { type: Type }> => frame.type === type);

  return {
    socket,
    frames,
    opened,
    of,
    /** What the page shows, by conversation. */
    shows,
    /** How often each event was told. */
    told: events,
    cursors: (): LiveCursors => cursors,
    says: (frame: unknown) => {
      socket.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
    },
    hears<Type extends ServerFrame["type"]>(
      type: Type,
      fits: (frame: Extract<ServerFrame, { type: Type }>) => boolean = () => true,
    ) {
      return eventually(`a client hears ${type}`, () => {
        if (closed !== null && !of(type).some(fits)) throw new Error(`It was closed: ${JSON.stringify(closed)}`);
        return Promise.resolve(of(type).find(fits));
      });
    },
    ends: (withinMs = 10_000) => eventually("the connection ends", () => Promise.resolve(closed), withinMs),
    isClosed: () => closed !== null,
    leaves: () => {
      socket.close();
    },
  };
}
