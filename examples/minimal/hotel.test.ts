import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { cloudApi, ConversationManager, type StaffPrincipal } from "belldesk";
import { webhookRouter } from "belldesk/express";
import { memoryStorage } from "belldesk/memory";
import { fakeWhatsApp } from "belldesk/testing";
import express from "express";
import { expect, test, vi } from "vitest";

const NUMBER = "200000000000001";
const GUEST = "12025550101";
const rita: StaffPrincipal = { kind: "staff", id: "rita", role: "agent", hotels: { grand: ["reception"] } };

test("a guest writes, chooses reception, is answered, and reads it", async () => {
  // The host posts to the fake and the fake to the host: the server comes first, as it has a port before it has a desk.
  const app = express();
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const webhookUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/webhooks/whatsapp`;
  const whatsapp = await fakeWhatsApp({ appSecret: "a-test-secret", webhookUrl });
  const departments = ["Reception", "Housekeeping"].map((name) => ({ id: name.toLowerCase(), name }));
  const numbers = [{ phoneNumberId: NUMBER, accessToken: "any" }];
  const desk = new ConversationManager({
    hotels: [{ id: "grand", timeZone: "Europe/Rome", numbers, departments }],
    storage: memoryStorage(),
    transport: cloudApi({ graphUrl: whatsapp.graphUrl }),
    webhook: { appSecrets: ["a-test-secret"], verifyToken: "a-test-token" },
  });
  app.use("/webhooks/whatsapp", webhookRouter(desk));
  await desk.start();

  const guest = whatsapp.guest(GUEST);
  await guest.says(NUMBER, "When is breakfast?");
  await vi.waitFor(() => guest.taps(NUMBER, "Reception")); // once the menu is on the phone
  const { id } = await vi.waitUntil(async () => (await desk.as(rita).conversations()).items[0]);
  await desk.as(rita).reply(id, { clientMessageId: "r1", content: { type: "text", text: "From seven to ten." } });
  await vi.waitFor(async () => {
    expect((await desk.as(rita).messages(id)).items[0]).toMatchObject({ status: "read", author: { id: "rita" } });
  });
  expect(whatsapp.phone(GUEST, NUMBER).at(-1)).toMatchObject({ text: "From seven to ten.", status: "read" });

  await desk.stop();
  await whatsapp.close();
  server.close();
});
