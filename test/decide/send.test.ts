import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterSend,
  afterTakeover,
  afterWindowClosed,
  backoffMs,
  beforeSend,
  isOffer,
  withheldOffer,
  type BeforeSend,
} from "../../src/decide/send.js";
import type { Address } from "../../src/domain/address.js";
import { newChat } from "../../src/domain/chat.js";
import type { Message } from "../../src/domain/message.js";
import type { SendState } from "../../src/ports/work-storage.js";
import type { Retry } from "../../src/ports/transport.js";
import { after, aStop, aTemplate, GUEST, HOUR, MINUTE, NOON, NUMBER } from "./world.js";

const policy = { baseMs: 1_000, capMs: 60_000, maxAgeMs: HOUR, probeMs: MINUTE, pacesGuests: true };
const PHONE = { kind: "waId", value: "12025550101" } as const;
const message: Message = {
  id: "msg_1",
  hotelId: "grand",
  conversationId: "con_1",
  seq: 3,
  eventSeq: 9,
  direction: "outbound",
  author: { kind: "staff", id: "staff_1", name: null },
  content: { type: "text", text: "Good morning" },
  status: "queued",
  fallback: null,
  failure: null,
  billing: null,
  wamid: null,
  quotedWamid: null,
  context: null,
  attemptId: null,
  clientMessageId: "m1",
  flow: null,
  reasons: [],
  sentAt: NOON,
  createdAt: NOON,
};
const aSend = (extra: Partial<Message> = {}): SendState => ({
  message: { ...message, ...extra },
  chat: { ...newChat("grand", NUMBER, GUEST), windowClosesAt: after(HOUR) },
  guest: {
    id: GUEST,
    hotelId: "grand",
    name: null,
    username: null,
    mergedInto: null,
    addresses: [
      { kind: "waId", value: "12025550101", evidence: null, firstSeenAt: NOON, retiredAt: NOON },
      { kind: "bsuid", value: "US.1", evidence: null, firstSeenAt: NOON, retiredAt: null },
    ],
  },
  consents: [],
  template: null,
});

