import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

// A little of what `npm run sweep`, `npm run migrations`, `npm run chaos`, `npm run chaos:live` and `npm run chaos:sends` do at length, with the same programs and a fixed seed.

function run(program: string, ...options: string[]): string {
  const args = ["--import", "./scripts/typescript.mjs", `test/chaos/${program}.ts`, ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: resolve(import.meta.dirname, "../.."),
    encoding: "utf8",
  });
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

test("processes that die, freeze and lose their database at any step lose no guest, double no message, send nothing twice (F30, F43, I1 to I5)", () => {
  const said = run("sweep", "--times", "1", "--only", "receive.remembered,outbound.written");
  expect(said).toContain("8 breaks, 0 with something wrong");
}, 120_000);

test("whoever decides, fires a timer, assigns, does what the backend asked, reads the event log or fetches a file, and dies at it, leaves it to be done once (I2, F60)", () => {
  const desk = "inbound.committed,timer.committed,assignment.decided,command.done,consume.handled,migrate.applied";
  const said = run("sweep", "--times", "1", "--only", `${desk},media.put,media.settled`, "--ways", "kill");
  expect(said).toContain("8 breaks, 0 with something wrong");
}, 180_000);

test("eight processes that start at once on an empty database migrate it once, and one that dies in the middle leaves whole migrations to the next (F83, F84, I15)", () => {
  const said = run("migrations", "--rounds", "1", "--moments", "1", "--seed", "1");
  expect(said).toContain("8 started, 0 rounds with something wrong");
  expect(said).toContain("3 broken: 1 between statements, 1 behind another's migration, 1 inside one");
  expect(said).toContain("9 breaks, 0 with something wrong");
}, 120_000);

test("an evening in which processes and database crash while guests write and staff answer ends with everything in its place", () => {
  const said = run("chaos", "--seed", "1", "--seconds", "10");
  expect(said).toMatch(/lost:0, doubled:0, inverted:0/);
  expect(said).toMatch(/"kill":4/);
}, 180_000);

test("whoever watches while lines, Redis and a process die is told each event once and shows what is there, on any process (M7, F68, F75, F79)", () => {
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
  const said = run("live", "--seed", "1", ...small);
  expect(said).toMatch(/seed 1: 20 clients, \d{3,} events/);
  expect(said).toMatch(/missing:0, repeated:0, forbidden:0, disordered:0, invented:0, stale:0, resyncs:0/);
}, 120_000);

test("while WhatsApp fails in every way and processes die, no guest is sent anything twice, out of order or too fast, and nothing is lost (F43, F49)", () => {
  const said = run("sends", "--sends", "250", "--kills", "3", "--seed", "1");
  expect(said).toMatch(/seed 1: 250 sends to \d+ guests, 3 kills/);
  expect(said).toMatch(/acceptedTwice:0, acceptedForNobody:0, lost:0/);
}, 180_000);

test("processes that are asked to stop while guests write and staff answer finish what they have in hand, and exit with 0 (F87, F88)", () => {
  const said = run("stops", "--stops", "6", "--seed", "1");
  expect(said).toContain("seed 1: 6 stops");
  expect(said).toContain("0 with something wrong");
}, 240_000);
