import type { Principal } from "../../src/index.js";
import { BUILT_IN_ROLES, PERMISSIONS, type Permission } from "../../src/domain/access.js";
import type { Need, oracle, Who } from "./oracle.js";
import {
  DEPARTMENTS,
  fileOf,
  hasFile,
  HOTELS,
  numberOf,
  phonesOf,
  STAFF,
  STAY_DAY,
  templatesJson,
  type SortedTalk,
  type World,
} from "./world.js";

type Oracle = ReturnType<typeof oracle>;

/** One request, and what the oracle has to be asked about it. */
export interface Ask {
  /** Behind the route's constant part. */
  readonly id?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** All of these have to be within reach, or there is no such thing. */
  readonly needs: readonly Need[];
  /** What else has to be so, whoever asks. */
  readonly holds?: boolean;
  /** What is needed besides, by another permission. */
  readonly also?: { readonly permission: Permission; readonly needs: readonly Need[] };
  /** What is refused with words, and not as if it did not exist, to whoever may not do this besides. */
  readonly refuses?: { readonly permission: Permission; readonly needs: readonly Need[] };
  /** The whole list, of which a page is asked for, by its items' keys. */
  readonly list?: (reached: Oracle) => readonly string[];
  readonly keyOf?: (item: Item) => string;
  /** Where a page's items stand, if not in `items`. */
  readonly itemsOf?: (page: Item) => readonly Item[];
  /** Where a list's pages are asked for. By default in the query of a GET, and a POST has none. */
  readonly pages?: "body" | "none";
  /** How many things a command is to look at. */
  readonly counts?: (reached: Oracle) => number;
}
export type Item = Readonly<Record<string, unknown>>;

interface Asking {
  /** What has to be allowed: by hand, as everything here. */
  readonly permission: Permission;
  readonly ask: (draw: Draw, world: World, by: By) => Ask;
}

/** Who asks, as far as what is asked for depends on it. */
export interface By {
  readonly id: string;
  readonly kind: Who["kind"] | "nobody";
}

/** Chance, of one seed. */
export class Draw {
  #serial = 0;
  constructor(readonly random: () => number) {}
  chance = (of: number): boolean => this.random() < of;
  oneOf = <T>(all: readonly T[], none: T): T => all[Math.floor(this.random() * all.length)] ?? none;
  /** Something that is there, mostly; else something of another kind, or nothing at all. */
  id(all: Iterable<string>, others: Iterable<string>): string {
    if (this.chance(0.85)) return this.oneOf([...all], "nothing");
    if (this.chance(0.5)) return this.oneOf([...others], "nothing");
    const some = this.oneOf([...all], "nothing");
    const odd = [
      "nothing",
      "__proto__",
      "constructor",
      "\u0000",
      "\ud83d\ude00",
      "%",
      "a/b",
      "' or true --",
      "null",
      "*",
    ];
    return this.oneOf([...odd, some.toUpperCase(), `${some} `, `${some}\u0000`, some.slice(0, -1)], "nothing");
  }
  fresh = (): string => `client_${String(++this.#serial)}`;
  hotel = (): string =>
    this.chance(0.9)
      ? this.oneOf(HOTELS, "grand")
      : this.oneOf(["nowhere", "unrouted", "Grand", "__proto__"], "nowhere");
  department = (): string =>
    this.chance(0.9) ? this.oneOf(DEPARTMENTS, "spa") : this.oneOf(["Reception", "attic", "all", "null"], "attic");
}

/** A body takes no control characters, and nothing empty. */
const inBody = (id: string): string => id.replaceAll("\u0000", "") || "nothing";
/** A file of a message, as often as not, and the message. */
function file(draw: Draw, { messages }: World): { readonly id: string; readonly needs: readonly Need[] } {
  const of = [...messages.keys()].filter(hasFile);
  const messageId = draw.id(of, messages.keys());
  return { id: fileOf(messageId), needs: [{ of: "message", id: hasFile(messageId) ? messageId : "nothing" }] };
}
const why = (draw: Draw) => (draw.chance(0.5) ? { reason: "because" } : {});
const talk = (draw: Draw, { talks, messages }: World) => draw.id(talks.keys(), messages.keys());
const message = (draw: Draw, { messages, talks }: World) => draw.id(messages.keys(), talks.keys());
const guest = (draw: Draw, { guests, talks }: World) => draw.id(guests.keys(), talks.keys());
const aboutTalk =
  (body: (draw: Draw, world: World) => unknown) =>
  (draw: Draw, world: World): Ask => {
    const id = talk(draw, world);
    return { id, body: body(draw, world), needs: [{ of: "conversation", id }] };
  };