describe("before a message touches a socket", () => {
  test("it goes to the guest's phone where one is known, else to the id WhatsApp gave; never to a number they gave up", () => {
    expect(beforeSend(aSend(), true, policy, NOON)).toEqual({
      kind: "send",
      to: { kind: "bsuid", value: "US.1", evidence: null, firstSeenAt: NOON, retiredAt: null },
      content: message.content,
      as: "content",
    });
  });

  test("a window that closed while it waited fails it visibly, before the network (F57, chatwoot#9516)", () => {
    expect(beforeSend(aSend(), true, policy, after(HOUR))).toMatchObject({
      kind: "settle",
      result: { kind: "failed", failure: { code: "window_closed" } },
    });
  });

  test.each([2001, 2101])(
    "the window closes by the database's clock, be it the year %i, whatever this process's says (I14)",
    (year) => {
      const closes = new Date(Date.UTC(year, 0));
      const send = aSend();
      const at = (ms: number) =>
        beforeSend(
          { ...send, chat: { ...send.chat, windowClosesAt: closes } },
          true,
          { ...policy, maxAgeMs: 200 * 365 * 24 * HOUR },
          new Date(closes.getTime() + ms),
        );
      expect([at(-HOUR).kind, at(0).kind]).toEqual(["send", "settle"]);
    },
  );

  test("one that a dead process began to send is of unknown fate, and is not sent again (F43, F44)", () => {
    expect(beforeSend(aSend({ status: "sending" }), true, policy, NOON)).toMatchObject({
      kind: "settle",
      result: { kind: "unknown", holdMs: 15_000 },
    });
  });

  test("one whose status webhook was faster is taken as what WhatsApp says", () => {
    expect(beforeSend(aSend({ status: "delivered", wamid: "wamid.1" }), true, policy, NOON)).toMatchObject({
      result: { kind: "sent", wamid: "wamid.1" },
    });
    const failure = { code: "graph_131026", message: "Undeliverable." };
    expect(beforeSend(aSend({ status: "failed", failure }), true, policy, NOON)).toMatchObject({
      result: { kind: "failed", failure },
    });
  });

  test("one that WhatsApp reports about counts to the guest's pace, since whoever sent it has died before counting it (F49)", () => {
    const failed = { status: "failed", failure: { code: "graph_131026", message: "Undeliverable." } } as const;
    const paced = (extra: Partial<Message>, pacesGuests = true) =>
      beforeSend(aSend(extra), true, { ...policy, pacesGuests }, NOON);
    expect(paced({ status: "sent", wamid: "wamid.1" })).toMatchObject({ paced: true });
    expect(paced({ ...failed, wamid: "wamid.1" })).toMatchObject({ paced: true });
    expect(paced(failed), "nothing left").toMatchObject({ paced: false });
    expect(paced({ status: "sent", wamid: "wamid.1" }, false)).toMatchObject({ paced: false });
  });

  test("a number that the hotel gave up sends nothing any more", () => {
    expect(beforeSend(aSend(), false, policy, NOON)).toMatchObject({
      result: { kind: "failed", failure: { code: "number_unknown" } },
    });
  });

  const content = { type: "template", name: "we_answered", language: "en" } as const;
  const template = aTemplate("we_answered");

  test("a closed window leaves a reply the template that it names for that; while it is open the words themselves go", () => {
    const named = { ...aSend({ fallback: { content, sent: false } }), template };
    expect(beforeSend(named, true, policy, NOON)).toMatchObject({ content: message.content, as: "content" });
    const closed = { ...named, chat: { ...named.chat, windowClosesAt: NOON } };
    expect(beforeSend(closed, true, policy, NOON)).toMatchObject({ content, as: "fallback" });
    expect(afterWindowClosed(named, policy, NOON)).toMatchObject({ content, as: "fallback" });
    expect(afterWindowClosed(aSend(), policy, NOON)).toMatchObject({ result: { failure: { code: "window_closed" } } });
  });

  test("a template needs no window", () => {
    const send = { ...aSend({ content }), template };
    expect(beforeSend({ ...send, chat: { ...send.chat, windowClosesAt: null } }, true, policy, NOON)).toMatchObject({
      kind: "send",
      as: "windowless",
    });
  });

  test("a template that WhatsApp would refuse by now, or whose guest wants no offers any more, fails with what to do, before the network", () => {
    const send = { ...aSend({ content }), template };
    const failed = (changed: Partial<SendState>) => beforeSend({ ...send, ...changed }, true, policy, NOON);
    const withheld = (code: string) => ({
      result: { kind: "failed", failure: { code } },
      reason: { code: "send_withheld" },
    });
    expect(failed({ template: null })).toMatchObject(withheld("template_unknown"));
    expect(failed({ template: aTemplate("we_answered", { status: "paused" }) })).toMatchObject(
      withheld("template_not_approved"),
    );
    const offer = aTemplate("we_answered", { category: "marketing" });
    expect(failed({ template: offer }).kind).toBe("send");
    expect(failed({ template: offer, consents: [aStop] })).toMatchObject(withheld("marketing_stopped"));
    expect(failed({ consents: [aStop] }).kind).toBe("send");
    const named = { ...aSend({ fallback: { content, sent: false } }), template: offer, consents: [aStop] };
    expect(beforeSend(named, true, policy, NOON)).toMatchObject({ kind: "send", as: "content" });
    expect(afterWindowClosed(named, policy, NOON)).toMatchObject(withheld("marketing_stopped"));
  });

  test("one that waited for its whole age fails where staff see it, and says what kept it", () => {
    const reasons = [{ code: "send_paused", at: NOON, details: { failure: "graph_190" } }] as const;
    const old = aSend({ reasons });
    const open = { ...old, chat: { ...old.chat, windowClosesAt: after(24 * HOUR) } };
    expect(beforeSend(open, true, policy, after(HOUR))).toMatchObject({
      result: {
        kind: "failed",
        failure: { code: "send_expired", message: expect.stringContaining("graph_190") as string },
      },
    });
  });

  test.each<[string, BeforeSend, string, string]>([
    [
      "the desk broke off",
      beforeSend(aSend({ status: "sending" }), true, policy, NOON),
      "send_interrupted",
      "The send was interrupted, so nobody can say whether WhatsApp has it. Look at the guest's answer before sending it again.",
    ],
    [
      "failed without a word why",
      beforeSend(aSend({ status: "failed" }), true, policy, NOON),
      "send_interrupted",
      "The send was interrupted, so nobody can say whether WhatsApp has it. Look at the guest's answer before sending it again.",
    ],
    [
      "came too late for the window",
      beforeSend(aSend(), true, policy, after(HOUR)),
      "window_closed",
      "WhatsApp's service window closed before the message could leave. The guest has to write first, or use a template.",
    ],
    [
      "a person forestalled",
      { kind: "settle", ...afterTakeover(NOON) },
      "person_speaks",
      "A person had taken the conversation over before this message of the bot could leave, so it was not sent.",
    ],
    [
      "waited too long",
      beforeSend({ ...aSend({ createdAt: after(-HOUR) }) }, true, policy, NOON),
      "send_expired",
      "The message waited too long to be sent and was not. Send it again if it is still wanted.",
    ],
    [
      "waited too long for WhatsApp",
      beforeSend(
        aSend({
          createdAt: after(-HOUR),
          reasons: [
            { code: "send_paused", at: NOON, details: { failure: "graph_190" } },
            { code: "send_retried", at: NOON, details: { failure: "graph_4" } },
            { code: "status_reported", at: NOON, details: { failure: "graph_1" } },
          ],
        }),
        true,
        policy,
        NOON,
      ),
      "send_expired",
      "The message waited too long to be sent and was not. Send it again if it is still wanted. The last refusal was graph_4.",
    ],
    [
      "has no number to leave from",
      beforeSend(aSend(), false, policy, NOON),
      "number_unknown",
      "The hotel no longer has the WhatsApp number of this chat. Add it again, or answer from another number.",
    ],
    [
      "has nobody to go to",
      beforeSend({ ...aSend(), guest: { ...aSend().guest, addresses: [] } }, true, policy, NOON),
      "no_address",
      "No WhatsApp address of this guest is known that could carry the message.",
    ],
  ])("one that %s tells staff what happened and what to do", (_, before, code, says) => {
    expect(before).toMatchObject({ kind: "settle", result: { failure: { code, message: says } }, pause: null });
  });

  test("one that is not sent counts to nobody's pace, unless it may have left", () => {
    const settled = (before: BeforeSend) => before.kind === "settle" && [before.reason, before.paced];
    const interrupted = (pacesGuests: boolean) =>
      settled(beforeSend(aSend({ status: "sending" }), true, { ...policy, pacesGuests }, NOON));
    expect(interrupted(true)).toEqual([{ code: "send_interrupted", at: NOON }, true]);
    expect(interrupted(false)).toEqual([{ code: "send_interrupted", at: NOON }, false]);
    expect(settled(beforeSend(aSend(), true, policy, after(HOUR)))).toEqual([
      { code: "window_closed", at: after(HOUR) },
      false,
    ]);
    expect(settled(beforeSend(aSend(), false, policy, NOON))).toEqual([{ code: "send_rejected", at: NOON }, false]);
    expect(settled(beforeSend(aSend({ createdAt: after(-HOUR) }), true, policy, NOON))).toEqual([
      { code: "send_expired", at: NOON },
      false,
    ]);
    expect(afterTakeover(NOON)).toMatchObject({ reason: { code: "person_speaks", at: NOON }, paced: false });
  });

  test("an offer after one that WhatsApp withheld fails with the time from which it may go, and counts to no pace (131049)", () => {
    const until = after(HOUR).toISOString();
    expect(withheldOffer(after(HOUR), NOON)).toEqual({
      result: {
        kind: "failed",
        failure: { code: "offer_withheld", message: expect.stringContaining(until) as string },
      },
      reason: { code: "send_withheld", at: NOON, details: { failure: "offer_withheld", until } },
      paced: false,
      pause: null,
    });
    const content = { type: "template", name: "welcome", language: "en" } as const;
    const of = (category: "marketing" | "utility") => ({
      ...aSend({ content }),
      template: { ...aTemplate("welcome"), category },
    });
    expect(isOffer(of("marketing"), content)).toBe(true);
    expect(isOffer(of("utility"), content)).toBe(false);
    // What it may go as later is no offer while it goes as an answer.
    expect(isOffer(of("marketing"), { type: "text", text: "Good morning" })).toBe(false);
    expect(isOffer(aSend({ content }), content)).toBe(false);
  });

  test("one that nobody can tell of any more is left as it is, holds nobody up and is not sent again", () => {
    const failure = { code: "no_answer", message: "No answer came." };
    expect(beforeSend(aSend({ status: "unknown", failure }), true, policy, NOON)).toEqual({
      kind: "settle",
      result: { kind: "unknown", failure, holdMs: 0 },
      reason: { code: "send_unknown", at: NOON },
      paced: false,
      pause: null,
    });
    expect(beforeSend(aSend({ status: "unknown" }), true, policy, NOON)).toMatchObject({
      result: { kind: "unknown", failure: { code: "send_interrupted" }, holdMs: 0 },
    });
  });

  test("one that is a moment younger than too old still goes", () => {
    expect(beforeSend(aSend({ createdAt: after(1 - HOUR) }), true, policy, NOON).kind).toBe("send");
  });

  test("a guest without any address cannot be written to", () => {
    const send = aSend();
    expect(beforeSend({ ...send, guest: { ...send.guest, addresses: [] } }, true, policy, NOON)).toMatchObject({
      result: { failure: { code: "no_address" } },
    });
  });
});

