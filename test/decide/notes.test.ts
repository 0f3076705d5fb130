import { describe, expect, test } from "vitest";
import type { Command } from "../../src/decide/command.js";
import { decideRead, decideUnread } from "../../src/decide/conversation.js";
import { decideNote, type NoteInput } from "../../src/decide/note.js";
import { decideReply } from "../../src/decide/reply.js";
import { noChange } from "../../src/domain/change.js";
import type { Message } from "../../src/domain/message.js";
import { ConversationError } from "../../src/errors.js";
import type { ConversationParticipants } from "../../src/ports/read-storage.js";
import { aDeskState, after, aConversation, HOUR } from "./world.js";

const command: Command = {
  id: "c1",
  by: { kind: "staff", id: "anna", name: "Anna", role: "agent", hotels: { grand: ["reception"] } },
  reason: "because",
  now: after(HOUR),
};
const asked: NoteInput = {
  clientMessageId: "n1",
  content: { type: "note", text: "Allergic to nuts, @ben", mentions: ["ben", "cleo"] },
};
const refusal = (decide: () => unknown) => {
  try {
    decide();
  } catch (error) {
    if (ConversationError.is(error)) return { code: error.code, details: error.details };
    throw error;
  }
  return null;
};

describe("a note for colleagues", () => {
  const noted = (...state: Parameters<typeof aDeskState>) => {
    const decided = decideNote(aDeskState(...state), asked, command);
    if (decided.kind !== "new" || decided.change === null) throw new Error("nothing was noted");
    return { ...decided, change: decided.change };
  };

  test("takes the next number and hides nothing of what the guest said: neither words, nor time, nor that it is unread", () => {
    const { message, conversation, change } = noted();
    expect(message).toMatchObject({
      id: "msg_c1",
      seq: 3,
      direction: "internal",
      status: "noted",
      author: { kind: "staff", id: "anna", name: "Anna" },
      content: asked.content,
      clientMessageId: "n1",
      wamid: null,
      reasons: [{ code: "staff_note" }],
    });
    expect(conversation).toEqual({ ...aConversation(), lastSeq: 3 });
    expect(change).toEqual({
      ...noChange("grand"),
      conversations: [conversation],
      messages: [message],
      mentions: ["ben", "cleo"].map((staffId) => ({
        hotelId: "grand",
        staffId,
        messageId: "msg_c1",
        conversationId: "con_1",
        at: command.now,
      })),
      participants: [{ conversationId: "con_1", kind: "staff", id: "anna", readSeq: 3 }],
      events: [
        { type: "message.noted", messageId: "msg_c1" },
        { type: "staff.mentioned", messageId: "msg_c1", staffId: "ben" },
        { type: "staff.mentioned", messageId: "msg_c1", staffId: "cleo" },
      ].map((body) => ({ conversationId: "con_1", departmentId: "reception", body })),
      audit: [
        {
          id: "aud_c1",
          hotelId: "grand",
          actor: { kind: "staff", id: "anna" },
          action: "conversation.note",
          reason: "because",
          target: { kind: "message", id: "msg_c1" },
          at: command.now,
        },
      ],
    });
  });

  test("opens no window, sends nothing and lets the bot speak on", () => {
    const { change, conversation } = noted({ speaker: "bot" });
    expect([change.chat, change.work, conversation.speaker]).toEqual([null, [], "bot"]);
  });

  test("leaves a conversation read that was read to its end", () => {
    expect(noted({ readSeq: 2 }).conversation.readSeq).toBe(3);
    expect(noted({ readSeq: 1 }).conversation.readSeq).toBe(1);
  });

  test("can be added to a closed conversation, but not to one that goes on elsewhere, nor to an old chat out of the phone", () => {
    expect(noted({ status: "closed", closedAt: after(0) }).conversation.status).toBe("closed");
    const elsewhere = { status: "closed", continuedIn: "con_2" } as const;
    expect(refusal(() => noted(elsewhere))).toEqual({ code: "conversation_closed", details: { continuedIn: "con_2" } });
    expect(refusal(() => noted({ ...elsewhere, imported: true }))?.code).toBe("conversation_imported");
  });

  test("is one note however often it is posted; with other words or mentions its id is taken (I7)", () => {
    const { importedPlace: _, ...stored } = noted().message;
    const existing: Message = { ...stored, eventSeq: 7 };
    const again = (input: Partial<NoteInput["content"]> = {}, conversationId = "con_1") =>
      decideNote(
        { ...aDeskState({ id: conversationId }), existing },
        { ...asked, content: { ...asked.content, ...input } },
        { ...command, id: "c2" },
      );
    expect(again()).toEqual({ kind: "existing", message: existing });
    for (const other of [{ text: "Nothing" }, { mentions: ["ben"] }])
      expect(refusal(() => again(other))?.code).toBe("client_message_reused");
    expect(refusal(() => again({}, "con_2"))?.code).toBe("client_message_reused");
    const reply = { clientMessageId: "n1", content: { type: "text", text: asked.content.text } } as const;
    const asReply = () =>
      decideReply(
        { ...aDeskState(), existing },
        { ...reply, fallback: null, urgent: false, quotedWamid: null, identityKeyHash: null },
        command,
      );
    expect(refusal(asReply)?.code).toBe("client_message_reused");
  });
});

