import type { Finding } from "belldesk";
import type { Register } from "./program.js";
import { EXIT } from "./refused.js";

interface Options {
  readonly url?: string;
  readonly hotel?: readonly string[];
}

export const doctorCommand: Register = (program, act) => {
  program
    .command("doctor")
    .description(
      "looks at everything around the desk that goes wrong in practice; ends with 1 where there is a problem",
    )
    .option("--url <address>", "where WhatsApp calls your webhook: knocks there as WhatsApp does")
    .option("--hotel <ids...>", "these hotels; all that the options list by default")
    .action(
      act(async ({ terminal, open }, { url, hotel }: Options) => {
        const manager = await open();
        const found = await manager.doctor({
          ...(url !== undefined && { webhookUrl: url }),
          ...(hotel !== undefined && { hotels: hotel }),
          onFinding(finding) {
            terminal.answer(finding);
            for (const line of linesOf(finding)) terminal.say(line);
          },
        });
        const count = (level: Finding["level"]) => found.filter((finding) => finding.level === level).length;
        terminal.say(`\n${String(count("problem"))} problems, ${String(count("warning"))} warnings.`);
        return count("problem") > 0 ? EXIT.found : EXIT.done;
      }),
    );
};

const SIGNS = { ok: "ok     ", warning: "warning", problem: "PROBLEM", unknown: "?      " } as const;

const linesOf = ({ check, level, about, says, advice }: Finding): readonly string[] => [
  `${SIGNS[level]}  ${check}${about === undefined ? "" : ` (${about})`}: ${says}`,
  ...(advice === null ? [] : [`         ${advice}`]),
];
