import { describe, expect, test } from "vitest";
import { decideConsent, rejectedConsent } from "../../src/decide/consent.js";
import { decideNews } from "../../src/decide/item.js";
import { applied } from "../../src/decide/fold.js";
import type { PreferenceNews } from "../../src/domain/account.js";
import type { Change } from "../../src/domain/change.js";
import { mayMarket } from "../../src/domain/consent.js";
import type { MessageContent } from "../../src/domain/content.js";
import type { GuestState } from "../../src/ports/work-storage.js";
import { aConversation, after, grand, GUEST, HOUR, MINUTE, NOON, reasonsOf, SECOND, Story } from "./world.js";

const typesOf = ({ events }: Change) => events.map(({ body }) => body.type);
/** What the desk says by itself. */
const answers = ({ messages }: Change) =>
  messages.flatMap(({ direction, content }) =>
    direction === "outbound" ? ["text" in content ? content.text : content.type] : [],
  );
const tap = (via: "button" | "list" | "templateButton", text: string): MessageContent => ({
  type: "choice",
  via,
  id: `payload of ${text}`,
  text,
});
const { consentStopped, consentResumed, menu } = grand.texts;

/** A guest who is in a conversation with reception. */
function atReception(): Story {
  const story = new Story();
  story.hears("hello");
  story.hears("Reception");
  story.waits(MINUTE);
  return story;
}

describe("a guest says STOP (N11, M28)", () => {
  test("it is noted with the message as evidence, told to their department, and answered with one sentence", () => {
    const story = atReception();
    const change = story.hears("Stop!", { wamid: "wamid.stop" });
    expect(change.consents).toEqual([
      {
        id: "cns_w3",
        hotelId: "grand",
        guestId: GUEST,
        scope: "marketing",
        wish: "stop",
        source: "keyword",
        evidence: "wamid.stop",
        at: story.now,
        recordedAt: story.now,
      },
    ]);
    expect(reasonsOf(change)).toEqual(["current_conversation", "consent_stopped"]);
    expect(answers(change)).toEqual([consentStopped]);
    expect(change.events).toContainEqual({
      conversationId: story.open("reception").id,
      departmentId: "reception",
      body: { type: "guest.consent", guestId: GUEST, wish: "stop", source: "keyword" },
    });
    expect(change.work).toMatchObject([{ kind: "outbound", payload: { messageId: "msg_w3_consent" } }]);
    expect(mayMarket(story.state.consents)).toBe(false);
  });

  test("staff see the message like any other: it is unread, it is the preview, and the guest spoke last", () => {
    const story = atReception();
    story.staffReplies(story.open("reception").id);
    const { lastSeq, readSeq } = story.open("reception");
    story.hears("STOP");
    expect(story.open("reception")).toMatchObject({
      lastMessagePreview: "STOP",
      lastMessageFrom: "guest",
      lastSeq: lastSeq + 2,
      readSeq,
      speaker: "human",
    });
    expect(story.state.chat?.windowClosesAt).toEqual(after(24 * HOUR, story.now));
  });

  test("is answered by a message like any other of the desk's, that says which wish it is about", () => {
    const story = atReception();
    const change = story.hears("STOP");
    expect(change.messages[1]).toMatchObject({
      id: "msg_w3_consent",
      direction: "outbound",
      author: { kind: "bot", id: "desk" },
      content: { type: "text", text: consentStopped },
      reasons: [{ code: "consent_confirmed", at: story.now, details: { consentId: "cns_w3" } }],
    });
  });

  test("and waits for nobody by that, but whoever waited before still does", () => {
    const first = new Story();
    first.hears("STOP");
    expect(first.open(null)).toMatchObject({ waitingSince: null, episode: { askedAt: null } });
    const waiting = atReception();
    waiting.hears("STOP");
    expect(waiting.open("reception")).toMatchObject({ waitingSince: NOON, episode: { askedAt: NOON } });
    const answered = atReception();
    answered.echoes("Good evening!");
    answered.waits(MINUTE).hears("STOP");
    expect(answered.open("reception")).toMatchObject({ waitingSince: null, episode: { askedAt: NOON } });
  });

  test("as the answer to an offer, days after anything else: no menu comes, and the next message gets it", () => {
    const story = new Story();
    const stopped = story.hears(tap("templateButton", "Stop promotions"));
    expect(answers(stopped)).toEqual([consentStopped]);
    expect(reasonsOf(stopped)).toEqual(["unknown_option", "no_department_yet", "consent_stopped"]);
    expect(story.menus).toBe(0);
    expect(story.open(null).lastMessagePreview).toBe("Stop promotions");
    expect(answers(story.waits(SECOND).hears("Is the pool open?"))).toEqual([menu]);
  });

  test("twice: both are noted, and one is answered", () => {
    const story = atReception();
    expect(answers(story.hears("STOP"))).toEqual([consentStopped]);
    const again = story.waits(MINUTE).hears("stop");
    expect(again.consents).toMatchObject([{ wish: "stop", at: story.now }]);
    expect(reasonsOf(again)).toContain("consent_stopped");
    expect(answers(again)).toEqual([]);
  });

  test("and START undoes it, once; another START is a word like any other", () => {
    const story = atReception();
    story.hears("STOP");
    const started = story.waits(MINUTE).hears("Start");
    expect(started.consents).toMatchObject([{ wish: "resume", evidence: "wamid.4" }]);
    expect(reasonsOf(started)).toEqual(["current_conversation", "consent_resumed"]);
    expect(answers(started)).toEqual([consentResumed]);
    expect(mayMarket(story.state.consents)).toBe(true);
    const again = story.waits(MINUTE).hears("Start");
    expect([again.consents, reasonsOf(again), answers(again)]).toEqual([[], ["current_conversation"], []]);
  });

  test("START when nothing was stopped is routed like any text, and answered with the menu", () => {
    const change = new Story().hears("START");
    expect(change.consents).toEqual([]);
    expect(answers(change)).toEqual([menu]);
    expect(typesOf(change)).not.toContain("guest.consent");
  });

  test("both within one second, which is all that Meta counts: it stays stopped, and nothing is promised", () => {
    const story = atReception();
    story.hears("STOP");
    const started = story.hears("START");
    expect(started.consents).toMatchObject([{ wish: "resume" }]);
    expect(answers(started)).toEqual([]);
    expect(mayMarket(story.state.consents)).toBe(false);
  });

  test("a START that was sent before the STOP and comes after it undoes nothing", () => {
    const story = atReception();
    story.hears("STOP");
    const late = story.hears("START", { sentAt: after(-10 * SECOND, story.now) });
    expect(late.consents).toMatchObject([{ wish: "resume", at: after(-10 * SECOND, story.now) }]);
    expect(answers(late)).toEqual([]);
    expect(mayMarket(story.state.consents)).toBe(false);
  });

  test("a clock at Meta that is ahead says nothing about tomorrow", () => {
    const story = atReception();
    expect(story.hears("STOP", { sentAt: after(HOUR, story.now) }).consents).toMatchObject([{ at: story.now }]);
  });

  test("a STOP that comes after its window has closed is noted, and no answer is left to fail in front of staff", () => {
    const story = new Story();
    const late = story.hears("STOP", { sentAt: after(-24 * HOUR, story.now) });
    expect(late.consents).toHaveLength(1);
    expect([answers(late), late.work]).toEqual([[], []]);
  });
});

