import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { pmsRootId } from "../decide/ids.js";
import { backoffMs } from "../decide/send.js";
import { decideStayEvent } from "../decide/stay.js";
import { decideTask, decideTaskEvent } from "../decide/task.js";
import { reach, reaches, type Permission, type Reach } from "../domain/access.js";
import type { Change } from "../domain/change.js";
import type { Conversation } from "../domain/conversation.js";
import type { Hotel } from "../domain/hotel.js";
import type { Principal } from "../domain/principal.js";
import type { GuestStay } from "../domain/stay.js";
import { TASK_DUE_MOST_MS, TASK_LIMITS, type Task } from "../domain/task.js";
import { localTime } from "../domain/time-zone.js";
import { ConversationError } from "../errors.js";
import { failpoint } from "../failpoints.js";
import { stayFlows } from "../flow/stay.js";
import type { CommitResult, ConversationKey, ConversationState } from "../ports/work-storage.js";
import type { Command } from "../decide/command.js";
import type { Desk } from "./desk-api.js";
import type { List, NewTask, PmsAnswer, StayOnDay, StaysOnDayQuery } from "./desk-shapes.js";
import type { DeskOptions } from "./desk.js";
import { groupsOf, limitOf } from "./lists.js";
import { checkPmsEvent, stayNewsOf, type PmsEvent, type PmsStayEvent, type PmsTaskEvent } from "./pms-event.js";
import { loadCalled, staysOfPerson } from "./same-phone.js";
import { timeOf } from "./storage-clock.js";
import { withTaskUpdate } from "./task-update.js";
import { kindsOf } from "./wake.js";

type StayDesk = Pick<Desk, "applyPms" | "stays" | "arrivals" | "departures" | "tasks" | "createTask">;

/** How often an event is decided on anew because somebody changed the same reservation, or conversation, meanwhile. */
const ATTEMPTS = 10;
/** Milliseconds between those attempts. */
const BACKOFF = { baseMs: 5, capMs: 200 };
/** How often a request is looked for that the desk does not know yet, and milliseconds between: two seconds in all. */
const EARLY_ATTEMPTS = 7;
const EARLY = { baseMs: 50, capMs: 500 };
/** As many stays, or requests, as anybody looks at beside a conversation. */
const MOST = 50;
/** Of so many stays of a page it is looked up at once whose they are. */
const AT_ONCE = 8;

/** Loads, decides and commits, as the desk does it. */
type ChangeOf = <T extends { readonly change: Change | null }>(
  key: Omit<ConversationKey, "reach">,
  permission: Permission,
  reason: string,
  decide: (state: ConversationState, command: Command) => T | Promise<T>,
) => Promise<{ readonly decision: T; readonly committed: Extract<CommitResult, { outcome: "committed" }> | null }>;

