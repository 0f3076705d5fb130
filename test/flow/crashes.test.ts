import { expect, test } from "vitest";
import { defineFlow, keyword } from "../../src/flow/define.js";
import type { Moment } from "../../src/testing/scenario.js";
import { stayWith } from "./world.js";

/** Ten steps, two of which ask the host for something. */
const tenSteps = (calls: string[]) =>
  defineFlow({ id: "arrival", version: 1, triggers: [keyword("arrive")] })
    .say("welcome", "Welcome")
    .ask("name", { text: "Name?" })
    .ask("nights", { kind: "nights", text: "Nights?" })
    .choose("breakfast", { text: "Breakfast?", options: { yes: "Yes", no: "No" } })
    .perform("room", ({ idempotencyKey }) => {
      calls.push(idempotencyKey);
      return 12;
    })
    .ask("mail", { kind: "email", text: ({ answers }) => `Room ${String(answers.room)}. Your mail?` })
    .choose("car", { text: "A car?", options: { yes: "With a car", no: "Without" } })
    .location("from", { text: "Where from?" })
    .perform("book", ({ idempotencyKey, answers }) => {
      calls.push(idempotencyKey);
      return { of: answers.name, nights: answers.nights };
    })
    .say("done", ({ answers }) => `Booked for ${answers.book.of}`)
    .build();

const SAID = [
  "Welcome",
  "Name?",
  "Nights?",
  "Breakfast?",
  "Room 12. Your mail?",
  "A car?",
  "Where from?",
  "Booked for Anna",
];
const ANSWERS = {
  name: "Anna",
  nights: 3,
  breakfast: "no",
  room: 12,
  mail: "anna@example.com",
  car: "yes",
  from: { latitude: 1, longitude: 2 },
  book: { of: "Anna", nights: 3 },
};

/** Walks all of it, each message delivered twice. */
async function walked(crashes: (moment: Moment) => boolean) {
  const calls: string[] = [];
  const stay = stayWith([tenSteps(calls)], { doubled: true, crashes });
  const anna = stay.guest();
  await anna.says("arrive");
  await anna.says("Anna");
  await anna.says("3");
  await anna.taps("No");
  await anna.says("anna@example.com");
  await anna.taps("With a car");
  await anna.sends("location", { latitude: 1, longitude: 2 });
  await anna.waits("10m");
  return { calls, deaths: stay.deaths, said: anna.phone.map(({ text }) => text), run: await anna.run() };
}

/** Whoever dies while sending leaves a message of which nobody knows whether it was sent: that is not sent again, and is another story. */
const isWork = ({ work }: Moment): boolean => work !== "outbound";

test("ten steps, each message twice, and the process is killed at any one moment: one key for each call, answers complete, no question twice (F23)", async () => {
  const moments: Moment[] = [];
  const untouched = await walked((moment) => {
    if (isWork(moment)) moments.push(moment);
    return false;
  });
  expect(untouched).toMatchObject({ said: SAID, deaths: 0, run: { status: "finished", answers: ANSWERS } });
  expect(untouched.calls).toHaveLength(2);
  expect(moments.length).toBeGreaterThan(30);

  for (const at of moments.keys()) {
    let count = -1;
    const killed = await walked((moment) => isWork(moment) && ++count === at);
    const where = `killed ${moments[at]?.when ?? ""} ${moments[at]?.verb ?? ""} of ${moments[at]?.work ?? ""}, moment ${String(at)}`;
    expect(killed, where).toMatchObject({ deaths: 1, said: SAID, run: { status: "finished", answers: ANSWERS } });
    expect(new Set(killed.calls).size, where).toBe(2);
  }
}, 120_000);

test("and when it is killed again and again, between any two steps", async () => {
  for (const every of [2, 3, 5, 7]) {
    let count = 0;
    const killed = await walked((moment) => isWork(moment) && moment.verb === "commit" && ++count % every === 0);
    expect(killed.deaths).toBeGreaterThan(1);
    expect(killed).toMatchObject({ said: SAID, run: { status: "finished", answers: ANSWERS } });
    expect(new Set(killed.calls).size).toBe(2);
  }
});
