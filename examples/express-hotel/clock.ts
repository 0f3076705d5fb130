import fs from "node:fs";
import path from "node:path";
import type { Clock } from "belldesk";

/** The time on this street: what phones show, and what WhatsApp goes by. It is ahead of everybody else's once hours were let pass. */
export interface StreetClock extends Clock {
  /** Milliseconds that it is ahead. */
  readonly aheadMs: number;
  /** Moves it forward. @param ms milliseconds */
  pass(ms: number): void;
}

/** Keeps how far it is ahead beside the database, whose own clock is moved with it. */
export function clockOf(dataDir: string): StreetClock {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, "clock.json");
  let aheadMs = fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as { aheadMs: number }).aheadMs : 0;
  return {
    now: () => new Date(Date.now() + aheadMs),
    get aheadMs() {
      return aheadMs;
    },
    pass(ms) {
      aheadMs += ms;
      fs.writeFileSync(file, JSON.stringify({ aheadMs }), { mode: 0o600 });
    },
  };
}
