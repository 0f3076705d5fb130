import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import type { Cluster } from "./cluster.js";
import type { Answer, Written } from "./checks.js";

const GRAND_NUMBER = "200000000000001";

/** A short stay: a guest greets, chooses reception, asks; reception answers; the answer reaches the phone and is read. */
export async function stay(cluster: Cluster, phone: string, pauseMs: number): Promise<Written> {
  await delay(pauseMs);
  const guest = cluster.fake.guest(phone);
  const wamids: string[] = [];
  for (const text of ["Good evening", "Reception", "Is there a late checkout?"])
    wamids.push(await guest.says(GRAND_NUMBER, text));
  const conversationId = await conversationWith(cluster, phone);
  const answer = { clientMessageId: `answer-${phone}`, text: "Until two o'clock, gladly." };
  await reply(cluster, conversationId, answer);
  return { phone, groups: wamids.map((wamid) => [wamid]), answers: [answer] };
}

/** Reception's conversation with the guest, once there is one. @returns its id */
export const conversationWith = ({ pool }: Cluster, phone: string): Promise<string> =>
  until(async () => {
    const { rows } = await pool.query<{ id: string }>(
      `select c.id from belldesk.guest_addresses a
         join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
        where a.kind = 'waId' and a.value = $1 and c.department_id = 'reception' and c.status = 'open'`,
      [phone],
    );
    return rows[0]?.id;
  });

/** Answers as staff do whose screen tries again: the same words under the same id, until the desk has them, for so many milliseconds. */
export async function reply(
  cluster: Cluster,
  conversationId: string,
  answer: Reply,
  forMs = PATIENCE_MS,
): Promise<void> {
  await patiently(async () => (await replyOnce(cluster, conversationId, answer)) < 300, forMs);
}

interface Reply extends Answer {
  readonly urgent?: boolean;
  /** In place of the text. */
  readonly content?: object;
}

/** Milliseconds that staff's screens, and the hotel's own system, wait for an answer. */
export const ANSWER_MS = 15_000;

/** Tries it once. @returns the HTTP status */
export async function replyOnce(
  { base }: Pick<Cluster, "base">,
  conversationId: string,
  { clientMessageId, text, urgent = false, content = { type: "text", text } }: Reply,
): Promise<number> {
  const { statusCode, body } = await request(`${base}/api/conversations/${conversationId}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ clientMessageId, content, urgent }),
    reset: true,
    headersTimeout: ANSWER_MS,
  });
  await body.dump();
  return statusCode;
}

/** Nothing is on its way any more, and everything that was to be sent to these guests has an end: read on the phone, failed, or known to be unknown. */
export async function settled(cluster: Cluster, phones: readonly string[]): Promise<void> {
  await until(async () => {
    const { rows } = await cluster.pool.query<{ open: number; sends: number }>(
      `select count(*) filter (where m.status not in ('read', 'played', 'failed', 'unknown'))::int as open, count(m.id)::int as sends
         from belldesk.guest_addresses a
         join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
         join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.direction = 'outbound'
        where a.kind = 'waId' and a.value = any ($1)`,
      [phones],
    );
    const [row] = rows;
    if (row === undefined || row.open > 0 || row.sends < phones.length) return false;
    const { rows: busy } = await cluster.pool.query<{ n: number }>(
      `select (select count(*) from belldesk.lanes where leased_until is not null or enqueued > done)::int
            + (select count(*) from belldesk.arrivals)::int + (select count(*) from belldesk.commands)::int
            + (select count(*) from belldesk.hotel_counters h cross join (select distinct name from belldesk.consumers) n
                 left join belldesk.consumers c on c.hotel_id = h.hotel_id and c.name = n.name
                where coalesce(c.seq, 0) < h.last_event)::int as n`,
    );
    return busy[0]?.n === 0;
  });
}

/** Milliseconds after which something that has not come about never will. */
const PATIENCE_MS = 120_000;

/** Between two looks: hundreds who wait may look at once, and what they wait for has to be done on the same machine. */
const LOOKS = { firstMs: 15, times: 1.2, mostMs: 100 };

export const until = <T>(look: () => Promise<T | null | undefined | false>): Promise<T> => patiently(look, PATIENCE_MS);

export async function patiently<T>(look: () => Promise<T | null | undefined | false>, forMs: number): Promise<T> {
  const end = performance.now() + forMs;
  let last: unknown = "it stayed as it was";
  let pauseMs = LOOKS.firstMs;
  while (performance.now() < end) {
    try {
      const seen = await look();
      if (seen !== null && seen !== undefined && seen !== false) return seen;
      last = "it stayed as it was";
    } catch (error) {
      last = error;
    }
    await delay(pauseMs);
    pauseMs = Math.min(LOOKS.mostMs, pauseMs * LOOKS.times);
  }
  throw new Error("what had to come about did not", { cause: last });
}
