import { ConversationError, isMediaId, type MediaKey } from "../../src/index.js";

/** Longest name of a file or a folder. Bytes; file systems take 255. */
const NAME_MAX = 200;
const utf8 = new TextEncoder();

/**
 * A text as the name of a file, one for each text: lower-case letters, digits, `-` and `_` are themselves, every other byte of its UTF-8 is `=` and two
 * digits. So it names no folder, and two texts are two names where a file system takes `A` for `a`.
 */
export function encoded(text: string): string {
  if (!text.isWellFormed()) throw new ConversationError("media_key_invalid");
  const name = Array.from(utf8.encode(text), (byte) => {
    const plain = String.fromCharCode(byte);
    return /^[a-z0-9_-]$/.test(plain) ? plain : `=${byte.toString(16).padStart(2, "0")}`;
  }).join("");
  // What begins with a dot or a dash would be hidden, or an option; an empty one would be nothing.
  const safe = `h${name}`;
  if (safe.length > NAME_MAX) throw new ConversationError("media_key_invalid");
  return safe;
}

/** The text that a name stands for; null when it stands for none. */
export function decoded(name: string): string | null {
  if (!/^h(?:[a-z0-9_-]|=[0-9a-f]{2})*$/.test(name)) return null;
  const bytes = [...name.slice(1).matchAll(/=([0-9a-f]{2})|(.)/g)].map(([, code, plain = ""]) =>
    code === undefined ? plain.charCodeAt(0) : parseInt(code, 16),
  );
  const text = new TextDecoder().decode(Uint8Array.from(bytes));
  return text.isWellFormed() && encoded(text) === name ? text : null;
}

export interface Place {
  readonly hotel: string;
  /** Of 256 folders and more: by the id's end, since its beginning is the time. */
  readonly shelf: string;
  readonly file: string;
}

export function placeOf({ hotelId, id }: MediaKey): Place {
  if (!isMediaId(id)) throw new ConversationError("media_key_invalid");
  return { hotel: encoded(hotelId), shelf: encoded(id.slice(-2)), file: encoded(id) };
}
