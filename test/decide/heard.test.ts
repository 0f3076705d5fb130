import { describe, expect, test } from "vitest";
import { decideItem, decideNews, type FlowListener } from "../../src/decide/item.js";
import { noChange } from "../../src/domain/change.js";
import { newChat } from "../../src/domain/chat.js";
import type { MessageContent } from "../../src/domain/content.js";
import { UNTOUCHED } from "../../src/domain/conversation.js";
import type { AccountNews } from "../../src/domain/account.js";
import { after, grand, GUEST, HOUR, MINUTE, NOON, NUMBER, reasonsOf, SECOND, Story } from "./world.js";

const bodies = (change: ReturnType<Story["hears"]>) => change.events.map(({ body }) => body);
/** A guest who talks to reception, and had a minute of silence. */
const atReception = (): Story => {
  const story = new Story();
  story.hears("hello");
  story.hears("Reception");
  return story.waits(MINUTE);
};

describe("a guest's first message", () => {
  const context = { forwarded: true } as never;
  const written = () => {
    const story = new Story();
    const sentAt = after(-5 * SECOND);
    const change = story.hears("my\nroom is cold", { wamid: "wamid.a", sentAt, quotedWamid: "wamid.unknown", context });
    return { story, change, sentAt };
  };

  test("is stored as it was sent, with why it went where it went", () => {
    const { change, sentAt } = written();
    expect(change.messages[0]).toEqual({
      id: "msg_w1",
      hotelId: "grand",
      conversationId: "con_w1",
      seq: 1,
      direction: "inbound",
      author: { kind: "guest", id: GUEST },
      content: { type: "text", text: "my\nroom is cold" },
      status: "received",
      fallback: null,
      failure: null,
      billing: null,
      wamid: "wamid.a",
      quotedWamid: "wamid.unknown",
      context,
      attemptId: "w1",
      clientMessageId: null,
      flow: null,
      importedPlace: null,
      reasons: [
        { code: "no_department_yet", at: NOON, details: { conversationId: "con_w1" } },
        { code: "menu_sent", at: NOON, details: { conversationId: "con_w1" } },
      ],
      sentAt,
      createdAt: NOON,
    });
  });

  test("opens a conversation in which the desk asks, and nobody waits for staff yet", () => {
    const { change } = written();
    expect(change.conversations).toEqual([
      {
        id: "con_w1",
        hotelId: "grand",
        guestId: GUEST,
        phoneNumberId: NUMBER,
        departmentId: null,
        mode: "service",
        status: "open",
        speaker: "bot",
        version: 0,
        lastSeq: 2,
        readSeq: 0,
        createdAt: NOON,
        lastMessageAt: NOON,
        lastMessagePreview: "my room is cold",
        previewMessageId: "msg_w1",
        lastMessageFrom: "guest",
        lastGuestMessageAt: NOON,
        waitingSince: null,
        episode: { number: 1, startedAt: NOON, askedAt: null, answeredAt: null, answeredBy: null },
        closedAt: null,
        continuedIn: null,
        imported: false,
        ...UNTOUCHED,
      },
    ]);
    expect(change.participants).toEqual([{ conversationId: "con_w1", kind: "guest", id: GUEST, readSeq: 1 }]);
  });

  test("opens the window from when it was sent, and says when the menu went out", () => {
    const { change, sentAt } = written();
    expect(change.chat).toEqual({
      ...newChat("grand", NUMBER, GUEST),
      currentConversationId: "con_w1",
      lastInboundAt: sentAt,
      windowClosesAt: after(24 * HOUR, sentAt),
      menuSentAt: NOON,
      automated: change.chat?.automated,
    });
  });

  test("is answered with a menu that is a message like any other, whose options can be looked up", () => {
    const { change } = written();
    const options = grand.departments.map(({ id, name }, index) => ({
      id: `prm_w1#${String(index + 1)}`,
      title: name,
      departmentId: id,
    }));
    expect(change.messages[1]).toEqual({
      id: "msg_w1_menu",
      hotelId: "grand",
      conversationId: "con_w1",
      seq: 2,
      direction: "outbound",
      author: { kind: "bot", id: "desk" },
      content: {
        type: "buttons",
        text: "Which department?",
        buttons: options.map(({ id, title }) => ({ id, title })),
      },
      status: "queued",
      fallback: null,
      failure: null,
      billing: null,
      wamid: null,
      quotedWamid: null,
      context: null,
      attemptId: null,
      clientMessageId: null,
      flow: null,
      importedPlace: null,
      reasons: [{ code: "department_menu", at: NOON, details: { promptId: "prm_w1" } }],
      sentAt: NOON,
      createdAt: NOON,
    });
    expect(change.prompts).toEqual([
      {
        id: "prm_w1",
        hotelId: "grand",
        guestId: GUEST,
        phoneNumberId: NUMBER,
        conversationId: "con_w1",
        messageId: "msg_w1_menu",
        kind: "departmentMenu",
        options,
        createdAt: NOON,
      },
    ]);
  });

  test("is told to whoever watches, once each, under its conversation", () => {
    const { change } = written();
    expect(change.events).toEqual([
      { conversationId: "con_w1", departmentId: null, body: { type: "conversation.opened" } },
      { conversationId: "con_w1", departmentId: null, body: { type: "message.received", messageId: "msg_w1" } },
      { conversationId: "con_w1", departmentId: null, body: { type: "message.queued", messageId: "msg_w1_menu" } },
    ]);
  });
});

