import { describe, expect, test } from "vitest";
import { CAPS, checkEvening, type EveningEvidence } from "./evening-checks.js";
import { INVARIANTS } from "./invariants.js";

// Each rule of what is counted after an evening of chaos, with an evening that breaks it and no other.

const BEGAN = Date.parse("2026-11-27T18:00:00Z");
const ENDED = BEGAN + 60_000;
const DAY_MS = 86_400_000;

const RIGHT: EveningEvidence = {
  statuses: (["sending", "queued", "sending", "sent", "delivered", "read"] as const).map((status) => ({
    messageId: "msg_1",
    status,
  })),
  walks: [
    {
      name: "Anna",
      nights: "2",
      said: ["What is your name?", "How many nights, Anna?", "See you soon, Anna. Your room is 1-2."],
      runs: ["finished"],
    },
  ],
  stays: [{ status: "inHouse", room: "204", arrival: "2027-03-01", isReady: true, welcomes: 1 }],
  began: BEGAN,
  ended: ENDED,
  instants: [
    { what: "event", at: BEGAN },
    { what: "message", at: ENDED },
  ],
  windowsMs: [DAY_MS],
  withheld: 0,
  letThrough: 0,
  audits: [{ hotelId: "grand", entries: 12, wrong: null }],
  files: [],
  processes: [{ name: "host 1", rssBytes: 150_000_000, handles: 50, connections: 20, linesLost: 1 }],
  isGolden: true,
  migrated: ["started", "storage_unavailable"],
  heard: [],
  crashed: [],
};
const [walk] = RIGHT.walks as [EveningEvidence["walks"][number]];
const [stay] = RIGHT.stays as [EveningEvidence["stays"][number]];
const [held] = RIGHT.processes as [EveningEvidence["processes"][number]];

function wrong(evidence: Partial<EveningEvidence>): object {
  const { examples, ...found } = checkEvening({ ...RIGHT, ...evidence });
  const counted = Object.fromEntries(Object.entries(found).filter(([, count]) => count !== 0));
  expect(examples).toHaveLength(Object.keys(counted).length);
  return counted;
}

test("an evening in which guests and staff got what was theirs has nothing wrong", () => {
  expect(wrong({})).toEqual({});
});

describe("an evening is found out in which", () => {
  const status = (...statuses: readonly EveningEvidence["statuses"][number]["status"][]) => ({
    statuses: statuses.map((one) => ({ messageId: "msg_1", status: one })),
  });
  const times = (at: number) => ({ instants: [{ what: "event", at }] });

  test.each<[string, Partial<EveningEvidence>, object]>([
    ["what a guest has read is only delivered again (I6)", status("sent", "read", "delivered"), { statusesFallen: 1 }],
    ["what failed is sent after all (I6)", status("sending", "failed", "sent"), { statusesFallen: 1 }],
    ["what was sent goes back into the queue (I6)", status("sending", "sent", "queued"), { statusesFallen: 1 }],
    ["a status is told twice (I6)", status("sent", "read", "read"), { statusesFallen: 1 }],
    ["a guest is asked twice (I2)", { walks: [{ ...walk, said: [...walk.said, ...walk.said] }] }, { walksWrong: 1 }],
    ["a guest's answer is lost (I2)", { walks: [{ ...walk, said: walk.said.slice(0, 2) }] }, { walksWrong: 1 }],
    [
      "a guest walks a flow that begins twice (I2)",
      { walks: [{ ...walk, runs: ["finished", "waiting"] }] },
      { walksWrong: 1 },
    ],
    ["an older event of a stay wins (I2)", { stays: [{ ...stay, status: "booked" }] }, { staysWrong: 1 }],
    ["a room is not ready that is (I2)", { stays: [{ ...stay, isReady: false }] }, { staysWrong: 1 }],
    ["a guest is welcomed twice (I2)", { stays: [{ ...stay, welcomes: 2 }] }, { staysWrong: 1 }],
    ["a process grows (I9)", { processes: [{ ...held, rssBytes: CAPS.rssBytes + 1 }] }, { overCap: 1 }],
    ["a process keeps what it opened (I9)", { processes: [{ ...held, handles: CAPS.handles + 1 }] }, { overCap: 1 }],
    ["a process takes connections beyond its pool (I9)", { processes: [{ ...held, linesLost: 0 }] }, { overCap: 1 }],
    ["a process ends by itself (I9)", { crashed: ["node 1 ended with 1: "] }, { crashed: 1 }],
    ["a guest's phone stands in a log (I11)", { heard: ["guest in a log"] }, { heard: 1 }],
    [
      "a hotel's audit was edited (I12)",
      { audits: [{ hotelId: "grand", entries: 3, wrong: "edited at 4" }] },
      { auditsBroken: 1 },
    ],
    ["nothing was audited (I12)", { audits: [{ hotelId: "grand", entries: 0, wrong: null }] }, { auditsBroken: 1 }],
    [
      "a row names a file that is not there (I13)",
      { files: ["a row names a file that is not there"] },
      { filesWrong: 1 },
    ],
    ["something happened before it (I14)", times(BEGAN - DAY_MS), { timesWrong: 1 }],
    ["something happened after it (I14)", times(ENDED + 1), { timesWrong: 1 }],
    ["a window is open for longer than a day (I14)", { windowsMs: [2 * DAY_MS] }, { timesWrong: 1 }],
    ["an answer is withheld from a guest who has just written (I14)", { withheld: 1 }, { timesWrong: 1 }],
    ["a guest is written to whose window is closed (I14)", { letThrough: 1 }, { timesWrong: 1 }],
    ["the schema is another (I15)", { isGolden: false }, { schemaWrong: 1 }],
    ["a process cannot start on the schema (I15)", { migrated: ["storage_schema_newer"] }, { schemaWrong: 1 }],
  ])("%s", (_, evidence, counted) => {
    expect(wrong(evidence)).toEqual(counted);
  });
});

test("every invariant from I1 to I15 is counted, and no count stands for two", () => {
  expect(INVARIANTS.map(({ name }) => name)).toEqual(Array.from({ length: 15 }, (_, n) => `I${String(n + 1)}`));
  const counts = INVARIANTS.flatMap(({ wrong }) => wrong);
  expect(counts.length).toBe(new Set(counts).size);
  const { examples: _, ...evening } = checkEvening(RIGHT);
  expect(counts).toEqual(expect.arrayContaining(Object.keys(evening)));
});
