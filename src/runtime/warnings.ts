import type { Constant, DeskLogger, LogFields } from "../ports/logger.js";

/** Milliseconds in which one code is one line. */
const QUIET_MS = 60_000;

/** @param message what it means and what to do */
export type Warn = <Message extends string>(code: string, message: Constant<Message>, fields?: LogFields) => void;

export interface WarningsOptions {
  /** `"warn"` by default. */
  readonly level?: "warn" | "error";
  /** Milliseconds of a clock that does not jump. */
  readonly now?: () => number;
}

/**
 * Warnings about what strangers and misconfigured senders do, as often as they like: each code at most once a minute,
 * with `heldBack`, how many of it were not logged since its last line. Holds two numbers for each code, and codes are ours.
 */
export function warnings(
  logger: DeskLogger,
  { level = "warn", now = () => performance.now() }: WarningsOptions = {},
): Warn {
  const codes = new Map<string, { readonly loggedAt: number; heldBack: number }>();
  return (code, message, fields = {}) => {
    const last = codes.get(code);
    const at = now();
    if (last !== undefined && at - last.loggedAt < QUIET_MS) {
      last.heldBack += 1;
      return;
    }
    codes.set(code, { loggedAt: at, heldBack: 0 });
    logger[level]({ code, ...fields, heldBack: last?.heldBack ?? 0 }, message);
  };
}
