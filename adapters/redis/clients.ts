/** All that is used of an `ioredis` client: a `Redis`, also one that asks Sentinels, or a `Cluster`. */
export interface IoredisClient {
  readonly status: string;
  /** Another client with the same settings. */
  duplicate(): IoredisClient;
  /** Says `message` to whoever is subscribed. */
  publish(channel: string, text: string): Promise<unknown>;
  /** Hears the channel from now on, by the event `message`. */
  subscribe(channel: string): Promise<unknown>;
  /** Hears what the client tells of itself: messages, errors, the end of a connection. */
  on(event: "message", listener: (channel: string, text: string) => void): unknown;
  /** Hears how the connection stands. */
  on(event: "ready" | "close" | "end", listener: () => void): unknown;
  /** Hears of errors. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Connects. */
  connect(): Promise<unknown>;
  /** Ends the connection at once. */
  disconnect(): void;
}

/** All that is used of a client of `redis` (node-redis): one of `createClient`, `createCluster` or `createSentinel`. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  /** Another client with the same settings. */
  duplicate(): NodeRedisClient;
  /** Says `message` to whoever is subscribed. */
  publish(channel: string, text: string): Promise<unknown>;
  /** Hears the channel from now on, by `listener`. */
  subscribe(channel: string, listener: (text: string) => void): Promise<unknown>;
  /** Hears what the client tells of itself: errors, the end of a connection. */
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Connects. */
  connect(): Promise<unknown>;
  /** Ends the connection at once. */
  destroy(): unknown;
}

/** The host's own client, of either library, connected. */
export type RedisClient = IoredisClient | NodeRedisClient;

export const isNodeRedis = (client: object): boolean => "isOpen" in client;
