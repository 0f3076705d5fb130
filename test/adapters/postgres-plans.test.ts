import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import type { ClaimedEvents, NewsQuery, Reach, Storage } from "../../src/index.js";
import {
  aCommand,
  aConsent,
  aConversation,
  aGuestUpdate,
  anAmendment,
  anAuditEntry,
  anEcho,
  aNewAddress,
  anItem,
  anOutboundMessage,
  aPrompt,
  aReport,
  aTiming,
  messageEvent,
  sendWork,
} from "../../src/testing/index.js";
import { linksOf } from "../../src/runtime/audit-chain.js";
import { freshDatabase, postgresServers, type Database } from "../support/databases.js";

const HOTELS = 20;
const GUESTS = 1_000;
const MESSAGES_OF_A_GUEST = 6;
const NUMBER = "2000";
/** Rows that a verb may look at in one table. The smallest hotel has three times as many, a full table sixty times. */
const ROWS = 300;

/** Rows that a verb may compare a row of its batch with, and find it to be another. */
const PAIRS = 5;

/** Tables that grow with the hotels' guests. */
const GROWING = new Set([
  "arrivals",
  "audit_entries",
  "chats",
  "commands",
  "consents",
  "conversation_participants",
  "conversations",
  "dedup_keys",
  "events",
  "former_addresses",
  "guest_addresses",
  "guests",
  "lanes",
  "mentions",
  "message_amendments",
  "message_words",
  "messages",
  "parked_statuses",
  "prompts",
  "timings",
  "revocations",
  "unknown_sends",
  "webhook_attempts",
  "work",
]);

/** A node of a plan as auto_explain writes it. */
interface Node {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Join Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly Node[];
}

interface Look {
  readonly table: string;
  readonly by: string;
  readonly rows: number;
}

const REACHES: readonly (readonly [string, Reach])[] = [
  ["the whole system", "everything"],
  [
    "a manager of two hotels",
    {
      hotels: new Map([
        ["h3", "all"],
        ["h4", "all"],
      ] as const),
    },
  ],
  ["an agent of one department", { hotels: new Map([["h3", ["reception"]]] as const) }],
  ["a guest who was merged", { guest: { hotelId: "h3", id: "gst_3_1000" } }],
];

const subjects = postgresServers().flatMap(({ name, url }) => [
  { name, url, planned: "that it has known since", warm: false },
  // A process that has run since the hotel opened keeps the plans it made when there was nothing to find.
  { name, url, planned: "planned for while it was empty", warm: true },
]);

/** The server writes the plan of every statement, also of those inside functions, to this client alone. */
async function explaining(client: pg.Client, told: (plan: string) => void): Promise<void> {
  client.on("notice", ({ message }) => {
    const at = message?.indexOf("plan:") ?? -1;
    if (message !== undefined && at >= 0) told(message.slice(at + "plan:".length));
  });
  await client.query("load 'auto_explain'");
  await client.query(
    `set client_min_messages = log; set auto_explain.log_format = json; set auto_explain.log_analyze = on;
     set auto_explain.log_timing = off; set auto_explain.log_nested_statements = on; set auto_explain.log_min_duration = 0`,
  );
}

test.each(postgresServers())(
  "guests who write are found by themselves on $name also while it has no statistics yet",
  async ({ url }) => {
    const database = await freshDatabase(url);
    const client = new pg.Client({ connectionString: database.url });
    try {
      await postgresStorage(database.pool).open({ migrate: true });
      await client.connect();
      const storage = postgresStorage(client);
      for (let n = 0; n < 7; n++) await path(storage, "h0", 2, (verb) => verb(), `warm${String(n)}`);
      await fill(database.pool);
      const plans: string[] = [];
      await explaining(client, (plan) => plans.push(plan));
      const each = Array.from({ length: 20 }, (_, n) => ({
        hotelId: "h3",
        phoneNumberId: NUMBER,
        guestId: `gst_3_${String(n + 1)}`,
        wamids: [`wamid_new_${String(n)}`],
        promptIds: [],
        addresses: [],
      }));
      await storage.loadChats(each);
      const found = plans.flatMap((plan) => scans((JSON.parse(plan) as { Plan: Node }).Plan));
      expect(found.length).toBeGreaterThan(0);
      expect(found.filter(({ by, rows }) => by === "Seq Scan" || rows > ROWS)).toEqual([]);
    } finally {
      await client.end();
      await database.drop();
    }
  },
  120_000,
);

