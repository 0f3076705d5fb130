import { desk } from "./desk.js";
import { button, dialog, element, labelled } from "./dom.js";

const HOUR_MS = 3_600_000;

/** Puts a conversation away until it is wanted. The guest brings it back at any time. */
export function askSnooze(conversationId) {
  const until = (instant) =>
    desk
      .asked(desk.client.api.snooze(conversationId, { until: instant.toISOString() }))
      .then((done) => done !== null && box.close());
  const at = (days, hour) => {
    const day = new Date();
    day.setDate(day.getDate() + days);
    day.setHours(hour, 0, 0, 0);
    return day;
  };
  const own = element("input", { type: "datetime-local", required: "" });
  const form = element(
    "form",
    { class: "row" },
    labelled("At", own),
    element("button", { type: "submit", text: "Snooze until then" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void until(new Date(own.value));
  });
  const box = dialog(
    "Snooze",
    element("p", { class: "soft", text: "It leaves the open list until then, or until the guest writes." }),
    element(
      "div",
      { class: "row" },
      button("In an hour", () => until(new Date(Date.now() + HOUR_MS))),
      button("In four hours", () => until(new Date(Date.now() + 4 * HOUR_MS))),
      button("Tomorrow at 9", () => until(at(1, 9))),
      button("In a week", () => until(at(7, 9))),
    ),
    form,
  );
}
