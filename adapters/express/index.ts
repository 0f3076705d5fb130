export { deskRouter } from "./desk-router.js";
export type { DeskRouterOptions } from "./desk-router.js";
export { webhookRouter } from "./webhook-router.js";
export type { Handler, HostRequest } from "./http.js";
