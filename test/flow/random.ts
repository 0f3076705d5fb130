import fc from "fast-check";
import { expect } from "vitest";
import { defineFlow, type FlowBuilder, keyword, staff } from "../../src/flow/define.js";
import type { Flow } from "../../src/flow/types.js";
import type { FlowRecord } from "../../src/domain/flow-move.js";
import type { JsonValue } from "../../src/domain/json.js";
import { ConversationError } from "../../src/errors.js";
import type { Scenario } from "../../src/testing/scenario.js";
import { stayWith } from "./world.js";

/** Steps at random, some of them inside others. */
type Plan =
  | {
      readonly kind:
        "say" | "ask" | "number" | "choose" | "photo" | "perform" | "wait" | "approval" | "handoff" | "goTo";
    }
  | { readonly kind: "each"; readonly times: number; readonly inner: readonly Plan[] }
  | { readonly kind: "branch"; readonly left: readonly Plan[]; readonly right: readonly Plan[] };

export const plans = fc.letrec<{ plan: Plan; list: Plan[] }>((tie) => ({
  plan: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.record({
      kind: fc.constantFrom(
        "say",
        "ask",
        "ask",
        "number",
        "choose",
        "choose",
        "photo",
        "perform",
        "wait",
        "approval",
        "handoff",
        "goTo",
      ),
    }),
    fc.record({ kind: fc.constant("each" as const), times: fc.integer({ min: 0, max: 3 }), inner: tie("list") }),
    fc.record({ kind: fc.constant("branch" as const), left: tie("list"), right: tie("list") }),
  ),
  list: fc.array(tie("plan"), { minLength: 1, maxLength: 4 }),
})).list;

/** Nothing is known of such steps when this is compiled. */
type Any = FlowBuilder<Record<string, never>, never, string, unknown>;

export function built(all: readonly Plan[]): Flow | null {
  let count = 0;
  const add = (flow: Any, list: readonly Plan[], seen: string[]): Any =>
    list.reduce<Any>((before, plan) => {
      const name = `s${String(++count)}`;
      const asking = { text: `${name}?`, invalid: "No.", remindMs: 600_000 };
      const next = (() => {
        switch (plan.kind) {
          case "say":
            return before.say(name as never, `${name}.`);
          case "ask":
            return before.ask(name as never, asking);
          case "number":
            return before.ask(name as never, { ...asking, kind: "number" });
          case "choose":
            return before.choose(name as never, { ...asking, options: { yes: "Yes", no: "No" } });
          case "photo":
            return before.photo(name as never, asking);
          case "perform":
            return before.perform(name as never, ({ idempotencyKey }) => idempotencyKey);
          case "wait":
            return before.waitUntil(name as never, ({ now }) => new Date(now.getTime() + 3_600_000));
          case "approval":
            return before.approval(name as never, { text: `${name}?`, note: `${name}!`, timeoutMs: 7_200_000 });
          case "handoff":
            return before.handoff(name as never);
          case "goTo": {
            // Back to a step of the same path, now and then.
            const to = seen.at(-1);
            return to === undefined
              ? before.say(name as never, "nowhere")
              : before.branch(name as never, {
                  when: ({ run }) => (run.id.length % 2 === 0 ? "back" : "on"),
                  paths: { back: (path) => path.goTo(to as never), on: (path) => path },
                });
          }
          case "each":
            return before.each(name as never, {
              over: () => plan.times,
              steps: (flow) => add(flow as unknown as Any, plan.inner, []),
            });
          case "branch":
            return before.branch(name as never, {
              when: ({ now }) => (now.getTime() % 2 === 0 ? "left" : "right"),
              paths: {
                left: (path) => add(path, plan.left, []),
                right: (path) => add(path, plan.right, []),
              },
            });
        }
      })();
      if (plan.kind === "ask" || plan.kind === "choose") seen.push(name);
      return next;
    }, flow);
  try {
    const begun = defineFlow({ id: "random", version: 1, triggers: [keyword("go"), staff()] }) as unknown as Any;
    return add(begun, all, []).build();
  } catch (error) {
    // Rounds without a question, no way out: told when it is built.
    if (ConversationError.is(error) && error.code === "flow_invalid") return null;
    throw error;
  }
}

export type Act = readonly [
  kind: "says" | "taps" | "photo" | "waits" | "takesOver" | "givesBack" | "replies" | "decides" | "crash" | "old",
  pick: number,
];
export const acts = fc.array(
  fc.tuple(
    fc.constantFrom(
      "says",
      "says",
      "says",
      "taps",
      "taps",
      "taps",
      "photo",
      "waits",
      "takesOver",
      "givesBack",
      "givesBack",
      "replies",
      "decides",
      "crash",
      "old",
    ),
    fc.nat({ max: 1_000 }),
  ),
  { minLength: 5, maxLength: 40 },
);
const WORDS = ["go", "Anna", "7", "yes", "no", "back", "restart", "human", "stop", "", "hello?", "12,5", "1", "2"];

