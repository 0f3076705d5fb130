import { expect, test } from "vitest";
import { delivery, eventually } from "../harness/hotel.js";
import { aHotel, STORAGES } from "./stories.js";

const HOT = "12025550101";
const MESSAGES = 500;
const OTHERS = 20;

test.each(STORAGES)(
  "a guest who writes 500 messages at once is heard in order and asked once, and twenty others are answered before that is over (F41, T78), on %s",
  async (_, make) => {
    const { storage, end } = await make();
    const hotel = await aHotel(storage);
    try {
      const at = performance.now();
      const flood = Array.from({ length: MESSAGES / 50 }, (_each, batch) =>
        hotel.desk.receive(
          delivery(
            Array.from({ length: 50 }, (_one, n) => ({
              from: HOT,
              wamid: `wamid.hot.${String(batch * 50 + n).padStart(3, "0")}`,
              text: `and ${String(n)}`,
            })),
          ),
        ),
      );
      expect((await Promise.all(flood)).map(({ status }) => status)).toEqual(flood.map(() => 200));
      const phones = Array.from({ length: OTHERS }, (_each, n) => `1202555${String(1_000 + n)}`);
      await Promise.all(phones.map((phone) => hotel.writes({ phone }, "Is breakfast included?")));
      await eventually(
        "the others are asked for a department",
        () => Promise.resolve(phones.every((phone) => hotel.sent.some(({ to }) => to === phone))),
        20_000,
      );
      const othersTook = performance.now() - at;

      const received = () => hotel.heard.filter((type) => type === "message.received").length;
      await eventually("all is heard", () => Promise.resolve(received() === MESSAGES + OTHERS), 30_000);
      const allTook = performance.now() - at;
      expect(hotel.sent.filter(({ to }) => to === HOT)).toHaveLength(1);
      expect(othersTook, `others ${String(othersTook)} ms, all ${String(allTook)} ms`).toBeLessThanOrEqual(
        Math.max(allTook, 2_000),
      );

      const conversation = (await hotel.staff().conversations({ limit: 100 })).items.find(({ lastMessagePreview }) =>
        lastMessagePreview.startsWith("and"),
      );
      const wamids: (string | null)[] = [];
      let cursor: string | undefined;
      do {
        const page = await hotel
          .staff()
          .messages(conversation?.id ?? "", { limit: 100, ...(cursor !== undefined && { cursor }) });
        wamids.push(...page.items.filter(({ direction }) => direction === "inbound").map(({ wamid }) => wamid));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(wamids.toReversed()).toEqual(
        Array.from({ length: MESSAGES }, (_each, n) => `wamid.hot.${String(n).padStart(3, "0")}`),
      );
    } finally {
      await hotel.stop();
      await end();
    }
  },
  60_000,
);
