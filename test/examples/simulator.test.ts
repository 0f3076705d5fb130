import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { door } from "../../examples/express-hotel/door.js";
import { simulatorRouter } from "../../examples/express-hotel/simulator.js";
import { streetRouter } from "../../examples/express-hotel/street.js";
import type { Supervisor } from "../../examples/express-hotel/supervisor.js";
import type { FakeWhatsApp, PhoneMessage } from "../../src/testing/index.js";
import { FakeHotel, GUEST, send } from "../testing/fake-hotel.js";

describe("the simulator of the hotel that npm start opens", () => {
  const hotel = new FakeHotel();
  let whatsapp: FakeWhatsApp;
  let base = "";
  let close: () => Promise<unknown> = () => Promise.resolve();
  beforeEach(async () => {
    whatsapp = await hotel.open();
    const server = createServer(express().use(simulatorRouter(whatsapp))).listen(0, "127.0.0.1");
    await once(server, "listening");
    base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    close = () => new Promise((resolve) => server.close(resolve));
  });
  afterEach(async () => {
    await close();
    await hotel.close();
  });

  async function post(route: string, body: object): Promise<{ status: number; json: any }> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${base}${route}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, json: await answer.json() };
  }
  const acts = (act: object) => post(`/guests/${GUEST}/messages`, { hotel: "grand", ...act });
  const last = () => hotel.heard.at(-1)!.value["messages"][0];
  const fetched = async (url: string) => {
    const headers = { authorization: "Bearer any", "user-agent": "test" };
    return Buffer.from(await (await fetch(url, { headers })).arrayBuffer());
  };

  test("a guest sends a picture and a document that the phone has, and any file that is given", async () => {
    expect((await acts({ type: "image", text: "The shower" })).status).toBe(200);
    expect(last().image).toMatchObject({ mime_type: "image/png", caption: "The shower" });
    expect((await fetched(last().image.url)).subarray(1, 4).toString()).toBe("PNG");
    await acts({ type: "document" });
    expect(last().document).toMatchObject({ mime_type: "application/pdf", filename: "booking-7741.pdf" });
    const base64 = Buffer.from("OggS and so on").toString("base64");
    const { json } = await acts({ type: "audio", base64, mimeType: "audio/ogg; codecs=opus", voice: true });
    expect(last()).toMatchObject({ id: json.wamid, audio: { voice: true } });
    expect((await fetched(last().audio.url)).toString()).toBe("OggS and so on");
    for (const [type, mimeType] of [
      ["audio", "audio/ogg; codecs=opus"],
      ["video", "video/mp4"],
      ["sticker", "image/webp"],
    ] as const) {
      await acts({ type });
      expect(last()[type]).toMatchObject({ mime_type: mimeType });
      expect((await fetched(last()[type].url)).length).toBeGreaterThan(1_000);
    }
  });

  test("a guest says where they are and whom to call, answers to a message, and fills in a form with its token", async () => {
    await acts({ type: "location", latitude: 41.9, longitude: 12.5, name: "Station" });
    expect(last().location).toEqual({ latitude: 41.9, longitude: 12.5, name: "Station" });
    await acts({ type: "contacts", contacts: [{ name: "Ben", phone: "+12025550142" }] });
    expect(last().contacts[0]).toMatchObject({
      name: { formatted_name: "Ben" },
      phones: [{ phone: "+12025550142", wa_id: "12025550142" }],
    });
    const action = {
      name: "flow",
      parameters: { flow_message_version: "3", flow_id: "7", flow_cta: "Open", flow_token: "t1" },
    };
    await send(whatsapp, { type: "interactive", interactive: { type: "flow", body: { text: "A form" }, action } });
    const shown = async () =>
      ((await (await fetch(`${base}/guests/${GUEST}/messages?hotel=grand`)).json()) as { items: PhoneMessage[] }).items;
    const form = (await shown()).at(-1)!;
    expect(form).toMatchObject({ text: "A form", form: { title: "Open", id: "7", token: "t1", asksHotel: false } });
    await acts({ type: "text", text: "Which form?", quotes: form.wamid });
    expect(last().context).toMatchObject({ id: form.wamid });
    await acts({ type: "form", wamid: form.wamid, answers: { guests: 2 } });
    expect(last().context).toMatchObject({ id: form.wamid });
    expect(JSON.parse(last().interactive.nfm_reply.response_json)).toEqual({ flow_token: "t1", guests: 2 });
    const { wamid } = (await shown())[0]!;
    expect((await acts({ type: "form", wamid, answers: {} })).json.error.code).toBe("message_unknown");
    expect((await shown())[0]).toMatchObject({
      type: "location",
      place: { latitude: 41.9, longitude: 12.5, name: "Station" },
    });
  });

  test("a guest who does not wait is answered when WhatsApp has it; what the phone does not show is refused all the same", async () => {
    const open = await acts({ type: "text", text: "Hello", wait: false });
    expect([open.status, open.json]).toEqual([202, {}]);
    const refused = await acts({ type: "button", id: "nothing", wait: false });
    expect([refused.status, refused.json.error.code]).toEqual([422, "option_unknown"]);
  });

  test("a guest is called something else, and keeps number and id", async () => {
    const is = (body: object) => post(`/guests/${GUEST}/identity`, body);
    const { json } = await is({ name: "Ada" });
    expect(json.identity).toEqual({ name: "Ada", waId: GUEST, bsuid: `US.${GUEST}` });
    await acts({ text: "Hello" });
    expect(hotel.heard.at(-1)!.value["contacts"][0].profile.name).toBe("Ada");
    for (const name of ["", " ", "a".repeat(61), 7]) expect((await is({ name })).status).toBe(400);
  });

  test("a guest wants no marketing, and the host hears so", async () => {
    const prefers = (body: object) => post(`/guests/${GUEST}/preferences`, body);
    expect(await prefers({ hotel: "grand", marketing: "stop" })).toEqual({ status: 200, json: {} });
    expect(hotel.heard).toMatchObject([
      { field: "user_preferences", value: { user_preferences: [{ value: "stop" }] } },
    ]);
    await prefers({ hotel: "grand", marketing: "resume" });
    expect(hotel.heard.at(-1)?.value["user_preferences"]).toMatchObject([{ value: "resume" }]);
    expect((await prefers({ hotel: "ritz", marketing: "stop" })).status).toBe(404);
    expect((await prefers({ hotel: "grand", marketing: "more" })).status).toBe(400);
  });

  test("a guest hides the phone, and takes another number with another id: hotels that they wrote to hear so", async () => {
    await acts({ text: "Hello" });
    const is = (body: object) => post(`/guests/${GUEST}/identity`, body);
    const { json } = await is({ hidesPhone: true });
    expect(json).toMatchObject({ wamids: [], identity: { waId: GUEST, bsuid: `US.${GUEST}` } });
    await acts({ text: "Guess who" });
    expect(last()).not.toHaveProperty("from");
    await is({ hidesPhone: false });
    const moved = await is({ phone: "12025550151" });
    expect(moved.json.identity).toMatchObject({ waId: "12025550151", bsuid: "US.12025550151" });
    expect(last()).toMatchObject({ id: moved.json.wamids[0], system: { type: "user_changed_number" } });
    expect((await is({ phone: "soon" })).status).toBe(400);
    expect((await is({})).status).toBe(400);
  });

  test("a guest sends what WhatsApp does not hand over", async () => {
    await acts({ type: "unsupported", text: "poll" });
    expect(last()).toMatchObject({ unsupported: { type: "poll" }, errors: [{ code: 131051 }] });
    await acts({ type: "unsupported" });
    expect(last()).not.toHaveProperty("unsupported");
  });

  test("README.md tells of every route that there is, and of no other", () => {
    const readme = readFileSync(new URL("../../examples/express-hotel/README.md", import.meta.url), "utf8");
    const told = [...readme.matchAll(/^\| `((?:GET|POST) \/simulator[^`?]*)/gm)].map(([, route]) => route);
    const clock = { now: () => new Date(), aheadMs: 0, pass: () => undefined };
    // Nothing is asked of it here.
    const hotelProcess = {} as Supervisor;
    const around = { hotel: hotelProcess, way: door(() => null), clock, changed: () => undefined };
    const routers = [simulatorRouter(whatsapp), streetRouter(around)] as unknown as {
      stack: { route?: { path: string; methods: Record<string, boolean> } }[];
    }[];
    const there = routers
      .flatMap(({ stack }) => stack)
      .flatMap(({ route }) =>
        route === undefined
          ? []
          : Object.keys(route.methods).map((method) => `${method.toUpperCase()} /simulator${route.path}`),
      );
    expect(told.sort()).toEqual(there.sort());
  });

  test("Meta approves a template, pauses it and changes its category", async () => {
    const arrival = { name: "arrival", language: "en", components: [{ type: "BODY", text: "Welcome!" }] };
    expect((await post("/templates", arrival)).json).toMatchObject({ ...arrival, status: "APPROVED" });
    const sent = await send(whatsapp, { type: "template", template: { name: "arrival", language: { code: "en" } } });
    expect(sent.status).toBe(200);
    expect((await post("/templates/arrival/status", { language: "en", status: "PAUSED" })).status).toBe(200);
    expect(hotel.heard.at(-1)).toMatchObject({ field: "message_template_status_update", value: { event: "PAUSED" } });
    expect((await post("/templates/arrival/category", { language: "en", category: "MARKETING" })).status).toBe(200);
    expect(hotel.heard.at(-1)).toMatchObject({
      field: "template_category_update",
      value: { previous_category: "UTILITY", new_category: "MARKETING" },
    });
    const unknown = await post("/templates/arrival/status", { language: "it", status: "PAUSED" });
    expect(unknown).toMatchObject({ status: 422, json: { error: { code: "template_unknown" } } });
    expect((await post("/templates", { name: "arrival" })).status).toBe(400);
    expect((await post("/templates/arrival/status", { language: "en" })).status).toBe(400);
    expect((await post("/templates/arrival/category", { language: "en", category: "PLEASANT" })).status).toBe(400);
  });
});
