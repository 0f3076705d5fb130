// Runs a server as a child. Ends it and removes its folder when this process's standard input closes, so that a killed run
// leaves nothing behind. "crash" on its standard input ends the server as a crash does and starts it on what it left;
// "freeze" makes it stand still until "thaw".
// usage: node guard.mjs FOLDER SIGNAL UID GID COMMAND ARGS...   (UID "-" keeps the current user)
import { spawn } from "node:child_process";
import fs from "node:fs";

const [folder, signal, uid, gid, command, ...args] = process.argv.slice(2);
if (folder === undefined || command === undefined) throw new Error("see the usage in this file");

const user = uid === "-" ? {} : { uid: Number(uid), gid: Number(gid) };
const start = () => {
  const server = spawn(command, args, { ...user, cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  server.on("error", (error) => {
    console.error(String(error));
    leave(127);
  });
  server.on("exit", (code, endedBy) => {
    if (!crashing || stopping) leave(endedBy ? 128 : (code ?? 1));
    crashing = false;
    child = start();
    console.log("guard: crash");
  });
  return server;
};
let crashing = false;
let stopping = false;
const stop = () => {
  stopping = true;
  child.kill("SIGCONT");
  child.kill(/** @type {NodeJS.Signals} */ (signal));
};
const crash = () => {
  crashing = true;
  // PostgreSQL's immediate shutdown: no goodbye, no checkpoint; Redis just dies.
  child.kill("SIGQUIT");
};
/** @param {number} code */
const leave = (code) => {
  fs.rmSync(folder, { recursive: true, force: true });
  process.exit(code);
};

let child = start();
process.stdin
  .on("end", stop)
  .on("error", stop)
  .on("data", (said) => {
    for (const word of String(said).split("\n")) {
      if (word === "crash") crash();
      if (word === "freeze") child.kill("SIGSTOP");
      if (word === "thaw") child.kill("SIGCONT");
      if (word === "freeze" || word === "thaw") console.log(`guard: ${word}`);
    }
  });
for (const caught of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(caught, stop);
