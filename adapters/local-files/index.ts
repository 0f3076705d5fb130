export { fileAnchor } from "./anchor.js";
export type { FileAnchorOptions } from "./anchor.js";
export { localFiles } from "./store.js";
export type { LocalFilesOptions } from "./store.js";
