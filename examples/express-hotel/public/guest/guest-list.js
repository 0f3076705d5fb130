import { becomes } from "/assets/guest/simulator.js";
import { button, element, fill, sign } from "/assets/guest/dom.js";
import { hotelIds, hotelName, nameOf, phones } from "/assets/guest/phones.js";

const NAMES = ["Ben", "Chiara", "Dalila", "Emil", "Fumiko", "Gael", "Hana", "Ines", "Jonas", "Kemi"];

/** Who has a phone here: to switch between them, and to give one to somebody new. */
class GuestList extends HTMLElement {
  #people = element("ul", { class: "people", "aria-label": "Guests" });
  #name = element("input", { name: "name", maxlength: "60", autocomplete: "off", placeholder: "Ben" });
  #address = element("input", {
    name: "address",
    maxlength: "130",
    autocomplete: "off",
    placeholder: "12025550102",
    "aria-describedby": "address-help",
  });
  #hotel = element(
    "select",
    { name: "hotel" },
    ...hotelIds.map((id) => element("option", { value: id, text: hotelName(id) })),
  );

  connectedCallback() {
    const more = element(
      "form",
      { class: "stack", onsubmit: (event) => this.#add(event) },
      element("label", { text: "Name " }, this.#name),
      element("label", { text: "Phone or id " }, this.#address),
      element("label", { text: "Writes to " }, this.#hotel),
      element("p", {
        id: "address-help",
        class: "soft",
        text: "Digits are a phone; anything else, like US.1234, is a guest with a username alone.",
      }),
      element("button", { type: "submit", text: "Give a phone" }),
    );
    this.append(
      element("h2", { text: "Guests" }),
      this.#people,
      element("details", {}, element("summary", { text: "New guest" }), more),
    );
    phones.addEventListener("change", () => this.#show());
    this.#show();
  }

  #show() {
    const items = phones.list.map((phone, at) => ({
      ...phone,
      key: `${phone.hotel} ${phone.address}`,
      isCurrent: at === phones.at,
    }));
    fill(this.#people, items, (item) => {
      const take = button("", () => phones.take(item), { class: "person", "aria-current": item.isCurrent && "true" });
      take.append(
        element("bdi", { class: "who", text: nameOf(item) }),
        element("span", { class: "soft", text: hotelName(item.hotel) }),
        element("bdi", { class: "soft", text: item.address }),
      );
      const phone = phones.list.find((one) => one.hotel === item.hotel && one.address === item.address);
      return element(
        "li",
        {},
        take,
        phones.list.length > 1 ? sign("✕", `Put ${nameOf(item)} away`, () => phones.away(phone)) : null,
      );
    });
  }

  async #add(event) {
    event.preventDefault();
    const name = this.#name.value.trim() || NAMES[phones.list.length % NAMES.length];
    const address = this.#address.value.trim() || nextNumber();
    const phone = { hotel: this.#hotel.value, address, name };
    if ((await becomes(phone, { name })) === null) return;
    phones.take(phone);
    for (const field of [this.#name, this.#address]) field.value = "";
  }
}

/** A number that no phone here has. */
function nextNumber() {
  for (let number = 12_025_550_101; ; number++)
    if (phones.list.every(({ address }) => address !== String(number))) return String(number);
}

customElements.define("guest-list", GuestList);
