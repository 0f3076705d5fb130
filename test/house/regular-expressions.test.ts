import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as recheck from "recheck";
import ts from "typescript";
import { expect, test } from "vitest";

// A regular expression that goes back over what it has read takes a minute for a text of some thousand characters. Each that is written
// down is looked at by recheck, which proves that its time grows with the text and no faster, or says by which text it does not.

const repository = join(import.meta.dirname, "../..");
/** In JavaScript: its other builds start programs. */
const { checkSync } = createRequire(import.meta.url)("recheck/lib/browser.js") as Pick<typeof recheck, "checkSync">;

/** Milliseconds for one, on a machine that others use, too. */
const EACH_MS = 60_000;
/** Repeats above this are looked at as if they had no end, which is stricter, and proved in a moment. */
const FEW = 10;

/** Those that take longer than in proportion, and why nobody can make use of that. */
const BOUNDED: Readonly<Record<string, string>> = {
  "src/decide/choices.ts": "looks at 100 characters at most (NUMBER_TEXT_MAX)",
};

interface Found {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression in what runs: the library, its adapters and the examples' pages. */
function written(): { readonly literals: readonly Found[]; readonly made: readonly string[] } {
  const literals = new Map<string, Found>();
  const made: string[] = [];
  for (const folder of ["src", "adapters", "examples"])
    for (const name of readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })) {
      const file = join(folder, name);
      if (!/\.(ts|mjs|js)$/.test(file) || /node_modules|\.test\.ts$|\.d\.ts$/.test(file)) continue;
      const source = ts.createSourceFile(
        file,
        readFileSync(join(repository, file), "utf8"),
        ts.ScriptTarget.Latest,
        true,
      );
      const visit = (node: ts.Node): void => {
        if (ts.isRegularExpressionLiteral(node)) {
          const end = node.text.lastIndexOf("/");
          const found = { file, source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
          if (!literals.has(node.text)) literals.set(node.text, found);
        }
        if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === "RegExp")
          made.push(`${file}: ${node.arguments?.[0]?.getText() ?? ""}`);
        node.forEachChild(visit);
      };
      visit(source);
    }
  return { literals: [...literals.values()], made };
}

/** The same without an end to what may be repeated often. */
const endless = (source: string): string =>
  source.replace(/(?<!\\[pPu])\{(\d+)(,?)(\d*)\}/g, (whole, least: string, comma: string, most: string) =>
    Number(most || least) <= FEW ? whole : Number(least) === 0 && comma !== "" ? "*" : "+",
  );

/** What was proved before, to the letter: all of it is proved anew by `REGEXPS=all`, which takes a minute and writes it down with `-u`. */
const PROVED = join(repository, "test/fixtures/regular-expressions.txt");
const isWhole = process.env["REGEXPS"] === "all";
const proved: ReadonlySet<string> = new Set(isWhole ? [] : readFileSync(PROVED, "utf8").split("\n"));
const lineOf = ({ source, flags }: Omit<Found, "file">): string => `/${source}/${flags}`;

function verdict({ source, flags }: Omit<Found, "file">): string | null {
  if (proved.has(lineOf({ source, flags }))) return null;
  const said = checkSync(endless(source), flags, { timeout: EACH_MS });
  if (said.status === "safe") return null;
  const exact = endless(source) === source ? said : checkSync(source, flags, { timeout: EACH_MS });
  return exact.status === "safe" ? null : `${exact.status}${"attack" in exact ? `, ${exact.attack.pattern}` : ""}`;
}

const { literals, made } = written();

test("each regular expression takes time in proportion to what it reads (T19)", () => {
  const slow = literals.flatMap((found) => {
    const said = verdict(found);
    return said === null ? [] : [{ ...found, said }];
  });
  expect(
    slow.filter(({ file }) => !(file in BOUNDED)).map(({ file, source, said }) => `${file} /${source}/: ${said}`),
  ).toEqual([]);
  expect(slow.map(({ file }) => file)).toEqual(Object.keys(BOUNDED));
  expect(literals.length).toBeGreaterThan(200);
}, 300_000);

/** Those that are put together while the program runs, with what stands in their places, as it stands there. */
const MADE: readonly (readonly [place: string, regexp: RegExp])[] = [
  ["src/domain/card-numbers.ts", /\p{Nd}(?:[\p{Cf}\p{Mn}\p{Me}\s\p{Pd}.,·•_|/\\]{0,5}\p{Nd}){13,}/gu],
  [
    "src/domain/card-numbers.ts",
    /(?<!\p{L})(?:cvv2?|security code|código(?: de)? (?:seguridad|segurança))(?!\p{L})[^\p{Nd}]{0,20}(\p{Nd}{3,4})(?!\p{Nd})/giu,
  ],
  ["src/domain/card-numbers.ts", /[\p{Cf}\p{Mn}\p{Me}]/u],
  ["src/domain/text.ts", /[ıßς]/g],
  ["src/flow/phrase.ts", /check in room/iuy],
  ["src/media/office.ts", /<(?:\w{1,20}:)?Relationship((?:\s+[\w:]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*\/?>/g],
  ["src/media/office.ts", /<(?:\w{1,20}:)?Relationship[\s/>]/g],
  ["src/whatsapp/markup.ts", /@\d{7,15}/y],
  ["src/testing/contract/transport-read.ts", /\/123\/messages(\?|$)/],
  ["src/testing/contract/transport.ts", /\/123\/messages(\?|$)/],
];

test("and so does each that is made while the program runs", () => {
  expect(made.map((place) => place.split(":")[0])).toEqual(MADE.map(([place]) => place));
  const slow = MADE.flatMap(([place, { source, flags }]) => {
    const said = verdict({ source, flags });
    return said === null ? [] : [`${place} /${source}/: ${said}`];
  });
  expect(slow).toEqual([]);
}, 300_000);

test("one that goes back over what it has read is found", () => {
  expect(verdict({ source: "^(a+)+$", flags: "" })).toMatch(/^vulnerable/);
  expect(verdict({ source: String.raw`^\s*(.{1,100}?)\s*and\s*(.{1,100}?)\s*$`, flags: "iu" })).toMatch(/^vulnerable/);
});
