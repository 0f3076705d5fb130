export type { IoredisClient, NodeRedisClient, RedisClient } from "./clients.js";
export { redisLimits } from "./limits.js";
export type { RedisLimitsOptions } from "./limits.js";
export { redisRealtime } from "./realtime.js";
export type { RedisRealtimeOptions } from "./realtime.js";
