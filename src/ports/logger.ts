import type { LogFields } from "./log-fields.js";

export type { LogFields } from "./log-fields.js";

/**
 * Where the desk says what happens to itself. Pino's shape, so that `logger: pino()` will do; nothing is logged unless the host gives
 * one. What it throws, or rejects with, is let go of: the desk goes on without the line.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** The logger as the desk's own code has it: it takes no message but one that stands in the code. */
export interface DeskLogger {
  debug<Message extends string>(fields: LogFields, message: Constant<Message>): void;
  info<Message extends string>(fields: LogFields, message: Constant<Message>): void;
  warn<Message extends string>(fields: LogFields, message: Constant<Message>): void;
  error<Message extends string>(fields: LogFields, message: Constant<Message>): void;
}

/** A text that is known when the code is compiled. A `string`, or a template with anything in it, is none. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- what has no member need have none of a pattern's, but has to have a literal's
export type Constant<Text extends string> = Text & (Record<never, never> extends Record<Text, 1> ? never : Text);

const nothing = (): void => undefined;
export const silentLogger: Logger & DeskLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
