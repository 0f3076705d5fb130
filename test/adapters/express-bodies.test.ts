import { createServer, request as httpRequest, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import express5, { type Request } from "express";
import express4 from "express4";
import { afterEach, describe, expect, test } from "vitest";
import { deskRouter, liveRouter, webhookRouter } from "../../adapters/express/index.js";
import { memoryMediaStore, memoryStorage } from "../../adapters/memory/index.js";
import { ConversationManager, sign, type LogFields } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN, type GuestText } from "../harness/hotel.js";
import { aPng } from "../support/files.js";

/** What a host's own middleware does to a request before the desk sees it. */
type Habit = (request: Request & { rawBody?: unknown }, next: () => void) => void;

/** Decodes the stream and keeps what it reads as text, while the rest of the host goes on already. */
const gathers: Habit = (request, next) => {
  let kept = (request.rawBody = "");
  request.setEncoding("utf8");
  request.on("data", (text: string) => (request.rawBody = kept += text));
  next();
};
/** Decodes the stream and leaves it to be read. */
const decodes: Habit = (request, next) => {
  request.setEncoding("utf8");
  next();
};
/** Reads all of it, and only then lets others at the request. */
const reads =
  (keep: (request: Parameters<Habit>[0], bytes: Buffer) => void): Habit =>
  (request, next) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      keep(request, Buffer.concat(chunks));
      next();
    });
  };
/** Begins to read, and lets others at the request when the first piece is there. */
const begins: Habit = (request, next) => {
  const chunks: Buffer[] = [];
  const goOn = () => {
    request.off("data", goOn).off("end", goOn);
    next();
  };
  request.on("data", goOn).on("end", goOn);
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => (request.rawBody = Buffer.concat(chunks)));
};

const aSigned = (body: Buffer) => ({ body, signature: sign(body, APP_SECRET) });
/** With characters of several bytes, which Meta itself writes as \\u0000. */
const inUtf8 = (texts: readonly GuestText[]) =>
  aSigned(Buffer.from(JSON.stringify(JSON.parse(delivery(texts).body.toString()))));

/** Habits that leave the bytes to be had. */
const HARMLESS: readonly (readonly [string, Habit])[] = [
  ["gathers req.rawBody as text while others go on", gathers],
  ["only sets an encoding", decodes],
  [
    "sets an encoding that loses nothing",
    (request, next) => {
      request.setEncoding("base64");
      next();
    },
  ],
  ["reads everything into req.rawBody as bytes", reads((request, bytes) => (request.rawBody = bytes))],
  ["reads everything into req.rawBody as text", reads((request, bytes) => (request.rawBody = bytes.toString()))],
  ["has begun to read, and keeps all of it in the end", begins],
  [
    "pauses the request",
    (request, next) => {
      request.pause();
      next();
    },
  ],
];
/** Habits after which nobody has the bytes. */
const HARMFUL: readonly (readonly [string, Habit])[] = [
  ["reads everything and keeps nothing", reads(() => undefined)],
  ["reads everything and keeps an empty text", reads((request) => (request.rawBody = ""))],
];
/** As these, where the request says how long its body is. */
const HARMFUL_BY_LENGTH: typeof HARMFUL = [
  ["reads everything and keeps half of it", reads((request, bytes) => (request.rawBody = bytes.subarray(20)))],
  ["reads everything and leaves an empty object", reads((request) => (request.body = {}))],
];

