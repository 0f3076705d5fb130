// Programs of this machine: finding one, running one to its end, keeping a server for as long as its caller lives.
// Node built-ins only: the setup scripts run before any package is installed.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const isWindows = process.platform === "win32";
export const isRoot = process.getuid?.() === 0;

/** Something that this machine lacks and that no script can get: the message says how to get it. */
export class MissingService extends Error {}

/** @typedef {{ uid: number, gid: number }} User */

/**
 * The full path of the first of these programs that is installed.
 * @param {readonly string[]} names
 */
export function which(names) {
  const onPath = (process.env["PATH"] ?? "").split(path.delimiter);
  const dirs = [...onPath, "/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"];
  const files = names.flatMap((name) => dirs.map((dir) => path.join(dir, isWindows ? `${name}.exe` : name)));
  return files.find(isExecutable);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end and gives what it printed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnSyncOptions} [options]
 * @throws with the end of its output when it fails
 */
export function run(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { ...options, encoding: "utf8" });
  if (status === 0) return stdout;
  const said = (stderr || stdout || "").trim().slice(-800);
  throw new Error(`${path.basename(command)} failed (${error?.message ?? `exit ${status}`})\n${said}`);
}

/** @returns {Promise<number>} a TCP port of 127.0.0.1 that nobody listens on just now */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = net.createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/**
 * Says something to a server and asks whether the first bytes of its answer are the wanted ones.
 * @param {{ host?: string, port: number, send: string | Uint8Array, wanted: (answer: Buffer) => boolean }} question
 * @returns {Promise<boolean>} false too when nobody answers within 2 s
 */
export const answers = ({ host = "127.0.0.1", port, send, wanted }) =>
  new Promise((resolve) => {
    const socket = net.connect(port, host, () => socket.write(send));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once("data", (data) => {
      resolve(wanted(data));
      socket.destroy();
    });
    socket.once("error", () => resolve(false)).once("close", () => resolve(false));
  });

const START_TIMEOUT_MS = 30_000;

/**
 * Starts a server and waits until `ready` says yes. A guard process stands between: it ends the server and removes its
 * folder when this process ends, however that happens.
 * @param {object} server
 * @param {string} server.name
 * @param {string} server.command
 * @param {readonly string[]} server.args
 * @param {NodeJS.Signals} server.stopSignal what ends it in good order
 * @param {string} server.folder where it runs and keeps its files
 * @param {NodeJS.ProcessEnv} server.env
 * @param {User | undefined} server.user another user to run it as
 * @param {() => Promise<boolean>} server.ready
 * @returns {Promise<{ stop: () => Promise<void>, crash: () => Promise<void>, freeze: () => Promise<void>, thaw: () => Promise<void> }>}
 *   `crash` ends it as a crash does, starts it again on what it left, and resolves when it is ready; `freeze` makes it
 *   stand still, with its connections open, until `thaw`
 * @throws with the server's own output when it does not start
 */
export async function startServer({ name, command, args, stopSignal, folder, env, user, ready }) {
  const guard = path.join(repository, "scripts/services/guard.mjs");
  const ids = user ? [String(user.uid), String(user.gid)] : ["-", "-"];
  const child = spawn(process.execPath, [guard, folder, stopSignal, ...ids, command, ...args], { env, stdio: "pipe" });

  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => (log = (log + String(data)).slice(-20_000)));
  }
  const end = new Promise((resolve) => child.once("exit", resolve));
  /** Tells the guard a word and waits until it has acted. @param {string} word @returns {Promise<void>} */
  const told = (word) =>
    new Promise((resolve) => {
      /** @param {Buffer} data */
      const hear = (data) => {
        if (!String(data).includes(`guard: ${word}`)) return;
        child.stdout.off("data", hear);
        resolve();
      };
      child.stdout.on("data", hear);
      child.stdin.write(`${word}\n`);
    });

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await ready())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.stdin.end();
      await end;
      throw new Error(`${name} did not start:\n${log.trim() || "(no output)"}`);
    }
    await sleep(15);
  }
  return {
    async crash() {
      // Told, not looked for: a server may be back before anybody has seen it gone.
      await told("crash");
      while (!(await ready())) await sleep(15);
    },
    freeze: () => told("freeze"),
    thaw: () => told("thaw"),
    async stop() {
      child.stdin.end();
      await end;
    },
  };
}
