// One contender of bench/live.ts: a server with sockets, in a process of its own. `live-server.ts ws|belldesk|socket.io <json>`
// Tells its port, and does what it is asked: "go" tells all sockets one thing, "cpu" and "memory" say what it has used.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConversationManager, type StaffPrincipal, type Transport } from "belldesk";
import { memoryStorage } from "belldesk/memory";
import { webSocketGateway } from "belldesk/websocket";
import { Server as SocketIo } from "socket.io";
import { WebSocketServer } from "ws";
import { APP_SECRET, delivery, DEPARTMENT, HOTEL, NUMBER } from "./webhooks.js";

export type Contender = "ws" | "belldesk" | "socket.io";
export interface Usage {
  /** Seconds of processor time. */
  readonly cpu: number;
  readonly rss: number;
  /** What is in use of the heap, and of what lies beside it. */
  readonly heap: number;
}

const kind = process.argv[2] as Contender;
const server = createServer((_, response) => response.end());
const manager: StaffPrincipal = { kind: "staff", id: "staff_manager", role: "manager", hotels: { [HOTEL]: "all" } };
const nowhere: Transport = {
  send: () =>
    Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody is there." }, retry: null }),
};

/** What begins to tell all sockets one thing. @param bytes of a message, for those that say what they are told to */
type Tell = (bytes: number) => Promise<unknown>;

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
const began = (): void => {
  process.send?.({ began: now(), cpu: cpu() });
};

const WAYS: Record<Contender, (to: Server) => Promise<Tell>> = {
  ws(to) {
    const sockets = new WebSocketServer({ server: to, path: "/live" });
    // With heartbeats and errors as the README of `ws` has them, and somebody who listens.
    const heard = (): void => undefined;
    sockets.on("connection", (socket) => {
      socket.on("error", heard);
      socket.on("message", heard);
      socket.on("pong", heard);
    });
    return Promise.resolve((bytes) => {
      const text = "x".repeat(bytes);
      began();
      // As well as it can be done: made once, for all.
      const message = Buffer.from(text);
      for (const socket of sockets.clients) socket.send(message, { binary: false });
      return Promise.resolve();
    });
  },
  "socket.io"(to) {
    const io = new SocketIo(to, { transports: ["websocket"], serveClient: false });
    return Promise.resolve((bytes) => {
      const text = "x".repeat(bytes);
      began();
      io.emit("e", text);
      return Promise.resolve();
    });
  },
  async belldesk(to) {
    const storage = memoryStorage();
    let isAwaited = false;
    const desk = new ConversationManager({
      hotels: [
        {
          id: HOTEL,
          timeZone: "Europe/Rome",
          numbers: [{ phoneNumberId: NUMBER, accessToken: "bench" }],
          departments: [DEPARTMENT],
        },
      ],
      storage: {
        ...storage,
        // What has been committed is read for all who watch: from here on it is the desk's to tell.
        news: (query) => {
          if (isAwaited) began();
          isAwaited = false;
          return storage.news(query);
        },
      },
      transport: nowhere,
      webhook: { appSecrets: [APP_SECRET], verifyToken: "bench-verify-token" },
      live: { waitingPerProxy: 10_000, waiting: 10_000 },
    });
    await desk.start();
    const { body, signature } = delivery(NUMBER, [{ guest: 1, wamid: "wamid.1", text: "Good evening" }]);
    await desk.receive({ body: Buffer.from(body), signature });
    webSocketGateway(desk, {
      server: to,
      path: "/live",
      allowedOrigins: [],
      authenticate: (_, token): StaffPrincipal => ({ ...manager, id: token ?? "" }),
    });
    const own = desk.as(manager);
    let n = 0;
    return async () => {
      const [conversation] = (await own.conversations()).items;
      isAwaited = true;
      await own.note(conversation?.id ?? "", { clientMessageId: `note-${String(n++)}`, text: "y".repeat(300) });
    };
  },
};

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function usage(): Usage {
  const collect = (globalThis as { readonly gc?: () => void }).gc;
  for (let time = 0; time < 4; time++) collect?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { cpu: cpu(), rss, heap: heapUsed + external };
}

const tell = await WAYS[kind](server);
process.on("message", (asked: { readonly go: number } | "cpu" | "memory") => {
  if (asked === "cpu") process.send?.({ cpu: cpu() });
  else if (asked === "memory") setTimeout(() => process.send?.(usage()), 500);
  else void tell(asked.go);
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
