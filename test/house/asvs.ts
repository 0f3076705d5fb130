import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A requirement of OWASP ASVS 5.0, and what stands for it here. */
export interface Requirement {
  readonly id: string;
  readonly does: string;
  /** Rows of coverage.txt, whose tests prove it. */
  readonly rows: readonly string[];
  /** What is left to the host; null for nothing. */
  readonly host: string | null;
}

/** @throws {SyntaxError} for a line that is none */
export const requirementsOf = (text: string): readonly Requirement[] =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [id = "", does = "", rows = "", host] = line.split(" | ");
      if (!/^V\d{1,2}\.\d\.\d{1,2}$/.test(id) || does === "" || !/^[FT]\d\d( [FT]\d\d)*$/.test(rows))
        throw new SyntaxError(`This is no requirement: ${line}`);
      return { id, does, rows: rows.split(" "), host: host?.replace(/^host: /, "") ?? null };
    });

export const REQUIREMENTS = requirementsOf(readFileSync(join(import.meta.dirname, "asvs.txt"), "utf8"));
