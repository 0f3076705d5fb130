import {
  erasedKeys,
  type Address,
  type DeskEvent,
  type Erasure,
  type ErasureStep,
  type Message,
  type PrivacyCounts,
  type PrivacyStorage,
} from "../../src/index.js";
import { RULES, TABLES, type Way } from "./privacy-rules.js";
import { run, sought, type Queryable } from "./queryable.js";
import { date, eventOf, type EventRow, type Instant } from "./rows.js";

type ErasureVerbs = Pick<
  PrivacyStorage,
  "countErasure" | "beginErasure" | "continueErasure" | "unfinishedErasures" | "erasures" | "reapplyErasure"
>;

interface ErasureRow {
  id: string;
  hotel_id: string;
  at: Instant;
  done_at: Instant | null;
  guests: string[];
  salt: string;
  stopped: boolean;
}

/** As it is gone on with. */
interface Open extends ErasureRow {
  addresses: string;
  conversations: string[];
  reservations: string[];
  tasks: string[];
  numbers: string[];
  round: number;
  step: number;
  walked: string;
}

/** Days for which WhatsApp may deliver something again, or for the first time, with as much again to spare. */
const DELIVERED_DAYS = 14;
/** Rows that a walk looks at for each row that it may change. */
const WALKS = 20;

type Walk = Extract<Way, { readonly by: "walk" }>;
type Step = { readonly table: string } & (
  | { readonly kind: "messages" | "files" | "reasons" | "end" }
  | { readonly kind: "of"; readonly by: "conversation" | "run"; readonly column: string }
  | { readonly kind: "walk"; readonly way: Walk; readonly set: string | null }
);

/** What is done one after the other: made of the rules, so that a new table's is among them. */
const STEPS: readonly Step[] = [
  { kind: "messages", table: "messages" },
  ...TABLES.flatMap((table): Step[] => {
    const rule = RULES[table];
    if (rule.erase === "kept" || !(rule.way.by === "run" || rule.way.by === "conversation")) return [];
    return [{ kind: "of", table, by: rule.way.by, column: rule.way.column }];
  }).sort((a, b) => Number("by" in b && b.by === "run") - Number("by" in a && a.by === "run")),
  { kind: "files", table: "attachments" },
  ...TABLES.flatMap((table): Step[] => {
    const rule = RULES[table];
    if (rule.erase === "kept" || rule.way.by !== "walk") return [];
    const set = rule.erase === "blank" ? assignments(rule.set) : null;
    return [{ kind: "walk", table, way: rule.way, set }];
  }),
  { kind: "reasons", table: "audit_entries" },
  { kind: "end", table: "erasures" },
];

/** Tables whose rows go with their message, each with the column that says whose they are. */
const WITH_MESSAGES = TABLES.flatMap((table) => {
  const rule = RULES[table];
  if (rule.erase !== "rows" || !(rule.way.by === "message" || rule.way.by === "wamid")) return [];
  return [{ table, column: rule.way.column, values: rule.way.by === "message" ? "$2" : "$3" }];
});

/** The parts of a `with` that delete messages with ids `$2` and WhatsApp's ids `$3`, and all that stands beside them. */
export const messageDeletes = (schema: string): readonly { readonly table: string; readonly sql: string }[] =>
  WITH_MESSAGES.map(({ table, column, values }) => ({
    table,
    sql: `gone_${table} as (delete from ${schema}.${table} t where t.hotel_id = $1 and t.${column} = any (${values}::text[]) returning 1)`,
  }));

function assignments(set: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(set)
    .map(([column, value]) => `${column} = ${value ?? "null"}`)
    .join(", ");
}

