import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { openTelemetry } from "../../adapters/opentelemetry/index.js";
import { ConversationManager, SPANS, WORK_KINDS, type Telemetry, type Transport } from "../../src/index.js";
import { guarded } from "../../src/ports/telemetry.js";
import { watchedHandler, watchedReceive, watchedStorage, watchedTransport } from "../../src/runtime/watching.js";
import { memoryTelemetry, type TestSeries } from "../../src/testing/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { aSendingHotel, HOUR_MS } from "./sending.js";
import { STORAGES } from "./stories.js";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const open = STORAGES[0]![1];

/** What no label, name or attribute may hold: what the guest of these tests wrote, is called, and writes from; and tokens. */
const CANARIES = /diary|12025550199|Guest 99|grand-token|second-token|test-app-secret/;

/** A guest writes, staff answer, and WhatsApp takes one message, refuses another, and leaves a third in the dark; the window closes on a fourth. */
async function aDay(telemetry: Telemetry) {
  const of = await aSendingHotel(open, { telemetry, whatsapp: {} });
  ends.push(() => of.close());
  const guest = of.guest("12025550199");
  const conversation = await of.writes(guest, "my secret diary");
  await conversation.becomes(await conversation.hears("Good evening"), "sent");
  of.fake.fail({ kind: "error", code: 131026 });
  await conversation.becomes(await conversation.hears("To nobody"), "failed");
  of.fake.fail({ kind: "silence" });
  await conversation.becomes(await conversation.hears("Are you there?"), "unknown");
  await of.pass(25 * HOUR_MS);
  return of;
}

const sum = (series: readonly TestSeries[], name: string, labels: Record<string, string> = {}): number =>
  series
    .filter(
      (one) =>
        one.name === name &&
        Object.entries(labels).every(([label, value]) =>
          Object.entries(one.labels).some(([l, v]) => l === label && v === value),
        ),
    )
    .flatMap(({ values }) => values)
    .reduce((a, b) => a + b, 0);

describe("an operator's metrics", () => {
  test("tell how many messages came and left, how long they took, what failed and what waits (S65)", async () => {
    const telemetry = memoryTelemetry();
    await aDay(telemetry);
    const series = await telemetry.read();
    expect(sum(series, "belldesk.items", { result: "new" })).toBe(1);
    expect(sum(series, "belldesk.sends", { hotel: "grand", result: "sent" })).toBeGreaterThanOrEqual(1);
    expect(sum(series, "belldesk.sends", { result: "failed" })).toBe(1);
    expect(sum(series, "belldesk.sends.failed", { code: "graph_131026" })).toBe(1);
    expect(sum(series, "belldesk.sends", { hotel: "grand", result: "unknown" })).toBe(1);
    expect(sum(series, "belldesk.sends.unknown")).toBe(1);
    expect(series.find(({ name }) => name === "belldesk.lag")?.values).toHaveLength(1);
    for (const name of ["belldesk.pending", "belldesk.pending.age", "belldesk.abandoned", "belldesk.dead"])
      expect(
        series
          .filter((one) => one.name === name)
          .map(({ labels }) => labels.kind)
          .toSorted(),
      ).toEqual([...WORK_KINDS].toSorted());
    // Which series there are: a metric or a label that comes or goes shows here.
    expect([
      ...new Set(series.map(({ name, labels }) => `${name} {${Object.keys(labels).sort().join(", ")}}`)),
    ]).toMatchSnapshot();
    expect([...new Set(telemetry.spans.map(({ name }) => name))].toSorted()).toEqual([
      "belldesk.process",
      "belldesk.receive",
      "belldesk.remember",
      "belldesk.send",
    ]);
    expect(JSON.stringify([series, telemetry.spans])).not.toMatch(CANARIES);
  });

  test("have no more series than labels have words, and no phone among them, whatever the desk is told (T90)", async () => {
    const telemetry = memoryTelemetry();
    const careful = guarded(telemetry);
    for (let n = 0; n < 3_000; n++) {
      careful.count("belldesk.sends", 1, { hotel: `hotel-${String(n)}`, result: "sent" });
      careful.count("belldesk.sends.failed", 1, {
        result: "failed",
        code: `graph_${String(n)}`,
        hotel: "not a label of this",
      });
    }
    for (const phone of ["+393331234567", "393331234567", "+39 333 1234567", "Anna Rossi"])
      careful.count("belldesk.sends", 1, { hotel: phone, result: phone });
    const series = await telemetry.read();
    expect(series.filter(({ name }) => name === "belldesk.sends").length).toBeLessThanOrEqual(1_002);
    expect(series.filter(({ name }) => name === "belldesk.sends.failed").length).toBeLessThanOrEqual(201);
    expect(JSON.stringify(series)).not.toMatch(/3933|Anna|not a label/);
    expect(sum(series, "belldesk.sends")).toBe(3_004);
  });
});

