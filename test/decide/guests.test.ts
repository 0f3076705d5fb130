import { describe, expect, test } from "vitest";
import { continueIn, woken } from "../../src/decide/continue-in.js";
import { applied, merged } from "../../src/decide/fold.js";
import { decideMerge, decideUnmerge } from "../../src/decide/guest.js";
import type { Address } from "../../src/domain/address.js";
import { noChange, type Change } from "../../src/domain/change.js";
import type { Conversation } from "../../src/domain/conversation.js";
import type { GuestUpdate } from "../../src/domain/guest.js";
import { ConversationError } from "../../src/errors.js";
import type { GuestState } from "../../src/ports/work-storage.js";
import { aConversation, after, GUEST, HOUR, MINUTE, NOON, Story } from "./world.js";

const bsuid = (value: string): Address => ({ kind: "bsuid", value });
const phone = (value: string): Address => ({ kind: "waId", value });
const had = [bsuid("US.101"), phone("12025550101")];
const became = [bsuid("US.152"), phone("12025550152")];
const aGuest = (
  id: string,
  addresses: readonly Address[],
  conversations: readonly Conversation[] = [],
  more: Partial<GuestState["guest"]> = {},
): GuestState => ({
  guest: {
    id,
    hotelId: "grand",
    name: null,
    username: null,
    mergedInto: null,
    addresses: addresses.map((address) => ({ ...address, evidence: "w0", firstSeenAt: after(-HOUR), retiredAt: null })),
    ...more,
  },
  merged: [],
  conversations,
  formerAddresses: [],
});
/** A guest who talks to reception, beside others who have some of their new addresses. */
const beside = (...holders: readonly GuestState[]): Story => {
  const story = new Story();
  story.hears("hello");
  story.hears("reception");
  story.waits(MINUTE);
  story.state = { ...story.state, holders };
  return story;
};
const changes = (story: Story, fields: Partial<Conversation>) => {
  story.state = { ...story.state, conversations: story.state.conversations.map((one) => ({ ...one, ...fields })) };
};
const valuesOf = (addresses: readonly Address[] | undefined) => addresses?.map(({ value }) => value).sort();

