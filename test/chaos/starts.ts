import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FromMigrator } from "../harness/migrator.mjs";

/** A hotel's backend that starts, and migrates its database on the way. */
export interface Start {
  readonly child: ChildProcess;
  /** "started", the code of the error that kept it from starting, or the signal that ended it. */
  readonly ended: Promise<string>;
  goOn(): void;
}

const PROGRAM = fileURLToPath(new URL("../harness/migrator.mjs", import.meta.url));

/** @param asked told before each statement, and when it has started; it waits there until `goOn` */
export function startOn(url: string, asked: (start: Start, what: string) => void): Start {
  const child = spawn(process.execPath, [PROGRAM, url], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2_000)));
  let said: string | null = null;
  const start: Start = {
    child,
    ended: new Promise((resolve) => {
      // When its messages are read, too: it may be gone before its last word is here.
      child.once("close", (code, signal) => {
        resolve(said ?? signal ?? `ended with ${String(code)}: ${errors}`);
      });
    }),
    goOn: () => {
      if (child.connected) child.send("go on", () => undefined);
    },
  };
  child.on("message", (message: FromMigrator) => {
    if ("asks" in message) asked(start, message.asks);
    else said = message.ended;
  });
  return start;
}

/** Starts one that nobody holds up. @returns how it ended */
export const starts = (url: string): Promise<string> =>
  startOn(url, (start) => {
    start.goOn();
  }).ended;
