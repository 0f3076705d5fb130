import { reach, type Roles } from "../domain/access.js";
import { flawOf, type GuestPrincipal, type Principal, type StaffPrincipal } from "../domain/principal.js";
import { codeOf, ConversationError } from "../errors.js";
import { snapshotMessages } from "./snapshot.js";
import type { Ids } from "../ports/ids.js";
import type { LiveStorage, LogPlace, RevokedPrincipal } from "../ports/live-storage.js";
import type { Constant, DeskLogger } from "../ports/logger.js";
import type { Realtime, RealtimeListener, Signal } from "../ports/realtime.js";
import type { Storage } from "../ports/storage.js";
import type { Cursors } from "../runtime/cursor.js";
import type { Desk } from "../runtime/desk-api.js";
import { LIVE_POLICY } from "../runtime/policy.js";
import { timeOf } from "../runtime/storage-clock.js";
import { networkOf, unmapped, type Floods } from "../runtime/floods.js";
import { warnings, type Warn } from "../runtime/warnings.js";
import { isPublicAddress } from "../whatsapp/public-address.js";
import { admission, type Admission } from "./admission.js";
import { guestViewer, staffViewer, type Viewer } from "./audience.js";
import { readFrame } from "./client-frame.js";
import { commands, invalid, type DoCommand } from "./commands.js";
import { Connection, type LivePrincipal } from "./connection.js";
import { encoded, json, type Batch } from "./frames.js";
import type { LiveLimits } from "./limits.js";
import { Logs, RIGHTS_MS } from "./logs.js";
import { presence, type Presence } from "./presence.js";
import type { ClientFrame, CloseReason, ServerFrame } from "./protocol.js";
import { keyOf, revocations, type Revocations } from "./revocations.js";
import type { Live, LiveConnection, LiveCounts, LivePeer, LiveSocket } from "./socket.js";

export interface HubOptions {
  readonly storage: LiveStorage & Pick<Storage, "loadGuests" | "loadConversation" | "loadChats">;
  /** Opened and closed by whoever makes the hub; what it hears goes to `heard`. */
  readonly realtime: Pick<Realtime, "revoked" | "signal">;
  readonly roles: Roles;
  readonly cursors: Cursors;
  readonly floods: Floods;
  readonly ids: Ids;
  readonly logger: DeskLogger;
  /** A connection began: where it was, anew because that is gone, or for the first time. */
  readonly resumed?: (result: "resumed" | "resync" | "new") => void;
  readonly limits: LiveLimits;
  /** How much lists show of a conversation's last message. */
  readonly previewGraphemes: number;
  /** The desk of somebody. @throws {ConversationError} `not_started` */
  readonly as: (principal: Principal) => Desk;
  /** Milliseconds of a clock that does not jump; the process's by default. */
  readonly now?: () => number;
}

/** Those with the same rights. */
interface Audience {
  readonly viewer: Viewer;
  /** Told everything as it happens. */
  readonly live: Set<Connection>;
  /** Everybody with these rights, also those on their way. */
  members: number;
  /** Hotels of which there was nothing for them lately, and since when. */
  readonly owed: Map<string, number>;
}

/** Clients that the host is asked about at once, and a long way more than wait for the storage. */
const AUTHENTICATING = 32;
/** Milliseconds for which an audience that there is nothing for may not know how far the log is. */
const OWED_MS = 5_000;
/** Milliseconds between looks at the clock. */
const SWEEP_MS = 250;

/** All live connections of a process: reads each hotel's news once, however many watch, and tells everybody what they may see. */
export class Hub implements Live {
  readonly limits: LiveLimits;
  readonly now: () => number;
  readonly #options: HubOptions;
  readonly #storage: HubOptions["storage"];
  readonly #warn: Warn;
  readonly #connections = new Set<Connection>();
  /** Most have one. */
  readonly #byPrincipal = new Map<string, Connection | readonly Connection[]>();
  /** Event streams, whose clients say things by requests. */
  readonly #streams = new Map<string, Connection>();
  /** Connections that have not said hello, by address. */
  readonly #waiting = new Map<string, number>();
  readonly #audiences = new Map<string, Audience>();
  readonly logs: Logs<Audience>;
  readonly #snapshots = new Map<string, Promise<Snapshot>>();
  readonly #authentication: Admission;
  readonly #admission: Admission;
  readonly #revocations: Revocations;
  readonly #command: DoCommand;
  readonly #presence: Presence;
  readonly #stopListeners = new Set<() => void>();
  #timers: readonly NodeJS.Timeout[] = [];
  #state: "new" | "running" | "stopped" = "new";

