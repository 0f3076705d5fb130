import { desk, may } from "./desk.js";
import { button, dialog, element, labelled, said } from "./dom.js";

/** What staff answer often, by what is typed after a `/`. */
const known = new Map();
const KEPT_MS = 60_000;

async function repliesOf({ hotelId, departmentId }) {
  const key = `${desk.me.id} ${hotelId} ${departmentId}`;
  const before = known.get(key);
  if (before !== undefined && Date.now() - before.at < KEPT_MS) return before.items;
  const query = { hotel: hotelId, ...(departmentId !== null && { department: departmentId }), limit: 100 };
  const found = await desk.quietly(desk.client.api.savedReplies(query));
  const items = found?.items ?? [];
  known.set(key, { at: Date.now(), items });
  return items;
}

/** @param begun what stands behind the `/` */
export async function savedReplies(conversation, begun) {
  if (conversation === null) return [];
  const items = await repliesOf(conversation);
  const found = items.filter(
    ({ shortcut, texts }) =>
      shortcut.startsWith(begun.toLowerCase()) || textOf(texts).toLowerCase().includes(begun.toLowerCase()),
  );
  return found.map(({ shortcut, texts }) => {
    const text = filled(textOf(texts), conversation);
    return { title: `/${shortcut}`, more: text, text };
  });
}

const textOf = (texts) => texts[document.documentElement.lang] ?? texts.en ?? Object.values(texts)[0] ?? "";
const filled = (text, { guest }) =>
  text.replaceAll(
    /\{\{(\w+)\}\}/g,
    (whole, name) => ({ guestName: guest.name ?? "", staffName: desk.me.name })[name] ?? whole,
  );

/** Managers keep them. */
export async function keepSavedReplies(hotelId) {
  const list = element("ul", { class: "plain" });
  const box = dialog(
    "Saved replies",
    element("p", { class: "soft", text: "Staff type / and its name. {{guestName}} and {{staffName}} are filled in." }),
    list,
  );
  const show = async () => {
    known.clear();
    const found = await desk.asked(desk.client.api.savedReplies({ hotel: hotelId, limit: 100 }));
    list.replaceChildren(
      ...(found?.items ?? []).map(({ id, shortcut, texts }) => {
        const row = element("li", {}, said(`/${shortcut}`, { class: "heading" }), said(textOf(texts)));
        if (may.writeSavedReplies())
          row.append(
            button(`Delete ${shortcut}`, () => desk.asked(desk.client.api.deleteSavedReply(id)).then(show), {
              text: "Delete",
            }),
          );
        return row;
      }),
    );
  };
  await show();
  if (!may.writeSavedReplies()) return;
  const shortcut = element("input", { pattern: "[a-z0-9_\\-]{1,32}", required: "", autocomplete: "off" });
  const text = element("textarea", { rows: "3", maxlength: "4096", required: "" });
  const form = element(
    "form",
    { class: "stack" },
    labelled("Name", shortcut),
    labelled("Text", text),
    element("button", { type: "submit", text: "Keep it", class: "primary" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void desk
      .asked(desk.client.api.createSavedReply({ hotelId, shortcut: shortcut.value, texts: { en: text.value } }))
      .then((made) => {
        if (made === null) return;
        form.reset();
        void show();
      });
  });
  box.append(form);
}