describe("after WhatsApp answered", () => {
  const failure = { code: "graph_130429", message: "Slow down." };

  test("an accepted message is sent, an unknown one is never tried again and holds its followers 15 s", () => {
    expect(afterSend(aSend(), PHONE, { outcome: "accepted", wamid: "wamid.1" }, 0, policy, NOON, 0.5).result).toEqual({
      kind: "sent",
      wamid: "wamid.1",
    });
    expect(afterSend(aSend(), PHONE, { outcome: "unknown", failure }, 0, policy, NOON, 0.5).result).toEqual({
      kind: "unknown",
      failure,
      holdMs: 15_000,
    });
  });

  test("one that WhatsApp took and holds back says so where staff ask why", () => {
    const answer = { outcome: "accepted", wamid: "wamid.1", held: "quality" } as const;
    expect(afterSend(aSend(), PHONE, answer, 0, policy, NOON, 0.5)).toMatchObject({
      result: { kind: "sent", wamid: "wamid.1" },
      reason: { code: "send_accepted", details: { held: "quality" } },
    });
    const plain = afterSend(aSend(), PHONE, { outcome: "accepted", wamid: "wamid.1" }, 0, policy, NOON, 0.5);
    expect(plain.reason).toEqual({ code: "send_accepted", at: NOON });
  });

  test("a rejected one is tried again when that may help, never before WhatsApp says so, and not for ever (F49, F56)", () => {
    const rejected = (afterMs: number | null) => ({ outcome: "rejected", failure, retry: { afterMs } }) as const;
    expect(afterSend(aSend(), PHONE, rejected(null), 2, policy, NOON, 0.5).result).toEqual({
      kind: "retry",
      failure,
      delayMs: 2_000,
      askedMs: 0,
    });
    expect(afterSend(aSend(), PHONE, rejected(30_000), 0, policy, NOON, 0.5).result).toEqual({
      kind: "retry",
      failure,
      delayMs: 30_000,
      askedMs: 30_000,
    });
    expect(afterSend(aSend(), PHONE, rejected(null), 2, policy, after(HOUR), 0.5).result).toEqual({
      kind: "failed",
      failure,
    });
    expect(
      afterSend(aSend(), PHONE, { outcome: "rejected", failure, retry: null }, 0, policy, after(MINUTE), 0.5).result,
    ).toEqual({ kind: "failed", failure });
  });

  test("a wait that would outlast the message's age fails it now: staff see it, and the next ones go on", () => {
    const rejected = (retry: Retry) => ({ outcome: "rejected", failure, retry }) as const;
    const week = rejected({ afterMs: 7 * 24 * HOUR });
    expect(afterSend(aSend(), PHONE, week, 0, policy, NOON, 0.5).result).toEqual({ kind: "failed", failure });
    const last = rejected({ afterMs: 30 * MINUTE });
    expect(afterSend(aSend(), PHONE, last, 0, policy, after(20 * MINUTE), 0.5).result).toMatchObject({ kind: "retry" });
    expect(afterSend(aSend(), PHONE, last, 0, policy, after(31 * MINUTE), 0.5).result).toEqual({
      kind: "failed",
      failure,
    });
  });

  test("too much for one guest waits four to the power of how often WhatsApp said so, whatever the luck and whatever else was in the way", () => {
    const answer = { outcome: "rejected", failure, retry: { afterMs: null, baseMs: 1_000 } } as const;
    const told = { code: "send_retried", at: NOON, details: { failure: failure.code } } as const;
    const other = { code: "send_paused", at: NOON, details: { failure: "graph_190" } } as const;
    const delays = [0, 1, 2, 3].map((times) => {
      const send = aSend({ reasons: [other, ...Array.from({ length: times }, () => told), other] });
      return afterSend(send, PHONE, answer, 9, policy, NOON, 0).result;
    });
    expect(delays).toEqual(
      [1, 4, 16, 64].map((s) => ({ kind: "retry", failure, delayMs: s * 1_000, askedMs: s * 1_000 })),
    );
  });

  test("a token that has expired fails no message: the number pauses, and one message a minute tries again (F51)", () => {
    const refused = { code: "graph_190", message: "Set a new token." };
    const pauses = { scope: "token", ends: "repair", afterMs: null } as const;
    const answer = { outcome: "rejected", failure: refused, retry: null, pauses } as const;
    expect(afterSend(aSend(), PHONE, answer, 3, policy, NOON, 0.5)).toEqual({
      result: { kind: "retry", failure: refused, delayMs: 0, askedMs: 0 },
      reason: { code: "send_paused", at: NOON, details: { failure: "graph_190", delayMs: 0 } },
      paced: true,
      pause: { of: "number", ms: MINUTE, probing: true, code: "graph_190" },
    });
    expect(afterSend(aSend(), PHONE, answer, 3, policy, after(HOUR), 0.5).result).toMatchObject({ kind: "failed" });
  });

  test("an account that is locked pauses all of the hotel's numbers", () => {
    const pauses = { scope: "account", ends: "repair", afterMs: null } as const;
    const answer = { outcome: "rejected", failure, retry: null, pauses } as const;
    expect(afterSend(aSend(), PHONE, answer, 0, policy, NOON, 0.5).pause).toMatchObject({ of: "hotel", probing: true });
  });

  test("a number that was too fast pauses for as long as WhatsApp asks, else for a back-off (F49)", () => {
    const slow = (afterMs: number | null) =>
      ({
        outcome: "rejected",
        failure,
        retry: { afterMs },
        pauses: { scope: "number", ends: "time", afterMs },
      }) as const;
    const pauseOf = (afterMs: number | null, attempts: number) =>
      afterSend(aSend(), PHONE, slow(afterMs), attempts, policy, NOON, 0.5).pause;
    expect(pauseOf(7_000, 0)).toEqual({ of: "number", ms: 7_000, probing: false, code: "graph_130429" });
    expect(pauseOf(null, 0)).toMatchObject({ ms: 1_000, probing: false });
    expect(pauseOf(null, 4)).toMatchObject({ ms: 8_000, probing: false });
  });

  test("too much for one guest pauses nobody else", () => {
    const pauses = { scope: "pair", ends: "time", afterMs: null } as const;
    const answer = { outcome: "rejected", failure, retry: { afterMs: null, baseMs: 1_000 }, pauses } as const;
    expect(afterSend(aSend(), PHONE, answer, 0, policy, NOON, 0.5).pause).toBeNull();
  });

  test("what cannot go to the guest's id goes to their phone, once each; with no other address it has failed (131062)", () => {
    const refused = { code: "graph_131062", message: "Use the phone." };
    const answer = { outcome: "rejected", failure: refused, retry: null, otherAddress: true } as const;
    const id = { kind: "bsuid", value: "US.1" } as const;
    const send = aSend();
    const addresses = [
      { ...id, evidence: null, firstSeenAt: NOON, retiredAt: null },
      { ...PHONE, evidence: null, firstSeenAt: NOON, retiredAt: null },
    ];
    const both = { ...send, guest: { ...send.guest, addresses } };
    const settled = afterSend(both, id, answer, 0, policy, NOON, 0.5);
    expect(settled).toMatchObject({ result: { kind: "retry" }, reason: { code: "send_elsewhere" } });
    const next = { ...both, message: { ...both.message, reasons: [settled.reason] } };
    expect(beforeSend(next, true, policy, NOON)).toMatchObject({ kind: "send", to: PHONE });
    expect(afterSend(next, PHONE, answer, 1, policy, NOON, 0.5).result).toEqual({ kind: "failed", failure: refused });
    expect(afterSend(send, id, answer, 0, policy, NOON, 0.5).result).toEqual({ kind: "failed", failure: refused });
  });

  test("a guest whose two business-scoped ids are one to WhatsApp is not tried by the second when the first cannot carry it (131062)", () => {
    const refused = { code: "graph_131062", message: "Use the phone." };
    const answer = { outcome: "rejected", failure: refused, retry: null, otherAddress: true } as const;
    const id = { kind: "bsuid", value: "US.1" } as const;
    const parent = { kind: "parentBsuid", value: "US.ENT.1" } as const;
    const known = { evidence: null, firstSeenAt: NOON, retiredAt: null };
    const send = aSend();
    const with_ = (...addresses: readonly Address[]): SendState => ({
      ...send,
      guest: { ...send.guest, addresses: addresses.map((address) => ({ ...address, ...known })) },
    });
    for (const to of [id, parent])
      expect(afterSend(with_(parent, id), to, answer, 0, policy, NOON, 0.5).result).toEqual({
        kind: "failed",
        failure: refused,
      });
    const settled = afterSend(with_(parent, id, PHONE), id, answer, 0, policy, NOON, 0.5);
    const next = { ...with_(parent, id), message: { ...send.message, reasons: [settled.reason] } };
    expect(beforeSend(next, true, policy, NOON), "the phone was given up meanwhile").toMatchObject({
      result: { failure: { code: "no_address" } },
    });
  });

  test("an answer that WhatsApp finds too late goes as the template that stands in for it, once; without one it has failed (131047)", () => {
    const refused = { code: "graph_131047", message: "The window is closed." };
    const answer = { outcome: "rejected", failure: refused, retry: null, needsTemplate: true } as const;
    const failed = { kind: "failed", failure: refused };
    expect(afterSend(aSend(), PHONE, answer, 0, policy, NOON, 0.5).result).toEqual(failed);
    const content = { type: "template", name: "we_answered", language: "en" } as const;
    const named = { ...aSend({ fallback: { content, sent: false } }), template: aTemplate("we_answered") };
    const settled = afterSend(named, PHONE, answer, 0, policy, NOON, 0.5);
    expect(settled).toMatchObject({ result: { kind: "retry", delayMs: 0 }, reason: { code: "send_as_template" } });
    const next = { ...named, message: { ...named.message, reasons: [settled.reason] } };
    expect(beforeSend(next, true, policy, NOON)).toMatchObject({ content, as: "fallback" });
    expect(afterSend(next, PHONE, answer, 1, policy, NOON, 0.5).result).toEqual(failed);
  });

  test("one of unknown fate says why, counts to the guest's pace, and pauses what WhatsApp wants to rest", () => {
    const pauses = { scope: "number", ends: "time", afterMs: 5_000 } as const;
    const after_ = (pacesGuests: boolean) =>
      afterSend(aSend(), PHONE, { outcome: "unknown", failure, pauses }, 0, { ...policy, pacesGuests }, NOON, 0.5);
    const settled = {
      result: { kind: "unknown", failure, holdMs: 15_000 },
      reason: { code: "send_unknown", at: NOON, details: { failure: "graph_130429" } },
      pause: { of: "number", ms: 5_000, probing: false, code: "graph_130429" },
    };
    expect([after_(true), after_(false)]).toEqual([
      { ...settled, paced: true },
      { ...settled, paced: false },
    ]);
  });

  test("one that is refused for good says why, and pauses nobody", () => {
    const answer = { outcome: "rejected", failure, retry: null } as const;
    expect(afterSend(aSend(), PHONE, answer, 0, policy, NOON, 0.5)).toEqual({
      result: { kind: "failed", failure },
      reason: { code: "send_rejected", at: NOON, details: { failure: "graph_130429" } },
      paced: true,
      pause: null,
    });
    expect(afterSend(aSend(), PHONE, { outcome: "accepted", wamid: "wamid.1" }, 0, policy, NOON, 0.5)).toEqual({
      result: { kind: "sent", wamid: "wamid.1" },
      reason: { code: "send_accepted", at: NOON },
      paced: true,
      pause: null,
    });
  });

  test("one that is tried again says when, and to which address not", () => {
    const answer = { outcome: "rejected", failure, retry: { afterMs: null } } as const;
    expect(afterSend(aSend(), PHONE, answer, 0, policy, NOON, 0.5).reason).toEqual({
      code: "send_retried",
      at: NOON,
      details: { failure: "graph_130429", delayMs: 500 },
    });
    const send = aSend();
    const addresses = [...send.guest.addresses, { ...PHONE, evidence: null, firstSeenAt: NOON, retiredAt: null }];
    const both = { ...send, guest: { ...send.guest, addresses } };
    const elsewhere = { outcome: "rejected", failure, retry: null, otherAddress: true } as const;
    expect(afterSend(both, { kind: "bsuid", value: "US.1" }, elsewhere, 0, policy, NOON, 0.5).reason).toEqual({
      code: "send_elsewhere",
      at: NOON,
      details: { failure: "graph_130429", refused: "bsuid", delayMs: 0 },
    });
    expect(afterSend(both, PHONE, elsewhere, 0, policy, NOON, 0.5).result, "by the id").toMatchObject({
      kind: "retry",
    });
  });

  test("one that waits exactly until its age is over still gets its try", () => {
    const last = { outcome: "rejected", failure, retry: { afterMs: 40 * MINUTE } } as const;
    const at = (ms: number) => afterSend(aSend(), PHONE, last, 0, policy, after(ms), 0).result.kind;
    expect([at(20 * MINUTE), at(20 * MINUTE + 1)]).toEqual(["retry", "failed"]);
  });

  test("too much for one guest never waits longer than WhatsApp's count can mean", () => {
    const answer = { outcome: "rejected", failure, retry: { afterMs: null, baseMs: 1 } } as const;
    const told = { code: "send_retried", at: NOON, details: { failure: failure.code } } as const;
    const wait = (times: number) => {
      const send = aSend({ reasons: Array.from({ length: times }, () => told) });
      return afterSend(send, PHONE, answer, 0, { ...policy, maxAgeMs: 10 ** 12 }, NOON, 0).result;
    };
    expect([wait(14), wait(15), wait(16)]).toMatchObject([4 ** 14, 4 ** 15, 4 ** 15].map((delayMs) => ({ delayMs })));
  });

  test("a number that is at fault without a pause of it is no reason to wait", () => {
    const pauses = { scope: "pair", ends: "repair", afterMs: null } as const;
    const answer = { outcome: "rejected", failure, retry: null, pauses } as const;
    expect(afterSend(aSend(), PHONE, answer, 0, policy, NOON, 0.5)).toMatchObject({
      result: { kind: "failed" },
      pause: null,
    });
  });

  test("a token's pause lasts as long as WhatsApp says where it says so", () => {
    const pauses = { scope: "token", ends: "repair", afterMs: 9_000 } as const;
    const answer = { outcome: "rejected", failure, retry: null, pauses } as const;
    expect(afterSend(aSend(), PHONE, answer, 0, policy, NOON, 0.5).pause).toEqual({
      of: "number",
      ms: 9_000,
      probing: true,
      code: "graph_130429",
    });
  });

  test("back-off grows twofold from its base to its cap, as far as luck goes", () => {
    expect([0, 1, 2, 5, 6, 31, 2_000].map((attempts) => backoffMs(attempts, policy, 0.999_999_9))).toEqual([
      1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000,
    ]);
    expect(backoffMs(3, policy, 0)).toBe(0);
    expect(backoffMs(40, { baseMs: 1, capMs: Infinity }, 0.5)).toBe(2 ** 29);
  });

  test("back-off stays within its bounds for any attempt and any luck", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, random) => {
        const delay = backoffMs(attempts, policy, random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Math.min(policy.capMs, policy.baseMs * 2 ** attempts));
      }),
    );
  });
});
