import { createHash } from "node:crypto";
import { expect } from "vitest";
import {
  BOOKING_TEXTS,
  CHECK_IN_TEXTS,
  CHECK_OUT_TEXTS,
  LANGUAGES,
  REQUEST_PHRASES,
  REQUEST_TEXTS,
  UPSELL_TEXTS,
  type Language,
} from "../../src/flows/index.js";
import { TASK_UPDATES } from "../../src/domain/task-words.js";
import type { PmsEvent } from "../../src/index.js";
import type { FakeGuest, FakeWhatsApp, PhoneMessage, PmsBooking } from "../../src/testing/index.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { HOUSE_RULES, INVITATIONS, REVIEWS } from "../harness/stay-flows.js";
import { aPng } from "../support/files.js";
import { openOutside, VERIFIED, type Outside } from "./outside.js";

const GUEST = "12025550101";
export const PASSPORT = aPng(4_711, 48, 32);
export const LAMP = aPng(77);
const AT = { hotelId: "grand", reservationId: "res-1" };

/** A hotel's backend, of one process or several, that can be killed while it works. */
export interface House {
  readonly fake: Pick<FakeWhatsApp, "guest" | "phone" | "accepted">;
  /** Where its API is, whoever of its processes lives. */
  readonly base: string;
  /** Ends the process that works, as `kill -9` does; another works from then on. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

interface Story {
  readonly house: House;
  readonly outside: Outside;
  /** What the phone showed of the hotel, in order, and what it had to show. */
  readonly shown: readonly string[];
  readonly expected: readonly string[];
  readonly deaths: number;
  /** Asks the desk's API, as an admin does. */
  readonly ask: (path: string, body?: object) => Promise<Answer>;
}
type Answer = Readonly<Record<string, any>>;

const dayFrom = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

const bookingIn = (language: Language): PmsBooking => ({
  hotelId: "grand",
  guest: { waId: GUEST },
  reservation: {
    reservationId: "res-1",
    number: "AB-1234",
    status: "booked",
    name: "Anna Rossi",
    from: dayFrom(1),
    to: dayFrom(3),
    guests: 2,
    room: null,
    language,
  },
  offers: [
    {
      offerId: "late-14",
      kind: "lateCheckOut",
      title: { en: "Until 14:00" },
      price: { amount: 3_000, currency: "EUR" },
    },
  ],
  bill: {
    total: { amount: 36_000, currency: "EUR" },
    // They have paid more than the bed: what they may wish for besides is covered.
    due: { amount: -3_000, currency: "EUR" },
    lines: [{ text: "Bed", price: { amount: 36_000, currency: "EUR" } }],
  },
});

/** Where a text begins: up to what is filled in, or its first line. */
const begins = (text: string): string => text.split("\n")[0]?.split("{")[0] ?? "";

const SKIP: Readonly<Record<Language, string>> = {
  en: "skip",
  it: "salta",
  es: "omitir",
  pt: "pular",
  de: "überspringen",
  fr: "passer",
};

/**
 * A whole stay in a language, from the booking to the review, or to a person for who was not happy: WhatsApp and the PMS tell everything twice, and between all
 * that the guest does the process that works is killed.
 * @param killed after so many acts each time; 0: never @param deadly calls to the hotel's own systems that end the process before it hears the answer
 */
export async function wholeStay(
  language: Language,
  open: (outsideUrl: string) => Promise<House>,
  how: { readonly killed: number; readonly deadly?: readonly string[]; readonly isHappy?: boolean },
): Promise<Story> {
  const ends: (() => Promise<unknown>)[] = [];
  try {
    return await lived(language, open, how, ends);
  } catch (error) {
    for (const end of ends.reverse()) await end();
    throw error;
  }
}