/** Whoever has the whole hotel sees its day; others those with whom one of theirs talks. */
function onDay(draw: Draw, { stays, talks, guests }: World): Ask {
  const hotel = draw.hotel();
  const person = (id: string): string => {
    const into = guests.get(id)?.into ?? null;
    return into === null ? id : person(into);
  };
  const open = [...talks].filter(([, { status }]) => status === "open");
  const list: Ask["list"] = ({ meets }) =>
    [...stays.values()].flatMap(({ hotel: of, guest }, index) => {
      const theirs = open.filter(([, talk]) => guest !== null && person(talk.guest) === person(guest));
      const isSeen = meets({ of: "hotel", id: of }) || theirs.some(([id]) => meets({ of: "conversation", id }));
      return of === hotel && isSeen ? ([...stays.keys()][index]?.split(" ").slice(1) ?? []) : [];
    });
  return { query: { hotel, day: STAY_DAY }, needs: [], list, keyOf: ({ reservationId }) => String(reservationId) };
}
/** A place in a hotel, or what has none yet and belongs to the hotel as a whole: there is no way for guests into either. */
const placed = (hotel = "none", department: string | null = null): Need =>
  department === null ? { of: "hotel", id: hotel } : { of: "place", id: hotel, in: department };
const placeOf = ({ talks }: World, id: string): Need => placed(talks.get(id)?.hotel, talks.get(id)?.department);
/** Staff see a message where they see a conversation that shows it. @param department only such conversations of it */
const showing = ({ meets }: Oracle, { talks, messages }: World, id: string, department?: string): boolean =>
  chain(talks, messages.get(id) ?? "none").some(
    (one) =>
      (department === undefined || talks.get(one)?.department === department) &&
      talks.has(one) &&
      meets(placed(talks.get(one)?.hotel, talks.get(one)?.department)),
  );
/** Whatever has this word, or one that begins so. */
const says = (text: string, word: string): boolean => new RegExp(`\\b${word}`, "i").test(text);
/** How staff alone look through the list. */
const SORTED: Readonly<Record<string, readonly [query: string, fits: (one: SortedTalk) => boolean][]>> = {
  assignee: [
    ["anna", ({ assignee }) => assignee === "anna"],
    ["none", ({ assignee }) => assignee === null],
  ],
  priority: [["urgent", ({ priority }) => priority === "urgent"]],
  tag: [["vip", ({ tags }) => tags.includes("vip")]],
  snoozed: [
    ["true", ({ snoozed }) => snoozed],
    ["false", ({ snoozed }) => !snoozed],
  ],
  unread: [["true", ({ unread }) => unread]],
  waiting: [["true", ({ waiting }) => waiting]],
};
const aboutGuest =
  (body: (draw: Draw) => unknown, of: "guest" | "hotel" = "guest") =>
  (draw: Draw, world: World): Ask => {
    const id = guest(draw, world);
    return {
      id,
      body: body(draw),
      needs: [of === "guest" ? { of, id } : hotelOf(world, id)],
      holds: world.guests.has(id),
    };
  };
const hotelOf = ({ guests }: World, id: string): Need => ({ of: "hotel", id: guests.get(id)?.hotel ?? "none" });
/** A list of what belongs to hotels as a whole. */
const ofHotels =
  (of: (world: World) => ReadonlyMap<string, string>, keyOf: NonNullable<Ask["keyOf"]>) =>
  (_: Draw, world: World): Ask => ({
    needs: [],
    list: ({ meets }) => [...of(world)].filter(([, id]) => meets({ of: "hotel", id })).map(([key]) => key),
    keyOf,
  });
const text = { type: "text", text: "Good evening." };
const DAY_MS = 86_400_000;
/** All that a line of a report counts. */
const countOf = ({ firstResponse, resolution, waiting }: Item): number =>
  [(firstResponse as Item)["count"], (resolution as Item)["count"], waiting].reduce<number>(
    (sum, one) => sum + Number(one),
    0,
  );
const idOf = ({ id }: Item): string => String(id);

