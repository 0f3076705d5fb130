import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterSend, backoffMs, beforeSend } from "../../src/decide/send.js";
import { newChat } from "../../src/domain/chat.js";
import type { Message } from "../../src/domain/message.js";
import type { SendState } from "../../src/ports/storage.js";
import type { Retry } from "../../src/ports/transport.js";
import { after, GUEST, HOUR, MINUTE, NOON, NUMBER } from "./world.js";

const policy = { baseMs: 1_000, capMs: 60_000, maxAgeMs: HOUR };
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
});

describe("before a message touches a socket", () => {
  test("it goes to the guest's phone where one is known, else to the id WhatsApp gave; never to a number they gave up", () => {
    expect(beforeSend(aSend(), true, NOON)).toEqual({
      kind: "send",
      to: { kind: "bsuid", value: "US.1", evidence: null, firstSeenAt: NOON, retiredAt: null },
    });
  });

  test("a window that closed while it waited fails it visibly, before the network (F57, chatwoot#9516)", () => {
    expect(beforeSend(aSend(), true, after(HOUR))).toMatchObject({
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
        beforeSend({ ...send, chat: { ...send.chat, windowClosesAt: closes } }, true, new Date(closes.getTime() + ms));
      expect([at(-HOUR).kind, at(0).kind]).toEqual(["send", "settle"]);
    },
  );

  test("one that a dead process began to send is of unknown fate, and is not sent again (F43, F44)", () => {
    expect(beforeSend(aSend({ status: "sending" }), true, NOON)).toMatchObject({
      kind: "settle",
      result: { kind: "unknown", holdMs: 15_000 },
    });
  });

  test("one whose status webhook was faster is taken as what WhatsApp says", () => {
    expect(beforeSend(aSend({ status: "delivered", wamid: "wamid.1" }), true, NOON)).toMatchObject({
      result: { kind: "sent", wamid: "wamid.1" },
    });
    const failure = { code: "graph_131026", message: "Undeliverable." };
    expect(beforeSend(aSend({ status: "failed", failure }), true, NOON)).toMatchObject({
      result: { kind: "failed", failure },
    });
  });

  test("a number that the hotel gave up sends nothing any more", () => {
    expect(beforeSend(aSend(), false, NOON)).toMatchObject({
      result: { kind: "failed", failure: { code: "number_unknown" } },
    });
  });

  test("a guest without any address cannot be written to", () => {
    const send = aSend();
    expect(beforeSend({ ...send, guest: { ...send.guest, addresses: [] } }, true, NOON)).toMatchObject({
      result: { failure: { code: "no_address" } },
    });
  });
});

describe("after WhatsApp answered", () => {
  const failure = { code: "graph_130429", message: "Slow down." };

  test("an accepted message is sent, an unknown one is never tried again and holds its followers 15 s", () => {
    expect(afterSend(aSend(), { outcome: "accepted", wamid: "wamid.1" }, 0, policy, NOON, 0.5).result).toEqual({
      kind: "sent",
      wamid: "wamid.1",
    });
    expect(afterSend(aSend(), { outcome: "unknown", failure }, 0, policy, NOON, 0.5).result).toEqual({
      kind: "unknown",
      failure,
      holdMs: 15_000,
    });
  });

  test("a rejected one is tried again when that may help, never before WhatsApp says so, and not for ever (F49, F56)", () => {
    const rejected = (afterMs: number | null) => ({ outcome: "rejected", failure, retry: { afterMs } }) as const;
    expect(afterSend(aSend(), rejected(null), 2, policy, NOON, 0.5).result).toEqual({
      kind: "retry",
      failure,
      delayMs: 2_000,
    });
    expect(afterSend(aSend(), rejected(30_000), 0, policy, NOON, 0.5).result).toEqual({
      kind: "retry",
      failure,
      delayMs: 30_000,
    });
    expect(afterSend(aSend(), rejected(null), 2, policy, after(HOUR), 0.5).result).toEqual({ kind: "failed", failure });
    expect(
      afterSend(aSend(), { outcome: "rejected", failure, retry: null }, 0, policy, after(MINUTE), 0.5).result,
    ).toEqual({ kind: "failed", failure });
  });

  test("a wait that would outlast the message's age fails it now: staff see it, and the next ones go on", () => {
    const rejected = (retry: Retry) => ({ outcome: "rejected", failure, retry }) as const;
    const week = rejected({ afterMs: 7 * 24 * HOUR });
    expect(afterSend(aSend(), week, 0, policy, NOON, 0.5).result).toEqual({ kind: "failed", failure });
    const last = rejected({ afterMs: 30 * MINUTE });
    expect(afterSend(aSend(), last, 0, policy, after(20 * MINUTE), 0.5).result).toMatchObject({ kind: "retry" });
    expect(afterSend(aSend(), last, 0, policy, after(31 * MINUTE), 0.5).result).toEqual({ kind: "failed", failure });
  });

  test("too much for one guest waits four to the power of the attempts, whatever the luck", () => {
    const answer = { outcome: "rejected", failure, retry: { afterMs: null, baseMs: 1_000 } } as const;
    const delays = [0, 1, 2, 3].map((attempts) => afterSend(aSend(), answer, attempts, policy, NOON, 0).result);
    expect(delays).toEqual([1, 4, 16, 64].map((s) => ({ kind: "retry", failure, delayMs: s * 1_000 })));
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
