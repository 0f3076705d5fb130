import { expect, test } from "vitest";
import { GRAPH_WAITS_MS, offersWaitUntil, waitAfter, waitsUntil } from "../../src/domain/failure-wait.js";

const MINUTE = 60_000;

test("a guest who gets no message now is written to when WhatsApp's documentation says, and not before", () => {
  expect(GRAPH_WAITS_MS).toEqual({
    4: MINUTE,
    80007: MINUTE,
    131049: 24 * 60 * MINUTE,
    133015: 5 * MINUTE,
    133016: 72 * 60 * MINUTE,
    134101: 10 * MINUTE,
    2494100: MINUTE,
  });
  expect(waitAfter("graph_131049")).toBe(24 * 60 * MINUTE);
  expect(waitAfter("graph_4")).toBe(MINUTE);
});

test.each(["graph_131026", "graph_", "graph_x", "xgraph_4", "graph_4x", "window_closed", ""])(
  "where nobody names a time there is none: %j",
  (code) => {
    expect(waitAfter(code)).toBeNull();
  },
);

const NOON = new Date("2026-11-27T12:00:00Z");
const after = (ms: number) => new Date(NOON.getTime() + ms);
const DAY = 24 * 60 * MINUTE;
const failed = (code: string, reasons: Parameters<typeof waitsUntil>[0]["reasons"] = []) => ({
  status: "failed" as const,
  failure: { code, message: "Wait." },
  reasons,
  createdAt: NOON,
});

test("what the desk kept back says itself until when, and that counts", () => {
  const until = after(3 * MINUTE).toISOString();
  const kept = { code: "send_withheld", at: after(1), details: { failure: "offer_withheld", until } } as const;
  expect(waitsUntil(failed("offer_withheld", [kept, { code: "sent_again", at: after(2) }]))).toEqual(after(3 * MINUTE));
  expect(waitsUntil(failed("offer_withheld"))).toBeNull();
  expect(waitsUntil({ ...failed("graph_131049"), failure: null })).toBeNull();
});

test("a guest hears of no offer for a day after WhatsApp withheld the last of them, whatever else failed (131049)", () => {
  const reported = { code: "status_reported", at: after(MINUTE), details: { failure: "graph_131049" } } as const;
  const later = failed("graph_131049", [reported]);
  expect(offersWaitUntil([failed("graph_131049"), later, failed("graph_131049")])).toEqual(after(DAY + MINUTE));
  expect(offersWaitUntil([failed("graph_80007"), { ...later, failure: null }, failed("offer_withheld")])).toBeNull();
  // It arrived after all.
  expect(offersWaitUntil([{ ...later, status: "delivered" as const }])).toBeNull();
  expect(offersWaitUntil([])).toBeNull();
});
