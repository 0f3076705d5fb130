import { describe, expect, test } from "vitest";
import { amendedLine, decideAmendment } from "../../src/decide/amend.js";
import { shown, type Amendment, type AmendmentAct } from "../../src/domain/amendment.js";
import { noChange } from "../../src/domain/change.js";
import { newChat } from "../../src/domain/chat.js";
import type { AmendingContent, MessageContent } from "../../src/domain/content.js";
import { textMark } from "../../src/domain/translation.js";
import { after, grand, GUEST, HOUR, MINUTE, NOON, NUMBER, SECOND, Story } from "./world.js";

const text = (words: string) => ({ type: "text", text: words }) as const;
const edit = (wamid: string, words: string): AmendingContent => ({ type: "edit", wamid, content: text(words) });
const revoke = (wamid: string): AmendingContent => ({ type: "revoke", wamid });
const reaction = (wamid: string, emoji?: string): AmendingContent => ({
  type: "reaction",
  wamid,
  ...(emoji !== undefined && { text: emoji }),
});
/** A guest who talks to reception, and had a minute of silence. */
const atReception = (): Story => {
  const story = new Story();
  story.hears("hello");
  story.hears("Reception");
  return story.waits(MINUTE);
};

describe("what a guest does to a message", () => {
  test.each<[string, AmendingContent, AmendmentAct]>([
    ["an edit", edit("wamid.a", "at 7"), { kind: "edited", content: text("at 7") }],
    ["a deletion", revoke("wamid.a"), { kind: "revoked" }],
    ["an emoji", reaction("wamid.a", "👍"), { kind: "reacted", emoji: "👍" }],
    ["an emoji that is taken back", reaction("wamid.a"), { kind: "reacted", emoji: null }],
  ])("is kept beside it, whole: %s", (_, content, act) => {
    const story = atReception();
    story.hears("at 5", { wamid: "wamid.a" });
    const sentAt = after(-SECOND, story.now);
    const change = story.hears(content, { wamid: "wamid.act", sentAt });
    expect(change).toEqual({
      ...noChange("grand"),
      amendments: [
        {
          hotelId: "grand",
          wamid: "wamid.a",
          id: "wamid.act",
          guestId: GUEST,
          by: "guest",
          act,
          at: sentAt,
          attemptId: "w4",
        },
      ],
      conversations: act.kind === "reacted" ? [] : [expect.objectContaining({ departmentId: "reception" })],
      events: [
        {
          conversationId: "con_w1",
          departmentId: "reception",
          body: { type: "message.amended", messageId: "msg_w3", act: act.kind },
        },
      ],
    });
  });

  test("counts as of now where WhatsApp's clock is ahead", () => {
    const story = atReception();
    story.hears("at 5", { wamid: "wamid.a" });
    expect(story.hears(revoke("wamid.a"), { sentAt: after(HOUR, story.now) }).amendments).toMatchObject([
      { at: story.now },
    ]);
  });

  test("changes in the lists only what shows that message", () => {
    const story = atReception();
    story.hears("at 5", { wamid: "wamid.a" });
    story.waits(3 * MINUTE).hears(story.option("restaurant"));
    const change = story.hears(edit("wamid.a", "at\n7"));
    expect(change.conversations.map(({ id, lastMessagePreview }) => [id, lastMessagePreview])).toEqual([
      ["con_w1", "at 7"],
    ]);
  });

  test("changes no other message, of whichever was edited before", () => {
    const story = atReception();
    story.hears("at 5", { wamid: "wamid.a" });
    story.hears(edit("wamid.a", "at 7"));
    story.hears("and towels", { wamid: "wamid.b" });
    expect(story.open("reception").lastMessagePreview).toBe("and towels");
    story.hears(reaction("wamid.b", "👍"));
    expect(story.open("reception").lastMessagePreview).toBe("and towels");
  });

  test("is told to nobody where it came with the old messages", () => {
    const { state } = atReception();
    const amendment: Amendment = {
      hotelId: "grand",
      wamid: "wamid.1",
      id: "wamid.act",
      guestId: GUEST,
      by: "guest",
      act: { kind: "revoked" },
      at: NOON,
      attemptId: "w9",
    };
    expect(decideAmendment(state, amendment, false).events).toEqual([]);
    expect(decideAmendment(state, amendment, true).events).toHaveLength(1);
    expect(decideAmendment(state, { ...amendment, wamid: "wamid.none" }, true)).toEqual({
      ...noChange("grand"),
      amendments: [{ ...amendment, wamid: "wamid.none" }],
    });
  });

  test("to a message that the desk never saw puts that where it would have stood, as early as it can have been", () => {
    const story = atReception();
    const change = story.hears(edit("wamid.never", "room 12"), { wamid: "wamid.edit" });
    expect(change.messages).toMatchObject([
      {
        wamid: "wamid.never",
        content: { type: "unseen" },
        sentAt: after(-15 * MINUTE, story.now),
        reasons: [{ code: "current_conversation" }, { code: "edits_unknown", at: story.now }],
      },
    ]);
    expect(story.open("reception").lastMessagePreview).toBe("room 12");
  });

  test("is understood once a release can read it, in the place of what nobody could", () => {
    for (const type of ["unknown", "mediaPlaceholder"] as const) {
      const story = atReception();
      story.hears({ type }, { wamid: "wamid.a" });
      const change = story.hears("I wrote in a new way", { wamid: "wamid.a" });
      expect(change).toMatchObject({
        messages: [],
        amendments: [
          {
            wamid: "wamid.a",
            id: "wamid.a text",
            guestId: GUEST,
            by: "guest",
            act: { kind: "understood", content: text("I wrote in a new way") },
            at: story.now,
            attemptId: "w4",
          },
        ],
      });
      expect(story.hears({ type: "unknown" }, { wamid: "wamid.a" }).amendments).toEqual([]);
    }
    const read = atReception();
    read.hears("words", { wamid: "wamid.a" });
    expect(read.hears("other words", { wamid: "wamid.a" }).amendments, "it could be read").toEqual([]);
  });
});

