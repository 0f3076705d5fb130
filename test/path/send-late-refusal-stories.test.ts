import { afterEach, describe, expect, test } from "vitest";
import { ConversationManager, type ClaimOptions, type Storage } from "../../src/index.js";
import { APP_SECRET, eventually, GRAND_NUMBER, hotels, manager, signed, VERIFY_TOKEN } from "../harness/hotel.js";
import { arrival, aSendingHotel, HOUR_MS, MINUTE_MS, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const PHONE = "12025550101";
const TEXT = { type: "text", text: "Your taxi is here." } as const;
const INSTEAD = "Hello Ines, we have an answer for you.";

/** A storage of which nobody gets a command to do. */
const withoutCommands = (storage: Storage): Storage =>
  new Proxy(storage, {
    get(target, verb) {
      const value: unknown = Reflect.get(target, verb, target);
      if (typeof value !== "function") return value;
      const called = (value as (...args: unknown[]) => unknown).bind(target);
      if (verb !== "claim") return called;
      const nothing = { now: new Date(), lanes: [], nextDueInMs: null };
      return (options: ClaimOptions) => (options.kind === "command" ? Promise.resolve(nothing) : called(options));
    },
  });

describe.each(STORAGES)("a message that WhatsApp takes and refuses later (%s)", (_, open) => {
  let hotel: SendingHotel;
  afterEach(() => hotel.close());

  /** A guest of whom the desk has heard something that WhatsApp counts for no message: its window is open here, and closed there. */
  async function believedOpen(more: Parameters<typeof aSendingHotel>[1] = {}) {
    hotel = await aSendingHotel(open, { whatsapp: { refusesLater: true }, ...more });
    const guest = hotel.guest(PHONE);
    const ines = await hotel.writes(guest);
    await hotel.pass(24 * HOUR_MS - 10 * MINUTE_MS);
    const wamid = "wamid.only.here";
    await heard({
      contacts: [{ profile: { name: "Ines" }, wa_id: PHONE, user_id: `US.${PHONE}` }],
      messages: [
        {
          from: PHONE,
          from_user_id: `US.${PHONE}`,
          id: wamid,
          timestamp: await seconds(),
          type: "text",
          text: { body: "?" },
        },
      ],
    });
    await eventually("staff see it", async () => (await ines.all()).some((one) => one.wamid === wamid));
    await hotel.pass(20 * MINUTE_MS);
    expect(await ines.window()).toMatchObject({ open: true });
    return { ...ines, guest };
  }
  const seconds = async () => String(Math.floor((await hotel.storage.loadSends("grand", [])).now.getTime() / 1_000));
  const metadata = { display_phone_number: "12025550190", phone_number_id: GRAND_NUMBER };
  const body = (value: object) =>
    signed([{ field: "messages", value: { messaging_product: "whatsapp", metadata, ...value } }]);
  const heard = async (value: object) => {
    expect((await hotel.desk.receive(body(value))).status).toBe(200);
  };
  const failedReport = async (id: string, code = 131047) => ({
    statuses: [
      {
        id: hotel.fake.accepted.find(({ correlationId }) => correlationId === id)?.wamid ?? "",
        status: "failed",
        timestamp: await seconds(),
        recipient_id: PHONE,
        biz_opaque_callback_data: id,
        errors: [{ code, title: "Re-engagement message" }],
      },
    ],
  });
  const shown = () =>
    hotel.fake.phone(PHONE, GRAND_NUMBER).flatMap(({ from, text }) => (from === "hotel" ? [text] : []));
  const copyOf = (id: string) => `${id}_again`;

  test("goes as the template that staff named for it, once, and the window is closed for whoever watches (131047, gaia#790)", async () => {
    const ines = await believedOpen();
    const id = await ines.hears(TEXT, { fallback: arrival("Ines") });
    const copy = await ines.becomes(copyOf(id), "sent");
    expect(copy).toMatchObject({
      content: { type: "template", text: INSTEAD },
      insteadOf: TEXT,
      author: { kind: "staff", id: manager.id },
    });
    const failed = await ines.message(id);
    expect(failed).toMatchObject({ status: "failed", failure: { code: "graph_131047" } });
    expect(failed?.reasons.at(-1)).toMatchObject({ code: "sent_again", details: { as: copy.id } });
    expect(shown()).toEqual([INSTEAD]);
    expect(await ines.window()).toMatchObject({ open: false });
    expect(hotel.heard.filter(({ type }) => type === "conversation.windowClosed")).toHaveLength(1);

    // However often it is told, and whoever asks for it.
    for (let n = 0; n < 3; n++) await heard(await failedReport(id));
    expect((await hotel.staff().resend(id)).id).toBe(copy.id);
    const asked = hotel.fake.requests;
    await expect(ines.hears("Are you there?")).rejects.toMatchObject({ code: "window_closed" });
    await ines.becomes(await ines.hears(arrival("Ines")), "sent");
    expect(hotel.fake.requests).toBe(asked + 1);
    expect(shown()).toEqual([INSTEAD, INSTEAD]);
    expect((await ines.all()).filter(({ direction }) => direction === "outbound")).toHaveLength(3);
  });

  test("without one it stays failed, the next answer fails before the network, and the next message of the guest opens the window", async () => {
    const ines = await believedOpen();
    const id = await ines.hears(TEXT);
    await ines.becomes(id, "failed");
    await expect.poll(() => ines.window()).toMatchObject({ open: false });
    const asked = hotel.fake.requests;
    await expect(ines.hears("Are you there?")).rejects.toMatchObject({ code: "window_closed" });
    await expect(hotel.staff().resend(id)).rejects.toMatchObject({ code: "window_closed" });
    expect(hotel.fake.requests).toBe(asked);
    // What was written need not be written again.
    const resend = await hotel.ask(manager, `/messages/${id}/resend`, { fallback: arrival("Ines") });
    expect(resend).toMatchObject({ status: 202, json: { content: TEXT } });
    expect(await ines.becomes(copyOf(id), "sent")).toMatchObject({ content: { text: INSTEAD }, insteadOf: TEXT });
    expect(shown()).toEqual([INSTEAD]);
    expect(hotel.heard.filter(({ type }) => type === "conversation.windowClosed")).toHaveLength(1);
    await hotel.writes(ines.guest, "Yes?");
    expect(await ines.window()).toMatchObject({ open: true });
    // It tells of a message that left before the guest wrote.
    await heard(await failedReport(id));
    await ines.becomes(await ines.hears("Good evening"), "sent");
    expect(await ines.window()).toMatchObject({ open: true });
  });

  test.each(["with a template", "without one"])(
    "refused at once, %s, the window is closed here too (131047, F50)",
    async (how) => {
      const ines = await believedOpen({ whatsapp: { refusesLater: false } });
      const id = await ines.hears(TEXT, how === "with a template" ? { fallback: arrival("Ines") } : {});
      const stands = await ines.becomes(id, how === "with a template" ? "sent" : "failed");
      if (stands.status === "failed")
        expect(stands.failure).toMatchObject({ code: "graph_131047", message: expect.stringContaining("template") });
      await expect.poll(() => ines.window()).toMatchObject({ open: false });
      await expect(ines.hears("Are you there?")).rejects.toMatchObject({ code: "window_closed" });
      expect((await ines.all()).filter(({ direction }) => direction === "outbound")).toHaveLength(1);
    },
  );

  test("leaves the window open when the guest has written since it left", async () => {
    const ines = await believedOpen({ whatsapp: { window: "open" } });
    const id = await ines.hears(TEXT, { fallback: arrival("Ines") });
    await ines.becomes(id, "sent");
    await hotel.pass(MINUTE_MS);
    await hotel.writes(ines.guest, "Hello?");
    await heard(await failedReport(id));
    await ines.becomes(copyOf(id), "sent");
    expect(await ines.window()).toMatchObject({ open: true });
    expect(hotel.heard.some(({ type }) => type === "conversation.windowClosed")).toBe(false);
    await ines.becomes(await ines.hears("Good evening"), "sent");
  });

  test("goes to the guest's phone when their id cannot carry it, once (131062)", async () => {
    const ines = await believedOpen({ whatsapp: { window: "open" } });
    const id = await ines.hears(TEXT);
    await ines.becomes(id, "sent");
    for (let n = 0; n < 2; n++) await heard(await failedReport(id, 131062));
    await ines.becomes(copyOf(id), "sent");
    await heard(await failedReport(copyOf(id), 131062));
    await ines.becomes(copyOf(id), "failed");
    await ines.becomes(await ines.hears("Good evening"), "sent");
    expect(hotel.accepted()).toHaveLength(3);
    expect(hotel.fake.accepted[1]?.body).toMatchObject({ to: `+${PHONE}`, text: { body: TEXT.text } });
  });

  test("is seen to by whoever is there next when the process that hears of it dies at once", async () => {
    const ines = await believedOpen({ whatsapp: { window: "open" } });
    const id = await ines.hears(TEXT, { fallback: arrival("Ines") });
    await ines.becomes(id, "sent");
    await hotel.desk.stop();
    const process = (storage: Storage = hotel.storage) =>
      new ConversationManager({
        hotels,
        storage,
        transport: hotel.transport,
        webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
        work: { pollMs: 10 },
      });
    // It takes the report, and does nothing more.
    const dying = process(withoutCommands(hotel.storage));
    await dying.start();
    for (let n = 0; n < 2; n++) expect((await dying.receive(body(await failedReport(id)))).status).toBe(200);
    await dying.stop();
    const [one, other] = [process(), process()];
    await Promise.all([one.start(), other.start()]);
    await expect.poll(shown).toEqual([TEXT.text, INSTEAD]);
    const { items } = await one.as(manager).conversations();
    expect(items).toMatchObject([{ id: ines.conversationId, window: { open: false } }]);
    await Promise.all([one.stop(), other.stop()]);
    expect(hotel.accepted()).toEqual([id, copyOf(id)]);
  });
});
