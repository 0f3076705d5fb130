import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { z } from "zod";
import { reveal, type Secret } from "../domain/secret.js";

/** Whose answer a native Flow's form is: what stands in its token, for us alone to read. */
export interface FlowTokenOf {
  readonly hotelId: string;
  readonly guestId: string;
  /** What was asked: an id of ours, or of the host's own. */
  readonly promptId: string;
  /** From then on the token opens nothing. */
  readonly expiresAt: Date;
}

const Written = z.tuple([z.string(), z.string(), z.string(), z.number()]);

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = "aes-256-gcm";
/** Makes the keys good for nothing else that may be derived from the same secret. */
const PURPOSE = { seal: "belldesk flow token 1", nonce: "belldesk flow token 1 nonce" };
/** Ours: several times what a token of ours has. Whatever comes from a phone may be longer. */
const TOKEN_MAX = 4096;

/**
 * The token of a native Flow's form: nobody can make one up, change it, or read whose it is. The same form has the same token, so that
 * deciding twice sends the same message.
 * @param secrets the first seals
 */
export function sealFlowToken(
  secrets: readonly [string | Secret, ...(string | Secret)[]],
  { hotelId, guestId, promptId, expiresAt }: FlowTokenOf,
): string {
  const [secret] = secrets;
  const body = Buffer.from(JSON.stringify([hotelId, guestId, promptId, expiresAt.getTime()]));
  // Of what it seals, so that it never seals two things with one.
  const nonce = createHmac("sha256", keyOf(secret, PURPOSE.nonce)).update(body).digest().subarray(0, NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(secret, PURPOSE.seal), nonce);
  const sealed = Buffer.concat([cipher.update(body), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString("base64url");
}

/**
 * Whose a token is; null for one that is none of ours, or has expired. Whether it was used, the prompt knows. Never throws.
 * @param secrets each opens, so that one can be rotated
 */
export function openFlowToken(secrets: readonly (string | Secret)[], token: string, now: Date): FlowTokenOf | null {
  if (token.length > TOKEN_MAX) return null;
  const bytes = Buffer.from(token, "base64url");
  // Decoding passes over what is no base64: only one text is the token.
  if (bytes.toString("base64url") !== token || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  for (const secret of secrets) {
    const of = opened(secret, bytes);
    if (of !== null) return of.expiresAt > now ? of : null;
  }
  return null;
}

function opened(secret: string | Secret, bytes: Buffer): FlowTokenOf | null {
  try {
    const decipher = createDecipheriv(CIPHER, keyOf(secret, PURPOSE.seal), bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const sealed = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
    const body = Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8");
    const [hotelId, guestId, promptId, at] = Written.parse(JSON.parse(body));
    return { hotelId, guestId, promptId, expiresAt: new Date(at) };
  } catch {
    return null;
  }
}

const keyOf = (secret: string | Secret, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", reveal(secret), "", purpose, KEY_BYTES));
