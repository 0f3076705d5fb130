// A client was away while guests wrote, and comes back with its place: how long until it has been told everything and is live again. One alone,
// and fifty at once; on the process it was on, and on another that has just started. Beside it Socket.IO's recovery of connection state.
//   npm run bench -- --only resume
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import type { ConversationManager, StaffPrincipal } from "belldesk";
import { webSocketGateway } from "belldesk/websocket";
import pg from "pg";
import { Server as SocketIo } from "socket.io";
import { WebSocket } from "ws";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { fill, houseOf, manager } from "./house.js";
import { publish, spread } from "./report.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    missed: { type: "string", default: "1000" },
    clients: { type: "string", default: "50" },
  },
});
const rounds = Number(options.rounds);
const missed = Number(options.missed);
const clients = Number(options.clients);

/** Of what Socket.IO tells; about as long as a message is in the desk's frames. */
const BYTES = 900;

/** A client that can go away, and come back to a port with its place. */
interface Client {
  readonly leave: () => Promise<void>;
  /** Resolves when it has been told all that it missed. */
  readonly comeBack: (port: number) => Promise<void>;
}

const opened = (address: string): WebSocket => new WebSocket(address, { perMessageDeflate: false });
async function left(socket: WebSocket): Promise<void> {
  const closed = once(socket, "close");
  socket.terminate();
  await closed;
}

interface Frame {
  readonly type: string;
  readonly cursors?: Record<string, string>;
  readonly hotelId?: string;
  readonly cursor?: string;
  readonly event?: { readonly type: string };
}

async function deskClient(port: number, n: number): Promise<Client> {
  let cursors: Record<string, string> = {};
  let socket: WebSocket;
  const connect = (to: number, resume?: Record<string, string>) =>
    new Promise<void>((resolve, reject) => {
      // Live is who has caught up with what the process has read; what was committed since then follows.
      let isLive = false;
      let heard = 0;
      socket = opened(`ws://127.0.0.1:${String(to)}/live`);
      socket.on("error", reject);
      socket.on("open", () =>
        socket.send(
          JSON.stringify({ type: "hello", version: 1, token: `staff-${String(n)}`, ...(resume && { resume }) }),
        ),
      );
      socket.on("message", (data: Buffer) => {
        for (const frame of JSON.parse(data.toString()) as readonly Frame[]) {
          if (frame.type === "resync_required") reject(new Error("A place was too old."));
          if (frame.event?.type === "message.received") heard += 1;
          if (frame.type === "upTo") cursors = { ...cursors, [frame.hotelId!]: frame.cursor! };
          if (frame.type === "live") {
            cursors = { ...cursors, ...frame.cursors };
            isLive = true;
          }
        }
        if (isLive && (resume === undefined || heard >= missed)) resolve();
      });
    });
  await connect(port);
  return {
    leave: () => left(socket),
    comeBack: (to) => connect(to, cursors),
  };
}

async function socketIoClient(port: number): Promise<Client> {
  let pid = "";
  let offset = "";
  let socket: WebSocket;
  const connect = (to: number, isBack: boolean) =>
    new Promise<void>((resolve, reject) => {
      let heard = 0;
      socket = opened(`ws://127.0.0.1:${String(to)}/socket.io/?EIO=4&transport=websocket`);
      socket.on("error", reject);
      socket.on("open", () => socket.send(isBack ? `40${JSON.stringify({ pid, offset })}` : "40"));
      socket.on("message", (data: Buffer) => {
        const text = data.toString();
        if (text === "2") socket.send("3");
        if (text.startsWith("40")) pid = (JSON.parse(text.slice(2)) as { pid: string }).pid;
        if (!text.startsWith("42")) return;
        offset = (JSON.parse(text.slice(2)) as readonly string[]).at(-1)!;
        heard += 1;
        // The first event gives it a place to come back to.
        if (heard === (isBack ? missed : 1)) resolve();
      });
    });
  await connect(port, false);
  return { leave: () => left(socket), comeBack: (to) => connect(to, true) };
}

const listening = async (): Promise<{ server: ReturnType<typeof createServer>; port: number }> => {
  const server = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
};

const postgres = await startPostgres({ durable: true });
const pool = new pg.Pool({ connectionString: postgres.url, max: 10 });
pool.on("error", () => undefined);
const running: (() => unknown)[] = [];

async function deskOn(isFirst: boolean): Promise<{ desk: ConversationManager; port: number }> {
  const desk = houseOf(pool);
  await desk.start(isFirst ? { migrate: true } : {});
  const { server, port } = await listening();
  webSocketGateway(desk, {
    server,
    path: "/live",
    allowedOrigins: [],
    authenticate: (_, token): StaffPrincipal => ({ ...manager, id: token ?? "" }),
  });
  running.push(async () => {
    server.closeAllConnections();
    server.close();
    await desk.stop();
  });
  return { desk, port };
}

const took = new Map<string, number[]>();
async function timed(name: string, of: readonly Client[], port: number): Promise<void> {
  const from = performance.now();
  await Promise.all(of.map((client) => client.comeBack(port)));
  took.set(name, [...(took.get(name) ?? []), performance.now() - from]);
}
const all = <T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)));

try {
  const { desk, port } = await deskOn(true);
  const { server, port: ioPort } = await listening();
  const io = new SocketIo(server, { transports: ["websocket"], serveClient: false, connectionStateRecovery: {} });
  io.on("connection", (socket) => {
    if (!socket.recovered) socket.emit("e", "welcome");
  });
  running.push(() => io.close());

  for (let round = 1; round <= rounds; round++)
    for (const count of [1, clients]) {
      const [atDesk, toAnother] = [
        await all(count, (n) => deskClient(port, n)),
        await all(count, (n) => deskClient(port, n)),
      ];
      const atIo = await all(count, () => socketIoClient(ioPort));
      await Promise.all([...atDesk, ...toAnother, ...atIo].map((client) => client.leave()));
      await fill(desk, { guests: missed, each: 1, run: `missed.${String(round)}.${String(count)}` });
      for (let n = 0; n < missed; n++) io.emit("e", "x".repeat(BYTES));
      // What the desk still tells itself of those messages is not what is measured.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const who = count === 1 ? "one client" : `${String(count)} clients at once`;
      await timed(`belldesk, ${who}`, atDesk, port);
      const another = await deskOn(false);
      await timed(`belldesk, ${who}, on a process that has just started`, toAnother, another.port);
      await timed(`Socket.IO, ${who}`, atIo, ioPort);
      await Promise.all([...atDesk, ...toAnother, ...atIo].map((client) => client.leave()));
      await running.pop()!();
    }
  publish({
    title: "Resume",
    about: `A client comes back with its place after ${String(missed)} messages of as many guests: milliseconds until it has been told all of them, PostgreSQL with fsync, ${String(rounds)} rounds; servers and clients in one process.`,
    tables: [{ columns: ["who", "ms"], rows: [...took].map(([name, ms]) => [name, spread(ms, 1)]) }],
    goals: [],
    notes: [
      "The desk reads what was missed in its log, and tells each event with its message and conversation as they are now. Socket.IO repeats packets that the process has kept in memory; on another process, or after a restart, it recovers nothing. A bare `ws` has no resume.",
    ],
  });
} finally {
  for (const end of running.toReversed()) await end();
  await pool.end();
  await postgres.stop();
}
process.exit();
