import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";

export const repository = resolve(import.meta.dirname, "../..");
export const SUBPATHS = [
  "belldesk",
  "belldesk/client",
  "belldesk/markup",
  "belldesk/flows",
  "belldesk/express",
  "belldesk/postgres",
  "belldesk/memory",
  "belldesk/redis",
  "belldesk/testing",
  "belldesk/websocket",
  "belldesk/local-files",
  "belldesk/s3",
  "belldesk/clamd",
  "belldesk/sharp",
  "belldesk/opentelemetry",
];

interface Manifest {
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
}

export const readJson = (file: string): unknown => JSON.parse(readFileSync(join(repository, file), "utf8"));
export const manifest = readJson("package.json") as Manifest;

/** What a host installs beside the library and its dependencies. */
const HOST_PACKAGES = ["@types/node", "@types/express", "@types/pg", "jest"];

/** A host's folder in which the packed library is installed, beside the packages that it and the host need. */
export interface PackedHost {
  readonly folder: string;
  /** Where the library stands in it. */
  readonly installed: string;
  /** What has been installed of it, as paths in its folder. */
  readonly files: readonly string[];
  matching(ending: RegExp): string[];
  text(file: string): string;
  remove(): void;
}

/** Packs the library as it is built, because other tests run on this dist meanwhile, and makes a host of it. */
export function packedHost(): PackedHost {
  const folder = mkdtempSync(join(tmpdir(), "belldesk-host-"));
  const installed = join(folder, "node_modules/belldesk");
  // What `npm init` makes: a host in CommonJS.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "grand-hotel", version: "1.0.0" }));
  pack(repository, installed, "--ignore-scripts");
  link(folder, [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies), ...HOST_PACKAGES]);
  const files = filesIn(installed);
  return {
    folder,
    installed,
    files,
    matching: (ending) => files.filter((file) => ending.test(file)),
    text: (file) => readFileSync(join(installed, file), "utf8"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Packs `from` and unpacks it into `to`. */
export function pack(from: string, to: string, ...options: string[]): void {
  const into = mkdtempSync(join(tmpdir(), "belldesk-pack-"));
  const args = ["pack", ...options, "--pack-destination", into];
  execFileSync("npm", args, { cwd: from, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  mkdirSync(to, { recursive: true });
  execFileSync("tar", ["-xzf", join(into, readdirSync(into)[0] ?? ""), "-C", to, "--strip-components", "1"]);
  rmSync(into, { recursive: true });
}

/** Installs packages that this repository has into a host. */
export function link(host: string, names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(host, "node_modules", name)), { recursive: true });
    symlinkSync(join(repository, "node_modules", name), join(host, "node_modules", name), "junction");
  }
}

export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