/** How a guest is erased. */
export function erasureVerbs(db: Queryable, schema: string): ErasureVerbs {
  const call = <Row>(text: string, values: unknown[]) => run<Row>(db, text, values);

  async function open(hotelId: string, id: string): Promise<Open | null> {
    const [row] = await call<Open>(
      `select * from ${schema}.erasures where hotel_id = $1 and id = $2 and done_at is null`,
      [sought(hotelId), sought(id)],
    );
    return row ?? null;
  }

  /** Goes on to where it is known how far it is. Somebody else may have been faster. */
  async function move({ hotel_id, id, round, step }: Open, to: { readonly step?: number; readonly walked?: string }) {
    await call(
      `update ${schema}.erasures set step = $5, walked = $6 where hotel_id = $1 and id = $2 and round = $3 and step = $4`,
      [hotel_id, id, round, step, to.step ?? step, to.walked ?? ""],
    );
  }

  async function messages(one: Open, limit: number): Promise<PrivacyCounts> {
    interface Row {
      id: string;
      wamid: string | null;
      direction: Message["direction"];
      attempt_id: string | null;
      young: boolean;
    }
    const page = await call<Row>(
      `select m.id, m.wamid, m.direction, m.attempt_id, m.sent_at > ${schema}.desk_now() - interval '${String(DELIVERED_DAYS)} days' as young
         from unnest($2::text[]) as c(id)
        cross join lateral (
          select * from ${schema}.messages m where m.hotel_id = $1 and m.conversation_id = c.id limit $3
        ) m limit $3`,
      [one.hotel_id, one.conversations, limit],
    );
    if (page.length === 0) return {};
    const addresses = JSON.parse(one.addresses) as readonly Address[];
    const keys = page.flatMap(({ wamid, direction, young }) =>
      wamid === null || !young ? [] : erasedKeys({ wamid, direction, phoneNumberIds: one.numbers, addresses }),
    );
    const wamids = page.flatMap(({ wamid }) => wamid ?? []);
    const targets = page.flatMap(({ id, attempt_id }) => [
      id,
      `snd_${id}`,
      ...(attempt_id === null ? [] : [attempt_id]),
    ]);
    const deletes = messageDeletes(schema);
    const counts = deletes.map(({ table }) => `'${table}', (select count(*) from gone_${table})`);
    const [row] = await call<{ counts: Record<string, number> }>(
      `with ${deletes.map(({ sql }) => sql).join(", ")}, ${rememberedKeys(schema, "$4", "$6")}, hashes as (
         insert into ${schema}.erasure_hashes (hotel_id, hash, kind, erasure_id)
           select distinct $1, ${schema}.wamid_hash_1(w.wamid), 'wamid', $6 from unnest($3::text[]) as w(wamid)
           on conflict do nothing
       )
       select json_build_object(${counts.join(", ")}, 'audit_entries', ${schema}.blank_audit_1($1, $5::text[])) as counts`,
      [one.hotel_id, page.map(({ id }) => id), wamids, keys, targets, one.id],
    );
    return row?.counts ?? {};
  }

  async function of(one: Open, { table, by, column }: Extract<Step, { kind: "of" }>, limit: number): Promise<number> {
    const owners =
      by === "conversation"
        ? `unnest($2::text[]) as o(id)`
        : `(select r.id from unnest($2::text[]) as c(id)
             cross join lateral (select r.id from ${schema}.flow_runs r where r.hotel_id = $1 and r.conversation_id = c.id offset 0) r offset 0) o`;
    const [row] = await call<{ count: string }>(
      `with gone as (
         delete from ${schema}.${table} t where t.ctid = any (array(
           select x.ctid from ${owners}
            cross join lateral (select t.ctid from ${schema}.${table} t where t.hotel_id = $1 and t.${column} = o.id limit $3) x limit $3
         )) returning 1
       ) select count(*) as count from gone`,
      [one.hotel_id, one.conversations, limit],
    );
    return Number(row?.count ?? 0);
  }

  async function files(one: Open, limit: number) {
    const [row] = await call<{ ids: string[]; files: string[] }>(
      `select * from ${schema}.erase_files_1($1, $2::text[], $3)`,
      [one.hotel_id, one.guests, limit],
    );
    const { ids = [], files: gone = [] } = row ?? {};
    if (ids.length > 0) await call(`select ${schema}.blank_audit_1($1, $2::text[])`, [one.hotel_id, ids]);
    return { count: ids.length, files: gone.map((id) => ({ hotelId: one.hotel_id, id })) };
  }

  /** A page of reactions, edits and deletions that are about to go: WhatsApp may deliver them again, and each has an id of its own. */
  async function amendments(one: Open, { key }: Walk, limit: number): Promise<void> {
    const page = await call<{ id: string; by: "guest" | "device" }>(
      `with given as (select $2::json as walked), page as (
         select t.* from ${schema}.message_amendments t, given where t.hotel_id = $1 ${after(one, key)} order by ${key.join(", ")} limit $4
       )
       select p.id, p.by from page p
        where p.guest_id = any ($3::text[]) and p.at > ${schema}.desk_now() - interval '${String(DELIVERED_DAYS)} days'`,
      [one.hotel_id, one.walked === "" ? "[]" : one.walked, one.guests, limit * WALKS],
    );
    const addresses = JSON.parse(one.addresses) as readonly Address[];
    const keys = page.flatMap(({ id, by }) =>
      erasedKeys({
        wamid: id,
        direction: by === "guest" ? "inbound" : "outbound",
        phoneNumberIds: one.numbers,
        addresses,
      }),
    );
    if (keys.length > 0)
      await call(`with ${rememberedKeys(schema, "$2", "$3")} select 1`, [one.hotel_id, keys, one.id]);
  }

  /** One page of a table's rows, in order; how far that was is kept with the erasure. */
  async function walk(one: Open, { table, way, set }: Extract<Step, { kind: "walk" }>, limit: number) {
    const { key } = way;
    const words = [...(JSON.parse(one.addresses) as readonly Address[]).map(({ value }) => value), ...one.guests];
    const found = way.where(schema);
    const changed =
      set === null
        ? `delete from ${schema}.${table} t using page p where t.hotel_id = $1 and ${same(key)} and ${found} returning 1`
        : `update ${schema}.${table} t set ${set} from page p where t.hotel_id = $1 and ${same(key)} and ${found} returning 1`;
    const [row] = await call<{ count: string; seen: string; last: string | null }>(
      `with given as (select $2::json as walked, $3::text[] as guests, $4::text[] as words, $5::text[] as conversations, $6::text[] as reservations), page as (
         select ${key.join(", ")} from ${schema}.${table}, given where hotel_id = $1 ${after(one, key)} order by ${key.join(", ")} limit $7
       ), changed as (${changed})
       select (select count(*) from changed) as count, (select count(*) from page) as seen,
              (select json_build_array(${key.map((column) => `p.${column}`).join(", ")})::text from page p
                order by ${key.map((column) => `p.${column} desc`).join(", ")} limit 1) as last`,
      [
        one.hotel_id,
        one.walked === "" ? "[]" : one.walked,
        one.guests,
        words,
        one.conversations,
        one.reservations,
        limit * WALKS,
      ],
    );
    const over = row === undefined || Number(row.seen) < limit * WALKS;
    await move(one, over ? { step: one.step + 1 } : { walked: row.last ?? "" });
    return { [table]: Number(row?.count ?? 0) };
  }

  /** @returns whether it is done */
  async function end(one: Open): Promise<ErasureStep> {
    const nothing = { counts: {}, files: [], events: [] } as const;
    if (one.round === 0) {
      // Once whoever was writing when it began is through, it is looked for what they wrote.
      const [row] = await call<{ passed: boolean | null }>(
        `select pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= e.mark as passed
           from ${schema}.erasures e where e.hotel_id = $1 and e.id = $2`,
        [one.hotel_id, one.id],
      );
      if (row?.passed !== true) return { state: "waits", ...nothing };
      const [more] = await call<{ gone: Record<string, number>; events: EventRow[] | null }>(
        `select g.* from ${schema}.gather_erasure_1($1, $2) g`,
        [one.hotel_id, one.id],
      );
      await call(
        `update ${schema}.erasures set round = 1, step = 0, walked = '' where hotel_id = $1 and id = $2 and round = 0`,
        [one.hotel_id, one.id],
      );
      const events = (more?.events ?? []).map((event) => eventOf(one.hotel_id, event));
      return { state: "more", ...nothing, counts: more?.gone ?? {}, events };
    }
    const rule = RULES.erasures;
    const set = rule.erase === "blank" ? assignments(rule.set) : "";
    await call(
      `update ${schema}.erasures set done_at = ${schema}.desk_now(), ${set} where hotel_id = $1 and id = $2 and done_at is null`,
      [one.hotel_id, one.id],
    );
    return { state: "done", ...nothing };
  }

  async function hashesOf(hotelId: string, ids: readonly string[]) {
    const rows = await call<{ erasure_id: string; kind: "key" | "wamid" | "address"; hash: string }>(
      `select h.erasure_id, h.kind, encode(h.hash, 'hex') as hash from unnest($2::text[]) as e(id)
         join ${schema}.erasure_hashes h on h.hotel_id = $1 and h.erasure_id = e.id order by h.erasure_id, h.kind, h.hash`,
      [hotelId, ids],
    );
    return (id: string, kind: "key" | "wamid" | "address") =>
      rows.flatMap((row) => (row.erasure_id === id && row.kind === kind ? [row.hash] : []));
  }

  const erasureOf = (row: ErasureRow, hashes: Awaited<ReturnType<typeof hashesOf>>): Erasure => ({
    id: row.id,
    hotelId: row.hotel_id,
    at: date(row.at),
    doneAt: row.done_at === null ? null : date(row.done_at),
    guestIds: row.guests,
    salt: row.salt,
    addresses: hashes(row.id, "address"),
    stopped: row.stopped,
    hashes: hashes(row.id, "key"),
    wamids: hashes(row.id, "wamid"),
  });

  return {
    async countErasure({ hotelId, guestId }) {
      const [row] = await call<{ guests: string[] | null }>(
        `select case when exists (select from ${schema}.guests g where g.hotel_id = $1 and g.id = $2)
                then ${schema}.together_1($1, ${schema}.root_1($1, $2)) end as guests`,
        [sought(hotelId), sought(guestId)],
      );
      if (row?.guests == null) return null;
      return countsOf(call, schema, hotelId, row.guests);
    },

    async beginErasure({ hotelId, guestId, id, audit }) {
      const entry = {
        id: audit.id,
        actor_kind: audit.actor.kind,
        actor_id: audit.actor.id,
        action: audit.action,
        reason: JSON.stringify(audit.reason),
        target_kind: audit.target.kind,
        target_id: audit.target.id,
      };
      const [row] = await call<{ gone: Record<string, number>; events: EventRow[] | null }>(
        `select * from ${schema}.begin_erasure_1($1, $2, $3, $4)`,
        [sought(hotelId), id, sought(guestId), JSON.stringify(entry)],
      );
      if (row === undefined) return null;
      await mark(call, schema, hotelId, id);
      const [stored] = await call<ErasureRow>(`select * from ${schema}.erasures where hotel_id = $1 and id = $2`, [
        hotelId,
        id,
      ]);
      if (stored === undefined) return null;
      const events: readonly DeskEvent[] = (row.events ?? []).map((event) => eventOf(hotelId, event));
      return { erasure: erasureOf(stored, await hashesOf(hotelId, [id])), counts: row.gone, events };
    },

    async continueErasure({ hotelId, id, limit }): Promise<ErasureStep> {
      const one = await open(hotelId, id);
      const step = one === null ? undefined : STEPS[one.step];
      if (one === null || step === undefined) return { state: "done", counts: {}, files: [], events: [] };
      const did = (counts: PrivacyCounts, gone: ErasureStep["files"] = []): ErasureStep => ({
        state: "more",
        counts,
        files: gone,
        events: [],
      });
      switch (step.kind) {
        case "messages": {
          const counts = await messages(one, limit);
          // Somebody else may have been faster with a page, and there is more: only where there was none it is over.
          if (Object.keys(counts).length === 0) await move(one, { step: one.step + 1 });
          return did(counts);
        }
        case "of": {
          const count = await of(one, step, limit);
          if (count < limit) await move(one, { step: one.step + 1 });
          return did({ [step.table]: count });
        }
        case "files": {
          const { count, files: gone } = await files(one, limit);
          if (count < limit) await move(one, { step: one.step + 1 });
          return did({ attachments: count, files: gone.length }, gone);
        }
        case "walk":
          if (step.table === "message_amendments") await amendments(one, step.way, limit);
          return did(await walk(one, step, limit));
        case "reasons": {
          const targets = [...one.guests, ...one.conversations, ...one.reservations, ...one.tasks];
          const [row] = await call<{ count: number }>(`select ${schema}.blank_audit_1($1, $2::text[]) as count`, [
            hotelId,
            targets,
          ]);
          await move(one, { step: one.step + 1 });
          return did({ audit_entries: row?.count ?? 0 });
        }
        case "end":
          if (one.round === 0) await mark(call, schema, hotelId, id);
          return end(one);
      }
    },

    unfinishedErasures: async ({ limit }) =>
      (
        await call<{ hotel_id: string; id: string }>(
          `select hotel_id, id from ${schema}.erasures where done_at is null order by at, hotel_id, id limit $1`,
          [limit],
        )
      ).map(({ hotel_id, id }) => ({ hotelId: hotel_id, id })),

    async erasures({ hotelId, after, limit }) {
      const rows = await call<ErasureRow>(
        `select * from ${schema}.erasures e
          where e.hotel_id = $1 and ($2::timestamptz is null or (e.at, e.id) > ($2, $3))
          order by e.at, e.id limit $4`,
        [sought(hotelId), after?.at ?? null, after === null ? null : sought(after.id), limit + 1],
      );
      const page = rows.slice(0, limit);
      const hashes = await hashesOf(
        hotelId,
        page.map(({ id }) => id),
      );
      const items = page.map((row) => erasureOf(row, hashes));
      const last = items.at(-1);
      return { items, next: rows.length > limit && last !== undefined ? { at: last.at, id: last.id } : null };
    },

    async reapplyErasure({ id, hotelId, at, guestIds, salt, addresses, stopped, hashes, wamids }, dryRun = false) {
      const rows = await call<{ guest: string }>(
        `with known as (
           insert into ${schema}.erasures (hotel_id, id, at, done_at, guests, salt, stopped)
             select $1, $2, $3::timestamptz, $3::timestamptz, $4::text[], $5, $6 where not $10::boolean on conflict do nothing
         ), hashes as (
           insert into ${schema}.erasure_hashes (hotel_id, hash, kind, erasure_id)
             select $1, decode(a.hash, 'hex'), 'address', $2 from unnest($7::text[]) as a(hash) where not $10
             union all
             select $1, decode(k.hash, 'hex'), 'key', $2 from unnest($8::text[]) as k(hash) where not $10
             union all
             select $1, decode(w.hash, 'hex'), 'wamid', $2 from unnest($9::text[]) as w(hash) where not $10
             on conflict do nothing
         ), keys as (
           insert into ${schema}.dedup_keys (hotel_id, hash, seen_at)
             select $1, decode(k.hash, 'hex'), ${schema}.desk_now() from unnest($8::text[]) as k(hash) where not $10 on conflict do nothing
         )
         select distinct ${schema}.root_1($1, g.id) as guest from (
           select g.id from unnest($4::text[]) as x(id) join ${schema}.guests g on g.hotel_id = $1 and g.id = x.id
           union
           select g.id from ${schema}.guest_addresses a
             join ${schema}.guests g on g.hotel_id = a.hotel_id and g.id = a.guest_id
            where a.hotel_id = $1 and least(a.first_seen_at, g.created_at) <= $3
              and encode(${schema}.address_hash_1($5, a.kind, a.value), 'hex') = any ($7::text[])
         ) g order by 1`,
        [sought(hotelId), id, at, guestIds, salt, stopped, addresses, hashes, wamids, dryRun],
      );
      return rows.map(({ guest }) => guest);
    },
  };
}

