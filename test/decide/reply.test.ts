import { describe, expect, test } from "vitest";
import type { Command } from "../../src/decide/command.js";
import { maskedContent } from "../../src/decide/masked.js";
import { isSameContent, isSameFallback, mayLeave, queued, type Outgoing } from "../../src/decide/outgoing.js";
import { decideReply, type ReplyInput } from "../../src/decide/reply.js";
import { decideResend, decideResolve } from "../../src/decide/resend.js";
import { noChange } from "../../src/domain/change.js";
import type { OutboundContent } from "../../src/domain/content.js";
import type { Message } from "../../src/domain/message.js";
import type { TemplateContent } from "../../src/domain/template.js";
import type { ConversationState } from "../../src/ports/work-storage.js";
import { aConversation, aDeskState, after, aTemplate, GUEST, HOUR, MINUTE, NOON, NUMBER, refusal } from "./world.js";

const anna: Command = {
  id: "c1",
  by: { kind: "staff", id: "anna", name: "Front desk", role: "agent", hotels: { grand: ["reception"] } },
  reason: "because",
  now: after(HOUR),
};
const nameless: Command = { ...anna, by: { kind: "staff", id: "bert", role: "agent", hotels: {} } };
const software: Command = { ...anna, by: { kind: "system", id: "pms" } };
const hello: ReplyInput = {
  clientMessageId: "m1",
  content: { type: "text", text: "Good\nmorning" },
  fallback: null,
  urgent: false,
  quotedWamid: "wamid.asked",
  identityKeyHash: null,
};
const reply = (state: ConversationState = aDeskState(), given: Partial<ReplyInput> = {}, command = anna) => {
  const decision = decideReply(state, { ...hello, ...given }, command);
  if (decision.kind !== "new") throw new Error("expected a new message");
  return decision;
};
const template = aTemplate("we_answered");
const content: TemplateContent = { type: "template", name: "we_answered", language: "en" };

/** A guest has asked an hour ago and waits. */
const waiting = () =>
  aDeskState({
    waitingSince: NOON,
    episode: { number: 2, startedAt: NOON, askedAt: NOON, answeredAt: null, answeredBy: null },
  });

