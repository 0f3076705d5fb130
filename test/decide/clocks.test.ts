import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LOOP_ANSWERS } from "../../src/domain/automation.js";
import type { GuestContent } from "../../src/domain/content.js";
import { SERVICE_WINDOW_MS } from "../../src/domain/service-window.js";
import { after, grand, HOUR, MINUTE, NOON, reasonsOf, SECOND, Story } from "./world.js";

/** A clock that a hotel has set, and a time that passes: often just before its end, at it and just after. */
const clocks = fc.record({
  conversationIdleMs: fc.integer({ min: MINUTE, max: 72 * HOUR }),
  menuRepromptMs: fc.integer({ min: SECOND, max: 24 * HOUR }),
});
const around = (span: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(span - 1, span, span + 1), fc.integer({ min: 0, max: 3 * span }));
const policies = fc.constantFrom("menu" as const, "continue" as const);

const quiet: readonly GuestContent[] = [
  { type: "reaction", wamid: "wamid.1", text: "👍" },
  { type: "revoke", wamid: "wamid.1" },
];

describe("the service window of a chat", () => {
  /** How long after the message before it comes, and how long before that the guest wrote it; below 0: from the future. */
  const messages = fc.array(
    fc.record({
      waits: fc.oneof(fc.nat(5 * SECOND), fc.nat(30 * HOUR)),
      ago: fc.oneof(fc.constant(0), fc.integer({ min: -48 * HOUR, max: 48 * HOUR })),
      content: fc.constantFrom<GuestContent>(
        { type: "text", text: "hello" },
        { type: "audio", voice: true, media: { id: "1", mimeType: "audio/ogg" } },
        ...quiet,
      ),
    }),
    { minLength: 1, maxLength: 10 },
  );

  test("closes 24 hours after the newest message the guest wrote, in whatever order they come and whatever they claim (S52, F91)", () => {
    fc.assert(
      fc.property(messages, (story) => {
        const chat = new Story();
        let opened: number | null = null;
        for (const { waits, ago, content } of story) {
          const before = chat.state.chat?.windowClosesAt?.getTime() ?? -Infinity;
          chat.waits(waits);
          const sentAt = after(-ago, chat.now);
          chat.hears(content, { sentAt });
          if (!quiet.includes(content))
            opened = Math.max(opened ?? -Infinity, Math.min(sentAt.getTime(), chat.now.getTime()));
          const { windowClosesAt = null, lastInboundAt = null } = chat.state.chat ?? {};
          expect(lastInboundAt?.getTime() ?? null).toBe(opened);
          expect(windowClosesAt?.getTime() ?? null).toBe(opened === null ? null : opened + SERVICE_WINDOW_MS);
          expect(windowClosesAt?.getTime() ?? -Infinity).toBeGreaterThanOrEqual(before);
        }
      }),
    );
  });
});

describe("an idle conversation", () => {
  const idleFor = clocks.chain((set) => fc.tuple(fc.constant(set), around(set.conversationIdleMs), policies));
  /** How long the guest pauses between messages, in parts of the idle time. */
  const pauses = fc.array(fc.double({ min: 0, max: 0.99, noNaN: true }), { maxLength: 4 });

  test("is one whose guest has not written for as long as the hotel says, to the millisecond, whatever its other clocks say", () => {
    fc.assert(
      fc.property(idleFor, pauses, ([set, ms, onIdle], parts) => {
        const story = new Story(undefined, { ...grand, clocks: set, onIdle });
        story.hears("hello");
        story.hears(story.option("reception"));
        for (const part of parts) story.waits(Math.floor(part * set.conversationIdleMs)).hears("and");
        const change = story.waits(ms).hears("me again");
        const isIdle = ms >= set.conversationIdleMs;
        const expected = !isIdle
          ? "current_conversation"
          : onIdle === "continue"
            ? "idle_continued"
            : "no_department_yet";
        expect(reasonsOf(change)[0]).toBe(expected);
        expect(change.messages[0]?.conversationId).toBe(
          expected === "no_department_yet" ? `con_w${String(parts.length + 3)}` : "con_w1",
        );
      }),
      { numRuns: 300 },
    );
  });

  test("is gone on with, however long ago it was, when staff spoke last", () => {
    fc.assert(
      fc.property(idleFor, fc.nat(HOUR), ([set, ms, onIdle], pause) => {
        const story = new Story(undefined, { ...grand, clocks: set, onIdle });
        story.hears("hello");
        story.hears(story.option("reception"));
        story.waits(pause).staffReplies("con_w1");
        const change = story.waits(ms).hears("thank you");
        expect(change.messages[0]?.conversationId).toBe("con_w1");
        const isIdle = pause + ms >= set.conversationIdleMs;
        expect(reasonsOf(change)).toEqual([isIdle ? "idle_staff_spoke_last" : "current_conversation"]);
      }),
      { numRuns: 300 },
    );
  });

  test("is not idle by what a late message's timestamp claims: the hotel's clock is the desk's own", () => {
    fc.assert(
      fc.property(idleFor, fc.integer({ min: -48 * HOUR, max: 48 * HOUR }), ([set, ms, onIdle], ago) => {
        const reasons = (shift: number) => {
          const story = new Story(undefined, { ...grand, clocks: set, onIdle });
          story.hears("hello", { sentAt: after(-shift, NOON) });
          story.hears(story.option("reception"), { sentAt: after(-shift, NOON) });
          return reasonsOf(story.waits(ms).hears("me again", { sentAt: after(-shift, story.now) }));
        };
        expect(reasons(ago)).toEqual(reasons(0));
      }),
      { numRuns: 200 },
    );
  });
});

describe("the menu", () => {
  const gaps = clocks.chain((set) =>
    // With the first one as many menus in a row as the desk sends before it takes the guest for a machine.
    fc.tuple(fc.constant(set), fc.array(around(set.menuRepromptMs), { minLength: 1, maxLength: LOOP_ANSWERS - 1 })),
  );

  test("is sent to a guest who names no department once in each re-prompt time, to the millisecond, whatever the idle time is", () => {
    fc.assert(
      fc.property(gaps, policies, ([set, waits], onIdle) => {
        const story = new Story(undefined, { ...grand, clocks: set, onIdle });
        let menuAt: number | null = null;
        for (const ms of [0, ...waits]) {
          const change = story.waits(ms).hears("hm?");
          const now = story.now.getTime();
          const isDue = menuAt === null || now - menuAt >= set.menuRepromptMs;
          expect(change.prompts).toHaveLength(isDue ? 1 : 0);
          expect(change.messages).toHaveLength(isDue ? 2 : 1);
          if (isDue) menuAt = now;
          expect(story.state.chat?.menuSentAt?.getTime()).toBe(menuAt);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("of a matter that staff have closed counts too: the guest's next matter does not bring a second one at once", () => {
    fc.assert(
      fc.property(gaps, ([set, waits]) => {
        const story = new Story(undefined, { ...grand, clocks: set });
        story.hears("hm?");
        let menuAt = story.now.getTime();
        for (const ms of waits) {
          story.staffClose(story.open(null).id);
          story.waits(ms).hears("hm?");
          const now = story.now.getTime();
          const isDue = now - menuAt >= set.menuRepromptMs;
          expect(story.state.chat?.menuSentAt?.getTime()).toBe(isDue ? now : menuAt);
          if (isDue) menuAt = now;
        }
      }),
      { numRuns: 200 },
    );
  });
});
