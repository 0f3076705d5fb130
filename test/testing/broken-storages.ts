import { AUDIT_MISTAKES } from "./broken-audit.js";
import { PRIVACY_MISTAKES } from "./broken-privacy.js";
import { ATTACHMENT_MISTAKES } from "./broken-attachments.js";
import { DESK_WORK_MISTAKES } from "./broken-desk-work.js";
import { NOTE_MISTAKES } from "./broken-notes.js";
import { TIMES_MISTAKES } from "./broken-times.js";
import { FLOW_MISTAKES } from "./broken-flows.js";
import { HOST_MISTAKES } from "./broken-host.js";
import { LIVE_MISTAKES } from "./broken-live.js";
import { PULSE_MISTAKES } from "./broken-pulse.js";
import { SENDER_MISTAKES } from "./broken-senders.js";
import { STAY_MISTAKES } from "./broken-stays.js";
import { TRANSLATION_MISTAKES } from "./broken-translations.js";

/** What stands in a file of the memory storage, and what an author might have written instead. */
type Edit = readonly [file: string, right: string, wrong: string];

/**
 * One mistake in the memory storage, made by one or more edits, and exactly the cases of the contract that fail for it.
 * The first is the case that the mistake is made for. Whoever writes an adapter makes these.
 */
export interface Mistake {
  readonly fails: readonly [string, ...string[]];
  readonly edits: readonly Edit[];
}

/**
 * A verb that may wait in the middle, as one does that asks a database twice without a transaction: between what it
 * has looked up and what it writes others come in.
 */
const pausing = (file: string, verb: string): readonly Edit[] => [
  [
    "index.ts",
    "new Promise((resolve) => {\n        resolve(copy(run(memory, ...copy(args))));\n      });",
    "(async () => copy(await run(memory, ...copy(args))))();",
  ],
  [file, `export function ${verb}(`, `export async function ${verb}(`],
];

const WHERE = {
  anybody: "true",
  "somebody beside a known phone":
    "unknown.length < chat?.addresses.length && unknown.some(({ kind }) => kind === 'bsuid')",
  "somebody with a known BSUID":
    "chat?.addresses.some((address) => address.kind === 'bsuid' && isKnown(hotelId, address))",
} as const;

/**
 * What nobody's address is gets looked up before the verb waits, and who has it by then is forgotten: so every caller
 * makes a guest. Either for all, or for those who come with an address of somebody known.
 */
const meetingStrangers = (
  who: "anybody" | "somebody beside a known phone" | "somebody with a known BSUID",
): readonly Edit[] => [
  ...pausing("remember.ts", "remember"),
  [
    "remember.ts",
    "const outcomes",
    `const addressKey = ({ kind, value }) => kind + " " + value;
  const isKnown = (hotelId, address) => hotelOf(memory, hotelId).guestByAddress.has(addressKey(address));
  const strangers = new Set<string>();
  for (const { hotelId, chat } of items) {
    const unknown = (chat?.addresses ?? []).filter((address) => !isKnown(hotelId, address));
    if (${WHERE[who]})
      for (const address of unknown) strangers.add(hotelId + addressKey(address));
  }
  await Promise.resolve();
  const outcomes`,
  ],
  [
    "remember.ts",
    "const lane = {",
    `for (const key of chat.addresses.map(addressKey))
      if (strangers.delete(hotelId + key)) hotel.guestByAddress.delete(key);
    const lane = {`,
  ],
];

/** Locks that a verb takes one after the other, in the order in which its argument names what they guard. */
const LOCKING: Edit = [
  "index.ts",
  "  return {\n    open:",
  `  const locks = new Map<string, { gone: Promise<void>; go: () => void }>();
  const locking = (keysOf, run) => async (...args) => {
    const keys = [...new Set<string>(keysOf(...args))];
    for (const key of keys) {
      while (locks.has(key)) await locks.get(key).gone;
      let go = () => {};
      locks.set(key, { gone: new Promise((resolve) => { go = resolve; }), go: () => go() });
      await Promise.resolve();
    }
    try {
      return await run(...args);
    } finally {
      for (const key of keys) { const { go } = locks.get(key); locks.delete(key); go(); }
    }
  };
  return {
    open:`,
];