describe("WhatsApp says that a guest has another number", () => {
  test("staff read it where the guest is, with why it stands there, and who they are changes", () => {
    const story = beside();
    const before = story.open("reception");
    const change = story.guestChanges("number", { addresses: had, became });
    expect(change).toEqual({
      ...noChange("grand"),
      guest: {
        id: GUEST,
        name: null,
        username: null,
        addresses: became.map((address) => ({ ...address, evidence: "w3", takes: true })),
        retires: story.state.guest.addresses
          .filter(({ retiredAt }) => retiredAt !== null)
          .map((address) => ({ ...address, retiredAt: null })),
      },
      conversations: [{ ...before, lastSeq: before.lastSeq + 1 }],
      messages: [
        {
          id: "msg_w3",
          hotelId: "grand",
          conversationId: before.id,
          seq: before.lastSeq + 1,
          direction: "inbound",
          author: { kind: "guest", id: GUEST },
          content: { type: "system", changed: "number", text: "in WhatsApp's words" },
          status: "received",
          fallback: null,
          failure: null,
          billing: null,
          wamid: "wamid.3",
          quotedWamid: null,
          context: null,
          attemptId: "w3",
          clientMessageId: null,
          flow: null,
          importedPlace: null,
          reasons: [{ code: "guest_changed", at: story.now, details: { conversationId: before.id } }],
          sentAt: story.now,
          createdAt: story.now,
        },
      ],
      events: [
        {
          conversationId: before.id,
          departmentId: "reception",
          body: { type: "message.received", messageId: "msg_w3" },
        },
        {
          conversationId: null,
          departmentId: null,
          body: { type: "guest.changed", guestId: GUEST, changed: "number" },
        },
      ],
    });
  });

  test("is told once, and the second time changes no list", () => {
    const story = beside();
    story.guestChanges("number", { addresses: had, became });
    const [first] = story.changes.at(-1)!.messages;
    story.state = {
      ...story.state,
      known: new Map([["wamid.4", story.state.known.get(first!.wamid!)!]]),
    };
    const again = story.guestChanges("number", { addresses: had, became });
    expect([again.messages, again.conversations]).toEqual([[], []]);
  });

  test("is told where they speak now, not in what is over, nor in another matter that is open", () => {
    const story = beside();
    story.waits(3 * MINUTE).hears(story.option("restaurant"));
    story.staffClose("con_w1");
    expect(story.guestChanges("identity", { addresses: had, became: [] }).conversations).toMatchObject([
      { departmentId: "restaurant" },
    ]);
    const two = beside();
    two.waits(3 * MINUTE).hears(two.option("restaurant"));
    expect(two.guestChanges("identity", { addresses: had, became: [] }).conversations).toMatchObject([
      { departmentId: "restaurant" },
    ]);
    const over = beside();
    over.staffClose("con_w1");
    expect(over.guestChanges("identity", { addresses: had, became: [] }).messages).toEqual([]);
  });

  test("to staff who have not read everything is one more thing unread", () => {
    const story = beside();
    changes(story, { readSeq: 1 });
    story.guestChanges("number", { addresses: had, became });
    expect(story.open("reception").readSeq).toBe(1);
  });

  test("ends each address of theirs that it should, and none that they keep", () => {
    const story = beside();
    const [first] = story.state.guest.addresses;
    const others: Address[] = [bsuid("US.102"), { kind: "parentBsuid", value: "US.ENT.1" }, phone("12025550109")];
    story.state = {
      ...story.state,
      guest: {
        ...story.state.guest,
        addresses: [...story.state.guest.addresses, ...others.map((one) => ({ ...first!, ...one }))],
      },
    };
    const { state } = story;
    const ends = (changed: "number" | "userId", addresses: Address[], to: Address[]) => {
      story.state = state;
      return valuesOf(story.guestChanges(changed, { addresses, became: to }).guest?.retires);
    };
    expect(ends("number", had, became)).toEqual(["12025550101", "12025550109", "US.101", "US.102"]);
    expect(ends("number", had, [bsuid("US.152")]), "the new number is not told").toEqual(["US.101", "US.102"]);
    expect(ends("number", had, [phone("12025550109")])).toEqual(["12025550101", "US.101", "US.102"]);
    expect(ends("userId", [bsuid("US.101")], [bsuid("US.152")])).toEqual(["US.101"]);
    expect(ends("userId", had, [bsuid("US.152")]), "the phone stays").toEqual(["US.101"]);
    expect(ends("userId", [bsuid("US.101")], [bsuid("US.101")])).toEqual([]);
  });

  test("who has only the new phone is somebody else, and who has the new id is this guest", () => {
    const merges = (holder: GuestState) => beside(holder).guestChanges("number", { addresses: had, became }).merge;
    expect(merges(aGuest("gst_before", [phone("12025550152")]))).toBeNull();
    expect(merges(aGuest("gst_parent", [{ kind: "parentBsuid", value: "US.152" }]))).toBeNull();
    expect(merges(aGuest("gst_other", [bsuid("US.153")]))).toBeNull();
    expect(merges(aGuest("gst_twin", [bsuid("US.152")]))).toEqual({ guestId: "gst_twin", into: GUEST });
  });

  test("keeps the name that the guest had, and takes the other's only where there was none", () => {
    const twin = aGuest("gst_twin", [bsuid("US.152")], [], { name: "Tom", username: "tom" });
    const story = beside(twin);
    story.state = { ...story.state, guest: { ...story.state.guest, name: "Tomas" } };
    expect(story.guestChanges("number", { addresses: had, became }).guest).toMatchObject({
      name: null,
      username: null,
    });
  });

  test("merges whoever wrote with the new id already: told, recorded, and their matters in one place", () => {
    const other = aConversation({ id: "con_twin", guestId: "gst_twin", lastMessageAt: after(HOUR) });
    const spa = aConversation({ id: "con_spa", guestId: "gst_twin", departmentId: "spa" });
    const over = aConversation({ id: "con_over", guestId: "gst_twin", status: "closed" });
    const story = beside(aGuest("gst_twin", [bsuid("US.152")], [other, spa, over]));
    const own = story.open("reception");
    const change = story.guestChanges("userId", { addresses: had, became });
    expect(change.conversations.map(({ id, status, continuedIn }) => [id, status, continuedIn])).toEqual([
      [own.id, "open", null],
      ["con_twin", "closed", own.id],
    ]);
    expect(change.conversations[0], "with the notice in it").toMatchObject({ lastSeq: own.lastSeq + 1 });
    expect(change.events.map(({ body }) => body.type)).toEqual([
      "message.received",
      "guest.changed",
      "conversation.closed",
      "guest.merged",
    ]);
    expect(change.events.at(-1)).toEqual({
      conversationId: null,
      departmentId: null,
      body: { type: "guest.merged", guestId: "gst_twin", into: GUEST },
    });
    expect(change.audit).toEqual([
      {
        id: expect.any(String) as string,
        hotelId: "grand",
        actor: { kind: "system", id: "whatsapp" },
        action: "guest.merge",
        reason: "user_id_changed",
        target: { kind: "guest", id: "gst_twin" },
        at: story.now,
      },
    ]);
    expect(change.chat).toBeNull();
  });
});

