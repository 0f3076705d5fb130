import type { Message } from "../domain/message.js";
import type { Reason, ReasonCode } from "../domain/reason.js";

/** By what each of the desk's own processors is known that took a message, in their default order: what none of them says none took. */
const SIGNS: readonly (readonly [string, ReadonlySet<ReasonCode>])[] = [
  [
    "flow",
    new Set([
      ...(["flow_started", "flow_answer", "flow_word", "flow_not_understood"] as const),
      ...(["flow_over", "flow_running", "flow_busy"] as const),
    ]),
  ],
  ["fallback", new Set(["no_department_yet"])],
  [
    "service",
    new Set([
      ...(["answered_prompt", "chose_by_number", "chose_by_name", "only_department"] as const),
      ...(["quoted_message", "reopened_by_quote"] as const),
      ...(["current_conversation", "idle_staff_spoke_last", "idle_continued"] as const),
    ]),
  ],
  // Alone, it is of the one that they were in.
  ["flow", new Set(["flow_gone"])],
];
const BEFORE: Readonly<Record<string, string>> = { service: "flow", fallback: "flow, service" };

/**
 * A message's reasons, with which processor took it. Where a host has its own order that is stored; where it has not, it follows from the others.
 */
export function withProcessor({ direction, reasons }: Pick<Message, "direction" | "reasons">): readonly Reason[] {
  const [first] = reasons;
  if (direction !== "inbound" || first === undefined || reasons.some(({ code }) => code === "processed"))
    return reasons;
  const found = SIGNS.find(([, codes]) => reasons.some(({ code }) => codes.has(code)));
  if (found === undefined) return reasons;
  const [processor] = found;
  const passed = BEFORE[processor];
  const details = { processor, ...(passed !== undefined && { passed }) };
  const decided = reasons.findLastIndex(({ at }) => at.getTime() === first.at.getTime()) + 1;
  return reasons.toSpliced(decided, 0, { code: "processed", at: first.at, details });
}
