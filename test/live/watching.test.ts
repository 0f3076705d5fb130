import { afterEach, describe, expect, test } from "vitest";
import { memoryBus, memoryRealtime, memoryStorage } from "../../adapters/memory/index.js";
import { postgresStorage } from "../../adapters/postgres/index.js";
import {
  CLOSE,
  type ConversationSummaryJson,
  type GuestPrincipal,
  type Principal,
  type StaffPrincipal,
  type Storage,
} from "../../src/index.js";
import { admin, eventually, manager, receptionist } from "../harness/hotel.js";
import { freshDatabase } from "../support/databases.js";
import { aNode, type Client, type Node, type NodeOptions } from "./nodes.js";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
async function started(options: NodeOptions = {}): Promise<Node> {
  const node = await aNode(options);
  ends.push(() => node.end());
  return node;
}
/** Processes over one PostgreSQL, each with a pool of its own. */
async function nodesOnPostgres(count: number, options: NodeOptions = {}): Promise<readonly Node[]> {
  const database = await freshDatabase();
  ends.push(() => database.drop());
  const nodes: Node[] = [];
  for (let n = 0; n < count; n++) nodes.push(await started({ ...options, storage: postgresStorage(database.pool) }));
  return nodes;
}

const housekeeper: StaffPrincipal = { ...receptionist, id: "staff_keys", hotels: { grand: ["housekeeping"] } };
const seasider: StaffPrincipal = { ...manager, id: "staff_sea", hotels: { seaside: "all" } };
const guestOf = ({ guest, hotelId }: Pick<ConversationSummaryJson, "guest" | "hotelId">): GuestPrincipal => ({
  kind: "guest",
  id: "host-guest-1",
  hotelId,
  guestId: guest.id,
});

