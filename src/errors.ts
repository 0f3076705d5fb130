import type { JsonValue } from "./domain/json.js";

interface ErrorInfo {
  /** Whether the same call can succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** Whose fault it is: the caller's request, the host's set-up, WhatsApp, or the storage. */
  readonly blame: "caller" | "host" | "whatsapp" | "storage";
  /** The fitting HTTP status. */
  readonly status: number;
  readonly says: string;
}

/** Every code this library throws or answers. Codes are stable; texts are not. */
export const ERRORS = {
  config_invalid: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "The options are not valid: mend each problem in details.issues, which names its path.",
  },
  not_started: {
    retryable: true,
    blame: "host",
    status: 503,
    says: "The desk is not running: await start() first, and do not use it after stop().",
  },
  already_started: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "The desk is running already, or was stopped: make a new ConversationManager.",
  },
  principal_invalid: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "The principal is not valid: details.member names what is wrong with it, details.expected what it should be.",
  },
  peer_missing: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "embeddedStorage needs PGlite, which is not installed: npm install @electric-sql/pglite",
  },
  schema_missing: {
    retryable: false,
    blame: "host",
    status: 503,
    says: "The database has no belldesk schema, or an old one: run the migrations (details.pending), or start with { migrate: true }.",
  },
  schema_newer: {
    retryable: false,
    blame: "host",
    status: 503,
    says: "The database was migrated by a newer release in a way this one cannot work with: upgrade belldesk.",
  },
  schema_changed: {
    retryable: false,
    blame: "host",
    status: 503,
    says: "A migration that the database has already run differs from the one in this release: details.migration.",
  },
  storage_locked: {
    retryable: false,
    blame: "host",
    status: 503,
    says: "Another process uses this data directory: stop it, or give this one a directory of its own.",
  },
  storage_unavailable: {
    retryable: true,
    blame: "storage",
    status: 503,
    says: "The storage cannot be reached right now: look whether the database runs and has connections left; what waits for it goes on by itself.",
  },
  storage_busy: {
    retryable: true,
    blame: "storage",
    status: 503,
    says: "The storage could not do this just now, because somebody holds a row or it took too long: look for an open transaction; what waits for it goes on by itself.",
  },
  storage_failed: {
    retryable: false,
    blame: "storage",
    status: 500,
    says: "The storage refused a statement: look up details.sqlState among PostgreSQL's error codes.",
  },
  storage_refused: {
    retryable: false,
    blame: "storage",
    status: 500,
    says: "The storage can never hold what it was given: look up details.sqlState among PostgreSQL's error codes, and give it something else.",
  },
  hotels_failed: {
    retryable: true,
    blame: "host",
    status: 503,
    says: "The host's hotels port failed. What waits for it is tried again.",
  },
  storage_timeout: {
    retryable: true,
    blame: "storage",
    status: 503,
    says: "The storage did not answer in time: look what holds the database up; what waits for it goes on by itself.",
  },
  signature_missing: {
    retryable: false,
    blame: "caller",
    status: 401,
    says: "The webhook carries no X-Hub-Signature-256 header: WhatsApp sends one, so this is somebody else, or a proxy takes it away.",
  },
  signature_invalid: {
    retryable: false,
    blame: "caller",
    status: 401,
    says: "The webhook's signature fits none of the app secrets: compare the secret with the Meta app's, and make sure nothing re-encodes the body.",
  },
  challenge_refused: {
    retryable: false,
    blame: "caller",
    status: 403,
    says: "The webhook handshake carries another verify token than the configured one: give Meta's app the one of webhook.verifyToken.",
  },
  body_too_large: {
    retryable: false,
    blame: "caller",
    status: 413,
    says: "The body is larger than a webhook can be (3 MB): WhatsApp sends none such.",
  },
  body_encoded: {
    retryable: false,
    blame: "caller",
    status: 415,
    says: "The body is compressed: WhatsApp does not compress, and the signature is over plain bytes.",
  },
  body_already_parsed: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "Something of the host has read or decoded the body before the desk, and its bytes are gone: mount the desk before it, or keep all bytes as req.rawBody.",
  },
  body_incomplete: {
    retryable: true,
    blame: "caller",
    status: 400,
    says: "The connection ended before the whole body had arrived: send it again.",
  },
  method_not_allowed: {
    retryable: false,
    blame: "caller",
    status: 405,
    says: "This address does not answer that method: look at openapi.json.",
  },
  command_too_large: {
    retryable: false,
    blame: "caller",
    status: 413,
    says: "The body of a command is larger than 256 KiB: send at most details.limit bytes.",
  },
  content_type_invalid: {
    retryable: false,
    blame: "caller",
    status: 415,
    says: "A command is sent with the header Content-Type: application/json, also when it has no body.",
  },
  too_many_requests: {
    retryable: true,
    blame: "caller",
    status: 429,
    says: "Too many requests: wait (details.retryAfterMs, and the header Retry-After in seconds), then go on more slowly.",
  },
  unauthenticated: { retryable: false, blame: "caller", status: 401, says: "Nobody is signed in: sign in first." },
  not_found: {
    retryable: false,
    blame: "caller",
    status: 404,
    says: "There is no such thing, or you may not see it: look at the id.",
  },
  request_invalid: {
    retryable: false,
    blame: "caller",
    status: 400,
    says: "The request is not valid: mend each problem in details.issues, which names its path.",
  },
  cursor_invalid: {
    retryable: false,
    blame: "caller",
    status: 400,
    says: "The cursor is not one that this list gave out: start again without a cursor.",
  },
  client_message_reused: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "This clientMessageId was used before for another content, conversation or guest: use a new id for a new message.",
  },
  conversation_closed: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "The conversation is closed: reopen it first; details.continuedIn names the one that goes on with it.",
  },
  conversation_imported: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "The conversation holds old messages out of the phone app and stays closed: go on in details.continuedIn.",
  },
  conversation_changed: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "Somebody else changed the conversation since you saw it: look at it again (details.version), then decide anew. details.by, action and at tell the last command about it.",
  },
  conversation_taken: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "A colleague sees to this conversation (details.assigneeId): ask them to give it back, or somebody who may assign others.",
  },
  assignment_forbidden: {
    retryable: false,
    blame: "caller",
    status: 403,
    says: "You may take a conversation yourself, and not give one to somebody else: ask a person who may assign others.",
  },
  assignment_failed: {
    retryable: true,
    blame: "host",
    status: 503,
    says: "The host's function that says who is there, or who gets a conversation, failed. What waits for it is tried again.",
  },
  tags_too_many: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "A conversation has so many tags at most: take some away (details.limit, details.actual).",
  },
  recipient_moved: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "The guest has another address in this one's place: write to details.guestId, if it is them whom you mean.",
  },
  answered_meanwhile: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "Somebody else answered meanwhile: read their message (details.seq, details.by), then send again with a seenSeq that covers it.",
  },
  resend_impossible: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "Only a message of the desk that failed, or of unknown fate, is sent again: details.status says where it stands.",
  },
  resend_may_double: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "The guest may have this message already: look at what they answer, then settle it, or send it again with mayDouble.",
  },
  resend_too_early: {
    retryable: true,
    blame: "caller",
    status: 409,
    says: "WhatsApp asks to wait before anybody sends this message again: not before details.until.",
  },
  resolve_impossible: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "Only a message of unknown fate is settled by hand: details.status says where it stands.",
  },
  merge_impossible: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "These guests cannot be merged, or not be taken apart: they are one already, or were not merged; details.mergedInto says with whom.",
  },
  department_unknown: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The hotel has no such department: take one of its list.",
  },
  busy: {
    retryable: true,
    blame: "storage",
    status: 503,
    says: "Others kept changing the same conversation: try again.",
  },
  window_closed: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "WhatsApp's service window is closed: the guest has to write first, or a template is needed.",
  },
  shortcut_taken: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "Another saved reply of this department, or of the whole hotel, has this shortcut: take another, or change that one.",
  },
  saved_reply_changed: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "Somebody else changed the saved reply meanwhile: read it again, and change it with its new version.",
  },
  placeholder_missing: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The saved reply has places without a value: details.missing names them.",
  },
  template_unknown: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The hotel's catalogue has no template of details.name in details.language: look at its name and language, or read the catalogue again.",
  },
  template_not_approved: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "WhatsApp does not send this template now (details.status): use another, or wait until Meta approves it.",
  },
  template_unsupported: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The template has parts that this release cannot fill in: details.components.",
  },
  template_parameters_wrong: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The template is filled in wrongly: details.what, details.wanted, details.given.",
  },
  marketing_stopped: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "The guest wants no offers from this hotel: send no marketing template until they say otherwise. Answers and what serves a stay may be sent.",
  },
  template_source_missing: {
    retryable: false,
    blame: "host",
    status: 409,
    says: "The templates cannot be read from WhatsApp: give the hotel its accountId and the desk a transport that reads templates (details.missing), or give the templates as JSON.",
  },
  template_list_failed: {
    retryable: true,
    blame: "whatsapp",
    status: 502,
    says: "WhatsApp did not hand over the list of templates, and nothing was changed: details.failure says why.",
  },
  payload_invalid: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The message breaks a WhatsApp limit: details.field, details.limit, details.actual.",
  },
  address_private: {
    retryable: true,
    blame: "host",
    status: 502,
    says: "The name resolves to an address that is not public, and nothing was sent there: look at the DNS, or set allowPrivate where this is meant.",
  },
  media_broken_off: {
    retryable: true,
    blame: "whatsapp",
    status: 502,
    says: "The file broke off on its way from WhatsApp: fetch it again, from its beginning.",
  },
  media_key_invalid: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The id is none that the desk makes for a file: take one of 1 to 128 letters, digits, - and _, and never a name.",
  },
  media_size_differs: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The file has another size than it was said to have, and nothing was stored: compare details.expected and details.actual, and store it again.",
  },
  media_range_invalid: {
    retryable: false,
    blame: "caller",
    status: 416,
    says: "The range begins behind the end of the file: details.sizeBytes.",
  },
  media_store_unavailable: {
    retryable: true,
    blame: "storage",
    status: 503,
    says: "The store of files could not do it, and nothing was changed: look at details.failure there (a full disk, rights, a bucket that is away).",
  },
  media_store_unsafe: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "Something stands in the folder of files that the store did not put there (details.what): nothing was read or written. Give the store a folder that nobody else writes to.",
  },
  media_transform_failed: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The picture could not be read, so no other was made of it: it is no picture, or broken; ask for another.",
  },
  scanner_unavailable: {
    retryable: true,
    blame: "host",
    status: 503,
    says: "The scanner could not be asked (details.failure), so the file is held back: look whether it runs. The file is scanned again.",
  },
  scanner_limit: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "The scanner does not take files of this size (details.sizeBytes), so the file is held back: raise its limit (StreamMaxLength of clamd) to the largest file that the hotel takes.",
  },
  media_store_missing: {
    retryable: false,
    blame: "host",
    status: 409,
    says: "The desk has no place for files: give it a media store.",
  },
  attachment_not_there: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "The file is not there to be opened or sent: details.state says what became of it, and details.reason why.",
  },
  file_refused: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "The file cannot be sent: details.reason says what is wrong with it. Nothing of it was kept.",
  },
  range_invalid: {
    retryable: false,
    blame: "caller",
    status: 416,
    says: "The range begins behind the file's end: ask for one within it, or for the whole file.",
  },
  hotels_unavailable: {
    retryable: true,
    blame: "host",
    status: 503,
    says: "The host's hotels port threw or took too long, and nothing it said lately is known: look there; what needs it is tried again.",
  },
  client_unsupported: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "enqueue() cannot write with this client: give one of the desk's own database (pg, Drizzle, Knex, Prisma, TypeORM) that is in your transaction, or null for none; a memory or embedded storage takes null alone.",
  },
  menu_invalid: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "The menu of a hotel (details.hotelId) names what there is not: details.path names the entry, details.what says what is wrong there.",
  },
  translator_failed: {
    retryable: true,
    blame: "host",
    status: 500,
    says: "The host's translator gave no translation, or not in time. It is asked again.",
  },
  number_unknown: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "No hotel has this WhatsApp number any more: give it to one again, or settle by hand what waits for it.",
  },
  flow_invalid: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "A flow is not well defined: details.flow and details.step name the place, details.what says what is wrong there.",
  },
  flow_unknown: {
    retryable: false,
    blame: "caller",
    status: 422,
    says: "There is no flow of this id that staff may begin: it needs the trigger staff().",
  },
  flow_running: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "The guest is on their way through a flow there already (details.flowId): stop that first.",
  },
  approval_over: {
    retryable: false,
    blame: "caller",
    status: 409,
    says: "This is not asked any more, or somebody decided otherwise (details.outcome): load the flow again and look.",
  },
  flow_version_gone: {
    retryable: false,
    blame: "host",
    status: 409,
    says: "No version of the flow (details.flowId, details.version) goes on with what is decided: answer the guest yourself, or deploy one that does.",
  },
  flow_version_newer: {
    retryable: true,
    blame: "host",
    status: 503,
    says: "A newer release began this run: a process of that release has to go on with it. It is tried again.",
  },
  flow_step_failed: {
    retryable: true,
    blame: "host",
    status: 500,
    says: "The host's function for a step of a flow threw, or did not answer in time. It is tried again.",
  },
  decision_failed: {
    retryable: true,
    blame: "host",
    status: 500,
    says: "A decision about a piece of work threw: look at the log; the work is tried again, then set aside, and can be replayed.",
  },
  internal: {
    retryable: false,
    blame: "host",
    status: 500,
    says: "Something unexpected happened: look for details.correlationId in the log, which says where.",
  },
} as const satisfies Record<string, ErrorInfo>;

