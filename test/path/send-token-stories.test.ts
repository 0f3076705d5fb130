import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { memoryMediaStore } from "../../adapters/memory/index.js";
import {
  completeHotel,
  reveal,
  type HotelNumber,
  type HotelOptions,
  type HotelsPort,
  type Transport,
} from "../../src/index.js";
import { aPng } from "../support/files.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aSendingHotel, MINUTE_MS, operator, ORDERLY, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const PHONES = ["12025550101", "12025550102", "12025550103"] as const;
const [OLD, NEW] = ["grand-token", "new-token"];

/** The host's own table of its hotel, where the tokens are. */
function aTable() {
  const host = {
    rows: [] as readonly HotelOptions[],
    down: false,
    /** Whoever asks for a hotel meanwhile hears of it as it is now, but only when this resolves. */
    slow: null as Promise<void> | null,
    asked: 0,
  };
  const find = (has: (hotel: HotelOptions) => boolean) => {
    if (host.down) return Promise.reject(new Error("the host's database is down"));
    const row = host.rows.find(has);
    return Promise.resolve(row === undefined ? null : completeHotel(row));
  };
  const rotated = (accessToken: string) => (number: HotelNumber) =>
    number.phoneNumberId === GRAND_NUMBER ? { ...number, accessToken } : number;
  const port: HotelsPort = {
    async byId(id) {
      const found = await find((hotel) => hotel.id === id);
      host.asked += 1;
      await host.slow;
      return found;
    },
    byNumber: (number) => find((hotel) => hotel.numbers.some(({ phoneNumberId }) => phoneNumberId === number)),
    rotateToken(_, accessToken) {
      host.rows = host.rows.map((row) => ({ ...row, numbers: row.numbers.map(rotated(accessToken)) }));
      return Promise.resolve();
    },
  };
  const hotels = (grand: HotelOptions) => {
    host.rows = [grand];
    return port;
  };
  return { host, hotels };
}

/** Answers of WhatsApp that are on their way until they are let through. */
function aSlowAnswer() {
  let letThrough: () => void = () => undefined;
  const slow = {
    answered: 0,
    isHeld: false,
    letThrough: () => {
      letThrough();
    },
  };
  const through = (transport: Transport): Transport => ({
    ...transport,
    async send(message) {
      const answer = await transport.send(message);
      slow.answered += 1;
      if (slow.isHeld) await new Promise<void>((resolve) => (letThrough = resolve));
      return answer;
    },
  });
  return { slow, through };
}

