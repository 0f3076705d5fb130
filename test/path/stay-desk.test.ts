import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import {
  ConversationManager,
  deskHandler,
  type PmsAnswer,
  type PmsEvent,
  type Principal,
  type StayMessage,
  type Storage,
  type TasksPort,
} from "../../src/index.js";
import {
  admin,
  APP_SECRET,
  delivery,
  eventually,
  hotels,
  manager,
  receptionist,
  VERIFY_TOKEN,
} from "../harness/hotel.js";
import { STORAGES } from "./stories.js";

const GUEST = "12025550101";
const event = (version: number, kind: PmsEvent["kind"], more: object = {}) =>
  ({ hotelId: "grand", eventId: `e${String(version)}`, reservationId: "R-1", version, kind, ...more }) as PmsEvent;

describe.each(STORAGES)("the hotel's own system and a desk on %s", (_name, stored) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function aDesk(
    tasks?: TasksPort,
    messages: readonly StayMessage[] = [],
    around: (storage: Storage) => Storage = (storage) => storage,
  ) {
    const { storage: own, pass, end } = await stored();
    const storage = around(own);
    const said: string[] = [];
    const [grand, ...others] = hotels;
    const welcome = { id: "welcome", when: { on: "checked_in" }, texts: { en: "Welcome to room {room}." } } as const;
    const desk = new ConversationManager({
      hotels: [{ ...grand!, stays: { messages: [welcome, ...messages] } }, ...others],
      storage,
      transport: {
        send({ content }) {
          said.push("text" in content ? (content.text ?? "") : content.type);
          return Promise.resolve({ outcome: "accepted", wamid: `wamid.sent.${String(Math.random())}` });
        },
      },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 10 },
      ...(tasks !== undefined && { tasks }),
    });
    await desk.start({ migrate: true });
    ends.push(
      () => desk.stop(),
      () => end(),
    );
    const says = (text: string, id: string) => desk.receive(delivery([{ from: GUEST, wamid: `wamid.${id}`, text }]));
    return { desk, storage, says, said, pass };
  }

  test("events told at once by many, in any order and twice, make one stay, of which the guest hears once (M25)", async () => {
    const { desk, storage, says, said } = await aDesk();
    await says("Hello", "1");
    await eventually("a conversation", async () => (await desk.as(manager).conversations()).items[0]);
    const feed = [
      event(3, "checked_in"),
      event(1, "reservation_created", { guest: { waId: GUEST }, arrival: "2026-11-14", departure: "2026-11-16" }),
      event(2, "room_assigned", { room: "12" }),
    ];
    const outcomes = await Promise.all([...feed, ...feed, ...feed].map((one) => desk.pms.apply(one)));
    expect(outcomes.filter(({ outcome }) => outcome === "repeated")).toHaveLength(6);
    await eventually("the guest is welcomed", () => Promise.resolve(said.includes("Welcome to room 12.")));
    const { stay } = await storage.loadStay({ hotelId: "grand", reservationId: "R-1" });
    expect(stay).toMatchObject({ status: "inHouse", room: "12", arrival: "2026-11-14", guest: { value: GUEST } });
    expect(said.filter((text) => text === "Welcome to room 12.")).toHaveLength(1);
    const talks = await desk.as(manager).conversations();
    expect(await desk.as(manager).stays(talks.items[0]?.id ?? "")).toMatchObject([{ reservationId: "R-1" }]);
  });

  test("two stays of one guest that come due in the same moment do not both speak, whichever conversations it is about", async () => {
    // Whoever looks at the guest's other stays first is the last to see what was said meanwhile.
    let looks = 0;
    const slow = (own: Storage): Storage =>
      new Proxy(own, {
        get(target, verb, receiver): unknown {
          if (verb !== "staysOf") return Reflect.get(target, verb, receiver);
          return async (...asked: Parameters<Storage["staysOf"]>) => {
            const found = await own.staysOf(...asked);
            looks += 1;
            if (looks === 1) await delay(300);
            return found;
          };
        },
      });
    const tidy = {
      id: "tidy",
      when: { on: "room_assigned" },
      department: "housekeeping",
      texts: { en: "Room {room} is being made." },
    } as const;
    const { desk, storage, says, said } = await aDesk(undefined, [tidy], slow);
    await says("Hello", "1");
    await eventually("a conversation", async () => (await desk.as(manager).conversations()).items[0]);
    for (const departmentId of ["reception", "housekeeping"])
      await desk.as(manager).write({
        ...{ hotelId: "grand", departmentId, to: { waId: GUEST }, clientMessageId: departmentId },
        content: { type: "text", text: "Good morning" },
      });
    const of = (reservationId: string) => ({ reservationId, guest: { waId: GUEST }, arrival: "2026-11-14" });
    for (const id of ["R-1", "R-2"])
      await desk.pms.apply(event(1, "reservation_created", { ...of(id), eventId: id, room: "12" }));
    looks = 0;
    await Promise.all([
      desk.pms.apply(event(2, "checked_in", of("R-1"))),
      desk.pms.apply(event(3, "room_assigned", { ...of("R-2"), room: "14" })),
    ]);
    const plans = async () => {
      const stays = await Promise.all(
        ["R-1", "R-2"].map((reservationId) => storage.loadStay({ hotelId: "grand", reservationId })),
      );
      return stays.flatMap(({ stay }) => stay?.plan ?? []);
    };
    await eventually("one waits for the other", async () => (await plans()).some(({ why }) => why === "spaced"));
    expect((await plans()).filter(({ state }) => state === "sent")).toHaveLength(1);
    const heard = () => said.filter((text) => /room/i.test(text));
    await eventually("the guest hears", () => Promise.resolve(heard().length > 0));
    expect(heard()).toHaveLength(1);
  });

  test("what a system tells of a request before it has answered what it calls it is told to the guest, once", async () => {
    const outcomes: Promise<PmsAnswer>[] = [];
    const made = await aDesk({
      async create({ id }) {
        const taskId = `HK-${id}`;
        const accepted = { hotelId: "grand", eventId: "t1", version: 1, kind: "task_changed", taskId } as const;
        outcomes.push(made.desk.pms.apply({ ...accepted, status: "accepted" }));
        await delay(100);
        return { taskId };
      },
    });
    const { desk, says, said } = made;
    await says("Two towels, please", "1");
    const talk = await eventually("a conversation", async () => (await desk.as(manager).conversations()).items[0]);
    await desk.as(manager).createTask(talk.id, { key: "1", kind: "housekeeping", what: "two towels" });
    await eventually("it is asked for", () => Promise.resolve(outcomes.length > 0));
    expect(await Promise.all(outcomes)).toMatchObject([{ outcome: "applied", task: { status: "accepted" } }]);
    await eventually("the guest hears", () => Promise.resolve(said.includes("We have your request: two towels")));
    expect(said.filter((text) => text.startsWith("We have your request"))).toHaveLength(1);
  });

  test("the host may say so in a transaction of its own, and what cannot be right is refused before anything is written", async () => {
    const { desk, storage } = await aDesk();
    await desk.enqueue(null, { type: "applyPms", ...event(1, "reservation_created", { room: "7" }) });
    await eventually("the stay is known", async () => {
      const { stay } = await storage.loadStay({ hotelId: "grand", reservationId: "R-1" });
      return stay?.room === "7" && stay.status === "booked";
    });
    const wrong = { type: "applyPms", ...event(1, "checked_in", { arrival: "tomorrow" }) } as const;
    await expect(desk.enqueue(null, wrong)).rejects.toMatchObject({ code: "request_invalid" });
    const nowhere = { type: "applyPms", ...event(1, "checked_in"), hotelId: "nowhere" } as const;
    await expect(desk.enqueue(null, nowhere)).rejects.toMatchObject({ code: "not_found" });
    const status = event(1, "checked_in", { status: "out" });
    await expect(desk.pms.apply(status)).rejects.toMatchObject({
      code: "request_invalid",
      details: { issues: [{ path: "status" }] },
    });
  });

  test("who comes on a day and who goes is listed by the hotel's own calendar: the whole hotel's for who has it, for a department those with whom it talks (T51)", async () => {
    const { desk, says } = await aDesk();
    await says("Hello", "1");
    const talk = await eventually("a conversation", async () => (await desk.as(manager).conversations()).items[0]);
    await desk.as(manager).transfer(talk.id, { departmentId: "reception" });
    const booked = (reservationId: string, arrival: string, more: object = {}) =>
      desk.pms.apply({
        ...event(1, "reservation_created", { arrival, departure: "2026-11-20", ...more }),
        ...{ reservationId, eventId: reservationId },
      });
    await booked("R-1", "2026-11-14", { guest: { waId: GUEST }, guestName: "Anna" });
    await booked("R-2", "2026-11-14", { guest: { waId: "12025550199" } });
    // Half past midnight in Rome.
    await booked("R-3", "2026-11-13T23:30:00Z");
    await booked("R-4", "2026-11-14T23:30:00Z");
    await booked("R-5", "2026-11-14");
    const gone = event(2, "reservation_cancelled", { eventId: "gone", reservationId: "R-5" });
    await desk.pms.apply(gone);

    const on = (who: Principal, more: object = {}) =>
      desk.as(who).arrivals({ hotelId: "grand", day: "2026-11-14", ...more });
    const all = await on(manager);
    expect(all).toMatchObject({
      items: [
        { stay: { reservationId: "R-1", guestName: "Anna" }, conversationId: talk.id },
        { stay: { reservationId: "R-2" }, conversationId: null },
        { stay: { reservationId: "R-3" }, conversationId: null },
      ],
      nextCursor: null,
    });
    const leaving = await desk.as(manager).departures({ hotelId: "grand", day: "2026-11-20" });
    expect(leaving.items.map(({ stay }) => stay.reservationId)).toEqual(["R-1", "R-2", "R-3", "R-4"]);
    expect((await desk.as(manager).arrivals({ hotelId: "grand" })).items).toEqual([]);

    const first = await on(manager, { limit: 2 });
    expect(first.items).toEqual(all.items.slice(0, 2));
    const cursor = first.nextCursor ?? "";
    expect(await on(manager, { limit: 2, cursor })).toEqual({ items: all.items.slice(2), nextCursor: null });
    await expect(on(manager, { cursor, day: "2026-11-15" })).rejects.toMatchObject({ code: "cursor_invalid" });
    await expect(desk.as(manager).departures({ hotelId: "grand", day: "2026-11-14", cursor })).rejects.toMatchObject({
      code: "cursor_invalid",
    });
    await expect(on(manager, { day: "tomorrow" })).rejects.toMatchObject({ code: "request_invalid" });

    expect((await on(receptionist)).items).toEqual(all.items.slice(0, 1));
    await desk.as(manager).transfer(talk.id, { departmentId: "housekeeping" });
    expect(await on(receptionist)).toEqual({ items: [], nextCursor: null });
    const guest: Principal = { kind: "guest", id: talk.guest.id, hotelId: "grand", guestId: talk.guest.id };
    const others: Principal = { ...manager, hotels: { seaside: "all" } };
    for (const who of [guest, others, { kind: "operator", id: "op" } as const])
      expect(await on(who)).toEqual({ items: [], nextCursor: null });
    expect(await on(manager, { hotelId: "nowhere" })).toEqual({ items: [], nextCursor: null });
  });

  test("over HTTP the host and admins tell it, staff of the conversation's department see the stay and ask for things, and nobody else does (T51)", async () => {
    const { desk, says } = await aDesk();
    await says("Hello", "1");
    const talk = await eventually("a conversation", async () => (await desk.as(manager).conversations()).items[0]);
    await desk.as(manager).transfer(talk.id, { departmentId: "housekeeping" });
    const ask = async (who: Principal, method: string, path: string, body?: object) => {
      const request = new Request(`http://desk${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer = (await deskHandler(desk, { authenticate: () => who })(request))!;
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const told = event(1, "reservation_created", { guest: { waId: GUEST }, guestName: "Anna" });
    expect(await ask(manager, "POST", "/pms/events", told)).toMatchObject({ status: 404 });
    const applied = await ask(admin, "POST", "/pms/events", told);
    expect(applied).toMatchObject({
      status: 200,
      body: { outcome: "applied", stay: { guestName: "Anna" }, task: null },
    });
    expect(JSON.stringify(applied.body)).not.toContain(GUEST);
    expect(await ask(admin, "POST", "/pms/events", told)).toMatchObject({ body: { outcome: "repeated" } });
    expect(await ask(manager, "GET", `/conversations/${talk.id}/stays`)).toMatchObject({
      status: 200,
      body: { items: [{ reservationId: "R-1", status: "booked", messages: [] }] },
    });
    const towels = { key: "1", kind: "housekeeping", what: "two towels" };
    const asked = await ask(manager, "POST", `/conversations/${talk.id}/tasks`, towels);
    expect(asked).toMatchObject({ status: 201, body: { status: "asked", departmentId: "housekeeping" } });
    expect(await ask(manager, "POST", `/conversations/${talk.id}/tasks`, towels)).toEqual(asked);
    expect(await ask(manager, "GET", `/conversations/${talk.id}/tasks`)).toMatchObject({
      body: { items: [asked.body] },
    });
    for (const [method, path] of [
      ["GET", "stays"],
      ["GET", "tasks"],
      ["POST", "tasks"],
    ] as const) {
      const answer = await ask(
        receptionist,
        method,
        `/conversations/${talk.id}/${path}`,
        method === "POST" ? towels : undefined,
      );
      expect(answer.status, path).toBe(404);
    }
  });
});
