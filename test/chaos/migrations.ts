// Processes that start together on one database, and processes that break at every moment of their migrations: the schema
// is the golden one afterwards.
//   npm run migrations                                   20 rounds of 8 processes, then every moment in every way
//   npm run migrations -- --rounds 2 --moments 3 --postgres 14 --seed 3     three moments of each kind
import fs from "node:fs";
import { parseArgs } from "node:util";
import pg from "pg";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { schemaDump } from "../support/schema-dump.js";
import { breakMigrations } from "./migration-breaks.js";
import { race } from "./race.js";
import { noteFigures } from "../../scripts/figures.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    processes: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
    moments: { type: "string" },
    shards: { type: "string", default: "3" },
    postgres: { type: "string", default: "18" },
  },
});
const golden = fs.readFileSync(new URL("../fixtures/schema.txt", import.meta.url), "utf8");

const postgres = await startPostgres({ version: options.postgres === "14" ? 14 : 18, durable: true });
const admin = new pg.Client({ connectionString: postgres.url });
try {
  await admin.connect();
  let started = 0;
  let wrong = 0;
  for (let round = 1; round <= Number(options.rounds); round++) {
    const database = `round_${String(round)}`;
    await admin.query(`create database ${database}`);
    const url = new URL(postgres.url);
    url.pathname = `/${database}`;
    // Every other round as fast as they can.
    const seed = round % 2 === 1 ? null : `${options.seed} ${String(round)}`;
    const ends = await race(url.href, Number(options.processes), seed);
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const same = (await schemaDump(client)) === golden;
    await client.end();
    started += ends.filter((end) => end === "started").length;
    if (same && ends.every((end) => end === "started")) continue;
    wrong += 1;
    console.log(`round ${String(round)}: ${same ? "" : "another schema than the golden one, "}${ends.join(", ")}`);
  }
  console.log(
    `${options.rounds} rounds of ${options.processes} processes on an empty database, seed ${options.seed}: ` +
      `${String(started)} started, ${String(wrong)} rounds with something wrong`,
  );

  const breaks = await breakMigrations({
    postgresUrl: postgres.url,
    golden,
    ...(options.moments !== undefined && { moments: Number(options.moments) }),
    shards: Number(options.shards),
    say: (line) => {
      console.log(line);
    },
  });
  console.log(breaks.text);
  noteFigures({ started, "rounds with another schema": wrong, ...breaks.figures });
  process.exitCode = wrong === 0 && breaks.good ? 0 : 1;
} finally {
  await admin.end();
  await postgres.stop();
}
// Not left to itself: Node 20 may spin for ever over sockets that were reset while it cleans up.
process.exit();
