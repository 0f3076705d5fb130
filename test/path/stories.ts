import { memoryStorage } from "../../adapters/memory/index.js";
import { postgresStorage, shiftClock } from "../../adapters/postgres/index.js";
import {
  type Clock,
  ConversationManager,
  type ConversationManagerOptions,
  type HotelOptions,
  type Principal,
  type SendResult,
  type ShownMessage,
  type Storage,
  type Transport,
} from "../../src/index.js";
import { APP_SECRET, eventually, GRAND_NUMBER, hotels, manager, signed, VERIFY_TOKEN } from "../harness/hotel.js";

import { freshDatabase } from "../support/databases.js";

/** What a story runs on, and how that ends. */
export interface Stored {
  readonly storage: Storage;
  /** What the storage takes for now, for whoever has to agree with it. */
  readonly clock: Clock;
  /** Lets time pass at once, once the storage is open. @param ms milliseconds; below 0, it was all earlier */
  readonly pass: (ms: number) => Promise<void>;
  readonly end: () => Promise<unknown>;
}
export const STORAGES: readonly (readonly [string, () => Promise<Stored>])[] = [
  [
    "memory",
    () => {
      const { clock, pass } = passingClock();
      const end = () => Promise.resolve();
      return Promise.resolve({ storage: memoryStorage({ clock }), clock, pass, end });
    },
  ],
  [
    "PostgreSQL",
    async () => {
      const { clock, pass } = passingClock();
      const { pool, drop } = await freshDatabase();
      const passes = (ms: number) => shiftClock(pool, ms).then(() => pass(ms));
      return { storage: postgresStorage(pool), clock, pass: passes, end: drop };
    },
  ],
];

/** The system's clock, as long as nobody lets time pass. */
function passingClock(): { readonly clock: Clock; readonly pass: (ms: number) => Promise<void> } {
  let passedMs = 0;
  return {
    clock: { now: () => new Date(Date.now() + passedMs) },
    pass(ms) {
      passedMs += ms;
      return Promise.resolve();
    },
  };
}

const DISPLAY_NUMBER = "12025550190";

/** What somebody on WhatsApp is called by: one of the two at least. */
export interface Person {
  readonly phone?: string;
  readonly bsuid?: string;
  readonly name?: string;
  readonly username?: string;
}

let serial = 0;

