/**
 * Where an outbound message stands, from lowest to highest. Statuses only rise: reports come late, twice and in any
 * order, and the highest wins. `failed` stands above `sent`, so that it sticks, and below `delivered`, so that a proof
 * of delivery overrules it. `unknown` is a send of which nobody can say whether WhatsApp took it.
 */
export const DELIVERY_STATUSES = [
  "queued",
  "sending",
  "unknown",
  "sent",
  "failed",
  "delivered",
  "read",
  "played",
] as const;
/** How far a message to a guest has come. */
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** What WhatsApp reports in status webhooks. */
export type ReportedStatus = Extract<DeliveryStatus, "sent" | "failed" | "delivered" | "read" | "played">;

/** How far a status is: of two, the higher one counts. */
export const statusRank = (status: DeliveryStatus): number => DELIVERY_STATUSES.indexOf(status);

/** The join of the lattice: commutative, associative, idempotent. */
export const joinStatus = (a: DeliveryStatus, b: DeliveryStatus): DeliveryStatus =>
  // Stryker disable next-line EqualityOperator: of two that are the same either is the join
  statusRank(a) >= statusRank(b) ? a : b;

/** Why a message did not, or may not, reach the guest. */
export interface Failure {
  /** `"window_closed"`, `"graph_131026"`, `"no_answer"` and the like; stable. */
  readonly code: string;
  /** What to do next, in plain words; never a guest's text, phone or token. */
  readonly message: string;
}

/** What WhatsApp says about the price of a message, in its own words. Members are absent where it says nothing. */
export interface Billing {
  readonly billable?: boolean;
  /** `PMP`: for each message. */
  readonly model?: string;
  /** `regular`, `free_customer_service`, `free_entry_point`. */
  readonly type?: string;
  /** `service`, `utility`, `marketing`, `authentication`, `referral_conversion` and the like. */
  readonly category?: string;
  /** The conversation as Meta counts it, which is none of ours. */
  readonly conversation?: { readonly id: string; readonly origin?: string; readonly expiresAt?: string };
}

/** One line of a status webhook, in our words. */
export interface StatusUpdate {
  readonly hotelId: string;
  /** Meta's id of the message (`wamid…`). */
  readonly wamid: string;
  readonly status: ReportedStatus;
  /** What we sent as `biz_opaque_callback_data`: our message id, when the message is ours. */
  readonly correlationId: string | null;
  readonly failure: Failure | null;
  /** null when the report says nothing of it. */
  readonly billing: Billing | null;
  /** Meta's timestamp. */
  readonly at: Date;
}