describe.each(subjects)("a full database on $name, $planned", ({ url, warm }) => {
  let database: Database;
  let client: pg.Client;
  let storage: Storage;
  let plans: string[] = [];

  beforeAll(async () => {
    database = await freshDatabase(url);
    await postgresStorage(database.pool).open({ migrate: true });
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    storage = postgresStorage(client);
    // PostgreSQL settles for a plan at the sixth time.
    for (let n = 0; warm && n < 7; n++) await path(storage, "h0", 2, (verb) => verb(), `warm${String(n)}`);
    await fill(database.pool);
    await database.pool.query("analyze"); // as autovacuum does within a minute or two

    await explaining(client, (plan) => plans.push(plan));
  }, 120_000);
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  /** Where `verb` looked, in tables that grow. */
  async function looks(verb: () => Promise<unknown>): Promise<readonly Look[]> {
    plans = [];
    await verb();
    expect(plans.length).toBeGreaterThan(0);
    return plans.flatMap((plan) => scans((JSON.parse(plan) as { Plan: Node }).Plan));
  }

  /** How many pairs of rows `verb` compared in vain. */
  async function pairs(verb: () => Promise<unknown>): Promise<number> {
    plans = [];
    await verb();
    return plans.reduce((sum, plan) => sum + mismatches((JSON.parse(plan) as { Plan: Node }).Plan), 0);
  }

  /** Nothing was read whole, and nowhere more than what was asked for. */
  function expectFew(found: readonly Look[]): void {
    expect(found.filter(({ by, rows }) => by === "Seq Scan" || rows > ROWS)).toEqual([]);
  }

  test.each(REACHES)("%s sees a page of conversations without looking at the others", async (_, reach) => {
    const page = { reach, departmentId: null, status: "open", after: null, limit: 10 } as const;
    const found = await looks(() => storage.conversations({ ...page, hotelId: "h3" }));
    expect(found.length).toBeGreaterThan(0);
    expectFew(found);
    expectFew(await looks(() => storage.conversations({ ...page, hotelId: null })));
    const deep = { at: new Date("2026-01-01T06:00:00Z"), id: "con_3_500" };
    expectFew(await looks(() => storage.conversations({ ...page, hotelId: "h3", after: deep })));
  });

  test.each(REACHES)("%s reads one conversation and one message by its id alone", async (_, reach) => {
    const conversationId = "con_3_500";
    const client = { authorId: "staff_1", clientMessageId: "unheard of" };
    const template = { name: "template_500", language: "it" };
    expectFew(await looks(() => storage.loadConversation({ reach, conversationId, client, template })));
    expectFew(await looks(() => storage.messages({ reach, conversationId, before: null, limit: 20 })));
    expectFew(await looks(() => storage.message({ reach, messageId: "msg_3_500_2" })));
    expectFew(await looks(() => storage.dead({ reach, before: null, limit: 10 })));
    expectFew(await looks(() => storage.kept({ reach, before: null, limit: 10 })));
  });

  test.each(REACHES)(
    "%s reads a guest, and who turned out to be the same, by what they are called",
    async (_, reach) => {
      expectFew(
        await looks(() => storage.loadGuests({ reach, guestIds: ["gst_3_500", "gst_3_999", "gst_3_1000", "gst"] })),
      );
      const addresses = ["500", "1000", "old"].map((n) => ({ kind: "waId", value: `phone_3_${n}` }) as const);
      expectFew(await looks(() => storage.findGuests({ reach, hotelId: "h3", addresses })));
      expectFew(await looks(() => storage.consents({ reach, guestId: "gst_3_1000" })));
      const conversationId = "con_3_1000"; // of a guest who was merged
      expectFew(await looks(() => storage.loadConversation({ reach, conversationId, client: null, template: null })));
      expectFew(await looks(() => storage.messages({ reach, conversationId, before: null, limit: 20 })));
      expectFew(await looks(() => storage.message({ reach, messageId: "msg_3_1000_2" })));
    },
  );

  test.each(REACHES)(
    "%s sees who took part, what the guest said last, and where they were mentioned",
    async (_, reach) => {
      const conversationId = "con_3_500";
      expectFew(await looks(() => storage.participants({ reach, conversationId })));
      expectFew(await looks(() => storage.newestInbound({ reach, conversationId, upTo: null })));
      const answered = { seq: 0, by: "anna" };
      const key = { reach, conversationId, client: null, template: null };
      expectFew(await looks(() => storage.loadConversation({ ...key, answered })));
      const page = { reach, staffId: "staff_1", unread: false, before: null, limit: 10 } as const;
      expectFew(await looks(() => storage.mentions(page)));
      const deep = { at: new Date("2026-01-01T06:00:00Z"), id: "msg_3_500_2" };
      expectFew(await looks(() => storage.mentions({ ...page, before: deep })));
    },
  );

  test.each(REACHES)(
    "%s sees a page of what is unread, and of who waits, without looking at the others",
    async (_, reach) => {
      const page = { reach, departmentId: null, status: "open", after: null, limit: 10 } as const;
      const deep = { at: new Date("2026-01-01T06:00:00Z"), id: "con_3_500" };
      for (const filter of [{ unread: true }, { waiting: true }, { unread: true, waiting: true }]) {
        for (const hotelId of ["h3", null]) {
          const rows = hotelId === null ? ROWS * 4 : ROWS;
          const found = await looks(() => storage.conversations({ ...page, ...filter, hotelId }));
          expect(found.filter(({ by, rows: seen }) => by === "Seq Scan" || seen > rows)).toEqual([]);
        }
        expectFew(await looks(() => storage.conversations({ ...page, ...filter, hotelId: "h3", after: deep })));
      }
    },
  );

  test.each(REACHES)("%s counts what is open, and looks at nothing else", async (_, reach) => {
    const found = await looks(() => storage.counters({ reach, hotelId: "h3" }));
    expect(found.filter(({ by, rows }) => by === "Seq Scan" || rows > GUESTS * MESSAGES_OF_A_GUEST)).toEqual([]);
  });

  test.each(REACHES)("%s searches for a word and for a name by an index of them", async (_, reach) => {
    const words = [
      { word: "please", isPrefix: false },
      { word: "towels50", isPrefix: true },
    ];
    const asked = { reach, hotelId: "h3", departmentId: null, words, before: null, limit: 10 };
    const found = await looks(() => storage.search(asked));
    expect(found.map(({ table }) => table)).toContain("message_words");
    expectFew(found);
    const before = { eventSeq: 3_004, id: "msg_3_500_4" };
    expectFew(await looks(() => storage.search({ ...asked, before })));
    const guests = { reach, hotelId: "h3", words: [{ word: "guest50", isPrefix: true }], before: null, limit: 10 };
    expectFew(await looks(() => storage.searchGuests(guests)));
    expectFew(await looks(() => storage.searchGuests({ ...guests, before: "gst_3_503" })));
  });

  test.each(REACHES)("%s reads a page of the audit, of anybody's and of anything's", async (_, reach) => {
    const page = { reach, hotelId: "h3", targetId: null, actorId: null, before: null, limit: 10 };
    const before = { at: new Date("2026-01-01T06:00:00Z"), id: "aud_3_500" };
    for (const filter of [{}, { targetId: "con_3_500" }, { actorId: "staff_1" }, { actorId: "nobody" }, { before }])
      expectFew(await looks(() => storage.auditEntries({ ...page, ...filter })));
  });

  test("the audit is sealed by stretches, without looking at what is sealed or at other hotels' (S65)", async () => {
    const found = await looks(() => storage.auditToSeal({ after: "h20", hotels: 2, entries: 50 }));
    expect(found.map(({ table }) => table)).toContain("audit_entries");
    expectFew(found);
    const seals = async (entries: number) => {
      const [hotel] = await storage.auditToSeal({ after: "h20", hotels: 1, entries });
      const { hotelId, version, head, entries: waiting, now: sealedAt } = hotel!;
      expect(hotelId).toBe("h3");
      return { hotelId, version, sealedAt, links: linksOf(head, waiting, sealedAt) };
    };
    await storage.sealAudit(await seals(700));
    expectFew(await looks(() => storage.auditToSeal({ after: "h20", hotels: 2, entries: 50 })));
    const next = await seals(50);
    expectFew(await looks(() => storage.sealAudit(next)));
    expectFew(await looks(() => storage.auditToAnchor({ after: null, limit: 10 })));
  });

  test("a guest is erased without looking at what others wrote, or at what few staff did to all of them (M20)", async () => {
    const audit = anAuditEntry("aud_ers", "ers_1", {
      hotelId: "h5",
      action: "guest.erase",
      target: { kind: "erasure", id: "ers_1" },
    });
    await storage.beginErasure({ hotelId: "h5", guestId: "gst_5_500", id: "ers_1", audit });
    let state: string | undefined;
    while (state !== "done") {
      const found = await looks(async () => {
        ({ state } = await storage.continueErasure({ hotelId: "h5", id: "ers_1", limit: 100 }));
      });
      // What has no index of guests (raw webhooks, reactions, events, reports of nobody's) is walked through, page by page.
      const own = ["audit_entries", "conversations", "messages", "message_words", "wamids"];
      expectFew(found.filter(({ table }) => own.includes(table)));
    }
  });

  test.each(REACHES)("%s exports a stretch of the sealed audit, however much stands before it", async (_, reach) => {
    for (const after of [null, 300, 740])
      expectFew(await looks(() => storage.sealedAudit({ reach, hotelId: "h3", after, limit: 20 })));
  });

  test.each(REACHES)("%s reads how long answers took in a period by what ended in it", async (_, reach) => {
    const [from, to] = [new Date("2026-01-01T06:00:00Z"), new Date("2026-01-01T06:20:00Z")];
    const query = { reach, hotelId: "h3", departmentId: null, staffId: null, from, to };
    const found = await looks(() => storage.times(query));
    expect(found.map(({ table }) => table)).toEqual(expect.arrayContaining(["timings", "conversations"]));
    expectFew(found);
    expectFew(await looks(() => storage.times({ ...query, departmentId: "reception", staffId: "staff_1" })));
    expectFew(await looks(() => storage.times({ ...query, hotelId: null, to: new Date("2026-01-01T06:05:00Z") })));
  });

  test.each(REACHES)("%s sees a page of what is about no conversation", async (_, reach) => {
    expectFew(await looks(() => storage.operatorEvents({ reach, before: null, limit: 10 })));
    const before = { at: new Date("2026-01-01T06:00:00Z"), id: `h3/${"6360".padStart(20, "0")}` };
    expectFew(await looks(() => storage.operatorEvents({ reach, before, limit: 10 })));
  });

  test("what a later release may understand is read page by page, and worked on again by its ids", async () => {
    expectFew(await looks(() => storage.rawItems({ after: null, limit: 10 })));
    expectFew(await looks(() => storage.rawItems({ after: "old_3_500", limit: 10 })));
    // Kept, of an unknown message, work long since, unheard of.
    const ids = ["old_3_5", "old_3_10", "old_3_4", "old"];
    const chat = { phoneNumberId: NUMBER, addresses: [{ kind: "waId", value: "phone_3_1" }] } as const;
    const items = ids.map((id) => anItem(id, new Date(), { hotelId: "h3", chat }));
    let placed;
    expectFew(
      await looks(async () => {
        placed = await storage.reprocess(items);
      }),
    );
    expect(placed).toEqual([true, true, false, false]);
    const { lanes } = await storage.claim({ kind: "inbound", lanes: 10, itemsPerLane: 10, leaseMs: 60_000 });
    expect(lanes).toHaveLength(1);
    await storage.commit(
      "h3",
      lanes.map((lane) => ({ ...aCommand({ hotelId: "h3" }), lane, completes: lane.items.map(({ id }) => id) })),
    );
  });

  test("two guests who turn out to be one, and are two after all, cost what stands of them", async () => {
    const merge = (into: string | null) => aCommand({ hotelId: "h5", merge: { guestId: "gst_5_7", into } });
    for (const into of ["gst_5_8", null]) {
      let result;
      const found = await looks(async () => {
        result = await storage.commit("h5", [merge(into)]);
      });
      expectFew(found);
      expect(result).toMatchObject({ outcome: "committed" });
    }
  });

  test.each(REACHES)("%s begins to watch with what stands open, and looks at nothing else", async (_, reach) => {
    const found = await looks(() => storage.snapshot({ reach, limit: 10 }));
    expect(found.map(({ table }) => table)).toContain("events");
    expectFew(found);
  });

  test("news are read from any number on, with what they are about", async () => {
    const minutes = (n: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + n * 60_000);
    const after = { hotelId: "h3", seq: 2_002, at: minutes(334) };
    let counts: readonly number[] | null = null;
    const asked = (query: NewsQuery) =>
      looks(async () => {
        const news = await storage.news(query);
        counts = news && [news.events.length, news.conversations.length, news.messages.length];
      });
    expectFew(await asked({ after, limit: 100 }));
    expect(counts).toEqual([100, 18, 100]);
    // About guests, one of whom was merged into another.
    const guests = { hotelId: "h3", seq: 6_990, at: minutes(990) };
    expectFew(await asked({ after: guests, limit: 30 }));
    expect(counts).toEqual([10, 10, 0]);
    expectFew(await asked({ after: { ...after, seq: 2_500 }, limit: 100 }));
    expect(counts).toBeNull();
    expectFew(await asked({ after: { hotelId: "h3", seq: 0, at: null }, limit: 20 }));
    expect(counts?.[0]).toBe(20);
    const hotels = Array.from({ length: HOTELS }, (_, n) => `h${String(n + 1)}`);
    expectFew(await looks(() => storage.heads(hotels)));
  });

  test("whose rights have changed is told and forgotten without looking at the others", async () => {
    expectFew(await looks(() => storage.revoke({ kind: "staff", id: "staff_1" })));
    expectFew(await looks(() => storage.revocations({ after: null })));
    expectFew(await looks(() => storage.revocations({ after: GUESTS - 10 })));
  });

  test("how the work stands is read along what is due and what is dead, however many guests there are", async () => {
    const found = await looks(() => storage.pulse());
    expect(found.length).toBeGreaterThan(0);
    // A third of the guests of all hotels have work that was given up and a send of unknown fate, and each is counted.
    const counted = Math.ceil((HOTELS * GUESTS) / 3);
    const isCounted = new Set(["work", "unknown_sends"]);
    expect(
      found.filter(
        ({ table, by, rows }) =>
          (by === "Seq Scan" && rows > 0) || rows > (isCounted.has(table) ? counted + ROWS : ROWS),
      ),
    ).toEqual([]);
    expect(new Set(found.map(({ table }) => table))).toContain("unknown_sends");
  });

  test("what happened is read from any number on", async () => {
    expectFew(await looks(() => storage.events({ hotelId: "h3", after: 2_000, limit: 100 })));
    expectFew(await looks(() => storage.audit({ hotelId: "h3", targetId: "con_3_500" })));
  });

  test("what the host asks for is taken in and done by its ids, and who reads the log goes on from its place", async () => {
    for (let n = 0; n < 20; n++)
      await storage.enqueue(null, {
        hotelId: "h3",
        id: `cmd_${String(n)}`,
        subject: `con_3_${String(n)}`,
        payload: {},
      });
    let lanes: readonly unknown[] = [];
    expectFew(
      await looks(async () => {
        ({ lanes } = await storage.claim({ kind: "command", lanes: 50, itemsPerLane: 1, leaseMs: 60_000 }));
      }),
    );
    expect(lanes).toHaveLength(20);
    await storage.openConsumer({ name: "invoices", from: "beginning" });
    const wanted = { name: "invoices", hotels: HOTELS, events: 10, leaseMs: 60_000 };
    let claimed: readonly ClaimedEvents[] = [];
    expectFew(
      await looks(async () => {
        claimed = (await storage.claimEvents(wanted)) ?? [];
      }),
    );
    expect(claimed).toHaveLength(HOTELS);
    for (const consumer of claimed) {
      const then = { kind: "giveBack", waitMs: 0, failed: null } as const;
      expectFew(await looks(() => storage.moveConsumer({ consumer, seq: 3_000, then })));
    }
    expectFew(await looks(() => storage.claimEvents(wanted)));
    expectFew(await looks(() => storage.consumers()));
    expectFew(await looks(() => storage.forgetConsumer("invoices")));
  });

  test("guests' messages, answers and reports are dealt with by what their batch names", async () => {
    await path(storage, "h3", 20, async (verb) => {
      let result;
      const found = await looks(async () => {
        result = await verb();
      });
      expectFew(found);
      return result as never;
    });
  });

  test("a batch twice as large costs twice as much, not four times: nothing compares each of its rows with each", async () => {
    const guests = 200;
    await path(
      storage,
      "h3",
      guests,
      async (verb) => {
        let result;
        const compared = await pairs(async () => {
          result = await verb();
        });
        expect(compared).toBeLessThanOrEqual(PAIRS * guests);
        return result as never;
      },
      "many",
    );
  });
});

