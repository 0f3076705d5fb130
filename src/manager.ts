import { readOptions, type MediaOptions, type RoleOptions, type SettingsOptions } from "./config.js";
import type { Settings } from "./config/settings-schema.js";
import type { HotelOptions } from "./config/hotel.js";
import type { Health } from "./decide/health.js";
import type { Roles } from "./domain/access.js";
import type { ConsumerPlace } from "./domain/consumer.js";
import type { DeskEvent } from "./domain/event.js";
import type { Finding } from "./domain/finding.js";
import type { FlowRun } from "./domain/flow-run.js";
import type { Hotel } from "./domain/hotel.js";
import { reveal, secret, type Secret } from "./domain/secret.js";
import { flawOf, type Principal } from "./domain/principal.js";
import type { WorkKind } from "./domain/work.js";
import { codeOf, ConversationError } from "./errors.js";
import { failpoint } from "./failpoints.js";
import { flowBook, type FlowBook } from "./flow/book.js";
import { menuProblems } from "./flow/menu.js";
import type { Flow } from "./flow/types.js";
import { Hub } from "./live/hub.js";
import type { Live } from "./live/socket.js";
import type { AuditAnchor } from "./ports/audit-anchor.js";
import { systemClock } from "./ports/clock.js";
import type { GuestsPort } from "./ports/guests.js";
import type { HotelsPort } from "./ports/hotels.js";
import type { SharedLimits } from "./ports/limits.js";
import { timeOrderedIds, type Ids } from "./ports/ids.js";
import { deskLogger } from "./ports/log-fields.js";
import { silentLogger, type DeskLogger, type Logger } from "./ports/logger.js";
import type { HostClient } from "./ports/host-client.js";
import { systemRandom, type Random } from "./ports/random.js";
import type { RevokedPrincipal } from "./ports/live-storage.js";
import type { Realtime, RealtimeListener } from "./ports/realtime.js";
import type { Storage } from "./ports/storage.js";
import { guarded, type Telemetry } from "./ports/telemetry.js";
import type { TasksPort } from "./ports/tasks.js";
import type { Translator } from "./ports/translator.js";
import type { Transport } from "./ports/transport.js";
import type { Consumer, ConsumeOptions, EventHandler } from "./runtime/consume.js";
import { consumers, type Consumers } from "./runtime/consumers.js";
import { alarmedTransport } from "./runtime/alarmed-transport.js";
import { auditSeal, type AuditSeal } from "./runtime/audit-seal.js";
import { openLink } from "./runtime/attachment-desk.js";
import type { PmsEvent } from "./runtime/pms-event.js";
import type { Desk } from "./runtime/desk-api.js";
import type { PmsAnswer, OpenedFile, OpenOptions } from "./runtime/desk-shapes.js";
import { sealedCursors, type Cursors } from "./runtime/cursor.js";
import { deskFor, type DeskOptions } from "./runtime/desk.js";
import { floods, type Floods } from "./runtime/floods.js";
import { cachedHotels, findGuest, type CachedHotels, type FindGuest } from "./runtime/host-ports.js";
import { commandOf, type Intent } from "./runtime/intent.js";
import { leaseKeeper, type LeaseKeeper } from "./runtime/lease-keeper.js";
import { listeners, type EventListener, type EventName, type Listeners } from "./runtime/listeners.js";
import { deskLoops, type Loops } from "./runtime/loops.js";
import { mediaDesk, type MediaDesk } from "./runtime/media-work.js";
import { mediaSweep, type MediaSweep } from "./runtime/media-sweep.js";
import { policyOf } from "./domain/privacy.js";
import { privacySweep, type PrivacySweep } from "./runtime/privacy-sweep.js";
import { receipts, type Receipts } from "./runtime/receipts.js";
import { realtimeOver } from "./runtime/realtime-over.js";
import { flowEndpoint, type FlowEndpoint, type FlowEndpointOptions } from "./runtime/flow-endpoint.js";
import { formTokens, isFormLive } from "./runtime/flow-forms.js";
import { sealFlowToken, type FlowTokenOf } from "./runtime/flow-token.js";
import { doctor, type DoctorOptions } from "./runtime/doctor.js";
import { health } from "./runtime/health.js";
import { receiver, type WebhookAnswer, type WebhookDelivery } from "./runtime/receive.js";
import { handOverStrays, strayRuns } from "./runtime/stray-runs.js";
import { putFile } from "./runtime/template-desk.js";
import { underway } from "./runtime/underway.js";
import { watchedReceive, watchedStorage, watchedTransport, watchGauges } from "./runtime/watching.js";
import { timeOf } from "./runtime/storage-clock.js";
import { maskedStorage } from "./runtime/masking.js";
import type { Wake } from "./runtime/wake.js";
import { whereFrom } from "./runtime/where-from.js";
import { answerChallenge, type ChallengeAnswer } from "./whatsapp/challenge.js";

