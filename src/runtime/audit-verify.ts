import { z } from "zod";
import type { AuditHead, AuditPlace, SealedAuditEntry } from "../domain/audit.js";
import { BEGINNING, hashOf, partHolds } from "./audit-chain.js";

/**
 * Why a chain does not hold.
 * - `unreadable`: what stands there is no entry of this hotel's.
 * - `edited`: an entry does not say what was sealed, or does not follow the one before it.
 * - `missing`: an entry is not the next one: some were deleted, moved or put in between.
 * - `backdated`: an entry is older than those that were committed before it.
 * - `postdated`: an entry is newer than its sealing.
 * - `rewritten`: an entry is not the one that the anchor keeps, or that the database itself says is the last.
 * - `cut`: the chain ends before what the anchor keeps, or before what the database itself says.
 * - `pruned`: entries are gone from the beginning that were to be kept.
 * - `unsealed`: entries have been in no chain for long: nobody seals, and what stands in them is proved by nothing yet.
 */
export const AUDIT_FLAWS = [
  "unreadable",
  "edited",
  "missing",
  "backdated",
  "postdated",
  "rewritten",
  "cut",
  "pruned",
  "unsealed",
] as const;
/** What may be wrong with a chain (docs/audit.md). */
export type AuditFlawKind = (typeof AUDIT_FLAWS)[number];

/** What was found of a hotel's audit. */
export interface AuditVerdict {
  readonly hotelId: string;
  /** Whether there is no flaw. Without an anchor, a chain that somebody rewrote whole, or cut, holds too. */
  readonly holds: boolean;
  /** The first entry that does not hold, by its place, and why. */
  readonly flaw: { readonly n: number; readonly why: AuditFlawKind } | null;
  /** The places that were looked at: behind `from`, up to `to`. */
  readonly from: number;
  readonly to: number;
  /** How many of them were found to be what was sealed. */
  readonly entries: number;
  /** Those among them of which something was erased: as many as erasures account for. */
  readonly erased: number;
  /** Up to which place the anchor says the same; null: it was not asked, or keeps nothing. What comes after it rests on the database alone. */
  readonly anchoredTo: number | null;
}

/** What is held against one another when a chain is verified. */
export interface AuditCheck {
  readonly hotelId: string;
  /** By `n`; as the desk exports them, with instants as dates or as JSON has them. */
  readonly entries: AsyncIterable<unknown> | Iterable<unknown>;
  /** What was pruned before the first: nothing, by default. */
  readonly kept?: AuditPlace;
  /** What the database says is the last. */
  readonly head?: AuditPlace;
  /** What an anchor keeps, in the order in which it came. */
  readonly anchors?: AsyncIterable<AuditHead> | Iterable<AuditHead>;
  /** Since when entries stand that are in no chain. */
  readonly unsealedSince?: Date | null;
  /** The time. */
  readonly now: Date;
  /** Milliseconds for which entries have to be kept. Without it, a chain of which anything was pruned does not hold. */
  readonly keptForMs?: number;
}

/** Milliseconds by which an entry may be older than one that was committed before it: a decision, and its commit, take no longer. */
const LATE_MS = 10 * 60_000;
/** Milliseconds for which entries may be in no chain. */
const UNSEALED_MS = 10 * 60_000;
/** Ends that are read ahead of the chain: those of processes that meet come a little out of order. */
const READ_AHEAD = 100;

const Instant = z.union([z.date(), z.iso.datetime().transform((text) => new Date(text))]);
const parts = <T extends z.ZodType>(part: T) => z.object({ actor: part, target: part, reason: part });
const Entry = z.object({
  hotelId: z.string(),
  id: z.string(),
  n: z.int().min(1),
  actor: z.object({ kind: z.string(), id: z.string() }),
  action: z.string(),
  reason: z.string(),
  target: z.object({ kind: z.string(), id: z.string() }),
  at: Instant,
  sealedAt: Instant,
  salts: parts(z.string().nullable()),
  digests: parts(z.string()),
  hash: z.string(),
});

/**
 * Goes through a hotel's chain, an entry at a time, and ends at the first that does not hold. Pure but for what is iterated; it holds no
 * more than one entry at once, however long the chain is.
 */
