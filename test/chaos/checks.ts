import type { Cluster } from "./cluster.js";
import { interruptedBy, readLedger, uninterrupted, type Interruption } from "./ledger.js";

/** What one guest and the staff who answered them were told is kept. */
export interface Written {
  readonly phone: string;
  /** wamids of what the guest wrote: groups in the order in which each was answered 200 before the next was posted. */
  readonly groups: readonly (readonly string[])[];
  /** What staff wrote, each with other words and under an id of its own, and were answered 202. */
  readonly answers: readonly Said[];
}

export interface Said {
  /** null: the hotel's backend asked for it without one, and it has that of the work. */
  readonly clientMessageId: string | null;
  readonly text: string;
}

export interface Answer extends Said {
  readonly clientMessageId: string;
}

/** What is wrong, in counts: all zeros is the only good answer, but for `unknown`, which is explained beside it. */
export interface Findings {
  readonly acknowledged: number;
  readonly stored: number;
  readonly sends: number;
  readonly lost: number;
  readonly doubled: number;
  readonly inverted: number;
  readonly extraConversations: number;
  /** Answers of staff that were acknowledged and are not there, in their words. */
  readonly answersLost: number;
  /** Answers that nobody wrote, and those that stand there twice. */
  readonly answersDoubled: number;
  /** Guests who were not asked for a department exactly once. */
  readonly menusWrong: number;
  /** What WhatsApp took and no message of ours stands for. */
  readonly sentForNobody: number;
  /** What WhatsApp took twice: under one id, or the same words for one guest. */
  readonly sentTwice: number;
  readonly sentOutOfOrder: number;
  /** Sent by us, unknown to WhatsApp. */
  readonly claimedSent: number;
  /** Neither sent nor failed nor unknown. */
  readonly unfinished: number;
  /** Nobody can say whether WhatsApp has them, though it has: their report would have settled it. */
  readonly unsettled: number;
  /** Nobody can say whether WhatsApp has them, and it has not: whoever was sending them was killed in the middle, or kept from saying so. */
  readonly unknown: number;
  /** The same, though nothing happened to whoever was sending them. */
  readonly unexplained: number;
  /** Numbers missing among a hotel's events. */
  readonly eventGaps: number;
  /** Numbers missing among a conversation's messages. */
  readonly seqGaps: number;
  /** Staff's answers without exactly one audit entry. */
  readonly unaudited: number;
  /** Commits by a process whose lane had passed on to another. */
  readonly staleCommits: number;
  readonly leased: number;
  readonly left: number;
  readonly dead: number;
}

export interface Checked {
  readonly found: Findings;
  /** Of what is wrong, where a count alone says too little. */
  readonly examples: readonly string[];
}

/** What has to be zero. */
export const violations = (found: Findings): readonly (keyof Findings)[] => {
  const { acknowledged: _, stored: __, sends: ___, unknown: ____, ...zeros } = found;
  return (Object.keys(zeros) as (keyof typeof zeros)[]).filter((name) => zeros[name] !== 0);
};

