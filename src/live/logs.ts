import { ConversationError } from "../errors.js";
import type { LiveStorage, LogPlace } from "../ports/live-storage.js";
import type { Cursors } from "../runtime/cursor.js";
import { admission, type Admission } from "./admission.js";
import { batchOf, type Batch } from "./frames.js";
import { recentNews, type Recent } from "./recent.js";

/** What this process knows of a hotel's log. */
export interface HotelLog<Watcher> {
  readonly hotelId: string;
  recent: Recent;
  readonly watchers: Set<Watcher>;
  /** Reads under way, one after the other. */
  reading: Promise<void> | null;
  /** Whoever waits for a read that has not begun. */
  wanted: Wanted | null;
  /** Since when nobody watches; null while somebody does. */
  unwatchedAt: number | null;
}

/** A read that is still to begin, and all who wait for it. */
interface Wanted {
  readonly over: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface LogsOptions<Watcher> {
  readonly storage: Pick<LiveStorage, "heads" | "news">;
  readonly cursors: Cursors;
  /** Lets clients that catch up to the storage, a few at a time. */
  readonly admission: Admission;
  readonly recentBytes: number;
  /** How much lists show of a conversation's last message. 255 by default. */
  readonly previewGraphemes?: number;
  readonly now: () => number;
  /** Whether there is anybody to read for. */
  readonly isRunning: () => boolean;
  /** Resolves when it is known whose rights had changed so long ago. */
  readonly rightsWithin: (ms: number) => Promise<void>;
  /** Something new, which stands among the recent news already. */
  readonly told: (log: HotelLog<Watcher>, batch: Batch) => void;
  /** The log is another one than it was: a backup was restored. */
  readonly lost: (hotelId: string) => void;
  /** Nothing would tell any more what happens there. */
  readonly dropped: (hotelId: string) => void;
  readonly failed: (error: unknown) => void;
}

/** Events read at once. */
const EVENTS = 200;
/** Hotels read at once by this process, apart from clients that catch up. */
const READS = 4;
/** Milliseconds for which a hotel is read on when its last client has gone: they may all be about to come back. */
const LINGER_MS = 60_000;
/** Milliseconds since which rights are known for news to be told. */
export const RIGHTS_MS = 1_000;

/** The logs of the hotels that somebody watches, each read once for all of them. */
export class Logs<Watcher> {
  readonly #options: LogsOptions<Watcher>;
  readonly #storage: LogsOptions<Watcher>["storage"];
  readonly #logs = new Map<string, HotelLog<Watcher>>();
  readonly #opening = new Map<string, Promise<void>>();
  readonly #older = new Map<string, Promise<Batch | null>>();
  readonly #reads: Admission = admission(READS, Infinity);
  /** A look how far the logs are is under way, and whether another has to follow. */
  #polling = false;
  #pollAgain = false;

  constructor(options: LogsOptions<Watcher>) {
    this.#options = options;
    this.#storage = options.storage;
  }

  get size(): number {
    return this.#logs.size;
  }

  has(hotelId: string): boolean {
    return this.#logs.has(hotelId);
  }

  watchersOf(hotelId: string): ReadonlySet<Watcher> {
    return this.#logs.get(hotelId)?.watchers ?? new Set();
  }

  unwatch(hotelIds: readonly string[], watcher: Watcher): void {
    for (const hotelId of hotelIds) {
      const log = this.#logs.get(hotelId);
      log?.watchers.delete(watcher);
      if (log?.watchers.size === 0) log.unwatchedAt = this.#options.now();
    }
  }

  /** Resolves when nothing is being read. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#logs.values()].flatMap(({ reading }) => reading ?? []));
  }

  cursor({ hotelId, seq, at }: LogPlace): string {
    return this.#options.cursors.of("live", { hotel: hotelId }).log.encode({ seq, at }) ?? "";
  }

  /** null: it is no cursor of the desk's for that hotel. */
  placeOf(hotelId: string, cursor: string | undefined): LogPlace | null {
    try {
      const place = this.#options.cursors.of("live", { hotel: hotelId }).log.decode(cursor);
      return place && { hotelId, ...place };
    } catch (error) {
      if (ConversationError.is(error)) return null;
      throw error;
    }
  }

  head(hotelId: string): LogPlace {
    return this.#logs.get(hotelId)?.recent.head() ?? { hotelId, seq: 0, at: null };
  }

