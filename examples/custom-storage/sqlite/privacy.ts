import {
  addressHash,
  addressKey,
  erasedKeys,
  wamidHash,
  type Address,
  type AuditEntry,
  type BegunErasure,
  type Conversation,
  type Erasure,
  type ErasureStep,
  type HotelGuest,
  type Message,
  type NewEvent,
  type Page,
  type PersonalData,
  type PersonalDataQuery,
  type Prunable,
  type PrivacyCounts,
  type Pruned,
  type PruneQuery,
  type StoredRecord,
} from "belldesk";
import { randomUUID } from "node:crypto";
import { letGo, removeAttachments } from "./attachments.ts";
import { blankAudit, countOldLinks, pruneAudit } from "./audit.ts";
import { byId, compareIds, some, tell, writeAudit, type Database, type Hotel, type StoredErasure } from "./database.ts";
import { IN, list } from "./documents.ts";
import { amended, messagesIn } from "./messages.ts";
import { addressesOf, standing, whoStays, withMerged } from "./people.ts";
import { staysNaming } from "./stays.ts";

/** For so long WhatsApp may deliver something again, with as much again to spare. */
const DELIVERED_MS = 14 * 24 * 60 * 60 * 1_000;

/** All who are the same person, the one who stays first; null when there is no such guest. */
function peopleOf(hotel: Hotel, guestId: string): readonly string[] | null {
  if (!hotel.guests.has(guestId)) return null;
  const root = whoStays(hotel, guestId);
  const others = withMerged(hotel, root).filter((id) => id !== root);
  return [root, ...others.toSorted(compareIds)];
}

const conversationsWith = (hotel: Hotel, people: readonly string[]): readonly Conversation[] =>
  hotel.conversations.where(`guestId ${IN} order by id`, list(people));

/** Addresses that are or were theirs, each once. */
function everyAddress(hotel: Hotel, people: readonly string[]): readonly Address[] {
  const former = hotel.formerAddresses.where(`guestId ${IN}`, list(people));
  const all = [...people.flatMap((id) => addressesOf(hotel, id)), ...former].map(({ kind, value }) => ({
    kind,
    value,
  }));
  return [...new Map(all.map((one) => [addressKey(one), one])).values()];
}

const ofConversations = "conversationId in (select value from json_each(?))";

/** How much an erasure would take away. */
export function countErasure(db: Database, { hotelId, guestId }: HotelGuest): PrivacyCounts | null {
  const hotel = db.hotel(hotelId);
  const people = peopleOf(hotel, guestId);
  if (people === null) return null;
  const conversations = conversationsWith(hotel, people);
  const ids = list(conversations.map(({ id }) => id));
  const addresses = everyAddress(hotel, people);
  const attachments = hotel.attachments.where(`guestId ${IN}`, list(people));
  const named = Map.groupBy(
    attachments.flatMap(({ file }) => some(file?.id)),
    (id) => id,
  );
  return {
    guests: people.length,
    guest_addresses: addresses.length,
    conversations: conversations.length,
    messages: hotel.messages.count(ofConversations, ids),
    attachments: attachments.length,
    consents: hotel.consents.count(`guestId ${IN}`, list(people)),
    stays: staysNaming(hotel, people, addresses).length,
    tasks: hotel.tasks.count(ofConversations, ids),
    flow_runs: hotel.runs.count(ofConversations, ids),
    files: [...named].filter(([id, uses]) => hotel.files.get(id)?.uses === uses.length).length,
  };
}

