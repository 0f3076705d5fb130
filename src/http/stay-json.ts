import { STAY_REASONS, type GuestStay, type StayPlan } from "../domain/stay.js";
import type { Task } from "../domain/task.js";
import type { PmsAnswer, StayOnDay } from "../runtime/desk-shapes.js";
import type { PmsAnswerJson, StayJson, StayMessageJson, StayOnDayJson, TaskJson } from "./json-types.js";

/** A stay for staff. Whose it is, the conversation says: no address is shown. */
export const stayJson = (stay: GuestStay): StayJson => ({ ...factsJson(stay), messages: stay.plan.map(messageJson) });

/** One of the day's arrivals, or departures. */
export const stayOnDayJson = ({ stay, conversationId }: StayOnDay): StayOnDayJson => ({
  ...factsJson(stay),
  conversationId,
});

const factsJson = (stay: GuestStay): Omit<StayJson, "messages"> => ({
  reservationId: stay.reservationId,
  status: stay.status,
  arrival: stay.arrival,
  departure: stay.departure,
  room: stay.room,
  roomReady: stay.roomReady,
  guestName: stay.guestName,
  language: stay.language,
});

const messageJson = ({
  rule,
  state,
  why,
  messageId,
  conversationId,
  language,
  ...times
}: StayPlan): StayMessageJson => ({
  rule,
  state,
  why,
  says: why && STAY_REASONS[why],
  messageId,
  conversationId,
  language,
  dueAt: times.dueAt.toISOString(),
  goAt: times.goAt.toISOString(),
  at: times.at.toISOString(),
});

export const taskJson = (task: Task): TaskJson => ({
  id: task.id,
  externalId: task.externalId,
  conversationId: task.conversationId,
  departmentId: task.departmentId,
  kind: task.kind,
  what: task.what,
  room: task.room,
  when: task.when,
  attachmentIds: task.attachmentIds,
  status: task.status,
  note: task.note,
  dueAt: task.dueAt?.toISOString() ?? null,
  lateAt: task.overdueAt?.toISOString() ?? null,
  createdAt: task.createdAt.toISOString(),
});

export const pmsAnswerJson = ({ outcome, stay, task }: PmsAnswer): PmsAnswerJson => ({
  outcome,
  stay: stay && stayJson(stay),
  task: task && taskJson(task),
});
