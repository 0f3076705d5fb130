import { describe, expect, test } from "vitest";
import { after, HOUR, MINUTE, NOON, Story } from "./world.js";

const DAY = 24 * HOUR;

describe("old messages out of the phone app", () => {
  test("wake nobody: no event, nothing unread, no menu, no window, no open conversation", () => {
    const story = new Story();
    const change = story.imports("guest", "Do you have parking?", { sentAt: after(-10 * DAY) });

    expect(change).toMatchObject({ events: [], prompts: [], work: [], chat: null, participants: [] });
    expect(change.conversations).toMatchObject([
      { status: "closed", imported: true, lastSeq: 1, readSeq: 1, lastMessagePreview: "Do you have parking?" },
    ]);
    expect(change.messages).toMatchObject([{ direction: "inbound", status: "received" }]);
  });

  test("do not undo that staff marked what came before them unread: what they add to the count is told", () => {
    const story = new Story();
    story.imports("guest", "Do you have parking?");
    const { id } = story.imported();
    story.staffMarksUnread(id, 1);

    const fromHotel = story.imports("device", "Yes, free of charge");
    expect(fromHotel).toMatchObject({ conversations: [{ lastSeq: 2, readSeq: 0 }], events: [] });

    const fromGuest = story.imports("guest", "Is it far?");
    const body = { type: "conversation.unread", readSeq: 0 };
    expect(fromGuest).toMatchObject({
      conversations: [{ lastSeq: 3, readSeq: 0 }],
      events: [{ conversationId: id, departmentId: null, body }],
    });
  });

  test("keep who wrote them, and what became of the hotel's", () => {
    const story = new Story();
    const change = story.imports("device", "Yes, free of charge", { status: "read" });
    expect(change.messages).toMatchObject([{ direction: "outbound", author: { kind: "device" }, status: "read" }]);
  });

  test("stand in the order of their own time, whatever order the chunks come in, and before anything newer", () => {
    const story = new Story();
    const at = [3, 1, 2].map((days) => after(-days * DAY));
    const places = at.map(
      (sentAt, index) => story.imports("guest", String(index), { sentAt }).messages[0]?.importedPlace,
    );
    expect([...places].sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([places[0], places[2], places[1]]);
    for (const place of places) {
      expect(place).toBeLessThan(0);
      expect(Number.isSafeInteger(place)).toBe(true);
    }
    expect(story.imported().lastMessagePreview).toBe("1");
  });

  test("of one second keep the order in which they came", () => {
    const story = new Story();
    const places = ["a", "b", "c"].map(
      (text) => story.imports("guest", text, { sentAt: NOON }).messages[0]?.importedPlace ?? 0,
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(new Set(places).size).toBe(3);
  });

  test("become the beginning of the guest's first conversation", () => {
    const story = new Story();
    story.imports("guest", "Do you have parking?");
    story.hears("hello");
    expect(story.imported().continuedIn).toBe(story.open(null).id);
  });

  test("become the beginning of the conversation that is going on", () => {
    const story = new Story();
    story.hears("hello");
    story.imports("guest", "Do you have parking?", { sentAt: after(-DAY) });
    expect(story.imported().continuedIn).toBe(story.open(null).id);
  });

  test("become the beginning of a conversation that is opened again", () => {
    const story = new Story();
    story.hears("hello");
    story.hears("reception", { wamid: "wamid.r" });
    const { id } = story.open("reception");
    story.staffClose(id);
    story.imports("guest", "Do you have parking?", { sentAt: after(-DAY) });
    story.hears("one more thing", { quotedWamid: "wamid.r" });
    expect(story.imported().continuedIn).toBe(id);
  });

  test("that the desk has seen live are no news", () => {
    const story = new Story();
    story.hears("hello", { wamid: "wamid.live" });
    expect(story.imports("guest", "hello", { wamid: "wamid.live" })).toMatchObject({ messages: [], conversations: [] });
  });

  test("wake the hotel when they come live after all: the guest is heard, and asked for a department", () => {
    const story = new Story();
    story.imports("guest", "hello", { wamid: "wamid.both" });
    const change = story.hears("hello", { wamid: "wamid.both" });
    expect(change.messages[0]).toMatchObject({ wamid: "wamid.both", importedPlace: null });
    expect(change.events.map(({ body }) => body.type)).toContain("message.received");
    expect(change.chat?.windowClosesAt).not.toBeNull();
    expect(story.menus).toBe(1);
  });

  test("tell what they did to a message that came live: lists show it", () => {
    const story = new Story();
    story.hears("hello", { wamid: "wamid.live" });
    const content = { type: "text", text: "hello, hotel" } as const;
    const change = story.imports("guest", { type: "edit", wamid: "wamid.live", content });
    expect(change.events.map(({ body }) => body.type)).toEqual(["message.amended"]);
    expect(story.open(null).lastMessagePreview).toBe("hello, hotel");
    story.imports("guest", "of old", { wamid: "wamid.old" });
    expect(story.imports("guest", { type: "edit", wamid: "wamid.old", content }).events).toEqual([]);
  });

  test("prove nobody's phone: a card of long ago takes no number from whoever has it now", () => {
    const card = { isOwn: true, phones: [{ number: "+1 202-555-0104", waId: "12025550104" }], emails: [] };
    const change = new Story().imports("guest", { type: "contacts", cards: [card] });
    expect(change.guest).toBeNull();
  });

  test("whose file comes later show it in its place", () => {
    const story = new Story();
    story.imports("guest", { type: "mediaPlaceholder" }, { wamid: "wamid.file" });
    const image = { type: "image", media: { id: "1", mimeType: "image/jpeg" } } as const;
    const change = story.waits(MINUTE).imports("guest", image, { wamid: "wamid.file" });
    expect(change.amendments).toMatchObject([{ wamid: "wamid.file", act: { kind: "understood", content: image } }]);
    expect(change.events).toEqual([]);
  });
});
