import { cloudApi, ConversationManager } from "belldesk";
import { deskRouter, webhookRouter } from "belldesk/express";
import { postgresStorage } from "belldesk/postgres";
import express from "express";
import pg from "pg";
import { signIn } from "./sign-in.js";

const { DATABASE_URL = "", WHATSAPP_TOKEN = "", APP_SECRET = "", VERIFY_TOKEN = "", PORT = "3000" } = process.env;

const pool = new pg.Pool({ connectionString: DATABASE_URL, connectionTimeoutMillis: 5_000 });
// Without a listener a database that restarts ends this process.
pool.on("error", (error) => {
  console.error(error.message);
});
const desk = new ConversationManager({
  hotels: [
    {
      id: "grand",
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: "200000000000001", accessToken: WHATSAPP_TOKEN }],
      departments: [
        { id: "reception", name: "Reception" },
        { id: "housekeeping", name: "Housekeeping" },
      ],
    },
  ],
  storage: postgresStorage(pool),
  transport: cloudApi(),
  webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  logger: console,
});
const app = express();
app.use("/webhooks/whatsapp", webhookRouter(desk));
app.use("/api", deskRouter(desk, { authenticate: signIn })); // (request) => Principal | null
await desk.start({ migrate: true }); // makes the tables: leave it out where the database user may not
const server = app.listen(Number(PORT));
process.once("SIGTERM", () => {
  server.close();
  void desk.stop().then(() => pool.end());
});
