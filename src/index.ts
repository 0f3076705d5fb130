// The public surface, by name, in reading order. What is left out stays free to change.

// The desk
export { ConversationManager } from "./manager.js";
export type { ConversationManagerOptions, StartOptions, TokenRotation } from "./manager.js";
export type { EventListener, EventName } from "./runtime/listeners.js";
export { completeHotel } from "./config/hotel.js";
export type { HotelOptions } from "./config/hotel.js";
export type { AuditOptions, MediaOptions, RoleOptions, SettingsOptions } from "./config.js";
export type { Desk } from "./runtime/desk-api.js";
export type {
  AttachmentLink,
  AuditExportQuery,
  AuditListQuery,
  AuditPage,
  AuditVerifyQuery,
  ConversationsQuery,
  ConversationSummary,
  DecideApproval,
  Explanation,
  ExplanationStep,
  FirstMessage,
  FlowRunView,
  FoundGuest,
  FoundMessage,
  GuestConsents,
  GuestView,
  List,
  MentionsQuery,
  MentionView,
  NewFile,
  NewSavedReply,
  Note,
  OpenedFile,
  OpenOptions,
  PageQuery,
  PeriodQuery,
  Recipient,
  Reply,
  NewTask,
  PmsAnswer,
  Resend,
  SearchText,
  ReplayFlow,
  Reprocess,
  StartFlow,
  StayOnDay,
  StaysOnDayQuery,
  SavedRepliesQuery,
  SavedReplyChange,
  Seen,
  TemplatesRead,
  Why,
} from "./runtime/desk-shapes.js";
export type { PmsEvent, PmsStayEvent, PmsTaskEvent } from "./runtime/pms-event.js";
export { waIdOf } from "./whatsapp/phone.js";
export type { TypingShown } from "./runtime/receipts.js";
export type { Intent } from "./runtime/intent.js";
export type { Consumer, ConsumeOptions, EventContext, EventHandler } from "./runtime/consume.js";
export type { WebhookAnswer, WebhookDelivery } from "./runtime/receive.js";
export type { ChallengeAnswer } from "./whatsapp/challenge.js";
export type { Health, WorkHealth } from "./decide/health.js";
export type { DoctorOptions } from "./runtime/doctor.js";
export { CHECKS } from "./domain/finding.js";
export type { Check, Finding } from "./domain/finding.js";

// Flows: conversations that run themselves
export { button, defineFlow, keyword, phrase, pms, staff } from "./flow/define.js";
export type {
  FlowAnswersOf,
  FlowBuilder,
  FlowOptions,
  LocationAnswer,
  OptionText,
  PhotoAnswer,
} from "./flow/define.js";
export type {
  Agreeing,
  Asking,
  AskKind,
  Flow,
  FlowContext,
  FlowFiles,
  FlowGuest,
  FlowMigration,
  FlowStay,
  FlowTexts,
  LoopContext,
  NamedOption,
  Patience,
  PerformContext,
  PmsBeginning,
  Step,
  Trigger,
} from "./flow/types.js";
export type { FlowReplay, FlowState, ReplayGap } from "./flow/replay.js";
export type { SchemaOutput, StandardResult, StandardSchema } from "./flow/standard-schema.js";
export type { FlowMove, FlowRecord, RecordedMove } from "./domain/flow-move.js";
export type {
  Agreement,
  Approval,
  ApprovalDecision,
  FlowAnswers,
  FlowHandoffReason,
  FlowOption,
  FlowPlace,
  FlowRun,
  FlowRunStatus,
  LoopPlace,
  StepRecord,
  HostCall,
} from "./domain/flow-run.js";

