import type { Mistake } from "./broken-storages.js";

/** Mistakes about where guests stand in flows. */
export const FLOW_MISTAKES: readonly Mistake[] = [
  // A run is stored over whatever stands there.
  {
    fails: ["commit/runs"],
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
  // What is found begins with what was found.
  { fails: ["flow/stray"], edits: [["runs.ts", "place(run, after) > 0", "place(run, after) >= 0"]] },
  { fails: ["flow/stray"], edits: [["runs.ts", "isLive(run) && !isKnown(run)", "!isKnown(run)"]] },
];