/** A hotel with a desk, told in webhooks as Meta posts them. */
export async function aHotel(
  storage: Storage,
  hotelsOf: readonly HotelOptions[] = hotels,
  more: Partial<ConversationManagerOptions> = {},
) {
  const sent: { readonly to: string; readonly kind: string }[] = [];
  const outbox: { readonly messageId: string; readonly from: string }[] = [];
  const answers: SendResult[] = [];
  const transport: Transport = {
    send: ({ to, number, correlationId }) => {
      sent.push({ to: to.value, kind: to.kind });
      outbox.push({ messageId: correlationId, from: number.phoneNumberId });
      return Promise.resolve(answers.shift() ?? { outcome: "accepted", wamid: `wamid.sent.${String(++serial)}` });
    },
  };
  const desk = new ConversationManager({
    hotels: hotelsOf,
    storage,
    transport,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 10 },
    ...more,
  });
  await desk.start({ migrate: true });
  const heard: string[] = [];
  desk.on("event", ({ body }) => heard.push(body.type));
  const staff = (principal: Principal = manager) => desk.as(principal);

  async function delivers(field: string, value: object): Promise<void> {
    const metadata = { display_phone_number: DISPLAY_NUMBER, phone_number_id: GRAND_NUMBER };
    const { status } = await desk.receive(
      signed([{ field, value: { messaging_product: "whatsapp", metadata, ...value } }]),
    );
    if (status !== 200) throw new Error(`The webhook was answered ${String(status)}.`);
  }

  const contactOf = ({ phone, bsuid, name = "Guest", username }: Person) => ({
    profile: { name, ...(username !== undefined && { username }) },
    ...(phone !== undefined && { wa_id: phone }),
    ...(bsuid !== undefined && { user_id: bsuid }),
  });
  const seconds = (at: Date) => String(Math.floor(at.getTime() / 1_000));

  const every = async () => {
    const { items } = await staff().conversations({ limit: 100 });
    return Promise.all(
      items.map(async (conversation) => ({
        conversation,
        messages: (await staff().messages(conversation.id, { limit: 100 })).items,
      })),
    );
  };

  return {
    desk,
    storage,
    staff,
    sent,
    /** What went to WhatsApp, message by message. */
    outbox,
    /** What WhatsApp says to the next sends, in order; it takes those after them. */
    answers,
    /** The events this process told, in order. */
    heard,
    delivers,
    stop: () => desk.stop(),

    /** A guest's message, of any type. @returns its wamid, which may not be decided yet */
    async writes(
      person: Person,
      body: string | { readonly type: string; readonly [key: string]: unknown },
      { wamid = `wamid.${String(++serial)}`, at = new Date(), quotes = "" } = {},
    ): Promise<string> {
      const said = typeof body === "string" ? { type: "text", text: { body } } : body;
      const message = {
        ...(person.phone !== undefined && { from: person.phone }),
        ...(person.bsuid !== undefined && { from_user_id: person.bsuid }),
        ...(quotes !== "" && { context: { id: quotes } }),
        id: wamid,
        timestamp: seconds(at),
        ...said,
      };
      await delivers("messages", { contacts: [contactOf(person)], messages: [message] });
      return wamid;
    },

    /** WhatsApp's own word about somebody. */
    async says(system: { readonly type: string; readonly [key: string]: unknown }, oldPhone?: string): Promise<void> {
      const message = {
        ...(oldPhone !== undefined && { from: oldPhone }),
        id: `wamid.system.${String(++serial)}`,
        timestamp: seconds(new Date()),
        type: "system",
        system: { body: "changed", ...system },
      };
      await delivers("messages", { messages: [message] });
    },

    /** Somebody at the hotel does something in the phone app. */
    async echoes(
      to: Person,
      body: string | { readonly type: string; readonly [key: string]: unknown },
      wamid = `wamid.echo.${String(++serial)}`,
    ): Promise<string> {
      const said = typeof body === "string" ? { type: "text", text: { body } } : body;
      const echo = {
        from: DISPLAY_NUMBER,
        ...(to.phone !== undefined && { to: to.phone }),
        ...(to.bsuid !== undefined && { to_user_id: to.bsuid }),
        id: wamid,
        timestamp: seconds(new Date()),
        ...said,
      };
      await delivers("smb_message_echoes", { contacts: [contactOf(to)], message_echoes: [echo] });
      return wamid;
    },

    /** What staff see of a message, and in which conversation, once it is decided. */
    shows: (wamid: string, fits: (message: ShownMessage) => boolean = () => true) =>
      eventually(`staff see ${wamid}`, async () => {
        for (const { conversation, messages } of await every()) {
          const message = messages.find((one) => one.wamid === wamid && fits(one));
          if (message === undefined) continue;
          // The list may have been read before the message.
          const { items } = await staff().conversations({ limit: 100 });
          const now = items.find(({ id }) => id === conversation.id) ?? conversation;
          return { message, conversation: now, guestId: now.guest.id, messages };
        }
        return null;
      }),
    every,
    /** Waits until nothing is left to decide. */
    settled: () =>
      eventually("everything is decided", async () => {
        const { lanes, nextDueInMs } = await storage.claim({ kind: "inbound", lanes: 0, itemsPerLane: 1, leaseMs: 1 });
        return lanes.length === 0 && nextDueInMs === null;
      }),
  };
}
export type Hotel = Awaited<ReturnType<typeof aHotel>>;
