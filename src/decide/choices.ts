import type { ButtonsContent, ListContent, MessageContent, TextContent } from "../domain/content.js";
import { plainDigits } from "../domain/digits.js";
import { foldText, hasMarkup } from "../domain/text.js";
import { ConversationError } from "../errors.js";
import { LIMITS } from "../whatsapp/limits.js";

/** More than anybody reads. */
export const CHOICES_MAX = 200;

/** A question that a guest answers with one of its options. */
export interface ChoiceQuestion {
  /** 1 to 4096 UTF-16 units. */
  readonly text: string;
  /** 1 to 200, in the order shown; typed numbers count from 1. */
  readonly options: readonly ChoiceOption[];
  /** The label that opens a list: one line of 1 to 20 UTF-16 units. `"Options"` by default. */
  readonly button?: string;
  /**
   * What is made of more options than a list holds. `"numbers"`, by default: a text in which every option has its number, all
   * of them seen at once. `"pages"`: lists of at most ten rows, of which the last one, until the last page, asks for the next:
   * then `nextPage` tells its number, and what `choices` makes for that `page` is to be sent.
   */
  readonly beyond?: "numbers" | "pages";
  /** The page that is shown, from 1; 1 by default. */
  readonly page?: number;
  /** The label of the row that asks for the next page: one line of 1 to 24 UTF-16 units. `"More"` by default. */
  readonly more?: string;
}

