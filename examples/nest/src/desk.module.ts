import {
  Module,
  type DynamicModule,
  type INestApplication,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from "@nestjs/common";
import { ConversationManager, type ConversationManagerOptions, type StaffPrincipal } from "belldesk";
import { deskRouter, webhookRouter } from "belldesk/express";
import { webSocketGateway } from "belldesk/websocket";
import type { IncomingMessage } from "node:http";

/** The desk as a provider: inject `ConversationManager` wherever it is wanted. It starts and stops with the application. */
@Module({})
export class DeskModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly desk: ConversationManager) {}

  static with(options: ConversationManagerOptions): DynamicModule {
    const desk = { provide: ConversationManager, useFactory: () => new ConversationManager(options) };
    return { module: DeskModule, global: true, providers: [desk], exports: [ConversationManager] };
  }

  onApplicationBootstrap(): Promise<void> {
    return this.desk.start({ migrate: true }); // makes the tables: leave it out where the database user may not
  }

  onApplicationShutdown(): Promise<void> {
    return this.desk.stop();
  }
}

/** Stands for the host's own sign-in. @param token of a header, or of the live connection's first frame */
export type SignIn = (token: string | undefined) => StaffPrincipal | null;

/** Mounts its routes, before Nest's own parser as long as the application has not listened yet: WhatsApp signs the bytes as they come. */
export function mountDesk(app: INestApplication, signIn: SignIn, allowedOrigins: readonly string[]): void {
  const desk = app.get(ConversationManager);
  const signedIn = ({ headers }: IncomingMessage) => signIn(headers.authorization?.replace(/^Bearer /, ""));
  app.use("/webhooks/whatsapp", webhookRouter(desk));
  app.use("/api", deskRouter(desk, { authenticate: signedIn }));
  webSocketGateway(desk, {
    server: app.getHttpServer(),
    path: "/live",
    allowedOrigins,
    authenticate: (request, token) => (token === undefined ? signedIn(request) : signIn(token)),
  });
}
