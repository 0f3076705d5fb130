import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import type { HotelOptions, HotelStays, TaskRequest, TasksPort } from "../../src/index.js";
import { scenario, type Scenario, type ScenarioPmsEvent } from "../../src/testing/index.js";

const HOUR = 60 * 60_000;

/** The hotel's own system: takes what it is asked to do, after it failed so often. */
function housekeeping(failures = 0) {
  const taken: TaskRequest[] = [];
  let left = failures;
  const tasks: TasksPort = {
    create(request) {
      if (left-- > 0) return Promise.reject(new Error("the line is down"));
      taken.push(request);
      return Promise.resolve({ taskId: `HK-${request.idempotencyKey}` });
    },
  };
  return { tasks, taken };
}

const house = (
  tasks?: TasksPort,
  stays: HotelStays = {},
  departments: HotelOptions["departments"] = [{ id: "housekeeping", name: "Housekeeping" }],
) =>
  scenario({
    hotel: {
      id: "grand",
      timeZone: "Europe/Rome",
      language: "en",
      numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
      departments,
      stays,
    },
    ...(tasks !== undefined && { tasks }),
    storage: (clock) => memoryStorage({ clock }),
  });

const towels = { key: "click-1", kind: "housekeeping", what: "two towels", room: "12", dueInMs: HOUR } as const;
const told = (
  taskId: string,
  version: number,
  status: "accepted" | "started" | "done" | "refused",
  note?: string,
): ScenarioPmsEvent => ({
  eventId: `t${String(version)}`,
  version,
  kind: "task_changed",
  taskId,
  status,
  ...(note !== undefined && { note }),
});

/** The conversation in which a guest has written something. */
async function whereSaid(stay: Scenario, text: string): Promise<string> {
  const { items } = await stay.staff.desk.conversations({ limit: 100 });
  for (const { id } of items) {
    const { items: messages } = await stay.staff.desk.messages(id);
    if (messages.some(({ content }) => content.type === "text" && content.text === text)) return id;
  }
  return "";
}