describe("telemetry costs", () => {
  const transport: Transport = { send: () => Promise.reject(new Error("not called")) };
  test("nothing where there is none: what is called is what was given", () => {
    const [storage, handle, receive] = [
      memoryStorage(),
      () => Promise.resolve(),
      () => Promise.resolve({ status: 200, error: null } as const),
    ];
    expect(watchedStorage(storage, null)).toBe(storage);
    expect(watchedTransport(transport, null)).toBe(transport);
    expect(watchedHandler("inbound", handle, null)).toBe(handle);
    expect(watchedReceive(receive, null)).toBe(receive);
  });

  test("no guest their message where it throws, forgets to go on, or answers something else", async () => {
    const broken: Record<string, Telemetry["span"]> = {
      throws: () => {
        throw new Error("no exporter");
      },
      rejects: () => Promise.reject(new Error("no exporter")),
      "never goes on": () => Promise.resolve(undefined as never),
      "throws afterwards": async (_name, _about, work) => {
        await work();
        throw new Error("no exporter");
      },
    };
    const refuse = (): never => {
      throw new Error("no exporter");
    };
    for (const span of Object.values(broken)) {
      const telemetry: Telemetry = { span, made: refuse, count: refuse, record: refuse, observe: refuse };
      const desk = new ConversationManager({
        hotels,
        storage: memoryStorage(),
        transport: {
          send: ({ correlationId }) => Promise.resolve({ outcome: "accepted", wamid: `wamid.${correlationId}` }),
        },
        webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
        telemetry,
      });
      await desk.start();
      const answer = await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "hello" }]));
      expect(answer.status).toBe(200);
      await eventually("it is processed", async () => (await desk.as(manager).conversations()).items[0]);
      await desk.stop();
    }
  });

  test("no work twice, and what it throws is thrown on", async () => {
    const twice = guarded({ ...memoryTelemetry(), span: async (_name, _about, work) => (await work(), work()) });
    let done = 0;
    const about = { ids: [], labels: {} };
    expect(await twice.span("belldesk.send", about, () => Promise.resolve(++done))).toBe(1);
    await expect(twice.span("belldesk.send", about, () => Promise.reject(new RangeError("x")))).rejects.toThrow(
      RangeError,
    );
    expect(done).toBe(1);
  });
});

describe("with OpenTelemetry's own SDK", () => {
  const exporter = new InMemorySpanExporter();
  const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const reader = new PrometheusExporter({ preventServerStart: true });
  const metering = new MeterProvider({ readers: [reader] });
  const scrape = async () => new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics);
  beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  afterAll(async () => {
    context.disable();
    await metering.shutdown();
  });

  test("a message is followed from its webhook over the work to what was sent, and a scrape shows no guest (T90)", async () => {
    const telemetry = openTelemetry({ tracer: tracing.getTracer("belldesk"), meter: metering.getMeter("belldesk") });
    await aDay(telemetry);
    const spans = exporter.getFinishedSpans();
    const named = (name: string) => spans.filter((span) => span.name === name);
    const [remember] = named("belldesk.remember");
    expect(remember?.parentSpanContext?.spanId).toBe(named("belldesk.receive")[0]?.spanContext().spanId);
    const following = (id: string | undefined) =>
      spans.filter(({ links }) => links.some((link) => link.context.spanId === id));
    const decided = following(remember?.spanContext().spanId).find(
      ({ attributes }) => attributes["belldesk.kind"] === "inbound",
    );
    expect(decided?.name).toBe("belldesk.process");
    const sends = named("belldesk.send");
    expect(sends.length).toBeGreaterThanOrEqual(2);
    // A send is inside of the work that it is.
    for (const send of sends) {
      const around = spans.find((span) => span.spanContext().spanId === send.parentSpanContext?.spanId);
      expect(around?.attributes["belldesk.kind"]).toBe("outbound");
    }
    expect(new Set(spans.map(({ name }) => name))).toEqual(new Set(SPANS.filter((name) => name !== "belldesk.media")));

    const text = await scrape();
    if (process.env["SHOW_SCRAPE"]) console.log(text);
    expect(text).not.toMatch(CANARIES);
    expect(
      JSON.stringify(spans.map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))),
    ).not.toMatch(CANARIES);
  });
});
