import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shown, type Amendment, type AmendmentAct } from "../../src/domain/amendment.js";
import type { AmendingContent } from "../../src/domain/content.js";
import { after, GUEST, MINUTE, NOON, Story } from "./world.js";

const edit = (wamid: string, text: string): AmendingContent => ({
  type: "edit",
  wamid,
  content: { type: "text", text },
});
const revoke = (wamid: string): AmendingContent => ({ type: "revoke", wamid });
const reaction = (wamid: string, text?: string): AmendingContent => ({
  type: "reaction",
  wamid,
  ...(text !== undefined && { text }),
});

describe("a guest who changes what was said (K)", () => {
  test("edits a message: no new message, the list shows the new words, staff are told", () => {
    const story = new Story();
    story.hears("I arrive at 5", { wamid: "wamid.a" });
    const change = story.hears(edit("wamid.a", "I arrive at 7"));

    expect(change.messages).toEqual([]);
    expect(change.amendments).toMatchObject([{ wamid: "wamid.a", by: "guest", act: { kind: "edited" } }]);
    expect(change.events.map(({ body }) => body)).toEqual([
      { type: "message.amended", messageId: "msg_w1", act: "edited" },
    ]);
    expect(story.open(null).lastMessagePreview).toBe("I arrive at 7");
    expect(change.chat).toBeNull();
  });

  test("edits an older message: the list goes on showing the newest", () => {
    const story = new Story();
    story.hears("I arrive at 5", { wamid: "wamid.a" });
    story.hears("and I need towels");
    const change = story.hears(edit("wamid.a", "I arrive at 7"));

    expect(change.conversations).toEqual([]);
    expect(story.open(null).lastMessagePreview).toBe("and I need towels");
  });

  test("deletes a message: its words leave the list (T25), whatever edits come late", () => {
    const story = new Story();
    story.hears("my card is lost", { wamid: "wamid.a" });
    story.hears(revoke("wamid.a"));
    expect(story.open(null).lastMessagePreview).toBe("[revoked]");

    story.hears(edit("wamid.a", "my card is lost, code 1234"), { sentAt: after(-MINUTE) });
    expect(story.open(null).lastMessagePreview).toBe("[revoked]");
  });

  test("deletes a message that comes after the deletion: its words are never shown (F20)", () => {
    const story = new Story();
    const change = story.hears(revoke("wamid.late"));
    expect(change).toMatchObject({ messages: [], conversations: [], events: [], prompts: [] });

    story.hears("a secret", { wamid: "wamid.late" });
    expect(story.open(null).lastMessagePreview).toBe("[revoked]");
  });

  test("edits what the desk never saw: the words are shown as they are now, for nobody has read them", () => {
    const story = new Story();
    const change = story.hears(edit("wamid.unseen", "room 12, not 21"));

    expect(change.messages).toHaveLength(2);
    expect(change.messages[0]?.reasons.map(({ code }) => code)).toContain("edits_unknown");
    expect(story.open(null).lastMessagePreview).toBe("room 12, not 21");
    expect(change.amendments).toMatchObject([{ wamid: "wamid.unseen" }]);

    // It comes after all: that is what it said before.
    const late = story.hears("room 21", { wamid: "wamid.unseen" });
    expect(late.messages).toEqual([]);
    expect(late.amendments).toMatchObject([{ act: { kind: "understood", content: { text: "room 21" } } }]);
    expect(story.open(null).lastMessagePreview).toBe("room 12, not 21");
    // And what is shown of the edit goes when the guest deletes it.
    story.hears(revoke("wamid.unseen"));
    expect(story.open(null).lastMessagePreview).toBe("[revoked]");
  });

  test("reacts: the emoji hangs on its message, chooses no department and asks for no menu", () => {
    const story = new Story();
    story.hears("hello", { wamid: "wamid.a" });
    const menus = story.menus;
    const change = story.waits(3 * MINUTE).hears(reaction("wamid.a", "1\ufe0f\u20e3"));

    expect(change.messages).toEqual([]);
    expect(story.menus).toBe(menus);
    expect(story.open(null).departmentId).toBeNull();
    expect(change.events.map(({ body }) => body)).toEqual([
      { type: "message.amended", messageId: "msg_w1", act: "reacted" },
    ]);
  });

  test("whose first contact is a reaction opens no conversation", () => {
    const change = new Story().hears(reaction("wamid.never", "👍"));
    expect(change).toMatchObject({ messages: [], conversations: [], chat: null });
    expect(change.amendments).toHaveLength(1);
  });

  test("whose message comes a second time by another way is heard once", () => {
    const story = new Story();
    story.hears("hello", { wamid: "wamid.a" });
    expect(story.hears("hello", { wamid: "wamid.a" })).toMatchObject({ messages: [], events: [], work: [] });
  });

  test("whose message could not be read is understood after an upgrade, in its place", () => {
    const story = new Story();
    story.hears({ type: "unknown" }, { wamid: "wamid.a" });
    const change = story.hears("I wrote in a new way", { wamid: "wamid.a" });
    expect(change.messages).toEqual([]);
    expect(change.amendments).toMatchObject([{ wamid: "wamid.a", act: { kind: "understood" } }]);
    expect(story.open(null).lastMessagePreview).toBe("I wrote in a new way");
  });
});

