import { sendsTo } from "/assets/client.js";
import { desk } from "./desk.js";
import { bubbleOf, lineBetween, pendingOf } from "./message-bubble.js";
import { button, element } from "./dom.js";
import { dayOf, longDay } from "./time.js";
import { WindowList } from "./window-list.js";

/** What was said in the conversation that is shown: what stands on the screen, and no more of it, is in the page. */
class MessageHistory extends HTMLElement {
  #rows;
  #of = null;
  #items = new Map();
  /** Where the guest's unread messages began when somebody opened the conversation. */
  #unreadFrom = null;
  #marked = "";
  #asking = null;

  connectedCallback() {
    this.older = button("Earlier messages", () => this.#older(), { class: "quiet older", hidden: "" });
    const list = element("ol", { id: "messages" });
    const scroller = element(
      "div",
      { class: "scroller", tabindex: "0", role: "group", "aria-label": "Messages" },
      this.older,
      list,
    );
    this.news = element("p", { class: "hidden", "aria-live": "polite" });
    this.toEnd = button("To the newest message", () => this.#rows.toEnd(), { text: "↓", class: "to-end", hidden: "" });
    this.append(scroller, this.toEnd, this.news);
    const acts = {
      answer: (message) => this.dispatchEvent(new CustomEvent("answer", { detail: message, bubbles: true })),
      react: (message, near) =>
        this.dispatchEvent(new CustomEvent("react", { detail: { message, near }, bubbles: true })),
      find: (id) => this.find(id),
    };
    this.#rows = new WindowList({
      scroller,
      list,
      guess: 72,
      make: (item) => (item.send ? pendingOf(item) : item.message ? bubbleOf(item, acts) : lineBetween(item)),
      onNear: (edge) => {
        this.toEnd.hidden = this.#rows.isAtEnd;
        if (edge === "start") void this.#older();
      },
    });
    scroller.addEventListener("scroll", () => (this.toEnd.hidden = this.#rows.isAtEnd), { passive: true });
    desk.watch(() => this.#show());
    document.addEventListener("visibilitychange", () => this.#show());
  }

  /** Brings a message into view, reading back to it where it is not here yet. @returns whether it was found */
  async find(messageId) {
    const id = desk.chosen;
    for (let page = 0; page < 100 && id === desk.chosen; page++) {
      if (desk.thread()?.messages.some((message) => message.id === messageId)) break;
      if (!desk.thread()?.loaded || desk.thread().nextCursor === null) return false;
      await this.#older();
    }
    desk.sought = messageId;
    this.#show();
    this.#rows.reveal(messageId);
    return true;
  }

  #show() {
    const conversation = desk.conversation();
    const thread = desk.thread();
    if (desk.chosen !== this.#of) this.#begin();
    if (conversation === null || thread === null) {
      this.#rows.show([]);
      return;
    }
    if (this.#unreadFrom === null && thread.loaded) this.#unreadFrom = firstUnread(conversation, thread.messages) ?? "";
    this.older.hidden = thread.nextCursor === null;
    this.#rows.show(this.#itemsOf(thread, conversation), { follow: true });
    // What somebody has just written here is what they want to see.
    const written = sendsTo(desk.client.getState(), conversation.id).at(-1)?.clientMessageId ?? null;
    if (written !== null && written !== this.#written) this.#rows.toEnd();
    this.#written = written ?? this.#written;
    if (desk.sought !== null && desk.sought !== this.#soughtBefore && thread.loaded) {
      this.#soughtBefore = desk.sought;
      void this.find(desk.sought);
    }
    this.#markRead(conversation, thread);
  }
  #soughtBefore = null;
  #written = null;

  #begin() {
    this.#of = desk.chosen;
    this.#items = new Map();
    this.#unreadFrom = null;
    this.#soughtBefore = null;
    this.#rows.forget();
  }

  #itemsOf({ messages }, { id }) {
    const ours = reactionsByUs(messages);
    const byWamid = new Map(messages.map((message) => [message.wamid, message]));
    const items = [];
    const before = this.#items;
    this.#items = new Map();
    const add = (item) => {
      const known = before.get(item.key);
      const kept = known !== undefined && isSame(known, item) ? known : item;
      this.#items.set(item.key, kept);
      items.push(kept);
    };
    let day = "";
    for (const message of messages) {
      // A reaction stands on its message; one that did not go is a message of its own, with advice.
      if (message.content.type === "reaction" && message.failure === null && ours.has(message.content.messageId))
        continue;
      const today = dayOf(message.createdAt);
      if (today !== day) add({ key: `day ${today}`, text: longDay(message.createdAt) });
      day = today;
      if (message.id === this.#unreadFrom) add({ key: "unread", text: "New", unread: true });
      add({
        key: message.id,
        message,
        quoted: message.quotes === null ? null : (byWamid.get(message.quotes) ?? null),
        ours: ours.get(message.id) ?? null,
        sought: message.id === desk.sought,
        resent: message.resentAs !== null || desk.resent.has(message.id),
      });
    }
    for (const send of sendsTo(desk.client.getState(), id)) add({ key: send.clientMessageId, send });
    return items;
  }

  /** Reads the page before; who asks while that is under way waits for it. */
  #older() {
    const id = desk.chosen;
    if (id === null || !desk.thread()?.loaded || desk.thread().nextCursor === null) return Promise.resolve();
    this.#asking ??= desk.quietly(desk.client.older(id)).finally(() => (this.#asking = null));
    return this.#asking;
  }

  /** What somebody has before them is read; in a page behind others nobody has. */
  #markRead({ id, unread, guessed }, { messages }) {
    if (document.hidden || unread === 0 || guessed) return;
    const newest = messages.findLast(
      ({ direction, conversationId }) => direction === "inbound" && conversationId === id,
    );
    if (newest === undefined || this.#marked === newest.id) return;
    this.#marked = newest.id;
    this.news.textContent = "A new message of the guest";
    void desk.quietly(desk.client.api.markRead(id, { seq: newest.seq })).then((read) => {
      if (read === null) this.#marked = "";
    });
  }
}
customElements.define("message-history", MessageHistory);

const isSame = (one, other) =>
  one.message === other.message &&
  one.quoted === other.quoted &&
  one.ours === other.ours &&
  one.sought === other.sought &&
  one.resent === other.resent &&
  one.send === other.send &&
  one.text === other.text;

function firstUnread({ id, unread }, messages) {
  if (unread === 0) return null;
  const theirs = messages.filter(({ direction, conversationId }) => direction === "inbound" && conversationId === id);
  return theirs.at(-unread)?.id ?? null;
}

/** The emoji that the hotel put on messages from here, the last one of each. */
function reactionsByUs(messages) {
  const ours = new Map();
  const here = new Set(messages.map(({ id }) => id));
  for (const { content, failure } of messages)
    if (content.type === "reaction" && failure === null && here.has(content.messageId))
      ours.set(content.messageId, content.text ?? null);
  return ours;
}
