import type { Failure } from "./delivery-status.js";

/**
 * What a refusal asks for, where something else may go in the message's place: `window`, the service window is closed, so that a template
 * may; `address`, the guest's WhatsApp id cannot carry it, so that their phone may.
 */
export type Refusal = "window" | "address";

/** Source: WhatsApp Cloud API "Error codes" (September 2026). */
const REFUSALS: ReadonlyMap<string, Refusal> = new Map([
  ["graph_131047", "window"],
  ["graph_131062", "address"],
]);

/** What a failure asks for; null for any other, in whose place nothing goes. WhatsApp says it at once, or in a report. */
export const refusalOf = ({ code }: Pick<Failure, "code">): Refusal | null => REFUSALS.get(code) ?? null;
