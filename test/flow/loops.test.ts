import { describe, expect, test } from "vitest";
import { defineFlow, keyword } from "../../src/flow/define.js";
import { stayWith } from "./world.js";

const greeting = defineFlow({ id: "greeting", version: 1, triggers: [keyword("hello")] })
  .say("welcome", "Hello! How are you?")
  .build();

/** A form of twelve questions, each of which takes any text. */
const survey = defineFlow({ id: "survey", version: 1, triggers: [keyword("survey")] })
  .ask("one", { text: "Question one?" })
  .ask("two", { text: "Question two?" })
  .ask("three", { text: "Question three?" })
  .ask("four", { text: "Question four?" })
  .ask("five", { text: "Question five?" })
  .ask("six", { text: "Question six?" })
  .ask("seven", { text: "Question seven?" })
  .ask("eight", { text: "Question eight?" })
  .ask("nine", { text: "Question nine?" })
  .ask("ten", { text: "Question ten?" })
  .ask("eleven", { text: "Question eleven?" })
  .ask("twelve", { text: "Question twelve?" })
  .say("thanks", "Thank you.")
  .build();

describe("another machine that answers every message (T77)", () => {
  test("begins a flow with each of its answers, and is left to a person within ten", async () => {
    const stay = stayWith([greeting]);
    const bot = stay.guest();
    const said: string[] = [];
    for (let n = 0; n < 30; n++) said.push(...(await bot.says("Hello!")));
    expect(said.length).toBeGreaterThan(3);
    expect(said.length).toBeLessThanOrEqual(10);
  });

  test("answers every question of a flow with the same words, and is left to a person within ten", async () => {
    const stay = stayWith([survey]);
    const bot = stay.guest();
    const said = [...(await bot.says("survey"))];
    for (let n = 0; n < 30; n++) said.push(...(await bot.says(`Thank you for your message, no. ${String(n)}.`)));
    expect(said.length).toBeGreaterThan(3);
    expect(said.length).toBeLessThanOrEqual(10);
    expect(said).not.toContain("Thank you.");
  });

  test("is no guest who fills in twelve questions as fast as they can", async () => {
    const stay = stayWith([survey]);
    const guest = stay.guest();
    const said = [...(await guest.says("survey"))];
    for (const name of ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"])
      said.push(...(await guest.says(`Well, to that I would rather say ${name}`)));
    expect(said).toHaveLength(13);
    expect(said.at(-1)).toBe("Thank you.");
  });
});
