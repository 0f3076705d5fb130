import { constants, createCipheriv, createDecipheriv, privateDecrypt, type KeyObject } from "node:crypto";
import type { JsonValue } from "../domain/json.js";
import { isTooDeep } from "./depth.js";
import { isObject, text, type Json, type JsonObject } from "./json.js";

/** What WhatsApp asks the data endpoint of a native Flow, decrypted. All of it comes from a guest's phone. */
export type FlowQuestion =
  /** Whether the endpoint lives. */
  | { readonly kind: "ping"; readonly version: string | null }
  /** The phone could make nothing of what it was answered last. @param error WhatsApp's word for why, when it is one */
  | { readonly kind: "refused"; readonly version: string | null; readonly error: string | null }
  | {
      readonly kind: "screen";
      readonly version: string | null;
      readonly action: FlowAction;
      readonly screen: string | null;
      readonly data: Readonly<Record<string, JsonValue>>;
      readonly token: string | null;
    }
  | { readonly kind: "unknown" };

/** `init`: the Flow was opened; `back`: a screen that is refreshed was gone back to; `submit`: a screen was filled in. */
export type FlowAction = "init" | "back" | "submit";

/** A request that could be decrypted, and how its answer is encrypted. */
export interface OpenedFlowRequest {
  readonly question: FlowQuestion;
  /** @returns base64, to be sent as `text/plain` */
  readonly seal: (answer: JsonObject) => string;
}

/**
 * Decrypts a request of the data endpoint, whose signature has been checked. Never throws.
 * @param keys tried in order: several while one takes another's place
 * @returns null where none of them fits or the bytes are not what they should be: to be answered 421, so that the phone fetches the
 *   public key anew
 * @source WhatsApp Flows "Implementing endpoints for Flows" (11 Nov 2025)
 */
export function openFlowRequest(body: Uint8Array, keys: readonly KeyObject[]): OpenedFlowRequest | null {
  const sent = parsed(Buffer.from(body).toString("utf8"));
  if (!isObject(sent)) return null;
  const data = bytes(sent, "encrypted_flow_data");
  const wrapped = bytes(sent, "encrypted_aes_key");
  const iv = bytes(sent, "initial_vector");
  if (data === null || wrapped === null || iv?.length !== IV_BYTES || data.length < TAG_BYTES) return null;
  const key = unwrapped(wrapped, keys);
  if (key === null) return null;
  const plain = decrypted(data, key, iv);
  const asked = plain === null ? null : parsed(plain.toString("utf8"));
  if (!isObject(asked)) return null;
  return {
    question: questionOf(asked),
    seal: (answer) => {
      // The same key, so never the same bytes with it: the answer's vector is the question's with every bit turned over.
      const cipher = createCipheriv(
        CIPHER,
        key,
        iv.map((byte) => byte ^ 0xff),
        { authTagLength: TAG_BYTES },
      );
      const sealed = Buffer.concat([cipher.update(JSON.stringify(answer), "utf8"), cipher.final()]);
      return Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64");
    },
  };
}

const CIPHER = "aes-128-gcm";
const KEY_BYTES = 16;
const IV_BYTES = 16;
const TAG_BYTES = 16;

function unwrapped(wrapped: Uint8Array, keys: readonly KeyObject[]): Buffer | null {
  for (const key of keys) {
    try {
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      const found = privateDecrypt({ key, padding, oaepHash: "sha256" }, wrapped);
      if (found.length === KEY_BYTES) return found;
    } catch {
      // Another one's.
    }
  }
  return null;
}

function decrypted(data: Buffer, key: Buffer, iv: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(data.subarray(data.length - TAG_BYTES));
    return Buffer.concat([decipher.update(data.subarray(0, data.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Nothing but base64: decoding passes over whatever else stands in it. */
function bytes(sent: JsonObject, name: string): Buffer | null {
  const given = Object.hasOwn(sent, name) ? sent[name] : undefined;
  return typeof given === "string" && BASE64.test(given) ? Buffer.from(given, "base64") : null;
}

function parsed(json: string): Json | null {
  if (isTooDeep(json)) return null;
  try {
    // A host may well spread or assign what it is given.
    return JSON.parse(json, (key, value: unknown) => (key === "__proto__" ? undefined : value)) as Json;
  } catch {
    return null;
  }
}

const ACTIONS: Readonly<Record<string, FlowAction>> = { INIT: "init", BACK: "back", data_exchange: "submit" };

/** Ours: WhatsApp's words for an error are a line at most. */
const ERROR = /^[\w-]{1,64}$/;

function questionOf(asked: JsonObject): FlowQuestion {
  const { action, screen, data, flow_token: token } = asked;
  const version = text(asked["version"]);
  if (isObject(data) && data["error"] !== undefined) {
    const error = text(data["error"]);
    return { kind: "refused", version, error: error !== null && ERROR.test(error) ? error : null };
  }
  if (action === "ping") return { kind: "ping", version };
  const known = typeof action === "string" && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (known === undefined) return { kind: "unknown" };
  return {
    kind: "screen",
    version,
    action: known,
    // Where a Flow is opened there is none, or an empty one.
    screen: typeof screen === "string" && screen !== "" ? screen : null,
    data: (isObject(data) ? data : {}) as Readonly<Record<string, JsonValue>>,
    token: typeof token === "string" && token !== "" ? token : null,
  };
}

/** The answers, in WhatsApp's words. */
export const flowAnswers = {
  alive: { data: { status: "active" } },
  acknowledged: { data: { acknowledged: true } },
  /** With status 427: the button that opens the form does so no more. */
  over: (message: string): JsonObject => ({ error_msg: message }),
  screen: (screen: string, data: JsonObject): JsonObject => ({ screen, data }),
  /** The Flow ends, and what it brought comes as the guest's message, with its token. */
  finished: (token: string, params: JsonObject): JsonObject => ({
    screen: "SUCCESS",
    data: { extension_message_response: { params: { ...params, flow_token: token } } },
  }),
} as const;
