import { describe, expect, test } from "vitest";
import { checkOut, feedback, type Feedback } from "../../src/flows/index.js";
import { stayWith } from "../flow/world.js";
import { aReservation, smallPms } from "./hotel.js";

const HAPPY = "Thank you! What did you like most? Write *skip* if you would rather not say.";

async function asked(more: Partial<Parameters<typeof feedback>[0]> = {}) {
  const told: Feedback[] = [];
  const stay = stayWith([feedback({ onFeedback: (one) => Promise.resolve(void told.push(one)), ...more })]);
  const anna = stay.guest();
  await anna.says("hello");
  await anna.says("1");
  expect(await stay.staff.starts(anna, "feedback")).toEqual(["How was your stay?"]);
  return { stay, anna, told };
}

describe("a guest who is asked how it was", () => {
  test("and says nothing is in the flow for a day and no longer: it ends without a word, and staff have nothing to do", async () => {
    const { anna, stay, told } = await asked();
    expect(await anna.waits("23h")).toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "waiting" });
    expect(await anna.waits("2h")).toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "expired", why: null });
    expect(told).toEqual([]);
    expect(await stay.staff.notes(anna)).toEqual([]);
    const ended = stay.events.filter(({ body }) => body.type === "flow.ended");
    expect(ended).toMatchObject([{ body: { status: "expired" } }]);
    // What they write the next day is no answer any more.
    await anna.says("Excellent");
    expect(await anna.run()).toMatchObject({ status: "expired" });
    expect(told).toEqual([]);
  });

  test("and says how it was but not why is asked no further after an hour; what they said counts", async () => {
    const { anna, told } = await asked();
    expect(await anna.taps("Excellent")).toEqual([HAPPY]);
    expect(await anna.waits("59m")).toEqual([]);
    expect(await anna.waits("2m")).toEqual(["Thank you for telling us. We hope to see you again."]);
    expect(told).toMatchObject([{ score: 5, reason: null }]);
    expect(await anna.run()).toMatchObject({ status: "finished" });
  });

  test("and was not happy hears from a person, also when they do not say why", async () => {
    const { anna, told } = await asked();
    await anna.taps("Bad");
    expect(await anna.waits("61m")).toEqual([
      "Thank you for telling us. Someone from our team will write to you here in the chat.",
    ]);
    expect(told).toMatchObject([{ score: 1, reason: null }]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "step" });
  });

  test("has as long as the hotel likes, for ever too", async () => {
    const soon = await asked({ timeoutMs: 60_000 });
    await soon.anna.waits("2m");
    expect(await soon.anna.run()).toMatchObject({ status: "expired" });
    const never = await asked({ timeoutMs: null });
    await never.anna.waits("9d");
    expect(await never.anna.run()).toMatchObject({ status: "waiting" });
  });

  test("after check-out it is the same, by 0 to 10 as well", async () => {
    const { pms } = smallPms([aReservation({ status: "checkedOut" })]);
    const stay = stayWith([checkOut({ pms, ask: "nps" })]);
    const anna = stay.guest();
    await anna.says("hello");
    await stay.staff.starts(anna, "check-out", { reservationId: "res-1" });
    await anna.waits("25h");
    expect(await anna.run()).toMatchObject({ status: "expired" });
  });
});
