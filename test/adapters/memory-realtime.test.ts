import { describe, test } from "vitest";
import { memoryBus, memoryRealtime } from "../../adapters/memory/index.js";
import { realtimeContract } from "../../src/testing/index.js";

describe("a realtime in memory keeps the contract", () => {
  for (const { id, says, run } of realtimeContract) {
    test(`${id}: ${says}`, () => {
      const bus = memoryBus();
      const set = (away: boolean) => () => {
        bus.weather({ away });
        return Promise.resolve();
      };
      return run({ join: () => memoryRealtime(bus), leave: set(true), comeBack: set(false) });
    });
  }
});
