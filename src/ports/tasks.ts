/**
 * What does guests' requests: the hotel's own system for housekeeping and maintenance. Optional; without it a request stands in the desk
 * alone, and what becomes of it is told by the host (`desk.pms.apply` of the kind `task_changed`), as it is with it.
 *
 * **Calls may come twice**: the same `idempotencyKey` again, in whatever process and however much later, makes no second task and is answered as
 * the first time. **Throwing is for faults that can pass**: the desk calls again with back-off, and tells staff after the last time.
 * Nothing of a request is logged.
 */
export interface TasksPort {
  /** Makes a task of a request. @returns what it is called there; its status may be told by that, or by the request's `id` */
  create(request: TaskRequest): Promise<{ readonly taskId: string }>;
}

/** Something that a guest asks the house for. */
export interface TaskRequest {
  readonly hotelId: string;
  /** The desk's own. */
  readonly id: string;
  readonly idempotencyKey: string;
  /** `"housekeeping"`, `"maintenance"`, or whatever else the host calls it. */
  readonly kind: string;
  readonly departmentId: string | null;
  /** null where nobody knows it. */
  readonly room: string | null;
  /** In the guest's words. */
  readonly what: string;
  /** In the guest's words, or ISO 8601; null: as soon as it may be. */
  readonly when: string | null;
  /** Of photos: `desk.as(...).openAttachment(id)` opens them. */
  readonly attachmentIds: readonly string[];
  /** Until when it should be done; null where nobody promised. */
  readonly dueAt: Date | null;
  /** BCP 47; null where it is not known. */
  readonly language: string | null;
  readonly guestId: string;
  readonly conversationId: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}
