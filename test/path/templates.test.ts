import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import {
  checkTemplate,
  cloudApi,
  ConversationManager,
  deskHandler,
  type HotelOptions,
  type Principal,
  type Template,
} from "../../src/index.js";
import { staticHotels } from "../../src/config/hotel.js";
import { fakeWhatsApp, type NewTemplate } from "../../src/testing/index.js";
import {
  admin,
  APP_SECRET,
  eventually,
  hotels as twoHotels,
  manager,
  receptionist,
  VERIFY_TOKEN,
} from "../harness/hotel.js";
import { expectDescribed } from "../support/described.js";
import { STORAGES, type Stored } from "./stories.js";

const ACCOUNT = "100000000000001";
const ARRIVAL: NewTemplate = {
  name: "arrival_reminder",
  language: "en_US",
  parameter_format: "NAMED",
  components: [{ type: "BODY", text: "Hello {{first_name}}, we expect you at {{hour}}." }],
};
const FILLED = {
  type: "template",
  name: "arrival_reminder",
  language: "en_US",
  body: [
    { name: "first_name", text: "Nadia" },
    { name: "hour", text: "15:00" },
  ],
} as const;
const hotels = twoHotels.map((hotel) => ({ ...hotel, accountId: ACCOUNT }));
const operator: Principal = { kind: "operator", id: "op" };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Hotels with a WhatsApp that has templates, and tells what becomes of them. */
async function opened(open: () => Promise<Stored>, options: readonly HotelOptions[] = hotels) {
  const { storage, end } = await open();
  ends.push(end);
  let desk: ConversationManager | null = null;
  const door = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const signature = String(request.headers["x-hub-signature-256"]);
      void desk
        ?.receive({ body: Buffer.concat(chunks), signature })
        .then(({ status }) => response.writeHead(status).end());
    });
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  ends.push(() => new Promise((resolve) => door.close(resolve)));
  const webhookUrl = `http://127.0.0.1:${String((door.address() as AddressInfo).port)}/`;
  const whatsapp = await fakeWhatsApp({ appSecret: APP_SECRET, webhookUrl, reports: [] });
  desk = new ConversationManager({
    hotels: options,
    storage,
    transport: cloudApi({ graphUrl: whatsapp.graphUrl, deadlineMs: 1_000, appSecret: APP_SECRET }),
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 10 },
  });
  const made = desk;
  ends.push(async () => {
    await whatsapp.close();
    await made.stop();
  });
  await made.start({ migrate: true });
  const templates = async (hotelId = "grand") => (await made.as(manager).templates(hotelId)).items;
  return {
    desk: made,
    whatsapp,
    templates,
    standing: async (hotelId?: string) =>
      (await templates(hotelId)).map(({ name, language, status }) => `${name} ${language} ${status}`),
    becomes: (what: string, isSo: (template: Template) => boolean, hotelId?: string) =>
      eventually(what, async () => (await templates(hotelId)).find(isSo)),
  };
}

