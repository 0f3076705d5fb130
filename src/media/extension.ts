import { MEDIA_EXTENSIONS } from "./limits.js";

const EXTENSIONS: ReadonlyMap<string, string> = new Map(Object.entries(MEDIA_EXTENSIONS));

/** The extension that fits a type, without a dot; `"bin"` for one that is not known. */
export const extensionOf = (mimeType: string): string => EXTENSIONS.get(mimeType) ?? "bin";
