import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { format } from "prettier";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { programOf } from "../../adapters/command-line/program.js";
import { CHECKS } from "../../src/domain/finding.js";
import { ERRORS } from "../../src/errors.js";
import { ErrorAnswer } from "../../src/http/answers.js";
import { Reply } from "../../src/http/requests.js";
import { LOG_FIELDS } from "../../src/ports/log-fields.js";
import { MATRIX } from "../domain/access-matrix.js";
import { ROUTES } from "../../src/http/routes.js";

const repository = resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(repository, file), "utf8");

const scripts = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;

const inFolder = (folder: string) =>
  existsSync(join(repository, folder))
    ? readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file))
    : [];
const documents = [...readdirSync(repository), ...inFolder("docs"), ...inFolder("examples")].filter((file) =>
  file.endsWith(".md"),
);

test.each(documents)("what %s links to exists", (document) => {
  const links = [...read(document).matchAll(/\]\((?!https?:)(?<path>[^)#\s]*)(?:#(?<heading>[^)\s]+))?\)/g)];
  const dead = links.filter(({ groups }) => {
    const { path = "", heading } = groups!;
    const to = path === "" ? document : join(dirname(document), path);
    if (!existsSync(join(repository, to))) return true;
    return heading !== undefined && !headingsOf(read(to)).includes(heading);
  });
  expect(dead.map(([link]) => link)).toEqual([]);
});

test.each(documents)("the addresses elsewhere that %s names are whole, and of https", (document) => {
  const addresses = [...prose(read(document)).matchAll(/\]\((?<url>https?:[^)\s]*)\)/g)].map(
    ({ groups }) => groups!["url"]!,
  );
  // Nobody is asked: tests need no network.
  expect(addresses.filter((address) => !/^https:\/\/[a-z0-9-]+(\.[a-z0-9-]+)+(\/\S*)?$/.test(address))).toEqual([]);
});

/** The anchors of a document's headings, as GitHub makes them. */
function headingsOf(markdown: string): readonly string[] {
  const seen = new Map<string, number>();
  return [...prose(markdown).matchAll(/^#{1,6} (?<title>.+)$/gm)].map(({ groups }) => {
    const { title = "" } = groups!;
    const anchor = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-");
    const again = seen.get(anchor) ?? 0;
    seen.set(anchor, again + 1);
    return again === 0 ? anchor : `${anchor}-${String(again)}`;
  });
}

/** A document without its blocks of code. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^```[^\n]*\n[\s\S]*?^```$/gm, "");
}

/** A block of a document: in which language, what stands in it, and what the comment right before it says. */
interface Block {
  readonly line: number;
  readonly language: string;
  readonly says: string;
  readonly code: string;
}
const BLOCK = /(?:<!-- (?<says>[^>]*?) -->\s*)?^```(?<language>\S*)\n(?<code>[\s\S]*?)^```$/gm;
const blocksOf = (document: string): readonly Block[] => {
  const text = read(document);
  return [...text.matchAll(BLOCK)].map(({ groups, index }) => ({
    line: text.slice(0, index).split("\n").length,
    language: groups!["language"]!,
    says: groups!["says"] ?? "",
    code: groups!["code"]!,
  }));
};

/** A file, or the part of it between `#region name` and `#endregion`: `test/manual/people.test.ts#roles`. */
function snippetOf(named: string): string {
  const [file = "", region] = named.split("#");
  const source = read(file);
  if (region === undefined) return source;
  const found = new RegExp(`^ *(?://|--) #region ${region}\\n(?<code>[\\s\\S]*?)^ *(?://|--) #endregion$`, "m").exec(
    source,
  );
  if (found === null) throw new Error(`${file} has no region ${region}.`);
  const lines = found.groups!["code"]!.split("\n");
  const indent = Math.min(...lines.filter((line) => line !== "").map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(indent)).join("\n");
}

/** Set in the same way: a region may stand further in than the document's block, and break elsewhere. */
const setAlike = async (code: string, language: string): Promise<string> =>
  language === "sql"
    ? code
    : format(code.replace(/[,;]\s*(?<comment>\/\/[^\n]*)?\s*$/, " $<comment>\n"), {
        parser: "typescript",
        printWidth: 120,
      });

const inDocs = documents.filter((document) => !document.startsWith("docs/decisions/"));
const blocks = inDocs.flatMap((document) => blocksOf(document).map((block) => ({ ...block, document })));

test.each(blocks.filter(({ says }) => says.startsWith("snippet: ")))(
  "$document:$line shows what is run: $says",
  async ({ says, code, language }) => {
    const source = snippetOf(says.slice("snippet: ".length));
    if (!says.includes("#")) expect(code).toBe(source);
    else expect(await setAlike(code, language)).toBe(await setAlike(source, language));
  },
);

/** Code of frameworks that are no dependency of ours: what it relies on is tested beside it. */
const NOT_RUN = ["docs/client.md: React", "docs/client.md: Vue"];

test("every block of code in the documents is run, or of a kind that cannot be", () => {
  const unproven = blocks.filter(({ document, language, says, code }) => {
    switch (language) {
      case "":
      case "text": // a picture, a dialogue, a formula, a file of another program
        return false;
      case "json":
        return !says.startsWith("json: ");
      case "sh":
        return !code.split("\n").every((line) => isTyped(line, document, says));
      default:
        return !says.startsWith("snippet: ") && !NOT_RUN.includes(`${document}: ${says.replace("not run: ", "")}`);
    }
  });
  expect(unproven.map(({ document, line }) => `${document}:${String(line)}`)).toEqual([]);
});

/** Whether a line of a shell is one that tests type, or ours to offer. */
function isTyped(line: string, document: string, says: string): boolean {
  const command = line
    .replace(/ +#.*$/, "")
    .replace(/^([A-Z_]+=\S+ )+/, "")
    .trim();
  const parts = command.split(" && ");
  if (parts.length > 1) return parts.every((part) => isTyped(part, document, says));
  if (command === "" || line.trimStart().startsWith("#")) return true;
  if (says.startsWith("typed by: ")) return read(says.slice("typed by: ".length)).includes(`"${document}"`);
  if (says === "Meta's, not run") return /graph\.facebook\.com|^-|^ /.test(line);
  const [script] = /(?<=^npm run )\S+/.exec(command) ?? [];
  // A host of its own, whose scripts `test/house/examples.test.ts` runs.
  const own = join(repository, dirname(document), "package.json");
  if (document.startsWith("examples/") && existsSync(own)) {
    if (command === "npm install") return true;
    if (script !== undefined)
      return script in (JSON.parse(readFileSync(own, "utf8")) as { scripts: Record<string, string> }).scripts;
  }
  if (script !== undefined) return script in scripts;
  if (command.startsWith("node --test "))
    return existsSync(join(repository, "examples/custom-storage", command.split(" ").at(-1)!));
  // `test/examples/simulator.test.ts` holds that document to the simulator's routes.
  if (document === "examples/express-hotel/README.md" && /^(at=|curl -s \$at\/)/.test(command)) return true;
  if (/^npm (ci|start|test)\b/.test(command)) return true;
  if (command.startsWith("npx belldesk ")) return isCommand(command.split(" ").slice(2));
  // Of this repository's own: files that are named have to be there.
  const named = command.split(" ").flatMap((word) => (/^(\.ci|test|bench|scripts)\//.test(word) ? [word] : []));
  return (
    document === "CONTRIBUTING.md" &&
    named.length > 0 &&
    named.every((file) => existsSync(join(repository, file.replace(/\{.*/, ""))))
  );
}

/** Whether the command line knows this command, with these options. */
function isCommand([name, ...rest]: readonly string[]): boolean {
  const { commands } = programOf({}, { out: process.stdout, err: process.stderr });
  let command = commands.find((one) => one.name() === name);
  if (command === undefined) return false;
  if (command.commands.length > 0) command = command.commands.find((one) => one.name() === rest[0]);
  const known = [...(command?.options ?? []).map(({ long }) => long), "--desk", "--as", "--json"];
  return command !== undefined && rest.every((word) => !word.startsWith("--") || known.includes(word));
}

test.each(inDocs)("the commands that %s names in passing are ours", (document) => {
  const named = [...prose(read(document)).matchAll(/`npx belldesk (?<words>[^`<]+)`/g)].map(
    ({ groups }) => groups!["words"]!,
  );
  expect(named.filter((words) => !isCommand(words.split(" ")))).toEqual([]);
});

test.each(inDocs.filter((document) => document.startsWith("docs/")))(
  "the routes that %s names are the desk's",
  (document) => {
    const named = [...prose(read(document)).matchAll(/`(?<method>GET|POST) (?<path>\/[^`?\s{]*)/g)].map(
      ({ groups }) => groups!,
    );
    const known = ROUTES.map(({ method, path }) => `${method} ${path}`);
    // Below where hosts mount it, and what is not the desk's API: WhatsApp's webhook, and Meta's own.
    const routes = named
      .map(({ method, path }) => `${method!} ${path!.replace(/^\/api(?=\/)/, "").replace(/\/$/, "")}`)
      .filter((route) => !/ (\/(webhooks|live|media|flows$)|$)/.test(route));
    expect(routes.filter((route) => !known.includes(route))).toEqual([]);
  },
);

/** What a block of JSON is an example of. */
function shapeOf(kind: string): z.ZodType {
  switch (kind) {
    case "an error":
      return ErrorAnswer;
    case "the content of a reply":
      return Reply.shape.content;
    case "a line of the log":
      return z.partialRecord(z.enum([...(Object.keys(LOG_FIELDS) as "code"[]), "level", "msg"]), z.unknown());
    default: {
      const answer = ROUTES.find(({ method, path }) => kind === `${method} ${path}`)?.answer;
      if (answer === undefined || answer === null) throw new Error(`No route answers ${kind}.`);
      return answer;
    }
  }
}

describe.each(blocks.filter(({ language }) => language === "json"))("$document:$line, $says", ({ says, code }) => {
  test("is what is answered", () => {
    const route = says.slice("json: ".length);
    const values = code.trim().startsWith('{ "')
      ? code
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as unknown)
      : [JSON.parse(code) as unknown];
    for (const value of values) {
      const shape = shapeOf(route);
      expect(shape.safeParse(value).error).toBeUndefined();
    }
  });
});

test("the README shows the code that a host begins with", () => {
  expect(blocksOf("README.md").filter(({ says }) => says.startsWith("snippet: "))).not.toEqual([]);
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
