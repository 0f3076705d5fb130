import { once } from "node:events";
import { createServer, request as httpRequest, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import express5, { type ErrorRequestHandler, type Request as Request5 } from "express";
import express4 from "express4";
import { afterEach, describe, expect, test } from "vitest";
import { deskRouter, webhookRouter } from "../../adapters/express/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  ConversationManager,
  deskHandler,
  sign,
  webhookHandler,
  type LogFields,
  type Transport,
} from "../../src/index.js";
import {
  APP_SECRET,
  delivery,
  eventually,
  hotels,
  manager,
  receptionist,
  SEASIDE_NUMBER,
  VERIFY_TOKEN,
} from "../harness/hotel.js";

const nowhere: Transport = {
  send: () =>
    Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody is there." }, retry: null }),
};
const SIGNED = delivery([{ from: "12025550101", wamid: "wamid.1", text: "Olá 👋 \u0000 <3 / >" }]);

describe.each([
  ["Express 5", express5],
  ["Express 4", express4],
])("the adapter on %s", (_, express) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function aHotel(mount: (app: ReturnType<typeof express>) => void = () => undefined) {
    const logged: LogFields[] = [];
    const log = (fields: LogFields) => void logged.push(fields);
    const desk = new ConversationManager({
      hotels,
      storage: memoryStorage(),
      transport: nowhere,
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      logger: { debug: log, info: log, warn: log, error: log },
    });
    await desk.start();
    ends.push(() => desk.stop());
    const app = express();
    mount(app);
    app.use("/hook", webhookRouter(desk));
    app.use(
      "/api",
      deskRouter(desk, {
        authenticate: ({ headers }) =>
          headers.authorization === "boss" ? manager : headers.authorization === "desk" ? receptionist : null,
      }),
    );
    app.use((request, response) => {
      response.status(418).json({ body: (request.body ?? null) as unknown, reached: request.originalUrl });
    });
    const server: Server = createServer(app as RequestListener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return { desk, logged, base: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
  }

  const post = (base: string, { body, signature }: typeof SIGNED, headers: Record<string, string> = {}) =>
    fetch(`${base}/hook`, {
      method: "POST",
      body: new Uint8Array(body),
      headers: { "content-type": "application/json", "x-hub-signature-256": signature, ...headers },
    });
  const api = async (base: string, path: string, who: string, body?: unknown) => {
    const response = await fetch(`${base}/api${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: who, "content-type": "application/json" },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === "" ? null : JSON.parse(text) };
  };

  test.each<[string, (app: ReturnType<typeof express>) => void]>([
    ["nothing", () => undefined],
    ["express.raw()", (app) => app.use(express.raw({ type: "*/*", limit: "4mb" }))],
    [
      "express.json() that keeps the bytes as rawBody",
      (app) =>
        app.use(
          express.json({
            verify: (request, __, buffer) => {
              (request as { rawBody?: Buffer }).rawBody = buffer;
            },
          }),
        ),
    ],
    ["express.urlencoded(), which leaves it alone", (app) => app.use(express.urlencoded({ extended: true }))],
  ])("a webhook is verified and kept, with %s mounted before", async (__, mount) => {
    const { base, desk } = await aHotel(mount);
    const response = await post(base, SIGNED);
    expect([response.status, await response.text()]).toEqual([200, ""]);
    const [conversation] = await eventually("it is processed", async () => {
      const { items } = await desk.as(manager).conversations();
      return items.length > 0 && items;
    });
    const { items } = await desk.as(manager).messages(conversation?.id ?? "");
    expect(items.at(-1)?.content).toEqual({ type: "text", text: "Olá 👋 \u0000 <3 / >" });
  });

  test("a body that a parser has eaten is a loud coded error, never a hang and never a 401 (T05)", async () => {
    const { base, logged } = await aHotel((app) => app.use(express.json()));
    const response = await post(base, SIGNED);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { code: "body_already_parsed" } });
    expect(logged).toContainEqual({ code: "body_already_parsed" });
  });

  test("a handshake with another verify token is refused, and the log says why once a minute", async () => {
    const { base, logged } = await aHotel();
    const shake = (token: string) => fetch(`${base}/hook?hub.mode=subscribe&hub.challenge=7&hub.verify_token=${token}`);
    expect(await (await shake(VERIFY_TOKEN)).text()).toBe("7");
    for (let n = 0; n < 3; n++) expect((await shake("wrong")).status).toBe(403);
    expect(logged).toEqual([{ code: "challenge_refused", heldBack: 0 }]);
  });

  test("what is not signed, too long, compressed or another method is refused by its own code (T01, T13, T14)", async () => {
    const { base } = await aHotel();
    const codeOf = async (response: Response) => [
      response.status,
      ((await response.json()) as { error: { code: string } }).error.code,
    ];
    expect(await codeOf(await fetch(`${base}/hook`, { method: "POST", body: "{}" }))).toEqual([
      401,
      "signature_missing",
    ]);
    expect(await codeOf(await post(base, { ...SIGNED, signature: sign("other", APP_SECRET) }))).toEqual([
      401,
      "signature_invalid",
    ]);
    expect(await codeOf(await post(base, SIGNED, { "content-encoding": "gzip" }))).toEqual([415, "body_encoded"]);
    expect(await codeOf(await fetch(`${base}/hook`, { method: "PUT", body: "{}" }))).toEqual([
      405,
      "method_not_allowed",
    ]);
    const long = Buffer.alloc(3_000_001, 0x20);
    expect(await codeOf(await post(base, { body: long, signature: sign(long, APP_SECRET) }))).toEqual([
      413,
      "body_too_large",
    ]);
    const full = Buffer.concat([SIGNED.body, Buffer.alloc(3_000_000 - SIGNED.body.length, 0x20)]);
    expect((await post(base, { body: full, signature: sign(full, APP_SECRET) })).status).toBe(200);
  });

  test("a sender who leaves in the middle is not answered 200, and nothing is kept (F01)", async () => {
    const { base, desk } = await aHotel();
    await new Promise<void>((resolve) => {
      const cut = httpRequest(`${base}/hook`, {
        method: "POST",
        headers: { "content-length": SIGNED.body.length, "x-hub-signature-256": SIGNED.signature },
      });
      cut.on("error", () => {
        resolve();
      });
      cut.write(SIGNED.body.subarray(0, 100), () => {
        cut.destroy();
        resolve();
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await desk.as(manager).conversations()).items).toEqual([]);
    expect((await post(base, SIGNED)).status).toBe(200);
  });

  test.each([
    ["before a parser", false],
    ["after express.json()", true],
  ])("the desk's API answers %s, and hands on what is not its own unread", async (__, parsed) => {
    const { base, desk } = await aHotel((app) => {
      if (parsed) app.use("/api", express.json());
    });
    await post(base, SIGNED);
    await eventually("it is processed", async () => (await desk.as(manager).conversations()).items[0]);
    const { json: list } = await api(base, "/conversations?hotel=grand&limit=10", "boss");
    const [conversation] = list.items;
    expect(Object.keys(conversation).sort()).toEqual(
      [
        "assigneeId",
        "departmentId",
        "guest",
        "hotelId",
        "id",
        "lastMessageAt",
        "lastMessagePreview",
        "mode",
        "priority",
        "snoozedUntil",
        "speaker",
        "status",
        "tags",
        "unread",
        "version",
        "waitingSince",
        "window",
      ].sort(),
    );

    expect(await api(base, "/conversations", "nobody")).toMatchObject({
      status: 401,
      json: { error: { code: "unauthenticated" } },
    });
    // The receptionist sees it once it is reception's.
    expect((await api(base, "/conversations", "desk")).json.items).toEqual([]);
    expect(
      (
        await api(base, `/conversations/${String(conversation.id)}/transfer`, "boss", {
          departmentId: "reception",
          reason: "asked",
        })
      ).status,
    ).toBe(200);
    expect((await api(base, "/conversations", "desk")).json.items).toHaveLength(1);

    const reply = (body: unknown) => api(base, `/conversations/${String(conversation.id)}/messages`, "desk", body);
    const good = { clientMessageId: "c1", content: { type: "text", text: "half \ud83d of an emoji" } };
    const sent = await reply(good);
    expect(sent).toMatchObject({
      status: 202,
      json: { direction: "outbound", author: { kind: "staff", id: "staff_reception" }, content: good.content },
    });
    expect(await reply({ ...good, content: { type: "text", text: "   " }, clientMessageId: "c2" })).toMatchObject({
      status: 422,
      json: { error: { code: "payload_invalid" } },
    });
    // A sender names neither author nor hotel nor role (T59).
    expect(await reply({ ...good, author: { kind: "guest" } })).toMatchObject({
      status: 400,
      json: { error: { code: "request_invalid" } },
    });
    expect(await reply({ content: good.content })).toMatchObject({
      status: 400,
      json: { error: { details: { issues: [{ path: "clientMessageId" }] } } },
    });
    for (const impossible of [{ clientMessageId: "c\u0000" }, { clientMessageId: "c\ud800" }, { quotes: "\u0000" }]) {
      expect(await reply({ ...good, ...impossible })).toMatchObject({
        status: 400,
        json: { error: { details: { issues: [{ path: Object.keys(impossible)[0] }] } } },
      });
    }
    expect((await api(base, "/conversations?cursor=%00nonsense", "boss")).json.error.code).toBe("cursor_invalid");
    expect((await api(base, "/conversations?limit=1000", "boss")).status).toBe(400);
    expect((await api(base, `/conversations/${String(conversation.id)}/read`, "desk", {})).json).toMatchObject({
      readSeq: 3,
    });
    expect(
      (await api(base, `/conversations/${String(conversation.id)}/close`, "desk", { reason: "done" })).json.status,
    ).toBe("closed");
    expect((await reply({ ...good, clientMessageId: "c3" })).json.error.code).toBe("conversation_closed");
    expect((await api(base, `/conversations/${String(conversation.id)}/reopen`, "desk", {})).json.status).toBe("open");
    expect((await api(base, "/operator/dead", "desk")).json.items).toEqual([]);
    expect((await api(base, "/operator/dead/w1/replay", "boss", {})).status).toBe(404);
    const explained = await api(base, `/messages/${String(sent.json.id)}/explain`, "desk");
    expect(explained.json.steps[0]).toMatchObject({ code: "staff_reply" });

    const foreign = await api(base, "/something/else", "boss", { mine: true });
    expect(foreign).toMatchObject({
      status: 418,
      json: { reached: "/api/something/else", body: parsed ? { mine: true } : null },
    });
  });

  test("what nobody acts upon is seen by those of the whole hotel, what is nobody's by operators, and its words by no one (S15)", async () => {
    const { base, desk } = await aHotel();
    const from = "12025550101";
    const secret = "the guest's own words";
    const group = { from, id: "wamid.g", timestamp: "1", type: "text", text: { body: secret }, group_id: "group" };
    await post(base, delivery([{ from, wamid: "wamid.g", text: "", instead: group }]));
    await post(base, delivery([{ from, wamid: "wamid.old", text: secret, timestamp: 1_600_000_000 }]));
    await post(base, delivery([{ from, wamid: "wamid.new", text: secret, number: "999" }]));
    await post(base, { body: Buffer.from(secret), signature: sign(secret, APP_SECRET) });

    const list = await api(base, "/operator/kept?limit=10", "boss");
    expect(list.status).toBe(200);
    expect(list.json).toMatchObject({
      items: [
        { hotelId: "grand", kind: "message", outcome: "too_old" },
        { hotelId: "grand", kind: "group_message", outcome: "kept" },
      ],
      nextCursor: null,
    });
    expect(Object.keys(list.json.items[0])).toEqual(["id", "hotelId", "kind", "outcome", "receivedAt"]);
    expect((await api(base, "/operator/kept", "desk")).json.items).toEqual([]);
    expect((await api(base, "/operator/kept", "nobody")).status).toBe(401);
    const first = (await api(base, "/operator/kept?limit=1", "boss")).json;
    expect(await api(base, `/operator/kept?cursor=${String(first.nextCursor)}`, "boss")).toMatchObject({
      json: { items: [{ kind: "group_message" }], nextCursor: null },
    });

    const seen = await desk.as({ kind: "operator", id: "operator_1" }).kept();
    expect(seen.items.map(({ hotelId, kind }) => [hotelId, kind])).toEqual([
      ["unrouted", "malformed"],
      ["unrouted", "message"],
      ["grand", "message"],
      ["grand", "group_message"],
    ]);
    expect(JSON.stringify([seen, list])).not.toContain(secret);
  });

  test("whoever asks for another hotel or department gets nothing of it, by list, by id and by command (T51, T52, T53)", async () => {
    const { base, desk } = await aHotel();
    await post(base, SIGNED);
    await post(base, delivery([{ from: "12025550102", wamid: "wamid.2", text: "hi", number: SEASIDE_NUMBER }]));
    await eventually("both are processed", async () => (await desk.as(manager).conversations()).items[1]);
    const { items } = (await api(base, "/conversations", "boss")).json as { items: { id: string; hotelId: string }[] };
    const idIn = (hotel: string) => items.find(({ hotelId }) => hotelId === hotel)?.id ?? "";
    await api(base, `/conversations/${idIn("grand")}/transfer`, "boss", { departmentId: "housekeeping" });
    for (const filter of ["hotel=seaside", "hotel=grand&department=housekeeping", "department=housekeeping"])
      expect(await api(base, `/conversations?${filter}`, "desk"), filter).toEqual({
        status: 200,
        json: { items: [], nextCursor: null },
      });
    for (const id of [idIn("seaside"), idIn("grand"), "con_nothing"]) {
      expect((await api(base, `/conversations/${id}/messages?limit=1`, "desk")).status, id).toBe(404);
      expect((await api(base, `/conversations/${id}/close`, "desk", {})).status, id).toBe(404);
    }
  });

  test("a misspelt filter is refused instead of showing everything, and a filter tells nobody what exists", async () => {
    const { base, desk } = await aHotel();
    await post(base, SIGNED);
    await eventually("it is processed", async () => (await desk.as(manager).conversations()).items[0]);
    for (const path of [
      "/conversations?departement=reception",
      "/conversations?foo=1&hotel=grand",
      "/conversations/con_1/messages?before=2",
      "/messages/msg_1/explain?verbose",
      "/operator/dead?hotel=grand",
      "/operator/kept?kind=malformed",
    ]) {
      expect(await api(base, path, "boss"), path).toMatchObject({
        status: 400,
        json: { error: { code: "request_invalid" } },
      });
    }
    expect((await api(base, "/conversations/con_1/close?reason=done", "boss", {})).json.error.code).toBe(
      "request_invalid",
    );
    expect((await api(base, "/conversations?foo=1", "nobody")).status).toBe(401);
    for (const unknown of [
      "department=receptio",
      "hotel=gran",
      "hotel=unrouted",
      "hotel=seaside&department=housekeeping",
    ]) {
      expect(await api(base, `/conversations?${unknown}`, "boss")).toEqual({
        status: 200,
        json: { items: [], nextCursor: null },
      });
    }
  });

  test.each<[string, (app: ReturnType<typeof express>) => void]>([
    ["express.raw()", (app) => app.use(express.raw({ type: "*/*" }))],
    ["express.text()", (app) => app.use(express.text({ type: "*/*" }))],
    ["express.urlencoded(), which leaves it alone", (app) => app.use(express.urlencoded({ extended: true }))],
  ])("staff close a conversation, with %s mounted before", async (__, mount) => {
    const { base, desk } = await aHotel(mount);
    await desk.receive(SIGNED);
    const { id } = await eventually("it is there", async () => (await desk.as(manager).conversations()).items[0]);
    const closed = await api(base, `/conversations/${id}/close`, "boss", { reason: "done" });
    expect([closed.status, closed.json.status]).toEqual([200, "closed"]);
  });

  test("what a page of another site can send with a staff member's cookies does nothing", async () => {
    const { base, desk } = await aHotel();
    await desk.receive(SIGNED);
    const { id } = await eventually("it is there", async () => (await desk.as(manager).conversations()).items[0]);
    const forms = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", undefined];
    for (const body of ["{}", undefined])
      for (const type of forms) {
        const headers = { authorization: "boss", ...(type !== undefined && { "content-type": type }) };
        const response = await fetch(`${base}/api/conversations/${id}/close`, {
          method: "POST",
          headers,
          ...(body !== undefined && { body }),
        });
        expect([response.status, await response.json()]).toMatchObject([
          415,
          { error: { code: "content_type_invalid" } },
        ]);
      }
    const page = { authorization: "boss", "content-type": "Application/JSON; charset=utf-8" };
    const url = `${base}/api/conversations/${id}/close`;
    expect((await fetch(url, { method: "POST", headers: page })).status).toBe(200);
  });

  test("a broken or huge command body is refused by its code", async () => {
    const { base } = await aHotel();
    expect((await api(base, "/conversations/c/close", "boss", "{not json")).json.error.code).toBe("request_invalid");
    const huge = JSON.stringify({ reason: "x".repeat(300_000) });
    expect((await api(base, "/conversations/c/close", "boss", huge)).json.error).toEqual({
      code: "command_too_large",
      message: expect.not.stringMatching(/webhook|\[/) as string,
      details: { limit: 256 * 1024 },
    });
  });
});

test.each([
  ["Express 5", express5],
  ["Express 4", express4],
])(
  "what the host's sign-in throws comes to the host's own error handler, and a stranger is asked to sign in, on %s",
  async (_, express) => {
    const desk = new ConversationManager({
      hotels,
      storage: memoryStorage(),
      transport: nowhere,
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    });
    await desk.start();
    const broken = new TypeError("session store is down");
    const app = express();
    const authenticate = (request: Request5) => {
      if (request.headers.authorization === undefined) return undefined;
      throw broken;
    };
    app.use("/api", deskRouter(desk, { authenticate }));
    const heard: unknown[] = [];
    const tell: ErrorRequestHandler = (error, _request, response, _next) => {
      heard.push(error);
      response.status(503).end();
    };
    app.use(tell);
    const server = createServer(app as RequestListener).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/conversations`;
      expect((await fetch(url, { headers: { authorization: "me" } })).status).toBe(503);
      expect(heard).toEqual([broken]);
      expect((await fetch(url)).status).toBe(401);
    } finally {
      server.closeAllConnections();
      server.close();
      await desk.stop();
    }
  },
);

describe("the same handlers as Request to Response", () => {
  test("take a webhook and answer the desk's API", async () => {
    const desk = new ConversationManager({
      hotels,
      storage: memoryStorage(),
      transport: nowhere,
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    });
    await desk.start();
    try {
      const hook = webhookHandler(desk);
      const at = "http://hotel.invalid";
      const request = (headers: Record<string, string>) =>
        new Request(`${at}/hook`, {
          method: "POST",
          body: Readable.toWeb(Readable.from([SIGNED.body])),
          headers,
          duplex: "half",
        } as unknown as RequestInit);
      expect((await hook(request({ "x-hub-signature-256": SIGNED.signature }))).status).toBe(200);
      expect((await hook(request({}))).status).toBe(401);
      expect((await hook(request({ "content-encoding": "br" }))).status).toBe(415);
      expect((await hook(new Request(`${at}/hook`, { method: "DELETE" }))).status).toBe(405);
      const shake = await hook(
        new Request(`${at}/hook?hub.mode=subscribe&hub.challenge=7&hub.verify_token=${VERIFY_TOKEN}`),
      );
      expect([shake.status, await shake.text(), shake.headers.get("content-type")]).toEqual([
        200,
        "7",
        "text/plain; charset=utf-8",
      ]);

      const api = deskHandler(desk, { authenticate: () => manager, basePath: "/api" });
      await eventually("it is processed", async () => (await desk.as(manager).conversations()).items[0]);
      const list = await api(new Request(`${at}/api/conversations`));
      expect(list?.headers.get("cache-control")).toBe("no-store");
      expect(((await list!.json()) as { items: unknown[] }).items).toHaveLength(1);
      expect(await api(new Request(`${at}/elsewhere`))).toBeNull();
      expect(await api(new Request(`${at}/api/nothing`))).toBeNull();
      const broken = deskHandler(desk, {
        authenticate: () => {
          throw new Error("select * from users");
        },
      });
      await expect(broken(new Request(`${at}/conversations`))).rejects.toThrow("select * from users");
      const nobody = deskHandler(desk, { authenticate: () => undefined });
      expect((await nobody(new Request(`${at}/conversations`)))?.status).toBe(401);
    } finally {
      await desk.stop();
    }
  });
});
