import { parseMarkup } from "/assets/markup.js";
import { element } from "./element.js";

/** A text as WhatsApp shows it, made of elements: nothing in it is ever read as HTML. */
export const marked = (text, attributes = {}) =>
  element("div", { class: "text", ...attributes }, ...parseMarkup(text.toWellFormed()).map(block));

function block(one) {
  if (one.kind === "line") return element("div", { dir: "auto" }, ...one.children.map(inline));
  if (one.kind === "quote") return element("blockquote", {}, ...one.lines.map((line) => markedLine("div", line)));
  return element(one.ordered ? "ol" : "ul", {}, ...one.items.map((item) => markedLine("li", item)));
}

/** The marker is what was typed: no number is lost or made up. */
const markedLine = (name, { marker, children }) =>
  element(name, { dir: "auto" }, element("span", { class: "marker", text: marker }), ...children.map(inline));

const TAGS = { bold: "strong", italic: "em", strike: "s" };

function inline(one) {
  switch (one.kind) {
    case "text":
      return document.createTextNode(one.text);
    case "code":
      return element("code", { text: one.text });
    case "monospace":
      return element("pre", { text: one.text });
    case "mention":
      return element("bdi", { text: one.text, class: "mention" });
    case "link":
      return element("a", {
        text: one.text,
        dir: "ltr",
        href: one.href,
        target: "_blank",
        rel: "noopener noreferrer nofollow",
        ...(one.host !== null && { title: one.host }),
      });
    default:
      return element(TAGS[one.kind], {}, ...one.children.map(inline));
  }
}
