import {
  contentWords,
  GUEST_DIRECTIONS,
  isFound,
  nameWords,
  reaches,
  shown,
  UNROUTED_HOTEL_ID,
  type AmendedMessage,
  type AuditEntry,
  type AuditQuery,
  type Conversation,
  type ConversationParticipants,
  type ConversationQuery,
  type ConversationRow,
  type DeadWork,
  type DeskCounters,
  type DeskEvent,
  type FlowRecord,
  type FlowRecordQuery,
  type Guest,
  type GuestReach,
  type GuestSearchQuery,
  type KeptItem,
  type MentionQuery,
  type MentionRow,
  type Message,
  type MessageHistory,
  type MessageQuery,
  type NewestInbound,
  type NewestInboundQuery,
  type Page,
  type PagePoint,
  type Reach,
  type SearchHit,
  type SearchPoint,
  type SearchQuery,
} from "belldesk";
import { chatKey, compareIds, some, writeAudit, type Database, type Hotel } from "./database.ts";
import { IN, list, type Bound, type Sql } from "./documents.ts";
import { enqueue } from "./lanes.ts";
import { lastRun } from "./loads.ts";
import { amended, amendmentsOf, andWhatFollows, withContinued } from "./messages.ts";
import { guestIsWithin, guestOf, sameAs, whoStays } from "./people.ts";
import { fallingFrom, paged, within, withinHotels } from "./reach.ts";

export const isGuests = (reach: Reach): reach is GuestReach => reach !== "everything" && "guest" in reach;

/** Which conversations are within reach: by their department or, for a guest, by whose they are. */
function seen(db: Database, reach: Reach): Sql {
  if (!isGuests(reach)) return within(reach);
  const { hotelId, id } = reach.guest;
  return { sql: `hotelId = ? and guestId ${IN}`, values: [hotelId, list(sameAs(db.hotel(hotelId), id))] };
}

const sees = (db: Database, reach: Reach, { hotelId, departmentId, guestId }: Conversation): boolean =>
  isGuests(reach)
    ? reach.guest.hotelId === hotelId && sameAs(db.hotel(hotelId), reach.guest.id).includes(guestId)
    : reaches(reach, hotelId, departmentId);

/** Guest messages that staff have not read, those of the conversations that it continues included. `c` is the conversation. */
const UNREAD = `(
  with recursive chain(id, readSeq) as (
    select c.id, c.readSeq union
    select earlier.id, earlier.readSeq from chain join conversations as earlier on earlier.hotelId = c.hotelId and earlier.continuedIn = chain.id)
  select count(*) from chain join messages as m
    on m.hotelId = c.hotelId and m.conversationId = chain.id and m.seq > chain.readSeq and m.direction = 'inbound')`;

/** Conversations within reach, the newest message first, or whoever has waited longest. */
export function conversations(db: Database, query: ConversationQuery): Page<ConversationRow> & { readonly now: Date } {
  const { reach, hotelId, departmentId, status, assigneeId, priority, tag, snoozed, unread, waiting, after, limit } =
    query;
  const reached = seen(db, reach);
  const wanted: Sql[] = [
    reached,
    ...(hotelId === null ? [] : [{ sql: "hotelId = ?", values: [hotelId] }]),
    ...(departmentId === null ? [] : [{ sql: "departmentId = ?", values: [departmentId] }]),
    ...(status === null ? [] : [{ sql: "status = ?", values: [status] }]),
    ...(assigneeId === undefined ? [] : [{ sql: "assigneeId is ?", values: [assigneeId] }]),
    ...(priority === undefined ? [] : [{ sql: "priority = ?", values: [priority] }]),
    ...(tag === undefined ? [] : [{ sql: "? in (select value from json_each(doc, '$.tags'))", values: [tag] }]),
    ...(snoozed === undefined ? [] : [{ sql: "(snoozedUntil is not null) = ?", values: [snoozed] }]),
    ...(unread === true ? [{ sql: `${UNREAD} > 0`, values: [] }] : []),
    ...(waiting === true ? [{ sql: "status = 'open' and waitingSince is not null", values: [] }] : []),
  ];
  const [at, direction] = waiting === true ? ["waitingSince", "asc"] : ["lastMessageAt", "desc"];
  if (after !== null)
    wanted.push({ sql: `(${at}, id) ${waiting === true ? ">" : "<"} (?, ?)`, values: [after.at, after.id] });
  const sql = `${wanted.map((one) => one.sql).join(" and ")} order by ${at} ${direction}, id ${direction} limit ?`;
  const found = db.all.conversations.select(sql, ...wanted.flatMap(({ values }) => values), limit + 1);
  const page = paged(found, limit, ({ waitingSince, lastMessageAt, id }) => ({
    at: waiting === true ? (waitingSince ?? lastMessageAt) : lastMessageAt,
    id,
  }));
  return { ...page, items: page.items.map((one) => previewed(db, reach, rowOf(db, one))), now: db.now() };
}

