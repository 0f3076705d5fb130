import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { memoryBus, memoryRealtime } from "../../adapters/memory/index.js";
import { realtimeOver, type Bus, type BusEars, type Realtime, type RealtimeListener } from "../../src/index.js";
import { nothing, readMessage, writeMessages, type Told } from "../../src/runtime/bus-message.js";

const open: Realtime[] = [];
afterEach(() => Promise.all(open.splice(0).map((realtime) => realtime.close())));

/** What a process heard, as it came. */
async function aProcess(realtime: Realtime): Promise<string[]> {
  const heard: string[] = [];
  const listener: RealtimeListener = {
    hinted: (hotelIds) => heard.push(...hotelIds),
    worked: () => heard.push("work"),
    revoked: () => heard.push("revoked"),
    signalled: ({ kind }) => heard.push(kind),
    missed: () => heard.push("missed"),
  };
  open.push(realtime);
  await realtime.open(listener);
  return heard;
}

/** A bus whose texts the test reads, and says. */
function aBus(more: Partial<Bus> & { readonly tell?: (text: string) => Promise<unknown> } = {}) {
  const told: string[] = [];
  const links: BusEars[] = [];
  const bus: Bus = {
    maxBytes: 1_000,
    connect: (ears) => {
      links.push(ears);
      const tell = (text: string) => {
        told.push(text);
        ears.heard(text);
        return Promise.resolve();
      };
      return Promise.resolve({ tell: more.tell ?? tell, close: () => Promise.resolve() });
    },
    ...more,
  };
  return { bus, told, links };
}

const says = (from: string, n: number, more: object = {}) => JSON.stringify({ from, n, ...more });

describe("what is missing is found by its number", () => {
  test("also when nobody noticed that a connection was replaced (F71)", async () => {
    const { bus, links } = aBus();
    const heard = await aProcess(realtimeOver(bus));
    const [link] = links;
    link?.heard(says("other", 1, { hotels: ["grand"] }));
    link?.heard(says("other", 2));
    link?.heard(says("third", 1));
    expect(heard).toEqual(["grand"]);
    link?.heard(says("other", 4));
    expect(heard).toEqual(["grand", "missed"]);
    // One that was late, and one that comes twice.
    link?.heard(says("other", 3, { revoked: true }));
    link?.heard(says("other", 4, { work: true }));
    link?.heard(says("other", 5));
    expect(heard).toEqual(["grand", "missed", "revoked", "work"]);
  });

  test("also of a process of which nothing was heard before: what it said first may be what is missing (F71)", async () => {
    const { bus, links } = aBus();
    const heard = await aProcess(realtimeOver(bus));
    links[0]?.heard(says("other", 2, { hotels: ["grand"] }));
    links[0]?.heard(says("other", 3));
    expect(heard).toEqual(["missed", "grand"]);
  });

  test("and what nobody of this release can read is looked for", async () => {
    const { bus, links } = aBus();
    const heard = await aProcess(realtimeOver(bus));
    for (const text of [
      "",
      "hello",
      "null",
      "[]",
      says("", 1),
      says("other", 0),
      says("other", 1, { hotels: "grand" }),
    ])
      links[0]?.heard(text);
    expect(heard).toEqual(Array<string>(7).fill("missed"));
  });
});

test("a process that does not hear itself takes its link for dead, and a process that does says little", async () => {
  const bus = memoryBus();
  const heard = await aProcess(memoryRealtime(bus, { pulseMs: 50, retryCapMs: 20 }));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(heard).toEqual([]);
  bus.weather({ deaf: true });
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  bus.weather({ deaf: false });
  expect(new Set(heard)).toEqual(new Set(["missed"]));
});

