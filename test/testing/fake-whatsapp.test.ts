import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { fakeWhatsApp, type FakeWhatsApp, type FakeWhatsAppOptions } from "../../src/testing/index.js";

const NUMBER = "200000000000001";
const GUEST = "12025550101";

describe("the WhatsApp for tests", () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** A WhatsApp before a host that answers like this. */
  async function whatsappBefore(host: RequestListener, options: Partial<FakeWhatsAppOptions> = {}) {
    const server = createServer(host).listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    const webhookUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hooks/whatsapp?x=1`;
    const whatsapp = await fakeWhatsApp({ appSecret: "secret", webhookUrl, reports: [], window: "open", ...options });
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
    const body = { text: "Would you like a towel?" };
    await sent(whatsapp.graphUrl, { type: "interactive", interactive: { type: "button", body, action: { buttons } } });
    await expect(guest.taps(NUMBER, "Spa")).rejects.toThrow('it shows: "Yes", "No"');
  });

  test("ticks only rise on a phone, whatever is reported late", async () => {
    const whatsapp = await whatsappBefore(answering(200));
    await sent(whatsapp.graphUrl, { type: "text", text: { body: "From seven to ten." } });
    const [message] = whatsapp.accepted;
    for (const status of ["read", "delivered", "sent"] as const) await whatsapp.report(message!, status);
    expect(whatsapp.phone(GUEST, NUMBER)).toMatchObject([{ status: "read" }]);
  });

  test("what the host had not heard when WhatsApp closed it hears when WhatsApp opens again, a guest's messages in their order", async () => {
    const heard: string[] = [];
    const hears: RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => {
          heard.push(...idsIn(JSON.parse(Buffer.concat(chunks).toString())));
          response.end();
        });
    };
    let kept = "";
    const onChange = (whatsapp: Pick<FakeWhatsApp, "snapshot">) => (kept = whatsapp.snapshot());
    const first = await whatsappBefore(answering(503), { reports: ["sent", "delivered", "read"], onChange });
    const said = ["one", "two", "three"].map((text) => first.guest(GUEST).says(NUMBER, text));
    const outcome = Promise.allSettled(said);
    await sent(first.graphUrl, { type: "text", text: { body: "From seven to ten." } });
    await first.close();
    expect((await outcome).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    const before = JSON.parse(kept) as { undelivered: object[] };
    expect(before.undelivered).toHaveLength(6);

    const second = await whatsappBefore(hears, { snapshot: kept, onChange });
    const later = await second.guest(GUEST).says(NUMBER, "four");
    const bubbles = second.phone(GUEST, NUMBER);
    const wamidOf = (text: string) => bubbles.find((bubble) => bubble.text === text)!.wamid;
    await vi.waitFor(() => expect(heard).toHaveLength(7));
    expect(heard.filter((id) => !id.includes(" "))).toEqual([wamidOf("one"), wamidOf("two"), wamidOf("three"), later]);
    const answer = wamidOf("From seven to ten.");
    expect(heard.filter((id) => id.includes(" "))).toEqual([`${answer} sent`, `${answer} delivered`, `${answer} read`]);
    expect(bubbles.map(({ status }) => status)).toEqual(["delivered", "delivered", "delivered", "read", "delivered"]);
    await vi.waitFor(() => expect((JSON.parse(kept) as { undelivered: object[] }).undelivered).toEqual([]));
  });

  /** A guest's message by its id, a report by the id and what it says. */
  function idsIn(webhook: unknown): string[] {
    interface Value {
      messages?: { id: string }[];
      statuses?: { id: string; status: string }[];
    }
    const { entry } = webhook as { entry: { changes: { value: Value }[] }[] };
    return entry
      .flatMap(({ changes }) => changes.map(({ value }) => value))
      .flatMap(({ messages = [], statuses = [] }) => [
        ...messages.map(({ id }) => id),
        ...statuses.map(({ id, status }) => `${id} ${status}`),
      ]);
  }

  const sent = (graphUrl: string, body: object) =>
    fetch(`${graphUrl}/v25.0/${NUMBER}/messages`, {
      method: "POST",
      headers: { authorization: "Bearer any", "content-type": "application/json" },
      body: JSON.stringify({ messaging_product: "whatsapp", to: GUEST, ...body }),
    });
});