async function lived(
  language: Language,
  open: (outsideUrl: string) => Promise<House>,
  { killed, deadly = [], isHappy = true }: Parameters<typeof wholeStay>[2],
  ends: (() => Promise<unknown>)[],
): Promise<Story> {
  let house: House | null = null;
  let deaths = 0;
  const ask = async (path: string, body?: object): Promise<Answer> => {
    for (;;) {
      const answer = await fetch(`${house?.base ?? ""}/api${path}`, {
        method: body === undefined ? "GET" : "POST",
        ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }).catch(() => null);
      const json = answer === null ? null : ((await answer.json().catch(() => null)) as Answer | null);
      if (answer !== null && json !== null && answer.status < 300) return json;
      // Whoever was killed has answered nobody.
      if (answer !== null && answer.status < 500)
        throw new Error(`${path}: ${String(answer.status)} ${JSON.stringify(json)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const tell = async (event: PmsEvent): Promise<void> => {
    await ask("/pms/events", event);
    expect(await ask("/pms/events", event)).toMatchObject({ outcome: "repeated" });
  };
  const outside = await openOutside(tell);
  ends.push(() => outside.close());
  const here = await open(outside.url);
  ends.push(() => here.close());
  house = here;
  const kill = async (): Promise<void> => {
    deaths += 1;
    await here.kill();
  };
  outside.diesAt(deadly, kill);

  const anna: FakeGuest = here.fake.guest(GUEST);
  const phone = (): readonly PhoneMessage[] =>
    here.fake.phone(GUEST, GRAND_NUMBER).filter(({ from }) => from === "hotel");
  const expected: string[] = [];
  let acts = 0;
  /** The phone shows these besides what it showed before, one after the other; then the process may die. */
  async function showing(before: number, ...shows: readonly string[]): Promise<void> {
    expected.push(...shows.map(begins));
    await eventually(`the phone shows "${shows.join('", "')}" in ${language}`, () =>
      Promise.resolve(phone().length >= before + shows.length),
    ).catch((error: unknown) => {
      const last = phone()
        .slice(-3)
        .map(({ text }) => text);
      throw new Error(`It showed last: ${JSON.stringify(last)}`, { cause: error });
    });
    acts += 1;
    if (killed > 0 && acts % killed === 0) await kill();
  }
  async function act(does: () => Promise<unknown>, ...shows: readonly string[]): Promise<void> {
    const before = phone().length;
    await does();
    await showing(before, ...shows);
  }
  const says = (text: string, ...shows: readonly string[]) => act(() => anna.says(GRAND_NUMBER, text), ...shows);
  const taps = (option: string, ...shows: readonly string[]) => act(() => anna.taps(GRAND_NUMBER, option), ...shows);
  const sends = (bytes: Buffer, ...shows: readonly string[]) =>
    act(() => anna.sendsFile(GRAND_NUMBER, { kind: "image", bytes, mimeType: "image/png" }), ...shows);
  const [b, i, r, u, o] = [
    BOOKING_TEXTS.languages[language],
    CHECK_IN_TEXTS.languages[language],
    REQUEST_TEXTS.languages[language],
    UPSELL_TEXTS.languages[language],
    CHECK_OUT_TEXTS.languages[language],
  ];
  const told = (status: keyof typeof TASK_UPDATES) => TASK_UPDATES[status].texts[language] ?? "";
  const skip = SKIP[language];

  /** What is about a booking asks whose it is, unless the desk knows that. */
  async function about(does: () => Promise<unknown>, shows: string): Promise<void> {
    const before = phone().length;
    await does();
    await eventually(`something about a booking in ${language}`, () => Promise.resolve(phone().length > before));
    const isAsked = phone().at(-1)?.text === b.askNumber;
    await showing(before, isAsked ? b.askNumber : shows);
    if (!isAsked) return;
    await says("AB-1234", b.askName);
    await says("Rossi", shows);
  }

  // The PMS knows a booking: the guest is asked to check in.
  await act(() => outside.pms.book(bookingIn(language)), "Anna Rossi");
  await about(() => anna.taps(GRAND_NUMBER, INVITATIONS[language][1]), i.confirm);
  await taps(i.confirmYes, i.askPhoto);
  await sends(PASSPORT, i.askArrival);
  await says("18:30", i.askRequests);
  await says("A cot", HOUSE_RULES[language]);
  await taps(i.rulesYes, i.summary);
  await taps(i.summaryChange, i.askChange);
  await taps(i.changeArrival, i.askArrival);
  await says("19:30", i.summary);
  await taps(i.summaryYes, i.done);
  // In the room something is broken.
  const phrase = REQUEST_PHRASES[LANGUAGES.indexOf(language)] ?? "";
  await says(phrase.replace("{room}", "12"), r.askKind);
  await taps(r.maintenance, r.askBroken);
  await says("Lamp", r.askHasPhoto);
  await taps(r.photoYes, r.askPhoto);
  await sends(LAMP, r.askWhen);
  await says(skip, r.noted);
  const task = await eventually("the task is there", () => Promise.resolve([...outside.pms.requests.keys()][0]));
  await act(() => outside.pms.does(task, "started"), told("started"));
  await act(() => outside.pms.does(task, "done"), told("done"));
  // They would like to stay longer, and staff say yes.
  await about(() => anna.says(GRAND_NUMBER, "late check out"), u.askOffer);
  await taps("Until 14:00", u.asking);
  await act(async () => {
    const { id, approvalId } = await eventually("staff are asked", async () => {
      const { items } = await ask("/conversations?hotel=grand");
      for (const { id } of items as { id: string }[]) {
        const { run } = await ask(`/conversations/${id}/flow`);
        if (run?.approval?.decision === null) return { id, approvalId: run.approval.id as string };
      }
      return null;
    });
    await ask(`/conversations/${id}/approval`, { approvalId, approved: true });
  }, u.booked);
  // They leave, with a question about the bill.
  await about(() => anna.says(GRAND_NUMBER, "check out"), o.bill);
  await taps(o.billQuestion, o.helpBill);
  await act(async () => {
    const { items } = await ask("/conversations?hotel=grand&status=open");
    const talk = (items as { id: string; mode: string; speaker: string }[]).find(
      ({ mode, speaker }) => mode === "flow" && speaker === "human",
    );
    await ask(`/conversations/${talk?.id ?? ""}/giveback`, {});
  }, o.bill);
  await taps(o.billYes, o.checkedOut, o.askCsat);
  await taps(isHappy ? o.score5 : o.score1, isHappy ? o.askWhyGood : o.askWhyBad);
  await says("Breakfast", isHappy ? o.review : o.unhappy);
  return { house: here, outside, expected, deaths, ask, shown: phone().map(({ text = "" }) => text) };
}

/** What has to be so after a whole stay, whatever died on the way. @param isHappy as it was told */
export async function checkStay(
  { outside, shown, expected, ask, house }: Story,
  language: Language,
  isHappy = true,
): Promise<void> {
  // Nothing twice at the phone, nothing missing, in this order.
  expect(shown.map((text, index) => text.slice(0, expected[index]?.length ?? 0))).toEqual(expected);
  expect(expected.every((text) => text !== "")).toBe(true);
  if (isHappy) expect(shown.at(-1)).toContain(REVIEWS);

  // One reservation, updated once by each.
  const { pms, keys, photos, feedback } = outside;
  for (const name of ["checkIn", "charge", "checkOut", "feedback", "createTask"])
    expect([name, keys.get(name)?.size]).toEqual([name, 1]);
  expect(pms.told.filter(({ kind }) => kind === "checked_in")).toHaveLength(1);
  expect(pms.told.filter(({ kind }) => kind === "checked_out")).toHaveLength(1);
  expect(pms.reservation(AT)).toMatchObject({ status: "checkedOut", room: "12" });
  const answers = pms.checkIns.get("res-1");
  const sha256 = createHash("sha256").update(HOUSE_RULES[language]).digest("hex");
  expect(answers).toMatchObject({
    guests: 2,
    nights: 2,
    arrival: "19:30",
    requests: "A cot",
    identity: { how: "photo", fields: VERIFIED },
    rules: { document: "house-rules", version: "2026-11", sha256 },
  });
  expect([...pms.requests.values()]).toMatchObject([
    { kind: "maintenance", room: "12", what: "Lamp", language, attachmentIds: [expect.any(String)] },
  ]);
  expect([...feedback.values()]).toMatchObject([{ score: isHappy ? 5 : 1, reason: "Breakfast" }]);
  expect(await pms.port.bill(AT)).toMatchObject({ total: { amount: 39_000 } });

  // The photo was looked at as it is; the proof of that is there once, and so is that of what they agreed to.
  for (const photo of photos) expect(photo.equals(PASSPORT)).toBe(true);
  const { identity, rules } = answers ?? {};
  const document = identity?.how === "photo" ? (identity.attachmentId ?? "") : "";
  const { items } = (await ask("/audit?hotel=grand&limit=100")) as {
    items: { action: string; reason: string; target: { id: string } }[];
  };
  const of = (action: string) => items.filter((entry) => entry.action === action);
  expect(of("attachment.discard")).toMatchObject([{ reason: "identity_verified", target: { id: document } }]);
  expect(of("guest.agree")).toMatchObject([
    { reason: `house-rules 2026-11 sha256:${sha256}`, target: { id: rules?.agreedIn } },
  ]);
  expect(of("conversation.approve")).toHaveLength(1);
  expect(await ask(`/attachments/${document}/about`)).toMatchObject({
    state: "discarded",
    purpose: "identity",
  });
  // Tasks are closed.
  const conversations = ((await ask("/conversations?hotel=grand&limit=100"))["items"] ?? []) as { id: string }[];
  const tasks = await Promise.all(
    conversations.map(async ({ id }) => (await ask(`/conversations/${id}/tasks`))["items"]),
  );
  expect(tasks.flat()).toMatchObject([{ status: "done" }]);
  expect(new Set(house.fake.accepted.map(({ correlationId }) => correlationId)).size).toBe(house.fake.accepted.length);
}
