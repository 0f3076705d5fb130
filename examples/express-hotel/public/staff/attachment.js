import { desk } from "./desk.js";
import { button, element, said } from "./dom.js";

/**
 * A file, once it has passed the desk's gate: pictures, voice and films are shown, whatever else is saved. The page fetches it with
 * its token; the address it is shown by opens it to nobody else.
 */
export function fileOf({ id, state, kind, reason, fileName, mimeType, sizeBytes, hasThumbnail }) {
  const frame = element("div", { class: "file" });
  if (state !== "stored") {
    const says = state === "pending" ? "The file is on its way …" : (WHY[state] ?? "This file is not here.");
    frame.append(element("span", { text: says, class: "soft" }));
    if (state !== "pending" && reason !== null) frame.append(element("code", { text: reason, class: "soft" }));
    return frame;
  }
  const name = fileName ?? NAMES[kind] ?? "File";
  if (kind === "image" || kind === "sticker") {
    const picture = element("img", {
      alt: kind === "sticker" ? "A sticker" : "A picture",
      class: kind === "sticker" ? "sticker" : "picture",
    });
    shown(picture, id, hasThumbnail);
    frame.append(picture);
  } else if (
    (kind === "video" || kind === "audio") &&
    document.createElement(kind).canPlayType(mimeType ?? "") !== ""
  ) {
    const player = element(kind, {
      controls: "",
      preload: "none",
      "aria-label": kind === "video" ? "A video" : "A recording",
    });
    // Fetched when somebody wants it: a film is large.
    const play = button(kind === "video" ? "Play the video" : "Play", () =>
      opened(id, false).then((address) => {
        player.src = address;
        play.replaceWith(player);
        return player.play().catch(() => undefined);
      }),
    );
    frame.append(play);
  }
  const save = button("Save", () => opened(id, false).then((href) => element("a", { href, download: name }).click()), {
    text: "",
    class: "save",
  });
  save.append("Save ", said(name), ` (${size(sizeBytes)})`);
  frame.append(save);
  return frame;
}

const NAMES = { image: "Picture", video: "Video", audio: "Recording", sticker: "Sticker", document: "Document" };
const WHY = {
  refused: "The file was broken, too large, or not what it said, and was not kept.",
  quarantined: "The file may do harm when it is opened. It is kept for somebody who knows.",
  unavailable: "The file could not be fetched from WhatsApp.",
  discarded: "The file was forgotten.",
};

const size = (bytes) =>
  bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${Math.ceil(bytes / 1_000)} kB`;

function shown(picture, id, hasThumbnail) {
  opened(id, hasThumbnail).then(
    (address) => (picture.src = address),
    () => picture.replaceWith(element("span", { text: "The picture cannot be shown now.", class: "soft" })),
  );
}

/** Addresses within this page, by file; the oldest are given back. */
const addresses = new Map();
const KEPT = 200;

function opened(id, thumbnail) {
  const key = `${desk.me.id} ${id} ${thumbnail}`;
  const known = addresses.get(key);
  if (known !== undefined) return known;
  const address = desk.client.api.openAttachment(id, { thumbnail }).then((file) => URL.createObjectURL(file));
  addresses.set(key, address);
  address.catch(() => addresses.delete(key));
  if (addresses.size > KEPT) {
    const [[oldest, old]] = addresses;
    addresses.delete(oldest);
    void old.then((gone) => URL.revokeObjectURL(gone)).catch(() => undefined);
  }
  return address;
}
