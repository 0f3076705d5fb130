import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { ReportedStatus } from "../domain/delivery-status.js";
import { systemClock, type Clock } from "../ports/clock.js";
import { timeOrderedIds, type Ids } from "../ports/ids.js";
import { sign } from "../whatsapp/signature.js";
import { mailbag, type Letter } from "./mailbag.js";
import { bubbleOf, digits, errorBody, statusWebhook, type SendBody } from "./meta-json.js";
import { people, type FakeGuest, type FakeHotelPhone } from "./people.js";
import {
  phones,
  visible,
  type FakeGuestIdentity,
  type Person,
  type PhoneMessage,
  type PhonesSnapshot,
} from "./phones.js";

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
  /** What `snapshot()` gave before. What had not reached the host by then is delivered now. */
  readonly snapshot?: string;
  /** Called whenever `snapshot()` gives something new: a phone shows more, or the host has heard of it. */
  readonly onChange?: (whatsapp: Pick<FakeWhatsApp, "snapshot">) => void;
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
 * the connection; `late` takes it and answers after `afterMs` milliseconds, when its reports may be there already; `drip`
 * takes it and answers a byte at a time, for ever; `html`, `redirect` and `error` do not take it.
 */
export type Fault =
  | { readonly kind: "silence" | "reset" | "drip" | "badJson" | "huge" }
  | { readonly kind: "late"; readonly afterMs: number }
  | { readonly kind: "html" | "redirect" }
  | { readonly kind: "error"; readonly status: number; readonly code: number; readonly retryAfter?: number };

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
  /** The phone app of one of the hotels' numbers. */
  hotelPhone(phoneNumberId: string): FakeHotelPhone;
  /** What that guest's phone shows for one number, oldest first. */
  phone(address: string, phoneNumberId: string): readonly PhoneMessage[];
  /** Reports a status of a message that was taken. */
  report(message: Accepted, status: ReportedStatus): Promise<void>;
  /**
   * What phones show and what the host has neither answered 200 nor refused for good (4xx), as JSON text: kept at each
   * `onChange` and given to the next `fakeWhatsApp`, nothing is lost between them, whatever ends the process.
   */
  snapshot(): string;
  close(): Promise<void>;
}

const BODY_MAX_BYTES = 1_000_000;

interface Snapshot extends PhonesSnapshot {
  readonly undelivered?: readonly Letter[];
}

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
  const saved = snapshot === undefined ? null : (JSON.parse(snapshot) as Snapshot);
  const world = phones(saved);
  const mail = mailbag({
    webhookUrl,
    sign: (body) => sign(body, appSecret),
    // Reports say when they are posted, as Meta's do.
    write: (letter) =>
      letter.kind === "message"
        ? letter.webhook
        : statusWebhook(letter.about, visible(recipientOf(letter.about)), letter.status, clock.now()),
    saved: saved?.undelivered ?? [],
  });
  const accepted: Accepted[] = [];
  const faults: Fault[] = [];
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  let requests = 0;

  const snapshotNow = (): string =>
    JSON.stringify({ ...world.snapshot(), undelivered: mail.undelivered } satisfies Snapshot);
  const changed = (): void => onChange({ snapshot: snapshotNow });

  /** Whose phone shows it: the address may be somebody else's by now. */
  const recipientOf = ({ wamid, address }: Accepted): Person =>
    world.find(wamid)?.holder ?? world.guest(digits(address));

  const newWamid = (): string => `wamid.${Buffer.from(ids()).toString("base64")}`;

  async function post(letter: Letter): Promise<void> {
    if (letter.kind === "report") {
      world.tick(letter.about.wamid, letter.status);
      changed();
    }
    try {
      await mail.post(letter);
      if (letter.kind === "message") world.tick(letter.wamid, "delivered");
    } finally {
      if (!closing.signal.aborted) changed();
    }
  }

  async function postReports(letters: readonly Letter[]): Promise<void> {
    for (const letter of letters) {
      await delay(reportDelayMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      // A host that refuses its statuses hears so when a guest speaks, or from report().
      await post(letter).catch(() => undefined);
    }
  }

  /** What a fake before this one owed the host: guests' messages in their order, and each message's reports in theirs. */
  async function catchUp(): Promise<void> {
    const due = mail.undelivered;
    const owed = due.filter((letter) => letter.kind === "report");
    for (const wamid of new Set(owed.map(({ about }) => about.wamid)))
      void postReports(owed.filter(({ about }) => about.wamid === wamid));
    // Whoever was refused then hears of it from no one now; the next one is delivered all the same.
    for (const letter of due) if (letter.kind === "message") await post(letter).catch(() => undefined);
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
    const letters = reports.map((status) => mail.add({ kind: "report", about: message, status }));
    changed();
    void postReports(letters);
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
    if (fault?.kind === "late") await delay(fault.afterMs, undefined, { signal: closing.signal });
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
  const caughtUp = catchUp();

  /** Tells the host one after the other, after all that it has not heard yet. */
  async function deliver(news: readonly { readonly wamid: string; readonly webhook: object }[]): Promise<void> {
    const letters = news.map((message) => mail.add({ kind: "message", ...message }));
    changed();
    await caughtUp;
    for (const letter of letters) await post(letter);
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
    ...people({ world, clock, newWamid, deliver, changed }),
    phone: (address, phoneNumberId) => world.thread(address, phoneNumberId),
    report: (about, status) => post(mail.add({ kind: "report", about, status })),
    snapshot: snapshotNow,
    async close() {
      closing.abort();
      mail.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

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
