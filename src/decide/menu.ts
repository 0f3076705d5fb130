import type { ButtonsContent, ListContent, MessageContent, TextContent } from "../domain/content.js";
import { contentText } from "../domain/content.js";
import type { Hotel } from "../domain/hotel.js";
import { optionId, type Prompt } from "../domain/prompt.js";
import type { ReasonCode } from "../domain/reason.js";
import { foldText } from "../domain/text.js";

/** WhatsApp shows at most three reply buttons. */
const MAX_BUTTONS = 3;
/** WhatsApp shows at most ten rows of a list. */
const MAX_ROWS = 10;

type Options = Prompt["options"];

/** One option for each department, in the hotel's order. */
export const departmentOptions = (hotel: Hotel, promptId: string): Options =>
  hotel.departments.map(({ id, name }, index) => ({ id: optionId(promptId, index), departmentId: id, title: name }));

/** The menu as WhatsApp can show it best: buttons, else a list, else numbered lines. No department is ever left out. */
export function menuContent(
  hotel: Hotel,
  options: Options,
  question: string,
): ButtonsContent | ListContent | TextContent {
  if (options.length <= MAX_BUTTONS) {
    return { type: "buttons", text: question, buttons: options.map(({ id, title }) => ({ id, title })) };
  }
  if (options.length <= MAX_ROWS) {
    const described = new Map(hotel.departments.map(({ id, description }) => [id, description]));
    const rows = options.map(({ id, title, departmentId }) => {
      const description = described.get(departmentId);
      return description === undefined ? { id, title } : { id, title, description };
    });
    return { type: "list", text: question, button: hotel.texts.menuButton, rows };
  }
  const lines = options.map(({ title }, index) => `${String(index + 1)}. ${title}`);
  return { type: "text", text: [question, ...lines].join("\n") };
}

export interface Choice {
  readonly departmentId: string;
  readonly how: Extract<ReasonCode, "chose_by_number" | "chose_by_name">;
}

/** The department that a typed answer names: by its number in the menu, or by its name in any case or accent. */
export function typedChoice(content: MessageContent, options: Options): Choice | null {
  const typed = foldText(contentText(content) ?? "");
  if (typed === "") return null;

  const numbered = /^\d{1,3}$/.test(typed) ? options[Number(typed) - 1] : undefined;
  if (numbered !== undefined) return { departmentId: numbered.departmentId, how: "chose_by_number" };

  const named = options.filter(({ title }) => foldText(title) === typed);
  const only = named.length === 1 ? named[0] : undefined;
  return only === undefined ? null : { departmentId: only.departmentId, how: "chose_by_name" };
}
