import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assigning,
  assignmentOf,
  chooseStaff,
  decideAssignment,
  looksAgain,
  toAssign,
} from "../../src/decide/assignment.js";
import { decideTransfer } from "../../src/decide/conversation.js";
import type { Command } from "../../src/decide/command.js";
import type { Hotel } from "../../src/domain/hotel.js";
import { aConversation, aDeskState, after, grand, HOUR, MINUTE, NOON, Story } from "./world.js";

const rule = { rule: "roundRobin", staff: ["a", "b"] } as const;
const assigns: Hotel = { ...grand, assignment: rule };
const command: Command = {
  id: "asg_1",
  by: { kind: "system", id: "desk" },
  reason: "auto_assignment",
  now: after(HOUR),
};

describe("who gets a conversation", () => {
  const staff = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });

  test("one after the other: in as many turns as there are staff everybody has had one, from whichever turn on", () => {
    fc.assert(
      fc.property(staff, fc.nat(1_000), (ids, from) => {
        const chosen = ids.map((_, index) => chooseStaff("roundRobin", ids, from + index, []));
        expect(new Set(chosen)).toEqual(new Set(ids));
      }),
    );
  });

  test("the least busy: nobody who has more in hand than another, and among equals one after the other", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }), fc.nat(1_000), (open, turn) => {
        const ids = open.map((_, index) => `staff_${String(index)}`);
        const chosen = chooseStaff("leastBusy", ids, turn, open) ?? "";
        expect(open[ids.indexOf(chosen)]).toBe(Math.min(...open));
        const equals = ids.filter((_, index) => open[index] === Math.min(...open));
        const turns = equals.map((_, index) => chooseStaff("leastBusy", ids, turn + index, open));
        expect(new Set(turns)).toEqual(new Set(equals));
      }),
    );
  });

  test("nobody, when nobody is there", () => {
    expect(chooseStaff("roundRobin", [], 3, [])).toBeNull();
    expect(chooseStaff("leastBusy", [], 3, [])).toBeNull();
  });

  test("is not decided anew when somebody has it by now, or it is over or in another department", () => {
    const decide = (fields: Parameters<typeof aConversation>[0], assigneeId: string | null = "a") =>
      decideAssignment(aConversation(fields), "reception", assigneeId, command);
    expect(decide({})).toMatchObject({
      conversations: [{ assigneeId: "a" }],
      events: [{ body: { type: "conversation.assigned", assigneeId: "a", fromAssigneeId: null } }],
      audit: [{ action: "conversation.assign", reason: "auto_assignment", actor: { kind: "system" } }],
    });
    for (const fields of [{ assigneeId: "b" }, { status: "closed" as const }, { departmentId: "housekeeping" }])
      expect(decide(fields)).toMatchObject({ conversations: [], events: [], audit: [] });
    expect(decide({}, null)).toMatchObject({ conversations: [], events: [], audit: [] });
  });
});

describe("when somebody is looked for", () => {
  const looks = (hotel: Hotel, said: readonly string[]) => {
    const story = new Story(undefined, hotel);
    return said.map((text) =>
      story
        .hears(text)
        .work.filter(({ kind }) => kind === "assignment")
        .map((one) => one.guestId),
    );
  };

  test("once a guest has chosen a department, and not for what they write then", () => {
    expect(looks(assigns, ["hello", "Reception", "One more thing"])).toEqual([[], ["reception"], []]);
    expect(looks(grand, ["hello", "Reception"])).toEqual([[], []]);
  });

  test("in departments that want it: a department's word counts more than the hotel's", () => {
    const [first, ...others] = grand.departments;
    const own: Hotel = { ...assigns, departments: [{ ...first!, assignment: "none" }, ...others] };
    expect(toAssign(aConversation({}), own, "c1")).toEqual([]);
    const [work] = toAssign(aConversation({ departmentId: "housekeeping" }), own, "c1");
    expect(work).toMatchObject({ id: "asg_c1", kind: "assignment", phoneNumberId: "", guestId: "housekeeping" });
    expect(assignmentOf(JSON.stringify(work?.payload))).toBe("con_1");
    for (const other of ["null", "1", "{}", '{"conversationId":1}']) expect(assignmentOf(other)).toBeNull();
  });

  test("again when the guest writes after ten minutes of silence in one that nobody has; not for each message of a matter", () => {
    const story = new Story(undefined, assigns);
    const looked = (text: string) => story.hears(text).work.filter(({ kind }) => kind === "assignment").length;
    for (const text of ["hello", "Reception"]) story.hears(text);
    expect(looked("One more thing")).toBe(0);
    story.waits(9 * MINUTE);
    expect(looked("And towels")).toBe(0);
    story.waits(10 * MINUTE);
    expect(looked("Is anybody there?")).toBe(1);
    const { id } = story.open("reception");
    story.state = {
      ...story.state,
      conversations: story.state.conversations.map((one) => (one.id === id ? { ...one, assigneeId: "a" } : one)),
    };
    story.waits(HOUR);
    expect(looked("It is me again")).toBe(0);
  });

  test("when a guest answers what the hotel began, and when one who came back chooses a department that has their matter open", () => {
    const begun = aConversation({ lastGuestMessageAt: null, lastMessageFrom: "staff", speaker: "human" });
    expect(looksAgain(begun, NOON)).toBe(true);
    const story = new Story(undefined, assigns);
    const looked = (text: string) =>
      story
        .hears(text)
        .work.filter(({ kind }) => kind === "assignment")
        .map(({ payload }) => payload);
    for (const text of ["hello", "Reception"]) story.hears(text);
    const { id } = story.open("reception");
    // After a day the guest is asked again, and says something that is no department at first.
    story.waits(25 * HOUR);
    expect(looked("hello again")).toEqual([]);
    expect(looked("Reception")).toEqual([{ conversationId: id }]);
  });

  test("for the one that goes on, when a transfer brings a matter to where another is open", () => {
    const open = aConversation({ id: "con_2", departmentId: "housekeeping" });
    const joined = (assigneeId: string | null) =>
      assigning(
        decideTransfer(aDeskState({ assigneeId: "a" }, [{ ...open, assigneeId }]), "housekeeping", assigns, command),
        assigns,
        "c1",
      ).change?.work;
    expect(joined(null)).toMatchObject([{ guestId: "housekeeping", payload: { conversationId: "con_2" } }]);
    expect(joined("b")).toEqual([]);
  });

  test("by a transfer to another department, and not by one that changes nothing", () => {
    const transfer = (departmentId: string) =>
      assigning(decideTransfer(aDeskState({ assigneeId: "a" }), departmentId, assigns, command), assigns, "c1");
    expect(transfer("housekeeping").change?.work).toMatchObject([{ guestId: "housekeeping" }]);
    expect(transfer("reception").change).toBeNull();
  });
});
