export { clamd } from "./clamd.js";
export type { ClamdAddress, ClamdOptions } from "./clamd.js";
