import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { applied } from "../../src/decide/fold.js";
import { decideItem } from "../../src/decide/item.js";
import { ConversationError, type Conversation, type Hotel, type Message, type Storage } from "../../src/index.js";
import { BUILT_IN_ROLES } from "../../src/domain/access.js";
import { noChange } from "../../src/domain/change.js";
import type { Prompt } from "../../src/domain/prompt.js";
import { SERVICE_WINDOW_MS } from "../../src/domain/service-window.js";
import { silentLogger } from "../../src/ports/logger.js";
import { sealedCursors } from "../../src/runtime/cursor.js";
import { deskFor } from "../../src/runtime/desk.js";
import { flowBook } from "../../src/flow/book.js";
import { inboundWork } from "../../src/runtime/inbound-work.js";
import { receipts } from "../../src/runtime/receipts.js";
import { receiver } from "../../src/runtime/receive.js";
import { aReport, manualClock } from "../../src/testing/index.js";
import { claim, LEASE_MS, pagesOf, RETENTION_MS } from "../../src/testing/contract/steps.js";
import { grand, HOUR, MINUTE, NOON, NUMBER, SECOND } from "../decide/world.js";
import { APP_SECRET, delivery, manager, type GuestText } from "../harness/hotel.js";

const SECOND_NUMBER = "200000000000011";
const PHONES = ["12025550101", "12025550102"] as const;
const DEPARTMENTS = grand.departments.map(({ id }) => id);

const nth = fc.nat({ max: 40 });
/** What a guest does on the phone. */
const said = fc.oneof(
  fc.record({
    kind: fc.constant("types" as const),
    text: fc.constantFrom("hello", "1", "2", "3", "9", "reception", "CAFE ELYSEE", "room 12"),
  }),
  fc.record({ kind: fc.constant("taps" as const), whose: fc.constant("own" as const), nth }),
  /** `own` options may stand in a menu of long ago. */
  fc.record({ kind: fc.constant("taps" as const), whose: fc.constantFrom("own", "another's", "nobody's"), nth }),
  fc.record({ kind: fc.constant("quotes" as const), whose: fc.constantFrom("own", "own", "another's"), nth }),
);
const writes = fc.record({
  does: fc.constant("write" as const),
  phone: fc.constantFrom(...PHONES),
  number: fc.constantFrom(NUMBER, NUMBER, SECOND_NUMBER),
  /** How late it is delivered; below 0 for a phone whose clock is wrong. */
  late: fc.constantFrom(0, 0, 0, 10 * SECOND, 3 * HOUR, 30 * HOUR, -HOUR),
  said,
});
const staff = fc.record({
  does: fc.constantFrom("reply" as const, "transfer" as const, "close" as const, "reopen" as const, "read" as const),
  nth,
  department: fc.constantFrom(...DEPARTMENTS),
});
const works = fc.record({
  does: fc.constant("work" as const),
  items: fc.integer({ min: 1, max: 4 }),
  /** What staff do after the state was read and before the decision is stored. */
  meanwhile: fc.option(staff, { freq: 2 }),
  dies: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
const steps = fc.oneof(
  { weight: 6, arbitrary: writes },
  { weight: 5, arbitrary: works },
  { weight: 4, arbitrary: staff },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("again" as const), nth }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("wait" as const),
      ms: fc.constantFrom(SECOND, MINUTE, 2 * MINUTE - SECOND, 2 * MINUTE, 3 * HOUR, 24 * HOUR, 25 * HOUR),
    }),
  },
);
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;
type StaffStep = typeof staff extends fc.Arbitrary<infer S> ? S : never;
type Said = typeof said extends fc.Arbitrary<infer S> ? S : never;

/** What was written, and what the rules say of it. */
interface Written {
  readonly text: GuestText;
  readonly sentAt: number;
  /** When it was decided, the last time; no guest wrote later than that. */
  decidedAt: number;
  readonly tapped: { readonly departmentId: string | null } | null;
}

const CHOICES: ReadonlySet<string> = new Set(["answered_prompt", "chose_by_number", "chose_by_name"]);

/** A hotel with its staff and two guests, told step by step; the deciding, the storing and the staff's commands are the real ones. */
class Hotels {
  readonly clock = manualClock(NOON);
  readonly written = new Map<string, Written>();
  readonly prompts: Prompt[] = [];
  readonly closedByStaff = new Set<string>();
  readonly #storage: Storage = memoryStorage({ clock: this.clock });
  readonly #hotel: Hotel;
  readonly #work;
  readonly #door;
  readonly #desk;
  #serial = 0;
  /** Done by somebody else when the next state has been read, before what is decided on it is stored. */
  #meanwhile: (() => Promise<void>) | null = null;

