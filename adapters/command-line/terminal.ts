import { Presets, SingleBar } from "cli-progress";

/** Where a command says what it has to say. */
export interface Terminal {
  /** Whether answers are JSON, for programs. */
  readonly json: boolean;
  /** A line for people; nothing with `--json`. */
  say(line: string): void;
  /** The answer for programs; nothing without `--json`. One a line. */
  answer(value: unknown): void;
  /** A bar on standard error, where that is a terminal and there is no `--json`. */
  progress(label: string): Bar;
}

export interface Bar {
  /** @param total null: not known */
  update(done: number, total?: number | null): void;
  end(): void;
}

export interface Streams {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export function terminal(json: boolean, { out, err }: Streams): Terminal {
  return {
    json,
    say(line) {
      if (!json) out.write(`${line}\n`);
    },
    answer(value) {
      if (json) out.write(`${JSON.stringify(value)}\n`);
    },
    progress: (label) => (json || err.isTTY !== true ? NO_BAR : bar(label, err)),
  };
}

const NO_BAR: Bar = { update: () => undefined, end: () => undefined };

function bar(label: string, stream: NodeJS.WritableStream): Bar {
  const shown = new SingleBar(
    { format: `${label} {bar} {value} of {total}`, stream, hideCursor: true, clearOnComplete: true, fps: 5 },
    Presets.shades_classic,
  );
  shown.start(1, 0);
  return {
    update(done, total = null) {
      // Of what has no known end, the bar is full of what is done.
      shown.setTotal(Math.max(1, total ?? done));
      shown.update(done);
    },
    end() {
      shown.stop();
    },
  };
}

/** Rows of columns that stand below one another. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
