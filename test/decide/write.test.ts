import { describe, expect, test } from "vitest";
import type { Command } from "../../src/decide/command.js";
import { decideResend, decideResolve, type ResendInput } from "../../src/decide/resend.js";
import { routeMessage } from "../../src/decide/routing.js";
import { decideWrite, type WriteInput } from "../../src/decide/write.js";
import { newChat } from "../../src/domain/chat.js";
import type { Hotel } from "../../src/domain/hotel.js";
import type { Message } from "../../src/domain/message.js";
import type { TemplateContent } from "../../src/domain/template.js";
import type { ChatState, RecipientState } from "../../src/ports/work-storage.js";
import { aConversation, aDeskState, after, aTemplate, grand, GUEST, HOUR, NOON, NUMBER, refusal } from "./world.js";

const SECOND_NUMBER = "200000000000011";
const twoNumbers: Hotel = {
  ...grand,
  numbers: [...grand.numbers, { phoneNumberId: SECOND_NUMBER, accessToken: "token" }],
};
const command: Command = {
  id: "c1",
  by: { kind: "staff", id: "staff_1", name: "Front desk", role: "agent", hotels: { grand: ["reception"] } },
  reason: "because",
  now: after(HOUR),
};
const bySystem: Command = { ...command, by: { kind: "system", id: "pms" } };
const PHONE = { kind: "waId", value: "12025550101" } as const;
const input: WriteInput = {
  clientMessageId: "m1",
  departmentId: "reception",
  to: PHONE,
  phoneNumberId: null,
  fallback: null,
  urgent: false,
  identityKeyHash: null,
  content: { type: "text", text: "Your table is free" },
};
const windowClosesAt = after(20 * HOUR);

const nobody: RecipientState = {
  guest: null,
  chats: [],
  conversations: [],
  existing: null,
  consents: [],
  template: null,
};
const somebody = (fields: Partial<RecipientState> = {}): RecipientState => ({
  guest: {
    id: GUEST,
    hotelId: "grand",
    name: null,
    username: null,
    mergedInto: null,
    addresses: [{ ...PHONE, evidence: "w0", firstSeenAt: NOON, retiredAt: null }],
  },
  chats: [{ ...newChat("grand", NUMBER, GUEST), version: 5, windowClosesAt }],
  conversations: [],
  consents: [],
  template: null,
  existing: null,
  ...fields,
});

const written = (state: RecipientState, given: Partial<WriteInput> = {}, hotel = grand, by = command) => {
  const decision = decideWrite(state, { ...input, ...given }, hotel, by);
  if (decision.kind !== "new") throw new Error("expected a new message");
  return decision;
};

const content: TemplateContent = { type: "template", name: "arrival", language: "en" };
const template = aTemplate("arrival");
const filledIn = { ...content, text: template.body.text };

