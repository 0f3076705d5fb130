import { createWriteStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InvalidArgumentError } from "commander";
import {
  PRUNABLE,
  type Desk,
  type Erasure,
  type ErasureReport,
  type ExportRecord,
  type GuestRef,
  type PrivacyCounts,
  type Progress,
  type Prunable,
  type PrunePolicy,
} from "belldesk";
import type { Register } from "./program.js";
import { EXIT, Refused } from "./refused.js";
import { table, type Bar, type Terminal } from "./terminal.js";

/** How a guest is named: by the desk's id, or by an address in a hotel. */
interface Whom {
  readonly hotel?: string;
  readonly phone?: string;
  readonly bsuid?: string;
}

export const privacyCommands: Register = (program, act) => {
  program
    .command("erase [guest]")
    .description(
      "erases all that is kept of a guest, for good: by the desk's id of the guest, or by an address in a hotel",
    )
    .option("--hotel <id>", "the hotel of --phone or --bsuid")
    .option("--phone <number>", "the guest's phone, with the country's code")
    .option("--bsuid <id>", "WhatsApp's own id of the guest for the business")
    .option("--reason <text>", "for the audit: why, without a word about who it is", "asked for")
    .option("--dry-run", "says what would be erased, and changes nothing", false)
    .option("--yes", "erases: there is no way back", false)
    .action(
      act(async ({ terminal, at }, guest: string | undefined, options: Whom & EraseOptions) => {
        const { reason, dryRun, yes } = options;
        if (dryRun === yes) throw new Refused("Look first with --dry-run; then say --yes.");
        return at(async (desk) => {
          const report = await withBar(terminal, "Erasing", (onProgress) =>
            desk.eraseGuest(whom(guest, options), { reason, dryRun, onProgress }),
          );
          sayErased(terminal, report);
          terminal.answer(report);
          return EXIT.done;
        });
      }),
    );

  program
    .command("export [guest]")
    .description("writes all that is kept of a guest: JSON lines, and with --out their files beside them")
    .option("--hotel <id>", "the hotel of --phone or --bsuid")
    .option("--phone <number>", "the guest's phone, with the country's code")
    .option("--bsuid <id>", "WhatsApp's own id of the guest for the business")
    .option("--out <folder>", "a folder for `guest.jsonl` and `files/`; without it the lines are printed, and no files")
    .option("--notes", "with what staff noted for one another: read it before it leaves the house", false)
    .option("--dry-run", "counts, and writes nothing", false)
    .action(
      act(async ({ terminal, at, print }, guest: string | undefined, options: Whom & ExportOptions) =>
        at(async (desk) => {
          const { out, notes, dryRun } = options;
          const files = out !== undefined && !dryRun;
          const counts = await withBar(terminal, "Exporting", async (onProgress) => {
            const records = await desk.exportGuest(whom(guest, options), { notes, files, dryRun, onProgress });
            return written(records, dryRun ? null : out === undefined ? print : await folderOf(out));
          });
          if (dryRun || out !== undefined) {
            for (const line of linesOf(counts)) terminal.say(line);
            terminal.answer({ dryRun, counts });
          }
          return EXIT.done;
        }),
      ),
    );

  program
    .command("prune")
    .description("deletes what is older than you say, in small steps; never an open conversation")
    .option("--older <what=days...>", `of ${PRUNABLE.join(", ")}: conversations=365`, ages, {})
    .option("--hotel <id>", "of this hotel alone")
    .option("--dry-run", "says what would be deleted, and changes nothing", false)
    .action(
      act(async ({ terminal, at }, { older, hotel, dryRun }: PruneOptions) => {
        if (Object.keys(older).length === 0) throw new Refused("Say what is too old: --older conversations=365.");
        return at(async (desk) => {
          const of = hotel === undefined ? {} : { hotel };
          const report = await withBar(terminal, "Pruning", (onProgress) =>
            desk.prune(older, { ...of, dryRun, onProgress }),
          );
          for (const line of linesOf(report.counts)) terminal.say(line);
          terminal.say(dryRun ? "Nothing was deleted." : "Done.");
          terminal.answer(report);
          return EXIT.done;
        });
      }),
    );

  const erasures = program
    .command("erasures")
    .description("who was erased: ids and hashes, for after a restored backup");
  erasures
    .command("list <hotel>")
    .description("prints a hotel's erasures, one in JSON a line: keep them outside of the database")
    .action(
      act(async ({ at, print }, hotel: string) =>
        at(async (desk) => {
          for await (const erasure of allErasures(desk, hotel)) await print(`${JSON.stringify(erasure)}\n`);
          return EXIT.done;
        }),
      ),
    );
  erasures
    .command("reapply <hotel> <file>")
    .description("erases again whoever a restored backup brought back")
    .option("--dry-run", "says who would be erased again, and changes nothing", false)
    .action(
      act(async ({ terminal, at }, hotel: string, file: string, { dryRun }: { readonly dryRun: boolean }) =>
        at(async (desk) => {
          const list = (await readFile(file, "utf8")).split("\n").filter((line) => line.trim() !== "");
          const report = await withBar(terminal, "Erasing again", (onProgress) =>
            desk.reapplyErasures(hotel, list.map(erasureOf), { dryRun, onProgress }),
          );
          const again = String(report.erased.length);
          terminal.say(`${again} of ${String(report.read)} were back${dryRun ? "." : ", and are erased again."}`);
          terminal.answer(report);
          return EXIT.done;
        }),
      ),
    );
};

