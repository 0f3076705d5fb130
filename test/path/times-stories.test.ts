import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  deskHandler,
  type ConversationJson,
  type Durations,
  type ErrorJson,
  type Principal,
  type StaffPrincipal,
  type TimesJson,
  type TimesOf,
} from "../../src/index.js";
import { nowOf } from "../../src/testing/contract/steps.js";
import { admin, ARRIVAL, eventually, manager, receptionist } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Stored } from "./stories.js";

const INES = { phone: "12025550101", name: "Ines" };
const OMAR = { phone: "12025550102", name: "Omar" };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const housekeeper: StaffPrincipal = { ...receptionist, id: "staff_house", hotels: { grand: ["housekeeping"] } };
const headOfHouse: StaffPrincipal = { ...housekeeper, id: "staff_head", role: "manager" };
const automation: Principal = { kind: "system", id: "concierge-bot" };

describe.each(STORAGES)("how long guests wait and matters take (%s)", (_, make) => {
  let hotel: Hotel;
  let storage: Stored["storage"];
  let pass: Stored["pass"];
  let end: Stored["end"];
  let serial = 0;

  beforeEach(async () => {
    ({ storage, pass, end } = await make());
    hotel = await aHotel(storage);
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  async function ask(as: Principal, path: string, body?: object) {
    const handler = deskHandler(hotel.desk, { authenticate: () => as });
    const answer = await handler(
      new Request(`http://host${path}`, {
        method: body === undefined ? "GET" : "POST",
        ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
    );
    return { status: answer?.status, json: await answer?.json() };
  }
  const act = async (as: Principal, id: string, what: string, body: object = {}) =>
    (await ask(as, `/conversations/${id}/${what}`, body)).json as ConversationJson;
  const replies = (as: Principal, id: string, text = "Good evening!") =>
    hotel.desk.as(as).reply(id, { clientMessageId: `r${String(++serial)}`, content: { type: "text", text } });
  async function report(query: Readonly<Record<string, string>> = {}, as: Principal = manager): Promise<TimesJson> {
    const now = (await nowOf(storage)).getTime();
    const period = { from: new Date(now - 30 * DAY_MS).toISOString(), to: new Date(now + HOUR_MS).toISOString() };
    const { status, json } = await ask(as, `/times?${new URLSearchParams({ ...period, ...query }).toString()}`);
    expect(status).toBe(200);
    return json as TimesJson;
  }
  const minutes = ({ count, medianMs }: Durations) =>
    count === 0 ? "none" : `${String(count)} x ${String(Math.round((medianMs ?? 0) / MINUTE_MS))} min`;
  const line = ({ firstResponse, resolution, waiting, resolvedUnanswered }: TimesOf) => ({
    answered: minutes(firstResponse),
    resolved: minutes(resolution),
    waiting,
    unanswered: resolvedUnanswered,
  });
  const all = async (query?: Readonly<Record<string, string>>, as?: Principal) => line((await report(query, as)).all);
  const nothing = { answered: "none", resolved: "none", waiting: 0, unanswered: 0 };
  const department = async (id: string) => {
    const found = (await report()).departments.find(({ departmentId }) => departmentId === id);
    return found === undefined ? nothing : line(found);
  };
  const person = async (id: string) => {
    const found = (await report()).staff.find(({ staffId }) => staffId === id);
    return found === undefined ? nothing : line(found);
  };
  /** A guest has chosen a department, and waits. @returns the conversation */
  async function asks(who = INES, departmentId = "Reception"): Promise<string> {
    await hotel.shows(await hotel.writes(who, "hello"));
    return says(departmentId, who);
  }
  async function says(text: string, who = INES, options: { readonly quotes?: string } = {}): Promise<string> {
    const { conversation } = await hotel.shows(await hotel.writes(who, text, { at: await nowOf(storage), ...options }));
    await hotel.settled();
    return conversation.id;
  }

  test("a guest waits from when they have chosen whom to ask until a person answers: neither the menu nor a second answer counts", async () => {
    await hotel.shows(await hotel.writes(INES, "hello"));
    await pass(5 * MINUTE_MS);
    expect(await all()).toEqual(nothing);
    const id = await says("Reception");
    expect(await all()).toEqual({ ...nothing, waiting: 1 });
    await pass(10 * MINUTE_MS);
    await says("anybody?");
    await pass(2 * MINUTE_MS);
    await replies(receptionist, id);
    await pass(30 * MINUTE_MS);
    await says("and a late checkout?");
    await pass(90 * MINUTE_MS);
    await replies(manager, id);
    const closed = await act(manager, id, "close");
    expect(closed.episode).toMatchObject({ number: 1, answeredBy: "staff_reception" });
    expect(await all()).toEqual({ ...nothing, answered: "1 x 12 min", resolved: "1 x 137 min" });
    expect(await person("staff_reception")).toEqual({ ...nothing, answered: "1 x 12 min" });
    expect(await person("staff_manager")).toEqual({ ...nothing, resolved: "1 x 137 min" });
    expect(await department("reception")).toEqual(await all());
  });

  test("whoever takes a guest out of the menu has answered what they wrote", async () => {
    const { conversation } = await hotel.shows(await hotel.writes(INES, "hello"));
    await pass(3 * MINUTE_MS);
    await replies(manager, conversation.id);
    expect(await all()).toEqual({ ...nothing, answered: "1 x 3 min" });
    expect((await report()).departments).toMatchObject([{ hotelId: "grand", departmentId: null }]);
  });

  test("what the host's own code answers is no first response: the guest waits for a person from what they write next", async () => {
    const id = await asks();
    await pass(MINUTE_MS);
    await replies(automation, id, "Our reception is busy. How can I help?");
    expect(await all()).toEqual(nothing);
    await pass(HOUR_MS);
    await says("a person, please");
    await pass(4 * MINUTE_MS);
    await replies(receptionist, id);
    expect(await all()).toEqual({ ...nothing, answered: "1 x 4 min" });
  });

  test("an answer in the phone app counts, and is nobody's by name", async () => {
    await asks();
    await pass(7 * MINUTE_MS);
    await hotel.shows(await hotel.echoes(INES, "Good evening!"));
    expect(await all()).toEqual({ ...nothing, answered: "1 x 7 min" });
    expect((await report()).staff).toEqual([]);
  });

  test("a note is no answer, and a matter that is closed without one says so", async () => {
    const id = await asks();
    await pass(20 * MINUTE_MS);
    await hotel.desk.as(receptionist).note(id, { clientMessageId: "n1", text: "Knows the way." });
    expect(await all()).toEqual({ ...nothing, waiting: 1 });
    await act(receptionist, id, "assign");
    expect(await person("staff_reception")).toEqual({ ...nothing, waiting: 1 });
    await act(receptionist, id, "close");
    expect(await all()).toEqual({ ...nothing, resolved: "1 x 20 min", unanswered: 1 });
  });

  test("a transfer goes on with the wait; each department has what it did itself", async () => {
    const id = await asks();
    await pass(5 * MINUTE_MS);
    await act(receptionist, id, "transfer", { departmentId: "housekeeping" });
    expect(await department("housekeeping")).toEqual({ ...nothing, waiting: 1 });
    await pass(10 * MINUTE_MS);
    await replies(housekeeper, id);
    await act(housekeeper, id, "transfer", { departmentId: "reception" });
    await pass(15 * MINUTE_MS);
    await replies(receptionist, id);
    await act(receptionist, id, "close");
    expect(await department("housekeeping")).toEqual({ ...nothing, answered: "1 x 15 min" });
    expect(await department("reception")).toEqual({ ...nothing, resolved: "1 x 30 min" });
    expect(await all({ department: "housekeeping" })).toEqual({ ...nothing, answered: "1 x 15 min" });
    expect(await all({ staff: "staff_house" })).toEqual({ ...nothing, answered: "1 x 15 min" });
    expect(await all({ staff: "staff_house", department: "reception" })).toEqual(nothing);
  });

  test("a transfer to where the guest has a matter open already resolves nothing, and what nobody answered is asked there", async () => {
    const house = await asks(INES, "Housekeeping");
    await replies(housekeeper, house, "Towels are coming.");
    await act(housekeeper, house, "close");
    const first = await asks();
    await pass(4 * MINUTE_MS);
    const second = await says("more towels", INES, { quotes: await lastSent(house) });
    expect(second).toBe(house);
    await pass(4 * MINUTE_MS);
    await act(receptionist, first, "transfer", { departmentId: "housekeeping" });
    expect(await all()).toEqual({ answered: "1 x 0 min", resolved: "1 x 0 min", waiting: 1, unanswered: 0 });
    await replies(housekeeper, house);
    await act(housekeeper, house, "close");
    const { departments } = await report();
    expect(departments.map((one) => [one.departmentId, one.firstResponse.count, one.resolution.count])).toEqual([
      ["housekeeping", 2, 2],
    ]);
    // The second of the two was asked at the reception, eight minutes before.
    expect(Math.round((departments[0]?.firstResponse.meanMs ?? 0) / MINUTE_MS)).toBe(4);
  });

  test("a matter that is opened again is measured anew: from what the guest writes then, and not from what was closed unanswered", async () => {
    const id = await asks();
    await pass(10 * MINUTE_MS);
    await act(receptionist, id, "close");
    await pass(DAY_MS / 2);
    const reopened = await act(receptionist, id, "reopen");
    expect(reopened.episode).toMatchObject({ number: 2, askedAt: null, answeredAt: null, answeredBy: null });
    expect(await all()).toEqual({ ...nothing, resolved: "1 x 10 min", unanswered: 1 });
    await says("I am back", INES);
    await pass(6 * MINUTE_MS);
    await replies(receptionist, id);
    await act(receptionist, id, "close");
    expect(await all()).toEqual({ ...nothing, answered: "1 x 6 min", resolved: "2 x 8 min", unanswered: 1 });
  });

  test("a guest who quotes a closed matter opens it again, and waits from then on", async () => {
    const id = await asks();
    await replies(receptionist, id);
    const quotes = await lastSent(id);
    await act(receptionist, id, "close");
    await pass(DAY_MS / 2);
    expect(await says("one more thing", INES, { quotes })).toBe(id);
    expect(await all()).toEqual({ ...nothing, answered: "1 x 0 min", resolved: "1 x 0 min", waiting: 1 });
    await pass(8 * MINUTE_MS);
    await replies(receptionist, id);
    expect((await report()).all.firstResponse).toMatchObject({ count: 2 });
    expect((await act(receptionist, id, "close")).episode).toMatchObject({ number: 2, answeredBy: "staff_reception" });
  });

  test("where staff wrote first there is no first response, whatever the guest answers, and a resolution all the same", async () => {
    await hotel.desk.as(admin).syncTemplates("grand", [ARRIVAL]);
    const content = { type: "template", name: "arrival", language: "en" } as const;
    const to = { waId: INES.phone };
    const { conversationId: id } = await hotel.desk
      .as(receptionist)
      .write({ hotelId: "grand", departmentId: "reception", to, content });
    await pass(5 * MINUTE_MS);
    expect(await says("thank you! when is breakfast?")).toBe(id);
    expect(await all()).toEqual(nothing);
    await pass(5 * MINUTE_MS);
    await replies(receptionist, id);
    const { episode } = await act(receptionist, id, "close");
    expect(episode).toMatchObject({ askedAt: null, answeredBy: "staff_reception" });
    expect(await all()).toEqual({ ...nothing, resolved: "1 x 10 min" });
  });

  test("what the host's own code wrote first is no word of the staff: a guest who answers it waits for one", async () => {
    await hotel.desk.as(admin).syncTemplates("grand", [ARRIVAL]);
    const content = { type: "template", name: "arrival", language: "en" } as const;
    const to = { waId: INES.phone };
    await hotel.desk.as(automation).write({ hotelId: "grand", departmentId: "reception", to, content });
    await pass(HOUR_MS);
    const id = await says("when is breakfast?");
    await pass(3 * MINUTE_MS);
    await replies(receptionist, id);
    expect(await all()).toEqual({ ...nothing, answered: "1 x 3 min" });
  });

  test("what staff write first to a guest who waits answers nothing", async () => {
    const id = await asks();
    await pass(MINUTE_MS);
    const to = { waId: INES.phone };
    const content = { type: "text", text: "Your parcel is here." } as const;
    await hotel.desk.as(receptionist).write({ hotelId: "grand", departmentId: "reception", to, content });
    expect(await all()).toEqual({ ...nothing, waiting: 1 });
    await pass(MINUTE_MS);
    await replies(receptionist, id);
    expect(await all()).toEqual({ ...nothing, answered: "1 x 2 min" });
  });

  test("a snooze stops no clock: the guest waits for an answer all the same", async () => {
    const id = await asks();
    const until = new Date((await nowOf(storage)).getTime() + HOUR_MS).toISOString();
    await act(receptionist, id, "snooze", { until });
    await pass(2 * HOUR_MS);
    await eventually("it is back", async () =>
      (await hotel.staff().conversations({ status: "open" })).items.some((one) => one.id === id),
    );
    expect(await all()).toEqual({ ...nothing, waiting: 1 });
    await replies(receptionist, id);
    expect(await all()).toEqual({ ...nothing, answered: "1 x 120 min" });
  });

  test("two guests who turn out to be one have one matter with a department, in which they have waited since the first of them asked", async () => {
    const first = await asks(INES);
    await pass(2 * MINUTE_MS);
    const second = await asks(OMAR);
    const elsewhere = await asks({ phone: "12025550103", name: "Nadia" }, "Housekeeping");
    const guestOf = async (id: string) =>
      (await hotel.staff().conversations({})).items.find((one) => one.id === id)?.guest.id ?? "";
    const into = await guestOf(first);
    await hotel.staff().mergeGuests({ guestId: await guestOf(second), into });
    await hotel.staff().mergeGuests({ guestId: await guestOf(elsewhere), into });
    expect(await all()).toEqual({ ...nothing, waiting: 2 });
    await pass(4 * MINUTE_MS);
    const open = (await hotel.staff().conversations({ status: "open", department: "reception" })).items;
    expect(open).toHaveLength(1);
    await replies(receptionist, open[0]?.id ?? "");
    expect(await all()).toEqual({ ...nothing, answered: "1 x 6 min", waiting: 1 });
    await replies(housekeeper, elsewhere);
    expect(await all()).toEqual({ ...nothing, answered: "2 x 5 min" });
  });

  test("old messages out of the phone app were answered elsewhere: they count for nothing", async () => {
    const at = Math.floor(Date.now() / 1_000) - 3 * 86_400;
    const said = (id: string, from: string, text: string, seconds: number) => ({
      ...(from === INES.phone ? { from } : { from, to: INES.phone }),
      id,
      timestamp: String(at + seconds),
      type: "text",
      text: { body: text },
      history_context: { status: "READ" },
    });
    const messages = [said("wamid.old1", INES.phone, "hello?", 0), said("wamid.old2", "12025550190", "Hello!", 3_600)];
    await hotel.delivers("history", {
      history: [{ metadata: { phase: 0 }, threads: [{ id: INES.phone, messages }] }],
    });
    const { conversation } = await hotel.shows("wamid.old2");
    await hotel.settled();
    expect(await all()).toEqual(nothing);
    const { status } = await ask(manager, `/conversations/${conversation.id}/close`, {});
    expect(status).toBe(200);
    expect(await all()).toEqual(nothing);
  });

  test("a report tells managers of their departments alone, agents and guests of nothing, and refuses what is no period", async () => {
    const id = await asks();
    await replies(receptionist, id);
    await asks(OMAR, "Housekeeping");
    expect(await all()).toMatchObject({ answered: "1 x 0 min", waiting: 1 });
    expect(await all({}, headOfHouse)).toEqual({ ...nothing, waiting: 1 });
    expect(await all({ department: "reception" }, headOfHouse)).toEqual(nothing);
    expect(await all({ hotel: "seaside" })).toEqual(nothing);
    expect(await all({}, { ...manager, hotels: { seaside: "all" } })).toEqual(nothing);
    const [one] = (await hotel.staff().conversations({})).items;
    const guest: Principal = { kind: "guest", id: "host_1", hotelId: "grand", guestId: one?.guest.id ?? "" };
    for (const as of [receptionist, guest, { kind: "operator", id: "op" } as const])
      expect(await report({}, as)).toMatchObject({ all: { waiting: 0 }, departments: [], staff: [] });

    const refused = async (query: string) => {
      const { status, json } = await ask(manager, `/times?${query}`);
      return [status, (json as ErrorJson).error.code];
    };
    const invalid = [400, "request_invalid"];
    expect(await refused("from=2026-01-01T00:00:00Z")).toEqual(invalid);
    expect(await refused("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")).toEqual(invalid);
    expect(await refused("from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z")).toEqual(invalid);
    expect(await refused("from=2025-01-01T00:00:00Z&to=2026-01-03T00:00:00Z")).toEqual(invalid);
    expect(await refused("from=yesterday&to=2026-01-03T00:00:00Z")).toEqual(invalid);
    const never = hotel.staff().times({ from: new Date(NaN), to: new Date() });
    await expect(never).rejects.toMatchObject({ code: "request_invalid" });
  });

  /** WhatsApp's id of what staff wrote last in a conversation. */
  const lastSent = (id: string) =>
    eventually("WhatsApp has it", async () => {
      const { items } = await hotel.staff().messages(id, { limit: 100 });
      return items.find(({ direction, author }) => direction === "outbound" && author.kind === "staff")?.wamid ?? null;
    });
});
