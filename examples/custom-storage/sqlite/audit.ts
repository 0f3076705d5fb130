import { reaches, type AuditEntry, type AuditHead, type AuditStorage } from "belldesk";
import { type AuditChain, type Database, type Hotel } from "./database.ts";

type Asked<Verb extends keyof AuditStorage> = Parameters<AuditStorage[Verb]>[0];
type Answer<Verb extends keyof AuditStorage> = Awaited<ReturnType<AuditStorage[Verb]>>;

const NOTHING = { n: 0, hash: "" };
const chainOf = (hotel: Hotel): AuditChain =>
  hotel.auditChains.get("") ?? { version: 0, head: NOTHING, sealedAt: null, kept: NOTHING, anchoredN: 0 };
const put = (hotel: Hotel, chain: AuditChain): void => hotel.auditChains.put("", chain);

const UNSEALED =
  "not exists (select 1 from auditLinks as l where l.hotelId = c.hotelId and l.id = c.id) order by rowid limit ?";

/** Entries that are in no chain yet, in the order of their commits. */
export function auditToSeal(db: Database, { after, hotels, entries }: Asked<"auditToSeal">): Answer<"auditToSeal"> {
  const waiting = db.sql.all(
    `select distinct hotelId from audit as c where hotelId > ?
     and not exists (select 1 from auditLinks as l where l.hotelId = c.hotelId and l.id = c.id) order by hotelId limit ?`,
    after ?? "",
    hotels,
  );
  return waiting.map((row) => {
    const hotel = db.hotel(row["hotelId"] as string);
    const { version, sealedAt, head } = chainOf(hotel);
    const now = db.now();
    const later = sealedAt !== null && sealedAt > now ? sealedAt : now;
    return { hotelId: hotel.id, version, now: later, head, entries: hotel.audit.where(UNSEALED, entries) };
  });
}

export function sealAudit(db: Database, { hotelId, version, sealedAt, links }: Asked<"sealAudit">): boolean {
  const hotel = db.hotel(hotelId);
  const chain = chainOf(hotel);
  const last = links.at(-1);
  if (last === undefined) return true;
  if (chain.version !== version || links.some(({ id }) => !hotel.audit.has(id) || hotel.auditLinks.has(id)))
    return false;
  for (const link of links) hotel.auditLinks.put(link.id, { ...link, sealedAt });
  put(hotel, { ...chain, version: chain.version + 1, head: { n: last.n, hash: last.hash }, sealedAt });
  return true;
}

export const auditToAnchor = (db: Database, { after, limit }: Asked<"auditToAnchor">): Answer<"auditToAnchor"> =>
  db.sql
    .all(
      "select hotelId from auditChains where hotelId > ? and doc ->> '$.anchoredN' < doc ->> '$.head.n' order by hotelId limit ?",
      after ?? "",
      limit,
    )
    .map((row): AuditHead => {
      const hotel = db.hotel(row["hotelId"] as string);
      const { head, sealedAt } = chainOf(hotel);
      return { hotelId: hotel.id, ...head, at: sealedAt ?? db.now() };
    });

export function auditAnchored(db: Database, { hotelId, n }: Asked<"auditAnchored">): void {
  const hotel = db.hotel(hotelId);
  const chain = chainOf(hotel);
  put(hotel, { ...chain, anchoredN: Math.max(chain.anchoredN, n) });
}

export function sealedAudit(
  db: Database,
  { reach, hotelId, after, limit }: Asked<"sealedAudit">,
): Answer<"sealedAudit"> {
  const now = db.now();
  if (!reaches(reach, hotelId, null)) return { now, kept: NOTHING, head: NOTHING, unsealedSince: null, entries: [] };
  const hotel = db.hotel(hotelId);
  const { kept, head } = chainOf(hotel);
  const links = hotel.auditLinks.where("n > ? order by n limit ?", after ?? kept.n, limit);
  const entries = links.flatMap((link) => {
    const entry = hotel.audit.get(link.id);
    return entry === null ? [] : [{ ...entry, ...link }];
  });
  return { now, kept, head, unsealedSince: hotel.audit.where(UNSEALED, 1)[0]?.at ?? null, entries };
}

/**
 * Blanks whatever a hotel's audit holds of a person: the reason and the target of entries about any of the ids, and the actor of those
 * that a guest of one of them wrote.
 */
export function blankAudit(hotel: Hotel, ids: ReadonlySet<string>): void {
  for (const id of ids) {
    for (const entry of hotel.audit.where("target_id = ?", id)) blank(hotel, entry);
    for (const entry of hotel.audit.where("actor_id = ?", id)) if (entry.actor.kind === "guest") blank(hotel, entry);
  }
  const chain = chainOf(hotel);
  put(hotel, { ...chain, version: chain.version + 1 });
}

function blank(hotel: Hotel, entry: AuditEntry): void {
  const isGuests = entry.actor.kind === "guest";
  const actor = isGuests ? { ...entry.actor, id: "" } : entry.actor;
  hotel.audit.put(entry.id, { ...entry, actor, reason: "", target: { ...entry.target, id: "" } });
  const link = hotel.auditLinks.get(entry.id);
  if (link === null) return;
  hotel.auditLinks.put(entry.id, {
    ...link,
    salts: { actor: isGuests ? null : link.salts.actor, target: null, reason: null },
  });
}

/** How many links were sealed before an instant, from the beginning of the chain, but for the newest of them. */
export const countOldLinks = (hotel: Hotel, before: Date): number =>
  Math.max(0, hotel.auditLinks.count("sealedAt < ?", before) - 1);

/**
 * Takes away as many entries from the beginning of the chain that were sealed before an instant. The one behind them stays, without what it held
 * of a person: as old as it is, by the chain, was all that is gone. @returns how many
 */
export function pruneAudit(hotel: Hotel, before: Date, limit: number): number {
  const most = Math.min(countOldLinks(hotel, before), limit);
  const old = hotel.auditLinks.where("true order by n limit ?", most + 1);
  const next = old.pop();
  const entry = next === undefined ? null : hotel.audit.get(next.id);
  const last = old.at(-1);
  if (entry === null || last === undefined) return 0;
  for (const { id } of old) {
    hotel.audit.remove(id);
    hotel.auditLinks.remove(id);
  }
  blank(hotel, entry);
  const chain = chainOf(hotel);
  put(hotel, { ...chain, version: chain.version + 1, kept: { n: last.n, hash: last.hash } });
  return old.length;
}
