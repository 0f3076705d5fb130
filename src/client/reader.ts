import type { ConversationSummaryJson } from "../http/json-types.js";
import type { ServerFrame } from "../live/protocol.js";
import type { DeskApi } from "./api.js";
import { DeskError, isPassing } from "./error.js";
import * as store from "./store.js";
import type { DeskState } from "./store.js";

/** Conversations whose messages are kept although no page shows them, so that going back to one is at once. */
const THREADS_KEPT = 30;
/** Milliseconds after which a page that nobody could answer is asked for again. */
const ASK_AGAIN_MS = 3_000;

/** Reads pages over HTTP, and puts them together with what is told meanwhile. */
export function reader(api: DeskApi, read: () => DeskState, set: (next: DeskState) => void) {
  /** How many pages show a conversation; and which were shown, the last one last. */
  const shown = new Map<string, number>();
  const recent = new Set<string>();
  /** What a thread waits for. */
  const asked = new Map<string, object>();
  /** The next page of the list of open conversations; and what was told of while it is on its way. */
  let list: { cursor?: string; touched: Set<string> } = { touched: new Set() };
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Asks for what pages show and is not here. */
  function fill(): void {
    clearTimeout(timer);
    for (const id of shown.keys()) {
      const thread = read().threads[id];
      if (thread !== undefined && (!thread.loaded || thread.stale) && thread.error === null && !asked.has(id))
        ask(id, undefined).catch(() => undefined); // its thread tells
    }
  }

  async function ask(id: string, cursor: string | undefined): Promise<void> {
    const mine = {};
    asked.set(id, mine);
    set(store.asking(read(), id));
    try {
      const { items, nextCursor } = await api.messages(id, { cursor });
      if (asked.get(id) !== mine) return;
      asked.delete(id);
      set(store.paged(read(), id, items, nextCursor, cursor === undefined));
    } catch (error) {
      if (asked.get(id) !== mine) return;
      asked.delete(id);
      const refusal = DeskError.is(error) && !isPassing(error) && error.status < 500 ? error.code : null;
      set(store.refused(read(), id, refusal));
      if (refusal === null && cursor === undefined) timer = setTimeout(fill, ASK_AGAIN_MS);
      throw error;
    }
  }

  const forget = (): void => {
    for (const id of recent) {
      if (recent.size <= THREADS_KEPT) return;
      recent.delete(id);
      if (!shown.has(id)) set(store.forgotten(read(), id));
    }
  };

  return {
    fill,
    stop: (): void => clearTimeout(timer),
    told: (frames: readonly ServerFrame[], isFresh: boolean): void => {
      const before = read();
      let next = before;
      if (isFresh) {
        next = store.emptied(next);
        asked.clear();
        recent.clear();
        list = { touched: new Set() };
        for (const id of shown.keys()) next = store.opened(next, id, before.conversations[id] ?? null);
      }
      for (const frame of frames) {
        if (frame.type === "gone") list.touched.add(frame.conversationId);
        else if (frame.type === "conversation") list.touched.add(frame.conversation.id);
      }
      next = store.apply(next, frames, Date.now());
      for (const id of shown.keys()) if (next.conversations[id] !== undefined) next = store.opened(next, id, null);
      set(next);
      fill();
    },
    open: (conversation: string | ConversationSummaryJson): (() => void) => {
      const [id, summary] = typeof conversation === "string" ? [conversation, null] : [conversation.id, conversation];
      shown.set(id, (shown.get(id) ?? 0) + 1);
      recent.delete(id);
      set(store.opened(read(), id, summary));
      fill();
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        const pages = (shown.get(id) ?? 1) - 1;
        if (pages > 0) shown.set(id, pages);
        else shown.delete(id);
        recent.add(id);
        forget();
      };
    },
    older: async (id: string): Promise<void> => {
      const cursor = read().threads[id]?.nextCursor ?? null;
      if (cursor !== null && !asked.has(id)) await ask(id, cursor);
    },
    more: async (): Promise<void> => {
      const mine = list;
      for (;;) {
        mine.touched.clear();
        const { items, nextCursor } = await api.conversations({ status: "open", limit: 100, cursor: mine.cursor });
        if (list !== mine) return;
        const before = read();
        const next = store.listed(before, items, mine.touched);
        set({ ...next, more: nextCursor !== null });
        if (nextCursor === null) return;
        mine.cursor = nextCursor;
        if (items.some(({ id }) => before.conversations[id] === undefined)) return;
      }
    },
  };
}