export interface ConversationManagerOptions extends SettingsOptions {
  /** The hotels, or a port to where the host keeps them. */
  readonly hotels: readonly HotelOptions[] | HotelsPort;
  /** Roles of the host's own beside the built-in ones, each with what it may do: `{ nightPorter: ["conversation.list"] }`. */
  readonly roles?: Readonly<Record<string, RoleOptions>>;
  /** What guests may walk through by themselves; several versions of one id may stand beside one another. */
  readonly flows?: readonly Flow[];
  /** Who guests are by the host's own books, for staff to see. */
  readonly guests?: GuestsPort;
  /** The hotel's own system for what guests want done; without it requests stand in the desk alone. */
  readonly tasks?: TasksPort;
  /** Puts what guests write into the staff's language, beside it. Without one nothing is translated. */
  readonly translator?: Translator;
  /** Where everything is kept: `postgresStorage(pool)`, `embeddedStorage(...)`, in tests `memoryStorage()`. */
  readonly storage: Storage;
  /** What carries messages to guests: `cloudApi()`, or one of your own. */
  readonly transport: Transport;
  /** Tells the desk's other processes at once what they would find by polling. Without one each is alone. */
  readonly realtime?: Realtime;
  /** Counts for all processes together what `floods` limits. Without one each counts by itself. */
  readonly sharedLimits?: SharedLimits;
  /**
   * Where the files of guests are kept; without it none is fetched, and staff see of each that it is not there. The same in all processes that work.
   */
  readonly media?: MediaOptions;
  /** Nothing is logged without one. Its lines hold what `LOG_FIELDS` lists, and nothing else. */
  readonly logger?: Logger;
  /** Counts and times what the desk does; nothing is without one. */
  readonly telemetry?: Telemetry;
  /** Makes ids; time-ordered UUIDs by default. */
  readonly ids?: Ids;
  /** Spreads retries in time; `Math.random` by default. */
  readonly random?: Random;
}

/** What this process does. */
export interface StartOptions {
  /** false makes a process that only receives and serves; others do the work. Default true. */
  readonly work?: boolean;
  /** Whether to bring the schema up to date, which needs rights that a production database user should not have. Default false. */
  readonly migrate?: boolean;
}

/** Which number gets another access token. */
export interface TokenRotation {
  readonly phoneNumberId: string;
  /** The new one; left out when the host's own hotels port answers it already. */
  readonly accessToken?: string | Secret;
}

/** Milliseconds for which a process that could not store a webhook says so: long enough to be seen, and it gets the next chance soon. */
const UNSTORED_MS = 10_000;
/** Milliseconds for which `stop()` waits for what was asked of the desk: a command takes some; a file of staff's comes as slowly as it likes. */
const VERBS_MS = 5_000;

/** Work that a process is told of by those that do none; other kinds can wait for the next look. */
const TOLD: readonly WorkKind[] = ["inbound", "outbound", "command"];

/**
 * The desk between a hotel's guests on WhatsApp and its staff. Owns no connection and no server: the host hands it a
 * storage and a transport, passes webhooks in, and asks for the desk of whoever signed in.
 */
