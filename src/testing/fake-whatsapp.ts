import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { ReportedStatus } from "../domain/delivery-status.js";
import { systemClock, type Clock } from "../ports/clock.js";
import { timeOrderedIds, type Ids } from "../ports/ids.js";
import { sign } from "../whatsapp/signature.js";
import { phones, type FakeGuestIdentity, type PhoneMessage } from "./phones.js";
import { bubbleOf, errorBody, messageWebhook, statusWebhook, type SendBody } from "./meta-json.js";

export interface FakeWhatsAppOptions {
  /** Signs what is delivered, as the app's secret does. */
  readonly appSecret: string;
  /** Where deliveries are posted. */
  readonly webhookUrl: string;
  /** Where the fake Graph API listens on 127.0.0.1; a free port by default. */
  readonly port?: number;
  /** What a phone does with a message, reported in this order; sent, delivered and read by default. */
  readonly reports?: readonly ReportedStatus[];
  /** Milliseconds before the first report and between two of them; 20 by default. */
  readonly reportDelayMs?: number;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** What `snapshot()` gave before. */
  readonly snapshot?: string;
  /** Called when a phone shows something new. */
  readonly onChange?: () => void;
}

/** One message that the fake took. */
export interface Accepted {
  readonly wamid: string;
  readonly phoneNumberId: string;
  /** As it stood in `to` or `recipient`. */
  readonly address: string;
  readonly correlationId: string | null;
  readonly body: SendBody;
}

/**
 * What happens to one request to the fake Graph API. `silence` and `reset` take the message and then say nothing, or cut
 * the connection; `drip` takes it and answers a byte at a time, for ever; the others do not take it.
 */
export type Fault =
  | { readonly kind: "silence" | "reset" | "drip" | "badJson" | "huge" }
  | { readonly kind: "html" | "redirect" }
  | { readonly kind: "error"; readonly status: number; readonly code: number; readonly retryAfter?: number };

export interface FakeGuest {
  readonly identity: FakeGuestIdentity;
  /**
   * Writes a text. Delivered again and again until the webhook answers 200, as Meta does, so it waits for as long as nobody
   * listens or the answer is a 5xx.
   * @returns the wamid, once the webhook was answered 200
   * @throws {Error} at once when the answer is a 4xx, which trying again would not change: what was answered, and by which path
   */
  says(phoneNumberId: string, text: string, options?: { readonly quotes?: string }): Promise<string>;
  /**
   * Taps an option that the phone shows, newest message first, by its id or its title.
   * @throws {RangeError} when it is not shown, with what is: the menu takes a moment to come after a text
   */
  taps(phoneNumberId: string, option: string): Promise<string>;
  /** Sends something that is not text; `body` is what stands under the type's name. */
  sends(phoneNumberId: string, type: string, body?: object): Promise<string>;
}

/** WhatsApp for tests and demonstrations: real HTTP both ways, phones that can be looked at, faults on demand. */
export interface FakeWhatsApp {
  /** For `cloudApi({ graphUrl })`. */
  readonly graphUrl: string;
  /** Every message taken, in order. */
  readonly accepted: readonly Accepted[];
  /** How many sends were asked for, taken or not. */
  readonly requests: number;
  /** The next requests meet these, one each. */
  fail(...faults: readonly Fault[]): void;
  guest(address: string | FakeGuestIdentity): FakeGuest;
  /** What that guest's phone shows for one number, oldest first. */
  phone(address: string, phoneNumberId: string): readonly PhoneMessage[];
  /** Reports a status of a message that was taken. */
  report(message: Accepted, status: ReportedStatus): Promise<void>;
  snapshot(): string;
  close(): Promise<void>;
}

/** Milliseconds between deliveries of one webhook until it is answered 200: at first, and at most. */
const REDELIVERY = { first: 50, most: 2_000 };
const BODY_MAX_BYTES = 1_000_000;

