import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ConversationError,
  reaches,
  type ConversationRow,
  type EventType,
  type GuestReach,
  type LogPlace,
  type News,
  type Reach,
  type Storage,
} from "../../src/index.js";
import { within } from "../../src/testing/contract/builders.js";
import { aHotel, STORAGES, type Hotel, type Person, type Stored } from "./stories.js";

const GRAND = "grand";
const AT_ONCE = 3;
const PHONES = ["12025550101", "12025550102", "12025550103"] as const;
const WORDS = ["Reception", "Housekeeping", "towels please", "STOP", "START"] as const;

/** What happens in the hotel; `n` and `m` say to whom, with what. */
type Happening = readonly [does: keyof typeof HAPPENINGS, n: number, m: number];

/** What the desk knows of the world, and what the world of the desk. */
interface World {
  readonly hotel: Hotel;
  readonly run: string;
  readonly wamids: { readonly person: Person; readonly wamid: string }[];
  readonly echoed: { readonly person: Person; readonly wamid: string }[];
  serial: number;
}

/** A guest of the run, who is called by another name now and then. */
const person = (n: number, m = 0): Person => {
  const phone = PHONES[n % PHONES.length] ?? PHONES[0];
  return { phone, bsuid: `US.${phone}`, name: `Guest ${String(m % 4)}` };
};
const pick = <T>(all: readonly T[], n: number): T | undefined => all[n % all.length];
const idOf = (world: World): string => `${world.run} ${String(++world.serial)}`;

/** What staff do with one of all conversations. */
const staffDo =
  (does: (hotel: Hotel, id: string, m: number, world: World) => Promise<unknown>) =>
  async (world: World, n: number, m: number): Promise<void> => {
    const { items } = await world.hotel.staff().conversations({ limit: 100 });
    const one = pick(items, n);
    if (one !== undefined) await does(world.hotel, one.id, m, world);
  };

