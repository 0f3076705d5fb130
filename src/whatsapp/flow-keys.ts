import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { ConversationError } from "../errors.js";

/** The pair with which a number's native Flows talk to the data endpoint, as PEM. */
export interface FlowKeys {
  /** For WhatsApp: `POST /{phone number id}/whatsapp_business_encryption`, field `business_public_key`. One for each number. */
  readonly publicKey: string;
  /** For `flowEndpoint`: PKCS #8, encrypted with the passphrase. Whoever has both reads what guests fill in. */
  readonly privateKey: string;
}

/** @source WhatsApp Flows "Implementing endpoints for Flows" (11 Nov 2025): RSA, 2048 bits */
const BITS = 2048;

/**
 * A new pair for the data endpoint of native Flows. Takes a moment: primes are looked for.
 * @param passphrase at least 16 characters, kept apart from the key
 * @throws {ConversationError} `config_invalid` for a shorter one
 */
export async function newFlowKeys({ passphrase }: { readonly passphrase: string }): Promise<FlowKeys> {
  if (passphrase.length < PASSPHRASE_MIN) {
    const message = `at least ${String(PASSPHRASE_MIN)} characters`;
    throw new ConversationError("config_invalid", { issues: [{ path: "passphrase", message }] });
  }
  return promisify(generateKeyPair)("rsa", {
    modulusLength: BITS,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase },
  });
}

/** Ours. */
const PASSPHRASE_MIN = 16;

/** A private key as the host keeps it. */
export interface FlowPrivateKey {
  /** PEM. */
  readonly key: string;
  /** What it is encrypted with; left out for one that is not. */
  readonly passphrase?: string;
}

/** @throws {ConversationError} `config_invalid`, with `privateKeys.0` for the first that is none, or not RSA of 2048 bits or more */
export function readFlowKeys(given: readonly FlowPrivateKey[]): readonly KeyObject[] {
  const issue = (path: string, message: string) =>
    new ConversationError("config_invalid", { issues: [{ path, message }] });
  if (given.length === 0) throw issue("privateKeys", "at least one");
  return given.map(({ key, passphrase }, index) => {
    const path = `privateKeys.${String(index)}`;
    let read: KeyObject;
    try {
      read = createPrivateKey({ key, format: "pem", ...(passphrase !== undefined && { passphrase }) });
    } catch {
      // What OpenSSL says of it may quote it.
      throw issue(path, "no private key, or another passphrase");
    }
    const bits = read.asymmetricKeyType === "rsa" ? (read.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
    if (bits < BITS) throw issue(path, `an RSA key of ${String(BITS)} bits, as newFlowKeys() makes it`);
    return read;
  });
}
