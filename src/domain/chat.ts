import type { Automated } from "./automation.js";

/**
 * What a guest and one number of a hotel share on WhatsApp: one thread on the guest's phone, one service window,
 * one order of messages each way, however many conversations stand in it.
 */
export interface Chat {
  readonly hotelId: string;
  readonly phoneNumberId: string;
  readonly guestId: string;
  /** The stored version this was read at; 0 when it is not stored yet. */
  readonly version: number;
  /** Where a message goes that neither answers a prompt nor quotes. */
  readonly currentConversationId: string | null;
  /** When the guest wrote the newest message, by Meta's timestamp. */
  readonly lastInboundAt: Date | null;
  /** When Meta's service window closes; null before the guest ever wrote. */
  readonly windowClosesAt: Date | null;
  /** When the newest department menu was queued. */
  readonly menuSentAt: Date | null;
  /** The question for a rating that was the last thing said; null when there is none, or something was said since. */
  readonly ratingPromptId: string | null;
  /** Until when the guest knows that it is closed: the opening that the newest away message named. null: they got none. */
  readonly awayUntil: Date | null;
  /** When somebody of staff wrote to the guest last; null before. */
  readonly staffWroteAt: Date | null;
  /** null before the desk said anything by itself. */
  readonly automated: Automated | null;
}

/** A chat before anything happened in it. */
export const newChat = (hotelId: string, phoneNumberId: string, guestId: string): Chat => ({
  hotelId,
  phoneNumberId,
  guestId,
  version: 0,
  currentConversationId: null,
  lastInboundAt: null,
  windowClosesAt: null,
  menuSentAt: null,
  ratingPromptId: null,
  awayUntil: null,
  staffWroteAt: null,
  automated: null,
});
