/** Sleeping until somebody rings, without missing a ring between looking and lying down. */
export function newBell() {
  let rings = 0;
  let sleeper: (() => void) | null = null;

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        sleeper = null;
        resolve();
      }
      sleeper = done;
    });

  return {
    ring: (): void => {
      rings += 1;
      sleeper?.();
    },
    listen: () => rings,
    /** Sleeps unless the bell has rung since `heard`. */
    wait: (heard: number, ms: number) => (rings === heard ? sleep(ms) : Promise.resolve()),
    /** Sleeps; a ring ends it. */
    pause: sleep,
  };
}
