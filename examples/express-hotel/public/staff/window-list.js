/**
 * A list of any length in which only what can be seen, and a little more, is in the page. Items may be of any height: what was
 * shown is measured, the rest is guessed, and what somebody looks at stays where it is when that turns out wrong. Items stand
 * apart by their own padding: margins are not measured.
 */
export class WindowList {
  #scroller;
  #list;
  #make;
  #items = [];
  #guess;
  #heights = new Map();
  #nodes = new Map();
  #tops = [0];
  #from = 0;
  #to = 0;
  #observer;

  /**
   * @param scroller what scrolls
   * @param list a list in it, whose children are the items
   * @param make makes the element of an item; an item is shown anew when it is another object
   * @param guess pixels of an item that was never shown
   */
  constructor({ scroller, list, make, guess = 64, onNear = () => undefined }) {
    this.#scroller = scroller;
    this.#list = list;
    this.#make = make;
    this.#guess = guess;
    this.onNear = onNear;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // A picture that comes late, another width: heights are what they are now.
    this.#observer = new ResizeObserver(() => this.#settle());
    this.#observer.observe(scroller);
  }

  get items() {
    return this.#items;
  }
  get isAtEnd() {
    return this.#below < 48;
  }

  /** Pixels below what can be seen. */
  get #below() {
    return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
  }

  /** Shows these, each with a `key`. What was at the end stays there with `follow`. */
  show(items, { follow = false } = {}) {
    const stays = follow && (this.#items.length === 0 || this.isAtEnd);
    const anchor = stays ? null : this.#anchor();
    this.#items = items;
    this.#place();
    this.#draw(anchor, stays);
  }

  /** Brings an item into view. @returns its element; null when there is no such item */
  reveal(key, { block = "center" } = {}) {
    const index = this.#items.findIndex((item) => item.key === key);
    if (index < 0) return null;
    // Twice: by what is guessed, and then by what was measured there.
    for (let round = 0; round < 2; round++) {
      const node = this.#nodes.get(key);
      const seen = node?.isConnected === true && this.#isInside(node);
      if (block === "nearest" && seen) break;
      const room = this.#scroller.clientHeight;
      const lead = block === "center" ? Math.max(0, (room - this.#heightOf(index)) / 2) : room / 3;
      this.#scroller.scrollTop = this.#tops[index] - lead;
      this.#draw(null, false);
    }
    return this.#nodes.get(key) ?? null;
  }
  toEnd() {
    this.#draw(null, true);
  }
  forget() {
    this.#heights.clear();
    this.#items = [];
    this.#place();
    this.#draw(null, false);
  }

  #isInside(node) {
    const [inner, outer] = [node.getBoundingClientRect(), this.#scroller.getBoundingClientRect()];
    return inner.top >= outer.top && inner.bottom <= outer.bottom;
  }
  #heightOf(index) {
    return this.#heights.get(this.#items[index].key) ?? this.#guess;
  }
  #place() {
    const tops = new Array(this.#items.length + 1);
    tops[0] = 0;
    for (let i = 0; i < this.#items.length; i++) tops[i + 1] = tops[i] + this.#heightOf(i);
    this.#tops = tops;
  }
  /** The first item that can be seen, and how far from the top. */
  #anchor() {
    const top = this.#scroller.scrollTop;
    const index = Math.min(this.#indexAt(top), this.#items.length - 1);
    return index < 0 ? null : { key: this.#items[index].key, offset: this.#tops[index] - top };
  }
  #indexAt(top) {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tops[middle + 1] <= top) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drawing = false;
  #draw(anchor, toEnd) {
    this.#drawing = true;
    // What is measured changes what fits: it settles at once, or after one more look.
    for (let round = 0; round < 3; round++) {
      if (toEnd) this.#scroller.scrollTop = this.#tops.at(-1);
      else if (anchor !== null) {
        const index = this.#indexOf(anchor.key);
        if (index >= 0) this.#scroller.scrollTop = this.#tops[index] - anchor.offset;
      }
      this.#render();
      if (!this.#measure()) break;
    }
    if (toEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#drawing = false;
    this.#tellNear();
  }
  #indexOf(key) {
    // Near where it was: lists change at their ends.
    return this.#items.findIndex((item) => item.key === key);
  }

  #render() {
    const { scrollTop, clientHeight } = this.#scroller;
    const more = Math.max(240, clientHeight / 2);
    // Where nothing is to be seen at all (a pane that is hidden) a little is there.
    const height = clientHeight || 600;
    this.#from = Math.max(0, this.#indexAt(Math.max(0, scrollTop - more)));
    this.#to = Math.min(this.#items.length, this.#indexAt(scrollTop + height + more) + 1);
    const wanted = [];
    const nodes = new Map();
    for (let i = this.#from; i < this.#to; i++) {
      const item = this.#items[i];
      let node = this.#nodes.get(item.key);
      if (node === undefined || node.shownItem !== item) {
        const hadFocus = node?.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
        const made = this.#make(item);
        made.shownItem = item;
        if (node !== undefined) this.#observer.unobserve(node);
        this.#observer.observe(made);
        if (hadFocus !== undefined) made.refocus = hadFocus;
        node = made;
      }
      node.setAttribute("aria-setsize", String(this.#items.length));
      node.setAttribute("aria-posinset", String(i + 1));
      nodes.set(item.key, node);
      wanted.push(node);
    }
    for (const [key, node] of this.#nodes) if (nodes.get(key) !== node) this.#observer.unobserve(node);
    this.#nodes = nodes;
    this.#list.style.paddingTop = `${this.#tops[this.#from] ?? 0}px`;
    this.#list.style.paddingBottom = `${this.#tops.at(-1) - this.#tops[this.#to]}px`;
    patch(this.#list, wanted);
    for (const node of wanted)
      if (node.refocus !== undefined) {
        node.querySelector(`[data-act="${node.refocus}"]`)?.focus({ preventScroll: true });
        delete node.refocus;
      }
  }
  /** @returns whether anything was not as high as it was taken to be */
  #measure() {
    let changed = false;
    for (const [key, node] of this.#nodes) {
      const height = node.offsetHeight;
      if (height === 0 || Math.abs((this.#heights.get(key) ?? this.#guess) - height) < 0.5) {
        if (height > 0) this.#heights.set(key, height);
        continue;
      }
      this.#heights.set(key, height);
      changed = true;
    }
    if (changed) this.#place();
    return changed;
  }
  #scrolled() {
    if (this.#drawing) return;
    // Nobody scrolled up, yet it is not at the end any more: there is less room than there was.
    if (this.#wasAtEnd && this.#below > 1 && this.#scroller.scrollTop >= this.#lastTop - 1) this.#draw(null, true);
    else this.#draw(this.#anchor(), false);
  }
  #wasAtEnd = false;
  #lastTop = 0;
  #settle() {
    if (this.#drawing || this.#items.length === 0) return;
    const anchor = this.#anchor();
    const atEnd = this.#wasAtEnd;
    if (this.#measure() || (atEnd && this.#below > 1) || this.#to - this.#from < 3)
      this.#draw(atEnd ? null : anchor, atEnd);
  }
  #tellNear() {
    this.#wasAtEnd = this.isAtEnd;
    this.#lastTop = this.#scroller.scrollTop;
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    if (clientHeight === 0) return;
    if (scrollTop < clientHeight) this.onNear("start");
    if (scrollHeight - scrollTop - clientHeight < clientHeight) this.onNear("end");
  }
}

/** Makes these the children, and moves nothing that stands where it should. */
function patch(list, wanted) {
  const keep = new Set(wanted);
  for (const child of [...list.children]) if (!keep.has(child)) child.remove();
  let at = list.firstElementChild;
  for (const node of wanted) {
    if (node === at) at = at.nextElementSibling;
    else list.insertBefore(node, at);
  }
}
