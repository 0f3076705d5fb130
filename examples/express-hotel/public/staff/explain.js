import { desk, personName } from "./desk.js";
import { dialog, element, said } from "./dom.js";
import { dayAndTime } from "./time.js";

/** Why a message stands where it stands, and what became of it. */
export async function explain(messageId) {
  const found = await desk.asked(desk.client.api.explain(messageId));
  if (found === null) return;
  const steps = element(
    "ol",
    { class: "plain steps" },
    ...found.steps.map(({ at, says, details = {} }) => {
      const more = Object.entries(details).map(([name, value]) => `${name}: ${value}`);
      const step = element("li", {}, element("span", { text: dayAndTime(at), class: "soft" }), said(says));
      if (more.length > 0) step.append(said(more.join(", "), { class: "soft" }));
      return step;
    }),
  );
  const done = element(
    "ol",
    { class: "plain steps" },
    ...found.audit.map(({ at, actor, action, reason }) =>
      element(
        "li",
        {},
        element("span", { text: dayAndTime(at), class: "soft" }),
        said(`${personName(actor.id)}: ${action}`),
        said(reason, { class: "soft" }),
      ),
    ),
  );
  dialog(
    "Why this message is here",
    steps,
    ...(found.audit.length > 0 ? [element("h3", { text: "Who did what" }), done] : []),
  );
}
