import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkIn, type CheckInOptions } from "../../src/flows/index.js";
import type { Reservation } from "../../src/ports/pms.js";
import type { ScenarioOptions } from "../../src/testing/scenario.js";
import { stayWith } from "../flow/world.js";
import { aReservation, smallPms } from "./hotel.js";

const RULES = { version: "2026-03", text: { en: "Quiet from ten.", it: "Silenzio dalle dieci." } };

function hotel(
  more: Partial<CheckInOptions> = {},
  reservations: readonly Reservation[] = [aReservation()],
  options: Partial<ScenarioOptions> = {},
) {
  const own = smallPms(reservations);
  const stay = stayWith([checkIn({ pms: own.pms, rules: RULES, ...more })], options);
  return { stay, anna: stay.guest(), ...own };
}

const NUMBER = "What is your booking number? If you do not have it at hand, write *skip*.";
const NAME = "What is the family name on the booking?";
const SUMMARY =
  "Please have a look:\n\nGuests: 2\nArrival: at six\nRequests: none\nHouse rules: agreed\n\nIs everything right?";

describe("a guest who checks in", () => {
  test("finds the booking, answers, confirms, and reads the room; the PMS is told once (S2, N15)", async () => {
    const { anna, checkIns, stay } = hotel({}, undefined, { doubled: true });
    expect(await anna.says("Check-in")).toEqual([NUMBER]);
    expect(await anna.says("ab 1234")).toEqual([NAME]);
    expect(await anna.says("rossi")).toEqual([
      "Your booking AB-1234:\nAnna Rossi\nTue 10 November – Fri 13 November\nNights: 3, guests: 2\n\nIs that right?",
    ]);
    expect(await anna.taps("Yes")).toEqual(["At about what time will you arrive?"]);
    expect(await anna.says("at six")).toEqual([
      "Is there anything that we should prepare for you? Write *skip* if there is not.",
    ]);
    expect(await anna.says("skip")).toEqual(["Quiet from ten.\n\nDo you agree to the house rules?"]);
    expect(await anna.taps("I agree")).toEqual([SUMMARY]);
    expect(await anna.taps("Check in")).toEqual([
      "You are checked in. Your room is 12. We look forward to seeing you.",
    ]);
    expect(checkIns).toEqual([
      {
        guests: 2,
        nights: 3,
        identity: null,
        arrival: "at six",
        requests: null,
        rules: {
          document: "house-rules",
          version: "2026-03",
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          at: stay.clock.now().toISOString(),
          askedIn: expect.any(String) as string,
          agreedIn: expect.any(String) as string,
        },
      },
    ]);
  });

  test("has proof in the audit of the house rules they agreed to: which text, when, in which message (M19)", async () => {
    const { anna, stay, checkIns } = hotel();
    for (const says of ["check in", "AB-1234", "Rossi", "yes", "at six", "skip", "I agree", "Check in"])
      await anna.says(says);
    const { items } = await stay.staff.desk.audit({ hotel: "grand" });
    const [proof] = items.filter(({ action }) => action === "guest.agree");
    const rules = checkIns[0]?.rules;
    expect(proof).toMatchObject({
      actor: { kind: "guest" },
      reason: `house-rules 2026-03 sha256:${rules?.sha256 ?? ""}`,
      target: { kind: "message", id: rules?.agreedIn },
    });
    const { items: messages } = await stay.staff.desk.messages(
      stay.events.findLast(({ body }) => body.type === "flow.ended")?.conversationId ?? "",
    );
    expect(messages.find(({ id }) => id === rules?.askedIn)?.content).toMatchObject({
      text: "Quiet from ten.\n\nDo you agree to the house rules?",
    });
  });

  test("changes any answer at the summary, and is asked nothing else again", async () => {
    const { anna, checkIns } = hotel();
    for (const says of ["check in", "AB-1234", "Rossi", "yes", "at six", "skip", "I agree"]) await anna.says(says);
    expect(await anna.taps("Change something")).toEqual(["What would you like to change?"]);
    expect(await anna.taps("Time of arrival")).toEqual(["At about what time will you arrive?"]);
    expect(await anna.says("at nine")).toEqual([SUMMARY.replace("at six", "at nine")]);
    await anna.taps("Change something");
    expect(await anna.taps("Number of guests")).toEqual(["How many of you will stay, children included?"]);
    expect(await anna.says("a crowd")).toHaveLength(1);
    expect(await anna.says("3")).toEqual([SUMMARY.replace("at six", "at nine").replace("Guests: 2", "Guests: 3")]);
    await anna.taps("Change something");
    await anna.taps("Requests");
    expect(await anna.says("a cot")).toHaveLength(1);
    await anna.taps("Change something");
    expect(await anna.taps("House rules")).toEqual(["Quiet from ten.\n\nDo you agree to the house rules?"]);
    await anna.taps("I agree");
    await anna.taps("Change something");
    expect(await anna.taps("The booking")).toEqual([NUMBER]);
    await anna.says("AB-1234");
    await anna.says("Rossi");
    expect(await anna.taps("Yes")).toEqual([
      SUMMARY.replace("at six", "at nine").replace("Guests: 2", "Guests: 3").replace("none", "a cot"),
    ]);
    await anna.taps("Check in");
    expect(checkIns).toMatchObject([{ guests: 3, arrival: "at nine", requests: "a cot" }]);
  });

  test("is helped by a person after the booking was not found three times, and goes on when given back", async () => {
    const { anna, stay, change } = hotel();
    await anna.says("check in");
    for (const number of ["ZZ-1", "ZZ-2"]) {
      await anna.says(number);
      expect(await anna.says("Rossi")).toEqual([
        "I cannot find a booking with these details. Let us try once more.",
        NUMBER,
      ]);
    }
    await anna.says("skip");
    await anna.says("Rosso");
    expect(await anna.says("today")).toEqual([
      "I still cannot find your booking. Someone from our team will help you here in the chat.",
    ]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "step" });
    expect((await stay.staff.notes(anna)).at(-1)).toContain("The booking was not found.");
    change("res-1", { name: "Anna Rosso" });
    expect(await stay.staff.givesBack(anna)).toEqual([NUMBER]);
    await anna.says("skip");
    await anna.says("Rosso");
    expect(await anna.says("today")).toHaveLength(1);
    expect(await anna.run()).toMatchObject({ step: "confirm" });
  });

  test("whose name has several bookings is asked for the number; the number alone tells nobody anything", async () => {
    const { anna } = hotel({}, [aReservation(), aReservation({ reservationId: "res-2", number: "AB-9" })]);
    await anna.says("check in");
    await anna.says("skip");
    await anna.says("Rossi");
    expect(await anna.says("10/11")).toEqual([
      "I found more than one booking. The booking number will tell which one is yours.",
      NUMBER,
    ]);
    await anna.says("AB-9");
    expect(await anna.says("Bianchi")).toEqual([
      "I cannot find a booking with these details. Let us try once more.",
      NUMBER,
    ]);
    await anna.says("AB-9");
    expect((await anna.says("ROSSI"))[0]).toContain("Your booking AB-9");
  });

  test("is spoken to in the hotel's language, to the end of the run", async () => {
    const { anna, checkIns } = hotel({}, undefined, {
      hotel: {
        id: "grand",
        timeZone: "Europe/Rome",
        language: "it",
        numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
        departments: [{ id: "reception", name: "Reception" }],
      },
    });
    expect(await anna.says("Fare il check-in")).toEqual([
      "Qual è il Suo numero di prenotazione? Se non lo ha a portata di mano, scriva *salta*.",
    ]);
    await anna.says("salta");
    await anna.says("Rossi");
    expect((await anna.says("oggi"))[0]).toContain("mar 10 novembre – ven 13 novembre\nNotti: 3, ospiti: 2");
    await anna.taps("Sì");
    await anna.says("alle sei");
    expect(await anna.says("salta")).toEqual(["Silenzio dalle dieci.\n\nAccetta il regolamento dell'hotel?"]);
    await anna.taps("Accetto");
    expect(await anna.taps("Confermo il check-in")).toEqual([
      "Il check-in è completato. La Sua camera è la 12. La aspettiamo.",
    ]);
    expect(checkIns).toHaveLength(1);
  });

  test("fills in one form of WhatsApp's own instead: the same answers, the same summary, the same end", async () => {
    const { anna, checkIns, stay } = hotel({ form: { form: { id: "77" }, screen: "CHECK_IN" } });
    await anna.says("check in");
    await anna.says("AB-1234");
    await anna.says("Rossi");
    expect(await anna.taps("Yes")).toEqual(["Please fill in this form to check in."]);
    expect(anna.phone.at(-1)?.content).toMatchObject({
      type: "form",
      label: "Open the form",
      start: { screen: "CHECK_IN", data: { guests: 2, rules: "Quiet from ten." } },
    });
    expect(await anna.fillsIn({ guests: "many" })).toHaveLength(1);
    expect(await anna.fillsIn({ guests: "2", arrival: "at six", requests: "", rules: true })).toEqual([SUMMARY]);
    await anna.taps("Change something");
    await anna.taps("Time of arrival");
    expect(await anna.says("at nine")).toEqual([SUMMARY.replace("at six", "at nine")]);
    expect(await anna.taps("Check in")).toHaveLength(1);
    expect(checkIns).toMatchObject([{ guests: 2, arrival: "at nine", requests: null, rules: { version: "2026-03" } }]);
    expect(
      (await stay.staff.desk.audit({ hotel: "grand" })).items.filter(({ action }) => action === "guest.agree"),
    ).toHaveLength(1);
  });

  test("whose form leaves something out is asked for it in the chat", async () => {
    const { anna } = hotel({ form: { form: { id: "77" }, screen: "CHECK_IN" }, identity: "fields" });
    for (const says of ["check in", "AB-1234", "Rossi", "yes"]) await anna.says(says);
    expect(await anna.fillsIn({ guests: 2, rules: false, name: "Anna Rossi" })).toEqual([
      "What is your full name, as it stands in your passport or identity card?",
    ]);
    await anna.says("Anna Maria Rossi");
    const again = "That cannot be a date of birth.\n\nOn which day were you born? For example 24 March 1985.";
    expect(await anna.says("24/3/2085")).toEqual([again]);
    expect(await anna.says("24 March"), "of which year?").toEqual([again]);
    await anna.says("24.03.85");
    expect(await anna.says("Italian")).toEqual(["At about what time will you arrive?"]);
    expect(await anna.says("at six")).toEqual(["Quiet from ten.\n\nDo you agree to the house rules?"]);
    expect(await anna.taps("I agree")).toEqual([
      SUMMARY.replace("\nArrival", "\nIdentity: Anna Maria Rossi, 24 March 1985, Italian\nArrival"),
    ]);
  });

  test("who does not agree to the house rules, asks for a person, or is checked in already", async () => {
    const { anna, stay } = hotel();
    for (const says of ["check in", "AB-1234", "Rossi", "yes", "at six", "skip"]) await anna.says(says);
    expect(await anna.taps("I do not agree")).toEqual([
      "Someone from our team will speak with you about the house rules here in the chat.",
    ]);
    expect(await stay.staff.givesBack(anna)).toEqual(["Quiet from ten.\n\nDo you agree to the house rules?"]);
    await stay.staff.replies(anna, "Is it about the dog?");
    expect(await anna.says("yes, it is"), "a person speaks").toEqual([]);
    await stay.staff.givesBack(anna);
    await anna.taps("I agree");
    expect(await anna.says("human")).toEqual(["One of us will be with you shortly."]);
    await stay.staff.givesBack(anna);
    await anna.taps("Check in");
    await anna.says("check in");
    await anna.says("AB-1234");
    expect(await anna.says("Rossi")).toEqual([
      "You are checked in already. Write to us here whenever you need something.",
    ]);
    expect(await anna.run()).toMatchObject({ status: "finished" });
  });

  test("who wants other dates is given to staff, and reads the new ones when given back", async () => {
    const { anna, stay, change } = hotel();
    for (const says of ["check in", "AB-1234", "Rossi"]) await anna.says(says);
    expect(await anna.taps("Other dates")).toHaveLength(1);
    change("res-1", { to: "2026-11-14" });
    expect((await stay.staff.givesBack(anna))[0]).toContain("Nights: 4, guests: 2");
    await anna.taps("Number of guests");
    await anna.says("4");
    await anna.says("at six");
    await anna.says("skip");
    expect((await anna.taps("I agree"))[0]).toContain("Guests: 4");
  });

  test("of whom staff or the PMS know the booking is not asked for it", async () => {
    const { anna, stay } = hotel();
    await anna.says("hello");
    const [first] = await stay.staff.starts(anna, "check-in", { reservationId: "res-1" });
    expect(first).toContain("Your booking AB-1234");
  });
});

