import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { defineFlow, keyword, staff, type FlowAnswersOf, type PhotoAnswer } from "../../src/flow/define.js";

const Stay = z.object({ code: z.string(), nights: z.number() });

test("a step sees the exact answers of those before it, and a mistake in them does not compile", () => {
  const flow = defineFlow({ id: "check-in", version: 1, triggers: [keyword("check in"), staff()] })
    .ask("name", { text: "What is your name?" })
    .ask("nights", { kind: "nights", text: ({ answers }) => `How many nights, ${answers.name}?` })
    .ask("room", { kind: "number", text: "Which room?", optional: true })
    .ask("code", { text: "Your code?", schema: z.string().transform((code) => ({ code, length: code.length })) })
    .choose("breakfast", { text: "Breakfast?", options: { yes: "Yes", no: { title: "No", description: "never" } } })
    .photo("passport", { text: "A photo of your passport?" })
    .perform("booking", async ({ answers, idempotencyKey }) => {
      expectTypeOf(answers.nights).toEqualTypeOf<number>();
      expectTypeOf(answers.room).toEqualTypeOf<number | null>();
      expectTypeOf(answers.breakfast).toEqualTypeOf<"yes" | "no">();
      expectTypeOf(answers.code).toEqualTypeOf<{ code: string; length: number }>();
      expectTypeOf(answers.passport).toEqualTypeOf<PhotoAnswer>();
      // @ts-expect-error -- no step of this name
      expect(answers.age).toBe(1);
      return Promise.resolve({ id: idempotencyKey });
    })
    .say("done", ({ answers }) => `See you, ${answers.name}: ${answers.booking.id}`)
    .build();
  expectTypeOf<FlowAnswersOf<typeof flow>["booking"]>().toEqualTypeOf<{ id: string }>();
  expect([...flow.steps.keys()]).toHaveLength(8);
});

test("paths meet again, loops answer lists, and a flow in a flow answers an object", () => {
  const payment = defineFlow({ id: "payment", version: 1 })
    .choose("how", { text: "How do you pay?", options: { card: "Card", cash: "Cash" } })
    .build();
  const flow = defineFlow({ id: "arrival", version: 1 })
    .ask("guests", { kind: "number", text: "How many are you?" })
    .each("party", {
      over: ({ answers }) => answers.guests,
      steps: (each) =>
        each
          .ask("name", { text: ({ index }) => `Name of guest ${index + 1}?` })
          .ask("age", { kind: "number", text: ({ answers }) => `Age of ${answers.name} of ${answers.guests}?` }),
    })
    .branch("car", {
      when: ({ answers }) => (answers.guests > 1 ? "drives" : "walks"),
      paths: {
        drives: (path) =>
          path
            .ask("plate", { text: "Plate?" })
            .form("stay", { text: "?", label: "Open", form: { id: "1" }, schema: Stay }),
        walks: (path) => path.say("walks", "Walk"),
      },
    })
    .use("payment", payment)
    .say("bye", ({ answers }) => {
      expectTypeOf(answers.party[0]!.age).toEqualTypeOf<number>();
      expectTypeOf(answers.plate).toEqualTypeOf<string | undefined>();
      expectTypeOf(answers.payment.how).toEqualTypeOf<"card" | "cash">();
      return "Bye";
    })
    .build();
  expect([...flow.steps.keys()].sort()).toEqual(
    [
      "bye",
      "car",
      "guests",
      "party",
      "party.age",
      "party.name",
      "party/again",
      "payment",
      "payment.how",
      "plate",
      "stay",
      "walks",
    ].sort(),
  );
});

test("what no type can see is told when the flow is built", () => {
  const asks = defineFlow({ id: "f", version: 1 }).ask("a", { text: "?" });
  // @ts-expect-error -- a name that is taken
  expect(() => asks.ask("a", { text: "?" }).build()).toThrow(what("a", "has the name of another step"));
  // @ts-expect-error -- no step of this name
  expect(() => asks.goTo("b").build()).toThrow();
  expect(() => asks.goTo("a").build()).toThrow(what("a", "has no way out: the flow never ends from here"));
  // @ts-expect-error -- no path of this name
  asks.branch("c", { when: () => "left", paths: { right: (path) => path } });
  expect(() =>
    defineFlow({ id: "f", version: 1 })
      .say("a", "Hello")
      .branch("b", { when: () => "again", paths: { again: (path) => path.goTo("a"), on: (path) => path } })
      .build(),
  ).toThrow(expect.objectContaining({ code: "flow_invalid" }));
  expect(() => defineFlow({ id: "F!", version: 1 }).say("a", "?").build()).toThrow();
  expect(() => asks.say("long", "x".repeat(4097))).toThrow(
    what("long", "has a text that is not 1 to 4096 characters long"),
  );
});

const what = (step: string, text: string): unknown =>
  expect.objectContaining({ code: "flow_invalid", details: expect.objectContaining({ step, what: text }) as unknown });
