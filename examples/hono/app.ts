import { serve, type ServerType } from "@hono/node-server";
import { deskHandler, webhookHandler, type ConversationManager, type StaffPrincipal } from "belldesk";
import { webSocketGateway } from "belldesk/websocket";
import { Hono } from "hono";
import type { Server } from "node:http";

/** Stands for the host's own sign-in. @param token of a header, or of the live connection's first frame */
export type SignIn = (token: string | undefined) => StaffPrincipal | null;

const tokenIn = (authorization: string | null | undefined) => authorization?.replace(/^Bearer /, "");

/** The desk in a Hono host, which has routes of its own beside it. Both handlers read the request's bytes themselves: no middleware before them may have. */
export function hotelApp(desk: ConversationManager, signIn: SignIn): Hono {
  const app = new Hono();
  const webhook = webhookHandler(desk);
  const api = deskHandler(desk, {
    basePath: "/api",
    authenticate: ({ headers }) => signIn(tokenIn(headers.get("authorization"))),
  });
  app.all("/webhooks/whatsapp", ({ req }) => webhook(req.raw));
  app.all("/api/*", async (c) => (await api(c.req.raw)) ?? c.notFound());
  return app;
}

/** Serves it on Node, with the live connections on the same port. */
export function listen(
  app: Hono,
  desk: ConversationManager,
  {
    port,
    signIn,
    allowedOrigins,
  }: { readonly port: number; readonly signIn: SignIn; readonly allowedOrigins: readonly string[] },
): ServerType {
  const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
  webSocketGateway(desk, {
    server: server as Server,
    path: "/live",
    allowedOrigins,
    authenticate: ({ headers }, token) => signIn(token ?? tokenIn(headers.authorization)),
  });
  return server;
}
