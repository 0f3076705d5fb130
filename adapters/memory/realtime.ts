import {
  realtimeOver,
  systemRandom,
  type Bus,
  type BusEars,
  type Random,
  type Realtime,
  type RealtimeOverOptions,
} from "../../src/index.js";

/** How a bus behaves from now on; what is left out is as it was. */
export interface BusWeather {
  /** Everybody's link is lost, and there is no other until it is back. */
  readonly away?: boolean;
  /** Nothing arrives, and nobody is told: a line that is dead at one end only. */
  readonly deaf?: boolean;
  /** Which part of what is told is lost on the way, 0 to 1. */
  readonly lost?: number;
  /** Which part arrives twice, 0 to 1. */
  readonly doubled?: number;
  /** How long it takes at most, in milliseconds; with it, what is told later may arrive earlier. */
  readonly delayMs?: number;
}

/** What the processes of one test share. It behaves as badly as a test wants. */
export interface MemoryBus extends Bus {
  /** Sets how the bus behaves from now on; what is not named stays as it was. */
  weather(weather: BusWeather): void;
  /** Ends every link, as a server does that ends its connections. The next ones are made at once. */
  cut(): void;
  /** Links that there are. */
  readonly links: ReadonlySet<BusEars>;
}

/**
 * A bus between desks of one process, for tests: it loses, doubles and delays as told, and can be away.
 * @param random in [0, 1); what is lost, doubled and late hangs on it
 */
export function memoryBus(random: Random = systemRandom): MemoryBus {
  let now: Required<BusWeather> = { away: false, deaf: false, lost: 0, doubled: 0, delayMs: 0 };
  const links = new Set<BusEars>();
  const cut = () => {
    for (const ears of [...links]) {
      links.delete(ears);
      ears.lost();
    }
  };
  return {
    links,
    maxBytes: 8_000,
    cut,
    weather(weather) {
      now = { ...now, ...weather };
      if (now.away) cut();
    },
    connect(ears) {
      if (now.away) return Promise.reject(new Error("The bus is away."));
      links.add(ears);
      const pass = (to: BusEars, text: string) => {
        setTimeout(() => {
          if (links.has(to)) to.heard(text);
        }, random() * now.delayMs);
      };
      return Promise.resolve({
        tell(text) {
          if (!links.has(ears)) return Promise.reject(new Error("The bus is away."));
          for (const to of links) {
            if (now.deaf || random() < now.lost) continue;
            pass(to, text);
            if (random() < now.doubled) pass(to, text);
          }
          return Promise.resolve();
        },
        close() {
          links.delete(ears);
          return Promise.resolve();
        },
      });
    },
  };
}

/** A realtime in this process's memory, for tests: the processes are those that share the bus. */
export const memoryRealtime = (bus: Bus = memoryBus(), options: RealtimeOverOptions = {}): Realtime =>
  realtimeOver(bus, options);
