import { readHotels, portOf, type HotelOptions } from "./config/hotel.js";
import { RolesSchema, Settings } from "./config/settings-schema.js";
import { check, DAY_MS, type Accepted, type Issue } from "./config/values.js";
import { BUILT_IN_ROLES, type Permission, type Roles } from "./domain/access.js";
import type { Retention } from "./domain/media-rules.js";
import type { PrunePolicy } from "./domain/privacy.js";
import type { Secret } from "./domain/secret.js";
import type { TemplateDefinition } from "./domain/template.js";
import { ConversationError } from "./errors.js";
import { processorsFlaw } from "./flow/processing.js";
import type { LiveLimits } from "./live/limits.js";
import type { MediaLimits } from "./media/limits.js";
import type { AuditAnchor } from "./ports/audit-anchor.js";
import type { GuestsPort } from "./ports/guests.js";
import type { HotelsPort } from "./ports/hotels.js";
import type { SharedLimits } from "./ports/limits.js";
import type { MediaStore } from "./ports/media-store.js";
import type { RoutingOptions } from "./ports/processor.js";
import type { Realtime } from "./ports/realtime.js";
import type { MediaScanner, MediaTransformer } from "./ports/scanner.js";
import type { Storage } from "./ports/storage.js";
import type { TasksPort } from "./ports/tasks.js";
import type { Translator } from "./ports/translator.js";
import type { Transport } from "./ports/transport.js";
import { templatesFromJson } from "./whatsapp/template-json.js";

/** What a role of the host's own may do. */
export type RoleOptions =
  | readonly Permission[]
  | {
      readonly permissions: readonly Permission[];
      /** Says that a built-in role of this name is meant to be another from now on. */
      readonly replaces: true;
    };

