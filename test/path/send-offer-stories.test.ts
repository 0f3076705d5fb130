import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FakeGuest } from "../../src/testing/index.js";
import { GRAND_NUMBER, manager } from "../harness/hotel.js";
import { ARRIVAL, arrival, aSendingHotel, HOUR_MS, MINUTE_MS, offer, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const PHONE = "12025550101";
/** So slow that whoever is second waits. */
const SLOW = { perSecond: 0.1 };

describe.each(STORAGES)("an offer to a guest who wants none (%s)", (_, open) => {
  let hotel: SendingHotel;
  let guest: FakeGuest;
  afterEach(() => hotel.close());

  const ines = async (text = "hello") => {
    const chat = await hotel.writes(guest, text);
    // What guests say is told apart by the second.
    await hotel.pass(MINUTE_MS);
    return chat;
  };
  type Chat = Awaited<ReturnType<typeof ines>>;
  const marketing = async ({ guestId }: Chat) => (await hotel.staff().consents(guestId)).marketing;
  const entries = async ({ guestId }: Chat) =>
    (await hotel.staff().consents(guestId)).entries.map(({ wish, source }) => `${wish} by ${source}`);
  const templatesSent = () =>
    hotel.fake.accepted.flatMap(({ body, category }) => (body.type === "template" ? [category] : []));
  const refused = { code: "marketing_stopped" };

  describe("said before it was written", () => {
    beforeEach(async () => {
      hotel = await aSendingHotel(open);
      guest = hotel.guest(PHONE);
    });

    test("STOP: nothing of the offer is stored or sent, answers and reminders go, and START undoes it (M28, N11)", async () => {
      const chat = await ines();
      await ines("STOP");
      expect(await marketing(chat)).toBe("stopped");
      const before = (await chat.all()).map(({ id }) => id);
      const asked = { clientMessageId: "o1", content: offer };
      await expect(chat.hears(offer)).rejects.toMatchObject(refused);
      expect(await hotel.ask(manager, `/conversations/${chat.conversationId}/messages`, asked)).toMatchObject({
        status: 409,
        json: { error: refused },
      });
      const first = { hotelId: "grand", departmentId: "reception", to: { waId: PHONE }, content: offer } as const;
      await expect(hotel.staff().write(first)).rejects.toMatchObject(refused);
      expect((await chat.all()).map(({ id }) => id)).toEqual(before);

      await chat.becomes(await chat.hears("Your room is ready."), "sent");
      await chat.becomes(await chat.hears(arrival("Ines")), "sent");
      expect(templatesSent()).toEqual(["utility"]);
      await ines("start");
      expect(await entries(chat)).toEqual(["stop by keyword", "resume by keyword"]);
      await chat.becomes(await chat.hears(offer), "sent");
      expect(templatesSent()).toEqual(["utility", "marketing"]);
    });

    test("in WhatsApp's own menu: it is heard like STOP, and undone there too (M28)", async () => {
      const chat = await ines();
      await guest.stopsMarketing(GRAND_NUMBER);
      await expect.poll(() => marketing(chat)).toBe("stopped");
      await expect(chat.hears(offer)).rejects.toMatchObject(refused);
      await hotel.pass(MINUTE_MS);
      await guest.resumesMarketing(GRAND_NUMBER);
      await expect.poll(() => marketing(chat)).toBe("allowed");
      await chat.becomes(await chat.hears(offer), "sent");
    });

    test.each(["in its answer", "in a report"])(
      "to WhatsApp alone: it refuses the offer %s, staff see it, the next offer is refused here, and the guest can want them again (131050, M28)",
      async (where) => {
        const chat = await ines();
        const isTold = where === "in its answer";
        if (isTold) hotel.fake.fail({ kind: "error", code: 131050 });
        const id = await chat.hears(offer);
        if (!isTold) {
          await chat.becomes(id, "sent");
          await hotel.fake.report(hotel.fake.accepted.at(-1)!, "failed", { code: 131050 });
        }
        const failed = await chat.becomes(id, "failed");
        expect(failed.failure).toMatchObject({ code: "graph_131050", message: expect.stringContaining("marketing") });
        const { marketing: now, entries: said } = await hotel.staff().consents(chat.guestId);
        expect([now, said]).toMatchObject(["stopped", [{ wish: "stop", source: "rejection", evidence: id }]]);
        expect(hotel.heard.filter(({ type }) => type === "guest.consent")).toHaveLength(1);
        const asked = hotel.fake.requests;
        await expect(chat.hears(offer)).rejects.toMatchObject(refused);
        await expect(hotel.staff().resend(id)).rejects.toMatchObject(refused);
        expect(hotel.fake.requests).toBe(asked);
        await chat.becomes(await chat.hears("Your room is ready."), "sent");

        await hotel.pass(MINUTE_MS);
        await guest.resumesMarketing(GRAND_NUMBER);
        await expect.poll(() => marketing(chat)).toBe("allowed");
        const again = await hotel.staff().resend(id);
        await chat.becomes(again.id, "sent");
        expect(await entries(chat)).toEqual(["stop by rejection", "resume by preference"]);
      },
    );
  });

  describe("said while it waits for the number", () => {
    beforeEach(async () => {
      hotel = await aSendingHotel(open, SLOW);
      guest = hotel.guest(PHONE);
      const other = await hotel.writes(hotel.guest("12025550102"));
      await other.becomes(await other.hears("Good evening"), "sent");
    });

    test("does not leave: staff see that the desk kept it, and the answers behind it go (M28, F50)", async () => {
      const { conversationId } = await hotel.writes(guest);
      const chat = await hotel.writes(guest);
      expect(chat.conversationId).toBe(conversationId);
      const [id, answer] = [await chat.hears(offer), await chat.hears("Your room is ready.")];
      await hotel.writes(guest, "Stop!");
      expect(await marketing(chat)).toBe("stopped");
      await hotel.pass(MINUTE_MS);
      const failed = await chat.becomes(id, "failed");
      expect(failed.failure?.code).toBe("marketing_stopped");
      expect(failed.reasons.at(-1)?.code).toBe("send_withheld");
      await hotel.pass(MINUTE_MS);
      await chat.becomes(answer, "sent");
      expect(hotel.asked()).not.toContain(id);
      expect(templatesSent()).toEqual([]);
    });

    test("does not leave as what stands in for an answer, once the window has closed (M28, F57)", async () => {
      const chat = await hotel.writes(guest);
      const id = await chat.hears("Here is our offer.", { fallback: offer });
      await guest.stopsMarketing(GRAND_NUMBER);
      await expect.poll(() => marketing(chat)).toBe("stopped");
      await hotel.pass(24 * HOUR_MS);
      const failed = await chat.becomes(id, "failed");
      expect(failed.failure?.code).toBe("marketing_stopped");
      expect(hotel.asked()).not.toContain(id);
    });

    test("and a reminder that WhatsApp has made an offer of meanwhile does not leave either (M15, M28)", async () => {
      const chat = await hotel.writes(guest, "STOP");
      const [confirmation] = await chat.all();
      const id = await chat.hears(arrival("Ines"));
      await hotel.fake.setTemplateCategory(ARRIVAL, "MARKETING");
      const category = async () =>
        (await hotel.staff().templates("grand")).items.find(({ name }) => name === ARRIVAL.name)?.category;
      await expect.poll(category).toBe("marketing");
      await hotel.pass(MINUTE_MS);
      await chat.becomes(confirmation?.id ?? "", "sent");
      await hotel.pass(MINUTE_MS);
      const failed = await chat.becomes(id, "failed");
      expect(failed.failure?.code).toBe("marketing_stopped");
      expect(templatesSent()).toEqual([]);
    });
  });
});

describe.each(STORAGES)("an offer to a guest from whom WhatsApp has just withheld one (%s)", (_, open) => {
  let hotel: SendingHotel;
  afterEach(() => hotel.close());

  test.each(["in its answer", "in a report"])(
    "%s: the next does not leave and says until when, answers and reminders go, and after a day it goes (131049, M28, F50)",
    async (where) => {
      hotel = await aSendingHotel(open);
      const chat = await hotel.writes(hotel.guest(PHONE));
      const isTold = where === "in its answer";
      if (isTold) hotel.fake.fail({ kind: "error", code: 131049 });
      const withheld = await chat.hears(offer);
      if (!isTold) {
        await chat.becomes(withheld, "sent");
        await hotel.fake.report(hotel.fake.accepted.at(-1)!, "failed", { code: 131049 });
      }
      await chat.becomes(withheld, "failed");
      const asked = hotel.fake.requests;

      const next = await chat.hears(offer);
      const failed = await chat.becomes(next, "failed");
      const until = String(failed.reasons.at(-1)?.details?.["until"]);
      expect(failed.reasons.at(-1)).toMatchObject({ code: "send_withheld", details: { failure: "offer_withheld" } });
      expect(failed.failure).toMatchObject({ code: "offer_withheld", message: expect.stringContaining(until) });
      const first = { hotelId: "grand", departmentId: "reception", to: { waId: PHONE }, content: offer } as const;
      const written = await hotel.staff().write({ ...first, clientMessageId: "w1" });
      await chat.becomes(written.id, "failed");
      await expect(hotel.staff().resend(next)).rejects.toMatchObject({ code: "resend_too_early", details: { until } });
      expect(hotel.fake.requests).toBe(asked);

      await chat.becomes(await chat.hears("Your room is ready."), "sent");
      await chat.becomes(await chat.hears(arrival("Ines")), "sent");
      const other = await hotel.writes(hotel.guest("12025550102"));
      await other.becomes(await other.hears(offer), "sent");

      await hotel.pass(24 * HOUR_MS);
      const again = await hotel.staff().resend(next);
      await chat.becomes(again.id, "sent");
      await chat.becomes(await chat.hears(offer), "sent");
    },
  );

  test("that stands in for an answer once the window has closed does not leave either (131049, F57)", async () => {
    hotel = await aSendingHotel(open, SLOW);
    const chat = await hotel.writes(hotel.guest(PHONE));
    await hotel.pass(23.5 * HOUR_MS);
    hotel.fake.fail({ kind: "error", code: 131049 });
    await chat.becomes(await chat.hears(offer), "failed");
    const id = await chat.hears("Here is our offer.", { fallback: offer });
    await hotel.pass(40 * MINUTE_MS);
    expect((await chat.becomes(id, "failed")).failure?.code).toBe("offer_withheld");
    expect(hotel.asked()).not.toContain(id);
  });
});
