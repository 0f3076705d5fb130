import { contentText, type MessageContent } from "../domain/content.js";
import type { Department, Hotel, MenuEntry } from "../domain/hotel.js";
import { isOpen } from "../domain/opening-hours.js";
import { optionId, type MenuOption } from "../domain/prompt.js";
import type { ReasonCode } from "../domain/reason.js";
import { LIMITS } from "../whatsapp/limits.js";
import { closedUntil, filledIn } from "./away.js";
import { answerTo, bestOf, type Choices, type ChoiceOption } from "./choices.js";
import { inLanguage, primaryOf } from "./language.js";
import { menuTexts } from "./menu-texts.js";

/** To whom a menu is shown, and when. */
export interface MenuView {
  /** BCP 47; null while it is not known: then everything is in the hotel's own. */
  readonly language: string | null;
  readonly now: Date;
}

/** What the hotel's menu offers now, in its order: an option for each entry that is shown at this hour, else for every department. */
export function menuOptions(hotel: Hotel, promptId: string, view: MenuView): readonly MenuOption[] {
  const all = entriesOf(hotel);
  const shown = all.filter((entry) => isShown(entry, hotel, view.now));
  return (shown.length === 0 ? all : shown).map((entry, index): MenuOption => {
    const named = { id: optionId(promptId, index), title: titleOf(entry, hotel, view.language) };
    return "flowId" in entry ? { ...named, flowId: entry.flowId } : { ...named, departmentId: entry.departmentId };
  });
}

/**
 * The menu as WhatsApp can show it best: buttons, else a list, else numbered lines, in several texts when one is too short.
 * No option is ever left out, and buttons leave out descriptions, which a menu shows where it has room.
 *
 * More than ten options are numbers, not pages: the guest sees all of them at once, and reaches any with one message,
 * where a page costs a tap, an answer and a wait each, from a desk that may be busy; and an old text stays as true as it was.
 */
export function menuContents(
  hotel: Hotel,
  options: readonly MenuOption[],
  question: string,
  view: MenuView,
): Choices["contents"] {
  const asked = { text: question, button: menuTexts(hotel, view.language).menuButton };
  const bare = bestOf({ ...asked, options });
  if (bare.shownAs === "buttons") return bare.contents;
  return bestOf({
    ...asked,
    options: options.map((option): ChoiceOption => {
      const description = descriptionOf(option, hotel, view);
      return description === undefined ? option : { ...option, description };
    }),
  }).contents;
}

export type Choice = ({ readonly departmentId: string } | { readonly flowId: string }) & {
  readonly how: Extract<ReasonCode, "chose_by_number" | "chose_by_name">;
};

/**
 * What a typed answer names: by its number in the menu, or by its name, as the menu shows it, as it is now, or
 * in any of the hotel's languages. A tap on no option of ours counts for what it says, as if it was typed.
 */
export function typedChoice(content: MessageContent, options: readonly MenuOption[], hotel: Hotel): Choice | null {
  const typed = content.type === "choice" ? (contentText(content) ?? "") : content;
  const named = options.map((option): ChoiceOption => ({ ...option, labels: labelsOf(option, hotel) }));
  const answer = answerTo({ text: hotel.texts.menu, options: named }, typed);
  const chosen = options.find(({ id }) => id === answer?.id);
  if (answer === null || chosen === undefined) return null;
  const how = answer.how === "number" ? "chose_by_number" : "chose_by_name";
  return chosen.flowId === undefined ? { departmentId: chosen.departmentId, how } : { flowId: chosen.flowId, how };
}

/** The department of a hotel in which there is nothing to choose; null for any other. */
export function onlyDepartment(hotel: Hotel): string | null {
  const [first, second] = hotel.departments;
  if (first === undefined || second !== undefined) return null;
  return entriesOf(hotel).every((entry) => "departmentId" in entry) ? first.id : null;
}

/** Whether a guest may begin a flow by the hotel's menu. */
export const offersFlow = ({ menu }: Hotel, flowId?: string): boolean =>
  menu?.entries?.some((entry) => "flowId" in entry && (flowId === undefined || entry.flowId === flowId)) ?? false;

const entriesOf = ({ menu, departments }: Hotel): readonly MenuEntry[] =>
  menu?.entries ?? departments.map(({ id }) => ({ departmentId: id }));

function isShown(entry: MenuEntry, hotel: Hotel, now: Date): boolean {
  if (entry.shown !== undefined && !isOpen(entry.shown, hotel.timeZone, now)) return false;
  const whenClosed = ("departmentId" in entry ? entry.whenClosed : "shown") ?? hotel.menu?.whenClosed ?? "shown";
  return "flowId" in entry || whenClosed === "shown" || closedUntil(hotel, entry.departmentId, now) === null;
}

/** An entry's own label counts before the department's name. */
function titleOf(entry: MenuEntry, hotel: Hotel, language: string | null): string {
  const department = "departmentId" in entry ? departmentNamed(hotel, entry.departmentId) : undefined;
  const { label = department?.name ?? "" } = entry;
  if (language === null || isHotels(hotel, language)) return label;
  const own = inLanguage(entry.labels ?? {}, language);
  return own ?? (entry.label === undefined ? inLanguage(department?.names ?? {}, language) : undefined) ?? label;
}

/** What an option is called besides, now and in every language. By no language's tag: two may have the same. */
function labelsOf(option: MenuOption, hotel: Hotel): Readonly<Record<string, string>> {
  const department = option.departmentId === undefined ? undefined : departmentNamed(hotel, option.departmentId);
  const { label, labels = {} } = entryOf(option, hotel) ?? {};
  const all = [
    ...(label === undefined ? [] : [label]),
    ...Object.values(labels),
    ...(department === undefined ? [] : [department.name, ...Object.values(department.names ?? {})]),
  ];
  return Object.fromEntries(all.map((each, index) => [String(index), each]));
}

/** What stands below an option: of a closed department when it opens. */
function descriptionOf(option: MenuOption, hotel: Hotel, { language, now }: MenuView): string | undefined {
  const entry = entryOf(option, hotel);
  const department = option.departmentId === undefined ? undefined : departmentNamed(hotel, option.departmentId);
  const closed = department === undefined ? null : closedLine(hotel, department.id, language, now);
  const translated = language === null ? undefined : inLanguage(entry?.descriptions ?? {}, language);
  return closed ?? translated ?? entry?.description ?? department?.description;
}

/** What stands under a department that is closed; null for one that is not, or where it would be too long. */
function closedLine(hotel: Hotel, departmentId: string, language: string | null, now: Date): string | null {
  const opens = closedUntil(hotel, departmentId, now)?.opens ?? null;
  if (opens === null) return null;
  const spoken = language === null ? hotel : { ...hotel, language };
  const line = filledIn(menuTexts(hotel, language).menuClosed, now, opens, spoken);
  return line.length <= LIMITS.rowDescription ? line : null;
}

const entryOf = (option: MenuOption, hotel: Hotel): MenuEntry | undefined =>
  hotel.menu?.entries?.find((entry) =>
    "flowId" in entry ? entry.flowId === option.flowId : entry.departmentId === option.departmentId,
  );

const departmentNamed = ({ departments }: Hotel, departmentId: string): Department | undefined =>
  departments.find(({ id }) => id === departmentId);

const isHotels = ({ language = "en" }: Hotel, spoken: string): boolean => primaryOf(spoken) === primaryOf(language);
