import fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { AuditVerdict, DeliveryStatus } from "belldesk";
import { request } from "undici";
import { measured } from "../harness/processes.js";
import { schemaDump } from "../support/schema-dump.js";
import type { Cluster } from "./cluster.js";
import type { Evening } from "./evening.js";
import type { EveningEvidence, Held, Stay, Walk } from "./evening-checks.js";
import { filesWrong } from "./files.js";
import { patiently } from "./stay.js";
import type { Strikes } from "./strikes.js";

/** Milliseconds between two looks at what processes hold, and for which a look may take: one that is frozen answers nobody. */
const LOOKS = { everyMs: 500, mostMs: 1_000 };
/** Milliseconds in which the audit of an evening is sealed. */
const SEALED_MS = 30_000;

/** Looks at what each process holds until the signal, and at what those that live still hold then. @returns the most of each, by name */
export async function watchProcesses(
  cluster: Cluster,
  over: AbortSignal,
): Promise<ReadonlyMap<string, Omit<Held, "linesLost">>> {
  const most = new Map<string, Omit<Held, "linesLost">>();
  const note = (name: string, now: Partial<Held>): void => {
    const { rssBytes = 0, handles = 0, connections = 0 } = most.get(name) ?? {};
    most.set(name, {
      name,
      rssBytes: Math.max(rssBytes, now.rssBytes ?? 0),
      handles: Math.max(handles, now.handles ?? 0),
      connections: Math.max(connections, now.connections ?? 0),
    });
  };
  const look = async (isAtRest: boolean): Promise<void> => {
    const living = cluster.nodes.flatMap(({ host }) => host ?? []);
    await Promise.all(
      living.map(async ({ child }) => {
        const held = await Promise.race([measured(child).catch(() => null), delay(LOOKS.mostMs, null)]);
        if (held === null) return;
        const handles = Object.values(held.resources).reduce((sum, each) => sum + each, 0);
        note(`host ${String(child.pid)}`, { rssBytes: held.rssBytes, ...(isAtRest && { handles }) });
      }),
    );
    const { rows } = await cluster.pool
      .query<{ name: string; connections: number }>(
        `select application_name as name, count(*)::int as connections from pg_stat_activity
          where datname = current_database() and application_name like 'host %' group by 1`,
      )
      .catch(() => ({ rows: [] }));
    for (const { name, connections } of rows) note(name, { connections });
  };
  while (!over.aborted) {
    await look(false);
    await delay(LOOKS.everyMs);
  }
  await look(true);
  return most;
}

/** Milliseconds since 1970, by the database's clock. */
export async function databaseNow({ pool }: Pick<Cluster, "pool">): Promise<number> {
  const { rows } = await pool.query<{ now: Date }>("select belldesk.desk_now() as now");
  return rows[0]?.now.getTime() ?? NaN;
}

export interface Seen {
  readonly evenings: readonly Evening[];
  readonly mediaDir: string;
  readonly began: number;
  readonly held: ReadonlyMap<string, Omit<Held, "linesLost">>;
  readonly strikes: Strikes;
  readonly heard: readonly string[];
}