describe("what staff see of a message", () => {
  const message = { content: text("first"), sentAt: NOON, direction: "inbound" } as const;
  let n = 0;
  const amendment = (act: AmendmentAct, minutes: number, by: Amendment["by"] = "guest", id?: string): Amendment => ({
    hotelId: "grand",
    wamid: "wamid.a",
    id: id ?? `a${String(n++)}`,
    guestId: GUEST,
    by,
    act,
    at: after(minutes * MINUTE),
    attemptId: "w1",
  });
  const edited = (words: string): AmendmentAct => ({ kind: "edited", content: text(words) });

  test("to which nothing was done is the message", () => {
    expect(shown(message, [])).toEqual({ ...message, versions: [], revokedAt: null, reactions: [], insteadOf: null });
    expect(amendedLine("inbound", [])).toBeNull();
  });

  test("of the hotel's is what the phone app made of it, and never what the guest did", () => {
    const sent = { ...message, direction: "outbound" } as const;
    expect(shown(sent, [amendment(edited("second"), 1, "device")]).content).toEqual(text("second"));
    expect(shown(sent, [amendment(edited("forged"), 1, "guest")]).content).toEqual(text("first"));
    expect(amendedLine("outbound", [amendment(edited("second"), 1, "device")])).toBe("second");
    expect(amendedLine("outbound", [amendment(edited("forged"), 1, "guest")])).toBeNull();
  });

  test("is the last edit by time, and of two in one second the same one, whichever came first", () => {
    const both = [amendment(edited("b"), 1, "guest", "2"), amendment(edited("a"), 1, "guest", "1")];
    for (const order of [both, [...both].reverse()]) {
      expect(shown(message, order)).toMatchObject({
        content: text("b"),
        versions: [{ content: text("first") }, { content: text("a") }],
      });
    }
  });

  test("that was deleted says since when it is, first of all, and no word of it", () => {
    const seen = shown(message, [
      amendment({ kind: "revoked" }, 3),
      amendment({ kind: "revoked" }, 2),
      amendment(edited("second"), 4),
    ]);
    expect(seen).toMatchObject({ content: { type: "revoked" }, revokedAt: after(2 * MINUTE), versions: [] });
    expect(amendedLine("inbound", [amendment({ kind: "revoked" }, 1)])).toBe("[revoked]");
  });

  test("has an emoji of each side, the newest", () => {
    const emojis = [
      amendment({ kind: "reacted", emoji: "👍" }, 1),
      amendment({ kind: "reacted", emoji: "❤️" }, 2),
      amendment({ kind: "reacted", emoji: "🙏" }, 3, "device"),
    ];
    expect(shown(message, emojis).reactions).toEqual([
      { by: "guest", emoji: "❤️", at: after(2 * MINUTE) },
      { by: "device", emoji: "🙏", at: after(3 * MINUTE) },
    ]);
    expect(amendedLine("inbound", emojis)).toBeNull();
  });

  test("that could not be read says what it said from the first, whoever reads it, and had no other version", () => {
    const understood = amendment({ kind: "understood", content: text("second") }, 9, "device");
    expect(shown({ ...message, content: { type: "unknown" } }, [understood])).toMatchObject({
      content: text("second"),
      versions: [],
    });
    expect(
      shown({ ...message, content: { type: "unknown" } }, [amendment(edited("third"), 2), understood]),
    ).toMatchObject({ content: text("third"), versions: [{ content: text("second"), at: NOON }] });
  });

  test("that was never seen has no version before its edit", () => {
    const unseen = { ...message, content: { type: "unseen" } as MessageContent };
    expect(shown(unseen, [amendment(edited("second"), 1)])).toMatchObject({ content: text("second"), versions: [] });
    expect(shown(unseen, [amendment(edited("second"), 1), amendment(edited("third"), 2)]).versions).toEqual([
      { content: text("second"), at: after(MINUTE) },
    ]);
  });

  test("that went as a template is the template, and says what it was to be, until that is deleted", () => {
    const template = { type: "template", name: "we_answered", language: "en" } as const;
    const sent = (went: boolean) => ({
      ...message,
      direction: "outbound" as const,
      fallback: { content: template, sent: went },
    });
    expect(shown(sent(true), [])).toMatchObject({ content: template, insteadOf: text("first") });
    expect(shown(sent(false), [])).toMatchObject({ content: text("first"), insteadOf: null });
    expect(shown(sent(true), [amendment({ kind: "revoked" }, 1, "device")])).toMatchObject({ insteadOf: null });
  });

  test("has a translation only of what it says now", () => {
    const translation = { of: textMark("first"), text: "primo" } as never;
    const translated = { ...message, translation };
    expect(shown(translated, [])).toHaveProperty("translation", translation);
    expect(shown(translated, [amendment(edited("second"), 1)])).not.toHaveProperty("translation");
    expect(shown(translated, [amendment({ kind: "revoked" }, 1)])).not.toHaveProperty("translation");
    expect(shown(message, [])).not.toHaveProperty("translation");
  });
});

