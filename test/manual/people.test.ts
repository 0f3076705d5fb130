import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditLines, ConversationManager, verifyAuditLines, type HotelOptions, type StaffPrincipal } from "belldesk";
import { fileAnchor } from "belldesk/local-files";
import { migrate, postgresStorage, secureRows } from "belldesk/postgres";
import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import { emptyDatabase } from "../support/databases.js";
import { admin, NUMBER, openHotel, options as madeOf, PHONE, receptionist } from "./hotel.js";

// What docs/access.md, audit.md, assignment.md and privacy.md show.

const folderOf = async () => {
  const folder = await mkdtemp(join(tmpdir(), "belldesk-manual-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

test("a night porter of the hotel's own answers, and gives no conversation to another department", async () => {
  const { desk, arrives } = await openHotel(
    (options) =>
      // #region roles
      new ConversationManager({
        ...options,
        roles: {
          nightPorter: ["conversation.list", "conversation.read", "conversation.reply"],
          manager: { permissions: ["conversation.list", "guest.merge"], replaces: true },
        },
      }),
    // #endregion
  );
  const { conversationId } = await arrives();
  const porter = { ...receptionist, role: "nightPorter" } as StaffPrincipal;
  const answer = { clientMessageId: "1", content: { type: "text", text: "Good evening." } } as const;
  expect(await desk.as(porter).reply(conversationId, answer)).toMatchObject({ direction: "outbound" });
  await expect(desk.as(porter).close(conversationId)).rejects.toMatchObject({ code: "not_found" });
});

test("PostgreSQL itself holds principals' reads", async () => {
  const database = await emptyDatabase();
  const owner = database.pool;
  const roles = `
    -- #region grant
    create role belldesk_reader nologin;
    grant belldesk_reader to belldesk_app;  -- the pool's user; in PostgreSQL 16 and newer: with inherit false
    -- #endregion
  `;
  await owner.query("create role belldesk_app login password 'desk'");
  await owner.query(roles);
  const address = new URL(database.url);
  [address.username, address.password] = ["belldesk_app", "desk"];
  const pool = new pg.Pool({ connectionString: address.href, max: 3 });
  onTestFinished(async () => {
    await pool.end();
    await owner.query("drop owned by belldesk_reader, belldesk_app; drop role belldesk_reader, belldesk_app");
    await database.drop();
  });

  // #region row-security
  await migrate(owner); // as whoever owns the tables
  await secureRows(owner, { role: "belldesk_reader" }); // again after each migration
  const storage = postgresStorage(pool, { rowSecurity: { role: "belldesk_reader" } });
  // #endregion

  await owner.query(`
    grant usage on schema belldesk to belldesk_app;
    grant select, insert, update, delete on all tables in schema belldesk to belldesk_app`);
  const desk = new ConversationManager({ ...madeOf(), storage });
  await desk.start({ work: false });
  expect((await desk.as(admin).conversations()).items).toEqual([]);
  await desk.stop();
  await pool.query("set role belldesk_reader");
});

test("whoever is on duty gets what comes to a department", async () => {
  const rota = {
    onDuty: (hotelId: string, department: string) => Promise.resolve([`${hotelId}-${department}`]),
    whoSpeaks: (language: string) => `carla-${language}`,
  };
  const languageOf = (conversationId: string) => Promise.resolve(conversationId);
  const departments: HotelOptions["departments"] =
    // #region assignment
    [
      {
        id: "reception",
        name: "Reception",
        assignment: { rule: "leastBusy", staff: ({ hotelId }) => rota.onDuty(hotelId, "reception") },
      },
      { id: "housekeeping", name: "Housekeeping", assignment: { rule: "roundRobin", staff: ["anna", "bruno"] } },
      {
        id: "concierge",
        name: "Concierge",
        assignment: async (it) => rota.whoSpeaks(await languageOf(it.conversationId)),
      },
      { id: "spa", name: "Spa" },
    ];
  // #endregion
  const { desk, arrives } = await openHotel(
    (options) =>
      new ConversationManager({
        ...options,
        hotels: [{ ...(options.hotels as readonly HotelOptions[])[0]!, departments }],
      }),
  );
  const { guest, conversationId } = await arrives();
  await vi.waitFor(() => guest.taps(NUMBER, "Reception"));
  await vi.waitFor(async () => {
    const { items } = await desk.as(admin).conversations();
    expect(items[0]).toMatchObject({ departmentId: "reception", assigneeId: "grand-reception" });
  });
  expect(conversationId).not.toBe("");
});

test("the audit is anchored outside of the database, and proved elsewhere", async () => {
  const folder = await folderOf();
  const { desk, arrives } = await openHotel(
    (options) =>
      // #region anchor
      new ConversationManager({
        ...options,
        audit: { anchor: fileAnchor({ folder }), sealMs: 1_000 }, // a folder on another machine's disk
      }),
    // #endregion
  );
  const { conversationId } = await arrives();
  await desk.as(receptionist).close(conversationId);
  const kept = await vi.waitUntil(async () => {
    const page = await desk.as(admin).exportAudit({ hotel: "grand" });
    return page.items.length > 0 && page;
  }, 10_000);
  const lines: string[] = [];
  for await (const line of auditLines(desk.as(admin), { hotel: "grand" })) lines.push(line);
  const anchors = [kept.head].map((head) => ({ ...head, hotelId: "grand", at: new Date() }));
  // #region verify
  const verdict = await verifyAuditLines(lines, { anchors, now: new Date() });
  // #endregion
  expect(verdict).toMatchObject({ flaw: null });
  await vi.waitFor(async () => {
    expect(await readdir(folder)).not.toEqual([]);
  }, 10_000);
});

test("a guest is told what is kept of them, and erased", async () => {
  const { desk: manager, arrives } = await openHotel();
  const { guestId } = await arrives("I am here");
  const desk = manager.as(admin);
  const seen: string[] = [];
  const write = (bytes: Uint8Array) => Promise.resolve(seen.push(String(bytes.length)));
  // #region export
  for await (const record of await desk.exportGuest(guestId)) {
    if (record.type === "file") for await (const bytes of record.bytes) await write(bytes);
  }
  // #endregion
  const guest = { hotel: "grand", waId: PHONE };
  // #region erase
  await desk.eraseGuest(guest, { reason: "request of 3 May", dryRun: true }); // counts, and changes nothing
  const { erasure } = await desk.eraseGuest(guestId, { reason: "request of 3 May" });
  // #endregion
  expect(erasure).toMatchObject({ hotelId: "grand" });
  expect((await desk.conversations()).items).toEqual([]);
});
