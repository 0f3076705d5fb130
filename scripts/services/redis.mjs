// A real Redis for tests: on a free port of 127.0.0.1, in a folder of its own, gone when its caller is. Nothing is installed
// on the machine: where it has none, Debian's package is unpacked under .cache/.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MissingService, answers, freePort, isRoot, repository, run, startServer, which } from "./process.mjs";

/**
 * One that can die, and comes back empty, and that can stand still.
 * @typedef {{ url: string, stop: () => Promise<void>, crash: () => Promise<void>, freeze: () => Promise<void>, thaw: () => Promise<void> }} OwnRedis
 */

const HELP = `The tests need a Redis or Valkey. Get one of:
  Debian    sudo apt-get install redis-server
  Fedora    sudo dnf install valkey
  macOS     brew install valkey`;

const CACHE = path.join(repository, ".cache");
const HOME = path.join(CACHE, "redis");

/**
 * Makes sure that there is one to start: the first that is installed, else Debian's, unpacked (3 s, once).
 * @returns {{ command: string, env: NodeJS.ProcessEnv }}
 * @throws {MissingService}
 */
export function redis() {
  const installed = which(["valkey-server", "redis-server"]);
  if (installed !== undefined) return { command: installed, env: process.env };
  const command = path.join(HOME, "usr/bin/redis-server");
  if (!fs.existsSync(command)) unpack();
  // What the machine has already was not unpacked, so these may be none.
  const libraries = ["lib", "usr/lib"]
    .map((dir) => path.join(HOME, dir))
    .filter((dir) => fs.existsSync(dir))
    .flatMap((dir) => fs.readdirSync(dir, { withFileTypes: true }).map(({ name }) => path.join(dir, name)));
  return { command, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(":") } };
}

/**
 * @param {{ durable?: boolean }} [options] durable: with an append-only file that is synced each second, as queues in Redis are run in
 *   production; by default nothing is kept on disk, since it is for what may be forgotten
 * @returns {Promise<OwnRedis>}
 * @throws {MissingService}
 */
export async function startRedis({ durable = false } = {}) {
  return start({ appendonly: durable ? "yes" : "no" }, await freePort());
}

/**
 * Three that are one cluster, each with a third of the slots.
 * @returns {Promise<{ nodes: readonly string[], stop: () => Promise<void> }>}
 * @throws {MissingService}
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

/** @param {Readonly<Record<string, string>>} more settings @param {number} port @returns {Promise<OwnRedis>} */
async function start(more, port) {
  const { command, env } = redis();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "belldesk-redis-"));
  const settings = { bind: "127.0.0.1", port: String(port), save: "", appendonly: "no", dir: folder, ...more };
  const server = await startServer({
    name: "Redis",
    command,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
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

/** Debian's package and the libraries that the machine lacks, by any user. They appear whole or not at all. */
function unpack() {
  if (which(["apt-get"]) === undefined || which(["dpkg-deb"]) === undefined) throw new MissingService(HELP);
  console.error("Unpacking Debian's Redis into .cache/redis ...");
  fs.mkdirSync(CACHE, { recursive: true });
  const apt = fs.mkdtempSync(path.join(CACHE, "apt-"));
  const [packages, root] = [path.join(apt, "packages"), path.join(apt, "root")];
  for (const dir of ["lists/partial", "cache/archives/partial"]) fs.mkdirSync(path.join(apt, dir), { recursive: true });
  for (const dir of [packages, root]) fs.mkdirSync(dir);
  const options = {
    "Dir::State::lists": path.join(apt, "lists"),
    "Dir::Cache": path.join(apt, "cache"),
    "Debug::NoLocking": "1",
    "Acquire::Languages": "none",
    "APT::Sandbox::User": isRoot ? "root" : "",
  };
  /** @param {string[]} args */
  const get = (...args) =>
    run("apt-get", [...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]), ...args], {
      cwd: packages,
    });
  try {
    get("update");
    const needed = [...get("install", "-s", "--no-install-recommends", "redis-server").matchAll(/^Inst (\S+)/gm)];
    get("download", ...needed.map(([, name = ""]) => name));
    for (const file of fs.readdirSync(packages)) run("dpkg-deb", ["-x", path.join(packages, file), root]);
    if (!fs.existsSync(HOME)) fs.renameSync(root, HOME); // else another process was quicker
  } catch (error) {
    throw new MissingService(`${HELP}\n\nUnpacking Debian's package failed: ${String(error)}`);
  } finally {
    fs.rmSync(apt, { recursive: true, force: true });
  }
}
