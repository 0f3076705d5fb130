import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideClose, decideReopen, decideTransfer } from "../../src/decide/conversation.js";
import type { Command, Decision } from "../../src/decide/command.js";
import {
  decideAssign,
  decideGiveback,
  decidePriority,
  decideSnooze,
  decideTags,
  decideTakeover,
  decideTimer,
  decideUnassign,
  decideUnsnooze,
} from "../../src/decide/desk-work.js";
import { PRIORITIES, type Conversation } from "../../src/domain/conversation.js";
import { tagOf } from "../../src/domain/tag.js";
import { timerOf } from "../../src/domain/timer.js";
import { ConversationError } from "../../src/errors.js";
import { aConversation, aDeskState, after, grand, HOUR, MINUTE, Story } from "./world.js";

const command: Command = {
  id: "c1",
  by: { kind: "staff", id: "staff_1", role: "agent", hotels: { grand: "all" } },
  reason: "because",
  now: after(HOUR),
};
const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "nothing thrown";
  } catch (error) {
    return ConversationError.is(error) ? error.code : String(error);
  }
};
const typesOf = ({ change }: Decision) => change?.events.map(({ body }) => body.type) ?? [];
const closed = aDeskState({ status: "closed", closedAt: after(0) });

/** Everything staff may do to a conversation as a whole. */
const commands: Readonly<Record<string, (state: ReturnType<typeof aDeskState>) => Decision>> = {
  assign: (state) => decideAssign(state, "staff_1", false, command),
  assignOther: (state) => decideAssign(state, "staff_9", true, command),
  unassign: (state) => decideUnassign(state, true, command),
  priority: (state) => decidePriority(state, "urgent", command),
  tag: (state) => decideTags(state, { add: ["vip", "late"], remove: ["noise"] }, command),
  snooze: (state) => decideSnooze(state, after(5 * HOUR), command),
  unsnooze: (state) => decideUnsnooze(state, command),
  takeover: (state) => decideTakeover(state, command),
  giveback: (state) => decideGiveback(state, command),
  transfer: (state) => decideTransfer(state, "housekeeping", grand, command),
  close: (state) => decideClose(state, command),
  reopen: (state) => decideReopen(state, command),
};

describe("a command about a conversation", () => {
  const states = fc.record({
    status: fc.constantFrom("open" as const, "closed" as const),
    speaker: fc.constantFrom("bot" as const, "human" as const),
    assigneeId: fc.constantFrom(null, "staff_1", "staff_2"),
    priority: fc.constantFrom(...PRIORITIES),
    tags: fc.constantFrom([], ["noise"], ["late", "vip"], ["vip"]),
    snoozedUntil: fc.constantFrom(null, after(2 * HOUR), after(5 * HOUR)),
  });

  test.each(Object.entries(commands))(
    "%s, given twice, is done once: one audit entry, and nothing to tell the second time",
    (_, decide) => {
      fc.assert(
        fc.property(states, (fields) => {
          const before = aDeskState({ ...fields, snoozedUntil: fields.status === "open" ? fields.snoozedUntil : null });
          let first: Decision;
          try {
            first = decide(before);
          } catch (error) {
            // Refused, with nothing done.
            expect(ConversationError.is(error)).toBe(true);
            return;
          }
          if (first.change === null) expect(first.conversation).toEqual(before.conversation);
          else {
            expect(first.change.audit).toHaveLength(1);
            expect(first.change.conversations).toEqual([first.conversation]);
          }
          expect(first.conversation.status === "closed" && first.conversation.snoozedUntil !== null).toBe(false);
          const second = decide({ ...before, conversation: first.conversation });
          expect(second).toEqual({ conversation: first.conversation, change: null });
        }),
      );
    },
  );

  test("that needs an open one is refused by a closed one; what only sorts is not", () => {
    const refused = Object.entries(commands).map(([name, decide]) => [name, codeOf(() => decide(closed))]);
    expect(Object.fromEntries(refused)).toMatchObject({
      assign: "conversation_closed",
      assignOther: "conversation_closed",
      snooze: "conversation_closed",
      takeover: "conversation_closed",
      transfer: "conversation_closed",
      priority: "nothing thrown",
      tag: "nothing thrown",
      unassign: "nothing thrown",
    });
  });
});

describe("who sees to a conversation", () => {
  const of = (assigneeId: string | null) => aDeskState({ assigneeId });

  test("an agent takes what nobody has and gives back what is theirs, nothing else (S23)", () => {
    expect(decideAssign(of(null), "staff_1", false, command).conversation.assigneeId).toBe("staff_1");
    expect(decideUnassign(of("staff_1"), false, command).conversation.assigneeId).toBeNull();
    expect(codeOf(() => decideAssign(of("staff_2"), "staff_1", false, command))).toBe("conversation_taken");
    expect(codeOf(() => decideUnassign(of("staff_2"), false, command))).toBe("conversation_taken");
    expect(codeOf(() => decideAssign(of("staff_1"), "staff_2", false, command))).toBe("assignment_forbidden");
    expect(codeOf(() => decideAssign(of(null), "staff_2", false, command))).toBe("assignment_forbidden");
  });

  test("who may assign others gives anything to anybody, and everybody hears from whom", () => {
    const { conversation, change } = decideAssign(of("staff_2"), "staff_3", true, command);
    expect(conversation.assigneeId).toBe("staff_3");
    expect(change?.events).toEqual([
      {
        conversationId: "con_1",
        departmentId: "reception",
        body: { type: "conversation.assigned", assigneeId: "staff_3", fromAssigneeId: "staff_2" },
      },
    ]);
  });

  test("ends with a transfer, and stays through a close", () => {
    const transferred = decideTransfer(of("staff_2"), "housekeeping", grand, command);
    expect(transferred.conversation.assigneeId).toBeNull();
    expect(typesOf(transferred)).toEqual(["conversation.transferred", "conversation.assigned"]);
    expect(decideClose(of("staff_2"), command).conversation.assigneeId).toBe("staff_2");
  });
});

