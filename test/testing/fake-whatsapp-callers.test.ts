import { createHmac } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import {
  acceptedTwice,
  callsAbovePace,
  callsBeforeRetryAfter,
  inversions,
  manualClock,
} from "../../src/testing/index.js";
import type { Accepted, Call, Fault } from "../../src/testing/index.js";
import { codeOf, FakeHotel, GUEST, NADIA, NUMBER, SEASIDE, send } from "./fake-hotel.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const guestNo = (n: number) => `+1202555${String(1000 + n)}`;

describe("the WhatsApp for tests keeps Meta's pace", () => {
  const hotel = new FakeHotel();
  afterEach(() => hotel.close());

  test("a number sends 80 in a second, another one too, and the next ones hear 130429 until time has passed", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, window: "open" });
    const codes: unknown[] = [];
    for (let n = 0; n < 82; n++) codes.push(codeOf(await send(whatsapp, { to: guestNo(n) })));
    expect(codes).toEqual([...Array(80).fill(null), 130429, 130429]);
    const refused = await send(whatsapp, { to: guestNo(82) });
    expect([refused.status, refused.headers["retry-after"]]).toEqual([400, undefined]);
    expect(codeOf(await send(whatsapp, {}, { number: SEASIDE }))).toBe(null);
    clock.advance(25);
    expect(codeOf(await send(whatsapp, { to: guestNo(83) }))).toBe(null);
    clock.advance(12);
    const again = [
      codeOf(await send(whatsapp, { to: guestNo(84) })),
      codeOf(await send(whatsapp, { to: guestNo(85) })),
    ];
    expect(again).toEqual([null, 130429]);
  });

  test.each([20, 1_000])("a number of %i a second sends as many", async (perSecond) => {
    const whatsapp = await hotel.open({ clock: manualClock(NOON), window: "open" });
    whatsapp.number(NUMBER, { perSecond });
    const said = await Promise.all(Array.from({ length: perSecond + 1 }, (_, n) => send(whatsapp, { to: guestNo(n) })));
    expect(said.map(codeOf).filter((code) => code === 130429)).toHaveLength(1);
    expect(whatsapp.accepted).toHaveLength(perSecond);
  });

  test("what guests write counts to their number's pace, unless told otherwise, and a refusal may be a 429 that says when (F49)", async () => {
    for (const [countsInbound, codes] of [
      [true, [null, 130429]],
      [false, [null, null]],
    ] as const) {
      const pacing = { countsInbound, status: 429, retryAfter: 3 } as const;
      const whatsapp = await hotel.open({ clock: manualClock(NOON), pacing });
      whatsapp.number(NUMBER, { perSecond: 2 });
      await whatsapp.guest(NADIA).says(NUMBER, "Hello");
      const said = [await send(whatsapp), await send(whatsapp)];
      expect(said.map(codeOf)).toEqual(codes);
      if (countsInbound) expect([said[1]?.status, said[1]?.headers["retry-after"]]).toEqual([429, "3"]);
      if (countsInbound) expect(whatsapp.calls[1]).toMatchObject({ code: 130429, retryAfter: 3 });
    }
  });

  test("one guest is sent 45 at once and then one in 6 seconds, by phone and id together; others are not held up (131056)", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock });
    await whatsapp.guest(NADIA).says(NUMBER, "Hello");
    await whatsapp.guest("12025550102").says(NUMBER, "Hello, too");
    const codes: unknown[] = [];
    for (let n = 0; n < 46; n++)
      codes.push(codeOf(await send(whatsapp, n % 2 === 0 ? {} : { recipient: NADIA.bsuid })));
    expect(codes).toEqual([...Array(45).fill(null), 131056]);
    expect(codeOf(await send(whatsapp, { to: "+12025550102" }))).toBe(null);
    clock.advance(5_999);
    expect(codeOf(await send(whatsapp))).toBe(131056);
    clock.advance(1);
    expect([codeOf(await send(whatsapp)), codeOf(await send(whatsapp))]).toEqual([null, 131056]);
  });

  test("without pacing nobody waits", async () => {
    const whatsapp = await hotel.open({ window: "open", pacing: false });
    const said = await Promise.all(Array.from({ length: 100 }, () => send(whatsapp)));
    expect(said.every((answer) => codeOf(answer) === null)).toBe(true);
  });
});

