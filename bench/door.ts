// A contender with its door open: a process of its own, on a database of its own.
import { existsSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { startRedis } from "../scripts/services/redis.mjs";
import { ask, killed, said, start } from "./children.js";
import { CONTENDERS, TABLES, type Contender } from "./contenders.js";

export interface Door {
  readonly contender: Contender;
  readonly port: () => number;
  /** How many messages have been handled. */
  readonly count: () => Promise<number>;
  /** Which, in the order in which it was done. */
  readonly handled: () => Promise<readonly string[]>;
  /** Statements that its process has sent to PostgreSQL so far. */
  readonly statements: () => Promise<number>;
  /** Resolves with the seconds that it took until so many had been handled, or after `patienceS`. */
  readonly drained: (count: number, patienceS: number) => Promise<{ readonly seconds: number; readonly all: boolean }>;
  /** Kills the process. */
  readonly kill: () => Promise<void>;
  /** Starts another on the same database. */
  readonly again: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Street {
  readonly contenders: readonly Contender[];
  readonly open: (contender: Contender) => Promise<Door>;
  readonly stop: () => Promise<void>;
}

/** How long a process may take until its door is open. */
const PATIENCE_MS = 60_000;
const PEERS = fileURLToPath(new URL("peers/", import.meta.url));

/** What each peer is made of, for parts that weigh or load it: its name, and its packages. */
export const PEER_PACKAGES: readonly (readonly [name: string, ...packages: string[]])[] = [
  ["Chat SDK, WhatsApp, PostgreSQL", "chat", "@chat-adapter/whatsapp", "@chat-adapter/state-pg"],
  ["BuilderBot, Meta", "@builderbot/bot", "@builderbot/provider-meta"],
  ["Bot Framework", "botbuilder"],
  ["whatsapp-api-js", "whatsapp-api-js"],
  ["kapso", "@kapso/whatsapp-cloud-api"],
];

/** Installs the peers where they are missing. @returns whether they are there */
export function hasPeers(wanted: boolean): boolean {
  if (!wanted || existsSync(`${PEERS}node_modules/.package-lock.json`)) return wanted;
  console.error("Installing the peers (npm ci in bench/peers, once) ...");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: PEERS,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  return status === 0;
}

/** Options of every part that opens doors. */
export const DOORS = {
  peers: { type: "boolean", default: false },
  /** Some contenders by name, with commas between; all by default. */
  contenders: { type: "string" },
} as const;

/**
 * A durable PostgreSQL, a Redis where one of them needs it, and who may stand there.
 * @param which who comes into question
 */
export async function street(
  { peers: wanted, contenders: named }: { readonly peers: boolean; readonly contenders?: string | undefined },
  which: (contender: Contender) => boolean = () => true,
): Promise<Street> {
  const peers = hasPeers(wanted);
  const names = named?.split(",");
  const contenders = CONTENDERS.filter(
    (one) => (peers || !one.isPeer) && (names?.includes(one.name) ?? true) && which(one),
  );
  const postgres = await startPostgres({ durable: true });
  const redis = contenders.some(({ needsRedis }) => needsRedis) ? await startRedis({ durable: true }) : null;
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  let serial = 0;

  async function open(contender: Contender): Promise<Door> {
    const database = `bench_${contender.name.replaceAll("-", "_")}_${String(++serial)}`;
    await admin.query(`create database ${database}`);
    const { href } = Object.assign(new URL(postgres.url), { pathname: `/${database}` });
    const pool = new pg.Pool({ connectionString: href, max: 1 });
    pool.on("error", () => undefined);
    await pool.query(TABLES);
    const launch = async () => {
      const child = start(contender.isPeer ? "peers/server.mjs" : "server.ts", [
        JSON.stringify({ contender: contender.name, postgresUrl: href, redisUrl: redis?.url ?? "", prefix: database }),
      ]);
      const { port } = await said<{ port: number }>(child, PATIENCE_MS);
      return { child, port };
    };
    let running = await launch();
    const ids = async () => (await pool.query<{ wamid: string }>(contender.handled!)).rows.map(({ wamid }) => wamid);
    const count = async () => {
      if (contender.handled === null) return 0;
      const of = contender.handled.replace(/^select wamid/, "select count(*)::int as n").replace(/ order by \w+$/, "");
      return (await pool.query<{ n: number }>(of)).rows[0]?.n ?? 0;
    };
    return {
      contender,
      port: () => running.port,
      count,
      handled: ids,
      statements: async () => (await ask<{ statements: number }>(running.child, "statements")).statements,
      async drained(wanted, patienceS) {
        const from = performance.now();
        for (;;) {
          const all = contender.handled === null || (await count()) >= wanted;
          const seconds = (performance.now() - from) / 1000;
          if (all || seconds > patienceS) return { seconds, all };
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
      kill: () => killed(running.child),
      async again() {
        running = await launch();
      },
      async close() {
        await killed(running.child);
        await pool.end();
        await admin.query(`drop database ${database} with (force)`);
      },
    };
  }

  return {
    contenders,
    open,
    async stop() {
      await admin.end();
      await redis?.stop();
      await postgres.stop();
    },
  };
}
