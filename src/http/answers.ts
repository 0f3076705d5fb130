import { ATTACHMENT_STATES } from "../domain/attachment.js";
import { MEDIA_KINDS } from "../media/verdict.js";
import { z } from "zod";
import { PRIORITIES } from "../domain/conversation.js";
import { DELIVERY_STATUSES } from "../domain/delivery-status.js";
import { STEP_RESULTS } from "../domain/message.js";
import { SCORES } from "../domain/rating.js";
import { REASONS, type ReasonCode } from "../domain/reason.js";
import { STAY_REASONS, STAY_STATUSES } from "../domain/stay.js";
import { TASK_STATUSES } from "../domain/task.js";
import { TEMPLATE_CATEGORIES } from "../domain/template.js";
import { WORK_KINDS } from "../domain/work.js";
import { ERRORS, type ErrorCode } from "../errors.js";
import { AnyJson } from "../json-schemas.js";
import { ContentAnswer } from "./content-answer.js";
import { AUDIT_FLAWS } from "../runtime/audit-verify.js";

/**
 * What the routes answer, as schemas: the types of `json-types.ts`, for whoever reads them without TypeScript. Strict, so that a
 * test finds what is sent and stands in no description.
 */

const time = z.iso.datetime();
const id = z.string();
const name = z.string().nullable();
const optional = z.string().exactOptional();

const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>) => Object.keys(table) as [K, ...K[]];

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().describe("For `?cursor=`; null on the last page."),
  });
const all = <Item extends z.ZodType>(item: Item) => z.strictObject({ items: z.array(item) });

const status = z.enum(["open", "closed"]);
const mode = z.enum(["service", "flow"]);

export const SummaryAnswer = z
  .strictObject({
    id,
    hotelId: id,
    departmentId: id.nullable().describe("null while the guest has not chosen a department."),
    guest: z.strictObject({ id, name }),
    status,
    mode,
    speaker: z.enum(["bot", "human"]),
    assigneeId: id.nullable().describe("Who of staff sees to it; null while nobody does."),
    priority: z.enum(PRIORITIES),
    tags: z.array(z.string()),
    snoozedUntil: time.nullable().describe("Until when it stays out of the open list; null when it is there."),
    version: z.int().describe("For the `version` of a command."),
    lastMessageAt: time,
    lastMessagePreview: z.string().describe("One line."),
    unread: z.int().describe("How many messages of the guest staff have not seen."),
    waitingSince: time.nullable().describe("Since when the guest waits for an answer."),
    window: z
      .discriminatedUnion("open", [
        z.strictObject({ open: z.literal(true), closesAt: time }),
        z.strictObject({ open: z.literal(false), closesAt: time.nullable() }),
      ])
      .describe("Whether WhatsApp lets a free-form message leave now, and until when."),
  })
  .meta({ id: "ConversationSummary" });

const flowRun = z.strictObject({
  id,
  flowId: id,
  version: z.int(),
  conversationId: id,
  status: z.enum(["running", "waiting", "handedOff", "finished", "stopped", "failed", "expired"]),
  step: z.string().describe("Where it is, after the loops and sub-flows that it stands in."),
  answers: z.record(z.string(), AnyJson).describe("By step."),
  given: z.record(z.string(), AnyJson).describe("What it was begun with."),
  steps: z.array(
    z.strictObject({
      step: z.string(),
      round: z.string().describe("Of its loops; empty outside of any."),
      result: z.enum(STEP_RESULTS),
      at: time,
      messageId: id.nullable(),
    }),
  ),
  why: z
    .enum([
      "step",
      "asked",
      "timed_out",
      "not_understood",
      "step_failed",
      "window_closed",
      "version_gone",
      "loops",
      "stopped",
    ])
    .nullable()
    .describe("Why a person has it; null when none has."),
  approval: z
    .strictObject({
      id,
      step: z.string(),
      note: z.string(),
      askedAt: time,
      decision: z
        .strictObject({
          outcome: z.enum(["approved", "declined", "expired"]),
          by: id.nullable().describe("Whoever decided; null for nobody."),
          at: time,
        })
        .nullable()
        .describe("null while it is open."),
    })
    .nullable()
    .describe("What staff are asked to decide, or were asked last."),
  startedAt: time,
  endedAt: time.nullable(),
});
const day = z.string().nullable().describe("A day, `YYYY-MM-DD` by the hotel's calendar, or an instant.");
const stayFacts = {
  reservationId: id,
  status: z.enum(STAY_STATUSES).nullable().describe("null: nothing was told of it but other facts."),
  arrival: day,
  departure: day,
  room: z.string().nullable(),
  roomReady: z.boolean(),
  guestName: name,
  language: z.string().nullable().describe("BCP 47."),
};
const StayAnswer = z.strictObject({
  ...stayFacts,
  messages: z
    .array(
      z.strictObject({
        rule: z.string().describe("Id of the hotel's rule; of a flow `flow:` and its id."),
        state: z.enum(["planned", "sent", "dropped", "cancelled"]),
        why: z.enum(keysOf(STAY_REASONS)).nullable().describe("null while nothing stands against it."),
        says: z.string().nullable(),
        messageId: id.nullable(),
        conversationId: id.nullable(),
        language: z.string().nullable(),
        dueAt: time,
        goAt: time.describe("When it is looked at next."),
        at: time.describe("When that was decided."),
      }),
    )
    .describe("What the desk said about it by itself, wants to say, or did not say."),
});
export const StaysAnswer = all(StayAnswer);
export const StayOnDayAnswer = z.strictObject({
  ...stayFacts,
  conversationId: id
    .nullable()
    .describe("Of the guest, open and within reach, with the newest message; null: there is none."),
});