export class ConversationManager {
  readonly logger: DeskLogger;
  /** Who does something too often; asked by the handlers and routers. */
  readonly floods: Floods;
  readonly #settings: Settings;
  readonly #storage: Storage;
  readonly #transport: Transport;
  readonly #realtime: Realtime;
  readonly #hub: Hub;
  readonly #hotels: HotelsPort & Partial<CachedHotels>;
  /** Ids of hotels given as an array. */
  readonly #listed: readonly string[];
  readonly #roles: Roles;
  readonly #findGuest: FindGuest;
  readonly #templates: ReturnType<typeof readOptions>["templates"];
  readonly #flows: FlowBook;
  /** What cursors and forms' tokens are sealed with; the first is the one. */
  readonly #secrets: readonly [Secret, ...Secret[]];
  readonly #ids: Ids;
  readonly #random: Random;
  readonly #cursors: Cursors;
  readonly #listeners: Listeners;
  readonly #leases: LeaseKeeper;
  readonly #telemetry: Telemetry | null;
  #unwatch: () => void = () => undefined;
  readonly #receiver: ReturnType<typeof receiver>;
  readonly #receive: ReturnType<typeof receiver>["receive"];
  readonly #receipts: Receipts;
  /** What staff, guests and the host ask of the desk. */
  readonly #verbs = underway();
  readonly #loops: Loops;
  readonly #media: MediaDesk | null;
  readonly #sweep: MediaSweep | null;
  readonly #anchor: AuditAnchor | null;
  readonly #seal: AuditSeal;
  readonly #privacy: PrivacySweep;
  readonly #consumers: Consumers;
  #strays: Promise<void> = Promise.resolve();
  readonly #hasTasks: boolean;
  #works = false;
  #state: "new" | "starting" | "running" | "stopped" = "new";
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;
  #drainingSince: number | null = null;
  /** That the latest webhook could not be stored, and when by the monotonic clock. */
  #unstored: { readonly code: string; readonly at: number } | null = null;

