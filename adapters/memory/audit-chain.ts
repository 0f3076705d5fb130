import {
  reaches,
  type AuditEntry,
  type AuditHead,
  type AuditLink,
  type AuditStorage,
  type Reach,
} from "../../src/index.js";
import { compareIds, hotelOf, type HotelMemory, type Memory } from "./state.js";

type Asked<Verb extends keyof AuditStorage> = Parameters<AuditStorage[Verb]>[0];
type Answer<Verb extends keyof AuditStorage> = Awaited<ReturnType<AuditStorage[Verb]>>;

const unsealed = ({ audit, chain }: HotelMemory): readonly AuditEntry[] =>
  [...audit.values()].filter(({ id }) => !chain.links.has(id));

const later = (one: Date, other: Date | null): Date => (other !== null && other > one ? other : one);

const behind = (memory: Memory, after: string | null): readonly HotelMemory[] =>
  [...memory.hotels.values()]
    .filter(({ id }) => after === null || compareIds(id, after) > 0)
    .sort((a, b) => compareIds(a.id, b.id));

export const auditToSeal = (memory: Memory, { after, hotels, entries }: Asked<"auditToSeal">): Answer<"auditToSeal"> =>
  behind(memory, after)
    .map((hotel) => ({ hotel, waiting: unsealed(hotel) }))
    .filter(({ waiting }) => waiting.length > 0)
    .slice(0, hotels)
    .map(({ hotel: { id, chain }, waiting }) => ({
      hotelId: id,
      version: chain.version,
      now: later(memory.clock.now(), chain.sealedAt),
      head: chain.head,
      entries: waiting.slice(0, entries),
    }));

export function sealAudit(memory: Memory, { hotelId, version, sealedAt, links }: Asked<"sealAudit">): boolean {
  const { audit, chain } = hotelOf(memory, hotelId);
  const [last] = links.slice(-1);
  if (last === undefined) return true;
  if (chain.version !== version || links.some(({ id }) => !audit.has(id) || chain.links.has(id))) return false;
  for (const link of links) chain.links.set(link.id, { ...link, sealedAt });
  chain.version++;
  chain.head = { n: last.n, hash: last.hash };
  chain.sealedAt = sealedAt;
  return true;
}

export const auditToAnchor = (memory: Memory, { after, limit }: Asked<"auditToAnchor">): Answer<"auditToAnchor"> =>
  behind(memory, after)
    .filter(({ chain }) => chain.anchoredN < chain.head.n)
    .slice(0, limit)
    .map(({ id, chain }): AuditHead => ({ hotelId: id, ...chain.head, at: chain.sealedAt ?? memory.clock.now() }));

export function auditAnchored(memory: Memory, { hotelId, n }: Asked<"auditAnchored">): void {
  const { chain } = hotelOf(memory, hotelId);
  chain.anchoredN = Math.max(chain.anchoredN, n);
}

export function sealedAudit(
  memory: Memory,
  { reach, hotelId, after, limit }: Asked<"sealedAudit"> & { readonly reach: Reach },
): Answer<"sealedAudit"> {
  const now = memory.clock.now();
  const nothing = { n: 0, hash: "" };
  const hotel = memory.hotels.get(hotelId);
  if (hotel === undefined || !reaches(reach, hotelId, null))
    return { now, kept: nothing, head: nothing, unsealedSince: null, entries: [] };
  const { chain, audit } = hotel;
  const entries = [...chain.links.values()]
    .filter(({ n }) => n > (after ?? chain.kept.n))
    .slice(0, limit)
    .flatMap((link) => {
      const entry = audit.get(link.id);
      return entry === undefined ? [] : [{ ...entry, ...link }];
    });
  return { now, kept: chain.kept, head: chain.head, unsealedSince: unsealed(hotel)[0]?.at ?? null, entries };
}

/**
 * Blanks whatever a hotel's audit holds of a person: the reason and the target of entries about any of the ids, and the actor of those
 * that a guest of one of them wrote.
 */
export function blankAudit(hotel: HotelMemory, ids: ReadonlySet<string>): void {
  hotel.chain.version++;
  for (const entry of hotel.audit.values())
    if (ids.has(entry.target.id) || (entry.actor.kind === "guest" && ids.has(entry.actor.id))) blank(hotel, entry);
}

function blank({ audit, chain }: HotelMemory, { id, ...entry }: AuditEntry): void {
  const isGuests = entry.actor.kind === "guest";
  const actor = isGuests ? { ...entry.actor, id: "" } : entry.actor;
  audit.set(id, { ...entry, id, actor, reason: "", target: { ...entry.target, id: "" } });
  const link = chain.links.get(id);
  if (link === undefined) return;
  const salts = { actor: isGuests ? null : link.salts.actor, target: null, reason: null };
  chain.links.set(id, { ...link, salts });
}

/** Links that were sealed before an instant, from the beginning of the chain, but for the newest of them. */
export const oldLinks = ({ chain }: HotelMemory, before: number): readonly AuditLink[] =>
  [...chain.links.values()].filter(({ sealedAt }) => sealedAt.getTime() < before).slice(0, -1);

/**
 * Takes away as many entries from the beginning of the chain that were sealed before an instant. The one behind them stays, without what it held
 * of a person: as old as it is, by the chain, was all that is gone. @returns how many
 */
export function pruneAudit(hotel: HotelMemory, before: number, limit: number): number {
  const { audit, chain } = hotel;
  const old = oldLinks(hotel, before).slice(0, limit);
  const entry = audit.get([...chain.links.keys()][old.length] ?? "");
  if (entry === undefined || old.length === 0) return 0;
  for (const { id, n, hash } of old) {
    audit.delete(id);
    chain.links.delete(id);
    chain.kept = { n, hash };
  }
  blank(hotel, entry);
  chain.version++;
  return old.length;
}