describe("a guest whose newest talk was with a flow, by their new id", () => {
  const flow = (more: Partial<Conversation> = {}) =>
    aConversation({
      id: "con_flow",
      guestId: "gst_twin",
      departmentId: null,
      mode: "flow",
      lastMessageAt: after(HOUR),
      ...more,
    });
  const goesOnIn = (conversations: readonly Conversation[], prepare?: (story: Story) => void) => {
    const story = beside(aGuest("gst_twin", [bsuid("US.152")], conversations));
    prepare?.(story);
    return story.guestChanges("number", { addresses: had, became }).chat?.currentConversationId ?? null;
  };

  test("answers that next", () => {
    expect(goesOnIn([flow()])).toBe("con_flow");
    expect(goesOnIn([aConversation({ id: "con_old", departmentId: "spa" }), flow()])).toBe("con_flow");
  });

  test.each<[string, readonly Conversation[]]>([
    ["it is over", [flow({ status: "closed" })]],
    ["it is on another number", [flow({ phoneNumberId: "200000000000002" })]],
    ["a person has taken it over", [flow({ speaker: "human" })]],
    [
      "they spoke with a department since",
      [flow(), aConversation({ departmentId: "spa", lastMessageAt: after(2 * HOUR) })],
    ],
    ["they wrote by the old id since", [flow({ lastMessageAt: after(-HOUR) })]],
    ["there is none", []],
  ])("goes on where they are when %s", (_, conversations) => {
    expect(goesOnIn(conversations)).toBeNull();
  });

  test("answers it also when what they were in before is over", () => {
    expect(
      goesOnIn([flow({ lastMessageAt: after(-HOUR) })], (story) => {
        story.staffClose("con_w1");
      }),
    ).toBe("con_flow");
  });

  test("goes on with their own flow of that kind, into which the other is closed", () => {
    const conversation = aConversation({ id: "con_own", departmentId: null, mode: "flow", lastMessageAt: NOON });
    expect(
      goesOnIn([flow()], (story) => {
        story.state = { ...story.state, conversations: [...story.state.conversations, conversation] };
      }),
    ).toBeNull();
  });

  test("who never wrote in a chat here has none to go on in", () => {
    const story = new Story();
    story.state = { ...story.state, holders: [aGuest("gst_twin", [bsuid("US.152")], [flow()])] };
    expect(story.guestChanges("number", { addresses: had, became }).chat).toBeNull();
  });
});

