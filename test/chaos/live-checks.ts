import type { EventType } from "belldesk";

/** An event as the database has it. */
export interface Logged {
  readonly hotelId: string;
  readonly seq: number;
  readonly type: EventType;
  readonly conversationId: string | null;
  readonly departmentId: string | null;
}

/** A conversation as it is at the end. */
export interface Ended {
  readonly id: string;
  readonly departmentId: string | null;
  readonly guestId: string;
  /** The one in which it goes on. */
  readonly continuedIn: string | null;
}

/** What somebody may see, in a form of the check's own: it does not ask the library what it allows. */
export type Sees =
  | { readonly kind: "staff"; readonly hotels: Readonly<Record<string, "all" | readonly string[]>> }
  | { readonly kind: "guest"; readonly hotelId: string; readonly guestId: string };

export interface Told {
  readonly hotelId: string;
  readonly seq: number;
}

/** What a client was told, and shows in the end. */
export interface Watched {
  readonly name: string;
  readonly sees: Sees;
  /** In the order in which it came, through all of its connections. */
  readonly told: readonly Told[];
  /** The open conversations by id, and what a client shows that begins now. */
  readonly shows: ReadonlyMap<string, unknown>;
  readonly fresh: ReadonlyMap<string, unknown>;
  /** How often it had to begin anew. */
  readonly resyncs: number;
}

export interface LiveEvidence {
  readonly log: readonly Logged[];
  readonly conversations: readonly Ended[];
  /** How far each hotel's log was when all clients were there. */
  readonly from: Readonly<Record<string, number>>;
  readonly clients: readonly Watched[];
}

export interface LiveFindings {
  /** Events of the log, after the beginning. */
  readonly events: number;
  /** Events that clients had to be told, and were told, all clients together. */
  readonly due: number;
  readonly told: number;
  readonly missing: number;
  readonly repeated: number;
  /** Told to somebody who might see the conversation at no time since. */
  readonly forbidden: number;
  /** Told after a later one of the same hotel. */
  readonly disordered: number;
  /** Told, and in no log. */
  readonly invented: number;
  /** Clients that show something else than one that begins now. */
  readonly stale: number;
  readonly resyncs: number;
  /** The first of each kind. */
  readonly examples: readonly string[];
}

/** What a guest hears of. docs/live-protocol.md, "Who hears what". */
const FOR_GUESTS: readonly EventType[] = [
  "message.received",
  "message.queued",
  "message.echoed",
  "message.amended",
  "message.status",
  "conversation.opened",
  "conversation.closed",
  "conversation.reopened",
];

type Verdict = "due" | "may be" | "forbidden";

/**
 * Holds what clients were told against the log, and what they show against a client that begins now. An event is shown by the
 * department in which its conversation is when it is read, which is any that it has been in since: where these differ in whether
 * somebody sees them, it may be told or not.
 */
export function checkLive({ log, conversations, from, clients }: LiveEvidence): LiveFindings {
  const byId = new Map(conversations.map((one) => [one.id, one]));
  const everIn = new Map<string, ReadonlySet<string | null>>(
    conversations.map(({ id, departmentId }) => [id, new Set([departmentId])]),
  );
  /** The departments of an event's conversation from that event on. */
  const sinceThen = new Map<Logged, ReadonlySet<string | null>>();
  for (const event of log.toSorted((a, b) => b.seq - a.seq)) {
    if (event.conversationId === null) continue;
    const later = everIn.get(event.conversationId) ?? new Set();
    const since = later.has(event.departmentId) ? later : new Set([...later, event.departmentId]);
    everIn.set(event.conversationId, since);
    sinceThen.set(event, since);
  }

  function verdict(sees: Sees, event: Logged): Verdict {
    const { hotelId, conversationId, type } = event;
    if (sees.kind === "guest") {
      const own = conversationId === null ? undefined : byId.get(conversationId);
      const isOwn = sees.hotelId === hotelId && own?.guestId === sees.guestId;
      return isOwn && FOR_GUESTS.includes(type) ? "due" : "forbidden";
    }
    const reach = sees.hotels[hotelId];
    if (reach === undefined) return "forbidden";
    if (conversationId === null) return reach === "all" ? "may be" : "forbidden";
    if (reach === "all") return "due";
    const isSeen = (departmentId: string | null) => departmentId !== null && reach.includes(departmentId);
    const own = [...(sinceThen.get(event) ?? [])];
    if (own.every(isSeen)) return "due";
    const onwards: (string | null)[] = [];
    for (let next = byId.get(conversationId)?.continuedIn ?? null; next !== null;) {
      onwards.push(...(everIn.get(next) ?? []));
      next = byId.get(next)?.continuedIn ?? null;
    }
    return [...own, ...onwards].some(isSeen) ? "may be" : "forbidden";
  }

  const events = log.filter(({ hotelId, seq }) => seq > (from[hotelId] ?? 0));
  const found = {
    due: 0,
    told: 0,
    missing: 0,
    repeated: 0,
    forbidden: 0,
    disordered: 0,
    invented: 0,
    stale: 0,
    resyncs: 0,
  };
  const examples = new Map<string, string>();
  const wrong = (kind: keyof typeof found, example: string) => {
    found[kind] += 1;
    if (!examples.has(kind)) examples.set(kind, `${kind}: ${example}`);
  };
  const keyOf = ({ hotelId, seq }: Told) => `${hotelId} ${String(seq)}`;
  const inLog = new Map(log.map((event) => [keyOf(event), event]));
  for (const { name, sees, told, shows, fresh, resyncs } of clients) {
    const times = new Map<string, number>();
    const newest = new Map<string, number>();
    for (const one of told) {
      const key = keyOf(one);
      const seen = (times.get(key) ?? 0) + 1;
      times.set(key, seen);
      found.told += 1;
      const event = inLog.get(key);
      if (event === undefined) wrong("invented", `${name} ${key}`);
      else if (verdict(sees, event) === "forbidden") wrong("forbidden", `${name} ${key} ${event.type}`);
      if (seen > 1) wrong("repeated", `${name} ${key}`);
      else if (one.seq < (newest.get(one.hotelId) ?? 0)) wrong("disordered", `${name} ${key}`);
      newest.set(one.hotelId, Math.max(one.seq, newest.get(one.hotelId) ?? 0));
    }
    for (const event of events) {
      if (verdict(sees, event) !== "due") continue;
      found.due += 1;
      if (!times.has(keyOf(event))) wrong("missing", `${name} ${keyOf(event)} ${event.type}`);
    }
    const differs = [...new Set([...shows.keys(), ...fresh.keys()])].find(
      (id) => canonical(shows.get(id)) !== canonical(fresh.get(id)),
    );
    if (differs !== undefined) wrong("stale", `${name} ${differs}`);
    found.resyncs += resyncs;
  }
  return { events: events.length, ...found, examples: [...examples.values()] };
}

export const liveViolations = ({ missing, repeated, forbidden, disordered, invented, stale, resyncs }: LiveFindings) =>
  Object.entries({ missing, repeated, forbidden, disordered, invented, stale, resyncs }).flatMap(([kind, count]) =>
    count > 0 ? [`${kind}: ${String(count)}`] : [],
  );

/** The same text for the same value, in whatever order its members stand. */
const canonical = (value: unknown): string =>
  value === undefined
    ? "nothing"
    : JSON.stringify(value, (_, member: unknown) =>
        typeof member === "object" && member !== null && !Array.isArray(member)
          ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
          : member,
      );
