import type { Mistake } from "./broken-storages.js";

/** Mistakes about what guests may ask to be forgotten or told, and about what is kept for how long. */
export const PRIVACY_MISTAKES: readonly Mistake[] = [
  { fails: ["erase/count"], edits: [["erasure.ts", "messages: own.messages.length,", "messages: 0,"]] },
  {
    fails: ["erase/begin"],
    edits: [["erasure.ts", "departmentId: one.departmentId,", "departmentId: null,"]],
  },
  {
    fails: ["erase/merged", "export/all"],
    edits: [
      [
        "erasure.ts",
        "    root,\n    ...withMerged(hotel, root)\n      .filter((id) => id !== root)\n      .toSorted(compareIds),\n",
        "guestId,",
      ],
    ],
  },
  {
    fails: ["erase/fenced"],
    edits: [["commit.ts", "for (const index of ofErased(hotel, changes)) stale.add(index);", ""]],
  },
  {
    fails: ["erase/acts"],
    edits: [["erasure.ts", "if (people.includes(guestId) && now.getTime()", "if (guestId === '' && now.getTime()"]],
  },
  {
    fails: ["erase/acts"],
    edits: [["erasure.ts", "now.getTime() - at.getTime() <= DELIVERED_MS", "true"]],
  },
  {
    fails: ["erase/anew"],
    edits: [
      [
        "erasure.ts",
        "writeAudit(hotel, { ...audit, hotelId, at: now });",
        "writeAudit(hotel, { ...audit, hotelId, at: now }); hotel.dedupHashes.clear();",
      ],
    ],
  },
  { fails: ["erase/stop"], edits: [["hashes.ts", "if (!stopped || ", "if (true || "]] },
  {
    fails: ["erase/reports"],
    edits: [["statuses.ts", 'if (isErased(hotel, update.wamid)) return "parked";', ""]],
  },
  {
    fails: ["erase/all"],
    edits: [["erasure.ts", "hotel.tasks.delete(taskId);", ""]],
  },
  {
    fails: ["erase/other"],
    edits: [
      [
        "erasure.ts",
        "removeWhere(hotel.prompts, ({ conversationId }) => ids.has(conversationId));",
        "hotel.prompts.clear();",
      ],
    ],
  },
  {
    fails: ["erase/files", "attachment/upload-forgotten"],
    edits: [["erasure.ts", "const files = attachments.flatMap((one) => letGo(hotel, one));", "const files = [];"]],
  },
  {
    fails: ["erase/again", "erase/unfinished"],
    edits: [
      [
        "erasure.ts",
        "erasure: { ...known, doneAt: now }, open: null });",
        "erasure: { ...known, doneAt: now }, open });",
      ],
    ],
  },
  {
    fails: ["erase/reasons"],
    edits: [["erasure.ts", "blankAudit(hotel, new Set([...targets, ...people, ...ids, ...reservations]));", ""]],
  },
  {
    fails: ["erase/unfinished"],
    edits: [["erasure.ts", ".filter(({ open }) => open !== null)", ".filter(() => true)"]],
  },
  { fails: ["erase/list"], edits: [["erasure.ts", "later.slice(0, limit);", "later.slice(0, limit + 1);"]] },
  { fails: ["erase/reapply"], edits: [["erasure.ts", "one.firstSeenAt <= erasure.at && ", ""]] },
  {
    fails: ["export/all"],
    edits: [["personal-data.ts", "message: amended(hotel, message)", "message: { ...message, amendments: [] }"]],
  },
  {
    fails: ["export/other", "erase/other"],
    edits: [["personal-data.ts", "people.includes(attachment.guestId) ?", "true ?"]],
  },
  {
    fails: ["export/pages"],
    edits: [["personal-data.ts", "from + limit < all.length ?", "from + limit + 1 < all.length ?"]],
  },
  {
    fails: ["prune/old", "audit/prune"],
    edits: [["prune.ts", "getTime() - olderThanMs;", "getTime() - olderThanMs / 2;"]],
  },
  { fails: ["prune/waits"], edits: [["prune.ts", " && !waits.has(id) && ", " && "]] },
  { fails: ["prune/open"], edits: [["prune.ts", " && onward === undefined;", ";"]] },
  { fails: ["prune/events"], edits: [["prune.ts", "event.seq <= unread && ", ""]] },
  { fails: ["prune/again"], edits: [["prune.ts", "const gone = old.slice(0, limit);", "const gone = old;"]] },
];
