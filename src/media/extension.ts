import { MEDIA_EXTENSIONS } from "./limits.js";

const EXTENSIONS: Readonly<Record<string, string | undefined>> = MEDIA_EXTENSIONS;

/** The extension that fits a type, without a dot; `"bin"` for one that is not known. */
export const extensionOf = (mimeType: string): string => EXTENSIONS[mimeType] ?? "bin";
