import assert from "node:assert/strict";
import type { Storage } from "../../ports/storage.js";
import { aReport, HOTEL, MINUTE_MS } from "./builders.js";
import type { StorageCase } from "./case.js";
import { eventsOf, FAILURE, intended, nowOf, sendingOne, settle, type Sending } from "./steps.js";

/** WhatsApp's answer to an offer whose guest has switched offers off. Source: WhatsApp Cloud API "Error codes", 131050 (2026). */
const UNWANTED = { code: "graph_131050", message: "The guest wants no offers." };

const noted = async (storage: Storage, { guest }: Pick<Sending, "guest">) =>
  (await storage.consents({ reach: "everything", guestId: guest.id })) ?? [];
const told = async (storage: Storage) =>
  (await eventsOf(storage)).flatMap(({ body }) => (body.type === "guest.consent" ? [body] : []));

/** What WhatsApp refuses because of what a guest wants is noted as their wish. */
export const rejectionCases: readonly StorageCase[] = [
  {
    id: "consent/rejected",
    says: "An offer that WhatsApp refuses because its guest wants none is noted as that wish, and told after the failure (131050).",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      const { guest, message } = sending;
      await intended(storage, sending);
      const before = await nowOf(storage);
      const events = await settle(storage, sending, { kind: "failed", failure: UNWANTED });
      const [entry, more] = await noted(storage, sending);
      assert.ok(entry && more === undefined);
      const { id, at, recordedAt, ...said } = entry;
      assert.ok(id.includes(message.id));
      assert.ok(before <= at && at <= recordedAt && recordedAt <= (await nowOf(storage)));
      assert.deepEqual(said, {
        hotelId: HOTEL,
        guestId: guest.id,
        scope: "marketing",
        wish: "stop",
        source: "rejection",
        evidence: message.id,
      });
      const wish = { type: "guest.consent", guestId: guest.id, wish: "stop", source: "rejection" };
      assert.deepEqual(await told(storage), [wish]);
      assert.deepEqual(
        events.map(({ body }) => body),
        [{ type: "message.status", messageId: message.id, status: "failed" }, wish],
      );
      assert.deepEqual(
        new Set(events.map(({ conversationId, departmentId }) => JSON.stringify([conversationId, departmentId]))).size,
        1,
        "both in the conversation",
      );
    },
  },
  {
    id: "consent/rejected-else",
    says: "A message that fails for any other cause says nothing of what its guest wants, and nor does one that may have arrived.",
    async run({ storage }) {
      const failed = await sendingOne(storage);
      await intended(storage, failed);
      await settle(storage, failed, { kind: "failed", failure: FAILURE });
      const unknown = await sendingOne(storage, 1, HOTEL, "12025550102");
      await intended(storage, unknown);
      await settle(storage, unknown, { kind: "unknown", failure: UNWANTED, holdMs: 0 });
      for (const each of [failed, unknown]) assert.deepEqual(await noted(storage, each), []);
      assert.deepEqual(await told(storage), []);
    },
  },
  {
    id: "consent/reported",
    says: "The same that a report says, once however often it comes, and as of when WhatsApp said it.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      await intended(storage, sending);
      await settle(storage, sending, { kind: "sent", wamid: "wamid.1" });
      const at = new Date((await nowOf(storage)).getTime() - 5 * MINUTE_MS);
      const report = aReport("failed", "wamid.1", { failure: UNWANTED, at });
      const { events } = await storage.applyStatuses([report, report]);
      await storage.applyStatuses([report]);
      assert.deepEqual(
        events.map(({ body }) => body.type),
        ["message.status", "guest.consent"],
      );
      assert.deepEqual(
        (await noted(storage, sending)).map((entry) => [entry.wish, entry.source, entry.at]),
        [["stop", "rejection", at]],
      );
      assert.equal((await told(storage)).length, 1);
    },
  },
  {
    id: "consent/reported-early",
    says: "And when the report was faster than the answer to our send, or names a moment that has not come.",
    async run({ storage }) {
      const sending = await sendingOne(storage);
      const at = new Date((await nowOf(storage)).getTime() + 60 * MINUTE_MS);
      await storage.applyStatuses([aReport("failed", "wamid.1", { failure: UNWANTED, at })]);
      assert.deepEqual(await noted(storage, sending), []);
      await intended(storage, sending);
      const events = await settle(storage, sending, { kind: "sent", wamid: "wamid.1" });
      assert.equal(events.at(-1)?.body.type, "guest.consent");
      const [entry] = await noted(storage, sending);
      assert.deepEqual([entry?.wish, entry?.at], ["stop", entry?.recordedAt]);
    },
  },
];
