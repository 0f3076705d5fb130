import { describe, expect, test } from "vitest";
import type { SendResult } from "../../src/ports/transport.js";
import {
  adviceFor,
  classifyAnswer,
  GRAPH_ERRORS,
  type ErrorClass,
  type ErrorScope,
} from "../../src/whatsapp/graph-error.js";
import { fixture, fixtureNames } from "./fixtures.js";

const answer = (status: number, body: unknown, retryAfter: string | null = null, date: string | null = null) =>
  classifyAnswer({ status, body: typeof body === "string" ? body : JSON.stringify(body), retryAfter, date });
const error = (code: number | string, more: object = {}) => ({
  error: { message: `(#${String(code)}) to +12025550101`, type: "OAuthException", code, ...more },
});

/** `retried`, `unknown`, `rejected`: what the message itself comes to. */
const outcomeOf = (result: SendResult): string =>
  result.outcome === "rejected" && result.retry !== null ? "retried" : result.outcome;

/** The letters of the fact sheet. */
const LETTERS: Record<string, ErrorClass> = {
  R: "retry",
  A: "unknown",
  W: "wait",
  P: "permanent",
  T: "template",
  C: "configuration",
  M: "media",
};
/** What becomes of the message. */
const OUTCOME: Record<ErrorClass, string> = {
  retry: "retried",
  unknown: "unknown",
  wait: "rejected",
  permanent: "rejected",
  template: "rejected",
  address: "rejected",
  configuration: "rejected",
  media: "rejected",
};

/**
 * Every row of WhatsApp's codes as the fact sheet has them: codes, the HTTP statuses seen, its letter; then whom it
 * concerns, where that is more than the message. An arrow says where a code differs from its row's letter, which the row's own text
 * tells.
 */
const SHEET = `
0 | 401 | C | token
1 | 400 | A
2 | 503 | A
3, 10, 200-299 | 500, 403 | C | token
4 | 400 | R | account
33 | 400 | C | number
100 | 400 | P
190 | 401 | C | token
368 | 403 | C | account
80007 | 400 | R | account
130403 | - | P
130429 | 400, 429 | R | number
130472 | 400 | P
130497 | 403 | P
130501 | - | P
131000 | 500 | A
131005 | 403 | C | token
131008 | 400 | P
131009 | 400 | P
131016 | 500 | A
131020, 131041 | 400 | P
131021 | 400 | P
131026 | 400 | P
131030 | 400 | P
131031 | 403 | C | account
131037 | 400 | C | number
131042 | 400 | C | account
131045 | 500 | C | number
131047 | 400 | T
131048 | 400 | W | number
131049 | 400 | W
131050 | 400 | P
131051 | 400 | P
131052 | 400 | M
131053 | 400 | M
131055, 134100 | 400 | P
131056 | 400 | R | pair
131057 | 500 | R | number
131059 | 400 | P
131060 | - | P
131062 | - | P -> address
131063 | - | C
131064 | - | W
131201-131215 | 400, 429 | P
132000 | 400 | P
132001 | 404 | P
132005 | 400 | P
132007 | 400 | P
132008 | - | P
132012 | 400 | P
132015 | 400 | W
132016 | 400 | P
132018 | 400 | P
132068 | 400 | P
132069 | 400 | W
133000, 133005-133010, 133015, 133016 | 400, 503 | C | number
133004 | 400, 503 | C -> retry | number
134011 | 400 | C | account
134101 | 400 | R
134102 | 500 | C
135000 | 400 | P
137000 | - | P
138000-138023 | 400, 500 | P
139000-139004 | - | P
139100, 139101 | - | P
139102, 139103 | - | P -> retry
147001-147005 | - | P
2494100 | - | R | number
2593107, 2593108 | 400 | P
2593109 | - | P
`;

interface SheetRow {
  readonly codes: readonly number[];
  readonly statuses: readonly number[];
  readonly is: ErrorClass;
  readonly scope: ErrorScope;
}

