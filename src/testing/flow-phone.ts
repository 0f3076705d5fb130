import { createHmac, webcrypto } from "node:crypto";

/** The keys that a guest's phone and WhatsApp have. */
export interface FlowPhoneOptions {
  /** PEM, as `newFlowKeys()` makes it: what WhatsApp was given for the number. */
  readonly publicKey: string;
  /** The Meta app's, with which WhatsApp signs. */
  readonly appSecret: string;
}

/** What a form on the phone asks, in WhatsApp's words. Without `action` it is whatever stands in it. */
export interface FlowPhoneAsks {
  readonly action?: string;
  readonly screen?: string;
  readonly data?: unknown;
  readonly flow_token?: string;
  readonly version?: string;
}

/** A request as WhatsApp sends it, and how its answer is read. */
export interface FlowPhoneRequest {
  readonly body: string;
  /** `X-Hub-Signature-256`. */
  readonly signature: string;
  /** @throws when the answer was not encrypted for this request */
  readonly read: (answer: string) => Promise<unknown>;
}

/**
 * A guest's phone that fills in native Flows: it encrypts what it asks the data endpoint, and reads what it is answered. Written by
 * WhatsApp's page with the Web Crypto API, and with nothing of the endpoint's own code, so that it says whether that is right.
 * @source WhatsApp Flows "Implementing endpoints for Flows" (11 Nov 2025)
 */
export function flowPhone({ publicKey, appSecret }: FlowPhoneOptions) {
  return {
    /**
     * Asks the endpoint. @param fixed the key and vector, 16 bytes each, for requests that are the same each time; new ones by default
     */
    async asks(question: FlowPhoneAsks, fixed: { key?: Uint8Array; iv?: Uint8Array } = {}): Promise<FlowPhoneRequest> {
      const key = fixed.key ?? webcrypto.getRandomValues(new Uint8Array(16));
      const iv = fixed.iv ?? webcrypto.getRandomValues(new Uint8Array(16));
      const aes = await webcrypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
      const gcm = (vector: Uint8Array) => ({ name: "AES-GCM", iv: vector, tagLength: 128 });
      const plain = new TextEncoder().encode(JSON.stringify({ version: "3.0", ...question }));
      const sealed = await webcrypto.subtle.encrypt(gcm(iv), aes, plain);
      const wrapped = await webcrypto.subtle.encrypt({ name: "RSA-OAEP" }, await rsa(publicKey), key);
      const body = JSON.stringify({
        encrypted_flow_data: base64(sealed),
        encrypted_aes_key: base64(wrapped),
        initial_vector: base64(iv),
      });
      return {
        body,
        signature: `sha256=${createHmac("sha256", appSecret).update(body).digest("hex")}`,
        read: async (answer) => {
          const turned = iv.map((byte) => ~byte & 0xff);
          const opened = await webcrypto.subtle.decrypt(gcm(turned), aes, Buffer.from(answer, "base64"));
          return JSON.parse(new TextDecoder().decode(opened)) as unknown;
        },
      };
    },
  };
}

const rsa = (pem: string): Promise<webcrypto.CryptoKey> => {
  const der = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");
  return webcrypto.subtle.importKey("spki", der, { name: "RSA-OAEP", hash: "SHA-256" }, false, ["encrypt"]);
};

const base64 = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as ArrayBuffer).toString("base64");
