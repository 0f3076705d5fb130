import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { startRedis } from "../../scripts/services/redis.mjs";
import { fakeWhatsApp } from "../../src/testing/index.js";
import { eventually, GRAND_NUMBER } from "../harness/hotel.js";
import { freePort, RunnableHotel } from "../harness/runnable-hotel.js";

/** The runnable hotel beside a Graph API that is somebody else's, and one that is stopped before it is open. */

const GUEST = "12025550101";
const RECEPTION = "demo-grand-reception";
const SECRETS = {
  WHATSAPP_APP_SECRET: "the-apps-own-secret",
  WHATSAPP_VERIFY_TOKEN: "the-hotels-own-verify-token",
  WHATSAPP_ACCESS_TOKEN: "the-numbers-own-token",
};

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function aFolder(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-hotel-"));
  ends.push(() => fs.rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A WhatsApp that knows these secrets, and what a hotel beside it is told of it. */
async function aWhatsApp() {
  const port = String(await freePort());
  const whatsapp = await fakeWhatsApp({
    appSecret: SECRETS.WHATSAPP_APP_SECRET,
    webhookUrl: `http://127.0.0.1:${port}/webhooks/whatsapp`,
    tokens: [SECRETS.WHATSAPP_ACCESS_TOKEN],
  });
  ends.push(() => whatsapp.close());
  return { whatsapp, env: { PORT: port, DATA_DIR: await aFolder(), ...SECRETS } };
}

test("with a Graph API of another container the hotel uses its own token, secret, verify token and Redis, and no phone is simulated", async () => {
  const { whatsapp, env } = await aWhatsApp();
  const redis = await startRedis();
  ends.push(() => redis.stop());
  const names = path.resolve(import.meta.dirname, "../support/container-names.mjs");
  const hotel = await RunnableHotel.open({
    ...env,
    REDIS_URL: redis.url,
    WHATSAPP_GRAPH_URL: whatsapp.graphUrl.replace("127.0.0.1", "whatsapp"),
    NODE_OPTIONS: `--import=${names}`,
  });
  ends.push(() => hotel.kill());
  expect(hotel.output).toContain("Sends go to http://whatsapp:");
  const listener = new Redis(redis.url);
  ends.push(() => listener.quit());
  const channels = (await listener.call("pubsub", "channels")) as string[];
  expect(channels).toContainEqual(expect.stringMatching(/belldesk/));

  // A guest writes by the real way, and hears the menu: the signature counts, and the token arrives.
  await whatsapp.guest(GUEST).says(GRAND_NUMBER, "Hello?");
  await eventually("the menu is on the phone", () => Promise.resolve(whatsapp.phone(GUEST, GRAND_NUMBER)[1]));
  await whatsapp.guest(GUEST).taps(GRAND_NUMBER, "Reception");
  const { id } = await eventually(
    "reception sees the guest",
    async () => (await hotel.get("/api/conversations", RECEPTION)).json.items[0],
  );
  const content = { type: "text", text: "Good evening." };
  await hotel.post(`/api/conversations/${String(id)}/messages`, { clientMessageId: "1", content }, RECEPTION);
  await eventually("the answer is on the phone", () =>
    Promise.resolve(whatsapp.phone(GUEST, GRAND_NUMBER).some(({ text }) => text === "Good evening.")),
  );
  expect(whatsapp.calls.map(({ code }) => code)).toEqual(whatsapp.calls.map(() => null));

  const forged = await hotel.post("/webhooks/whatsapp", {});
  expect([forged.status, forged.json.error.code]).toEqual([401, "signature_missing"]);
  const shake = async (token: string) => {
    const asked = `hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`;
    return (await fetch(`${hotel.base}/webhooks/whatsapp?${asked}`)).status;
  };
  expect([await shake(SECRETS.WHATSAPP_VERIFY_TOKEN), await shake("demo-verify-token")]).toEqual([200, 403]);
  for (const route of [`/simulator/guests/${GUEST}/messages?hotel=grand`, "/simulator/clock", "/simulator/deliveries"])
    expect((await hotel.get(route)).status).toBe(404);
  for (const route of [`/simulator/guests/${GUEST}/messages`, "/simulator/front-desk/books", "/simulator/clock"])
    expect((await hotel.post(route, { hotel: "grand", text: "Hello", hours: 1 })).json.error.code).toBe("not_found");

  // A token that is another's is refused over there, and what is said in the log is not the token.
  whatsapp.revokeToken(SECRETS.WHATSAPP_ACCESS_TOKEN);
  await whatsapp.guest("12025550102").says(GRAND_NUMBER, "Hello?");
  await eventually("it is refused", () => Promise.resolve(whatsapp.calls.some(({ code }) => code === 190)));
  for (const secret of Object.values(SECRETS)) expect(hotel.output).not.toContain(secret);
  expect(await hotel.stop()).toBe(0);
}, 120_000);

test("deliveries signed with another secret than the configured one are refused by the hotel that npm start opens", async () => {
  const { whatsapp, env } = await aWhatsApp();
  const hotel = await RunnableHotel.open({
    ...env,
    WHATSAPP_APP_SECRET: "demo-app-secret",
    WHATSAPP_GRAPH_URL: whatsapp.graphUrl,
  });
  ends.push(() => hotel.kill());
  void whatsapp
    .guest(GUEST)
    .says(GRAND_NUMBER, "Hello?")
    .catch(() => undefined);
  const [delivery] = await eventually("it is refused", () =>
    Promise.resolve(whatsapp.deliveries.length > 0 && whatsapp.deliveries),
  );
  expect(delivery?.status).toBe(401);
}, 120_000);

test("a hotel that is asked to stop while it opens leaves no process behind, and no lock on its folder", async () => {
  const env = { DATA_DIR: await aFolder() };
  const hotel = await RunnableHotel.open(env, (health) => health?.status === 503);
  ends.push(() => hotel.kill());
  const { pid } = (await hotel.get("/simulator/hotel-process")).json;
  expect(hotel.output).not.toContain("The hotel is open.");
  expect(await hotel.stop()).toBe(0);
  expect(hotel.output).not.toContain("The hotel is open.");
  expect(() => process.kill(pid as number, 0)).toThrow("ESRCH");
  await hotel.start();
  expect(await hotel.stop()).toBe(0);
}, 240_000);

test("a hotel beside another's Graph API that is asked to stop while it opens ends in order", async () => {
  const { whatsapp, env } = await aWhatsApp();
  const options = { ...env, WHATSAPP_GRAPH_URL: whatsapp.graphUrl };
  const hotel = await RunnableHotel.open(options, (health) => health?.status === 503);
  ends.push(() => hotel.kill());
  expect(await hotel.stop()).toBe(0);
  expect(hotel.output).not.toContain("The hotel is open.");
}, 120_000);
