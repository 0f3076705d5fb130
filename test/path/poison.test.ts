import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { deskRouter, webhookRouter } from "../../adapters/express/index.js";
import { contentText, ConversationManager, type HotelsPort, type Storage, type Transport } from "../../src/index.js";
import { staticHotels } from "../../src/config/hotel.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import { embeddedStorage, postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import { admin, APP_SECRET, eventually, hotels, post, VERIFY_TOKEN, type GuestText } from "../harness/hotel.js";
import { freshDatabase } from "../support/databases.js";

const HOUR_MS = 3_600_000;
const nowhere: Transport = {
  send: () => Promise.resolve({ outcome: "unknown", failure: { code: "no_answer", message: "Nobody answers here." } }),
};

/** NUL, a lone surrogate, both halves in the wrong order, what looks like markup, bidi: none of it is ours to change. */
const STRANGE = {
  nul: "before\u0000after",
  surrogate: "half \ud83d of an emoji",
  reversed: "\udc00\ud800",
  markup: "Room <101> or 102? a<b && c>d <script>alert(1)</script> &amp; {{1}} ${x} %s $&",
  bidi: "\u202egpj.exe\u2066 \u200b\ufeff\ufffe",
} as const;

interface Subject {
  readonly storage: Storage;
  readonly shift: (ms: number) => Promise<void>;
  readonly drop: () => Promise<void>;
}

const subjects: readonly [string, () => Promise<Subject>][] = [
  [
    "memory",
    () => {
      let shifted = 0;
      const storage = memoryStorage({ clock: { now: () => new Date(Date.now() + shifted) } });
      return Promise.resolve({
        storage,
        shift: (ms) => {
          shifted += ms;
          return Promise.resolve();
        },
        drop: () => Promise.resolve(),
      });
    },
  ],
  [
    "PostgreSQL",
    async () => {
      const { pool, drop } = await freshDatabase();
      return { storage: postgresStorage(pool), shift: (ms) => shiftClock(pool, ms), drop };
    },
  ],
  [
    "PGlite",
    async () => {
      const dataDir = await mkdtemp(path.join(os.tmpdir(), "belldesk-poison-"));
      const storage = embeddedStorage({ dataDir });
      return {
        storage,
        shift: (ms) => storage.shiftClock(ms),
        drop: () => rm(dataDir, { recursive: true, force: true }),
      };
    },
  ],
];

/** How often a piece of work is tried: the default of `work.attempts`. */
const TRIES = 5;
const IDLE = "12025550999";

/** How the host's own code fares: how often it threw, and from when on it does not. */
interface Broken {
  throws: number;
  readonly mended: boolean;
  readonly heals?: number;
}

