import pg from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import { ConversationError, ConversationManager, type Conversation, type Storage } from "../../src/index.js";
import {
  aCommand,
  aConversation,
  anOutboundMessage,
  sendWork,
  type GuestOfHotel,
} from "../../src/testing/contract/builders.js";
import { aKnownGuest, claimedSend, conversationOf, messageOf, stored } from "../../src/testing/contract/steps.js";
import { APP_SECRET, hotels, manager, receptionist, VERIFY_TOKEN } from "../harness/hotel.js";
import { aHotel } from "../path/stories.js";
import { freshDatabase, type Database } from "../support/databases.js";

/** What could go wrong does within a few; RACES=1000 makes sure. */
const ROUNDS = Number(process.env["RACES"] ?? 20);
vi.setConfig({ testTimeout: Math.max(60_000, ROUNDS * 2_000) });
const FLOW = { flowId: "check-in", step: "welcome", result: "pending" } as const;

describe("staff who meet in PostgreSQL", () => {
  let database: Database;
  let storage: Storage;
  let guest: GuestOfHotel;
  const ends: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    database = await freshDatabase();
    storage = postgresStorage(database.pool);
    await storage.open({ migrate: true });
    guest = await aKnownGuest(storage);
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await database.drop();
  });

  /** A process of the desk that does no work. */
  async function aProcess() {
    const made = new ConversationManager({
      hotels,
      storage,
      transport: { send: () => Promise.reject(new Error("nobody sends")) },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    });
    await made.start({ work: false });
    ends.push(() => made.stop());
    return made;
  }

  const codeOf = (error: unknown) => (ConversationError.is(error) ? error.code : String(error));
  /** What became of those who acted at once: the code of an error, or nothing. */
  const met = async (...acts: readonly Promise<unknown>[]) =>
    (await Promise.allSettled(acts)).map((end) => (end.status === "rejected" ? codeOf(end.reason) : "done"));
  const told = async (type: string) =>
    (await storage.events({ hotelId: "grand", after: 0, limit: 100_000 })).filter(({ body }) => body.type === type)
      .length;
  /** A conversation of a department of its own, so that each round has one. */
  const aRound = (round: number, fields: Partial<Conversation> = {}) =>
    stored(storage, aConversation(`con_${String(round)}`, guest, { departmentId: "reception", ...fields }));

  test("two transfers of what both have before them: one is done, the other is told who was faster", async () => {
    const [one, other] = [await aProcess(), await aProcess()];
    for (let round = 0; round < ROUNDS; round++) {
      const { id, version } = await aRound(round, { departmentId: null });
      const outcomes = await met(
        one.as(manager).transfer(id, { departmentId: "reception", version }),
        other.as({ ...manager, id: "staff_2" }).transfer(id, { departmentId: "housekeeping", version }),
      );
      expect(outcomes.toSorted()).toEqual(["conversation_changed", "done"]);
      const { departmentId, version: after } = await conversationOf(storage, id);
      expect(after).toBe(version + 1);
      expect(departmentId).toBe(outcomes[0] === "done" ? "reception" : "housekeeping");
      await one.as(manager).close(id);
    }
    expect(await told("conversation.transferred")).toBe(ROUNDS);
  });

  test("two agents who take the same conversation: one has it, the other is told, with a version or without", async () => {
    const [one, other] = [await aProcess(), await aProcess()];
    for (let round = 0; round < ROUNDS; round++) {
      const { id, version } = await aRound(round);
      const seen = round % 2 === 0 ? { version } : {};
      const outcomes = await met(
        one.as(receptionist).assign(id, seen),
        other.as({ ...receptionist, id: "staff_2" }).assign(id, seen),
      );
      // Whoever decides after the other is told that it is taken, whatever they saw before.
      expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(1);
      expect(["conversation_taken", "conversation_changed"]).toContain(outcomes.find((outcome) => outcome !== "done"));
      const { assigneeId } = await conversationOf(storage, id);
      expect(assigneeId).toBe(outcomes[0] === "done" ? "staff_reception" : "staff_2");
      await one.as(manager).close(id);
    }
    expect(await told("conversation.assigned")).toBe(ROUNDS);
  });

  test("two who give it to others at once: without a version the later word stands, with one the later is told", async () => {
    const [one, other] = [await aProcess(), await aProcess()];
    for (let round = 0; round < ROUNDS; round++) {
      const { id, version } = await aRound(round);
      const seen = round % 2 === 0 ? { version } : {};
      const outcomes = await met(
        one.as(manager).assign(id, { assigneeId: "staff_a", ...seen }),
        other.as(manager).assign(id, { assigneeId: "staff_b", ...seen }),
      );
      expect(outcomes.toSorted()).toEqual(round % 2 === 0 ? ["conversation_changed", "done"] : ["done", "done"]);
      expect((await conversationOf(storage, id)).version).toBe(version + (round % 2 === 0 ? 1 : 2));
      await one.as(manager).close(id);
    }
  });

  test("a close, a guest's message and a reply at once: one order of the three, whichever, and nothing lost (F38)", async () => {
    const working = await aHotel(storage);
    ends.push(() => working.stop());
    const [one, other] = [await aProcess(), await aProcess()];
    for (let round = 0; round < ROUNDS; round++) {
      const person = { phone: `1202555${String(1000 + round)}` };
      await working.shows(await working.writes(person, "hello"));
      const { conversation } = await working.shows(await working.writes(person, "Reception"));
      const { id } = conversation;
      const content = { type: "text", text: "Good evening" } as const;
      const [wamid, closed, replied] = await Promise.all([
        working.writes(person, "One more thing"),
        one.as(manager).close(id),
        other
          .as(receptionist)
          .reply(id, { clientMessageId: `r${String(round)}`, content })
          .then(({ id: messageId }) => messageId, codeOf),
      ]);
      expect(closed.status).toBe("closed");
      const shown = await working.shows(wamid);
      const inIt = (await working.staff().messages(id, { limit: 100 })).items;
      // Before the close it came to this conversation; after it the guest began another matter.
      const isElsewhere = shown.conversation.id !== id;
      expect(shown.conversation.status).toBe(isElsewhere ? "open" : "closed");
      expect(inIt.some((message) => message.wamid === wamid)).toBe(!isElsewhere);
      if (replied !== "conversation_closed") expect(inIt.map((message) => message.id)).toContain(replied);
      expect(inIt.map(({ seq }) => seq).toReversed()).toEqual(inIt.map((_, index) => index + 1));
    }
    const all = await storage.events({ hotelId: "grand", after: 0, limit: 100_000 });
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(await told("conversation.closed")).toBe(ROUNDS);
  });

  describe("a takeover and a flow's message that is about to leave (F39)", () => {
    /** The message in the hands of whoever sends it. */
    async function aboutToLeave(round = 0) {
      const conversation = aConversation(`con_${String(round)}`, guest, { speaker: "bot", lastSeq: 1 });
      const message = anOutboundMessage(`msg_${String(round)}`, conversation, 1, {
        author: { kind: "bot", id: "check-in" },
        flow: FLOW,
      });
      const now = await stored(storage, conversation, [message], { work: [sendWork(message, guest)] });
      return { conversation: now, message, ...(await claimedSend(storage)) };
    }
    async function inTransaction() {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      ends.push(() => client.end());
      await client.query("begin");
      return { storage: postgresStorage(client), commit: () => client.query("commit") };
    }
    async function somebodyWaits(): Promise<void> {
      for (;;) {
        const { rows } = await database.pool.query(
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        if (rows.length > 0) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    const takeover = (on: Storage, conversation: Conversation) =>
      on.commit("grand", [aCommand({ conversations: [{ ...conversation, speaker: "human" }] })]);

    test("the takeover first: the message waits for it and is not intended", async () => {
      const { conversation, message, lane } = await aboutToLeave();
      const taking = await inTransaction();
      expect((await takeover(taking.storage, conversation)).outcome).toBe("committed");
      const intending = storage.intend([{ lane, messageId: message.id, as: "windowless" }]);
      await somebodyWaits();
      await taking.commit();
      expect(await intending).toEqual(["personSpeaks"]);
      expect((await messageOf(storage, message.id)).status).toBe("queued");
    });

    test("the intent first: the takeover waits for it, and nothing is intended after the takeover", async () => {
      const { conversation, message, lane } = await aboutToLeave();
      const sending = await inTransaction();
      expect(await sending.storage.intend([{ lane, messageId: message.id, as: "windowless" }])).toEqual(["go"]);
      const taking = takeover(storage, conversation);
      await somebodyWaits();
      await sending.commit();
      expect((await taking).outcome).toBe("committed");
      expect((await messageOf(storage, message.id)).status).toBe("sending");
    });

    test("at once, again and again: one of the two came first, and neither waits for ever for the other's locks", async () => {
      const desk = await aProcess();
      for (let round = 0; round < ROUNDS; round++) {
        const { conversation, message, lane, workId } = await aboutToLeave(round);
        const [outcomes, after] = await Promise.all([
          storage.intend([{ lane, messageId: message.id, as: "windowless" }]),
          desk.as(manager).takeover(conversation.id),
        ]);
        expect(after.speaker).toBe("human");
        const { status } = await messageOf(storage, message.id);
        expect([outcomes[0], status]).toEqual(status === "sending" ? ["go", status] : ["personSpeaks", "queued"]);
        await storage.fail([{ lane, workId, code: "over", retryInMs: null }]);
        await desk.as(manager).close(conversation.id);
      }
    });
  });
});