  constructor(onIdle: Hotel["onIdle"]) {
    this.#hotel = { ...grand, onIdle, numbers: [...grand.numbers, { phoneNumberId: SECOND_NUMBER, accessToken: "t" }] };
    const hotels = {
      byId: (id: string) => Promise.resolve(id === this.#hotel.id ? this.#hotel : null),
      byNumber: () => Promise.resolve(this.#hotel),
    };
    const storage: Storage = {
      ...this.#storage,
      loadChats: (keys) => this.#interrupted(this.#storage.loadChats(keys)),
      loadConversation: (key) => this.#interrupted(this.#storage.loadConversation(key)),
      commit: async (hotelId, changes) => {
        const result = await this.#storage.commit(hotelId, changes);
        if (result.outcome === "committed") this.prompts.push(...changes.flatMap(({ change }) => change.prompts));
        return result;
      },
    };
    const ids = () => `i${String(++this.#serial)}`;
    const nothing = () => undefined;
    const cursors = sealedCursors([APP_SECRET]);
    const common = { storage, hotels, ids, cursors, random: () => 0, logger: silentLogger, publish: nothing };
    this.#work = inboundWork({
      ...common,
      retry: { baseMs: 1, capMs: 1, attempts: 5 },
      decide: (...asked) => this.#decide(...asked),
      wake: nothing,
    });
    this.#door = receiver({
      ...common,
      appSecrets: [APP_SECRET],
      dedupRetentionMs: RETENTION_MS,
      maskCardNumbers: true,
      deadlineMs: MINUTE,
      wake: nothing,
    });
    this.#desk = deskFor(manager, {
      ...common,
      roles: BUILT_IN_ROLES,
      flows: flowBook([]),
      transport: {},
      receipts: receipts({ ...common, transport: {} }),
      findGuest: () => Promise.resolve(null),
      media: null,
      wake: nothing,
    });
  }

  async #interrupted<T>(loading: Promise<T>): Promise<T> {
    const loaded = await loading;
    const act = this.#meanwhile;
    this.#meanwhile = null;
    await act?.();
    return loaded;
  }

  /** Each decision is made twice, and names the same things; on what it changed itself there is nothing left to decide. */
  #decide(...[state, input, hotel, now]: Parameters<typeof decideItem>): ReturnType<typeof decideItem> {
    const change = decideItem(state, input, hotel, now);
    expect(decideItem(state, input, hotel, now)).toEqual(change);
    const [message] = change.messages;
    expect(decideItem(applied(state, change, now), input, hotel, now)).toEqual(noChange(hotel.id));
    const named = [...change.messages, ...change.prompts, ...change.work].map(({ id }) => id);
    for (const id of named) expect(id).toContain(input.workId);

    const conversation = change.conversations.find(({ id }) => id === message?.conversationId);
    expect(conversation?.status, "a message goes into an open conversation (F38)").toBe("open");
    expect(conversation?.guestId).toBe(state.guest.id);
    const written = this.written.get(input.item.wamid)!;
    const { tapped } = written;
    written.decidedAt = now.getTime();
    const codes = message?.reasons.map(({ code }) => code) ?? [];
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.includes("answered_prompt")).toBe(tapped?.departmentId != null);
    if (tapped?.departmentId != null) expect(conversation?.departmentId).toBe(tapped.departmentId);
    if (codes.some((code) => CHOICES.has(code))) {
      const { conversations } = applied(state, change, now);
      const waiting = conversations.filter(({ status, departmentId }) => status === "open" && departmentId === null);
      expect(waiting, "what was written before the choice goes along").toEqual([]);
    }
    return change;
  }

  async tell(step: Step): Promise<void> {
    switch (step.does) {
      case "write":
        return this.#write(step);
      case "again": {
        const text = [...this.written.values()][step.nth % this.written.size]?.text;
        if (text !== undefined) await this.#deliver(text);
        return;
      }
      case "wait":
        this.clock.advance(step.ms);
        return;
      case "work": {
        const { meanwhile } = step;
        if (meanwhile !== null) this.#meanwhile = () => this.#command(meanwhile);
        await this.#workOnce(step.items, step.dies);
        this.#meanwhile = null;
        return this.#sendAll();
      }
      default:
        return this.#command(step);
    }
  }

  async #write({ phone, number, late, said }: Extract<Step, { does: "write" }>): Promise<void> {
    const wamid = `wamid.${String(this.written.size + 1)}`;
    const sentAt = this.clock.now().getTime() - late;
    const { body, tapped } = await this.#bodyOf(said, phone);
    const message = { from: phone, from_user_id: `US.${phone}`, id: wamid, timestamp: String(sentAt / SECOND) };
    const text: GuestText = { from: phone, wamid, text: "", number, instead: { ...message, ...body } };
    this.written.set(wamid, { text, sentAt, decidedAt: Infinity, tapped });
    await this.#deliver(text);
  }

  async #bodyOf(said: Said, phone: string): Promise<{ readonly body: object; readonly tapped: Written["tapped"] }> {
    if (said.kind === "types") return { body: { type: "text", text: { body: said.text } }, tapped: null };
    if (said.kind === "quotes") {
      const sayings = (await this.messages()).filter(({ wamid }) => wamid !== null);
      const guests = await this.#guests();
      const ofWhom = sayings.filter(({ guestId }) => (guestId === guests.get(phone)) === (said.whose === "own"));
      const id = ofWhom[said.nth % ofWhom.length]?.wamid ?? "wamid.unknown";
      return { body: { type: "text", text: { body: "about this" }, context: { id } }, tapped: null };
    }
    const guest = (await this.#guests()).get(phone);
    const theirs = this.prompts.filter(({ guestId }) => (guestId === guest) === (said.whose === "own"));
    const menus = theirs.flatMap((prompt) => (prompt.kind === "departmentMenu" ? prompt.options : []));
    const options = said.whose === "nobody's" ? [] : menus;
    const option = options[said.nth % options.length];
    const { id = "prm_invented#1", title = "Free upgrade" } = option ?? {};
    const body = { type: "interactive", interactive: { type: "button_reply", button_reply: { id, title } } };
    return { body, tapped: { departmentId: said.whose === "own" ? (option?.departmentId ?? null) : null } };
  }

  async #deliver(text: GuestText): Promise<void> {
    expect((await this.#door.receive(delivery([text]))).status).toBe(200);
  }

  /** Claims what is due and decides it. @param dies the process ends before it does, and its leases run out */
  async #workOnce(itemsPerLane: number, dies: boolean): Promise<number> {
    const { lanes } = await claim(this.#storage, { itemsPerLane });
    if (dies) this.clock.advance(LEASE_MS);
    else if (lanes.length > 0) await this.#work.handle(lanes);
    return lanes.length;
  }

  async #command({ does, nth, department }: StaffStep): Promise<void> {
    const { items } = await this.#desk.conversations({ limit: 100 });
    const id = items[nth % items.length]?.id;
    if (id === undefined) return;
    try {
      if (does === "transfer") await this.#desk.transfer(id, { departmentId: department });
      else if (does === "close") this.closedByStaff.add((await this.#desk.close(id)).id);
      else if (does === "reopen") await this.#desk.reopen(id);
      else if (does === "read") await this.#desk.markRead(id);
      else {
        const content = { type: "text", text: "Good morning" } as const;
        await this.#desk.reply(id, { clientMessageId: `c${String(++this.#serial)}`, content });
      }
    } catch (error) {
      if (!ConversationError.is(error)) throw error;
      expect(["conversation_closed", "window_closed"]).toContain(error.code);
    }
  }

  /** WhatsApp takes what waits to be sent, so that it can be quoted. */
  async #sendAll(): Promise<void> {
    const queued = (await this.messages()).filter(({ status }) => status === "queued");
    await this.#storage.applyStatuses(
      queued.map(({ id }) => aReport("sent", `wamid.of.${id}`, { hotelId: "grand", correlationId: id })),
    );
  }

  async workOff(): Promise<void> {
    do this.clock.advance(LEASE_MS);
    while ((await this.#workOnce(10, false)) > 0);
  }

  async conversations(): Promise<readonly Conversation[]> {
    const { items } = await this.#storage.conversations({
      reach: "everything",
      hotelId: "grand",
      departmentId: null,
      status: null,
      after: null,
      limit: 1_000,
    });
    return items.map(({ conversation }) => conversation);
  }

  /** Every message there is, where it stands. */
  async messages(): Promise<readonly (Message & { readonly guestId: string })[]> {
    const all = (await this.conversations()).map(async ({ id, guestId }) =>
      (await this.shownIn(id))
        .filter(({ conversationId }) => conversationId === id)
        .map((one) => ({ ...one, guestId })),
    );
    return (await Promise.all(all)).flat().sort((a, b) => a.eventSeq - b.eventSeq);
  }

  /** What a conversation shows to whoever sees the whole hotel. */
  async shownIn(conversationId: string): Promise<readonly Message[]> {
    const pages = await pagesOf<Message, string>(async (cursor) => {
      const page = await this.#desk.messages(conversationId, { limit: 100, ...(cursor !== null && { cursor }) });
      return { items: page.items, next: page.nextCursor };
    });
    return pages.flat();
  }

  async dead(): Promise<number> {
    return (await this.#desk.dead()).items.length;
  }

  /** Phone to guest. */
  async #guests(): Promise<ReadonlyMap<string, string>> {
    const known = [...this.written.values()].map(({ text }) => text);
    const guests = new Map<string, string>();
    for (const { guestId, wamid } of await this.messages()) {
      const from = known.find((text) => text.wamid === wamid)?.from;
      if (from !== undefined) guests.set(from, guestId);
    }
    return guests;
  }

  async windowOf(phoneNumberId: string, guestId: string): Promise<Date | null> {
    const key = { hotelId: "grand", phoneNumberId, guestId, wamids: [], promptIds: [], addresses: [] };
    return (await this.#storage.loadChats([key])).states[0]?.chat?.windowClosesAt ?? null;
  }
}

