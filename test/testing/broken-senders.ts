import type { Mistake } from "./broken-storages.js";

/** Mistakes about how fast a number sends, whether it may, and when the window lets it. */
export const SENDER_MISTAKES: readonly Mistake[] = [
  {
    fails: ["send/intend-window", "send/intend-window-never"],
    edits: [
      [
        "statuses.ts",
        'if (as === "content" && !windowIsOpen(chat?.windowClosesAt ?? null, now)) return "windowClosed";',
        "",
      ],
    ],
  },
  {
    fails: ["send/intend-window-open", "send/intend-window-merged"],
    edits: [["statuses.ts", "!windowIsOpen(chat?.windowClosesAt ?? null, now)", "true"]],
  },
  {
    fails: ["send/intend-window-never"],
    edits: [
      [
        "statuses.ts",
        "windowIsOpen(chat?.windowClosesAt ?? null, now)",
        "(chat?.windowClosesAt == null || windowIsOpen(chat.windowClosesAt, now))",
      ],
    ],
  },
  {
    fails: ["send/intend-window-merged"],
    edits: [
      [
        "statuses.ts",
        "chatKey(lease.phoneNumberId, whoStays(hotel, lease.guestId))",
        "chatKey(lease.phoneNumberId, lease.guestId)",
      ],
    ],
  },
  {
    fails: ["send/intend-paused", "send/probe-own"],
    edits: [["statuses.ts", 'if (mustWait(hotel, lease, now.getTime())) return "no";', ""]],
  },
  {
    fails: ["send/intend-paused", "send/probe-own"],
    edits: [["senders.ts", " && !(isProbe(sender, lane) && !wasAsked(sender))", ""]],
  },
  {
    fails: ["send/intend-fallback"],
    edits: [["statuses.ts", 'sent: as === "fallback"', "sent: false"]],
  },
  {
    fails: ["claim/pace", "claim/pace-due"],
    edits: [["senders.ts", "sender.tokens = tokensAt(sender, now) - 1;", ""]],
  },
  {
    fails: ["claim/pace", "claim/pace-rate", "claim/pace-at-once", "claim/pace-own"],
    edits: [["senders.ts", "Math.min(Math.max(1, perSecond / GATHERS), tokens +", "Math.min(perSecond, tokens +"]],
  },
  {
    fails: ["claim/pace-rate"],
    edits: [["senders.ts", "perSecond: NUMBER_PACE.phoneApp", "perSecond: null"]],
  },
  {
    fails: ["claim/pace-none"],
    edits: [
      [
        "senders.ts",
        "sender.perSecond === null || tokens >=",
        "sender.perSecond === null ? ordered.slice(0, 10) : tokens >=",
      ],
    ],
  },
  {
    fails: ["claim/pace-own", "claim/pace-rate", "sender/list", "sender/pause"],
    edits: [
      [
        "senders.ts",
        "hotel.senders.set(phoneNumberId, sender);",
        "for (const id of [phoneNumberId, 'x']) hotel.senders.set(id, hotel.senders.get('x') ?? sender);",
      ],
    ],
  },
  {
    fails: ["claim/pace-due"],
    edits: [
      [
        "senders.ts",
        "return Math.max(due, refilledAt + (Math.max(0, wanted(perSecond) - tokens) / perSecond) * 1_000);",
        "return due;",
      ],
    ],
  },
  {
    fails: ["claim/only-urgent", "claim/only-urgent-of"],
    edits: [["lanes.ts", " && (isUrgent(lane) || !isSpared)", ""]],
  },
  {
    fails: ["claim/only-urgent-of"],
    edits: [
      ["lanes.ts", 'onlyUrgentOf === "everybody" || onlyUrgentOf.includes(hotel.id)', 'onlyUrgentOf === "everybody"'],
    ],
  },
  {
    fails: ["claim/urgent"],
    edits: [["senders.ts", "Number(isUrgent(b)) - Number(isUrgent(a)) || dueAt(a) - dueAt(b)", "dueAt(a) - dueAt(b)"]],
  },
  {
    fails: [
      "claim/urgent",
      "claim/urgent-hold",
      "claim/urgent-in-hand",
      "send/asked",
      "claim/urgent-hold-unknown",
      "claim/only-urgent",
    ],
    edits: [["lanes.ts", ".toSorted((a, b) => Number(b.urgent) - Number(a.urgent))", ""]],
  },
  {
    fails: ["claim/urgent-hold", "claim/urgent-hold-unknown"],
    edits: [["lanes.ts", "const keeps = overtook && lane.waitsUntil > now.getTime();", "const keeps = false;"]],
  },
  {
    fails: ["claim/urgent-hold-unknown"],
    edits: [["lanes.ts", "lane.heldFor = kept ?? heldFor;", "lane.heldFor = heldFor ?? kept;"]],
  },
  {
    fails: ["claim/urgent-in-hand"],
    edits: [
      [
        "lanes.ts",
        "const wait = urgent && !(retried && overtook) ? time : lane.waitsUntil;",
        "const wait = lane.waitsUntil;",
      ],
    ],
  },
  {
    fails: ["send/pair-pace", "send/pair-pace-later", "send/pair-urgent", "claim/pause-expired-next"],
    edits: [["statuses.ts", "if (lane !== undefined && paced)", "if (lane !== undefined && !paced)"]],
  },
  {
    fails: ["send/pair-pace", "send/pair-pace-later", "send/pair-urgent"],
    edits: [
      ["statuses.ts", "Math.max(lane.pairAt, now.getTime()) + PAIR_PACE.everyMs", "now.getTime() + PAIR_PACE.everyMs"],
    ],
  },
  {
    fails: ["send/pair-pace-later"],
    edits: [
      [
        "lanes.ts",
        "else lane.dueAt ??= Math.max(asked, lane.waitsUntil, pairWait(lane, isUrgent(lane)));",
        "else lane.dueAt ??= Math.max(asked, lane.waitsUntil);",
      ],
    ],
  },
  {
    fails: ["send/pair-urgent"],
    edits: [["senders.ts", "(urgent ? PAIR_PACE.urgentBurst : PAIR_PACE.burst)", "PAIR_PACE.burst"]],
  },
  {
    fails: ["send/pair-urgent"],
    edits: [["lanes.ts", "Math.max(asked, pairWait(lane, true))", "asked"]],
  },
  {
    fails: ["send/asked"],
    edits: [["statuses.ts", "if (result.askedMs > 0) inHand.notBefore", "if (result.askedMs < 0) inHand.notBefore"]],
  },
  {
    fails: [
      "send/pause",
      "send/pause-longest",
      "send/pause-hotel",
      "claim/pause-expired",
      "claim/probe",
      "send/probe-together",
      "sender/list",
      "send/intend-paused",
      "claim/pause-expired-next",
      "send/probe-own",
      "sender/pause",
    ],
    edits: [["senders.ts", "sender.pausedUntil = Math.max(sender.pausedUntil ?? 0, now + stop.ms);", ""]],
  },
  {
    fails: ["send/pause-longest", "sender/pause"],
    edits: [
      [
        "senders.ts",
        "sender.pausedUntil = Math.max(sender.pausedUntil ?? 0, now + stop.ms);",
        "sender.pausedUntil = now + stop.ms;",
      ],
    ],
  },
  {
    fails: ["send/pause-hotel", "sender/pause"],
    edits: [["senders.ts", 'stop.of === "hotel" ?', 'stop.of === "number" ?']],
  },
  {
    fails: ["claim/pause-expired", "claim/pause-expired-next"],
    edits: [["senders.ts", "return ordered.filter((lane) => dueAt(lane) <= now - expireMs);", "return [];"]],
  },
  {
    fails: ["claim/probe", "claim/probe-untouched", "send/probe-own", "sender/pause"],
    edits: [["senders.ts", "if (sender.probing) return ordered.slice(0, 1);", ""]],
  },
  {
    fails: ["claim/probe", "claim/probe-untouched", "sender/pause"],
    edits: [["senders.ts", "    sender.pausedUntil = now + probeMs;\n", ""]],
  },
  {
    fails: ["claim/probe", "sender/pause"],
    edits: [["senders.ts", "const begins = stop.probing && !sender.probing;", "const begins = false;"]],
  },
  {
    fails: ["send/probe-refused", "sender/pause"],
    edits: [["senders.ts", "const begins = stop.probing && !sender.probing;", "const begins = stop.probing;"]],
  },
  {
    fails: [
      "send/probe-together",
      "claim/pause-expired",
      "claim/pause-expired-next",
      "claim/probe",
      "send/probe-own",
      "send/probe-refused",
    ],
    edits: [
      ["statuses.ts", ".filter(({ lane }) => !isToStop(lane.phoneNumberId, stops))", ""],
      [
        "senders.ts",
        "if (sender === undefined || !isProbe(sender, lane)) return [];",
        "if (!sender?.probing) return [];",
      ],
    ],
  },
  {
    fails: ["sender/pause"],
    edits: [["senders.ts", '{ ...asked, of: "hotel" }', '{ ...asked, of: "number" }']],
  },
  {
    fails: ["sender/resume"],
    edits: [["senders.ts", "return tell(hotel, endPause(hotel, phoneNumberId), at);", "return [];"]],
  },
  {
    fails: ["sender/resume-audit"],
    edits: [["senders.ts", "if (audit !== null) writeAudit(hotel, { ...audit, hotelId, at });", ""]],
  },
  {
    fails: ["sender/list"],
    edits: [
      [
        "senders.ts",
        ".filter(({ id }) => reaches(reach, id, null))",
        '.filter(({ id }) => reach === "everything" || reach.hotels?.has(id))',
      ],
    ],
  },
  {
    fails: ["claim/pace-at-once", "claim/pace-due"],
    edits: [
      [
        "senders.ts",
        "sender.tokens = tokensAt(sender, now) - 1;\n  sender.refilledAt = now;",
        "void Promise.resolve().then(() => { sender.tokens = tokensAt(sender, now) - 1; sender.refilledAt = now; });",
      ],
    ],
  },
  {
    fails: ["claim/pause-expired-next"],
    edits: [["statuses.ts", ", since: waitingSince(hotel, inHand, now)", ""]],
  },
  {
    fails: ["claim/probe-untouched"],
    edits: [["senders.ts", 'if (outcome === "untouched" && !wasAsked(sender)) sender.pausedUntil = now;', ""]],
  },
  {
    fails: ["send/probe-own"],
    edits: [
      [
        "senders.ts",
        "if (sender === undefined || !isProbe(sender, lane)) return [];",
        "if (!sender?.probing) return [];",
      ],
    ],
  },
  {
    fails: ["send/probe-own"],
    edits: [["senders.ts", "  Object.assign(sender, asked);\n", ""]],
  },
];
