import fc from "fast-check";
import { expect } from "vitest";
import type { Page, PagePoint } from "../../../src/index.js";
import { aConversation, anAuditEntry, anInboundMessage, anItem } from "../../../src/testing/index.js";
import { minutesAfterNoon, within } from "../../../src/testing/contract/builders.js";
import {
  aKnownGuest,
  claim,
  commit,
  completing,
  conversationOf,
  from,
  nowOf,
  remember,
  stored,
} from "../../../src/testing/contract/steps.js";
import type { FreshSubject, Subject } from "./subject.js";

/** A list that somebody turns the pages of, while somebody else writes. `P` is where a page begins. */
interface Listed<P> {
  readonly page: (from: P | null, limit: number) => Promise<Page<{ readonly id: string; readonly key: P }, P>>;
  /** Puts rows into it; those of one call come at one moment. */
  readonly add: (ids: readonly string[]) => Promise<void>;
  /** Moves a row of it, or takes it out, one way or another. */
  readonly move: (id: string, n: number) => Promise<void>;
  /** Whether moving the one row may have moved the other. */
  readonly moves: (moved: string, id: string) => boolean;
  readonly isBelow: (key: P, other: P) => boolean;
}

const isTheSame = (moved: string, id: string): boolean => moved === id;

const isBelowPoint = (a: PagePoint, b: PagePoint): boolean =>
  a.at.getTime() < b.at.getTime() || (a.at.getTime() === b.at.getTime() && a.id < b.id);

/** By their newest message: a conversation that somebody writes in moves to the top. */
async function conversations({ storage, hotelId }: Subject): Promise<Listed<PagePoint>> {
  const guest = await aKnownGuest(storage, { hotelId });
  let minute = 0;
  return {
    isBelow: isBelowPoint,
    moves: isTheSame,
    async page(after, limit) {
      const query = { reach: within([hotelId, "all"]), hotelId: null, departmentId: null, status: null };
      const { items, next } = await storage.conversations({ ...query, after, limit });
      return {
        items: items.map(({ conversation: { id, lastMessageAt } }) => ({ id, key: { at: lastMessageAt, id } })),
        next,
      };
    },
    async add(ids) {
      minute += 1;
      for (const id of ids)
        await stored(
          storage,
          aConversation(id, guest, { departmentId: `of ${id}`, lastMessageAt: minutesAfterNoon(minute) }),
        );
    },
    async move(id) {
      minute += 1;
      const conversation = await conversationOf(storage, id);
      await stored(storage, { ...conversation, lastMessageAt: minutesAfterNoon(minute) });
    },
  };
}

/** By their number in the hotel, which no message ever changes; those of a conversation that is continued come in among them. */
async function messages({ storage, hotelId }: Subject): Promise<Listed<number>> {
  const guest = await aKnownGuest(storage, { hotelId });
  const [shown, other] = [`con_${hotelId}`, `con_${hotelId}_other`];
  const say = async (conversationId: string, ids: readonly string[]) => {
    const conversation = await conversationOf(storage, conversationId);
    const first = conversation.lastSeq + 1;
    const said = ids.map((id, index) => anInboundMessage(id, conversation, first + index));
    await stored(storage, { ...conversation, lastSeq: conversation.lastSeq + ids.length }, said);
  };
  await stored(storage, aConversation(shown, guest));
  await stored(storage, aConversation(other, guest, { departmentId: null }));
  return {
    isBelow: (a, b) => a < b,
    moves: (_, id) => id.startsWith("other_"),
    async page(before, limit) {
      const page = await storage.messages({ reach: "everything", conversationId: shown, before, limit });
      return { items: page!.items.map(({ id, eventSeq }) => ({ id, key: eventSeq })), next: page!.next };
    },
    async add(ids) {
      await say(other, [`other_${ids.join("_")}`]);
      await say(shown, ids);
    },
    /** The other conversation goes on with this one: what was said there is shown here from now on, and back. */
    async move(_id, n) {
      const conversation = await conversationOf(storage, other);
      const closed = { status: "closed", continuedIn: shown } as const;
      await stored(storage, { ...conversation, ...(n % 2 === 0 ? closed : { status: "open", continuedIn: null }) });
    },
  };
}

/** By when it died; what is replayed leaves the list, and comes back at the top when it dies again. */
function dead({ storage, hotelId }: Subject): Listed<PagePoint> {
  const fail = async () => {
    const { lanes } = await claim(storage);
    await storage.fail(lanes.map((lane) => ({ lane, workId: lane.items[0]!.id, code: "internal", retryInMs: null })));
  };
  let replays = 0;
  return {
    isBelow: isBelowPoint,
    moves: isTheSame,
    async page(before, limit) {
      const { items, next } = await storage.dead({ reach: within([hotelId, "all"]), before, limit });
      return { items: items.map(({ id, deadAt }) => ({ id, key: { at: deadAt, id } })), next };
    },
    async add(ids) {
      const now = await nowOf(storage);
      await remember(
        storage,
        ...ids.map((id, index) => anItem(id, now, { hotelId, ...from(`1202555010${String(index)}`) })),
      );
      await fail();
    },
    async move(id, n) {
      replays += 1;
      const { actor, reason } = anAuditEntry("", id);
      const audit = { id: `aud_${id}_${String(replays)}`, actor, reason, action: "dead.replay" };
      await storage.replay({
        reach: "everything",
        workId: id,
        audit: { ...audit, target: { kind: "work", id } },
      });
      if (n % 2 === 0) return fail();
      for (const lane of (await claim(storage)).lanes) await commit(storage, completing(lane));
    },
  };
}

