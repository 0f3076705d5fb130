import type { Mistake } from "./broken-storages.js";

/** Mistakes about where guests stand in flows. */
export const FLOW_MISTAKES: readonly Mistake[] = [
  // A run is stored over whatever stands there.
  {
    fails: ["commit/runs", "flow/record"],
    edits: [
      [
        "commit.ts",
        "for (const { id, version } of runs) carry(index, `run ${id}`, version, hotel.runs.get(id)?.version);",
        "",
      ],
    ],
  },
  // Two flows talk at once.
  {
    fails: ["commit/one-run"],
    edits: [["runs.ts", "if (other !== undefined) second.push(Math.max(change, other));", ""]],
  },
  // Runs that are over are gone through again.
  {
    fails: ["load/chat-runs", "commit/one-run", "load/conversation-runs"],
    edits: [["runs.ts", "isLive(run) && guestIds.includes(run.guestId)", "guestIds.includes(run.guestId)"]],
  },
  // Whoever turned out to be the guest has no runs.
  {
    fails: ["load/chat-runs"],
    edits: [["runs.ts", "guestIds.includes(run.guestId)", "run.guestId === guestIds[0]"]],
  },
  // Staff see the first run instead of the last.
  {
    fails: ["load/conversation-runs"],
    edits: [
      ["runs.ts", "b.startedAt.getTime() - a.startedAt.getTime()", "a.startedAt.getTime() - b.startedAt.getTime()"],
    ],
  },
  // A flow's question is forgotten.
  {
    fails: ["commit/flow-prompt"],
    edits: [
      [
        "commit.ts",
        "if (!hotel.prompts.has(prompt.id))",
        'if (prompt.kind !== "flow" && !hotel.prompts.has(prompt.id))',
      ],
    ],
  },
  // A run stands where it stands, and nobody knows how it came there.
  {
    fails: ["flow/record", "flow/record-reach", "erase/other", "export/all"],
    edits: [["commit.ts", "for (const move of moves) putMove(hotel, move);", ""]],
  },
  // The same move is told twice.
  {
    fails: ["flow/record"],
    edits: [
      [
        "runs.ts",
        "else if (!known.some(({ number }) => number === move.number)) known.push(move);",
        "else known.push(move);",
      ],
    ],
  },
  {
    fails: ["flow/record"],
    edits: [["flow-record.ts", ".sort((a, b) => a.number - b.number)", ""]],
  },
  // What a guest has deleted stands in how they came there.
  { fails: ["flow/record"], edits: [["flow-record.ts", "return isRevoked ? null : ", "return "]] },
  // One department reads what guests told another.
  {
    fails: ["flow/record-reach"],
    edits: [["flow-record.ts", " || !reaches(reach, found.hotel.id, found.conversation.departmentId)", ""]],
  },
  // What is found begins with what was found.
  { fails: ["flow/stray"], edits: [["runs.ts", "place(run, after) > 0", "place(run, after) >= 0"]] },
  { fails: ["flow/stray"], edits: [["runs.ts", "isLive(run) && !isKnown(run)", "!isKnown(run)"]] },
];
