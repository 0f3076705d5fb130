import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FlowRecord } from "../../src/domain/flow-move.js";
import { defineFlow, keyword, staff } from "../../src/flow/define.js";
import { replayed } from "../../src/flow/replay.js";
import type { Flow } from "../../src/flow/types.js";
import { whatIf } from "../../src/flow/what-if.js";
import { acts, built, plans, played, records } from "./random.js";
import { stayWith } from "./world.js";

const RUNS = { numRuns: Number(process.env["FLOWS"] ?? 60), endOnFailure: true };

test("whatever a guest did, the same version would have done the same with them", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(plans, acts, async (plan, script) => {
      const flow = built(plan);
      fc.pre(flow !== null);
      let last: readonly FlowRecord[] = [];
      await played(flow, script, async (stay) => {
        last = await records(stay);
      });
      for (const record of last) {
        const imagined = whatIf(replayed(record, [flow]), flow);
        expect(imagined.steps.filter(({ differs }) => differs.length > 0)).toEqual([]);
        expect(imagined).toMatchObject({ differs: false, unknown: null });
        expect(imagined.steps.map(({ number }) => number)).toEqual(record.moves.map(({ number }) => number));
        compared += record.moves.length;
      }
    }),
    RUNS,
  );
  expect(compared).toBeGreaterThan(100);
}, 900_000);

test("whatever the other version is, it is told what it would do: nothing throws, and nothing goes round for ever", async () => {
  let differed = 0;
  await fc.assert(
    fc.asyncProperty(plans, plans, acts, async (one, other, script) => {
      const [flow, another] = [built(one), built(other)];
      fc.pre(flow !== null && another !== null);
      let last: readonly FlowRecord[] = [];
      await played(flow, script, async (stay) => {
        last = await records(stay);
      });
      for (const record of last) {
        const imagined = whatIf(replayed(record, [flow]), another);
        expect(imagined.steps.length).toBeGreaterThan(0);
        if (imagined.differs) differed += 1;
      }
    }),
    RUNS,
  );
  expect(differed).toBeGreaterThan(10);
}, 900_000);

describe("what another version would have done", () => {
  const triggers = [keyword("check in"), staff()];
  const first = defineFlow({ id: "check-in", version: 1, triggers })
    .ask("name", { text: "Name?" })
    .choose("breakfast", { text: "Breakfast?", options: { yes: "Yes", no: "No" } })
    .perform("room", () => 12)
    .say("done", ({ answers }) => `Room ${String(answers.room)}`)
    .build();
  const walked = async () => {
    const stay = stayWith([first]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.says("Anna");
    await anna.taps("Yes");
    const { items } = await stay.staff.desk.conversations();
    const replay = await stay.staff.desk.replayFlow(items.find(({ mode }) => mode === "flow")?.id ?? "");
    if (replay === null) throw new Error("a flow ran there");
    return { replay, stay, anna };
  };
  const told = ({ steps }: ReturnType<typeof whatIf>) =>
    steps.map(({ by, would, differs }) => [by, would.step, would.status, would.said, differs]);

  test("is told step by step: a new text, another order, a renamed step, with the answers of then", async () => {
    const { replay, stay, anna } = await walked();
    const before = { events: stay.events.length, shown: anna.phone.length };
    const second = defineFlow({ id: "check-in", version: 2, migrate: { from: 1, steps: { breakfast: "food" } } })
      .ask("name", { text: "What is your name?" })
      .perform("room", () => {
        throw new Error("nobody calls the host");
      })
      .choose("food", { text: "Room 12. Food?", options: { no: "Not for me", yes: "Please" } })
      .say("done", "Done")
      .build();
    const imagined = whatIf(replay, second);
    expect(told(imagined)).toEqual([
      ["begin", "name", "waiting", ["What is your name?"], ["said"]],
      ["heard", "room", "running", [], ["step", "status", "said"]],
      ["performed", "food", "waiting", ["Room 12. Food? [Not for me] [Please]"], ["answers", "said"]],
      ["heard", "done", "finished", ["Done"], ["step", "status", "answers", "said"]],
      ["performed", "done", "finished", [], ["answers", "said"]],
    ]);
    expect(imagined).toMatchObject({ from: 1, to: 2, differs: true, unknown: null });
    expect(imagined.steps.at(-1)?.would.answers).toEqual({ name: "Anna", room: 12, food: "yes" });
    expect({ events: stay.events.length, shown: anna.phone.length }).toEqual(before);
  });

  test("says which answer it would not have understood", async () => {
    const { replay } = await walked();
    const stricter = defineFlow({ id: "check-in", version: 2 }).ask("name", { kind: "email", text: "Mail?" }).build();
    const heard = whatIf(replay, stricter).steps.filter(({ by }) => by === "heard");
    expect(heard.map(({ was, would }) => [was.heard, would.heard])).toEqual([
      ["succeeded", "failed"],
      ["succeeded", "failed"],
    ]);
  });

  test("ends where the host would be asked what nobody asked it, and guesses no answer", async () => {
    const { replay } = await walked();
    const asks = defineFlow({ id: "check-in", version: 2 })
      .ask("name", { text: "Name?" })
      .perform("stay", () => "called")
      .say("done", "Done")
      .build();
    const imagined = whatIf(replay, asks);
    expect(imagined).toMatchObject({ unknown: "stay", differs: true });
    expect(imagined.steps.at(-1)?.would).toMatchObject({ step: "stay", status: "running" });
  });

  test("reminds and gives up by its own times", async () => {
    const stay = stayWith([first]);
    const anna = stay.guest();
    await anna.says("check in");
    await anna.waits("20m");
    await anna.says("Anna");
    const { items } = await stay.staff.desk.conversations();
    const replay = await stay.staff.desk.replayFlow(items.find(({ mode }) => mode === "flow")?.id ?? "");
    const hasty: Flow = defineFlow({ id: "check-in", version: 2 })
      .ask("name", { text: "Name?", remindMs: 60_000, timeoutMs: 120_000, reminder: "Hello?" })
      .build();
    const imagined = replay && whatIf(replay, hasty);
    expect(
      imagined?.steps.map(({ number, by, at }) => [number, by, at.getTime() - replay!.run.startedAt.getTime()]),
    ).toEqual([
      [1, "begin", 0],
      [null, "timer", 60_000],
      [null, "timer", 180_000],
      [2, "heard", 1_200_000],
    ]);
    expect(imagined?.steps.at(-1)).toMatchObject({
      was: { heard: "succeeded" },
      would: { heard: null, status: "handedOff" },
    });
  });
});
