import { setTimeout as delay } from "node:timers/promises";
import { assignmentIn, assignmentOf, chooseStaff, decideAssignment, waits } from "../decide/assignment.js";
import { backoffMs } from "../decide/send.js";
import { noChange, type Change } from "../domain/change.js";
import type { DeskEvent } from "../domain/event.js";
import type { AssignmentPlace, Hotel } from "../domain/hotel.js";
import type { ClaimedLane } from "../domain/lane.js";
import { isStaffId } from "../domain/principal.js";
import type { WorkItem } from "../domain/work.js";
import { codeOf, ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import { PATIENCE, type WorkRetry } from "./inbound-work.js";
import { whereFrom } from "./where-from.js";

export interface AssignmentWorkOptions {
  readonly storage: Pick<Storage, "loadConversation" | "loadStaff" | "commit" | "fail">;
  readonly hotels: HotelsPort;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly retry: WorkRetry;
  /** Told of what was committed. */
  readonly publish: (events: readonly DeskEvent[]) => void;
}

/** Milliseconds in which the host's function has to answer: the department's other conversations wait for it, and so does a stop. Ours. */
const ANSWER_MS = 5_000;
const NO_ANSWER = Symbol("no answer");

/** Finds somebody for conversations that came to a department: one of a department at a time, in the order in which they came. */
export function assignmentWork({ storage, hotels, logger, random, retry, publish }: AssignmentWorkOptions) {
  async function handle(lanes: readonly ClaimedLane[], done: (lane: ClaimedLane) => void): Promise<void> {
    const works = lanes.map((lane) => assignOne(lane).then(() => done(lane)));
    // The loop gives back what failed once nobody of the others is at work.
    const failed = (await Promise.allSettled(works)).find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** A lane comes with its first item only: the next one's turn is decided on what this one left. */
  async function assignOne(lane: ClaimedLane): Promise<void> {
    const [item] = lane.items;
    if (item === undefined) return;
    try {
      const change = await decided(lane, item);
      if (BELLDESK_FAILPOINTS) await failpoint("assignment.decided");
      const result = await storage.commit(lane.hotelId, [{ change, lane, completes: [item.id], failed: null }]);
      if (result.outcome === "committed") {
        if (BELLDESK_FAILPOINTS) await failpoint("assignment.committed");
        publish(result.events);
        if (BELLDESK_FAILPOINTS) await failpoint("assignment.published");
      }
      // What somebody changed meanwhile is decided again as it is then; a lane that passed on is somebody else's.
      else if (result.outcome === "conflict") await putOff(lane, item, "busy", PATIENCE);
    } catch (error) {
      const code = codeOf(error, "decision_failed");
      if (ConversationError.is(error) && error.retryable && error.blame === "storage") throw error;
      logger.error({ workId: item.id, attempts: item.attempts + 1, code }, "nobody could be found for a conversation");
      await putOff(lane, item, code, code === "assignment_failed" || code === "hotels_unavailable" ? PATIENCE : 1);
    }
  }

  async function decided({ hotelId, guestId: departmentId }: ClaimedLane, item: WorkItem): Promise<Change> {
    const conversationId = assignmentOf(item.payload);
    if (conversationId === null) throw new ConversationError("decision_failed");
    const hotel = await hotels.byId(hotelId);
    const reach = { hotels: new Map([[hotelId, "all" as const]]) };
    const { now, state } = await storage.loadConversation({ reach, conversationId, client: null, template: null });
    if (BELLDESK_FAILPOINTS) await failpoint("assignment.loaded");
    if (hotel === null || state === null || !waits(state.conversation, departmentId)) return noChange(hotelId);
    const assigneeId = await chosen(hotel, { hotelId, departmentId, conversationId }, item.position);
    const by = { kind: "system", id: "desk" } as const;
    const command = { id: item.id, by, reason: "auto_assignment", now };
    return decideAssignment(state.conversation, departmentId, assigneeId, command);
  }

  /** @throws {ConversationError} `assignment_failed` when the host's function throws, does not answer, or answers what is no id */
  async function chosen(hotel: Hotel, to: AssignmentPlace, turn: number): Promise<string | null> {
    const assignment = assignmentIn(hotel, to.departmentId);
    if (assignment === "none") return null;
    if (typeof assignment === "function") return asked(to, () => assignment(to), isIdOrNull);
    const { rule, staff } = assignment;
    const there = typeof staff === "function" ? await asked(to, () => staff(to), areIds) : staff;
    const query = { hotelId: to.hotelId, staffIds: there };
    return chooseStaff(rule, there, turn, rule === "leastBusy" ? await storage.loadStaff(query) : []);
  }

  async function asked<T>(
    { hotelId, departmentId }: AssignmentPlace,
    ask: () => Promise<T>,
    fits: (answer: unknown) => boolean,
  ): Promise<T> {
    let why: object = { error: "no answer in time" };
    try {
      const answer = await Promise.race([ask(), delay(ANSWER_MS, NO_ANSWER, { ref: false })]);
      if (answer !== NO_ANSWER && fits(answer)) return answer;
      if (answer !== NO_ANSWER) why = { error: "answered no id of staff" };
    } catch (error) {
      // What the host threw may quote a guest.
      why = whereFrom(error);
    }
    logger.warn({ hotelId, departmentId, ...why }, "the host's function for assignments failed");
    throw new ConversationError("assignment_failed");
  }

  const putOff = async (lane: ClaimedLane, item: WorkItem, code: string, patience: number): Promise<void> => {
    const isLast = item.attempts + 1 >= retry.attempts * patience;
    const retryInMs = isLast ? null : backoffMs(item.attempts, retry, random());
    publish(await storage.fail([{ lane, workId: item.id, code, retryInMs }]));
  };

  return { handle };
}

const isIdOrNull = (value: unknown): boolean => value === null || isStaffId(value);
const areIds = (value: unknown): boolean => Array.isArray(value) && value.every(isStaffId);
