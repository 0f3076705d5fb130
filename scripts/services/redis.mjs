// A real Redis for tests: on a free port of 127.0.0.1, in a folder of its own, gone when its caller is. Nothing is installed
// on the machine: where it has none, Debian's package is unpacked under .cache/.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
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
  const { command, env } = redis();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "belldesk-redis-"));
  const port = await freePort();
  const settings = { bind: "127.0.0.1", port: String(port), save: "", appendonly: durable ? "yes" : "no", dir: folder };
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
