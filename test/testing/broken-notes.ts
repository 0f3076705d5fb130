import type { Mistake } from "./broken-storages.js";

/** Mistakes about what staff say among themselves, and about who has read how far. */
export const NOTE_MISTAKES: readonly Mistake[] = [
  // A note counted as something that the guest wrote.
  {
    fails: ["commit/note"],
    edits: [
      [
        "reads.ts",
        '.filter(({ direction }) => direction === "inbound")',
        '.filter(({ direction }) => direction !== "outbound")',
      ],
    ],
  },
  {
    fails: ["commit/note-unsent"],
    edits: [
      ["statuses.ts", 'own?.direction === "outbound" ? own', 'own !== undefined && own.direction !== "inbound" ? own'],
      [
        "statuses.ts",
        'return message?.direction === "outbound" ? message : null;',
        'return message?.direction !== "inbound" ? (message ?? null) : null;',
      ],
      ["statuses.ts", ' || message.status === "noted"', ""],
    ],
  },
  {
    fails: ["commit/participant"],
    edits: [
      ["commit.ts", "Math.max(participant.readSeq, hotel.participants.get(key)?.readSeq ?? 0)", "participant.readSeq"],
    ],
  },
  {
    fails: ["load/answered"],
    edits: [["answered.ts", 'direction === "outbound" && seq > after', 'direction !== "inbound" && seq > after']],
  },
  {
    fails: ["load/answered"],
    edits: [
      ["answered.ts", 'author.kind === "device" || author.id !== by', 'author.kind !== "device" && author.id !== by'],
    ],
  },
  { fails: ["load/answered", "load/answered-author"], edits: [["answered.ts", "seq > after", "seq < after"]] },
  { fails: ["load/answered"], edits: [["answered.ts", 'author.kind === "device" || author.id !== by', "by !== null"]] },
  { fails: ["load/answered"], edits: [["answered.ts", "seq > after", "seq >= after"]] },
  {
    fails: ["load/answered"],
    edits: [
      [
        "loads.ts",
        "...(answered !== undefined && { answered: answeredIn(hotel, conversationId, answered) }),",
        "answered: answered === undefined ? null : answeredIn(hotel, conversationId, answered),",
      ],
    ],
  },
  {
    fails: ["load/answered-author"],
    edits: [
      [
        "answered.ts",
        'direction === "outbound" && seq > after',
        'direction === "outbound" && seq > after && hotel.messages.size > 1',
      ],
    ],
  },
  {
    fails: ["read/participants"],
    edits: [
      [
        "staff.ts",
        "const chain = withContinued(hotel, conversation);\n  const ids",
        "const chain = [conversation];\n  const ids",
      ],
    ],
  },
  {
    fails: ["read/participants", "read/guest-nothing-else"],
    edits: [
      [
        "staff.ts",
        "if (found === null || !reaches(reach, found.hotel.id, found.conversation.departmentId)) return null;\n  const { hotel, conversation } = found;\n  const chain",
        "if (found === null) return null;\n  const { hotel, conversation } = found;\n  const chain",
      ],
    ],
  },
  {
    fails: ["read/participants-guest", "read/participants"],
    edits: [["staff.ts", '(one.kind === "guest" ? { ...one, readSeq: readByGuest(hotel, one) } : one)', "one"]],
  },
  {
    fails: ["read/participants-guest"],
    edits: [["staff.ts", '["read", "played"]', '["read", "played", "delivered"]']],
  },
  { fails: ["read/participants-guest"], edits: [["staff.ts", '["read", "played"]', '["read"]']] },
  {
    fails: ["read/newest-inbound"],
    edits: [["staff.ts", "upTo === null || seq <= upTo", "upTo === null || seq < upTo"]],
  },
  { fails: ["read/newest-inbound"], edits: [["staff.ts", "id !== conversationId || upTo === null", "upTo === null"]] },
  { fails: ["read/newest-inbound"], edits: [["staff.ts", " && !NOTICES.has(content.type)", ""]] },
  {
    fails: ["read/newest-inbound"],
    edits: [
      [
        "staff.ts",
        ".sort((a, b) => b.eventSeq - a.eventSeq);\n  return { now",
        ".sort((a, b) => a.eventSeq - b.eventSeq);\n  return { now",
      ],
    ],
  },
  { fails: ["read/newest-inbound-none"], edits: [["staff.ts", " && eventSeq > 0", ""]] },
  { fails: ["read/mentions"], edits: [["staff.ts", ">= message.seq", "> message.seq"]] },
  { fails: ["read/mentions"], edits: [["staff.ts", "!unread || !read", "true"]] },
  { fails: ["read/mentions"], edits: [["staff.ts", "mention.staffId === staffId", "true"]] },
  { fails: ["read/mentions"], edits: [["staff.ts", '"staff", staffId]', '"bot", staffId]']] },
  {
    fails: ["read/mentions-reach", "read/guest-nothing-else"],
    edits: [
      ["staff.ts", "if (!showing.some(({ departmentId }) => reaches(reach, hotel.id, departmentId))) return [];", ""],
    ],
  },
  {
    fails: ["read/mentions-reach"],
    edits: [
      [
        "staff.ts",
        "const showing = andWhatFollows(hotel, mention.conversationId);",
        "const showing = andWhatFollows(hotel, mention.conversationId).slice(0, 1);",
      ],
    ],
  },
  { fails: ["read/mentions-once"], edits: [["commit.ts", "if (!hotel.mentions.has(key)) hotel", "hotel"]] },

  // What staff answer often
  {
    fails: ["saved/put"],
    edits: [["saved-replies.ts", 'if ((before?.version ?? 0) !== reply.version) return { outcome: "conflict" };', ""]],
  },
  {
    fails: [
      "saved/put",
      "audit/seal-hotels",
      "audit/seal-order",
      "audit/seal",
      "audit/seal-once",
      "audit/seal-at-once",
      "audit/anchor",
      "audit/prune",
      "audit/sealed",
      "audit/sealed-reach",
    ],
    edits: [["saved-replies.ts", "writeAudit(hotel, { ...audit, hotelId: hotel.id, at });", ""]],
  },
  {
    fails: ["saved/taken", "saved/taken-at-once"],
    edits: [["saved-replies.ts", 'if (isTaken) return { outcome: "taken" };', ""]],
  },
  {
    fails: ["saved/taken", "saved/list"],
    edits: [["saved-replies.ts", " && departmentId === reply.departmentId", ""]],
  },
  { fails: ["saved/taken"], edits: [["saved-replies.ts", "id !== reply.id && shortcut", "shortcut"]] },
  {
    fails: ["saved/taken-at-once"],
    edits: [
      [
        "index.ts",
        "new Promise((resolve) => {\n        resolve(copy(run(memory, ...copy(args))));\n      });",
        "(async () => structuredClone(await run(memory, ...structuredClone(args))))();",
      ],
      ["saved-replies.ts", "export function putSavedReply(", "export async function putSavedReply("],
      ["saved-replies.ts", "if (isTaken) return", "await Promise.resolve();\n  if (isTaken) return"],
    ],
  },
  {
    fails: ["saved/list"],
    edits: [["saved-replies.ts", "compareIds(a.shortcut, b.shortcut)", "a.shortcut.localeCompare(b.shortcut)"]],
  },
  {
    fails: ["saved/list", "saved/reach"],
    edits: [
      [
        "saved-replies.ts",
        "one.departmentId === null || one.departmentId === departmentId",
        "one.departmentId === departmentId",
      ],
    ],
  },
  {
    fails: ["saved/reach"],
    edits: [
      [
        "saved-replies.ts",
        "one.departmentId === null || reaches(reach, hotelId, one.departmentId)",
        "reaches(reach, hotelId, one.departmentId)",
      ],
    ],
  },
  {
    fails: ["saved/reach", "read/guest-nothing-else"],
    edits: [
      [
        "saved-replies.ts",
        "return reaches(reach, hotel.id, reply.departmentId) ? { hotel, reply } : null;",
        "return { hotel, reply };",
      ],
    ],
  },
  {
    fails: ["saved/reach"],
    edits: [
      [
        "saved-replies.ts",
        "before === undefined || !reaches(reach, hotel.id, before.departmentId)",
        "before === undefined",
      ],
    ],
  },
  { fails: ["saved/delete"], edits: [["saved-replies.ts", "found.hotel.savedReplies.delete(id);", ""]] },
];
