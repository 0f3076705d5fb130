// What both pages need. Texts of guests and staff go into the page as text nodes only, never as HTML.

export const $ = (id) => document.getElementById(id);

/** An element with text and attributes. */
export function element(name, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Ticks as WhatsApp shows them, with words for those who do not see them. */
export function ticks(status) {
  const shown = {
    queued: "🕓",
    sending: "🕓",
    unknown: "?",
    sent: "✓",
    delivered: "✓✓",
    read: "✓✓",
    played: "✓✓",
    failed: "!",
  };
  const mark = element("span", { text: shown[status] ?? "", class: `ticks ${status}`, "aria-hidden": "true" });
  return element("span", {}, mark, element("span", { text: ` ${status}`, class: "hidden" }));
}

/** An emoji on a message, and whose it is. It comes from somebody's phone: a text like any other. */
export const reaction = (emoji, whose) =>
  element(
    "span",
    { class: "reaction" },
    element("span", { text: `${whose}: `, class: "hidden" }),
    element("bdi", { text: emoji }),
  );

export const time = (iso) => new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

/** Puts items into a list without moving what has not changed, and keeps the end in view if it was. */
export function fill(list, items, make) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const state = JSON.stringify(item);
    const child = known.get(item.key);
    if (child?.dataset.state === state) return child;
    const made = make(item);
    made.dataset.key = item.key;
    made.dataset.state = state;
    return made;
  });
  if (wanted.length !== list.children.length || wanted.some((child, index) => list.children[index] !== child))
    list.replaceChildren(...wanted);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** Calls again and again, the next time when the last is over, and says when the line is down. */
export function every(ms, look) {
  const trouble = $("trouble");
  const round = async () => {
    try {
      await look();
      if (trouble.dataset.kind === "line") trouble.textContent = "";
    } catch {
      unreachable();
    }
    setTimeout(round, ms);
  };
  void round();
}

/** Says that the line is down, until `every` finds it up again. */
export function unreachable() {
  const trouble = $("trouble");
  trouble.dataset.kind = "line";
  trouble.textContent =
    "The hotel cannot be reached. What you wrote is kept; if it does not show when this line is gone, send it again.";
}

export function complain(message) {
  const trouble = $("trouble");
  trouble.dataset.kind = "answer";
  trouble.textContent = message;
}
