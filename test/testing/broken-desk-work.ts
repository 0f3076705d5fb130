import type { Mistake } from "./broken-storages.js";

/** Mistakes about what staff do with a conversation, about timers, and about who speaks. */
export const DESK_WORK_MISTAKES: readonly Mistake[] = [
  {
    fails: ["commit/desk-work"],
    edits: [
      [
        "commit.ts",
        "putConversation(hotel, { ...conversation, version: conversation.version + 1 });",
        `putConversation(hotel, {
      ...conversation,
      version: conversation.version + 1,
      tags: conversation.version === 0 ? conversation.tags : (hotel.conversations.get(conversation.id)?.tags ?? []),
    });`,
      ],
    ],
  },
  {
    fails: ["read/assignee"],
    edits: [["reads.ts", "assigneeId === undefined ||", "assigneeId == null ||"]],
  },
  {
    fails: ["read/priority"],
    edits: [["reads.ts", "priority === undefined ||", "priority === undefined || priority === 'normal' ||"]],
  },
  {
    fails: ["read/tag"],
    edits: [["reads.ts", "conversation.tags.includes(tag)", "conversation.tags.join().includes(tag)"]],
  },
  {
    fails: ["read/snoozed"],
    edits: [
      [
        "reads.ts",
        "(conversation.snoozedUntil !== null) === snoozed",
        "(conversation.snoozedUntil !== null && conversation.snoozedUntil > memory.clock.now()) === snoozed",
      ],
    ],
  },
  {
    fails: ["load/staff"],
    edits: [["reads.ts", 'status === "open" && assigneeId === staffId', "assigneeId === staffId"]],
  },
  {
    fails: ["send/intend-flow"],
    edits: [["statuses.ts", 'if (message.flow !== null && speaker === "human") return "personSpeaks";', ""]],
  },
  {
    fails: ["send/intend-flow"],
    edits: [["statuses.ts", 'message.flow !== null && speaker === "human"', "message.flow !== null"]],
  },
  {
    fails: ["claim/timer", "claim/timer-retry", "pulse/due-later"],
    edits: [
      ["lanes.ts", "Math.min(lane.dueAt ?? Infinity, Math.max(comesDue(item), lane.waitsUntil))", "now.getTime()"],
    ],
  },
  {
    fails: ["claim/timer-order"],
    edits: [["lanes.ts", ".toSorted((a, b) => comesDue(a) - comesDue(b))", ""]],
  },
  {
    fails: ["claim/timer-sooner", "work/replay-timer"],
    edits: [
      [
        "lanes.ts",
        "Math.min(lane.dueAt ?? Infinity, Math.max(comesDue(item), lane.waitsUntil))",
        "lane.dueAt ?? comesDue(item)",
      ],
    ],
  },
  {
    fails: ["claim/timer-lost"],
    edits: [["lanes.ts", "lane?.epoch === lease.epoch", '(lane?.epoch === lease.epoch || lane?.kind === "timer")']],
  },
  {
    fails: ["claim/timer-release", "claim/timer-order", "claim/timer-sooner", "work/replay-timer"],
    edits: [["lanes.ts", "pairWait(lane, urgent), first);", "pairWait(lane, urgent));"]],
  },
  {
    fails: ["claim/timer-retry"],
    edits: [["lanes.ts", "Math.max(comesDue(item), lane.waitsUntil)", "comesDue(item)"]],
  },
  {
    fails: ["work/replay-timer"],
    edits: [
      [
        "dead-work.ts",
        "enqueue(hotel, lane, { ...item, attempts: 0 }, now);",
        'enqueue(hotel, lane, { ...item, attempts: 0, ...(item.kind === "timer" && { dueAt: new Date(now.getTime() + 600_000) }) }, now);',
      ],
    ],
  },
];
