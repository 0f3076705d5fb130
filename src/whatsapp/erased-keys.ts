import { createHash } from "node:crypto";
import type { Address } from "../domain/address.js";
import type { Message } from "../domain/message.js";
import { dedupHash } from "./leaf.js";

/** A message that is erased, as far as WhatsApp may speak of it again. */
export interface ErasedMessage {
  readonly wamid: string;
  readonly direction: Message["direction"];
  /** The hotel's numbers behind which its guest wrote. */
  readonly phoneNumberIds: readonly string[];
  readonly addresses: readonly Pick<Address, "value">[];
}

/** What a status may say, by Meta's words. Source: WhatsApp "Webhooks", statuses. */
const STATUSES = ["sent", "delivered", "read", "played", "failed"] as const;

/**
 * Dedup hashes of all that WhatsApp may deliver about a message: itself, and what becomes of it. Whoever remembers them stores none of it, neither once more
 * nor for the first time.
 */
export function erasedKeys({ wamid, direction, phoneNumberIds, addresses }: ErasedMessage): readonly string[] {
  const keys =
    direction === "inbound"
      ? phoneNumberIds.map((number) => `m:${number}:${wamid}`)
      : [
          `e:${wamid}`,
          ...STATUSES.flatMap((status) =>
            [...addresses.map(({ value }) => value), ""].map((participant) => `s:${wamid}:${status}:${participant}`),
          ),
        ];
  return keys.map(dedupHash);
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** By which an erasure knows an address: a pseudonym, since phones are few enough to be tried by whoever has the salt. */
export const addressHash = (salt: string, { kind, value }: Address): string => sha256(`${salt}${kind}:${value}`);
/** By which an erasure knows a message that WhatsApp may report of. */
export const wamidHash = (wamid: string): string => sha256(`wamid:${wamid}`);
