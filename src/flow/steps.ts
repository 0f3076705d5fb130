import { flowApprovalId, flowCallId } from "../decide/ids.js";
import { isLanguage } from "../decide/language.js";
import type { OutboundContent } from "../domain/content.js";
import { isCalled, type Approval, type FlowPlace, type FlowRun } from "../domain/flow-run.js";
import { asJson, type JsonValue } from "../domain/json.js";
import { idempotencyKeyOf, roundOf } from "./place.js";
import { ask } from "./question.js";
import type { Flow, Step } from "./types.js";
import type { Walk } from "./walk.js";

/** More steps in one go, or in one run, are a flow that goes round without end. */
const STEPS_AT_ONCE = 200;
const STEPS_IN_ALL = 1_000;
const ITEMS_MOST = 100;

/** Goes to a step, and on from there until something is waited for. null: the end. */
export function enter(walk: Walk, first: string | null): void {
  let next = first;
  for (let count = 0; next !== null; count++) {
    if (count >= STEPS_AT_ONCE || walk.run.records.length >= STEPS_IN_ALL) {
      walk.park("loops", "failed");
      return;
    }
    walk.run = {
      ...walk.run,
      step: next,
      tries: 0,
      reminded: false,
      why: null,
      resumesAt: false,
      resumesAtEnd: false,
    };
    const { step } = walk;
    if (step === undefined) throw new Error("no such step");
    const went = visit(walk, step);
    if (went === STAYS) return;
    next = went;
  }
  walk.end("finished");
}

/** Goes on after the step that is done; a person has the run: it goes on from there when it is given back. */
export function goOn(walk: Walk): void {
  const { run, after } = walk;
  if (run.status !== "handedOff") enter(walk, after);
  else
    walk.run = {
      ...run,
      turn: run.turn + 1,
      ...(after === null ? { resumesAtEnd: true } : { step: after, resumesAt: true }),
    };
}

const STAYS = Symbol("stays");

/** @returns the next step; null: the end; or that it stays there */
function visit(walk: Walk, step: Step): string | null | typeof STAYS {
  const { world } = walk;
  switch (step.kind) {
    case "say": {
      const content = step.content;
      const said: OutboundContent =
        content === null
          ? { type: "text", text: walk.words(step.text ?? "") }
          : typeof content === "function"
            ? content(walk.context())
            : content;
      walk.record("succeeded", walk.say(said, "succeeded"));
      return step.next;
    }
    case "ask":
    case "choose":
    case "photo":
    case "location":
    case "form":
      ask(walk, step);
      return STAYS;
    case "perform":
      call(walk);
      return STAYS;
    case "wait": {
      const until = step.until(walk.context());
      if (!(until.getTime() > world.now.getTime())) {
        walk.record("succeeded");
        return step.next;
      }
      const turn = walk.run.turn + 1;
      walk.record("pending");
      walk.run = { ...walk.run, turn, status: "waiting", promptId: null, options: [] };
      walk.timers.push({ what: "wake", turn, dueAt: until });
      return STAYS;
    }
    case "approval":
      askStaff(walk, step);
      return STAYS;
    case "branch": {
      const path = step.when(walk.context());
      const to = step.paths[path];
      if (to === undefined) throw new Error("no such path");
      return to;
    }
    case "goTo":
      walk.run = { ...walk.run, loops: loopsAround(walk.flow, step.target, walk.run) };
      return step.target;
    case "speak": {
      const language = step.language(walk.context());
      if (language !== null && isLanguage(language)) walk.run = { ...walk.run, language };
      return step.next;
    }
    case "forget":
      walk.forget(step.names);
      return step.next;
    case "each": {
      const items = itemsOf(step.over(walk.context()));
      walk.answer(items.map(() => ({})));
      if (items.length === 0) {
        walk.record("skipped");
        return step.next;
      }
      const loops = { ...walk.run.loops, [walk.run.step]: { at: 0, items } };
      walk.run = { ...walk.run, loops };
      return step.first;
    }
    case "again": {
      const { [step.loop]: loop, ...others } = walk.run.loops;
      const owner = walk.flow.steps.get(step.loop);
      if (loop === undefined || owner?.kind !== "each") throw new Error("no such loop");
      const at = loop.at + 1;
      if (at >= loop.items.length) {
        walk.run = { ...walk.run, loops: others };
        return step.next;
      }
      walk.run = { ...walk.run, loops: { ...others, [step.loop]: { ...loop, at } } };
      return owner.first;
    }
    case "use":
      walk.answer({});
      return step.first;
    case "handoff":
      walk.record("succeeded");
      walk.park(
        "step",
        null,
        { departmentId: step.departmentId, note: step.note === null ? null : walk.words(step.note) },
        step.text === null ? null : walk.words(step.text),
      );
      return STAYS;
    case "end":
      return null;
  }
}

