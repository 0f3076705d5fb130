import { defineFlow, keyword } from "belldesk";
import { memoryStorage } from "belldesk/memory";
import { flowScript, scenario, whatIf } from "belldesk/testing";
import { expect, test } from "vitest";
import { checkIn } from "./check-in.js";

test("what a new version would have done with a guest of the old one, and their walk as a test", async () => {
  const flow = checkIn((name) => Promise.resolve(`12, ${name}`));
  const stay = scenario({ flows: [flow], storage: (clock) => memoryStorage({ clock }) });
  const anna = stay.guest("Anna");
  for (const text of ["check in", "Anna", "2"]) await anna.says(text);
  const [conversation] = (await stay.staff.desk.conversations()).items;
  const replay = await stay.staff.desk.replayFlow(conversation?.id ?? "");
  if (replay === null) throw new Error("no flow ran there");

  const next = defineFlow({ id: "check-in", version: 2, triggers: [keyword("check in")] })
    .ask("name", { text: "Who are you?" })
    .choose("nights", { text: "How many nights?", options: { one: "1", more: "More" } })
    .build();
  const { steps } = whatIf(replay, next);
  expect(steps[0]).toMatchObject({ was: { said: ["What is your name?"] }, would: { said: ["Who are you?"] } });
  // "2" is none of the new options: it would have been asked again.
  expect(steps[2]).toMatchObject({ was: { heard: "succeeded" }, would: { heard: "failed", step: "nights" } });

  const source = await flowScript(replay, { flows: [flow], storage: (clock) => memoryStorage({ clock }) });
  expect(source).toContain('await guest.says("check in");');
  expect(source).not.toContain("Anna");
});
