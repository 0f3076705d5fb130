import assert from "node:assert/strict";
import type { StorageCase } from "./case.js";

const LEVELS = ["ok", "warning", "problem", "unknown"];

export const examineStorageCases: readonly StorageCase[] = [
  {
    id: "examine/findings",
    says: "Whoever looks after the desk is told of the database in findings: what was looked at, how it is, and of all that is not well what to do (M24).",
    async run({ storage }) {
      // A storage need not know anything of its database.
      const found = (await storage.examine?.()) ?? [];
      for (const { check, level, says, advice } of found) {
        assert.match(check, /^[a-z_]+(\.[a-z_]+)?$/);
        assert.ok(LEVELS.includes(level), level);
        assert.notEqual(says, "");
        if (level !== "ok") assert.ok(advice !== null && advice !== "", `${check} does not say what to do`);
      }
      assert.deepEqual(await storage.examine?.(), storage.examine && found, "looking changes nothing");
    },
  },
];