describe.each([
  ["Express 5", express5],
  ["Express 4", express4],
])("behind a middleware of the host's on %s", (_, express) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function aHotel(habit: Habit) {
    const logged: LogFields[] = [];
    const log = (fields: LogFields) => void logged.push(fields);
    const desk = new ConversationManager({
      hotels,
      storage: memoryStorage(),
      media: { store: memoryMediaStore() },
      transport: { send: () => Promise.resolve({ outcome: "accepted", wamid: "wamid.out" }) },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      logger: { debug: log, info: log, warn: log, error: log },
    });
    await desk.start();
    ends.push(() => desk.stop());
    const authenticate = async () => {
      // As long as a session takes to be looked up: what is on its way comes meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return manager;
    };
    const app = express();
    app.use((request, _response, next) => {
      habit(request, next);
    });
    app.use("/hook", webhookRouter(desk));
    app.use("/api", deskRouter(desk, { authenticate }));
    app.use("/live", liveRouter(desk, { authenticate }));
    const server = createServer(app as RequestListener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const { port } = server.address() as AddressInfo;

    /** Posts a body in pieces, each of which comes to the host as one; a length is told only of one that is whole. */
    const post = (path: string, pieces: readonly Uint8Array[], headers: Record<string, string> = {}) =>
      new Promise<{ status: number; code: string | undefined; json: any }>((resolve, reject) => {
        const length = pieces.length === 1 && { "content-length": String(pieces[0]!.length) };
        const sent = httpRequest(
          { port, path, method: "POST", headers: { "content-type": "application/json", ...length, ...headers } },
          (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
            response.on("end", () => {
              const json = text === "" ? null : JSON.parse(text);
              resolve({ status: response.statusCode ?? 0, code: json?.error?.code, json });
            });
          },
        );
        sent.on("error", reject);
        for (const piece of pieces) sent.write(piece);
        sent.end();
      });
    const hook = ({ body, signature }: ReturnType<typeof delivery>, pieces: readonly Uint8Array[] = [body]) =>
      post("/hook", pieces, { "x-hub-signature-256": signature });
    const command = (path: string, body: unknown) => post(`/api${path}`, inBytes(Buffer.from(JSON.stringify(body))));
    return { desk, logged, port, post, hook, command };
  }

  /** Of which every character that takes several bytes is torn apart. */
  const inBytes = (body: Uint8Array) => Array.from({ length: body.length }, (__, at) => body.subarray(at, at + 1));
  const inHalves = (body: Buffer) => {
    const within = body.indexOf("👋") + 2;
    return [body.subarray(0, within), body.subarray(within)];
  };

  test.each(HARMLESS)("that %s, WhatsApp's deliveries are taken, whole and in pieces", async (__, habit) => {
    const { hook, desk } = await aHotel(habit);
    const of = (n: number, text: string) =>
      inUtf8([{ from: `1202555010${String(n)}`, wamid: `wamid.${String(n)}`, text }]);
    expect(await hook(of(1, "Olá 👋"))).toMatchObject({ status: 200 });
    const halves = of(2, "Olá 👋");
    expect(await hook(halves, inHalves(halves.body))).toMatchObject({ status: 200 });
    const bytes = of(3, "Olá 👋");
    expect(await hook(bytes, inBytes(bytes.body))).toMatchObject({ status: 200 });
    // More than a socket gives at once, so that characters are torn wherever it ends.
    const long = inUtf8(
      Array.from({ length: 30 }, (___, n) => ({
        from: "12025550104",
        wamid: `wamid.long.${String(n)}`,
        text: `${"x".repeat(n % 4)}${"👋".repeat(1_000)}`,
      })),
    );
    expect(await hook(long)).toMatchObject({ status: 200 });
    const listed = await eventually("all four are processed", async () => {
      const { items } = await desk.as(manager).conversations();
      return items.length === 4 && items;
    });
    for (const { lastMessagePreview } of listed) expect(lastMessagePreview).toMatch(/^(Olá |x*)(👋)+/u);
  });

  test.each([...HARMFUL, ...HARMFUL_BY_LENGTH])(
    "that %s, a delivery is the host's loud fault and no wrong signature",
    async (name, habit) => {
      const { hook, logged } = await aHotel(habit);
      const said = inUtf8([{ from: "12025550101", wamid: "wamid.1", text: "Olá 👋" }]);
      expect(await hook(said)).toMatchObject({ status: 500, code: "body_already_parsed" });
      expect(logged.filter(({ code }) => code === "body_already_parsed")).toHaveLength(1);
      if (HARMFUL_BY_LENGTH.some(([other]) => other === name)) return;
      for (const pieces of [inHalves(said.body), inBytes(said.body)])
        expect(await hook(said, pieces)).toMatchObject({ status: 500, code: "body_already_parsed" });
    },
  );

  test.each([
    ["gathers text", gathers],
    ["decodes", decodes],
    [
      "decodes each piece by itself",
      ((request, next) => {
        let kept = "";
        request.on("data", (chunk: Buffer) => (kept += chunk.toString()));
        request.on("end", () => {
          request.rawBody = kept;
          next();
        });
      }) satisfies Habit,
    ],
  ])("that %s, signed bytes that no text can hold are not told as somebody's wrong signature", async (__, habit) => {
    const { hook, logged } = await aHotel(habit);
    const { body, signature } = aSigned(Buffer.from([0x7b, 0xff, 0xf0, 0x9f, 0x7d]));
    for (const pieces of [[body], inBytes(body)])
      expect(await hook({ body, signature }, pieces)).toMatchObject({ status: 500, code: "body_already_parsed" });
    expect(logged.filter(({ code }) => code === "body_already_parsed")).toHaveLength(2);
    // What somebody else sent is still theirs.
    expect(await hook({ body: Buffer.from("{}"), signature })).toMatchObject({
      status: 401,
      code: "signature_invalid",
    });
  });

  test.each([
    ["gathers text", gathers],
    ["decodes", decodes],
  ])("that %s, a body is as long as its bytes", async (__, habit) => {
    const { hook } = await aHotel(habit);
    // 3.6 MB of bytes, and 1.8 million of what a string counts.
    const long = aSigned(Buffer.from("👋".repeat(900_000)));
    expect(await hook(long)).toMatchObject({ status: 413, code: "body_too_large" });
  });

  test.each(HARMLESS)("that %s, staff's commands are done as they were sent", async (__, habit) => {
    const { command, desk, post } = await aHotel(habit);
    await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]));
    const { id } = await eventually("it is there", async () => (await desk.as(manager).conversations()).items[0]);
    const at = `/conversations/${id}`;
    expect(await command(`${at}/transfer`, { departmentId: "reception" })).toMatchObject({ status: 200 });
    expect(await command(`${at}/assign`, { assigneeId: "staff_anna" })).toMatchObject({
      status: 200,
      json: { assigneeId: "staff_anna" },
    });
    expect(await command(`${at}/tags`, { add: ["vip 👋"] })).toMatchObject({ status: 200, json: { tags: ["vip 👋"] } });
    expect(await post(`/api${at}/read`, [Buffer.from(`{"seq":1}`)])).toMatchObject({ json: { readSeq: 1 } });
    // No body is a command without arguments, as ever.
    expect(await post(`/api${at}/unassign`, [])).toMatchObject({ status: 200 });
    expect(await post(`/api${at}/unassign`, [Buffer.from("{}")])).toMatchObject({ status: 200 });
    const noted = { type: "command", id: "1", do: "note", on: id, body: { clientMessageId: "c1", text: "noted 👋" } };
    const page = Buffer.from(JSON.stringify({ connectionId: "none", frame: noted }));
    expect(await post("/live", inBytes(page))).toMatchObject({ status: 200, json: { type: "done" } });
  });

  test.each([...HARMFUL, ...HARMFUL_BY_LENGTH])(
    "that %s, no command is done without what it was sent with",
    async (name, habit) => {
      const { command, desk, post, logged } = await aHotel(habit);
      await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]));
      const { id } = await eventually("it is there", async () => (await desk.as(manager).conversations()).items[0]);
      for (const [verb, body] of [
        ["assign", { assigneeId: "staff_anna" }],
        ["read", { seq: 1 }],
        ["close", { reason: "a mistake", version: 1 }],
      ] as const) {
        const at = `/conversations/${id}/${verb}`;
        const whole = Buffer.from(JSON.stringify(body));
        expect(await post(`/api${at}`, [whole])).toMatchObject({ status: 500, code: "body_already_parsed" });
        if (HARMFUL.some(([other]) => other === name))
          expect(await command(at, body)).toMatchObject({ status: 500, code: "body_already_parsed" });
      }
      expect(logged.filter(({ code }) => code === "body_already_parsed").length).toBeGreaterThanOrEqual(3);
      const page = Buffer.from(JSON.stringify({ connectionId: "none", frame: { type: "active" } }));
      expect(await post("/live", [page])).toMatchObject({ status: 500, code: "body_already_parsed" });
      expect((await desk.as(manager).conversations()).items[0]).toMatchObject({ status: "open", assigneeId: null });
      expect(await post(`/api/conversations/${id}/close`, [])).toMatchObject({ status: 200 });
    },
  );

  test.each([
    ...HARMLESS.filter(([name]) => !/as text|only sets/.test(name)).map(([name, habit]) => [name, habit, 201] as const),
    ...[...HARMLESS, ...HARMFUL]
      .filter(([name]) => /as text|only sets|keeps nothing/.test(name))
      .map(([name, habit]) => [name, habit, 500] as const),
  ])("that %s, a colleague's photo is put there as it is, or not at all", async (__, habit, status) => {
    const { desk, post } = await aHotel(habit);
    await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]));
    const { id } = await eventually("it is there", async () => (await desk.as(manager).conversations()).items[0]);
    const photo = aPng();
    const put = await post(`/api/conversations/${id}/files?kind=image`, [photo], { "content-type": "image/png" });
    expect(put).toMatchObject({ status, ...(status === 500 && { code: "body_already_parsed" }) });
    if (status !== 201) return;
    const pieces: Uint8Array[] = [];
    for await (const piece of (await desk.as(manager).openAttachment(put.json.id as string)).bytes) pieces.push(piece);
    expect(Buffer.concat(pieces)).toEqual(photo);
  });

  test("of the host's that is a JSON parser, a command may be an empty object", async () => {
    const parser = express.json() as unknown as (request: object, response: null, next: () => void) => void;
    const { desk, post } = await aHotel((request, next) => {
      parser(request, null, next);
    });
    await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]));
    const { id } = await eventually("it is there", async () => (await desk.as(manager).conversations()).items[0]);
    expect(await post(`/api/conversations/${id}/close`, [Buffer.from("{ }\n")])).toMatchObject({ status: 200 });
  });

  test("of the host's that only sets an encoding, a staff member who leaves in the middle leaves nothing behind", async () => {
    const { desk, logged, port, post } = await aHotel(decodes);
    await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]));
    const { id } = await eventually("it is there", async () => (await desk.as(manager).conversations()).items[0]);
    const headers = { "content-type": "application/json", "content-length": "20" };
    const leaving = httpRequest({ port, path: `/api/conversations/${id}/close`, method: "POST", headers });
    leaving.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      leaving.write(`{"reason":`, () => {
        resolve();
      });
    });
    leaving.destroy();
    // The next ones are answered, by when this one is over.
    for (let n = 0; n < 3; n++) expect(await post(`/api/conversations/${id}/read`, [])).toMatchObject({ status: 200 });
    expect((await desk.as(manager).conversations()).items[0]).toMatchObject({ status: "open" });
    expect(logged.filter(({ code }) => code === "internal")).toEqual([]);
  });
});