describe("a hotel that writes first", () => {
  test("to a guest who wrote before begins a conversation of its department, in which people speak", () => {
    const { message, conversation, change } = written(somebody());
    expect(message).toMatchObject({
      id: "msg_c1",
      seq: 1,
      status: "queued",
      author: { kind: "staff", id: "staff_1", name: "Front desk" },
      clientMessageId: "m1",
      reasons: [{ code: "wrote_first", details: { guestId: GUEST, departmentId: "reception", phoneNumberId: NUMBER } }],
    });
    expect(conversation).toMatchObject({
      id: "con_c1",
      version: 0,
      guestId: GUEST,
      departmentId: "reception",
      speaker: "human",
      lastMessageFrom: "staff",
      lastMessagePreview: "Your table is free",
      lastGuestMessageAt: null,
      lastSeq: 1,
      readSeq: 1,
    });
    expect(change).toMatchObject({
      newGuest: null,
      chat: { version: 5, currentConversationId: "con_c1", windowClosesAt },
      participants: [
        { kind: "guest", id: GUEST, readSeq: 0 },
        { kind: "staff", id: "staff_1", readSeq: 1 },
      ],
      audit: [{ action: "conversation.write", reason: "because", target: { kind: "message", id: "msg_c1" } }],
      work: [{ kind: "outbound", phoneNumberId: NUMBER, guestId: GUEST, payload: { messageId: "msg_c1" } }],
    });
    expect(change.events.map(({ body }) => body.type)).toEqual(["conversation.opened", "message.queued"]);
  });

  test("to an unknown address makes a guest of it, and only a template may go", () => {
    const closed = { code: "window_closed", details: { closedAt: null } };
    expect(refusal(() => decideWrite(nobody, input, grand, command))).toEqual(closed);
    const { change, conversation } = written({ ...nobody, template }, { content });
    expect(change).toMatchObject({
      newGuest: { id: "gst_c1", address: PHONE },
      chat: {
        version: 0,
        guestId: "gst_c1",
        phoneNumberId: NUMBER,
        currentConversationId: "con_c1",
        windowClosesAt: null,
      },
      conversations: [{ id: "con_c1", guestId: "gst_c1", speaker: "human" }],
      participants: [{ kind: "guest", id: "gst_c1" }, { kind: "staff" }],
      work: [{ guestId: "gst_c1", phoneNumberId: NUMBER }],
    });
    expect(conversation.version).toBe(0);
    expect(refusal(() => decideWrite(nobody, { ...input, to: { guestId: "gst_9" } }, grand, command))).toMatchObject({
      code: "not_found",
    });
  });

  test("after the window has closed sends a template and nothing else, to the minute before it (S52, M17)", () => {
    const chats = [{ ...newChat("grand", NUMBER, GUEST), version: 5, windowClosesAt: after(HOUR + 60_000) }];
    const closed = { code: "window_closed", details: { closedAt: after(HOUR + 60_000).toISOString() } };
    expect(refusal(() => decideWrite(somebody({ chats }), input, grand, command))).toEqual(closed);
    expect(written(somebody({ chats, template }), { content }).message.content).toEqual(filledIn);
    const justBefore = { ...command, now: new Date(after(HOUR).getTime() - 1) };
    expect(decideWrite(somebody({ chats }), input, grand, justBefore).kind).toBe("new");
  });

  test("where its department speaks with the guest already goes on there, and what was unread stays unread", () => {
    const open = aConversation({ lastSeq: 4, readSeq: 2 });
    const elsewhere = aConversation({ id: "con_2", departmentId: "restaurant" });
    const undecided = aConversation({ id: "con_3", departmentId: null });
    const state = somebody({ conversations: [elsewhere, undecided, open] });
    const { conversation, change } = written(state);
    expect(conversation).toMatchObject({ id: "con_1", version: 3, lastSeq: 5, readSeq: 2, speaker: "human" });
    expect(change.conversations).toHaveLength(1);
    expect(change.events.map(({ body }) => body.type)).toEqual(["message.queued"]);
    expect(written(somebody({ conversations: [{ ...open, readSeq: 4 }] })).conversation.readSeq).toBe(5);
    const over = { ...open, status: "closed" as const };
    expect(written(somebody({ conversations: [over] })).conversation.id).toBe("con_c1");
    const flow = { ...open, mode: "flow" as const };
    expect(written(somebody({ conversations: [flow] })).conversation.id).toBe("con_c1");
  });

  test("gets the guest's answer, whichever department they spoke with before", () => {
    const other = aConversation({ id: "con_2", departmentId: "restaurant", lastGuestMessageAt: NOON });
    const { change } = written(
      somebody({
        chats: [{ ...newChat("grand", NUMBER, GUEST), version: 5, windowClosesAt, currentConversationId: "con_2" }],
        conversations: [other],
      }),
    );
    const state: ChatState = {
      guest: somebody().guest!,
      chat: change.chat,
      conversations: [other, ...change.conversations],
      known: new Map(),
      amendments: [],
      consents: [],
      holders: [],
      prompts: [],
      runs: [],
    };
    const answer = {
      wamid: "wamid.1",
      addresses: [PHONE],
      profileName: null,
      username: null,
      sentAt: after(3 * 24 * HOUR),
      content: { type: "text", text: "Thank you" },
      quotedWamid: null,
      context: null,
    } as const;
    expect(routeMessage(state, answer, grand, after(3 * 24 * HOUR)).target).toMatchObject({
      kind: "existing",
      conversation: { id: "con_c1" },
    });
  });

  test("by its own software has no person speak, and its message is the software's", () => {
    expect(written(somebody(), {}, grand, bySystem)).toMatchObject({
      message: { author: { kind: "bot", id: "pms" } },
      conversation: { speaker: "bot", lastMessageFrom: "staff" },
    });
    const conversations = [aConversation({ speaker: "human" })];
    expect(written(somebody({ conversations }), {}, grand, bySystem).conversation.speaker).toBe("human");
  });

  test("leaves from the number named, else from where it speaks with the guest, else from its first", () => {
    const second = { ...newChat("grand", SECOND_NUMBER, GUEST), version: 2, windowClosesAt };
    const state = somebody({ chats: [...somebody().chats, second] });
    const numbers = (given: Partial<WriteInput>, of = state) => {
      const { conversation, change } = written(of, given, twoNumbers);
      return [conversation.phoneNumberId, change.chat?.version, change.work[0]?.phoneNumberId];
    };
    expect(numbers({})).toEqual([NUMBER, 5, NUMBER]);
    expect(numbers({ phoneNumberId: SECOND_NUMBER })).toEqual([SECOND_NUMBER, 2, SECOND_NUMBER]);
    const there = somebody({ ...state, conversations: [aConversation({ phoneNumberId: SECOND_NUMBER })] });
    expect(numbers({}, there)).toEqual([SECOND_NUMBER, 2, SECOND_NUMBER]);
    expect(numbers({ phoneNumberId: NUMBER }, there)).toEqual([NUMBER, 5, NUMBER]);
    const gone = somebody({ conversations: [aConversation({ phoneNumberId: "299" })] });
    expect(numbers({}, gone)).toEqual([NUMBER, 5, NUMBER]);
    expect(refusal(() => written(state, { phoneNumberId: "299" }, twoNumbers))).toMatchObject({ code: "not_found" });
    expect(refusal(() => written(state, {}, { ...grand, numbers: [] }))).toMatchObject({ code: "number_unknown" });
    // The window is each number's own.
    expect(refusal(() => written(somebody(), { phoneNumberId: SECOND_NUMBER }, twoNumbers))).toMatchObject({
      code: "window_closed",
    });
  });

  test("to a number that its guest has given up is told who that was, and nothing goes anywhere (H)", () => {
    const { guest } = somebody();
    const addresses = [
      { ...PHONE, evidence: "w0", firstSeenAt: NOON, retiredAt: after(1) },
      { kind: "waId", value: "12025550152", evidence: "w1", firstSeenAt: after(1), retiredAt: null } as const,
    ];
    const moved = somebody({ guest: { ...guest!, addresses } });
    expect(refusal(() => written(moved))).toEqual({ code: "recipient_moved", details: { guestId: GUEST } });
    expect(written(moved, { to: { guestId: GUEST } }).message.status).toBe("queued");
    expect(written(moved, { to: { kind: "waId", value: "12025550152" } }).message.status).toBe("queued");
  });

  test("shows old messages out of the phone app as the beginning, like a guest's first message does", () => {
    const imported = aConversation({ id: "con_old", departmentId: null, status: "closed", imported: true });
    const { change } = written(somebody({ conversations: [imported] }));
    expect(change.conversations).toMatchObject([{ id: "con_old", continuedIn: "con_c1" }, { id: "con_c1" }]);
  });

  test("is refused a department that the hotel does not have", () => {
    expect(refusal(() => written(somebody(), { departmentId: "Reception" }))).toMatchObject({
      code: "department_unknown",
    });
  });

  test("twice under one client id writes once; for another guest, department, number or content it is refused", () => {
    const { message } = written(somebody());
    const { importedPlace: _importedPlace, ...stored } = message;
    const existing = { message: { ...stored, eventSeq: 7 }, guestId: GUEST };
    const again = (given: Partial<WriteInput> = {}, state: Partial<RecipientState> = {}) =>
      decideWrite(somebody({ existing, ...state }), { ...input, ...given }, twoNumbers, command);
    expect(again()).toEqual({ kind: "existing", message: existing.message });
    expect(again({ to: { guestId: GUEST }, phoneNumberId: NUMBER }).kind).toBe("existing");
    expect(again({ content: { text: "Your table is free", type: "text" } }).kind).toBe("existing");
    const reused = { code: "client_message_reused", details: { messageId: "msg_c1" } };
    for (const act of [
      () => again({ content: { type: "text", text: "another" } }),
      () => again({ departmentId: "restaurant" }),
      () => again({ phoneNumberId: SECOND_NUMBER }),
      () => again({}, { guest: { ...somebody().guest!, id: "gst_2" } }),
      () => again({}, { guest: null }),
      () => again({}, { existing: { ...existing, message: { ...existing.message, reasons: [] } } }),
    ])
      expect(refusal(act)).toEqual(reused);
  });
});

