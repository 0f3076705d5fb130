// Asks the desk at random, as everybody who may be somebody, and lets an oracle judge every answer.
//   npm run oracle                                       100,000 requests in memory, then as many on PostgreSQL
//   npm run oracle -- --requests 1000 --seed 7 --storage memory
import { parseArgs } from "node:util";
import pg from "pg";
import { memoryStorage } from "../../adapters/memory/index.js";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import type { Storage } from "../../src/index.js";
import { manualClock } from "../../src/testing/index.js";
import { noteFigures } from "../../scripts/figures.js";
import { runOracle } from "./run.js";

// What the build puts in place of it: no failpoints.
Object.assign(globalThis, { BELLDESK_FAILPOINTS: false });

const { values: options } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    storage: { type: "string", default: "memory,postgres" },
  },
});

async function inMemory(): Promise<Storage> {
  const storage = memoryStorage({ clock: manualClock(new Date("2026-11-10T08:30:00Z")) });
  await storage.open({ migrate: false });
  return storage;
}

async function ask(name: string, storage: () => Promise<Storage>): Promise<boolean> {
  const [requests, seed] = [Number(options.requests), Number(options.seed)];
  console.log(`${name}: seed ${String(seed)}, ${String(requests)} requests`);
  const { asked, wrongAllows, wrongDenies, routes } = await runOracle({ requests, seed, storage });
  const covered = [...routes.values()].filter(({ allowed, denied }) => allowed > 0 && denied > 0).length;
  for (const line of [...wrongAllows.slice(0, 5), ...wrongDenies.slice(0, 5)]) console.log(line);
  console.log(
    `${String(asked)} asked, ${String(wrongAllows.length)} wrong allows, ${String(wrongDenies.length)} wrong denies, ` +
      `${String(covered)} of ${String(routes.size)} routes allowed and denied`,
  );
  noteFigures({
    storage: name,
    asked,
    "wrong allows": wrongAllows.length,
    "wrong denies": wrongDenies.length,
    routes: covered,
  });
  return wrongAllows.length + wrongDenies.length === 0 && covered === routes.size;
}

let good = true;
if (options.storage.includes("memory")) good = await ask("memory", inMemory);
if (options.storage.includes("postgres")) {
  const server = await startPostgres();
  const pool = new pg.Pool({ connectionString: server.url, max: 4 });
  let serial = 0;
  try {
    const onPostgres = async () => {
      if (serial > 0) await pool.query(`drop schema world_${String(serial)} cascade`);
      const storage = postgresStorage(pool, { schema: `world_${String(++serial)}` });
      await storage.open({ migrate: true });
      return storage;
    };
    good = (await ask("PostgreSQL", onPostgres)) && good;
  } finally {
    await pool.end();
    await server.stop();
  }
}
process.exitCode = good ? 0 : 1;
