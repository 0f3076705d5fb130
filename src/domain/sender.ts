/**
 * How WhatsApp wants a guest to be sent messages by one number: one in six seconds, several at once when there were few
 * before. It allows 45 at once; the desk sends 20, so that what is urgent finds room. Source: WhatsApp "Throughput" (2026).
 */
export const PAIR_PACE = { everyMs: 6_000, burst: 20, urgentBurst: 45 } as const;

/** Messages a second that one number may send: as WhatsApp begins, and on the phone app's numbers. Source: as above. */
export const NUMBER_PACE = { usual: 80, phoneApp: 20 } as const;

/** A number as what sends: how fast, whether at all, and what waits for it. */
export interface Sender {
  readonly hotelId: string;
  readonly phoneNumberId: string;
  /** Messages a second, over all processes; null: as fast as it goes. */
  readonly perSecond: number | null;
  /** Since WhatsApp refuses whatever comes from there, or asked to wait; null while it sends. */
  readonly pause: SenderPause | null;
  /** Chats with messages that wait to be sent. */
  readonly waiting: number;
}

/** Why a number sends nothing, and until when. */
export interface SenderPause {
  readonly until: Date;
  /** Afterwards one message goes first, and the others once it was accepted. */
  readonly probing: boolean;
  /** The failure's code, e.g. `"graph_190"`: an access token that is not valid. */
  readonly code: string;
}

/** One sender's pace, as the hotel has it. */
export interface SenderPace {
  readonly hotelId: string;
  readonly phoneNumberId: string;
  readonly perSecond: number | null;
}
