import { TASK_DUE_MOST_MS, TASK_LIMITS, type Task } from "../domain/task.js";
import { invalidFlow } from "../flow/compile.js";
import { button, defineFlow, keyword, phrase, staff, type FlowBuilder, type PhotoAnswer } from "../flow/define.js";
import type { StandardSchema } from "../flow/standard-schema.js";
import type { Flow, FlowContext, Patience, PerformContext, Trigger } from "../flow/types.js";
import type { TaskRequest } from "../ports/tasks.js";
import { clockIn, dayIn, todayIn } from "./format.js";
import { REQUEST_TEXTS, type RequestEnglish, type RequestText } from "./texts/request.js";
import { speaker, withOwnTexts, type OwnTexts } from "./words.js";

/** What does guests' requests: the hotel's own system (a `TasksPort`), or the desk itself (`deskTasks`). */
export interface RequestTasks {
  /** Makes a task, once for each key. @returns what it is called there, for the guest; null where that is not known yet */
  create(request: GuestRequest): Promise<{ readonly taskId: string | null }>;
}

/** As the desk hands a request on; `id` is the run that asked. */
export interface GuestRequest extends TaskRequest {
  readonly kind: "housekeeping" | "maintenance";
  /** `dueAt` as milliseconds from now. */
  readonly dueInMs: number | null;
}

/** All that is used of the desk to make a request a task there. */
export type CreateTask = (
  conversationId: string,
  task: {
    readonly key: string;
    readonly kind: string;
    readonly what: string;
    readonly room?: string;
    readonly when?: string;
    readonly attachmentIds: readonly string[];
    readonly departmentId?: string;
    readonly language?: string;
    readonly dueInMs?: number;
  },
) => Promise<Pick<Task, "externalId">>;

/**
 * Requests as tasks of the desk: staff find them beside the conversation, are told of what is not done in time, and the guest of what becomes of it; the desk
 * hands them on to the hotel's own system, where there is one (the option `tasks`).
 * @param createTask of a desk of the host's: `desk.as({ kind: "system", id: "requests" }).createTask`, called when there is a request
 */
export const deskTasks = (createTask: CreateTask): RequestTasks => ({
  async create({ conversationId, idempotencyKey: key, kind, what, room, when, attachmentIds, departmentId, ...more }) {
    const { language, dueInMs } = more;
    const { externalId } = await createTask(conversationId, {
      ...{ key, kind, what, attachmentIds },
      ...(room !== null && { room }),
      ...(when !== null && { when }),
      ...(departmentId !== null && { departmentId }),
      ...(language !== null && { language }),
      ...(dueInMs !== null && { dueInMs }),
    });
    return { taskId: externalId };
  },
});

export interface GuestRequestOptions extends Patience {
  /** Where a request goes: `deskTasks(...)`, or the hotel's own system. */
  readonly tasks: RequestTasks;
  /** `"request"` by default. */
  readonly id?: string;
  /** Raise it when what you put in changes the steps; 1 by default. */
  readonly version?: number;
  /** Whose conversations its runs are; by default of the department that the guest was with. */
  readonly department?: string;
  /** Whose the tasks are, by kind; the conversation's own department's by default, where the desk keeps them. */
  readonly departments?: Readonly<Partial<Record<GuestRequest["kind"], string>>>;
  /** Minutes in which the hotel promises to see to it, more than none and 30 days at most. No time is promised without. */
  readonly promiseMinutes?: Readonly<Partial<Record<GuestRequest["kind"], number>>>;
  /** What begins it besides. */
  readonly triggers?: readonly Trigger[];
  /** Own words in place of ours, by language and key. */
  readonly texts?: OwnTexts<RequestText>;
}

/** What a request has been answered up to here. */
export interface RequestSoFar {
  /** What the hotel's own system says that the guest speaks, of the stay that they are in or come to; null: it says nothing. */
  readonly spoken?: string | null;
  readonly kind?: GuestRequest["kind"] | "other";
  readonly what?: string;
  readonly broken?: string;
  readonly room?: string;
  readonly when?: string | null;
  readonly hasPhoto?: "yes" | "no";
  readonly photo?: PhotoAnswer;
  readonly task?: { readonly number: string | null; readonly dueAt: string | null };
}

