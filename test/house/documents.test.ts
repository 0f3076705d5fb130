import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

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
