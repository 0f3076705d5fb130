import { describe, expect, test } from "vitest";
import { decideMerge, decideUnmerge } from "../../src/decide/guest.js";
import type { Address } from "../../src/domain/address.js";
import type { Change } from "../../src/domain/change.js";
import { ConversationError } from "../../src/errors.js";
import type { GuestState, KnownMessage } from "../../src/ports/work-storage.js";
import { aConversation, after, HOUR, NOON, Story } from "./world.js";

const bsuid = (value: string): Address => ({ kind: "bsuid", value });
const phone = (value: string): Address => ({ kind: "waId", value });
const had = [bsuid("US.101"), phone("12025550101")];
const became = [bsuid("US.152"), phone("12025550152")];

const aGuest = (id: string, addresses: readonly Address[], fields: Partial<GuestState> = {}): GuestState => ({
  guest: {
    id,
    hotelId: "grand",
    name: null,
    username: null,
    mergedInto: null,
    addresses: addresses.map((address) => ({ ...address, evidence: "w0", firstSeenAt: after(-HOUR), retiredAt: null })),
  },
  merged: [],
  conversations: [],
  formerAddresses: [],
  ...fields,
});
const holding = (...holders: readonly GuestState[]): Story => {
  const story = new Story();
  story.hears("hello");
  story.hears("reception");
  story.state = { ...story.state, holders };
  return story;
};
const current = (story: Story) =>
  story.state.guest.addresses.filter(({ retiredAt }) => retiredAt === null).map(({ value }) => value);

describe("a guest calls themselves something else", () => {
  const named = { profileName: "Zoë" };
  const reaction = { type: "reaction", wamid: "wamid.unseen", text: "👍" } as const;
  const told = (change: Change) => change.events.map(({ body }) => body.type);

  test("that is told with what they write, and by itself when nothing else is told of them (S22)", () => {
    expect(told(holding().hears("hello", named))).toEqual(["message.received"]);
    const change = holding().hears(reaction, named);
    expect(change.events).toEqual([
      {
        conversationId: null,
        departmentId: null,
        body: { type: "guest.changed", guestId: change.guest?.id, changed: "name" },
      },
    ]);
    expect(told(holding().hears(reaction))).toEqual([]);
  });

  test("what is told of somebody else says nothing of them", () => {
    const story = holding();
    const other = { messageId: "msg_1", conversationId: "con_other", seq: 1, departmentId: "reception", isOwn: false };
    const known: KnownMessage = { ...other, direction: "inbound", isImported: false, type: "text" };
    story.state = { ...story.state, known: new Map([["wamid.unseen", known]]) };
    expect(told(story.hears(reaction, named))).toEqual(["message.amended", "guest.changed"]);
  });
});

describe("WhatsApp says that a guest changed (I, H)", () => {
  test("the number: one guest with the new number and id, the old ones retired, one history", () => {
    const story = holding();
    const change = story.guestChanges("number", { addresses: had, became });

    expect(current(story)).toEqual(["US.152", "12025550152"]);
    expect(change.merge).toBeNull();
    expect(change.guest?.retires.map(({ value }) => value).sort()).toEqual(["12025550101", "US.101"]);
    expect(change.events.map(({ body }) => body.type)).toEqual(["message.received", "guest.changed"]);
    expect(change.messages).toMatchObject([{ content: { type: "system", changed: "number" } }]);
    expect(change.chat).toBeNull();
  });

  test("the number, and nothing unread for it: staff who had read everything still have", () => {
    const story = holding();
    const { id, lastSeq } = story.open("reception");
    story.state = {
      ...story.state,
      conversations: story.state.conversations.map((one) => (one.id === id ? { ...one, readSeq: lastSeq } : one)),
    };
    story.guestChanges("number", { addresses: had, became });
    expect(story.open("reception").readSeq).toBe(lastSeq + 1);
  });

  test("the id alone: the phone stays", () => {
    const story = holding();
    story.guestChanges("userId", { addresses: [bsuid("US.101")], became: [bsuid("US.154")] });
    expect(current(story)).toEqual(["12025550101", "US.154"]);
  });

  test("after the guest wrote with the new id: who that is, is this guest, and comes in with all that is theirs", () => {
    const twin = aGuest("gst_twin", [bsuid("US.152")], {
      conversations: [aConversation({ id: "con_twin", guestId: "gst_twin", departmentId: "reception" })],
    });
    const story = holding(twin);
    const change = story.guestChanges("number", { addresses: had, became });

    expect(change.merge).toEqual({ guestId: "gst_twin", into: story.state.guest.id });
    expect(change.guest?.addresses.map(({ value }) => value)).toEqual(["12025550152"]);
    expect(change.conversations).toContainEqual(
      expect.objectContaining({ id: "con_twin", status: "closed", continuedIn: story.open("reception").id }),
    );
    expect(change.audit).toMatchObject([
      { action: "guest.merge", actor: { kind: "system" }, reason: "number_changed", target: { id: "gst_twin" } },
    ]);
  });

  test("to a number that was somebody else's: it passes, and they stay two", () => {
    const story = holding(aGuest("gst_before", [phone("12025550152"), bsuid("US.9")]));
    const change = story.guestChanges("number", { addresses: had, became });
    expect(change.merge).toBeNull();
    expect(change.guest?.addresses).toMatchObject([{ takes: true }, { value: "12025550152", takes: true }]);
  });

  test("late, when somebody else has got the number meanwhile: it takes nothing back", () => {
    const later = aGuest("gst_later", [phone("12025550152")]);
    const story = holding({
      ...later,
      guest: { ...later.guest, addresses: later.guest.addresses.map((one) => ({ ...one, firstSeenAt: after(HOUR) })) },
    });
    const change = story.waits(0).guestChanges("number", { addresses: had, became });
    expect(change.guest?.addresses.find(({ kind }) => kind === "waId")?.takes).toBe(false);
  });

  test("the device: it is told, and nothing about who they are changes", () => {
    const story = holding();
    const change = story.guestChanges("identity", { addresses: had, became: [] });
    expect(change.guest).toBeNull();
    expect(change.messages).toHaveLength(1);
  });

  test("when they are in no conversation: who they are changes all the same", () => {
    const story = new Story();
    const change = story.guestChanges("number", { addresses: had, became });
    expect(change.messages).toEqual([]);
    expect(current(story)).toEqual(["US.152", "12025550152"]);
  });
});