describe("the WhatsApp for tests knows who may call", () => {
  const hotel = new FakeHotel();
  afterEach(() => hotel.close());

  test("a token that expires is refused until another one is given, and every call is written down (F51)", async () => {
    const whatsapp = await hotel.open({ window: "open" });
    expect(codeOf(await send(whatsapp, {}, { token: "old" }))).toBe(null);
    whatsapp.revokeToken("old");
    const refused = await send(whatsapp, {}, { token: "old" });
    expect([refused.status, refused.json.error.error_subcode]).toEqual([401, 463]);
    expect(codeOf(await send(whatsapp, {}, { token: "new" }))).toBe(null);
    whatsapp.acceptToken("old");
    expect(codeOf(await send(whatsapp, {}, { token: "old" }))).toBe(null);
    expect(whatsapp.calls.map(({ code }) => code)).toEqual([null, 190, null, null]);
  });

  test("where tokens are named, only those are accepted", async () => {
    const whatsapp = await hotel.open({ window: "open", tokens: ["a"] });
    const code = async (token: string) => codeOf(await send(whatsapp, {}, { token }));
    expect([await code("a"), await code("b")]).toEqual([null, 190]);
    whatsapp.acceptToken("b");
    whatsapp.revokeToken("a");
    expect([await code("a"), await code("b")]).toEqual([190, null]);
  });

  test("where the app's secret has to be proven, a call without the proof, or with another's, is refused", async () => {
    const whatsapp = await hotel.open({ window: "open", requiresProof: true });
    const proof = (token: string) => createHmac("sha256", "secret").update(token).digest("hex");
    const code = async (query: string) => codeOf(await send(whatsapp, {}, { token: "a", query }));
    expect(await code("")).toBe(100);
    expect(await code(`?appsecret_proof=${proof("b")}`)).toBe(100);
    expect(await code(`?appsecret_proof=${proof("a")}`)).toBe(null);
  });
});

describe("the WhatsApp for tests fails on demand", () => {
  const hotel = new FakeHotel();
  afterEach(() => hotel.close());

  test.each<[Fault, number]>([
    [{ kind: "html", taken: true }, 502],
    [{ kind: "error", status: 500, code: 131000, taken: true }, 500],
    [{ kind: "error", status: 503, code: 2, taken: true }, 503],
  ])("a message is taken, and the answer says otherwise: %o (F48)", async (fault, status) => {
    const whatsapp = await hotel.open({ window: "open" });
    whatsapp.fail(fault);
    expect((await send(whatsapp, { biz_opaque_callback_data: "out-1" })).status).toBe(status);
    expect(whatsapp.accepted).toMatchObject([{ index: 0, correlationId: "out-1" }]);
    const { wamid } = whatsapp.accepted[0]!;
    const code = fault.kind === "error" ? fault.code : null;
    expect(whatsapp.calls).toMatchObject([{ wamid, code, fault: fault.kind, correlationId: "out-1" }]);
    expect(whatsapp.phone(GUEST, NUMBER)).toHaveLength(1);
  });

  test("faults are met by one number or one guest alone, until they end", async () => {
    const whatsapp = await hotel.open({ window: "open" });
    const busy = { kind: "error", status: 400, code: 80007 } as const;
    const end = whatsapp.failWhen(({ phoneNumberId }) => phoneNumberId === SEASIDE, busy);
    whatsapp.failWhen(({ address }) => address === "+12025550102", { kind: "html" });
    expect(codeOf(await send(whatsapp))).toBe(null);
    expect(codeOf(await send(whatsapp, {}, { number: SEASIDE }))).toBe(80007);
    expect((await send(whatsapp, { to: "+12025550102" })).status).toBe(502);
    end();
    expect(codeOf(await send(whatsapp, {}, { number: SEASIDE }))).toBe(null);
  });

  test("a share of the sends meets faults, the same ones for the same seed", async () => {
    const kinds = async (seed: number) => {
      const whatsapp = await hotel.open({ window: "open", pacing: false });
      const faults: Fault[] = [{ kind: "html" }, { kind: "redirect" }, { kind: "html", taken: true }];
      whatsapp.failAtRate({ seed, share: 0.2, faults });
      for (let n = 0; n < 300; n++) await send(whatsapp, { biz_opaque_callback_data: String(n) });
      whatsapp.failAtRate(null);
      expect(codeOf(await send(whatsapp))).toBe(null);
      return whatsapp.calls.map(({ fault, wamid }) => `${String(fault)} ${String(wamid !== null)}`);
    };
    const [first, again, other] = [await kinds(7), await kinds(7), await kinds(8)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const met = first.filter((said) => said !== "null true");
    expect(met.length).toBeGreaterThan(30);
    expect(met.length).toBeLessThan(90);
    expect(new Set(met)).toEqual(new Set(["html false", "redirect false", "html true"]));
  });

  test("an answer that comes late comes when the clock says so", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, window: "open" });
    whatsapp.fail({ kind: "late", afterMs: 60_000 });
    const answer = send(whatsapp);
    await expect.poll(() => whatsapp.accepted.length).toBe(1);
    expect(whatsapp.calls).toMatchObject([{ answeredAtMs: null, wamid: null }]);
    clock.advance(60_000);
    expect(codeOf(await answer)).toBe(null);
    expect(whatsapp.calls[0]!.answeredAtMs! - whatsapp.calls[0]!.atMs).toBe(60_000);
  });
});

