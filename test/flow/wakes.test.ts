import { expect, test } from "vitest";
import { staticHotels } from "../../src/config/hotel.js";
import { flowBook } from "../../src/flow/book.js";
import { defineFlow, keyword, pms } from "../../src/flow/define.js";
import { silentLogger } from "../../src/ports/logger.js";
import { stayWork } from "../../src/runtime/stay-work.js";
import { timerWork } from "../../src/runtime/timer-work.js";
import { stayWith } from "./world.js";

const grand = {
  id: "grand",
  timeZone: "Europe/Rome",
  numbers: [{ phoneNumberId: "200000000000001", accessToken: "none" }],
  departments: [{ id: "reception", name: "Reception" }],
} as const;

test("a time that has come leads to the host at once: whoever calls the host is woken", async () => {
  const flow = defineFlow({ id: "later", version: 1, triggers: [keyword("later")] })
    .waitUntil("soon", ({ run }) => new Date(run.startedAt.getTime() + 60_000))
    .say("now", "Now.")
    .waitUntil("then", ({ run }) => new Date(run.startedAt.getTime() + 120_000))
    .perform("call", () => "called")
    .build();
  const stay = stayWith([flow], { hotel: grand });
  await stay.guest().says("later");
  const woken: string[] = [];
  const { handle } = timerWork({
    storage: stay.storage,
    hotels: staticHotels([grand]),
    flows: flowBook([flow]),
    logger: silentLogger,
    random: () => 1,
    retry: { baseMs: 1, capMs: 1, attempts: 1 },
    publish: () => undefined,
    wake: (...kinds) => woken.push(...kinds),
  });
  const fires = async () => {
    stay.clock.advance(60_000);
    const { lanes } = await stay.storage.claim({ kind: "timer", lanes: 9, itemsPerLane: 9, leaseMs: 1_000 });
    await handle(lanes);
    return woken.splice(0);
  };
  expect(await fires()).toEqual(["outbound", "timer"]);
  expect(await fires()).toEqual(["command"]);
});

test("an event of a stay begins a flow that calls the host: whoever does is woken, and what it says by itself is counted", async () => {
  const flow = defineFlow({ id: "ready", version: 1, triggers: [pms("room_ready")] })
    .say("told", "Your room is ready.")
    .perform("key", () => "K-1")
    .build();
  const hotel = { ...grand, stays: { gapMs: 60_000 } };
  const stay = stayWith([flow], { hotel });
  const anna = stay.guest();
  await anna.says("Hello");
  const about = { reservationId: "R-1", guest: { waId: anna.waId } } as const;
  await stay.pms({
    ...about,
    kind: "reservation_created",
    eventId: "e1",
    version: 1,
    arrival: "2026-11-10",
    departure: "2026-11-12",
  });
  // Somebody talks with her, so it has to wait.
  await stay.staff.takesOver(anna);
  await stay.pms({ ...about, kind: "room_ready", eventId: "e2", version: 2, room: "12" });
  await stay.staff.closes(anna);

  const woken: string[] = [];
  const common = {
    ...{ storage: stay.storage, hotels: staticHotels([hotel]), flows: flowBook([flow]), logger: silentLogger },
    ...{ random: () => 1, retry: { baseMs: 1, capMs: 1, attempts: 1 }, publish: () => undefined },
    wake: (...kinds: readonly string[]) => woken.push(...kinds),
  };
  const { handle } = timerWork({ ...common, fireStay: stayWork({ ...common, tasks: null }).fire });
  const before = await said();
  stay.clock.advance(10 * 60_000);
  const { lanes } = await stay.storage.claim({ kind: "timer", lanes: 9, itemsPerLane: 9, leaseMs: 1_000 });
  await handle(lanes);
  expect(woken.sort()).toEqual(["command", "outbound"]);
  expect(await said()).toBe(before + 1);

  /** What the desk has said to her by itself in this hour. */
  async function said(): Promise<number> {
    const { items } = await stay.staff.desk.conversations({ limit: 10 });
    const key = {
      ...{ hotelId: "grand", phoneNumberId: "200000000000001", guestId: items[0]?.guest.id ?? "" },
      ...{ wamids: [], promptIds: [], addresses: [] },
    };
    return (await stay.storage.loadChats([key])).states[0]?.chat?.automated?.count ?? 0;
  }
});
