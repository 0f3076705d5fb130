import { describe, expect, test } from "vitest";
import {
  assigning,
  assignmentIn,
  chooseStaff,
  decideAssignment,
  looksAgain,
  toAssign,
  waits,
} from "../../src/decide/assignment.js";
import type { Command } from "../../src/decide/command.js";
import { decideClose, decideRead, decideReopen, decideTransfer, decideUnread } from "../../src/decide/conversation.js";
import { noChange } from "../../src/domain/change.js";
import type { Conversation } from "../../src/domain/conversation.js";
import type { Hotel } from "../../src/domain/hotel.js";
import { aConversation, aDeskState, after, grand, HOUR, MINUTE, NOON, refusal } from "./world.js";

const command: Command = {
  id: "c1",
  by: { kind: "staff", id: "anna", role: "agent", hotels: { grand: ["reception"] } },
  reason: "because",
  now: after(HOUR),
};
const audit = (action: string, id = "con_1") => [
  {
    id: expect.any(String) as string,
    hotelId: "grand",
    actor: { kind: "staff", id: "anna" },
    action,
    reason: "because",
    target: { kind: "conversation", id },
    at: command.now,
  },
];
const event = (departmentId: string | null, body: object, conversationId = "con_1") => ({
  conversationId,
  departmentId,
  body,
});
const housekeeping = (more: Partial<Conversation> = {}) =>
  aConversation({ id: "con_2", departmentId: "housekeeping", lastMessageAt: after(-HOUR), ...more });

describe("a matter that staff give to another department", () => {
  test("is that department's, nobody's and awake, and people speak in it", () => {
    const state = aDeskState({ assigneeId: "ben", snoozedUntil: after(2 * HOUR) });
    const { conversation, change } = decideTransfer(state, "housekeeping", grand, command);
    expect(conversation).toEqual({
      ...state.conversation,
      departmentId: "housekeeping",
      speaker: "human",
      assigneeId: null,
      snoozedUntil: null,
    });
    expect(change).toEqual({
      ...noChange("grand"),
      conversations: [conversation],
      events: [
        event("housekeeping", { type: "conversation.transferred", fromDepartmentId: "reception" }),
        event("housekeeping", { type: "conversation.assigned", assigneeId: null, fromAssigneeId: "ben" }),
        event("housekeeping", { type: "conversation.unsnoozed", by: "staff" }),
      ],
      audit: audit("conversation.transfer"),
    });
  });

  test("goes on where the other department has one, and no flow says a word in what is closed", () => {
    const state = aDeskState({}, [housekeeping()]);
    const { conversation, change } = decideTransfer(state, "housekeeping", grand, command);
    expect(conversation).toMatchObject({ id: "con_1", status: "closed", continuedIn: "con_2", speaker: "human" });
    expect(change).toMatchObject({
      chat: { ...state.chat, currentConversationId: "con_2" },
      conversations: [{ id: "con_1" }, { id: "con_2", status: "open", speaker: "bot" }],
      audit: audit("conversation.transfer"),
    });
    expect(change?.events.map(({ body }) => body.type)).toEqual(["conversation.closed"]);
  });

  test("does not go on in a flow, nor in what the guest has not in hand", () => {
    const flow = housekeeping({ mode: "flow" });
    expect(decideTransfer(aDeskState({}, [flow]), "housekeeping", grand, command).conversation).toMatchObject({
      departmentId: "housekeeping",
      status: "open",
    });
    const third = aConversation({ id: "con_3", departmentId: "restaurant" });
    const state = aDeskState({}, [third, housekeeping()]);
    const elsewhere = { ...state, chat: { ...state.chat, currentConversationId: "con_3" } };
    expect(decideTransfer(elsewhere, "housekeeping", grand, command).change?.chat).toBeNull();
    const there = { ...state, chat: { ...state.chat, currentConversationId: "con_2" } };
    expect(decideTransfer(there, "housekeeping", grand, command).change?.chat).toBeNull();
  });

  test("stays where it is when there is no such department, or it is over, with where it goes on", () => {
    expect(refusal(() => decideTransfer(aDeskState(), "golf", grand, command))).toEqual({
      code: "department_unknown",
      details: { hotelId: "grand" },
    });
    const over = aDeskState({ status: "closed", continuedIn: "con_2" });
    expect(refusal(() => decideTransfer(over, "housekeeping", grand, command))).toEqual({
      code: "conversation_closed",
      details: { continuedIn: "con_2" },
    });
  });
});

