import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HotelOptions } from "../../src/index.js";
import { nowOf } from "../../src/testing/contract/steps.js";
import { eventually, hotels, manager } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Stored } from "./stories.js";

const INES = { phone: "12025550101", name: "Ines" };
const HOUR_MS = 3_600_000;

describe.each(STORAGES)("guests who write while it is closed (%s)", (_, make) => {
  let hotel: Hotel;
  let storage: Stored["storage"];
  let pass: Stored["pass"];
  let end: Stored["end"];

  beforeEach(async () => {
    ({ storage, pass, end } = await make());
    const time = (inHours: number) => new Date(Date.now() + inHours * HOUR_MS).toISOString().slice(11, 16);
    const [first, ...others] = hotels as readonly [HotelOptions, ...HotelOptions[]];
    // It closed an hour ago, and opens in two.
    const closed = { ...first, timeZone: "UTC", language: "en-GB", hours: { week: [`${time(2)}-${time(-1)}`] } };
    hotel = await aHotel(storage, [closed, ...others]);
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  test("are told once when it opens, and the clock of the first response waits until then (N13, M23)", async () => {
    await hotel.shows(await hotel.writes(INES, "hello"));
    await hotel.settled();
    const [conversation] = await hotel.every();
    const texts = conversation?.messages.map(({ content }) => content.type).toReversed();
    expect(texts).toEqual(["text", "text", "buttons"]);
    expect(conversation?.messages.map(({ reasons }) => reasons[0]?.code).toReversed()).toEqual([
      "no_department_yet",
      "away_message",
      "department_menu",
    ]);
    const { conversation: chosen } = await hotel.shows(await hotel.writes(INES, "Reception"));
    const { messages } = await hotel.shows(await hotel.writes(INES, "is anybody there?"));
    expect(messages).toHaveLength(5);

    await pass(3 * HOUR_MS);
    const { id } = chosen;
    await hotel.desk.as(manager).reply(id, { clientMessageId: "r1", content: { type: "text", text: "Good morning!" } });
    await hotel.desk.as(manager).close(id);
    const now = (await nowOf(storage)).getTime();
    const period = { from: new Date(now - 24 * HOUR_MS), to: new Date(now + HOUR_MS) };
    const { all } = await hotel.desk.as(manager).times(period);
    for (const { count, medianMs } of [all.firstResponse, all.resolution]) {
      expect(count).toBe(1);
      // Opening times are whole minutes.
      expect(Math.abs((medianMs ?? 0) - HOUR_MS)).toBeLessThan(2 * 60_000);
    }
  });

  test("and answer everything at once are left to a person, who sees why (T77)", async () => {
    for (let n = 1; n <= 12; n++) {
      await hotel.shows(await hotel.writes(INES, `Thank you for your message, number ${String(n)}.`));
      await hotel.settled();
      // Longer than until a menu is sent again.
      await pass(121_000);
    }
    const found = await eventually("it is left to staff", async () => {
      const [one] = await hotel.every();
      return one?.messages.some(({ reasons }) => reasons.some(({ code }) => code === "automation_stopped"))
        ? one
        : null;
    });
    const bots = found.messages.filter(({ author }) => author.kind === "bot");
    expect(bots.length).toBeLessThanOrEqual(10);
    expect(found.messages.filter(({ direction }) => direction === "inbound")).toHaveLength(12);
    expect(hotel.heard.filter((type) => type === "conversation.takenOver")).toHaveLength(1);
    expect(await storage.audit({ hotelId: "grand", targetId: found.conversation.id })).toMatchObject([
      { actor: { kind: "system", id: "desk" }, action: "conversation.takeover", reason: "loop" },
    ]);
  });
});
