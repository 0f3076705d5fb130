import { afterEach, describe, expect, test } from "vitest";
import type { HotelOptions } from "../../src/index.js";
import { defineFlow, pms } from "../../src/index.js";
import { eventually, hotels } from "../harness/hotel.js";
import { ARRIVAL } from "../harness/hotel.js";
import { aHotel, STORAGES, type Person } from "./stories.js";

const arrival = { type: "template", name: "arrival", language: "en" } as const;
const roomNews = defineFlow({ id: "room-news", version: 1, triggers: [pms("room_ready")] })
  .say("ready", ({ given }) => `Room ${typeof given["room"] === "string" ? given["room"] : "?"} is ready.`)
  .build();

/** As a hotel's books have it, and as WhatsApp does. */
const PHONES = [
  ["Brazil, with its ninth digit in the books", "5511987654321", "551187654321"],
  ["Brazil, without it in the books", "551187654321", "5511987654321"],
  ["Mexico, without the 1 in the books", "525512345678", "5215512345678"],
  ["Mexico, with the 1 in the books", "5215512345678", "525512345678"],
  ["Argentina, without the 9 in the books", "541123456789", "5491123456789"],
  ["Argentina, with the 9 in the books", "5491123456789", "541123456789"],
] as const;

describe.each(STORAGES)("a phone that WhatsApp spells otherwise than the hotel's books, on %s", (_name, stored) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function begun(stays: NonNullable<HotelOptions["stays"]>) {
    const { storage, end } = await stored();
    const [grand, ...others] = hotels;
    // With one department nobody is shown a menu.
    const own = { ...grand!, departments: grand!.departments.slice(0, 1), templates: [ARRIVAL], stays };
    const hotel = await aHotel(storage, [own, ...others], { flows: [roomNews] });
    ends.push(
      () => hotel.stop(),
      () => end(),
    );
    let version = 0;
    const tells = (
      reservationId: string,
      kind: "reservation_created" | "room_ready" | "checked_in",
      more: object = {},
    ) => {
      version += 1;
      const event = { hotelId: "grand", eventId: `e${String(version)}`, reservationId, version, kind, ...more };
      return hotel.desk.pms.apply(event);
    };
    const sentTo = (phone: string) => hotel.sent.filter(({ to }) => to === phone).length;
    const isSentTo = (phone: string, times: number) =>
      eventually(`${phone} was sent ${String(times)}`, () => Promise.resolve(sentTo(phone) === times));
    const staysIn = async (conversationId: string) =>
      (await hotel.staff().stays(conversationId)).map(({ reservationId }) => reservationId);
    const writes = (person: Person, text: string) => hotel.writes(person, text);
    return { ...hotel, writes, tells, sentTo, isSentTo, staysIn };
  }

  test.each(PHONES)(
    "%s: the stay, its message and its flow are the guest's who writes",
    async (_country, books, metas) => {
      const welcome = { id: "welcome", when: { on: "checked_in" }, texts: { en: "Welcome." } } as const;
      const { writes, shows, tells, isSentTo, sentTo, staysIn, staff } = await begun({ gapMs: 0, messages: [welcome] });
      const { conversation, guestId } = await shows(await writes({ phone: metas, bsuid: `XX.${metas}` }, "hello"));
      await tells("R-1", "reservation_created", { guest: { waId: books }, arrival: "2026-11-14", room: "12" });
      expect(await staysIn(conversation.id)).toEqual(["R-1"]);
      await tells("R-1", "checked_in");
      await isSentTo(metas, 1);
      await tells("R-1", "room_ready", { room: "12" });
      await isSentTo(metas, 2);
      const { id } = await staff().write({
        hotelId: "grand",
        departmentId: "reception",
        to: { waId: `+${books}` },
        content: { type: "text", text: "Your key is here." },
      });
      await isSentTo(metas, 3);
      expect(sentTo(books), "nobody else was made, or written to").toBe(0);
      expect(await staff().findGuests({ hotel: "grand", phone: `+${books}` })).toMatchObject([{ id: guestId }]);
      expect((await staff().guest(guestId)).addresses.map(({ value }) => value)).not.toContain(books);
      expect((await staff().explain(id)).steps[0]).toMatchObject({ details: { guestId } });
    },
  );

  test("who is written to before they come, and answers, is spoken to where they answer from then on; nobody is merged", async () => {
    const [, books, metas] = PHONES[0];
    const soon = { id: "soon", when: { on: "reservation_created" }, templates: { en: arrival } } as const;
    const welcome = { id: "welcome", when: { on: "checked_in" }, texts: { en: "Welcome." } } as const;
    const { writes, shows, tells, isSentTo, sentTo, staysIn, staff } = await begun({
      gapMs: 0,
      messages: [soon, welcome],
    });
    await tells("R-1", "reservation_created", { guest: { waId: books } });
    await isSentTo(books, 1);
    const click = (clientMessageId: string) =>
      staff().write({
        clientMessageId,
        hotelId: "grand",
        departmentId: "reception",
        to: { waId: `+${books}` },
        content: arrival,
      });
    const first = await click("w1");
    await isSentTo(books, 2);
    const { conversation, guestId } = await shows(await writes({ phone: metas, bsuid: "BR.1" }, "oi"));
    expect(first.conversationId).not.toBe(conversation.id);
    expect(await staysIn(conversation.id)).toEqual(["R-1"]);
    expect(await staysIn(first.conversationId)).toEqual(["R-1"]);
    await tells("R-1", "checked_in");
    await isSentTo(metas, 1);
    // The same click is the same message, wherever the guest is spoken to by now.
    expect((await click("w1")).id).toBe(first.id);
    expect((await click("w2")).conversationId).not.toBe(first.conversationId);
    await isSentTo(metas, 2);
    expect(sentTo(books)).toBe(2);
    expect((await staff().guest(guestId)).maybeSame).toMatchObject([{ why: "likePhone" }]);
  });

  test("two people who write under the two have each their own stay, and hear each of their own (T75)", async () => {
    const [, one, other] = PHONES[4];
    const welcome = { id: "welcome", when: { on: "checked_in" }, texts: { en: "Welcome." } } as const;
    const { writes, shows, tells, isSentTo, sentTo, staysIn } = await begun({ gapMs: 0, messages: [welcome] });
    const anna = await shows(await writes({ phone: one, bsuid: "AR.1" }, "hola"));
    const ben = await shows(await writes({ phone: other, bsuid: "AR.2" }, "hola"));
    expect(anna.guestId).not.toBe(ben.guestId);
    await tells("R-1", "reservation_created", { guest: { waId: one } });
    await tells("R-2", "reservation_created", { guest: { waId: other } });
    expect([await staysIn(anna.conversation.id), await staysIn(ben.conversation.id)]).toEqual([["R-1"], ["R-2"]]);
    await tells("R-2", "checked_in");
    await isSentTo(other, 1);
    await tells("R-1", "checked_in");
    await isSentTo(one, 1);
    expect(sentTo(other)).toBe(1);
  });
});