describe("a reply of somebody who has not seen what a colleague said meanwhile (P)", () => {
  const reply = {
    clientMessageId: "m1",
    content: { type: "text", text: "Yes" },
    fallback: null,
    urgent: false,
    quotedWamid: null,
    identityKeyHash: null,
  } as const;

  test("is refused, and says who answered and where, not what", () => {
    const author = { kind: "staff", id: "ben", name: "Ben" } as const;
    const decide = () => decideReply({ ...aDeskState(), answered: { seq: 2, author } }, reply, command);
    expect(refusal(decide)).toEqual({
      code: "answered_meanwhile",
      details: { seq: 2, by: { kind: "staff", id: "ben" } },
    });
    const phone = () =>
      decideReply({ ...aDeskState(), answered: { seq: 2, author: { kind: "device" } } }, reply, command);
    expect(refusal(phone)?.details).toEqual({ seq: 2, by: { kind: "device" } });
  });

  test("goes where nobody did, and where its author did not ask", () => {
    expect(decideReply({ ...aDeskState(), answered: null }, reply, command).kind).toBe("new");
    expect(decideReply(aDeskState(), reply, command).kind).toBe("new");
  });
});

describe("what is put back among the unread", () => {
  const unread = (readSeq: number, seq: number) => decideUnread(aDeskState({ readSeq, lastSeq: 5 }), seq, command);

  test("is everything from a message on, for all of the desk and for nobody's own marker (S8, S21)", () => {
    const { change, conversation } = unread(5, 3);
    expect(conversation.readSeq).toBe(2);
    expect(change).toMatchObject({
      conversations: [{ id: "con_1", readSeq: 2 }],
      participants: [],
      events: [
        { conversationId: "con_1", departmentId: "reception", body: { type: "conversation.unread", readSeq: 2 } },
      ],
      audit: [{ action: "conversation.markUnread", target: { kind: "conversation", id: "con_1" } }],
    });
    expect(unread(5, 0).conversation.readSeq).toBe(0);
  });

  test("is nothing where it is unread already: it never marks as read", () => {
    expect(unread(1, 3)).toMatchObject({ conversation: { readSeq: 1 }, change: null });
    expect(unread(2, 3).change).toBeNull();
    expect(unread(0, 99).change).toBeNull();
  });
});

describe("reading what a colleague has read before", () => {
  const markers = (own: number | null, continued: number | null = null): ConversationParticipants => ({
    conversations: [
      { id: "con_1", lastSeq: 2 },
      { id: "con_0", lastSeq: 4 },
    ],
    participants: [
      { conversationId: "con_1", kind: "staff", id: "ben", readSeq: 2 },
      ...(own === null ? [] : [{ conversationId: "con_1", kind: "staff" as const, id: "anna", readSeq: own }]),
      ...(continued === null
        ? []
        : [{ conversationId: "con_0", kind: "staff" as const, id: "anna", readSeq: continued }]),
    ],
  });
  const read = (seq: number | null, of: ConversationParticipants, readSeq = 2) =>
    decideRead(aDeskState({ readSeq }), seq, command, of);

  test("moves the reader's own marker, through what the conversation continues, and tells nobody (S8)", () => {
    const { change, conversation } = read(null, markers(null));
    expect(conversation.readSeq).toBe(2);
    expect(change).toMatchObject({
      conversations: [],
      events: [],
      participants: [
        { conversationId: "con_1", id: "anna", readSeq: 2 },
        { conversationId: "con_0", id: "anna", readSeq: 4 },
      ],
      audit: [{ action: "conversation.markRead" }],
    });
    expect(read(1, markers(null)).change?.participants).toMatchObject([{ conversationId: "con_1", readSeq: 1 }]);
  });

  test("changes nothing the second time", () => {
    expect(read(null, markers(2, 4)).change).toBeNull();
    expect(read(1, markers(2)).change).toBeNull();
  });

  test("moves both markers where nobody has read it", () => {
    const { change } = read(null, markers(1, 4), 0);
    expect(change?.conversations).toMatchObject([{ id: "con_1", readSeq: 2 }]);
    expect(change?.participants).toContainEqual({ conversationId: "con_1", kind: "staff", id: "anna", readSeq: 2 });
  });
});
