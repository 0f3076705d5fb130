// A hotel's backend that starts, migrates and stops again, on the built package: `migrator.mjs <database url>`. It asks its
// parent before each statement that it sends, and once more when it has started, and waits there until it is answered.
// Plain JavaScript: it is started hundreds of times, and a loader for TypeScript would be half of each start.
import { once } from "node:events";
import { cloudApi, ConversationError, ConversationManager } from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import pg from "pg";

/** @typedef {{ readonly asks: string } | { readonly ended: string }} FromMigrator */

/** @param {FromMigrator} message */
const say = (message) => process.send?.(message);

/** @param {string} what */
async function ask(what) {
  const answered = once(process, "message");
  say({ asks: what });
  await answered;
}

const pool = new pg.Pool({ connectionString: process.argv[2] });
pool.on("error", () => undefined); // one is ended on purpose
const desk = new ConversationManager({
  hotels: [
    {
      id: "grand",
      name: "Grand",
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: "200000000000001", accessToken: "grand-token" }],
      departments: [{ id: "reception", name: "Reception" }],
    },
  ],
  storage: postgresStorage({
    query: async (text, values) => {
      await ask(text);
      return pool.query(text, values);
    },
  }),
  transport: cloudApi(),
  webhook: { appSecrets: ["test-app-secret"], verifyToken: "test-verify-token" },
});

let ended = "started";
try {
  await desk.start({ migrate: true, work: false });
  await ask("started");
  await desk.stop();
} catch (error) {
  ended = ConversationError.is(error) ? error.code : String(error);
}
await pool.end();
say({ ended });
process.disconnect();
