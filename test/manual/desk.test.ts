import { once } from "node:events";
import { mkdtemp, open as openFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkMedia,
  completeHotel,
  contentDisposition,
  ConversationManager,
  fromFile,
  newFlowKeys,
  realtimeOver,
  shownName,
  templateCatalogue,
  type HotelOptions,
} from "belldesk";
import { clamd } from "belldesk/clamd";
import { deskClient, openConversations } from "belldesk/client";
import { deskRouter, flowEndpointRouter, liveRouter, webhookRouter } from "belldesk/express";
import { localFiles } from "belldesk/local-files";
import { openTelemetry } from "belldesk/opentelemetry";
import { redisRealtime } from "belldesk/redis";
import { sharpTransformer } from "belldesk/sharp";
import { flowPhone } from "belldesk/testing";
import { webSocketGateway } from "belldesk/websocket";
import type { Request } from "express";
import pino from "pino";
import { createClient } from "redis";
import { expect, onTestFinished, test, vi } from "vitest";
import { startRedis } from "../../scripts/services/redis.mjs";
import { emptyDatabase } from "../support/databases.js";
import { aPdf } from "../support/files.js";
import { admin, NUMBER, openHotel, receptionist, signIn } from "./hotel.js";

// #region types
import type { ConversationSummaryJson, ErrorJson, ListJson, MessageJson } from "belldesk";
// #endregion

// What the manual shows of a desk's options, of its doors, and of what staff pages do.

