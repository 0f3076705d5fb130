import { expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { staticHotels } from "../../src/config/hotel.js";
import { silentLogger } from "../../src/ports/logger.js";
import type { Settlement } from "../../src/ports/work-storage.js";
import type { Storage } from "../../src/ports/storage.js";
import type { SendResult, Transport } from "../../src/ports/transport.js";
import { leaseKeeper, type LeaseKeeper } from "../../src/runtime/lease-keeper.js";
import { outboundWork } from "../../src/runtime/outbound-work.js";
import { templatesFromJson } from "../../src/whatsapp/template-json.js";
import {
  aConversation,
  anOutboundMessage,
  HOTEL,
  MINUTE_MS,
  NUMBER,
  sendWork,
} from "../../src/testing/contract/builders.js";
import { aKnownGuest, stored } from "../../src/testing/contract/steps.js";

/** What sends, by these leases and this transport. @param settle in place of the storage's own */
const outboundOf = (storage: Storage, leases: LeaseKeeper, transport: Transport, settle: Storage["settle"]) =>
  outboundWork({
    storage: {
      loadSends: (...asked) => storage.loadSends(...asked),
      messages: (...asked) => storage.messages(...asked),
      intend: (...asked) => storage.intend(...asked),
      release: (...asked) => storage.release(...asked),
      fail: (...asked) => storage.fail(...asked),
      setPaces: (...asked) => storage.setPaces(...asked),
      enqueue: (...asked) => storage.enqueue(...asked),
      pauseSenders: (...asked) => storage.pauseSenders(...asked),
      resume: (...asked) => storage.resume(...asked),
      settle,
    },
    hotels: staticHotels([
      {
        id: HOTEL,
        timeZone: "Europe/Rome",
        numbers: [{ phoneNumberId: NUMBER, accessToken: "token", messagesPerSecond: null }],
        departments: [{ id: "reception", name: "Reception" }],
      },
    ]),
    transport,
    leases,
    logger: silentLogger,
    random: () => 0,
    policy: { baseMs: 1_000, capMs: 60_000, maxAgeMs: Infinity, probeMs: MINUTE_MS, pacesGuests: true },
    publish: () => undefined,
    wake: () => undefined,
    drainingMs: () => 0,
  });

test("that WhatsApp asked a number to wait is stored at once, also while the storage is busy with what came before (F49)", async () => {
  const storage = memoryStorage();
  await storage.open({ migrate: true });
  const answers: Readonly<Record<string, SendResult>> = {
    "12025550101": { outcome: "accepted", wamid: "wamid.1" },
    "12025550102": {
      outcome: "rejected",
      failure: { code: "graph_130429", message: "The number's throughput is reached." },
      retry: { afterMs: 2_000 },
      pauses: { scope: "number", ends: "time", afterMs: 2_000 },
    },
  };
  const [welcome] = templatesFromJson([
    {
      name: "welcome",
      language: "en",
      status: "APPROVED",
      category: "UTILITY",
      components: [{ type: "BODY", text: "Welcome!" }],
    },
  ]);
  await storage.putTemplates({ hotelId: HOTEL, templates: [welcome!], at: new Date() });
  for (const waId of Object.keys(answers)) {
    const guest = await aKnownGuest(storage, { waId });
    const conversation = aConversation(`con_${waId}`, guest, { lastSeq: 1 });
    const content = { type: "template", name: "welcome", language: "en" } as const;
    const message = anOutboundMessage(`msg_${waId}`, conversation, 1, { content });
    await stored(storage, conversation, [message], { work: [sendWork(message, guest)] });
  }

  // The first settlement takes until the other one has been asked for.
  let otherAsked: () => void = () => undefined;
  const other = new Promise<void>((resolve) => (otherAsked = resolve));
  let firstAsked: () => void = () => undefined;
  const first = new Promise<void>((resolve) => (firstAsked = resolve));
  const settle = async (batch: readonly Settlement[]) => {
    if (batch.some(({ pause }) => pause !== null)) otherAsked();
    else {
      firstAsked();
      await other;
    }
    return storage.settle(batch);
  };

  const leases = leaseKeeper(storage, silentLogger, MINUTE_MS);
  const transport: Transport = {
    async send({ to }) {
      const answer = answers[to.value];
      if (answer === undefined) throw new RangeError(to.value);
      if (answer.outcome === "rejected") await first;
      return answer;
    },
  };
  const { handle } = outboundOf(storage, leases, transport, settle);
  const since = performance.now();
  const { lanes } = await storage.claim({ kind: "outbound", lanes: 2, itemsPerLane: 1, leaseMs: MINUTE_MS });
  leases.hold(lanes, since);
  await handle(lanes, () => undefined);
  const [sender] = await storage.senders({ reach: "everything" });
  expect(sender?.pause).toMatchObject({ code: "graph_130429", probing: false });
});

test("a process that slept past its lease says nothing of a message that the next one is sending: what that one knows, counts (F30)", async () => {
  let now = Date.now();
  const storage = memoryStorage({ clock: { now: () => new Date(now) } });
  await storage.open({ migrate: true });
  const guest = await aKnownGuest(storage, { waId: "12025550101" });
  const conversation = aConversation("con_1", guest, { lastSeq: 1 });
  const message = anOutboundMessage("msg_1", conversation, 1);
  await stored(storage, conversation, [message], { work: [sendWork(message, guest)] });
  const claim = { kind: "outbound", lanes: 1, itemsPerLane: 1, leaseMs: MINUTE_MS } as const;
  const { lanes: slept } = await storage.claim(claim);
  now += 2 * MINUTE_MS;
  const { lanes: next } = await storage.claim(claim);
  await storage.intend([{ lane: next[0]!, messageId: "msg_1", as: "windowless" }]);

  // Nothing is held here any more.
  const leases = leaseKeeper(storage, silentLogger, MINUTE_MS);
  const said: Settlement[] = [];
  const { handle } = outboundOf(
    storage,
    leases,
    { send: () => Promise.reject(new Error("It is not its turn.")) },
    (settlements) => {
      said.push(...settlements);
      return storage.settle(settlements);
    },
  );
  expect(slept).toHaveLength(1);
  await handle(slept, () => undefined);
  expect(said).toEqual([]);
  const { sends } = await storage.loadSends(HOTEL, ["msg_1"]);
  expect(sends[0]?.message.status).toBe("sending");
});

test("while nobody can find out whether WhatsApp wants an offer to the guest it waits, and nothing is sent (131049, F10)", async () => {
  const storage = memoryStorage();
  await storage.open({ migrate: true });
  const [spa] = templatesFromJson([
    {
      name: "spa",
      language: "en",
      status: "APPROVED",
      category: "MARKETING",
      components: [{ type: "BODY", text: "Two for one." }],
    },
  ]);
  await storage.putTemplates({ hotelId: HOTEL, templates: [spa!], at: new Date() });
  const guest = await aKnownGuest(storage, { waId: "12025550101" });
  const conversation = aConversation("con_1", guest, { lastSeq: 1 });
  const content = { type: "template", name: "spa", language: "en" } as const;
  const message = anOutboundMessage("msg_1", conversation, 1, { content });
  await stored(storage, conversation, [message], { work: [sendWork(message, guest)] });
  const leases = leaseKeeper(storage, silentLogger, MINUTE_MS);
  const down = { ...storage, messages: () => Promise.reject(new Error("The database is away.")) };
  const said: Settlement[] = [];
  const { handle } = outboundOf(
    down,
    leases,
    { send: () => Promise.reject(new Error("Nothing may leave.")) },
    (settlements) => {
      said.push(...settlements);
      return storage.settle(settlements);
    },
  );
  const since = performance.now();
  const { lanes } = await storage.claim({ kind: "outbound", lanes: 1, itemsPerLane: 1, leaseMs: MINUTE_MS });
  leases.hold(lanes, since);
  await handle(lanes, () => undefined);
  expect(said.map(({ result }) => result.kind)).toEqual(["retry"]);
  const { sends } = await storage.loadSends(HOTEL, ["msg_1"]);
  expect(sends[0]?.message.status).toBe("queued");
});
