import { z } from "zod";
import { CHOICES_MAX, keyOf } from "./decide/choices.js";
import { isLanguage } from "./decide/language.js";
import { ownMenuTexts, MENU_TEXTS } from "./decide/menu-texts.js";
import type { HotelStays } from "./domain/hotel-stays.js";
import { BUILT_IN_ROLES, PERMISSIONS, type Permission, type Roles } from "./domain/access.js";
import { DEFAULT_CLOCKS } from "./domain/clocks.js";
import {
  hoursProblems,
  openMillisBetween,
  timesProblems,
  WEEKDAYS,
  type DayHours,
  type OpeningHours,
  type Weekday,
} from "./domain/opening-hours.js";
import {
  UNROUTED_HOTEL_ID,
  type Assignment,
  type Department,
  type Hotel,
  type HotelClocks,
  type HotelMenu,
  type HotelNumber,
  type HotelTexts,
  type IdlePolicy,
  type MenuEntry,
  type ReadReceiptPolicy,
} from "./domain/hotel.js";
import { reveal, Secret, secret } from "./domain/secret.js";
import { isStaffId } from "./domain/principal.js";
import { NUMBER_PACE } from "./domain/sender.js";
import type { TemplateDefinition } from "./domain/template.js";
import type { PrunePolicy } from "./domain/privacy.js";
import { ConversationError } from "./errors.js";
import type { MediaLimits } from "./media/limits.js";
import { mediaLimits } from "./media/limits.js";
import type { MediaStore } from "./ports/media-store.js";
import type { MediaScanner, MediaTransformer } from "./ports/scanner.js";
import type { Retention } from "./decide/attachment.js";
import { LIVE_LIMITS, type LiveLimits } from "./live/limits.js";
import { processorsFlaw } from "./flow/processing.js";
import type { AuditAnchor } from "./ports/audit-anchor.js";
import type { GuestsPort } from "./ports/guests.js";
import type { HotelsPort } from "./ports/hotels.js";
import type { SharedLimits } from "./ports/limits.js";
import type { RoutingOptions } from "./ports/processor.js";
import type { Realtime } from "./ports/realtime.js";
import type { Storage } from "./ports/storage.js";
import type { TasksPort } from "./ports/tasks.js";
import type { Translator } from "./ports/translator.js";
import type { Transport } from "./ports/transport.js";
import { hintsFor } from "./settings-table.js";
import { StaysSchema } from "./stays-schema.js";
import { LIMITS } from "./whatsapp/limits.js";
import { templatesFromJson, type TemplatesJson } from "./whatsapp/template-json.js";

