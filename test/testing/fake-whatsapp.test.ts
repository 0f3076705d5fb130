import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { fakeWhatsApp } from "../../src/testing/index.js";

const NUMBER = "200000000000001";
const GUEST = "12025550101";

describe("the WhatsApp for tests", () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** A WhatsApp before a host that answers like this. */
  async function whatsappBefore(host: RequestListener) {
    const server = createServer(host).listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    const webhookUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hooks/whatsapp?x=1`;
    const whatsapp = await fakeWhatsApp({ appSecret: "secret", webhookUrl, reports: [] });
    ends.push(() => whatsapp.close());
    return whatsapp;
  }
  const answering =
    (status: number, body = ""): RequestListener =>
    (_request, response) => {
      response.writeHead(status).end(body);
    };

  test("a guest whom the host refuses says so at once, in the host's words", async () => {
    const error = { code: "signature_invalid", message: "Compare the secrets." };
    const refusing = await whatsappBefore(answering(401, JSON.stringify({ error })));
    await expect(refusing.guest(GUEST).says(NUMBER, "hello")).rejects.toThrow(
      "The webhook at /hooks/whatsapp answered 401 signature_invalid: Compare the secrets.",
    );
    const elsewhere = await whatsappBefore(answering(404, "Cannot POST /hooks/whatsapp"));
    await expect(elsewhere.guest(GUEST).says(NUMBER, "hello")).rejects.toThrow("answered 404 Cannot POST");
  });

  test("a host that is busy hears the guest again until it listens", async () => {
    const answers = [503, 429, 200];
    const whatsapp = await whatsappBefore((_request, response) => response.writeHead(answers.shift() ?? 500).end());
    expect(await whatsapp.guest(GUEST).says(NUMBER, "hello")).toMatch(/^wamid\./);
    expect(answers).toEqual([]);
  });

  test("a tap on what the phone does not show says what it shows", async () => {
    const whatsapp = await whatsappBefore(answering(200));
    const guest = whatsapp.guest(GUEST);
    await expect(guest.taps(NUMBER, "Spa")).rejects.toThrow('The phone shows no option "Spa"; it shows: (nothing yet)');
    const buttons = ["Yes", "No"].map((title) => ({ type: "reply", reply: { id: title, title } }));
    await sent(whatsapp.graphUrl, { type: "interactive", interactive: { type: "button", action: { buttons } } });
    await expect(guest.taps(NUMBER, "Spa")).rejects.toThrow('it shows: "Yes", "No"');
  });

  test("ticks only rise on a phone, whatever is reported late", async () => {
    const whatsapp = await whatsappBefore(answering(200));
    await sent(whatsapp.graphUrl, { type: "text", text: { body: "From seven to ten." } });
    const [message] = whatsapp.accepted;
    for (const status of ["read", "delivered", "sent"] as const) await whatsapp.report(message!, status);
    expect(whatsapp.phone(GUEST, NUMBER)).toMatchObject([{ status: "read" }]);
  });

  const sent = (graphUrl: string, body: object) =>
    fetch(`${graphUrl}/v25.0/${NUMBER}/messages`, {
      method: "POST",
      headers: { authorization: "Bearer any", "content-type": "application/json" },
      body: JSON.stringify({ to: GUEST, ...body }),
    });
});
