import { desk, departmentName, hotelName, personName } from "./desk.js";
import { button, element, said, select, labelled, showOnce } from "./dom.js";
import { dayAndTime, shortTime, waiting } from "./time.js";
import { Listing, VIEWS } from "./views.js";
import { WindowList } from "./window-list.js";

/** Which list is shown, of which department, and its conversations. */
class ConversationList extends HTMLElement {
  #listing = null;
  #of = null;
  #rows;
  #mentions = null;
  #counters = [];

  connectedCallback() {
    this.views = element("div", { class: "views", role: "group", "aria-label": "Which conversations" });
    this.place = select([], { id: "place" });
    this.place.addEventListener("change", () => this.#choose(this.view));
    const list = element("ul", { id: "conversations" });
    const scroller = element("nav", { class: "scroller", "aria-label": "Conversations" }, list);
    this.nothing = element("p", { class: "nothing", hidden: "" });
    this.append(this.views, labelled("Department", this.place), scroller, this.nothing);
    this.#rows = new WindowList({
      scroller,
      list,
      make: (item) => (item.mention === undefined ? rowOf(item) : mentionOf(item)),
      guess: 88,
      onNear: (edge) => edge === "end" && void this.#listing?.more(),
    });
    desk.watch(() => this.#show());
    desk.onEvent((event) => {
      void this.#listing?.heard(event);
      if (event.type === "staff.mentioned") void this.#readMentions();
      this.#countSoon();
    });
    document.addEventListener("visibilitychange", () => !document.hidden && this.#countSoon());
  }

  get view() {
    return this.#listing?.view.id ?? "open";
  }

  /** Another list, or the same of another department. */
  show(view) {
    this.#choose(view);
  }
  /** The one after the one that is shown, or before it. */
  step(by) {
    const items = this.#rows.items.filter(({ mention }) => mention === undefined);
    const at = items.findIndex(({ key }) => key === desk.chosen);
    const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by))];
    if (next === undefined) return;
    desk.choose(next.conversation);
    this.#rows.reveal(next.key, { block: "nearest" });
  }

  #choose(view) {
    const [hotelId = "", departmentId] = this.place.value.split("/");
    const place = { hotelId: hotelId || null, departmentId: departmentId || undefined };
    this.#mentions = view === "mentions" ? [] : null;
    this.#listing = new Listing(VIEWS.find(({ id }) => id === view) ?? VIEWS[0], place);
    if (view === "mentions") void this.#readMentions();
    // A list of its own is not told live from the beginning.
    else void this.#listing.more();
    desk.changed();
  }

  #show() {
    if (desk.me !== this.#of) this.#begin();
    if (desk.me === null) return;
    const chosenView = this.#mentions === null ? this.view : "mentions";
    showOnce(this.views, chosenView, () =>
      [...VIEWS, { id: "mentions", name: "Mentions" }].map(({ id, name }) =>
        button(name, () => this.#choose(id), { "aria-pressed": String(id === chosenView) }),
      ),
    );
    this.#showPlaces();
    const items = this.#mentions ?? this.#listing.items().map(itemOf);
    this.#rows.show(items);
    const { status } = desk.client.getState().connection;
    this.nothing.hidden = items.length > 0;
    this.nothing.textContent = status === "connecting" ? "Reading the conversations …" : "Nothing here.";
    const unread = desk.client
      ? Object.values(desk.client.getState().conversations).filter((one) => one.unread > 0)
      : [];
    document.title = unread.length > 0 ? `(${unread.length}) Staff inbox` : "Staff inbox";
  }

  #begin() {
    this.#of = desk.me;
    this.#listing = null;
    this.#rows.forget();
    this.#counters = [];
    if (desk.me === null) return;
    this.place.replaceChildren();
    this.#choose("open");
    void this.#count();
  }

  /** The departments within reach, with what is unread in each. */
  #showPlaces() {
    const places = Object.entries(desk.me.hotels).flatMap(([hotelId, departments]) => {
      const all = desk.hotels.find(({ id }) => id === hotelId)?.departments.map(({ id }) => id) ?? [];
      return (departments === "all" ? all : departments).map((departmentId) => ({ hotelId, departmentId }));
    });
    const several = Object.keys(desk.me.hotels).length > 1;
    const options = places.map(({ hotelId, departmentId }) => {
      const { unread = 0, waiting: waits = 0 } =
        this.#counters.find((one) => one.hotelId === hotelId && one.departmentId === departmentId) ?? {};
      const name = several
        ? `${departmentName(hotelId, departmentId)}, ${hotelName(hotelId)}`
        : departmentName(hotelId, departmentId);
      const counts = [unread > 0 && `${unread} unread`, waits > 0 && `${waits} waiting`].filter(Boolean).join(", ");
      return { value: `${hotelId}/${departmentId}`, text: counts === "" ? name : `${name} (${counts})` };
    });
    const { value } = this.place;
    showOnce(this.place, options, () =>
      [{ value: "", text: "All" }, ...options].map((one) => element("option", { value: one.value, text: one.text })),
    );
    this.place.value = value;
  }

  #isCounting = false;
  #countSoon() {
    if (this.#isCounting) return;
    this.#isCounting = true;
    setTimeout(() => {
      this.#isCounting = false;
      void this.#count();
    }, 2_000);
  }
  async #count() {
    const of = desk.me;
    const counters = await desk.client?.api.counters().catch(() => null);
    if (!counters || desk.me !== of) return;
    this.#counters = counters.items;
    desk.changed();
  }

  async #readMentions() {
    if (this.#mentions === null) return;
    const found = await desk.quietly(desk.client.api.mentions({ limit: 50 }));
    if (found === null || this.#mentions === null) return;
    this.#mentions = found.items.map((mention) => ({ key: mention.message.id, mention }));
    desk.changed();
  }
}
customElements.define("conversation-list", ConversationList);

