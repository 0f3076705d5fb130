// The built core as a bundler sees it: how large it is without its dependencies, and which of them it imports at once.
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

export interface Core {
  /** Names of modules that are imported before anything runs, in alphabetical order; none of Node's own. */
  readonly imports: readonly string[];
  /** Of the whole, minified. */
  readonly bytes: number;
  readonly gzipped: number;
}

/** @param entry a file of dist/ */
export async function coreOf(entry = "index.js"): Promise<Core> {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL(`../dist/${entry}`, import.meta.url))],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    packages: "external",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const { contents } = outputFiles[0]!;
  const { inputs } = metafile;
  const names = new Set<string>();
  const seen = new Set<string>();
  // What a file imports when it is needed is not imported at once, nor is what that imports.
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind, external } of inputs[file]?.imports ?? [])
      if (kind === "import-statement") {
        if (external !== true) visit(path);
        else if (!path.startsWith("node:") && !builtinModules.includes(path)) names.add(path);
      }
  };
  visit(Object.keys(inputs).find((file) => file.endsWith(`dist/${entry}`)) ?? "");
  return {
    imports: [...names].sort(),
    bytes: contents.length,
    gzipped: gzipSync(contents, { level: 9 }).length,
  };
}