/** A hotel as the host describes it; what is left out has a default. */
export interface HotelOptions {
  /** 1 to 64 of a-z, 0-9, _ and -. */
  readonly id: string;
  /** For people; the id by default. */
  readonly name?: string;
  /** IANA, e.g. `"Europe/Rome"`. */
  readonly timeZone: string;
  /** At least one. */
  readonly numbers: readonly HotelNumber[];
  /**
   * Meta's id of the WhatsApp Business account (WABA), 1 to 32 digits. Set it when the account is this hotel's alone: what
   * WhatsApp says about the account then reaches this hotel. Without it, or when two hotels have the same, operators alone
   * hear of it; only what it says of a template reaches every hotel that has it.
   */
  readonly accountId?: string;
  /**
   * The account's message templates, in Graph's JSON or the array in it: what the desk knows before it has asked WhatsApp, whose word
   * counts more from then on. `start()` stores them.
   */
  readonly templates?: TemplatesJson;
  /**
   * 1 to 200, in the order in which the menu shows them. No two may have the same name, in any of their languages, however it
   * is typed.
   */
  readonly departments: readonly Department[];
  /** What a guest may choose from: departments and flows, in whose language, at which hours. The departments by default. */
  readonly menu?: HotelMenu;
  readonly clocks?: Partial<HotelClocks>;
  /** `"menu"` by default: a guest who comes back after the idle time is asked for a department again. */
  readonly onIdle?: IdlePolicy;
  /**
   * `"never"` by default: a blue tick says to a guest that somebody has seen to them. Whether it does when staff open a conversation, or
   * when they answer it, is the hotel's to promise, so that nothing is told until it says so.
   */
  readonly readReceipts?: ReadReceiptPolicy;
  /** What the desk says by itself; by default English, and the menu in `language` where the desk speaks that. */
  readonly texts?: Partial<HotelTexts>;
  /** `"none"` by default: conversations wait until one of staff takes them. A department may have its own. */
  readonly assignment?: Assignment;
  /**
   * When staff are there, by the hotel's zone: always by default. A department may have its own. Guests who write while it is closed are
   * told when it opens (`texts.away`), once, and the times of first responses and resolutions pause.
   */
  readonly hours?: OpeningHours;
  /** When nothing is sent by itself that no guest waits for, every day: none by default. They leave an hour of the day at least. */
  readonly quietHours?: DayHours;
  /** BCP 47: into what guests' words are translated for staff, where there is a `translator`; `language` by default. */
  readonly staffLanguage?: string;
  /** BCP 47: in which `texts` and labels are, and times are written into them. `"en"` by default. */
  readonly language?: string;
  /** What the desk says by itself about stays, by what the hotel's own system tells (`pms.apply`): nothing by default. */
  readonly stays?: HotelStays;
}

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
     * them whole, before anything is stored. false keeps what guests write as it came, which is then the host's to protect (PCI DSS).
     */
    readonly maskCardNumbers?: boolean;
  };
  /**
   * Seal the cursors of lists, so that nobody makes one up: the same in all processes. The first seals, each is accepted, so that
   * one can be rotated. 32 characters at least. Derived from the app secrets by default, which all processes have: then who is
   * turning pages while those are rotated may have to begin again.
   */
  readonly cursorSecrets?: readonly (string | Secret)[];
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
  readonly outbound?: {
    /** Messages in this process's sockets at once; 50 by default. */
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
  /** Failures after which a file is given up; 8 by default. Not counted while a token or an account has to be mended. */
  readonly attempts?: number;
  /** Back-off of a file that could not be fetched: 2 s at first and 5 min at most by default. */
  readonly retryBaseMs?: number;
  /** The back-off at most: see retryBaseMs. */
  readonly retryCapMs?: number;
  /** 10 min by default: how late files are forgotten. */
  readonly sweepMs?: number;
}

export type Settings = z.output<typeof Settings>;

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

/** Hotels given as an array, made into the port that everything asks. @throws {ConversationError} `config_invalid` */
export function staticHotels(options: readonly HotelOptions[]): HotelsPort {
  const issues: Issue[] = [];
  const hotels = readHotels(options satisfies Accepted<typeof Hotels>, issues);
  if (hotels === null) throw new ConversationError("config_invalid", { issues });
  return portOf(hotels);
}

/**
 * A hotel as the desk wants it, of what the host keeps about it: checked, and with every default. For a hotels port.
 * @throws {ConversationError} `config_invalid` with every problem at once, each with its path
 */
