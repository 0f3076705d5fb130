import { describe, expect, test } from "vitest";
import { z } from "zod";
import { button, defineFlow, keyword, phrase, staff } from "../../src/flow/define.js";
import type { FlowBuilder } from "../../src/flow/define.js";
import { stayWith } from "./world.js";

const begins = [keyword("check in"), staff()];
type Steps = FlowBuilder<unknown, never, never, unknown>;
const flowOf = (id = "check-in", version = 1): Steps => defineFlow({ id, version, triggers: begins });
const nameAndNights = (flow: Steps) =>
  flow
    .ask("name", { text: "Name?" })
    .ask("nights", { kind: "nights", text: ({ answers }) => `Nights, ${answers.name}?` })
    .choose("breakfast", { text: "Breakfast?", options: { yes: "Yes", no: "No" } })
    .say("done", ({ answers }) => `${answers.name}, ${String(answers.nights)}, ${answers.breakfast}`)
    .build();
const HANDED = "One of us will be with you shortly.";

describe("a guest on their way through a flow", () => {
  test("goes back, begins again and stops, in any language and never inside an answer (S92)", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const anna = stay.guest();
    await anna.says("check in");
    expect(await anna.says("Back Street Boy")).toEqual(["Nights, Back Street Boy?"]);
    expect(await anna.says("Indietro!")).toEqual(["Name?"]);
    expect(await anna.says("zurück")).toEqual(["Name?"]);
    await anna.says("Anna");
    expect(await anna.says("3")).toEqual(["Breakfast?"]);
    expect(await anna.says("von vorne")).toEqual(["Name?"]);
    expect(await anna.run()).toMatchObject({ answers: {}, status: "waiting", step: "name" });
    expect(await anna.says("annulla")).toEqual(["All right, we stop here."]);
    expect(await anna.run()).toMatchObject({ status: "stopped" });
  });

  test("fills in an old form late, and is told that it is over, as of an old button: no answer is counted against them (S93, T72)", async () => {
    const form = { text: "Details", label: "Open", form: { id: "77" }, schema: z.object({ beds: z.number() }) };
    const flow = flowOf()
      .form("first", form)
      .form("second", { ...form, text: "More" })
      .say("done", ({ answers }) => `${String(answers.first.beds)} ${String(answers.second.beds)}`)
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    const [first] = anna.phone;
    const token = first?.content.type === "form" ? (first.content.token ?? "") : "";
    const late = () =>
      anna.sends("interactive", {
        type: "nfm_reply",
        nfm_reply: { name: "flow", body: "Sent", response_json: JSON.stringify({ beds: 9, flow_token: token }) },
      });
    await anna.fillsIn({ beds: 1 });
    expect(await late()).toEqual(["That question is over."]);
    for (let time = 0; time < 3; time++) expect(await late()).toEqual([]);
    expect(await anna.run()).toMatchObject({ step: "second", status: "waiting" });
    expect(await anna.fillsIn({ beds: 2 })).toEqual(["1 2"]);
  });

  test("who turns out to be another guest has one flow less where both had one: what closes takes its run with it", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const [anna, bob] = [stay.guest("Anna"), stay.guest("Bob")];
    await anna.says("check in");
    await bob.says("check in");
    const { items } = await stay.staff.desk.conversations();
    const of = (name: string) => items.find(({ guest, mode }) => guest.name === name && mode === "flow");
    await stay.staff.desk.mergeGuests({ guestId: of("Bob")?.guest.id ?? "", into: of("Anna")?.guest.id ?? "" });
    expect(await stay.staff.desk.flowRun(of("Bob")?.id ?? "")).toMatchObject({ status: "stopped", step: "name" });
    expect((await stay.staff.desk.replayFlow(of("Bob")?.id ?? ""))?.gap).toBeNull();
    expect(await anna.says("Anna")).toEqual(["Nights, Anna?"]);
    expect(stay.events.map(({ body }) => body.type)).toContain("flow.ended");
  });

  test("who writes STOP is heard about offers too, and is answered once (T76)", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const anna = stay.guest();
    await anna.says("check in");
    const answers = await anna.says("STOP");
    expect(answers).toHaveLength(1);
    expect(answers[0]).toContain("no more offers");
    expect(await anna.run()).toMatchObject({ status: "stopped" });
    expect(stay.events.map(({ body }) => body.type)).toContain("guest.consent");
  });

  test("answers by a tap, a number or what the option is called; an option called like a word is the option", async () => {
    const flow = flowOf()
      .choose("what", { text: "What?", options: { stop: "Stop", go: { title: "Go", description: "on" } } })
      .say("done", ({ answers }) => answers.what)
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    expect(await anna.says("stop")).toEqual(["stop"]);
    await anna.says("check in");
    expect(await anna.says("2.")).toEqual(["go"]);
    await anna.says("check in");
    expect(await anna.taps("Go")).toEqual(["go"]);
  });

  test("taps yesterday's button, and today's question is not answered by it (F40)", async () => {
    const flow = flowOf()
      .choose("first", { text: "First?", options: { a: "A", b: "B" } })
      .choose("second", { text: "Second?", options: { a: "A", c: "C" } })
      .say("done", "Done")
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.taps("B");
    expect(await anna.taps("B")).toEqual(["That question is over."]);
    expect(await anna.taps("B"), "told once in a while").toEqual([]);
    expect(await anna.tapsId("prm_run_nothing_1#1", "A"), "made up").toEqual([
      "Sorry, I did not understand that.\n\nSecond?",
    ]);
    expect(await anna.run()).toMatchObject({ step: "second", answers: { first: "b" } });
    const [question] = anna.phone.filter(({ text }) => text === "First?");
    expect(await anna.says("A", { quotes: question?.wamid ?? "" }), "quotes what is over").toEqual([]);
    expect(await anna.taps("C")).toEqual(["Done"]);
  });

  test("quotes a reminder of yesterday's question, and today's question is not answered by it (F40)", async () => {
    const flow = flowOf()
      .ask("first", { text: "First?", remindMs: 60_000, timeoutMs: 600_000 })
      .ask("second", { text: "Second?" })
      .say("done", ({ answers }) => `${answers.first} and ${answers.second}`)
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    expect(await anna.waits("2m")).toEqual(["Are you still there?\n\nFirst?"]);
    const reminder = anna.phone.find(({ text }) => text.startsWith("Are you still there?"));
    await anna.says("one", { quotes: reminder?.wamid ?? "" });
    expect(await anna.run(), "what it reminds of stands").toMatchObject({ step: "second", answers: { first: "one" } });
    expect(await anna.says("late", { quotes: reminder?.wamid ?? "" })).toEqual(["That question is over."]);
    expect(await anna.run()).toMatchObject({ step: "second", answers: { first: "one" } });
    expect(await anna.says("two")).toEqual(["one and two"]);
  });

  test("sends a photo, where they are and a form, each where it is asked for (S93)", async () => {
    const flow = flowOf()
      .photo("passport", { text: "Passport?" })
      .location("here", { text: "Where are you?" })
      .form("details", { text: "Details", label: "Open", form: { id: "77" }, schema: z.object({ beds: z.number() }) })
      .say(
        "done",
        ({ answers }) =>
          `${answers.passport.media.type} ${String(answers.here.latitude)} ${String(answers.details.beds)}`,
      )
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    expect(await anna.says("check in")).toEqual(["Passport?"]);
    expect(await anna.says("I have none")).toEqual(["Sorry, I did not understand that.\n\nPassport?"]);
    expect(await anna.sendsPhoto()).toEqual(["Where are you?"]);
    expect(await anna.sends("location", { latitude: 41.9, longitude: 12.5 })).toEqual(["Details"]);
    expect(
      await anna.sends("interactive", {
        type: "nfm_reply",
        nfm_reply: { name: "flow", body: "Sent", response_json: '{"beds":3,"flow_token":"stolen"}' },
      }),
    ).toEqual(["Sorry, I did not understand that.\n\nDetails"]);
    expect(await anna.fillsIn({ beds: "many" })).toHaveLength(1);
    // After three answers that cannot be used a person helps.
    expect(await anna.run()).toMatchObject({ step: "details", status: "waiting" });
    expect(await anna.fillsIn({ beds: 2 })).toEqual(["image 41.9 2"]);
  });

  test("answers for each of a party, on the path that is theirs, and in a flow within the flow", async () => {
    const payment = defineFlow({ id: "payment", version: 1 })
      .choose("how", { text: "How do you pay?", options: { card: "Card", cash: "Cash" } })
      .say("thanks", ({ answers }) => `By ${answers.how}.`)
      .build();
    const flow = flowOf()
      .ask("count", { kind: "number", text: "How many?" })
      .each("party", {
        over: ({ answers }) => answers.count,
        steps: (each) =>
          each
            .ask("name", { text: ({ index }) => `Guest ${String(index + 1)}?` })
            .choose("child", {
              text: ({ answers }) => `Is ${answers.name} a child?`,
              options: { yes: "Yes", no: "No" },
            })
            .branch("which", {
              when: ({ answers }) => (answers.child === "yes" ? "young" : "old"),
              paths: { young: (path) => path.ask("age", { kind: "number", text: "Age?" }), old: (path) => path },
            }),
      })
      .use("payment", payment)
      .say(
        "done",
        ({ answers }) =>
          `${answers.party.map(({ name, age }) => `${name} ${String(age ?? "-")}`).join(", ")}; ${answers.payment.how}`,
      )
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    expect(await anna.says("2")).toEqual(["Guest 1?"]);
    expect(await anna.says("Bo")).toEqual(["Is Bo a child?"]);
    expect(await anna.taps("Yes")).toEqual(["Age?"]);
    expect(await anna.says("7")).toEqual(["Guest 2?"]);
    expect(await anna.says("back")).toEqual(["Age?"]);
    expect(await anna.says("8")).toEqual(["Guest 2?"]);
    await anna.says("Cy");
    expect(await anna.taps("No")).toEqual(["How do you pay?"]);
    expect(await anna.taps("Card")).toEqual(["By card.", "Bo 8, Cy -; card"]);
    expect((await anna.run())?.answers).toEqual({
      count: 2,
      party: [
        { name: "Bo", child: "yes", age: 8 },
        { name: "Cy", child: "no" },
      ],
      payment: { how: "card" },
    });
  });

  test("begins with what a QR code or a button says (S91)", async () => {
    const room = defineFlow({
      id: "towels",
      version: 1,
      triggers: [phrase("Towels for room {room}, please"), button("towels")],
    })
      .say("ok", ({ given }) => `Room ${typeof given["room"] === "string" ? given["room"] : "?"}`)
      .build();
    const stay = stayWith([room]);
    const anna = stay.guest();
    expect(await anna.says("towels for room 12b , please!")).toEqual(["Room 12b"]);
    expect(await anna.sends("button", { payload: "towels", text: "Towels" })).toEqual(["Room ?"]);
  });
});

