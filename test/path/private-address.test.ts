import type { LookupFunction } from "node:net";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { cloudApi, type LogFields, type Logger, type Transport } from "../../src/index.js";
import { alarmedTransport } from "../../src/runtime/alarmed-transport.js";
import { deskLogger } from "../../src/ports/log-fields.js";
import { memoryTelemetry } from "../../src/testing/index.js";
import { eventually } from "../harness/hotel.js";
import { aSendingHotel, ORDERLY, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const PHONE = "12025550101";
/** What no line may hold. */
const CANARIES = /graph\.example|127\.0\.0\.1|12025550101|grand-token|ready|breakfast/i;

/** Somebody's DNS says that every name is this machine. */
const bent: LookupFunction = (_name, options, callback) => {
  if (options.all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

function journal() {
  const errors: { readonly fields: LogFields; readonly message: string }[] = [];
  const nothing = () => undefined;
  const logger: Logger = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (fields, message) => void errors.push({ fields, message }),
  };
  const alarms = () => errors.filter(({ fields }) => fields.code === "address_private");
  return { logger, errors, alarms };
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A machine of the hotel's own network, and WhatsApp under a name that leads there. */
async function misled() {
  let connections = 0;
  const inside = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve));
  const graphUrl = `http://graph.example:${String((inside.address() as AddressInfo).port)}`;
  const transport = cloudApi({ graphUrl, lookup: bent, deadlineMs: 300 });
  ends.push(
    () => new Promise((resolve) => inside.close(resolve)),
    () => transport.close?.(),
  );
  return { transport, connections: () => connections };
}

describe.each(STORAGES)("a WhatsApp whose name leads into the hotel's own network (%s)", (_, open) => {
  let hotel: SendingHotel;

  test("is sent nothing: the answer waits, whoever runs the desk is alarmed once, and it goes when that is mended (F59)", async () => {
    const { transport: wrong, connections } = await misled();
    const { logger, errors, alarms } = journal();
    const telemetry = memoryTelemetry();
    let isBent = true;
    const through = (right: Transport): Transport => ({
      ...right,
      send: (message) => (isBent ? wrong : right).send(message),
    });
    hotel = await aSendingHotel(open, { logger, telemetry, through });
    ends.push(() => hotel.close());
    const chat = await hotel.writes(hotel.guest(PHONE));
    const ids = [await chat.hears("Your room is ready."), await chat.hears("Breakfast is at seven.")];
    const tries = async () =>
      (await chat.message(ids[0]!))?.reasons.filter(({ details }) => details?.["failure"] === "address_private") ?? [];
    await eventually("it was tried again and again", async () => (await tries()).length > 2);
    expect(await chat.message(ids[1]!)).toMatchObject({ status: "queued", reasons: [{ code: "staff_reply" }] });
    expect([connections(), hotel.fake.requests, hotel.fake.accepted]).toEqual([0, 0, []]);
    expect(alarms()).toEqual([
      { fields: { code: "address_private", heldBack: 0 }, message: expect.stringContaining("DNS") as string },
    ]);
    expect(JSON.stringify(errors)).not.toMatch(CANARIES);
    const counted = (await telemetry.read()).filter(
      ({ name, labels }) => name === "belldesk.sends.failed" && labels.code === "address_private",
    );
    expect(counted.flatMap(({ values }) => values).reduce((a, b) => a + b, 0)).toBeGreaterThan(2);

    isBent = false;
    for (const id of ids) await chat.becomes(id, "sent");
    expect(hotel.disorder(ids)).toEqual(ORDERLY);
    expect(alarms()).toHaveLength(1);
  });
});

test("nor is a guest's file fetched, one given or a message marked as read there, and each alarms (F59)", async () => {
  const { transport: wrong, connections } = await misled();
  const number = { phoneNumberId: "200000000000001", accessToken: "grand-token" };
  const never = new AbortController().signal;
  const bytes = async function* () {
    yield await Promise.resolve(new Uint8Array(1));
  };
  const calls: ((transport: Transport) => Promise<{ readonly outcome: string }> | undefined)[] = [
    (transport) => transport.downloadMedia?.({ number, mediaId: "300", signal: never }),
    (transport) => transport.uploadMedia?.({ number, mimeType: "image/png", sizeBytes: 1, read: bytes, signal: never }),
    (transport) => transport.markRead?.({ number, wamid: "wamid.1", typing: false }),
  ];
  for (const call of calls) {
    const { logger, errors, alarms } = journal();
    expect(await call(alarmedTransport(wrong, deskLogger(logger)))).toMatchObject({
      outcome: "failed",
      failure: { code: "address_private" },
    });
    expect(alarms()).toHaveLength(1);
    expect(JSON.stringify(errors)).not.toMatch(CANARIES);
  }
  expect(connections()).toBe(0);
});
