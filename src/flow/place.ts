import type { FlowAnswers, FlowRun } from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import { languageOf } from "./texts.js";
import type { Erased, Flow, Step } from "./types.js";

type Place = Pick<FlowRun, "step" | "loops" | "answers">;

/** What a step's own code sees. In a loop its answers come over those around it; a sub-flow's are its own alone. */
export function contextOf(
  flow: Flow,
  run: FlowRun,
  { now, guest, timeZone, language }: Pick<Erased, "now" | "guest" | "timeZone"> & { readonly language?: string },
): Erased {
  let held: JsonValue = run.answers;
  let seen: FlowAnswers = run.answers;
  let loop: { item: JsonValue; index: number } | null = null;
  for (const { path, name, kind } of around(flow, run.step)) {
    const own: JsonValue = member(held, name) ?? null;
    const round = kind === "each" ? run.loops[path] : undefined;
    held = round === undefined ? own : ((own as readonly JsonValue[] | null)?.[round.at] ?? null);
    const answers = isObject(held) ? held : {};
    seen = kind === "each" ? { ...seen, ...answers } : answers;
    if (round !== undefined) loop = { item: round.items[round.at] ?? null, index: round.at };
    else if (kind === "use") loop = null;
  }
  const { id, startedAt, conversationId, given, hotelId, agreements = [] } = run;
  return {
    answers: seen,
    given,
    guest,
    run: { id, startedAt, conversationId },
    hotelId,
    language: languageOf(flow, { ...(language !== undefined && { language }) }, run),
    hotelLanguage: language ?? "en",
    agreements,
    now,
    timeZone,
    ...loop,
  };
}

/** The answers with one more: that of the step where the run stands. */
export const withAnswer = (flow: Flow, { step, loops, answers }: Place, value: JsonValue): FlowAnswers =>
  put(answers, [...pathOf(flow, { step, loops }), nameOf(step)], value) as FlowAnswers;

/** The answers without those of some steps beside the one where the run stands. */
export function withoutAnswers(flow: Flow, { step, loops, answers }: Place, names: readonly string[]): FlowAnswers {
  const path = pathOf(flow, { step, loops });
  const held = path.reduce<JsonValue>(
    (inner, at) =>
      typeof at === "number" ? ((inner as readonly JsonValue[] | null)?.[at] ?? null) : (member(inner, at) ?? null),
    answers,
  );
  if (!isObject(held)) return answers;
  const left = Object.fromEntries(Object.entries(held).filter(([name]) => !names.includes(name)));
  return put(answers, path, left) as FlowAnswers;
}

/** Where the answers of a step stand among all. */
const pathOf = (flow: Flow, { step, loops }: Pick<Place, "step" | "loops">): readonly (string | number)[] =>
  around(flow, step).flatMap(({ path, name, kind }) => (kind === "each" ? [name, loops[path]?.at ?? 0] : [name]));

/** Which of a step's answers nobody reads who is handed the guest: whose document it is, what a form's fields say. */
export function secretIn(name: string, step: Step): readonly string[] {
  const { secret = false } = step as { readonly secret?: boolean | readonly string[] };
  if (typeof secret === "object") return secret.map((field) => `${name}.${field}`);
  return secret || (step.kind === "photo" && step.purpose === "identity") ? [name] : [];
}

/** Which round of its loops a step is in. */
export const roundOf = ({ step, loops }: Pick<Place, "step" | "loops">): string =>
  Object.entries(loops)
    .filter(([loop]) => step.startsWith(`${loop}.`))
    .sort(([a], [b]) => a.length - b.length)
    .map(([, { at }]) => String(at))
    .join(".");

/** How often a step has succeeded in this run, in the same round. */
export const timesDone = (run: FlowRun): number => {
  const round = roundOf(run);
  return run.records.filter((one) => one.step === run.step && one.round === round && one.result === "succeeded").length;
};

/** What a call to the host is known by, however often and wherever it is made. */
export const idempotencyKeyOf = (run: FlowRun): string => {
  const round = roundOf(run);
  return `${run.id}:${run.step}${round === "" ? "" : `@${round}`}:${String(timesDone(run) + 1)}`;
};

/** The loops and sub-flows that a step stands in, the outermost first. */
function around(flow: Flow, step: string): readonly { path: string; name: string; kind: "each" | "use" }[] {
  const names = step.split(".").slice(0, -1);
  return names.flatMap((name, index) => {
    const path = names.slice(0, index + 1).join(".");
    const kind = flow.steps.get(path)?.kind;
    return kind === "each" || kind === "use" ? [{ path, name, kind }] : [];
  });
}

const nameOf = (step: string): string => step.slice(step.lastIndexOf(".") + 1);

function put(into: JsonValue | undefined, [at, ...rest]: readonly (string | number)[], value: JsonValue): JsonValue {
  if (at === undefined) return value;
  if (typeof at === "number") {
    const list = Array.isArray(into) ? [...(into as readonly JsonValue[])] : [];
    list[at] = put(list[at], rest, value);
    return list;
  }
  return { ...(isObject(into) ? into : {}), [at]: put(member(into ?? null, at), rest, value) };
}

/** Its own members alone: a step may be called `constructor`. */
const member = (value: JsonValue, name: string): JsonValue | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

const isObject = (value: JsonValue | undefined): value is FlowAnswers =>
  typeof value === "object" && value !== null && !Array.isArray(value);
