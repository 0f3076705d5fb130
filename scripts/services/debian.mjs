// Programs of Debian's, unpacked under .cache/ by any user: nothing is installed on the machine.
import fs from "node:fs";
import path from "node:path";
import { MissingService, isRoot, repository, run, which } from "./process.mjs";

const CACHE = path.join(repository, ".cache");

/**
 * A program of a package of Debian's, unpacked on the first call.
 * @param {{ name: string, package: string, program: string, help: string }} wanted `name`: its folder under .cache/; `program`: where it stands in the
 *   package; `help`: how else to get it
 * @returns {{ command: string, env: NodeJS.ProcessEnv, home: string }}
 * @throws {MissingService}
 */
export function debianProgram({ name, package: packageName, program, help }) {
  const home = path.join(CACHE, name);
  const command = path.join(home, program);
  if (!fs.existsSync(command)) unpack(packageName, home, help);
  // What the machine has already was not unpacked, so these may be none.
  const libraries = ["lib", "usr/lib"]
    .map((dir) => path.join(home, dir))
    .filter((dir) => fs.existsSync(dir))
    .flatMap((dir) => fs.readdirSync(dir, { withFileTypes: true }).map((entry) => path.join(dir, entry.name)));
  return { command, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(":") }, home };
}

/** Debian's package and the libraries that the machine lacks, by any user. They appear whole or not at all. @param {string} packageName @param {string} home @param {string} help */
function unpack(packageName, home, help) {
  if (which(["apt-get"]) === undefined || which(["dpkg-deb"]) === undefined) throw new MissingService(help);
  console.error(`Unpacking Debian's ${packageName} into ${path.relative(repository, home)} ...`);
  fs.mkdirSync(CACHE, { recursive: true });
  const apt = fs.mkdtempSync(path.join(CACHE, "apt-"));
  const [packages, root] = [path.join(apt, "packages"), path.join(apt, "root")];
  for (const dir of ["lists/partial", "cache/archives/partial"]) fs.mkdirSync(path.join(apt, dir), { recursive: true });
  for (const dir of [packages, root]) fs.mkdirSync(dir);
  const options = {
    "Dir::State::lists": path.join(apt, "lists"),
    "Dir::Cache": path.join(apt, "cache"),
    "Debug::NoLocking": "1",
    "Acquire::Languages": "none",
    "APT::Sandbox::User": isRoot ? "root" : "",
  };
  /** @param {string[]} args */
  const get = (...args) =>
    run("apt-get", [...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]), ...args], {
      cwd: packages,
    });
  try {
    get("update");
    const needed = [...get("install", "-s", "--no-install-recommends", packageName).matchAll(/^Inst (\S+)/gm)];
    get("download", ...needed.map(([, name = ""]) => name));
    for (const file of fs.readdirSync(packages)) run("dpkg-deb", ["-x", path.join(packages, file), root]);
    if (!fs.existsSync(home)) fs.renameSync(root, home); // else another process was quicker
  } catch (error) {
    throw new MissingService(`${help}\n\nUnpacking Debian's package failed: ${String(error)}`);
  } finally {
    fs.rmSync(apt, { recursive: true, force: true });
  }
}