/** Everything that can be set besides the hotels. Times are in milliseconds. */
export interface SettingsOptions {
  /** How Meta's deliveries are proven and answered. */
  readonly webhook: {
    /** The Meta app's secrets. Several while one is rotated; one that is taken out counts no more at once. */
    readonly appSecrets: readonly (string | Secret)[];
    /** For Meta's handshake: at least 8 characters, hard to guess. */
    readonly verifyToken: string | Secret;
    /** Meta's id of the app, 1 to 32 digits: with it `doctor()` asks which webhook fields the app is subscribed to, and when tokens end. */
    readonly appId?: string;
    /** 2 s by default: Meta wants an answer within a second almost always; after this it is told to come again. */
    readonly deadlineMs?: number;
    /** 30 days by default: Meta redelivers for up to 7. An older item is stored and not acted upon. */
    readonly dedupRetentionMs?: number;
    /**
     * true by default: card numbers in texts, captions and forms' answers are masked but for six and four digits, and security codes beside
     * them whole, before anything is stored; in what the hotel sends and notes too. false keeps all as it was written, which is then the host's
     * to protect (PCI DSS).
     */
    readonly maskCardNumbers?: boolean;
  };
  /**
   * Seal the cursors of lists, so that nobody makes one up: the same in all processes. The first seals, each is accepted, so that
   * one can be rotated. 32 characters at least. Derived from the app secrets by default, which all processes have: then who is
   * turning pages while those are rotated may have to begin again.
   */
  readonly cursorSecrets?: readonly (string | Secret)[];
  /** How work is held, looked for and tried again. */
  readonly work?: {
    /** 8 s by default: how long a killed process's lanes stay with it. */
    readonly leaseMs?: number;
    /** 1 s by default: how late work that another process stored is found, while nothing else tells of it. */
    readonly pollMs?: number;
    /** Failures after which a piece of work is set aside as dead; 5 by default. */
    readonly attempts?: number;
    /** Back-off of failed work: 200 ms at first and 30 s at most by default. */
    readonly retryBaseMs?: number;
    /** The back-off at most: see retryBaseMs. */
    readonly retryCapMs?: number;
    /** Chats decided on at once by this process; 200 by default. */
    readonly inboundLanes?: number;
  };
  /** How fast messages leave, and what becomes of those that cannot. */
  readonly outbound?: {
    /**
     * Messages in this process's sockets at once; 50 by default. A tenth of these places, ten at most, is kept for urgent messages, and
     * as many for hotels that have little in hand, in a process that sends for several.
     */
    readonly concurrency?: number;
    /** Back-off of a send that was proven not to have happened: 1 s at first and 60 s at most by default. */
    readonly retryBaseMs?: number;
    /** The back-off at most: see retryBaseMs. */
    readonly retryCapMs?: number;
    /** 1 h by default: a message that could not be sent for so long fails visibly, and the next ones go on. */
    readonly maxAgeMs?: number;
    /**
     * 1 min by default: when WhatsApp refuses all that comes from a number (a token that has expired, an account that is
     * locked), its messages wait, and one at a time tries so often whether it still does.
     */
    readonly probeMs?: number;
    /** true by default: a guest is sent one message in six seconds, up to 20 ahead, as WhatsApp wants. */
    readonly paceGuests?: boolean;
  };
  /** Who takes guests' messages, in which order, and what of the host's is asked about them. */
  readonly routing?: RoutingOptions;
  /** How the `translator` is asked. */
  readonly translation?: {
    /** 10 s by default: an answer that takes longer has failed. */
    readonly deadlineMs?: number;
    /** 4 by default: failures after which a message says that there is no translation. */
    readonly attempts?: number;
    /** 5 by default: messages that this process has translated at once. */
    readonly concurrency?: number;
  };
  /** What live connections may take of this process. */
  readonly live?: Partial<LiveLimits>;
  /**
   * After how many days processes that work delete what is kept (`PrunePolicy`); nothing of what is left out. And how often they look: `pruneMs`, 1 h by default.
   * `everyMs`, 1 min by default, is how soon an erasure is gone on with that was broken off.
   */
  readonly retention?: PrunePolicy & { readonly everyMs?: number; readonly pruneMs?: number };
  /**
   * What is refused without being looked at (429, `too_many_requests`). A webhook that WhatsApp signed never is. null: nothing is.
   */
  readonly floods?: {
    /**
     * 60 by default: webhooks without a valid signature, and handshakes with a wrong token, that an address may send in a minute before
     * unsigned ones are refused unread. WhatsApp signs all of its own, so that these are scanners, or somebody who sets something up.
     */
    readonly unsignedPerMinute?: number | null;
    /**
     * 300 by default: requests of nobody who is signed in that an address may send in a minute before `authenticate` is not asked any
     * more. Twenty staff pages behind one address whose sessions have ended stay below it.
     */
    readonly unauthenticatedPerMinute?: number | null;
    /** 600 by default: commands of one principal in a minute, ten times what a person does. The host's own `system` has none. */
    readonly commandsPerMinute?: number | null;
  };
  /** What lists of conversations show, live ones too. */
  readonly lists?: {
    /**
     * 255 by default, which is the most: how many characters of a conversation's last message its line has, as a reader counts them
     * (graphemes). It is cut between them. What is stored stays as it is, so that another number holds at once, also for old conversations.
     */
    readonly previewGraphemes?: number;
  };
  /** The audit as a chain, for whoever has to prove it. */
  readonly audit?: AuditOptions;
  /** How answers of the host's own `hotels` and `guests` ports are remembered; hotels given as an array are not asked for. */
  readonly lookups?: {
    /** 5 s by default: a change in the host's tables is seen within this time. */
    readonly freshMs?: number;
    /** 1 h by default: while a port fails, what it said last counts for so long. At least `freshMs`. */
    readonly staleMs?: number;
    /** 1 s by default: an answer that takes longer has failed. Keep it below `webhook.deadlineMs`. */
    readonly deadlineMs?: number;
  };
}

/** How each hotel's audit is sealed, and where its end is kept. */
export interface AuditOptions {
  /** 10 s by default: how long what was done may be changed in the database before it shows. */
  readonly sealMs?: number;
  /** Where the ends of chains are kept, out of reach of whoever writes to the database. Without one, a chain that was cut or rewritten whole holds. */
  readonly anchor?: AuditAnchor;
}

