import type { ConversationSummaryJson, MessageJson } from "../http/json-types.js";
import type { CloseReason, LiveEventJson, ServerFrame } from "../live/protocol.js";
import type { Send } from "./outbox.js";

/** All that a page shows. A value that is never changed: what is new is a new one, and what has not changed is the same as before. */
export interface DeskState {
  readonly connection: Connection;
  /** By id: the open ones that were told of, and those that a page has open or had. */
  readonly conversations: Readonly<Record<string, ConversationSummaryJson>>;
  /** Whether there are older open ones: `client.more()`. */
  readonly more: boolean;
  /** What is said in the conversations that were opened, by their id. */
  readonly threads: Readonly<Record<string, Thread>>;
  /** What colleagues are about just now. */
  readonly signals: readonly ShownSignal[];
  /** What was written here and is not in its conversation yet, oldest first. */
  readonly sends: readonly Send[];
}

/** How the live connection stands. */
export interface Connection {
  /**
   * `live`: everything is told as it happens. `connecting`, `offline`: what is shown may be old, and will catch up.
   * `stopped`: nothing more comes until `connect()`.
   */
  readonly status: "connecting" | "live" | "offline" | "stopped";
  /** Why it is not live; null where there is nothing to tell. */
  readonly reason: OfflineReason | null;
}
/**
 * How the desk ended it; `unreachable` when it did not say, `token_failed` when whoever gives the token did not, `closed` after
 * `close()` and before `connect()`.
 */
export type OfflineReason = CloseReason | "unreachable" | "token_failed" | "closed";

/** The messages of a conversation that is shown. */
export interface Thread {
  /** Oldest first, without holes, with those of the conversations that it continues. */
  readonly messages: readonly MessageJson[];
  /** Whether the newest messages are here. */
  readonly loaded: boolean;
  /** The code of why they are not, where asking again does not help. */
  readonly error: string | null;
  /** Where older ones begin; null when there are none. */
  readonly nextCursor: string | null;
  /** It goes on with another conversation by now, whose messages are not here. */
  readonly stale: boolean;
  /** What was told while a page was on its way: newer than the page. null while none is. */
  readonly early: Readonly<Record<string, EarlyMessage>> | null;
  /** The number of the last event about each message. */
  readonly told: Readonly<Record<string, number>>;
}
interface EarlyMessage {
  readonly message: MessageJson;
  readonly isNew: boolean;
}

/** A colleague who types in, or looks at, a conversation. */
export interface ShownSignal {
  readonly kind: "typing" | "viewing";
  readonly conversationId: string;
  readonly by: { readonly id: string; readonly name: string | null };
  readonly connectionId: string;
  /** Milliseconds since 1970: it is over then, unless it is said again. */
  readonly until: number;
}

/** Milliseconds that a signal lasts. */
const SIGNAL_MS = 30_000;

const NOTHING = { conversations: {}, more: false, threads: {}, signals: [] } as const;
export const EMPTY: DeskState = { ...NOTHING, connection: { status: "stopped", reason: "closed" }, sends: [] };
const THREAD: Thread = {
  messages: [],
  loaded: false,
  error: null,
  nextCursor: null,
  stale: false,
  early: null,
  told: {},
};

/** Nothing is known any more but what was written here. */
export const emptied = (state: DeskState): DeskState => ({ ...state, ...NOTHING });

/**
 * What the desk told, told together. Pure: in order, and any part of it again, it comes to the same.
 * @param at milliseconds since 1970
 */
export function apply(state: DeskState, frames: readonly ServerFrame[], at: number): DeskState {
  const next = draft(state);
  for (const frame of frames) {
    switch (frame.type) {
      case "resync_required":
        next.set(emptied(next.state));
        break;
      case "snapshot":
        for (const item of frame.items) upsert(next, item);
        if (frame.last) next.set({ more: frame.more });
        break;
      case "conversation":
        upsert(next, frame.conversation);
        break;
      case "gone":
        next.remove("conversations", frame.conversationId);
        next.remove("threads", frame.conversationId);
        break;
      case "event":
        happened(next, frame.event, frame.message);
        break;
      case "signal":
        next.set({ signals: signalled(next.state.signals, frame, at) });
        break;
      default: // about the connection, not about what is shown
    }
  }
  return next.state;
}

