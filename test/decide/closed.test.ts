import { describe, expect, test } from "vitest";
import { answeredByDesk, deskSays, heardIn, withAnswer } from "../../src/decide/automation.js";
import { awayFor, closedUntil, filledIn, hoursOf, timeFrom } from "../../src/decide/away.js";
import { answered, interrupted, tooMuch, type Automated } from "../../src/domain/automation.js";
import { noChange, type Change } from "../../src/domain/change.js";
import { newChat, type Chat } from "../../src/domain/chat.js";
import type { Hotel } from "../../src/domain/hotel.js";
import { NOT_YET } from "../../src/domain/message.js";
import type { OpeningHours } from "../../src/domain/opening-hours.js";
import { aConversation, after, grand, GUEST, HOUR, MINUTE, NOON, NUMBER, Story } from "./world.js";

const DAY = 24 * HOUR;
/** Noon in UTC is one o'clock in Rome: these are over, and those are not. */
const MORNING: OpeningHours = { week: ["09:00-12:00"] };
const EVENING: OpeningHours = { week: ["18:00-22:00"] };
const ALWAYS: OpeningHours = { week: ["00:00-24:00"] };
const NEVER: OpeningHours = { week: [] };
const hotelWith = (hours: readonly (OpeningHours | undefined)[], more: Partial<Hotel> = {}): Hotel => ({
  ...grand,
  departments: hours.map((own, index) => ({
    id: `d${String(index)}`,
    name: `Department ${String(index)}`,
    ...(own !== undefined && { hours: own }),
  })),
  ...more,
});
const tomorrow = new Date("2026-11-11T08:00:00Z");
const tonight = new Date("2026-11-10T17:00:00Z");
const chatWith = (more: Partial<Chat> = {}): Chat => ({ ...newChat("grand", NUMBER, GUEST), ...more });

describe("when a department is there", () => {
  test("is its own word, else the hotel's, else always", () => {
    const hotel = hotelWith([MORNING, undefined], { hours: EVENING });
    expect([hoursOf(hotel, "d0"), hoursOf(hotel, "d1"), hoursOf(hotel, null)]).toEqual([MORNING, EVENING, EVENING]);
    expect(hoursOf(hotelWith([undefined]), "d0")).toBeUndefined();
  });

  test("says when it opens next, or that nobody knows, and nothing while it is open", () => {
    const opens = (hotel: Hotel, id: string | null) => closedUntil(hotel, id, NOON)?.opens;
    const hotel = hotelWith([MORNING, EVENING, ALWAYS, NEVER]);
    expect(["d0", "d1", "d2", "d3"].map((id) => opens(hotel, id))).toEqual([tomorrow, tonight, undefined, null]);
    expect(opens(hotelWith([undefined], { hours: MORNING }), "d0")).toEqual(tomorrow);
    expect(opens(hotelWith([undefined], { hours: MORNING }), "gone"), "by the hotel's").toEqual(tomorrow);
  });

  test("before one is chosen is the first of all, and nothing while one of them is there", () => {
    const of = (...hours: readonly OpeningHours[]) => closedUntil(hotelWith(hours), null, NOON);
    expect(of(MORNING, EVENING, MORNING)).toEqual({ opens: tonight, hours: [MORNING, EVENING] });
    expect(of(EVENING, MORNING)?.opens).toEqual(tonight);
    expect(of(MORNING, ALWAYS)).toBeNull();
    expect(of(NEVER, MORNING)?.opens).toEqual(tomorrow);
    expect(of(NEVER)).toEqual({ opens: null, hours: [NEVER] });
  });
});

describe("what a guest is told who writes while it is closed", () => {
  const hotel = hotelWith([MORNING]);
  const away = (chat: Partial<Chat> = {}, of = hotel, now = NOON) => awayFor(chatWith(chat), "d0", of, now);

  test("is when it opens, and until then nothing more", () => {
    const told = { text: "Closed. We open again: Wednesday 9:00 AM", opens: tomorrow, until: tomorrow };
    expect(away()).toEqual(told);
    expect(away({ awayUntil: NOON }), "that time is over").toEqual(told);
    expect(away({ awayUntil: after(HOUR) }), "it opens later than what they know").toEqual(told);
    expect(away({ awayUntil: tomorrow })).toBe("withheld");
    expect(away({}, hotelWith([ALWAYS]))).toBe("open");
  });

  test("is the department's own words where it has some, and the hotel's where it has none", () => {
    const own = { ...hotel, departments: [{ ...hotel.departments[0]!, away: "Kitchen: {opens}, {opens}." }] };
    expect(away({}, own)).toMatchObject({ text: "Kitchen: Wednesday 9:00 AM, Wednesday 9:00 AM." });
  });

  test("of a house that nobody knows when it opens is said again after a week", () => {
    const never = hotelWith([NEVER]);
    expect(away({}, never)).toEqual({ text: "Closed.", opens: null, until: after(7 * DAY) });
    expect(away({ awayUntil: after(1) }, never)).toBe("withheld");
    expect(away({ awayUntil: NOON }, never)).toMatchObject({ text: "Closed." });
  });

  test("is nothing to whom staff wrote within ten minutes, or since it closed", () => {
    const wrote = (ms: number, of = hotel) => away({ staffWroteAt: after(-ms) }, of) === "withheld";
    expect([wrote(10 * MINUTE - 1), wrote(HOUR), wrote(HOUR + 1), wrote(2 * HOUR)]).toEqual([true, true, false, false]);
    const never = hotelWith([NEVER]);
    expect([wrote(31 * DAY - 1, never), wrote(31 * DAY, never)]).toEqual([true, false]);
  });

  test("before they chose a department is nothing only where staff wrote since all of them closed", () => {
    const both = hotelWith([MORNING, { week: ["08:00-10:00"] }]);
    const told = (ms: number) => awayFor(chatWith({ staffWroteAt: after(-ms) }), null, both, NOON) === "withheld";
    expect([told(HOUR / 2), told(90 * MINUTE)]).toEqual([true, false]);
  });
});

