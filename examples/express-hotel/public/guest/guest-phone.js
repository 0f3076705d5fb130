import { bubble } from "/assets/guest/bubble.js";
import { composer } from "/assets/guest/composer.js";
import { day, element, fill, button } from "/assets/guest/dom.js";
import { hotelName, nameOf, phones } from "/assets/guest/phones.js";
import { chat, reads, watch } from "/assets/guest/simulator.js";

/** A guest's phone, open at the chat with one hotel. */
class GuestPhone extends HTMLElement {
  #title = element("h2", { class: "hotel" });
  #line = element("p", { class: "typing soft", role: "status" });
  #messages = element("ol", { id: "messages", "aria-label": "Messages", "aria-live": "polite", tabindex: "0" });
  #unread = button("Read what is new", () => void reads(phones.current), { class: "unread", hidden: true });
  #composer = composer();
  #round = async () => undefined;

  connectedCallback() {
    const top = element("div", { class: "top" }, element("div", { class: "face", "aria-hidden": "true" }), this.#title);
    top.append(this.#line);
    this.append(element("div", { class: "frame" }, top, this.#messages, this.#unread, this.#composer.element));
    this.#round = watch(() => this.#look());
    phones.addEventListener("change", () => {
      this.#composer.forget();
      this.#messages.replaceChildren();
      void this.#round();
    });
  }

  async #look() {
    const phone = phones.current;
    this.#title.textContent = hotelName(phone.hotel);
    const said = await chat(phone);
    // Another phone was taken meanwhile.
    if (said === null || phone !== phones.current) return;
    const { items, typing = false, guest } = said;
    this.#line.textContent = typing ? "typing…" : `${nameOf(phone)}'s phone`;
    if (guest !== undefined && phone.name === undefined) phones.alter({ name: guest.name });
    this.#unread.hidden = items.every(
      ({ from, status }) => from === "guest" || status === "read" || status === "played",
    );
    const known = new Map(items.map((item) => [item.wamid, item]));
    let before = "";
    const shown = items.map((item) => {
      const today = day(item.at);
      const separator = today === before ? null : today;
      before = today;
      const quoted = known.get(item.quotes);
      return { ...item, key: item.wamid, separator, quoted: quoted && { from: quoted.from, said: wordsOf(quoted) } };
    });
    fill(this.#messages, shown, (item) => bubble(item, phone, this.#composer));
  }
}

/** What a quote shows of a message. */
const wordsOf = ({ type, text, file, place }) =>
  type === "deleted" ? "a deleted message" : (text ?? file?.name ?? place?.name ?? type).slice(0, 120);

customElements.define("guest-phone", GuestPhone);
