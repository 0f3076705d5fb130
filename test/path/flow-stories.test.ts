import { afterEach, describe, expect, test } from "vitest";
import { ConversationManager, defineFlow, keyword, staff, type Flow, type Storage } from "../../src/index.js";
import { APP_SECRET, delivery, eventually, hotels, manager, VERIFY_TOKEN } from "../harness/hotel.js";
import { STORAGES } from "./stories.js";

const feedback = (version: number, step: string) =>
  defineFlow({ id: "feedback", version, triggers: [keyword("feedback"), staff()] })
    .ask(step, { text: ({ given }) => `How was room ${typeof given["room"] === "string" ? given["room"] : "?"}?` })
    .say("thanks", "Thank you!")
    .build();

/** A storage, and the codes with which work on it is put off. */
function failuresOf(storage: Storage): { readonly codes: readonly string[]; readonly watching: Storage } {
  const codes: string[] = [];
  const fail: Storage["fail"] = (failures) => {
    codes.push(...failures.map(({ code }) => code));
    return storage.fail(failures);
  };
  const commit: Storage["commit"] = (hotelId, changes) => {
    codes.push(...changes.flatMap(({ failed }) => (failed === null ? [] : [failed.code])));
    return storage.commit(hotelId, changes);
  };
  const watching = new Proxy(storage, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name);
      if (name === "fail") return fail;
      if (name === "commit") return commit;
      return typeof value === "function" ? (value.bind(of) as unknown) : value;
    },
  });
  return { codes, watching };
}

describe.each(STORAGES)("flows of a desk on %s", (_name, stored) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  /** A desk with these flows. @param storage another desk's, for the release after it */
  async function aDesk(flows: readonly Flow[], storage: Storage) {
    const said: string[] = [];
    const desk = new ConversationManager({
      hotels,
      storage,
      flows,
      transport: {
        send({ content }) {
          said.push("text" in content ? (content.text ?? "") : content.type);
          return Promise.resolve({ outcome: "accepted", wamid: `wamid.sent.${String(Math.random())}` });
        },
      },
      webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
      work: { pollMs: 10 },
    });
    await desk.start({ migrate: true });
    const says = (text: string, id: string) =>
      desk.receive(delivery([{ from: "12025550101", wamid: `wamid.${id}`, text }]));
    const asked = (text: string) => eventually(`the guest reads "${text}"`, () => Promise.resolve(said.includes(text)));
    return { desk, says, asked, stop: () => desk.stop() };
  }

  test("a release without a flow's version gives its guests to staff when it starts, and says which they are (F35)", async () => {
    const { storage, end } = await stored();
    ends.push(end);
    const before = await aDesk([feedback(1, "opinion")], storage);
    await before.says("Feedback", "1");
    await before.asked("How was room ??");
    expect(await before.desk.orphanRuns()).toEqual([]);
    await before.stop();

    const after = await aDesk([feedback(2, "stars")], storage);
    ends.unshift(after.stop);
    await eventually("staff have the guest", async () => {
      const { items } = await after.desk.as(manager).conversations();
      const run = items[0] && (await after.desk.as(manager).flowRun(items[0].id));
      return run?.status === "handedOff" && run.why === "version_gone";
    });
    expect(await after.desk.orphanRuns()).toEqual([]);
  });

  test("a newer release's guest waits for one of its processes: the work says why, and counts as no failure (F36)", async () => {
    const { storage, end } = await stored();
    ends.push(end);
    const { codes, watching } = failuresOf(storage);
    const newer = await aDesk([feedback(2, "stars")], storage);
    await newer.says("Feedback", "1");
    await newer.asked("How was room ??");
    await newer.stop();
    const older = await aDesk([feedback(1, "opinion")], watching);
    ends.unshift(older.stop);
    await older.says("Five", "2");
    await eventually("it is put off", () => Promise.resolve(codes.includes("flow_version_newer")));
    const { items } = await storage.dead({ reach: "everything", before: null, limit: 10 });
    expect(items).toEqual([]);
  });

  test("a step of the host's that fails is called again, and the work says why (S56)", async () => {
    const { storage, end } = await stored();
    ends.push(end);
    const { codes, watching } = failuresOf(storage);
    let calls = 0;
    const taxi = defineFlow({ id: "taxi", version: 1, triggers: [keyword("taxi")] })
      .perform("order", () => {
        calls += 1;
        if (calls === 1) throw new Error("The taxi's line is engaged.");
        return Promise.resolve({ car: "12" });
      })
      .say("done", ({ answers }) => `Car ${answers.order.car} comes.`)
      .build();
    const of = await aDesk([taxi], watching);
    ends.unshift(of.stop);
    await of.says("Taxi", "1");
    await of.asked("Car 12 comes.");
    expect(codes).toEqual(["flow_step_failed"]);
  });

  test("the host begins a flow in a transaction of its own, with what it knows, and guests never hear how far they are (S95)", async () => {
    const { storage, end } = await stored();
    ends.push(end);
    const hotel = await aDesk([feedback(1, "opinion")], storage);
    ends.unshift(hotel.stop);
    await hotel.says("Hello", "1");
    const { id, guest } = await eventually(
      "a conversation",
      async () => (await hotel.desk.as(manager).conversations()).items[0],
    );
    const intent = {
      type: "startFlow",
      hotelId: "grand",
      conversationId: id,
      flowId: "feedback",
      given: { room: "12" },
    } as const;
    await hotel.desk.enqueue(null, intent);
    await hotel.asked("How was room 12?");
    await hotel.says("Fine", "2");
    await hotel.asked("Thank you!");
    const asGuest = hotel.desk.as({ kind: "guest", id: "anna", hotelId: "grand", guestId: guest.id });
    const talks = await asGuest.conversations();
    for (const talk of talks.items) await expect(asGuest.flowRun(talk.id)).rejects.toMatchObject({ code: "not_found" });
    const actions = (await hotel.desk.as(manager).audit({ hotel: "grand" })).items.map(({ action }) => action);
    expect(actions).toContain("conversation.startFlow");
  });

  test("two flows of one id and version are refused when the desk is made", async () => {
    const { storage, end } = await stored();
    ends.push(end);
    expect(
      () =>
        new ConversationManager({
          hotels,
          storage,
          flows: [feedback(1, "a"), feedback(1, "b")],
          transport: { send: () => Promise.reject(new Error("nobody sends")) },
          webhook: { appSecrets: [APP_SECRET], verifyToken: VERIFY_TOKEN },
        }),
    ).toThrow(expect.objectContaining({ code: "flow_invalid" }));
  });
});
