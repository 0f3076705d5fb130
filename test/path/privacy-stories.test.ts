import { afterEach, describe, expect, test } from "vitest";
import { deskHandler, type ExportRecord, type Storage } from "../../src/index.js";
import { admin, eventually, manager, receptionist } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel } from "./stories.js";

/** 1,000 by `GUESTS=1000`. */
const GUESTS = Number(process.env["GUESTS"] ?? 30);
const DAY_MS = 86_400_000;

const codeOf = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "done",
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

async function all(records: AsyncIterable<ExportRecord>): Promise<readonly ExportRecord[]> {
  const told: ExportRecord[] = [];
  for await (const record of records) told.push(record);
  return told;
}

describe.each(STORAGES)("what is kept of guests on %s", (_, open) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function begins(): Promise<{
    readonly hotel: Hotel;
    readonly storage: Storage;
    readonly pass: (ms: number) => Promise<void>;
  }> {
    const { storage, pass, end } = await open();
    ends.push(end);
    const hotel = await aHotel(storage);
    ends.push(hotel.stop);
    return { hotel, storage, pass };
  }

  test(
    "is told of each guest alone: nothing of another's, and no notes unless they are asked for (T87)",
    async () => {
      const { hotel } = await begins();
      const staff = hotel.desk.as(admin);
      const people = Array.from({ length: GUESTS }, (_each, index) => ({
        phone: String(12_025_550_000 + index),
        name: `Name${String(index)}x`,
        word: `word${String(index)}x`,
        note: `note${String(index)}x`,
      }));
      for (const { phone, name, word } of people) await hotel.writes({ phone, name }, word);
      await hotel.settled();
      const guests = await Promise.all(
        people.map(async (one) => ({
          ...one,
          id: (await staff.findGuests({ hotel: "grand", phone: `+${one.phone}` }))[0]!.id,
        })),
      );
      const talks: { id: string; guest: { id: string } }[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await staff.conversations({ limit: 100, ...(cursor !== undefined && { cursor }) });
        talks.push(...page.items);
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      for (const { id, note } of guests)
        for (const talk of talks.filter(({ guest }) => guest.id === id))
          await staff.note(talk.id, { clientMessageId: `n-${talk.id}`, text: note });
      for (const own of guests) {
        const records = await all(await staff.exportGuest(own.id));
        const text = JSON.stringify(records);
        expect([records[0]?.type, records.at(-1)?.type]).toEqual(["export", "end"]);
        for (const word of [own.phone, own.name, own.word]) expect(text).toContain(word);
        expect(text).not.toContain(own.note);
        const foreign = guests
          .filter((one) => one !== own)
          .flatMap(({ id, phone, name, word, note }) => [id, phone, name, word, note]);
        expect(foreign.filter((word) => text.includes(word))).toEqual([]);
        expect(JSON.stringify(await all(await staff.exportGuest(own.id, { notes: true })))).toContain(own.note);
      }
      const audit = await staff.audit({ hotel: "grand", target: guests[0]!.id });
      expect(audit.items.map(({ action }) => action)).toEqual(["guest.export", "guest.export"]);
    },
    60_000 + GUESTS * 3_000,
  );

  test("is told over HTTP as lines, to admins of the whole hotel alone, who alone erase", async () => {
    const { hotel } = await begins();
    const wamid = await hotel.writes({ phone: "12025550101", name: "Tom" }, "hello there");
    const { guestId } = await hotel.shows(wamid);
    const lines = async (as: typeof admin) => {
      const handler = deskHandler(hotel.desk, { authenticate: () => as });
      const answer = await handler(new Request(`http://host/guests/${guestId}/export`));
      return { status: answer?.status, text: (await answer?.text()) ?? "" };
    };
    const { status, text } = await lines(admin);
    expect(status).toBe(200);
    const records = text
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect([records[0], records.at(-1)]).toEqual(["export", "end"]);
    expect(text).toContain("hello there");
    for (const nobody of [manager, receptionist]) {
      expect((await lines(nobody)).status).toBe(404);
      expect(await codeOf(hotel.desk.as(nobody).eraseGuest(guestId, { reason: "no" }))).toBe("not_found");
      expect((await hotel.desk.as(nobody).erasures("grand")).items).toEqual([]);
    }
    expect(
      await codeOf(hotel.desk.as(admin).eraseGuest({ hotel: "grand", waId: "12025550199" }, { reason: "no" })),
    ).toBe("not_found");
  });

  test("an erasure that a process was killed in is gone on with by another (T85)", async () => {
    const { hotel, storage } = await begins();
    for (let n = 0; n < 5; n++) await hotel.writes({ phone: "12025550101", name: "Tom" }, `hello ${String(n)}`);
    await hotel.settled();
    const [guest] = await hotel.desk.as(admin).findGuests({ hotel: "grand", phone: "+12025550101" });
    const audit = {
      id: "aud_1",
      actor: { kind: "staff", id: "staff_admin" },
      action: "guest.erase",
      reason: "asked for it",
      target: { kind: "erasure", id: "ers_1" },
    } as const;
    await storage.beginErasure({ hotelId: "grand", guestId: guest!.id, id: "ers_1", audit });
    await storage.continueErasure({ hotelId: "grand", id: "ers_1", limit: 1 });
    const other = await aHotel(storage, undefined, { retention: { everyMs: 100 } });
    await eventually("nothing is left", async () => {
      const { items } = await other.desk.as(admin).erasures("grand");
      return items[0]?.doneAt instanceof Date;
    });
    expect(await storage.unfinishedErasures({ limit: 1 })).toEqual([]);
  });

  test("what is old goes at its age and no day sooner, and an open conversation never (T86)", async () => {
    const { hotel, pass } = await begins();
    const staff = hotel.desk.as(admin);
    const open_ = await hotel.shows(await hotel.writes({ phone: "12025550101" }, "I stay"));
    const closed = await hotel.shows(await hotel.writes({ phone: "12025550102" }, "I leave"));
    await staff.close(closed.conversation.id);
    await hotel.settled();
    const policy = { conversations: 30, webhookAttempts: 30 };
    const kept = async () => (await staff.conversations({ limit: 100 })).items.map(({ id }) => id).toSorted();
    const both = [open_.conversation.id, closed.conversation.id].toSorted();
    await pass(29 * DAY_MS);
    expect((await staff.prune(policy)).counts).toEqual({});
    expect(await kept()).toEqual(both);
    await pass(DAY_MS + 60_000);
    // What waits is done first.
    await eventually("it would go", async () => {
      const { counts } = await staff.prune(policy, { dryRun: true });
      return counts["conversations"] === 1;
    });
    expect(await kept()).toEqual(both);
    expect((await staff.prune(policy)).counts).toMatchObject({ conversations: 1 });
    expect(await kept()).toEqual([open_.conversation.id]);
    expect((await staff.prune(policy)).counts).toEqual({});
    expect(await codeOf(staff.prune({ dedupKeys: 3 }))).toBe("request_invalid");
    expect(await codeOf(staff.prune({ conversations: 0 }))).toBe("request_invalid");
  });
});
