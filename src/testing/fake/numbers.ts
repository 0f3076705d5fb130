/** One of the hotels' numbers, as Meta knows it. */
export interface NumberOptions {
  /** Its phone, digits alone; 12025550190 by default. */
  readonly displayNumber?: string;
  /** Id of the account (WABA) that it belongs to; 100000000000001 by default. */
  readonly account?: string;
  /** Messages a second, in and out: 80 by default, 1000 after an upgrade, 20 for a number that is in the phone app too. */
  readonly perSecond?: number;
  /** `GREEN` by default. */
  readonly quality?: "GREEN" | "YELLOW" | "RED" | "UNKNOWN";
  /** What its health says; `AVAILABLE` by default. */
  readonly canSend?: "AVAILABLE" | "LIMITED" | "BLOCKED";
  /** Whether it was deleted; false by default. */
  readonly gone?: boolean;
}

export interface FakeNumber extends Required<NumberOptions> {
  readonly phoneNumberId: string;
}

export interface Numbers {
  /** A number, known or not. */
  of(phoneNumberId: string): FakeNumber;
  /** Changes what is told of it. */
  set(phoneNumberId: string, options: NumberOptions): void;
}

/** Source of 80: "Throughput" (September 2026). */
const USUAL = {
  displayNumber: "12025550190",
  account: "100000000000001",
  perSecond: 80,
  quality: "GREEN",
  canSend: "AVAILABLE",
  gone: false,
} as const;

export const ACCOUNT = USUAL.account;

export function numbers(): Numbers {
  const known = new Map<string, NumberOptions>();
  return {
    of: (phoneNumberId) => ({ ...USUAL, ...known.get(phoneNumberId), phoneNumberId }),
    set(phoneNumberId, options) {
      known.set(phoneNumberId, { ...known.get(phoneNumberId), ...options });
    },
  };
}
