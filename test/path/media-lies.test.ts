import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import { ConversationError } from "../../src/index.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aPng } from "../support/files.js";
import { aSendingHotel, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const FILE = aPng();
const SHA256 = createHash("sha256").update(FILE).digest("hex");

/** How a file is put on the wire: what its header says of its length (null: nothing), and what comes. */
interface Wire {
  readonly says: number | null;
  readonly comes: Buffer;
  /** Milliseconds in which it does; 0 by default: at once. */
  readonly inMs?: number;
}
const HONEST: Wire = { says: FILE.length, comes: FILE };

const [, open = () => Promise.reject(new Error("There is no storage."))] = STORAGES[0] ?? [];
let tempDir: string;
let hotel: SendingHotel | null = null;
const ends: (() => void)[] = [];

beforeEach(async () => {
  tempDir = await mkdtemp(join(tmpdir(), "belldesk-test-"));
});
afterEach(async () => {
  await hotel?.close();
  hotel = null;
  for (const end of ends.splice(0)) end();
  await rm(tempDir, { recursive: true, force: true });
});

/** A tenth at a time. */
async function drips(socket: Socket, bytes: Buffer, inMs: number): Promise<void> {
  const piece = Math.ceil(bytes.length / 10);
  for (let from = 0; from < bytes.length; from += piece) {
    await delay(inMs / 10);
    socket.write(bytes.subarray(from, from + piece));
  }
  socket.end();
}

/** A server that writes what no HTTP server would: the file as `wires` says, one by one, and the last for ever. */
async function lying(wires: readonly Wire[]) {
  let fetched = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (asked) => {
      const { port } = server.address() as AddressInfo;
      const isFile = asked.toString("latin1").startsWith("GET /file ");
      const url = `http://127.0.0.1:${String(port)}/file`;
      const named = Buffer.from(
        JSON.stringify({ url, sha256: SHA256, file_size: FILE.length, mime_type: "image/png" }),
      );
      const wire = isFile ? wires[Math.min(fetched++, wires.length - 1)] : { says: named.length, comes: named };
      const { says = null, comes = Buffer.alloc(0), inMs = 0 } = { ...wire };
      const length = says === null ? "" : `content-length: ${String(says)}\r\n`;
      socket.write(`HTTP/1.1 200 OK\r\n${length}connection: close\r\n\r\n`);
      if (inMs === 0) socket.end(comes);
      else void drips(socket, comes, inMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => server.close());
  return { origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, fetched: () => fetched };
}

/** How often the desk tries to fetch a file. */
const ATTEMPTS = 5;
/** Milliseconds for which a process has a chat's files to itself, unless it says in time that it goes on. */
const LEASE_MS = 1_000;

/** What becomes of a photo that is fetched so. */
async function becomes(wires: readonly Wire[], attempts = ATTEMPTS, opened = open) {
  const server = await lying(wires);
  const store = memoryMediaStore();
  const media = { store, tempDir, retryBaseMs: 10, retryCapMs: 20, attempts };
  const work = { leaseMs: LEASE_MS };
  const of = await aSendingHotel(opened, { media, work, filesFrom: server.origin });
  hotel = of;
  const wamid = await of
    .guest("12025550101")
    .sendsFile(GRAND_NUMBER, { kind: "image", bytes: FILE, mimeType: "image/png", caption: "Our passport" });
  const attachment = await eventually("it is known what became of the file", async () => {
    for (const { id } of (await of.staff().conversations()).items) {
      const message = (await of.staff().messages(id)).items.find((one) => one.wamid === wamid);
      if (message?.attachment !== undefined && message.attachment.state !== "pending") return message.attachment;
    }
    return null;
  });
  const left = (await readdir(tempDir, { recursive: true })).filter((name) => name.includes("/"));
  const { items } = await store.list({ after: null, limit: 10 });
  return { state: attachment.state, reason: attachment.reason, fetched: server.fetched(), left, kept: items.length };
}

const STORED = { state: "stored", reason: null, left: [], kept: 1 };
const CUT = FILE.subarray(0, -10);

test.each<[string, Wire]>([
  ["says that it is longer than it is", { says: FILE.length + 10, comes: FILE }],
  ["says that it is shorter than it is", { says: FILE.length - 10, comes: FILE }],
  ["does not say how long it is, and breaks off", { says: null, comes: CUT }],
  ["breaks off", { says: FILE.length, comes: CUT }],
])("a file that %s is fetched again, until it is what WhatsApp says it is (F61)", async (_, wire) => {
  expect(await becomes([wire, wire, HONEST])).toEqual({ ...STORED, fetched: 3 });
});

test("a small photo in whose place something endless comes is fetched again, and not called too large (F61, F62)", async () => {
  const endless = { says: null, comes: Buffer.alloc(6_000_000) };
  expect(await becomes([endless, HONEST])).toEqual({ ...STORED, fetched: 2 });
  const corrupt = { state: "unavailable", reason: "corrupt", fetched: ATTEMPTS, left: [], kept: 0 };
  await hotel?.close();
  expect(await becomes([endless])).toEqual(corrupt);
});

test("a file that is another once, after it broke off twice, is fetched again (F60, F61)", async () => {
  const brokenOff = { says: FILE.length, comes: CUT };
  const another = { says: CUT.length, comes: CUT };
  expect(await becomes([brokenOff, brokenOff, another, HONEST])).toEqual({ ...STORED, fetched: 4 });
});

test("a file that did not come for long, and then comes wrong once, is fetched again (F60, F61)", async () => {
  const brokenOff = { says: FILE.length, comes: CUT };
  const another = { says: CUT.length, comes: CUT };
  expect(await becomes([brokenOff, brokenOff, brokenOff, another, HONEST], 2)).toEqual({ ...STORED, fetched: 5 });
});

test("a process that cannot keep a chat for as long as its file takes costs no file (F13)", async () => {
  // So shortly before its lease is over a process begins nothing any more.
  const late = { ...HONEST, inMs: LEASE_MS * 0.8 };
  const forgetful = async () => {
    const made = await open();
    const renew = () => Promise.reject(new ConversationError("storage_unavailable"));
    return { ...made, storage: { ...made.storage, renew } };
  };
  expect(await becomes([late, late, HONEST], 1, forgetful)).toEqual({ ...STORED, fetched: 3 });
});

test("a file whose length nobody says is taken when its bytes are those that WhatsApp says (F61)", async () => {
  expect(await becomes([{ says: null, comes: FILE }])).toEqual({ ...STORED, fetched: 1 });
});

test.each<[string, Wire]>([
  ["shorter", { says: CUT.length, comes: CUT }],
  ["longer", { says: null, comes: Buffer.concat([FILE, CUT]) }],
  ["another", { says: FILE.length, comes: Buffer.alloc(FILE.length, 1) }],
])("one that stays %s is corrupt, and nothing of it is kept (F61)", async (_, wire) => {
  const corrupt = { state: "unavailable", reason: "corrupt", fetched: ATTEMPTS, left: [], kept: 0 };
  expect(await becomes([wire])).toEqual(corrupt);
});