describe("somebody who answers in the phone app", () => {
  test("leaves the message, the conversation and the chat as everybody sees them then, and nothing else", () => {
    const story = atReception();
    const before = story.open("reception");
    const chat = story.state.chat!;
    const sentAt = after(-SECOND, story.now);
    const change = story.echoes("Good\nevening!", { wamid: "wamid.echo", quotedWamid: "wamid.1", sentAt });
    const conversation = {
      ...before,
      speaker: "human",
      lastSeq: before.lastSeq + 1,
      readSeq: before.lastSeq + 1,
      lastMessageAt: story.now,
      lastMessagePreview: "Good evening!",
      previewMessageId: "msg_w3",
      lastMessageFrom: "staff",
      waitingSince: null,
      episode: { ...before.episode, answeredAt: story.now, answeredBy: null },
    };
    expect(change).toEqual({
      ...noChange("grand"),
      chat: { ...chat, staffWroteAt: sentAt },
      conversations: [conversation],
      messages: [
        {
          id: "msg_w3",
          hotelId: "grand",
          conversationId: before.id,
          seq: before.lastSeq + 1,
          direction: "outbound",
          author: { kind: "device" },
          content: text("Good\nevening!"),
          status: "sent",
          fallback: null,
          failure: null,
          billing: null,
          wamid: "wamid.echo",
          quotedWamid: "wamid.1",
          context: null,
          attemptId: "w3",
          clientMessageId: null,
          flow: null,
          importedPlace: null,
          reasons: [{ code: "device_echo", at: story.now, details: { conversationId: before.id } }],
          sentAt,
          createdAt: story.now,
        },
      ],
      timings: [expect.objectContaining({ kind: "firstResponse", staffId: null })],
      events: [
        {
          conversationId: before.id,
          departmentId: "reception",
          body: { type: "message.echoed", messageId: "msg_w3" },
        },
      ],
    });
  });

  test("first begins a conversation in which the guest is", () => {
    const story = new Story();
    const change = story.echoes("Your room is ready");
    expect(change).toMatchObject({
      chat: { ...newChat("grand", NUMBER, GUEST), currentConversationId: "con_w1", staffWroteAt: NOON },
      conversations: [{ id: "con_w1", departmentId: null, speaker: "human", lastSeq: 1, readSeq: 1 }],
      participants: [{ conversationId: "con_w1", kind: "guest", id: GUEST, readSeq: 0 }],
    });
    expect(change.events.map(({ body }) => body.type)).toEqual(["conversation.opened", "message.echoed"]);
    expect(story.echoes("Come by").participants).toEqual([]);
  });

  test("late says nothing of who answered, and leaves read what was", () => {
    const late = (readAll: boolean) => {
      const story = atReception();
      const { lastSeq } = story.open("reception");
      story.state = {
        ...story.state,
        conversations: story.state.conversations.map((one) => ({ ...one, readSeq: readAll ? lastSeq : 1 })),
      };
      const before = story.open("reception");
      story.echoes("before that", { sentAt: after(-HOUR) });
      return { before, conversation: story.open("reception") };
    };
    for (const readAll of [true, false]) {
      const { before, conversation } = late(readAll);
      expect(conversation).toEqual({
        ...before,
        speaker: "human",
        lastSeq: before.lastSeq + 1,
        readSeq: readAll ? before.lastSeq + 1 : 1,
      });
    }
  });

  test("within a minute of what the guest wrote answers it: two clocks differ by so much", () => {
    const answers = (ms: number) => {
      const story = atReception();
      story.hears("URGENT");
      story.echoes("yes", { sentAt: after(-ms, story.now) });
      return story.open("reception").lastMessageFrom;
    };
    expect([answers(MINUTE), answers(MINUTE + 1)]).toEqual(["staff", "guest"]);
  });

  test("never moves back when staff wrote last, and ends the question how it was", () => {
    const story = atReception();
    story.echoes("now");
    const wrote = story.now;
    story.state = { ...story.state, chat: { ...story.state.chat!, ratingPromptId: "prm_stars" } };
    story.waits(HOUR).echoes("before", { sentAt: after(-HOUR, wrote) });
    expect(story.state.chat).toMatchObject({ staffWroteAt: wrote, ratingPromptId: null });
  });

  test("edits what the desk never saw: it is shown as it says now, with why", () => {
    const story = atReception();
    const change = story.echoes(edit("wamid.never", "room 12"), { wamid: "wamid.edit" });
    expect(change.messages).toMatchObject([
      {
        wamid: "wamid.never",
        content: { type: "unseen" },
        reasons: [{ code: "device_echo" }, { code: "edits_unknown", at: story.now }],
      },
    ]);
    expect(change.amendments).toMatchObject([{ wamid: "wamid.never", by: "device", act: { kind: "edited" } }]);
    expect(story.open("reception").lastMessagePreview).toBe("room 12");
  });

  test("deletes, or puts an emoji on, what the desk never saw: nothing is shown for it", () => {
    for (const content of [revoke("wamid.never"), reaction("wamid.never", "👍")]) {
      const change = atReception().echoes(content);
      expect(change).toMatchObject({ messages: [], conversations: [], chat: null, events: [] });
      expect(change.amendments).toMatchObject([{ by: "device" }]);
    }
  });

  test("and what came with the old messages before comes live now: it is heard again, in its place", () => {
    const story = atReception();
    story.imports("device", "long ago", { wamid: "wamid.old" });
    expect(story.echoes("long ago", { wamid: "wamid.old" }).messages).toHaveLength(1);
    expect(story.echoes("long ago", { wamid: "wamid.old" })).toEqual(noChange("grand"));
  });

  test("teaches what the guest is called, also where it is no news", () => {
    const story = atReception();
    story.echoes("hello", { wamid: "wamid.echo" });
    expect(story.echoes("hello", { wamid: "wamid.echo", profileName: "Zoë" }).guest).toMatchObject({ name: "Zoë" });
    expect(story.echoes(reaction("wamid.echo", "👍"), { profileName: "Zoe" }).guest).toMatchObject({ name: "Zoe" });
  });

  test("is timed by the department's hours", () => {
    const story = new Story(undefined, { ...grand, hours: { week: ["09:00-18:00"] } });
    story.hears("hello");
    story.hears("Reception");
    expect(story.waits(20 * HOUR).echoes("Good morning").timings).toMatchObject([{ openMs: 5 * HOUR }]);
  });
});
