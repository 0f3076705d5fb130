import { describe, expect, test } from "vitest";
import { decideClose, decideRead, decideReopen, decideTransfer } from "../../src/decide/conversation.js";
import type { Command } from "../../src/decide/command.js";
import { decideReply, type ReplyInput } from "../../src/decide/reply.js";
import type { Template, TemplateContent } from "../../src/domain/template.js";
import { ConversationError } from "../../src/errors.js";
import { aConversation, aDeskState, after, aStop, aTemplate, grand, HOUR, NOON } from "./world.js";

const command: Command = {
  id: "c1",
  by: { kind: "staff", id: "staff_1", name: "Front desk", role: "agent", hotels: { grand: ["reception"] } },
  reason: "because",
  now: after(HOUR),
};
const hello = {
  clientMessageId: "m1",
  content: { type: "text", text: "Good morning" },
  fallback: null,
  urgent: false,
  quotedWamid: null,
  identityKeyHash: null,
} as const;

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "nothing thrown";
  } catch (error) {
    return ConversationError.is(error) ? error.code : String(error);
  }
};

describe("a staff reply", () => {
  test("is queued for the guest, makes its conversation the current one, and ends the bot's turn", () => {
    const decision = decideReply(
      { ...aDeskState(), chat: { ...aDeskState().chat, currentConversationId: null } },
      hello,
      command,
    );
    expect(decision).toMatchObject({
      kind: "new",
      message: { id: "msg_c1", seq: 3, status: "queued", author: { kind: "staff", id: "staff_1" } },
      conversation: {
        speaker: "human",
        lastSeq: 3,
        readSeq: 3,
        lastMessageFrom: "staff",
        lastMessagePreview: "Good morning",
      },
      change: {
        chat: { currentConversationId: "con_1" },
        work: [{ kind: "outbound", payload: { messageId: "msg_c1" } }],
        audit: [
          {
            action: "conversation.reply",
            actor: { kind: "staff", id: "staff_1" },
            target: { kind: "message", id: "msg_c1" },
          },
        ],
      },
    });
  });

  test("does not extend the service window (S52)", () => {
    const state = aDeskState();
    const decision = decideReply(state, hello, command);
    if (decision.kind !== "new") throw new Error("expected a new message");
    expect(decision.change?.chat?.windowClosesAt).toEqual(state.chat.windowClosesAt);
  });

  test("given again under its client id is the same message; with another content it is refused (chatwoot#15743)", () => {
    const first = decideReply(aDeskState(), hello, command);
    if (first.kind !== "new") throw new Error("expected a new message");
    const existing = { ...first.message, eventSeq: 7 };
    const again = { ...aDeskState(), existing };
    expect(decideReply(again, { ...hello, content: { text: "Good morning", type: "text" } }, command)).toEqual({
      kind: "existing",
      message: existing,
    });
    expect(codeOf(() => decideReply(again, { ...hello, content: { type: "text", text: "Other" } }, command))).toBe(
      "client_message_reused",
    );
    const elsewhere = { ...again, conversation: aConversation({ id: "con_2" }) };
    expect(codeOf(() => decideReply(elsewhere, hello, command))).toBe("client_message_reused");
  });

  test("is refused in a closed conversation and outside the service window (S36, chatwoot#7142)", () => {
    expect(codeOf(() => decideReply(aDeskState({ status: "closed" }), hello, command))).toBe("conversation_closed");
    const late = { ...command, now: after(20 * HOUR) };
    expect(codeOf(() => decideReply(aDeskState(), hello, late))).toBe("window_closed");
    const justBefore = { ...command, now: new Date(after(20 * HOUR).getTime() - 61_000) };
    expect(decideReply(aDeskState(), hello, justBefore).kind).toBe("new");
  });

  const written = (given: Partial<ReplyInput>, state = aDeskState(), at = command) => {
    const decision = decideReply(state, { ...hello, ...given }, at);
    if (decision.kind !== "new") throw new Error("expected a new message");
    return decision;
  };
  const content: TemplateContent = { type: "template", name: "we_answered", language: "en" };
  const template = aTemplate("we_answered");
  const filledIn = { ...content, text: template.body.text };
  const late = { ...command, now: after(20 * HOUR) };

  test("after the window is a template, or names one that goes in its place (S58, M17)", () => {
    const state = { ...aDeskState(), template };
    expect(written({ content }, state, late).message).toMatchObject({ content: filledIn, fallback: null });
    expect(written({ fallback: content }, state, late).message).toMatchObject({
      content: hello.content,
      fallback: { content: filledIn, sent: false },
    });
    expect(codeOf(() => written({ content }))).toBe("template_unknown");
    expect(codeOf(() => written({ fallback: content }))).toBe("template_unknown");
  });

  test("with a template is the same again though the desk has written the guest's text into it", () => {
    for (const given of [{ content }, { fallback: content }]) {
      const { message } = written(given, { ...aDeskState(), template });
      const again = { ...aDeskState(), existing: { ...message, eventSeq: 7 } };
      expect(decideReply(again, { ...hello, ...given }, command).kind).toBe("existing");
      expect(codeOf(() => decideReply(again, { ...hello, fallback: { ...content, language: "it" } }, command))).toBe(
        "client_message_reused",
      );
    }
  });

  test("that sells is refused for a guest who wants no offers; an answer, and what serves their stay, never (N8)", () => {
    const consents = [aStop];
    const offer = { ...aDeskState(), consents, template: aTemplate("we_answered", { category: "marketing" }) };
    expect(codeOf(() => written({ content }, offer))).toBe("marketing_stopped");
    expect(codeOf(() => written({ fallback: content }, offer, late))).toBe("marketing_stopped");
    expect(written({}, offer).message.content).toEqual(hello.content);
    expect(written({ content }, { ...offer, template }).message.content).toEqual(filledIn);
  });

  test("while the window is open is not held up by a fallback that may not be sent just now: it may never be needed", () => {
    for (const state of [
      { ...aDeskState(), consents: [aStop], template: aTemplate("we_answered", { category: "marketing" }) },
      { ...aDeskState(), template: aTemplate("we_answered", { status: "paused" }) },
    ]) {
      expect(written({ fallback: content }, state).message).toMatchObject({
        content: hello.content,
        fallback: { content: filledIn, sent: false },
      });
      expect(codeOf(() => written({ fallback: content }, state, late))).toMatch(/^(marketing_st|template_not_a)/);
      expect(codeOf(() => written({ content }, state))).toMatch(/^(marketing_st|template_not_a)/);
    }
  });

  test("is refused with a fallback that could never be sent, though the window is open", () => {
    const wrong: TemplateContent = { ...content, body: [{ text: "too many" }] };
    const paused = aTemplate("we_answered", { status: "paused" });
    const of = (fallback: TemplateContent, template: Template | null) =>
      codeOf(() => written({ fallback }, { ...aDeskState(), template }));
    expect(of(content, null)).toBe("template_unknown");
    expect(of(wrong, template)).toBe("template_parameters_wrong");
    expect(of(wrong, paused)).toBe("template_parameters_wrong");
    expect(of(content, aTemplate("we_answered", { status: "paused", unsupported: ["CAROUSEL"] }))).toBe(
      "template_unsupported",
    );
  });

  test("that is urgent says so in its work", () => {
    expect(written({ urgent: true }).change?.work).toMatchObject([{ urgent: true }]);
    expect(written({}).change?.work[0]).not.toHaveProperty("urgent");
  });
});

