import type { JsonValue } from "../domain/json.js";
import { ConversationError } from "../errors.js";
import type { PhotoAnswer } from "../flow/define.js";
import type { FlowFiles, PerformContext } from "../flow/types.js";
import type { CheckedIdentity, Reservation } from "../ports/pms.js";
import { bookingOf, type BookingSoFar } from "./booking.js";
import { dayOf } from "./format.js";
import type { CheckInEnglish } from "./texts/check-in.js";
import type { Speaker } from "./words.js";

/** How guests prove who they are: by a photo of a document, by what stands in it, or not at all. */
export type IdentityRule = "photo" | "fields" | "none";

/** A picture of a document, to be read once and forgotten. */
export interface IdPhoto {
  readonly hotelId: string;
  readonly reservation: Reservation;
  readonly mimeType: string;
  readonly sizeBytes: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** `fields`: what the hotel keeps of it, for its PMS; nothing by default, and never the picture. */
export type IdVerdict = { readonly readable: true; readonly fields?: JsonValue } | { readonly readable: false };

export interface Verified {
  /** `desk`: it could not be read here. */
  readonly outcome: "verified" | "unreadable" | "desk";
  readonly at: string;
  readonly fields: JsonValue;
  readonly tries: number;
}

/** After so many photos that could not be read the document is shown at the desk. */
const PHOTOS = 2;
interface Shown extends BookingSoFar {
  readonly document?: PhotoAnswer;
  readonly verified?: Verified;
}

/** Has the photo looked at. */
export async function verifiedBy(
  verify: ((photo: IdPhoto) => Promise<IdVerdict>) | undefined,
  { answers, hotelId, files, idempotencyKey, signal, now }: PerformContext<Shown>,
): Promise<Verified> {
  const { document, verified } = answers;
  const at = now.toISOString();
  const tries = (verified?.outcome === "unreadable" ? verified.tries : 0) + 1;
  const attachmentId = document?.attachmentId ?? null;
  const reservation = bookingOf(answers)?.reservation ?? null;
  // A desk that keeps no files can show none to anybody.
  if (attachmentId === null || verify === undefined || reservation === null)
    return { outcome: "desk", at, fields: null, tries };
  const file = await files.open(attachmentId).catch(goneOrThrow);
  // Somebody had the guest meanwhile, and nothing is kept for later: given back, they are asked for another, and this was no try.
  if (file === null) return { outcome: "unreadable", at, fields: null, tries: tries - 1 };
  const seen = await verify({ hotelId, reservation, ...file, idempotencyKey, signal });
  if (seen.readable) return { outcome: "verified", at, fields: seen.fields ?? null, tries };
  return { outcome: tries >= PHOTOS ? "desk" : "unreadable", at, fields: null, tries };
}

function goneOrThrow(error: unknown): null {
  if (ConversationError.is(error) && error.code === "attachment_not_there") return null;
  throw error;
}

/** The photo has served: the audit keeps when it was looked at and what came of it, and nothing of it. */
export async function discarded({ document, verified }: Shown, files: FlowFiles): Promise<null> {
  const id = document?.attachmentId ?? null;
  if (id !== null)
    await files.discard(id, { reason: verified?.outcome === "verified" ? "identity_verified" : "identity_unreadable" });
  return null;
}

/** As the guest reads it in the summary. */
export function idWords(identity: CheckedIdentity | null, say: Speaker<CheckInEnglish>, language: string): string {
  switch (identity?.how) {
    case "photo":
      return say("identityPhoto")({ language });
    case "fields":
      return [identity.name, dayOf(identity.birthDate, language), identity.nationality].join(", ");
    default:
      return say("identityDesk")({ language });
  }
}
