// A real Redis for tests: on a free port of 127.0.0.1, in a folder of its own, gone when its caller is. Nothing is installed
// on the machine: where it has none, Debian's package is unpacked under .cache/.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { debianProgram } from "./debian.mjs";
import { answers, freePort, startServer, which } from "./process.mjs";

/**
 * One that can die, and comes back empty, and that can stand still.
 * @typedef {{ url: string, stop: () => Promise<void>, crash: () => Promise<void>, freeze: () => Promise<void>, thaw: () => Promise<void> }} OwnRedis
 */

const HELP = `The tests need a Redis or Valkey. Get one of:
  Debian    sudo apt-get install redis-server
  Fedora    sudo dnf install valkey
  macOS     brew install valkey`;

/**
 * Makes sure that there is one to start: the first that is installed, else Debian's, unpacked (3 s, once).
 * @returns {{ command: string, env: NodeJS.ProcessEnv }}
 * @throws {import("./process.mjs").MissingService}
 */
export function redis() {
  const installed = which(["valkey-server", "redis-server"]);
  if (installed !== undefined) return { command: installed, env: process.env };
  return debianProgram({ name: "redis", package: "redis-server", program: "usr/bin/redis-server", help: HELP });
}

/**
 * @param {{ durable?: boolean }} [options] durable: with an append-only file that is synced each second, as queues in Redis are run in
 *   production; by default nothing is kept on disk, since it is for what may be forgotten
 * @returns {Promise<OwnRedis>}
 * @throws {import("./process.mjs").MissingService}
 */
export async function startRedis({ durable = false } = {}) {
  return start({ appendonly: durable ? "yes" : "no" }, await freePort());
}

/**
 * Three that are one cluster, each with a third of the slots.
 * @returns {Promise<{ nodes: readonly string[], stop: () => Promise<void> }>}
 * @throws {import("./process.mjs").MissingService}
 */
export async function startRedisCluster() {
  // A node speaks to the others on a second port: 10,000 above its own unless it is told another.
  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  const nodes = await Promise.all(
    ports
      .slice(0, 3)
      .map((port, n) =>
        start({ "cluster-enabled": "yes", "cluster-port": String(ports[n + 3]), "cluster-node-timeout": "2000" }, port),
      ),
  );
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    const [first = 0, ...others] = ports.slice(0, 3);
    const slots = [first, ...others].map((port, n) => [
      port,
      Math.ceil((n * 16_384) / 3),
      Math.ceil(((n + 1) * 16_384) / 3) - 1,
    ]);
    for (const [port = 0, from, to] of slots) await asked(port, `CLUSTER ADDSLOTSRANGE ${from} ${to}`, "+OK");
    for (const [n, port] of others.entries())
      await asked(first, `CLUSTER MEET 127.0.0.1 ${port} ${ports[n + 4]}`, "+OK");
    for (const port of [first, ...others])
      await asked(port, "CLUSTER INFO", "cluster_state:ok", "cluster_known_nodes:3");
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes: nodes.map(({ url }) => url), stop };
}

/**
 * A master, a replica of it, and a Sentinel that puts the one in the other's place half a second after it is gone.
 * @returns {Promise<{ sentinel: { host: string, port: number }, name: string, master: OwnRedis, stop: () => Promise<void> }>}
 * @throws {MissingService}
 */
export async function startRedisSentinel() {
  const [first = 0, second = 0, third = 0] = await Promise.all(Array.from({ length: 3 }, freePort));
  const name = "desk";
  const master = await start({}, first);
  const replica = await start({ replicaof: ["127.0.0.1", String(first)] }, second);
  // A Sentinel rewrites its file, so it has to have one.
  const lines = [
    "bind 127.0.0.1",
    `port ${third}`,
    `sentinel monitor ${name} 127.0.0.1 ${first} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
  ];
  const watcher = await serve(third, (folder) => {
    const file = path.join(folder, "sentinel.conf");
    fs.writeFileSync(file, `${lines.join("\n")}\n`);
    return [file, "--sentinel"];
  });
  const stop = async () => {
    await Promise.all([master, replica, watcher].map((server) => server.stop()));
  };
  try {
    await asked(first, "INFO replication", "connected_slaves:1", "state=online");
    await asked(third, "INFO sentinel", "status=ok", "slaves=1");
  } catch (error) {
    await stop();
    throw error;
  }
  return { sentinel: { host: "127.0.0.1", port: third }, name, master, stop };
}

/** Asks a node until it says all of it. @param {number} port @param {string} command @param {string[]} wanted */
async function asked(port, command, ...wanted) {
  const deadline = Date.now() + 15_000;
  /** @param {Buffer} answer */
  const says = (answer) => wanted.every((text) => answer.toString().includes(text));
  while (!(await answers({ port, send: `${command}\r\n`, wanted: says }))) {
    if (Date.now() > deadline) throw new Error(`Redis on ${port} did not say ${wanted.join()} to ${command}.`);
    await sleep(20);
  }
}

/** @param {Readonly<Record<string, string | string[]>>} more settings @param {number} port @returns {Promise<OwnRedis>} */
async function start(more, port) {
  return serve(port, (dir) => {
    const settings = { bind: "127.0.0.1", port: String(port), save: "", appendonly: "no", dir, ...more };
    return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value].flat());
  });
}

/** @param {number} port @param {(folder: string) => readonly string[]} argsIn @returns {Promise<OwnRedis>} */
async function serve(port, argsIn) {
  const { command, env } = redis();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "belldesk-redis-"));
  const server = await startServer({
    name: "Redis",
    command,
    args: argsIn(folder),
    stopSignal: "SIGTERM",
    folder,
    env,
    user: undefined,
    ready: () => pings(port),
  });
  return { url: `redis://127.0.0.1:${port}`, ...server };
}

/** @param {number} port */
const pings = (port) => answers({ port, send: "PING\r\n", wanted: (answer) => answer.toString().startsWith("+PONG") });