const HAPPENINGS = {
  async writes(world: World, n: number, m: number) {
    const who = person(n, m);
    world.wamids.push({ person: who, wamid: await world.hotel.writes(who, pick(WORDS, m) ?? "hello") });
  },
  async edits({ hotel, wamids }: World, n: number, m: number) {
    const said = pick(wamids, n);
    if (said === undefined) return;
    const message = { type: "text", text: { body: pick(["Edited", "STOP"], m) } };
    await hotel.writes(
      { ...said.person, name: `Guest ${String(m % 4)}` },
      {
        type: "edit",
        edit: { original_message_id: said.wamid, message },
      },
    );
  },
  async revokes({ hotel, wamids }: World, n: number) {
    const said = pick(wamids, n);
    if (said === undefined) return;
    await hotel.writes(said.person, { type: "revoke", revoke: { original_message_id: said.wamid } });
  },
  /** To a message of theirs, or one that nobody has seen. */
  async reacts({ hotel, wamids }: World, n: number, m: number) {
    const said = pick(wamids, n);
    if (said === undefined) return;
    const reaction = { message_id: m % 3 === 0 ? "wamid.unseen" : said.wamid, emoji: "👍" };
    await hotel.writes({ ...said.person, name: `Guest ${String(m % 4)}` }, { type: "reaction", reaction });
  },
  /** WhatsApp delivers it under the same id, but by then they are called something else. */
  async writesAgain({ hotel, wamids }: World, n: number, m: number) {
    const said = pick(wamids, n);
    if (said === undefined) return;
    await hotel.writes({ ...said.person, name: `Guest ${String(m % 4)}` }, "again", { wamid: said.wamid });
  },
  async echoes(world: World, n: number, m: number) {
    const who = person(n, m);
    world.echoed.push({ person: who, wamid: await world.hotel.echoes(who, "from the phone") });
  },
  async echoesAgain({ hotel, echoed }: World, n: number, m: number) {
    const said = pick(echoed, n);
    if (said !== undefined) await hotel.echoes({ ...said.person, name: `Guest ${String(m % 4)}` }, "again", said.wamid);
  },
  async imports({ hotel, wamids, run }: World, n: number, m: number) {
    const { phone, bsuid } = person(n);
    const old = pick(wamids, m)?.wamid ?? "wamid.unseen";
    const said =
      m % 2 === 0
        ? { type: "text", text: { body: "of old" } }
        : {
            type: "edit",
            edit: { original_message_id: old, message: { type: "text", text: { body: "edited of old" } } },
          };
    const message = {
      from: phone,
      id: `wamid.old.${run}.${String(n)}.${String(m)}`,
      timestamp: "1790000000",
      ...said,
      history_context: { status: "READ" },
    };
    const thread = { id: phone, context: { wa_id: phone, user_id: bsuid }, messages: [message] };
    await hotel.delivers("history", { history: [{ metadata: { phase: 0 }, threads: [thread] }] });
  },
  async numberChanges({ hotel }: World, n: number, m: number) {
    const { phone, bsuid } = person(n);
    const became = m % 2 === 0 ? bsuid : person(n + 1).bsuid;
    await hotel.says({ type: "user_changed_user_id", user_id: became, previous_user_id: bsuid }, phone);
  },
  async isDelivered({ hotel }: World, n: number, m: number) {
    const { items } = await hotel.staff().conversations({ limit: 100 });
    const one = pick(items, n);
    const messages = one === undefined ? [] : (await hotel.staff().messages(one.id)).items;
    const id = messages.find(({ direction, wamid }) => direction === "outbound" && wamid !== null)?.wamid;
    if (id == null) return;
    const status = pick(["delivered", "read", "failed"], m);
    await hotel.delivers("messages", {
      statuses: [{ id, status, timestamp: "1794312000", recipient_id: PHONES[0], errors: [{ code: 131000 }] }],
    });
  },
  reply: staffDo((hotel, id, _, world) =>
    hotel.staff().reply(id, { clientMessageId: idOf(world), content: { type: "text", text: "Of course." } }),
  ),
  note: staffDo((hotel, id, _, world) =>
    hotel.staff().note(id, { clientMessageId: idOf(world), text: "Careful.", mentions: ["staff_1"] }),
  ),
  markRead: staffDo((hotel, id, m) => hotel.staff().markRead(id, m % 3 === 0 ? { seq: 1 } : {})),
  markUnread: staffDo((hotel, id, m) => hotel.staff().markUnread(id, m % 3 === 0 ? { seq: 1 } : {})),
  marksOldUnread: async ({ hotel }: World) => {
    const { items } = await hotel.staff().conversations({ status: "closed", limit: 100 });
    for (const { id } of items) await hotel.staff().markUnread(id, { seq: 1 });
  },
  transfer: staffDo((hotel, id, m) =>
    hotel.staff().transfer(id, { departmentId: pick(["housekeeping", "reception"], m) ?? "" }),
  ),
  close: staffDo((hotel, id) => hotel.staff().close(id)),
  /** Whoever of the guests was asked says how it was; to the others it is a number like any other. */
  rates: staffDo(async (hotel, id) => {
    await hotel.staff().askRating(id);
    for (const n of PHONES.keys()) await hotel.writes(person(n), "5");
  }),
  reopen: staffDo((hotel, id) => hotel.staff().reopen(id)),
  assign: staffDo((hotel, id, m) => hotel.staff().assign(id, { assigneeId: `staff_${String(m)}` })),
  unassign: staffDo((hotel, id) => hotel.staff().unassign(id)),
  setPriority: staffDo((hotel, id, m) =>
    hotel.staff().setPriority(id, { priority: pick(["urgent", "normal"] as const, m) ?? "high" }),
  ),
  tag: staffDo((hotel, id, m) => hotel.staff().tag(id, m % 2 === 0 ? { add: ["vip"] } : { remove: ["vip"] })),
  snooze: staffDo((hotel, id, m) => hotel.staff().snooze(id, { until: new Date(Date.now() + (m + 1) * 3_600_000) })),
  unsnooze: staffDo((hotel, id) => hotel.staff().unsnooze(id)),
  takeover: staffDo((hotel, id) => hotel.staff().takeover(id)),
  giveback: staffDo((hotel, id) => hotel.staff().giveback(id)),
  write: async (world: World, n: number, m: number) => {
    const departmentId = pick(["housekeeping", "reception"], m) ?? "";
    const content = { type: "text", text: "Your room is ready." } as const;
    const to = { waId: person(n).phone ?? "" };
    await world.hotel.staff().write({ hotelId: GRAND, departmentId, to, content, clientMessageId: idOf(world) });
  },
  merge: async (world: World, n: number, m: number) => {
    const [one, other] = [await guestOf(world, n), await guestOf(world, m)];
    if (one !== null && other !== null) await world.hotel.staff().mergeGuests({ guestId: one, into: other });
  },
  unmerge: async (world: World, n: number) => {
    const guestId = await guestOf(world, n);
    const merged = guestId === null ? [] : (await world.hotel.staff().guest(guestId)).merged;
    const one = pick(merged, n);
    if (one !== undefined) await world.hotel.staff().unmergeGuests({ guestId: one.id });
  },
  erases: async (world: World, n: number) => {
    const guestId = await guestOf(world, n);
    if (guestId !== null)
      await world.hotel.staff({ kind: "system", id: "privacy" }).eraseGuest(guestId, { reason: "asked for" });
  },
  consents: async (world: World, n: number, m: number) => {
    const guestId = await guestOf(world, n);
    if (guestId !== null)
      await world.hotel.staff().setConsent(guestId, { wish: pick(["stop", "resume"] as const, m) ?? "stop" });
  },
  /** WhatsApp says of the answer to a guest who wrote an hour ago that they have not written for a day. */
  async isRefused(world: World) {
    const { hotel } = world;
    const guest = { phone: "12025550109", bsuid: "US.12025550109", name: "Guest 9" };
    const wamid = await hotel.writes(guest, "hello", { at: new Date(Date.now() - 3_600_000) });
    const { conversation } = await hotel.shows(wamid);
    const content = { type: "text", text: "Of course." } as const;
    const { id } = await hotel.staff().reply(conversation.id, { clientMessageId: idOf(world), content });
    const of = { id: `wamid.${id}`, biz_opaque_callback_data: id, recipient_id: guest.phone };
    const said = { status: "failed", timestamp: "1794312000", errors: [{ code: 131047 }] };
    await hotel.delivers("messages", { statuses: [{ ...of, ...said }] });
  },
} as const;

