import { departmentName, desk } from "./desk.js";
import { button, element, said } from "./dom.js";
import { shortTime } from "./time.js";

/** Finds messages by their words and guests by their name, in each hotel of whoever looks. */
class SearchBox extends HTMLElement {
  #turn = 0;

  connectedCallback() {
    this.input = element("input", {
      type: "search",
      id: "search",
      placeholder: "Search",
      "aria-label": "Search messages and guests",
      autocomplete: "off",
      maxlength: "200",
    });
    this.found = element("div", { class: "found", role: "region", "aria-label": "What was found", hidden: "" });
    const form = element("form", { role: "search" }, this.input);
    this.append(form, this.found);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#look();
    });
    let soon;
    this.input.addEventListener("input", () => {
      clearTimeout(soon);
      soon = setTimeout(() => void this.#look(), 250);
    });
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const all = [this.input, ...this.found.querySelectorAll("button")];
        const next = all[all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
        if (next !== undefined) {
          event.preventDefault();
          next.focus();
        }
      }
    });
    this.addEventListener(
      "focusout",
      (event) =>
        !this.contains(event.relatedTarget) &&
        setTimeout(() => !this.contains(document.activeElement) && this.#hide(), 150),
    );
  }

  close() {
    this.input.value = "";
    this.#hide();
    this.input.blur();
  }
  #hide() {
    this.#turn += 1;
    this.found.hidden = true;
  }

  async #look() {
    const text = this.input.value.trim();
    const turn = ++this.#turn;
    if (text === "") {
      this.found.hidden = true;
      return;
    }
    const hotels = Object.keys(desk.me.hotels);
    const { api } = desk.client;
    const [messages, guests] = await Promise.all([
      Promise.all(hotels.map((hotel) => desk.quietly(api.search({ hotel, text, limit: 100 })))),
      Promise.all(hotels.map((hotel) => desk.quietly(api.searchGuests({ hotel, text, limit: 20 })))),
    ]);
    if (turn !== this.#turn) return;
    const items = (answers) => answers.flatMap((answer) => answer?.items ?? []);
    const children = [];
    const people = items(guests);
    if (people.length > 0)
      children.push(element("h2", { text: "Guests" }), ...people.map((guest) => this.#guest(guest)));
    const said = items(messages).toSorted((one, other) => (one.at < other.at ? 1 : -1));
    if (said.length > 0) children.push(element("h2", { text: "Messages" }), ...said.map((hit) => this.#message(hit)));
    this.found.replaceChildren(
      ...(children.length > 0 ? children : [element("p", { text: "Nothing was found.", class: "soft" })]),
    );
    this.found.hidden = false;
  }

  #message(hit) {
    const row = button("", () => this.#open({ ...hit }), { class: "hit" });
    row.append(
      said(hit.guest.name ?? "Guest", { class: "name" }),
      element("span", {
        text: `${departmentName(hit.hotelId, hit.departmentId)}, ${shortTime(hit.at)}`,
        class: "soft",
      }),
      said(hit.line, { class: "line" }),
    );
    return row;
  }
  /** A guest's newest conversation: of those that are here, else the one that they said something in last. */
  #guest({ id, name, username }) {
    const row = button(
      "",
      async () => {
        const here = Object.values(desk.client.getState().conversations).find(({ guest }) => guest.id === id);
        if (here !== undefined) return this.#open({ conversationId: here.id });
        for (const status of ["open", "closed"]) {
          const found = await desk.quietly(desk.client.api.conversations({ status, limit: 100 }));
          const theirs = found?.items.find(({ guest }) => guest.id === id);
          if (theirs !== undefined) {
            this.#hide();
            return desk.choose(theirs);
          }
        }
        this.found.prepend(element("p", { text: "None of their newer conversations is yours to see.", class: "soft" }));
        return undefined;
      },
      { class: "hit" },
    );
    row.append(
      said(name ?? "Guest", { class: "name" }),
      ...(username === null ? [] : [said(`@${username}`, { class: "soft" })]),
    );
    return row;
  }
  async #open(hit) {
    this.#hide();
    await desk.chooseFound(hit);
  }
}
customElements.define("search-box", SearchBox);
