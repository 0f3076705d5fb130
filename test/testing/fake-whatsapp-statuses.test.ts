import { afterEach, describe, expect, test } from "vitest";
import type { ReportedStatus } from "../../src/domain/delivery-status.js";
import { manualClock } from "../../src/testing/index.js";
import { fixture } from "../whatsapp/fixtures.js";
import { codeOf, FakeHotel, GUEST, NADIA, NUMBER, send } from "./fake-hotel.js";

const NOON = new Date("2026-11-10T12:00:00Z");
const TOM = { waId: "12025550102", bsuid: "US.90000000000000000102", name: "Tom Okafor" };
const KENJI = { bsuid: "JP.90000000000000000104", name: "Kenji W.", username: "kenji.w_88" };

describe("the WhatsApp for tests says what became of a message", () => {
  const hotel = new FakeHotel();
  afterEach(() => hotel.close());

  /** A body of the documentation, with the id that was made here and the time at which it was told. */
  function documented(name: string, wamid: string, at: Date): unknown {
    const body = JSON.parse(fixture("webhooks", name).toString());
    const [status] = body.entry[0].changes[0].value.statuses;
    Object.assign(status, { id: wamid, timestamp: String(at.getTime() / 1_000) });
    return body;
  }
  const statuses = () =>
    hotel.heard.flatMap(({ value }) => value["statuses"] ?? []).map(({ status }) => status as string);

  const toNadia = { biz_opaque_callback_data: "outbox:01HFIXTURE0000000000000001" };
  const toTom = { to: `+${TOM.waId}` };
  test.each<[string, object, readonly ReportedStatus[]]>([
    ["status_sent", toNadia, ["sent"]],
    ["status_delivered", toNadia, ["sent", "delivered"]],
    ["status_read", toNadia, ["sent", "delivered", "read"]],
    ["status_read_without_delivered", toTom, ["sent", "read"]],
    ["status_played", toTom, ["sent", "delivered", "played"]],
    ["status_delivered_bsuid_only", { recipient: KENJI.bsuid }, ["sent", "delivered"]],
    ["status_failed_bsuid_recipient", { recipient: KENJI.bsuid }, ["failed"]],
  ])("%s comes in WhatsApp's shape, after what comes before it", async (name, body, reports) => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, window: "open", reports, reportDelayMs: 1_000 });
    for (const guest of [NADIA, TOM, KENJI]) whatsapp.guest(guest);
    await send(whatsapp, body);
    expect(hotel.bodies).toEqual([]);
    for (const [place] of reports.entries()) {
      clock.advance(1_000);
      await whatsapp.settled();
      expect(statuses()).toEqual(reports.slice(0, place + 1));
    }
    expect(hotel.bodies.at(-1)).toEqual(documented(name, whatsapp.accepted[0]!.wamid, clock.now()));
  });

  test("a message that costs as a template of utility says so", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, reports: ["sent"] });
    whatsapp.guest(NADIA);
    whatsapp.template({ name: "arrival", language: "en", components: [{ type: "BODY", text: "Welcome!" }] });
    await send(whatsapp, { type: "template", template: { name: "arrival", language: { code: "en" } } });
    clock.advance(20);
    await whatsapp.settled();
    // 20 ms later, in whole seconds.
    expect(hotel.bodies).toEqual([documented("status_sent_template_utility", whatsapp.accepted[0]!.wamid, NOON)]);
  });

  test("the price stands in one word that it arrived, whichever comes first", async () => {
    const whatsapp = await hotel.open({ window: "open" });
    await send(whatsapp);
    const [message] = whatsapp.accepted;
    for (const status of ["read", "delivered"] as const) await whatsapp.report(message!, status);
    const told = hotel.heard.map(({ value }) => value["statuses"][0]);
    expect(told.map(({ status, pricing }) => [status, pricing !== undefined])).toEqual([
      ["read", true],
      ["delivered", false],
    ]);
  });

  test("a guest who lets nobody see what they read, and one whose phone is off, are not reported further than that", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, window: "open", reports: ["sent", "delivered", "read"] });
    const nadia = whatsapp.guest(NADIA);
    for (const reports of [["sent", "delivered"], ["sent"], null] as const) {
      hotel.bodies.length = 0;
      nadia.stands({ reports });
      await send(whatsapp);
      clock.advance(1_000);
      await whatsapp.settled();
      expect(statuses()).toEqual(reports ?? ["sent", "delivered", "read"]);
    }
    expect(whatsapp.phone(GUEST, NUMBER).map(({ status }) => status)).toEqual(["delivered", "sent", "read"]);
  });

  test("reports may come before the send is answered", async () => {
    const clock = manualClock(NOON);
    const whatsapp = await hotel.open({ clock, window: "open", reports: ["sent", "delivered"] });
    whatsapp.fail({ kind: "late", afterMs: 5_000 });
    let isAnswered = false;
    const answer = send(whatsapp).finally(() => (isAnswered = true));
    await expect.poll(() => whatsapp.accepted.length).toBe(1);
    clock.advance(1_000);
    await whatsapp.settled();
    expect([statuses(), isAnswered]).toEqual([["sent", "delivered"], false]);
    clock.advance(4_000);
    expect(codeOf(await answer)).toBe(null);
  });

  test("a report that the host did not take says the same when it comes again, later and after a restart too", async () => {
    const clock = manualClock(NOON);
    let answer = 503;
    const webhookUrl = await hotel.listen(() => answer);
    const first = await hotel.open({ clock, webhookUrl, window: "open", reports: ["sent"], reportDelayMs: 0 });
    await send(first);
    await expect.poll(() => hotel.bodies.length).toBeGreaterThan(0);
    const kept = first.snapshot();
    await first.close();
    const before = hotel.bodies.splice(0);
    answer = 200;
    clock.advance(60_000);
    await hotel.open({ clock, webhookUrl, snapshot: kept, reportDelayMs: 0 });
    await expect.poll(() => hotel.bodies.length).toBe(1);
    expect(hotel.bodies[0]).toEqual(before[0]);
  });

  test("statuses come of messages that nobody here sent", async () => {
    const whatsapp = await hotel.open({ window: "open" });
    await send(whatsapp);
    await whatsapp.report({ ...whatsapp.accepted[0]!, wamid: "wamid.another.app", correlationId: null }, "delivered");
    expect(hotel.ids).toEqual(["wamid.another.app delivered"]);
  });
});
