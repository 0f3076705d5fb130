import { randomUUID } from "node:crypto";
import { backoffMs } from "../decide/send.js";
import { systemRandom } from "../ports/random.js";
import type { Realtime, RealtimeListener } from "../ports/realtime.js";
import { newBell } from "./bell.js";
import { isEmpty, nothing, readMessage, taken, together, writeMessages, type Told } from "./bus-message.js";

/** Something that carries short texts to every process that listens, this one included: PostgreSQL's NOTIFY, Redis, anything. */
export interface Bus {
  /**
   * Connects once and begins to hear; called again, after a back-off, when that fails or the link is lost. It need not reconnect
   * by itself.
   */
  connect(ears: BusEars): Promise<BusLink>;
  /** What one text may hold, in bytes of UTF-8; at least 1,000. */
  readonly maxBytes: number;
}

/** Whom a bus tells what it hears. */
export interface BusEars {
  /** A text came. */
  readonly heard: (text: string) => void;
  /** Nothing more is heard over this link, and it is to be closed. */
  readonly lost: () => void;
  /** Aborted when nobody waits for the link, or needs it, any more: what is still connecting may end. */
  readonly signal: AbortSignal;
}

/** A connection to a bus. */
export interface BusLink {
  /** May reject, and take its time: nobody waits for it. */
  tell(text: string): Promise<unknown>;
  /** Ends the connection. */
  close(): Promise<unknown>;
}

/** When a process says and tries what over a bus. All in milliseconds. */
export interface RealtimeOverOptions {
  /**
   * 20 ms by default: what is told within it leaves as one text, so that a process says 50 in a second at most. What comes after a
   * pause leaves at once.
   */
  readonly gatherMs?: number;
  /**
   * 5 s by default: how often this process says something when it has nothing to say. Whoever missed what it said before finds out
   * by the number; and when it does not hear itself for as long again, the link is dead, whatever the socket says.
   */
  readonly pulseMs?: number;
  /** Back-off between attempts to connect: 100 ms at first and 5 s at most by default, at random up to that. */
  readonly retryBaseMs?: number;
  /** The back-off at most: see retryBaseMs. */
  readonly retryCapMs?: number;
}

/** Milliseconds that `open` waits for a bus that is there. */
const OPEN_MS = 1_000;
/** Milliseconds after which an attempt to connect has failed. */
const CONNECT_MS = 5_000;
/** Milliseconds after which telling has failed. What it was about is told again, as far as it still matters. */
const TELL_MS = 1_000;
/** Milliseconds that `close` waits for what is still to be told, and for the link to end. */
const CLOSE_MS = 200;
/** Signals that wait for the bus, at most, the newest: they are worth nothing in a moment. */
const SIGNALS = 200;
/** Processes whose numbers are remembered, and for how many pulses. */
const PROCESSES = { most: 10_000, pulses: 720 };

/**
 * A `Realtime` over something that carries texts. It delivers what this process tells to itself, bus or no bus; gathers, splits and
 * numbers; connects again; and says `missed` after every connection but the first, and when a number is missing.
 * @param bus null: this process is alone
 */