/** What guests write to ask for something, in six languages. */
export const REQUEST_KEYWORDS: readonly [string, ...string[]] = [
  ...(["housekeeping", "room cleaning", "maintenance"] as const),
  ...["pulizia camera", "pulizie", "manutenzione"],
  ...["servicio de limpieza", "limpieza", "mantenimiento"],
  ...["limpeza", "manutenção"],
  ...["zimmerreinigung", "hausmeister"],
  ...["ménage", "service de ménage", "dépannage"],
];

/** What a QR code in a room has the guest write: the room stands in it, so that nobody asks for it. */
export const REQUEST_PHRASES = [
  "Request for room {room}",
  "Richiesta per la camera {room}",
  "Petición para la habitación {room}",
  "Pedido para o quarto {room}",
  "Anfrage für Zimmer {room}",
  "Demande pour la chambre {room}",
] as const;

type Start = FlowBuilder<RequestSoFar, never, never, unknown>;

/**
 * A request for housekeeping or maintenance: what, where, when, with a photo of what is broken; it becomes a task once, and the guest reads its number and by when
 * it is seen to. Whatever else it is goes to a person.
 * @throws {ConversationError} `flow_invalid`
 */
export function guestRequest(options: GuestRequestOptions): Flow<RequestSoFar> {
  const { tasks, id = "request", version = 1, department, triggers = [], texts = {} } = options;
  const { departments = {}, promiseMinutes = {}, remindMs, timeoutMs } = options;
  const patience = { ...(remindMs !== undefined && { remindMs }), ...(timeoutMs !== undefined && { timeoutMs }) };
  for (const minutes of Object.values(promiseMinutes))
    if (!(minutes > 0 && minutes * MINUTE_MS <= TASK_DUE_MOST_MS))
      throw invalidFlow("promises what is not more than nothing and 30 days at most", "task", id);
  const say = speaker<RequestEnglish>(withOwnTexts(REQUEST_TEXTS, texts, id));
  const begin = defineFlow({
    id,
    version,
    ...(department !== undefined && { department }),
    triggers: [keyword(...REQUEST_KEYWORDS), ...REQUEST_PHRASES.map(phrase), button("request"), staff(), ...triggers],
  }) as unknown as Start;

  const within = (most: number) => ({ schema: said(most), invalid: say("tooLong", () => ({ most })), ...patience });
  const photographed = (flow: Start) =>
    flow
      .ask("broken", { text: say("askBroken"), ...within(TASK_LIMITS.what) })
      .choose("hasPhoto", {
        text: say("askHasPhoto"),
        options: (context) => ({ yes: say("photoYes")(context), no: say("photoNo")(context) }),
        ...patience,
      })
      .branch("pictured", {
        when: ({ answers }) => (answers.hasPhoto === "yes" ? "yes" : "no"),
        paths: { yes: (path) => path.photo("photo", { text: say("askPhoto"), ...patience }), no: (path) => path },
      });

  return begin
    .branch("heard", {
      // What they have said themselves counts before.
      when: ({ guest }) => (guest.language === undefined ? "look" : "known"),
      paths: { known: (path) => path, look: (path) => path.perform("spoken", spokenBy) },
    })
    .speak("inTheirs", ({ answers, guest }: Context) =>
      guest.language === undefined ? (answers.spoken ?? null) : null,
    )
    .choose("kind", {
      text: say("askKind"),
      button: say("kindLabel"),
      options: (context) => ({
        housekeeping: say("housekeeping")(context),
        maintenance: say("maintenance")(context),
        other: say("other")(context),
      }),
      ...patience,
    })
    .branch("which", {
      when: ({ answers }) =>
        answers.kind === "housekeeping" || answers.kind === "maintenance" ? answers.kind : "other",
      paths: {
        housekeeping: (path) => path.ask("what", { text: say("askWhat"), ...within(TASK_LIMITS.what) }),
        maintenance: photographed,
        other: (path) => path.handoff("help", { text: say("help") }).end("helped"),
      },
    })
    .branch("where", {
      when: ({ given }) => (roomIn(given) === null ? "ask" : "known"),
      paths: {
        known: (path) => path,
        ask: (path) => path.ask("room", { text: say("askRoom"), ...within(TASK_LIMITS.room) }),
      },
    })
    .ask("when", { text: say("askWhen"), optional: true, ...within(TASK_LIMITS.when) })
    .perform("task", async (context) => {
      const request = requestOf(context, departments, promiseMinutes);
      const { taskId } = await tasks.create(request);
      return { number: taskId, dueAt: request.dueAt?.toISOString() ?? null };
    })
    .branch("promised", {
      when: ({ answers: { task } }) =>
        task.number === null ? (task.dueAt === null ? "noted" : "notedBy") : task.dueAt === null ? "done" : "doneBy",
      paths: {
        noted: (path) => path.say("noted", say("noted")),
        notedBy: (path) => path.say("notedBy", say("notedBy", promise)),
        done: (path) => path.say("done", say("done", promise)),
        doneBy: (path) => path.say("doneBy", say("doneBy", promise)),
      },
    })
    .build();
}

