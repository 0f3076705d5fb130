import { describe, expect, test } from "vitest";
import {
  completeHotel,
  ConversationManager,
  defineFlow,
  type Classify,
  type ConversationManagerOptions,
  type HotelMenu,
  type LogFields,
} from "../../src/index.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import { APP_SECRET, eventually, hotels, signed, GRAND_NUMBER, VERIFY_TOKEN } from "../harness/hotel.js";
import { aHotel, STORAGES, type Person } from "./stories.js";

const guestOf = (n: number): Person => ({
  phone: `120255501${String(n).padStart(2, "0")}`,
  name: `Guest ${String(n)}`,
});

/** A hotel whose classify takes its time with whoever writes "slow". */
async function stayWith(make: (typeof STORAGES)[number][1], more: Partial<ConversationManagerOptions>) {
  const stored = await make();
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const classify: Classify = ({ text }) => {
    asked.push(text ?? "");
    const answer = text?.includes("towels") === true ? { departmentId: "housekeeping" } : null;
    if (text?.startsWith("slow") !== true) return Promise.resolve(answer);
    return new Promise((resolve) => {
      waiting.push(() => {
        resolve(answer);
      });
    });
  };
  const hotel = await aHotel(stored.storage, undefined, { ...more, routing: { classify, ...more.routing } });
  return {
    hotel,
    asked,
    waiting,
    end: async () => {
      await hotel.stop();
      await stored.end();
    },
  };
}
const processedOf = ({ reasons }: { readonly reasons: readonly { code: string; details?: unknown }[] }) =>
  reasons.flatMap(({ code, details }) => (code === "processed" || code === "processor_failed" ? [details] : []));

describe.each(STORAGES)("a host that thinks about a guest's message (%s)", (_, make) => {
  test("holds up nobody else, and that guest's next message comes after it", { timeout: 60_000 }, async () => {
    const { hotel, asked, waiting, end } = await stayWith(make, {
      routing: { deadlineMs: 60_000 },
      work: { pollMs: 10, leaseMs: 61_000 },
    });
    try {
      const slow = await hotel.writes(guestOf(1), "slow towels");
      await eventually("the host is asked", () => Promise.resolve(waiting.length === 1));
      const after = await hotel.writes(guestOf(1), "and soap");
      const others = await Promise.all(
        Array.from({ length: 12 }, (__, n) => hotel.writes(guestOf(n + 2), `towels ${String(n)}`)),
      );
      for (const wamid of others) {
        const { message, conversation } = await hotel.shows(wamid);
        expect(conversation.departmentId).toBe("housekeeping");
        expect(processedOf(message)).toMatchObject([{ processor: "classify", passed: "flow, service" }]);
      }
      expect(waiting, "still thinking").toHaveLength(1);
      waiting[0]?.();
      const first = await hotel.shows(slow);
      const second = await hotel.shows(after);
      expect(first.conversation.departmentId).toBe("housekeeping");
      expect(second.conversation.id).toBe(first.conversation.id);
      expect(second.message.seq).toBe(first.message.seq + 1);
      expect(asked.filter((text) => text.startsWith("slow"))).toEqual(["slow towels"]);
      expect(asked, "who has a department is asked about nothing").not.toContain("and soap");
    } finally {
      await end();
    }
  });

  test(
    "is not waited for beyond its deadline, in which nobody else takes the message up",
    { timeout: 60_000 },
    async () => {
      const { hotel, asked, end } = await stayWith(make, {
        routing: { deadlineMs: 900 },
        work: { pollMs: 10, leaseMs: 1_000 },
      });
      try {
        const { message, messages } = await hotel.shows(await hotel.writes(guestOf(1), "slow towels"));
        expect(processedOf(message)).toEqual([
          { processor: "classify", because: "late" },
          { processor: "fallback", passed: "flow, service, classify" },
        ]);
        expect(messages.filter(({ direction }) => direction === "outbound")).toHaveLength(1);
        expect(asked).toEqual(["slow towels"]);
      } finally {
        await end();
      }
    },
  );

  test(
    "is asked about so many guests at once, and the others get the menu as if there was no host",
    { timeout: 60_000 },
    async () => {
      const { hotel, waiting, end } = await stayWith(make, {
        routing: { deadlineMs: 60_000 },
        work: { pollMs: 10, leaseMs: 61_000, inboundLanes: 2 },
      });
      try {
        const slow = await hotel.writes(guestOf(1), "slow one");
        await eventually("the host is asked", () => Promise.resolve(waiting.length === 1));
        const { message } = await hotel.shows(await hotel.writes(guestOf(2), "slow two"));
        expect(processedOf(message)[0]).toEqual({ processor: "classify", because: "busy" });
        waiting[0]?.();
        expect(processedOf((await hotel.shows(slow)).message)).toEqual([
          { processor: "fallback", passed: "flow, service, classify" },
        ]);
      } finally {
        await end();
      }
    },
  );
});