describe("a guest who writes on", () => {
  test("changes their conversation and the chat, and nothing else", () => {
    const story = atReception();
    const before = story.open("reception");
    const chat = story.state.chat!;
    const change = story.hears("towels please", { wamid: "wamid.b" });
    const conversation = {
      ...before,
      lastSeq: before.lastSeq + 1,
      lastMessageAt: story.now,
      lastMessagePreview: "towels please",
      previewMessageId: "msg_w3",
      lastGuestMessageAt: story.now,
    };
    expect(change).toEqual({
      ...noChange("grand"),
      chat: {
        ...chat,
        lastInboundAt: story.now,
        windowClosesAt: after(24 * HOUR, story.now),
        automated: change.chat?.automated,
      },
      conversations: [conversation],
      messages: [expect.objectContaining({ id: "msg_w3", seq: before.lastSeq + 1 })],
      events: [
        {
          conversationId: before.id,
          departmentId: "reception",
          body: { type: "message.received", messageId: "msg_w3" },
        },
      ],
    });
  });

  test("brings back a conversation that staff had put aside, and they hear that it was the guest", () => {
    const story = atReception();
    story.state = {
      ...story.state,
      conversations: story.state.conversations.map((one) => ({ ...one, snoozedUntil: after(HOUR, story.now) })),
    };
    const change = story.hears("hello?");
    expect(story.open("reception").snoozedUntil).toBeNull();
    expect(bodies(change).map((body) => [body.type, "by" in body && body.by])).toEqual([
      ["conversation.unsnoozed", "guest"],
      ["message.received", false],
    ]);
  });

  test("late does not move the window back, nor when they wrote last", () => {
    const story = atReception();
    const { lastInboundAt, windowClosesAt } = story.state.chat!;
    const change = story.hears("from yesterday", { sentAt: after(-20 * HOUR) });
    expect(change.chat).toMatchObject({ lastInboundAt, windowClosesAt });
    expect(change.messages[0]).toMatchObject({ sentAt: after(-20 * HOUR), createdAt: story.now });
  });

  test("through another of the hotel's numbers is answered there from then on", () => {
    const story = atReception();
    story.state = {
      ...story.state,
      conversations: story.state.conversations.map((one) => ({ ...one, phoneNumberId: "200000000000002" })),
    };
    story.hears("hello");
    expect(story.open("reception").phoneNumberId).toBe(NUMBER);
  });

  test("ends the question how it was: what comes next is no answer to it", () => {
    const story = atReception();
    story.state = { ...story.state, chat: { ...story.state.chat!, ratingPromptId: "prm_stars" } };
    expect(story.hears("one more thing").chat?.ratingPromptId).toBeNull();
  });

  test("by a call opens the window, which is how WhatsApp counts it", () => {
    const story = new Story();
    story.hears({ type: "call", direction: "fromGuest", outcome: "missed" } as unknown as MessageContent);
    expect(story.state.chat?.windowClosesAt).toEqual(after(24 * HOUR));
  });

  test("is heard once, however often WhatsApp says so, and what came with the old messages first is heard live", () => {
    const story = atReception();
    story.hears("towels", { wamid: "wamid.b" });
    expect(story.hears("towels", { wamid: "wamid.b", profileName: "Zoë" })).toMatchObject({
      messages: [],
      conversations: [],
      guest: { name: "Zoë" },
    });
    story.imports("guest", "long ago", { wamid: "wamid.old" });
    expect(story.hears("long ago", { wamid: "wamid.old" }).messages).toHaveLength(1);
  });
});

