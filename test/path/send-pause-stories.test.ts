import { afterEach, describe, expect, test } from "vitest";
import { callsBeforeRetryAfter } from "../../src/testing/index.js";
import { eventually, GRAND_NUMBER, manager, receptionist } from "../harness/hotel.js";
import { aSendingHotel, MINUTE_MS, operator, ORDERLY, SECOND_MS, SECOND_NUMBER, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const PHONES = ["12025550101", "12025550102", "12025550103"] as const;
const TOKEN = "grand-token";
/** What a busy machine may take for some statements and requests. */
const BUSY_MS = 20 * SECOND_MS;

describe.each(STORAGES)("a number that WhatsApp refuses (%s)", (_, open) => {
  let hotel: SendingHotel;
  afterEach(() => hotel.close());

  const callsOf = (number: string) => hotel.fake.calls.filter(({ phoneNumberId }) => phoneNumberId === number).length;
  const bodies = (type: string) => hotel.heard.filter((body) => body.type === type);

  /** Guests of the first number, with a token that has expired, and what staff have written to them since. */
  async function expired() {
    const chats = await Promise.all(PHONES.map((phone) => hotel.writes(hotel.guest(phone))));
    hotel.fake.revokeToken(TOKEN);
    const [ines, ...others] = chats;
    const written = chats.map((): string[] => []);
    written[0]?.push((await ines?.hears("first")) ?? "");
    await eventually("the number is paused", () => Promise.resolve(bodies("sender.paused").length > 0));
    for (const said of ["second", "third"])
      for (const [place, chat] of chats.entries()) written[place]?.push(await chat.hears(said));
    return { chats, written, others };
  }
  /** Somebody writes from the hotel's other number, which everything has gone round for. */
  async function fromTheOther(phone: string) {
    const chat = await hotel.writes(hotel.guest(phone), "hello", SECOND_NUMBER);
    await chat.becomes(await chat.hears("Good evening"), "sent");
  }

  test("for its token is asked once a minute, whoever writes; other numbers go on, and with a new token all goes in order (F51, N8)", async () => {
    hotel = await aSendingHotel(open);
    const { chats, written } = await expired();
    expect(callsOf(GRAND_NUMBER)).toBe(1);
    await fromTheOther("12025550111");
    expect(callsOf(GRAND_NUMBER)).toBe(1);
    const [waits] = await chats[0]!.all();
    expect(waits).toMatchObject({ status: "queued", failure: null });
    const first = await chats[0]!.message(written[0]![0]!);
    expect(first?.reasons.at(-1)).toMatchObject({ code: "send_paused", details: { failure: "graph_190" } });

    // Whoever looks after the hotel hears of it, and staff at the desk need not.
    expect(bodies("sender.paused")).toEqual([
      { type: "sender.paused", phoneNumberId: GRAND_NUMBER, code: "graph_190" },
    ]);
    const told = await hotel.ask(operator, "/operator/events");
    expect(told.json).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ type: "sender.paused", code: "graph_190" })]) as object,
    });
    const pause = { probing: true, code: "graph_190" };
    expect((await hotel.ask(operator, "/operator/senders")).json).toMatchObject({
      items: [
        { phoneNumberId: GRAND_NUMBER, pause, waiting: 3 },
        { phoneNumberId: SECOND_NUMBER, pause: null, waiting: 0 },
      ],
    });
    expect((await hotel.ask(manager, "/operator/senders")).json).toMatchObject({ items: [{ pause }, {}] });
    expect((await hotel.ask(receptionist, "/operator/senders")).json).toEqual({ items: [] });

    for (const minute of [2, 3]) {
      // Time goes on while this runs, too: on a busy machine by some seconds.
      await hotel.pass(MINUTE_MS - BUSY_MS);
      await fromTheOther(`1202555012${String(minute)}`);
      expect(callsOf(GRAND_NUMBER)).toBe(minute - 1);
      await hotel.pass(BUSY_MS);
      await eventually("it was tried", () => Promise.resolve(callsOf(GRAND_NUMBER) >= minute));
      await fromTheOther(`1202555013${String(minute)}`);
      expect(callsOf(GRAND_NUMBER), "one message tries").toBe(minute);
    }

    await hotel.desk.rotateToken({ phoneNumberId: GRAND_NUMBER, accessToken: "new-token" });
    for (const [place, chat] of chats.entries()) for (const id of written[place] ?? []) await chat.becomes(id, "sent");
    expect(hotel.disorder(...written)).toEqual(ORDERLY);
    expect(bodies("sender.resumed")).toEqual([{ type: "sender.resumed", phoneNumberId: GRAND_NUMBER }]);
    expect((await hotel.staff().senders()).map((sender) => sender.pause)).toEqual([null, null]);
    expect(callsOf(GRAND_NUMBER), "three tries, and each message once").toBe(3 + 7);
  });

  test("goes on by itself when WhatsApp takes the message that tries, and what waits follows in order (F51)", async () => {
    hotel = await aSendingHotel(open);
    const { chats, written } = await expired();
    hotel.fake.acceptToken(TOKEN);
    await hotel.pass(MINUTE_MS);
    for (const [place, chat] of chats.entries()) for (const id of written[place] ?? []) await chat.becomes(id, "sent");
    expect(hotel.disorder(...written)).toEqual(ORDERLY);
    expect(bodies("sender.resumed")).toHaveLength(1);
  });

  test("is let go on by an operator who has mended it, and by nobody who may not (F51)", async () => {
    hotel = await aSendingHotel(open);
    const { chats, written } = await expired();
    const path = `/operator/senders/${GRAND_NUMBER}/resume`;
    for (const as of [manager, receptionist])
      expect(await hotel.ask(as, path, { reason: "I want to" })).toMatchObject({ status: 404 });
    hotel.fake.acceptToken(TOKEN);
    expect(callsOf(GRAND_NUMBER)).toBe(1);
    expect((await hotel.ask(operator, path, { reason: "renewed at Meta" })).status).toBeLessThan(300);
    for (const [place, chat] of chats.entries()) for (const id of written[place] ?? []) await chat.becomes(id, "sent");
    expect(hotel.disorder(...written)).toEqual(ORDERLY);
    expect(bodies("sender.resumed")).toHaveLength(1);
    expect(await hotel.storage.audit({ hotelId: "grand", targetId: GRAND_NUMBER })).toMatchObject([
      { action: "sender.resume", actor: { kind: "operator", id: "op" }, reason: "renewed at Meta" },
    ]);
  });

  test("and that nobody mends lets staff see what has waited for too long, and that it did not leave (F51, F56)", async () => {
    hotel = await aSendingHotel(open, { outbound: { maxAgeMs: 5 * MINUTE_MS } });
    const { chats, written } = await expired();
    await hotel.pass(6 * MINUTE_MS);
    for (const [place, chat] of chats.entries()) {
      const failed = await chat.becomes(written[place]![0]!, "failed");
      expect(failed.failure).toMatchObject({ code: "send_expired", message: expect.stringContaining("again") });
    }
    expect(hotel.fake.accepted).toEqual([]);
    expect(callsOf(GRAND_NUMBER)).toBeLessThanOrEqual(2);
  });

  test.each([
    ["to wait (130429)", { kind: "error", code: 130429, retryAfter: 1 }, "retried"],
    ["to wait, in words nobody knows (429)", { kind: "error", status: 429, code: 999999, retryAfter: 1 }, "retried"],
    ["to wait, and may have taken the message (503)", { kind: "error", code: 2, retryAfter: 1 }, "unknown"],
  ] as const)(
    "asked %s, is left alone until then, whoever writes from it (F49, M18)",
    async (_what, fault, becomes) => {
      hotel = await aSendingHotel(open);
      const chats = await Promise.all(PHONES.map((phone) => hotel.writes(hotel.guest(phone))));
      hotel.fake.fail(fault);
      const head = await chats[0]!.hears("first");
      await eventually("WhatsApp has asked", () => Promise.resolve(hotel.fake.calls[0]?.retryAfter === 1));
      const ids = await Promise.all(chats.map((chat) => chat.hears("more")));
      await fromTheOther("12025550111");
      const asked = hotel.fake.calls[0]?.answeredAtMs ?? 0;
      for (const [place, chat] of chats.slice(1).entries()) await chat.becomes(ids[place + 1]!, "sent");
      if (becomes === "retried") {
        await chats[0]!.becomes(head, "sent");
        await chats[0]!.becomes(ids[0]!, "sent");
      } else {
        await chats[0]!.becomes(head, "unknown");
      }
      expect(callsBeforeRetryAfter(hotel.fake.calls)).toEqual([]);
      const later = hotel.fake.calls.filter(({ phoneNumberId, index }) => phoneNumberId === GRAND_NUMBER && index > 0);
      expect(Math.min(...later.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(asked + SECOND_MS);
      const other = hotel.fake.accepted.find(({ phoneNumberId }) => phoneNumberId === SECOND_NUMBER);
      expect(other?.atMs).toBeLessThan(asked + SECOND_MS);
      expect(hotel.disorder([head, ids[0]!])).toEqual(ORDERLY);
      expect(bodies("sender.paused"), "nobody has to mend it").toEqual([]);
    },
  );
});
