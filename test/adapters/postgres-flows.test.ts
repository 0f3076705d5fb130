import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ConversationManager, defineFlow, keyword, type ConversationSummary, type Transport } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { freshDatabase, type Database } from "../support/databases.js";

/** What could go wrong does within a few; RACES=1000 makes sure. */
const ROUNDS = Number(process.env["RACES"] ?? 20);
const LIMIT_MS = Math.max(600_000, ROUNDS * 2_000);
/** How many guests race side by side. */
const AT_ONCE = 10;
/** Long enough for the question to leave before it, on a machine that has much else to do. */
const REMIND_MS = 750;

const racing = (timeoutMs: number) =>
  defineFlow({ id: "racing", version: 1, triggers: [keyword("go")] })
    .ask("first", { text: "First?", remindMs: null, timeoutMs })
    .perform("room", ({ answers, idempotencyKey }) => {
      calls.push(idempotencyKey);
      return `room of ${answers.first}`;
    })
    .ask("second", { text: "Second?", remindMs: null, timeoutMs: 3_600_000 })
    .say("done", ({ answers }) => answers.room)
    .build();
const calls: string[] = [];

describe("who meets a flow in PostgreSQL", () => {
  let database: Database;
  const ends: (() => Promise<unknown>)[] = [];
  const phones = new Map<string, string[]>();
  let serial = 0;

  beforeEach(async () => {
    database = await freshDatabase();
    phones.clear();
    calls.length = 0;
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await database.drop();
  });

  const comesTrue = (look: () => boolean | Promise<boolean>) =>
    eventually("what the race leads to", async () => look());

  /** Two processes that work on the same hotel. */
  async function processes(timeoutMs: number) {
    const transport: Transport = {
      send({ to, content }) {
        const { text = "" } = content as { readonly text?: string };
        phones.set(to.value, [...(phones.get(to.value) ?? []), text]);
        return Promise.resolve({ outcome: "accepted", wamid: `wamid.h.${String(++serial)}` });
      },
    };
    const { pool } = database;
    const grand = hotels.slice(0, 1).map((hotel) => ({
      ...hotel,
      numbers: hotel.numbers.map((number) => ({ ...number, messagesPerSecond: null })),
    }));
    const begun = async (migrate: boolean) => {
      const desk = new ConversationManager({
        hotels: grand,
        storage: postgresStorage(pool),
        transport,
        flows: [racing(timeoutMs)],
        webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
        work: { pollMs: 10, retryBaseMs: 1, retryCapMs: 20 },
        outbound: { paceGuests: false },
      });
      await desk.start({ migrate });
      ends.unshift(() => desk.stop());
      return desk;
    };
    return [await begun(true), await begun(false)] as const;
  }

  /** A guest in front of the first question. */
  async function aGuest(desk: ConversationManager) {
    const phone = `1202555${String(1_000 + ++serial)}`;
    const says = async (text: string): Promise<void> => {
      const { status } = await desk.receive(delivery([{ from: phone, wamid: `wamid.g.${String(++serial)}`, text }]));
      expect(status).toBe(200);
    };
    await says("go");
    const shown = () => phones.get(`US.${phone}`) ?? phones.get(phone) ?? [];
    await comesTrue(() => shown().includes("First?"));
    return { phone, says, shown };
  }

  const talkOf = async (desk: ConversationManager, phone: string): Promise<ConversationSummary> => {
    const { items } = await desk.as(manager).conversations({ limit: 100 });
    const found = items.find(({ guest, mode }) => mode === "flow" && guest.name === `Guest ${phone.slice(-4)}`);
    if (found === undefined) throw new Error("no such conversation");
    return found;
  };

  /** Rounds, so many at once. */
  async function rounds(race: (round: number) => Promise<void>): Promise<void> {
    for (let round = 0; round < ROUNDS; round += AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, ROUNDS - round) }, (_, index) => race(round + index)));
    const { rows } = await database.pool.query<{ live: string; dead: string }>(
      `select (select count(*) from belldesk.flow_runs r join belldesk.conversations c on c.hotel_id = r.hotel_id and c.id = r.conversation_id
                where r.ended_at is null and c.status = 'closed') as live,
              (select count(*) from belldesk.work where dead_at is not null) as dead`,
    );
    expect(rows[0], "no run is under way in a closed conversation, and no work was given up").toEqual({
      live: "0",
      dead: "0",
    });
  }

  test(
    "a time-out and the guest's answer: one of the two wins, never both (F37)",
    async () => {
      const [one, other] = await processes(REMIND_MS);
      const won = { answer: 0, time: 0 };
      await rounds(async (round) => {
        const { phone, says } = await aGuest(one);
        const { id } = await talkOf(other, phone);
        await new Promise((resolve) => setTimeout(resolve, REMIND_MS - 60 + (round % 12) * 10));
        await says("Anna");
        await comesTrue(async () => {
          const run = await other.as(manager).flowRun(id);
          return run?.status === "handedOff" || (run?.status === "waiting" && run.step === "second");
        });
        // Whoever lost comes late, and changes nothing.
        await new Promise((resolve) => setTimeout(resolve, 150));
        const run = await one.as(manager).flowRun(id);
        const asked = (phones.get(`US.${phone}`) ?? phones.get(phone) ?? []).filter(
          (text) => text === "Second?",
        ).length;
        if (run?.status === "handedOff") {
          won.time += 1;
          expect(run).toMatchObject({ why: "timed_out", step: "first", answers: {} });
          expect(asked).toBe(0);
        } else {
          won.answer += 1;
          expect(run).toMatchObject({ step: "second", answers: { first: "Anna", room: "room of Anna" } });
          await comesTrue(
            () =>
              (phones.get(`US.${phone}`) ?? phones.get(phone) ?? []).filter((text) => text === "Second?").length === 1,
          );
        }
      });
      expect(won.answer + won.time).toBe(ROUNDS);
      expect(new Set(calls).size).toBe(won.answer);
    },
    LIMIT_MS,
  );

  test(
    "a takeover and a step: nothing of the flow is made after the takeover, and what the host answered is kept (F39)",
    async () => {
      const [one, other] = await processes(3_600_000);
      await rounds(async (round) => {
        const { phone, says } = await aGuest(one);
        const { id } = await talkOf(other, phone);
        const takes = async (): Promise<void> => {
          await new Promise((resolve) => setTimeout(resolve, round % 10));
          await other.as(manager).takeover(id);
        };
        await Promise.all([says("Anna"), takes()]);
        await comesTrue(async () =>
          (await one.as(manager).messages(id)).items.some(
            ({ content }) => "text" in content && content.text === "Anna",
          ),
        );
        await comesTrue(async () => {
          const run = await one.as(manager).flowRun(id);
          return run !== null && run.status !== "running";
        });
        const events = (await postgresEvents(database)).filter(({ conversation_id }) => conversation_id === id);
        const taken = events.findIndex(({ type }) => type === "conversation.takenOver");
        const made = events.slice(taken + 1).filter(({ is_flow }) => is_flow);
        expect(made, "no intent of the flow after the takeover").toEqual([]);
        const run = await one.as(manager).flowRun(id);
        const { first } = run?.answers ?? {};
        if (first !== undefined) expect(run?.answers).toMatchObject({ first: "Anna", room: "room of Anna" });
      });
    },
    LIMIT_MS,
  );

  test(
    "a close and the guest's answer: the run ends with its conversation, and the message is kept (F38)",
    async () => {
      const [one, other] = await processes(3_600_000);
      await rounds(async (round) => {
        const { phone, says } = await aGuest(one);
        const { id } = await talkOf(other, phone);
        const closes = async (): Promise<void> => {
          await new Promise((resolve) => setTimeout(resolve, round % 10));
          await other.as(manager).close(id);
        };
        await Promise.all([says("Anna"), closes()]);
        await comesTrue(async () => {
          const { items } = await one.as(manager).conversations({ limit: 100 });
          const own = items.filter(({ guest }) => guest.name === `Guest ${phone.slice(-4)}`);
          const all = await Promise.all(own.map(async (talk) => (await one.as(manager).messages(talk.id)).items));
          return (
            all
              .flat()
              .filter(
                ({ direction, content }) => direction === "inbound" && "text" in content && content.text === "Anna",
              ).length === 1
          );
        });
        await comesTrue(async () => (await one.as(manager).flowRun(id))?.status === "stopped");
      });
    },
    LIMIT_MS,
  );
});

/** The hotel's events in order, and which of them are messages of a flow. */
async function postgresEvents({ pool }: Database) {
  const { rows } = await pool.query<{ conversation_id: string | null; type: string; is_flow: boolean | null }>(
    `select e.conversation_id, e.body::json ->> 'type' as type, m.is_flow and m.direction = 'outbound' as is_flow from belldesk.events e
       left join belldesk.messages m on m.hotel_id = e.hotel_id and m.event_seq = e.seq
      where e.hotel_id = 'grand' order by e.seq`,
  );
  return rows;
}
