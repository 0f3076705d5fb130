import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FirstMessage, ShownMessage } from "../../src/index.js";
import { ARRIVAL, delivery, eventually, GRAND_NUMBER, hotels, receptionist } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Person, type Stored } from "./stories.js";

const INES: Person = { phone: "12025550101", bsuid: "US.12025550101", name: "Ines" };
const SECOND_NUMBER = "200000000000011";
const HOUR_MS = 3_600_000;
const FAILURE = { code: "graph_131026", message: "The guest cannot be reached." };
const REFUSED = { outcome: "rejected", failure: FAILURE, retry: null } as const;
const NO_ANSWER = { outcome: "unknown", failure: { code: "no_answer", message: "No answer came." } } as const;

const text = (said: string) => ({ type: "text", text: said }) as const;
const template = { type: "template", name: "arrival", language: "en" } as const;
const to = (waId: string, fields: Partial<FirstMessage> = {}): FirstMessage => ({
  hotelId: "grand",
  departmentId: "reception",
  to: { waId },
  content: template,
  ...fields,
});

describe.each(STORAGES)("a hotel writes first (%s)", (_, make) => {
  let hotel: Hotel;
  let end: Stored["end"];
  beforeEach(async () => {
    const stored = await make();
    ({ end } = stored);
    const grand = hotels[0]!;
    const numbers = [...grand.numbers, { phoneNumberId: SECOND_NUMBER, accessToken: "second-token" }];
    hotel = await aHotel(stored.storage, [{ ...grand, numbers, templates: [ARRIVAL] }, hotels[1]!]);
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  const guestOf = async ({ conversationId }: Pick<ShownMessage, "conversationId">) => {
    const conversation = (await hotel.every()).find((one) => one.conversation.id === conversationId);
    return conversation?.conversation.guest.id ?? "";
  };
  const becomes = (conversationId: string, id: string, status: string) =>
    eventually(`${id} is ${status}`, async () => {
      const { items } = await hotel.staff().messages(conversationId);
      return items.find((message) => message.id === id && message.status === status);
    });

  /** A guest who speaks with reception, with all that was to be sent gone. */
  async function spoken(person: Person = INES) {
    await hotel.shows(await hotel.writes(person, "hello"));
    await eventually("the menu has gone", () => Promise.resolve(hotel.outbox.length > 0));
    return hotel.shows(await hotel.writes(person, "Reception"));
  }

  test("to somebody who never wrote: they are a guest from then on, and what they answer comes to whoever wrote", async () => {
    const message = await hotel.staff().write(to("+1 (202) 555-0101", { clientMessageId: "w1" }));
    expect(message).toMatchObject({ direction: "outbound", seq: 1, clientMessageId: "w1", content: template });
    const guestId = await guestOf(message);
    expect(await hotel.staff().guest(guestId)).toMatchObject({
      name: null,
      addresses: [{ kind: "waId", value: "12025550101", evidence: null, retiredAt: null }],
    });

    // They answer, and WhatsApp tells what it calls them besides.
    const answer = await hotel.shows(await hotel.writes(INES, "Thank you!"));
    expect(answer.guestId).toBe(guestId);
    expect(answer.conversation).toMatchObject({ id: message.conversationId, departmentId: "reception" });
    const guest = await hotel.staff().guest(guestId);
    expect(guest.name).toBe("Ines");
    expect(guest.addresses.map(({ value }) => value).sort()).toEqual(["12025550101", "US.12025550101"]);
    // The window is open now, and by whichever name it is the same guest.
    for (const recipient of [{ bsuid: "US.12025550101" }, { guestId }, { waId: "12025550101" }]) {
      const next = await hotel.staff().write(to("", { to: recipient, content: text("See you soon") }));
      expect(next.conversationId).toBe(message.conversationId);
      await becomes(next.conversationId, next.id, "sent");
    }
    const { steps } = await hotel.staff().explain(message.id);
    expect(steps[0]).toMatchObject({ code: "wrote_first", details: { departmentId: "reception" } });
  });

  test("to a number that WhatsApp knows in another spelling: two guests until a person says that they are one (H)", async () => {
    const message = await hotel.staff().write(to("+55 11 98765-4321"));
    const answer = await hotel.shows(await hotel.writes({ phone: "551187654321", bsuid: "BR.1" }, "oi"));
    const written = await guestOf(message);
    expect(answer.guestId).not.toBe(written);
    expect((await hotel.staff().guest(written)).maybeSame).toEqual([{ guestId: answer.guestId, why: "likePhone" }]);
    await hotel.staff().mergeGuests({ guestId: written, into: answer.guestId });
    const again = await hotel.staff().write(to("5511987654321", { content: text("olá") }));
    expect(again.conversationId).toBe(message.conversationId);
  });

  test("clicked twice at once it is one message, one conversation and one guest; with other words it is refused", async () => {
    const click = (fields: Partial<FirstMessage> = {}) =>
      hotel.staff().write(to("12025550101", { clientMessageId: "w1", ...fields }));
    const messages = await Promise.all(Array.from({ length: 8 }, () => click()));
    expect(new Set(messages.map(({ id }) => id)).size).toBe(1);
    const all = await hotel.every();
    expect(all.map((one) => one.messages.length)).toEqual([1]);
    for (const other of [
      { departmentId: "housekeeping" },
      { to: { waId: "12025550102" } },
      { content: { ...template, language: "it" } },
    ])
      await expect(click(other)).rejects.toMatchObject({ code: "client_message_reused" });
  });

  test("two of its staff at once, while the guest writes too: one guest, and one conversation of the department", async () => {
    const written = await Promise.all([
      hotel.staff().write(to("12025550101", { clientMessageId: "w1" })),
      hotel.writes(INES, "hello"),
      hotel.desk.as(receptionist).write(to("12025550101", { clientMessageId: "w1" })),
      hotel.desk.as({ kind: "system", id: "pms" }).write(to("12025550101")),
    ]);
    const { guestId } = await hotel.shows(written[1]);
    const messages = [written[0], written[2], written[3]];
    expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
    const [conversationId] = messages.map((message) => message.conversationId);
    expect(new Set(messages.map((message) => message.conversationId))).toEqual(new Set([conversationId]));
    expect(await guestOf(messages[0]!)).toBe(guestId);
    const guests = await hotel.staff().findGuests({ hotel: "grand", phone: "+12025550101" });
    expect(guests.map(({ id }) => id)).toEqual([guestId]);
  });

  test("from another department than the guest spoke with: it reaches them once, and they answer to that one", async () => {
    const before = await spoken();
    const message = await hotel
      .staff()
      .write(to("12025550101", { departmentId: "housekeeping", content: text("Shall we clean now?") }));
    await becomes(message.conversationId, message.id, "sent");
    expect(hotel.outbox.filter(({ messageId }) => messageId === message.id)).toHaveLength(1);
    const answer = await hotel.shows(await hotel.writes(INES, "Yes, please"));
    expect(answer.conversation).toMatchObject({ id: message.conversationId, departmentId: "housekeeping" });
    expect(answer.guestId).toBe(before.guestId);
    const now = (await hotel.every()).find(({ conversation }) => conversation.id === before.conversation.id);
    expect(now?.conversation).toMatchObject({ status: "open", departmentId: "reception" });
  });

  test("leaves from the number that it names, whose window is its own", async () => {
    await spoken();
    const second = { phoneNumberId: SECOND_NUMBER, content: text("from our bar"), departmentId: "housekeeping" };
    await expect(hotel.staff().write(to("12025550101", second))).rejects.toMatchObject({ code: "window_closed" });
    const { status } = await hotel.desk.receive(
      delivery([{ from: "12025550101", wamid: "wamid.bar", text: "Housekeeping", number: SECOND_NUMBER }]),
    );
    expect(status).toBe(200);
    await hotel.shows("wamid.bar");
    const message = await hotel.staff().write(to("12025550101", second));
    await becomes(message.conversationId, message.id, "sent");
    expect(hotel.outbox.at(-1)).toEqual({ messageId: message.id, from: SECOND_NUMBER });
    // Without a name it leaves from where the department speaks with the guest.
    const { phoneNumberId: _named, ...unnamed } = second;
    const next = await hotel.staff().write(to("12025550101", unnamed));
    await becomes(next.conversationId, next.id, "sent");
    expect(hotel.outbox.at(-1)).toEqual({ messageId: next.id, from: SECOND_NUMBER });
    const reception = await hotel.staff().write(to("12025550101", { content: text("from reception") }));
    await becomes(reception.conversationId, reception.id, "sent");
    expect(hotel.outbox.at(-1)).toEqual({ messageId: reception.id, from: GRAND_NUMBER });
  });

  test("only where whoever writes belongs, to what the hotel has, and with a template while the window is closed", async () => {
    const refused = async (write: Promise<unknown>, code: string) => {
      await expect(write).rejects.toMatchObject({ code });
    };
    const agent = hotel.desk.as(receptionist);
    const { guestId } = await hotel.shows(await hotel.writes({ phone: "12025550102" }, "Housekeeping"));
    await refused(agent.write(to("12025550101", { departmentId: "housekeeping" })), "not_found");
    await refused(agent.write(to("12025550101", { departmentId: "no such" })), "not_found");
    await refused(agent.write(to("12025550101", { hotelId: "seaside" })), "not_found");
    await refused(agent.write(to("", { to: { guestId } })), "not_found");
    await refused(hotel.desk.as({ kind: "operator", id: "op" }).write(to("12025550101")), "not_found");
    await refused(hotel.staff().write(to("12025550101", { departmentId: "restaurant" })), "department_unknown");
    await refused(hotel.staff().write(to("12025550101", { hotelId: "elsewhere" })), "not_found");
    await refused(hotel.staff().write(to("12025550101", { phoneNumberId: "299" })), "not_found");
    await refused(hotel.staff().write(to("", { to: { guestId: "gst_nobody" } })), "not_found");
    await refused(hotel.staff().write(to("555-0101")), "request_invalid");
    await refused(hotel.staff().write(to("", { to: { bsuid: "12025550101" } })), "request_invalid");
    await refused(hotel.staff().write(to("12025550101", { content: text("hello") })), "window_closed");
    await refused(hotel.staff().write(to("12025550102", { content: text("x".repeat(4_097)) })), "payload_invalid");
    // Whom reception knows by the number, it may write to.
    expect((await agent.write(to("12025550102", { content: text("hello") }))).status).toBe("queued");
    expect(await hotel.staff().findGuests({ hotel: "grand", phone: "+12025550101" })).toEqual([]);
  });

  test("not to a number that its guest has given up, without knowing who that was (H)", async () => {
    const { guestId } = await spoken();
    await hotel.says(
      { type: "user_changed_number", wa_id: "12025550152", user_id: "US.152", previous_user_id: "US.12025550101" },
      "12025550101",
    );
    await hotel.settled();
    await expect(hotel.staff().write(to("12025550101"))).rejects.toMatchObject({
      code: "recipient_moved",
      details: { guestId },
    });
    const message = await hotel.staff().write(to("", { to: { guestId }, content: text("hello") }));
    await becomes(message.conversationId, message.id, "sent");
    expect(hotel.sent.at(-1)).toEqual({ to: "12025550152", kind: "waId" });
  });

  describe("what did not arrive", () => {
    const reply = (conversationId: string, said: string) =>
      hotel.staff().reply(conversationId, { clientMessageId: said, content: text(said) });
    const timesSent = (id: string) => hotel.outbox.filter(({ messageId }) => messageId === id).length;

    test("is sent again once, however often somebody clicks, and the failed one keeps its history (chatwoot#14120, chatwoot#9314)", async () => {
      const conversationId = (await spoken()).conversation.id;
      hotel.answers.push(REFUSED);
      const failed = await becomes(conversationId, (await reply(conversationId, "Your room is ready")).id, "failed");
      expect(failed.failure).toEqual(FAILURE);
      const clicks = await Promise.all(
        Array.from({ length: 6 }, (_each, n) =>
          (n % 2 === 0 ? hotel.staff() : hotel.desk.as(receptionist)).resend(failed.id, {
            clientMessageId: `c${String(n)}`,
          }),
        ),
      );
      const [copy] = clicks;
      expect(new Set(clicks.map(({ id }) => id))).toEqual(new Set([copy?.id]));
      expect(copy).toMatchObject({ content: text("Your room is ready"), conversationId });
      await becomes(conversationId, copy?.id ?? "", "sent");
      expect([timesSent(failed.id), timesSent(copy?.id ?? "")]).toEqual([1, 1]);
      expect((await hotel.staff().resend(failed.id)).id).toBe(copy?.id);

      const { items } = await hotel.staff().messages(conversationId);
      expect(items[0]?.id).toBe(copy?.id);
      expect(items.find(({ id }) => id === failed.id)).toMatchObject({ status: "failed", failure: FAILURE });
      const codes = async (id: string) => (await hotel.staff().explain(id)).steps.map(({ code }) => code);
      expect(await codes(failed.id)).toEqual(["staff_reply", "send_intended", "send_rejected", "sent_again"]);
      expect(await codes(copy?.id ?? "")).toEqual(["resent", "send_intended", "send_accepted"]);
      expect((await hotel.staff().explain(copy?.id ?? "")).audit).toMatchObject([{ action: "message.resend" }]);
    });

    test("and whose copy fails too is sent again from there; one that arrived is not (chatwoot#15743)", async () => {
      const conversationId = (await spoken()).conversation.id;
      hotel.answers.push(REFUSED, REFUSED);
      const first = await becomes(conversationId, (await reply(conversationId, "hello")).id, "failed");
      const second = await becomes(conversationId, (await hotel.staff().resend(first.id)).id, "failed");
      const third = await becomes(conversationId, (await hotel.staff().resend(second.id)).id, "sent");
      expect(new Set([first.id, second.id, third.id]).size).toBe(3);
      await expect(hotel.staff().resend(third.id)).rejects.toMatchObject({ code: "resend_impossible" });
      await expect(hotel.staff().resend("msg_nobody")).rejects.toMatchObject({ code: "not_found" });
      await expect(
        hotel.staff().resend(third.id, { clientMessageId: "hello" }),
        "another message's client id",
      ).rejects.toMatchObject({ code: "client_message_reused" });
    });

    test("goes to where its conversation went on, and is nobody's who may not see it", async () => {
      const conversationId = (await spoken()).conversation.id;
      hotel.answers.push(REFUSED);
      const failed = await becomes(conversationId, (await reply(conversationId, "hello")).id, "failed");
      const other = await hotel.staff().write(to("12025550101", { departmentId: "housekeeping", content: text("hi") }));
      await hotel.staff().transfer(conversationId, { departmentId: "housekeeping" });
      await expect(hotel.desk.as(receptionist).resend(failed.id)).rejects.toMatchObject({ code: "not_found" });
      const copy = await hotel.staff().resend(failed.id);
      expect(copy.conversationId).toBe(other.conversationId);
      await becomes(copy.conversationId, copy.id, "sent");
      hotel.answers.push(REFUSED);
      const late = await becomes(other.conversationId, (await reply(other.conversationId, "bye")).id, "failed");
      await hotel.staff().close(other.conversationId);
      await expect(hotel.staff().resend(late.id)).rejects.toMatchObject({ code: "conversation_closed" });
    });

    test("perhaps: nothing is doubled without a word for it, and whoever says it arrived lets its followers go (N8, F44)", async () => {
      const conversationId = (await spoken()).conversation.id;
      hotel.answers.push(NO_ANSWER);
      const { id } = await reply(conversationId, "The code is 4711");
      await becomes(conversationId, id, "unknown");
      const follower = await reply(conversationId, "Good night");
      await expect(hotel.staff().resend(id)).rejects.toMatchObject({ code: "resend_may_double" });
      expect(timesSent(follower.id)).toBe(0);

      const since = performance.now();
      const told = await hotel.staff().resolve(id, { as: "sent", reason: "the guest thanked us" });
      expect(told).toMatchObject({ id, status: "sent", failure: null });
      await becomes(conversationId, follower.id, "sent");
      // By itself it would have waited for fifteen seconds.
      expect(performance.now() - since).toBeLessThan(10_000);
      expect((await hotel.staff().resolve(id, { as: "sent" })).status).toBe("sent");
      await expect(hotel.staff().resolve(id, { as: "failed" })).rejects.toMatchObject({
        code: "resolve_impossible",
        details: { status: "sent" },
      });
      const { audit, steps } = await hotel.staff().explain(id);
      expect(audit.filter(({ action }) => action === "message.resolve")).toMatchObject([
        { reason: "the guest thanked us" },
      ]);
      expect(steps.at(-1)).toMatchObject({ code: "resolved", details: { as: "sent" } });
      expect(hotel.heard.filter((type) => type === "message.status").length).toBeGreaterThanOrEqual(3);
      expect(timesSent(id)).toBe(1);
    });

    test("perhaps: said to be lost it is sent again like any other, and WhatsApp's later word still counts", async () => {
      const conversationId = (await spoken()).conversation.id;
      hotel.answers.push(NO_ANSWER, NO_ANSWER);
      const { id } = await reply(conversationId, "hello");
      await becomes(conversationId, id, "unknown");
      const lost = await hotel.staff().resolve(id, { as: "failed" });
      expect(lost).toMatchObject({ status: "failed", failure: { code: "resolved_failed" } });
      const copy = await hotel.staff().resend(id);
      await becomes(conversationId, copy.id, "unknown");
      const doubled = await hotel.staff().resend(copy.id, { mayDouble: true });
      await hotel.staff().resolve(copy.id, { as: "failed" });
      await becomes(conversationId, doubled.id, "sent");
      const report = { id: "wamid.late", status: "delivered", timestamp: String(Math.floor(Date.now() / 1_000)) };
      await hotel.delivers("messages", { statuses: [{ ...report, biz_opaque_callback_data: id }] });
      await becomes(conversationId, id, "delivered");
    });

    test("because WhatsApp says that the window is closed goes as the template that was named for that (131047, S58)", async () => {
      const conversationId = (await spoken()).conversation.id;
      const failure = { code: "graph_131047", message: "Use a template." };
      hotel.answers.push({ outcome: "rejected", failure, retry: null, needsTemplate: true });
      const answer = { clientMessageId: "f1", content: text("Your room is ready"), fallback: template };
      const { id } = await hotel.staff().reply(conversationId, answer);
      await becomes(conversationId, id, "sent");
      expect(timesSent(id)).toBe(2);
      const { steps } = await hotel.staff().explain(id);
      expect(steps.map(({ code }) => code)).toEqual([
        "staff_reply",
        "send_intended",
        "send_as_template",
        "send_intended",
        "send_accepted",
      ]);
      const [stored] = (await hotel.staff().messages(conversationId)).items;
      expect(stored).toMatchObject({ id, fallback: { sent: true } });
    });

    test("because WhatsApp withheld an offer is not sent again before a day is over (131049)", async () => {
      const conversationId = (await spoken()).conversation.id;
      const failure = { code: "graph_131049", message: "Wait at least a day." };
      hotel.answers.push({ outcome: "rejected", failure, retry: null });
      const failed = await becomes(conversationId, (await reply(conversationId, "Half price")).id, "failed");
      const refused = await hotel
        .staff()
        .resend(failed.id)
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "resend_too_early" });
      const { until } = (refused as { details: { until: string } }).details;
      expect(Date.parse(until) - Date.now()).toBeGreaterThan(23 * HOUR_MS);
      expect(Date.parse(until) - Date.now()).toBeLessThan(25 * HOUR_MS);
    });

    test("and whose window has closed since waits for the guest to write", async () => {
      const old = new Date(Date.now() - 23.99 * HOUR_MS);
      const { conversation } = await hotel.shows(await hotel.writes(INES, "Reception", { at: old }));
      expect(conversation.window.open).toBe(false);
      await expect(hotel.staff().write(to("12025550101", { content: text("too late") }))).rejects.toMatchObject({
        code: "window_closed",
      });
    });
  });
});
