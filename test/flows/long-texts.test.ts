import { expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { MENU_TEXTS } from "../../src/decide/menu-texts.js";
import {
  CHECK_IN_TEXTS,
  CHECK_OUT_TEXTS,
  checkIn,
  checkOut,
  guestRequest,
  LANGUAGES,
  REQUEST_TEXTS,
  UPSELL_TEXTS,
  upsell,
  type Language,
} from "../../src/flows/index.js";
import type { HotelOptions } from "../../src/index.js";
import { scenario, type ScenarioGuest } from "../../src/testing/index.js";
import { checkContent } from "../../src/whatsapp/payload-builder.js";
import { aReservation, smallPms } from "./hotel.js";

const LONG = {
  number: "GRUPO-2026-000012345678/01-A",
  name: "Maria Aparecida da Conceição Albuquerque de Vasconcelos e Sousa Montenegro von Hohenstein-Ehrenbreitstein",
  room: "Suíte Presidencial Vista Mar, Ala Norte",
  offer: "Check-out tardivo fino alle ore 18:00 con accesso alla spa, merenda in terrazza e parcheggio coperto",
  department: "Rezeption und Gästebetreuung rund um die Uhr, mit Gepäckaufbewahrung",
  line: "Halbpension mit Frühstücksbuffet und viergängigem Abendmenü im Restaurant am See, inklusive Kurtaxe",
  answer: "We arrive late because the ferry is late, as it was last year. ".repeat(15),
  price: { amount: 1_234_567_89, currency: "BRL" },
} as const;

const departments = ["reception", "housekeeping", "restaurant", "concierge"].map((id, n) => ({
  id,
  name: `Gästebetreuung Nr. ${String(n)}`,
  names: { nl: `${LONG.department} (${id})` },
  description: LONG.line.slice(0, 72),
}));
const hotelIn = (language: Language): HotelOptions => ({
  id: "grand",
  name: LONG.department,
  timeZone: "Europe/Rome",
  language,
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
  departments,
});

function begun(language: Language) {
  const small = smallPms(
    [aReservation({ number: LONG.number, name: LONG.name, from: "2026-09-23", to: "2026-12-30", guests: 20 })],
    LONG.room,
  );
  const bill = {
    total: LONG.price,
    due: LONG.price,
    lines: Array.from({ length: 12 }, () => ({ text: LONG.line, price: LONG.price })),
  };
  const offers = Array.from({ length: 9 }, (_, n) => ({
    offerId: `offer-${String(n)}`,
    kind: "other" as const,
    title: { en: `${LONG.offer} ${String(n)}` },
    price: LONG.price,
  }));
  const pms = { ...small.pms, bill: () => Promise.resolve(bill), offers: () => Promise.resolve(offers) };
  const rules = { version: "1", text: { en: "x".repeat(700) } };
  const create = () => Promise.resolve({ taskId: `HK-${"9".repeat(60)}` });
  const minutes = { housekeeping: 30, maintenance: 30 };
  const stay = scenario({
    storage: (clock) => memoryStorage({ clock }),
    hotel: hotelIn(language),
    flows: [
      checkIn({ pms, rules, identity: "fields" }),
      guestRequest({ tasks: { create }, promiseMinutes: minutes }),
      upsell({ pms }),
      checkOut({ pms, reviewUrl: `https://reviews.example/${"grand/".repeat(40)}` }),
    ],
  });
  return { stay, anna: stay.guest() };
}

/** All that the guest can come to, with the longest answers, each choice misunderstood once before it is made. */
async function walk(anna: ScenarioGuest, language: Language): Promise<void> {
  const [i, r, u, o] = [
    CHECK_IN_TEXTS.languages[language],
    REQUEST_TEXTS.languages[language],
    UPSELL_TEXTS.languages[language],
    CHECK_OUT_TEXTS.languages[language],
  ];
  const chooses = async (option: string): Promise<void> => {
    await anna.says("?!");
    await anna.taps(option);
  };
  await anna.says("hello");
  for (const says of ["check in", LONG.number, LONG.name]) await anna.says(says);
  await chooses(i.confirmYes);
  for (const says of [LONG.answer, "1985-03-24", LONG.answer, LONG.answer, LONG.answer]) await anna.says(says);
  await chooses(i.rulesYes);
  await chooses(i.summaryChange);
  await chooses(i.changeArrival);
  await anna.says(LONG.answer);
  await chooses(i.summaryYes);
  await anna.says("housekeeping");
  await chooses(r.maintenance);
  await anna.says(LONG.answer);
  await chooses(r.photoNo);
  await anna.says(LONG.room);
  await anna.says("skip");
  for (const says of ["late check out", LONG.number, LONG.name]) await anna.says(says);
  await anna.says("?!");
  await anna.says("1");
  expect(anna.phone.at(-1)?.text).toBe(u.asking);
  await anna.waits("3h");
  for (const says of ["check out", LONG.number, LONG.name]) await anna.says(says);
  await chooses(o.billYes);
  await chooses(o.score5);
  await anna.says(LONG.answer);
}

test.each(LANGUAGES)(
  "with the longest names, rooms, answers, offers and bills WhatsApp takes all that is said in %s, and buttons stay buttons",
  async (language) => {
    const { anna, stay } = begun(language);
    await walk(anna, language);
    expect(await anna.run()).toMatchObject({ status: "finished" });
    const labels: readonly string[] = [
      ...Object.values(CHECK_IN_TEXTS.languages[language]),
      ...Object.values(CHECK_OUT_TEXTS.languages[language]),
      ...Object.values(UPSELL_TEXTS.languages[language]),
      MENU_TEXTS[language].menuButton,
    ];
    for (const { content } of anna.phone) {
      expect(() => {
        checkContent(content, false);
      }).not.toThrow();
      if (content.type === "list") expect(labels).toContain(content.button);
    }
    const shownAs = (title: string) => anna.phone.find(({ options }) => options.includes(title))?.content.type;
    const { confirmYes, rulesYes, summaryYes } = CHECK_IN_TEXTS.languages[language];
    for (const title of [confirmYes, rulesYes, summaryYes, CHECK_OUT_TEXTS.languages[language].billYes])
      expect([title, shownAs(title)]).toEqual([title, "buttons"]);
    expect(stay.events.filter(({ body }) => body.type === "conversation.rated")).toHaveLength(1);
  },
);
