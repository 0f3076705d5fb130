import type { AfterClose, CloseReason } from "../live/protocol.js";

/** `CLOSE` of `src/live/protocol.ts` by code, without what else stands there. A test holds them against each other. */
export const CLOSED: Readonly<Record<number, readonly [CloseReason, AfterClose]>> = {
  1001: ["going_away", "resume"],
  4400: ["bad_frame", "stop"],
  4401: ["unauthenticated", "authenticate"],
  4403: ["forbidden", "stop"],
  4406: ["version_unsupported", "stop"],
  4408: ["hello_timeout", "resume"],
  4409: ["out_of_turn", "stop"],
  4413: ["too_large", "stop"],
  4419: ["rights_changed", "authenticate"],
  4420: ["slow", "resume"],
  4421: ["idle", "wait"],
  4422: ["lost", "resume"],
  4429: ["too_many", "resume"],
  4503: ["unavailable", "resume"],
};
