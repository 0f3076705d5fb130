import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { byTheDay } from "../support/by-the-day.js";

// A little of each part of `npm run bench`, without the peers that it would install: that it runs and tells what it should, not how fast.

/** What a part prints, and how it ended. */
async function told(part: string): Promise<{ readonly status: number | null; readonly page: string }> {
  const bench = spawn(
    process.execPath,
    ["--import", "./scripts/typescript.mjs", "bench/main.ts", "--smoke", "--only", part],
    { cwd: resolve(import.meta.dirname, "../..") },
  );
  const ended = new Promise<number | null>((done) => bench.once("exit", done));
  const [page, complaints] = await Promise.all([text(bench.stdout), text(bench.stderr)]);
  const status = await ended;
  return { status, page: status === 0 ? page : page + complaints };
}

const parts: Readonly<Record<string, readonly RegExp[]>> = {
  inbound: [/^\| one-insert \| .+ \| \d+ +\| \d+/m, /^\| belldesk \| .+ \| [\d,]+ +\| [\d,]+ +\| \d+\.\d\d/m],
  steady: [/^\| one-insert \| [\d.]+ \| [\d.]+ \|$/m, /^\| belldesk \| [\d.]+ \| [\d.]+ \|$/m],
  lone: [/^\| one-insert \| \d+\.\d\d \| \d+\.\d\d \|$/m, /^\| belldesk \| \d+\.\d\d \| \d+\.\d\d \|$/m],
  hot: [/^\| belldesk \| .+ \| 0 \| 0 \|$/m],
  lost: [/^\| belldesk \| yes .+ \| 0 of \d+ \| 0 of \d+ \| 0 \|$/m],
  parse: [/^\| belldesk \| .+ \| \d+ \|$/m],
  resume: [/^\| belldesk, one client \| [\d,.]+ \|$/m, /^\| Socket\.IO, 2 clients at once \| [\d,.]+ \|$/m],
  pages: [/^\| the desk, page 5 \| [\d.]+ \| [\d.]+ \|$/m],
  flow: [/^\| steps a second of processor time \| [\d,]+ \|$/m],
  import: [/^\| belldesk \(the core\) \| [\d,]+ \|$/m, /`eventemitter3`/],
  size: [/^\| belldesk \| [\d.]+ \| \d+ \| [\d.]+ \|$/m, /^\| dist\/index\.js \| [\d.]+ \| [\d.]+ \|$/m],
  growth: [/^\| 40 \| .+ \|$/m, /^\| 120 \| .+ \|$/m],
};

describe("a little of each part of the bench says what it measured", () => {
  // A quarter of them by the day; BENCH=all takes all.
  test.concurrent.each(byTheDay(Object.entries(parts), 4, process.env["BENCH"] === "all"))(
    "%s",
    async (part, lines) => {
      const { status, page } = await told(part);
      expect(status, page).toBe(0);
      for (const line of lines) expect(page).toMatch(line);
    },
    120_000,
  );
});
