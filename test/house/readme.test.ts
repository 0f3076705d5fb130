import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../harness/hotel.js";
import { emptyDatabase } from "../support/databases.js";
import { repository } from "./packed-host.js";

/** `README=whole`: packages are installed anew for the whole hotel too, as whoever clones this does; some minutes. */
const IS_WHOLE = process.env["README"] === "whole";

const readme = readFileSync(join(repository, "README.md"), "utf8");
/** The lines of a shell that stand below a heading, as they are printed. */
const commandsBelow = (heading: string): readonly (readonly string[])[] => {
  const [, below = ""] = readme.split(`\n## ${heading}\n`);
  const [section = ""] = below.split("\n## ");
  return [...section.matchAll(/^```sh\n(?<lines>[\s\S]*?)^```$/gm)].map(({ groups }) =>
    groups!["lines"]!.trim().split("\n"),
  );
};
const codeNamed = (file: string): string =>
  new RegExp(`<!-- snippet: ${file} -->\\s*\`\`\`ts\\n(?<code>[\\s\\S]*?)\`\`\``).exec(readme)!.groups!["code"]!;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "belldesk-readme-"));
  ends.push(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}
async function freePort(): Promise<string> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return String(port);
}
/** Types one line into a shell, as whoever reads the README does. What was fetched before is taken from npm's own cache. */
const typed = (line: string, cwd: string, env: NodeJS.ProcessEnv = {}): string =>
  execFileSync("bash", ["-ec", line], { cwd, env: environment(env), encoding: "utf8", stdio: "pipe" });
const environment = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  npm_config_prefer_offline: "true",
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_update_notifier: "false",
  ...more,
});
/** Leaves a line running; it ends with the test, and all that it started. */
function running(line: string, cwd: string, env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn("bash", ["-ec", line], { cwd, env: environment(env), stdio: "pipe", detached: true });
  ends.push(async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, "exit");
    process.kill(-child.pid!, "SIGKILL");
    await ended;
  });
  return child;
}
const json = async <T>(url: string, init?: RequestInit): Promise<T> => (await (await fetch(url, init)).json()) as T;

test("in an empty folder, two commands are a whole hotel, in which a guest is answered", async () => {
  const [[start = ""] = []] = commandsBelow("Try a whole hotel");
  const began = Date.now();
  const folder = emptyFolder();
  // A fresh copy of what is here, as a clone is: without what anybody has built or installed.
  execFileSync(
    "bash",
    ["-c", `git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C ${folder}`],
    {
      cwd: repository,
    },
  );
  expect(readdirSync(folder)).not.toContain("node_modules");
  expect(start).toMatch(/^npm ci && npm start\b/);
  if (!IS_WHOLE) symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  const port = await freePort();
  running(IS_WHOLE ? start : start.replace(/^npm ci && /, ""), folder, { PORT: port });
  const base = `http://127.0.0.1:${port}`;
  await eventually("the hotel is open", async () => (await fetch(`${base}/healthz`).catch(() => null))?.ok, 300_000);

  const guest = `${base}/simulator/guests/12025550101/messages`;
  const acts = (act: object) =>
    fetch(guest, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ hotel: "grand", ...act }),
    });
  const phone = async () =>
    (await json<{ items: readonly { text?: string; type: string }[] }>(`${guest}?hotel=grand`)).items;
  await acts({ type: "text", text: "Is my room ready?" });
  await eventually("the menu is on the phone", async () => (await phone()).some(({ type }) => type === "list"));
  await acts({ type: "list", title: "Reception" });
  const staff = { authorization: "Bearer demo-grand-reception", "content-type": "application/json" };
  const { id } = await eventually(
    "reception sees the guest",
    async () =>
      (await json<{ items: { id: string }[] }>(`${base}/api/conversations?status=open`, { headers: staff })).items[0],
  );
  const answer = { clientMessageId: "1", content: { type: "text", text: "It is: 204." } };
  await fetch(`${base}/api/conversations/${id}/messages`, {
    method: "POST",
    headers: staff,
    body: JSON.stringify(answer),
  });
  await eventually("the answer is on the phone", async () =>
    (await phone()).some(({ text }) => text === "It is: 204."),
  );
  tell("to the first answered message", began);
}, 400_000);

test("in an empty folder, the fifteen lines are a host of one's own", async () => {
  const [install = [], use = []] = commandsBelow("Put it into your backend");
  const began = Date.now();
  const folder = emptyFolder();
  const database = await emptyDatabase();
  ends.push(() => database.drop());
  const packed = join(folder, "..", `${folder.split("/").at(-1)!}-packed`);
  execFileSync("mkdir", [packed]);
  ends.push(() => {
    rmSync(packed, { recursive: true, force: true });
  });
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", packed], {
      cwd: repository,
      encoding: "utf8",
    }),
  ) as [{ filename: string }];
  const tarball = join(packed, filename);
  // What stands in the registry is the release before this one: the packed one takes its name's place.
  for (const line of install) typed(line.replace(/(?<=npm install )belldesk(?= )/, tarball), folder);
  for (const [file, code] of [
    ["server.ts", codeNamed("examples/minimal/server.ts")],
    ["hotel.ts", codeNamed("examples/minimal/hotel.ts")],
  ] as const)
    writeFileSync(join(folder, file), code);

  const port = await freePort();
  const [exported = "", start = "", say = "", look = ""] = use;
  const here = (line: string) => line.replace("postgres://localhost/hotel", database.url).replace("3000", port);
  const set = `${here(exported)} PORT=${port}; `;
  running(set + start.replace(/ &$/, ""), folder, {});
  const looked = here(look);
  await eventually("it listens", () => Promise.resolve(answersOf(looked, folder)?.includes("items")), 60_000);
  expect(typed(set + say, folder)).toMatch(/^200/);
  await eventually("the guest is in the inbox", () =>
    Promise.resolve(answersOf(looked, folder)?.includes("Is my room ready?")),
  );
  const [{ id }] = (JSON.parse(typed(looked, folder)) as { items: [{ id: string }] }).items;
  const answered = await fetch(`http://127.0.0.1:${port}/api/conversations/${id}/messages`, {
    method: "POST",
    headers: { authorization: "Bearer front-desk", "content-type": "application/json" },
    body: JSON.stringify({ clientMessageId: "1", content: { type: "text", text: "It is: 204." } }),
  });
  expect(answered.status).toBe(202);
  tell("to an answer in a host of one's own", began);
}, 600_000);

/** How long it took is told, not asserted: whose machine this is, nobody knows. */
function tell(what: string, began: number): void {
  console.log(`From an empty folder ${what}: ${String(Math.round((Date.now() - began) / 1_000))} s.`);
}

/** What a line prints; null where it fails, as curl does while nobody listens. */
function answersOf(line: string, cwd: string): string | null {
  try {
    return typed(line, cwd);
  } catch {
    return null;
  }
}
