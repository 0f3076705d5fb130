// One contender at the door, as a process of its own: `server.ts <json>`. Those of bench/peers have a server of their own.
// All of them read the request's stream themselves and check the signature the same way; they differ in what they store.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { ConversationManager, type Transport } from "belldesk";
import { webhookRouter } from "belldesk/express";
import { postgresStorage } from "belldesk/postgres";
import express, { type Request, type RequestHandler } from "express";
import pg from "pg";
import { APP_SECRET, DEPARTMENT, HOTEL, NUMBER } from "./webhooks.js";

interface Guest {
  readonly wamid: string;
  readonly from: string;
  readonly text: string;
}

const { contender, postgresUrl } = JSON.parse(process.argv[2] ?? "{}") as { contender: string; postgresUrl: string };
let statements = 0;
class Counted extends pg.Client {
  override query = ((...args: [any]): unknown => {
    statements += 1;
    return super.query(...args);
  }) as pg.Client["query"];
}
const pool = new pg.Pool({ connectionString: postgresUrl, max: 10, Client: Counted });
pool.on("error", () => undefined);
const app = express();

/** The bytes of a request whose signature is right; null otherwise. */
const signedBody = (request: Request): Promise<Buffer | null> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", reject);
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const given = Buffer.from(request.header("x-hub-signature-256")?.slice("sha256=".length) ?? "", "hex");
      const right = createHmac("sha256", APP_SECRET).update(body).digest();
      resolve(given.length === right.length && timingSafeEqual(given, right) ? body : null);
    });
  });

function guestOf(body: Buffer): Guest {
  const parsed = JSON.parse(body.toString()) as {
    entry: [{ changes: [{ value: { messages: [{ id: string; from: string; text: { body: string } }] } }] }];
  };
  const [message] = parsed.entry[0].changes[0].value.messages;
  return { wamid: message.id, from: message.from, text: message.text.body };
}

const handler =
  (store: (guest: Guest, body: Buffer) => Promise<void>): RequestHandler =>
  async (request, response) => {
    const body = await signedBody(request);
    if (body !== null) await store(guestOf(body), body);
    response.writeHead(body === null ? 401 : 200).end();
  };

const insert = (text: string, values: unknown[], name: string) => pool.query({ name, text, values });

/** One row, and the guest is told "got it". */
async function oneInsert({ wamid }: Guest, body: Buffer): Promise<void> {
  await insert(
    "insert into one_insert (wamid, body) values ($1, $2) on conflict do nothing",
    [wamid, body.toString()],
    "one",
  );
}

/** What a hand-made webhook does in the request: look, then write, each statement its own commit. */
async function nineStatements({ wamid, from, text }: Guest, body: Buffer): Promise<void> {
  const seen = await insert("select 1 from attempts where wamid = $1", [wamid], "n1");
  if (seen.rows.length > 0) return;
  await insert(
    "insert into attempts (wamid, body, status) values ($1, $2, 'received')",
    [wamid, body.toString()],
    "n2",
  );
  await insert("insert into guests (phone) values ($1) on conflict (phone) do nothing", [from], "n3");
  const guest = await insert("select id from guests where phone = $1", [from], "n4");
  const { id } = guest.rows[0] as { id: string };
  await insert("insert into conversations (guest_id) values ($1) on conflict (guest_id) do nothing", [id], "n5");
  const conversation = await insert("select id from conversations where guest_id = $1", [id], "n6");
  const { id: conversationId } = conversation.rows[0] as { id: string };
  await insert(
    "insert into messages (conversation_id, wamid, text) values ($1, $2, $3)",
    [conversationId, wamid, text],
    "n7",
  );
  await insert(
    "update conversations set last_message_at = now(), last_text = $2 where id = $1",
    [conversationId, text],
    "n8",
  );
  await insert("update attempts set status = 'processed' where wamid = $1", [wamid], "n9");
}

/** Everything about a message in one transaction, and each statement does as much as it can. */
async function fourStatements({ wamid, from, text }: Guest, body: Buffer): Promise<void> {
  const client = await pool.connect();
  const run = (name: string, sql: string, values: unknown[]) => client.query({ name, text: sql, values });
  try {
    await client.query("begin");
    const first = await run(
      "f1",
      "insert into attempts (wamid, body, status) values ($1, $2, 'processed') on conflict do nothing",
      [wamid, body.toString()],
    );
    if (first.rowCount === 1) {
      const guest = await run(
        "f2",
        "insert into guests (phone) values ($1) on conflict (phone) do update set phone = excluded.phone returning id",
        [from],
      );
      const conversation = await run(
        "f3",
        `insert into conversations (guest_id, last_message_at, last_text) values ($1, now(), $2)
           on conflict (guest_id) do update set last_message_at = now(), last_text = excluded.last_text returning id`,
        [(guest.rows[0] as { id: string }).id, text],
      );
      await run("f4", "insert into messages (conversation_id, wamid, text) values ($1, $2, $3)", [
        (conversation.rows[0] as { id: string }).id,
        wamid,
        text,
      ]);
    }
    await client.query("commit");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

const nowhere: Transport = { send: () => Promise.resolve({ outcome: "accepted", wamid: "wamid.none" }) };

async function belldesk(): Promise<void> {
  const desk = new ConversationManager({
    hotels: [
      {
        id: HOTEL,
        timeZone: "Europe/Rome",
        numbers: [{ phoneNumberId: NUMBER, accessToken: "bench" }],
        departments: [DEPARTMENT],
      },
    ],
    storage: postgresStorage(pool),
    transport: nowhere,
    webhook: { appSecrets: [APP_SECRET], verifyToken: "bench-verify-token", deadlineMs: 30_000 },
  });
  await desk.start({ migrate: true });
  app.use("/webhook", webhookRouter(desk));
}

switch (contender) {
  case "bare":
    app.post(
      "/webhook",
      handler(() => Promise.resolve()),
    );
    break;
  case "one-insert":
    app.post("/webhook", handler(oneInsert));
    break;
  case "four-statements":
    app.post("/webhook", handler(fourStatements));
    break;
  case "nine-statements":
    app.post("/webhook", handler(nineStatements));
    break;
  case "belldesk":
    await belldesk();
    break;
  default:
    throw new Error(`No such contender: ${contender}`);
}

const server = app.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on("message", () => process.send?.({ statements }));
process.on("disconnect", () => process.exit());
