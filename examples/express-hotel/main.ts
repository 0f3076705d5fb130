import { EventEmitter } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { clockOf } from "./clock.js";
import { readConfig, type Config } from "./config.js";
import { door } from "./door.js";
import { cannotListen, openHotel } from "./hotel.js";
import { startSimulator } from "./simulator.js";
import { street } from "./street.js";
import { supervise } from "./supervisor.js";

/** What there is to stop, as soon as there is something, open or not yet. */
let begun: Opened | null = null;
let stopping = false;
const stop = (): void => {
  if (stopping) {
    // Asked twice, we go at once: what was acknowledged is stored.
    begun?.abandon();
    process.exit(1);
  }
  stopping = true;
  void (begun?.stop() ?? Promise.resolve()).then(() => process.exit(0));
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

const giveUp = (message: string): never => {
  console.error(message);
  process.exit(stopping ? 0 : 1);
};
const orGiveUp = async <T>(opening: () => T | Promise<T>): Promise<T> => {
  try {
    return await opening();
  } catch (error) {
    return giveUp(error instanceof Error ? error.message : String(error));
  }
};

const config = await orGiveUp(() => readConfig(process.env));
const port = await (config.graphUrl === null ? openStreet(config) : openAlone(config, config.graphUrl));
if (!(stopping as boolean)) console.log(greeting(port));

interface Opened {
  /** Lets it open first, where it has not yet. */
  stop(): Promise<void>;
  abandon(): void;
}

/** The hotel alone, on a Graph API elsewhere. */
async function openAlone(settings: Config, graphUrl: string): Promise<number> {
  let { port } = settings;
  const onListening = (taken: number) => (port = taken);
  const opening = openHotel({ config: settings, port, publicPort: port, graphUrl, isDemo: false, onListening });
  begun = {
    stop: () => opening.then((hotel) => hotel.stop()),
    abandon: () => undefined,
  };
  await orGiveUp(() => opening);
  return port;
}

/**
 * The hotel, and WhatsApp beside it: phones, their messages and the door to the street stand in this process, the hotel in another one,
 * which can be killed.
 */
async function openStreet(settings: Config): Promise<number> {
  const server = http.createServer();
  const port = await orGiveUp(
    () =>
      new Promise<number>((resolve, reject) => {
        server.once("error", (error) => {
          reject(new Error(cannotListen(settings.port, error)));
        });
        server.listen(settings.port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
      }),
  );
  const clock = clockOf(settings.dataDir);
  const changes = new EventEmitter().setMaxListeners(0);
  const simulator = await startSimulator({ ...settings, port }, { clock, changes });
  const hotel = supervise({ graphUrl: simulator.graphUrl, publicPort: port });
  const way = door(() => hotel.port);
  const app = street({ simulator, changes, hotel, way, clock });
  server.on("request", app).on("upgrade", way.upgrade);
  begun = {
    abandon: () => hotel.abandon(),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      await hotel.stop();
      await simulator.close();
      server.closeAllConnections();
      await closed;
    },
  };
  await orGiveUp(() => hotel.opened());
  return port;
}

function greeting(port: number): string {
  const base = `http://127.0.0.1:${String(port)}`;
  const isDemo = config.graphUrl === null;
  const pages = `  Staff inbox      ${base}/${
    isDemo
      ? `
  A guest's phone  ${base}/guest?hotel=grand&address=12025550101
  Scenarios        ${base}/scenarios`
      : ""
  }`;
  const byHand = `WhatsApp is simulated on this machine. Write as a guest, choose a department, and answer as staff; press a scenario
and watch both pages; or by hand:

  curl -s ${base}/simulator/guests/12025550101/messages -H 'content-type: application/json' \\
    -d '{"hotel":"grand","type":"text","text":"Hello, is my room ready?"}'
  curl -s ${base}/simulator/guests/12025550101/messages -H 'content-type: application/json' \\
    -d '{"hotel":"grand","type":"list","title":"Reception"}'
  curl -s '${base}/api/conversations' -H 'Authorization: Bearer demo-grand-reception'
  curl -s ${base}/simulator/clock -H 'content-type: application/json' -d '{"hours":26}'
`;
  return `The hotel is open.

${pages}

${isDemo ? byHand : `Sends go to ${config.graphUrl}.\n`}
Staff tokens (demo only): demo-<hotel>-<department>, demo-<hotel>-manager, demo-group-admin, demo-operator.
Data: ${config.databaseUrl === null ? path.resolve(config.dataDir) : "your PostgreSQL"}. Stop with Ctrl+C.`;
}
