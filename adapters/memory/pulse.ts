import { WORK_KINDS, type Pulse } from "../../src/index.js";
import { claimableAt } from "./lanes.js";
import type { Memory } from "./state.js";

/** How the work of all hotels stands. */
export function pulse(memory: Memory): Pulse {
  const now = memory.clock.now();
  const hotels = [...memory.hotels.values()];
  const due = hotels
    .flatMap(({ lanes }) => [...lanes.values()])
    .filter((lane) => claimableAt(lane) <= now.getTime())
    .toSorted((a, b) => claimableAt(a) - claimableAt(b));
  const dead = hotels.flatMap(({ deadWork }) => [...deadWork.values()]);
  return {
    now,
    unknownSends: hotels.flatMap(({ messages }) => [...messages.values()]).filter(({ status }) => status === "unknown")
      .length,
    kinds: WORK_KINDS.map((kind) => {
      const own = due.filter((lane) => lane.kind === kind);
      const [first] = own;
      return {
        kind,
        due: own.length,
        oldestDueAt: first === undefined ? null : new Date(claimableAt(first)),
        abandoned: own.filter(({ leasedUntil }) => leasedUntil !== null).length,
        dead: dead.filter(({ lane }) => lane.kind === kind).length,
      };
    }),
  };
}
