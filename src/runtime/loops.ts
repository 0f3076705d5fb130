import type { DeskEvent } from "../domain/event.js";
import type { WorkKind } from "../domain/work.js";
import type { HotelsPort } from "../ports/hotels.js";
import type { DeskLogger } from "../ports/logger.js";
import type { Random } from "../ports/random.js";
import type { Storage } from "../ports/storage.js";
import type { TasksPort } from "../ports/tasks.js";
import type { Telemetry } from "../ports/telemetry.js";
import type { Translator } from "../ports/translator.js";
import type { Transport } from "../ports/transport.js";
import type { RoutingOptions } from "../ports/processor.js";
import { asking, type RoutingSettings } from "./asking.js";
import { assignmentWork } from "./assignment-work.js";
import { commandWork, type CommandWorkOptions } from "./command-work.js";
import { keptPlaces } from "../decide/places.js";
import { flowListener } from "../flow/inbound.js";
import type { FlowBook } from "../flow/book.js";
import { flowWork } from "./flow-work.js";
import type { FindGuest } from "./host-ports.js";
import { inboundWork } from "./inbound-work.js";
import type { LeaseKeeper } from "./lease-keeper.js";
import { keepNothing, mediaWork, type MediaDesk } from "./media-work.js";
import { outgoingFiles } from "./outgoing-files.js";
import type { KnownHotels } from "./renewed-token.js";
import { outboundWork } from "./outbound-work.js";
import { refusedWork } from "./refused-work.js";
import { stayWork } from "./stay-work.js";
import { timerWork } from "./timer-work.js";
import { translationWork, type TranslationSettings } from "./translation-work.js";
import type { Wake } from "./wake.js";
import { watchedHandler } from "./watching.js";
import { workLoop, type WorkLoop, type WorkLoopOptions } from "./work-loop.js";

/** How the host has the work done; the defaults and their reasons stand with the options. Milliseconds. */
export interface LoopSettings {
  readonly work: WorkRetries & { readonly attempts: number; readonly pollMs: number; readonly inboundLanes: number };
  readonly outbound: WorkRetries & {
    readonly concurrency: number;
    readonly maxAgeMs: number;
    readonly probeMs: number;
    readonly paceGuests: boolean;
  };
  readonly routing: RoutingSettings;
  readonly translation: TranslationSettings;
  readonly media: WorkRetries & { readonly attempts: number; readonly concurrency: number };
}

interface WorkRetries {
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
}

export interface LoopsOptions {
  readonly settings: LoopSettings;
  /** null: the desk keeps no files. */
  readonly media: MediaDesk | null;
  readonly storage: Storage;
  readonly hotels: HotelsPort & KnownHotels;
  readonly transport: Transport;
  readonly leases: LeaseKeeper;
  readonly logger: DeskLogger;
  readonly random: Random;
  /** The desk as whoever asked for a command sees it. */
  readonly deskFor: CommandWorkOptions["deskFor"];
  readonly flows: FlowBook;
  /** null: nobody translates what guests write. */
  readonly translator: Translator | null;
  /** What of the host's is asked about guests' messages. */
  readonly routing: Pick<RoutingOptions, "processors" | "classify">;
  /** null: the host's books say nothing of guests. */
  readonly findGuest: FindGuest | null;
  /** The hotel's own system for guests' requests. */
  readonly tasks?: TasksPort | null;
  readonly telemetry?: Telemetry | null;
  /** Told of what was committed. */
  readonly publish: (events: readonly DeskEvent[]) => void;
  /** Waits for a moment in which no webhook does, `atMostMs` long. */
  readonly giveWay: (atMostMs: number) => Promise<boolean>;
  /** Milliseconds since the desk began to drain; 0 while it does not. */
  readonly drainingMs: () => number;
}

export type Loops = Readonly<Record<WorkKind, WorkLoop>>;

/** How many of a chat's messages, or of its timers, are decided together. */
const ITEMS_PER_LANE = 50;
/** Chats decided and committed by one pair of statements. */
const INBOUND_BATCH = 100;
/** Chats whose timers are fired together. */
const TIMER_BATCH = 20;
/** Commands of the host that are done at once; each is a few statements. */
const COMMANDS = 10;
/** Departments in which somebody is looked for at once. */
const DEPARTMENTS = 20;

