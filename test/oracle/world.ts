import { linksOf } from "../../src/runtime/audit-chain.js";
import { createHash } from "node:crypto";
import { newStay } from "../../src/domain/stay.js";
import { UNROUTED_HOTEL_ID, newChat, type Conversation, type Storage } from "../../src/index.js";
import {
  aCommand,
  aConversation,
  aGuestUpdate,
  anInboundMessage,
  aNote,
  anItem,
  anOutboundMessage,
  aTiming,
  DAY_MS,
  phone,
} from "../../src/testing/contract/builders.js";
import { claim, commit, completing, nowOf, remember, stored } from "../../src/testing/contract/steps.js";
import type { Facts, Talk } from "./oracle.js";

export const HOTELS = ["grand", "seaside", "alpine"] as const;
export const DEPARTMENTS = ["reception", "spa", "bar"] as const;
export const numberOf = (hotel: string): string =>
  `20000000000000${String(HOTELS.findIndex((id) => id === hotel) + 1)}`;
export const phonesOf = (hotel: string): readonly string[] =>
  [1, 2, 3, 4].map((guest) => `120255501${String(HOTELS.findIndex((id) => id === hotel) + 1)}${String(guest)}`);

export const guestIdOf = (hotel: string, waId: string): string => `gst_${hotel}_${waId}`;

export const STAY_DAY = "2026-03-04";

/** Staff who are somebody, again and again. */
export const STAFF = ["anna", "ben"] as const;

/** A conversation, and how staff sort it. */
export interface SortedTalk extends Talk {
  readonly status: string;
  readonly assignee: string | null;
  readonly priority: string;
  readonly tags: readonly string[];
  readonly snoozed: boolean;
  readonly unread: boolean;
  readonly waiting: boolean;
}

/** All that there is, as the storage tells somebody who may see everything: facts, and no rights. */
export interface World extends Facts {
  readonly talks: ReadonlyMap<string, SortedTalk>;
  /** By the storage's clock. */
  readonly now: Date;
  /** What messages say, by their ids. */
  readonly texts: ReadonlyMap<string, string>;
  /** Notes that name somebody: `${message} ${staff}`. */
  readonly mentions: ReadonlySet<string>;
  /** Guests' names, by the id that they had when they gave them. */
  readonly names: ReadonlyMap<string, string>;
  readonly saved: ReadonlyMap<
    string,
    { readonly hotel: string; readonly department: string | null; readonly version: number }
  >;
  /** Who comes on `STAY_DAY`: stays by hotel and reservation, and of which guest each is. */
  readonly stays: ReadonlyMap<string, { readonly hotel: string; readonly guest: string | null }>;
  readonly audit: ReadonlyMap<string, { readonly hotel: string; readonly actor: string; readonly target: string }>;
  readonly phones: ReadonlyMap<string, string>;
  readonly quotable: ReadonlySet<string>;
  readonly dead: ReadonlyMap<string, string>;
  readonly kept: ReadonlyMap<string, { readonly hotel: string; readonly rereads: boolean }>;
  readonly events: ReadonlyMap<string, string>;
  readonly senders: ReadonlyMap<string, string>;
  readonly templates: ReadonlyMap<string, string>;
  /** How much took how long, and how many wait, in a department, a day around now. */
  readonly times: readonly { readonly hotel: string; readonly department: string | null; readonly count: number }[];
}

const template = (name: string) => ({
  name,
  language: "en",
  status: "APPROVED",
  category: "UTILITY",
  components: [{ type: "BODY", text: "Your room is ready." }],
});
export const templatesJson = (names: readonly string[]) => names.map(template);

type Random = () => number;
const oneOf = <T>(random: Random, all: readonly [T, ...T[]]): T => all[Math.floor(random() * all.length)] ?? all[0];

