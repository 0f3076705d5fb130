import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HotelOptions } from "../../src/index.js";
import { GRAND_NUMBER } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Person, type Stored } from "./stories.js";

const ANNA: Person = { phone: "12025550101", bsuid: "US.101", name: "Anna Rossi" };

/** A resort whose menu is longer than one text of WhatsApp's. */
const resort: HotelOptions = {
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: GRAND_NUMBER, accessToken: "grand-token" }],
  departments: Array.from({ length: 60 }, (_, index) => ({
    id: `villa_${String(index + 1)}`,
    name: `Villa ${String(index + 101)}`,
    names: { it: `Casa ${String(index + 101)}` },
    description: "The villa's own desk: keys, towels, pillows, light, heating, water",
  })),
};

describe.each(STORAGES)("a menu in several texts (%s)", (_, make) => {
  let hotel: Hotel;
  let end: Stored["end"];
  beforeEach(async () => {
    const stored = await make();
    ({ end } = stored);
    hotel = await aHotel(stored.storage, [resort]);
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  test("is stored once and sent in order, and the guest chooses from any of them, in Italian too (S81, M17)", async () => {
    const first = await hotel.writes(ANNA, "buongiorno");
    const { conversation } = await hotel.shows(first);
    const menu = async () => {
      const { items } = await hotel.staff().messages(conversation.id, { limit: 100 });
      return items.filter(({ direction }) => direction === "outbound").reverse();
    };
    await expect.poll(async () => (await menu()).map(({ status }) => status)).toEqual(["sent", "sent"]);
    const [one, other] = await menu();
    expect([one?.seq, other?.seq]).toEqual([2, 3]);
    expect(hotel.sent).toHaveLength(2);
    const lines = (await menu()).flatMap(({ content }) => ("text" in content ? (content.text ?? "").split("\n") : []));
    expect(lines.slice(1).map((line) => line.split(" – ")[0])).toEqual(
      resort.departments.map(({ name }, index) => `${String(index + 1)}. ${name}`),
    );

    const choice = await hotel.writes(ANNA, "casa ١٦٠");
    const chosen = await hotel.shows(choice);
    expect(chosen.conversation).toMatchObject({ id: conversation.id, departmentId: "villa_60" });
    expect(chosen.message.reasons.map(({ code }) => code)).toEqual(["chose_by_name"]);
  });
});
