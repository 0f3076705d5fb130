import type { DeliveryStatus, Failure } from "./delivery-status.js";
import type { Reason } from "./reason.js";

/** What a person did about a message that is stored: its reason is added to the message's, and perhaps its status rises. */
export interface Remark {
  readonly messageId: string;
  /** The status that it was decided upon. */
  readonly was: DeliveryStatus;
  /** What it is by a person's word, higher than `was`; null: as it was. */
  readonly becomes: DeliveryStatus | null;
  /** Why it `becomes` failed; null for anything else. */
  readonly failure: Failure | null;
  readonly reason: Reason;
}
