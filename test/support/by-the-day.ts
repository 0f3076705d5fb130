/** `npm run test:all`: whatever is taken by the day is taken whole. */
const ALL = process.env["ALL"] === "all";

/**
 * A sample of what takes too long as a whole for every run: one in `of`, beginning with another one each day, so that each has its
 * turn. Whoever takes the whole names the variable that asks for it; `DAY` is the day of a run that is to be repeated, which each run prints.
 */
export const byTheDay = <T>(items: readonly T[], of: number, whole: boolean): readonly T[] =>
  whole || ALL ? items : items.filter((_, index) => (index + theDay()) % of === 0);

/** Days since 1970, unless somebody has named one. */
export const theDay = (): number => Number(process.env["DAY"] ?? Math.floor(Date.now() / 86_400_000));
