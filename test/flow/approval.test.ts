import { describe, expect, test } from "vitest";
import { defineFlow, keyword, staff } from "../../src/flow/define.js";
import { stayWith } from "./world.js";

const asks = (timeoutMs?: number | null) =>
  defineFlow({ id: "late", version: 1, triggers: [keyword("late")] })
    .ask("hour", { kind: "number", text: "Until what hour?" })
    .approval("approved", {
      text: "I will ask.",
      note: ({ answers }) => `Late check-out until ${String(answers.hour)}?`,
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
    .say("told", ({ answers }) => `${answers.approved.outcome} by ${answers.approved.by ?? "nobody"}`)
    .ask("more", { text: "Anything else?" })
    .say("done", "Done")
    .build();

async function asked(timeoutMs?: number | null, crashes?: Parameters<typeof stayWith>[1]) {
  const stay = stayWith([asks(timeoutMs)], crashes);
  const anna = stay.guest();
  await anna.says("late");
  expect(await anna.says("14")).toEqual(["I will ask."]);
  const run = await anna.run();
  const approvalId = run?.approval?.id ?? "";
  const conversationId = run?.conversationId ?? "";
  const decide = (approved: boolean, id = approvalId) =>
    stay.staff.desk.decideApproval(conversationId, { approvalId: id, approved });
  return { stay, anna, approvalId, conversationId, decide };
}

describe("a flow that asks staff to decide", () => {
  test("waits, and goes on with what they decided; the first decision counts, the same again changes nothing", async () => {
    const { stay, anna, approvalId, conversationId, decide } = await asked();
    const { items } = await stay.staff.desk.conversations({ limit: 10 });
    expect(items.find(({ id }) => id === conversationId)).toMatchObject({ speaker: "bot", unread: 1 });
    expect(await stay.staff.notes(anna)).toEqual(["Late check-out until 14?"]);
    expect(await anna.run()).toMatchObject({
      status: "waiting",
      approval: { id: approvalId, step: "approved", note: "Late check-out until 14?", decision: null },
    });
    expect(await stay.staff.decides(anna, true)).toEqual(["approved by manager", "Anything else?"]);
    await decide(true);
    await expect(decide(false)).rejects.toMatchObject({ code: "approval_over", details: { outcome: "approved" } });
    await expect(decide(true, "apr_other_1")).rejects.toMatchObject({ code: "approval_over" });
    expect(anna.phone.at(-1)?.text).toBe("Anything else?");
    const { items: entries } = await stay.staff.desk.audit({ hotel: "grand" });
    expect(entries.filter(({ action }) => action === "conversation.approve")).toMatchObject([
      { reason: "approved", actor: { id: "manager" } },
    ]);
    expect(await anna.says("back"), "not over what somebody decided").toEqual(["Anything else?"]);
    expect(await anna.says("no")).toEqual(["Done"]);
    await decide(true);
    await expect(decide(false)).rejects.toMatchObject({ code: "approval_over" });
  });

  test("of two who decide at once otherwise, one is told that it was decided", async () => {
    const { anna, decide } = await asked();
    const results = await Promise.allSettled([decide(true), decide(false)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const [first] = results;
    expect((await anna.run())?.approval?.decision?.outcome).toBe(
      first.status === "fulfilled" ? "approved" : "declined",
    );
  });

  test("takes it as expired when nobody decides in time, and a late decision is refused", async () => {
    const { anna, decide } = await asked(3_600_000);
    expect(await anna.waits("59m")).toEqual([]);
    expect(await anna.waits("2m")).toEqual(["expired by nobody", "Anything else?"]);
    await expect(decide(true)).rejects.toMatchObject({ code: "approval_over", details: { outcome: "expired" } });
  });

  test("hears the guest meanwhile for staff, lets them stop, and waits for ever where it is told so", async () => {
    const { stay, anna, decide } = await asked(null);
    expect(await anna.waits("20h")).toEqual([]);
    expect(await anna.says("any news?")).toEqual([]);
    expect(await anna.run()).toMatchObject({ status: "waiting", step: "approved" });
    await stay.staff.takesOver(anna);
    expect(await anna.says("hello?")).toEqual([]);
    await decide(false);
    expect(await stay.staff.givesBack(anna)).toEqual(["declined by manager", "Anything else?"]);
  });

  test("gives the conversation to the department that decides, unless it has another of the guest's flows", async () => {
    const flow = (id: string) =>
      defineFlow({ id, version: 1, department: "reception", triggers: [keyword(id), staff()] })
        .approval("may", { note: "May they?", department: "housekeeping" })
        .say("done", "Done")
        .build();
    const stay = stayWith([flow("first"), flow("second")]);
    const anna = stay.guest();
    const asking = async () =>
      (await stay.staff.desk.conversations({ limit: 10 })).items.filter(({ mode }) => mode === "flow");
    await anna.says("first");
    expect(await asking()).toMatchObject([{ departmentId: "housekeeping", speaker: "bot" }]);
    expect(stay.events.map(({ body }) => body.type)).toContain("conversation.transferred");
    await stay.staff.starts(anna, "second");
    expect((await asking()).map(({ departmentId }) => departmentId).sort()).toEqual(["housekeeping", "reception"]);
    expect(await stay.staff.decides(anna, true)).toEqual(["Done"]);
  });

  test("whose version is gone is told as that, and nobody is said to have approved what goes nowhere (F35)", async () => {
    const { stay, anna, decide } = await asked();
    // A release that does not hold the flow any more, in whose start staff did not get the run yet.
    stay.crash([]);
    await expect(decide(true)).rejects.toMatchObject({
      code: "flow_version_gone",
      details: { flowId: "late", version: 1 },
    });
    const { items: entries } = await stay.staff.desk.audit({ hotel: "grand" });
    expect(entries.filter(({ action }) => action === "conversation.approve")).toEqual([]);
    expect((await anna.run())?.approval?.decision).toBeNull();
  });

  test("is decided at a step that a new release calls otherwise (F35)", async () => {
    const { stay, decide, anna } = await asked();
    const next = defineFlow({ id: "late", version: 2, migrate: { from: 1, steps: { approved: "allowed" } } })
      .ask("hour", { kind: "number", text: "Until what hour?" })
      .approval("allowed", { note: "May they?" })
      .say("told", ({ answers }) => `${answers.allowed.outcome}!`)
      .build();
    expect(await stay.deploy([next])).toBe(0);
    const before = anna.phone.length;
    await decide(true);
    expect((await anna.run())?.approval).toMatchObject({ step: "allowed", decision: { outcome: "approved" } });
    expect(await anna.waits("1s")).toEqual(["approved!"]);
    expect(anna.phone.length).toBe(before + 1);
  });

  test("of no department in particular is the first one's, where the guest has none yet", async () => {
    const flow = defineFlow({ id: "late", version: 1, triggers: [keyword("late")] })
      .approval("approved", { note: "May they?" })
      .build();
    const stay = stayWith([flow]);
    await stay.guest().says("late");
    const { items } = await stay.staff.desk.conversations({ limit: 10 });
    expect(items).toMatchObject([{ mode: "flow", departmentId: "reception", unread: 1 }]);
    expect(stay.events.map(({ body }) => body.type)).toContain("conversation.routed");
  });

  test("asks anew when a person took over and gave back undecided: what was asked before is over", async () => {
    const { stay, anna, approvalId, decide } = await asked();
    await stay.staff.replies(anna, "One moment.");
    expect(await stay.staff.givesBack(anna)).toEqual(["I will ask."]);
    const again = (await anna.run())?.approval?.id ?? "";
    expect(again).not.toBe(approvalId);
    await expect(decide(true)).rejects.toMatchObject({ code: "approval_over", details: { outcome: null } });
    expect(await stay.staff.decides(anna, true)).toEqual(["approved by manager", "Anything else?"]);
  });
});