const sheet: readonly SheetRow[] = SHEET.trim()
  .split("\n")
  .map((line) => {
    const [codes = "", statuses = "", letter = "", scope = "message"] = line.split("|").map((cell) => cell.trim());
    const [plain = "", but] = letter.split(" -> ");
    return {
      codes: codes.split(", ").flatMap((part) => {
        const [from = 0, to = from] = part.split("-").map(Number);
        return Array.from({ length: to - from + 1 }, (_, index) => from + index);
      }),
      statuses: statuses === "-" ? [400] : statuses.split(", ").map(Number),
      is: (but as ErrorClass | undefined) ?? LETTERS[plain]!,
      scope: scope as ErrorScope,
    };
  });
const codesInSheet = sheet.flatMap(({ codes }) => codes);

describe("every code in WhatsApp's table means what the fact sheet says (F48-F51)", () => {
  test.each(
    sheet.map((row) => [row.codes.length > 3 ? [row.codes[0], "…", row.codes.at(-1)] : row.codes, row] as const),
  )("%j", (_, { codes, statuses, is, scope }) => {
    for (const code of codes) {
      // The status it comes with is not stable and decides nothing.
      for (const status of [...statuses, 400, 403, 404, 429, 500, 503]) {
        const result = answer(status, error(code));
        const at = `${String(code)} at ${String(status)}`;
        expect(outcomeOf(result), at).toBe(OUTCOME[is]);
        expect(result, at).toMatchObject({ failure: { code: `graph_${String(code)}`, message: adviceFor(code) } });
        if (result.outcome !== "rejected") continue;
        expect(result.pauses?.scope ?? "message", at).toBe(scope);
        if (scope !== "message") expect(result.pauses?.ends, at).toBe(is === "configuration" ? "repair" : "time");
        expect([result.otherAddress ?? false, result.needsTemplate ?? false], at).toEqual([
          is === "address",
          is === "template",
        ]);
      }
      expect(adviceFor(code)).toMatch(/^[A-Z].*[a-zA-Z]\.$/);
    }
  });

  test("and the table has no code that the sheet does not have, each once and in order", () => {
    for (const [index, { from, to }] of GRAPH_ERRORS.entries()) {
      expect(from).toBeLessThanOrEqual(to);
      if (index > 0) expect(from).toBeGreaterThan(GRAPH_ERRORS[index - 1]?.to ?? -1);
      for (let code = from; code <= to; code++) expect(codesInSheet).toContain(code);
    }
    expect(new Set(codesInSheet).size).toBe(codesInSheet.length);
  });

  test.each([34, 131_001, 131_216, 133_001, 138_024, 999_999])(
    "%i is not known: a refusal, unless the server failed",
    (code) => {
      expect(outcomeOf(answer(400, error(code)))).toBe("rejected");
      expect(outcomeOf(answer(500, error(code)))).toBe("unknown");
      expect(answer(429, error(code))).toMatchObject({
        retry: { afterMs: null },
        pauses: { scope: "number", ends: "time" },
      });
      expect(answer(401, error(code))).toMatchObject({ retry: null, pauses: { scope: "token", ends: "repair" } });
    },
  );

  test("a passing fault that is not known is tried again; what WhatsApp calls passing decides nothing that the table knows", () => {
    const passing = { is_transient: true };
    expect(outcomeOf(answer(400, error(999_999, passing)))).toBe("retried");
    expect(outcomeOf(answer(500, error(999_999, passing)))).toBe("unknown");
    for (const { codes, is } of sheet) expect(outcomeOf(answer(400, error(codes[0]!, passing)))).toBe(OUTCOME[is]);
  });

  test("a code may stand in quotes, and a subcode beside it changes nothing", () => {
    for (const { codes, is } of sheet) {
      expect(outcomeOf(answer(400, error(String(codes[0]!))))).toBe(OUTCOME[is]);
      expect(outcomeOf(answer(400, error(codes[0]!, { error_subcode: 131_056 })))).toBe(OUTCOME[is]);
    }
  });

  test.each(["", " ", "x", null, true, [], {}, 1.5, -1, 1e300])("%j is no code", (code) => {
    expect(answer(400, { error: { code } })).toMatchObject({ outcome: "rejected", failure: { code: "http_400" } });
    expect(answer(503, { error: { code } })).toMatchObject({ outcome: "unknown", failure: { code: "http_503" } });
  });
});