export function completeHotel(options: HotelOptions): Hotel {
  const issues: Issue[] = [];
  const hotel = check(HotelSchema, options satisfies Accepted<typeof HotelSchema>, [], issues);
  if (hotel === null) throw new ConversationError("config_invalid", { issues });
  return hotelOf(hotel);
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

const readHotels = (options: unknown, issues: Issue[]): readonly Hotel[] | null =>
  check(Hotels, options, ["hotels"], issues)?.map(hotelOf) ?? null;

function portOf(hotels: readonly Hotel[]): HotelsPort {
  const byId = new Map(hotels.map((hotel) => [hotel.id, hotel]));
  const owners = new Map(hotels.flatMap(({ id, numbers }) => numbers.map(({ phoneNumberId }) => [phoneNumberId, id])));
  const byAccount = new Map<string, string | null>();
  for (const { id, accountId } of hotels)
    if (accountId !== undefined) byAccount.set(accountId, byAccount.has(accountId) ? null : id);
  return {
    byId: (id) => Promise.resolve(byId.get(id) ?? null),
    byNumber: (phoneNumberId) => Promise.resolve(byId.get(owners.get(phoneNumberId) ?? "") ?? null),
    byAccount: (accountId) => Promise.resolve(byId.get(byAccount.get(accountId) ?? "") ?? null),
    rotateToken(phoneNumberId, accessToken) {
      const hotel = byId.get(owners.get(phoneNumberId) ?? "");
      if (hotel === undefined) return Promise.resolve();
      const numbers = hotel.numbers.map((number) =>
        number.phoneNumberId === phoneNumberId ? { ...number, accessToken: secret(accessToken) } : number,
      );
      byId.set(hotel.id, { ...hotel, numbers });
      return Promise.resolve();
    },
    inAccount: (accountId) => Promise.resolve([...byId.values()].filter((hotel) => hotel.accountId === accountId)),
  };
}

const hotelOf = ({
  name,
  departments,
  accountId,
  assignment,
  hours,
  quietHours,
  menu,
  texts,
  stays,
  staffLanguage,
  templates: _templates,
  ...hotel
}: z.output<typeof HotelSchema>): Hotel => ({
  ...hotel,
  texts: textsOf(texts, hotel.language),
  ...(menu !== undefined && { menu: menuOf(menu) }),
  ...(staffLanguage !== undefined && { staffLanguage }),
  ...(accountId !== undefined && { accountId }),
  ...(assignment !== undefined && { assignment }),
  ...(hours !== undefined && { hours: hoursOf(hours) }),
  ...(quietHours !== undefined && { quietHours }),
  ...(stays !== undefined && { stays }),
  name: name ?? hotel.id,
  departments: departments.map(({ names, description, assignment: own, hours: there, away, ...department }) => ({
    ...department,
    ...(own !== undefined && { assignment: own }),
    ...(there !== undefined && { hours: hoursOf(there) }),
    ...(away !== undefined && { away }),
    ...(names !== undefined && { names }),
    ...(description !== undefined && { description }),
  })),
});

function textsOf(
  { menu, menuAgain, menuButton, menuClosed, ...texts }: z.output<typeof Texts>,
  language: string,
): HotelTexts {
  const own = ownMenuTexts(language) ?? MENU_TEXTS.en;
  return {
    ...texts,
    menu: menu ?? own.menu,
    menuAgain: menuAgain ?? own.menuAgain,
    menuButton: menuButton ?? own.menuButton,
    menuClosed: menuClosed ?? own.menuClosed,
  };
}

function menuOf({ entries, texts, whenClosed }: z.output<typeof MenuSchema>): HotelMenu {
  const entryOf = ({ shown, ...entry }: z.output<typeof EntrySchema>): MenuEntry =>
    ({ ...present<unknown>(entry), ...(shown !== undefined && { shown: hoursOf(shown) }) }) as MenuEntry;
  return {
    ...(entries !== undefined && { entries: entries.map(entryOf) }),
    ...(whenClosed !== undefined && { whenClosed }),
    ...(texts !== undefined && {
      texts: Object.fromEntries(Object.entries(texts).map(([tag, own]) => [tag, present(own)])),
    }),
  };
}

const hoursOf = ({ week, holidays }: z.output<typeof HoursSchema>): OpeningHours => ({
  week: Array.isArray(week) ? week : present(week),
  ...(holidays !== undefined && { holidays }),
});

/** Without the members that say nothing. */
const present = <T>(record: Readonly<Record<string, T | undefined>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(record).filter((member): member is [string, T] => member[1] !== undefined));

/** Where, what is wrong, and what fits there: never what was given, which may be a secret. */
interface Issue {
  readonly [member: string]: string;
  readonly path: string;
  readonly message: string;
}

/** @returns null when there were problems, which are added to `issues` */
function check<T>(schema: z.ZodType<T>, value: unknown, at: readonly string[], issues: Issue[]): T | null {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const hints = hintsFor(schema);
  for (const { path, message } of result.error.issues)
    issues.push({ path: [...at, ...path].map(String).join("."), message, ...hints(path) });
  return null;
}

const can = (port: unknown, verb: string): boolean =>
  typeof port === "object" && port !== null && typeof (port as Record<string, unknown>)[verb] === "function";

/** What a schema takes: the compiler holds the options above to it. */
type Accepted<Schema extends z.ZodType> = DeepReadonly<z.input<Schema>>;
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

const Id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit");
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.trim() !== "", "must say something");
/** From here on it is a `Secret`, whichever it was given. */
const secretText = (min: number, message: string) =>
  z
    .custom<string | Secret>(
      (value) => (typeof value === "string" || Secret.is(value)) && reveal(value).length >= min,
      message,
    )
    .transform(secret);