// HTTP, in no framework's words
export { openApi } from "./http/openapi.js";
export type { OpenApiDocument, OpenApiOptions } from "./http/openapi.js";
export { answerDesk, COMMAND_MAX_BYTES, deskHandler, readCommand } from "./http/desk-handler.js";
export type { DeskHandlerOptions, DeskRequest, DeskResponse, DeskSource } from "./http/desk-handler.js";
export { errorJson, retryAfter } from "./http/json.js";
export type { ContentJson } from "./http/content-json.js";
export type {
  AttachmentJson,
  AuditEntryJson,
  AuditExportJson,
  ConsentJson,
  ConsentsJson,
  ConversationJson,
  ConversationSummaryJson,
  CountersJson,
  DeadWorkJson,
  DoneJson,
  ErasureJson,
  ErasureReportJson,
  ErrorJson,
  ExplanationJson,
  FlowReplayJson,
  FlowRunJson,
  FoundGuestJson,
  FoundMessageJson,
  GuestAddressJson,
  GuestJson,
  GuestsJson,
  KeptItemJson,
  LinkJson,
  ListJson,
  MentionJson,
  MessageJson,
  OperatorEventJson,
  ParticipantsJson,
  PmsAnswerJson,
  ReapplyJson,
  ReprocessedJson,
  SavedReplyJson,
  SenderJson,
  SendersJson,
  StaysJson,
  TaskJson,
  SealedAuditEntryJson,
  StayJson,
  StayMessageJson,
  StayOnDayJson,
  TasksJson,
  TemplateJson,
  TemplatesReadJson,
  TimesJson,
  TranslationJson,
  TypingJson,
} from "./http/json-types.js";
export { doorOf, handshake, isUnsigned, PLAIN, refuseEncoding, webhookHandler } from "./http/webhook-handler.js";
export type { WebhookHandlerOptions, WebhookReceiver } from "./http/webhook-handler.js";
export { WEBHOOK_MAX_BYTES } from "./runtime/receive.js";
export { FLOW_UNSIGNED, flowEndpointHandler } from "./http/flow-endpoint-handler.js";
export type {
  FlowEndpoint,
  FlowEndpointAnswer,
  FlowEndpointOptions,
  FlowScreenAnswer,
  FlowScreenRequest,
} from "./runtime/flow-endpoint.js";
export type { FlowTokenOf } from "./runtime/flow-token.js";

// Live, on no socket
export { CLOSE, LIVE_VERSION } from "./live/protocol.js";
export type { AfterClose, ClientFrame, CloseReason, LiveCursors, LiveEventJson, ServerFrame } from "./live/protocol.js";
export { liveHandler } from "./live/live-handler.js";
export type { LiveHandlerOptions } from "./live/live-handler.js";
export { answerLive, openStream } from "./live/stream.js";
export type { LiveSource, StreamRequest, StreamResponse } from "./live/stream.js";
export type { LiveLimits } from "./live/limits.js";
export type {
  Live,
  LiveConnection,
  LiveCounts,
  LivePeer,
  LiveSignIn,
  LiveSignInUntil,
  LiveSocket,
} from "./live/socket.js";

// WhatsApp
export { cloudApi } from "./whatsapp/cloud-api.js";
export { shadowTransport } from "./whatsapp/shadow-transport.js";
export type { ShadowTransportOptions } from "./whatsapp/shadow-transport.js";
export type { CloudApiOptions } from "./whatsapp/cloud-api.js";
export { classifyAnswer } from "./whatsapp/graph-error.js";
export type { HttpAnswer } from "./whatsapp/graph-error.js";
export { graphPayload, WhatsAppPayloadBuilder } from "./whatsapp/payload-builder.js";
export type {
  AddressOptions,
  AtLeastOne,
  CallButton,
  Caption,
  Cards,
  CardWithReplies,
  ContactCardOptions,
  DocumentOptions,
  FormOptions,
  Frame,
  LinkButton,
  ListRow,
  ListSection,
  OneToThree,
  Place,
  ReplyButton,
  TemplateOptions,
  TextFrame,
  TwoToTen,
  WhatsAppPayload,
} from "./whatsapp/payload-builder.js";
export { splitText } from "./whatsapp/split-text.js";
export { answerTo, choices, CHOICES_MAX, nextPage } from "./decide/choices.js";
export type { ChoiceAnswer, ChoiceOption, ChoiceQuestion, Choices } from "./decide/choices.js";
export { templateCatalogue } from "./whatsapp/template-catalogue.js";
export type { TemplateCatalogue } from "./whatsapp/template-catalogue.js";
export { templatesFromJson } from "./whatsapp/template-json.js";
export type { TemplatesJson } from "./whatsapp/template-json.js";
export type { TemplateFile, TemplateForm, TemplateMore, TemplatePlace } from "./whatsapp/template-types.js";
export { parseMarkup } from "./whatsapp/markup.js";
export type { MarkedLine, MarkKind, MarkupBlock, MarkupInline, MarkupTree } from "./whatsapp/markup.js";
export type { LinkTarget } from "./whatsapp/link.js";
export { plainName, renderHtml, renderName, toPlain } from "./whatsapp/render.js";
export { newFlowKeys } from "./whatsapp/flow-keys.js";
export type { FlowKeys, FlowPrivateKey } from "./whatsapp/flow-keys.js";
export type { FlowAction } from "./whatsapp/flows-endpoint.js";
export { sign, verifySignature } from "./whatsapp/signature.js";
export type { SignatureVerdict } from "./whatsapp/signature.js";

