import { element, said } from "./dom.js";
import { marked } from "/assets/shared/marked.js";

/** What a message says, for each kind of content that the desk tells of. */
export function contentOf(content) {
  const show = KINDS[content.type];
  return show === undefined
    ? [label(`A message of a kind that this page does not know (${content.type})`)]
    : show(content);
}

/** The same in a line: for a quote, and for what it said before. */
export function lineOf(content) {
  const { type, text } = content;
  const name = {
    image: "Picture",
    video: "Video",
    document: "Document",
    sticker: "Sticker",
    location: "Place",
    order: "Order",
  }[type];
  if (type === "audio") return content.voice ? "Voice message" : "Recording";
  if (type === "contacts") return content.cards.map(({ name: of }) => of ?? "Contact").join(", ");
  if (type === "revoked") return "Deleted";
  if (type === "flowReply") return "A form, filled in";
  return [name, text ?? content.fileName].filter(Boolean).join(": ") || type;
}

const label = (text) => element("span", { text, class: "soft" });
const maybe = (value, show) => (value === undefined || value === "" ? [] : [show(value)]);
const textOf = ({ text }) => maybe(text, marked);
/** A header and a footer of the hotel's questions. */
const framed = (content, ...inner) => [
  ...maybe(typeof content.header === "string" ? content.header : undefined, (header) =>
    said(header, { class: "heading" }),
  ),
  ...maybe(typeof content.header === "object" ? content.header.type : undefined, (type) => label(`with a ${type}`)),
  ...textOf(content),
  ...inner,
  ...maybe(content.footer, (footer) => said(footer, { class: "soft" })),
];
const option = (title, description) =>
  element("span", { class: "option" }, said(title), ...maybe(description, (text) => said(text, { class: "soft" })));

const coordinates = ({ latitude, longitude }) => `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;

const KINDS = {
  text: textOf,
  note: textOf,
  choice: ({ text, description }) => [
    said(text, { class: "picked" }),
    ...maybe(description, (more) => said(more, { class: "soft" })),
  ],
  // The file itself stands beside it.
  image: textOf,
  video: textOf,
  document: textOf,
  sticker: () => [],
  audio: ({ voice }) => [label(voice ? "Voice message" : "Recording")],
  location: (content) => [
    label("Place"),
    ...maybe(content.text, (name) => said(name, { class: "heading" })),
    ...maybe(content.address, (address) => said(address)),
    // Shown, and not a link: whoever opens a map tells it where a guest is.
    element("code", { text: coordinates(content) }),
    ...maybe(content.url, (url) => said(url, { class: "soft" })),
  ],
  contacts: ({ cards }) => cards.map(cardOf),
  order: (content) => [
    label("Order"),
    ...textOf(content),
    element(
      "ul",
      { class: "plain" },
      ...content.items.map(({ productId, quantity, price, currency }) =>
        element("li", {}, said(`${quantity} × ${productId}, ${price} ${currency}`)),
      ),
    ),
  ],
  flowReply: ({ form, answers }) => [label(form === "address" ? "Address" : "A form, filled in"), answersOf(answers)],
  callPermissionReply: ({ allowed }) => [label(allowed ? "The guest may be called" : "The guest wants no call")],
  unsupported: ({ kind }) => [
    label(`WhatsApp does not hand this over${kind === undefined ? "" : `: ${kind}`}. Ask the guest to write it.`),
  ],
  welcome: () => [label("The guest opened the chat")],
  mediaPlaceholder: () => [label("A file of before, which has not come")],
  revoked: () => [element("span", { text: "Deleted", class: "deleted" })],
  unseen: () => [label("A message that can be seen on the guest's phone only")],
  unknown: () => [label("A message of a new kind; it is kept")],
  reaction: ({ text }) => [label("Reaction: "), said(text ?? "taken back")],
  template: (content) => [
    label(`Template ${content.name} (${content.language})`),
    ...textOf(content),
    ...filled(content),
  ],
  buttons: (content) => framed(content, ...content.buttons.map(({ title }) => option(title))),
  list: (content) =>
    framed(content, label(content.button), ...content.rows.map(({ title, description }) => option(title, description))),
  linkButton: (content) => framed(content, option(content.label, content.url)),
  form: (content) => framed(content, option(content.label)),
  locationRequest: (content) => [...textOf(content), option("Send your place")],
  contactRequest: (content) => [...textOf(content), option("Share your contact")],
  addressRequest: (content) => framed(content, option("Send your address")),
  callButton: (content) => [...textOf(content), option(content.label ?? "Call us")],
  callPermissionRequest: (content) => [...textOf(content), option("May we call?")],
  product: (content) => [label(`Product ${content.productId}`), ...framed(content)],
  products: (content) =>
    framed(content, ...content.sections.map(({ title, productIds }) => option(title, productIds.join(", ")))),
  catalog: (content) => framed(content, option("See the catalogue")),
  carousel: (content) => [
    ...textOf(content),
    ...content.cards.map((card) =>
      element(
        "div",
        { class: "card" },
        label(`with a ${card.header.type}`),
        ...textOf(card),
        ...(card.buttons ?? [card.button]).map((one) => option(one.title ?? one.label, one.url)),
      ),
    ),
  ],
  productCarousel: (content) => [...textOf(content), label(content.productIds.join(", "))],
};

/** What a template was filled in with, where its text is not known. */
const filled = ({ text, body = [] }) =>
  text !== undefined || body.length === 0
    ? []
    : [element("ul", { class: "plain" }, ...body.map((value) => element("li", {}, said(value.text))))];

function cardOf({ name = "Contact", isOwn, phones, emails = [], links = [], addresses = [], company, jobTitle }) {
  const lines = [
    ...phones.map(({ number }) => number),
    ...emails.map((email) => (typeof email === "string" ? email : email.email)),
    ...links.map(({ url }) => url),
    ...addresses.map(({ street, zip, city, country }) => [street, zip, city, country].filter(Boolean).join(", ")),
    ...[company, jobTitle].filter(Boolean),
  ];
  return element(
    "div",
    { class: "card" },
    said(name, { class: "heading" }),
    ...(isOwn ? [label("the guest's own")] : []),
    ...lines.map((line) => said(line)),
  );
}

/** What stands in a form, as a table. It comes as JSON of any shape. */
function answersOf(json) {
  let answers;
  try {
    answers = JSON.parse(json);
  } catch {
    return said(json);
  }
  if (answers === null || typeof answers !== "object") return said(String(answers));
  return tableOf(Object.entries(answers).filter(([name]) => name !== "flow_token"));
}

/** Names and values in two columns. @param entries any JSON as values */
export const tableOf = (entries) =>
  element(
    "table",
    { class: "answers" },
    element(
      "tbody",
      {},
      ...entries.map(([name, value]) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, said(name)),
          element("td", {}, said(typeof value === "string" ? value : JSON.stringify(value))),
        ),
      ),
    ),
  );

/** What WhatsApp itself tells in a chat; null for what somebody said. */
export function happened({ type, changed, direction, seconds }) {
  if (type === "system")
    return (
      {
        number: "The guest has another number",
        userId: "The guest has another WhatsApp id",
        identity: "The guest has another device",
      }[changed] ?? "Something about the guest changed"
    );
  if (type !== "call") return null;
  if (seconds !== undefined) return `Call, ${seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}`;
  return direction === "fromGuest" ? "Missed call" : "Call, not answered";
}
