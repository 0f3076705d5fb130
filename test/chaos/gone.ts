import { request } from "undici";
import { GRAND_NUMBER } from "../harness/hotel.js";
import type { Cluster } from "./cluster.js";
import { photoOf } from "./files.js";
import { conversationWith, stay, until } from "./stay.js";

/** What happens to a guest beside those whose stay is looked at. */
export type Goes = "erased" | "pruned";

/** Milliseconds between two looks at erasures that were broken off. */
export const GOING = { retention: { everyMs: 300 } };

/** A guest who stays, is done with, and goes: erased by an admin, or grown old and pruned. Whoever asks for it asks again until it is done. */
export async function goes(cluster: Cluster, phone: string, how: Goes): Promise<void> {
  await stay(cluster, phone, 0);
  const photo = { kind: "image", mimeType: "image/png", bytes: photoOf(phone) } as const;
  await cluster.fake.guest(phone).sendsFile(GRAND_NUMBER, photo);
  const conversationId = await conversationWith(cluster, phone);
  await until(() => isQuiet(cluster, phone));
  const guestId = await guestOf(cluster, phone);
  if (how === "erased") {
    await asks(cluster, `/api/guests/${guestId}/erase`, { reason: "asked for it" });
    return;
  }
  await asks(cluster, `/api/conversations/${conversationId}/close`, {});
  await until(() => isQuiet(cluster, phone));
  await grownOld(cluster, phone, guestId);
  await asks(cluster, "/api/operator/prune", { policy: { webhookAttempts: 1, conversations: 1, timings: 1 } });
}

/** 404: they are gone, says whoever asks once more. */
const asks = (cluster: Cluster, path: string, body: object): Promise<boolean> =>
  until(async () => {
    const { statusCode, body: answer } = await request(`${cluster.base}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-role": "admin" },
      body: JSON.stringify(body),
      reset: true,
    });
    await answer.dump();
    return statusCode < 300 || statusCode === 404;
  });

const guestOf = async ({ pool }: Cluster, phone: string): Promise<string> => {
  const { rows } = await pool.query<{ id: string }>(
    "select guest_id as id from belldesk.guest_addresses where kind = 'waId' and value = $1",
    [phone],
  );
  return rows[0]?.id ?? "";
};

/** Whether nothing of a guest is on its way, and their photo has been fetched. */
async function isQuiet({ pool }: Cluster, phone: string): Promise<boolean> {
  const { rows } = await pool.query<{ open: number; stored: number }>(
    `select ((select count(*) from belldesk.lanes l where l.hotel_id = a.hotel_id and l.guest_id = a.guest_id and l.enqueued > l.done)
           + (select count(*) from belldesk.arrivals r where r.hotel_id = a.hotel_id and r.guest_id = a.guest_id))::int as open,
            (select count(*) from belldesk.attachments t where t.hotel_id = a.hotel_id and t.guest_id = a.guest_id and t.state = 'stored')::int as stored
       from belldesk.guest_addresses a where a.kind = 'waId' and a.value = $1`,
    [phone],
  );
  return rows[0]?.open === 0 && rows[0].stored === 1;
}

/** All that a guest left was three days ago. */
async function grownOld({ pool }: Cluster, phone: string, guestId: string): Promise<void> {
  const ago = "now() - interval '3 days'";
  await pool.query(`update belldesk.webhook_attempts set received_at = ${ago} where strpos(raw, $1) > 0`, [phone]);
  await pool.query(
    `update belldesk.conversations set last_message_at = ${ago}, closed_at = ${ago} where guest_id = $1 and status = 'closed'`,
    [guestId],
  );
}

/** What is left of a guest who went, table by table; nothing is the only good answer. */
export async function leftOf(cluster: Cluster, phone: string, how: Goes): Promise<readonly string[]> {
  const { pool } = cluster;
  if (how === "erased")
    await until(async () => {
      const { rows } = await pool.query("select from belldesk.erasures where done_at is null");
      return rows.length === 0;
    });
  const { rows: tables } = await pool.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'belldesk' order by 1",
  );
  const left: string[] = [];
  // Who grew old is known still, and what WhatsApp reports of them today is not old; what they said is gone.
  const isKept = new Set(how === "erased" ? [] : ["guests", "guest_addresses", "webhook_attempts"]);
  for (const { name } of tables) {
    if (isKept.has(name)) continue;
    const { rows } = await pool.query(`select from belldesk.${name} t where row_to_json(t)::text ~ $1 limit 1`, [
      phone,
    ]);
    if (rows.length > 0) left.push(`${name} knows who went`);
  }
  if (how === "pruned") {
    const { rows } = await pool.query<{ n: number }>(
      `select ((select count(*) from belldesk.guest_addresses a
                 join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
                where a.kind = 'waId' and a.value = $1 and c.last_message_at < now() - interval '2 days')
             + (select count(*) from belldesk.webhook_attempts w
                 where strpos(w.raw, $1) > 0 and w.received_at < now() - interval '2 days'))::int as n`,
      [phone],
    );
    if (rows[0]?.n !== 0) left.push("something old of who went is still there");
  }
  return left;
}
