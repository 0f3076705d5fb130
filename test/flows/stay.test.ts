import { describe, expect, test } from "vitest";
import { checkOut, feedback, guestRequest, upsell, type Feedback, type GuestRequest } from "../../src/flows/index.js";
import { stayWith } from "../flow/world.js";
import { aReservation, smallPms } from "./hotel.js";

const inHouse = aReservation({ status: "checkedIn", room: "12" });

/** Those who made tasks, each once. */
function smallTasks() {
  const made = new Map<string, GuestRequest>();
  return {
    made,
    create(request: GuestRequest) {
      made.set(request.idempotencyKey, request);
      return Promise.resolve({ taskId: `T-${String(made.size)}` });
    },
  };
}

describe("a guest who leaves", () => {
  const begun = (options: Partial<Parameters<typeof checkOut>[0]> = {}) => {
    const own = smallPms([inHouse]);
    const told: Feedback[] = [];
    const onFeedback = (one: Feedback) => Promise.resolve(void told.push(one));
    const flow = checkOut({ pms: own.pms, reviewUrl: "https://reviews.example/grand", onFeedback, ...options });
    const stay = stayWith([flow], { doubled: true });
    return { stay, anna: stay.guest(), told, ...own };
  };

  test("sees the bill, is checked out once, rates the stay, and is shown where to write a review", async () => {
    const { anna, checkOuts, told, stay } = begun();
    await anna.says("Check out");
    await anna.says("AB-1234");
    expect(await anna.says("Rossi")).toEqual([
      "Your bill:\n3 nights: €360.00\n\nTotal: €360.00\nStill to pay: €0.00\n\nIs it right, and shall I check you out?",
    ]);
    expect(await anna.taps("Check out")).toEqual([
      "You are checked out. Thank you for staying with us, and have a good journey.",
      "How was your stay?",
    ]);
    expect(await anna.taps("Excellent")).toEqual([
      "Thank you! What did you like most? Write *skip* if you would rather not say.",
    ]);
    expect(await anna.says("The breakfast")).toEqual([
      "Thank you. If you would like to tell others, we are glad of your review:\nhttps://reviews.example/grand",
    ]);
    expect(checkOuts).toEqual(["res-1"]);
    const rated = stay.events.filter(({ body }) => body.type === "conversation.rated");
    expect(rated).toMatchObject([{ body: { score: 5 } }]);
    const from = new Date(stay.clock.now().getTime() - 86_400_000);
    const times = await stay.staff.desk.times({ hotel: "grand", from, to: new Date(from.getTime() + 2 * 86_400_000) });
    expect(times.all.rating).toEqual({ asked: 1, answered: 1, average: 5, scores: [0, 0, 0, 0, 1] });
    expect(told).toMatchObject([{ ask: "csat", score: 5, reason: "The breakfast", reservationId: "res-1" }]);
    expect(await anna.run()).toMatchObject({ status: "finished" });
  });

  test("who was not happy hears from a person, who reads why; a question about the bill too", async () => {
    const { anna, stay } = begun();
    for (const says of ["check out", "AB-1234", "Rossi"]) await anna.says(says);
    expect(await anna.taps("I have a question")).toHaveLength(1);
    expect((await stay.staff.givesBack(anna))[0]).toContain("Your bill:");
    await anna.taps("Check out");
    expect(await anna.taps("Bad")).toEqual([
      "We are sorry to hear that. What should we have done better? Write *skip* if you would rather not say.",
    ]);
    expect(await anna.says("Noise all night")).toEqual([
      "Thank you for telling us. Someone from our team will write to you here in the chat.",
    ]);
    expect((await stay.staff.notes(anna)).at(-1)).toContain("reason: Noise all night");
    expect(await anna.run()).toMatchObject({ status: "handedOff" });
  });

  test("whose bill the PMS does not have is helped by a person, and is shown it once it is there", async () => {
    const own = smallPms([inHouse]);
    let isThere = false;
    const pms = { ...own.pms, bill: () => (isThere ? own.pms.bill(query) : Promise.resolve(null)) };
    const query = { hotelId: "grand", reservationId: "res-1" };
    const stay = stayWith([checkOut({ pms })]);
    const anna = stay.guest();
    for (const says of ["check out", "AB-1234"]) await anna.says(says);
    expect((await anna.says("Rossi"))[0]).toContain("I cannot check you out from here.");
    isThere = true;
    expect((await stay.staff.givesBack(anna))[0]).toContain("Total: €360.00");
  });

  test("is asked for nothing but how it was when the PMS has checked them out; by NPS where the hotel likes", async () => {
    const { anna, stay, change, told } = begun({ ask: "nps" });
    change("res-1", { status: "checkedOut" });
    await anna.says("hello");
    expect(await stay.staff.starts(anna, "check-out", { reservationId: "res-1" })).toEqual([
      "From 0 to 10: how likely are you to recommend us to a friend?",
    ]);
    expect(await anna.says("11")).toHaveLength(1);
    expect(await anna.says("7")).toHaveLength(1);
    expect(await anna.says("skip")).toEqual(["Thank you for telling us. We hope to see you again."]);
    expect(told).toMatchObject([{ ask: "nps", score: 7, reason: null }]);
  });

  test("who does not answer how it was is left alone, and reminded of nothing", async () => {
    const { anna, stay } = begun();
    const alone = stayWith([feedback({})]);
    const ben = alone.guest("Ben");
    await ben.says("hello");
    expect(await alone.staff.starts(ben, "feedback")).toEqual(["How was your stay?"]);
    expect(await ben.waits("20h")).toEqual([]);
    expect(await ben.run()).toMatchObject({ status: "waiting" });
    for (const says of ["check out", "AB-1234", "Rossi"]) await anna.says(says);
    expect(await anna.taps("Not yet")).toEqual(["All right. Write *check out* here whenever you are ready."]);
    expect(stay.events.some(({ body }) => body.type === "flow.ended")).toBe(true);
  });
});