// Files, looked into
export { checkMedia } from "./media/check.js";
export type { CheckMediaOptions } from "./media/check.js";
export { fromBytes, fromFile } from "./media/source.js";
export { allowedTypes, MEDIA_EXTENSIONS, MEDIA_TYPES, mediaLimits } from "./media/limits.js";
export type { MediaLimits, MediaType } from "./media/limits.js";
export { contentDisposition, shownName } from "./media/names.js";
export { MEDIA_FLAWS, MEDIA_KINDS } from "./media/verdict.js";
export type {
  MediaAccepted,
  MediaDirection,
  MediaFlaw,
  MediaKind,
  MediaQuarantined,
  MediaRefused,
  MediaSource,
  MediaVerdict,
} from "./media/verdict.js";

// Errors
export { ConversationError, ERRORS } from "./errors.js";
export type { ErrorCode, ErrorDetails } from "./errors.js";

// What adapters implement
export type * from "./ports/storage.js";
export type * from "./ports/work-storage.js";
export type * from "./ports/read-storage.js";
export type * from "./ports/host-storage.js";
export type * from "./ports/live-storage.js";
export type * from "./ports/attachment-storage.js";
export type * from "./ports/stay-storage.js";
export type * from "./ports/audit-storage.js";
export type { HotelMedia, Retention, Retentions } from "./domain/media-rules.js";
export type { HotelRetention } from "./domain/privacy.js";
export type {
  DownloadResult,
  Examination,
  Examined,
  IncomingFile,
  MarkReadResult,
  MediaFailed,
  OutgoingFile,
  OutgoingMessage,
  Pause,
  ReadMark,
  Retry,
  SendAccepted,
  SendRejected,
  SendResult,
  SendUnknown,
  Transport,
  UploadResult,
  WantedFile,
} from "./ports/transport.js";
export type * from "./ports/host-client.js";
export { realtimeOver } from "./runtime/realtime-over.js";
export type { Bus, BusEars, BusLink, RealtimeOverOptions } from "./runtime/realtime-over.js";
export { isMediaId } from "./ports/media-store.js";
export type * from "./ports/media-store.js";
export type * from "./ports/scanner.js";
export type * from "./ports/pms.js";
export type * from "./ports/tasks.js";
export type { Realtime, RealtimeListener, Signal } from "./ports/realtime.js";
export type { FloodKind, Floods } from "./runtime/floods.js";
export type { Limit, SharedLimits } from "./ports/limits.js";
export type * from "./ports/pms.js";
export type { GuestsPort, KnownGuest, Stay } from "./ports/guests.js";
export type { HotelsPort } from "./ports/hotels.js";
export type { AuditAnchor } from "./ports/audit-anchor.js";
export type { TranslatedText, ToTranslate, Translator } from "./ports/translator.js";
export type { TranslationStorage } from "./ports/translation-storage.js";
export { EXPORTED } from "./ports/privacy-storage.js";
export type * from "./ports/privacy-storage.js";
export { PRUNABLE } from "./domain/privacy.js";
export type * from "./domain/privacy.js";
export { GUEST_EXPORT_VERSION } from "./runtime/privacy-api.js";
export type * from "./runtime/privacy-api.js";
export { addressHash, erasedKeys, wamidHash } from "./whatsapp/erased-keys.js";
export type { ErasedMessage } from "./whatsapp/erased-keys.js";
export { textMark } from "./domain/translation.js";
export type { NewTranslation, Translation } from "./domain/translation.js";
export type {
  Classify,
  Destination,
  MessageToRoute,
  Processor,
  RoutingOptions,
  Suggestion,
} from "./ports/processor.js";
export type { Constant, DeskLogger, Logger, LogFields } from "./ports/logger.js";
export { LABELS, METRICS, SPANS } from "./ports/telemetry.js";
export type * from "./ports/telemetry.js";
export { LEFT_OUT, LOG_FIELDS } from "./ports/log-fields.js";
export type { LogField } from "./ports/log-fields.js";
export { reveal, Secret, secret } from "./domain/secret.js";
export { systemClock } from "./ports/clock.js";
export type { Clock } from "./ports/clock.js";
export type { Ids } from "./ports/ids.js";
export { systemRandom } from "./ports/random.js";
export type { Random } from "./ports/random.js";

