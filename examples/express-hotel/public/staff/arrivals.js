import { desk, hotelName } from "./desk.js";
import { button, dialog, element, said } from "./dom.js";

/** Who comes to the house today and who goes, each with the conversation that there is. */

const STANDS = { booked: "booked", inHouse: "in the house", out: "has left" };
const LISTS = [
  { verb: "arrivals", title: "Arrivals today", none: "Nobody comes today." },
  { verb: "departures", title: "Departures today", none: "Nobody goes today." },
];
/** Of staff of some departments the desk may show few of a page. */
const PAGE = 100;

export async function showArrivals() {
  const home = element("div", { class: "wide" });
  const lists = Object.keys(desk.me.hotels).flatMap((hotelId) => LISTS.map((list) => ({ ...list, hotelId })));
  const shown = await Promise.all(lists.map((list) => listOf(list)));
  if (shown.includes(null)) return;
  const box = dialog("Today", home);
  home.append(...shown);
  home.addEventListener("click", ({ target }) => {
    if (target.closest("[data-conversation]") !== null) box.close();
  });
}

/** null when the desk refuses it, which is told. */
async function listOf({ hotelId, verb, title, none }) {
  const found = await desk.asked(desk.client.api[verb]({ hotel: hotelId, limit: PAGE }));
  if (found === null) return null;
  const several = Object.keys(desk.me.hotels).length > 1;
  const heading = several ? `${title}, ${hotelName(hotelId)}` : title;
  const list = element("ul", { class: "plain", "aria-label": heading });
  const empty = element("p", { class: "soft", text: none });
  const more = button("More", () => read());
  let cursor;
  const put = ({ items, nextCursor }) => {
    cursor = nextCursor;
    list.append(...items.map(lineOf));
    empty.hidden = list.childElementCount > 0 || nextCursor !== null;
    more.hidden = nextCursor === null;
  };
  const read = async () => {
    const next = await desk.asked(desk.client.api[verb]({ hotel: hotelId, limit: PAGE, cursor }));
    if (next !== null) put(next);
  };
  put(found);
  return element("section", {}, element("h3", { text: heading }), empty, list, more);
}

function lineOf({ reservationId, status, room, roomReady, guestName, conversationId }) {
  const facts = [STANDS[status], room && `room ${room}${roomReady ? ", ready" : ""}`, reservationId];
  const name = said(guestName ?? "No name");
  const open = button(
    `Open the conversation with ${guestName ?? reservationId}`,
    () => void desk.chooseFound({ conversationId, guest: { name: guestName } }),
    { text: "Conversation", "data-conversation": conversationId },
  );
  return element(
    "li",
    {},
    element("strong", {}, name),
    element("span", { class: "soft" }, said(facts.filter(Boolean).join(", "))),
    conversationId === null ? null : open,
  );
}
