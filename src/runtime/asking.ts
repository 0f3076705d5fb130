import { setTimeout as delay } from "node:timers/promises";
import type { FlowListener } from "../decide/item.js";
import { isLanguage } from "../decide/language.js";
import type { JsonValue } from "../domain/json.js";
import type { FlowBook } from "../flow/book.js";
import { processing, type NoAnswer, type QuestionTo, type Said } from "../flow/processing.js";
import type { DeskLogger } from "../ports/logger.js";
import { BUILT_IN_PROCESSORS } from "../domain/processor.js";
import type { Destination, RoutingOptions } from "../ports/processor.js";
import type { FindGuest } from "./host-ports.js";
import { warnings } from "./warnings.js";
import { whereFrom } from "./where-from.js";

/** How long and how often the host is asked about messages; the defaults and their reasons stand with the options. */
export interface RoutingSettings {
  readonly minConfidence: number;
  /** Milliseconds. */
  readonly deadlineMs: number;
  readonly concurrency: number;
}

export interface AskingOptions {
  readonly routing: Pick<RoutingOptions, "processors" | "classify">;
  readonly settings: RoutingSettings;
  readonly book: FlowBook;
  /** null: the host's books say nothing of guests. */
  readonly findGuest: FindGuest | null;
  /** Messages about which the host is asked at once, those that wait for their turn included: the lanes of the rest stay free. */
  readonly most: number;
  readonly logger: DeskLogger;
}

/** Asks the host about messages before they are decided, and remembers what it said until they are stored. */
export interface Asking {
  /** Hears the message of a work. `unasked` is told what is to be asked first: then what the listener returns is for nothing. */
  readonly listener: (workId: string, unasked: (question: QuestionTo) => void) => FlowListener;
  /** When those have to have answered who are asked about a message that is taken up now, by the monotonic clock. */
  readonly deadline: () => number;
  /**
   * Asks, within what is left until then. Never throws: what is no answer is remembered as such, and the message goes on. Whoever decides the same
   * message again in this process finds the same answers.
   */
  readonly ask: (workId: string, question: QuestionTo, until: number) => Promise<void>;
  /** These are stored. */
  readonly forget: (workIds: readonly string[]) => void;
}

/** Messages whose answers are remembered. One is forgotten for newer ones, and asked about anew if it is still not stored. */
const REMEMBERED = 10_000;

export function asking({ routing, settings, book, findGuest, most, logger }: AskingOptions): Asking {
  const { minConfidence, deadlineMs, concurrency } = settings;
  const order = routing.processors ?? BUILT_IN_PROCESSORS;
  const own = new Map(order.flatMap((one) => (typeof one === "string" ? [] : [[one.name, one] as const])));
  const { classify } = routing;
  const rule = {
    order: order.map((one) => (typeof one === "string" ? one : one.name)),
    classifies: classify !== undefined,
    minConfidence,
    asksLanguage: findGuest !== null,
  };
  const warn = warnings(logger);
  const remembered = new Map<string, Map<string, Said>>();
  const places = turns(concurrency);
  let inHand = 0;

  function memoryOf(workId: string) {
    const known = remembered.get(workId);
    if (known !== undefined) return known;
    const [oldest] = remembered.size >= REMEMBERED ? remembered.keys() : [];
    if (oldest !== undefined) remembered.delete(oldest);
    const fresh = new Map<string, Said>();
    remembered.set(workId, fresh);
    return fresh;
  }

  async function ask(workId: string, question: QuestionTo, until: number): Promise<void> {
    const said = memoryOf(workId);
    if (said.has(question.name)) return;
    const answer = inHand >= most ? failure(question, "busy") : await asked(question, until);
    said.set(question.name, answer);
  }

  async function asked(question: QuestionTo, until: number): Promise<Said> {
    inHand += 1;
    const over = new AbortController();
    const deadline = delay(Math.max(0, until - performance.now()), LATE, { ref: false, signal: over.signal });
    deadline.catch(() => undefined);
    try {
      const wanted = places.take();
      const release = await Promise.race([wanted, deadline]);
      if (typeof release === "symbol") {
        // Its turn comes still, and is nobody's then.
        void wanted.then((giveBack) => {
          giveBack();
        });
        return failure(question, "late");
      }
      const ended = new AbortController();
      try {
        const answer = await Promise.race([put(question, ended.signal), deadline]);
        if (answer === LATE) return failure(question, "late");
        const read = readAnswer(question, answer);
        return read ?? failure(question, "nonsense");
      } catch (error) {
        return failure(question, "threw", error);
      } finally {
        ended.abort();
        release();
      }
    } finally {
      over.abort();
      inHand -= 1;
    }
  }

  /** An async function turns what the host throws at once into what it rejects with. */
  async function put(question: QuestionTo, signal: AbortSignal): Promise<unknown> {
    switch (question.kind) {
      case "processor":
        return own.get(question.name)?.process({ ...question.about, signal });
      case "classify":
        return classify?.({ ...question.about, signal });
      case "language":
        return findGuest?.(question.guest);
    }
  }

  function failure({ kind, name }: QuestionTo, because: NoAnswer, error?: unknown): Said {
    warn(
      kind === "classify" ? "classify_failed" : kind === "language" ? "language_failed" : "processor_failed",
      "A function of the host's that is asked about guests' messages gave no answer: they went on without it.",
      { processor: name, because, ...(error !== undefined && whereFrom(error)) },
    );
    return { kind: "failed", because };
  }

  return {
    listener: (workId, unasked) => processing(rule, book, { said: remembered.get(workId) ?? NOTHING_SAID, unasked }),
    deadline: () => performance.now() + deadlineMs,
    ask,
    forget(workIds) {
      for (const id of workIds) remembered.delete(id);
    },
  };
}

const LATE = Symbol("late");
const NOTHING_SAID: ReadonlyMap<string, Said> = new Map();

/** @returns null for what makes no sense; whether a hotel has such a department or flow the decision says */
function readAnswer({ kind }: QuestionTo, answer: unknown): Said | null {
  if (answer === null || answer === undefined) return { kind: "passes" };
  if (typeof answer !== "object") return null;
  const { departmentId, flowId, confidence = 1, given, language } = answer as Readonly<Record<string, unknown>>;
  if (kind === "language") {
    const isKnown = typeof language === "string" && isLanguage(language);
    return isKnown ? { kind: "speaks", language } : { kind: "passes" };
  }
  if (typeof confidence !== "number" || !(confidence >= 0 && confidence <= 1)) return null;
  const to = destination(departmentId ?? null, flowId ?? null, kind === "processor" ? (given ?? {}) : {});
  return to && { kind: "takes", to, confidence };
}

function destination(departmentId: unknown, flowId: unknown, given: unknown): Destination | null {
  if (typeof departmentId === "string" && flowId === null) return { departmentId };
  if (typeof flowId !== "string" || departmentId !== null) return null;
  const json: unknown = JSON.parse(JSON.stringify(given));
  return typeof json === "object" && json !== null && !Array.isArray(json)
    ? { flowId, given: json as Readonly<Record<string, JsonValue>> }
    : null;
}

/** So many at once; others wait for their turn. */
function turns(most: number) {
  const waiting: (() => void)[] = [];
  let taken = 0;
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) taken -= 1;
    else next();
  };
  return {
    /** @returns what gives the place back */
    take: (): Promise<() => void> => {
      if (taken < most) {
        taken += 1;
        return Promise.resolve(release);
      }
      return new Promise((resolve) => {
        waiting.push(() => {
          resolve(release);
        });
      });
    },
  };
}
