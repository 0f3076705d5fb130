import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { embeddedStorage } from "../../adapters/postgres/index.js";
import { ConversationError } from "../../src/index.js";
import { aCommand, aConversation, anInboundMessage, anItem, messageEvent } from "../../src/testing/index.js";
import { eventually } from "../harness/hotel.js";

const RETENTION = { dedupRetentionMs: 86_400_000 };

describe("a small hotel's database in a directory", () => {
  /** A migrated database that nobody has used: making one takes seconds, copying it does not. */
  let template: string;
  let dataDir: string;
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    template = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-template-"));
    const storage = embeddedStorage({ dataDir: template });
    await storage.open({ migrate: true });
    await storage.close();
  });
  afterAll(() => fs.rm(template, { recursive: true, force: true }));
  beforeEach(async () => {
    dataDir = path.join(await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-embedded-")), "data");
    ends.push(() => fs.rm(path.dirname(dataDir), { recursive: true, force: true }));
  });
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  async function opened() {
    await copied();
    const storage = embeddedStorage({ dataDir });
    ends.push(() => storage.close());
    await storage.open({ migrate: true });
    return storage;
  }

  /** A database from the template, where there is none yet. */
  async function copied(): Promise<void> {
    const from = path.join(template, "pglite");
    await fs.cp(from, path.join(dataDir, "pglite"), { recursive: true, force: false });
  }

  const lockFile = () => path.join(dataDir, "belldesk.lock");
  /** Leaves the lock of somebody else behind. */
  async function leaveLock(holder: object | string): Promise<void> {
    await fs.mkdir(dataDir, { recursive: true });
    await fs.writeFile(lockFile(), typeof holder === "string" ? holder : JSON.stringify(holder));
  }
  const boot = async () =>
    (await fs.readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim() || null;
  const locked = expect.objectContaining({ code: "storage_locked" }) as Error;

  test("belongs to one opener: a second one in the same process is refused until the first is closed", async () => {
    const first = await opened();
    const second = embeddedStorage({ dataDir });
    await expect(second.open({ migrate: true })).rejects.toThrow(locked);
    await first.close();
    await second.open({ migrate: true });
    await second.close();
    expect(await fs.readdir(dataDir)).toEqual(["pglite"]);
  });

  test("belongs to one process, and what it acknowledged is there after kill -9", async () => {
    await copied();
    const writer = startWriter(dataDir);
    ends.push(() => writer.child.kill("SIGKILL"));
    await writer.says((line) => line === "open");
    await expect(embeddedStorage({ dataDir }).open({ migrate: true })).rejects.toThrow(locked);

    await writer.says((line) => line === "itm_20");
    const gone = once(writer.child, "exit");
    writer.child.kill("SIGKILL");
    await gone;
    expect(await fs.readdir(dataDir)).toContain("belldesk.lock");

    const acknowledged = writer.lines.filter((line) => line.startsWith("itm_"));
    const heir = await opened();
    const { lanes } = await heir.claim({ kind: "inbound", lanes: 10, itemsPerLane: 100_000, leaseMs: 1_000 });
    const kept = lanes.flatMap(({ items }) => items.map(({ id }) => id));
    expect(kept.slice(0, acknowledged.length)).toEqual(acknowledged);
  });

  test("is taken over from a process that is gone, from another start of the machine, and from nobody", async () => {
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    const remains = [
      { pid: dead.pid, boot: await boot(), token: "of a dead process" },
      { pid: 1, boot: "another start", token: "of before the machine restarted" },
      // A container's processes have the same numbers each time it starts.
      { pid: process.pid, boot: await boot(), token: "of an earlier process with our number" },
      "",
      '{"pid":',
    ];
    for (const holder of remains) {
      await leaveLock(holder);
      await (await opened()).close();
      expect(await fs.readdir(dataDir)).toEqual(["pglite"]);
    }
  });

  test("is not taken from a process that lives", async () => {
    await leaveLock({ pid: process.ppid, boot: await boot(), token: "of our parent" });
    await expect(embeddedStorage({ dataDir }).open({ migrate: true })).rejects.toThrow(locked);
    expect(await fs.readFile(lockFile(), "utf8")).toContain("of our parent");
  });

  test("is not taken from a container beside this one, whose processes nobody here can see, unless it is silent for ten seconds", async () => {
    // As on a volume that two containers share: to the heir, the holder's number is that of no process.
    const there = { pid: 4_194_305, boot: await boot(), pids: "pid:[another container's]", token: "of a container" };
    await leaveLock(there);
    const beating = setInterval(() => void fs.utimes(lockFile(), new Date(), new Date()), 1_000);
    ends.push(() => {
      clearInterval(beating);
    });
    await expect(embeddedStorage({ dataDir }).open({ migrate: true })).rejects.toThrow(locked);
    expect(JSON.parse(await fs.readFile(lockFile(), "utf8"))).toEqual(there);

    clearInterval(beating);
    await (await opened()).close();
  });

  test("says to whoever looks that its holder lives, and from whom it was taken writes nothing more", async () => {
    const storage = await opened();
    const touched = async () => (await fs.stat(lockFile())).mtimeMs;
    const before = await touched();
    await eventually("it is touched", async () => (await touched()) > before);

    // A machine that stood still for longer than the heir waited.
    await fs.rm(lockFile());
    await leaveLock({ pid: process.ppid, boot: await boot(), token: "of an heir" });
    const tried = () =>
      storage.loadChats([]).then(
        () => null,
        (error: unknown) => error,
      );
    await eventually("it has stopped", async () => (await tried()) !== null);
    expect(await tried()).toEqual(locked);
    await storage.close();
    expect(await fs.readFile(lockFile(), "utf8")).toContain("of an heir");
  });

  test("is for the eyes of its owner only", async () => {
    await opened();
    expect((await fs.stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await fs.stat(lockFile())).mode & 0o777).toBe(0o600);
  });

  test("without its schema is refused, and left for somebody who may migrate", async () => {
    await expect(embeddedStorage({ dataDir }).open({ migrate: false })).rejects.toThrow(
      expect.objectContaining({ code: "schema_missing" }) as Error,
    );
    await opened();
  });

  test("is not there before it is opened and after it is closed", async () => {
    await copied();
    const storage = embeddedStorage({ dataDir });
    const notStarted = expect.objectContaining({ code: "not_started" }) as Error;
    await expect(storage.loadChats([])).rejects.toThrow(notStarted);
    await storage.open({ migrate: true });
    await storage.close();
    await expect(storage.loadChats([])).rejects.toThrow(notStarted);
    await storage.close();
    await storage.open({ migrate: false });
    await storage.close();
  });

  test("gives back what a guest wrote as it was written, NUL and half an emoji too (M1, S39)", async () => {
    const storage = await opened();
    const text = "NUL \u0000, \ud83d alone, \udc00\ud800 reversed, \u202e bidi, \ufffe, <b>&amp;</b>";
    await storage.remember([anItem("itm_1", new Date(), { raw: JSON.stringify({ text }) })], RETENTION);
    const [lane] = (await storage.claim({ kind: "inbound", lanes: 1, itemsPerLane: 1, leaseMs: 60_000 })).lanes;
    if (lane === undefined) throw new Error("no lane");
    expect(JSON.parse(lane.items[0]?.payload ?? "")).toEqual({ text });

    const guest = { id: lane.guestId, hotelId: lane.hotelId, phoneNumberId: lane.phoneNumberId };
    const conversation = aConversation("con_1", guest, { lastSeq: 1, lastMessagePreview: "NUL" });
    const message = anInboundMessage("msg_1", conversation, 1, { content: { type: "text", text } });
    const change = {
      guest: { id: guest.id, name: text, username: text, addresses: [], retires: [] },
      conversations: [conversation],
      messages: [message],
      events: [messageEvent(message, conversation)],
    };
    await storage.commit(guest.hotelId, [aCommand(change)]);
    const history = await storage.message({ reach: "everything", messageId: "msg_1" });
    expect(history?.message.content).toEqual({ type: "text", text });
    const { states } = await storage.loadChats([{ ...lane, wamids: [], promptIds: [], addresses: [] }]);
    expect(states[0]?.guest).toMatchObject({ name: text, username: text });
  });

  test("says what PostgreSQL said, across the thread, and never what was in the statement", async () => {
    const storage = await opened();
    const item = anItem("itm_1", new Date(), { chat: { addresses: [{ kind: "waId", value: "12025550147" }] } });
    await storage.remember([item], RETENTION);
    const again = { ...item, dedupHash: "00".repeat(16) };
    const error: unknown = await storage.remember([again], RETENTION).catch((caught: unknown) => caught);
    if (!ConversationError.is(error)) throw new Error("it was stored");
    expect(error.code).toBe("storage_refused");
    expect(error.details).toEqual({ sqlState: "23505" });
    const cause = error.cause as Error;
    for (const told of [String(error), String(cause), cause.stack, JSON.stringify(Object.entries(cause))]) {
      expect(told).not.toMatch(/itm_1|12025550147|insert/);
    }
  });

  test("that cannot be opened is refused, and its lock let go", async () => {
    await fs.mkdir(path.join(dataDir, "pglite"), { recursive: true });
    await fs.writeFile(path.join(dataDir, "pglite", "PG_VERSION"), "7.4\n");
    await expect(embeddedStorage({ dataDir }).open({ migrate: true })).rejects.toThrow(
      expect.objectContaining({ code: "storage_unavailable" }) as Error,
    );
    expect(await fs.readdir(dataDir)).toEqual(["pglite"]);
  });
});

interface Writer {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  says(wanted: (line: string) => boolean): Promise<void>;
}

function startWriter(dataDir: string): Writer {
  const file = fileURLToPath(new URL("../harness/embedded-writer.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", file, dataDir], { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const output = readline.createInterface(child.stdout);
  output.on("line", (line) => lines.push(line));
  return {
    child,
    lines,
    says: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (lines.some(wanted)) resolve();
        };
        output.on("line", look);
        child.once("exit", () => {
          reject(new Error(`The writer ended:\n${errors}`));
        });
        look();
      }),
  };
}
