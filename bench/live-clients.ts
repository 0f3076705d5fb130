// The clients of one contender of bench/live.ts: `live-clients.ts <json>`. They count, and look at nothing.
import { WebSocket } from "ws";
import type { Contender } from "./live-server.js";

export interface ClientsOf {
  readonly kind: Contender;
  readonly port: number;
}
export type Asked = { readonly open: number } | "close" | "exit";

const { kind, port } = JSON.parse(process.argv[2] ?? "{}") as ClientsOf;
const PATHS: Record<Contender, string> = {
  ws: "/live",
  belldesk: "/live",
  "socket.io": "/socket.io/?EIO=4&transport=websocket",
};
/** Opened at once. */
const AT_ONCE = 50;
/** What is said besides is shorter: pings, and what a connection begins with once it is live. */
const SHORTEST = 200;

let sockets: WebSocket[] = [];
let heard = 0;
let bytes = 0;

/** Resolves when it is told everything. */
function open(n: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}${PATHS[kind]}`, { perMessageDeflate: false });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    let isReady = false;
    const ready = () => {
      isReady = true;
      resolve();
    };
    socket.on("error", reject);
    socket.on("open", () => {
      if (kind === "ws") ready();
      if (kind === "belldesk") socket.send(JSON.stringify({ type: "hello", version: 1, token: `staff-${String(n)}` }));
      // Its own protocol: connects to the namespace "/".
      if (kind === "socket.io") socket.send("40");
    });
    socket.on("message", (data: Buffer) => {
      if (!isReady) {
        if (data.includes(kind === "belldesk" ? `"type":"live"` : "40")) ready();
        return;
      }
      if (data.length < SHORTEST) {
        if (kind === "socket.io" && data.toString() === "2") socket.send("3");
        if (kind === "belldesk" && data.includes(`"ping"`)) socket.send(`{"type":"pong"}`);
        return;
      }
      heard += 1;
      bytes = data.length;
      if (heard % sockets.length === 0) process.send?.({ ended: Number(process.hrtime.bigint()) / 1e6, bytes });
    });
  });
}

process.on("message", (asked: Asked) => {
  if (asked === "exit") process.exit();
  void (async () => {
    if (asked === "close") {
      for (const socket of sockets) socket.terminate();
      sockets = [];
    } else {
      const before = sockets.length;
      for (let n = 0; n < asked.open; n += AT_ONCE)
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, asked.open - n) }, (_, k) => open(before + n + k)));
    }
    heard = 0;
    process.send?.("done");
  })();
});
process.send?.("done");
