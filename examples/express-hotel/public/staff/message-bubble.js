import { desk, personName } from "./desk.js";
import { fileOf } from "./attachment.js";
import { contentOf, happened, lineOf } from "./content.js";
import { explain } from "./explain.js";
import { button, element, said, ticks } from "./dom.js";
import { marked } from "/assets/shared/marked.js";
import { atClock, dayAndTime } from "./time.js";

/** Messages as bubbles, each with what became of it and what can be done about it. */

/** @param item `message`, what it `quotes` (null: nothing here), the hotel's own reaction `ours` */
export function bubbleOf(item, { answer, react, find }) {
  const { message } = item;
  const { direction, author, content, status, createdAt, failure, translation, insteadOf, context, flow } = message;
  const notice = happened(content);
  if (notice !== null)
    return element(
      "li",
      { class: "notice" },
      element("span", { text: `${notice}, ${atClock(createdAt)}` }),
      ...(content.text === undefined ? [] : [said(content.text)]),
    );
  const kind = { inbound: "theirs", outbound: "ours", internal: "ours note" }[direction];
  const bubble = element("li", { class: item.sought ? `${kind} sought` : kind });
  const body = element("div", { class: "bubble" });
  bubble.append(body);
  if (author.kind !== "guest")
    body.append(
      element("span", { class: "author" }, said(writer(author)), direction === "internal" ? ", for colleagues" : ""),
    );
  if (context?.forwarded !== undefined)
    body.append(
      element("span", { text: context.forwarded === "often" ? "Forwarded many times" : "Forwarded", class: "soft" }),
    );
  if (context?.referral !== undefined) body.append(referral(context.referral));
  if (context?.product !== undefined)
    body.append(element("span", { class: "soft" }, "About the product ", said(context.product.productId)));
  if (message.quotes !== null && direction !== "internal") body.append(quoteOf(item.quoted, find));
  body.append(...contentOf(content));
  if (message.attachment !== null) body.append(fileOf(message.attachment));
  if (content.mentions?.length > 0)
    body.append(element("span", { text: `For ${content.mentions.map(personName).join(", ")}`, class: "soft" }));
  if (translation?.text)
    body.append(
      element(
        "div",
        { class: "translation" },
        element("span", { text: `In ${translation.language}: `, class: "soft" }),
        marked(translation.text),
      ),
    );
  if (insteadOf !== null) body.append(element("span", { class: "soft" }, "In place of: ", said(lineOf(insteadOf))));
  body.append(...before(message));
  body.append(...reactionsOf(message, item.ours));
  if (flow !== null && flow.result === "failed")
    body.append(element("span", { text: "The flow could not use this answer", class: "soft" }));
  const foot = element(
    "span",
    { class: "foot" },
    `${message.versions.length > 0 ? "edited " : ""}${atClock(createdAt)} `,
  );
  if (direction === "outbound") foot.append(ticks(status));
  body.append(foot);
  if (failure !== null)
    body.append(element("span", { text: failure.message, class: "failure" }), remedies(message, item.resent));
  if (direction !== "internal") bubble.append(acts(message, { answer, react }));
  else bubble.append(element("span", { class: "acts" }, why(message)));
  return bubble;
}

/** What was written here and is not at the desk yet. */
export function pendingOf({ send: { clientMessageId, conversationId, content, options, status, error } }) {
  const body = element("div", { class: "bubble" }, ...contentOf(content));
  const bubble = element("li", { class: "ours pending" }, body);
  body.append(element("span", { class: "foot" }, status === "refused" ? "not sent " : "", ticks("queued")));
  if (status !== "refused") return bubble;
  body.append(element("span", { text: error.message, class: "failure" }));
  const again = () => {
    // Somebody else has answered: who sends it nevertheless has read that.
    if (error.code !== "answered_meanwhile") return desk.client.retry(clientMessageId);
    desk.client.drop(clientMessageId);
    const { seenSeq: _, ...rest } = options;
    return desk.client.reply(conversationId, content, rest);
  };
  body.append(
    element(
      "span",
      { class: "remedies" },
      button(error.code === "answered_meanwhile" ? "Send anyway" : "Send again", () => void again()),
      button("Throw away", () => void desk.client.drop(clientMessageId)),
    ),
  );
  return bubble;
}

/** A day, or a line between messages. */
export const lineBetween = ({ text, unread = false }) =>
  element("li", { class: unread ? "notice unread-line" : "notice day" }, element("span", { text }));

const writer = ({ kind, id, name }) =>
  kind === "device" ? "The hotel's phone" : kind === "bot" ? "The desk" : (name ?? personName(id));

function referral({ headline, text, url }) {
  const box = element(
    "div",
    { class: "quote" },
    element("span", { text: "Came from an advertisement", class: "soft" }),
  );
  for (const line of [headline, text, url]) if (line !== undefined) box.append(said(line));
  return box;
}

function quoteOf(quoted, find) {
  if (quoted === null)
    return element(
      "div",
      { class: "quote" },
      element("span", { text: "A message further up, or one that is not kept", class: "soft" }),
    );
  const jump = element("button", {
    type: "button",
    class: "quote",
    title: "Go to the message that this answers",
  });
  jump.append(
    element("span", { class: "soft" }, quoted.author.kind === "guest" ? "The guest" : said(writer(quoted.author))),
    said(lineOf(quoted.content), { class: "line" }),
  );
  jump.addEventListener("click", () => find(quoted.id));
  return jump;
}

/** What it said before, the newest of them first. */
const before = ({ versions }) =>
  versions
    .toReversed()
    .map(({ content, at }) =>
      element(
        "span",
        { class: "before" },
        element("span", { text: `before, ${dayAndTime(at)}: ` }),
        element("s", {}, said(lineOf(content))),
      ),
    );

function reactionsOf({ reactions }, ours) {
  const all = reactions.map(({ by, emoji }) => ({ emoji, whose: by === "guest" ? "The guest" : "The hotel's phone" }));
  if (ours !== null) all.push({ emoji: ours, whose: "The hotel" });
  if (all.length === 0) return [];
  return [
    element(
      "span",
      { class: "reactions" },
      ...all.map(({ emoji, whose }) =>
        element("span", { class: "reaction" }, element("span", { text: `${whose}: `, class: "hidden" }), said(emoji)),
      ),
    ),
  ];
}

const why = (message) => button("Why is this here?", () => explain(message.id), { text: "ⓘ", "data-act": "why" });

function acts(message, { answer, react }) {
  const row = element("span", { class: "acts" });
  if (message.wamid !== null && message.content.type !== "revoked")
    row.append(
      button("Answer this message", () => answer(message), { text: "↩", "data-act": "answer" }),
      button("React to this message", (event) => react(message, event.currentTarget), {
        text: "☺",
        "data-act": "react",
      }),
    );
  row.append(why(message));
  return row;
}

/** What staff can do about a message that did not arrive, or perhaps did. */
function remedies({ id, status }, resent) {
  const choices = element("span", { class: "remedies" });
  if (resent) {
    choices.append(element("span", { text: "Sent again, below", class: "soft" }));
    return choices;
  }
  const offer = (label, ask) => choices.append(button(label, () => desk.asked(ask())));
  // Whoever clicks has read above that it may be there already.
  offer("Send again", async () => {
    await desk.client.api.resend(id, status === "unknown" ? { mayDouble: true } : {});
    desk.resent.add(id);
    desk.changed();
  });
  if (status === "unknown") {
    offer("It arrived", () => desk.client.api.resolve(id, { as: "sent" }));
    offer("It did not", () => desk.client.api.resolve(id, { as: "failed" }));
  }
  return choices;
}
