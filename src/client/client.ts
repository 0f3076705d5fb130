import type { ConversationSummaryJson, MessageJson } from "../http/json-types.js";
import type { LiveEventJson, ServerFrame } from "../live/protocol.js";
import type { DeskApi } from "./api.js";
import type { Retry } from "./backoff.js";
import { liveConnection } from "./live.js";
import {
  outbox,
  storedSends,
  storeSends,
  type NewContent,
  type ReplyOptions,
  type Send,
  type SendStorage,
} from "./outbox.js";
import { reader } from "./reader.js";
import { restApi, type Fetch } from "./rest.js";
import { answered, EMPTY, expired, type DeskState } from "./store.js";
import { tokensOf, type TokenSource } from "./tokens.js";
import { streamWire } from "./stream.js";
import { socketWire, type OpenWire, type SocketClass } from "./wire.js";

/** Where the desk is, who asks, and what the platform gives. */
export interface DeskClientOptions {
  /** Where the desk's API is mounted: `https://hotel.example/api`, or in a browser `/api`. */
  readonly baseUrl: string;
  /**
   * Sent as `Authorization: Bearer` and in the first frame, never in an address. A function is asked once, and again when what it
   * gave is refused; null says that nobody is signed in. None where a cookie says who it is.
   */
  readonly token?: TokenSource;
  /** false: HTTP only. */
  readonly live?: LiveClientOptions | false;
  /** The platform's by default. */
  readonly fetch?: Fetch;
  /** A class; the platform's by default. Node 20 has none: give it that of `ws`. */
  readonly WebSocket?: SocketClass;
  /** Where what was written and not sent outlives the page, e.g. `localStorage`; nowhere by default. It holds what staff wrote to guests. */
  readonly storage?: SendStorage;
  /** By what name; let it hold who is signed in, or whoever is next sends it. `"belldesk.sends"` by default. */
  readonly storageKey?: string;
}

/** Where and how a client goes live. */
export interface LiveClientOptions {
  /** Where the desk's WebSocket is, and its event stream; `"/live"` on the host of `baseUrl` by default. */
  readonly url?: string;
  /** Conversations in a snapshot, 1 to 1,000; 200 by default. */
  readonly snapshot?: number;
  /** How soon it connects again, and sends again. */
  readonly retry?: Retry;
}

/** The desk as a page sees it: routes, a live connection, and all that is shown as one value. */
export interface DeskClient {
  /** The desk's routes, typed. */
  readonly api: DeskApi;
  /** Goes live, and sends what waits. Does nothing while it is. */
  readonly connect: () => void;
  /** Ends everything that `connect` began. What is shown stays. */
  readonly close: () => void;
  /** The same object for as long as nothing changes. */
  readonly getState: () => DeskState;
  /** Called after every change. @returns what ends that */
  readonly subscribe: (listener: () => void) => () => void;
  /** Called for each event that is told, once: for a sound or a notification. @returns what ends that */
  readonly onEvent: (listener: DeskEventListener) => () => void;
  /**
   * Shows a conversation: reads its newest messages, and keeps them up to date in `state.threads`.
   * @param conversation an id, or a summary where the state does not have it: a closed one of a list
   * @returns what says that it is not shown any more
   */
  readonly open: (conversation: string | ConversationSummaryJson) => () => void;
  /** Reads the page of messages before those in `state.threads`. @throws {DeskError} */
  readonly older: (conversationId: string) => Promise<void>;
  /** Reads the next page of open conversations, where `state.more` says that there are. @throws {DeskError} */
  readonly more: () => Promise<void>;
  /**
   * Writes to the guest: it stands in `state.sends` at once, and is sent when it can be, in order, once.
   * @param content a text, or any content that the desk sends
   * @returns its `clientMessageId`
   * @throws {TypeError} content that JSON cannot say
   */
  readonly reply: (conversationId: string, content: string | NewContent, options?: ReplyOptions) => string;
  /** Sends again what was refused. */
  readonly retry: (clientMessageId: string) => void;
  /** Gives up what is not on its way. @returns whether it did. What has the error `unreachable` may have arrived nevertheless. */
  readonly drop: (clientMessageId: string) => boolean;
  /** Shows colleagues what somebody is about: `viewing` until `left`, `typing` for 10 s from each call. */
  readonly signal: (kind: "typing" | "viewing" | "left", conversationId: string) => void;
  /** Somebody is there. A browser notices by itself. */
  readonly active: () => void;
}
/** Hears an event, with the message that it is about as it is now, or null. */
export type DeskEventListener = (event: LiveEventJson, message: MessageJson | null) => void;

