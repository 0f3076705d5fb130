/** What a process may take in hand now. */
export interface Places {
  /** Lanes, at most. */
  readonly lanes: number;
  /** The hotels, or all of them, of whom only what is urgent. */
  readonly onlyUrgentOf: readonly string[] | "everybody";
}

/** How many of a process's places wait for what an ordinary backlog must not hold up. */
export interface KeptPlaces {
  readonly forUrgent: number;
  /** For hotels that have less than their share in hand. */
  readonly forOthers: number;
}

/**
 * A tenth of the places for door codes, and where there are enough as many for the hotels that have little in hand. Not more than ten:
 * what is urgent is rare, and a place that waits sends nothing. Ours.
 */
export function keptPlaces(capacity: number): KeptPlaces {
  const kept = Math.min(10, Math.max(1, Math.floor(capacity / 10)));
  return { forUrgent: capacity > 1 ? kept : 0, forOthers: capacity >= 10 ? kept : 0 };
}

export const NO_KEPT_PLACES: KeptPlaces = { forUrgent: 0, forOthers: 0 };

/**
 * How many lanes have to be free before any are claimed: a quarter where hundreds are in hand, which keep the loop busy meanwhile.
 * Source: `npm run bench:sends`, where a tenth of 500 costs PostgreSQL a tenth more a message.
 */
const worthClaiming = (capacity: number): number => (capacity < 100 ? capacity / 10 : capacity / 4);

/** The places of a process: `inHand` names the hotel of each lane that it has. */
interface Taken {
  readonly capacity: number;
  readonly inHand: readonly string[];
  readonly kept: KeptPlaces;
  /** Whether it has ever worked for more than one hotel: to the only one it keeps no place from. */
  readonly isShared: boolean;
}

/** What is claimed whoever it is for; null while too little is free, since a claim of one lane costs as much as one of a hundred. */
export function placesForAll({ capacity, inHand, kept, isShared }: Taken): Places | null {
  const ordinary = capacity - kept.forUrgent - (isShared ? kept.forOthers : 0);
  const lanes = ordinary - inHand.length;
  return lanes > 0 && lanes >= worthClaiming(ordinary) ? { lanes, onlyUrgentOf: [] } : null;
}

/** What is claimed of the places that are kept; null when there is none. */
export function placesForFew({ capacity, inHand, kept, isShared }: Taken): Places | null {
  const free = capacity - inHand.length;
  if (kept.forUrgent === 0 || free <= 0) return null;
  const lanes = free - kept.forUrgent;
  const greedy = isShared && lanes > 0 && kept.forOthers > 0 ? overTheirShare(capacity, inHand) : [];
  return greedy.length > 0 ? { lanes, onlyUrgentOf: greedy } : { lanes: free, onlyUrgentOf: "everybody" };
}

/** Hotels that have more in hand than they would if one more hotel had work, which nobody can see from here. */
function overTheirShare(capacity: number, inHand: readonly string[]): readonly string[] {
  const of = new Map<string, number>();
  for (const hotelId of inHand) of.set(hotelId, (of.get(hotelId) ?? 0) + 1);
  return [...of].flatMap(([hotelId, own]) => (own > capacity / (of.size + 1) ? [hotelId] : []));
}