test("a process that closes while it connects waits for nothing, and leaves no link behind", async () => {
  let opened: (() => void) | null = null;
  let aborted = false;
  let closed = 0;
  const bus: Bus = {
    maxBytes: 1_000,
    connect: ({ signal }) => {
      signal.addEventListener("abort", () => (aborted = true));
      return new Promise((resolve) => {
        opened = () => resolve({ tell: () => Promise.resolve(), close: () => Promise.resolve(void (closed += 1)) });
      });
    },
  };
  const realtime = realtimeOver(bus);
  const opening = aProcess(realtime);
  await expect.poll(() => opened).not.toBeNull();
  const at = performance.now();
  await realtime.close();
  expect([aborted, performance.now() - at < 150]).toEqual([true, true]);
  opened!();
  await expect.poll(() => closed).toBe(1);
  await opening;
});

test("a burst leaves as a few texts, and one after a pause at once", async () => {
  const { bus, told } = aBus();
  const realtime = realtimeOver(bus, { gatherMs: 50 });
  const heard = await aProcess(realtime);
  const before = told.length;
  const until = performance.now() + 200;
  let hints = 0;
  while (performance.now() < until) {
    realtime.hint([`hotel-${String(hints++ % 7)}`]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(hints).toBeGreaterThan(20);
  expect(told.length - before).toBeLessThanOrEqual(6);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const quiet = told.length;
  realtime.hint(["grand"]);
  await Promise.resolve();
  expect([told.length - quiet, heard.at(-1)]).toEqual([1, "grand"]);
});

test("a bus that takes for ever is told one thing at a time, and holds up neither the process nor its end (F69)", async () => {
  let asked = 0;
  const { bus } = aBus({
    tell: () => {
      asked += 1;
      return new Promise(() => undefined);
    },
  });
  const realtime = realtimeOver(bus, { gatherMs: 1 });
  const heard = await aProcess(realtime);
  for (let n = 0; n < 50; n++) {
    realtime.hint(["grand"]);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(asked).toBe(1);
  expect(heard).toContain("grand");
  const at = performance.now();
  await realtime.close();
  expect(performance.now() - at).toBeLessThan(1_500);
});

test("whatever is told is told whole, in texts that the bus takes", () => {
  const told = fc.record({
    hotels: fc.uniqueArray(fc.string({ unit: "binary", maxLength: 64 }), { maxLength: 60 }),
    work: fc.boolean(),
    revoked: fc.boolean(),
    signals: fc.array(
      fc.record({
        hotelId: fc.string({ maxLength: 20 }),
        conversationId: fc.string({ maxLength: 40 }),
        kind: fc.constantFrom("typing" as const, "viewing" as const, "left" as const),
        by: fc.record({
          kind: fc.constant("staff" as const),
          id: fc.string({ maxLength: 40 }),
          name: fc.option(fc.string({ unit: "binary", maxLength: 30 })),
        }),
        connectionId: fc.string({ maxLength: 36 }),
      }),
      { maxLength: 10 },
    ),
  });
  fc.assert(
    fc.property(told, fc.integer({ min: 2_000, max: 9_000 }), ({ hotels, ...rest }, maxBytes) => {
      let n = 0;
      const texts = writeMessages({ ...rest, hotels: new Set(hotels) } satisfies Told, "me", () => ++n, maxBytes);
      const read = texts.map((text) => readMessage(text)!);
      expect(texts.filter((text) => Buffer.byteLength(text) > maxBytes)).toEqual([]);
      expect(read.map((message) => message.n)).toEqual(texts.map((_, index) => index + 1));
      expect(read.flatMap((message) => message.hotels)).toEqual(hotels);
      expect(read.flatMap((message) => message.signals)).toEqual(rest.signals);
      expect(read.some(({ work }) => work)).toBe(rest.work);
      expect(read.some(({ revoked }) => revoked)).toBe(rest.revoked);
    }),
  );
});

test("a signal that fits into no text is left out, and costs nothing else", () => {
  const by = { kind: "staff", id: "staff_anna", name: "x".repeat(9_000) } as const;
  const signal = { hotelId: "grand", conversationId: "con_1", kind: "typing", by, connectionId: "c" } as const;
  const texts = writeMessages({ ...nothing(), hotels: new Set(["grand"]), signals: [signal] }, "me", () => 1, 8_000);
  expect(texts.map((text) => readMessage(text))).toMatchObject([{ hotels: ["grand"], signals: [] }]);
});
