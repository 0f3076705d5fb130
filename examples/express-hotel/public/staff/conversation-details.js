import { auditOf } from "./audit.js";
import { desk, may, personName } from "./desk.js";
import { flowOf } from "./flow-progress.js";
import { guestOf, staysOf, tasksOf } from "./guest-facts.js";
import { keepSavedReplies } from "./saved-replies.js";
import { button, element, labelled, said, select, showOnce } from "./dom.js";

/** What stands beside a conversation: the guest, how it is sorted, its flow, stays, tasks, who has read it, who did what. */
class ConversationDetails extends HTMLElement {
  #of = null;
  #sections = [];

  connectedCallback() {
    this.sorting = element("div", { class: "stack" });
    this.more = element("div", {});
    this.append(
      element(
        "div",
        { class: "bar" },
        button("Back to the conversation", () => (document.body.dataset.pane = "conversation"), {
          text: "‹",
          class: "back",
        }),
        element("h2", { text: "Details" }),
      ),
      this.sorting,
      this.more,
    );
    desk.watch(() => this.#show());
    desk.onEvent(({ conversationId, type }) => {
      if (conversationId === null || conversationId !== desk.chosen || type === "message.status") return;
      // What is open is read again, once for all that happens together.
      this.soon ??= setTimeout(() => {
        this.soon = undefined;
        for (const section of this.#sections) void section.refresh();
      }, 300);
    });
  }

  #show() {
    const conversation = desk.conversation();
    this.hidden = conversation === null;
    if (conversation === null) return;
    const { id, tags, priority, hotelId } = conversation;
    showOnce(this.sorting, [id, tags, priority], () => [this.#tags(id, tags), this.#priority(id, priority)]);
    if (this.#of === id) return;
    this.#of = id;
    const isOpen = new Set(this.#sections.filter(({ box }) => box.open).map(({ title }) => title));
    this.#sections = [
      section("Guest", () => guestOf(desk.conversation()), true),
      section("Flow", () => flowOf(desk.conversation()), conversation.mode === "flow"),
      section("Stays", () => staysOf(id)),
      section("Tasks", () => tasksOf(id)),
      section("Who has read it", () => readersOf(id)),
      ...(may.readAudit(hotelId) ? [section("Who did what", () => auditOf(hotelId, id))] : []),
    ];
    for (const { box, title } of this.#sections) if (isOpen.has(title)) box.open = true;
    const replies = button("Saved replies", () => keepSavedReplies(hotelId), { class: "quiet" });
    this.more.replaceChildren(...this.#sections.map(({ box }) => box), replies);
  }

  #tags(id, tags) {
    const input = element("input", {
      "aria-label": "Another tag",
      maxlength: "40",
      autocomplete: "off",
      placeholder: "Another tag",
    });
    const form = element("form", { class: "row" }, input, element("button", { type: "submit", text: "Add" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value.trim() !== "")
        void desk.asked(desk.client.api.tag(id, { add: [input.value] })).then((done) => done && (input.value = ""));
    });
    const list = tags.map((tag) => {
      const chip = element("span", { class: "mark tag" }, said(tag));
      chip.append(
        button(`Take away ${tag}`, () => desk.asked(desk.client.api.tag(id, { remove: [tag] })), { text: "×" }),
      );
      return chip;
    });
    return element(
      "div",
      { class: "stack" },
      element("div", { class: "row" }, element("span", { text: "Tags", class: "soft" }), ...list),
      form,
    );
  }
  #priority(id, priority) {
    const which = select(["normal", "high", "urgent"].map((value) => ({ value, text: value })));
    which.value = priority;
    which.addEventListener("change", () => void desk.asked(desk.client.api.setPriority(id, { priority: which.value })));
    return labelled("Priority", which);
  }
}
customElements.define("conversation-details", ConversationDetails);

/** Reads what it shows when somebody opens it. @param read the children, or null where it cannot be had now */
function section(title, read, open = false) {
  const home = element("div", { class: "section" });
  const box = element("details", {}, element("summary", { text: title }), home);
  const refresh = async () => {
    if (!box.open) return;
    const children = await read().catch((error) => {
      if (error.name !== "DeskError") throw error;
      return null;
    });
    // Somebody is about to type, or to choose: that stays.
    if (home.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
    home.replaceChildren(...(children ?? [element("p", { text: "This cannot be shown now.", class: "soft" })]));
  };
  box.addEventListener("toggle", () => void refresh());
  box.open = open;
  return { title, box, refresh };
}

async function readersOf(id) {
  const { items } = await desk.client.api.participants(id);
  const here = items.filter(({ conversationId }) => conversationId === id);
  const name = ({ kind, id: who }) => (kind === "guest" ? "The guest" : kind === "bot" ? "The desk" : personName(who));
  return [
    element(
      "ul",
      { class: "plain" },
      ...here.map((one) =>
        element(
          "li",
          {},
          said(name(one)),
          element("span", {
            text: one.readSeq > 0 ? `read up to message ${one.readSeq}` : "has not read it, as far as is known",
            class: "soft",
          }),
        ),
      ),
    ),
  ];
}
