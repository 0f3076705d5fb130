import type { ConversationSummaryJson, GuestPrincipal, MessageJson, StaffPrincipal } from "belldesk";
import { request } from "undici";
import { manager } from "../harness/hotel.js";
import { startProxy, type Protocol, type Proxy } from "../harness/proxy.js";
import type { Cluster } from "./cluster.js";
import type { Ended, Logged, Sees, Watched } from "./live-checks.js";
import { deskWatching, rawWatching, type Viewer, type Watching } from "./live-clients.js";
import { until } from "./stay.js";

/**
 * Of hosts whose watchers lose their lines: dead ones are found in some seconds, so that many can die in one run; and however much happens
 * meanwhile, it is told.
 */
export const LIVE_LIMITS = { pingMs: 1_500, catchUpEvents: 1_000_000 };

/** Somebody who watches the desk, on a line of their own that leads to any process that lives. */
export interface Watcher {
  readonly name: string;
  readonly as: Viewer;
  readonly sees: Sees;
  readonly line: Proxy;
  readonly watching: Watching;
  /** Of pages with a thread that is open. */
  readonly thread: { readonly id: string; readonly shown: () => readonly MessageJson[] } | null;
}

/** A conversation that somebody may watch. */
export interface Place {
  readonly id: string;
  readonly hotelId: string;
  readonly guestId: string;
  readonly departmentId: string;
  readonly phone: string;
}

/** Nothing is looked at: lines are only cut and abandoned. */
const BYTES: Protocol = { requests: () => () => true, answers: () => () => true, isGreeting: () => false };

const STAFF: readonly StaffPrincipal[] = [
  manager,
  { ...manager, role: "agent", hotels: { grand: ["reception"] } },
  { ...manager, role: "agent", hotels: { grand: "all" } },
  { ...manager, role: "agent", hotels: { grand: ["housekeeping"] } },
  { ...manager, hotels: { seaside: "all" } },
  { ...manager, role: "agent", hotels: { grand: ["reception", "housekeeping"], seaside: ["restaurant"] } },
];

/**
 * One of many watchers. Every second one is a page; of the others every fifth is a guest's own chat.
 * @param places what there is to open; none where nobody has written yet
 */
export async function aWatcher(cluster: Cluster, n: number, places: readonly Place[]): Promise<Watcher> {
  let turn = n;
  const line = await startProxy({
    protocol: BYTES,
    target: () => {
      const living = cluster.nodes.filter(({ host }) => host !== null);
      const host = living[turn++ % Math.max(1, living.length)]?.host ?? null;
      return host === null ? null : { host: "127.0.0.1", port: Number(new URL(host.base).port) };
    },
  });
  const origin = `127.0.0.1:${String(line.port)}`;
  const id = `watcher-${String(n)}`;
  if (n % 10 === 8) {
    // Of those conversations that stay what they are.
    const own = places[places.length - 1 - (n % Math.floor(places.length / 2))]!;
    const as: GuestPrincipal = { kind: "guest", id, hotelId: own.hotelId, guestId: own.guestId };
    const sees = { kind: "guest", hotelId: own.hotelId, guestId: own.guestId } as const;
    return { name: `guest ${id}`, as, sees, line, watching: rawWatching(origin, as), thread: null };
  }
  const as: StaffPrincipal = { ...STAFF[Math.floor(n / 2) % STAFF.length]!, id };
  const sees: Sees = { kind: "staff", hotels: as.hotels };
  if (n % 2 === 1) return { name: `raw ${id}`, as, sees, line, watching: rawWatching(origin, as), thread: null };
  const watching = deskWatching(origin, as);
  const stays = places.slice(Math.ceil(places.length / 2)).filter(({ hotelId, departmentId }) => {
    const reach = as.hotels[hotelId];
    return reach === "all" || reach?.includes(departmentId) === true;
  });
  const open = stays[n % Math.max(1, stays.length)]?.id ?? null;
  if (open !== null) watching.client.open(open);
  const thread =
    open === null ? null : { id: open, shown: () => watching.client.getState().threads[open]?.messages ?? [] };
  return { name: `page ${id}`, as, sees, line, watching, thread };
}

