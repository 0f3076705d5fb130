import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aChange, aConversation, anInboundMessage, anItem, messageEvent } from "../../src/testing/index.js";
import { admin, GRAND_NUMBER } from "../harness/hotel.js";
import { aHotel, STORAGES, type Hotel, type Person, type Stored } from "./stories.js";

const NADIA: Person = { phone: "12025550101", bsuid: "US.101", name: "Nadia Ferro" };
const text = (words: string) => ({ type: "text", text: words });

describe.each(STORAGES)("what happens to messages (%s)", (_, make) => {
  let hotel: Hotel;
  let end: Stored["end"];
  beforeEach(async () => {
    const stored = await make();
    ({ end } = stored);
    hotel = await aHotel(stored.storage);
  });
  afterEach(async () => {
    await hotel.stop();
    await end();
  });

  const edits = (original: string, body: string) => ({
    type: "edit",
    edit: { original_message_id: original, message: { type: "text", text: { body } } },
  });
  const revokes = (original: string) => ({ type: "revoke", revoke: { original_message_id: original } });
  const reacts = (original: string, emoji?: string) => ({
    type: "reaction",
    reaction: { message_id: original, ...(emoji !== undefined && { emoji }) },
  });

  test("a guest edits a message: staff see both versions, in one message (K)", async () => {
    const wamid = await hotel.writes(NADIA, "What time is check-in?");
    await hotel.shows(wamid);
    await hotel.writes(NADIA, edits(wamid, "What time is check-in on Saturday?"));
    const { message, messages, conversation } = await hotel.shows(wamid, ({ versions }) => versions.length > 0);
    expect(message.content).toEqual(text("What time is check-in on Saturday?"));
    expect(message.versions.map(({ content }) => content)).toEqual([text("What time is check-in?")]);
    expect(messages.filter(({ direction }) => direction === "inbound")).toHaveLength(1);
    expect(conversation.lastMessagePreview).toBe("What time is check-in on Saturday?");
    expect(conversation.unread).toBe(1);
  });

  test("a guest deletes a message: its words are gone for staff, and the record stays", async () => {
    const wamid = await hotel.writes(NADIA, "my card number is secret");
    const before = await hotel.shows(wamid);
    await hotel.writes(NADIA, revokes(wamid));
    const { message, conversation } = await hotel.shows(wamid, ({ revokedAt }) => revokedAt !== null);
    expect(message.content).toEqual({ type: "revoked" });
    expect(JSON.stringify([message, conversation])).not.toContain("secret");
    const explanation = await hotel.staff().explain(before.message.id);
    expect(explanation.steps.map(({ code }) => code)).toContain("received");
    expect(JSON.stringify(explanation)).not.toContain("secret");
  });

  test("a deletion overtakes its message: the words are never shown", async () => {
    await hotel.writes(NADIA, "hello");
    await hotel.writes(NADIA, revokes("wamid.late"));
    await hotel.writes(NADIA, "too late", { wamid: "wamid.late" });
    const { message, conversation } = await hotel.shows("wamid.late");
    expect(message.content).toEqual({ type: "revoked" });
    expect(conversation.lastMessagePreview).toBe("[revoked]");
  });

  test("a guest reacts to an answer and takes it back: it hangs on the answer, and is nobody's message", async () => {
    const { conversation } = await hotel.shows(await hotel.writes(NADIA, "Reception"));
    const { id } = await hotel.staff().reply(conversation.id, {
      clientMessageId: "r1",
      content: { type: "text", text: "With pleasure" },
    });
    const answered = async () =>
      (await hotel.staff().messages(conversation.id)).items.find((message) => message.id === id);
    await expect.poll(async () => (await answered())?.wamid).not.toBeNull();
    const wamid = (await answered())?.wamid ?? "";
    const count = (await hotel.staff().messages(conversation.id)).items.length;

    await hotel.writes(NADIA, reacts(wamid, "👍"));
    await expect.poll(async () => (await answered())?.reactions).toMatchObject([{ by: "guest", emoji: "👍" }]);
    await hotel.writes(NADIA, reacts(wamid), { at: new Date(Date.now() + 1_000) });
    await expect.poll(async () => (await answered())?.reactions).toEqual([]);
    expect((await hotel.staff().messages(conversation.id)).items).toHaveLength(count);
    expect((await hotel.staff().conversations()).items[0]?.unread).toBe(0);
    expect(hotel.heard.filter((type) => type === "message.amended")).toHaveLength(2);
  });

  test("staff answer on the hotel's phone: the desk shows it as theirs, once, and it is edited and deleted there", async () => {
    await hotel.shows(await hotel.writes(NADIA, "towels please"));
    const echo = await hotel.echoes(NADIA, "Your towels are on the way");
    const { message, conversation } = await hotel.shows(echo);
    expect(message).toMatchObject({ direction: "outbound", author: { kind: "device" }, status: "sent" });
    expect(conversation.unread).toBe(0);

    await hotel.echoes(NADIA, edits(echo, "Your towels arrive in 5 minutes"));
    await hotel.shows(echo, ({ content }) => content.type === "text" && content.text.includes("5 minutes"));
    await hotel.delivers("messages", {
      statuses: [{ id: echo, status: "read", timestamp: "1794312000", recipient_id: NADIA.phone }],
    });
    await hotel.shows(echo, ({ status }) => status === "read");
    await hotel.echoes(NADIA, revokes(echo));
    await hotel.shows(echo, ({ revokedAt }) => revokedAt !== null);
    expect(hotel.heard).toContain("message.echoed");
  });

  test("the status of a message from the hotel's phone is faster than the message", async () => {
    await hotel.shows(await hotel.writes(NADIA, "hello"));
    await hotel.delivers("messages", {
      statuses: [{ id: "wamid.echo.early", status: "delivered", timestamp: "1794312000", recipient_id: NADIA.phone }],
    });
    await hotel.echoes(NADIA, "Hi", "wamid.echo.early");
    await hotel.shows("wamid.echo.early", ({ status }) => status === "delivered");
  });

  test("500 old messages come out of the phone app and wake nobody; staff scroll up to them", async () => {
    const start = Date.UTC(2026, 5, 1);
    const messages = Array.from({ length: 500 }, (_, index) => ({
      ...(index % 2 === 0 ? { from: NADIA.phone } : { from: "12025550190", to: NADIA.phone }),
      id: `wamid.old.${String(index)}`,
      timestamp: String(Math.floor(start / 1_000) + index),
      type: "text",
      text: { body: `old message ${String(index)}` },
      history_context: { status: "READ" },
    }));
    const chunk = (part: readonly object[], order: number) =>
      hotel.delivers("history", {
        history: [
          {
            metadata: { phase: 1, chunk_order: order, progress: 50 * order },
            threads: [{ id: NADIA.phone, context: { wa_id: NADIA.phone, user_id: NADIA.bsuid }, messages: part }],
          },
        ],
      });
    // The chunks come in no order.
    await chunk(messages.slice(250), 2);
    await chunk(messages.slice(0, 250), 1);
    await hotel.settled();
    expect(hotel.heard.filter((type) => type !== "account.news")).toEqual([]);
    expect((await hotel.staff().conversations({ status: "open" })).items).toEqual([]);

    const { conversation } = await hotel.shows(await hotel.writes(NADIA, "hello, I am back"));
    expect(conversation.unread).toBe(1);
    const seen: string[] = [];
    for (let cursor: string | null = null; ;) {
      const page = await hotel.staff().messages(conversation.id, { limit: 100, ...(cursor !== null && { cursor }) });
      seen.push(...page.items.flatMap(({ content }) => (content.type === "text" ? [content.text] : [])));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    const old = seen.filter((words) => words.startsWith("old"));
    expect(old).toEqual(messages.map(({ text: { body } }) => body).reverse());
    expect(seen.indexOf("hello, I am back")).toBeLessThan(seen.indexOf("old message 499"));
  });

  test("a message that the old ones brought first is heard when it comes live, and stands once", async () => {
    const old = {
      from: NADIA.phone,
      id: "wamid.both",
      timestamp: String(Math.floor(Date.now() / 1_000)),
      type: "text",
      text: { body: "is anybody there?" },
      history_context: { status: "PENDING" },
    };
    const thread = { id: NADIA.phone, context: { wa_id: NADIA.phone, user_id: NADIA.bsuid }, messages: [old] };
    await hotel.delivers("history", { history: [{ metadata: { phase: 0 }, threads: [thread] }] });
    await hotel.settled();
    await hotel.writes(NADIA, "is anybody there?", { wamid: "wamid.both" });
    const open = async () => (await hotel.staff().conversations({ status: "open" })).items[0];
    await expect.poll(async () => (await open())?.unread).toBe(1);
    const shown = (await hotel.staff().messages((await open())?.id ?? "")).items;
    expect(shown.filter(({ wamid }) => wamid === "wamid.both")).toHaveLength(1);
    expect(hotel.heard).toContain("message.received");
  });

  test("a deleted message leaves every list, also of a conversation that only went on with it once", async () => {
    const hello = await hotel.shows(await hotel.writes(NADIA, "housekeeping"));
    const secret = await hotel.writes(NADIA, "SECRET");
    await hotel.shows(secret);
    const staff = hotel.staff();
    const { id } = (await hotel.shows(secret)).conversation;
    expect(id).toBe(hello.conversation.id);
    await staff.transfer(id, { departmentId: "reception" });
    await hotel.writes(NADIA, revokes(secret));
    await hotel.shows(secret, ({ revokedAt }) => revokedAt !== null);
    expect(JSON.stringify(await hotel.every())).not.toContain("SECRET");
  });

  test("an album of ten pictures is ten messages in order, in one conversation, with one menu", async () => {
    for (let index = 0; index < 10; index++) {
      const image = { id: String(index), mime_type: "image/jpeg", sha256: "c2hh" };
      await hotel.writes(NADIA, { type: "image", image }, { wamid: `wamid.album.${String(index)}` });
    }
    const { messages } = await hotel.shows("wamid.album.9");
    const pictures = messages.flatMap(({ content }) => (content.type === "image" ? [content.media.id] : []));
    expect(pictures).toEqual(["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]);
    expect(messages.filter(({ direction }) => direction === "outbound")).toHaveLength(1);
  });

  test("a missed call stands in the chat and opens the window", async () => {
    await hotel.delivers("calls", {
      contacts: [{ profile: { name: "Nadia" }, wa_id: NADIA.phone, user_id: NADIA.bsuid }],
      calls: [
        {
          id: "wacid.1",
          from: NADIA.phone,
          from_user_id: NADIA.bsuid,
          to: "12025550190",
          event: "terminate",
          direction: "USER_INITIATED",
          timestamp: String(Math.floor(Date.now() / 1_000)),
          status: "FAILED",
        },
      ],
    });
    const { message, conversation } = await hotel.shows("wacid.1");
    expect(message.content).toEqual({ type: "call", direction: "fromGuest", outcome: "failed" });
    expect(conversation.window.open).toBe(true);
  });

  test("news about the account reach whoever runs it, and no conversation", async () => {
    await hotel.delivers("user_preferences", {
      contacts: [{ wa_id: NADIA.phone, user_id: NADIA.bsuid }],
      user_preferences: [
        {
          wa_id: NADIA.phone,
          user_id: NADIA.bsuid,
          category: "marketing_messages",
          value: "stop",
          timestamp: 1794312000,
        },
      ],
    });
    await expect
      .poll(async () => (await hotel.staff().operatorEvents()).items.map(({ body }) => body))
      .toMatchObject([
        { type: "guest.consent", wish: "stop", source: "preference" },
        { type: "account.news", news: { about: "preference", wish: "stop" } },
      ]);
    expect((await hotel.staff().conversations()).items).toEqual([]);
  });

  test("what nobody understands by now stays aside, and where it was (S47)", async () => {
    await hotel.writes(NADIA, { type: "hologram", hologram: { body: "hello" } }, { wamid: "wamid.future" });
    expect((await hotel.shows("wamid.future")).message.content).toEqual({ type: "unknown" });
    expect(await hotel.desk.as(admin).reprocess()).toEqual({ read: 1, understood: 0 });
    expect((await hotel.shows("wamid.future")).message.content).toEqual({ type: "unknown" });
  });

  test("what the release before kept aside is understood after an upgrade, once, with all that came behind it", async () => {
    // As a release that knew no echoes remembered one.
    const raw = JSON.stringify({
      field: "smb_message_echoes",
      entryId: "100000000000001",
      metadata: { display_phone_number: "12025550190", phone_number_id: "200000000000001" },
      echo: {
        from: "12025550190",
        to: NADIA.phone,
        to_user_id: NADIA.bsuid,
        id: "wamid.kept",
        timestamp: String(Math.floor(Date.now() / 1_000)),
        type: "text",
        text: { body: "from the time before" },
      },
    });
    const kept = { id: "att_kept", hotelId: "grand", dedupHash: "00".repeat(16), raw, kind: "echo", chat: null };
    await hotel.storage.remember([kept], { dedupRetentionMs: 30 * 86_400_000 });
    expect((await hotel.staff().kept()).items).toMatchObject([{ id: "att_kept", outcome: "kept" }]);

    expect(await hotel.desk.as(admin).reprocess()).toEqual({ read: 1, understood: 1 });
    expect((await hotel.shows("wamid.kept")).message.content).toEqual(text("from the time before"));
    expect((await hotel.staff().kept()).items).toEqual([]);
    expect(await hotel.desk.as(admin).reprocess()).toEqual({ read: 0, understood: 0 });
    await expect(hotel.staff().reprocess()).resolves.toEqual({ read: 0, understood: 0 });
  });

  test("a message that the release before could not read is read after an upgrade, in its place", async () => {
    const before = await make();
    const { storage } = before;
    await storage.open({ migrate: true });
    // As a release that knew no texts stored it.
    const now = (await storage.loadChats([])).now;
    const message = {
      from: NADIA.phone,
      from_user_id: NADIA.bsuid,
      id: "wamid.misread",
      timestamp: String(Math.floor(now.getTime() / 1_000)),
      type: "text",
      text: { body: "I wrote this" },
    };
    const metadata = { display_phone_number: "12025550190", phone_number_id: GRAND_NUMBER };
    const raw = JSON.stringify({ field: "messages", entryId: "1", metadata, contact: null, message });
    await storage.remember([anItem("att_misread", now, { raw, chat: { phoneNumberId: GRAND_NUMBER } })], {
      dedupRetentionMs: 30 * 86_400_000,
    });
    const { lanes } = await storage.claim({ kind: "inbound", lanes: 1, itemsPerLane: 1, leaseMs: 1_000 });
    const lane = lanes[0]!;
    const conversation = aConversation("con_1", { id: lane.guestId, ...lane }, { lastSeq: 1 });
    const misread = anInboundMessage("msg_1", conversation, 1, {
      content: { type: "unknown" },
      wamid: "wamid.misread",
      attemptId: "att_misread",
    });
    const change = aChange({
      conversations: [conversation],
      messages: [misread],
      events: [messageEvent(misread, conversation)],
    });
    await storage.commit("grand", [{ change, lane, completes: ["att_misread"], failed: null }]);

    const upgraded = await aHotel(storage);
    try {
      expect(await upgraded.desk.as(admin).reprocess()).toEqual({ read: 1, understood: 1 });
      const seen = await upgraded.shows("wamid.misread", ({ content }) => content.type === "text");
      expect(seen.message).toMatchObject({ id: "msg_1", content: text("I wrote this"), versions: [] });
      expect(await upgraded.desk.as(admin).reprocess()).toEqual({ read: 0, understood: 0 });
    } finally {
      await upgraded.stop();
      await before.end();
    }
  });
});
