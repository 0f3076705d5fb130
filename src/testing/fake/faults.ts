import { draw } from "./chance.js";

/**
 * What happens to one request to the fake Graph API. `silence` and `reset` take the message and then say nothing, or cut
 * the connection; `late` takes it and answers after `afterMs` milliseconds, when its reports may be there already; `drip`
 * takes it and answers a byte at a time, for ever; `html` (502), `redirect` and `error` do not take it, but those with
 * `taken` do before they say otherwise.
 */
export type Fault =
  | { readonly kind: "silence" | "reset" | "drip" | "badJson" | "huge" }
  | { readonly kind: "late"; readonly afterMs: number }
  | { readonly kind: "redirect" }
  | { readonly kind: "html"; readonly taken?: boolean }
  | {
      readonly kind: "error";
      /** Of HTTP; that of Meta's table for the code by default. */
      readonly status?: number;
      readonly code: number;
      /** Seconds. */
      readonly retryAfter?: number;
      readonly taken?: boolean;
    };

/** What somebody asks of the fake Graph API. */
export interface Asked {
  readonly what:
    "send" | "markRead" | "upload" | "media" | "download" | "deleteMedia" | "templates" | "number" | "account" | "app";
  /** null for what is asked of no number. */
  readonly phoneNumberId: string | null;
  /** Of a send: what stood in `to` or `recipient`. */
  readonly address: string | null;
  readonly correlationId: string | null;
}

/** How many sends meet a fault, and which; each send's is the same for one seed, by its place among all sends. */
export interface FaultRate {
  readonly seed: number;
  /** 0 to 1. */
  readonly share: number;
  readonly faults: readonly Fault[];
}

export interface Faults {
  /** The next sends meet these, one each. */
  fail(...faults: readonly Fault[]): void;
  /** Whatever is asked like this meets the fault. @returns ends it */
  failWhen(isMet: (asked: Asked) => boolean, fault: Fault): () => void;
  /** null: no more. */
  failAtRate(rate: FaultRate | null): void;
  /** What this request meets. @param sends how many sends were asked for before */
  next(asked: Asked, sends: number): Fault | null;
}

export function faults(): Faults {
  const queue: Fault[] = [];
  const rules = new Set<{ readonly isMet: (asked: Asked) => boolean; readonly fault: Fault }>();
  let rate: FaultRate | null = null;
  const byRate = (n: number): Fault | null => {
    if (rate === null || draw(rate.seed, 2 * n) >= rate.share) return null;
    return rate.faults[Math.floor(draw(rate.seed, 2 * n + 1) * rate.faults.length)] ?? null;
  };
  return {
    fail(...next) {
      queue.push(...next);
    },
    failWhen(isMet, fault) {
      const rule = { isMet, fault };
      rules.add(rule);
      return () => void rules.delete(rule);
    },
    failAtRate(next) {
      rate = next;
    },
    next(asked, sends) {
      const isSend = asked.what === "send";
      if (isSend && queue.length > 0) return queue.shift() ?? null;
      for (const { isMet, fault } of rules) if (isMet(asked)) return fault;
      return isSend ? byRate(sends) : null;
    },
  };
}
