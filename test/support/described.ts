import { expect } from "vitest";
import { ErrorAnswer } from "../../src/http/answers.js";
import { errorsOf } from "../../src/http/openapi.js";
import { routeOf } from "../../src/http/routes.js";

/** Holds that an answer of the HTTP API is what its description says: its members, and its codes. */
export function expectDescribed(method: string, path: string, status: number, json: unknown): void {
  const route = routeOf(method, path)?.route;
  if (route === undefined) return;
  if (status === route.status) {
    if (route.answer === null) expect(json).toBeNull();
    else expect(route.answer.safeParse(json).error?.issues ?? []).toEqual([]);
    return;
  }
  expect(ErrorAnswer.safeParse(json).error?.issues ?? []).toEqual([]);
  expect([...errorsOf(route)], `${method} ${route.path}`).toContain((json as { error: { code: string } }).error.code);
}
