import type { Mistake } from "./broken-storages.js";

/** Mistakes about files: which there are, whose they are, and how much room they take. */
export const ATTACHMENT_MISTAKES: readonly Mistake[] = [
  {
    fails: [
      "attachment/load",
      "attachment/load-twice",
      "attachment/settle",
      "attachment/reach-guest",
      "attachment/discard",
      "attachment/due",
      "live/news-attachment",
      "export/all",
    ],
    edits: [["attachments.ts", "  attach(hotel, messageId, attachment.id);\n", ""]],
  },
  {
    fails: ["attachment/load-twice"],
    edits: [["attachments.ts", "  if (!hotel.attachments.has(attachment.id)) {", "  {"]],
  },
  {
    fails: ["attachment/settle"],
    edits: [["attachments.ts", "    events = told(hotel, after);", "    events = [];"]],
  },
  {
    fails: ["attachment/settle-fenced"],
    edits: [["attachments.ts", "lane === null || (lane.leasedUntil ?? 0) <= now.getTime()", "lane === null"]],
  },
  {
    fails: ["attachment/settle-once"],
    edits: [["attachments.ts", 'before?.state === "pending"', "before !== undefined"]],
  },
  {
    fails: [
      "attachment/same-file",
      "attachment/same-file-at-once",
      "attachment/quota",
      "attachment/same-file-kept",
      "erase/files",
    ],
    edits: [["attachments.ts", "(one) => one.sha256 === sha256 && one.file.mimeType === file.mimeType", "() => false"]],
  },
  {
    fails: ["attachment/same-file-at-once"],
    edits: [["attachments.ts", "(one) => one.sha256 === sha256", "(one) => one.uses < 3 && one.sha256 === sha256"]],
  },
  {
    fails: ["attachment/quota"],
    edits: [
      ["attachments.ts", "guestBytes !== null && ofGuest > guestBytes", "guestBytes !== null && ofHotel > guestBytes"],
    ],
  },
  {
    fails: ["attachment/quota"],
    edits: [
      ["attachments.ts", "same === undefined && hotelBytes !== null", "hotelBytes !== null"],
      ["attachments.ts", "(same === undefined ? file.sizeBytes : 0)", "file.sizeBytes"],
    ],
  },
  {
    fails: ["attachment/quota-at-once", "attachment/quota"],
    edits: [
      [
        "attachments.ts",
        "hotelBytes !== null && ofHotel > hotelBytes",
        "hotelBytes !== null && ofHotel > hotelBytes + 1_000 * hotel.conversations.size && hotel.files.size % 3 !== 0",
      ],
    ],
  },
  {
    fails: [
      "attachment/add",
      "attachment/load",
      "attachment/settle",
      "attachment/reach-guest",
      "attachment/discard",
      "attachment/due",
      "live/news-attachment",
      "export/all",
    ],
    edits: [
      [
        "attachments.ts",
        "  if (hotel.attachments.has(attachmentId) && !hotel.attachmentOfMessage.has(messageId))",
        "  if (![...hotel.attachmentOfMessage.values()].includes(attachmentId))",
      ],
    ],
  },
  {
    fails: ["attachment/add"],
    edits: [
      [
        "attachments.ts",
        "  hotel.attachments.set(added.id, added);\n  writeAudit(hotel, { ...audit, hotelId: hotel.id, at: now });",
        "  hotel.attachments.set(added.id, added);",
      ],
    ],
  },
  {
    fails: ["attachment/add-late"],
    edits: [["attachments.ts", "now.getTime() - since.getTime() > LATE_MS", "false"]],
  },
  {
    fails: ["attachment/reach"],
    edits: [["attachments.ts", "        : [found, ...messages]", "        : [found]"]],
  },
  {
    fails: ["attachment/reach", "attachment/change"],
    edits: [
      [
        "attachments.ts",
        ".some(({ departmentId }) => reaches(reach, hotel.id, departmentId))",
        '.some(() => reaches(reach, hotel.id, null) || reach !== "everything")',
      ],
    ],
  },
  {
    fails: ["attachment/reach-guest"],
    edits: [
      ["attachments.ts", "withMerged(hotel, whoStays(hotel, guest.id)).includes(guestId)", "guest.id === guestId"],
    ],
  },
  {
    fails: ["attachment/reach-guest"],
    edits: [
      [
        "attachments.ts",
        "messages.some((message) => isTheirs(hotel, reach, message))",
        '[found, ...messages].some((one) => isTheirs(hotel, reach, { direction: "outbound", ...one } as Message))',
      ],
    ],
  },
  {
    fails: ["attachment/change"],
    edits: [
      [
        "attachments.ts",
        "{ ...found, purpose, forgetAt, version: found.version + 1 }",
        "{ ...found, purpose, version: found.version + 1 }",
      ],
    ],
  },
  {
    fails: ["attachment/discard", "attachment/due", "attachment/same-file-kept", "erase/files"],
    edits: [["attachments.ts", "[file.id, file.thumbnailId].flatMap", "[file.id].flatMap"]],
  },
  {
    fails: ["attachment/discard"],
    edits: [
      ["attachments.ts", 'state: "discarded",\n      reason,\n      file: null,', 'state: "discarded",\n      reason,'],
    ],
  },
  {
    fails: ["attachment/same-file"],
    edits: [["attachments.ts", " && one.file.mimeType === file.mimeType", ""]],
  },
  {
    fails: ["attachment/discard"],
    edits: [["attachments.ts", "discard(hotel, [after], because, now)", 'discard(hotel, [after], "used", now)']],
  },
  {
    fails: ["attachment/kept-for"],
    edits: [["attachments.ts", "const { purpose = null } = attachment;", "const purpose = null;"]],
  },
  {
    fails: ["attachment/kept-for"],
    edits: [
      ["attachments.ts", "one.guestId === guestId && one.conversationId === conversationId", "one.guestId === guestId"],
    ],
  },
  {
    fails: ["attachment/kept-for"],
    edits: [["attachments.ts", "purposes.includes(purpose) && HAVE_FILES.has(state)", "purposes.includes(purpose)"]],
  },
  {
    fails: ["attachment/due"],
    edits: [["attachments.ts", "each.at <= now.getTime()", "each.at >= 0"]],
  },
  {
    fails: ["attachment/due"],
    edits: [["attachments.ts", 'actor: { kind: "system", id: "desk" }', 'actor: { kind: "staff", id: "desk" }']],
  },
  {
    fails: ["attachment/due-limit"],
    edits: [["attachments.ts", "a.at - b.at || compareIds(a.one.id, b.one.id)", "compareIds(a.one.id, b.one.id)"]],
  },
  {
    fails: ["attachment/same-file-kept", "erase/files"],
    edits: [["attachments.ts", "stored.uses > 1", "stored.uses > 2"]],
  },
  {
    fails: ["attachment/known-files", "attachment/same-file", "attachment/same-file-kept"],
    edits: [["attachments.ts", "[id, thumbnailId]", "[id]"]],
  },
  {
    fails: ["attachment/upload"],
    edits: [["attachments.ts", "JSON.stringify([fileId, phoneNumberId])", "fileId"]],
  },
  {
    fails: ["attachment/upload"],
    edits: [["attachments.ts", "known.until <= memory.clock.now().getTime()", "false"]],
  },
  {
    fails: ["attachment/upload-forgotten"],
    edits: [
      [
        "attachments.ts",
        "if (mediaId === null) hotel.uploads.delete(uploadKey(key));",
        "if (mediaId === null) return;",
      ],
    ],
  },
  {
    fails: ["attachment/upload-forgotten"],
    edits: [["attachments.ts", "else if (hotel.files.has(key.fileId))", "else"]],
  },
  {
    fails: ["live/news-attachment", "live/news-messages"],
    edits: [
      [
        "live.ts",
        ".map((message) => amended(hotel, message))",
        ".map((message) => ({ ...amended(hotel, message), attachment: undefined }))",
      ],
    ],
  },
];
