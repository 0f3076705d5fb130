export { shiftClock } from "./clock.js";
export { embeddedStorage } from "./embedded.js";
export type { EmbeddedStorageOptions } from "./embedded.js";
export { migrate, plan } from "./migrate.js";
export type { MigrationOptions } from "./migrate.js";
export type { Queryable } from "./queryable.js";
export { postgresStorage } from "./storage.js";
export type { PostgresStorageOptions } from "./storage.js";
