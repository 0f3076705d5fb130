import { desk } from "./desk.js";
import { button, element, labelled, said, select } from "./dom.js";
import { dayAndTime } from "./time.js";

/** Who the guest is, as far as WhatsApp and the hotel's own books say, and what they have with the hotel. */

const fact = (name, value) =>
  value === null || value === undefined || value === ""
    ? []
    : [element("dt", { text: name }), element("dd", {}, said(String(value)))];

export async function guestOf({ guest: { id } }) {
  if (id === "") return [element("p", { text: "Not known.", class: "soft" })];
  const [guest, consents] = await Promise.all([desk.client.api.guest(id), desk.client.api.consents(id)]);
  const facts = element(
    "dl",
    {},
    ...fact("Name", guest.known?.name ?? guest.name),
    ...fact("User name", guest.username),
    ...guest.addresses
      .filter(({ kind }) => kind === "waId")
      .flatMap(({ value, retiredAt }) => fact(retiredAt === null ? "Phone" : "Former phone", `+${value}`)),
    ...fact("Speaks", guest.language ?? guest.known?.language),
    ...fact("Room", guest.stay?.room),
    ...fact("Stay", guest.stay && `${guest.stay.from} to ${guest.stay.to}`),
    ...fact("Note", guest.known?.vip ? "VIP" : null),
    ...fact("May be the same as", guest.maybeSame.length > 0 ? `${guest.maybeSame.length} other guest(s)` : null),
    ...fact("Offers", consents.marketing === "stopped" ? "wants none" : "may be sent"),
  );
  const wish = consents.marketing === "stopped" ? "resume" : "stop";
  const said = wish === "stop" ? "The guest said: no offers" : "The guest said: offers again";
  return [
    facts,
    button(said, () => desk.asked(desk.client.api.setConsent(id, { wish, reason: "The guest told staff." }))),
  ];
}

const STAY = { booked: "booked", inHouse: "in the house", out: "has left", cancelled: "cancelled" };

export async function staysOf(conversationId) {
  const { items } = await desk.client.api.stays(conversationId);
  if (items.length === 0) return [element("p", { text: "None that the hotel's own system told of.", class: "soft" })];
  return items.map((stay) =>
    element(
      "div",
      { class: "card" },
      element(
        "dl",
        {},
        ...fact("Booking", stay.reservationId),
        ...fact("Now", STAY[stay.status]),
        ...fact("From", stay.arrival),
        ...fact("To", stay.departure),
        ...fact("Room", stay.room && `${stay.room}${stay.roomReady ? ", ready" : ""}`),
        ...fact("In the name of", stay.guestName),
      ),
      ...stay.messages.map(({ rule, state, says, at }) =>
        element("p", { class: "soft" }, said(`${rule}: ${state}, ${dayAndTime(at)}. ${says ?? ""}`)),
      ),
    ),
  );
}

const KINDS = ["housekeeping", "maintenance", "other"];

export async function tasksOf(conversationId) {
  const { items } = await desk.client.api.tasks(conversationId);
  const list = element(
    "ul",
    { class: "plain" },
    ...items.map(({ what, room, status, dueAt, lateAt, note }) =>
      element(
        "li",
        {},
        said(what),
        element(
          "span",
          { class: lateAt === null ? "soft" : "failure" },
          said(
            [status, room && `room ${room}`, dueAt && `due ${dayAndTime(dueAt)}`, lateAt && "late", note]
              .filter(Boolean)
              .join(", "),
          ),
        ),
      ),
    ),
  );
  const what = element("input", { required: "", maxlength: "500", autocomplete: "off" });
  const room = element("input", { maxlength: "20", autocomplete: "off" });
  const kind = select(KINDS.map((value) => ({ value, text: value })));
  const form = element(
    "form",
    { class: "stack" },
    labelled("What", what),
    labelled("Room", room),
    labelled("For", kind),
    element("button", { type: "submit", text: "Ask for it" }),
  );
  // The same key again, after an answer that was lost, is the same request.
  let key = crypto.randomUUID();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const task = { key, kind: kind.value, what: what.value, ...(room.value !== "" && { room: room.value }) };
    void desk.asked(desk.client.api.createTask(conversationId, task)).then((made) => {
      if (made === null) return;
      key = crypto.randomUUID();
      form.reset();
      document.activeElement?.blur();
    });
  });
  return [
    ...(items.length === 0 ? [element("p", { text: "Nothing was asked for here.", class: "soft" })] : [list]),
    form,
  ];
}
