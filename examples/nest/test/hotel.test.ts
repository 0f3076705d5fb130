import "reflect-metadata";
import { Module, type INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { cloudApi, sign, type StaffPrincipal } from "belldesk";
import { deskClient, openConversations } from "belldesk/client";
import { memoryStorage } from "belldesk/memory";
import { fakeWhatsApp, type FakeWhatsApp } from "belldesk/testing";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { BookingsController } from "../src/bookings.controller";
import { DeskModule, mountDesk } from "../src/desk.module";

const [NUMBER, GUEST] = ["200000000000001", "12025550101"];
const rita: StaffPrincipal = { kind: "staff", id: "rita", role: "agent", hotels: { grand: ["reception"] } };

let url = "";
let whatsapp: FakeWhatsApp;
let close: () => Promise<unknown>;
beforeAll(async () => {
  // The host posts to the fake and the fake to the host: a port first.
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  url = `http://127.0.0.1:${port}`;
  whatsapp = await fakeWhatsApp({ appSecret: "a-test-secret", webhookUrl: `${url}/webhooks/whatsapp` });
  const departments = [{ id: "reception", name: "Reception" }];
  const numbers = [{ phoneNumberId: NUMBER, accessToken: "any" }];
  @Module({
    imports: [
      DeskModule.with({
        hotels: [{ id: "grand", timeZone: "Europe/Rome", numbers, departments }],
        storage: memoryStorage(),
        transport: cloudApi({ graphUrl: whatsapp.graphUrl }),
        webhook: { appSecrets: ["a-test-secret"], verifyToken: "a-test-token" },
      }),
    ],
    controllers: [BookingsController],
  })
  class HotelModule {}
  const app: INestApplication = await NestFactory.create(HotelModule, { logger: false });
  mountDesk(app, (token) => (token === "ritas" ? rita : null), []);
  await app.listen(port, "127.0.0.1");
  close = async () => {
    await app.close(); // stops the desk
    await whatsapp.close();
  };
});
afterAll(() => close());

/** Asks again until there is an answer, for half a minute. */
async function eventually<T>(ask: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const answer = ask();
    if (answer !== undefined) return answer;
    await delay(50);
  }
  throw new Error("It never came.");
}

test("staff hear live what a guest writes, and the guest is answered", async () => {
  const client = deskClient({ baseUrl: `${url}/api`, token: "ritas" });
  client.connect();
  await eventually(() => (client.getState().connection.status === "live" ? true : undefined));
  await whatsapp.guest(GUEST).says(NUMBER, "When is breakfast?");
  const { id } = await eventually(() => openConversations(client.getState())[0]);
  client.open(id);
  client.reply(id, "From seven to ten.");
  const answer = await eventually(() => whatsapp.phone(GUEST, NUMBER).find(({ from }) => from === "hotel"));
  expect(answer.text).toBe("From seven to ten.");
  // Told live, by WhatsApp's report.
  await eventually(() => client.getState().threads[id]?.messages.find(({ status }) => status === "read"));
  client.close();
});

test("WhatsApp's signature is over the bytes as they came", async () => {
  // No parser gives these bytes back: spaces, an escape, a key twice.
  const body = '{ "object" : "whatsapp_business_account", "entry":[],  "entry" : [ ], "x": "\\u00e9" }\n';
  const post = (signature: string) =>
    fetch(`${url}/webhooks/whatsapp`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", "x-hub-signature-256": signature },
    });
  expect((await post(sign(body, "a-test-secret"))).status).toBe(200);
  expect((await post(sign(`${body} `, "a-test-secret"))).status).toBe(401);
});

test("Meta's handshake is answered", async () => {
  const query = "hub.mode=subscribe&hub.verify_token=a-test-token&hub.challenge=4711";
  expect(await (await fetch(`${url}/webhooks/whatsapp?${query}`)).text()).toBe("4711");
});

test("nobody who is not signed in is told anything, and what is nobody's address is none", async () => {
  expect((await fetch(`${url}/api/conversations`)).status).toBe(401);
  expect((await fetch(`${url}/api/elsewhere`, { headers: { authorization: "Bearer ritas" } })).status).toBe(404);
});

test("a controller of the hotel's own parses its body, and writes to the guest once", async () => {
  const client = deskClient({ baseUrl: `${url}/api`, token: "ritas", live: false });
  const [conversation] = (await client.api.conversations()).items;
  for (let times = 0; times < 2; times++) {
    const body = JSON.stringify({ conversationId: conversation?.id, room: "12" });
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${url}/bookings/b7/ready`, { method: "POST", body, headers })).status).toBe(201);
  }
  await eventually(() => whatsapp.phone(GUEST, NUMBER).find(({ text }) => text === "Your room 12 is ready."));
  expect(whatsapp.phone(GUEST, NUMBER).filter(({ from }) => from === "hotel")).toHaveLength(2);
});
