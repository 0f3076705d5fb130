/** A hotel's event log in the hands of one of those who share a consumer's name. The epoch grows with every claim. */
export interface ConsumerLease {
  readonly name: string;
  readonly hotelId: string;
  readonly epoch: number;
}

/** How far a consumer is in a hotel's log. */
export interface ConsumerPlace {
  readonly name: string;
  readonly hotelId: string;
  /** The number of the last event that it handled. */
  readonly seq: number;
  /** The number of the hotel's last event: what lies between is still to come. */
  readonly lastSeq: number;
  /** How often the next event was tried and failed. */
  readonly failures: number;
  /** The code of the last failure, until the event it was about is handled. */
  readonly code: string | null;
}
