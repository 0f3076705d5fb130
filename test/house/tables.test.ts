import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { DOCUMENTS, halves, renewed } from "../../scripts/tables.js";
import { ERRORS } from "../../src/errors.js";
import { LABELS, METRICS } from "../../src/index.js";

const repository = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(repository, file), "utf8");
/** As prettier does or does not line up a table is nobody's matter. */
const plain = (text: string) => text.replace(/ +\|/g, " |").replace(/-{3,}/g, "---").replace(/\| +/g, "| ");

describe("what the documents say of the code", () => {
  test.each(DOCUMENTS)("%s has its tables as the code has them: npm run tables", (document) => {
    expect(read(document)).toMatch(/<!-- table: \w+ -->/);
    expect(plain(read(document))).toBe(plain(renewed(read(document))));
  });

  test("every error says what it means, and what to do (S87)", () => {
    const silent = Object.entries(ERRORS).filter(([, { says }]) => halves(says).some((half) => half === ""));
    expect(silent).toEqual([]);
  });

  test("no setting is without a word on what it is for (S88)", () => {
    const rows = [...read("docs/configuration.md").matchAll(/^\| `.*\|$/gm)].map(([row]) =>
      row.split(/(?<!\\)\|/).map((cell) => cell.trim()),
    );
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter((cells) => cells.at(-2) === "").map((cells) => cells[1])).toEqual([]);
  });
});

test("every code that can be thrown stands in some test (S87)", () => {
  const tests = ["test", "examples", "src/testing"].flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith("tables.test.ts") && !file.includes("node_modules"))
      .map((file) => read(join(folder, file))),
  );
  const untested = Object.keys(ERRORS).filter(
    (code) => !tests.some((text) => new RegExp(`["'\`.^ ]${code}\\b`).test(text)),
  );
  expect(untested).toEqual([]);
});

describe("the dashboard and the alerts", () => {
  /** As Prometheus has them. */
  const exported = new Map(
    Object.entries(METRICS).flatMap(([name, { kind, labels }]) => {
      const base = name.replaceAll(".", "_");
      const names = {
        counter: [`${base}_total`],
        gauge: [base],
        histogram: ["bucket", "sum", "count"].map((end) => `${base}_${end}`),
      }[kind];
      return names.map((each) => [each, labels as readonly string[]] as const);
    }),
  );
  interface Panel {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }
  interface Alerts {
    readonly groups: readonly {
      readonly rules: readonly {
        readonly alert: string;
        readonly expr: string;
        readonly annotations: Record<string, string>;
      }[];
    }[];
  }
  const { panels } = JSON.parse(read("docs/telemetry/dashboard.json")) as { panels: readonly Panel[] };
  const rules = (parse(read("docs/telemetry/alerts.yml")) as Alerts).groups.flatMap((group) => group.rules);
  const expressions = [
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ of: title, expr }))),
    ...rules.map(({ alert, expr }) => ({ of: alert, expr })),
  ];

  test.each(expressions)("$of asks for metrics and labels that there are", ({ expr }) => {
    const words = expr.match(/belldesk_\w+/g) ?? [];
    const [metric] = words.filter((word) => exported.has(word));
    expect(metric, expr).toBeDefined();
    for (const word of words) {
      const label = word.replace("belldesk_", "");
      const isLabel = (LABELS as readonly string[]).includes(label) && !exported.has(word);
      if (isLabel) expect(exported.get(metric ?? ""), `${word} of ${metric ?? ""}`).toContain(label);
      else expect([...exported.keys()]).toContain(word);
    }
    const opened = (expr.match(/[([{]/g) ?? []).length;
    expect((expr.match(/[)\]}]/g) ?? []).length).toBe(opened);
  });

  test("show every metric, and each alert says what to do", () => {
    const shown = expressions.map(({ expr }) => expr).join(" ");
    expect(Object.keys(METRICS).filter((name) => !shown.includes(name.replaceAll(".", "_")))).toEqual([]);
    for (const { annotations } of rules) expect(Object.keys(annotations)).toEqual(["summary", "action"]);
  });
});
