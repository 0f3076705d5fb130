/**
 * The moments at which a process may die, freeze or lose its database, in the order in which a message meets them.
 * `npm run sweep` breaks the desk at each. They exist only in builds made for that: everywhere else the constant is
 * false, and calls and names are gone from what is published (a test of the package looks).
 */
export const FAILPOINTS = [
  "receive.verified",
  "receive.remembering",
  "receive.remembered",
  "receive.answering",
  "inbound.claiming",
  "inbound.claimed",
  "inbound.loaded",
  "inbound.decided",
  "inbound.committed",
  "inbound.published",
  "command.claiming",
  "command.claimed",
  "command.loaded",
  "command.committed",
  "command.published",
  "command.done",
  "flow.calling",
  "flow.called",
  "flow.concluded",
  "timer.claiming",
  "timer.claimed",
  "timer.loaded",
  "timer.decided",
  "timer.committed",
  "timer.published",
  "assignment.claiming",
  "assignment.claimed",
  "assignment.loaded",
  "assignment.decided",
  "assignment.committed",
  "assignment.published",
  "outbound.claiming",
  "outbound.claimed",
  "outbound.loaded",
  "outbound.intended",
  "outbound.written",
  "outbound.answered",
  "outbound.settled",
  "outbound.published",
  "media.claiming",
  "media.claimed",
  "media.loaded",
  "media.opened",
  "media.received",
  "media.checked",
  "media.scanned",
  "media.putting",
  "media.put",
  "media.settled",
  "media.forgotten",
  "status.applying",
  "status.applied",
  "status.published",
  "consume.claiming",
  "consume.claimed",
  "consume.handled",
  "consume.moving",
  "consume.moved",
  "erase.beginning",
  "erase.begun",
  "erase.stepped",
  "erase.cleaned",
  "prune.stepping",
  "prune.stepped",
  "prune.cleaned",
  "migrate.planned",
  "migrate.applied",
  "stop.draining",
  "stop.drained",
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

declare global {
  /** Set when the library is built. */
  const BELLDESK_FAILPOINTS: boolean;
}

/** Where the program that breaks things listens: a function that gets the name and lets the process go on when it resolves. */
const LISTENER = Symbol.for("belldesk.failpoint");

export async function failpoint(name: Failpoint): Promise<void> {
  const { [LISTENER]: listen } = globalThis as { [LISTENER]?: (name: Failpoint) => Promise<void> };
  await listen?.(name);
}
