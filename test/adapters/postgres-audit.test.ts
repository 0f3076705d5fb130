import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { verifyAudit, type AuditHead, type AuditVerdict, type Storage } from "../../src/index.js";
import { silentLogger } from "../../src/ports/logger.js";
import { hashOf, linksOf } from "../../src/runtime/audit-chain.js";
import { auditSeal } from "../../src/runtime/audit-seal.js";
import { anAuditEntry } from "../../src/testing/contract/builders.js";
import { freshDatabase, type Database } from "../support/databases.js";

const HOTEL = "grand";
/** How many times somebody tampers; 1,000 for the whole proof. */
const TAMPERINGS = Number(process.env["TAMPERINGS"] ?? 60);
const SEED = Number(process.env["SEED"] ?? 88);
const ENTRIES = 40;

let database: Database;
let storage: Storage;
beforeAll(async () => {
  database = await freshDatabase();
  storage = postgresStorage(database.pool);
  await storage.open({ migrate: true });
});
afterAll(() => database.drop());

/** Numbers from 0 until 1, the same for a seed. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One of staff puts a saved reply in order, and says why. */
async function writes(id: string, hotelId = HOTEL): Promise<void> {
  const { hotelId: _hotel, at: _at, ...entry } = anAuditEntry(`aud_${id}`, id, { reason: `because of ${id}` });
  const reply = { id, hotelId, departmentId: null, shortcut: id, texts: { en: "Dear guest" }, version: 0 };
  await storage.putSavedReply({ reach: "everything", reply, audit: entry });
}

const anchored: AuditHead[] = [];
const anchor = {
  keep: (head: AuditHead) => Promise.resolve(void anchored.push(head)),
  async *kept(hotelId: string) {
    yield* await Promise.resolve(anchored.filter((head) => head.hotelId === hotelId));
  },
};
const sealer = () => auditSeal({ storage, anchor, logger: silentLogger, everyMs: 1_000 });

async function verdict(withAnchor = true, keptForMs?: number, hotelId = HOTEL): Promise<AuditVerdict> {
  const found = await storage.sealedAudit({ reach: "everything", hotelId, after: null, limit: 1_000 });
  return verifyAudit({
    hotelId,
    ...found,
    ...(withAnchor && { anchors: anchor.kept(hotelId) }),
    ...(keptForMs !== undefined && { keptForMs }),
  });
}