/** Where files are kept, who looks at them first, how they are fetched, and how long they are kept. */
export interface MediaOptions {
  /** `localFiles({ folder })`, `s3Files(...)`, or a store of the host's: the same for all processes. */
  readonly store: MediaStore;
  /** Asks whether a file is malicious. What it has not said is clean is shown to nobody; without one nobody is asked. */
  readonly scanner?: MediaScanner;
  /** Takes out of pictures where they were taken, and makes small ones of them; without one they are shown as they came. */
  readonly transformer?: MediaTransformer;
  /** A folder of this machine for files on their way; the system's own by default. */
  readonly tempDir?: string;
  /** Bytes: what a hotel takes less of than WhatsApp gives; WhatsApp's own limits by default. */
  readonly limits?: Partial<MediaLimits>;
  /** MIME types (`MEDIA_TYPES`): no other is taken, from guests or from staff; all that can be looked into by default. */
  readonly types?: readonly string[];
  /**
   * Bytes that files may take: of a hotel in all, each file once (as many as come by default), and of a guest (1 GB by default). What is more is refused, and what the
   * guest wrote stands. null: as many as come.
   */
  readonly quotas?: { readonly hotelBytes?: number | null; readonly guestBytes?: number | null };
  /**
   * Days for which files are kept, by what they are kept for: `default` for those of no purpose (for good by default), `identity` (`"discard"` by default: until they have been
   * used, and a day at most), `quarantine` for what is shown to nobody (30 by default), and whatever purposes the host names besides. null: for good.
   */
  readonly retention?: Readonly<Record<string, Retention>>;
  /** Files that this process fetches at once; 8 by default. */
  readonly concurrency?: number;
  /** 10 min by default: a file that takes longer is tried again. */
  readonly deadlineMs?: number;
  /** 1,024 by default: a file that comes more slowly for a quarter of a minute is tried again. */
  readonly minBytesPerSecond?: number;
  /**
   * How often a file may come wrong, or too slowly, before it is given up; 8 by default. Whatever else keeps it away does not count: WhatsApp, or
   * your own scanner, store or disk, is waited for for a day, and a token or an account that has to be mended for seven.
   */
  readonly attempts?: number;
  /** Back-off of a file that could not be fetched: 2 s at first and 5 min at most by default. */
  readonly retryBaseMs?: number;
  /** The back-off at most: see retryBaseMs. */
  readonly retryCapMs?: number;
  /** 10 min by default: how late files are forgotten. */
  readonly sweepMs?: number;
}

export interface RequiredOptions extends SettingsOptions {
  readonly hotels: readonly HotelOptions[] | HotelsPort;
  readonly roles?: Readonly<Record<string, RoleOptions>>;
  readonly guests?: GuestsPort;
  readonly tasks?: TasksPort;
  readonly translator?: Translator;
  readonly storage: Storage;
  readonly transport: Transport;
  readonly realtime?: Realtime;
  readonly sharedLimits?: SharedLimits;
  readonly media?: MediaOptions;
}

