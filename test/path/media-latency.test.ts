import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import type { FakeGuest } from "../../src/testing/index.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aPng } from "../support/files.js";
import { aSendingHotel, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

let hotel: SendingHotel | null = null;
let tempDir = "";
afterEach(async () => {
  await hotel?.close();
  await rm(tempDir, { recursive: true, force: true });
});

const SLOW = 100;
const TEXTS = 60;

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;

/** Milliseconds from a guest's text on its way to where it is told, each in its turn. */
async function latencies(of: SendingHotel, guest: FakeGuest): Promise<readonly number[]> {
  const times: number[] = [];
  for (let at = 0; at < TEXTS; at++) {
    const heard = of.heard.filter(({ type }) => type === "message.received").length;
    const since = performance.now();
    await guest.says(GRAND_NUMBER, `Text ${String(at)}`);
    while (of.heard.filter(({ type }) => type === "message.received").length === heard)
      await new Promise((resolve) => setImmediate(resolve));
    times.push(performance.now() - since);
  }
  return times;
}

test("a hundred downloads that hardly move hold up no text (F67)", async () => {
  tempDir = await mkdtemp(join(tmpdir(), "belldesk-slow-"));
  const open = STORAGES.find(([name]) => name === "PostgreSQL")?.[1];
  if (open === undefined) throw new Error("There is PostgreSQL.");
  hotel = await aSendingHotel(open, { media: { store: memoryMediaStore(), tempDir } });
  const of = hotel;
  const guest = of.guest("12025559999");
  await latencies(of, guest);
  const idle = median(await latencies(of, guest));

  of.fake.failWhen(({ what }) => what === "download", { kind: "drip" });
  const photos = Array.from({ length: SLOW }, (_, n) =>
    of
      .guest(`1202555${String(n).padStart(4, "0")}`)
      .sendsFile(GRAND_NUMBER, { kind: "image", mimeType: "image/png", bytes: aPng(n) }),
  );
  await Promise.all(photos);
  await eventually("all photos are seen", () =>
    Promise.resolve(of.heard.filter(({ type }) => type === "message.received").length >= SLOW + 2 * TEXTS),
  );
  // The better of two looks: others use the machine, too.
  const busy = Math.min(median(await latencies(of, guest)), median(await latencies(of, guest)));
  expect(busy, `${busy.toFixed(2)} ms, idle ${idle.toFixed(2)} ms`).toBeLessThanOrEqual(1.5 * idle);
  expect(of.heard.filter((body) => body.type === "message.attachment")).toEqual([]);
}, 120_000);
