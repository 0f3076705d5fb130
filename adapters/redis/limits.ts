import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Limit, SharedLimits } from "../../src/index.js";
import { isNodeRedis, type RedisClient } from "./clients.js";

/** What `redisLimits` takes beside the client; nothing has to be given. */
export interface RedisLimitsOptions {
  /** What keys begin with; `"belldesk:limit"` by default. */
  readonly prefix?: string;
}

/**
 * Flood limits that all processes of a desk count together, in Redis. Each key is a name and a number that is gone by itself after
 * the limit's window; a name holds a client's address or a principal's id, hashed. While Redis is away, `count` rejects at once.
 * @param client an `ioredis` or `redis` client of the host's, single, Sentinel or Cluster
 */
export function redisLimits(client: RedisClient, { prefix = "belldesk:limit" }: RedisLimitsOptions = {}): SharedLimits {
  const limiters = new Map<string, RateLimiterRedis>();
  return {
    async count(key, { count: points, windowMs }: Limit) {
      const duration = Math.max(1, Math.ceil(windowMs / 1_000));
      const name = `${String(points)}/${String(duration)}`;
      const limiter =
        limiters.get(name) ??
        new RateLimiterRedis({
          storeClient: client,
          useRedisPackage: isNodeRedis(client),
          // What waits for Redis to come back would be counted when its time is long over.
          rejectIfRedisNotReady: true,
          keyPrefix: prefix,
          points,
          duration,
        });
      limiters.set(name, limiter);
      // One that connects when it is needed.
      if ("status" in client && client.status === "wait") client.connect().catch(() => undefined);
      try {
        await limiter.consume(key);
        return 0;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
        throw refused;
      }
    },
  };
}
