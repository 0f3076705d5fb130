import { afterEach, describe, expect, test } from "vitest";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aSendingHotel, SECOND_MS, SECOND_NUMBER, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

/** Far longer than anything here waits for. */
const DEADLINE_MS = 60 * SECOND_MS;
const PHONE = "12025550101";

describe.each(STORAGES)("while all that a process sends hangs at WhatsApp (%s)", (_, open) => {
  let hotel: SendingHotel;
  afterEach(() => hotel.close());

  const hangs = () =>
    hotel.fake.failWhen(
      ({ what, phoneNumberId }) => (what === "send" || what === "upload") && phoneNumberId === GRAND_NUMBER,
      { kind: "silence" },
    );
  const toTheGuest = () =>
    hotel.fake
      .phone(PHONE, SECOND_NUMBER)
      .filter(({ from }) => from === "hotel")
      .map(({ text }) => text);

  test("a door code for another guest is at the phone at once, again and again (M18)", async () => {
    hotel = await aSendingHotel(open, { deadlineMs: DEADLINE_MS, perSecond: 1_000, outbound: { concurrency: 20 } });
    const home = await hotel.writes(hotel.guest(PHONE), "hello", SECOND_NUMBER);
    hangs();
    const chats = await Promise.all(
      Array.from({ length: 30 }, (_each, n) => hotel.writes(hotel.guest(`120255502${String(n).padStart(2, "0")}`))),
    );
    await Promise.all(chats.map((chat) => chat.hears("Two for one in our spa.")));
    await eventually("all that may hang does", () => Promise.resolve(hotel.fake.calls.length >= 18));
    const ordinary = await home.hears("Sleep well.");
    for (const code of ["4711", "4712", "4713"]) {
      const urgent = await home.hears(`The door code is ${code}.`, { urgent: true });
      await home.becomes(urgent, "sent");
    }
    expect(toTheGuest()).toEqual(["The door code is 4711.", "The door code is 4712.", "The door code is 4713."]);
    // What is kept for door codes is nobody else's.
    expect(await home.message(ordinary)).toMatchObject({ status: "queued" });
    expect(hotel.fake.calls.filter(({ phoneNumberId }) => phoneNumberId === GRAND_NUMBER)).toHaveLength(18);
  });
});
