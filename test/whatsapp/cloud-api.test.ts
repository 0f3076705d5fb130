import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type LookupFunction, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { cloudApi, type CloudApiOptions } from "../../src/whatsapp/cloud-api.js";
import type { Logger, LogFields } from "../../src/ports/logger.js";
import type { OutgoingMessage, SendResult, Transport } from "../../src/ports/transport.js";
import { fakeWhatsApp, type FakeWhatsApp, type Fault } from "../../src/testing/index.js";

const message: OutgoingMessage = {
  number: { phoneNumberId: "2000", accessToken: "secret-token" },
  to: { kind: "waId", value: "12025550101" },
  content: { type: "text", text: "Good morning" },
  correlationId: "msg_1",
  quotedWamid: null,
  identityKeyHash: null,
};

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** On a port of 127.0.0.1 until the test ends. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

/** A Graph API that answers as it is told, and what it was asked. */
async function graph(answer: RequestListener) {
  const requests: IncomingMessage[] = [];
  const sockets = { opened: 0, open: 0 };
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    request.once("end", () => answer(request, response));
  });
  server.on("connection", (socket) => {
    sockets.opened += 1;
    sockets.open += 1;
    socket.once("close", () => {
      sockets.open -= 1;
    });
  });
  const port = await listening(server);
  ends.push(() => {
    server.closeAllConnections();
    return Promise.resolve();
  });
  return { graphUrl: `http://127.0.0.1:${String(port)}`, port, requests, sockets };
}

const ok: RequestListener = (_, response) => response.end('{"messages":[{"id":"wamid.1"}]}');

function api(options: CloudApiOptions): Transport {
  const transport = cloudApi({ deadlineMs: 2_000, ...options });
  ends.push(() => transport.close?.() ?? Promise.resolve());
  return transport;
}

