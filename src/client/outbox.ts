import type { MessageJson } from "../http/json-types.js";
import { backoff, type Retry } from "./backoff.js";
import type { DeskApi } from "./api.js";
import { DeskError, isPassing, type DeskErrorCode } from "./error.js";

type ReplyBody = Parameters<DeskApi["reply"]>[1];
/** What is written to a guest, as `POST /conversations/:id/messages` takes it. */
export type NewContent = ReplyBody["content"];
/** What a reply may have beside its content: a fallback, a quote, urgency. */
export type ReplyOptions = Omit<ReplyBody, "clientMessageId" | "content">;

/** Something written here, on its way to the desk. */
export interface Send {
  /** However often it is sent, the desk makes one message of it. */
  readonly clientMessageId: string;
  readonly conversationId: string;
  readonly content: NewContent;
  readonly options: ReplyOptions;
  /** `waiting` until it can be sent, `sending`, or `refused`: `retry` or `drop` it. */
  readonly status: "waiting" | "sending" | "refused";
  /** Why it is refused, or still waits. */
  readonly error: { readonly code: DeskErrorCode; readonly message: string; readonly details: object } | null;
  /** When it was written, by the clock of this machine. */
  readonly at: string;
}

/** Where sends outlive the page: `localStorage` fits. */
export interface SendStorage {
  /** What is kept under `key`; null for nothing. */
  getItem(key: string): string | null;
  /** Keeps `value` under `key`. */
  setItem(key: string, value: string): void;
}

export interface OutboxOptions {
  readonly reply: (...given: Parameters<DeskApi["reply"]>) => Promise<MessageJson>;
  readonly read: () => readonly Send[];
  readonly write: (sends: readonly Send[]) => void;
  /** The desk has it. */
  readonly done: (send: Send, message: MessageJson) => void;
  readonly retry?: Retry | undefined;
}

/** How often an error of the desk's own that should not be is met before the page is told. */
const TRIES_MAX = 5;

/** Sends what waits, each conversation's in the order of writing, one at a time. */
export function outbox({ reply, read, write, done, retry }: OutboxOptions) {
  const busy = new Set<string>();
  const tries = new Map<string, number>();
  const waits = backoff(retry);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = true;

  const find = (id: string) => read().find(({ clientMessageId }) => clientMessageId === id);
  const mark = (id: string, change: Pick<Send, "status" | "error">) => {
    write(read().map((send) => (send.clientMessageId === id ? { ...send, ...change } : send)));
  };

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const { conversationId } of read()) if (!ended && !busy.has(conversationId)) void work(conversationId);
  }

  const later = () => {
    if (!ended) timer ??= setTimeout(flush, waits.next());
  };

  async function work(conversationId: string): Promise<void> {
    busy.add(conversationId);
    try {
      for (;;) {
        const next = read().find((send) => send.conversationId === conversationId && send.status !== "refused");
        if (next === undefined || ended) return;
        if (!(await tried(next))) {
          later();
          return;
        }
      }
    } finally {
      busy.delete(conversationId);
    }
  }

  /** @returns false when the same has to be tried again later */
  async function tried({ clientMessageId: id, conversationId, content, options }: Send): Promise<boolean> {
    mark(id, { status: "sending", error: null });
    try {
      const message = await reply(conversationId, { clientMessageId: id, content, ...options });
      waits.reset();
      tries.delete(id);
      const send = find(id);
      if (send !== undefined) done(send, message);
      return true;
    } catch (thrown) {
      if (!DeskError.is(thrown)) throw thrown;
      const { code, message, details, status } = thrown;
      const count = (tries.get(id) ?? 0) + 1;
      const again = isPassing(thrown) || (status >= 500 && count < TRIES_MAX);
      if (status >= 500) tries.set(id, again ? count : 0);
      // Gone by now, it has been told of as a message: no answer came, but the desk has it.
      mark(id, { status: again ? "waiting" : "refused", error: { code, message, details } });
      return !again;
    }
  }

  return {
    flush,
    start: (): void => {
      ended = false;
      flush();
    },
    stop: (): void => {
      ended = true;
      clearTimeout(timer);
      timer = undefined;
    },
    add: (send: Send): void => {
      write([...read(), send]);
      flush();
    },
    again: (id: string): void => {
      if (find(id)?.status !== "refused") return;
      mark(id, { status: "waiting", error: null });
      flush();
    },
    /** @returns whether it will not be sent: what is on its way cannot be called back */
    drop: (id: string): boolean => {
      const send = find(id);
      if (send === undefined || send.status === "sending") return false;
      write(read().filter((other) => other !== send));
      return true;
    },
  };
}

/** The sends of a page that is gone, as of now waiting. What cannot be read is none. */
export function storedSends(storage: SendStorage, key: string): readonly Send[] {
  try {
    const sends = JSON.parse(storage.getItem(key) ?? "[]") as readonly Send[];
    return sends.map((send) => (send.status === "sending" ? { ...send, status: "waiting" } : send));
  } catch {
    return [];
  }
}

/** Writes them down without what another page of the same browser wrote there. Full or forbidden storage costs only what outlives the page. */
export function storeSends(storage: SendStorage, key: string, sends: readonly Send[], ours: ReadonlySet<string>): void {
  try {
    const others = storedSends(storage, key).filter(({ clientMessageId }) => !ours.has(clientMessageId));
    storage.setItem(key, JSON.stringify([...others, ...sends]));
  } catch {
    // The page goes on.
  }
}
