import { describe, expect, test } from "vitest";
import { defineFlow, keyword, type Flow } from "../../src/index.js";
import { checkIn, type CheckInOptions } from "../../src/flows/index.js";
import type { CheckInResult, PmsPort, Reservation } from "../../src/ports/pms.js";
import { memoryPms, type PmsBooking } from "../../src/testing/index.js";
import type { ScenarioOptions } from "../../src/testing/scenario.js";
import { stayWith } from "../flow/world.js";
import { aReservation, smallPms } from "./hotel.js";

const RULES = { version: "2026-03", text: { en: "Quiet from ten." } };
const NUMBER = "What is your booking number? If you do not have it at hand, write *skip*.";
const OWN = aReservation();
const PARENTS = aReservation({ reservationId: "res-2", number: "CD-5678", name: "Maria Bianchi", guests: 1 });

function hotel(
  more: Partial<CheckInOptions> = {},
  reservations: readonly Reservation[] = [OWN, PARENTS],
  options: Partial<ScenarioOptions> = {},
) {
  const own = smallPms(reservations);
  const checkedIn: string[] = [];
  const pms: PmsPort = {
    ...own.pms,
    checkIn(request) {
      checkedIn.push(request.reservationId);
      return own.pms.checkIn(request);
    },
  };
  const stay = stayWith([checkIn({ pms, rules: RULES, ...more })], options);
  const anna = stay.guest();
  const all = async (...lines: readonly string[]): Promise<string> => {
    let last: readonly string[] = [];
    for (const line of lines) last = await anna.says(line);
    return last.join("\n");
  };
  return { stay, anna, all, checkedIn, ...own, pms };
}

describe("a guest who turns to another booking at the summary", () => {
  const begun = async (more: Partial<CheckInOptions> = {}) => {
    const made = hotel({ identity: "fields", ...more });
    const { all } = made;
    await all("check in", "AB-1234", "Rossi", "Number of guests", "4");
    const summary = await all("Anna Rossi", "24 March 1985", "Italian", "at six", "a cot", "I agree");
    expect(summary).toContain("Guests: 4\nIdentity: Anna Rossi, 24 March 1985, Italian\nArrival: at six");
    return made;
  };

  test("is asked anew who comes, when, with what wishes, and whether they agree; nothing of the first booking is told of the second (M19)", async () => {
    const { all, anna, checkIns, checkedIn, stay } = await begun();
    await all("Change something", "The booking", "CD-5678");
    expect(await anna.says("Bianchi")).toEqual([
      "Your booking CD-5678:\nMaria Bianchi\nTue 10 November – Fri 13 November\nNights: 3, guests: 1\n\nIs that right?",
    ]);
    expect(await all("Yes")).toBe("What is your full name, as it stands in your passport or identity card?");
    expect(await all("Maria Bianchi", "3 May 1950", "Italian")).toBe("At about what time will you arrive?");
    expect(await all("at nine", "skip")).toBe("Quiet from ten.\n\nDo you agree to the house rules?");
    expect(await all("I agree")).toBe(
      "Please have a look:\n\nGuests: 1\nIdentity: Maria Bianchi, 3 May 1950, Italian\nArrival: at nine\nRequests: none\nHouse rules: agreed\n\nIs everything right?",
    );
    await all("Check in");
    expect(checkedIn).toEqual(["res-2"]);
    expect(checkIns).toMatchObject([
      { guests: 1, arrival: "at nine", requests: null, identity: { name: "Maria Bianchi", birthDate: "1950-05-03" } },
    ]);
    const { items } = await stay.staff.desk.audit({ hotel: "grand", limit: 100 });
    expect(
      items.filter(({ action }) => action === "guest.agree"),
      "each of them was agreed to",
    ).toHaveLength(2);
  });

  test("does not take the document with them that was looked at for the first", async () => {
    const verify = () => Promise.resolve({ readable: true } as const);
    // This desk keeps no files: there is nothing to look at, and the document is shown at reception.
    const { all, anna, checkIns } = hotel({ identity: "photo", verify });
    await all("check in", "AB-1234", "Rossi", "Yes");
    await anna.sendsPhoto();
    expect(await all("at six", "skip", "I agree")).toContain("Identity: document at reception");
    await all("Change something", "The booking", "CD-5678", "Bianchi");
    expect(await all("Yes")).toContain("Please send a photo of your passport or identity card.");
    await anna.sendsPhoto();
    await all("at six", "skip", "I agree", "Check in");
    expect(checkIns).toHaveLength(1);
  });

  test("fills in the form once more, where there is one", async () => {
    const { all, anna, checkIns } = hotel({ form: { form: { id: "77" }, screen: "CHECK_IN" } });
    await all("check in", "AB-1234", "Rossi", "Yes");
    await anna.fillsIn({ guests: 2, arrival: "at six", requests: "a cot", rules: true });
    await all("Change something", "The booking", "CD-5678", "Bianchi");
    expect(await anna.taps("Yes")).toEqual(["Please fill in this form to check in."]);
    const [summary] = await anna.fillsIn({ guests: 1, arrival: "at nine", requests: "", rules: true });
    expect(summary).toContain("Guests: 1\nArrival: at nine\nRequests: none");
    await anna.taps("Check in");
    expect(checkIns).toMatchObject([{ guests: 1, arrival: "at nine", requests: null }]);
  });

  test("and comes back to their own after a search that found nothing is asked nothing again", async () => {
    const { all, checkIns } = await begun();
    await all("Change something", "The booking", "ZZ-1", "Nobody", "AB-1234", "Rossi");
    expect(await all("Yes")).toContain("Guests: 4\nIdentity: Anna Rossi, 24 March 1985, Italian\nArrival: at six");
    await all("Check in");
    expect(checkIns).toMatchObject([{ guests: 4, requests: "a cot" }]);
  });
});

