// Somebody erases a guest at a hotel's backend that is killed in the middle of it, on the built package:
// `eraser.mjs <database url> <hotel> <digits of the guest's phone>`. It ends by SIGKILL after the erasure's first step.
// Plain JavaScript, started without a loader.
import { cloudApi, ConversationManager } from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import pg from "pg";

const [, , connectionString, hotel = "", waId = ""] = process.argv;
const desk = new ConversationManager({
  hotels: [
    {
      id: hotel,
      timeZone: "Europe/Rome",
      numbers: [{ phoneNumberId: "200000000000001", accessToken: "grand-token" }],
      departments: [{ id: "reception", name: "Reception" }],
    },
  ],
  storage: postgresStorage(new pg.Pool({ connectionString })),
  transport: cloudApi(),
  webhook: { appSecrets: ["test-app-secret"], verifyToken: "test-verify-token" },
});
await desk.start({ work: false });
await desk.as({ kind: "staff", id: "staff_admin", role: "admin", hotels: { [hotel]: "all" } }).eraseGuest(
  { hotel, waId },
  {
    reason: "asked for it",
    onProgress: () => {
      process.kill(process.pid, "SIGKILL");
    },
  },
);
