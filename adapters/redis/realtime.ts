import { realtimeOver, type BusEars, type Realtime, type RealtimeOverOptions } from "../../src/index.js";
import { isNodeRedis, type IoredisClient, type NodeRedisClient, type RedisClient } from "./clients.js";

/** What `redisRealtime` takes beside the client; nothing has to be given. */
export interface RedisRealtimeOptions extends RealtimeOverOptions {
  /** `"belldesk"` by default: all processes of a desk have the same, and two desks on one Redis have two. */
  readonly channel?: string;
  /**
   * Makes the connection that listens, whenever one is needed; `client.duplicate()` by default. It is not to be used for anything
   * else, and is ended here.
   */
  readonly duplicate?: () => RedisClient;
}

/** As much as is put into one message; Redis itself takes 512 MB. */
const MESSAGE_BYTES = 64_000;

/**
 * Tells the desk's processes over Redis or Valkey, by PUBLISH and SUBSCRIBE on one channel. Nothing is kept there, so it may be
 * emptied, killed or replaced at any time.
 * @param client an `ioredis` or `redis` client of the host's: it publishes, and stays the host's. Single, Sentinel or Cluster: an ordinary
 *   PUBLISH reaches every node of a cluster, whichever it is sent to, and so every subscriber
 */
export function redisRealtime(client: RedisClient, options: RedisRealtimeOptions = {}): Realtime {
  const { channel = "belldesk", duplicate = () => client.duplicate(), ...rest } = options;
  return realtimeOver(
    {
      maxBytes: MESSAGE_BYTES,
      async connect(ears) {
        const own = duplicate();
        const { listening, close } = isNodeRedis(own)
          ? listenNodeRedis(own as NodeRedisClient, channel, ears)
          : listenIoredis(own as IoredisClient, channel, ears);
        ears.signal.addEventListener("abort", close);
        try {
          await listening;
        } catch (error) {
          close();
          throw error;
        }
        return { tell: (text) => client.publish(channel, text), close: () => Promise.resolve().then(close) };
      },
    },
    rest,
  );
}

interface Listening {
  /** Resolves when it hears. */
  readonly listening: Promise<void>;
  /** At once, whatever it is doing; again, it does nothing. */
  readonly close: () => void;
}

const CLOSED = "The connection was closed.";

// Their own ways to reconnect say nothing of what was missed: whatever ends a connection ends its client.

function listenIoredis(own: IoredisClient, channel: string, { heard, lost }: BusEars): Listening {
  const ready = new Promise<void>((resolve, reject) => {
    const failed = (error: Error) => {
      lost();
      reject(error);
    };
    own.on("error", failed);
    for (const event of ["close", "end"] as const)
      own.on(event, () => {
        failed(new Error(CLOSED));
      });
    own.on("ready", resolve);
    if (own.status === "ready") resolve();
    // One that connects when it is needed.
    if (own.status === "wait") own.connect().catch(failed);
  });
  own.on("message", (_, text) => {
    heard(text);
  });
  return {
    listening: ready.then(async () => {
      await own.subscribe(channel);
    }),
    close: () => {
      own.disconnect();
    },
  };
}

/**
 * A client that is destroyed between two attempts to connect connects once more and stays, so it is destroyed where it tells of an
 * error, or when it has connected. Source: redis 6.3, `RedisSocket`.
 */
function listenNodeRedis(own: NodeRedisClient, channel: string, { heard, lost }: BusEars): Listening {
  let connecting = true;
  let ended = false;
  const destroy = () => {
    try {
      void Promise.resolve(own.destroy()).catch(() => undefined);
    } catch {
      // It is not open any more.
    }
  };
  const close = () => {
    ended = true;
    if (!connecting) destroy();
  };
  const ready = new Promise<void>((resolve, reject) => {
    for (const event of ["error", "end"])
      own.on(event, () => {
        ended = true;
        destroy();
        lost();
        reject(new Error(CLOSED));
      });
    own.connect().then(
      () => {
        connecting = false;
        if (ended) destroy();
        resolve();
      },
      () => {
        connecting = false;
        reject(new Error(CLOSED));
      },
    );
  });
  return {
    listening: ready.then(async () => {
      await own.subscribe(channel, heard);
    }),
    close,
  };
}