describe("time", () => {
  test("a guest who says nothing is asked again once, then staff get them, and goes on when given back (S94, M9)", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.says("Anna");
    expect(await anna.waits("29m")).toEqual([]);
    expect(await anna.waits("2m")).toEqual(["Are you still there?\n\nNights, Anna?"]);
    expect(await anna.waits("20m")).toEqual([]);
    expect(await anna.waits("5h")).toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "timed_out", step: "nights" });
    expect(await stay.staff.notes(anna)).toEqual([
      "Flow check-in (version 1), at step nights: the guest has not answered.\nname: Anna",
    ]);
    await anna.says("sorry, I was asleep");
    await stay.staff.replies(anna, "No problem.");
    expect(await stay.staff.givesBack(anna)).toEqual(["Nights, Anna?"]);
    expect(await anna.says("2")).toEqual(["Breakfast?"]);
  });

  test("a timer of an earlier question does nothing (F37)", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.waits("29m");
    await anna.says("Anna");
    expect(await anna.waits("5m")).toEqual([]);
    expect(await anna.waits("30m")).toEqual(["Are you still there?\n\nNights, Anna?"]);
  });

  test("a guest whose answer could not be used has the question's whole time again (F37)", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.says("Anna");
    expect(await anna.waits("29m")).toEqual([]);
    const again = "Sorry, I did not understand that.\n\nNights, Anna?";
    expect(await anna.says("a few")).toEqual([again]);
    expect(await anna.waits("29m")).toEqual([]);
    expect(await anna.waits("2m")).toEqual(["Are you still there?\n\nNights, Anna?"]);
    expect(await anna.waits("28m")).toEqual([]);
    expect(await anna.says("some")).toEqual([again]);
    expect(await anna.waits("5m")).toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "waiting", step: "nights" });
    expect(await anna.says("3")).toEqual(["Breakfast?"]);
  });

  test("a flow waits until tomorrow, and what the guest writes meanwhile goes to staff", async () => {
    const flow = defineFlow({ id: "stay", version: 1, department: "reception", triggers: begins })
      .say("hello", "Welcome")
      .waitUntil("tomorrow", ({ run }) => new Date(run.startedAt.getTime() + 20 * 3_600_000))
      .say("morning", "Good morning")
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    expect(await anna.says("check in")).toEqual(["Welcome"]);
    expect(await anna.says("Where is the pool?")).toEqual([]);
    expect((await stay.staff.desk.conversations()).items).toMatchObject([{ unread: 1, departmentId: "reception" }]);
    expect(await anna.waits("21h")).toEqual(["Good morning"]);
    expect(await anna.run()).toMatchObject({ status: "finished" });
  });

  test("what WhatsApp's window would not carry goes to staff instead of failing", async () => {
    const flow = flowOf()
      .say("hello", "Welcome")
      .waitUntil("later", ({ run }) => new Date(run.startedAt.getTime() + 30 * 3_600_000))
      .ask("how", { text: "How was it?" })
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    expect(await anna.waits("31h")).toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "window_closed", step: "how" });
    expect((await stay.staff.notes(anna))[0]).toContain("service window is closed");
  });
});

