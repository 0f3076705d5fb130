export { sharpTransformer } from "./transformer.js";
export type { SharpTransformerOptions } from "./transformer.js";
