import { afterEach, describe, expect, test } from "vitest";
import { manualClock, type FakeWhatsApp } from "../../src/testing/index.js";
import { fixture, fixtureNames } from "../whatsapp/fixtures.js";
import { codeOf, FakeHotel, GUEST, NADIA, NUMBER, SEASIDE, send } from "./fake-hotel.js";

const HOUR_MS = 3_600_000;
const NOON = new Date("2026-11-10T12:00:00Z");
const long = (length: number) => "x".repeat(length);

describe("the WhatsApp for tests judges a send as Meta does", () => {
  const hotel = new FakeHotel();
  afterEach(() => hotel.close());

  const buttons = (...titles: string[]) =>
    titles.map((title, place) => ({ type: "reply", reply: { id: `id-${String(place)}`, title } }));
  const asked = (type: string, more: object) => ({
    type: "interactive",
    interactive: { type, body: { text: "Which one?" }, ...more },
  });
  const rows = (count: number, more = {}) =>
    Array.from({ length: count }, (_, place) => ({ id: `row-${String(place)}`, title: "Room", ...more }));
  const listed = (sections: object, more = {}) => asked("list", { action: { button: "Rooms", sections }, ...more });
  const card = (index: number, more = {}) => ({
    card_index: index,
    type: "cta_url",
    header: { type: "image", image: { link: "https://example.com/a.jpg" } },
    action: { name: "cta_url", parameters: { display_text: "Look", url: "https://example.com" } },
    ...more,
  });
  const person = { name: { formatted_name: "Marta Rossi", first_name: "Marta" }, phones: [{ phone: "+390655500100" }] };
  const flow = { flow_message_version: "3", flow_id: "1", flow_cta: "Check in" };
  const item = { product_retailer_id: "towel" };

  test.each<[string, object, number | null]>([
    ["a type that there is not", { type: "poll", poll: {} }, 131051],
    ["a text of 4096", { type: "text", text: { body: long(4096) } }, null],
    ["a text of 4097", { type: "text", text: { body: long(4097) } }, 131009],
    ["a text without words", { type: "text", text: { body: "  " } }, 131009],
    ["a text without a body", { type: "text", text: {} }, 131008],
    ["no text at all", { type: "text" }, 131008],
    ["a text with a misspelled key", { type: "text", text: { body: "hi", previewUrl: true } }, 100],
    ["a misspelled key beside the text", { type: "text", text: { body: "hi" }, biz_opaque: "1" }, 100],
    ["no messaging product", { messaging_product: undefined, type: "text", text: { body: "hi" } }, 131008],
    ["no recipient", { to: undefined, type: "text", text: { body: "hi" } }, 131008],
    ["a phone of 3 digits", { to: "123", type: "text", text: { body: "hi" } }, 131009],
    ["an id without a country", { recipient: "90000", type: "text", text: { body: "hi" } }, 131009],
    ["callback data of 512", { biz_opaque_callback_data: long(512), type: "text", text: { body: "hi" } }, null],
    ["callback data of 513", { biz_opaque_callback_data: long(513), type: "text", text: { body: "hi" } }, 131009],
    ["a group", { recipient_type: "group", type: "text", text: { body: "hi" } }, 131020],
    ["an image by a link", { type: "image", image: { link: "https://example.com/a.jpg", caption: long(1024) } }, null],
    [
      "an image with a caption of 1025",
      { type: "image", image: { link: "https://e.com/a", caption: long(1025) } },
      131009,
    ],
    ["an image by nothing", { type: "image", image: { caption: "x" } }, 131008],
    ["an image by an id and a link", { type: "image", image: { id: "1", link: "https://e.com/a" } }, 131009],
    ["an image by what is no link", { type: "image", image: { link: "example" } }, 131009],
    ["an audio with a caption", { type: "audio", audio: { link: "https://e.com/a", caption: "x" } }, 100],
    ["a place", { type: "location", location: { latitude: 41.9, longitude: "12.5", name: "Grand Hotel" } }, null],
    ["a place beyond the pole", { type: "location", location: { latitude: 91, longitude: 12 } }, 131009],
    ["a place without a longitude", { type: "location", location: { latitude: 41 } }, 131008],
    ["a contact card", { type: "contacts", contacts: [person] }, null],
    ["a card with half a name", { type: "contacts", contacts: [{ name: { formatted_name: "M" } }] }, 131008],
    ["no cards", { type: "contacts", contacts: [] }, 131009],
    ["258 cards", { type: "contacts", contacts: Array(258).fill(person) }, 131009],
    ["a reaction to nothing", { type: "reaction", reaction: { emoji: "👍" } }, 131008],
    [
      "a reaction that quotes",
      { type: "reaction", reaction: { message_id: "w", emoji: "" }, context: { message_id: "w" } },
      131009,
    ],
    ["3 buttons", asked("button", { action: { buttons: buttons("a", "b", "c") } }), null],
    ["4 buttons", asked("button", { action: { buttons: buttons("a", "b", "c", "d") } }), 131009],
    ["a button's title of 20", asked("button", { action: { buttons: buttons(long(20)) } }), null],
    ["a button's title of 21", asked("button", { action: { buttons: buttons(long(21)) } }), 131009],
    ["two buttons with one title", asked("button", { action: { buttons: buttons("a", "a") } }), 131009],
    [
      "a button's id with a space",
      asked("button", { action: { buttons: [{ type: "reply", reply: { id: "a ", title: "a" } }] } }),
      131009,
    ],
    [
      "buttons without a body",
      { type: "interactive", interactive: { type: "button", action: { buttons: buttons("a") } } },
      131008,
    ],
    [
      "buttons with a body of 1025",
      asked("button", { body: { text: long(1025) }, action: { buttons: buttons("a") } }),
      131009,
    ],
    [
      "buttons with a footer of 61",
      asked("button", { footer: { text: long(61) }, action: { buttons: buttons("a") } }),
      131009,
    ],
    [
      "buttons under an image",
      asked("button", {
        header: { type: "image", image: { link: "https://e.com/a" } },
        action: { buttons: buttons("a") },
      }),
      null,
    ],
    ["10 rows", listed([{ rows: rows(10, { title: long(24), description: long(72) }) }]), null],
    [
      "11 rows",
      listed([
        { title: "a", rows: rows(6) },
        { title: "b", rows: rows(5) },
      ]),
      131009,
    ],
    ["a row's title of 25", listed([{ rows: rows(1, { title: long(25) }) }]), 131009],
    ["a row's description of 73", listed([{ rows: rows(1, { description: long(73) }) }]), 131009],
    ["a row's id of 201", listed([{ rows: [{ id: long(201), title: "a" }] }]), 131009],
    ["two rows with one id", listed([{ rows: [...rows(1), ...rows(1)] }]), 131009],
    [
      "two sections, one without a title",
      listed([{ title: "a", rows: rows(1) }, { rows: [{ id: "b", title: "b" }] }]),
      131008,
    ],
    [
      "a list under an image",
      listed([{ rows: rows(1) }], { header: { type: "image", image: { link: "https://e.com/a" } } }),
      131009,
    ],
    ["a list's body of 4096", listed([{ rows: rows(1) }], { body: { text: long(4096) } }), null],
    ["a link", asked("cta_url", { action: card(0).action }), null],
    [
      "a link to a bare address",
      asked("cta_url", { action: { name: "cta_url", parameters: { display_text: "Look", url: "https://10.0.0.1" } } }),
      131009,
    ],
    ["a question for the place", asked("location_request_message", { action: { name: "send_location" } }), null],
    [
      "a question for the place under a header",
      asked("location_request_message", { header: { type: "text", text: "x" }, action: { name: "send_location" } }),
      100,
    ],
    ["a question for the phone", asked("request_contact_info", { action: { name: "request_contact_info" } }), null],
    [
      "a question for a call",
      {
        type: "interactive",
        interactive: { type: "call_permission_request", action: { name: "call_permission_request" } },
      },
      null,
    ],
    ["a form", asked("flow", { action: { name: "flow", parameters: flow } }), null],
    [
      "a form by no id",
      asked("flow", { action: { name: "flow", parameters: { ...flow, flow_id: undefined } } }),
      131008,
    ],
    [
      "a form with empty data",
      asked("flow", {
        action: { name: "flow", parameters: { ...flow, flow_action_payload: { screen: "A", data: {} } } },
      }),
      131009,
    ],
    ["a product", asked("product", { action: { catalog_id: "1", ...item } }), null],
    ["a product of no catalog", asked("product", { action: item }), 131008],
    [
      "30 products",
      asked("product_list", {
        header: { type: "text", text: "Ours" },
        action: { catalog_id: "1", sections: [{ title: "a", product_items: Array(30).fill(item) }] },
      }),
      null,
    ],
    [
      "31 products",
      asked("product_list", {
        header: { type: "text", text: "Ours" },
        action: { catalog_id: "1", sections: [{ title: "a", product_items: Array(31).fill(item) }] },
      }),
      131009,
    ],
    [
      "products without a header",
      asked("product_list", { action: { catalog_id: "1", sections: [{ title: "a", product_items: [item] }] } }),
      131008,
    ],
    ["a catalog", asked("catalog_message", { action: { name: "catalog_message" } }), null],
    ["2 cards", asked("carousel", { action: { cards: [card(0), card(1)] } }), null],
    ["1 card", asked("carousel", { action: { cards: [card(0)] } }), 131009],
    [
      "11 cards",
      asked("carousel", { action: { cards: Array.from({ length: 11 }, (_, place) => card(place)) } }),
      131009,
    ],
    [
      "cards of two kinds",
      asked("carousel", {
        action: { cards: [card(0), card(1, { header: { type: "video", video: { link: "https://e.com/v" } } })] },
      }),
      131009,
    ],
    [
      "a card of three line breaks",
      asked("carousel", { action: { cards: [card(0, { body: { text: "a\nb\nc\nd" } }), card(1)] } }),
      131009,
    ],
    ["an interactive message of no kind", asked("dance", { action: {} }), 131009],
  ])("%s", async (_, body, code) => {
    const whatsapp = await hotel.open({ window: "open" });
    const said = await send(whatsapp, body);
    expect(codeOf(said), JSON.stringify(said.json)).toBe(code);
    expect(whatsapp.accepted).toHaveLength(code === null ? 1 : 0);
    expect(whatsapp.calls).toMatchObject([{ index: 0, phoneNumberId: NUMBER, code, fault: null }]);
    if (code !== null)
      expect(said.json.error).toMatchObject({ type: "OAuthException", fbtrace_id: expect.any(String) });
  });

  test.each(fixtureNames("graph").filter((name) => name.startsWith("error_")))(
    "the answer of %s is Meta's",
    async (name) => {
      const { http_status: status, body } = JSON.parse(fixture("graph", name).toString());
      const { code } = body.error;
      const whatsapp = await hotel.open({ window: "open" });
      whatsapp.fail({ kind: "error", status, code });
      const said = await send(whatsapp);
      expect(said.status).toBe(status);
      const { error_data: _, fbtrace_id: __, ...stable } = body.error;
      expect(said.json.error).toMatchObject(stable);
      if (code !== 100 && code !== 131009) expect(said.json.error.error_data).toEqual(body.error.error_data);
    },
  );

  // The whole table: nothing that Meta says is a surprise here.
  const only = (status: number, ...codes: number[]) => codes.map((code) => [code, status] as const);
  test.each([
    ...only(401, 0, 190),
    ...only(503, 2, 133004),
    ...only(500, 3, 131000, 131016, 131045, 131057, 134102),
    ...only(403, 10, 200, 299, 368, 130497, 131005, 131031),
    ...only(404, 132001),
    ...only(400, 1, 4, 33, 100, 80007, 130403, 130429, 130472, 130501, 131008, 131009, 131020, 131021, 131026),
    ...only(400, 131037, 131041, 131042, 131047, 131048, 131049, 131050, 131051, 131052, 131053, 131055, 131056),
    ...only(400, 131059, 131062, 131063, 131064, 131201, 131215, 132000, 132005, 132007, 132008, 132012, 132015),
    ...only(400, 132016, 132018, 132068, 132069, 133000, 133005, 133006, 133007, 133008, 133009, 133010, 133015),
    ...only(400, 133016, 134011, 134100, 134101, 135000, 137000, 138000, 138009, 138023, 139000, 139004, 139100),
    ...only(400, 139103, 147001, 147005, 2494100),
  ])("code %i is answered with %i and in words of its own", async (code, status) => {
    const whatsapp = await hotel.open({ window: "open" });
    whatsapp.fail({ kind: "error", code });
    const said = await send(whatsapp);
    expect([said.status, codeOf(said)]).toEqual([status, code]);
    expect(said.json.error.message).not.toContain("Fake");
    expect(whatsapp.accepted).toEqual([]);
  });

  /** A body in which something is as long, or as many, as `n`. */
  const sized: Readonly<Record<string, readonly [limit: number, (n: number) => object]>> = {
    "the footer": [60, (n) => asked("button", { footer: { text: long(n) }, action: { buttons: buttons("a") } })],
    "the header": [
      60,
      (n) => asked("button", { header: { type: "text", text: long(n) }, action: { buttons: buttons("a") } }),
    ],
    "a body over buttons": [
      1024,
      (n) => asked("button", { body: { text: long(n) }, action: { buttons: buttons("a") } }),
    ],
    "a body over a list": [4096, (n) => listed([{ rows: rows(1) }], { body: { text: long(n) } })],
    "a button's id": [
      256,
      (n) => asked("button", { action: { buttons: [{ type: "reply", reply: { id: long(n), title: "a" } }] } }),
    ],
    "a button's title": [20, (n) => asked("button", { action: { buttons: buttons(long(n)) } })],
    "a list's button": [20, (n) => asked("list", { action: { button: long(n), sections: [{ rows: rows(1) }] } })],
    "a section's title": [24, (n) => listed([{ title: long(n), rows: rows(1) }])],
    "a row's id": [200, (n) => listed([{ rows: [{ id: long(n), title: "a" }] }])],
    "a row's title": [24, (n) => listed([{ rows: rows(1, { title: long(n) }) }])],
    "a row's description": [72, (n) => listed([{ rows: rows(1, { description: long(n) }) }])],
    "a list's rows": [10, (n) => listed([{ rows: rows(n) }])],
    "a list's sections": [
      10,
      (n) =>
        listed(Array.from({ length: n }, (_, place) => ({ title: "a", rows: [{ id: String(place), title: "a" }] }))),
    ],
    "a link's label": [
      20,
      (n) =>
        asked("cta_url", { action: { name: "cta_url", parameters: { display_text: long(n), url: "https://e.com" } } }),
    ],
    "a call's label": [
      20,
      (n) => asked("voice_call", { action: { name: "voice_call", parameters: { display_text: long(n) } } }),
    ],
    "a call's payload": [
      512,
      (n) => asked("voice_call", { action: { name: "voice_call", parameters: { payload: long(n) } } }),
    ],
    "a call's minutes": [
      43_200,
      (n) => asked("voice_call", { action: { name: "voice_call", parameters: { ttl_minutes: n } } }),
    ],
    "a card's text": [
      160,
      (n) => asked("carousel", { action: { cards: [card(0, { body: { text: long(n) } }), card(1)] } }),
    ],
    "a carousel's cards": [
      10,
      (n) => asked("carousel", { action: { cards: Array.from({ length: n }, (_, place) => card(place)) } }),
    ],
    "a document's caption": [
      1024,
      (n) => ({ type: "document", document: { link: "https://example.com/a.pdf", caption: long(n) } }),
    ],
    "a video's caption": [
      1024,
      (n) => ({ type: "video", video: { link: "https://example.com/a.mp4", caption: long(n) } }),
    ],
    "contact cards": [257, (n) => ({ type: "contacts", contacts: Array(n).fill(person) })],
  };
  test.each(Object.entries(sized))("%s may be as long as Meta lets it be, and no longer", async (_, [limit, made]) => {
    const whatsapp = await hotel.open({ window: "open" });
    const codes: unknown[] = [];
    for (const n of [limit - 1, limit, limit + 1]) codes.push(codeOf(await send(whatsapp, made(n))));
    expect(codes).toEqual([null, null, 131009]);
  });

  test("a body that is no JSON is refused, as Meta refuses it", async () => {
    const whatsapp = await hotel.open({ window: "open" });
    const answer = await fetch(`${whatsapp.graphUrl}/v26.0/${NUMBER}/messages`, {
      method: "POST",
      headers: { authorization: "Bearer any" },
      body: "{",
    });
    expect([answer.status, ((await answer.json()) as any).error.code]).toEqual([400, 100]);
  });

  test("a guest's window closes 24 hours after their last message, for one number, whatever the hotel says meanwhile (F50)", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock });
    expect(codeOf(await send(whatsapp))).toBe(131047);
    const nadia = whatsapp.guest(NADIA);
    const wamid = await nadia.says(NUMBER, "Hello");
    expect(codeOf(await send(whatsapp))).toBe(null);
    expect(codeOf(await send(whatsapp, { recipient: NADIA.bsuid }))).toBe(null);
    expect(codeOf(await send(whatsapp, {}, { number: SEASIDE }))).toBe(131047);
    clock.advance(24 * HOUR_MS - 1);
    expect(codeOf(await send(whatsapp))).toBe(null);
    await whatsapp.hotelPhone(NUMBER).says(GUEST, "Are you still there?");
    await nadia.edits(NUMBER, wamid, "Hello!");
    await nadia.changesNumber(GUEST);
    clock.advance(1);
    expect(codeOf(await send(whatsapp))).toBe(131047);
    await nadia.sendsUnsupported(NUMBER, "poll");
    expect(codeOf(await send(whatsapp))).toBe(null);
    clock.advance(24 * HOUR_MS);
    expect(codeOf(await send(whatsapp))).toBe(131047);
    await nadia.reacts(NUMBER, whatsapp.accepted[0]!.wamid, "👍");
    expect(codeOf(await send(whatsapp))).toBe(null);
    // It is the same person after a restart.
    const again = await hotel.open({ clock, snapshot: whatsapp.snapshot() });
    expect(codeOf(await send(again))).toBe(null);
  });

  test("what may be refused later is told by a status, and the phone shows nothing of it", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, refusesLater: true, reports: ["sent", "delivered", "read"] });
    expect(codeOf(await send(whatsapp, { biz_opaque_callback_data: "out-1" }))).toBe(null);
    clock.advance(1_000);
    await whatsapp.settled();
    const [failed, ...more] = hotel.heard;
    expect(more).toEqual([]);
    const { entry } = JSON.parse(fixture("webhooks", "status_failed_131047_window_closed").toString());
    const shape = entry[0].changes[0];
    Object.assign(shape.value.statuses[0], {
      id: whatsapp.accepted[0]?.wamid,
      timestamp: failed?.value["statuses"][0].timestamp,
      biz_opaque_callback_data: "out-1",
    });
    shape.value.statuses[0].errors[0].error_data.details = failed?.value["statuses"][0].errors[0].error_data.details;
    expect(failed).toEqual(shape);
    expect(whatsapp.phone(GUEST, NUMBER)).toEqual([]);
  });

  test.each<[string, Parameters<ReturnType<FakeWhatsApp["guest"]>["stands"]>[0], object, string]>([
    ["who is not on WhatsApp", { unreachable: true }, {}, "status_failed_131026_undeliverable"],
    [
      "whose device has changed",
      { identityKey: "bmV3Zml4dHVyZUhhc2g=" },
      { recipient_identity_key_hash: "old" },
      "status_failed_137000_identity_mismatch",
    ],
    [
      "whose picture cannot be fetched",
      {},
      { type: "image", image: { id: "300" } },
      "status_failed_131053_media_upload",
    ],
  ])("a message to a guest %s is taken and fails later, in WhatsApp's shape", async (_, standing, body, name) => {
    const whatsapp = await hotel.open({ window: "open", reportDelayMs: 0, reports: ["sent", "delivered"] });
    const tom = whatsapp.guest({ waId: "12025550102", name: "Tom Okafor" });
    tom.stands(standing);
    const said = await send(whatsapp, { to: "+12025550102", ...body });
    expect(said.status).toBe(200);
    await expect.poll(() => hotel.heard).toHaveLength(1);
    const { entry } = JSON.parse(fixture("webhooks", name).toString());
    const shape = entry[0].changes[0];
    const { timestamp } = hotel.heard[0]!.value["statuses"][0];
    Object.assign(shape.value.statuses[0], { id: said.json.messages[0].id, timestamp, recipient_id: "12025550102" });
    expect(hotel.heard[0]).toEqual(shape);
    expect(whatsapp.phone("12025550102", NUMBER)).toEqual([]);
  });

  test("a guest who needs a phone is not written to by id, and nobody writes to themselves", async () => {
    const whatsapp = await hotel.open({ window: "open" });
    whatsapp.guest(NADIA).stands({ needsPhone: true });
    expect(codeOf(await send(whatsapp, { recipient: NADIA.bsuid }))).toBe(131062);
    expect(codeOf(await send(whatsapp, { recipient: NADIA.bsuid, to: `+${GUEST}` }))).toBe(null);
    whatsapp.number(NUMBER, { displayNumber: "390655500100" });
    expect(codeOf(await send(whatsapp, { to: "+39 06 5550 0100" }))).toBe(131021);
    expect(codeOf(await send(whatsapp, { to: "+39 06 5550 0100" }, { number: SEASIDE }))).toBe(null);
  });

  test("the answer names the guest as it was asked for them: a phone wins over an id", async () => {
    const whatsapp = await hotel.open({ window: "open" });
    const contacts = async (body: object) => (await send(whatsapp, body)).json.contacts;
    expect(await contacts({})).toEqual([{ input: `+${GUEST}`, wa_id: GUEST }]);
    expect(await contacts({ to: `+${GUEST}`, recipient: NADIA.bsuid })).toEqual([{ input: `+${GUEST}`, wa_id: GUEST }]);
    expect(await contacts({ recipient: NADIA.bsuid })).toEqual([{ input: NADIA.bsuid, user_id: NADIA.bsuid }]);
  });

  test("a hotel's reaction hangs on the guest's message and is reported as sent alone; one to nothing fails", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, reports: ["sent", "delivered", "read"] });
    const wamid = await whatsapp.guest(NADIA).says(NUMBER, "Thank you");
    const react = (id: string, emoji: string) =>
      send(whatsapp, { type: "reaction", reaction: { message_id: id, emoji } });
    await react(wamid, "❤️");
    expect(whatsapp.phone(GUEST, NUMBER)).toMatchObject([{ text: "Thank you", reaction: "❤️" }]);
    await react(wamid, "");
    expect(whatsapp.phone(GUEST, NUMBER)[0]).not.toHaveProperty("reaction");
    await react("wamid.none", "👍");
    clock.advance(1_000);
    await whatsapp.settled();
    const statuses = hotel.heard.flatMap(({ value }) => value["statuses"] ?? []);
    expect(statuses.map(({ status, errors }) => [status, errors?.[0].code])).toEqual([
      ["sent", undefined],
      ["sent", undefined],
      ["failed", 131009],
    ]);
  });

  test("a guest is asked once in 24 hours, and twice in a week, whether they may be called", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, window: "open" });
    const may = {
      type: "interactive",
      interactive: { type: "call_permission_request", action: { name: "call_permission_request" } },
    };
    const codes: unknown[] = [];
    for (const hours of [0, 23, 1, 48, 120]) {
      clock.advance(hours * HOUR_MS);
      codes.push(codeOf(await send(whatsapp, may)));
    }
    expect(codes).toEqual([null, 138009, null, 138009, null]);
  });

  test("reading a guest's message turns its ticks blue", async () => {
    const whatsapp = await hotel.open();
    const wamid = await whatsapp.guest(NADIA).says(NUMBER, "Hello?");
    const read = { status: "read", message_id: wamid, to: undefined, type: undefined };
    expect((await send(whatsapp, { ...read, typing_indicator: { type: "text" } })).json).toEqual({ success: true });
    expect(whatsapp.phone(GUEST, NUMBER)).toMatchObject([{ status: "read" }]);
    expect(codeOf(await send(whatsapp, { ...read, message_id: undefined }))).toBe(131008);
    expect(whatsapp.calls).toEqual([]);
  });
});
