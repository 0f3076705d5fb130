import { createHmac, timingSafeEqual } from "node:crypto";
import { reveal, type Secret } from "../domain/secret.js";

/** What `verify` makes of a signature; `missing` where there is none. */
export type SignatureVerdict = "valid" | "missing" | "invalid";

/** Checked before anything is decoded: `Buffer.from` stops silently at the first digit that is not hex. */
const HEADER = /^sha256=[0-9a-f]{64}$/;

/**
 * Checks Meta's `X-Hub-Signature-256` over the bytes as they were received. Several secrets may be valid while one is
 * rotated; one that is taken out counts no more. Never throws.
 * @source WhatsApp "Create a webhook endpoint" (21 May 2026)
 */
export function verifySignature(
  body: Uint8Array,
  header: string | undefined,
  secrets: readonly (string | Secret)[],
): SignatureVerdict {
  if (header === undefined || header === "") return "missing";
  if (!HEADER.test(header)) return "invalid";
  const given = Buffer.from(header.slice("sha256=".length), "hex");
  // Every secret is tried, so that the time taken does not tell which one fitted.
  let valid = false;
  for (const secret of secrets) if (timingSafeEqual(given, digest(body, secret))) valid = true;
  return valid ? "valid" : "invalid";
}

/** Whether a header may be a signature of anything. */
export const looksSigned = (header: string | undefined): boolean => header !== undefined && HEADER.test(header);

/** The header that Meta would send with this body. */
export const sign = (body: Uint8Array | string, secret: string | Secret): string =>
  `sha256=${digest(body, secret).toString("hex")}`;

const digest = (body: Uint8Array | string, secret: string | Secret): Buffer =>
  createHmac("sha256", reveal(secret)).update(body).digest();
