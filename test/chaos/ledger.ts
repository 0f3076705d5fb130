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
    create table if not exists ledger.sends (message_id text primary key, intended_by text, unknown_to text);
    create or replace function ledger.message() returns trigger language plpgsql as $$
      begin
        insert into ledger.sends values (new.id) on conflict do nothing;
        update ledger.sends
           set intended_by = case when new.status = 'sending' then current_setting('application_name') else intended_by end,
               unknown_to = case when new.status = 'unknown' then current_setting('application_name') end
         where message_id = new.id;
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

/** The sends of killed processes that somebody else then found unfinished: those which a kill interrupted. */
export async function interruptedBy(pool: pg.Pool, killed: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ message_id: string }>(
    "select message_id from ledger.sends where intended_by = any ($1) and unknown_to <> intended_by",
    [killed],
  );
  return new Set(rows.map(({ message_id }) => message_id));
}

/** Commits of lanes, and those among them by a process whose lane had passed on to another. */
export async function readLedger(pool: pg.Pool): Promise<{ readonly commits: number; readonly stale: number }> {
  const { rows } = await pool.query<{ commits: number; stale: number }>(
    "select count(*)::int as commits, count(*) filter (where by_whom <> holder)::int as stale from ledger.completed",
  );
  return rows[0] ?? { commits: NaN, stale: NaN };
}
