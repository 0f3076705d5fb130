import { setMaxListeners } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { statusRank, type ReportedStatus } from "../domain/delivery-status.js";
import { systemClock, type Clock } from "../ports/clock.js";
import { timeOrderedIds, type Ids } from "../ports/ids.js";
import { sign } from "../whatsapp/signature.js";
import { answers } from "./fake/answers.js";
import { holding, type Held } from "./fake/held.js";
import { faults, type Asked, type Fault, type FaultRate } from "./fake/faults.js";
import { graph } from "./fake/graph.js";
import type { Refusal } from "./fake/graph-error.js";
import type { JudgeOptions } from "./fake/judge.js";
import { media, sha256, type MediaSnapshot, type StoredFile } from "./fake/media.js";
import { mishaps, type Delivery, type Mishap } from "./fake/mishaps.js";
import { app, type AppOptions } from "./fake/app.js";
import { ACCOUNT, numbers, type NumberOptions } from "./fake/numbers.js";
import { pacing, type PacingOptions } from "./fake/pacing.js";
import { reads, type ReadByHotel } from "./fake/reads.js";
import { sends, type Accepted, type Call, type Taking } from "./fake/sends.js";
import { templates, type FakeTemplate, type NewTemplate, type TemplatesSnapshot } from "./fake/templates.js";
import { tokens, type TokenOptions } from "./fake/tokens.js";
import { weathered, type Weather } from "./fake/weather.js";
import { mailbag, type Happened, type Letter, type News } from "./mailbag.js";
import type { ManualClock } from "./manual-clock.js";
import { digits, statusWebhook, templateCategoryWebhook, templateStatusWebhook } from "./meta-json.js";
import { people, type FakeGuest, type FakeHotelPhone } from "./people.js";
import { phones, type FakeGuestIdentity, type Person, type PhoneMessage, type PhonesSnapshot } from "./phones.js";

/** What the fake is told of the host, and how it behaves. */
export interface FakeWhatsAppOptions extends JudgeOptions, TokenOptions {
  /** Signs what is delivered, as the app's secret does. */
  readonly appSecret: string;
  /** Where deliveries are posted. */
  readonly webhookUrl: string;
  /** Where the fake Graph API listens on 127.0.0.1; a free port by default. */
  readonly port?: number;
  /** What a phone does with a message, reported in this order; sent, delivered and read by default. */
  readonly reports?: readonly ReportedStatus[];
  /** Milliseconds of the clock before the first report and between two of them; 20 by default. */
  readonly reportDelayMs?: number;
  /** Whether a number and a guest are sent no more than Meta lets through (130429, 131056), and how that is said; true by default. */
  readonly pacing?: boolean | PacingOptions;
  /** How webhooks travel; null, the default, for one by one, in order and once. */
  readonly weather?: Weather | null;
  /**
   * With a `manualClock` reports come, and late answers, as it is moved forward, and windows, paces and files follow it. Only a host
   * that does not answer 200 is tried again by real time.
   */
  readonly clock?: Clock;
  /** What its ids are made of; rising with time by default. */
  readonly ids?: Ids;
  /** What `snapshot()` gave before. What had not reached the host by then is delivered now. */
  readonly snapshot?: string;
  /** Called whenever `snapshot()` gives something new: a phone shows more, or the host has heard of it. */
  readonly onChange?: (whatsapp: Pick<FakeWhatsApp, "snapshot">) => void;
}