/** Fills an empty storage: hotels with departments, guests (some of them one person), talks, dead and kept work. */
export async function fill(storage: Storage, random: Random): Promise<void> {
  for (const hotel of HOTELS) {
    const guests: string[] = [];
    await storage.setPaces([{ hotelId: hotel, phoneNumberId: numberOf(hotel), perSecond: null }]);
    for (const waId of phonesOf(hotel)) {
      const id = `itm_${hotel}_${waId}`;
      const chat = { phoneNumberId: numberOf(hotel), addresses: [phone(waId)], newGuestId: guestIdOf(hotel, waId) };
      await remember(storage, anItem(id, await nowOf(storage), { hotelId: hotel, chat }));
      const { lanes } = await claim(storage);
      for (const lane of lanes) await commit(storage, completing(lane));
      guests.push(chat.newGuestId);
      const name = `${oneOf(random, ["Ada", "Bob"])} ${hotel}`;
      await commit(storage, aCommand({ hotelId: hotel, guest: aGuestUpdate(chat.newGuestId, { name }) }));
    }
    for (const [index, guestId] of guests.entries()) await talksOf(storage, random, hotel, guestId, index);
    const into = guests[1] ?? "";
    const stays = [null, ...guests].map((guestId, index) => ({
      ...newStay(hotel, `R-${String(index)}`, new Date()),
      ...{ arrival: STAY_DAY, departure: STAY_DAY, guest: guestId === null ? null : { guestId } },
    }));
    await commit(storage, aCommand({ hotelId: hotel, stays }));
    for (const departmentId of [null, ...DEPARTMENTS]) {
      const id = `srp_${hotel}_${String(departmentId)}`;
      const reply = { id, hotelId: hotel, departmentId, shortcut: "hello", texts: { en: "Hello." }, version: 0 };
      const audit = {
        id: `aud_${id}`,
        actor: { kind: "system", id: "host" },
        action: "savedReply.write",
        reason: "create",
        target: { kind: "savedReply", id },
      } as const;
      await storage.putSavedReply({ reach: "everything", reply, audit });
    }
    const merge = { guestId: guests[0] ?? "", into };
    const told = { conversationId: null, departmentId: null, body: { type: "guest.merged", ...merge } } as const;
    await commit(storage, aCommand({ hotelId: hotel, merge, events: [told] }));
    await aside(storage, hotel);
  }
  const lost = anItem("itm_lost", await nowOf(storage), { hotelId: UNROUTED_HOTEL_ID, chat: null, kind: "account" });
  await remember(storage, lost);
}

/** A guest's talks: an open one of some departments, closed ones before them that some of those go on with. */
async function talksOf(storage: Storage, random: Random, hotel: string, guest: string, index: number): Promise<void> {
  const now = await nowOf(storage);
  const whose = { id: guest, hotelId: hotel, phoneNumberId: numberOf(hotel) };
  if (index % 2 === 0) {
    const windowClosesAt = new Date(now.getTime() + DAY_MS);
    const chat = { ...newChat(hotel, whose.phoneNumberId, guest), lastInboundAt: now, windowClosesAt };
    await commit(storage, aCommand({ hotelId: hotel, chat }));
  }
  let before: Conversation | null = null;
  for (const departmentId of [null, ...DEPARTMENTS]) {
    if (random() < 0.4) continue;
    const closes = random() < 0.4;
    const waitingSince = oneOf(random, [null, now]);
    const conversation: Conversation = aConversation(`con_${guest}_${String(departmentId)}`, whose, {
      departmentId,
      lastSeq: 4,
      readSeq: oneOf(random, [0, 4]),
      assigneeId: oneOf(random, [null, ...STAFF]),
      priority: oneOf(random, ["normal", "urgent"]),
      tags: oneOf(random, [[], ["vip"]]),
      lastMessageAt: new Date(now.getTime() - Math.floor(random() * 1e6)),
      ...(closes
        ? { status: "closed", closedAt: now }
        : {
            waitingSince,
            episode: { number: 1, startedAt: now, askedAt: waitingSince, answeredAt: null, answeredBy: null },
            snoozedUntil: oneOf(random, [null, null, new Date(now.getTime() + DAY_MS)]),
          }),
    });
    const timing = aTiming(conversation.id, { hotelId: hotel, departmentId, since: now, at: now });
    const status = oneOf(random, ["failed", "unknown", "sent"] as const);
    const failure = status === "sent" ? null : { code: "graph_131000", message: "It could not be sent." };
    const id = (n: number) => `msg_${guest}_${String(departmentId)}_${String(n)}`;
    const staffId = oneOf(random, STAFF);
    const mention = { hotelId: hotel, staffId, messageId: id(4), conversationId: conversation.id, at: now };
    const messages = [
      anInboundMessage(id(1), conversation, 1),
      anOutboundMessage(id(2), conversation, 2, { status: "queued" }),
      anOutboundMessage(id(3), conversation, 3, { status, failure }),
      aNote(id(4), conversation, 4, { content: { type: "note", text: "A note for you.", mentions: [staffId] } }),
    ];
    const attachments = messages.slice(0, 1).map((message) => ({
      id: fileOf(message.id),
      messageId: message.id,
      conversationId: conversation.id,
      guestId: conversation.guestId,
      phoneNumberId: conversation.phoneNumberId,
      kind: "image" as const,
      direction: "inbound" as const,
      said: { mediaId: "1", mimeType: "image/png", sha256: null, fileName: null },
      state: "pending" as const,
      reason: null,
      createdAt: now,
    }));
    const more = { mentions: [mention], timings: [timing], attachments };
    const latest = await stored(storage, conversation, messages, more);
    if (before?.status === "closed" && random() < 0.7) await stored(storage, { ...before, continuedIn: latest.id });
    before = latest;
  }
}