/** Forgets who a guest is, and what was to be done for them. */
export function beginErasure(
  db: Database,
  {
    hotelId,
    guestId,
    id,
    audit,
  }: HotelGuest & { readonly id: string; readonly audit: Omit<AuditEntry, "hotelId" | "at"> },
): BegunErasure | null {
  const hotel = db.hotel(hotelId);
  const people = peopleOf(hotel, guestId);
  if (people === null) return null;
  const now = db.now();
  writeAudit(hotel, { ...audit, hotelId, at: now });
  const addresses = everyAddress(hotel, people);
  const conversations = conversationsWith(hotel, people);
  const reservations = staysNaming(hotel, people, addresses).map(({ reservationId }) => reservationId);
  const salt = randomUUID();
  const erasure: Erasure = {
    id,
    hotelId,
    at: now,
    doneAt: null,
    guestIds: people,
    salt,
    addresses: addresses.map((address) => addressHash(salt, address)).toSorted(compareIds),
    stopped: standing(hotel, people)[0]?.wish === "stop",
    hashes: [],
    wamids: [],
  };
  const open = {
    addresses,
    conversations: conversations.map((one) => ({ id: one.id, phoneNumberId: one.phoneNumberId })),
    reservations,
  };
  hotel.erasures.put(id, { erasure, open });
  endWork(hotel, people, addresses, conversations, reservations, now);

  const theirs = list(people);
  const conversationIds = list(conversations.map((one) => one.id));
  hotel.chats.removeWhere(`guestId ${IN}`, theirs);
  hotel.consents.removeWhere(`guestId ${IN}`, theirs);
  hotel.stays.removeWhere(`id ${IN}`, list(reservations));
  hotel.conversations.removeWhere(`id ${IN}`, conversationIds);
  for (const one of hotel.conversations.where(`continuedIn ${IN}`, conversationIds))
    hotel.conversations.put(one.id, { ...one, continuedIn: null });
  hotel.guests.removeWhere(`id ${IN}`, theirs);
  hotel.addresses.removeWhere(`guestId ${IN}`, theirs);
  hotel.formerAddresses.removeWhere(`guestId ${IN}`, theirs);
  for (const one of people) hotel.erasedGuests.add(one, { erasedAt: now });
  // What others had before is their number no more, and was the guest's.
  for (const one of addresses)
    if (!hotel.addresses.has(addressKey(one)))
      hotel.formerAddresses.removeWhere("value = ? and doc ->> '$.kind' = ?", one.value, one.kind);

  const told: readonly NewEvent[] = [
    ...conversations.map((one) => ({
      conversationId: one.id,
      departmentId: one.departmentId,
      body: { type: "conversation.erased" } as const,
    })),
    { conversationId: null, departmentId: null, body: { type: "guest.erased", guestId: people[0] ?? guestId } },
  ];
  const counts = { guests: people.length, conversations: conversations.length };
  return { erasure, counts, events: tell(hotel, told, now) };
}

/** Takes away whatever was to be done for them. Whoever has it in hand finds that it is not his any more. */
function endWork(
  hotel: Hotel,
  people: readonly string[],
  addresses: readonly Address[],
  conversations: readonly Conversation[],
  reservations: readonly string[],
  now: Date,
): void {
  const { db, id: hotelId } = hotel;
  const ids = list(conversations.map((one) => one.id));
  const tasks = hotel.tasks.where(ofConversations, ids).map((task) => task.id);
  const stays = reservations.map((one) => `stay_${one}`);
  const subjects = list([...people, ...conversations.map((one) => one.id), ...tasks, ...stays]);
  for (const table of ["work", "lanes"])
    db.sql.run(`delete from ${table} where hotelId = ? and guestId ${IN}`, hotelId, subjects);
  hotel.deadWork.removeWhere(`lane_guestId ${IN}`, subjects);

  const words = [...people, ...addresses.map(({ value }) => value)];
  const named = (json: string) => words.some((word) => bare(json).includes(`"${bare(word)}"`));
  const commands = db.sql.all(
    "select id, payload, phoneNumberId, guestId from work where hotelId = ? and kind = 'command'",
    hotelId,
  );
  for (const row of commands) {
    if (!named(row["payload"] as string)) continue;
    db.sql.run("delete from work where hotelId = ? and id = ?", hotelId, row["id"] as string);
    db.sql.run(
      `update lanes set epoch = epoch + 1, leasedUntil = null, dueAt = case when items > 0 then ? end
       where hotelId = ? and kind = 'command' and phoneNumberId = ? and guestId = ?`,
      now.getTime(),
      hotelId,
      row["phoneNumberId"] as string,
      row["guestId"] as string,
    );
  }
  for (const { lane, item, dead } of hotel.deadWork.all())
    if (lane.kind === "command" && named(item.payload)) hotel.deadWork.remove(dead.id);
  for (const sender of hotel.senders.all())
    if (sender.probe !== null && people.includes(sender.probe.guestId))
      hotel.senders.put(sender.phoneNumberId, { ...sender, probe: null });
}