describe("a guest who needs something", () => {
  test("scans the code of their room, says what and when, and reads the number and by when it is seen to", async () => {
    const tasks = smallTasks();
    const stay = stayWith([guestRequest({ tasks, promiseMinutes: { housekeeping: 30 } })], { doubled: true });
    const anna = stay.guest();
    expect(await anna.says("Request for room 12")).toEqual(["What can we do for you?"]);
    expect(await anna.taps("Housekeeping")).toEqual(["What do you need?"]);
    expect(await anna.says("Two towels")).toEqual(["When should we come? Write *skip* for as soon as we can."]);
    expect(await anna.says("skip")).toEqual([
      "Thank you. Your request has the number T-1. We will see to it by 13:30.",
    ]);
    expect([...tasks.made.values()]).toMatchObject([
      { kind: "housekeeping", room: "12", what: "Two towels", when: null, dueAt: new Date("2026-11-10T12:30:00Z") },
    ]);
  });

  test("shows what is broken by a photo, in the room that they name; anything else is for a person", async () => {
    const tasks = smallTasks();
    const stay = stayWith([guestRequest({ tasks })]);
    const anna = stay.guest();
    await anna.says("maintenance");
    await anna.taps("Something is broken");
    await anna.says("The lamp");
    await anna.taps("Yes");
    expect(await anna.sendsPhoto()).toEqual(["Which room is it for?"]);
    await anna.says("14");
    expect(await anna.says("after six")).toEqual(["Thank you. Your request has the number T-1."]);
    expect([...tasks.made.values()]).toMatchObject([
      { kind: "maintenance", room: "14", what: "The lamp", when: "after six", dueAt: null },
    ]);
    await anna.says("Anfrage für Zimmer 14");
    expect(await anna.taps("Something else")).toEqual(["Someone from our team will help you here in the chat."]);
  });
});

test("a guest whose request has no number yet reads by when it is seen to, in German too", async () => {
  const create = () => Promise.resolve({ taskId: null });
  const flow = guestRequest({ tasks: { create }, promiseMinutes: { housekeeping: 30 } });
  const hotel = {
    id: "grand",
    timeZone: "Europe/Rome",
    language: "de",
    numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
    departments: [{ id: "reception", name: "Rezeption" }],
  };
  const stay = stayWith([flow], { hotel });
  const anna = stay.guest();
  for (const says of ["anfrage für zimmer 12", "Zimmerreinigung", "Zwei Handtücher"]) await anna.says(says);
  expect(await anna.says("überspringen")).toEqual(["Danke. Unser Team kümmert sich bis 13:30 Uhr darum."]);
  for (const says of ["anfrage für zimmer 12", "Zimmerreinigung", "Zwei Handtücher"]) await anna.says(says);
  expect(await anna.says("um fünf")).toEqual(["Danke. Wir haben Ihre Anfrage an unser Team weitergegeben."]);
});

describe("a guest who would like to stay longer", () => {
  const begun = (options: Partial<Parameters<typeof upsell>[0]> = {}) => {
    const own = smallPms([inHouse]);
    const stay = stayWith([upsell({ pms: own.pms, ...options })], { doubled: true });
    return { stay, anna: stay.guest(), ...own };
  };
  const chosen = async (made: ReturnType<typeof begun>) => {
    for (const says of ["late check out", "AB-1234", "Rossi"]) await made.anna.says(says);
    return made.anna.taps("Check-out at 14:00");
  };

  test("chooses an offer, staff say yes, and it is charged once", async () => {
    const made = begun();
    expect(await chosen(made)).toEqual([
      "Thank you. I will ask our team whether it is possible, and write to you here.",
    ]);
    expect((await made.anna.run())?.approval?.note).toBe(
      "Anna Rossi, booking AB-1234: Check-out at 14:00 for €30.00. Is it possible?",
    );
    expect(made.charges).toEqual([]);
    expect(await made.stay.staff.decides(made.anna, true)).toEqual([
      "It is booked: Check-out at 14:00, for €30.00. You will find it on your bill.",
    ]);
    expect(made.charges).toEqual(["late-14"]);
  });

  test("is told when staff say no, or say nothing for two hours; nothing is charged then", async () => {
    const made = begun();
    await chosen(made);
    expect(await made.stay.staff.decides(made.anna, false)).toEqual(["I am sorry: this time it is not possible."]);
    await chosen(made);
    expect(await made.anna.waits("2h")).toEqual(["I am sorry: this time it is not possible."]);
    expect(made.charges).toEqual([]);
  });

  test("gets what staff need not be asked about at once, wants nothing, or is offered nothing", async () => {
    const made = begun({ approval: () => false });
    expect(await chosen(made)).toHaveLength(1);
    expect(made.charges).toEqual(["late-14"]);
    for (const says of ["late check out", "AB-1234", "Rossi"]) await made.anna.says(says);
    expect(await made.anna.taps("No, thank you")).toHaveLength(1);
    made.change("res-1", { status: "booked" });
    for (const says of ["late check out", "AB-1234"]) await made.anna.says(says);
    expect((await made.anna.says("Rossi"))[0]).toContain("There is nothing that I can offer you right now.");
  });
});