  /** Whether the log has that place. One that this process has not read as far as is looked for. */
  async isThere(place: LogPlace): Promise<boolean> {
    const { hotelId, seq } = place;
    const log = this.#logs.get(hotelId);
    if (log === undefined) return false;
    if (seq > log.recent.head().seq) await this.#read(log);
    const known = log.recent.knows(place);
    if (known !== undefined) return known;
    // Longer ago: reading what came after it will tell.
    if (seq < log.recent.head().seq) return true;
    return (await this.#options.admission.run(() => this.#storage.news({ after: place, limit: 1 }))) !== null;
  }

  /** What goes on after a place that is behind; null: the log does not have it. */
  async after(place: LogPlace): Promise<Batch | null> {
    const remembered = this.#logs.get(place.hotelId)?.recent.after(place.seq);
    if (remembered) return remembered;
    const key = JSON.stringify([place.hotelId, place.seq, place.at?.getTime() ?? 0]);
    const reading =
      this.#older.get(key) ??
      this.#options.admission
        .run(async () => {
          const news = await this.#storage.news({ after: place, limit: EVENTS });
          if (news === null) return null;
          // What is told has to be of somebody whose rights are known.
          await this.#options.rightsWithin(RIGHTS_MS);
          return batchOf(place.hotelId, place, news, this.cursor(news.upTo), this.#options.previewGraphemes);
        })
        .finally(() => this.#older.delete(key));
    this.#older.set(key, reading);
    return reading;
  }

  /**
   * Begins to read the news of hotels, where nobody does yet. Resolves when all are read.
   * @param isThere whether the watcher has not gone meanwhile
   */
  async watch(hotelIds: readonly string[], watcher: Watcher, isThere: () => boolean): Promise<void> {
    while (isThere()) {
      const unknown = hotelIds.filter((hotelId) => !this.#watched(hotelId, watcher));
      if (unknown.length === 0) return;
      const fresh = unknown.filter((hotelId) => !this.#opening.has(hotelId));
      if (fresh.length > 0) this.#openAll(fresh);
      await Promise.all(unknown.flatMap((hotelId) => this.#opening.get(hotelId) ?? []));
    }
  }

  #watched(hotelId: string, watcher: Watcher): boolean {
    const log = this.#logs.get(hotelId);
    log?.watchers.add(watcher);
    if (log !== undefined) log.unwatchedAt = null;
    return log !== undefined;
  }

  #openAll(hotelIds: readonly string[]): void {
    const opening = this.#options.admission
      .run(() => this.#storage.heads(hotelIds))
      .then((heads) => {
        const places = new Map(heads.map((head) => [head.hotelId, head]));
        for (const hotelId of hotelIds) this.#open(hotelId, places.get(hotelId));
      })
      .finally(() => {
        for (const hotelId of hotelIds) this.#opening.delete(hotelId);
      });
    for (const hotelId of hotelIds) this.#opening.set(hotelId, opening);
  }

  #open(hotelId: string, head: LogPlace | undefined): void {
    const recent = recentNews(head ?? { hotelId, seq: 0, at: null }, this.#options.recentBytes);
    const log: HotelLog<Watcher> = {
      hotelId,
      recent,
      watchers: new Set(),
      reading: null,
      wanted: null,
      unwatchedAt: this.#options.now(),
    };
    this.#logs.set(hotelId, log);
  }

  /** There may be something new. */
  look(hotelId: string): void {
    const log = this.#logs.get(hotelId);
    if (log !== undefined && this.#options.isRunning()) void this.#read(log).catch(this.#options.failed);
  }

  /** Nobody may have told of news: looks how far the logs are. Whoever asks while a look is under way shares the next one. */
  poll(): void {
    const hotelIds = [...this.#logs.keys()];
    if (hotelIds.length === 0 || !this.#options.isRunning()) return;
    if (this.#polling) {
      this.#pollAgain = true;
      return;
    }
    this.#polling = true;
    this.#pollAgain = false;
    void this.#reads
      .run(() => this.#storage.heads(hotelIds))
      .then((heads) => {
        const places = new Map(heads.map((head) => [head.hotelId, head]));
        for (const [hotelId, log] of this.#logs) {
          const { seq, at } = places.get(hotelId) ?? { seq: 0, at: null };
          const known = log.recent.head();
          if (known.seq !== seq || known.at?.getTime() !== at?.getTime()) this.look(hotelId);
        }
      })
      .catch(this.#options.failed)
      .finally(() => {
        this.#polling = false;
        if (this.#pollAgain) this.poll();
      });
  }

  /**
   * Reads a hotel's news, one read at a time. Resolves after the first that began after this was called: where something is told all the
   * time, there is always another to follow.
   */
  #read(log: HotelLog<Watcher>): Promise<void> {
    if (!this.#options.isRunning()) return Promise.resolve();
    const { over } = (log.wanted ??= aRead());
    log.reading ??= this.#readOn(log);
    return over;
  }

  /** Reads as long as anybody wants it. Each read takes its turn with those of other hotels. */
  async #readOn(log: HotelLog<Watcher>): Promise<void> {
    while (log.wanted !== null && this.#options.isRunning())
      await this.#reads.run(async () => {
        const { wanted } = log;
        log.wanted = null;
        try {
          const isMore = await this.#readOnce(log);
          if (isMore) log.wanted ??= aRead();
          wanted?.resolve();
        } catch (error) {
          wanted?.reject(error);
        }
      });
    // In the moment in which nobody wants more: whoever comes later begins anew.
    log.reading = null;
    log.wanted?.resolve();
    log.wanted = null;
  }

  /** @returns whether there is more to read */
  async #readOnce(log: HotelLog<Watcher>): Promise<boolean> {
    const { hotelId } = log;
    const from = log.recent.head();
    const news = await this.#storage.news({ after: from, limit: EVENTS });
    if (news === null) {
      await this.#lost(log);
      return false;
    }
    const isMore = news.head > news.upTo.seq;
    if (news.events.length === 0) return isMore;
    // What is told has to be of somebody whose rights are known.
    await this.#options.rightsWithin(RIGHTS_MS);
    const batch = batchOf(hotelId, from, news, this.cursor(news.upTo), this.#options.previewGraphemes);
    log.recent.push(batch);
    this.#options.told(log, batch);
    return isMore;
  }

  async #lost(log: HotelLog<Watcher>): Promise<void> {
    const { hotelId } = log;
    const [head] = await this.#storage.heads([hotelId]);
    log.recent = recentNews(head ?? { hotelId, seq: 0, at: null }, this.#options.recentBytes);
    this.#options.lost(hotelId);
  }

  /** Forgets hotels that nobody has watched for a while. */
  sweep(): void {
    const now = this.#options.now();
    for (const [hotelId, { unwatchedAt, reading }] of this.#logs) {
      if (unwatchedAt === null || reading !== null || now - unwatchedAt < LINGER_MS) continue;
      this.#logs.delete(hotelId);
      this.#options.dropped(hotelId);
    }
  }
}

function aRead(): Wanted {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const over = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  // What nobody waits for fails for those who do.
  over.catch(() => undefined);
  return { over, resolve, reject };
}
