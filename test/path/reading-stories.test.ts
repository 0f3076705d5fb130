import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  deskHandler,
  type AuditEntryJson,
  type ConversationSummaryJson,
  type CountersJson,
  type FoundGuestJson,
  type FoundMessageJson,
  type ListJson,
  type MessageJson,
  type StaffPrincipal,
} from "../../src/index.js";
import { eventually, manager, receptionist } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Person, type Stored } from "./stories.js";

const NADIA: Person = { phone: "12025550101", bsuid: "US.101", name: "Nadia Ferro" };
const TOM: Person = { phone: "12025550102", bsuid: "US.102", name: "Tom Johnson" };
const housekeeper: StaffPrincipal = { ...receptionist, id: "staff_house", hotels: { grand: ["housekeeping"] } };
const seasider: StaffPrincipal = { ...manager, id: "staff_seaside", hotels: { seaside: "all" } };

interface Refusal {
  readonly error: { readonly code: string };
}

describe.each(STORAGES)("what staff look for and look over (%s)", (_, make) => {
  let hotel: Hotel;
  let pass: Stored["pass"];
  let end: Stored["end"];
  beforeEach(async () => {
    const stored = await make();
    ({ end, pass } = stored);
    hotel = await aHotel(stored.storage);
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  /** One request of a staff page. */
  async function ask(who: StaffPrincipal, method: "GET" | "POST", path: string, body?: object) {
    const handle = deskHandler(hotel.desk, { authenticate: () => Promise.resolve(who) });
    const answer = await handle(
      new Request(`http://desk${path}`, {
        method,
        ...(method === "POST" && { headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) }),
      }),
    );
    return { status: answer?.status, json: await answer?.json() };
  }
  const search = async (who: StaffPrincipal, text: string, more: object = {}) =>
    (await ask(who, "POST", "/messages/search", { hotel: "grand", text, ...more })).json as ListJson<FoundMessageJson>;
  const lines = async (who: StaffPrincipal, text: string, more: object = {}) =>
    (await search(who, text, more)).items.map(({ line }) => line);
  const list = async (who: StaffPrincipal, query: string) =>
    (await ask(who, "GET", `/conversations?${query}`)).json as ListJson<ConversationSummaryJson>;

  /** A guest is with a department: they greeted, and chose it by its name. */
  async function comes(person: Person, department: string): Promise<void> {
    await hotel.writes(person, "hello");
    await hotel.settled();
    await hotel.shows(await hotel.writes(person, department));
  }

  test("an agent finds what a guest wrote to their department, and what they wrote before they chose it; a colleague elsewhere does not (S54, T51)", async () => {
    await hotel.writes(NADIA, "Buongiorno, a quiet room for Saturday please");
    await hotel.settled();
    await hotel.shows(await hotel.writes(NADIA, "Reception"));
    await hotel.shows(await hotel.writes(NADIA, "Is the spa quiet on Saturday too?"));
    await comes(TOM, "Housekeeping");
    await hotel.shows(await hotel.writes(TOM, "It is too loud, a quiet room please"));

    expect(await lines(receptionist, "quiet sat")).toEqual([
      "Is the spa quiet on Saturday too?",
      "Buongiorno, a quiet room for Saturday please",
    ]);
    expect(await lines(housekeeper, "QUIET")).toEqual(["It is too loud, a quiet room please"]);
    expect(await lines(manager, "quiet")).toHaveLength(3);
    expect(await lines(manager, "quiet", { department: "housekeeping" })).toHaveLength(1);
    expect(await lines(seasider, "quiet")).toEqual([]);
    const [hit] = (await search(receptionist, "spa quiet")).items;
    const history = await ask(receptionist, "GET", `/conversations/${String(hit?.conversationId)}/messages`);
    expect((history.json as ListJson<MessageJson>).items.map(({ id }) => id)).toContain(hit?.messageId);
    expect(hit?.guest.name).toBe("Nadia Ferro");
  });

  test("what a guest edits is found by what it says now, and what they delete by nothing", async () => {
    await comes(NADIA, "Reception");
    const wamid = await hotel.writes(NADIA, "dinner at seven");
    await hotel.shows(wamid);
    await hotel.writes(NADIA, {
      type: "edit",
      edit: { original_message_id: wamid, message: { type: "text", text: { body: "supper at eight" } } },
    });
    await hotel.shows(wamid, ({ versions }) => versions.length > 0);
    expect(await lines(receptionist, "dinner")).toEqual([]);
    expect(await lines(receptionist, "supper")).toEqual(["supper at eight"]);
    await hotel.writes(NADIA, { type: "revoke", revoke: { original_message_id: wamid } });
    await hotel.shows(wamid, ({ revokedAt }) => revokedAt !== null);
    expect(await lines(receptionist, "supper")).toEqual([]);
  });

  test("a guest is found by a part of their name, by whoever speaks with them", async () => {
    await comes(NADIA, "Reception");
    await comes(TOM, "Housekeeping");
    const names = async (who: StaffPrincipal, text: string) =>
      ((await ask(who, "POST", "/guests/search", { hotel: "grand", text })).json as ListJson<FoundGuestJson>).items.map(
        ({ name }) => name,
      );
    expect(await names(manager, "hns")).toEqual(["Tom Johnson"]);
    expect(await names(housekeeper, "tom john")).toEqual(["Tom Johnson"]);
    expect(await names(receptionist, "tom")).toEqual([]);
    expect(await names(receptionist, "FERRO")).toEqual(["Nadia Ferro"]);
    expect(await names(seasider, "ferro")).toEqual([]);
  });

  test("the list of who waits begins with the guest who has waited longest, until somebody answers", async () => {
    await comes(NADIA, "Reception");
    await pass(60_000);
    await comes(TOM, "Reception");
    await pass(60_000);
    await hotel.shows(await hotel.writes(NADIA, "Is anybody there?"));
    const waiting = await list(receptionist, "waiting=true&hotel=grand");
    expect(waiting.items.map(({ guest }) => guest.name)).toEqual(["Nadia Ferro", "Tom Johnson"]);
    const [nadia, tom] = waiting.items;
    expect(Date.parse(String(tom?.waitingSince)) - Date.parse(String(nadia?.waitingSince))).toBeGreaterThanOrEqual(
      60_000,
    );

    const counters = async (who: StaffPrincipal) =>
      ((await ask(who, "GET", "/counters?hotel=grand")).json as CountersJson).items;
    const since = nadia?.waitingSince;
    expect(await counters(receptionist)).toEqual([
      { hotelId: "grand", departmentId: "reception", open: 2, unread: 2, waiting: 2, waitingSince: since },
    ]);
    expect(await counters(housekeeper)).toEqual([]);

    await hotel.desk.as(receptionist).reply(String(nadia?.id), {
      clientMessageId: "m1",
      content: { type: "text", text: "At your service." },
    });
    expect((await list(receptionist, "waiting=true")).items.map(({ id }) => id)).toEqual([tom?.id]);
    expect((await list(receptionist, "unread=true")).items.map(({ id }) => id)).toEqual([tom?.id]);
    expect((await counters(receptionist))[0]).toMatchObject({
      open: 2,
      unread: 1,
      waiting: 1,
      waitingSince: tom?.waitingSince,
    });
    await hotel.desk.as(receptionist).close(String(tom?.id));
    expect((await list(receptionist, "waiting=true")).items).toEqual([]);
    await hotel.desk.as(receptionist).reopen(String(tom?.id));
    expect((await list(receptionist, "waiting=true")).items.map(({ id }) => id)).toEqual([tom?.id]);
  });

  test("a guest who is asked for a department does not wait for anybody, and neither does one who wrote STOP", async () => {
    await hotel.shows(await hotel.writes(NADIA, "hello"));
    await comes(TOM, "Reception");
    const { conversation } = await hotel.shows(await hotel.writes(TOM, "thanks"));
    await hotel.desk.as(receptionist).reply(conversation.id, {
      clientMessageId: "m1",
      content: { type: "text", text: "Any time." },
    });
    await hotel.shows(await hotel.writes(TOM, "STOP"));
    expect((await list(manager, "waiting=true")).items).toEqual([]);
  });

  test("a manager reads who did what in the hotel, by anybody or to anything; an agent does not (S55)", async () => {
    await comes(NADIA, "Reception");
    const { conversation } = await hotel.shows(await hotel.writes(NADIA, "thanks"));
    await hotel.desk.as(receptionist).close(conversation.id, { reason: "done" });
    await hotel.desk.as(manager).reopen(conversation.id);
    const audit = async (who: StaffPrincipal, query = "") =>
      ((await ask(who, "GET", `/audit?hotel=grand${query}`)).json as ListJson<AuditEntryJson>).items.map(
        ({ action }) => action,
      );
    expect(await audit(manager)).toEqual(["conversation.reopen", "conversation.close"]);
    expect(await audit(manager, "&actor=staff_reception")).toEqual(["conversation.close"]);
    expect(await audit(manager, `&target=${conversation.id}`)).toHaveLength(2);
    expect(await audit(manager, "&target=con_unheard_of")).toEqual([]);
    expect(await audit({ ...receptionist, hotels: { grand: "all" } })).toEqual([]);
    expect(await audit(seasider)).toEqual([]);
  });

  test("a cursor begins the next page of its own list, and of no other hotel's, no other search's, and none when it was touched (T55)", async () => {
    await comes(NADIA, "Reception");
    await comes(TOM, "Reception");
    await eventually("both are listed", async () => (await list(manager, "hotel=grand")).items.length === 2);
    const first = await list(manager, "hotel=grand&limit=1");
    const cursor = String(first.nextCursor);
    const second = await list(manager, `hotel=grand&limit=1&cursor=${cursor}`);
    expect([...first.items, ...second.items].map(({ guest }) => guest.name)).toEqual(["Tom Johnson", "Nadia Ferro"]);
    expect(second.nextCursor).toBeNull();
    // Rights are asked for anew: a cursor of a manager's shows an agent what the agent may see.
    expect((await list(housekeeper, `hotel=grand&limit=1&cursor=${cursor}`)).items).toEqual([]);

    const refused = async (path: string) => {
      const { status, json } = await ask(manager, "GET", path);
      expect([path, status, (json as Refusal).error.code]).toEqual([path, 400, "cursor_invalid"]);
    };
    await refused(`/conversations?hotel=seaside&cursor=${cursor}`);
    await refused(`/conversations?cursor=${cursor}`);
    await refused(`/conversations?hotel=grand&unread=true&cursor=${cursor}`);
    await refused(`/audit?hotel=grand&cursor=${cursor}`);
    await refused(`/conversations/${String(first.items[0]?.id)}/messages?cursor=${cursor}`);
    await refused(`/conversations?hotel=grand&cursor=${cursor.startsWith("A") ? "B" : "A"}${cursor.slice(1)}`);
    const made = Buffer.from(JSON.stringify({ at: new Date().toISOString(), id: "con" })).toString("base64url");
    await refused(`/conversations?hotel=grand&cursor=${made}`);

    const found = await search(manager, "reception", { limit: 1 });
    const next = await search(manager, "reception", { limit: 1, cursor: found.nextCursor });
    expect([...found.items, ...next.items].map(({ guest }) => guest.name)).toEqual(["Tom Johnson", "Nadia Ferro"]);
    const other = { hotel: "grand", text: "hello", cursor: found.nextCursor };
    const { status, json } = await ask(manager, "POST", "/messages/search", other);
    expect([status, (json as Refusal).error.code]).toEqual([400, "cursor_invalid"]);
  });
});
