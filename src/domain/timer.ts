/** What a timer is set for: the payload of its work. The instant is ISO 8601. */
export type TimerPayload = SnoozeTimer | FlowTimer | StayTimer | TaskTimer;

/** Something may be to be said about a stay: what, is decided on what stands there by then. */
export type StayTimer = { readonly type: "stay"; readonly reservationId: string };

/** A task should be done by now. */
export type TaskTimer = { readonly type: "task"; readonly taskId: string };

export type SnoozeTimer = {
  readonly type: "snooze";
  readonly conversationId: string;
  /** A conversation that is snoozed until another instant by then is not its. */
  readonly until: string;
};

/** A step of a flow: the guest is asked again, or given up, or a time has come. */
export type FlowTimer = {
  readonly type: "flow";
  readonly runId: string;
  /** A run that has moved on by then is not its. */
  readonly turn: number;
  readonly what: "remind" | "timeout" | "wake";
};

/** @returns null for what is no timer that this release knows */
export function timerOf(payload: string): TimerPayload | null {
  const timer: unknown = JSON.parse(payload);
  if (typeof timer !== "object" || timer === null) return null;
  const { type, conversationId, until, reservationId, taskId, ...flow } = timer as Partial<
    Record<keyof SnoozeTimer | keyof FlowTimer | keyof StayTimer | keyof TaskTimer, unknown>
  >;
  if (type === "stay") return typeof reservationId === "string" ? { type, reservationId } : null;
  if (type === "task") return typeof taskId === "string" ? { type, taskId } : null;
  if (type === "flow") {
    const { runId, turn, what } = flow;
    if (typeof runId !== "string" || typeof turn !== "number") return null;
    return what === "remind" || what === "timeout" || what === "wake" ? { type, runId, turn, what } : null;
  }
  if (type !== "snooze" || typeof conversationId !== "string" || typeof until !== "string") return null;
  return { type, conversationId, until };
}
