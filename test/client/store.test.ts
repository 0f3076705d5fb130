import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  answered,
  apply,
  asking,
  EMPTY,
  emptied,
  expired,
  listed,
  opened,
  paged,
  type DeskState,
} from "../../src/client/store.js";
import { openConversations, sendsTo, signalsIn } from "../../src/client/select.js";
import type { ConversationSummaryJson, MessageJson } from "../../src/http/json-types.js";
import type { LiveEventJson, ServerFrame } from "../../src/live/protocol.js";

const NOW = Date.parse("2026-11-10T12:00:00Z");
const time = (minute: number) => new Date(NOW + minute * 60_000).toISOString();

const summary = (
  id: string,
  version: number,
  change: Partial<ConversationSummaryJson> = {},
): ConversationSummaryJson => ({
  id,
  hotelId: "grand",
  departmentId: "reception",
  guest: { id: `gst_${id}`, name: "Tom" },
  status: "open",
  mode: "service",
  speaker: "human",
  assigneeId: null,
  priority: "normal",
  tags: [],
  snoozedUntil: null,
  version,
  lastMessageAt: time(version),
  lastMessagePreview: `version ${String(version)}`,
  unread: 0,
  waitingSince: null,
  window: { open: true, closesAt: time(1440) },
  ...change,
});

const message = (id: string, seq: number, change: Partial<MessageJson> = {}): MessageJson => ({
  id,
  conversationId: "one",
  seq,
  direction: "inbound",
  author: { kind: "guest", id: "gst_one" },
  content: { type: "text", text: id },
  versions: [],
  insteadOf: null,
  revokedAt: null,
  reactions: [],
  attachment: null,
  wamid: null,
  quotes: null,
  translation: null,
  context: null,
  flow: null,
  status: "received",
  failure: null,
  resentAs: null,
  billing: null,
  clientMessageId: null,
  sentAt: time(seq),
  createdAt: time(seq),
  ...change,
});

const event = (seq: number, body: object, conversationId: string | null = "one") =>
  ({ hotelId: "grand", seq, at: time(seq), conversationId, ...body }) as LiveEventJson;
const told = (seq: number, about: MessageJson, type = "message.received"): ServerFrame => ({
  type: "event",
  event: event(seq, { type, messageId: about.id }, about.conversationId),
  message: about,
});
const whole = (items: readonly ConversationSummaryJson[], more = false): ServerFrame => ({
  type: "snapshot",
  items,
  last: true,
  more,
});
const shown = (state: DeskState, id = "one") => state.threads[id]?.messages.map((m) => m.id);

