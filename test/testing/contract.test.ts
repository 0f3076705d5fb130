import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  guestsContract,
  hotelsContract,
  manualClock,
  mediaStoreContract,
  pmsContract,
  pmsFeedContract,
  realtimeContract,
  storageContract,
  transportContract,
} from "../../src/testing/index.js";

describe.each([
  { name: "storage", contract: storageContract as readonly { id: string; says: string }[], atLeast: 41 },
  { name: "transport", contract: transportContract, atLeast: 20 },
  { name: "realtime", contract: realtimeContract, atLeast: 9 },
  { name: "media-store", contract: mediaStoreContract, atLeast: 20 },
  { name: "hotels", contract: hotelsContract, atLeast: 9 },
  { name: "guests", contract: guestsContract, atLeast: 6 },
  { name: "pms", contract: pmsContract, atLeast: 20 },
  { name: "pms-event", contract: pmsFeedContract, atLeast: 14 },
])("the contract of $name", ({ name, contract, atLeast }) => {
  const port = (
    name === "storage"
      ? [
          name,
          ...["work", "read", "host", "live", "attachment", "stay", "translation", "audit", "privacy"].map(
            (part) => `${part}-storage`,
          ),
        ]
      : [name]
  )
    // What a feed promises stands beside what it says.
    .map((file) => (file === "pms-event" ? `runtime/${file}` : `ports/${file}`))
    .map((file) => readFileSync(join(import.meta.dirname, `../../src/${file}.ts`), "utf8"))
    .join("\n");
  /** What the port promises, by name. */
  const promises = [...port.matchAll(/@contract ([^\n*]+(?:\n +\* +(?![@*])[^\n]+)*)/g)]
    .flatMap(([, names = ""]) => names.split(","))
    .map((promise) => promise.replace(/^[\s*]+/, "").trim());

  test("every promise that the port names has its case, and every case its promise", () => {
    expect(promises.length).toBeGreaterThanOrEqual(atLeast);
    const ids = contract.map(({ id }) => id);
    expect(promises.filter((promise) => !ids.some((id) => id === promise || id.startsWith(`${promise}-`)))).toEqual([]);
    expect(ids.filter((id) => !promises.some((promise) => id === promise || id.startsWith(`${promise}-`)))).toEqual([]);
  });

  test("no two cases have one name, and each says its promise as a sentence", () => {
    expect(new Set(contract.map(({ id }) => id)).size).toBe(contract.length);
    for (const { id, says } of contract) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*\/[a-z]+(-[a-z]+)*$/);
      expect(says, id).toMatch(/^[A-Z].*\.$/s);
    }
  });
});

test("a manual clock stands still, goes on when told, and never back", () => {
  const start = new Date("2026-03-01T12:00:00Z");
  const clock = manualClock(start);
  expect(clock.now()).toEqual(start);
  clock.now().setFullYear(1999);
  start.setFullYear(1999);
  clock.advance(90_000);
  expect(clock.now()).toEqual(new Date("2026-03-01T12:01:30Z"));
  expect(() => clock.advance(-1)).toThrow(RangeError);
  expect(() => clock.advance(Number.NaN)).toThrow(RangeError);
});