/** A conversation as lists show it. */
export function rowOf(db: Database, conversation: Conversation): ConversationRow {
  const hotel = db.hotel(conversation.hotelId);
  const guestId = whoStays(hotel, conversation.guestId);
  const previewed = conversation.previewMessageId === null ? null : hotel.messages.get(conversation.previewMessageId);
  const unread = `select ${UNREAD} as n from conversations as c where c.id = ? and c.hotelId = ?`;
  return {
    conversation,
    previewAmendments: amendmentsOf(hotel, previewed?.wamid ?? null),
    guestId,
    guestName: hotel.guests.get(guestId)?.name ?? null,
    unread: Number(db.sql.one(unread, conversation.id, hotel.id)?.["n"]),
    windowClosesAt: hotel.chats.get(chatKey(conversation.phoneNumberId, guestId))?.windowClosesAt ?? null,
  };
}

/** Whether a guest may see what the preview shows: it is no note. */
export function previewIsForGuest(db: Database, { hotelId, previewMessageId }: Conversation): boolean {
  if (previewMessageId === null) return true;
  const direction = db.hotel(hotelId).messages.get(previewMessageId)?.direction;
  return direction !== undefined && GUEST_DIRECTIONS.includes(direction);
}

function previewed(db: Database, reach: Reach, row: ConversationRow): ConversationRow {
  if (!isGuests(reach) || previewIsForGuest(db, row.conversation)) return row;
  return { ...row, conversation: { ...row.conversation, lastMessagePreview: "" } };
}

/** What stands open in each department within reach. */
export function counters(
  db: Database,
  { reach, hotelId }: { readonly reach: Reach; readonly hotelId: string | null },
): readonly DeskCounters[] {
  const { sql, values } = within(reach);
  const rows = db.sql.all(
    `select hotelId, departmentId, count(*) as open, sum(${UNREAD} > 0) as unread, count(waitingSince) as waiting, min(waitingSince) as since
     from conversations as c where status = 'open' and ${sql} and ? in (hotelId, '') group by hotelId, departmentId`,
    ...values,
    hotelId ?? "",
  );
  return rows.map((row) => ({
    hotelId: row["hotelId"] as string,
    departmentId: row["departmentId"] as string | null,
    open: Number(row["open"]),
    unread: Number(row["unread"]),
    waiting: Number(row["waiting"]),
    waitingSince: row["since"] === null ? null : new Date((row["since"] as string).slice(1)),
  }));
}

/** Messages of a conversation and of those it continues, newest first; for a guest, theirs of those that are theirs. */
export function messages(
  db: Database,
  { reach, conversationId, before, limit }: MessageQuery,
): Page<AmendedMessage, number> | null {
  const found = db.all.conversations.find(conversationId);
  if (found === null || !sees(db, reach, found.value)) return null;
  const hotel = db.hotel(found.hotelId);
  const chain = withContinued(hotel, found.value).filter((each) => !isGuests(reach) || sees(db, reach, each));
  const sql = `conversationId ${IN} and eventSeq < ? and direction ${IN} order by eventSeq desc limit ?`;
  const directions = isGuests(reach) ? GUEST_DIRECTIONS : ["inbound", "outbound", "internal"];
  const values: Bound[] = [list(chain.map(({ id }) => id)), before ?? Infinity, list(directions), limit + 1];
  const page = paged(hotel.messages.where(sql, ...values), limit, ({ eventSeq }) => eventSeq);
  return { ...page, items: page.items.map((each) => amended(hotel, each)) };
}

