// A hotel of the bench whose guests write without HTTP: what they say is received, and waited for until it is stored as messages.
import { ConversationManager, type StaffPrincipal, type Transport } from "belldesk";
import { postgresStorage } from "belldesk/postgres";
import type pg from "pg";
import { APP_SECRET, delivery, DEPARTMENT, HOTEL, NUMBER, type SignedWebhook } from "./webhooks.js";

export const manager: StaffPrincipal = {
  kind: "staff",
  id: "staff_manager",
  role: "manager",
  hotels: { [HOTEL]: "all" },
};

let sent = 0;
/** Takes everything, and is nowhere. */
const nowhere: Transport = {
  send: () => Promise.resolve({ outcome: "accepted", wamid: `wamid.sent.${String(++sent)}.${String(process.pid)}` }),
};

export const houseOf = (pool: pg.Pool): ConversationManager =>
  new ConversationManager({
    hotels: [
      {
        id: HOTEL,
        timeZone: "Europe/Rome",
        numbers: [{ phoneNumberId: NUMBER, accessToken: "bench", messagesPerSecond: null }],
        departments: [DEPARTMENT],
      },
    ],
    storage: postgresStorage(pool),
    transport: nowhere,
    webhook: { appSecrets: [APP_SECRET], verifyToken: "bench-verify-token", deadlineMs: 30_000 },
    live: { waitingPerProxy: 10_000, waiting: 10_000 },
  });

/** Resolves when so many more messages of guests have been stored as messages. To be called before they write. */
export function stored(desk: ConversationManager, count: number): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    const off = desk.on("message.received", () => {
      if (--left > 0) return;
      off();
      resolve();
    });
  });
}

/** Guests write so many each, in deliveries of a hundred; resolves when all of it stands as messages. */
export async function fill(
  desk: ConversationManager,
  { guests, each, run }: { readonly guests: number; readonly each: number; readonly run: string },
): Promise<void> {
  const texts = Array.from({ length: guests * each }, (_, n) => ({
    guest: 10_000 + (n % guests),
    wamid: `wamid.${run}.${String(n)}`,
    text: `Message ${String(n)}: could somebody look at the heating in my room, please?`,
  }));
  const all = stored(desk, texts.length);
  for (let from = 0; from < texts.length; from += 100)
    await receive(desk, delivery(NUMBER, texts.slice(from, from + 100)));
  await all;
}

export async function receive(desk: ConversationManager, { body, signature }: SignedWebhook): Promise<void> {
  const { status } = await desk.receive({ body: Buffer.from(body), signature });
  if (status !== 200) throw new Error(`The desk answered ${String(status)} to a webhook.`);
}
