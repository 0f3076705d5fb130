import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { memoryStorage } from "../../adapters/memory/index.js";
import type { FlowRecord } from "../../src/domain/flow-move.js";
import { button, defineFlow, keyword, phrase, staff } from "../../src/flow/define.js";
import { replayed } from "../../src/flow/replay.js";
import type { Flow } from "../../src/flow/types.js";
import { flowScript } from "../../src/testing/flow-script.js";
import type { ManualClock } from "../../src/testing/manual-clock.js";
import { scenario, type Scenario } from "../../src/testing/scenario.js";
import { acts, built, plans, played, records } from "./random.js";
import { stayWith } from "./world.js";

const storage = (clock: ManualClock) => memoryStorage({ clock });

/** Runs the source as a runner would. @returns what it found */
async function run(source: string, flows: readonly Flow[]): Promise<void> {
  const body = source.replace(/^import .*$/gm, "");
  const tests: Promise<void>[] = [];
  const collect = (_title: string, does: () => Promise<void>) => tests.push(does());
  // oxlint-disable-next-line typescript/no-implied-eval -- what is exported is source: it is run as such
  const module = new Function("memoryStorage", "scenario", "expect", "test", "flows", body) as (
    ...all: unknown[]
  ) => void;
  module(memoryStorage, scenario, expect, collect, flows);
  expect(tests).toHaveLength(1);
  await Promise.all(tests);
}

test("whatever a guest did: the exported script, run, walks the same steps, and holds no word of theirs, nor their phone", async () => {
  const count = { exported: 0, refused: 0, acts: 0 };
  await fc.assert(
    fc.asyncProperty(plans, acts, async (plan, script) => {
      const flow = built(plan);
      fc.pre(flow !== null);
      let last: readonly FlowRecord[] = [];
      await played(flow, script, async (stay) => {
        last = await records(stay);
      });
      const [record] = last;
      fc.pre(record !== undefined);
      const source = await flowScript(replayed(record, [flow]), { flows: [flow], storage }).catch((error: unknown) => {
        if (!(error instanceof RangeError)) throw error;
      });
      if (source === undefined) {
        count.refused += 1;
        return;
      }
      count.exported += 1;
      count.acts += source.match(/await guest\./g)?.length ?? 0;
      expect(source).not.toMatch(/anna|hello|1202555\d{4}/i);
      for (const { step, round, result } of record.run.records)
        expect(source).toContain(JSON.stringify([step, round, result]));
      await run(source, [flow]);
    }),
    { numRuns: Number(process.env["FLOWS"] ?? 60), endOnFailure: true },
  );
  if (process.env["FLOWS"] !== undefined) console.log(count);
  expect(count.exported).toBeGreaterThan(5 * count.refused);
  expect(count.acts).toBeGreaterThan(count.exported);
}, 900_000);

