import type { Mistake } from "./broken-storages.js";

/** Mistakes about guests' stays, and what they asked for. */
export const STAY_MISTAKES: readonly Mistake[] = [
  // A stay is stored over whatever stands there.
  {
    fails: ["stay/commit", "task/commit"],
    edits: [
      ["commit.ts", "carry(index, `stay ${reservationId}`, version, hotel.stays.get(reservationId)?.version);", ""],
    ],
  },
  // A reservation is anybody's of that name.
  {
    fails: ["stay/load"],
    edits: [
      [
        "stays.ts",
        "stay: hotelOf(memory, hotelId).stays.get(reservationId) ?? null,",
        "stay: [...memory.hotels.values()].flatMap(({ stays }) => stays.get(reservationId) ?? [])[0] ?? null,",
      ],
    ],
  },
  // The oldest first.
  {
    fails: ["stay/of-guest", "stay/of-address", "stay/of-merged", "task/of-conversation"],
    edits: [
      ["stays.ts", "b.createdAt.getTime() - a.createdAt.getTime()", "a.createdAt.getTime() - b.createdAt.getTime()"],
    ],
  },
  // Before a guest wrote, nothing is theirs.
  {
    fails: ["stay/of-address"],
    edits: [["stays.ts", '...("guestId" in person ? [] : [person])', ""]],
  },
  // Whom a stay names is whom it was named at first.
  {
    fails: ["stay/of-merged"],
    edits: [["stays.ts", "withMerged(hotel, guestId)", "[guestId]"]],
  },
  // Whoever was cancelled comes.
  {
    fails: ["stay/on-day"],
    edits: [["stays.ts", 'status !== "cancelled"', "true"]],
  },
  // Who goes on a day comes.
  {
    fails: ["stay/on-day"],
    edits: [["stays.ts", "stay[of]?.slice", "stay.arrival?.slice"]],
  },
  // An instant is no day.
  {
    fails: ["stay/on-day"],
    edits: [["stays.ts", "stay[of]?.slice(0, day.length) === day", "stay[of] === day"]],
  },
  // The last of a page is on the next one, too.
  {
    fails: ["stay/on-day-pages"],
    edits: [["stays.ts", "compareIds(reservationId, after) > 0", "compareIds(reservationId, after) >= 0"]],
  },
  // In the order in which they were told of.
  {
    fails: ["stay/on-day-pages", "stay/on-day"],
    edits: [["stays.ts", ".sort((a, b) => compareIds(a.reservationId, b.reservationId))", ""]],
  },
  // Whose hotel it is, is not asked.
  {
    fails: ["stay/on-day-reach"],
    edits: [
      [
        "stays.ts",
        'if (reach !== "everything" && !("hotels" in reach && reach.hotels.has(hotelId))) return',
        "if (limit < 0) return",
      ],
    ],
  },
  // A request is stored over whatever stands there.
  {
    fails: ["task/commit"],
    edits: [
      [
        "commit.ts",
        "for (const { id, version } of tasks) carry(index, `task ${id}`, version, hotel.tasks.get(id)?.version);",
        "",
      ],
    ],
  },
  // The hotel's own system may not call a request what it likes.
  {
    fails: ["task/load"],
    edits: [["stays.ts", "externalId === taskId", "false"]],
  },
  // What was asked for elsewhere is listed, too.
  {
    fails: ["task/of-conversation"],
    edits: [["stays.ts", "task.conversationId === conversationId", "true"]],
  },
];