describe("staff who say that two guests are one, or two after all", () => {
  const by = { kind: "staff", id: "staff_1", role: "manager", hotels: { grand: "all" } } as const;
  const command = { id: "c1", by, reason: "same passport", now: after(MINUTE) };
  const closed = (id: string, continuedIn: string | null, more: Partial<Conversation> = {}) =>
    aConversation({ id, guestId: "gst_one", status: "closed", closedAt: NOON, continuedIn, ...more });
  const one = (...conversations: readonly Conversation[]) =>
    aGuest("gst_one", [phone("12025550101")], conversations, { mergedInto: "gst_two" });
  const two = (...conversations: readonly Conversation[]) => aGuest("gst_two", [phone("12025550102")], conversations);
  const detailsOf = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return ConversationError.is(error) ? error.details : error;
    }
    return "nothing thrown";
  };

  test("are told into whom a guest was merged already", () => {
    const merged_ = one();
    expect(detailsOf(() => decideMerge(merged_, two(), command))).toEqual({ mergedInto: "gst_two" });
    expect(detailsOf(() => decideMerge(two(), two(), command))).toEqual({ mergedInto: null });
    expect(detailsOf(() => decideUnmerge(two(), two(), command))).toEqual({ mergedInto: null });
    expect(detailsOf(() => decideUnmerge(merged_, aGuest("gst_three", []), command))).toEqual({
      mergedInto: "gst_two",
    });
  });

  test("join what they speak of with one department in one way, and nothing that is over", () => {
    const single = aGuest(
      "gst_one",
      [],
      [
        aConversation({ id: "con_1" }),
        aConversation({ id: "con_flow", mode: "flow" }),
        aConversation({ id: "con_bar", departmentId: "restaurant", status: "closed" }),
      ],
    );
    const change = decideMerge(
      single,
      two(
        aConversation({ id: "con_bar_2", departmentId: "restaurant" }),
        aConversation({ id: "con_0", status: "closed" }),
        aConversation({ id: "con_2" }),
      ),
      command,
    );
    expect(change.conversations.map(({ id, status }) => [id, status])).toEqual([
      ["con_1", "closed"],
      ["con_2", "open"],
    ]);
    expect(change.events.map(({ body }) => body.type)).toEqual(["conversation.closed", "guest.merged"]);
    expect(change.events.at(-1)?.body).toEqual({ type: "guest.merged", guestId: "gst_one", into: "gst_two" });
  });

  test("part them: what had gone on elsewhere is open on its own again, as far as there is room", () => {
    const change = decideUnmerge(
      one(
        closed("con_a", "con_x"),
        closed("con_b", "con_x"),
        closed("con_flow", "con_y", { mode: "flow" }),
        closed("con_old", "con_x", { departmentId: "spa", imported: true }),
        aConversation({ id: "con_open", guestId: "gst_one", departmentId: "restaurant", previewMessageId: "msg_own" }),
        closed("con_c", "con_z", { departmentId: "restaurant" }),
      ),
      two(),
      command,
    );
    expect(
      change.conversations.map(({ id, status, continuedIn, closedAt }) => [id, status, continuedIn, closedAt]),
    ).toEqual([
      ["con_a", "open", null, null],
      ["con_b", "closed", null, NOON],
      ["con_flow", "open", null, null],
      ["con_old", "closed", null, NOON],
      ["con_c", "closed", null, NOON],
    ]);
    expect(change.events.map(({ body }) => body)).toEqual([
      { type: "conversation.reopened", leaves: "con_x" },
      { type: "conversation.closed", continuedIn: null, leaves: "con_x" },
      { type: "conversation.reopened", leaves: "con_y" },
      { type: "conversation.closed", continuedIn: null, leaves: "con_x" },
      { type: "conversation.closed", continuedIn: null, leaves: "con_z" },
      { type: "guest.unmerged", guestId: "gst_one", from: "gst_two" },
    ]);
    expect(change.audit).toMatchObject([
      { action: "guest.merge", reason: "same passport", target: { kind: "guest", id: "gst_one" } },
    ]);
    expect(change.merge).toEqual({ guestId: "gst_one", into: null });
  });

  test("show no word of the one in the other's list, and leave what is each's own", () => {
    const change = decideUnmerge(
      one(
        closed("con_a", "con_two", { previewMessageId: "msg_a" }),
        closed("con_b", "con_two", { previewMessageId: null, departmentId: "spa" }),
      ),
      two(
        aConversation({ id: "con_two", previewMessageId: "msg_a" }),
        aConversation({ id: "con_own", departmentId: "restaurant", previewMessageId: "msg_own" }),
        aConversation({ id: "con_bare", departmentId: "bar", previewMessageId: null, lastMessagePreview: "kept" }),
      ),
      command,
    );
    expect(
      change.conversations.map(({ id, lastMessagePreview, previewMessageId }) => [
        id,
        lastMessagePreview,
        previewMessageId,
      ]),
    ).toEqual([
      ["con_a", "hello", "msg_a"],
      ["con_b", "hello", null],
      ["con_two", "", null],
    ]);
  });
});