export async function fakeWhatsApp({
  appSecret,
  webhookUrl,
  port = 0,
  reports = ["sent", "delivered", "read"],
  reportDelayMs = 20,
  clock = systemClock,
  ids = timeOrderedIds,
  snapshot,
  onChange = () => undefined,
}: FakeWhatsAppOptions): Promise<FakeWhatsApp> {
  const world = phones(snapshot);
  const accepted: Accepted[] = [];
  const faults: Fault[] = [];
  const closing = new AbortController();
  let requests = 0;

  const newWamid = (): string => `wamid.${Buffer.from(ids()).toString("base64")}`;

  /** Delivers until the answer is 200, as Meta does. @throws {Error} when the answer says that it never will be */
  async function deliver(webhook: object): Promise<void> {
    const body = JSON.stringify(webhook);
    const headers = { "content-type": "application/json", "x-hub-signature-256": sign(body, appSecret) };
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      // null: nobody there, so it is delivered again.
      const response = await fetch(webhookUrl, { method: "POST", body, headers, signal: closing.signal }).catch(
        () => null,
      );
      const said = (await response?.text().catch(() => "")) ?? "";
      if (response?.status === 200) return;
      if (response !== null && isFinal(response.status)) throw new Error(refusal(webhookUrl, response.status, said));
      await delay(Math.min(REDELIVERY.most, REDELIVERY.first * 2 ** attempt), undefined, {
        signal: closing.signal,
      }).catch(() => undefined);
    }
  }

  async function report(message: Accepted, status: ReportedStatus): Promise<void> {
    world.tick(message.wamid, status);
    onChange();
    await deliver(statusWebhook(message, world.guest(digits(message.address)), status, clock.now()));
  }

  async function reportAll(message: Accepted): Promise<void> {
    for (const status of reports) {
      await delay(reportDelayMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      await report(message, status);
    }
  }

  function take(phoneNumberId: string, body: SendBody): Accepted {
    const address = body.to ?? body.recipient ?? "";
    const message: Accepted = {
      wamid: newWamid(),
      phoneNumberId,
      address,
      correlationId: body.biz_opaque_callback_data ?? null,
      body,
    };
    accepted.push(message);
    const guest = world.guest(digits(address));
    world.show(guest, phoneNumberId, {
      ...bubbleOf(body),
      wamid: message.wamid,
      from: "hotel",
      status: "sent",
      at: clock.now().toISOString(),
    });
    onChange();
    // A host that refuses its statuses hears so when a guest speaks, or from report().
    void reportAll(message).catch(() => undefined);
    return message;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , phoneNumberId = "", verb] = (request.url ?? "").split("?")[0]?.split("/") ?? [];
    const body = (await readJson(request)) as SendBody;
    const json = (status: number, value: object, headers: Record<string, string> = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
    };
    if (request.method !== "POST" || verb !== "messages") {
      json(404, errorBody(100));
      return;
    }
    if (!/^Bearer .+/.test(request.headers.authorization ?? "")) {
      json(401, errorBody(190));
      return;
    }
    if (body.status === "read") {
      json(200, { success: true });
      return;
    }
    requests += 1;
    const fault = faults.shift();
    switch (fault?.kind) {
      case "error":
        json(
          fault.status,
          errorBody(fault.code),
          fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) },
        );
        return;
      case "html":
        response.writeHead(502, { "content-type": "text/html" }).end("<html><body>502 Bad Gateway</body></html>");
        return;
      case "redirect":
        response.writeHead(302, { location: "http://127.0.0.1:9/elsewhere" }).end();
        return;
      default:
        break;
    }
    const message = take(phoneNumberId, body);
    switch (fault?.kind) {
      case "silence":
        return;
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "drip": {
        response.writeHead(200, { "content-type": "application/json" });
        const drops = setInterval(() => response.write(" "), 50);
        response.once("close", () => {
          clearInterval(drops);
        });
        return;
      }
      case "badJson":
        response.writeHead(200, { "content-type": "application/json" }).end('{"messages":[');
        return;
      case "huge":
        response.writeHead(200, { "content-type": "application/json" }).end(`{"pad":"${"x".repeat(10_000_000)}"}`);
        return;
      default: {
        const contact = body.to === undefined ? { user_id: message.address } : { wa_id: digits(message.address) };
        json(200, {
          messaging_product: "whatsapp",
          contacts: [{ input: message.address, ...contact }],
          messages: [{ id: message.wamid }],
        });
      }
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

  async function send(
    guest: FakeGuestIdentity,
    phoneNumberId: string,
    bubble: Omit<PhoneMessage, "wamid" | "from" | "status" | "at">,
    body: object,
  ): Promise<string> {
    const wamid = newWamid();
    const at = clock.now();
    world.show(guest, phoneNumberId, { ...bubble, wamid, from: "guest", status: "sent", at: at.toISOString() });
    onChange();
    await deliver(messageWebhook({ guest, phoneNumberId, wamid, at, body, quotes: bubble.quotes }));
    world.tick(wamid, "delivered");
    onChange();
    return wamid;
  }

  return {
    graphUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    accepted,
    get requests() {
      return requests;
    },
    fail(...next) {
      faults.push(...next);
    },
    guest(address) {
      const identity = typeof address === "string" ? world.guest(address) : world.know(address);
      return {
        identity,
        says: (phoneNumberId, text, { quotes } = {}) =>
          send(
            identity,
            phoneNumberId,
            { type: "text", text, ...(quotes !== undefined && { quotes }) },
            { type: "text", text: { body: text } },
          ),
        taps(phoneNumberId, wanted) {
          const shown = world.thread(identity.bsuid ?? identity.waId ?? "", phoneNumberId);
          const asking = shown.findLast(({ options }) =>
            options?.some(({ id, title }) => id === wanted || title === wanted),
          );
          const option = asking?.options?.find(({ id, title }) => id === wanted || title === wanted);
          if (asking === undefined || option === undefined)
            return Promise.reject(
              new RangeError(`The phone shows no option "${wanted}"; it shows: ${optionsOf(shown)}`),
            );
          const { id, title, description } = option;
          const isList = asking.button !== undefined;
          const reply = isList
            ? { type: "list_reply", list_reply: { id, title, ...(description !== undefined && { description }) } }
            : { type: "button_reply", button_reply: { id, title } };
          const bubble = { type: "choice", text: title, quotes: asking.wamid };
          return send(identity, phoneNumberId, bubble, { type: "interactive", interactive: reply });
        },
        sends: (phoneNumberId, type, body = {}) => send(identity, phoneNumberId, { type }, { type, [type]: body }),
      };
    },
    phone: (address, phoneNumberId) => world.thread(address, phoneNumberId),
    report,
    snapshot: () => world.snapshot(),
    async close() {
      closing.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Refused for what it is, not for when it came. */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429;

/** In the words of the desk's own JSON, or of whatever else answered. */
function refusal(url: string, status: number, said: string): string {
  let why = said.slice(0, 200);
  try {
    const { error } = JSON.parse(said) as { error: { code: string; message: string } };
    why = `${error.code}: ${error.message}`;
  } catch {
    // Not the desk's: a page that says 404, perhaps.
  }
  return `The webhook at ${new URL(url).pathname} answered ${String(status)} ${why}`;
}

const optionsOf = (shown: readonly PhoneMessage[]): string =>
  shown.flatMap(({ options = [] }) => options.map(({ title }) => `"${title}"`)).join(", ") || "(nothing yet)";

const digits = (address: string): string => address.replace(/^\+/, "");

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX_BYTES) throw new RangeError("The body is too long.");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : JSON.parse(text);
}
