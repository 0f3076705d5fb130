import { cloudApi, ConversationManager, sign, type StaffPrincipal } from "belldesk";
import { deskClient, openConversations } from "belldesk/client";
import { memoryStorage } from "belldesk/memory";
import { fakeWhatsApp, type FakeWhatsApp } from "belldesk/testing";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hotelApp, listen } from "./app.ts";

const [NUMBER, GUEST] = ["200000000000001", "12025550101"];
const rita: StaffPrincipal = { kind: "staff", id: "rita", role: "agent", hotels: { grand: ["reception"] } };

let url = "";
let whatsapp: FakeWhatsApp;
let close: () => Promise<unknown>;
before(async () => {
  // The host posts to the fake and the fake to the host: a port first.
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  url = `http://127.0.0.1:${port}`;
  whatsapp = await fakeWhatsApp({ appSecret: "a-test-secret", webhookUrl: `${url}/webhooks/whatsapp` });
  const departments = [{ id: "reception", name: "Reception" }];
  const numbers = [{ phoneNumberId: NUMBER, accessToken: "any" }];
  const desk = new ConversationManager({
    hotels: [{ id: "grand", timeZone: "Europe/Rome", numbers, departments }],
    storage: memoryStorage(),
    transport: cloudApi({ graphUrl: whatsapp.graphUrl }),
    webhook: { appSecrets: ["a-test-secret"], verifyToken: "a-test-token" },
  });
  await desk.start();
  const signIn = (token: string | undefined) => (token === "ritas" ? rita : null);
  const app = hotelApp(desk, signIn);
  app.post("/bookings", async (c) => c.json(await c.req.json())); // the host's own
  const server = listen(app, desk, { port, signIn, allowedOrigins: [] });
  await once(server, "listening");
  const end = () => new Promise((resolve) => server.close(resolve));
  close = async () => {
    await desk.stop();
    await whatsapp.close();
    await end();
  };
});
after(() => close());

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
  assert.equal(answer.text, "From seven to ten.");
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
  assert.equal((await post(sign(body, "a-test-secret"))).status, 200);
  assert.equal((await post(sign(`${body} `, "a-test-secret"))).status, 401);
});

test("Meta's handshake is answered", async () => {
  const query = "hub.mode=subscribe&hub.verify_token=a-test-token&hub.challenge=4711";
  assert.equal(await (await fetch(`${url}/webhooks/whatsapp?${query}`)).text(), "4711");
});

test("nobody who is not signed in is told anything, and the host's own routes are as they were", async () => {
  assert.equal((await fetch(`${url}/api/conversations`)).status, 401);
  assert.equal((await fetch(`${url}/api/elsewhere`, { headers: { authorization: "Bearer ritas" } })).status, 404);
  const headers = { "content-type": "application/json" };
  const booked = await fetch(`${url}/bookings`, { method: "POST", body: '{"guest":"Ines"}', headers });
  assert.deepEqual(await booked.json(), { guest: "Ines" });
});
