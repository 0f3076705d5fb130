import {
  ConversationError,
  realtimeOver,
  type BusEars,
  type BusLink,
  type Realtime,
  type RealtimeOverOptions,
} from "../../src/index.js";

/** All that is used of a connection: a `pg` Client that is connected fits as it is. */
export interface NotifiedClient {
  /** Runs one statement, with `$1`, `$2` in it for `values`. */
  query(text: string, values?: unknown[]): Promise<unknown>;
  /** Hears what the server notifies of, and the end of the connection. */
  on(event: "notification", listener: (message: { readonly payload?: string | undefined }) => void): unknown;
  /** Hears that the connection is gone. */
  on(event: "error" | "end", listener: () => void): unknown;
  /** Ends the connection. */
  end(): Promise<unknown>;
}

/** What `postgresRealtime` takes: how it connects, and when it says and tries what. */
export interface PostgresRealtimeOptions extends RealtimeOverOptions {
  /**
   * Makes a connection for this alone, to the server itself: a pooler that hands connections on between transactions (PgBouncer)
   * forgets what was listened to. Called again whenever it was lost:
   *
   * ```ts
   * connect: async () => {
   *   const client = new pg.Client({ connectionString, keepAlive: true });
   *   await client.connect();
   *   return client;
   * }
   * ```
   */
  readonly connect: () => Promise<NotifiedClient>;
  /** `"belldesk"` by default: all processes of a desk have the same, and two desks in one database have two. */
  readonly channel?: string;
}

/** PostgreSQL takes less than 8,000 bytes. Source: "NOTIFY" in its manual. */
const PAYLOAD_BYTES = 7_900;

/**
 * Tells the desk's processes over the database that they share, by NOTIFY on a connection of its own: nothing more to run. What is
 * told are ids of hotels and conversations, and names of staff; nothing of a guest. It is told outside of every commit, so a full
 * queue of notifications, or a server that hangs, costs nobody a message.
 * @throws {ConversationError} `config_invalid` for a channel that is no plain identifier
 */
export function postgresRealtime({ connect, channel = "belldesk", ...options }: PostgresRealtimeOptions): Realtime {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(channel)) {
    const message = "a-z, 0-9 and _, beginning with a letter, 63 at most";
    throw new ConversationError("config_invalid", { issues: [{ path: "channel", message }] });
  }

  async function link({ heard, lost }: BusEars): Promise<BusLink> {
    const client = await connect();
    // Without a listener the error of a connection that ends would end the process.
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ payload }) => {
      heard(payload ?? "");
    });
    const close = async () => {
      await client.end();
    };
    try {
      await client.query(`listen "${channel}"`);
    } catch (error) {
      void close().catch(() => undefined);
      throw error;
    }
    return { tell: (text) => client.query("select pg_notify($1, $2)", [channel, text]), close };
  }

  return realtimeOver({ connect: link, maxBytes: PAYLOAD_BYTES }, options);
}