export const MISTAKES: readonly Mistake[] = [
  // remember
  {
    fails: [
      "remember/once",
      "remember/once-across-batches",
      "remember/once-after-work",
      "remember/once-at-once",
      "remember/too-old",
      "remember/kept-aside",
      "remember/one-guest-no-duplicates",
      "remember/learns-nothing-of-old",
      "remember/account-in-order",
      "erase/anew",
    ],
    edits: [["remember.ts", "hotel.dedupHashes.add(dedupHash);", ""]],
  },
  {
    fails: ["remember/once-in-a-batch", "read/kept"],
    edits: [["remember.ts", "seen.has(hash) || ", ""]],
  },
  {
    fails: ["remember/once-across-batches", "remember/account-in-order"],
    edits: [
      [
        "remember.ts",
        "items.forEach((item, index) => {",
        'if (outcomes[0] === "duplicate") return outcomes; items.forEach((item, index) => {',
      ],
    ],
  },
  {
    fails: ["remember/once-after-work", "erase/anew"],
    edits: [["commit.ts", "removeItems(lane, completes);", "removeItems(lane, completes); hotel.dedupHashes.clear();"]],
  },
  {
    fails: ["remember/once-per-hotel"],
    edits: [
      [
        "remember.ts",
        "const hash = `${hotelId} ${dedupHash}`;",
        "const hash = dedupHash; for (const other of memory.hotels.values()) if (other.dedupHashes.has(dedupHash)) return 'duplicate';",
      ],
    ],
  },
  {
    fails: ["remember/once-at-once"],
    edits: [
      ...pausing("remember.ts", "remember"),
      ["remember.ts", "items.forEach((item, index) => {", "await Promise.resolve(); items.forEach((item, index) => {"],
    ],
  },
  {
    fails: ["remember/order"],
    edits: [["lanes.ts", "lane.lastPosition += 1;", "lane.lastPosition += 2;"]],
  },
  {
    fails: ["remember/order", "commit/lane-new-work", "work/replay", "reprocess/kept"],
    edits: [
      [
        "lanes.ts",
        "lane.items.push({ ...item, position: lane.lastPosition });",
        "lane.items.push({ ...item, position: lane.lastPosition }); lane.items.sort((a, b) => (a.id < b.id ? -1 : 1));",
      ],
    ],
  },
  {
    fails: ["remember/order-by-arrival"],
    edits: [
      [
        "remember.ts",
        "const outcomes =",
        "items = items.toSorted((a, b) => (a.chat?.sentAt.getTime() ?? 0) - (b.chat?.sentAt.getTime() ?? 0)); const outcomes =",
      ],
    ],
  },
  {
    fails: ["remember/order-one-lane-each", "remember/account", "reprocess/kept", "prune/waits"],
    edits: [["remember.ts", "phoneNumberId: chat.phoneNumberId,", "phoneNumberId: 'any',"]],
  },
  {
    fails: ["remember/order-at-once"],
    edits: [
      ...pausing("remember.ts", "remember"),
      [
        "remember.ts",
        "const outcomes =",
        "const connection = waiting === 0 ? 0 : (turn += 1) % 3; waiting += 1; await Promise.resolve(); waiting -= 1; const outcomes =",
      ],
      ["remember.ts", "function outcomesOf(", "let waiting = 0; let turn = 0; function outcomesOf("],
      ["remember.ts", "urgent: false }, now);", "urgent: false, connection }, now);"],
      [
        "lanes.ts",
        "lane.items.push({ ...item, position: lane.lastPosition });",
        "lane.items.push({ ...item, position: lane.lastPosition + 1_000 * (item.connection ?? 0) }); lane.items.sort((a, b) => a.position - b.position);",
      ],
    ],
  },
  {
    fails: [
      "remember/too-old",
      "remember/too-old-by-its-clock",
      "read/kept",
      "remember/learns-nothing-of-old",
      "reprocess/kept-only",
      "reprocess/list",
    ],
    edits: [["remember.ts", '> retentionMs ? "too_old"', '> Infinity ? "too_old"']],
  },
  {
    fails: ["remember/too-old-imported"],
    edits: [["remember.ts", "chat?.isImported === true || ", ""]],
  },
  {
    fails: ["remember/too-old", "remember/learns-nothing-of-old", "reprocess/list"],
    edits: [["remember.ts", ' || outcome === "too_old"', ""]],
  },
  {
    fails: ["remember/too-old-by-its-clock"],
    edits: [
      ["remember.ts", "now.getTime() - chat.sentAt.getTime()", "Date.UTC(2026, 10, 10, 8, 30) - chat.sentAt.getTime()"],
    ],
  },
  {
    fails: ["remember/too-old-by-its-clock"],
    edits: [["remember.ts", '> retentionMs ? "too_old"', '> 30 * 86_400_000 ? "too_old"']],
  },
  {
    fails: ["remember/kept", "work/replay-idle"],
    edits: [["remember.ts", "payload: raw,", "payload: JSON.stringify(JSON.parse(raw)).replaceAll('\\\\u0000', ''),"]],
  },
  {
    fails: ["remember/kept-aside"],
    edits: [
      [
        "remember.ts",
        "if (chat === null || ",
        "if (chat === null) { hotel.dedupHashes.delete(dedupHash); return; } if (",
      ],
    ],
  },
  {
    fails: ["remember/kept-receipt", "read/explain-outbound"],
    edits: [["reads.ts", 'hotel.attempts.get(message.attemptId ?? "")?.receivedAt ?? null', "message.createdAt"]],
  },
  {
    fails: ["remember/all-or-nothing"],
    edits: [["remember.ts", "seen.add(hash);", "seen.add(hash); hotel.dedupHashes.add(dedupHash);"]],
  },
  {
    fails: [
      "remember/one-guest",
      "remember/one-guest-recycled-phone",
      "commit/guest",
      "remember/learns",
      "remember/learns-not-of-others",
      "remember/learns-nothing-of-old",
      "remember/passes",
      "remember/passes-to-a-newcomer",
      "remember/passes-never-late",
      "remember/passes-given-up",
      "reprocess/kept",
      "commit/guest-takes",
      "commit/guest-retires",
      "commit/merge",
      "commit/merge-learns",
      "commit/merge-conflict",
      "commit/unmerge",
      "commit/unmerge-passed",
      "commit/merge-learns-late",
      "remember/passes-late-without-bsuid",
      "remember/passes-not-from-retired",
      "commit/unmerge-learned",
    ],
    edits: [["whose.ts", "address, itemId, now", "address, chat.newGuestId, now"]],
  },
  {
    fails: [
      "remember/one-guest-known-by-any",
      "remember/one-guest-recycled-phone",
      "remember/one-guest-same-phone",
      "remember/one-guest",
      "remember/learns",
      "remember/learns-not-of-others",
      "remember/passes",
      "remember/passes-to-a-newcomer",
      "remember/passes-never-late",
      "remember/passes-given-up",
      "guest/load",
      "guest/load-in-order",
      "guest/load-holders",
      "guest/find",
      "guest/find-merged",
      "commit/guest-takes",
      "commit/unmerge-passed",
      "remember/learns-at-once",
      "remember/passes-at-once",
      "remember/passes-late-without-bsuid",
      "remember/passes-not-from-retired",
      "commit/unmerge-learned",
      "load/recipient",
    ],
    edits: [
      ["whose.ts", "for (const address of chat.addresses) {", "for (const address of chat.addresses.slice(0, 1)) {"],
    ],
  },
  {
    fails: [
      "remember/one-guest-known-by-any",
      "remember/one-guest-recycled-phone",
      "remember/one-guest-same-phone",
      "remember/one-guest-recycled-phone-at-once",
      "remember/learns-not-of-others",
      "remember/passes",
      "remember/passes-never-late",
      "remember/passes-given-up",
      "remember/learns-at-once",
      "remember/passes-at-once",
      "commit/unmerge-learned",
    ],
    edits: [["whose.ts", "addresses.find((address) => holderOf(", "addresses.findLast((address) => holderOf("]],
  },
  {
    fails: [
      "remember/one-guest-recycled-phone",
      "remember/one-guest-recycled-phone-at-once",
      "remember/passes-to-a-newcomer",
      "remember/passes-never-late",
      "load/chat-holders",
      "guest/load-holders",
      "guest/find",
      "guest/find-merged",
      "commit/unmerge-passed",
      "remember/passes-late-without-bsuid",
      "remember/passes-not-from-retired",
    ],
    edits: [["whose.ts", "return isAnothers || ", "return "]],
  },
  {
    fails: [
      "remember/one-guest-recycled-phone",
      "remember/passes",
      "remember/passes-never-late",
      "remember/passes-given-up",
      "commit/guest-takes",
      "commit/unmerge-passed",
      "remember/passes-at-once",
      "remember/passes-late-without-bsuid",
      "commit/unmerge-learned",
    ],
    edits: [["identity.ts", "before.addresses.filter((each) => !isSame(address)(each))", "before.addresses"]],
  },
  {
    fails: [
      "remember/one-guest-same-phone",
      "remember/one-guest-known-by-any",
      "remember/learns",
      "commit/merge-learns",
      "commit/unmerge",
      "remember/passes-not-from-retired",
      "commit/new-guest",
    ],
    edits: [["whose.ts", " && holder.addresses.some((each) => isBsuid(each) && each.retiredAt === null)", ""]],
  },
  {
    fails: [
      "remember/one-guest-same-phone",
      "remember/one-guest-known-by-any",
      "remember/one-guest-recycled-phone",
      "remember/one-guest-recycled-phone-at-once",
      "commit/guest",
      "remember/learns",
      "remember/learns-not-of-others",
      "remember/passes",
      "remember/passes-never-late",
      "guest/load-in-order",
      "commit/guest-takes",
      "commit/unmerge",
      "remember/learns-at-once",
      "remember/passes-at-once",
      "commit/unmerge-learned",
      "commit/new-guest",
    ],
    edits: [["whose.ts", 'if (known.kind !== "waId") return cameTo;', ""]],
  },
  {
    fails: ["remember/one-guest-recycled-phone-at-once"],
    edits: [...meetingStrangers("somebody beside a known phone")],
  },
  {
    fails: ["remember/one-guest-by-kind", "guest/find", "load/recipient"],
    edits: [
      [
        "identity.ts",
        "const id = hotel.guestByAddress.get(addressKey(address));",
        'const id = [...hotel.guestByAddress].find(([key]) => key.endsWith(" " + address.value))?.[1];',
      ],
    ],
  },
  {
    fails: [
      "remember/one-guest-per-hotel",
      "status/foreign-hotel",
      "commit/guest-of-others",
      "send/intend-foreign",
      "send/settle-many",
      "load/chat-holders",
      "guest/reach",
      "guest/find",
      "commit/new-guest",
      "load/recipient",
      "consent/commit",
      "read/guest",
      "search/guests",
      "erase/count",
      "export/other",
    ],
    edits: [
      ["state.ts", "guests: new Map(),", "guests: [...memory.hotels.values()][0]?.guests ?? new Map(),"],
      [
        "state.ts",
        "guestByAddress: new Map(),",
        "guestByAddress: [...memory.hotels.values()][0]?.guestByAddress ?? new Map(),",
      ],
    ],
  },
  {
    fails: [
      "remember/one-guest-no-duplicates",
      "remember/too-old",
      "remember/learns-nothing-of-old",
      "erase/anew",
      "erase/acts",
    ],
    edits: [
      [
        "remember.ts",
        'if (outcomes[index] === "duplicate") return;',
        'if (outcomes[index] === "duplicate") return void (item.chat && guestFor(hotelOf(memory, item.hotelId), item, item.chat, now));',
      ],
    ],
  },
  {
    fails: [
      "remember/one-guest-at-once",
      "remember/one-guest-recycled-phone-at-once",
      "remember/one-guest-crosswise",
      "remember/learns-at-once",
    ],
    edits: [...meetingStrangers("anybody")],
  },
  {
    fails: ["remember/one-guest-crosswise", "remember/passes-at-once"],
    edits: [
      LOCKING,
      [
        "index.ts",
        "remember: verb(remember)",
        'remember: locking((items) => items.map(({ chat }) => chat?.addresses[0]?.value ?? ""), verb(remember))',
      ],
    ],
  },
  // status
  {
    fails: [
      "status/lattice",
      "status/lattice-failed",
      "status/lattice-in-a-batch",
      "status/parked",
      "status/event-none",
      "send/settle-below-report",
      "send/settle-late",
      "send/retry-late-first",
      "send/hold-known-before",
      "status/billing",
      "commit/echo",
      "commit/remark-failed",
      "refused/else",
    ],
    edits: [["statuses.ts", "joinStatus(message.status, status) === message.status", "message.status === status"]],
  },
  {
    fails: [
      "status/lattice-failed",
      "status/lattice-rising-in-a-batch",
      "status/correlation",
      "send/settle-late-order",
      "commit/remark-failed",
    ],
    edits: [
      ["statuses.ts", 'status === "failed" || status === "unknown" ? failure : null', "failure ?? message.failure"],
    ],
  },
  {
    fails: ["status/lattice-failed"],
    edits: [["statuses.ts", "...(failure !== null && { failure: failure.code })", ""]],
  },
  {
    fails: ["status/lattice-in-a-batch", "consent/reported", "refused/else", "refused/reported"],
    edits: [
      [
        "statuses.ts",
        "const outcomes = updates.map((update): StatusOutcome => {",
        "const known = updates.map((one) => reportedMessage(hotelOf(memory, one.hotelId), one)); const outcomes = updates.map((update, index): StatusOutcome => {",
      ],
      [
        "statuses.ts",
        "const rises = [",
        "const stood = known[index]?.status; if (stood && joinStatus(stood, update.status) !== stood) putMessage(hotel, { ...message, status: stood }); const rises = [",
      ],
    ],
  },
  {
    fails: ["status/lattice-rising-in-a-batch", "status/billing-rising"],
    edits: [
      [
        "statuses.ts",
        "const outcomes = updates.map((update): StatusOutcome => {",
        "const outcomes = updates.map((each): StatusOutcome => { const update = updates.find(({ hotelId, wamid, correlationId }) => hotelId === each.hotelId && wamid === each.wamid && correlationId === each.correlationId);",
      ],
    ],
  },
  {
    fails: [
      "status/lattice-at-once",
      "status/lattice-in-a-batch",
      "consent/reported",
      "refused/else",
      "refused/reported",
    ],
    edits: [
      ...pausing("statuses.ts", "applyStatuses"),
      [
        "statuses.ts",
        "const outcomes = updates.map((update): StatusOutcome => {",
        "const known = updates.map((one) => reportedMessage(hotelOf(memory, one.hotelId), one)); await Promise.resolve(); const outcomes = updates.map((update, index): StatusOutcome => {",
      ],
      [
        "statuses.ts",
        "const rises = [",
        "const stood = known[index]?.status; if (stood && joinStatus(stood, update.status) !== stood) putMessage(hotel, { ...message, status: stood }); const rises = [",
      ],
    ],
  },
  {
    fails: [
      "status/parked",
      "status/parked-failure",
      "status/parked-then-correlated",
      "status/parked-together",
      "status/parked-once",
      "status/parked-end",
      "status/billing-parked",
      "commit/echo",
      "consent/reported-early",
      "erase/reports",
      "refused/settled",
    ],
    edits: [["statuses.ts", "return waiting.flatMap", "return [].flatMap"]],
  },
  {
    fails: ["status/parked", "commit/echo"],
    edits: [["statuses.ts", "[...parked, { update, parkedAt: now }]", "[{ update, parkedAt: now }]"]],
  },
  {
    fails: ["status/parked-failure", "consent/reported-early", "refused/settled"],
    edits: [
      [
        "statuses.ts",
        "[...parked, { update, parkedAt: now }]",
        "[...parked, { update: { ...update, failure: null }, parkedAt: now }]",
      ],
    ],
  },
  {
    fails: [
      "status/parked-then-correlated",
      "status/parked-together",
      "status/correlation",
      "send/settle-below-report",
    ],
    edits: [["statuses.ts", ", ...learnWamid(hotel, message.id, update.wamid, now)]", "]"]],
  },
  {
    fails: ["status/parked-together"],
    edits: [
      [
        "statuses.ts",
        "const outcomes = updates.map((update): StatusOutcome => {\n    const hotel = hotelOf(memory, update.hotelId);\n    const message = reportedMessage(hotel, update);",
        "const known = updates.map((one) => reportedMessage(hotelOf(memory, one.hotelId), one)); const outcomes = updates.map((update, index): StatusOutcome => { const hotel = hotelOf(memory, update.hotelId); const message = known[index] && reportedMessage(hotel, update);",
      ],
    ],
  },
  {
    fails: [
      "status/parked-once",
      "status/billing-parked",
      "commit/echo",
      "commit/echo-alone",
      "consent/reported-early",
    ],
    edits: [
      [
        "statuses.ts",
        "return waiting.flatMap(({ update }) => report(hotel, messageId, update, now));",
        "return waiting.flatMap(({ update }) => { report(hotel, messageId, update, now); const known = hotel.messages.get(messageId); return change(hotel, known, known.status, update.failure); });",
      ],
    ],
  },
  {
    fails: ["status/parked-at-once"],
    edits: [
      ...pausing("statuses.ts", "settle"),
      [
        "statuses.ts",
        "return [...hotels].flatMap((hotelId) => {",
        "const parkedOf = ({ lane, result }) => hotelOf(memory, lane.hotelId).parkedReports.get(result.wamid) ?? []; const parked = new Map(settlements.map((settlement) => [settlement, parkedOf(settlement)])); await Promise.resolve(); for (const settlement of settlements) hotelOf(memory, settlement.lane.hotelId).parkedReports.set(settlement.result.wamid, parked.get(settlement)); return [...hotels].flatMap((hotelId) => {",
      ],
    ],
  },
  {
    fails: [
      "status/correlation",
      "status/parked-then-correlated",
      "status/parked-together",
      "status/correlation-before-settling",
      "send/settle-below-report",
      "send/settle-keeps-wamid",
      "send/retry-reported",
      "send/hold-known",
      "status/correlation-echoed",
      "commit/remark-failed",
      "commit/remark-overtaken",
      "commit/remark-status",
      "claim/urgent-hold-unknown",
      "pulse/unknown",
    ],
    edits: [["statuses.ts", "correlationId === null ? undefined", "true ? undefined"]],
  },
  {
    fails: ["status/correlation-before-settling", "status/parked-then-correlated"],
    edits: [
      [
        "statuses.ts",
        'own?.direction === "outbound" ? own',
        'own?.direction === "outbound" && own.status !== "queued" ? own',
      ],
    ],
  },
  {
    fails: ["status/correlation-unknown"],
    edits: [["statuses.ts", "own : hotel.messages", "own : correlationId !== null ? undefined : hotel.messages"]],
  },
  {
    fails: ["status/correlation-inbound"],
    edits: [["statuses.ts", 'return message?.direction === "outbound" ? message : null;', "return message ?? null;"]],
  },
  {
    fails: ["status/event", "send/settle", "commit/echo", "consent/rejected"],
    edits: [["statuses.ts", "hotel.conversations.get(message.conversationId)?.departmentId ?? null", "null"]],
  },
  {
    fails: [
      "status/event",
      "status/lattice-in-a-batch",
      "status/lattice-rising-in-a-batch",
      "status/lattice-at-once",
      "status/event-many",
      "status/billing-rising",
      "consent/reported",
    ],
    edits: [["statuses.ts", "events.push(...tell(hotel, rises, now));", "tell(hotel, rises, now);"]],
  },
  {
    fails: ["status/event-none", "status/lattice-failed", "status/billing", "commit/echo", "commit/echo-alone"],
    edits: [
      [
        "statuses.ts",
        "if (joinStatus(message.status, status) === message.status) return [];",
        "if (joinStatus(message.status, status) === message.status && (reason === null || explain(hotel, messageId, reason) !== null)) return [];",
      ],
    ],
  },
  {
    fails: ["status/event-many", "status/lattice-rising-in-a-batch", "status/billing-rising"],
    edits: [["statuses.ts", "events.push(...tell", "events.unshift(...tell"]],
  },
  {
    fails: ["status/foreign-hotel"],
    edits: [
      [
        "statuses.ts",
        "const hotel = hotelOf(memory, update.hotelId);",
        "const hotel = [...memory.hotels.values()].find((one) => one.messages.has(update.correlationId ?? '') || one.messageByWamid.has(update.wamid)) ?? hotelOf(memory, update.hotelId);",
      ],
    ],
  },
  {
    fails: ["status/foreign-hotel-parked", "status/foreign-hotel", "commit/echo-alone"],
    edits: [
      [
        "state.ts",
        "parkedReports: new Map(),",
        "parkedReports: [...memory.hotels.values()][0]?.parkedReports ?? new Map(),",
      ],
    ],
  },
  // claim
  {
    fails: [
      "claim/one-holder",
      "status/parked-together",
      "claim/one-holder-at-once",
      "claim/one-holder-while-writing",
      "claim/fair",
      "claim/fair-longest-due-first",
      "claim/fair-at-most",
      "claim/expired-lease",
      "claim/expired-lease-at-once",
      "claim/next-due",
      "lease/renew",
      "lease/renew-lost",
      "lease/release-stale",
      "commit/fenced",
      "commit/lane-kept-in-conflict",
      "send/intend-each",
      "send/intend-foreign",
      "send/settle-many",
      "send/settle-crosswise",
      "send/settle-late",
      "work/retry-stale",
      "send/pair-pace-later",
      "send/pause-longest",
      "send/probe-together",
      "send/intend-paused",
      "send/intend-flow",
      "claim/timer-sooner",
      "enqueue/order",
      "enqueue/order-at-once",
      "pulse/held",
      "pulse/unknown",
      "claim/only-urgent-of",
      "refused/reported",
      "refused/settled",
    ],
    edits: [["lanes.ts", "(lane.leasedUntil ?? lane.dueAt ?? Infinity)", "(lane.dueAt ?? Infinity)"]],
  },
  {
    fails: ["claim/one-holder", "commit/lane", "work/dead", "claim/timer-sooner", "enqueue/order"],
    edits: [["lanes.ts", "lane.lastPosition += 1;", "lane.lastPosition += 1; lane.leasedUntil = null;"]],
  },
  {
    fails: [
      "claim/one-holder-at-once",
      "claim/one-holder-while-writing",
      "claim/pace-at-once",
      "enqueue/order-at-once",
    ],
    edits: [
      ...pausing("lanes.ts", "claim"),
      [
        "lanes.ts",
        ".slice(0, most);\n  for",
        ".slice(0, most); if (taken.some(({ leasedUntil }) => leasedUntil === null)) await Promise.resolve(); for",
      ],
    ],
  },
  {
    fails: ["claim/one-holder-while-writing"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const lost =",
        "const before = new Map(changes.map((each) => [each, each.lane && held(memory, each.lane)?.items.slice()])); for (let tick = 0; tick < 9; tick += 1) await Promise.resolve(); const lost =",
      ],
      [
        "commit.ts",
        "const first = hotel.events.length + 1;",
        "const lane = laneChange.lane && held(memory, laneChange.lane); if (lane) lane.items = before.get(laneChange) ?? lane.items; const first = hotel.events.length + 1;",
      ],
    ],
  },
  {
    fails: [
      "claim/order",
      "commit/remark-status",
      "claim/urgent",
      "claim/urgent-hold",
      "claim/urgent-in-hand",
      "send/asked",
      "claim/urgent-hold-unknown",
      "claim/pause-expired-next",
      "claim/only-urgent",
      "enqueue/order",
    ],
    edits: [["lanes.ts", ".slice(0, most)\n    .map(", ".slice(-most).map("]],
  },
  {
    fails: ["claim/order-after-part", "commit/failed-work", "enqueue/order"],
    edits: [
      [
        "commit.ts",
        "removeItems(lane, completes);",
        "removeItems(lane, completes); if (completes.length > 0) lane.items.reverse();",
      ],
    ],
  },
  {
    fails: ["claim/order-after-retry", "commit/failed-work", "remember/account-in-order"],
    edits: [
      [
        "lanes.ts",
        "lane.items = lane.items.map((other) => (other.id === workId ? failed : other));",
        "lane.items = [...lane.items.filter((other) => other.id !== workId), failed];",
      ],
    ],
  },
  {
    fails: ["claim/order-kinds"],
    edits: [
      ["commit.ts", "payload: JSON.stringify(payload)", "payload: JSON.stringify(payload).replaceAll('\\\\u0000', '')"],
    ],
  },
  {
    fails: ["claim/fair"],
    edits: [
      [
        "lanes.ts",
        "const taken = inTurn(byHotel)",
        "const taken = byHotel.flat().sort((a, b) => claimableAt(a) - claimableAt(b))",
      ],
    ],
  },
  {
    fails: ["claim/fair-longest-due-first", "pulse/due"],
    edits: [["lanes.ts", "|| claimableAt(a) - claimableAt(b),\n    );", "|| claimableAt(b) - claimableAt(a), );"]],
  },
  {
    fails: ["claim/fair-at-most", "claim/fair", "pulse/due"],
    edits: [["lanes.ts", ".slice(0, most);\n  for", "; for"]],
  },
  {
    fails: [
      "claim/expired-lease",
      "claim/expired-lease-at-once",
      "claim/next-due",
      "lease/renew",
      "lease/renew-lost",
      "lease/release-stale",
      "commit/fenced",
      "commit/fenced-before-conflict",
      "send/intend-fenced",
      "send/settle-late",
      "send/settle-late-order",
      "send/settle-late-released",
      "send/settle-late-abandoned",
      "send/settle-late-dead",
      "send/retry-late",
      "send/retry-late-first",
      "send/retry-stale",
      "send/hold-known-late",
      "send/hold-known-before",
      "work/retry-stale",
      "work/dead-gone",
      "claim/timer-lost",
      "attachment/settle-fenced",
      "pulse/held",
    ],
    edits: [
      [
        "lanes.ts",
        "(lane.leasedUntil ?? lane.dueAt ?? Infinity)",
        "(lane.leasedUntil === null ? (lane.dueAt ?? Infinity) : Infinity)",
      ],
    ],
  },
  {
    fails: ["claim/expired-lease", "work/retry-stale"],
    edits: [
      [
        "lanes.ts",
        "lane.epoch += 1;",
        "lane.epoch += 1; if (lane.leasedUntil !== null) lane.items = lane.items.map((item) => ({ ...item, attempts: item.attempts + 1 }));",
      ],
    ],
  },
  {
    fails: [
      "claim/expired-lease-epoch",
      "claim/expired-lease",
      "lease/renew-lost",
      "lease/release",
      "lease/release-stale",
      "commit/fenced",
      "commit/fenced-before-conflict",
      "send/intend-fenced",
      "send/settle",
      "send/settle-late",
      "send/retry-late-first",
      "send/retry-stale",
      "work/retry-stale",
      "claim/timer-lost",
      "attachment/settle-fenced",
    ],
    edits: [["lanes.ts", "lane.epoch += 1;", "lane.epoch = 1;"]],
  },
  {
    fails: ["claim/expired-lease-at-once"],
    edits: [
      ...pausing("lanes.ts", "claim"),
      [
        "lanes.ts",
        ".slice(0, most);\n  for",
        ".slice(0, most); if (taken.some(({ leasedUntil }) => leasedUntil !== null)) await Promise.resolve(); for",
      ],
    ],
  },
  {
    fails: ["claim/not-due", "pulse/due", "send/hold-later", "send/pair-pace-later"],
    edits: [
      [
        "lanes.ts",
        "else lane.dueAt ??= Math.max(asked, lane.waitsUntil, pairWait(lane, isUrgent(lane)));",
        "else lane.dueAt = now.getTime();",
      ],
    ],
  },
  {
    fails: [
      "claim/not-due-empty",
      "remember/once-after-work",
      "claim/next-due",
      "send/settle-late-released",
      "send/hold-alone",
      "remember/passes",
      "remember/passes-given-up",
      "commit/guest-retires",
      "remember/passes-late-without-bsuid",
      "claim/timer",
      "pulse/due",
      "pulse/due-later",
    ],
    edits: [
      [
        "lanes.ts",
        "lane.items.length === 0 ? Infinity : (",
        "lane.items.length === 0 ? (lane.leasedUntil === null && lane.waitsUntil > 0 ? lane.waitsUntil + 600_000 : Infinity) : (",
      ],
    ],
  },
  {
    fails: [
      "claim/next-due",
      "send/settle-late-released",
      "send/settle-late-abandoned",
      "claim/timer",
      "enqueue/first-of-hotel",
    ],
    edits: [["lanes.ts", "next === Infinity ? null", "next === Infinity ? 0"]],
  },
  {
    fails: ["claim/next-due"],
    edits: [["lanes.ts", ".filter((lane) => lane.kind === kind)\n        .map(", ".map("]],
  },
  {
    fails: ["claim/next-due-now", "reprocess/kept", "claim/pace"],
    edits: [["lanes.ts", "now: time,", "now: new Date(),"]],
  },
  // lease
  {
    fails: ["lease/renew", "lease/renew-lost", "send/intend-window", "pulse/held"],
    edits: [["lanes.ts", "if (lane !== null) lane.leasedUntil = until;", ""]],
  },
  { fails: ["lease/renew-lost"], edits: [["lanes.ts", "return lane !== null;", "return true;"]] },
  {
    fails: [
      "lease/release",
      "claim/expired-lease-epoch",
      "lease/renew-lost",
      "commit/fenced-given-back",
      "send/intend-fenced-given-back",
      "send/settle-late-released",
      "send/settle-late-dead",
      "work/retry-stale",
      "claim/probe",
      "claim/timer-release",
      "pulse/held",
    ],
    edits: [["lanes.ts", "if (lane !== null) giveBack(lane, now);", ""]],
  },
  {
    fails: [
      "lease/release-stale",
      "lease/renew-lost",
      "commit/fenced",
      "commit/fenced-before-conflict",
      "send/intend-fenced",
      "send/settle-late",
      "send/retry-late-first",
      "send/retry-stale",
      "work/retry-stale",
      "claim/timer-lost",
      "attachment/settle-fenced",
    ],
    edits: [
      [
        "lanes.ts",
        "lane?.epoch === lease.epoch && lane.leasedUntil !== null",
        "lane !== undefined && lane.leasedUntil !== null",
      ],
    ],
  },
  {
    fails: ["lease/release-waiting", "lease/renew-lost", "commit/fenced-given-back"],
    edits: [["lanes.ts", "lane?.epoch === lease.epoch && lane.leasedUntil !== null", "lane?.epoch === lease.epoch"]],
  },
  // load
  {
    fails: ["load/chat", "load/chat-each", "load/chat-foreign-quote", "commit/whole-or-nothing", "live/snapshot"],
    edits: [
      [
        "loads.ts",
        "chatKey(phoneNumberId, guestId)) ?? null;",
        "chatKey(phoneNumberId, guestId)) ?? newChat(hotel.id, phoneNumberId, guestId);",
      ],
    ],
  },
  {
    fails: ["load/chat-whole", "commit/merge-chats", "commit/merge-chats-kept"],
    edits: [
      [
        "commit.ts",
        "{ ...chat, version: chat.version + 1 }",
        "{ ...chat, lastInboundAt: null, version: chat.version + 1 }",
      ],
    ],
  },
  {
    fails: [
      "load/chat-each",
      "load/conversation",
      "read/conversations",
      "load/conversation-merged",
      "commit/merge-chats",
      "load/recipient",
    ],
    edits: [["state.ts", "`${phoneNumberId} ${guestId}`", "guestId"]],
  },
  {
    fails: [
      "load/chat-quoted",
      "load/chat-quoted-continued",
      "load/chat-merged",
      "load/chat-merged-continued",
      "load/chat-rating",
    ],
    edits: [["loads.ts", "[...unasked, ...asked]", "unasked"]],
  },
  {
    fails: ["load/chat-quoted-continued"],
    edits: [["loads.ts", "andWhatFollows(hotel, conversationId)", "hotel.conversations.get(conversationId)"]],
  },
  {
    fails: ["load/chat-foreign-quote", "load/chat-merged"],
    edits: [["loads.ts", ".filter(({ isOwn }) => isOwn)", ""]],
  },
  {
    fails: ["load/chat-foreign-quote", "load/chat-merged", "read/amended-apart"],
    edits: [
      [
        "loads.ts",
        "if (message === undefined || conversation === undefined)",
        "if (message === undefined || !own.includes(conversation))",
      ],
    ],
  },
  {
    fails: ["load/chat-quoted", "load/chat-quoted-imported"],
    edits: [["loads.ts", "const { departmentId } = conversation;", "const departmentId = null;"]],
  },
  {
    fails: ["load/chat-quoted-imported"],
    edits: [["loads.ts", "isImported: eventSeq < 0", "isImported: conversation.imported"]],
  },
  {
    fails: ["load/chat-foreign-quote", "load/chat-rating"],
    edits: [["loads.ts", "filter(({ guestId }) => guestIds.includes(guestId))", "filter(Boolean)"]],
  },
  {
    fails: ["load/chat-prompts", "load/chat-foreign-quote", "commit/twice"],
    edits: [
      [
        "loads.ts",
        "[...new Set([...prompts.filter(({ id }) => promptIds.includes(id)), ...newest])]",
        "[...prompts.filter(({ id }) => promptIds.includes(id)), ...newest]",
      ],
    ],
  },
  {
    fails: ["load/chat-prompts"],
    edits: [
      ["loads.ts", "b.createdAt.getTime() - a.createdAt.getTime()", "a.createdAt.getTime() - b.createdAt.getTime()"],
    ],
  },
  {
    fails: ["load/conversation", "load/conversation-merged"],
    edits: [["loads.ts", " && id !== conversationId", ""]],
  },
  { fails: ["load/conversation-continued"], edits: [["loads.ts", " && readSeq < lastSeq", ""]] },
  {
    fails: ["load/conversation-continued", "load/chat-merged-continued"],
    edits: [["loads.ts", "withContinued(hotel, conversation)", "[]"]],
  },
  {
    fails: ["load/conversation-reach", "read/guest-nothing-else"],
    edits: [["loads.ts", " || !reaches(reach, found.hotel.id, found.conversation.departmentId)", ""]],
  },
  {
    fails: ["load/conversation-existing", "commit/client-id", "load/recipient-existing"],
    edits: [["state.ts", "JSON.stringify([authorId, clientMessageId])", "clientMessageId"]],
  },
  {
    fails: ["load/send"],
    edits: [["loads.ts", "const sends = messageIds.map(", "const sends = [...new Set(messageIds)].map("]],
  },
  {
    fails: ["load/send-no-chat"],
    edits: [["loads.ts", "?? newChat(hotelId, phoneNumberId, guest.id)", "?? null"]],
  },
  // commit
  {
    fails: ["commit/whole", "commit/twice", "read/audit", "read/audit-list", "erase/other", "erase/reasons"],
    edits: [["commit.ts", "for (const entry of audit) writeAudit(hotel, entry);", ""]],
  },
  {
    fails: ["commit/whole-or-nothing"],
    edits: [
      [
        "commit.ts",
        "const stale = [...conflicts(hotel, changes)]",
        "changes.forEach(({ change }) => { for (const entry of change.audit) writeAudit(hotel, entry); }); const stale = [...conflicts(hotel, changes)]",
      ],
    ],
  },
  {
    fails: ["commit/whole-empty"],
    edits: [
      [
        "commit.ts",
        "const lost =",
        'if (changes.length === 0) return { outcome: "conflict", changes: [] }; const lost =',
      ],
    ],
  },
  {
    fails: [
      "commit/conflict",
      "commit/whole-or-nothing",
      "commit/conflict-new",
      "commit/conflict-at-once",
      "commit/numbers-crosswise",
    ],
    edits: [
      [
        "commit.ts",
        "carry(index, `conversation ${id}`, version, hotel.conversations.get(id)?.version);",
        "carry(index, `conversation ${id}`, version && (hotel.conversations.get(id)?.version ?? 0), hotel.conversations.get(id)?.version);",
      ],
    ],
  },
  {
    fails: ["commit/conflict-chat", "commit/conflict-new", "commit/conflict-twice-in-a-batch", "commit/merge-chats"],
    edits: [["commit.ts", "carry(index, `chat ${key}`, chat.version, hotel.chats.get(key)?.version);", ""]],
  },
  {
    fails: ["commit/conflict-new", "commit/whole-or-nothing", "commit/runs", "stay/commit", "task/commit"],
    edits: [
      [
        "commit.ts",
        "carried.has(key) || version !== (storedVersion ?? 0)",
        "carried.has(key) || version < (storedVersion ?? 0)",
      ],
    ],
  },
  {
    fails: ["commit/conflict-twice-in-a-batch", "commit/runs", "stay/commit", "task/commit"],
    edits: [["commit.ts", "carried.has(key) || ", ""]],
  },
  {
    fails: ["commit/conflict-at-once", "commit/client-id-at-once", "commit/numbers-crosswise"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const places = changes",
        "if (changes.some(({ change }) => change.conversations.some(({ version }) => version > 0))) await Promise.resolve(); const places = changes",
      ],
    ],
  },
  {
    fails: ["commit/twice"],
    edits: [["commit.ts", "if (hotel.messages.has(message.id)) continue;", ""]],
  },
  { fails: ["commit/twice"], edits: [["commit.ts", "if (isWork(hotel, id)) continue;", ""]] },
  {
    fails: ["commit/twice"],
    edits: [["commit.ts", "if (!hotel.prompts.has(prompt.id)) hotel.prompts.set", "hotel.prompts.set"]],
  },
  {
    fails: ["commit/twice"],
    edits: [["state.ts", "if (!hotel.audit.has(entry.id)) hotel.audit.set", "hotel.audit.set"]],
  },
  {
    fails: ["commit/twice-after-work", "erase/fenced"],
    edits: [
      [
        "commit.ts",
        "lane.items[index]?.id === id);\n}",
        "lane.items[index]?.id === id) || (handled.length > 0 && !handled.some((id) => isWork(hotelOf(memory, lease.hotelId), id))); }",
      ],
    ],
  },
  {
    fails: ["commit/one-open", "commit/one-open-undecided", "commit/one-open-in-a-batch", "commit/one-open-at-once"],
    edits: [["commit.ts", "...secondOpen(hotel, changes), ", ""]],
  },
  {
    fails: ["commit/one-open-undecided"],
    edits: [
      ["commit.ts", 'if (status !== "open") continue;', 'if (status !== "open" || departmentId === null) continue;'],
    ],
  },
  {
    fails: ["commit/one-open-others", "guest/load-conversations"],
    edits: [["commit.ts", "JSON.stringify([guestId, departmentId, mode])", "JSON.stringify([guestId, departmentId])"]],
  },
  {
    fails: ["commit/one-open-after"],
    edits: [
      [
        "commit.ts",
        "for (const conversation of change.conversations) after.set(",
        "for (const conversation of change.conversations) if (conversation.status === 'open') after.set(",
      ],
    ],
  },
  {
    fails: ["commit/one-open-in-a-batch"],
    edits: [
      [
        "commit.ts",
        "...secondOpen(hotel, changes), ",
        "...changes.flatMap((each, index) => secondOpen(hotel, [each]).map(() => index)), ",
      ],
    ],
  },
  {
    fails: ["commit/one-open-at-once", "commit/new-guest-at-once"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const places = changes",
        "if (changes.some(({ change }) => change.conversations.some(({ version }) => version === 0))) await Promise.resolve(); const places = changes",
      ],
    ],
  },
  {
    fails: [
      "commit/client-id",
      "commit/client-id-wamid",
      "commit/client-id-of-echo",
      "commit/imported-gives-way",
      "commit/note",
    ],
    edits: [["commit.ts", "...usedIds(hotel, changes), ", ""]],
  },
  {
    fails: ["commit/client-id-at-once"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const places = changes",
        "if (changes.some(({ change }) => change.messages.length > 0)) await Promise.resolve(); const places = changes",
      ],
    ],
  },
  {
    fails: ["commit/client-id-wamid", "commit/client-id-of-echo", "commit/imported-gives-way"],
    edits: [["commit.ts", "const { wamid, importedPlace } = message;", "const wamid = null, importedPlace = null;"]],
  },
  {
    fails: [
      "commit/fenced",
      "commit/twice-after-work",
      "commit/fenced-before-conflict",
      "commit/fenced-given-back",
      "commit/fenced-out-of-order",
      "claim/timer-lost",
      "erase/fenced",
    ],
    edits: [["commit.ts", "if (lost.length > 0)", "if (lost.length > 99)"]],
  },
  {
    fails: ["commit/fenced-before-conflict", "commit/twice-after-work"],
    edits: [["commit.ts", "if (lost.length > 0)", "if (lost.length > 0 && conflicts(hotel, changes).size === 0)"]],
  },
  {
    fails: ["commit/fenced-not-taken", "pulse/held"],
    edits: [
      [
        "lanes.ts",
        "lane?.epoch === lease.epoch && lane.leasedUntil !== null",
        "lane?.epoch === lease.epoch && lane.leasedUntil !== null && lane.leasedUntil > memory.clock.now().getTime()",
      ],
    ],
  },
  {
    fails: ["commit/fenced-given-back"],
    edits: [
      [
        "commit.ts",
        "const lane = held(memory, lease);",
        "const lane = held(memory, lease) ?? [...hotelOf(memory, lease.hotelId).lanes.values()].find((one) => one.kind === lease.kind && one.guestId === lease.guestId && one.epoch === lease.epoch) ?? null;",
      ],
    ],
  },
  {
    fails: ["commit/fenced-out-of-order"],
    edits: [
      ["commit.ts", "lane !== null && handled.every((id, index) => lane.items[index]?.id === id)", "lane !== null"],
    ],
  },
  {
    fails: ["commit/fenced-at-once"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const stale = [...conflicts",
        "if (changes.some(({ lane }) => lane !== null)) await Promise.resolve(); const stale = [...conflicts",
      ],
    ],
  },
  {
    fails: ["commit/failed-work", "commit/lane-many"],
    edits: [["commit.ts", "giveBack(lane, now, { waitMs: failed?.retryInMs ?? 0 });", "giveBack(lane, now);"]],
  },
  {
    fails: ["commit/failed-work-dead", "claim/timer-retry"],
    edits: [
      [
        "commit.ts",
        "const events = failed === null ? [] : failItem(hotel, lane, failed, now);",
        "const events = failed === null ? [] : failItem(hotel, lane, { ...failed, retryInMs: failed.retryInMs ?? 0 }, now);",
      ],
    ],
  },
  {
    fails: ["commit/failed-work-dead"],
    edits: [
      [
        "commit.ts",
        "[...change.events, ...joined, ...finishLane(memory, hotel, laneChange, now)]",
        "[...finishLane(memory, hotel, laneChange, now), ...change.events, ...joined]",
      ],
    ],
  },
  {
    fails: [
      "commit/lane",
      "remember/one-guest-recycled-phone",
      "claim/one-holder",
      "claim/one-holder-while-writing",
      "claim/order",
      "claim/order-after-part",
      "claim/order-kinds",
      "claim/expired-lease-epoch",
      "commit/twice-after-work",
      "commit/fenced-before-conflict",
      "commit/failed-work",
      "commit/failed-work-dead",
      "commit/lane-nothing-completed",
      "commit/lane-kept-in-conflict",
      "commit/lane-many",
      "commit/guest",
      "remember/learns",
      "remember/learns-not-of-others",
      "remember/passes",
      "remember/passes-never-late",
      "remember/passes-given-up",
      "reprocess/unknown-message",
      "reprocess/unknown-message-only",
      "reprocess/once",
      "reprocess/once-at-once",
      "guest/load-in-order",
      "commit/guest-takes",
      "commit/merge",
      "commit/merge-learns",
      "commit/unmerge",
      "remember/learns-at-once",
      "remember/passes-at-once",
      "remember/passes-late-without-bsuid",
      "commit/unmerge-learned",
      "claim/timer-order",
      "claim/timer-release",
      "claim/timer-retry",
      "enqueue/order",
      "erase/fenced",
      "erase/anew",
    ],
    edits: [["commit.ts", "giveBack(lane, now, { waitMs: failed?.retryInMs ?? 0 });", ""]],
  },
  {
    fails: [
      "commit/lane",
      "remember/once-after-work",
      "remember/one-guest-recycled-phone",
      "claim/one-holder",
      "claim/one-holder-while-writing",
      "claim/order",
      "claim/order-after-part",
      "claim/order-kinds",
      "claim/not-due-empty",
      "claim/next-due",
      "commit/twice-after-work",
      "commit/fenced-not-taken",
      "commit/fenced-at-once",
      "commit/failed-work",
      "commit/failed-work-dead",
      "commit/lane-kept-in-conflict",
      "commit/lane-many",
      "send/settle-late",
      "send/settle-late-order",
      "work/dead-gone",
      "work/replay",
      "remember/learns-not-of-others",
      "remember/passes",
      "remember/passes-to-a-newcomer",
      "remember/passes-never-late",
      "remember/passes-given-up",
      "remember/account",
      "reprocess/kept",
      "reprocess/kept-only",
      "reprocess/unknown-message",
      "reprocess/unknown-message-only",
      "reprocess/once",
      "reprocess/once-at-once",
      "reprocess/list",
      "reprocess/list-understood",
      "load/chat-holders",
      "guest/load-in-order",
      "guest/load-merged",
      "guest/load-holders",
      "guest/find",
      "guest/find-merged",
      "commit/guest-takes",
      "commit/guest-retires",
      "commit/merge",
      "commit/merge-learns",
      "commit/merge-chats",
      "commit/merge-chats-kept",
      "commit/merge-conflict",
      "commit/merge-conflict-in-a-batch",
      "commit/unmerge",
      "commit/unmerge-passed",
      "remember/learns-at-once",
      "remember/passes-at-once",
      "commit/merge-at-once",
      "commit/merge-learns-late",
      "remember/passes-late-without-bsuid",
      "remember/passes-not-from-retired",
      "commit/unmerge-learned",
      "commit/new-guest",
      "commit/new-guest-at-once",
      "load/recipient",
      "load/recipient-existing",
      "load/recipient-merged",
      "claim/timer",
      "claim/timer-order",
      "claim/timer-sooner",
      "claim/timer-release",
      "enqueue/work",
      "enqueue/order",
      "enqueue/first-of-hotel",
      "pulse/due",
      "pulse/due-later",
      "pulse/held",
      "prune/old",
      "prune/waits",
      "prune/again",
    ],
    edits: [["commit.ts", "removeItems(lane, completes);", ""]],
  },
  {
    fails: ["commit/lane-nothing-completed"],
    edits: [
      [
        "commit.ts",
        "giveBack(lane, now, { waitMs: failed?.retryInMs ?? 0 });",
        "if (completes.length > 0 || failed !== null) giveBack(lane, now, { waitMs: failed?.retryInMs ?? 0 });",
      ],
    ],
  },
  {
    fails: ["commit/lane-kept-in-conflict"],
    edits: [
      [
        "commit.ts",
        "if (stale.length > 0) return",
        "if (stale.length > 0) for (const { lane } of changes) { const own = lane && held(memory, lane); if (own) giveBack(own, memory.clock.now()); } if (stale.length > 0) return",
      ],
    ],
  },
  {
    fails: ["commit/lane-new-work", "commit/remark-status", "claim/pause-expired-next"],
    edits: [["commit.ts", "of work) {", "of [...work].reverse()) {"]],
  },
  {
    fails: ["commit/lane-many"],
    edits: [
      [
        "commit.ts",
        "finishLane(memory, hotel, laneChange, now)",
        "finishLane(memory, hotel, { ...laneChange, failed: changes.find(({ failed }) => failed)?.failed ?? null }, now)",
      ],
    ],
  },
  {
    fails: [
      "commit/numbers",
      "status/event",
      "status/event-many",
      "commit/whole",
      "commit/whole-or-nothing",
      "commit/failed-work-dead",
      "commit/numbers-at-once",
      "send/settle-many",
      "work/dead",
      "work/dead-many",
      "commit/imported",
      "commit/echo",
      "read/operator-events-reach",
      "read/operator-events-pages",
      "consume/open",
      "consume/from-now",
      "consume/order",
      "consume/one-holder",
      "consume/expired-lease",
      "consume/fenced",
      "consume/place",
      "consume/failed",
      "consume/names",
      "consume/forget",
      "live/snapshot-moment",
      "live/news",
      "live/news-lost",
      "live/news-about",
      "live/news-merged",
      "live/news-messages",
      "live/heads",
      "translation/put",
      "erase/all",
      "prune/events",
    ],
    edits: [["state.ts", "const first = hotel.events.length + 1;", "const first = hotel.events.length;"]],
  },
  {
    fails: [
      "commit/numbers",
      "status/parked",
      "commit/whole",
      "commit/failed-work-dead",
      "commit/numbers-at-once",
      "read/events",
      "commit/echo",
      "commit/remark-status",
      "send/settle-many",
      "consume/open",
      "consume/from-now",
      "consume/order",
      "consume/one-holder",
      "consume/expired-lease",
      "consume/fenced",
      "erase/all",
      "consume/failed",
      "consume/hotels-in-turn",
      "consume/names",
      "consume/forget",
      "live/news",
      "attachment/add",
      "erase/begin",
      "prune/events",
    ],
    edits: [["state.ts", "hotel.events.push(...numbered);", "hotel.events.push(...[...numbered].reverse());"]],
  },
  {
    fails: [
      "commit/numbers-of-messages",
      "commit/whole",
      "commit/twice",
      "read/messages",
      "read/amended",
      "commit/imported-beside",
      "commit/note",
      "read/newest-inbound",
      "read/guest-notes",
      "translation/put",
    ],
    edits: [["commit.ts", "first + (places[index]?.get(id) ?? 0)", "first"]],
  },
  {
    fails: ["commit/numbers-at-once"],
    edits: [
      [
        "state.ts",
        "const first = hotel.events.length + 1;",
        "const first = (hotel.told ?? 0) + 1; hotel.told = (hotel.told ?? 0) + events.length;",
      ],
      [
        "state.ts",
        "hotel.events.push(...numbered);",
        "const seen = () => hotel.events.push(...numbered) && hotel.events.sort((a, b) => a.seq - b.seq); if (numbered.length > 1) queueMicrotask(seen); else seen();",
      ],
      ["commit.ts", "const first = hotel.events.length + 1;", "const first = (hotel.told ?? 0) + 1;"],
    ],
  },
  {
    fails: ["commit/numbers-crosswise"],
    edits: [
      LOCKING,
      [
        "index.ts",
        "commit: verb(commit)",
        "commit: locking((_, changes) => changes.flatMap(({ change }) => change.conversations.map(({ id }) => id)), verb(commit))",
      ],
    ],
  },
  {
    fails: ["commit/guest", "commit/guest-twice-in-a-batch", "commit/guest-username"],
    edits: [["commit.ts", "name: name ?? guest.name", "name"]],
  },
  {
    fails: [
      "commit/guest",
      "commit/guest-twice-in-a-batch",
      "guest/load-in-order",
      "commit/guest-of-others",
      "commit/guest-retires",
      "commit/merge-learns",
      "commit/merge-learns-late",
      "remember/passes-not-from-retired",
      "stay/of-address",
    ],
    edits: [["commit.ts", "else if (holder === null || address.takes) give", "else if (address.takes) give"]],
  },
  {
    fails: ["commit/guest-of-others", "commit/guest-takes"],
    edits: [["commit.ts", "else if (holder === null || address.takes) give", "else give"]],
  },
  {
    fails: ["commit/guest-twice-in-a-batch"],
    edits: [
      [
        "commit.ts",
        "const events = changes.flatMap((laneChange, index) => {",
        "const guests = new Map(hotel.guests); const events = changes.flatMap((laneChange, index) => { const known = guests.get(laneChange.change.guest?.id ?? ''); if (known !== undefined) hotel.guests.set(known.id, known);",
      ],
    ],
  },
  // send
  {
    fails: [
      "send/intend",
      "send/intend-once",
      "send/settle-below-report",
      "send/retry",
      "send/retry-late",
      "send/retry-reported",
      "commit/remark-status",
    ],
    edits: [["statuses.ts", 'reasons: [...message.reasons, { code: "send_intended", at: now }],', ""]],
  },
  {
    fails: ["send/intend-once", "status/correlation-before-settling", "send/intend-each", "send/intend-at-once"],
    edits: [["statuses.ts", 'message?.status !== "queued"', "message === undefined"]],
  },
  {
    fails: ["send/intend-each"],
    edits: [
      [
        "statuses.ts",
        "if (leasedUntil <=",
        "if (sends.some((other) => other.messageId !== messageId && hotel.messages.get(other.messageId)?.status === 'sending')) return false; if (leasedUntil <=",
      ],
    ],
  },
  {
    fails: ["send/intend-foreign"],
    edits: [
      [
        "statuses.ts",
        "const message = hotel.messages.get(messageId);\n    if (leasedUntil",
        "const message = [...memory.hotels.values()].flatMap(({ messages }) => messages.get(messageId) ?? [])[0]; if (leasedUntil",
      ],
    ],
  },
  {
    fails: ["send/intend-fenced", "send/intend-fenced-given-back", "erase/fenced"],
    edits: [["statuses.ts", "leasedUntil <= now.getTime() || ", ""]],
  },
  {
    fails: ["send/intend-fenced"],
    edits: [
      [
        "statuses.ts",
        "held(memory, lease)?.leasedUntil ?? 0",
        "hotelOf(memory, lease.hotelId).lanes.get(laneKey(lease))?.leasedUntil ?? 0",
      ],
    ],
  },
  {
    fails: ["send/intend-fenced-given-back"],
    edits: [
      [
        "statuses.ts",
        "held(memory, lease)?.leasedUntil ?? 0",
        "held(memory, lease)?.leasedUntil ?? (hotelOf(memory, lease.hotelId).lanes.get(laneKey(lease))?.epoch === lease.epoch ? Infinity : 0)",
      ],
    ],
  },
  {
    fails: ["send/intend-at-once"],
    edits: [
      ...pausing("statuses.ts", "intend"),
      [
        "statuses.ts",
        "return sends.map(",
        "const queued = sends.filter(({ lane, messageId }) => hotelOf(memory, lane.hotelId).messages.get(messageId)?.status === 'queued'); await Promise.resolve(); return sends.map(",
      ],
      ["statuses.ts", 'message?.status !== "queued"', "!queued.some((send) => send.messageId === messageId)"],
    ],
  },
  {
    fails: ["send/settle", "send/settle-below-report", "send/retry-late", "send/settle-echoed", "commit/remark-status"],
    edits: [["statuses.ts", "explain(hotel, messageId, reason);\n  const events", "const events"]],
  },
  {
    fails: [
      "send/settle",
      "send/intend-once",
      "send/settle-failed",
      "send/settle-late",
      "send/retry-late-first",
      "send/hold-known-before",
      "claim/urgent-hold",
      "send/pair-pace",
      "send/pair-pace-later",
      "send/pair-urgent",
      "claim/pause-expired-next",
    ],
    edits: [
      [
        "statuses.ts",
        "else if (inHand !== null) giveBack(inHand, now, { overtook, since: waitingSince(hotel, inHand, now) });",
        "",
      ],
    ],
  },
  {
    fails: [
      "send/settle-failed",
      "send/settle-late-order",
      "send/retry-late",
      "send/hold",
      "consent/rejected",
      "refused/settled",
    ],
    edits: [
      [
        "statuses.ts",
        "const rises = raise(hotel, messageId, status, failure, null);",
        "const rises = raise(hotel, messageId, status, null, null);",
      ],
    ],
  },
  {
    fails: ["send/settle-many", "send/settle-crosswise"],
    edits: [
      [
        "statuses.ts",
        "return [...hotels].flatMap((hotelId) => {\n    const hotel = hotelOf(memory, hotelId);",
        "return [...hotels].flatMap((hotelId) => { const hotel = hotelOf(memory, settlements[0].lane.hotelId);",
      ],
    ],
  },
  {
    fails: ["send/settle-crosswise"],
    edits: [
      LOCKING,
      [
        "index.ts",
        "settle: verb(settle)",
        "settle: locking((settlements) => settlements.map(({ lane }) => lane.hotelId), verb(settle))",
      ],
    ],
  },
  {
    fails: ["send/settle-below-report", "send/retry-late"],
    edits: [
      [
        "statuses.ts",
        "explain(hotel, messageId, reason);\n  const events",
        "if (hotel.messages.get(messageId)?.status === 'sending') explain(hotel, messageId, reason); const events",
      ],
    ],
  },
  {
    fails: ["send/settle-keeps-wamid", "send/settle-echoed"],
    edits: [
      [
        "statuses.ts",
        "...learnWamid(hotel, messageId, result.wamid, now)]",
        "...(hotel.messageByWamid.has(result.wamid) ? change(hotel, hotel.messages.get(messageId), 'sent', null) : learnWamid(hotel, messageId, result.wamid, now))]",
      ],
    ],
  },
  {
    fails: [
      "send/settle-late",
      "send/settle-late-order",
      "send/settle-late-released",
      "send/settle-late-abandoned",
      "send/settle-late-dead",
      "send/retry-late",
      "send/retry-late-first",
      "send/hold-known-late",
      "send/hold-known-before",
      "work/dead-gone",
    ],
    edits: [
      [
        "statuses.ts",
        "const lane = hotel.lanes.get(laneKey(lease));",
        "if (inHand === null) return []; const lane = hotel.lanes.get(laneKey(lease));",
      ],
    ],
  },
  {
    fails: ["send/settle-late", "claim/pause-expired-next"],
    edits: [
      ["statuses.ts", "if (inHand !== null) giveBack(inHand,", "if (lane !== undefined) giveBack(lane,"],
      ["statuses.ts", "waitingSince(hotel, inHand, now)", "now"],
    ],
  },
  {
    fails: ["send/settle-late-order", "send/retry-late", "send/hold-known-late"],
    edits: [
      [
        "statuses.ts",
        "const lane = hotel.lanes.get(laneKey(lease));",
        "if (inHand === null && hotel.messages.get(messageId)?.status === 'unknown') return []; const lane = hotel.lanes.get(laneKey(lease));",
      ],
    ],
  },
  {
    fails: ["send/settle-late-released", "send/settle-late-abandoned", "work/dead-gone"],
    edits: [
      [
        "statuses.ts",
        "if (lane !== undefined) removeItems(lane, [workId]);",
        "if (inHand !== null) removeItems(inHand, [workId]);",
      ],
    ],
  },
  {
    fails: ["send/settle-late-abandoned"],
    edits: [["lanes.ts", "lane.items.length === 0 ? Infinity : (", "("]],
  },
  {
    fails: [
      "send/settle-late-dead",
      "send/settle-late",
      "send/settle-late-order",
      "send/retry-late",
      "send/retry-late-first",
      "send/hold-known-late",
      "send/hold-known-before",
    ],
    edits: [
      [
        "statuses.ts",
        "if (lane !== undefined) removeItems(lane, [workId]);",
        "if (lane !== undefined) removeItems(lane, [lane.items.some(({ id }) => id === workId) ? workId : lane.items[0]?.id]);",
      ],
    ],
  },
  {
    fails: ["send/retry", "send/retry-unintended", "pulse/due-later"],
    edits: [
      [
        "statuses.ts",
        "giveBack(inHand, now, { waitMs: result.delayMs, overtook, retried: true })",
        "giveBack(inHand, now, { overtook, retried: true })",
      ],
    ],
  },
  {
    fails: ["send/retry-late", "send/retry-late-first"],
    edits: [["statuses.ts", "hotel.intents.set(messageId, lease.epoch);", ""]],
  },
  {
    fails: ["send/retry-late"],
    edits: [["statuses.ts", 'status === "sending" || status === "unknown"', 'status === "sending"']],
  },
  {
    fails: ["send/retry-late-first"],
    edits: [["statuses.ts", 'status === "sending" || status === "unknown"', 'status === "unknown"']],
  },
  {
    fails: ["send/retry-stale", "send/retry-late", "send/retry-late-first"],
    edits: [
      [
        "statuses.ts",
        "if (!isOpen || hotel.intents.get(messageId) !== lease.epoch) return [];",
        "return change(hotel, explain(hotel, messageId, reason), 'queued', null);",
      ],
    ],
  },
  {
    fails: ["send/retry-stale"],
    edits: [["statuses.ts", " || hotel.intents.get(messageId) !== lease.epoch", ""]],
  },
  {
    fails: ["send/retry-reported", "send/retry-unintended", "claim/probe", "send/probe-refused"],
    edits: [["statuses.ts", 'message?.status === "sending" ? change', "message ? change"]],
  },
  {
    fails: ["send/retry-unintended"],
    edits: [
      [
        "statuses.ts",
        "const message = explain(hotel, messageId, reason);",
        "const message = hotel.messages.get(messageId)?.status === 'queued' ? null : explain(hotel, messageId, reason);",
      ],
    ],
  },
  {
    fails: [
      "send/hold",
      "send/retry-late",
      "send/hold-known",
      "send/hold-known-late",
      "send/hold-later",
      "commit/remark-status",
      "claim/urgent-hold",
      "claim/urgent-hold-unknown",
    ],
    edits: [
      [
        "statuses.ts",
        "giveBack(inHand, now, { waitMs: result.holdMs, heldFor: messageId, overtook })",
        "giveBack(inHand, now, { overtook })",
      ],
    ],
  },
  {
    fails: ["send/hold-known", "send/retry-late", "send/hold-known-late", "claim/urgent-hold-unknown"],
    edits: [["statuses.ts", 'if (message.status === "unknown") endHold(hotel, messageId);', ""]],
  },
  {
    fails: ["send/hold-known-late", "send/retry-late"],
    edits: [
      [
        "statuses.ts",
        'if (message.status === "unknown") endHold',
        'if (message.status === "unknown" && reason !== null) endHold',
      ],
    ],
  },
  {
    fails: ["send/hold-known-before", "send/retry-late-first"],
    edits: [["statuses.ts", ' && hotel.messages.get(messageId)?.status === "unknown"', ""]],
  },
  {
    fails: ["send/hold-alone", "send/hold-later", "refused/else"],
    edits: [
      [
        "statuses.ts",
        "if (lane !== undefined) removeItems(lane, [workId]);",
        "if (lane !== undefined && (result.kind !== 'unknown' || lane.items.length > 1)) removeItems(lane, [workId]);",
      ],
    ],
  },
  {
    fails: ["send/hold-later"],
    edits: [
      [
        "lanes.ts",
        "Math.max(asked, lane.waitsUntil, pairWait(lane, isUrgent(lane)))",
        "Math.max(asked, pairWait(lane, isUrgent(lane)))",
      ],
    ],
  },
  // read
  {
    fails: [
      "read/conversations",
      "read/conversations-merged",
      "live/snapshot",
      "live/news-about",
      "live/news-guest",
      "live/news-merged",
    ],
    edits: [["reads.ts", "?.name ?? null,", "?.id ?? null,"]],
  },
  {
    fails: [
      "read/conversations-filters",
      "read/guest",
      "commit/one-open",
      "load/chat-merged-continued",
      "read/only-unread",
      "read/assignee",
      "live/snapshot",
      "live/snapshot-guest",
    ],
    edits: [["reads.ts", ".filter(({ conversation }) => status === null || conversation.status === status)", ""]],
  },
  {
    fails: [
      "read/reach",
      "read/pages-rights",
      "read/only-unread",
      "read/only-waiting",
      "read/assignee",
      "live/snapshot-reach",
    ],
    edits: [
      [
        "reads.ts",
        ".filter(({ hotel, conversation }) => sees(reach, hotel, conversation))",
        ".filter(({ hotel, conversation }) => isGuests(reach) ? sees(reach, hotel, conversation) : reach === 'everything' || reach.hotels.has(hotel.id))",
      ],
    ],
  },
  {
    fails: [
      "read/pages",
      "work/dead-pages",
      "read/kept-pages",
      "read/operator-events-pages",
      "read/audit-list",
      "read/only-waiting",
      "read/mentions",
    ],
    edits: [
      ["reads.ts", "direction * compare(pointOf(value), after) > 0", "direction * (pointOf(value).at - after.at) > 0"],
    ],
  },
  {
    fails: [
      "read/pages",
      "work/dead-pages",
      "read/kept-pages",
      "read/operator-events-pages",
      "read/audit-list",
      "read/only-waiting",
      "read/mentions",
      "live/snapshot",
    ],
    edits: [["reads.ts", "rest.length > limit && last !== undefined", "items.length === limit && last !== undefined"]],
  },
  {
    fails: [
      "read/pages",
      "read/guest",
      "work/dead-pages",
      "read/kept-pages",
      "read/operator-events-pages",
      "read/audit-list",
      "read/only-unread",
      "read/only-waiting",
      "read/mentions",
    ],
    edits: [
      ["reads.ts", "direction * compare(pointOf(value), after) > 0", "direction * compare(pointOf(value), after) >= 0"],
    ],
  },
  {
    fails: ["read/pages-while-writing"],
    edits: [
      [
        "reads.ts",
        "const rest = values\n    .filter((value) => after === null || direction * compare(pointOf(value), after) > 0)\n    .sort((a, b) => direction * compare(pointOf(a), pointOf(b)));",
        "const all = values.toSorted((a, b) => direction * compare(pointOf(a), pointOf(b))); const rest = all.slice(all.findIndex((value) => pointOf(value).id === after?.id) + 1);",
      ],
    ],
  },
  {
    fails: ["read/pages-rights"],
    edits: [
      [
        "reads.ts",
        ".filter(({ hotel, conversation }) => sees(reach, hotel, conversation))",
        ".filter(({ hotel, conversation }) => after !== null || sees(reach, hotel, conversation))",
      ],
    ],
  },
  {
    fails: ["read/unread", "read/counters", "read/only-unread", "commit/note"],
    edits: [["reads.ts", '.filter(({ direction }) => direction === "inbound")', ""]],
  },
  {
    fails: ["read/unread-continued", "read/only-unread"],
    edits: [["reads.ts", ".filter(({ seq }) => seq > readSeq)", ".filter(({ seq }) => seq > conversation.readSeq)"]],
  },
  {
    fails: ["read/reach-messages", "read/continued"],
    edits: [
      [
        "reads.ts",
        "if (found === null || !sees(reach, found.hotel, found.conversation)) return null;",
        "if (found === null || (isGuests(reach) && !sees(reach, found.hotel, found.conversation))) return null;",
      ],
    ],
  },
  {
    fails: ["read/guest", "read/guest-merged", "read/guest-continued", "live/snapshot-guest"],
    edits: [["reads.ts", " && withMerged(hotel, whoStays(hotel, guest.id)).includes(guestId)", ""]],
  },
  {
    fails: ["read/guest-merged", "live/snapshot-guest"],
    edits: [["reads.ts", "withMerged(hotel, whoStays(hotel, guest.id)).includes(guestId)", "guest.id === guestId"]],
  },
  {
    fails: ["read/guest-notes"],
    edits: [["reads.ts", ".filter(({ direction }) => !isGuests(reach) || GUEST_DIRECTIONS.includes(direction))", ""]],
  },
  {
    fails: ["read/guest-notes", "live/snapshot-guest"],
    edits: [
      ["reads.ts", "if (direction !== undefined && GUEST_DIRECTIONS.includes(direction)) return row;", "return row;"],
    ],
  },
  {
    fails: ["read/guest-continued"],
    edits: [["reads.ts", ".filter((each) => !isGuests(reach) || isTheirs(reach, found.hotel, each))", ""]],
  },
  {
    fails: ["read/guest-nothing-else"],
    edits: [
      [
        "reads.ts",
        "showing.some(({ departmentId }) => reaches(reach, hotel.id, departmentId))",
        "showing.some((each) => sees(reach, hotel, each))",
      ],
    ],
  },
  {
    fails: [
      "read/messages",
      "commit/twice",
      "commit/client-id",
      "read/continued",
      "read/amended",
      "commit/imported",
      "commit/note",
      "read/guest-notes",
      "translation/put",
    ],
    edits: [["reads.ts", "b.eventSeq - a.eventSeq", "b.sentAt.getTime() - a.sentAt.getTime()"]],
  },
  {
    fails: ["read/messages"],
    edits: [["reads.ts", "older.length > limit ?", "items.length === limit ?"]],
  },
  {
    fails: ["read/messages-none"],
    edits: [
      ["reads.ts", "return {\n    items: items.map(", "return items.length === 0 ? null : {\n    items: items.map("],
    ],
  },
  {
    fails: [
      "read/continued",
      "load/conversation-continued",
      "read/unread-continued",
      "read/counters",
      "read/only-unread",
      "live/news-continued",
    ],
    edits: [["continued.ts", "for (const { id } of chain) chain.push", "for (const { id } of [last]) chain.push"]],
  },
  {
    fails: [
      "read/explain",
      "load/chat-quoted-continued",
      "load/chat-merged-continued",
      "search/continued",
      "read/mentions-reach",
      "live/news-continued",
      "live/news-left",
      "attachment/reach",
    ],
    edits: [["continued.ts", 'hotel.conversations.get(next.continuedIn ?? "")', "undefined"]],
  },
  {
    fails: ["read/explain", "load/chat-merged-continued"],
    edits: [["reads.ts", "showing.map(({ id }) => id)", "[message.conversationId]"]],
  },
  {
    fails: ["read/explain-outbound"],
    edits: [["reads.ts", "?.receivedAt ?? null", "?.receivedAt ?? message.createdAt"]],
  },
  // lists
  {
    fails: ["read/only-unread"],
    edits: [
      [
        "reads.ts",
        "!unread || unreadIn(hotel, conversation) > 0",
        "!unread || conversation.readSeq < conversation.lastSeq",
      ],
    ],
  },
  {
    fails: ["read/only-waiting"],
    edits: [["reads.ts", "after,\n        limit,\n        1,", "after,\n        limit,\n        -1,"]],
  },
  {
    fails: ["read/only-waiting"],
    edits: [["reads.ts", '(status === "open" ? waitingSince : null)', '(status === "" ? null : waitingSince)']],
  },
  {
    fails: ["read/counters", "read/guest-nothing-else"],
    edits: [
      [
        "reads.ts",
        'if (status !== "open" || !reaches(reach, hotel.id, departmentId)) continue;',
        'if (status !== "open") continue;',
      ],
    ],
  },
  {
    fails: ["read/counters"],
    edits: [
      [
        "reads.ts",
        "since.sort((a, b) => a.getTime() - b.getTime())[0]",
        "since.sort((a, b) => b.getTime() - a.getTime())[0]",
      ],
    ],
  },
  {
    fails: ["read/audit-list", "read/guest-nothing-else"],
    edits: [["reads.ts", "if (!reaches(reach, hotelId, null)) return { items: [], next: null };", ""]],
  },
  {
    fails: ["read/audit-list"],
    edits: [["reads.ts", ".filter(({ actor }) => actorId === null || actor.id === actorId)", ""]],
  },
  // search
  {
    fails: ["search/words"],
    edits: [
      [
        "search.ts",
        "message.amendments).content), words),",
        "message.amendments).content), words.map(({ word }) => ({ word, isPrefix: true }))),",
      ],
    ],
  },
  {
    fails: ["search/shown"],
    edits: [["search.ts", "shown({ ...message, fallback: null }, message.amendments).content", "message.content"]],
  },
  {
    fails: ["search/reach", "search/continued", "read/guest-nothing-else"],
    edits: [["search.ts", "reaches(reach, hotel.id, conversation.departmentId) &&", ""]],
  },
  {
    fails: ["search/continued"],
    edits: [["search.ts", "showing.at(-1)", "showing[0]"]],
  },
  {
    fails: ["search/pages"],
    edits: [["search.ts", "a.eventSeq - b.eventSeq || compareIds(a.id, b.id)", "a.eventSeq - b.eventSeq"]],
  },
  {
    fails: ["search/merged"],
    edits: [["search.ts", "const guestId = whoStays(hotel, last.guestId);", "const guestId = last.guestId;"]],
  },
  {
    fails: ["search/guests"],
    edits: [
      [
        "search.ts",
        "...new Set(named.map(({ id }) => whoStays(hotel, id)))",
        "...named.map(({ id }) => whoStays(hotel, id))",
      ],
    ],
  },
  {
    fails: ["search/guests"],
    edits: [["search.ts", '[...nameWords(name ?? ""), ...nameWords(username ?? "")]', 'nameWords(name ?? "")']],
  },
  {
    fails: ["search/guests-reach"],
    edits: [
      [
        "search.ts",
        ".filter((id) => isWithin(reach, hotel, id))",
        ".filter(() => reach === 'everything' || ('hotels' in reach && reach.hotels.has(hotel.id)))",
      ],
    ],
  },
  { fails: ["read/events"], edits: [["reads.ts", ".slice(after, after + limit)", ".slice(after)"]] },
  {
    fails: ["read/audit"],
    edits: [["reads.ts", ".sort((a, b) => a.at.getTime() - b.at.getTime())", ""]],
  },
  {
    fails: ["read/audit"],
    edits: [
      [
        "reads.ts",
        "[...hotelOf(memory, hotelId).audit.values()]\n    .filter(({ target }) => target.id === targetId)",
        "[...memory.hotels.values()].flatMap((hotel) => [...hotel.audit.values()])\n    .filter(({ target }) => target.id === targetId)",
      ],
    ],
  },
  // work
  {
    fails: [
      "work/retry",
      "claim/order-after-retry",
      "commit/failed-work",
      "commit/failed-work-dead",
      "work/retry-at-once",
      "work/dead",
      "remember/account-in-order",
      "claim/timer-retry",
      "work/uncounted",
    ],
    edits: [["lanes.ts", "attempts: item.attempts + Number(counts) };", "attempts: item.attempts };"]],
  },
  {
    fails: ["work/uncounted"],
    edits: [["lanes.ts", "attempts: item.attempts + Number(counts) };", "attempts: item.attempts + 1 };"]],
  },
  {
    fails: [
      "work/retry",
      "claim/not-due",
      "claim/next-due",
      "lease/release-waiting",
      "claim/timer-retry",
      "pulse/due-later",
      "work/uncounted",
    ],
    edits: [["lanes.ts", "giveBack(lane, now, { waitMs: failure.retryInMs ?? 0 });", "giveBack(lane, now);"]],
  },
  {
    fails: ["work/retry-at-once", "work/dead-gone", "remember/account-in-order"],
    edits: [
      [
        "lanes.ts",
        "giveBack(lane, now, { waitMs: failure.retryInMs ?? 0 });",
        "giveBack(lane, now, { waitMs: failure.retryInMs === null ? 0 : failure.retryInMs || 60_000 });",
      ],
    ],
  },
  {
    fails: ["work/retry-stale"],
    edits: [
      [
        "lanes.ts",
        "const lane = held(memory, failure.lane);",
        "const lane = hotelOf(memory, failure.lane.hotelId).lanes.get(laneKey(failure.lane)) ?? null;",
      ],
    ],
  },
  {
    fails: ["work/dead", "work/dead-many", "read/operator-events"],
    edits: [["lanes.ts", "return tell(hotel, events, now);", "return [];"]],
  },
  {
    fails: [
      "work/dead-alone",
      "work/dead-reach",
      "work/dead-pages",
      "work/replay",
      "work/replay-at-once",
      "reprocess/once",
      "commit/twice",
      "pulse/dead",
    ],
    edits: [
      [
        "lanes.ts",
        "removeItems(lane, [workId]);\n  const { hotelId",
        "if (lane.items.length > 1) removeItems(lane, [workId]); const { hotelId",
      ],
    ],
  },
  {
    fails: ["work/dead-gone"],
    edits: [
      [
        "lanes.ts",
        "if (item === undefined) return [];",
        "if (item === undefined) return [{ conversationId: null, departmentId: null, body: { type: 'work.dead', workId, code } }];",
      ],
    ],
  },
  {
    fails: ["work/dead-reach"],
    edits: [
      [
        "dead-work.ts",
        "const seen = [...memory.hotels.values()].filter(({ id }) => reaches(reach, id, null));",
        "const seen = [...memory.hotels.values()];",
      ],
    ],
  },
  {
    fails: ["work/dead-pages"],
    edits: [["dead-work.ts", "({ at: deadAt, id })", "({ at: deadAt, id: '' })"]],
  },
  {
    fails: ["work/dead-many"],
    edits: [
      [
        "lanes.ts",
        "return tell(hotel, events, now);",
        "return tell(hotelOf(memory, failures[0].lane.hotelId), events, now);",
      ],
    ],
  },
  { fails: ["work/replay"], edits: [["dead-work.ts", "{ ...item, attempts: 0 }", "item"]] },
  {
    fails: ["work/replay", "work/replay-at-once", "pulse/dead"],
    edits: [["dead-work.ts", "hotel.deadWork.delete(workId);", ""]],
  },
  {
    fails: ["work/replay", "work/replay-idle", "work/replay-at-once"],
    edits: [["dead-work.ts", "writeAudit(hotel, { ...audit, hotelId: hotel.id, at: now });", ""]],
  },
  {
    fails: ["work/replay-idle"],
    edits: [
      [
        "dead-work.ts",
        "{ ...item, attempts: 0 }",
        "{ ...item, attempts: 0, payload: item.payload.replaceAll('\\\\u0000', '') }",
      ],
    ],
  },
  {
    fails: ["work/replay-reach"],
    edits: [
      [
        "dead-work.ts",
        "if (found === null || !reaches(reach, found.hotel.id, null)) return false;",
        "if (found === null) return false;",
      ],
    ],
  },
  {
    fails: ["work/replay-at-once"],
    edits: [
      ...pausing("dead-work.ts", "replay"),
      ["dead-work.ts", "const now = memory.clock.now();", "await Promise.resolve(); const now = memory.clock.now();"],
    ],
  },
  // read/kept
  {
    fails: ["read/kept", "reprocess/kept-only"],
    edits: [["reads.ts", 'outcome === "work" ? []', 'outcome !== "kept" ? []']],
  },
  {
    fails: ["read/kept-reports"],
    edits: [["reads.ts", 'kind !== "status" || hotelId === UNROUTED_HOTEL_ID', "[hotelId, kind].length === 2"]],
  },
  {
    fails: ["read/kept-reports"],
    edits: [
      [
        "reads.ts",
        '(({ hotelId, kind }) => kind !== "status" || hotelId === UNROUTED_HOTEL_ID)',
        '(({ kind }) => kind !== "status")',
      ],
    ],
  },
  {
    fails: ["read/kept-reach"],
    edits: [
      [
        "reads.ts",
        ".filter(({ id }) => reaches(reach, id, null))\n    .flatMap((hotel) => [...hotel.attempts]",
        ".filter(({ id }) => reach === 'everything' || reach.hotels?.has(id))\n    .flatMap((hotel) => [...hotel.attempts]",
      ],
    ],
  },
  {
    fails: ["read/kept-pages"],
    edits: [["reads.ts", "({ at: receivedAt, id })", "({ at: receivedAt, id: '' })"]],
  },

  // Whose an item is
  {
    fails: [
      "remember/learns",
      "guest/load-in-order",
      "commit/merge-learns",
      "commit/unmerge",
      "remember/learns-at-once",
      "remember/passes-late-without-bsuid",
      "remember/passes-not-from-retired",
      "commit/unmerge-learned",
      "commit/new-guest",
    ],
    edits: [
      [
        "whose.ts",
        "if (holder === null || hasPassed(",
        "if ((holder === null && guestId === chat.newGuestId) || hasPassed(",
      ],
    ],
  },
  {
    fails: ["remember/learns-not-of-others", "remember/one-guest-known-by-any"],
    edits: [["whose.ts", 'if (address?.kind !== "waId") return false;', "if (address === undefined) return false;"]],
  },
  {
    fails: ["remember/learns-not-of-others", "remember/passes-given-up"],
    edits: [
      ["whose.ts", "return !isLate(address, sentAt) && addresses.some(isBsuid);", "return !isLate(address, sentAt);"],
    ],
  },
  {
    fails: ["remember/learns-nothing-of-old", "remember/too-old"],
    edits: [
      [
        "remember.ts",
        'if (chat === null || outcome === "too_old") return;',
        'if (chat !== null && outcome === "too_old") guestFor(hotel, id, chat, now); if (chat === null || outcome === "too_old") return;',
      ],
    ],
  },
  {
    fails: [
      "remember/passes",
      "remember/one-guest-recycled-phone",
      "remember/passes-to-a-newcomer",
      "remember/passes-never-late",
      "load/chat-holders",
      "guest/load-holders",
      "guest/find",
      "guest/find-merged",
      "commit/unmerge-passed",
      "remember/passes-late-without-bsuid",
      "commit/unmerge-learned",
    ],
    edits: [["whose.ts", "return !isLate(address, sentAt) && addresses.some(isBsuid);", "return false;"]],
  },
  {
    fails: ["remember/passes"],
    edits: [
      [
        "identity.ts",
        "firstSeenAt: now, retiredAt: null };",
        "firstSeenAt: before?.addresses.find(isSame(address))?.firstSeenAt ?? now, retiredAt: null };",
      ],
    ],
  },
  {
    fails: [
      "remember/passes-to-a-newcomer",
      "guest/load-holders",
      "guest/find",
      "guest/find-merged",
      "commit/unmerge-passed",
      "remember/passes-late-without-bsuid",
    ],
    edits: [
      [
        "whose.ts",
        "  return guestId;\n}",
        "  if (guestId === chat.newGuestId) hotel.formerAddresses.clear(); return guestId;\n}",
      ],
    ],
  },
  {
    fails: ["remember/passes-never-late"],
    edits: [
      ["whose.ts", "return !isLate(address, sentAt) && addresses.some(isBsuid);", "return addresses.some(isBsuid);"],
    ],
  },
  {
    fails: ["remember/passes-never-late", "remember/passes-late-without-bsuid"],
    edits: [["whose.ts", "CLOCKS_DIFFER_MS = 60_000", "CLOCKS_DIFFER_MS = 0"]],
  },
  {
    fails: ["remember/passes-never-late"],
    edits: [
      [
        "whose.ts",
        "return isAnothers || ",
        "return (isAnothers && hasPassed(held(hotel, holder.id, known), { addresses, sentAt })) || ",
      ],
    ],
  },
  {
    fails: ["remember/passes-given-up"],
    edits: [["whose.ts", "if (isGivenUp(address, sentAt)) return true;", ""]],
  },
  {
    fails: ["remember/passes-given-up"],
    edits: [
      ["whose.ts", "return isAnothers || isGivenUp(held(hotel, holder.id, known), sentAt) ?", "return isAnothers ?"],
    ],
  },
  {
    fails: ["remember/passes-given-up", "commit/guest-retires"],
    edits: [["whose.ts", "address.retiredAt !== null && address.retiredAt < sentAt", "address.retiredAt !== null"]],
  },
  {
    fails: ["remember/passes-late-without-bsuid"],
    edits: [["whose.ts", "if (before !== null) return before;", ""]],
  },
  {
    fails: ["remember/passes-late-without-bsuid"],
    edits: [["whose.ts", "b.endedAt.getTime() - a.endedAt.getTime()", "a.endedAt.getTime() - b.endedAt.getTime()"]],
  },
  {
    fails: ["remember/passes-late-without-bsuid"],
    edits: [["whose.ts", "last === undefined ? null : whoStays(hotel, last.id)", "last?.id ?? null"]],
  },
  {
    fails: ["remember/passes-never-late"],
    edits: [["whose.ts", " || addresses.some(isBsuid)) return null;", ") return null;"]],
  },
  {
    fails: ["remember/passes-not-from-retired"],
    edits: [["whose.ts", "isBsuid(each) && each.retiredAt === null", "isBsuid(each)"]],
  },
  {
    fails: ["commit/unmerge-learned"],
    edits: [["whose.ts", "give(hotel, known, address", "give(hotel, guestId, address"]],
  },
  {
    fails: ["remember/account", "remember/account-in-order", "reprocess/kept"],
    edits: [["whose.ts", 'if (chat.addresses.length === 0) return "";', ""]],
  },
  {
    fails: ["remember/account-in-order", "remember/account"],
    edits: [["lanes.ts", "lane.items.push({", 'lane.items[id.guestId === "" ? "unshift" : "push"]({']],
  },

  { fails: ["remember/learns-at-once"], edits: [...meetingStrangers("somebody with a known BSUID")] },
  {
    fails: ["remember/passes-at-once"],
    edits: [
      ...pausing("remember.ts", "remember"),
      [
        "remember.ts",
        "const outcomes",
        `const before = items.map(({ hotelId, chat }) => {
    const { guests, guestByAddress } = hotelOf(memory, hotelId);
    const keys = (chat?.addresses ?? []).filter(({ kind }) => kind === "waId").map(({ value }) => "waId " + value);
    return keys.flatMap((key) => [[key, guests.get(guestByAddress.get(key))]]).filter(([, guest]) => guest);
  });
  await Promise.resolve();
  const outcomes`,
      ],
      [
        "remember.ts",
        "const lane = {",
        `for (const [key, guest] of before[index]) {
      hotel.guestByAddress.set(key, guest.id);
      hotel.guests.set(guest.id, guest);
    }
    const lane = {`,
      ],
    ],
  },

  // Items that are read again
  {
    fails: ["reprocess/kept", "reprocess/once"],
    edits: [["reprocess.ts", 'hotel.attempts.set(id, { ...attempt, kind, outcome: "work" });', ""]],
  },
  {
    fails: ["reprocess/kept", "reprocess/unknown-message"],
    edits: [["reprocess.ts", "payload: attempt.raw", "payload: id"]],
  },
  {
    fails: ["reprocess/kept-only"],
    edits: [["reprocess.ts", 'attempt.outcome === "kept" ||', 'attempt.outcome !== "work" ||']],
  },
  {
    fails: ["reprocess/kept-only", "reprocess/unknown-message-only"],
    edits: [
      ["reprocess.ts", "attempt === undefined || chat === null", "attempt === undefined"],
      ["reprocess.ts", "const { phoneNumberId } = chat;", 'const { phoneNumberId } = chat ?? { phoneNumberId: "" };'],
      ["reprocess.ts", "guestFor(hotel, id, chat, now)", 'chat === null ? "" : guestFor(hotel, id, chat, now)'],
    ],
  },
  {
    fails: ["reprocess/unknown-message", "reprocess/once", "reprocess/once-at-once"],
    edits: [["reprocess.ts", " || unreadMessages(hotel, id).length > 0", ""]],
  },
  {
    fails: ["reprocess/unknown-message-only"],
    edits: [["reprocess.ts", ' && message.content.type === "unknown"', ""]],
  },
  {
    fails: ["reprocess/once", "reprocess/once-at-once"],
    edits: [["reprocess.ts", " || isWork(hotel, id)", ""]],
  },
  {
    fails: ["reprocess/once", "commit/twice"],
    edits: [
      [
        "lanes.ts",
        "hotel.deadWork.has(workId) || [...hotel.lanes.values()].some(({ items }) =>",
        "[...hotel.lanes.values()].some(({ items, leasedUntil }) => leasedUntil === null &&",
      ],
    ],
  },
  {
    fails: ["reprocess/once-at-once", "reprocess/once"],
    edits: [
      ...pausing("reprocess.ts", "reprocess"),
      [
        "reprocess.ts",
        "return items.map(({ id, hotelId, kind, chat }) => {",
        'const may = items.map(({ id, hotelId }) => { const hotel = hotelOf(memory, hotelId); const attempt = hotel.attempts.get(id); return attempt !== undefined && (attempt.outcome === "kept" || unreadMessages(hotel, id).length > 0) && !isWork(hotel, id); }); await Promise.resolve(); return items.map(({ id, hotelId, kind, chat }, index) => {',
      ],
      ["reprocess.ts", "!mayBeUnderstood || isWork(hotel, id)", "!may[index]"],
    ],
  },
  {
    fails: ["reprocess/list"],
    edits: [
      ["reprocess.ts", 'if (outcome === "kept") return kind !== "status";', 'if (outcome === "kept") return true;'],
    ],
  },
  {
    fails: ["reprocess/list"],
    edits: [["reprocess.ts", ".sort((a, b) => compareIds(a.id, b.id))", ".sort((a, b) => a.id.localeCompare(b.id))"]],
  },
  {
    fails: ["reprocess/list-understood"],
    edits: [
      ["reprocess.ts", '!amended(hotel, message).amendments.some(({ act }) => act.kind === "understood")', "true"],
    ],
  },
  {
    fails: ["reprocess/list-understood"],
    edits: [
      [
        "reprocess.ts",
        '.some(({ act }) => act.kind === "understood")',
        '.some(({ act }) => act.kind === "understood" || act.kind === "edited")',
      ],
    ],
  },

  // What reports bring, and echoes
  { fails: ["status/parked-end"], edits: [["statuses.ts", "PARKED_MS = 7 *", "PARKED_MS = 6 *"]] },
  {
    fails: ["status/billing"],
    edits: [["statuses.ts", "if (message?.billing === null) putMessage", "if (message && billing) putMessage"]],
  },
  {
    fails: ["status/billing-rising", "commit/echo"],
    edits: [
      [
        "statuses.ts",
        "if (message?.billing === null) putMessage",
        "if (message?.billing === null && joinStatus(message.status, status) === message.status) putMessage",
      ],
    ],
  },
  {
    fails: ["status/billing-parked", "commit/echo"],
    edits: [
      [
        "statuses.ts",
        "[...parked, { update, parkedAt: now }]",
        "[...parked, { update: { ...update, billing: null }, parkedAt: now }]",
      ],
    ],
  },
  {
    fails: ["commit/echo", "erase/reports"],
    edits: [["commit.ts", "...change.messages.flatMap((message) => joinEcho(hotel, message, now)),", ""]],
  },
  {
    fails: ["commit/echo", "erase/reports"],
    edits: [
      ["commit.ts", "messages.push(...change.messages.flatMap(({ id }) => hotel.messages.get(id) ?? []));", ""],
      [
        "commit.ts",
        "const joined =",
        "messages.push(...change.messages.flatMap(({ id }) => hotel.messages.get(id) ?? [])); const joined =",
      ],
    ],
  },
  {
    fails: ["commit/echo-alone", "commit/imported", "commit/echo"],
    edits: [
      [
        "statuses.ts",
        "? joinParked(hotel, id, wamid, now) : [];",
        "? [...joinParked(hotel, id, wamid, now), ...change(hotel, hotel.messages.get(id), hotel.messages.get(id).status, null)] : [];",
      ],
    ],
  },
  {
    fails: ["commit/echo-at-once"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const hotel = hotelOf(memory, hotelId);\n",
        "const hotel = hotelOf(memory, hotelId); const heard = new Set(hotel.parkedReports.keys()); await Promise.resolve();\n",
      ],
      [
        "commit.ts",
        "(message) => joinEcho(hotel, message, now)",
        "(message) => (heard.has(message.wamid) ? joinEcho(hotel, message, now) : [])",
      ],
    ],
  },
  {
    fails: ["commit/client-id-of-echo"],
    edits: [
      [
        "commit.ts",
        "const { wamid, importedPlace } = message;",
        'const { importedPlace } = message; const wamid = message.direction === "inbound" ? message.wamid : null;',
      ],
    ],
  },
  {
    fails: ["send/settle-echoed", "status/correlation-echoed"],
    edits: [["statuses.ts", "message.wamid === null && !hotel.messageByWamid.has(wamid)", "message.wamid === null"]],
  },
  {
    fails: ["status/correlation-echoed"],
    edits: [
      [
        "statuses.ts",
        'own?.direction === "outbound" ? own',
        'own?.direction === "outbound" && !hotel.messageByWamid.has(wamid) ? own',
      ],
    ],
  },

  // Merged guests
  {
    fails: ["load/chat-holders", "load/chat-merged"],
    edits: [["loads.ts", "holders.delete(guestId);", ""]],
  },
  {
    fails: ["load/chat-merged", "load/chat-merged-through-others", "load/chat-merged-continued", "load/chat-imported"],
    edits: [
      [
        "loads.ts",
        "const own = guestIds.flatMap((id) => conversationsOf(hotel, id));\n  const known",
        "const own = conversationsOf(hotel, guestId);\n  const known",
      ],
    ],
  },
  {
    fails: ["load/chat-merged"],
    edits: [["loads.ts", "guestIds.includes(guestId)", "guestId === guestIds[0]"]],
  },
  {
    fails: ["load/chat-merged-through-others", "commit/merge", "consent/merged", "live/news-merged"],
    edits: [
      [
        "identity.ts",
        "for (let into = hotel.guests.get(id)?.mergedInto; into; into = hotel.guests.get(id)?.mergedInto) id = into;",
        "id = hotel.guests.get(id)?.mergedInto ?? id;",
      ],
    ],
  },
  {
    fails: [
      "load/chat-merged-through-others",
      "guest/load-merged",
      "guest/reach-merged",
      "commit/merge",
      "consent/merged",
      "live/news-merged",
    ],
    edits: [["identity.ts", "for (const id of ids) for", "for (const id of [guestId]) for"]],
  },
  {
    fails: ["load/chat-merged-continued", "live/news-continued", "live/news-left"],
    edits: [
      [
        "continued.ts",
        "[...hotel.conversations.values()]",
        "[...hotel.conversations.values()].filter(({ guestId }) => guestId === last.guestId)",
      ],
    ],
  },
  {
    fails: ["load/conversation-guest"],
    edits: [["loads.ts", "guestName: hotel.guests.get(guestId)?.name ?? null", "guestName: null"]],
  },
  {
    fails: ["load/conversation-merged", "load/conversation-guest", "consent/merged"],
    edits: [
      ["loads.ts", "const guestId = whoStays(hotel, conversation.guestId);", "const { guestId } = conversation;"],
    ],
  },
  {
    fails: ["load/conversation-merged"],
    edits: [
      [
        "loads.ts",
        "const own = guestIds.flatMap((id) => conversationsOf(hotel, id));\n  const existing",
        "const own = conversationsOf(hotel, conversation.guestId);\n  const existing",
      ],
    ],
  },
  {
    fails: ["load/send-merged", "consent/merged"],
    edits: [
      ["loads.ts", "guestOf(hotel, whoStays(hotel, conversation.guestId))", "guestOf(hotel, conversation.guestId)"],
    ],
  },
  {
    fails: ["read/conversations-merged"],
    edits: [
      [
        "reads.ts",
        "row(hotel, conversation, whoStays(hotel, conversation.guestId))",
        "row(hotel, conversation, conversation.guestId)",
      ],
    ],
  },
  {
    fails: ["guest/load", "guest/reach", "guest/reach-merged"],
    edits: [
      [
        "guests.ts",
        "return { now: memory.clock.now(), guests };",
        "return { now: memory.clock.now(), guests: guests.toReversed() };",
      ],
    ],
  },
  {
    fails: ["guest/load-in-order"],
    edits: [["identity.ts", "\n    .sort((a, b) => a.firstSeenAt.getTime() - b.firstSeenAt.getTime())", ""]],
  },
  {
    fails: ["guest/load-conversations"],
    edits: [["guests.ts", "next !== undefined && next.guestId !== id", "next !== undefined"]],
  },
  {
    fails: ["guest/load-conversations", "load/chat-merged-continued"],
    edits: [["guests.ts", 'return status === "open" || (', 'return status === "open" && !(']],
  },
  {
    fails: ["guest/load-merged"],
    edits: [
      [
        "guests.ts",
        "merged: others.flatMap(",
        "merged: others.filter((other) => hotel.guests.get(other)?.mergedInto === id).flatMap(",
      ],
    ],
  },
  {
    fails: ["guest/load-holders"],
    edits: [
      ["guests.ts", "heldBy: holderOf(hotel, passed)", "heldBy: hotel.guestByAddress.get(addressKey(passed)) ?? null"],
    ],
  },
  {
    fails: ["guest/reach", "search/guests-reach"],
    edits: [["guests.ts", "reaches(reach, hotel.id, null) ||", 'reach === "everything" ||']],
  },
  {
    fails: ["guest/reach", "guest/reach-merged", "read/guest-nothing-else"],
    edits: [["guests.ts", "isWithin(reach, hotel, id) ? guestState", "true ? guestState"]],
  },
  {
    fails: ["guest/reach", "read/guest-nothing-else"],
    edits: [["guests.ts", ".filter((id) => isWithin(reach, hotel, id))", ""]],
  },
  {
    fails: ["guest/reach-merged", "load/recipient-merged"],
    edits: [
      [
        "guests.ts",
        "withMerged(hotel, guestId)\n    .flatMap((id) => conversationsOf(hotel, id))",
        "conversationsOf(hotel, guestId)",
      ],
    ],
  },
  {
    fails: ["guest/find", "guest/find-merged"],
    edits: [["guests.ts", "[...new Set([...holders, ...former])]", "[...holders, ...former]"]],
  },
  {
    fails: ["guest/find", "guest/find-merged"],
    edits: [["guests.ts", "[...new Set([...holders, ...former])]", "[...new Set(holders)]"]],
  },
  { fails: ["guest/find-merged"], edits: [["guests.ts", "? [whoStays(hotel, id)]", "? [id]"]] },
  {
    fails: ["commit/guest-takes"],
    edits: [["commit.ts", "holder === null || address.takes", "holder === null"]],
  },
  {
    fails: ["commit/guest-takes-own"],
    edits: [["commit.ts", "if (holder === guestId) retire", "if (holder === guestId && !address.takes) retire"]],
  },
  {
    fails: ["commit/guest-retires"],
    edits: [
      [
        "commit.ts",
        "for (const address of retires) if (holderOf(hotel, address) === guestId)",
        "for (const address of retires)",
      ],
    ],
  },
  {
    fails: ["commit/guest-retires"],
    edits: [["identity.ts", "(each.retiredAt ?? retiredAt)", "retiredAt"]],
  },
  {
    fails: ["commit/guest-retires"],
    edits: [
      ["commit.ts", "if (holder === guestId) retire(hotel, address, null);", "if (holder === guestId) continue;"],
    ],
  },
  {
    fails: ["commit/guest-username", "search/guests"],
    edits: [["commit.ts", "username: username ?? guest.username", "username"]],
  },
  {
    fails: [
      "load/chat-holders",
      "load/chat-merged",
      "guest/load-holders",
      "guest/find-merged",
      "commit/merge-learns",
      "commit/unmerge-learned",
      "load/recipient-merged",
      "stay/of-merged",
    ],
    edits: [["identity.ts", "return id === undefined ? null : whoStays(hotel, id);", "return id ?? null;"]],
  },
  {
    fails: ["commit/merge-learns"],
    edits: [
      [
        "commit.ts",
        "if (holderOf(hotel, address) === guestId) retire(hotel, address, now)",
        "if (hotel.guests.get(guestId).addresses.some(({ value }) => value === address.value)) retire(hotel, address, now)",
      ],
    ],
  },
  {
    fails: [
      "commit/merge-chats",
      "load/chat-merged",
      "load/conversation-merged",
      "load/send-merged",
      "commit/merge-chats-kept",
    ],
    edits: [["merges.ts", "version: own.version + 1,", ""]],
  },
  {
    fails: ["commit/merge-chats", "commit/merge-chats-kept"],
    edits: [["merges.ts", "later(own.menuSentAt, merged.menuSentAt)", "merged.menuSentAt"]],
  },
  {
    fails: ["commit/merge-chats"],
    edits: [["merges.ts", "later(own.awayUntil, merged.awayUntil)", "own.awayUntil"]],
  },
  {
    fails: ["commit/merge-chats", "commit/merge-chats-kept"],
    edits: [["merges.ts", "later(own.staffWroteAt, merged.staffWroteAt)", "merged.staffWroteAt"]],
  },
  {
    fails: ["commit/merge-chats-kept"],
    edits: [
      [
        "merges.ts",
        "own.currentConversationId ?? merged.currentConversationId",
        "merged.currentConversationId ?? own.currentConversationId",
      ],
    ],
  },
  {
    fails: ["commit/merge-conflict", "commit/merge-at-once"],
    edits: [["merges.ts", "after.get(guestId) === null && after.get(into) === null", "after.get(guestId) === null"]],
  },
  {
    fails: ["commit/merge-conflict", "commit/merge-at-once"],
    edits: [["merges.ts", 'typeof after.get(guestId) === "string"', "after.has(guestId)"]],
  },
  {
    fails: ["commit/merge-conflict-in-a-batch"],
    edits: [["merges.ts", "if (isPossible) after.set(guestId, into);", ""]],
  },
  {
    fails: [
      "commit/unmerge",
      "load/chat-holders",
      "guest/load-merged",
      "guest/load-holders",
      "commit/unmerge-passed",
      "commit/merge-learns-late",
      "commit/unmerge-learned",
      "load/send-merged",
    ],
    edits: [
      [
        "merges.ts",
        "if (into === null) return;\n",
        'if (into === null) return; const stays = hotel.guests.get(into); hotel.guests.set(guestId, { ...guest, mergedInto: into, addresses: [] }); hotel.guests.set(into, { ...stays, addresses: [...stays.addresses, ...guest.addresses] }); for (const { kind, value } of guest.addresses) hotel.guestByAddress.set(kind + " " + value, into);\n',
      ],
    ],
  },
  {
    fails: ["commit/unmerge-passed"],
    edits: [["identity.ts", "const whose = whoStays(hotel, before.id);", "const whose = before.id;"]],
  },

  {
    fails: ["commit/merge-learns-late"],
    edits: [["commit.ts", "const guestId = whoStays(hotel, id);", "const guestId = id;"]],
  },
  {
    fails: ["commit/merge-at-once"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const hotel = hotelOf(memory, hotelId);\n",
        "const hotel = hotelOf(memory, hotelId); const impossible = impossibleMerges(hotel, changes); await Promise.resolve();\n",
      ],
      ["commit.ts", ", ...impossibleMerges(hotel, changes)]", "]"],
      ["commit.ts", "[...conflicts(hotel, changes)]", "[...conflicts(hotel, changes), ...impossible]"],
    ],
  },

  {
    fails: [
      "commit/merge",
      "reprocess/unknown-message",
      "commit/merge-learns",
      "commit/unmerge",
      "commit/unmerge-learned",
    ],
    edits: [["whose.ts", "const guestId = whoStays(hotel, known);", "const guestId = known;"]],
  },

  // Amendments and imported messages
  {
    fails: ["commit/amendments", "commit/amendments-once", "load/chat-amendments", "search/shown", "erase/acts"],
    edits: [
      [
        "amendments.ts",
        "const stored = hotel",
        "if (!hotel.messageByWamid.has(amendment.wamid)) return; const stored = hotel",
      ],
    ],
  },
  {
    fails: ["commit/amendments-once"],
    edits: [["amendments.ts", "if (stored.some(({ id }) => id === amendment.id)) return;", ""]],
  },
  {
    fails: ["commit/amendments-once"],
    edits: [
      [
        "amendments.ts",
        "if (stored.some(({ id }) => id === amendment.id)) return;",
        "if ([...hotel.amendments.values()].flat().some(({ id }) => id === amendment.id)) return;",
      ],
    ],
  },
  {
    fails: ["load/chat-amendments"],
    edits: [
      ["loads.ts", "[...new Set(wamids)].flatMap((wamid) => amendmentsOf", "wamids.flatMap((wamid) => amendmentsOf"],
    ],
  },
  {
    fails: ["load/chat-amendments"],
    edits: [
      [
        "loads.ts",
        "amendmentsOf(hotel, wamid))",
        "amendmentsOf(hotel, wamid).filter((each) => whoStays(hotel, each.guestId) === guestId))",
      ],
    ],
  },
  {
    fails: ["read/amended-apart"],
    edits: [
      [
        "amendments.ts",
        "amendments: amendmentsOf(hotel, message.wamid),",
        "amendments: amendmentsOf(hotel, message.wamid).filter((each) => hotel.conversations.get(message.conversationId)?.guestId === each.guestId),",
      ],
    ],
  },
  {
    fails: ["read/conversations-preview", "live/snapshot", "live/news-about"],
    edits: [
      ["reads.ts", 'amendmentsOf(hotel, hotel.messages.get(conversation.previewMessageId ?? "")?.wamid ?? null)', "[]"],
    ],
  },
  {
    fails: ["read/conversations-preview"],
    edits: [
      [
        "reads.ts",
        'amendmentsOf(hotel, hotel.messages.get(conversation.previewMessageId ?? "")?.wamid ?? null)',
        "messagesIn(hotel, conversation.id).flatMap(({ wamid }) => amendmentsOf(hotel, wamid))",
      ],
    ],
  },
  {
    fails: ["read/amended", "read/amended-apart", "attachment/load", "translation/put"],
    edits: [
      [
        "reads.ts",
        "items.map((each) => amended(found.hotel, each))",
        "items.map((each) => ({ ...each, amendments: [] }))",
      ],
    ],
  },
  {
    fails: [
      "commit/imported",
      "commit/imported-beside",
      "load/chat-quoted-imported",
      "commit/imported-gives-way",
      "search/merged",
      "search/pages",
      "read/newest-inbound-none",
    ],
    edits: [["commit.ts", "importedPlace ?? eventSeqOf(message.id)", "eventSeqOf(message.id)"]],
  },
  {
    fails: [
      "commit/imported-beside",
      "commit/imported",
      "load/chat-quoted-imported",
      "commit/imported-gives-way",
      "search/merged",
      "search/pages",
      "read/newest-inbound-none",
    ],
    edits: [["commit.ts", "importedPlace === null && !places.has(id)", "!places.has(id)"]],
  },
  {
    fails: ["load/chat-imported"],
    edits: [["loads.ts", "each.imported && each.phoneNumberId === phoneNumberId", "each.imported"]],
  },
  {
    fails: ["load/chat-imported"],
    edits: [
      [
        "loads.ts",
        "each.imported && each.phoneNumberId === phoneNumberId",
        "each.imported && each.phoneNumberId === phoneNumberId && each.continuedIn === null",
      ],
    ],
  },
  {
    fails: ["commit/imported-gives-way", "search/merged"],
    edits: [["commit.ts", " && !givesWay", ""]],
  },
  {
    fails: ["commit/imported-gives-way", "search/merged"],
    edits: [["commit.ts", "if (imported !== null) dropMessage(hotel, imported);", ""]],
  },
  {
    fails: ["commit/imported-gives-way"],
    edits: [
      ["commit.ts", "importedPlace === null && importedOf(hotel, wamid) !== null", "importedOf(hotel, wamid) !== null"],
    ],
  },

  // Events of no conversation
  {
    fails: ["read/operator-events"],
    edits: [["reads.ts", "hotel.events.filter(({ conversationId }) => conversationId === null)", "hotel.events"]],
  },
  {
    fails: ["read/operator-events-reach"],
    edits: [
      [
        "reads.ts",
        ".filter(({ id }) => reaches(reach, id, null))\n    .flatMap((hotel) => hotel.events",
        '.filter(({ id }) => reach === "everything" || reach.hotels?.has(id))\n    .flatMap((hotel) => hotel.events',
      ],
    ],
  },
  {
    fails: ["read/operator-events-pages"],
    edits: [["reads.ts", 'String(seq).padStart(20, "0")', "String(seq)"]],
  },
  ...SENDER_MISTAKES,
  ...DESK_WORK_MISTAKES,
  ...NOTE_MISTAKES,
  ...FLOW_MISTAKES,
  ...STAY_MISTAKES,
  ...TRANSLATION_MISTAKES,
  ...PULSE_MISTAKES,
  ...ATTACHMENT_MISTAKES,
  ...AUDIT_MISTAKES,
  ...PRIVACY_MISTAKES,
  ...HOST_MISTAKES,
  ...TIMES_MISTAKES,
  ...LIVE_MISTAKES,
  // Whom a hotel writes to first, and what people say became of messages
  {
    fails: ["load/recipient-merged", "consent/merged"],
    edits: [
      [
        "recipients.ts",
        '"guestId" in to ? whoStays(hotel, to.guestId) : holderOf(hotel, to)',
        '"guestId" in to ? to.guestId : holderOf(hotel, to)',
      ],
    ],
  },
  {
    fails: ["load/recipient"],
    edits: [
      [
        "recipients.ts",
        ".filter((chat) => chat.guestId === guestId)",
        ".filter((chat) => chat.guestId === guestId).slice(0, 1)",
      ],
    ],
  },
  {
    fails: ["load/recipient"],
    edits: [["recipients.ts", 'status === "open" || imported', 'status === "open"']],
  },
  {
    fails: ["load/recipient-reach", "read/guest-nothing-else"],
    edits: [["recipients.ts", " && !isWithin(reach, hotel, asked) ? null", " && false ? null"]],
  },
  {
    fails: ["load/recipient-reach"],
    edits: [["recipients.ts", 'asked !== null && "guestId" in to && !isWithin', "asked !== null && !isWithin"]],
  },
  {
    fails: ["load/recipient-merged", "consent/merged"],
    edits: [["recipients.ts", "withMerged(hotel, guestId);", "[guestId];"]],
  },
  {
    fails: ["load/recipient-existing"],
    edits: [
      [
        "recipients.ts",
        "{ message, guestId: whoStays(hotel, conversation.guestId) }",
        "{ message, guestId: conversation.guestId }",
      ],
    ],
  },
  {
    fails: ["load/recipient-existing"],
    edits: [
      ["recipients.ts", "message && conversation ?", "message && conversation && conversation.guestId === guestId ?"],
    ],
  },
  {
    fails: ["commit/new-guest", "commit/new-guest-at-once"],
    edits: [["recipients.ts", "  hotel.guestByAddress.set(addressKey(given), id);\n", ""]],
  },
  {
    fails: ["commit/new-guest"],
    edits: [["recipients.ts", "evidence: null, firstSeenAt", "evidence: id, firstSeenAt"]],
  },
  {
    fails: ["commit/new-guest-known", "commit/new-guest-at-once"],
    edits: [["recipients.ts", "holderOf(hotel, address) !== null || made", "made"]],
  },
  {
    fails: ["commit/new-guest-known"],
    edits: [["recipients.ts", " || made.has(addressKey(address))", ""]],
  },
  {
    fails: ["commit/new-guest-at-once"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const hotel = hotelOf(memory, hotelId);\n",
        "const hotel = hotelOf(memory, hotelId); const taken = takenAddresses(hotel, changes); if (changes.some(({ change }) => change.newGuest)) await Promise.resolve();\n",
      ],
      ["commit.ts", "...takenAddresses(hotel, changes), ", ""],
      ["commit.ts", "[...conflicts(hotel, changes)]", "[...conflicts(hotel, changes), ...taken]"],
    ],
  },
  {
    fails: ["commit/remark", "commit/remark-status", "commit/remark-twice"],
    edits: [["remarks.ts", "[...message.reasons, reason]", "[reason, ...message.reasons]"]],
  },
  {
    fails: ["commit/remark"],
    edits: [["remarks.ts", "if (becomes === null) return [];", ""]],
  },
  {
    fails: ["commit/remark-status"],
    edits: [["remarks.ts", 'if (was === "unknown") endHold(hotel, messageId);', ""]],
  },
  {
    fails: ["commit/remark-status", "commit/remark-failed"],
    edits: [["remarks.ts", "{ status: becomes, failure }", "{ status: becomes }"]],
  },
  {
    fails: ["commit/remark-failed"],
    edits: [["remarks.ts", "{ status: becomes, failure }", "{ status: becomes, failure: null }"]],
  },
  {
    fails: ["commit/remark-overtaken", "commit/remark-at-once", "commit/remark-twice"],
    edits: [["remarks.ts", "hotel.messages.get(messageId)?.status) !== was", "was) !== was"]],
  },
  {
    fails: ["commit/remark-twice"],
    edits: [["remarks.ts", "after.set(messageId, becomes ?? was);", ""]],
  },
  {
    fails: ["commit/remark-at-once"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const hotel = hotelOf(memory, hotelId);\n",
        "const hotel = hotelOf(memory, hotelId); const late = overtaken(hotel, changes); if (changes.some(({ change }) => change.remarks.length > 0)) await Promise.resolve();\n",
      ],
      ["commit.ts", ", ...overtaken(hotel, changes)]", "]"],
      ["commit.ts", "[...conflicts(hotel, changes)]", "[...conflicts(hotel, changes), ...late]"],
    ],
  },

  // What guests want
  {
    fails: ["consent/commit"],
    edits: [["consents.ts", "if (hotel.consents.has(entry.id)) return false;", ""]],
  },
  {
    fails: ["consent/commit", "consent/load", "consent/merged"],
    edits: [
      [
        "consents.ts",
        "hotel.consents.set(entry.id, entry);",
        "hotel.consents.set(entry.id, { ...entry, recordedAt: entry.at });",
      ],
    ],
  },
  {
    fails: ["consent/history", "consent/commit", "consent/merged"],
    edits: [
      ["consents.ts", "a.at.getTime() - b.at.getTime() || ", "a.recordedAt.getTime() - b.recordedAt.getTime() || "],
    ],
  },
  {
    fails: ["consent/load", "consent/merged"],
    edits: [
      [
        "consents.ts",
        "const entry = standingConsent(saidBy(hotel, guestIds));",
        "const entry = saidBy(hotel, guestIds).at(-1) ?? null;",
      ],
    ],
  },
  {
    fails: ["consent/load", "consent/history", "consent/merged", "erase/stop"],
    edits: [["consents.ts", ".filter((entry) => guestIds.includes(entry.guestId))", ""]],
  },
  {
    fails: ["consent/merged"],
    edits: [["consents.ts", "saidBy(hotel, withMerged(hotel, whoStays(hotel, guestId)))", "saidBy(hotel, [guestId])"]],
  },
  {
    fails: ["consent/merged"],
    edits: [
      [
        "loads.ts",
        "consents: standing(hotel, guestIds),\n    holders",
        "consents: standing(hotel, [guestId]),\n    holders",
      ],
    ],
  },
  {
    fails: ["consent/merged"],
    edits: [["loads.ts", "standing(hotel, withMerged(hotel, guest.id))", "standing(hotel, [conversation.guestId])"]],
  },
  {
    fails: ["consent/reach", "read/guest-nothing-else"],
    edits: [["consents.ts", " || !isWithin(reach, hotel, guestId)", ""]],
  },

  // Templates
  {
    fails: ["templates/put", "templates/put-later", "commit/templates-coming", "commit/templates-unread"],
    edits: [["templates.ts", "definition.metaId ?? stored.metaId", "definition.metaId"]],
  },
  {
    fails: ["templates/put"],
    edits: [
      [
        "templates.ts",
        "for (const { status, category, quality, ...definition } of templates) {",
        "for (const { status, category, quality, ...definition } of templates.toReversed()) {",
      ],
    ],
  },
  {
    fails: ["templates/put", "templates/put-later", "commit/templates-unread"],
    edits: [
      [
        "templates.ts",
        "quality === null ? null : said(quality)),\n      updatedAt",
        "said(quality)),\n      updatedAt",
      ],
    ],
  },
  {
    fails: ["templates/put-later", "commit/templates-unread"],
    edits: [["templates.ts", "status: later(stored.status, said(status)),", "status: said(status),"]],
  },
  {
    fails: ["templates/put-later"],
    edits: [
      ["templates.ts", "definition: later(stored.definition, said(definition)),", "definition: said(definition),"],
    ],
  },
  {
    fails: ["templates/put-later"],
    edits: [
      [
        "templates.ts",
        "isLater ? (definition.metaId ?? stored.metaId) : stored.metaId",
        "definition.metaId ?? stored.metaId",
      ],
    ],
  },
  {
    fails: ["templates/put-gone"],
    edits: [["templates.ts", "for (const stored of gone)", "for (const stored of [])"]],
  },
  {
    fails: ["templates/put-gone"],
    edits: [["templates.ts", " && (status?.at ?? 0) <= at.getTime()", ""]],
  },
  { fails: ["templates/put-gone"], edits: [["templates.ts", ' && status?.value !== "deleted"', ""]] },
  {
    fails: ["templates/list"],
    edits: [["templates.ts", " || compareIds(a.language, b.language)", ""]],
  },
  {
    fails: ["templates/list"],
    edits: [["templates.ts", "compareIds(a.name, b.name)", "a.name.localeCompare(b.name)"]],
  },
  {
    fails: ["templates/reach"],
    edits: [["templates.ts", "reach.hotels.has(hotelId)", 'reach.hotels.get(hotelId) === "all"']],
  },
  {
    fails: ["templates/reach"],
    edits: [
      [
        "templates.ts",
        'if (reach !== "everything" && !("hotels" in reach && reach.hotels.has(hotelId))) return { items: [], next: null };',
        "",
      ],
    ],
  },
  {
    fails: [
      "commit/templates",
      "commit/templates-by-id",
      "commit/templates-coming",
      "commit/templates-unread",
      "load/template",
      "templates/put-gone",
      "templates/put-later",
    ],
    edits: [["commit.ts", "for (const update of templates)", "for (const update of [])"]],
  },
  {
    fails: ["commit/templates", "templates/put", "templates/put-later"],
    edits: [["templates.ts", "stored.at > said.at", "stored.at >= said.at"]],
  },
  {
    fails: ["commit/templates", "commit/templates-unread", "templates/put-later"],
    edits: [["templates.ts", "stored.at > said.at", "false"]],
  },
  {
    fails: ["commit/templates-coming"],
    edits: [["templates.ts", "comingCategory: coming === category ? null : coming", "comingCategory: null"]],
  },
  {
    fails: ["commit/templates-coming"],
    edits: [["templates.ts", "coming === category ? null : coming", "coming"]],
  },
  {
    fails: ["commit/templates-by-id"],
    edits: [["templates.ts", "[...hotel.templates.values()].find((stored) => stored.metaId === metaId)", "undefined"]],
  },
  {
    fails: ["commit/templates-by-id"],
    edits: [["templates.ts", ".find((stored) => stored.metaId === metaId)", "[0]"]],
  },
  {
    fails: ["commit/templates-unread"],
    edits: [["templates.ts", "?? (key === null ? null : untold(key, now))", "?? null"]],
  },
  {
    fails: ["load/template"],
    edits: [["loads.ts", "template: templateOf(hotel, template),", "template: null,"]],
  },
  {
    fails: ["load/template"],
    edits: [["loads.ts", "templateOf(hotel, templateNamed(message.fallback?.content ?? message.content));", "null;"]],
  },
  {
    fails: ["load/template", "templates/list", "templates/put", "templates/put-gone"],
    edits: [["templates.ts", "JSON.stringify([name, language])", "name"]],
  },
  {
    fails: ["load/template"],
    edits: [["loads.ts", "message.fallback?.content ?? message.content", "message.content"]],
  },
  {
    fails: ["load/template"],
    edits: [["recipients.ts", "template: templateOf(hotel, template),", "template: null,"]],
  },
  {
    fails: ["consent/load", "consent/merged"],
    edits: [["recipients.ts", "consents: standing(hotel, own),", "consents: [],"]],
  },

  // What WhatsApp refuses because of what guests want
  {
    fails: ["consent/rejected-else", "send/settle-many"],
    edits: [["statuses.ts", " || !isOptOut(message.failure)) return [];", ") return [];"]],
  },
  {
    fails: ["consent/rejected-else"],
    edits: [["statuses.ts", 'message?.status !== "failed" || message.failure === null', "message?.failure == null"]],
  },
  {
    fails: ["consent/rejected", "refused/settled"],
    edits: [["statuses.ts", "...(rises.length > 0 ? afterRise(hotel, messageId, now, now) : [])", ""]],
  },
  {
    fails: ["consent/reported", "consent/reported-early", "refused/reported", "refused/settled"],
    edits: [["statuses.ts", "...(rises.length > 0 ? afterRise(hotel, messageId, at, now) : [])", ""]],
  },
  {
    fails: ["consent/reported"],
    edits: [["statuses.ts", "optedOut(hotel, messageId, at, now)", "optedOut(hotel, messageId, now, now)"]],
  },
  {
    fails: ["consent/rejected", "consent/reported", "consent/reported-early"],
    edits: [
      [
        "statuses.ts",
        "record(hotel, entry) ? [{ conversationId: id, departmentId, body }] : []",
        "record(hotel, entry) ? [] : []",
      ],
    ],
  },
  {
    fails: ["consent/reported-early"],
    edits: [
      [
        "statuses.ts",
        "rejectedConsent({ id: guestId, hotelId }, messageId, at, now)",
        "{ ...rejectedConsent({ id: guestId, hotelId }, messageId, at, now), at }",
      ],
    ],
  },

  // What may go in the place of a message that WhatsApp refuses
  {
    fails: ["refused/reported", "refused/settled"],
    edits: [["statuses.ts", "if (work !== null) enqueueIn(hotel, work, now);", ""]],
  },
  {
    fails: ["refused/settled"],
    edits: [["statuses.ts", "afterRise(hotel, messageId, now, now)", "optedOut(hotel, messageId, now, now)"]],
  },
  {
    fails: ["refused/else"],
    edits: [["statuses.ts", "refusedWork(message);", 'refusedWork({ ...message, status: "failed" });']],
  },
];