describe("a matter that staff close", () => {
  test("is over, awake no more, and the guest's next message is asked anew", () => {
    const state = aDeskState({ snoozedUntil: after(2 * HOUR) });
    const { conversation, change } = decideClose(state, command);
    expect(conversation).toEqual({
      ...state.conversation,
      status: "closed",
      closedAt: command.now,
      snoozedUntil: null,
    });
    expect(change).toEqual({
      ...noChange("grand"),
      chat: { ...state.chat, currentConversationId: null },
      conversations: [conversation],
      timings: [expect.objectContaining({ kind: "resolution", staffId: "anna", since: NOON, at: command.now })],
      events: [event("reception", { type: "conversation.closed", continuedIn: null, leaves: null })],
      audit: audit("conversation.close"),
    });
  });

  test("leaves the guest where they are when that is another", () => {
    const state = aDeskState();
    const elsewhere = { ...state, chat: { ...state.chat, currentConversationId: "con_9" } };
    expect(decideClose(elsewhere, command).change?.chat).toBeNull();
  });
});

describe("a matter that staff open again", () => {
  const closed = { status: "closed", closedAt: NOON } as const;

  test("begins a new question, says where it was, and is where the guest goes on", () => {
    const state = aDeskState({ ...closed, continuedIn: "con_0" });
    const free = { ...state, chat: { ...state.chat, currentConversationId: null } };
    const { conversation, change } = decideReopen(free, command);
    expect(conversation).toEqual({
      ...state.conversation,
      status: "open",
      closedAt: null,
      continuedIn: null,
      episode: { number: 2, startedAt: command.now, askedAt: null, answeredAt: null, answeredBy: null },
    });
    expect(change).toEqual({
      ...noChange("grand"),
      chat: { ...state.chat, currentConversationId: "con_1" },
      conversations: [conversation],
      events: [event("reception", { type: "conversation.reopened", leaves: "con_0" })],
      audit: audit("conversation.reopen"),
    });
  });

  test("goes on in what the department has open, and whoever spoke there still does", () => {
    const { conversation, change } = decideReopen(
      aDeskState({ ...closed, speaker: "bot" }, [aConversation({ id: "con_2" })]),
      command,
    );
    expect(conversation).toMatchObject({ id: "con_1", continuedIn: "con_2", speaker: "bot" });
    expect(change?.audit).toEqual(audit("conversation.reopen"));
  });

  test("is not taken for what goes on in another flow, or in another department", () => {
    const others = [housekeeping(), aConversation({ id: "con_3", mode: "flow" })];
    expect(decideReopen(aDeskState(closed, others), command).conversation.status).toBe("open");
  });

  test("stays closed when it is an old one out of the phone app, and says where it goes on", () => {
    const imported = aDeskState({ ...closed, imported: true, continuedIn: "con_2" });
    expect(refusal(() => decideReopen(imported, command))).toEqual({
      code: "conversation_imported",
      details: { continuedIn: "con_2" },
    });
  });
});

describe("what staff have read", () => {
  test("is read for all of the desk, and by whoever read it", () => {
    const state = aDeskState();
    const { conversation, change } = decideRead(state, null, command);
    expect(conversation).toEqual({ ...state.conversation, readSeq: 2 });
    expect(change).toEqual({
      ...noChange("grand"),
      conversations: [conversation],
      participants: [{ conversationId: "con_1", kind: "staff", id: "anna", readSeq: 2 }],
      events: [event("reception", { type: "conversation.read", readSeq: 2 })],
      audit: audit("conversation.markRead"),
    });
  });

  test("is what stood in those that went on here, too, once they came to the end", () => {
    const before = aConversation({ id: "con_0", status: "closed", lastSeq: 5, readSeq: 1 });
    const read = (seq: number | null, readSeq = 0) =>
      decideRead({ ...aDeskState({ readSeq }), unreadContinued: [before] }, seq, command).change?.conversations.map(
        ({ id, readSeq: to }) => [id, to],
      );
    expect(read(1)).toEqual([["con_1", 1]]);
    expect(read(2)).toEqual([
      ["con_1", 2],
      ["con_0", 5],
    ]);
    expect(read(null, 2), "all of its own was read").toEqual([
      ["con_1", 2],
      ["con_0", 5],
    ]);
    expect(read(1, 2)).toBeUndefined();
  });

  test("by a colleague before moves the reader's own marker alone", () => {
    const markers = {
      conversations: [
        { id: "con_1", lastSeq: 2 },
        { id: "con_0", lastSeq: 5 },
      ],
      participants: [
        { conversationId: "con_1", kind: "staff", id: "ben", readSeq: 2 },
        { conversationId: "con_1", kind: "guest", id: "anna", readSeq: 2 },
        { conversationId: "con_0", kind: "staff", id: "anna", readSeq: 5 },
      ],
    } as const;
    const own = (seq: number | null, more: object = {}) =>
      decideRead(aDeskState({ readSeq: 2 }), seq, command, { ...markers, ...more }).change;
    expect(own(null)).toEqual({
      ...noChange("grand"),
      participants: [{ conversationId: "con_1", kind: "staff", id: "anna", readSeq: 2 }],
      audit: audit("conversation.markRead"),
    });
    expect(own(9)?.participants, "never beyond what there is").toMatchObject([{ readSeq: 2 }]);
    expect(own(1)?.participants).toMatchObject([{ conversationId: "con_1", readSeq: 1 }]);
    expect(own(0)).toBeNull();
    const behind = { participants: [{ conversationId: "con_0", kind: "staff", id: "anna", readSeq: 4 }] };
    expect(own(null, behind)?.participants).toMatchObject([
      { conversationId: "con_1", readSeq: 2 },
      { conversationId: "con_0", readSeq: 5 },
    ]);
    expect(own(1, behind)?.participants, "not what stands before, from the middle").toHaveLength(1);
    const done = [...markers.participants, { conversationId: "con_1", kind: "staff", id: "anna", readSeq: 2 }];
    expect(own(null, { participants: done })).toBeNull();
  });

  test("goes back among the unread, never forward, and whoever read it has read it", () => {
    const state = aDeskState({ readSeq: 2 });
    const { conversation, change } = decideUnread(state, 2, command);
    expect(conversation).toEqual({ ...state.conversation, readSeq: 1 });
    expect(change).toEqual({
      ...noChange("grand"),
      conversations: [conversation],
      events: [event("reception", { type: "conversation.unread", readSeq: 1 })],
      audit: audit("conversation.markUnread"),
    });
    expect(decideUnread(state, 0, command).conversation.readSeq).toBe(0);
    expect(decideUnread(state, 3, command).change).toBeNull();
    expect(decideUnread(aDeskState({ readSeq: 0 }), 2, command).change).toBeNull();
  });
});

