import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grand, HOUR, MINUTE, reasonsOf, SECOND, Story } from "./world.js";

describe("a guest who writes for the first time", () => {
  test("is kept without department and asked for one (S17, S93)", () => {
    const story = new Story();
    const change = story.hears("my room is cold");
    expect(change.messages.map(({ direction, content }) => [direction, content.type])).toEqual([
      ["inbound", "text"],
      ["outbound", "buttons"],
    ]);
    expect(story.open(null).lastMessagePreview).toBe("my room is cold");
    expect(reasonsOf(change)).toEqual(["no_department_yet", "menu_sent"]);
    expect(change.work).toEqual([
      {
        id: "snd_msg_w1_menu",
        kind: "outbound",
        phoneNumberId: "200000000000001",
        guestId: "gst_1",
        payload: { messageId: "msg_w1_menu" },
      },
    ]);
    expect(change.events.map(({ body }) => body.type)).toEqual([
      "conversation.opened",
      "message.received",
      "message.queued",
    ]);
  });

  test("is not asked by a hotel with one department", () => {
    const [reception] = grand.departments;
    const story = new Story(undefined, { ...grand, departments: reception ? [reception] : [] });
    const change = story.hears("hello");
    expect(story.open("reception").lastSeq).toBe(1);
    expect(change.prompts).toEqual([]);
    expect(reasonsOf(change)).toEqual(["only_department"]);
  });

  test("gets a list where there are more than three departments, numbered lines where there are more than ten", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ id: `d${String(index)}`, name: `Department ${String(index)}` }));
    const menuOf = (count: number) =>
      new Story(undefined, { ...grand, departments: many(count) }).hears("hi").messages[1]?.content;
    expect(menuOf(4)?.type).toBe("list");
    expect(menuOf(10)).toMatchObject({ type: "list", rows: { length: 10 } });
    const eleven = menuOf(11);
    expect(eleven).toMatchObject({ type: "text", text: expect.stringContaining("11. Department 10") as string });
  });
});

describe("a guest who was asked for a department", () => {
  const asked = () => {
    const story = new Story();
    story.hears("my room is cold");
    story.waits(10 * SECOND);
    return story;
  };

  test("chooses by a tap, and what was written before becomes the department's", () => {
    const story = asked();
    const change = story.hears(story.option("housekeeping"));
    expect(story.open("housekeeping")).toMatchObject({ id: "con_w1", lastMessagePreview: "my room is cold" });
    expect(reasonsOf(change)).toEqual(["answered_prompt"]);
    expect(change.events[0]).toMatchObject({ departmentId: "housekeeping", body: { type: "conversation.routed" } });
  });

  test.each([
    ["2", "housekeeping", "chose_by_number"],
    [" 2. ", "housekeeping", "chose_by_number"],
    ["2️⃣", "housekeeping", "chose_by_number"],
    ["HOUSEKEEPING", "housekeeping", "chose_by_name"],
    ["housekeepıng", "housekeeping", "chose_by_name"],
    ["cafe elysee!", "restaurant", "chose_by_name"],
  ])("chooses by typing %j", (typed, department, reason) => {
    const story = asked();
    expect(reasonsOf(story.hears(typed))).toEqual([reason]);
    expect(story.open(department).id).toBe("con_w1");
  });

  test.each(["9", "0", "reception please", "🙂", ""])("keeps %j, which names no department", (typed) => {
    const story = asked();
    const change = story.hears(typed);
    expect(change.messages).toHaveLength(1);
    expect(reasonsOf(change)).toEqual(["no_department_yet", "menu_withheld"]);
    expect(story.open(null).lastSeq).toBe(3);
  });

  test("is asked again after two minutes, and never twice within them", () => {
    const story = asked();
    for (let i = 0; i < 5; i++) story.waits(20 * SECOND).hears(`hello? ${String(i)}`);
    expect(story.menus).toBe(1);
    story.waits(20 * SECOND);
    const change = story.hears("anybody?");
    expect(story.menus).toBe(2);
    expect(change.messages[1]?.content).toHaveProperty("text", "Please choose one:");
  });

  test("goes on where the department already talks to them; the question is shown there (design: continuedIn)", () => {
    const story = asked();
    story.hears(story.option("reception"));
    story.waits(25 * HOUR);
    story.hears("another thing");
    const undecided = story.open(null);
    const change = story.hears(story.option("reception"));
    expect(story.open("reception")).toMatchObject({ id: "con_w1", lastMessagePreview: "another thing" });
    expect(story.state.conversations.find(({ id }) => id === undecided.id)).toMatchObject({
      status: "closed",
      continuedIn: "con_w1",
    });
    expect(reasonsOf(change)).toEqual(["answered_prompt", "continued_elsewhere"]);
  });

  test("an invented or foreign option answers nothing, and the message is still kept (T72)", () => {
    const story = asked();
    const change = story.hears({ type: "choice", via: "button", id: "prm_other#1", text: "Free upgrade" });
    expect(reasonsOf(change)).toEqual(["unknown_option", "no_department_yet", "menu_withheld"]);
    expect(change.messages[0]?.content).toHaveProperty("text", "Free upgrade");
  });

  test("taps an option of a department that was closed down meanwhile, and is kept", () => {
    const story = asked();
    const tap = story.option("restaurant");
    story.hotel = { ...grand, departments: grand.departments.filter(({ id }) => id !== "restaurant") };
    expect(reasonsOf(story.hears(tap))).toEqual(["department_gone", "no_department_yet", "menu_withheld"]);
  });
});