/** The same object for as long as a row would look the same. */
const known = new WeakMap();
function itemOf(conversation) {
  const chosen = conversation.id === desk.chosen;
  const before = known.get(conversation);
  if (before?.chosen === chosen) return before;
  const item = { key: conversation.id, conversation, chosen };
  known.set(conversation, item);
  return item;
}

function rowOf({ conversation, chosen }) {
  const { hotelId, departmentId, guest, lastMessageAt, lastMessagePreview, unread, waitingSince, assigneeId } =
    conversation;
  const { mode, priority, snoozedUntil, tags } = conversation;
  const where =
    Object.keys(desk.me.hotels).length > 1
      ? `${departmentName(hotelId, departmentId)}, ${hotelName(hotelId)}`
      : departmentName(hotelId, departmentId);
  const row = element(
    "button",
    { type: "button", ...(chosen && { "aria-current": "true" }) },
    said(guest.name ?? "Guest", { class: "name" }),
    element("span", { text: shortTime(lastMessageAt), class: "time" }),
    said(lastMessagePreview, { class: "preview" }),
  );
  if (unread > 0)
    row.append(element("span", { text: String(unread), class: "unread", "aria-label": `${unread} unread` }));
  const marks = element("span", { class: "marks" }, element("span", { text: where, class: "where" }));
  if (waitingSince !== null) marks.append(waiting(element("span", { class: "mark waits" }), waitingSince));
  if (priority !== "normal") marks.append(element("span", { text: priority, class: `mark ${priority}` }));
  if (mode === "flow") marks.append(element("span", { text: "in a flow", class: "mark" }));
  if (assigneeId !== null) marks.append(element("span", { text: personName(assigneeId), class: "mark" }));
  if (snoozedUntil !== null)
    marks.append(element("span", { text: `until ${dayAndTime(snoozedUntil)}`, class: "mark" }));
  for (const tag of tags.slice(0, 3)) marks.append(said(tag, { class: "mark tag" }));
  row.append(marks);
  row.dataset.act = "row";
  row.addEventListener("click", () => desk.choose(conversation));
  return element("li", {}, row);
}

function mentionOf({ mention: { at, read, shownIn, message } }) {
  const row = element(
    "button",
    { type: "button" },
    said(message.author.name ?? message.author.kind, { class: "name" }),
    element("span", { text: shortTime(at), class: "time" }),
    said(message.content.text ?? "", { class: "preview" }),
  );
  if (!read) row.append(element("span", { text: "new", class: "unread" }));
  row.addEventListener("click", () => {
    const conversationId = shownIn.at(-1) ?? message.conversationId;
    void desk.chooseFound({ conversationId, messageId: message.id });
  });
  return element("li", {}, row);
}