  constructor(options: HubOptions) {
    // Whole milliseconds: a connection keeps several, and a whole number takes no memory of its own.
    const { storage, limits, logger, as, now = () => Math.floor(performance.now()) } = options;
    this.#options = options;
    this.#storage = storage;
    this.limits = limits;
    this.now = now;
    this.#warn = warnings(logger, { now });
    this.#authentication = admission(AUTHENTICATING, limits.waiting);
    this.#admission = admission(limits.admitted, limits.waiting);
    this.#revocations = revocations(storage, now, (principal) => {
      this.#revoke(principal);
    });
    this.#command = commands({ as, logger, floods: options.floods });
    this.#presence = presence(storage, (hotelId) => this.logs.has(hotelId));
    this.logs = new Logs({
      storage,
      cursors: options.cursors,
      admission: this.#admission,
      recentBytes: limits.recentBytes,
      previewGraphemes: options.previewGraphemes,
      now,
      isRunning: () => this.#state === "running",
      rightsWithin: (ms) => this.#revocations.within(ms),
      told: ({ watchers }, batch) => {
        this.#presence.moved(batch);
        this.#tell(watchers, batch);
      },
      lost: (hotelId) => {
        this.#warn("live_log_lost", "a hotel's log does not go on where it ended: its pages begin anew", { hotelId });
        for (const connection of this.#connections) if (connection.watches(hotelId)) connection.end("unavailable");
      },
      dropped: (hotelId) => {
        this.#presence.forget(hotelId);
      },
      failed: this.#looked,
    });
  }

  get frameBytes(): number {
    return this.limits.frameBytes;
  }

  /** Begins to hear and to look. Everything it starts is ended by `stop()`. */
  start(): void {
    const { pollMs, revocationsMs } = this.limits;
    this.#state = "running";
    this.#timers = [
      setInterval(() => {
        this.sweep();
      }, SWEEP_MS),
      setInterval(() => {
        this.logs.poll();
      }, pollMs),
      setInterval(() => {
        this.#lookForRevocations();
      }, revocationsMs),
    ];
  }

  /** Says goodbye to everybody. What they miss they are told by another process, or by the next. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    for (const listener of this.#stopListeners) listener();
    this.#stopListeners.clear();
    for (const timer of this.#timers) clearInterval(timer);
    for (const connection of this.#connections) connection.end("going_away");
    await this.logs.idle();
  }

  connect(socket: LiveSocket, peer: LivePeer): LiveConnection {
    const from = whence(peer);
    const connection = new Connection(this.#options.ids(), this, socket, peer, from);
    this.#connections.add(connection);
    if (from !== null) this.#waiting.set(from.key, (this.#waiting.get(from.key) ?? 0) + 1);
    const refused = this.#refuses(from);
    if (refused !== null) connection.end(refused);
    return connection;
  }

  #refuses(from: Whence | null): CloseReason | null {
    if (this.#state !== "running") return this.#state === "new" ? "unavailable" : "going_away";
    if (from === null) return null;
    const { waitingPerIp, waitingPerProxy } = this.limits;
    const most = from.address === null ? waitingPerProxy : waitingPerIp;
    if ((this.#waiting.get(from.key) ?? 0) > most) return "too_many";
    return this.#options.floods.refusal("unauthenticated", from.address) === null ? null : "too_many";
  }

  async post(principal: Principal, connectionId: string, frame: unknown): Promise<ServerFrame | null> {
    const data = readFrame(frame);
    if (data === null) throw invalid("", "is no frame that can be sent so");
    // Whoever cannot have a desk cannot say anything.
    this.#options.as(principal);
    const id = this.streamIds(principal).decode(connectionId);
    if (data.type === "command") {
      if (id !== null) this.#isActive(principal, id);
      return this.command(principal, data);
    }
    if (data.type !== "signal" && data.type !== "active") throw invalid("type", "is nothing that is said by a request");
    const tooMany = this.#options.floods.command(principal);
    if (tooMany !== null) throw tooMany;
    if (id === null) throw invalid("connectionId", "as the welcome of your own event stream has it");
    const own = this.#streams.get(id);
    if (data.type === "active" || own !== undefined) this.#isActive(principal, id);
    if (data.type === "active") return null;
    if (own !== undefined) own.signals(data);
    // Its own process hears of it, too, and that somebody is there.
    else if (principal.kind === "staff") await this.signal(principal, id, data.kind, data.conversationId);
    return null;
  }

  /**
   * How the client of an event stream calls it when it says something by a request: sealed for that principal, so that any process
   * believes it of them and of nobody else.
   */
  streamIds(principal: Principal): { encode(id: string): string; decode(sealed: string): string | null } {
    const { id: codec } = this.#options.cursors.of("stream", { of: keyOf(revocable(principal)) });
    return {
      encode: (id) => codec.encode(id) ?? "",
      decode(sealed) {
        try {
          return codec.decode(sealed);
        } catch (error) {
          if (ConversationError.is(error)) return null;
          throw error;
        }
      },
    };
  }

  /** Somebody is at the page of a stream, which may be another process's. */
  #isActive(principal: Principal, id: string): void {
    const own = this.#streams.get(id);
    if (own !== undefined) {
      own.isActive();
      return;
    }
    const by = { ...revocable(principal), name: null };
    this.#options.realtime.signal({ hotelId: "", conversationId: "", kind: "active", by, connectionId: id });
  }

  onStop(listener: () => void): () => void {
    this.#stopListeners.add(listener);
    return () => {
      this.#stopListeners.delete(listener);
    };
  }

  counts(): LiveCounts {
    const audiences = [...this.#audiences.values()];
    return {
      connections: this.#connections.size,
      live: audiences.reduce((sum, { live }) => sum + live.size, 0),
      principals: this.#byPrincipal.size,
      addresses: this.#waiting.size,
      audiences: audiences.length,
      hotels: this.logs.size,
    };
  }

  /** Somebody's rights have changed: stored, so that every process sees it, and told. */
  async rightsChanged(principal: RevokedPrincipal): Promise<void> {
    await this.#storage.revoke({ kind: principal.kind, id: principal.id });
    this.#options.realtime.revoked();
    if (this.#connections.size > 0) await this.#revocations.within(0).catch(this.#looked);
  }

  // What connections ask.

  /** @returns why it may not stay; null when it may */
  joined(
    connection: Connection,
    principal: LivePrincipal,
    viewer: Viewer,
    { askedAt, isStream }: { readonly askedAt: number; readonly isStream: boolean },
  ): CloseReason | null {
    if (isStream) this.#streams.set(connection.id, connection);
    this.#audienceOf(viewer).members += 1;
    const key = keyOf(principal);
    const own = this.#ownOf(key);
    this.#byPrincipal.set(key, own.length === 0 ? connection : [...own, connection]);
    if (own.length >= this.limits.connectionsPerPrincipal) return "too_many";
    return this.#revocations.since(principal, askedAt) ? "rights_changed" : null;
  }

  goesLive(connection: Connection, viewer: Viewer): void {
    this.#audienceOf(viewer).live.add(connection);
  }

  forget(
    connection: Connection,
    was: { readonly from: Whence | null; readonly principal: LivePrincipal | null; readonly viewer: Viewer | null },
  ): void {
    this.#connections.delete(connection);
    this.#streams.delete(connection.id);
    this.saidHello(was.from);
    if (was.principal !== null) {
      const key = keyOf(was.principal);
      const [first, ...others] = this.#ownOf(key).filter((one) => one !== connection);
      if (first === undefined) this.#byPrincipal.delete(key);
      else this.#byPrincipal.set(key, others.length === 0 ? first : [first, ...others]);
    }
    if (was.viewer === null) return;
    const audience = this.#audiences.get(was.viewer.key);
    if (audience === undefined) return;
    audience.live.delete(connection);
    audience.members -= 1;
    if (audience.members > 0) return;
    this.#audiences.delete(was.viewer.key);
    this.logs.unwatch(was.viewer.hotels, audience);
  }

  /** It is not one of those any more that only hold a socket open. */
  saidHello(from: Whence | null): void {
    if (from === null) return;
    const left = (this.#waiting.get(from.key) ?? 0) - 1;
    if (left > 0) this.#waiting.set(from.key, left);
    else this.#waiting.delete(from.key);
  }

  /** Somebody was nobody. Whoever tries that all the time is not asked about any more for a while. */
  failedToSignIn(from: Whence | null): void {
    this.#options.floods.failed("unauthenticated", from?.address ?? null);
  }

  began(result: "resumed" | "resync" | "new"): void {
    this.#options.resumed?.(result);
  }

  ended(reason: CloseReason): void {
    if (reason === "bad_frame" || reason === "too_many" || reason === "slow")
      this.#warn(`live_${reason}`, "a live connection was ended");
  }

  failed<Message extends string>(error: unknown, message: Constant<Message>): void {
    this.#warn(codeOf(error), message);
  }

  isPrincipal(principal: Principal): boolean {
    const flaw = flawOf(principal, this.#options.roles);
    if (flaw !== null)
      this.#warn("principal_invalid", "authenticate answered what is no principal", {
        member: flaw.member || "principal",
      });
    return flaw === null;
  }

  /** Milliseconds until then, by the time that all processes go by. */
  async fromNow(at: Date): Promise<number> {
    return at.getTime() - (await this.#admission.run(() => timeOf(this.#storage))).getTime();
  }

  async viewerOf(principal: LivePrincipal): Promise<Viewer> {
    const { roles } = this.#options;
    if (principal.kind === "staff") return staffViewer(principal, roles);
    return guestViewer(principal, await this.#admission.run(() => this.#whoStays(principal)), roles);
  }

  /** The guest, or the one into whom they were merged. */
  async #whoStays({ hotelId, guestId }: GuestPrincipal): Promise<string> {
    let stays = guestId;
    for (let step = 0; step < MERGES; step++) {
      const { guests } = await this.#storage.loadGuests({ reach: "everything", guestIds: [stays] });
      const guest = guests[0]?.guest;
      if (guest?.hotelId !== hotelId || guest.mergedInto === null) return stays;
      stays = guest.mergedInto;
    }
    return stays;
  }

  admitAuthentication<T>(task: () => Promise<T>): Promise<T> {
    return this.#authentication.run(task);
  }

  revocationsWithin(ms: number): Promise<void> {
    return this.#revocations.within(ms);
  }

  command(principal: Principal, frame: Extract<ClientFrame, { type: "command" }>): Promise<ServerFrame> {
    return this.#command(principal, frame);
  }

  /** Tells colleagues. @returns the conversation's hotel; null when it is not theirs to say */
  async signal(
    principal: StaffPrincipal,
    connectionId: string,
    kind: Signal["kind"],
    conversationId: string,
  ): Promise<string | null> {
    const permission = kind === "typing" ? LIVE_POLICY.typing : LIVE_POLICY.viewing;
    try {
      const own = reach(principal, permission, this.#options.roles);
      const hotelId = await this.#presence.hotelWithin(own, conversationId);
      if (hotelId !== null)
        this.#options.realtime.signal({ hotelId, conversationId, kind, by: whoIs(principal), connectionId });
      return hotelId;
    } catch (error) {
      this.failed(error, "a signal could not be passed on");
      return null;
    }
  }

  left(principal: StaffPrincipal, connectionId: string, hotelId: string, conversationId: string): void {
    this.#options.realtime.signal({ hotelId, conversationId, kind: "left", by: whoIs(principal), connectionId });
  }

  /** Begins to read the news of a viewer's hotels, where nobody does yet. Resolves when all are read. */
  async watch(viewer: Viewer): Promise<void> {
    const audience = this.#audiences.get(viewer.key);
    if (audience === undefined) return;
    await this.logs.watch(viewer.hotels, audience, () => this.#audiences.get(viewer.key) === audience);
  }

  /** What is there now, made once for all who ask for the same at the same time. */
  async snapshot(viewer: Viewer, principal: LivePrincipal, limit: number): Promise<Snapshot> {
    const key = JSON.stringify([viewer.key, limit]);
    const reading =
      this.#snapshots.get(key) ??
      this.#admission
        .run(async () => {
          const own = reach(principal, LIVE_POLICY.conversations, this.#options.roles);
          const { now, items, more, places } = await this.#storage.snapshot({ reach: own, limit });
          await this.#revocations.within(RIGHTS_MS);
          const known = new Map(places.map((place) => [place.hotelId, place]));
          return {
            messages: snapshotMessages(items, more, now, viewer.kind === "guest", this.#options.previewGraphemes),
            places: new Map(
              viewer.hotels.map((hotelId) => [hotelId, known.get(hotelId) ?? { hotelId, seq: 0, at: null }]),
            ),
          };
        })
        .finally(() => this.#snapshots.delete(key));
    this.#snapshots.set(key, reading);
    return reading;
  }

  // Reading and telling.

  /** What the bus tells, of this process and of others. */
  readonly heard: Pick<RealtimeListener, "hinted" | "revoked" | "signalled" | "missed"> = {
    hinted: (hotelIds) => {
      for (const hotelId of hotelIds) this.logs.look(hotelId);
    },
    revoked: () => {
      this.#lookForRevocations();
    },
    signalled: (signal) => {
      this.#streams.get(signal.connectionId)?.isActive();
      if (signal.kind !== "active") this.#show(signal, signal.kind);
    },
    missed: () => {
      this.logs.poll();
      this.#lookForRevocations();
    },
  };

  readonly #looked = (error: unknown): void => {
    this.failed(error, "the storage could not be asked for live news; it is asked again");
  };

  #lookForRevocations(): void {
    if (this.#connections.size > 0 && this.#state === "running") void this.#revocations.look().catch(this.#looked);
  }

  #tell(audiences: ReadonlySet<Audience>, batch: Batch): void {
    for (const audience of audiences) {
      const { viewer, live, owed } = audience;
      if (live.size === 0) continue;
      // Other conversations are theirs now.
      if (viewer.kind === "guest" && batch.mergedGuests.has(viewer.guestId)) {
        for (const connection of live) connection.end("rights_changed");
        continue;
      }
      const told = batch.told(viewer, batch.from.seq);
      if (told !== null) owed.delete(batch.hotelId);
      else if (!owed.has(batch.hotelId)) owed.set(batch.hotelId, this.now());
      for (const connection of live) connection.hears(batch, told);
    }
  }

  #show(signal: Signal, kind: Exclude<Signal["kind"], "active">): void {
    if (this.logs.watchersOf(signal.hotelId).size === 0) return;
    void this.#presence
      .departmentOf(signal)
      .then((place) => {
        if (place === null) return;
        const { hotelId, conversationId, by, connectionId } = signal;
        const frame = json({
          type: "signal",
          kind,
          hotelId,
          conversationId,
          by: { id: by.id, name: by.name },
          connectionId,
        });
        const message = encoded([frame]);
        for (const { viewer, live } of this.logs.watchersOf(hotelId)) {
          if (!this.#presence.seesColleagues(viewer, place)) continue;
          for (const connection of live) if (connection.id !== connectionId) connection.tell(message);
        }
      })
      .catch(this.#looked);
  }

  #revoke(principal: RevokedPrincipal): void {
    for (const connection of this.#ownOf(keyOf(principal))) connection.end("rights_changed");
  }

  /** Looks at the clock for every connection. */
  sweep(): void {
    const now = this.now();
    for (const connection of this.#connections) connection.tick(now);
    for (const audience of this.#audiences.values()) this.#tellPlaces(audience, now);
    this.logs.sweep();
  }

  /** Whoever heard nothing of a hotel for a while is told how far its log is, so that they need not read all that again. */
  #tellPlaces({ live, owed }: Audience, now: number): void {
    for (const [hotelId, since] of owed) {
      if (now - since < OWED_MS) continue;
      owed.delete(hotelId);
      const message = encoded([json({ type: "upTo", hotelId, cursor: this.logs.cursor(this.logs.head(hotelId)) })]);
      for (const connection of live) if (!connection.isAhead(hotelId)) connection.tell(message);
    }
  }

  #ownOf(key: string): readonly Connection[] {
    const own = this.#byPrincipal.get(key) ?? [];
    return own instanceof Connection ? [own] : own;
  }

  /** The same object for all who see the same. */
  sameViewer(viewer: Viewer): Viewer {
    return this.#audienceOf(viewer).viewer;
  }

  #audienceOf(viewer: Viewer): Audience {
    const known = this.#audiences.get(viewer.key);
    if (known !== undefined) return known;
    const audience: Audience = { viewer, live: new Set(), members: 0, owed: new Map() };
    this.#audiences.set(viewer.key, audience);
    return audience;
  }
}

export interface Snapshot {
  readonly messages: readonly Uint8Array[];
  readonly places: ReadonlyMap<string, LogPlace>;
}

/** How many times somebody may have been merged on: far more than ever happened. */
const MERGES = 100;

const whoIs = ({ id, name }: StaffPrincipal): Signal["by"] => ({ kind: "staff", id, name: name ?? null });

const revocable = ({ kind, id }: Principal): RevokedPrincipal => ({ kind: kind === "guest" ? "guest" : "staff", id });

/** Where a connection comes from, as it is counted. */
export interface Whence {
  readonly key: string;
  /** null: it is a proxy most likely, who speaks for everybody, so that nobody is refused for what came from there. */
  readonly address: string | null;
}

function whence({ ip, peer = null }: LivePeer): Whence | null {
  const address = ip ?? (peer !== null && isPublicAddress(unmapped(peer)) ? peer : null);
  const counted = address ?? peer;
  return counted === null ? null : { key: networkOf(counted), address };
}
