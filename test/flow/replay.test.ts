import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defineFlow, keyword, staff } from "../../src/flow/define.js";
import type { Flow } from "../../src/flow/types.js";
import { replayed } from "../../src/flow/replay.js";
import type { FlowRun } from "../../src/domain/flow-run.js";
import type { FlowRecord } from "../../src/domain/flow-move.js";
import type { Scenario } from "../../src/testing/scenario.js";
import { acts, built, plans, played, records } from "./random.js";
import { stayWith } from "./world.js";

const plain = ({ version: _version, ...run }: FlowRun): object => JSON.parse(JSON.stringify(run)) as object;

test("whatever a guest did: each past state is made again as it was live, and the last one is what is live now (S17)", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(plans, acts, async (plan, script) => {
      const flow = built(plan);
      fc.pre(flow !== null);
      const live = new Map<string, object>();
      let last: readonly FlowRecord[] = [];
      await played(flow, script, async (stay) => {
        last = await records(stay);
        for (const { run } of last) live.set(`${run.id} ${String(run.moves)}`, plain(run));
      });
      for (const record of last) {
        const { states, gap, run } = replayed(record, [flow]);
        expect(gap).toBeNull();
        expect(plain(states.at(-1)?.run ?? run)).toEqual(plain(run));
        for (const state of states) {
          const then = live.get(`${run.id} ${String(state.number)}`);
          if (then === undefined) continue;
          compared += 1;
          expect(plain(state.run)).toEqual(then);
        }
      }
    }),
    { numRuns: Number(process.env["FLOWS"] ?? 60), endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(100);
}, 900_000);

const asking = (id = "check-in", version = 1) =>
  defineFlow({ id, version, triggers: [keyword("check in"), staff()] })
    .ask("name", { text: "Name?", remindMs: 600_000 })
    .perform("room", ({ answers }) => ({ of: answers.name }))
    .choose("breakfast", {
      text: ({ answers, guest }) => `Breakfast, ${answers.name} (${guest.name ?? ""})?`,
      options: { yes: "Yes", no: "No" },
    })
    .say("done", ({ answers }) => `See you, ${answers.room.of}`)
    .build();

/** A guest who has walked all of it. */
async function walked() {
  const stay = stayWith([asking()]);
  const anna = stay.guest();
  await anna.says("check in");
  await anna.waits("15m");
  await anna.says("Anna");
  await anna.taps("Yes");
  return { stay, anna, id: await conversationOf(stay) };
}

const conversationOf = async (stay: Scenario): Promise<string> =>
  (await stay.staff.desk.conversations()).items.find(({ mode }) => mode === "flow")?.id ?? "";

