import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import express, { type Express } from "express";
import { deskRouter, liveRouter, webhookRouter, type HostRequest } from "../../adapters/express/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import { webSocketGateway } from "../../adapters/websocket/index.js";
import { ConversationManager, type Principal, type Storage, type Transport } from "../../src/index.js";
import {
  APP_SECRET,
  GRAND_NUMBER,
  VERIFY_TOKEN,
  eventually,
  hotels,
  manager,
  post,
  receptionist,
  signed,
} from "../harness/hotel.js";

/** What a test has begun, ended in turn: the last one first. */
export const ends = {
  all: [] as (() => unknown)[],
  run: async (): Promise<void> => {
    for (const end of ends.all.splice(0).reverse()) await end();
  },
};

let written = 0;

const PEOPLE: Readonly<Record<string, Principal>> = { reception: receptionist, manager };
/** Whom a token of these tests belongs to: `reception`, `manager`. */
const personOf = (token: string | undefined): Principal | null => PEOPLE[token ?? ""] ?? null;

export async function listening(app: RequestListener, port = 0) {
  const server: Server = createServer(app).listen(port, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  ends.all.push(close);
  const address = server.address() as AddressInfo;
  return { server, sockets, close, port: address.port, base: `http://127.0.0.1:${String(address.port)}` };
}

/** Takes everything. */
const accepting = (sent: string[]): Transport => ({
  send: () => {
    sent.push(`wamid.sent.${String(sent.length)}`);
    return Promise.resolve({ outcome: "accepted", wamid: sent.at(-1) ?? "" });
  },
});

const bearer = ({ headers }: HostRequest) => personOf(headers.authorization?.slice("Bearer ".length));

interface HotelOptions {
  readonly before?: (app: Express) => void;
  /** Of a backend that was there before this one. */
  readonly storage?: Storage;
  readonly port?: number;
  /** false: behind a proxy that lets no WebSocket through. */
  readonly sockets?: boolean;
}

/** A hotel's backend: Express, a desk in memory with its live connections, and guests who write to it. */
export async function aHotel({
  before,
  storage = memoryStorage(),
  port: wanted = 0,
  sockets = true,
}: HotelOptions = {}) {
  const sent: string[] = [];
  const desk = new ConversationManager({
    hotels,
    storage,
    transport: accepting(sent),
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  });
  await desk.start();
  ends.all.push(() => desk.stop());
  const app = express();
  before?.(app);
  app.use("/webhooks/whatsapp", webhookRouter(desk));
  app.use("/api", deskRouter(desk, { authenticate: bearer }));
  app.use("/live", liveRouter(desk, { authenticate: bearer }));
  const { server, sockets: open, base, port, close } = await listening(app as RequestListener, wanted);
  if (sockets)
    webSocketGateway(desk, {
      server,
      path: "/live",
      allowedOrigins: [],
      authenticate: (_request, token) => personOf(token),
    });
  return {
    desk,
    /** WhatsApp's ids of what was sent, in order. */
    sent,
    storage,
    /** Destroys every connection, without a word. */
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    base,
    port,
    close,
    api: `${base}/api`,
    /** WhatsApp tells what became of a message that was sent. */
    reports: async (wamid: string, status: "delivered" | "read"): Promise<void> => {
      const statuses = [
        { id: wamid, status, timestamp: String(Math.floor(Date.now() / 1000)), recipient_id: "12025550101" },
      ];
      const metadata = { display_phone_number: "12025550190", phone_number_id: GRAND_NUMBER };
      const value = { messaging_product: "whatsapp", metadata, statuses };
      const { body, signature } = signed([{ field: "messages", value }]);
      const headers = { "content-type": "application/json", "x-hub-signature-256": signature };
      await fetch(`${base}/webhooks/whatsapp`, { method: "POST", body: new Uint8Array(body), headers });
    },
    /** A text, which is with reception when this resolves. @returns its conversation's id */
    guestWrites: async (text: string, from = "12025550101"): Promise<string> => {
      const { items: before } = await desk.as(manager).conversations({ limit: 100 });
      const had = new Map(before.map(({ id, version }) => [id, version]));
      const texts = [{ from, wamid: `wamid.${from}.${String((written += 1))}`, text }];
      // As WhatsApp does, again until it is taken.
      await eventually("it is delivered", async () => (await post(base, texts).catch(() => 0)) === 200);
      const { id, departmentId } = await eventually("what the guest wrote is in the desk", async () => {
        const { items } = await desk.as(manager).conversations({ limit: 100 });
        return items.find((item) => item.version > (had.get(item.id) ?? 0));
      });
      if (departmentId === null) await desk.as(manager).transfer(id, { departmentId: "reception" });
      return id;
    },
  };
}
