// A real clamd for tests: on a free port of 127.0.0.1 and on a socket, in a folder of its own, gone when its caller is. It knows one signature, of ours, so
// nothing is downloaded. Where the machine has none, Debian's package is unpacked under .cache/.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { debianProgram } from "./debian.mjs";
import { answers, freePort, startServer, which } from "./process.mjs";

/**
 * @typedef {{ port: number, socket: string, stop: () => Promise<void>, freeze: () => Promise<void>, thaw: () => Promise<void> }} OwnClamd
 */

const HELP = `The tests need a clamd. Get one of:
  Debian    sudo apt-get install clamav-daemon
  Fedora    sudo dnf install clamd
  macOS     brew install clamav`;

/** In two halves, so that no scanner takes this file for it. Source: eicar.org, "Anti-Malware Testfile". */
const EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

/**
 * Makes sure that there is one to start: one that is installed, else Debian's, unpacked (some seconds, once).
 * @returns {{ command: string, env: NodeJS.ProcessEnv }}
 * @throws {import("./process.mjs").MissingService}
 */
export function clamd() {
  const installed = which(["clamd"]);
  if (installed !== undefined) return { command: installed, env: process.env };
  return debianProgram({ name: "clamd", package: "clamav-daemon", program: "usr/sbin/clamd", help: HELP });
}

/**
 * @param {{ maxMegabytes?: number }} [options] what it takes of a file at most; 100 by default
 * @returns {Promise<OwnClamd>}
 * @throws {import("./process.mjs").MissingService}
 */
export async function startClamd({ maxMegabytes = 100 } = {}) {
  const { command, env } = clamd();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "belldesk-clamd-"));
  const [port, socket, settings] = [await freePort(), path.join(folder, "socket"), path.join(folder, "clamd.conf")];
  const database = path.join(folder, "database");
  fs.mkdirSync(database);
  // Name, any kind of file, any place in it, its bytes.
  fs.writeFileSync(path.join(database, "own.ndb"), `Eicar-Test:0:*:${Buffer.from(EICAR).toString("hex")}\n`);
  const lines = [
    "Foreground yes",
    `DatabaseDirectory ${database}`,
    `TemporaryDirectory ${folder}`,
    "TCPAddr 127.0.0.1",
    `TCPSocket ${port}`,
    `LocalSocket ${socket}`,
    `StreamMaxLength ${maxMegabytes}M`,
    "AlertExceedsMax yes",
  ];
  fs.writeFileSync(settings, lines.join("\n"));
  const server = await startServer({
    name: "clamd",
    command,
    args: ["--config-file", settings],
    stopSignal: "SIGTERM",
    folder,
    env,
    user: undefined,
    ready: () => answers({ port, send: "zPING\0", wanted: (answer) => answer.toString().startsWith("PONG") }),
  });
  return { port, socket, stop: server.stop, freeze: server.freeze, thaw: server.thaw };
}
