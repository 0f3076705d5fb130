import { afterEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../../adapters/memory/index.js";
import { ConversationManager, type LogFields, type Transport } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";

const transport: Transport = {
  send: ({ correlationId }) => Promise.resolve({ outcome: "accepted", wamid: `wamid.${correlationId}` }),
};
const webhook = { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN };

describe("a listener of the host that fails", () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  test("costs no guest their message, and the host reads in the log where it failed but not what a guest said", async () => {
    const logged: LogFields[] = [];
    const log = (fields: LogFields) => void logged.push(fields);
    const desk = new ConversationManager({
      hotels,
      storage: memoryStorage(),
      transport,
      webhook,
      logger: { debug: log, info: log, warn: log, error: log },
    });
    await desk.start();
    ends.push(() => desk.stop());
    desk.on("message.received", function greeting() {
      throw new SyntaxError("Unexpected token: my secret diary");
    });
    desk.on("message.received", async function slowly() {
      await Promise.resolve();
      throw new RangeError("my secret diary");
    });
    await desk.receive(delivery([{ from: "12025550101", wamid: "wamid.1", text: "my secret diary" }]));
    await eventually("it is processed", async () => (await desk.as(manager).conversations()).items[0]);
    await eventually("both are logged", () => Promise.resolve(logged.filter(({ error }) => error).length === 2));
    expect(logged).toContainEqual({
      event: "message.received",
      error: "SyntaxError",
      stack: expect.stringContaining("greeting") as string,
    });
    expect(logged).toContainEqual({
      event: "message.received",
      error: "RangeError",
      stack: expect.stringContaining("manager.test.ts") as string,
    });
    expect(JSON.stringify(logged)).not.toContain("diary");
  });
});
