import type { MessageContent } from "../domain/content.js";
import { isCalled, type FlowAnswers, type FlowRun } from "../domain/flow-run.js";
import type { JsonValue } from "../domain/json.js";
import { keyOf } from "../decide/choices.js";
import { ConversationError } from "../errors.js";
import type { FormTokens } from "./advance.js";
import type { Flow, FlowMigration, Trigger, Step } from "./types.js";
import { slotsOf } from "./phrase.js";

/** The flows of this release. */
export interface FlowBook {
  readonly all: readonly Flow[];
  /** The version that new runs begin; null for an id that there is not. */
  newest(flowId: string): Flow | null;
  /**
   * The flow that a run follows, and the run as it stands in that: moved on where its version is not registered any more and a newer
   * one says how. `flow` is null when nothing does: the run is for staff.
   * @throws {ConversationError} `flow_version_newer` when a newer release began it
   */
  of(run: FlowRun): { readonly flow: Flow | null; readonly run: FlowRun };
  /** The flow that a guest's message begins, with what it says. */
  begunBy(content: MessageContent): { readonly flow: Flow; readonly given: Readonly<Record<string, JsonValue>> } | null;
  /** The desk keeps files: a photo is an answer once it was looked into. */
  readonly keepsFiles: boolean;
  readonly forms?: FormTokens;
  /** Told what a flow's own code threw. */
  readonly threw?: (error: unknown, run: FlowRun) => void;
}

/** @throws {ConversationError} `flow_invalid` when two have the same id and version */
export function flowBook(
  flows: readonly Flow[],
  threw?: FlowBook["threw"],
  forms?: FormTokens,
  keepsFiles = false,
): FlowBook {
  const byId = new Map<string, Flow[]>();
  for (const flow of flows) {
    const known = byId.get(flow.id) ?? [];
    if (known.some(({ version }) => version === flow.version))
      throw new ConversationError("flow_invalid", {
        flow: flow.id,
        step: "",
        what: `has two definitions of version ${String(flow.version)}`,
      });
    byId.set(
      flow.id,
      [...known, flow].sort((a, b) => b.version - a.version),
    );
  }
  const newest = (flowId: string): Flow | null => byId.get(flowId)?.[0] ?? null;
  const beginners = [...byId.values()].flatMap(([flow]) => flow ?? []);
  return {
    all: flows,
    keepsFiles,
    newest,
    of(run) {
      const versions = byId.get(run.flowId) ?? [];
      const own = versions.find(({ version }) => version === run.flowVersion);
      if (own !== undefined) return { flow: own, run };
      const [last] = versions;
      if (last !== undefined && last.version < run.flowVersion) throw new ConversationError("flow_version_newer");
      for (const flow of versions) {
        const migration = flow.migrations.find(({ from }) => from === run.flowVersion);
        const moved = migration === undefined ? null : movedOn(run, flow, migration, threw);
        if (moved !== null) return { flow, run: moved };
      }
      return { flow: null, run };
    },
    begunBy(content) {
      for (const flow of beginners)
        for (const trigger of flow.triggers) {
          const given = givenBy(trigger, content);
          if (given !== null) return { flow, given };
        }
      return null;
    },
    ...(forms !== undefined && { forms }),
    ...(threw !== undefined && { threw }),
  };
}

/** In whose place a run is handed over whose flow there is not any more. */
export const goneFlow = ({ flowId, flowVersion }: Pick<FlowRun, "flowId" | "flowVersion">): Flow => ({
  id: flowId,
  version: flowVersion,
  departmentId: null,
  language: null,
  triggers: [],
  texts: {},
  migrations: [],
  steps: new Map(),
  first: null,
});

/** Steps that a guest answers. */
const QUESTIONS: ReadonlySet<Step["kind"]> = new Set(["ask", "choose", "photo", "location", "form"]);

