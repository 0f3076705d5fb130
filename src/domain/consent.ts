import type { Failure } from "./delivery-status.js";

/**
 * One line of the append-only record of what guests want: that the hotel sends no more offers, or may again. The record says
 * only what a guest took back or gave back; that they once agreed (opt-in) is the host's to ask for and to prove.
 */
export interface ConsentEntry {
  /** Derived from what caused it. */
  readonly id: string;
  readonly hotelId: string;
  /** Guests who were merged count together. */
  readonly guestId: string;
  /** What it is about: messages that the hotel begins in order to sell. Answers, bookings and door codes are not. */
  readonly scope: "marketing";
  readonly wish: "stop" | "resume";
  /**
   * `keyword`: the guest wrote or tapped STOP, START or the like. `preference`: WhatsApp's own switch (`user_preferences`).
   * `rejection`: WhatsApp refused an offer because of that switch (error 131050). `staff`: somebody at the hotel was told.
   * `host`: the host's own code.
   */
  readonly source: "keyword" | "preference" | "rejection" | "staff" | "host";
  /** `keyword`: Meta's id of the message. `preference`: id of the webhook attempt. `rejection`: our id of the refused message. Else null. */
  readonly evidence: string | null;
  /** When the guest said it, by Meta's timestamp where there is one; never after `recordedAt`. */
  readonly at: Date;
  /** By the database's clock. */
  readonly recordedAt: Date;
}

/** Whether a guest wants no offers, or wants them again. */
export type ConsentWish = ConsentEntry["wish"];
/** Where a wish about offers comes from. */
export type ConsentSource = ConsentEntry["source"];

/**
 * The entry that counts: the newest by `at`, since webhooks come in no order. Of two at the same moment, which Meta counts in
 * seconds, it is the one that says stop. null when nothing was ever said.
 */
export function standingConsent(entries: readonly ConsentEntry[]): ConsentEntry | null {
  return entries.reduce<ConsentEntry | null>(
    (best, entry) => (best === null || outweighs(entry, best) ? entry : best),
    null,
  );
}

function outweighs(one: ConsentEntry, other: ConsentEntry): boolean {
  const later = one.at.getTime() - other.at.getTime();
  if (later !== 0) return later > 0;
  if (one.wish !== other.wish) return one.wish === "stop";
  return one.id < other.id;
}

/**
 * Whether the hotel may send the guest offers, as far as the desk knows: unless they last said stop. It asks about marketing
 * only; an answer, and whatever else serves a guest, leaves in any case.
 */
export const mayMarket = (entries: readonly ConsentEntry[]): boolean => standingConsent(entries)?.wish !== "stop";

/** WhatsApp's code for an offer to a guest who wants none. Source: WhatsApp Cloud API "Error codes", 131050 (2026). */
const OPTED_OUT = "graph_131050";

/** Whether a send failed because the guest has told WhatsApp that they want no offers. */
export const isOptOut = ({ code }: Pick<Failure, "code">): boolean => code === OPTED_OUT;
