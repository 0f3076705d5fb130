import { answerTo, bestOf } from "../decide/choices.js";
import { attachmentId, flowPromptId } from "../decide/ids.js";
import type { MessageContent, OutboundContent } from "../domain/content.js";
import { asJson, type JsonValue } from "../domain/json.js";
import { optionId } from "../domain/prompt.js";
import type { FormOf, TimerKind } from "./advance.js";
import { dateIn, emailIn, nightsIn, numberIn, phoneIn } from "./answers.js";
import type { NamedOption, QuestionStep, Step } from "./types.js";
import type { Walk } from "./walk.js";

export const isQuestion = (step: Step | undefined): step is QuestionStep =>
  step?.kind === "ask" ||
  step?.kind === "choose" ||
  step?.kind === "photo" ||
  step?.kind === "location" ||
  step?.kind === "form";

/** Answers in a row that a question can do nothing with, before a person helps. */
export const triesOf = ({ retries = 3 }: QuestionStep): number => retries;

/** Asks anew: what was asked before is over. @param before what is said before the question */
export function ask(walk: Walk, step: QuestionStep, before: string | null = null): void {
  const { run } = walk;
  const turn = run.turn + 1;
  const id = flowPromptId(run.id, turn);
  const options =
    step.kind === "choose"
      ? step.options(walk.context()).map((one, index) => ({ ...one, id: optionId(id, index) }))
      : [];
  if (step.kind === "choose" && options.length === 0) throw new Error("nothing to choose from");
  walk.run = { ...run, turn, status: "waiting", promptId: id, options, asksFor: null };
  if (step.kind === "photo" && walk.world.keepsFiles)
    walk.run = { ...walk.run, filesFor: step.purpose, ...(step.purpose !== null && { tookFiles: true }) };
  const messageId = show(walk, step, before);
  walk.record("pending", messageId);
  walk.prompt = {
    id,
    step: walk.run.step,
    messageId: messageId ?? "",
    options: options.map(({ id: option, value, title }) => ({ id: option, value, title })),
  };
  startClock(walk, step);
}

/** Asks the same again, with the same options: anew, where a new release asks otherwise. */
export function askAgain(walk: Walk, step: QuestionStep, before: string): void {
  if (!isAskedSo(walk, step)) {
    walk.mark("skipped");
    ask(walk, step, before);
    return;
  }
  const messageId = show(walk, step, before);
  if (messageId !== null) walk.askedAgain(messageId);
  startClock(walk, step);
}

/** Whether what the guest has in front of them is what is asked now: text, or these options. */
function isAskedSo(walk: Walk, step: QuestionStep): boolean {
  const asked = walk.run.options.map(({ value }) => value);
  const now = step.kind === "choose" ? step.options(walk.context()).map(({ value }) => value) : [];
  return JSON.stringify(asked) === JSON.stringify(now);
}

/** Text was asked for where there is a choice now, or the other way round. */
export const isOtherKind = ({ run }: Walk, { kind }: QuestionStep): boolean =>
  (kind === "choose") !== run.options.length > 0;

/** Sets when the guest is reminded, or given up. */
function startClock(walk: Walk, step: QuestionStep): void {
  const { stepMs, now } = walk.world;
  const remindMs = step.remindMs === undefined ? stepMs : step.remindMs;
  const timeoutMs = step.timeoutMs === undefined ? (remindMs ?? stepMs) : step.timeoutMs;
  const { turn, reminded } = walk.run;
  const [what, ms]: [TimerKind, number | null] =
    reminded || remindMs === null ? ["timeout", timeoutMs] : ["remind", remindMs];
  if (ms !== null) walk.timers.push({ what, turn, dueAt: new Date(now.getTime() + ms) });
}

/** Shows the question, after what is said before it. @returns the id of the first message */
function show(walk: Walk, step: QuestionStep, before: string | null): string | null {
  const asked = walk.words(step.text);
  const joined = before === null ? asked : `${before}\n\n${asked}`;
  // What one message has no room for is two.
  const fits = joined.length <= 1024;
  if (!fits && before !== null) walk.say({ type: "text", text: before }, "pending");
  const text = fits ? joined : asked;
  const [first, ...more] = contents(walk, step, text);
  const id = first === undefined ? null : walk.say(first, "pending");
  for (const content of more) walk.say(content, "pending");
  keepTerms(walk, step, id);
  return id;
}

/** Keeps what the guest is asked to agree to: a release between the question and the answer changes nothing of it. */
function keepTerms(walk: Walk, { agreement }: QuestionStep, askedIn: string | null): void {
  if (agreement === undefined || askedIn === null) return;
  const { document, version, sha256: hash } = agreement;
  const sha256 = typeof hash === "string" ? hash : (hash as (context: unknown) => string)(walk.context());
  const { asksFor = null } = walk.run;
  const isShown = asksFor?.document === document && asksFor.version === version && asksFor.sha256 === sha256;
  if (!isShown) walk.run = { ...walk.run, asksFor: { document, version, sha256, askedIn } };
}

