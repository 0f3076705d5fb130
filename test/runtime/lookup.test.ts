import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { LogFields } from "../../src/index.js";
import { cachedHotels, findGuest } from "../../src/runtime/host-ports.js";
import { completeHotel, type GuestAddress, type GuestsPort, type Hotel, type HotelsPort } from "../../src/index.js";
import { hotels, GRAND_NUMBER } from "../harness/hotel.js";

const RULE = { freshMs: 5_000, staleMs: 3_600_000, deadlineMs: 1_000 };
const grand = completeHotel(hotels[0]!);
const renamed = { ...grand, name: "Grand Palace" };
const unavailable = expect.objectContaining({ code: "hotels_unavailable" }) as Error;

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => vi.useRealTimers());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A hotels port whose tables, mood and pace the test decides. */
function aPort(logged: LogFields[] = []) {
  const host = { hotel: grand as Hotel | null, fails: false, takesMs: 0, asked: 0 };
  const port: HotelsPort = {
    async byNumber() {
      host.asked += 1;
      const { hotel, fails, takesMs } = host;
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
      if (fails) throw new RangeError("password: hunter2");
      return hotel;
    },
    byId: () => Promise.resolve(host.hotel),
  };
  const log = (fields: LogFields) => void logged.push(fields);
  return { host, port: cachedHotels(port, RULE, { debug: log, info: log, warn: log, error: log }) };
}

describe("the host's hotels", () => {
  test("are asked for once in five seconds, and a change is seen within them", async () => {
    const { host, port } = aPort();
    for (let time = 0; time < 10; time++) expect(await port.byNumber(GRAND_NUMBER)).toEqual(grand);
    expect(host.asked).toBe(1);
    host.hotel = renamed;
    await pass(RULE.freshMs - 1);
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(grand);
    await pass(1);
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(renamed);
    expect(host.asked).toBe(2);
  });

  test("that are asked for by many at once are asked for once", async () => {
    const { host, port } = aPort();
    host.takesMs = 500;
    const answers = Promise.all(Array.from({ length: 50 }, () => port.byNumber(GRAND_NUMBER)));
    await pass(500);
    expect(await answers).toEqual(Array.from({ length: 50 }, () => grand));
    expect(host.asked).toBe(1);
  });

  test("are seen at once when a number is added: that there is none is not remembered", async () => {
    const { host, port } = aPort();
    host.hotel = null;
    expect(await port.byNumber(GRAND_NUMBER)).toBeNull();
    host.hotel = grand;
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(grand);
  });

  test("that are gone do not come back while the port fails", async () => {
    const { host, port } = aPort();
    await port.byNumber(GRAND_NUMBER);
    await pass(RULE.freshMs);
    host.hotel = null;
    expect(await port.byNumber(GRAND_NUMBER)).toBeNull();
    host.fails = true;
    await expect(port.byNumber(GRAND_NUMBER)).rejects.toThrow(unavailable);
  });

  test("are as they were last while the port fails, for an hour and no longer, and as they are once it answers", async () => {
    const { host, port } = aPort();
    await port.byNumber(GRAND_NUMBER);
    host.fails = true;
    for (let minute = 0; minute < 59; minute++) {
      await pass(60_000);
      expect(await port.byNumber(GRAND_NUMBER)).toEqual(grand);
    }
    await pass(60_000);
    await expect(port.byNumber(GRAND_NUMBER)).rejects.toThrow(unavailable);
    host.fails = false;
    host.hotel = renamed;
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(renamed);
  });

  test("of which nothing is known while the port fails cannot be told from those that are not there, so nobody says there are none", async () => {
    const { host, port } = aPort();
    host.fails = true;
    await expect(port.byNumber(GRAND_NUMBER)).rejects.toThrow(unavailable);
    host.fails = false;
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(grand);
  });

  test("are waited for a second, once; afterwards nobody waits, and the port is asked once a second until it answers", async () => {
    const { host, port } = aPort();
    await port.byNumber(GRAND_NUMBER);
    await pass(RULE.freshMs);
    host.takesMs = 60_000;
    const slow = port.byNumber(GRAND_NUMBER);
    await pass(RULE.deadlineMs);
    expect(await slow).toEqual(grand);
    for (let n = 0; n < 100; n++) expect(await port.byNumber(GRAND_NUMBER)).toEqual(grand);
    expect(host.asked).toBe(2);
    host.takesMs = 10;
    host.hotel = renamed;
    await pass(1_000);
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(grand);
    expect(host.asked).toBe(3);
    await pass(10);
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(renamed);
  });

  test("whose answer comes after the deadline are known by it, unless something newer is", async () => {
    const { host, port } = aPort();
    host.takesMs = 1_500;
    const late = port.byNumber(GRAND_NUMBER);
    const settled = expect(late).rejects.toThrow(unavailable);
    await pass(1_000);
    await settled;
    host.takesMs = 0;
    host.hotel = renamed;
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(renamed);
    await pass(500);
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(renamed);
    expect(host.asked).toBe(2);
  });

  test("are asked for anew when the host says that something has changed", async () => {
    const { host, port } = aPort();
    await port.byNumber(GRAND_NUMBER);
    host.hotel = renamed;
    await pass(1);
    port.forget();
    expect(await port.byNumber(GRAND_NUMBER)).toEqual(renamed);
  });

  test("fail in the log once a minute, by the kind of the error and never by its words", async () => {
    const logged: LogFields[] = [];
    const { host, port } = aPort(logged);
    host.fails = true;
    for (let time = 0; time < 5; time++) await port.byNumber(GRAND_NUMBER).catch(() => undefined);
    expect(logged).toEqual([{ code: "hotels_failed", error: "RangeError", heldBack: 0 }]);
  });
});

