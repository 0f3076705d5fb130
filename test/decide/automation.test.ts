import { describe, expect, test } from "vitest";
import type { Change } from "../../src/domain/change.js";
import { answered, AUTOMATED_PER_HOUR, LOOP_ANSWERS, tooMuch, type Automated } from "../../src/domain/automation.js";
import type { Hotel } from "../../src/domain/hotel.js";
import { after, grand, HOUR, MINUTE, NOON, reasonsOf, SECOND, Story } from "./world.js";

/** Asks again a second after it asked, as nobody should set it. */
const eager: Hotel = { ...grand, clocks: { ...grand.clocks, menuRepromptMs: SECOND } };

const spoken = (change: Change): readonly string[] =>
  change.messages.flatMap(({ direction, content }) =>
    direction === "outbound"
      ? [content.type === "text" || content.type === "buttons" ? content.text : content.type]
      : [],
  );

describe("two desks that answer each other (T77)", () => {
  test.each([
    ["at once", 2 * SECOND],
    ["slowly, as paced", 6 * SECOND],
    ["every nine minutes", 9 * MINUTE],
  ])("%s stop within ten answers, and staff of both see why", (_, pause) => {
    const desks = [
      new Story(undefined, eager),
      new Story(undefined, { ...eager, texts: { ...eager.texts, menu: "Qui?" } }),
    ];
    const said = [0, 0];
    let words: readonly string[] = ["hello"];
    for (let turn = 0; turn < 200 && words.length > 0; turn++) {
      const desk = desks[turn % 2]!;
      const answers = words.flatMap((text) => {
        // A room's number in it makes it no other text.
        const heard = desk.waits(pause).hears(`${text} ${String(turn)}`);
        return spoken(heard);
      });
      said[turn % 2] = (said[turn % 2] ?? 0) + answers.length;
      words = answers;
      desks[(turn + 1) % 2]!.now = desk.now;
    }
    expect(said[0]).toBeLessThanOrEqual(10);
    expect(said[1]).toBeLessThanOrEqual(10);
    expect(words).toEqual([]);
    const stopped = desks.flatMap(({ changes }) => changes).filter(({ audit }) => audit.length > 0);
    expect(stopped).toHaveLength(1);
    const [change] = stopped as [Change];
    expect(reasonsOf(change)).toContain("automation_stopped");
    expect(change.events.map(({ body }) => body)).toContainEqual({ type: "conversation.takenOver", because: "loop" });
    expect(change.conversations.at(-1)).toMatchObject({ speaker: "human", status: "open" });
    expect(change.conversations.at(-1)?.waitingSince).not.toBeNull();
    expect(change.audit).toMatchObject([
      { actor: { kind: "system", id: "desk" }, action: "conversation.takeover", reason: "loop" },
    ]);
  });
});

test("a guest who says STOP and START all day is heard each time, and answered so long only", () => {
  const story = new Story(undefined, { ...grand, departments: grand.departments.slice(0, 1) });
  story.hears("hello");
  const confirmed = Array.from({ length: 20 }, (_, n) =>
    spoken(story.waits(MINUTE).hears(n % 2 === 0 ? "STOP" : "START")),
  );
  expect(confirmed.flat()).toHaveLength(LOOP_ANSWERS);
  expect(story.state.consents).toHaveLength(20);
  expect(
    story.changes.flatMap(({ events }) => events.filter(({ body }) => body.type === "conversation.takenOver")),
  ).toHaveLength(1);
});

test("a guest whose words no department can be read from is told the menu as often as explain says, and staff why they have them then", () => {
  const story = new Story();
  const heard = Array.from({ length: 10 }, () => story.waits(3 * MINUTE).hears("hmm"));
  const menus = heard.map(({ prompts }) => prompts.length);
  expect(menus).toEqual([...Array.from({ length: LOOP_ANSWERS }, () => 1), 0, 0]);
  expect(heard.map((change) => reasonsOf(change).filter((code) => code === "menu_sent").length)).toEqual(menus);
  expect(reasonsOf(heard[LOOP_ANSWERS]!)).toEqual(["no_department_yet", "automation_stopped"]);
  expect(reasonsOf(heard.at(-1)!)).toEqual(["current_conversation"]);
});

test("a guest who taps is never taken for a machine, however often", () => {
  const story = new Story(undefined, eager);
  story.hears("hello");
  for (let n = 0; n < 30; n++) {
    story.waits(MINUTE).hears(story.option("housekeeping"));
    story.staffClose(story.open("housekeeping").id);
    story.waits(MINUTE).hears("hello again");
  }
  expect(story.menus).toBe(31);
});

describe("what the desk says by itself", () => {
  const words = (text: string, led = false) => ({ words: text, led });
  const said = (times: number, from: Automated | null = null, everyMs = MINUTE, led = false): Automated | null => {
    let automated = from;
    for (let n = 0; n < times; n++) automated = answered(automated, words("yes", led), 1, after(n * everyMs));
    return automated;
  };

  test("comes to a hundred messages in an hour at most, and goes on in the next", () => {
    const full = said(AUTOMATED_PER_HOUR, null, 10 * SECOND, true);
    expect(tooMuch(full, after(59 * MINUTE))).toBe("budget");
    expect(tooMuch(full, after(HOUR))).toBeNull();
    expect(tooMuch(said(AUTOMATED_PER_HOUR - 1, null, 10 * SECOND, true), after(59 * MINUTE))).toBeNull();
  });

  test("is a row only where nothing comes in between: a pause, a tap or a step ends it or leaves it", () => {
    const row = (automated: Automated | null) => automated?.row;
    expect(row(said(5))).toBe(5);
    expect(row(answered(said(5), { tapped: true }, 1, after(6 * MINUTE)))).toBe(0);
    expect(row(answered(said(5), words("my name is Zoe", true), 1, after(6 * MINUTE)))).toBe(5);
    expect(row(answered(said(5), words("hello"), 1, after(36 * MINUTE)))).toBe(1);
    expect(tooMuch(said(LOOP_ANSWERS), after(30 * MINUTE))).toBe("loop");
    expect(tooMuch(said(LOOP_ANSWERS), after(2 * HOUR))).toBeNull();
  });

  test("counts a step that a machine takes with the same words again and again, but not the short words of people", () => {
    const bot = (n: number) => `Sorry, I did not understand that. Ticket ${String(n)}.`;
    let looping: Automated | null = null;
    for (let n = 0; n < 9; n++) looping = answered(looping, words(bot(n), true), 1, after(n * SECOND, NOON));
    expect(tooMuch(looping, after(MINUTE))).toBe("loop");
    expect(said(30, null, SECOND, true)?.row).toBe(0);
  });
});
