import { afterEach, describe, expect, test } from "vitest";
import { manualClock, type FakeWhatsApp, type NewTemplate } from "../../src/testing/index.js";
import { fixture } from "../whatsapp/fixtures.js";
import { ask, codeOf, FakeHotel, GUEST, NADIA, NUMBER, SEASIDE, send } from "./fake-hotel.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const ACCOUNT = "100000000000001";
const ARRIVAL: NewTemplate = {
  name: "arrival_reminder",
  language: "en_US",
  components: [
    { type: "HEADER", format: "IMAGE" },
    { type: "BODY", text: "Hello {{1}}, your room at {{2}} is ready. {{1}}, welcome!" },
    {
      type: "BUTTONS",
      buttons: [
        { type: "QUICK_REPLY", text: "I am on my way" },
        { type: "URL", text: "Check in", url: "https://example.com/{{1}}" },
        { type: "PHONE_NUMBER", text: "Call us" },
      ],
    },
  ],
};

const texts = (...values: string[]) => values.map((text) => ({ type: "text", text }));
const image = { type: "image", image: { link: "https://example.com/a.jpg" } };
const header = { type: "header", parameters: [image] };
const body = { type: "body", parameters: texts("Nadia", "the Grand") };
const link = { type: "button", sub_type: "url", index: "1", parameters: texts("abc") };
const reply = (payload: string) => ({
  type: "button",
  sub_type: "quick_reply",
  index: 0,
  parameters: [{ type: "payload", payload }],
});
const filled = (components: readonly object[] = [header, body, link], name = "arrival_reminder", code = "en_US") => ({
  type: "template",
  template: { name, language: { code }, components },
});

