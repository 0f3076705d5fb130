import { afterEach, describe, expect, test } from "vitest";
import type { Logger, Principal, StaffPrincipal } from "../../src/index.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aSendingHotel, HOUR_MS, SECOND_MS, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const GUEST = "12025550101";
const at = (id: string, departments: readonly string[] | "all" = ["reception"]): StaffPrincipal => ({
  kind: "staff",
  id,
  name: `${id[0]!.toUpperCase()}${id.slice(1)}`,
  role: "agent",
  hotels: { grand: departments },
});
const anna = at("anna");
const ben = at("ben");
/** Of another department. */
const cleo = at("cleo", ["spa"]);
const text = (said: string) => ({ type: "text", text: said }) as const;

describe.each(STORAGES)("what staff say among themselves and to the guest (%s)", (_, open) => {
  let hotel: SendingHotel | undefined;
  afterEach(async () => {
    await hotel?.close();
    hotel = undefined;
  });
  const opened = async (options: Parameters<typeof aSendingHotel>[1] = {}): Promise<SendingHotel> => {
    hotel = await aSendingHotel(open, options);
    return hotel;
  };
  const asks = (as: Principal, path: string, body?: object) => hotel!.ask(as, path, body);
  /** What a list of the API holds. */
  const items = async (as: Principal, path: string) =>
    ((await asks(as, path)).json as { items: Readonly<Record<string, unknown>>[] }).items;

  /** A guest who wrote to reception, and what is asked about their conversation. */
  async function aGuestWrites(options: Parameters<typeof aSendingHotel>[1] = {}) {
    const made = await opened(options);
    const nadia = made.guest(GUEST);
    const chat = await made.writes(nadia, "Is there a cot?");
    const about = (path: string) => `/conversations/${chat.conversationId}${path}`;
    return { ...chat, nadia, about };
  }
  const replies = (as: Principal, about: (path: string) => string, id: string, seenSeq?: number) =>
    asks(as, about("/messages"), { clientMessageId: id, content: text(`from ${as.id}`), seenSeq });

  test("a note stands in the history for colleagues; the guest is sent nothing, and the list still shows what they said (S22, S24)", async () => {
    const { about, conversationId, nadia } = await aGuestWrites();
    const note = { clientMessageId: "n1", text: "Nut allergy \u0000, @Ben", mentions: ["ben", "ben", "cleo"] };
    const { status, json } = await asks(anna, about("/notes"), note);
    expect(status).toBe(201);
    expect(json).toMatchObject({
      seq: 2,
      direction: "internal",
      status: "noted",
      author: { kind: "staff", id: "anna", name: "Anna" },
      content: { type: "note", text: note.text, mentions: ["ben", "cleo"] },
    });
    const { id } = json as { id: string };
    expect((await items(anna, about("/messages"))).map(({ direction }) => direction)).toEqual(["internal", "inbound"]);
    expect(await items(anna, "/conversations")).toMatchObject([
      { id: conversationId, lastMessagePreview: "Is there a cot?", unread: 1 },
    ]);
    expect(hotel!.heard.slice(-3)).toEqual([
      { type: "message.noted", messageId: id },
      { type: "staff.mentioned", messageId: id, staffId: "ben" },
      { type: "staff.mentioned", messageId: id, staffId: "cleo" },
    ]);

    // Posted again it is the same note, with other words its id is taken.
    expect(await asks(anna, about("/notes"), note)).toMatchObject({ status: 201, json: { id } });
    const other = await asks(anna, about("/notes"), { ...note, text: "Nothing" });
    expect(other).toMatchObject({ status: 409, json: { error: { code: "client_message_reused" } } });
    expect(JSON.stringify(other)).not.toContain("allergy");

    // It cannot be quoted, sent again or settled, and whoever sees it may ask about it.
    const quoting = { clientMessageId: "m1", content: text("As noted"), quotes: id };
    expect((await asks(anna, about("/messages"), quoting)).status).toBe(404);
    expect((await asks(anna, `/messages/${id}/resend`, {})).json).toMatchObject({
      error: { code: "resend_impossible" },
    });
    expect((await asks(anna, `/messages/${id}/resolve`, { as: "sent" })).status).toBe(409);
    expect((await asks(anna, `/messages/${id}/explain`)).json).toMatchObject({
      steps: [{ code: "staff_note" }],
      audit: [{ actor: { kind: "staff", id: "anna" }, action: "conversation.note" }],
    });
    for (const path of ["/notes", "/typing", "/unread", "/read"])
      expect((await asks(cleo, about(path), path === "/notes" ? note : {})).status).toBe(404);
    expect((await asks(cleo, about("/participants"))).status).toBe(404);

    // The guest writes on, which is numbered after it; nothing of it ever left.
    await hotel!.writes(nadia, "Hello?");
    expect((await items(anna, about("/messages"))).map(({ seq }) => seq)).toEqual([3, 2, 1]);
    expect(hotel!.fake.calls).toEqual([]);
    expect(hotel!.fake.reads).toEqual([]);
    expect(hotel!.fake.phone(GUEST, GRAND_NUMBER).map(({ from }) => from)).toEqual(["guest", "guest"]);
  });

  test("a note is no answer: the window stays as it was, and no person speaks yet", async () => {
    const { about, conversationId } = await aGuestWrites();
    await hotel!.pass(25 * HOUR_MS);
    expect((await asks(anna, about("/notes"), { clientMessageId: "n1", text: "Called, no answer" })).status).toBe(201);
    expect(await replies(anna, about, "m1")).toMatchObject({ status: 409, json: { error: { code: "window_closed" } } });
    const key = { reach: "everything", conversationId, client: null, template: null } as const;
    const { state } = await hotel!.storage.loadConversation(key);
    expect(state?.conversation).toMatchObject({ speaker: "bot", lastMessageFrom: "guest", lastSeq: 2 });
    // Also once the conversation is closed, a fact is a fact.
    await asks(anna, about("/close"), {});
    expect((await asks(anna, about("/notes"), { clientMessageId: "n2", text: "Left a bag" })).status).toBe(201);
  });

  test("a note that says nothing, or to everybody, is refused", async () => {
    const { about } = await aGuestWrites();
    const many = Array.from({ length: 21 }, (_each, index) => `staff_${String(index)}`);
    for (const wrong of [
      { text: " \n" },
      { text: "x".repeat(4_097) },
      { text: "hi", mentions: many },
      { text: "hi", mentions: [""] },
    ])
      expect(await asks(anna, about("/notes"), { clientMessageId: "n1", ...wrong })).toMatchObject({
        status: 400,
        json: { error: { code: "request_invalid" } },
      });
    expect(await items(anna, about("/messages"))).toHaveLength(1);
  });

  test("whoever is mentioned finds it, until they have read it; who may not see the conversation finds nothing (T51, T55)", async () => {
    const { about, conversationId } = await aGuestWrites();
    for (const n of [1, 2, 3])
      await asks(anna, about("/notes"), {
        clientMessageId: `n${String(n)}`,
        text: `Note ${String(n)}`,
        mentions: ["ben", "cleo"],
      });
    const found = await items(ben, "/mentions");
    expect(found).toMatchObject(
      [3, 2, 1].map((n) => ({
        read: false,
        shownIn: [conversationId],
        message: { content: { text: `Note ${String(n)}` }, author: { id: "anna" }, conversationId },
      })),
    );
    const { json } = await asks(ben, "/mentions?limit=2");
    const { nextCursor } = json as { nextCursor: string };
    expect(await items(ben, `/mentions?limit=2&cursor=${encodeURIComponent(nextCursor)}`)).toEqual([found[2]]);
    expect((await asks(ben, "/mentions?cursor=nonsense")).json).toMatchObject({ error: { code: "cursor_invalid" } });
    for (const stranger of [cleo, anna, { kind: "operator", id: "ben" } as const])
      expect(await items(stranger, "/mentions")).toEqual([]);

    // A colleague's reading is not theirs.
    await asks(anna, about("/read"), {});
    expect(await items(ben, "/mentions?unread=true")).toHaveLength(3);
    await asks(ben, about("/read"), { seq: 3 });
    expect((await items(ben, "/mentions?unread=true")).map(({ message }) => message)).toMatchObject([{ seq: 4 }]);
    await asks(ben, about("/read"), {});
    expect(await items(ben, "/mentions?unread=true")).toEqual([]);
    expect((await items(ben, "/mentions")).map(({ read }) => read)).toEqual([true, true, true]);
  });

  test("a note in a conversation that goes on elsewhere is found by whom it names there", async () => {
    const departments = [
      { id: "reception", name: "Reception" },
      { id: "spa", name: "Spa" },
    ];
    const made = await opened({ hotel: { departments } });
    const nadia = made.guest(GUEST);
    const both = at("anna", ["reception", "spa"]);
    await made.writes(nadia, "hello");
    const reception = await made.writes(nadia, "Reception");
    const first = `/conversations/${reception.conversationId}`;
    await asks(both, `${first}/notes`, { clientMessageId: "n1", text: "A regular of the spa", mentions: ["cleo"] });
    expect(await items(cleo, "/mentions")).toEqual([]);
    const written = { hotelId: "grand", departmentId: "spa", to: { waId: GUEST }, content: text("Your massage") };
    const { conversationId } = (await asks(both, "/conversations", written)).json as { conversationId: string };
    expect((await asks(both, `${first}/transfer`, { departmentId: "spa" })).json).toMatchObject({
      continuedIn: conversationId,
    });
    const [mention] = await items(cleo, "/mentions");
    expect(mention).toMatchObject({ read: false, message: { conversationId: reception.conversationId } });
    expect(new Set(mention!["shownIn"] as string[])).toEqual(new Set([reception.conversationId, conversationId]));
    // Reading what goes on with it is reading it.
    await asks(cleo, `/conversations/${conversationId}/read`, {});
    expect(await items(cleo, "/mentions")).toMatchObject([{ read: true }]);
    expect((await asks(both, `${first}/notes`, { clientMessageId: "n2", text: "Too late" })).json).toMatchObject({
      error: { code: "conversation_closed", details: { continuedIn: conversationId } },
    });
  });

  test("of two who answer one guest at once the second sees the first, however often they meet (P)", async () => {
    const { about } = await aGuestWrites();
    let seen = 1;
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        [anna, ben].map((who) => replies(who, about, `m${String(round)}`, seen).then((answer) => ({ who, ...answer }))),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
      const won = answers.find(({ status }) => status === 202)!;
      const lost = answers.find(({ status }) => status === 409)!;
      const { seq } = won.json as { seq: number };
      expect(lost.json).toMatchObject({
        error: { code: "answered_meanwhile", details: { seq, by: { kind: "staff", id: won.who.id } } },
      });
      expect(JSON.stringify(lost.json)).not.toContain("from ");
      // Who has seen it may answer all the same, and the same answer again is the same.
      expect((await replies(lost.who, about, `m${String(round)}`, seq)).status).toBe(202);
      expect((await replies(won.who, about, `m${String(round)}`, seen)).json).toMatchObject({ seq });
      seen = seq + 1;
    }
    expect(
      (await items(anna, about("/messages?limit=100"))).filter(({ direction }) => direction === "outbound"),
    ).toHaveLength(40);
  });

  test("neither one's own answer, nor the guest, nor a note is a colleague's answer; one in the phone app is", async () => {
    const { about, nadia } = await aGuestWrites();
    await replies(anna, about, "m1", 1);
    await asks(ben, about("/notes"), { clientMessageId: "n1", text: "Good" });
    await hotel!.writes(nadia, "And a fan?");
    expect((await replies(anna, about, "m2", 1)).status).toBe(202);
    expect((await replies(ben, about, "m3")).status).toBe(202);
    expect((await replies(anna, about, "m4", 99)).status).toBe(202);
    await hotel!.fake.hotelPhone(GRAND_NUMBER).says(GUEST, "I bring it");
    await eventually("the phone's message is there", async () =>
      (await items(anna, about("/messages"))).find(({ author }) => (author as { kind: string }).kind === "device"),
    );
    expect((await replies(anna, about, "m5", 6)).json).toMatchObject({
      error: { code: "answered_meanwhile", details: { by: { kind: "device" } } },
    });
  });

  test("what was read can be put back among the unread, and the guest hears nothing of it (S21)", async () => {
    const { about, nadia } = await aGuestWrites({ hotel: { readReceipts: "whenRead" } });
    await hotel!.writes(nadia, "For one night");
    const unread = async () => (await items(anna, "/conversations"))[0]?.["unread"];
    await asks(anna, about("/read"), {});
    await eventually("the guest sees it", () => Promise.resolve(hotel!.fake.reads.length === 1));
    expect(await unread()).toBe(0);
    expect(await asks(ben, about("/unread"), {})).toMatchObject({ status: 200, json: { readSeq: 1 } });
    expect(await unread()).toBe(1);
    expect((await asks(ben, about("/unread"), { seq: 1 })).json).toMatchObject({ readSeq: 0 });
    expect(await unread()).toBe(2);
    expect((await asks(ben, about("/unread"), { seq: 2 })).json).toMatchObject({ readSeq: 0 });
    expect(hotel!.heard.filter(({ type }) => type === "conversation.unread")).toEqual([
      { type: "conversation.unread", readSeq: 1 },
      { type: "conversation.unread", readSeq: 0 },
    ]);
    // Nobody has unread it, though; and reading never moves back.
    expect(await items(anna, about("/participants"))).toContainEqual(
      expect.objectContaining({ kind: "staff", id: "anna", readSeq: 2 }),
    );
    await asks(anna, about("/read"), { seq: 1 });
    expect(await unread()).toBe(1);
    expect(hotel!.fake.reads).toHaveLength(1);
  });

  test("each who takes part has a marker of their own, and the guest's is what WhatsApp reported (S8)", async () => {
    const { about, guestId, conversationId, nadia } = await aGuestWrites();
    const { id, seq } = (await replies(anna, about, "m1")).json as { id: string; seq: number };
    await hotel!.becomes(conversationId, id, "sent");
    await hotel!.writes(nadia, "Thanks");
    await asks(ben, about("/read"), {});
    const markers = async () =>
      Object.fromEntries((await items(ben, about("/participants"))).map((one) => [one["id"], one["readSeq"]]));
    expect(await markers()).toEqual({ anna: 2, ben: 3, [guestId]: 0 });
    await hotel!.fake.report(hotel!.fake.accepted[0]!, "read");
    await hotel!.becomes(conversationId, id, "read");
    // A colleague was there first: the reader's own moves on all the same.
    expect((await asks(anna, about("/read"), {})).json).toMatchObject({ readSeq: 3 });
    expect(await markers()).toEqual({ anna: 3, ben: 3, [guestId]: seq });
  });

  describe("a guest's ticks turn blue", () => {
    const blue = () => hotel!.fake.phone(GUEST, GRAND_NUMBER).map(({ status }) => status);

    test("when staff have read, as far as they have, where the hotel's policy is that (S21)", async () => {
      const { about, nadia } = await aGuestWrites({ hotel: { readReceipts: "whenRead" } });
      await hotel!.writes(nadia, "Hello?");
      await hotel!.writes(nadia, "Anybody?");
      await asks(anna, about("/read"), { seq: 2 });
      await eventually("two are read", () => Promise.resolve(hotel!.fake.reads.length === 1));
      expect(blue()).toEqual(["read", "read", "delivered"]);
      await asks(ben, about("/read"), { seq: 2 });
      await asks(anna, about("/read"), {});
      await eventually("the third, too", () => Promise.resolve(hotel!.fake.reads.length > 1));
      expect(hotel!.fake.reads.map(({ typing }) => typing)).toEqual([false, false]);
      expect(blue()).toEqual(["read", "read", "read"]);
    });

    test("when staff answer, and not before, where it is that", async () => {
      const { about } = await aGuestWrites({ hotel: { readReceipts: "whenAnswered" } });
      await asks(anna, about("/read"), {});
      const { id } = (await replies(anna, about, "m1")).json as { id: string };
      await eventually("it is read", () => Promise.resolve(hotel!.fake.reads.length > 0));
      expect(blue()[0]).toBe("read");
      expect(hotel!.fake.reads).toHaveLength(1);
      expect(id).toMatch(/^msg_/);
    });

    test("never by default", async () => {
      const { about, conversationId } = await aGuestWrites();
      await asks(anna, about("/read"), {});
      const { id } = (await replies(anna, about, "m1")).json as { id: string };
      await hotel!.becomes(conversationId, id, "sent");
      expect(await asks(anna, about("/typing"), {})).toEqual({ status: 202, json: { shown: false, why: "policy" } });
      await hotel!.desk.stop();
      expect(hotel!.fake.reads).toEqual([]);
    });
  });

  test("a guest sees that somebody writes, however often a page says so with one call in 20 seconds, until the answer comes (S20)", async () => {
    const { about } = await aGuestWrites({ hotel: { readReceipts: "whenAnswered" } });
    const typing = () => asks(anna, about("/typing"), {});
    const keys = await Promise.all(Array.from({ length: 20 }, typing));
    expect(new Set(keys.map(({ status, json }) => JSON.stringify([status, json])))).toEqual(
      new Set([JSON.stringify([202, { shown: true }])]),
    );
    await eventually("the guest sees it", () => Promise.resolve(hotel!.fake.typing(GUEST, GRAND_NUMBER)));
    expect(hotel!.fake.reads).toHaveLength(1);
    await hotel!.pass(21 * SECOND_MS);
    await typing();
    await eventually("it is told again", () => Promise.resolve(hotel!.fake.reads.length === 2));
    await replies(anna, about, "m1");
    await eventually("the answer ends it", () => Promise.resolve(!hotel!.fake.typing(GUEST, GRAND_NUMBER)));
    // What comes next is written, too.
    await typing();
    await eventually("it is told at once", () => Promise.resolve(hotel!.fake.reads.length === 3));
    await hotel!.pass(31 * 24 * HOUR_MS);
    expect((await typing()).json).toEqual({ shown: false, why: "nothing_to_answer" });
  });

  test("what WhatsApp will not take of that costs nothing but a line in the log, with its code and nobody's words", async () => {
    const lines: { readonly fields: object; readonly message: string }[] = [];
    const quiet = () => undefined;
    const warn: Logger["warn"] = (fields, message) => void lines.push({ fields, message });
    const logger: Logger = { debug: quiet, info: quiet, error: quiet, warn };
    const { about, conversationId } = await aGuestWrites({ logger, hotel: { readReceipts: "whenRead" } });
    const ends = hotel!.fake.failWhen(({ what }) => what === "markRead", { kind: "error", code: 131_000 });
    expect((await asks(anna, about("/typing"), {})).json).toEqual({ shown: true });
    expect((await asks(anna, about("/read"), {})).status).toBe(200);
    const { id } = (await replies(anna, about, "m1")).json as { id: string };
    await hotel!.becomes(conversationId, id, "sent");
    const told = await eventually("it is logged", () =>
      Promise.resolve(lines.filter(({ message }) => message.startsWith("WhatsApp did not take")).length > 0 && lines),
    );
    const said = JSON.stringify(told);
    expect(said).toContain("graph_131000");
    for (const secret of [GUEST, "cot", "wamid", "token"]) expect(said).not.toContain(secret);
    ends();
    expect(hotel!.fake.reads).toEqual([]);
  });

  test("what staff answer often is kept by managers, for a department or the whole hotel, and used by whoever works there (S23)", async () => {
    await opened({
      hotel: {
        departments: [
          { id: "reception", name: "Reception" },
          { id: "spa", name: "Spa" },
        ],
      },
    });
    const chief: StaffPrincipal = { ...at("chief", "all"), role: "manager" };
    const ofTheSpa: StaffPrincipal = { ...at("olga", ["spa"]), role: "manager" };
    const texts = { en: "Dear {{guestName}}, breakfast is from seven.", it: "Gentile {{guestName}}, dalle sette." };
    const create = (as: Principal, fields: object) =>
      asks(as, "/saved-replies", { hotelId: "grand", shortcut: "breakfast", texts, ...fields });
    const made = await create(chief, {});
    expect(made).toMatchObject({
      status: 201,
      json: { departmentId: null, shortcut: "breakfast", texts, placeholders: ["guestName"], version: 1 },
    });
    expect((await create(chief, {})).json).toMatchObject({ error: { code: "shortcut_taken" } });
    expect((await create(chief, { departmentId: "bar", shortcut: "x" })).json).toMatchObject({
      error: { code: "department_unknown" },
    });
    // An agent keeps none, and the spa's manager none for others.
    expect((await create(anna, { shortcut: "y" })).status).toBe(404);
    for (const departmentId of [null, "reception"])
      expect((await create(ofTheSpa, { departmentId, shortcut: "y" })).status).toBe(404);
    expect((await create(ofTheSpa, { departmentId: "spa" })).status).toBe(201);
    for (const wrong of [
      { shortcut: "Two words" },
      { texts: {} },
      { texts: { en: " " } },
      { texts: { "not-a-language-": "x" } },
    ])
      expect((await create(chief, { shortcut: "z", ...wrong })).json).toMatchObject({
        error: { code: "request_invalid" },
      });

    const listed = async (as: Principal, query = "") =>
      (await items(as, `/saved-replies?hotel=grand${query}`)).map(({ departmentId }) => departmentId).sort();
    expect(await listed(anna)).toEqual([null]);
    expect(await listed(cleo)).toEqual([null, "spa"].sort());
    expect(await listed(chief, "&department=reception")).toEqual([null]);
    expect((await asks(chief, "/saved-replies")).status).toBe(400);

    // Of two who change it at once the second sees the first.
    const { id } = made.json as { id: string };
    const change = (as: Principal, fields: object) => asks(as, `/saved-replies/${id}`, { version: 1, ...fields });
    expect((await change(ofTheSpa, { shortcut: "mine" })).status).toBe(404);
    const changes = await Promise.all([
      change(chief, { texts: { en: "From six." } }),
      change(chief, { shortcut: "food" }),
    ]);
    expect(changes.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(changes.find(({ status }) => status === 409)!.json).toMatchObject({
      error: { code: "saved_reply_changed" },
    });
    expect((await asks(ofTheSpa, `/saved-replies/${id}/delete`, {})).status).toBe(404);
    expect((await asks(chief, `/saved-replies/${id}/delete`, {})).status).toBe(204);
    expect((await asks(chief, `/saved-replies/${id}/delete`, {})).status).toBe(404);
    expect(await listed(anna)).toEqual([]);
  });
});