/** What the hotel's own system tells of stays and requests, and what staff see of that beside a conversation. */
export function stayDesk(principal: Principal, options: DeskOptions, change: ChangeOf): StayDesk {
  const { storage, hotels, roles, flows, cursors, random, publish, wake, hasTasks = false } = options;
  const reachFor = (permission: Permission) => reach(principal, permission, roles);

  /** @param decide null as change: there is nothing to store */
  async function applied(decide: () => Promise<{ readonly change: Change | null; readonly answer: PmsAnswer }>) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await delay(backoffMs(attempt, BACKOFF, random()));
      const { change, answer } = await decide();
      if (change === null) return answer;
      if (BELLDESK_FAILPOINTS) await failpoint("command.loaded");
      const result = await storage.commit(change.hotelId, [{ change, lane: null, completes: [], failed: null }]);
      if (result.outcome !== "committed") continue;
      if (BELLDESK_FAILPOINTS) await failpoint("command.committed");
      publish(result.events);
      wake(...kindsOf(change.work));
      return answer;
    }
    throw new ConversationError("busy");
  }

  async function openOf(hotelId: string, person: Parameters<typeof storage.loadRecipient>[0]["to"] | null) {
    if (person === null) return [];
    const query = { hotelId, to: person, reach: "everything", client: null, template: null } as const;
    const { state } = await loadCalled(storage, query);
    return state.conversations.filter(({ status }) => status === "open");
  }

  const applyStay = (event: PmsStayEvent, hotel: Hotel) =>
    applied(async () => {
      const news = stayNewsOf(event, hotel.timeZone);
      const { reservationId } = news;
      const { now, stay: before } = await storage.loadStay({ hotelId: hotel.id, reservationId });
      const conversations = await openOf(hotel.id, news.says.guest ?? before?.guest ?? null);
      const command = { id: pmsRootId(reservationId, event.eventId), by: principal, reason: event.kind, now };
      const world = { hotel, flows: stayFlows(flows), conversations };
      const { outcome, stay, change } = decideStayEvent(before, news, world, command);
      return { change, answer: { outcome, stay, task: null } };
    });

  /** The hotel's own system may tell of a request before the desk has stored what it is called there. */
  async function taskNamed(hotelId: string, taskId: string) {
    for (let attempt = 1; ; attempt++) {
      const { now, task } = await storage.loadTask({ hotelId, taskId });
      if (task !== null) return { now, task };
      if (attempt >= EARLY_ATTEMPTS) throw new ConversationError("not_found");
      await delay(backoffMs(attempt, EARLY, 1));
    }
  }

  /** Files of one guest are nobody's to hand on with what another wants. @throws {ConversationError} `not_found` */
  async function areTheirs(ids: readonly string[], { hotelId, guestId }: Conversation): Promise<void> {
    if (ids.length === 0) return;
    const { attachments } = await storage.loadAttachments(hotelId, ids);
    if (attachments.some((one) => one?.guestId !== guestId)) throw new ConversationError("not_found");
  }

  const applyTask = (event: PmsTaskEvent, hotel: Hotel) =>
    applied(async () => {
      const { now, task: before } = await taskNamed(hotel.id, event.taskId);
      const key = { reach: "everything", conversationId: before.conversationId, client: null, template: null } as const;
      const { state } = await storage.loadConversation(key);
      if (state === null) throw new ConversationError("not_found");
      const command = { id: pmsRootId(before.id, event.eventId), by: principal, reason: event.kind, now };
      const said = { ...event, note: event.note ?? null };
      const { outcome, task, change } = decideTaskEvent(before, state.conversation, said, command);
      // What they know already they are not told again.
      const isNews = task.status !== before.status || task.note !== before.note;
      const told =
        change === null || outcome !== "applied" || !isNews
          ? change
          : await withTaskUpdate(storage, change, task, state, hotel, command);
      return { change: told, answer: { outcome, stay: null, task } };
    });

  async function within(conversationId: string, permission: Permission) {
    const { state } = await storage.loadConversation({
      reach: reachFor(permission),
      conversationId,
      client: null,
      template: null,
    });
    if (state === null) throw new ConversationError("not_found");
    return state.conversation;
  }

  /** @param of what of the stay is on the day */
  async function onDay(
    of: "arrival" | "departure",
    { hotelId, day, ...page }: StaysOnDayQuery,
  ): Promise<List<StayOnDay>> {
    if (day !== undefined && !Day.safeParse(day).success)
      throw new ConversationError("request_invalid", { issues: [{ path: "day", message: "a day, YYYY-MM-DD" }] });
    const within = reachFor("conversation.readStay");
    const hotel = reachesHotel(within, hotelId) ? await hotels.byId(hotelId) : null;
    if (hotel === null) return { items: [], nextCursor: null };
    const on = day ?? localTime(hotel.timeZone, await timeOf(storage)).slice(0, "2026-03-04".length);
    const cursor = cursors.of(of === "arrival" ? "arrivals" : "departures", { hotelId, day: on }).id;
    const query = { reach: within, hotelId, of, day: on, after: cursor.decode(page.cursor), limit: limitOf(page) };
    const { items, next } = await storage.staysOn(query);
    const all = reaches(within, hotelId, null);
    const shown: StayOnDay[] = [];
    for (const some of groupsOf(items, AT_ONCE))
      for (const one of await Promise.all(some.map((stay) => withTalk(stay, within))))
        if (all || one.conversationId !== null) shown.push(one);
    return { items: shown, nextCursor: cursor.encode(next) };
  }

  async function withTalk(stay: GuestStay, within: Reach): Promise<StayOnDay> {
    const { hotelId, guest } = stay;
    const [newest] = (await openOf(hotelId, guest))
      .filter(({ departmentId }) => reaches(within, hotelId, departmentId))
      .sort((a, b) => b.lastMessageAt.getTime() - a.lastMessageAt.getTime());
    return { stay, conversationId: newest?.id ?? null };
  }

  return {
    async applyPms(event: PmsEvent) {
      checkPmsEvent(event);
      if (!reaches(reachFor("pms.apply"), event.hotelId, null)) throw new ConversationError("not_found");
      const hotel = await hotels.byId(event.hotelId);
      if (hotel === null) throw new ConversationError("not_found");
      return event.kind === "task_changed" ? applyTask(event, hotel) : applyStay(event, hotel);
    },

    async stays(conversationId) {
      const { hotelId, guestId } = await within(conversationId, "conversation.readStay");
      return staysOfPerson(storage, hotelId, { guestId }, MOST);
    },

    arrivals: (query) => onDay("arrival", query),
    departures: (query) => onDay("departure", query),

    async tasks(conversationId) {
      const { hotelId } = await within(conversationId, "conversation.readTasks");
      return storage.tasksOf({ hotelId, conversationId, limit: MOST });
    },

    async createTask(conversationId, asked): Promise<Task> {
      const { key, kind, what, reason = "createTask", ...more } = checked(asked);
      const { decision } = await change(
        { conversationId, client: null, template: null },
        "conversation.createTask",
        reason,
        async (state, command) => {
          const { hotelId } = state.conversation;
          const hotel = await hotels.byId(hotelId);
          if (hotel === null) throw new ConversationError("not_found");
          const given = {
            key,
            kind,
            what,
            room: more.room ?? null,
            when: more.when ?? null,
            attachmentIds: more.attachmentIds ?? [],
            departmentId: more.departmentId ?? null,
            language: more.language ?? null,
            dueInMs: more.dueInMs ?? null,
          };
          const decided = decideTask(state, given, hasTasks, hotel, command);
          await areTheirs(given.attachmentIds, state.conversation);
          const { task } = await storage.loadTask({ hotelId, taskId: decided.task.id });
          return task?.id === decided.task.id ? { task, change: null } : decided;
        },
      );
      return { ...decision.task, version: Math.max(1, decision.task.version) };
    },
  };
}

const Day = z.iso.date();

const reachesHotel = (within: Reach, hotelId: string): boolean =>
  within === "everything" || ("hotels" in within && within.hotels.has(hotelId));

const line = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => !/\0|\p{Cs}/u.test(value), "has neither NUL nor half a character");

export const NewTaskSchema = z.strictObject({
  key: line(250),
  kind: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/),
  what: z
    .string()
    .max(TASK_LIMITS.what)
    .refine((value) => value.trim() !== "", "must say something"),
  room: line(TASK_LIMITS.room).optional(),
  when: line(TASK_LIMITS.when).optional(),
  attachmentIds: z.array(line(400)).max(10).optional(),
  departmentId: line(64).optional(),
  language: line(35).optional(),
  dueInMs: z.int().min(1_000).max(TASK_DUE_MOST_MS).optional(),
  reason: z.string().min(1).max(200).optional(),
});

/** @throws {ConversationError} `request_invalid` */
function checked(asked: NewTask): NewTask {
  const result = NewTaskSchema.safeParse(asked);
  if (result.success) return asked;
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  throw new ConversationError("request_invalid", { issues });
}