/** Plays a script. @param look after each act @returns all that can be seen of it afterwards */
export async function played(
  flow: Flow,
  script: readonly Act[],
  look: (stay: Scenario) => Promise<unknown> = () => Promise.resolve(),
) {
  const stay = stayWith([flow]);
  const anna = stay.guest();
  let written = 0;
  const kept = new Map<string, JsonValue>();
  const does = async ([kind, pick]: Act): Promise<void> => {
    const tappable = anna.phone.flatMap(({ options }) => options);
    const hasWritten = written > 0;
    switch (kind) {
      case "says":
        written += 1;
        await anna.says(WORDS[pick % WORDS.length] ?? "");
        return;
      case "taps":
        if (tappable.length === 0) return;
        written += 1;
        await anna.taps(tappable.at(-1 - (pick % 2)) ?? tappable[0] ?? "");
        return;
      case "old": {
        const old = anna.phone.flatMap(({ content }) => (content.type === "buttons" ? content.buttons : []))[pick % 3];
        if (old === undefined) return;
        written += 1;
        await anna.tapsId(old.id, old.title);
        return;
      }
      case "photo":
        written += 1;
        await anna.sendsPhoto();
        return;
      case "waits":
        await anna.waits(["5m", "20m", "2h", "26h"][pick % 4] ?? "5m");
        return;
      case "crash":
        stay.crash();
        return;
      case "decides":
        if (hasWritten) await stay.staff.decides(anna, pick % 2 === 0).catch(refused);
        return;
      case "replies":
        if (hasWritten) await stay.staff.replies(anna, "Staff here").catch(refused);
        return;
      default:
        if (hasWritten) await (stay.staff[kind](anna) as Promise<unknown>).catch(refused);
    }
  };
  const before = { id: "", steps: 0 };
  for (const act of [["says", 0] as Act, ...script]) {
    await does(act);
    await look(stay);
    const run = await anna.run();
    if (run === null) continue;
    // What a run has come to is never forgotten, and what was answered stays until the guest says it anew.
    if (before.id === run.id) expect(run.steps.length).toBeGreaterThanOrEqual(before.steps);
    else kept.clear();
    for (const [name, value] of Object.entries(run.answers)) kept.set(name, value);
    const restarted = run.steps.some(({ result }) => result === "skipped");
    if (!restarted) for (const name of kept.keys()) expect(run.answers, name).toHaveProperty(name);
    Object.assign(before, { id: run.id, steps: run.steps.length });
    if (run.status === "waiting" && run.endedAt === null) expect(run.steps.at(-1)?.result).toBe("pending");
  }
  const { items } = await stay.staff.desk.conversations({ limit: 100 });
  const all = await Promise.all(
    items.map(async ({ id }) => (await stay.staff.desk.messages(id, { limit: 100 })).items),
  );
  const heard = all.flat().filter(({ direction }) => direction === "inbound");
  expect(new Set(heard.map(({ id }) => id)).size, "every message of the guest is kept").toBeGreaterThanOrEqual(
    Math.min(written, 90),
  );
  expect((await stay.staff.desk.dead()).items).toEqual([]);
  const run = await anna.run();
  return {
    phone: anna.phone.map(({ text }) => text),
    run: run && {
      ...run,
      id: "",
      conversationId: "",
      approval: run.approval?.decision ?? null,
      steps: run.steps.map(({ step, result }) => [step, result]),
    },
  };
}

const refused = (error: unknown): void => {
  if (!ConversationError.is(error)) throw error;
};

/** All runs of all conversations, as they are stored. */
export async function records({ staff: { desk }, storage }: Scenario): Promise<readonly FlowRecord[]> {
  const { items } = await desk.conversations({ limit: 100 });
  const ofAll = await Promise.all(
    items.map(async ({ id: conversationId }) => {
      const { items: messages } = await desk.messages(conversationId, { limit: 100 });
      const runIds = new Set(messages.flatMap(({ flow }) => flow?.runId ?? []));
      return Promise.all(
        [null, ...runIds].map((runId) => storage.flowRecord({ reach: "everything", conversationId, runId })),
      );
    }),
  );
  const found = ofAll.flat().flatMap((one) => one?.record ?? []);
  return [...new Map(found.map((record) => [record.run.id, record])).values()];
}
