// A step of the bench of sends as a process of its own, with what it needs in its first argument, as JSON. It says `ready`,
// waits for `go`, and says what it took.
import { ConversationManager, type StaffPrincipal, cloudApi } from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import { Queue, Worker } from "bullmq";
import pg from "pg";
import { Pool } from "undici";
import { APP_OPTIONS, guestsOf, hotelsOf, messagesOf, pathOf, TOKEN, type Outgoing, type Size } from "./stay.js";
import { delivery } from "./webhooks.js";

export type Task = "prepare" | "undici" | "belldesk" | "bullmq" | "bullmq-bare" | "paced";

export interface Work {
  readonly task: Task;
  readonly size: Size;
  readonly graphUrl: string;
  readonly postgresUrl: string;
  readonly redisUrl: string;
  /** Sockets to WhatsApp at once. */
  readonly connections: number;
  /** Messages that the desk has in hand at once. */
  readonly lanes: number;
  /** Connections to PostgreSQL. */
  readonly poolSize: number;
  /** Jobs that the BullMQ worker has in hand at once. */
  readonly jobs: number;
  /** Of `paced`: how long it sends, and how fast each number. */
  readonly seconds: number;
  readonly perSecond: number;
}

export interface Took {
  readonly seconds: number;
  /** Of this process, user and system. */
  readonly cpuSeconds: number;
}

const work = JSON.parse(process.argv[2] ?? "{}") as Work;
const { size, graphUrl, connections } = work;
const everything = messagesOf(size);

const pool = new pg.Pool({ connectionString: work.postgresUrl, max: work.poolSize });
pool.on("error", () => undefined);

const tell = (message: object | string): Promise<void> =>
  new Promise((resolve, reject) =>
    process.send?.(message, undefined, {}, (error) => (error === null ? resolve() : reject(error))),
  );

/** Says that everything stands ready, and measures what is done from the word on. */
async function measured(act: () => Promise<void>): Promise<void> {
  const go = new Promise((resolve) => process.once("message", resolve));
  await tell("ready");
  await go;
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  await act();
  const { user, system } = process.cpuUsage(cpu);
  await tell({ seconds: (performance.now() - from) / 1000, cpuSeconds: (user + system) / 1e6 } satisfies Took);
}

/** Does something with each, so many at once. */
async function each<T>(items: Iterable<T>, atOnce: number, act: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const one = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await act(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const own = groups.get(keyOf(item));
    if (own === undefined) groups.set(keyOf(item), [item]);
    else own.push(item);
  }
  return groups;
}

const headers = { "content-type": "application/json", authorization: `Bearer ${TOKEN}` };

/** One message by undici's `request`, as few lines as it takes; its wamid. */
async function post(sockets: Pool, { phoneNumberId, to, text }: Outgoing): Promise<string> {
  const { statusCode, body } = await sockets.request({
    path: pathOf(phoneNumberId),
    method: "POST",
    headers,
    body: JSON.stringify({
      messaging_product: "whatsapp",
      recipient_type: "individual",
      to,
      type: "text",
      text: { body: text },
    }),
  });
  const answer = (await body.json()) as { messages: [{ id: string }] };
  if (statusCode !== 200) throw new Error(`WhatsApp answered ${String(statusCode)}.`);
  return answer.messages[0].id;
}

/** Nothing but HTTP. What has to be warm is warm: it has sent everything once before. */
async function undici(): Promise<void> {
  const sockets = new Pool(graphUrl, { connections });
  const sendAll = () => each(everything, connections, (message) => post(sockets, message));
  await sendAll();
  await measured(sendAll);
  await sockets.close();
}

const manager = (): StaffPrincipal => ({
  kind: "staff",
  id: "staff_manager",
  role: "manager",
  hotels: Object.fromEntries(hotelsOf(size, null).map(({ id }) => [id, "all" as const])),
});

function deskOf(messagesPerSecond: number | null): ConversationManager {
  return new ConversationManager({
    hotels: hotelsOf(size, messagesPerSecond),
    storage: postgresStorage(pool),
    transport: cloudApi({ graphUrl, connections, allowPrivate: true }),
    webhook: { ...APP_OPTIONS, deadlineMs: 30_000 },
    outbound: { concurrency: work.lanes, paceGuests: messagesPerSecond !== null },
  });
}

