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
    await anna.says("towels");
    await anna.says("human");
    const last = await anna.says("Anna");
    expect(last).toEqual([]);
  });
});
