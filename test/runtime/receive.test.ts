import { describe, expect, test } from "vitest";
import { staticHotels, type HotelOptions } from "../../src/config/hotel.js";
import type { InboundItem } from "../../src/domain/work.js";
import { ConversationError, sign } from "../../src/index.js";
import type { HotelsPort } from "../../src/ports/hotels.js";
import { silentLogger } from "../../src/ports/logger.js";
import { receiver } from "../../src/runtime/receive.js";
import { dedupHash } from "../../src/whatsapp/webhook.js";
import { fixture } from "../whatsapp/fixtures.js";

const SECRET = "a-secret-of-the-app";

const aHotel = (id: string, more: Partial<HotelOptions> = {}): HotelOptions => ({
  id,
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: id === "grand" ? "200000000000001" : `9${String(id.length)}`, accessToken: "token" }],
  departments: [{ id: "reception", name: "Reception" }],
  ...more,
});

/** @param items what would be stored */
function aReceiver(hotels: HotelsPort, items: InboundItem[] = []) {
  let serial = 0;
  return receiver({
    storage: {
      remember: (all) => {
        items.push(...all);
        return Promise.resolve(all.map(() => "new" as const));
      },
      applyStatuses: (updates) => Promise.resolve({ outcomes: updates.map(() => "applied" as const), events: [] }),
    },
    hotels,
    appSecrets: [SECRET],
    ids: () => `i${String(++serial)}`,
    logger: silentLogger,
    dedupRetentionMs: 30 * 24 * 3_600_000,
    maskCardNumbers: true,
    deadlineMs: 5_000,
    wake: () => undefined,
    publish: () => undefined,
  });
}

/** What would be stored of a webhook. */
async function stored(hotels: HotelsPort, body: Buffer): Promise<readonly InboundItem[]> {
  const items: InboundItem[] = [];
  const { receive } = aReceiver(hotels, items);
  expect(await receive({ body, signature: sign(body, SECRET) })).toMatchObject({ status: 200 });
  return items;
}
const webhook = (name: string) => fixture("webhooks", name);
const ACCOUNT = "100000000000001";

describe("what is received goes to its hotel", () => {
  test("a guest's message, call and changed id and the phone app's messages, by the number", async () => {
    const hotels = staticHotels([aHotel("grand")]);
    for (const [name, kind] of [
      ["text", "message"],
      ["call_terminate", "call"],
      ["system_user_changed_number", "system"],
      ["smb_message_echo_text", "echo"],
    ] as const) {
      const [item] = await stored(hotels, webhook(name));
      expect(item).toMatchObject({ hotelId: "grand", kind, chat: { phoneNumberId: "200000000000001" } });
    }
  });

  test("old messages are none that come late, however old", async () => {
    const [news, message] = await stored(staticHotels([aHotel("grand")]), webhook("history_chunk"));
    expect(news).toMatchObject({ hotelId: "grand", chat: { phoneNumberId: ACCOUNT, addresses: [] } });
    expect(message?.chat).toMatchObject({ isImported: true, sentAt: new Date(1_793_448_000_000) });
  });

  test("news about an account goes to the hotel that has it for itself, else to operators alone", async () => {
    const disabled = webhook("account_update_disabled");
    const lane = { chat: { phoneNumberId: ACCOUNT, addresses: [] } };
    const own = staticHotels([aHotel("grand", { accountId: ACCOUNT }), aHotel("palace", { accountId: "5" })]);
    expect(await stored(own, disabled)).toMatchObject([{ hotelId: "grand", ...lane }]);
    const shared = staticHotels([aHotel("grand", { accountId: ACCOUNT }), aHotel("palace", { accountId: ACCOUNT })]);
    expect(await stored(shared, disabled)).toMatchObject([{ hotelId: "unrouted", ...lane }]);
    const cannotSay: HotelsPort = { byId: (id) => own.byId(id), byNumber: (number) => own.byNumber(number) };
    expect(await stored(cannotSay, disabled)).toMatchObject([{ hotelId: "unrouted", ...lane }]);
  });

  test("news about a template goes to every hotel with its account, as each has it in its catalogue (M15)", async () => {
    const paused = webhook("template_status_paused");
    const hotels = ["grand", "palace", "inn"].map((id) => aHotel(id, { accountId: id === "inn" ? "5" : ACCOUNT }));
    const shared = staticHotels(hotels);
    expect(await stored(shared, paused)).toMatchObject([{ hotelId: "grand" }, { hotelId: "palace" }]);
    expect(await stored(staticHotels(hotels.slice(2)), paused)).toMatchObject([{ hotelId: "unrouted" }]);
    const ownAlone: HotelsPort = {
      byId: (id) => shared.byId(id),
      byNumber: (number) => shared.byNumber(number),
      byAccount: () => shared.byId("palace"),
    };
    expect(await stored(ownAlone, paused)).toMatchObject([{ hotelId: "palace" }]);
  });

  test("a guest's wish goes by its number, whosever account it is", async () => {
    const hotels = staticHotels([aHotel("grand"), aHotel("palace", { accountId: ACCOUNT })]);
    expect(await stored(hotels, webhook("user_preferences_stop"))).toMatchObject([{ hotelId: "grand" }]);
  });

  test("a guest of a number that no hotel has is answered by nobody", async () => {
    const hotels = staticHotels([aHotel("palace", { accountId: ACCOUNT })]);
    expect(await stored(hotels, webhook("text"))).toMatchObject([{ hotelId: "unrouted", chat: null }]);
    expect(await stored(hotels, webhook("synthetic_unknown_field"))).toMatchObject([
      { hotelId: "unrouted", chat: null },
    ]);
  });

  test("what nothing makes one and the same is told as often as it comes", async () => {
    const [first] = await stored(staticHotels([aHotel("grand")]), webhook("history_declined"));
    expect(first?.dedupHash).toBe(dedupHash(first!.id));
  });
});