/** @throws {ConversationError} `config_invalid` with every problem at once, each with its path */
export function readOptions(options: RequiredOptions) {
  const {
    hotels,
    roles: named,
    guests,
    tasks,
    storage,
    transport,
    realtime,
    sharedLimits,
    media,
    routing,
    translator,
    audit,
    ...rest
  } = options;
  const { processors, classify, ...routingSettings } = routing ?? {};
  const { store, scanner, transformer, tempDir, ...mediaSettings } = media ?? {};
  const { anchor, ...auditSettings } = audit ?? {};
  const issues: Issue[] = [];
  const given = { ...rest, media: mediaSettings, routing: routingSettings, audit: auditSettings };
  const settings = check(Settings, given satisfies Accepted<typeof Settings>, [], issues);
  const flaw = processors === undefined ? null : processorsFlaw(processors);
  if (flaw !== null) issues.push({ path: "routing.processors", message: flaw });
  if (classify !== undefined && typeof classify !== "function")
    issues.push({ path: "routing.classify", message: "a function" });
  // Where nobody is asked it says nothing. Another process would take the lane while this one still asks.
  const asks = processors !== undefined || classify !== undefined || guests !== undefined;
  if (asks && settings !== null && settings.routing.deadlineMs >= settings.work.leaseMs)
    issues.push({ path: "routing.deadlineMs", message: "less than work.leaseMs" });
  const isPort = can(hotels, "byNumber");
  const { dedupKeys } = settings?.retention ?? {};
  if (settings !== null && dedupKeys !== undefined && dedupKeys * DAY_MS < settings.webhook.dedupRetentionMs)
    issues.push({ path: "retention.dedupKeys", message: "not younger than webhook.dedupRetentionMs" });
  const listed = isPort ? [] : readHotels(hotels, issues);
  const known = isPort ? (hotels as HotelsPort) : listed && portOf(listed);
  if (isPort && !can(hotels, "byId")) issues.push({ path: "hotels", message: "a hotels port: byNumber and byId" });
  if (guests !== undefined && !can(guests, "find")) issues.push({ path: "guests", message: "a guests port: find" });
  if (tasks !== undefined && !can(tasks, "create")) issues.push({ path: "tasks", message: "a tasks port: create" });
  if (translator !== undefined && !can(translator, "translate"))
    issues.push({ path: "translator", message: "a translator: translate" });
  const roles = rolesOf(named ?? {}, issues);
  if (!can(storage, "open")) issues.push({ path: "storage", message: "a storage, such as postgresStorage(pool)" });
  if (!can(transport, "send")) issues.push({ path: "transport", message: "a transport, such as cloudApi()" });
  if (realtime !== undefined && !can(realtime, "hint"))
    issues.push({ path: "realtime", message: "a realtime, such as redisRealtime(redis)" });
  if (media !== undefined && !can(store, "put"))
    issues.push({ path: "media.store", message: "a media store, such as localFiles({ folder })" });
  if (scanner !== undefined && !can(scanner, "scan"))
    issues.push({ path: "media.scanner", message: "a scanner, such as clamd()" });
  if (transformer !== undefined && !can(transformer, "strip"))
    issues.push({ path: "media.transformer", message: "a transformer, such as sharpTransformer()" });
  if (anchor !== undefined && !can(anchor, "keep"))
    issues.push({ path: "audit.anchor", message: "an audit anchor, such as fileAnchor({ folder })" });
  if (sharedLimits !== undefined && !can(sharedLimits, "count"))
    issues.push({ path: "sharedLimits", message: "shared limits, such as redisLimits(redis)" });
  if (settings === null || listed === null || known === null || issues.length > 0)
    throw new ConversationError("config_invalid", { issues });
  return {
    settings,
    hotels: known,
    isPort,
    /** Those given as an array. */
    listed,
    roles,
    guests,
    translator: translator ?? null,
    routing: { ...(processors !== undefined && { processors }), ...(classify !== undefined && { classify }) },
    tasks: tasks ?? null,
    templates: templatesOf(hotels),
    storage,
    transport,
    realtime,
    sharedLimits,
    anchor: anchor ?? null,
    files:
      store === undefined
        ? null
        : {
            store,
            ...(scanner !== undefined && { scanner }),
            ...(transformer !== undefined && { transformer }),
            ...(tempDir !== undefined && { tempDir }),
          },
  };
}

/** The built-in roles and the host's own. A name that is built in has to say that it is meant: a typo would give rights. */
function rolesOf(named: Readonly<Record<string, RoleOptions>>, issues: Issue[]): Roles {
  const roles = new Map(BUILT_IN_ROLES);
  const own = check(RolesSchema, named satisfies Accepted<typeof RolesSchema>, ["roles"], issues) ?? {};
  for (const [name, role] of Object.entries(own)) {
    const isList = Array.isArray(role);
    if (BUILT_IN_ROLES.has(name) === isList) {
      const message = isList
        ? "is a built-in role: choose another name, or say { permissions, replaces: true }"
        : "replaces no built-in role: give the list of its permissions";
      issues.push({ path: `roles.${name}`, message });
    }
    roles.set(name, new Set(isList ? role : role.permissions));
  }
  return roles;
}

/** The templates that hotels given as an array bring along, by hotel. */
function templatesOf(hotels: readonly HotelOptions[] | HotelsPort): ReadonlyMap<string, readonly TemplateDefinition[]> {
  const written = can(hotels, "byNumber") ? [] : (hotels as readonly HotelOptions[]);
  return new Map(
    written.flatMap(({ id, templates }) =>
      templates === undefined ? [] : [[id, templatesFromJson(templates)] as const],
    ),
  );
}

const can = (port: unknown, verb: string): boolean =>
  typeof port === "object" && port !== null && typeof (port as Record<string, unknown>)[verb] === "function";
