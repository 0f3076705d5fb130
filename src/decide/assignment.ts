import { noChange, type Change } from "../domain/change.js";
import { passed } from "../domain/clocks.js";
import type { Conversation } from "../domain/conversation.js";
import type { Assignment, AssignmentRule, Hotel } from "../domain/hotel.js";
import type { NewWork } from "../domain/work.js";
import { about } from "./arrival.js";
import { auditOf, type Command, type Decision } from "./command.js";
import { assignmentId } from "./ids.js";

/**
 * Milliseconds of a guest's silence after which their next message looks for somebody again, where nobody could be found or staff
 * gave the conversation back. Ours: several messages in a row are one matter, and one turn.
 */
const LOOKS_AGAIN_MS = 10 * 60 * 1000;

/** What the work of assigning a conversation says; the department is the lane's. */
export type AssignmentPayload = { readonly conversationId: string };

/** @returns the conversation's id; null for what is no such work */
export function assignmentOf(payload: string): string | null {
  const given: unknown = JSON.parse(payload);
  if (typeof given !== "object" || given === null || !("conversationId" in given)) return null;
  return typeof given.conversationId === "string" ? given.conversationId : null;
}

/** How a department's conversations get somebody who sees to them. */
export const assignmentIn = ({ departments, assignment = "none" }: Hotel, departmentId: string): Assignment =>
  departments.find(({ id }) => id === departmentId)?.assignment ?? assignment;

/**
 * The work of finding somebody for a conversation that has come to a department; none where that is nobody's business. It stands in
 * a lane of the department's own (there is no number, and the department stands where another lane has its guest), so that turns are
 * taken one after the other by however many processes, and the guest's message waits neither for it nor for the host.
 */
export function toAssign(conversation: Conversation, hotel: Hotel, rootId: string): readonly NewWork[] {
  const { id, departmentId } = conversation;
  if (departmentId === null || !waits(conversation, departmentId)) return [];
  if (assignmentIn(hotel, departmentId) === "none") return [];
  const payload: AssignmentPayload = { conversationId: id };
  return [{ id: assignmentId(rootId), kind: "assignment", phoneNumberId: "", guestId: departmentId, payload }];
}

/**
 * Whether a guest's message to a conversation where it is looks for somebody: their first, in what the hotel began, and the first after
 * a silence.
 * @param before as it was before the message
 */
export const looksAgain = ({ lastGuestMessageAt }: Conversation, now: Date): boolean =>
  lastGuestMessageAt === null || passed(lastGuestMessageAt, now, LOOKS_AGAIN_MS);

/**
 * Whose turn it is. Turns count what came to the department, so that they go on wherever it is decided, and deciding twice names the
 * same.
 * @param turn the work's position in the department's lane
 * @param open how many open conversations each of `staff` sees to, in their order; for `leastBusy`
 */
export function chooseStaff(
  rule: AssignmentRule["rule"],
  staff: readonly string[],
  turn: number,
  open: readonly number[],
): string | null {
  const least = Math.min(...open);
  const those = rule === "leastBusy" ? staff.filter((_, index) => open[index] === least) : staff;
  return those[turn % those.length] ?? null;
}

/** Nothing, when somebody has it by now, or it is over or somewhere else. */
export function decideAssignment(
  conversation: Conversation,
  departmentId: string,
  assigneeId: string | null,
  command: Command,
): Change {
  const { hotelId, id } = conversation;
  if (assigneeId === null || !waits(conversation, departmentId)) return noChange(hotelId);
  const after = { ...conversation, assigneeId };
  return {
    ...noChange(hotelId),
    conversations: [after],
    events: [about(after, { type: "conversation.assigned", assigneeId, fromAssigneeId: null })],
    audit: [auditOf(command, "conversation.assign", hotelId, { kind: "conversation", id })],
  };
}

/** Whether it still waits for somebody who sees to it, in this department. */
export const waits = ({ status, assigneeId, departmentId }: Conversation, inDepartment: string): boolean =>
  status === "open" && assigneeId === null && departmentId === inDepartment;

/** A command's decision, with the work of finding somebody for the conversation where it goes on: itself, or the one that it joined. */
export function assigning(decision: Decision, hotel: Hotel, rootId: string): Decision {
  const { change } = decision;
  if (change === null) return decision;
  const goesOn = change.conversations.filter(({ status }) => status === "open").slice(0, 1);
  return {
    ...decision,
    change: { ...change, work: [...change.work, ...goesOn.flatMap((one) => toAssign(one, hotel, rootId))] },
  };
}
