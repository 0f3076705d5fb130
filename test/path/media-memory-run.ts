// What a large file costs in memory, from a webhook to the store: `media-memory-run.ts document` or `bomb`. Prints one line of JSON.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import type { Attachment } from "../../src/index.js";

Object.assign(globalThis, { BELLDESK_FAILPOINTS: false });
const { localFiles } = await import("../../adapters/local-files/index.js");
const { memoryStorage } = await import("../../adapters/memory/index.js");
const { cloudApi, ConversationManager } = await import("../../src/index.js");
const { APP_SECRET, GRAND_NUMBER, hotels, manager, signed, VERIFY_TOKEN } = await import("../harness/hotel.js");

const what = process.argv[2] ?? "document";
if (what.startsWith("serve-")) await serve(what === "serve-bomb");
else await measure(what);

/** A Graph API in a process of its own: what it holds is not the desk's. A file of the id 1 is small. */
async function serve(isBomb: boolean): Promise<void> {
  const CHUNK = Buffer.from("A line of a very long letter of a guest.\n".repeat(1_600));
  const chunksOf = (url: string) => (url.includes("1") ? 1 : Math.floor(100_000_000 / CHUNK.length));
  async function* letter(chunks: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < chunks; at++) yield await Promise.resolve(CHUNK);
  }
  const hashOf = async (chunks: number): Promise<string> => {
    const hash = createHash("sha256");
    for await (const chunk of letter(chunks)) hash.update(chunk);
    return hash.digest("hex");
  };
  const packed = isBomb ? await bomb() : Buffer.alloc(0);
  const graph = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    void (async () => {
      const id = path.split("/").at(-1) ?? "";
      const chunks = chunksOf(id);
      if (!path.startsWith("/file")) {
        const about = { url: `http://${request.headers.host ?? ""}/file/${id}`, mime_type: "text/plain" };
        response.end(JSON.stringify({ ...about, sha256: await hashOf(chunks), file_size: CHUNK.length * chunks }));
      } else if (isBomb && chunks > 1) {
        response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" }).end(packed);
      } else {
        response.writeHead(200, { "content-type": "text/plain", "content-length": String(CHUNK.length * chunks) });
        for await (const chunk of letter(chunks))
          if (!response.write(chunk)) await new Promise((resolve) => response.once("drain", resolve));
        response.end();
      }
    })();
  }).listen(0, "127.0.0.1", () => {
    console.log(String((graph.address() as AddressInfo).port));
  });
}

/** 200 MB of nothing, packed. */
async function bomb(): Promise<Buffer> {
  const packed: Buffer[] = [];
  const gzip = createGzip();
  gzip.on("data", (piece: Buffer) => packed.push(piece));
  const nothing = Buffer.alloc(1_000_000);
  for (let at = 0; at < 200; at++)
    if (!gzip.write(nothing)) await new Promise((resolve) => gzip.once("drain", resolve));
  await new Promise<void>((resolve) => gzip.end(resolve));
  return Buffer.concat(packed);
}

async function measure(mode: string): Promise<void> {
  const script = fileURLToPath(import.meta.url);
  const args = ["--import", "./scripts/typescript.mjs", script, `serve-${mode}`];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(server.stdout, "data")) as [Buffer];
  const graphUrl = `http://127.0.0.1:${said.toString().trim()}`;
  const folder = mkdtempSync(join(tmpdir(), "belldesk-memory-"));
  const store = localFiles({ folder: join(folder, "media") });
  const desk = new ConversationManager({
    hotels,
    storage: memoryStorage(),
    transport: cloudApi({ graphUrl }),
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 20 },
    media: { store, tempDir: join(folder, "temp"), attempts: 1 },
  });
  await desk.start();

  async function comes(id: string): Promise<Attachment> {
    const document = { id, mime_type: "text/plain", filename: "letter.txt" };
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const value = {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: "12025550190", phone_number_id: GRAND_NUMBER },
      contacts: [{ profile: { name: "Guest" }, wa_id: "12025550101" }],
      messages: [{ from: "12025550101", id: `wamid.${id}`, timestamp, type: "document", document }],
    };
    await desk.receive(signed([{ field: "messages", value }]));
    for (;;) {
      const [conversation] = (await desk.as(manager).conversations()).items;
      const { items } = conversation === undefined ? { items: [] } : await desk.as(manager).messages(conversation.id);
      const { attachment } = items.find(({ wamid }) => wamid === `wamid.${id}`) ?? {};
      if (attachment !== undefined && attachment.state !== "pending") return attachment;
      await delay(50);
    }
  }

  // What is loaded and compiled once is not what a file costs.
  const small = await comes("1");
  await delay(500);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  const { state, reason, file } = await comes("900");
  clearInterval(looking);
  const left = readdirSync(join(folder, "temp"), { recursive: true }).filter((name) => String(name).includes("/"));
  await desk.stop();
  server.kill();
  rmSync(folder, { recursive: true, force: true });
  const growthMb = Math.round((most - before) / 1_000_000);
  const told = { small: small.state, state, reason, sizeBytes: file?.sizeBytes ?? null, growthMb, left: left.length };
  console.log(JSON.stringify(told));
  process.exit(0);
}
