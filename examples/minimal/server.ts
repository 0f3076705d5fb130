import { cloudApi, ConversationManager } from "belldesk";
import { deskRouter, webhookRouter } from "belldesk/express";
import express from "express";
import { hotels, pool, signIn, storage, webhook } from "./hotel.js";

const desk = new ConversationManager({ hotels, webhook, storage, transport: cloudApi(), logger: console });
const app = express();
app.use("/webhooks/whatsapp", webhookRouter(desk));
app.use("/api", deskRouter(desk, { authenticate: signIn })); // (request) => Principal | null
await desk.start({ migrate: true }); // makes the tables: leave it out where the database user may not
const server = app.listen(Number(process.env["PORT"] ?? "3000"));
process.once("SIGTERM", () => {
  server.close();
  void desk.stop().then(() => pool.end());
});
