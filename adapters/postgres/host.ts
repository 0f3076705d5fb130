import {
  ConversationError,
  type ClaimedEvents,
  type ConsumerPlace,
  type DeskEvent,
  type HostClient,
  type NewCommand,
  type Storage,
} from "../../src/index.js";
import { causeless, run, type Queryable } from "./queryable.js";
import { eventOf, type EventRow } from "./rows.js";

type HostVerbs = Pick<
  Storage,
  "enqueue" | "openConsumer" | "claimEvents" | "moveConsumer" | "forgetConsumer" | "consumers"
>;

/** What the host plugs in: commands in its own transactions, and readers of the event log. */
export function hostVerbs(db: Queryable, schema: string): HostVerbs {
  return {
    async enqueue(client, { hotelId, id, subject, payload }: NewCommand) {
      const into = `insert into ${schema}.commands (hotel_id, id, subject, payload)`;
      const values = [hotelId, id, subject, JSON.stringify(payload)] as const;
      if (client === null) {
        await run(db, `${into} values ($1, $2, $3, $4)`, [...values]);
        return;
      }
      const write = writer(client);
      try {
        await write(into, values);
      } catch (error) {
        throw causeless(error);
      }
    },

    async openConsumer({ name, from }) {
      const [row] = await run<{ opened: boolean }>(db, `select ${schema}.open_consumer_1($1, $2) as opened`, [
        name,
        from === "now",
      ]);
      return row?.opened === true;
    },

    async claimEvents({ name, hotels, events, leaseMs }) {
      interface Row extends EventRow {
        hotel_id: string | null;
        epoch: string | number;
        failures: number;
      }
      const rows = await run<Row>(
        db,
        `select * from ${schema}.claim_events_1($1, $2, $3, $4 * interval '1 millisecond')`,
        [name, hotels, events, leaseMs],
      );
      const claimed: (ClaimedEvents & { events: DeskEvent[] })[] = [];
      for (const row of rows) {
        const { hotel_id: hotelId, failures } = row;
        if (hotelId === null) return null;
        if (claimed.at(-1)?.hotelId !== hotelId)
          claimed.push({ name, hotelId, epoch: Number(row.epoch), failures, events: [] });
        claimed.at(-1)?.events.push(eventOf(hotelId, row));
      }
      return claimed;
    },

    async moveConsumer({ consumer: { name, hotelId, epoch }, seq, then }) {
      const [row] = await run<{ moved: boolean }>(
        db,
        `select ${schema}.move_consumer_1($1, $2, $3, $4, $5::double precision * interval '1 millisecond',
                $6::double precision * interval '1 millisecond', $7) as moved`,
        [
          hotelId,
          name,
          epoch,
          seq,
          then.kind === "hold" ? then.leaseMs : null,
          then.kind === "hold" ? 0 : then.waitMs,
          then.kind === "hold" ? null : then.failed,
        ],
      );
      return row?.moved === true;
    },

    async forgetConsumer(name) {
      const [row] = await run<{ forgotten: boolean }>(db, `select ${schema}.forget_consumer_1($1) as forgotten`, [
        name,
      ]);
      return row?.forgotten === true;
    },

    async consumers() {
      interface Row {
        hotel_id: string;
        name: string;
        seq: string | number;
        last_event: string | number;
        failures: number;
        code: string | null;
      }
      // One that has not come to a hotel yet stands before its first event.
      const rows = await run<Row>(
        db,
        `select h.hotel_id, known.name, coalesce(c.seq, 0) as seq, h.last_event, coalesce(c.failures, 0) as failures, c.code
           from ${schema}.consumers known
          cross join ${schema}.hotel_counters h
           left join ${schema}.consumers c on c.hotel_id = h.hotel_id and c.name = known.name
          where known.hotel_id = '' and h.last_event > 0
          order by known.name, h.hotel_id`,
      );
      return rows.map(({ hotel_id, name, seq, last_event, failures, code }): ConsumerPlace => ({
        name,
        hotelId: hotel_id,
        seq: Number(seq),
        lastSeq: Number(last_event),
        failures,
        code,
      }));
    },
  };
}

type Write = (into: string, values: readonly [string, string, string, string]) => PromiseLike<unknown>;

/**
 * How a client of the host writes one row, by its shape. Prisma and Knex are looked for first: they have more methods than are used
 * here. Drizzle has a `query` too, which is no function.
 * @throws {ConversationError} `client_unsupported`
 */
function writer(client: HostClient): Write {
  if (has(client, "$executeRawUnsafe"))
    return (into, values) => client.$executeRawUnsafe(`${into} values ($1, $2, $3, $4)`, ...values);
  if (has(client, "query")) return (into, values) => client.query(`${into} values ($1, $2, $3, $4)`, [...values]);
  if (has(client, "raw")) return (into, values) => client.raw(`${into} values (?, ?, ?, ?)`, values);
  if (has(client, "execute"))
    return (into, values) => client.execute(`${into} values (${values.map(literal).join(", ")})`);
  throw new ConversationError("client_unsupported");
}

/** A text that stands in SQL as nothing but hexadecimal digits: whatever is in it, there is nothing to escape. */
const literal = (text: string): string =>
  `convert_from(decode('${Buffer.from(text, "utf8").toString("hex")}', 'hex'), 'UTF8')`;

function has<Verb extends string>(client: unknown, verb: Verb): client is Extract<HostClient, Record<Verb, unknown>> {
  const holds = (typeof client === "object" && client !== null) || typeof client === "function";
  return holds && typeof (client as Record<string, unknown>)[verb] === "function";
}
