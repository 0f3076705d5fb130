import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { cloudApi } from "../../src/whatsapp/cloud-api.js";
import type { OutgoingMessage, SendResult, Transport } from "../../src/ports/transport.js";
import { fakeWhatsApp, type FakeWhatsApp, type Fault } from "../../src/testing/index.js";

const message: OutgoingMessage = {
  number: { phoneNumberId: "2000", accessToken: "secret-token" },
  to: { kind: "waId", value: "12025550101" },
  content: { type: "text", text: "Good morning" },
  correlationId: "msg_1",
  quotedWamid: null,
};

describe("a send to WhatsApp has three results (M4)", () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function whatsApp(...faults: Fault[]): Promise<{ fake: FakeWhatsApp; transport: Transport }> {
    const fake = await fakeWhatsApp({ appSecret: "secret", webhookUrl: "http://127.0.0.1:9/", reports: [] });
    ends.push(() => fake.close());
    fake.fail(...faults);
    const transport = cloudApi({ graphUrl: fake.graphUrl, deadlineMs: 400 });
    ends.push(() => transport.close?.() ?? Promise.resolve());
    return { fake, transport };
  }
  const summary = (result: SendResult): string =>
    result.outcome === "rejected" && result.retry !== null ? "rejected, to be tried again" : result.outcome;

  test("accepted: WhatsApp names the message, and heard our id for it", async () => {
    const { fake, transport } = await whatsApp();
    const result = await transport.send(message);
    expect(result).toEqual({ outcome: "accepted", wamid: fake.accepted[0]?.wamid });
    expect(fake.accepted[0]).toMatchObject({ phoneNumberId: "2000", address: "+12025550101", correlationId: "msg_1" });
  });

  test.each<[string, Fault, string, number]>([
    ["WhatsApp takes it and never answers (F45, M13)", { kind: "silence" }, "unknown", 1],
    ["WhatsApp takes it and cuts the connection (F47)", { kind: "reset" }, "unknown", 1],
    ["WhatsApp takes it and answers a byte at a time (F53)", { kind: "drip" }, "unknown", 1],
    ["WhatsApp takes it and answers broken JSON (F52)", { kind: "badJson" }, "unknown", 1],
    ["WhatsApp takes it and answers ten megabytes (F52)", { kind: "huge" }, "unknown", 1],
    ["a gateway answers HTML (F48)", { kind: "html" }, "unknown", 0],
    ["something redirects (F54)", { kind: "redirect" }, "rejected", 0],
    [
      "the throughput is reached (F49)",
      { kind: "error", status: 429, code: 130429, retryAfter: 2 },
      "rejected, to be tried again",
      0,
    ],
    ["the window is closed (F50)", { kind: "error", status: 400, code: 131047 }, "rejected", 0],
    ["the token has expired (F51)", { kind: "error", status: 401, code: 190 }, "rejected", 0],
  ])("%s", async (_, fault, expected, taken) => {
    const { fake, transport } = await whatsApp(fault);
    expect(summary(await transport.send(message))).toBe(expected);
    expect(fake.accepted).toHaveLength(taken);
    // One attempt a call: nothing is retried behind our back.
    expect(fake.requests).toBe(1);
  });

  test("content that WhatsApp cannot carry is refused before the network, as proven unsent: a send never throws", async () => {
    const { fake, transport } = await whatsApp();
    const button = { id: "bar", title: "Bar" };
    const content = { type: "buttons", text: "Which one?", buttons: [button, button] } as const;
    const result = await transport.send({ ...message, content });
    expect(result).toMatchObject({ outcome: "rejected", failure: { code: "content_invalid" }, retry: null });
    expect(fake.requests).toBe(0);
  });

  test("a refused connection and a name that does not exist are proven unsent (F46)", async () => {
    for (const graphUrl of ["http://127.0.0.1:9", "http://no-such-host.invalid"]) {
      const transport = cloudApi({ graphUrl, deadlineMs: 2_000 });
      expect(summary(await transport.send(message))).toBe("rejected, to be tried again");
      await transport.close?.();
    }
  });

  test("TLS that cannot be agreed upon is proven unsent: nothing was written (F46)", async () => {
    const plain = createTcpServer((socket) => {
      socket.on("error", () => undefined).end("not TLS\n", () => socket.destroy());
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    ends.push(() => new Promise((resolve) => plain.close(resolve)));
    const transport = cloudApi({
      graphUrl: `https://127.0.0.1:${String((plain.address() as AddressInfo).port)}`,
      deadlineMs: 2_000,
    });
    expect(summary(await transport.send(message))).toBe("rejected, to be tried again");
    await transport.close?.();
  });

  test("a connection kept alive that WhatsApp has closed meanwhile loses nothing and doubles nothing (M13)", async () => {
    const { fake, transport } = await whatsApp();
    await transport.send(message);
    fake.fail({ kind: "reset" });
    expect(summary(await transport.send(message))).toBe("unknown");
    expect(summary(await transport.send(message))).toBe("accepted");
    expect(fake.accepted).toHaveLength(3);
  });

  test("no failure tells the token or the guest (T81)", async () => {
    const { transport } = await whatsApp({ kind: "error", status: 401, code: 190 });
    const said = JSON.stringify(await transport.send(message));
    expect(said).not.toContain("secret-token");
    expect(said).not.toContain("12025550101");
  });
});