describe("a guest who chooses a department", () => {
  test("by its name keeps what they asked in the list: the choice is no news", () => {
    const story = new Story();
    story.hears("my room is cold");
    for (const choice of ["Housekeeping", "2", story.option("housekeeping")]) {
      const chosen = new Story(story.state);
      chosen.hears(choice, { wamid: "wamid.choice" });
      expect(chosen.open("housekeeping")).toMatchObject({
        lastMessagePreview: "my room is cold",
        previewMessageId: "msg_w1",
        waitingSince: NOON,
      });
    }
  });

  test("by a tap on an old menu, before anything else was said there, shows the choice", () => {
    const story = atReception();
    const change = story.hears(story.option("restaurant"));
    expect(story.open("restaurant")).toMatchObject({ lastMessagePreview: "Café Élysée", previewMessageId: "msg_w3" });
    expect(bodies(change).map(({ type }) => type)).toEqual(["conversation.opened", "message.received"]);
  });

  test("that somebody there is chosen for, once they come, and not with each message", () => {
    const hotel = { ...grand, assignment: { rule: "roundRobin", staff: ["anna"] } } as const;
    const story = new Story(undefined, hotel);
    expect(story.hears("hello").work.map(({ kind }) => kind)).toEqual(["outbound"]);
    expect(story.hears("Reception").work.map(({ kind }) => kind)).toEqual(["assignment"]);
    expect(story.waits(MINUTE).hears("towels").work).toEqual([]);
  });
});

describe("a guest who comes back to a department after a day", () => {
  const hotel = { ...grand, assignment: { rule: "roundRobin", staff: ["anna"] } } as const;
  const comesBack = () => {
    const story = new Story(undefined, hotel);
    story.hears("hello");
    story.hears("Reception");
    story.waits(25 * HOUR).hears("another thing");
    story.state = {
      ...story.state,
      conversations: story.state.conversations.map((one) =>
        one.id === "con_w1" ? { ...one, snoozedUntil: after(HOUR, story.now) } : one,
      ),
    };
    return { story, change: story.hears(story.option("reception")) };
  };

  test("goes on there, with what they wrote before, and it wakes up", () => {
    const { change } = comesBack();
    expect(
      change.conversations.map(({ id, status, continuedIn, lastMessagePreview }) => [
        id,
        status,
        continuedIn,
        lastMessagePreview,
      ]),
    ).toEqual([
      ["con_w3", "closed", "con_w1", "another thing"],
      ["con_w1", "open", null, "another thing"],
    ]);
    expect(change.events.map(({ body }) => body)).toEqual([
      { type: "conversation.closed", continuedIn: "con_w1", leaves: null },
      { type: "conversation.unsnoozed", by: "guest" },
      { type: "message.received", messageId: "msg_w4" },
    ]);
    expect(change.participants).toEqual([]);
  });

  test("gets somebody there as if they came for the first time", () => {
    expect(comesBack().change.work).toMatchObject([{ kind: "assignment", payload: { conversationId: "con_w1" } }]);
  });
});