describe("a hotel's history, told to somebody who comes and goes", () => {
  /**
   * A desk of three conversations and its log. What is told of an event is the state by the time of reading, as the desk does it; a
   * conversation that goes to housekeeping is gone for reception.
   */
  const step = fc.record({
    conversation: fc.constantFrom("one", "two", "three"),
    act: fc.constantFrom("message", "status", "close", "reopen", "away", "back"),
    /** Whether the client comes back after this step, where it had got to so many events before. */
    comesBack: fc.option(fc.nat({ max: 12 }), { nil: null }),
    /** Whether what is told is told twice. */
    twice: fc.boolean(),
    /** Whether the desk is asked for what is new after this step. */
    read: fc.boolean(),
  });

  class Hotel {
    readonly conversations = new Map<string, ConversationSummaryJson>();
    readonly messages = new Map<string, MessageJson>();
    readonly log: { readonly conversation: string; readonly type: string; readonly messageId: string | null }[] = [];

    act(conversation: string, act: string): void {
      const before = this.conversations.get(conversation);
      const change = (to: Partial<ConversationSummaryJson>, type: string, messageId: string | null = null) => {
        this.log.push({ conversation, type, messageId });
        const version = (before?.version ?? 0) + 1;
        this.conversations.set(conversation, {
          ...(before ?? summary(conversation, version)),
          ...to,
          version,
          lastMessageAt: time(this.log.length),
        });
      };
      const own = [...this.messages.values()].filter((m) => m.conversationId === conversation);
      const last = own.at(-1);
      if (act === "message" || before === undefined) {
        const id = `${conversation}.${String(own.length + 1)}`;
        this.messages.set(id, message(id, own.length + 1, { conversationId: conversation, status: "queued" }));
        change({ lastMessagePreview: id }, "message.queued", id);
      } else if (act === "status" && last !== undefined) {
        this.messages.set(last.id, { ...last, status: last.status === "queued" ? "sent" : "read" });
        change({}, "message.status", last.id);
      } else if (act === "close") change({ status: "closed" }, "conversation.closed");
      else if (act === "reopen") change({ status: "open" }, "conversation.reopened");
      else if (act === "away") change({ departmentId: "housekeeping" }, "conversation.transferred");
      else change({ departmentId: "reception" }, "conversation.transferred");
    }

    snapshot(): ServerFrame[] {
      return [
        whole([...this.conversations.values()].filter((c) => c.status === "open" && c.departmentId === "reception")),
      ];
    }

    newsAfter(place: number): ServerFrame[] {
      const frames: ServerFrame[] = [];
      const touched = new Set<string>();
      this.log.slice(place).forEach(({ conversation, type, messageId }, index) => {
        touched.add(conversation);
        if (this.conversations.get(conversation)?.departmentId !== "reception") return;
        const about = messageId === null ? null : (this.messages.get(messageId) ?? null);
        const body = type === "conversation.closed" ? { type, continuedIn: null } : { type, messageId };
        frames.push({ type: "event", event: event(place + index + 1, body, conversation), message: about });
      });
      for (const id of touched) {
        const now = this.conversations.get(id)!;
        frames.push(
          now.departmentId === "reception"
            ? { type: "conversation", conversation: now }
            : { type: "gone", hotelId: "grand", conversationId: id },
        );
      }
      return frames;
    }
  }

  const history = fc.array(step, { maxLength: 40 });

  test("ends with what a fresh snapshot shows, with no message missing or twice, however often it came back (M7)", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const hotel = new Hotel();
        let state = opened(apply(EMPTY, hotel.snapshot(), NOW), "one", null);
        // A page shows the first conversation from the beginning, when nothing is in it.
        state = paged(asking(state, "one"), "one", [], null, true);
        let place = 0;
        const hear = () => {
          const frames = hotel.newsAfter(place);
          place = hotel.log.length;
          return frames;
        };
        for (const { conversation, act, comesBack, twice, read } of steps) {
          hotel.act(conversation, act);
          if (comesBack !== null) place = Math.max(0, Math.min(place, hotel.log.length - comesBack));
          if (!read && comesBack === null) continue;
          const frames = hear();
          state = apply(state, frames, NOW);
          if (twice) state = apply(state, frames, NOW);
          if (state.threads["one"] === undefined && state.conversations["one"] !== undefined) {
            // It went and is back: the page reads it anew.
            const items = [...hotel.messages.values()].filter((m) => m.conversationId === "one").reverse();
            state = paged(asking(opened(state, "one", null), "one"), "one", items, null, true);
          }
        }
        state = apply(state, hear(), NOW);

        const fresh = apply(emptied(EMPTY), hotel.snapshot(), NOW);
        expect(openConversations(state)).toEqual(openConversations(fresh));
        if (state.conversations["one"] !== undefined && state.threads["one"]?.loaded === true)
          expect(state.threads["one"].messages).toEqual(
            [...hotel.messages.values()].filter((m) => m.conversationId === "one"),
          );
      }),
      { numRuns: 500 },
    );
  });

  test("the same told twice is the same as once, whatever was known before", () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.boolean(), (steps, from, resync) => {
        const hotel = new Hotel();
        for (const { conversation, act } of steps) hotel.act(conversation, act);
        const before = opened(apply(EMPTY, [whole([summary("one", 1), summary("four", 9)], true)], NOW), "one", null);
        const frames: ServerFrame[] = [
          ...(resync ? ([{ type: "resync_required", hotelIds: ["grand"] }] as const) : []),
          ...(resync ? hotel.snapshot() : []),
          ...hotel.newsAfter(from % (steps.length + 1)),
          {
            type: "signal",
            kind: "typing",
            hotelId: "grand",
            conversationId: "one",
            by: { id: "ana", name: null },
            connectionId: "c",
          },
        ];
        const once = apply(asking(before, "one"), frames, NOW);
        expect(apply(once, frames, NOW)).toEqual(once);
      }),
    );
  });

  test("what is told of messages again, in any order, changes nothing", () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat()), (steps, chance) => {
        const hotel = new Hotel();
        let state = paged(asking(opened(EMPTY, "one", null), "one"), "one", [], null, true);
        const heard: ServerFrame[] = [];
        let place = 0;
        for (const { act } of steps) {
          hotel.act("one", act === "status" ? "status" : "message");
          const frames = hotel.newsAfter(place).filter(({ type }) => type === "event");
          place = hotel.log.length;
          state = apply(state, frames, NOW);
          heard.push(...frames);
        }
        const again = heard.map((frame) => ({ frame, at: chance.next().value! })).sort((a, b) => a.at - b.at);
        expect(
          apply(
            state,
            again.map(({ frame }) => frame),
            NOW,
          ).threads,
        ).toEqual(state.threads);
      }),
    );
  });
});

