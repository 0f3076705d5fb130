import { describe, expect, test } from "vitest";
import { pms } from "../../src/flow/define.js";
import { upsell, type Offer } from "../../src/flows/index.js";
import type { ScenarioOptions } from "../../src/testing/scenario.js";
import { stayWith } from "../flow/world.js";
import { aReservation, smallPms } from "./hotel.js";

/** The scenario begins at noon in UTC, which is one o'clock in Rome. */
const late = (until: string): Offer => ({
  offerId: "late-14",
  kind: "lateCheckOut",
  title: { en: "Check-out at 14:00", it: "Check-out alle 14:00" },
  price: { amount: 3_000, currency: "EUR" },
  until,
});
const OVER = "I am sorry: this offer has ended, and nothing is booked: Check-out at 14:00.";

function hotel(
  until: string,
  more: Partial<Parameters<typeof upsell>[0]> = {},
  options: Partial<ScenarioOptions> = {},
) {
  const own = smallPms([aReservation({ status: "checkedIn", room: "12" })]);
  const port = { ...own.pms, offers: () => Promise.resolve([late(until)]) };
  const stay = stayWith([upsell({ pms: port, ...more })], options);
  const anna = stay.guest();
  const finds = async (): Promise<readonly string[]> => {
    for (const says of ["late check out", "AB-1234"]) await anna.says(says);
    return anna.says("Rossi");
  };
  return { ...own, stay, anna, finds };
}

describe("an offer that ends", () => {
  test("is not charged once staff have said yes to it too late, and the guest reads that (S2)", async () => {
    const { anna, stay, finds, charges } = hotel("2026-11-10T13:00:00Z");
    await finds();
    await anna.taps("Check-out at 14:00");
    await anna.waits("61m");
    expect(await stay.staff.decides(anna, true)).toEqual([OVER]);
    expect(charges).toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "finished" });
  });

  test("is charged where staff said yes in time", async () => {
    const { anna, stay, finds, charges } = hotel("2026-11-10T13:00:00Z");
    await finds();
    await anna.taps("Check-out at 14:00");
    await anna.waits("59m");
    expect(await stay.staff.decides(anna, true)).toEqual([expect.stringContaining("It is booked") as string]);
    expect(charges).toEqual(["late-14"]);
  });

  test("and that the guest chooses too late, nobody of staff is asked for", async () => {
    const { anna, stay, finds, charges } = hotel("2026-11-10T12:20:00Z");
    await finds();
    await anna.waits("21m");
    expect(await anna.taps("Check-out at 14:00")).toEqual([OVER]);
    expect(stay.events.some(({ body }) => body.type === "message.noted")).toBe(false);
    expect(charges).toEqual([]);
  });

  test("and needs nobody's yes is not charged either", async () => {
    const { anna, finds, charges } = hotel("2026-11-10T12:20:00Z", { approval: () => false });
    await finds();
    await anna.waits("21m");
    expect(await anna.taps("Check-out at 14:00")).toEqual([OVER]);
    expect(charges).toEqual([]);
  });

  test("before it is shown is not shown", async () => {
    const { finds } = hotel("2026-11-10T12:00:00Z");
    expect(await finds()).toEqual([expect.stringContaining("There is nothing that I can offer you") as string]);
  });

  test("while the PMS is away was booked in time: the call that comes again, with the same key, is answered as the first", async () => {
    const { pms: port, charges } = smallPms([aReservation({ status: "checkedIn" })]);
    let calls = 0;
    const faulty = {
      ...port,
      offers: () => Promise.resolve([late("2026-11-10T12:00:01Z")]),
      // Charged, and the line breaks before it is answered.
      charge: async (request: Parameters<typeof port.charge>[0]) => {
        const answer = await port.charge(request);
        if (++calls < 4) throw new Error("down");
        return answer;
      },
    };
    const stay = stayWith([upsell({ pms: faulty, approval: () => false })]);
    const anna = stay.guest();
    for (const says of ["late check out", "AB-1234", "Rossi"]) await anna.says(says);
    await anna.taps("Check-out at 14:00");
    expect(await anna.waits("5m")).toEqual([expect.stringContaining("It is booked") as string]);
    expect(charges).toEqual(["late-14"]);
  });
});

describe("an offer that the hotel's own system begins", () => {
  const italian = {
    id: "grand",
    timeZone: "Europe/Rome",
    language: "it",
    numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
    departments: [{ id: "reception", name: "Reception" }],
  };
  const arrived = { eventId: "e1", reservationId: "res-1", version: 1, kind: "checked_in", language: "en" } as const;
  const told = { ...arrived, guest: { waId: "12025550100" } };

  test("asks staff in the hotel's language, and the guest in theirs", async () => {
    const { anna, stay } = hotel("2027-01-01T00:00:00Z", { triggers: [pms("checked_in")] }, { hotel: italian });
    await anna.says("ciao");
    await stay.pms(told);
    expect(anna.phone.at(-1)?.text).toBe("This is what we can offer you. Would you like any of it?");
    await anna.taps("Check-out at 14:00");
    expect((await anna.run())?.approval?.note).toBe(
      "Anna Rossi, prenotazione AB-1234: Check-out alle 14:00 per 30,00\u00a0€. È possibile?",
    );
  });

  test("is made to nobody who wants no offers; who asks for one by themselves gets it (S62)", async () => {
    const { anna, stay } = hotel("2027-01-01T00:00:00Z", { triggers: [pms("checked_in")] });
    await anna.says("STOP");
    const before = anna.phone.length;
    await stay.pms(told);
    await anna.waits("2d");
    expect(anna.phone).toHaveLength(before);
    const { stay: known } = await stay.storage.loadStay({ hotelId: "grand", reservationId: "res-1" });
    expect(known?.plan).toMatchObject([{ rule: "flow:upsell", state: "dropped", why: "marketing_stopped" }]);
    expect(await anna.says("late check out"), "the desk knows whose stay it is").toEqual([
      "This is what we can offer you. Would you like any of it?",
    ]);
  });
});

test("offers stand in the hotel's order and can all be had, whatever they are called", async () => {
  const named = (offerId: string, en: string): Offer => ({ ...late("2027-01-01T00:00:00Z"), offerId, title: { en } });
  const own = smallPms([aReservation({ status: "checkedIn", room: "12" })]);
  const offers = [named("20", "Suite"), named("7", "Balcony"), named("none", "Breakfast")];
  const stay = stayWith([
    upsell({ pms: { ...own.pms, offers: () => Promise.resolve(offers) }, approval: () => false }),
  ]);
  const anna = stay.guest();
  for (const says of ["late check out", "AB-1234", "Rossi"]) await anna.says(says);
  expect(anna.phone.at(-1)?.options).toEqual(["Suite", "Balcony", "Breakfast", "No, thank you"]);
  await anna.taps("Breakfast");
  expect(own.charges).toEqual(["none"]);
});
