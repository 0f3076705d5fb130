/**
 * The nth number of a seed, in [0, 1): the same whenever it is asked for, so that what happens to the nth call or webhook
 * hangs on nothing that happened before it.
 */
export function draw(seed: number, n: number): number {
  // One step of mulberry32 from a place of its own for each n.
  let state = (seed + Math.imul(n + 1, 0x9e3779b9)) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
}
