import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface HostProcess {
  /** `http://127.0.0.1:port` */
  readonly base: string;
  readonly child: ChildProcess;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Asks it to drain. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Starts a hotel's backend on the built package and waits until it is ready. */
export async function startHost(options: {
  readonly url: string;
  readonly graphUrl: string;
  readonly work?: boolean;
}): Promise<HostProcess> {
  const file = fileURLToPath(new URL("host.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "./scripts/typescript.mjs", file, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => {
      reject(new Error(`The host ended with ${String(code)} before it was ready:\n${errors}`));
    });
    child.stdout.once("data", (line: Buffer) => {
      resolve((JSON.parse(line.toString()) as { port: number }).port);
    });
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    base: `http://127.0.0.1:${String(port)}`,
    child,
    kill: async () => {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
  };
}