/** Erases more of what is left. */
export function continueErasure(
  db: Database,
  { hotelId, id, limit }: { readonly hotelId: string; readonly id: string; readonly limit: number },
): ErasureStep {
  const hotel = db.hotel(hotelId);
  const now = db.now();
  const stored = hotel.erasures.get(id);
  if (stored === null || stored.open === null) return { state: "done", counts: {}, files: [], events: [] };
  const { open } = stored;
  const ids = list(open.conversations.map((one) => one.id));
  const found = hotel.messages.where(`${ofConversations} order by rowid limit ?`, ids, limit + 1);
  const page = found.slice(0, limit);
  const erasure = rememberGone(hotel, stored, page, now);
  const targets = new Set(page.flatMap((message) => [message.id, `snd_${message.id}`, message.attemptId ?? ""]));
  for (const message of page) forgetMessage(hotel, message);
  if (found.length > limit) {
    blankAudit(hotel, targets);
    return { state: "more", counts: { messages: page.length }, files: [], events: [] };
  }
  const people = erasure.guestIds;
  for (const run of hotel.runs.where(ofConversations, ids)) forgetRun(hotel, run.id);
  for (const task of hotel.tasks.where(ofConversations, ids)) targets.add(task.id);
  hotel.tasks.removeWhere(ofConversations, ids);
  hotel.prompts.removeWhere(ofConversations, ids);
  hotel.participants.removeWhere(ofConversations, ids);
  const attachments = hotel.attachments.where(`guestId ${IN}`, list(people));
  const files = attachments.flatMap((one) => letGo(hotel, one));
  for (const one of attachments) targets.add(one.id);
  removeAttachments(hotel, attachments, people);
  forgetWords(hotel, [...people, ...open.addresses.map(({ value }) => value)], people);
  for (const event of hotel.events.all())
    if ("reservationId" in event.body && open.reservations.includes(event.body.reservationId))
      hotel.events.put(String(event.seq), { ...event, body: { ...event.body, reservationId: "erased" } });
  blankAudit(hotel, new Set([...targets, ...people, ...open.conversations.map((one) => one.id), ...open.reservations]));
  hotel.erasures.put(id, { erasure: { ...erasure, doneAt: now }, open: null });
  const counts = { messages: page.length, attachments: attachments.length, files: files.length };
  return { state: "done", counts, files, events: [] };
}

/** Remembers of erased messages no more than it takes to know them when WhatsApp delivers them again. */
function rememberGone(hotel: Hotel, { erasure, open }: StoredErasure, page: readonly Message[], now: Date): Erasure {
  const phoneNumberIds = [...new Set(open?.conversations.map(({ phoneNumberId }) => phoneNumberId))];
  const keys = page.flatMap(({ wamid, direction, sentAt }) =>
    wamid === null || now.getTime() - sentAt.getTime() > DELIVERED_MS
      ? []
      : erasedKeys({ wamid, direction, phoneNumberIds, addresses: open?.addresses ?? [] }),
  );
  // A reaction or an edit that came by itself, which WhatsApp may deliver again as well.
  const addresses = open?.addresses ?? [];
  for (const { id: wamid, by, at } of hotel.amendments.where(`guestId ${IN}`, list(erasure.guestIds)))
    if (now.getTime() - at.getTime() <= DELIVERED_MS) {
      const direction = by === "guest" ? "inbound" : "outbound";
      keys.push(...erasedKeys({ wamid, direction, phoneNumberIds, addresses }));
    }
  for (const key of keys) hotel.dedupKeys.put(key, { seenAt: now });
  const wamids = page.flatMap(({ wamid }) => some(wamid).map(wamidHash));
  const known = {
    ...erasure,
    hashes: [...new Set([...erasure.hashes, ...keys])].toSorted(compareIds),
    wamids: [...new Set([...erasure.wamids, ...wamids])].toSorted(compareIds),
  };
  hotel.erasures.put(erasure.id, { erasure: known, open });
  return known;
}

