import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { deskRouter, webhookRouter } from "../../adapters/express/index.js";
import { localFiles } from "../../adapters/local-files/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import * as lib from "../../src/flows/index.js";
import {
  cloudApi,
  ConversationError,
  ConversationManager,
  type HotelOptions,
  type Storage,
  type Transport,
} from "../../src/index.js";
import { fakeWhatsApp, type FakeWhatsAppOptions } from "../../src/testing/index.js";
import { admin, APP_SECRET, VERIFY_TOKEN } from "../harness/hotel.js";
import { stayFlows } from "../harness/stay-flows.js";
import type { House } from "./stay-story.js";

/** Everything twice; guests write faster than people do. */
export const WHATSAPP = {
  weather: { seed: 1, repeats: 1 },
  pacing: false,
  reportDelayMs: 5,
} as const satisfies Partial<FakeWhatsAppOptions>;

interface MemoryHouse extends House {
  /** Where its files are. */
  readonly folder: string;
}

/**
 * A backend in this process, on a storage in memory, whose lives end as by `kill -9`: whoever is dead asks the storage and WhatsApp for nothing more, and hears
 * no answer.
 */
export async function memoryHouse(hotel: HotelOptions, outsideUrl: string): Promise<MemoryHouse> {
  const folder = await mkdtemp(join(tmpdir(), "belldesk-test-"));
  const storage = memoryStorage();
  const store = localFiles({ folder: join(folder, "files") });
  let close: (error: unknown) => void = () => undefined;
  /** What nobody answers any more, until all is over. */
  const never = new Promise<never>((_, reject) => (close = reject));
  never.catch(() => undefined);
  const lives: ConversationManager[] = [];

  /** The same, as long as the life that asks lasts. */
  const mortal = <T extends Storage | Transport>(what: T, isDead: () => boolean): T =>
    new Proxy(what, {
      get(target, verb) {
        const value: unknown = Reflect.get(target, verb, target);
        if (typeof value !== "function" || verb === "close") return value;
        return async (...args: unknown[]): Promise<unknown> => {
          if (isDead()) return never;
          const answer = await (value as (...all: unknown[]) => unknown).apply(target, args);
          return isDead() ? never : answer;
        };
      },
    });

  async function life() {
    let isDead = false;
    const asks = (): boolean => isDead;
    const { flows, tasks } = stayFlows(lib, outsideUrl, (conversationId, task) =>
      desk.as(admin).createTask(conversationId, task),
    );
    const desk: ConversationManager = new ConversationManager({
      hotels: [hotel],
      storage: mortal(storage, asks),
      transport: mortal(cloudApi({ graphUrl: fake.graphUrl, deadlineMs: 2_000 }), asks),
      flows,
      tasks,
      floods: { commandsPerMinute: null },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { leaseMs: 1_000, pollMs: 10 },
      outbound: { paceGuests: false },
      media: { store, tempDir: join(folder, "temp"), retryBaseMs: 10, sweepMs: 300 },
    });
    lives.push(desk);
    const app = express();
    app.use("/webhooks/whatsapp", webhookRouter(desk));
    app.use("/api", deskRouter(desk, { authenticate: () => admin }));
    await desk.start({ migrate: true });
    return {
      app,
      end: () => {
        isDead = true;
      },
    };
  }

  let now: Awaited<ReturnType<typeof life>> | null = null;
  const server = createServer((request, response) => {
    if (now === null) request.socket.destroy();
    else now.app(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const fake = await fakeWhatsApp({ appSecret: APP_SECRET, webhookUrl: `${base}/webhooks/whatsapp`, ...WHATSAPP });
  for (const template of hotel.templates as Parameters<typeof fake.template>[0][]) fake.template(template);
  now = await life();
  return {
    fake,
    base,
    folder: join(folder, "files"),
    async kill() {
      now?.end();
      now = null;
      server.closeAllConnections();
      now = await life();
    },
    async close() {
      close(new ConversationError("storage_unavailable"));
      await fake.close();
      server.closeAllConnections();
      await Promise.all([...lives.map((desk) => desk.stop()), new Promise((resolve) => server.close(resolve))]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
