import assert from "node:assert/strict";
import { aReport, DAY_MS, MINUTE_MS } from "./builders.js";
import type { StorageCase } from "./case.js";
import { eventsOf, intended, messageOf, sendingOne, sentOne, settle, statusesIn } from "./steps.js";

/** What reports bring beside a status, and how long they wait. */
export const reportCases: readonly StorageCase[] = [
  {
    id: "status/parked-end",
    says: "A report waits for its message for as long as WhatsApp delivers a webhook: seven days.",
    async run({ storage, shiftClock }) {
      await storage.applyStatuses([aReport("delivered", "wamid.1")]);
      await shiftClock(7 * DAY_MS - MINUTE_MS);
      await storage.applyStatuses([aReport("delivered", "wamid.2")]);
      const { message } = await sentOne(storage, "wamid.1");
      assert.equal((await messageOf(storage, message.id)).status, "delivered");
    },
  },
  {
    id: "status/billing",
    says: "What WhatsApp says a message costs is kept from the first report that says it, whatever else the report changes.",
    async run({ storage }) {
      const { message } = await sentOne(storage, "wamid.1");
      assert.equal((await messageOf(storage, message.id)).billing, null);
      const billing = {
        billable: true,
        model: "PMP",
        type: "regular",
        category: "service \u0000 \ud83d",
        conversation: { id: "abc", origin: "service", expiresAt: "2026-03-02T12:00:00.000Z" },
      };
      await storage.applyStatuses([aReport("read", "wamid.1")]);
      const before = await messageOf(storage, message.id);
      const late = await storage.applyStatuses([aReport("sent", "wamid.1", { billing })]);
      assert.deepEqual(late, { outcomes: ["unchanged"], events: [] });
      assert.deepEqual(await messageOf(storage, message.id), { ...before, billing });
      await storage.applyStatuses([aReport("played", "wamid.1", { billing: { billable: false } })]);
      const after = await messageOf(storage, message.id);
      assert.deepEqual([after.status, after.billing], ["played", billing]);
    },
  },
  {
    id: "status/billing-rising",
    says: "A report that brings both a status and a price is taken for both, one of several in a call too.",
    async run({ storage }) {
      const { message } = await sentOne(storage, "wamid.1");
      const billing = { billable: true, category: "utility" };
      const { events } = await storage.applyStatuses([
        aReport("delivered", "wamid.1", { billing }),
        aReport("read", "wamid.1"),
      ]);
      assert.equal(statusesIn(events, message.id).at(-1), "read");
      const after = await messageOf(storage, message.id);
      assert.deepEqual([after.status, after.billing], ["read", billing]);
    },
  },
  {
    id: "status/billing-parked",
    says: "What a parked report says of the price is kept with it, also when its status is no news any more.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      const billing = { type: "free_entry_point" };
      await storage.applyStatuses([aReport("sent", "wamid.1", { billing })]);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "sent", wamid: "wamid.1" });
      const message = await messageOf(storage, sending.message.id);
      assert.deepEqual([message.status, message.billing], ["sent", billing]);
      assert.deepEqual(statusesIn(await eventsOf(storage), message.id), ["sent"]);
    },
  },
];
