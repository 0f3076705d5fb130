import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildBreakableHost } from "../../scripts/failpoint-build.mjs";
import { FAILPOINTS } from "../../src/failpoints.js";

const repository = resolve(import.meta.dirname, "../..");
const SUBPATHS = ["belldesk", "belldesk/express", "belldesk/postgres", "belldesk/memory", "belldesk/testing"];

interface Manifest {
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(join(repository, file), "utf8"));
const manifest = readJson("package.json") as Manifest;
const npm = (args: string[], cwd: string) =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

/** A host's folder in which the packed library is installed, beside the packages that it and the host need. */
const host = mkdtempSync(join(tmpdir(), "belldesk-host-"));
const installed = join(host, "node_modules/belldesk");
let files: string[];

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));

/** Packs `from` and unpacks it into `to`. */
function pack(from: string, to: string, ...options: string[]): void {
  const into = mkdtempSync(join(tmpdir(), "belldesk-pack-"));
  npm(["pack", ...options, "--pack-destination", into], from);
  mkdirSync(to, { recursive: true });
  execFileSync("tar", ["-xzf", join(into, readdirSync(into)[0] ?? ""), "-C", to, "--strip-components", "1"]);
  rmSync(into, { recursive: true });
}

beforeAll(() => {
  // As it is built: other tests run on this dist while it is packed.
  pack(repository, installed, "--ignore-scripts");
  files = filesIn(installed);

  const needed = [
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.peerDependencies),
    "@types/node",
    "@types/express",
    "@types/pg",
  ];
  for (const name of needed) {
    mkdirSync(dirname(join(host, "node_modules", name)), { recursive: true });
    symlinkSync(join(repository, "node_modules", name), join(host, "node_modules", name), "junction");
  }
});
afterAll(() => {
  rmSync(host, { recursive: true, force: true });
});

const packedText = (file: string) => readFileSync(join(installed, file), "utf8");
const packed = (ending: RegExp) => files.filter((file) => ending.test(file));

/** Shared chunks are named by the bundler: after one of the files in them, and a hash. */
const namesOf = (list: readonly string[]) =>
  [...new Set(list.map((file) => file.replace(/[\w-]+-[\w-]{8}(?=\.(d\.)?c?[jt]s)/, "(shared)")))].sort();

test("the package holds what it should and nothing else (T94)", () => {
  expect(namesOf(files)).toMatchInlineSnapshot(`
    [
      "ARCHITECTURE.md",
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "README.md",
      "SECURITY.md",
      "dist/(shared).cjs",
      "dist/(shared).cjs.map",
      "dist/(shared).d.cts",
      "dist/(shared).d.ts",
      "dist/(shared).js",
      "dist/(shared).js.map",
      "dist/express.cjs",
      "dist/express.cjs.map",
      "dist/express.d.cts",
      "dist/express.d.ts",
      "dist/express.js",
      "dist/express.js.map",
      "dist/index.cjs",
      "dist/index.cjs.map",
      "dist/index.d.cts",
      "dist/index.d.ts",
      "dist/index.js",
      "dist/index.js.map",
      "dist/memory.cjs",
      "dist/memory.cjs.map",
      "dist/memory.d.cts",
      "dist/memory.d.ts",
      "dist/memory.js",
      "dist/memory.js.map",
      "dist/postgres.cjs",
      "dist/postgres.cjs.map",
      "dist/postgres.d.cts",
      "dist/postgres.d.ts",
      "dist/postgres.js",
      "dist/postgres.js.map",
      "dist/testing.cjs",
      "dist/testing.cjs.map",
      "dist/testing.d.cts",
      "dist/testing.d.ts",
      "dist/testing.js",
      "dist/testing.js.map",
      "docs/decisions/0001-dependencies.md",
      "docs/decisions/0002-a-lane-is-a-row-with-counters.md",
      "docs/decisions/0003-verbs-are-functions.md",
      "docs/decisions/0004-a-chat-is-a-row.md",
      "docs/decisions/0005-delivery-status-is-an-order.md",
      "docs/decisions/0006-pglite-is-the-embedded-default.md",
      "docs/decisions/0007-tests-bring-their-servers.md",
      "docs/decisions/0008-one-build-two-formats.md",
      "docs/decisions/0009-arrivals-wait-outside-the-lanes.md",
      "docs/decisions/0010-a-dead-line-is-given-up.md",
      "docs/decisions/README.md",
      "docs/http-api.md",
      "examples/express-hotel/app.ts",
      "examples/express-hotel/config.ts",
      "examples/express-hotel/hotels.ts",
      "examples/express-hotel/main.ts",
      "examples/express-hotel/public/guest.html",
      "examples/express-hotel/public/guest.js",
      "examples/express-hotel/public/page.js",
      "examples/express-hotel/public/staff.html",
      "examples/express-hotel/public/staff.js",
      "examples/express-hotel/public/style.css",
      "examples/express-hotel/simulator.ts",
      "examples/minimal/auto-reply.ts",
      "examples/minimal/hotel.test.ts",
      "examples/minimal/say.ts",
      "examples/minimal/server.ts",
      "examples/minimal/sign-in.ts",
      "package.json",
    ]
  `);
});

