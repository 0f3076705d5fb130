import type { GuestPrincipal, Principal, StaffPrincipal } from "../domain/principal.js";
import { ConversationError } from "../errors.js";
import type { LogPlace } from "../ports/live-storage.js";
import { rightsOf, type Viewer } from "./audience.js";
import { encoded, json, type Batch } from "./frames.js";
import type { Hub, Whence } from "./hub.js";
import type { LiveLimits } from "./limits.js";
import { readFrame } from "./client-frame.js";
import {
  CLOSE,
  LIVE_VERSION,
  type ClientFrame,
  type CloseReason,
  type LiveCursors,
  type ServerFrame,
} from "./protocol.js";
import type { LiveConnection, LivePeer, LiveSignIn, LiveSocket } from "./socket.js";

/** Somebody who can be connected. */
export type LivePrincipal = StaffPrincipal | GuestPrincipal;

/** Beside the hotels' places in a client's cursors: the rights by which it was told things. No hotel has this id. */
const RIGHTS = "*";
/** Conversations in a snapshot, unless the client says how many. */
const SNAPSHOT = 200;
/** Bytes that may wait for a client that catches up, before it is sent more. */
const AHEAD_BYTES = 256 * 1024;
/** Milliseconds between looks whether it has read them. */
const DRAIN_MS = 20;
/** Milliseconds for which somebody waits to be let in: who is turned away then may find another process. */
const ADMISSION_MS = 30_000;
/** Milliseconds for which a colleague's signal lasts. */
const SIGNAL_MS = 30_000;
/** Conversations that one connection is about at once: what is beyond is not taken back when it closes, and lasts its 30 s. */
const SIGNALS = 32;

const PING: readonly Uint8Array[] = encoded([json({ type: "ping" })]);
const PONG: readonly Uint8Array[] = encoded([json({ type: "pong" })]);

type Hello = Extract<ClientFrame, { type: "hello" }>;
type State = "waiting" | "authenticating" | "catchingUp" | "live" | "closed";

/** Where a client stands in the log of each hotel. */
type Places = Map<string, LogPlace>;

/** One client: what it says comes in, what it is told goes out, and why it ends. It knows of no socket but `LiveSocket`. */
export class Connection implements LiveConnection {
  readonly id: string;
  readonly #hub: Hub;
  readonly #socket: LiveSocket;
  /** null once it is known who that is: a peer may hold on to a whole request. */
  #peer: LivePeer | null;
  /** null, too, from then on. */
  #from: Whence | null;
  readonly #oneWay: boolean;
  #state: State = "waiting";
  #principal: LivePrincipal | null = null;
  #viewer: Viewer | null = null;
  /** Where it stands by itself: until it is live, and then as long as it is ahead of what this process has read. */
  #places: Places | null = null;
  /** When what proves its rights is over, by the monotonic clock. */
  #expiresAt = Infinity;
  readonly #since: number;
  #heardAt: number;
  #pingedAt: number;
  #activeAt: number;
  /** Frames it may send at once, and since when that is so. */
  #tokens: number;
  #tokensAt: number;
  /** Bytes that it was sent, and how many of them had left at the last look. */
  #sent = 0;
  #drained = 0;
  #drainedAt: number;
  /** Commands that wait for one another. */
  #commands = 0;
  #doing: Promise<void> | null = null;
  /** What it told colleagues lately. */
  #about: Map<string, { readonly hotelId: string; readonly at: number }> | null = null;

  constructor(id: string, hub: Hub, socket: LiveSocket, peer: LivePeer, from: Whence | null) {
    const now = hub.now();
    this.id = id;
    this.#hub = hub;
    this.#socket = socket;
    this.#peer = peer;
    this.#from = from;
    this.#oneWay = peer.oneWay ?? false;
    this.#since = this.#heardAt = this.#pingedAt = this.#activeAt = this.#tokensAt = this.#drainedAt = now;
    this.#tokens = hub.limits.framesAtOnce;
  }

