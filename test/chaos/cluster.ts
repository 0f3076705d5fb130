import type { ChildProcess } from "node:child_process";
import pg from "pg";
import { fakeWhatsApp, type FakeWhatsApp, type FakeWhatsAppOptions } from "belldesk/testing";
import { APP_SECRET } from "../harness/hotel.js";
import { ended, startHost, tell, type HostOptions, type HostProcess } from "../harness/processes.js";
import { httpProtocol, postgresProtocol, startProxy, type Proxy } from "../harness/proxy.js";
import { keepLedger } from "./ledger.js";

export interface ClusterOptions {
  /** A PostgreSQL that this cluster may make a database on. */
  readonly postgresUrl: string;
  /** What hosts are to the database, which is theirs; they are who this cluster is by default. */
  readonly user?: string;
  /** Where the database keeps its tables; the server's own place by default. */
  readonly tablespace?: string;
  readonly database: string;
  readonly nodes: number;
  readonly leaseMs?: number;
  /** The host to run, built with failpoints. */
  readonly program: string;
  /** Another one for the last of the nodes: that of another release. */
  readonly lastProgram?: string;
  /** Options of Node itself, for hosts. */
  readonly node?: readonly string[];
  /** What else the hosts are told. */
  readonly hosts?: Pick<
    HostOptions,
    "hotels" | "deadlineMs" | "witness" | "mediaDir" | "live" | "outside" | "settings" | "connections" | "flow" | "logs"
  >;
  /** By how many milliseconds the clock of each node's machine is ahead, or behind; all are right by default. */
  readonly clocksOffMs?: readonly number[];
  /** How WhatsApp is, where it is not what it usually is here. */
  readonly whatsApp?: Pick<FakeWhatsAppOptions, "reports" | "pacing" | "weather">;
}

/** One process of the cluster, and the ways to break it. */
export interface Node {
  readonly name: string;
  /** null while it is dead. */
  host: HostProcess | null;
  readonly database: Proxy;
  /** Starts it when it is dead. Rejects when it dies before it is ready. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** From now on the clock of its machine is ahead by so many milliseconds, or behind, whichever process runs there. */
  setClock(offMs: number): void;
}

/** A process that holds still at a failpoint; it may not be ready yet. */
export interface Waiting {
  readonly node: Node;
  readonly child: ChildProcess;
}

/**
 * A hotel's backend as several processes over one PostgreSQL, each behind a proxy of its own, one door for webhooks and
 * staff that leads to any of them that lives, and a WhatsApp on the other side.
 */
export interface Cluster {
  readonly nodes: readonly Node[];
  /** The processes that were killed, by the names that they give to the database. */
  readonly killed: readonly string[];
  readonly fake: FakeWhatsApp;
  /** Lines that its processes have logged. */
  readonly logged: () => number;
  /** Of each process that ended although nobody had killed it: how, and what it logged last. */
  readonly crashed: readonly string[];
  /** Of its database, past every proxy. */
  readonly url: string;
  readonly pool: pg.Pool;
  readonly door: Proxy;
  /** `http://127.0.0.1:port` of the door. */
  readonly base: string;
  /** Keeps the ledger from now on; the tables must be there. */
  watch(): Promise<void>;
  /** The first process that comes to a failpoint waits there. Nobody waits any more after `forget`. */
  waitAt(name: string): { readonly reached: Promise<Waiting>; forget: () => void };
  close(): Promise<void>;
}

