import { describe, expect, test } from "vitest";
import { deskTasks, guestRequest, REQUEST_TEXTS, type CreateTask } from "../../src/flows/index.js";
import type { HotelOptions, TasksPort } from "../../src/index.js";
import { memoryPms, type Scenario } from "../../src/testing/index.js";
import { stayWith } from "../flow/world.js";

const HOTEL: HotelOptions = {
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
  departments: [
    { id: "reception", name: "Reception" },
    { id: "housekeeping", name: "Housekeeping" },
    { id: "maintenance", name: "Maintenance" },
  ],
};

const say = REQUEST_TEXTS.languages.en;

/** A hotel whose requests the desk keeps, with a system of its own behind it. */
function house(more: Partial<Parameters<typeof guestRequest>[0]> = {}) {
  let stay: Scenario | null = null;
  const own = memoryPms({
    async tells({ hotelId: _, ...event }) {
      await stay?.pms(event);
    },
  });
  const createTask: CreateTask = (...task) => made.staff.desk.createTask(...task);
  const flow = guestRequest({
    tasks: deskTasks(createTask),
    promiseMinutes: { housekeeping: 30 },
    departments: { housekeeping: "housekeeping", maintenance: "maintenance" },
    ...more,
  });
  const made = stayWith([flow], { hotel: HOTEL, tasks: own.tasks });
  stay = made;
  const anna = made.guest();
  const all = async (...lines: readonly string[]): Promise<string> => {
    let last: readonly string[] = [];
    for (const line of lines) last = await anna.says(line);
    return last.join("\n");
  };
  const task = async () => (await made.staff.desk.tasks((await anna.run())?.conversationId ?? "")).at(0);
  return { stay: made, own, anna, all, task };
}

describe("a guest's request as a task of the desk", () => {
  test("that is promised for another day says which", async () => {
    const { all } = house({ promiseMinutes: { housekeeping: 24 * 60 } });
    expect(await all("Request for room 12", "Housekeeping", "Two towels", "skip")).toBe(
      say.notedBy.replace("{time}", "13:00 (Wed 11 November)"),
    );
  });

  test("is asked for in the language of the guest's stay, and in their own where they have said which", async () => {
    const { anna, stay } = house();
    await anna.says("hello");
    const guest = { waId: anna.waId };
    await stay.pms({ eventId: "e1", reservationId: "R-1", version: 1, kind: "checked_in", language: "de", guest });
    expect(await anna.says("Anfrage für Zimmer 12")).toEqual([REQUEST_TEXTS.languages.de.askKind]);
  });

  test("is of the department that sees to it, and due when the guest was told; staff hear when it is not done by then (S2)", async () => {
    const { stay, own, anna, all, task } = house();
    expect(await all("Request for room 12", "Housekeeping", "Two towels", "skip")).toBe(
      say.notedBy.replace("{time}", "13:30"),
    );
    expect(await task()).toMatchObject({
      kind: "housekeeping",
      what: "Two towels",
      room: "12",
      departmentId: "housekeeping",
      dueAt: new Date("2026-11-10T12:30:00Z"),
    });
    expect([...own.requests.values()]).toMatchObject([{ dueAt: new Date("2026-11-10T12:30:00Z") }]);
    await anna.waits("31m");
    expect(stay.events.filter(({ body }) => body.type === "task.late")).toHaveLength(1);
  });

  test("is not late where the guest named a time, and was promised none", async () => {
    const { stay, anna, all, task } = house();
    await all("Request for room 12", "Housekeeping", "Two towels", "at eight");
    expect(await task()).toMatchObject({ when: "at eight", dueAt: null });
    await anna.waits("2d");
    expect(stay.events.filter(({ body }) => body.type === "task.late")).toEqual([]);
  });

  test("is asked for again in fewer words where a task has no room for so many; nothing fails for it", async () => {
    const { anna, all, task } = house();
    await all("Request for room 12", "Housekeeping");
    expect(await anna.says("towels ".repeat(150))).toEqual([
      "Please write it in words, 1000 characters at most.\n\nWhat do you need?",
    ]);
    await all("towels ".repeat(142).trim());
    expect(await anna.says("after six ".repeat(21))).toEqual([
      "Please write it in words, 200 characters at most.\n\nWhen should we come? Write *skip* for as soon as we can.",
    ]);
    expect(await all("after six")).toBe(say.noted);
    expect(await task()).toMatchObject({ what: "towels ".repeat(142).trim(), when: "after six" });
  });

  test("whose QR code holds what is no room asks for the room", async () => {
    const { all, task } = house();
    expect(await all(`Request for room ${"x".repeat(41)}`, "Housekeeping", "Two towels")).toBe("Which room is it for?");
    expect(await all("y".repeat(41))).toContain("40 characters at most");
    await all("12", "skip");
    expect(await task()).toMatchObject({ room: "12" });
  });

  test("goes to the hotel's own system at once where the desk keeps none: one shape serves both", async () => {
    const taken: string[] = [];
    const tasks: TasksPort = {
      create({ kind, what, room, dueAt }) {
        taken.push([kind, what, room, dueAt?.toISOString()].join(" "));
        return Promise.resolve({ taskId: "T-1" });
      },
    };
    const { all } = house({ tasks });
    expect(await all("Request for room 12", "Housekeeping", "Two towels", "skip")).toContain("the number T-1");
    expect(taken).toEqual(["housekeeping Two towels 12 2026-11-10T12:30:00.000Z"]);
  });

  test("is not promised for what no task can be due in", () => {
    const tasks = deskTasks(() => Promise.resolve({ externalId: null }));
    for (const minutes of [0, -1, Number.NaN, 31 * 24 * 60])
      expect(() => guestRequest({ tasks, promiseMinutes: { housekeeping: minutes } })).toThrow("flow_invalid");
  });
});
