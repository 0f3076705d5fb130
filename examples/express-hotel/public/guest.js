import { $, complain, element, every, fill, reaction, ticks, time, unreachable } from "/assets/page.js";

const asked = new URLSearchParams(location.search);
$("address").value = asked.get("address") ?? "12025550101";
$("hotel").value = asked.get("hotel") ?? "grand";

const place = () => `/simulator/guests/${encodeURIComponent($("address").value.trim())}/messages`;

const FILES = new Set(["image", "document", "audio", "video", "sticker"]);

/** Whether the hotel has it. */
async function act(body) {
  const answer = await fetch(place(), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ hotel: $("hotel").value, ...body }),
  }).catch(() => null);
  if (answer === null) {
    unreachable();
    return false;
  }
  complain(answer.ok ? "" : (await answer.json()).error.message);
  await show().catch(unreachable);
  return answer.ok;
}

async function show() {
  if ($("address").value.trim() === "") return;
  const answer = await fetch(`${place()}?hotel=${encodeURIComponent($("hotel").value)}`);
  const { items } = await answer.json();
  fill(
    $("messages"),
    items.map((item) => ({ ...item, key: item.wamid })),
    ({ from, type, text, options = [], button, status, at, edited, reaction: emoji }) => {
      const bubble = element("li", { class: from === "guest" ? "ours" : "theirs" });
      if (type === "deleted") {
        const who = from === "guest" ? "You" : "The hotel";
        bubble.append(element("span", { text: `${who} deleted this message`, class: "deleted" }));
      } else
        bubble.append(
          element("bdi", { text: FILES.has(type) ? `[${type}] ${text ?? ""}` : (text ?? `[${type}]`), class: "text" }),
        );
      const choices = options.map(({ id, title, description }) => {
        const choice = element("button", {
          type: "button",
          text: description === undefined ? title : `${title}: ${description}`,
        });
        choice.addEventListener("click", () => void act({ type: button === undefined ? "button" : "list", id }));
        return choice;
      });
      if (button === undefined) bubble.append(...choices);
      else bubble.append(element("details", {}, element("summary", { text: button }), ...choices));
      if (emoji !== undefined) bubble.append(reaction(emoji, "you"));
      const foot = element("span", { text: `${edited ? "edited " : ""}${time(at)} `, class: "foot" });
      if (from === "guest") foot.append(ticks(status));
      bubble.append(foot);
      return bubble;
    },
  );
}

$("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value;
  // What is not sent stays in the box.
  if ((await act({ type: "text", text })) && $("text").value === text) $("text").value = "";
});
/** A file as the simulator takes it. */
async function attach(file) {
  const [kind] = file.type.split("/");
  const type = ["image", "audio", "video"].includes(kind) ? kind : "document";
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  const text = $("text").value;
  if (await act({ type, text, base64: btoa(binary), mimeType: file.type, fileName: file.name })) $("text").value = "";
}
$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  $("file").value = "";
  if (file !== undefined) void attach(file);
});
for (const id of ["address", "hotel"]) $(id).addEventListener("change", () => show().catch(unreachable));
every(1000, show);