/** Every route, with how it is asked. One without an entry fails the test. */
export const ASKING: Readonly<Record<string, Asking>> = {
  "GET /conversations": {
    permission: "conversation.list",
    ask(draw, world, by) {
      const { talks } = world;
      const query: Record<string, string> = {};
      if (draw.chance(0.3)) query["hotel"] = draw.hotel();
      if (draw.chance(0.3)) query["department"] = draw.department();
      if (draw.chance(0.3)) query["status"] = draw.oneOf(["open", "closed"], "open");
      const { hotel, department, status } = query;
      const filter = draw.chance(0.3) ? draw.oneOf(Object.keys(SORTED), "tag") : null;
      const [value, fits] = draw.oneOf(SORTED[filter ?? ""] ?? [], ["", () => true]);
      if (filter !== null) query[filter] = value;
      // What was put off stands in no list of what is open, unless it is asked for; guests know nothing of that.
      const hides = status === "open" && filter !== "snoozed" && by.kind !== "guest";
      const wanted = [...talks].filter(
        ([, one]) =>
          (hotel ?? one.hotel) === one.hotel &&
          (department === undefined || department === one.department) &&
          (status ?? one.status) === one.status &&
          fits(one) &&
          !(hides && one.snoozed),
      );
      const need = (id: string): Need => (filter === null ? { of: "conversation", id } : placeOf(world, id));
      const list: Ask["list"] = ({ meets }) => wanted.map(([id]) => id).filter((id) => meets(need(id)));
      return { query, needs: [], list, keyOf: idOf };
    },
  },
  "POST /conversations": {
    permission: "conversation.write",
    ask(draw, world) {
      const hotelId = draw.hotel();
      const byGuest = draw.chance(0.5);
      // Whether there is the department is asked before whether there is the guest.
      const departmentId = byGuest ? draw.oneOf(DEPARTMENTS, "spa") : draw.department();
      const guestId = inBody(guest(draw, world));
      const to = byGuest ? { guestId } : { waId: draw.oneOf([...phonesOf("grand"), "12025559999"], "12025559999") };
      const needs: Need[] = [{ of: "place", id: hotelId, in: departmentId }];
      // Whoever was merged is written to as the guest into whom.
      if (byGuest) needs.push({ of: "guest", id: rootOf(world, guestId) });
      const number = draw.chance(0.3) ? { phoneNumberId: numberOf(draw.hotel()) } : {};
      const isHotels = (HOTELS as readonly string[]).includes(hotelId);
      const isOf = !byGuest || world.guests.get(guestId)?.hotel === hotelId;
      const hasNumber = number.phoneNumberId === undefined || number.phoneNumberId === numberOf(hotelId);
      const isDepartment = (DEPARTMENTS as readonly string[]).includes(departmentId);
      const holds = isHotels && isOf && (hasNumber || !isDepartment);
      return { body: { hotelId, departmentId, to, content: text, ...number }, needs, holds };
    },
  },
  "GET /counters": {
    permission: "conversation.list",
    ask(draw, { talks }) {
      const hotel = draw.chance(0.3) ? draw.hotel() : undefined;
      const open = [...talks.values()].filter((one) => one.status === "open" && (hotel ?? one.hotel) === one.hotel);
      const counts = new Map<string, SortedTalk[]>();
      for (const one of open) {
        const key = `${one.hotel} ${String(one.department)}`;
        counts.set(key, [...(counts.get(key) ?? []), one]);
      }
      const list: Ask["list"] = ({ meets }) =>
        [...counts].flatMap(([key, [one, ...more]]) =>
          one !== undefined && meets(placed(one.hotel, one.department)) ? [`${key} ${String(more.length + 1)}`] : [],
        );
      const keyOf = (item: Item) => [item["hotelId"], String(item["departmentId"]), item["open"]].join(" ");
      return { ...(hotel !== undefined && { query: { hotel } }), needs: [], list, keyOf, pages: "none" };
    },
  },
  "GET /times": {
    permission: "times.read",
    ask(draw, { times, now }) {
      const filters = draw.chance(0.3)
        ? { hotel: draw.hotel() }
        : draw.chance(0.3)
          ? { department: draw.department() }
          : {};
      const [hotel, department] = [filters.hotel, filters.department];
      const wanted = times.filter(
        (one) => (hotel ?? one.hotel) === one.hotel && (department === undefined || department === one.department),
      );
      const period = {
        from: new Date(now.getTime() - DAY_MS).toISOString(),
        to: new Date(now.getTime() + DAY_MS).toISOString(),
      };
      const list: Ask["list"] = ({ meets }) => {
        const theirs = wanted.filter((one) => meets(placed(one.hotel, one.department)));
        const sum = theirs.reduce((total, one) => total + one.count, 0);
        return sum === 0
          ? []
          : [
              `all ${String(sum)}`,
              ...theirs.map((one) => `${one.hotel} ${String(one.department)} ${String(one.count)}`),
            ];
      };
      const keyOf = (item: Item) => `${String(item["place"])} ${String(countOf(item))}`;
      const itemsOf = ({ all, departments }: Item) =>
        countOf(all as Item) === 0
          ? []
          : [
              { ...(all as Item), place: "all" },
              ...(departments as Item[]).map((one) => ({
                ...one,
                place: `${String(one["hotelId"])} ${String(one["departmentId"])}`,
              })),
            ];
      return { query: { ...filters, ...period }, needs: [], list, keyOf, itemsOf, pages: "none" };
    },
  },
  "GET /conversations/:id/messages": {
    permission: "conversation.read",
    ask(draw, world) {
      const id = talk(draw, world);
      const list: Ask["list"] = ({ shows }) => [...world.messages.keys()].filter((one) => shows(id, one));
      return { id, needs: [{ of: "conversation", id }], list, keyOf: idOf };
    },
  },
  "POST /conversations/:id/messages": {
    permission: "conversation.reply",
    ask(draw, world) {
      const id = talk(draw, world);
      const needs: Need[] = [{ of: "conversation", id }];
      const clientMessageId = draw.fresh();
      if (draw.chance(0.7)) return { id, body: { clientMessageId, content: text }, needs };
      // Whatever is named in a body is looked at, too: what is quoted or reacted to has to be shown in this conversation.
      const messageId = draw.chance(0.5) ? inBody(message(draw, world)) : draw.oneOf(shownIn(world, id), "nothing");
      const body = draw.chance(0.5)
        ? { clientMessageId, content: text, quotes: messageId }
        : { clientMessageId, content: { type: "reaction", messageId, text: "\u{1f44d}" } };
      const holds = shownIn(world, id).includes(messageId) && world.quotable.has(messageId);
      const also = { permission: "conversation.read", needs: [{ of: "message", id: messageId }] } as const;
      return { id, body, needs, holds, also };
    },
  },
  "POST /conversations/:id/read": { permission: "conversation.markRead", ask: aboutTalk(() => ({})) },
  "POST /conversations/:id/unread": { permission: "conversation.markUnread", ask: aboutTalk(() => ({})) },
  "POST /conversations/:id/notes": {
    permission: "conversation.note",
    ask: aboutTalk((draw) => ({
      clientMessageId: draw.fresh(),
      text: "A note on the evening.",
      mentions: draw.chance(0.5) ? ["anna"] : [],
    })),
  },
  "POST /conversations/:id/typing": { permission: "conversation.typing", ask: aboutTalk(() => undefined) },
  "GET /conversations/:id/participants": {
    permission: "conversation.read",
    ask(draw, world) {
      const id = talk(draw, world);
      return { id, needs: [placeOf(world, id)], holds: world.talks.has(id) };
    },
  },
  "GET /mentions": {
    permission: "mention.list",
    ask(_, world, { id }) {
      const theirs = [...world.notes].filter((note) => world.mentions.has(`${note} ${id}`));
      const keyOf = ({ message }: Item) => idOf(message as Item);
      return { needs: [], list: (reached) => theirs.filter((note) => showing(reached, world, note)), keyOf };
    },
  },
  "POST /conversations/:id/assign": {
    permission: "conversation.assign",
    ask(draw, world, { id: own, kind }) {
      const id = talk(draw, world);
      const assigneeId = kind === "staff" && draw.chance(0.5) ? undefined : draw.oneOf(STAFF, "anna");
      const { assignee = null } = world.talks.get(id) ?? {};
      const isFree = assignee === null || assignee === own || assignee === (assigneeId ?? own);
      const isOwn = assigneeId === undefined || assigneeId === own || assigneeId === assignee;
      const refuses = { permission: "conversation.assignOthers", needs: [placeOf(world, id)] } as const;
      const body = { ...(assigneeId !== undefined && { assigneeId }), ...why(draw) };
      return { id, body, needs: [{ of: "conversation", id }], ...(!(isFree && isOwn) && { refuses }) };
    },
  },
  "POST /conversations/:id/unassign": {
    permission: "conversation.unassign",
    ask(draw, world, { id: own }) {
      const id = talk(draw, world);
      const { assignee = null } = world.talks.get(id) ?? {};
      const refuses = { permission: "conversation.assignOthers", needs: [placeOf(world, id)] } as const;
      const isFree = assignee === null || assignee === own;
      return { id, body: why(draw), needs: [{ of: "conversation", id }], ...(!isFree && { refuses }) };
    },
  },
  "POST /conversations/:id/priority": {
    permission: "conversation.prioritise",
    ask: aboutTalk((draw) => ({ priority: draw.oneOf(["normal", "urgent"], "urgent"), ...why(draw) })),
  },
  "POST /conversations/:id/tags": {
    permission: "conversation.tag",
    ask: aboutTalk((draw) => ({ [draw.oneOf(["add", "remove"], "add")]: ["vip"], ...why(draw) })),
  },
  "POST /conversations/:id/snooze": {
    permission: "conversation.snooze",
    ask: aboutTalk((_, { now }) => ({ until: new Date(now.getTime() + 3_600_000).toISOString() })),
  },
  "POST /conversations/:id/unsnooze": { permission: "conversation.unsnooze", ask: aboutTalk(why) },
  "POST /conversations/:id/takeover": { permission: "conversation.takeover", ask: aboutTalk(why) },
  "POST /conversations/:id/giveback": { permission: "conversation.giveback", ask: aboutTalk(why) },
  "POST /conversations/:id/flows": {
    permission: "conversation.startFlow",
    ask: aboutTalk((draw) => ({ flowId: "no-such-flow", ...why(draw) })),
  },
  "POST /conversations/:id/approval": {
    permission: "conversation.approve",
    ask: aboutTalk((draw) => ({ approvalId: "apr_none_1", approved: true, ...why(draw) })),
  },
  "POST /conversations/:id/flows/stop": { permission: "conversation.stopFlow", ask: aboutTalk(why) },
  "GET /conversations/:id/flow": { permission: "conversation.readFlow", ask: aboutTalk(() => undefined) },
  "GET /conversations/:id/flow/replay": { permission: "conversation.replayFlow", ask: aboutTalk(() => undefined) },
  "GET /conversations/:id/stays": { permission: "conversation.readStay", ask: aboutTalk(() => undefined) },
  "GET /conversations/:id/tasks": { permission: "conversation.readTasks", ask: aboutTalk(() => undefined) },
  "POST /conversations/:id/tasks": {
    permission: "conversation.createTask",
    ask: aboutTalk((draw) => ({ key: draw.fresh(), kind: "housekeeping", what: "Towels.", ...why(draw) })),
  },
  "GET /arrivals": { permission: "conversation.readStay", ask: onDay },
  "GET /departures": { permission: "conversation.readStay", ask: onDay },
  "POST /pms/events": {
    permission: "pms.apply",
    ask(draw) {
      const hotelId = draw.hotel();
      const body = {
        hotelId,
        eventId: draw.fresh(),
        reservationId: "R-1",
        version: 1,
        kind: "room_assigned",
        room: "12",
      };
      return { body, needs: [{ of: "hotel", id: hotelId }], holds: (HOTELS as readonly string[]).includes(hotelId) };
    },
  },
  "POST /messages/search": {
    permission: "conversation.read",
    ask(draw, world) {
      const [hotel, word] = [draw.hotel(), draw.oneOf(["evening", "messa", "note"], "note")];
      const department = draw.chance(0.3) ? draw.department() : undefined;
      const found = [...world.texts]
        .filter(([id, text]) => says(text, word) && world.talks.get(world.messages.get(id) ?? "")?.hotel === hotel)
        .map(([id]) => id);
      const list: Ask["list"] = (reached) => found.filter((id) => showing(reached, world, id, department));
      const body = { hotel, text: word, ...(department !== undefined && { department }) };
      return { body, needs: [], list, keyOf: ({ messageId }) => String(messageId), pages: "body" };
    },
  },
  "POST /conversations/:id/transfer": {
    permission: "conversation.transfer",
    ask: aboutTalk((draw) => ({ departmentId: draw.department(), ...why(draw) })),
  },
  "POST /conversations/:id/close": { permission: "conversation.close", ask: aboutTalk(why) },
  "POST /conversations/:id/rating": { permission: "conversation.askRating", ask: aboutTalk(why) },
  "POST /conversations/:id/reopen": { permission: "conversation.reopen", ask: aboutTalk(why) },
  "GET /messages/:id/explain": {
    permission: "message.explain",
    ask(draw, world) {
      const id = message(draw, world);
      return { id, needs: [{ of: "message", id }] };
    },
  },
  "GET /attachments/:id": { permission: "attachment.read", ask: (draw, world) => file(draw, world) },
  "GET /attachments/:id/about": { permission: "attachment.read", ask: (draw, world) => file(draw, world) },
  "POST /attachments/:id/url": {
    permission: "attachment.read",
    ask: (draw, world) => ({ ...file(draw, world), body: {} }),
  },
  "POST /attachments/:id/keep": {
    permission: "attachment.keep",
    ask: (draw, world) => ({ ...file(draw, world), body: { purpose: "identity", ...why(draw) } }),
  },
  "POST /attachments/:id/discard": {
    permission: "attachment.discard",
    ask: (draw, world) => ({ ...file(draw, world), body: why(draw) }),
  },
  "POST /conversations/:id/files": {
    permission: "attachment.add",
    ask(draw, { talks, messages }) {
      const id = draw.id(talks.keys(), messages.keys());
      return { id, query: { kind: "document" }, body: {}, needs: [{ of: "conversation", id }] };
    },
  },
  "POST /messages/:id/resend": {
    permission: "message.resend",
    ask(draw, world) {
      const id = message(draw, world);
      const last = lastOf(world, id);
      return { id, body: { mayDouble: draw.chance(0.5), ...why(draw) }, needs: [{ of: "conversation", id: last }] };
    },
  },
  "POST /messages/:id/resolve": {
    permission: "message.resolve",
    ask(draw, world) {
      const id = message(draw, world);
      return { id, body: { as: draw.oneOf(["sent", "failed"], "sent") }, needs: [{ of: "message", id }] };
    },
  },
  "POST /guests/find": {
    permission: "guest.read",
    ask(draw, world) {
      const hotel = draw.hotel();
      const phone = draw.oneOf(HOTELS.flatMap(phonesOf), "12025559999");
      const found = world.phones.get(`${hotel} ${phone}`);
      const list: Ask["list"] = ({ meets }) =>
        found === undefined ? [] : [rootOf(world, found)].filter((id) => meets({ of: "guest", id }));
      return { body: { hotel, phone: `+${phone}` }, needs: [], list, keyOf: idOf, pages: "none" };
    },
  },
  "POST /guests/search": {
    permission: "guest.read",
    ask(draw, world) {
      const [hotel, word] = [draw.hotel(), draw.oneOf(["ad", "bob"], "bob")];
      const found = [...world.names]
        .filter(([id, name]) => says(name, word) && world.guests.get(id)?.hotel === hotel)
        .map(([id]) => rootOf(world, id));
      const list: Ask["list"] = ({ meets }) => [...new Set(found)].filter((id) => meets({ of: "guest", id }));
      return { body: { hotel, text: word }, needs: [], list, keyOf: idOf, pages: "body" };
    },
  },
  "GET /guests/:id": { permission: "guest.read", ask: aboutGuest(() => undefined) },
  "GET /guests/:id/consents": { permission: "guest.read", ask: aboutGuest(() => undefined) },
  "POST /guests/:id/consents": {
    permission: "guest.consent",
    ask: aboutGuest((draw) => ({ wish: draw.oneOf(["stop", "resume"], "stop") })),
  },
  "POST /guests/:id/merge": {
    permission: "guest.merge",
    ask(draw, world) {
      const id = guest(draw, world);
      const into = draw.chance(0.1) ? inBody(id) : inBody(guest(draw, world));
      const holds = world.guests.has(id) && world.guests.has(into);
      return { id, body: { into, ...why(draw) }, needs: [hotelOf(world, id), hotelOf(world, into)], holds };
    },
  },
  "POST /guests/:id/unmerge": { permission: "guest.merge", ask: aboutGuest(why, "hotel") },
  // Nobody is gone afterwards: the others are still to be asked about.
  "POST /guests/:id/erase": {
    permission: "guest.erase",
    ask: aboutGuest(() => ({ reason: "because", dryRun: true }), "hotel"),
  },
  "GET /guests/:id/export": {
    permission: "guest.export",
    ask(draw, world) {
      const id = guest(draw, world);
      const query = draw.chance(0.5) ? { notes: "true" } : {};
      return { id, query, needs: [hotelOf(world, id)], holds: world.guests.has(id) };
    },
  },
  "GET /saved-replies": {
    permission: "savedReply.list",
    ask(draw, { saved }) {
      const hotel = draw.hotel();
      const department = draw.chance(0.3) ? draw.department() : undefined;
      const wanted = [...saved].filter(
        ([, one]) =>
          one.hotel === hotel && (one.department === null || (department ?? one.department) === one.department),
      );
      const list: Ask["list"] = ({ meets }) =>
        wanted
          .filter(([, one]) =>
            meets(one.department === null ? { of: "anyone", id: hotel } : placed(hotel, one.department)),
          )
          .map(([id]) => id);
      return { query: { hotel, ...(department !== undefined && { department }) }, needs: [], list, keyOf: idOf };
    },
  },
  "POST /saved-replies": {
    permission: "savedReply.write",
    ask(draw) {
      const hotelId = draw.hotel();
      const departmentId = draw.chance(0.7) ? draw.department() : undefined;
      const reply = { hotelId, shortcut: draw.fresh(), texts: { en: "Welcome." }, ...why(draw) };
      return {
        body: { ...reply, ...(departmentId !== undefined && { departmentId }) },
        needs: [placed(hotelId, departmentId)],
        holds: (HOTELS as readonly string[]).includes(hotelId),
      };
    },
  },
  "POST /saved-replies/:id": {
    permission: "savedReply.write",
    ask(draw, { saved, talks }) {
      const id = draw.id(saved.keys(), talks.keys());
      const { hotel = "none", department = null, version = 1 } = saved.get(id) ?? {};
      const departmentId = draw.chance(0.3) ? draw.department() : undefined;
      const needs = [placed(hotel, department), ...(departmentId === undefined ? [] : [placed(hotel, departmentId)])];
      const body = { version, texts: { en: "Hello there." }, ...(departmentId !== undefined && { departmentId }) };
      return { id, body, needs, holds: saved.has(id) };
    },
  },
  "POST /saved-replies/:id/delete": {
    permission: "savedReply.write",
    ask(draw, { saved, talks }) {
      const id = draw.id(saved.keys(), talks.keys());
      const { hotel, department } = saved.get(id) ?? {};
      return { id, body: why(draw), needs: [placed(hotel, department)], holds: saved.has(id) };
    },
  },
  "GET /audit": {
    permission: "audit.list",
    ask(draw, { audit, talks }) {
      const hotel = draw.hotel();
      const target = draw.chance(0.3) ? draw.oneOf([...talks.keys()], "nothing") : undefined;
      const actor = draw.chance(0.3) ? "anna" : undefined;
      const wanted = [...audit].filter(
        ([, one]) => one.hotel === hotel && (target ?? one.target) === one.target && (actor ?? one.actor) === one.actor,
      );
      const list: Ask["list"] = ({ meets }) => (meets({ of: "hotel", id: hotel }) ? wanted.map(([id]) => id) : []);
      const query = { hotel, ...(target !== undefined && { target }), ...(actor !== undefined && { actor }) };
      return { query, needs: [], list, keyOf: idOf };
    },
  },
  "GET /operator/audit/export": {
    permission: "audit.export",
    ask(draw, { audit }) {
      const hotel = draw.hotel();
      const list: Ask["list"] = ({ meets }) =>
        meets({ of: "hotel", id: hotel }) ? [...audit].filter(([, one]) => one.hotel === hotel).map(([id]) => id) : [];
      return { query: { hotel }, needs: [], list, keyOf: idOf };
    },
  },
  "GET /operator/audit/verify": {
    permission: "audit.verify",
    ask(draw) {
      const hotel = draw.hotel();
      const holds = (HOTELS as readonly string[]).includes(hotel);
      return { query: { hotel }, needs: [{ of: "hotel", id: hotel }], holds };
    },
  },
  "GET /templates": {
    permission: "template.list",
    ask(draw, { templates }) {
      const hotel = draw.hotel();
      const list: Ask["list"] = ({ meets }) =>
        meets({ of: "anyone", id: hotel }) ? [...templates].filter(([, id]) => id === hotel).map(([key]) => key) : [];
      const keyOf = ({ hotelId, name, language }: Item) => [hotelId, name, language].join(" ");
      return { query: { hotel }, needs: [], list, keyOf };
    },
  },
  "POST /operator/templates/sync": {
    permission: "template.sync",
    ask(draw) {
      const hotel = draw.hotel();
      const templates = templatesJson(["arrival", "farewell", "offer"].filter(() => draw.chance(0.7)));
      const holds = (HOTELS as readonly string[]).includes(hotel);
      return { body: { hotel, templates }, needs: [{ of: "hotel", id: hotel }], holds };
    },
  },
  "GET /operator/events": {
    permission: "events.list",
    ask: ofHotels(
      ({ events }) => events,
      ({ hotelId, seq }) => [hotelId, seq].join(" "),
    ),
  },
  "GET /operator/senders": {
    permission: "sender.list",
    ask: (draw, world) => ({
      ...ofHotels(
        ({ senders }) => senders,
        ({ phoneNumberId }) => String(phoneNumberId),
      )(draw, world),
      pages: "none",
    }),
  },
  "POST /operator/senders/:id/resume": {
    permission: "sender.resume",
    ask(draw) {
      const numbers = new Map(HOTELS.map((hotel) => [numberOf(hotel), hotel]));
      const id = draw.id(numbers.keys(), HOTELS);
      return { id, body: why(draw), needs: [{ of: "hotel", id: numbers.get(id) ?? "none" }], holds: numbers.has(id) };
    },
  },
  "GET /operator/dead": { permission: "dead.list", ask: ofHotels(({ dead }) => dead, idOf) },
  "POST /operator/dead/:id/replay": {
    permission: "dead.replay",
    ask(draw, { dead, kept }) {
      const id = draw.id(dead.keys(), kept.keys());
      return { id, body: why(draw), needs: [{ of: "hotel", id: dead.get(id) ?? "none" }], holds: dead.has(id) };
    },
  },
  "GET /operator/kept": {
    permission: "kept.list",
    ask: ofHotels(({ kept }) => new Map([...kept].map(([id, { hotel }]) => [id, hotel])), idOf),
  },
  "POST /operator/reprocess": {
    permission: "kept.reprocess",
    ask: (_, { kept }) => ({
      body: {},
      needs: [],
      counts: ({ meets }) =>
        [...kept.values()].filter(({ hotel, rereads }) => rereads && meets({ of: "hotel", id: hotel })).length,
    }),
  },
  "GET /operator/erasures": {
    permission: "guest.erase",
    ask(draw) {
      const hotel = draw.hotel();
      const isOne = (HOTELS as readonly string[]).includes(hotel);
      const list: Ask["list"] = ({ meets }) => (isOne && meets({ of: "hotel", id: hotel }) ? [`ers_${hotel}`] : []);
      return { query: { hotel }, needs: [], list, keyOf: idOf };
    },
  },
  "POST /operator/erasures/reapply": {
    permission: "guest.erase",
    ask(draw) {
      const hotel = draw.hotel();
      const holds = (HOTELS as readonly string[]).includes(hotel);
      return { body: { hotel, items: [] }, needs: [{ of: "hotel", id: hotel }], holds };
    },
  },
  "POST /operator/prune": {
    permission: "data.prune",
    ask(draw) {
      const hotel = draw.hotel();
      const holds = (HOTELS as readonly string[]).includes(hotel);
      return {
        body: { policy: { deadWork: 36_500 }, hotel, dryRun: true },
        needs: [{ of: "hotel", id: hotel }],
        holds,
      };
    },
  },
};

