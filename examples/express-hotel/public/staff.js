import { $, complain, element, every, fill, reaction, ticks, time, unreachable } from "/assets/page.js";

const DEPARTMENTS = {
  grand: ["reception", "housekeeping", "restaurant", "maintenance"],
  seaside: ["reception", "housekeeping", "restaurant"],
};

let chosen = null;
/** Texts on their way, by conversation: the same id again is the same message, so sending twice is harmless. */
const pending = new Map();

async function api(path, body) {
  const answer = await fetch(`/api${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${$("who").value}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const json = answer.status === 204 ? null : await answer.json();
  if (answer.ok) {
    if ($("trouble").dataset.kind === "answer") complain("");
    return json;
  }
  complain(json.error.message);
  return null;
}

async function showConversations() {
  const list = await api(`/conversations?status=${$("status").value}&limit=100`);
  if (list === null) return;
  fill(
    $("conversations"),
    list.items.map((item) => ({ ...item, key: item.id, chosen: item.id === chosen?.id })),
    (item) => {
      const where = `${item.hotelId}, ${item.departmentId ?? "no department yet"}`;
      const button = element(
        "button",
        { type: "button", ...(item.chosen && { "aria-current": "true" }) },
        element("bdi", { text: item.guest.name ?? "Guest", class: "name" }),
        element("span", { text: time(item.lastMessageAt), class: "time" }),
        element("span", { text: where, class: "where" }),
        element("bdi", { text: item.lastMessagePreview, class: "preview" }),
      );
      if (item.unread > 0)
        button.append(
          element("span", { text: String(item.unread), class: "unread", "aria-label": `${item.unread} unread` }),
        );
      button.addEventListener("click", () => choose(item).catch(unreachable));
      return element("li", {}, button);
    },
  );
  const still = list.items.find(({ id }) => id === chosen?.id);
  if (still !== undefined) chosen = still;
}

async function choose(conversation) {
  chosen = conversation;
  $("department").replaceChildren(
    ...DEPARTMENTS[conversation.hotelId].map((id) => element("option", { text: id, value: id })),
  );
  $("department").value = conversation.departmentId ?? DEPARTMENTS[conversation.hotelId][0];
  await showConversation();
  await showConversations();
  $("text").focus();
}

async function showConversation() {
  $("conversation").hidden = chosen === null;
  $("nothing").hidden = chosen !== null;
  if (chosen === null) return;
  const { id, guest, status, window: service } = chosen;
  const page = await api(`/conversations/${encodeURIComponent(id)}/messages?limit=100`);
  if (page === null || chosen?.id !== id) return;
  $("guest").textContent = guest.name ?? "Guest";
  $("window").textContent = service.open ? `can be answered until ${time(service.closesAt)}` : "service window closed";
  $("close").hidden = status === "closed";
  $("reopen").hidden = status === "open";
  fill(
    $("messages"),
    page.items.toReversed().map((message) => ({ ...message, key: message.id })),
    bubbleOf,
  );
  const newest = page.items.find(({ direction, conversationId }) => direction === "inbound" && conversationId === id);
  if (chosen.unread > 0 && newest !== undefined)
    await api(`/conversations/${encodeURIComponent(id)}/read`, { seq: newest.seq });
}

function bubbleOf({ id, direction, author, content, versions, reactions, status, failure, resentAs, createdAt }) {
  const when = time(createdAt);
  if (content.type === "system" || content.type === "call") {
    const notice = element("li", { class: "notice" }, element("span", { text: `${happened(content)}, ${when}` }));
    if (content.text !== undefined) notice.append(element("bdi", { text: content.text, class: "text" }));
    return notice;
  }
  const bubble = element("li", { class: { inbound: "theirs", outbound: "ours", internal: "ours note" }[direction] });
  const said = direction === "internal" ? `${writer(author)}, for colleagues` : writer(author);
  if (author.kind !== "guest") bubble.append(element("span", { text: said, class: "author" }));
  bubble.append(
    content.type === "revoked"
      ? element("span", { text: "deleted", class: "deleted" })
      : element("bdi", { text: words(content), class: "text" }),
  );
  for (const option of content.buttons ?? content.rows ?? [])
    bubble.append(element("span", { text: option.title, class: "option" }));
  // The newest of them first, below what it says now.
  for (const { content: before, at } of versions.toReversed())
    bubble.append(
      element(
        "span",
        { class: "before" },
        element("span", { text: `before, ${time(at)}: ` }),
        element("s", {}, element("bdi", { text: words(before) })),
      ),
    );
  for (const { by, emoji } of reactions)
    bubble.append(reaction(emoji, by === "guest" ? "the guest" : "the hotel's phone"));
  const foot = element("span", { text: `${versions.length > 0 ? "edited " : ""}${when} `, class: "foot" });
  if (direction === "outbound") foot.append(ticks(status));
  bubble.append(foot);
  if (failure !== null) bubble.append(element("span", { text: failure.message, class: "failure" }));
  if (failure !== null) bubble.append(remedies(id, status, resentAs));
  return bubble;
}

/** What staff can do about a message that did not arrive, or perhaps did. */
function remedies(id, status, resentAs) {
  const choices = element("span", { class: "remedies" });
  if (resentAs !== null) {
    choices.append(element("span", { text: "Sent again, below" }));
    return choices;
  }
  const offer = (label, path, body) => {
    const button = element("button", { type: "button", text: label });
    button.addEventListener("click", () => {
      button.disabled = true;
      settle(id, path, body)
        .catch(unreachable)
        .finally(() => (button.disabled = false));
    });
    choices.append(button);
  };
  // Whoever clicks has read above that it may be there already.
  offer("Send again", "resend", status === "unknown" ? { mayDouble: true } : {});
  if (status === "unknown") {
    offer("It arrived", "resolve", { as: "sent" });
    offer("It did not", "resolve", { as: "failed" });
  }
  return choices;
}

async function settle(id, path, body) {
  if ((await api(`/messages/${encodeURIComponent(id)}/${path}`, body)) !== null) await showConversation();
}

async function send() {
  const text = $("text").value;
  if (chosen === null || text.trim() === "") return;
  const { id } = chosen;
  const before = pending.get(id);
  const draft = before?.text === text ? before : { text, clientMessageId: crypto.randomUUID() };
  pending.set(id, draft);
  const sent = await api(`/conversations/${encodeURIComponent(id)}/messages`, {
    clientMessageId: draft.clientMessageId,
    content: { type: "text", text },
  });
  if (sent === null) return;
  pending.delete(id);
  if ($("text").value === text) $("text").value = "";
  await showConversation();
}

/** The first message to somebody, on its way: the same id again is the same message, as long as nothing in the form has changed. */
let first = null;

async function write() {
  const [hotelId, departmentId] = $("from").value.split("/");
  const [name, language] = $("template").value.trim().split(/\s+/);
  const content = { type: "template", name, language: language ?? "en" };
  const asked = { hotelId, departmentId, to: { waId: $("to").value }, content };
  const key = JSON.stringify(asked);
  if (first?.key !== key) first = { key, clientMessageId: crypto.randomUUID() };
  const sent = await api("/conversations", { ...asked, clientMessageId: first.clientMessageId });
  if (sent === null) return;
  first = null;
  $("to").value = "";
  $("writing").open = false;
  await showConversations();
}

async function move(path, body = {}) {
  const moved = await api(`/conversations/${encodeURIComponent(chosen.id)}/${path}`, body);
  if (moved === null) return;
  chosen = { ...chosen, status: moved.status, departmentId: moved.departmentId };
  await showConversation();
  await showConversations();
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send().catch(unreachable);
});
$("first").addEventListener("submit", (event) => {
  event.preventDefault();
  write().catch(unreachable);
});
$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send().catch(unreachable);
});
$("transfer").addEventListener("click", () =>
  move("transfer", { departmentId: $("department").value }).catch(unreachable),
);
$("close").addEventListener("click", () => move("close").catch(unreachable));
$("reopen").addEventListener("click", () => move("reopen").catch(unreachable));
$("status").addEventListener("change", () => void showConversations());
$("who").addEventListener("change", () => {
  chosen = null;
  location.hash = $("who").value;
  void showConversation();
  void showConversations();
});

const staff = await (await fetch("/demo/staff")).json();
const people = staff.items.filter(({ token }) => token !== "demo-operator");
$("from").replaceChildren(
  ...Object.entries(DEPARTMENTS).flatMap(([hotel, departments]) =>
    departments.map((id) => element("option", { text: `${hotel}, ${id}`, value: `${hotel}/${id}` })),
  ),
);
$("who").replaceChildren(...people.map(({ token, name }) => element("option", { text: name, value: token })));
const wanted = location.hash.slice(1);
if (people.some(({ token }) => token === wanted)) $("who").value = wanted;
every(1000, async () => {
  await showConversations();
  await showConversation();
});

/** Who wrote it at the hotel. */
function writer({ kind, name }) {
  return kind === "device" ? "the hotel's phone" : (name ?? kind);
}

/** What WhatsApp itself tells in a chat. */
function happened({ type, changed, direction, seconds }) {
  if (type === "system")
    return (
      { number: "Changed number", userId: "Changed WhatsApp id", identity: "Changed device" }[changed] ?? "Changed"
    );
  if (seconds !== undefined) return `Call, ${seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}`;
  return direction === "fromGuest" ? "Missed call" : "Call, not answered";
}

/** What a message says, in a line of text: for a kind without words, what it is. */
function words(content) {
  const { type, text } = content;
  const kind = text === undefined ? `[${type}]` : `[${type}] ${text}`;
  switch (type) {
    case "document":
      return [kind, content.fileName].filter(Boolean).join(" ");
    case "audio":
      return content.voice ? "[voice message]" : "[audio]";
    case "location":
      return [kind, content.address, `${content.latitude}, ${content.longitude}`].filter(Boolean).join("\n");
    case "contacts":
      return content.cards
        .map(({ name = "[contact]", phones }) => [name, ...phones.map(({ number }) => number)].join(" "))
        .join("\n");
    case "order":
      return [kind, ...content.items.map(({ productId, quantity }) => `${quantity} × ${productId}`)].join("\n");
    case "mediaPlaceholder":
      return "[a file that has not come]";
    default:
      return ["text", "choice", "buttons", "list", "note"].includes(type) ? text : kind;
  }
}
