import { cloudApi, ConversationManager } from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import pg from "pg";
import { hotelApp, listen, type SignIn } from "./app.ts";

const {
  DATABASE_URL = "",
  WHATSAPP_TOKEN = "",
  APP_SECRET = "",
  VERIFY_TOKEN = "",
  STAFF_TOKEN = "",
  PORT = "3000",
} = process.env;

const pool = new pg.Pool({ connectionString: DATABASE_URL, connectionTimeoutMillis: 5_000 });
// Without a listener a database that restarts ends this process.
pool.on("error", (error) => console.error(error.message));
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
await desk.start({ migrate: true }); // makes the tables: leave it out where the database user may not
const signIn: SignIn = (token) =>
  STAFF_TOKEN !== "" && token === STAFF_TOKEN
    ? { kind: "staff", id: "front-desk", role: "agent", hotels: { grand: "all" } }
    : null;
const allowedOrigins = [`http://127.0.0.1:${PORT}`];
const server = listen(hotelApp(desk, signIn), desk, { port: Number(PORT), signIn, allowedOrigins });
process.once("SIGTERM", () => {
  server.close();
  void desk.stop().then(() => pool.end());
});
