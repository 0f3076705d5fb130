import { marked } from "/assets/shared/marked.js";
import { attachment } from "/assets/guest/attachment.js";
import { button, element, sheet, sign, time } from "/assets/guest/dom.js";
import { openForm } from "/assets/guest/form-sheet.js";
import { asks, does } from "/assets/guest/simulator.js";

const TICKS = { queued: "🕓", sent: "✓", delivered: "✓✓", read: "✓✓", played: "✓✓", failed: "!" };
const EMOJI = ["👍", "❤️", "😂", "😮", "🙏", "🔑"];

/** One message as the phone shows it, with what can be tapped on it. */
export function bubble(item, phone, composer) {
  const { from, separator } = item;
  const isMine = from === "guest";
  const inside = element("div", { class: "bubble" }, ...said(item, phone));
  if (item.reaction !== undefined)
    inside.append(
      element(
        "span",
        { class: "reaction" },
        element("span", { class: "hidden", text: isMine ? "The hotel: " : "You: " }),
        element("bdi", { text: item.reaction }),
      ),
    );
  const foot = element("span", { class: "foot", text: `${item.edited ? "edited " : ""}${time(item.at)} ` });
  if (isMine)
    foot.append(
      element("span", { class: `ticks ${item.status}`, "aria-hidden": "true", text: TICKS[item.status] ?? "" }),
      element("span", { class: "hidden", text: ` ${item.status}` }),
    );
  inside.append(foot);
  if (item.type !== "deleted")
    inside.append(sign("⋯", "More about this message", () => more(item, phone, composer), { "data-more": true }));
  return element(
    "li",
    { class: isMine ? "ours" : "theirs" },
    separator === null ? null : element("div", { class: "day", text: separator }),
    inside,
  );
}

function said(item, phone) {
  const { from, type, text, header, footer, quoted } = item;
  if (type === "deleted")
    return [
      element("span", { class: "deleted", text: `${from === "guest" ? "You" : "The hotel"} deleted this message` }),
    ];
  const parts = [];
  if (quoted !== undefined)
    parts.push(
      element(
        "blockquote",
        {},
        element("span", { class: "soft", text: quoted.from === "guest" ? "You" : "The hotel" }),
        element("bdi", { text: quoted.said }),
      ),
    );
  if (header !== undefined) parts.push(element("bdi", { class: "header", text: header }));
  parts.push(...attachment(item));
  if (text !== undefined) parts.push(marked(text));
  else if (parts.length === 0)
    parts.push(element("span", { class: "soft", text: KINDS[type] ?? `A message: ${type}` }));
  if (footer !== undefined) parts.push(element("bdi", { class: "soft", text: footer }));
  return [...parts, ...tappable(item, phone)];
}

const KINDS = {
  unsupported: "Something that WhatsApp does not hand over",
  image: "Photo",
  video: "Video",
  audio: "Audio",
  document: "Document",
  sticker: "Sticker",
};

function tappable(item, phone) {
  const { type, options = [], links = [], form, button: opens } = item;
  const made = [];
  if (opens !== undefined)
    made.push(button(opens, () => list(item, phone), { class: "tap", "aria-haspopup": "dialog" }));
  else
    for (const { id, title } of options)
      made.push(button(title, () => void does(phone, { type: "button", id }), { class: "tap" }));
  // Where they lead is shown and not gone to: a phone's browser is none of this page's.
  for (const { title, url } of links)
    made.push(
      button(title, () => sheet("Opens in the browser", () => element("bdi", { class: "text", text: url })), {
        class: "tap",
        "aria-haspopup": "dialog",
      }),
    );
  if (form !== undefined)
    made.push(button(form.title, () => void openForm(item, phone), { class: "tap", "aria-haspopup": "dialog" }));
  if (type === "location_request_message")
    made.push(
      button("Send location", () => void does(phone, { type: "location", quotes: item.wamid }), { class: "tap" }),
    );
  return made;
}

/** The rows of a list come up as a sheet. */
function list({ button: title, options = [] }, phone) {
  sheet(title, (close) => {
    const rows = element("div", { class: "rows" });
    let section;
    for (const option of options) {
      if (option.section !== undefined && option.section !== section)
        rows.append(element("h3", { text: option.section }));
      section = option.section;
      const row = button("", () => {
        close();
        void does(phone, { type: "list", id: option.id });
      });
      row.append(element("bdi", { class: "who", text: option.title }));
      if (option.description !== undefined) row.append(element("bdi", { class: "soft", text: option.description }));
      rows.append(row);
    }
    return rows;
  });
}

/** What can be done with a message. */
function more(item, phone, composer) {
  const { from, wamid, type } = item;
  sheet("This message", (close) => {
    const act = (words, then) =>
      button(words, () => {
        close();
        then();
      });
    const acts = element(
      "div",
      { class: "rows" },
      act("Reply", () => composer.answer(item)),
    );
    if (from === "hotel") {
      const reactions = EMOJI.map((emoji) =>
        button(
          emoji,
          () => {
            close();
            void does(phone, { type: "reaction", wamid, emoji });
          },
          { "aria-label": `React with ${emoji}` },
        ),
      );
      acts.prepend(element("div", { class: "emoji" }, ...reactions));
      if (item.reaction !== undefined)
        acts.append(act("Take the reaction back", () => void does(phone, { type: "reaction", wamid, emoji: null })));
    } else {
      if (type === "text") acts.append(act("Edit", () => composer.edit(item)));
      acts.append(act("Delete for everybody", () => void does(phone, { type: "revoke", wamid })));
    }
    acts.append(act("How it travelled", () => void travelled(item)));
    return acts;
  });
}

/** How often WhatsApp has brought it to the hotel, and what it was answered. */
async function travelled({ wamid }) {
  const { items } = (await asks("/deliveries")) ?? { items: [] };
  const tries = items.filter(({ wamids }) => wamids.includes(wamid));
  const lineOf = ({ at, status, isLost }) =>
    `${new Date(at).toLocaleTimeString()}: ${status === null ? "nobody was there" : `answered ${status}`}${isLost ? ", which got lost" : ""}`;
  sheet("How it travelled", () =>
    tries.length === 0
      ? element("p", { text: "It has not been brought to the hotel yet, or long ago." })
      : element("ol", { class: "tries" }, ...tries.map((one) => element("li", { text: lineOf(one) }))),
  );
}