/** What one batch goes through, from the webhook to the guest's receipt; each verb by way of `watch`. */
async function path(
  storage: Storage,
  hotelId: string,
  guests: number,
  watch: <T>(verb: () => Promise<T>) => Promise<T>,
  run = "run",
): Promise<void> {
  const each = <T>(make: (n: number) => T): T[] => Array.from({ length: guests }, (_, n) => make(n));
  const now = new Date();
  await storage.setPaces([{ hotelId, phoneNumberId: NUMBER, perSecond: null }]);
  const items = each((n) => {
    const known = { kind: "waId", value: `phone_3_${String(n + 1)}` } as const;
    const unknown = { kind: "waId", value: `nobody_${run}_${String(n)}` } as const;
    // Of the known phones, every other one has passed to somebody else.
    const other = { kind: "bsuid", value: `US.nobody_${run}_${String(n)}` } as const;
    const addresses = n % 4 === 0 ? [other, known] : [n % 2 === 0 ? known : unknown];
    // The others were sent before anybody was seen with them.
    const sentAt = n % 4 === 2 ? new Date("2025-12-01T00:00:00Z") : now;
    const chat = { phoneNumberId: NUMBER, addresses, sentAt };
    return anItem(`itm_${run}_${String(n)}`, now, { hotelId, chat });
  });
  await watch(() => storage.remember(items, { dedupRetentionMs: 10 * 365 * 86_400_000 }));
  const claim = { lanes: guests, itemsPerLane: 10, leaseMs: 60_000 };
  const inbound = await watch(() => storage.claim({ kind: "inbound", ...claim }));
  expect(inbound.lanes).toHaveLength(guests);
  const keys = inbound.lanes.map((lane) => ({
    ...lane,
    wamids: ["wamid_3_7_1"],
    promptIds: ["prm_3_7"],
    addresses: [{ kind: "bsuid" as const, value: "US.3_8" }],
  }));
  await watch(() => storage.loadChats(keys));

  const messageId = (n: number) => `msg_${run}_${String(n)}`;
  const changes = inbound.lanes.map((lane, n) => {
    const guest = { id: lane.guestId, hotelId, phoneNumberId: NUMBER };
    const conversation = aConversation(`con_${run}_${String(n)}`, guest, { departmentId: run, lastSeq: 2 });
    const message = anOutboundMessage(messageId(n), conversation, 1);
    // Some were imported before they came.
    const imported = `wamid_3_${String(n + 1)}_${run === "many" ? "4" : "6"}`;
    const wamid = n % 10 === 9 ? imported : `wamid_of_device_${run}_${String(n)}`;
    const echo = anEcho(`ech_${run}_${String(n)}`, conversation, 2, { wamid });
    const act = n % 2 === 0 ? ({ kind: "revoked" } as const) : anAmendment("", "", guest).act;
    const given = { kind: "bsuid", value: `US.3_${String(n + 1)}` } as const;
    const change = {
      hotelId,
      guest: aGuestUpdate(guest.id, {
        name: "A guest",
        addresses: [aNewAddress(given, "itm", { takes: n % 2 === 0 })],
        retires: [given],
      }),
      chat: null,
      conversations: [conversation],
      messages: [message, echo],
      amendments: [anAmendment(`wamid_3_${String(n + 1)}_1`, `act_${run}_${String(n)}`, guest, { act })],
      prompts: [aPrompt(`prm_${run}_${String(n)}`, conversation)],
      events: [messageEvent(message, conversation), messageEvent(echo, conversation)],
      timings: [aTiming(conversation.id, { hotelId, episode: n + 2 })],
      consents: [aConsent(`cns_${run}_${String(n)}`, guest)],
      mentions: [{ hotelId, staffId: "staff_1", messageId: messageId(n), conversationId: conversation.id, at: now }],
      participants: [{ conversationId: conversation.id, kind: "staff" as const, id: "staff_1", readSeq: 2 }],
      audit: [anAuditEntry(`aud_${run}_${String(n)}`, conversation.id, { hotelId })],
      work: [sendWork(message, guest)],
    };
    return { ...aCommand(change), lane, completes: lane.items.map(({ id }) => id) };
  });
  expect(await watch(() => storage.commit(hotelId, changes))).toMatchObject({ outcome: "committed" });

  const outbound = await watch(() => storage.claim({ kind: "outbound", ...claim }));
  expect(outbound.lanes).toHaveLength(guests);
  const sends = outbound.lanes.map((lane) => {
    const [item] = lane.items;
    const { messageId } = JSON.parse(item?.payload ?? "{}") as { messageId: string };
    return { lane, messageId, workId: item?.id ?? "" };
  });
  const ids = sends.map((send) => send.messageId);
  await watch(() => storage.loadSends(hotelId, ids));
  await watch(() => storage.renew(outbound.lanes, 60_000));
  expect(await watch(() => storage.intend(sends.map((send) => ({ ...send, as: "windowless" as const }))))).toEqual(
    each(() => "go"),
  );
  const reason = { code: "send_accepted", at: now } as const;
  const settlements = sends.map((send) => ({
    ...send,
    result: { kind: "sent", wamid: `wamid_${send.messageId}` } as const,
    reason,
    paced: true,
    pause: null,
  }));
  expect(await watch(() => storage.settle(settlements))).toHaveLength(guests);
  const reports = ids.map((id) => aReport("read", `wamid_${id}`, { hotelId }));
  const early = aReport("read", `wamid_of_nobody_${run}`, { hotelId });
  const { outcomes } = await watch(() => storage.applyStatuses([...reports, early]));
  expect(outcomes).toEqual([...each(() => "applied"), "parked"]);
}