describe("what is no wish about offers", () => {
  test.each([
    ["a sentence", "Can you stop at the station?"],
    ["a caption", { type: "image", text: "STOP", media: { id: "1", mimeType: "image/jpeg" } }],
    ["a place called so", { type: "location", latitude: 1, longitude: 1, text: "Stop" }],
    ["the name on a card", { type: "contacts", cards: [{ name: "Stop", isOwn: false, phones: [], emails: [] }] }],
  ] as const)("%s", (_, content) => {
    const change = atReception().hears(content);
    expect(change.consents).toEqual([]);
    expect(typesOf(change)).not.toContain("guest.consent");
  });

  test("the choice of a department, whatever the hotel calls it", () => {
    const [first, ...rest] = grand.departments;
    const hotel = { ...grand, departments: [{ ...first!, name: "Stop" }, ...rest] };
    const typed = new Story(undefined, hotel);
    typed.hears("hello");
    expect([typed.hears("Stop").consents, typed.open("reception").departmentId]).toEqual([[], "reception"]);
    const tapped = new Story(undefined, hotel);
    tapped.hears("hello");
    expect(tapped.hears(tapped.option("reception")).consents).toEqual([]);
  });

  test("a tap on Stop or Start below a question of the hotel's, which is about that; on a template's button it is one", () => {
    for (const [via, count] of [
      ["button", 0],
      ["list", 0],
      ["templateButton", 1],
    ] as const) {
      const story = atReception();
      expect(story.hears(tap(via, "Stop")).consents).toHaveLength(count);
      story.waits(MINUTE).hears("Stop");
      expect(story.waits(MINUTE).hears(tap(via, "Start")).consents).toHaveLength(count);
    }
  });

  test("what somebody at the hotel writes in the phone app", () => {
    const story = atReception();
    expect(story.echoes("STOP").consents).toEqual([]);
  });
});

