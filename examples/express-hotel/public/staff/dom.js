import { isolate } from "/assets/markup.js";
import { element } from "/assets/shared/element.js";

/** What the parts of the page are made of. Texts go in as text nodes alone. */

export { element } from "/assets/shared/element.js";

/** A text of somebody's: a name, a title, a tag. Whatever turns it around ends with it. */
export const said = (text, attributes = {}) => element("bdi", { text: isolate(text).slice(1, -1), ...attributes });

/** A button that does something, and cannot be pressed again while that is on its way. */
export function button(label, act, { text = label, ...attributes } = {}) {
  const made = element("button", {
    type: "button",
    text,
    ...(text !== label && text !== "" && { "aria-label": label, title: label }),
    ...attributes,
  });
  made.addEventListener("click", (event) => {
    const doing = act(event);
    if (!(doing instanceof Promise)) return;
    made.disabled = true;
    void doing.finally(() => (made.disabled = false));
  });
  return made;
}

/** A field with its label around it. */
export const labelled = (text, field) => element("label", {}, element("span", { text }), field);

export function select(options, attributes = {}) {
  const made = element("select", attributes);
  made.append(...options.map(({ value, text }) => element("option", { value, text })));
  return made;
}

/** A window over the page that closes with Escape, its own button, or what is done in it. @returns the dialog, open */
export function dialog(title, ...children) {
  const box = element("dialog", { "aria-label": title });
  const close = button("Close", () => box.close(), { class: "quiet" });
  box.append(element("header", {}, element("h2", { text: title }), close), ...children);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

/** Puts children in only when they would show something else: what somebody is about to click stays where it is. */
export function showOnce(home, state, make) {
  const key = JSON.stringify(state) ?? "";
  if (home.shownState === key) return;
  home.shownState = key;
  home.replaceChildren(...make());
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