export const TaskAnswer = z
  .strictObject({
    id,
    externalId: id.nullable().describe("What the hotel's own system calls it."),
    conversationId: id,
    departmentId: id.nullable(),
    kind: z.string(),
    what: z.string(),
    room: z.string().nullable(),
    when: z.string().nullable(),
    attachmentIds: z.array(id),
    status: z.enum(TASK_STATUSES),
    note: z.string().nullable(),
    dueAt: time.nullable(),
    lateAt: time.nullable().describe("When staff were told that it is late."),
    createdAt: time,
  })
  .meta({ id: "Task" });
export const TasksAnswer = all(TaskAnswer);

export const PmsAnswer = z
  .strictObject({
    outcome: z.enum(["applied", "repeated", "stale"]),
    stay: StayAnswer.nullable(),
    task: TaskAnswer.nullable(),
  })
  .meta({ id: "PmsAnswer" });

export const FlowRunAnswer = z
  .strictObject({ run: flowRun.nullable().describe("null where no flow ever ran.") })
  .meta({ id: "FlowRun" });

export const FlowReplayAnswer = z
  .strictObject({
    replay: z
      .strictObject({
        run: flowRun.describe("As it is."),
        states: z.array(
          z.strictObject({
            number: z.int(),
            at: time,
            moved: z.strictObject({
              by: z.string().describe("What moved it: `begin`, `heard`, `performed`, `timer`, `resume` and the like."),
              messageId: id.nullable().describe("The guest's message that did."),
            }),
            run: flowRun.describe("As it was then."),
            question: z
              .strictObject({
                promptId: id,
                options: z.array(z.strictObject({ id, value: z.string(), title: z.string() })),
              })
              .nullable()
              .describe("What the guest had in front of them."),
            said: z.array(z.strictObject({ messageId: id, step: z.string() })),
          }),
        ),
        next: z.int().nullable().describe("`after` of the next page; null on the last."),
        gap: z
          .strictObject({ number: z.int(), code: z.enum(["record_gone", "message_gone", "version_gone", "differs"]) })
          .nullable()
          .describe("The first move that could not be made again; null: all could."),
      })
      .nullable()
      .describe("null where no flow ever ran."),
  })
  .meta({ id: "FlowReplay" });

