// Somebody erases a guest, or prunes conversations that were closed a day ago, at a hotel's backend that is killed in the middle of it, on the
// built package: `eraser.mjs <database url> <hotel> <digits of the guest's phone, or "old">`. It ends by SIGKILL after the first step.
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
const admin = desk.as({ kind: "staff", id: "staff_admin", role: "admin", hotels: { [hotel]: "all" } });
const onProgress = () => {
  process.kill(process.pid, "SIGKILL");
};
if (waId === "old") await admin.prune({ conversations: 1 }, { hotel, onProgress });
else await admin.eraseGuest({ hotel, waId }, { reason: "asked for it", onProgress });