test("the name of whoever wrote with the new id first is the guest's, when nobody was known by the old one", () => {
  const twin = aGuest("gst_twin", [bsuid("US.152")]);
  const story = holding({ ...twin, guest: { ...twin.guest, name: "Tom", username: "tom" } });
  const change = story.guestChanges("number", { addresses: had, became });
  expect(change.guest).toMatchObject({ name: "Tom", username: "tom" });
});

test("a number change that names no new id ends the old one: who writes from the number next is this guest", () => {
  const story = holding();
  const change = story.guestChanges("number", { addresses: had, became: [phone("12025550152")] });
  expect(change.guest?.retires.map(({ value }) => value).sort()).toEqual(["12025550101", "US.101"]);
});

test("a guest proves a phone by sharing it on request, and by no other card", () => {
  const card = (isOwn: boolean) => ({
    type: "contacts" as const,
    cards: [{ isOwn, phones: [{ number: "+1 202-555-0104", waId: "12025550104" }], emails: [] }],
  });
  const story = new Story();
  expect(story.hears(card(false)).guest).toBeNull();
  expect(story.hears(card(true)).guest?.addresses).toMatchObject([{ value: "12025550104", takes: true }]);

  // A card that comes late takes the number from nobody who was seen with it since.
  const holder = aGuest("gst_later", [phone("12025550104")]);
  const later = { ...holder.guest, addresses: holder.guest.addresses.map((one) => ({ ...one, firstSeenAt: NOON })) };
  const late = new Story();
  late.state = { ...late.state, holders: [{ ...holder, guest: later }] };
  expect(late.hears(card(true), { sentAt: after(-HOUR) }).guest?.addresses).toMatchObject([{ takes: false }]);
});

describe("staff who know better", () => {
  const by = { kind: "staff", id: "staff_1", role: "manager", hotels: { grand: "all" } } as const;
  const command = { id: "c1", by, reason: "same passport", now: NOON };
  const one = aGuest("gst_one", [phone("12025550101")], {
    conversations: [aConversation({ id: "con_one", guestId: "gst_one" })],
  });
  const two = aGuest("gst_two", [phone("12025550102")], {
    conversations: [aConversation({ id: "con_two", guestId: "gst_two" })],
  });

  test("merge two guests: audited, the department's two conversations become one, no message moves", () => {
    const change = decideMerge(one, two, command);
    expect(change).toMatchObject({
      merge: { guestId: "gst_one", into: "gst_two" },
      conversations: [{ id: "con_one", continuedIn: "con_two" }, { id: "con_two" }],
      messages: [],
      audit: [{ action: "guest.merge", reason: "same passport", target: { kind: "guest", id: "gst_one" } }],
    });
  });

  test("take them apart again: the conversation comes back", () => {
    const merged: GuestState = {
      ...one,
      guest: { ...one.guest, mergedInto: "gst_two" },
      conversations: [aConversation({ id: "con_one", guestId: "gst_one", status: "closed", continuedIn: "con_two" })],
    };
    const change = decideUnmerge(merged, two, command);
    expect(change).toMatchObject({
      merge: { guestId: "gst_one", into: null },
      conversations: [
        { id: "con_one", status: "open", continuedIn: null },
        // What its list entry showed was the other's.
        { id: "con_two", lastMessagePreview: "", previewMessageId: null },
      ],
    });
    expect(change.events.map(({ body }) => body.type)).toEqual(["conversation.reopened", "guest.unmerged"]);
  });

  test.each<[string, () => unknown]>([
    ["a guest with themselves", () => decideMerge(one, one, command)],
    ["a guest who was merged", () => decideMerge({ ...one, guest: { ...one.guest, mergedInto: "x" } }, two, command)],
    [
      "into a guest who was merged",
      () => decideMerge(one, { ...two, guest: { ...two.guest, mergedInto: "x" } }, command),
    ],
    ["across hotels", () => decideMerge(one, { ...two, guest: { ...two.guest, hotelId: "seaside" } }, command)],
    ["and take apart who was not merged", () => decideUnmerge(one, two, command)],
  ])("cannot merge %s", (_, act) => {
    expect(act).toThrow(ConversationError);
    expect(act).toThrow(/merge_impossible/);
  });

  test("merge guests who talk to different departments: each conversation stays", () => {
    const elsewhere = { ...two, conversations: [aConversation({ id: "con_two", departmentId: "restaurant" })] };
    expect(decideMerge(one, elsewhere, command).conversations).toEqual([]);
  });
});
