import { afterEach, describe, expect, test } from "vitest";
import { callsAbovePace } from "../../src/testing/index.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { aSendingHotel, MINUTE_MS, ORDERLY, SECOND_MS, SECOND_NUMBER, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const PHONE = "12025550101";
const SILENCE = { kind: "silence" } as const;
const WORDS = ["Your room is ready.", "The key is at the desk.", "Breakfast is at seven.", "Sleep well."] as const;

describe.each(STORAGES)("what staff write to a guest (%s)", (_, open) => {
  let hotel: SendingHotel;
  afterEach(() => hotel.close());

  const ines = () => hotel.writes(hotel.guest(PHONE));
  type Chat = Awaited<ReturnType<typeof ines>>;
  async function hearsAll(chat: Chat): Promise<[string, string, string, string]> {
    const ids: string[] = [];
    for (const said of WORDS) ids.push(await chat.hears(said));
    return ids as [string, string, string, string];
  }
  const onThePhone = () =>
    hotel.fake
      .phone(PHONE, GRAND_NUMBER)
      .filter(({ from }) => from === "hotel")
      .map(({ text }) => text);
  /** Something of another chat leaves, which took the same way. */
  async function somethingElse(phone: string) {
    const chat = await hotel.writes(hotel.guest(phone), "hello", SECOND_NUMBER);
    await chat.becomes(await chat.hears("Good evening"), "sent");
  }

  describe("when one of them fails", () => {
    test.each([
      [131026, 400, "cannot be delivered"],
      [100, 400, "did not understand"],
      [131053, 400, "another format"],
    ] as const)(
      "for good (%i): staff see it with what to do, the others go on in order, and sent again it goes last (F50, F56, megaapp#607)",
      async (code, status, advice) => {
        hotel = await aSendingHotel(open);
        const chat = await ines();
        hotel.fake.failWhen(({ correlationId }) => correlationId === head, { kind: "error", status, code });
        let head = "";
        // Nothing leaves before the rule knows which message it is about.
        hotel.fake.fail({ kind: "error", code: 130429, retryAfter: 1 });
        const [first, ...others] = await hearsAll(chat);
        head = first;
        const failed = await chat.becomes(first, "failed");
        expect(failed).toMatchObject({
          failure: { code: `graph_${String(code)}`, message: expect.stringContaining(advice) },
          wamid: null,
        });
        for (const id of others) await chat.becomes(id, "sent");
        expect(hotel.accepted()).toEqual(others);
        expect(onThePhone()).toEqual(WORDS.slice(1));

        head = "";
        const copy = await hotel.staff().resend(first);
        await chat.becomes(copy.id, "sent");
        expect(onThePhone()).toEqual([...WORDS.slice(1), WORDS[0]]);
        const [last] = await chat.all();
        expect(last).toMatchObject({ id: copy.id, content: { text: WORDS[0] } });
        expect(await chat.message(first)).toMatchObject({ status: "failed" });
        expect(hotel.asked().filter((id) => id === first)).toHaveLength(2);
      },
    );

    test.each([
      ["until it is too old", 60 * MINUTE_MS, 10 * MINUTE_MS, 55 * MINUTE_MS, "send_expired", "graph_131056"],
      ["until it would become so", 5 * MINUTE_MS, SECOND_MS, 64 * SECOND_MS, "graph_131056", "Too many messages"],
    ] as const)(
      "after 503 again and again, %s: the others wait behind it unasked, then it fails visibly and they go in order (F56, megaapp#607)",
      async (_until, maxAgeMs, othersAfterMs, restMs, code, advice) => {
        hotel = await aSendingHotel(open, { outbound: { maxAgeMs } });
        const chat = await ines();
        let head: string | null = null;
        // A 503 is asked again only where its code proves that nothing was taken; the first that is asked meets it, and no other.
        hotel.fake.failWhen(
          ({ address, correlationId }) => address === `+${PHONE}` && (head ??= correlationId) === correlationId,
          { kind: "error", status: 503, code: 131056 },
        );
        const triesOf = (ids: readonly string[]) => hotel.asked().filter((id) => ids.includes(id));
        const first = await chat.hears(WORDS[0]);
        const others: string[] = [];
        // WhatsApp wants one second first, then four, sixteen and sixty-four.
        for (const [place, ms] of [0, othersAfterMs, 4 * SECOND_MS, 16 * SECOND_MS].entries()) {
          await hotel.pass(ms);
          if (place === 1) for (const said of WORDS.slice(1)) others.push(await chat.hears(said));
          await eventually("WhatsApp has answered", () => Promise.resolve(triesOf([first]).length > place));
          await somethingElse(`1202555011${String(place)}`);
          const waiting = (await chat.all()).filter(({ id }) => id === first || others.includes(id));
          expect(waiting.map(({ status }) => status)).toEqual([first, ...others].map(() => "queued"));
          expect(triesOf(others)).toEqual([]);
        }

        await hotel.pass(restMs);
        const failed = await chat.becomes(first, "failed");
        expect(failed).toMatchObject({ wamid: null, failure: { code, message: expect.stringContaining(advice) } });
        for (const id of others) await chat.becomes(id, "sent");
        expect(triesOf(others)).toEqual(others);
        expect(onThePhone()).toEqual(WORDS.slice(1));
        expect(hotel.disorder([first, ...others])).toEqual(ORDERLY);
      },
    );

    test("on its way to a phone that is gone: WhatsApp took it, and staff see what it reports of each (S63, chatwoot#14120)", async () => {
      hotel = await aSendingHotel(open, { whatsapp: { reports: ["sent", "delivered"] } });
      const chat = await ines();
      hotel.guest(PHONE).stands({ unreachable: true });
      const lost = await chat.hears(WORDS[0]);
      const failed = await chat.becomes(lost, "failed");
      expect(failed.failure).toMatchObject({ code: "graph_131026", message: expect.stringContaining("WhatsApp") });
      expect(failed.wamid).not.toBeNull();
      hotel.guest(PHONE).stands({ unreachable: false });
      await chat.becomes(await chat.hears(WORDS[1]), "delivered");
      const copy = await hotel.staff().resend(lost);
      await chat.becomes(copy.id, "delivered");
      expect(onThePhone()).toEqual([WORDS[1], WORDS[0]]);
    });

    test("because WhatsApp does not take the address that it was sent to: it reaches the guest by the other, once (131062, F50)", async () => {
      hotel = await aSendingHotel(open);
      const chat = await ines();
      hotel.fake.failWhen(({ address }) => address === `+${PHONE}`, { kind: "error", code: 131062 });
      const [first, second] = [await chat.hears(WORDS[0]), await chat.hears(WORDS[1])];
      await chat.becomes(second, "sent");
      const sent = await chat.message(first);
      expect(sent?.reasons.map(({ code }) => code)).toEqual([
        "staff_reply",
        "send_intended",
        "send_elsewhere",
        "send_intended",
        "send_accepted",
      ]);
      expect(hotel.fake.accepted.map(({ address, body }) => [address, body.to, body.recipient])).toEqual([
        [`US.${PHONE}`, undefined, `US.${PHONE}`],
        [`US.${PHONE}`, undefined, `US.${PHONE}`],
      ]);
      expect(hotel.disorder([first, second])).toEqual(ORDERLY);
      expect(onThePhone()).toEqual(WORDS.slice(0, 2));
    });

    test("because it needs the phone of a guest who hides it: staff see so, and with the phone it goes (131062)", async () => {
      hotel = await aSendingHotel(open);
      const guest = hotel.guest(PHONE);
      guest.hidesPhone("ines");
      guest.stands({ needsPhone: true });
      const chat = await ines();
      const id = await chat.hears(WORDS[0]);
      const failed = await chat.becomes(id, "failed");
      expect(failed.failure).toMatchObject({ code: "graph_131062", message: expect.stringContaining("phone number") });
      expect(hotel.fake.calls.map(({ address }) => address)).toEqual([`US.${PHONE}`]);
      guest.showsPhone();
      await hotel.writes(guest, "It is me");
      const copy = await hotel.staff().resend(id);
      await chat.becomes(copy.id, "sent");
      expect(hotel.fake.accepted.map(({ address }) => address)).toEqual([`+${PHONE}`]);
    });
  });

  describe("when nobody can say whether one of them arrived", () => {
    /** WhatsApp has the first, and never said so. */
    async function unknownHead() {
      hotel = await aSendingHotel(open);
      const chat = await ines();
      hotel.fake.fail(SILENCE);
      const ids = await hearsAll(chat);
      const unknown = await chat.becomes(ids[0], "unknown");
      expect(unknown.failure).toMatchObject({ code: "no_answer" });
      return { chat, ids };
    }

    test("the others wait for it for fifteen seconds and then go in order, and its report settles it (F44, F45, N8)", async () => {
      const { chat, ids } = await unknownHead();
      await hotel.pass(13 * SECOND_MS);
      await somethingElse("12025550111");
      expect((await chat.all()).slice(0, 3).map(({ status }) => status)).toEqual(["queued", "queued", "queued"]);
      await hotel.pass(2 * SECOND_MS);
      for (const id of ids.slice(1)) await chat.becomes(id, "sent");
      expect(await chat.message(ids[0])).toMatchObject({ status: "unknown", wamid: null });

      const [taken] = hotel.fake.accepted;
      await hotel.fake.report(taken!, "sent");
      const settled = await chat.becomes(ids[0], "sent");
      expect(settled).toMatchObject({ wamid: taken?.wamid, failure: null });
      expect(hotel.disorder(ids)).toEqual(ORDERLY);
      expect(onThePhone()).toEqual(WORDS);
      await expect(hotel.staff().resend(ids[0], { mayDouble: true })).rejects.toMatchObject({
        code: "resend_impossible",
      });
    });

    test("the others go at once when WhatsApp reports of it (F20, F44)", async () => {
      const { chat, ids } = await unknownHead();
      const since = performance.now();
      await hotel.fake.report(hotel.fake.accepted[0]!, "delivered");
      for (const id of ids.slice(1)) await chat.becomes(id, "sent");
      expect(performance.now() - since).toBeLessThan(10_000);
      await chat.becomes(ids[0], "delivered");
      expect(hotel.disorder(ids)).toEqual(ORDERLY);
      expect(hotel.fake.requests).toBe(4);
    });

    test("the others go at once when somebody says that it was lost, and sent again it goes last (N8)", async () => {
      const { chat, ids } = await unknownHead();
      await expect(hotel.staff().resend(ids[0])).rejects.toMatchObject({ code: "resend_may_double" });
      const since = performance.now();
      await hotel.staff().resolve(ids[0], { as: "failed", reason: "the guest asked again" });
      for (const id of ids.slice(1)) await chat.becomes(id, "sent");
      expect(performance.now() - since).toBeLessThan(10_000);
      const copy = await hotel.staff().resend(ids[0]);
      await chat.becomes(copy.id, "sent");
      expect(hotel.accepted()).toEqual([...ids, copy.id]);
      expect(hotel.disorder(ids)).toEqual(ORDERLY);
    });

    test("what is urgent does not wait for it, and those that wait keep their turn (M18)", async () => {
      const { chat, ids } = await unknownHead();
      const urgent = await chat.hears("The door code is 4711.", { urgent: true });
      await chat.becomes(urgent, "sent");
      expect(hotel.accepted()).toEqual([ids[0], urgent]);
      await hotel.pass(13 * SECOND_MS);
      await somethingElse("12025550111");
      expect(hotel.accepted()).toHaveLength(3);
      await hotel.pass(2 * SECOND_MS);
      for (const id of ids.slice(1)) await chat.becomes(id, "sent");
      expect(hotel.disorder(ids)).toEqual(ORDERLY);
    });
  });

  test("as a door code arrives before a flood that waits for the number, and within the number's pace (M18)", async () => {
    const PER_SECOND = 20;
    hotel = await aSendingHotel(open, { perSecond: PER_SECOND });
    hotel.fake.number(GRAND_NUMBER, { perSecond: PER_SECOND });
    const phones = Array.from({ length: 25 }, (_each, n) => `120255502${String(n).padStart(2, "0")}`);
    const chats: Chat[] = [];
    for (const phone of phones) chats.push(await hotel.writes(hotel.guest(phone)));
    await hotel.pass(MINUTE_MS);
    const places = new Map<string, number>();
    // Eight each; the guest who comes home has them too.
    const waiting = chats.map(async (chat) => {
      const ids: string[] = [];
      for (let n = 0; n < 8; n++) ids.push(await chat.hears(`offer ${String(n)}`));
      return ids;
    });
    const flood = await Promise.all(waiting);
    for (const ids of flood) ids.forEach((id, place) => places.set(id, place));
    const home = chats.at(-1)!;
    const before = hotel.fake.accepted.length;
    expect(before).toBeLessThan(100);
    const urgent = await home.hears("The door code is 4711.", { urgent: true });
    await home.becomes(urgent, "sent");
    expect(hotel.accepted().indexOf(urgent) - before).toBeLessThan(10);

    const left = hotel.fake.accepted.length;
    await eventually("the flood goes on", () => Promise.resolve(hotel.fake.accepted.length >= left + PER_SECOND));
    expect(hotel.disorder(...flood)).toEqual(ORDERLY);
    // What is on its way to WhatsApp may be held up, and then comes together with what leaves next.
    const pace = { perSecond: PER_SECOND, burst: PER_SECOND };
    expect(callsAbovePace(hotel.fake.calls, pace, ({ phoneNumberId }) => phoneNumberId)).toEqual([]);
    expect(hotel.fake.calls.filter(({ code }) => code !== null)).toEqual([]);
  });
});