/** Nobody watches any more. */
export async function closeAll(watchers: readonly Watcher[]): Promise<void> {
  for (const { watching } of watchers) watching.close();
  await Promise.all(watchers.map(({ line }) => line.close()));
}

/** Ends the line of somebody who hears everything at that moment. */
export async function disconnect(
  how: "cut" | "half-open",
  watchers: readonly Watcher[],
  random: () => number,
): Promise<void> {
  await until(() => {
    const live = watchers.filter(({ watching }) => watching.isLive());
    const { line } = live[Math.floor(random() * live.length)] ?? { line: null };
    if (how === "cut") line?.cut();
    else line?.abandon();
    return Promise.resolve(line !== null);
  });
}

/** How far each hotel's log is. */
export async function headsOf({ pool }: Pick<Cluster, "pool">): Promise<Readonly<Record<string, number>>> {
  const { rows } = await pool.query<{ hotel: string; seq: number }>(
    "select hotel_id as hotel, max(seq)::int as seq from belldesk.events group by 1",
  );
  return Object.fromEntries(rows.map(({ hotel, seq }) => [hotel, seq]));
}

/** What watchers are held against: the log, and where each conversation is in the end. */
export async function liveEvidence({
  pool,
}: Pick<Cluster, "pool">): Promise<{ readonly log: readonly Logged[]; readonly conversations: readonly Ended[] }> {
  const { rows: log } = await pool.query<Logged>(
    `select hotel_id as "hotelId", seq::int, body::json ->> 'type' as type, conversation_id as "conversationId", department_id as "departmentId"
       from belldesk.events order by hotel_id, seq`,
  );
  const { rows: conversations } = await pool.query<Ended>(
    `select id, department_id as "departmentId", guest_id as "guestId", continued_in as "continuedIn" from belldesk.conversations`,
  );
  return { log, conversations };
}

/** What somebody sees who begins now, for each kind of rights. */
export type Fresh = ReadonlyMap<string, ReadonlyMap<string, ConversationSummaryJson>>;

/** What is shown to a client that connects now. */
export const shownFresh = (cluster: Cluster, watchers: readonly Watcher[]): Promise<Fresh> =>
  eachKind(watchers, async (as, n) => {
    const host = cluster.nodes[n % cluster.nodes.length]?.host;
    const fresh = rawWatching(new URL(host?.base ?? "").host, as);
    await until(() => Promise.resolve(fresh.isLive()));
    fresh.close();
    return fresh.shows();
  });

/** What the pages of the desk's list say now, however long it is. */
export const readFresh = (cluster: Cluster, watchers: readonly Watcher[]): Promise<Fresh> =>
  eachKind(watchers, async (as) => {
    const found = new Map<string, ConversationSummaryJson>();
    for (let cursor: string | null = ""; cursor !== null;) {
      const { body } = await request(`${cluster.base}/api/conversations`, {
        query: { status: "open", limit: 100, ...(cursor !== "" && { cursor }) },
        headers: { authorization: `Bearer ${JSON.stringify(as)}` },
        reset: true,
      });
      const page = (await body.json()) as {
        readonly items: readonly ConversationSummaryJson[];
        readonly nextCursor: string | null;
      };
      for (const one of page.items) found.set(one.id, one);
      cursor = page.nextCursor;
    }
    return found;
  });

async function eachKind(
  watchers: readonly Watcher[],
  fresh: (as: Viewer, n: number) => Promise<ReadonlyMap<string, ConversationSummaryJson>>,
): Promise<Fresh> {
  const kinds = new Map(watchers.map(({ as, sees }) => [JSON.stringify(sees), as]));
  return new Map(
    await Promise.all(
      [...kinds].map(async ([kind, as], n) => [kind, await fresh({ ...as, id: `fresh-${String(n)}` }, n)] as const),
    ),
  );
}

export const watchedBy = ({ name, sees, watching }: Watcher, fresh: Fresh): Watched => ({
  name,
  sees,
  told: watching.told,
  shows: watching.shows(),
  fresh: fresh.get(JSON.stringify(sees)) ?? new Map(),
  resyncs: watching.resyncs(),
});