const ms = (min: number, max: number) => z.int().min(min).max(max);
const count = ms;

/** Ours: one short answer, not a page of terms. UTF-16 units. */
const [CONSENT_TEXT_MAX, AWAY_TEXT_MAX] = [1024, 1024];
/** Ours: with a time of up to 40 in it, it fits a row's description. UTF-16 units. */
const MENU_CLOSED_MAX = 32;

const isFunction = (value: unknown): boolean => typeof value === "function";
const AssignmentSchema = z.custom<Assignment>(
  (value) => value === "none" || isFunction(value) || AssignmentRuleSchema.safeParse(value).success,
  `"none", a function, or { rule: "roundRobin" or "leastBusy", staff: ids or a function }`,
);
const AssignmentRuleSchema = z.strictObject({
  rule: z.enum(["roundRobin", "leastBusy"]),
  staff: z.union([z.array(z.custom<string>(isStaffId)), z.custom<object>(isFunction)]),
});

/** Ours: nobody is there in more stretches of a day, and no hotel differs on more days. */
const [TIMES_MAX, HOLIDAYS_MAX] = [12, 400];
const DayHoursSchema = z.array(z.string()).max(TIMES_MAX);
const HoursSchema = z
  .strictObject({
    week: z.union([DayHoursSchema, z.strictObject(dayOptions(DayHoursSchema.optional()))]),
    holidays: z
      .record(z.string(), DayHoursSchema)
      .refine((days) => Object.keys(days).length <= HOLIDAYS_MAX, `${String(HOLIDAYS_MAX)} days at most`)
      .optional(),
  })
  .superRefine((hours, context) => {
    for (const { path, message } of hoursProblems(hoursOf(hours)))
      context.addIssue({ code: "custom", path: [...path], message });
  });
const QuietHoursSchema = DayHoursSchema.superRefine((times, context) => {
  for (const { path, message } of timesProblems(times)) context.addIssue({ code: "custom", path: [...path], message });
  // Nothing would ever be sent.
  if (openMillisBetween({ week: times }, "UTC", new Date(0), new Date(DAY_MS)) > DAY_MS - HOUR_MS)
    context.addIssue({ code: "custom", message: "leave an hour of the day at least" });
});

const byLanguage = <T extends z.ZodType>(what: T) =>
  z
    .record(z.string(), what)
    .refine((by) => Object.keys(by).every(isLanguage), "each by a BCP 47 language tag such as it or pt-BR");

const DepartmentSchema = z.strictObject({
  id: Id,
  /** Has to fit a WhatsApp button. */
  name: text(LIMITS.buttonTitle),
  names: byLanguage(text(200)).optional(),
  description: text(LIMITS.rowDescription).optional(),
  assignment: AssignmentSchema.optional(),
  hours: HoursSchema.optional(),
  away: text(AWAY_TEXT_MAX).optional(),
});

const NumberSchema = z.strictObject({
  phoneNumberId: z.string().regex(/^\d{1,32}$/, "Meta's id of the number: digits only, not the phone number itself"),
  accessToken: secretText(1, "a Graph API token: not empty"),
  messagesPerSecond: z.number().min(0.1).max(10_000).nullable().default(NUMBER_PACE.usual),
});

const Clocks = z.strictObject({
  conversationIdleMs: ms(60_000, 365 * DAY_MS).default(DEFAULT_CLOCKS.conversationIdleMs),
  menuRepromptMs: ms(1_000, DAY_MS).default(DEFAULT_CLOCKS.menuRepromptMs),
  flowStepMs: ms(1_000, 30 * DAY_MS).default(DEFAULT_CLOCKS.flowStepMs),
});

const MenuTextsShape = {
  menu: text(LIMITS.buttonBody).optional(),
  menuAgain: text(LIMITS.buttonBody).optional(),
  menuButton: text(LIMITS.listButton).optional(),
  menuClosed: text(MENU_CLOSED_MAX).optional(),
};

