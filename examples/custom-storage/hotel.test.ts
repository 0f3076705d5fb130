import { ConversationError, type Storage } from "belldesk";
import { fakeWhatsApp } from "belldesk/testing";
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { webhookRouter } from "belldesk/express";
import { APP_SECRET, hotelOn, NUMBER, rita } from "./hotel.ts";
import { sqliteStorage } from "./sqlite-storage.ts";

const folder = mkdtempSync(join(tmpdir(), "belldesk-sqlite-"));
after(() => rmSync(folder, { recursive: true }));

/** Asks again until there is an answer, for half a minute. */
async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(50);
  }
  throw new Error("It never came.");
}

/** A process to which a guest writes. @returns how to await so many more answers of 200 than it had, and how to kill it */
function writer(file: string, guest: string, first: number) {
  const child: ChildProcess = spawn(process.execPath, ["--no-warnings", "writer.ts", file, guest, String(first)], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const accepted: number[] = [];
  assert.ok(child.stdout);
  createInterface(child.stdout).on("line", (line) => accepted.push(Number(line)));
  return {
    accepted,
    async killedAfter(count: number): Promise<void> {
      await eventually(() => (accepted.length >= count ? true : undefined));
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

/** What staff see of a guest, oldest first, once it does not change any more. */
async function textsSeen(
  file: string,
  last: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const desk = hotelOn(file);
  await desk.start();
  const seen = await eventually(async () => {
    const { items } = await desk.as(rita).conversations();
    const all = new Map<string, readonly string[]>();
    for (const { id } of items) {
      const texts: string[] = [];
      let guest = "";
      for (let cursor: string | undefined; ;) {
        const page = await desk.as(rita).messages(id, { limit: 100, ...(cursor !== undefined && { cursor }) });
        for (const { content, wamid } of page.items) {
          guest = wamid?.split(".")[1] ?? "";
          if (content.type === "text") texts.unshift(content.text);
        }
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      all.set(guest, texts);
    }
    return [...last].every(([guest, n]) => all.get(guest)?.includes(String(n))) ? all : undefined;
  });
  await desk.stop();
  return seen;
}

/** A guest writes to a hotel on this storage, is answered, and reads it. */
async function isAnswered(on: string | Storage): Promise<void> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const webhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const whatsapp = await fakeWhatsApp({ appSecret: APP_SECRET, webhookUrl });
  const desk = hotelOn(on, whatsapp.graphUrl);
  const webhook = webhookRouter(desk);
  server.on("request", (request, response) => webhook(request, response, () => response.writeHead(404).end()));
  await desk.start({ migrate: true });

  const ines = whatsapp.guest("12025550101");
  await ines.says(NUMBER, "When is breakfast?");
  const { id } = await eventually(async () => (await desk.as(rita).conversations()).items[0]);
  await desk.as(rita).reply(id, { clientMessageId: "r1", content: { type: "text", text: "From seven to ten." } });
  const answer = await eventually(() => whatsapp.phone("12025550101", NUMBER).find(({ from }) => from === "hotel"));
  assert.equal(answer.text, "From seven to ten.");
  await eventually(async () => ((await desk.as(rita).messages(id)).items[0]?.status === "read" ? true : undefined));
  await desk.stop();
  await whatsapp.close();
  server.close();
}

test("a guest writes, is answered, and reads it", () => isAnswered(join(folder, "one.db")));

/** What docs/storage.md has written after its first hour. */
const FIRST_HOUR: readonly (keyof Storage)[] = [
  "open",
  "close",
  // lanes
  "claim",
  "renew",
  "release",
  "fail",
  "setPaces",
  // arrivals, decisions, sends
  "remember",
  "loadChats",
  "loadConversation",
  "loadSends",
  "commit",
  "intend",
  "settle",
  "applyStatuses",
  // what staff look at
  "conversations",
  "messages",
];

test("so they are with a storage of which only the first hour is written, and whose other verbs reject", async () => {
  const whole = sqliteStorage({ file: join(folder, "hour.db") });
  const begun = new Proxy(whole, {
    get: (storage, verb: keyof Storage) =>
      FIRST_HOUR.includes(verb) ? storage[verb] : () => Promise.reject(new ConversationError("storage_failed")),
  });
  await isAnswered(begun);
});

test("what WhatsApp heard 200 for is shown once and in order, however often the process is killed", async () => {
  const file = join(folder, "killed.db");
  const accepted: number[] = [];
  for (let round = 0; round < 4; round++) {
    const first = (accepted.at(-1) ?? -1) + 1;
    const process = writer(file, "12025550101", first);
    await process.killedAfter(10 + round * 7);
    accepted.push(...process.accepted);
  }
  const seen = (await textsSeen(file, new Map([["12025550101", accepted.at(-1) ?? 0]]))).get("12025550101") ?? [];
  // What was stored just before a process was killed may have had no answer yet: WhatsApp would deliver it again.
  assert.deepEqual(
    accepted.filter((n) => !seen.includes(String(n))),
    [],
  );
  assert.deepEqual(
    seen.map(Number),
    [...new Set(seen.map(Number))].sort((a, b) => a - b),
  );
});

test("two processes work on one file, and each thing that happens is done by one of them", async () => {
  const file = join(folder, "two.db");
  const guests = ["12025550101", "12025550102"];
  const writers = guests.map((guest) => writer(file, guest, 0));
  await Promise.all(writers.map((one) => one.killedAfter(40)));
  const last = new Map(guests.map((guest, index) => [guest, writers[index]?.accepted.at(-1) ?? 0]));
  const seen = await textsSeen(file, last);
  for (const guest of guests) {
    const numbers = (seen.get(guest) ?? []).map(Number);
    assert.deepEqual(numbers, Array.from(numbers.keys()));
  }
  const storage = sqliteStorage({ file });
  await storage.open({ migrate: false });
  const events = await storage.events({ hotelId: "grand", after: 0, limit: 10_000 });
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  await storage.close();
});

test("a file without tables is refused with what to do, and one of a newer release too", async () => {
  const file = join(folder, "old.db");
  const storage = sqliteStorage({ file });
  await assert.rejects(storage.open({ migrate: false }), { code: "schema_missing" });
  await storage.open({ migrate: true });
  await storage.close();
  const { DatabaseSync } = await import("node:sqlite");
  const newer = new DatabaseSync(file);
  newer.exec("pragma user_version = 99");
  newer.close();
  await assert.rejects(sqliteStorage({ file }).open({ migrate: true }), { code: "schema_newer" });
});
