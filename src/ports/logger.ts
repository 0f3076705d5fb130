/** Where the desk says what happens to itself. Pino's shape; nothing is logged unless the host gives one. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Ids, numbers and codes only: never a guest's words, phone, name, or a token. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

const nothing = (): void => undefined;
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