/** Forgets what came over the wire and names one of these. */
function forgetWords(hotel: Hotel, words: readonly string[], people: readonly string[]): void {
  hotel.attempts.removeWhere(`guestId ${IN}`, list(people));
  for (const { id, raw, kind } of hotel.attempts.where("guestId is null"))
    if (isAbout(raw, kind, words)) hotel.attempts.remove(id);
  hotel.amendments.removeWhere(`guestId ${IN}`, list(people));
  for (const { wamid } of hotel.parkedReports.all())
    if (words.some((word) => unpacked(wamid.replace(/^wamid\./, "")).includes(word)))
      hotel.parkedReports.removeWhere("wamid = ?", wamid);
}

function forgetMessage(hotel: Hotel, { id }: Message): void {
  hotel.messages.remove(id);
  hotel.intents.remove(id);
  hotel.translations.remove(id);
  hotel.messageFiles.remove(id);
  hotel.mentions.removeWhere("messageId = ?", id);
}

function forgetRun(hotel: Hotel, id: string): void {
  hotel.runs.remove(id);
  hotel.moves.removeWhere("runId = ?", id);
}

/** Phones are written in many ways. */
const bare = (text: string): string => text.replace(/[ ()+\-./]/g, "");
const unpacked = (base64: string): string => Buffer.from(base64, "base64").toString("latin1");

/** Whether an item that was taken for nobody's names one of these. */
function isAbout(raw: string, kind: string, words: readonly string[]): boolean {
  if (words.some((word) => bare(raw).includes(`"${bare(word)}"`))) return true;
  const packed = /"base64":"([^"]*)"/.exec(raw)?.[1];
  return kind === "malformed" && packed !== undefined && words.some((word) => unpacked(packed).includes(word));
}

/** Erasures that are under way. */
export const unfinishedErasures = (
  db: Database,
  { limit }: { readonly limit: number },
): readonly { readonly hotelId: string; readonly id: string }[] =>
  db.all.erasures
    .select("json_type(doc, '$.open') <> 'null' order by erasure_at, id limit ?", limit)
    .map(({ erasure: { hotelId, id } }) => ({ hotelId, id }));

/** A hotel's erasures. */
export function erasures(
  db: Database,
  {
    hotelId,
    after,
    limit,
  }: {
    readonly hotelId: string;
    readonly after: { readonly at: Date; readonly id: string } | null;
    readonly limit: number;
  },
): Page<Erasure, { readonly at: Date; readonly id: string }> {
  const point = after === null ? [] : [after.at, after.id];
  const sql = `${after === null ? "true" : "(erasure_at, id) > (?, ?)"} order by erasure_at, id limit ?`;
  const found = db.hotel(hotelId).erasures.where(sql, ...point, limit + 1);
  const all = found.map(({ erasure }) => erasure);
  const items = all.slice(0, limit);
  const last = items.at(-1);
  return { items, next: all.length > limit && last !== undefined ? { at: last.at, id: last.id } : null };
}

/** Remembers an erasure that is not known here. @returns guests who are back */
export function reapplyErasure(db: Database, erasure: Erasure, dryRun = false): readonly string[] {
  const hotel = db.hotel(erasure.hotelId);
  if (!dryRun) {
    hotel.erasures.add(erasure.id, { erasure: { ...erasure, doneAt: erasure.at }, open: null });
    for (const key of erasure.hashes) hotel.dedupKeys.put(key, { seenAt: db.now() });
  }
  const back = hotel.guests
    .all()
    .filter(
      ({ id }) =>
        erasure.guestIds.includes(id) ||
        addressesOf(hotel, id).some(
          (one) => one.firstSeenAt <= erasure.at && erasure.addresses.includes(addressHash(erasure.salt, one)),
        ),
    );
  return [...new Set(back.map(({ id }) => whoStays(hotel, id)))].toSorted(compareIds);
}

/** What is kept of a guest: one part of it, page by page. */
export function personalData(
  db: Database,
  { hotelId, guestId, part, after, limit }: PersonalDataQuery,
): PersonalData | null {
  const hotel = db.hotel(hotelId);
  const people = peopleOf(hotel, guestId);
  if (people === null) return null;
  const from = after === null ? 0 : Number(after);
  const all = PARTS[part](hotel, people);
  const next = from + limit < all.length ? String(from + limit) : null;
  return { now: db.now(), guestIds: people, records: all.slice(from, from + limit), next };
}

type Part = (hotel: Hotel, people: readonly string[]) => readonly StoredRecord[];

