import { createHash, createHmac } from "node:crypto";
import type { Clock } from "../../ports/clock.js";
import type { Refusal } from "./graph-error.js";

/** What a file is sent as. */
export type MediaKind = "image" | "video" | "audio" | "document" | "sticker";

/** A file that WhatsApp keeps for a while. */
export interface StoredFile {
  readonly id: string;
  /** Of the number that uploaded it, or to which a guest sent it. */
  readonly phoneNumberId: string;
  readonly from: "guest" | "hotel";
  readonly mimeType: string;
  readonly bytes: Buffer;
  readonly atMs: number;
}

/** The same as JSON. */
export type SavedFile = Omit<StoredFile, "bytes"> & { readonly base64: string };

export interface MediaSnapshot {
  readonly made: number;
  readonly files: readonly SavedFile[];
}

export interface Media {
  add(file: Omit<StoredFile, "id" | "atMs">): StoredFile;
  /** null when there is none, it was deleted, or its time is over. */
  find(id: string): StoredFile | null;
  remove(id: string): void;
  /** Where a file can be fetched for the next 5 minutes: path and query. */
  pathOf(file: StoredFile): string;
  /** What a path of `pathOf` leads to; null when it leads nowhere any more. */
  at(query: URLSearchParams): StoredFile | null;
  /** Why a file that a number sends by its id will not get through; null when it will. */
  problem(kind: MediaKind, id: string, phoneNumberId: string): Refusal | null;
  snapshot(): MediaSnapshot;
}

/** Milliseconds for which a link, an id of a guest's file, and an id of an uploaded file live. Source: "Media" (September 2026). */
const LIVES_MS = { link: 5 * 60_000, guest: 7 * 86_400_000, hotel: 30 * 86_400_000 };
/** Greater files are forgotten when the fake is closed: a snapshot is written at every change. */
const SAVED_MAX_BYTES = 1_000_000;

const FIRST_ID = 300_000_000_000_001;

const office = (kind: string) => `application/vnd.openxmlformats-officedocument.${kind}`;

/** What may be sent, and how many bytes of it at most (MB as 10^6). Source: "Media" (September 2026). */
export const OUTBOUND: Readonly<Record<MediaKind, { readonly maxBytes: number; readonly types: readonly string[] }>> = {
  audio: { maxBytes: 16_000_000, types: ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"] },
  document: {
    maxBytes: 100_000_000,
    types: [
      "text/plain",
      "application/pdf",
      "application/msword",
      "application/vnd.ms-excel",
      "application/vnd.ms-powerpoint",
      office("wordprocessingml.document"),
      office("spreadsheetml.sheet"),
      office("presentationml.presentation"),
    ],
  },
  image: { maxBytes: 5_000_000, types: ["image/jpeg", "image/png"] },
  // The most for an animated one; whether it moves is not looked at.
  sticker: { maxBytes: 500_000, types: ["image/webp"] },
  video: { maxBytes: 16_000_000, types: ["video/mp4", "video/3gpp"] },
};

const REJECTED: Refusal = { code: 131053 };

/** Without `; codecs=opus` and the like. */
const bare = (mimeType: string): string => (mimeType.split(";")[0] ?? "").trim().toLowerCase();

const fits = (kind: MediaKind, mimeType: string, size: number): boolean =>
  OUTBOUND[kind].types.includes(bare(mimeType)) && size > 0 && size <= OUTBOUND[kind].maxBytes;

/** What Meta says to a file that is uploaded. @returns null when it may be sent as something */
export const checkUpload = (mimeType: string, size: number): Refusal | null =>
  (Object.keys(OUTBOUND) as MediaKind[]).some((kind) => fits(kind, mimeType, size)) ? null : REJECTED;

export const sha256 = (bytes: Buffer, encoding: "base64" | "hex"): string =>
  createHash("sha256").update(bytes).digest(encoding);

/** @param secret makes links that nobody can guess */
export function media(clock: Clock, secret: string, saved: MediaSnapshot | undefined): Media {
  let made = saved?.made ?? 0;
  const files = new Map<string, StoredFile>();
  for (const { base64, ...file } of saved?.files ?? [])
    files.set(file.id, { ...file, bytes: Buffer.from(base64, "base64") });
  const nowMs = () => clock.now().getTime();
  const find = (id: string): StoredFile | null => {
    const file = files.get(id);
    return file === undefined || nowMs() >= file.atMs + LIVES_MS[file.from] ? null : file;
  };
  const hashOf = (id: string, until: string): string =>
    createHmac("sha256", secret).update(`${id} ${until}`).digest("base64url");
  return {
    find,
    add(given) {
      const file = { ...given, id: String(FIRST_ID + made++), atMs: nowMs() };
      files.set(file.id, file);
      return file;
    },
    remove(id) {
      files.delete(id);
    },
    pathOf({ id }) {
      const until = String(Math.floor((nowMs() + LIVES_MS.link) / 1000));
      return `/whatsapp_business/attachments/?mid=${id}&source=webhook&ext=${until}&hash=${hashOf(id, until)}`;
    },
    at(query) {
      const [id = "", until = "", hash] = ["mid", "ext", "hash"].map((key) => query.get(key) ?? undefined);
      return hash === hashOf(id, until) && nowMs() < Number(until) * 1000 ? find(id) : null;
    },
    problem(kind, id, phoneNumberId) {
      const file = find(id);
      return file?.phoneNumberId === phoneNumberId && fits(kind, file.mimeType, file.bytes.length) ? null : REJECTED;
    },
    snapshot: () => ({
      made,
      files: [...files.values()]
        .filter(({ id, bytes }) => bytes.length <= SAVED_MAX_BYTES && find(id) !== null)
        .map(({ bytes, ...file }) => ({ ...file, base64: bytes.toString("base64") })),
    }),
  };
}