test("house rules are shown whole, and their hash is that of what was shown; long answers cut no line of the summary", async () => {
  const text = `${"Quiet from ten. ".repeat(43)}No dogs.`;
  const { anna, checkIns } = hotel({ rules: { version: "1", text: { en: text } } });
  for (const says of ["check in", "AB-1234", "Rossi", "yes", "at six"]) await anna.says(says);
  expect(await anna.says("A cot. ".repeat(200))).toEqual([`${text}\n\nDo you agree to the house rules?`]);
  const [summary = ""] = await anna.taps("I agree");
  expect(summary).toMatch(
    /Guests: 2\nArrival: at six\nRequests: (A cot\. )+.*…\nHouse rules: agreed\n\nIs everything right\?$/,
  );
  await anna.taps("Check in");
  expect(checkIns[0]?.rules?.sha256).toBe(createHash("sha256").update(text).digest("hex"));
  expect(checkIns[0]?.requests).toBe("A cot. ".repeat(200));
});

test("house rules that no message has room for, or whose version is no name, are refused when the flow is made", () => {
  const { pms } = smallPms();
  const rules = (version: string, en: string) => () => checkIn({ pms, rules: { version, text: { en } } });
  expect(rules("1", "x".repeat(701))).toThrow("flow_invalid");
  expect(rules("the first", "x")).toThrow("flow_invalid");
  expect(rules("1", "x".repeat(700))).not.toThrow();
});

