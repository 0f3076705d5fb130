import { desk, colleagues } from "./desk.js";
import { askChoices } from "./choices.js";
import { drafts } from "./drafts.js";
import { emojiPicker } from "./emoji.js";
import { button, element, said } from "./dom.js";
import { StagedFiles } from "./files.js";
import { lineOf } from "./content.js";
import { savedReplies } from "./saved-replies.js";
import { Suggestions } from "./suggestions.js";
import { pickTemplate } from "./template-picker.js";

/** Where staff write: to the guest, or a note for one another. */
class MessageComposer extends HTMLElement {
  #of = null;
  #isNote = false;
  #quotes = null;
  #files;
  #suggestions;
  /** Colleagues that the note names, by what stands in it. */
  #mentions = new Map();

  connectedCallback() {
    this.text = element("textarea", { id: "text", rows: "2", maxlength: "4096" });
    this.label = element("label", { for: "text", class: "hidden", text: "Answer" });
    this.quote = element("div", { class: "quoting", hidden: "" });
    this.closed = element("p", { class: "window-closed", hidden: "" });
    this.#files = new StagedFiles(() => this.#showSend());
    this.modes = element("div", { class: "modes", role: "group", "aria-label": "What to write" });
    this.modes.append(
      button("Answer", () => this.#mode(false), { "aria-pressed": "true" }),
      button("Note", () => this.#mode(true), { "aria-pressed": "false" }),
    );
    this.emoji = emojiPicker((emoji) => this.#insert(emoji));
    this.sendButton = element("button", { type: "submit", class: "primary", text: "Send" });
    const attach = element("label", { class: "button attach" }, "File", this.#files.input);
    this.tools = [
      attach,
      button("Choices", () => this.#askChoices(), { title: "Ask with buttons or a list" }),
      button("Template", () => this.#template()),
    ];
    const tools = element("div", { class: "tools" }, ...this.tools, this.emoji.button, this.modes, this.sendButton);
    this.#suggestions = new Suggestions(this.text, {
      "/": (begun) => (this.#isNote ? [] : savedReplies(desk.conversation(), begun)),
      "@": (begun) => (this.#isNote ? people(begun) : []),
    });
    const form = element(
      "form",
      {},
      this.quote,
      this.closed,
      this.#files.list,
      this.label,
      this.text,
      this.#suggestions.list,
      tools,
      this.emoji.panel,
    );
    this.append(form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => {
      drafts.keep(this.#of, { text: this.text.value, isNote: this.#isNote });
      if (this.text.value !== "" && !this.#isNote) desk.types();
      this.#showSend();
    });
    this.text.addEventListener("paste", (event) => this.#take(event, event.clipboardData));
    this.#suggestions.onPick = ({ mention }) => mention !== undefined && this.#mentions.set(mention.name, mention.id);
    const pane = this.closest("conversation-pane");
    pane.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      pane.classList.add("dropping");
    });
    for (const over of ["dragleave", "drop"]) pane.addEventListener(over, () => pane.classList.remove("dropping"));
    pane.addEventListener("drop", (event) => this.#take(event, event.dataTransfer));
    desk.watch(() => this.#show());
  }

  focusText(isNote = this.#isNote) {
    if (isNote !== this.#isNote) this.#mode(isNote);
    this.text.focus();
  }
  /** The next answer quotes this message. */
  answer(message) {
    this.#quotes = message;
    this.#mode(false);
    this.#showQuote();
    this.text.focus();
  }

  #show() {
    const conversation = desk.conversation();
    this.hidden = conversation === null;
    if (desk.chosen !== this.#of) this.#begin();
    if (conversation === null) return;
    const isOpen = windowOf(conversation).open;
    const isClosed = conversation.status === "closed";
    const mayWrite = this.#isNote || (isOpen && !isClosed);
    this.text.disabled = !mayWrite;
    this.closed.hidden = mayWrite;
    const why = isClosed
      ? "This conversation is closed. Reopen it to answer; a note can be written all the same."
      : "The guest has been silent for more than 24 hours: WhatsApp lets a template through, and nothing else.";
    if (this.closed.dataset.why !== why) {
      this.closed.dataset.why = why;
      this.closed.replaceChildren(
        why,
        " ",
        isClosed
          ? button("Reopen", () => desk.asked(desk.client.api.reopen(conversation.id)), { text: "Reopen it" })
          : button("Choose a template", () => this.#template()),
      );
    }
    for (const tool of this.tools) tool.hidden = this.#isNote || isClosed;
    for (const tool of this.tools.slice(0, 2)) if (!isOpen) tool.hidden = true;
    const placeholder = this.#isNote ? "For colleagues; @ names one" : "Answer; / finds saved replies";
    if (this.text.placeholder !== placeholder) this.text.placeholder = placeholder;
    this.#showSend();
  }
  #showSend() {
    this.sendButton.disabled = this.text.disabled || (this.text.value.trim() === "" && this.#files.count === 0);
  }

  #begin() {
    this.#of = desk.chosen;
    const { text = "", isNote = false } = drafts.of(this.#of);
    this.#isNote = isNote;
    this.text.value = text;
    this.#quotes = null;
    this.#files.clear();
    this.#mentions.clear();
    this.#suggestions.close();
    this.#showMode();
    this.#showQuote();
    if (this.#of !== null && matchMedia("(hover: hover)").matches)
      setTimeout(() => !this.text.disabled && this.text.focus());
  }
  #mode(isNote) {
    this.#isNote = isNote;
    drafts.keep(this.#of, { text: this.text.value, isNote });
    this.#showMode();
    this.#show();
    this.text.focus();
  }
  #showMode() {
    const [answer, note] = this.modes.children;
    answer.setAttribute("aria-pressed", String(!this.#isNote));
    note.setAttribute("aria-pressed", String(this.#isNote));
    this.classList.toggle("noting", this.#isNote);
    this.label.textContent = this.#isNote ? "Note" : "Answer";
    this.sendButton.textContent = this.#isNote ? "Note it" : "Send";
  }
  #showQuote() {
    this.quote.hidden = this.#quotes === null;
    if (this.#quotes === null) return;
    this.quote.replaceChildren(
      element("span", { text: "Answers ", class: "soft" }),
      said(lineOf(this.#quotes.content), { class: "line" }),
      button(
        "Quote nothing",
        () => {
          this.#quotes = null;
          this.#showQuote();
        },
        { text: "×" },
      ),
    );
  }

  #key(event) {
    if (event.isComposing || this.#suggestions.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void this.#send();
    }
  }

  /** It stands in the conversation at once, and is sent as soon as the hotel can be reached. */
  async #send() {
    const id = this.#of;
    const text = this.text.value;
    if (id === null || this.sendButton.disabled) return;
    if (this.#isNote) {
      await this.#note(id, text);
      return;
    }
    const options = { ...this.#options() };
    const staged = this.#files.take();
    this.#clear();
    if (staged.length === 0) {
      desk.client.reply(id, text, options);
      return;
    }
    // The first file carries the words, where its kind can.
    let words = text.trim();
    for (const file of staged) {
      const added = await desk.asked(
        desk.client.api.addFile(id, { kind: file.kind, name: file.name, file: file.file }),
      );
      if (added === null) {
        if (this.#of === id) this.#files.put(file);
        continue;
      }
      const caption = words !== "" && file.kind !== "audio" && file.kind !== "sticker" ? words : undefined;
      if (caption !== undefined) words = "";
      desk.client.reply(
        id,
        { type: file.kind, media: { attachmentId: added.id }, ...(caption !== undefined && { text: caption }) },
        options,
      );
    }
    if (words !== "") desk.client.reply(id, words);
  }
  #options() {
    const { messages = [] } = desk.thread() ?? {};
    const newest = messages.findLast(({ conversationId }) => conversationId === this.#of);
    return {
      ...(this.#quotes !== null && { quotes: this.#quotes.id }),
      ...(newest !== undefined && { seenSeq: newest.seq }),
    };
  }
  #note(id, text) {
    const mentions = [...this.#mentions].filter(([name]) => text.includes(`@${name}`)).map(([, person]) => person);
    // The same id again, after an answer that was lost, is the same note.
    if (this.noteId?.text !== text) this.noteId = { text, id: crypto.randomUUID() };
    return desk.asked(desk.client.api.note(id, { clientMessageId: this.noteId.id, text, mentions })).then((noted) => {
      if (noted === null || this.#of !== id) return;
      this.noteId = undefined;
      this.#clear();
    });
  }
  #clear() {
    this.text.value = "";
    this.#quotes = null;
    this.#mentions.clear();
    drafts.keep(this.#of, { text: "", isNote: this.#isNote });
    this.#showQuote();
    this.#showSend();
  }
  #insert(text) {
    this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, "end");
    this.text.dispatchEvent(new Event("input"));
    this.text.focus();
  }
  #take(event, transfer) {
    const files = [...(transfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    if (this.text.disabled || this.#isNote) return;
    for (const file of files) this.#files.add(file);
  }
  #askChoices() {
    const id = this.#of;
    askChoices(this.text.value, (content) => {
      desk.client.reply(id, content, this.#options());
      this.#clear();
    });
  }
  #template() {
    const { id, hotelId } = desk.conversation();
    void pickTemplate(hotelId, (content) => {
      desk.client.reply(id, content);
      return true;
    });
  }
}
customElements.define("message-composer", MessageComposer);

const people = (begun) =>
  colleagues(desk.conversation()?.hotelId)
    .filter(({ name }) => name.toLowerCase().includes(begun.toLowerCase()))
    .map(({ id, name }) => ({ title: name, text: `@${name} `, mention: { id, name } }));

/** Until when WhatsApp lets free text through. Of a conversation that only a search knows, by the guest's last message. */
export function windowOf(conversation) {
  if (!conversation.guessed) {
    const { open, closesAt } = conversation.window;
    return { open: open && Date.parse(closesAt) > Date.now(), closesAt };
  }
  const last = desk.thread()?.messages.findLast(({ direction }) => direction === "inbound");
  const closesAt = last === undefined ? null : new Date(Date.parse(last.sentAt) + 24 * 3_600_000).toISOString();
  return { open: closesAt !== null && Date.parse(closesAt) > Date.now(), closesAt };
}
