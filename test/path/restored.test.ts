import pg from "pg";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startRedis } from "../../scripts/services/redis.mjs";
import { alive } from "../chaos/break.js";
import { startCluster, type Cluster } from "../chaos/cluster.js";
import { deskWatching, rawWatching, type Watching } from "../chaos/live-clients.js";
import { conversationWith, reply, settled } from "../chaos/stay.js";
import { eventually, GRAND_NUMBER, manager, receptionist } from "../harness/hotel.js";
import { join } from "node:path";

// The database is put back to an earlier time, while processes run on it and pages watch it that know more than it does (F95).

const NAME = `restored_${String(process.pid)}`;
let redis: Awaited<ReturnType<typeof startRedis>>;
let cluster: Cluster;

beforeAll(async () => {
  redis = await startRedis();
  cluster = await startCluster({
    postgresUrl: inject("postgresUrl"),
    database: NAME,
    nodes: 2,
    leaseMs: 1_000,
    program: join(import.meta.dirname, "../harness/host.ts"),
    hosts: { witness: true, live: { redisUrl: redis.url } },
  });
  await Promise.all(cluster.nodes.map(alive));
}, 120_000);
afterAll(async () => {
  await cluster.close();
  await redis.stop();
  await onServer(`drop database if exists ${NAME} with (force)`, `drop database if exists ${NAME}_backup with (force)`);
});

async function onServer(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** Copies a database whole; nobody may be connected to the one that it is made of. Whoever was connects again. */
const copied = (from: string, to: string) =>
  onServer(
    `alter database ${from} with allow_connections false`,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`,
    `create database ${to} template ${from}`,
    `alter database ${from} with allow_connections true`,
    `alter database ${to} with allow_connections true`,
  );

let answers = 0;
/** A guest comes, chooses reception, and is answered. */
async function comes(phone: string): Promise<void> {
  const guest = cluster.fake.guest(phone);
  for (const text of ["Good evening", "Reception"]) await guest.says(GRAND_NUMBER, text);
  const conversation = await conversationWith(cluster, phone);
  await reply(cluster, conversation, { clientMessageId: `answer-${String(++answers)}`, text: "Good evening to you." });
}
async function asks(phone: string): Promise<void> {
  await cluster.fake.guest(phone).says(GRAND_NUMBER, "Is there a late checkout?");
  const conversation = await conversationWith(cluster, phone);
  await reply(cluster, conversation, { clientMessageId: `answer-${String(++answers)}`, text: "Until two o'clock." });
}

const open = async (): Promise<readonly string[]> => {
  const { rows } = await cluster.pool.query<{ id: string; version: number }>(
    "select id, version from belldesk.conversations where hotel_id = 'grand' and status = 'open' and department_id = 'reception' order by id",
  );
  return rows.map(({ id, version }) => `${id} ${String(version)}`);
};
const shown = (watching: Watching): readonly string[] =>
  [...watching.shows().values()]
    .filter(({ departmentId }) => departmentId === "reception")
    .map(({ id, version }) => `${id} ${String(version)}`)
    .toSorted();

test("pages that know more than a restored backup begin anew and show what is there, and the processes go on: nothing doubled, no number twice", async () => {
  const early = ["12025550201", "12025550202", "12025550203"];
  const late = ["12025550211", "12025550212"];
  await Promise.all(early.map(comes));
  await settled(cluster, early);
  await copied(NAME, `${NAME}_backup`);

  const door = `127.0.0.1:${String(cluster.door.port)}`;
  const direct = cluster.nodes.map(({ host }) => new URL(host?.base ?? "").host);
  const watching: readonly Watching[] = [
    ...direct.map((origin) => deskWatching(origin, manager)),
    rawWatching(direct[0] ?? "", receptionist),
    deskWatching(door, receptionist),
    rawWatching(door, manager),
  ];
  const pids = cluster.nodes.map(({ host }) => host?.child.pid);
  try {
    await Promise.all([...late.map(comes), ...early.map(asks)]);
    await settled(cluster, [...early, ...late]);
    const before = await open();
    await eventually("all pages show five guests", () =>
      Promise.resolve(watching.every((one) => one.isLive() && shown(one).join() === before.join())),
    );
    expect(before).toHaveLength(5);
    const sentBefore = cluster.fake.accepted.length;

    await onServer(`drop database ${NAME} with (force)`);
    await copied(`${NAME}_backup`, NAME);
    // Some lose their line too, and come back with places that are ahead.
    cluster.door.cut();

    await eventually("all pages show three guests as the backup has them", async () => {
      const now = await open();
      return now.length === 3 && watching.every((one) => one.isLive() && shown(one).join() === now.join());
    });
    for (const one of watching) expect(one.resyncs()).toBeGreaterThan(0);

    // What had the same numbers is written anew: by who was there, and by who is there no more.
    await Promise.all([...late.map(comes), ...early.map(asks), ...["12025550221"].map(comes)]);
    const all = [...early, ...late, "12025550221"];
    await settled(cluster, all);
    await eventually("all pages show six guests", async () => {
      const now = await open();
      return now.length === 6 && watching.every((one) => one.isLive() && shown(one).join() === now.join());
    });
    await delay(500);
    const { rows } = await cluster.pool.query<Record<string, number>>(
      `select (select count(*) - count(distinct seq) + max(seq) - count(*) from belldesk.events where hotel_id = 'grand')::int as gaps,
              (select count(*) - count(distinct wamid) from belldesk.messages where direction = 'inbound')::int as doubled,
              (select count(*) from (select conversation_id from belldesk.messages group by 1 having max(seq) <> count(*)) x)::int as holes,
              (select count(*) from belldesk.work where dead_at is not null)::int as dead,
              (select count(*) from belldesk.messages where direction = 'outbound' and status in ('failed', 'unknown', 'queued', 'sending'))::int as unsent,
              (select count(*) from (select seq from witness.told where hotel_id = 'grand' group by 1 having count(*) > 1) x)::int as told_twice,
              (select max(seq) - count(distinct seq) from witness.told where hotel_id = 'grand')::int as untold`,
    );
    expect(rows[0]).toEqual({ gaps: 0, doubled: 0, holes: 0, dead: 0, unsent: 0, told_twice: 0, untold: 0 });
    const sent = cluster.fake.accepted.map(({ correlationId }) => correlationId);
    expect(new Set(sent).size).toBe(sent.length);
    expect(sent.length).toBeGreaterThan(sentBefore);
    expect(cluster.nodes.map(({ host }) => host?.child.pid)).toEqual(pids);
  } finally {
    for (const one of watching) one.close();
  }
}, 120_000);
