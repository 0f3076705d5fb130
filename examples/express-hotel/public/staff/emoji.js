import { button, element } from "./dom.js";

/** The emoji that a hotel answers with; the others come from the keyboard of whoever wants them. */
const GROUPS = {
  Faces: "😀 😃 😄 😊 🙂 😉 😍 😘 😎 🤗 🤔 😅 😂 😢 😭 😴 🤒 😷 😡 😳",
  Hands: "👍 👎 👌 🙏 👏 👋 💪 🤝 ✌️ ☝️",
  Hotel: "🛎️ 🔑 🛏️ 🛁 🚿 🧹 🧺 🧳 🍽️ ☕ 🥐 🍷 🍾 🎂 🏊 💆 🅿️ 🚕 ✈️ 🚆 🗺️ 📍 ⏰ 📞 📄 💳",
  Signs: "❤️ 💛 ⭐ ✨ 🎉 🌞 🌧️ ❄️ 🔥 ✅ ❌ ❗ ❓ 🔇 🚭 🌍",
};
export const REACTIONS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** A button, and the panel that it opens. @param pick what to do with an emoji */
export function emojiPicker(pick) {
  const panel = element("div", { class: "emoji", role: "group", "aria-label": "Emoji", hidden: "" });
  const close = () => {
    panel.hidden = true;
    opener.setAttribute("aria-expanded", "false");
  };
  const opener = button(
    "Emoji",
    () => {
      if (panel.childElementCount === 0) fill();
      panel.hidden = !panel.hidden;
      opener.setAttribute("aria-expanded", String(!panel.hidden));
      if (!panel.hidden) panel.querySelector("button").focus();
    },
    { "aria-expanded": "false" },
  );
  const fill = () => {
    for (const [name, emoji] of Object.entries(GROUPS))
      panel.append(
        element(
          "div",
          { role: "group", "aria-label": name },
          ...emoji.split(" ").map((one) =>
            button(one, () => {
              pick(one);
              close();
            }),
          ),
        ),
      );
  };
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
    opener.focus();
  });
  return { button: opener, panel };
}

/** A few emoji beside a message. @param pick the emoji, or null to take it back */
export function reactionPicker(near, pick, hasOne) {
  document.querySelector(".reaction-picker")?.remove();
  const box = element("div", { class: "reaction-picker", role: "group", "aria-label": "React with" });
  const close = () => {
    box.remove();
    near.focus();
  };
  for (const emoji of REACTIONS) box.append(button(emoji, () => (pick(emoji), close())));
  if (hasOne) box.append(button("Take it back", () => (pick(null), close()), { text: "×" }));
  box.addEventListener("keydown", (event) => event.key === "Escape" && (event.stopPropagation(), close()));
  box.addEventListener(
    "focusout",
    (event) => !box.contains(event.relatedTarget) && setTimeout(() => box.remove(), 100),
  );
  near.parentElement.append(box);
  box.querySelector("button").focus();
}
