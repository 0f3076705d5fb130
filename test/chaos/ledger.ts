import type pg from "pg";

/**
 * Writes down, inside the database, which process intended each send, claimed each lane and completed its work: what a process did
 * whose lane had passed on is told from what its holder did, whatever the library itself believes. For inbound lanes: what
 * became of a send is a fact, which is recorded whoever has the lane by then.
 */
export async function keepLedger(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create schema if not exists ledger;
    create table if not exists ledger.hands (
      hotel_id text, phone_number_id text, guest_id text, epoch bigint, holder text,
      primary key (hotel_id, phone_number_id, guest_id, epoch)
    );
    create table if not exists ledger.completed (at timestamptz, epoch bigint, holder text, by_whom text);
    create table if not exists ledger.sends (
      message_id text primary key, intended_by text, intended_at timestamptz, unknown_to text, unknown_at timestamptz
    );
    create or replace function ledger.message() returns trigger language plpgsql as $$
      begin
        insert into ledger.sends values (new.id) on conflict do nothing;
        if new.status = 'sending' then
          update ledger.sends set intended_by = current_setting('application_name'), intended_at = clock_timestamp(), unknown_to = null, unknown_at = null
           where message_id = new.id;
        else
          update ledger.sends set unknown_to = current_setting('application_name'), unknown_at = clock_timestamp() where message_id = new.id;
        end if;
        return null;
      end $$;
    create or replace function ledger.lane() returns trigger language plpgsql as $$
      begin
        if new.epoch > old.epoch then
          insert into ledger.hands values (new.hotel_id, new.phone_number_id, new.guest_id, new.epoch, current_setting('application_name'));
        elsif new.done > old.done then
          insert into ledger.completed
            select clock_timestamp(), new.epoch, h.holder, current_setting('application_name') from ledger.hands h
             where h.hotel_id = new.hotel_id and h.phone_number_id = new.phone_number_id and h.guest_id = new.guest_id and h.epoch = new.epoch;
        end if;
        return null;
      end $$;
`);
  // One table at a time: held together, their locks would meet those of guests who write already.
  await pool.query(`create or replace trigger ledger after update on belldesk.lanes
    for each row when (new.kind = 'inbound') execute function ledger.lane()`);
  await pool.query(`create or replace trigger ledger after update on belldesk.messages
    for each row when (new.status in ('sending', 'unknown') and old.status <> new.status) execute function ledger.message()`);
}

/** Something that keeps a process, or all of them, from saying what became of a send that is in hand. By this machine's clock, milliseconds since 1970. */
export interface Interruption {
  /** The process, by the name that it gives to the database; null for all. */
  readonly of: string | null;
  readonly from: number;
  readonly until: number;
}

/**
 * The sends that something interrupted between their intent and the moment when they were called unknown: their process was killed, and somebody
 * else found them unfinished; or it, its line to the database or the database itself stood still or was lost meanwhile.
 */
export async function interruptedBy(
  pool: pg.Pool,
  killed: readonly string[],
  interruptions: readonly Interruption[] = [],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ message_id: string }>(
    `select message_id from ledger.sends s
      where s.intended_by = any ($1) and s.unknown_to <> s.intended_by
         or exists (select from json_to_recordset($2) as i("of" text, "from" double precision, "until" double precision)
                     where coalesce(i.of, s.intended_by) = s.intended_by
                       and s.intended_at <= to_timestamp(i.until / 1000) and s.unknown_at >= to_timestamp(i.from / 1000))`,
    [killed, JSON.stringify(interruptions)],
  );
  return new Set(rows.map(({ message_id }) => message_id));
}

/** Of sends of which nobody can say what became of them, and which nothing interrupted: by what they failed, and when. */
export async function uninterrupted(
  pool: pg.Pool,
  interrupted: ReadonlySet<string>,
): Promise<readonly { readonly id: string; readonly says: string }[]> {
  const { rows } = await pool.query<{ id: string; code: string; ms: number; at: Date; same: boolean }>(
    `select m.id, m.failure::json ->> 'code' as code, extract(epoch from s.unknown_at - s.intended_at)::float8 * 1000 as ms, s.intended_at as at,
            s.unknown_to = s.intended_by as same
       from belldesk.messages m join ledger.sends s on s.message_id = m.id
      where m.status = 'unknown' and not m.id = any ($1)`,
    [[...interrupted]],
  );
  return rows.map(({ id, code, ms, at, same }) => ({
    id,
    says: `${code}, ${ms.toFixed(0)} ms after its intent at ${at.toISOString()}, said by ${same ? "who sent it" : "another process"}`,
  }));
}

/** Commits of lanes, and those among them by a process whose lane had passed on to another. */
export async function readLedger(pool: pg.Pool): Promise<{ readonly commits: number; readonly stale: number }> {
  const { rows } = await pool.query<{ commits: number; stale: number }>(
    "select count(*)::int as commits, count(*) filter (where by_whom <> holder)::int as stale from ledger.completed",
  );
  return rows[0] ?? { commits: NaN, stale: NaN };
}