describe("what a Graph answer means", () => {
  const EXPECTED: Record<string, string> = {
    send_ok_phone: "accepted",
    send_ok_bsuid: "accepted",
    send_ok_template_held: "accepted",
    error_100_invalid_parameter: "rejected",
    error_130429_throughput: "retried",
    error_131000_unknown: "unknown",
    error_131009_parameter: "rejected",
    error_131031_account_locked: "rejected",
    error_131047_window: "rejected",
    error_131056_pair_rate: "retried",
    error_131057_maintenance: "retried",
    error_131062_bsuid_not_supported: "rejected",
    error_190_token_expired: "rejected",
    error_2_service: "unknown",
  };
  test.each(Object.entries(EXPECTED))("%s is %s", (name, outcome) => {
    const { http_status: status, body } = JSON.parse(fixture("graph", name).toString()) as {
      http_status: number;
      body: unknown;
    };
    expect(outcomeOf(answer(status, body))).toBe(outcome);
  });
  test("every answer to a send among the fixtures is in that list", () => {
    const sends = fixtureNames("graph").filter((name) => name.startsWith("error_") || name.startsWith("send_"));
    expect(sends).toEqual(Object.keys(EXPECTED).sort());
  });

  test.each([
    [502, "<html>Bad Gateway</html>", "unknown"],
    [504, "", "unknown"],
    [500, "{}", "unknown"],
    [200, "", "unknown"],
    [200, '{"messages":[', "unknown"],
    [200, '{"messages":[{}]}', "unknown"],
    [200, '{"messages":[{"id":""}]}', "unknown"],
    [200, '{"messages":[{"id":"a\\u0000b"}]}', "unknown"],
    [200, '{"messages":{"id":"wamid.1"}}', "unknown"],
    [200, "[]", "unknown"],
    [200, "null", "unknown"],
    [302, "", "rejected"],
    [307, '{"messages":[{"id":"wamid.1"}]}', "rejected"],
    [403, "<html>Forbidden</html>", "rejected"],
    [404, "nothing here", "rejected"],
    // Whoever gave up in between does not know what WhatsApp did with it.
    [408, "", "unknown"],
    [408, "<html>Request Timeout</html>", "unknown"],
    [499, "", "unknown"],
    [460, "", "unknown"],
    [400, "", "rejected"],
    [413, "", "rejected"],
    [451, "", "rejected"],
    [429, "", "retried"],
    [429, "<html>Slow down</html>", "retried"],
  ])("%d %j is %s (F48, F52, F54)", (status, body, outcome) => {
    expect(outcomeOf(answer(status, body))).toBe(outcome);
  });

  test("a template that WhatsApp took and holds back is told from one that is on its way", () => {
    const taken = (status?: string) =>
      answer(200, { messages: [{ id: "wamid.1", ...(status !== undefined && { message_status: status }) }] });
    const accepted = { outcome: "accepted", wamid: "wamid.1" };
    expect(taken("held_for_quality_assessment")).toEqual({ ...accepted, held: "quality" });
    expect(taken("paused")).toEqual({ ...accepted, held: "paused" });
    for (const status of [undefined, "accepted", "", "something_new"]) expect(taken(status)).toEqual(accepted);
  });

  test("a success that holds an error is neither: nobody can say (F52)", () => {
    for (const { codes } of sheet) expect(outcomeOf(answer(200, error(codes[0]!)))).toBe("unknown");
  });

  test("a token that a gateway refuses without a code pauses what is sent with it (F51)", () => {
    expect(answer(401, "")).toMatchObject({ retry: null, pauses: { scope: "token", ends: "repair" } });
  });

  test("no failure repeats Meta's words, which may name the guest (T81)", () => {
    for (const { from } of GRAPH_ERRORS) expect(JSON.stringify(answer(400, error(from)))).not.toContain("12025550101");
  });
});