/** A migration is the host's code: where it throws, staff get the run. */
function movedOn(run: FlowRun, flow: Flow, migration: FlowMigration, threw: FlowBook["threw"]): FlowRun | null {
  try {
    return migrated(run, flow, migration);
  } catch (error) {
    threw?.(error, run);
    return null;
  }
}

/**
 * Whether a run can go on at a step as it stands: with a question in front of the guest it has to be one; a call that may be under way goes on as one,
 * by its key.
 */
function fits(
  { status, promptId, step: before, approval, call = null }: FlowRun,
  step: string,
  { steps }: Flow,
): boolean {
  const kind = steps.get(step)?.kind ?? "end";
  switch (status) {
    case "running":
      return kind === (isCalled({ call }) ? "perform" : "photo");
    case "waiting":
      if (promptId !== null) return QUESTIONS.has(kind);
      return approval?.decision === null && approval.step === before ? kind === "approval" : kind === "wait";
    default:
      return true;
  }
}

/** A run as it stands in a newer version. @returns null where its step has no place there */
export function migrated(run: FlowRun, flow: Flow, { steps = {}, answers = same }: FlowMigration): FlowRun | null {
  const stepOf = (step: string): string | null => {
    const to = Object.hasOwn(steps, step) ? steps[step] : undefined;
    const name = to === undefined ? step : typeof to === "string" ? to : to({ answers: run.answers });
    return flow.steps.has(name) ? name : null;
  };
  const step = stepOf(run.step);
  const loops = Object.entries(run.loops).map(([loop, place]) => [stepOf(loop), place] as const);
  if (step === null || loops.some(([loop]) => loop === null) || !fits(run, step, flow)) return null;
  const trail = run.trail.flatMap((place) => {
    const name = stepOf(place.step);
    const rounds = Object.entries(place.rounds).map(([loop, round]) => [stepOf(loop) ?? loop, round] as const);
    return name === null ? [] : [{ step: name, rounds: Object.fromEntries(rounds) }];
  });
  // The open record is of the step where it stands, by its new name.
  const records = run.records.map((one) => ({ ...one, step: stepOf(one.step) ?? one.step }));
  return {
    ...run,
    flowVersion: flow.version,
    step,
    loops: Object.fromEntries(loops) as FlowRun["loops"],
    trail,
    records,
    ...(run.call != null && { call: { ...run.call, step: stepOf(run.call.step) ?? run.call.step } }),
    ...(run.approval != null && {
      approval: { ...run.approval, step: stepOf(run.approval.step) ?? run.approval.step },
    }),
    ...(run.agreements !== undefined && {
      agreements: run.agreements.map((one) => ({ ...one, step: stepOf(one.step) ?? one.step })),
    }),
    ...(run.secrets !== undefined && { secrets: run.secrets.map((path) => movedPath(path, stepOf)) }),
    answers: answers(run.answers),
  };
}

/** Where an answer stands by its step's new name: the longest of the names that it begins with is the step's, and what follows a form's field. */
function movedPath(path: string, stepOf: (step: string) => string | null): string {
  for (let end = path.length; end > 0; end = path.lastIndexOf(".", end - 1)) {
    const moved = stepOf(path.slice(0, end));
    if (moved !== null) return moved + path.slice(end);
  }
  return path;
}

const same = (answers: FlowAnswers): FlowAnswers => answers;

/** What a trigger takes out of a message; null when it is not for it. */
function givenBy(trigger: Trigger, content: MessageContent): Readonly<Record<string, string>> | null {
  switch (trigger.kind) {
    case "keyword":
      return content.type === "text" && trigger.words.some((word) => keyOf(word) === keyOf(content.text)) ? {} : null;
    case "phrase":
      return content.type === "text" ? slotsOf(trigger.pattern, content.text) : null;
    case "button":
      return content.type === "choice" && content.id === trigger.id ? {} : null;
    case "pms":
    case "staff":
      return null;
  }
}
