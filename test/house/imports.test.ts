import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IMPORT_RULES, brokenImports } from "./import-rules.js";

const repository = resolve(import.meta.dirname, "../..");

test("imports point one way, from the manager down to the domain, and adapters come in by the front door", async () => {
  const folders = ["src", "adapters", "examples", "bench"].filter((folder) => existsSync(join(repository, folder)));
  expect(await brokenImports(repository, folders)).toEqual([]);
});

/** One wrong import for each rule: the file, what it says, and the rule that has to notice. */
const WRONG: readonly [file: string, code: string, rule: string][] = [
  ["src/domain/guest.ts", `import "../decide/routing.js";`, "the domain stands alone"],
  ["src/domain/clocks.ts", `import "node:timers";`, "the domain needs no package"],
  ["src/runtime/hours.ts", `import "temporal-polyfill";`, "one file knows how clocks are set"],
  ["src/decide/inbound.ts", `import "../runtime/loop.js";`, "a decision knows nouns and port types"],
  ["src/decide/reply.ts", `import "../whatsapp/webhook.js";`, "a decision knows nouns and port types"],
  ["src/decide/menu.ts", `import { storage } from "../ports/storage.js"; storage;`, "a decision calls no port"],
  ["src/decide/ids.ts", `import "zod";`, "a decision needs no package"],
  ["src/decide/item.ts", `import "../flow/advance.js";`, "a decision knows no flow"],
  ["src/flow/define.ts", `import "zod";`, "a flow reads phones by a package, and needs no other"],
  ["src/flows/check-in.ts", `import "../runtime/loop.js";`, "a ready-made flow is written as a hotel would write it"],
  ["src/flows/check-out.ts", `import { pms } from "../ports/pms.js"; pms;`, "a ready-made flow calls what it is given"],
  ["src/flows/request.ts", `import "zod";`, "a ready-made flow needs no package but for hashing"],
  ["src/runtime/stays.ts", `import "../flows/words.js";`, "the engine knows no ready-made flow"],
  ["src/ports/transport.ts", `import type { Loop } from "../runtime/loop.js";`, "ports are said in the domain's words"],
  ["src/media/sniff.ts", `import "../runtime/loop.js";`, "media know no runtime"],
  ["src/whatsapp/webhook.ts", `import "../runtime/loop.js";`, "the WhatsApp edge knows no runtime"],
  ["src/runtime/work.ts", `import "../http/routes.js";`, "the runtime knows no HTTP"],
  ["src/client/rest.ts", `import "zod";`, "the client knows types of the desk alone"],
  [
    "src/client/live.ts",
    `import { storage } from "../ports/storage.js"; storage;`,
    "the client knows types of the desk alone",
  ],
  ["src/http/door.ts", `import "../manager.js";`, "nothing below imports the manager"],
  ["src/runtime/receive.ts", `import "../testing/index.js";`, "only tests use the testing kit"],
  ["src/manager.ts", `import "../adapters/websocket/index.js";`, "the core knows no adapter"],
  ["src/http/express.ts", `import type { Request } from "express";`, "the core imports only what it depends on"],
  ["adapters/postgres/index.ts", `import "../../src/runtime/loop.js";`, "an adapter is a third party"],
  ["adapters/express/index.ts", `import "../memory/index.js";`, "an adapter is a third party"],
  ["adapters/memory/chaos.ts", `import "fast-check";`, "an adapter needs no package but its peer"],
  ["adapters/command-line/index.ts", `import "fast-check";`, "the command line carries two packages along"],
  ["examples/minimal/main.ts", `import "../../src/index.js";`, "an example is a host"],
  ["bench/inbound.ts", `import "../src/index.js";`, "a benchmark measures what is published"],
  ["src/live/socket.ts", `import "./frame.js";`, "there are no cycles"],
  ["src/live/frame.ts", `import "./socket.js";`, "there are no cycles"],
  ["src/runtime/retry.ts", `import "./gone.js";`, "every import resolves"],
];

/** Imports that look like some of those and are right. */
const RIGHT: readonly [file: string, code: string][] = [
  ["src/index.ts", `export * from "./manager.js";`],
  ["src/domain/time-zone.ts", `import "temporal-polyfill";`],
  ["src/testing/index.ts", `import "../runtime/loop.js"; import "node:assert";`],
  ["src/ports/storage.ts", `import "../domain/guest.js"; import "uuidv7"; export const storage = 1;`],
  ["src/decide/routing.ts", `import type { storage } from "../ports/storage.js"; import "../errors.js";`],
  ["src/decide/choices.ts", `import "../whatsapp/limits.js";`],
  ["src/flow/answers.ts", `import "libphonenumber-js/max"; import "../decide/choices.js";`],
  ["src/flow/advance.ts", `import "./answers.js";`],
  ["src/ports/pms.ts", `export const pms = 1;`],
  ["src/flows/words.ts", `import type {} from "../ports/pms.js"; import "../flow/advance.js"; import "node:crypto";`],
  ["src/whatsapp/limits.ts", `export const LIMITS = {};`],
  ["src/errors.ts", `import type {} from "./domain/guest.js";`],
  ["src/http/routes.ts", `import "../runtime/lane.js";`],
  [
    "src/client/store.ts",
    `import type { z } from "zod"; import type {} from "../http/routes.js"; import "./select.js";`,
  ],
  ["src/client/select.ts", `import type {} from "./store.js";`],
  ["src/runtime/lane.ts", `import "node:timers"; import "undici";`],
  ["src/runtime/loop.ts", `import "./lane.js"; import type {} from "./loop-options.js";`],
  ["src/runtime/loop-options.ts", `import type {} from "./loop.js";`],
  ["adapters/memory/index.ts", `import "../../src/index.js"; import "./chaos.js";`],
  ["adapters/websocket/index.ts", `import "node:http";`],
  ["adapters/postgres/pool.ts", `import "pg"; import "../../src/testing/index.js";`],
];

describe("each rule notices the import that breaks it", () => {
  const house = mkdtempSync(join(tmpdir(), "belldesk-wrong-house-"));
  let broken: string[];

  beforeAll(async () => {
    for (const [file, code] of [...WRONG, ...RIGHT]) {
      mkdirSync(join(house, dirname(file)), { recursive: true });
      writeFileSync(join(house, file), `${code}\n`);
    }
    cpSync(join(repository, "package.json"), join(house, "package.json"));
    symlinkSync(join(repository, "node_modules"), join(house, "node_modules"), "junction");
    broken = await brokenImports(house, ["src", "adapters", "examples", "bench"]);
  });
  afterAll(() => {
    rmSync(house, { recursive: true });
  });

  test.each(WRONG)("%s may not say %s", (file, _code, rule) => {
    expect(broken.filter((line) => line.includes(file) && line.endsWith(`: ${rule}`))).toHaveLength(1);
  });

  test("and leaves the right ones alone", () => {
    const right = new Set(RIGHT.map(([file]) => file));
    expect(broken.filter((line) => right.has(line.split(" -> ")[0]!))).toEqual([]);
  });

  test("no rule goes without its wrong import", () => {
    expect(new Set(WRONG.map(([, , rule]) => rule))).toEqual(new Set(IMPORT_RULES.map(({ name }) => name)));
  });
});