describe("who speaks", () => {
  test("a guest asks for a person: staff get the answers so far, and nothing of the flow is said until they give them back (M8)", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.says("Anna");
    expect(await anna.says("Mensch")).toEqual([HANDED]);
    expect((await stay.staff.notes(anna))[0]).toBe(
      "Flow check-in (version 1), at step nights: the guest asked for a person.\nname: Anna",
    );
    expect((await stay.staff.desk.conversations({ status: "open" })).items).toMatchObject([
      { mode: "flow", departmentId: "reception", unread: 1 },
    ]);
    expect(await anna.says("3")).toEqual([]);
    await stay.staff.replies(anna, "Here I am.");
    expect(await anna.waits("10h")).toEqual([]);
    expect(await stay.staff.givesBack(anna)).toEqual(["Nights, Anna?"]);
    expect(await anna.says("3")).toEqual(["Breakfast?"]);
    expect(await anna.taps("Yes")).toEqual(["Anna, 3, yes"]);
  });

  test("a takeover in the middle holds the flow, also while the host is asked; its answer is kept (F39)", async () => {
    let answer: (value: string) => void = () => undefined;
    const flow = flowOf()
      .ask("name", { text: "Name?" })
      .perform("room", () => new Promise<string>((resolve) => (answer = resolve)))
      .say("done", ({ answers }) => `Room ${answers.room}`)
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    const saying = anna.says("Anna");
    await expect.poll(() => String(answer)).toContain("native");
    await stay.staff.desk.takeover(await anna.conversationId());
    answer("12");
    expect(await saying).toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", answers: { name: "Anna", room: "12" } });
    expect(await stay.staff.givesBack(anna)).toEqual(["Room 12"]);
  });

  test("a call that fails for good after a takeover says nothing, and the guest still waits for whoever took over (F39)", async () => {
    let fail: () => void = () => undefined;
    let works = false;
    const flow = flowOf()
      .ask("name", { text: "Name?" })
      .perform(
        "room",
        () => (works ? "12" : new Promise<string>((_, reject) => (fail = () => reject(new Error("down"))))),
        { attempts: 1 },
      )
      .say("done", ({ answers }) => `Room ${answers.room}`)
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    const saying = anna.says("Anna");
    await expect.poll(() => String(fail)).toContain("reject");
    await stay.staff.desk.takeover(await anna.conversationId());
    const waiting = async () => (await stay.staff.desk.conversations({ status: "open" })).items[0]?.waitingSince;
    const asking = anna.says("Hello?");
    await expect.poll(waiting).toBeInstanceOf(Date);
    const since = await waiting();
    fail();
    expect([...(await saying), ...(await asking)]).toEqual([]);
    expect(await waiting()).toEqual(since);
    expect(await stay.staff.notes(anna)).toEqual([
      "Flow check-in (version 1), step room: the hotel's own system could not do it.",
    ]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "step_failed", step: "room" });
    works = true;
    expect(await stay.staff.givesBack(anna)).toEqual(["Room 12"]);
  });

  test("a run whose conversation went on in another guest's, while the host was asked, is over and says nothing", async () => {
    const answer = new Map<unknown, (value: string) => void>();
    const flow = flowOf()
      .ask("name", { text: "Name?" })
      .perform("room", ({ answers }) => new Promise<string>((resolve) => answer.set(answers.name, resolve)))
      .ask("more", { text: ({ answers }) => `Room ${answers.room}. Anything else?` })
      .build();
    const stay = stayWith([flow]);
    const [anna, second] = [stay.guest(), stay.guest("Anna's other phone")];
    await second.says("check in");
    await anna.says("check in");
    const saying = anna.says("Anna");
    await expect.poll(() => answer.has("Anna")).toBe(true);
    const { items } = await stay.staff.desk.conversations({ status: "open" });
    const [own, other] = ["Anna", "Anna's other phone"].map((name) => items.find(({ guest }) => guest.name === name));
    await stay.staff.desk.mergeGuests({ guestId: own?.guest.id ?? "", into: other?.guest.id ?? "" });
    answer.get("Anna")?.("12");
    expect(await saying).toEqual([]);
    expect(await stay.staff.desk.flowRun(own?.id ?? "")).toMatchObject({ status: "stopped" });
    expect(await stay.staff.desk.flowRun(other?.id ?? "")).toMatchObject({ status: "waiting", step: "name" });
  });

  test("whoever writes on the hotel's phone speaks from then on, and the flow is silent until it is given back (F39)", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const anna = stay.guest();
    await anna.says("check in");
    await stay.staff.writesOnPhone(anna, "Hello, this is Rita.");
    expect(await anna.says("Anna")).toEqual([]);
    expect(await anna.waits("5h")).toEqual([]);
    expect(await stay.staff.givesBack(anna)).toEqual(["Name?"]);
  });

  test("a flow hands over where it says so, to the department that it names, and goes on after it", async () => {
    const flow = flowOf()
      .ask("name", { text: "Name?" })
      .say("thanks", "Thank you!")
      .handoff("upgrade", {
        department: "housekeeping",
        text: "A colleague looks at it.",
        note: ({ answers }) => `VIP: ${answers.name}`,
      })
      .say("done", "Back again")
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    expect(await anna.says("Anna")).toEqual(["Thank you!", "A colleague looks at it."]);
    expect(await stay.staff.notes(anna)).toEqual([
      "Flow check-in (version 1), at step upgrade: the flow asks for a person here.\nVIP: Anna\nname: Anna",
    ]);
    expect((await stay.staff.desk.conversations({ status: "open" })).items).toMatchObject([
      { departmentId: "housekeeping" },
    ]);
    expect(await stay.staff.givesBack(anna)).toEqual(["Back again"]);
    expect(await anna.run()).toMatchObject({ status: "finished" });
  });

  test("staff begin a flow beside their own conversation, and the guest comes back there afterwards (S95)", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const anna = stay.guest();
    await anna.says("Hello");
    await anna.taps("Reception");
    const service = await anna.conversationId();
    await stay.staff.replies(anna, "I'll ask you some questions.");
    expect(await stay.staff.starts(anna, "check-in")).toEqual(["Name?"]);
    await expect(stay.staff.desk.startFlow(service, { flowId: "check-in" })).rejects.toMatchObject({
      code: "flow_running",
    });
    await expect(stay.staff.desk.startFlow(service, { flowId: "nothing" })).rejects.toMatchObject({
      code: "flow_unknown",
    });
    expect(await anna.says("Anna")).toEqual(["Nights, Anna?"]);
    await anna.says("1");
    await anna.taps("No");
    expect(await anna.says("Thank you!")).toEqual([]);
    const { items } = await stay.staff.desk.messages(service);
    expect(items[0]).toMatchObject({ content: { text: "Thank you!" } });
  });

  test("staff stop a flow or close its conversation, and it is over (F38)", async () => {
    for (const end of ["stops", "closes"] as const) {
      const stay = stayWith([nameAndNights(flowOf())]);
      const anna = stay.guest();
      await anna.says("check in");
      await stay.staff[end](anna);
      expect(await anna.run()).toMatchObject({ status: "stopped" });
      expect(anna.phone.at(-1)?.text).toBe(end === "stops" ? "All right, we stop here." : "Name?");
      expect(await anna.waits("5h")).toEqual([]);
      expect(await anna.says("check in")).toEqual(["Name?"]);
    }
  });

  test("a guest whose answers cannot be used three times gets a person", async () => {
    const stay = stayWith([nameAndNights(flowOf())]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.says("Anna");
    await anna.says("what?");
    await anna.says("what?");
    expect(await anna.says("what?")).toEqual([HANDED]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "not_understood" });
  });

  test("a flow whose own code throws, or that goes round for ever, costs the guest nothing: staff get them", async () => {
    const throws = flowOf()
      .ask("name", { text: "Name?" })
      .say("bad", () => {
        throw new Error("oops");
      })
      .build();
    const stay = stayWith([throws]);
    const anna = stay.guest();
    await anna.says("check in");
    expect(await anna.says("Anna")).toEqual([HANDED]);
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "step_failed", step: "bad" });
    expect((await stay.staff.notes(anna))[0]).toContain("\nname: Anna");
  });

  test("what the guest answered and the host did is kept, whatever a later step throws: given back, it goes on at that step", async () => {
    let calls = 0;
    let isBroken = true;
    const flow = flowOf()
      .ask("name", { text: "Name?" })
      .perform("room", () => String((calls += 1)))
      .say("thanks", "Thank you!")
      .ask("more", {
        text: ({ answers }) => {
          if (isBroken) throw new Error("oops");
          return `Room ${answers.room}, ${answers.name}. Anything else?`;
        },
      })
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    expect(await anna.says("Anna")).toEqual(["Thank you!", HANDED]);
    const kept = { status: "handedOff", why: "step_failed", step: "more", answers: { name: "Anna", room: "1" } };
    expect(await anna.run()).toMatchObject(kept);
    isBroken = false;
    expect(await stay.staff.givesBack(anna)).toEqual(["Room 1, Anna. Anything else?"]);
    expect(calls).toBe(1);
  });
});