describe("a guest who talks to a department", () => {
  const talking = () => {
    const story = new Story();
    story.hears("hello");
    story.hears(story.option("reception"));
    return story;
  };

  test("stays in the current conversation", () => {
    const story = talking();
    expect(reasonsOf(story.waits(23 * HOUR).hears("thanks"))).toEqual(["current_conversation"]);
  });

  test("taps yesterday's menu and gets the other department beside the first", () => {
    const story = talking();
    const tap = story.option("housekeeping");
    story.waits(HOUR).hears(tap);
    expect(story.open("reception").id).toBe("con_w1");
    expect(story.open("housekeeping").id).toBe("con_w3");
    expect(story.state.chat?.currentConversationId).toBe("con_w3");
  });

  test("is idle after a day: the answer to staff who spoke last still goes to them", () => {
    const story = talking();
    story.waits(HOUR).staffReplies("con_w1");
    expect(reasonsOf(story.waits(30 * HOUR).hears("yes please"))).toEqual(["idle_staff_spoke_last"]);
  });

  test("is idle after a day without an answer: the hotel asks again, or goes on, as it likes", () => {
    const asks = talking();
    expect(reasonsOf(asks.waits(25 * HOUR).hears("hello again"))).toEqual(["no_department_yet", "menu_sent"]);
    expect(asks.open("reception").status).toBe("open");

    const goesOn = talking();
    goesOn.hotel = { ...grand, onIdle: "continue" };
    expect(reasonsOf(goesOn.waits(25 * HOUR).hears("hello again"))).toEqual(["idle_continued"]);
  });

  test("is asked anew once staff closed the matter", () => {
    const story = talking();
    story.staffClose("con_w1");
    story.waits(3 * MINUTE).hears("one more thing");
    expect(story.open(null).id).toBe("con_w3");
    expect(story.menus).toBe(2);
  });
});

describe("a guest whose matter staff closed within two minutes of the menu", () => {
  const closed = () => {
    const story = new Story();
    story.hears("hello");
    story.hears("1");
    story.staffClose("con_w1");
    story.waits(30 * SECOND);
    return story;
  };

  test.each([
    ["1", "reception", "chose_by_number"],
    ["Housekeeping", "housekeeping", "chose_by_name"],
  ])("answers that menu by typing %j in the conversation that got none of its own", (typed, department, reason) => {
    const story = closed();
    const change = story.hears("one more question");
    expect(reasonsOf(change)).toEqual(["no_department_yet", "menu_withheld"]);
    expect(reasonsOf(story.hears(typed))).toEqual([reason]);
    expect(story.open(department)).toMatchObject({ id: "con_w3", lastMessagePreview: "one more question" });
    expect(story.menus).toBe(1);
  });

  test("answers it after the two minutes too, and is not asked first", () => {
    const story = closed();
    story.hears("one more question");
    expect(reasonsOf(story.waits(3 * MINUTE).hears("Housekeeping"))).toEqual(["chose_by_name"]);
    expect(story.menus).toBe(1);
  });

  test("may choose at once", () => {
    const story = closed();
    expect(reasonsOf(story.hears("housekeeping"))).toEqual(["chose_by_name"]);
    expect(story.open("housekeeping").id).toBe("con_w3");
  });

  test("is asked again once the two minutes are over", () => {
    const story = closed();
    story.hears("one more question");
    expect(story.waits(2 * MINUTE).hears("anybody?").prompts).toHaveLength(1);
  });
});

