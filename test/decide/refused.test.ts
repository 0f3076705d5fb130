import { describe, expect, test } from "vitest";
import { decideRefused, refusedOf, refusedWork } from "../../src/decide/refused.js";
import { refusalOf } from "../../src/domain/refusal.js";
import { SERVICE_WINDOW_MS, windowFoundClosed } from "../../src/domain/service-window.js";
import { classifyAnswer } from "../../src/whatsapp/graph-error.js";

const LEFT = new Date("2026-11-10T12:00:05.300Z");
const LATER = new Date("2026-11-10T12:01:00Z");
const opened = (at: string) => new Date(Date.parse(at) + SERVICE_WINDOW_MS);

describe("the window that WhatsApp found closed", () => {
  test("is closed since the message left", () => {
    expect(windowFoundClosed(LEFT, opened("2026-11-10T12:00:04Z"), LATER)).toEqual(LEFT);
    expect(windowFoundClosed(LEFT, opened("2026-11-09T13:00:00Z"), LATER)).toEqual(LEFT);
  });

  test("stays open when the guest has written since, or in that very second", () => {
    expect(windowFoundClosed(LEFT, opened("2026-11-10T12:00:05Z"), LATER)).toBe(null);
    expect(windowFoundClosed(LEFT, opened("2026-11-10T12:00:30Z"), LATER)).toBe(null);
  });

  test("is told once: what is closed here already, or was never open, stays as it is", () => {
    expect(windowFoundClosed(LEFT, LEFT, LATER)).toBe(null);
    expect(windowFoundClosed(LEFT, null, LATER)).toBe(null);
  });
});

describe("what may go in the place of a refused message", () => {
  const message = { id: "msg_1", hotelId: "grand", conversationId: "con_1", status: "failed" } as const;

  test("is asked of the same codes in a report as in an answer (gaia#790)", () => {
    for (let code = 130_000; code < 140_000; code++) {
      const body = JSON.stringify({ error: { code } });
      const answer = classifyAnswer({ status: 400, body, retryAfter: null, date: null });
      const atOnce =
        answer.outcome !== "rejected" ? null : answer.needsTemplate ? "window" : answer.otherAddress ? "address" : null;
      expect(refusalOf({ code: `graph_${String(code)}` }), String(code)).toBe(atOnce);
    }
  });

  test("is work of its conversation, which says what was refused", () => {
    const failure = { code: "graph_131062", message: "" };
    const work = refusedWork({ ...message, failure });
    expect(work).toMatchObject({ id: "refused_msg_1", hotelId: "grand", subject: "con_1" });
    expect(refusedOf(JSON.stringify(work?.payload))).toEqual({ type: "refused", messageId: "msg_1", why: "address" });
    expect(refusedWork({ ...message, status: "delivered", failure })).toBe(null);
    expect(refusedWork({ ...message, failure: { code: "graph_131026", message: "" } })).toBe(null);
    for (const other of ["null", "{}", '{"type":"reply"}', '{"type":"refused"}']) expect(refusedOf(other)).toBe(null);
  });

  test("is nothing for a message of the phone app, which needs no window", () => {
    const device = { message: { ...message, author: { kind: "device" } } };
    const input = { why: "window", copied: false, maxAgeMs: 1, now: LATER } as const;
    expect(decideRefused(device as never, {} as never, input)).toMatchObject({ chat: null, messages: [], events: [] });
  });
});
