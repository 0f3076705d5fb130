import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { HotelOptions, SettingsOptions } from "belldesk";
import { watched } from "../support/canaries.js";
import type { LiveHostOptions } from "./live-door.js";
import type { Measured } from "./measure.js";

export interface HostOptions {
  /** Of the database. */
  readonly url: string;
  readonly graphUrl: string;
  readonly work?: boolean;
  /** A free one by default. */
  readonly port?: number;
  readonly leaseMs?: number;
  /** Other hotels than the harness's own. */
  readonly hotels?: readonly HotelOptions[];
  /** Of a call to WhatsApp; 2 s by default. */
  readonly deadlineMs?: number;
  /** Whether it reads the event log, as the consumer `witness`, into the table `witness.told`. */
  readonly witness?: boolean;
  /** With live connections, told by a Redis. */
  readonly live?: LiveHostOptions;
  /** A folder in which it keeps files; none by default. */
  readonly mediaDir?: string;
  /** Where the hotel's own systems are, of a host that asks them. */
  readonly outside?: string;
  /** Milliseconds by which its machine's clock is ahead, or behind. */
  readonly clockOffMs?: number;
  /** Of its pool, to the database; 10 by default. */
  readonly connections?: number;
  /** Whether guests can walk through a small flow, by the words "check in". */
  readonly flow?: boolean;
  /** Whether it says on standard error what its desk logs; it says nothing by default. */
  readonly logs?: boolean;
  /** More settings of the desk, over the host's own. */
  readonly settings?: Pick<SettingsOptions, "retention" | "audit">;
  /** A failpoint to wait at from the first moment on. */
  readonly waitAt?: string;
}

export type ToHost =
  | { readonly waitAt: string | null }
  | { readonly goOn: true }
  | { readonly measure: true }
  /** Its machine's clock is ahead by so much from now on, or behind. */
  | { readonly clockOffMs: number };
export type FromHost =
  | { readonly at: string }
  | { readonly measured: Measured }
  | { readonly told: { readonly sink: "body" | "frame"; readonly text: string } };

export interface HostProcess {
  /** `http://127.0.0.1:port` */
  readonly base: string;
  readonly child: ChildProcess;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Asks it to drain. @returns its exit code */
  stop(): Promise<number | null>;
}

export interface StartOptions {
  /** What to run instead of the host on the published build. */
  readonly program?: string;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** Told when the host waits at the failpoint it was to wait at. */
  readonly onWait?: (child: ChildProcess, at: string) => void;
  /** Told of what it says on standard error. */
  readonly onLog?: (said: string) => void;
}

/** Starts a hotel's backend on the built package and waits until it is ready. */
export async function startHost(
  options: HostOptions,
  { program = fileURLToPath(new URL("host.ts", import.meta.url)), node = [], onWait, onLog }: StartOptions = {},
): Promise<HostProcess> {
  const loader = program.endsWith(".ts") ? ["--import", "./scripts/typescript.mjs"] : [];
  // In a test all that the host answers is looked through; a program that breaks or measures hosts leaves them as they are.
  if (watched.isOn() && loader.length > 0) loader.push("--import", "./test/support/watch-child.ts");
  const child = spawn(process.execPath, [...node, ...loader, program, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.on("message", (said: FromHost) => {
    if ("at" in said) onWait?.(child, said.at);
    if ("told" in said) watched.tell(said.told.sink, said.told.text);
  });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4_000);
    watched.tell("log", chunk.toString());
    onLog?.(chunk.toString());
  });
  child.stdout?.on("data", (chunk: Buffer) => watched.tell("log", chunk.toString()));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => {
      reject(new Error(`The host ended with ${String(code)} before it was ready:\n${errors}`));
    });
    child.stdout?.once("data", (line: Buffer) => {
      resolve((JSON.parse(line.toString()) as { port: number }).port);
    });
  });
  return {
    base: `http://127.0.0.1:${String(port)}`,
    child,
    kill: async () => {
      await ended(child, "SIGKILL");
    },
    stop: () => ended(child, "SIGTERM"),
  };
}

/** Sends a signal and waits for the end. @returns the exit code, null when a signal ended it */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
  return child.exitCode;
}

export const tell = (child: ChildProcess, message: ToHost): void => {
  if (child.connected) child.send(message, () => undefined);
};

/** Asks a host that runs with `--expose-gc` what it holds when nothing is left to be collected. */
export async function measured(child: ChildProcess): Promise<Measured> {
  const over = new AbortController();
  const { signal } = over;
  const answer = (async () => {
    for (;;) {
      const [said] = (await once(child, "message", { signal })) as [FromHost];
      if ("measured" in said) return said.measured;
    }
  })();
  const gone = once(child, "exit", { signal }).then(() => {
    throw new Error("The host has ended.");
  });
  tell(child, { measure: true });
  try {
    return await Promise.race([answer, gone]);
  } finally {
    gone.catch(() => undefined);
    answer.catch(() => undefined);
    over.abort();
  }
}