const anyEntry = {
  labels: byLanguage(text(200)).optional(),
  description: text(LIMITS.rowDescription).optional(),
  descriptions: byLanguage(text(LIMITS.rowDescription)).optional(),
  shown: HoursSchema.optional(),
};
const WhenClosed = z.enum(["shown", "hidden"]);
const EntrySchema = z.union(
  [
    z.strictObject({ ...anyEntry, departmentId: Id, label: text(200).optional(), whenClosed: WhenClosed.optional() }),
    z.strictObject({ ...anyEntry, flowId: Id, label: text(200) }),
  ],
  "an entry names a departmentId, or a flowId and its label; besides labels, description, descriptions, shown, and of a department whenClosed",
);
const MenuSchema = z.strictObject({
  entries: z.array(EntrySchema).min(1).max(CHOICES_MAX).optional(),
  whenClosed: WhenClosed.optional(),
  texts: byLanguage(z.strictObject(MenuTextsShape)).optional(),
});

const Texts = z.strictObject({
  ...MenuTextsShape,
  rating: text(LIMITS.buttonBody).default("How was it? One star is bad, five are very good."),
  ratingButton: text(LIMITS.listButton).default("Rate"),
  consentStopped: text(CONSENT_TEXT_MAX).default(
    "You will get no more offers from us here. Write to us whenever you need us, and START to get offers again.",
  ),
  consentResumed: text(CONSENT_TEXT_MAX).default("You will get our offers again. Write STOP to end them."),
  away: text(AWAY_TEXT_MAX).default("We have your message, and are closed at the moment. We open again: {opens}"),
  awayForLong: text(AWAY_TEXT_MAX).default(
    "We have your message, and are closed at the moment. We answer when we are back.",
  ),
});

const timeZones = z.string().refine(isTimeZone, "an IANA time zone such as Europe/Rome");

export const HotelSchema = z
  .strictObject({
    id: Id.refine((id) => id !== UNROUTED_HOTEL_ID, `"${UNROUTED_HOTEL_ID}" is reserved for what belongs to no hotel`),
    name: text(200).optional(),
    timeZone: timeZones,
    numbers: z.array(NumberSchema).min(1),
    accountId: z
      .string()
      .regex(/^\d{1,32}$/, "Meta's id of the WhatsApp Business account: digits only")
      .optional(),
    templates: z.custom<TemplatesJson>().superRefine(checkTemplates).optional(),
    departments: z.array(DepartmentSchema).min(1).max(CHOICES_MAX),
    menu: MenuSchema.optional(),
    clocks: Clocks.prefault({}),
    onIdle: z.enum(["menu", "continue"]).default("menu"),
    readReceipts: z.enum(["whenRead", "whenAnswered", "never"]).default("never"),
    texts: Texts.prefault({}),
    assignment: AssignmentSchema.optional(),
    hours: HoursSchema.optional(),
    quietHours: QuietHoursSchema.optional(),
    stays: StaysSchema.optional(),
    staffLanguage: z.string().refine(isLanguage, "a BCP 47 language tag such as it or pt-BR").optional(),
    language: z.string().refine(isLanguage, "a BCP 47 language tag such as it or pt-BR").default("en"),
  })
  .refine(({ departments }) => unique(departments.map(({ id }) => id)), "two departments have the same id")
  .refine(
    ({ departments, stays }) =>
      ((stays as HotelStays | undefined)?.messages ?? []).every(
        ({ department }) => department === undefined || departments.some(({ id }) => id === department),
      ),
    { path: ["stays", "messages"], message: "a message comes from a department that there is not" },
  )
  .refine(
    ({ departments }) =>
      unique(departments.flatMap(({ name, names = {} }) => [...new Set([name, ...Object.values(names)].map(keyOf))])),
    "two departments have the same name, or names that cannot be told apart when they are typed, in one language or another",
  )
  .superRefine(({ departments, menu }, context) => {
    const known = new Map(departments.map((department) => [department.id, department]));
    const called = new Map<string, number>();
    for (const [index, entry] of (menu?.entries ?? []).entries()) {
      const wrong = (member: string, message: string): void => {
        context.addIssue({ code: "custom", path: ["menu", "entries", index, member], message });
      };
      const isFlow = "flowId" in entry;
      const department = isFlow ? undefined : known.get(entry.departmentId);
      if (!isFlow && department === undefined) wrong("departmentId", "names no department of the hotel");
      const same = menu?.entries?.findIndex((other) =>
        isFlow
          ? "flowId" in other && other.flowId === entry.flowId
          : "departmentId" in other && other.departmentId === entry.departmentId,
      );
      if (same !== index) {
        wrong(isFlow ? "flowId" : "departmentId", "is in the menu twice");
        continue;
      }
      const names = department === undefined ? [] : [department.name, ...Object.values(department.names ?? {})];
      for (const name of [
        ...(entry.label === undefined ? [] : [entry.label]),
        ...Object.values(entry.labels ?? {}),
        ...names,
      ]) {
        const other = called.get(keyOf(name)) ?? index;
        if (other !== index) wrong("label", "is what another entry is called, in one language or another");
        called.set(keyOf(name), other);
      }
    }
  });

