import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import { ConversationManager, type Storage } from "../../src/index.js";
import { APP_SECRET, delivery, hotels, signed, VERIFY_TOKEN } from "../harness/hotel.js";
import { emptyDatabase, type Database } from "../support/databases.js";

const repository = resolve(import.meta.dirname, "../..");
const program = join(repository, "dist/command-line.cjs");

let database: Database;
let storage: Storage;
let folder: string;

/** Somebody types a command in a hotel's own folder. */
async function typed(...args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: { PATH: process.env["PATH"] } });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
  const code = await new Promise<number | null>((done) => child.once("close", done));
  return { code, ...said, lines: said.out.trim().split("\n") };
}
const answers = async (...args: readonly string[]) => {
  const { code, lines, err } = await typed("--json", ...args);
  return { code, err, values: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
};

beforeAll(async () => {
  database = await emptyDatabase();
  storage = postgresStorage(database.pool);
  // Below the repository, where Node finds `belldesk` and `pg` as it does in a host's folder.
  const cache = join(repository, ".cache");
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, "command-line-"));
  writeFileSync(
    join(folder, "belldesk.config.mjs"),
    `import { ConversationManager } from "belldesk";
     import { postgresStorage } from "belldesk/postgres";
     import pg from "pg";
     export const desk = new ConversationManager({
       hotels: ${JSON.stringify(hotels)},
       storage: postgresStorage(new pg.Pool({ connectionString: ${JSON.stringify(database.url)} })),
       transport: { send: () => Promise.reject(new Error("nobody sends")) },
       webhook: ${JSON.stringify({ appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN })},
     });
    `,
  );
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.drop();
});

/** What a desk with these hotels does, while nobody types. */
async function meanwhile<T>(act: (desk: ConversationManager) => Promise<T>, work: boolean): Promise<T> {
  const desk = new ConversationManager({
    hotels,
    storage,
    transport: { send: () => Promise.reject(new Error("nobody sends")) },
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 10 },
    audit: { sealMs: 100 },
  });
  await desk.start({ work });
  try {
    return await act(desk);
  } finally {
    await desk.stop();
  }
}

