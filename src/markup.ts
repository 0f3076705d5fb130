// What a message looks like, for pages: `belldesk` has the same, and needs Node. It runs in a browser, and asks nobody for anything.

export { parseMarkup } from "./whatsapp/markup.js";
export type { MarkedLine, MarkKind, MarkupBlock, MarkupInline, MarkupTree } from "./whatsapp/markup.js";
export type { LinkTarget } from "./whatsapp/link.js";
export { isolate } from "./domain/bidi.js";
export { plainName, renderHtml, renderName, toPlain } from "./whatsapp/render.js";