describe("a tag", () => {
  test("is one however it is typed, in any script, and never grows by being read again (S54)", () => {
    expect([" VIP ", "vip", "Vip", "VIP"].map(tagOf)).toEqual(["vip", "vip", "vip", "vip"]);
    expect(tagOf("Cafe\u0301  Bar")).toBe("café bar");
    expect(tagOf("İstanbul")).toBe(tagOf(tagOf("İstanbul") ?? ""));
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (typed) => {
        const tag = tagOf(typed);
        if (tag === null) return;
        expect(tagOf(tag)).toBe(tag);
        expect(tag.length).toBeLessThanOrEqual(40);
      }),
    );
  });

  test("is none when it is empty, too long, or what no database keeps", () => {
    for (const typed of ["", "  ", "x".repeat(41), "a\u0000", "\ud800", "a\u0007b"]) expect(tagOf(typed)).toBeNull();
    expect(tagOf(" " + "x".repeat(40) + "\t")).toBe("x".repeat(40));
  });

  test("stands on a conversation once, and no more than twenty do", () => {
    const tags = Array.from({ length: 20 }, (_, index) => `tag ${String(index).padStart(2, "0")}`);
    const full = decideTags(aDeskState(), { add: [...tags, ...tags], remove: [] }, command);
    expect(full.conversation.tags).toEqual(tags);
    const state = aDeskState({ tags });
    expect(codeOf(() => decideTags(state, { add: ["another"], remove: [] }, command))).toBe("tags_too_many");
    const swapped = decideTags(state, { add: ["another"], remove: ["tag 03"] }, command).conversation.tags;
    expect([swapped.length, swapped.includes("another"), swapped.includes("tag 03")]).toEqual([20, true, false]);
  });
});

describe("a snooze", () => {
  const until = after(3 * HOUR);
  const snoozed = decideSnooze(aDeskState(), until, command);
  const timer = snoozed.change?.work[0];

  test("sets a timer in the guest's chat, due when it is over", () => {
    expect(timer).toMatchObject({ id: "tmr_c1", kind: "timer", dueAt: until, guestId: "gst_1" });
    expect(timerOf(JSON.stringify(timer?.payload))).toEqual({
      type: "snooze",
      conversationId: "con_1",
      until: until.toISOString(),
    });
  });

  test("of the past, of more than a year, or until no instant at all is none", () => {
    for (const at of [after(HOUR), after(0), after(HOUR + 367 * 24 * HOUR), new Date(NaN)])
      expect(codeOf(() => decideSnooze(aDeskState(), at, command))).toBe("request_invalid");
    expect(codeOf(() => decideSnooze(aDeskState(), after(HOUR + 1), command))).toBe("nothing thrown");
  });

  const fires = (conversation: Partial<Conversation>) => {
    const state = { ...new Story().state, conversations: [aConversation(conversation)] };
    return decideTimer(state, { type: "snooze", conversationId: "con_1", until: until.toISOString() }, "grand");
  };

  test("is over when its timer fires, and that is told once", () => {
    expect(fires({ snoozedUntil: until })).toMatchObject({
      conversations: [{ id: "con_1", snoozedUntil: null }],
      events: [{ body: { type: "conversation.unsnoozed", by: "time" } }],
      audit: [],
    });
  });

  test("that was ended or changed meanwhile, or whose conversation is gone, fires for nothing", () => {
    for (const conversation of [
      { snoozedUntil: null },
      { snoozedUntil: after(3 * HOUR + MINUTE) },
      { id: "con_2", snoozedUntil: until },
    ])
      expect(fires(conversation)).toMatchObject({ conversations: [], events: [] });
  });

  test("ends when another conversation is continued in the one that is put off, and when it is continued itself", () => {
    const other = aConversation({
      id: "con_2",
      departmentId: "housekeeping",
      snoozedUntil: until,
      assigneeId: "staff_2",
    });
    const { change } = decideTransfer(aDeskState({ snoozedUntil: until }, [other]), "housekeeping", grand, command);
    expect(change?.conversations).toMatchObject([
      { id: "con_1", status: "closed", snoozedUntil: null, speaker: "human" },
      { id: "con_2", snoozedUntil: null, assigneeId: "staff_2" },
    ]);
    expect(change?.events.map(({ body }) => body.type)).toEqual(["conversation.closed", "conversation.unsnoozed"]);
  });
});
