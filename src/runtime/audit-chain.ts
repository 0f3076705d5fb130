import { createHash, randomBytes } from "node:crypto";
import type { AuditEntry, AuditLink, AuditParts, AuditPlace, SealedAuditEntry } from "../domain/audit.js";

/** Before the first entry. */
export const BEGINNING: AuditPlace = { n: 0, hash: "" };

const SALT_BYTES = 32;
const PARTS = ["actor", "target", "reason"] as const;

/** JSON of a list: no two lists have the same text, whatever stands in them. */
const sha256 = (...values: readonly (string | number)[]): string =>
  createHash("sha256").update(JSON.stringify(values)).digest("hex");

const partsOf = ({ actor, target, reason }: AuditEntry): AuditParts<string> => ({
  actor: actor.id,
  target: target.id,
  reason,
});

const digestOf = (part: keyof AuditParts<unknown>, salt: string, value: string): string =>
  sha256("belldesk audit part 1", part, salt, value);

/** Whether a part is what was sealed, or has been erased since. */
export function partHolds(part: keyof AuditParts<unknown>, { salts, digests, ...entry }: SealedAuditEntry): boolean {
  const [salt, value] = [salts[part], partsOf(entry)[part]];
  return salt === null ? value === "" : digestOf(part, salt, value) === digests[part];
}

export const hashOf = (
  previous: string,
  entry: AuditEntry & { readonly n: number; readonly digests: AuditParts<string>; readonly sealedAt: Date },
): string =>
  sha256(
    "belldesk audit link 1",
    previous,
    entry.hotelId,
    entry.n,
    entry.id,
    entry.actor.kind,
    entry.action,
    entry.target.kind,
    entry.at.toISOString(),
    entry.sealedAt.toISOString(),
    ...PARTS.map((part) => entry.digests[part]),
  );

/** New salts, one after the other, of bytes that are asked for at once: so many calls cost more than the bytes. */
function newSalts(count: number): () => string {
  const bytes = randomBytes(SALT_BYTES * count);
  let from = 0;
  return () => bytes.toString("hex", from, (from += SALT_BYTES));
}

/** The links that make entries the next of a chain, in the order given. */
export function linksOf(
  head: AuditPlace,
  entries: readonly AuditEntry[],
  sealedAt: Date,
  salt: () => string = newSalts(entries.length * PARTS.length),
): readonly AuditLink[] {
  let { n, hash } = head;
  return entries.map((entry) => {
    n++;
    const salts = { actor: salt(), target: salt(), reason: salt() };
    const values = partsOf(entry);
    const digests = {
      actor: digestOf("actor", salts.actor, values.actor),
      target: digestOf("target", salts.target, values.target),
      reason: digestOf("reason", salts.reason, values.reason),
    };
    hash = hashOf(hash, { ...entry, n, digests, sealedAt });
    return { id: entry.id, n, salts, digests, hash };
  });
}
