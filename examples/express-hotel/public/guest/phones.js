// The phones on this page, kept for as long as the tab is open.

const KEY = "belldesk.phones";
const HOTELS = { grand: "Grand Hotel", seaside: "Seaside Hotel" };
const FIRST = { hotel: "grand", address: "12025550101", name: "Ada" };

const same = (a, b) => a.hotel === b.hotel && a.address === b.address;

function kept() {
  try {
    const { list, at } = JSON.parse(sessionStorage.getItem(KEY));
    return Array.isArray(list) && list.length > 0 ? { list, at: Math.min(Math.max(0, at), list.length - 1) } : null;
  } catch {
    return null;
  }
}

/** All of them, and which one is in the hand; tells whoever listens for `change`. */
class Phones extends EventTarget {
  constructor() {
    super();
    const asked = new URLSearchParams(location.search);
    const { list, at } = kept() ?? { list: [], at: 0 };
    [this.list, this.at] = [list, at];
    const address = asked.get("address")?.trim();
    const hotel = asked.get("hotel") ?? "grand";
    if (address) this.take({ hotel: hotel in HOTELS ? hotel : "grand", address });
    else if (list.length === 0) this.take(FIRST);
  }

  get current() {
    return this.list[this.at];
  }

  /** Takes a phone into the hand: one that is here, or another one. */
  take(phone) {
    const found = this.list.findIndex((one) => same(one, phone));
    if (found === -1) this.list.push(phone);
    this.at = found === -1 ? this.list.length - 1 : found;
    this.#changed();
  }

  /** Says something else of the one in the hand. */
  alter(change) {
    const next = { ...this.current, ...change };
    if (JSON.stringify(next) === JSON.stringify(this.current)) return;
    const { current } = this;
    // A new number may be that of a phone that is here.
    this.list = this.list.filter((one) => one === current || !same(one, next));
    this.at = this.list.indexOf(current);
    this.list[this.at] = next;
    this.#changed();
  }

  away(phone) {
    const { current } = this;
    this.list = this.list.filter((one) => one !== phone);
    if (this.list.length === 0) this.list.push(FIRST);
    this.at = Math.max(0, this.list.indexOf(current));
    this.#changed();
  }

  #changed() {
    // What is reloaded, or given to somebody as a link, is the phone that is in the hand.
    history.replaceState(
      null,
      "",
      `?${new URLSearchParams({ hotel: this.current.hotel, address: this.current.address })}`,
    );
    sessionStorage.setItem(KEY, JSON.stringify({ list: this.list, at: this.at }));
    this.dispatchEvent(new Event("change"));
  }
}

export const phones = new Phones();
export const hotelName = (id) => HOTELS[id] ?? id;
export const hotelIds = Object.keys(HOTELS);
export const nameOf = ({ name, address }) => name ?? `Guest ${address.slice(-4)}`;
