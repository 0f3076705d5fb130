import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deskHandler, type ConversationJson, type ErrorJson, type Principal } from "../../src/index.js";
import { nowOf } from "../../src/testing/contract/steps.js";
import { eventually, hotels, manager, receptionist } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Person, type Stored } from "./stories.js";

const INES = { phone: "12025550101", name: "Ines" };
const OMAR = { phone: "12025550102", name: "Omar" };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

describe.each(STORAGES)("guests say how it was (%s)", (_, make) => {
  let hotel: Hotel;
  let storage: Stored["storage"];
  let pass: Stored["pass"];
  let end: Stored["end"];
  let id: string;
  let serial = 0;

  beforeEach(async () => {
    ({ storage, pass, end } = await make());
    const [grand, ...others] = hotels;
    hotel = await aHotel(storage, [{ ...grand!, texts: { rating: "Com'è andata?", ratingButton: "Vota" } }, ...others]);
    id = await served();
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  async function act(as: Principal, conversationId: string, what: string, body: object = {}) {
    const handler = deskHandler(hotel.desk, { authenticate: () => as });
    const request = new Request(`http://host/conversations/${conversationId}/${what}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
    const answer = await handler(request);
    return { status: answer?.status, json: (await answer?.json()) as ConversationJson & ErrorJson };
  }
  const asks = (conversationId = id, as: Principal = receptionist) => act(as, conversationId, "rating");
  /** A guest wrote to a department, was answered, and the matter is closed. */
  async function served(who: Person = INES, department = "Reception"): Promise<string> {
    await hotel.shows(await hotel.writes(who, "hello", { at: await nowOf(storage) }));
    const conversationId = await says(department, who);
    const content = { type: "text", text: "Of course." } as const;
    await hotel.desk.as(manager).reply(conversationId, { clientMessageId: `r${String(++serial)}`, content });
    await act(manager, conversationId, "close");
    return conversationId;
  }
  async function says(what: string | { readonly type: string }, who: Person = INES): Promise<string> {
    const wamid = await hotel.writes(who, what, { at: await nowOf(storage) });
    const { message } = await hotel.shows(wamid);
    await hotel.settled();
    return message.conversationId;
  }
  const shown = async (conversationId = id) => (await hotel.staff().messages(conversationId, { limit: 100 })).items;
  /** The rows of the newest question in a conversation. */
  async function stars(conversationId = id) {
    const list = (await shown(conversationId)).find(({ content }) => content.type === "list");
    return list?.content.type === "list" ? list.content.rows : [];
  }
  const tap = (row: { readonly id: string; readonly title: string } | undefined) => ({
    type: "interactive",
    interactive: { type: "list_reply", list_reply: { id: row?.id ?? "none", title: row?.title ?? "none" } },
  });
  const taps = async (score: number, rows = stars(), who: Person = INES) => says(tap((await rows)[score - 1]), who);
  async function found(conversationId = id) {
    const state = await storage.loadConversation({ reach: "everything", conversationId, client: null, template: null });
    if (state.state === null) throw new Error("There is no such conversation.");
    return state.state.conversation;
  }
  async function told(query: object = {}) {
    const now = (await nowOf(storage)).getTime();
    const period = { from: new Date(now - 30 * DAY_MS), to: new Date(now + HOUR_MS) };
    return hotel.staff().times({ ...period, ...query });
  }
  const events = async () =>
    (await storage.events({ hotelId: "grand", after: 0, limit: 1_000 })).flatMap(({ body }) =>
      body.type.startsWith("conversation.ra") ? [body] : [],
    );
  const talks = async () => (await hotel.staff().conversations({})).items;

  test("a guest is asked in the hotel's words when the matter is closed, and a tap rates it: nothing opens, nobody waits, nothing is unread", async () => {
    const before = await talks();
    expect(await asks()).toMatchObject({ status: 200, json: { status: "closed", rating: { score: null } } });
    const [question] = await shown();
    expect(question).toMatchObject({
      author: { kind: "bot", id: "desk" },
      content: { type: "list", text: "Com'è andata?", button: "Vota" },
    });
    expect((await stars()).map(({ title }) => title)).toEqual(["★", "★★", "★★★", "★★★★", "★★★★★"]);
    await eventually("it has been sent", async () => (await shown())[0]?.status === "sent");

    expect(await taps(4)).toBe(id);
    expect(await talks()).toEqual(
      before.map((one) => ({ ...one, version: one.version + 2, window: expect.anything() as unknown })),
    );
    expect(await found()).toMatchObject({
      status: "closed",
      waitingSince: null,
      rating: { episode: 1, staffId: "staff_manager", score: 4, ratedAt: expect.any(Date) as Date },
    });
    expect(await events()).toEqual([{ type: "conversation.ratingAsked" }, { type: "conversation.rated", score: 4 }]);
    const audit = await storage.audit({ hotelId: "grand", targetId: id });
    expect(audit.slice(-2).map(({ actor, action, reason }) => [actor.kind, action, reason])).toEqual([
      ["staff", "conversation.askRating", "rating"],
      ["guest", "conversation.rate", "rated"],
    ]);
    const rating = { asked: 1, answered: 1, average: 4, scores: [0, 0, 0, 1, 0] };
    const { all, departments, staff } = await told();
    expect([all.rating, departments[0]?.rating, staff[0]?.rating]).toEqual([rating, rating, rating]);
  });

  test("a typed number or its stars answer too, as long as nothing else was said", async () => {
    await asks();
    expect(await says("5")).toBe(id);
    expect((await found()).rating).toMatchObject({ score: 5 });
    const second = await served(OMAR);
    await asks(second);
    expect(await says("★★", OMAR)).toBe(second);
    expect((await told()).all.rating).toEqual({ asked: 2, answered: 2, average: 3.5, scores: [0, 1, 0, 0, 1] });
  });

  test("what is no answer is routed as ever, and a number typed after it rates nothing", async () => {
    await asks();
    const other = await says("I forgot my umbrella");
    expect(other).not.toBe(id);
    expect(await says("2")).toBe(other);
    expect((await found()).rating).toMatchObject({ score: null });
    expect(await found(other)).toMatchObject({ departmentId: "housekeeping" });
    // The question is still there to be tapped, and leaves the guest where they are.
    expect(await taps(3)).toBe(id);
    expect((await found()).rating).toMatchObject({ score: 3 });
    expect((await found(other)).waitingSince).not.toBeNull();
    expect(await says("are you there?")).toBe(other);
  });

  test("the first answer counts: a second tap stands in the history and changes nothing", async () => {
    await asks();
    await taps(2);
    expect(await taps(5)).toBe(id);
    expect((await found()).rating).toMatchObject({ score: 2 });
    expect((await events()).map(({ type }) => type)).toEqual(["conversation.ratingAsked", "conversation.rated"]);
    const [last] = await shown();
    expect(last?.reasons.map(({ code }) => code)).toEqual(["rated_before"]);
    expect((await told()).all.rating).toMatchObject({ answered: 1, average: 2 });
    expect(await talks()).toHaveLength(1);
  });

  test("asked again nothing is sent; once the matter was open again the guest may be asked anew, and the newest question counts", async () => {
    await asks();
    const first = await stars();
    expect(await asks()).toMatchObject({ status: 200, json: { rating: { score: null } } });
    expect((await shown()).filter(({ content }) => content.type === "list")).toHaveLength(1);
    await act(manager, id, "reopen");
    await act(manager, id, "close");
    await asks();
    const second = await stars();
    expect(second[0]?.id).not.toBe(first[0]?.id);
    expect(await says(tap(first[0]))).toBe(id);
    expect((await found()).rating).toMatchObject({ episode: 2, score: null });
    await says(tap(second[4]));
    expect((await found()).rating).toMatchObject({ episode: 2, score: 5 });
    expect((await told()).all.rating).toEqual({ asked: 2, answered: 1, average: 5, scores: [0, 0, 0, 0, 1] });
  });

  test("a tap on an old question rates the conversation that it asked about, also where that was opened again since", async () => {
    await asks();
    const old = await stars();
    await pass(2 * HOUR_MS);
    const house = await served(INES, "Housekeeping");
    await asks(house, manager);
    expect(await says(tap(old[0]))).toBe(id);
    await act(manager, id, "reopen");
    await taps(5, stars(house));
    expect([(await found()).rating?.score, (await found(house)).rating?.score]).toEqual([1, 5]);
    expect(await found()).toMatchObject({ status: "open", waitingSince: null });
    expect((await told({ department: "housekeeping" })).all.rating).toMatchObject({ asked: 1, average: 5 });
  });

  test("nobody rates what they were not asked about, and an invented answer is none", async () => {
    await asks();
    const rows = await stars();
    await hotel.shows(await hotel.writes(OMAR, tap(rows[4])));
    await says(tap({ id: `${rows[0]?.id ?? ""}9`, title: "★★★★★★" }));
    expect((await found()).rating).toMatchObject({ score: null });
  });

  test("outside the service window nobody is asked, nor by who may not, nor about what goes on elsewhere", async () => {
    const stranger: Principal = { ...receptionist, hotels: { grand: ["housekeeping"] } };
    expect(await asks(id, stranger)).toMatchObject({ status: 404 });
    const guest: Principal = { kind: "guest", id: "host_1", hotelId: "grand", guestId: (await found()).guestId };
    expect(await asks(id, guest)).toMatchObject({ status: 404 });
    const house = await served(INES, "Housekeeping");
    await act(manager, id, "reopen");
    await act(manager, house, "reopen");
    await act(manager, id, "transfer", { departmentId: "housekeeping" });
    expect(await asks()).toMatchObject({
      status: 409,
      json: { error: { code: "conversation_closed", details: { continuedIn: house } } },
    });
    await pass(25 * HOUR_MS);
    expect(await asks(house, manager)).toMatchObject({ status: 409, json: { error: { code: "window_closed" } } });
    expect((await shown(house)).filter(({ content }) => content.type === "list")).toEqual([]);
  });
});
