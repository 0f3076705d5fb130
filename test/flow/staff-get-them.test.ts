import { describe, expect, test } from "vitest";
import { defineFlow, keyword, staff } from "../../src/flow/define.js";
import { stayWith } from "./world.js";

const begun = (version: number, migrate?: Parameters<typeof defineFlow>[0]["migrate"]) =>
  defineFlow({
    id: "visit",
    version,
    triggers: [keyword("go"), staff()],
    ...(migrate !== undefined && { migrate }),
  });

describe("staff get the guest", () => {
  test("whose flow would end with words that WhatsApp carries no more: nothing is silently not sent", async () => {
    const stay = stayWith([
      begun(1)
        .waitUntil("later", ({ now }) => new Date(now.getTime() + 30 * 3_600_000))
        .say("bye", "Goodbye.")
        .build(),
    ]);
    const anna = stay.guest("Anna");
    await anna.says("go");
    expect(await anna.waits("31h")).toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "window_closed" });
    await stay.staff.givesBack(anna);
    expect(await anna.run()).toMatchObject({ status: "finished" });
  });

  test("whose flow a new release cannot move on, because its own code throws", async () => {
    const stay = stayWith([begun(1).ask("name", { text: "Name?" }).build()]);
    const anna = stay.guest("Anna");
    expect(await anna.says("go")).toEqual(["Name?"]);
    const answers = (): never => {
      throw new TypeError("no such answer");
    };
    await stay.deploy([begun(2, { from: 1, answers }).ask("name", { text: "Your name?" }).build()]);
    await anna.says("Anna");
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "version_gone" });
    expect((await stay.staff.desk.dead()).items).toEqual([]);
  });

  test("whose question is something else in the new release: no answer of theirs goes nowhere (F35)", async () => {
    const stay = stayWith([begun(1).ask("room", { text: "Which room?" }).build()]);
    const anna = stay.guest("Anna");
    await anna.says("go");
    await stay.deploy([
      begun(2, { from: 1 })
        .perform("room", () => "12")
        .build(),
    ]);
    await anna.says("12");
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "version_gone" });
  });

  test.each([
    ["text", "a choice"],
    ["a choice", "text"],
  ])(
    "nobody, when a new release asks for %s as %s: it is asked anew as what it is, by whatever the guest does",
    async (was) => {
      const asText = (version: number) =>
        begun(version, version === 1 ? undefined : { from: 1 })
          .ask("room", { text: "Which room?" })
          .say("done", ({ answers }) => `Room ${answers.room}`)
          .build();
      const asChoice = (version: number) =>
        begun(version, version === 1 ? undefined : { from: 1 })
          .choose("room", { text: "Twin or double?", options: { twin: "Twin", double: "Double" } })
          .say("done", ({ answers }) => `Room ${answers.room}`)
          .build();
      const [first, second] = was === "text" ? [asText(1), asChoice(2)] : [asChoice(1), asText(2)];
      const asked = was === "text" ? "Twin or double?" : "Which room?";
      const stay = stayWith([first]);
      const [anna, bob, cleo] = [stay.guest("Anna"), stay.guest("Bob"), stay.guest("Cleo")];
      for (const guest of [anna, bob, cleo]) await guest.says("go");
      await stay.deploy([second]);
      expect(await anna.says("2")).toEqual([asked]);
      expect(await anna.says("Twin")).toEqual([was === "text" ? "Room twin" : "Room Twin"]);
      if (was === "a choice") expect(await bob.taps("Double")).toEqual([asked]);
      // Who says nothing is reminded of what is asked now.
      expect(await cleo.waits("31m")).toEqual([`Are you still there?\n\n${asked}`]);
      expect(cleo.phone.at(-1)?.options).toEqual(was === "text" ? ["Twin", "Double"] : []);
      expect(await cleo.says("double")).toEqual([was === "text" ? "Room double" : "Room double"]);
    },
  );

  test("who asked for a person while another of their flows has that department: it is silent from then on", async () => {
    const other = defineFlow({
      id: "towels",
      version: 1,
      department: "reception",
      triggers: [keyword("towels"), staff()],
    })
      .ask("how", { text: "How many towels?" })
      .build();
    const stay = stayWith([begun(1).ask("name", { text: "Name?" }).build(), other]);
    const anna = stay.guest("Anna");
    await anna.says("go");
    expect(await stay.staff.starts(anna, "towels")).toEqual(["How many towels?"]);
    const flows = async () =>
      (await stay.staff.desk.conversations({ limit: 10 })).items.filter(
        ({ mode, status }) => mode === "flow" && status === "open",
      );
    // It is of no department, and reception, which would get it, has the other.
    const [question] = anna.phone;
    expect(await anna.says("human", { quotes: question?.wamid ?? "" })).toEqual([
      "One of us will be with you shortly.",
    ]);
    expect(await flows()).toMatchObject([{ departmentId: "reception", speaker: "human" }]);
    expect(await anna.says("three")).toEqual([]);
    expect(await anna.waits("2h"), "nor does it remind anybody").toEqual([]);
  });
});