export const ConversationAnswer = z
  .strictObject({
    id,
    hotelId: id,
    departmentId: id.nullable(),
    guest: z.strictObject({ id }),
    status,
    mode,
    speaker: z.enum(["bot", "human"]),
    assigneeId: id.nullable().describe("Who of staff sees to it; null while nobody does."),
    priority: z.enum(PRIORITIES),
    tags: z.array(z.string()),
    snoozedUntil: time.nullable().describe("Until when it stays out of the open list; null when it is there."),
    version: z.int().describe("For the `version` of a command."),
    lastMessageAt: time,
    lastMessagePreview: z.string(),
    readSeq: z.int().describe("Everything up to this message has been seen by staff."),
    lastSeq: z.int().describe("Number of its newest message."),
    closedAt: time.nullable(),
    episode: z
      .strictObject({
        number: z.int(),
        startedAt: time,
        askedAt: time.nullable().describe("Since when the guest waited for the first word of the staff."),
        answeredAt: time.nullable().describe("When staff first wrote; without `askedAt` they wrote first."),
        answeredBy: id.nullable().describe("null where it was written in the phone app."),
      })
      .describe("Since it was opened (again)."),
    rating: z
      .strictObject({
        askedAt: time,
        staffId: id.nullable(),
        score: z.literal(SCORES).nullable(),
        ratedAt: time.nullable(),
      })
      .nullable()
      .describe("What the guest was asked last about it, one to five stars; null: they were not."),
    continuedIn: id.nullable().describe("The conversation that goes on with this matter."),
  })
  .meta({ id: "Conversation" });

const author = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("guest"), id }),
  z.strictObject({ kind: z.literal("staff"), id, name }),
  z.strictObject({ kind: z.literal("bot"), id }),
  z.strictObject({ kind: z.literal("device") }),
]);
const failure = z.strictObject({ code: z.string(), message: z.string().describe("What to do next.") });
const billing = z.strictObject({
  billable: z.boolean().exactOptional(),
  model: optional,
  type: optional,
  category: optional,
  conversation: z.strictObject({ id, origin: optional, expiresAt: optional }).exactOptional(),
});
const context = z.strictObject({
  identityKeyHash: optional,
  forwarded: z.enum(["yes", "often"]).exactOptional(),
  product: z.strictObject({ catalogId: id, productId: id }).exactOptional(),
  referral: z
    .strictObject({
      source: z.enum(["ad", "post", "unknown"]),
      id: optional,
      url: optional,
      headline: optional,
      text: optional,
      clickId: optional,
    })
    .exactOptional(),
});

export const AttachmentAnswer = z
  .strictObject({
    id,
    conversationId: id,
    kind: z.enum(MEDIA_KINDS),
    direction: z.enum(["inbound", "outbound"]),
    state: z.enum(ATTACHMENT_STATES).describe("Only what is `stored` is opened."),
    reason: z.string().nullable().describe("Why it is not there."),
    fileName: z.string().nullable().describe("Safe to be shown, and to save it under."),
    mimeType: z.string().nullable().describe("What it was found to be; before that, what its sender says."),
    sizeBytes: z.int().nullable(),
    width: z.int().nullable().describe("Pixels of a picture."),
    height: z.int().nullable(),
    hasThumbnail: z.boolean(),
    purpose: z.string().nullable().describe("What it is kept for."),
    forgetAt: time.nullable().describe("When it is forgotten."),
    createdAt: time,
  })
  .meta({ id: "Attachment" });
export const LinkAnswer = z.strictObject({
  url: z.string().describe("Whole, or below the place where this API is mounted. A secret."),
  expiresAt: time,
});

export const MessageAnswer = z
  .strictObject({
    id,
    conversationId: id,
    seq: z.int().describe("Its place in the conversation, from 1 without holes."),
    direction: z.enum(["inbound", "outbound", "internal"]),
    author,
    content: ContentAnswer,
    versions: z
      .array(z.strictObject({ content: ContentAnswer, at: time }))
      .describe("What it said before, oldest first; empty unless it was edited."),
    insteadOf: ContentAnswer.nullable().describe(
      "What was to be sent, where the template in `content` was sent in its place.",
    ),
    revokedAt: time.nullable().describe("When it was deleted for everybody."),
    reactions: z.array(z.strictObject({ by: z.enum(["guest", "device"]), emoji: z.string(), at: time })),
    attachment: AttachmentAnswer.nullable().describe("Its file; null where it has none."),
    wamid: id.nullable().describe("WhatsApp's id of it; null for a note, and until WhatsApp has taken it."),
    quotes: id.nullable().describe("The `wamid` of the message that it quotes or answers; null where it quotes none."),
    translation: z
      .strictObject({ language: z.string(), text: z.string().nullable(), from: z.string().nullable() })
      .nullable()
      .describe("What it says in the staff's language; null where nobody translated it. No guest is told."),
    context: context.nullable(),
    flow: z
      .strictObject({ flowId: id, runId: id.nullable(), step: z.string(), result: z.enum(STEP_RESULTS) })
      .nullable()
      .describe("The step of a flow that it belongs to; null for what is no flow's."),
    status: z.enum([...DELIVERY_STATUSES, "received", "noted"]),
    failure: failure.nullable(),
    resentAs: id.nullable().describe("The message that was sent in its place."),
    billing: billing.nullable(),
    clientMessageId: id.nullable(),
    sentAt: time,
    createdAt: time,
  })
  .meta({ id: "Message" });