describe("a guest's request", () => {
  test("is handed on once, and the guest is told in their language where it was made what becomes of it, each once", async () => {
    const { tasks, taken } = housekeeping(2);
    const stay = house(tasks);
    const anna = stay.guest("Anna");
    await anna.says("Potrei avere due asciugamani?");
    const talk = await anna.conversationId();
    const asked = await stay.staff.desk.createTask(talk, { ...towels, what: "due asciugamani", language: "it" });
    await stay.staff.desk.createTask(talk, { ...towels, what: "due asciugamani", language: "it" });
    for (let minute = 0; minute < 3; minute++) await anna.waits("1m");
    expect(taken).toMatchObject([{ id: asked.id, room: "12", what: "due asciugamani", conversationId: talk }]);
    const [task] = await stay.staff.desk.tasks(talk);
    expect(task).toMatchObject({ id: asked.id, externalId: `HK-${asked.id}`, status: "asked" });

    const before = anna.phone.length;
    const shown = () => anna.phone.slice(before).map(({ text }) => text);
    expect(await stay.pms(told(asked.id, 1, "accepted"))).toMatchObject({ outcome: "applied" });
    expect(await stay.pms(told(asked.id, 1, "accepted"))).toMatchObject({ outcome: "repeated" });
    // By the name that the hotel's own system gave it.
    expect(await stay.pms(told(`HK-${asked.id}`, 3, "done"))).toMatchObject({ outcome: "applied" });
    expect(await stay.pms(told(asked.id, 2, "started"))).toMatchObject({ outcome: "stale", task: { status: "done" } });
    expect(shown()).toEqual(["Abbiamo ricevuto la Sua richiesta: due asciugamani", "Fatto: due asciugamani"]);
    expect((await stay.staff.desk.messages(talk)).items.map(({ conversationId }) => conversationId)).toContain(talk);
    // Done in time: nobody of staff is told.
    await anna.waits("3h");
    expect(await stay.staff.notes(anna)).toEqual([]);
  });

  test("that is not done in time is told to staff once, in a conversation that is opened again for it", async () => {
    const stay = house();
    const anna = stay.guest("Anna");
    await anna.says("Two towels, please");
    const talk = await anna.conversationId();
    const { id } = await stay.staff.desk.createTask(talk, towels);
    await stay.pms(told(id, 1, "started"));
    await stay.staff.closes(anna);
    await anna.waits("59m");
    expect(await stay.staff.notes(anna)).toEqual([]);
    await anna.waits("2m");
    const [note, ...more] = await stay.staff.notes(anna);
    expect(note).toContain("not done in time (housekeeping, room 12): two towels");
    await anna.waits("10h");
    expect(more).toEqual([]);
    expect(await stay.staff.notes(anna)).toHaveLength(1);
    const { items } = await stay.staff.desk.conversations({ status: "open", unread: true });
    expect(items.map((item) => item.id)).toEqual([talk]);
    expect(stay.events.filter(({ body }) => body.type === "task.late")).toHaveLength(1);
  });

  test("that is late is seen where the guest is by then, when its own conversation was closed", async () => {
    const stay = house();
    const anna = stay.guest("Anna");
    await anna.says("Two towels, please");
    const first = await anna.conversationId();
    await stay.staff.desk.createTask(first, towels);
    await stay.staff.closes(anna);
    await anna.says("And a pillow");
    const second = await anna.conversationId();
    expect(second).not.toBe(first);
    await anna.waits("2h");
    expect((await stay.staff.notes(anna))[0]).toContain("two towels");
    expect(await anna.conversationId()).toBe(second);
  });

  test("that the hotel's own system never takes is told to staff, who see to it", async () => {
    const { tasks, taken } = housekeeping(1_000);
    const stay = house(tasks);
    const anna = stay.guest("Anna");
    await anna.says("The lamp is out");
    await stay.staff.desk.createTask(await anna.conversationId(), { key: "1", kind: "maintenance", what: "the lamp" });
    for (let minute = 0; minute < 8; minute++) await anna.waits("1m");
    expect(taken).toEqual([]);
    expect(await stay.staff.notes(anna)).toEqual([
      "The hotel's system did not take a request (maintenance): the lamp\nSomebody has to see to it.",
    ]);
  });

  test("is told of in the hotel's own words, or not at all; and where WhatsApp's window is closed, the record says why not", async () => {
    const stay = house(undefined, {
      taskUpdates: { started: null, done: { texts: { en: "{what}: there. {note}" } } },
    });
    const anna = stay.guest("Anna");
    await anna.says("Two towels, please");
    const talk = await anna.conversationId();
    const { id } = await stay.staff.desk.createTask(talk, { ...towels, dueInMs: 60 * HOUR });
    const before = anna.phone.length;
    await stay.pms(told(id, 1, "started"));
    await stay.pms(told(id, 2, "done", "At the door."));
    await stay.staff.closes(anna);
    await stay.pms(told(id, 3, "refused", "None left."));
    expect(anna.phone.slice(before).map(({ text }) => text)).toEqual([
      "two towels: there. At the door.",
      "We are sorry, this is not possible: two towels None left.",
    ]);
    await anna.waits("25h");
    await stay.pms(told(id, 4, "done"));
    expect(anna.phone.slice(before)).toHaveLength(2);
    const audit = await stay.storage.audit({ hotelId: "grand", targetId: id });
    expect(audit.map(({ action, reason }) => `${action} ${reason}`)).toContain("task.update done window_closed");
  });

  test("is told of when its status or what is said of it is another, and not when the same is told once more", async () => {
    const stay = house();
    const anna = stay.guest("Anna");
    await anna.says("Two towels, please");
    const { id } = await stay.staff.desk.createTask(await anna.conversationId(), towels);
    const before = anna.phone.length;
    const shown = () => anna.phone.slice(before).map(({ text }) => text);
    await stay.pms(told(id, 1, "accepted"));
    expect(await stay.pms(told(id, 2, "accepted"))).toMatchObject({ outcome: "applied" });
    expect(shown()).toEqual(["We have your request: two towels"]);
    await stay.pms(told(id, 3, "accepted", "In ten minutes."));
    await stay.pms(told(id, 4, "accepted", "In ten minutes."));
    expect(shown()).toEqual(["We have your request: two towels", "We have your request: two towels In ten minutes."]);
    await stay.pms(told(id, 5, "done", "In ten minutes."));
    expect(shown()).toHaveLength(3);
  });

  test("is told of where it was made, and takes the guest out of nothing that they are in the middle of since", async () => {
    const stay = house(undefined, {}, [
      { id: "reception", name: "Reception" },
      { id: "housekeeping", name: "Housekeeping" },
    ]);
    const anna = stay.guest("Anna");
    await anna.says("hello");
    await anna.says("2");
    const asked = await anna.conversationId();
    const { id } = await stay.staff.desk.createTask(asked, towels);
    const { id: other } = await stay.staff.desk.createTask(asked, { ...towels, key: "click-2" });
    const content = { type: "text", text: "Your bill is ready." } as const;
    await stay.staff.desk.write({ hotelId: "grand", departmentId: "reception", to: { waId: anna.waId }, content });
    await anna.says("Thank you, I am on my way");
    const talk = await whereSaid(stay, "Thank you, I am on my way");
    expect(talk).not.toBe(asked);
    await stay.pms(told(id, 1, "done"));
    const { items } = await stay.staff.desk.messages(asked);
    expect(items.some(({ content }) => JSON.stringify(content).includes("Done: two towels"))).toBe(true);
    await anna.says("And the bill, please");
    expect(await whereSaid(stay, "And the bill, please")).toBe(talk);
    // Where the conversation is closed it is written to them anew, and they stay where they are all the same.
    await stay.staff.desk.close(asked);
    await stay.pms({ ...told(other, 1, "done"), eventId: "o1" });
    await anna.says("Thank you");
    expect(await whereSaid(stay, "Thank you")).toBe(talk);
  });

  test("names photos of the guest's own alone", async () => {
    const stay = house();
    const anna = stay.guest("Anna");
    await anna.says("The lamp is out");
    const asked = stay.staff.desk.createTask(await anna.conversationId(), { ...towels, attachmentIds: ["att_of_ben"] });
    await expect(asked).rejects.toMatchObject({ code: "not_found" });
    expect(await stay.staff.desk.tasks(await anna.conversationId())).toEqual([]);
  });

  test("that nobody made is not found", async () => {
    await expect(house().pms(told("task_of_nobody", 1, "done"))).rejects.toMatchObject({ code: "not_found" });
  });
});
