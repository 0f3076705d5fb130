import { deskClient, openConversations, sendsTo } from "/assets/client.js";
import { $, complain, element, fill, reaction, ticks, time, unreachable } from "/assets/page.js";

const DEPARTMENTS = {
  grand: ["reception", "housekeeping", "restaurant", "maintenance"],
  seaside: ["reception", "housekeeping", "restaurant"],
};

/** The desk, as whoever is signed in sees it; and the conversation that is shown. */
let client;
let chosen = null;
let leave = () => undefined;
/** The closed ones, newest first: a list that is read when it is wanted, and when something has happened. */
let closed = [];
/** How far the guest's messages have been marked as read. */
let marked = "";
/** What a flow asks staff to decide in the conversation that is shown; null when nothing. */
let approval = null;

function signIn() {
  leave();
  client?.close();
  chosen = null;
  closed = [];
  const token = $("who").value;
  const mine = deskClient({ baseUrl: "/api", token, storage: sessionStorage, storageKey: `belldesk.${token}` });
  client = mine;
  mine.subscribe(() => mine === client && show());
  mine.onEvent(() => {
    if (mine !== client) return;
    void listClosed();
    void loadApproval();
  });
  mine.connect();
  void listClosed();
  show();
}

/** What was asked for; null when the desk refuses it, which is shown. */
async function asked(answer) {
  try {
    const given = await answer;
    if ($("trouble").dataset.kind === "answer") complain("");
    return given ?? true;
  } catch (error) {
    if (error.code !== "unreachable" && error.code !== "answer_unknown") complain(error.message);
    return null;
  }
}

async function listClosed() {
  if ($("status").value !== "closed") return;
  const list = await asked(client.api.conversations({ status: "closed", limit: 100 }));
  if (list === null) return;
  closed = list.items;
  show();
}

/** A flow asks in its own conversation alone. Whoever may not see it is asked nothing. */
async function loadApproval() {
  const id = chosen;
  const isFlow = client.getState().conversations[id]?.mode === "flow";
  const run = isFlow ? (await client.api.flowRun(id).catch(() => null))?.run : null;
  if (id !== chosen) return;
  approval = run?.endedAt === null && run.approval?.decision === null ? run.approval : null;
  showApproval();
}

function showApproval() {
  $("approval").hidden = approval === null;
  $("asked").textContent = approval?.note ?? "";
}

async function decide(approved) {
  if (approval === null) return;
  const { id } = approval;
  await asked(client.api.decideApproval(chosen, { approvalId: id, approved }));
  await loadApproval();
}

/** Everything, as it stands now: what has not changed is not touched. */
function show() {
  showLine();
  showConversations();
  showConversation();
}

function showLine() {
  const { status } = client.getState().connection;
  if (status === "offline") unreachable();
  else if (status === "live" && $("trouble").dataset.kind === "line") $("trouble").textContent = "";
}

function showConversations() {
  const items = $("status").value === "open" ? openConversations(client.getState()) : closed;
  fill(
    $("conversations"),
    items.map((item) => ({ ...item, key: item.id, chosen: item.id === chosen })),
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
      button.addEventListener("click", () => choose(item));
      return element("li", {}, button);
    },
  );
}

function choose(conversation) {
  leave();
  chosen = conversation.id;
  $("department").replaceChildren(
    ...DEPARTMENTS[conversation.hotelId].map((id) => element("option", { text: id, value: id })),
  );
  $("department").value = conversation.departmentId ?? DEPARTMENTS[conversation.hotelId][0];
  leave = client.open(conversation);
  approval = null;
  showApproval();
  void loadApproval();
  show();
  $("text").focus();
}

function showConversation() {
  const state = client.getState();
  const conversation = state.conversations[chosen];
  $("conversation").hidden = conversation === undefined;
  $("nothing").hidden = conversation !== undefined;
  if (conversation === undefined) return;
  const { id, guest, status, unread, window: service } = conversation;
  const { messages = [], nextCursor = null } = state.threads[id] ?? {};
  $("guest").textContent = guest.name ?? "Guest";
  $("window").textContent = service.open ? `can be answered until ${time(service.closesAt)}` : "service window closed";
  $("close").hidden = status === "closed";
  $("reopen").hidden = status === "open";
  $("older").hidden = nextCursor === null;
  fill(
    $("messages"),
    [
      ...messages.map((message) => ({ ...message, key: message.id })),
      ...sendsTo(state, id).map((send) => ({ ...send, key: send.clientMessageId })),
    ],
    (item) => (item.options === undefined ? bubbleOf(item) : pendingBubbleOf(item)),
  );
  const newest = messages.findLast(({ direction, conversationId }) => direction === "inbound" && conversationId === id);
  if (unread === 0 || newest === undefined || marked === newest.id) return;
  marked = newest.id;
  void asked(client.api.markRead(id, { seq: newest.seq })).then((read) => {
    if (read === null) marked = "";
  });
}

