import { describe, expect, test } from "vitest";
import { defineFlow, keyword } from "../../src/index.js";
import { stayWith } from "./world.js";

const begin = () => defineFlow({ id: "visit", version: 1, triggers: [keyword("visit")] });

describe("a question that nobody answers", () => {
  test("is staff's, unless the flow says that it ends, or that it is skipped", async () => {
    const asks = { text: "When?", remindMs: null, timeoutMs: 60_000 } as const;
    const staff = begin().ask("when", asks).build();
    const ends = begin()
      .ask("when", { ...asks, unanswered: "end" })
      .build();
    const skips = begin()
      .ask("when", { ...asks, optional: true, unanswered: "skip" })
      .say("bye", "Come by.")
      .build();
    const after = async (flow: typeof staff | typeof skips) => {
      const stay = stayWith([flow]);
      const anna = stay.guest();
      await anna.says("visit");
      const said = await anna.waits("2m");
      const { status, answers } = (await anna.run()) ?? {};
      return { said, status, answers };
    };
    expect(await after(staff)).toEqual({ said: [], status: "handedOff", answers: {} });
    expect(await after(ends)).toEqual({ said: [], status: "expired", answers: {} });
    expect(await after(skips)).toEqual({ said: ["Come by."], status: "finished", answers: { when: null } });
  });

  test("cannot be skipped where an answer is needed", () => {
    expect(() => begin().ask("when", { text: "When?", unanswered: "skip" })).toThrow("flow_invalid");
  });
});

describe("what a flow forgets", () => {
  test("is asked anew, the rest is not; the guest cannot go back to where it still counted", async () => {
    const flow = begin()
      .ask("name", { text: "Who?" })
      .ask("room", { text: "Which room?" })
      .branch("again", {
        when: ({ answers }) => (answers.room === "13" ? "forget" : "keep"),
        paths: { forget: (path) => path.forget("unlucky", ["room"]), keep: (path) => path },
      })
      .ask("when", { text: ({ answers }) => `${answers.name} of ${answers.room}, when?` })
      .build();
    const anna = stayWith([flow]).guest();
    for (const says of ["visit", "Anna"]) await anna.says(says);
    expect(await anna.says("13")).toEqual(["Anna of undefined, when?"]);
    expect(await anna.says("back")).toEqual(["Anna of undefined, when?"]);
    await anna.says("at five");
    expect(await anna.run()).toMatchObject({ status: "finished", answers: { name: "Anna", when: "at five" } });
  });

  test("in a loop is of that round alone, and in a flow within a flow of that one alone", async () => {
    const party = begin()
      .ask("dish", { text: "Which dish, all in all?" })
      .each("guests", {
        over: () => 2,
        steps: (each) =>
          each.ask("dish", { text: "Which dish?" }).branch("gone", {
            when: ({ answers, index }) => (index === 1 && answers.dish === "soup" ? "forget" : "keep"),
            paths: { forget: (path) => path.forget("none", ["dish"]), keep: (path) => path },
          }),
      })
      .build();
    const anna = stayWith([party]).guest();
    for (const says of ["visit", "menu 3", "soup", "soup"]) await anna.says(says);
    expect((await anna.run())?.answers).toEqual({ dish: "menu 3", guests: [{ dish: "soup" }, {}] });
  });
});

test("what is secret stands in no note to staff: an answer, a field of a form, what the host answered, in loops as well", async () => {
  const flow = begin()
    .ask("name", { text: "Who?" })
    .ask("born", { text: "When were you born?", secret: true })
    .perform("looked", () => ({ passport: "X123" }), { secret: true })
    .each("guests", { over: () => 1, steps: (each) => each.ask("born", { text: "And they?", secret: true }) })
    .handoff("help", { note: "Look at it." })
    .build();
  const stay = stayWith([flow]);
  const anna = stay.guest();
  for (const says of ["visit", "Anna", "in 1985", "in 2019"]) await anna.says(says);
  const note = (await stay.staff.notes(anna)).at(-1) ?? "";
  expect(note).toContain("Look at it.\nname: Anna");
  expect(note).not.toMatch(/born|1985|X123|2019/);
});

test("what is secret stays so when a release without the flow hands the guest to staff, and staff read the rest", async () => {
  const flow = begin()
    .ask("name", { text: "Who?" })
    .ask("born", { text: "When were you born?", secret: true })
    .photo("passport", { text: "Your passport?", purpose: "identity" })
    .ask("when", { text: "When?" })
    .build();
  const stay = stayWith([flow]);
  const anna = stay.guest();
  for (const says of ["visit", "Anna", "in 1985"]) await anna.says(says);
  await anna.sendsPhoto();
  await stay.deploy([]);
  await anna.says("at five");
  const note = (await stay.staff.notes(anna)).at(-1) ?? "";
  expect(note).toContain("name: Anna");
  expect(note).not.toMatch(/1985|passport/);
});

test("what is secret stays so in a release that calls its step otherwise, and that is gone later", async () => {
  const asks = { text: "When were you born?", secret: true } as const;
  const first = begin().ask("born", asks).ask("when", { text: "When?" }).ask("why", { text: "Why?" }).build();
  const second = defineFlow({
    id: "visit",
    version: 2,
    triggers: [keyword("visit")],
    migrate: { from: 1, steps: { born: "birth" }, answers: ({ born = null, ...rest }) => ({ birth: born, ...rest }) },
  })
    .ask("birth", asks)
    .ask("when", { text: "When?" })
    .ask("why", { text: "Why?" })
    .build();
  const stay = stayWith([first]);
  const anna = stay.guest();
  for (const says of ["visit", "in 1985"]) await anna.says(says);
  await stay.deploy([second]);
  await anna.says("at five");
  await stay.deploy([]);
  await anna.says("a feast");
  const note = (await stay.staff.notes(anna)).at(-1) ?? "";
  expect(note).toContain("when: at five");
  expect(note).not.toMatch(/1985/);
});

test("a step of the host's knows which time it is done in a run, also after the guest begins again", async () => {
  const times: number[] = [];
  const flow = begin()
    .ask("name", { text: "Who?" })
    .perform("look", ({ time }) => times.push(time))
    .ask("when", { text: "When?" })
    .build();
  const anna = stayWith([flow]).guest();
  for (const says of ["visit", "Anna", "restart", "Anna", "restart", "Ben"]) await anna.says(says);
  expect(times).toEqual([1, 2, 3]);
});
