import { expect, test } from "vitest";
import { AUTOMATED_PER_HOUR } from "../../src/domain/automation.js";
import { defineFlow, keyword, staff } from "../../src/flow/define.js";
import { stayWith } from "./world.js";

const later =
  (ms: number) =>
  ({ now }: { readonly now: Date }) =>
    new Date(now.getTime() + ms);
/** Says two things every twenty seconds, and nobody writes. */
const chatty = defineFlow({ id: "chatty", version: 1, triggers: [keyword("chat"), staff()] })
  .each("round", {
    over: () => 100,
    steps: (round) => round.say("one", "One").say("two", "Two").waitUntil("pause", later(20_000)),
  })
  .say("done", "Done")
  .build();
const called = defineFlow({ id: "called", version: 1, triggers: [keyword("call"), staff()] })
  .each("round", {
    over: () => 90,
    steps: (round) =>
      round
        .perform("look", () => "found")
        .say("one", "One")
        .say("two", "Two"),
  })
  .say("done", "Done")
  .build();

test.each([
  ["by timers, which the guest began", chatty, "chat"],
  ["by what the host answers, which the guest began", called, "call"],
])("a guest is told a hundred things in an hour %s, and then staff have them (design 5.13)", async (_, flow, word) => {
  const stay = stayWith([flow]);
  const anna = stay.guest();
  await anna.says(word);
  await anna.waits("50m");
  const said = stay.events.filter(({ body }) => body.type === "message.queued").length;
  expect(said).toBeGreaterThanOrEqual(AUTOMATED_PER_HOUR);
  expect(said).toBeLessThanOrEqual(AUTOMATED_PER_HOUR + 2);
  const run = await anna.run();
  expect(run).toMatchObject({ status: "handedOff" });
  const [stopped] = (await stay.staff.desk.audit({ hotel: "grand" })).items.filter(({ reason }) => reason === "budget");
  expect(stopped).toMatchObject({ actor: { kind: "system", id: "desk" }, action: "conversation.takeover" });
  expect(stay.events.map(({ body }) => body.type)).toContain("flow.handedOff");
});

test("what staff begin is counted, and said: it is they who ask for it", async () => {
  const stay = stayWith([
    chatty,
    defineFlow({ id: "hello", version: 1, triggers: [staff()] })
      .say("hi", "Hi")
      .build(),
  ]);
  const anna = stay.guest();
  await anna.says("chat");
  await anna.waits("40m");
  const before = anna.phone.length;
  await stay.staff.closes(anna);
  await anna.says("hello?");
  expect(anna.phone, "the desk says nothing more by itself").toHaveLength(before);
  expect(await stay.staff.starts(anna, "hello")).toEqual(["Hi"]);
});