describe("a send to WhatsApp has three results (M4)", () => {
  async function whatsApp(...faults: Fault[]): Promise<{ fake: FakeWhatsApp; transport: Transport }> {
    const fake = await fakeWhatsApp({
      appSecret: "secret",
      webhookUrl: "http://127.0.0.1:9/",
      reports: [],
      window: "open",
    });
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
    const port = await listening(
      createTcpServer((socket) => {
        socket.on("error", () => undefined).end("not TLS\n", () => socket.destroy());
      }),
    );
    const transport = api({ graphUrl: `https://127.0.0.1:${String(port)}` });
    expect(summary(await transport.send(message))).toBe("rejected, to be tried again");
  });

  test("so is a certificate that nobody vouches for: whoever has it sees no token (F46)", async () => {
    let heard = 0;
    const pem = readFileSync(join(import.meta.dirname, "../fixtures/self-signed.pem"));
    const port = await listening(createTlsServer({ key: pem, cert: pem }, () => (heard += 1)));
    const result = await api({ graphUrl: `https://127.0.0.1:${String(port)}` }).send(message);
    expect(result).toMatchObject({
      outcome: "rejected",
      failure: { code: "connect_depth_zero_self_signed_cert" },
      retry: { afterMs: null },
    });
    expect(heard).toBe(0);
  });

  test("so is a connection that comes to nothing before the deadline (F46)", async () => {
    const port = await listening(createTcpServer((socket) => void ends.push(() => Promise.resolve(socket.destroy()))));
    const result = await api({ graphUrl: `https://127.0.0.1:${String(port)}`, deadlineMs: 200 }).send(message);
    expect(result).toMatchObject({
      outcome: "rejected",
      failure: { code: "connect_timeout" },
      retry: { afterMs: null },
    });
  });

  test("so is a message that waited for a free socket until its deadline, and it does not leave afterwards", async () => {
    const { fake } = await whatsApp({ kind: "silence" });
    const transport = api({ graphUrl: fake.graphUrl, deadlineMs: 1_000, connections: 1 });
    const both = await Promise.all([transport.send(message), transport.send({ ...message, correlationId: "msg_2" })]);
    expect(both.map(summary)).toEqual(["unknown", "rejected, to be tried again"]);
    expect(summary(await transport.send({ ...message, correlationId: "msg_3" }))).toBe("accepted");
    expect(fake.accepted.map(({ correlationId }) => correlationId)).toEqual(["msg_1", "msg_3"]);
  });

  test("so is one whose socket is free only when nobody would wait for its answer any more: it would be of unknown fate", async () => {
    const { fake } = await whatsApp({ kind: "late", afterMs: 950 });
    const transport = api({ graphUrl: fake.graphUrl, deadlineMs: 1_000, connections: 1 });
    const [, second] = await Promise.all([
      transport.send(message),
      transport.send({ ...message, correlationId: "msg_2" }),
    ]);
    expect(summary(second)).toBe("rejected, to be tried again");
    expect(fake.accepted.map(({ correlationId }) => correlationId)).toEqual(["msg_1"]);
  });

  test("a token that no header can carry is refused before the network, and waits for a new one", async () => {
    const { fake, transport } = await whatsApp();
    for (const accessToken of ["", "two\nlines", "a space", "ünicode"]) {
      const result = await transport.send({ ...message, number: { phoneNumberId: "2000", accessToken } });
      expect(result).toMatchObject({
        outcome: "rejected",
        failure: { code: "token_invalid" },
        retry: null,
        pauses: { scope: "token", ends: "repair" },
      });
    }
    expect(fake.requests).toBe(0);
  });

  test("an id of a number that is none breaks nothing", async () => {
    const { requests, graphUrl } = await graph((_, response) => {
      response.writeHead(400).end('{"error":{"code":33}}');
    });
    for (const phoneNumberId of ["../../elsewhere?", "\ud800", "a/b#c"]) {
      const number = { phoneNumberId, accessToken: "secret-token" };
      expect(summary(await api({ graphUrl }).send({ ...message, number }))).toBe("rejected");
    }
    expect(requests.map(({ url }) => url)).toEqual([
      "/v26.0/..%2F..%2Felsewhere%3F/messages",
      "/v26.0/%EF%BF%BD/messages",
      "/v26.0/a%2Fb%23c/messages",
    ]);
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

describe("a call to WhatsApp", () => {
  test("uses a connection again: a hundred messages, one after the other, need two, as each rests for a moment", async () => {
    const { graphUrl, sockets } = await graph(ok);
    const transport = api({ graphUrl });
    for (let i = 0; i < 100; i++) expect(await transport.send(message)).toMatchObject({ outcome: "accepted" });
    expect(sockets.opened).toBeLessThanOrEqual(2);
  });

  test("opens no more connections than it was told, however many messages leave at once", async () => {
    const { graphUrl, sockets } = await graph(ok);
    const transport = api({ graphUrl, connections: 5 });
    const sent = await Promise.all(Array.from({ length: 200 }, () => transport.send(message)));
    expect(sent.filter(({ outcome }) => outcome === "accepted")).toHaveLength(200);
    expect(sockets.opened).toBe(5);
  });

  test("lets go of its connections when closed, and opens new ones when it is needed again", async () => {
    const { graphUrl, sockets } = await graph(ok);
    const transport = api({ graphUrl });
    await transport.send(message);
    await transport.close?.();
    await expect.poll(() => sockets.open).toBe(0);
    expect(await transport.send(message)).toMatchObject({ outcome: "accepted" });
    expect(sockets.opened).toBe(2);
  });

  test.each([301, 302, 303, 307, 308])("follows no redirect: a %i takes the token nowhere (F54)", async (status) => {
    const elsewhere = await graph(ok);
    const { graphUrl, requests } = await graph((_, response) => {
      response.writeHead(status, { location: `${elsewhere.graphUrl}/v26.0/2000/messages` }).end();
    });
    expect(await api({ graphUrl }).send(message)).toMatchObject({
      outcome: "rejected",
      failure: { code: "redirected" },
    });
    expect(requests).toHaveLength(1);
    expect(elsewhere.sockets.opened).toBe(0);
  });

  test("reads no more than 64 KiB of an answer, and cuts what has no end (F52)", async () => {
    const MOST = 64 * 1024;
    const padded = (size: number): string => '{"messages":[{"id":"wamid.1"}]}'.padEnd(size);
    const lengths = [MOST, MOST + 1];
    const finite = await graph((_, response) => response.end(padded(lengths.shift() ?? 0)));
    const transport = api({ graphUrl: finite.graphUrl });
    expect(await transport.send(message)).toEqual({ outcome: "accepted", wamid: "wamid.1" });
    expect(await transport.send(message)).toMatchObject({ outcome: "unknown", failure: { code: "answer_too_long" } });

    let cut = (): void => undefined;
    const gone = new Promise<void>((resolve) => (cut = resolve));
    const endless = await graph((request, response) => {
      const more = (): void => {
        while (response.write("x".repeat(MOST)));
      };
      response.on("drain", more).once("close", cut);
      more();
      request.socket.on("error", () => undefined);
    });
    const result = await api({ graphUrl: endless.graphUrl, deadlineMs: 10_000 }).send(message);
    expect(result).toMatchObject({ outcome: "unknown", failure: { code: "answer_too_long" } });
    await gone;
  });

  test.each<[string, RequestListener]>([
    ["headers", (request) => drip(request, "HTTP/1.1 200 OK\r\nx-pad: ")],
    ["an answer", (request) => drip(request, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")],
  ])("waits for %s that come a byte at a time no longer than its deadline (F53)", async (_, answer) => {
    const { graphUrl } = await graph(answer);
    const since = performance.now();
    expect(await api({ graphUrl, deadlineMs: 300 }).send(message)).toMatchObject({ outcome: "unknown" });
    expect(performance.now() - since).toBeGreaterThan(290);
    expect(performance.now() - since).toBeLessThan(2_000);
  });
  function drip({ socket }: IncomingMessage, start: string): void {
    socket.write(start);
    const drops = setInterval(() => socket.write("x"), 20);
    socket.once("close", () => clearInterval(drops)).on("error", () => undefined);
  }

  test("is to the version of the Graph API that the host names", async () => {
    const { graphUrl, requests } = await graph(ok);
    await api({ graphUrl }).send(message);
    await api({ graphUrl: `${graphUrl}/through/a/gateway/`, version: "v25.0" }).send(message);
    expect(requests.map(({ url }) => url)).toEqual(["/v26.0/2000/messages", "/through/a/gateway/v25.0/2000/messages"]);
  });

  test("proves that it comes from the app, where the host gives the app's secret; the token itself stays in its header", async () => {
    const { graphUrl, requests } = await graph(ok);
    const transport = api({ graphUrl, appSecret: "app-secret" });
    for (const accessToken of ["first", "second", "first"])
      await transport.send({ ...message, number: { phoneNumberId: "2000", accessToken } });
    const proof = (token: string) => createHmac("sha256", "app-secret").update(token).digest("hex");
    expect(requests.map(({ url }) => url)).toEqual(
      ["first", "second", "first"].map((token) => `/v26.0/2000/messages?appsecret_proof=${proof(token)}`),
    );
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer first",
      "Bearer second",
      "Bearer first",
    ]);
  });

  test("fails without telling the proof (T81)", async () => {
    const { graphUrl } = await graph((_, response) => response.writeHead(400).end('{"error":{"code":190}}'));
    for (const url of [graphUrl, "http://127.0.0.1:9"]) {
      const said = JSON.stringify(await api({ graphUrl: url, appSecret: "app-secret" }).send(message));
      expect(said).not.toContain(createHmac("sha256", "app-secret").update("secret-token").digest("hex"));
    }
  });

  test.each([
    "",
    "graph.facebook.com",
    "ftp://graph.facebook.com",
    "https://a:b@graph.facebook.com",
    "https://x/?a=b",
    "https://x/#a",
  ])("to %j is none that can be made: the host hears so at once", (graphUrl) => {
    expect(() => cloudApi({ graphUrl })).toThrow(expect.objectContaining({ code: "config_invalid" }));
  });
});

describe("an account's templates", () => {
  const read = async (answer: RequestListener, options: CloudApiOptions = {}, accessToken = "secret-token") => {
    const { graphUrl, requests } = await graph(answer);
    const number = { phoneNumberId: "2000", accessToken };
    const items: unknown[] = [];
    const reading = async () => {
      for await (const item of api({ graphUrl, ...options }).templates!({ number, accountId: "1000" }))
        items.push(item);
    };
    return {
      items,
      requests,
      failure: await reading().then(
        () => null,
        (error: unknown) => error,
      ),
    };
  };
  const page = (data: unknown, paging?: object): string => JSON.stringify({ data, paging });

  test("come page by page, by the cursor; the address of the next page, with the token in it, is not called", async () => {
    const next = "https://elsewhere.example/?access_token=secret-token";
    const pages = [
      page([{ name: "a" }, { name: "b" }], { cursors: { after: "x=&y" }, next }),
      page([], { cursors: { after: "z" }, next }),
      page([{ name: "c" }], { cursors: { after: "z" } }),
    ];
    const { items, requests, failure } = await read((_, response) => response.end(pages.shift()), {
      appSecret: "app-secret",
    });
    expect(failure).toBe(null);
    expect(items).toEqual([{ name: "a" }, { name: "b" }, { name: "c" }]);
    const proof = createHmac("sha256", "app-secret").update("secret-token").digest("hex");
    const path = `/v26.0/1000/message_templates?appsecret_proof=${proof}`;
    expect(requests.map(({ url }) => url)).toEqual([path, `${path}&after=x%3D%26y`, `${path}&after=z`]);
    for (const { method, headers } of requests)
      expect([method, headers.authorization]).toEqual(["GET", "Bearer secret-token"]);
  });

  test("may be longer than the answer to a send", async () => {
    const long = Array.from({ length: 100 }, () => ({ name: "a", text: "x".repeat(5_000) }));
    expect((await read((_, response) => response.end(page(long)))).items).toHaveLength(100);
  });

  test.each<[string, RequestListener, string]>([
    [
      "is refused",
      (_, response) => response.writeHead(400).end('{"error":{"code":190,"message":"secret-token"}}'),
      "graph_190",
    ],
    ["is a gateway's", (_, response) => response.writeHead(502).end("<html>"), "http_502"],
    [
      "leads elsewhere",
      (_, response) => response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
      "redirected",
    ],
    ["holds no list", (_, response) => response.end('{"data":{}}'), "page_invalid"],
    ["is no JSON", (_, response) => response.end('{"data":['), "page_invalid"],
    [
      "has more behind it and no cursor",
      (_, response) => response.end(page([], { next: "https://x" })),
      "page_invalid",
    ],
    [
      "turns in a circle",
      (_, response) => response.end(page([], { next: "https://x", cursors: { after: "x" } })),
      "page_invalid",
    ],
    ["is too long", (_, response) => response.end(page(["x".repeat(1_100_000)])), "answer_too_long"],
    ["does not come", (request) => request.socket.destroy(), "no_answer"],
  ])("are not had when an answer %s, and the failure tells nothing of the token", async (_, answer, failure) => {
    const said = await read(answer);
    expect(said.failure).toMatchObject({ code: "template_list_failed", details: { failure } });
    expect(JSON.stringify(said.failure) + String(said.failure)).not.toContain("secret-token");
  });

  test("are not asked for with a token that no header can carry", async () => {
    const { requests, failure } = await read((_, response) => response.end(page([])), {}, "two\nlines");
    expect(failure).toMatchObject({ details: { failure: "http_401" } });
    expect(requests).toEqual([]);
  });
});

describe("WhatsApp's name that leads into the hotel's own network (F59)", () => {
  const leadingTo =
    (...answers: string[]): LookupFunction =>
    (_, options, callback) => {
      const address = answers.length > 1 ? answers.shift()! : answers[0]!;
      const family = address === "8.8.8.8" ? 6 : 4;
      if (options.all === true) callback(null, [{ address, family }]);
      else callback(null, address, family);
    };
  function journal() {
    const errors: LogFields[] = [];
    const nothing = (): void => undefined;
    const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error: (fields) => errors.push(fields) };
    return { errors, logger };
  }

  test("is refused and tried again later; the hotel hears of it once, and nothing is connected to", async () => {
    const inside = await graph(ok);
    const { errors, logger } = journal();
    const graphUrl = `http://graph.example:${String(inside.port)}`;
    const transport = api({ graphUrl, lookup: leadingTo("127.0.0.1"), logger });
    for (let i = 0; i < 3; i++) {
      expect(await transport.send(message)).toMatchObject({
        outcome: "rejected",
        failure: { code: "address_private" },
        retry: { afterMs: null },
      });
    }
    expect(inside.sockets.opened).toBe(0);
    expect(errors).toEqual([{ code: "address_private", host: "graph.example" }]);
  });

  test("is told of again when it had been right in between", async () => {
    const { errors, logger } = journal();
    // The third answer is a public address, of the wrong family, so that no socket comes of it.
    const lookup = leadingTo("10.0.0.1", "255.255.255.255", "8.8.8.8", "10.0.0.1");
    const transport = api({ graphUrl: "http://graph.example:1", lookup, logger });
    const codes: string[] = [];
    for (let i = 0; i < 4; i++) {
      const result = await transport.send(message);
      codes.push(result.outcome === "rejected" ? result.failure.code : result.outcome);
    }
    expect(codes.map((code) => code === "address_private")).toEqual([true, true, false, true]);
    expect(errors).toHaveLength(2);
  });

  test("is what the host wants where it says so: a gateway, or a fake", async () => {
    const inside = await graph(ok);
    const graphUrl = `http://graph.example:${String(inside.port)}`;
    const transport = api({ graphUrl, lookup: leadingTo("127.0.0.1"), allowPrivate: true });
    expect(await transport.send(message)).toMatchObject({ outcome: "accepted" });
  });

  test("is no name where the host wrote an address, or localhost: that is its own choice", async () => {
    const inside = await graph(ok);
    for (const host of ["127.0.0.1", "localhost", "127.1"]) {
      const transport = api({ graphUrl: `http://${host}:${String(inside.port)}` });
      expect(await transport.send(message), host).toMatchObject({ outcome: "accepted" });
    }
  });
});