describe("who sees to what comes to a department", () => {
  const rule = { rule: "roundRobin", staff: ["a"] } as const;
  const hotel: Hotel = { ...grand, assignment: rule };

  test("is the department's word, else the hotel's, else nobody", () => {
    const [first, ...others] = grand.departments;
    const own: Hotel = { ...hotel, departments: [{ ...first!, assignment: "none" }, ...others] };
    expect([
      assignmentIn(own, "reception"),
      assignmentIn(own, "housekeeping"),
      assignmentIn(grand, "reception"),
    ]).toEqual(["none", rule, "none"]);
    expect(assignmentIn(hotel, "gone")).toBe(rule);
  });

  test.each<[string, Partial<Conversation>, boolean]>([
    ["open and nobody's", {}, true],
    ["somebody's", { assigneeId: "b" }, false],
    ["over", { status: "closed" }, false],
    ["in another department", { departmentId: "restaurant" }, false],
    ["in none yet", { departmentId: null }, false],
  ])("is looked for where it is %s", (_, fields, isLooked) => {
    const conversation = aConversation(fields);
    expect(waits(conversation, "reception")).toBe(isLooked);
    const to = toAssign(conversation, hotel, "c1").map(({ guestId }) => guestId);
    expect(to).toEqual(
      conversation.departmentId === null || conversation.assigneeId !== null || conversation.status === "closed"
        ? []
        : [conversation.departmentId],
    );
  });

  test("is told to those who watch, and recorded, with whom it was", () => {
    const change = decideAssignment(aConversation(), "reception", "ben", command);
    expect(change).toEqual({
      ...noChange("grand"),
      conversations: [aConversation({ assigneeId: "ben" })],
      events: [event("reception", { type: "conversation.assigned", assigneeId: "ben", fromAssigneeId: null })],
      audit: audit("conversation.assign"),
    });
    expect(decideAssignment(aConversation({ assigneeId: "b" }), "reception", "ben", command)).toEqual(
      noChange("grand"),
    );
  });

  test("is looked for again after ten minutes of the guest's silence, and not a moment before", () => {
    const silent = (ms: number) => looksAgain(aConversation({ lastGuestMessageAt: after(-ms) }), NOON);
    expect([silent(10 * MINUTE - 1), silent(10 * MINUTE)]).toEqual([false, true]);
  });

  test("is whoever's turn it is, and of the least busy only those", () => {
    const turns = (how: "roundRobin" | "leastBusy") =>
      [0, 1, 2, 3].map((turn) => chooseStaff(how, ["a", "b", "c"], turn, [2, 0, 0]));
    expect(turns("roundRobin")).toEqual(["a", "b", "c", "a"]);
    expect(turns("leastBusy")).toEqual(["b", "c", "b", "c"]);
  });

  test("is looked for where a command leaves the matter open, and nowhere where it closes it or changes nothing", () => {
    const work = (decision: ReturnType<typeof decideClose>) => assigning(decision, hotel, "c1").change?.work;
    expect(work(decideReopen(aDeskState({ status: "closed" }), command))).toMatchObject([{ guestId: "reception" }]);
    expect(work(decideClose(aDeskState(), command))).toEqual([]);
    expect(work(decideClose(aDeskState({ status: "closed" }), command))).toBeUndefined();
    expect(work(decideTransfer(aDeskState({}, [housekeeping()]), "housekeeping", grand, command))).toMatchObject([
      { guestId: "housekeeping", payload: { conversationId: "con_2" } },
    ]);
  });
});
