import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express5 from "express";
import express4 from "express4";
import { afterEach, describe, expect, test } from "vitest";
import { flowEndpointRouter } from "../../adapters/express/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  ConversationManager,
  flowEndpointHandler,
  newFlowKeys,
  type FlowEndpointOptions,
  type FlowScreenRequest,
  type LogFields,
  type Transport,
} from "../../src/index.js";
import { flowPhone, type FlowPhoneAsks, type FlowPhoneRequest } from "../../src/testing/index.js";
import { APP_SECRET, hotels, VERIFY_TOKEN } from "../harness/hotel.js";

const nowhere: Transport = {
  send: () =>
    Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody is there." }, retry: null }),
};
const PASSPHRASE = "between the two of us";
const KEYS = newFlowKeys({ passphrase: PASSPHRASE });
const OTHER_KEYS = newFlowKeys({ passphrase: PASSPHRASE });
const SOON = new Date(Date.now() + 3_600_000);
const FORM = { hotelId: "grand", guestId: "gst_1", promptId: "prm_1", expiresAt: SOON };

/** A hotel whose form asks for a room, and a guest's phone that fills it in. */
async function aForm(options: Partial<FlowEndpointOptions> = {}) {
  const logged: LogFields[] = [];
  const log = (fields: LogFields) => void logged.push(fields);
  const desk = new ConversationManager({
    hotels,
    storage: memoryStorage(),
    transport: nowhere,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    logger: { debug: log, info: log, warn: log, error: log },
  });
  const { publicKey, privateKey } = await KEYS;
  const asked: FlowScreenRequest[] = [];
  const endpoint = desk.flowEndpoint({
    privateKeys: [{ key: privateKey, passphrase: PASSPHRASE }],
    onFlow(request) {
      asked.push(request);
      const { action, data } = request;
      if (action !== "submit") return { screen: "ROOM", data: { rooms: ["12", "14"] } };
      return data["room"] === "13"
        ? { screen: "ROOM", error: "There is no such room." }
        : { finish: { room: data["room"] ?? null } };
    },
    ...options,
  });
  const handle = flowEndpointHandler(endpoint);
  const phone = flowPhone({ publicKey, appSecret: APP_SECRET });
  const token = desk.flowToken(FORM);
  const send = ({ body, signature }: Pick<FlowPhoneRequest, "body" | "signature">) =>
    handle(
      new Request("https://hotel.example/flows", {
        method: "POST",
        body,
        headers: { "x-hub-signature-256": signature },
      }),
    );
  const fills = async (question: FlowPhoneAsks) => {
    const request = await phone.asks({ flow_token: token, ...question });
    const response = await send(request);
    const body = await response.text();
    return {
      status: response.status,
      says: body === "" ? null : await request.read(body),
      type: response.headers.get("content-type"),
    };
  };
  return { desk, endpoint, handle, phone, token, send, fills, asked, logged };
}

describe("a guest who fills in a native form", () => {
  test("is shown what the host says, screen by screen, and sends off what they chose", async () => {
    const { fills, asked, token } = await aForm();
    expect(await fills({ action: "INIT" })).toEqual({
      status: 200,
      says: { version: "3.0", screen: "ROOM", data: { rooms: ["12", "14"] } },
      type: "text/plain; charset=utf-8",
    });
    expect((await fills({ action: "data_exchange", screen: "ROOM", data: { room: "13" } })).says).toEqual({
      version: "3.0",
      screen: "ROOM",
      data: { error_message: "There is no such room." },
    });
    expect((await fills({ action: "data_exchange", screen: "ROOM", data: { room: "12" } })).says).toEqual({
      version: "3.0",
      screen: "SUCCESS",
      data: { extension_message_response: { params: { flow_token: token, room: "12" } } },
    });
    const { signal, ...first } = asked[0]!;
    expect(signal.aborted).toBe(false);
    expect(first).toEqual({ ...FORM, action: "init", screen: null, data: {} });
  });

  test("sees that it is over when it expired, was sent off, or has a token of nobody's (T73)", async () => {
    const { desk, fills, asked } = await aForm({
      isLive: ({ promptId }) => promptId !== "prm_sent",
      overText: "Ask us for a new one.",
    });
    const over = { status: 427, says: { error_msg: "Ask us for a new one." } };
    const tokens = [
      desk.flowToken({ ...FORM, expiresAt: new Date(Date.now() - 1) }),
      desk.flowToken({ ...FORM, promptId: "prm_sent" }),
      "unused",
      "",
    ];
    for (const flow_token of tokens) expect(await fills({ action: "INIT", flow_token })).toMatchObject(over);
    expect(asked).toEqual([]);
    const { fills: closed } = await aForm({ onFlow: () => ({ over: "The spa is closed." }) });
    expect(await closed({ action: "INIT" })).toMatchObject({ status: 427, says: { error_msg: "The spa is closed." } });
  });
});