describe("reading", () => {
  test("marks what was seen, never moves back, and never beyond what there is (S21)", () => {
    expect(decideRead(aDeskState(), null, command).conversation.readSeq).toBe(2);
    expect(decideRead(aDeskState(), 1, command).conversation.readSeq).toBe(1);
    expect(decideRead(aDeskState(), 99, command).conversation.readSeq).toBe(2);
    expect(decideRead(aDeskState({ readSeq: 2 }), 1, command).change).toBeNull();
  });
});

describe("an unread conversation that was handed to a department with an open one", () => {
  const other = aConversation({ id: "con_2", departmentId: "housekeeping", lastSeq: 3, readSeq: 3 });
  const handedOver = () => {
    const { change } = decideTransfer(aDeskState({ readSeq: 1 }, [other]), "housekeeping", grand, command);
    const [from, into] = change?.conversations ?? [];
    if (from === undefined || into === undefined) throw new Error("nothing was handed over");
    return { ...aDeskState(into), unreadContinued: [from] };
  };

  test("stays unread, because nobody read it", () => {
    expect(handedOver().unreadContinued).toMatchObject([{ id: "con_1", status: "closed", lastSeq: 2, readSeq: 1 }]);
  });

  test("is read when the department reads all there is, and the reader's list hears of it", () => {
    for (const seq of [null, 3]) {
      const { change } = decideRead(handedOver(), seq, command);
      expect(change?.conversations).toMatchObject([
        { id: "con_2", readSeq: 3 },
        { id: "con_1", readSeq: 2 },
      ]);
      expect(change?.events).toEqual([
        { conversationId: "con_2", departmentId: "housekeeping", body: { type: "conversation.read", readSeq: 3 } },
        { conversationId: "con_1", departmentId: "housekeeping", body: { type: "conversation.read", readSeq: 2 } },
      ]);
      expect(change?.participants).toMatchObject([
        { conversationId: "con_2", id: "staff_1", readSeq: 3 },
        { conversationId: "con_1", id: "staff_1", readSeq: 2 },
      ]);
    }
  });

  test("is not read yet when the department has seen a part of its own", () => {
    const state = handedOver();
    const unread = { ...state, conversation: { ...state.conversation, readSeq: 0 } };
    expect(decideRead(unread, 2, command).change?.conversations).toMatchObject([{ id: "con_2", readSeq: 2 }]);
  });

  test("is read by whoever answers", () => {
    const decision = decideReply(handedOver(), hello, command);
    expect(decision.kind === "new" && decision.change?.conversations).toMatchObject([
      { id: "con_2", readSeq: 4 },
      { id: "con_1", readSeq: 2 },
    ]);
  });
});