const folderOf = async () => {
  const folder = await mkdtemp(join(tmpdir(), "belldesk-manual-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};
const PDF = aPdf();

test("files are kept, and an invoice is sent", async () => {
  const folder = await folderOf();
  const { desk, arrives } = await openHotel(
    (options) =>
      // #region media
      new ConversationManager({
        ...options,
        media: {
          store: localFiles({ folder }), // e.g. "/var/lib/hotel/media"
          scanner: clamd({ host: "127.0.0.1" }), // optional
          transformer: sharpTransformer(), // optional
          quotas: { hotelBytes: 200e9, guestBytes: 1e9 },
          retention: { default: 365, identity: "discard" },
        },
      }),
    // #endregion
  );
  expect((await arrives()).conversationId).not.toBe("");
  expect(desk).toBeInstanceOf(ConversationManager);

  const other = await openHotel(
    (its) => new ConversationManager({ ...its, media: { store: localFiles({ folder: join(folder, "2") }) } }),
  );
  const { conversationId } = await other.arrives();
  const staff = other.desk.as(receptionist);
  const bytes = (async function* () {
    yield await Promise.resolve(PDF);
  })();
  const clientMessageId = "invoice-1";
  // #region add-file
  const file = await staff.addFile(conversationId, {
    kind: "document",
    contentType: "application/pdf",
    fileName: "Invoice.pdf",
    bytes,
  });
  await staff.reply(conversationId, {
    clientMessageId,
    content: { type: "document", text: "Your invoice", media: { attachmentId: file.id } },
  });
  // #endregion
  expect(file.state).toBe("stored");
});

test("a file is looked into before it is shown", async () => {
  const path = join(await folderOf(), "invoice");
  await writeFile(path, PDF);
  const headers = new Map<string, string>();
  const response = { setHeader: (name: string, value: string) => headers.set(name, value) };
  const handle = await openFile(path, "r");
  onTestFinished(() => handle.close());
  // #region check
  const verdict = await checkMedia(await fromFile(handle), {
    kind: "document", // what it was sent as
    declaredType: "application/pdf", // what somebody says that it is
    fileName: "invoice.pdf", // what somebody calls it
    limits: { document: 20_000_000 }, // what the hotel lowers
  });
  if (verdict.verdict === "accepted") {
    const name = shownName("invoice.pdf", verdict.extension); // safe to be shown, and saved under
    response.setHeader("content-disposition", contentDisposition(name, "attachment"));
  }
  // #endregion
  expect(verdict).toMatchObject({ verdict: "accepted", extension: "pdf" });
  expect(headers.get("content-disposition")).toMatch(/^attachment; filename="?invoice\.pdf/);
});

test("the addresses of requests come from where they cannot be forged, and a probe is answered", async () => {
  const { base } = await openHotel(undefined, (app, desk) => {
    const authenticate = signIn;
    // #region floods
    app.set("trust proxy", 1); // what Express knows of your proxies
    app.use("/webhooks/whatsapp", webhookRouter(desk, { ip: (request: Request) => request.ip }));
    app.use("/api", deskRouter(desk, { authenticate, ip: (request: Request) => request.ip }));
    // #endregion
    // #region health
    app.get("/healthz", async (_request, response) => {
      const { status } = await desk.health();
      response.status(status === "down" ? 503 : 200).json({ status });
    });
    // #endregion
  });
  expect(await (await fetch(`${base}/healthz`)).json()).toEqual({ status: "ok" });
  expect((await fetch(`${base}/webhooks/whatsapp`, { method: "POST", body: "{}" })).status).toBe(401);
});

test("the command line's module makes a desk", async () => {
  const database = await emptyDatabase();
  vi.stubEnv("DATABASE_URL", database.url);
  const { desk } = await import("./belldesk.config.js");
  await desk.start({ migrate: true, work: false });
  onTestFinished(async () => {
    await desk.stop();
    await database.drop();
    vi.unstubAllEnvs();
  });
  expect(await desk.health()).toMatchObject({ status: "ok" });
});

/** A form's endpoint and the phone that asks it. */
test("a guest picks a room in a native form", async () => {
  const passphrase = "a long passphrase";
  // #region keys
  const { publicKey, privateKey } = await newFlowKeys({ passphrase });
  // #endregion
  const privateKeyPem = privateKey;
  let endpoint: ReturnType<ConversationManager["flowEndpoint"]> | undefined;
  const { base, desk, arrives } = await openHotel(undefined, (app, desk) => {
    // #region endpoint
    const flows = desk.flowEndpoint({
      privateKeys: [{ key: privateKeyPem, passphrase }],
      onFlow({ hotelId, guestId, promptId, action, screen, data }) {
        if (action === "init") return { screen: "ROOM", data: { rooms: ["12", "14"] } };
        if (data["room"] === "13") return { screen: "ROOM", error: "There is no such room." };
        return { finish: { room: data["room"] ?? null } };
      },
    });
    app.use("/flows", flowEndpointRouter(flows)); // or flowEndpointHandler(flows), of Request and Response
    // #endregion
    endpoint = flows;
  });
  const { guestId } = await arrives();
  const hotelId = "grand";
  const expiresAt = new Date(Date.now() + 3_600_000);
  // #region token
  const token = desk.flowToken({ hotelId, guestId, promptId: "prm_checkin_77", expiresAt });
  // #endregion
  const url = `${base}/flows`;
  const phone = flowPhone({ publicKey, appSecret: "a-test-secret" });
  // #region phone
  const request = await phone.asks({ action: "INIT", flow_token: token });
  const answer = await fetch(url, {
    method: "POST",
    body: request.body,
    headers: { "x-hub-signature-256": request.signature },
  });
  const shown = await request.read(await answer.text());
  expect(shown).toEqual({ version: "3.0", screen: "ROOM", data: { rooms: ["12", "14"] } });
  // #endregion
  expect(endpoint).toBeDefined();
});

test("opening hours of a hotel and of its departments are read", () => {
  const numbers = [{ phoneNumberId: NUMBER, accessToken: "any" }];
  // #region hours
  const grand: HotelOptions = {
    id: "grand",
    timeZone: "Europe/Rome",
    language: "it", // in which times are written into texts
    hours: {
      week: {
        monday: ["09:00-12:30", "14:00-18:00"],
        saturday: ["22:00-06:00"], // until six on Sunday
      },
      holidays: { "2026-12-24": ["09:00-12:00"], "12-25": [] }, // once, and every year
    },
    quietHours: ["22:00-08:00"],
    departments: [
      { id: "reception", name: "Reception", hours: { week: ["00:00-24:00"] } },
      { id: "restaurant", name: "Restaurant", hours: { week: ["12:00-15:00"] }, away: "The kitchen opens {opens}." },
    ],
    texts: { away: "We are closed. We open again: {opens}" },
    numbers,
  };
  // #endregion
  expect(completeHotel(grand)).toMatchObject({ id: "grand", language: "it" });
});

test("the shapes of the HTTP API are types of the library", async () => {
  const { base, arrives } = await openHotel();
  await arrives();
  const get = async (path: string): Promise<unknown> =>
    (await fetch(`${base}/api${path}`, { headers: { authorization: "Bearer ada" } })).json();
  const list = (await get("/conversations")) as ListJson<ConversationSummaryJson>;
  const messages = (await get(`/conversations/${list.items[0]!.id}/messages`)) as ListJson<MessageJson>;
  const { error } = (await get("/conversations/none/messages")) as ErrorJson;
  expect([list.items[0]!.status, messages.items[0]!.seq, error.code]).toEqual(["open", 1, "not_found"]);
});

test("pages go live by a WebSocket or an event stream, and the client shows what they are told", async () => {
  const authenticate = signIn;
  const { base, desk, arrives } = await openHotel(undefined, (app, desk, server) => {
    // #region live
    webSocketGateway(desk, { server, path: "/live", allowedOrigins: ["https://desk.example.com"], authenticate }); // belldesk/websocket, peer: ws
    app.use("/live", liveRouter(desk, { authenticate })); // belldesk/express: an event stream, where no WebSocket gets through
    // #endregion
  });
  const { conversationId } = await arrives();
  const session = { accessToken: () => Promise.resolve("rita") };
  const baseUrl = `${base}/api`;
  // #region client
  const client = deskClient({ baseUrl, token: () => session.accessToken() });
  client.connect();
  // #endregion
  onTestFinished(() => {
    client.close();
  });
  const shown: { status?: string; rows: readonly string[] } = { rows: [] };
  const status = {
    set textContent(text: string) {
      shown.status = text;
    },
  };
  const list = {
    replaceChildren: (...rows: string[]) => {
      shown.rows = rows;
    },
  };
  const row = ({ id }: { readonly id: string }) => id;
  // #region page
  client.subscribe(() => {
    const state = client.getState();
    status.textContent = state.connection.status;
    list.replaceChildren(...openConversations(state).map(row));
  });
  const leave = client.open(conversationId); // reads its messages, and keeps them up to date
  client.reply(conversationId, "Your room is ready.");
  // #endregion
  await vi.waitFor(() => {
    expect(shown).toEqual({ status: "live", rows: [conversationId] });
  }, 10_000);
  await vi.waitFor(async () => {
    expect((await desk.as(admin).messages(conversationId)).items[0]).toMatchObject({ direction: "outbound" });
  }, 10_000);
  leave();
});

test("a full disk of logs ends nobody", async () => {
  const folder = await folderOf();
  const file = join(folder, "desk.log");
  // #region pino
  const destination = pino.destination(file); // e.g. "/var/log/desk.log"
  destination.on("error", () => {}); // a full disk
  // #endregion
  await once(destination, "ready");
  const { arrives } = await openHotel((its) => new ConversationManager({ ...its, logger: pino(destination) }));
  expect((await arrives()).guestId).not.toBe("");
  expect(() => destination.emit("error", new Error("ENOSPC"))).not.toThrow();
});

test("processes tell one another of news by Redis, or by a bus of the host's own", async () => {
  const server = await startRedis();
  const redis = await createClient({ url: server.url })
    .on("error", () => undefined)
    .connect();
  onTestFinished(async () => {
    redis.destroy();
    await server.stop();
  });
  const { arrives } = await openHotel(
    (options) =>
      // #region redis
      new ConversationManager({ ...options, realtime: redisRealtime(redis) }),
    // #endregion
  );
  expect((await arrives()).conversationId).not.toBe("");
});

/** What is used of a NATS connection, and one that lives in this process. */
interface NatsConnection {
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: { string(): string }) => void },
  ): { unsubscribe(): void; readonly closed: Promise<void> };
  publish(subject: string, text: string): void;
}
test("a bus that nobody has written for us yet takes fifteen lines", async () => {
  const ears = new Set<(text: string) => void>();
  const nats: NatsConnection = {
    publish: (_, text) => {
      for (const ear of ears) ear(text);
    },
    subscribe(_, { callback }) {
      const ear = (text: string) => {
        callback(null, { string: () => text });
      };
      ears.add(ear);
      return { unsubscribe: () => ears.delete(ear), closed: new Promise(() => undefined) };
    },
  };
  // #region nats
  const natsRealtime = (nats: NatsConnection) =>
    realtimeOver({
      maxBytes: 64_000,
      connect({ heard, lost }) {
        const subscription = nats.subscribe("belldesk", {
          callback: (_, message) => {
            heard(message.string());
          },
        });
        void subscription.closed.then(lost);
        return Promise.resolve({
          tell: async (text) => {
            nats.publish("belldesk", text);
          },
          close: async () => {
            subscription.unsubscribe();
          },
        });
      },
    });
  // #endregion
  const { arrives } = await openHotel((its) => new ConversationManager({ ...its, realtime: natsRealtime(nats) }));
  expect((await arrives()).conversationId).not.toBe("");
  expect(ears.size).toBe(1);
});

test("what the desk does is measured by the host's OpenTelemetry", async () => {
  const { arrives } = await openHotel(
    (options) =>
      // #region telemetry
      new ConversationManager({ ...options, telemetry: openTelemetry() }), // needs @opentelemetry/api
    // #endregion
  );
  expect((await arrives()).conversationId).not.toBe("");
});

test("a template is filled in with what it wants", () => {
  // #region catalogue
  const catalogue = templateCatalogue([
    {
      name: "arrival_reminder",
      language: "en_US",
      category: "UTILITY",
      parameter_format: "NAMED",
      components: [{ type: "BODY", text: "Hello {{first_name}}, we expect you at {{hour}}." }],
    },
  ]);
  const content = catalogue.template("arrival_reminder", "en_US", { first_name: "Nadia", hour: "15:00" });
  // #endregion
  expect(content).toMatchObject({ type: "template", name: "arrival_reminder" });
});

test("a number goes on with another token, or once somebody has repaired what was wrong", async () => {
  const { desk: manager, arrives, whatsapp } = await openHotel();
  const { conversationId } = await arrives();
  whatsapp.revokeToken("any");
  const desk = manager;
  await desk.as(admin).reply(conversationId, { clientMessageId: "1", content: { type: "text", text: "Hello" } });
  await vi.waitFor(async () => {
    expect((await desk.as(admin).senders())[0]?.pause).toMatchObject({ code: "graph_190" });
  }, 10_000);
  const phoneNumberId = NUMBER;
  const accessToken = "another";
  // #region repair
  await desk.rotateToken({ phoneNumberId, accessToken }); // another token, also for the sends from now on
  await desk.as(admin).resumeSender(phoneNumberId); // a payment made, a lock lifted
  // #endregion
  await vi.waitFor(() => {
    expect(whatsapp.phone("12025550101", NUMBER).at(-1)).toMatchObject({ text: "Hello" });
  }, 10_000);
});
