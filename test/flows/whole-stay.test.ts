import { describe, expect, test } from "vitest";
import {
  BOOKING_TEXTS,
  CHECK_IN_TEXTS,
  CHECK_OUT_TEXTS,
  checkIn,
  checkOut,
  guestRequest,
  LANGUAGES,
  REQUEST_PHRASES,
  REQUEST_TEXTS,
  UPSELL_TEXTS,
  upsell,
  type GuestRequest,
  type Language,
} from "../../src/flows/index.js";
import type { Moment } from "../../src/testing/scenario.js";
import { stayWith } from "../flow/world.js";
import { aReservation, smallPms } from "./hotel.js";

const RULES = { version: "1", text: { en: "Quiet.", it: "Silenzio.", de: "Ruhe." } };
/** Whoever dies while sending leaves a message of which nobody knows whether it was sent: another story (F23). */
const isCommit = ({ work, verb }: Moment): boolean => work !== "outbound" && verb === "commit";

/** A whole stay in a language: each message delivered twice, the process killed at every so many commits and between all acts. */
async function wholeStay(language: Language, every: number) {
  const hotel = smallPms([aReservation()]);
  const tasks = new Map<string, GuestRequest>();
  const ratings = new Map<string, number>();
  const { pms } = hotel;
  let count = 0;
  const stay = stayWith(
    [
      checkIn({ pms, rules: RULES, identity: "fields" }),
      guestRequest({
        tasks: {
          create(request) {
            tasks.set(request.idempotencyKey, request);
            return Promise.resolve({ taskId: `T-${String(tasks.size)}` });
          },
        },
        promiseMinutes: { housekeeping: 30 },
      }),
      upsell({ pms }),
      checkOut({
        pms,
        reviewUrl: "https://reviews.example/grand",
        onFeedback: ({ idempotencyKey, score }) => Promise.resolve(void ratings.set(idempotencyKey, score)),
      }),
    ],
    {
      doubled: true,
      crashes: (moment) => isCommit(moment) && ++count % every === 0,
      hotel: {
        id: "grand",
        timeZone: "Europe/Rome",
        language,
        numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
        departments: [
          { id: "reception", name: "Reception" },
          { id: "housekeeping", name: "Housekeeping" },
        ],
      },
    },
  );
  const anna = stay.guest();
  let acts = 0;
  const acted = async (act: Promise<readonly string[]>): Promise<string> => {
    acts += 1;
    const said = await act;
    const late = said.length > 0 ? said : await anna.waits("10s");
    stay.crash();
    return late.join("\n");
  };
  const says = (text: string) => acted(anna.says(text));
  const taps = (option: string) => acted(anna.taps(option));
  const inIt = <K extends string>({ languages }: { languages: Record<Language, Record<K, string>> }) =>
    languages[language];
  const [b, i, r, u, o] = [
    inIt(BOOKING_TEXTS),
    inIt(CHECK_IN_TEXTS),
    inIt(REQUEST_TEXTS),
    inIt(UPSELL_TEXTS),
    inIt(CHECK_OUT_TEXTS),
  ];
  const said: (readonly [string, string])[] = [];
  const expected = (text: string, of: string) => said.push([text, of.split("\n")[0]?.split("{")[0] ?? ""]);

  await says("hello");
  // What the PMS tells begins it: the booking is known.
  expected(await acted(stay.staff.starts(anna, "check-in", { reservationId: "res-1" })), i.confirm);
  expected(await taps(i.confirmYes), i.askIdName);
  expected(await says("Anna Rossi"), i.askBirthDate);
  expected(await says("1985-03-24"), i.askNationality);
  expected(await says("Italia"), i.askArrival);
  expected(await says("18:30"), i.askRequests);
  expected(await says("skip"), (RULES.text as Readonly<Record<string, string>>)[language] ?? RULES.text.en);
  expected(await taps(i.rulesYes), i.summary);
  expected(await taps(i.summaryChange), i.askChange);
  expected(await taps(i.changeArrival), i.askArrival);
  expected(await says("19:30"), i.summary);
  expected(await taps(i.summaryYes), i.done);

  expected(await says((REQUEST_PHRASES[LANGUAGES.indexOf(language)] ?? "").replace("{room}", "12")), r.askKind);
  expected(await taps(r.housekeeping), r.askWhat);
  expected(await says("2 x"), r.askWhen);
  expected(await says("skip"), r.doneBy);

  expected(await says("late check out"), b.askNumber);
  expected(await says("AB-1234"), b.askName);
  expected(await says("Rossi"), u.askOffer);
  expected(await taps(language === "it" ? "Check-out alle 14:00" : "Check-out at 14:00"), u.asking);
  expected(await acted(stay.staff.decides(anna, true)), u.booked);

  expected(await says("check out"), b.askNumber);
  expected(await says("AB-1234"), b.askName);
  expected(await says("Rossi"), o.bill);
  expected(await taps(o.billYes), o.checkedOut);
  expected(await taps(o.score5), o.askWhyGood);
  expected(await says("ok"), o.review);
  return { said, anna, stay, hotel, tasks, ratings, acts };
}

describe.each([...LANGUAGES])(
  "a whole stay in %s, with everything twice and the process killed in between",
  (language) => {
    test.each([2, 3, 7])("at every commit of %i", async (every) => {
      const { said, stay, hotel, tasks, ratings, anna, acts } = await wholeStay(language, every);
      for (const [text, begins] of said) {
        expect(begins).not.toBe("");
        expect(text).toContain(begins);
      }
      expect(stay.deaths, "between all acts, and in them").toBeGreaterThan(acts + 5);
      // One reservation, updated once by each.
      expect(hotel.checkIns).toMatchObject([
        {
          arrival: "19:30",
          requests: null,
          identity: { how: "fields", name: "Anna Rossi", birthDate: "1985-03-24" },
          rules: { document: "house-rules", version: "1" },
        },
      ]);
      expect(hotel.charges).toEqual(["late-14"]);
      expect(hotel.checkOuts).toEqual(["res-1"]);
      expect([...tasks.values()]).toMatchObject([{ room: "12", what: "2 x", language }]);
      expect([...ratings.values()]).toEqual([5]);
      const { items } = await stay.staff.desk.audit({ hotel: "grand", limit: 100 });
      expect(items.filter(({ action }) => action === "guest.agree")).toHaveLength(1);
      expect(items.filter(({ action }) => action === "conversation.approve")).toHaveLength(1);
      expect(new Set(anna.phone.map(({ wamid }) => wamid)).size).toBe(anna.phone.length);
    });
  },
);
