import { createHmac } from "node:crypto";
import { staticHotels, type HotelOptions } from "../config/hotel.js";
import { BUILT_IN_ROLES } from "../domain/access.js";
import { noChange } from "../domain/change.js";
import type { OutboundContent } from "../domain/content.js";
import type { DeskEvent } from "../domain/event.js";
import type { ClaimedLane } from "../domain/lane.js";
import type { JsonValue } from "../domain/json.js";
import type { StaffPrincipal, SystemPrincipal } from "../domain/principal.js";
import type { WorkKind } from "../domain/work.js";
import { flowBook } from "../flow/book.js";
import { flowListener } from "../flow/inbound.js";
import type { Flow, Perform } from "../flow/types.js";
import type { GuestsPort } from "../ports/guests.js";
import { silentLogger, type Logger } from "../ports/logger.js";
import type { RoutingOptions } from "../ports/processor.js";
import type { Storage } from "../ports/storage.js";
import type { TasksPort } from "../ports/tasks.js";
import type { Transport } from "../ports/transport.js";
import { asking } from "../runtime/asking.js";
import { commandWork } from "../runtime/command-work.js";
import { sealedCursors } from "../runtime/cursor.js";
import type { Desk } from "../runtime/desk-api.js";
import type { FlowRunView, PmsAnswer } from "../runtime/desk-shapes.js";
import { deskFor } from "../runtime/desk.js";
import { flowWork } from "../runtime/flow-work.js";
import { findGuest } from "../runtime/host-ports.js";
import { inboundWork } from "../runtime/inbound-work.js";
import { leaseKeeper } from "../runtime/lease-keeper.js";
import { outboundWork } from "../runtime/outbound-work.js";
import type { PmsStayEvent, PmsTaskEvent } from "../runtime/pms-event.js";
import { receipts } from "../runtime/receipts.js";
import { receiver } from "../runtime/receive.js";
import { refusedWork } from "../runtime/refused-work.js";
import { stayWork } from "../runtime/stay-work.js";
import { handOverStrays } from "../runtime/stray-runs.js";
import { putFile } from "../runtime/template-desk.js";
import { timerWork } from "../runtime/timer-work.js";
import { templatesFromJson } from "../whatsapp/template-json.js";
import { numbers } from "./fake/numbers.js";
import { manualClock, type ManualClock } from "./manual-clock.js";
import { echoWebhook, messageWebhook } from "./meta-json.js";

/** What a scenario runs on; the storage alone has to be given. */
export interface ScenarioOptions {
  /** The flows that guests can begin; none by default. */
  readonly flows?: readonly Flow[];
  /** One with reception and housekeeping in Rome by default. Its first number is the one that guests write to. */
  readonly hotel?: HotelOptions;
  /** Made anew for each scenario: `(clock) => memoryStorage({ clock })` of `belldesk/memory`. */
  readonly storage: (clock: ManualClock) => Storage;
  /** When it begins; noon of a Tuesday by default. */
  readonly start?: Date;
  /** WhatsApp delivers each message twice; false by default. */
  readonly doubled?: boolean;
  /**
   * Asked before and after each verb of the storage that the work uses: true ends the process at that moment, as `kill -9` does. Another
   * goes on once the leases have run out.
   */
  readonly crashes?: (moment: Moment) => boolean;
  /**
   * What the host answers in place of the flows' own calls, by the step's name, one after the other: as in a recorded conversation. A step that
   * is not named calls the host.
   */
  readonly calls?: Readonly<Record<string, readonly HostAnswer[]>>;
  /** Told what the desk logs; nobody by default. */
  readonly logger?: Logger;
  /** The host's own processors and `classify`, as the desk has them. */
  readonly routing?: RoutingOptions;
  /** Who guests are by the host's books. */
  readonly guests?: GuestsPort;
  /** The hotel's own system for what guests want done. */
  readonly tasks?: TasksPort;
}

/** Without the hotel, which is the scenario's. */
export type ScenarioPmsEvent = Omit<PmsStayEvent, "hotelId"> | Omit<PmsTaskEvent, "hotelId">;
/** `fails`: however often it is called. */
export type HostAnswer = { readonly answers: JsonValue } | { readonly fails: true };

/** A moment at which a process may die. */
export interface Moment {
  readonly work: WorkKind;
  readonly verb: string;
  readonly when: "before" | "after";
}

