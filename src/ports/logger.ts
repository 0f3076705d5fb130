import type { LogFields } from "./log-fields.js";

export type { LogFields } from "./log-fields.js";

/**
 * Where the desk says what happens to itself. Pino's shape, so that `logger: pino()` will do; nothing is logged unless the host gives
 * one. What it throws, or rejects with, is let go of: the desk goes on without the line.
 */
export interface Logger {
  /** Told of what only a developer looks for. */
  debug(fields: LogFields, message: string): void;
  /** Told of what happens now and then. */
  info(fields: LogFields, message: string): void;
  /** Told of what works, and may not later. */
  warn(fields: LogFields, message: string): void;
  /** Told of what did not work. */
  error(fields: LogFields, message: string): void;
}

/** The logger as the desk's own code has it: it takes no message but one that stands in the code. */
export interface DeskLogger {
  /** Told of what only a developer looks for. */
  debug<Message extends string>(fields: LogFields, message: Constant<Message>): void;
  /** Told of what happens now and then. */
  info<Message extends string>(fields: LogFields, message: Constant<Message>): void;
  /** Told of what works, and may not later. */
  warn<Message extends string>(fields: LogFields, message: Constant<Message>): void;
  /** Told of what did not work. */
  error<Message extends string>(fields: LogFields, message: Constant<Message>): void;
}

/** A text that is known when the code is compiled. A `string`, or a template with anything in it, is none. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- what has no member need have none of a pattern's, but has to have a literal's
export type Constant<Text extends string> = Text & (Record<never, never> extends Record<Text, 1> ? never : Text);

const nothing = (): void => undefined;
/** Says nothing: what counts where the host gives no logger. */
export const silentLogger: Logger & DeskLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