describe("a matter that goes on in another", () => {
  const joined = (from: Partial<Conversation>, into: Partial<Conversation>) =>
    continueIn(
      aConversation({ id: "con_1", lastMessagePreview: "from", previewMessageId: "msg_from", ...from }),
      aConversation({
        id: "con_2",
        departmentId: "spa",
        lastMessagePreview: "into",
        previewMessageId: "msg_into",
        ...into,
      }),
      after(HOUR),
      "staff",
    );

  test("is closed, and its place says where it went", () => {
    const { from, events } = joined({ continuedIn: "con_0", snoozedUntil: after(HOUR) }, {});
    expect(from).toMatchObject({ status: "closed", closedAt: after(HOUR), continuedIn: "con_2", snoozedUntil: null });
    expect(events).toEqual([
      {
        conversationId: "con_1",
        departmentId: "spa",
        body: { type: "conversation.closed", continuedIn: "con_2", leaves: "con_0" },
      },
    ]);
  });

  test("brings the other back out of its sleep, which staff hear once", () => {
    const { into, events } = joined({}, { snoozedUntil: after(2 * HOUR) });
    expect(into.snoozedUntil).toBeNull();
    expect(events.slice(1)).toEqual([
      { conversationId: "con_2", departmentId: "spa", body: { type: "conversation.unsnoozed", by: "staff" } },
    ]);
    expect(woken(aConversation(), "time")).toEqual([]);
  });

  test("shows in the list what was written last, in either, and something where the other shows nothing", () => {
    const shown = (from: Partial<Conversation>, into: Partial<Conversation>) => {
      const { lastMessageAt, lastMessagePreview, previewMessageId } = joined(from, into).into;
      return [lastMessageAt, lastMessagePreview, previewMessageId];
    };
    expect(shown({ lastMessageAt: after(MINUTE) }, {})).toEqual([after(MINUTE), "from", "msg_from"]);
    expect(shown({}, { lastMessageAt: after(MINUTE) })).toEqual([after(MINUTE), "into", "msg_into"]);
    expect(shown({}, {})).toEqual([NOON, "into", "msg_into"]);
    expect(shown({}, { lastMessageAt: after(MINUTE), lastMessagePreview: "", previewMessageId: null })).toEqual([
      after(MINUTE),
      "from",
      "msg_from",
    ]);
  });
});

