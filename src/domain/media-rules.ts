import type { Hotel } from "./hotel.js";

/** What a file may be at most. A hotel may lower each; above Meta's no file comes in or goes out. */
export interface MediaLimits {
  /** Bytes. */
  readonly image: number;
  readonly audio: number;
  readonly video: number;
  readonly document: number;
  readonly sticker: number;
  readonly animatedSticker: number;
  /** Width times height, of all frames together. */
  readonly pixels: number;
  /** Bytes that all parts of a packed document have when they are unpacked. */
  readonly unpacked: number;
}

/** Days for which a file is kept; `"discard"`: until it has been used; null: for good. */
export type Retention = number | "discard" | null;
/** How long files are kept, by what they are for. */
export type Retentions = Readonly<Record<string, Retention>>;

/** Bytes that files may take: of a hotel in all, each file once, and of one guest. null: as many as come. */
export interface MediaQuotas {
  readonly hotelBytes: number | null;
  readonly guestBytes: number | null;
}

/** What files a desk takes, and for how long. */
export interface MediaRules {
  readonly limits: Partial<MediaLimits>;
  /** MIME types; null: all that can be looked into. */
  readonly types: readonly string[] | null;
  readonly quotas: MediaQuotas;
  readonly retention: Retentions;
}

/** What one hotel has otherwise than the desk: what is left out is as the desk has it. */
export interface HotelMedia {
  /** Bytes, and pixels of pictures. What would be more than the desk's own counts as that. */
  readonly limits?: Partial<MediaLimits>;
  /** MIME types, of those that the desk takes: the hotel takes no other, from guests or from staff. */
  readonly types?: readonly string[];
  /** Bytes; null: as many as come. */
  readonly quotas?: Partial<MediaQuotas>;
  /** Days by what files are kept for, as `media.retention` of the desk has them: purposes that are left out are kept as the desk keeps them. */
  readonly retention?: Retentions;
}

/** The rules of one hotel: the desk's, and what it has otherwise. */
export function mediaRulesOf(desk: MediaRules, hotel: Pick<Hotel, "media"> | null): MediaRules {
  const own = hotel?.media ?? {};
  const limits: Partial<Record<keyof MediaLimits, number>> = { ...desk.limits };
  for (const [name, most] of Object.entries(own.limits ?? {}) as [keyof MediaLimits, number][])
    limits[name] = Math.min(most, limits[name] ?? Infinity);
  return {
    limits,
    types: own.types === undefined ? desk.types : own.types.filter((type) => desk.types?.includes(type) ?? true),
    quotas: { ...desk.quotas, ...own.quotas },
    retention: { ...desk.retention, ...own.retention },
  };
}
