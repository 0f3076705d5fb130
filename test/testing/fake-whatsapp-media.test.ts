import { createHash } from "node:crypto";
import { request } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { manualClock, type FakeWhatsApp } from "../../src/testing/index.js";
import { fixture } from "../whatsapp/fixtures.js";
import { ask, codeOf, FakeHotel, GUEST, NADIA, NUMBER, SEASIDE, send } from "./fake-hotel.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from("a leaking shower")]);
const digest = (encoding: "base64" | "hex") => createHash("sha256").update(JPEG).digest(encoding);

describe("the WhatsApp for tests keeps files for a while", () => {
  const hotel = new FakeHotel();
  afterEach(() => hotel.close());

  async function upload(fake: FakeWhatsApp, bytes: Buffer, type: string, more: Record<string, string> = {}) {
    const form = new FormData();
    for (const [key, value] of Object.entries({ messaging_product: "whatsapp", ...more })) form.append(key, value);
    form.append("file", new Blob([new Uint8Array(bytes)], { type }), "a.jpg");
    const headers = { authorization: "Bearer any" };
    const answer = await fetch(`${fake.graphUrl}/v26.0/${NUMBER}/media`, { method: "POST", body: form, headers });
    return (await answer.json()) as any;
  }
  const download = async (url: string, headers: Record<string, string> = {}) => {
    const whole = { authorization: "Bearer any", "user-agent": "belldesk", ...headers };
    const answer = await request(url, { headers: whole });
    return {
      status: answer.statusCode,
      bytes: Buffer.from(await answer.body.arrayBuffer()),
      type: answer.headers["content-type"],
    };
  };

  test("a guest's file comes in WhatsApp's shape, and can be fetched by its id and its link as it was", async () => {
    const whatsapp = await hotel.open();
    const caption = "The shower is leaking";
    const wamid = await whatsapp
      .guest(NADIA)
      .sendsFile(NUMBER, { kind: "image", bytes: JPEG, mimeType: "image/jpeg", caption });
    const [change] = hotel.heard;
    const [{ timestamp, image }] = change!.value["messages"];
    const shape = JSON.parse(fixture("webhooks", "image").toString()).entry[0].changes[0];
    Object.assign(shape.value.messages[0], { id: wamid, timestamp });
    Object.assign(shape.value.messages[0].image, { id: image.id, url: image.url, sha256: digest("base64") });
    expect(change).toEqual(shape);
    expect(whatsapp.phone(GUEST, NUMBER)).toMatchObject([{ type: "image", text: caption }]);

    expect(await download(image.url)).toEqual({ status: 200, bytes: JPEG, type: "image/jpeg" });
    const { json } = await ask(whatsapp, `${image.id}?phone_number_id=${NUMBER}`);
    expect(json).toEqual({
      messaging_product: "whatsapp",
      url: expect.stringContaining(whatsapp.graphUrl),
      mime_type: "image/jpeg",
      sha256: digest("hex"),
      file_size: JPEG.length,
      id: image.id,
    });
    expect((await download(json.url)).bytes).toEqual(JPEG);
  });

  test.each([
    ["audio_voice_note", { kind: "audio", mimeType: "audio/ogg; codecs=opus", voice: true }],
    [
      "document",
      {
        kind: "document",
        mimeType: "application/pdf",
        fileName: "booking-7741.pdf",
        caption: "My booking confirmation",
      },
    ],
    ["video", { kind: "video", mimeType: "video/mp4", caption: "Noise from the corridor" }],
    ["sticker", { kind: "sticker", mimeType: "image/webp" }],
  ] as const)("a guest's %s has what WhatsApp's has", async (name, file) => {
    const whatsapp = await hotel.open();
    await whatsapp.guest(NADIA).sendsFile(NUMBER, { ...file, bytes: JPEG });
    const told = hotel.heard[0]!.value["messages"][0][file.kind];
    const shape = JSON.parse(fixture("webhooks", name).toString()).entry[0].changes[0].value.messages[0][file.kind];
    expect(told).toEqual({ ...shape, id: told.id, url: told.url, sha256: digest("base64") });
  });

  test("a link lives 5 minutes, a guest's file 7 days, an uploaded one 30 days", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock });
    const uploaded = await upload(whatsapp, JPEG, "image/jpeg");
    await whatsapp.guest(NADIA).sendsFile(NUMBER, { kind: "image", bytes: JPEG, mimeType: "image/jpeg" });
    const { id, url } = hotel.heard[0]!.value["messages"][0].image;
    clock.advance(5 * MINUTE_MS - 1);
    expect((await download(url)).status).toBe(200);
    clock.advance(1);
    expect((await download(url)).status).toBe(404);
    const resolved = async (file: string) => codeOf(await ask(whatsapp, file));
    clock.advance(7 * DAY_MS - 5 * MINUTE_MS - 1);
    expect([await resolved(id), await resolved(uploaded.id)]).toEqual([null, null]);
    clock.advance(1);
    expect([await resolved(id), await resolved(uploaded.id)]).toEqual([100, null]);
    clock.advance(23 * DAY_MS);
    expect(await resolved(uploaded.id)).toBe(100);
  });

  test("nobody fetches a file without the token, with another's link, or without saying who asks; no number another's", async () => {
    const whatsapp = await hotel.open();
    await whatsapp.guest(NADIA).sendsFile(NUMBER, { kind: "image", bytes: JPEG, mimeType: "image/jpeg" });
    const { id, url } = hotel.heard[0]!.value["messages"][0].image;
    whatsapp.revokeToken("revoked");
    expect((await download(url, { authorization: "" })).status).toBe(404);
    expect((await download(url, { authorization: "Bearer revoked" })).status).toBe(404);
    expect((await download(url.replace(/hash=./, "hash=_"))).status).toBe(404);
    const nameless = await request(url, { headers: { authorization: "Bearer any" } });
    expect([nameless.statusCode, nameless.headers["content-type"]]).toEqual([400, "text/html"]);
    await nameless.body.dump();
    expect(codeOf(await ask(whatsapp, `${id}?phone_number_id=${SEASIDE}`))).toBe(100);
    expect(codeOf(await ask(whatsapp, "399?phone_number_id=1"))).toBe(100);
  });

  test("an uploaded picture can be sent, and after it is deleted no more: the message fails (131053)", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, window: "open", reports: ["sent"] });
    const json = await upload(whatsapp, JPEG, "image/jpeg");
    const picture = (more = {}) =>
      send(whatsapp, { type: "image", image: { id: json.id, caption: "Our pool" }, ...more });
    await picture();
    expect(whatsapp.phone(GUEST, NUMBER)).toMatchObject([{ type: "image", text: "Our pool" }]);
    // Another number's, and as what it is not.
    await send(whatsapp, { type: "image", image: { id: json.id } }, { number: SEASIDE });
    await send(whatsapp, { type: "video", video: { id: json.id } });
    expect((await ask(whatsapp, json.id, { method: "DELETE" })).json).toEqual({ success: true });
    expect(codeOf(await ask(whatsapp, json.id, { method: "DELETE" }))).toBe(100);
    await picture();
    await send(whatsapp, { type: "image", image: { link: "http://example.com/a.jpg" } });
    clock.advance(1_000);
    await whatsapp.settled();
    const said = hotel.heard.flatMap(({ value }) => value["statuses"]);
    const codes = whatsapp.accepted.map(({ wamid }) => said.find(({ id }) => id === wamid).errors?.[0].code ?? null);
    expect(codes).toEqual([null, 131053, 131053, 131053, 131053]);
  });

  test.each([
    ["a picture of 5 MB", 5_000_000, "image/png", null],
    ["a picture of more", 5_000_001, "image/png", 131053],
    ["an audio of 16 MB", 16_000_000, "audio/ogg", null],
    ["an audio of more", 16_000_001, "audio/ogg", 131053],
    ["a video of more than 16 MB", 16_000_001, "video/mp4", 131053],
    ["a sticker of 500 KB", 500_000, "image/webp", null],
    ["a sticker of more", 500_001, "image/webp", 131053],
    ["a document of more than a picture has", 5_000_001, "application/pdf", null],
    ["a page", 10, "text/html", 131053],
    ["nothing", 0, "image/png", 131053],
  ])("%s is uploaded or not", async (_, size, type, code) => {
    const whatsapp = await hotel.open();
    const json = await upload(whatsapp, Buffer.alloc(size), type);
    expect(json.error?.code ?? null).toBe(code);
    if (code === null) expect(json).toEqual({ id: expect.stringMatching(/^\d{15}$/) });
  });

  test("an upload that is none says what it lacks", async () => {
    const whatsapp = await hotel.open();
    expect((await upload(whatsapp, JPEG, "image/jpeg", { messaging_product: "other" })).error.code).toBe(100);
    expect(codeOf(await ask(whatsapp, `${NUMBER}/media`, { method: "POST", body: { file: "x" } }))).toBe(100);
  });

  test("a guest's file is there after a restart too", async () => {
    const clock = manualClock(NOON);
    const first = await hotel.open({ clock });
    await first.guest(NADIA).sendsFile(NUMBER, { kind: "image", bytes: JPEG, mimeType: "image/jpeg" });
    const { id } = hotel.heard[0]!.value["messages"][0].image;
    const second = await hotel.open({ clock, snapshot: first.snapshot() });
    const { json } = await ask(second, id);
    expect((await download(json.url)).bytes).toEqual(JPEG);
    await second.guest(NADIA).sendsFile(NUMBER, { kind: "image", bytes: JPEG, mimeType: "image/jpeg" });
    expect(hotel.heard.at(-1)!.value["messages"][0].image.id).not.toBe(id);
  });
});
