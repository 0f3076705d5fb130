import { button } from "./dom.js";

/** Light or dark: as the machine has it, until somebody says otherwise here. */
const KEY = "belldesk.theme";
const NAMES = { auto: "As the machine", light: "Light", dark: "Dark" };
const ORDER = ["auto", "light", "dark"];

export function themeButton() {
  let theme = localStorage.getItem(KEY) ?? "auto";
  const made = button(
    "Light or dark",
    () => {
      theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
      localStorage.setItem(KEY, theme);
      show();
    },
    { text: "◐", class: "quiet" },
  );
  const show = () => {
    document.documentElement.dataset.theme = theme;
    made.title = `Light or dark: ${NAMES[theme]}`;
    made.setAttribute("aria-label", made.title);
  };
  show();
  return made;
}
