import { expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { checkIn, LANGUAGES, type Language } from "../../src/flows/index.js";
import { BOOKING_TEXTS, CHECK_IN_TEXTS } from "../../src/flows/index.js";
import { scenario } from "../../src/testing/index.js";
import { aReservation, smallPms } from "./hotel.js";

const LABELS: Readonly<Record<Language, string>> = {
  en: "Check in",
  it: "Check-in",
  es: "Hacer el check-in",
  pt: "Fazer o check-in",
  de: "Einchecken",
  fr: "M'enregistrer",
};

test.each(LANGUAGES)(
  "a guest begins check-in from the hotel's menu, asks for a person on the way, and is given back, in %s",
  async (language) => {
    const { pms, checkIns } = smallPms([aReservation()]);
    const stay = scenario({
      storage: (clock) => memoryStorage({ clock }),
      doubled: true,
      flows: [checkIn({ pms })],
      hotel: {
        id: "grand",
        timeZone: "Europe/Rome",
        language,
        numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
        departments: [
          { id: "reception", name: "Reception" },
          { id: "housekeeping", name: "Housekeeping" },
        ],
        menu: { entries: [{ flowId: "check-in", label: LABELS[language] }, { departmentId: "reception" }] },
      },
    });
    const anna = stay.guest();
    const [b, i] = [BOOKING_TEXTS.languages[language], CHECK_IN_TEXTS.languages[language]];
    await anna.says("hello");
    expect(await anna.taps(LABELS[language])).toEqual([b.askNumber]);
    await anna.says("AB-1234");
    await anna.says("Rossi");
    expect(await anna.says("human")).toHaveLength(1);
    await stay.staff.replies(anna, "How can I help?");
    expect(await anna.says("is there a garage?"), "a person speaks").toEqual([]);
    await stay.staff.givesBack(anna);
    expect(await anna.taps(i.confirmYes)).toEqual([i.askArrival]);
    await anna.says("18:30");
    await anna.says("skip");
    expect(await anna.taps(i.summaryYes)).toEqual([i.done.replace("{room}", "12")]);
    expect(checkIns).toMatchObject([{ arrival: "18:30" }]);
  },
);

test("a guest begins check-in by a button that staff sent them, which a tap quotes; typed words about a message begin nothing", async () => {
  const { pms } = smallPms([aReservation()]);
  const stay = scenario({ storage: (clock) => memoryStorage({ clock }), flows: [checkIn({ pms })] });
  const anna = stay.guest();
  await anna.says("hello");
  const buttons = [{ id: "check-in", title: "Check in now" }] as const;
  await stay.staff.desk.reply(await anna.conversationId(), {
    clientMessageId: "b1",
    content: { type: "buttons", text: "Would you like to check in?", buttons },
  });
  await anna.waits("1s");
  const [quotes = ""] = anna.phone.flatMap(({ wamid, options }) => (options.includes("Check in now") ? [wamid] : []));
  expect(await anna.says("check in", { quotes }), "what is said about a message is for who wrote it").toEqual([]);
  expect(await anna.taps("Check in now")).toEqual([BOOKING_TEXTS.languages.en.askNumber]);
});
