import type { LiveCursors, ServerFrame } from "../live/protocol.js";
import { CLOSED } from "./after-close.js";
import { backoff, type Retry } from "./backoff.js";
import type { Connection, OfflineReason } from "./store.js";
import type { Tokens } from "./tokens.js";
import type { OpenWire, Wire } from "./wire.js";

/** Milliseconds until the desk has to have said something first. */
const WELCOME_MS = 15_000;
/** Pings that have to stay away until the connection is lost, and a little, since two need not be the same time apart. */
const PINGS_MISSED = 2.2;
/**
 * Characters of places that are said to go on from them: some 70 hotels. An event stream says them in a header, of which Node takes 16 KB
 * at most; whoever sees more hotels begins with a snapshot each time.
 */
const RESUME_MOST = 8_000;
/** Milliseconds that a connection has to have lived, until the next is tried as soon as the first. */
const LASTING_MS = 10_000;
/** Times that one way cannot be opened until another is tried. */
const WAY_TRIES = 2;
/** Milliseconds between two words that somebody is there; a connection is idle after 30 min. */
const ACTIVE_MS = 60_000;
/** Milliseconds after which what somebody is about is said again; it is over after 30 s. */
const SIGNAL_AGAIN_MS = 10_000;

export interface LiveOptions {
  /** The first is tried first. */
  readonly ways: readonly OpenWire[];
  readonly tokens: Tokens;
  /** Conversations in a snapshot, at most. */
  readonly snapshot: number | undefined;
  readonly retry: Retry | undefined;
  /** To be applied together. @param isFresh whether it is a snapshot and what was told since: what was known before is worth nothing */
  readonly told: (frames: readonly ServerFrame[], isFresh: boolean) => void;
  readonly changed: (connection: Connection) => void;
}

