import type { MediaLimits } from "../domain/media-rules.js";
import type { MediaDirection, MediaKind } from "./verdict.js";

export type { MediaLimits };

const MB = 1_000_000;

/**
 * Meta's limits in bytes, where "MB" is read as 10^6 because it is not stated, and ours.
 * Source: WhatsApp "Media" (2026), "Supported media types".
 */
export const mediaLimits: MediaLimits = {
  image: 5 * MB,
  audio: 16 * MB,
  video: 16 * MB,
  document: 100 * MB,
  sticker: 100_000,
  animatedSticker: 500_000,
  // Ours: the largest cameras of phones make 200 million, of which they send a quarter or less; a decoder takes 4 bytes for each.
  pixels: 100 * MB,
  // Ours: five times the largest document that comes in.
  unpacked: 500 * MB,
};

/** Every type that can be looked into, and the extension that its files are given. */
export const MEDIA_EXTENSIONS = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
  "audio/aac": "aac",
  "audio/amr": "amr",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "audio/ogg": "ogg",
  "video/mp4": "mp4",
  "video/3gpp": "3gp",
  "application/pdf": "pdf",
  "text/plain": "txt",
  "application/msword": "doc",
  "application/vnd.ms-excel": "xls",
  "application/vnd.ms-powerpoint": "ppt",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
} as const satisfies Record<string, string>;

/** One of them. */
export type MediaType = keyof typeof MEDIA_EXTENSIONS;
/** The MIME types that WhatsApp carries. */
export const MEDIA_TYPES = Object.keys(MEDIA_EXTENSIONS) as readonly MediaType[];

const PICTURES = ["image/jpeg", "image/png"] as const satisfies readonly MediaType[];
const SOUNDS = [
  "audio/aac",
  "audio/amr",
  "audio/mpeg",
  "audio/mp4",
  "audio/ogg",
] as const satisfies readonly MediaType[];
const FILMS = ["video/mp4", "video/3gpp"] as const satisfies readonly MediaType[];
const DOCUMENTS = MEDIA_TYPES.filter((type) => /^(application|text)\//.test(type));

/**
 * The types that are taken as each kind. What goes out is what WhatsApp's table names; guests send their pictures, sounds and films
 * as documents too, so that nothing makes them smaller.
 * Source: WhatsApp "Media" (2026), "Supported media types".
 */
export const allowedTypes: Readonly<Record<MediaDirection, Readonly<Record<MediaKind, readonly MediaType[]>>>> = {
  outbound: { image: PICTURES, audio: SOUNDS, video: FILMS, document: DOCUMENTS, sticker: ["image/webp"] },
  inbound: {
    image: [...PICTURES, "image/webp"],
    audio: SOUNDS,
    video: FILMS,
    document: MEDIA_TYPES,
    sticker: ["image/webp"],
  },
};