/** Where a plan looks at a growing table, and at how many rows, those that it threw away included. */
function scans(node: Node): readonly Look[] {
  const table = node["Relation Name"];
  const removed = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
  const rows = Math.round((node["Actual Rows"] + removed) * node["Actual Loops"]);
  const own =
    table !== undefined && GROWING.has(table) && node["Node Type"].endsWith("Scan") && node["Actual Loops"] > 0
      ? [{ table, by: node["Node Type"], rows }]
      : [];
  return [...own, ...(node.Plans ?? []).flatMap(scans)];
}

const mismatches = (node: Node): number =>
  (node["Rows Removed by Join Filter"] ?? 0) * node["Actual Loops"] +
  (node.Plans ?? []).reduce((sum, inner) => sum + mismatches(inner), 0);

/** Hotels with guests who have written for months: one open conversation each, read and unread. */
async function fill(db: pg.Pool): Promise<void> {
  const grid = `generate_series(1, ${String(HOTELS)}) h, generate_series(1, ${String(GUESTS)}) g`;
  const messages = `${grid}, generate_series(1, ${String(MESSAGES_OF_A_GUEST)}) m`;
  const then = "timestamptz '2026-01-01' + g * interval '1 minute'";
  await db.query(`
    insert into belldesk.hotel_counters (hotel_id, last_event)
      select 'h' || h, ${String(GUESTS * (MESSAGES_OF_A_GUEST + 1))} from generate_series(1, ${String(HOTELS)}) h;
    insert into belldesk.guests (hotel_id, id, merged_into, created_at, name_words)
      select 'h' || h, format('gst_%s_%s', h, g), case g % 100 when 0 then format('gst_%s_%s', h, g - 1) end, ${then}, format('guest%s', g) from ${grid};
    insert into belldesk.former_addresses
      select 'h' || h, 'waId', format('phone_%s_%s', h, case g % 10 when 0 then 'old' else g::text end), format('gst_%s_%s', h, g), null, ${then}, ${then}, 'itm'
        from ${grid} where g % 5 = 0;
    insert into belldesk.guest_addresses (hotel_id, kind, value, guest_id, first_seen_at)
      select 'h' || h, 'waId', format('phone_%s_%s', h, g), format('gst_%s_%s', h, g), ${then} from ${grid};
    insert into belldesk.guest_addresses (hotel_id, kind, value, guest_id, first_seen_at)
      select 'h' || h, 'bsuid', format('US.%s_%s', h, g), format('gst_%s_%s', h, g), ${then} from ${grid};
    insert into belldesk.chats (hotel_id, phone_number_id, guest_id, version)
      select 'h' || h, '${NUMBER}', format('gst_%s_%s', h, g), 1 from ${grid};
    insert into belldesk.lanes (hotel_id, kind, phone_number_id, guest_id, enqueued, done)
      select 'h' || h, 'inbound', '${NUMBER}', format('gst_%s_%s', h, g), 5, 5 from ${grid};
    insert into belldesk.conversations (hotel_id, id, guest_id, phone_number_id, department_id, mode, status, speaker, version,
        last_seq, read_seq, created_at, last_message_at, last_message_preview, preview_message_id, last_message_from, waiting_since, asked_at, imported)
      select 'h' || h, format('con_%s_%s', h, g), format('gst_%s_%s', h, g), '${NUMBER}', 'reception', 'service', 'open', 'human', 1,
             ${String(MESSAGES_OF_A_GUEST)}, 0, ${then}, ${then}, '', format('msg_%s_%s_1', h, g), 'guest', ${then}, ${then}, false from ${grid};
    insert into belldesk.conversations (hotel_id, id, guest_id, phone_number_id, mode, status, speaker, version, last_seq, read_seq,
        created_at, last_message_at, last_message_preview, last_message_from, closed_at, imported)
      select 'h' || h, format('imp_%s_%s', h, g), format('gst_%s_%s', h, g), '${NUMBER}', 'service', 'closed', 'human', 1, 0, 0,
             ${then}, ${then}, '', 'guest', ${then}, true from ${grid} where g % 10 = 0;
    insert into belldesk.messages (hotel_id, id, conversation_id, seq, event_seq, direction, author_kind, author_id, content,
        search_text, status, wamid, attempt_id, is_flow, reasons, sent_at, created_at)
      select 'h' || h, format('msg_%s_%s_%s', h, g, m), format('con_%s_%s', h, g), m,
             (g * ${String(MESSAGES_OF_A_GUEST)} + m) * case when g % 10 = 0 and m in (4, 6) then -1 else 1 end,
             case m % 2 when 1 then 'inbound' else 'outbound' end, case m % 2 when 1 then 'guest' else 'staff' end, 'somebody',
             case when m = 1 and g % 10 = 0 then '{"type":"unknown"}' else '{"type":"text","text":"…"}' end, format('towels%s please', g), case m % 2 when 1 then 'received' else 'sent' end,
             format('wamid_%s_%s_%s', h, g, m), case m when 1 then format('old_%s_%s', h, g) end, false, '[]', ${then}, ${then}
        from ${messages};
    insert into belldesk.conversation_participants
      select 'h' || h, format('con_%s_%s', h, g), 'staff', 'staff_' || m, m, ${then} from ${messages};
    insert into belldesk.mentions
      select 'h' || h, 'staff_1', format('msg_%s_%s_2', h, g), format('con_%s_%s', h, g), ${then} from ${grid};
    insert into belldesk.events (hotel_id, seq, at, conversation_id, department_id, body)
      select 'h' || h, (g - 1) * ${String(MESSAGES_OF_A_GUEST)} + m, ${then}, format('con_%s_%s', h, g), 'reception',
             format('{"type":"message.received","messageId":"msg_%s_%s_%s"}', h, g, m)
        from ${messages};
    insert into belldesk.events (hotel_id, seq, at, conversation_id, department_id, body)
      select 'h' || h, ${String(GUESTS * MESSAGES_OF_A_GUEST)} + g, ${then}, null, null,
             format('{"type":"guest.changed","guestId":"gst_%s_%s","changed":"number"}', h, g) from ${grid};
    insert into belldesk.revocations
      select '', g, 'staff', format('staff_%s', g), now() - interval '1 hour' from generate_series(1, ${String(GUESTS)}) g;
    insert into belldesk.message_amendments
      select 'h' || h, format('wamid_%s_%s_%s', h, g, m), format('act_%s_%s_%s', h, g, m), format('gst_%s_%s', h, g), 'guest',
             '{"kind":"reacted","emoji":"…"}', ${then}, 'itm' from ${messages};
    insert into belldesk.parked_statuses
      select 'h' || h, format('wamid_of_others_%s_%s', h, g), 'read', null, null, ${then}, now() from ${grid};
    insert into belldesk.dedup_keys (hotel_id, hash, seen_at)
      select 'h' || h, decode(md5(h || '/' || g), 'hex'), ${then} from ${grid};
    insert into belldesk.webhook_attempts (hotel_id, id, kind, outcome, raw, received_at)
      select 'h' || h, format('old_%s_%s', h, g), case g % 3 when 0 then 'status' else 'message' end,
             case g % 3 when 1 then 'work' else 'kept' end, '{}', ${then} from ${grid};
    insert into belldesk.work (hotel_id, kind, phone_number_id, guest_id, position, id, code, created_at, dead_at)
      select 'h' || h, 'inbound', '${NUMBER}', format('gst_%s_%s', h, g), 1, format('ded_%s_%s', h, g), 'internal', ${then}, ${then}
        from ${grid} where g % 3 = 0;
    insert into belldesk.unknown_sends
      select 'h' || h, format('msg_%s_%s_2', h, g) from ${grid} where g % 3 = 0;
    insert into belldesk.prompts (hotel_id, id, guest_id, phone_number_id, conversation_id, message_id, kind, options, created_at)
      select 'h' || h, format('prm_%s_%s', h, g), format('gst_%s_%s', h, g), '${NUMBER}', format('con_%s_%s', h, g), 'msg',
             'departmentMenu', '[]', ${then} from ${grid};
    insert into belldesk.timings
      select 'h' || h, format('con_%s_%s', h, g), 1, k.kind, 'reception', 'staff_' || g % 5, ${then} - interval '5 minutes', ${then}, false
        from ${grid}, (values ('firstResponse'), ('resolution')) k(kind);
    insert into belldesk.consents
      select 'h' || h, format('cns_%s_%s_%s', h, g, m), format('gst_%s_%s', h, g), 'marketing', case m % 2 when 0 then 'stop' else 'resume' end,
             'keyword', format('wamid_%s_%s_%s', h, g, m), ${then}, ${then} from ${messages};
    insert into belldesk.audit_entries (hotel_id, id, actor_kind, actor_id, action, reason, target_kind, target_id, at)
      select 'h' || h, format('aud_%s_%s', h, g), 'staff', 'staff_1', 'conversation.close', '""', 'conversation',
             format('con_%s_%s', h, g), ${then} from ${grid};
  `);
}