/** One of the options of a question. */
export interface ChoiceOption {
  /** Comes back when the guest chooses it, exactly as it is here. Not empty, and unlike the others'. */
  readonly id: string;
  /** What the guest reads. Not empty; one that is too long for a button makes a list, one too long for that a text. */
  readonly title: string;
  /** A line below the title. There is none on buttons: options with one are shown in a list. */
  readonly description?: string;
  /** The title in other languages, by BCP 47 tag (`{ it: "Reception" }`): not shown, but understood. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** How a question is shown. */
export interface Choices {
  readonly shownAs: "buttons" | "list" | "page" | "numbers";
  /** To be sent in this order. One, but for numbers that are too many for one text. */
  readonly contents: readonly (ButtonsContent | ListContent | TextContent)[];
  /** How many pages there are; 1 when there are none. */
  readonly pages: number;
}

/** Which option a guest chose, and how. */
export interface ChoiceAnswer {
  /** The option's. */
  readonly id: string;
  readonly how: "tap" | "number" | "label";
}

/**
 * A question as WhatsApp can show it best: up to three options as buttons, up to ten as a list, more, or what does not fit
 * those, as numbers or pages. Nothing is cut, nothing is left out, and no id is changed: what a form has no room for, or what
 * could not be told apart in it, goes to the next one. Texts that do not fit one message go on in another, between options.
 * @throws {ConversationError} `payload_invalid`, with `details.field`, `details.limit` and `details.actual`
 * @source https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages and
 *   https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages (2025-2026)
 */
export function choices(question: ChoiceQuestion): Choices {
  check(question);
  const shown = bestOf(question);
  const { page = 1 } = question;
  if (!Number.isInteger(page) || page < 1 || page > shown.pages) throw invalid("page", shown.pages, page);
  return shown;
}

/** The same without its checks: what nothing else has room for becomes numbers, whatever it is. */
export function bestOf(question: ChoiceQuestion): Choices {
  const { text, options } = question;
  if (canBeButtons(question)) {
    const buttons = options.map(({ id, title }) => ({ id, title }));
    return { shownAs: "buttons", contents: [{ type: "buttons", text, buttons }], pages: 1 };
  }
  if (canBeRows(question)) {
    if (options.length <= LIMITS.rows)
      return { shownAs: "list", contents: [listOf(question, text, options)], pages: 1 };
    if (question.beyond === "pages") return { shownAs: "page", contents: [pageOf(question)], pages: pagesOf(question) };
  }
  return { shownAs: "numbers", contents: numbered(text, options), pages: 1 };
}

/**
 * The option that an answer names, or null when it names none, or not one alone.
 *
 * - A tap is looked up by its id. One that is no option's is a tap on another question, and answers nothing, whatever it says.
 * - A label, in any of its languages, in any case, width and accent, with or without its number (`3. Spa`) and description, and with
 *   punctuation or emoji around it; as the whole answer, never found within a sentence. Of two options called alike it is
 *   neither, but a title as it stands counts before a number with another title (beside "Kinder", "1 Kinder" is what is called so),
 *   that before a title with its description, and what is shown before what another option is called in another language.
 * - A number, in the digits of any script, as emoji (3️⃣, 1️⃣2️⃣, 🔟) or in a circle, bare or as it stands in a list (`3.`, `(3)`).
 *   An option that is itself called by a number ("12") is what that number names, wherever it stands; beside it, other numbers
 *   count only where the guest sees them, in a numbered text.
 *
 * @param answer what the guest sent, or what they typed. Texts, taps and captions can answer, other contents do not.
 */
export function answerTo(question: ChoiceQuestion, answer: MessageContent | string): ChoiceAnswer | null {
  const { options } = question;
  const typed = wordsOf(answer);
  if (typed === null) {
    const id = tapOf(answer);
    return options.some((option) => option.id === id) && id !== null ? { id, how: "tap" } : null;
  }
  const key = keyOf(typed);
  if (key === "") return null;

  for (const keysOf of NAMES) {
    const [named, another] = options.filter((option, index) => keysOf(option, index).includes(key));
    if (named !== undefined) return another === undefined ? { id: named.id, how: "label" } : null;
  }

  const option = options[(numberOf(typed) ?? 0) - 1];
  return option !== undefined && numbersCount(question) ? { id: option.id, how: "number" } : null;
}

/** The page that an answer asks for, by a tap on the last row of any page or by its label; null when it asks for none. */
export function nextPage(question: ChoiceQuestion, answer: MessageContent | string): number | null {
  const { shownAs, pages } = bestOf(question);
  if (shownAs !== "page") return null;
  const typed = wordsOf(answer);
  if (typed === null) {
    const id = tapOf(answer);
    const asked = Array.from({ length: pages - 1 }, (_, index) => index + 2);
    return asked.find((page) => moreId(question.options, page) === id) ?? null;
  }
  const { page = 1, more = MORE } = question;
  return page < pages && keyOf(typed) === keyOf(more) && answerTo(question, answer) === null ? page + 1 : null;
}

/** What two labels are compared by: those that have the same one are called alike. A label of nothing but emoji is its own. */
export function keyOf(label: string): string {
  const folded = foldText(plainDigits(label));
  return folded === "" ? label.replace(/[\ufe0e\ufe0f\s]+/g, "") : folded;
}

const OPEN = "Options";
const MORE = "More";
/** Rows of a page that has another one after it: the last row asks for that. */
const ROWS_BEFORE_MORE = LIMITS.rows - 1;

/** WhatsApp takes no markup in the title of a button. */
function canBeButtons({ text, options }: ChoiceQuestion): boolean {
  return (
    options.length <= LIMITS.buttons &&
    fits(text, LIMITS.buttonBody) &&
    options.every(
      ({ id, title, description = "" }) =>
        fitsId(id, LIMITS.buttonId) &&
        fitsLine(title, LIMITS.buttonTitle) &&
        !hasMarkup(title) &&
        description.trim() === "",
    ) &&
    areUnlike(options.map(({ title }) => keyOf(title)))
  );
}

/** Rows that are called alike are told apart by their descriptions, or cannot be rows. */
function canBeRows(question: ChoiceQuestion): boolean {
  const { text, options, button = OPEN } = question;
  return (
    fits(options.length > LIMITS.rows ? pageText(question, options.length) : text, LIMITS.listBody) &&
    fitsLine(button, LIMITS.listButton) &&
    options.every(
      ({ id, title, description = "" }) =>
        fitsId(id, LIMITS.rowId) &&
        fitsLine(title, LIMITS.rowTitle) &&
        (description.trim() === "" || fitsLine(description, LIMITS.rowDescription)),
    ) &&
    areUnlike(options.map(({ title, description = "" }) => JSON.stringify([title, description].map(keyOf))))
  );
}

const listOf = ({ button = OPEN }: ChoiceQuestion, text: string, options: readonly ChoiceOption[]): ListContent => ({
  type: "list",
  text,
  button,
  rows: options.map(({ id, title, description = "" }) =>
    description.trim() === "" ? { id, title } : { id, title, description },
  ),
});

function pageOf(question: ChoiceQuestion): ListContent {
  const { options, page = 1, more = MORE } = question;
  const first = (page - 1) * ROWS_BEFORE_MORE;
  const isLast = page >= pagesOf(question);
  const shown = options.slice(first, isLast ? options.length : first + ROWS_BEFORE_MORE);
  const next = { id: moreId(options, page + 1), title: more };
  return listOf(question, pageText(question, first + 1, first + shown.length), isLast ? shown : [...shown, next]);
}

/** The last page has no row for another one, and so one option more. */
const pagesOf = ({ options }: ChoiceQuestion): number => Math.ceil((options.length - 1) / ROWS_BEFORE_MORE);

/** Says which numbers the rows of a page have: rows show none, and typed numbers go on from page to page. */
const pageText = ({ text, options }: ChoiceQuestion, first: number, last = first): string =>
  `${text}\n(${String(first)}–${String(last)} / ${String(options.length)})`;

/** The id of the row that asks for a page: no option's. */
function moreId(options: readonly ChoiceOption[], page: number): string {
  let id = `more#${String(page)}`;
  while (options.some((option) => option.id === id)) id = `_${id}`;
  return id;
}

/** Numbered lines below the question, in as many texts as they need. */
function numbered(text: string, options: readonly ChoiceOption[]): readonly TextContent[] {
  const texts = [text];
  options.forEach((option, index) => {
    const line = lineOf(option, index);
    const longer = `${texts.at(-1) ?? ""}\n${line}`;
    if (longer.length <= LIMITS.textBody) texts[texts.length - 1] = longer;
    else texts.push(line);
  });
  return texts.map((each) => ({ type: "text", text: each }));
}

const lineOf = ({ title, description = "" }: ChoiceOption, index: number): string =>
  `${String(index + 1)}. ${title}${description.trim() === "" ? "" : ` – ${description}`}`;

const tapOf = (answer: MessageContent | string): string | null =>
  typeof answer !== "string" && answer.type === "choice" ? answer.id : null;

/** What can be read as an answer; null where nothing was typed. A place or a card has a name, which is no answer. */
function wordsOf(answer: MessageContent | string): string | null {
  if (typeof answer === "string") return answer;
  switch (answer.type) {
    case "text":
    case "image":
    case "video":
    case "document":
      return answer.text ?? null;
    default:
      return null;
  }
}

/** Keys of what options are called, the plainest first: where one says which is meant, the next are not asked. */
const NAMES: readonly ((option: ChoiceOption, index: number) => readonly string[])[] = [
  ({ title }) => [keyOf(title)],
  ({ title }, index) => [withNumber(title, index)],
  (option) => [keyOf(wholeOf(option))],
  (option, index) => [withNumber(wholeOf(option), index)],
  ({ labels = {} }) => Object.values(labels).map(keyOf),
  ({ labels = {} }, index) => Object.values(labels).map((label) => withNumber(label, index)),
];
const withNumber = (name: string, index: number): string => `${String(index + 1)} ${keyOf(name)}`;
const wholeOf = ({ title, description = "" }: ChoiceOption): string => `${title} ${description}`;

const numbersCount = (question: ChoiceQuestion): boolean =>
  !question.options.some(({ title, labels = {} }) => [title, ...Object.values(labels)].some(isNumber)) ||
  bestOf(question).shownAs === "numbers";

const isNumber = (label: string): boolean => numberOf(label) !== null;

/** What may stand before a number: brackets, quotes, markup, emoji, a bullet; no sign, no point, no currency. */
const BEFORE =
  /^(?:[\p{Ps}\p{Pi}\p{Pf}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}"'#№*_~`¿¡\s]|[-–—•·]\s)+/u;
/** What may stand after one: any punctuation but the per cent, emoji, the sign of an ordinal. */
const AFTER = /(?:(?![%‰٪％])[\p{P}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}~`ºª°\s])+$/u;

/** Nobody writes a number with so much around it. In UTF-16 units: looking further would cost more the longer a text is. */
const NUMBER_TEXT_MAX = 100;

/** The number that a text is, whatever digits it is written in, or null. */
function numberOf(text: string): number | null {
  if (text.length > NUMBER_TEXT_MAX) return null;
  const bare = plainDigits(text.toWellFormed())
    .replace(/[\ufe0e\ufe0f\u20e3\p{Cf}]+/gu, "")
    .replace(BEFORE, "")
    .replace(AFTER, "");
  return /^\d{1,3}$/.test(bare) ? Number(bare) : null;
}

const fits = (value: string, limit: number): boolean => value.trim() !== "" && value.length <= limit;
const fitsLine = (value: string, limit: number): boolean => fits(value, limit) && !/[\p{Cc}\u2028\u2029]/u.test(value);
const fitsId = (id: string, limit: number): boolean => fits(id, limit) && id.trim() === id;
const areUnlike = (values: readonly string[]): boolean => new Set(values).size === values.length;

function check({ text, options, button = OPEN, more = MORE }: ChoiceQuestion): void {
  within("text", text, LIMITS.textBody);
  if (options.length < 1 || options.length > CHOICES_MAX) throw invalid("options", CHOICES_MAX, options.length);
  if (!fitsLine(button, LIMITS.listButton)) throw invalid("button", LIMITS.listButton, button.length);
  if (!fitsLine(more, LIMITS.rowTitle)) throw invalid("more", LIMITS.rowTitle, more.length);
  options.forEach((option, index) => {
    within("option.id", option.id, Infinity);
    within("option.title", option.title, Infinity);
    for (const label of Object.values(option.labels ?? {})) within("option.labels", label, Infinity);
    within("option", lineOf(option, index), LIMITS.textBody);
  });
  const different = new Set(options.map(({ id }) => id)).size;
  if (different < options.length) throw invalid("option.id", "unique", options.length - different);
}

function within(field: string, value: string, limit: number): void {
  if (!fits(value, limit)) throw invalid(field, limit, value.length);
}

const invalid = (field: string, limit: number | string, actual: number): ConversationError =>
  new ConversationError("payload_invalid", { field, limit: limit === Infinity ? "not empty" : limit, actual });
