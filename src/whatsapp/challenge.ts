import { createHash, timingSafeEqual } from "node:crypto";
import { reveal, type Secret } from "../domain/secret.js";

/** What Meta's handshake is answered. */
export interface ChallengeAnswer {
  readonly status: 200 | 403;
  /** Plain text. */
  readonly body: string;
}

/** Meta sends a number; anything that could mean something to a browser is refused. */
const CHALLENGE = /^[A-Za-z0-9_.-]{1,256}$/;

const REFUSED: ChallengeAnswer = { status: 403, body: "" };

/**
 * Answers the handshake by which Meta makes sure that the address is ours. Parameters given twice are refused.
 * @source WhatsApp "Create a webhook endpoint" (21 May 2026)
 */
export function answerChallenge(query: URLSearchParams, verifyToken: string | Secret): ChallengeAnswer {
  const mode = only(query, "hub.mode");
  const token = only(query, "hub.verify_token");
  const challenge = only(query, "hub.challenge");
  if (mode !== "subscribe" || token === null || challenge === null) return REFUSED;
  const wanted = reveal(verifyToken);
  if (wanted === "" || !same(token, wanted) || !CHALLENGE.test(challenge)) return REFUSED;
  return { status: 200, body: challenge };
}

function only(query: URLSearchParams, name: string): string | null {
  const [value, second] = query.getAll(name);
  return second === undefined ? (value ?? null) : null;
}

/** In constant time whatever the lengths: digests are compared. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