describe("a staff reply", () => {
  test("leaves the message, the conversation, the chat and the record as everybody sees them then, and nothing else", () => {
    const state = waiting();
    const { message, conversation, change } = reply(state);
    expect(message).toEqual({
      id: "msg_c1",
      hotelId: "grand",
      conversationId: "con_1",
      seq: 3,
      direction: "outbound",
      author: { kind: "staff", id: "anna", name: "Front desk" },
      content: hello.content,
      clientMessageId: "m1",
      quotedWamid: "wamid.asked",
      status: "queued",
      fallback: null,
      failure: null,
      billing: null,
      wamid: null,
      context: null,
      attemptId: null,
      flow: null,
      importedPlace: null,
      reasons: [{ code: "staff_reply", at: anna.now }],
      sentAt: anna.now,
      createdAt: anna.now,
    });
    expect(conversation).toEqual({
      ...state.conversation,
      speaker: "human",
      lastSeq: 3,
      readSeq: 3,
      lastMessageAt: anna.now,
      lastMessagePreview: "Good morning",
      previewMessageId: "msg_c1",
      lastMessageFrom: "staff",
      waitingSince: null,
      episode: { number: 2, startedAt: NOON, askedAt: NOON, answeredAt: anna.now, answeredBy: "anna" },
    });
    expect(change).toEqual({
      ...noChange("grand"),
      chat: { ...state.chat, staffWroteAt: anna.now },
      conversations: [conversation],
      messages: [message],
      participants: [{ conversationId: "con_1", kind: "staff", id: "anna", readSeq: 3 }],
      timings: [expect.objectContaining({ kind: "firstResponse", staffId: "anna", since: NOON, at: anna.now })],
      events: [
        {
          conversationId: "con_1",
          departmentId: "reception",
          body: { type: "message.queued", messageId: "msg_c1" },
        },
      ],
      audit: [
        {
          id: expect.any(String) as string,
          hotelId: "grand",
          actor: { kind: "staff", id: "anna" },
          action: "conversation.reply",
          reason: "because",
          target: { kind: "message", id: "msg_c1" },
          at: anna.now,
        },
      ],
      work: [
        {
          id: "snd_msg_c1",
          kind: "outbound",
          phoneNumberId: NUMBER,
          guestId: GUEST,
          payload: { messageId: "msg_c1" },
        },
      ],
    });
  });

  test("ends the question how it was: what the guest writes next is about this", () => {
    const state = aDeskState();
    const asked = { ...state, chat: { ...state.chat, ratingPromptId: "prm_stars" } };
    expect(reply(asked).change?.chat).toMatchObject({ ratingPromptId: null, currentConversationId: "con_1" });
  });

  test("of the hotel's own software answers the guest, and is no first word of the staff", () => {
    const { message, conversation, change } = reply(waiting(), {}, software);
    expect(message.author).toEqual({ kind: "bot", id: "pms" });
    expect(conversation).toMatchObject({
      speaker: "human",
      waitingSince: null,
      episode: { askedAt: null, answeredAt: null, answeredBy: null },
    });
    expect([change?.timings, change?.chat?.staffWroteAt]).toEqual([[], null]);
  });

  test("of somebody whose name nobody knows goes by their id", () => {
    expect(reply(aDeskState(), {}, nameless).message.author).toEqual({ kind: "staff", id: "bert", name: null });
  });

  test("reads what came before it, in the conversations that this one continues too", () => {
    const before = aConversation({ id: "con_0", lastSeq: 9, readSeq: 4, status: "closed", continuedIn: "con_1" });
    const { change } = reply({ ...aDeskState(), unreadContinued: [before] });
    expect(change?.conversations.map(({ id, readSeq }) => [id, readSeq])).toEqual([
      ["con_1", 3],
      ["con_0", 9],
    ]);
    expect(change?.participants).toEqual([
      { conversationId: "con_1", kind: "staff", id: "anna", readSeq: 3 },
      { conversationId: "con_0", kind: "staff", id: "anna", readSeq: 9 },
    ]);
  });

  test("in a conversation that is over says where the matter goes on", () => {
    const over = (continuedIn: string | null) => refusal(() => reply(aDeskState({ status: "closed", continuedIn })));
    expect(over("con_2")).toEqual({ code: "conversation_closed", details: { continuedIn: "con_2" } });
    expect(over(null)).toEqual({ code: "conversation_closed", details: { continuedIn: null } });
  });

  test("after somebody else's answer says whose it was", () => {
    const meanwhile = (author: NonNullable<ConversationState["answered"]>["author"]) =>
      refusal(() => reply({ ...aDeskState(), answered: { seq: 3, author } }));
    expect(meanwhile({ kind: "staff", id: "carla", name: "Carla" })).toEqual({
      code: "answered_meanwhile",
      details: { seq: 3, by: { kind: "staff", id: "carla" } },
    });
    expect(meanwhile({ kind: "device" })).toEqual({
      code: "answered_meanwhile",
      details: { seq: 3, by: { kind: "device" } },
    });
    expect(reply({ ...aDeskState(), answered: null }).kind).toBe("new");
  });

  test("outside the window says since when it is closed, or that the guest never wrote", () => {
    const closed = (windowClosesAt: Date | null) =>
      refusal(() => reply({ ...aDeskState(), chat: { ...aDeskState().chat, windowClosesAt } }));
    expect(closed(NOON)).toEqual({ code: "window_closed", details: { closedAt: NOON.toISOString() } });
    expect(closed(null)).toEqual({ code: "window_closed", details: { closedAt: null } });
  });

  test("under a client id that was used for another message is refused, whatever differs", () => {
    const { message } = reply();
    const existing: Message = { ...message, eventSeq: 7 };
    const again = (given: Partial<ReplyInput>, stored: Partial<Message> = {}) =>
      refusal(() =>
        decideReply({ ...aDeskState(), existing: { ...existing, ...stored } }, { ...hello, ...given }, anna),
      );
    const reused = { code: "client_message_reused", details: { messageId: "msg_c1" } };
    expect(again({})).toBe("nothing thrown");
    expect(again({ quotedWamid: null })).toEqual(reused);
    expect(again({ identityKeyHash: "h4sh" })).toEqual(reused);
    expect(again({ fallback: content })).toEqual(reused);
    expect(again({ content: { type: "text", text: "Good" } })).toEqual(reused);
    expect(again({}, { fallback: { content, sent: false } })).toEqual(reused);
    expect(again({}, { conversationId: "con_2" })).toEqual(reused);
  });
});

