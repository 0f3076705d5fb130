import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import type { OwnRedis } from "../../scripts/services/redis.mjs";

/** What happens to the Redis that tells processes of one another's events: it dies and comes back empty, stands still, or forgets everything. */
export type Outage = "kill" | "stop" | "flush";
export const OUTAGES: readonly [Outage, ...Outage[]] = ["kill", "stop", "flush"];

/** @param forMs how long it stands still */
export async function outage(redis: OwnRedis, how: Outage, forMs: number): Promise<void> {
  if (how === "kill") await redis.crash();
  else if (how === "stop") {
    await redis.freeze();
    await delay(forMs);
    await redis.thaw();
  } else {
    const client = new Redis(redis.url, { maxRetriesPerRequest: 3 });
    client.on("error", () => undefined);
    // One that stands still, or is on its way back, has nothing that it could forget.
    await client.flushall().catch(() => undefined);
    client.disconnect();
  }
}
