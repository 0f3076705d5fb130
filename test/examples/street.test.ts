import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { deskClient } from "belldesk/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/hotel.js";
import { RunnableHotel } from "../harness/runnable-hotel.js";

/** What happens around the runnable hotel: time passes, webhooks go astray, the process is killed, the line of staff is cut. */

const GUEST = "12025550101";
const RECEPTION = "demo-grand-reception";
let hotel: RunnableHotel;
let dataDir: string;

beforeAll(async () => {
  dataDir = await fs.mkdtemp(path.join(os.tmpdir(), "belldesk-street-"));
  hotel = await RunnableHotel.open({ DATA_DIR: dataDir });
}, 120_000);
afterAll(async () => {
  await hotel.kill();
  await fs.rm(dataDir, { recursive: true, force: true });
});

interface Scenario {
  readonly id: string;
  readonly steps: readonly { readonly does: string; readonly run: () => Promise<unknown> }[];
}
interface Played {
  readonly state: "doing" | "done" | "failed";
  readonly saw?: { readonly text: string };
}
/** As the page plays them: it is a module for browsers, of which TypeScript knows nothing. */
const played = (await import(
  new URL("../../examples/express-hotel/public/guest/scenarios/index.js", import.meta.url).href
)) as {
  readonly scenarios: readonly Scenario[];
  readonly play: (scenario: Pick<Scenario, "steps">, at: object) => AsyncIterable<Played>;
  readonly hotelAt: (options: object) => object;
};
const stepsOf = async (scenario: Pick<Scenario, "steps">): Promise<readonly string[]> => {
  const steps: string[] = [];
  for await (const { state, saw } of played.play(scenario, played.hotelAt({ base: hotel.base, deskClient })))
    if (state !== "doing") steps.push(state === "done" ? state : `${state}: ${saw?.text ?? ""}`);
  return steps;
};

test.each(played.scenarios.map(({ id }, place) => [id, place] as const))(
  "a scenario is played to its end by the public routes: %s",
  async (_, place) => {
    const scenario = played.scenarios[place]!;
    expect(await stepsOf(scenario)).toEqual(scenario.steps.map(() => "done"));
  },
  240_000,
);

test("a scenario stops at the step that does not come true, and says why", async () => {
  const fails = { does: "", run: () => Promise.reject(new Error("No room was free.")) };
  const steps = await stepsOf({ steps: [{ does: "", run: () => Promise.resolve({ text: "" }) }, fails, fails] });
  expect(steps).toEqual(["done", "failed: No room was free."]);
});

const acts = (act: object, address = GUEST) => hotel.guestActs(address, { hotel: "grand", ...act });
/** WhatsApp has it then; when the hotel has it, nobody waits for. */
const writesOff = async (text: string) => {
  const act = { hotel: "grand", type: "text", text, wait: false };
  expect(await hotel.post(`/simulator/guests/${GUEST}/messages`, act)).toEqual({ status: 202, json: {} });
};
const inbox = async (token = RECEPTION) => (await hotel.get("/api/conversations?limit=100", token)).json.items as any[];
const saidTo = async (id: string): Promise<readonly string[]> =>
  ((await hotel.get(`/api/conversations/${id}/messages?limit=100`, RECEPTION)).json.items as any[])
    .filter(({ direction }) => direction === "inbound")
    .map(({ content }) => String(content.text))
    .reverse();

/** A guest in a conversation with reception. */
async function withReception(address: string): Promise<string> {
  await acts({ type: "text", text: `I am ${address}` }, address);
  await eventually("the menu comes", async () =>
    (await hotel.phone(address, "grand")).find(({ type }) => type === "list"),
  );
  await acts({ type: "list", title: "Reception" }, address);
  const { id } = await eventually("reception sees the guest", async () =>
    (await inbox()).find(({ guest }) => guest.name === `Guest ${address.slice(-4)}`),
  );
  return String(id);
}

test("webhooks come twice, late, in another order and again after a lost answer, and staff see each message once", async () => {
  const id = await withReception(GUEST);
  const goesAstray = async (next: string, seconds = 1) =>
    expect((await hotel.post("/simulator/deliveries", { next, seconds })).status).toBe(200);

  await goesAstray("twice");
  const twice = await acts({ type: "text", text: "twice" });
  await goesAstray("answerLost");
  const lost = await acts({ type: "text", text: "lost" });
  await goesAstray("overtaken", 60);
  await writesOff("overtaken");
  await acts({ type: "text", text: "first" });
  await eventually("all are there", async () => (await saidTo(id)).includes("overtaken"));
  await goesAstray("late", 6);
  await writesOff("late");
  await acts({ type: "text", text: "in time" });
  await eventually("it came", async () => (await saidTo(id)).includes("late"));
  expect((await saidTo(id)).slice(2)).toEqual(["twice", "lost", "first", "overtaken", "in time", "late"]);

  const { items } = (await hotel.get("/simulator/deliveries")).json;
  const triesOf = (wamid: string) =>
    items
      .filter(({ wamids }: { wamids: string[] }) => wamids.includes(wamid))
      .map(({ status, isLost }: { status: number; isLost: boolean }) => [status, isLost]);
  expect(triesOf(twice)).toEqual([
    [200, false],
    [200, false],
  ]);
  expect(triesOf(lost)).toEqual([
    [200, true],
    [200, false],
  ]);
  for (const body of [{ next: "never" }, {}, { next: "late", seconds: -1 }])
    expect((await hotel.post("/simulator/deliveries", body)).status).toBe(400);
}, 120_000);

