import { request } from "undici";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { cloudApi, ConversationManager, type HotelOptions } from "../../src/index.js";
import { APP_SECRET, GRAND_NUMBER, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import type { Said, Written } from "./checks.js";
import type { Cluster } from "./cluster.js";
import { photoOf } from "./files.js";
import { conversationWith, stay, until } from "./stay.js";

/** The harness's hotels, with a reception whose conversations find somebody by themselves. */
export const assigningHotels: readonly HotelOptions[] = hotels.map((hotel) => ({
  ...hotel,
  departments: hotel.departments.map((department) =>
    department.id === "reception"
      ? { ...department, assignment: { rule: "roundRobin", staff: ["staff_a", "staff_b", "staff_c"] } as const }
      : department,
  ),
}));

/** How long a conversation is put off: so long that the desk comes to it on its way, so short that nobody waits. Milliseconds. */
const SNOOZE_MS = 600;

/**
 * A stay in which the desk does by itself what it can do: somebody is found for the conversation, it is put off and comes back, and the
 * hotel's backend asks for two answers in a transaction of its own, and for a third in one that it rolls back.
 */
export async function stayWithDesk(cluster: Cluster, phone: string, pauseMs: number): Promise<Written> {
  const stayed = await stay(cluster, phone, pauseMs);
  const photo = { kind: "image", mimeType: "image/png", bytes: photoOf(phone) } as const;
  const wamid = await cluster.fake.guest(phone).sendsFile(GRAND_NUMBER, photo);
  const written: Written = { ...stayed, groups: [...stayed.groups, [wamid]] };
  try {
    const conversationId = await conversationWith(cluster, phone);
    await until(() => hasHeard(cluster, written));
    const [asked] = await Promise.all([asks(cluster, conversationId, phone), putsOff(cluster, conversationId)]);
    return { ...written, answers: [...written.answers, ...asked] };
  } catch {
    // What did not come about is counted: nothing was put off, and nothing done in order.
    return written;
  }
}

/** Whether all that a guest wrote stands there: what comes later would end the snooze before its time. */
async function hasHeard({ pool }: Cluster, { phone, groups }: Written): Promise<boolean> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from belldesk.guest_addresses a
       join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
       join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.direction = 'inbound'
      where a.kind = 'waId' and a.value = $1`,
    [phone],
  );
  return (rows[0]?.n ?? 0) >= groups.flat().length;
}

/** Commands without a `clientMessageId`: nothing but the work's own id keeps one that is done twice from being two messages. */
async function asks({ pool, fake }: Cluster, conversationId: string, phone: string): Promise<readonly Said[]> {
  const desk = new ConversationManager({
    hotels: assigningHotels,
    storage: postgresStorage(pool),
    transport: cloudApi({ graphUrl: fake.graphUrl }),
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  });
  await desk.start({ work: false });
  const inTransaction = async (texts: readonly string[], end: "commit" | "rollback"): Promise<void> => {
    const client = await pool.connect();
    try {
      await client.query("begin");
      for (const text of texts) {
        const content = { type: "text", text } as const;
        await desk.enqueue(client, { type: "reply", hotelId: "grand", conversationId, content, by: manager });
      }
      await client.query(end);
    } finally {
      client.release();
    }
  };
  const texts = commandsFor(phone);
  await inTransaction([`Never asked for ${phone}`], "rollback");
  await inTransaction(texts, "commit");
  await desk.stop();
  return texts.map((text) => ({ clientMessageId: null, text }));
}

const commandsFor = (phone: string): readonly [string, string] => [
  `First asked for ${phone}`,
  `Then asked for ${phone}`,
];

/** As staff do whose screen tries again: until it is known to have been put off, once. */
async function putsOff(cluster: Cluster, conversationId: string): Promise<void> {
  const isPutOff = async (): Promise<boolean> => {
    const { rows } = await cluster.pool.query<{ n: number }>(
      "select count(*)::int as n from belldesk.events where conversation_id = $1 and body::json ->> 'type' = 'conversation.snoozed'",
      [conversationId],
    );
    return rows[0]?.n !== 0;
  };
  let wakesAt = new Date(Date.now() + SNOOZE_MS);
  await until(async () => {
    const { statusCode, body } = await request(`${cluster.base}/api/conversations/${conversationId}/snooze`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ until: wakesAt.toISOString() }),
      reset: true,
    });
    await body.dump();
    if (statusCode < 300) return true;
    if (statusCode >= 500) return false;
    // The time has passed meanwhile, whether or not the first try was stored.
    if (await isPutOff()) return true;
    wakesAt = new Date(Date.now() + SNOOZE_MS);
    return false;
  });
}

/** What is wrong with what the desk did by itself, in counts: all zeros is the only good answer. */
export interface DeskFindings {
  /** Conversations that were not assigned exactly once, in state, event and audit. */
  readonly assignedWrong: number;
  /** Snoozes that did not end exactly once. */
  readonly snoozesWrong: number;
  /** Conversations whose commands were not done in order. */
  readonly commandsInverted: number;
  /** Events that the consumer was not told. */
  readonly untold: number;
  /** Events that the consumer was told for the first time after a later one of the hotel. */
  readonly toldLate: number;
}

/** Compares what the desk did by itself for these guests, and what its consumer heard of all, with what had to be done. */
export async function checkDesk({ pool }: Pick<Cluster, "pool">, written: readonly Written[]): Promise<DeskFindings> {
  const phones = written.map(({ phone }) => phone);
  const { rows } = await pool.query<{
    phone: string;
    assigned: number;
    audited: number;
    assignee: string | null;
    snoozed: number;
    woken: number;
    snooze: Date | null;
    texts: string[];
  }>(
    `select a.value as phone, c.assignee_id as assignee, c.snoozed_until as snooze,
            (select count(*) from belldesk.events e where e.hotel_id = c.hotel_id and e.conversation_id = c.id
                and e.body::json ->> 'type' = 'conversation.assigned')::int as assigned,
            (select count(*) from belldesk.audit_entries u where u.hotel_id = c.hotel_id and u.target_id = c.id
                and u.action = 'conversation.assign' and u.reason = '"auto_assignment"')::int as audited,
            (select count(*) from belldesk.events e where e.hotel_id = c.hotel_id and e.conversation_id = c.id
                and e.body::json ->> 'type' = 'conversation.snoozed')::int as snoozed,
            (select count(*) from belldesk.events e where e.hotel_id = c.hotel_id and e.conversation_id = c.id
                and e.body::json ->> 'type' = 'conversation.unsnoozed' and e.body::json ->> 'by' = 'time')::int as woken,
            array(select m.content::json ->> 'text' from belldesk.messages m
                   where m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.author_kind = 'staff' order by m.seq) as texts
       from belldesk.guest_addresses a
       join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id and c.department_id = 'reception'
      where a.kind = 'waId' and a.value = any ($1)`,
    [phones],
  );
  const { rows: told } = await pool.query<{ untold: number; late: number }>(
    `with told as (select hotel_id, seq, min(n) as n from witness.told group by 1, 2)
     select (select count(*) from belldesk.events e
              where not exists (select from told t where t.hotel_id = e.hotel_id and t.seq = e.seq))::int as untold,
            (select count(*) from (select seq, max(seq) over (partition by hotel_id order by n) as most from told) t
              where t.seq < t.most)::int as late`,
  );
  const count = (is: (row: (typeof rows)[number]) => boolean): number => rows.filter(is).length;
  const [{ untold, late } = { untold: NaN, late: NaN }] = told;
  return {
    assignedWrong:
      count(({ assignee, assigned, audited }) => assignee === null || assigned !== 1 || audited !== 1) +
      Math.abs(rows.length - phones.length),
    snoozesWrong: count(({ snooze, snoozed, woken }) => snooze !== null || snoozed !== 1 || woken !== 1),
    commandsInverted: count(({ phone, texts }) => {
      const [first, then] = commandsFor(phone).map((text) => texts.indexOf(text));
      return (first ?? NaN) > (then ?? NaN);
    }),
    untold,
    toldLate: late,
  };
}
