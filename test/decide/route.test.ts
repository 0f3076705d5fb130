import { describe, expect, test } from "vitest";
import { routeEcho, routeMessage, routeTo, type Route } from "../../src/decide/routing.js";
import { newChat } from "../../src/domain/chat.js";
import type { MessageContent } from "../../src/domain/content.js";
import type { Conversation } from "../../src/domain/conversation.js";
import type { Hotel } from "../../src/domain/hotel.js";
import type { InboundMessage } from "../../src/domain/inbound-message.js";
import type { MenuPrompt } from "../../src/domain/prompt.js";
import type { ChatState, KnownMessage } from "../../src/ports/work-storage.js";
import { aConversation, after, grand, GUEST, HOUR, MINUTE, NOON, NUMBER, reasonsOf, SECOND, Story } from "./world.js";

/** Where a guest's conversations are what a test says, and nothing else is known of them. */
const stateWith = (conversations: readonly Conversation[], more: Partial<ChatState> = {}): ChatState => ({
  ...new Story().state,
  chat: { ...newChat("grand", NUMBER, GUEST), currentConversationId: conversations[0]?.id ?? null },
  conversations,
  ...more,
});
const says = (content: MessageContent | string, quotedWamid: string | null = null): InboundMessage<MessageContent> => ({
  wamid: "wamid.new",
  addresses: [],
  profileName: null,
  username: null,
  sentAt: NOON,
  content: typeof content === "string" ? { type: "text", text: content } : content,
  quotedWamid,
  context: null,
});
const tap = (id: string, text = "Towels"): MessageContent => ({ type: "choice", via: "list", id, text });
const aMenu = (options: MenuPrompt["options"], more: Partial<MenuPrompt> = {}): MenuPrompt => ({
  id: "prm_1",
  hotelId: "grand",
  guestId: GUEST,
  phoneNumberId: NUMBER,
  conversationId: "con_asked",
  messageId: "msg_menu",
  createdAt: NOON,
  kind: "departmentMenu",
  options,
  ...more,
});
const undecided = (more: Partial<Conversation> = {}) =>
  aConversation({ id: "con_asked", departmentId: null, speaker: "bot", ...more });
/** What stands in a conversation, known by its wamid. */
const known = (conversationId: string, isOwn = true): ReadonlyMap<string, KnownMessage> =>
  new Map([
    [
      "wamid.old",
      {
        messageId: "msg_old",
        conversationId,
        seq: 1,
        direction: "inbound",
        departmentId: null,
        isOwn,
        isImported: false,
        type: "text",
      },
    ],
  ]);
const goesTo = ({ target }: Route) =>
  target.kind === "new" ? ["new", target.departmentId] : [target.kind, target.conversation.id];

describe("a guest who chooses a flow of the menu", () => {
  const flow = aMenu([
    { id: "prm_1#1", title: "Towels", flowId: "towels" },
    { id: "prm_1#2", title: "Reception", departmentId: "reception" },
  ]);
  const asked = stateWith([undecided()], {
    prompts: [flow],
    chat: { ...newChat("grand", NUMBER, GUEST), currentConversationId: "con_asked", menuSentAt: NOON },
  });
  const hotel: Hotel = {
    ...grand,
    menu: { entries: [{ flowId: "towels", label: "Towels" }, { departmentId: "reception" }] },
  };
  const soon = after(10 * SECOND);

  test.each([
    ["by a tap", tap("prm_1#1"), "answered_prompt"],
    ["by its number", "1", "chose_by_number"],
    ["by its name", "towels", "chose_by_name"],
  ])("%s begins it, and what they wrote before goes on in it", (_, content, how) => {
    expect(routeMessage(asked, says(content), hotel, soon, "begin")).toEqual({
      target: { kind: "new", departmentId: null, mode: "flow" },
      settles: asked.conversations[0],
      menu: "none",
      reasons: [how],
      begins: "towels",
    });
  });

  test("when nothing of theirs waits for a department leaves nothing behind", () => {
    const over = stateWith([], { prompts: [flow] });
    expect(routeMessage(over, says(tap("prm_1#1")), hotel, soon, "begin")).toMatchObject({
      settles: null,
      begins: "towels",
    });
  });

  test.each([
    ["by a tap", tap("prm_1#1")],
    ["by its number", "1"],
  ])("%s that cannot begin any more is kept, told why once, and asked again", (_, content) => {
    expect(routeMessage(asked, says(content), hotel, after(2 * MINUTE))).toEqual({
      target: { kind: "existing", conversation: asked.conversations[0] },
      settles: null,
      menu: "askAgain",
      reasons: ["flow_gone", "no_department_yet"],
    });
  });
});

