import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** A fault or a threat, in our words, and the tests that prove what the desk does then. */
export interface Row {
  /** `F01` to `F96` are faults, `T01` to `T96` threats. */
  readonly name: string;
  readonly group: string;
  readonly says: string;
  readonly proofs: readonly Proof[];
}

export interface Proof {
  /** Of this repository; `contract` is any of the published contracts. */
  readonly file: string;
  /** How its title begins; of a contract, the id of a case. */
  readonly test: string;
}

const repository = join(import.meta.dirname, "../..");
const CONTRACTS = "src/testing/contract";
const read = (file: string): string => readFileSync(join(repository, file), "utf8");

/** The rows of coverage.txt, which says how it is written. @throws {SyntaxError} for a line that is none of it */
export function rowsOf(text: string): readonly Row[] {
  const rows: Row[] = [];
  let group = "";
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("# ")) continue;
    const [, heading] = /^## (.+)$/.exec(line) ?? [];
    const [, name, says] = /^([FT]\d\d) (.+)$/.exec(line) ?? [];
    if (heading !== undefined) group = heading;
    else if (name !== undefined && says !== undefined) rows.push({ name, group, says, proofs: [] });
    else {
      const [, file, test] = /^ {2}(\S+): (.+)$/.exec(line) ?? [];
      const row = rows.at(-1);
      if (file === undefined || test === undefined || row === undefined)
        throw new SyntaxError(`This is neither a row nor a test: ${line}`);
      const named = file === "contract" ? test.split(", ") : [test];
      rows[rows.length - 1] = { ...row, proofs: [...row.proofs, ...named.map((each) => ({ file, test: each }))] };
    }
  }
  return rows;
}

export const ROWS: readonly Row[] = rowsOf(read("test/house/coverage.txt"));

const known = new Map<string, readonly string[]>();

/** The titles of a file's tests and groups, with what its tables put into them, as they are written. */
export function titlesIn(file: string): readonly string[] {
  const before = known.get(file);
  if (before !== undefined) return before;
  const titles = new Set<string>();
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const add = (node: ts.Node | undefined): void => {
    if (node === undefined) return;
    if (ts.isStringLiteralLike(node)) titles.add(node.text);
    else if (ts.isTemplateExpression(node)) titles.add(node.getText().slice(1, -1));
  };
  const table = (node: ts.Node): void => {
    add(node);
    node.forEachChild(table);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const of = node.expression.getText();
      if (/^(test|describe)\b/.test(of)) {
        if (/^(test|describe)\.(each|for)$/.test(of)) node.arguments.forEach(table);
        else add(node.arguments[0]);
      }
    }
    node.forEachChild(visit);
  };
  visit(source);
  known.set(file, [...titles]);
  return [...titles];
}

let cases: ReadonlyMap<string, string> | null = null;

/** What each case of the published contracts says, by its id. */
function contractCases(): ReadonlyMap<string, string> {
  if (cases !== null) return cases;
  const found = new Map<string, string>();
  for (const name of readdirSync(join(repository, CONTRACTS))) {
    const source = ts.createSourceFile(name, read(join(CONTRACTS, name)), ts.ScriptTarget.Latest, true);
    const text = (node: ts.ObjectLiteralExpression, member: string): string | undefined => {
      const value = node.properties
        .filter(ts.isPropertyAssignment)
        .find((property) => property.name.getText() === member)?.initializer;
      return value !== undefined && ts.isStringLiteralLike(value) ? value.text : undefined;
    };
    const visit = (node: ts.Node): void => {
      if (ts.isObjectLiteralExpression(node)) {
        const [id, says] = [text(node, "id"), text(node, "says")];
        if (id !== undefined && says !== undefined) found.set(id, says);
      }
      node.forEachChild(visit);
    };
    visit(source);
  }
  cases = found;
  return found;
}

/** The whole title of a proof. @returns null where there is no such test any more, or more than one of which it could be */
export function titleOf({ file, test }: Proof): string | null {
  if (file === "contract") return contractCases().get(test) ?? null;
  try {
    const [title, second] = titlesIn(file).filter((each) => each.startsWith(test));
    return second === undefined || titlesIn(file).includes(test) ? (title ?? null) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** The list of docs/coverage.md. */
export function coverageList(): string {
  const groups = [...new Set(ROWS.map(({ group }) => group))];
  return groups
    .map((group) => {
      const rows = ROWS.filter((row) => row.group === group).map(({ name, says, proofs }) =>
        [`- **${name}** ${plain(says)}`, ...proofs.map((proof) => `  - ${shown(proof)}`)].join("\n"),
      );
      return `## ${group}\n\n${rows.join("\n")}`;
    })
    .join("\n\n");
}

const shown = (proof: Proof): string =>
  proof.file === "contract"
    ? `the contract, \`${proof.test}\`: ${plain(titleOf(proof) ?? "")}`
    : `\`${proof.file}\`: ${plain(titleOf(proof) ?? "")}`;

/** Nothing in a title is markup. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]<>|~]/g, String.raw`\$&`).replaceAll("&", "&amp;");
