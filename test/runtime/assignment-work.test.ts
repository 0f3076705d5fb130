import { expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { staticHotels } from "../../src/config/hotel.js";
import type { Assignment } from "../../src/domain/hotel.js";
import type { LogFields, Logger } from "../../src/ports/logger.js";
import { assignmentWork } from "../../src/runtime/assignment-work.js";
import { aCommand, aConversation, HOTEL, NOON } from "../../src/testing/contract/builders.js";
import { aKnownGuest, claim, commit, conversationOf, stored } from "../../src/testing/contract/steps.js";
import { manualClock } from "../../src/testing/index.js";
import { eventually } from "../harness/hotel.js";

/** Ten times as often as work that fails by its own fault. */
const PATIENTLY = 20;

/** A department whose conversations wait for whom `assignment` finds, and a look at the work by hand. */
async function department(assignment: Assignment, count = 1) {
  const clock = manualClock(NOON);
  const storage = memoryStorage({ clock });
  const guest = await aKnownGuest(storage);
  for (let n = 1; n <= count; n++) {
    await stored(storage, aConversation(`con_${String(n)}`, guest, { departmentId: n === 1 ? "reception" : "spa" }));
    const payload = { conversationId: `con_${String(n)}` };
    const lane = { kind: "assignment", phoneNumberId: "", guestId: n === 1 ? "reception" : "spa" } as const;
    await commit(storage, aCommand({ work: [{ id: `asg_${String(n)}`, ...lane, payload }] }));
  }
  const warned: LogFields[] = [];
  const warn = (fields: LogFields) => warned.push(fields);
  const logger: Logger = { debug: warn, info: warn, warn, error: warn };
  const hotels = staticHotels([
    {
      id: HOTEL,
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: "200000000000001", accessToken: "token" }],
      departments: [
        { id: "reception", name: "Reception" },
        { id: "spa", name: "Spa" },
      ],
      assignment,
    },
  ]);
  const retry = { attempts: 2, baseMs: 1, capMs: 1 };
  const { handle } = assignmentWork({ storage, hotels, logger, random: () => 1, retry, publish: () => undefined });
  return {
    storage,
    warned,
    works: async () => {
      clock.advance(1);
      const { lanes } = await claim(storage, { kind: "assignment", itemsPerLane: 1 });
      const given: string[] = [];
      await handle(lanes, ({ guestId }) => given.push(guestId));
      return given;
    },
    assignees: () =>
      Promise.all(
        Array.from({ length: count }, async (_, n) => {
          const { assigneeId, status } = await conversationOf(storage, `con_${String(n + 1)}`);
          return status === "open" ? assigneeId : status;
        }),
      ),
  };
}

test("a conversation for which the host's function fails for good stays open with nobody, and its work lies where operators see and replay it", async () => {
  let isAway = true;
  const { storage, works, assignees, warned } = await department(() =>
    isAway ? Promise.reject(new Error("Anna, +39 055 1234")) : Promise.resolve("staff_a"),
  );
  for (let n = 0; n < PATIENTLY; n++) expect(await works()).toEqual(["reception"]);
  expect(await works()).toEqual([]);
  expect(await assignees()).toEqual([null]);
  const page = await storage.dead({ reach: "everything", before: null, limit: 10 });
  expect(page.items).toMatchObject([
    { id: "asg_1", kind: "assignment", code: "assignment_failed", attempts: PATIENTLY },
  ]);
  expect(JSON.stringify(warned)).not.toContain("Anna");

  isAway = false;
  const target = { kind: "work", id: "asg_1" } as const;
  const audit = {
    id: "aud_1",
    actor: { kind: "operator", id: "op" },
    action: "dead.replay",
    reason: "r",
    target,
  } as const;
  expect(await storage.replay({ reach: "everything", workId: "asg_1", audit })).toBe(true);
  await works();
  expect(await assignees()).toEqual(["staff_a"]);
});

test("a function that never answers, and one that answers what is no id, have failed after five seconds and at once; another department does not wait", async () => {
  let answers: unknown = new Promise(() => undefined);
  const { works, assignees, warned } = await department(
    ({ departmentId }) => (departmentId === "spa" ? Promise.resolve("staff_s") : (answers as Promise<string>)),
    2,
  );
  const from = performance.now();
  const working = works();
  await eventually("the spa has somebody", async () => (await assignees())[1] === "staff_s");
  expect(warned).toEqual([]);
  expect(new Set(await working)).toEqual(new Set(["reception", "spa"]));
  expect(performance.now() - from).toBeGreaterThan(4_900);
  expect(await assignees()).toEqual([null, "staff_s"]);
  expect(warned[0]).toMatchObject({ departmentId: "reception", error: "no answer in time" });

  for (const odd of [7, "", "a\u0000", "x".repeat(201), undefined]) {
    answers = Promise.resolve(odd);
    expect(await works()).toEqual(["reception"]);
    expect(await assignees()).toEqual([null, "staff_s"]);
  }
  answers = Promise.resolve("staff_r");
  await works();
  expect(await assignees()).toEqual(["staff_r", "staff_s"]);
});

test("a hotel that says what is no way to assign is told where, before it opens", () => {
  const department = { id: "reception", name: "Reception" };
  const numbers = [{ phoneNumberId: "200000000000001", accessToken: "token" }];
  const pathsOf = (assignment: unknown): unknown => {
    const own = { ...department, assignment: assignment as Assignment };
    try {
      staticHotels([{ id: "grand", timeZone: "Europe/Rome", numbers, departments: [own] }]);
      return [];
    } catch (error) {
      return (error as { details: { issues: { path: string }[] } }).details.issues.map(({ path }) => path);
    }
  };
  for (const fits of ["none", () => Promise.resolve(null), { rule: "leastBusy", staff: () => Promise.resolve([]) }])
    expect(pathsOf(fits)).toEqual([]);
  for (const wrong of [
    "roundRobin",
    { rule: "random", staff: [] },
    { rule: "roundRobin" },
    { rule: "roundRobin", staff: ["a", ""] },
    { rule: "roundRobin", staff: ["a\u0000"] },
    { rule: "leastBusy", staff: [], most: 3 },
  ])
    expect(pathsOf(wrong)).toEqual(["hotels.0.departments.0.assignment"]);
});