/** What a page shows, in a form that can be compared. */
const shownBy = (client: Client) => [...client.shows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
/** Waits until a page knows all that a page that begins now is told. */
async function caughtUp(node: Node, client: Client, as: Principal): Promise<Client> {
  const fresh = await node.watches({ ...as, id: as.id });
  await eventually("it has heard of everything", () => {
    const [own, now] = [client.cursors(), fresh.cursors()];
    const places = Object.keys(now).filter((key) => key !== "*");
    return Promise.resolve(places.every((hotelId) => own[hotelId] === now[hotelId]));
  });
  return fresh;
}
const timesTold = (client: Client) => [...new Set(client.told.values())];
const seqsOf = (client: Client, hotelId = "grand") =>
  client
    .of("event")
    .filter(({ event }) => event.hotelId === hotelId)
    .map(({ event }) => event.seq);

/** A hotel with a conversation in each department, and one of nobody's yet. */
async function someConversations(node: Node) {
  const staff = node.desk.as(admin);
  const ids: string[] = [];
  for (const [n, departmentId] of [
    [1, "reception"],
    [2, "housekeeping"],
    [3, null],
  ] as const) {
    await node.writes(`first of ${String(n)}`, `1202555010${String(n)}`);
    const { id } = await node.showing(`first of ${String(n)}`);
    if (departmentId !== null) await staff.transfer(id, { departmentId });
    ids.push(id);
  }
  return ids as [string, string, string];
}

describe.each([
  ["memory", () => Promise.resolve(memoryStorage())],
  [
    "PostgreSQL",
    async () => {
      const database = await freshDatabase();
      ends.push(() => database.drop());
      return postgresStorage(database.pool);
    },
  ],
])("on %s", (_, open: () => Promise<Storage>) => {
  test("whatever staff and guests do, a page that hears of it shows what a page shows that is opened then", async () => {
    const node = await started({ storage: await open() });
    const [one, two, three] = await someConversations(node);
    const staff = node.desk.as(admin);
    const pages = await Promise.all(
      [manager, receptionist, housekeeper].map(async (as) => [as, await node.watches(as)] as const),
    );
    const say = (id: string) => ({ clientMessageId: id, content: { type: "text", text: `answer ${id}` } }) as const;

    await node.writes("second of 1", "12025550101");
    await node.showing("second of 1");
    await staff.reply(one, say("a"));
    await staff.note(one, { clientMessageId: "n1", text: "for colleagues" });
    await staff.transfer(one, { departmentId: "housekeeping" });
    await staff.transfer(two, { departmentId: "reception" });
    await staff.assign(two, { assigneeId: "staff_reception" });
    await staff.setPriority(two, { priority: "high" });
    await staff.tag(two, { add: ["vip"] });
    await staff.snooze(two, { until: new Date(Date.now() + 3_600_000) });
    await staff.unsnooze(two);
    await staff.markRead(two);
    await staff.markUnread(two);
    await staff.takeover(two);
    await staff.giveback(two);
    await staff.transfer(three, { departmentId: "reception" });
    await staff.close(three);
    await staff.reopen(three);
    await staff.transfer(three, { departmentId: "housekeeping" });
    await staff.close(one);
    const { guest: first } = (await staff.conversations()).items.find(({ id }) => id === two)!;
    const { guest: second } = (await staff.conversations()).items.find(({ id }) => id === three)!;
    await staff.mergeGuests({ guestId: second.id, into: first.id });
    await staff.unmergeGuests({ guestId: second.id });
    await staff.unassign(two);

    for (const [as, page] of pages) {
      const fresh = await caughtUp(node, page, as);
      expect([as.id, shownBy(page)]).toEqual([as.id, shownBy(fresh)]);
      expect([as.id, timesTold(page)]).toEqual([as.id, [1]]);
      expect(seqsOf(page)).toEqual([...seqsOf(page)].sort((a, b) => a - b));
    }
    // Whoever sees everything was told of every event.
    const [[, all]] = pages as [(typeof pages)[number]];
    const seqs = seqsOf(all);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (__, n) => seqs[0]! + n));
    const [, atReception] = pages[1]!;
    expect(atReception.of("gone").map(({ conversationId }) => conversationId)).toContain(one);
  }, 120_000);

  test("what happens between a snapshot and hearing on is told once, whichever is faster (F81)", async () => {
    const storage = await open();
    let hold: Promise<unknown> = Promise.resolve();
    let held: (() => void) | null = null;
    const slow: Storage = new Proxy(storage, {
      get(target, verb) {
        if (verb !== "snapshot") return (target[verb as keyof Storage] as (...args: unknown[]) => unknown).bind(target);
        return async (query: Parameters<Storage["snapshot"]>[0]) => {
          const read = await storage.snapshot(query);
          held?.();
          await hold;
          return read;
        };
      },
    });
    const node = await started({ storage: slow });
    // Somebody watches already, so that news are read while the snapshot is on its way; and nobody does.
    for (const isWatched of [true, false]) {
      const before = `before ${String(isWatched)}`;
      await node.writes(before);
      await node.showing(before);
      if (isWatched) await node.watches(manager);
      let release: () => void = () => undefined;
      hold = new Promise<void>((resolve) => (release = resolve));
      const reached = new Promise<void>((resolve) => (held = resolve));
      const page = await node.connects({ ...manager, id: `late-${String(isWatched)}` });
      await reached;
      held = null;
      for (const text of ["between 1", "between 2"]) {
        await node.writes(`${text} ${String(isWatched)}`);
        await node.showing(`${text} ${String(isWatched)}`);
      }
      release();
      hold = Promise.resolve();
      await page.hears("live");
      await node.writes(`after ${String(isWatched)}`);
      await page.hears(
        "conversation",
        ({ conversation }) => conversation.lastMessagePreview === `after ${String(isWatched)}`,
      );
      await caughtUp(node, page, manager);
      const received = page
        .of("event")
        .flatMap(({ event, message }) =>
          event.type === "message.received" && message?.content.type === "text" ? [message.content.text] : [],
        );
      expect(received).toEqual([
        `between 1 ${String(isWatched)}`,
        `between 2 ${String(isWatched)}`,
        `after ${String(isWatched)}`,
      ]);
      expect(timesTold(page)).toEqual([1]);
    }
  });

  test("whoever was away goes on where they were, and what leads nowhere begins anew (F78, T58)", async () => {
    const node = await started({ storage: await open(), live: { catchUpEvents: 20 } });
    await someConversations(node);
    const page = await node.watches(manager);
    const resume = page.cursors();
    page.leaves();
    await page.ends();
    for (const n of [1, 2, 3]) {
      await node.writes(`while away ${String(n)}`);
      await node.showing(`while away ${String(n)}`);
    }
    const back = await node.watches(manager, { resume });
    // What this process has not read yet is told as it reads it.
    const received = () => back.of("event").filter(({ event }) => event.type === "message.received").length;
    await eventually("all three are told", () => Promise.resolve(received() >= 3));
    await back.hears("conversation", ({ conversation }) => conversation.lastMessagePreview === "while away 3");
    expect(back.of("snapshot")).toEqual([]);
    expect(received()).toBe(3);
    expect([...timesTold(back)]).toEqual([1]);

    // The places are the same for everybody: what they show, is by the rights of whoever comes with them.
    const thief = await node.watches(seasider, { resume });
    expect([thief.of("resync_required").length, thief.shows.size, thief.told.size]).toEqual([1, 0, 0]);
    const { "*": _rights, ...places } = resume;
    const stale: Record<string, string>[] = [
      {},
      places,
      { ...resume, grand: `${resume["grand"]!.slice(0, -2)}xx` },
      { ...resume, grand: resume["seaside"]! },
      { ...resume, grand: "" },
      { "*": resume["*"]! },
    ];
    for (const [n, wrong] of stale.entries()) {
      const again = await node.watches({ ...manager }, { resume: wrong });
      expect([n, again.of("resync_required").length, again.shows.size]).toEqual([n, 1, 3]);
      again.leaves();
      await again.ends();
    }
    // Another storage's log has other events at those places.
    const restored = await started();
    await someConversations(restored);
    const elsewhere = await restored.watches(manager, { resume });
    expect([elsewhere.of("resync_required").length, elsewhere.shows.size]).toEqual([1, 3]);

    // So much that a snapshot is cheaper.
    for (let n = 0; n < 25; n++) await node.writes(`much ${String(n)}`);
    await back.hears("conversation", ({ conversation }) => conversation.lastMessagePreview === "much 24");
    const late = await node.watches(manager, { resume });
    expect([late.of("resync_required").length, late.of("snapshot").length]).toEqual([1, 1]);
  }, 120_000);
});