/** The code of an error: docs/errors.md says of each what to do. */
export type ErrorCode = keyof typeof ERRORS;
/** Ids, numbers and codes about an error; never a guest's words, phone or a token. */
export type ErrorDetails = Readonly<Record<string, JsonValue>>;

const BRAND: unique symbol = Symbol.for("belldesk.ConversationError");

/** The only error this library throws on purpose. Branch on `code`, never on `message`. */
export class ConversationError extends Error {
  /** Said outright, as a bundler renames classes; and on the prototype, where a stack trace looks for it. */
  static override readonly name = "ConversationError";
  static {
    Object.defineProperty(this.prototype, "name", { value: this.name, configurable: true });
  }
  override readonly name = "ConversationError";
  readonly [BRAND] = true;
  readonly retryable: boolean;
  readonly blame: ErrorInfo["blame"];
  /** The HTTP status it is answered with. */
  readonly status: number;

  /** What to do next is the code's text. `details` holds ids, numbers and codes, never a guest's words. */
  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    const info = ERRORS[code];
    super(`${info.says} [${code}]`, options);
    this.retryable = info.retryable;
    this.blame = info.blame;
    this.status = info.status;
  }

  /** What to do next, without the code: `message` ends with it. */
  get says(): (typeof ERRORS)[ErrorCode]["says"] {
    return ERRORS[this.code].says;
  }

  /** True across duplicate copies of this package too: a host may load it as ESM and as CommonJS at once. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /** Whether `error` is one of this library's, also of another copy of it. */
  static is(error: unknown): error is ConversationError {
    return error instanceof ConversationError;
  }
}

/** The code of what was thrown, for logs and records: never its text, which may hold anything. */
export const codeOf = (error: unknown, otherwise = "internal"): string =>
  ConversationError.is(error) ? error.code : otherwise;
