import type { Principal } from "./principal.js";

/** One line of the append-only record: every command writes exactly one, in the commit that does it. */
export interface AuditEntry {
  readonly id: string;
  readonly hotelId: string;
  readonly actor: { readonly kind: Principal["kind"]; readonly id: string };
  /** What was done, e.g. `"conversation.transfer"`: the permission it needed. */
  readonly action: string;
  /** Why, as the actor gave it or as a reason code; never a guest's words. */
  readonly reason: string;
  readonly target: {
    readonly kind:
      "conversation" | "message" | "guest" | "sender" | "work" | "savedReply" | "attachment" | "stay" | "task";
    readonly id: string;
  };
  /** By the database's clock. */
  readonly at: Date;
}
