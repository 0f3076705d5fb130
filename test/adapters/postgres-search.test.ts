import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresStorage } from "../../adapters/postgres/index.js";
import type { Amendment, Storage } from "../../src/index.js";
import {
  aCommand,
  aConversation,
  anAmendment,
  anEcho,
  anInboundMessage,
  aReport,
  HOTEL,
  messageEvent,
  minutesAfterNoon,
  NUMBER,
} from "../../src/testing/contract/builders.js";
import { freshDatabase, postgresServers, type Database } from "../support/databases.js";

const GUEST = { id: "gst_1", hotelId: HOTEL, phoneNumberId: NUMBER };
const CONVERSATION = aConversation("con_1", GUEST, { lastSeq: 9 });

const edited = (id: string, text: string, minutes: number, fields: Partial<Amendment> = {}) =>
  anAmendment(id, "wamid.msg_1", GUEST, {
    act: { kind: "edited", content: { type: "text", text } },
    at: minutesAfterNoon(minutes),
    ...fields,
  });
const revoked = (id: string, fields: Partial<Amendment> = {}) =>
  anAmendment(id, "wamid.msg_1", GUEST, { act: { kind: "revoked" }, at: minutesAfterNoon(9), ...fields });

describe.each(postgresServers())("the words by which a message is found on $name", ({ url }) => {
  let database: Database;
  let db: pg.Pool;
  let storage: Storage;
  beforeEach(async () => {
    database = await freshDatabase(url);
    db = database.pool;
    storage = postgresStorage(db);
    await storage.open({ migrate: true });
  });
  afterEach(() => database.drop());

  const inbound = anInboundMessage("msg_1", CONVERSATION, 1, { content: { type: "text", text: "Late\u0000 dinner" } });
  const said = (message = inbound, amendments: readonly Amendment[] = []) =>
    aCommand({ messages: [message], events: [messageEvent(message, CONVERSATION)], amendments });
  const amending = (...amendments: readonly Amendment[]) => aCommand({ amendments });

  async function commit(...changes: readonly ReturnType<typeof aCommand>[]): Promise<void> {
    expect(await storage.commit(HOTEL, changes)).toMatchObject({ outcome: "committed" });
  }
  async function wordsOf(id = "msg_1"): Promise<unknown> {
    const { rows } = await db.query<{ search_text: string }>(
      "select search_text from belldesk.messages where hotel_id = $1 and id = $2",
      [HOTEL, id],
    );
    return rows[0]?.search_text;
  }

  test("are those of its last edit, in whatever order edits come, and without what PostgreSQL cannot hold", async () => {
    await commit(said());
    const first = await wordsOf();
    expect(first).toContain("dinner");
    await commit(amending(edited("wamid.b", "Early\u0000 lunch", 2)));
    expect(await wordsOf()).toBe(String(first).replace("late", "early").replace("dinner", "lunch"));
    await commit(amending(edited("wamid.a", "Brunch", 1)));
    expect(await wordsOf()).toContain("lunch");
    await commit(amending(edited("wamid.d", "Tea", 4), edited("wamid.c", "Coffee", 3)));
    expect(await wordsOf()).toBe("tea");
    await commit(amending(edited("wamid.d", "Something else", 4)));
    expect(await wordsOf()).toBe("tea");
  });

  test("are none once it was deleted, and none come back", async () => {
    await commit(said());
    await commit(amending(revoked("wamid.r")));
    expect(await wordsOf()).toBe("");
    await commit(amending(edited("wamid.e", "Breakfast", 20)));
    expect(await wordsOf()).toBe("");
  });

  test("are none when it was deleted before it came, or in the same moment", async () => {
    await commit(amending(revoked("wamid.r")));
    await commit(said());
    expect(await wordsOf()).toBe("");
    const other = anInboundMessage("msg_2", CONVERSATION, 2);
    await commit(said(other), amending(edited("wamid.e", "Breakfast", 1, { wamid: "wamid.msg_2" })));
    expect(await wordsOf("msg_2")).toBe("breakfast");
    const third = anInboundMessage("msg_3", CONVERSATION, 3);
    await commit(said(third, [revoked("wamid.s", { wamid: "wamid.msg_3" })]));
    expect(await wordsOf("msg_3")).toBe("");
  });

  test("stand in an index that no delivery report and no reading writes, and that an edit does", async () => {
    const echo = anEcho("msg_2", CONVERSATION, 2);
    await commit(said(), said(echo));
    const written = async () =>
      (await db.query("select message_id, xmin, ctid from belldesk.message_words order by message_id")).rows;
    const before = await written();
    expect(before).toHaveLength(2);
    const reports = (["delivered", "read"] as const).map((status) => aReport(status, "wamid.msg_2"));
    for (const report of reports)
      expect(await storage.applyStatuses([report])).toMatchObject({ outcomes: ["applied"] });
    expect(await written()).toEqual(before);
    await commit(amending(edited("wamid.a", "Tea", 1)));
    expect((await written())[0]).not.toEqual(before[0]);
    expect((await written())[1]).toEqual(before[1]);
    await commit(amending(revoked("wamid.r")));
    expect(await written()).toEqual([before[1]]);
  });

  test("are changed by whoever sent it, and by no reaction", async () => {
    const echo = anEcho("msg_2", CONVERSATION, 2);
    await commit(said(), said(echo));
    const byOthers = [revoked("wamid.r", { by: "device" }), revoked("wamid.s", { wamid: "wamid.msg_2" })];
    const reaction = edited("wamid.x", "", 3, { act: { kind: "reacted", emoji: "🥐" } });
    await commit(amending(...byOthers, reaction));
    expect(await wordsOf()).toContain("dinner");
    expect(await wordsOf("msg_2")).toBe("message msg 2");
    await commit(amending(revoked("wamid.t", { wamid: "wamid.msg_2", by: "device" })));
    expect(await wordsOf("msg_2")).toBe("");
    const late = anInboundMessage("msg_3", CONVERSATION, 3);
    await commit(amending(revoked("wamid.u", { wamid: "wamid.msg_3", by: "device" })));
    await commit(said(late));
    expect(await wordsOf("msg_3")).toBe("message msg 3");
  });
});