export const MentionAnswer = z
  .strictObject({
    at: time,
    read: z.boolean(),
    shownIn: z.array(id).describe("The conversations that show it."),
    message: MessageAnswer,
  })
  .meta({ id: "Mention" });

export const ParticipantsAnswer = all(
  z.strictObject({
    conversationId: id,
    kind: z.enum(["guest", "staff", "bot"]),
    id,
    readSeq: z.int().describe("The newest message of the conversation that they have seen."),
  }),
);

export const TypingAnswer = z.discriminatedUnion("shown", [
  z.strictObject({ shown: z.literal(true) }),
  z.strictObject({ shown: z.literal(false), why: z.enum(["policy", "nothing_to_answer", "transport"]) }),
]);

export const CountersAnswer = all(
  z.strictObject({
    hotelId: id,
    departmentId: id.nullable(),
    open: z.int().describe("Open conversations."),
    unread: z.int().describe("Those of them with something unread."),
    waiting: z.int().describe("Those of them whose guest waits for an answer."),
    waitingSince: time.nullable().describe("Since when the one waits who has waited longest."),
  }),
);

const Durations = z.strictObject({
  count: z.int(),
  meanMs: z.int().nullable().describe("Milliseconds; null where there are none."),
  medianMs: z.int().nullable(),
  p90Ms: z.int().nullable().describe("Nine of ten took at most this long."),
});
const times = {
  firstResponse: Durations.describe("From when the guest asked until staff first answered."),
  resolution: Durations.describe("From when a conversation was opened (again) until it was closed."),
  rating: z
    .strictObject({
      asked: z.int(),
      answered: z.int(),
      average: z.number().nullable().describe("Stars, to hundredths."),
      scores: z
        .tuple([z.int(), z.int(), z.int(), z.int(), z.int()])
        .describe("How many gave one star, two, and so on."),
    })
    .describe("Of what guests were asked in the period, whenever they answered."),
  waiting: z.int().describe("Conversations in which staff have still to answer for the first time."),
  resolvedUnanswered: z
    .int()
    .describe("Of the resolutions, those in which nobody of staff answered what the guest asked."),
};
export const TimesAnswer = z
  .strictObject({
    all: z.strictObject(times),
    departments: z.array(z.strictObject({ hotelId: id, departmentId: id.nullable(), ...times })),
    staff: z.array(z.strictObject({ hotelId: id, staffId: id, ...times })),
  })
  .meta({ id: "Times" });

export const FoundMessageAnswer = z
  .strictObject({
    messageId: id,
    hotelId: id,
    conversationId: id.describe("The conversation that shows it."),
    departmentId: id.nullable(),
    guest: z.strictObject({ id, name }),
    direction: z.enum(["inbound", "outbound", "internal"]),
    at: time,
    line: z.string().describe("What it shows, in one line."),
  })
  .meta({ id: "FoundMessage" });
export const FoundGuestAnswer = z.strictObject({ id, hotelId: id, name, username: name }).meta({ id: "FoundGuest" });

export const AuditEntryAnswer = z
  .strictObject({
    id,
    hotelId: id,
    actor: z.strictObject({ kind: z.enum(["staff", "guest", "operator", "system"]), id }),
    action: z.string(),
    reason: z.string(),
    target: z.strictObject({ kind: z.string(), id }),
    at: time,
  })
  .meta({ id: "AuditEntry" });

const place = z.strictObject({ n: z.int(), hash: z.string() });
const partsOf = <Part extends z.ZodType>(part: Part) => z.strictObject({ actor: part, target: part, reason: part });
export const SealedAuditEntryAnswer = AuditEntryAnswer.extend({
  n: z.int(),
  sealedAt: time,
  salts: partsOf(z.string().nullable()),
  digests: partsOf(z.string()),
  hash: z.string(),
}).meta({ id: "SealedAuditEntry" });