describe("WhatsApp", () => {
  test("is told that the endpoint lives, and that it was heard that a phone refused an answer", async () => {
    const { fills, logged, asked } = await aForm();
    expect((await fills({ action: "ping" })).says).toEqual({ version: "3.0", data: { status: "active" } });
    const data = { error: "INVALID_SCREEN_TRANSITION", error_message: "Zoë's words" };
    expect((await fills({ action: "data_exchange", data })).says).toEqual({
      version: "3.0",
      data: { acknowledged: true },
    });
    expect(logged).toEqual([{ code: "flow_answer_refused", error: "INVALID_SCREEN_TRANSITION", heldBack: 0 }]);
    expect(asked).toEqual([]);
  });

  test("is asked to fetch the key anew where it has an old one, and that one still fits as long as it is kept", async () => {
    const { send, endpoint } = await aForm();
    const { publicKey, privateKey } = await OTHER_KEYS;
    const request = await flowPhone({ publicKey, appSecret: APP_SECRET }).asks({ action: "ping" });
    const refused = await send(request);
    expect([refused.status, await refused.text()]).toEqual([421, ""]);
    const both = [
      { key: (await KEYS).privateKey, passphrase: PASSPHRASE },
      { key: privateKey, passphrase: PASSPHRASE },
    ];
    const { send: sendToBoth } = await aForm({ privateKeys: both });
    expect((await sendToBoth(request)).status).toBe(200);
    expect((await endpoint.receive({ body: Buffer.from(request.body), signature: request.signature })).status).toBe(
      421,
    );
  });

  test("is believed by its signature alone, before anything is decrypted", async () => {
    const { phone, handle, send, logged } = await aForm();
    const { body, signature } = await phone.asks({ action: "ping" });
    for (const wrong of ["", `sha256=${"0".repeat(64)}`, signature.toUpperCase()]) {
      const response = await send({ body, signature: wrong });
      expect([response.status, await response.text()]).toEqual([432, ""]);
    }
    expect((await handle(new Request("https://hotel.example/flows", { method: "POST", body }))).status).toBe(432);
    expect((await handle(new Request("https://hotel.example/flows"))).status).toBe(405);
    expect(logged.map(({ code }) => code)).toEqual(["flow_signature_invalid"]);
  });
});

describe("a host's function", () => {
  test.each([
    ["throws", () => Promise.reject(new Error("room 12 of Zoë"))],
    ["answers nothing", () => undefined],
    ["answers no screen", () => ({ screen: "" })],
    ["answers what JSON cannot carry", () => ({ screen: "ROOM", data: { n: 1n } })],
    ["answers a list", () => ({ screen: "ROOM", data: [] })],
  ])("that %s costs the guest one try, and is told without their words", async (_, onFlow) => {
    const { fills, logged, token } = await aForm({ onFlow: onFlow as unknown as FlowEndpointOptions["onFlow"] });
    expect(await fills({ action: "INIT", data: { name: "Zoë" } })).toMatchObject({ status: 500, says: null });
    expect(logged).toMatchObject([{ code: "flow_failed" }]);
    expect(JSON.stringify(logged)).not.toMatch(/Zoë|room 12/);
    expect(JSON.stringify(logged)).not.toContain(token);
  });

  test("that takes too long is told that nobody waits any more", async () => {
    let signal: AbortSignal | undefined;
    const { fills, logged } = await aForm({
      deadlineMs: 20,
      onFlow(request) {
        ({ signal } = request);
        return new Promise(() => undefined);
      },
    });
    expect((await fills({ action: "INIT" })).status).toBe(500);
    expect(signal?.aborted).toBe(true);
    expect(logged).toMatchObject([{ code: "flow_failed", error: "TimeoutError" }]);
  });
});

describe.each([
  ["Express 5", express5],
  ["Express 4", express4],
])("on %s", (_, express) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function served(mount: (app: ReturnType<typeof express>) => void = () => undefined) {
    const form = await aForm();
    const app = express();
    mount(app);
    app.use("/flows", flowEndpointRouter(form.endpoint));
    const server: Server = createServer(app as RequestListener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/flows`;
    const post = ({ body, signature }: Pick<FlowPhoneRequest, "body" | "signature">) =>
      fetch(base, {
        method: "POST",
        body,
        headers: { "content-type": "application/json", "x-hub-signature-256": signature },
      });
    return { ...form, base, post };
  }

  test("a form is answered, over the bytes as they came", async () => {
    const { phone, token, post, base } = await served();
    const request = await phone.asks({ action: "INIT", flow_token: token });
    const response = await post(request);
    expect(response.status).toBe(200);
    expect(await request.read(await response.text())).toMatchObject({ screen: "ROOM" });
    expect((await post({ ...request, signature: `sha256=${"0".repeat(64)}` })).status).toBe(432);
    expect((await post({ ...request, body: `${request.body} ` })).status).toBe(432);
    expect((await fetch(base)).status).toBe(405);
  });

  test("a parser that was there first is told to the host, unless it kept the bytes", async () => {
    const { phone, post, logged } = await served((app) => void app.use(express.json()));
    expect((await post(await phone.asks({ action: "ping" }))).status).toBe(500);
    expect(logged.map(({ code }) => code)).toEqual(["body_already_parsed"]);
    const kept = await served((app) => void app.use(express.raw({ type: () => true })));
    expect((await kept.post(await kept.phone.asks({ action: "ping" }))).status).toBe(200);
    const decoded = await served((app) => {
      app.use((request, _response, next) => {
        request.setEncoding("utf8");
        next();
      });
    });
    const asked = await decoded.phone.asks({ action: "ping" });
    expect((await decoded.post(asked)).status).toBe(200);
    expect((await decoded.post({ ...asked, body: `${asked.body} ` })).status).toBe(432);
    expect((await decoded.post({ ...asked, body: `${asked.body}\ufffd` })).status).toBe(500);
    expect(decoded.logged.map(({ code }) => code)).toContain("body_already_parsed");
  });
});