/** Keeps one connection to the desk: opens it again whenever it ends, where the last one had got to. Made once, it is begun and ended as often as you like. */
export function liveConnection({ ways, tokens, snapshot, retry, told, changed }: LiveOptions) {
  const waits = backoff(retry);
  /** Raised whenever something new is begun: what belongs to an older one is over. */
  let turn = 0;
  let way = 0;
  let failures = 0;
  let wire: Wire | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let cursors: LiveCursors = {};
  let status: Connection["status"] = "stopped";
  let reason: OfflineReason | null = "closed";
  let saidActive = 0;
  let me = "";
  const about = new Map<string, About>();

  const become = (next: Connection["status"], why: OfflineReason | null): void => {
    status = next;
    reason = why;
    changed({ status, reason });
  };
  const quit = (): void => {
    turn += 1;
    clearTimeout(timer);
    wire?.drop();
    wire = null;
  };
  const stop = (why: OfflineReason): void => {
    quit();
    become("stopped", why);
  };
  const later = (why: OfflineReason): void => {
    quit();
    become("offline", why);
    timer = setTimeout(begin, waits.next());
  };
  const begin = (): void => {
    quit();
    become("connecting", reason);
    void open(turn);
  };

  function sayAbout(conversationId: string): void {
    const now = about.get(conversationId);
    if (now === undefined) return;
    now.said = kindOf(now);
    if (status === "live") wire?.say({ type: "signal", kind: now.said, conversationId }, me);
    if (now.said !== "left") return;
    clearInterval(now.again);
    about.delete(conversationId);
  }

  async function open(mine: number): Promise<void> {
    let token: string | null | undefined;
    try {
      token = await tokens.get();
    } catch {
      if (mine === turn) later("token_failed");
      return;
    }
    if (mine !== turn) return;
    if (token === null) {
      stop("unauthenticated");
      return;
    }
    const isResumed = Object.keys(cursors).length > 0 && JSON.stringify(cursors).length <= RESUME_MOST;
    const hello = {
      type: "hello",
      version: 1,
      ...(token !== undefined && { token }),
      ...(isResumed && { resume: cursors }),
      ...(snapshot !== undefined && { snapshot: { limit: snapshot } }),
    } as const;
    let silence = WELCOME_MS;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => ended(CODES_LOST), silence);
    };
    /** A snapshot on its way, and what is told with it: shown when it is whole. */
    let held: ServerFrame[] | null = isResumed ? null : [];
    /** Whether all cursors are there, and go on from one another. */
    let isPlaced = isResumed;
    let isWelcome = false;
    let liveSince = Infinity;

    const heard = (text: string): void => {
      if (mine !== turn) return;
      watch();
      let batch = { frames: [] as ServerFrame[], isFresh: false };
      const show = () => {
        if (held !== null) batch = { frames: held, isFresh: true };
        held = null;
      };
      for (const frame of framesOf(text)) {
        switch (frame.type) {
          case "welcome":
            isWelcome = true;
            failures = 0;
            me = frame.connectionId;
            silence = frame.pingMs * PINGS_MISSED;
            watch();
            break;
          case "ping":
            wire?.say({ type: "pong" }, me);
            break;
          case "resync_required":
            cursors = {};
            isPlaced = false;
            held = [];
            batch = { frames: [], isFresh: false };
            break;
          case "upTo":
            if (isPlaced) cursors = { ...cursors, [frame.hotelId]: frame.cursor };
            break;
          case "live":
            show();
            cursors = frame.cursors;
            isPlaced = true;
            liveSince = Date.now();
            break;
          case "signal":
            if (frame.connectionId !== me) (held ?? batch.frames).push(frame);
            break;
          default:
            (held ?? batch.frames).push(frame);
            if (frame.type === "snapshot" && frame.last) show();
        }
      }
      if (batch.frames.length > 0 || batch.isFresh) told(batch.frames, batch.isFresh);
      if (liveSince !== Infinity && status !== "live") {
        become("live", null);
        for (const conversationId of about.keys()) sayAbout(conversationId);
      }
    };

    const ended = (code: number): void => {
      if (mine !== turn) return;
      const [why, then] = CLOSED[code] ?? (["unreachable", "resume"] as const);
      if (Date.now() - liveSince > LASTING_MS) waits.reset();
      const isNoWay = !isWelcome && (why === "unreachable" || why === "lost");
      if (isNoWay && (failures += 1) % WAY_TRIES === 0) way = (way + 1) % ways.length;
      if (why === "rights_changed") cursors = {}; // what may be seen now, a snapshot tells
      if (then === "stop") stop(why);
      else if (then === "wait") {
        quit();
        become("offline", why);
      } else if (then === "authenticate" && !tokens.refused(token) && why === "unauthenticated" && token !== undefined)
        stop(why);
      else later(why);
    };

    watch();
    try {
      wire = ways[way]?.(hello, { heard, ended }) ?? null;
    } catch {
      ended(0); // the page may not, or the address is none
    }
  }

  return {
    connect: (): void => {
      if (status === "stopped") begin();
    },
    close: (): void => {
      for (const { again } of about.values()) clearInterval(again);
      about.clear();
      stop("closed");
    },
    /** Somebody is at the page. */
    active: (): void => {
      if (status === "offline" && reason === "idle") begin();
      else if (status === "live" && Date.now() - saidActive > ACTIVE_MS) {
        saidActive = Date.now();
        wire?.say({ type: "active" }, me);
      }
    },
    /** It may work by now: does not wait any longer. */
    hurry: (): void => {
      if (status === "offline") begin();
    },
    signal: (kind: "typing" | "viewing" | "left", conversationId: string): void => {
      const now = about.get(conversationId) ?? {
        isViewed: false,
        typedAt: 0,
        said: "left",
        again: setInterval(() => sayAbout(conversationId), SIGNAL_AGAIN_MS),
      };
      about.set(conversationId, now);
      now.isViewed = kind === "viewing" || (kind === "typing" && now.isViewed);
      if (kind !== "viewing") now.typedAt = kind === "typing" ? Date.now() : 0;
      if (kindOf(now) !== now.said || kind === "left") sayAbout(conversationId);
    },
  };
}

/** What somebody here is about in a conversation. */
interface About {
  isViewed: boolean;
  /** Milliseconds since 1970; 0: never. */
  typedAt: number;
  said: "typing" | "viewing" | "left";
  readonly again: ReturnType<typeof setInterval>;
}
const kindOf = ({ isViewed, typedAt }: About): About["said"] =>
  Date.now() - typedAt < SIGNAL_AGAIN_MS ? "typing" : isViewed ? "viewing" : "left";

const CODES_LOST = 4422;

function framesOf(text: string): readonly ServerFrame[] {
  try {
    const frames = JSON.parse(text) as unknown;
    return Array.isArray(frames) ? (frames as readonly ServerFrame[]) : [];
  } catch {
    return []; // a newer desk may say what this client does not know
  }
}
