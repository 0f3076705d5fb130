import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { eventually } from "./hotel.js";

const ROOT = path.resolve(import.meta.dirname, "../..");

export interface PhoneBubble {
  readonly wamid: string;
  readonly from: "guest" | "hotel";
  readonly type: string;
  readonly text?: string;
  readonly options?: readonly { readonly id: string; readonly title: string }[];
  readonly edited?: true;
  readonly reaction?: string;
  readonly status: string;
}

/** The runnable hotel as a process, driven from outside as its users do. */
export class RunnableHotel {
  #child: ChildProcess | null = null;
  output = "";

  private constructor(
    readonly base: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Of its PostgreSQL; null when it runs on a folder. */
  get databaseUrl(): string | null {
    return this.env["DATABASE_URL"] ?? null;
  }

  /** @param isThere whether it is waited for no longer, by what it says of its health; until it is open by default */
  static async open(
    env: Record<string, string>,
    isThere?: (health: Response | null) => boolean,
  ): Promise<RunnableHotel> {
    const port = env["PORT"] ?? String(await freePort());
    const hotel = new RunnableHotel(`http://127.0.0.1:${port}`, {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      PORT: port,
      ...env,
    });
    await hotel.start(isThere);
    return hotel;
  }

  async start(isThere = (health: Response | null): boolean => health?.status === 200): Promise<void> {
    const args = ["--import", "./scripts/typescript.mjs", "examples/express-hotel/main.ts"];
    const child = spawn(process.execPath, args, { cwd: ROOT, env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    await eventually(
      "the hotel opens",
      async () => {
        if (child.exitCode !== null) throw new Error(`The hotel ended with ${String(child.exitCode)}:\n${this.output}`);
        return isThere(await fetch(`${this.base}/healthz`).catch(() => null));
      },
      120_000,
    );
  }

  /** A second one with other settings, that cannot open. @returns its exit code and what it printed */
  async failToOpen(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
    const second = new RunnableHotel("http://127.0.0.1:9", { ...this.env, ...env });
    await second.start().catch(() => undefined);
    return { code: second.#child?.exitCode ?? null, output: second.output };
  }

  /** Ends it as a crash or a power button of the process does. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to drain. @returns its exit code */
  stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  async get(route: string, token?: string): Promise<{ status: number; json: any }> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${this.base}${route}`, { headers });
    return { status: response.status, json: await response.json() };
  }

  async post(route: string, body: object, token?: string): Promise<{ status: number; json: any }> {
    const headers = {
      "content-type": "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(`${this.base}${route}`, { method: "POST", headers, body: JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, json: text === "" ? null : JSON.parse(text) };
  }

  /** Posts a body as it is. */
  async send(route: string, body: string): Promise<{ status: number; headers: Record<string, string>; json: any }> {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${this.base}${route}`, { method: "POST", headers, body });
    return { status: response.status, headers: Object.fromEntries(response.headers), json: await response.json() };
  }

  async guestActs(address: string, act: object): Promise<string> {
    const { status, json } = await this.post(`/simulator/guests/${address}/messages`, act);
    if (status !== 200) throw new Error(`The guest could not act: ${String(status)} ${JSON.stringify(json)}`);
    return String(json.wamid);
  }

  async phone(address: string, hotel: string): Promise<readonly PhoneBubble[]> {
    const { json } = await this.get(`/simulator/guests/${address}/messages?hotel=${hotel}`);
    return json.items as PhoneBubble[];
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
