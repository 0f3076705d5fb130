import type { Express } from "express";
import { afterEach, describe, expect, test, vi } from "vitest";
import { deskClient, sendsTo, type DeskClient } from "../../src/client/index.js";
import type { DeskClientOptions } from "../../src/client/client.js";
import { eventually, manager } from "../harness/hotel.js";
import { aHotel, ends } from "./harness.js";

afterEach(ends.run);

const SOON = { baseMs: 10, maxMs: 20 };
type Hotel = Awaited<ReturnType<typeof aHotel>>;

/** A line to the desk that a test cuts: before a request arrives, or before its answer does. */
class Line {
  cut: "nowhere" | "before" | "after" = "nowhere";
  readonly asked: string[] = [];
  fetch: typeof globalThis.fetch = async (...given) => {
    const what = (given[1]?.body ?? "") as string;
    this.asked.push(what);
    if (this.cut === "before") throw new TypeError("fetch failed");
    const answer = await fetch(...given);
    if (this.cut === "after") throw new TypeError("fetch failed");
    return answer;
  };
}

const aPage = (hotel: Hotel, line: Line, options: Partial<DeskClientOptions> = {}) => {
  const client = deskClient({
    baseUrl: hotel.api,
    token: "reception",
    fetch: line.fetch,
    live: { retry: SOON },
    ...options,
  });
  ends.all.push(() => {
    client.close();
  });
  client.connect();
  return client;
};
const outgoing = async (hotel: Hotel, id: string) =>
  (await hotel.desk.as(manager).messages(id, { limit: 100 })).items
    .filter(({ author }) => author.kind === "staff")
    .map(({ content }) => ("text" in content ? content.text : ""))
    .reverse();
const sent = (client: DeskClient) =>
  eventually("everything is sent", () => Promise.resolve(client.getState().sends.length === 0));
const memory = () => {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
};

