import type { Change } from "../domain/change.js";
import { noChange } from "../domain/change.js";
import type { Conversation } from "../domain/conversation.js";
import type { NewEvent } from "../domain/event.js";
import { byLanguage } from "../domain/hotel-stays.js";
import type { Hotel } from "../domain/hotel.js";
import type { OutboundContent } from "../domain/content.js";
import type { StayReason } from "../domain/stay.js";
import { isOver, taskTold, type Task, type TaskWarning } from "../domain/task.js";
import { TASK_UPDATES } from "../domain/task-words.js";
import type { TemplateContent } from "../domain/template.js";
import type { NewWork } from "../domain/work.js";
import type { ConversationState } from "../ports/work-storage.js";
import { ConversationError } from "../errors.js";
import { about } from "./arrival.js";
import { auditOf, unchanged, type Command } from "./command.js";
import { decideReopen } from "./conversation.js";
import { merged } from "./fold.js";
import { auditId, messageId, taskCallId, taskIdOf, taskTimerId } from "./ids.js";
import { decideNote } from "./note.js";
import { mayLeave, queued } from "./outgoing.js";
import { withTemplate } from "./template.js";

/** Who the desk is when it speaks of requests by itself. */
export const TASKS = { kind: "system", id: "tasks" } as const;

/** What somebody asks for a guest. */
export interface TaskAsked {
  /** Whoever asks calls it so: the same again is the same request. */
  readonly key: string;
  readonly kind: string;
  readonly what: string;
  readonly room: string | null;
  readonly when: string | null;
  readonly attachmentIds: readonly string[];
  readonly departmentId: string | null;
  readonly language: string | null;
  /** Milliseconds in which it should be done; null: nobody promises. */
  readonly dueInMs: number | null;
}

/** Makes a request of what a guest wants, bound to the conversation. @param isCalled whether the hotel's own system is asked to do it */
export function decideTask(
  { conversation }: ConversationState,
  asked: TaskAsked,
  isCalled: boolean,
  hotel: Hotel,
  command: Command,
): { readonly task: Task; readonly change: Change } {
  const { id: conversationId, hotelId, guestId, imported, continuedIn } = conversation;
  if (imported) throw new ConversationError("conversation_imported", { continuedIn });
  const { key, dueInMs, ...given } = asked;
  const { now } = command;
  const departmentId = given.departmentId ?? conversation.departmentId;
  if (departmentId !== null && !hotel.departments.some(({ id }) => id === departmentId))
    throw new ConversationError("department_unknown", { hotelId });
  const task: Task = {
    ...given,
    hotelId,
    id: taskIdOf(conversationId, key),
    externalId: null,
    conversationId,
    guestId,
    departmentId,
    version: 0,
    status: "asked",
    note: null,
    mark: null,
    told: [],
    dueAt: dueInMs === null ? null : new Date(now.getTime() + dueInMs),
    overdueAt: null,
    createdAt: now,
  };
  const { id: taskId, dueAt } = task;
  const timer: readonly NewWork[] =
    dueAt === null
      ? []
      : [
          {
            id: taskTimerId(taskId),
            kind: "timer",
            phoneNumberId: "",
            guestId: taskId,
            payload: { type: "task", taskId },
            dueAt,
          },
        ];
  const call: readonly NewWork[] = isCalled
    ? [
        {
          id: taskCallId(taskId),
          kind: "command",
          phoneNumberId: "",
          guestId: taskId,
          payload: { type: "taskCall", taskId },
        },
      ]
    : [];
  return {
    task,
    change: {
      ...noChange(hotelId),
      tasks: [task],
      events: [changed(conversation, task)],
      audit: [auditOf(command, "conversation.createTask", hotelId, { kind: "task", id: taskId })],
      work: [...timer, ...call],
    },
  };
}

const changed = (conversation: Conversation, { id: taskId, status }: Task): NewEvent =>
  about(conversation, { type: "task.changed", taskId, status });

export interface TaskWords {
  readonly content: OutboundContent;
  readonly fallback: TemplateContent | null;
}

/** What a guest is told of a request as it stands now, the best language first; none: the hotel wants nothing said. */
export function taskWords(task: Task, hotel: Hotel): readonly TaskWords[] {
  const { status } = task;
  if (status === "asked") return [];
  const own = hotel.stays?.taskUpdates?.[status];
  if (own === null) return [];
  const { texts, templates = {} } = own ?? TASK_UPDATES[status];
  const there = [...new Set([...Object.keys(texts), ...Object.keys(templates)])];
  return byLanguage(there, task.language, hotel.language ?? "en").flatMap((tag): readonly TaskWords[] => {
    const [text, template] = [texts[tag], templates[tag]];
    if (text === undefined) return template === undefined ? [] : [{ content: filled(template, task), fallback: null }];
    const said = filled(text, task).replace(/ +/g, " ").trim();
    const fallback = template === undefined ? null : filled(template, task);
    return [{ content: { type: "text", text: said } as const, fallback }];
  });
}

