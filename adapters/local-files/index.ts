export { localFiles } from "./store.js";
export type { LocalFilesOptions } from "./store.js";