describe("a transfer", () => {
  test("gives the matter to the other department", () => {
    const { conversation, change } = decideTransfer(aDeskState(), "housekeeping", grand, command);
    expect(conversation.departmentId).toBe("housekeeping");
    expect(change?.events).toEqual([
      {
        conversationId: "con_1",
        departmentId: "housekeeping",
        body: { type: "conversation.transferred", fromDepartmentId: "reception" },
      },
    ]);
  });

  test("continues where the other department already talks to the guest", () => {
    const other = aConversation({
      id: "con_2",
      departmentId: "housekeeping",
      lastMessageAt: after(-HOUR),
      lastMessagePreview: "towels",
    });
    const { conversation, change } = decideTransfer(aDeskState({}, [other]), "housekeeping", grand, command);
    expect(conversation).toMatchObject({ id: "con_1", status: "closed", continuedIn: "con_2" });
    expect(change?.chat?.currentConversationId).toBe("con_2");
    expect(change?.conversations[1]).toMatchObject({ id: "con_2", lastMessageAt: NOON, lastMessagePreview: "hello" });
  });

  test("is refused to a department that the hotel does not have, and of a closed conversation; to its own it changes nothing", () => {
    expect(codeOf(() => decideTransfer(aDeskState(), "Reception", grand, command))).toBe("department_unknown");
    expect(codeOf(() => decideTransfer(aDeskState({ status: "closed" }), "housekeeping", grand, command))).toBe(
      "conversation_closed",
    );
    expect(decideTransfer(aDeskState(), "reception", grand, command).change).toBeNull();
  });
});

describe("closing and reopening", () => {
  test("old messages out of the phone app stay closed", () => {
    const imported = aDeskState({ status: "closed", closedAt: NOON, imported: true, continuedIn: "con_2" });
    expect(codeOf(() => decideReopen(imported, command))).toBe("conversation_imported");
  });

  test("a closed matter is no longer where the guest's next message goes", () => {
    const { conversation, change } = decideClose(aDeskState(), command);
    expect(conversation).toMatchObject({ status: "closed", closedAt: command.now });
    expect(change?.chat?.currentConversationId).toBeNull();
    expect(decideClose(aDeskState({ status: "closed" }), command).change).toBeNull();
  });

  test("a reopened matter is open again; where the department has another, it continues there", () => {
    const closed = { status: "closed", closedAt: NOON } as const;
    expect(decideReopen(aDeskState(closed), command).conversation).toMatchObject({ status: "open", closedAt: null });
    const other = aConversation({ id: "con_2" });
    expect(decideReopen(aDeskState(closed, [other]), command).conversation).toMatchObject({
      status: "closed",
      continuedIn: "con_2",
    });
    expect(decideReopen(aDeskState({ ...closed, continuedIn: "con_2" }, [other]), command).change).toBeNull();
    expect(decideReopen(aDeskState(), command).change).toBeNull();
  });

  test("every command that changes something leaves exactly one audit entry with its reason (S62)", () => {
    const other = aConversation({ id: "con_2", departmentId: "housekeeping" });
    const decisions = [
      decideRead(aDeskState(), null, command),
      decideTransfer(aDeskState(), "restaurant", grand, command),
      decideTransfer(aDeskState({}, [other]), "housekeeping", grand, command),
      decideClose(aDeskState(), command),
      decideReopen(aDeskState({ status: "closed" }), command),
    ];
    for (const { change } of decisions) {
      expect(change?.audit).toHaveLength(1);
      expect(change?.audit[0]).toMatchObject({ reason: "because", actor: { id: "staff_1" } });
    }
  });
});
