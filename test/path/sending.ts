import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  cloudApi,
  ConversationManager,
  deskHandler,
  type ConversationManagerOptions,
  type EventBody,
  type HotelOptions,
  type Logger,
  type Principal,
  type Reply,
  type ReplyContent,
  type ShownMessage,
  type Telemetry,
  type Transport,
} from "../../src/index.js";
import {
  acceptedTwice,
  fakeWhatsApp,
  inversions,
  type FakeGuest,
  type FakeWhatsAppOptions,
  type NewTemplate,
} from "../../src/testing/index.js";
import { admin, APP_SECRET, eventually, GRAND_NUMBER, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { expectDescribed } from "../support/described.js";
import type { Stored } from "./stories.js";

export const SECOND_NUMBER = "200000000000011";
const ACCOUNT = "100000000000001";
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const operator: Principal = { kind: "operator", id: "op" };

export const ARRIVAL: NewTemplate = {
  name: "arrival_reminder",
  language: "en_US",
  parameter_format: "NAMED",
  components: [{ type: "BODY", text: "Hello {{first_name}}, we have an answer for you." }],
};
const OFFER: NewTemplate = {
  name: "spa_offer",
  language: "en_US",
  category: "MARKETING",
  components: [{ type: "BODY", text: "Two for one in our spa." }],
};
export const arrival = (name: string) =>
  ({
    type: "template",
    name: "arrival_reminder",
    language: "en_US",
    body: [{ name: "first_name", text: name }],
  }) as const;
export const offer = { type: "template", name: "spa_offer", language: "en_US" } as const;

const grand: HotelOptions = {
  ...hotels[0]!,
  accountId: ACCOUNT,
  // With one department, whoever writes is at the reception at once.
  departments: hotels[0]!.departments.slice(0, 1),
};

interface Sending {
  /** Messages a second of the hotel's first number; as WhatsApp begins by default. */
  readonly perSecond?: number;
  readonly work?: ConversationManagerOptions["work"];
  readonly outbound?: ConversationManagerOptions["outbound"];
  readonly media?: ConversationManagerOptions["media"];
  readonly whatsapp?: Partial<FakeWhatsAppOptions>;
  readonly hotel?: Partial<HotelOptions>;
  /** What the desk is given instead of the one hotel. */
  readonly hotels?: (grand: HotelOptions) => ConversationManagerOptions["hotels"];
  readonly lookups?: ConversationManagerOptions["lookups"];
  /** Milliseconds for which an answer of WhatsApp's is waited for; 300 by default. */
  readonly deadlineMs?: number;
  /** What stands between the desk and WhatsApp. */
  readonly through?: (transport: Transport) => Transport;
  readonly flows?: ConversationManagerOptions["flows"];
  readonly logger?: Logger;
  readonly telemetry?: Telemetry;
  /** Where files are fetched from, when that is not the WhatsApp that sends. */
  readonly filesFrom?: string;
}

/**
 * A hotel that sends to a WhatsApp over HTTP, which reports nothing by itself unless told so. It all begins a day and an hour ago, so
 * that time can pass.
 */
export async function aSendingHotel(
  open: () => Promise<Stored>,
  {
    perSecond,
    work,
    outbound,
    media,
    whatsapp,
    hotel,
    hotels: listed = (grand) => [grand],
    lookups,
    deadlineMs = 300,
    through = (transport) => transport,
    flows,
    logger,
    telemetry,
    filesFrom,
  }: Sending = {},
) {
  const { storage, clock, pass, end } = await open();
  let desk: ConversationManager | null = null;
  const door = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const signature = String(request.headers["x-hub-signature-256"]);
      void desk
        ?.receive({ body: Buffer.concat(chunks), signature })
        .then(({ status }) => response.writeHead(status).end());
    });
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  const webhookUrl = `http://127.0.0.1:${String((door.address() as AddressInfo).port)}/`;
  const fake = await fakeWhatsApp({ appSecret: APP_SECRET, webhookUrl, reports: [], clock, ...whatsapp });
  const toWhatsApp = () => through(cloudApi({ graphUrl: fake.graphUrl, deadlineMs }));
  const transport = toWhatsApp();
  const elsewhere = filesFrom === undefined ? null : cloudApi({ graphUrl: filesFrom, deadlineMs: 300 });
  const [first] = grand.numbers;
  const numbers = [
    { ...first!, ...(perSecond !== undefined && { messagesPerSecond: perSecond }) },
    { phoneNumberId: SECOND_NUMBER, accessToken: "second-token" },
  ];
  const options = {
    hotels: listed({ ...grand, numbers, ...hotel }),
    ...(lookups && { lookups }),
    ...(logger && { logger }),
    ...(telemetry && { telemetry }),
    ...(media && { media }),
    ...(flows && { flows }),
    storage,
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
    work: { pollMs: 10, ...work },
    outbound: { retryBaseMs: 20, retryCapMs: 50, ...outbound },
  };
  const made = new ConversationManager({
    ...options,
    transport: {
      ...transport,
      ...(elsewhere?.downloadMedia && { downloadMedia: elsewhere.downloadMedia.bind(elsewhere) }),
      close: async () => {
        await Promise.all([transport.close?.(), elsewhere?.close?.()]);
      },
    },
  });
  desk = made;
  await made.start({ migrate: true });
  await pass(-25 * HOUR_MS);
  // Before its first message a number has the usual pace, until the process that sends it says otherwise.
  if (perSecond !== undefined) await storage.setPaces([{ hotelId: "grand", phoneNumberId: GRAND_NUMBER, perSecond }]);
  const heard: EventBody[] = [];
  made.on("event", ({ body }) => heard.push(body));
  for (const template of [ARRIVAL, OFFER]) fake.template(template);
  // Within a deadline that is short, on a machine that may be busy.
  await eventually("its templates are known", () =>
    made
      .as(admin)
      .syncTemplates("grand")
      .catch(() => null),
  );

  let serial = 0;
  const staff = () => made.as(manager);
  const message = async (conversationId: string, id: string) =>
    (await staff().messages(conversationId, { limit: 100 })).items.find((one) => one.id === id);
  async function becomes(conversationId: string, id: string, status: ShownMessage["status"]) {
    let now: ShownMessage | undefined;
    return eventually(`${id} is ${status}`, async () => {
      now = await message(conversationId, id);
      return now?.status === status && now;
    }).catch((error: unknown) => {
      const codes = now?.reasons.map(({ code }) => code).join(", ");
      throw new Error(`It is ${String(now?.status)}, after: ${String(codes)}.`, { cause: error });
    });
  }
  const accepted = () => fake.accepted.map(({ correlationId }) => correlationId ?? "");

  const beside: ConversationManager[] = [];

  return {
    desk: made,
    /** Another process of the same desk, which answers requests and does no work. */
    async anotherProcess(): Promise<ConversationManager> {
      const another = new ConversationManager({ ...options, transport: toWhatsApp() });
      beside.push(another);
      await another.start({ work: false });
      return another;
    },
    fake,
    storage,
    transport,
    pass,
    staff,
    message,
    becomes,
    /** What this process told, in order. */
    heard,
    /** Our ids of what WhatsApp took, in order. */
    accepted,
    /** Our ids of what was asked of WhatsApp, in order. */
    asked: () => fake.calls.map(({ correlationId }) => correlationId ?? ""),

    /** A guest writes. @returns their conversation, and what staff do in it */
    async writes(guest: FakeGuest, text = "hello", number = GRAND_NUMBER) {
      const wamid = await guest.says(number, text);
      const found = await eventually(`staff see ${wamid}`, async () => {
        for (const { id, guest: who } of (await staff().conversations({ limit: 100 })).items) {
          const { items } = await staff().messages(id, { limit: 100 });
          if (items.some((one) => one.wamid === wamid)) return { conversationId: id, guestId: who.id };
        }
        return null;
      });
      const { conversationId } = found;
      return {
        ...found,
        /** @returns our id of the message */
        async hears(content: string | ReplyContent, more: Partial<Reply> = {}): Promise<string> {
          const said = typeof content === "string" ? ({ type: "text", text: content } as const) : content;
          const clientMessageId = `client-${String(++serial)}`;
          return (await staff().reply(conversationId, { clientMessageId, content: said, ...more })).id;
        },
        becomes: (id: string, status: ShownMessage["status"]) => becomes(conversationId, id, status),
        message: (id: string) => message(conversationId, id),
        all: async () => (await staff().messages(conversationId, { limit: 100 })).items,
        window: async () =>
          (await staff().conversations({ limit: 100 })).items.find(({ id }) => id === conversationId)?.window,
      };
    },
    guest: (waId: string) => fake.guest({ waId, bsuid: `US.${waId}`, name: `Guest ${waId.slice(-2)}` }),

    /** Somebody asks the HTTP API. */
    async ask(as: Principal, path: string, body?: object) {
      const handler = deskHandler(made, { authenticate: () => as });
      const answer = await handler(
        new Request(`http://host${path}`, {
          method: body === undefined ? "GET" : "POST",
          ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        }),
      );
      const text = (await answer?.text()) ?? "";
      const json = text === "" ? null : (JSON.parse(text) as unknown);
      if (answer) expectDescribed(body === undefined ? "GET" : "POST", path.split("?")[0]!, answer.status, json);
      return { status: answer?.status, json };
    },

    /** Nothing was taken twice, and nothing out of its order. @param ids of each chat's messages, in the order staff wrote them */
    disorder(...chats: readonly (readonly string[])[]) {
      const places = new Map(chats.flatMap((ids) => ids.map((id, place) => [id, place] as const)));
      return { twice: acceptedTwice(fake.accepted), inverted: inversions(fake.accepted, (id) => places.get(id)) };
    },

    async close() {
      await fake.close();
      await Promise.all([made, ...beside].map((each) => each.stop()));
      await new Promise((resolve) => door.close(resolve));
      await end();
    },
  };
}
export type SendingHotel = Awaited<ReturnType<typeof aSendingHotel>>;
export const ORDERLY = { twice: [], inverted: [] };
