/** What a file is sent as. It decides the limits and the types that are allowed. */
export type MediaKind = "image" | "audio" | "video" | "document" | "sticker";
/** As what a file is sent. */
export const MEDIA_KINDS = ["image", "audio", "video", "document", "sticker"] as const satisfies readonly MediaKind[];

/** Whether a file comes from a guest or goes to one: WhatsApp lets guests send more than it takes from hotels. */
export type MediaDirection = "inbound" | "outbound";

/** What is wrong with a file. Codes are stable; texts are not. */
export const MEDIA_FLAWS = {
  empty: "The file has no bytes.",
  too_large: "The file is larger than the hotel takes files of its kind.",
  type_unknown: "Nobody can say what the file is.",
  type_not_allowed: "The file is of a type that is not taken as this kind of message.",
  type_differs: "The file is not what it was said to be.",
  markup: "The file is a web page, an SVG or XML, which can hold scripts.",
  executable: "The file is a program.",
  malformed: "The file breaks the rules of its format.",
  truncated: "The file ends before its format says that it does.",
  trailing_data: "Something follows where the file's format says that it ends.",
  hidden_data: "The file holds bytes that its format has no place for.",
  double_format: "The file can be read as two formats at once.",
  too_many_pixels: "The picture has more pixels than anybody has to decode.",
  expands: "The file is small and becomes far too large when it is unpacked.",
  not_for_whatsapp: "The file is of a type that WhatsApp takes, in a form of it that WhatsApp does not.",
  script: "The file holds a script, or starts something when it is opened.",
  macros: "The document holds macros.",
  embedded_file: "The document holds another file.",
  remote_content: "The document fetches something from elsewhere when it is opened.",
  encrypted: "The file is encrypted, so that nobody can look into it.",
  unreadable_part: "A part of the file is packed in a way that cannot be looked into.",
  name_misleads: "The file's name says that it is a program or a page, which it is not.",
} as const satisfies Record<string, string>;

/** What was wrong with a file. */
export type MediaFlaw = keyof typeof MEDIA_FLAWS;

/** What is to be done with a file that has been looked into. There is nothing between these. */
export type MediaVerdict = MediaAccepted | MediaRefused | MediaQuarantined;

/** The file is what it may be. */
export interface MediaAccepted {
  readonly verdict: "accepted";
  /** What it is, whatever was said: without parameters, in lower case. */
  readonly mimeType: string;
  /** The one that fits `mimeType`, without a dot. */
  readonly extension: string;
  /** Pixels of a picture; null for all else. */
  readonly width: number | null;
  readonly height: number | null;
}

/** Not to be stored: it is broken, a lie, too large, or of a type that is not taken. */
export interface MediaRefused {
  readonly verdict: "refused";
  readonly reason: MediaFlaw;
}

/** What it claims to be, and able to do harm when it is opened: to be kept for somebody who knows, and shown to nobody else. */
export interface MediaQuarantined {
  readonly verdict: "quarantined";
  readonly reason: MediaFlaw;
}

/** A file's bytes, wherever they lie: read in pieces, so that a file of 100 MB never stands in memory whole. */
export interface MediaSource {
  readonly sizeBytes: number;
  /**
   * `length` bytes from `position`; fewer only where the file ends.
   * @throws what reading throws; it is thrown on, since a file that cannot be read has no verdict
   */
  readonly read: (position: number, length: number) => Promise<Uint8Array>;
}