describe.each(STORAGES)("a hotel's templates, on %s,", (_, open) => {
  test("are read from WhatsApp, page after page, and staff see what they have to fill in", async () => {
    const { desk, whatsapp, templates } = await opened(open);
    whatsapp.template(ARRIVAL);
    for (let n = 0; n < 60; n++)
      whatsapp.template({ name: `t_${String(n)}`, language: "it", components: [{ type: "BODY", text: "Ciao" }] });
    expect(await desk.as(admin).syncTemplates("grand")).toEqual({ read: 61, unread: 0, deleted: 0 });

    const all: Template[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await desk
        .as(receptionist)
        .templates("grand", { limit: 25, ...(cursor !== undefined && { cursor }) });
      all.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(new Set(all.map(({ name }) => name)).size).toBe(61);
    expect(all[0]).toMatchObject({
      hotelId: "grand",
      name: "arrival_reminder",
      status: "approved",
      category: "utility",
      parameters: "named",
      body: { text: "Hello {{first_name}}, we expect you at {{hour}}.", placeholders: ["first_name", "hour"] },
    });
    expect(await templates("seaside"), "who shares the account reads for itself").toEqual([]);
  });

  test("are used no more once WhatsApp pauses them, and again when it approves them (M15)", async () => {
    const { desk, whatsapp, becomes } = await opened(open);
    whatsapp.template(ARRIVAL);
    for (const hotelId of ["grand", "seaside"]) await desk.as(operator).syncTemplates(hotelId);
    await whatsapp.setTemplateStatus(ARRIVAL, "PAUSED");
    const paused = await becomes("it is paused", ({ status }) => status === "paused");
    expect(() => checkTemplate(paused, FILLED)).toThrow(
      expect.objectContaining({
        code: "template_not_approved",
        details: expect.objectContaining({ status: "paused" }),
      }),
    );
    // The other hotel has the same account.
    await becomes("it is paused there too", ({ status }) => status === "paused", "seaside");
    await whatsapp.setTemplateStatus(ARRIVAL, "APPROVED");
    const again = await becomes("it is approved", ({ status }) => status === "approved");
    expect(() => checkTemplate(again, FILLED)).not.toThrow();
    await whatsapp.setTemplateCategory(ARRIVAL, "MARKETING");
    await becomes("it is marketing", ({ category }) => category === "marketing");
  });

  test("come from the hotel's options first, and WhatsApp's word counts more", async () => {
    const file = [ARRIVAL, { name: "farewell", language: "en_US" }];
    const [grand, ...others] = hotels;
    const { desk, whatsapp, standing } = await opened(open, [{ ...grand!, templates: file }, ...others]);
    expect(await standing()).toEqual(["arrival_reminder en_US approved", "farewell en_US approved"]);
    whatsapp.template({ ...ARRIVAL, status: "REJECTED" });
    expect(await desk.as(admin).syncTemplates("grand")).toEqual({ read: 1, unread: 0, deleted: 1 });
    const told = ["arrival_reminder en_US rejected", "farewell en_US deleted"];
    expect(await standing()).toEqual(told);
    expect(await desk.as(admin).syncTemplates("grand", { data: file })).toEqual({ read: 2, unread: 0, deleted: 0 });
    expect(await standing(), "a file does not overrule it").toEqual(told);
  });

  test("stay as they were when WhatsApp does not hand over the whole list", async () => {
    const { desk, whatsapp, standing } = await opened(open);
    for (let n = 0; n < 30; n++) whatsapp.template({ ...ARRIVAL, name: `t_${String(n)}` });
    await desk.as(admin).syncTemplates("grand");
    const before = await standing();
    let pages = 0;
    whatsapp.failWhen(({ what }) => what === "templates" && ++pages === 2, { kind: "error", status: 400, code: 190 });
    await expect(desk.as(admin).syncTemplates("grand")).rejects.toMatchObject({
      code: "template_list_failed",
      details: { failure: "graph_190" },
    });
    expect(pages).toBe(2);
    expect(await standing()).toEqual(before);
  });

  test("are a matter for admins over the whole hotel and for operators; every member of staff sees them", async () => {
    const { desk, whatsapp } = await opened(open, [...hotels, { ...hotels[0]!, id: "inn", numbers: INN }]);
    whatsapp.template(ARRIVAL);
    const ask = async (as: Principal, path: string, body?: object) => {
      const handler = deskHandler(desk, { authenticate: () => as });
      const answer = await handler(
        new Request(`http://host${path}`, {
          method: body === undefined ? "GET" : "POST",
          ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        }),
      );
      const json: unknown = await answer?.json();
      if (answer) expectDescribed(body === undefined ? "GET" : "POST", path.split("?")[0]!, answer.status, json);
      return { status: answer?.status, json };
    };
    const sync = "/operator/templates/sync";
    const spa: Principal = { ...admin, hotels: { grand: ["reception"] } };
    for (const [as, hotel] of [
      [manager, "grand"],
      [receptionist, "grand"],
      [spa, "grand"],
      [admin, "inn"],
    ] as const)
      expect(await ask(as, sync, { hotel })).toMatchObject({ status: 404, json: { error: { code: "not_found" } } });
    expect(await ask(admin, sync, { hotel: "grand" })).toEqual({
      status: 200,
      json: { read: 1, unread: 0, deleted: 0 },
    });
    expect(await ask(operator, sync, { hotel: "grand", templates: [ARRIVAL, { name: "x" }] })).toMatchObject({
      status: 400,
      json: { error: { code: "request_invalid", details: { issues: [{ path: "1" }] } } },
    });
    expect(await ask(receptionist, "/templates?hotel=grand")).toMatchObject({
      status: 200,
      json: { items: [{ name: "arrival_reminder", sendable: true, unsupported: [] }], nextCursor: null },
    });
    expect(await ask(receptionist, "/templates?hotel=seaside")).toEqual({
      status: 200,
      json: { items: [], nextCursor: null },
    });
    expect(await ask(receptionist, "/templates")).toMatchObject({ status: 400 });
  });
});
const INN = [{ phoneNumberId: "200000000000003", accessToken: "inn-token" }];

test("a hotel that nobody told its account's id hears what is missing to read its templates", async () => {
  const { desk } = await opened(STORAGES[0]![1], twoHotels);
  await expect(desk.as(admin).syncTemplates("grand")).rejects.toMatchObject({
    code: "template_source_missing",
    details: { hotelId: "grand", missing: "accountId" },
  });
});

test("templates in a hotel's options that are none are refused before anything starts", () => {
  const make = (templates: HotelOptions["templates"] & object) => () => staticHotels([{ ...hotels[0]!, templates }]);
  const refused = (path: string) =>
    expect.objectContaining({
      code: "config_invalid",
      details: { issues: [expect.objectContaining({ path })] },
    }) as Error;
  expect(make([ARRIVAL, { language: "en" }])).toThrow(refused("hotels.0.templates.1"));
  expect(make("arrival_reminder" as never)).toThrow(refused("hotels.0.templates"));
  expect(make({ data: [ARRIVAL] })).not.toThrow();
});
