import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRedis, type OwnRedis } from "../../scripts/services/redis.mjs";
import { emptyDatabase, type Database } from "../support/databases.js";
import { byTheDay } from "../support/by-the-day.js";
import { hostNodes } from "../support/nodes.js";
import { packedHost, repository, type PackedHost } from "./packed-host.js";

/** Hosts of their own: folders of examples/ that somebody may copy as they are. */
const EXAMPLES = readdirSync(join(repository, "examples")).filter((name) =>
  existsSync(join(repository, "examples", name, "package.json")),
);

/** Those that are compiled and run, a third of them by the day; EXAMPLES=all takes all. */
const RUN = byTheDay(EXAMPLES, 3, process.env["EXAMPLES"] === "all");

interface ExamplePackage {
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}
const packageOf = (name: string) =>
  JSON.parse(readFileSync(join(repository, "examples", name, "package.json"), "utf8")) as ExamplePackage;

/** What an example installs beside the library, with the version that it names. */
const wanted = (name: string): readonly (readonly [name: string, version: string])[] => {
  const { dependencies, devDependencies = {} } = packageOf(name);
  return Object.entries({ ...dependencies, ...devDependencies }).filter(([dependency]) => dependency !== "belldesk");
};

/** Where this repository has a package: what the examples alone need is installed for all of them together. */
const placeOf = (name: string) =>
  ["test/support/hosts/node_modules", "node_modules"]
    .map((folder) => join(repository, folder, name))
    .find((folder) => existsSync(folder));

/** Node 24 runs TypeScript as it is; on a machine for which the tests bring none, the one that runs them has to be as new. */
const node = hostNodes().find(({ major }) => major === 24) ?? hostNodes()[0]!;

/** Milliseconds after which a script that does not end by itself is ended, so that what it printed is seen. */
const NEVER_ENDS = 240_000;

let host: PackedHost;
let databases: Database[] = [];
let redis: OwnRedis;
beforeAll(async () => {
  host = packedHost();
  redis = await startRedis();
});
beforeEach(async () => {
  databases = await Promise.all([emptyDatabase(), emptyDatabase()]);
});
afterEach(() => Promise.all(databases.map((database) => database.drop())));
afterAll(async () => {
  host.remove();
  await redis.stop();
});

/** The example, copied into a folder with the packed library and what it installs. */
function installed(name: string): string {
  const folder = join(host.folder, name);
  cpSync(join(repository, "examples", name), folder, { recursive: true });
  for (const [dependency] of wanted(name)) {
    const link = join(folder, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(placeOf(dependency)!, link, "junction");
  }
  return folder;
}

/** Runs one of the example's scripts as its reader does. @returns how it ended, and what it printed */
function run(folder: string, script: string): Promise<{ readonly status: number | null; readonly printed: string }> {
  const path = [dirname(node.path), join(repository, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter);
  const [DATABASE_URL, SECOND_DATABASE_URL] = databases.map(({ url }) => url);
  const env = { PATH: path, HOME: process.env["HOME"], DATABASE_URL, SECOND_DATABASE_URL };
  const child = spawn("npm", ["run", "--silent", script], {
    cwd: folder,
    env: { ...env, REDIS_URL: redis.url, FORCE_COLOR: "0", NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a group of its own, so that what it started ends with it
  });
  const late = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), NEVER_ENDS);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (printed += text.toString()));
  return new Promise((resolve) => {
    child.once("close", (status) => {
      clearTimeout(late);
      resolve({ status, printed });
    });
  });
}

describe.each(EXAMPLES)("the example %s", (name) => {
  test("names exact versions, those that it is tested with", () => {
    for (const [dependency, version] of wanted(name)) {
      const place = placeOf(dependency);
      expect(place, `${dependency} is nowhere installed`).toBeDefined();
      const { version: has } = JSON.parse(readFileSync(join(place!, "package.json"), "utf8")) as { version: string };
      expect(`${dependency} ${version}`).toBe(`${dependency} ${has}`);
    }
    const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
    expect(packageOf(name).dependencies["belldesk"]).toBe(version);
  });
});

describe.each(RUN)("the example %s", (name) => {
  test(
    "is compiled, and its tests pass, on the packed library",
    async () => {
      const folder = installed(name);
      const scripts = ["typecheck", "test"];
      const ended = await Promise.all(scripts.map((script) => run(folder, script)));
      for (const [index, { status, printed }] of ended.entries())
        expect(status, `${scripts[index]!}:\n${printed}`).toBe(0);
    },
    NEVER_ENDS + 10_000,
  );
});
