import { expect, test } from "vitest";
import { pms, type HotelOptions } from "../../src/index.js";
import { CHECK_IN_TEXTS, checkIn } from "../../src/flows/index.js";
import { memoryPms } from "../../src/testing/index.js";
import type { Moment, Scenario } from "../../src/testing/scenario.js";
import { stayWith } from "../flow/world.js";
import { aReservation } from "./hotel.js";

const hotel: HotelOptions = {
  id: "grand",
  timeZone: "Europe/Rome",
  language: "it",
  quietHours: ["22:00-08:00"],
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
  departments: [
    { id: "reception", name: "Reception" },
    { id: "housekeeping", name: "Housekeeping" },
  ],
  templates: [
    {
      name: "check_in",
      language: "de",
      category: "UTILITY",
      status: "APPROVED",
      components: [
        { type: "BODY", text: "Guten Tag {{1}}, hier können Sie einchecken." },
        { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Einchecken" }] },
      ],
    },
  ],
};
const templates = {
  de: {
    type: "template",
    name: "check_in",
    language: "de",
    body: [{ text: "{name}" }],
    buttons: [{ type: "quickReply", index: 0, payload: "check-in" }],
  },
} as const;
const isCommit = ({ work, verb }: Moment): boolean => work !== "outbound" && verb === "commit";

test.each([0, 2, 3])(
  "a guest who never wrote reads the day before that they can check in, taps, and is asked for no number, in their own language; with everything twice (killed at every commit of %i) (N15, M25)",
  async (every) => {
    let stay: Scenario | null = null;
    const house = memoryPms({
      freeRooms: ["12"],
      async tells({ hotelId: _, ...event }) {
        await stay?.pms(event);
        await stay?.pms(event);
      },
    });
    let count = 0;
    stay = stayWith([checkIn({ pms: house.port, triggers: [pms("arrival_soon", { templates })] })], {
      hotel,
      doubled: true,
      crashes: (moment) => every > 0 && isCommit(moment) && ++count % every === 0,
    });
    const anna = stay.guest();
    const say = CHECK_IN_TEXTS.languages.de;
    const reservation = aReservation({ from: "2026-11-14", to: "2026-11-16", language: "de" });
    await house.book({ hotelId: "grand", guest: { waId: anna.waId }, reservation });
    expect(anna.phone).toEqual([]);
    await anna.waits("3d");
    expect(await anna.waits("3h")).toEqual(["Guten Tag Anna Rossi, hier können Sie einchecken.\n[Einchecken]"]);

    const acted = async (act: Promise<readonly string[]>): Promise<string> =>
      (await act).join("\n") || (await anna.waits("10s")).join("\n");
    expect(await acted(anna.sends("button", { payload: "check-in", text: "Einchecken" }))).toContain(
      "Ihre Buchung AB-1234:",
    );
    for (const says of ["Ja", "um sechs"]) await acted(anna.says(says));
    expect(await acted(anna.says("überspringen"))).toContain("Ankunft: um sechs");
    expect(await acted(anna.says("Einchecken"))).toBe(say.done.replace("{room}", "12"));
    expect(house.checkIns.size).toBe(1);
    expect(house.told.filter(({ kind }) => kind === "checked_in")).toHaveLength(1);
    // Whoever taps it again hears that it is done.
    expect(await acted(anna.sends("button", { payload: "check-in", text: "Einchecken" }))).toBe(
      say.alreadyInRoom.replace("{room}", "12"),
    );
    expect(house.checkIns.size).toBe(1);
  },
);
