import type { DeadWork, Desk } from "belldesk";
import type { Register } from "./program.js";
import { EXIT, Refused } from "./refused.js";
import { table } from "./terminal.js";

export const workCommands: Register = (program, act) => {
  program
    .command("explain <message>")
    .description("why a message stands where it stands, and what became of it")
    .action(
      act(async ({ terminal, at }, messageId: string) =>
        at(async (desk) => {
          const explained = await desk.explain(messageId);
          terminal.answer(explained);
          terminal.say(`Message ${messageId} of conversation ${explained.conversationId}`);
          for (const { at: when, code, says, details } of explained.steps)
            terminal.say(
              `  ${when.toISOString()}  ${code}: ${says}${details === undefined ? "" : ` ${JSON.stringify(details)}`}`,
            );
          for (const { at: when, actor, action, reason } of explained.audit)
            terminal.say(`  ${when.toISOString()}  ${actor.kind} ${actor.id} did ${action} (${reason})`);
          return EXIT.done;
        }),
      ),
    );

  const dead = program.command("dead").description("work that was set aside after all tries");
  dead
    .command("list")
    .description("what was set aside, and by which error")
    .option("--hotel <id>", "of this hotel alone")
    .action(
      act(async ({ terminal, at }, { hotel }: { readonly hotel?: string }) =>
        at(async (desk) => {
          const rows: string[][] = [["id", "hotel", "kind", "error", "tries", "since"]];
          for await (const work of allDead(desk, hotel)) {
            terminal.answer(work);
            const { id, hotelId, kind, code, attempts, deadAt } = work;
            rows.push([id, hotelId, kind, code, String(attempts), deadAt.toISOString()]);
          }
          if (rows.length === 1) terminal.say("No work was set aside.");
          else for (const line of table(rows)) terminal.say(line);
          return EXIT.done;
        }),
      ),
    );
  dead
    .command("replay [work]")
    .description("puts it into its line again, as if it had never been tried")
    .option("--all", "everything that was set aside", false)
    .option("--hotel <id>", "with --all: of this hotel alone")
    .option("--reason <text>", "for the audit", "replay")
    .option("--dry-run", "says what would be put back, and changes nothing", false)
    .action(
      act(async ({ terminal, at }, work: string | undefined, options: ReplayOptions) => {
        if ((work === undefined) === !options.all) throw new Refused("Name one piece of work, or say --all.");
        return at(async (desk) => {
          const found: DeadWork[] = [];
          for await (const each of allDead(desk, options.hotel))
            if (work === undefined || each.id === work) found.push(each);
          if (work !== undefined && found.length === 0) throw new Refused(`There is no dead work ${work}.`);
          const bar = terminal.progress("Putting back");
          for (const [index, { id }] of found.entries()) {
            if (!options.dryRun) await desk.replay(id, { reason: options.reason });
            bar.update(index + 1, found.length);
          }
          bar.end();
          const count = String(found.length);
          terminal.say(options.dryRun ? `${count} would be put back.` : `${count} put back.`);
          terminal.answer({ dryRun: options.dryRun, replayed: found.map(({ id }) => id) });
          return EXIT.done;
        });
      }),
    );

  program
    .command("reprocess")
    .description("reads again what stands aside: after an upgrade this release may understand it")
    .option("--dry-run", "says how much of it would be understood, and changes nothing", false)
    .action(
      act(async ({ terminal, at }, { dryRun }: { readonly dryRun: boolean }) =>
        at(async (desk) => {
          const bar = terminal.progress("Reading");
          const report = await desk.reprocess({ dryRun, onProgress: ({ done }) => bar.update(done) });
          bar.end();
          terminal.answer({ dryRun, ...report });
          const understood = `${String(report.understood)} of ${String(report.read)}`;
          terminal.say(
            dryRun ? `${understood} would be understood at most.` : `${understood} are understood and work now.`,
          );
          return EXIT.done;
        }),
      ),
    );
};

interface ReplayOptions {
  readonly all: boolean;
  readonly hotel?: string;
  readonly reason: string;
  readonly dryRun: boolean;
}

async function* allDead(desk: Desk, hotel: string | undefined): AsyncGenerator<DeadWork> {
  for (let cursor: string | undefined; ;) {
    const page = await desk.dead({ limit: 100, ...(cursor !== undefined && { cursor }) });
    for (const work of page.items) if (hotel === undefined || work.hotelId === hotel) yield work;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}
