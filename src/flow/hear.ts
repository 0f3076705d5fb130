import { flowCallId } from "../decide/ids.js";
import { isLanguage } from "../decide/language.js";
import type { JsonValue } from "../domain/json.js";
import type { Score } from "../domain/rating.js";
import { ask, askAgain, chosenIn, isOtherKind, isQuestion, read, triesOf } from "./question.js";
import { enter, goBack, placeOf, stop } from "./steps.js";
import type { Heard, QuestionStep } from "./types.js";
import type { Walk } from "./walk.js";
import { flowWord } from "./words.js";

/** The guest's message, at the step where the run stands. @returns false when it is nothing to the run */
export function hear(walk: Walk, { content, messageId }: Heard): boolean {
  const { step, run } = walk;
  const typed = content.type === "text" ? content.text : null;
  const word = typed === null ? null : flowWord(typed);
  if (!isQuestion(step) || run.status === "running") {
    // The host, a file or a time, is waited for: whatever else the guest writes is for staff.
    if (word !== "stop" && word !== "human") return false;
    walk.heard = { step: run.step, result: "skipped" };
    if (word === "stop") stop(walk);
    else walk.park("asked", null);
    return true;
  }
  const chosen = step.kind === "choose" ? chosenIn(walk, step, content) : null;
  if (chosen === null && word !== null && word !== "skip") {
    walk.heard = { step: run.step, result: "skipped" };
    obey(walk, word);
    return true;
  }
  // A new release asks for text where options were shown, or the other way round: no answer to the one is one to the other.
  if (isOtherKind(walk, step)) {
    walk.heard = { step: run.step, result: "failed" };
    walk.mark("skipped");
    walk.run = { ...walk.run, tries: 0, reminded: false };
    ask(walk, step);
    return true;
  }
  const answer =
    chosen === null
      ? read(walk, step, content, messageId, word === "skip")
      : ({ kind: "answer", value: chosen } as const);
  if (answer.kind === "invalid") misunderstood(walk, step);
  else answered(walk, step, answer.kind === "skip" ? null : answer.value, answer.kind === "skip", messageId);
  return true;
}

function answered(walk: Walk, step: QuestionStep, value: JsonValue, skipped: boolean, messageId: string): void {
  const result = skipped ? "skipped" : "succeeded";
  walk.heard = { step: walk.run.step, result };
  if (step.kind === "photo" && walk.world.keepsFiles) {
    lookInto(walk, value, messageId);
    return;
  }
  const place = placeOf(walk.run);
  if (step.kind === "choose" && step.speaks && typeof value === "string" && isLanguage(value)) {
    walk.speaks = value;
    walk.run = { ...walk.run, language: value };
  }
  agree(walk, step, value, messageId);
  rate(walk, step, value);
  walk.answer(value, result);
  walk.run = { ...walk.run, trail: [...walk.run.trail, place] };
  enter(walk, walk.after);
}

function misunderstood(walk: Walk, step: QuestionStep): void {
  walk.heard = { step: walk.run.step, result: "failed" };
  const tries = walk.run.tries + 1;
  if (tries >= triesOf(step)) {
    walk.park("not_understood", "failed");
    return;
  }
  // Its time begins anew, and what was set before does nothing.
  walk.run = { ...walk.run, tries, reminded: false, turn: walk.run.turn + 1 };
  askAgain(walk, step, walk.words(step.invalid ?? walk.texts.invalid));
}

/** Keeps that the guest agreed, to what they were shown; or no longer, when they answer otherwise now. */
function agree(walk: Walk, { agreement }: QuestionStep, answer: JsonValue, agreedIn: string): void {
  if (agreement === undefined) return;
  const { step, agreements = [], asksFor = null } = walk.run;
  const { when = isYes } = agreement;
  const others = agreements.filter((one) => one.step !== step);
  // Where nothing was shown to agree to, an older release asked: nothing is proved by the answer.
  if (asksFor !== null && (when as (value: JsonValue) => boolean)(answer))
    walk.agreed = { step, ...asksFor, at: walk.world.now.toISOString(), agreedIn };
  walk.run = { ...walk.run, agreements: walk.agreed === null ? others : [...others, walk.agreed] };
}

const isYes = (answer: JsonValue): boolean => answer === "yes";

function rate(walk: Walk, { rates }: QuestionStep, answer: JsonValue): void {
  const { promptId, records } = walk.run;
  const score = (rates as ((value: JsonValue) => Score | null) | undefined)?.(answer) ?? null;
  const askedAt = new Date(records.at(-1)?.at ?? walk.world.now);
  if (score !== null && promptId !== null) walk.rated = { promptId, score, askedAt };
}

/** The guest's photo is kept, and the run waits until it was looked into. */
function lookInto(walk: Walk, photo: JsonValue, messageId: string): void {
  const turn = walk.run.turn + 1;
  walk.keep(photo);
  walk.run = { ...walk.run, turn, status: "running", promptId: null, options: [] };
  walk.calls.push({ id: flowCallId(walk.run.id, turn), turn, photo: messageId });
}

function obey(walk: Walk, word: "back" | "restart" | "stop" | "human"): void {
  walk.obeys = true;
  switch (word) {
    case "stop":
      stop(walk);
      return;
    case "human":
      walk.park("asked", null);
      return;
    case "restart":
      walk.mark("skipped");
      walk.run = { ...walk.run, answers: {}, agreements: [], loops: {}, trail: [] };
      enter(walk, walk.flow.first);
      return;
    case "back":
      goBack(walk);
  }
}