describe("what leaves at the end of a conversation", () => {
  const outgoing: Outgoing = { ...hello, id: "msg_2", reasons: [], fallback: content };
  const at = (more: Parameters<typeof aConversation>[0], command = anna) =>
    queued(aConversation(more), aDeskState().chat, outgoing, "conversation.write", command);

  test("leaves unread what was, for whoever writes need not have read it", () => {
    expect(at({ lastSeq: 7, readSeq: 5 }).conversation).toMatchObject({ lastSeq: 8, readSeq: 5 });
    expect(at({ lastSeq: 7, readSeq: 7 }).conversation).toMatchObject({ lastSeq: 8, readSeq: 8 });
    expect(at({ lastSeq: 7, readSeq: 5 }).change.participants).toEqual([
      { conversationId: "con_1", kind: "staff", id: "anna", readSeq: 5 },
    ]);
  });

  test("makes people speak where a person wrote it, and leaves who speaks where software did", () => {
    const speakers = (command: Command) =>
      (["bot", "human"] as const).map((speaker) => at({ speaker }, command).conversation.speaker);
    expect([speakers(anna), speakers(software)]).toEqual([
      ["human", "human"],
      ["bot", "human"],
    ]);
  });

  test("says when staff wrote last, which software does not change", () => {
    const chat = { ...aDeskState().chat, staffWroteAt: NOON };
    const wrote = (command: Command) =>
      queued(aConversation(), chat, outgoing, "conversation.write", command).change.chat?.staffWroteAt;
    expect([wrote(anna), wrote(software)]).toEqual([anna.now, NOON]);
  });

  test("keeps what goes in its place once the window has closed, which nobody has sent yet", () => {
    expect(at({}).message.fallback).toEqual({ content, sent: false });
  });

  test.each<[string, OutboundContent, TemplateContent | null, Date | null, boolean]>([
    ["words while the window is open", hello.content, null, after(2 * HOUR), true],
    ["words at its end", hello.content, null, after(HOUR), false],
    ["words to a guest who never wrote", hello.content, null, null, false],
    ["words that name a template", hello.content, content, null, true],
    ["a template", content, null, null, true],
  ])("may be %s, or not", (_, asked, fallback, windowClosesAt, may) => {
    const said = refusal(() => {
      mayLeave({ content: asked, fallback }, { ...aDeskState().chat, windowClosesAt }, after(HOUR));
    });
    expect(said === "nothing thrown").toBe(may);
  });

  test("is the same however its object was put together, and another with any word of it another", () => {
    const list: OutboundContent = {
      type: "list",
      text: "Which?",
      button: "Show",
      rows: [
        { id: "1", title: "One" },
        { id: "2", title: "Two" },
      ],
    };
    const turned = {
      rows: list.rows.map(({ id, title }) => ({ title, id })),
      button: "Show",
      text: "Which?",
      type: "list",
    };
    expect(isSameContent(list, turned as OutboundContent)).toBe(true);
    expect(isSameContent(list, { ...list, rows: [...list.rows].reverse() })).toBe(false);
    expect(isSameContent(list, { ...list, button: "Open" })).toBe(false);
  });

  test("is the same as it was stored without its card's number, and as a template with the guest's text in it", () => {
    const asked: OutboundContent = { type: "text", text: "Was it 4111 1111 1111 1111?" };
    expect(isSameContent(maskedContent(asked).content, asked)).toBe(true);
    expect(isSameContent(asked, asked), "of before they were masked").toBe(true);
    expect(isSameContent({ ...content, text: "Hello Nadia" }, content)).toBe(true);
    expect(isSameContent({ type: "text", text: "Hello" }, { type: "text", text: "Hello Nadia" })).toBe(false);
  });

  test("stands in for the same only where both name the same, or neither does", () => {
    const message: Message = { ...reply().message, eventSeq: 1 };
    const named: Message = { ...message, fallback: { content: { ...content, text: "Hello" }, sent: true } };
    expect(isSameFallback(message, null)).toBe(true);
    expect(isSameFallback(message, content)).toBe(false);
    expect(isSameFallback(named, null)).toBe(false);
    expect(isSameFallback(named, content)).toBe(true);
    expect(isSameFallback(named, { ...content, language: "it" })).toBe(false);
  });
});