describe("a hotel's account", () => {
  test("is found by its id, and by nobody's when two hotels share it", async () => {
    const hotels = staticHotels([
      aHotel("grand", { accountId: "1" }),
      aHotel("palace", { accountId: "2" }),
      aHotel("castle2", { accountId: "2" }),
      aHotel("cottage22", { accountId: "2" }),
    ]);
    expect((await hotels.byAccount?.("1"))?.id).toBe("grand");
    expect(await hotels.byAccount?.("2")).toBeNull();
    expect(await hotels.byAccount?.("3")).toBeNull();
    expect((await hotels.byId("grand"))?.accountId).toBe("1");
  });

  test.each(["", "12 34", "12a", "1".repeat(33), 5])("is digits, up to 32 of them, and not %j", (accountId) => {
    try {
      staticHotels([aHotel("grand", { accountId: accountId as string })]);
    } catch (error) {
      expect(ConversationError.is(error) && error.details["issues"]).toEqual([
        {
          path: "hotels.0.accountId",
          message:
            typeof accountId === "string"
              ? "Meta's id of the WhatsApp Business account: digits only"
              : expect.stringContaining("expected string"),
        },
      ]);
      return;
    }
    expect.unreachable();
  });
});

describe("what waits gives way to webhooks", () => {
  /** Milliseconds until `pause` went on, while a webhook came each two milliseconds and took the process so long. */
  async function wentOnAfter(busyMs: number, atMostMs: number): Promise<number> {
    const { receive, pause } = aReceiver(staticHotels([aHotel("grand")]));
    const body = webhook("text");
    const signature = sign(body, SECRET);
    const stream = setInterval(() => {
      void receive({ body, signature });
      for (const until = performance.now() + busyMs; performance.now() < until;);
    }, 2);
    const from = performance.now();
    await pause(atMostMs);
    clearInterval(stream);
    return performance.now() - from;
  }

  test("for as long as it may wait, while they keep the process busy", async () => {
    const waited = await wentOnAfter(20, 400);
    expect(waited).toBeGreaterThan(350);
    expect(waited).toBeLessThan(2_000);
  });

  test("for a moment, when they never end but leave it time", async () => {
    expect(await wentOnAfter(0, 60_000)).toBeLessThan(10_000);
  });

  test("not at all, when none comes", async () => {
    const { pause } = aReceiver(staticHotels([aHotel("grand")]));
    const from = performance.now();
    await pause(60_000);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});