/** The guest into whom somebody was merged. */
const rootOf = (world: World, id: string): string => {
  const into = world.guests.get(id)?.into ?? null;
  return into === null ? id : rootOf(world, into);
};

/** What a conversation shows: its own messages, and those of conversations that it goes on with. */
const shownIn = ({ talks, messages }: World, id: string): readonly string[] =>
  [...messages].filter(([, own]) => chain(talks, own).includes(id)).map(([one]) => one);

const chain = (talks: World["talks"], id: string): readonly string[] => {
  const ids = [id];
  for (let next = talks.get(id)?.next; next !== undefined && !ids.includes(next); next = talks.get(next)?.next)
    ids.push(next);
  return ids;
};

/** The conversation that shows a message now. */
const lastOf = ({ talks, messages }: World, messageId: string): string =>
  chain(talks, messages.get(messageId) ?? "none").at(-1) ?? "none";

/** Roles of a host: each permission alone, and some at random. */
export function rolesOf(draw: Draw): Readonly<Record<string, readonly Permission[]>> {
  const lone = PERMISSIONS.map((one) => [`only-${one.replace(".", "-")}`, [one]] as const);
  const some = [1, 2, 3, 4, 5, 6].map(
    (n) => [`some-${String(n)}`, PERMISSIONS.filter(() => draw.chance(0.5))] as const,
  );
  return Object.fromEntries([...lone, ...some]);
}

