import { expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { acknowledge } from "../../examples/minimal/auto-reply.js";
import { contentText, ConversationManager, type OutgoingMessage } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, VERIFY_TOKEN } from "../harness/hotel.js";

test("a guest who writes to housekeeping is answered by the host's own code", async () => {
  const sent: OutgoingMessage[] = [];
  const desk = new ConversationManager({
    hotels,
    storage: memoryStorage(),
    transport: {
      send(message) {
        sent.push(message);
        return Promise.resolve({ outcome: "accepted", wamid: `wamid.out.${message.correlationId}` });
      },
    },
    webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
  });
  await desk.start();
  try {
    const stop = acknowledge(desk);
    const texts = () => sent.map(({ content }) => contentText(content));
    const says = (wamid: string, text: string) => desk.receive(delivery([{ from: "12025550101", wamid, text }]));
    await says("wamid.1", "Hello");
    await eventually("the menu", () => Promise.resolve(sent.length === 1));
    await says("wamid.2", "Housekeeping");
    await eventually("the answer", () => Promise.resolve(sent.length === 2));
    expect(texts()).toEqual([expect.stringContaining("Which department"), "Thank you! Housekeeping is on its way."]);
    stop();
  } finally {
    await desk.stop();
  }
});
