// The HTTP server that all contenders of the bench of sends send to, in a process of its own: takes everything, answers as
// WhatsApp does, and remembers what came. It judges nothing, so that it is never what a contender waits for: an own process
// that parses no body answers several times what any contender sends. The fake WhatsApp of belldesk/testing, which does
// judge, would be the bottleneck.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One send that arrived. */
export interface Arrived {
  /** Milliseconds of this process. */
  readonly atMs: number;
  readonly phoneNumberId: string;
  readonly text: string;
}

let came: { atMs: number; path: string; body: Buffer }[] = [];
let serial = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const [body = Buffer.alloc(0), ...more] = chunks;
    came.push({
      atMs: performance.now(),
      path: request.url ?? "",
      body: more.length === 0 ? body : Buffer.concat(chunks),
    });
    const answer = `{"messaging_product":"whatsapp","contacts":[{"input":"12025550100","wa_id":"12025550100"}],"messages":[{"id":"wamid.bench.${String(++serial)}"}]}`;
    response.writeHead(200, { "content-type": "application/json", "content-length": answer.length });
    response.end(answer);
  });
});
server.keepAliveTimeout = 60_000;

function arrived(): Arrived[] {
  const all = came.map(({ atMs, path, body }) => {
    const { text } = JSON.parse(body.toString()) as { text: { body: string } };
    return { atMs, phoneNumberId: path.split("/")[2] ?? "", text: text.body };
  });
  came = [];
  return all;
}

let spent = process.cpuUsage();
process.on("message", (asked) => {
  if (asked === "start") {
    came = [];
    spent = process.cpuUsage();
    process.send?.("started");
  } else if (asked === "report") {
    const { user, system } = process.cpuUsage(spent);
    process.send?.({ arrived: arrived(), cpuSeconds: (user + system) / 1e6 });
  }
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
