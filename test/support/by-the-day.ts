/**
 * A sample of what takes too long as a whole for every run: one in `of`, beginning with another one each day, so that each has its
 * turn. Whoever takes the whole names the variable that asks for it.
 */
export const byTheDay = <T>(items: readonly T[], of: number, whole: boolean): readonly T[] =>
  whole ? items : items.filter((_, index) => (index + today()) % of === 0);

const today = (): number => Math.floor(Date.now() / 86_400_000);