/** What a guest's phone shows of the hotel. */
export interface Shown {
  readonly wamid: string;
  readonly text: string;
  readonly content: OutboundContent;
  /** What can be tapped. */
  readonly options: readonly string[];
}

/** A guest of a scenario; each act answers what the hotel said to it. */
export interface ScenarioGuest {
  readonly name: string;
  /** Digits. */
  readonly waId: string;
  /** Writes. @returns what the hotel said to it */
  says(text: string, options?: { readonly quotes?: string }): Promise<readonly string[]>;
  /** Taps an option that the phone shows, the newest that is called so. @throws {RangeError} when it shows none */
  taps(option: string): Promise<readonly string[]>;
  /** Taps what the phone need not show, by its id. */
  tapsId(id: string, title?: string): Promise<readonly string[]>;
  /** Sends a message of another type, in WhatsApp's own JSON: `sends("location", { latitude, longitude })`. */
  sends(type: string, body: object): Promise<readonly string[]>;
  /** Sends a photo. */
  sendsPhoto(): Promise<readonly string[]>;
  /** Fills in the form that the phone shows last. @throws {RangeError} when it shows none */
  fillsIn(answers: object): Promise<readonly string[]>;
  /** Lets time go by, for everybody: `"26h"`, `"30m"`, `"2d"`. @returns what the hotel said meanwhile */
  waits(time: string): Promise<readonly string[]>;
  /** All that the phone shows of the hotel. */
  readonly phone: readonly Shown[];
  /** The conversation that the guest wrote in last. @throws {RangeError} before there is one */
  conversationId(): Promise<string>;
  /** How far the guest is in the flow they walked last; null before any. */
  run(): Promise<FlowRunView | null>;
}

/** One of staff, who sees the whole hotel, and answers where the guest is. */
export interface ScenarioStaff {
  readonly desk: Desk;
  /** Answers the guest in their open conversation. */
  replies(guest: ScenarioGuest, text: string): Promise<void>;
  /** Writes on the hotel's phone, as the desk hears it by an echo. */
  writesOnPhone(guest: ScenarioGuest, text: string): Promise<void>;
  /** Takes the guest from the flow. */
  takesOver(guest: ScenarioGuest): Promise<void>;
  /** Gives the guest back to the flow. */
  givesBack(guest: ScenarioGuest): Promise<readonly string[]>;
  /** Closes the conversation. */
  closes(guest: ScenarioGuest): Promise<void>;
  /** Begins a flow with the guest. */
  starts(guest: ScenarioGuest, flowId: string, given?: Readonly<Record<string, string>>): Promise<readonly string[]>;
  /** Ends the guest's flow. */
  stops(guest: ScenarioGuest): Promise<void>;
  /** Decides what a flow asks staff. @returns what the guest's phone shows of it */
  decides(guest: ScenarioGuest, approved: boolean): Promise<readonly string[]>;
  /** What staff wrote among themselves in a guest's conversation, notes of flows included. */
  notes(guest: ScenarioGuest): Promise<readonly string[]>;
}

/** A whole hotel with nothing to wait for: what an act leads to is done when it resolves. */
export interface Scenario {
  readonly clock: ManualClock;
  readonly storage: Storage;
  /**
   * A guest, by their name; the same again by the same. Anna by default.
   * @param options.language BCP 47: what they said before that they speak, as in a flow's `speaks`
   */
  guest(name?: string, options?: { readonly language?: string }): ScenarioGuest;
  readonly staff: ScenarioStaff;
  /** All that has happened, in order. */
  readonly events: readonly DeskEvent[];
  /** The hotel's own system (PMS) tells something: `pms({ kind: "checked_in", reservationId, eventId, version })`, with all that it leads to. */
  pms(event: ScenarioPmsEvent): Promise<PmsAnswer>;
  /** The process ends, and another begins with these flows. @returns how many runs had no place any more, and went to staff */
  deploy(flows: readonly Flow[]): Promise<number>;
  /** The process ends as by `kill -9`, and another begins: with other flows, if any are given, of whose runs nobody has told staff yet. */
  crash(flows?: readonly Flow[]): void;
  /** How often a process has died. */
  readonly deaths: number;
}

