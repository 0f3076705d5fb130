import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { auditLines, systemClock, verifyAuditLines, type AuditVerdict } from "belldesk";
import type { Register } from "./program.js";
import { EXIT, type Exit } from "./refused.js";
import type { Terminal } from "./terminal.js";

const DAY_MS = 86_400_000;

export const auditCommands: Register = (program, act) => {
  const audit = program.command("audit").description("who did what, as a chain that shows what was changed");
  audit
    .command("verify <hotel>")
    .description(
      "says whether a hotel's audit is what was sealed, and what the anchor keeps; ends with 1 where it is not",
    )
    .option(
      "--kept-for <days>",
      "for how long entries have to be kept; without it nothing may have been pruned",
      Number,
    )
    .option("--file <path>", "looks at an exported audit instead, without the anchor")
    .action(
      act(async ({ terminal, at }, hotel: string, { keptFor, file }: VerifyOptions) => {
        if (file !== undefined) {
          const kept = keptFor === undefined ? {} : { keptForMs: keptFor * DAY_MS };
          const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
          return told(terminal, await verifyAuditLines(lines, { ...kept, now: systemClock.now() }));
        }
        return at(async (desk) =>
          told(terminal, await desk.verifyAudit({ hotel, ...(keptFor !== undefined && { keptForDays: keptFor }) })),
        );
      }),
    );
  audit
    .command("export <hotel>")
    .description("prints a hotel's audit as JSON lines, with what proves it")
    .action(
      act(async ({ at, print }, hotel: string) =>
        at(async (desk) => {
          for await (const line of auditLines(desk, { hotel })) await print(`${line}\n`);
          return EXIT.done;
        }),
      ),
    );
};

interface VerifyOptions {
  readonly keptFor?: number;
  readonly file?: string;
}

function told(terminal: Terminal, verdict: AuditVerdict): Exit {
  const { hotelId, holds, flaw, entries, erased, anchoredTo } = verdict;
  terminal.answer(verdict);
  terminal.say(
    holds
      ? `The audit of ${hotelId} holds: ${String(entries)} entries, ${String(erased)} of them with something erased.`
      : `The audit of ${hotelId} does NOT hold: ${flaw?.why ?? "unknown"} at entry ${String(flaw?.n ?? 0)}.`,
  );
  terminal.say(
    anchoredTo === null
      ? "No anchor was asked: a chain that was cut, or rewritten whole, would hold too."
      : `The anchor says the same up to entry ${String(anchoredTo)}.`,
  );
  return holds ? EXIT.done : EXIT.found;
}