const policies = fc.constantFrom("menu" as const, "continue" as const);

function oneOpenEach(conversations: readonly Conversation[]): void {
  const open = conversations
    .filter(({ status }) => status === "open")
    .map(({ guestId, departmentId, mode }) => `${guestId} ${String(departmentId)} ${mode}`);
  expect(new Set(open).size).toBe(open.length);
}

test("whatever guests, staff and processes do, each message stands once, in its guest's conversation, in order, and can be seen (F16, F19, F38)", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 50 }), policies, async (story, onIdle) => {
      const hotel = new Hotels(onIdle);
      for (const step of story) {
        await hotel.tell(step);
        oneOpenEach(await hotel.conversations());
      }
      await hotel.workOff();
      expect(await hotel.dead()).toBe(0);
      const conversations = await hotel.conversations();
      oneOpenEach(conversations);

      const messages = await hotel.messages();
      const inbound = messages.filter(({ direction }) => direction === "inbound");
      // Each once, and those of a chat in the order in which they came.
      for (const phone of PHONES) {
        for (const number of [NUMBER, SECOND_NUMBER]) {
          const wrote = [...hotel.written.values()].filter(({ text }) => text.from === phone && text.number === number);
          const wamids = wrote.map(({ text }) => text.wamid);
          const stored = inbound.filter(({ wamid }) => wamids.includes(wamid ?? ""));
          expect(stored.map(({ wamid }) => wamid)).toEqual(wamids);
          expect(new Set(stored.map(({ guestId }) => guestId)).size).toBe(wrote.length > 0 ? 1 : 0);
          const newest = Math.max(...wrote.map(({ sentAt, decidedAt }) => Math.min(sentAt, decidedAt)));
          const closesAt = stored[0] && (await hotel.windowOf(number, stored[0].guestId));
          expect(closesAt?.getTime()).toBe(wrote.length > 0 ? newest + SERVICE_WINDOW_MS : undefined);
        }
      }
      expect(inbound).toHaveLength(hotel.written.size);
      expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);

      for (const { id, lastSeq, continuedIn, status, guestId } of conversations) {
        const own = messages.filter(({ conversationId }) => conversationId === id).map(({ seq }) => seq);
        expect(own).toEqual(Array.from({ length: lastSeq }, (_, index) => index + 1));
        if (continuedIn === null) {
          if (status === "closed") expect(hotel.closedByStaff, "nothing ends by itself").toContain(id);
          continue;
        }
        expect(status).toBe("closed");
        expect(conversations.find((other) => other.id === continuedIn)?.guestId).toBe(guestId);
        // What is gone on with elsewhere is shown there, all of it.
        const there = new Set((await hotel.shownIn(continuedIn)).map((message) => message.id));
        for (const message of await hotel.shownIn(id)) expect(there).toContain(message.id);
      }

      for (const number of [NUMBER, SECOND_NUMBER]) {
        for (const guestId of new Set(conversations.map((conversation) => conversation.guestId))) {
          const menus = hotel.prompts.filter((one) => one.guestId === guestId && one.phoneNumberId === number);
          const times = menus.map(({ createdAt }) => createdAt.getTime());
          for (const [index, at] of times.slice(1).entries())
            expect(at - times[index]!).toBeGreaterThanOrEqual(2 * MINUTE);
        }
      }
      const asked = messages.filter(({ author }) => author.kind === "bot").map(({ id }) => id);
      expect(asked.sort()).toEqual(hotel.prompts.map(({ messageId }) => messageId).sort());
    }),
    { numRuns: 300 },
  );
});