/** A closed one that no page has opened is nothing to show. */
function upsert(next: Draft, item: ConversationSummaryJson): void {
  const known = next.state.conversations[item.id];
  if (known !== undefined && known.version > item.version) return;
  if (item.status === "closed" && next.state.threads[item.id] === undefined) next.remove("conversations", item.id);
  else next.put("conversations", item.id, item);
}

const BEGINNINGS: readonly string[] = ["message.received", "message.queued", "message.echoed", "message.noted"];

function happened(next: Draft, event: LiveEventJson, message: MessageJson | null): void {
  if (event.type === "conversation.erased" && event.conversationId !== null) forget(next, event.conversationId);
  if (event.type === "conversation.closed" && event.continuedIn !== null) {
    const onward = next.state.threads[event.continuedIn];
    if (onward !== undefined) next.put("threads", event.continuedIn, { ...onward, stale: true });
  }
  if (message === null) return;
  const isNew = BEGINNINGS.includes(event.type);
  for (const [id, thread] of Object.entries(next.state.threads)) {
    const after = heard(thread, message, event.seq, isNew && message.conversationId === id);
    if (after !== thread) next.put("threads", id, after);
  }
  if (message.clientMessageId !== null) settle(next, message.clientMessageId);
}

/** Nothing of it is kept here either, nor what was written in it and not sent. */
function forget(next: Draft, conversationId: string): void {
  next.remove("conversations", conversationId);
  next.remove("threads", conversationId);
  const { sends, signals, threads } = next.state;
  const isOther = (one: { readonly conversationId: string }) => one.conversationId !== conversationId;
  next.set({ sends: sends.filter(isOther), signals: signals.filter(isOther) });
  // Another one may show it as its beginning.
  for (const [id, thread] of Object.entries(threads)) {
    const messages = thread.messages.filter(isOther);
    if (messages.length < thread.messages.length) next.put("threads", id, { ...thread, messages });
  }
}

function heard(thread: Thread, message: MessageJson, seq: number, isNew: boolean): Thread {
  const { messages, early, told } = thread;
  const index = messages.findLastIndex(({ id }) => id === message.id);
  // An old message that is not here comes with its page, as it is by then.
  if (!isNew && index < 0 && early === null) return thread;
  // What was told before may be told again, and is older then than what is here.
  if (seq < (told[message.id] ?? 0)) return thread;
  const wasNew = early?.[message.id]?.isNew ?? false;
  return {
    ...thread,
    messages: index >= 0 ? messages.with(index, message) : isNew ? placed(thread, message) : messages,
    early: early && { ...early, [message.id]: { message, isNew: isNew || wasNew } },
    told: { ...told, [message.id]: seq },
  };
}

/** At the end, but before what was written later in the same conversation and is there already. */
function placed({ messages }: Thread, message: MessageJson): readonly MessageJson[] {
  const later = ({ conversationId, seq }: MessageJson) =>
    conversationId === message.conversationId && seq > message.seq;
  let end = messages.length;
  for (let before = messages[end - 1]; before !== undefined && later(before); before = messages[end - 1]) end -= 1;
  return messages.toSpliced(end, 0, message);
}

function settle(next: Draft, clientMessageId: string): void {
  const { sends } = next.state;
  if (sends.some((send) => send.clientMessageId === clientMessageId))
    next.set({ sends: sends.filter((send) => send.clientMessageId !== clientMessageId) });
}

function signalled(
  signals: readonly ShownSignal[],
  { kind, conversationId, by, connectionId }: Extract<ServerFrame, { readonly type: "signal" }>,
  at: number,
): readonly ShownSignal[] {
  const others = signals.filter(
    (other) => other.conversationId !== conversationId || other.connectionId !== connectionId,
  );
  return kind === "left" ? others : [...others, { kind, conversationId, by, connectionId, until: at + SIGNAL_MS }];
}

/** What colleagues are still about. @param at milliseconds since 1970 */
export function expired(state: DeskState, at: number): DeskState {
  const signals = state.signals.filter(({ until }) => until > at);
  return signals.length === state.signals.length ? state : { ...state, signals };
}