// The domain
export type * from "./domain/account.js";
export type { Address, AddressKind, GuestAddress } from "./domain/address.js";
export { addressKey, LOOKUP_ORDER } from "./domain/address.js";
export { attachmentId } from "./decide/ids.js";
export { ATTACHMENT_REASONS, ATTACHMENT_STATES, sentAttachment } from "./domain/attachment.js";
export type {
  Attachment,
  AttachmentReason,
  AttachmentState,
  MediaFileInfo,
  NewAttachment,
  SaidOfFile,
} from "./domain/attachment.js";
export { shown } from "./domain/amendment.js";
export type { Amendment, AmendmentAct, MessageVersion, Reaction, ShownMessage } from "./domain/amendment.js";
export { isolate } from "./domain/bidi.js";
export type { AuditEntry, AuditHead, AuditLink, AuditParts, AuditPlace, SealedAuditEntry } from "./domain/audit.js";
export { auditLines, verifyAuditLines } from "./runtime/audit-lines.js";
export { verifyAudit } from "./runtime/audit-verify.js";
export type { AuditCheck, AuditFlawKind, AuditVerdict } from "./runtime/audit-verify.js";
export { BUILT_IN_ROLES, GUEST_DIRECTIONS, PERMISSIONS, reach, reaches } from "./domain/access.js";
export type { GuestReach, HotelsReach, Permission, Reach, Roles } from "./domain/access.js";
export type { Change, FailedWork, LaneChange } from "./domain/change.js";
export type { Automated, TooMuch } from "./domain/automation.js";
export { newChat } from "./domain/chat.js";
export type { Chat } from "./domain/chat.js";
export { rejectedConsent } from "./decide/consent.js";
export { refusedWork } from "./decide/refused.js";
export { isOptOut, mayMarket, standingConsent } from "./domain/consent.js";
export type { ConsentEntry, ConsentSource, ConsentWish } from "./domain/consent.js";
export { consentWord } from "./domain/consent-words.js";
export type { ConsumerLease, ConsumerPlace } from "./domain/consumer.js";
export { contentText } from "./domain/content.js";
export type * from "./domain/content.js";
export {
  PRIORITIES,
  type Conversation,
  type ConversationMode,
  type ConversationStatus,
  type Priority,
} from "./domain/conversation.js";
export { PMS_KINDS, STAY_REASONS, STAY_STATUSES } from "./domain/stay.js";
export type {
  GuestStay,
  PmsKind,
  PmsMark,
  PmsOutcome,
  StayFact,
  StayFacts,
  StayPlan,
  StayReason,
  StayStatus,
  StayTrigger,
  ToldEvent,
} from "./domain/stay.js";
export type { HotelStays, StayMessage, StayMoment, TaskUpdate } from "./domain/hotel-stays.js";
export { TASK_STATUSES } from "./domain/task.js";
export type { Task, TaskStatus, TaskWarning } from "./domain/task.js";
export { TAG, tagOf } from "./domain/tag.js";
export { DELIVERY_STATUSES, joinStatus, statusRank } from "./domain/delivery-status.js";
export type { Billing, DeliveryStatus, Failure, ReportedStatus, StatusUpdate } from "./domain/delivery-status.js";
export { TIMING_KINDS } from "./domain/episode.js";
export type { Episode, Timing } from "./domain/episode.js";
export { SCORES } from "./domain/rating.js";
export type { Rating, Score } from "./domain/rating.js";
export { numberedMessage } from "./domain/event.js";
export type { DeskEvent, EventBody, EventType, NewEvent } from "./domain/event.js";
export type { Guest, GuestMerge, GuestUpdate, NewAddress, NewGuest } from "./domain/guest.js";
export { UNROUTED_HOTEL_ID } from "./domain/hotel.js";
export type {
  Assignment,
  AssignmentPlace,
  AssignmentRule,
  Department,
  DepartmentEntry,
  FlowEntry,
  Hotel,
  HotelClocks,
  HotelMenu,
  HotelNumber,
  HotelTexts,
  IdlePolicy,
  MenuEntry,
  MenuTexts,
  ReadReceiptPolicy,
} from "./domain/hotel.js";
export {
  isOpen,
  nextClosing,
  nextOpening,
  notBefore,
  openMillisBetween,
  WEEKDAYS,
  type DayHours,
  type OpeningHours,
  type Weekday,
} from "./domain/opening-hours.js";
export type { JsonValue } from "./domain/json.js";
export { laneKey } from "./domain/lane.js";
export type { ClaimedLane, LaneId, LaneLease } from "./domain/lane.js";
export { NUMBER_PACE, PAIR_PACE } from "./domain/sender.js";
export type { Sender, SenderPace, SenderPause } from "./domain/sender.js";
export { windowIsOpen } from "./domain/service-window.js";
export type { ServiceWindow } from "./domain/service-window.js";
export { MENTIONS_MAX, NOTE_TEXT_MAX } from "./domain/mention.js";
export type { Mention } from "./domain/mention.js";
export { STEP_RESULTS } from "./domain/message.js";
export type { Author, FlowMark, Message, MessageContext, NewMessage, Referral, StepResult } from "./domain/message.js";
export type { Participant } from "./domain/participant.js";
export type {
  BuiltInRole,
  GuestPrincipal,
  OperatorPrincipal,
  Principal,
  StaffPrincipal,
  StaffRole,
  SystemPrincipal,
} from "./domain/principal.js";
export type { BuiltInProcessor } from "./domain/processor.js";
export type { FlowPrompt, MenuOption, MenuPrompt, Prompt, RatingPrompt } from "./domain/prompt.js";
export { REASONS } from "./domain/reason.js";
export type { Reason, ReasonCode } from "./domain/reason.js";
export type { Remark } from "./domain/remark.js";
export { fillSavedReply } from "./decide/saved-reply.js";
export { placeholdersOf } from "./domain/saved-reply.js";
export type { SavedReply, SavedReplyKey } from "./domain/saved-reply.js";
export type {
  OutboundFileReference,
  OutboundMediaReference,
  TemplateButton,
  TemplateContent,
  TemplateHeader,
  TemplateText,
} from "./domain/template.js";
export { isSendable, renderTemplate } from "./domain/template-fill.js";
export { TEMPLATE_CATEGORIES, TEMPLATE_STATUSES, templateNamed } from "./domain/template.js";
export type * from "./domain/template.js";
export { checkTemplate } from "./decide/template.js";
export { contentWords, isFound, nameWords, soughtWords, wordsOf } from "./domain/search.js";
export type { SoughtWord } from "./domain/search.js";
export { cleanText, preview } from "./domain/text.js";
export { WORK_KINDS } from "./domain/work.js";
export type {
  DeadWork,
  InboundChat,
  InboundItem,
  KeptItem,
  NewCommand,
  NewWork,
  RawItem,
  WorkItem,
  WorkKind,
} from "./domain/work.js";
