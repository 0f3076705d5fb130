import { memoryStorage } from "belldesk/memory";
import { memoryPms, scenario } from "belldesk/testing";
import { expect, test } from "vitest";
import { stays } from "./arrivals.js";

const text = (language: string, words: string) => ({
  name: "arrival",
  language,
  category: "UTILITY",
  status: "APPROVED",
  components: [{ type: "BODY", text: words }],
});

test("a guest hears two days before that they are expected, and at breakfast time only once they are there", async () => {
  const house = scenario({
    hotel: {
      id: "grand",
      timeZone: "Europe/Rome",
      quietHours: ["22:00-08:00"],
      numbers: [{ phoneNumberId: "200000000000001", accessToken: "none" }],
      departments: [{ id: "reception", name: "Reception" }],
      templates: [text("en", "Hello {{1}}, see you on {{2}}."), text("it", "Buongiorno {{1}}, a presto: {{2}}.")],
      stays,
    },
    storage: (clock) => memoryStorage({ clock }),
  });
  const anna = house.guest("Anna");
  const at = { hotelId: "grand", reservationId: "R-7" };
  const pms = memoryPms({ tells: (event) => house.pms(event) });
  await pms.book({
    hotelId: "grand",
    guest: { waId: anna.waId },
    reservation: {
      reservationId: "R-7",
      number: "R-7",
      status: "booked",
      name: "Anna",
      from: "2026-11-14",
      to: "2026-11-16",
      guests: 1,
      room: null,
      language: "it",
    },
  });
  expect(await anna.waits("3d")).toEqual(["Buongiorno Anna, a presto: 14 novembre 2026."]);
  await anna.says("Arriviamo alle 22!");
  await pms.assign(at, "204");
  await pms.arrives(at);
  // An hour later.
  expect((await anna.waits("2h")).at(-1)).toBe("Camera 204: la colazione è dalle 7 alle 10.");
});
