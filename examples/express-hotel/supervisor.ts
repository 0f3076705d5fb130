import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** What the hotel's process is told. */
export type ToHotel = { readonly kind: "stop" } | { readonly kind: "clock"; readonly ms: number };

/** What it says. */
export type FromHotel =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "open" }
  | { readonly kind: "clock"; readonly ok: boolean };

export interface SupervisorOptions {
  readonly graphUrl: string;
  /** The port in the address bar of whoever looks at the pages. */
  readonly publicPort: number;
}

/** How the hotel's process is. */
export interface HotelProcess {
  readonly isOpen: boolean;
  /** null while there is none. */
  readonly pid: number | null;
  /** How often there was another one before. */
  readonly restarts: number;
}

/** Keeps the hotel's process running: whatever ends it, the next one begins on the same data. */
export interface Supervisor {
  /** Where the hotel listens; null while it does not. */
  readonly port: number | null;
  readonly now: HotelProcess;
  /** Resolves when it is open for the first time. @throws {Error} when it cannot be opened, once it has said why */
  opened(): Promise<void>;
  /**
   * Ends the process as `kill -9` does, and begins the next one after so many milliseconds.
   * @returns the id of the process that is no more; null when the hotel was not open
   */
  kill(awayMs: number): Promise<number | null>;
  /** Moves the desk's clock. @returns whether it was moved: nobody does while the hotel is away */
  shiftClock(ms: number): Promise<boolean>;
  /** Lets it drain. */
  stop(): Promise<void>;
  /** Ends it now. */
  abandon(): void;
}

const HOTEL = fileURLToPath(new URL("hotel-process.ts", import.meta.url));

/** Milliseconds before a process that ended by itself is followed by the next: at first, and at most, where none comes to be open. */
const RESTART_MS = { first: 1_000, most: 30_000 };

export function supervise({ graphUrl, publicPort }: SupervisorOptions): Supervisor {
  let child: ChildProcess | null = null;
  let port: number | null = null;
  let isOpen = false;
  let restarts = 0;
  let failures = 0;
  let isEnding = false;
  /** How long nobody is there after the next end; null for the usual. */
  let awayMs: number | null = null;
  /** Who waits for the clock to be moved, in the order in which they asked. */
  const clockMoved: ((ok: boolean) => void)[] = [];
  let settle: { open: () => void; fail: (error: Error) => void } | null = null;
  const firstOpened = new Promise<void>((open, fail) => {
    settle = { open, fail };
  });

  function begin(): void {
    const made = fork(HOTEL, [graphUrl, String(publicPort)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child = made;
    made.on("message", (message: FromHotel) => {
      if (message.kind === "listening") port = message.port;
      if (message.kind === "clock") clockMoved.shift()?.(message.ok);
      if (message.kind === "open") {
        isOpen = true;
        failures = 0;
        settle?.open();
        settle = null;
      }
    });
    made.on("exit", () => void ended());
    made.on("error", () => undefined);
  }

  async function ended(): Promise<void> {
    if (!isOpen) failures++;
    [child, port, isOpen] = [null, null, false];
    for (const answer of clockMoved.splice(0)) answer(false);
    if (isEnding) return;
    if (settle !== null) {
      // Why, it has said itself.
      settle.fail(new Error("The hotel could not be opened."));
      return;
    }
    const ms = awayMs ?? Math.min(RESTART_MS.most, RESTART_MS.first * 2 ** failures);
    awayMs = null;
    await delay(ms);
    if (isEnding as boolean) return;
    restarts++;
    begin();
  }

  async function exit(how: (process: ChildProcess) => void): Promise<void> {
    const ending = child;
    if (ending === null) return;
    const gone = once(ending, "exit");
    how(ending);
    await gone;
  }

  begin();
  return {
    get port() {
      return port;
    },
    get now() {
      return { isOpen, pid: child?.pid ?? null, restarts };
    },
    opened: () => firstOpened,
    async kill(ms) {
      if (!isOpen) return null;
      const pid = child?.pid ?? null;
      awayMs = ms;
      await exit((process) => process.kill("SIGKILL"));
      return pid;
    },
    shiftClock(ms) {
      if (!isOpen || child === null) return Promise.resolve(false);
      const answered = new Promise<boolean>((resolve) => clockMoved.push(resolve));
      child.send({ kind: "clock", ms } satisfies ToHotel);
      return answered;
    },
    async stop() {
      isEnding = true;
      await exit((process) => process.send({ kind: "stop" } satisfies ToHotel));
    },
    abandon() {
      isEnding = true;
      child?.kill("SIGKILL");
    },
  };
}
