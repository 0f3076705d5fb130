import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostNodes } from "../support/nodes.js";
import { SUBPATHS, link, manifest, packedHost, repository, type PackedHost } from "./packed-host.js";

let host: PackedHost;
beforeAll(() => {
  host = packedHost();
  copyFileSync(join(import.meta.dirname, "hotel.cjs"), join(host.folder, "hotel.cjs"));
});
afterAll(() => {
  host.remove();
});

/** How hosts in both formats load what `hotel.cjs` runs on. */
const LOADED = {
  mjs: `
    import * as belldesk from "belldesk";
    import * as routers from "belldesk/express";
    import * as postgres from "belldesk/postgres";
    import * as memory from "belldesk/memory";
    import * as kit from "belldesk/testing";
    import express from "express";
    import askAndAnswer from "./hotel.cjs";`,
  cjs: `
    const belldesk = require("belldesk");
    const routers = require("belldesk/express");
    const postgres = require("belldesk/postgres");
    const memory = require("belldesk/memory");
    const kit = require("belldesk/testing");
    const express = require("express");
    const askAndAnswer = require("./hotel.cjs");`,
};
const FORMATS = ["mjs", "cjs"] as const;

/** Milliseconds after which a host that does not end by itself is ended, so that what it printed is seen. */
const NEVER_ENDS = 60_000;

/** What is seen on both sides once `hotel.cjs` has run. */
const SEEN = {
  staffSee: [
    { by: "staff", content: { type: "text", text: "From seven to ten." }, status: "read" },
    { by: "guest", content: { type: "text", text: "When is breakfast?" }, status: "received" },
  ],
  guestSees: ["guest: When is breakfast?", "hotel: From seven to ten."],
};