describe("a guest whose department is gone", () => {
  const menu = aMenu([
    { id: "prm_1#1", title: "Spa", departmentId: "spa" },
    { id: "prm_1#2", title: "Reception", departmentId: "reception" },
  ]);
  const asked = stateWith([undecided()], { prompts: [menu] });

  test("and who types its name is kept and asked, not given to nobody", () => {
    const route = routeMessage(asked, says("spa"), grand, NOON);
    expect(goesTo(route)).toEqual(["existing", "con_asked"]);
    expect(route.reasons).toEqual(["no_department_yet"]);
  });

  test("and who quotes its closed matter is asked, not sent back into it", () => {
    const spa = aConversation({ id: "con_spa", departmentId: "spa", status: "closed" });
    const state = stateWith([spa], { known: known("con_spa") });
    expect(routeMessage(state, says("about this", "wamid.old"), grand, NOON)).toMatchObject({
      target: { kind: "new", departmentId: null },
      menu: "ask",
    });
  });
});

describe("a guest who answers an older menu", () => {
  const options = (id: string): MenuPrompt["options"] => [
    { id: `${id}#1`, title: "Reception", departmentId: "reception" },
    { id: `${id}#2`, title: "Housekeeping", departmentId: "housekeeping" },
  ];
  const older = aMenu(options("prm_1"));
  const newer = aMenu([...options("prm_2")].reverse(), { id: "prm_2", createdAt: after(MINUTE) });
  const elsewhere = aMenu([{ id: "prm_3#1", title: "Bar", departmentId: "restaurant" }], {
    id: "prm_3",
    conversationId: "con_other",
    createdAt: after(HOUR),
  });

  test.each([[[older, newer, elsewhere]], [[elsewhere, newer, older]]])(
    "by a number means the newest that was put to them for this matter",
    (prompts) => {
      const state = stateWith([undecided()], { prompts });
      expect(routeMessage(state, says("1"), grand, after(2 * MINUTE))).toMatchObject({
        target: { kind: "decided", departmentId: "housekeeping", conversation: { id: "con_asked" } },
        reasons: ["chose_by_number"],
      });
    },
  );

  test("by a tap means what that one offered", () => {
    const state = stateWith([undecided()], { prompts: [newer, older] });
    expect(routeMessage(state, says(tap("prm_1#1")), grand, NOON)).toMatchObject({
      target: { kind: "decided", departmentId: "reception" },
      reasons: ["answered_prompt"],
    });
  });

  test("taps stars of a question how it was chooses no department", () => {
    const stars = { ...older, kind: "rating", options: [{ id: "prm_1#1", score: 1, title: "★" }] } as const;
    const route = routeMessage(stateWith([undecided()], { prompts: [stars] }), says(tap("prm_1#1", "★")), grand, NOON);
    expect(route.reasons[0]).toBe("unknown_option");
  });
});

