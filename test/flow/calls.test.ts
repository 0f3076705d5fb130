import { describe, expect, test } from "vitest";
import { defineFlow, keyword, staff } from "../../src/flow/define.js";
import type { PerformContext } from "../../src/flow/types.js";
import type { Scenario } from "../../src/testing/scenario.js";
import { memoryStorage } from "../../adapters/memory/index.js";
import type { Storage } from "../../src/ports/storage.js";
import { stayWith } from "./world.js";

const begun = (version = 1, migrate?: Parameters<typeof defineFlow>[0]["migrate"]) =>
  defineFlow({ id: "late", version, triggers: [keyword("late"), staff()], ...(migrate !== undefined && { migrate }) });

/** A late check-out that is charged: `charge` is the hotel's own system. */
const charging = (charge: (context: Pick<PerformContext, "idempotencyKey">) => unknown) =>
  begun()
    .ask("hour", { kind: "number", text: "Until when?" })
    .perform("charged", async (context) => ({ receipt: await charge(context) }), { attempts: 2 })
    .say("done", ({ answers }) => `Until ${String(answers.hour)}, receipt ${String(answers.charged.receipt)}`)
    .build();

const TOLD = "One of us will be with you shortly.";
const notesOf = (stay: Scenario) => stay.staff.notes(stay.guest());
const asks = async (stay: Scenario) => {
  await stay.guest().says("late");
  return stay.guest().says("14");
};

describe("while the hotel's own system is asked to charge a guest", () => {
  test.each([
    [
      "writes stop",
      (stay: Scenario) =>
        stay
          .guest()
          .says("stop it, please")
          .then(() => stay.guest().says("cancel")),
    ],
    ["asks for a person", (stay: Scenario) => stay.guest().says("human")],
    ["is stopped by staff", (stay: Scenario) => stay.staff.stops(stay.guest())],
  ] as const)("whoever %s gets a person, who reads what was charged; it is kept, and charged once", async (_, does) => {
    const keys: string[] = [];
    const stay = stayWith([
      charging(async ({ idempotencyKey }) => {
        keys.push(idempotencyKey);
        await does(stay);
        return "R-1";
      }),
    ]);
    const anna = stay.guest();
    expect(await asks(stay)).toEqual([TOLD]);
    expect(await anna.run()).toMatchObject({
      status: "handedOff",
      answers: { hour: 14, charged: { receipt: "R-1" } },
    });
    const notes = await notesOf(stay);
    expect(notes).toHaveLength(2);
    expect(notes[1]).toBe(
      "Flow late (version 1), step charged: the hotel's own system has done it meanwhile.\ncharged.receipt: R-1",
    );
    const { items } = await stay.staff.desk.conversations({ limit: 10 });
    expect(items.find(({ mode }) => mode === "flow")).toMatchObject({ speaker: "human", status: "open" });
    expect((await stay.staff.desk.replayFlow(items.find(({ mode }) => mode === "flow")?.id ?? ""))?.gap).toBeNull();
    // Given back, it goes on with what was done.
    expect(await stay.staff.givesBack(anna)).toEqual(["Until 14, receipt R-1"]);
    expect(keys).toHaveLength(1);
  });

  test("staff who stop it twice have it once, and stop it when the answer has come", async () => {
    const stay = stayWith([
      charging(async () => {
        await stay.staff.stops(stay.guest());
        await stay.staff.stops(stay.guest());
        return "R-1";
      }),
    ]);
    await asks(stay);
    expect(await notesOf(stay)).toHaveLength(2);
    await stay.staff.stops(stay.guest());
    expect(await stay.guest().run()).toMatchObject({ status: "stopped", answers: { charged: { receipt: "R-1" } } });
  });

  test("a person who gives the guest back before the answer has come waits for it: nothing is charged a second time", async () => {
    const keys: string[] = [];
    const stay = stayWith([
      charging(async ({ idempotencyKey }) => {
        keys.push(idempotencyKey);
        await stay.guest().says("human");
        expect(await stay.staff.givesBack(stay.guest())).toEqual([]);
        expect(await stay.guest().run()).toMatchObject({ status: "running", why: null });
        return "R-1";
      }),
    ]);
    expect(await asks(stay)).toEqual([TOLD, "Until 14, receipt R-1"]);
    expect(keys).toHaveLength(1);
  });

  test("and it fails, whoever has the guest reads that; it is not asked again on its own, and with the same key when they are given back", async () => {
    const keys: string[] = [];
    const stay = stayWith([
      charging(async ({ idempotencyKey }) => {
        keys.push(idempotencyKey);
        if (keys.length > 1) return "R-1";
        await stay.guest().says("human");
        throw new Error("no answer");
      }),
    ]);
    await asks(stay);
    await stay.guest().waits("1h");
    expect(keys).toHaveLength(1);
    expect((await notesOf(stay))[1]).toBe(
      "Flow late (version 1), step charged: the hotel's own system is not asked any more; look there whether it was done.",
    );
    expect(await stay.guest().run()).toMatchObject({ status: "handedOff", why: "asked" });
    expect(await stay.staff.givesBack(stay.guest())).toEqual(["Until 14, receipt R-1"]);
    expect(keys).toEqual([keys[0], keys[0]]);
  });

  test("a person takes over: they read what was charged, and the flow says nothing", async () => {
    const stay = stayWith([
      charging(async () => {
        await stay.staff.takesOver(stay.guest());
        return "R-1";
      }),
    ]);
    expect(await asks(stay)).toEqual([]);
    expect(await notesOf(stay)).toEqual([
      "Flow late (version 1), step charged: the hotel's own system has done it meanwhile.\ncharged.receipt: R-1",
    ]);
  });
});

