import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import type { ClaimedLane, NewWork, SettledResult, Settlement, Storage } from "../../src/index.js";
import {
  aCommand,
  aConversation,
  anOutboundMessage,
  HOTEL,
  NOON,
  NUMBER,
  sendWork,
} from "../../src/testing/contract/builders.js";
import {
  claim,
  claimOne,
  commit,
  completing,
  FAILURE,
  from,
  guestWrites,
  stored,
} from "../../src/testing/contract/steps.js";
import { aReport } from "../../src/testing/index.js";
import { emptyDatabase, type Database } from "../support/databases.js";

// What went as it should is settled together with all of its kind, and anything else one by one. Two desks live through the same
// days, to the millisecond; in one of them everything is settled one by one. Nothing tells them apart.

const GUESTS = 5;
const MESSAGES = 3;
/** Rounds that are over when everybody's code is sent, before whatever waits. */
const CODES_AFTER = 2;
const TABLES = ["messages", "lanes", "work", "numbers", "parked_statuses", "events", "consents", "wamids"];

/** What becomes of one message that is in hand. */
interface Fate {
  readonly isIntended: boolean;
  readonly result: "sent" | "failed" | "unknown" | "retry";
  readonly isPaced: boolean;
  /** WhatsApp gives it an id that another message has as well. */
  readonly sharesId: boolean;
  /** A report was faster than our own record. */
  readonly report: "none" | "sent" | "delivered" | "failed" | "byOurId";
  readonly pause: Settlement["pause"];
  /** It is settled in the next round, when somebody else may have the lane. */
  readonly isLate: boolean;
}
interface Round {
  readonly fates: readonly Fate[];
  readonly passesMs: number;
  readonly isBackwards: boolean;
}

const often = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const fates: fc.Arbitrary<Fate> = fc.record({
  isIntended: often(true, false),
  result: often<Fate["result"]>("sent", "failed", "unknown", "retry"),
  isPaced: fc.boolean(),
  sharesId: often(false, true),
  report: often<Fate["report"]>("none", "sent", "delivered", "failed", "byOurId"),
  pause: often<Settlement["pause"]>(
    null,
    { of: "number", ms: 2_000, probing: true, code: "graph_190" },
    { of: "hotel", ms: 2_000, probing: false, code: "graph_130429" },
  ),
  isLate: often(false, true),
});
const stories: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.record({
    fates: fc.array(fates, { minLength: GUESTS, maxLength: GUESTS }),
    passesMs: fc.constantFrom(1, 3_000, 20_000, 61_000),
    isBackwards: fc.boolean(),
  }),
  { minLength: 3, maxLength: 6 },
);

const resultOf = ({ result }: Fate, wamid: string): SettledResult =>
  ({
    sent: { kind: "sent", wamid } as const,
    failed: { kind: "failed", failure: FAILURE } as const,
    unknown: { kind: "unknown", failure: FAILURE, holdMs: 15_000 } as const,
    retry: { kind: "retry", failure: FAILURE, delayMs: 1_000, askedMs: 0 } as const,
  })[result];

let database: Database;
beforeAll(async () => {
  database = await emptyDatabase();
});
afterAll(() => database.drop());

interface Desk {
  readonly schema: string;
  readonly storage: Storage;
  /** Of the doors, one for each guest. */
  readonly codes: readonly NewWork[];
}

/** A desk whose clock stands. */
async function open(schema: string): Promise<Pick<Desk, "schema" | "storage">> {
  const storage = postgresStorage(database.pool, { schema });
  await storage.open({ migrate: true });
  await database.pool.query(
    `create table ${schema}.clock (at timestamptz);
     create or replace function ${schema}.desk_now() returns timestamptz language sql stable as 'select at from ${schema}.clock'`,
  );
  return { schema, storage };
}