/** Who asks: as the host says, and as the oracle understands it; or what is answered to whoever is nobody. */
export type Asker =
  { readonly principal: Principal; readonly who: Who } | { readonly principal: unknown; readonly refused: 401 | 500 };

export function asker(draw: Draw, roles: readonly string[], { guests }: World): Asker {
  const id = `who_${draw.fresh()}`;
  const dice = draw.random();
  if (dice < 0.03) return { principal: draw.oneOf([null, undefined], null), refused: 401 };
  if (dice < 0.07) {
    const flawed = [
      { kind: "staff", id, role: "boss", hotels: { grand: "all" } },
      { kind: "staff", id, role: "toString", hotels: { grand: "all" } },
      { kind: "staff", id: "", role: "admin", hotels: { grand: "all" } },
      { kind: "staff", id, role: "admin", hotels: "all" },
      { kind: "staff", id, role: "admin", hotels: { grand: "reception" } },
      { kind: "admin", id },
      { kind: "guest", id, hotelId: "grand" },
      "system",
    ];
    return { principal: draw.oneOf<unknown>(flawed, "system"), refused: 500 };
  }
  const kind = dice < 0.12 ? "operator" : dice < 0.16 ? "system" : null;
  if (kind !== null) return { principal: { kind, id }, who: { kind } };
  if (dice < 0.28) {
    const guestId = draw.id(guests.keys(), HOTELS);
    const hotelId = draw.chance(0.8) ? (guests.get(guestId)?.hotel ?? "grand") : draw.hotel();
    return { principal: { kind: "guest", id, hotelId, guestId }, who: { kind: "guest", hotelId, guestId } };
  }
  const staffId = draw.chance(0.4) ? draw.oneOf(STAFF, "anna") : id;
  const role = draw.chance(0.6) ? draw.oneOf([...BUILT_IN_ROLES.keys()], "agent") : draw.oneOf(roles, "agent");
  // Somebody who was let go has a role still, and no hotel.
  const hotels: Record<string, readonly string[] | "all"> = {};
  const places = draw.chance(0.05) ? [] : [...HOTELS, "nowhere", "unrouted", "Grand"];
  for (const place of places) {
    if (draw.chance(0.5)) continue;
    const some = [...DEPARTMENTS, "Reception", "all", ""].filter(() => draw.chance(0.4));
    hotels[place] = draw.chance(0.4) ? "all" : some;
  }
  return { principal: { kind: "staff", id: staffId, role, hotels }, who: { kind: "staff", role, hotels } };
}