/** Characters of what a process logged that are kept. */
const LAST_WORDS = 2_000;

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const admin = new pg.Client({ connectionString: options.postgresUrl });
  await admin.connect();
  const { user, tablespace } = options;
  const owner = user === undefined ? "" : ` owner ${user}`;
  const place = tablespace === undefined ? "" : ` tablespace ${tablespace}`;
  await admin.query(`create database ${options.database}${owner}${place}`);
  await admin.end();
  const url = new URL(options.postgresUrl);
  const server = { host: url.hostname, port: Number(url.port) };
  url.pathname = `/${options.database}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 3 });
  pool.on("error", () => undefined);
  if (options.hosts?.witness === true)
    await pool.query(
      "create schema witness; create table witness.told (n bigint generated always as identity, hotel_id text, seq bigint)",
    );

  let waiting: { readonly name: string; readonly reached: (waiting: Waiting) => void } | null = null;
  let turn = 0;
  const nodes: Node[] = [];
  const killed: string[] = [];
  const noteKill = (child: ChildProcess): void => {
    child.once("exit", (_code, signal) => {
      const name = `host ${String(child.pid)}`;
      if (signal === "SIGKILL" && !killed.includes(name)) killed.push(name);
    });
  };
  let logged = 0;
  const crashed: string[] = [];
  const living = () => nodes.filter(({ host }) => host !== null);

  const door = await startProxy({
    protocol: httpProtocol,
    target: () => {
      const { host } = living()[turn++ % Math.max(1, living().length)] ?? { host: null };
      return host === null ? null : { host: "127.0.0.1", port: Number(new URL(host.base).port) };
    },
  });
  const base = `http://127.0.0.1:${String(door.port)}`;
  const fake = await fakeWhatsApp({
    appSecret: APP_SECRET,
    webhookUrl: `${base}/webhooks/whatsapp`,
    // Guests write through the door, past the fake, and faster than people do.
    window: "open",
    pacing: false,
    ...options.whatsApp,
  });

  for (let n = 0; n < options.nodes; n++) {
    const database = await startProxy({ target: () => server, protocol: postgresProtocol });
    const through = new URL(url);
    through.port = String(database.port);
    through.hostname = "127.0.0.1";
    if (user !== undefined) through.username = user;
    const onWait = (child: ChildProcess, at: string): void => {
      // Whoever works before it is ready may die before it is.
      if (node.host === null) noteKill(child);
      if (waiting?.name !== at) {
        tell(child, { goOn: true });
        return;
      }
      const { reached } = waiting;
      waiting = null;
      reached({ node, child });
    };
    let starting: Promise<void> | null = null;
    let clockOffMs = options.clocksOffMs?.[n] ?? 0;
    const start = async (): Promise<void> => {
      const leased = options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs };
      const waits = waiting === null ? {} : { waitAt: waiting.name };
      let lastWords = "";
      const host = await startHost(
        {
          url: through.href,
          graphUrl: fake.graphUrl,
          clockOffMs,
          ...options.hosts,
          ...leased,
          ...waits,
        },
        {
          program: (n === options.nodes - 1 ? options.lastProgram : undefined) ?? options.program,
          onWait,
          onLog(said) {
            logged += said.split("\n").length - 1;
            lastWords = (lastWords + said).slice(-LAST_WORDS);
          },
          ...(options.node !== undefined && { node: options.node }),
        },
      );
      node.host = host;
      host.child.once("exit", (code, signal) => {
        if (signal === "SIGKILL") killed.push(`host ${String(host.child.pid)}`);
        else crashed.push(`${node.name} ended with ${String(code ?? signal)}: ${lastWords}`);
        if (node.host === host) node.host = null;
      });
    };
    const node: Node = {
      name: `node ${String(n)}`,
      host: null,
      database,
      async start() {
        if (node.host !== null) return;
        starting ??= start().finally(() => (starting = null));
        await starting;
      },
      async kill() {
        const { host } = node;
        node.host = null;
        if (host !== null) await host.kill();
      },
      setClock(offMs) {
        clockOffMs = offMs;
        if (node.host !== null) tell(node.host.child, { clockOffMs });
      },
    };
    nodes.push(node);
  }

  const tellAll = (waitAt: string | null) => {
    for (const { host } of nodes) if (host !== null) tell(host.child, { waitAt });
  };

  let watching: Promise<void> | null = null;
  return {
    nodes,
    killed,
    logged: () => logged,
    crashed,
    fake,
    url: url.href,
    pool,
    door,
    base,
    watch: () => (watching ??= keepLedger(pool)),
    waitAt(name) {
      let settle: (waiting: Waiting) => void = () => undefined;
      const reached = new Promise<Waiting>((resolve) => (settle = resolve));
      waiting = { name, reached: settle };
      tellAll(name);
      return {
        reached,
        forget: () => {
          waiting = null;
          tellAll(null);
        },
      };
    },
    async close() {
      for (const { host } of nodes) {
        if (host === null) continue;
        host.child.kill("SIGCONT");
        await ended(host.child, "SIGKILL");
      }
      await fake.close();
      await Promise.all([door.close(), ...nodes.map(({ database }) => database.close())]);
      await pool.end();
    },
  };
}
