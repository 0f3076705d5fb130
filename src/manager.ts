import { EventEmitter } from "eventemitter3";
import { readOptions, type HotelOptions, type RoleOptions, type Settings, type SettingsOptions } from "./config.js";
import type { Roles } from "./domain/access.js";
import type { ConsumerPlace } from "./domain/consumer.js";
import type { DeskEvent, EventType } from "./domain/event.js";
import { flawOf, type Principal } from "./domain/principal.js";
import { codeOf, ConversationError } from "./errors.js";
import { failpoint } from "./failpoints.js";
import { Hub } from "./live/hub.js";
import type { Live } from "./live/socket.js";
import { systemClock } from "./ports/clock.js";
import type { GuestsPort } from "./ports/guests.js";
import type { HotelsPort } from "./ports/hotels.js";
import type { SharedLimits } from "./ports/limits.js";
import { timeOrderedIds, type Ids } from "./ports/ids.js";
import { silentLogger, type Logger } from "./ports/logger.js";
import type { HostClient } from "./ports/host-client.js";
import { systemRandom, type Random } from "./ports/random.js";
import type { RevokedPrincipal } from "./ports/live-storage.js";
import type { Realtime, RealtimeListener } from "./ports/realtime.js";
import type { Storage } from "./ports/storage.js";
import type { Transport } from "./ports/transport.js";
import { assignmentWork } from "./runtime/assignment-work.js";
import { commandWork } from "./runtime/command-work.js";
import {
  consumerRun,
  type Consumer,
  type ConsumeOptions,
  type ConsumerRun,
  type EventHandler,
} from "./runtime/consume.js";
import type { Desk } from "./runtime/desk-api.js";
import { sealedCursors, type Cursors } from "./runtime/cursor.js";
import { deskFor, type DeskOptions } from "./runtime/desk.js";
import { floods, type Floods } from "./runtime/floods.js";
import { cachedHotels, findGuest, type CachedHotels, type FindGuest } from "./runtime/host-ports.js";
import { inboundWork } from "./runtime/inbound-work.js";
import { commandOf, type Intent } from "./runtime/intent.js";
import { leaseKeeper, type LeaseKeeper } from "./runtime/lease-keeper.js";
import { outboundWork } from "./runtime/outbound-work.js";
import { receipts, type Receipts } from "./runtime/receipts.js";
import { realtimeOver } from "./runtime/realtime-over.js";
import { receiver, type WebhookAnswer, type WebhookDelivery } from "./runtime/receive.js";
import { timerWork } from "./runtime/timer-work.js";
import { putFile } from "./runtime/template-desk.js";
import { whereFrom } from "./runtime/where-from.js";
import { workLoop, type WorkLoop } from "./runtime/work-loop.js";
import { answerChallenge, type ChallengeAnswer } from "./whatsapp/challenge.js";

export interface ConversationManagerOptions extends SettingsOptions {
  /** The hotels, or a port to where the host keeps them. */
  readonly hotels: readonly HotelOptions[] | HotelsPort;
  /** Roles of the host's own beside the built-in ones, each with what it may do: `{ nightPorter: ["conversation.list"] }`. */
  readonly roles?: Readonly<Record<string, RoleOptions>>;
  /** Who guests are by the host's own books, for staff to see. */
  readonly guests?: GuestsPort;
  readonly storage: Storage;
  readonly transport: Transport;
  /** Tells the desk's other processes at once what they would find by polling. Without one each is alone. */
  readonly realtime?: Realtime;
  /** Counts for all processes together what `floods` limits. Without one each counts by itself. */
  readonly sharedLimits?: SharedLimits;
  /** Nothing is logged without one. */
  readonly logger?: Logger;
  /** Makes ids; time-ordered UUIDs by default. */
  readonly ids?: Ids;
  /** Spreads retries in time; `Math.random` by default. */
  readonly random?: Random;
}

export interface StartOptions {
  /** false makes a process that only receives and serves; others do the work. Default true. */
  readonly work?: boolean;
  /** Whether to bring the schema up to date, which needs rights that a production database user should not have. Default false. */
  readonly migrate?: boolean;
}

export interface TokenRotation {
  readonly phoneNumberId: string;
  /** The new one; left out when the host's own hotels port answers it already. */
  readonly accessToken?: string;
}

/** What `on()` can listen to: a kind of event, or `"event"` for every one. */
export type EventName = EventType | "event";
export type EventListener = (event: DeskEvent) => unknown;

