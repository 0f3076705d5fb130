import pg from "pg";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { TABLES } from "./contenders.js";
import { postgresStorage } from "belldesk/postgres";
import { anItem } from "belldesk/testing";
import { setTimeout as delay } from "node:timers/promises";
const postgres = await startPostgres({ durable: true });
const pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
await pool.query(TABLES);
const storage = postgresStorage(pool);
await storage.open({ migrate: true });
const a: number[] = [], b: number[] = [], c: number[] = [], d: number[] = [];
const med = (x: number[]) => x.slice().sort((p, q) => p - q)[Math.floor(x.length / 2)]!.toFixed(2);
for (let n = 0; n < 500; n++) {
  await delay(10);
  let t = performance.now();
  await pool.query({ name: "one", text: "insert into one_insert (wamid, body) values ($1, $2) on conflict do nothing", values: [`w${n}`, "x".repeat(700)] });
  a.push(performance.now() - t);
  await delay(10);
  t = performance.now();
  await storage.remember([{ ...anItem(`itm_${n}`, new Date()) }], { dedupRetentionMs: 1e8 });
  b.push(performance.now() - t);
  await delay(10);
  t = performance.now();
  await pool.query("select 1");
  c.push(performance.now() - t);
}
console.log("insert", med(a), "remember", med(b), "select 1", med(c));
const cl = await pool.connect();
// function timing server-side
await pool.end(); await postgres.stop();