describe("what a page shows", () => {
  test("an inbox has the newest first, without what is closed or snoozed, and is the same array until that changes", () => {
    const state = apply(
      EMPTY,
      [whole([summary("one", 1), summary("two", 2), summary("three", 3, { snoozedUntil: time(60) })], true)],
      NOW,
    );
    expect(openConversations(state).map(({ id }) => id)).toEqual(["two", "one"]);
    expect(state.more).toBe(true);
    const typing = apply(
      state,
      [
        {
          type: "signal",
          kind: "typing",
          hotelId: "grand",
          conversationId: "one",
          by: { id: "ana", name: "Ana" },
          connectionId: "c",
        },
      ],
      NOW,
    );
    expect(openConversations(typing)).toBe(openConversations(state));
    expect(signalsIn(typing, "one")).toBe(signalsIn(typing, "one"));
    expect(sendsTo(typing, "one")).toBe(sendsTo(state, "one"));
  });

  test("nothing of a state changes, and what is not told of stays the very same", () => {
    const before = opened(apply(EMPTY, [whole([summary("one", 1), summary("two", 1)])], NOW), "two", null);
    const copy = structuredClone(before);
    const after = apply(before, [{ type: "conversation", conversation: summary("one", 2) }], NOW);
    expect(before).toEqual(copy);
    expect(after.threads).toBe(before.threads);
    expect(after.conversations["two"]).toBe(before.conversations["two"]);
    expect(apply(after, [{ type: "ping" }], NOW)).toBe(after);
  });

  test("a conversation that closes leaves the inbox, and stays known to the page that has it open", () => {
    const state = opened(apply(EMPTY, [whole([summary("one", 1), summary("two", 1)])], NOW), "one", null);
    const closed = apply(
      state,
      ["one", "two"].map((id) => ({ type: "conversation", conversation: summary(id, 2, { status: "closed" }) })),
      NOW,
    );
    expect(openConversations(closed)).toEqual([]);
    expect(Object.keys(closed.conversations)).toEqual(["one"]);
  });

  test("what went to another department is nowhere any more, with what was said in it (S19)", () => {
    const state = apply(opened(EMPTY, "one", summary("one", 1)), [told(1, message("m1", 1))], NOW);
    const gone = apply(state, [{ type: "gone", hotelId: "grand", conversationId: "one" }], NOW);
    expect(gone).toMatchObject({ conversations: {}, threads: {} });
    const erased = event(9, { type: "conversation.erased" }, "one");
    const forgotten = apply(state, [{ type: "event", event: erased, message: null }], NOW);
    expect(forgotten).toMatchObject({ conversations: {}, threads: {} });
  });

  test("an older state of a conversation does not come over a newer one", () => {
    const state = apply(EMPTY, [{ type: "conversation", conversation: summary("one", 3) }], NOW);
    expect(apply(state, [{ type: "conversation", conversation: summary("one", 2) }], NOW)).toEqual(state);
    expect(listed(state, [summary("one", 2)], new Set())).toEqual(state);
    // What went away while the list was on its way does not come back with it.
    expect(listed(EMPTY, [summary("one", 2)], new Set(["one"]))).toEqual(EMPTY);
  });

  test("a colleague who types is shown for 30 s, or until they stop (S20, F82)", () => {
    const signal = (kind: "typing" | "left", connectionId: string) =>
      ({
        type: "signal",
        kind,
        hotelId: "grand",
        conversationId: "one",
        by: { id: "ana", name: "Ana" },
        connectionId,
      }) as const;
    const typing = apply(EMPTY, [signal("typing", "a"), signal("typing", "b"), signal("typing", "a")], NOW);
    expect(signalsIn(typing, "one")).toHaveLength(2);
    expect(expired(typing, NOW + 29_999)).toBe(typing);
    expect(expired(typing, NOW + 30_000).signals).toEqual([]);
    expect(apply(typing, [signal("left", "a")], NOW).signals).toMatchObject([{ connectionId: "b" }]);
  });
});

