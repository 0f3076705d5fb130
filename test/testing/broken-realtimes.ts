import { memoryBus, memoryRealtime } from "../../adapters/memory/index.js";
import type { Realtime, RealtimeListener } from "../../src/index.js";

/** A realtime with one mistake in it, and exactly the cases of the contract that fail for it. The first is the one it is made for. */
export interface RealtimeMistake {
  readonly fails: readonly [string, ...string[]];
  readonly what: string;
  /** @param isAway whether the bus is away just now */
  readonly broken: (right: Realtime, isAway: () => boolean) => Realtime;
}

/** What stands in the place of a listener's verbs. */
const hearing =
  (change: (listener: RealtimeListener, isAway: boolean) => Partial<RealtimeListener>): RealtimeMistake["broken"] =>
  (right, isAway) => ({
    ...right,
    open: (listener) => right.open({ ...listener, ...change(listener, isAway()) }),
  });

export const REALTIME_MISTAKES: readonly RealtimeMistake[] = [
  {
    fails: ["realtime/hints", "realtime/hints-many"],
    what: "only the first hotel of a hint is told",
    broken: (right) => ({
      ...right,
      hint: (hotelIds) => {
        right.hint(hotelIds.slice(0, 1));
      },
    }),
  },
  {
    fails: ["realtime/hints-many"],
    what: "what does not fit into one message is left out",
    broken: (right) => ({
      ...right,
      hint: (hotelIds) => {
        right.hint(hotelIds.slice(0, 100));
      },
    }),
  },
  {
    fails: ["realtime/coalesced"],
    what: "a hint soon after another is taken for the same",
    broken: (right) => {
      let last = -Infinity;
      return {
        ...right,
        hint: (hotelIds) => {
          if (performance.now() - last < 30) return;
          last = performance.now();
          right.hint(hotelIds);
        },
      };
    },
  },
  {
    fails: ["realtime/coalesced"],
    what: "each hint is told by itself",
    broken: hearing((listener) => ({
      hinted: (hotelIds) => {
        for (let n = 0; n < 100; n++) listener.hinted(hotelIds);
      },
    })),
  },
  {
    fails: ["realtime/work"],
    what: "work is told as news",
    broken: hearing((listener) => ({
      worked: () => {
        listener.worked();
        listener.hinted(["grand"]);
      },
    })),
  },
  {
    fails: ["realtime/revoked"],
    what: "a process hears only others say that rights have changed",
    broken: (right) => {
      let own = false;
      return {
        ...right,
        revoked() {
          own = true;
          right.revoked();
        },
        open: (listener) =>
          right.open({
            ...listener,
            revoked: () => {
              if (!own) listener.revoked();
            },
          }),
      };
    },
  },
  {
    fails: ["realtime/signals"],
    what: "who has no name has an empty one",
    broken: hearing((listener) => ({
      signalled: (signal) => {
        listener.signalled({ ...signal, by: { ...signal.by, name: signal.by.name ?? "" } });
      },
    })),
  },
  {
    fails: ["realtime/away"],
    what: "who tells something waits for a bus that is away",
    broken: (right, isAway) => ({
      ...right,
      work() {
        const until = performance.now() + 80;
        while (isAway() && performance.now() < until);
        right.work();
      },
    }),
  },
  {
    fails: ["realtime/after-outage", "realtime/after-outage-opened"],
    what: "nobody is told that they missed something",
    broken: hearing(() => ({ missed: () => undefined })),
  },
  {
    fails: ["realtime/after-outage-opened"],
    what: "the first connection counts as the beginning, however late it comes",
    broken: hearing((listener, isAway) => ({
      missed: () => {
        if (!isAway) listener.missed();
      },
    })),
  },
  {
    fails: ["realtime/close"],
    what: "what is closed still listens",
    broken: (right) => ({ ...right, close: () => Promise.resolve() }),
  },
];

/** What a case of the contract is run on: processes with the mistake, on a bus of their own. */
export function withMistake({ broken }: Pick<RealtimeMistake, "broken">) {
  const bus = memoryBus();
  let away = false;
  const set = (value: boolean) => () => {
    away = value;
    bus.weather({ away });
    return Promise.resolve();
  };
  const made: Realtime[] = [];
  return {
    subject: {
      join: () => {
        const right = memoryRealtime(bus, { retryCapMs: 200 });
        made.push(right);
        return broken(right, () => away);
      },
      leave: set(true),
      comeBack: set(false),
    },
    end: () => Promise.all(made.map((right) => right.close())),
  };
}