export async function verifyAudit(check: AuditCheck): Promise<AuditVerdict> {
  const { hotelId, kept = BEGINNING, head, now, keptForMs } = check;
  const ends = readAhead(check.anchors ?? [], hotelId);
  let last: AuditPlace = kept;
  let [entries, erased, latest, sealed] = [0, 0, -Infinity, -Infinity];
  let anchoredTo: number | null = null;
  const verdict = (flaw: AuditVerdict["flaw"]): AuditVerdict => ({
    hotelId,
    holds: flaw === null,
    flaw,
    from: kept.n,
    to: last.n,
    entries,
    erased,
    anchoredTo,
  });

  /** Holds what the anchor keeps up to the last entry against it. */
  async function anchorsHold(): Promise<boolean> {
    if (!ends.isNear(last.n)) return true;
    for await (const end of ends.upTo(last.n)) {
      if (end.n !== last.n) continue; // its place was passed before it came
      if (end.hash !== last.hash) return false;
      anchoredTo = end.n;
    }
    return true;
  }

  if (kept.n > 0) {
    if (keptForMs === undefined) return verdict({ n: kept.n, why: "pruned" });
    for await (const end of ends.upTo(kept.n)) {
      if (end.n === kept.n && end.hash !== kept.hash) return verdict({ n: end.n, why: "rewritten" });
    }
  }
  for await (const given of check.entries) {
    const n = last.n + 1;
    const read = Entry.safeParse(given);
    if (!read.success || read.data.hotelId !== hotelId) return verdict({ n, why: "unreadable" });
    const entry = read.data as SealedAuditEntry;
    const [at, sealedAt] = [entry.at.getTime(), entry.sealedAt.getTime()];
    if (entry.n !== n) return verdict({ n, why: "missing" });
    const says = partHolds("actor", entry) && partHolds("target", entry) && partHolds("reason", entry);
    if (!says || hashOf(last.hash, entry) !== entry.hash) return verdict({ n, why: "edited" });
    if (at < latest - LATE_MS || sealedAt < sealed) return verdict({ n, why: "backdated" });
    if (at > sealedAt + LATE_MS) return verdict({ n, why: "postdated" });
    // Pruning leaves the newest of what was old enough: all that is gone was as old.
    const isBeginning = n === kept.n + 1 && kept.n > 0;
    if (isBeginning && sealedAt > now.getTime() - (keptForMs ?? 0)) return verdict({ n: kept.n, why: "pruned" });
    last = { n, hash: entry.hash };
    if (!(await anchorsHold())) return verdict({ n, why: "rewritten" });
    latest = Math.max(latest, at);
    sealed = sealedAt;
    entries++;
    if (Object.values(entry.salts).includes(null)) erased++;
  }
  if (kept.n > 0 && entries === 0) return verdict({ n: kept.n, why: "pruned" });
  let furthest = head?.n ?? last.n;
  for await (const { n } of ends.upTo(Number.MAX_SAFE_INTEGER)) furthest = Math.max(furthest, n);
  if (furthest > last.n) return verdict({ n: last.n + 1, why: "cut" });
  if (head !== undefined && (head.n !== last.n || head.hash !== last.hash))
    return verdict({ n: last.n, why: "rewritten" });
  const { unsealedSince = null } = check;
  if (unsealedSince !== null && now.getTime() - unsealedSince.getTime() > UNSEALED_MS)
    return verdict({ n: last.n + 1, why: "unsealed" });
  return verdict(null);
}

/** Ends as an anchor gives them, in order as far as a little reading ahead brings them into it. */
function readAhead(anchors: AsyncIterable<AuditHead> | Iterable<AuditHead>, hotelId: string) {
  const source = (async function* () {
    yield* anchors;
  })();
  let waiting: AuditHead[] = [];
  let nearest = -Infinity;
  let over = false;
  async function fill(): Promise<void> {
    while (!over && waiting.length < READ_AHEAD) {
      const { done, value } = await source.next();
      if (done === true) over = true;
      else if (value.hotelId === hotelId) waiting.push(value);
    }
    nearest = Math.min(Infinity, ...waiting.map(({ n }) => n));
  }
  return {
    /** Whether one of them is at a place, or before it. */
    isNear: (n: number): boolean => nearest <= n,
    async *upTo(n: number): AsyncGenerator<AuditHead> {
      for (;;) {
        await fill();
        if (nearest > n) return;
        const due = waiting.filter((end) => end.n <= n);
        waiting = waiting.filter((end) => end.n > n);
        yield* due;
      }
    },
  };
}