/** WhatsApp for tests and demonstrations: real HTTP both ways, phones that can be looked at, faults on demand. */
export interface FakeWhatsApp {
  /** For `cloudApi({ graphUrl })`. */
  readonly graphUrl: string;
  /** Every message taken, in order. */
  readonly accepted: readonly Accepted[];
  /** Every send that was asked for, taken or not, in the order in which they came. */
  readonly calls: readonly Call[];
  /** How many those are. */
  readonly requests: number;
  /** What the host said it read, in the order in which it did. */
  readonly reads: readonly ReadByHotel[];
  /** Whether that guest's phone shows, for one number, that somebody writes. */
  typing(address: string, phoneNumberId: string): boolean;
  /** The next sends meet these, one each. */
  fail(...faults: readonly Fault[]): void;
  /** Whatever is asked like this meets the fault: for one number, one guest, or what is not a send. @returns ends it */
  failWhen(isMet: (asked: Asked) => boolean, fault: Fault): () => void;
  /** From now on a share of the sends meets faults, as a seed has it; null ends it. */
  failAtRate(rate: FaultRate | null): void;
  /** What guests do next meets these on its way to the host, one each. */
  mishap(...mishaps: readonly Mishap[]): void;
  /** The last 200 tries to bring something to the host, oldest first. */
  readonly deliveries: readonly Delivery[];
  /** Accepts a token, also one that was revoked. */
  acceptToken(token: string): void;
  /** Whoever calls with this token hears 190. */
  revokeToken(token: string): void;
  /** Says what Meta knows of one of the hotels' numbers. */
  number(phoneNumberId: string, options: NumberOptions): void;
  /** Says what Meta knows of the app that the secret is of. */
  app(options: AppOptions): void;
  /** Adds a template, or puts it in the place of the one of that name and language. @param account that of every number by default */
  template(template: NewTemplate, account?: string): FakeTemplate;
  /**
   * Meta pauses a template, approves it, and so on, and the host hears so.
   * @param status in WhatsApp's words, as `PAUSED`; `REINSTATED` and `UNARCHIVED` are how an approved one becomes that again
   * @param more what else stands in the webhook
   * @throws {RangeError} when there is no such template
   */
  setTemplateStatus(template: TemplateName, status: string, more?: object): Promise<void>;
  /**
   * From now on WhatsApp takes messages of a template and holds them, as `message_status` in its answers says: no phone shows them and
   * nothing is reported of them. null: it holds no more, and those that it held go. One that it drops says so by `report`.
   * @throws {RangeError} when there is no such template
   */
  holdTemplate(template: TemplateName, held: Held | null): void;
  /** Meta puts a template into another category, and the host hears so. @throws {RangeError} when there is no such template */
  setTemplateCategory(template: TemplateName, category: FakeTemplate["category"]): Promise<void>;
  /** The guest with this phone (digits) or business-scoped id; the same again by the same. */
  guest(address: string | FakeGuestIdentity): FakeGuest;
  /** The phone app of one of the hotels' numbers. */
  hotelPhone(phoneNumberId: string): FakeHotelPhone;
  /** What that guest's phone shows for one number, oldest first. */
  phone(address: string, phoneNumberId: string): readonly PhoneMessage[];
  /** A file that a phone shows, by the id in `PhoneMessage.file`; null when WhatsApp does not have it any more. */
  file(id: string): Pick<StoredFile, "bytes" | "mimeType"> | null;
  /** Reports a status of a message that was taken. @param failure why it failed: 131026 by default */
  report(message: Accepted, status: ReportedStatus, failure?: Refusal): Promise<void>;
  /**
   * Resolves when whatever is due by the clock has reached the host: move a `manualClock` forward, then wait for this. With the
   * system's clock, what is due later is not waited for.
   */
  settled(): Promise<void>;
  /**
   * What phones show, templates, files of up to 1 MB, and what the host has neither answered 200 nor refused for good (4xx), as JSON text: kept at each
   * `onChange` and given to the next `fakeWhatsApp`, nothing is lost between them, whatever ends the process.
   */
  snapshot(): string;
  /** Ends its server, and what is on its way. */
  close(): Promise<void>;
}

/** Which of an account's templates. */
export interface TemplateName {
  readonly name: string;
  readonly language: string;
  /** That of every number by default. */
  readonly account?: string;
}

interface Snapshot extends PhonesSnapshot {
  readonly undelivered?: readonly Letter[];
  readonly media?: MediaSnapshot;
  readonly templates?: TemplatesSnapshot;
}

/** Why a message failed of which nothing else is known. */
const UNDELIVERABLE: Refusal = { code: 131026 };
const PRICED: ReadonlySet<ReportedStatus> = new Set(["delivered", "read"]);

/**
 * Starts a WhatsApp for tests on 127.0.0.1: a Graph API that refuses what Meta refuses, signed webhooks, and guests with phones. Close it at the end.
 */
