/**
 * Tells the desk's other processes that there is something new. It may drop what it is told, delay it, double it and be away
 * altogether: everything still works then, later (at most 5 s, by polling). It holds nothing that matters.
 *
 * `realtimeOver` makes one of anything that carries short texts to every process; `realtimeContract` of `belldesk/testing` proves it.
 */
export interface Realtime {
  /**
   * Begins to hear what other processes tell, and what this one does. Resolves at once where the bus is away, and goes on trying
   * until `close()`. Called once.
   * @contract realtime/hints, realtime/signals, realtime/after-outage
   */
  open(listener: RealtimeListener): Promise<void>;
  /**
   * The logs of these hotels tell something new. Returns at once; several soon after one another are told as one. Never throws. This
   * process hears its own also while the bus is away.
   * @contract realtime/hints, realtime/coalesced, realtime/away
   */
  hint(hotelIds: readonly string[]): void;
  /** There is work that this process does not do itself: a webhook to decide on, a message to send. As `hint`. @contract realtime/work */
  work(): void;
  /** Somebody's rights have changed. As `hint`. @contract realtime/revoked */
  revoked(): void;
  /** Passes a signal on. Returns at once, never throws; it is not kept for anybody. @contract realtime/signals */
  signal(signal: Signal): void;
  /**
   * Hears nothing more, and ends whatever `open` began; what was told just before still leaves, where the bus is there. Again, it
   * does nothing.
   * @contract realtime/close
   */
  close(): Promise<void>;
}

/** None of these throws. */
export interface RealtimeListener {
  /** Hotel ids as they were told. */
  readonly hinted: (hotelIds: readonly string[]) => void;
  /** There is work for whoever works. */
  readonly worked: () => void;
  /** Somebody's rights changed. */
  readonly revoked: () => void;
  /** Ones told by this process, too. */
  readonly signalled: (signal: Signal) => void;
  /** The bus was away, or may have dropped something: look for yourself. */
  readonly missed: () => void;
}

/** What somebody is about just now. Never stored: it is over when it is not said again. */
export interface Signal {
  readonly hotelId: string;
  readonly conversationId: string;
  /**
   * `typing`: writes an answer. `viewing`: has it open. `left`: does neither any more. `active`: is at a page that listens to another
   * process; about no conversation, and both ids are empty.
   */
  readonly kind: "typing" | "viewing" | "left" | "active";
  /** Who. A guest is only ever `active`: WhatsApp does not tell who types. */
  readonly by: { readonly kind: "staff" | "guest"; readonly id: string; readonly name: string | null };
  /** Whose signal it is, so that one of two open pages can go: random, for each connection. */
  readonly connectionId: string;
}
