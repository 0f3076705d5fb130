import { appendFile, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { fileAnchor } from "../../adapters/local-files/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import {
  auditLines,
  ConversationManager,
  verifyAuditLines,
  type AuditAnchor,
  type AuditHead,
} from "../../src/index.js";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "belldesk-audit-"));
  ends.push(() => rm(dir, { recursive: true }));
  return join(dir, "anchor");
}

async function hotel(anchor: AuditAnchor) {
  const warned: unknown[] = [];
  const quiet = () => undefined;
  const desk = new ConversationManager({
    hotels: [
      {
        id: "grand",
        timeZone: "Europe/Rome",
        numbers: [{ phoneNumberId: "2000", accessToken: "token" }],
        departments: [{ id: "reception", name: "Reception" }],
      },
    ],
    storage: memoryStorage(),
    transport: { send: () => Promise.reject(new Error("nobody sends here")) },
    webhook: { appSecrets: ["app secret"], verifyToken: "verify token" },
    audit: { sealMs: 100, anchor },
    logger: { error: quiet, info: quiet, debug: quiet, warn: (fields) => void warned.push(fields) },
  });
  await desk.start();
  ends.push(() => desk.stop());
  const as = (role: "manager" | "admin") => desk.as({ kind: "staff", id: "anna", role, hotels: { grand: "all" } });
  const saves = (shortcut: string) =>
    as("admin").createSavedReply({
      hotelId: "grand",
      shortcut,
      texts: { en: "Dear guest" },
      reason: `for ${shortcut}`,
    });
  return { as, saves, warned };
}

async function linesOf(desk: Parameters<typeof auditLines>[0]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of auditLines(desk, { hotel: "grand" })) lines.push(line);
  return lines;
}
const headsOf = async (anchor: AuditAnchor): Promise<AuditHead[]> => {
  const heads: AuditHead[] = [];
  for await (const head of anchor.kept("grand")) heads.push(head);
  return heads;
};

test("what staff did is exported, and verified by somebody who has the lines and the anchor's file alone (S62, M22)", async () => {
  const dir = await folder();
  const anchor = fileAnchor({ folder: dir });
  const { as, saves } = await hotel(anchor);
  for (const shortcut of ["wifi", "parking", "pool"]) await saves(shortcut);
  const anchored = (n: number) =>
    expect
      .poll(
        async () =>
          (
            await as("admin")
              .verifyAudit({ hotel: "grand" })
              .catch(() => null)
          )?.anchoredTo,
        { timeout: 40_000 },
      )
      .toBe(n);
  await anchored(3);
  const lines = await linesOf(as("admin"));
  expect(lines).toHaveLength(4);
  const now = new Date();
  const check = (given: readonly string[]) => verifyAuditLines(given, { anchors: anchor.kept("grand"), now });
  expect(await check(lines)).toMatchObject({ holds: true, entries: 3, anchoredTo: 3, erased: 0 });
  const edited = lines.map((line) => line.replace("for parking", "for nothing"));
  expect(await check(edited)).toMatchObject({ holds: false, flaw: { n: 2, why: "edited" } });
  expect(await check(lines.slice(0, 3))).toMatchObject({ holds: false, flaw: { n: 3, why: "cut" } });
  expect(await check([...lines.slice(0, 2), ...lines.slice(3)])).toMatchObject({ flaw: { n: 2, why: "missing" } });
  await expect(check(["{}"])).rejects.toMatchObject({ code: "request_invalid" });

  // The file is this user's alone, and a line that was being written when the power went costs no other.
  const file = join(dir, "hgrand.jsonl");
  expect((await stat(file)).mode & 0o077).toBe(0);
  await appendFile(file, '\n{"hotelId":"grand","n":');
  await saves("breakfast");
  await anchored(4);
  expect((await headsOf(anchor)).at(-1)?.n).toBe(4);
  expect(await readFile(file, "utf8")).not.toContain("anna");
});

test("a manager takes no audit out of the desk, and is told of no chain", async () => {
  const { as, saves } = await hotel(fileAnchor({ folder: await folder() }));
  await saves("wifi");
  expect((await as("manager").exportAudit({ hotel: "grand" })).items).toEqual([]);
  await expect(as("manager").verifyAudit({ hotel: "grand" })).rejects.toMatchObject({ code: "not_found" });
  await expect(as("admin").verifyAudit({ hotel: "misspelt" })).rejects.toMatchObject({ code: "not_found" });
});

test("an anchor that is away keeps nobody from anything, is logged, and is told later", async () => {
  const kept: AuditHead[] = [];
  let isAway = true;
  const { as, saves, warned } = await hotel({
    keep(head) {
      if (isAway) return Promise.reject(new Error("the bucket is away"));
      kept.push(head);
      return Promise.resolve();
    },
    async *kept() {
      yield* await Promise.resolve(kept);
    },
  });
  await saves("wifi");
  await expect.poll(() => warned.length, { timeout: 40_000 }).toBeGreaterThan(0);
  expect(JSON.stringify(warned)).not.toContain("bucket");
  expect(await as("admin").verifyAudit({ hotel: "grand" })).toMatchObject({ holds: true, to: 1, anchoredTo: null });
  isAway = false;
  await expect.poll(() => kept.at(-1)?.n, { timeout: 40_000 }).toBe(1);
});
