// What it costs to tell 1,000 sockets one event, and what a socket costs that hears nothing: the desk beside a bare broadcast of `ws`,
// and Socket.IO. Each contender is a process of its own, and so are its clients; they take turns, event by event, in one run.
//   npm run bench:live
//   npm run bench:live -- --sockets 1000 --events 200 --idle 4000
import type { ChildProcess } from "node:child_process";
import { parseArgs } from "node:util";
import { ask as asked, said as saying, start } from "./children.js";
import type { Asked } from "./live-clients.js";
import type { Contender, Usage } from "./live-server.js";
import { atLeast, atMost, figure, publish, quantile, type Goal, type Table } from "./report.js";

const { values: options } = parseArgs({
  options: {
    sockets: { type: "string", default: "1000" },
    events: { type: "string", default: "200" },
    idle: { type: "string", default: "4000" },
  },
});
const sockets = Number(options.sockets);
const events = Number(options.events);
const idle = Number(options.idle);

const GOALS = { fanOut: 0.9, memory: 1.5 };
const CONTENDERS: readonly Contender[] = ["belldesk", "ws", "socket.io"];
/** Events before those that count. */
const WARM = 20;
/** Milliseconds in which an event has to have arrived everywhere. */
const PATIENCE_MS = 30_000;

const said = <T>(child: ChildProcess): Promise<T> => saying<T>(child, PATIENCE_MS);
const ask = <T>(child: ChildProcess, message: object | string): Promise<T> => asked<T>(child, message, PATIENCE_MS);

interface Side {
  readonly kind: Contender;
  readonly server: ChildProcess;
  readonly clients: ChildProcess;
}
async function aSide(kind: Contender): Promise<Side> {
  const server = start("live-server.ts", [kind], ["--expose-gc"]);
  const { port } = await said<{ port: number }>(server);
  const clients = start("live-clients.ts", [JSON.stringify({ kind, port })]);
  await said(clients);
  return { kind, server, clients };
}
const clientsOf = ({ clients }: Side, what: Asked) => ask(clients, what);
const end = ({ server, clients }: Side): void => {
  server.kill("SIGKILL");
  clients.kill("SIGKILL");
};

interface Took {
  /** Milliseconds until the last socket had it. */
  readonly ms: number;
  /** Of the server's processor. */
  readonly cpuMs: number;
  readonly bytes: number;
}
async function fanOut({ server, clients }: Side, bytes: number): Promise<Took> {
  const all = said<{ ended: number; bytes: number }>(clients);
  const { began, cpu: before } = await ask<{ began: number; cpu: number }>(server, { go: bytes });
  const { ended, bytes: told } = await all;
  const { cpu: after } = await ask<{ cpu: number }>(server, "cpu");
  return { ms: ended - began, cpuMs: (after - before) * 1_000, bytes: told };
}

const sides = await Promise.all(CONTENDERS.map(aSide));
const goals: Goal[] = [];
const tables: Table[] = [];

try {
  console.error(`${String(sockets)} sockets each ...`);
  for (const side of sides) await clientsOf(side, { open: sockets });
  const took = new Map<Contender, Took[]>(CONTENDERS.map((kind) => [kind, []]));
  let bytes = 0;
  for (let n = 0; n < WARM + events; n++)
    for (const side of sides) {
      const one = await fanOut(side, bytes);
      // What the others say is as long as what the desk says.
      if (side.kind === "belldesk") ({ bytes } = one);
      if (n >= WARM) took.get(side.kind)!.push(one);
    }
  const of = (kind: Contender) => {
    const all = took.get(kind)!;
    const ms = all.map((one) => one.ms);
    return {
      ms: quantile(ms, 0.5),
      slow: quantile(ms, 0.99),
      cpuMs: quantile(
        all.map(({ cpuMs }) => cpuMs),
        0.5,
      ),
    };
  };
  const bare = of("ws");
  tables.push({
    title: `One event of ${String(bytes)} bytes to ${String(sockets)} sockets`,
    columns: [
      "contender",
      "ms to the last, the median",
      "99 of 100 below",
      "as fast as ws",
      "CPU ms",
      "as cheap as ws",
    ],
    rows: CONTENDERS.map((kind) => {
      const { ms, slow, cpuMs } = of(kind);
      return [kind, ms, slow, bare.ms / ms, cpuMs, bare.cpuMs / cpuMs].map((one, column) =>
        typeof one === "string" ? one : figure(one, column === 3 || column === 5 ? 2 : 1),
      );
    }),
  });
  goals.push(atLeast("fan-out, belldesk as fast as ws", bare.ms / of("belldesk").ms, GOALS.fanOut));

  console.error(`${String(idle)} idle sockets each ...`);
  for (const side of sides) await clientsOf(side, "close");
  const each = new Map<Contender, { readonly rss: number; readonly heap: number }>();
  for (const kind of CONTENDERS) {
    const side = await aSide(kind);
    try {
      // What the first sockets bring with them is not theirs.
      await clientsOf(side, { open: 200 });
      const before = await ask<Usage>(side.server, "memory");
      await clientsOf(side, { open: idle });
      const after = await ask<Usage>(side.server, "memory");
      each.set(kind, { rss: (after.rss - before.rss) / idle, heap: (after.heap - before.heap) / idle });
    } finally {
      end(side);
    }
  }
  const bareSocket = each.get("ws")!;
  tables.push({
    title: `An idle socket, of ${String(idle)}`,
    columns: ["contender", "heap kB", "of ws", "RSS kB", "of ws"],
    rows: [...each].map(([kind, { rss, heap }]) => [
      kind,
      figure(heap / 1_000, 1),
      figure(heap / bareSocket.heap, 2),
      figure(rss / 1_000, 1),
      figure(rss / bareSocket.rss, 2),
    ]),
  });
  const ownSocket = each.get("belldesk")!;
  for (const what of ["heap", "rss"] as const)
    goals.push(atMost(`${what} of an idle socket, belldesk / ws`, ownSocket[what] / bareSocket[what], GOALS.memory));
  publish({
    title: "Live: fan-out, and memory of a socket",
    about: `${String(events)} events in turn, each told to ${String(sockets)} sockets; then ${String(idle)} that hear nothing. Servers and clients are processes of their own. \`ws\` and Socket.IO broadcast a text of the same length; the desk reads what was committed, asks who may see it, and makes the frames once for all who see the same.`,
    tables,
    goals,
    notes: [],
  });
} finally {
  for (const side of sides) end(side);
}
