import { deskClient } from "/assets/client.js";
import { button, element } from "/assets/guest/dom.js";
import { hotelAt, play, scenarios } from "/assets/guest/scenarios/index.js";

const hotel = hotelAt({ base: location.origin, deskClient });
const buttons = [];

function shown(scenario) {
  const list = element("ol", { class: "steps" });
  const end = element("p", { role: "status" });
  const start = button("Play", () => void run(), { class: "send", "aria-label": `Play: ${scenario.title}` });
  buttons.push(start);

  async function run() {
    for (const one of buttons) one.disabled = true;
    end.textContent = "";
    const items = scenario.steps.map(({ does }) =>
      element("li", { "data-state": "waiting" }, element("span", { text: does })),
    );
    list.replaceChildren(...items);
    let last = "done";
    for await (const { place, state, saw } of play(scenario, hotel)) {
      last = state;
      items[place].dataset.state = state;
      if (saw !== undefined) items[place].append(...seen(state, saw));
    }
    end.textContent = last === "done" ? "Done." : "It stopped here.";
    for (const one of buttons) one.disabled = false;
  }

  return element(
    "article",
    { id: scenario.id },
    element("h2", { text: scenario.title }),
    element("p", { text: scenario.about }),
    start,
    list,
    end,
  );
}

/** What a step has come to, and where to look at it. */
const seen = (state, { text, links = [] }) => [
  element("span", { class: "soft" }, `${state === "done" ? "✓" : "✗"} `, element("bdi", { text })),
  ...links.flatMap(({ text: words, href }) => [
    element("a", { href, target: "_blank", rel: "noopener", text: words }),
    " ",
  ]),
];

document.getElementById("scenarios").append(...scenarios.map(shown));
