import { fakeWhatsApp, type FakeWhatsApp } from "belldesk/testing";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { APP_SECRET } from "./hotels.ts";

export interface Chain {
  /** Where the load balancer listens. */
  readonly url: string;
  readonly whatsapp: FakeWhatsApp;
  /** Ends a process as a power cut would, at once. */
  kill(node: number): Promise<void>;
  /** Starts one in its place. */
  start(node: number): Promise<void>;
  stop(): Promise<void>;
}

/** Two processes, with what stands around them in a data centre: a load balancer in front, and (here) a WhatsApp that is not Meta's. */
export async function startChain(env: Readonly<Record<string, string>>, port = 0): Promise<Chain> {
  const nodes: ({ readonly child: ChildProcess; readonly port: number } | null)[] = [null, null];
  let turn = 0;
  const lines = new Set<Socket>();
  const balancer = createServer((client) => {
    lines.add(client);
    client.once("close", () => lines.delete(client));
    const alive = nodes.filter((node) => node !== null);
    const node = alive[turn++ % alive.length];
    if (node === undefined) return void client.destroy();
    const behind = connect(node.port, "127.0.0.1");
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const)
      one
        .on("error", () => other.destroy())
        .on("close", () => other.destroy())
        .pipe(other);
  });
  balancer.listen(port, "127.0.0.1");
  await once(balancer, "listening");
  const url = `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`;
  const whatsapp = await fakeWhatsApp({ appSecret: APP_SECRET, webhookUrl: `${url}/webhooks/whatsapp` });

  const start = async (index: number): Promise<void> => {
    const own = await freePort();
    const child = fork(join(import.meta.dirname, "node.ts"), {
      env: { ...process.env, ...env, GRAPH_URL: whatsapp.graphUrl, PORT: String(own) },
    });
    child.once("exit", () => (nodes[index] = null));
    const [told] = (await Promise.race([once(child, "message"), once(child, "exit")])) as [unknown];
    if (told !== "ready") throw new Error(`Process ${index} ended before it was ready.`);
    nodes[index] = { child, port: own };
  };
  const end = async (index: number, signal: NodeJS.Signals): Promise<void> => {
    const child = nodes[index]?.child;
    nodes[index] = null; // no connection goes there any more
    if (child === undefined) return;
    child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await once(child, "exit");
    clearTimeout(late);
  };
  await start(0); // makes the tables
  await start(1);
  return {
    url,
    whatsapp,
    start,
    kill: (index) => end(index, "SIGKILL"),
    async stop() {
      await Promise.all([end(0, "SIGTERM"), end(1, "SIGTERM")]);
      await whatsapp.close();
      for (const line of lines) line.destroy();
      await new Promise((resolve) => balancer.close(resolve));
    },
  };
}

async function freePort(): Promise<number> {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  return port;
}