describe("a message that is sent again", () => {
  const failed: Message = {
    ...reply().message,
    id: "msg_1",
    eventSeq: 4,
    status: "failed",
    failure: { code: "graph_131026", message: "The guest cannot be reached." },
  };
  const again = (message: Partial<Message> = {}, state = aDeskState(), command = anna) => {
    const decision = decideResend(
      state,
      {
        message: { ...failed, ...message },
        copy: null,
        clientMessageId: "m2",
        mayDouble: false,
        fallback: null,
        identityKeyHash: undefined,
        urgent: false,
      },
      command,
    );
    if (decision.kind !== "new") throw new Error("expected a copy");
    return decision;
  };

  test("goes with what stands in for it, and says of which it is the copy", () => {
    const state = { ...aDeskState(), template };
    const filled = { ...content, text: template.body.text };
    const { message, change } = again({ fallback: { content, sent: true } }, state);
    expect(message).toMatchObject({
      content: hello.content,
      fallback: { content: filled, sent: false },
      reasons: [{ code: "resent", at: anna.now, details: { resends: "msg_1" } }],
    });
    expect(change.remarks).toEqual([
      {
        messageId: "msg_1",
        was: "failed",
        becomes: null,
        failure: null,
        reason: { code: "sent_again", at: anna.now, details: { as: "msg_1_again" } },
      },
    ]);
  });

  test("in a conversation that is over says where the matter goes on, and outside the window since when", () => {
    expect(refusal(() => again({}, aDeskState({ status: "closed", continuedIn: "con_2" })))).toEqual({
      code: "conversation_closed",
      details: { continuedIn: "con_2" },
    });
    expect(refusal(() => again({}, { ...aDeskState(), chat: { ...aDeskState().chat, windowClosesAt: NOON } }))).toEqual(
      {
        code: "window_closed",
        details: { closedAt: NOON.toISOString() },
      },
    );
  });

  test("waits from its last failure of that kind on, not from an earlier one or another's", () => {
    const failure = { code: "graph_80007", message: "Too many." };
    const reasons: Message["reasons"] = [
      { code: "send_rejected", at: after(59 * MINUTE), details: { failure: "graph_80007" } },
      { code: "send_rejected", at: after(59.5 * MINUTE), details: { failure: "graph_80007" } },
      { code: "send_rejected", at: after(70 * MINUTE), details: { failure: "graph_1" } },
      { code: "resent", at: after(80 * MINUTE) },
    ];
    expect(refusal(() => again({ failure, reasons }))).toEqual({
      code: "resend_too_early",
      details: { until: after(60.5 * MINUTE).toISOString() },
    });
    expect(again({ failure: null }).kind, "nobody knows why it failed").toBe("new");
  });
});

describe("a message of which staff say what became of it", () => {
  const unknown: Message = { ...reply().message, id: "msg_1", eventSeq: 4, status: "unknown" };

  test("has not arrived, and says so to whoever looks later", () => {
    expect(decideResolve(unknown, "failed", anna)).toEqual({
      ...noChange("grand"),
      remarks: [
        {
          messageId: "msg_1",
          was: "unknown",
          becomes: "failed",
          failure: {
            code: "resolved_failed",
            message:
              "Somebody at the hotel says that it did not arrive. Send it again, or write to the guest in another way.",
          },
          reason: { code: "resolved", at: anna.now, details: { as: "failed" } },
        },
      ],
      audit: [expect.objectContaining({ action: "message.resolve", target: { kind: "message", id: "msg_1" } })],
    });
  });

  test("is what was said last", () => {
    const said = (as: string) => ({ code: "resolved", at: NOON, details: { as } }) as const;
    const both = { ...unknown, reasons: [said("sent"), said("failed")] };
    expect(decideResolve(both, "failed", anna)).toBeNull();
    expect(decideResolve(both, "sent", anna)?.remarks).toMatchObject([{ becomes: "sent" }]);
  });
});
