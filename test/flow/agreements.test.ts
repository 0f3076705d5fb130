import { expect, test } from "vitest";
import { defineFlow, keyword } from "../../src/flow/define.js";
import type { Scenario } from "../../src/testing/scenario.js";
import { stayWith } from "./world.js";

/** The hotel's rules, which it words anew without a new version of the flow. */
const rules = (version: string) =>
  defineFlow({ id: "rules", version: 1, triggers: [keyword("rules")] })
    .choose("agree", {
      text: `House rules ${version}: do you agree?`,
      options: { yes: "Yes", no: "No" },
      agreement: { document: "house-rules", version, sha256: version.repeat(64) },
    })
    .say("done", ({ agreements }) => agreements.map(({ version: agreed }) => `agreed to ${agreed}`).join())
    .build();

const proofs = async ({ staff }: Scenario) => {
  const { items } = await staff.desk.audit({ hotel: "grand" });
  return items.filter(({ action }) => action === "guest.agree").map(({ reason }) => reason);
};
const proof = (version: string) => `house-rules ${version} sha256:${version.repeat(64)}`;

test("a guest agrees to the rules that they were shown, whatever a release says by the time they answer", async () => {
  const stay = stayWith([rules("1")]);
  const anna = stay.guest();
  expect(await anna.says("rules")).toEqual(["House rules 1: do you agree?"]);
  await stay.deploy([rules("2")]);
  expect(await anna.taps("Yes")).toEqual(["agreed to 1"]);
  expect(await proofs(stay)).toEqual([proof("1")]);
});

test("who is shown the new ones, as they were not understood, agrees to those", async () => {
  const stay = stayWith([rules("1")]);
  const anna = stay.guest();
  await anna.says("rules");
  await stay.deploy([rules("2")]);
  expect(await anna.says("what?")).toEqual(["Sorry, I did not understand that.\n\nHouse rules 2: do you agree?"]);
  expect(await anna.taps("Yes")).toEqual(["agreed to 2"]);
  expect(await proofs(stay)).toEqual([proof("2")]);
});

test("who was asked before there were any has agreed to nothing", async () => {
  const plain = defineFlow({ id: "rules", version: 1, triggers: [keyword("rules")] })
    .choose("agree", { text: "Do you agree?", options: { yes: "Yes", no: "No" } })
    .say("done", "Done")
    .build();
  const stay = stayWith([plain]);
  const anna = stay.guest();
  await anna.says("rules");
  await stay.deploy([rules("1")]);
  await anna.taps("Yes");
  expect(await proofs(stay)).toEqual([]);
});

test("who agreed to them at a step that is called otherwise by now, and goes back to say no, has not (F35)", async () => {
  const asks = (version: number, step: "agree" | "consent") =>
    defineFlow({
      id: "rules",
      version,
      triggers: [keyword("rules")],
      ...(version > 1 && { migrate: { from: 1, steps: { agree: "consent" } } }),
    })
      .choose(step, {
        text: "Do you agree?",
        options: { yes: "Yes", no: "No" },
        agreement: { document: "house-rules", version: "1", sha256: "1".repeat(64) },
      })
      .ask("name", { text: "Name?" })
      .say("done", ({ agreements }) => JSON.stringify(agreements.map(({ step: at }) => at)))
      .build();
  const stay = stayWith([asks(1, "agree")]);
  const [anna, bob] = [stay.guest("Anna"), stay.guest("Bob")];
  for (const guest of [anna, bob]) {
    await guest.says("rules");
    await guest.taps("Yes");
  }
  await stay.deploy([asks(2, "consent")]);
  await anna.says("back");
  await anna.taps("No");
  expect(await anna.says("Anna")).toEqual(["[]"]);
  expect(await bob.says("Bob")).toEqual(['["consent"]']);
});
