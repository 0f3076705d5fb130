import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sign } from "../../src/index.js";
import { delivery, eventually } from "../harness/hotel.js";
import { emptyDatabase } from "../support/databases.js";

const run = promisify(execFile);

interface Shown {
  readonly lastMessagePreview: string;
  readonly departmentId: string | null;
}

test("the code that the README shows is a hotel that works", async () => {
  const database = await emptyDatabase();
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(free);
      });
    });
  });
  const cwd = path.resolve(import.meta.dirname, "../..");
  const env = {
    PATH: process.env["PATH"],
    PORT: String(port),
    DATABASE_URL: database.url,
    APP_SECRET: "minimal-secret",
    VERIFY_TOKEN: "minimal-token",
    WHATSAPP_TOKEN: "none",
    STAFF_TOKEN: "front",
  };
  const child = spawn(process.execPath, ["--import", "./scripts/typescript.mjs", "examples/minimal/server.ts"], {
    cwd,
    env,
    stdio: "ignore",
  });
  try {
    const base = `http://127.0.0.1:${String(port)}`;
    await eventually(
      "it listens",
      async () => (await fetch(`${base}/api/conversations`).catch(() => null))?.status === 401,
    );
    // As the README says: written by hand.
    const say = ["--import", "./scripts/typescript.mjs", "examples/minimal/say.ts", "hello"];
    const { stdout } = await run(process.execPath, say, { cwd, env });
    expect(stdout).toBe("200 \n");
    const inbox = async () => {
      const answer = await fetch(`${base}/api/conversations`, { headers: { authorization: "Bearer front" } });
      const { items = [] } = (await answer.json()) as { items?: Shown[] };
      return items;
    };
    const asked = await eventually("the front desk sees whoever has not chosen yet", async () => (await inbox())[0]);
    expect(asked).toMatchObject({ lastMessagePreview: "hello", departmentId: null });
    await eventually(
      "the guest was asked",
      async () => (await database.pool.query("select 1 from belldesk.prompts")).rows[0],
    );
    const choice = delivery([{ from: "12025550101", wamid: "wamid.2", text: "1" }]).body;
    await fetch(`${base}/webhooks/whatsapp`, {
      method: "POST",
      body: new Uint8Array(choice),
      headers: { "x-hub-signature-256": sign(choice, "minimal-secret") },
    });
    await eventually("it is reception's", async () => (await inbox())[0]?.departmentId === "reception");

    // A database that restarts cuts every connection; one that lies idle tells nobody but the pool.
    await database.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await eventually("the desk is back", async () => (await inbox().catch(() => [])).length === 1);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  } finally {
    if (child.exitCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    await database.drop();
  }
}, 120_000);