/** One message, for whoever may see its conversation or one that goes on with it. */
export function message(
  db: Database,
  { reach, messageId }: { readonly reach: Reach; readonly messageId: string },
): MessageHistory | null {
  const found = db.all.messages.find(messageId);
  if (found === null) return null;
  const hotel = db.hotel(found.hotelId);
  const showing = andWhatFollows(hotel, found.value.conversationId);
  if (!showing.some(({ departmentId }) => reaches(reach, hotel.id, departmentId))) return null;
  const attempt = found.value.attemptId === null ? null : hotel.attempts.get(found.value.attemptId);
  return {
    message: amended(hotel, found.value),
    receivedAt: attempt?.receivedAt ?? null,
    shownIn: showing.map(({ id }) => id),
  };
}

/** A conversation and its hotel, for whoever reaches its department. */
function reached(
  db: Database,
  reach: Reach,
  id: string,
): { readonly hotel: Hotel; readonly conversation: Conversation } | null {
  const found = db.all.conversations.find(id);
  if (found === null || !reaches(reach, found.hotelId, found.value.departmentId)) return null;
  return { hotel: db.hotel(found.hotelId), conversation: found.value };
}

/** Who took part in a conversation and in those it continues, and how far each has read them. */
export function participants(
  db: Database,
  { reach, conversationId }: { readonly reach: Reach; readonly conversationId: string },
): ConversationParticipants | null {
  const found = reached(db, reach, conversationId);
  if (found === null) return null;
  const { hotel } = found;
  const chain = withContinued(hotel, found.conversation);
  const all = hotel.participants.where(`conversationId ${IN}`, list(chain.map(({ id }) => id)));
  return {
    conversations: chain.map(({ id, lastSeq }) => ({ id, lastSeq })),
    participants: all.map((one) =>
      one.kind === "guest" ? { ...one, readSeq: readByGuest(hotel, one.conversationId) } : one,
    ),
  };
}

/** A guest has read as far as WhatsApp reported. */
function readByGuest(hotel: Hotel, conversationId: string): number {
  const sql =
    "conversationId = ? and direction = 'outbound' and doc ->> '$.status' in ('read', 'played') order by seq desc limit 1";
  return hotel.messages.where(sql, conversationId)[0]?.seq ?? 0;
}

/** The newest of what a guest wrote. */
export function newestInbound(db: Database, { reach, conversationId, upTo }: NewestInboundQuery): NewestInbound | null {
  const found = reached(db, reach, conversationId);
  if (found === null) return null;
  const { hotel } = found;
  const chain = new Map(withContinued(hotel, found.conversation).map((one) => [one.id, one]));
  const sql = `conversationId ${IN} and direction = 'inbound' and eventSeq > 0 and wamid is not null
    and (conversationId <> ? or seq <= ?) and doc ->> '$.content.type' not in ('system', 'call') order by eventSeq desc limit 1`;
  const [newest] = hotel.messages.where(sql, list([...chain.keys()]), conversationId, upTo ?? Infinity);
  const whose = newest && chain.get(newest.conversationId);
  if (newest === undefined || whose === undefined || newest.wamid === null)
    return { now: db.now(), hotelId: hotel.id, message: null };
  const { seq, eventSeq, wamid, sentAt } = newest;
  const { id, guestId, phoneNumberId } = whose;
  const message = { conversationId: id, seq, eventSeq, guestId, phoneNumberId, wamid, sentAt };
  return { now: db.now(), hotelId: hotel.id, message };
}

/** Notes that name a staff member, the newest first. */
export function mentions(db: Database, { reach, staffId, unread, before, limit }: MentionQuery): Page<MentionRow> {
  const point = fallingFrom(before, "at", "messageId");
  const named = db.all.mentions.select(`staffId = ? and ${point.sql}`, staffId, ...point.values, -1);
  const rows = named.flatMap((mention): readonly MentionRow[] => {
    const hotel = db.hotel(mention.hotelId);
    const note = hotel.messages.get(mention.messageId);
    const showing = andWhatFollows(hotel, mention.conversationId);
    if (note === null || !showing.some(({ departmentId }) => reaches(reach, hotel.id, departmentId))) return [];
    const reader = hotel.participants.get(JSON.stringify([mention.conversationId, "staff", staffId]));
    const read = (reader?.readSeq ?? 0) >= note.seq;
    return unread && read ? [] : [{ mention, message: note, read, shownIn: showing.map(({ id }) => id) }];
  });
  return paged(rows, limit, ({ mention: { at, messageId } }) => ({ at, id: messageId }));
}

