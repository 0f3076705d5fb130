import type { DeskLogger, Logger } from "./logger.js";

/** What a field may hold. Whatever else somebody puts there is not printed. */
const KINDS = {
  /** An id of the desk's or the host's own, or a name out of the code. One that could be a phone is none. */
  id: (value: unknown) => isText(value, /^[\w.:~/@-]{1,200}$/) && !/^\D?\d{7,}$/.test(value),
  /** An id of Meta's for a number or an account. */
  metaId: (value: unknown) => isText(value, /^\d{1,32}$/),
  code: (value: unknown) => isText(value, /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
  /** PostgreSQL's five characters for an error. */
  sqlState: (value: unknown) => isText(value, /^[0-9A-Z]{5}$/),
  number: (value: unknown) => typeof value === "number" && Number.isFinite(value),
  flag: (value: unknown) => typeof value === "boolean",
  /** The name of an error's class, or of a type. */
  errorName: (value: unknown) => isText(value, /^[A-Za-z_$][\w$]{0,63}$/),
  /** Where an error was thrown, line by line, without what it says. */
  frames: (value: unknown) => isText(value, /^[^\0]{0,20000}$/) && value.split("\n").every(isFrame),
  /** A name that a resolver is asked for. */
  host: (value: unknown) => isText(value, /^[A-Za-z0-9.-]{1,253}$/),
} as const satisfies Record<string, (value: unknown) => boolean>;

/** A line of a stack, of a place in a file or of one that has none. An empty stack is one empty line. */
export const isFrame = (line: string): boolean =>
  line === "" ||
  /^ {4}at (?:[\w$.<>#[\]: ]{1,200} \()?(?:[^\s()]{1,500}:\d+:\d+|<anonymous>|native|index \d+)\)?$/.test(line);

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}

interface ValueOf {
  readonly id: string;
  readonly metaId: string;
  readonly code: string;
  readonly sqlState: string | null;
  readonly number: number;
  readonly flag: boolean;
  readonly errorName: string;
  readonly frames: string;
  readonly host: string;
}

/** Every field that a line of the desk's log may have, and what may stand in it: never a guest's words, phone or name, nor a token. */
export const LOG_FIELDS = {
  // Which
  hotelId: "id",
  phoneNumberId: "metaId",
  departmentId: "id",
  workId: "id",
  messageId: "id",
  attachmentId: "id",
  flowId: "id",
  version: "number",
  runId: "id",
  step: "id",
  consumer: "id",
  processor: "id",
  correlationId: "id",
  host: "host",
  // What
  code: "code",
  because: "code",
  kind: "code",
  event: "code",
  outcome: "code",
  state: "code",
  reason: "code",
  failure: "code",
  malware: "id",
  member: "id",
  path: "id",
  sqlState: "sqlState",
  error: "errorName",
  stack: "frames",
  // How many, how often, how long
  lanes: "number",
  messages: "number",
  attempt: "number",
  attempts: "number",
  failures: "number",
  heldBack: "number",
  seq: "number",
  waitMs: "number",
  limit: "number",
  actual: "number",
  dead: "flag",
  typing: "flag",
} as const satisfies Record<string, keyof typeof KINDS>;

/** A member that a log line may have. */
export type LogField = keyof typeof LOG_FIELDS;
/** Fields of the list, and none besides: the compiler refuses another. */
export type LogFields = { readonly [Field in LogField]?: ValueOf[(typeof LOG_FIELDS)[Field]] | null | undefined };

/** Stands where a value was that does not fit its field. */
export const LEFT_OUT = "[left out]";

/**
 * The host's logger behind the list. A field that is on it, with a value that fits, is printed; of one whose value does not fit it is said
 * that it was left out; one that is not on it is counted in `leftOut`, as its name may say something itself. Nothing that the host's
 * logger throws reaches the desk: an audit stands in the database, and no guest waits for a full disk.
 */
export function deskLogger(host: Logger): DeskLogger {
  const level =
    (name: keyof Logger) =>
    (fields: LogFields, message: string): void => {
      try {
        // One that answers a promise may reject it later.
        const answer = (host as Record<keyof Logger, (fields: LogFields, message: string) => unknown>)[name](
          listed(fields),
          message,
        );
        if (answer instanceof Promise) answer.catch(() => undefined);
      } catch {
        // There is nowhere else to say it.
      }
    };
  return { debug: level("debug"), info: level("info"), warn: level("warn"), error: level("error") };
}

/** What may be printed of these fields, whatever they are. */
export function listed(fields: Readonly<Record<string, unknown>>): LogFields {
  const line: Record<string, unknown> = {};
  let leftOut = 0;
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (!isField(field)) leftOut += 1;
    else line[field] = value === null || KINDS[LOG_FIELDS[field]](value) ? value : LEFT_OUT;
  }
  if (leftOut > 0) line["leftOut"] = leftOut;
  return line;
}

/** Of what an error carries (`details`), what may be printed: the rest is for whoever it is answered to. */
export function loggable(details: Readonly<Record<string, unknown>>): LogFields {
  return Object.fromEntries(
    Object.entries(details).filter(([field, value]) => isField(field) && KINDS[LOG_FIELDS[field]](value)),
  );
}

const isField = (field: string): field is LogField => Object.hasOwn(LOG_FIELDS, field);
