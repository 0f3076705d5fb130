import { button, dialog, element, labelled } from "./dom.js";

/** WhatsApp shows up to three answers as buttons, and up to ten as a list. */
const BUTTONS = { most: 3, title: 20 };
const ROWS = { most: 10, title: 24 };

/** Asks for a question with answers to tap. @param ask gets the content to send */
export function askChoices(text, ask) {
  const question = element("textarea", { rows: "3", maxlength: "1024", required: "" });
  question.value = text;
  const answers = element("ol", { class: "stack plain" });
  const add = () => {
    const input = element("input", {
      maxlength: String(ROWS.title),
      "aria-label": `Answer ${answers.childElementCount + 1}`,
      autocomplete: "off",
    });
    answers.append(element("li", {}, input));
    more.hidden = answers.childElementCount >= ROWS.most;
    return input;
  };
  const more = button("Another answer", () => add().focus());
  add();
  add();
  const says = element("p", { class: "soft" });
  const form = element(
    "form",
    { class: "stack" },
    labelled("Question", question),
    answers,
    more,
    says,
    element("button", { type: "submit", class: "primary", text: "Ask" }),
  );
  const box = dialog("Ask with choices", form);
  const titles = () =>
    [...answers.querySelectorAll("input")].map(({ value }) => value.trim()).filter((title) => title !== "");
  const show = () => {
    const given = titles();
    says.textContent = isButtons(given) ? "The guest sees buttons." : "The guest sees a list that opens with “Choose”.";
  };
  form.addEventListener("input", show);
  show();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = titles();
    if (given.length === 0 || new Set(given).size < given.length) {
      says.textContent = given.length === 0 ? "Give at least one answer." : "Two answers are the same.";
      return;
    }
    const options = given.map((title, index) => ({ id: `choice-${index + 1}`, title }));
    ask(
      isButtons(given)
        ? { type: "buttons", text: question.value, buttons: options }
        : { type: "list", text: question.value, button: "Choose", rows: options },
    );
    box.close();
  });
}

const isButtons = (titles) => titles.length <= BUTTONS.most && titles.every(({ length }) => length <= BUTTONS.title);
