import { element } from "/assets/shared/element.js";

export { element } from "/assets/shared/element.js";

export const button = (text, onclick, attributes = {}) =>
  element("button", { type: "button", text, onclick, ...attributes });

/** A button with a sign on it, and words for those who do not see it. */
export const sign = (shown, words, onclick, attributes = {}) =>
  element(
    "button",
    { type: "button", onclick, class: "sign", "aria-label": words, title: words, ...attributes },
    element("span", { text: shown, "aria-hidden": "true" }),
  );

/** A sheet that comes up over the phone. @param build gets what closes it, and gives what stands on it */
export function sheet(title, build) {
  const dialog = element("dialog", { class: "sheet", "aria-label": title });
  const close = () => dialog.close();
  dialog.append(
    element("div", { class: "sheet-head" }, element("h2", { text: title }), sign("✕", "Close", close)),
    ...[build(close)].flat(),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export const time = (iso) => new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
export const day = (iso) => new Date(iso).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });

/** Puts items into a list without touching what has not changed, and keeps the end in view if it was. */
export function fill(list, items, make) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
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
  if (wanted.length === list.children.length && wanted.every((child, at) => list.children[at] === child)) return;
  list.replaceChildren(...wanted);
  if (atEnd) list.scrollTop = list.scrollHeight;
}