/** Guests write, each once, and are answered by staff: everything stands as queued. */
async function prepare(): Promise<void> {
  const listening = deskOf(null);
  await listening.start({ migrate: true });
  const byNumber = grouped(guestsOf(size), ({ phoneNumberId }) => phoneNumberId);
  await each(byNumber, 4, async ([phoneNumberId, guests]) => {
    const texts = guests.map(({ guest }) => ({
      guest,
      wamid: `wamid.guest.${String(guest)}`,
      text: "Could somebody come, please?",
    }));
    const { body, signature } = delivery(phoneNumberId, texts);
    const { status } = await listening.receive({ body: Buffer.from(body), signature });
    if (status !== 200) throw new Error(`The desk answered ${String(status)} to a webhook.`);
  });
  const open = new Map<string, string>();
  while (open.size < size.guests) {
    const { rows } = await pool.query<{ id: string; phone: string }>(
      `select c.id, a.value as phone from belldesk.conversations c
         join belldesk.guest_addresses a on a.hotel_id = c.hotel_id and a.guest_id = c.guest_id and a.kind = 'waId'`,
    );
    for (const { id, phone } of rows) open.set(phone, id);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await listening.stop();

  const answering = deskOf(null);
  await answering.start({ work: false });
  const staff = answering.as(manager());
  // Those to one guest one after the other, or their order would be chance.
  const byGuest = grouped(everything, ({ to }) => to);
  await each(byGuest, work.poolSize, async ([to, messages]) => {
    for (const [nth, { text }] of messages.entries())
      await staff.reply(open.get(to)!, { clientMessageId: `${to}-${String(nth)}`, content: { type: "text", text } });
  });
  await answering.stop();
  await sealed();

  // For BullMQ: the row that says what became of a message.
  await pool.query(
    "create table sends (id integer primary key, status text not null, wamid text) with (fillfactor = 50)",
  );
  await pool.query("insert into sends select n, 'queued', null from generate_series(0, $1 - 1) as n", [
    everything.length,
  ]);
  await pool.query("vacuum analyze");
  await measured(() => Promise.resolve());
}

/** Seals in the audit what staff have asked for, which is no part of sending it. Meanwhile nothing is due to be sent. */
async function sealed(): Promise<void> {
  const later = (by: string) =>
    pool.query("update belldesk.lanes set due_at = due_at + $1::interval where kind = 'outbound'", [by]);
  await later("1 day");
  const sealing = deskOf(null);
  await sealing.start();
  for (;;) {
    const { rows } = await pool.query("select from belldesk.audit_entries where n is null limit 1");
    if (rows.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await sealing.stop();
  await later("-1 day");
}

/** The desk as it is, with all pacing off: from `start()` until the last message is stored as sent. */
async function belldesk(): Promise<void> {
  const desk = deskOf(null);
  let sent = 0;
  let ended: () => void = () => undefined;
  desk.on("message.status", ({ body }) => {
    if (body.type === "message.status" && body.status === "sent" && ++sent === everything.length) ended();
  });
  await measured(async () => {
    const end = new Promise<void>((resolve) => (ended = resolve));
    await desk.start();
    await end;
  });
  await desk.stop();
}

/** The desk as it is, all pacing on, for so many seconds. */
async function paced(): Promise<void> {
  const desk = deskOf(work.perSecond);
  await measured(async () => {
    await desk.start();
    await new Promise((resolve) => setTimeout(resolve, work.seconds * 1000));
  });
  await desk.stop();
}

/**
 * The same job on BullMQ, at its best:
 * - all that a send needs stands in the job, so that no row is read first;
 * - each write is a prepared statement on a connection of its own, so that the database commits many together;
 * - one worker, with 100 jobs in hand (`--jobs`);
 * - done jobs are removed, and Redis syncs its append-only file once a second, as BullMQ's guide for production has it: a second's
 *   jobs may be lost with the machine, where the desk loses none;
 * - no order for each guest, no event for each message.
 * @param recordsIntent whether it makes durable that it is about to send, as the desk does, so that a worker which dies leaves
 *   nothing that is sent twice; without that only what became of the message
 */
async function bullmq({ recordsIntent }: { readonly recordsIntent: boolean }): Promise<void> {
  const connection = { url: work.redisUrl };
  const queue = new Queue<Outgoing & { readonly id: number }>("sends", {
    connection,
    defaultJobOptions: { removeOnComplete: true },
  });
  await queue.waitUntilReady();
  const jobs = everything.map((message, id) => ({ name: "send", data: { ...message, id } }));
  for (let from = 0; from < jobs.length; from += 1_000) await queue.addBulk(jobs.slice(from, from + 1_000));

  const sockets = new Pool(graphUrl, { connections });
  let sent = 0;
  let ended: () => void = () => undefined;
  const worker = new Worker<Outgoing & { readonly id: number }>(
    "sends",
    async ({ data }) => {
      if (recordsIntent) {
        const { rowCount } = await pool.query({
          name: "sending",
          text: "update sends set status = 'sending' where id = $1 and status = 'queued'",
          values: [data.id],
        });
        if (rowCount === 0) return;
      }
      const wamid = await post(sockets, data);
      await pool.query({
        name: "sent",
        text: "update sends set status = 'sent', wamid = $2 where id = $1",
        values: [data.id, wamid],
      });
      if (++sent === everything.length) ended();
    },
    { connection, concurrency: work.jobs, autorun: false },
  );
  worker.on("error", (error) => console.error(error));
  await worker.waitUntilReady();
  await measured(async () => {
    const end = new Promise<void>((resolve) => (ended = resolve));
    void worker.run();
    await end;
  });
  await worker.close();
  await queue.obliterate({ force: true });
  await queue.close();
  await sockets.close();
}

const steps: Record<Task, () => Promise<void>> = {
  prepare,
  undici,
  belldesk,
  bullmq: () => bullmq({ recordsIntent: true }),
  "bullmq-bare": () => bullmq({ recordsIntent: false }),
  paced,
};
await steps[work.task]();
await pool.end();
