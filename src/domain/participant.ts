/** Somebody who has taken part in a conversation. */
export interface Participant {
  readonly conversationId: string;
  readonly kind: "guest" | "staff" | "bot";
  /** The guest's or the staff member's id; the flow's or `"desk"` for a bot. */
  readonly id: string;
  /**
   * The newest message of the conversation this participant has seen; it never moves back. A guest's, as a storage answers it, is the newest
   * message of the hotel's of which WhatsApp reported that they read it: 0 while it reported of none, which proves nothing.
   */
  readonly readSeq: number;
}