/** By when it came. It stays where it is, and what comes again is not there twice. */
function kept({ storage, hotelId }: Subject): Listed<PagePoint> {
  const comes = async (ids: readonly string[]) => {
    const now = await nowOf(storage);
    await remember(storage, ...ids.map((id) => anItem(id, now, { hotelId, kind: "unknown_field", chat: null })));
  };
  return {
    isBelow: isBelowPoint,
    moves: () => false,
    async page(before, limit) {
      const { items, next } = await storage.kept({ reach: within([hotelId, "all"]), before, limit });
      return { items: items.map(({ id, receivedAt }) => ({ id, key: { at: receivedAt, id } })), next };
    },
    add: comes,
    move: (id, n) => comes([`${id}_${String(n)}_again`]),
  };
}

type Opens<P> = (subject: Subject) => Listed<P> | Promise<Listed<P>>;

const writes = fc.record({
  adds: fc.boolean(),
  count: fc.integer({ min: 1, max: 3 }),
  n: fc.nat({ max: 50 }),
});
interface Write {
  readonly adds: boolean;
  readonly count: number;
  readonly n: number;
}

/** When the others write: whenever a page has been read, or all the while. */
export type Meeting = "between pages" | "at once";

/**
 * The law: a row that is there when the first page is read, and that nobody moves, stands on exactly one page, where it
 * stood in the list; every other row stands on one page at most; and the pages go down.
 */
function pagesLaw<P>(fresh: FreshSubject, opens: Opens<P>, meeting: Meeting) {
  const rows = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 9 });
  const some = fc.array(writes, { minLength: 1, maxLength: 10 });
  const limits = fc.integer({ min: 1, max: 3 });
  return fc.asyncProperty(rows, fc.boolean(), limits, some, async (moments, moveFirst, limit, story) => {
    const subject = await fresh();
    const list = await opens(subject);
    let serial = 0;
    const add = (count: number) =>
      list.add(
        Array.from({ length: count }, () => {
          serial += 1;
          // Not in the order in which they come.
          return `row_${subject.hotelId}_${String((serial * 7) % 10)}_${String(serial)}`;
        }),
      );
    for (const count of moments) await add(count);
    const listed = async () => (await list.page(null, 100)).items.map(({ id }) => id);
    if (moveFirst) await list.move((await listed())[0]!, 0);
    const before = await listed();

    const moved: string[] = [];
    const write = async ({ adds, count, n }: Write) => {
      if (adds) return add(count);
      const id = before[n % before.length]!;
      moved.push(id);
      await list.move(id, n);
    };
    const paged: { readonly id: string; readonly key: P }[] = [];
    const progress = { isRead: false };
    const read = async (after: () => unknown) => {
      let from: P | null = null;
      do {
        const { items, next }: Awaited<ReturnType<Listed<P>["page"]>> = await list.page(from, limit);
        if (next !== null) expect(items).toHaveLength(limit);
        paged.push(...items);
        from = next;
        await after();
      } while (from !== null);
    };
    if (meeting === "between pages") {
      const waiting = [...story];
      await read(() => waiting[0] && write(waiting.shift()!));
    } else {
      const reading = read(() => undefined).finally(() => (progress.isRead = true));
      const writing = (async () => {
        for (let n = 0; !progress.isRead; n++) await write(story[n % story.length]!);
      })();
      await Promise.all([reading, writing]);
    }

    const stays = (id: string) => !moved.some((one) => list.moves(one, id));
    const ids = paged.map(({ id }) => id);
    expect(ids.filter((id) => before.includes(id) && stays(id))).toEqual(before.filter(stays));
    expect(new Set(ids).size).toBe(ids.length);
    for (const [index, { key }] of paged.slice(1).entries())
      expect(list.isBelow(key, paged[index]!.key), "pages go down").toBe(true);
  });
}

/** The law for each list that has pages, by what stands in it. */
export const pagesLaws = (fresh: FreshSubject, meeting: Meeting) =>
  ({
    conversations: pagesLaw(fresh, conversations, meeting),
    messages: pagesLaw(fresh, messages, meeting),
    "dead work": pagesLaw(fresh, dead, meeting),
    "what is kept aside": pagesLaw(fresh, kept, meeting),
  }) as const;