describe("a release that calls the step otherwise while the host is being called (F35)", () => {
  const renamed = (call: (context: Pick<PerformContext, "idempotencyKey">) => unknown) =>
    begun(2, { from: 1, steps: { charged: "paid" } })
      .ask("hour", { kind: "number", text: "Until when?" })
      .perform("paid", async (context) => ({ receipt: await call(context) }))
      .say("done", ({ answers }) => `Paid ${String(answers.paid.receipt)}`)
      .build();

  test("goes on with it: the host sees one key", async () => {
    const keys: string[] = [];
    const second = renamed(({ idempotencyKey }) => {
      keys.push(idempotencyKey);
      return "R-2";
    });
    const stay = stayWith([
      charging(async ({ idempotencyKey }) => {
        keys.push(idempotencyKey);
        await stay.deploy([second]);
        return "R-1";
      }),
    ]);
    await asks(stay);
    await stay.guest().waits("1m");
    expect(stay.guest().phone.at(-1)?.text).toBe("Paid R-2");
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(await stay.guest().run()).toMatchObject({
      status: "finished",
      version: 2,
      answers: { paid: { receipt: "R-2" } },
    });
  });

  test("and goes on with what failed before it, by the same key", async () => {
    const keys: string[] = [];
    const stay = stayWith([
      charging(({ idempotencyKey }) => {
        keys.push(idempotencyKey);
        throw new Error("no answer");
      }),
    ]);
    await asks(stay);
    await stay.guest().waits("1h");
    expect(await stay.guest().run()).toMatchObject({ status: "handedOff", why: "step_failed" });
    await stay.deploy([
      renamed(({ idempotencyKey }) => {
        keys.push(idempotencyKey);
        return "R-2";
      }),
    ]);
    expect(await stay.staff.givesBack(stay.guest())).toEqual(["Paid R-2"]);
    expect(new Set(keys).size).toBe(1);
    expect(keys).toHaveLength(3);
  });
});

test("a call whose answer cannot be stored, however often it is tried: staff get the guest, and read why; the work is set aside", async () => {
  /** Refuses to store what the host answered. */
  const refusing = (storage: Storage): Storage =>
    new Proxy(storage, {
      get(target, verb) {
        const value: unknown = Reflect.get(target, verb, target);
        if (verb !== "commit") return value;
        return (...[hotelId, changes]: Parameters<Storage["commit"]>) =>
          changes.some(({ change }) => change.runs.some(({ answers }) => "charged" in answers))
            ? Promise.reject(new Error("a value that no row takes"))
            : target.commit(hotelId, changes);
      },
    });
  const stay = stayWith([charging(() => "R-1")], { storage: (clock) => refusing(memoryStorage({ clock })) });
  await asks(stay);
  expect(await stay.guest().run()).toMatchObject({ status: "running" });
  await stay.guest().waits("3h");
  expect(await stay.guest().run()).toMatchObject({ status: "handedOff", why: "step_failed" });
  expect(await notesOf(stay)).toEqual([
    "Flow late (version 1), at step charged: a step of the flow failed.\n" +
      "The hotel's own system could not be asked, and it is not tried again: decision_failed.\nhour: 14",
  ]);
  expect((await stay.staff.desk.dead()).items).toMatchObject([{ kind: "command", code: "decision_failed" }]);
});