/** What happened in a hotel after an event number, in order. */
export const events = (
  db: Database,
  { hotelId, after, limit }: { readonly hotelId: string; readonly after: number; readonly limit: number },
): readonly DeskEvent[] => db.hotel(hotelId).events.where("seq > ? order by seq limit ?", after, limit);

/** What a list without departments asks: of hotels that are within reach as a whole. */
interface ListQuery {
  readonly reach: Reach;
  readonly before: PagePoint | null;
  readonly limit: number;
}

/** What happened that is about no conversation, newest first. */
export function operatorEvents(db: Database, { reach, before, limit }: ListQuery): Page<DeskEvent> {
  const whole = withinHotels(reach);
  const point = fallingFrom(before, "at", "(hotelId || '/' || printf('%020d', seq))");
  const sql = `${whole.sql} and conversationId is null and ${point.sql}`;
  const found = db.all.events.select(sql, ...whole.values, ...point.values, limit + 1);
  return paged(found, limit, ({ hotelId, seq, at }) => ({ at, id: `${hotelId}/${String(seq).padStart(20, "0")}` }));
}

/** The audit of one target, oldest first. */
export const audit = (
  db: Database,
  { hotelId, targetId }: { readonly hotelId: string; readonly targetId: string },
): readonly AuditEntry[] => db.hotel(hotelId).audit.where("target_id = ? order by at, rowid", targetId);

/** A hotel's audit, newest first. */
export function auditEntries(db: Database, query: AuditQuery): Page<AuditEntry> {
  const { reach, hotelId, targetId, actorId, before, limit } = query;
  if (!reaches(reach, hotelId, null)) return { items: [], next: null };
  const point = fallingFrom(before, "at");
  const wanted = `${targetId === null ? "true" : "target_id = ?"} and ${actorId === null ? "true" : "actor_id = ?"}`;
  const values = [...some(targetId), ...some(actorId), ...point.values, limit + 1];
  return paged(db.hotel(hotelId).audit.where(`${wanted} and ${point.sql}`, ...values), limit, ({ at, id }) => ({
    at,
    id,
  }));
}

/** Items that nobody acts upon, newest first. A hotel's delivery report is joined into its message; nobody's is joined into nothing. */
export function kept(db: Database, { reach, before, limit }: ListQuery): Page<KeptItem> {
  const whole = withinHotels(reach);
  const point = fallingFrom(before, "receivedAt");
  const sql = `${whole.sql} and outcome <> 'work' and (doc ->> '$.kind' <> 'status' or hotelId = ?) and ${point.sql}`;
  const found = db.all.attempts.select(sql, ...whole.values, UNROUTED_HOTEL_ID, ...point.values, limit + 1);
  const items = found.flatMap(({ id, hotelId, kind, outcome, receivedAt }): readonly KeptItem[] =>
    outcome === "work" ? [] : [{ id, hotelId, kind, outcome, receivedAt }],
  );
  return paged(items, limit, ({ receivedAt, id }) => ({ at: receivedAt, id }));
}

/** Work that was given up, newest first. */
export function dead(db: Database, { reach, before, limit }: ListQuery): Page<DeadWork> {
  const whole = withinHotels(reach);
  const point = fallingFrom(before, "dead_deadAt");
  const found = db.all.deadWork.select(`${whole.sql} and ${point.sql}`, ...whole.values, ...point.values, limit + 1);
  return paged(
    found.map((one) => one.dead),
    limit,
    ({ deadAt, id }) => ({ at: deadAt, id }),
  );
}

/** Puts dead work at the end of its lane again, as if never tried. */
export function replay(
  db: Database,
  {
    reach,
    workId,
    audit: entry,
  }: { readonly reach: Reach; readonly workId: string; readonly audit: Omit<AuditEntry, "hotelId" | "at"> },
): boolean {
  const found = db.all.deadWork.find(workId);
  if (found === null || !reaches(reach, found.hotelId, null)) return false;
  const now = db.now();
  const hotel = db.hotel(found.hotelId);
  hotel.deadWork.remove(workId);
  enqueue(hotel, found.value.lane, found.value.item, now);
  writeAudit(hotel, { ...entry, hotelId: hotel.id, at: now });
  return true;
}

