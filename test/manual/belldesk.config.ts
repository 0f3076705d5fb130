import { cloudApi, ConversationManager } from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"] });
// Without a listener a database that restarts ends the process.
pool.on("error", ({ message }) => {
  console.error(message);
});
export const desk = new ConversationManager({
  hotels: [
    {
      id: "grand",
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: "2000", accessToken: "..." }],
      departments: [{ id: "reception", name: "Reception" }],
    },
  ],
  storage: postgresStorage(pool),
  transport: cloudApi(),
  webhook: { appSecrets: ["the app's secret"], verifyToken: "the verify token" },
});