test("what its documents link to is in it", () => {
  const dead = packed(/\.md$/).flatMap((file) =>
    [...packedText(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, path]) => join(dirname(file), path!))
      .filter((path) => !existsSync(join(installed, path)))
      .map((path) => `${file} -> ${path}`),
  );
  expect(dead).toEqual([]);
});

test("a checkout that nobody has built packs the same files: publishing hangs on nothing done before", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "belldesk-checkout-"));
  const absent = new Set(["node_modules", "dist", ".git", ".cache", ".data", "coverage"]);
  try {
    const checkout = join(elsewhere, "checkout");
    cpSync(repository, checkout, { recursive: true, filter: (file) => !absent.has(relative(repository, file)) });
    symlinkSync(join(repository, "node_modules"), join(checkout, "node_modules"), "junction");
    pack(checkout, join(elsewhere, "packed"));
    expect(namesOf(filesIn(join(elsewhere, "packed")))).toEqual(namesOf(files));
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
}, 120_000);

test("nothing that breaks it on purpose is in it: no failpoint, neither code nor name", () => {
  const code = packed(/\.(c?js|d\.c?ts)$/);
  const names = [...FAILPOINTS, "failpoint", "BELLDESK_FAILPOINTS"];
  expect(
    code.filter((file) => names.some((name) => packedText(file).toLowerCase().includes(name.toLowerCase()))),
  ).toEqual([]);
  // What the builds that are broken have, so that looking for it proves something.
  const { program, remove } = buildBreakableHost();
  const dist = join(dirname(program), "node_modules/belldesk/dist");
  const breakable = readdirSync(dist)
    .filter((file) => /\.c?js$/.test(file))
    .map((file) => readFileSync(join(dist, file), "utf8"))
    .join();
  remove();
  const written = (name: string) => name.replace(/^(in|out)bound(?=\.claim)/, "${kind}");
  expect(
    FAILPOINTS.filter(
      (name) => !breakable.includes(`failpoint("${name}")`) && !breakable.includes(`failpoint(\`${written(name)}\`)`),
    ),
  ).toEqual([]);
}, 60_000);

test("no file in it knows the machine that built it", () => {
  const telling = [repository, tmpdir() + "/", process.env["HOME"]].filter(
    (path) => path !== undefined && path.length > 2,
  );
  expect(files.filter((file) => telling.some((path) => packedText(file).includes(path!)))).toEqual([]);
});