function contents(walk: Walk, step: QuestionStep, text: string): readonly OutboundContent[] {
  switch (step.kind) {
    case "choose": {
      const { button } = step;
      return bestOf({
        text,
        options: walk.run.options.map(({ value: _value, ...option }) => option),
        ...(button !== undefined && { button: walk.words(button) }),
      }).contents;
    }
    case "location":
      return [{ type: "locationRequest", text }];
    case "form": {
      const start = step.start?.(walk.context());
      const token = formToken(walk, step.token);
      const label = walk.words(step.label);
      return [{ type: "form", text, label, form: step.form, token, ...(start !== undefined && { start }) }];
    }
    default:
      return [{ type: "text", text }];
  }
}

type OwnToken = Extract<QuestionStep, { kind: "form" }>["token"];

function formToken({ run, world }: Walk, own: OwnToken): string {
  const form = formOf(run);
  return own?.(form.promptId) ?? world.forms?.seal(form, world.now) ?? form.promptId;
}

/** A token may have been sealed at another time, and with another secret. */
function isOwnForm(walk: Walk, token: JsonValue | undefined, own: OwnToken): boolean {
  const form = formOf(walk.run);
  const { forms, now } = walk.world;
  if (own !== null || forms === undefined) return token === formToken(walk, own);
  const of = typeof token === "string" ? forms.open(token, now) : null;
  return of?.promptId === form.promptId && of.guestId === form.guestId && of.hotelId === form.hotelId;
}

const formOf = ({ hotelId, guestId, promptId }: Walk["run"]): FormOf => ({
  hotelId,
  guestId,
  promptId: promptId ?? "",
});

/** Where a guest's answer leads. */
export type Read =
  { readonly kind: "answer"; readonly value: JsonValue } | { readonly kind: "skip" } | { readonly kind: "invalid" };
const INVALID: Read = { kind: "invalid" };

/** What an option that was chosen stands for; null when none was. */
export function chosenIn(
  walk: Walk,
  step: Extract<QuestionStep, { kind: "choose" }>,
  content: MessageContent,
): string | null {
  const { options } = walk.run;
  if (options.length === 0) return null;
  const answer = answerTo({ text: walk.words(step.text), options }, content);
  const value = options.find(({ id }) => id === answer?.id)?.value ?? null;
  // The flow may have changed since it asked.
  return value !== null && step.options(walk.context()).some((option: NamedOption) => option.value === value)
    ? value
    : null;
}

/** What a message answers to a question. @param skips the guest wrote that they would rather not */
export function read(walk: Walk, step: QuestionStep, content: MessageContent, messageId: string, skips: boolean): Read {
  switch (step.kind) {
    case "ask": {
      if (skips && step.optional) return { kind: "skip" };
      const typed = content.type === "text" ? typedIn(walk, step, content.text) : null;
      return typed === null
        ? INVALID
        : step.schema === null
          ? { kind: "answer", value: typed }
          : valid(step.schema, typed);
    }
    case "photo": {
      // The file lies with WhatsApp still: the answer says which message it came in. Where files are fetched and checked by the
      // desk, this is the place at which a run waits for the file's fate before the step has succeeded, and its input is that fate.
      const fits = content.type === "image" || (step.documents && content.type === "document");
      if (!fits) return INVALID;
      const media = { ...content.media, type: content.type };
      const file = walk.world.keepsFiles ? attachmentId(messageId) : null;
      return { kind: "answer", value: { messageId, attachmentId: file, media } };
    }
    case "location": {
      if (content.type !== "location") return INVALID;
      const { latitude, longitude, text, address } = content;
      const named = { ...(text !== undefined && { name: text }), ...(address !== undefined && { address }) };
      return { kind: "answer", value: { latitude, longitude, ...named } };
    }
    case "form": {
      if (content.type !== "flowReply") return INVALID;
      const answers = parsedJson(content.answers);
      if (typeof answers !== "object" || answers === null || Array.isArray(answers)) return INVALID;
      const { flow_token, ...given } = answers as Readonly<Record<string, JsonValue>>;
      // Only the form of this question answers it.
      return isOwnForm(walk, flow_token, step.token) ? valid(step.schema, given) : INVALID;
    }
    case "choose":
      return INVALID;
  }
}

function typedIn(walk: Walk, step: Extract<QuestionStep, { kind: "ask" }>, text: string): string | number | null {
  const { timeZone, now } = walk.world;
  const { language } = walk;
  const { country, past } = step;
  switch (step.as) {
    case "text":
      return text.trim() === "" ? null : text;
    case "number":
      return numberIn(text, { language });
    case "nights":
      return nightsIn(text, { language });
    case "date":
      return dateIn(text, { timeZone, language, now, past });
    case "email":
      return emailIn(text);
    case "phone":
      return phoneIn(text, country === undefined ? {} : { country });
  }
}

function valid(
  schema: { readonly "~standard": { readonly validate: (value: unknown) => unknown } },
  value: JsonValue,
): Read {
  const result = schema["~standard"].validate(value) as
    { readonly value?: unknown; readonly issues?: readonly unknown[] } | Promise<unknown>;
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new Error("a schema of a flow answers at once, not by a promise");
  }
  return result.issues === undefined ? { kind: "answer", value: asJson(result.value) } : INVALID;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
