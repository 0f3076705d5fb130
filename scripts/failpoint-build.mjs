// Builds the library with its failpoints, and the host that the harness breaks, into a folder in which that host finds
// this build as `belldesk`. For whoever breaks things, and never published.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { repository, run } from "./services/process.mjs";

/** What a build is made of: its content names the build. */
const SOURCES = [
  "src",
  "adapters",
  "test",
  "scripts",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsup.config.ts",
];
/** Builds that nobody has asked for since then are of other sources; a program that takes hours still starts hosts from its own. */
const KEPT_MS = 86_400_000;

/**
 * The build of the sources as they are: made once, and found by whoever asks next, in whatever process.
 * @returns {{ program: string }} the file to run
 */
export function buildBreakableHost() {
  const cache = path.join(repository, ".cache/failpoints");
  const folder = path.join(cache, contentOf(SOURCES));
  fs.mkdirSync(cache, { recursive: true });
  if (!fs.existsSync(folder)) {
    const making = fs.mkdtempSync(path.join(cache, "making-"));
    build(making);
    try {
      fs.renameSync(making, folder);
    } catch (error) {
      // Somebody else has made the same meanwhile.
      fs.rmSync(making, { recursive: true, force: true });
      if (!fs.existsSync(folder)) throw error;
    }
  }
  const now = new Date();
  fs.utimesSync(folder, now, now);
  for (const name of fs.readdirSync(cache)) {
    const other = path.join(cache, name);
    const asked = fs.statSync(other, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (now.getTime() - asked > KEPT_MS) fs.rmSync(other, { recursive: true, force: true });
  }
  return { program: path.join(folder, "host.js") };
}

/** @param {string} folder */
function build(folder) {
  const library = path.join(folder, "node_modules/belldesk");
  fs.mkdirSync(library, { recursive: true });
  fs.copyFileSync(path.join(repository, "package.json"), path.join(library, "package.json"));
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  /** @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
  const tsup = (args, env = {}) =>
    run(process.execPath, [path.join(repository, "node_modules/tsup/dist/cli-default.js"), "--silent", ...args], {
      cwd: repository,
      env: { ...process.env, ...env },
    });
  tsup([], { BELLDESK_FAILPOINTS_BUILD: path.join(library, "dist") });
  const host = [
    "--entry.host",
    "test/harness/host.ts",
    "--out-dir",
    folder,
    "--format",
    "esm",
    "--external",
    "belldesk",
  ];
  tsup(["--no-config", ...host]);
}

/** @param {readonly string[]} places files, and folders of them */
function contentOf(places) {
  const hash = createHash("sha256");
  /** @param {string} place */
  const add = (place) => {
    const file = path.join(repository, place);
    if (fs.statSync(file).isDirectory()) {
      for (const name of fs.readdirSync(file).sort()) if (name !== "node_modules") add(path.join(place, name));
    } else if (/\.(m?ts|m?js|json)$/.test(place)) hash.update(`${place}\0`).update(fs.readFileSync(file)).update("\0");
  };
  for (const place of places) add(place);
  return hash.digest("hex").slice(0, 16);
}