test("a number that a guest types without a menu in sight names nothing", () => {
  expect(reasonsOf(new Story().hears("1"))).toEqual(["no_department_yet", "menu_sent"]);
  const story = new Story();
  story.hears("hello");
  story.hears("1");
  story.staffClose("con_w1");
  expect(reasonsOf(story.waits(3 * HOUR).hears("2"))).toEqual(["no_department_yet", "menu_sent"]);
});

describe("a guest whose closed matter staff opened again", () => {
  const closed = () => {
    const story = new Story();
    story.hears("hello");
    story.hears(story.option("reception"));
    story.staffClose("con_w1");
    return story;
  };

  test("writes to those who opened it, not to nobody yet", () => {
    const story = closed();
    story.staffReopens("con_w1");
    const change = story.hears("one more thing");
    expect(reasonsOf(change)).toEqual(["current_conversation"]);
    expect(change.messages[0]?.conversationId).toBe("con_w1");
  });

  test("goes on with the department they talk to meanwhile", () => {
    const story = closed();
    story.waits(3 * MINUTE).hears("my tap drips");
    story.hears(story.option("housekeeping"));
    story.staffReopens("con_w1");
    expect(story.hears("it drips more").messages[0]?.conversationId).toBe(story.open("housekeeping").id);
  });

  test("goes on where the department already has another, when they have nothing else in hand", () => {
    const story = closed();
    story.waits(3 * MINUTE).hears("one more thing");
    story.hears(story.option("reception"));
    const other = story.open("reception").id;
    const { chat } = story.state;
    if (chat !== null) story.state = { ...story.state, chat: { ...chat, currentConversationId: null } };
    story.staffReopens("con_w1");
    expect(story.hears("are you there?").messages[0]?.conversationId).toBe(other);
  });
});

describe("a guest who quotes a message", () => {
  const twoMatters = () => {
    const story = new Story();
    story.hears("hello");
    const tap = story.option("housekeeping");
    story.hears(story.option("reception"));
    story.hears(tap);
    return story;
  };

  test("reaches the conversation it stands in, though another is current", () => {
    const story = twoMatters();
    const change = story.hears("about this", { quotedWamid: "wamid.1" });
    expect(change.messages[0]?.conversationId).toBe("con_w1");
    expect(reasonsOf(change)).toEqual(["quoted_message"]);
  });

  test("opens a closed conversation again, unless its department has another", () => {
    const story = twoMatters();
    story.staffClose("con_w1");
    const change = story.hears("about this", { quotedWamid: "wamid.1" });
    expect(reasonsOf(change)).toEqual(["reopened_by_quote"]);
    expect(story.open("reception").id).toBe("con_w1");
  });

  test("of a conversation that another goes on with reaches that one", () => {
    const story = new Story();
    story.hears("hello");
    story.hears(story.option("reception"));
    story.waits(25 * HOUR).hears("another thing");
    story.hears(story.option("reception"));
    const change = story.hears("this one", { quotedWamid: "wamid.3" });
    expect(change.messages[0]?.conversationId).toBe("con_w1");
  });

  test("of a chain of conversations that is over opens its end again, not the department that handed it on", () => {
    const story = twoMatters();
    story.handsOver("con_w1", "con_w3");
    story.staffClose("con_w3");
    const change = story.hears("about this", { quotedWamid: "wamid.1" });
    expect(reasonsOf(change)).toEqual(["reopened_by_quote"]);
    expect(story.open("housekeeping").id).toBe("con_w3");
    expect(story.state.conversations.find(({ id }) => id === "con_w1")).toMatchObject({
      status: "closed",
      continuedIn: "con_w3",
    });
  });

  test("that is unknown is routed as if nothing was quoted", () => {
    const story = twoMatters();
    expect(reasonsOf(story.hears("hm", { quotedWamid: "wamid.elsewhere" }))).toEqual(["current_conversation"]);
  });
});