test("every source map carries its sources: files of this repository, and the lines that tsup adds for CommonJS", () => {
  for (const file of packed(/\.map$/)) {
    const map = JSON.parse(packedText(file)) as { sources: string[]; sourcesContent?: (string | null)[] };
    for (const [index, source] of map.sources.entries()) {
      expect(join(dirname(file), source), file).toMatch(/^(src|adapters|node_modules\/tsup\/assets)\//);
      expect(map.sourcesContent?.[index], `${file}: ${source}`).toBeTypeOf("string");
    }
  }
});

test("installing it runs nothing (T91)", () => {
  const lifecycle = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
  expect(Object.keys(manifest.scripts).filter((name) => lifecycle.includes(name))).toEqual([]);
});

describe("what it depends on", () => {
  interface LockEntry {
    readonly version?: string;
    readonly dev?: boolean;
    readonly hasInstallScript?: boolean;
    readonly dependencies?: Record<string, string>;
    readonly optionalDependencies?: Record<string, string>;
  }
  const lock = (readJson("package-lock.json") as { packages: Record<string, LockEntry> }).packages;

  test("is this list and no more (T95)", () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual([
      "eventemitter3",
      "file-type",
      "libphonenumber-js",
      "undici",
      "uuidv7",
      "zod",
    ]);
  });

  test("is above the versions known to be bad (T96)", () => {
    const floors = { undici: "7.29.1", "file-type": "21.3.1", qs: "6.14.2", "body-parser": "1.20.3", vitest: "4.1.0" };
    for (const [path, { version }] of Object.entries(lock)) {
      const floor = Object.entries(floors).find(([name]) => path.endsWith(`node_modules/${name}`))?.[1];
      if (floor !== undefined && version !== undefined)
        expect(atLeast(version, floor), `${path} ${version}`).toBe(true);
    }
    for (const name of ["undici", "file-type"] as const) {
      expect(atLeast(manifest.dependencies[name]!.replace("^", ""), floors[name]), name).toBe(true);
    }
  });

  test("runs no install script in a host (T91)", () => {
    const reached = new Set<string>();
    const visit = (name: string) => {
      if (reached.has(name)) return;
      reached.add(name);
      Object.keys(lock[`node_modules/${name}`]?.dependencies ?? {}).forEach(visit);
    };
    Object.keys(manifest.dependencies).forEach(visit);
    expect([...reached].filter((name) => lock[`node_modules/${name}`]?.hasInstallScript)).toEqual([]);
  });

  test("is locked whole, for every platform", () => {
    const holes = Object.entries(lock).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.entries(optionalDependencies)
        .filter(([name, range]) => !locked(lookup(lock, path, name), range))
        .map(([name]) => `${path} -> ${name}`),
    );
    expect(holes).toEqual([]);
  });
});

