import { setTimeout as delay } from "node:timers/promises";
import { stayRootId } from "../decide/ids.js";
import { backoffMs } from "../decide/send.js";
import { flowOfRule, lookAt, putOff, settled, withPlan, type StayFlow } from "../decide/stay.js";
import {
  afterGap,
  clientIdOf,
  decideStayMessage,
  givenOf,
  isOfLanguage,
  STAYS,
  stayValues,
  wordsOf,
} from "../decide/stay-message.js";
import { decideTaskLate, TASKS } from "../decide/task.js";
import { noChange, type Change } from "../domain/change.js";
import type { DeskEvent } from "../domain/event.js";
import type { StayMessage } from "../domain/hotel-stays.js";
import type { Hotel } from "../domain/hotel.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { GuestStay, StayPlan, StayReason } from "../domain/stay.js";
import type { TaskWarning } from "../domain/task.js";
import { templateNamed } from "../domain/template.js";
import { timerOf } from "../domain/timer.js";
import type { WorkItem } from "../domain/work.js";
import { codeOf, ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import type { FlowBook } from "../flow/book.js";
import { beginningOf, decideStayFlow, stayFlows } from "../flow/stay.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { Constant, DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { TasksPort } from "../ports/tasks.js";
import type { RecipientState } from "../ports/work-storage.js";
import { PATIENCE, type WorkRetry } from "./inbound-work.js";
import { loadCalled, staysOfPerson } from "./same-phone.js";
import { kindsOf, type Wake } from "./wake.js";
import { whereFrom } from "./where-from.js";

export interface StayWorkOptions {
  readonly storage: Pick<
    Storage,
    "loadStay" | "staysOf" | "loadTask" | "loadRecipient" | "loadChats" | "loadConversation" | "commit" | "fail"
  >;
  readonly hotels: Pick<HotelsPort, "byId">;
  readonly flows: FlowBook;
  /** The hotel's own system for guests' requests; null: there is none. */
  readonly tasks: TasksPort | null;
  readonly logger: DeskLogger;
  readonly random: Random;
  readonly retry: WorkRetry;
  readonly publish: (events: readonly DeskEvent[]) => void;
  readonly wake: Wake;
}

/** The payload of the work that asks the hotel's own system to do what a guest wants. */
export interface TaskCall {
  readonly type: "taskCall";
  readonly taskId: string;
}

/** @returns null for other work */
export function taskCallOf(payload: string): TaskCall | null {
  const call = JSON.parse(payload) as Partial<Record<keyof TaskCall, unknown>> | null;
  return call?.type === "taskCall" && typeof call.taskId === "string"
    ? { type: "taskCall", taskId: call.taskId }
    : null;
}

/** Whether a lane's timers are about a stay or a request: they stand in lanes of no number. */
export const isStayLane = ({ phoneNumberId }: ClaimedLane): boolean => phoneNumberId === "";

/** How often it is decided anew because somebody changed the stay, or the conversation, meanwhile. */
const ATTEMPTS = 10;
const AGAIN = { baseMs: 5, capMs: 200 };
/** As many of a guest's stays as are looked at for what was just said to them. */
const BESIDE = 50;
/** Milliseconds in which the hotel's own system has to answer. */
const CALL_DEADLINE_MS = 20_000;

/** Says what rules of a hotel want said about stays, tells staff of requests that are late, and hands requests on. */
export function stayWork(options: StayWorkOptions) {
  const { storage, hotels, flows, tasks, logger, random, retry, publish, wake } = options;

  /** A lane's timers that came due: one look at the stay, or the request, does for all of them. */
  async function fire(lane: ClaimedLane): Promise<void> {
    const [item] = lane.items;
    if (item === undefined) return;
    try {
      const timer = timerOf(item.payload);
      if (timer?.type === "stay")
        await committing(lane, lane.items, (hotel) => decideStay(timer.reservationId, hotel, item));
      else if (timer?.type === "task") await committing(lane, [item], () => decideLate(lane, timer.taskId, "overdue"));
      else throw new ConversationError("decision_failed");
    } catch (error) {
      await failed(lane, item, error, "a timer of a stay could not be done");
    }
  }

  /** Decides and commits until nobody is faster. @throws what deciding throws */
  async function committing(
    lane: ClaimedLane,
    items: readonly WorkItem[],
    decide: (hotel: Hotel) => Promise<Change>,
  ): Promise<void> {
    const hotel = await hotels.byId(lane.hotelId);
    if (hotel === null) throw new ConversationError("not_found");
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await delay(backoffMs(attempt, AGAIN, random()));
      const change = await decide(hotel);
      if (BELLDESK_FAILPOINTS) await failpoint("timer.decided");
      const completes = items.map(({ id }) => id);
      const result = await storage.commit(lane.hotelId, [{ change, lane, completes, failed: null }]);
      if (result.outcome === "conflict") continue;
      if (result.outcome === "committed") {
        if (BELLDESK_FAILPOINTS) await failpoint("timer.committed");
        publish(result.events);
        wake(...kindsOf(change.work));
      }
      // A lane that passed on is its next holder's.
      return;
    }
    throw new ConversationError("busy");
  }

  async function failed<Message extends string>(
    lane: ClaimedLane,
    item: WorkItem,
    error: unknown,
    says: Constant<Message>,
  ): Promise<void> {
    if (ConversationError.is(error) && error.retryable && error.blame === "storage") throw error;
    const code = codeOf(error, "decision_failed");
    logger.error({ workId: item.id, attempts: item.attempts + 1, code }, says);
    const isOver = item.attempts + 1 >= retry.attempts * PATIENCE;
    const retryInMs = isOver ? null : backoffMs(item.attempts, retry, random());
    publish(await storage.fail([{ lane, workId: item.id, code, retryInMs }]));
  }

  /** What is due about a stay: the first of it that may go does, the others later. */
  async function decideStay(reservationId: string, hotel: Hotel, { id: workId }: WorkItem): Promise<Change> {
    const { now, stay: before } = await storage.loadStay({ hotelId: hotel.id, reservationId });
    const nothing = noChange(hotel.id);
    if (before === null) return nothing;
    const all = stayFlows(flows);
    const person = before.guest;
    const own = person === null ? [] : await staysOfPerson(storage, hotel.id, person, BESIDE);
    const beside = own.filter((one) => one.reservationId !== reservationId);
    let stay = before;
    let said: Change | null = null;
    // What turns out not to be sendable makes way for the next.
    for (let looks = 0; looks <= before.plan.length && said === null; looks++) {
      const look = lookAt(stay, beside, hotel, all, now);
      stay = look.stay;
      if (look.next === null) break;
      const done = await sayOrBegin(stay, look.next, hotel, all, now);
      stay = done.stay;
      said = done.change;
    }
    if (stay === before) return nothing;
    const conversations = person === null ? [] : await openOf(hotel.id, person);
    // Those that could speak too are written as they were read: whatever was said about one meanwhile is a conflict, and is looked at anew.
    const waiting = said === null ? [] : beside.filter(({ plan }) => plan.some(({ state }) => state === "planned"));
    const change: Change = { ...(said ?? nothing), stays: [stay, ...waiting] };
    return withPlan(change, before, stay, conversations, `${workId}_${String(before.version)}`, now);
  }

  async function openOf(hotelId: string, person: NonNullable<GuestStay["guest"]>) {
    const { conversations } = (await recipient(hotelId, person)).state;
    return conversations.filter(({ status }) => status === "open");
  }

  const recipient = (
    hotelId: string,
    to: NonNullable<GuestStay["guest"]>,
    asked: Partial<Pick<Parameters<Storage["loadRecipient"]>[0], "client" | "template">> = {},
  ) => loadCalled(storage, { hotelId, to, reach: "everything", client: null, template: null, ...asked });

  interface Done {
    readonly stay: GuestStay;
    /** null: nothing is said. */
    readonly change: Change | null;
  }

  async function sayOrBegin(
    stay: GuestStay,
    entry: StayPlan,
    hotel: Hotel,
    all: readonly StayFlow[],
    now: Date,
  ): Promise<Done> {
    const drop = (why: StayReason): Done => ({ stay: settled(stay, entry, "dropped", why, now), change: null });
    const wait = (why: StayReason, goAt: Date | null): Done => ({
      stay: putOff(stay, entry, why, goAt, hotel, all, now),
      change: null,
    });
    if (stay.guest === null) return wait("guest_unknown", null);
    const flowId = flowOfRule(entry.rule);
    if (flowId !== null) return begin(stay, stay.guest, entry, flowId, hotel, now, drop, wait);

    const rule = hotel.stays?.messages?.find(({ id }) => id === entry.rule);
    return rule === undefined ? drop("rule_gone") : say(stay, stay.guest, entry, rule, hotel, now, drop, wait);
  }

  async function say(
    stay: GuestStay,
    person: NonNullable<GuestStay["guest"]>,
    entry: StayPlan,
    rule: Pick<StayMessage, "texts" | "templates" | "department" | "offer">,
    hotel: Hotel,
    now: Date,
    drop: (why: StayReason) => Done,
    wait: (why: StayReason, goAt: Date | null) => Done,
  ): Promise<Done> {
    const client = { authorId: STAYS.id, clientMessageId: clientIdOf(stay.reservationId, entry.rule) };
    const { name } = (await recipient(hotel.id, person)).state.guest ?? { name: null };
    const { words, missing } = wordsOf(rule, stay.language, hotel, stayValues(stay, name, hotel));
    if (missing) return wait("fact_missing", null);
    let why: StayReason = "no_way";
    for (const one of words) {
      const template = templateNamed(one.fallback ?? one.content);
      const { to, state } = await recipient(hotel.id, person, { client, template });
      const decided = decideStayMessage(state, { ...stay, guest: to }, entry, rule, one, hotel, now);
      if (decided.kind === "later") return wait(decided.why, afterGap(hotel, now));
      if (decided.kind === "refused") {
        why = decided.why;
        if (isOfLanguage(why)) continue;
        break;
      }
      const { messageId, conversationId, change } = decided;
      const sent = { messageId, conversationId, language: one.language };
      return { stay: settled(stay, entry, "sent", "rule", now, sent), change: change ?? noChange(hotel.id) };
    }
    return drop(why);
  }

  async function begin(
    stay: GuestStay,
    person: NonNullable<GuestStay["guest"]>,
    entry: StayPlan,
    flowId: string,
    hotel: Hotel,
    now: Date,
    drop: (why: StayReason) => Done,
    wait: (why: StayReason, goAt: Date | null) => Done,
  ): Promise<Done> {
    const flow = flows.newest(flowId);
    if (flow === null) return drop("rule_gone");
    const beginning = beginningOf(flow, entry.rule);
    const { templates, offer = false } = beginning;
    // What WhatsApp would not carry is asked for by a template, by which the guest begins the flow.
    const invite = (): Promise<Done> | Done => {
      if (templates === undefined) return drop("window_closed");
      const department = hotel.departments.find(({ id }) => id === flow.departmentId)?.id;
      const rule = { templates, offer, ...(department !== undefined && { department }) };
      return say(stay, person, entry, rule, hotel, now, drop, wait);
    };
    const { state } = await recipient(hotel.id, person);
    const phoneNumberId = numberOf(state, hotel);
    // Nobody who never wrote has a window in which a flow could speak.
    if (state.guest === null || phoneNumberId === null) return invite();
    const key = { hotelId: hotel.id, phoneNumberId, guestId: state.guest.id, wamids: [], promptIds: [], addresses: [] };
    const [chat] = (await storage.loadChats([key])).states;
    if (chat === undefined) return drop("guest_unknown");
    const rootId = stayRootId(stay.reservationId, entry.rule);
    const begun = decideStayFlow(chat, phoneNumberId, flow, beginning, givenOf(stay), flows, hotel, rootId, now);
    if (begun.kind === "never" && begun.why === "window_closed") return invite();
    if (begun.kind !== "begun") return begun.kind === "later" ? wait(begun.why, afterGap(hotel, now)) : drop(begun.why);
    const sent = { conversationId: begun.conversationId };
    return { stay: settled(stay, entry, "sent", "rule", now, sent), change: begun.change };
  }

  /** Staff are told of a request, once. */
  async function decideLate(lane: ClaimedLane, taskId: string, why: TaskWarning): Promise<Change> {
    const { now, task } = await storage.loadTask({ hotelId: lane.hotelId, taskId });
    const nothing = noChange(lane.hotelId);
    if (task === null) return nothing;
    const state = await shownIn(task.conversationId);
    if (state === null) return nothing;
    const command = { id: `${task.id}_${why}`, by: TASKS, reason: why, now };
    return decideTaskLate(state, task, why, command) ?? nothing;
  }

  /** The conversation that goes on with one. */
  async function shownIn(conversationId: string) {
    let id = conversationId;
    for (let steps = 0; steps < ATTEMPTS; steps++) {
      const key = { reach: "everything", conversationId: id, client: null, template: null } as const;
      const { state } = await storage.loadConversation(key);
      const next = state?.conversation.continuedIn ?? null;
      if (next === null) return state;
      id = next;
    }
    return null;
  }

  /** Asks the hotel's own system to do what a guest wants; staff are told where it cannot be reached. */
  async function call(lane: ClaimedLane, item: WorkItem, { taskId }: TaskCall): Promise<void> {
    try {
      const { task } = await storage.loadTask({ hotelId: lane.hotelId, taskId });
      if (task === null || tasks === null || task.externalId !== null) {
        await committing(lane, [item], () => Promise.resolve(noChange(lane.hotelId)));
        return;
      }
      const { hotelId, id, kind, departmentId, room, what, when, attachmentIds, dueAt, language } = task;
      const { guestId, conversationId } = task;
      const request = { hotelId, id, idempotencyKey: id, kind, departmentId, room, what, when, attachmentIds, dueAt };
      let externalId: string;
      try {
        externalId = await asked(tasks, { ...request, language, guestId, conversationId });
      } catch (error) {
        // What the host threw may quote a guest.
        logger.warn({ workId: item.id, attempts: item.attempts + 1, ...whereFrom(error) }, "a request was not taken");
        if (item.attempts + 1 >= retry.attempts) {
          await committing(lane, [item], () => decideLate(lane, taskId, "not_taken"));
          return;
        }
        const retryInMs = backoffMs(item.attempts, retry, random());
        publish(await storage.fail([{ lane, workId: item.id, code: "task_not_taken", retryInMs }]));
        return;
      }
      await committing(lane, [item], async () => {
        const { task: now } = await storage.loadTask({ hotelId: lane.hotelId, taskId });
        return now === null ? noChange(hotelId) : { ...noChange(hotelId), tasks: [{ ...now, externalId }] };
      });
    } catch (error) {
      await failed(lane, item, error, "a request could not be handed on");
    }
  }

  return { fire, call };
}

/** @throws what the port throws, and when it takes too long */
async function asked(tasks: TasksPort, request: Omit<Parameters<TasksPort["create"]>[0], "signal">): Promise<string> {
  const over = new AbortController();
  const deadline = new AbortController();
  const late = delay(CALL_DEADLINE_MS, null, { ref: false, signal: over.signal });
  try {
    const answer = await Promise.race([tasks.create({ ...request, signal: deadline.signal }), late]);
    if (answer === null || typeof answer.taskId !== "string" || answer.taskId.length > 200)
      throw new Error("the tasks port did not answer with a task's id");
    return answer.taskId;
  } finally {
    late.catch(() => undefined);
    over.abort();
    deadline.abort();
  }
}

/** The number on which the guest wrote last, else the hotel's first. */
function numberOf({ chats }: RecipientState, { numbers }: Hotel): string | null {
  const known = [...chats]
    .filter(({ phoneNumberId }) => numbers.some((number) => number.phoneNumberId === phoneNumberId))
    .sort((a, b) => (b.lastInboundAt?.getTime() ?? 0) - (a.lastInboundAt?.getTime() ?? 0));
  return known[0]?.phoneNumberId ?? numbers[0]?.phoneNumberId ?? null;
}