describe("a guest whom the desk does not understand", () => {
  test("is asked again in other words, and a tap ends the row", () => {
    const story = new Story();
    story.hears("hello");
    for (const words of ["hm", "what?"]) {
      const change = story.waits(3 * MINUTE).hears(words);
      expect(change.messages[1]?.content).toMatchObject({ text: "Please choose one:" });
    }
    expect(story.state.chat?.automated?.row).toBe(3);
    expect(story.hears(story.option("reception")).chat?.automated?.row).toBe(0);
  });

  test("is asked in as many texts as a menu of many needs, each of which leaves", () => {
    const departments = Array.from({ length: 60 }, (_, index) => ({
      id: `floor_${String(index)}`,
      name: `Floor ${String(index)}`,
      description: "The floor's own desk: keys, towels, pillows, light, heating and water",
    }));
    const change = new Story(undefined, { ...grand, departments }).hears("hello");
    expect(change.messages.map(({ id, seq }) => [id, seq])).toEqual([
      ["msg_w1", 1],
      ["msg_w1_menu", 2],
      ["msg_w1_menu_2", 3],
    ]);
    expect(change.work.map(({ payload }) => payload)).toEqual([
      { messageId: "msg_w1_menu" },
      { messageId: "msg_w1_menu_2" },
    ]);
  });
});

describe("a guest who writes while it is closed", () => {
  const hotel = { ...grand, hours: { week: ["20:00-21:00"] } };
  const aways = ({ messages }: ReturnType<Story["hears"]>) =>
    messages.flatMap(({ reasons }) => reasons.filter(({ code }) => code === "away_message"));

  test("is told when it opens, and staff see when that was", () => {
    expect(aways(new Story(undefined, hotel).hears("hello"))).toEqual([
      { code: "away_message", at: NOON, details: { opens: "2026-11-10T19:00:00.000Z" } },
    ]);
    expect(aways(new Story(undefined, { ...grand, hours: { week: [] } }).hears("hello"))).toEqual([
      { code: "away_message", at: NOON, details: { opens: "unknown" } },
    ]);
  });

  test("a day ago, as it turns out, is told nothing that could not leave any more", () => {
    const story = new Story(undefined, hotel);
    expect(aways(story.hears("hello", { sentAt: after(-24 * HOUR) }))).toEqual([]);
  });

  test("to a flow is told nothing: that knows itself what it says", () => {
    const story = atReception();
    story.hotel = hotel;
    story.state = { ...story.state, conversations: story.state.conversations.map((one) => ({ ...one, mode: "flow" })) };
    const change = story.hears("12");
    expect(aways(change)).toEqual([]);
    expect(reasonsOf(change)).toEqual(["current_conversation"]);
  });

  test("after old messages of theirs came in is told so, and asked, in the one new conversation", () => {
    const story = new Story(undefined, hotel);
    story.imports("guest", "long ago");
    const change = story.hears("hello");
    expect(change.messages.map(({ conversationId, seq }) => [conversationId, seq])).toEqual([
      ["con_w2", 1],
      ["con_w2", 2],
      ["con_w2", 3],
    ]);
    expect(change.conversations.map(({ id, imported, lastSeq }) => [id, imported, lastSeq])).toEqual([
      [expect.any(String), true, 1],
      ["con_w2", false, 3],
    ]);
  });
});