test("26 hours pass for the whole hotel: the window is closed, phones show another day, and a restart does not turn it back", async () => {
  const id = await withReception("12025550102");
  const messages = `/api/conversations/${id}/messages`;
  const windowOf = async () => (await inbox()).find((one) => one.id === id)?.window;
  expect(await windowOf()).toMatchObject({ open: true });
  const { now, hoursAhead } = (await hotel.get("/simulator/clock")).json as { now: string; hoursAhead: number };
  const before = Date.parse(now);

  const passed = await hotel.post("/simulator/clock", { hours: 26 });
  expect(passed.json).toMatchObject({ hoursAhead: hoursAhead + 26 });
  expect(Date.parse(passed.json.now) - before).toBeGreaterThanOrEqual(26 * 3_600_000);
  expect(await windowOf()).toMatchObject({ open: false });
  const refused = await hotel.post(
    messages,
    { clientMessageId: "late", content: { type: "text", text: "Still there?" } },
    RECEPTION,
  );
  expect([refused.status, refused.json.error.code]).toEqual([409, "window_closed"]);

  await hotel.kill();
  await hotel.start();
  expect((await hotel.get("/simulator/clock")).json.hoursAhead).toBe(hoursAhead + 26);
  await acts({ type: "text", text: "Good morning" }, "12025550102");
  const { at } = (await hotel.phone("12025550102", "grand")).findLast(({ from }) => from === "guest") as unknown as {
    at: string;
  };
  expect(Date.parse(at) - before).toBeGreaterThanOrEqual(26 * 3_600_000);
  await eventually("the window is open again", async () => (await windowOf())?.open);
  for (const body of [{ hours: 0 }, { hours: "26" }, {}])
    expect((await hotel.post("/simulator/clock", body)).status).toBe(400);
}, 300_000);

test("a hotel's process that dies by itself is followed by another one, and whoever is outside sees that it is away", async () => {
  const { pid, restarts } = (await hotel.get("/simulator/hotel-process")).json;
  process.kill(pid as number, "SIGKILL");
  await eventually("it is away", async () => (await hotel.get("/healthz")).status === 503);
  expect((await hotel.get("/api/conversations", RECEPTION)).status).toBe(503);
  expect((await hotel.post("/simulator/clock", { hours: 1 })).json.error.code).toBe("hotel_away");
  // A phone is none of the hotel's.
  expect(await hotel.phone(GUEST, "grand")).not.toEqual([]);
  await eventually("it is back", async () => (await hotel.get("/healthz")).status === 200, 150_000);
  expect((await hotel.get("/simulator/hotel-process")).json).toMatchObject({
    isOpen: true,
    restarts: Number(restarts) + 1,
  });
  for (const route of ["/simulator/hotel-process/kill", "/simulator/line"])
    expect((await hotel.post(route, { seconds: 61 })).status).toBe(400);
}, 240_000);

test("a phone that is off gets one tick, one that is not looked at two, and reading turns them blue", async () => {
  const address = "12025550103";
  const id = await withReception(address);
  const messages = `/api/conversations/${id}/messages`;
  const says = async (text: string) =>
    String((await hotel.post(messages, { clientMessageId: text, content: { type: "text", text } }, RECEPTION)).json.id);
  const becomes = (message: string, status: string) =>
    eventually(`it is ${status}`, async () =>
      ((await hotel.get(messages, RECEPTION)).json.items as any[]).find(
        (one) => one.id === message && one.status === status,
      ),
    );
  const phone = (reports: string) => hotel.post(`/simulator/guests/${address}/phone`, { reports });
  await phone("nothing");
  await becomes(await says("one tick"), "sent");
  await phone("delivered");
  const second = await says("two ticks");
  await becomes(second, "delivered");
  await hotel.post(`/simulator/guests/${address}/read`, { hotel: "grand" });
  await becomes(second, "read");
  expect((await phone("loud")).status).toBe(400);
  expect((await hotel.post(`/simulator/guests/${address}/read`, { hotel: "ritz" })).status).toBe(404);
}, 120_000);

test("a file that a guest sent is shown as a picture, and one that is a page is for downloading and runs nothing", async () => {
  // What the hotel answers may have come after it.
  const fileOf = async () =>
    (await hotel.phone(GUEST, "grand")).filter(({ from }) => from === "guest").at(-1) as unknown as {
      readonly file: { readonly id: string };
    };
  await acts({ type: "image" });
  const picture = await fetch(`${hotel.base}/simulator/files/${(await fileOf()).file.id}`);
  expect([picture.headers.get("content-type"), picture.headers.get("content-disposition")]).toEqual([
    "image/png",
    "inline",
  ]);
  const base64 = Buffer.from("<script>alert(1)</script>").toString("base64");
  for (const mimeType of ["text/html", "image/svg+xml"]) {
    await acts({ type: "document", base64, mimeType, fileName: "page.html" });
    const { headers } = await fetch(`${hotel.base}/simulator/files/${(await fileOf()).file.id}`);
    expect([headers.get("content-type"), headers.get("content-disposition")]).toEqual([
      "application/octet-stream",
      "attachment",
    ]);
    expect(headers.get("content-security-policy")).toContain("sandbox");
  }
  expect((await hotel.get("/simulator/files/1")).status).toBe(404);
  expect((await hotel.get("/simulator/forms/1")).status).toBe(404);
}, 120_000);
