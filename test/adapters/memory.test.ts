import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { aReport, manualClock, storageContract, type StorageUnderTest } from "../../src/testing/index.js";
import { DAY_MS } from "../../src/testing/contract/builders.js";
import { messageOf, sentOne } from "../../src/testing/contract/steps.js";

async function freshStorage(): Promise<StorageUnderTest> {
  const clock = manualClock(new Date("2026-11-10T08:30:00Z"));
  const storage = memoryStorage({ clock });
  await storage.open({ migrate: false });
  return {
    storage,
    shiftClock: (ms) => {
      clock.advance(ms);
      return Promise.resolve();
    },
  };
}

describe("the memory storage keeps the contract", () => {
  for (const { id, says, run } of storageContract) {
    test(`${id}: ${says}`, async () => run(await freshStorage()));
  }
});

test("a report whose message has not come within seven days is forgotten: WhatsApp delivers no webhook later", async () => {
  const { storage, shiftClock } = await freshStorage();
  await storage.applyStatuses([aReport("delivered", "wamid.1")]);
  await shiftClock(7 * DAY_MS + 1);
  const { message } = await sentOne(storage, "wamid.1");
  expect((await messageOf(storage, message.id)).status).toBe("sent");
});