describe("what a log of sends must not show", () => {
  const call = (atMs: number, more: Partial<Call> = {}): Call => ({
    index: 0,
    atMs,
    answeredAtMs: atMs,
    phoneNumberId: NUMBER,
    address: GUEST,
    correlationId: null,
    wamid: null,
    code: null,
    retryAfter: null,
    fault: null,
    ...more,
  });
  const taken = (correlationId: string | null, more: Partial<Accepted> = {}): Accepted => ({
    index: 0,
    atMs: 0,
    wamid: "",
    phoneNumberId: NUMBER,
    address: GUEST,
    correlationId,
    category: "service",
    body: {},
    ...more,
  });

  test("a message that was taken twice", () => {
    expect(acceptedTwice([taken("a"), taken(null), taken("b"), taken(null)])).toEqual([]);
    expect(acceptedTwice([taken("a"), taken("b"), taken("a"), taken("a")])).toEqual(["a"]);
  });

  test("a call of a number before its Retry-After is over", () => {
    const refused = call(1_000, { code: 130429, retryAfter: 2 });
    const early = call(2_999);
    expect(callsBeforeRetryAfter([refused, call(3_000), call(1_500, { phoneNumberId: SEASIDE })])).toEqual([]);
    expect(callsBeforeRetryAfter([refused, early])).toEqual([early]);
    expect(callsBeforeRetryAfter([refused, call(1_040)], 50)).toEqual([]);
  });

  test("a call above a pace", () => {
    const byNumber = ({ phoneNumberId }: Call) => phoneNumberId;
    const paced = Array.from({ length: 20 }, (_, n) => call(n * 100));
    expect(callsAbovePace(paced, { perSecond: 10, burst: 1 }, byNumber)).toEqual([]);
    const flood = [call(0), call(1, { phoneNumberId: SEASIDE }), call(2), call(3)];
    expect(callsAbovePace(flood, { perSecond: 10, burst: 2 }, byNumber)).toEqual([flood[3]]);
  });

  test("a message that overtook one before it in its chat", () => {
    const place = (id: string) => Number(id);
    expect(inversions([taken("1"), taken("3"), taken("2", { address: "other" }), taken("4")], place)).toEqual([]);
    const late = taken("2");
    expect(inversions([taken("1"), taken("3"), late, taken("4")], place)).toEqual([late]);
  });
});
