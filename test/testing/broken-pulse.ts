import type { Mistake } from "./broken-storages.js";

/** Mistakes about how the work, and what is around it, stands. */
export const PULSE_MISTAKES: readonly Mistake[] = [
  {
    fails: ["examine/findings"],
    edits: [
      [
        "index.ts",
        `advice: "Use it in tests alone: embeddedStorage or postgresStorage of belldesk/postgres keep what guests wrote."`,
        "advice: null",
      ],
    ],
  },
  {
    fails: ["pulse/due"],
    edits: [["pulse.ts", ".toSorted((a, b) => claimableAt(a) - claimableAt(b))", ".toReversed()"]],
  },
  {
    fails: ["pulse/due", "pulse/dead", "pulse/unknown"],
    edits: [
      [
        "pulse.ts",
        "const hotels = [...memory.hotels.values()];",
        "const hotels = [...memory.hotels.values()].slice(0, 1);",
      ],
    ],
  },
  {
    fails: ["pulse/due-later", "pulse/held"],
    edits: [
      [
        "pulse.ts",
        ".filter((lane) => claimableAt(lane) <= now.getTime())",
        ".filter((lane) => claimableAt(lane) < Infinity)",
      ],
    ],
  },
  {
    fails: ["pulse/held"],
    edits: [
      [
        "pulse.ts",
        "(lane) => claimableAt(lane) <= now",
        "(lane) => lane.leasedUntil === null && claimableAt(lane) <= now",
      ],
    ],
  },
  {
    fails: ["pulse/held", "pulse/due", "pulse/due-later", "pulse/dead"],
    edits: [["pulse.ts", "leasedUntil !== null", "leasedUntil === null"]],
  },
  {
    fails: ["pulse/dead"],
    edits: [["pulse.ts", "dead.filter(({ lane }) => lane.kind === kind).length", "dead.length"]],
  },
  {
    fails: ["pulse/unknown"],
    edits: [["pulse.ts", `status === "unknown"`, `status === "sending"`]],
  },
];
