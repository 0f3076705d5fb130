// What all contenders of the bench of sends send to, in a process of its own: `whatsapp.ts bare` takes everything, answers as
// WhatsApp does and remembers what came. It judges nothing and parses no body, so that it is never what a contender waits for.
// `whatsapp.ts fake` is the fake WhatsApp of belldesk/testing with its window open and its pacing off, which judges each message
// and takes several times as long: bare undici waits for it.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fakeWhatsApp } from "belldesk/testing";

/** One send that arrived. */
export interface Arrived {
  /** Milliseconds of this process. */
  readonly atMs: number;
  readonly phoneNumberId: string;
  readonly text: string;
}

interface WhatsApp {
  readonly graphUrl: string;
  /** What came since it was asked last. */
  readonly arrived: () => readonly Arrived[];
}

function bare(): Promise<WhatsApp> {
  let came: { atMs: number; path: string; body: Buffer }[] = [];
  let serial = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      came.push({ atMs: performance.now(), path: request.url ?? "", body: Buffer.concat(chunks) });
      const answer = `{"messaging_product":"whatsapp","contacts":[{"input":"12025550100","wa_id":"12025550100"}],"messages":[{"id":"wamid.bench.${String(++serial)}"}]}`;
      response.writeHead(200, { "content-type": "application/json", "content-length": answer.length });
      response.end(answer);
    });
  });
  server.keepAliveTimeout = 60_000;
  const arrived = () => {
    const all = came.map(({ atMs, path, body }) => {
      const { text } = JSON.parse(body.toString()) as { text: { body: string } };
      return { atMs, phoneNumberId: path.split("/")[2] ?? "", text: text.body };
    });
    came = [];
    return all;
  };
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const graphUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      resolve({ graphUrl, arrived });
    }),
  );
}

async function fake(): Promise<WhatsApp> {
  const whatsapp = await fakeWhatsApp({
    appSecret: "bench-app-secret",
    webhookUrl: "http://127.0.0.1:9/",
    reports: [],
    window: "open",
    pacing: false,
  });
  let seen = 0;
  const arrived = () => {
    const all = whatsapp.accepted.slice(seen).map(({ atMs, phoneNumberId, body }) => {
      const { text } = body as unknown as { text: { body: string } };
      return { atMs, phoneNumberId, text: text.body };
    });
    seen = whatsapp.accepted.length;
    return all;
  };
  return { graphUrl: whatsapp.graphUrl, arrived };
}

const { graphUrl, arrived } = await (process.argv[2] === "fake" ? fake() : bare());
let spent = process.cpuUsage();
process.on("message", (asked) => {
  if (asked === "start") {
    arrived();
    spent = process.cpuUsage();
    process.send?.("started");
  } else if (asked === "report") {
    const { user, system } = process.cpuUsage(spent);
    process.send?.({ arrived: arrived(), cpuSeconds: (user + system) / 1e6 });
  }
});
process.on("disconnect", () => process.exit());
process.send?.({ graphUrl });