async function guestOf({ hotel }: World, n: number): Promise<string | null> {
  const { items } = await hotel.staff().conversations({ limit: 100 });
  return pick([...new Set(items.map(({ guest }) => guest.id))].sort(), n) ?? null;
}

/** It happens, as far as the desk lets it. */
async function happens(world: World, [does, n, m]: Happening): Promise<void> {
  try {
    await HAPPENINGS[does](world, n, m);
  } catch (error) {
    if (!ConversationError.is(error)) throw error;
  }
}

const inOrder = ({ previewAmendments, ...row }: ConversationRow): ConversationRow => ({
  ...row,
  previewAmendments: previewAmendments.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
});

/** Who watches: what stands open within reach, by what is told. */
class Watcher {
  #items = new Map<string, ConversationRow>();
  #place: LogPlace = { hotelId: GRAND, seq: 0, at: null };
  /** Who a guest turned out to be. */
  #guestId = "";
  constructor(
    readonly storage: Storage,
    readonly reach: Reach,
    readonly told: Set<EventType>,
  ) {}

  async begins(): Promise<void> {
    if (isGuestReach(this.reach)) this.#guestId = await whoStays(this.storage, this.reach.guest.id);
    const { items, places } = await this.storage.snapshot({ reach: this.reach, limit: 1_000 });
    this.#items = new Map(items.map((row) => [row.conversation.id, inOrder(row)]));
    this.#place = places[0] ?? this.#place;
  }