test("what nobody could read and is an edit after an upgrade edits its message, and is not read again", () => {
  const story = new Story();
  story.hears("room 21", { wamid: "wamid.a" });
  story.hears({ type: "unknown" }, { wamid: "wamid.e" });
  const change = story.hears(edit("wamid.a", "room 12"), { wamid: "wamid.e" });
  expect(change.amendments).toMatchObject([
    { wamid: "wamid.a", act: { kind: "edited" } },
    { wamid: "wamid.e", act: { kind: "understood", content: { type: "unsupported", kind: "edit" } } },
  ]);
});

describe("what staff see of an amended message", () => {
  const message = { content: { type: "text", text: "first" }, sentAt: NOON, direction: "inbound" } as const;
  const amendment = (id: string, act: AmendmentAct, minutes: number, by: Amendment["by"] = "guest"): Amendment => ({
    hotelId: "grand",
    wamid: "wamid.a",
    id,
    guestId: GUEST,
    by,
    act,
    at: after(minutes * MINUTE),
    attemptId: `att_${id}`,
  });
  const text = (words: string) => ({ type: "text", text: words }) as const;

  test("an edit shows both versions, each with since when", () => {
    const seen = shown(message, [
      amendment("2", { kind: "edited", content: text("third") }, 2),
      amendment("1", { kind: "edited", content: text("second") }, 1),
    ]);
    expect(seen.content).toEqual(text("third"));
    expect(seen.versions).toEqual([
      { content: text("first"), at: NOON },
      { content: text("second"), at: after(MINUTE) },
    ]);
  });

  test("a deletion hides every version", () => {
    const seen = shown(message, [
      amendment("1", { kind: "edited", content: text("second") }, 1),
      amendment("2", { kind: "revoked" }, 2),
    ]);
    expect(seen).toMatchObject({ content: { type: "revoked" }, versions: [], revokedAt: after(2 * MINUTE) });
    expect(JSON.stringify(seen)).not.toMatch(/first|second/);
  });

  test("a reaction is the last of each side, and none when it was taken back", () => {
    const seen = shown(message, [
      amendment("1", { kind: "reacted", emoji: "👍" }, 1),
      amendment("3", { kind: "reacted", emoji: null }, 3),
      amendment("2", { kind: "reacted", emoji: "❤️" }, 2),
      amendment("4", { kind: "reacted", emoji: "🙏" }, 1, "device"),
    ]);
    expect(seen.reactions).toEqual([{ by: "device", emoji: "🙏", at: after(MINUTE) }]);
  });

  test("nobody changes or deletes what the other side wrote", () => {
    const seen = shown(message, [
      amendment("1", { kind: "revoked" }, 1, "device"),
      amendment("2", { kind: "edited", content: text("forged") }, 2, "device"),
    ]);
    expect(seen).toMatchObject({ content: message.content, versions: [], revokedAt: null });
  });

  test("is the same in whatever order WhatsApp delivered it, and however often", () => {
    const acts = fc.oneof(
      fc.string({ maxLength: 3 }).map((words): AmendmentAct => ({ kind: "edited", content: text(words) })),
      fc.constant<AmendmentAct>({ kind: "revoked" }),
      fc.constantFrom("👍", "❤️", null).map((emoji): AmendmentAct => ({ kind: "reacted", emoji })),
    );
    const amendments = fc
      .array(fc.tuple(acts, fc.nat(3), fc.constantFrom("guest" as const, "device" as const)), { maxLength: 8 })
      .map((list) => list.map(([act, minutes, by], index) => amendment(String(index), act, minutes, by)));
    fc.assert(
      fc.property(
        amendments.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(shown(message, shuffled)).toEqual(shown(message, list));
        },
      ),
    );
  });
});
