import { expect, test } from "vitest";
import { GRAPH_WAITS_MS, waitAfter } from "../../src/domain/failure-wait.js";

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