/** The loops that do the desk's work, one for each kind. Each is woken by what this process stores for it. */
export function deskLoops(options: LoopsOptions): Loops {
  const { settings, storage, hotels, transport, leases, logger, random, deskFor, flows, publish, giveWay, drainingMs } =
    options;
  const { media } = options;
  const { pollMs, inboundLanes, attempts, retryBaseMs, retryCapMs } = settings.work;
  const { concurrency, maxAgeMs, probeMs } = settings.outbound;
  const decided = {
    storage,
    hotels,
    logger,
    random,
    publish,
    retry: { baseMs: retryBaseMs, capMs: retryCapMs, attempts },
  };
  const loopOf = (own: Omit<WorkLoopOptions, "storage" | "leases" | "logger" | "random" | "pollMs">): WorkLoop =>
    workLoop({
      storage,
      leases,
      logger,
      random,
      pollMs,
      ...own,
      handle: watchedHandler(own.kind, own.handle, options.telemetry ?? null),
    });
  /** Lanes that are worked side by side, an item at a time. */
  const sideBySide = (most: number) => ({ capacity: most, batch: most, batches: most, itemsPerLane: 1 });

  /** Of this process: it does what it stores. */
  const wake: Wake = (...kinds) => {
    for (const kind of kinds) loops[kind].wake();
  };
  const outbound = loopOf({
    kind: "outbound",
    ...sideBySide(concurrency),
    kept: keptPlaces(concurrency),
    sending: { expireMs: maxAgeMs, probeMs },
    ...outboundWork({
      storage,
      hotels,
      transport,
      files: outgoingFiles({ storage, transport, store: media?.store ?? null, logger }),
      leases,
      logger,
      random,
      policy: {
        baseMs: settings.outbound.retryBaseMs,
        capMs: settings.outbound.retryCapMs,
        maxAgeMs,
        probeMs,
        pacesGuests: settings.outbound.paceGuests,
      },
      publish,
      wake,
      drainingMs,
    }),
  });
  const { routing, findGuest, translator } = options;
  const isAsking = routing.processors !== undefined || routing.classify !== undefined || findGuest !== null;
  const asked = () =>
    asking({
      routing,
      settings: settings.routing,
      book: flows,
      findGuest,
      most: Math.max(1, Math.floor(inboundLanes / 2)),
      logger,
    });
  const { perform, endJoined } = flowWork({
    ...decided,
    deskFor,
    flows,
    media,
    wake,
  });
  const stays = stayWork({
    ...decided,
    flows,
    tasks: options.tasks ?? null,
    wake,
  });
  const command = loopOf({
    kind: "command",
    ...sideBySide(COMMANDS),
    ...commandWork({
      ...decided,
      deskFor,
      perform,
      endJoined,
      putInPlace: refusedWork({ storage, random, maxAgeMs, publish, wake }),
      callTask: stays.call,
    }),
  });
  const files = loopOf({
    kind: "media",
    ...sideBySide(settings.media.concurrency),
    ...(media === null
      ? { handle: keepNothing(storage, publish) }
      : mediaWork({
          media,
          storage,
          hotels,
          transport,
          leases,
          logger,
          random,
          retry: {
            baseMs: settings.media.retryBaseMs,
            capMs: settings.media.retryCapMs,
            attempts: settings.media.attempts,
          },
          publish,
        })),
  });
  const translation = loopOf({
    kind: "translation",
    ...sideBySide(settings.translation.concurrency),
    ...translationWork({ ...decided, translator, settings: settings.translation }),
  });
  const loops: Loops = {
    translation,
    inbound: loopOf({
      kind: "inbound",
      capacity: inboundLanes,
      batch: Math.min(INBOUND_BATCH, inboundLanes),
      batches: 1,
      backlogBatches: 2,
      itemsPerLane: ITEMS_PER_LANE,
      giveWay,
      ...inboundWork({
        ...decided,
        flows: flowListener(flows),
        asking: isAsking ? asked() : null,
        fetches: media !== null,
        translates: translator !== null,
        wake,
      }),
    }),
    outbound,
    media: files,
    timer: loopOf({
      kind: "timer",
      capacity: TIMER_BATCH,
      batch: TIMER_BATCH,
      batches: 1,
      itemsPerLane: ITEMS_PER_LANE,
      ...timerWork({ ...decided, flows, wake, fireStay: stays.fire }),
    }),
    command,
    assignment: loopOf({ kind: "assignment", ...sideBySide(DEPARTMENTS), ...assignmentWork(decided) }),
  };
  return loops;
}