const conversationIds = (hotel: Hotel, people: readonly string[]): string =>
  list(conversationsWith(hotel, people).map(({ id }) => id));

const PARTS: Readonly<Record<StoredRecord["type"], Part>> = {
  guest: (hotel, people) =>
    people.flatMap((id) => some(hotel.guests.get(id)).map((guest) => ({ type: "guest", guest }))),
  address: (hotel, people) =>
    people.flatMap((guestId) =>
      addressesOf(hotel, guestId).map((address) => ({ type: "address", guestId, address }) as const),
    ),
  formerAddress: (hotel, people) =>
    people.flatMap((guestId) =>
      hotel.formerAddresses.where("guestId = ?", guestId).map(({ kind, value, firstSeenAt, endedAt }) => {
        return { type: "formerAddress", guestId, address: { kind, value, firstSeenAt, endedAt } } as const;
      }),
    ),
  consent: (hotel, people) =>
    hotel.consents.where(`guestId ${IN} order by id`, list(people)).map((consent) => ({ type: "consent", consent })),
  stay: (hotel, people) =>
    staysNaming(
      hotel,
      people,
      people.flatMap((id) => addressesOf(hotel, id)),
    ).map((stay) => ({ type: "stay", stay })),
  conversation: (hotel, people) =>
    conversationsWith(hotel, people).map((conversation) => ({ type: "conversation", conversation })),
  message: (hotel, people) =>
    conversationsWith(hotel, people).flatMap(({ id }) =>
      messagesIn(hotel, id)
        .toSorted((a, b) => a.eventSeq - b.eventSeq)
        .map((message) => ({ type: "message", message: amended(hotel, message) }) as const),
    ),
  attachment: (hotel, people) =>
    hotel.attachments
      .where(`guestId ${IN} order by id`, list(people))
      .map((attachment) => ({ type: "attachment", attachment })),
  prompt: (hotel, people) =>
    hotel.prompts
      .where(ofConversations, conversationIds(hotel, people))
      .sort(byId)
      .map((prompt) => ({ type: "prompt", prompt })),
  flowRun: (hotel, people) =>
    hotel.runs
      .where(ofConversations, conversationIds(hotel, people))
      .sort(byId)
      .map((run) => ({ type: "flowRun", run })),
  flowMove: (hotel, people) =>
    hotel.runs
      .where(ofConversations, conversationIds(hotel, people))
      .sort(byId)
      .flatMap((run) => hotel.moves.where("runId = ? order by number", run.id))
      .map((move) => ({ type: "flowMove", move })),
  task: (hotel, people) =>
    hotel.tasks
      .where(ofConversations, conversationIds(hotel, people))
      .sort(byId)
      .map((task) => ({ type: "task", task })),
};

/** Deletes what is older than so much. */
export function prune(db: Database, { hotelId, what, olderThanMs, limit, dryRun }: PruneQuery): Pruned {
  const hotel = db.hotel(hotelId);
  const before = new Date(db.now().getTime() - olderThanMs);
  if (what === "auditEntries") {
    const all = countOldLinks(hotel, before);
    const pruned = dryRun ? all : pruneAudit(hotel, before, limit);
    return { more: !dryRun && all > pruned, counts: { [what]: pruned }, files: [] };
  }
  const old = OLD[what](hotel, before);
  const gone = dryRun ? [] : old.slice(0, limit);
  const files = gone.flatMap((forget) => forget() ?? []);
  return { more: !dryRun && old.length > limit, counts: { [what]: dryRun ? old.length : gone.length }, files };
}

/** How one thing is forgotten. */
type Forget = () => Pruned["files"] | undefined;

