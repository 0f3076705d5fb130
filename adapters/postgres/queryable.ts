import { ConversationError } from "../../src/index.js";

/**
 * All that is used of a database client. A `pg` Pool fits as it is, and so does a client inside the host's own
 * transaction. Every verb of the storage is one call, so no call depends on which connection the one before it had.
 */
export interface Queryable {
  /** Runs one statement, with `$1`, `$2` in it for `values`. */
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** A statement cut off for its length, a lock or a serialisation lost: this one, while others may well go. */
const BUSY = /^(57014|55P03|40001|40P01)/;
/** Server gone, shutting down, out of resources: later it may work. */
const UNAVAILABLE = /^(08|57|53|58|25006)/;
/** The value itself is at fault: not representable, against a constraint, or larger than the server's limits. */
const REFUSED = /^(22|23|54)/;
/** Deadlocks are broken by the server at no cost but the statement's own; the same statement then just works. */
const DEADLOCK = "40P01";
const ATTEMPTS = 3;

const SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)|connection|timeout/i;

/** Runs one statement. @throws {ConversationError} `storage_unavailable`, `storage_busy`, `storage_timeout`, `storage_refused`, `storage_failed`; never with SQL or values in it */
export async function run<Row>(db: Queryable, text: string, values: unknown[] = []): Promise<Row[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await db.query(text, values);
      return rows as Row[];
    } catch (error) {
      if (sqlState(error) === DEADLOCK && attempt < ATTEMPTS) continue;
      throw storageError(error);
    }
  }
}

function storageError(error: unknown): ConversationError {
  if (ConversationError.is(error)) return error;
  const state = sqlState(error);
  return new ConversationError(
    codeFor(error, state),
    { sqlState: state },
    { cause: state === null ? error : refusal(error, state) },
  );
}

/**
 * What a client of the host threw, without its texts: some quote the statement and its values. Whoever wraps PostgreSQL's error keeps
 * it as its cause.
 */
export function causeless(error: unknown): ConversationError {
  if (ConversationError.is(error)) return error;
  let origin = error;
  for (let hops = 0; sqlState(origin) === null && hops < 5; hops++) {
    const inner = property(origin, "cause");
    if (inner === undefined) break;
    origin = inner;
  }
  const state = sqlState(origin);
  const code = codeFor(origin, state);
  if (state !== null) return new ConversationError(code, { sqlState: state }, { cause: refusal(origin, state) });
  return new ConversationError(code, { sqlState: null, error: origin instanceof Error ? origin.name : typeof origin });
}

function codeFor(
  error: unknown,
  state: string | null,
): "storage_unavailable" | "storage_busy" | "storage_refused" | "storage_failed" {
  if (state === null) return SOCKET.test(textOf(error)) ? "storage_unavailable" : "storage_failed";
  if (BUSY.test(state)) return "storage_busy";
  if (UNAVAILABLE.test(state)) return "storage_unavailable";
  return REFUSED.test(state) ? "storage_refused" : "storage_failed";
}

/**
 * PostgreSQL's refusal without its texts, which quote what was stored: "Key (hotel_id, kind, value)=(…, a phone) exists".
 * A log may print a cause.
 */
const refusal = (error: unknown, state: string): Error =>
  Object.assign(new Error(`PostgreSQL refused the statement: ${state}`), {
    code: state,
    constraint: constraintOf(error),
    routine: property(error, "routine"),
  });

/** The five characters by which PostgreSQL names an error; null when it did not come from PostgreSQL. */
export function sqlState(error: unknown): string | null {
  const code = property(error, "code");
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

export const constraintOf = (error: unknown): string | null => {
  const constraint = property(error, "constraint");
  return typeof constraint === "string" ? constraint : null;
};

function textOf(error: unknown): string {
  const code = property(error, "code");
  return `${typeof code === "string" ? code : ""} ${error instanceof Error ? error.message : ""}`;
}

const property = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/**
 * An id to look for. PostgreSQL refuses NUL and lone surrogates in a text, so no row has such an id; what somebody asks
 * for may, and is not found. In their place stands a character that no id has either: a control character.
 */
export const sought = (id: string): string => id.replace(/\0|\p{Cs}/gu, "\u0001");

/** Ids to look for, as JSON. */
export const soughtJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "string" ? sought(inner) : inner));

/** A list as PostgreSQL writes an array of texts or numbers. */
export function arrayText(values: readonly (string | number | null)[]): string {
  let written = "";
  for (const value of values)
    written += (written && ",") + (value === null ? "NULL" : typeof value === "number" ? String(value) : quoted(value));
  return `{${written}}`;
}
/** To look whether anything is to be escaped costs a fraction of escaping nothing. */
const quoted = (text: string): string => `"${ESCAPED.test(text) ? text.replace(/["\\]/g, "\\$&") : text}"`;
const ESCAPED = /["\\]/;

/** A schema's name as it stands in SQL. @throws {ConversationError} `config_invalid` for what is not a plain identifier */
export function schemaName(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new ConversationError("config_invalid", {
      issues: [{ path: "schema", message: "a-z, 0-9 and _, beginning with a letter" }],
    });
  }
  return `"${schema}"`;
}