type Call = <Row>(text: string, values: unknown[]) => Promise<Row[]>;

/** Whoever began to write before this is through when no transaction is open that was begun before it. Set once. */
const mark = (call: Call, schema: string, hotelId: string, id: string) =>
  call(
    `update ${schema}.erasures set mark = pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      where hotel_id = $1 and id = $2 and mark is null`,
    [hotelId, id],
  );

/** Where a walk goes on. */
const after = ({ walked }: Open, key: readonly string[]): string =>
  walked === "" ? "" : `and (${key.join(", ")}) > (${key.map(typed).join(", ")})`;

/** The parts of a `with` by which dedup hashes are known for good, as those of an erasure. */
const rememberedKeys = (schema: string, hashes: string, erasure: string): string => `keys as (
         insert into ${schema}.dedup_keys (hotel_id, hash, seen_at)
           select distinct $1, decode(k.hash, 'hex'), ${schema}.desk_now() from unnest(${hashes}::text[]) as k(hash) on conflict do nothing
       ), erased_keys as (
         insert into ${schema}.erasure_hashes (hotel_id, hash, kind, erasure_id)
           select distinct $1, decode(k.hash, 'hex'), 'key', ${erasure} from unnest(${hashes}::text[]) as k(hash) on conflict do nothing
       )`;