describe("the service window", () => {
  test("opens with the guest's own time, not ours, and never moves back (S52)", () => {
    const story = new Story();
    story.hears("late delivery", { sentAt: new Date(story.now.getTime() - 3 * HOUR) });
    expect(story.state.chat?.windowClosesAt?.getTime()).toBe(story.now.getTime() + 21 * HOUR);
    story.hears("later still", { sentAt: new Date(story.now.getTime() - 5 * HOUR) });
    expect(story.state.chat?.windowClosesAt?.getTime()).toBe(story.now.getTime() + 21 * HOUR);
  });

  test("is not believed to open in the future (F91)", () => {
    const story = new Story();
    story.hears("from tomorrow", { sentAt: new Date(story.now.getTime() + 48 * HOUR) });
    expect(story.state.chat?.windowClosesAt?.getTime()).toBe(story.now.getTime() + 24 * HOUR);
  });

  test("is not opened by a reaction, a deletion, or an edit of a message that is known", () => {
    const story = new Story();
    story.hears({ type: "reaction", wamid: "wamid.1", text: "👍" });
    story.hears({ type: "revoke", wamid: "wamid.1" });
    expect(story.state.chat).toBeNull();
    story.hears("hello", { wamid: "wamid.2" });
    const closes = story.state.chat?.windowClosesAt;
    story.waits(MINUTE).hears({ type: "edit", wamid: "wamid.2", content: { type: "text", text: "hello!" } });
    expect(story.state.chat?.windowClosesAt).toEqual(closes);
  });

  test("is opened by an edit of what the desk never saw, as early as that can have been written: staff can answer", () => {
    const story = new Story();
    story.hears({ type: "edit", wamid: "wamid.1", content: { type: "text", text: "room 12" } });
    expect(story.state.chat?.windowClosesAt).toEqual(new Date(story.now.getTime() + 24 * HOUR - 15 * MINUTE));
  });
});

test("whatever guests write and staff do, each message lands once, numbered without holes, and one conversation is open per department", () => {
  const departments = ["reception", "housekeeping", "restaurant"] as const;
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("types" as const),
      text: fc.oneof(fc.string(), fc.constantFrom("1", "2", "3", "reception", "hello")),
    }),
    fc.record({ kind: fc.constant("taps" as const), department: fc.constantFrom(...departments) }),
    fc.record({ kind: fc.constant("quotes" as const), wamid: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant("waits" as const), minutes: fc.constantFrom(1, 3, 60, 60 * 25) }),
    fc.record({ kind: fc.constant("staff" as const), does: fc.constantFrom("reply", "close"), nth: fc.nat(5) }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.constantFrom("menu" as const, "continue" as const),
      (steps, onIdle) => {
        const story = new Story(undefined, { ...grand, onIdle });
        let written = 0;
        let lastMenuAt = -Infinity;
        for (const one of steps) {
          if (one.kind === "waits") story.waits(one.minutes * MINUTE);
          else if (one.kind === "staff") {
            const conversation = story.state.conversations.filter(({ status }) => status === "open")[one.nth];
            if (conversation && one.does === "reply") story.staffReplies(conversation.id);
            else if (conversation) story.staffClose(conversation.id);
          } else {
            const change =
              one.kind === "types"
                ? story.hears(one.text)
                : one.kind === "taps"
                  ? story.hears(story.option(one.department))
                  : story.hears("quote", { quotedWamid: `wamid.${String(one.wamid)}` });
            written += 1;
            expect(change.messages.filter(({ direction }) => direction === "inbound")).toHaveLength(1);
            if (change.prompts.length > 0) {
              expect(story.now.getTime() - lastMenuAt).toBeGreaterThanOrEqual(2 * MINUTE);
              lastMenuAt = story.now.getTime();
            }
          }
          const open = story.state.conversations
            .filter(({ status }) => status === "open")
            .map(({ departmentId }) => departmentId);
          expect(new Set(open).size).toBe(open.length);
        }
        const messages = story.changes.flatMap((change) => change.messages);
        expect(messages.filter(({ direction }) => direction === "inbound")).toHaveLength(written);
        expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
        for (const message of messages) expect(message.reasons.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 300 },
  );
});
