import { desk } from "./desk.js";

/**
 * What lists there are: which conversations stand in each (`has`), and what to ask the desk for (`query`), which knows those
 * that were not told of yet.
 */
const isOpen = ({ status }) => status === "open";
const isAwake = (one) => isOpen(one) && one.snoozedUntil === null;
const newestFirst = (one, other) =>
  one.lastMessageAt < other.lastMessageAt ? 1 : one.lastMessageAt > other.lastMessageAt ? -1 : 0;
const longestFirst = (one, other) =>
  one.waitingSince < other.waitingSince ? -1 : one.waitingSince > other.waitingSince ? 1 : 0;

export const VIEWS = [
  { id: "open", name: "Open", has: isAwake, query: () => ({ status: "open" }) },
  {
    id: "mine",
    name: "Mine",
    has: (one) => isAwake(one) && one.assigneeId === desk.me.id,
    query: () => ({ status: "open", assignee: desk.me.id }),
  },
  {
    id: "unassigned",
    name: "Unassigned",
    has: (one) => isAwake(one) && one.assigneeId === null,
    query: () => ({ status: "open", assignee: "none" }),
  },
  {
    id: "waiting",
    name: "Waiting",
    has: (one) => isAwake(one) && one.waitingSince !== null,
    query: () => ({ status: "open", waiting: true }),
    order: longestFirst,
  },
  {
    id: "flow",
    name: "In a flow",
    has: (one) => isAwake(one) && one.mode === "flow",
    query: () => ({ status: "open" }),
  },
  {
    id: "snoozed",
    name: "Snoozed",
    has: (one) => isOpen(one) && one.snoozedUntil !== null,
    query: () => ({ status: "open", snoozed: true }),
    isApart: true,
  },
  {
    id: "closed",
    name: "Closed",
    has: ({ status }) => status === "closed",
    query: () => ({ status: "closed" }),
    isApart: true,
  },
].map((view) => ({ order: newestFirst, isApart: false, ...view }));

/** A view of one department, or of all: its conversations as they are now, in order. */
export class Listing {
  #pages = new Map();
  #cursor;
  #isAsking = false;
  #kept = { conversations: null, pages: 0, items: [] };
  #turn = 0;

  constructor(view, place) {
    this.view = view;
    this.place = place;
    this.ended = false;
  }

  /** Whether there are more than are here. */
  get hasMore() {
    return !this.ended && (this.view.isApart || desk.client.getState().more);
  }

  items() {
    const { conversations } = desk.client.getState();
    if (this.#kept.conversations === conversations && this.#kept.pages === this.#turn) return this.#kept.items;
    const { hotelId, departmentId } = this.place;
    const isHere = (one) =>
      (hotelId === null || one.hotelId === hotelId) &&
      (departmentId === undefined || one.departmentId === departmentId);
    const items = Object.values(conversations).filter((one) => this.view.has(one) && isHere(one));
    for (const [id, one] of this.#pages)
      // What was told of once is told of on: if it is gone there, it is gone.
      if (conversations[id] !== undefined) this.#pages.delete(id);
      else if (this.view.has(one) && isHere(one)) items.push(one);
    items.sort(this.view.order);
    this.#kept = { conversations, pages: this.#turn, items };
    return items;
  }

  /** Reads the next page. */
  async more() {
    if (!this.hasMore) return;
    await this.#read(this.#cursor, (items) => {
      for (const item of items) this.#pages.set(item.id, item);
    });
  }

  async #read(cursor, keep) {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const { hotelId, departmentId } = this.place;
      const { items, nextCursor } = await desk.client.api.conversations({
        ...this.view.query(),
        hotel: hotelId ?? undefined,
        department: departmentId ?? undefined,
        limit: 100,
        cursor,
      });
      keep(items);
      this.#cursor = nextCursor ?? undefined;
      this.ended = nextCursor === null;
      this.#turn += 1;
      desk.changed();
    } catch (error) {
      // The line says so by itself, and this is asked again when somebody scrolls or something happens.
      if (error.name !== "DeskError") throw error;
    } finally {
      this.#isAsking = false;
    }
  }

  /** Something happened, perhaps to one that the live state does not have. */
  async heard({ type, conversationId }) {
    if (!CHANGES.has(type)) return;
    if (this.view.isApart) {
      // Begun anew: what comes into such a list stands at its top.
      await this.#read(undefined, (items) => {
        this.#pages = new Map(items.map((item) => [item.id, item]));
      });
    } else if (this.#pages.delete(conversationId)) this.#turn += 1;
  }
}

const CHANGES = new Set([
  ...["conversation.closed", "conversation.reopened", "conversation.snoozed", "conversation.unsnoozed"],
  ...["conversation.transferred", "conversation.erased"],
]);