describe("what staff write", () => {
  test("stands there at once and is sent in order, also when the line is away meanwhile, each once (F80)", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const line = new Line();
    line.cut = "before";
    const client = aPage(hotel, line);
    const texts = ["Room 301.", "Third floor.", "Welcome!"];
    for (const text of texts) client.reply(id, text);
    expect(sendsTo(client.getState(), id).map(({ content }) => content)).toEqual(
      texts.map((text) => ({ type: "text", text })),
    );
    await eventually("it has been tried again", () => Promise.resolve(line.asked.length > 3));
    expect(sendsTo(client.getState(), id)[0]).toMatchObject({ error: { code: "unreachable" } });
    expect(await outgoing(hotel, id)).toEqual([]);

    line.cut = "after"; // the desk has it, and nobody hears so
    await eventually("the desk has the first", async () => (await outgoing(hotel, id)).length > 0);
    line.cut = "nowhere";
    await sent(client);
    expect(await outgoing(hotel, id)).toEqual(texts);
  });

  test("is in the open conversation once it is sent, in its place", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const client = aPage(hotel, new Line());
    client.open(id);
    await eventually("it is read", () => Promise.resolve(client.getState().threads[id]?.loaded));
    const both: number[] = [];
    const mine = client.reply(id, "Room 301.");
    client.subscribe(() => {
      const { sends, threads } = client.getState();
      both.push(
        sends.filter((send) => send.clientMessageId === mine).length +
          (threads[id]?.messages ?? []).filter((message) => message.clientMessageId === mine).length,
      );
    });
    await sent(client);
    expect(client.getState().threads[id]?.messages.at(-1)).toMatchObject({ clientMessageId: mine });
    // Never twice and never gone, not for a moment.
    expect(new Set(both)).toEqual(new Set([1]));
  });

  test("is shown with its code when the desk refuses it, holds nothing else up, and can be dropped", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const client = aPage(hotel, new Line());
    const empty = client.reply(id, "");
    client.reply(id, "Room 301.");
    await eventually("the second is sent", async () => (await outgoing(hotel, id)).length === 1);
    await eventually("one is left", () => Promise.resolve(client.getState().sends.length === 1));
    expect(client.getState().sends).toMatchObject([
      { clientMessageId: empty, status: "refused", error: { code: "payload_invalid" } },
    ]);
    expect(client.drop(empty)).toBe(true);
    expect(client.drop(empty)).toBe(false);
    expect(client.getState().sends).toEqual([]);
  });

  test("is sent again by hand after a refusal, with the same id: one message", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const client = aPage(hotel, new Line());
    await hotel.desk.as(manager).close(id);
    const late = client.reply(id, "Room 301.");
    await eventually("it is refused", () => Promise.resolve(client.getState().sends[0]?.status === "refused"));
    expect(client.getState().sends[0]).toMatchObject({ error: { code: "conversation_closed" } });
    await hotel.desk.as(manager).reopen(id);
    client.retry(late);
    client.retry(late);
    await sent(client);
    expect(await outgoing(hotel, id)).toEqual(["Room 301."]);
  });

  test("waits while the desk has too much to do, and is shown as refused when the desk keeps failing", async () => {
    const statuses = [503, 429, 500, 500, 500, 500, 500];
    const broken = (app: Express) =>
      app.post("/api/conversations/:id/messages", (_request, response, next) => {
        const status = statuses.shift();
        if (status === undefined) next();
        else response.status(status).json({ error: { code: status === 500 ? "internal" : "busy", message: "" } });
      });
    const hotel = await aHotel({ before: (app) => void broken(app) });
    const id = await hotel.guestWrites("Which room?");
    const client = aPage(hotel, new Line());
    const mine = client.reply(id, "Room 301.");
    await eventually("it is refused", () => Promise.resolve(client.getState().sends[0]?.status === "refused"));
    expect(client.getState().sends[0]).toMatchObject({ error: { code: "internal" } });
    const left = statuses.length;
    client.retry(mine);
    await sent(client);
    expect(left).toBeLessThan(3);
    expect(await outgoing(hotel, id)).toEqual(["Room 301."]);
  });

  test("outlives the page where there is a storage, beside what another page of the browser wrote", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const storage = memory();
    const line = new Line();
    line.cut = "before";
    const one = aPage(hotel, line, { storage, storageKey: "ana" });
    const other = aPage(hotel, line, { storage, storageKey: "ana" });
    one.reply(id, "Room 301.");
    other.reply(id, "Third floor.");
    await eventually("both were tried", () => Promise.resolve(line.asked.length >= 2));
    one.close();
    other.close();

    const again = aPage(hotel, new Line(), { storage, storageKey: "ana" });
    expect(again.getState().sends).toHaveLength(2);
    await sent(again);
    expect((await outgoing(hotel, id)).toSorted()).toEqual(["Room 301.", "Third floor."]);
    expect(JSON.parse(storage.kept.get("ana")!)).toEqual([]);
  });

  test("waits for no more once the page is closed, also when it was on its way", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const line = new Line();
    let fail: () => void = () => undefined;
    const asking = new Promise<void>((resolve) => {
      line.fetch = async (...[, given]) => {
        line.asked.push(given?.body as string);
        resolve();
        await new Promise<void>((over) => (fail = over));
        throw new TypeError("fetch failed");
      };
    });
    const client = deskClient({
      baseUrl: hotel.api,
      token: "reception",
      fetch: (...given) => line.fetch(...given),
      live: { retry: { baseMs: 1e9, maxMs: 1e9 } },
    });
    client.connect();
    client.reply(id, "Room 301.");
    await asking;
    client.close();
    const timers = vi.spyOn(globalThis, "setTimeout");
    fail();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    // Others have timers, too; this one's would be long.
    const waits = timers.mock.calls.filter(([, ms = 0]) => ms > 1e6);
    timers.mockRestore();
    expect(waits).toEqual([]);
    expect(client.getState().sends).toMatchObject([{ status: "waiting" }]);
    client.connect();
    await eventually("it is tried again", () => Promise.resolve(line.asked.length === 2));
    client.close();
    fail();
  });

  test("is a copy, and what is no JSON is not taken: whoever hands it over is told at once", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const client = aPage(hotel, new Line());
    const content = { type: "text" as const, text: "Room 301." };
    client.reply(id, content);
    content.text = "changed by the page";
    expect(() => client.reply(id, { type: "text", text: 1n as unknown as string })).toThrow(TypeError);
    await sent(client);
    expect(await outgoing(hotel, id)).toEqual(["Room 301."]);
  });

  test("goes on where the storage is full or holds something else", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("Which room?");
    const full = {
      getItem: () => "{not JSON",
      setItem: () => {
        throw new Error("full");
      },
    };
    const client = aPage(hotel, new Line(), { storage: full });
    client.reply(id, "Room 301.");
    await sent(client);
    expect(await outgoing(hotel, id)).toEqual(["Room 301."]);
  });
});

describe("an open conversation", () => {
  test("is read by pages, the newest first, and again while nobody answers", async () => {
    const hotel = await aHotel();
    const id = await hotel.guestWrites("1");
    for (let count = 2; count <= 60; count += 1)
      await hotel.desk.as(manager).note(id, { clientMessageId: `n${String(count)}`, text: String(count) });
    const client = aPage(hotel, new Line());
    const leave = client.open(id);
    await eventually("it is read", () => Promise.resolve(client.getState().threads[id]?.loaded));
    const first = client.getState().threads[id]!;
    expect(first.messages).toHaveLength(50);
    expect(first.nextCursor).not.toBeNull();
    await client.older(id);
    const all = client.getState().threads[id]!;
    expect(all.messages.map(({ seq }) => seq)).toEqual(all.messages.map((_, index) => index + 1));
    expect(all.nextCursor).toBeNull();
    leave();
    leave();
    expect(client.getState().threads[id]?.loaded).toBe(true);
  });

  test("that is not to be seen says so", async () => {
    const hotel = await aHotel();
    const client = aPage(hotel, new Line());
    client.open("con_nowhere");
    await eventually("it is refused", () =>
      Promise.resolve(client.getState().threads["con_nowhere"]?.error === "not_found"),
    );
  });
});
