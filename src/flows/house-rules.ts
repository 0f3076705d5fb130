import { createHash } from "node:crypto";
import { invalidFlow } from "../flow/compile.js";
import type { FlowContext } from "../flow/types.js";

/** What guests agree to when they check in. */
export interface HouseRules {
  /** `"house-rules"` by default. */
  readonly document?: string;
  /** Yours, as `"2026-03"`: 1 to 64 of A-Z, a-z, 0-9, `_`, `.` and `-`. */
  readonly version: string;
  /** By primary language; of any other guest `en`. 1 to 700 UTF-16 units each. */
  readonly text: Readonly<Record<string, string>> & { readonly en: string };
}

/** The question stands below them, in one message. UTF-16 units. */
const RULES_MAX = 700;

/** @throws {ConversationError} `flow_invalid` for a text that a message has no room for */
export function checkRules({ text }: HouseRules, flow: string): void {
  for (const each of Object.values(text))
    if (each.trim() === "" || each.length > RULES_MAX)
      throw invalidFlow(`has house rules that are not 1 to ${String(RULES_MAX)} characters long`, "rules", flow);
}

/** In the guest's language, as far as there is one. */
export function ruleText({ text }: Pick<HouseRules, "text">, language: string): string {
  const [primary = ""] = language.toLowerCase().split("-");
  return (Object.hasOwn(text, primary) ? text[primary] : undefined) ?? text.en;
}

/** What a question has to say so that the answer is proof. */
export const agreementTo = (rules: HouseRules) => ({
  document: rules.document ?? "house-rules",
  version: rules.version,
  sha256: ({ language }: Pick<FlowContext, "language">) =>
    createHash("sha256").update(ruleText(rules, language)).digest("hex"),
});
