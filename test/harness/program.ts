import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface ProgramOptions {
  /** Milliseconds after which it is ended, with everything that it started, and has failed. */
  readonly withinMs: number;
  /** Options of Node itself. */
  readonly node?: readonly string[];
}

/** Milliseconds in which what a program started may clean up after itself. */
const CLEANS_UP_MS = 5_000;

/**
 * Runs a program of this repository to its end, without holding up whoever waits for it.
 * @returns what it printed
 * @throws with all that it said when it fails, and when it does not end in time: the last line on its standard error says where it was
 */
export async function runProgram(file: string, args: readonly string[], options: ProgramOptions): Promise<string> {
  const { withinMs, node = [] } = options;
  const child = spawn(process.execPath, [...node, "--import", "./scripts/typescript.mjs", file, ...args], {
    cwd: resolve(import.meta.dirname, "../.."),
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that nothing that it started outlives it.
    detached: true,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  // Nor whoever waits for it.
  const abandoned = () => {
    signalGroup(child.pid, "SIGTERM");
  };
  process.once("exit", abandoned);
  const over = new AbortController();
  const late = delay(withinMs, null, { signal: over.signal }).catch(() => null);
  const ended = await Promise.race([exited, late]);
  over.abort();
  process.off("exit", abandoned);
  const said = `${stdout}\n${stderr}`.trim();
  if (ended === null) {
    // Its guards hear that it is gone, end their servers and remove their folders; hosts drain, or are made to end.
    child.kill("SIGKILL");
    signalGroup(child.pid, "SIGTERM");
    await delay(CLEANS_UP_MS);
    signalGroup(child.pid, "SIGKILL");
    throw new Error(`${file} did not end within ${String(withinMs / 1_000)} s. It had said:\n${said}`);
  }
  const [code, signal] = ended;
  if (code !== 0) throw new Error(`${file} ended with ${String(code ?? signal)}. It had said:\n${said}`);
  return stdout;
}

function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch {
    // Nobody is left.
  }
}
