import type { FlowMove, FlowRun, LaneChange } from "../../src/index.js";
import { compareIds, type HotelMemory, type Memory } from "./state.js";

export const isLive = ({ endedAt }: FlowRun): boolean => endedAt === null;

/** Changes that would leave two runs under way in one conversation. */
export function secondRuns(hotel: HotelMemory, changes: readonly LaneChange[]): readonly number[] {
  const after = new Map<string, readonly [run: FlowRun, change: number]>();
  for (const run of hotel.runs.values()) after.set(run.id, [run, -1]);
  changes.forEach(({ change }, index) => {
    for (const run of change.runs) after.set(run.id, [run, index]);
  });
  const live = new Map<string, number>();
  const second: number[] = [];
  for (const [run, change] of after.values()) {
    if (!isLive(run)) continue;
    const other = live.get(run.conversationId);
    if (other !== undefined) second.push(Math.max(change, other));
    live.set(run.conversationId, Math.max(change, other ?? -1));
  }
  return second;
}

/** What guests are on their way through. */
export const liveRuns = (hotel: HotelMemory, guestIds: readonly string[]): readonly FlowRun[] =>
  [...hotel.runs.values()].filter((run) => isLive(run) && guestIds.includes(run.guestId));

/** The newest run of a conversation, when it is over. */
export const lastRun = (hotel: HotelMemory, conversationId: string): readonly FlowRun[] =>
  [...hotel.runs.values()]
    .filter((run) => run.conversationId === conversationId)
    .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || compareIds(b.id, a.id))
    .slice(0, 1)
    .filter((run) => !isLive(run));

export function putMove(hotel: HotelMemory, move: FlowMove): void {
  const known = hotel.moves.get(move.runId);
  if (known === undefined) hotel.moves.set(move.runId, [move]);
  else if (!known.some(({ number }) => number === move.number)) known.push(move);
}

/** Runs under way of versions that are not among those known. */
export function strayRuns(
  memory: Memory,
  {
    known,
    after,
    limit,
  }: {
    readonly known: readonly { readonly flowId: string; readonly version: number }[];
    readonly after: { readonly hotelId: string; readonly id: string } | null;
    readonly limit: number;
  },
): readonly FlowRun[] {
  const isKnown = (run: FlowRun) =>
    known.some(({ flowId, version }) => flowId === run.flowId && version === run.flowVersion);
  const place = (a: { hotelId: string; id: string }, b: { hotelId: string; id: string }) =>
    compareIds(a.hotelId, b.hotelId) || compareIds(a.id, b.id);
  return [...memory.hotels.values()]
    .flatMap(({ runs }) => [...runs.values()])
    .filter((run) => isLive(run) && !isKnown(run) && (after === null || place(run, after) > 0))
    .sort(place)
    .slice(0, limit);
}