/** All that the checks of an evening ask for, when it is at rest. */
export async function eveningEvidence(cluster: Cluster, seen: Seen): Promise<EveningEvidence> {
  const { pool } = cluster;
  const { evenings, mediaDir, began, held, strikes, heard } = seen;
  await patiently(async () => {
    const { rows } = await pool.query("select from belldesk.audit_entries where sealed_at is null limit 1");
    return rows.length === 0;
  }, SEALED_MS);
  const late = evenings.filter(({ isLate }) => isLate).map(({ phone }) => phone);
  const { rows: statuses } = await pool.query<{ messageId: string; status: DeliveryStatus }>(
    `select body::json ->> 'messageId' as "messageId", body::json ->> 'status' as status
       from belldesk.events where body like '%"message.status"%' order by hotel_id, seq`,
  );
  const { rows: instants } = await pool.query<{ what: string; at: number }>(
    `select what, (extract(epoch from at) * 1000)::double precision as at from (
       select 'event' as what, at from belldesk.events
       union all select 'message', created_at from belldesk.messages
       union all select 'conversation', created_at from belldesk.conversations
       union all select 'webhook', received_at from belldesk.webhook_attempts
       union all select 'audit', at from belldesk.audit_entries
       union all select 'seal', sealed_at from belldesk.audit_entries
       union all select 'file', stored_at from belldesk.files
       union all select 'stay', created_at from belldesk.stays
       union all select 'flow', started_at from belldesk.flow_runs) instants where at is not null`,
  );
  const { rows: windows } = await pool.query<{ ms: number }>(
    `select (extract(epoch from window_closes_at - last_inbound_at) * 1000)::double precision as ms
       from belldesk.chats where window_closes_at is not null`,
  );
  const { rows: withheld } = await pool.query<{ n: number }>(
    `select count(*)::int as n from belldesk.guest_addresses a
       join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
       join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.failure like '%window_closed%'
      where a.kind = 'waId' and not a.value = any ($1)`,
    [late],
  );
  return {
    statuses,
    walks: await walksOf(cluster, evenings),
    stays: await staysOf(cluster, evenings),
    began,
    ended: await databaseNow(cluster),
    instants,
    windowsMs: windows.map(({ ms }) => ms),
    withheld: withheld[0]?.n ?? NaN,
    letThrough: evenings.filter(({ wasLetThrough }) => wasLetThrough).length,
    audits: await Promise.all(["grand", "seaside"].map((hotelId) => auditOf(cluster, hotelId))),
    files: await filesWrong(
      cluster,
      mediaDir,
      evenings.flatMap(({ photo }) => photo ?? []),
    ),
    crashed: cluster.crashed,
    processes: [...held.values()].map((one) => ({ ...one, linesLost: strikes.linesLost.get(one.name) ?? 0 })),
    isGolden: await isGolden(cluster),
    migrated: strikes.migrated,
    heard,
  };
}

async function walksOf({ pool }: Cluster, evenings: readonly Evening[]): Promise<readonly Walk[]> {
  return Promise.all(
    evenings.flatMap(({ phone, hotelId, walked }) =>
      walked === null
        ? []
        : [
            (async () => {
              const { rows } = await pool.query<Pick<Walk, "said" | "runs">>(
                `select array(select m.content::json ->> 'text' from belldesk.conversations c
                                join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.is_flow and m.direction = 'outbound'
                               where c.hotel_id = a.hotel_id and c.guest_id = a.guest_id order by m.event_seq) as said,
                        array(select r.status from belldesk.flow_runs r where r.hotel_id = a.hotel_id and r.guest_id = a.guest_id) as runs
                   from belldesk.guest_addresses a where a.kind = 'waId' and a.value = $1 and a.hotel_id = $2`,
                [phone, hotelId],
              );
              return { ...walked, said: rows[0]?.said ?? [], runs: rows[0]?.runs ?? [] };
            })(),
          ],
    ),
  );
}

async function staysOf({ pool }: Cluster, evenings: readonly Evening[]): Promise<readonly Stay[]> {
  return Promise.all(
    evenings.flatMap(({ phone, hotelId, reservationId }) =>
      reservationId === null
        ? []
        : [
            (async () => {
              const { rows } = await pool.query<Stay>(
                `select s.status, s.room, s.arrival, (s.state::json ->> 'roomReady')::boolean as "isReady",
                        (select count(*) from belldesk.guest_addresses a
                           join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
                           join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.reasons like '%"stay_message"%'
                          where a.kind = 'waId' and a.value = $3 and a.hotel_id = s.hotel_id)::int as welcomes
                   from belldesk.stays s where s.hotel_id = $1 and s.reservation_id = $2`,
                [hotelId, reservationId, phone],
              );
              return rows[0] ?? { status: null, room: null, arrival: null, isReady: false, welcomes: 0 };
            })(),
          ],
    ),
  );
}

/** As the desk itself verifies it, for an admin. */
async function auditOf({ base }: Cluster, hotelId: string): Promise<EveningEvidence["audits"][number]> {
  const { body } = await request(`${base}/api/operator/audit/verify`, {
    query: { hotel: hotelId },
    headers: { "x-role": "admin" },
    reset: true,
  });
  const { holds, flaw, entries } = (await body.json()) as AuditVerdict;
  return { hotelId, entries, wrong: holds ? null : `${String(flaw?.why)} at ${String(flaw?.n)}` };
}

/** Whether the schema is what migrations make, but for the triggers by which the ledger is kept. */
async function isGolden({ pool }: Cluster): Promise<boolean> {
  const golden = fs.readFileSync(new URL("../fixtures/schema.txt", import.meta.url), "utf8");
  const lines = (await schemaDump(pool)).split("\n").filter((line) => !line.includes(" EXECUTE FUNCTION ledger."));
  return lines.join("\n") === golden;
}