describe("the past of a flow", () => {
  test("is told after each thing that moved it: what was asked, heard and answered, and what was said", async () => {
    const { stay, id } = await walked();
    const replay = await stay.staff.desk.replayFlow(id);
    expect(replay?.gap).toBeNull();
    expect(
      replay?.states.map(({ input, heard, run, said }) => [
        input.kind,
        heard?.type ?? null,
        `${run.status} ${run.step}`,
        run.answers,
        said.map(({ content }) => (content as { readonly text?: string }).text),
      ]),
    ).toEqual([
      ["begin", null, "waiting name", {}, ["Name?"]],
      ["timer", null, "waiting name", {}, ["Are you still there?\n\nName?"]],
      ["heard", "text", "running room", { name: "Anna" }, []],
      ["performed", null, "waiting breakfast", { name: "Anna", room: { of: "Anna" } }, ["Breakfast, Anna (Anna)?"]],
      ["heard", "choice", "finished done", { name: "Anna", room: { of: "Anna" }, breakfast: "yes" }, ["See you, Anna"]],
    ]);
  });

  test("is made again though the guest is called otherwise by now", async () => {
    const { stay, anna, id } = await walked();
    await stay.guest("Somebody else").says("hello");
    const record = (await stay.storage.flowRecord({ reach: "everything", conversationId: id, runId: null }))?.record;
    expect(anna.name).toBe("Anna");
    expect(record && replayed(record, [asking()]).gap).toBeNull();
  });

  test("holds what a person's takeover, an old button, a host that fails, and the end of the conversation did", async () => {
    let calls = 0;
    const flow = defineFlow({ id: "check-in", version: 1, triggers: [keyword("check in"), staff()] })
      .choose("one", { text: "One?", options: { a: "A", b: "B" } })
      .perform(
        "call",
        () => {
          calls += 1;
          throw new Error("the host is away");
        },
        { attempts: 2 },
      )
      .ask("two", { text: "Two?" })
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("check in");
    const content = anna.phone[0]?.content;
    await anna.taps("A");
    const old = content?.type === "buttons" ? (content.buttons[1]?.id ?? "") : "";
    await anna.tapsId(old);
    await stay.staff.takesOver(anna);
    await anna.waits("10m");
    await stay.staff.givesBack(anna);
    await anna.waits("10m");
    await stay.staff.closes(anna);
    expect(calls).toBe(4);
    const replay = await stay.staff.desk.replayFlow(await conversationOf(stay));
    expect(replay?.gap).toBeNull();
    expect(replay?.states.map(({ input, run }) => `${input.kind} ${run.status}`)).toEqual([
      "begin waiting",
      "heard running",
      "old running",
      "notPerformed handedOff",
      "resume running",
      "notPerformed handedOff",
      "closed stopped",
    ]);
  });

  test("goes on over a migration, and where no release has the version it says so (F35)", async () => {
    const first = asking();
    const second = defineFlow({
      id: "check-in",
      version: 2,
      triggers: [keyword("check in")],
      migrate: { from: 1, steps: { breakfast: "food" } },
    })
      .ask("name", { text: "Name?" })
      .choose("food", { text: "Food?", options: { yes: "Yes", no: "No" } })
      .say("done", "Done.")
      .build();
    const stay = stayWith([first]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.says("Anna");
    await stay.deploy([second]);
    await anna.taps("Yes");
    const id = await conversationOf(stay);
    const reached = async () => {
      const replay = await stay.staff.desk.replayFlow(id);
      return [replay?.states.map(({ run }) => `${String(run.flowVersion)} ${run.step}`), replay?.gap];
    };
    expect(await reached()).toEqual([[], { number: 1, code: "version_gone" }]);
    await stay.deploy([second, first]);
    expect(await reached()).toEqual([["1 name", "1 room", "1 breakfast", "2 done"], null]);
    await stay.deploy([first]);
    expect(await reached()).toEqual([["1 name", "1 room", "1 breakfast"], { number: 4, code: "version_gone" }]);
  });

  test("is not guessed: where a message or a record is gone, or the flow does something else today, it ends there", async () => {
    const { stay, id } = await walked();
    const record = (await stay.storage.flowRecord({ reach: "everything", conversationId: id, runId: null }))?.record;
    if (record == null) throw new Error("there is a record");
    const gapOf = (moves: FlowRecord["moves"], flow: Flow = asking()) => replayed({ ...record, moves }, [flow]).gap;
    const { moves } = record;
    expect(gapOf(moves)).toBeNull();
    expect(gapOf(moves.filter(({ number }) => number !== 4))).toEqual({ number: 4, code: "record_gone" });
    expect(gapOf(moves.map((move) => ({ ...move, heard: null })))).toEqual({ number: 3, code: "message_gone" });
    const other = moves.map((move) =>
      move.heard === null ? move : { ...move, heard: { type: "text", text: "Bob" } as const },
    );
    expect(gapOf(other)).toEqual({ number: 3, code: "differs" });
    const changed = defineFlow({ id: "check-in", version: 1 })
      .ask("name", { text: "Name?", kind: "email" })
      .say("room", "Room")
      .build();
    expect(gapOf(moves, changed)).toEqual({ number: 3, code: "differs" });
    expect(gapOf(moves, asking("check-in", 2))).toEqual({ number: 1, code: "version_gone" });
  });

  test("is told of the run that is asked for, and of none that is not there", async () => {
    const { stay, anna, id } = await walked();
    const run = await anna.run();
    expect((await stay.staff.desk.replayFlow(id, { runId: run?.id ?? "" }))?.run.id).toBe(run?.id);
    await expect(stay.staff.desk.replayFlow(id, { runId: "run_other" })).rejects.toMatchObject({ code: "not_found" });
    await expect(stay.staff.desk.replayFlow("con_other")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("what a guest has deleted, or speaks", () => {
  const replayOf = async (stay: Scenario) => {
    const { items } = await stay.staff.desk.conversations();
    const id = items.find(({ mode }) => mode === "flow")?.id ?? "";
    return { id, replay: await stay.staff.desk.replayFlow(id) };
  };

  test("words that they deleted for everybody stand in no state, and the past says from where it cannot be made again", async () => {
    const stay = stayWith([asking()]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.says("Secretary");
    const { id } = await replayOf(stay);
    const { items } = await stay.staff.desk.messages(id);
    const wamid = items.find(({ content }) => "text" in content && content.text === "Secretary")?.wamid ?? "";
    await anna.sends("revoke", { original_message_id: wamid });
    const { replay } = await replayOf(stay);
    expect(replay?.gap).toEqual({ number: 2, code: "message_gone" });
    expect(replay?.states.length).toBe(1);
    expect(JSON.stringify(replay?.states)).not.toContain("Secretary");
  });

  test("a run in which they say what they speak is made again in the languages that it spoke; so is one of a guest who said it before", async () => {
    const flow = defineFlow({ id: "speak", version: 1, triggers: [keyword("speak")] })
      .ask("what", { text: ({ language }) => `What? (${language})` })
      .choose("language", { text: "Language?", options: { it: "Italiano", de: "Deutsch" }, speaks: true })
      .ask("when", { kind: "date", text: ({ language, guest }) => `When? (${language}, ${guest.language ?? ""})` })
      .say("done", ({ language }) => `Done (${language})`)
      .build();
    const stay = stayWith([flow]);
    const anna = stay.guest();
    await anna.says("speak");
    await anna.says("nothing");
    expect(await anna.taps("Italiano")).toEqual(["When? (it, it)"]);
    await anna.says("4 maggio");
    const first = (await replayOf(stay)).replay;
    expect(first?.gap).toBeNull();
    expect(first?.states.map(({ run }) => run.language)).toEqual(["en", "en", "it", "it"]);
    expect(first?.states.map(({ world }) => world.guest.language ?? null)).toEqual([null, null, null, "it"]);
    await anna.waits("1m");
    expect(await anna.says("speak")).toEqual(["What? (it)"]);
    const second = (await stay.staff.desk.replayFlow((await anna.run())?.conversationId ?? ""))?.states;
    expect(second?.map(({ run }) => run.language)).toEqual(["it"]);
  });
});
