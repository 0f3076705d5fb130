import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { contentText, ConversationManager, type Transport } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";

const GUEST = "12025550101";
const THREE_MINUTES = 180_000;

let sent = 0;
const accepting: Transport = {
  send: () => Promise.resolve({ outcome: "accepted", wamid: `wamid.sent.${String(++sent)}` }),
};

describe("a guest of two departments, one of which hands over to the other", () => {
  let desk: ConversationManager;
  let shifted = 0;

  beforeEach(async () => {
    shifted = 0;
    desk = new ConversationManager({
      hotels,
      storage: memoryStorage({ clock: { now: () => new Date(Date.now() + shifted) } }),
      transport: accepting,
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 10 },
    });
    await desk.start();
  });
  afterEach(() => desk.stop());

  const staff = () => desk.as(manager);

  /** What the guest wrote, once it is decided, with the conversation it stands in. */
  async function says(wamid: string, text: string, quotes?: string) {
    const message = { from: GUEST, from_user_id: `US.${GUEST}`, id: wamid, type: "text", text: { body: text } };
    const timestamp = String(Math.floor((Date.now() + shifted) / 1_000));
    const context = quotes === undefined ? {} : { context: { id: quotes } };
    await desk.receive(delivery([{ from: GUEST, wamid, text, instead: { ...message, timestamp, ...context } }]));
    return eventually(`the desk shows ${wamid}`, async () => {
      for (const { id } of (await staff().conversations()).items) {
        const found = (await staff().messages(id)).items.find((one) => one.wamid === wamid);
        if (found !== undefined) return found;
      }
      return null;
    });
  }

  /** Reception hands over a matter that nobody has read to housekeeping, which has one already. */
  async function handedOver() {
    await says("w1", "hello");
    const housekeeping = (await says("w2", "housekeeping")).conversationId;
    await staff().markRead(housekeeping);
    await staff().close(housekeeping);
    shifted += THREE_MINUTES;
    await says("w3", "my tap drips");
    const reception = (await says("w4", "reception")).conversationId;
    await staff().reopen(housekeeping);
    await staff().transfer(reception, { departmentId: "housekeeping" });
    return { housekeeping, reception };
  }

  const unread = async (id: string) => (await staff().conversations()).items.find((one) => one.id === id)?.unread;

  test("is unread there until somebody reads it", async () => {
    const { housekeeping } = await handedOver();
    expect(await unread(housekeeping)).toBe(2);
    await staff().markRead(housekeeping);
    expect(await unread(housekeeping)).toBe(0);
  });

  test("goes on with the department that took it over when the guest quotes it, once that is closed too", async () => {
    const { housekeeping } = await handedOver();
    await staff().close(housekeeping);
    expect((await says("w5", "it drips again", "w3")).conversationId).toBe(housekeeping);
    const open = (await staff().conversations({ status: "open" })).items;
    expect(open.map(({ departmentId }) => departmentId)).toEqual(["housekeeping"]);
  });

  test("can be quoted by staff, like every message that the list shows, and nothing else can", async () => {
    const { housekeeping, reception } = await handedOver();
    const { items } = await staff().messages(housekeeping);
    const drips = items.find(({ content }) => contentText(content) === "my tap drips");
    const own = items.find(({ content }) => contentText(content) === "hello");
    const answer = (quotes = "none", clientMessageId = "m1") => ({
      clientMessageId,
      content: { type: "text", text: "We come." } as const,
      quotes,
    });
    expect(await staff().reply(housekeeping, answer(drips?.id))).toMatchObject({ quotedWamid: "w3" });
    expect(await staff().reply(housekeeping, answer(own?.id, "m2"))).toMatchObject({ quotedWamid: "w1" });
    await expect(staff().reply(reception, answer(own?.id, "m3"))).rejects.toMatchObject({ code: "not_found" });
    await expect(staff().reply(housekeeping, answer("msg_nobody", "m4"))).rejects.toMatchObject({ code: "not_found" });
  });
});
