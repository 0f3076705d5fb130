// What a part of the bench has found: printed for whoever started it, and told to `npm run bench`, which puts all of them on one page.

export interface Table {
  readonly title?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What was hoped for beside what was measured. It is told, and fails nothing: figures are the machine's, too. */
export interface Goal {
  readonly says: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export interface Report {
  readonly title: string;
  /** What was done, so that somebody can say what is wrong with it. */
  readonly about: string;
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** What a reader would else ask: what was left out and why, what is not comparable. */
  readonly notes: readonly string[];
}

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

/** @param share 0.5 is the median, 0.99 what one in a hundred is above */
export const quantile = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? NaN;

/** The median, and the least and the most of all rounds behind it. */
export function spread(numbers: readonly number[], digits = 0): string {
  if (numbers.length === 0 || numbers.some(Number.isNaN)) return "-";
  const middle = figure(median(numbers), digits);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)].map((one) => figure(one, digits));
  return numbers.length === 1 || least === most ? middle : `${middle} (${least!} to ${most!})`;
}

export const figure = (number: number, digits = 0): string =>
  Number.isNaN(number)
    ? "-"
    : number.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** The median of the ratios of single rounds, and not the ratio of medians: within a round whatever else the machine does hits both. */
export const ratio = (ours: readonly number[], theirs: readonly number[]): number =>
  median(ours.map((one, round) => one / (theirs[round] ?? NaN)));

export const atLeast = (says: string, measured: number, least: number, digits = 2): Goal => ({
  says: `${says}: at least ${String(least)}`,
  measured: figure(measured, digits),
  isMet: measured >= least,
});

export const atMost = (says: string, measured: number, most: number, digits = 2): Goal => ({
  says: `${says}: at most ${String(most)}`,
  measured: figure(measured, digits),
  isMet: measured <= most,
});

/** Prints it, and tells whoever started this process. */
export function publish(report: Report): void {
  console.log(textOf(report));
  process.send?.(report);
}

/** As Markdown: `npm run bench` writes the same. */
export function textOf({ title, about, tables, goals, notes }: Report): string {
  const blocks = [`## ${title}`, about, ...tables.map(tableText)];
  if (goals.length > 0)
    blocks.push(
      tableText({
        columns: ["goal", "measured", ""],
        rows: goals.map(({ says, measured, isMet }) => [says, measured, isMet ? "met" : "**not met**"]),
      }),
    );
  if (notes.length > 0) blocks.push(notes.map((note) => `- ${note}`).join("\n"));
  return blocks.join("\n\n");
}

function tableText({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  // Words begin at the left; figures end at the right.
  const rule = columns.map((_, column) =>
    column > 0 && rows.every((row) => /^[-\d]/.test(row[column] ?? "-")) ? "---:" : "---",
  );
  const table = [line(columns), line(rule), ...rows.map(line)].join("\n");
  return title === undefined ? table : `**${title}**\n\n${table}`;
}
