import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { cloudApi, type StaffPrincipal } from "belldesk";
import { memoryStorage } from "belldesk/memory";
import { fakeWhatsApp } from "belldesk/testing";
import express from "express";
import { expect, test, vi } from "vitest";
import { shadowDesk } from "./shadow.js";

const NUMBER = "200000000000001";
const WELCOME = "How can we help you?";
const staff: StaffPrincipal = { kind: "staff", id: "rita", role: "agent", hotels: { grand: "all" } };

test("guests go on with the old system; the desk hears the same, says nothing, and tells what it would have said", async () => {
  const app = express();
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const webhookUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/old/webhook`;
  const whatsapp = await fakeWhatsApp({ appSecret: "a-test-secret", webhookUrl });
  const { desk, mirror, oldSent, differences } = shadowDesk(
    {
      hotels: [
        {
          id: "grand",
          timeZone: "Europe/Rome",
          numbers: [{ phoneNumberId: NUMBER, accessToken: "any" }],
          departments: ["Reception", "Spa"].map((name) => ({ id: name.toLowerCase(), name })),
          texts: { menu: WELCOME },
        },
      ],
      storage: memoryStorage(),
      webhook: { appSecrets: ["a-test-secret"], verifyToken: "a-test-token" },
    },
    { reads: cloudApi({ graphUrl: whatsapp.graphUrl }) },
  );

  // The hand-made one: it welcomes whoever writes, also whoever writes again.
  const oldAnswers = express.Router().post("/", async (request, response) => {
    const { entry } = JSON.parse(String(request.body)) as Webhook;
    for (const { from } of entry.flatMap(({ changes }) => changes.flatMap(({ value }) => value.messages ?? []))) {
      await fetch(`${whatsapp.graphUrl}/v26.0/${NUMBER}/messages`, {
        method: "POST",
        headers: { authorization: "Bearer any", "content-type": "application/json" },
        body: JSON.stringify({ messaging_product: "whatsapp", to: from, type: "text", text: { body: WELCOME } }),
      });
      oldSent(NUMBER, from, WELCOME);
    }
    response.sendStatus(200);
  });
  app.use("/old/webhook", express.raw({ type: "*/*" }), mirror, oldAnswers);
  await desk.start();

  const [ines, tom] = [whatsapp.guest("12025550101"), whatsapp.guest("12025550102")];
  await ines.says(NUMBER, "Hello");
  await tom.says(NUMBER, "Hello");
  await tom.says(NUMBER, "Is anybody there?");

  // The desk has all that guests wrote.
  await vi.waitFor(async () => {
    const { items } = await desk.as(staff).conversations();
    expect(items.map(({ lastMessagePreview, unread }) => [lastMessagePreview, unread]).sort()).toEqual(
      expect.arrayContaining([expect.arrayContaining([2]), expect.arrayContaining([1])]),
    );
  });
  // Both welcome Ines. The old one welcomes Tom twice, the desk once.
  await vi.waitFor(() => {
    expect(differences()).toEqual([{ phoneNumberId: NUMBER, to: "12025550102", onlyOld: [WELCOME], onlyDesk: [] }]);
  });
  // The desk's own answers reach nobody.
  const { id } = await vi.waitUntil(async () => (await desk.as(staff).conversations()).items[0]);
  await desk.as(staff).reply(id, { clientMessageId: "1", content: { type: "text", text: "From seven." } });
  await vi.waitFor(() => {
    expect(differences().flatMap(({ onlyDesk }) => onlyDesk)).toEqual(["From seven."]);
  });
  const shown = ["12025550101", "12025550102"].map((guest) => whatsapp.phone(guest, NUMBER).map(({ text }) => text));
  expect(shown).toEqual([
    ["Hello", WELCOME],
    ["Hello", WELCOME, "Is anybody there?", WELCOME],
  ]);

  await desk.stop();
  await whatsapp.close();
  server.close();
});

interface Webhook {
  readonly entry: { readonly changes: { readonly value: { readonly messages?: { readonly from: string }[] } }[] }[];
}