test("whoever is connected to a process that dies goes on at another, with nothing lost and nothing twice (F79)", async () => {
  const [first, second] = (await nodesOnPostgres(2)) as [Node, Node];
  const [one] = await someConversations(first);
  const page = await first.watches(manager);
  for (const n of [1, 2]) await first.writes(`before ${String(n)}`);
  await page.hears("conversation", ({ conversation }) => conversation.lastMessagePreview === "before 2");
  await eventually("it knows where it is", () => Promise.resolve(page.of("upTo").length > 0));
  const [resume, told] = [page.cursors(), new Set(page.told.keys())];
  page.socket.terminate();
  await first.desk.stop();
  await second.writes("meanwhile");
  await second.showing("meanwhile");
  const back = await second.watches(manager, { resume });
  await second.writes("afterwards");
  await back.hears("conversation", ({ conversation }) => conversation.lastMessagePreview === "afterwards");
  expect(back.of("snapshot")).toEqual([]);
  const seqs = [...told, ...back.told.keys()].map((key) => Number(key.split("/")[1])).sort((a, b) => a - b);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, n) => seqs[0]! + n));

  // A command whose answer was lost is done again at the other: one message, the same answer (F80, T71).
  const command = { type: "command", do: "note", on: one, body: { clientMessageId: "c1", text: "once" } };
  back.says({ ...command, id: "1" });
  const done = await back.hears("done", ({ id }) => id === "1");
  const third = await second.watches(manager);
  for (const id of ["2", "3"]) third.says({ ...command, id });
  const again = [await third.hears("done", ({ id }) => id === "2"), await third.hears("done", ({ id }) => id === "3")];
  expect(again.map(({ answer }) => answer)).toEqual([done.answer, done.answer]);
  const { items } = await second.desk.as(manager).messages(one, { limit: 100 });
  expect(items.filter(({ clientMessageId }) => clientMessageId === "c1")).toHaveLength(1);
});

test("without any bus a page hears of another process's news within 5 s", async () => {
  const [first, second] = (await nodesOnPostgres(2)) as [Node, Node];
  await someConversations(first);
  const page = await second.watches(manager);
  const began = performance.now();
  await first.writes("from elsewhere");
  await page.hears("conversation", ({ conversation }) => conversation.lastMessagePreview === "from elsewhere");
  expect(performance.now() - began).toBeLessThan(5_000);
});

