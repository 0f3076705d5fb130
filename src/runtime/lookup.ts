import { ConversationError } from "../errors.js";

/** How long answers of the host's ports count. Milliseconds. */
export interface LookupRule {
  /** An answer is used so long without asking again. */
  readonly freshMs: number;
  /** While the port fails, its last answer is used for so long since it was asked. */
  readonly staleMs: number;
  /** An answer that takes longer is one that fails. */
  readonly deadlineMs: number;
}

export interface LookupOptions<T> {
  readonly ask: (key: string) => Promise<T | null>;
  readonly rule: LookupRule;
  /** Whether "there is none" counts like any other answer. */
  readonly remembersNone: boolean;
  /** Answers kept, at most. */
  readonly most: number;
  /** Told of each question that failed. */
  readonly onFailure: (error: unknown) => void;
}

export interface Lookup<T> {
  /** @throws {ConversationError} `hotels_unavailable` when the port fails and nothing it said counts any more */
  readonly get: (key: string) => Promise<T | null>;
  /** The same, asked anew. */
  readonly anew: (key: string) => Promise<T | null>;
  /** Asks anew for everything; what was said before counts only while the port fails. */
  forget(): void;
}

interface Entry<T> {
  answer: { readonly value: T | null; readonly askedAt: number } | null;
  /** The question that is on its way. */
  pending: Promise<T | null> | null;
  /** When the last question failed, if it did; null since one was answered. */
  failedAt: number | null;
  /** What was asked before counts only while the port fails. */
  forgottenAt: number;
}

/** Milliseconds after a failure until the port is asked again, where something it said still counts. */
const REST_MS = 1_000;

/** Asks a port of the host, remembers what it says, and outlives its failures. Time is monotonic. */
export function lookup<T>({ ask, rule, remembersNone, most, onFailure }: LookupOptions<T>): Lookup<T> {
  const { freshMs, staleMs, deadlineMs } = rule;
  const entries = new Map<string, Entry<T>>();

  async function get(key: string): Promise<T | null> {
    const entry = entryOf(key);
    const { answer, failedAt } = entry;
    const now = performance.now();
    const age = answer === null ? Infinity : now - answer.askedAt;
    if (answer !== null && age < freshMs && answer.askedAt >= entry.forgottenAt) return answer.value;
    if (answer !== null && age < staleMs && failedAt !== null) {
      // It failed just now: nobody waits for whether it does so again.
      if (now - failedAt >= REST_MS) question(key, entry).catch(() => undefined);
      return answer.value;
    }
    try {
      return await question(key, entry);
    } catch {
      const { answer: last } = entry;
      if (last !== null && performance.now() - last.askedAt < staleMs) return last.value;
      throw new ConversationError("hotels_unavailable");
    }
  }

  /** One question at a time. */
  const question = (key: string, entry: Entry<T>): Promise<T | null> => (entry.pending ??= asked(key, entry));

  /** A question, until its answer or the deadline. An answer that comes later is remembered too. */
  async function asked(key: string, entry: Entry<T>): Promise<T | null> {
    const askedAt = performance.now();
    let overdue: NodeJS.Timeout | undefined;
    try {
      const answering = ask(key).then((value) => {
        if (askedAt < (entry.answer?.askedAt ?? -Infinity)) return value;
        entry.answer = value === null && !remembersNone ? null : { value, askedAt };
        entry.failedAt = null;
        return value;
      });
      const late = new Promise<never>((_, reject) => {
        overdue = setTimeout(() => {
          reject(Object.assign(new Error("The port did not answer in time."), { name: "TimeoutError" }));
        }, deadlineMs);
      });
      return await Promise.race([answering, late]);
    } catch (error) {
      entry.failedAt = performance.now();
      onFailure(error);
      throw error;
    } finally {
      clearTimeout(overdue);
      entry.pending = null;
    }
  }

  function entryOf(key: string): Entry<T> {
    const known = entries.get(key);
    // The one that was used last stands last.
    entries.delete(key);
    const entry = known ?? { answer: null, pending: null, failedAt: null, forgottenAt: -Infinity };
    entries.set(key, entry);
    if (entries.size > most) for (const oldest of entries.keys()) if (entries.delete(oldest)) break;
    return entry;
  }

  function forget(entry: Entry<T>): void {
    entry.forgottenAt = performance.now();
    entry.pending = null;
    entry.failedAt = null;
  }

  return {
    get,
    async anew(key) {
      forget(entryOf(key));
      return get(key);
    },
    forget() {
      for (const entry of entries.values()) forget(entry);
    },
  };
}
