import { manualClock, storageContract } from "belldesk/testing";
import { test } from "node:test";
import { sqliteStorage } from "./sqlite-storage.ts";

for (const { id, says, run } of storageContract) {
  test(`${id}: ${says}`, async () => {
    const clock = manualClock(new Date("2026-11-10T08:30:00Z"));
    const storage = sqliteStorage({ file: ":memory:", clock });
    await storage.open({ migrate: true });
    const shiftClock = (ms: number) => Promise.resolve(clock.advance(ms));
    await run({ storage, shiftClock });
    await storage.close();
  });
}
