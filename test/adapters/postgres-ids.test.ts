import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import type { Storage } from "../../src/index.js";
import { anItem } from "../../src/testing/index.js";
import { freshDatabase, type Database } from "../support/databases.js";

/** Anybody may put these into an address of the API, and a guest's phone into an answer. */
const IMPOSSIBLE = [
  ["NUL", "con\u0000"],
  ["half a character", "con\ud800"],
  ["halves in the wrong order", "\udc00\ud800"],
  ["a very long text", "x".repeat(100_000)],
] as const;

describe.each(IMPOSSIBLE)("an id with %s, which PostgreSQL cannot hold, is one that does not exist", (_, id) => {
  let database: Database;
  let storage: Storage;
  beforeAll(async () => {
    database = await freshDatabase();
    storage = postgresStorage(database.pool);
    await storage.open({ migrate: true });
    await storage.remember([anItem("itm_1", new Date(), { chat: { newGuestId: "gst_1" } })], {
      dedupRetentionMs: 86_400_000,
    });
  });
  afterAll(() => database.drop());

  const everywhere = "everything" as const;

  test("when staff ask for it", async () => {
    const client = { authorId: id, clientMessageId: id };
    const template = { name: id, language: id };
    const key = { reach: everywhere, conversationId: id, client, template };
    expect((await storage.loadConversation(key)).state).toBeNull();
    const templates = { reach: everywhere, hotelId: id, after: template, limit: 1 };
    expect(await storage.templates(templates)).toEqual({ items: [], next: null });
    expect(await storage.messages({ reach: everywhere, conversationId: id, before: null, limit: 1 })).toBeNull();
    expect(await storage.message({ reach: everywhere, messageId: id })).toBeNull();
    expect(await storage.audit({ hotelId: id, targetId: id })).toEqual([]);
    expect(await storage.events({ hotelId: id, after: 0, limit: 1 })).toEqual([]);
    expect((await storage.loadGuests({ reach: everywhere, guestIds: [id] })).guests).toEqual([null]);
    const addresses = [{ kind: "waId", value: id }] as const;
    expect(await storage.findGuests({ reach: everywhere, hotelId: "grand", addresses })).toEqual([]);
    // Where a page begins, it stands for its place among those that exist.
    expect(await storage.rawItems({ after: id, limit: 1 })).toEqual([]);
    const audit = {
      id: "aud_1",
      actor: { kind: "operator", id: "op" },
      action: "dead.replay",
      reason: "fixed",
      target: { kind: "work", id: "itm_1" },
    } as const;
    expect(await storage.replay({ reach: everywhere, workId: id, audit })).toBe(false);
  });

  test("when it is somebody's hotel or department, or where a page begins", async () => {
    const at = new Date();
    for (const reach of [everywhere, { hotels: new Map([[id, [id]]]) }, { hotels: new Map([[id, "all"] as const]) }]) {
      const query = { reach, hotelId: id, departmentId: id, status: null, after: { at, id }, limit: 1 };
      expect((await storage.conversations(query)).items).toEqual([]);
      expect((await storage.dead({ reach, before: { at, id }, limit: 1 })).items).toEqual([]);
      expect((await storage.kept({ reach, before: { at, id }, limit: 1 })).items).toEqual([]);
      expect((await storage.operatorEvents({ reach, before: { at, id }, limit: 1 })).items).toEqual([]);
      expect(await storage.findGuests({ reach, hotelId: id, addresses: [] })).toEqual([]);
    }
  });

  test("when a guest quotes it or answers with it: nobody else's message waits for that", async () => {
    const key = {
      hotelId: "grand",
      phoneNumberId: "200000000000001",
      guestId: "gst_1",
      wamids: [id],
      promptIds: [id],
      addresses: [{ kind: "bsuid" as const, value: id }],
    };
    const { states } = await storage.loadChats([key, { ...key, wamids: [], promptIds: [], addresses: [] }]);
    expect(states).toHaveLength(2);
    expect(states[0]).toEqual(states[1]);
    expect((await storage.loadSends("grand", [id])).sends).toEqual([null]);
  });
});