test("with a bus news, signals and lost rights are there at once, on whichever process somebody is", async () => {
  const database = await freshDatabase();
  ends.push(() => database.drop());
  const bus = memoryBus();
  const options = () => ({
    storage: postgresStorage(database.pool),
    live: { pollMs: 60_000, revocationsMs: 10_000 },
    manager: { realtime: memoryRealtime(bus) },
  });
  const [first, second] = [await started(options()), await started(options())];
  const [one] = await someConversations(first);
  const [here, there] = [await first.watches(receptionist), await second.watches(manager)];
  await first.writes("news", "12025550101");
  await there.hears("conversation", ({ conversation }) => conversation.lastMessagePreview === "news");
  there.says({ type: "signal", kind: "viewing", conversationId: one });
  expect((await here.hears("signal")).by.id).toBe(manager.id);
  await second.desk.rightsChanged({ kind: "staff", id: receptionist.id });
  expect((await here.ends(2_000)).reason).toBe("rights_changed");
  there.leaves();
});

test("whose rights are gone hears nothing after a second, and is disconnected from every process, each of them (T57)", async () => {
  const count = Number(process.env["REVOKED"] ?? 10);
  const [first, second] = (await nodesOnPostgres(2, { live: { pollMs: 200 } })) as [Node, Node];
  await someConversations(first);
  const people = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const as = { ...receptionist, id: `staff_${String(n)}` };
      const pages = [await first.watches(as), await second.watches(as)];
      const seen = { heardAt: 0, closedAt: [] as number[] };
      for (const { socket } of pages) {
        socket.on("message", (data: Buffer) => data.includes(`"event"`) && (seen.heardAt = performance.now()));
        socket.on("close", () => seen.closedAt.push(performance.now()));
      }
      return { as, pages, seen };
    }),
  );
  const colleague = await second.watches(manager);
  const busy = setInterval(() => void first.writes("news"), 50);
  await eventually("they hear", () =>
    Promise.resolve(people.every(({ pages }) => pages.every((page) => page.told.size > 2))),
  );
  const took = await Promise.all(
    people.map(async ({ as, pages, seen }, n) => {
      await new Promise((resolve) => setTimeout(resolve, n * 30));
      const revokedAt = performance.now();
      await (n % 2 === 0 ? first : second).desk.rightsChanged({ kind: "staff", id: as.id });
      const ended = await Promise.all(pages.map((page) => page.ends(10_000)));
      expect(ended).toEqual([0, 1].map(() => ({ code: CLOSE.rights_changed.code, reason: "rights_changed" })));
      return { heardMs: seen.heardAt - revokedAt, closedMs: Math.max(...seen.closedAt) - revokedAt };
    }),
  );
  clearInterval(busy);
  expect(took).toHaveLength(count);
  expect(took.filter(({ heardMs, closedMs }) => heardMs >= 1_000 || closedMs >= 2_000)).toEqual([]);
  // All of them heard of everything until then.
  expect(people.every(({ seen }) => seen.heardAt > 0)).toBe(true);
  expect(colleague.isClosed()).toBe(false);
  // Whoever still has rights proves them, and is back.
  await second.watches(receptionist);
}, 120_000);

test("rights that change while somebody is being recognised count (T57)", async () => {
  let recognised: (() => void) | null = null;
  let go: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => (go = resolve));
  const node = await started({
    gateway: {
      authenticate: async () => {
        recognised?.();
        await waits;
        return receptionist;
      },
    },
  });
  const reached = new Promise<void>((resolve) => (recognised = resolve));
  const client = await node.connects(receptionist);
  await reached;
  await node.desk.rightsChanged({ kind: "staff", id: receptionist.id });
  go();
  expect((await client.ends()).reason).toBe("rights_changed");
  expect(client.of("snapshot")).toEqual([]);
});