  get #limits(): LiveLimits {
    return this.#hub.limits;
  }

  received(text: string | null): void {
    if (this.#isClosed()) return;
    this.#heardAt = this.#hub.now();
    if (!this.#mayGoOn()) return;
    if (text === null) {
      this.end("bad_frame");
      return;
    }
    if (text.length > this.#limits.frameBytes || Buffer.byteLength(text) > this.#limits.frameBytes) {
      this.end("too_large");
      return;
    }
    const frame = parsed(text);
    if (frame === null) {
      this.end("bad_frame");
      return;
    }
    this.#hear(frame);
  }

  disturbed(): void {
    if (this.#isClosed()) return;
    this.#heardAt = this.#hub.now();
    this.#mayGoOn();
  }

  closed(): void {
    if (this.#isClosed()) return;
    this.#forget();
  }

  cursors(): LiveCursors {
    const { hotels = [] } = this.#viewer ?? {};
    const cursors = hotels.flatMap((hotelId) => {
      const place = this.#placeIn(hotelId);
      return place === undefined ? [] : [[hotelId, this.#hub.logs.cursor(place)] as const];
    });
    if (cursors.length < hotels.length || this.#principal === null || this.#viewer === null) return {};
    return Object.fromEntries([...cursors, [RIGHTS, rightsOf(this.#principal, this.#viewer)]]);
  }

  /** Somebody said something for it by a request. */
  isActive(): void {
    this.#heardAt = this.#activeAt = this.#hub.now();
  }

  watches(hotelId: string): boolean {
    return this.#viewer?.hotels.includes(hotelId) ?? false;
  }

  /** Says goodbye. Nothing is told after that. */
  end(reason: CloseReason): void {
    if (this.#isClosed()) return;
    this.#forget();
    this.#hub.ended(reason);
    try {
      this.#socket.close(CLOSE[reason].code, reason);
      // Nobody is there to say goodbye to.
      if (reason === "lost") this.#socket.terminate();
    } catch (error) {
      this.#hub.failed(error, "a live socket could not be closed");
    }
  }

  /** What was read together, as far as it is news to this client. @param told what those hear who know all that was before */
  hears(batch: Batch, told: readonly Uint8Array[] | null): void {
    const place = this.#places?.get(batch.hotelId);
    if (place === undefined || this.#viewer === null) {
      if (told !== null) this.tell(told);
      return;
    }
    // It was told newer things than these.
    if (place.seq > batch.to.seq) return;
    const isNews = place.seq < batch.to.seq;
    const news = place.seq <= batch.from.seq ? told : batch.told(this.#viewer, place.seq);
    // From now on it knows what everybody knows.
    this.#places?.delete(batch.hotelId);
    if (this.#places?.size === 0) this.#places = null;
    if (isNews && news !== null) this.tell(news);
  }

  /** Whether it knows more of a hotel than this process has read. */
  isAhead(hotelId: string): boolean {
    return this.#places?.has(hotelId) ?? false;
  }

  tell(messages: readonly Uint8Array[]): void {
    for (const message of messages) {
      if (this.#isClosed()) return;
      try {
        const waiting = this.#socket.bufferedBytes();
        if (waiting > 0 && waiting + message.length > this.#limits.queueBytes) {
          this.end("slow");
          return;
        }
        this.#sent += message.length;
        this.#socket.send(message);
      } catch (error) {
        this.#hub.failed(error, "a live socket threw");
        this.end("lost");
      }
    }
  }

  /** Looks at the clock: who has not said hello, answered or read, is ended. */
  tick(now: number): void {
    if (this.#isClosed()) return;
    const { helloMs, pingMs, idleMs, stallMs } = this.#limits;
    if (this.#state === "waiting") {
      if (now - this.#since >= helloMs) this.end("hello_timeout");
      return;
    }
    if (this.#state === "authenticating") {
      if (now - this.#heardAt >= ADMISSION_MS) this.end("unavailable");
      return;
    }
    // What is no date proves nothing.
    if (!(now < this.#expiresAt)) {
      this.end("rights_changed");
      return;
    }
    if (this.#isStalled(now, stallMs)) {
      this.end("slow");
      return;
    }
    if (!this.#oneWay && now - this.#heardAt >= 2 * pingMs) {
      this.end("lost");
      return;
    }
    if (now - this.#activeAt >= idleMs) {
      this.end("idle");
      return;
    }
    if (now - this.#pingedAt >= pingMs) {
      this.#pingedAt = now;
      this.tell(PING);
    }
  }

  /** Nothing of what waits for it has left for so long. */
  #isStalled(now: number, stallMs: number): boolean {
    const waiting = this.#socket.bufferedBytes();
    const drained = this.#sent - waiting;
    if (waiting === 0 || drained > this.#drained) this.#drainedAt = now;
    this.#drained = drained;
    return now - this.#drainedAt >= stallMs;
  }

  /** Counts a frame. Tokens come back with time; whoever has none left has said too much. */
  #mayGoOn(): boolean {
    const { framesPerSecond, framesAtOnce } = this.#limits;
    const now = this.#hub.now();
    this.#tokens = Math.min(framesAtOnce, this.#tokens + ((now - this.#tokensAt) / 1_000) * framesPerSecond) - 1;
    this.#tokensAt = now;
    if (this.#tokens >= 0) return true;
    this.end("too_many");
    return false;
  }

  #hear(frame: ClientFrame): void {
    if (frame.type === "hello") {
      if (this.#state !== "waiting") {
        this.end("out_of_turn");
        return;
      }
      if (frame.version !== LIVE_VERSION) {
        this.end("version_unsupported");
        return;
      }
      this.#state = "authenticating";
      this.#activeAt = this.#heardAt;
      this.#hub.saidHello(this.#from);
      void this.#begin(frame).catch((error: unknown) => {
        if (!this.#isClosed()) this.#hub.failed(error, "a live connection could not be begun");
        this.end("unavailable");
      });
      return;
    }
    const isKnown = this.#principal !== null;
    switch (frame.type) {
      case "ping":
        if (!isKnown) break;
        {
          this.tell(PONG);
          return;
        }
      case "pong":
        if (!isKnown) break;
        return;
      case "active":
        if (!isKnown) break;
        this.#activeAt = this.#heardAt;
        return;
      case "command":
        if (!isKnown) break;
        this.#activeAt = this.#heardAt;
        {
          this.#command(frame);
          return;
        }
      case "signal":
        if (!isKnown) break;
        this.#activeAt = this.#heardAt;
        {
          this.signals(frame);
          return;
        }
    }
    this.end("out_of_turn");
  }

  /** One after the other, so that what somebody says twice comes in that order. */
  #command(frame: Extract<ClientFrame, { type: "command" }>): void {
    const principal = this.#principal;
    if (principal === null) return;
    if (this.#commands >= this.#limits.commandsWaiting) {
      this.end("too_many");
      return;
    }
    this.#commands += 1;
    const before = this.#doing;
    const doing = (async () => {
      await before;
      // Whoever is gone, or may not any more, has nothing done that waited.
      if (this.#isClosed()) return;
      this.#say(await this.#hub.command(principal, frame));
    })().finally(() => {
      this.#commands -= 1;
      if (this.#doing === doing) this.#doing = null;
    });
    this.#doing = doing;
  }

  /** Tells colleagues what it is about, and takes that back when it closes. */
  signals({ kind, conversationId }: Extract<ClientFrame, { type: "signal" }>): void {
    const principal = this.#principal;
    if (principal?.kind !== "staff" || this.#viewer === null) return;
    void this.#hub.signal(principal, this.id, kind, conversationId).then((hotelId) => {
      if (hotelId === null) return;
      const now = this.#hub.now();
      const about = (this.#about ??= new Map());
      for (const [id, { at }] of about) if (now - at >= SIGNAL_MS || id === conversationId) about.delete(id);
      if (kind !== "left" && about.size < SIGNALS) about.set(conversationId, { hotelId, at: now });
      // It closed while we looked where the conversation belongs.
      if (this.#isClosed()) this.#takeBackSignals();
    });
  }

  #takeBackSignals(): void {
    const principal = this.#principal;
    if (this.#about === null || principal?.kind !== "staff") return;
    for (const [conversationId, { hotelId }] of this.#about)
      this.#hub.left(principal, this.id, hotelId, conversationId);
    this.#about = null;
  }

  async #begin(hello: Hello): Promise<void> {
    const signedIn = await this.#whoIsIt(hello.token);
    if (signedIn === null || this.#isClosed()) return;
    const { principal, viewer } = signedIn;
    if (viewer.hotels.length === 0) {
      this.end("forbidden");
      return;
    }
    this.#principal = principal;
    this.#viewer = viewer;
    this.#state = "catchingUp";
    this.#heardAt = this.#pingedAt = this.#drainedAt = this.#hub.now();
    const refused = this.#hub.joined(this, principal, viewer, { askedAt: signedIn.askedAt, isStream: this.#oneWay });
    this.#viewer = this.#hub.sameViewer(viewer);
    if (refused !== null) {
      this.end(refused);
      return;
    }
    // By requests anybody may say anything: what is said for a stream is said with what only its user was told.
    const connectionId = this.#oneWay ? this.#hub.streamIds(principal).encode(this.id) : this.id;
    this.#say({ type: "welcome", version: LIVE_VERSION, connectionId, pingMs: this.#limits.pingMs });
    await this.#hub.watch(viewer);
    const resumed = await this.#resume(hello, principal, viewer);
    this.#hub.began(resumed ? "resumed" : hello.resume !== undefined ? "resync" : "new");
    if (!resumed) {
      if (hello.resume !== undefined) this.#say({ type: "resync_required", hotelIds: viewer.hotels });
      // What it knew leads nowhere; from a snapshot everything leads on.
      if (!(await this.#start(hello, principal, viewer))) throw new ConversationError("busy");
    }
  }

  /** null: it was ended. */
  async #whoIsIt(token: string | undefined) {
    const peer = this.#peer;
    if (peer === null) return null;
    const hub = this.#hub;
    const asked = await hub.admitAuthentication(async () => {
      if (this.#isClosed()) return null;
      // Rights that change from now on are noticed, whatever the host has read by then.
      await hub.revocationsWithin(SOON_MS);
      const askedAt = hub.now();
      return { askedAt, said: await within(hub.limits.authenticateMs, peer.authenticate(token)) };
    });
    if (asked === null || this.#isClosed()) return null;
    const from = this.#from;
    this.#peer = this.#from = null;
    const { principal, expiresAt } = untilOf(asked.said);
    if (principal === null) {
      hub.failedToSignIn(from);
      this.end("unauthenticated");
      return null;
    }
    if (!hub.isPrincipal(principal) || (principal.kind !== "staff" && principal.kind !== "guest")) {
      this.end("forbidden");
      return null;
    }
    this.#expiresAt = expiresAt === null ? Infinity : hub.now() + (await hub.fromNow(expiresAt));
    const viewer = await hub.viewerOf(principal);
    return { principal, viewer, askedAt: asked.askedAt };
  }

  /** Goes on where the client was. @returns false when that leads nowhere */
  async #resume({ resume }: Hello, principal: LivePrincipal, viewer: Viewer): Promise<boolean> {
    // By other rights it was shown other things.
    if (resume?.[RIGHTS] !== rightsOf(principal, viewer)) return false;
    const places: Places = new Map();
    for (const hotelId of viewer.hotels) {
      const place = this.#hub.logs.placeOf(hotelId, resume[hotelId]);
      if (place === null || !(await this.#hub.logs.isThere(place))) return false;
      places.set(hotelId, place);
    }
    return this.#catchUp(places, viewer);
  }

  /** Begins with what is there. */
  async #start({ snapshot }: Hello, principal: LivePrincipal, viewer: Viewer): Promise<boolean> {
    const { messages, places } = await this.#hub.snapshot(viewer, principal, snapshot?.limit ?? SNAPSHOT);
    await this.#tellAsRead(messages);
    // Since they were merged with somebody, other conversations are theirs.
    if (principal.kind === "guest" && (await this.#hub.viewerOf(principal)).key !== viewer.key) {
      this.end("rights_changed");
      return true;
    }
    return this.#catchUp(new Map(places), viewer);
  }

  /** Tells what came after these places until nothing is left, and is live in the same moment. @returns false: a place is lost */
  async #catchUp(places: Places, viewer: Viewer): Promise<boolean> {
    this.#places = places;
    let read = 0;
    for (;;) {
      await this.#isRead();
      if (this.#isClosed()) return true;
      const behind = [...places.values()].find((place) => this.#hub.logs.head(place.hotelId).seq > place.seq);
      if (behind === undefined) break;
      const batch = await this.#hub.logs.after(behind);
      if (this.#isClosed()) return true;
      if (batch === null) return false;
      read += batch.to.seq - behind.seq;
      if (read > this.#limits.catchUpEvents) return false;
      if (viewer.kind === "guest" && batch.mergedGuests.has(viewer.guestId)) return false;
      const news = batch.told(viewer, behind.seq);
      places.set(batch.hotelId, batch.to);
      if (news !== null) await this.#tellAsRead(news);
      if (this.#isClosed()) return true;
    }
    // Without a pause from here on: nothing is read between the last look and being told everything.
    this.#say({ type: "live", cursors: this.cursors() });
    for (const [hotelId, place] of places) if (place.seq === this.#hub.logs.head(hotelId).seq) places.delete(hotelId);
    if (places.size === 0) this.#places = null;
    if (this.#isClosed()) return true;
    this.#state = "live";
    this.#hub.goesLive(this, viewer);
    return true;
  }

  /** What has gathered is told as fast as it is read: all of it at once may be more than may wait for anybody. */
  async #tellAsRead(messages: readonly Uint8Array[]): Promise<void> {
    for (const message of messages) {
      await this.#isRead();
      this.tell([message]);
    }
  }

  /** Resolves when the client has read most of what it was sent, or is gone. */
  async #isRead(): Promise<void> {
    while (!this.#isClosed() && this.#socket.bufferedBytes() > AHEAD_BYTES)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
  }

  #placeIn(hotelId: string): LogPlace | undefined {
    return this.#places?.get(hotelId) ?? (this.#state === "live" ? this.#hub.logs.head(hotelId) : undefined);
  }

  #say(frame: ServerFrame): void {
    this.tell(encoded([json(frame)]));
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #forget(): void {
    const wasWaiting = this.#state === "waiting";
    this.#state = "closed";
    this.#takeBackSignals();
    this.#hub.forget(this, { from: wasWaiting ? this.#from : null, principal: this.#principal, viewer: this.#viewer });
    this.#peer = null;
    this.#places = null;
  }
}

/** Milliseconds. A storm of clients shares a look at whose rights have changed. */
const SOON_MS = 100;

/** null: it is none. */
function parsed(text: string): ClientFrame | null {
  try {
    return readFrame(JSON.parse(text));
  } catch {
    return null;
  }
}

function untilOf(said: LiveSignIn): { readonly principal: Principal | null; readonly expiresAt: Date | null } {
  if (said === null || said === undefined) return { principal: null, expiresAt: null };
  return "principal" in said ? said : { principal: said, expiresAt: null };
}

/** @throws {ConversationError} `busy` after that time */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ConversationError("busy"));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