/** Nothing has happened yet but this: guests have been answered, and are about to be sent the code of their door. */
async function morning({ schema, storage }: Pick<Desk, "schema" | "storage">): Promise<Desk> {
  const { rows } = await database.pool.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = $1 and tablename not in ('settings', 'migrations')",
    [schema],
  );
  await database.pool.query(
    // What guards the audit stands aside for it.
    `begin; set local session_replication_role = replica; truncate ${rows.map(({ name }) => `${schema}.${name}`).join(", ")}; commit;
     insert into ${schema}.clock values ('2026-03-01 12:00Z')`,
  );
  const codes: NewWork[] = [];
  for (let n = 1; n <= GUESTS; n++) {
    // Each at a number of their own: who of several tries for a number that paused is chance.
    const phoneNumberId = `${NUMBER}${String(n)}`;
    await guestWrites(storage, `first_${String(n)}`, from(`1202555010${String(n)}`, phoneNumberId));
    await storage.setPaces([{ hotelId: HOTEL, phoneNumberId, perSecond: null }]);
    const lane = await claimOne(storage);
    await commit(storage, completing(lane));
    const guest = { id: lane.guestId, hotelId: HOTEL, phoneNumberId };
    const conversation = aConversation(`con_${String(n)}`, guest, { lastSeq: MESSAGES });
    const messages = Array.from({ length: MESSAGES }, (_, index) =>
      anOutboundMessage(`msg_${String(n)}_${String(index + 1)}`, conversation, index + 1),
    );
    const work = messages.slice(0, -1).map((message) => sendWork(message, guest));
    await stored(storage, conversation, messages, { work });
    codes.push({ ...sendWork(messages.at(-1)!, guest), urgent: true });
  }
  return { schema, storage, codes };
}

async function live({ schema, storage, codes }: Desk, story: readonly Round[]): Promise<void> {
  let late: readonly Settlement[] = [];
  for (const [nth, { fates: fatesOf, passesMs, isBackwards }] of story.entries()) {
    if (nth === CODES_AFTER) await commit(storage, aCommand({ work: codes }));
    const { lanes } = await claim(storage, { kind: "outbound", itemsPerLane: 1 });
    const inHand = lanes.flatMap((lane, index) => {
      const [item] = lane.items;
      return item === undefined ? [] : [{ lane, item, messageId: item.id.replace("snd_", ""), fate: fatesOf[index]! }];
    });
    await storage.intend(
      inHand
        .filter(({ fate }) => fate.isIntended)
        .map(({ lane, messageId }) => ({ lane, messageId, as: "windowless" })),
    );
    const wamidOf = (messageId: string, fate: Fate) =>
      fate.sharesId ? "wamid.shared" : `wamid.${messageId}.${String(nth)}`;
    for (const { messageId, fate } of inHand) {
      if (fate.report === "none") continue;
      const [status, ours] =
        fate.report === "byOurId" ? (["sent", messageId] as const) : ([fate.report, null] as const);
      await storage.applyStatuses([aReport(status, wamidOf(messageId, fate), { correlationId: ours })]);
    }
    const settled = inHand.map(({ lane, item, messageId, fate }) => ({
      isLate: fate.isLate,
      settlement: settlementOf(lane, item.id, messageId, resultOf(fate, wamidOf(messageId, fate)), fate),
    }));
    const now = [...late, ...settled.filter(({ isLate }) => !isLate).map(({ settlement }) => settlement)];
    late = settled.filter(({ isLate }) => isLate).map(({ settlement }) => settlement);
    await storage.settle(isBackwards ? now.reverse() : now);
    await database.pool.query(`update ${schema}.clock set at = at + $1 * interval '1 ms'`, [passesMs]);
  }
}

const settlementOf = (
  lane: ClaimedLane,
  workId: string,
  messageId: string,
  result: SettledResult,
  { isPaced, pause }: Fate,
): Settlement => ({
  lane,
  workId,
  messageId,
  result,
  reason: { code: "send_accepted", at: NOON },
  paced: isPaced,
  pause,
});

/** Everything that stands there, each table's rows in order; events by what they say, those of one instant in no order. */
async function everythingIn(schema: string): Promise<Record<string, readonly string[]>> {
  const all: Record<string, readonly string[]> = {};
  for (const table of TABLES) {
    const { rows } = await database.pool.query<{ row: string }>(
      table === "events"
        ? `select (to_jsonb(t) - 'seq')::text as row from ${schema}.events t order by t.at, 1`
        : `select to_jsonb(t)::text as row from ${schema}.${table} t order by 1`,
    );
    all[table] = rows.map(({ row }) => row);
  }
  return all;
}

test("what is settled together ends as if it were settled one by one, whatever happens between", async () => {
  const fast = await open("together");
  const slow = await open("one_by_one");
  await database.pool.query(
    `create or replace function one_by_one.settle_sent_1(hotel text, settlements text, clock timestamptz,
       out ords integer[], out bodies text[], out conversations text[], out more boolean) language sql as
       $$ select '{}'::int[], '{}'::text[], '{}'::text[], true $$`,
  );
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      await live(await morning(fast), story);
      await live(await morning(slow), story);
      const together = await everythingIn("together");
      expect(together).toEqual(await everythingIn("one_by_one"));
      sent += together["messages"]!.filter((row) => row.includes('"status": "sent"')).length;
    }),
    { numRuns: 40 },
  );
  expect(sent).toBeGreaterThan(40);
}, 120_000);