/** Whoever owns the database: no trigger holds them. What they do is undone. */
async function asOwner<T>(
  tamper: (client: pg.PoolClient) => Promise<void>,
  look: (client: pg.PoolClient) => Promise<T>,
) {
  const client = await database.pool.connect();
  try {
    await client.query("begin; set local session_replication_role = replica");
    await tamper(client);
    return await look(client);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

describe("what staff did at a hotel", () => {
  beforeAll(async () => {
    const seal = sealer();
    for (let n = 1; n <= ENTRIES; n++) {
      await writes(`e${String(n)}`);
      if (n % 7 === 0) await seal.now();
    }
    await seal.now();
  });

  const columns: Readonly<Record<string, string>> = {
    id: "'aud_forged'",
    hotel_id: "'seaside'",
    actor_kind: "'system'",
    actor_id: "'staff_2'",
    action: "'conversation.reopen'",
    reason: `'"nothing"'`,
    target_kind: "'guest'",
    target_id: "'e_other'",
    at: "at - interval '1 day'",
    n: "n + 1000",
    actor_salt: "null",
    target_salt: "null",
    reason_salt: "null",
    actor_digest: "repeat('0', 64)",
    target_digest: "repeat('0', 64)",
    reason_digest: "repeat('0', 64)",
    hash: "repeat('0', 64)",
    sealed_at: "sealed_at - interval '1 hour'",
  };

  /** The chain from a place on, hashed anew, as whoever knows how would: the database then agrees with itself. */
  async function rehash(client: pg.PoolClient, from: number): Promise<void> {
    const through = postgresStorage(client);
    const { entries } = await through.sealedAudit({ reach: "everything", hotelId: HOTEL, after: null, limit: 1_000 });
    let previous = entries.find(({ n }) => n === from - 1)?.hash ?? "";
    let n = from - 1;
    for (const entry of entries.filter((each) => each.n >= from)) {
      n++;
      const [link] = linksOf({ n: n - 1, hash: previous }, [entry], entry.sealedAt);
      if (link === undefined) throw new Error("a link for each entry");
      const { salts, digests } = link;
      previous = hashOf(previous, { ...entry, n, digests });
      await client.query(
        `update belldesk.audit_entries set n = $3, hash = $4, actor_salt = $5, actor_digest = $6, target_salt = $7, target_digest = $8,
                reason_salt = $9, reason_digest = $10 where hotel_id = $1 and id = $2`,
        [
          HOTEL,
          entry.id,
          n,
          previous,
          salts.actor,
          digests.actor,
          salts.target,
          digests.target,
          salts.reason,
          digests.reason,
        ],
      );
    }
    await client.query("update belldesk.audit_heads set n = $2, hash = $3 where hotel_id = $1", [HOTEL, n, previous]);
  }

  type Tampering = (client: pg.PoolClient, at: number, pick: () => number) => Promise<unknown>;
  const set = (client: pg.PoolClient, n: number, what: string) =>
    client.query(`update belldesk.audit_entries set ${what} where hotel_id = $1 and n = $2`, [HOTEL, n]);
  const gone = (client: pg.PoolClient, from: number, to: number) =>
    client.query("delete from belldesk.audit_entries where hotel_id = $1 and n between $2 and $3", [HOTEL, from, to]);

  const TAMPERS: Readonly<Record<string, Tampering>> = {
    "edits a column": (client, at, pick) => {
      const names = Object.keys(columns);
      const name = names[Math.floor(pick() * names.length)] ?? "reason";
      return set(client, at, `${name} = ${columns[name] ?? "null"}`);
    },
    "deletes an entry": (client, at) => gone(client, at, at),
    "deletes an entry and closes the hole": async (client, at) => {
      await gone(client, at, at);
      await rehash(client, at);
    },
    "swaps what two entries say": async (client, at) => {
      const other = at === ENTRIES ? at - 1 : at + 1;
      await client.query(
        `update belldesk.audit_entries a set reason = b.reason, reason_salt = b.reason_salt, reason_digest = b.reason_digest,
                action = b.action, at = b.at, target_id = b.target_id, target_salt = b.target_salt, target_digest = b.target_digest
           from belldesk.audit_entries b where a.hotel_id = $1 and b.hotel_id = $1 and (a.n, b.n) in (($2, $3), ($3, $2))`,
        [HOTEL, at, other],
      );
    },
    "changes the places of two entries": async (client, at) => {
      const other = at === ENTRIES ? at - 1 : at + 1;
      await set(client, at, "n = -1");
      await set(client, other, `n = ${String(at)}`);
      await set(client, -1, `n = ${String(other)}`);
    },
    "cuts the tail": (client, at) => gone(client, at, ENTRIES),
    "cuts the tail and says that it is the end": async (client, at) => {
      await gone(client, at, ENTRIES);
      await rehash(client, Math.max(1, at - 1));
    },
    "back-dates an entry and hashes all after it anew": async (client, at) => {
      await set(client, at, "at = at - interval '3 days'");
      await rehash(client, at);
    },
    "rewrites the whole chain": async (client, at) => {
      await set(client, at, `reason = '"another reason"'`);
      await rehash(client, 1);
    },
    "prunes what was to be kept": (client, at) =>
      client.query("select belldesk.prune_audit_1($1, now() + interval '1 day', $2)", [HOTEL, Math.max(1, at - 2)]),
    "takes everything away, as if it were old": async (client) => {
      await client.query(
        "update belldesk.audit_heads set kept_n = n, kept_hash = hash, version = version + 1 where hotel_id = $1",
        [HOTEL],
      );
      await gone(client, 1, ENTRIES);
    },
    "puts an entry in between": async (client, at) => {
      await client.query("update belldesk.audit_entries set n = n + 1000 where hotel_id = $1 and n >= $2", [HOTEL, at]);
      await client.query("update belldesk.audit_entries set n = n - 999 where hotel_id = $1 and n >= 1000", [HOTEL]);
      await client.query(
        `insert into belldesk.audit_entries (hotel_id, id, actor_kind, actor_id, action, reason, target_kind, target_id, at, n, actor_salt,
                actor_digest, target_salt, target_digest, reason_salt, reason_digest, hash, sealed_at)
         select hotel_id, 'aud_put', actor_kind, actor_id, action, reason, target_kind, target_id, at, $2, actor_salt, actor_digest, target_salt,
                target_digest, reason_salt, reason_digest, hash, sealed_at from belldesk.audit_entries where hotel_id = $1 order by n limit 1`,
        [HOTEL, at],
      );
      await rehash(client, 1);
    },
  };

  test("is a chain that holds, with its anchor and without", async () => {
    expect(await verdict()).toMatchObject({
      holds: true,
      flaw: null,
      entries: ENTRIES,
      anchoredTo: ENTRIES,
      erased: 0,
    });
    expect(await verdict(false)).toMatchObject({ holds: true, anchoredTo: null });
  });

  test(`is proved to be another after each of ${String(TAMPERINGS)} tamperings (T88)`, async () => {
    const pick = chance(SEED);
    const kinds = Object.entries(TAMPERS);
    const unnoticed: string[] = [];
    const why = new Map<string, number>();
    for (let turn = 0; turn < TAMPERINGS; turn++) {
      const [name, tamper] = kinds[turn % kinds.length] ?? ["", () => Promise.resolve()];
      const at = 1 + Math.floor(pick() * ENTRIES);
      const found = await asOwner(
        async (client) => {
          await tamper(client, at, pick);
        },
        async (client) => {
          const read = await postgresStorage(client).sealedAudit({
            reach: "everything",
            hotelId: HOTEL,
            after: null,
            limit: 1_000,
          });
          return verifyAudit({ hotelId: HOTEL, ...read, anchors: anchor.kept(HOTEL), keptForMs: 86_400_000 });
        },
      );
      if (found.holds) unnoticed.push(`${name} at ${String(at)}`);
      else why.set(found.flaw?.why ?? "", (why.get(found.flaw?.why ?? "") ?? 0) + 1);
    }
    expect(unnoticed).toEqual([]);
    expect([...why.values()].reduce((sum, count) => sum + count, 0)).toBe(TAMPERINGS);
    expect((await verdict()).holds).toBe(true);
  });

  test("is rewritten whole without a trace where nothing is kept outside: that is what the anchor is for", async () => {
    const found = await asOwner(
      async (client) => {
        await set(client, 3, `reason = '"another reason"'`);
        await rehash(client, 1);
      },
      async (client) => {
        const read = await postgresStorage(client).sealedAudit({
          reach: "everything",
          hotelId: HOTEL,
          after: null,
          limit: 1_000,
        });
        const check = { hotelId: HOTEL, ...read };
        return [await verifyAudit(check), await verifyAudit({ ...check, anchors: anchor.kept(HOTEL) })];
      },
    );
    expect(found.map(({ holds, flaw }) => [holds, flaw?.why])).toEqual([
      [true, undefined],
      [false, "rewritten"],
    ]);
  });

  test("is changed, deleted and emptied by nobody who keeps to the desk's rights", async () => {
    for (const sql of [
      `update belldesk.audit_entries set reason = '"nothing"' where n = 3`,
      "update belldesk.audit_entries set at = at - interval '1 day' where n = 3",
      "update belldesk.audit_entries set n = null, hash = null where n = 3",
      `update belldesk.audit_entries set reason = '""' where n = 3`,
      "delete from belldesk.audit_entries where n = 3",
      "truncate belldesk.audit_entries",
    ])
      await expect(database.pool.query(sql), sql).rejects.toThrow("the audit is only added to");
    expect((await verdict()).holds).toBe(true);
  });
});

describe("a guest who is forgotten, and a year that is over", () => {
  const of = "lakeside";
  beforeAll(async () => {
    for (let n = 1; n <= 9; n++) await writes(`l${String(n)}`, of);
    await sealer().now();
    await writes("l10", of);
  });

  test("leave a chain that holds: what is erased is nowhere, and nobody can try what it was (M22)", async () => {
    const { rows } = await database.pool.query<{ blanked: number }>(
      "select belldesk.blank_audit_1($1, $2) as blanked",
      [of, ["l3", "l5", "l10", "nobody"]],
    );
    expect(rows).toEqual([{ blanked: 3 }]);
    const { rows: left } = await database.pool.query<{ text: string }>(
      "select a::text as text from belldesk.audit_entries a where hotel_id = $1 and a.id in ('aud_l3', 'aud_l5', 'aud_l10')",
      [of],
    );
    expect(left.filter(({ text }) => text.includes("because of"))).toEqual([]);
    expect(await verdict(true, undefined, of)).toMatchObject({ holds: true, erased: 2, entries: 9 });
    await sealer().now();
    expect(await verdict(true, undefined, of)).toMatchObject({ holds: true, erased: 2, entries: 10 });
    const stale = await storage.auditToSeal({ after: null, hotels: 10, entries: 10 });
    expect(stale).toEqual([]);
  });

  test("are not sealed as they were read before", async () => {
    await writes("l11", of);
    const [hotel] = await storage.auditToSeal({ after: null, hotels: 10, entries: 10 });
    await database.pool.query("select belldesk.blank_audit_1($1, $2)", [of, ["l11"]]);
    const { hotelId = "", version = 0, now = new Date(), head = { n: 0, hash: "" }, entries = [] } = hotel ?? {};
    const links = linksOf(head, entries, now);
    expect(await storage.sealAudit({ hotelId, version, sealedAt: now, links })).toBe(false);
    await sealer().now();
    expect(await verdict(true, undefined, of)).toMatchObject({ holds: true, entries: 11 });
  });

  test("leave a chain that begins later, and holds for whoever says how long it was to be kept", async () => {
    const { rows } = await database.pool.query<{ pruned: number }>(
      "select belldesk.prune_audit_1($1, now() + interval '1 minute', 4) as pruned",
      [of],
    );
    expect(rows).toEqual([{ pruned: 4 }]);
    const { rows: first } = await database.pool.query(
      "select reason, target_id, reason_salt from belldesk.audit_entries where hotel_id = $1 order by n limit 1",
      [of],
    );
    expect(first).toEqual([{ reason: '""', target_id: "", reason_salt: null }]);
    expect(await verdict(true, undefined, of)).toMatchObject({ holds: false, flaw: { n: 4, why: "pruned" } });
    expect(await verdict(true, 86_400_000, of)).toMatchObject({ holds: false, flaw: { why: "pruned" } });
    expect(await verdict(true, 0, of)).toMatchObject({ holds: true, from: 4, to: 11, entries: 7 });
    await writes("l12", of);
    await sealer().now();
    expect(await verdict(true, 0, of)).toMatchObject({ holds: true, to: 12 });
  });
});

test("two processes that seal while staff write make one chain, without a hole", async () => {
  const of = "harbour";
  const sealers = [sealer(), sealer(), sealer()];
  let isWriting = true;
  const writing = Promise.all(
    [0, 1, 2, 3].map(async (who) => {
      for (let n = 0; n < 25; n++) await writes(`h${String(who)}_${String(n)}`, of);
    }),
  ).finally(() => {
    isWriting = false;
  });
  await Promise.all(
    sealers.map(async (seal) => {
      while (isWriting) await seal.now();
    }),
  );
  await writing;
  await sealers[0]?.now();
  expect(await verdict(true, undefined, of)).toMatchObject({ holds: true, entries: 100, anchoredTo: 100 });
});
