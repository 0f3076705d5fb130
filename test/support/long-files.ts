import { byTheDay } from "./by-the-day.js";

/**
 * Files that take from a quarter of a minute to minutes, the longest first: one in four runs in each `npm test`, another one the day after. What a hotel
 * could least do without is in none of them and runs each time: a newcomer's path, two processes at once, poison, the order of sends, storage's contract
 * on every PostgreSQL, an evening of chaos, broken builds, the package. `npm run test:all` takes everything.
 */
export const LONG_FILES = [
  "browser/phones",
  "house/hosts",
  "adapters/postgres-plans",
  "adapters/postgres-embedded",
  "examples/hotel",
  "adapters/postgres-row-security",
  "house/readme",
  "browser/inbox-hostile",
  "media/laws",
  "oracle/oracle",
  "flows/real-stay",
  "examples/hotel-alone",
  "examples/street",
  "path/little-room",
  "adapters/command-line",
  "adapters/postgres-laws",
  "adapters/websocket",
  "browser/inbox",
  "path/attachment-stories",
  "path/consume",
  "bench/sends",
  "adapters/postgres-settle",
  "live/watching",
  "browser/pages",
  "path/clocks-off",
  "path/live-laws",
  "path/write-stories",
  "path/times-stories",
  "examples/ready-flows",
  "adapters/postgres-desk-work",
  "path/enqueue",
  "path/send-offer-stories",
  "adapters/redis-realtime",
  "path/rating-stories",
  "path/newer-schema",
  "bench/live",
  "path/flow-photo-stories",
  "domain/opening-hours",
  "path/desk-work-stories",
  "path/doctor",
  "path/amended-stories",
  "path/send-late-refusal-stories",
  "path/ready-check-in",
  "path/phone-spellings",
  "browser/markup",
  "path/identity-stories",
  "path/routing-laws",
  "adapters/postgres-flows",
  "path/assignment-stories",
  "path/woken",
  "adapters/postgres-deadline",
  "media/receive",
  "path/media-latency",
  "path/reading-stories",
  "path/media-memory",
  "path/held-up",
  "path/sql-in-words",
  "path/explain-stories",
  "path/restored",
  "path/translation-stories",
  "adapters/live-router",
  "path/privacy-stories",
  "path/realtime",
].map((name) => `test/${name}.test.ts`);

/** Those that are not due today. Whoever names files to vitest gets what was named. */
export function notToday(commandLine: readonly string[]): readonly string[] {
  const isNamed = commandLine.some((word) => !word.startsWith("-") && /\/|\.|test/.test(word));
  const due = byTheDay(LONG_FILES, 4, isNamed);
  return LONG_FILES.filter((file) => !due.includes(file));
}
