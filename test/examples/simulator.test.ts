import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { simulatorRouter } from "../../examples/express-hotel/simulator.js";
import type { FakeWhatsApp } from "../../src/testing/index.js";
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
    // What nobody has brought is told of as before, without a file.
    await acts({ type: "video", text: "Look" });
    expect(last().video).toEqual({ caption: "Look" });
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
    const { stack } = simulatorRouter(whatsapp) as unknown as {
      stack: { route?: { path: string; methods: Record<string, boolean> } }[];
    };
    const there = stack.flatMap(({ route }) =>
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
