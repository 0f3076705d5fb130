import { expect, test } from "vitest";
import { ConversationError, type DeskEvent, type SendPause } from "../../src/index.js";
import { staticHotels } from "../../src/config/hotel.js";
import { accountPauses } from "../../src/runtime/account-pause.js";
import { silentLogger } from "../../src/ports/logger.js";

const MINUTE_MS = 60_000;
const LIMIT: SendPause = { of: "hotel", ms: MINUTE_MS, probing: false, code: "graph_80007" };
const PAUSED: DeskEvent = {
  hotelId: "seaside",
  seq: 1,
  at: new Date("2026-11-10T08:30:00Z"),
  conversationId: null,
  departmentId: null,
  body: { type: "sender.paused", phoneNumberId: "2", code: "graph_131042" },
};

/** The grand and the seaside are in one account, the alpine in another, and the harbour has named none. */
function aChain({ byId, pauseSenders }: { byId?: () => Promise<never>; pauseSenders?: () => Promise<never> } = {}) {
  const ids = { grand: "1", seaside: "1", alpine: "2", harbour: undefined };
  const hotels = staticHotels(
    Object.entries(ids).map(([id, accountId], index) => ({
      id,
      timeZone: "Europe/Rome",
      ...(accountId !== undefined && { accountId }),
      numbers: [{ phoneNumberId: String(index + 1), accessToken: "token" }],
      departments: [{ id: "reception", name: "Reception" }],
    })),
  );
  const stopped: { hotelId: string; code: string; ms: number }[] = [];
  const heard: DeskEvent[] = [];
  const warned: unknown[] = [];
  const tell = accountPauses({
    hotels: { ...hotels, ...(byId && { byId }) },
    storage: {
      pauseSenders:
        pauseSenders ??
        (({ hotelId, pause: { code, ms } }) => {
          stopped.push({ hotelId, code, ms });
          return Promise.resolve([PAUSED]);
        }),
    },
    logger: { ...silentLogger, warn: (fields: object) => void warned.push(fields) },
    publish: (events) => heard.push(...events),
  });
  return { tell, stopped, heard, warned };
}

test("the other hotels of the account wait as long as the one that WhatsApp asked, and whoever watches them is told", async () => {
  const { tell, stopped, heard } = aChain();
  await tell("grand", LIMIT);
  expect(stopped).toEqual([{ hotelId: "seaside", code: LIMIT.code, ms: MINUTE_MS }]);
  expect(heard).toEqual([PAUSED]);
});

test("messages that are refused together tell them once, and a longer stop, or a later one, tells them again", async () => {
  const { tell, stopped } = aChain();
  await Promise.all([tell("grand", LIMIT), tell("seaside", LIMIT), tell("grand", LIMIT)]);
  expect(stopped.map(({ hotelId }) => hotelId)).toEqual(["seaside"]);
  await tell("seaside", { ...LIMIT, ms: 10 * MINUTE_MS });
  expect(stopped.at(-1)).toEqual({ hotelId: "grand", code: LIMIT.code, ms: 10 * MINUTE_MS });
  await tell("grand", LIMIT);
  expect(stopped).toHaveLength(2);
});

test("a stop of some milliseconds is told anew once it is over", async () => {
  const { tell, stopped } = aChain();
  const short = { ...LIMIT, ms: 10 };
  await tell("grand", short);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await tell("grand", short);
  expect(stopped).toHaveLength(2);
});

test("a hotel that names no account stops alone", async () => {
  const { tell, stopped, warned } = aChain();
  for (const id of ["harbour", "alpine", "nowhere"]) await tell(id, LIMIT);
  expect([stopped, warned]).toEqual([[], []]);
});

test("a port or a storage that fails costs a send nothing: the others find out by themselves", async () => {
  const fails = () => Promise.reject(new ConversationError("storage_unavailable"));
  for (const broken of [{ byId: fails }, { pauseSenders: fails }]) {
    const { tell, warned } = aChain(broken);
    await tell("grand", LIMIT);
    expect(warned).toEqual([{ code: "storage_unavailable" }]);
  }
});