type Context = FlowContext<RequestSoFar>;

const MINUTE_MS = 60_000;

/** What a task has room for: what is longer is asked for again, so that no task fails for it. */
const said = (most: number): StandardSchema<unknown, string> => ({
  "~standard": {
    version: 1,
    vendor: "belldesk",
    validate: (value) =>
      typeof value === "string" && isLine(value, most) ? { value } : { issues: [{ message: "is too long" }] },
  },
});

/** Neither NUL nor half a character stands in it. */
const isLine = (text: string, most: number): boolean =>
  text.trim() !== "" && text.length <= most && !text.includes("\0") && text.isWellFormed();

/** The room of a QR code; null where none stands there, or something that is none. */
const roomIn = ({ room }: Context["given"]): string | null =>
  typeof room === "string" && isLine(room, TASK_LIMITS.room) ? room : null;

async function spokenBy({ stays }: PerformContext<RequestSoFar>): Promise<string | null> {
  const own = (await stays()).filter(({ status }) => status === "booked" || status === "inHouse");
  return (own.find(({ status }) => status === "inHouse") ?? own[0])?.language ?? null;
}

const promise = ({ answers: { task }, language, timeZone, now }: Context) => ({
  number: task?.number ?? "",
  time: dueWords(new Date(task?.dueAt ?? 0), language, timeZone, now),
});

/** A time of today's, or with its day. */
function dueWords(due: Date, language: string, timeZone: string, now: Date): string {
  const time = clockIn(due, language, timeZone);
  const day = todayIn(timeZone, due);
  return day === todayIn(timeZone, now) ? time : `${time} (${dayIn(day, language)})`;
}

function requestOf(
  { answers, given, hotelId, run, guest, now, language, idempotencyKey, signal }: PerformContext<RequestSoFar>,
  departments: Readonly<Partial<Record<string, string>>>,
  promiseMinutes: Readonly<Partial<Record<string, number>>>,
): GuestRequest {
  const kind = answers.kind === "maintenance" ? "maintenance" : "housekeeping";
  const minutes = promiseMinutes[kind];
  // Who names a time is not promised another.
  const dueInMs =
    minutes === undefined || (answers.when ?? null) !== null ? null : Math.max(1_000, Math.round(minutes * MINUTE_MS));
  const attachmentId = answers.hasPhoto === "yes" ? (answers.photo?.attachmentId ?? null) : null;
  return {
    hotelId,
    id: run.id,
    idempotencyKey,
    kind,
    departmentId: departments[kind] ?? null,
    room: answers.room ?? roomIn(given),
    what: (kind === "maintenance" ? answers.broken : answers.what) ?? "",
    when: answers.when ?? null,
    attachmentIds: attachmentId === null ? [] : [attachmentId],
    dueAt: dueInMs === null ? null : new Date(now.getTime() + dueInMs),
    dueInMs,
    language,
    guestId: guest.id,
    conversationId: run.conversationId,
    signal,
  };
}