const SECRET = "a-scenario-secret";
const NOON = new Date("2026-11-10T12:00:00Z");
const LEASE_MS = 8_000;
const SEND_MAX_AGE_MS = 3_600_000;
const KINDS = ["inbound", "command", "timer", "assignment", "outbound"] as const;
/** Rounds of work that one thing leads to; more are work that goes round for ever. */
const ROUNDS_MOST = 10_000;
const GRAND: HotelOptions = {
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "none", messagesPerSecond: null }],
  departments: [
    { id: "reception", name: "Reception" },
    { id: "housekeeping", name: "Housekeeping" },
  ],
};

/**
 * A conversation written as a script: a hotel with its desk and its flows, on a clock that stands still until somebody waits, with no
 * network and no process. What is asked for has happened when it resolves, with all that it led to: a flow's calls to the host, answers on the
 * guest's phone, timers that came due.
 */
export function scenario({
  flows: first = [],
  hotel: options = GRAND,
  storage: made,
  start = NOON,
  doubled = false,
  crashes = () => false,
  calls = {},
  logger = silentLogger,
  routing = {},
  guests: books,
  tasks,
}: ScenarioOptions): Scenario {
  const clock = manualClock(start);
  const storage = made(clock);
  const hotels = staticHotels([options]);
  const settings = { minConfidence: 0.5, deadlineMs: 2_000, concurrency: 20, ...routing };
  const lookups = { freshMs: 1, staleMs: 1, deadlineMs: 1_000 };
  const find = books === undefined ? null : findGuest(books, lookups, logger);
  const isAsking = routing.processors !== undefined || routing.classify !== undefined || find !== null;
  const [{ phoneNumberId } = { phoneNumberId: "" }] = options.numbers;
  const number = numbers().of(phoneNumberId);
  const phones = new Map<string, Shown[]>();
  const guests = new Map<string, ScenarioGuest>();
  const events: DeskEvent[] = [];
  let serial = 0;
  let deaths = 0;
  let hasTemplates = false;
  const answered = answeredBy(calls);
  let process = begin(first);

  /** WhatsApp: takes whatever it gets. */
  const transport: Transport = {
    send({ to, content }) {
      const wamid = `wamid.hotel.${String(++serial)}`;
      const phone = phones.get(to.value) ?? [];
      phone.push({ wamid, content, text: textOf(content), options: optionsOf(content).map(({ title }) => title) });
      phones.set(to.value, phone);
      return Promise.resolve({ outcome: "accepted", wamid });
    },
  };

  /** A process that works with these flows until it dies. */
  function begin(flows: readonly Flow[]) {
    let die: () => void = () => undefined;
    const died = new Promise<"died">((resolve) => {
      die = () => {
        resolve("died");
      };
    });
    let isDead = false;
    const end = (): void => {
      isDead = true;
      deaths += 1;
      die();
    };
    const hasDied = (): boolean => isDead;
    const never = new Promise<never>(() => undefined);
    /** The storage as one kind of work sees it: it dies in between, and whoever has died asks for nothing more. */
    const seen = (work: WorkKind): Storage =>
      new Proxy(storage, {
        get(target, verb) {
          const value: unknown = Reflect.get(target, verb, target);
          if (typeof value !== "function") return value;
          return async (...args: unknown[]): Promise<unknown> => {
            const moment = { work, verb: String(verb) };
            if (hasDied()) return never;
            if (crashes({ ...moment, when: "before" })) {
              end();
              return never;
            }
            const result = await (value as (...args: unknown[]) => Promise<unknown>).apply(target, args);
            if (!hasDied() && crashes({ ...moment, when: "after" })) end();
            return hasDied() ? never : result;
          };
        },
      });
    const book = flowBook(flows.map(answered), (error, { step }) => {
      logger.warn({ step, error: String(error) }, "a flow's own code threw");
    });
    const publish = (told: readonly DeskEvent[]): void => {
      events.push(...told);
    };
    const nothing = () => undefined;
    const ids = () => `s${String(++serial)}`;
    const common = { hotels, logger, random: () => 1, publish, retry: { baseMs: 1_000, capMs: 60_000, attempts: 5 } };
    const deskOf = (principal: Parameters<typeof deskFor>[0], on: { storage: Storage; ids: () => string }): Desk =>
      deskFor(principal, {
        ...common,
        roles: BUILT_IN_ROLES,
        media: null,
        hasTasks: tasks !== undefined,
        flows: book,
        findGuest: () => Promise.resolve(null),
        transport: {},
        receipts: receipts({ ...common, storage: on.storage, transport: {} }),
        cursors: sealedCursors([SECRET]),
        wake: nothing,
        ...on,
      });
    const command = seen("command");
    const { perform, endJoined } = flowWork({
      ...common,
      storage: command,
      deskFor: deskOf,
      flows: book,
      media: null,
      wake: nothing,
    });
    const asks = isAsking ? asking({ routing, settings, book, findGuest: find, most: 100, logger }) : null;
    const staysOn = (kind: "timer" | "command") =>
      stayWork({
        ...common,
        storage: seen(kind),
        flows: book,
        tasks: tasks ?? null,
        wake: nothing,
      });
    const leases = leaseKeeper(storage, logger, LEASE_MS);
    const outbound = outboundWork({
      ...common,
      storage: seen("outbound"),
      transport: { send: (message) => transport.send(message) },
      leases,
      policy: { baseMs: 1, capMs: 1, maxAgeMs: SEND_MAX_AGE_MS, probeMs: 60_000, pacesGuests: false },
      wake: nothing,
      drainingMs: () => 0,
    });
    const works: Readonly<Record<(typeof KINDS)[number], (lanes: readonly ClaimedLane[]) => Promise<void>>> = {
      inbound: (lanes) =>
        inboundWork({
          ...common,
          storage: seen("inbound"),
          flows: flowListener(book),
          asking: asks,
          wake: nothing,
        }).handle(lanes),
      command: (lanes) =>
        commandWork({
          ...common,
          storage: command,
          deskFor: deskOf,
          perform,
          endJoined,
          putInPlace: refusedWork({ ...common, storage: command, maxAgeMs: SEND_MAX_AGE_MS, wake: nothing }),
          callTask: staysOn("command").call,
        }).handle(lanes, nothing),
      timer: (lanes) =>
        timerWork({
          ...common,
          storage: seen("timer"),
          flows: book,
          wake: nothing,
          fireStay: staysOn("timer").fire,
        }).handle(lanes),
      // Nobody is looked for in a scenario.
      assignment: async (lanes) => {
        for (const lane of lanes)
          await storage.commit(lane.hotelId, [
            { change: noChange(lane.hotelId), lane, completes: lane.items.map(({ id }) => id), failed: null },
          ]);
      },
      outbound: async (lanes) => {
        leases.hold(lanes, performance.now());
        await outbound.handle(lanes, nothing);
        leases.drop(lanes);
      },
    };
    const door = receiver({
      ...common,
      storage,
      appSecrets: [SECRET],
      ids,
      dedupRetentionMs: 30 * 24 * 3_600_000,
      maskCardNumbers: true,
      deadlineMs: 60_000,
      wake: nothing,
    });
    return {
      book,
      flows,
      end,
      died,
      works,
      door,
      desk: (by: StaffPrincipal | SystemPrincipal) => deskOf(by, { storage, ids }),
    };
  }

  /** Does all the work that is due. Lanes of a process that has died are due once its leases have run out. */
  async function settle(): Promise<void> {
    for (let round = 0; round < ROUNDS_MOST; round++) {
      let worked = false;
      let waits = false;
      for (const kind of KINDS) {
        const { lanes } = await storage.claim({
          kind,
          lanes: 20,
          itemsPerLane: kind === "inbound" || kind === "timer" ? 20 : 1,
          leaseMs: LEASE_MS,
        });
        if (lanes.length === 0) continue;
        worked = true;
        const { died, works } = process;
        const ended = await Promise.race([works[kind]([...lanes]).then(() => "done" as const), died]);
        if (ended === "died") {
          waits = true;
          process = begin(process.flows);
        }
      }
      if (waits) clock.advance(LEASE_MS);
      if (!worked) return;
    }
    throw new Error("The work goes round for ever.");
  }

  /** Milliseconds until something comes due, within so many; null for nothing. */
  async function nextDue(withinMs: number): Promise<number | null> {
    const claims = await Promise.all(
      (["inbound", "command", "timer"] as const).map((kind) =>
        storage.claim({ kind, lanes: 0, itemsPerLane: 1, leaseMs: LEASE_MS }),
      ),
    );
    const due = claims.flatMap(({ nextDueInMs }) => nextDueInMs ?? []).filter((ms) => ms <= withinMs);
    return due.length === 0 ? null : Math.min(...due);
  }

  async function passes(ms: number): Promise<void> {
    let left = ms;
    for (let due = await nextDue(left); due !== null; due = await nextDue(left)) {
      clock.advance(due);
      left -= due;
      await settle();
      if (due === 0) break;
    }
    clock.advance(left);
    await settle();
  }

  async function delivered(webhook: object): Promise<void> {
    const body = Buffer.from(JSON.stringify(webhook));
    const signature = `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
    for (let time = 0; time < (doubled ? 2 : 1); time++) {
      const { status } = await process.door.receive({ body, signature });
      if (status !== 200) throw new Error(`The webhook was answered ${String(status)}.`);
      await settle();
    }
  }

  /** A guest of whom it is known, before they write, what they speak. */
  async function knows(waId: string, language: string): Promise<void> {
    const id = `gst_${waId}`;
    const change = {
      ...noChange(options.id),
      newGuest: { id, address: { kind: "waId", value: waId } as const },
      guest: { id, name: null, username: null, language, addresses: [], retires: [] },
    };
    await storage.commit(options.id, [{ change, lane: null, completes: [], failed: null }]);
  }

  function newGuest(name: string, waId: string, language: string | null): ScenarioGuest {
    let speaks = language;
    const phone = (): readonly Shown[] => phones.get(waId) ?? [];
    /** What the phone shows after something has happened that it did not show before. */
    const answers = async (act: () => Promise<void>): Promise<readonly string[]> => {
      const before = phone().length;
      await act();
      return phone()
        .slice(before)
        .map(({ text }) => text);
    };
    const writes = (body: object, quotes?: string) =>
      answers(async () => {
        if (speaks !== null) await knows(waId, speaks);
        speaks = null;
        const wamid = `wamid.${waId}.${String(++serial)}`;
        return delivered(messageWebhook({ guest: { name, waId }, number, wamid, at: clock.now(), body, quotes }));
      });
    const tapped = (id: string, title: string, isRow: boolean, quotes?: string) => {
      const type = isRow ? "list_reply" : "button_reply";
      return writes({ type: "interactive", interactive: { type, [type]: { id, title } } }, quotes);
    };
    const me: ScenarioGuest = {
      name,
      waId,
      says: (text, { quotes } = {}) => writes({ type: "text", text: { body: text } }, quotes),
      async taps(option) {
        const asking = phone().findLast(({ options: shown }) => shown.includes(option));
        const found = asking && optionsOf(asking.content).find(({ title }) => title === option);
        if (asking === undefined || found === undefined)
          throw new RangeError(
            `The phone shows no option "${option}"; it shows: ${phone()
              .flatMap(({ options: all }) => all)
              .join(", ")}`,
          );
        return tapped(found.id, found.title, asking.content.type === "list", asking.wamid);
      },
      tapsId: (id, title = id) => tapped(id, title, false),
      sends: (type, body) => writes({ type, [type]: body }),
      sendsPhoto: () =>
        writes({ type: "image", image: { id: String(++serial), mime_type: "image/jpeg", sha256: "aGFzaA==" } }),
      async fillsIn(given) {
        const shown = phone().findLast(({ content }) => content.type === "form");
        if (shown?.content.type !== "form") throw new RangeError("The phone shows no form.");
        const response = JSON.stringify({ ...given, flow_token: shown.content.token });
        const reply = { type: "nfm_reply", nfm_reply: { name: "flow", body: "Sent", response_json: response } };
        return writes({ type: "interactive", interactive: reply }, shown.wamid);
      },
      waits: (time) => answers(() => passes(msOf(time))),
      get phone() {
        return phone();
      },
      async conversationId() {
        const id = await current(me);
        if (id === null) throw new RangeError(`${name} has not written yet.`);
        return id;
      },
      async run() {
        const { items } = await staff.desk.conversations({ limit: 100 });
        const own = items.filter((item) => item.guest.name === name && item.mode === "flow");
        const runs = await Promise.all(own.map(({ id }) => staff.desk.flowRun(id)));
        const newest = runs
          .flatMap((run) => run ?? [])
          .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())[0];
        return newest ?? null;
      },
    };
    return me;
  }

  async function current({ name }: ScenarioGuest): Promise<string | null> {
    const { items } = await staff.desk.conversations({ limit: 100 });
    const own = items.filter((item) => item.guest.name === name);
    return (own.find(({ status }) => status === "open") ?? own[0])?.id ?? null;
  }

  const manager: StaffPrincipal = { kind: "staff", id: "manager", role: "admin", hotels: { [options.id]: "all" } };
  const at = async (
    guest: ScenarioGuest,
    act: (desk: Desk, id: string) => Promise<unknown>,
  ): Promise<readonly string[]> => {
    const before = guest.phone.length;
    await act(staff.desk, await guest.conversationId());
    await settle();
    return guest.phone.slice(before).map(({ text }) => text);
  };
  const staff: ScenarioStaff = {
    get desk() {
      return process.desk(manager);
    },
    async replies(guest, text) {
      await at(guest, (desk, id) =>
        desk.reply(id, { clientMessageId: `r${String(++serial)}`, content: { type: "text", text } }),
      );
    },
    async writesOnPhone({ name, waId }, text) {
      const wamid = `wamid.phone.${String(++serial)}`;
      const body = { type: "text", text: { body: text } };
      await delivered(echoWebhook({ guest: { name, waId }, number, wamid, at: clock.now(), body }));
    },
    async takesOver(guest) {
      await at(guest, (desk, id) => desk.takeover(id));
    },
    givesBack: (guest) => at(guest, (desk, id) => desk.giveback(id)),
    async closes(guest) {
      await at(guest, (desk, id) => desk.close(id));
    },
    starts: (guest, flowId, given = {}) => at(guest, (desk, id) => desk.startFlow(id, { flowId, given })),
    async stops(guest) {
      await at(guest, (desk, id) => desk.stopFlow(id));
    },
    async decides(guest, approved) {
      const run = await guest.run();
      const before = guest.phone.length;
      const { approval = null, conversationId = "" } = run ?? {};
      await staff.desk.decideApproval(conversationId, { approvalId: approval?.id ?? "", approved });
      await settle();
      return guest.phone.slice(before).map(({ text }) => text);
    },
    async notes(guest) {
      const { items } = await staff.desk.messages(await guest.conversationId());
      return items.flatMap(({ content }) => (content.type === "note" ? [content.text] : [])).reverse();
    },
  };

  return {
    clock,
    storage,
    staff,
    events,
    guest(name = "Anna", { language } = {}) {
      const known = guests.get(name);
      if (known !== undefined) return known;
      const guest = newGuest(name, `1202555${String(100 + guests.size).padStart(4, "0")}`, language ?? null);
      guests.set(name, guest);
      return guest;
    },
    async pms(event) {
      if (!hasTemplates && options.templates !== undefined)
        await putFile(storage, options.id, templatesFromJson(options.templates));
      hasTemplates = true;
      const desk = process.desk({ kind: "system", id: "pms" });
      const answer = await desk.applyPms({ ...event, hotelId: options.id });
      await settle();
      return answer;
    },
    async deploy(flows) {
      process.end();
      process = begin(flows);
      const moved = await handOverStrays({
        storage,
        hotels,
        flows: process.book,
        logger,
        publish: (told) => events.push(...told),
      });
      await settle();
      return moved;
    },
    crash(flows = process.flows) {
      process.end();
      process = begin(flows);
    },
    get deaths() {
      return deaths;
    },
  };
}

/** A flow whose calls are answered so; each is answered the same however often it is tried. */
function answeredBy(calls: NonNullable<ScenarioOptions["calls"]>): (flow: Flow) => Flow {
  const left = new Map(Object.entries(calls).map(([step, answers]) => [step, [...answers]]));
  const given = new Map<string, HostAnswer | undefined>();
  const call =
    (name: string): Perform =>
    ({ idempotencyKey }) => {
      if (!given.has(idempotencyKey)) given.set(idempotencyKey, left.get(name)?.shift());
      const answer = given.get(idempotencyKey);
      if (answer === undefined || "fails" in answer) throw new Error("the host does not answer");
      return answer.answers;
    };
  return (flow) => ({
    ...flow,
    steps: new Map(
      [...flow.steps].map(([name, step]) => [
        name,
        step.kind === "perform" && left.has(name) ? { ...step, call: call(name) } : step,
      ]),
    ),
  });
}

/** What a phone shows of a message. */
function textOf(content: OutboundContent): string {
  const { text } = content as { readonly text?: string };
  return text ?? `[${content.type}]`;
}

function optionsOf(content: OutboundContent): readonly { readonly id: string; readonly title: string }[] {
  return content.type === "buttons" ? content.buttons : content.type === "list" ? content.rows : [];
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws {RangeError} for what is no time */
function msOf(time: string): number {
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(time) ?? [];
  if (count === "") throw new RangeError(`"${time}" is no time: write 30s, 45m, 26h or 2d.`);
  return Number(count) * (UNITS[unit] ?? 0);
}