describe("a reservation is checked in once", () => {
  test("two guests of one room check in at the same time: who comes second hears that it is done, and the room (N15)", async () => {
    const { stay, all, anna, checkIns } = hotel();
    const ben = stay.guest("Ben");
    await all("check in", "AB-1234", "Rossi", "Yes", "at six", "skip", "I agree");
    for (const says of ["check in", "AB-1234", "Rossi", "Yes", "at nine", "skip", "I agree"]) await ben.says(says);
    expect(await anna.taps("Check in")).toEqual([
      "You are checked in. Your room is 12. We look forward to seeing you.",
    ]);
    expect(await ben.taps("Check in")).toEqual([
      "You are checked in already. Your room is 12. Write to us here whenever you need something.",
    ]);
    expect(await ben.run()).toMatchObject({ status: "finished" });
    expect(checkIns, "the PMS has what the first answered").toMatchObject([{ arrival: "at six" }]);
  });

  test("a guest who comes again hears that it is done: the room, where the desk knows that it is theirs, and no room to somebody who typed a number and a name", async () => {
    const { stay, all, checkIns } = hotel({}, [aReservation({ status: "checkedIn", room: "12" })]);
    expect(await all("check in", "AB-1234", "Rossi")).toBe(
      "You are checked in already. Write to us here whenever you need something.",
    );
    expect(await stay.staff.starts(stay.guest(), "check-in", { reservationId: "res-1" })).toEqual([
      "You are checked in already. Your room is 12. Write to us here whenever you need something.",
    ]);
    expect(checkIns).toEqual([]);
  });

  test("where the room is not known yet it is not named", async () => {
    const already: CheckInResult = { outcome: "already", room: null };
    const own = smallPms();
    const pms: PmsPort = { ...own.pms, checkIn: () => Promise.resolve(already) };
    const stay = stayWith([checkIn({ pms })]);
    const anna = stay.guest();
    for (const says of ["check in", "AB-1234", "Rossi", "Yes", "at six", "skip"]) await anna.says(says);
    expect(await anna.taps("Check in")).toEqual([
      "You are checked in already. Write to us here whenever you need something.",
    ]);
  });
});

test("a guest whose booking says that they speak German is spoken to in German once it is found", async () => {
  const { all } = hotel({}, [aReservation({ language: "de" })]);
  expect(await all("check in", "AB-1234")).toBe("What is the family name on the booking?");
  expect(await all("Rossi")).toContain("Ihre Buchung AB-1234:");
});

describe("a guest whose booking is not found", () => {
  test("has no more tries by beginning again: the third miss is a person's, whatever was written in between", async () => {
    const { all, anna, stay } = hotel();
    expect(await all("check in", "ZZ-1", "Rossi")).toContain("Let us try once more.");
    expect(await all("restart")).toBe(NUMBER);
    expect(await all("ZZ-2", "Rossi")).toContain("Let us try once more.");
    await all("restart");
    expect(await all("ZZ-3", "Rossi")).toBe(
      "I still cannot find your booking. Someone from our team will help you here in the chat.",
    );
    expect(await anna.run()).toMatchObject({ status: "handedOff" });
    // Given back, one more miss is a person's again.
    await stay.staff.givesBack(anna);
    expect(await all("ZZ-4", "Rossi")).toContain("Someone from our team will help you");
  });
});