describe("a wish that is not a message of its own", () => {
  const edit = (wamid: string, text: string) => ({ type: "edit", wamid, content: { type: "text", text } }) as const;

  test("a guest who mistyped it and corrects that has said it, and is answered where they wrote", () => {
    const story = atReception();
    story.hears("STIP", { wamid: "wamid.typo" });
    const change = story.waits(10 * SECOND).hears(edit("wamid.typo", "STOP"), { wamid: "wamid.edit" });
    expect(change.consents).toMatchObject([{ wish: "stop", evidence: "wamid.edit", at: story.now }]);
    expect(answers(change)).toEqual([consentStopped]);
    expect(typesOf(change)).toEqual(["message.amended", "guest.consent", "message.queued"]);
    expect(story.open("reception").lastMessagePreview).toBe("STOP");
  });

  test("the edit of a message in a conversation that is closed by then is noted, and reopens nothing", () => {
    const story = atReception();
    story.hears("STIP", { wamid: "wamid.typo" });
    const { id } = story.open("reception");
    story.staffClose(id);
    const change = story.waits(SECOND).hears(edit("wamid.typo", "STOP"));
    expect(change.consents).toHaveLength(1);
    expect([answers(change), change.conversations.map(({ status }) => status)]).toEqual([[], ["closed"]]);
    expect(change.events.at(-1)).toMatchObject({ conversationId: id, departmentId: "reception" });
  });

  test("the edit of an older message is answered where that stands, not in what the guest speaks of since", () => {
    const story = atReception();
    story.waits(3 * MINUTE).hears(story.option("restaurant"));
    story.hears("STIP", { wamid: "wamid.typo" });
    story.hears("and a table, please");
    const change = story.hears(edit("wamid.typo", "STOP"));
    expect(answers(change)).toEqual([consentStopped]);
    expect(change.messages).toMatchObject([{ conversationId: story.open("restaurant").id }]);
    expect(change.events).toContainEqual(
      expect.objectContaining({ departmentId: "restaurant", conversationId: story.open("restaurant").id }),
    );
  });

  test("an edit that comes without its message says what the message says", () => {
    const story = atReception();
    const change = story.hears(edit("wamid.never", "STOP"));
    expect(change.consents).toMatchObject([{ wish: "stop", evidence: "wamid.never" }]);
    expect(answers(change)).toEqual([consentStopped]);
  });

  test("an edit of it into something else takes nothing back: START does", () => {
    const story = atReception();
    story.hears("STOP", { wamid: "wamid.stop" });
    expect(story.hears(edit("wamid.stop", "Stop by later")).consents).toEqual([]);
    expect(mayMarket(story.state.consents)).toBe(false);
  });

  test("what the guest wrote to the phone app before the hotel came here holds, without a word about it", () => {
    const story = atReception();
    const then = after(-60 * 24 * HOUR, story.now);
    const old = story.imports("guest", "STOP", { sentAt: then, wamid: "wamid.old" });
    expect(old.consents).toMatchObject([{ wish: "stop", source: "keyword", evidence: "wamid.old", at: then }]);
    expect(reasonsOf(old)).toEqual(["imported", "consent_stopped"]);
    expect([answers(old), old.events, old.work]).toEqual([[], [], []]);
    expect(story.imports("device", "STOP").consents).toEqual([]);
    expect(mayMarket(story.state.consents)).toBe(false);
  });
});

