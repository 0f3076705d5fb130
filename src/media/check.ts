import { Found, refuse } from "./found.js";
import { allowedTypes, MEDIA_EXTENSIONS, mediaLimits, type MediaLimits, type MediaType } from "./limits.js";
import { misleads } from "./names.js";
import { office } from "./office.js";
import { pdf } from "./pdf.js";
import { otherFormat } from "./other-format.js";
import { secondOpinion } from "./second-opinion.js";
import { sniff } from "./sniff.js";
import type { MediaDirection, MediaKind, MediaSource, MediaVerdict } from "./verdict.js";

/** What is said of a file that is looked into, and what is allowed. */
export interface CheckMediaOptions {
  /** What it is sent as. */
  readonly kind: MediaKind;
  /** Where it goes; `"inbound"` by default. What goes out has to be in a form that WhatsApp takes, too. */
  readonly direction?: MediaDirection;
  /** What somebody says that it is; parameters may follow. Null, `application/octet-stream` or nothing: nobody says. */
  readonly declaredType: string | null;
  /** What somebody calls it; null when it has no name. Looked at for what it would start, and no further. */
  readonly fileName: string | null;
  /** What a hotel lowers. By default, and at most, {@link mediaLimits}. */
  readonly limits?: Partial<MediaLimits>;
  /** The types that are taken; by default {@link allowedTypes} of the kind. */
  readonly allowed?: readonly string[];
}

/**
 * Looks into a file: whether it is what it is said to be, whole, nothing else besides, of a type that is taken, and harmless to open. Every file gets
 * exactly one verdict, and nothing is taken for granted: what cannot be looked into is not accepted.
 *
 * It takes time in proportion to the file's size, some megabytes of memory whatever the size is, and lets others have their turn meanwhile.
 * No picture is decoded, no script is run and nothing is written. It does not know malware by its signature: that is a scanner's business.
 *
 * @throws what reading the source throws, and nothing else
 */
export async function checkMedia(source: MediaSource, options: CheckMediaOptions): Promise<MediaVerdict> {
  try {
    return await look(source, options);
  } catch (error) {
    if (error instanceof Found) return { verdict: error.verdict, reason: error.flaw };
    throw error;
  }
}

async function look(source: MediaSource, options: CheckMediaOptions): Promise<MediaVerdict> {
  const { kind, direction = "inbound", declaredType, fileName } = options;
  const limits = lowered(options.limits);
  const allowed: readonly string[] = options.allowed ?? allowedTypes[direction][kind];

  if (source.sizeBytes === 0) refuse("empty");
  if (source.sizeBytes > largest(kind, limits)) refuse("too_large");

  const format = await sniff(source);
  if (!format.types.some((type) => allowed.includes(type))) refuse("type_not_allowed");
  await otherFormat(source, { isPdf: format === pdf, isZip: format === office });

  const {
    type,
    width = null,
    height = null,
    animated = false,
  } = await format.look({ source, kind, direction, limits });
  if (!allowed.includes(type)) refuse("type_not_allowed");
  await secondOpinion(source, type);
  if (!agrees(declaredType, type)) refuse("type_differs");
  if (kind === "sticker" && !animated && source.sizeBytes > limits.sticker) refuse("too_large");
  if (fileName !== null && misleads(fileName)) return { verdict: "quarantined", reason: "name_misleads" };
  return { verdict: "accepted", mimeType: type, extension: MEDIA_EXTENSIONS[type], width, height };
}

/** A hotel lowers, and never raises. */
function lowered(given: Partial<MediaLimits> = {}): MediaLimits {
  const limits: Record<keyof MediaLimits, number> = { ...mediaLimits };
  for (const name of Object.keys(limits) as (keyof MediaLimits)[])
    limits[name] = Math.min(limits[name], given[name] ?? Infinity);
  return limits;
}

/** Which kind of sticker it is nobody knows yet. */
const largest = (kind: MediaKind, limits: MediaLimits): number =>
  kind === "sticker" ? Math.max(limits.sticker, limits.animatedSticker) : limits[kind];

/** Other names that people and phones have for a type. */
const ALIASES: ReadonlyMap<string, MediaType> = new Map([
  ["image/jpg", "image/jpeg"],
  ["image/pjpeg", "image/jpeg"],
  ["image/x-png", "image/png"],
  ["audio/x-aac", "audio/aac"],
  ["audio/aacp", "audio/aac"],
  ["audio/amr-wb", "audio/amr"],
  ["audio/mp3", "audio/mpeg"],
  ["audio/x-mp3", "audio/mpeg"],
  ["audio/x-mpeg", "audio/mpeg"],
  ["audio/m4a", "audio/mp4"],
  ["audio/x-m4a", "audio/mp4"],
  ["audio/opus", "audio/ogg"],
  ["application/ogg", "audio/ogg"],
  ["video/3gp", "video/3gpp"],
  ["video/x-m4v", "video/mp4"],
  ["application/x-pdf", "application/pdf"],
  ["text/csv", "text/plain"],
]);
/** What says nothing. */
const UNSAID = new Set(["", "application/octet-stream", "binary/octet-stream", "application/unknown", "*/*"]);

function agrees(declared: string | null, type: MediaType): boolean {
  const bare = (declared ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return UNSAID.has(bare) || bare === type || ALIASES.get(bare) === type;
}