describe("how long to wait", () => {
  const NOW = "Tue, 24 Nov 2026 12:00:00 GMT";
  const DAY_MS = 86_400_000;

  test.each<[string, string | null, number | null]>([
    ["30", NOW, 30_000],
    ["0", NOW, 0],
    ["1.5", null, 1_500],
    [" 7 ", null, 7_000],
    ["Tue, 24 Nov 2026 12:01:00 GMT", NOW, 60_000],
    // The other forms of a date that HTTP knows, and one that has passed.
    ["Tuesday, 24-Nov-26 12:01:00 GMT", NOW, 60_000],
    ["Tue, 24 Nov 2026 11:00:00 GMT", NOW, null],
    // Nothing says what time it is there.
    ["Tue, 24 Nov 2026 12:01:00 GMT", null, null],
    ["Tue, 24 Nov 2026 12:01:00 GMT", "noon", null],
    ["soon", NOW, null],
    ["", NOW, null],
    ["-5", NOW, null],
    ["0x10", NOW, null],
    ["5 minutes", NOW, null],
    ["2030", NOW, 2_030_000],
    ["NaN", NOW, null],
    ["Infinity", NOW, null],
    // Longer than anybody means.
    ["86401", NOW, DAY_MS],
    ["9".repeat(400), NOW, DAY_MS],
    ["Tue, 24 Nov 2099 12:00:00 GMT", NOW, DAY_MS],
  ])("Retry-After: %s is obeyed as far as it can be understood (F49)", (asked, date, afterMs) => {
    for (const [status, body] of [
      [400, error(130_429)],
      [429, error(130_429)],
      [429, ""],
    ] as const) {
      expect(answer(status, body, asked, date)).toMatchObject({
        retry: { afterMs },
        pauses: { scope: "number", ends: "time", afterMs },
      });
    }
  });

  test("it holds for the number also where nobody can say what became of this message", () => {
    for (const body of [error(2), "<html>busy</html>"]) {
      expect(answer(503, body, "30")).toMatchObject({
        outcome: "unknown",
        pauses: { scope: "number", ends: "time", afterMs: 30_000 },
      });
      expect(answer(503, body)).not.toHaveProperty("pauses");
    }
  });

  test("without it WhatsApp's documentation names some waits, and what was asked outranks it", () => {
    for (const [code, afterMs] of [
      [134_101, 600_000],
      [4, 60_000],
      [80_007, 60_000],
      [2_494_100, 60_000],
      [130_429, null],
      [131_057, null],
    ] as const) {
      expect(answer(400, error(code))).toMatchObject({ retry: { afterMs } });
      expect(answer(400, error(code), "3")).toMatchObject({ retry: { afterMs: 3_000 } });
    }
    // Nothing names a time, and what waits must not run into it one after the other.
    expect(answer(400, error(131_048))).toMatchObject({
      retry: null,
      pauses: { scope: "number", ends: "time", afterMs: 900_000 },
    });
    expect(answer(400, error(133_016))).toMatchObject({ pauses: { ends: "repair", afterMs: 3 * DAY_MS } });
  });

  test("too many messages to one guest are spread as WhatsApp asks: four to the power of the attempt, in seconds", () => {
    expect(answer(400, error(131_056))).toMatchObject({ retry: { baseMs: 1_000 }, pauses: { scope: "pair" } });
  });
});