describe.each(hostNodes())("a host on Node $major", ({ major, path }) => {
  const isFirst = path === process.execPath;
  const run = (file: string, code: string) => {
    writeFileSync(join(host.folder, file), code);
    // Without Node's own require() of ES modules: default Jest has none, and runs many hosts' tests.
    const args = ["--no-experimental-require-module", file];
    return execFileSync(path, args, { cwd: host.folder, encoding: "utf8", stdio: "pipe", timeout: NEVER_ENDS });
  };

  test("is on that Node", () => {
    expect(run("version.cjs", "console.log(process.versions.node)")).toMatch(new RegExp(`^${major}\\.`));
  });

  /** The names that each subpath has for who imports them, and for who requires them, in one process each. */
  const namesOf = (subpaths: readonly string[]) =>
    [
      run(
        "names.mjs",
        `const them = await Promise.all(${JSON.stringify(subpaths)}.map((name) => import(name)));
         console.log(JSON.stringify(them.map((it) => Object.keys(it).sort())));`,
      ),
      run(
        "names.cjs",
        `const them = ${JSON.stringify(subpaths)}.map((name) => require(name));
         console.log(JSON.stringify(them.map((it) => Object.keys(it).sort())));`,
      ),
    ].map((printed) => JSON.parse(printed) as readonly (readonly string[])[]);

  // Each alone on one Node: what it needs it loads itself.
  test.each(
    isFirst ? SUBPATHS.map((name) => ({ name, subpaths: [name] })) : [{ name: "every subpath", subpaths: SUBPATHS }],
  )("imports and requires $name, and finds the same names in both", ({ subpaths }) => {
    const [imported, required] = namesOf(subpaths);
    expect(imported).toEqual(required);
    expect(imported!.map(({ length }) => length)).not.toContain(0);
  });

  test.each(FORMATS)("answers a guest, as a %s module, and meets one error class on every subpath", (format) => {
    const code = `
      askAndAnswer({ express, belldesk, routers, memory, kit }).then(({ refused, ...seen }) => {
        let misnamed;
        try { postgres.postgresStorage({}, { schema: "no name" }); } catch (error) { misnamed = error; }
        const classes = [refused, misnamed].map((error) => error.constructor === belldesk.ConversationError);
        console.log(JSON.stringify({ ...seen, codes: [refused.code, misnamed.code], classes }));
      });`;
    expect(JSON.parse(run(`answers.${format}`, LOADED[format] + code))).toEqual({
      ...SEEN,
      codes: ["not_found", "config_invalid"],
      classes: [true, true],
    });
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

  test.each(FORMATS)("reads the error's name in what Node prints of an uncaught one, in %s", (format) => {
    const code = `
      const error = new belldesk.ConversationError("not_found");
      console.log(error.stack.split(":")[0], error.name, belldesk.ConversationError.name);
      import("node:util").then(({ inspect }) => console.log(inspect(error).includes("_Conv")));`;
    expect(run(`uncaught.${format}`, LOADED[format] + code)).toBe(
      "ConversationError ConversationError ConversationError\nfalse\n",
    );
  });

  test.each(FORMATS)(
    "keeps its conversations in a folder, as a %s module",
    (format) => {
      const code = `
      const storage = postgres.embeddedStorage({ dataDir: "data" });
      storage.open({ migrate: true }).then(() => storage.close()).then(() => console.log("kept"));`;
      expect(run(`embedded.${format}`, LOADED[format] + code)).toBe("kept\n");
    },
    60_000,
  );

  test("reaches nothing but the published subpaths", () => {
    expect(() => run("deep.mjs", `import "belldesk/dist/index.js"`)).toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("tests its hotel in Jest as Jest comes: CommonJS, with no configuration", () => {
    const code = `${LOADED.cjs}
      test.each(${JSON.stringify(SUBPATHS)})("%s is there", (subpath) => {
        expect(Object.keys(require(subpath))).not.toEqual([]);
      });
      test("no ES module is: nothing has been configured", () => {
        expect(() => require("file-type")).toThrow("Cannot find module");
      });
      test("staff see what a guest wrote, and the guest the answer", async () => {
        const { refused, ...seen } = await askAndAnswer({ express, belldesk, routers, memory, kit });
        expect(seen).toEqual(${JSON.stringify(SEEN)});
        expect(refused).toBeInstanceOf(belldesk.ConversationError);
        expect(refused).toBeInstanceOf(Error);
        expect(belldesk.ConversationError.is(refused)).toBe(true);
      });
      test("an error is of one class, whichever subpath threw it", () => {
        expect(() => postgres.postgresStorage({}, { schema: "no name" })).toThrow(belldesk.ConversationError);
      });`;
    const tests = String(SUBPATHS.length + 3);
    expect(jest(path, code)).toMatch(new RegExp(`^Tests: +${tests} passed, ${tests} total$`, "m"));
  }, 120_000);
});

describe("a host", () => {
  test("meets one error class, whichever subpath threw it", () => {
    for (const format of [/\.js$/, /\.cjs$/]) {
      expect(
        host.matching(format).filter((file) => host.text(file).includes(`Symbol.for("belldesk.ConversationError")`)),
      ).toHaveLength(1);
    }
  });

  test("that has not installed PGlite is told what to install", () => {
    const bare = mkdtempSync(join(tmpdir(), "belldesk-bare-"));
    try {
      cpSync(host.installed, join(bare, "node_modules/belldesk"), { recursive: true });
      link(bare, Object.keys(manifest.dependencies));
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

  // TypeScript 6 still resolves as Node 10 did, when told that one knows; many hosts have never changed it.
  test.each([
    ["node10", "--module commonjs --moduleResolution node10 --ignoreDeprecations 6.0", ["host.ts"]],
    ["node16, as an ES module and as CommonJS", "--module node16", ["host.mts", "host.cts"]],
    ["bundler", "--module esnext --moduleResolution bundler", ["host.ts"]],
  ])(
    "compiles against its types, resolved in the manner of %s",
    (_, mode, programs) => {
      const code = `
        import { cloudApi, ConversationError, ConversationManager, type Message } from "belldesk";
        import { webhookRouter } from "belldesk/express";
        import { memoryStorage } from "belldesk/memory";
        import { postgresStorage } from "belldesk/postgres";
        import { fakeWhatsApp } from "belldesk/testing";
        import express from "express";
        import { Pool } from "pg";
        export const open = async (pool: Pool | null): Promise<readonly Message[]> => {
          const { graphUrl } = await fakeWhatsApp({ appSecret: "a", webhookUrl: "http://127.0.0.1" });
          const storage = pool === null ? memoryStorage() : postgresStorage(pool);
          const webhook = { appSecrets: ["a"], verifyToken: "b" };
          const desk = new ConversationManager({ hotels: [], storage, transport: cloudApi({ graphUrl }), webhook });
          express().use(webhookRouter(desk));
          return (await desk.as({ kind: "system", id: "host" }).messages("")).items;
        };
        export const code = (error: unknown): string => (ConversationError.is(error) ? error.code : "");
        // @ts-expect-error A type that was not found would be any, and take this.
        new ConversationManager({ storage: "none" });`;
      for (const file of programs) writeFileSync(join(host.folder, file), code);
      expect(compile([...mode.split(" "), ...programs])).toBe("");
    },
    120_000,
  );

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
    writeFileSync(join(host.folder, "session.mts"), middleware);
    writeFileSync(join(host.folder, "sign-in.mts"), signIn);
    expect(compile(["--module", "nodenext", "session.mts", "sign-in.mts"])).toBe("");
  }, 120_000);

  test("needs no other library for its types", () => {
    const named = host
      .matching(/\.d\.c?ts$/)
      .flatMap((file) => [...host.text(file).matchAll(/from ['"]([^.'"][^'"]*)['"]/g)].map(([, name]) => name));
    // An adapter's peer, whose types are its own.
    const peers = ["@opentelemetry/api"];
    expect([...new Set(named)].filter((name) => !name!.startsWith("node:") && !peers.includes(name!))).toEqual([]);
  });
});

/** Runs `jest`, with nothing after it, on one test file of the host. @returns what it printed */
function jest(node: string, code: string): string {
  writeFileSync(join(host.folder, "hotel.test.js"), code);
  const cache = mkdtempSync(join(tmpdir(), "belldesk-jest-"));
  try {
    // Jest keeps what it has read in the system's temp folder, and the options of the Node that runs this are not the host's.
    const env = { ...process.env, TMPDIR: cache, TEMP: cache, NODE_OPTIONS: "", FORCE_COLOR: "0" };
    return spawnSync(node, ["node_modules/jest/bin/jest.js"], {
      cwd: host.folder,
      encoding: "utf8",
      env,
      timeout: NEVER_ENDS,
    }).stderr;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** What the compiler complains about in files of the host, at its strictest and in the library's own types too. */
function compile(args: string[]): string {
  const strict = "--noEmit --strict --skipLibCheck false --target es2022 --types node".split(" ");
  const compiler = join(repository, "node_modules/typescript/bin/tsc");
  return spawnSync(process.execPath, [compiler, ...strict, ...args], { cwd: host.folder, encoding: "utf8" }).stdout;
}