describe.each(STORAGES)("a token that is rotated while messages leave (%s)", (_, open) => {
  let hotel: SendingHotel;
  let tempDir: string | null = null;
  afterEach(async () => {
    await hotel.close();
    if (tempDir !== null) await rm(tempDir, { recursive: true, force: true });
    tempDir = null;
  });

  /** The hotel, whose WhatsApp answers each time, however busy the machine is. */
  const begins = async (options: Parameters<typeof aSendingHotel>[1]) =>
    (hotel = await aSendingHotel(open, { deadlineMs: 10_000, lookups: { freshMs: MINUTE_MS }, ...options }));
  /** What operators were told of the number, by whichever process, in order. */
  async function told() {
    const { json } = await hotel.ask(operator, "/operator/events");
    const { items } = json as { items: readonly { readonly type: string }[] };
    return items.flatMap(({ type }) => (type.startsWith("sender.") ? [type] : [])).toReversed();
  }

  test("on one process, is sent with by another that knew the old one a moment ago: all goes in order, without a probe (F51, N16)", async () => {
    const { hotels } = aTable();
    await begins({ hotels });
    const web = await hotel.anotherProcess();
    const chats = await Promise.all(PHONES.map((phone) => hotel.writes(hotel.guest(phone))));
    hotel.fake.revokeToken(OLD);
    const written = chats.map((): string[] => []);
    for (const said of ["first", "second", "third"])
      for (const [place, chat] of chats.entries()) written[place]!.push(await chat.hears(said));
    await eventually("the number is paused", async () => (await told()).length > 0);

    await web.rotateToken({ phoneNumberId: GRAND_NUMBER, accessToken: NEW });
    for (const [place, chat] of chats.entries()) for (const id of written[place]!) await chat.becomes(id, "sent");
    expect(hotel.disorder(...written)).toEqual(ORDERLY);
    // Once more where a refusal was stored only when the token was there.
    const news = await told();
    expect(news.slice(0, 2)).toEqual(["sender.paused", "sender.resumed"]);
    expect(news.at(-1)).toBe("sender.resumed");
  });

  test("before its messages are refused for the old one, which the host ended at once, pauses nothing (F51)", async () => {
    const { host, hotels } = aTable();
    await begins({ hotels });
    const chat = await hotel.writes(hotel.guest(PHONES[0]));
    await chat.becomes(await chat.hears("first"), "sent");
    hotel.fake.revokeToken(OLD);
    host.rows = host.rows.map((row) => ({
      ...row,
      numbers: row.numbers.map((number) =>
        reveal(number.accessToken) === OLD ? { ...number, accessToken: NEW } : number,
      ),
    }));
    const id = await chat.hears("second");
    const sent = await chat.becomes(id, "sent");
    expect(sent.reasons.map(({ code }) => code)).not.toContain("send_retried");
    expect(await told()).toEqual([]);
    expect(hotel.fake.calls.length, "the first, the refused one, and that one again").toBe(3);
  });

  test("while WhatsApp's refusal of the old one is on its way, goes on: what was refused is sent with the new one (F51)", async () => {
    const { slow, through } = aSlowAnswer();
    await begins({ through });
    const chat = await hotel.writes(hotel.guest(PHONES[0]));
    hotel.fake.revokeToken(OLD);
    slow.isHeld = true;
    const ids = [await chat.hears("first"), await chat.hears("second")];
    await eventually("WhatsApp has refused it", () => Promise.resolve(slow.answered > 0));
    await hotel.desk.rotateToken({ phoneNumberId: GRAND_NUMBER, accessToken: NEW });
    slow.isHeld = false;
    slow.letThrough();
    for (const id of ids) await chat.becomes(id, "sent");
    expect(hotel.disorder(ids)).toEqual(ORDERLY);
    expect(await told()).toEqual([]);
  });

  test("after it was looked for, and before its refusal is stored, goes on: the pause that begins then is over at once (F51)", async () => {
    const { host, hotels } = aTable();
    await begins({ hotels });
    const web = await hotel.anotherProcess();
    const chat = await hotel.writes(hotel.guest(PHONES[0]));
    await chat.becomes(await chat.hears("first"), "sent");
    hotel.fake.revokeToken(OLD);
    let comes: () => void = () => undefined;
    host.slow = new Promise((resolve) => (comes = resolve));
    const before = host.asked;
    const id = await chat.hears("second");
    await eventually("the token is looked for", () => Promise.resolve(host.asked > before));
    await web.rotateToken({ phoneNumberId: GRAND_NUMBER, accessToken: NEW });
    host.slow = null;
    comes();
    await chat.becomes(id, "sent");
    expect(await told()).toEqual(["sender.paused", "sender.resumed"]);
  });

  test("while a file is refused for the old one, lets the file go with the new one (F51)", async () => {
    const { hotels } = aTable();
    tempDir = await mkdtemp(join(tmpdir(), "belldesk-token-"));
    await begins({ hotels, media: { store: memoryMediaStore(), tempDir } });
    const web = await hotel.anotherProcess();
    const chat = await hotel.writes(hotel.guest(PHONES[0]));
    await chat.becomes(await chat.hears("first"), "sent");
    const { id: attachmentId } = await hotel
      .staff()
      .addFile(chat.conversationId, { kind: "image", contentType: "image/png", bytes: Readable.from([aPng(1)]) });
    hotel.fake.revokeToken(OLD);
    await web.rotateToken({ phoneNumberId: GRAND_NUMBER, accessToken: NEW });
    await chat.becomes(await chat.hears({ type: "image", media: { attachmentId } }), "sent");
    expect(await told()).toEqual([]);
  });

  test("that is refused itself, or is not known because the host's table cannot be reached, pauses the number as ever (F51)", async () => {
    const { host, hotels } = aTable();
    await begins({ hotels });
    const chat = await hotel.writes(hotel.guest(PHONES[0]));
    await chat.becomes(await chat.hears("first"), "sent");
    hotel.fake.revokeToken(OLD);
    host.down = true;
    const id = await chat.hears("second");
    await eventually("the number is paused", async () => (await told()).length === 1);
    host.down = false;
    hotel.fake.revokeToken(NEW);
    await hotel.desk.rotateToken({ phoneNumberId: GRAND_NUMBER, accessToken: NEW });
    await eventually("it is paused again", async () => (await told()).length === 3);
    expect(await told()).toEqual(["sender.paused", "sender.resumed", "sender.paused"]);
    await hotel.desk.rotateToken({ phoneNumberId: GRAND_NUMBER, accessToken: "newest-token" });
    await chat.becomes(id, "sent");
  });
});
