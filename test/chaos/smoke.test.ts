import { expect, test } from "vitest";
import { runProgram } from "../harness/program.js";
import { byTheDay } from "../support/by-the-day.js";

// A little of what `npm run sweep`, `npm run migrations`, `npm run chaos`, `npm run chaos:live`, `npm run chaos:sends`, `npm run stops`, `npm run shortages` and `npm run soak` do at length, with the same programs and a fixed seed.

/**
 * Milliseconds that a program has before it is ended and says where it was, and each test a little longer than the slowest: five times
 * what they take, as other tests may keep the machine busy. How fast the desk goes on is for the whole programs to judge.
 */
const [QUICK, SLOW, SLOWEST] = [300_000, 400_000, 500_000];
const UNHURRIED = ["--resumes", "90"];
const REST = 10_000;

/** At which steps whoever works on something may die. */
const WORK = [
  "inbound.committed",
  "timer.committed",
  "assignment.decided",
  "command.done",
  "consume.handled",
  "migrate.applied",
  "media.put",
  "media.settled",
  "erase.stepped",
  "prune.stepped",
];

const run = (program: string, withinMs: number, ...options: string[]): Promise<string> =>
  runProgram(`test/chaos/${program}.ts`, options, { withinMs });

test(
  "an evening in which everything fails while guests write, send photos, walk a flow and stay, and staff answer and watch, ends with everything in its place (F29, F60, F61, F68, F69, F75, F83, F89, F96, I1 to I15)",
  async () => {
    const said = await run("chaos", SLOWEST, "--seed", "1", "--seconds", "10");
    expect(said).toMatch(/"kill":4/);
    expect(said).toMatch(/lost:0, answersLost:0/);
    expect(said.match(/^I\d+ .*/gm)).toHaveLength(15);
  },
  SLOWEST + REST,
);

/** A third of the others, by the day; CHAOS=all takes all. */
test.each(
  byTheDay(
    [
      [
        "processes that die, freeze and lose their database at any step lose no guest, double no message, send nothing twice (F30, F43, I1 to I5)",
        async () => {
          const [step = ""] = byTheDay(["receive.remembered", "outbound.written"], 2, false);
          const said = await run("sweep", QUICK, "--times", "1", "--only", step, ...UNHURRIED);
          expect(said).toContain("4 breaks, 0 with something wrong");
        },
      ],
      [
        "whoever decides, fires a timer, assigns, does what the backend asked, reads the event log, fetches a file, erases a guest or prunes, and dies at it, leaves it to be done once (I2, F60)",
        async () => {
          const steps = byTheDay(WORK, 2, false);
          const named = ["--only", steps.join(","), "--ways", "kill"];
          const said = await run("sweep", SLOW, "--times", "1", ...named, ...UNHURRIED);
          expect(said).toContain(`${String(steps.length)} breaks, 0 with something wrong`);
        },
      ],
      [
        "eight processes that start at once on an empty database migrate it once, and one that dies in the middle leaves whole migrations to the next (F83, F84, I15)",
        async () => {
          const said = await run("migrations", QUICK, "--rounds", "1", "--moments", "1", "--seed", "1");
          expect(said).toContain("8 started, 0 rounds with something wrong");
          expect(said).toContain("3 broken: 1 between statements, 1 behind another's migration, 1 inside one");
          expect(said).toContain("9 breaks, 0 with something wrong");
        },
      ],
      [
        "whoever watches while lines, Redis and a process die is told each event once and shows what is there, on any process (M7, F68, F75, F79)",
        async () => {
          const small = [
            "--clients",
            "20",
            "--guests",
            "16",
            "--events",
            "300",
            "--disconnects",
            "20",
            "--outages",
            "2",
            "--kills",
            "1",
          ];
          const said = await run("live", QUICK, "--seed", "1", ...small);
          expect(said).toMatch(/seed 1: 20 clients, \d{3,} events/);
          expect(said).toMatch(/missing:0, repeated:0, forbidden:0, disordered:0, invented:0, stale:0, resyncs:0/);
        },
      ],
      [
        "while WhatsApp fails in every way and processes die, no guest is sent anything twice, out of order or too fast, and nothing is lost (F43, F49)",
        async () => {
          const said = await run("sends", SLOW, "--sends", "250", "--kills", "3", "--seed", "1");
          expect(said).toMatch(/seed 1: 250 sends to \d+ guests, 3 kills/);
          expect(said).toMatch(/acceptedTwice:0, acceptedForNobody:0, lost:0/);
        },
      ],
      [
        "processes that are asked to stop while guests write and staff answer finish what they have in hand, and exit with 0 (F87, F88)",
        async () => {
          const said = await run("stops", SLOWEST, "--stops", "4", "--seed", "1");
          expect(said).toContain("seed 1: 4 stops");
          expect(said).toContain("0 with something wrong");
        },
      ],
      [
        "a hotel whose database has no room on its disk, no connection to spare, or two for each process acknowledges nothing that it does not store, says so, and goes on by itself",
        async () => {
          const said = await run("shortages", SLOW, "--seconds", "2", "--guests", "8");
          expect(said).toMatch(/^connections: \d+ messages/m);
          expect(said).toMatch(/^pool: \d+ messages/m);
          expect(said).toContain("0 with something wrong");
        },
      ],
      [
        "a hotel under everything at once gives back what it took, and loses nothing",
        async () => {
          const said = await run("soak", SLOW, "--minutes", "0.35", "--seed", "1", "--slope", "200");
          expect(said).toContain("not given back: {}");
          expect(said).toContain("0 with something wrong");
        },
      ],
    ] as const,
    3,
    process.env["CHAOS"] === "all",
  ),
)("%s", (_, proves) => proves(), SLOWEST + REST);
