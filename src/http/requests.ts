import { z } from "zod";
import { PRIORITIES } from "../domain/conversation.js";
import type { Prunable } from "../domain/privacy.js";
import { MENTIONS_MAX, NOTE_TEXT_MAX } from "../domain/mention.js";
import { MEDIA_KINDS } from "../media/verdict.js";
import { PmsStayEventSchema, PmsTaskEventSchema } from "../runtime/pms-event.js";
import { NewTaskSchema } from "../runtime/stay-desk.js";
import { Content, Template } from "../whatsapp/payload/content-schema.js";
import { AnyJson, Id } from "../json-schemas.js";

/** What routes take: queries and bodies. */

const Page = { cursor: z.string().max(1_000).optional(), limit: z.coerce.number().int().min(1).max(100).optional() };
/** Strict, all of them: a misspelt filter would show more than was asked for. */
export const NoQuery = z.strictObject({});
export const PageQuery = z.strictObject(Page);
const Flag = z.enum(["true", "false"]).transform((flag) => flag === "true");
export const ConversationsQuery = z.strictObject({
  hotel: z.string().max(64).optional(),
  department: z.string().max(64).optional(),
  status: z.enum(["open", "closed"]).optional(),
  /** An id, or `none`. */
  assignee: Id.min(1)
    .max(200)
    .transform((id) => (id === "none" ? null : id))
    .optional(),
  priority: z.enum(PRIORITIES).optional(),
  tag: Id.min(1).max(200).optional(),
  snoozed: Flag.optional(),
  unread: Flag.optional(),
  waiting: Flag.optional(),
  ...Page,
});
export const CountersQuery = z.strictObject({ hotel: z.string().max(64).optional() });
const Instant = z.iso.datetime({ offset: true }).transform((at) => new Date(at));
export const TimesQuery = z.strictObject({
  hotel: z.string().max(64).optional(),
  department: z.string().max(64).optional(),
  staff: Id.min(1).max(200).optional(),
  from: Instant,
  to: Instant,
});
export const AuditQuery = z.strictObject({
  hotel: z.string().min(1).max(64),
  target: z.string().max(200).optional(),
  actor: z.string().max(200).optional(),
  ...Page,
});
export const AuditExportQuery = z.strictObject({
  hotel: z.string().min(1).max(64),
  cursor: Page.cursor,
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
});
export const AuditVerifyQuery = z.strictObject({
  hotel: z.string().min(1).max(64),
  keptForDays: z.coerce.number().min(0).max(36_500).optional(),
});
/** In a body: what somebody looks for is words of a guest, or a name, which stand in no URL. */
export const SearchGuests = z.strictObject({
  hotel: z.string().min(1).max(64),
  text: z.string().min(1).max(200),
  cursor: z.string().max(1_000).optional(),
  limit: z.int().min(1).max(100).optional(),
});
export const Search = SearchGuests.extend({ department: z.string().max(64).optional() });