describe("the messages of an open conversation", () => {
  const page = (state: DeskState, items: readonly MessageJson[], cursor: string | null = null, first = true) =>
    paged(state, "one", items.toReversed(), cursor, first);
  const waiting = asking(opened(EMPTY, "one", null), "one");

  test("are the page and what was told while it was on its way, which is newer than what the page says", () => {
    const meanwhile = apply(
      waiting,
      [
        told(7, message("m1", 1, { status: "read" }), "message.status"),
        told(8, message("m2", 2, { status: "sent" }), "message.queued"),
        told(9, message("m3", 3)),
      ],
      NOW,
    );
    const state = page(meanwhile, [message("m1", 1, { status: "sent" }), message("m2", 2, { status: "queued" })]);
    expect(state.threads["one"]?.messages.map(({ id, status }) => [id, status])).toEqual([
      ["m1", "read"],
      ["m2", "sent"],
      ["m3", "received"],
    ]);
  });

  test("have older pages before them, and no hole where an old message that is not here changes", () => {
    let state = page(waiting, [message("m3", 3), message("m4", 4)], "older");
    state = apply(state, [told(9, message("m1", 1, { status: "read" }), "message.status")], NOW);
    expect(shown(state)).toEqual(["m3", "m4"]);
    state = page(asking(state, "one"), [message("m1", 1), message("m2", 2), message("m3", 3)], null, false);
    expect(shown(state)).toEqual(["m1", "m2", "m3", "m4"]);
    expect(state.threads["one"]).toMatchObject({ loaded: true, nextCursor: null });
  });

  test("show what is told of a message of the conversation that they continue", () => {
    const before = page(waiting, [message("old", 4, { conversationId: "zero" }), message("m1", 1)]);
    const after = apply(
      before,
      [told(9, message("old", 4, { conversationId: "zero", status: "read" }), "message.status")],
      NOW,
    );
    expect(after.threads["one"]?.messages[0]).toMatchObject({ id: "old", status: "read" });
  });

  test("are to be read again when another conversation goes on with this one", () => {
    const before = page(waiting, [message("m1", 1)]);
    const closing = event(9, { type: "conversation.closed", continuedIn: "one" }, "zero");
    const stale = apply(before, [{ type: "event", event: closing, message: null }], NOW);
    expect(stale.threads["one"]?.stale).toBe(true);
    const zero = message("z1", 1, { conversationId: "zero" });
    const again = page(asking(stale, "one"), [zero, message("m1", 1)]);
    expect(shown(again)).toEqual(["z1", "m1"]);
    expect(again.threads["one"]?.stale).toBe(false);
  });

  test("have what was written here once, whether its answer or the news of it comes first", () => {
    const send = {
      clientMessageId: "mine",
      conversationId: "one",
      content: { type: "text", text: "Hello" },
      options: {},
      status: "sending",
      error: null,
      at: time(0),
    } as const;
    const before = { ...page(waiting, [message("m1", 1)]), sends: [send] };
    const mine = message("m3", 3, { clientMessageId: "mine", status: "queued" });
    const guest = message("m2", 2);
    const news = [told(2, guest), told(3, mine, "message.queued")];
    for (const state of [
      apply(answered(before, "mine", mine), news, NOW),
      answered(apply(before, news, NOW), "mine", mine),
    ]) {
      expect(shown(state)).toEqual(["m1", "m2", "m3"]);
      expect(state.sends).toEqual([]);
    }
  });
});
