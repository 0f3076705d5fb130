/** What the desk is held to, number by number, and the command that measures each: docs/reliability.md is made of it. */
export interface AcceptanceNumber {
  readonly number: number;
  readonly promise: string;
  /** Shell commands; each ends with 0 where what it measures is as promised. */
  readonly proofs: readonly string[];
  /** What is not as promised, or not measured, and why. */
  readonly short?: string;
}

const vitest = (file: string, title?: string, env = ""): string =>
  `${env === "" ? "" : `${env} `}npx vitest run ${file}${title === undefined ? "" : ` -t "${title}"`}`;

export const NUMBERS: readonly AcceptanceNumber[] = [
  {
    number: 1,
    promise:
      "10,000 webhooks in three minutes at two processes, 30% of them twice, 10% in disorder, while processes are killed 60 times, PostgreSQL crashes and Redis dies: none lost, none doubled, no second conversation, nothing out of order, no file without an owner. Three fixed seeds",
    proofs: ["npm run chaos -- --seconds 180 --seed 1 --seed 2 --seed 3"],
  },
  {
    number: 2,
    promise: "A process killed at every failpoint, 20 times each: nothing wrong, and work goes on within 10 s",
    proofs: ["npm run sweep -- --ways kill"],
  },
  {
    number: 3,
    promise: "What was answered 200 is there after every process and the database are killed at once: 10,000 of 10,000",
    proofs: ["npm run survive"],
  },
  {
    number: 4,
    promise:
      "50 first messages of a new guest at once at two processes, 200 times: one guest and one conversation each time",
    proofs: [vitest("test/path/two-processes.test.ts", "first messages", "ROUNDS=200")],
  },
  {
    number: 5,
    promise:
      "At 200 webhooks a second the median is answered within 20 ms, 99 of 100 within 100 ms; as fast as they are taken, more than a handler with one INSERT takes",
    proofs: ["npm run bench -- --only steady,inbound --no-peers"],
  },
  {
    number: 6,
    promise:
      "5,000 sends, a fifth of them met by a fault, 30 kills: nothing taken twice, nothing lost, each ends sent, failed or unknown with a reason; an unknown one whose report comes is settled",
    proofs: ["npm run chaos:sends -- --seed 1"],
  },
  {
    number: 7,
    promise: "In that run no call before `Retry-After`, none above a number's or a guest's pace, nothing out of order",
    proofs: ["npm run chaos:sends -- --seed 1"],
  },
  {
    number: 8,
    promise: "A process frozen for longer than its leases, at every failpoint: no commit of its own afterwards",
    proofs: ["npm run sweep -- --ways freeze --times 2"],
  },
  {
    number: 9,
    promise:
      "200 clients on two processes, 5,000 events, 500 lost lines, 10 outages of Redis: each shows what is there, was told nothing twice and missed nothing",
    proofs: ["npm run chaos:live -- --seed 1"],
  },
  {
    number: 10,
    promise:
      "1,000 pages come back at once: all are live, and no more connections to PostgreSQL are used than the pool has",
    proofs: [vitest("test/live/watching.test.ts", "hundreds of pages", "PAGES=1000")],
  },
  {
    number: 11,
    promise: "100 clients that do not read are cut, with bounded memory; a dead line is found within two pings",
    proofs: [vitest("test/adapters/websocket.test.ts", "clients that do not read", "STALLED=100")],
  },
  {
    number: 12,
    promise: "Whose rights are gone hears nothing after a second and is disconnected at every process: 100 of 100",
    proofs: [vitest("test/live/watching.test.ts", "whose rights are gone", "REVOKED=100")],
  },
  {
    number: 13,
    promise:
      "8 processes migrate at once, 100 times, and one breaks at every moment: the schema is the golden one each time",
    proofs: ["npm run migrations -- --rounds 100"],
  },
  {
    number: 14,
    promise:
      "200 processes asked to stop at random moments: they end within 10 s, and nothing is lost, doubled or falsely acknowledged",
    proofs: ["npm run stops"],
    short: "There is no earlier release yet that could run beside this one.",
  },
  {
    number: 15,
    promise: "A guest in an old version of a flow at a deploy finishes it or reaches staff",
    proofs: [vitest("test/flow/deploys.test.ts test/flow/replay.test.ts")],
  },
  {
    number: 16,
    promise:
      "Ten minutes of everything: the heap grows by at most 1 MB a minute, and handles, listeners and connections are back where they began",
    proofs: ["npm run soak"],
  },
  {
    number: 17,
    promise: "100,000 changed requests: none accepted, none answered 5xx, nothing asked of the database",
    proofs: [vitest("test/path/forged-webhooks.test.ts", undefined, "FORGED=100000")],
  },
  {
    number: 18,
    promise:
      "100,000 random requests of random principals over every route: nobody is let in who may not, and nobody kept out who may",
    proofs: ["npm run oracle -- --seed 1"],
  },
  {
    number: 19,
    promise:
      "More than 715 texts in every field come back as they were written; none answers 5xx or comes round for ever",
    proofs: [
      vitest("test/adapters/postgres-laws.test.ts", "what people wrote", "TEXTS=all"),
      vitest("test/whatsapp/webhook.test.ts"),
    ],
  },
  {
    number: 20,
    promise:
      "500 texts that mean harm in every field that a page shows, in Chromium: none is executed, each is read as it was written",
    proofs: ["npm run hostile"],
  },
  {
    number: 21,
    promise: "150 addresses that lead inside, redirects and names that change: no connection, no token elsewhere",
    proofs: [vitest("test/whatsapp/media-ssrf.test.ts")],
  },
  {
    number: 22,
    promise:
      "120 files, true and false: none taken wrongly, none refused wrongly, none left over; one of 200 MB takes at most 64 MB of memory",
    proofs: [vitest("test/media/check.test.ts test/path/media-memory.test.ts")],
  },
  {
    number: 23,
    promise:
      "No secret, no card number and no guest's words in any line, error, frame, body, metric or trace of a whole test run",
    proofs: [vitest("test/house/canaries.test.ts")],
  },
  {
    number: 24,
    promise: "Card numbers: at least 99.5% of 2,000 found, at most 0.1% of 10,000 other numbers taken for one",
    proofs: [vitest("test/domain/card-numbers.test.ts")],
  },
  {
    number: 25,
    promise:
      "Nothing of an erased guest in database, files, Redis or logs, and the audit still verifies; retention is not early, and late by a sweep at most",
    proofs: [vitest("test/path/erasure-stories.test.ts test/path/retention-laws.test.ts")],
  },
  {
    number: 26,
    promise: "1,000 random changes to the audit: each is found with the anchor",
    proofs: [vitest("test/adapters/postgres-audit.test.ts", "tamperings", "TAMPERINGS=1000")],
  },
  {
    number: 27,
    promise:
      "No regular expression that goes back over what it has read; whatever comes from outside, bent by chance, is answered in 50 ms",
    proofs: [vitest("test/house/regular-expressions.test.ts"), "npm run fuzz -- --seed 1"],
  },
  {
    number: 28,
    promise: "All 16 broken desks are caught; of the mutants of pure modules at least 90% are killed",
    proofs: ["npm run builds", "npm run mutants"],
  },
  {
    number: 29,
    promise:
      "At most 12 packages at run time, none that runs something when it is installed, the package's files are the list, no version known to be bad",
    proofs: [vitest("test/house/package.test.ts")],
  },
];
