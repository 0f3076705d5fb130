import { describe, expect, test } from "vitest";
import { adviceFor, classifyAnswer, GRAPH_ERRORS, type ErrorClass } from "../../src/whatsapp/graph-error.js";
import { fixture, fixtureNames } from "./fixtures.js";

const answer = (status: number, body: unknown, retryAfter: string | null = null, date: string | null = null) =>
  classifyAnswer({ status, body: typeof body === "string" ? body : JSON.stringify(body), retryAfter, date });
const error = (code: number) => ({ error: { message: `(#${String(code)}) to +12025550101`, code } });

const OUTCOME: Record<ErrorClass, string> = {
  retry: "retried",
  unknown: "unknown",
  wait: "rejected",
  permanent: "rejected",
  template: "rejected",
  configuration: "rejected",
  media: "rejected",
};
const outcomeOf = (result: ReturnType<typeof classifyAnswer>): string =>
  result.outcome === "rejected" && result.retry !== null ? "retried" : result.outcome;

describe("what a Graph answer means", () => {
  test.each(GRAPH_ERRORS.flatMap(({ from, to, is }) => [[from, is] as const, [to, is] as const]))(
    "code %d is %s (F48)",
    (code, is) => {
      expect(outcomeOf(answer(400, error(code)))).toBe(OUTCOME[is]);
      expect(adviceFor(code)).toMatch(/\.$/);
    },
  );

  test("the table has each code once, in order", () => {
    for (const [index, { from, to }] of GRAPH_ERRORS.entries()) {
      expect(from).toBeLessThanOrEqual(to);
      if (index > 0) expect(from).toBeGreaterThan(GRAPH_ERRORS[index - 1]?.to ?? -1);
    }
  });

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
    [200, "[]", "unknown"],
    [302, "", "rejected"],
    [404, "nothing here", "rejected"],
    [429, "", "retried"],
    [400, error(999_999), "rejected"],
    [500, error(999_999), "unknown"],
  ])("%d %j is %s (F48, F52, F54)", (status, body, outcome) => {
    expect(outcomeOf(answer(status, body))).toBe(outcome);
  });

  test("Retry-After is obeyed, in seconds; nonsense is not (F49)", () => {
    expect(answer(429, error(130_429), "30")).toMatchObject({ retry: { afterMs: 30_000 } });
    expect(answer(400, error(130_429), "soon")).toMatchObject({ retry: { afterMs: null } });
    const [then, now] = ["Tue, 24 Nov 2026 12:01:00 GMT", "Tue, 24 Nov 2026 12:00:00 GMT"];
    expect(answer(429, error(130_429), then, now)).toMatchObject({ retry: { afterMs: 60_000 } });
    expect(answer(429, error(130_429), then)).toMatchObject({ retry: { afterMs: null } });
    expect(answer(400, error(134_101))).toMatchObject({ retry: { afterMs: 600_000 } });
  });

  test("no failure repeats Meta's words, which may name the guest (T81)", () => {
    for (const { from } of GRAPH_ERRORS) expect(JSON.stringify(answer(400, error(from)))).not.toContain("12025550101");
  });
});

test("the code decides, not the status it came with: what must not be tried again is not, also at 429 (F50)", () => {
  for (const code of [131_048, 131_049, 131_026])
    expect(answer(429, error(code)), String(code)).toMatchObject({ outcome: "rejected", retry: null });
  expect(answer(429, error(999_999))).toMatchObject({ retry: { afterMs: null } });
});

test("too many messages to one guest are spread as WhatsApp asks: four to the power of the attempt, in seconds", () => {
  expect(answer(400, error(131_056))).toMatchObject({ retry: { baseMs: 1_000 } });
});
