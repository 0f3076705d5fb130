import { desk, personName } from "./desk.js";
import { element, said } from "./dom.js";
import { dayAndTime } from "./time.js";

/** Who did what with a conversation, and why, the newest first: for those who run the hotel. */
export async function auditOf(hotel, target) {
  const { items } = await desk.client.api.audit({ hotel, target, limit: 100 });
  if (items.length === 0) return [element("p", { text: "Nothing yet.", class: "soft" })];
  return [
    element(
      "ol",
      { class: "plain steps" },
      ...items.map(({ at, actor, action, reason }) =>
        element(
          "li",
          {},
          element("span", { text: dayAndTime(at), class: "soft" }),
          said(`${actor.kind === "staff" ? personName(actor.id) : actor.kind}: ${action}`),
          ...(reason === "" ? [] : [said(reason, { class: "soft" })]),
        ),
      ),
    ),
  ];
}