export async function fakeWhatsApp({
  appSecret,
  webhookUrl,
  port = 0,
  reports = ["sent", "delivered", "read"],
  reportDelayMs = 20,
  clock = systemClock,
  ids = timeOrderedIds,
  pacing: paced = true,
  weather = null,
  snapshot,
  onChange = () => undefined,
  ...options
}: FakeWhatsAppOptions): Promise<FakeWhatsApp> {
  const saved = snapshot === undefined ? null : (JSON.parse(snapshot) as Snapshot);
  const world = phones(saved);
  const registry = numbers();
  const definitions = templates(saved?.templates);
  const files = media(clock, appSecret, saved?.media);
  const meta = app(appSecret, (token) => callers.isValid(token));
  const callers = tokens(options, appSecret, () => meta.token);
  const refusals = faults();
  const travel = mishaps();
  const pacingOptions = typeof paced === "boolean" ? {} : paced;
  const pace = paced === false ? null : pacing(pacingOptions);
  const newWamid = (): string => `wamid.${Buffer.from(ids()).toString("base64")}`;
  const log = sends(world, clock, newWamid);
  const seenByHotel = reads(clock);
  const mail = mailbag({
    webhookUrl,
    sign: (body) => sign(body, appSecret),
    write(letter) {
      if (letter.kind === "message") return letter.webhook;
      const { about, status, failure = UNDELIVERABLE, happened = happens(about, status) } = letter;
      const at = new Date(happened.at);
      const guest = world.told(recipientOf(about), about.phoneNumberId, at);
      const number = registry.of(about.phoneNumberId);
      return statusWebhook({ about, number, guest, status, at, isPriced: happened.isPriced, failure });
    },
    saved: saved?.undelivered ?? [],
    tried: (letters, answer) => travel.tried(letters, answer, clock.now()),
  });
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  /** What is on its way to the host now. */
  const posting = new Set<Promise<void>>();

  const snapshotNow = (): string =>
    JSON.stringify({
      ...world.snapshot(),
      undelivered: mail.undelivered,
      media: files.snapshot(),
      templates: definitions.snapshot(),
    } satisfies Snapshot);
  const changed = (): void => onChange({ snapshot: snapshotNow });

  /** Whose phone shows it: the address may be somebody else's by now. */
  const recipientOf = ({ wamid, address }: Accepted): Person =>
    world.find(wamid)?.holder ?? world.guest(digits(address));

  /** A phone does something with a message now. The price stands in `sent`, and in the first word that it was delivered. */
  function happens({ wamid }: Accepted, status: ReportedStatus): Happened {
    const before = world.find(wamid)?.message.status ?? "sent";
    const isPriced = status === "sent" || (PRICED.has(status) && statusRank(before) < statusRank("delivered"));
    return { at: clock.now().toISOString(), isPriced };
  }

  async function until(at: Date): Promise<void> {
    const { signal } = closing;
    const ms = at.getTime() - clock.now().getTime();
    if (ms <= 0) return;
    await (isManual(clock) ? clock.until(at, signal) : delay(ms, undefined, { signal })).catch(() => undefined);
  }
  const after = (ms: number): Date => new Date(clock.now().getTime() + ms);

  /** Posts a body, and lets `settled()` know of it until it has arrived. */
  function carry(letters: readonly Letter[], losing = 0): Promise<void> {
    const carried = mail.post(letters, losing);
    const over = carried.catch(() => undefined).then(() => void posting.delete(over));
    posting.add(over);
    return carried;
  }
  const gathered = (): Promise<void> =>
    weather?.gatherMs === undefined ? new Promise(setImmediate) : until(after(weather.gatherMs));
  const deliverOne =
    weather === null
      ? (letter: Letter, losing?: number) => carry([letter], losing)
      : weathered(weather, gathered, (letters) => carry(letters));

  async function post(letter: Letter, losing?: number): Promise<void> {
    if (letter.kind === "report") {
      letter.happened ??= happens(letter.about, letter.status);
      world.tick(letter.about.wamid, letter.status);
      changed();
    }
    try {
      await deliverOne(letter, losing);
      if (letter.kind === "message" && letter.wamid !== null) world.tick(letter.wamid, "delivered");
    } finally {
      if (!closing.signal.aborted) changed();
    }
  }

  async function postReports(letters: readonly Letter[]): Promise<void> {
    const due = letters.map((_, place) => after((place + 1) * reportDelayMs));
    for (const [place, letter] of letters.entries()) {
      await until(due[place] ?? clock.now());
      if (closing.signal.aborted) return;
      // A host that refuses its statuses hears so when a guest speaks, or from report().
      const posted = post(letter).catch(() => undefined);
      if (weather === null) await posted;
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

  const holds = holding();
  function take(taking: Taking): { readonly wamid: string; readonly held: Held | null } {
    const held = holds.of(taking.template);
    const about = log.take(taking, held !== null);
    const goes = (): void => {
      if (held !== null) log.show(about, taking);
      reportsOf(about, taking);
    };
    if (held === null) goes();
    else holds.wait(taking.template, goes);
    return { wamid: about.wamid, held };
  }

  /** What becomes of a message that is on its way. */
  function reportsOf(about: Accepted, { failure, guest, number, body }: Taking): void {
    if (body.to !== undefined) world.met(guest, number.phoneNumberId, clock.now().toISOString());
    const usual = guest.standing.reports ?? reports;
    const told = body.reaction === undefined ? usual : usual.filter((status) => status === "sent");
    const letters =
      failure === null
        ? told.map((status) => mail.add({ kind: "report", about, status }))
        : [mail.add({ kind: "report", about, status: "failed" as const, failure })];
    changed();
    void postReports(letters);
  }

  const server = createServer(
    graph({
      tokens: callers,
      faults: refusals,
      sends: log,
      wait: (ms) => until(after(ms)),
      answer: answers({
        world,
        clock,
        app: meta,
        numbers: registry,
        templates: definitions,
        media: files,
        pacing: pace,
        paced: pacingOptions,
        judged: options,
        sent: (phoneNumberId, guest) => log.sentTo(phoneNumberId, guest),
        take,
        seen(read) {
          seenByHotel.note(read);
          world.seen(read.wamid);
          changed();
        },
        base: () => graphUrl(),
      }),
    }),
  );
  const graphUrl = (): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const caughtUp = catchUp();

  /** Tells the host one after the other, after all that it has not heard yet. */
  async function deliver(news: readonly News[]): Promise<void> {
    const letters = news.map((message) => mail.add({ kind: "message", ...message }));
    changed();
    await caughtUp;
    for (const letter of letters)
      // The weather holds back and mixes what comes at once: it has to see it at once.
      await (weather === null && letter.chat !== undefined
        ? travel.deliver(
            letter.chat,
            (ms) => until(after(ms)),
            (losing) => post(letter, losing),
          )
        : post(letter));
  }

  return {
    graphUrl: graphUrl(),
    accepted: log.accepted,
    calls: log.calls,
    reads: seenByHotel.all,
    typing(address, phoneNumberId) {
      const wamids = new Set(world.thread(address, phoneNumberId).map(({ wamid }) => wamid));
      return seenByHotel.isTyping(wamids, log.sentTo(phoneNumberId, world.guest(digits(address)).key));
    },
    get requests() {
      return log.calls.length;
    },
    fail: (...next) => refusals.fail(...next),
    failWhen: (isMet, fault) => refusals.failWhen(isMet, fault),
    failAtRate: (rate) => refusals.failAtRate(rate),
    mishap: (...next) => travel.expect(...next),
    deliveries: travel.deliveries,
    acceptToken: (token) => callers.accept(token),
    revokeToken: (token) => callers.revoke(token),
    number: (phoneNumberId, known) => registry.set(phoneNumberId, known),
    app: (known) => meta.set(known),
    template(template, account = ACCOUNT) {
      const made = definitions.put(account, template);
      changed();
      return made;
    },
    async setTemplateStatus({ name, language, account = ACCOUNT }, status, more = {}) {
      const template = definitions.change(account, name, language, { status: BACK.has(status) ? "APPROVED" : status });
      const told = { ...template, status };
      await deliver([{ wamid: null, webhook: templateStatusWebhook(account, told, more, clock.now()) }]);
    },
    holdTemplate({ name, language, account = ACCOUNT }, held) {
      const { id } = definitions.change(account, name, language, {});
      holds.set(id, held);
    },
    async setTemplateCategory({ name, language, account = ACCOUNT }, category) {
      const before = definitions.find(account, name, language)?.category ?? "";
      const template = definitions.change(account, name, language, { category });
      await deliver([{ wamid: null, webhook: templateCategoryWebhook(account, template, before, clock.now()) }]);
    },
    ...people({
      world,
      clock,
      newWamid,
      numberOf: (phoneNumberId) => registry.of(phoneNumberId),
      keep(phoneNumberId, { bytes, mimeType }) {
        const file = files.add({ phoneNumberId, from: "guest", mimeType, bytes: Buffer.from(bytes) });
        return { sha256: sha256(file.bytes, "base64"), id: file.id, url: `${graphUrl()}${files.pathOf(file)}` };
      },
      heard: (number) => pace?.heard(number, clock.now().getTime()),
      deliver,
      changed,
      async opened(guest, phoneNumberId) {
        for (const about of log.sentTo(phoneNumberId, guest.key)) {
          const rank = statusRank(world.find(about.wamid)?.message.status ?? "read");
          const due = (["delivered", "read"] as const).filter((status) => statusRank(status) > rank);
          for (const status of due) await post(mail.add({ kind: "report", about, status }));
        }
      },
    }),
    phone: (address, phoneNumberId) => world.thread(address, phoneNumberId),
    file: (id) => files.find(id),
    report: (about, status, failure) =>
      post(mail.add({ kind: "report", about, status, ...(failure !== undefined && { failure }) })),
    async settled() {
      // What has just come due takes a turn or two before it is posted.
      for (let quiet = 0; quiet < 3; quiet++) {
        await new Promise(setImmediate);
        if (posting.size > 0) quiet = -1;
        await Promise.all(posting);
      }
    },
    snapshot: snapshotNow,
    async close() {
      closing.abort();
      mail.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const BACK: ReadonlySet<string> = new Set(["REINSTATED", "UNARCHIVED"]);

const isManual = (clock: Clock): clock is ManualClock => "until" in clock;
