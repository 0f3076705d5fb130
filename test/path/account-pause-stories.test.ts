import { afterEach, describe, expect, test } from "vitest";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aSendingHotel, MINUTE_MS, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const SEASIDE_NUMBER = "200000000000077";
const TOKEN = "token-of-the-seaside";

describe.each(STORAGES)("two hotels of a chain, whose numbers are in one account (%s)", (_, open) => {
  let hotel: SendingHotel;
  afterEach(() => hotel.close());

  const callsOf = (number: string) => hotel.fake.calls.filter(({ phoneNumberId }) => phoneNumberId === number).length;
  const pauses = async () =>
    Object.fromEntries(
      (await hotel.storage.senders({ reach: "everything" })).map((one) => [one.hotelId, one.pause?.code]),
    );

  test("both wait when WhatsApp asks the account to, which it says to one of them, and go on together (80007, N16, F49)", async () => {
    hotel = await aSendingHotel(open, {
      hotels: (grand) => [
        grand,
        { ...grand, id: "seaside", numbers: [{ phoneNumberId: SEASIDE_NUMBER, accessToken: TOKEN }] },
      ],
    });
    const ines = await hotel.writes(hotel.guest("12025550101"));
    const omar = await hotel.writes(hotel.guest("12025550102"), "hello", SEASIDE_NUMBER);
    // A number that never sent is not known yet.
    await omar.becomes(await omar.hears("Good evening"), "sent");

    hotel.fake.fail({ kind: "error", code: 80007, retryAfter: 600 });
    const first = await ines.hears("Your room is ready.");
    await eventually("the seaside has heard of it", async () => (await pauses())["seaside"] === "graph_80007");
    expect(await pauses()).toEqual({ grand: "graph_80007", seaside: "graph_80007" });
    const second = await omar.hears("Your table is free.");
    await hotel.pass(5 * MINUTE_MS);
    expect([(await ines.message(first))?.status, (await omar.message(second))?.status]).toEqual(["queued", "queued"]);
    expect([callsOf(GRAND_NUMBER), callsOf(SEASIDE_NUMBER)]).toEqual([1, 1]);
    await hotel.pass(6 * MINUTE_MS);
    await ines.becomes(first, "sent");
    await omar.becomes(second, "sent");
    expect([callsOf(GRAND_NUMBER), callsOf(SEASIDE_NUMBER)]).toEqual([2, 2]);
  });
});