describe("WhatsApp's own switch (user_preferences)", () => {
  const news = (extra: Partial<PreferenceNews> = {}): PreferenceNews => ({
    about: "preference",
    accountId: "1",
    category: "marketing_messages",
    wish: "stop",
    ...extra,
  });
  const decide = (story: Story, said: PreferenceNews, saidAt: Date | null = null) =>
    decideNews("grand", { workId: "w9", item: { kind: "account", news: said, at: saidAt } }, story.state, story.now);

  test("is noted with the webhook as evidence and the time at which the guest moved it, told, and not answered", () => {
    const story = atReception();
    const then = after(-HOUR, story.now);
    const change = decide(story, news(), then);
    expect(change.consents).toEqual([
      {
        id: "cns_w9",
        hotelId: "grand",
        guestId: GUEST,
        scope: "marketing",
        wish: "stop",
        source: "preference",
        evidence: "w9",
        at: then,
        recordedAt: story.now,
      },
    ]);
    expect(change.events).toEqual([
      {
        conversationId: null,
        departmentId: null,
        body: { type: "account.news", news: { ...news(), guestId: GUEST } },
      },
      {
        conversationId: story.open("reception").id,
        departmentId: "reception",
        body: { type: "guest.consent", guestId: GUEST, wish: "stop", source: "preference" },
      },
    ]);
    expect([change.messages, change.work, change.conversations]).toEqual([[], [], []]);
  });

  test("without a time it counts from now, and without a conversation the whole hotel's staff hear of it", () => {
    const story = new Story();
    const change = decide(story, news({ wish: "resume" }));
    expect(change.consents).toMatchObject([{ wish: "resume", at: NOON }]);
    expect(change.events[1]).toMatchObject({ conversationId: null, departmentId: null });
    expect(decide(story, news(), after(HOUR)).consents).toMatchObject([{ at: NOON }]);
  });

  test("is told where the guest speaks now, else where they still can, and never in what is over", () => {
    const story = atReception();
    story.waits(3 * MINUTE).hears(story.option("restaurant"));
    const told = () => decide(story, news()).events[1]?.departmentId;
    expect(told()).toBe("restaurant");
    story.state = { ...story.state, conversations: [...story.state.conversations].reverse() };
    expect(told()).toBe("restaurant");
    const { state } = story;
    story.state = { ...state, chat: null };
    expect(told()).toBe("restaurant");
    story.state = state;
    story.staffClose(story.open("restaurant").id);
    expect(told()).toBe("reception");
    story.staffClose(story.open("reception").id);
    expect(told()).toBeNull();
  });

  test("of another category, or moved to where nobody knows, it is news and no wish", () => {
    for (const said of [
      news({ category: "service_messages" }),
      news({ wish: "unknown" }),
      news({ category: "unknown" }),
    ])
      expect([decide(atReception(), said).consents, typesOf(decide(atReception(), said))]).toEqual([
        [],
        ["account.news"],
      ]);
  });

  test("and a STOP in the next message of the same batch is not answered a second time", () => {
    const story = atReception();
    story.state = applied(story.state, decide(story, news(), after(-SECOND, story.now)), story.now);
    expect(answers(story.hears("STOP"))).toEqual([]);
  });
});

describe("what somebody was told", () => {
  const guest: GuestState = {
    guest: { id: GUEST, hotelId: "grand", name: null, username: null, mergedInto: null, addresses: [] },
    merged: [],
    conversations: [
      aConversation({ id: "con_old", lastMessageAt: after(-HOUR) }),
      aConversation({ id: "con_new", departmentId: "restaurant" }),
      aConversation({ id: "con_closed", status: "closed", lastMessageAt: after(HOUR) }),
    ],
    formerAddresses: [],
  };
  const command = { id: "c1", reason: "said so at the desk", now: NOON };

  test("at the hotel: noted and audited in their name, told where the guest is spoken with, and nobody is written to", () => {
    const by = { kind: "staff", id: "staff_1", role: "agent", hotels: { grand: ["restaurant"] } } as const;
    const change = decideConsent(guest, "stop", { ...command, by });
    expect(change.consents).toMatchObject([{ id: "cns_c1", source: "staff", evidence: null, at: NOON }]);
    expect(change.audit).toMatchObject([
      {
        action: "guest.consent",
        actor: { kind: "staff", id: "staff_1" },
        target: { kind: "guest", id: GUEST },
        reason: command.reason,
      },
    ]);
    expect(change.events).toMatchObject([{ conversationId: "con_new", departmentId: "restaurant" }]);
    expect([change.messages, change.work]).toEqual([[], []]);
  });

  test("by the host's own code it is the host's word", () => {
    const by = { kind: "system", id: "host" } as const;
    const change = decideConsent({ ...guest, conversations: [] }, "resume", { ...command, by });
    expect(change.consents).toMatchObject([{ wish: "resume", source: "host" }]);
    expect(change.events).toMatchObject([{ conversationId: null, departmentId: null, body: { source: "host" } }]);
  });

  test("by WhatsApp, which refused an offer: one entry for each message, with the message as evidence", () => {
    const entry = rejectedConsent(guest.guest, "msg_1", after(-MINUTE), NOON);
    expect(entry).toMatchObject({ wish: "stop", source: "rejection", evidence: "msg_1", at: after(-MINUTE) });
    expect(rejectedConsent(guest.guest, "msg_1", after(MINUTE), NOON)).toMatchObject({ id: entry.id, at: NOON });
    expect(rejectedConsent(guest.guest, "msg_2", NOON, NOON).id).not.toBe(entry.id);
  });
});