/** How many of a chat's messages are decided together. */
const ITEMS_PER_LANE = 50;
/** Chats decided and committed by one pair of statements. */
const INBOUND_BATCH = 100;
/** Chats whose timers are fired together. */
const TIMER_BATCH = 20;
/** Commands of the host that are done at once; each is a few statements. */
const COMMANDS = 10;
/** Departments in which somebody is looked for at once. */
const DEPARTMENTS = 20;
/** A consumer's name. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/**
 * The desk between a hotel's guests on WhatsApp and its staff. Owns no connection and no server: the host hands it a
 * storage and a transport, passes webhooks in, and asks for the desk of whoever signed in.
 */
export class ConversationManager {
  readonly logger: Logger;
  /** Who does something too often; asked by the handlers and routers. */
  readonly floods: Floods;
  readonly #settings: Settings;
  readonly #storage: Storage;
  readonly #transport: Transport;
  readonly #realtime: Realtime;
  readonly #hub: Hub;
  readonly #hotels: HotelsPort & Partial<CachedHotels>;
  readonly #roles: Roles;
  readonly #findGuest: FindGuest;
  readonly #templates: ReturnType<typeof readOptions>["templates"];
  readonly #ids: Ids;
  readonly #random: Random;
  readonly #cursors: Cursors;
  readonly #emitter = new EventEmitter();
  readonly #leases: LeaseKeeper;
  readonly #receiver: ReturnType<typeof receiver>;
  readonly #receipts: Receipts;
  readonly #loops: {
    readonly inbound: WorkLoop;
    readonly outbound: WorkLoop;
    readonly timer: WorkLoop;
    readonly command: WorkLoop;
    readonly assignment: WorkLoop;
  };
  readonly #consumers = new Map<string, ConsumerRun>();
  #works = false;
  #state: "new" | "starting" | "running" | "stopped" = "new";
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;
  #drainingSince: number | null = null;

  /** @throws {ConversationError} `config_invalid` with every problem of the options at once */
  constructor(options: ConversationManagerOptions) {
    const { logger = silentLogger, ids = timeOrderedIds, random = systemRandom, ...rest } = options;
    const read = readOptions(rest);
    const { settings, hotels, isPort, roles, guests, templates, storage, transport, realtime, sharedLimits } = read;
    this.#settings = settings;
    this.#hotels = isPort ? cachedHotels(hotels, settings.lookups, logger) : hotels;
    this.#roles = roles;
    this.#findGuest = findGuest(guests, settings.lookups, logger);
    this.#templates = templates;
    this.logger = logger;
    this.floods = floods({ limits: settings.floods, shared: sharedLimits ?? null, logger });
    this.#storage = storage;
    this.#transport = transport;
    this.#realtime = realtime ?? realtimeOver(null);
    this.#ids = ids;
    this.#random = random;
    this.#cursors = sealedCursors(settings.cursorSecrets ?? settings.webhook.appSecrets);
    this.#hub = new Hub({
      storage: storage,
      realtime: this.#realtime,
      roles,
      cursors: this.#cursors,
      floods: this.floods,
      ids,
      logger,
      limits: this.#settings.live,
      as: (principal) => this.as(principal),
      clock: systemClock,
    });
    this.#leases = leaseKeeper(storage, logger, this.#settings.work.leaseMs);
    this.#receipts = receipts({ storage, hotels, transport, logger });
    this.#loops = {
      inbound: this.#inboundLoop(),
      outbound: this.#outboundLoop(),
      timer: this.#timerLoop(),
      command: this.#commandLoop(),
      assignment: this.#assignmentLoop(),
    };
    const { appSecrets, deadlineMs, dedupRetentionMs } = this.#settings.webhook;
    this.#receiver = receiver({
      storage,
      hotels: this.#hotels,
      appSecrets,
      deadlineMs,
      dedupRetentionMs,
      ids,
      logger,
      wakeInbound: this.#wake("inbound"),
      publish: this.#publish,
    });
  }

  /** The live side of the desk, for whoever binds sockets to it: `belldesk/websocket` is written with no more than this. */
  get live(): Live {
    return this.#hub;
  }

  /** Looks for work of a kind at once: here, or where it is done. */
  #wake(kind: "inbound" | "outbound" | "command"): () => void {
    return () => {
      if (this.#works) this.#loops[kind].wake();
      else this.#realtime.work();
    };
  }

  /** What other processes tell. Each of them is looked for without being told, too. */
  readonly #hears: RealtimeListener = {
    hinted: (hotelIds) => {
      for (const consumer of this.#consumers.values()) consumer.wake();
      this.#hub.heard.hinted(hotelIds);
    },
    worked: () => {
      const { inbound, outbound, command } = this.#loops;
      if (this.#works) for (const loop of [inbound, outbound, command]) loop.wake();
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
   *   `schema_missing`, `schema_newer`, `schema_changed`, `storage_locked`, `storage_unavailable`, `peer_missing`
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
      this.#loops.inbound.start();
      this.#loops.outbound.start();
      this.#loops.timer.start();
      this.#loops.command.start();
      this.#loops.assignment.start();
      for (const consumer of this.#consumers.values()) consumer.start();
    }
    this.#works = work;
    this.#hub.start();
    this.#state = "running";
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
   * Drains: takes nothing more, finishes what is in hand, gives back the rest. Whatever is left stands in the storage.
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
    this.#drainingSince = performance.now();
    if (BELLDESK_FAILPOINTS) await failpoint("stop.draining");
    // Whoever watches goes elsewhere first.
    await this.#hub.stop();
    await this.#receiver.idle();
    await Promise.all([...Object.values(this.#loops), ...this.#consumers.values()].map((each) => each.stop()));
    if (BELLDESK_FAILPOINTS) await failpoint("stop.drained");
    this.#leases.stop();
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
    return this.#receiver.receive(delivery, systemClock.now());
  }

  /** Meta's handshake, from the query string of its GET. */
  challenge(query: URLSearchParams): ChallengeAnswer {
    return answerChallenge(query, this.#settings.webhook.verifyToken);
  }

  /**
   * The desk as `principal` sees it. The host has made sure who that is.
   * @throws {ConversationError} `not_started`; `principal_invalid`, with `details.member` and `details.expected`
   */
  as(principal: Principal): Desk {
    if (!this.ready) throw new ConversationError("not_started");
    const flaw = flawOf(principal, this.#roles);
    if (flaw !== null) throw new ConversationError("principal_invalid", { ...flaw });
    return deskFor(principal, this.#deskOptions());
  }

  #deskOptions(): DeskOptions {
    return {
      storage: this.#storage,
      hotels: this.#hotels,
      roles: this.#roles,
      findGuest: this.#findGuest,
      transport: this.#transport,
      receipts: this.#receipts,
      ids: this.#ids,
      cursors: this.#cursors,
      random: this.#random,
      publish: this.#publish,
      wakeInbound: this.#wake("inbound"),
      wakeOutbound: this.#wake("outbound"),
      wakeCommands: this.#wake("command"),
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
    const command = await commandOf(intent, id, this.#hotels, this.#roles);
    await this.#storage.enqueue(client, command);
    // Outside of a transaction it is there to be done.
    if (client === null) this.#wake("command")();
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
  consume(name: string, handler: EventHandler, { from = "beginning" }: ConsumeOptions = {}): Consumer {
    if (this.#wasStopped()) throw new ConversationError("not_started");
    const issue = (path: string, message: string) =>
      new ConversationError("config_invalid", { issues: [{ path, message }] });
    if (!NAME.test(name)) throw issue("name", "1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit");
    if (this.#consumers.has(name)) throw issue("name", "this process has a consumer of that name");
    const { pollMs, leaseMs, retryBaseMs: baseMs, retryCapMs: capMs } = this.#settings.work;
    const { logger } = this;
    const retry = { baseMs, capMs };
    const [storage, random] = [this.#storage, this.#random];
    const run = consumerRun({ name, from, handler, storage, logger, random, pollMs, leaseMs, retry });
    this.#consumers.set(name, run);
    if (this.#works && this.ready) run.start();
    return {
      stop: async () => {
        await run.stop();
        if (this.#consumers.get(name) === run) this.#consumers.delete(name);
      },
    };
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
    const issues = [{ path: "name", message: "this process reads under that name: stop it first" }];
    if (this.#consumers.has(name)) throw new ConversationError("config_invalid", { issues });
    return this.#storage.forgetConsumer(name);
  }

  /**
   * Sends from a number with another access token, and lets a number that WhatsApp refused go on: what waits leaves in order.
   * Hotels given as an array keep the token in this process, so every process has to be told; a hotels port that has no
   * `rotateToken` keeps tokens itself, and is told of it without one here. Of a port the other processes see it within
   * `lookups.freshMs`.
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
      await this.#hotels.rotateToken(phoneNumberId, accessToken);
    }
    this.#publish(await this.#storage.resume({ hotelId: hotel.id, phoneNumberId, audit: null }));
    this.#wake("outbound")();
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
    this.#emitter.on(name, listener);
    return () => {
      this.#emitter.off(name, listener);
    };
  }

  readonly #publish = (events: readonly DeskEvent[]): void => {
    if (events.length > 0) {
      for (const consumer of this.#consumers.values()) consumer.wake();
      this.#realtime.hint([...new Set(events.map(({ hotelId }) => hotelId))]);
    }
    for (const event of events) {
      for (const name of [event.body.type, "event"] as const) {
        for (const listener of this.#emitter.listeners(name)) {
          // A host's listener must not cost a guest their message, nor the host its process.
          void call(listener as EventListener, event).catch((error: unknown) => {
            this.logger.error({ event: event.body.type, ...whereFrom(error) }, "a listener of the host threw");
          });
        }
      }
    }
  };

  #inboundLoop(): WorkLoop {
    const { pollMs, inboundLanes, attempts, retryBaseMs, retryCapMs } = this.#settings.work;
    const { handle } = inboundWork({
      storage: this.#storage,
      hotels: this.#hotels,
      logger: this.logger,
      random: this.#random,
      retry: { baseMs: retryBaseMs, capMs: retryCapMs, attempts },
      publish: this.#publish,
      wakeOutbound: () => {
        this.#loops.outbound.wake();
      },
    });
    return workLoop({
      kind: "inbound",
      storage: this.#storage,
      leases: this.#leases,
      logger: this.logger,
      random: this.#random,
      capacity: inboundLanes,
      batch: Math.min(INBOUND_BATCH, inboundLanes),
      batches: 1,
      itemsPerLane: ITEMS_PER_LANE,
      pollMs,
      giveWay: (atMostMs) => this.#receiver.pause(atMostMs),
      handle,
    });
  }

  /** A timer fires up to `pollMs` late: nobody wakes this loop, and it never looks further ahead. */
  #timerLoop(): WorkLoop {
    const { pollMs, attempts, retryBaseMs, retryCapMs } = this.#settings.work;
    const { handle } = timerWork({
      storage: this.#storage,
      logger: this.logger,
      random: this.#random,
      retry: { baseMs: retryBaseMs, capMs: retryCapMs, attempts },
      publish: this.#publish,
    });
    return workLoop({
      kind: "timer",
      storage: this.#storage,
      leases: this.#leases,
      logger: this.logger,
      random: this.#random,
      capacity: TIMER_BATCH,
      batch: TIMER_BATCH,
      batches: 1,
      itemsPerLane: ITEMS_PER_LANE,
      pollMs,
      handle,
    });
  }

  #commandLoop(): WorkLoop {
    const { pollMs, attempts, retryBaseMs, retryCapMs } = this.#settings.work;
    const { handle } = commandWork({
      storage: this.#storage,
      logger: this.logger,
      random: this.#random,
      retry: { baseMs: retryBaseMs, capMs: retryCapMs, attempts },
      deskFor: (principal, on) => deskFor(principal, { ...this.#deskOptions(), ...on }),
      publish: this.#publish,
    });
    return workLoop({
      kind: "command",
      storage: this.#storage,
      leases: this.#leases,
      logger: this.logger,
      random: this.#random,
      capacity: COMMANDS,
      batch: COMMANDS,
      batches: COMMANDS,
      itemsPerLane: 1,
      pollMs,
      handle,
    });
  }

  /** Nobody wakes this loop either: somebody is found within `pollMs`. */
  #assignmentLoop(): WorkLoop {
    const { pollMs, attempts, retryBaseMs, retryCapMs } = this.#settings.work;
    const { handle } = assignmentWork({
      storage: this.#storage,
      hotels: this.#hotels,
      logger: this.logger,
      random: this.#random,
      retry: { baseMs: retryBaseMs, capMs: retryCapMs, attempts },
      publish: this.#publish,
    });
    return workLoop({
      kind: "assignment",
      storage: this.#storage,
      leases: this.#leases,
      logger: this.logger,
      random: this.#random,
      capacity: DEPARTMENTS,
      batch: DEPARTMENTS,
      batches: DEPARTMENTS,
      itemsPerLane: 1,
      pollMs,
      handle,
    });
  }

  #outboundLoop(): WorkLoop {
    const { concurrency, retryBaseMs, retryCapMs, maxAgeMs, probeMs, paceGuests } = this.#settings.outbound;
    const { handle } = outboundWork({
      storage: this.#storage,
      hotels: this.#hotels,
      transport: this.#transport,
      leases: this.#leases,
      logger: this.logger,
      random: this.#random,
      policy: { baseMs: retryBaseMs, capMs: retryCapMs, maxAgeMs, probeMs, pacesGuests: paceGuests },
      publish: this.#publish,
      drainingMs: () => (this.#drainingSince === null ? 0 : performance.now() - this.#drainingSince),
    });
    return workLoop({
      kind: "outbound",
      storage: this.#storage,
      leases: this.#leases,
      logger: this.logger,
      random: this.#random,
      capacity: concurrency,
      batch: concurrency,
      batches: concurrency,
      itemsPerLane: 1,
      sending: { expireMs: maxAgeMs, probeMs },
      pollMs: this.#settings.work.pollMs,
      handle,
    });
  }
}

/** Calls at once. An async function turns what a listener throws into what it rejects with. */
// eslint-disable-next-line @typescript-eslint/require-await
const call = async (listener: EventListener, event: DeskEvent): Promise<unknown> => listener(event);