describe("what is no message that a guest wrote", () => {
  test("a notice of WhatsApp's own opens no window", () => {
    const change = new Story().hears({ type: "system", changed: "identity", text: "in WhatsApp's words" });
    expect(change.chat).toMatchObject({ windowClosesAt: null, lastInboundAt: null });
  });

  test("a call of the hotel's is the hotel's doing, in the phone app", () => {
    const change = new Story().hears(
      { type: "call", direction: "toGuest", outcome: "failed" },
      { wamid: "wamid.call" },
    );
    expect(change.messages).toMatchObject([
      { id: "msg_w1", wamid: "wamid.call", direction: "outbound", author: { kind: "device" } },
    ]);
    expect([change.chat?.windowClosesAt, change.prompts]).toEqual([null, []]);
  });

  test("what came unread is told when it can be read, where it stands", () => {
    const story = atReception();
    story.hears({ type: "unknown" }, { wamid: "wamid.a" });
    expect(bodies(story.hears("towels", { wamid: "wamid.a" }))).toEqual([
      { type: "message.amended", messageId: "msg_w3", act: "understood" },
    ]);
  });

  test("a STOP that somebody edits into another guest's message is no wish of theirs", () => {
    const story = atReception();
    const known = story.state.known.get("wamid.1")!;
    story.state = { ...story.state, known: new Map([["wamid.theirs", { ...known, isOwn: false }]]) };
    const content = { type: "text", text: "STOP" } as const;
    expect(story.hears({ type: "edit", wamid: "wamid.theirs", content }).consents).toEqual([]);
  });

  test("an edit that comes first is explained on what it edits, and not on the menu", () => {
    const content = { type: "text", text: "room 12" } as const;
    const change = new Story().hears({ type: "edit", wamid: "wamid.never", content });
    expect(change.messages.map(({ reasons }) => reasons.map(({ code }) => code))).toEqual([
      ["no_department_yet", "menu_sent", "edits_unknown"],
      ["department_menu"],
    ]);
  });
});

describe("what a guest is called", () => {
  const zoe = { profileName: "Zoë" };
  const unseen = { type: "reaction", wamid: "wamid.unseen", text: "👍" } as const;

  test("is told with what they write, and by itself where nothing else is told of them", () => {
    expect(bodies(atReception().hears("hello", zoe)).map(({ type }) => type)).toEqual(["message.received"]);
    expect(bodies(new Story().hears("hello", zoe)).map(({ type }) => type)).toEqual([
      "conversation.opened",
      "message.received",
      "message.queued",
    ]);
    expect(atReception().hears(unseen, zoe).events).toEqual([
      {
        conversationId: null,
        departmentId: null,
        body: { type: "guest.changed", guestId: GUEST, changed: "name" },
      },
    ]);
    expect(atReception().hears(unseen).events).toEqual([]);
  });

  test("is told beside what is told of somebody else", () => {
    const story = atReception();
    const known = story.state.known.get("wamid.1")!;
    story.state = {
      ...story.state,
      known: new Map([["wamid.unseen", { ...known, conversationId: "con_theirs", isOwn: false }]]),
    };
    expect(bodies(story.hears(unseen, zoe)).map(({ type }) => type)).toEqual(["message.amended", "guest.changed"]);
  });

  test("is told once with whatever else changed of who they are", () => {
    const twin = {
      guest: {
        ...new Story().state.guest,
        id: "gst_twin",
        name: "Tom",
        addresses: [
          { kind: "bsuid", value: "US.152", evidence: "w0", firstSeenAt: after(-HOUR), retiredAt: null } as const,
        ],
      },
      merged: [],
      conversations: [],
      formerAddresses: [],
    };
    const story = new Story({ ...new Story().state, holders: [twin] });
    const change = story.guestChanges("userId", {
      addresses: [{ kind: "bsuid", value: "US.101" }],
      became: [{ kind: "bsuid", value: "US.152" }],
    });
    expect(change.guest?.name).toBe("Tom");
    expect(bodies(change)).toEqual([
      { type: "guest.changed", guestId: GUEST, changed: "userId" },
      { type: "guest.merged", guestId: "gst_twin", into: GUEST },
    ]);
  });
});

