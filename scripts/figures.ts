import { appendFileSync } from "node:fs";

/** What stands behind a figure that is not as promised, where that fails nothing. */
export const UNMET = " (not met)";

/**
 * Tells `npm run reliability` what a proof has counted: names and values as they are to stand in docs/reliability.md. To nobody else it
 * says anything.
 */
export function noteFigures(found: Readonly<Record<string, number | string>>): void {
  const file = process.env["FIGURES"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(found)}\n`);
}
