import type { PmsMark, PmsOutcome } from "./stay.js";
import { compareMarks } from "./stay.js";

/** How far a request may be. */
export const TASK_STATUSES = ["asked", "accepted", "started", "done", "refused"] as const;
/** How far a request is. */
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** How long what a guest asks for may be. Ours. UTF-16 units. */
export const TASK_LIMITS = { what: 1_000, room: 40, when: 200 } as const;

/** Milliseconds in which a task may be promised, at most: 30 days. */
export const TASK_DUE_MOST_MS = 30 * 24 * 60 * 60_000;

/** Why staff are told of a task: nobody did it in time, or the hotel's own system did not take it. */
export type TaskWarning = "overdue" | "not_taken";

/** What a guest wants done: towels, a lamp that is out. It is bound to the conversation in which it was asked for. */
export interface Task {
  readonly hotelId: string;
  /** The desk's; the hotel's own system may name it by this or by what it answered (`externalId`). */
  readonly id: string;
  /** What the hotel's own system calls it; null before it said so, and where there is none. */
  readonly externalId: string | null;
  readonly conversationId: string;
  readonly guestId: string;
  /** Who sees to it. */
  readonly departmentId: string | null;
  /** The stored version this was read at; 0 when it is not stored yet. */
  readonly version: number;
  /** E.g. `"housekeeping"`, `"maintenance"`: the host's own words. */
  readonly kind: string;
  readonly what: string;
  readonly room: string | null;
  /** When the guest wants it, in the guest's words or an instant; null: as soon as it may be. */
  readonly when: string | null;
  readonly attachmentIds: readonly string[];
  /** BCP 47, in which the guest is told of it; null: the hotel's. */
  readonly language: string | null;
  readonly status: TaskStatus;
  /** What the hotel's own system said beside the status. */
  readonly note: string | null;
  /** By which event the status was told; null before any. */
  readonly mark: PmsMark | null;
  /** Ids of the newest events that were told, at most 50. */
  readonly told: readonly string[];
  /** Until when it should be done; null: nobody promised. */
  readonly dueAt: Date | null;
  /** When staff were told that it is not done; null: they were not. */
  readonly overdueAt: Date | null;
  readonly createdAt: Date;
}

export const isOver = ({ status }: Pick<Task, "status">): boolean => status === "done" || status === "refused";

const TOLD_MOST = 50;

/** A task with what one more event says of it: of two events the one with the greater mark counts, in whatever order they come. */
export function taskTold(
  before: Task,
  mark: PmsMark,
  says: { readonly status: TaskStatus; readonly note: string | null },
): { readonly outcome: PmsOutcome; readonly task: Task } {
  if (before.told.includes(mark.eventId)) return { outcome: "repeated", task: before };
  const events = [...before.told, mark.eventId].slice(-TOLD_MOST);
  if (before.mark !== null && compareMarks(before.mark, mark) > 0)
    return { outcome: "stale", task: { ...before, told: events } };
  return { outcome: "applied", task: { ...before, ...says, mark, told: events } };
}
