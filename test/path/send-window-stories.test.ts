import { afterEach, describe, expect, test } from "vitest";
import { GRAND_NUMBER, manager } from "../harness/hotel.js";
import { ARRIVAL, arrival, aSendingHotel, HOUR_MS, MINUTE_MS, SECOND_MS, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

/** So slow that whoever is second waits. */
const SLOW = { perSecond: 0.1 };
const TURN_MS = 10 * SECOND_MS;
const LAST_MINUTES = 23 * HOUR_MS + 58 * MINUTE_MS;

describe.each(STORAGES)("an answer in the last minutes of the service window (%s)", (_, open) => {
  let hotel: SendingHotel;
  afterEach(() => hotel.close());

  /** A guest who wrote 23 hours and 58 minutes ago, and another one, just now, whose answer has used the number's turn. */
  async function late() {
    const ines = await hotel.writes(hotel.guest("12025550101"), "Is there a late bus?");
    await hotel.pass(LAST_MINUTES);
    const other = await hotel.writes(hotel.guest("12025550102"));
    await other.becomes(await other.hears("Good evening"), "sent");
    expect(await ines.window()).toMatchObject({ open: true });
    return ines;
  }

  test("goes as the template that staff named for it, once the window has closed in the queue, and staff see what went (F57, S58)", async () => {
    hotel = await aSendingHotel(open, SLOW);
    const ines = await late();
    const path = `/conversations/${ines.conversationId}/messages`;
    const content = { type: "text", text: "The last bus leaves at 23:40." };
    const asked = { clientMessageId: "bus", content, fallback: arrival("Ines") };
    const { status, json } = await hotel.ask(manager, path, asked);
    expect([status, json]).toMatchObject([202, { status: "queued", content, insteadOf: null }]);
    const { id } = json as { readonly id: string };
    await hotel.pass(2 * MINUTE_MS);

    const sent = await ines.becomes(id, "sent");
    const text = "Hello Ines, we have an answer for you.";
    expect(sent).toMatchObject({ content: { type: "template", text }, insteadOf: content });
    const shown = await hotel.ask(manager, path);
    expect(shown.json).toMatchObject({ items: [{ id, content: { type: "template", text }, insteadOf: content }, {}] });
    expect(hotel.fake.phone("12025550101", GRAND_NUMBER).at(-1)?.text).toBe(text);
    expect(hotel.asked().filter((one) => one === id)).toHaveLength(1);
    expect(hotel.fake.accepted.at(-1)).toMatchObject({ category: "utility", correlationId: id });
    // Asked again, by somebody whose page never heard, it is the same message.
    expect(await hotel.ask(manager, path, asked)).toMatchObject({ status: 202, json: { id, status: "sent" } });
  });

  test("goes as that template too when it is WhatsApp that finds the window closed (131047, F50)", async () => {
    hotel = await aSendingHotel(open);
    const ines = await hotel.writes(hotel.guest("12025550101"));
    hotel.fake.fail({ kind: "error", code: 131047 });
    const id = await ines.hears("The last bus leaves at 23:40.", { fallback: arrival("Ines") });
    const next = await ines.hears(arrival("Ines"));
    await ines.becomes(next, "sent");
    const sent = await ines.message(id);
    expect(sent).toMatchObject({ status: "sent", content: { type: "template" }, insteadOf: { type: "text" } });
    expect(sent?.reasons.map(({ code }) => code).slice(1)).toEqual([
      "send_intended",
      "send_as_template",
      "send_intended",
      "send_accepted",
    ]);
    expect(hotel.accepted()).toEqual([id, next]);
  });

  test("fails visibly without a call where staff named none, and once the guest writes again the next goes as written (F57, chatwoot#9516)", async () => {
    hotel = await aSendingHotel(open, SLOW);
    const ines = await late();
    const id = await ines.hears("The last bus leaves at 23:40.");
    await hotel.pass(2 * MINUTE_MS);
    const failed = await ines.becomes(id, "failed");
    expect(failed.failure).toMatchObject({ code: "window_closed", message: expect.stringContaining("template") });
    expect(hotel.asked()).not.toContain(id);
    expect(await ines.window()).toMatchObject({ open: false });
    await expect(ines.hears("Are you there?")).rejects.toMatchObject({ code: "window_closed" });
    await expect(hotel.staff().resend(id)).rejects.toMatchObject({ code: "window_closed" });

    await hotel.writes(hotel.guest("12025550101"), "Hello?");
    const again = await ines.hears("The first bus leaves at 6:10.", { fallback: arrival("Ines") });
    await hotel.pass(TURN_MS);
    expect(await ines.becomes(again, "sent")).toMatchObject({ content: { type: "text" }, insteadOf: null });
    expect(hotel.fake.accepted.at(-1)).toMatchObject({ correlationId: again, category: "service" });
    expect(hotel.asked()).toHaveLength(2);
  });

  test("waits where WhatsApp looks at the template first, which staff are told, and goes when it has (N4)", async () => {
    hotel = await aSendingHotel(open, { ...SLOW, whatsapp: { reports: ["sent", "delivered"] } });
    const ines = await late();
    hotel.fake.holdTemplate(ARRIVAL, "held_for_quality_assessment");
    const id = await ines.hears("The last bus leaves at 23:40.", { fallback: arrival("Ines") });
    await hotel.pass(2 * MINUTE_MS);
    const taken = await ines.becomes(id, "sent");
    expect(taken.reasons.at(-1)).toMatchObject({ code: "send_accepted", details: { held: "quality" } });
    expect(hotel.fake.phone("12025550101", GRAND_NUMBER).map(({ from }) => from)).toEqual(["guest"]);
    hotel.fake.holdTemplate(ARRIVAL, null);
    await ines.becomes(id, "delivered");
    expect(hotel.fake.phone("12025550101", GRAND_NUMBER).at(-1)?.text).toBe("Hello Ines, we have an answer for you.");
  });

  test("fails visibly without a call when WhatsApp has paused the template meanwhile (M15)", async () => {
    hotel = await aSendingHotel(open, SLOW);
    const ines = await late();
    const id = await ines.hears("The last bus leaves at 23:40.", { fallback: arrival("Ines") });
    await hotel.fake.setTemplateStatus(ARRIVAL, "PAUSED");
    const stands = async () => (await hotel.staff().templates("grand")).items.find(({ name }) => name === ARRIVAL.name);
    await expect.poll(async () => (await stands())?.status).toBe("paused");
    await hotel.pass(2 * MINUTE_MS);
    const failed = await ines.becomes(id, "failed");
    expect(failed.failure?.code).toBe("template_not_approved");
    expect(failed.reasons.at(-1)?.code).toBe("send_withheld");
    expect(hotel.asked()).not.toContain(id);
    await expect(ines.hears(arrival("Ines"))).rejects.toMatchObject({ code: "template_not_approved" });

    await hotel.fake.setTemplateStatus(ARRIVAL, "APPROVED");
    await expect.poll(async () => (await stands())?.status).toBe("approved");
    const copy = await hotel.staff().resend(id);
    await hotel.pass(TURN_MS);
    expect(await ines.becomes(copy.id, "sent")).toMatchObject({ content: { type: "template" } });
  });
});