  /** Hears what there is to hear. @returns whether that was all at that moment */
  async hears(): Promise<boolean> {
    const news = await this.storage.news({ after: this.#place, limit: AT_ONCE });
    if (news === null) throw new Error("The log is the same all the time.");
    news.events.forEach(({ seq, body }, index) => {
      expect(seq, "no gap and no repeat").toBe(this.#place.seq + index + 1);
      this.told.add(body.type);
    });
    for (const each of news.conversations) this.#sees(each);
    // Nothing is left of it that could be told.
    for (const { body, conversationId } of news.events)
      if (body.type === "conversation.erased") this.#items.delete(conversationId ?? "");
    this.#place = news.upTo;
    // Who a guest is may have changed: their connection is closed, and they come anew.
    if (isGuestReach(this.reach) && news.events.some(isAboutWho)) await this.begins();
    return this.#place.seq >= news.head;
  }

  #sees({ previewForGuest, ...row }: News["conversations"][number]): void {
    const { id, hotelId, departmentId, status, lastMessagePreview } = row.conversation;
    const isGuests = isGuestReach(this.reach);
    const isWithin = isGuests ? row.guestId === this.#guestId : reaches(this.reach, hotelId, departmentId);
    if (status !== "open" || !isWithin) {
      this.#items.delete(id);
      return;
    }
    const preview = isGuests && !previewForGuest ? "" : lastMessagePreview;
    this.#items.set(id, inOrder({ ...row, conversation: { ...row.conversation, lastMessagePreview: preview } }));
  }

  /** What is shown is what a snapshot of the same moment shows. */
  async isRight(): Promise<void> {
    for (let looks = 0; looks < 1_000; looks++) {
      while (!(await this.hears()));
      const { items, places } = await this.storage.snapshot({ reach: this.reach, limit: 1_000 });
      if ((places[0]?.seq ?? 0) !== this.#place.seq) continue;
      expect(this.#shown()).toEqual(items.map(inOrder));
      return;
    }
    throw new Error("The hotel never comes to rest.");
  }

  #shown = (): readonly ConversationRow[] =>
    [...this.#items.values()].toSorted(
      ({ conversation: a }, { conversation: b }) =>
        b.lastMessageAt.getTime() - a.lastMessageAt.getTime() || (a.id < b.id ? 1 : -1),
    );
}

const isGuestReach = (reach: Reach): reach is GuestReach => reach !== "everything" && "guest" in reach;

async function whoStays(storage: Storage, guestId: string): Promise<string> {
  const { guests } = await storage.loadGuests({ reach: "everything", guestIds: [guestId] });
  const into = guests[0]?.guest.mergedInto ?? null;
  return into === null ? guestId : whoStays(storage, into);
}

const isAboutWho = ({ body }: News["events"][number]): boolean =>
  body.type === "guest.merged" || body.type === "guest.unmerged";

/** Every kind of event, and whether it is about what a list shows. */
const KINDS: Readonly<Record<EventType, boolean>> = {
  "conversation.opened": true,
  "conversation.routed": true,
  "conversation.transferred": true,
  "conversation.closed": true,
  "conversation.reopened": true,
  "conversation.read": true,
  "conversation.unread": true,
  "message.attachment": false,
  "message.translated": false,
  "conversation.assigned": true,
  "conversation.prioritised": true,
  "conversation.tagged": true,
  "conversation.snoozed": true,
  "conversation.unsnoozed": true,
  "conversation.takenOver": true,
  "conversation.givenBack": true,
  "conversation.windowClosed": true,
  "conversation.ratingAsked": true,
  "conversation.rated": true,
  "flow.started": false,
  "flow.step": false,
  "flow.handedOff": false,
  "flow.ended": false,
  "stay.changed": false,
  "stay.message": false,
  "task.changed": false,
  "task.late": false,
  "message.received": true,
  "message.queued": true,
  "message.echoed": true,
  "message.noted": true,
  "staff.mentioned": true,
  "message.amended": true,
  "message.status": true,
  "guest.changed": true,
  "guest.merged": true,
  "guest.erased": false,
  "conversation.erased": true,
  "guest.unmerged": true,
  "guest.consent": true,
  "sender.paused": false,
  "sender.resumed": false,
  "account.news": false,
  "work.dead": false,
};

/** But for what takes away those about whom the rest is. */
const names = (Object.keys(HAPPENINGS) as readonly (keyof typeof HAPPENINGS)[]).filter((name) => name !== "erases");
const happenings = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant("writes" as const), fc.nat({ max: 2 }), fc.nat({ max: 9 })) },
    { weight: 7, arbitrary: fc.tuple(fc.constantFrom(...names), fc.nat({ max: 9 }), fc.nat({ max: 9 })) },
  ),
  { minLength: 5, maxLength: 25 },
);

