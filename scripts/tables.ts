// Writes the tables of docs/ that are made of the code: npm run tables. test/house/tables.test.ts holds that they are fresh.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { HotelSchema } from "../src/config/hotel-schema.js";
import { Settings } from "../src/config/settings-schema.js";
import { ERRORS, type ErrorCode } from "../src/errors.js";
import { LOG_FIELDS } from "../src/ports/log-fields.js";
import { METRICS } from "../src/ports/telemetry.js";
import { GRAPH_ERRORS } from "../src/whatsapp/graph-error.js";
import { settingRows } from "../src/config/table.js";
import { REQUIREMENTS } from "../test/house/asvs.js";
import { coverageList } from "../test/house/coverage.js";
import { readMeasured, reliabilityRows } from "../test/reliability/measured.js";

const cell = (text: string): string => text.replaceAll("|", "\\|");
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");

/** What an error means, and what to do about it: a text says both, in this order. */
export function halves(says: string): readonly [meaning: string, todo: string] {
  const [, meaning = says, , todo = ""] = /^(.+?)(: |\. )(.+)$/s.exec(says) ?? [];
  const begun = todo.slice(0, 1).toUpperCase() + todo.slice(1);
  return [meaning.replace(/\.$/, ""), begun.replace(/\.$/, "")];
}

const FAULT = { caller: "the caller", host: "the host", whatsapp: "WhatsApp", storage: "the storage" } as const;

/** Files in which the options are described. */
const DESCRIBED = [
  "config",
  "config/hotel",
  "live/limits",
  "ports/processor",
  "domain/hotel",
  "domain/clocks",
  "domain/hotel-stays",
  "domain/media-rules",
  "domain/opening-hours",
];

/** What the comments of the options say, by interface and member. One file says why, where it is read by whoever writes options. */
const comments = (() => {
  const found = new Map<string, { readonly says: string; readonly type: ts.TypeNode | undefined }>();
  const read = (owner: string, members: ts.NodeArray<ts.TypeElement>): void => {
    for (const member of members) {
      if (!ts.isPropertySignature(member)) continue;
      const says = ts.getJSDocCommentsAndTags(member).map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "");
      const name = member.name.getText();
      found.set(`${owner}.${name}`, { says: says.join(" ").replace(/\s+/g, " ").trim(), type: member.type });
      const inner = literalIn(member.type);
      if (inner !== undefined) read(`${owner}.${name}`, inner.members);
    }
  };
  for (const file of DESCRIBED) {
    const path = join(import.meta.dirname, "..", "src", `${file}.ts`);
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
    source.forEachChild((node) => {
      if (ts.isInterfaceDeclaration(node)) read(node.name.text, node.members);
    });
  }
  return found;
})();

function literalIn(type: ts.TypeNode | undefined): ts.TypeLiteralNode | undefined {
  if (type === undefined) return undefined;
  if (ts.isTypeLiteralNode(type)) return type;
  return ts.isUnionTypeNode(type) ? type.types.find(ts.isTypeLiteralNode) : undefined;
}

/** The interfaces that a type names, the outermost first: `Partial<HotelClocks>`, `readonly Department[]`. */
const named = (type: ts.TypeNode | undefined): readonly string[] =>
  [...(type?.getText() ?? "").matchAll(/[A-Z]\w+/g)].map(([name]) => name);

/** What is said of a setting; of one that nobody describes, what is said of what it stands in. */
function described(owner: string, path: readonly string[]): string {
  const [name = "", ...rest] = path;
  const member = comments.get(`${owner}.${name}`);
  if (member === undefined) return "";
  const inner = rest.filter((part) => part !== "*");
  if (inner.length === 0) return member.says;
  const below = [`${owner}.${name}`, ...named(member.type)].map((each) => described(each, inner)).find(Boolean);
  return below ?? member.says;
}

function settings(schema: Parameters<typeof settingRows>[0], owner: string): string {
  const rows = settingRows(schema).map(({ path, type, unit, range, default: otherwise, required }) => {
    const parts = path.split(".");
    const says =
      parts[0] === "media" && owner === "SettingsOptions"
        ? described("MediaOptions", parts.slice(1))
        : described(parts[0] === "routing" ? "RoutingOptions" : owner, parts[0] === "routing" ? parts.slice(1) : parts);
    return [`\`${path}\``, type, unit, range, required ? "has to be given" : otherwise, says];
  });
  return table(["setting", "type", "unit", "range", "default", "what for"], rows);
}

const TABLES: Readonly<Record<string, () => string>> = {
  errors: () =>
    table(
      ["code", "HTTP", "whose fault", "again later?", "what it means", "what to do"],
      (Object.keys(ERRORS) as ErrorCode[]).map((code) => {
        const { status, blame, retryable, says } = ERRORS[code];
        return [`\`${code}\``, String(status), FAULT[blame], retryable ? "yes" : "no", ...halves(says)];
      }),
    ),
  metrics: () =>
    table(
      ["name", "kind", "unit", "labels", "what it is"],
      Object.entries(METRICS).map(([name, { kind, unit, labels, says }]) => [
        `\`${name}\``,
        kind,
        `\`${unit}\``,
        labels.map((label) => `\`${label}\``).join(", "),
        says,
      ]),
    ),
  graph: () =>
    table(
      ["code", "what it is", "who waits beside the message", "what it means, and what to do"],
      GRAPH_ERRORS.map(({ from, to, is, scope, advice }) => [
        from === to ? String(from) : `${String(from)} to ${String(to)}`,
        is,
        scope === "message" ? "" : scope,
        advice,
      ]),
    ),
  fields: () =>
    table(
      ["field", "kind"],
      Object.entries(LOG_FIELDS).map(([field, kind]) => [`\`${field}\``, kind]),
    ),
  settings: () => settings(Settings, "SettingsOptions"),
  hotel: () => settings(HotelSchema, "HotelOptions"),
  coverage: coverageList,
  reliability: () =>
    table(["", "what is promised", "the command", "what it came to", ""], reliabilityRows(readMeasured())),
  asvs: () =>
    table(
      ["requirement", "what is done", "left to you", "proved by"],
      REQUIREMENTS.map(({ id, does, host, rows }) => [id, does, host ?? "", rows.join(", ")]),
    ),
};

/** The document with its tables made anew. */
export const renewed = (document: string): string =>
  document.replace(
    /<!-- table: (\w+) -->\n[\s\S]*?<!-- end -->/g,
    (_, name: string) => `<!-- table: ${name} -->\n\n${TABLES[name]?.() ?? "none"}\n\n<!-- end -->`,
  );

export const DOCUMENTS = [
  "docs/transports.md",
  "docs/errors.md",
  "docs/telemetry.md",
  "docs/logs.md",
  "docs/configuration.md",
  "docs/coverage.md",
  "docs/security.md",
  "docs/reliability.md",
] as const;

if (process.argv[1] === import.meta.filename) {
  for (const document of DOCUMENTS) {
    const file = join(import.meta.dirname, "..", document);
    writeFileSync(file, renewed(readFileSync(file, "utf8")));
  }
}
