import { readConfig } from "./config.js";
import { openHotel, type OpenHotel } from "./hotel.js";
import type { FromHotel, ToHotel } from "./supervisor.js";

/** The hotel as a process of its own, for `supervisor.ts`: that one goes on while this one is killed. */
const [graphUrl = "", publicPort = "0"] = process.argv.slice(2);

const says = (message: FromHotel): void => void process.send?.(message);

// Nobody looks after it any more: the next one wants the folder.
process.on("disconnect", () => process.exit(1));
// Ctrl+C in a terminal asks both; the supervisor is the one who answers.
process.on("SIGINT", () => undefined);

let open: OpenHotel | null = null;
let stopping = false;
const stop = (): void => {
  // One that is asked while it opens does so once it is open: it leaves nothing half done.
  if (!stopping && open !== null) void open.stop().then(() => process.exit(0));
  stopping = true;
};
process.on("SIGTERM", stop);
process.on("message", (message: ToHotel) => {
  if (message.kind === "stop") stop();
  else
    open?.shiftClock(message.ms).then(
      () => says({ kind: "clock", ok: true }),
      () => says({ kind: "clock", ok: false }),
    );
});

try {
  const hotel = await openHotel({
    config: readConfig(process.env),
    port: 0,
    publicPort: Number(publicPort),
    graphUrl,
    isDemo: true,
    onListening: (port) => says({ kind: "listening", port }),
  });
  if (stopping as boolean) {
    await hotel.stop();
    process.exit(0);
  }
  open = hotel;
  says({ kind: "open" });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
