import type { Mistake } from "./broken-storages.js";

/** A verb that may wait in the middle. */
const WAITING = [
  "index.ts",
  "new Promise((resolve) => {\n        resolve(copy(run(memory, ...copy(args))));\n      });",
  "(async () => structuredClone(await run(memory, ...structuredClone(args))))();",
] as const;
const A_WHILE = "for (let n = 0; n < 7; n++) await Promise.resolve();";

/** Mistakes about what whoever watches the desk live reads. */
export const LIVE_MISTAKES: readonly Mistake[] = [
  {
    fails: ["live/snapshot", "live/snapshot-guest"],
    edits: [["live.ts", 'departmentId: null, status: "open"', "departmentId: null, status: null"]],
  },
  {
    fails: ["live/snapshot"],
    edits: [["live.ts", "more: next !== null", "more: items.length === limit"]],
  },
  {
    fails: ["live/snapshot-reach"],
    edits: [["live.ts", "reached.flatMap(headOf)", "[...memory.hotels.values()].flatMap(headOf)"]],
  },
  {
    fails: ["live/snapshot-reach", "live/snapshot-guest"],
    edits: [["live.ts", "{ ...all, reach, limit }", '{ ...all, reach: "everything", limit }']],
  },
  {
    // A guest is looked after like staff of the hotel.
    fails: ["live/snapshot-guest"],
    edits: [
      [
        "live.ts",
        "{ ...all, reach, limit }",
        '{ ...all, reach: reach.guest ? { hotels: new Map([[reach.guest.hotelId, "all"]]) } : reach, limit }',
      ],
    ],
  },
  {
    // What stands open is read first, and how far the logs have got a moment later: what came between is told to nobody.
    fails: ["live/snapshot-moment"],
    edits: [
      WAITING,
      ["live.ts", "export function snapshot(", "export async function snapshot("],
      ["live.ts", "  const reached =", `  ${A_WHILE}\n  const reached =`],
    ],
  },
  {
    fails: ["live/news"],
    edits: [["live.ts", "slice(after.seq, after.seq + limit)", "slice(after.seq)"]],
  },
  {
    fails: ["live/news"],
    edits: [["live.ts", "head: hotel.events.length", "head: last?.seq ?? after.seq"]],
  },
  {
    fails: ["live/news"],
    edits: [["live.ts", "placeOf(hotel.id, last),", "{ ...placeOf(hotel.id, last), seq: hotel.events.length },"]],
  },
  {
    fails: ["live/news-lost"],
    edits: [["live.ts", "hotel?.events[seq - 1]?.at.getTime() === at.getTime()", "hotel?.events[seq - 1]"]],
  },
  {
    fails: ["live/news-lost"],
    edits: [["live.ts", "(seq === 0 && (hotel", "(at === null && (hotel"]],
  },
  {
    fails: ["live/news-about", "live/news-guest", "live/news-merged"],
    edits: [
      ["live.ts", "conversations: concernedBy(hotel, events)", "conversations: [...hotel.conversations.values()]"],
    ],
  },
  {
    // Of what was closed clients never hear, and it stays in their lists.
    fails: ["live/news-about", "live/news-continued", "live/news-left"],
    edits: [["live.ts", "...new Set([...onward, ...open])", "...new Set(open)"]],
  },
  {
    fails: ["live/news-continued", "live/news-left"],
    edits: [["live.ts", "andWhatFollows(hotel, id)", "(hotel.conversations.get(id) ?? [])"]],
  },
  {
    fails: ["live/news-left"],
    edits: [["live.ts", '"leaves" in body ? body.leaves : null', "null"]],
  },
  {
    fails: ["live/news-guest", "live/news-merged"],
    edits: [["live.ts", "...new Set([...onward, ...open])", "...new Set(onward)"]],
  },
  {
    fails: ["live/news-merged"],
    edits: [["live.ts", "withMerged(hotel, whoStays(hotel, guestId))", "guestId"]],
  },
  {
    fails: ["live/news-merged"],
    edits: [["live.ts", "return [body.guestId, body.from];", "return [body.guestId];"]],
  },
  {
    fails: ["live/news-merged"],
    edits: [["live.ts", '    case "guest.consent":\n', ""]],
  },
  {
    fails: ["live/news-messages", "live/news-attachment"],
    edits: [["live.ts", "amended(hotel, message)", "({ ...message, amendments: [] })"]],
  },
  {
    fails: ["live/news-messages"],
    edits: [
      [
        "live.ts",
        '[...new Set(events.flatMap(({ body }) => ("messageId" in body ? [body.messageId] : [])))]',
        'events.flatMap(({ body }) => ("messageId" in body ? [body.messageId] : []))',
      ],
    ],
  },
  {
    fails: ["live/news-note"],
    edits: [["live.ts", "direction !== undefined && GUEST_DIRECTIONS.includes(direction)", "direction !== undefined"]],
  },
  {
    fails: ["live/heads"],
    edits: [
      ["live.ts", "[...new Set(hotelIds)].flatMap((id) => memory.hotels.get(id) ?? [])", "[...memory.hotels.values()]"],
    ],
  },
  {
    fails: ["live/revoked", "live/revoked-kept", "live/revoked-at-once"],
    edits: [["live.ts", "number > from", "number >= from"]],
  },
  {
    fails: ["live/revoked"],
    edits: [["live.ts", "from === null ? [] :", ""]],
  },
  {
    fails: ["live/revoked-kept"],
    edits: [["live.ts", "(memory.revocations.at(-1)?.number ?? 0) + 1", "memory.revocations.length + 1"]],
  },
  {
    fails: ["live/revoked-kept"],
    edits: [["live.ts", "after !== null && after > upTo ? 0 : after", "after"]],
  },
  {
    // The number is taken first and the row written later, as with a sequence of a database: a smaller one comes after a larger one.
    fails: ["live/revoked-at-once"],
    edits: [
      WAITING,
      ["live.ts", "export function revoke(", "let taken = 0;\nexport async function revoke("],
      [
        "live.ts",
        "const number = (memory.revocations.at(-1)?.number ?? 0) + 1;",
        "const number = ++taken;\n  for (let n = 0; n < (number % 7) * 5; n++) await Promise.resolve();",
      ],
      [
        "live.ts",
        "const upTo = memory.revocations.at(-1)?.number ?? 0;",
        "const upTo = Math.max(0, ...memory.revocations.map(({ number }) => number));",
      ],
    ],
  },
];
