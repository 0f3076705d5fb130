import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, test } from "vitest";
import { embeddedStorage, postgresStorage } from "../../adapters/postgres/index.js";
import { noteFigures } from "../../scripts/figures.js";
import type { Storage } from "../../src/index.js";
import { AWKWARD_TEXTS, NAUGHTY_TEXTS } from "../support/awkward-texts.js";
import { byTheDay } from "../support/by-the-day.js";
import { freshDatabase, type Database } from "../support/databases.js";
import { identityLaw } from "./laws/identity.js";
import { pagesLaws } from "./laws/pages.js";
import { searchLaw } from "./laws/search.js";
import { everyOrder, statusLaw } from "./laws/statuses.js";
import type { FreshSubject } from "./laws/subject.js";
import { clientIdLaw, everywhere, textLaw } from "./laws/texts.js";

/** One database for all runs, each with a hotel of its own in it. */
const hotelsOf = (storage: () => Storage): FreshSubject => {
  let serial = 0;
  return () => Promise.resolve({ storage: storage(), hotelId: `hotel_${String(++serial)}` });
};

describe("in PostgreSQL", () => {
  let database: Database;
  let storage: Storage;
  beforeAll(async () => {
    database = await freshDatabase();
    storage = postgresStorage(database.pool);
    await storage.open({ migrate: true });
  });
  afterAll(() => database.drop());
  const fresh = hotelsOf(() => storage);

  test("what WhatsApp tells of one message ends in one state, in whatever order it is told (F20, F21, P3)", async () => {
    await fc.assert(statusLaw(fresh), { numRuns: 40 });
  });

  test("every permutation of two reports, with repeats, and our own record at every place among them (M6)", async () => {
    await everyOrder(fresh, 2);
  });

  test("an address names one guest at a time, and none is lost, whoever is merged and told apart (F26, F27)", async () => {
    await fc.assert(identityLaw(fresh), { numRuns: 30 });
  });

  test("what people wrote comes back as they wrote it, whatever UTF-16 it is (T21, F24, P9)", async () => {
    await fc.assert(textLaw(fresh), { numRuns: 30 });
  });

  // One in ten, by the day; with `TEXTS=all` all of them.
  test("each text that somebody once broke something with comes back from wherever what people wrote is kept (T21)", async () => {
    const texts = byTheDay([...AWKWARD_TEXTS, ...NAUGHTY_TEXTS], 10, process.env["TEXTS"] === "all");
    for (const text of texts) await everywhere(fresh, text);
    noteFigures({ texts: texts.length });
  }, 600_000);

  test("a search finds what somebody would who reads every message that they may see (S54, T51)", async () => {
    await fc.assert(searchLaw(fresh), { numRuns: 25 });
  });

  test("a page's own ids of messages are told apart by each of their characters", async () => {
    await fc.assert(clientIdLaw(fresh), { numRuns: 10 });
  });

  test.each(Object.entries(pagesLaws(fresh, "at once")))(
    "pages of %s put together hold once what nobody moves, and nothing twice, while others write all the time (P19)",
    async (_, law) => {
      await fc.assert(law, { numRuns: 12 });
    },
  );
});

describe("in a directory of this process", () => {
  let dataDir: string;
  let storage: Storage;
  beforeAll(async () => {
    dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-laws-"));
    storage = embeddedStorage({ dataDir });
    await storage.open({ migrate: true });
  });
  afterAll(async () => {
    await storage.close();
    await fs.rm(dataDir, { recursive: true, force: true });
  });
  const fresh = hotelsOf(() => storage);

  test("what people wrote comes back as they wrote it, whatever UTF-16 it is (T21, F24, P9)", async () => {
    await fc.assert(textLaw(fresh), { numRuns: 12 });
  });

  test("a search finds what somebody would who reads every message that they may see (S54, T51)", async () => {
    await fc.assert(searchLaw(fresh), { numRuns: 8 });
  });

  test("a page's own ids of messages are told apart by each of their characters", async () => {
    await fc.assert(clientIdLaw(fresh), { numRuns: 5 });
  });
});