/** What stands aside in a hotel: dead work, something nobody could read, templates. */
async function aside(storage: Storage, hotel: string): Promise<void> {
  const now = await nowOf(storage);
  const chat = { phoneNumberId: numberOf(hotel), addresses: [phone(phonesOf(hotel)[3] ?? "")] };
  for (const n of ["1", "2"]) {
    const id = `itm_dead_${hotel}_${n}`;
    await remember(storage, anItem(id, now, { hotelId: hotel, chat }));
    const { lanes } = await claim(storage);
    for (const lane of lanes) await storage.fail([{ lane, workId: id, code: "decision_failed", retryInMs: null }]);
  }
  const raw = JSON.stringify({ type: "hologram", id: createHash("sha1").update(hotel).digest("hex") });
  await remember(storage, anItem(`itm_kept_${hotel}`, now, { hotelId: hotel, chat: null, raw, kind: "message" }));
}

/** The first message of each conversation has a file. */
export const fileOf = (messageId: string): string => `att_${messageId}`;
export const hasFile = (messageId: string): boolean => messageId.endsWith("_1");

const EVERYTHING = { reach: "everything", limit: 100_000 } as const;

/** @param before whose messages are still there: none ever goes */
export async function facts(storage: Storage, before: World | null, named: readonly string[]): Promise<World> {
  const { items: rows, now } = await storage.conversations({
    ...EVERYTHING,
    hotelId: null,
    departmentId: null,
    status: null,
    after: null,
  });
  const talks = new Map<string, SortedTalk>();
  const notes = new Set(before?.notes);
  const texts = new Map(before?.texts);
  const mentions = new Set(before?.mentions);
  const messages = new Map(before?.messages);
  const quotable = new Set(before?.quotable);
  const versions = new Map<string, number>();
  for (const { conversation, unread } of rows) {
    const { id, hotelId: hotel, departmentId: department, guestId: guest, status, continuedIn } = conversation;
    const { assigneeId: assignee, priority, tags, snoozedUntil, waitingSince } = conversation;
    talks.set(id, {
      ...{ hotel, department, guest, status, assignee, priority, tags },
      snoozed: snoozedUntil !== null,
      unread: unread > 0,
      waiting: status === "open" && waitingSince !== null,
      ...(continuedIn !== null && { next: continuedIn }),
    });
    versions.set(id, conversation.lastSeq);
  }
  for (const [id, lastSeq] of versions) {
    if ([...messages.values()].filter((one) => one === id).length === lastSeq) continue;
    const page = await storage.messages({ ...EVERYTHING, conversationId: id, before: null });
    for (const message of page?.items ?? []) {
      messages.set(message.id, message.conversationId);
      if (message.wamid !== null) quotable.add(message.id);
      const { content, direction } = message;
      if ("text" in content && typeof content.text === "string") texts.set(message.id, content.text);
      if (direction === "internal") notes.add(message.id);
      if (content.type === "note") for (const staff of content.mentions) mentions.add(`${message.id} ${staff}`);
    }
  }
  const ids = [
    ...new Set([...(before?.guests.keys() ?? []), ...rows.map(({ conversation }) => conversation.guestId), ...named]),
  ];
  const loaded = (await storage.loadGuests({ reach: "everything", guestIds: ids })).guests.filter(
    (one) => one !== null,
  );
  const guests = new Map(loaded.map(({ guest }) => [guest.id, { hotel: guest.hotelId, into: guest.mergedInto }]));
  const names = new Map(loaded.flatMap(({ guest: { id, name } }) => (name === null ? [] : [[id, name] as const])));
  const phones = new Map(
    loaded.flatMap(({ guest }) => guest.addresses.map(({ value }) => [`${guest.hotelId} ${value}`, guest.id] as const)),
  );
  const page = { ...EVERYTHING, before: null };
  const dead = (await storage.dead(page)).items.map(({ id, hotelId }) => [id, hotelId] as const);
  const kept = (await storage.kept(page)).items.map(
    ({ id, hotelId, outcome, kind }) =>
      [id, { hotel: hotelId, rereads: outcome === "kept" && kind !== "status" }] as const,
  );
  const events = (await storage.operatorEvents(page)).items.map(
    ({ hotelId, seq }) => [`${hotelId} ${String(seq)}`, hotelId] as const,
  );
  const senders = (await storage.senders(EVERYTHING)).map(
    ({ hotelId, phoneNumberId }) => [phoneNumberId, hotelId] as const,
  );
  // What was done so far is in the chain; what principals do in the desk without work is not.
  for (const { hotelId, version, now: sealedAt, head, entries } of await storage.auditToSeal({
    after: null,
    hotels: 100,
    entries: 1_000,
  }))
    await storage.sealAudit({ hotelId, version, sealedAt, links: linksOf(head, entries, sealedAt) });
  const templates: [string, string][] = [];
  const saved: [string, { hotel: string; department: string | null; version: number }][] = [];
  const stays: [string, { hotel: string; guest: string | null }][] = [];
  const audit: [string, { hotel: string; actor: string; target: string }][] = [];
  for (const hotelId of HOTELS) {
    const replies = await storage.savedReplies({ ...EVERYTHING, hotelId, departmentId: null, after: null });
    for (const { id, departmentId: department, version } of replies.items)
      saved.push([id, { hotel: hotelId, department, version }]);
    const coming = await storage.staysOn({ ...EVERYTHING, hotelId, of: "arrival", day: STAY_DAY, after: null });
    for (const { reservationId, guest } of coming.items)
      stays.push([
        `${hotelId} ${reservationId}`,
        { hotel: hotelId, guest: guest !== null && "guestId" in guest ? guest.guestId : null },
      ]);
    const entries = await storage.auditEntries({ ...page, hotelId, targetId: null, actorId: null });
    for (const { id, actor, target } of entries.items)
      audit.push([id, { hotel: hotelId, actor: actor.id, target: target.id }]);
    const { items } = await storage.templates({ ...EVERYTHING, hotelId, after: null });
    templates.push(...items.map(({ name, language }): [string, string] => [`${hotelId} ${name} ${language}`, hotelId]));
  }
  const [from, to] = [new Date(now.getTime() - DAY_MS), new Date(now.getTime() + DAY_MS)];
  const report = await storage.times({
    reach: "everything",
    hotelId: null,
    departmentId: null,
    staffId: null,
    from,
    to,
  });
  const times = report.departments.map(
    ({ hotelId: hotel, departmentId: department, firstResponse, resolution, waiting }) => ({
      ...{ hotel, department },
      count: firstResponse.count + resolution.count + waiting,
    }),
  );
  return {
    times,
    talks,
    messages,
    now,
    notes,
    texts,
    mentions,
    names,
    saved: new Map(saved),
    stays: new Map(stays),
    audit: new Map(audit),
    guests,
    phones,
    quotable,
    dead: new Map(dead),
    kept: new Map(kept),
    events: new Map(events),
    senders: new Map(senders),
    templates: new Map(templates),
  };
}
