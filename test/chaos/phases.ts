export interface Phases {
  /** Says on standard error what begins now. */
  readonly enter: (phase: string) => void;
}

/**
 * Keeps a long program from running for ever unseen: it says what it is at, and ends it with 1 when it takes too long, with
 * what it was at and what keeps it alive.
 */
export function phases(name: string, limitMs: number): Phases {
  const since = performance.now();
  const say = (what: string) => {
    console.error(`${name}, ${((performance.now() - since) / 1_000).toFixed(1)} s: ${what}`);
  };
  let current = "begins";
  setTimeout(() => {
    const alive = Object.entries(countBy(process.getActiveResourcesInfo())).map(([kind, n]) => `${String(n)} ${kind}`);
    say(`took too long at "${current}", kept alive by ${alive.join(", ")}`);
    process.exit(1);
  }, limitMs).unref();
  return {
    enter(phase) {
      current = phase;
      say(phase);
    },
  };
}

/** How often each is there. */
function countBy(kinds: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
