import { describe, expect, test } from "vitest";
import { deskLogger, isFrame, LEFT_OUT, listed, LOG_FIELDS, loggable } from "../../src/ports/log-fields.js";
import type { Logger } from "../../src/ports/logger.js";

type Kind = (typeof LOG_FIELDS)[keyof typeof LOG_FIELDS];
const FRAME = "    at greet (file:///app/hotel.ts:12:3)";

/** What a field of each kind takes, to the last character, and what comes close. */
const VALUES: Readonly<Record<Kind, { readonly takes: readonly unknown[]; readonly leaves: readonly unknown[] }>> = {
  id: {
    takes: ["a", "a".repeat(200), "itm_1:menu~x/y@z.w-V", "123456", "a123456", "ab1234567", "1234567a", "2026-11-10"],
    leaves: [
      "",
      "a".repeat(201),
      "a b",
      " a",
      "a ",
      "a\n",
      "Zoë",
      "1234567",
      "a1234567",
      "+393331234567",
      7,
      true,
      ["a"],
    ],
  },
  metaId: { takes: ["1", "9".repeat(32)], leaves: ["", "9".repeat(33), "a1", "1a", "1 ", 1] },
  code: {
    takes: ["a", "Z", "graph_131026", "window.closed-1", `a${"0".repeat(63)}`],
    leaves: ["", "1a", "_a", ".a", "a b", " a", "a ", `a${"0".repeat(64)}`, "é", { toString: () => "busy" }],
  },
  sqlState: { takes: ["40P01", "00000"], leaves: ["40p01", "40P0", "40P011", " 40P01", "4-P01", 40_001] },
  number: { takes: [0, -1, 1.5], leaves: [Number.NaN, Infinity, -Infinity, "1", 1n] },
  flag: { takes: [true, false], leaves: ["true", 1, 0] },
  errorName: {
    takes: ["E", "_e", "$x$", "Error404", `E${"r".repeat(63)}`],
    leaves: ["", "4Error", "the guest", "E-", " E", "E ", `E${"r".repeat(64)}`],
  },
  frames: {
    takes: ["", FRAME, `${FRAME}\n${FRAME}`, `${FRAME}\n`, "\n".repeat(20_000)],
    leaves: ["\n".repeat(20_001), `${FRAME}\nAnna said so`, `Anna said so\n${FRAME}`, `${FRAME} Anna`, "\0", 1],
  },
  host: {
    takes: ["a", "graph.facebook-1.com", "A".repeat(253)],
    leaves: ["", "a".repeat(254), "a/b", "a_b", "a b", "a:1"],
  },
};
const fieldOf = (kind: Kind): string => Object.entries(LOG_FIELDS).find(([, of]) => of === kind)![0];

describe("a line of the log has what fits its fields, and nothing else (T81)", () => {
  test.each(Object.entries(VALUES))("in a field of the kind `%s`", (kind, { takes, leaves }) => {
    const field = fieldOf(kind as Kind);
    for (const value of takes) {
      expect(listed({ [field]: value }), String(value)).toEqual({ [field]: value });
      expect(loggable({ [field]: value })).toEqual({ [field]: value });
    }
    for (const value of leaves) {
      expect(listed({ [field]: value }), String(value)).toEqual({ [field]: LEFT_OUT });
      expect(loggable({ [field]: value })).toEqual({});
    }
    expect(LEFT_OUT).toBe("[left out]");
  });

  test("that there is none is said; what is not there is not, and how much has no field is counted", () => {
    expect(listed({ hotelId: null, workId: undefined })).toEqual({ hotelId: null });
    expect(Object.keys(listed({ hotelId: null, workId: undefined }))).toEqual(["hotelId"]);
    expect(listed({ text: "my diary", name: "Anna", nothing: undefined })).toEqual({ leftOut: 2 });
    expect(listed({ toString: "my diary", constructor: "Anna" })).toEqual({ leftOut: 2 });
    expect(loggable({ hotelId: null, text: "my diary", toString: "a" })).toEqual({});
  });

  test.each([
    "",
    "    at /app/hotel.ts:1:1",
    "    at file:///app/hotel.ts:123:456",
    "    at Desk.greet (/app/hotel.ts:1:1)",
    "    at async Desk.#greet [as hello] (/app/hotel.ts:1:1)",
    "    at new Desk (node:internal/desk:1:1)",
    "    at Array.map (<anonymous>)",
    "    at <anonymous>",
    "    at native",
    "    at async Promise.all (index 0)",
    "    at async Promise.all (index 12)",
    `    at ${"x".repeat(200)} (/a:1:1)`,
    `    at ${"x".repeat(500)}:1:1`,
  ])("of a stack, where it was: %j", (line) => {
    expect(isFrame(line)).toBe(true);
  });

  test.each([
    " ",
    "Error: Anna said so",
    "   at /app/hotel.ts:1:1",
    "     at /app/hotel.ts:1:1",
    "x    at /app/hotel.ts:1:1",
    "    at /app/hotel.ts:1:1 Anna",
    "    at /app/hotel.ts:1",
    "    at /app/hotel.ts:a:1",
    "    at /app/hotel.ts:1:a",
    "    at :1:1",
    "    at my hotel.ts:1:1",
    "    at Anna, room 12 (/app/hotel.ts:1:1)",
    "    at (/app/hotel.ts:1:1)",
    "    at  (/app/hotel.ts:1:1)",
    "    at greet(/app/hotel.ts:1:1)",
    "    at greet (/app(1)/hotel.ts:1:1)",
    "    at greet (/app/hotel.ts:1:1))",
    "    at greet (index )",
    "    at greet (index x)",
    "    at greet (anonymous)",
    `    at ${"x".repeat(201)} (/a:1:1)`,
    `    at ${"x".repeat(501)}:1:1`,
  ])("and no other line: %j", (line) => {
    expect(isFrame(line)).toBe(false);
  });
});

describe("the host's logger, behind the list", () => {
  const LEVELS = ["debug", "info", "warn", "error"] as const;
  const sink = (line: (level: string, fields: object, message: string) => unknown): Logger =>
    Object.fromEntries(
      LEVELS.map((level) => [level, (fields: object, message: string) => line(level, fields, message)]),
    ) as unknown as Logger;

  test.each(LEVELS)("is told by its level, with what may be printed alone: %s", (level) => {
    const told: unknown[] = [];
    const log = deskLogger(sink((...line) => told.push(line)));
    log[level]({ code: "busy", hotelId: "the grand hotel" }, "a request failed");
    expect(told).toEqual([[level, { code: "busy", hotelId: LEFT_OUT }, "a request failed"]]);
  });

  test("may keep something of its own, throw, or fail later, and the desk goes on (F94)", async () => {
    class OwnLogger {
      lines = 0;
      debug(): void {
        this.lines++;
      }
      info(): void {
        this.lines++;
      }
      warn(): never {
        throw new Error("EPIPE");
      }
      error(): never {
        // As one that writes to a network may: nobody waits for it.
        return Promise.reject(new Error("EPIPE")) as never;
      }
    }
    const unheard: unknown[] = [];
    const hear = (error: unknown): void => void unheard.push(error);
    process.on("unhandledRejection", hear);
    try {
      const own = new OwnLogger();
      const log = deskLogger(own);
      for (const level of LEVELS) log[level]({}, "a line");
      expect(own.lines).toBe(2);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(unheard).toEqual([]);
    } finally {
      process.off("unhandledRejection", hear);
    }
  });
});