describe("what is decided after what is not stored yet", () => {
  const update = (fields: Partial<GuestUpdate> = {}): GuestUpdate => ({
    id: GUEST,
    name: null,
    username: null,
    addresses: [],
    retires: [],
    ...fields,
  });
  const given = (address: Address) => ({ ...address, evidence: "w1", takes: true });
  const [id, number] = [bsuid("US.152"), phone("12025550152")];
  const of = (guest: GuestUpdate | null): Change => ({ ...noChange("grand"), guest });

  test("knows the guest as they are by then", () => {
    const { state } = new Story();
    const guest = applied(
      state,
      of(
        update({
          name: "Zoë",
          username: "zoe",
          language: "it",
          addresses: [given(number)],
          retires: [phone("12025550101")],
        }),
      ),
      after(HOUR),
    ).guest;
    expect(guest).toEqual({
      ...state.guest,
      name: "Zoë",
      username: "zoe",
      language: "it",
      addresses: [
        state.guest.addresses[0],
        { ...state.guest.addresses[1], retiredAt: after(HOUR) },
        { ...number, evidence: "w1", firstSeenAt: after(HOUR), retiredAt: null },
      ],
    });
    const kept = applied({ ...state, guest }, of(update({ retires: [phone("12025550101")] })), after(2 * HOUR)).guest;
    expect(kept).toEqual(guest);
    expect(
      applied(state, of(update({ addresses: [given(phone("12025550101"))] })), after(HOUR)).guest.addresses,
    ).toEqual([
      state.guest.addresses[0],
      { ...phone("12025550101"), evidence: "w1", firstSeenAt: after(HOUR), retiredAt: null },
    ]);
    expect(applied(state, noChange("grand"), NOON)).toEqual(state);
  });

  test("knows what was written, with its department, and that it is the guest's own", () => {
    const story = new Story();
    story.hears("hello", { wamid: "wamid.a" });
    expect(story.state.known.get("wamid.a")).toEqual({
      messageId: "msg_w1",
      conversationId: "con_w1",
      seq: 1,
      direction: "inbound",
      departmentId: null,
      isOwn: true,
      isImported: false,
      type: "text",
    });
    expect(story.state.known.size, "the menu has no id of WhatsApp's yet").toBe(1);
    story.hears("reception", { wamid: "wamid.b" });
    story.hears({ type: "revoke", wamid: "wamid.b" });
    story.hears("STOP", { wamid: "wamid.c" });
    expect(story.state.known.get("wamid.c")?.departmentId).toBe("reception");
    expect([story.state.amendments, story.state.consents]).toMatchObject([[{ wamid: "wamid.b" }], [{ wish: "stop" }]]);
    story.imports("guest", "long ago", { wamid: "wamid.old" });
    expect(story.state.known.get("wamid.old")).toMatchObject({ isImported: true });
  });

  test("is one change with it: the latest of each, and all that was done", () => {
    const [first, second] = [aConversation({ id: "con_a", lastSeq: 1 }), aConversation({ id: "con_a", lastSeq: 2 })];
    const whole = merged(
      { ...of(null), conversations: [first, aConversation({ id: "con_b" })], events: [], chat: null },
      { ...of(update({ name: "Zoë" })), conversations: [second] },
    );
    expect(whole.conversations.map(({ id: one, lastSeq }) => [one, lastSeq])).toEqual([
      ["con_a", 2],
      ["con_b", 2],
    ]);
    expect(whole.guest).toEqual(update({ name: "Zoë" }));
    expect(merged(of(update({ name: "Zoë" })), of(null)).guest).toEqual(update({ name: "Zoë" }));
    expect(merged(of(null), of(null))).toEqual(of(null));
  });

  test("loses nothing of either", () => {
    const lists = Object.entries(noChange("grand")).flatMap(([name, value]) => (Array.isArray(value) ? [name] : []));
    const holding = (id: string) => ({
      ...noChange("grand"),
      ...Object.fromEntries(lists.map((name) => [name, [{ id }]])),
    });
    const whole = merged(holding("a"), holding("b")) as unknown as Readonly<Record<string, unknown>>;
    expect(lists.length).toBeGreaterThan(15);
    for (const name of lists) expect(whole[name], name).toEqual([{ id: "a" }, { id: "b" }]);

    const story = new Story();
    const [one, two] = [story.hears("hello"), story.hears("reception")];
    expect(merged(one, two).chat).toEqual(two.chat);
    expect(merged(one, noChange("grand"))).toEqual(one);
    expect(merged(noChange("grand"), two)).toEqual(two);
    const merge = { guestId: "gst_1", into: "gst_2" };
    expect(merged({ ...one, merge }, two).merge).toEqual(merge);
    expect(merged(one, { ...two, merge }).merge).toEqual(merge);
  });

  test("is the guest that both make of them: what was given and retired then is retired, what came back is not", () => {
    const both = (first: GuestUpdate, second: GuestUpdate) => merged(of(first), of(second)).guest;
    const gives = update({ name: "Zoë", username: "zoe", language: "it", addresses: [given(id), given(number)] });
    const retires = update({ retires: [id] });
    expect(both(gives, retires)).toEqual({ ...gives, addresses: [given(number)], retires: [id] });
    expect(both(retires, gives)).toEqual({ ...gives, retires: [] });
    expect(both(retires, update({ retires: [number] }))?.retires).toEqual([id, number]);
    expect(both(update(), gives)).toEqual(gives);
    const again = { ...given(id), evidence: "w2" };
    expect(both(gives, update({ name: "Zoe", language: "fr", addresses: [again] }))).toMatchObject({
      name: "Zoe",
      language: "fr",
      addresses: [given(number), again],
    });
    expect(both(update(), update())).not.toHaveProperty("language");
  });
});
