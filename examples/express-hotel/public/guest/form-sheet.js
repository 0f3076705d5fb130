import { element, sheet } from "/assets/guest/dom.js";
import { asks, complain, does, part } from "/assets/guest/simulator.js";

// Draws a form of WhatsApp's own, as Meta's editor describes it (Flow JSON): screens, fields, and what the button below does.

/** Opens the form of a message at the screen that it was sent with. */
export async function openForm({ wamid, form }, phone) {
  const { id, name, asksHotel, screen, data = {}, title } = form;
  const described = await asks(`/forms/${part(id ?? name ?? "")}`);
  if (described === null) return;
  if (asksHotel) {
    complain("This form asks the hotel's endpoint what to show; the simulator has none.");
    return;
  }
  const first = described.screens.find((one) => one.id === screen) ?? described.screens[0];
  sheet(title, (close) => {
    const place = element("div", { class: "form" });
    const go = (to, given) => {
      const next = described.screens.find((one) => one.id === to);
      if (next === undefined) complain(`The form has no screen ${to}.`);
      else place.replaceChildren(drawn(next, given, actions));
    };
    const actions = {
      navigate: ({ next, payload }) => go(next.name, payload),
      async complete({ payload }) {
        if ((await does(phone, { type: "form", wamid, answers: payload })) !== null) close();
      },
    };
    place.append(drawn(first, data, actions));
    return place;
  });
}

/** One screen. @param data what it is filled with */
function drawn({ title, layout }, data, actions) {
  const fields = new Map();
  const context = () => ({ data, form: Object.fromEntries([...fields].map(([name, read]) => [name, read()])) });
  const form = element("form", { class: "stack" }, element("h3", { text: title }));
  const draw = (part) => {
    if (part.type === "Form") part.children.forEach(draw);
    else form.append(...component(part, fields, (value) => filled(value, context())));
    if (part.type === "Footer")
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const { "on-click-action": action } = part;
        void actions[action.name]?.({ ...action, payload: filled(action.payload ?? {}, context()) });
      });
  };
  layout.children.forEach(draw);
  return form;
}

/** `${data.guests}` and `${form.guests}` in their places, anywhere in a value. */
function filled(value, { data, form }) {
  if (typeof value === "string") {
    const whole = /^\$\{(data|form)\.(\w+)\}$/.exec(value);
    const from = whole?.[1] === "form" ? form : data;
    return whole === null ? value : Object.hasOwn(from, whole[2]) ? from[whole[2]] : "";
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, { data, form }));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, { data, form })]));
}

const INPUTS = { number: "number", email: "email", phone: "tel", password: "password", passcode: "password" };
const WORDS = { TextHeading: "h4", TextSubheading: "h4", TextBody: "p", TextCaption: "p" };

/** @param fields gets how each field is read, by its name @param fill puts data into a value */
function component(part, fields, fill) {
  const { type, name, label, required = true } = part;
  const text = fill(label ?? part.text ?? "");
  const help =
    part["helper-text"] === undefined ? null : element("span", { class: "soft", text: fill(part["helper-text"]) });
  const initial = fill(part["init-value"] ?? "");
  if (type in WORDS) return [element(WORDS[type], { text })];
  const field = (input, read = () => input.value) => {
    fields.set(name, read);
    return [element("label", {}, element("span", { text }), input, help)];
  };
  switch (type) {
    case "TextInput":
      return field(
        element("input", {
          type: INPUTS[part["input-type"]] ?? "text",
          required,
          value: String(initial),
          min: part["input-type"] === "number" ? "1" : null,
        }),
      );
    case "TextArea":
      return field(element("textarea", { rows: "3", required, maxlength: "600", text: String(initial) }));
    case "DatePicker":
      return field(element("input", { type: "date", required, value: String(initial) }));
    case "Dropdown":
      return field(
        element(
          "select",
          { required },
          element("option", { value: "", text: "Choose" }),
          ...fill(part["data-source"]).map(({ id, title }) => element("option", { value: id, text: title })),
        ),
      );
    case "OptIn": {
      const box = element("input", { type: "checkbox", required });
      fields.set(name, () => box.checked);
      return [element("label", { class: "check" }, box, element("span", { text }))];
    }
    case "RadioButtonsGroup":
    case "CheckboxGroup": {
      const isMany = type === "CheckboxGroup";
      const boxes = fill(part["data-source"]).map(({ id, title }) => {
        const box = element("input", {
          type: isMany ? "checkbox" : "radio",
          name,
          value: id,
          required: required && !isMany,
        });
        return [box, element("label", { class: "check" }, box, element("span", { text: title }))];
      });
      const chosen = () => boxes.filter(([box]) => box.checked).map(([box]) => box.value);
      fields.set(name, () => (isMany ? chosen() : (chosen()[0] ?? "")));
      return [element("fieldset", {}, element("legend", { text }), ...boxes.map(([, shown]) => shown))];
    }
    case "Footer":
      return [element("button", { type: "submit", class: "send", text })];
    default:
      return [element("p", { class: "soft", text: `(${type} is not drawn here)` })];
  }
}
