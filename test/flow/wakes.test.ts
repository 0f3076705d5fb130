import { expect, test } from "vitest";
import { staticHotels } from "../../src/config.js";
import { flowBook } from "../../src/flow/book.js";
import { defineFlow, keyword } from "../../src/flow/define.js";
import { silentLogger } from "../../src/ports/logger.js";
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
    wakeOutbound: () => woken.push("outbound"),
    wakeCommands: () => woken.push("commands"),
  });
  const fires = async () => {
    stay.clock.advance(60_000);
    const { lanes } = await stay.storage.claim({ kind: "timer", lanes: 9, itemsPerLane: 9, leaseMs: 1_000 });
    await handle(lanes);
    return woken.splice(0);
  };
  expect(await fires()).toEqual(["outbound"]);
  expect(await fires()).toEqual(["outbound", "commands"]);
});