/** A page is about to be read: what is told meanwhile is newer than it. */
export const asking = (state: DeskState, conversationId: string): DeskState =>
  withThread(state, conversationId, (thread) => ({ ...thread, early: {}, error: null }));

/** A page was not to be had. */
export const refused = (state: DeskState, conversationId: string, error: string | null): DeskState =>
  withThread(state, conversationId, (thread) => ({ ...thread, early: null, error }));

/**
 * A page of a conversation's messages came.
 * @param items newest first, as they come
 * @param isNewest whether it is the first: else it goes before what is there
 */
export const paged = (
  state: DeskState,
  conversationId: string,
  items: readonly MessageJson[],
  nextCursor: string | null,
  isNewest: boolean,
): DeskState =>
  withThread(state, conversationId, (thread) => {
    const early = thread.early ?? {};
    const page = items.toReversed().map((message) => early[message.id]?.message ?? message);
    const here = new Set(page.map(({ id }) => id));
    const beside = thread.messages.filter(({ id }) => !here.has(id) && (!isNewest || early[id]?.isNew === true));
    const known = { ...thread, nextCursor, early: null };
    return isNewest
      ? { ...known, messages: [...page, ...beside], loaded: true, stale: false }
      : {
          ...known,
          messages: [...page.filter(({ id }) => !thread.messages.some((m) => m.id === id)), ...thread.messages],
        };
  });

/** A page of conversations came. @param touched ids of those that were told of while it was on its way, which is newer */
export function listed(
  state: DeskState,
  items: readonly ConversationSummaryJson[],
  touched: ReadonlySet<string>,
): DeskState {
  const next = draft(state);
  for (const item of items) if (!touched.has(item.id)) upsert(next, item);
  return next.state;
}

/** A page wants to show this one. */
export function opened(state: DeskState, conversationId: string, summary: ConversationSummaryJson | null): DeskState {
  const next = draft(state);
  if (state.threads[conversationId] === undefined) next.put("threads", conversationId, THREAD);
  if (summary !== null && state.conversations[conversationId] === undefined)
    next.put("conversations", conversationId, summary);
  return next.state;
}

/** Nobody has shown this one for long. */
export function forgotten(state: DeskState, conversationId: string): DeskState {
  const next = draft(state);
  next.remove("threads", conversationId);
  if (state.conversations[conversationId]?.status === "closed") next.remove("conversations", conversationId);
  return next.state;
}

/** The desk has what was written here. */
export function answered(state: DeskState, clientMessageId: string, message: MessageJson): DeskState {
  const next = draft(state);
  const thread = state.threads[message.conversationId];
  if (thread !== undefined && !thread.messages.some(({ id }) => id === message.id))
    next.put("threads", message.conversationId, {
      ...thread,
      messages: placed(thread, message),
      early: thread.early && { ...thread.early, [message.id]: { message, isNew: true } },
    });
  settle(next, clientMessageId);
  return next.state;
}

function withThread(state: DeskState, id: string, change: (thread: Thread) => Thread): DeskState {
  const thread = state.threads[id];
  return thread === undefined ? state : { ...state, threads: { ...state.threads, [id]: change(thread) } };
}

type Table = "conversations" | "threads";

interface Draft {
  state: DeskState;
  set(change: Partial<DeskState>): void;
  put<T extends Table>(table: T, id: string, value: DeskState[T][string]): void;
  remove(table: Table, id: string): void;
}

/** A state in the making: a table is copied once, however much of it changes. */
function draft(before: DeskState): Draft {
  const ours = new Set<object>();
  const own = (table: Table): Record<string, unknown> => {
    if (!ours.has(made.state[table])) {
      made.state = { ...made.state, [table]: { ...made.state[table] } };
      ours.add(made.state[table]);
    }
    return made.state[table];
  };
  const made: Draft = {
    state: before,
    set: (change) => {
      made.state = { ...made.state, ...change };
    },
    put: (table, id, value) => {
      own(table)[id] = value;
    },
    remove: (table, id) => {
      // oxlint-disable-next-line typescript/no-dynamic-delete -- its own copy
      if (id in made.state[table]) delete own(table)[id];
    },
  };
  return made;
}