export const AuditExportAnswer = z
  .strictObject({
    hotelId: id,
    kept: place.describe("The last entry that was pruned; n 0 while none was."),
    head: place.describe("The last entry."),
    unsealedSince: time.nullable().describe("Since when entries stand that are not sealed yet; null: all are."),
    items: z.array(SealedAuditEntryAnswer),
    nextCursor: z.string().nullable().describe("For `?cursor=`; null on the last page."),
  })
  .meta({ id: "AuditExport" });

export const AuditVerdictAnswer = z
  .strictObject({
    hotelId: id,
    holds: z.boolean(),
    flaw: z.strictObject({ n: z.int(), why: z.enum(AUDIT_FLAWS) }).nullable(),
    from: z.int(),
    to: z.int(),
    entries: z.int(),
    erased: z.int(),
    anchoredTo: z.int().nullable(),
  })
  .meta({ id: "AuditVerdict" });

export const SavedReplyAnswer = z
  .strictObject({
    id,
    hotelId: id,
    departmentId: id.nullable().describe("null: of every department."),
    shortcut: z.string(),
    texts: z.record(z.string(), z.string()).describe("By language."),
    placeholders: z.array(z.string()).describe("The names of the values that it has places for."),
    version: z.int(),
    updatedAt: time,
  })
  .meta({ id: "SavedReply" });

const details = z.record(z.string(), z.union([z.string(), z.number()]));
const done = {
  actor: z.strictObject({ kind: z.enum(["staff", "guest", "operator", "system"]), id }),
  action: z.string(),
  reason: z.string(),
  at: time,
};

export const ExplanationAnswer = z
  .strictObject({
    messageId: id,
    conversationId: id,
    steps: z
      .array(
        z.strictObject({
          at: time,
          code: z.enum([...keysOf<ReasonCode>(REASONS), "received"]),
          says: z.string(),
          details: details.exactOptional(),
        }),
      )
      .describe("Oldest first."),
    audit: z.array(z.strictObject(done)).describe("Of the message itself, oldest first."),
    conversationAudit: z
      .array(z.strictObject({ conversationId: id, ...done }))
      .describe(
        "What was done since to the conversations that show it, oldest first: the newest 50. Empty for whoever may not read the hotel's audit.",
      ),
  })
  .meta({ id: "Explanation" });

export const GuestAnswer = z
  .strictObject({
    id,
    hotelId: id,
    name,
    username: name,
    language: z.string().nullable().describe("What they said they speak, as a BCP 47 tag."),
    addresses: z.array(
      z.strictObject({
        kind: z.enum(["bsuid", "parentBsuid", "waId"]),
        value: z.string(),
        evidence: id.nullable(),
        firstSeenAt: time,
        retiredAt: time.nullable().describe("Since when the guest has another in its place."),
      }),
    ),
    stay: z
      .strictObject({
        reservationId: id,
        room: optional,
        from: z.string().describe("YYYY-MM-DD"),
        to: z.string().describe("YYYY-MM-DD"),
      })
      .nullable()
      .describe("As the hotel's own system knows it; null when it knows none."),
    known: z
      .strictObject({ name, language: z.string().nullable(), vip: z.boolean() })
      .nullable()
      .describe("What the hotel's own system says of them."),
    mergedInto: id.nullable(),
    merged: z.array(z.strictObject({ id, name })),
    maybeSame: z.array(z.strictObject({ guestId: id, why: z.enum(["formerPhone", "likePhone"]) })),
  })
  .meta({ id: "Guest" });
export const GuestsAnswer = all(GuestAnswer);

export const ConsentsAnswer = z
  .strictObject({
    marketing: z.enum(["allowed", "stopped"]),
    items: z.array(
      z.strictObject({
        id,
        guestId: id,
        scope: z.literal("marketing"),
        wish: z.enum(["stop", "resume"]),
        source: z.enum(["keyword", "preference", "rejection", "staff", "host"]),
        evidence: id.nullable(),
        at: time.describe("When the guest said it."),
        recordedAt: time.describe("When the desk heard of it."),
      }),
    ),
  })
  .meta({ id: "Consents" });

