// What it costs to tell 1,000 sockets one event, and what a socket costs that hears nothing: the desk beside a bare broadcast of `ws`,
// and Socket.IO. Each contender is a process of its own, and so are its clients; they take turns, event by event, in one run.
//   npm run bench:live
//   npm run bench:live -- --sockets 1000 --events 200 --idle 4000
import { fork, type ChildProcess } from "node:child_process";
import { parseArgs } from "node:util";
import type { Asked } from "./live-clients.js";
import type { Contender, Usage } from "./live-server.js";

const { values: options } = parseArgs({
  options: {
    sockets: { type: "string", default: "1000" },
    events: { type: "string", default: "200" },
    idle: { type: "string", default: "4000" },
    /** Whatever the figures are, it ends well when everything arrived. */
    unjudged: { type: "boolean", default: false },
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

const start = (file: string, args: readonly string[], execArgv: readonly string[] = []): ChildProcess =>
  fork(new URL(file, import.meta.url), args, { execArgv: [...execArgv, "--import", "./scripts/typescript.mjs"] });

/** What a process says next. */
const said = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("A process of the bench says nothing.")), PATIENCE_MS);
    const ended = (code: number | null) => reject(new Error(`A process of the bench ended with ${String(code)}.`));
    child.once("exit", ended);
    child.once("message", (message) => {
      clearTimeout(late);
      child.off("exit", ended);
      resolve(message as T);
    });
  });
function ask<T>(child: ChildProcess, message: object | string): Promise<T> {
  const answer = said<T>(child);
  child.send(message);
  return answer;
}

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
const clientsOf = ({ clients }: Side, asked: Asked) => ask(clients, asked);
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

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const sides = await Promise.all(CONTENDERS.map(aSide));
const wrong: string[] = [];

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
    return { ms: median(all.map(({ ms }) => ms)), cpuMs: median(all.map(({ cpuMs }) => cpuMs)) };
  };
  const bare = of("ws");
  console.log(
    `\none event of ${String(bytes)} bytes to ${String(sockets)} sockets, median of ${String(events)}, in turn\n` +
      "            ms to the last   of ws   CPU ms   of ws",
  );
  for (const kind of CONTENDERS) {
    const { ms, cpuMs } = of(kind);
    console.log(
      `${kind.padEnd(12)}${ms.toFixed(1).padStart(14)}${(bare.ms / ms).toFixed(2).padStart(8)}` +
        `${cpuMs.toFixed(1).padStart(9)}${(bare.cpuMs / cpuMs).toFixed(2).padStart(8)}`,
    );
  }
  const own = of("belldesk");
  if (bare.ms / own.ms < GOALS.fanOut) wrong.push(`fan-out ${(bare.ms / own.ms).toFixed(2)} of ws`);

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
  console.log(`\nan idle socket of ${String(idle)}\n               heap kB   of ws   RSS kB   of ws`);
  for (const [kind, { rss, heap }] of each)
    console.log(
      `${kind.padEnd(12)}${(heap / 1_000).toFixed(1).padStart(10)}${(heap / bareSocket.heap).toFixed(2).padStart(8)}` +
        `${(rss / 1_000).toFixed(1).padStart(9)}${(rss / bareSocket.rss).toFixed(2).padStart(8)}`,
    );
  const ownSocket = each.get("belldesk")!;
  for (const what of ["heap", "rss"] as const)
    if (ownSocket[what] / bareSocket[what] > GOALS.memory)
      wrong.push(`${what} of an idle socket ${(ownSocket[what] / bareSocket[what]).toFixed(2)} of ws`);
  if (wrong.length > 0) {
    console.log(`\nmissed: ${wrong.join(", ")}`);
    if (!options.unjudged) process.exitCode = 1;
  }
} finally {
  for (const side of sides) end(side);
}
