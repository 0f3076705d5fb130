import { signalsIn } from "/assets/client.js";
import { colleagues, departmentName, desk, hotelName, hotelOf, may, personName } from "./desk.js";
import { windowOf } from "./composer.js";
import { button, element, labelled, said, select, showOnce } from "./dom.js";
import { reactionPicker } from "./emoji.js";
import { askSnooze } from "./snooze.js";
import { dayAndTime, leftUntil } from "./time.js";

/** The conversation that is shown: whose it is, what is to be done with it, what was said, and where to answer. */
class ConversationPane extends HTMLElement {
  connectedCallback() {
    this.nothing = element("p", { class: "nothing", text: "Choose a conversation." });
    this.head = element("div", { class: "bar head" });
    this.acts = element("div", { class: "bar acts-bar", role: "group", "aria-label": "What to do with it" });
    this.decide = element("div", { class: "bar decide", role: "group", "aria-label": "To decide", hidden: "" });
    this.present = element("p", { class: "present", "aria-live": "polite" });
    this.history = element("message-history");
    this.composer = element("message-composer");
    this.append(this.nothing, this.head, this.acts, this.decide, this.history, this.present, this.composer);
    this.history.addEventListener("answer", ({ detail }) => this.composer.answer(detail));
    this.history.addEventListener("react", ({ detail: { message, near } }) => this.#react(message, near));
    desk.watch(() => this.#show());
    desk.onEvent(({ conversationId, type }) => {
      if (conversationId === desk.chosen && (type.startsWith("flow.") || type.startsWith("conversation.")))
        void this.#loadApproval();
    });
  }

  #show() {
    const conversation = desk.conversation();
    const isHere = conversation !== null;
    for (const part of [this.head, this.acts, this.history, this.composer]) part.hidden = !isHere;
    this.nothing.hidden = isHere;
    // Another department has it now, or the guest's data is gone.
    this.nothing.textContent =
      desk.chosen === null ? "Choose a conversation." : "This conversation is not yours to see any more.";
    if (!isHere) {
      this.present.textContent = "";
      this.decide.hidden = true;
      return;
    }
    if (this.#approvalOf !== conversation.id) void this.#loadApproval();
    const window = windowOf(conversation);
    const { id, hotelId, departmentId, guest, tags, priority, status, assigneeId, snoozedUntil, speaker, mode } =
      conversation;
    showOnce(this.head, [id, guest.name, hotelId, departmentId, tags, priority, window, status], () => [
      button("Back to the conversations", () => desk.leave(), { text: "‹", class: "back" }),
      element("h2", {}, said(guest.name ?? "Guest")),
      element("span", { text: `${departmentName(hotelId, departmentId)}, ${hotelName(hotelId)}`, class: "soft" }),
      ...tags.map((tag) => said(tag, { class: "mark tag" })),
      ...(priority === "normal" ? [] : [element("span", { text: priority, class: `mark ${priority}` })]),
      window.open
        ? leftUntil(
            element("span", { class: "mark window" }),
            window.closesAt,
            "can be answered for",
            "service window closed",
          )
        : element("span", { text: "service window closed", class: "mark window", "data-late": "much" }),
      button("Details", () => this.#details(), { text: "Details", class: "details-button" }),
    ]);
    showOnce(this.acts, [id, status, assigneeId, snoozedUntil, speaker, mode, hotelId, departmentId], () =>
      this.#actsOf(conversation),
    );
    this.#showPresent(id);
  }

  #actsOf({ id, hotelId, departmentId, status, assigneeId, snoozedUntil, speaker, mode }) {
    const { api } = desk.client;
    const tell = (label, ask, more = {}) => button(label, () => desk.asked(ask()), more);
    if (status === "closed")
      return [
        element("span", { text: "Closed", class: "soft" }),
        tell("Reopen", () => api.reopen(id)),
        tell("Ask how it was", () => api.askRating(id)),
      ];
    const assign =
      assigneeId === desk.me.id
        ? tell("Give back", () => api.unassign(id), { text: "Let go" })
        : assigneeId === null || may.assignOthers()
          ? tell("Take", () => api.assign(id))
          : element("span", { class: "soft" }, "Seen to by ", said(personName(assigneeId)));
    const parts = [assign];
    if (may.assignOthers()) parts.push(this.#assignOther(id, hotelId, assigneeId));
    const others = (hotelOf(hotelId)?.departments ?? []).filter((one) => one.id !== departmentId);
    const to = select(
      others.map((one) => ({ value: one.id, text: one.name })),
      { id: "department" },
    );
    parts.push(
      labelled("Give to", to),
      tell("Transfer", () => api.transfer(id, { departmentId: to.value })),
      snoozedUntil === null
        ? button("Snooze", () => askSnooze(id))
        : tell("Wake up", () => api.unsnooze(id), { title: `Snoozed until ${dayAndTime(snoozedUntil)}` }),
      speaker === "bot"
        ? tell("Take over", () => api.takeover(id), { title: "The desk says nothing by itself any more" })
        : tell("Give back to the desk", () => api.giveback(id), { title: "Flows may speak again" }),
      ...(mode === "flow" ? [tell("Stop the flow", () => api.stopFlow(id))] : []),
      tell("Close", () => api.close(id)),
    );
    return parts;
  }

  #assignOther(id, hotelId, assigneeId) {
    const people = colleagues(hotelId);
    const who = select([
      { value: "", text: "Nobody else" },
      ...people.map((one) => ({ value: one.id, text: one.name })),
    ]);
    who.value = people.some((one) => one.id === assigneeId) ? assigneeId : "";
    who.addEventListener("change", () => {
      const given =
        who.value === "" ? desk.client.api.unassign(id) : desk.client.api.assign(id, { assigneeId: who.value });
      void desk.asked(given).then((done) => {
        if (done === null) who.value = assigneeId ?? "";
      });
    });
    return labelled("Seen to by", who);
  }

  /** Who else has it before them: two who answer at once are one too many. */
  #showPresent(id) {
    const others = signalsIn(desk.client.getState(), id).filter(({ by }) => by.id !== desk.me.id);
    const names = (kind) => [
      ...new Set(others.filter((one) => one.kind === kind).map(({ by }) => by.name ?? personName(by.id))),
    ];
    const [typing, viewing] = [names("typing"), names("viewing")];
    const says = [
      ...(typing.length > 0 ? [`${typing.join(", ")} ${typing.length > 1 ? "write" : "writes"} …`] : []),
      ...(viewing.length > 0 ? [`${viewing.join(", ")} ${viewing.length > 1 ? "look" : "looks"} at this too`] : []),
    ].join(" · ");
    if (this.present.textContent !== says) this.present.textContent = says;
  }

  #react(message, near) {
    const id = desk.chosen;
    const react = (emoji) =>
      desk.client.reply(id, { type: "reaction", messageId: message.id, ...(emoji !== null && { text: emoji }) });
    reactionPicker(near, react, message.direction === "inbound");
  }

  #details() {
    document.body.dataset.pane = document.body.dataset.pane === "details" ? "conversation" : "details";
  }

  /** What a flow asks staff to decide, in its own conversation. */
  #approvalOf = null;
  async #loadApproval() {
    const conversation = desk.conversation();
    if (conversation === null) return;
    this.#approvalOf = conversation.id;
    const found = conversation.mode === "flow" ? await desk.quietly(desk.client.api.flowRun(conversation.id)) : null;
    if (conversation.id !== desk.chosen) return;
    const run = found?.run ?? null;
    const approval = run?.endedAt === null && run.approval?.decision === null ? run.approval : null;
    this.decide.hidden = approval === null;
    if (approval === null) return;
    const answer = (approved) => () =>
      desk
        .asked(desk.client.api.decideApproval(conversation.id, { approvalId: approval.id, approved }))
        .then(() => this.#loadApproval());
    this.decide.replaceChildren(
      said(approval.note, { class: "grow" }),
      button("Approve", answer(true), { class: "primary" }),
      button("Decline", answer(false)),
    );
  }
}
customElements.define("conversation-pane", ConversationPane);
