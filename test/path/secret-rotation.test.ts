import { afterEach, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { ConversationManager, sign, webhookHandler, type Transport } from "../../src/index.js";
import { delivery, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";

// A hotel that changes its app's secret: processes with the new configuration run beside those with the old, and Meta signs with
// either until it has heard of the new one.

const [OLD, NEW] = ["the secret of last year", "the secret of this year"];
const nowhere: Transport = {
  send: () =>
    Promise.resolve({ outcome: "rejected", failure: { code: "nowhere", message: "Nobody is there." }, retry: null }),
};

const open: ConversationManager[] = [];
afterEach(() => Promise.all(open.splice(0).map((desk) => desk.stop())));

/** @returns what Meta is answered for a guest's message that is signed with a secret, and what staff see */
async function aDesk(...appSecrets: string[]) {
  const desk = new ConversationManager({
    ...{ hotels, storage: memoryStorage(), transport: nowhere },
    webhook: { appSecrets, verifyToken: VERIFY_TOKEN },
  });
  open.push(desk);
  await desk.start();
  const handle = webhookHandler(desk);
  return {
    async hears(from: string, secret: string): Promise<number> {
      const { body } = delivery([{ from, wamid: `wamid.${from}`, text: "Good evening" }]);
      const headers = { "content-type": "application/json", "x-hub-signature-256": sign(body, secret) };
      const { status } = await handle(
        new Request("https://hotel.example/webhooks/whatsapp", { method: "POST", headers, body: Buffer.from(body) }),
      );
      return status;
    },
    guests: async () =>
      (await desk.as(manager).conversations({ hotel: "grand" })).items.map(({ guest }) => guest.name).toSorted(),
  };
}

test("while an app's secret is changed guests are heard whichever it was signed with, and nobody else is (T08)", async () => {
  const desk = await aDesk(NEW, OLD);
  expect(await desk.hears("12025550101", OLD)).toBe(200);
  expect(await desk.hears("12025550102", NEW)).toBe(200);
  expect(await desk.hears("12025550103", "somebody's guess")).toBe(401);
  await expect.poll(desk.guests, { timeout: 40_000 }).toEqual(["Guest 0101", "Guest 0102"]);
});

test("once the old secret is out of the configuration, what is signed with it is refused (T08)", async () => {
  const desk = await aDesk(NEW);
  expect(await desk.hears("12025550101", OLD)).toBe(401);
  expect(await desk.hears("12025550102", NEW)).toBe(200);
  await expect.poll(desk.guests, { timeout: 40_000 }).toEqual(["Guest 0102"]);
});