describe("a hotel whose menu names what there is not", () => {
  const towels = defineFlow({ id: "towels", version: 1 }).say("done", "Done").build();
  const golf = defineFlow({ id: "golf", version: 1, department: "golf" }).say("tee", "Tee").build();
  const menuOf = (flowId: string): HotelMenu => ({ entries: [{ departmentId: "reception" }, { flowId, label: "Do" }] });
  const [grand] = hotels;
  const options = (flowId: string) => ({
    hotels: [{ ...grand!, menu: menuOf(flowId) }],
    flows: [towels, golf],
    storage: memoryStorage(),
    transport: { send: () => Promise.resolve({ outcome: "accepted", wamid: "wamid.1" } as const) },
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  });

  test("is refused when the desk is made", () => {
    expect(() => new ConversationManager(options("towels"))).not.toThrow();
    for (const flowId of ["nothing", "golf"])
      expect(() => new ConversationManager(options(flowId))).toThrow(
        expect.objectContaining({
          code: "config_invalid",
          details: {
            issues: [expect.objectContaining({ path: "hotels.0.menu.entries.1.flowId" }) as unknown],
          },
        }),
      );
  });

  test("and read from the host's own books is one that the port cannot say: its webhooks come again, and the log says why", async () => {
    const logged: LogFields[] = [];
    const keep = (fields: LogFields) => void logged.push(fields);
    let flowId = "nothing";
    const hotelNow = () => Promise.resolve(completeHotel({ ...grand!, menu: menuOf(flowId) }));
    const desk = new ConversationManager({
      ...options("towels"),
      hotels: { byId: hotelNow, byNumber: hotelNow },
      lookups: { freshMs: 1, staleMs: 1 },
      logger: { debug: keep, info: keep, warn: keep, error: keep },
    });
    await desk.start();
    try {
      const metadata = { display_phone_number: "12025550190", phone_number_id: GRAND_NUMBER };
      const message = {
        from: "12025550101",
        id: "wamid.9",
        timestamp: "1790000000",
        type: "text",
        text: { body: "hi" },
      };
      const contacts = [{ profile: { name: "Anna" }, wa_id: "12025550101" }];
      const value = { messaging_product: "whatsapp", metadata, contacts, messages: [message] };
      const deliver = () => desk.receive(signed([{ field: "messages", value }]));
      expect((await deliver()).status).toBe(503);
      expect(logged).toContainEqual(
        expect.objectContaining({
          code: "hotels_failed",
          because: "menu_invalid",
          hotelId: "grand",
          path: "menu.entries.1.flowId",
        }),
      );
      flowId = "towels";
      expect((await deliver()).status).toBe(200);
    } finally {
      await desk.stop();
    }
  });

  test.each([
    ["of an unknown name", ["flow", "service", "everything", "fallback"]],
    ["without the desk's own", ["flow", "fallback"]],
    ["after the last", ["flow", "fallback", "service"]],
    ["twice", [{ name: "a", process: () => null }, { name: "a", process: () => null }, "flow", "service", "fallback"]],
    ["of a name of the desk's", [{ name: "classify", process: () => null }, "flow", "service", "fallback"]],
    ["that do nothing", [{ name: "a" }, "flow", "service", "fallback"]],
  ])("processors %s are refused when the desk is made", (_, processors) => {
    const routing = { processors } as unknown as NonNullable<ConversationManagerOptions["routing"]>;
    expect(() => new ConversationManager({ ...options("towels"), routing })).toThrow(
      expect.objectContaining({
        code: "config_invalid",
        details: { issues: [expect.objectContaining({ path: "routing.processors" }) as unknown] },
      }),
    );
  });
});