describe("the WhatsApp for tests knows templates", () => {
  const hotel = new FakeHotel();
  afterEach(() => hotel.close());

  test.each<[string, readonly object[], number | null]>([
    ["as it was made", [header, body, link], null],
    ["with a payload", [header, body, reply("way-1"), link], null],
    ["without its header", [body, link], 132000],
    ["with a text for a header", [{ ...header, parameters: texts("x") }, body, link], 132012],
    ["with one parameter too few", [header, { ...body, parameters: texts("Nadia") }, link], 132000],
    ["with one too many", [header, { ...body, parameters: texts("a", "b", "c") }, link], 132000],
    ["with an image in its body", [header, { ...body, parameters: [...texts("a"), image] }, link], 132012],
    ["with a new line in a parameter", [header, { ...body, parameters: texts("a\nb", "c") }, link], 132018],
    ["too long when it is filled in", [header, { ...body, parameters: texts("a".repeat(1_000), "b") }, link], 132005],
    ["without the end of its link", [header, body], 132000],
    ["with a payload for a link", [header, body, { ...link, parameters: reply("x").parameters }], 132012],
    ["with a button that it has not", [header, body, link, { ...link, index: "5" }], 132000],
    ["with a parameter without text", [header, { ...body, parameters: [{ type: "text" }] }, link], 131008],
    ["with a misspelled key", [{ ...header, params: [] }, body, link], 100],
  ])("a template %s", async (_, components, code) => {
    const whatsapp = await hotel.open();
    whatsapp.template(ARRIVAL);
    const said = await send(whatsapp, filled(components));
    expect(codeOf(said), JSON.stringify(said.json)).toBe(code);
  });

  test("a template with names takes each by its name", async () => {
    const whatsapp = await hotel.open();
    const components = [{ type: "BODY", text: "{{first}} and {{second}}" }] as const;
    whatsapp.template({ name: "pair", language: "en", parameter_format: "NAMED", components });
    const named = (...names: string[]) =>
      send(
        whatsapp,
        filled(
          [
            {
              type: "body",
              parameters: names.map((parameter_name) => ({
                type: "text",
                text: parameter_name.toUpperCase(),
                parameter_name,
              })),
            },
          ],
          "pair",
          "en",
        ),
      );
    expect(codeOf(await named("second", "first"))).toBe(null);
    expect(whatsapp.phone(GUEST, NUMBER)).toMatchObject([{ text: "FIRST and SECOND" }]);
    expect(codeOf(await named("first", "third"))).toBe(132012);
    expect(codeOf(await named("first", "first"))).toBe(132000);
  });

  test("a template reaches who never wrote; the phone shows it filled in, and its button comes back with the payload", async () => {
    const whatsapp = await hotel.open();
    whatsapp.template(ARRIVAL);
    expect(codeOf(await send(whatsapp))).toBe(131047);
    const said = await send(whatsapp, filled([header, body, reply("way-1"), link]));
    const nadia = whatsapp.guest(NADIA);
    expect(whatsapp.phone(GUEST, NUMBER)).toMatchObject([
      { type: "template", text: "Hello Nadia, your room at the Grand is ready. Nadia, welcome!" },
    ]);
    await nadia.taps(NUMBER, "I am on my way");
    const [message] = hotel.heard.at(-1)!.value["messages"];
    expect(message).toMatchObject({
      context: { id: said.json.messages[0].id },
      from_user_id: NADIA.bsuid,
      type: "button",
      button: { payload: "way-1", text: "I am on my way" },
    });
    // What they tapped opened the window.
    expect(codeOf(await send(whatsapp))).toBe(null);
  });

  test.each([
    ["PENDING", 132001],
    ["REJECTED", 132001],
    ["PAUSED", 132015],
    ["DISABLED", 132016],
    ["APPROVED", null],
    ["FLAGGED", null],
    ["REINSTATED", null],
    ["UNARCHIVED", null],
  ])("a template that becomes %s is sent or not, and the host hears so in WhatsApp's shape", async (status, code) => {
    const whatsapp = await hotel.open({ clock: manualClock(NOON) });
    whatsapp.template(ARRIVAL);
    await whatsapp.setTemplateStatus(ARRIVAL, status, status === "PAUSED" ? pausedBecause : {});
    expect(codeOf(await send(whatsapp, filled()))).toBe(code);
    const documented = { PAUSED: "template_status_paused", APPROVED: "template_status_approved" }[status];
    if (documented !== undefined)
      expect(hotel.bodies).toEqual([JSON.parse(fixture("webhooks", documented).toString())]);
  });
  const pausedBecause = {
    other_info: { title: "FIRST_PAUSE", description: "Paused for 3 hours because of low quality feedback" },
  };

  test("messages of a template that WhatsApp holds are taken, say so, and are on no phone until it lets them go", async () => {
    const whatsapp = await hotel.open({ clock: manualClock(NOON), reports: ["sent"], reportDelayMs: 0 });
    whatsapp.template(ARRIVAL);
    whatsapp.holdTemplate(ARRIVAL, "held_for_quality_assessment");
    const quality = await send(whatsapp, filled());
    whatsapp.holdTemplate(ARRIVAL, "paused");
    const paused = await send(whatsapp, filled());
    expect([quality, paused].map(({ json }) => json.messages[0])).toEqual([
      { id: whatsapp.accepted[0]?.wamid, message_status: "held_for_quality_assessment" },
      { id: whatsapp.accepted[1]?.wamid, message_status: "paused" },
    ]);
    await whatsapp.settled();
    expect([whatsapp.phone(GUEST, NUMBER), hotel.bodies]).toEqual([[], []]);
    whatsapp.holdTemplate(ARRIVAL, null);
    await whatsapp.settled();
    const shown = whatsapp.phone(GUEST, NUMBER).map(({ wamid }) => wamid);
    expect(shown).toEqual(whatsapp.accepted.map(({ wamid }) => wamid));
    expect(hotel.heard.map(({ value }) => value["statuses"][0].id)).toEqual(shown);
    const next = await send(whatsapp, filled());
    expect(next.json.messages[0]).toEqual({ id: whatsapp.accepted[2]?.wamid });
    expect(() => whatsapp.holdTemplate({ name: "departure", language: "en" }, "paused")).toThrow(RangeError);
  });

  test("an unknown template, or one in another language, is refused, and nobody can change it", async () => {
    const whatsapp = await hotel.open();
    whatsapp.template(ARRIVAL);
    const unknown = await send(whatsapp, filled([], "departure"));
    expect([unknown.status, codeOf(unknown)]).toEqual([404, 132001]);
    expect(codeOf(await send(whatsapp, filled([], "arrival_reminder", "it")))).toBe(132001);
    await expect(whatsapp.setTemplateStatus({ name: "departure", language: "en" }, "PAUSED")).rejects.toThrow(
      RangeError,
    );
    await expect(whatsapp.setTemplateCategory({ name: "departure", language: "en" }, "MARKETING")).rejects.toThrow(
      RangeError,
    );
  });

  test("a template that Meta calls marketing is not sent to who said stop, until they want it again (131050)", async () => {
    const whatsapp = await hotel.open({ clock: manualClock(NOON) });
    whatsapp.template(ARRIVAL);
    const nadia = whatsapp.guest(NADIA);
    await nadia.stopsMarketing(NUMBER);
    const told = structuredClone(hotel.bodies[0]);
    expect(told).toEqual(JSON.parse(fixture("webhooks", "user_preferences_stop").toString()));
    expect(codeOf(await send(whatsapp, filled()))).toBe(null);
    await whatsapp.setTemplateCategory(ARRIVAL, "MARKETING");
    expect(hotel.bodies.at(-1)).toEqual(JSON.parse(fixture("webhooks", "template_category_update").toString()));
    expect(codeOf(await send(whatsapp, filled()))).toBe(131050);
    // Another number's is another matter, and it holds after a restart.
    expect(codeOf(await send(whatsapp, filled(), { number: SEASIDE }))).toBe(null);
    const again = await hotel.open({ snapshot: whatsapp.snapshot() });
    expect(codeOf(await send(again, filled()))).toBe(131050);
    await nadia.resumesMarketing(NUMBER);
    expect(hotel.heard.at(-1)?.value["user_preferences"]).toMatchObject([{ value: "resume", user_id: NADIA.bsuid }]);
    expect(codeOf(await send(whatsapp, filled()))).toBe(null);
    for (const marketingRefusal of [131049, 130472] as const) {
      nadia.stands({ marketingRefusal });
      expect(codeOf(await send(whatsapp, filled()))).toBe(marketingRefusal);
    }
    // To write in the window is no marketing.
    await nadia.says(NUMBER, "Hello");
    expect(codeOf(await send(whatsapp))).toBe(null);
  });

  test.each([
    ["who said stop", "status_failed_131050_marketing_opt_out", 131050],
    ["whom Meta spares", "status_failed_131049_ecosystem_limit", 131049],
  ] as const)("marketing to a guest %s may fail in a status too, in WhatsApp's shape", async (_, name, code) => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, refusesLater: true });
    whatsapp.template({ ...ARRIVAL, category: "MARKETING" });
    const tom = whatsapp.guest({ waId: "12025550102", name: "Tom Okafor" });
    if (code === 131050) await tom.stopsMarketing(NUMBER);
    else tom.stands({ marketingRefusal: code });
    hotel.bodies.length = 0;
    const said = await send(whatsapp, { to: "+12025550102", ...filled() });
    expect(codeOf(said)).toBe(null);
    clock.advance(1_000);
    await whatsapp.settled();
    const told = JSON.parse(fixture("webhooks", name).toString());
    const [status] = told.entry[0].changes[0].value.statuses;
    const { timestamp } = hotel.heard[0]!.value["statuses"][0];
    Object.assign(status, { id: said.json.messages[0].id, timestamp });
    expect(hotel.bodies).toEqual([told]);
  });

  test("a code to sign in with is sent to a phone alone (131062)", async () => {
    const whatsapp = await hotel.open();
    const components = [
      { type: "BODY", text: "{{1}} is your code." },
      { type: "BUTTONS", buttons: [{ type: "OTP", text: "Copy" }] },
    ] as const;
    whatsapp.template({ name: "code", language: "en", category: "AUTHENTICATION", components });
    const parts = [
      { type: "body", parameters: texts("1234") },
      { ...link, index: "0", parameters: texts("1234") },
    ];
    expect(codeOf(await send(whatsapp, { recipient: NADIA.bsuid, ...filled(parts, "code", "en") }))).toBe(131062);
    expect(codeOf(await send(whatsapp, filled(parts, "code", "en")))).toBe(null);
    expect(whatsapp.accepted).toMatchObject([{ category: "authentication" }]);
  });

  test("an account's templates come in pages, each once, and the link to the next has the token in it", async () => {
    const whatsapp = await hotel.open();
    for (let n = 0; n < 60; n++)
      whatsapp.template({ name: `t_${String(n)}`, language: "en", components: [{ type: "BODY", text: "Hi" }] });
    whatsapp.template({ name: "theirs", language: "en", components: [] }, "100000000000002");
    const names: string[] = [];
    let after = "";
    for (let page = 0; page < 3; page++) {
      const { json } = await ask(whatsapp, `${ACCOUNT}/message_templates?limit=25${after}`, { token: "secret-token" });
      names.push(...json.data.map(({ name }: { name: string }) => name));
      after = `&after=${String(json.paging.cursors.after)}`;
      if (page < 2) expect(json.paging.next).toContain("access_token=secret-token");
      else expect(json.paging).not.toHaveProperty("next");
      if (page > 0) continue;
      const next = await fetch(json.paging.next, { headers: { authorization: "Bearer secret-token" } });
      expect(((await next.json()) as any).data[0].name).toBe("t_25");
    }
    expect(names).toEqual(Array.from({ length: 60 }, (_, n) => `t_${String(n)}`));
    const { json } = await ask(whatsapp, "100000000000002/message_templates");
    expect(json.data).toMatchObject([{ name: "theirs", language: "en", status: "APPROVED", category: "UTILITY" }]);
    expect(whatsapp.requests).toBe(0);
  });

  test("the list of templates fails when it is told to", async () => {
    const whatsapp: FakeWhatsApp = await hotel.open();
    whatsapp.failWhen(({ what }) => what === "templates", { kind: "error", status: 503, code: 2 });
    expect((await ask(whatsapp, `${ACCOUNT}/message_templates`)).status).toBe(503);
    expect((await ask(whatsapp, `${ACCOUNT}/elsewhere`)).status).toBe(404);
  });
});