export const OperatorEventAnswer = z
  .looseObject({
    type: z.string().describe("What the other members are, e.g. `account.news`, `sender.paused`, `work.dead`."),
    hotelId: id,
    seq: z.int().describe("Its place among everything that happened in the hotel."),
    at: time,
  })
  .meta({ id: "OperatorEvent" });

export const SenderAnswer = z
  .strictObject({
    hotelId: id,
    phoneNumberId: id,
    perSecond: z.number().nullable().describe("Messages a second; null: as fast as it goes."),
    pause: z
      .strictObject({ until: time, probing: z.boolean(), code: z.string() })
      .nullable()
      .describe("Why it sends nothing until then; `probing`: one message goes first then."),
    waiting: z.int().describe("Chats with messages that wait."),
  })
  .meta({ id: "Sender" });
export const SendersAnswer = all(SenderAnswer);

export const DeadWorkAnswer = z
  .strictObject({
    id,
    hotelId: id,
    kind: z.enum(WORK_KINDS),
    code: z.string().describe("The code of the last error."),
    attempts: z.int(),
    createdAt: time,
    deadAt: time,
  })
  .meta({ id: "DeadWork" });

export const KeptItemAnswer = z
  .strictObject({ id, hotelId: id, kind: z.string(), outcome: z.enum(["kept", "too_old"]), receivedAt: time })
  .meta({ id: "KeptItem" });

const placeholder = z.string().nullable();
export const TemplateAnswer = z
  .strictObject({
    hotelId: id,
    name: z.string(),
    language: z.string(),
    metaId: id.nullable(),
    category: z.enum(TEMPLATE_CATEGORIES),
    comingCategory: z.enum(TEMPLATE_CATEGORIES).nullable(),
    status: z.string(),
    sendable: z.boolean().describe("Whether WhatsApp sends it now, as far as is known."),
    quality: z.enum(["green", "yellow", "red", "unknown"]).nullable(),
    parameters: z.enum(["positional", "named"]),
    header: z
      .union([
        z.strictObject({ type: z.literal("text"), text: z.string(), placeholder }),
        z.strictObject({ type: z.enum(["image", "video", "document", "location"]) }),
      ])
      .nullable(),
    body: z.strictObject({ text: z.string(), placeholders: z.array(z.string()) }),
    footer: z.string().nullable(),
    buttons: z.array(
      z.union([
        z.strictObject({ type: z.literal("url"), label: z.string(), url: z.string(), placeholder }),
        z.strictObject({
          type: z.enum(["quickReply", "copyCode", "flow", "phone", "contactInfo", "catalog", "call", "unknown"]),
          label: z.string(),
        }),
      ]),
    ),
    unsupported: z.array(z.string()),
    updatedAt: time,
  })
  .meta({ id: "Template" });
export const TemplatesReadAnswer = z.strictObject({ read: z.int(), unread: z.int(), deleted: z.int() });

export const ReprocessedAnswer = z.strictObject({
  read: z.int().describe("How much was looked at."),
  understood: z.int().describe("How much of it is work now."),
});

const counts = z.record(z.string(), z.int()).describe("Rows by their table's name, and `files`.");
export const ErasureAnswer = z
  .strictObject({
    id,
    hotelId: id,
    at: time.describe("When it was asked for."),
    doneAt: time.nullable().describe("When nothing was left; null while it is under way."),
    guestIds: z.array(id),
    salt: z.string().describe("What the addresses are hashed with."),
    addresses: z.array(z.string()),
    stopped: z.boolean().describe("Whether they wanted no more offers."),
    hashes: z.array(z.string()).describe("Of what WhatsApp may deliver again."),
    wamids: z.array(z.string()),
  })
  .meta({ id: "Erasure" });

export const ErasureReportAnswer = z.strictObject({
  erasure: ErasureAnswer.nullable().describe("null for a dry run."),
  hotelId: id,
  guestIds: z.array(id),
  dryRun: z.boolean(),
  counts,
});

export const ReapplyAnswer = z.strictObject({
  dryRun: z.boolean(),
  read: z.int(),
  erased: z.array(ErasureReportAnswer),
});

export const PruneAnswer = z.strictObject({ dryRun: z.boolean(), counts });

export const ErrorAnswer = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(keysOf<ErrorCode>(ERRORS)),
      message: z.string(),
      details: z.record(z.string(), AnyJson).exactOptional(),
    }),
  })
  .meta({ id: "Error" });