describe("the host", () => {
  test("knows the guest's name wherever a flow asks for it: also where staff begin or give back, and in a call (S95)", async () => {
    const called: (string | null)[] = [];
    const flow = flowOf()
      .ask("nights", { kind: "nights", text: ({ guest }) => `Nights, ${String(guest.name)}?` })
      .perform("book", ({ guest }) => void called.push(guest.name))
      .say("done", ({ guest }) => `Bye, ${String(guest.name)}`)
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("Hello");
    await anna.taps("Reception");
    expect(await stay.staff.starts(anna, "check-in")).toEqual(["Nights, Anna?"]);
    await anna.says("human");
    expect(await stay.staff.givesBack(anna)).toEqual(["Nights, Anna?"]);
    expect(await anna.says("3")).toEqual(["Bye, Anna"]);
    expect(called).toEqual(["Anna"]);
  });

  test("is called again with the same key until it answers, and staff get the guest when it never does", async () => {
    const keys: string[] = [];
    let works = false;
    const flow = flowOf()
      .ask("name", { text: "Name?" })
      .perform(
        "book",
        ({ idempotencyKey }) => {
          keys.push(idempotencyKey);
          if (!works) throw new Error("down");
          return 12;
        },
        { attempts: 3 },
      )
      .say("done", ({ answers }) => `Room ${String(answers.book)}`)
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.says("Anna");
    await anna.waits("10m");
    expect(keys).toHaveLength(3);
    expect(await anna.run()).toMatchObject({ status: "handedOff", why: "step_failed", step: "book" });
    works = true;
    expect(await stay.staff.givesBack(anna)).toEqual(["Room 12"]);
    expect(new Set(keys).size).toBe(1);
  });
});
