import { describe, test } from "vitest";
import { cloudApi } from "../../src/index.js";
import { transportContract } from "../../src/testing/index.js";

describe("cloudApi keeps the contract of transports", () => {
  for (const { id, says, run } of transportContract) test.concurrent(`${id}: ${says}`, () => run({ open: cloudApi }));
});
