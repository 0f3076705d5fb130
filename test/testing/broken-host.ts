import type { Mistake } from "./broken-storages.js";

const COMMAND = "  enqueue(hotelOf(memory, hotelId), lane, item, now);";
/** A verb that may wait in the middle. */
const WAITING = [
  "index.ts",
  "new Promise((resolve) => {\n        resolve(copy(run(memory, ...copy(args))));\n      });",
  "(async () => structuredClone(await run(memory, ...structuredClone(args))))();",
] as const;

/** Mistakes about what the host plugs in: commands in its own transactions, and readers of the event log. */
export const HOST_MISTAKES: readonly Mistake[] = [
  {
    fails: ["enqueue/work", "refused/reported", "refused/settled"],
    edits: [["lanes.ts", "payload: JSON.stringify(payload)", 'payload: "{}"']],
  },
  {
    fails: ["enqueue/order"],
    edits: [["lanes.ts", COMMAND, `${COMMAND}\n  hotelOf(memory, hotelId).lanes.get(laneKey(lane)).items.reverse();`]],
  },
  {
    fails: ["enqueue/first-of-hotel", "enqueue/work", "enqueue/order", "enqueue/hotels", "enqueue/order-at-once"],
    edits: [["lanes.ts", COMMAND, `if (memory.hotels.has(hotelId)) ${COMMAND}`]],
  },
  {
    fails: ["enqueue/hotels"],
    edits: [["lanes.ts", COMMAND, `if (![...memory.hotels.values()].some((hotel) => isWork(hotel, id))) ${COMMAND}`]],
  },
  {
    // What stands in the lane is read, and written back with one more: whoever came meanwhile is lost.
    fails: ["enqueue/order-at-once"],
    edits: [
      WAITING,
      ["lanes.ts", "export function enqueueCommand(", "export async function enqueueCommand("],
      [
        "lanes.ts",
        COMMAND,
        `const before = [...(hotelOf(memory, hotelId).lanes.get(laneKey(lane))?.items ?? [])];
  await Promise.resolve();
  ${COMMAND}
  const stored = hotelOf(memory, hotelId).lanes.get(laneKey(lane));
  stored.items = [...before, stored.items.at(-1)];`,
      ],
    ],
  },
  {
    fails: ["consume/open", "consume/from-now"],
    edits: [["consumers.ts", "if (memory.consumers.has(name)) return false;", ""]],
  },
  {
    fails: ["consume/from-now"],
    edits: [["consumers.ts", 'if (from === "now")', "if (false)"]],
  },
  {
    fails: ["consume/order"],
    edits: [
      [
        "consumers.ts",
        "events.filter((event) => event.seq > seq).slice(0, most)",
        "events.filter((event) => event.seq > seq)",
      ],
    ],
  },
  {
    fails: ["consume/one-holder", "consume/fenced", "consume/renew"],
    edits: [["consumers.ts", "leasedUntil ?? dueAt;", "dueAt;"]],
  },
  {
    fails: ["consume/expired-lease", "consume/fenced"],
    edits: [["consumers.ts", "leasedUntil ?? dueAt;", "(leasedUntil === null ? dueAt : Infinity);"]],
  },
  {
    fails: ["consume/fenced"],
    edits: [
      ["consumers.ts", "place?.epoch === epoch && place.leasedUntil", "place !== undefined && place.leasedUntil"],
    ],
  },
  {
    fails: ["consume/place", "consume/failed"],
    edits: [["consumers.ts", "if (seq > place.seq) {", "{"]],
  },
  {
    fails: ["consume/renew"],
    edits: [["consumers.ts", "place.leasedUntil = now + then.leaseMs;", ""]],
  },
  {
    fails: ["consume/failed"],
    edits: [["consumers.ts", "place.failures += 1;", ""]],
  },
  {
    fails: ["consume/failed"],
    edits: [["consumers.ts", "place.dueAt = now + then.waitMs;", "place.dueAt = now;"]],
  },
  {
    fails: ["consume/hotels-in-turn"],
    edits: [["consumers.ts", "claimableAt(a.place) - claimableAt(b.place) || ", ""]],
  },
  {
    fails: ["consume/names", "consume/forget"],
    edits: [
      ["consumers.ts", "placeOf(memory, name, id)", "placeOf(memory, [...memory.consumers.keys()][0] ?? name, id)"],
    ],
  },
  {
    fails: ["consume/places"],
    edits: [["consumers.ts", "[...memory.consumers.keys()].toSorted(compareIds)", "[...memory.consumers.keys()]"]],
  },
  {
    fails: ["consume/forget"],
    edits: [["consumers.ts", "memory.consumers.delete(name)", "memory.consumers.has(name)"]],
  },
];
