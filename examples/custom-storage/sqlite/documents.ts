import { ConversationError } from "belldesk";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** What may stand for a `?`. */
export type Bound = string | number | boolean | Date | null;
export type Row = Record<string, SQLInputValue>;

/** Which SQL, and what stands for its question marks. */
export interface Sql {
  readonly sql: string;
  readonly values: readonly Bound[];
}

/** A connection that knows its statements: each is prepared once. */
export class Connection {
  readonly #file: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    // Whoever waits for another process's transaction waits at most five seconds.
    this.#file = new DatabaseSync(path, { timeout: 5_000 });
    this.#file.exec("pragma journal_mode = wal; pragma synchronous = full;");
  }

  close(): void {
    this.#file.close();
  }

  exec(sql: string): void {
    this.#file.exec(sql);
  }

  all(sql: string, ...values: readonly Bound[]): Row[] {
    return this.#prepared(sql).all(...values.map(bind)) as Row[];
  }

  one(sql: string, ...values: readonly Bound[]): Row | undefined {
    return this.#prepared(sql).get(...values.map(bind)) as Row | undefined;
  }

  /** @returns how many rows it changed */
  run(sql: string, ...values: readonly Bound[]): number {
    return Number(this.#prepared(sql).run(...values.map(bind)).changes);
  }

  /** All of it or nothing. A writing one takes the lock at once, so that what it has read is still so when it writes. */
  transaction<T>(kind: "reads" | "writes", work: () => T): T {
    try {
      this.#file.exec(kind === "writes" ? "begin immediate" : "begin");
      try {
        const result = work();
        this.#file.exec("commit");
        return result;
      } catch (error) {
        this.#file.exec("rollback");
        throw error;
      }
    } catch (error) {
      throw ConversationError.is(error) ? error : inOurWords(error);
    }
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#file.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Primary result codes of SQLite after which the same may go well: a failed write, a full disk, no file. */
const PASSING = new Set([10, 13, 14]);
/** And those that are this call's: busy, locked, interrupted. */
const BUSY = new Set([5, 6, 9]);

function inOurWords(error: unknown): unknown {
  const code = (error as { errcode?: unknown }).errcode;
  if (typeof code !== "number") return error;
  const primary = code & 0xff;
  const ours = BUSY.has(primary) ? "storage_busy" : PASSING.has(primary) ? "storage_unavailable" : "storage_failed";
  return new ConversationError(ours, {}, { cause: error });
}

/** Begins a text that is no text: an instant, so that JSON gives back a Date where there was one, or an escaped text. */
const MARK = "\u0001";

/** A value as JSON. Lone surrogates and NUL survive as escapes; members that are undefined are left out. */
const encode = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, name, json: unknown) {
    const raw = this[name];
    if (raw instanceof Date) return MARK + raw.toISOString();
    return typeof raw === "string" && raw.startsWith(MARK) ? MARK + raw : json;
  });

const decode = <T>(text: string): T =>
  JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== "string" || !value.startsWith(MARK)) return value;
    return value.startsWith(MARK, 1) ? value.slice(1) : new Date(value.slice(1));
  }) as T;

/** As a document's column holds it: an instant sorts as its text does. */
const bind = (value: Bound): SQLInputValue =>
  value instanceof Date ? MARK + value.toISOString() : typeof value === "boolean" ? Number(value) : value;

/** A list for `in (select value from json_each(?))`. */
export const list = (values: readonly (string | number)[]): string => JSON.stringify(values);
export const IN = "in (select value from json_each(?))";

/** Documents of one kind of all hotels, by hotel and id, with columns that SQLite makes of them for its indexes. */
export class Table<T> {
  readonly #connection: Connection;
  readonly #name: string;

  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  get(hotelId: string, id: string): T | null {
    const row = this.#connection.one(`select doc from ${this.#name} where id = ? and hotelId = ?`, id, hotelId);
    return row === undefined ? null : decode<T>(row["doc"] as string);
  }

  has(hotelId: string, id: string): boolean {
    return this.#connection.one(`select 1 from ${this.#name} where id = ? and hotelId = ?`, id, hotelId) !== undefined;
  }

  /** In whatever hotel. */
  find(id: string): { readonly hotelId: string; readonly value: T } | null {
    const row = this.#connection.one(`select hotelId, doc from ${this.#name} where id = ?`, id);
    return row === undefined ? null : { hotelId: row["hotelId"] as string, value: decode<T>(row["doc"] as string) };
  }

  put(hotelId: string, id: string, value: T): void {
    const sql = `insert into ${this.#name} (hotelId, id, doc) values (?, ?, ?) on conflict (id, hotelId) do update set doc = excluded.doc`;
    this.#connection.run(sql, hotelId, id, encode(value));
  }

  /** @returns false, and nothing changes, where there is one of that id */
  add(hotelId: string, id: string, value: T): boolean {
    const sql = `insert into ${this.#name} (hotelId, id, doc) values (?, ?, ?) on conflict do nothing`;
    return this.#connection.run(sql, hotelId, id, encode(value)) === 1;
  }

  remove(hotelId: string, id: string): boolean {
    return this.#connection.run(`delete from ${this.#name} where id = ? and hotelId = ?`, id, hotelId) === 1;
  }

  /** Of all hotels. @param rest what follows `where`; in the order in which they came, unless it says another */
  select(rest: string, ...values: readonly Bound[]): T[] {
    const order = rest.includes("order by") ? "" : " order by rowid";
    const rows = this.#connection.all(`select doc from ${this.#name} as c where ${rest}${order}`, ...values);
    return rows.map((row) => decode<T>(row["doc"] as string));
  }

  count(rest: string, ...values: readonly Bound[]): number {
    return Number(this.#connection.one(`select count(*) as n from ${this.#name} where ${rest}`, ...values)?.["n"]);
  }

  /** @returns how many */
  removeWhere(rest: string, ...values: readonly Bound[]): number {
    return this.#connection.run(`delete from ${this.#name} where ${rest}`, ...values);
  }
}

/** The documents of one hotel. */
export class Shelf<T> {
  readonly #table: Table<T>;
  readonly #hotelId: string;

  constructor(table: Table<T>, hotelId: string) {
    this.#table = table;
    this.#hotelId = hotelId;
  }

  get = (id: string): T | null => this.#table.get(this.#hotelId, id);
  has = (id: string): boolean => this.#table.has(this.#hotelId, id);
  put = (id: string, value: T): void => this.#table.put(this.#hotelId, id, value);
  add = (id: string, value: T): boolean => this.#table.add(this.#hotelId, id, value);
  remove = (id: string): boolean => this.#table.remove(this.#hotelId, id);
  all = (): T[] => this.where("true");
  where = (rest: string, ...values: readonly Bound[]): T[] =>
    this.#table.select(`hotelId = ? and ${rest}`, this.#hotelId, ...values);
  count = (rest: string, ...values: readonly Bound[]): number =>
    this.#table.count(`hotelId = ? and ${rest}`, this.#hotelId, ...values);
  removeWhere = (rest: string, ...values: readonly Bound[]): number =>
    this.#table.removeWhere(`hotelId = ? and ${rest}`, this.#hotelId, ...values);
}