describe("a guest who quotes", () => {
  const quote = says("about this", "wamid.old");
  const reception = aConversation({ id: "con_reception" });

  test("what stands with somebody else of the hotel reaches nothing of theirs", () => {
    const others = aConversation({ id: "con_others", departmentId: "restaurant" });
    const state = stateWith([reception, others], { known: known("con_others", false) });
    expect(goesTo(routeMessage(state, quote, grand, NOON))).toEqual(["existing", "con_reception"]);
  });

  test("what they wrote before a department was chosen is asked again, not lost among another's matters", () => {
    const state = stateWith([reception, undecided()], { known: known("con_asked") });
    expect(routeMessage(state, quote, grand, NOON)).toMatchObject({
      target: { kind: "existing", conversation: { id: "con_asked" } },
      menu: "ask",
      reasons: ["quoted_message", "no_department_yet"],
    });
  });

  test("what was closed before a department was chosen goes where they are now", () => {
    const state = stateWith([reception, undecided({ status: "closed" })], { known: known("con_asked") });
    expect(routeMessage(state, quote, grand, NOON).reasons).toEqual(["current_conversation"]);
  });

  test("a person without department talks to them there, and no menu comes", () => {
    const person = undecided({ speaker: "human" });
    const state = stateWith([reception, person], { known: known("con_asked") });
    expect(routeMessage(state, quote, grand, NOON)).toMatchObject({
      target: { kind: "existing", conversation: { id: "con_asked" } },
      menu: "none",
      reasons: ["quoted_message"],
    });
  });

  test("what a department has closed goes where that department talks to them now, and opens nothing twice", () => {
    const closed = aConversation({ id: "con_closed", status: "closed" });
    const other = aConversation({ id: "con_other", departmentId: "restaurant" });
    const state = stateWith([other, closed, reception], { known: known("con_closed") });
    expect(routeMessage(state, quote, grand, NOON)).toMatchObject({
      target: { kind: "existing", conversation: { id: "con_reception" } },
      reasons: ["quoted_message"],
    });
  });

  test("the middle of a chain reaches its end, as far as it is known, and a chain that bites its tail ends too", () => {
    const link = (id: string, continuedIn: string | null) =>
      aConversation({ id, continuedIn, departmentId: "restaurant", status: continuedIn === null ? "open" : "closed" });
    const chain = [link("con_a", "con_b"), link("con_b", "con_c"), link("con_c", null)];
    const routed = (conversations: readonly Conversation[]) =>
      routeMessage(stateWith(conversations, { known: known("con_a") }), quote, grand, NOON);
    expect(goesTo(routed(chain))).toEqual(["existing", "con_c"]);
    expect(goesTo(routed(chain.slice(0, 2)))).toEqual(["reopened", "con_b"]);
    expect(routed([link("con_a", "con_b"), link("con_b", "con_a")]).target.kind).toBe("reopened");
  });
});

describe("a guest who is in a matter", () => {
  test("that somebody at the hotel began, and who never wrote, is not idle", () => {
    const begun = aConversation({ lastGuestMessageAt: null, lastMessageAt: after(-100 * HOUR) });
    expect(routeMessage(stateWith([begun]), says("hello"), grand, NOON).reasons).toEqual(["current_conversation"]);
  });

  test("that is closed is asked for a department, even where the chat still names it", () => {
    const closed = aConversation({ status: "closed" });
    expect(routeMessage(stateWith([closed]), says("hello"), grand, NOON)).toMatchObject({
      target: { kind: "new", departmentId: null },
      menu: "ask",
    });
  });

  test("and chooses the department that has them already stays in it, and what waited is shown there", () => {
    const [reception, waiting] = [aConversation({ id: "con_reception" }), undecided()];
    const both = routeTo(stateWith([reception, waiting]), "reception", ["answered_prompt"]);
    expect(both).toEqual({
      target: { kind: "existing", conversation: reception },
      settles: waiting,
      menu: "none",
      reasons: ["answered_prompt", "continued_elsewhere"],
    });
    expect(routeTo(stateWith([reception]), "reception", ["answered_prompt"])).toEqual({
      target: { kind: "existing", conversation: reception },
      settles: null,
      menu: "none",
      reasons: ["answered_prompt"],
    });
  });

  test("of a flow keeps it to itself: a department gets a conversation of its own", () => {
    const flow = aConversation({ id: "con_flow", mode: "flow", departmentId: "reception" });
    expect(routeTo(stateWith([flow]), "reception", [])).toMatchObject({
      target: { kind: "new", departmentId: "reception" },
    });
  });
});