describe("a guest's own chat (S22)", () => {
  test("hears what was said to them and by them, and nothing that staff say among themselves", async () => {
    const node = await started();
    const [one, two] = await someConversations(node);
    const staff = node.desk.as(admin);
    const { items } = await staff.conversations();
    const own = items.find(({ id }) => id === one)!;
    const page = await node.watches(guestOf(own));
    expect([...page.shows.keys()]).toEqual([one]);
    const say = (id: string) => ({ clientMessageId: id, content: { type: "text", text: `answer ${id}` } }) as const;
    await staff.note(one, { clientMessageId: "n", text: "SECRET about the guest", mentions: ["staff_x"] });
    await staff.reply(two, say("SECRET"));
    await staff.tag(one, { add: ["SECRET"] });
    await staff.assign(one, { assigneeId: "SECRET" });
    await staff.setPriority(one, { priority: "urgent" });
    await staff.transfer(one, { departmentId: "housekeeping", reason: "SECRET" });
    await staff.markRead(one);
    await staff.takeover(one);
    await staff.reply(one, say("hello"));
    await node.writes("thanks", "12025550101");
    await page.hears("event", ({ message }) => message?.content.type === "text" && message.content.text === "thanks");
    await staff.close(one);
    await page.hears("event", ({ event }) => event.type === "conversation.closed");
    const types = new Set(page.of("event").map(({ event }) => event.type));
    expect(types).toEqual(
      new Set([
        "message.queued",
        "message.received",
        "conversation.closed",
        ...[...types].filter((type) => type === "message.status"),
      ]),
    );
    expect(page.frames.filter((frame) => /SECRET|staff_admin|urgent/.test(JSON.stringify(frame)))).toEqual([]);
    expect(
      page
        .of("event")
        .filter(
          ({ event, message }) =>
            event.conversationId !== one || (message !== null && message.direction === "internal"),
        ),
    ).toEqual([]);
    expect(
      page
        .of("event")
        .map(({ message }) => message?.failure ?? null)
        .filter((failure) => failure !== null),
    ).toEqual([]);

    // They write on WhatsApp, and are not told who types.
    page.says({ type: "command", id: "1", do: "reply", on: one, body: say("x") });
    expect((await page.hears("refused")).error.code).toBe("not_found");
    page.says({ type: "signal", kind: "typing", conversationId: one });
    const colleague = await node.watches(manager);
    colleague.says({ type: "signal", kind: "typing", conversationId: two });
    page.says({ type: "ping" });
    await page.hears("pong");
    expect([page.of("signal"), colleague.of("signal")]).toEqual([[], []]);
  });

  test("ends when they turn out to be somebody else too, and then shows what either wrote", async () => {
    const node = await started();
    const [one, two] = await someConversations(node);
    const staff = node.desk.as(admin);
    const { items } = await staff.conversations();
    const [first, second] = [one, two].map((id) => items.find((each) => each.id === id)!);
    const page = await node.watches(guestOf(first!));
    const resume = page.cursors();
    await staff.mergeGuests({ guestId: second!.guest.id, into: first!.guest.id });
    expect((await page.ends()).reason).toBe("rights_changed");
    // Under either id, and although the places are good.
    for (const guest of [first, second]) {
      const back = await node.watches(guestOf(guest!), { resume });
      expect([back.of("resync_required").length, [...back.shows.keys()].sort()]).toEqual([1, [one, two].sort()]);
    }
  });
});

test("colleagues see who types where they may look, until that is over or the page is closed", async () => {
  const node = await started();
  const [one] = await someConversations(node);
  const [anna, ben, keys, sea] = [
    await node.watches({ ...receptionist, id: "anna", name: "Anna" }),
    await node.watches({ ...receptionist, id: "ben" }),
    await node.watches(housekeeper),
    await node.watches(seasider),
  ];
  anna.says({ type: "signal", kind: "typing", conversationId: one });
  const { connectionId: _, ...seen } = await ben.hears("signal");
  expect(seen).toEqual({
    type: "signal",
    kind: "typing",
    hotelId: "grand",
    conversationId: one,
    by: { id: "anna", name: "Anna" },
  });
  // Nobody says anything about what they may not see.
  keys.says({ type: "signal", kind: "typing", conversationId: one });
  sea.says({ type: "signal", kind: "viewing", conversationId: "con_none" });
  anna.leaves();
  await ben.hears("signal", ({ kind }) => kind === "left");
  await node.desk.as(admin).transfer(one, { departmentId: "housekeeping" });
  await keys.hears("conversation");
  keys.says({ type: "signal", kind: "viewing", conversationId: one });
  await node.writes("a last word", "12025550101");
  await ben.hears("upTo", () => true);
  expect([anna, keys, sea].map((page) => page.of("signal").length)).toEqual([0, 0, 0]);
  expect(ben.of("signal").map(({ kind, by }) => `${by.id} ${kind}`)).toEqual(["anna typing", "anna left"]);
});