export function realtimeOver(bus: Bus | null, options: RealtimeOverOptions = {}): Realtime {
  const { gatherMs = 20, pulseMs = 5_000, retryBaseMs: baseMs = 100, retryCapMs: capMs = 5_000 } = options;
  const me = randomUUID();
  const bell = newBell();
  const here = nothing();
  const elsewhere = nothing();
  /** The newest number of each process, and when it was heard. */
  const heardOf = new Map<string, { readonly n: number; readonly at: number }>();
  let listener: RealtimeListener | null = null;
  let link: BusLink | null = null;
  let running: Promise<void> = Promise.resolve();
  let closing: Promise<void> | null = null;
  let number = 0;
  /** What this process told and has not heard itself, oldest first. */
  let unheard: { readonly n: number; readonly at: number }[] = [];
  let isOpen = false;
  let sending: Promise<void> | null = null;
  let flushing: NodeJS.Timeout | "soon" | null = null;
  let flushedAt = -Infinity;
  let endLink: () => void = () => undefined;

  function tell(add: (told: Told) => void): void {
    if (listener === null || closing !== null) return;
    add(here);
    if (bus !== null) add(elsewhere);
    if (flushing !== null) return;
    const waitMs = flushedAt + gatherMs - performance.now();
    flushing = waitMs > 0 ? setTimeout(flush, waitMs) : "soon";
    if (flushing === "soon") queueMicrotask(flush);
  }

  function flush(): void {
    if (flushing === null) return;
    flushing = null;
    flushedAt = performance.now();
    deliver(taken(here));
    send();
  }

  function deliver({ hotels, work, revoked, signals }: Told): void {
    if (listener === null || closing !== null) return;
    if (hotels.size > 0) listener.hinted([...hotels]);
    if (work) listener.worked();
    if (revoked) listener.revoked();
    for (const signal of signals) listener.signalled(signal);
  }

  /** Tells the others, one text after the other. With nothing to tell it is the pulse. */
  function send(): void {
    if (link === null) {
      elsewhere.signals.length = 0;
      return;
    }
    if (sending !== null) return;
    const to = link;
    const told = taken(elsewhere);
    sending = sendOver(to, told).then((isTold) => {
      sending = null;
      if (!isTold) {
        // With the next pulse or link. Told twice is no harm; signals are said again by whom they are about.
        together(elsewhere, { ...told, signals: [] });
      } else if (!isEmpty(elsewhere) && closing === null && flushing === null) flushing = setTimeout(flush, gatherMs);
    });
  }

  async function sendOver(to: BusLink, told: Told): Promise<boolean> {
    try {
      for (const text of writeMessages(told, me, () => ++number, bus?.maxBytes ?? 0)) {
        unheard.push({ n: number, at: performance.now() });
        await within(TELL_MS, to.tell(text));
      }
      return true;
    } catch {
      return false;
    }
  }

  function heard(text: string): void {
    const message = readMessage(text);
    if (message === null) {
      listener?.missed();
      return;
    }
    const { from, n, hotels, ...rest } = message;
    if (from === me) {
      unheard = unheard.filter((one) => one.n > n);
      return;
    }
    // Of whom nothing was heard yet, the first that was said may have been missed, too.
    const last = heardOf.get(from)?.n ?? 0;
    heardOf.set(from, { n: Math.max(n, last), at: performance.now() });
    if (n > last + 1) listener?.missed();
    deliver({ ...rest, hotels: new Set(hotels) });
  }

  /** Keeps a link until it is closed. @param tried called when the first attempt is over */
  async function keep(over: Bus, tried: () => void): Promise<void> {
    let failures = 0;
    let isFirst = true;
    while (closing === null) {
      const upAt = performance.now();
      const lost = aPromise();
      const ended = new AbortController();
      const { signal } = ended;
      const ears: BusEars = {
        heard: (text) => {
          if (!signal.aborted && closing === null) heard(text);
        },
        lost: lost.resolve,
        signal,
      };
      const connecting = Promise.resolve().then(() => over.connect(ears));
      endLink = lost.resolve;
      try {
        const opened = await within(CONNECT_MS, Promise.race([connecting, lost.promise]));
        if (opened === undefined) throw new Error("It is not needed any more.");
        link = opened;
        unheard = [];
        if (isOpen || !isFirst) listener?.missed();
        send();
        tried();
        const pulse = setInterval(() => {
          beat(lost.resolve);
        }, pulseMs);
        await lost.promise;
        clearInterval(pulse);
        if (performance.now() - upAt > capMs) failures = 0;
      } catch {
        // It is away: what else it may be, it is not for a log at each attempt.
      }
      ended.abort();
      link = null;
      // Also one that opens after nobody waits for it any more.
      void connecting.then((late) => quietly(late.close())).catch(() => undefined);
      isFirst = false;
      tried();
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- it was closed meanwhile
      if (closing === null) await bell.pause(backoffMs(failures++, { baseMs, capMs }, systemRandom()));
    }
  }
  function beat(lost: () => void): void {
    const at = performance.now();
    const [oldest] = unheard;
    if (oldest !== undefined && at - oldest.at >= pulseMs) {
      lost();
      return;
    }
    for (const [process, { at: last }] of heardOf)
      if (heardOf.size > PROCESSES.most || at - last > PROCESSES.pulses * pulseMs) heardOf.delete(process);
    send();
  }

  async function end(): Promise<void> {
    if (flushing !== null && flushing !== "soon") clearTimeout(flushing);
    flushing = null;
    await quietly(within(CLOSE_MS, Promise.resolve(sending)));
    if (!isEmpty(elsewhere)) send();
    await quietly(within(CLOSE_MS, Promise.resolve(sending)));
    const last = link;
    listener = null;
    endLink();
    bell.ring();
    await quietly(within(CLOSE_MS, Promise.resolve(last?.close())));
    await quietly(within(CLOSE_MS, running));
  }

  return {
    async open(by) {
      if (listener !== null || closing !== null) return;
      listener = by;
      if (bus === null) return;
      const tried = aPromise();
      running = keep(bus, tried.resolve);
      await quietly(within(OPEN_MS, tried.promise));
      isOpen = true;
    },
    hint(hotelIds) {
      tell(({ hotels }) => {
        for (const hotelId of hotelIds) hotels.add(hotelId);
      });
    },
    work() {
      tell((told) => {
        told.work = true;
      });
    },
    revoked() {
      tell((told) => {
        told.revoked = true;
      });
    },
    signal(signal) {
      tell(({ signals }) => {
        signals.push(signal);
        if (signals.length > SIGNALS) signals.shift();
      });
    },
    close() {
      closing ??= end();
      return closing;
    },
  };
}

function aPromise() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** @throws when it takes longer; what comes of it then, nobody hears */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, ms, new Error("It takes too long."));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const quietly = async (promise: Promise<unknown>): Promise<void> => {
  try {
    await promise;
  } catch {
    // Nobody can do anything about it.
  }
};
