// How large it is: on the disk with all that npm brings along, and bundled for a server without its dependencies.
//   npm run bench -- --only size
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { parseArgs } from "node:util";
import { coreOf } from "./core.js";
import { hasPeers, PEER_PACKAGES } from "./door.js";
import { atMost, figure, publish } from "./report.js";

const { values: options } = parseArgs({ options: { peers: { type: "boolean", default: false } } });
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PEERS = fileURLToPath(new URL("peers/", import.meta.url));

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
const manifestIn = (folder: string): Manifest =>
  JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;

/** Where Node would find a package, seen from a folder; null where an optional one is not installed. */
function found(name: string, from: string): string | null {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const here = path.join(folder, "node_modules", name);
    if (fs.existsSync(path.join(here, "package.json"))) return fs.realpathSync(here);
    if (path.dirname(folder) === folder) return null;
  }
}

/** The folders of packages, and of all that they depend on. */
function withDependencies(names: readonly string[], from: string, into = new Set<string>()): Set<string> {
  for (const name of names) {
    const folder = found(name, from);
    if (folder === null || into.has(folder)) continue;
    into.add(folder);
    const { dependencies, optionalDependencies } = manifestIn(folder);
    withDependencies(Object.keys({ ...dependencies, ...optionalDependencies }), folder, into);
  }
  return into;
}

/** Bytes of a package's own files: what is installed below it is a package of its own. */
function bytesIn(folder: string): number {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .reduce((sum, entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return sum + bytesIn(file);
      return sum + (entry.isFile() ? fs.statSync(file).size : 0);
    }, 0);
}

function packed(): number {
  const { stdout, stderr, status } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: ROOT,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(stderr);
  return (JSON.parse(stdout) as [{ unpackedSize: number }])[0].unpackedSize;
}

const megabytes = (bytes: number): string => figure(bytes / 1e6, 1);
interface Installed {
  readonly name: string;
  readonly own: number;
  readonly folders: ReadonlySet<string>;
}
const rowOf = ({ name, own, folders }: Installed): readonly string[] => {
  const rest = [...folders].reduce((sum, folder) => sum + bytesIn(folder), 0);
  return [name, megabytes(own), String(folders.size), megabytes(own + rest)];
};
const theirs = (name: string, ...packages: readonly string[]): Installed => {
  const [first, ...rest] = packages.map((one) => found(one, PEERS)!);
  const own = [first!, ...rest];
  const folders = withDependencies(packages, PEERS);
  for (const folder of own) folders.delete(folder);
  return { name, own: own.reduce((sum, folder) => sum + bytesIn(folder), 0), folders };
};

const dependencies = Object.keys(manifestIn(ROOT).dependencies ?? {});
const installed: readonly Installed[] = [
  { name: "belldesk", own: packed(), folders: withDependencies(dependencies, ROOT) },
  {
    name: "belldesk, with express, pg and ws",
    own: packed(),
    folders: withDependencies([...dependencies, "express", "pg", "ws"], ROOT),
  },
  ...(hasPeers(options.peers) ? PEER_PACKAGES.map(([name, ...packages]) => theirs(name, ...packages)) : []),
];
const entries = ["index.js", "postgres.js", "express.js", "websocket.js", "client.js", "testing.js"];
const cores = await Promise.all(entries.map((entry) => coreOf(entry)));
const kilobytes = (bytes: number): string => figure(bytes / 1024, 1);
publish({
  title: "Size",
  about:
    "Installed: a package's own files, with source maps, types and manual where it brings them, and those of all packages that npm puts beside it. Bundled: what esbuild makes of one entry, minified, dependencies left out.",
  tables: [
    { columns: ["installed", "its own, MB", "other packages", "all, MB"], rows: installed.map(rowOf) },
    {
      columns: ["bundled", "minified, kB", "gzipped, kB"],
      rows: entries.map((entry, n) => [`dist/${entry}`, kilobytes(cores[n]!.bytes), kilobytes(cores[n]!.gzipped)]),
    },
  ],
  goals: [atMost("the core without its dependencies, kB gzipped", cores[0]!.gzipped / 1024, 60, 1)],
  notes: [],
});
