import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UNMET } from "../../scripts/figures.js";
import { NUMBERS, type AcceptanceNumber } from "./numbers.js";

/** What one command of numbers.ts came to when it was run last. */
export interface Measured {
  /** A day, `YYYY-MM-DD`. */
  readonly on: string;
  readonly commit: string;
  readonly machine: string;
  readonly seconds: number;
  /** Whether it ended with 0: what it counts is as promised. */
  readonly good: boolean;
  /** What it counted, run by run. */
  readonly figures: readonly Readonly<Record<string, number | string>>[];
}

const FILE = join(import.meta.dirname, "measured.json");

export const readMeasured = (): Readonly<Record<string, Measured>> =>
  JSON.parse(readFileSync(FILE, "utf8")) as Record<string, Measured>;

export function noteMeasured(command: string, measured: Measured): void {
  const all = { ...readMeasured(), [command]: measured };
  // What no number asks for any more is forgotten.
  const known = NUMBERS.flatMap(({ proofs }) => proofs);
  const kept = Object.fromEntries(known.flatMap((one) => (all[one] === undefined ? [] : [[one, all[one]]])));
  writeFileSync(FILE, `${JSON.stringify(kept, null, 2)}\n`);
}

/** The rows of the table in docs/reliability.md. */
export const reliabilityRows = (measured: Readonly<Record<string, Measured>>): readonly (readonly string[])[] =>
  NUMBERS.map((one) => [
    String(one.number),
    one.promise,
    one.proofs.map((command) => `\`${command}\``).join("<br>"),
    one.proofs.map((command) => figuresOf(measured[command])).join("<br>"),
    verdict(one, measured),
  ]);

function figuresOf(measured: Measured | undefined): string {
  if (measured === undefined) return "not measured yet";
  const { figures, on, seconds } = measured;
  const told = figures.map((found) =>
    Object.entries(found)
      .map(([name, value]) => `${name} ${typeof value === "number" ? value.toLocaleString("en") : value}`)
      .join(", "),
  );
  return [...told, `${on}, ${seconds.toLocaleString("en")} s`].join("; ");
}

const isMet = ({ good, figures }: Measured): boolean =>
  good && figures.every((found) => Object.values(found).every((value) => !String(value).endsWith(UNMET)));

function verdict({ proofs, short }: AcceptanceNumber, measured: Readonly<Record<string, Measured>>): string {
  const all = proofs.map((command) => measured[command]);
  const says = all.some((one) => one !== undefined && !isMet(one))
    ? "not met"
    : all.some((one) => one === undefined)
      ? "open"
      : short === undefined
        ? "met"
        : "met in part";
  return short === undefined ? says : `${says}: ${short}`;
}
