import { button, defineFlow, keyword, phrase, staff, type FlowBuilder, type PhotoAnswer } from "../flow/define.js";
import type { Flow, FlowContext, Patience, PerformContext, Trigger } from "../flow/types.js";
import { clockIn } from "./format.js";
import { REQUEST_TEXTS, type RequestEnglish, type RequestText } from "./texts/request.js";
import { speaker, withOwnTexts, type OwnTexts } from "./words.js";

/** What does guests' requests: the hotel's own system for housekeeping and maintenance. */
export interface RequestTasks {
  /** Makes a task, once for each key. @returns what it is called there, for the guest; null where that is not known yet */
  create(request: GuestRequest): Promise<{ readonly taskId: string | null }>;
}

export interface GuestRequest {
  readonly hotelId: string;
  /** The desk's own: of the run that asked. */
  readonly id: string;
  readonly idempotencyKey: string;
  readonly kind: "housekeeping" | "maintenance";
  readonly departmentId: string | null;
  readonly room: string | null;
  /** In the guest's words. */
  readonly what: string;
  /** In the guest's words; null: as soon as it may be. */
  readonly when: string | null;
  readonly attachmentIds: readonly string[];
  /** Until when it should be done; null where nobody promised. */
  readonly dueAt: Date | null;
  /** BCP 47. */
  readonly language: string | null;
  readonly guestId: string;
  readonly conversationId: string;
  readonly signal: AbortSignal;
}

export interface GuestRequestOptions extends Patience {
  readonly tasks: RequestTasks;
  /** `"request"` by default. */
  readonly id?: string;
  readonly version?: number;
  readonly department?: string;
  /** Whose the tasks are, by kind; the tasks' own system's matter by default. */
  readonly departments?: Readonly<Partial<Record<GuestRequest["kind"], string>>>;
  /** Minutes in which the hotel promises to see to it. No time is promised without. */
  readonly promiseMinutes?: Readonly<Partial<Record<GuestRequest["kind"], number>>>;
  readonly triggers?: readonly Trigger[];
  readonly texts?: OwnTexts<RequestText>;
}

export interface RequestSoFar {
  readonly kind?: GuestRequest["kind"] | "other";
  readonly what?: string;
  readonly broken?: string;
  readonly room?: string;
  readonly when?: string | null;
  readonly hasPhoto?: "yes" | "no";
  readonly photo?: PhotoAnswer;
  readonly task?: { readonly number: string | null; readonly dueAt: string | null };
}

export const REQUEST_KEYWORDS: readonly [string, ...string[]] = [
  ...(["room service", "housekeeping", "maintenance"] as const),
  ...["servizio in camera", "manutenzione"],
  ...["servicio de limpieza", "mantenimiento"],
  ...["limpeza", "manutenção"],
  ...["zimmerservice", "hausmeister"],
  ...["service en chambre", "dépannage"],
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
  const say = speaker<RequestEnglish>(withOwnTexts(REQUEST_TEXTS, texts, id));
  const begin = defineFlow({
    id,
    version,
    ...(department !== undefined && { department }),
    triggers: [keyword(...REQUEST_KEYWORDS), ...REQUEST_PHRASES.map(phrase), button("request"), staff(), ...triggers],
  }) as unknown as Start;

  const photographed = (flow: Start) =>
    flow
      .ask("broken", { text: say("askBroken"), ...patience })
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
        housekeeping: (path) => path.ask("what", { text: say("askWhat"), ...patience }),
        maintenance: photographed,
        other: (path) => path.handoff("help", { text: say("help") }).end("helped"),
      },
    })
    .branch("where", {
      when: ({ given }) => (typeof given["room"] === "string" ? "known" : "ask"),
      paths: { known: (path) => path, ask: (path) => path.ask("room", { text: say("askRoom"), ...patience }) },
    })
    .ask("when", { text: say("askWhen"), optional: true, ...patience })
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

const promise = ({ answers: { task }, language, timeZone }: Context) => ({
  number: task?.number ?? "",
  time: clockIn(new Date(task?.dueAt ?? 0), language, timeZone),
});

function requestOf(
  { answers, given, hotelId, run, guest, now, language, idempotencyKey, signal }: PerformContext<RequestSoFar>,
  departments: Readonly<Partial<Record<string, string>>>,
  promiseMinutes: Readonly<Partial<Record<string, number>>>,
): GuestRequest {
  const kind = answers.kind === "maintenance" ? "maintenance" : "housekeeping";
  const minutes = promiseMinutes[kind];
  const attachmentId = answers.hasPhoto === "yes" ? (answers.photo?.attachmentId ?? null) : null;
  return {
    hotelId,
    id: run.id,
    idempotencyKey,
    kind,
    departmentId: departments[kind] ?? null,
    room: answers.room ?? (typeof given["room"] === "string" ? given["room"] : null),
    what: (kind === "maintenance" ? answers.broken : answers.what) ?? "",
    when: answers.when ?? null,
    attachmentIds: attachmentId === null ? [] : [attachmentId],
    // Who names a time is not promised another.
    dueAt: minutes === undefined || (answers.when ?? null) !== null ? null : new Date(now.getTime() + minutes * 60_000),
    language,
    guestId: guest.id,
    conversationId: run.conversationId,
    signal,
  };
}
