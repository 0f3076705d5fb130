import { expect, test } from "vitest";
import { defineFlow, keyword, staff } from "../../src/flow/define.js";
import { stayWith } from "./world.js";

const checkIn = (booked: string[] = []) =>
  defineFlow({ id: "check-in", version: 1, triggers: [keyword("check in"), staff()] })
    .ask("name", { text: "What is your name?" })
    .ask("nights", { kind: "nights", text: ({ answers }) => `How many nights, ${answers.name}?` })
    .choose("breakfast", { text: "Breakfast?", options: { yes: "Yes", no: "No" } })
    .perform("book", ({ answers, idempotencyKey }) => {
      booked.push(idempotencyKey);
      return { code: `${answers.name}-${String(answers.nights)}` };
    })
    .say("done", ({ answers }) => `See you, ${answers.name}: ${answers.book.code}`)
    .build();

test("a guest checks in by a flow, and the conversation closes", async () => {
  const booked: string[] = [];
  const stay = stayWith([checkIn(booked)]);
  const anna = stay.guest();
  expect(await anna.says("Check in!")).toEqual(["What is your name?"]);
  expect(await anna.says("Anna")).toEqual(["How many nights, Anna?"]);
  expect(await anna.says("many")).toEqual(["Sorry, I did not understand that.\n\nHow many nights, Anna?"]);
  expect(await anna.says("two nights")).toEqual(["Breakfast?"]);
  expect(await anna.taps("Yes")).toEqual(["See you, Anna: Anna-2"]);
  expect(booked).toHaveLength(1);
  expect(await anna.run()).toMatchObject({
    status: "finished",
    answers: { name: "Anna", nights: 2, breakfast: "yes", book: { code: "Anna-2" } },
  });
  // The tap on yesterday's button answers yesterday's prompt or nothing.
  expect(await anna.taps("No")).toEqual(["Hello! Which department can help you?"]);
});