/** With what stands in the places of the braces. */
const filled = <T>(value: T, task: Task): T =>
  JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === "string"
        ? inner.replace(/\{(what|room|note)\}/g, (_whole, name: "what" | "room" | "note") => task[name] ?? "")
        : inner,
    ),
  ) as T;

/** A request with what the hotel's own system told of it; `repeated` stores nothing. The guest is told beside it (`decideTaskUpdate`). */
export function decideTaskEvent(
  before: Task,
  conversation: Conversation,
  event: {
    readonly eventId: string;
    readonly version: number;
    readonly status: Task["status"];
    readonly note: string | null;
  },
  command: Command,
) {
  const { eventId, version, status, note } = event;
  const { outcome, task } = taskTold(before, { version, eventId }, { status, note });
  const { hotelId } = before;
  const change: Change | null =
    outcome === "repeated"
      ? null
      : {
          ...noChange(hotelId),
          tasks: [task],
          ...(outcome === "applied" && {
            events: [changed(conversation, task)],
            audit: [auditOf(command, "pms.apply", hotelId, { kind: "task", id: task.id })],
          }),
        };
  return { outcome, task, change };
}

/**
 * What it changes that a guest is told of a request, in the conversation in which it was made. They are taken out of no other.
 * @throws {ConversationError} `window_closed`, and as `withTemplate`
 */
export function decideTaskUpdate(state: ConversationState, task: Task, words: TaskWords, command: Command): Change {
  const { conversation, chat } = state;
  const { now } = command;
  mayLeave(words, chat, now);
  const outgoing = {
    ...withTemplate(words, state, now),
    id: messageId(command.id),
    clientMessageId: null,
    urgent: false,
    identityKeyHash: null,
    quotedWamid: null,
    reasons: [{ code: "task_update", at: now, details: { taskId: task.id, status: task.status } }],
  } as const;
  const { change } = queued(conversation, chat, outgoing, "conversation.write", command);
  const currentConversationId = chat.currentConversationId ?? conversation.id;
  return {
    ...change,
    chat: change.chat && { ...change.chat, currentConversationId },
    // The desk's own record: what was told, of which request.
    audit: change.audit.map((entry) => ({ ...entry, id: auditId(`${command.id}_told`) })),
  };
}

/** Why a guest was not told of a request, in the record. */
export const notTold = (task: Task, why: StayReason, { id, now }: Command) => ({
  id: auditId(`${id}_told`),
  hotelId: task.hotelId,
  actor: TASKS,
  action: `task.update ${task.status}`,
  reason: why,
  target: { kind: "task", id: task.id } as const,
  at: now,
});

/**
 * Staff are told of a request, once: by a note at its conversation, which is opened again where it was closed, and to be read. One that is done
 * or refused, or was told of before, is nobody's concern.
 * @returns null when there is nothing to tell
 */
export function decideTaskLate(
  state: ConversationState,
  task: Task,
  why: TaskWarning,
  command: Command,
): Change | null {
  const { now } = command;
  if (isOver(task) || task.overdueAt !== null) return null;
  const { conversation: asked, others } = state;
  // Closed since, and the guest is in another one of the department's: there it is seen.
  const beside = others.find(({ status, departmentId }) => status === "open" && departmentId === asked.departmentId);
  const opened = asked.status === "closed" && beside !== undefined ? unchanged(beside) : decideReopen(state, command);
  const { conversation } = opened;
  if (conversation.status !== "open") return null;
  const content = { type: "note", text: lateNote(task, why), mentions: [] } as const;
  const noted = decideNote(
    { ...state, conversation, existing: null },
    { clientMessageId: command.id, content },
    command,
  );
  const { change } = noted.kind === "new" ? noted : { change: null };
  if (noted.kind === "existing" || change === null) return null;
  const unread: Conversation = {
    ...noted.conversation,
    readSeq: conversation.readSeq,
    waitingSince: noted.conversation.waitingSince ?? now,
  };
  const reason = { code: "task_late", at: now, details: { taskId: task.id, why } } as const;
  const told: Change = {
    ...change,
    conversations: [unread],
    participants: [],
    messages: change.messages.map((one) => ({ ...one, reasons: [reason] })),
    tasks: [{ ...task, overdueAt: now }],
    events: [...change.events, about(unread, { type: "task.late", taskId: task.id, why })],
    audit: [
      {
        id: auditId(command.id),
        hotelId: task.hotelId,
        actor: TASKS,
        action: "task.late",
        reason: why,
        target: { kind: "task", id: task.id },
        at: now,
      },
    ],
  };
  return opened.change === null ? told : { ...merged(opened.change, told), audit: told.audit };
}

function lateNote({ what, room, dueAt, kind }: Task, why: TaskWarning): string {
  const where = room === null ? "" : `, room ${room}`;
  return why === "overdue"
    ? `A request is not done in time (${kind}${where}): ${what}\nIt was due at ${dueAt?.toISOString() ?? "-"}.`
    : `The hotel's system did not take a request (${kind}${where}): ${what}\nSomebody has to see to it.`;
}