/** Has the host called: by the key that it was called by before, where nothing is known to have come of that. */
function call(walk: Walk): void {
  const { run } = walk;
  const { id, step, call: before = null } = run;
  const turn = run.turn + 1;
  const round = roundOf(run);
  const key = before?.step === step && before.round === round ? before.key : idempotencyKeyOf(run);
  walk.record("pending");
  walk.run = {
    ...walk.run,
    turn,
    status: "running",
    promptId: null,
    options: [],
    call: { step, round, key, turn },
  };
  walk.calls.push({ id: flowCallId(id, turn), turn });
}

function askStaff(walk: Walk, { text, note, departmentId, timeoutMs }: Extract<Step, { kind: "approval" }>): void {
  const { now } = walk.world;
  const turn = walk.run.turn + 1;
  const said = text === null ? null : walk.say({ type: "text", text: walk.words(text) }, "pending");
  walk.record("pending", said);
  const approval: Approval = {
    id: flowApprovalId(walk.run.id, turn),
    step: walk.run.step,
    note: walk.words(note),
    askedAt: now.toISOString(),
    decision: null,
  };
  walk.approval = { ...approval, departmentId };
  walk.run = { ...walk.run, turn, status: "waiting", promptId: null, options: [], approval };
  if (timeoutMs !== null) walk.timers.push({ what: "timeout", turn, dueAt: new Date(now.getTime() + timeoutMs) });
}

/** The guest goes back to the question that they answered last. */
export function goBack(walk: Walk): void {
  const place: FlowPlace = walk.run.trail.at(-1) ?? placeOf(walk.run);
  walk.mark("skipped");
  walk.run = { ...walk.run, loops: loopsAt(walk, place), trail: walk.run.trail.slice(0, -1) };
  enter(walk, place.step);
}

/**
 * Ends it. While the host is being called nobody knows what it will have done: then staff get the guest, and are told what comes of it.
 * @returns false when they have it already
 */
export function stop(walk: Walk): boolean {
  if (isCalled(walk.run)) {
    if (walk.run.status === "handedOff") return false;
    walk.park("stopped", null);
    return true;
  }
  walk.mark("skipped");
  walk.say({ type: "text", text: walk.texts.stopped }, "succeeded", true);
  walk.end("stopped");
  return true;
}

/** Where the run stands, to come back to. */
export const placeOf = ({ step, loops }: FlowRun): FlowPlace => ({
  step,
  rounds: Object.fromEntries(
    Object.entries(loops)
      .filter(([loop]) => step.startsWith(`${loop}.`))
      .map(([loop, { at }]) => [loop, at]),
  ),
});

/** The loops around a place, as they were there: what they go over may be another list in each round of those around them. */
function loopsAt(walk: Walk, { step, rounds }: FlowPlace): FlowRun["loops"] {
  const around = Object.keys(rounds).sort((a, b) => a.length - b.length);
  let loops: FlowRun["loops"] = {};
  for (const loop of around) {
    const owner = walk.flow.steps.get(loop);
    if (owner?.kind !== "each" || !step.startsWith(`${loop}.`)) continue;
    walk.run = { ...walk.run, step: loop, loops };
    const items = itemsOf(owner.over(walk.context()));
    loops = { ...loops, [loop]: { at: Math.min(rounds[loop] ?? 0, Math.max(0, items.length - 1)), items } };
  }
  return loops;
}

/** Loops that a step stands in; one that it leaves is over. */
function loopsAround(flow: Flow, target: string, { loops }: FlowRun): FlowRun["loops"] {
  const around = Object.entries(loops).filter(([loop]) => target.startsWith(`${loop}.`) && flow.steps.has(loop));
  return Object.fromEntries(around);
}

/** What a loop goes over, as JSON: so many times, or once for each item. @throws for more than anybody answers */
function itemsOf(over: number | readonly unknown[]): readonly JsonValue[] {
  const items =
    typeof over === "number" ? Array.from({ length: Math.max(0, Math.floor(over)) }, (_, index) => index) : over;
  if (items.length > ITEMS_MOST) throw new Error("too many items");
  return asJson(items) as readonly JsonValue[];
}