/** Compares what these guests wrote and WhatsApp took with what the database holds, and with the ledger. */
export async function check(
  { pool, fake: { accepted }, killed }: Pick<Cluster, "pool" | "fake" | "killed">,
  written: readonly Written[],
  interruptions: readonly Interruption[] = [],
): Promise<Checked> {
  const phones = written.map(({ phone }) => phone);
  const { rows: inbound } = await pool.query<{ phone: string; wamid: string; conversation_id: string }>(
    `select a.value as phone, m.wamid, m.conversation_id
       from belldesk.guest_addresses a
       join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
       join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.direction = 'inbound'
      where a.kind = 'waId' and a.value = any ($1)
      order by m.event_seq`,
    [phones],
  );
  const { rows: open } = await pool.query<{ n: number }>(
    `select count(*)::int as n from (
       select 1 from belldesk.guest_addresses a
         join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id and c.status = 'open'
        where a.kind = 'waId' and a.value = any ($1)
        group by a.hotel_id, a.value having count(*) > 1) twice`,
    [phones],
  );
  const { rows: outbound } = await pool.query<{
    id: string;
    phone: string;
    status: string;
    author: string;
    client: string | null;
    words: string;
    is_menu: boolean;
  }>(
    `select m.id, a.value as phone, m.status, m.author_kind as author, m.client_message_id as client,
            case m.content::json ->> 'type' when 'template' then 'template ' || (m.content::json ->> 'name') else m.content::json ->> 'text' end as words,
            m.reasons like '%"department_menu"%' as is_menu
       from belldesk.guest_addresses a
       join belldesk.conversations c on c.hotel_id = a.hotel_id and c.guest_id = a.guest_id
       join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id and m.direction = 'outbound'
      where a.kind = 'waId' and a.value = any ($1)
      order by m.event_seq`,
    [phones],
  );
  const { rows: rest } = await pool.query<{ leased: number; left: number; dead: number }>(
    `select (select count(*) from belldesk.lanes l where l.leased_until is not null
               and exists (select 1 from belldesk.guest_addresses a where a.hotel_id = l.hotel_id and a.guest_id = l.guest_id and a.value = any ($1)))::int as leased,
            ((select count(*) from belldesk.work w where w.dead_at is null and not (w.kind = 'timer' and w.due_at > belldesk.desk_now())
                and exists (select 1 from belldesk.guest_addresses a where a.hotel_id = w.hotel_id and a.guest_id = w.guest_id and a.value = any ($1)))
             + (select count(*) from belldesk.arrivals r
                 where exists (select 1 from belldesk.guest_addresses a where a.hotel_id = r.hotel_id and a.guest_id = r.guest_id and a.value = any ($1))))::int as left,
            (select count(*) from belldesk.work w where w.dead_at is not null
                and exists (select 1 from belldesk.guest_addresses a where a.hotel_id = w.hotel_id and a.guest_id = w.guest_id and a.value = any ($1)))::int as dead`,
    [phones],
  );

  const { rows: books } = await pool.query<{ seq_gaps: number; unaudited: number }>(
    `select (select coalesce(sum(abs(missing)), 0) from (
               select c.last_seq - count(m.id) as missing from belldesk.conversations c
                 left join belldesk.messages m on m.hotel_id = c.hotel_id and m.conversation_id = c.id
                group by c.hotel_id, c.id, c.last_seq
             ) conversations)::int as seq_gaps,
            (select count(*) from belldesk.messages m
              where m.author_kind = 'staff'
                and (select count(*) from belldesk.audit_entries a
                      where a.hotel_id = m.hotel_id and a.target_id = m.id and a.action = 'conversation.reply') <> 1)::int as unaudited`,
  );
  const { stale: staleCommits } = await readLedger(pool);
  const interrupted = await interruptedBy(pool, killed, interruptions);
  const unexplained = new Map((await uninterrupted(pool, interrupted)).map(({ id, says }) => [id, says]));
  const { rows: events } = await pool.query<{ missing: number }>(
    `select coalesce(sum(abs(missing)), 0)::int as missing from (
       select c.last_event - count(e.seq) as missing from belldesk.hotel_counters c
         left join belldesk.events e on e.hotel_id = c.hotel_id group by c.hotel_id, c.last_event
     ) hotels`,
  );

  const storedOf = groups(inbound, ({ phone }) => phone);
  let lost = 0;
  let doubled = 0;
  let inverted = 0;
  for (const { phone, groups: own } of written) {
    const stored = (storedOf.get(phone) ?? []).map(({ wamid }) => wamid);
    const once = new Set(stored);
    lost += own.flat().filter((wamid) => !once.has(wamid)).length;
    doubled += stored.length - once.size;
    const places = own.map((group) => group.map((wamid) => stored.indexOf(wamid)).filter((place) => place >= 0));
    inverted += places.filter((group, n) => n > 0 && Math.min(...group) < Math.max(...(places[n - 1] ?? []))).length;
  }

  const staffs = groups(
    outbound.filter(({ author }) => author === "staff"),
    ({ phone }) => phone,
  );
  let answersLost = 0;
  let answersDoubled = 0;
  for (const { phone, answers } of written) {
    const own = staffs.get(phone) ?? [];
    const isThere = ({ clientMessageId, text }: Said) =>
      own.some(({ client, words }) => client === (clientMessageId ?? client) && words === text);
    answersLost += answers.filter((answer) => !isThere(answer)).length;
    answersDoubled += own.length - answers.filter(isThere).length;
  }
  const menus = groups(
    outbound.filter(({ is_menu: isMenu }) => isMenu),
    ({ phone }) => phone,
  );

  const taken = groups(accepted, ({ correlationId }) => correlationId ?? "");
  const ownTaken = accepted.filter(({ address }) => phones.includes(phoneOf(address)));
  const ids = new Set(outbound.map(({ id }) => id));
  const wordsTaken = groups(ownTaken, ({ address, body }) =>
    JSON.stringify([phoneOf(address), body.text?.body ?? body.interactive?.body?.text ?? body.template?.name]),
  );
  const placeOf = new Map(accepted.map(({ correlationId }, place) => [correlationId ?? "", place]));
  let sentOutOfOrder = 0;
  for (const own of groups(outbound, ({ phone }) => phone).values()) {
    const places = own.flatMap(({ id }) => placeOf.get(id) ?? []);
    sentOutOfOrder += places.filter((place, n) => n > 0 && place < (places[n - 1] ?? 0)).length;
  }
  const SENT = new Set(["sent", "delivered", "read", "played"]);
  const has = ({ id }: { readonly id: string }): boolean => taken.has(id);
  const ownUnexplained = outbound.flatMap((message) => (has(message) ? [] : (unexplained.get(message.id) ?? [])));
  const [{ leased, left, dead } = { leased: NaN, left: NaN, dead: NaN }] = rest;
  const found = {
    acknowledged: written.reduce((sum, one) => sum + one.groups.flat().length, 0),
    stored: inbound.length,
    sends: outbound.length,
    lost,
    doubled,
    inverted,
    extraConversations: open[0]?.n ?? NaN,
    answersLost,
    answersDoubled,
    menusWrong: phones.filter((phone) => menus.get(phone)?.length !== 1).length,
    sentForNobody: ownTaken.filter(({ correlationId }) => !ids.has(correlationId ?? "")).length,
    sentTwice: [...wordsTaken.values()].filter(({ length }) => length > 1).length,
    sentOutOfOrder,
    claimedSent: outbound.filter((message) => SENT.has(message.status) && !has(message)).length,
    unfinished: outbound.filter(({ status }) => status === "queued" || status === "sending").length,
    unsettled: outbound.filter((message) => message.status === "unknown" && has(message)).length,
    unknown: outbound.filter((message) => message.status === "unknown" && !has(message)).length,
    unexplained: ownUnexplained.length,
    eventGaps: events[0]?.missing ?? NaN,
    seqGaps: books[0]?.seq_gaps ?? NaN,
    unaudited: books[0]?.unaudited ?? NaN,
    staleCommits,
    leased,
    left,
    dead,
  };
  const examples = ownUnexplained.slice(0, 3).map((says) => `unexplained: ${says}`);
  return { found, examples };
}

/** The digits in what a message was sent to: a phone, or the WhatsApp id that tests make from it. */
export const phoneOf = (address: string): string => address.replace(/^(\+|US\.)/, "");

function groups<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const group = found.get(key(item));
    if (group === undefined) found.set(key(item), [item]);
    else group.push(item);
  }
  return found;
}