describe("what a form or a note says", () => {
  test("a form without the number of guests: who says that the booking has it wrong is asked in the chat", async () => {
    const { all, anna, checkIns } = hotel({ form: { form: { id: "77" }, screen: "CHECK_IN" } });
    await all("check in", "AB-1234", "Rossi", "Number of guests");
    expect(await anna.fillsIn({ arrival: "at six", requests: "", rules: true })).toEqual([
      "How many of you will stay, children included?",
    ]);
    expect(await anna.says("5")).toEqual([expect.stringContaining("Guests: 5") as string]);
    await anna.taps("Check in");
    expect(checkIns).toMatchObject([{ guests: 5 }]);
  });

  test("a form that says that somebody is born next year: who comes is asked in the chat", async () => {
    const { all, anna, checkIns } = hotel({ identity: "fields", form: { form: { id: "77" }, screen: "CHECK_IN" } });
    await all("check in", "AB-1234", "Rossi", "Yes");
    const fields = {
      guests: 2,
      arrival: "at six",
      requests: "",
      rules: true,
      name: "Anna Rossi",
      nationality: "Italian",
    };
    expect(await anna.fillsIn({ ...fields, birth_date: "2027-01-01" })).toEqual([
      "What is your full name, as it stands in your passport or identity card?",
    ]);
    await all("Anna Rossi", "24 March 1985", "Italian", "Check in");
    expect(checkIns).toMatchObject([{ identity: { how: "fields", birthDate: "1985-03-24" } }]);
  });

  test("no note to staff says when a guest was born, or what stands in their document (M19)", async () => {
    const { all, anna, stay } = hotel({ identity: "fields" });
    await all("check in", "AB-1234", "Rossi", "Yes", "Anna Maria Rossi", "24 March 1985", "Sammarinese", "at six");
    await all("human");
    const note = (await stay.staff.notes(anna)).at(-1) ?? "";
    expect(note).toContain("arrival: at six");
    expect(note).not.toMatch(/Anna Maria|1985|Sammarinese|idName|birthDate/);

    const form = hotel({ identity: "fields", form: { form: { id: "77" }, screen: "CHECK_IN" } });
    await form.all("check in", "AB-1234", "Rossi", "Yes");
    const who = { name: "Anna Maria Rossi", birth_date: "1985-03-24", nationality: "Sammarinese" };
    await form.anna.fillsIn({ guests: 2, arrival: "at six", requests: "", rules: true, ...who });
    await form.all("human");
    const filledIn = (await form.stay.staff.notes(form.anna)).at(-1) ?? "";
    expect(filledIn).toContain("details.arrival: at six");
    expect(filledIn).not.toMatch(/Anna Maria|1985|Sammarinese/);
  });
});

describe("a guest who taps a template's button to check in", () => {
  const booked = (reservationId: string, more: Partial<Reservation> = {}): PmsBooking => ({
    hotelId: "grand",
    guest: { waId: "12025550100" },
    reservation: aReservation({ reservationId, number: `N-${reservationId}`, ...more }),
  });
  const choosesLanguage = (): Flow =>
    defineFlow({ id: "language", version: 1, triggers: [keyword("language")] })
      .choose("language", { text: "Which?", options: { en: "English", it: "Italiano" }, speaks: true })
      .build();
  async function told(...given: readonly (PmsBooking | Flow)[]) {
    const books = given.flatMap((one) => ("reservation" in one ? [one] : []));
    const flows = given.flatMap((one) => ("steps" in one ? [one] : []));
    const inbox: Parameters<ReturnType<typeof stayWith>["pms"]>[0][] = [];
    const pms = memoryPms({ tells: ({ hotelId: _, ...event }) => Promise.resolve(inbox.push(event)) });
    const stay = stayWith([checkIn({ pms: pms.port }), ...flows]);
    for (const book of books) await pms.book(book);
    for (const event of inbox) await stay.pms(event);
    const anna = stay.guest();
    expect(anna.waId).toBe("12025550100");
    return { stay, anna, pms, taps: () => anna.sends("button", { payload: "check-in", text: "Check in" }) };
  }

  test("and has one booked stay is not asked for its number", async () => {
    const { taps, anna, pms } = await told(booked("R-1"), { ...booked("R-9"), guest: { waId: "12025559999" } });
    expect(await taps()).toEqual([expect.stringContaining("Your booking N-R-1:") as string]);
    for (const says of ["Yes", "at six", "skip", "Check in"]) await anna.says(says);
    expect([...pms.checkIns.keys()]).toEqual(["R-1"]);
  });

  test("and is spoken to in the language of the booking from the first word on, whatever the hotel speaks; unless they have said another", async () => {
    const { taps, anna } = await told(booked("R-1", { language: "de" }));
    expect(await taps()).toEqual([expect.stringContaining("Ihre Buchung N-R-1:") as string]);
    expect(await anna.says("Ja")).toEqual(["Um wie viel Uhr kommen Sie ungefähr an?"]);

    const english = await told(booked("R-1", { language: "de_AT" }), choosesLanguage());
    for (const says of ["language", "English"]) await english.anna.says(says);
    expect(await english.taps()).toEqual([expect.stringContaining("Your booking N-R-1:") as string]);
  });

  test("and has none, or several, is asked", async () => {
    expect(await (await told()).taps()).toEqual([NUMBER]);
    expect(await (await told(booked("R-1"), booked("R-2"))).taps()).toEqual([NUMBER]);
  });

  test("and has another that is over, or was cancelled, means the one that is to come", async () => {
    const { taps, stay } = await told(booked("R-1"), booked("R-2"), booked("R-3"));
    const of = (reservationId: string, kind: "reservation_cancelled" | "checked_out") =>
      stay.pms({ eventId: `x${reservationId}`, reservationId, version: 9, kind });
    await of("R-2", "reservation_cancelled");
    await of("R-3", "checked_out");
    expect(await taps()).toEqual([expect.stringContaining("Your booking N-R-1:") as string]);
  });

  test("and whose PMS does not know the stay any more is asked", async () => {
    const { taps, pms } = await told(booked("R-1"));
    await pms.cancel({ hotelId: "grand", reservationId: "R-1" });
    expect(await taps()).toEqual([NUMBER]);
  });
});