const aFailed = (fields: Partial<Message> = {}): Message => ({
  id: "msg_1",
  hotelId: "grand",
  conversationId: "con_1",
  seq: 1,
  eventSeq: 4,
  direction: "outbound",
  author: { kind: "staff", id: "staff_9", name: null },
  content: { type: "text", text: "Your room is ready" },
  fallback: null,
  status: "failed",
  failure: { code: "graph_131026", message: "The guest cannot be reached." },
  billing: null,
  wamid: null,
  quotedWamid: "wamid.quoted",
  context: null,
  attemptId: null,
  clientMessageId: "m0",
  flow: null,
  reasons: [],
  sentAt: NOON,
  createdAt: NOON,
  ...fields,
});
const unknown = aFailed({ status: "unknown", failure: { code: "no_answer", message: "No answer came." } });
const resend = (given: Partial<ResendInput> = {}, state = aDeskState()) =>
  decideResend(
    state,
    {
      message: aFailed(),
      copy: null,
      clientMessageId: null,
      mayDouble: false,
      identityKeyHash: undefined,
      fallback: null,
      urgent: false,
      ...given,
    },
    command,
  );

describe("sending a failed message again (S63, chatwoot#14120)", () => {
  test("puts a copy of it at the end, by whoever asks, and both tell of each other", () => {
    const decision = resend({ clientMessageId: "m2" });
    if (decision.kind !== "new") throw new Error("expected a copy");
    expect(decision.message).toMatchObject({
      id: "msg_1_again",
      seq: 3,
      status: "queued",
      failure: null,
      author: { kind: "staff", id: "staff_1" },
      content: { type: "text", text: "Your room is ready" },
      quotedWamid: "wamid.quoted",
      clientMessageId: "m2",
      reasons: [{ code: "resent", details: { resends: "msg_1" } }],
    });
    expect(decision.change).toMatchObject({
      chat: { currentConversationId: "con_1" },
      remarks: [
        {
          messageId: "msg_1",
          was: "failed",
          becomes: null,
          reason: { code: "sent_again", details: { as: "msg_1_again" } },
        },
      ],
      audit: [{ action: "message.resend", reason: "because", target: { kind: "message", id: "msg_1_again" } }],
      work: [{ id: "snd_msg_1_again", payload: { messageId: "msg_1_again" } }],
    });
  });

  test("again makes nothing new, whatever has become of it; the copy can be sent again when it failed too", () => {
    const copy = aFailed({ id: "msg_1_again" });
    expect(resend({ copy, clientMessageId: "m3" })).toEqual({ kind: "existing", message: copy });
    expect(resend({ copy, message: aFailed({ status: "delivered" }) }).kind).toBe("existing");
    const third = resend({ message: copy });
    expect(third.kind === "new" && third.message.id).toBe("msg_1_again_again");
  });

  test("of which nobody can say whether it arrived needs a word that it may be doubled", () => {
    expect(refusal(() => resend({ message: unknown }))).toEqual({
      code: "resend_may_double",
      details: { messageId: "msg_1" },
    });
    const decision = resend({ message: unknown, mayDouble: true });
    expect(decision.kind === "new" && decision.change.remarks).toMatchObject([{ was: "unknown", becomes: null }]);
  });

  test("is refused for one that is on its way or arrived, for a guest's, and for one of the hotel's phone", () => {
    const of = (fields: Partial<Message>) => refusal(() => resend({ message: aFailed(fields), mayDouble: true }));
    for (const status of ["queued", "sending", "sent", "delivered", "read", "played", "received"] as const)
      expect(of({ status })).toEqual({ code: "resend_impossible", details: { status } });
    expect(of({ author: { kind: "device" } })).toMatchObject({ code: "resend_impossible" });
    expect(of({ content: { type: "revoked" } })).toMatchObject({ code: "resend_impossible" });
  });

  describe("before the time that WhatsApp asks to wait is over is refused, with when it is", () => {
    const failedWith = (code: string, reasons: Message["reasons"] = []) =>
      aFailed({ failure: { code, message: "Wait." }, reasons });
    const at = (message: Message, ms: number) => () =>
      decideResend(
        { ...aDeskState(), chat: { ...aDeskState().chat, windowClosesAt: after(100 * HOUR) } },
        {
          message,
          copy: null,
          clientMessageId: null,
          mayDouble: false,
          fallback: null,
          urgent: false,
          identityKeyHash: undefined,
        },
        { ...command, now: after(ms) },
      );
    test.each([
      ["graph_131049", 24 * HOUR],
      ["graph_133015", 5 * 60_000],
      ["graph_133016", 72 * HOUR],
      ["graph_134101", 10 * 60_000],
      ["graph_80007", 60_000],
    ])("%s: %d ms", (code, waitMs) => {
      const message = failedWith(code);
      expect(refusal(at(message, waitMs - 1))).toEqual({
        code: "resend_too_early",
        details: { until: after(waitMs).toISOString() },
      });
      expect(at(message, waitMs)().kind).toBe("new");
    });

    test("counted from when it failed, not from when it was written", () => {
      const reasons = [
        { code: "send_accepted", at: after(1_000) },
        {
          code: "status_reported",
          at: after(HOUR),
          details: { status: "failed", failure: "graph_131049" },
        },
        { code: "status_reported", at: after(2 * HOUR), details: { status: "sent" } },
      ] as const;
      const message = failedWith("graph_131049", reasons);
      expect(refusal(at(message, 25 * HOUR - 1))).toMatchObject({ details: { until: after(25 * HOUR).toISOString() } });
      expect(at(message, 25 * HOUR)().kind).toBe("new");
    });

    test("and where nobody names a time it goes at once", () => {
      for (const code of ["graph_131026", "graph_131056", "graph_131048", "send_expired"])
        expect(at(failedWith(code), 1)().kind).toBe("new");
    });
  });

  test("to a guest whose id could not carry it still goes to the phone (131062)", () => {
    const elsewhere = {
      code: "send_elsewhere",
      at: NOON,
      details: { failure: "graph_131062", delayMs: 0, refused: "bsuid" },
    } as const;
    const decision = resend({ message: aFailed({ reasons: [{ code: "send_intended", at: NOON }, elsewhere] }) });
    expect(decision.message.reasons.map(({ code }) => code)).toEqual(["resent", "send_elsewhere"]);
    expect(decision.message.reasons[1]).toEqual(elsewhere);
  });

  test("is as urgent as whoever sends it again says", () => {
    const work = (given: Partial<ResendInput>) => {
      const decision = resend(given);
      return decision.kind === "new" ? decision.change.work : [];
    };
    expect(work({ urgent: true })).toMatchObject([{ urgent: true }]);
    expect(work({})[0]).not.toHaveProperty("urgent");
  });

  test("keeps the rules of an answer: an open conversation, an open window, an unused client id", () => {
    const late = { ...aDeskState().chat, windowClosesAt: after(HOUR) };
    expect(refusal(() => resend({}, { ...aDeskState(), chat: late }))).toMatchObject({ code: "window_closed" });
    const filled = aFailed({ content: filledIn });
    expect(resend({ message: filled }, { ...aDeskState(), chat: late, template }).message).toMatchObject({
      content: filledIn,
    });
    expect(refusal(() => resend({}, aDeskState({ status: "closed" })))).toMatchObject({ code: "conversation_closed" });
    expect(refusal(() => resend({}, { ...aDeskState(), existing: aFailed({ id: "msg_7" }) }))).toEqual({
      code: "client_message_reused",
      details: { messageId: "msg_7" },
    });
  });
});