  /** @throws {ConversationError} `config_invalid` with every problem of the options at once */
  constructor(options: ConversationManagerOptions) {
    const {
      logger: given = silentLogger,
      ids = timeOrderedIds,
      random = systemRandom,
      flows = [],
      telemetry: told,
      ...rest
    } = options;
    const logger = deskLogger(given);
    const telemetry = told === undefined ? null : guarded(told);
    const read = readOptions(rest);
    const { settings, hotels, isPort, roles, guests, templates, realtime, sharedLimits } = read;
    const { files, listed, routing, tasks, translator, anchor } = read;
    const storage = maskedStorage(watchedStorage(read.storage, telemetry), settings.webhook.maskCardNumbers);
    const transport = watchedTransport(alarmedTransport(read.transport, logger), telemetry);
    this.#telemetry = telemetry;
    this.#settings = settings;
    this.#listed = listed.map(({ id }) => id);
    this.#roles = roles;
    this.#findGuest = findGuest(guests, settings.lookups, logger);
    this.#templates = templates;
    this.#hasTasks = tasks !== null;
    this.logger = logger;
    const [first = secret(""), ...oldSecrets] = settings.cursorSecrets ?? settings.webhook.appSecrets;
    this.#secrets = [first, ...oldSecrets];
    this.#flows = flowBook(
      flows,
      (error, { flowId, step }) => {
        // What a flow's own code throws may quote a guest.
        logger.error({ flowId, step, ...whereFrom(error) }, "a flow's own code threw: staff get the guest");
      },
      formTokens(this.#secrets),
      files !== null,
    );
    const issues = listed.flatMap((hotel, index) =>
      menuProblems(hotel, this.#flows).map(({ path, message }) => ({
        path: `hotels.${String(index)}.${path}`,
        message,
      })),
    );
    if (issues.length > 0) throw new ConversationError("config_invalid", { issues });
    this.#hotels = isPort ? cachedHotels(hotels, settings.lookups, logger, this.#checkMenu) : hotels;
    this.floods = floods({ limits: settings.floods, shared: sharedLimits ?? null, logger });
    this.#storage = storage;
    this.#transport = transport;
    this.#realtime = realtime ?? realtimeOver(null);
    this.#ids = ids;
    this.#random = random;
    this.#cursors = sealedCursors(this.#secrets);
    this.#hub = new Hub({
      storage,
      realtime: this.#realtime,
      roles,
      cursors: this.#cursors,
      floods: this.floods,
      ids,
      logger,
      ...(telemetry !== null && {
        resumed: (result) => {
          telemetry.count("belldesk.live.resumes", 1, { result });
        },
      }),
      limits: this.#settings.live,
      previewGraphemes: this.#settings.lists.previewGraphemes,
      as: (principal) => this.as(principal),
    });
    this.#listeners = listeners(logger);
    const { pollMs, leaseMs, retryBaseMs: baseMs, retryCapMs: capMs } = settings.work;
    this.#consumers = consumers({ storage, logger, random, pollMs, leaseMs, retry: { baseMs, capMs } });
    this.#leases = leaseKeeper(storage, logger, this.#settings.work.leaseMs);
    this.#receipts = receipts({ storage, hotels: this.#hotels, transport, logger });
    const { appSecrets, deadlineMs, dedupRetentionMs, maskCardNumbers } = this.#settings.webhook;
    this.#receiver = receiver({
      storage,
      hotels: this.#hotels,
      appSecrets,
      deadlineMs,
      dedupRetentionMs,
      maskCardNumbers,
      ids,
      logger,
      wake: this.#wake,
      publish: this.#publish,
    });
    this.#receive = watchedReceive(this.#receiver.receive, telemetry);
    this.#media =
      files === null
        ? null
        : mediaDesk({ files, settings: settings.media, hotels: this.#hotels, ids, logger, clock: systemClock });
    this.#sweep =
      this.#media === null
        ? null
        : mediaSweep({
            media: this.#media,
            storage,
            logger,
            everyMs: settings.media.sweepMs,
            publish: this.#publish,
          });
    this.#anchor = anchor;
    this.#seal = auditSeal({ storage, anchor, logger, everyMs: settings.audit.sealMs });
    const { everyMs, pruneMs, ...ages } = settings.retention;
    this.#privacy = privacySweep({
      storage,
      hotels: this.#hotels,
      media: this.#media,
      publish: this.#publish,
      ids,
      logger,
      everyMs,
      pruneMs,
      policy: policyOf(ages),
    });
    this.#loops = deskLoops({
      settings,
      media: this.#media,
      storage,
      hotels: this.#hotels,
      transport,
      flows: this.#flows,
      routing,
      translator,
      findGuest: guests === undefined ? null : this.#findGuest,
      tasks,
      leases: this.#leases,
      logger,
      telemetry,
      random,
      deskFor: (principal, on) => deskFor(principal, { ...this.#deskOptions(), ...on }),
      publish: this.#publish,
      giveWay: (atMostMs) => this.#receiver.pause(atMostMs),
      drainingMs: () => (this.#drainingSince === null ? 0 : performance.now() - this.#drainingSince),
    });
  }

  /** The live side of the desk, for whoever binds sockets to it: `belldesk/websocket` is written with no more than this. */
  get live(): Live {
    return this.#hub;
  }

  /** A hotel that offers what there is not is none that the desk can work for. */
  readonly #checkMenu = (hotel: Hotel): void => {
    const [problem] = menuProblems(hotel, this.#flows);
    if (problem === undefined) return;
    throw new ConversationError("menu_invalid", { hotelId: hotel.id, path: problem.path, what: problem.message });
  };

  /** Has work of these kinds looked for at once: here, or where it is done. */
  readonly #wake: Wake = (...kinds) => {
    if (this.#works) for (const kind of kinds) this.#loops[kind].wake();
    else if (kinds.some((kind) => TOLD.includes(kind))) this.#realtime.work();
  };

  /** What other processes tell. Each of them is looked for without being told, too. */
  readonly #hears: RealtimeListener = {
    hinted: (hotelIds) => {
      this.#consumers.wake();
      this.#hub.heard.hinted(hotelIds);
    },
    worked: () => {
      if (this.#works) this.#wake(...TOLD);
    },
    revoked: () => {
      this.#hub.heard.revoked();
    },
    signalled: (signal) => {
      this.#hub.heard.signalled(signal);
    },
    missed: () => {
      this.#hears.worked();
      this.#hears.hinted([]);
      this.#hub.heard.missed();
    },
  };

  /** True between `start()` and `stop()`. */
  get ready(): boolean {
    return this.#state === "running";
  }

  /**
   * Opens the storage and begins to work. Everything it starts is ended by `stop()`. May be called again after it failed.
   * @throws {ConversationError} `already_started` when it runs or was stopped, `not_started` when it is stopped meanwhile,
   *   `schema_missing`, `schema_newer`, `schema_changed`, `storage_locked`, `storage_unavailable`, `storage_timeout`, `storage_busy`, `peer_missing`
   */
  async start({ work = true, migrate = false }: StartOptions = {}): Promise<void> {
    if (this.#state !== "new") throw new ConversationError("already_started");
    this.#state = "starting";
    try {
      this.#starting = this.#open(migrate);
      await this.#starting;
    } catch (error) {
      if (!this.#wasStopped()) this.#state = "new";
      throw error;
    }
    // stop() closes what has just been opened.
    if (this.#wasStopped()) throw new ConversationError("not_started");
    if (work) {
      this.#leases.start();
      for (const loop of Object.values(this.#loops)) loop.start();
      this.#consumers.start();
      this.#sweep?.start();
      this.#seal.start();
      this.#privacy.start();
    }
    this.#works = work;
    this.#hub.start();
    this.#state = "running";
    if (this.#telemetry !== null) {
      const [storage, logger] = [this.#storage, this.logger];
      this.#unwatch = watchGauges(this.#telemetry, {
        storage,
        logger,
        connections: () => this.#hub.counts().connections,
      });
    }
    // Who has no flows was not deployed to go on with them.
    if (work && this.#flows.all.length > 0) this.#strays = this.#handOver();
  }

  /** Runs that nothing goes on with any more do not wait until their guests write. */
  async #handOver(): Promise<void> {
    const [storage, hotels, flows, logger] = [this.#storage, this.#hotels, this.#flows, this.logger];
    try {
      await handOverStrays({ storage, hotels, flows, logger, publish: this.#publish });
    } catch (error) {
      logger.warn({ code: codeOf(error) }, "runs of flows could not be looked through");
    }
  }

  async #open(migrate: boolean): Promise<void> {
    await this.#storage.open({ migrate });
    for (const [hotelId, templates] of this.#templates) await putFile(this.#storage, hotelId, templates);
    try {
      await this.#realtime.open(this.#hears);
    } catch (error) {
      // Nothing depends on it.
      this.logger.warn({ code: codeOf(error) }, "the realtime could not be opened: what is new is found by polling");
    }
  }

  /**
   * Drains: takes nothing more, finishes what is in hand, gives back the rest. Whatever is left stands in the storage. What was asked of a
   * desk by then is done and answered, unless it takes longer than 5 s.
   * Called again, it resolves when the first call has drained; called during `start()`, that rejects.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#drain();
    return this.#stopping;
  }

  #wasStopped(): boolean {
    return this.#state === "stopped";
  }

  async #drain(): Promise<void> {
    const before = this.#state;
    this.#state = "stopped";
    if (before === "new") return;
    const opened = await this.#starting.then(
      () => true,
      () => false,
    );
    if (!opened) return;
    this.#unwatch();
    this.#drainingSince = performance.now();
    if (BELLDESK_FAILPOINTS) await failpoint("stop.draining");
    // Whoever watches goes elsewhere first.
    await this.#hub.stop();
    await this.#receiver.idle();
    const done = this.#verbs.over(VERBS_MS);
    await Promise.all([...Object.values(this.#loops), this.#consumers].map((each) => each.stop()));
    if (!(await done))
      this.logger.warn(
        { code: "stopped_meanwhile", waitMs: VERBS_MS },
        "the desk stops before all that was asked is done",
      );
    if (BELLDESK_FAILPOINTS) await failpoint("stop.drained");
    await this.#strays;
    this.#leases.stop();
    await this.#sweep?.stop();
    await this.#seal.stop();
    await this.#privacy.stop();
    await this.#media?.temp.close();
    await this.#media?.store.close?.();
    await this.#media?.scanner?.close?.();
    await this.#receipts.idle();
    await this.#realtime.close().catch(() => undefined);
    await this.#transport.close?.();
    await this.#storage.close();
  }

  /** One webhook delivery of Meta. Never throws; 200 only when everything in it is durable. */
  async receive(delivery: WebhookDelivery): Promise<WebhookAnswer> {
    if (!this.ready) {
      const error = new ConversationError("not_started");
      return { status: error.status, error };
    }
    const answer = await this.#receive(delivery);
    if (answer.status === 200) this.#unstored = null;
    else if (answer.status === 503 && answer.error !== null)
      this.#unstored = { code: answer.error.code, at: performance.now() };
    return answer;
  }

  /** Meta's handshake, from the query string of its GET. */
  challenge(query: URLSearchParams): ChallengeAnswer {
    return answerChallenge(query, this.#settings.webhook.verifyToken);
  }

  /**
   * The data endpoint of native WhatsApp Flows: for `flowEndpointHandler`, or `flowEndpointRouter` of `belldesk/express`. It is apart
   * from the webhook, at the address that a Flow names.
   * @throws {ConversationError} `config_invalid` for keys that are none
   */
  flowEndpoint(options: FlowEndpointOptions): FlowEndpoint {
    const { appSecrets } = this.#settings.webhook;
    const { logger, floods } = this;
    const isLive = (of: FlowTokenOf) => isFormLive(this.#storage, this.#hotels, of);
    return flowEndpoint(
      { isLive, ...options },
      { appSecrets, tokenSecrets: this.#secrets, logger, floods, now: () => timeOf(this.#storage) },
    );
  }

  /**
   * The token of a form that is sent to a guest (`{ type: "form", token }`), by which `flowEndpoint` knows whose it is and nobody else does.
   * The same form has the same one. It opens nothing once `cursorSecrets` (or the app secrets, without those) are all others.
   */
  flowToken(of: FlowTokenOf): string {
    return sealFlowToken(this.#secrets, of);
  }

  /**
   * The desk as `principal` sees it. The host has made sure who that is.
   * @throws {ConversationError} `not_started`; `principal_invalid`, with `details.member` and `details.expected`
   */
  as(principal: Principal): Desk {
    if (!this.ready) throw new ConversationError("not_started");
    const flaw = flawOf(principal, this.#roles);
    if (flaw !== null) throw new ConversationError("principal_invalid", { ...flaw });
    return this.#verbs.counted(deskFor(principal, this.#deskOptions()));
  }

  /** What the hotel's own system (PMS) tells, as the host: `pms.apply(event)` is `as({ kind: "system", id: "pms" }).applyPms(event)`. */
  get pms(): {
    /** Stores what happened, once for each `eventId`. */
    apply(event: PmsEvent): Promise<PmsAnswer>;
  } {
    return { apply: async (event) => this.as({ kind: "system", id: "pms" }).applyPms(event) };
  }

  /**
   * Opens the file that a link of `attachmentUrl` leads to, for whoever has it.
   * @throws {ConversationError} `not_started`; `not_found` for a link that is over, or never was; as `openAttachment`
   */
  async openLink(link: { readonly id: string; readonly token: string } & OpenOptions): Promise<OpenedFile> {
    if (!this.ready) throw new ConversationError("not_started");
    return openLink(this.#deskOptions(), link);
  }

  #deskOptions(): DeskOptions {
    return {
      storage: this.#storage,
      hotels: this.#hotels,
      roles: this.#roles,
      findGuest: this.#findGuest,
      flows: this.#flows,
      transport: this.#transport,
      receipts: this.#receipts,
      ids: this.#ids,
      cursors: this.#cursors,
      random: this.#random,
      publish: this.#publish,
      media: this.#media,
      anchor: this.#anchor,
      hasTasks: this.#hasTasks,
      wake: this.#wake,
      rightsChanged: (principal) => this.#hub.rightsChanged(principal),
      dedupRetentionMs: this.#settings.webhook.dedupRetentionMs,
      previewGraphemes: this.#settings.lists.previewGraphemes,
      masksCards: this.#settings.webhook.maskCardNumbers,
    };
  }

  /**
   * Asks the desk for something in a transaction of the host's own: one row is inserted with `client`, and nothing else. It is done
   * once that transaction has been committed, within `work.pollMs`, by one process, once; rolled back, it was never asked for. What
   * is about one conversation, one guest or one address is done in order.
   *
   * What cannot be done then (a conversation that is closed or is none, a closed service window) is dead work: operators see it and
   * may replay it. A `clientMessageId` makes the same intent asked for twice one message.
   * @param client a `pg` client, a transaction of Drizzle, Knex, Prisma, TypeORM or PGlite, in the desk's own database; null: outside
   *   of any transaction, durable when this resolves
   * @returns the id of the work
   * @throws {ConversationError} `not_started`; before anything is written: `request_invalid`, `principal_invalid`, `payload_invalid`,
   *   `department_unknown`, `not_found` for a hotel or number that there is not, `hotels_unavailable`, `client_unsupported`; then what
   *   the database refuses
   */
  async enqueue(client: HostClient | null, intent: Intent): Promise<{ readonly id: string }> {
    if (!this.ready) throw new ConversationError("not_started");
    const id = `cmd_${this.#ids()}`;
    const command = await commandOf(intent, id, this.#hotels, this.#roles, this.#settings.webhook.maskCardNumbers);
    await this.#storage.enqueue(client, command);
    // Outside of a transaction it is there to be done.
    if (client === null) this.#wake("command");
    return { id };
  }

  /**
   * Reads the event logs of all hotels durably: every event at least once, in order in each hotel, whatever crashes. Where the
   * consumer stands is stored under its name; processes that give the same name share the hotels among them, and one at a time has a
   * hotel's log. An event whose handler throws comes again after a back-off, and those after it wait: `consumers()` tells how many.
   * Read by processes that work (`start({ work: true })`), from `start()` on.
   * @param name 1 to 64 of a-z, 0-9, _ and -; once in a process
   * @throws {ConversationError} `config_invalid`; `not_started` after `stop()`
   */
  consume(name: string, handler: EventHandler, options: ConsumeOptions = {}): Consumer {
    if (this.#wasStopped()) throw new ConversationError("not_started");
    return this.#consumers.add(name, handler, options);
  }

  /**
   * How this process is, for a probe: within a second, whatever the database does. `"down"`: send requests elsewhere. Nothing in it is a guest's.
   */
  async health(): Promise<Health> {
    const { code = null, at = 0 } = this.#unstored ?? {};
    return health(this.#storage, this.ready, performance.now() - at < UNSTORED_MS ? code : null);
  }

  /**
   * Looks at everything around the desk that goes wrong in practice: the database's settings, clocks, numbers, tokens, app secrets and webhooks at
   * WhatsApp, templates, what waits. Changes nothing. May be asked of a desk that was not started: the storage is opened for it then.
   * `docs/doctor.md` has every check.
   * @throws {ConversationError} `not_started` after `stop()`; `not_found` for a hotel that there is not; what the storage throws while it is looked at
   */
  async doctor(options: DoctorOptions = {}): Promise<readonly Finding[]> {
    if (this.#wasStopped()) throw new ConversationError("not_started");
    const { webhook } = this.#settings;
    const parts = {
      storage: this.#storage,
      hotels: this.#hotels,
      listed: this.#listed,
      transport: this.#transport,
      webhook,
      clock: systemClock,
    };
    return doctor(parts, options, this.ready);
  }

  /**
   * Runs of flows under way whose version is not among the flows of this process, and that no migration moves on. `start()` gives them to
   * staff, and so does their guest's next message.
   * @throws {ConversationError} `not_started`
   */
  async orphanRuns(): Promise<readonly FlowRun[]> {
    if (!this.ready) throw new ConversationError("not_started");
    return strayRuns({ storage: this.#storage, flows: this.#flows });
  }

  /** How far each consumer is in each hotel's log, those of other processes included, and why one does not go on. */
  async consumers(): Promise<readonly ConsumerPlace[]> {
    if (!this.ready) throw new ConversationError("not_started");
    return this.#storage.consumers();
  }

  /**
   * Forgets a consumer that nobody reads under any more, and how far it was in every hotel. Where another process reads under the name
   * still, it begins there as a new one does.
   * @returns false when there was none of that name
   * @throws {ConversationError} `not_started`; `config_invalid` while this process reads under the name
   */
  async forgetConsumer(name: string): Promise<boolean> {
    if (!this.ready) throw new ConversationError("not_started");
    return this.#consumers.forget(name);
  }

  /**
   * Sends from a number with another access token, and lets a number that WhatsApp refused go on: what waits leaves in order.
   * Hotels given as an array keep the token in this process, so every process has to be told; a hotels port that has no
   * `rotateToken` keeps tokens itself, and is told of it without one here. Of a port the other processes see it within
   * `lookups.freshMs`, or as soon as WhatsApp refuses the old one to them: that pauses nothing then.
   * @throws {ConversationError} `number_unknown`; `config_invalid` for a token that the hotels port does not take
   */
  async rotateToken({ phoneNumberId, accessToken }: TokenRotation): Promise<void> {
    if (!this.ready) throw new ConversationError("not_started");
    this.#hotels.forget?.();
    const hotel = await this.#hotels.byNumber(phoneNumberId);
    if (hotel === null) throw new ConversationError("number_unknown", { phoneNumberId });
    if (accessToken !== undefined) {
      const message = "the hotels port keeps tokens itself: rotate it there, and leave it out here";
      if (this.#hotels.rotateToken === undefined)
        throw new ConversationError("config_invalid", { issues: [{ path: "accessToken", message }] });
      // The host keeps it where it keeps tokens.
      await this.#hotels.rotateToken(phoneNumberId, reveal(accessToken));
    }
    this.#publish(await this.#storage.resume({ hotelId: hotel.id, phoneNumberId, audit: null }));
    this.#wake("outbound");
  }

  /**
   * Somebody was let go, moved, or given rights: whoever is connected as them is told `rights_changed`, on every process within a second,
   * and has to show anew who they are. Call it when that is so in the host's own books.
   * @throws {ConversationError} `not_started`; what the storage throws: then nothing is known to have happened
   */
  async rightsChanged({ kind, id }: RevokedPrincipal): Promise<void> {
    if (!this.ready) throw new ConversationError("not_started");
    await this.#hub.rightsChanged({ kind, id });
  }

  /**
   * Hears what this process committed, best effort: what others committed, or what a crash swallowed, is not heard.
   * A listener that throws or rejects is logged, by the error's name and where it was thrown, and stops nothing.
   * @returns a function that stops listening
   */
  on(name: EventName, listener: EventListener): () => void {
    return this.#listeners.on(name, listener);
  }

  readonly #publish = (events: readonly DeskEvent[]): void => {
    if (events.length > 0) {
      this.#consumers.wake();
      this.#realtime.hint([...new Set(events.map(({ hotelId }) => hotelId))]);
    }
    this.#listeners.tell(events);
  };
}