describe.each(subjects)("a poison item among a hundred, on %s (F17, F23, F24)", (_, open) => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** The desk behind Express, as a host mounts it. @returns where it listens */
  async function served(desk: ConversationManager): Promise<string> {
    const app = express();
    app.use("/webhooks/whatsapp", webhookRouter(desk));
    app.use("/api", deskRouter(desk, { authenticate: () => admin }));
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  /** A hotel with a guest who talked to reception yesterday: the host's own code throws when it is asked about them. */
  async function hotel(host: Broken) {
    const subject = await open();
    ends.push(() => subject.drop());
    const desk = new ConversationManager({
      hotels: brokenForIdleGuests(host),
      storage: subject.storage,
      transport: nowhere,
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 20, retryBaseMs: 1, retryCapMs: 5 },
    });
    await desk.start({ migrate: true });
    ends.push(() => desk.stop());
    const base = await served(desk);
    const staff = desk.as(admin);
    expect(await post(base, [{ from: IDLE, wamid: "wamid.idle.1", text: "hello" }])).toBe(200);
    await eventually("the guest is known", async () => (await staff.conversations()).items.length === 1);
    expect(await post(base, [{ from: IDLE, wamid: "wamid.idle.2", text: "1" }])).toBe(200);
    await eventually(
      "the guest has a department",
      async () => (await staff.conversations({ department: "reception" })).items[0],
    );
    await subject.shift(25 * HOUR_MS);
    return { base, staff };
  }

  test("99 are processed, one stands visibly aside, and WhatsApp hears 200", async () => {
    const host = { throws: 0, mended: false };
    const { base, staff } = await hotel(host);

    // When a hundred messages arrive in one delivery, some of them strange, one malformed, one that cannot be decided.
    const strange = Object.entries(STRANGE).map(([name, text], n) => aText(n, { wamid: `wamid.${name}`, text }));
    const malformed = aText(50, {
      wamid: "",
      text: "",
      instead: { type: "text", text: { body: ["not", "a", "text"] } },
    });
    const poison: GuestText = { from: IDLE, wamid: "wamid.poison", text: "still cold" };
    const plain = Array.from({ length: 93 }, (__, n) =>
      aText(100 + n, { wamid: `wamid.plain.${String(n)}`, text: `plain ${String(n)}` }),
    );
    const answer = await post(base, [...strange, malformed, poison, ...plain]);

    // Then WhatsApp hears 200, and everybody else's message is in its conversation, byte for byte.
    expect(answer).toBe(200);
    await eventually("98 new conversations", async () => (await all(staff)).length === 99, 60_000);
    const texts = await textsOf(staff);
    for (const text of Object.values(STRANGE)) expect(texts).toContain(text);
    for (let n = 0; n < 93; n++) expect(texts).toContain(`plain ${String(n)}`);
    expect(texts).not.toContain("still cold");

    // What no database can hold as a text is shown as JSON escapes it.
    const shown = await shownOf(base, staff);
    for (const escaped of ["before\\u0000after", "half \\ud83d of an emoji", "\\udc00\\ud800"])
      expect(shown).toContain(escaped);

    // And the malformed one is kept as it came.
    expect((await staff.kept()).items).toHaveLength(1);

    // And the one that could not be decided stands visibly aside, after so many tries and no more, and is told of once.
    const [dead] = await eventually("one is dead", async () => {
      const { items } = await staff.dead();
      return items.length === 1 && items;
    });
    expect(dead).toMatchObject({ hotelId: "grand", kind: "inbound", code: "decision_failed", attempts: TRIES });
    expect(host.throws).toBe(TRIES);
    const told = (await staff.operatorEvents()).items.filter(({ body }) => body.type === "work.dead");
    expect(told.map(({ hotelId, body }) => ({ hotelId, body }))).toEqual([
      { hotelId: "grand", body: { type: "work.dead", workId: dead?.id, code: "decision_failed" } },
    ]);

    // And the guest is not lost with it: once the cause is mended, what they write next is heard while the other stands aside.
    host.mended = true;
    expect(await post(base, [{ from: IDLE, wamid: "wamid.idle.3", text: "is anybody there?" }])).toBe(200);
    await eventually("the guest is heard", async () => (await textsOf(staff)).includes("is anybody there?"));
    expect((await staff.dead()).items.map(({ id }) => id)).toEqual([dead?.id]);
    expect(await textsOf(staff)).not.toContain("still cold");

    // And it is replayed, and answered like any other.
    await staff.replay(dead?.id ?? "", { reason: "fixed" });
    await eventually("the message came through", async () => (await textsOf(staff)).includes("still cold"));
    expect((await staff.dead()).items).toEqual([]);
    expect(host.throws).toBe(TRIES);
  }, 120_000);

  test("a guest whose message is given up is answered at once about the next, which stood behind it (F23)", async () => {
    const { base, staff } = await hotel({ throws: 0, mended: false, heals: TRIES });
    const [poison, behind] = ["still cold", "and it drips"].map((text) => ({
      from: IDLE,
      wamid: `wamid.${text}`,
      text,
    }));
    expect(await post(base, [poison!, behind!])).toBe(200);
    await eventually("the next is heard", async () => (await textsOf(staff)).includes("and it drips"));
    expect(await textsOf(staff)).not.toContain("still cold");
    expect((await staff.dead()).items).toMatchObject([{ code: "decision_failed", attempts: TRIES }]);
  }, 120_000);
});

const aText = (n: number, text: Omit<GuestText, "from">): GuestText => ({
  from: `1202556${String(1000 + n)}`,
  ...text,
});

/** A host whose own hotel port throws about what is asked only for guests who come back after a day, until it is mended or has thrown so often. */
function brokenForIdleGuests(host: Broken): HotelsPort {
  const sound = staticHotels(hotels);
  return {
    byNumber: (id) => sound.byNumber(id),
    byId: async (id) => {
      const hotel = await sound.byId(id);
      return (
        hotel && {
          ...hotel,
          get onIdle() {
            if (host.mended || host.throws === host.heals) return hotel.onIdle;
            host.throws += 1;
            throw new Error("the host's own mistake");
          },
        }
      );
    },
  };
}

type Staff = ReturnType<ConversationManager["as"]>;

async function all(staff: Staff) {
  const found = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Staff["conversations"]>> = await staff.conversations(
      cursor === null ? { limit: 30 } : { limit: 30, cursor },
    );
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

/** All messages as the host's pages get them, as they stand in the JSON. */
async function shownOf(base: string, staff: Staff): Promise<string> {
  const bodies = (await all(staff)).map(async ({ id }) =>
    (await fetch(`${base}/api/conversations/${encodeURIComponent(id)}/messages`)).text(),
  );
  return (await Promise.all(bodies)).join("\n");
}

async function textsOf(staff: Staff): Promise<string[]> {
  const pages = await Promise.all((await all(staff)).map(({ id }) => staff.messages(id)));
  return pages.flatMap(({ items }) =>
    items.flatMap(({ content, direction }) => (direction === "inbound" ? [contentText(content) ?? ""] : [])),
  );
}
