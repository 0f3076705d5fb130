// Processes of the bench, each beside the others: started, asked one thing at a time, and waited for.
import { fork, type ChildProcess } from "node:child_process";
import os from "node:os";

/**
 * Starts a file of this folder. What it says comes over its channel; what it prints goes to where our complaints go, or nowhere if
 * it is a peer, which may greet everybody.
 */
export function start(file: string, args: readonly string[], execArgv: readonly string[] = []): ChildProcess {
  const isOurs = file.endsWith(".ts");
  return fork(new URL(file, import.meta.url), args, {
    execArgv: [...execArgv, ...(isOurs ? ["--import", "./scripts/typescript.mjs"] : [])],
    stdio: ["ignore", isOurs ? 2 : "ignore", 2, "ipc"],
    // Some write a log to where they stand.
    ...(!isOurs && { cwd: os.tmpdir() }),
  });
}

/** What a process says next. @param patienceMs how long it may take; as long as it lives by default */
export const said = <T>(child: ChildProcess, patienceMs?: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const late =
      patienceMs === undefined
        ? undefined
        : setTimeout(() => reject(new Error("A process of the bench says nothing.")), patienceMs);
    const ended = (code: number | null) => {
      clearTimeout(late);
      reject(new Error(`A process of the bench ended with ${String(code)}.`));
    };
    child.once("exit", ended);
    child.once("message", (message) => {
      clearTimeout(late);
      child.off("exit", ended);
      resolve(message as T);
    });
  });

/** Asks a process for something and waits for it. */
export function ask<T>(child: ChildProcess, message: object | string, patienceMs?: number): Promise<T> {
  const answer = said<T>(child, patienceMs);
  child.send(message);
  return answer;
}

/** Resolves when a process has ended as it should. */
export const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    const end = (code: number | null) =>
      code === 0 ? resolve() : reject(new Error(`A process of the bench ended with ${String(code)}.`));
    if (child.exitCode !== null) end(child.exitCode);
    else child.once("exit", end);
  });

/** Ends a process at once, and waits until it is gone. */
export const killed = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
