import { isLanguage } from "../decide/language.js";
import { ConversationError } from "../errors.js";
import { LIMITS } from "../whatsapp/limits.js";
import type { Flow, FlowTexts, Step } from "./types.js";
import type { FlowOptions } from "./define.js";

/** A step before it is known what follows it. */
export interface Draft {
  readonly name: string;
  /**
   * @param compile steps beside this one @param nested steps under this one's name, which go round @param graft another flow's, under this
   *   one's name
   */
  readonly make: (
    next: string | null,
    compile: (drafts: readonly Draft[], next: string | null) => string | null,
    nested: (drafts: readonly Draft[]) => string | null,
    graft: (flow: Flow) => string | null,
  ) => Step;
}

/** The end of a round of a loop: no step can be called so. */
const AGAIN = "/again";

export const invalidFlow = (what: string, step: string, flow?: string): ConversationError =>
  new ConversationError("flow_invalid", { step, what, ...(flow !== undefined && { flow }) });

/** Links the steps to one another, and looks for what a type cannot see. */
export function compiled(options: FlowOptions, drafts: readonly Draft[]): Flow {
  const { id, version, department = null, language = null, triggers = [], texts = {}, migrate = [] } = options;
  const wrong = (what: string, step = ""): ConversationError => invalidFlow(what, step, id);
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(id)) throw wrong("has an id that is not 1 to 64 of a-z, 0-9, _ and -");
  if (!Number.isInteger(version) || version < 1) throw wrong("has a version that is not 1 or more");
  if (drafts.length === 0) throw wrong("has no steps");
  if (language !== null && !isLanguage(language)) throw wrong("has a language that is no BCP 47 tag");
  const steps = new Map<string, Step>();
  const first = compile(drafts, null, "");
  const migrations = "from" in migrate ? [migrate] : migrate;
  for (const [name, step] of steps)
    if (step.kind === "goTo" && !steps.has(step.target)) throw wrong("goes to a step that there is not", name);
  for (const { from, steps: moved = {} } of migrations) {
    if (!Number.isInteger(from) || from < 1 || from >= version)
      throw wrong(`migrates from version ${String(from)}, which is not before it`);
    for (const to of Object.values(moved))
      if (typeof to === "string" && !steps.has(to)) throw wrong("is migrated to, and there is no such step", to);
  }
  const stuck = withoutWayOut(steps);
  if (stuck !== undefined) throw wrong("has no way out: the flow never ends from here", stuck);
  const round = roundWithoutAsking(steps);
  if (round !== undefined) throw wrong("goes round without asking anything", round);
  return {
    id,
    version,
    departmentId: department,
    language,
    triggers,
    texts: ownTexts(texts, wrong),
    migrations,
    steps,
    first,
  };

  /** @returns the first one's name, or `after` where there is none */
  function compile(all: readonly Draft[], after: string | null, prefix: string): string | null {
    let next = after;
    for (const { name, make } of [...all].reverse()) {
      const path = `${prefix}${name}`;
      if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
        throw wrong("has a name that is not 1 to 64 of A-Z, a-z, 0-9 and _, beginning with a letter", path);
      // A step inside another is made while that is: its place is taken first. Two ways back to one step, from two paths, are one.
      const known = steps.get(path);
      if (known !== undefined && known.kind !== "goTo") throw wrong("has the name of another step", path);
      const step = make(
        next,
        (inner, then) => compile(inner, then, prefix),
        (inner) => {
          steps.set(`${path}${AGAIN}`, { kind: "again", next, loop: path });
          return compile(inner, `${path}${AGAIN}`, `${path}.`);
        },
        (flow) => graft(flow, path, next),
      );
      const placed = step.kind === "goTo" ? { ...step, target: `${prefix}${step.target}` } : step;
      const other = steps.get(path);
      const isSame = other?.kind === "goTo" && placed.kind === "goTo" && other.target === placed.target;
      if (other !== undefined && !isSame) throw wrong("has the name of another step", path);
      steps.set(path, placed);
      next = path;
    }
    return next;
  }

  function graft(flow: Flow, path: string, next: string | null): string | null {
    const at = (name: string | null): string | null => (name === null ? next : `${path}.${name}`);
    for (const [name, step] of flow.steps) steps.set(`${path}.${name}`, moved(step, at, path));
    return at(flow.first);
  }
}

/** @throws for a text that a message has no room for */
function ownTexts(texts: Partial<FlowTexts>, wrong: (what: string) => ConversationError): Partial<FlowTexts> {
  for (const [name, text] of Object.entries(texts))
    if (text.trim() === "" || text.length > LIMITS.buttonBody)
      throw wrong(`has a text ${name} that is not 1 to ${String(LIMITS.buttonBody)} characters long`);
  return texts;
}

/** A step of another flow, in its new place. */
function moved(step: Step, at: (name: string | null) => string | null, path: string): Step {
  const next = at(step.next);
  switch (step.kind) {
    case "branch":
      return {
        ...step,
        next,
        paths: Object.fromEntries(Object.entries(step.paths).map(([label, to]) => [label, at(to)])),
      };
    case "goTo":
      return { ...step, next, target: `${path}.${step.target}` };
    case "each":
    case "use":
      return { ...step, next, first: at(step.first) };
    case "again":
      return { ...step, next, loop: `${path}.${step.loop}` };
    default:
      return { ...step, next };
  }
}

/** Where a flow may go from a step; null is its end. */
function ways(steps: ReadonlyMap<string, Step>, step: Step): readonly (string | null)[] {
  switch (step.kind) {
    case "branch":
      return Object.values(step.paths);
    case "goTo":
      return [step.target];
    case "each":
      return [step.first, step.next];
    case "again": {
      const loop = steps.get(step.loop);
      return [loop?.kind === "each" ? loop.first : null, step.next];
    }
    case "use":
      return [step.first];
    case "end":
      return [null];
    default:
      return [step.next];
  }
}

function withoutWayOut(steps: ReadonlyMap<string, Step>): string | undefined {
  const ends = new Set<string>();
  for (let before = -1; before < ends.size;) {
    before = ends.size;
    for (const [name, step] of steps)
      if (step.kind === "handoff" || ways(steps, step).some((to) => to === null || ends.has(to))) ends.add(name);
  }
  return [...steps.keys()].reverse().find((name) => !ends.has(name));
}

const ASKS: ReadonlySet<Step["kind"]> = new Set<Step["kind"]>([
  "ask",
  "choose",
  "photo",
  "location",
  "form",
  "wait",
  "approval",
  "handoff",
]);

/** Loops over items end by themselves; whoever goes back has to ask something on the way. */
function roundWithoutAsking(steps: ReadonlyMap<string, Step>): string | undefined {
  const state = new Map<string, "open" | "done">();
  const visit = (name: string): string | undefined => {
    const step = steps.get(name);
    if (step === undefined || ASKS.has(step.kind) || state.get(name) === "done") return undefined;
    if (state.get(name) === "open") return name;
    state.set(name, "open");
    const next = step.kind === "again" ? [step.next] : ways(steps, step);
    for (const to of next) {
      const found = to === null ? undefined : visit(to);
      if (found !== undefined) return found;
    }
    state.set(name, "done");
    return undefined;
  };
  for (const name of steps.keys()) {
    const found = visit(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
