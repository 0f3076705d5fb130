import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { sign } from "../../src/index.js";
import { delivery, eventually } from "../harness/hotel.js";
import { freshDatabase } from "../support/databases.js";

test("the code that the README shows is a hotel that works", async () => {
  const database = await freshDatabase();
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(free);
      });
    });
  });
  const child = spawn(process.execPath, ["--import", "./scripts/typescript.mjs", "examples/minimal/server.ts"], {
    cwd: path.resolve(import.meta.dirname, "../.."),
    env: {
      PATH: process.env["PATH"],
      PORT: String(port),
      DATABASE_URL: database.url,
      APP_SECRET: "minimal-secret",
      VERIFY_TOKEN: "minimal-token",
      WHATSAPP_TOKEN: "none",
      STAFF_TOKEN: "front",
    },
    stdio: "inherit",
  });
  try {
    const base = `http://127.0.0.1:${String(port)}`;
    await eventually(
      "it listens",
      async () => (await fetch(`${base}/api/conversations`).catch(() => null))?.status === 401,
    );
    const { body } = delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]);
    const hook = await fetch(`${base}/webhooks/whatsapp`, {
      method: "POST",
      body: new Uint8Array(body),
      headers: { "x-hub-signature-256": sign(body, "minimal-secret") },
    });
    expect(hook.status).toBe(200);
    const choice = delivery([{ from: "12025550101", wamid: "wamid.2", text: "1" }]).body;
    await eventually(
      "the guest was asked",
      async () => (await database.pool.query("select 1 from belldesk.prompts")).rows[0],
    );
    await fetch(`${base}/webhooks/whatsapp`, {
      method: "POST",
      body: new Uint8Array(choice),
      headers: { "x-hub-signature-256": sign(choice, "minimal-secret") },
    });
    const seen = await eventually("reception sees it", async () => {
      const answer = await fetch(`${base}/api/conversations`, { headers: { authorization: "Bearer front" } });
      return ((await answer.json()) as { items: { lastMessagePreview: string }[] }).items[0];
    });
    expect(seen.lastMessagePreview).toBe("hello");
  } finally {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    await database.drop();
  }
}, 60_000);