describe("a recorded conversation as a script", () => {
  const replayOf = async (stay: Scenario) => {
    const { items } = await stay.staff.desk.conversations();
    const replay = await stay.staff.desk.replayFlow(items.find(({ mode }) => mode === "flow")?.id ?? "");
    if (replay === null) throw new Error("a flow ran there");
    return replay;
  };

  test("replaces names, mails, phones, birthdays, places, files, forms and what the host answered, and goes the same way", async () => {
    const flow = defineFlow({ id: "arrival", version: 3, triggers: [phrase("check in room {room}"), staff()] })
      .ask("name", { text: ({ given }) => `Who are you in ${JSON.stringify(given["room"])}?` })
      .ask("mail", { kind: "email", text: "Mail?" })
      .ask("phone", { kind: "phone", country: "IT", text: "Phone?" })
      .ask("born", { kind: "date", text: "Born?" })
      .ask("code", { text: "Code?", schema: z.string().regex(/^[A-Z]{2}-\d{3}$/), invalid: "No." })
      .ask("nights", { kind: "nights", text: "Nights?" })
      .perform("stay", ({ answers }) => ({ guest: answers.name, status: "vip", mail: answers.mail, floor: 3 }))
      .branch("kind", {
        when: ({ answers }) => (answers.stay.status === "vip" ? "vip" : "other"),
        paths: {
          vip: (path) => path.say("hello", ({ answers }) => `Dear ${answers.stay.guest}`),
          other: (path) => path,
        },
      })
      .choose("bed", {
        text: "Bed?",
        options: ({ answers }) => ({ a: `For ${answers.name}`, b: "Any" }),
      })
      .photo("passport", { text: "Passport?" })
      .location("from", { text: "From?" })
      .form("form", {
        text: "Form",
        label: "Open",
        form: { id: "7" },
        schema: z.object({ plate: z.string(), kind: z.enum(["car", "van"]) }),
      })
      .say("done", ({ answers }) => `Bye ${answers.name}`)
      .build();
    const stay = stayWith([flow]);
    const guest = stay.guest("Zoltan Quercia");
    await guest.says("Check in room Zimbabwe 77");
    for (const text of ["Zoltan Quercia", "zoltan.q@mail.example.org", "333 1234567", "17 March 1961"]) {
      await guest.waits("40s");
      await guest.says(text);
    }
    await guest.says("my code is what?");
    await guest.says("ZQ-815");
    await guest.waits("45m");
    await guest.says("zwei? three nights");
    await guest.says("3");
    await guest.taps("For Zoltan Quercia");
    await guest.sendsPhoto();
    await guest.sends("location", { latitude: 47.4979, longitude: 19.0402 });
    await guest.fillsIn({ plate: "ZQ 4711", kind: "van" });
    expect(await guest.run()).toMatchObject({ status: "finished" });

    const source = await flowScript(await replayOf(stay), { flows: [flow], storage, from: "./arrival.js" });
    expect(source).not.toMatch(/zoltan|quercia|zimbabwe|mail\.example|1234567|1961-03-17|ZQ|815|47\.4979|4711|zwei/i);
    expect(source).toContain('import { flows } from "./arrival.js";');
    expect(source).toContain('await guest.says("guest1@example.com");');
    expect(source).toContain('"status":"vip"');
    await run(source, [flow]);
    // It notices a flow that goes another way.
    const other = { ...flow, steps: new Map(flow.steps) };
    other.steps.delete("hello");
    await expect(run(source, [other])).rejects.toThrow();
  });

  test("holds what staff did, words that end it, and a host that failed", async () => {
    const flow = defineFlow({ id: "help", version: 1, triggers: [button("help"), staff()], department: "housekeeping" })
      .ask("one", { text: "One?", optional: true })
      .perform(
        "call",
        () => {
          throw new Error("away");
        },
        { attempts: 2 },
      )
      .ask("two", { text: "Two?" })
      .build();
    const stay = stayWith([flow]);
    const guest = stay.guest("Zoltan");
    await guest.says("I want towels, Zoltan");
    await stay.staff.starts(guest, "help", {});
    await stay.staff.takesOver(guest);
    await guest.waits("2h");
    await stay.staff.givesBack(guest);
    await guest.says("saltar");
    await guest.waits("10m");
    await guest.says("Zoltan is here");
    await stay.staff.stops(guest);
    const source = await flowScript(await replayOf(stay), { flows: [flow], storage });
    expect(source).not.toMatch(/zoltan|towels|saltar/i);
    for (const line of [
      "stay.staff.takesOver(guest)",
      "stay.staff.givesBack(guest)",
      'guest.says("skip")',
      "stay.staff.stops(guest)",
    ])
      expect(source).toContain(line);
    await run(source, [flow]);
  });

  test("holds what staff decided, also while a person had the guest", async () => {
    const flow = defineFlow({ id: "late", version: 1, triggers: [keyword("late")] })
      .approval("first", { note: "May they?", department: "housekeeping" })
      .approval("second", { note: "And later still?" })
      .say("done", ({ answers }) => `${answers.first.outcome}, ${answers.second.outcome}`)
      .build();
    const stay = stayWith([flow]);
    const guest = stay.guest("Zoltan");
    await guest.says("late");
    await guest.waits("5m");
    await stay.staff.decides(guest, true);
    await stay.staff.takesOver(guest);
    await stay.staff.decides(guest, false);
    await stay.staff.givesBack(guest);
    expect(guest.phone.at(-1)?.text).toBe("approved, declined");
    const source = await flowScript(await replayOf(stay), { flows: [flow], storage });
    for (const line of [
      "stay.staff.decides(guest, true)",
      "stay.staff.takesOver(guest)",
      "stay.staff.decides(guest, false)",
      "stay.staff.givesBack(guest)",
    ])
      expect(source).toContain(line);
    await run(source, [flow]);
  });

  test("is of a guest of whom it was known what they speak: their dates are read so", async () => {
    const flow = defineFlow({ id: "arrival", version: 1, triggers: [keyword("arrive")] })
      .ask("when", { kind: "date", text: ({ language }) => `When? ${language}`, schema: z.string().endsWith("-11-12") })
      .say("done", "Done")
      .build();
    const stay = stayWith([flow], { start: new Date("2026-11-10T12:00:00Z") });
    const guest = stay.guest("Zoltan", { language: "en-US" });
    expect(await guest.says("arrive")).toEqual(["When? en-US"]);
    await guest.says("11/12");
    expect(await guest.run()).toMatchObject({ status: "finished" });
    const source = await flowScript(await replayOf(stay), { flows: [flow], storage });
    expect(source).toContain('stay.guest("Guest", {"language":"en-US"})');
    await run(source, [flow]);
  });

  test("is not written where the past cannot be made again", async () => {
    const flow = defineFlow({ id: "help", version: 1, triggers: [keyword("help")] })
      .ask("one", { text: "One?" })
      .build();
    const stay = stayWith([flow]);
    await stay.guest().says("help");
    const replay = await replayOf(stay);
    await expect(
      flowScript({ ...replay, gap: { number: 1, code: "record_gone" } }, { flows: [flow], storage }),
    ).rejects.toThrow(RangeError);
    await expect(flowScript(replay, { flows: [], storage })).rejects.toThrow(RangeError);
  });
});