describe("a menu that a guest has just seen", () => {
  const sawMenu = (menuSentAt: Date, language?: string): ChatState => {
    const state = stateWith([], { chat: { ...newChat("grand", NUMBER, GUEST), menuSentAt } });
    return { ...state, guest: { ...state.guest, ...(language !== undefined && { language }) } };
  };

  test("is what they answer as it was then, when a department closes at this minute", () => {
    const hotel: Hotel = {
      ...grand,
      menu: { whenClosed: "hidden" },
      departments: grand.departments.with(0, { ...grand.departments[0]!, hours: { week: ["08:00-13:01"] } }),
    };
    const minuteLater = after(90 * SECOND);
    expect(routeMessage(sawMenu(NOON), says("2"), hotel, minuteLater)).toMatchObject({
      target: { kind: "new", departmentId: "housekeeping" },
      reasons: ["chose_by_number"],
    });
  });

  test("is not sent again within its two minutes, and is at their end", () => {
    const menuAfter = (ms: number) => routeMessage(sawMenu(NOON), says("hm"), grand, after(ms)).menu;
    expect([menuAfter(2 * MINUTE - 1), menuAfter(2 * MINUTE)]).toEqual(["none", "ask"]);
  });
});

describe("somebody at the hotel who writes in the phone app", () => {
  const echo = (state: ChatState, hotel: Hotel = grand, quotedWamid: string | null = null) =>
    routeEcho(state, says("hello", quotedWamid), hotel, NOON);
  const reception = aConversation({ id: "con_reception", lastMessageAt: after(-HOUR) });
  const restaurant = aConversation({ id: "con_restaurant", departmentId: "restaurant" });
  const inNone = (conversations: readonly Conversation[]) =>
    stateWith(conversations, { chat: { ...newChat("grand", NUMBER, GUEST), currentConversationId: null } });

  test("writes in the chat's current conversation, else in the open one in which something was written last", () => {
    expect(goesTo(echo(stateWith([reception, restaurant])))).toEqual(["existing", "con_reception"]);
    for (const both of [
      [reception, restaurant],
      [restaurant, reception],
    ])
      expect(echo(inNone(both))).toMatchObject({
        target: { conversation: { id: "con_restaurant" } },
        reasons: ["current_conversation"],
      });
  });

  test("writes into a flow that the guest is in, and into no other", () => {
    const flow = aConversation({ id: "con_flow", mode: "flow", departmentId: null, lastMessageAt: after(HOUR) });
    expect(goesTo(echo(stateWith([flow, reception])))).toEqual(["existing", "con_flow"]);
    expect(goesTo(echo(inNone([flow, reception])))).toEqual(["existing", "con_reception"]);
    expect(goesTo(echo(inNone([flow])))).toEqual(["new", null]);
  });

  test("begins a matter of the hotel's only department, or of none where there are several", () => {
    const closed = aConversation({ status: "closed" });
    expect(echo(stateWith([closed]))).toEqual({
      target: { kind: "new", departmentId: null },
      settles: null,
      menu: "none",
      reasons: ["device_echo"],
    });
    const [only] = grand.departments;
    expect(goesTo(echo(stateWith([]), { ...grand, departments: [only!] }))).toEqual(["new", "reception"]);
    expect(goesTo(echo(stateWith([]), { ...grand, departments: [] }))).toEqual(["new", null]);
  });

  test("who quotes what waits for a department answers there, and asks nothing", () => {
    expect(echo(stateWith([reception, undecided()], { known: known("con_asked") }), grand, "wamid.old")).toMatchObject({
      target: { kind: "existing", conversation: { id: "con_asked" } },
      menu: "none",
      reasons: ["quoted_message"],
    });
  });
});

test("a guest of a hotel with one department whose option is gone still reaches it, and staff see why", () => {
  const [only] = grand.departments;
  const story = new Story(undefined, { ...grand, departments: [only!] });
  expect(reasonsOf(story.hears(tap("prm_x#1")))).toEqual(["unknown_option", "only_department"]);
});
