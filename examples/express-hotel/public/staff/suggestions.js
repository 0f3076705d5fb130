import { element, said } from "./dom.js";

/** What may be meant by `/` or `@` and what follows, below a text that somebody writes. */
export class Suggestions {
  #text;
  #sources;
  #items = [];
  #at = 0;
  #from = 0;
  #turn = 0;
  onPick = () => undefined;

  /** @param sources for each sign what it may mean: `{ title, more?, text }` each, `text` goes into the place of what was typed */
  constructor(text, sources) {
    this.#text = text;
    this.#sources = sources;
    this.list = element("ul", { id: "suggestions", role: "listbox", "aria-label": "Suggestions", hidden: "" });
    text.setAttribute("aria-controls", "suggestions");
    text.setAttribute("aria-autocomplete", "list");
    text.addEventListener("input", () => void this.#look());
    text.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  close() {
    this.#items = [];
    this.list.hidden = true;
    this.#text.removeAttribute("aria-activedescendant");
  }

  /** @returns whether the key was for the list */
  key(event) {
    if (this.list.hidden) return false;
    if (event.key === "Escape") this.close();
    else if (event.key === "ArrowDown") this.#move(1);
    else if (event.key === "ArrowUp") this.#move(-1);
    else if (event.key === "Enter" || event.key === "Tab") this.#pick(this.#at);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  async #look() {
    const turn = ++this.#turn;
    const before = this.#text.value.slice(0, this.#text.selectionStart);
    const found = /(?:^|\s)([/@])([\p{L}\p{N}_-]*)$/u.exec(before);
    const source = found && this.#sources[found[1]];
    if (!source) {
      this.close();
      return;
    }
    const items = await source(found[2]);
    if (turn !== this.#turn) return;
    this.#items = items.slice(0, 8);
    this.#from = before.length - found[2].length - 1;
    this.#at = 0;
    this.list.hidden = this.#items.length === 0;
    this.#show();
  }
  #move(by) {
    this.#at = (this.#at + by + this.#items.length) % this.#items.length;
    this.#show();
  }
  #show() {
    this.list.replaceChildren(
      ...this.#items.map(({ title, more }, index) => {
        const option = element(
          "li",
          { id: `suggestion-${index}`, role: "option", "aria-selected": String(index === this.#at) },
          said(title),
        );
        if (more !== undefined) option.append(said(more, { class: "soft line" }));
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.#pick(index);
        });
        return option;
      }),
    );
    if (!this.list.hidden) this.#text.setAttribute("aria-activedescendant", `suggestion-${this.#at}`);
  }
  #pick(index) {
    const item = this.#items[index];
    this.close();
    if (item === undefined) return;
    this.#text.setRangeText(item.text, this.#from, this.#text.selectionStart, "end");
    this.onPick(item);
    this.#text.dispatchEvent(new Event("input"));
    this.#text.focus();
  }
}