test("a photo is asked for only where somebody looks at it", () => {
  const { pms } = smallPms();
  expect(() => checkIn({ pms, identity: "photo" })).toThrow("flow_invalid");
});

describe("a guest in the middle of check-in", () => {
  test("writes freely: is asked again, and after three times a person reads what they wrote", async () => {
    const { anna, stay } = hotel();
    for (const says of ["check in", "AB-1234", "Rossi"]) await anna.says(says);
    expect((await anna.says("is there a garage?"))[0]).toContain("Sorry, I did not understand that.");
    expect((await anna.says("for a van"))[0]).toContain("Is that right?");
    expect(await anna.says("hello?")).toEqual(["One of us will be with you shortly."]);
    await stay.staff.replies(anna, "There is, in the yard.");
    expect((await stay.staff.givesBack(anna))[0]).toContain("Is that right?");
    expect(await anna.taps("Yes")).toEqual(["At about what time will you arrive?"]);
  });

  test("writes STOP: it ends, offers end too, and the PMS hears nothing (N11)", async () => {
    const { anna, stay, checkIns } = hotel();
    for (const says of ["check in", "AB-1234", "Rossi", "yes", "at six"]) await anna.says(says);
    expect(await anna.says("STOP")).toHaveLength(1);
    expect(await anna.run()).toMatchObject({ status: "stopped" });
    expect(stay.events.map(({ body }) => body.type)).toContain("guest.consent");
    expect(checkIns).toEqual([]);
    expect(await anna.says("check in")).toEqual([NUMBER]);
  });

  test("is taken over by staff at the summary, and given back: the summary is asked again, nothing is lost", async () => {
    const { anna, stay, checkIns } = hotel();
    for (const says of ["check in", "AB-1234", "Rossi", "yes", "at six", "skip", "I agree"]) await anna.says(says);
    await stay.staff.takesOver(anna);
    expect(await anna.says("Check in"), "a person speaks").toEqual([]);
    expect(await stay.staff.givesBack(anna)).toEqual([SUMMARY]);
    await anna.taps("Check in");
    expect(checkIns).toHaveLength(1);
  });

  test("goes back to any answer, and past none that the PMS was asked for", async () => {
    const { anna } = hotel();
    for (const says of ["check in", "AB-1234", "Rossi", "yes", "at six"]) await anna.says(says);
    expect(await anna.says("back")).toEqual(["At about what time will you arrive?"]);
    expect((await anna.says("back"))[0]).toContain("Is that right?");
    expect((await anna.says("back"))[0]).toContain("Is that right?");
  });

  test("whom the PMS refuses, or whose PMS is away for long, is helped by a person", async () => {
    const own = smallPms();
    const pms = { ...own.pms, checkIn: () => Promise.resolve({ outcome: "refused", why: "staff" } as const) };
    const stay = stayWith([checkIn({ pms })]);
    const anna = stay.guest();
    for (const says of ["check in", "AB-1234", "Rossi", "yes", "at six", "skip"]) await anna.says(says);
    expect(await anna.taps("Check in")).toEqual([
      "I cannot check you in from here. Someone from our team will help you here in the chat.",
    ]);
    let away = true;
    const broken = {
      ...own.pms,
      checkIn: (request: Parameters<typeof own.pms.checkIn>[0]) =>
        away ? Promise.reject(new Error("down")) : own.pms.checkIn(request),
    };
    const other = stayWith([checkIn({ pms: broken })]);
    const ben = other.guest("Ben");
    for (const says of ["check in", "AB-1234", "Rossi", "yes", "at six", "skip"]) await ben.says(says);
    await ben.taps("Check in");
    await ben.waits("10m");
    expect(await ben.run()).toMatchObject({ status: "handedOff", why: "step_failed" });
    away = false;
    expect(await other.staff.givesBack(ben)).toEqual([
      "You are checked in. Your room is 12. We look forward to seeing you.",
    ]);
  });
});

test("a hotel puts one step and one text of its own in the place of ours", async () => {
  const { anna, checkIns } = hotel({
    texts: { en: { done: "Welcome! Room {room} is yours." } },
    steps: {
      arrival: (flow) =>
        flow.choose("arrival", { text: "When do you land?", options: { "15:00": "Afternoon", "20:00": "Evening" } }),
    },
  });
  for (const says of ["check in", "AB-1234", "Rossi"]) await anna.says(says);
  expect(await anna.taps("Yes")).toEqual(["When do you land?"]);
  await anna.taps("Evening");
  await anna.says("skip");
  expect((await anna.taps("I agree"))[0]).toContain("Arrival: 20:00");
  expect(await anna.taps("Check in")).toEqual(["Welcome! Room 12 is yours."]);
  expect(checkIns).toMatchObject([{ arrival: "20:00" }]);
});
