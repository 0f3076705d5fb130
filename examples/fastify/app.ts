import type { ConversationManager, StaffPrincipal } from "belldesk";
import { deskRouter, webhookRouter } from "belldesk/express";
import { webSocketGateway } from "belldesk/websocket";
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Stands for the host's own sign-in. @param token of a header, or of the live connection's first frame */
export type SignIn = (token: string | undefined) => StaffPrincipal | null;

/** The desk in a Fastify host, which has routes of its own beside it. */
export function hotelApp(
  desk: ConversationManager,
  signIn: SignIn,
  allowedOrigins: readonly string[],
): FastifyInstance {
  const app = Fastify();
  const signedIn = ({ headers }: IncomingMessage) => signIn(headers.authorization?.replace(/^Bearer /, ""));
  // In a scope of its own: what WhatsApp signed is the bytes as they came, so nothing in here parses a body.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request: FastifyRequest, _body: unknown, done: (error: null) => void) =>
      done(null),
    );
    const mount = (path: string, handler: Handler) =>
      scope.all(`${path}*`, (request, reply) => {
        reply.hijack(); // the desk answers by itself
        request.raw.url = request.raw.url?.slice(path.length) ?? "/"; // its paths are below the mount
        handler(request.raw, reply.raw, () => reply.raw.writeHead(404).end());
      });
    mount("/webhooks/whatsapp", webhookRouter(desk));
    mount("/api", deskRouter(desk, { authenticate: signedIn }));
  });
  webSocketGateway(desk, {
    server: app.server,
    path: "/live",
    allowedOrigins,
    authenticate: (request, token) => (token === undefined ? signedIn(request) : signIn(token)),
  });
  return app;
}

type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
