import assert from "node:assert/strict";
import type { Storage } from "../../ports/storage.js";
import { aReport, HOTEL } from "./builders.js";
import type { StorageCase } from "./case.js";
import { claim, FAILURE, intended, sendingOne, settle, type Sending } from "./steps.js";

/** Source: WhatsApp Cloud API "Error codes" (2026). */
const CLOSED = { code: "graph_131047", message: "The window is closed." };
const BY_ID = { code: "graph_131062", message: "It needs the guest's phone." };

/** The commands that there are to do now, each with its lane and what it says. */
async function commands(storage: Storage) {
  const { lanes } = await claim(storage, { kind: "command" });
  return lanes.flatMap(({ hotelId, phoneNumberId, guestId, items }) =>
    items.map(({ id, payload }) => ({
      id,
      lane: [hotelId, phoneNumberId, guestId],
      says: JSON.parse(payload) as unknown,
    })),
  );
}

const workOf = ({ message }: Sending, why: "window" | "address") => ({
  id: `refused_${message.id}`,
  lane: [HOTEL, "", message.conversationId],
  says: { type: "refused", messageId: message.id, why },
});

/** What WhatsApp refuses, and something else may go in its place, is work from that moment on. */
export const refusalCases: readonly StorageCase[] = [
  {
    id: "refused/reported",
    says: "A message that a report lets fail for the closed window, or for the guest's id, is work, once however often it is reported (131047, 131062).",
    async run({ storage }) {
      const closed = await sendingOne(storage);
      const byId = await sendingOne(storage, 1, HOTEL, "12025550102");
      for (const [sending, wamid] of [
        [closed, "wamid.1"],
        [byId, "wamid.2"],
      ] as const) {
        await intended(storage, sending);
        await settle(storage, sending, { kind: "sent", wamid });
      }
      const reports = [
        aReport("failed", "wamid.1", { failure: CLOSED }),
        aReport("failed", "wamid.2", { failure: BY_ID }),
      ];
      await storage.applyStatuses([...reports, ...reports]);
      await storage.applyStatuses(reports);
      const found = await commands(storage);
      const inOrder = [workOf(closed, "window"), workOf(byId, "address")].toSorted((a, b) => (a.id < b.id ? -1 : 1));
      assert.deepEqual(
        found.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        inOrder,
      );
    },
  },
  {
    id: "refused/settled",
    says: "And so is one whose send is settled so, or whose report was faster than the answer to our send.",
    async run({ storage }) {
      const settled = await sendingOne(storage);
      await intended(storage, settled);
      await settle(storage, settled, { kind: "failed", failure: CLOSED });
      assert.deepEqual(await commands(storage), [workOf(settled, "window")]);
      const early = await sendingOne(storage, 1, HOTEL, "12025550102");
      await storage.applyStatuses([aReport("failed", "wamid.1", { failure: BY_ID })]);
      assert.deepEqual(await commands(storage), []);
      await intended(storage, early);
      await settle(storage, early, { kind: "sent", wamid: "wamid.1" });
      assert.deepEqual(await commands(storage), [workOf(early, "address")]);
    },
  },
  {
    id: "refused/else",
    says: "What fails for any other cause is none, nor is what may have arrived, or has.",
    async run({ storage }) {
      const failed = await sendingOne(storage);
      await intended(storage, failed);
      await settle(storage, failed, { kind: "failed", failure: FAILURE });
      const unknown = await sendingOne(storage, 1, HOTEL, "12025550102");
      await intended(storage, unknown);
      await settle(storage, unknown, { kind: "unknown", failure: CLOSED, holdMs: 0 });
      const read = await sendingOne(storage, 1, HOTEL, "12025550103");
      await intended(storage, read);
      await settle(storage, read, { kind: "sent", wamid: "wamid.1" });
      await storage.applyStatuses([aReport("read", "wamid.1"), aReport("failed", "wamid.1", { failure: CLOSED })]);
      assert.deepEqual(await commands(storage), []);
    },
  },
];
