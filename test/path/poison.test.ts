import { afterEach, describe, expect, test } from "vitest";
import { contentText, ConversationManager, type HotelsPort, type Storage, type Transport } from "../../src/index.js";
import { staticHotels } from "../../src/config/hotel.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import { postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import { admin, APP_SECRET, delivery, eventually, hotels, VERIFY_TOKEN, type GuestText } from "../harness/hotel.js";
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
];

describe.each(subjects)("a poison item among a hundred, on %s (F17, F23, F24)", (_, open) => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  test("99 are processed, one stands visibly aside, and WhatsApp hears 200", async () => {
    const subject = await open();
    ends.push(() => subject.drop());
    let broken = true;
    const desk = new ConversationManager({
      hotels: brokenForIdleGuests(() => broken),
      storage: subject.storage,
      transport: nowhere,
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 20, retryBaseMs: 1, retryCapMs: 5 },
    });
    await desk.start({ migrate: true });
    ends.push(() => desk.stop());
    const staff = desk.as(admin);

    // Given a guest who talked to reception yesterday: the host's own code will throw when it is asked about them.
    const idle = "12025550999";
    await desk.receive(delivery([{ from: idle, wamid: "wamid.idle.1", text: "hello" }]));
    await eventually("the guest is known", async () => (await staff.conversations()).items.length === 1);
    await desk.receive(delivery([{ from: idle, wamid: "wamid.idle.2", text: "1" }]));
    await eventually(
      "the guest has a department",
      async () => (await staff.conversations({ department: "reception" })).items[0],
    );
    await subject.shift(25 * HOUR_MS);

    // When a hundred messages arrive in one delivery, some of them strange, one malformed, one that cannot be decided.
    const strange = Object.entries(STRANGE).map(([name, text], n) => aText(n, { wamid: `wamid.${name}`, text }));
    const malformed = aText(50, {
      wamid: "",
      text: "",
      instead: { type: "text", text: { body: ["not", "a", "text"] } },
    });
    const poison: GuestText = { from: idle, wamid: "wamid.poison", text: "still cold" };
    const plain = Array.from({ length: 93 }, (__, n) =>
      aText(100 + n, { wamid: `wamid.plain.${String(n)}`, text: `plain ${String(n)}` }),
    );
    const answer = await desk.receive(delivery([...strange, malformed, poison, ...plain]));

    // Then WhatsApp hears 200, and everybody else's message is in its conversation, byte for byte.
    expect(answer.status).toBe(200);
    await eventually("98 new conversations", async () => (await all(staff)).length === 99);
    const texts = await textsOf(staff);
    for (const text of Object.values(STRANGE)) expect(texts).toContain(text);
    for (let n = 0; n < 93; n++) expect(texts).toContain(`plain ${String(n)}`);
    expect(texts).not.toContain("still cold");

    // And the one that could not be decided stands visibly aside, after its attempts.
    const [dead] = await eventually("one is dead", async () => {
      const { items } = await staff.dead();
      return items.length === 1 && items;
    });
    expect(dead).toMatchObject({ hotelId: "grand", kind: "inbound", code: "decision_failed" });

    // And once the cause is mended, it is replayed and answered like any other.
    broken = false;
    await staff.replay(dead?.id ?? "", { reason: "fixed" });
    await eventually("the message came through", async () => (await textsOf(staff)).includes("still cold"));
    expect((await staff.dead()).items).toEqual([]);
  }, 60_000);
});

const aText = (n: number, text: Omit<GuestText, "from">): GuestText => ({
  from: `1202556${String(1000 + n)}`,
  ...text,
});

/** A host whose own hotel port throws about what is asked only for guests who come back after a day. */
function brokenForIdleGuests(broken: () => boolean): HotelsPort {
  const sound = staticHotels(hotels);
  return {
    byNumber: (id) => sound.byNumber(id),
    byId: async (id) => {
      const hotel = await sound.byId(id);
      return (
        hotel && {
          ...hotel,
          get onIdle() {
            if (broken()) throw new Error("the host's own mistake");
            return hotel.onIdle;
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

async function textsOf(staff: Staff): Promise<string[]> {
  const pages = await Promise.all((await all(staff)).map(({ id }) => staff.messages(id)));
  return pages.flatMap(({ items }) =>
    items.flatMap(({ content, direction }) => (direction === "inbound" ? [contentText(content) ?? ""] : [])),
  );
}
