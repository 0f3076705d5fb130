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
    "new Promise((resolve) => {\n        resolve(structuredClone(run(memory, ...structuredClone(args))));\n      });",
    "(async () => structuredClone(await run(memory, ...structuredClone(args))))();",
  ],
  [file, `export function ${verb}(`, `export async function ${verb}(`],
];

/**
 * What nobody's address is gets looked up before the verb waits, and who has it by then is forgotten: so every caller
 * makes a guest. Either for all, or for those who come with an address of somebody known.
 */
const meetingStrangers = (who: "anybody" | "somebody beside a known phone"): readonly Edit[] => [
  ...pausing("remember.ts", "remember"),
  [
    "remember.ts",
    "const outcomes",
    `const isKnown = (hotelId, address) => hotelOf(memory, hotelId).guestByAddress.has(addressKey(address));
  const strangers = new Set<string>();
  for (const { hotelId, chat } of items) {
    const unknown = (chat?.addresses ?? []).filter((address) => !isKnown(hotelId, address));
    if (${who === "anybody" ? "true" : "unknown.length < chat?.addresses.length"})
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
    ],
    edits: [["remember.ts", "hotel.dedupHashes.add(dedupHash);", ""]],
  },
  { fails: ["remember/once-in-a-batch", "read/kept"], edits: [["remember.ts", "seen.has(hash) || ", ""]] },
  {
    fails: ["remember/once-across-batches"],
    edits: [
      [
        "remember.ts",
        "items.forEach((item, index) => {",
        'if (outcomes[0] === "duplicate") return outcomes; items.forEach((item, index) => {',
      ],
    ],
  },
  {
    fails: ["remember/once-after-work"],
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
  { fails: ["remember/order"], edits: [["lanes.ts", "lane.lastPosition += 1;", "lane.lastPosition += 2;"]] },
  {
    fails: ["remember/order", "commit/lane-new-work", "work/replay"],
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
    fails: ["remember/order-one-lane-each"],
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
      ["remember.ts", "createdAt: now }, now);", "createdAt: now, connection }, now);"],
      [
        "lanes.ts",
        "lane.items.push({ ...item, position: lane.lastPosition });",
        "lane.items.push({ ...item, position: lane.lastPosition + 1_000 * (item.connection ?? 0) }); lane.items.sort((a, b) => a.position - b.position);",
      ],
    ],
  },
  {
    fails: ["remember/too-old", "remember/too-old-by-its-clock", "read/kept"],
    edits: [["remember.ts", '> retentionMs ? "too_old"', '> Infinity ? "too_old"']],
  },
  { fails: ["remember/too-old"], edits: [["remember.ts", ' || outcome === "too_old"', ""]] },
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
    fails: ["remember/one-guest", "remember/one-guest-recycled-phone", "commit/guest"],
    edits: [["remember.ts", "evidence: id,", "evidence: null,"]],
  },
  {
    fails: ["remember/one-guest-known-by-any", "remember/one-guest-recycled-phone", "remember/one-guest-same-phone"],
    edits: [
      [
        "remember.ts",
        "for (const address of addresses) hotel.guestByAddress",
        "for (const address of addresses.slice(0, 1)) hotel.guestByAddress",
      ],
    ],
  },
  {
    fails: [
      "remember/one-guest-known-by-any",
      "remember/one-guest-recycled-phone",
      "remember/one-guest-same-phone",
      "remember/one-guest-recycled-phone-at-once",
    ],
    edits: [["remember.ts", "const [known] = addresses.filter", "const [known] = addresses.slice().reverse().filter"]],
  },
  {
    fails: ["remember/one-guest-recycled-phone", "remember/one-guest-recycled-phone-at-once"],
    edits: [["remember.ts", "if (known?.kind", "if (true || known?.kind"]],
  },
  {
    fails: ["remember/one-guest-recycled-phone"],
    edits: [["remember.ts", "addresses: kept", "addresses: holder.addresses"]],
  },
  {
    fails: ["remember/one-guest-same-phone", "remember/one-guest-known-by-any"],
    edits: [["remember.ts", " || !hasOwn", ""]],
  },
  {
    fails: [
      "remember/one-guest-same-phone",
      "remember/one-guest-known-by-any",
      "remember/one-guest-recycled-phone",
      "remember/one-guest-recycled-phone-at-once",
      "commit/guest",
    ],
    edits: [["remember.ts", 'known?.kind !== "waId" || ', ""]],
  },
  {
    fails: ["remember/one-guest-recycled-phone-at-once"],
    edits: [...meetingStrangers("somebody beside a known phone")],
  },
  { fails: ["remember/one-guest-by-kind"], edits: [["state.ts", "`${kind} ${value}`", "`${value}`"]] },
  {
    fails: [
      "remember/one-guest-per-hotel",
      "status/foreign-hotel",
      "commit/guest-of-others",
      "send/intend-foreign",
      "send/settle-many",
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
    fails: ["remember/one-guest-no-duplicates", "remember/too-old"],
    edits: [
      [
        "remember.ts",
        'if (outcomes[index] === "duplicate") return;',
        'if (outcomes[index] === "duplicate") return void (item.chat && guestFor(hotelOf(memory, item.hotelId), item, item.chat, now));',
      ],
    ],
  },
  {
    fails: ["remember/one-guest-at-once", "remember/one-guest-recycled-phone-at-once", "remember/one-guest-crosswise"],
    edits: [...meetingStrangers("anybody")],
  },
  {
    fails: ["remember/one-guest-crosswise"],
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
    ],
    edits: [["statuses.ts", "joinStatus(message.status, status) === message.status", "message.status === status"]],
  },
  {
    fails: [
      "status/lattice-failed",
      "status/lattice-rising-in-a-batch",
      "status/correlation",
      "send/settle-late-order",
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
    fails: ["status/lattice-in-a-batch"],
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
    fails: ["status/lattice-rising-in-a-batch"],
    edits: [
      [
        "statuses.ts",
        "const outcomes = updates.map((update): StatusOutcome => {",
        "const outcomes = updates.map((each): StatusOutcome => { const update = updates.find(({ hotelId, wamid, correlationId }) => hotelId === each.hotelId && wamid === each.wamid && correlationId === each.correlationId);",
      ],
    ],
  },
  {
    fails: ["status/lattice-at-once", "status/lattice-in-a-batch"],
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
    ],
    edits: [["statuses.ts", "return parked.flatMap", "return [].flatMap"]],
  },
  {
    fails: ["status/parked"],
    edits: [["statuses.ts", "[...(hotel.parkedReports.get(update.wamid) ?? []), update]", "[update]"]],
  },
  {
    fails: ["status/parked-failure"],
    edits: [
      [
        "statuses.ts",
        "[...(hotel.parkedReports.get(update.wamid) ?? []), update]",
        "[...(hotel.parkedReports.get(update.wamid) ?? []), { ...update, failure: null }]",
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
    fails: ["status/parked-once"],
    edits: [
      [
        "statuses.ts",
        "return parked.flatMap((update) => report(hotel, messageId, update, now));",
        "return parked.flatMap((update) => { report(hotel, messageId, update, now); const known = hotel.messages.get(messageId); return change(hotel, known, known.status, update.failure); });",
      ],
    ],
  },
  {
    fails: ["status/parked-at-once"],
    edits: [
      ...pausing("statuses.ts", "settle"),
      [
        "statuses.ts",
        "return settlements.flatMap((settlement) => {",
        "const parkedOf = ({ lane, result }) => hotelOf(memory, lane.hotelId).parkedReports.get(result.wamid) ?? []; const parked = new Map(settlements.map((settlement) => [settlement, parkedOf(settlement)])); await Promise.resolve(); return settlements.flatMap((settlement) => { hotelOf(memory, settlement.lane.hotelId).parkedReports.set(settlement.result.wamid, parked.get(settlement));",
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
    fails: ["status/event", "send/settle"],
    edits: [["statuses.ts", "hotel.conversations.get(message.conversationId)?.departmentId ?? null", "null"]],
  },
  {
    fails: [
      "status/event",
      "status/lattice-in-a-batch",
      "status/lattice-rising-in-a-batch",
      "status/lattice-at-once",
      "status/event-many",
    ],
    edits: [["statuses.ts", "events.push(...tell(hotel, rises, now));", "tell(hotel, rises, now);"]],
  },
  {
    fails: ["status/event-none", "status/lattice-failed"],
    edits: [
      [
        "statuses.ts",
        "joinStatus(message.status, status) === message.status)\n    return [];",
        "(joinStatus(message.status, status) === message.status && (reason === null || explain(hotel, messageId, reason) !== null))) return [];",
      ],
    ],
  },
  {
    fails: ["status/event-many", "status/lattice-rising-in-a-batch"],
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
    fails: ["status/foreign-hotel-parked", "status/foreign-hotel"],
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
    ],
    edits: [["lanes.ts", "(lane.leasedUntil ?? lane.dueAt ?? Infinity)", "(lane.dueAt ?? Infinity)"]],
  },
  {
    fails: ["claim/one-holder", "commit/lane", "work/dead"],
    edits: [
      [
        "lanes.ts",
        "lane.dueAt ??= Math.max(now.getTime(), lane.waitsUntil);",
        "lane.dueAt ??= Math.max(now.getTime(), lane.waitsUntil); lane.leasedUntil = null;",
      ],
    ],
  },
  {
    fails: ["claim/one-holder-at-once", "claim/one-holder-while-writing"],
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
  { fails: ["claim/order"], edits: [["lanes.ts", "items: items.slice(0, most)", "items: items.slice(-most)"]] },
  {
    fails: ["claim/order-after-part", "commit/failed-work"],
    edits: [
      [
        "commit.ts",
        "removeItems(lane, completes);",
        "removeItems(lane, completes); if (completes.length > 0) lane.items.reverse();",
      ],
    ],
  },
  {
    fails: ["claim/order-after-retry", "commit/failed-work"],
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
    fails: ["claim/fair-longest-due-first"],
    edits: [
      [
        "lanes.ts",
        "now.getTime())\n      .sort((a, b) => claimableAt(a) - claimableAt(b)),",
        "now.getTime()) .sort((a, b) => claimableAt(b) - claimableAt(a)),",
      ],
    ],
  },
  { fails: ["claim/fair-at-most", "claim/fair"], edits: [["lanes.ts", ".slice(0, most);\n  for", "; for"]] },
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
    fails: ["claim/not-due", "send/hold-later"],
    edits: [["lanes.ts", "lane.dueAt ??= Math.max(now.getTime(), lane.waitsUntil);", "lane.dueAt = now.getTime();"]],
  },
  {
    fails: [
      "claim/not-due-empty",
      "remember/once-after-work",
      "claim/next-due",
      "send/settle-late-released",
      "send/hold-alone",
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
    fails: ["claim/next-due", "send/settle-late-released", "send/settle-late-abandoned"],
    edits: [["lanes.ts", "next === Infinity ? null", "next === Infinity ? 0"]],
  },
  {
    fails: ["claim/next-due"],
    edits: [["lanes.ts", ".filter((lane) => lane.kind === kind).map(claimableAt)", ".map(claimableAt)"]],
  },
  { fails: ["claim/next-due-now"], edits: [["lanes.ts", "return {\n    now,", "return { now: new Date(),"]] },
  // lease
  {
    fails: ["lease/renew", "lease/renew-lost"],
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
    fails: ["load/chat", "load/chat-each", "load/chat-foreign-quote", "commit/whole-or-nothing"],
    edits: [
      [
        "loads.ts",
        "chatKey(phoneNumberId, guestId)) ?? null,",
        "chatKey(phoneNumberId, guestId)) ?? newChat(hotel.id, phoneNumberId, guestId),",
      ],
    ],
  },
  {
    fails: ["load/chat-whole"],
    edits: [
      [
        "commit.ts",
        "{ ...chat, version: chat.version + 1 }",
        "{ ...chat, lastInboundAt: null, version: chat.version + 1 }",
      ],
    ],
  },
  {
    fails: ["load/chat-each", "load/conversation", "read/conversations"],
    edits: [["state.ts", "`${phoneNumberId} ${guestId}`", "guestId"]],
  },
  { fails: ["load/chat-quoted", "load/chat-quoted-continued"], edits: [["loads.ts", " || inQuotes.has(id)", ""]] },
  {
    fails: ["load/chat-quoted-continued"],
    edits: [["loads.ts", "andWhatFollows(hotel, conversationId).map(({ id }) => id)", "[conversationId]"]],
  },
  {
    fails: ["load/chat-foreign-quote"],
    edits: [
      [
        "loads.ts",
        "message !== undefined && own.some(({ id }) => id === message.conversationId)",
        "message !== undefined",
      ],
    ],
  },
  {
    fails: ["load/chat-foreign-quote"],
    edits: [["loads.ts", "filter((prompt) => prompt.guestId === guestId)", "filter(Boolean)"]],
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
  { fails: ["load/conversation"], edits: [["loads.ts", " && id !== conversationId", ""]] },
  { fails: ["load/conversation-continued"], edits: [["loads.ts", " && readSeq < lastSeq", ""]] },
  { fails: ["load/conversation-continued"], edits: [["loads.ts", "withContinued(hotel, conversation)", "[]"]] },
  {
    fails: ["load/conversation-reach"],
    edits: [["loads.ts", " || !reaches(reach, found.hotel.id, found.conversation.departmentId)", ""]],
  },
  {
    fails: ["load/conversation-existing", "commit/client-id"],
    edits: [["state.ts", "JSON.stringify([authorId, clientMessageId])", "clientMessageId"]],
  },
  {
    fails: ["load/send"],
    edits: [["loads.ts", "const sends = messageIds.map(", "const sends = [...new Set(messageIds)].map("]],
  },
  { fails: ["load/send-no-chat"], edits: [["loads.ts", "?? newChat(hotelId, phoneNumberId, guestId)", "?? null"]] },
  // commit
  {
    fails: ["commit/whole", "commit/twice", "read/audit"],
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
    fails: ["commit/conflict-chat", "commit/conflict-new", "commit/conflict-twice-in-a-batch"],
    edits: [["commit.ts", "carry(index, `chat ${key}`, chat.version, hotel.chats.get(key)?.version);", ""]],
  },
  {
    fails: ["commit/conflict-new", "commit/whole-or-nothing"],
    edits: [
      [
        "commit.ts",
        "carried.has(key) || version !== (storedVersion ?? 0)",
        "carried.has(key) || version < (storedVersion ?? 0)",
      ],
    ],
  },
  { fails: ["commit/conflict-twice-in-a-batch"], edits: [["commit.ts", "carried.has(key) || ", ""]] },
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
  { fails: ["commit/twice"], edits: [["commit.ts", "if (!hotel.messages.has(message.id)) putMessage", "putMessage"]] },
  { fails: ["commit/twice"], edits: [["commit.ts", "if (isStored(hotel, id)) continue;", ""]] },
  {
    fails: ["commit/twice"],
    edits: [["commit.ts", "if (!hotel.prompts.has(prompt.id)) hotel.prompts.set", "hotel.prompts.set"]],
  },
  {
    fails: ["commit/twice"],
    edits: [["commit.ts", "if (!hotel.audit.has(entry.id)) hotel.audit.set", "hotel.audit.set"]],
  },
  {
    fails: ["commit/twice-after-work"],
    edits: [
      [
        "commit.ts",
        "lane.items[index]?.id === id);\n}",
        "lane.items[index]?.id === id) || (handled.length > 0 && !handled.some((id) => isStored(hotelOf(memory, lease.hotelId), id))); }",
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
    fails: ["commit/one-open-others"],
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
    fails: ["commit/one-open-at-once"],
    edits: [
      ...pausing("commit.ts", "commit"),
      [
        "commit.ts",
        "const places = changes",
        "if (changes.some(({ change }) => change.conversations.some(({ version }) => version === 0))) await Promise.resolve(); const places = changes",
      ],
    ],
  },
  { fails: ["commit/client-id", "commit/client-id-wamid"], edits: [["commit.ts", "...usedIds(hotel, changes)", ""]] },
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
    fails: ["commit/client-id-wamid"],
    edits: [["commit.ts", 'message.direction === "inbound" ? message.wamid : null', "null"]],
  },
  {
    fails: [
      "commit/fenced",
      "commit/twice-after-work",
      "commit/fenced-before-conflict",
      "commit/fenced-given-back",
      "commit/fenced-out-of-order",
    ],
    edits: [["commit.ts", "if (lost.length > 0)", "if (lost.length > 99)"]],
  },
  {
    fails: ["commit/fenced-before-conflict", "commit/twice-after-work"],
    edits: [["commit.ts", "if (lost.length > 0)", "if (lost.length > 0 && conflicts(hotel, changes).size === 0)"]],
  },
  {
    fails: ["commit/fenced-not-taken"],
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
    edits: [["commit.ts", "giveBack(lane, now, failed?.retryInMs ?? 0);", "giveBack(lane, now);"]],
  },
  {
    fails: ["commit/failed-work-dead"],
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
        "[...laneChange.change.events, ...finishLane(memory, hotel, laneChange, now)]",
        "[...finishLane(memory, hotel, laneChange, now), ...laneChange.change.events]",
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
    ],
    edits: [["commit.ts", "giveBack(lane, now, failed?.retryInMs ?? 0);", ""]],
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
    ],
    edits: [["commit.ts", "removeItems(lane, completes);", ""]],
  },
  {
    fails: ["commit/lane-nothing-completed"],
    edits: [
      [
        "commit.ts",
        "giveBack(lane, now, failed?.retryInMs ?? 0);",
        "if (completes.length > 0 || failed !== null) giveBack(lane, now, failed?.retryInMs ?? 0);",
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
  { fails: ["commit/lane-new-work"], edits: [["commit.ts", "of work) {", "of [...work].reverse()) {"]] },
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
    ],
    edits: [["state.ts", "hotel.events.push(...numbered);", "hotel.events.push(...[...numbered].reverse());"]],
  },
  {
    fails: ["commit/numbers-of-messages", "commit/whole", "commit/twice", "read/messages"],
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
    fails: ["commit/guest", "commit/guest-twice-in-a-batch"],
    edits: [["commit.ts", "name: name ?? guest.name", "name"]],
  },
  {
    fails: ["commit/guest", "commit/guest-twice-in-a-batch"],
    edits: [["commit.ts", "for (const address of unknown) hotel.guestByAddress.set(addressKey(address), id);", ""]],
  },
  {
    fails: ["commit/guest-of-others", "commit/guest", "commit/guest-twice-in-a-batch"],
    edits: [["commit.ts", "filter((address) => !hotel.guestByAddress.has(addressKey(address)))", "filter(Boolean)"]],
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
    fails: ["send/intend-fenced", "send/intend-fenced-given-back"],
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
    fails: ["send/settle", "send/settle-below-report", "send/retry-late"],
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
    ],
    edits: [["statuses.ts", "else if (inHand !== null) giveBack(inHand, now);", ""]],
  },
  {
    fails: ["send/settle-failed", "send/settle-late-order", "send/retry-late", "send/hold"],
    edits: [
      [
        "statuses.ts",
        ": raise(hotel, messageId, result.kind, result.failure, null);",
        ": raise(hotel, messageId, result.kind, null, null);",
      ],
    ],
  },
  {
    fails: ["send/settle-many", "send/settle-crosswise"],
    edits: [
      ["statuses.ts", "hotelOf(memory, settlement.lane.hotelId);", "hotelOf(memory, settlements[0].lane.hotelId);"],
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
    fails: ["send/settle-keeps-wamid"],
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
    fails: ["send/settle-late"],
    edits: [["statuses.ts", "if (inHand !== null) giveBack(inHand,", "if (lane !== undefined) giveBack(lane,"]],
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
  { fails: ["send/settle-late-abandoned"], edits: [["lanes.ts", "lane.items.length === 0 ? Infinity : (", "("]] },
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
    fails: ["send/retry", "send/retry-unintended"],
    edits: [
      [
        "statuses.ts",
        "attempts: item.attempts + 1 } : item));\n    giveBack(inHand, now, result.delayMs)",
        "attempts: item.attempts + 1 } : item)); giveBack(inHand, now)",
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
  { fails: ["send/retry-stale"], edits: [["statuses.ts", " || hotel.intents.get(messageId) !== lease.epoch", ""]] },
  {
    fails: ["send/retry-reported", "send/retry-unintended"],
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
    fails: ["send/hold", "send/retry-late", "send/hold-known", "send/hold-known-late", "send/hold-later"],
    edits: [["statuses.ts", "giveBack(inHand, now, result.holdMs, messageId)", "giveBack(inHand, now)"]],
  },
  {
    fails: ["send/hold-known", "send/retry-late", "send/hold-known-late"],
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
    fails: ["send/hold-alone", "send/hold-later"],
    edits: [
      [
        "statuses.ts",
        "if (lane !== undefined) removeItems(lane, [workId]);",
        "if (lane !== undefined && (result.kind !== 'unknown' || lane.items.length > 1)) removeItems(lane, [workId]);",
      ],
    ],
  },
  { fails: ["send/hold-later"], edits: [["lanes.ts", "Math.max(now.getTime(), lane.waitsUntil)", "now.getTime()"]] },
  // read
  { fails: ["read/conversations"], edits: [["reads.ts", "?.name ?? null,", "?.id ?? null,"]] },
  {
    fails: ["read/conversations-filters", "commit/one-open"],
    edits: [["reads.ts", ".filter(({ conversation }) => status === null || conversation.status === status)", ""]],
  },
  {
    fails: ["read/reach", "read/pages-rights"],
    edits: [
      [
        "reads.ts",
        ".filter(({ hotel, conversation }) => reaches(reach, hotel.id, conversation.departmentId))",
        ".filter(({ hotel }) => reach === 'everything' || reach.hotels.has(hotel.id))",
      ],
    ],
  },
  {
    fails: ["read/pages", "work/dead-pages", "read/kept-pages"],
    edits: [["reads.ts", "compare(pointOf(value), after) < 0", "pointOf(value).at < after.at"]],
  },
  {
    fails: ["read/pages", "work/dead-pages", "read/kept-pages"],
    edits: [["reads.ts", "rest.length > limit && last !== undefined", "items.length === limit && last !== undefined"]],
  },
  {
    fails: ["read/pages", "work/dead-pages", "read/kept-pages"],
    edits: [["reads.ts", "compare(pointOf(value), after) < 0", "compare(pointOf(value), after) <= 0"]],
  },
  {
    fails: ["read/pages-while-writing"],
    edits: [
      [
        "reads.ts",
        "const rest = values\n    .filter((value) => after === null || compare(pointOf(value), after) < 0)\n    .sort((a, b) => compare(pointOf(b), pointOf(a)));",
        "const all = values.toSorted((a, b) => compare(pointOf(b), pointOf(a))); const rest = all.slice(all.findIndex((value) => pointOf(value).id === after?.id) + 1);",
      ],
    ],
  },
  {
    fails: ["read/pages-rights"],
    edits: [
      [
        "reads.ts",
        ".filter(({ hotel, conversation }) => reaches(reach, hotel.id, conversation.departmentId))",
        ".filter(({ hotel, conversation }) => after !== null || reaches(reach, hotel.id, conversation.departmentId))",
      ],
    ],
  },
  { fails: ["read/unread"], edits: [["reads.ts", '.filter(({ direction }) => direction === "inbound")', ""]] },
  {
    fails: ["read/unread-continued"],
    edits: [["reads.ts", ".filter(({ seq }) => seq > readSeq)", ".filter(({ seq }) => seq > conversation.readSeq)"]],
  },
  {
    fails: ["read/reach-messages", "read/continued"],
    edits: [
      [
        "reads.ts",
        "if (found === null || !reaches(reach, found.hotel.id, found.conversation.departmentId)) return null;",
        "if (found === null) return null;",
      ],
    ],
  },
  {
    fails: ["read/messages", "commit/twice", "commit/client-id", "read/continued"],
    edits: [["reads.ts", "b.eventSeq - a.eventSeq", "b.sentAt.getTime() - a.sentAt.getTime()"]],
  },
  { fails: ["read/messages"], edits: [["reads.ts", "older.length > limit ?", "items.length === limit ?"]] },
  {
    fails: ["read/messages-none"],
    edits: [
      [
        "reads.ts",
        "return { items, next: older.length",
        "return items.length === 0 ? null : { items, next: older.length",
      ],
    ],
  },
  {
    fails: ["read/continued", "load/conversation-continued", "read/unread-continued"],
    edits: [["continued.ts", "for (const { id } of chain) chain.push", "for (const { id } of [last]) chain.push"]],
  },
  {
    fails: ["read/explain", "load/chat-quoted-continued"],
    edits: [["continued.ts", 'hotel.conversations.get(next.continuedIn ?? "")', "undefined"]],
  },
  { fails: ["read/explain"], edits: [["reads.ts", "showing.map(({ id }) => id)", "[message.conversationId]"]] },
  {
    fails: ["read/explain-outbound"],
    edits: [["reads.ts", "?.receivedAt ?? null", "?.receivedAt ?? message.createdAt"]],
  },
  { fails: ["read/events"], edits: [["reads.ts", ".slice(after, after + limit)", ".slice(after)"]] },
  { fails: ["read/audit"], edits: [["reads.ts", ".sort((a, b) => a.at.getTime() - b.at.getTime())", ""]] },
  {
    fails: ["read/audit"],
    edits: [
      [
        "reads.ts",
        "[...hotelOf(memory, hotelId).audit.values()]",
        "[...memory.hotels.values()].flatMap((hotel) => [...hotel.audit.values()])",
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
    ],
    edits: [["lanes.ts", "attempts: item.attempts + 1 };", "attempts: item.attempts };"]],
  },
  {
    fails: ["work/retry", "claim/not-due", "claim/next-due", "lease/release-waiting"],
    edits: [["lanes.ts", "giveBack(lane, now, failure.retryInMs ?? 0);", "giveBack(lane, now);"]],
  },
  {
    fails: ["work/retry-at-once", "work/dead-gone"],
    edits: [
      [
        "lanes.ts",
        "giveBack(lane, now, failure.retryInMs ?? 0);",
        "giveBack(lane, now, failure.retryInMs === null ? 0 : failure.retryInMs || 60_000);",
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
  { fails: ["work/dead", "work/dead-many"], edits: [["lanes.ts", "return tell(hotel, events, now);", "return [];"]] },
  {
    fails: ["work/dead-alone", "work/dead-reach", "work/dead-pages", "work/replay", "work/replay-at-once"],
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
  { fails: ["work/dead-pages"], edits: [["dead-work.ts", "({ at: deadAt, id })", "({ at: deadAt, id: '' })"]] },
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
  { fails: ["work/replay", "work/replay-at-once"], edits: [["dead-work.ts", "hotel.deadWork.delete(workId);", ""]] },
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
  { fails: ["read/kept"], edits: [["reads.ts", 'outcome === "work" ? []', 'outcome !== "kept" ? []']] },
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
        ".filter(({ id }) => reaches(reach, id, null))",
        ".filter(({ id }) => reach === 'everything' || reach.hotels.has(id))",
      ],
    ],
  },
  { fails: ["read/kept-pages"], edits: [["reads.ts", "({ at: receivedAt, id })", "({ at: receivedAt, id: '' })"]] },
];