describe("a card's number in what a guest writes", () => {
  test("is told on the message and in the record, wherever the words stand", () => {
    const story = atReception();
    const change = story.hears("411111••••••1111", { wamid: "wamid.card", maskedCards: 1 });
    expect(reasonsOf(change)).toEqual(["current_conversation", "card_masked"]);
    expect(change.messages[0]?.reasons.at(-1)).toEqual({ code: "card_masked", at: story.now, details: { cards: 1 } });
    expect(change.audit).toMatchObject([
      { action: "message.mask", actor: { kind: "system", id: "desk" }, target: { kind: "message", id: "msg_w3" } },
    ]);
    expect(story.hears("no card").audit).toEqual([]);
  });

  test("is told on that message alone, and of one that nobody saw before it was edited", () => {
    const first = new Story().hears("411111••••••1111", { maskedCards: 1 });
    expect(first.messages.map(({ reasons }) => reasons.at(-1)?.code)).toEqual(["card_masked", "department_menu"]);
    const content = { type: "text", text: "411111••••••1111" } as const;
    const change = atReception().hears({ type: "edit", wamid: "wamid.never", content }, { maskedCards: 1 });
    expect(change.audit).toMatchObject([{ target: { kind: "message", id: change.messages[0]?.id } }]);
  });

  test("is told of the message that an edit put it into", () => {
    const story = atReception();
    story.hears("my card", { wamid: "wamid.card" });
    const content = { type: "text", text: "411111••••••1111" } as const;
    const change = story.hears({ type: "edit", wamid: "wamid.card", content }, { maskedCards: 2, wamid: "wamid.edit" });
    expect(change.messages).toEqual([]);
    expect(change.audit).toMatchObject([{ target: { kind: "message", id: "msg_w3" } }]);
  });
});

describe("news of an account", () => {
  const said = (news: AccountNews, at: Date | null = null) =>
    decideNews("grand", { workId: "w9", item: { kind: "account", news, at } }, null, NOON);
  const paused: AccountNews = {
    about: "template",
    accountId: "1",
    templateId: "800",
    name: "arrival",
    language: "en",
    status: "PAUSED",
  };

  test("are told to whoever sees the whole hotel, and change nothing else", () => {
    const news: AccountNews = { about: "preference", accountId: "1", category: "marketing_messages", wish: "stop" };
    expect(said(news)).toEqual({
      ...noChange("grand"),
      templates: [],
      events: [{ conversationId: null, departmentId: null, body: { type: "account.news", news } }],
    });
  });

  test("of a template change the catalogue as of when WhatsApp said so, and never of tomorrow", () => {
    expect(said(paused, after(-HOUR)).templates).toMatchObject([{ status: "paused", at: after(-HOUR) }]);
    expect(said(paused, after(HOUR)).templates).toMatchObject([{ at: NOON }]);
    expect(said(paused).templates).toMatchObject([{ at: NOON }]);
  });
});

test("a message that a flow takes for itself is routed nowhere else, and every other one is", () => {
  const { state, now } = atReception();
  const item = (text: string, wamid = "wamid.new") =>
    ({
      kind: "message",
      wamid,
      addresses: [],
      profileName: null,
      username: null,
      sentAt: NOON,
      content: { type: "text", text },
      quotedWamid: null,
      context: null,
    }) as const;
  const input = (text: string, wamid?: string) => ({ workId: "w9", phoneNumberId: NUMBER, item: item(text, wamid) });
  const taken = noChange("grand");
  const takes: FlowListener = (_, { message }) =>
    message.content.type === "text" && message.content.text === "12" ? taken : null;
  expect(decideItem(state, input("12"), grand, now, takes)).toEqual(taken);
  expect(decideItem(state, input("towels"), grand, now, takes).messages).toHaveLength(1);
});
