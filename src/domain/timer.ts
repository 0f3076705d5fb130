/** What a timer is set for: the payload of its work. The instant is ISO 8601. */
export type TimerPayload = {
  readonly type: "snooze";
  readonly conversationId: string;
  /** A conversation that is snoozed until another instant by then is not its. */
  readonly until: string;
};

/** @returns null for what is no timer that this release knows */
export function timerOf(payload: string): TimerPayload | null {
  const timer: unknown = JSON.parse(payload);
  if (typeof timer !== "object" || timer === null) return null;
  const { type, conversationId, until } = timer as Partial<Record<keyof TimerPayload, unknown>>;
  if (type !== "snooze" || typeof conversationId !== "string" || typeof until !== "string") return null;
  return { type, conversationId, until };
}
