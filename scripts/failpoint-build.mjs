// Builds the library with its failpoints, and the host that the harness breaks, into a folder in which that host finds
// this build as `belldesk`. Made anew by whoever breaks things, and never published.
import fs from "node:fs";
import path from "node:path";
import { repository, run } from "./services/process.mjs";

/** @returns {{ program: string, remove: () => void }} the file to run, and how to be rid of it */
export function buildBreakableHost() {
  const cache = path.join(repository, ".cache");
  fs.mkdirSync(cache, { recursive: true });
  const folder = fs.mkdtempSync(path.join(cache, "failpoints-"));
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
  return {
    program: path.join(folder, "host.js"),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}