describe("a host", () => {
  const run = (file: string, code: string) => {
    writeFileSync(join(host, file), code);
    // Without Node's own require() of ES modules: default Jest has none, and runs many hosts' tests.
    const args = ["--no-experimental-require-module", file];
    return execFileSync(process.execPath, args, { cwd: host, encoding: "utf8", stdio: "pipe" });
  };

  test.each(SUBPATHS)("imports and requires %s, and finds the same names in both", (subpath) => {
    const imported = run(
      "names.mjs",
      `import * as it from ${JSON.stringify(subpath)}; console.log(Object.keys(it).sort().join())`,
    );
    const required = run("names.cjs", `console.log(Object.keys(require(${JSON.stringify(subpath)})).sort().join())`);
    expect(imported).toBe(required);
    expect(imported.trim()).not.toBe("");
  });

  test("reaches nothing but the published subpaths", () => {
    expect(() => run("deep.mjs", `import "belldesk/dist/index.js"`)).toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("recognises an error of the library whichever way it loaded either", () => {
    const code = `
      const { createRequire } = await import("node:module");
      const esm = await import("belldesk");
      const cjs = createRequire(import.meta.url)("belldesk");
      const [a, b] = [new esm.ConversationError("not_found"), new cjs.ConversationError("not_found")];
      console.log(a instanceof cjs.ConversationError, b instanceof esm.ConversationError, esm.ConversationError === cjs.ConversationError);
      console.log(new Error("not_found") instanceof esm.ConversationError, esm.ConversationError.is({ code: "not_found" }));`;
    expect(run("errors.mjs", code)).toBe("true true false\nfalse false\n");
  });

  test.each(["mjs", "cjs"])("reads the error's name in what Node prints of an uncaught one, in %s", (format) => {
    const load = {
      mjs: `import { ConversationError } from "belldesk";`,
      cjs: `const { ConversationError } = require("belldesk");`,
    };
    const code = `const error = new ConversationError("not_found");
      console.log(error.stack.split(":")[0], error.name, ConversationError.name);
      console.log(require("node:util").inspect(error).includes("_Conv"));`;
    const required = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;
    const program = format === "mjs" ? load.mjs + required + code : load.cjs + code;
    expect(run(`uncaught.${format}`, program)).toBe("ConversationError ConversationError ConversationError\nfalse\n");
  });

  test("meets one error class, whichever subpath threw it", () => {
    for (const format of [/\.js$/, /\.cjs$/]) {
      expect(
        packed(format).filter((file) => packedText(file).includes(`Symbol.for("belldesk.ConversationError")`)),
      ).toHaveLength(1);
    }
  });

  test.each(["cjs", "mjs"])("keeps its conversations in a folder, as a %s module", (format) => {
    const code = `
      const storage = embeddedStorage({ dataDir: "data" });
      storage.open({ migrate: true }).then(() => storage.close()).then(() => console.log("kept"));`;
    const from = {
      cjs: `const { embeddedStorage } = require("belldesk/postgres");`,
      mjs: `import { embeddedStorage } from "belldesk/postgres";`,
    };
    expect(run(`embedded.${format}`, from[format as "cjs" | "mjs"] + code)).toBe("kept\n");
  });

  test("that has not installed PGlite is told what to install", () => {
    const bare = mkdtempSync(join(tmpdir(), "belldesk-bare-"));
    try {
      cpSync(installed, join(bare, "node_modules/belldesk"), { recursive: true });
      for (const name of Object.keys(manifest.dependencies))
        symlinkSync(join(repository, "node_modules", name), join(bare, "node_modules", name), "junction");
      const code = `
        import { embeddedStorage } from "belldesk/postgres";
        embeddedStorage({ dataDir: "data" }).open().catch(({ code, message }) => console.log(code, message));`;
      writeFileSync(join(bare, "open.mjs"), code);
      const said = execFileSync(process.execPath, ["open.mjs"], { cwd: bare, encoding: "utf8" });
      expect(said).toMatch(/^peer_missing .*npm install @electric-sql\/pglite/);
    } finally {
      rmSync(bare, { recursive: true, force: true });
    }
  });

  test("compiles against its types, as an ES module and as CommonJS", () => {
    const imports = SUBPATHS.map((subpath, index) => `import * as part${index} from "${subpath}";`);
    const uses = SUBPATHS.map((_, index) => `export type Part${index} = typeof part${index};`);
    const hosts = ["host.mts", "host.cts"];
    for (const file of hosts) writeFileSync(join(host, file), [...imports, ...uses].join("\n"));
    const options = "--noEmit --strict --skipLibCheck false --module nodenext --target es2022 --types node".split(" ");
    expect(compile([...options, ...hosts], host)).toBe("");
  });

  test("signs people in by what its middleware put on Express's request", () => {
    // As @types/express-session does it.
    const middleware = `
      import type { StaffPrincipal } from "belldesk";
      declare global { namespace Express { interface Request { session?: { principal?: StaffPrincipal } } } }`;
    const signIn = `
      import type { ConversationManager } from "belldesk";
      import { deskRouter } from "belldesk/express";
      import express, { type Request } from "express";
      export const mount = (desk: ConversationManager) => express()
        .use(deskRouter(desk, { authenticate: (req) => req.session?.principal }))
        .use(deskRouter(desk, { authenticate: (req: Request) => req.session?.principal ?? null }))
        .use(deskRouter(desk, { authenticate: async (req: Request) => (await req.body) as undefined }));`;
    writeFileSync(join(host, "session.mts"), middleware);
    writeFileSync(join(host, "sign-in.mts"), signIn);
    const options = "--noEmit --strict --skipLibCheck false --module nodenext --target es2022 --types node".split(" ");
    expect(compile([...options, "session.mts", "sign-in.mts"], host)).toBe("");
  });

  test("needs no other library for its types", () => {
    const named = packed(/\.d\.c?ts$/).flatMap((file) =>
      [...packedText(file).matchAll(/from ['"]([^.'"][^'"]*)['"]/g)].map(([, name]) => name),
    );
    expect([...new Set(named)].filter((name) => !name!.startsWith("node:")).sort()).toEqual([]);
  });
});

/** What the compiler complains about. */
function compile(args: string[], cwd: string): string {
  try {
    return execFileSync(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), ...args], {
      cwd,
      encoding: "utf8",
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** The entry of a lock file for a dependency of the package at `path`, looked for as Node would. */
function lookup<Entry>(lock: Record<string, Entry>, path: string, name: string): Entry | undefined {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const entry = lock[at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`];
    if (entry !== undefined || at === "") return entry;
  }
}

/** A platform's package is mostly asked for by its exact version; another version's entry is a hole too. */
const locked = (entry: { readonly version?: string } | undefined, range: string): boolean =>
  entry !== undefined && (!/^\d/.test(range) || entry.version === range);

function atLeast(version: string, floor: string): boolean {
  const numbers = (text: string) => text.split("-")[0]!.split(".").map(Number);
  const [a, b] = [numbers(version), numbers(floor)];
  const differs = b.findIndex((part, index) => part !== a[index]);
  return differs === -1 || a[differs]! > b[differs]!;
}
