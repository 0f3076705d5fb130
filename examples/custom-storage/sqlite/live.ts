import {
  WORK_KINDS,
  type Conversation,
  type DeskEvent,
  type KindPulse,
  type LogPlace,
  type News,
  type NewsQuery,
  type Pulse,
  type Reach,
  type Revocations,
  type RevokedPrincipal,
  type Snapshot,
  type SnapshotQuery,
} from "belldesk";
import { lastSeq, some, type Database, type Hotel } from "./database.ts";
import { amended, andWhatFollows, distinct } from "./messages.ts";
import { conversationsOf, sameAs } from "./people.ts";
import { touches } from "./reach.ts";
import { conversations, isGuests, previewIsForGuest, rowOf } from "./reads.ts";

/** The newest open conversations within reach, and how far the logs had got by then. */
export function snapshot(db: Database, { reach, limit }: SnapshotQuery): Snapshot {
  const open = { hotelId: null, departmentId: null, status: "open", after: null } as const;
  const { now, items, next } = conversations(db, { ...open, reach, limit });
  const hotelIds = db.sql.all("select hotelId from hotels order by hotelId").map((row) => row["hotelId"] as string);
  const places = heads(
    db,
    hotelIds.filter((id) => hasAny(reach, id)),
  );
  return { now, items, more: next !== null, places };
}

/** Whether anything of a hotel is within reach. */
const hasAny = (reach: Reach, hotelId: string): boolean =>
  isGuests(reach) ? reach.guest.hotelId === hotelId : touches(reach, hotelId);

/** How far the logs of hotels have got. */
export const heads = (db: Database, hotelIds: readonly string[]): readonly LogPlace[] =>
  [...new Set(hotelIds)].flatMap((id) => {
    const hotel = db.hotel(id);
    return some(hotel.events.get(String(lastSeq(hotel)))).map(placeOf);
  });

const placeOf = ({ hotelId, seq, at }: DeskEvent): LogPlace => ({ hotelId, seq, at });

/** What a log tells after an event, and what that is about. */
export function news(db: Database, { after, limit }: NewsQuery): News | null {
  const hotel = db.hotel(after.hotelId);
  if (!isKnown(hotel, after)) return null;
  const events = hotel.events.where("seq > ? order by seq limit ?", after.seq, limit);
  const last = events.at(-1);
  const messageIds = new Set(events.flatMap(({ body }) => ("messageId" in body ? [body.messageId] : [])));
  return {
    now: db.now(),
    events,
    upTo: last === undefined ? after : placeOf(last),
    head: lastSeq(hotel),
    conversations: concernedBy(hotel, events).map((one) => ({
      ...rowOf(db, one),
      previewForGuest: previewIsForGuest(db, one),
    })),
    messages: [...messageIds].flatMap((id) => some(hotel.messages.get(id))).map((message) => amended(hotel, message)),
  };
}

/** Whether the log has this event, or its beginning, as it says. */
function isKnown(hotel: Hotel, { seq, at }: LogPlace): boolean {
  if (seq === 0) return lastSeq(hotel) === 0 || hotel.events.has("1");
  return at !== null && hotel.events.get(String(seq))?.at.getTime() === at.getTime();
}

/** The conversations that events are about or have left, those that go on with them, and the open ones of the same people. */
function concernedBy(hotel: Hotel, events: readonly DeskEvent[]): readonly Conversation[] {
  const onward = events
    .flatMap(({ conversationId, body }) => [conversationId, "leaves" in body ? body.leaves : null])
    .flatMap((id) => (id === null ? [] : andWhatFollows(hotel, id)));
  const guests = new Set([...onward.map(({ guestId }) => guestId), ...events.flatMap(guestsNamed)]);
  const people = [...new Set([...guests].flatMap((guestId) => sameAs(hotel, guestId)))];
  const open = conversationsOf(hotel, people).filter(({ status }) => status === "open");
  return distinct([...onward, ...open]);
}

function guestsNamed({ body }: DeskEvent): readonly string[] {
  switch (body.type) {
    case "guest.merged":
      return [body.guestId, body.into];
    case "guest.unmerged":
      return [body.guestId, body.from];
    case "guest.changed":
    case "guest.consent":
      return [body.guestId];
    default:
      return [];
  }
}

/** Whoever is connected hears of it within a second: what is so old, nobody asks for. */
const REVOCATIONS_KEPT_MS = 24 * 60 * 60 * 1000;

/** Somebody's rights have changed. The newest always stays, and numbers never begin again. */
export function revoke(db: Database, { kind, id }: RevokedPrincipal): void {
  const now = db.now().getTime();
  db.sql.run("insert into revocations (at, kind, id) values (?, ?, ?)", now, kind, id);
  db.sql.run("delete from revocations where at < ?", now - REVOCATIONS_KEPT_MS);
}

/** Whose rights have changed after one of them. A number that is still to come is another storage's, and then all have. */
export function revocations(db: Database, { after }: { readonly after: number | null }): Revocations {
  const upTo = Number(db.sql.one("select max(number) as n from revocations")?.["n"] ?? 0);
  const from = after === null ? upTo : after > upTo ? 0 : after;
  const rows = db.sql.all("select kind, id from revocations where number > ? order by number", from);
  return { upTo, principals: rows.map((row) => ({ ...row }) as unknown as RevokedPrincipal) };
}

/** How the work of all hotels stands. */
export function pulse(db: Database): Pulse {
  const now = db.now();
  const due = `select count(*) as due, count(leasedUntil) as abandoned, min(claimableAt) as oldest
    from (select * from lanes where kind = ? and claimableAt <= ? order by claimableAt limit 10000)`;
  const kinds = WORK_KINDS.map((kind): KindPulse => {
    const row = db.sql.one(due, kind, now.getTime());
    const oldest = row?.["oldest"] ?? null;
    return {
      kind,
      due: Number(row?.["due"]),
      oldestDueAt: oldest === null ? null : new Date(Number(oldest)),
      abandoned: Number(row?.["abandoned"]),
      dead: db.all.deadWork.count("doc ->> '$.dead.kind' = ?", kind),
    };
  });
  return { now, kinds, unknownSends: db.all.messages.count("doc ->> '$.status' = 'unknown'") };
}