interface EraseOptions {
  readonly reason: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
}
interface ExportOptions {
  readonly out?: string;
  readonly notes: boolean;
  readonly dryRun: boolean;
}
interface PruneOptions {
  readonly older: PrunePolicy;
  readonly hotel?: string;
  readonly dryRun: boolean;
}

function whom(guest: string | undefined, { hotel, phone, bsuid }: Whom): GuestRef {
  const named = [guest, phone, bsuid].filter((each) => each !== undefined).length;
  if (named !== 1) throw new Refused("Name the guest in one way: an id, or --hotel with --phone or --bsuid.");
  if (guest !== undefined) return guest;
  if (hotel === undefined) throw new Refused("--phone and --bsuid are of a hotel: --hotel grand.");
  return phone === undefined ? { hotel, bsuid: bsuid ?? "" } : { hotel, waId: phone };
}

/** One more `what=days`. */
function ages(given: string, before: PrunePolicy): PrunePolicy {
  const [what = "", days = ""] = given.split("=");
  if (!(PRUNABLE as readonly string[]).includes(what) || !/^\d+$/.test(days))
    throw new InvalidArgumentError(`what=days, of ${PRUNABLE.join(", ")}.`);
  return { ...before, [what as Prunable]: Number(days) };
}

async function withBar<T>(
  terminal: Terminal,
  label: string,
  run: (onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  const bar: Bar = terminal.progress(label);
  try {
    return await run(({ done }) => {
      bar.update(done);
    });
  } finally {
    bar.end();
  }
}

const linesOf = (counts: PrivacyCounts): readonly string[] =>
  table(Object.entries(counts).map(([what, count]) => [what, String(count)]));

function sayErased(terminal: Terminal, { guestIds, counts, dryRun }: ErasureReport): void {
  terminal.say(`${dryRun ? "Would erase" : "Erased"} ${guestIds.join(", ")}:`);
  for (const line of linesOf(counts)) terminal.say(`  ${line}`);
}

/** Where an export goes: its lines, and its files where there is a place for them. */
type Place = ((line: string) => Promise<void>) | { readonly folder: string };

async function folderOf(out: string): Promise<Place> {
  await mkdir(path.join(out, "files"), { recursive: true, mode: 0o700 });
  return { folder: out };
}

/** @param place null: it is only counted @returns what the export says it told */
async function written(records: AsyncIterable<ExportRecord>, place: Place | null): Promise<PrivacyCounts> {
  const counts: { last: PrivacyCounts | null } = { last: null };
  async function* lines(): AsyncGenerator<string> {
    for await (const record of records) {
      if (record.type === "end") counts.last = record.counts;
      if (record.type !== "file") {
        yield `${JSON.stringify(record)}\n`;
        continue;
      }
      const { bytes, ...file } = record;
      yield `${JSON.stringify(file)}\n`;
      // Ids are ours, and letters of a file's name.
      if (place !== null && "folder" in place)
        await pipeline(
          Readable.from(bytes),
          createWriteStream(path.join(place.folder, "files", record.attachmentId), { mode: 0o600 }),
        );
    }
  }
  if (place !== null && "folder" in place)
    await pipeline(Readable.from(lines()), createWriteStream(path.join(place.folder, "guest.jsonl"), { mode: 0o600 }));
  else for await (const line of lines()) await place?.(line);
  if (counts.last === null) throw new Refused("The export broke off: ask again.");
  return counts.last;
}

async function* allErasures(desk: Desk, hotel: string): AsyncGenerator<Erasure> {
  for (let cursor: string | undefined; ;) {
    const page = await desk.erasures(hotel, { limit: 100, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

/** As `erasures list` printed it. */
function erasureOf(line: string): Erasure {
  const { at, doneAt, ...erasure } = JSON.parse(line) as Omit<Erasure, "at" | "doneAt"> & {
    readonly at: string;
    readonly doneAt: string | null;
  };
  return { ...erasure, at: new Date(at), doneAt: doneAt === null ? null : new Date(doneAt) };
}