describe("saying what became of a message of unknown fate (N8)", () => {
  test("settles it, with advice where it did not arrive, and leaves an audit entry", () => {
    expect(decideResolve(unknown, "sent", command)).toMatchObject({
      messages: [],
      events: [],
      remarks: [
        {
          messageId: "msg_1",
          was: "unknown",
          becomes: "sent",
          failure: null,
          reason: { code: "resolved", details: { as: "sent" } },
        },
      ],
      audit: [{ action: "message.resolve", target: { kind: "message", id: "msg_1" } }],
    });
    expect(decideResolve(unknown, "failed", command)?.remarks).toMatchObject([
      { becomes: "failed", failure: { code: "resolved_failed" } },
    ]);
  });

  test("twice is once; anything else but an unknown one is refused", () => {
    const reasons = [{ code: "resolved", at: NOON, details: { as: "sent" } }] as const;
    expect(decideResolve(aFailed({ status: "sent", reasons }), "sent", command)).toBeNull();
    const impossible = (status: string) => ({ code: "resolve_impossible", details: { status } });
    expect(refusal(() => decideResolve(aFailed({ status: "sent", reasons }), "failed", command))).toEqual(
      impossible("sent"),
    );
    expect(refusal(() => decideResolve(aFailed(), "sent", command))).toEqual(impossible("failed"));
    expect(refusal(() => decideResolve(aFailed({ status: "received" }), "sent", command))).toEqual(
      impossible("received"),
    );
  });
});
