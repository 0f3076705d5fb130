import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { programOf } from "../../adapters/command-line/program.js";
import { CHECKS } from "../../src/domain/finding.js";
import { ERRORS } from "../../src/errors.js";
import { MATRIX } from "../domain/access-matrix.js";
import { ROUTES } from "../../src/http/routes.js";

const repository = resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(repository, file), "utf8");

const inFolder = (folder: string) =>
  existsSync(join(repository, folder))
    ? readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file))
    : [];
const documents = [...readdirSync(repository), ...inFolder("docs"), ...inFolder("examples")].filter((file) =>
  file.endsWith(".md"),
);

test.each(documents)("what %s links to exists", (document) => {
  const links = [...read(document).matchAll(/\]\((?!https?:|#)(?<path>[^)#\s]+)/g)].map(
    (match) => match.groups!["path"]!,
  );
  expect(links.filter((path) => !existsSync(join(repository, dirname(document), path)))).toEqual([]);
});

/** A snippet is a file that is type-checked and run: the comment names it, the block below holds it. */
const SNIPPET = /<!-- snippet: (?<file>\S+) -->\s*```ts\n(?<code>[\s\S]*?)```/g;

test.each(documents)("the snippets in %s are the files that they name", (document) => {
  for (const { groups } of read(document).matchAll(SNIPPET)) expect(groups!["code"]).toBe(read(groups!["file"]!));
});

test("the README shows the code that a host begins with", () => {
  expect([...read("README.md").matchAll(SNIPPET)]).not.toEqual([]);
});

test("the document of who may do what has the whole matrix, as it is tested", () => {
  const rows = [...read("docs/access.md").matchAll(/^\| `[A-Za-z]+\.[A-Za-z]+`.*\|$/gm)].map(([row]) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
  const cells = MATRIX.map(({ permission, of, agent, manager, admin, guest, operator, system }) => [
    ...[permission, of, agent, manager, admin, guest, operator, system],
  ]);
  expect(rows).toEqual(cells);
});

test("the document of the doctor has every check", () => {
  const checks = [...read("docs/doctor.md").matchAll(/^\| `(?<check>[a-z_]+(?:\.[a-z_]+)?)` +\| (?<says>.*?) +\|$/gm)];
  const states = ["ok", "degraded", "down"];
  const documented = checks.map(({ groups }) => [groups!["check"]!, groups!["says"]!] as const);
  expect(Object.fromEntries(documented.filter(([check]) => !states.includes(check)))).toEqual(CHECKS);
});

test("the document of the command line has every command with its options", () => {
  const { commands } = programOf({}, { out: process.stdout, err: process.stderr });
  const leaves = commands.flatMap((command) =>
    command.commands.length === 0
      ? [[command.name(), command] as const]
      : command.commands.map((inner) => [`${command.name()} ${inner.name()}`, inner] as const),
  );
  const document = read("docs/command-line.md");
  for (const [name, command] of leaves) {
    const row = document.split("\n").find((line) => line.startsWith(`| \`${name}`));
    expect(row, name).toBeDefined();
    const options = command.options.map(({ long }) => long);
    expect(
      options.filter((option) => !row!.includes(`\`${option!}`)),
      name,
    ).toEqual([]);
  }
});

describe("the document of the staff HTTP API", () => {
  const document = read("docs/http-api.md");
  /** The cells of every row of its tables. */
  const rows = [...document.matchAll(/^\|(?<cells>.+)\|$/gm)].map(({ groups }) =>
    groups!["cells"]!.split("|").map((cell) => cell.trim()),
  );

  test("has every route with its status, and no other", () => {
    const documented = rows.filter(([route]) => /^`(GET|POST) /.test(route!));
    expect(documented.map(([route, , answer]) => [route, Number.parseInt(answer!)])).toEqual(
      ROUTES.map(({ method, path, status }) => [`\`${method} ${path}\``, status]),
    );
  });

  test("has the errors with the statuses that they are answered with", () => {
    const documented = rows.filter(([status]) => /^\d{3}$/.test(status!));
    expect(documented.length).toBeGreaterThan(10);
    for (const [status, code] of documented)
      expect([code, ERRORS[code!.replaceAll("`", "") as keyof typeof ERRORS].status]).toEqual([code, Number(status)]);
  });

  test("is named in the README", () => {
    expect(read("README.md")).toContain("(docs/http-api.md)");
  });
});
