import { element } from "/assets/guest/dom.js";
import { part } from "/assets/guest/simulator.js";

const source = ({ id }) => `/simulator/files/${part(id)}`;

/** What a message shows besides words: a file, a place, people. */
export function attachment({ file, place, cards = [] }) {
  return [
    ...(file === undefined ? [] : [shown(file)]),
    ...(place === undefined ? [] : [map(place)]),
    ...cards.map(card),
  ];
}

function shown(file) {
  // A file that lies elsewhere is not fetched: this page asks nobody but the hotel's address.
  if (file.id === undefined) return element("bdi", { class: "document", text: file.link ?? "A file" });
  switch (file.kind) {
    case "image":
      return element("img", { class: "picture", src: source(file), alt: "A photo", loading: "lazy" });
    case "sticker":
      return element("img", { class: "sticker", src: source(file), alt: "A sticker", loading: "lazy" });
    case "video":
      return element("video", {
        class: "picture",
        src: source(file),
        controls: true,
        preload: "metadata",
        "aria-label": "A video",
      });
    case "audio":
      return element(
        "span",
        { class: "voice" },
        element("span", { text: file.isVoice ? "🎤 Voice message" : "🎵 Audio" }),
        element("audio", {
          src: source(file),
          controls: true,
          preload: "none",
          "aria-label": file.isVoice ? "A voice message" : "Audio",
        }),
      );
    default:
      return element(
        "a",
        { class: "document", href: source(file), download: "", rel: "noreferrer" },
        element("span", { "aria-hidden": "true", text: "📄 " }),
        element("bdi", { text: file.name ?? "A document" }),
      );
  }
}

const map = ({ latitude, longitude, name, address }) =>
  element(
    "span",
    { class: "place" },
    element("span", { "aria-hidden": "true", text: "📍" }),
    element("bdi", { class: "who", text: name ?? "A place" }),
    element("bdi", { class: "soft", text: address ?? `${latitude.toFixed(4)}, ${longitude.toFixed(4)}` }),
  );

const card = ({ name, phones }) =>
  element(
    "span",
    { class: "place" },
    element("span", { "aria-hidden": "true", text: "👤" }),
    element("bdi", { class: "who", text: name ?? "Somebody" }),
    ...phones.map((phone) => element("bdi", { class: "soft", text: phone })),
  );
