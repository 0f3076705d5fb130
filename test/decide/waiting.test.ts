import { describe, expect, test } from "vitest";
import { continueIn } from "../../src/decide/continue-in.js";
import { aConversation, after, HOUR, NOON, Story } from "./world.js";

const MINUTE = 60_000;

describe("a guest waits for an answer", () => {
  test("since the first of what they wrote and nobody answered", () => {
    const story = new Story();
    story.hears("hello");
    story.waits(MINUTE).hears("reception");
    const since = story.now;
    expect(story.open("reception").waitingSince).toEqual(since);
    story.waits(HOUR).hears("anybody?");
    expect(story.open("reception").waitingSince).toEqual(since);
  });

  test("not while the desk asks them which department they want", () => {
    const story = new Story();
    story.hears("hello");
    expect(story.menus).toBe(1);
    expect(story.open(null).waitingSince).toBeNull();
  });

  test("no longer once somebody has answered in the phone app, and again from what they write then", () => {
    const story = new Story();
    story.hears("hello");
    story.hears("reception");
    story.echoes("Good evening!");
    expect(story.open("reception").waitingSince).toBeNull();
    story.waits(HOUR).hears("thanks, and one more thing");
    expect(story.open("reception").waitingSince).toEqual(story.now);
  });

  test("no longer for who stopped offers and was answered, but still for what they asked before", () => {
    const story = new Story();
    story.hears("hello");
    story.hears("reception");
    story.echoes("Good evening!");
    story.waits(MINUTE).hears("STOP");
    expect(story.open("reception").waitingSince).toBeNull();
    story.waits(MINUTE).hears("towels please");
    const since = story.now;
    story.waits(MINUTE).hears("START");
    expect(story.open("reception").waitingSince).toEqual(since);
  });

  test("since the earlier of two moments when one matter goes on in another", () => {
    const [early, late] = [NOON, after(HOUR, NOON)];
    const waits = (from: Date | null, into: Date | null) =>
      continueIn(
        aConversation({ id: "con_1", waitingSince: from }),
        aConversation({ id: "con_2", departmentId: "spa", waitingSince: into }),
        NOON,
        "staff",
      ).into.waitingSince;
    expect([waits(early, late), waits(late, early), waits(null, late), waits(early, null), waits(null, null)]).toEqual([
      early,
      early,
      late,
      early,
      null,
    ]);
  });
});
