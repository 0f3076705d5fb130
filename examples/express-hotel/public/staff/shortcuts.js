import { desk } from "./desk.js";
import { dialog, element, labelled } from "./dom.js";
import { askSnooze } from "./snooze.js";
import { VIEWS } from "./views.js";

/** Keys for those who answer all day. They do nothing while somebody writes, and can be switched off. */
const KEY = "belldesk.shortcuts";
const isOn = () => localStorage.getItem(KEY) !== "off";

const find = (selector) => document.querySelector(selector);
const press = (label) => {
  const wanted = [...document.querySelectorAll("conversation-pane .acts-bar button")].find(
    ({ textContent }) => textContent === label,
  );
  wanted?.click();
};
const withConversation = (act) => () => desk.conversation() !== null && act(desk.conversation());

export const SHORTCUTS = [
  { keys: ["j"], says: "The next conversation", act: () => find("conversation-list").step(1) },
  { keys: ["k"], says: "The one before", act: () => find("conversation-list").step(-1) },
  { keys: ["r"], says: "Answer", act: withConversation(() => find("message-composer").focusText(false)) },
  { keys: ["n"], says: "Write a note", act: withConversation(() => find("message-composer").focusText(true)) },
  {
    keys: ["a"],
    says: "Take it, or let it go",
    act: withConversation(({ assigneeId }) => press(assigneeId === desk.me.id ? "Let go" : "Take")),
  },
  {
    keys: ["e"],
    says: "Close it, or reopen it",
    act: withConversation(({ status }) => press(status === "open" ? "Close" : "Reopen")),
  },
  { keys: ["s"], says: "Snooze it", act: withConversation(({ id, status }) => status === "open" && askSnooze(id)) },
  { keys: ["t"], says: "Choose a department to give it to", act: withConversation(() => find("#department")?.focus()) },
  { keys: ["d"], says: "Details", act: withConversation(() => find(".details-button")?.click()) },
  { keys: ["/"], says: "Search", act: () => find("#search").focus() },
  {
    keys: VIEWS.map((_view, index) => String(index + 1)),
    says: "The lists, from left to right",
    act: (key) => find("conversation-list").show(VIEWS[Number(key) - 1].id),
  },
  { keys: ["?"], says: "This help", act: () => showHelp() },
];

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isField(event.target)) {
      event.target.blur();
      return;
    }
    if (desk.me === null || !isOn() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isField(event.target) || document.querySelector("dialog[open]") !== null) return;
    const wanted = SHORTCUTS.find(({ keys }) => keys.includes(event.key));
    if (wanted === undefined) return;
    event.preventDefault();
    wanted.act(event.key);
  });
}

const isField = (target) => target.matches("input, textarea, select");

export function showHelp() {
  const on = element("input", { type: "checkbox" });
  on.checked = isOn();
  on.addEventListener("change", () => localStorage.setItem(KEY, on.checked ? "on" : "off"));
  const name = (keys) => (keys.length > 2 ? `${keys[0]} … ${keys.at(-1)}` : keys.join(", "));
  dialog(
    "Keys",
    element(
      "dl",
      { class: "keys" },
      ...SHORTCUTS.flatMap(({ keys, says }) => [
        element("dt", {}, element("kbd", { text: name(keys) })),
        element("dd", { text: says }),
      ]),
    ),
    element(
      "dl",
      { class: "keys" },
      element("dt", {}, element("kbd", { text: "Enter" })),
      element("dd", { text: "Sends; with Shift it begins a line" }),
      element("dt", {}, element("kbd", { text: "Esc" })),
      element("dd", { text: "Leaves a field, closes a window" }),
    ),
    labelled("Keys do something", on),
  );
}
