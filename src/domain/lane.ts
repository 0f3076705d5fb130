import type { WorkItem, WorkKind } from "./work.js";

/**
 * Work stands in lanes: one process at a time works a lane, in order; lanes run in parallel. A guest has one chat with a
 * hotel's number, so a chat has one lane for each direction, however many conversations stand in it.
 */
export interface LaneId {
  readonly hotelId: string;
  readonly kind: WorkKind;
  readonly phoneNumberId: string;
  readonly guestId: string;
}

/** A lane in somebody's hands. The epoch grows with every claim; whoever comes with an older one is refused. */
export interface LaneLease extends LaneId {
  readonly epoch: number;
}

export interface ClaimedLane extends LaneLease {
  /** The lane's first items, in order; never empty. */
  readonly items: readonly WorkItem[];
}

/** One text for a lane, for maps and logs: ids only. */
export const laneKey = (lane: LaneId): string => `${lane.hotelId}/${lane.kind}/${lane.phoneNumberId}/${lane.guestId}`;
