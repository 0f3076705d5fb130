/** All that is used of an `ioredis` client: a `Redis`, also one that asks Sentinels, or a `Cluster`. */
export interface IoredisClient {
  readonly status: string;
  duplicate(): IoredisClient;
  publish(channel: string, text: string): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  on(event: "message", listener: (channel: string, text: string) => void): unknown;
  on(event: "ready" | "close" | "end", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  connect(): Promise<unknown>;
  disconnect(): void;
}

/** All that is used of a client of `redis` (node-redis): one of `createClient`, `createCluster` or `createSentinel`. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  duplicate(): NodeRedisClient;
  publish(channel: string, text: string): Promise<unknown>;
  subscribe(channel: string, listener: (text: string) => void): Promise<unknown>;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  connect(): Promise<unknown>;
  destroy(): unknown;
}

export type RedisClient = IoredisClient | NodeRedisClient;

export const isNodeRedis = (client: object): boolean => "isOpen" in client;