test("a hotel's news are read once, however many watch, and those who see nothing of them are told so (M7)", async () => {
  const storage = memoryStorage();
  let reads = 0;
  const counting: Storage = { ...storage, news: (query) => (reads++, storage.news(query)) };
  const node = await started({ storage: counting, live: { connectionsPerPrincipal: 100 } });
  await someConversations(node);
  const pages = await Promise.all(
    Array.from({ length: 60 }, (_, n) => node.watches(n % 2 === 0 ? manager : receptionist)),
  );
  reads = 0;
  await node.writes("news for all");
  await Promise.all(
    pages.map((page) =>
      page.hears("conversation", ({ conversation }) => conversation.lastMessagePreview === "news for all"),
    ),
  );
  expect(reads).toBeLessThan(10);
  const keys = await node.watches(housekeeper);
  const told = keys.of("upTo").length;
  await node.writes("not for housekeeping", "12025550101");
  await eventually("they know how far the log is", () => Promise.resolve(keys.of("upTo").length > told), 60_000);
  expect(keys.told.size).toBe(0);
});

test("a hotel group that wants short lines has forty characters of each message, in lists, pages and answers, and all of it in the conversation (S33)", async () => {
  const node = await started({ manager: { lists: { previewGraphemes: 40 } } });
  const page = await node.watches(manager);
  const staff = node.desk.as(manager);
  for (const [n, said] of ["a".repeat(50), "👨‍👩‍👧‍👦".repeat(50)].entries()) {
    const letter = said.slice(0, said.length / 50);
    await node.writes(said, `1202555010${String(n)}`);
    const { id } = await node.showing(letter.repeat(40));
    expect((await page.hears("conversation", (frame) => frame.conversation.id === id)).conversation).toMatchObject({
      lastMessagePreview: letter.repeat(40),
    });
    expect((await node.watches(manager)).shows.get(id)?.lastMessagePreview).toBe(letter.repeat(40));
    expect((await staff.setPriority(id, { priority: "high" })).lastMessagePreview).toBe(letter.repeat(40));
    const { items } = await staff.messages(id);
    expect(items.find(({ direction }) => direction === "inbound")?.content).toEqual({ type: "text", text: said });
  }
  // What is stored stays as long as it was.
  const { state } = await node.storage.loadConversation({
    reach: "everything",
    conversationId: (await staff.conversations()).items[0]!.id,
    client: null,
    template: null,
  });
  expect([...new Intl.Segmenter().segment(state!.conversation.lastMessagePreview)]).toHaveLength(50);
});

test("hundreds of pages come back at once: all are live, and the storage is asked by a few at a time (F77)", async () => {
  const pages = Number(process.env["PAGES"] ?? 200);
  const database = await freshDatabase();
  ends.push(() => database.drop());
  const storage = postgresStorage(database.pool);
  let asking = 0;
  let most = 0;
  const watched: Storage = new Proxy(storage, {
    get(target, verb) {
      const run = (target[verb as keyof Storage] as (...args: unknown[]) => Promise<unknown>).bind(target);
      if (!["snapshot", "news", "heads"].includes(String(verb))) return run;
      return async (...args: unknown[]) => {
        most = Math.max(most, ++asking);
        return run(...args).finally(() => (asking -= 1));
      };
    },
  });
  const first = await started({ storage });
  await someConversations(first);
  const who = (n: number): StaffPrincipal => ({ ...(n % 2 === 0 ? manager : receptionist), id: `staff_${String(n)}` });
  const before = await Promise.all(Array.from({ length: pages }, (_, n) => first.watches(who(n))));
  await first.writes("a last word");
  await eventually("all know", () =>
    Promise.resolve(before.every((page, n) => n % 2 === 1 || page.of("upTo").length > 0)),
  );
  const places = before.map((page) => page.cursors());
  const second = await started({ storage: watched });
  for (const page of before) page.socket.terminate();
  const began = performance.now();
  const after = await Promise.all(places.map((resume, n) => second.watches(who(n), { resume })));
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(after.filter((page) => page.of("resync_required").length > 0 || page.isClosed())).toEqual([]);
  // Four that catch up, and four reads of the process's own.
  expect(most).toBeLessThanOrEqual(8);
  expect(second.logged.filter(({ message }) => message.includes("live"))).toEqual([]);
  expect(second.desk.live.counts()).toMatchObject({ connections: pages, live: pages, addresses: 0, audiences: 2 });
}, 120_000);