describe("belldesk, typed in a host's folder", () => {
  test("a database is looked at, migrated without and with change, and found to be up to date", async () => {
    const before = await answers("doctor");
    expect(before.code).toBe(1);
    expect(before.values).toEqual([expect.objectContaining({ check: "schema", level: "problem" })]);

    const dry = await typed("migrate", "--database", database.url, "--dry-run");
    expect([dry.code, dry.out.includes("create table")]).toEqual([0, true]);
    expect((await answers("doctor")).code, "a dry run changed nothing").toBe(1);
    expect((await typed("migrate")).out).toBe("The database is up to date.\n");
    const again = await answers("migrate", "--database", database.url);
    expect([again.code, again.values]).toEqual([0, [{ migrations: [] }]]);
  });

  test("what is wrong is said for people in lines and for programs in JSON, and ends with 1", async () => {
    const shown = await typed("doctor");
    expect(shown.code).toBe(1);
    expect(shown.out).toContain("PROBLEM  postgres.fsync: fsync is off");
    expect(shown.out).toMatch(/\d+ problems, \d+ warnings\.\n$/);
    const { values } = await answers("doctor");
    expect(new Set(values.map(({ level }) => level))).toEqual(new Set(["ok", "warning", "problem", "unknown"]));
  });

  test("a message is explained, from its webhook on", async () => {
    const messageId = await meanwhile(async (desk) => {
      await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.WHY", text: "Is my room ready?" }]));
      for (;;) {
        const found = (await storage.events({ hotelId: "grand", after: 0, limit: 100 })).find(
          ({ body }) => body.type === "message.received",
        );
        if (found !== undefined && "messageId" in found.body) return found.body.messageId;
        await new Promise((wait) => setTimeout(wait, 20));
      }
    }, true);
    const { code, out } = await typed("explain", messageId);
    expect([code, out.split("\n")[0]]).toEqual([
      0,
      expect.stringContaining(`Message ${messageId} of conversation con_`),
    ]);
    expect(out).toContain("received: ");
    expect(out, "nobody's words").not.toContain("room");
    const nothing = await answers("explain", "msg_none");
    expect([nothing.code, nothing.values]).toEqual([1, [{ error: expect.objectContaining({ code: "not_found" }) }]]);
  });

  test("dead work is listed, and put back one by one or all of it, after a look at what would be", async () => {
    expect((await typed("dead", "list")).out).toBe("No work was set aside.\n");
    await meanwhile(async (desk) => {
      for (const last of ["02", "03"])
        await desk.receive(delivery([{ from: `120255501${last}`, wamid: `wamid.${last}`, text: "Hello?" }]));
      const { lanes } = await storage.claim({ kind: "inbound", lanes: 10, itemsPerLane: 1, leaseMs: 8_000 });
      await storage.fail(lanes.map((lane) => ({ lane, workId: lane.items[0]!.id, code: "poison", retryInMs: null })));
    }, false);
    const listed = await answers("dead", "list", "--hotel", "grand");
    expect(listed.values.map(({ code, kind }) => [code, kind])).toEqual([
      ["poison", "inbound"],
      ["poison", "inbound"],
    ]);
    expect((await typed("dead", "replay")).code, "which?").toBe(2);
    expect((await typed("dead", "replay", "--all", "--dry-run")).out).toBe("2 would be put back.\n");
    const [first] = listed.values;
    expect((await answers("--as", "night-porter", "dead", "replay", String(first?.["id"]))).values).toEqual([
      { dryRun: false, replayed: [first?.["id"]] },
    ]);
    expect((await typed("dead", "replay", "--all")).out).toBe("1 put back.\n");
    expect((await typed("dead", "list")).out).toBe("No work was set aside.\n");
    const audit = await storage.audit({ hotelId: "grand", targetId: String(first?.["id"]) });
    expect(audit.map(({ actor, action }) => [actor.id, action])).toEqual([["night-porter", "dead.replay"]]);
  });

  test("what stands aside is read again", async () => {
    await meanwhile((desk) => desk.receive(signed([])), false);
    const dry = await answers("reprocess", "--dry-run");
    expect(dry).toMatchObject({ code: 0, values: [{ dryRun: true, understood: 0 }] });
    expect((await typed("reprocess")).out).toMatch(/^0 of \d+ are understood and work now\.\n$/);
  });

  test("the audit is exported and verified, here and by whoever has the export alone", async () => {
    await meanwhile(async () => {
      for (;;) {
        const stretch = await storage.sealedAudit({ reach: "everything", hotelId: "grand", after: null, limit: 10 });
        if (stretch.head.n > 0) return;
        await new Promise((wait) => setTimeout(wait, 20));
      }
    }, true);
    const verified = await typed("audit", "verify", "grand");
    expect([verified.code, verified.lines[0]]).toEqual([
      0,
      expect.stringMatching(/^The audit of grand holds: \d+ entries/),
    ]);
    const exported = await typed("audit", "export", "grand");
    const file = join(folder, "audit.jsonl");
    writeFileSync(file, exported.out);
    expect((await answers("audit", "verify", "grand", "--file", file)).values).toEqual([
      expect.objectContaining({ holds: true, flaw: null }),
    ]);
    writeFileSync(file, exported.out.replace("night-porter", "day-porter"));
    const edited = await answers("audit", "verify", "grand", "--file", file);
    expect(edited).toMatchObject({ code: 1, values: [{ holds: false, flaw: { why: "edited" } }] });
  });

  test("a guest's data are exported, then erased for good, and erased again after a restored backup", async () => {
    const found = await meanwhile(
      async (desk) =>
        (await desk.as({ kind: "system", id: "test" }).findGuests({ hotel: "grand", phone: "+12025550101" }))[0],
      false,
    );
    const guestId = found!.id;
    const out = join(folder, "export");
    const exported = await typed("export", "--hotel", "grand", "--phone", "+1 202-555-0101", "--out", out);
    expect(exported.code, exported.err).toBe(0);
    const lines = readFileSync(join(out, "guest.jsonl"), "utf8");
    expect(lines).toContain("Is my room ready?");
    expect(JSON.parse(lines.trim().split("\n").at(-1)!)).toMatchObject({ type: "end" });

    expect((await typed("erase", guestId)).code, "neither looked at nor meant").toBe(2);
    expect((await answers("erase", guestId, "--dry-run")).values[0]).toMatchObject({
      dryRun: true,
      guestIds: [guestId],
    });
    expect((await typed("erase", guestId, "--yes")).code).toBe(0);
    expect((await answers("export", guestId)).values[0]).toMatchObject({ error: { code: "not_found" } });

    const erasures = await typed("erasures", "list", "grand");
    expect(erasures.out).not.toContain("12025550101");
    const file = join(folder, "erasures.jsonl");
    writeFileSync(file, erasures.out);
    expect((await typed("erasures", "reapply", "grand", file)).out).toBe("0 of 1 were back, and are erased again.\n");
  });

  test("what is too old is pruned, after a look at what would be", async () => {
    expect((await typed("prune")).code).toBe(2);
    expect((await typed("prune", "--older", "everything=1")).code).toBe(2);
    await shiftClock(database.pool, 2 * 86_400_000);
    const dry = await answers("prune", "--older", "webhookAttempts=1", "timings=1", "--dry-run");
    expect(dry).toMatchObject({ code: 0, values: [{ dryRun: true }] });
    const { counts } = dry.values[0] as { counts: Record<string, number> };
    expect(counts["webhookAttempts"]).toBeGreaterThan(0);
    expect((await answers("prune", "--older", "webhookAttempts=1", "timings=1")).values).toEqual([
      { dryRun: false, counts },
    ]);
    const after = await answers("prune", "--older", "webhookAttempts=1", "--dry-run");
    expect((after.values[0] as { counts: Record<string, number> }).counts["webhookAttempts"] ?? 0).toBe(0);
  });

  test("whoever mistypes hears so with 2, and whoever has no desk or no database with 2 and 3", async () => {
    expect((await typed("docter")).code).toBe(2);
    expect((await typed("--help")).code).toBe(0);
    expect((await typed("--desk", "elsewhere.mjs", "doctor")).code).toBe(2);
    writeFileSync(join(folder, "empty.mjs"), "export const nothing = 1;\n");
    const empty = await typed("--desk", "empty.mjs", "doctor");
    expect([empty.code, empty.err]).toEqual([2, expect.stringContaining("exports no ConversationManager")]);
    const unreachable = await typed("migrate", "--database", "postgres://nobody@127.0.0.1:9/none");
    expect(unreachable.code).toBe(3);
  });
});
