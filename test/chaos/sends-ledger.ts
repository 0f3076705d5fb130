import type pg from "pg";

/** One change of a message's status, as the database saw it. */
export interface Step {
  readonly messageId: string;
  /** By the machine's clock, which is WhatsApp's too. */
  readonly atMs: number;
  /** When that was about to be committed. */
  readonly committedAtMs: number;
  /** The transaction that did it, and the snapshot that it saw: `oldest that runs:next:those between that run,...`. */
  readonly tx: string;
  readonly saw: string;
  readonly status: string;
  /** Which process did it, by the name that it gives to the database. */
  readonly by: string;
}

/** A lane was claimed: one of its number's messages has its turn. */
export interface Turn {
  readonly phoneNumberId: string;
  /** The time for which the number's pace was counted. */
  readonly atMs: number;
  /** When that was. */
  readonly seenAtMs: number;
}

/** Writes down, inside the database, who took each message from one status to the next, and when each number had its turns. */
export async function keepSendsLedger(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create schema if not exists ledger;
    create table ledger.steps (
      place bigserial, tx text, saw text, message_id text, at timestamptz, status text, by_whom text
    );
    create table ledger.ends (tx text primary key, at timestamptz);
    create table ledger.turns (phone_number_id text, at timestamptz, seen_at timestamptz);
    create function ledger.step() returns trigger language plpgsql as $$
      begin
        insert into ledger.steps (tx, saw, message_id, at, status, by_whom)
          values (pg_current_xact_id()::text, pg_current_snapshot()::text, new.id, clock_timestamp(), new.status, current_setting('application_name'));
        return null;
      end $$;
    create function ledger.stop() returns trigger language plpgsql as $$
      begin
        insert into ledger.ends values (pg_current_xact_id()::text, clock_timestamp()) on conflict do nothing;
        return null;
      end $$;
    create function ledger.turn() returns trigger language plpgsql as $$
      begin
        insert into ledger.turns
          select new.phone_number_id, n.refilled_at, clock_timestamp() from belldesk.numbers n
           where n.hotel_id = new.hotel_id and n.phone_number_id = new.phone_number_id;
        return null;
      end $$;
    create trigger steps after update on belldesk.messages
      for each row when (new.direction = 'outbound' and new.status <> old.status) execute function ledger.step();
    create constraint trigger ends after update on belldesk.messages deferrable initially deferred
      for each row when (new.direction = 'outbound' and new.status <> old.status) execute function ledger.stop();
    create trigger turns after update on belldesk.lanes
      for each row when (new.kind = 'outbound' and new.epoch > old.epoch) execute function ledger.turn();
  `);
}

/** In the order in which they came about. */
export async function readSendsLedger(
  pool: pg.Pool,
): Promise<{ readonly steps: readonly Step[]; readonly turns: readonly Turn[] }> {
  const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::double precision`;
  const { rows: steps } = await pool.query<Step>(
    `select s.message_id as "messageId", ${ms("s.at")} as "atMs", ${ms("e.at")} as "committedAtMs",
            s.tx, s.saw, s.status, s.by_whom as "by"
       from ledger.steps s join ledger.ends e on e.tx = s.tx order by s.at, s.place`,
  );
  const { rows: turns } = await pool.query<Turn>(
    `select phone_number_id as "phoneNumberId", ${ms("at")} as "atMs", ${ms("seen_at")} as "seenAtMs" from ledger.turns order by seen_at`,
  );
  return { steps, turns };
}

/** Whether who did the one could see the other, which was committed before. */
export function saw({ saw: snapshot }: Step, { tx }: Step): boolean {
  const [oldest = "", next = "", running = ""] = snapshot.split(":");
  const other = BigInt(tx);
  return other < BigInt(oldest) || (other < BigInt(next) && !running.split(",").includes(tx));
}
