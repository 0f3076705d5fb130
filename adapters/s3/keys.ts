import { ConversationError, isMediaId, type MediaKey } from "../../src/index.js";

/** Longest name of a hotel in a key; S3's keys take 1,024 bytes. */
const NAME_MAX = 200;

/** A hotel's id in a key, one for each id: plain letters, digits, `-` and `_` are themselves, every other byte of its UTF-8 is `=` and two digits. */
export function encoded(hotelId: string): string {
  if (!hotelId.isWellFormed()) throw new ConversationError("media_key_invalid");
  const name = Buffer.from(hotelId)
    .toString("latin1")
    .replace(/[^A-Za-z0-9_-]/g, (byte) => `=${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  if (name.length > NAME_MAX) throw new ConversationError("media_key_invalid");
  return `h${name}`;
}

export function keyOf(prefix: string, { hotelId, id }: MediaKey): string {
  if (!isMediaId(id)) throw new ConversationError("media_key_invalid");
  return `${prefix}${encoded(hotelId)}/${id}`;
}

/** What a key stands for; null when it is none of the store's. */
export function fileOf(prefix: string, key: string): MediaKey | null {
  const [, name = "", id = ""] = /^h((?:[A-Za-z0-9_-]|=[0-9a-f]{2})*)\/([^/]+)$/.exec(key.slice(prefix.length)) ?? [];
  if (!key.startsWith(prefix) || !isMediaId(id)) return null;
  const bytes = name.replace(/=([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return { hotelId: Buffer.from(bytes, "latin1").toString("utf8"), id };
}