const Permissions = z.array(z.enum(PERMISSIONS, "no permission of the desk"));
const RolesSchema = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "1 to 64 of a-z, A-Z, 0-9, _ and -, beginning with a letter"),
  z.union([Permissions, z.strictObject({ permissions: Permissions, replaces: z.literal(true) })]),
);

const Hotels = z
  .array(HotelSchema)
  .min(1)
  .refine((hotels) => unique(hotels.map(({ id }) => id)), "two hotels have the same id")
  .refine(
    (hotels) => unique(hotels.flatMap(({ numbers }) => numbers.map(({ phoneNumberId }) => phoneNumberId))),
    "a WhatsApp number belongs to two hotels",
  );

const perMinute = z.int().min(1).max(1_000_000).nullable();

export const Settings = z.strictObject({
  webhook: z.strictObject({
    appSecrets: z.array(secretText(8, "an app secret: at least 8 characters")).min(1),
    verifyToken: secretText(8, "at least 8 characters, hard to guess"),
    appId: z
      .string()
      .regex(/^\d{1,32}$/, "Meta's id of the app: digits only")
      .optional(),
    deadlineMs: ms(100, 30_000).default(2_000),
    dedupRetentionMs: ms(8 * DAY_MS, 365 * DAY_MS).default(30 * DAY_MS),
    maskCardNumbers: z.boolean().default(true),
  }),
  cursorSecrets: z.array(secretText(32, "at least 32 characters, hard to guess")).min(1).optional(),
  work: z
    .strictObject({
      leaseMs: ms(1_000, 300_000).default(8_000),
      pollMs: ms(10, 60_000).default(1_000),
      attempts: z.int().min(1).max(100).default(5),
      retryBaseMs: ms(1, 60_000).default(200),
      retryCapMs: ms(1, 3_600_000).default(30_000),
      inboundLanes: z.int().min(1).max(10_000).default(200),
    })
    .prefault({}),
  outbound: z
    .strictObject({
      concurrency: z.int().min(1).max(1_000).default(50),
      retryBaseMs: ms(1, 60_000).default(1_000),
      retryCapMs: ms(1, 3_600_000).default(60_000),
      maxAgeMs: ms(1_000, DAY_MS).default(3_600_000),
      probeMs: ms(100, 3_600_000).default(60_000),
      paceGuests: z.boolean().default(true),
    })
    .prefault({}),
  translation: z
    .strictObject({
      deadlineMs: ms(100, 300_000).default(10_000),
      attempts: z.int().min(1).max(100).default(4),
      concurrency: count(1, 100).default(5),
    })
    .prefault({}),
  routing: z
    .strictObject({
      minConfidence: z.number().min(0).max(1).default(0.5),
      deadlineMs: ms(10, 60_000).default(2_000),
      concurrency: z.int().min(1).max(1_000).default(20),
    })
    .prefault({}),
  media: z
    .strictObject({
      limits: z
        .strictObject(
          Object.fromEntries(
            Object.entries<number>({ ...mediaLimits }).map(([name, most]) => [
              name,
              z.int().min(1).max(most).optional(),
            ]),
          ),
        )
        .default({}),
      quotas: z
        .strictObject({
          hotelBytes: z.int().min(0).nullable().default(null),
          guestBytes: z.int().min(0).nullable().default(1_000_000_000),
        })
        .prefault({}),
      retention: z
        .record(
          z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/),
          z.union([z.literal("discard"), z.number().min(0).max(36_500), z.null()]),
        )
        .default({}),
      concurrency: count(1, 100).default(8),
      deadlineMs: ms(1_000, 3_000_000).default(600_000),
      minBytesPerSecond: z.int().min(1).max(1_000_000_000).default(1_024),
      attempts: z.int().min(1).max(100).default(8),
      retryBaseMs: ms(1, 3_600_000).default(2_000),
      retryCapMs: ms(1, DAY_MS).default(300_000),
      sweepMs: ms(100, DAY_MS).default(600_000),
    })
    .prefault({}),
  retention: z
    .strictObject({
      // Erasures that were broken off are gone on with a minute later; what is too old is looked for once an hour.
      everyMs: ms(100, DAY_MS).default(60_000),
      pruneMs: ms(100, 30 * DAY_MS).default(3_600_000),
      webhookAttempts: count(1, 36_500).optional(),
      dedupKeys: count(1, 36_500).optional(),
      events: count(1, 36_500).optional(),
      conversations: count(1, 36_500).optional(),
      auditEntries: count(1, 36_500).optional(),
      deadWork: count(1, 36_500).optional(),
      timings: count(1, 36_500).optional(),
      stays: count(1, 36_500).optional(),
      erasures: count(1, 36_500).optional(),
    })
    .prefault({}),
  live: z
    .strictObject({
      helloMs: ms(100, 60_000).default(LIVE_LIMITS.helloMs),
      authenticateMs: ms(100, 60_000).default(LIVE_LIMITS.authenticateMs),
      pingMs: ms(100, 300_000).default(LIVE_LIMITS.pingMs),
      idleMs: ms(1_000, DAY_MS).default(LIVE_LIMITS.idleMs),
      frameBytes: count(1_024, 1_048_576).default(LIVE_LIMITS.frameBytes),
      framesPerSecond: count(1, 10_000).default(LIVE_LIMITS.framesPerSecond),
      framesAtOnce: count(1, 10_000).default(LIVE_LIMITS.framesAtOnce),
      commandsWaiting: count(1, 1_000).default(LIVE_LIMITS.commandsWaiting),
      connectionsPerPrincipal: count(1, 10_000).default(LIVE_LIMITS.connectionsPerPrincipal),
      waitingPerIp: count(1, 100_000).default(LIVE_LIMITS.waitingPerIp),
      waitingPerProxy: count(1, 1_000_000).default(LIVE_LIMITS.waitingPerProxy),
      queueBytes: count(65_536, 67_108_864).default(LIVE_LIMITS.queueBytes),
      stallMs: ms(100, 60_000).default(LIVE_LIMITS.stallMs),
      pollMs: ms(10, 60_000).default(LIVE_LIMITS.pollMs),
      revocationsMs: ms(10, 10_000).default(LIVE_LIMITS.revocationsMs),
      catchUpEvents: count(1, 1_000_000).default(LIVE_LIMITS.catchUpEvents),
      admitted: count(1, 1_000).default(LIVE_LIMITS.admitted),
      waiting: count(1, 1_000_000).default(LIVE_LIMITS.waiting),
      recentBytes: count(0, 268_435_456).default(LIVE_LIMITS.recentBytes),
    })
    .prefault({}),
  floods: z
    .strictObject({
      unsignedPerMinute: perMinute.default(60),
      unauthenticatedPerMinute: perMinute.default(300),
      commandsPerMinute: perMinute.default(600),
    })
    .prefault({}),
  audit: z.strictObject({ sealMs: ms(100, 3_600_000).default(10_000) }).prefault({}),
  lookups: z
    .strictObject({
      freshMs: ms(1, 300_000).default(5_000),
      staleMs: ms(1, 7 * DAY_MS).default(3_600_000),
      deadlineMs: ms(10, 30_000).default(1_000),
    })
    .refine(({ freshMs, staleMs }) => staleMs >= freshMs, { path: ["staleMs"], message: "at least freshMs" })
    .prefault({}),
});

function checkTemplates(json: unknown, context: z.RefinementCtx): void {
  if (json === undefined) return;
  try {
    templatesFromJson(json);
  } catch (error) {
    if (!ConversationError.is(error)) throw error;
    for (const { path, message } of error.details["issues"] as unknown as readonly Issue[])
      context.addIssue({ code: "custom", path: path === "" ? [] : [path], message });
  }
}

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

function dayOptions<T>(hours: T): Record<Weekday, T> {
  return Object.fromEntries(WEEKDAYS.map((day) => [day, hours])) as Record<Weekday, T>;
}

function isTimeZone(zone: string): boolean {
  try {
    Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