/** What becomes of a message that the service window closes on, how much it hurries, and to whom alone it may go. */
const IdentityKeyHash = Id.min(1).max(200);
const turn = {
  fallback: Template.optional(),
  urgent: z.boolean().optional(),
  identityKeyHash: IdentityKeyHash.optional(),
};
export const Reply = z.strictObject({
  clientMessageId: Id.min(1).max(128),
  content: Content,
  ...turn,
  quotes: Id.max(200).optional(),
  seenSeq: z.int().min(0).optional(),
});
export const ReplayFlowQuery = z.strictObject({
  runId: Id.min(1).max(200).optional(),
  /** Only states after the one of this number. */
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(100).optional(),
});
export const StartFlow = z.strictObject({
  flowId: Id.min(1).max(64),
  given: z
    .record(z.string().max(64), AnyJson)
    .refine((given) => Object.keys(given).length <= 20, "at most 20 members")
    .optional(),
  reason: z.string().max(1_000).optional(),
  version: z.int().min(0).optional(),
});
export const DecideApproval = z.strictObject({
  approvalId: Id.min(1).max(300),
  approved: z.boolean(),
  reason: z.string().max(1_000).optional(),
  version: z.int().min(0).optional(),
});
export const Note = z.strictObject({
  clientMessageId: Id.min(1).max(128),
  text: z.string().max(NOTE_TEXT_MAX),
  mentions: z.array(Id.min(1).max(200)).max(MENTIONS_MAX).optional(),
});
export const MentionsQuery = z.strictObject({
  unread: Flag.optional(),
  ...Page,
});
export const Write = z.strictObject({
  clientMessageId: Id.min(1).max(128).optional(),
  hotelId: Id.min(1).max(64),
  departmentId: Id.min(1).max(64),
  to: z.union([
    z.strictObject({ waId: z.string().min(1).max(64) }),
    z.strictObject({ bsuid: z.string().min(1).max(200) }),
    z.strictObject({ guestId: Id.min(1).max(200) }),
  ]),
  phoneNumberId: Id.min(1).max(64).optional(),
  ...turn,
  content: Content.transform((content, { issues }) => {
    if (content.type !== "reaction") return content;
    issues.push({ code: "custom", message: "There is nothing to react to.", path: ["type"], input: content.type });
    return z.NEVER;
  }),
});
/** In a body, since a phone stands in no URL. Both, always: a list of all guests is not to be had. */
export const Find = z.strictObject({ hotel: z.string().min(1).max(64), phone: z.string().min(1).max(64) });
export const TemplatesQuery = z.strictObject({ hotel: z.string().min(1).max(64), ...Page });
/** What stands in the templates is read by whoever knows Meta's JSON. */
const Templates = z.array(z.unknown());
export const SyncTemplates = z.strictObject({
  hotel: z.string().min(1).max(64),
  templates: z.union([Templates, z.looseObject({ data: Templates })]).optional(),
});
export const Why = z.strictObject({ reason: z.string().min(1).max(200).optional() });
/** Of a command about a conversation: why, and the version that whoever asks has before them. */
const seen = { ...Why.shape, version: z.int().min(1).optional() };
export const Seen = z.strictObject(seen);
export const Assign = z.strictObject({ assigneeId: Id.min(1).max(200).optional(), ...seen });
export const SetPriority = z.strictObject({ priority: z.enum(PRIORITIES), ...seen });
export const Snooze = z.strictObject({
  until: Instant,
  ...seen,
});
const tags = z.array(z.string().max(200)).max(100).optional();
export const Tag = z.strictObject({ add: tags, remove: tags, ...seen });
export const SavedRepliesQuery = z.strictObject({
  hotel: z.string().min(1).max(64),
  department: z.string().max(64).optional(),
  ...Page,
});
export const StaysOnDayQuery = z.strictObject({
  hotel: z.string().min(1).max(64),
  day: z.iso.date().optional().describe("Today by the hotel's clock by default."),
  ...Page,
});
const savedReply = { departmentId: Id.min(1).max(64).nullable().optional(), ...Why.shape };
/** What stands in it is checked by the desk, whoever calls it. */
const Texts = z.record(z.string().max(64), z.string());
export const NewSavedReply = z.strictObject({
  hotelId: Id.min(1).max(64),
  shortcut: z.string().max(64),
  texts: Texts,
  ...savedReply,
});
export const SavedReplyChange = z.strictObject({
  version: z.int().min(1),
  shortcut: z.string().max(64).optional(),
  texts: Texts.optional(),
  ...savedReply,
});
export const Resend = z.strictObject({
  clientMessageId: Id.min(1).max(128).optional(),
  mayDouble: z.boolean().optional(),
  ...turn,
  identityKeyHash: IdentityKeyHash.nullable().optional(),
  reason: z.string().min(1).max(200).optional(),
});
export const Resolve = z.strictObject({
  as: z.enum(["sent", "failed"]),
  reason: z.string().min(1).max(200).optional(),
});
export const OpenQuery = z.strictObject({ thumbnail: Flag.optional() });
export const AddFileQuery = z.strictObject({
  kind: z.enum(MEDIA_KINDS),
  /** What the guest sees it called. */
  name: z.string().max(1_000).optional(),
});
export const AttachmentUrl = z.strictObject({
  expiresInS: z.int().min(1).max(3_600).optional(),
  thumbnail: z.boolean().optional(),
});
export const Keep = z.strictObject({
  purpose: z
    .string()
    .regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/)
    .nullable(),
  ...Why.shape,
});
export const NoBody = z.strictObject({});
export const Merge = z.strictObject({ into: Id.min(1).max(200), reason: z.string().min(1).max(200).optional() });
export const Consent = z.strictObject({
  wish: z.enum(["stop", "resume"]),
  reason: z.string().min(1).max(200).optional(),
});
export const Read = z.strictObject({ seq: z.int().min(0).optional() });
export const Transfer = z.strictObject({ departmentId: z.string().min(1).max(64), ...seen });
/** What the hotel's own system tells: of a reservation, or of a request. */
export const Pms = z.discriminatedUnion("kind", [PmsStayEventSchema, PmsTaskEventSchema]);
export const NewTask = NewTaskSchema;

/** Why is not left out of an erasure. */
export const Erase = z.strictObject({ reason: z.string().min(1).max(200), dryRun: z.boolean().optional() });
export const ExportQuery = z.strictObject({ notes: Flag.optional(), files: Flag.optional() });
export const ErasuresQuery = z.strictObject({ hotel: z.string().min(1).max(64), ...Page });
const hashes = z.array(z.string().max(128)).max(1_000_000);
const ErasureBody = z.strictObject({
  id: Id.min(1).max(200),
  hotelId: Id.min(1).max(64),
  at: Instant,
  doneAt: Instant.nullable(),
  guestIds: z.array(Id.min(1).max(200)).max(10_000),
  salt: z.string().max(200),
  addresses: hashes,
  stopped: z.boolean(),
  hashes,
  wamids: hashes,
});
/** As `GET /operator/erasures` answers them. */
export const Reapply = z.strictObject({
  hotel: z.string().min(1).max(64),
  items: z.array(ErasureBody).max(10_000),
  dryRun: z.boolean().optional(),
});
const days = z.int().min(1).max(36_500).optional();
export const Prune = z.strictObject({
  policy: z.strictObject({
    webhookAttempts: days,
    dedupKeys: days,
    events: days,
    conversations: days,
    auditEntries: days,
    deadWork: days,
    timings: days,
    stays: days,
    erasures: days,
  } satisfies Record<Prunable, typeof days>),
  hotel: z.string().min(1).max(64).optional(),
  dryRun: z.boolean().optional(),
});
