import { button, element, sheet, sign } from "/assets/guest/dom.js";
import { phones } from "/assets/guest/phones.js";
import { complain, does } from "/assets/guest/simulator.js";

/** Where the guest writes: a new message, an answer to one, or another text in the place of one. */
export function composer() {
  const text = element("input", {
    id: "text",
    maxlength: "4096",
    placeholder: "Message",
    autocomplete: "off",
    "aria-label": "Message",
  });
  const file = element("input", {
    id: "file",
    type: "file",
    class: "hidden",
    tabindex: "-1",
    "aria-label": "File of your own",
  });
  const about = element("bdi");
  const bar = element(
    "p",
    { class: "about", hidden: true },
    about,
    sign("✕", "Not that", () => forget()),
  );
  /** What is written belongs to: an answer, a correction, or nothing. */
  let aim = {};
  const forget = () => {
    aim = {};
    bar.hidden = true;
  };
  const point = (next, words) => {
    aim = next;
    about.textContent = words;
    bar.hidden = false;
    text.focus();
  };
  /** @returns whether WhatsApp has it */
  const send = async (act) => {
    const { quotes } = aim;
    const isSent = (await does(phones.current, { ...(quotes !== undefined && { quotes }), ...act })) !== null;
    if (isSent) forget();
    return isSent;
  };
  const attach = () =>
    sheet("Attach", (close) => {
      const one = (words, act) =>
        button(words, () => {
          close();
          act();
        });
      const caption = () => (text.value === "" ? {} : { text: text.value });
      const sample = (type) => async () => {
        if (await send({ type, ...caption() })) text.value = "";
      };
      return element(
        "div",
        { class: "rows" },
        one("File of your own…", () => file.click()),
        one("Photo", sample("image")),
        one("Voice message", () => void send({ type: "audio" })),
        one("Video", sample("video")),
        one("Document", sample("document")),
        one("Sticker", () => void send({ type: "sticker" })),
        one(
          "Location",
          () => void send({ type: "location", name: "Termini station", address: "Piazza dei Cinquecento, Rome" }),
        ),
        one("Contact", () => void send({ type: "contacts" })),
        one("Poll (WhatsApp does not hand it over)", () => void send({ type: "unsupported", text: "poll" })),
      );
    });

  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (chosen === undefined) return;
    if (chosen.size > 10_000_000) {
      complain("The simulator takes files of up to 10 MB.");
      return;
    }
    const words = text.value === "" ? {} : { text: text.value };
    if (await send({ ...(await asAct(chosen)), ...words })) text.value = "";
  });
  const form = element(
    "form",
    {
      class: "composer",
      onsubmit: async (event) => {
        event.preventDefault();
        const words = text.value;
        if (words.trim() === "") return;
        const act =
          aim.edits === undefined ? { type: "text", text: words } : { type: "edit", wamid: aim.edits, text: words };
        // What is not sent stays in the box.
        if ((await send(act)) && text.value === words) text.value = "";
      },
    },
    sign("+", "Attach", attach, { "aria-haspopup": "dialog" }),
    file,
    text,
    element("button", { type: "submit", class: "send", text: "Send" }),
  );
  return {
    element: element("div", {}, bar, form),
    forget,
    answer: ({ wamid, text: words = "", type }) => point({ quotes: wamid }, `Answer to: ${words || type}`.slice(0, 80)),
    edit({ wamid, text: words }) {
      text.value = words;
      point({ edits: wamid }, "Edit your message");
    },
  };
}

/** A file as the simulator takes it. */
async function asAct(file) {
  const [kind] = file.type.split("/");
  const type = ["image", "audio", "video"].includes(kind) ? kind : "document";
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return { type, base64: btoa(binary), mimeType: file.type || "application/octet-stream", fileName: file.name };
}
