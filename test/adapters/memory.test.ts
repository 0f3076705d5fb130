import { describe, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { manualClock, storageContract, type StorageUnderTest } from "../../src/testing/index.js";

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