/** Each thing once at least, so that every kind of event is told. */
const EVERYTHING: readonly Happening[] = [
  ["writes", 0, 2],
  ["writes", 0, 0],
  ["writes", 1, 1],
  ["writes", 2, 0],
  ["writes", 0, 5],
  ["markRead", 0, 1],
  ["markRead", 1, 1],
  ...names.flatMap((does): readonly Happening[] => [
    [does, 0, 0],
    [does, 1, 1],
  ]),
  ["writes", 0, 3],
  ["writes", 0, 4],
  ["transfer", 0, 0],
  ["transfer", 1, 1],
  ["markUnread", 0, 0],
  ["unmerge", 0, 0],
  ["merge", 0, 1],
  ["unmerge", 0, 0],
  ["unmerge", 1, 0],
  ["erases", 0, 0],
];

describe.each(STORAGES)("whoever watches the desk live (%s)", (name, make) => {
  let hotel: Hotel;
  let storage: Storage;
  let end: Stored["end"];
  const told = new Set<EventType>();
  let runs = 0;
  let guests: readonly string[] = [];

  beforeAll(async () => {
    ({ storage, end } = await make());
    hotel = await aHotel(storage);
    for (const n of PHONES.keys()) await hotel.shows(await hotel.writes(person(n), "hello"));
    const { items } = await hotel.staff().conversations();
    guests = items.map(({ guest }) => guest.id);
  });
  afterAll(async () => {
    await hotel.stop();
    await end();
  });

  const aWorld = (): World => ({ hotel, run: `run ${String(++runs)}`, wamids: [], echoed: [], serial: 0 });

  /** @param resting whether each thing has been dealt with before the next happens */
  async function watched(story: readonly Happening[], resting: boolean): Promise<void> {
    const world = aWorld();
    const reaches: readonly Reach[] = [
      within([GRAND, "all"]),
      within([GRAND, ["housekeeping"]]),
      { guest: { hotelId: GRAND, id: guests[runs % guests.length] ?? "" } },
    ];
    const watchers = reaches.map((reach) => new Watcher(storage, reach, told));
    // The first runs from the beginning: nothing stood open before anything had happened.
    for (const watcher of watchers) if (runs > 1 || isGuestReach(watcher.reach)) await watcher.begins();
    for (const happening of story) {
      await happens(world, happening);
      if (resting) await hotel.settled();
      await watchers[happening[1] % watchers.length]?.isRight();
    }
    await hotel.settled();
    for (const watcher of watchers) await watcher.isRight();
  }

  test("sees after every kind of event what a new snapshot shows (S18, S22)", async () => {
    await watched(EVERYTHING, true);
    const missing = Object.entries(KINDS).filter(([kind, isShown]) => isShown && !told.has(kind as EventType));
    expect(missing).toEqual([]);
  }, 120_000);

  test("sees that an old message adds to what staff marked unread among the old ones (F81, P19)", async () => {
    const world = aWorld();
    const watcher = new Watcher(storage, within([GRAND, "all"]), told);
    await hotel.shows(await hotel.writes(person(0), "hello"));
    await watcher.begins();
    for (const m of [0, 2]) {
      await happens(world, ["imports", 0, m]);
      await hotel.shows(`wamid.old.${world.run}.0.${String(m)}`);
      await watcher.isRight();
      await happens(world, ["marksOldUnread", 0, 0]);
      await watcher.isRight();
    }
  });

  test("sees what a new snapshot shows, whatever happens, in whatever order, at any moment (F81, P19)", async () => {
    await fc.assert(
      fc.asyncProperty(happenings, fc.boolean(), (story, resting) => watched(story, resting)),
      { numRuns: Number(process.env["RUNS"] ?? (name === "memory" ? 60 : 15)) },
    );
  }, 120_000);
});
