import { contentText, type MessageContent } from "../domain/content.js";
import type { Hotel } from "../domain/hotel.js";
import { optionId, type MenuPrompt } from "../domain/prompt.js";
import type { ReasonCode } from "../domain/reason.js";
import { LIMITS } from "../whatsapp/limits.js";
import { closedUntil, filledIn } from "./away.js";
import { answerTo, bestOf, type Choices, type ChoiceOption } from "./choices.js";

type Options = MenuPrompt["options"];

/** One option for each department, in the hotel's order. */
export const departmentOptions = (hotel: Hotel, promptId: string): Options =>
  hotel.departments.map(({ id, name }, index) => ({ id: optionId(promptId, index), departmentId: id, title: name }));

/**
 * The menu as WhatsApp can show it best: buttons, else a list, else numbered lines, in several texts when one is too short.
 * No department is ever left out, and buttons leave out descriptions, which a menu shows where it has room.
 *
 * More than ten departments are numbers, not pages: the guest sees all of them at once, and reaches any with one message,
 * where a page costs a tap, an answer and a wait each, from a desk that may be busy; and an old text stays as true as it was.
 */
export function menuContents(hotel: Hotel, options: Options, question: string, now: Date): Choices["contents"] {
  const asked = { text: question, button: hotel.texts.menuButton };
  const bare = bestOf({ ...asked, options });
  if (bare.shownAs === "buttons") return bare.contents;
  const described = new Map(
    hotel.departments.map(({ id, description }) => [id, closedLine(hotel, id, now) ?? description]),
  );
  return bestOf({
    ...asked,
    options: options.map((option): ChoiceOption => {
      const description = described.get(option.departmentId);
      return description === undefined ? option : { ...option, description };
    }),
  }).contents;
}

/** What stands under a department that is closed; null for one that is not, or where it would be too long. */
function closedLine(hotel: Hotel, departmentId: string, now: Date): string | null {
  const opens = closedUntil(hotel, departmentId, now)?.opens ?? null;
  if (opens === null) return null;
  const line = filledIn(hotel.texts.menuClosed, now, opens, hotel);
  return line.length <= LIMITS.rowDescription ? line : null;
}

export interface Choice {
  readonly departmentId: string;
  readonly how: Extract<ReasonCode, "chose_by_number" | "chose_by_name">;
}

/**
 * The department that a typed answer names: by its number in the menu, or by its name, as the menu shows it, as it is now, or
 * in any of the hotel's languages. A tap on no option of ours counts for what it says, as if it was typed.
 */
export function typedChoice(content: MessageContent, options: Options, hotel: Hotel): Choice | null {
  const typed = content.type === "choice" ? (contentText(content) ?? "") : content;
  const departments = new Map(hotel.departments.map((department) => [department.id, department]));
  const named = options.map((option): ChoiceOption => {
    const department = departments.get(option.departmentId);
    return department === undefined ? option : { ...option, labels: { ...department.names, now: department.name } };
  });
  const answer = answerTo({ text: hotel.texts.menu, options: named }, typed);
  const chosen = options.find(({ id }) => id === answer?.id);
  if (answer === null || chosen === undefined) return null;
  return { departmentId: chosen.departmentId, how: answer.how === "number" ? "chose_by_number" : "chose_by_name" };
}
