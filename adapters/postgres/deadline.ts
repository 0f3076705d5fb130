import { ConversationError } from "../../src/index.js";
import type { Queryable } from "./queryable.js";

/** A `pg` Pool: it lends the same connections again and again, so that a dead one has to be taken and thrown away. */
export interface Pool extends Queryable {
  readonly totalCount: number;
  connect(): Promise<PoolClient>;
  /** Told of each connection in the moment before it is lent. */
  on?(event: "acquire", listener: (client: PoolClient) => void): unknown;
}
export interface PoolClient extends Queryable {
  /** With an error the connection is ended instead of lent again. */
  release(error?: Error): void;
  on(event: "error", listener: () => void): unknown;
  /** pg's own, which says goodbye before it ends a connection, and waits for a peer that is gone to say so too. */
  readonly connection?: { readonly stream?: { destroy?: () => unknown } };
}

/**
 * A line to the database can die without a word (a firewall that forgot it, a host that vanished), and then nothing is ever
 * answered on it. A statement without an answer after `deadlineMs` is given up and its connection ended. What it did may be
 * done: as after a lost answer to a commit, whoever asked asks again. Connections that have been silent since then died
 * with it, and are ended instead of used. A connection of the pool that breaks ends a statement, and never the process. Anything
 * but a pool is left as it is: its one connection is the host's to watch.
 */
export function withDeadline(db: Queryable, deadlineMs: number): Queryable {
  if (!isPool(db)) return db;
  const pool = db;
  outlivesItsLines(pool);
  /** When each connection was last heard, by the monotonic clock. */
  const heardAt = new WeakMap<PoolClient, number>();
  /** When the last statement that was given up had been asked. */
  let silentSince = -Infinity;

  async function borrow(): Promise<PoolClient> {
    for (;;) {
      const client = await pool.connect();
      watch(client);
      if ((heardAt.get(client) ?? Infinity) >= silentSince) return client;
      throwAway(client);
    }
  }

  return {
    async query(text, values) {
      const askedAt = performance.now();
      const borrowing = borrow();
      let client: PoolClient | null = null;
      let overdue: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        overdue = setTimeout(() => reject(new NoAnswer()), deadlineMs);
      });
      try {
        client = await Promise.race([borrowing, late]);
        const result = await Promise.race([client.query(text, values), late]);
        heardAt.set(client, performance.now());
        client.release();
        return result;
      } catch (error) {
        if (client === null) {
          // It may come yet, to nobody.
          void borrowing.then((idle) => idle.release()).catch(ignore);
        } else if (error instanceof NoAnswer) {
          silentSince = Math.max(silentSince, askedAt);
          throwAway(client);
          throw new ConversationError("storage_timeout", { sqlState: null }, { cause: error });
        } else client.release(error instanceof Error ? error : new Error("The statement failed."));
        throw error;
      } finally {
        clearTimeout(overdue);
      }
    },
  };
}

/**
 * A connection that breaks while it is lent says so to whoever has it, or else ends the process; its statement fails too. Whoever
 * waits for one begins to listen too late: "ready" and "goodbye" may come in one packet.
 */
function outlivesItsLines(pool: Pool): void {
  if (pool.on === undefined || watched.has(pool)) return;
  watched.add(pool);
  pool.on("acquire", watch);
}

function watch(client: PoolClient): void {
  if (watched.has(client)) return;
  watched.add(client);
  client.on("error", ignore);
}
const watched = new WeakSet<Pool | PoolClient>();
const ignore = (): void => undefined;

function throwAway(client: PoolClient): void {
  client.release(new NoAnswer());
  client.connection?.stream?.destroy?.();
}

class NoAnswer extends Error {
  constructor() {
    super("The database did not answer in time (timeout).");
  }
}

/** Connections that a pool may open; null for what is none. */
export function poolSizeOf(db: Queryable): number | null {
  if (!isPool(db)) return null;
  const max: unknown = (db as Pool & { readonly options?: { readonly max?: unknown } }).options?.max;
  return typeof max === "number" ? max : null;
}

export const isPool = (db: Queryable): db is Pool =>
  "totalCount" in db && typeof db.totalCount === "number" && "connect" in db && typeof db.connect === "function";