describe("a time as a guest is told it", () => {
  const told = (ms: number, language = "en") => timeFrom(NOON, after(ms), "Europe/Rome", language);

  test("is the time alone today, by the hotel's midnight, with its day within six days, and with its date after that", () => {
    expect(told(2 * HOUR)).toBe("3:00 PM");
    expect(told(11 * HOUR)).toBe("Wednesday 12:00 AM");
    expect(told(6 * DAY - 1, "it")).toMatch(/^lunedì 12:59$/);
    expect(told(6 * DAY, "it")).toMatch(/^lunedì 16 novembre/);
  });

  test("stands in each gap of the hotel's words, in the hotel's language", () => {
    const opens = after(2 * HOUR);
    expect(filledIn("{opens} or {opens}", NOON, opens, grand)).toBe("3:00 PM or 3:00 PM");
    expect(filledIn("alle {opens}", NOON, opens, { ...grand, language: "it" })).toBe("alle 15:00");
    expect(filledIn("no gap", NOON, opens, grand)).toBe("no gap");
  });
});

describe("what the desk says by itself", () => {
  const before = { ...noChange("grand"), conversations: [aConversation({ id: "con_0" }), aConversation()] };
  const reason = { code: "away_message", at: NOON } as const;
  const said = deskSays(before, aConversation({ departmentId: "spa" }), {
    id: "msg_1",
    content: { type: "text", text: "Closed." },
    reason,
  });

  test("is a message at the end, which leaves and is told, and moves the conversation in no list", () => {
    const conversation = aConversation({ departmentId: "spa", lastSeq: 3 });
    expect(said.conversation).toEqual(conversation);
    expect(said.change).toEqual({
      ...before,
      conversations: [aConversation({ id: "con_0" }), conversation],
      messages: [
        {
          id: "msg_1",
          hotelId: "grand",
          conversationId: "con_1",
          seq: 3,
          direction: "outbound",
          author: { kind: "bot", id: "desk" },
          content: { type: "text", text: "Closed." },
          status: "queued",
          ...NOT_YET,
          reasons: [reason],
          sentAt: NOON,
          createdAt: NOON,
        },
      ],
      events: [{ conversationId: "con_1", departmentId: "spa", body: { type: "message.queued", messageId: "msg_1" } }],
      work: [
        {
          id: "snd_msg_1",
          kind: "outbound",
          phoneNumberId: NUMBER,
          guestId: GUEST,
          payload: { messageId: "msg_1" },
        },
      ],
    });
  });

  test("is an answer to words or to a tap on a question of ours", () => {
    const tap = { type: "choice", via: "button", id: "prm_1#1", text: "Spa" } as const;
    expect([heardIn(tap, true), heardIn(tap, false)]).toEqual([{ tapped: true }, { words: "", led: false }]);
    expect(heardIn({ type: "text", text: "hello" }, true, true)).toEqual({ words: "hello", led: true });
    expect(heardIn({ type: "text", text: "hello" }, false)).toEqual({ words: "hello", led: false });
  });

  const automated = (more: Partial<Automated> = {}): Automated => ({
    since: NOON,
    count: 1,
    row: 0,
    at: NOON,
    heard: null,
    ...more,
  });
  const looping = automated({ row: 8 });
  const desk = (chat: Partial<Chat>, speaker: "bot" | "human" = "bot") => {
    const story = new Story();
    const heard = story.hears("hello").messages.slice(0, 1);
    const change: Change = { ...noChange("grand"), messages: heard, conversations: [aConversation({ speaker })] };
    return answeredByDesk(change, {
      workId: "w1",
      chat: chatWith(chat),
      conversation: aConversation({ speaker }),
      heard: { words: "hello", led: false },
      now: after(MINUTE),
      answer: (given) =>
        deskSays(given, aConversation({ speaker }), { id: "msg_1", content: { type: "text", text: "?" }, reason })
          .change,
    });
  };

  test("is counted, and said no more to a guest to whom it was said too often: staff have them from then on", () => {
    expect(desk({})).toMatchObject({ messages: [{}, { id: "msg_1" }], chat: { automated: { count: 1, row: 1 } } });
    const stopped = desk({ automated: looping });
    expect(stopped.messages).toHaveLength(1);
    expect(stopped.messages[0]?.reasons.at(-1)).toEqual({
      code: "automation_stopped",
      at: after(MINUTE),
      details: { because: "loop" },
    });
    expect(stopped.conversations).toEqual([aConversation({ speaker: "human" })]);
    expect(stopped.events).toEqual([
      { conversationId: "con_1", departmentId: "reception", body: { type: "conversation.takenOver", because: "loop" } },
    ]);
    expect(stopped.audit).toEqual([
      {
        id: expect.any(String) as string,
        hotelId: "grand",
        actor: { kind: "system", id: "desk" },
        action: "conversation.takeover",
        reason: "loop",
        target: { kind: "conversation", id: "con_1" },
        at: after(MINUTE),
      },
    ]);
  });

  test("where a person speaks already is left unsaid without a word to anybody", () => {
    const stopped = desk({ automated: looping }, "human");
    expect(stopped.messages).toHaveLength(1);
    expect([stopped.events, stopped.audit]).toEqual([[], []]);
    expect(stopped.conversations).toEqual([aConversation({ speaker: "human" })]);
  });

  test("is no row any more once staff wrote after it, or a person asked for it", () => {
    const because = (chat: Partial<Chat>, asked = false) =>
      withAnswer(chatWith(chat), { words: "hello", led: false }, 1, after(MINUTE), asked).because;
    expect(because({ automated: looping })).toBe("loop");
    expect(because({ automated: looping, staffWroteAt: NOON })).toBe("loop");
    expect(because({ automated: looping, staffWroteAt: after(1) })).toBeNull();
    expect(because({ automated: looping }, true)).toBeNull();
    expect(withAnswer(chatWith(), { tapped: true }, 0, NOON)).toEqual({ because: null, automated: null });
    expect(withAnswer(chatWith({ automated: looping }), { tapped: true }, 0, NOON).automated).toEqual(automated());
  });

  test("is too much from the eighth in a row for an hour, and from a hundred in an hour", () => {
    const much = (more: Partial<Automated>, ms: number) => tooMuch(automated(more), after(ms));
    expect([much({ row: 7 }, 0), much({ row: 8 }, HOUR - 1), much({ row: 8 }, HOUR)]).toEqual([null, "loop", null]);
    expect([much({ count: 99 }, 0), much({ count: 100 }, HOUR - 1), much({ count: 100 }, HOUR)]).toEqual([
      null,
      "budget",
      null,
    ]);
    expect(tooMuch(null, NOON)).toBeNull();
  });

  test("counts by the hour, in a row by the half hour, and starts both anew after that", () => {
    const words = { words: "hello", led: false };
    const next = (from: Partial<Automated>, ms: number) => answered(automated(from), words, 2, after(ms));
    expect(next({ row: 3 }, 30 * MINUTE - 1)).toMatchObject({
      since: NOON,
      count: 3,
      row: 4,
      at: after(30 * MINUTE - 1),
    });
    expect(next({ row: 3 }, 30 * MINUTE)).toMatchObject({ count: 3, row: 1 });
    expect(next({ at: after(HOUR) }, HOUR)).toMatchObject({ since: after(HOUR), count: 2 });
    expect(answered(null, words, 2, NOON)).toEqual({ since: NOON, count: 2, row: 1, at: NOON, heard: null });
    expect(answered(null, { unasked: true }, 2, NOON)).toEqual(automated({ count: 2 }));
    expect(answered(automated({ row: 3, heard: 7 }), { unasked: true }, 2, after(1))).toEqual(
      automated({ row: 3, heard: 7, count: 3 }),
    );
    expect(answered(looping, { tapped: true }, 1, NOON)).toEqual(automated({ count: 2 }));
  });

  test("took a step on is no row, but for a machine's that says the same but for numbers again", () => {
    const step = (from: Automated | null, text: string) => answered(from, { words: text, led: true }, 1, NOON);
    const first = step(null, "Ticket 1: not understood");
    expect(first.row).toBe(0);
    expect(step(first, "TICKET 22 not understood!").row).toBe(1);
    expect(step(first, "Ticket 1: well understood").row).toBe(0);
    const short = step(step(null, "yes please"), "abcdefg");
    expect([short.heard, step(short, "abcdefg").row]).toEqual([null, 0]);
    expect(step(step(null, "abcdefgh"), "abcdefgh").row).toBe(1);
    expect(interrupted(automated({ row: 2 }))).toEqual(automated());
    expect(interrupted(null)).toBeNull();
  });
});