/** A client of the desk for a page or a program. It does nothing before `connect()`, but for `api` and what is opened. */
export function deskClient({
  baseUrl,
  token,
  live = {},
  fetch = globalThis.fetch.bind(globalThis),
  WebSocket = (globalThis as { readonly WebSocket?: SocketClass }).WebSocket,
  storage,
  storageKey = "belldesk.sends",
}: DeskClientOptions): DeskClient {
  const page = globalThis as Page;
  const base = new URL(baseUrl, page.location?.href);
  const tokens = tokensOf(token);
  const api = restApi(base.href.replace(/\/$/, ""), tokens, fetch);
  const listeners = new Set<() => void>();
  const eventListeners = new Set<DeskEventListener>();
  const ours = new Set<string>();
  let expiry: ReturnType<typeof setTimeout> | undefined;
  let state = EMPTY;

  const set = (next: DeskState): void => {
    const before = state;
    if (next === before) return;
    state = next;
    if (before.sends !== next.sends) keep();
    if (before.signals !== next.signals) expire();
    for (const listener of [...listeners]) guarded(listener);
  };
  const keep = (): void => {
    for (const { clientMessageId } of state.sends) ours.add(clientMessageId);
    if (storage !== undefined) storeSends(storage, storageKey, state.sends, ours);
  };
  const expire = (): void => {
    clearTimeout(expiry);
    const first = Math.min(...state.signals.map(({ until }) => until));
    if (first !== Infinity) expiry = setTimeout(() => set(expired(state, Date.now())), first - Date.now());
  };

  const pages = reader(api, () => state, set);
  const sends = outbox({
    reply: (id, body) => api.reply(id, body),
    read: () => state.sends,
    write: (written) => set({ ...state, sends: written }),
    done: ({ clientMessageId }, message) => set(answered(state, clientMessageId, message)),
    retry: live === false ? undefined : live.retry,
  });
  /** The newest event of each hotel: what was cut before its place was told is told again from where the place before it is. */
  let newest: Record<string, number> = {};
  const told = (frames: readonly ServerFrame[], isFresh: boolean): void => {
    pages.told(frames, isFresh);
    if (isFresh) newest = {};
    for (const frame of frames) {
      if (frame.type !== "event") continue;
      const { event, message } = frame;
      if (event.seq <= (newest[event.hotelId] ?? 0)) continue;
      newest[event.hotelId] = event.seq;
      for (const listener of [...eventListeners]) guarded(() => listener(event, message));
    }
  };
  const line =
    live === false
      ? null
      : liveConnection({
          ways: waysTo(base, live, WebSocket, fetch),
          tokens,
          snapshot: live.snapshot,
          retry: live.retry,
          told,
          changed: (connection) => {
            set({ ...state, connection });
            if (connection.status !== "live") return;
            pages.fill();
            sends.flush();
          },
        });

  const active = () => line?.active();
  const hurry = () => {
    if (page.document?.visibilityState === "hidden") return;
    line?.hurry();
    line?.active();
    sends.flush();
  };
  const watch = (how: "addEventListener" | "removeEventListener"): void => {
    for (const type of ["focus", "pointerdown", "keydown"]) page[how]?.(type, active);
    page[how]?.("online", hurry);
    page.document?.[how]("visibilitychange", hurry);
  };

  if (storage !== undefined) set({ ...state, sends: storedSends(storage, storageKey) });

  return {
    api,
    connect() {
      if (state.connection.status !== "stopped") return;
      watch("addEventListener");
      if (line === null) set({ ...state, connection: { status: "offline", reason: null } });
      line?.connect();
      sends.start();
      pages.fill();
    },
    close() {
      watch("removeEventListener");
      sends.stop();
      pages.stop();
      line?.close();
      if (line === null) set({ ...state, connection: EMPTY.connection });
    },
    getState: () => state,
    subscribe: added(listeners),
    onEvent: added(eventListeners),
    open: pages.open,
    older: pages.older,
    more: pages.more,
    reply(conversationId, content, options = {}) {
      const clientMessageId = newId();
      // A copy, and only what can be sent: what is none throws where it is handed over.
      const text = JSON.stringify({
        content: typeof content === "string" ? { type: "text", text: content } : content,
        options,
      });
      sends.add({
        clientMessageId,
        conversationId,
        ...(JSON.parse(text) as Pick<Send, "content" | "options">),
        status: "waiting",
        error: null,
        at: new Date().toISOString(),
      });
      return clientMessageId;
    },
    retry: sends.again,
    drop: sends.drop,
    signal: (kind, conversationId) => line?.signal(kind, conversationId),
    active: () => active(),
  };
}

/** 128 random bits. `randomUUID` is not there for a page that came without TLS. */
const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** As much of a browser's window as is used; a program has none of it. */
interface Page extends Partial<Listening> {
  readonly location?: { readonly href: string };
  readonly document?: Listening & { readonly visibilityState: string };
}
type Listen = (type: string, listener: () => void) => void;
interface Listening {
  readonly addEventListener: Listen;
  readonly removeEventListener: Listen;
}

/** A WebSocket; and where none can be opened, an event stream. */
function waysTo(
  base: URL,
  { url = "/live" }: LiveClientOptions,
  WebSocket: SocketClass | undefined,
  fetch: Fetch,
): readonly OpenWire[] {
  const stream = new URL(url, base);
  stream.protocol = stream.protocol.replace("ws", "http");
  const socket = new URL(stream);
  socket.protocol = socket.protocol.replace("http", "ws");
  const ways = [streamWire(stream.href, fetch)];
  return WebSocket === undefined ? ways : [socketWire(socket.href, WebSocket), ...ways];
}

const added =
  <Listener>(listeners: Set<Listener>) =>
  (listener: Listener): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };

/** What goes wrong in a listener is the page's, and costs nobody else what is told. */
function guarded(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
