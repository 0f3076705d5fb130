// Runs a server as a child. Ends it and removes its folder when this process's standard input closes, so that a killed run
// leaves nothing behind.
// usage: node guard.mjs FOLDER SIGNAL UID GID COMMAND ARGS...   (UID "-" keeps the current user)
import { spawn } from "node:child_process";
import fs from "node:fs";

const [folder, signal, uid, gid, command, ...args] = process.argv.slice(2);
if (folder === undefined || command === undefined) throw new Error("see the usage in this file");

const user = uid === "-" ? {} : { uid: Number(uid), gid: Number(gid) };
const child = spawn(command, args, { ...user, cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
const stop = () => child.kill(/** @type {NodeJS.Signals} */ (signal));
/** @param {number} code */
const leave = (code) => {
  fs.rmSync(folder, { recursive: true, force: true });
  process.exit(code);
};

process.stdin.on("end", stop).on("error", stop).resume();
for (const caught of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(caught, stop);
child.on("error", (error) => {
  console.error(String(error));
  leave(127);
});
child.on("exit", (code, endedBy) => leave(endedBy ? 128 : (code ?? 1)));
