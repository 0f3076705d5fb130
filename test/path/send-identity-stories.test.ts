import { afterEach, describe, expect, test } from "vitest";
import { GRAND_NUMBER, manager } from "../harness/hotel.js";
import { aSendingHotel, type SendingHotel } from "./sending.js";
import { STORAGES } from "./stories.js";

const PHONE = "12025550101";
const CODE = { type: "text", text: "The door code is 4711." } as const;

describe.each(STORAGES)("a door code for the guest who asked for it (%s)", (_, open) => {
  let hotel: SendingHotel;
  afterEach(() => hotel.close());

  const onThePhone = () =>
    hotel.fake
      .phone(PHONE, GRAND_NUMBER)
      .filter(({ from }) => from === "hotel")
      .map(({ text }) => text);

  /** A guest who asks for their door code, and the mark that their message carries. */
  async function asks(identityKey = "first") {
    hotel = await aSendingHotel(open, { whatsapp: { reports: ["sent"] } });
    const guest = hotel.guest(PHONE);
    guest.stands({ identityKey });
    const chat = await hotel.writes(guest, "What is my door code?");
    const [asked] = await chat.all();
    const identityKeyHash = asked?.context?.identityKeyHash ?? "";
    expect(identityKeyHash).toBe(identityKey);
    return { guest, chat, identityKeyHash };
  }

  test("is at the device that asked, and its message says for whom alone it was (S63)", async () => {
    const { chat, identityKeyHash } = await asks();
    const path = `/conversations/${chat.conversationId}/messages`;
    const body = { clientMessageId: "code", content: CODE, identityKeyHash };
    const { status, json } = await hotel.ask(manager, path, body);
    expect([status, json]).toMatchObject([202, { context: { identityKeyHash } }]);
    const { id } = json as { readonly id: string };
    await chat.becomes(id, "sent");
    expect(onThePhone()).toEqual([CODE.text]);
    // Asked for again it is the same; for another device it is another message.
    expect(await hotel.ask(manager, path, body)).toMatchObject({ status: 202, json: { id, status: "sent" } });
    expect(await hotel.ask(manager, path, { ...body, identityKeyHash: "other" })).toMatchObject({
      status: 409,
      json: { error: { code: "client_message_reused" } },
    });
  });

  test("is at no other device: it fails visibly (137000), and goes when staff have made sure who it is", async () => {
    const { guest, chat, identityKeyHash } = await asks();
    guest.stands({ identityKey: "second" });
    const id = await chat.hears(CODE, { identityKeyHash });
    expect(await chat.becomes(id, "failed")).toMatchObject({ failure: { code: "graph_137000" } });
    // As it was it would fail again.
    const same = await hotel.staff().resend(id);
    await chat.becomes(same.id, "failed");
    expect(onThePhone()).toEqual([]);
    await guest.says(GRAND_NUMBER, "It is me, on my new phone.");
    const again = await hotel.staff().resend(same.id, { identityKeyHash: "second" });
    expect(again.context).toEqual({ identityKeyHash: "second" });
    await chat.becomes(again.id, "sent");
    expect(onThePhone()).toEqual([CODE.text]);
  });

  test("goes to whoever has the number now where staff say so", async () => {
    const { guest, chat, identityKeyHash } = await asks();
    guest.stands({ identityKey: "second" });
    const id = await chat.hears(CODE, { identityKeyHash });
    await chat.becomes(id, "failed");
    const again = await hotel.staff().resend(id, { identityKeyHash: null });
    await chat.becomes(again.id, "sent");
    expect([again.context, onThePhone()]).toEqual([null, [CODE.text]]);
  });

  test("of a hotel's own system is as careful (POST /api/conversations, enqueue)", async () => {
    const { guest, chat, identityKeyHash } = await asks();
    guest.stands({ identityKey: "second" });
    const written = await hotel.staff().write({
      hotelId: "grand",
      departmentId: "reception",
      to: { waId: PHONE },
      content: CODE,
      identityKeyHash,
    });
    await chat.becomes(written.id, "failed");
    const { conversationId } = chat;
    await hotel.desk.enqueue(null, {
      type: "reply",
      hotelId: "grand",
      conversationId,
      content: CODE,
      identityKeyHash,
    });
    await expect
      .poll(async () => (await chat.all()).filter(({ status }) => status === "failed").length, { timeout: 40_000 })
      .toBe(2);
    expect(onThePhone()).toEqual([]);
  });
});