describe("who a guest is by the host's books", () => {
  const address = (kind: GuestAddress["kind"], value: string, retiredAt: Date | null = null): GuestAddress => ({
    kind,
    value,
    evidence: null,
    firstSeenAt: new Date(0),
    retiredAt,
  });
  const tom = { hotelId: "grand", addresses: [address("waId", "12025550101")] };
  function someBooks(find: GuestsPort["find"], logged: LogFields[] = []) {
    const log = (fields: LogFields) => void logged.push(fields);
    return findGuest({ find }, RULE, { debug: log, info: log, warn: log, error: log });
  }
  const stay = { reservationId: "R-7", room: "204", from: "2026-11-09", to: "2026-11-12" };

  test("is told with nothing that was not asked for, and asked for again after five seconds", async () => {
    let room = "204";
    const asked: unknown[] = [];
    const find = someBooks((query) => {
      asked.push(query);
      return Promise.resolve({ name: "Tom", card: "4111 1111 1111 1111", stay: { ...stay, room, rate: 240 } } as never);
    });
    expect(await find(tom)).toEqual({ name: "Tom", stay });
    room = "305";
    expect((await find(tom))?.stay?.room).toBe("204");
    await pass(RULE.freshMs);
    expect((await find(tom))?.stay?.room).toBe("305");
    expect(asked).toEqual(
      Array.from({ length: 2 }, () => ({ hotelId: "grand", addresses: [{ kind: "waId", value: "12025550101" }] })),
    );
  });

  test("is not looked up by an address that the guest has given up, which may be somebody else's", async () => {
    const asked: unknown[] = [];
    const find = someBooks(({ addresses }) => {
      asked.push(...addresses.map(({ value }) => value));
      return Promise.resolve(null);
    });
    const gone = address("waId", "12025550102", new Date(1));
    expect(await find({ ...tom, addresses: [gone, address("bsuid", "US.1")] })).toBeNull();
    expect(await find({ ...tom, addresses: [gone] })).toBeNull();
    expect(asked).toEqual(["US.1"]);
  });

  test.each<readonly [how: string, find: GuestsPort["find"]]>([
    [
      "throws",
      () => {
        throw new Error("the PMS at 10.0.0.7, user sa");
      },
    ],
    ["rejects", () => Promise.reject(new Error("the PMS at 10.0.0.7, user sa"))],
    ["answers what is no guest", () => Promise.resolve({ stay: { ...stay, from: "yesterday" } })],
    ["never answers", () => new Promise(() => undefined)],
  ])("is left out when the port %s, within a second, and the log says so in none of its words", async (_, broken) => {
    const logged: LogFields[] = [];
    const find = someBooks(broken, logged);
    const seen = find(tom);
    await pass(RULE.deadlineMs);
    expect(await seen).toBeNull();
    expect(logged).toMatchObject([{ code: "guests_failed" }]);
    expect(JSON.stringify(logged)).not.toMatch(/PMS|yesterday|12025550101/);
  });

  test("is as it was last while the port fails", async () => {
    let fails = false;
    const find = someBooks(() => (fails ? Promise.reject(new Error("down")) : Promise.resolve({ stay })));
    await find(tom);
    fails = true;
    await pass(RULE.freshMs);
    expect(await find(tom)).toEqual({ stay });
  });

  test("is another's for another hotel (M14)", async () => {
    const find = someBooks(({ hotelId }) => Promise.resolve({ name: hotelId }));
    expect((await find(tom))?.name).toBe("grand");
    expect((await find({ ...tom, hotelId: "seaside" }))?.name).toBe("seaside");
  });
});