/** How many messages a search looks through at a time, and at most for one page: nobody waits for all that a hotel ever wrote. */
const LOOKED_AT = { once: 500, most: 20_000 } as const;

/**
 * Messages that have all these words in what they show, newest first. It looks through messages one by one, which does for a hotel of
 * one's own; a table of words (FTS5) is what a larger one wants.
 */
export function search(db: Database, query: SearchQuery): Page<SearchHit, SearchPoint> {
  const { hotelId, limit } = query;
  const hotel = db.hotel(hotelId);
  const hits: SearchHit[] = [];
  let place: SearchPoint = query.before ?? { eventSeq: Infinity, id: "" };
  for (let looked = 0; looked < LOOKED_AT.most && hits.length <= limit; looked += LOOKED_AT.once) {
    const sql = "(eventSeq, id) < (?, ?) order by eventSeq desc, id desc limit ?";
    const batch = hotel.messages.where(sql, place.eventSeq, place.id, LOOKED_AT.once);
    const last = batch.at(-1);
    if (last === undefined) return paged(hits, limit, placeOf);
    hits.push(...batch.flatMap((one) => hit(hotel, query, one)));
    place = { eventSeq: last.eventSeq, id: last.id };
  }
  return hits.length > limit ? paged(hits, limit, placeOf) : { items: hits, next: place };
}

const placeOf = ({ message: { eventSeq, id } }: SearchHit): SearchPoint => ({ eventSeq, id });

function hit(hotel: Hotel, { words, reach, departmentId }: SearchQuery, one: Message): readonly SearchHit[] {
  const found = amended(hotel, one);
  // What goes in its place is shown beside it, sent or not: its own words count.
  if (!isFound(contentWords(shown({ ...found, fallback: null }, found.amendments).content), words)) return [];
  const last = andWhatFollows(hotel, one.conversationId)
    .filter((each) => reaches(reach, hotel.id, each.departmentId))
    .filter((each) => departmentId === null || each.departmentId === departmentId)
    .at(-1);
  if (last === undefined) return [];
  const guestId = whoStays(hotel, last.guestId);
  const guestName = hotel.guests.get(guestId)?.name ?? null;
  return [{ message: found, conversationId: last.id, departmentId: last.departmentId, guestId, guestName }];
}

/** Guests whose name and username have all these words, by id, the greatest first. */
export function searchGuests(
  db: Database,
  { reach, hotelId, words, before, limit }: GuestSearchQuery,
): Page<Guest, string> {
  const hotel = db.hotel(hotelId);
  const named = hotel.guests
    .all()
    .filter(({ name, username }) => isFound([...nameWords(name ?? ""), ...nameWords(username ?? "")], words));
  const ids = [...new Set(named.map(({ id }) => whoStays(hotel, id)))]
    .filter((id) => (before === null || compareIds(id, before) < 0) && guestIsWithin(reach, hotel, id))
    .sort((a, b) => compareIds(b, a));
  const page = paged(ids, limit, (id) => id);
  return { ...page, items: page.items.flatMap((id) => some(guestOf(hotel, id))) };
}

/** A run of a conversation with all that moved it: the one under way, else the newest, unless another is asked for. */
export function flowRecord(
  db: Database,
  { reach, conversationId, runId }: FlowRecordQuery,
): { readonly record: FlowRecord | null } | null {
  const found = reached(db, reach, conversationId);
  if (found === null) return null;
  const { hotel } = found;
  const own = hotel.runs.where("conversationId = ?", conversationId);
  const run =
    runId === null
      ? (own.find(({ endedAt }) => endedAt === null) ?? lastRun(hotel, conversationId)[0])
      : own.find(({ id }) => id === runId);
  if (run === undefined) return { record: null };
  const heardOf = (messageId: string | null) => {
    const heard = messageId === null ? null : hotel.messages.get(messageId);
    const isRevoked = amendmentsOf(hotel, heard?.wamid ?? null).some(
      ({ by, act }) => by === "guest" && act.kind === "revoked",
    );
    return isRevoked ? null : (heard?.content ?? null);
  };
  const moves = hotel.moves.where("runId = ? order by number", run.id);
  return { record: { run, moves: moves.map((move) => ({ ...move, heard: heardOf(move.messageId) })) } };
}
