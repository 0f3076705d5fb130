import { describe, expect, test } from "vitest";
import { after, HOUR, Story } from "./world.js";

describe("somebody at the hotel who answers in the phone app (L)", () => {
  test("answers where the guest wrote: sent already, by the hotel's phone, and people speak from here on", () => {
    const story = new Story();
    story.hears("hello");
    story.hears("reception");
    const change = story.echoes("Good evening!", { wamid: "wamid.echo" });

    expect(change.messages).toMatchObject([
      { direction: "outbound", author: { kind: "device" }, status: "sent", wamid: "wamid.echo" },
    ]);
    expect(change.work).toEqual([]);
    expect(story.open("reception")).toMatchObject({
      speaker: "human",
      lastMessageFrom: "staff",
      lastMessagePreview: "Good evening!",
    });
    expect(story.open("reception").readSeq).toBe(story.open("reception").lastSeq);
    expect(change.events.map(({ body }) => body.type)).toEqual(["message.echoed"]);
  });

  test("opens no window: nothing that staff send does", () => {
    const story = new Story();
    const change = story.echoes("Your room is ready");
    expect(change.chat?.windowClosesAt).toBeNull();
  });

  test("writes first: the guest's answer goes there, and no menu talks over a person", () => {
    const story = new Story();
    story.echoes("Your room is ready");
    const change = story.waits(HOUR).hears("great, thanks");
    expect(change.messages[0]?.conversationId).toBe(story.open(null).id);
    expect(story.menus).toBe(0);
  });

  test("answers while the menu waits for a choice: no menu comes after that", () => {
    const story = new Story();
    story.hears("hello");
    story.echoes("Hi, how can I help?");
    story.waits(HOUR).hears("towels please");
    expect(story.menus).toBe(1);
    expect(story.open(null).speaker).toBe("human");
  });

  test("quotes: the answer stands in the conversation of what it quotes", () => {
    const story = new Story();
    story.hears("hello");
    story.hears("reception");
    story.hears("late check-out?", { wamid: "wamid.q" });
    story.staffClose(story.open("reception").id);
    story.hears("hello again");
    const change = story.echoes("Yes, until 2 pm", { quotedWamid: "wamid.q" });
    expect(change.conversations).toMatchObject([{ departmentId: "reception", status: "open" }]);
  });

  test("writes after the matter was closed, while another department's goes on: it stands there", () => {
    const story = new Story();
    story.hears("hello");
    story.hears("reception");
    story.waits(3 * 60_000);
    story.hears(story.option("housekeeping"));
    story.staffClose(story.open("housekeeping").id);
    expect(story.echoes("By the way").conversations).toMatchObject([{ departmentId: "reception" }]);
  });

  test("answers late: what the guest wrote since is still unread, and on top of the list", () => {
    const story = new Story();
    story.hears("hello");
    story.hears("reception");
    story.waits(HOUR).hears("URGENT");
    const { readSeq } = story.open("reception");
    story.echoes("three days ago", { sentAt: after(-72 * HOUR, story.now) });
    expect(story.open("reception")).toMatchObject({
      readSeq,
      lastMessagePreview: "URGENT",
      lastMessageFrom: "guest",
      speaker: "human",
    });
  });

  test("calls the guest: that is the hotel's doing, asks for no department and opens no window", () => {
    const story = new Story();
    const change = story.hears({ type: "call", direction: "toGuest", outcome: "failed" });
    expect(change.messages).toMatchObject([{ direction: "outbound", author: { kind: "device" } }]);
    expect(change.prompts).toEqual([]);
    expect(change.chat?.windowClosesAt).toBeNull();
  });

  test("sees what the desk itself sent come back: it is no news", () => {
    const story = new Story();
    story.echoes("once", { wamid: "wamid.same" });
    expect(story.echoes("once", { wamid: "wamid.same" })).toMatchObject({ messages: [], events: [] });
  });

  test("edits and deletes what was written there", () => {
    const story = new Story();
    story.echoes("room 21", { wamid: "wamid.echo" });
    story.echoes({ type: "edit", wamid: "wamid.echo", content: { type: "text", text: "room 12" } });
    expect(story.open(null).lastMessagePreview).toBe("room 12");
    story.echoes({ type: "revoke", wamid: "wamid.echo" });
    expect(story.open(null).lastMessagePreview).toBe("[revoked]");
  });
});
