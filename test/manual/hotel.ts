import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  cloudApi,
  ConversationManager,
  type ConversationManagerOptions,
  type Principal,
  type StaffPrincipal,
} from "belldesk";
import { deskRouter, webhookRouter } from "belldesk/express";
import { memoryStorage } from "belldesk/memory";
import { fakeWhatsApp, type FakeGuest, type FakeWhatsApp } from "belldesk/testing";
import express, { type Express } from "express";
import { onTestFinished, vi } from "vitest";

export const NUMBER = "200000000000001";
export const PHONE = "12025550101";
const SECRETS = { appSecrets: ["a-test-secret"], verifyToken: "a-test-token" };

export const receptionist: StaffPrincipal = { kind: "staff", id: "rita", role: "agent", hotels: { grand: "all" } };
export const admin: StaffPrincipal = { kind: "staff", id: "ada", role: "admin", hotels: { grand: "all" } };

/** What every desk of the manual is made of; its snippets say what they add. */
export const options = (): ConversationManagerOptions => ({
  hotels: [
    {
      id: "grand",
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: NUMBER, accessToken: "any" }],
      departments: [{ id: "reception", name: "Reception" }],
    },
  ],
  storage: memoryStorage(),
  transport: cloudApi(),
  webhook: SECRETS,
});

export interface OpenHotel {
  readonly desk: ConversationManager;
  readonly app: Express;
  readonly server: Server;
  readonly base: string;
  readonly whatsapp: FakeWhatsApp;
  /** A guest who has written, and the conversation with them. */
  readonly arrives: (text?: string) => Promise<{ guest: FakeGuest; conversationId: string; guestId: string }>;
}

/** A hotel on HTTP with WhatsApp's stand-in, ended with the test. Bearer tokens are `rita` and `ada`. */
export async function openHotel(
  make: (options: ConversationManagerOptions) => ConversationManager = (its) => new ConversationManager(its),
  mount: (app: Express, desk: ConversationManager, server: Server) => void = () => undefined,
): Promise<OpenHotel> {
  const app = express();
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const whatsapp = await fakeWhatsApp({ appSecret: "a-test-secret", webhookUrl: `${base}/webhooks/whatsapp` });
  const desk = make({ ...options(), transport: cloudApi({ graphUrl: whatsapp.graphUrl }) });
  mount(app, desk, server);
  app.use("/webhooks/whatsapp", webhookRouter(desk));
  app.use("/api", deskRouter(desk, { authenticate: signIn }));
  await desk.start();
  onTestFinished(async () => {
    await desk.stop();
    await whatsapp.close();
    server.closeAllConnections();
    server.close();
  });
  return {
    ...{ desk, app, server, base, whatsapp },
    async arrives(text = "Hello") {
      const guest = whatsapp.guest(PHONE);
      await guest.says(NUMBER, text);
      const item = await vi.waitUntil(async () => (await desk.as(admin).conversations()).items[0], 10_000);
      return { guest, conversationId: item.id, guestId: item.guest.id };
    },
  };
}

/** Stands for the host's own sign-in. */
export function signIn(request: { readonly headers: Readonly<Record<string, unknown>> }): Principal | null {
  const token = String(request.headers["authorization"]).replace("Bearer ", "");
  return [receptionist, admin].find(({ id }) => id === token) ?? null;
}