/** What is old. */
const OLD: Readonly<Record<Exclude<Prunable, "auditEntries">, (hotel: Hotel, before: Date) => readonly Forget[]>> = {
  webhookAttempts: (hotel, before) =>
    hotel.attempts
      .where(
        `receivedAt < ? and not exists (select 1 from work as w where w.hotelId = c.hotelId and w.id = c.id)
         and not exists (select 1 from deadWork as d where d.hotelId = c.hotelId and d.id = c.id)`,
        before,
      )
      .map(
        ({ id }) =>
          () =>
            void hotel.attempts.remove(id),
      ),
  dedupKeys: ({ db, id: hotelId, dedupKeys }, before) =>
    db.sql
      .all("select id from dedupKeys where hotelId = ? and seenAt < ?", hotelId, before)
      .map((row) => () => void dedupKeys.remove(row["id"] as string)),
  events: ({ db, id: hotelId, events }, before) => {
    // What a consumer has still to read stays; and the newest, from which whoever stands there goes on.
    const unread = `select min(coalesce((select seq from consumerPlaces as p where p.name = c.name and p.hotelId = ?), 0)) as seq from consumers as c`;
    const most = db.sql.one(unread, hotelId)?.["seq"] ?? Infinity;
    return events
      .where(
        "at < ? and seq <= ? and seq < (select lastSeq from hotels as h where h.hotelId = c.hotelId)",
        before,
        Number(most),
      )
      .map(
        ({ seq }) =>
          () =>
            void events.remove(String(seq)),
      );
  },
  conversations: (hotel, before) =>
    hotel.conversations
      .where(
        `status = 'closed' and max(closedAt, lastMessageAt) < ?
         and not exists (select 1 from conversations as next where next.hotelId = c.hotelId and next.id = c.continuedIn)
         and not exists (select 1 from lanes as l where l.hotelId = c.hotelId and l.items > 0
           and (l.guestId = c.id or (l.guestId = c.guestId and l.phoneNumberId = c.doc ->> '$.phoneNumberId')))
         order by id`,
        before,
      )
      .map((one) => () => forgetConversation(hotel, one)),
  deadWork: ({ deadWork }, before) =>
    deadWork.where("dead_deadAt < ?", before).map(
      ({ dead }) =>
        () =>
          void deadWork.remove(dead.id),
    ),
  timings: ({ timings }, before) =>
    timings.where("at < ?", before).map(
      ({ conversationId, episode, kind }) =>
        () =>
          void timings.remove(JSON.stringify([conversationId, episode, kind])),
    ),
  stays: (hotel, before) =>
    hotel.stays
      .all()
      .filter(({ status, departure, createdAt, reservationId }) => {
        const ended = departure === null ? createdAt.getTime() : Date.parse(`${departure.slice(0, 10)}T23:59:59Z`);
        const waits = "select 1 from lanes where hotelId = ? and guestId = ? and items > 0";
        const isWaiting = hotel.db.sql.one(waits, hotel.id, `stay_${reservationId}`) !== undefined;
        return (status === "out" || status === "cancelled") && ended < before.getTime() && !isWaiting;
      })
      .map(
        ({ reservationId }) =>
          () =>
            void hotel.stays.remove(reservationId),
      ),
  erasures: (hotel, before) =>
    hotel.erasures
      .all()
      .filter(({ erasure }) => erasure.doneAt !== null && erasure.doneAt < before)
      .map(({ erasure }) => () => {
        hotel.erasures.remove(erasure.id);
        for (const guestId of erasure.guestIds) hotel.erasedGuests.remove(guestId);
        return undefined;
      }),
};

function forgetConversation(hotel: Hotel, { id }: Conversation): Pruned["files"] {
  const gone = messagesIn(hotel, id);
  const attached = new Set(gone.flatMap((message) => some(hotel.messageFiles.get(message.id)?.attachmentId)));
  for (const message of gone) {
    forgetMessage(hotel, message);
    if (message.wamid !== null) hotel.amendments.removeWhere("wamid = ?", message.wamid);
  }
  for (const shelf of [hotel.prompts, hotel.participants, hotel.tasks]) shelf.removeWhere("conversationId = ?", id);
  for (const run of hotel.runs.where("conversationId = ?", id)) forgetRun(hotel, run.id);
  hotel.conversations.remove(id);
  for (const chat of hotel.chats.where("currentConversationId = ?", id))
    hotel.chats.put(`${chat.phoneNumberId} ${chat.guestId}`, {
      ...chat,
      currentConversationId: null,
      version: chat.version + 1,
    });
  return [...attached].flatMap((attachmentId) => {
    const one = hotel.attachments.get(attachmentId);
    if (one === null || hotel.messageFiles.count("attachmentId = ?", attachmentId) > 0) return [];
    hotel.attachments.remove(attachmentId);
    return letGo(hotel, one);
  });
}
