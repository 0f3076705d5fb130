/** A number in [0, 1). Only spreads retries in time; nothing secret is made of it. */
export type Random = () => number;

/** `Math.random`. */
export const systemRandom: Random = Math.random;
