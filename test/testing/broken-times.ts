import type { Mistake } from "./broken-storages.js";

/** Mistakes about how long answers and resolutions take. */
export const TIMES_MISTAKES: readonly Mistake[] = [
  {
    fails: ["commit/episode"],
    edits: [
      [
        "commit.ts",
        "putConversation(hotel, { ...conversation, version: conversation.version + 1 });",
        `putConversation(hotel, {
      ...conversation,
      version: conversation.version + 1,
      episode: conversation.version === 0 ? conversation.episode : (hotel.conversations.get(conversation.id)?.episode ?? conversation.episode),
    });`,
      ],
    ],
  },
  {
    fails: ["times/once", "times/ratings"],
    edits: [
      ["commit.ts", "if (!hotel.timings.has(key)) hotel.timings.set(key, timing);", "hotel.timings.set(key, timing);"],
    ],
  },
  {
    fails: ["times/period", "times/waiting", "times/ratings"],
    edits: [["times.ts", "at >= from && at < to", "at >= from && at <= to"]],
  },
  {
    fails: ["times/period", "times/once"],
    edits: [["times.ts", "lower + (upper - lower) * (place - Math.floor(place))", "lower"]],
  },
  {
    fails: ["times/open-hours"],
    edits: [["times.ts", "openMs ?? at.getTime() - since.getTime()", "at.getTime() - since.getTime()"]],
  },
  {
    fails: ["times/open-hours"],
    edits: [["times.ts", "openMs ?? at.getTime() - since.getTime()", "openMs || at.getTime() - since.getTime()"]],
  },
  {
    fails: ["times/groups", "times/waiting"],
    edits: [["times.ts", "id === null ? [] : [{ ...own, staffId: id }]", '[{ ...own, staffId: id ?? "" }]']],
  },
  {
    fails: ["times/filters", "times/waiting", "times/reach", "times/ratings"],
    edits: [["times.ts", "(departmentId ?? fact.departmentId) === fact.departmentId &&", ""]],
  },
  {
    fails: ["times/waiting"],
    edits: [["times.ts", 'status === "open" && answeredAt === null', 'status === "open"']],
  },
  {
    fails: ["times/waiting"],
    edits: [["times.ts", 'status === "open" && answeredAt === null', "answeredAt === null"]],
  },
  {
    fails: ["times/ratings"],
    edits: [["times.ts", 'kind !== "rated" && isIn(at, from, to)', "isIn(at, from, to)"]],
  },
  {
    fails: ["load/chat-rating"],
    edits: [["loads.ts", '...prompts.filter(({ kind }) => kind === "rating"),', ""]],
  },
  {
    fails: ["load/chat-rating"],
    edits: [["loads.ts", '[...promptIds, chat?.ratingPromptId ?? ""]', "promptIds"]],
  },
  {
    fails: ["load/chat-rating"],
    edits: [["loads.ts", ' && kind === "departmentMenu"', ""]],
  },
  {
    fails: ["times/reach"],
    edits: [
      [
        "times.ts",
        "reaches(reach, fact.hotelId, fact.departmentId)",
        "reaches(reach, fact.hotelId, fact.departmentId ?? [...(reach.hotels?.get(fact.hotelId) ?? [])][0] ?? null)",
      ],
    ],
  },
];
