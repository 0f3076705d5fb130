export { flowEndpointRouter } from "./flow-endpoint-router.js";
export { deskRouter } from "./desk-router.js";
export type { DeskRouterOptions, SignedIn } from "./desk-router.js";
export { liveRouter } from "./live-router.js";
export type { LiveRouterOptions } from "./live-router.js";
export { webhookRouter } from "./webhook-router.js";
export type { AddressOptions, Handler, HostRequest } from "./http.js";