const same = (key: readonly string[]): string => key.map((column) => `t.${column} = p.${column}`).join(" and ");

/** A part of where the walk is: as its column has it. */
const typed = (column: string, n: number): string =>
  `(given.walked ->> ${String(n)})${column === "seq" ? "::bigint" : /^(id|wamid)$/.test(column) ? ' collate "C"' : ""}`;

/** How many rows an erasure would find, table by table. */
async function countsOf(
  call: Call,
  schema: string,
  hotelId: string,
  guests: readonly string[],
): Promise<PrivacyCounts> {
  const ofTheirs: Readonly<Record<string, string>> = {
    arrivals: "t.guest_id = any (g)",
    commands: `t.subject = any (g || c) or ${schema}.names_1(t.payload, w)`,
    guests: "t.id = any (g)",
    guest_addresses: "t.guest_id = any (g)",
    former_addresses: "t.guest_id = any (g)",
    chats: "t.guest_id = any (g)",
    conversations: "t.id = any (c)",
    consents: "t.guest_id = any (g)",
    stays: "t.reservation_id = any (s)",
    lanes: "t.guest_id = any (g || c)",
    work: `t.guest_id = any (g || c) or t.kind = 'command' and ${schema}.names_1(t.payload, w)`,
    attachments: "t.guest_id = any (g)",
  };
  const counted = TABLES.flatMap((table) => {
    const rule = RULES[table];
    if (rule.erase !== "rows") return [];
    const { way } = rule;
    const where =
      way.by === "walk"
        ? way
            .where(schema)
            .replaceAll("$3::text[]", "g")
            .replaceAll("$4::text[]", "w")
            .replaceAll("$5::text[]", "c")
            .replaceAll("$6::text[]", "s")
        : way.by === "conversation"
          ? `t.${way.column} = any (c)`
          : way.by === "run"
            ? `t.${way.column} in (select r.id from ${schema}.flow_runs r where r.hotel_id = $1 and r.conversation_id = any (c))`
            : way.by === "message"
              ? table === "messages"
                ? "t.conversation_id = any (c)"
                : `t.${way.column} in (select m.id from ${schema}.messages m where m.hotel_id = $1 and m.conversation_id = any (c))`
              : ofTheirs[table];
    return where === undefined
      ? []
      : [`'${table}', (select count(*) from ${schema}.${table} t where t.hotel_id = $1 and (${where}))`];
  });
  const [row] = await call<{ counts: Record<string, number>; files: number }>(
    `with theirs as materialized (
       select $2::text[] as g,
              array(select c.id from ${schema}.conversations c where c.hotel_id = $1 and c.guest_id = any ($2::text[])) as c,
              $2::text[] || array(select a.value from ${schema}.guest_addresses a where a.hotel_id = $1 and a.guest_id = any ($2::text[])
                                   union select f.value from ${schema}.former_addresses f where f.hotel_id = $1 and f.guest_id = any ($2::text[])) as w,
              array(select s.reservation_id from ${schema}.stays s where s.hotel_id = $1 and (s.guest_id = any ($2::text[]) or exists (
                      select from ${schema}.guest_addresses a
                       where a.hotel_id = $1 and a.guest_id = any ($2::text[]) and a.kind = s.address_kind and a.value = s.address))) as s
     )
     select json_build_object(${counted.join(", ")}) as counts,
            (select count(distinct a.file_id) from ${schema}.attachments a join ${schema}.files f on f.hotel_id = a.hotel_id and f.id = a.file_id
              where a.hotel_id = $1 and a.guest_id = any (g)
                and f.uses = (select count(*) from ${schema}.attachments o where o.hotel_id = $1 and o.guest_id = any (g) and o.file_id = f.id))::integer as files
       from theirs`,
    [hotelId, guests],
  );
  return row === undefined ? {} : { ...row.counts, files: row.files };
}
