import { describe, expect, test } from "vitest";
import { checkLive, liveViolations, type LiveEvidence, type Logged, type Sees, type Told } from "./live-checks.js";

/** Ana's conversation stays with reception; Ben's went from reception to housekeeping at 5. */
const log: readonly Logged[] = [
  [1, "ana", "reception", "message.received"],
  [2, "ana", "reception", "message.noted"],
  [3, "ben", "reception", "message.received"],
  [4, "ana", "reception", "message.status"],
  [5, "ben", "housekeeping", "conversation.transferred"],
  [6, "ben", "housekeeping", "message.queued"],
  [7, "ana", "reception", "message.received"],
].map(
  ([seq, conversationId, departmentId, type]) =>
    ({ hotelId: "grand", seq, conversationId, departmentId, type }) as Logged,
);

const all: Sees = { kind: "staff", hotels: { grand: "all" } };
const reception: Sees = { kind: "staff", hotels: { grand: ["reception"] } };
const ana: Sees = { kind: "guest", hotelId: "grand", guestId: "guest-ana" };

const heard = (...seqs: readonly number[]): readonly Told[] => seqs.map((seq) => ({ hotelId: "grand", seq }));
const shown = (version: number) => new Map([["ana", { id: "ana", version, guest: { name: "Ana", id: "guest-ana" } }]]);

function found(sees: Sees, told: readonly Told[], more: Partial<LiveEvidence["clients"][number]> = {}) {
  return checkLive({
    log,
    conversations: [
      { id: "ana", departmentId: "reception", guestId: "guest-ana", continuedIn: null },
      { id: "ben", departmentId: "housekeeping", guestId: "guest-ben", continuedIn: null },
    ],
    from: { grand: 1 },
    clients: [{ name: "somebody", sees, told, shows: shown(3), fresh: shown(3), resyncs: 0, ...more }],
  });
}
const wrong = (...given: Parameters<typeof found>) => liveViolations(found(...given));

describe("what a client was told is right", () => {
  test.each<[string, Sees, readonly Told[]]>([
    ["whoever sees all of it hears all of it", all, heard(2, 3, 4, 5, 6, 7)],
    ["what was there before them is no matter", all, heard(1, 2, 3, 4, 5, 6, 7)],
    ["reception hears of what is theirs, and of what was, or not, as they were there", reception, heard(2, 4, 7)],
    ["reception hears of what is theirs, and was there before it went", reception, heard(2, 3, 4, 7)],
    ["a guest hears of their own, and no note", ana, heard(4, 7)],
  ])("%s", (_, sees, told) => {
    expect(wrong(sees, told)).toEqual([]);
    expect(found(sees, told).due).toBe(sees === all ? 6 : sees === reception ? 3 : 2);
  });

  test("members of what is shown may stand in any order", () => {
    const other = new Map([["ana", { guest: { id: "guest-ana", name: "Ana" }, version: 3, id: "ana" }]]);
    expect(wrong(all, heard(2, 3, 4, 5, 6, 7), { shows: other })).toEqual([]);
  });
});

describe("a process, or a client, that is broken is found out", () => {
  test.each<[string, Sees, readonly Told[], string]>([
    ["an event is dropped", all, heard(2, 3, 5, 6, 7), "missing: 1"],
    ["the last event is dropped", all, heard(2, 3, 4, 5, 6), "missing: 1"],
    ["all are dropped", reception, [], "missing: 3"],
    ["an event is told again", all, heard(2, 3, 4, 4, 5, 6, 7), "repeated: 1"],
    ["an event is told again later", all, heard(2, 3, 4, 5, 6, 7, 3), "repeated: 1"],
    ["events come in another order", all, heard(2, 4, 3, 5, 6, 7), "disordered: 1"],
    ["reception hears of another department's", reception, heard(2, 4, 6, 7), "forbidden: 1"],
    ["a guest hears of a note", ana, heard(2, 4, 7), "forbidden: 1"],
    ["a guest hears of somebody else", ana, heard(3, 4, 7), "forbidden: 1"],
    ["an event is told that never was", all, heard(2, 3, 4, 5, 6, 7, 8), "invented: 1"],
  ])("%s", (_, sees, told, says) => {
    expect(wrong(sees, told)).toEqual([says]);
    expect(found(sees, told).examples[0]).toContain("somebody");
  });

  test.each([
    ["shows an older state", { shows: shown(2) }, "stale: 1"],
    ["shows nothing", { shows: new Map() }, "stale: 1"],
    ["shows what is gone", { fresh: new Map() }, "stale: 1"],
    ["had to begin anew", { resyncs: 1 }, "resyncs: 1"],
  ])("somebody %s", (_, more, says) => {
    expect(wrong(all, heard(2, 3, 4, 5, 6, 7), more)).toEqual([says]);
  });
});
