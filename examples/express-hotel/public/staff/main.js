import { showArrivals } from "./arrivals.js";
import { desk } from "./desk.js";
import { button, element } from "./dom.js";
import { listenToKeys, showHelp } from "./shortcuts.js";
import { writeFirst } from "./template-picker.js";
import { themeButton } from "./theme.js";
import { showTimes } from "./times.js";

/** The staff inbox: who there is comes first, then the parts of the page, each of which shows itself. */
const { items, hotels = [], flows = [] } = await (await fetch("/demo/staff")).json();
Object.assign(desk, { people: items, hotels, flows });

const tools = document.querySelector("#tools");
tools.append(
  element("a", { href: "/scenarios", text: "Scenarios" }),
  button("Write first", () => writeFirst()),
);
const today = button("Today", () => showArrivals());
const times = button("Times", () => showTimes());
tools.append(
  today,
  times,
  themeButton(),
  button("Keys", () => showHelp(), { text: "?", class: "quiet" }),
);
desk.watch(() => {
  tools.hidden = desk.me === null;
  today.hidden = Object.keys(desk.me?.hotels ?? {}).length === 0;
  times.hidden = desk.me === null || desk.me.role === "agent";
});
listenToKeys();
// A window that closes while one looks, a day that ends: nobody tells of these.
setInterval(() => desk.changed(), 30_000);

// After who there is: a part looks at once for what it shows.
await Promise.all([
  import("./composer.js"),
  import("./connection-state.js"),
  import("./conversation-details.js"),
  import("./conversation-list.js"),
  import("./conversation-pane.js"),
  import("./message-history.js"),
  import("./search-box.js"),
]);
await import("./sign-in.js");