/** What was written here and is not at the desk yet. */
function pendingBubbleOf({ clientMessageId, content, status, error }) {
  const bubble = element("li", { class: "ours" }, element("bdi", { text: content.text, class: "text" }));
  bubble.append(element("span", { class: "foot" }, ticks("queued")));
  if (status !== "refused") return bubble;
  const again = element("button", { type: "button", text: "Send again" });
  again.addEventListener("click", () => client.retry(clientMessageId));
  const drop = element("button", { type: "button", text: "Throw away" });
  drop.addEventListener("click", () => client.drop(clientMessageId));
  bubble.append(
    element("span", { text: error.message, class: "failure" }),
    element("span", { class: "remedies" }, again, drop),
  );
  return bubble;
}

function bubbleOf(message) {
  const { id, direction, author, content, versions, reactions, status, failure, resentAs, createdAt, attachment } =
    message;
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
  if (attachment !== null) bubble.append(fileOf(attachment));
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

/** A file, once it is there: a picture is shown, whatever else is saved. The page fetches it with the token; its address opens it to nobody. */
function fileOf({ id, state, kind, reason, fileName, sizeBytes, hasThumbnail }) {
  const frame = element("span", { class: "file" });
  if (state !== "stored") {
    frame.append(
      element("span", { text: state === "pending" ? "The file is on its way" : `No file: ${reason ?? state}` }),
    );
    return frame;
  }
  if (kind === "image" || kind === "sticker") {
    const picture = element("img", { alt: "A picture", class: "picture" });
    void opened(id, hasThumbnail).then((url) => (picture.src = url));
    frame.append(picture);
  }
  const save = element("button", {
    type: "button",
    text: `Save ${fileName ?? kind}, ${Math.ceil(sizeBytes / 1000)} kB`,
  });
  save.addEventListener("click", () => {
    void opened(id, false).then((href) => element("a", { href, download: fileName ?? kind }).click());
  });
  frame.append(save);
  return frame;
}

/** Addresses of files within this page, by id. */
const files = new Map();
async function opened(id, thumbnail) {
  const key = `${id} ${thumbnail}`;
  if (!files.has(key)) files.set(key, URL.createObjectURL(await client.api.openAttachment(id, { thumbnail })));
  return files.get(key);
}

/** Puts a file there, and sends it with what stands in the box. */
async function sendFile(file) {
  const kind = ["image/png", "image/jpeg"].includes(file.type) ? "image" : "document";
  const text = $("text").value.trim();
  const added = await asked(client.api.addFile(chosen, { kind, name: file.name, file }));
  if (added === null) return;
  const content = { type: kind, media: { attachmentId: added.id }, ...(text !== "" && { text }) };
  const sent = await asked(client.api.reply(chosen, { clientMessageId: crypto.randomUUID(), content }));
  if (sent !== null) $("text").value = "";
}

/** What staff can do about a message that did not arrive, or perhaps did. */
function remedies(id, status, resentAs) {
  const choices = element("span", { class: "remedies" });
  if (resentAs !== null) {
    choices.append(element("span", { text: "Sent again, below" }));
    return choices;
  }
  const offer = (label, ask) => {
    const button = element("button", { type: "button", text: label });
    button.addEventListener("click", () => {
      button.disabled = true;
      void asked(ask()).finally(() => (button.disabled = false));
    });
    choices.append(button);
  };
  // Whoever clicks has read above that it may be there already.
  offer("Send again", () => client.api.resend(id, status === "unknown" ? { mayDouble: true } : {}));
  if (status === "unknown") {
    offer("It arrived", () => client.api.resolve(id, { as: "sent" }));
    offer("It did not", () => client.api.resolve(id, { as: "failed" }));
  }
  return choices;
}

/** It stands in the conversation at once, and is sent as soon as the hotel can be reached. */
function send() {
  const text = $("text").value;
  if (chosen === null || text.trim() === "") return;
  $("text").value = "";
  client.reply(chosen, text);
}

/** The first message to somebody, on its way: the same id again is the same message, as long as nothing in the form has changed. */
let first = null;

async function write() {
  const [hotelId, departmentId] = $("from").value.split("/");
  const [name, language] = $("template").value.trim().split(/\s+/);
  const content = { type: "template", name, language: language ?? "en" };
  const request = { hotelId, departmentId, to: { waId: $("to").value }, content };
  const key = JSON.stringify(request);
  if (first?.key !== key) first = { key, clientMessageId: crypto.randomUUID() };
  const sent = await asked(client.api.write({ ...request, clientMessageId: first.clientMessageId }));
  if (sent === null) return;
  first = null;
  $("to").value = "";
  $("writing").open = false;
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  $("file").value = "";
  if (file !== undefined && chosen !== null) void sendFile(file);
});
$("first").addEventListener("submit", (event) => {
  event.preventDefault();
  void write();
});
$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
$("transfer").addEventListener(
  "click",
  () => void asked(client.api.transfer(chosen, { departmentId: $("department").value })),
);
$("approve").addEventListener("click", () => void decide(true));
$("decline").addEventListener("click", () => void decide(false));
$("close").addEventListener("click", () => void asked(client.api.close(chosen)));
$("reopen").addEventListener("click", () => void asked(client.api.reopen(chosen)));
$("older").addEventListener("click", () => void asked(client.older(chosen)));
$("status").addEventListener("change", () => {
  show();
  void listClosed();
});
$("who").addEventListener("change", () => {
  location.hash = $("who").value;
  signIn();
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
signIn();

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
